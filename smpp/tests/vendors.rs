//! What validation and the views make of a vendor's specification.

mod data;

/// What ACME adds.
#[allow(missing_docs, unreachable_pub, dead_code, reason = "generated for a vendor who does not exist")]
mod acme {
    smpp::include_spec!("tests/data/acme.yaml");
}

use acme::pdu::AcmeFetch;
use data::pdu;
use smpp::codec::{Decoder, Encode, Frame, Leniency, Protocol};
use smpp::pdu::{SubmitSm, SubmitSmResp};
use smpp::value::{CommandStatus, DataCoding, Npi};
use smpp::{DecodeErrorKind, Pdu, view};

static ACME: &[&Protocol] = &[acme::PROTOCOL];

fn kinds(octets: &[u8], vendors: &[&'static Protocol]) -> Vec<DecodeErrorKind> {
    let frame = Frame::exact(octets).expect("a frame");
    let pdu = Decoder::default().with_protocols(ACME).decode(frame).expect("a PDU");
    smpp::validate(frame.header(), &pdu, vendors).into_iter().map(|finding| finding.kind).collect()
}

fn strict() -> Decoder {
    Decoder::new(Leniency::STRICT).with_protocols(ACME)
}

fn fetch(tint: u8) -> Vec<u8> {
    pdu(0x0001_0200, 0, 7, &[b"next\0", &[tint, 0, 2][..], b"ab\x14\x01\0\x01\x02"].concat())
}

#[test]
fn values_that_a_vendor_adds_are_not_objected_to() {
    let mut submit = SubmitSm::default().with_destination_addr("1").with_data_coding(DataCoding(0xE8));
    submit = submit.with_dest_addr_npi(Npi(0x20));
    submit.tlvs.push_raw(0x1401, &[2]);
    let octets = submit.to_octets(1).expect("a PDU");
    assert_eq!(kinds(&octets, ACME), []);
    assert!(strict().decode(Frame::exact(&octets).expect("a frame")).is_ok());
    assert_eq!(
        kinds(&octets, &[]),
        [
            DecodeErrorKind::InvalidValue { value: 0xE8 },
            DecodeErrorKind::UnknownTlv { tag: 0x1401 },
            DecodeErrorKind::InvalidValue { value: 0x20 },
        ]
    );
    let mut out = Vec::new();
    SubmitSmResp::default().encode_with_status(CommandStatus(0x400), 1, &mut out).expect("a PDU");
    assert_eq!(kinds(&out, ACME), []);
    assert_eq!(kinds(&out, &[]), [DecodeErrorKind::InvalidValue { value: 0x400 }]);
}

#[test]
fn a_vendors_tlv_is_checked_by_its_own_table() {
    let mut submit = SubmitSm::default().with_destination_addr("1");
    submit.tlvs.push_raw(0x1401, &[9]);
    let octets = submit.to_octets(1).expect("a PDU");
    assert_eq!(kinds(&octets, ACME), [DecodeErrorKind::TlvInvalidValue { tag: 0x1401, value: 9 }]);
    let mut resp = SubmitSmResp::default();
    resp.tlvs.push_raw(0x1401, &[1]);
    let octets = resp.to_octets(1).expect("a PDU");
    assert_eq!(kinds(&octets, ACME), [DecodeErrorKind::TlvNotAllowed { tag: 0x1401 }]);
}

#[test]
fn a_vendors_command_is_validated() {
    let octets = fetch(2);
    let frame = Frame::exact(&octets).expect("a frame");
    let fetch_pdu: AcmeFetch<'_> = strict().decode_as(frame).expect("a PDU");
    assert_eq!(smpp::validate_command(frame.header(), &fetch_pdu, ACME), []);
    let bad = fetch(9);
    let frame = Frame::exact(&bad).expect("a frame");
    let refused = strict().decode_as::<AcmeFetch<'_>>(frame).expect_err("to be refused");
    assert_eq!((refused.field, refused.kind), ("acme_tint", DecodeErrorKind::InvalidValue { value: 9 }));
    // Without its type there is the header.
    let sequence_0 = pdu(0x0001_0200, 8, 0, &[]);
    let frame = Frame::exact(&sequence_0).expect("a frame");
    let decoded = Decoder::default().with_protocols(ACME).decode(frame).expect("a PDU");
    assert!(matches!(decoded, Pdu::Other(_)));
    let fields: Vec<_> = smpp::validate(frame.header(), &decoded, ACME).iter().map(|finding| finding.field).collect();
    assert_eq!(fields, ["command_status", "sequence_number"]);
    let unknown = smpp::validate(frame.header(), &decoded, &[]);
    assert_eq!(unknown[0].kind, DecodeErrorKind::UnknownCommandId);
}

#[test]
fn a_vendors_command_is_shown() {
    let octets = fetch(2);
    let frame = Frame::exact(&octets).expect("a frame");
    let mut decoder = Decoder::default().with_protocols(ACME);
    let expected = concat!(
        r#"{"command":"acme_fetch","command_length":31,"command_id":66048,"command_status":0,"sequence_number":7,"#,
        r#""command_status_name":"ESME_ROK","fields":{"acme_cursor":"next","acme_tint":2,"acme_size":2,"#,
        r#""acme_filter":{"hex":"6162","text":"ab"}},"#,
        r#""tlvs":[{"tag":5121,"name":"acme_hue","length":1,"hex":"02","value":2}],"diagnostics":[]}"#,
    );
    assert_eq!(view::json(frame, &mut decoder), expected);
    let text = view::text(frame, &mut decoder);
    assert!(text.starts_with("acme_fetch (0x00010200)  command_length 31  "), "{text}");
    assert!(text.contains("    21  acme_tint                             GREEN (0x02)\n"), "{text}");
    assert!(text.ends_with("    26  acme_hue (0x1401)                     GREEN (0x02)\n"), "{text}");
    // Whoever does not know the vendor cannot show it.
    assert!(view::json(frame, &mut Decoder::default()).contains(r#""error":{"class":"unknown_command_id""#));
}

#[test]
fn a_vendors_command_cut_short_is_shown_as_far_as_it_goes() {
    let whole = fetch(2);
    for len in 16..whole.len() {
        let octets = pdu(0x0001_0200, 0, 7, &whole[16..len]);
        let frame = Frame::exact(&octets).expect("a frame");
        let mut decoder = Decoder::default().with_protocols(ACME);
        assert!(view::json(frame, &mut decoder).ends_with("\"diagnostics\":[]}"));
        assert!(view::text(frame, &mut decoder).starts_with("acme_fetch"));
    }
}

#[test]
fn names_that_a_vendor_adds_are_shown() {
    let submit = SubmitSm::default().with_data_coding(DataCoding(0xE8)).with_dest_addr_npi(Npi(0x20));
    let octets = submit.to_octets(1).expect("a PDU");
    let text = view::text(Frame::exact(&octets).expect("a frame"), &mut Decoder::default().with_protocols(ACME));
    assert!(text.contains("ACME_EMOJI (0xE8)") && text.contains("ACME_INTERNAL (0x20)"), "{text}");
    let octets = pdu(0x8000_0004, 0x400, 1, &[]);
    let frame = Frame::exact(&octets).expect("a frame");
    let json = view::json(frame, &mut Decoder::default().with_protocols(ACME));
    assert!(json.contains(r#""command_status_name":"ACME_RNOCREDIT""#), "{json}");
}
