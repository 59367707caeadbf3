//! What a vendor file adds can do all that the standard's own can.

use acme_user::acme::ext::*;
use acme_user::acme::value::{
    AcmeAccount, AcmeColour, AcmeCommandStatus as _, AcmeDataCoding as _, AcmeEpoch, AcmeHistory, AcmeNpi as _,
    AcmeOptions, AcmePlan, AcmePriority, AcmeRights, AcmeRoutes, acme_history, acme_options, acme_rights, acme_routes,
};
use acme_user::acme::{PROTOCOL, command, pdu, tlv, value};
use sms::codec::{
    BodyOnError, COctetString, Command, CommandId, CommandKind, Cursor, Decode, Decoder, Encode, FieldKind, FieldSpec,
    FieldValue, FieldView, Frame, HEADER_LENGTH, Leniency, OctetString, Protocol, RawPdu, Request, State, Tlvs, Visit,
    WireInteger,
};
use sms::pdu::{DataSm, DeliverSm, DestAddress, EnquireLink, SubmitSm, SubmitSmResp};
use sms::value::{CommandStatus, DataCoding, EsmClass, MessageState, Npi, Ton};
use sms::{EncodeError, EncodeErrorKind, ErrorClass, Pdu};

static ACME: &[&Protocol] = &[PROTOCOL];

/// Encodes, decodes, and compares; also through `Pdu::Other` and with octets of its own.
#[track_caller]
fn round_trip<P>(pdu: &P, body: &[u8])
where
    P: Encode + for<'f> DecodesTo<'f> + PartialEq<P> + std::fmt::Debug,
{
    let octets = pdu.to_octets(7).unwrap();
    assert_eq!(octets[HEADER_LENGTH..].escape_ascii().to_string(), body.escape_ascii().to_string());
    let frame = Frame::exact(&octets).unwrap();
    assert_eq!((frame.header().command_id, frame.header().sequence_number), (P::SPEC.id, 7));

    let mut decoder = Decoder::new(Leniency::STRICT.validating(false)).with_protocols(ACME);
    let decoded = P::decode_from(&mut decoder, frame);
    assert_eq!(format!("{decoded:?}"), format!("{pdu:?}"));
    assert_eq!(decoded.to_octets(7).unwrap(), octets);

    let other = decoder.decode(frame).unwrap();
    assert_eq!(decoder.diagnostics(), []);
    let Pdu::Other(raw) = &other else { panic!("{other:?}") };
    let refined = P::decode_raw(&mut decoder, raw);
    assert_eq!(refined.to_octets(7).unwrap(), octets);

    let mut seen = Fields::default();
    let mut cursor = Cursor::new(&mut seen);
    pdu.visit_fields(&mut cursor);
    assert_eq!(cursor.offset() + pdu.tlvs().octets().len(), octets.len(), "the fields end where the TLVs begin");
    seen.lie_one_behind_the_other();
}

/// A PDU type, whatever the lifetime of its octets.
trait DecodesTo<'f> {
    type Decoded: Encode + std::fmt::Debug;
    fn decode_from(decoder: &mut Decoder, frame: Frame<'f>) -> Self::Decoded;
    fn decode_raw(decoder: &mut Decoder, raw: &'f RawPdu<'_>) -> Self::Decoded;
}

macro_rules! decodes_to {
    ($($name:ident),*) => {$(
        impl<'f> DecodesTo<'f> for pdu::$name<'_> {
            type Decoded = pdu::$name<'f>;

            fn decode_from(decoder: &mut Decoder, frame: Frame<'f>) -> pdu::$name<'f> {
                let decoded: pdu::$name<'_> = decoder.decode_as(frame).unwrap();
                assert_eq!(decoder.diagnostics(), []);
                assert_eq!(decoded.as_borrowed(), decoded.clone().into_owned());
                decoded
            }

            fn decode_raw(decoder: &mut Decoder, raw: &'f RawPdu<'_>) -> pdu::$name<'f> {
                raw.decode_as(decoder).unwrap()
            }
        }
    )*};
}

decodes_to!(
    AcmePing,
    AcmePingResp,
    AcmeFetch,
    AcmeFetchResp,
    AcmeHint,
    AcmeStore,
    AcmeStoreResp,
    AcmeNoop,
    AcmeNoopResp
);

/// Every field that a visitor was shown: name, offset, length, value.
#[derive(Default)]
struct Fields(Vec<(&'static str, usize, usize, String)>);

impl Fields {
    fn of(pdu: &impl Command) -> Self {
        let mut fields = Self::default();
        pdu.visit_fields(&mut Cursor::new(&mut fields));
        fields
    }

    #[track_caller]
    fn lie_one_behind_the_other(&self) {
        let mut at = HEADER_LENGTH;
        for (name, offset, length, _) in &self.0 {
            assert_eq!(*offset, at, "{name}");
            at += length;
        }
    }
}

impl Visit for Fields {
    fn field(&mut self, field: FieldView<'_>) {
        let value = match field.value {
            FieldValue::Integer(number) => format!("{number:#x}"),
            FieldValue::COctetString(octets) | FieldValue::OctetString(octets) => octets.escape_ascii().to_string(),
        };
        self.0.push((field.spec.name, field.offset, field.length, value));
    }

    fn begin_list(&mut self, list: &'static FieldSpec, offset: usize, count: usize) {
        self.0.push((list.name, offset, 0, format!("{count} elements")));
    }
}

#[test]
fn a_request_of_integers() {
    round_trip(&pdu::AcmePing::default().with_acme_nonce(0x0102_0304), b"\x01\x02\x03\x04");
    let tinted = pdu::AcmePing::default().with_acme_tint(AcmeColour::GREEN).with_acme_flag();
    round_trip(&tinted, b"\0\0\0\0\x14\x05\0\x02\0\x02\x14\0\0\0");
    assert_eq!(tinted.acme_tint(), Some(AcmeColour::GREEN));
    assert!(tinted.acme_flag());
}

#[test]
fn a_response_with_integers_of_every_size() {
    let response = pdu::AcmePingResp::default()
        .with_acme_nonce(1)
        .with_acme_load(0x0203)
        .with_acme_since(AcmeEpoch::END)
        .with_acme_label("one")
        .with_acme_label("two");
    round_trip(&response, b"\0\0\0\x01\x02\x03\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x14\x0A\0\x04one\0\x14\x0A\0\x04two\0");
    let labels: Vec<_> = response.acme_label().collect();
    assert_eq!(labels, [COctetString::from("one"), COctetString::from("two")]);
}

#[test]
fn a_request_with_defaults_bit_fields_and_enumerations() {
    let fetch = pdu::AcmeFetch::default();
    assert_eq!(fetch.acme_wish, AcmeOptions(0x83));
    assert_eq!(fetch.acme_open, AcmeRoutes(0x0102));
    assert_eq!(fetch.acme_payer, AcmeAccount::HOUSE);
    let fetch = fetch
        .with_acme_cursor("c")
        .with_system_type("q")
        .with_acme_wish(AcmeOptions(0).with_urgency(acme_options::Urgency::HIGH))
        .with_acme_tariff(AcmePlan::GOLD)
        .with_acme_open(AcmeRoutes(0).with_south(acme_routes::South(0x0300)))
        .with_acme_payer(AcmeAccount(5))
        .with_acme_past(AcmeHistory(0).with_last(acme_history::Last::DELIVERED).with_older(acme_history::Older(2)))
        .with_acme_password("secret")
        .with_acme_wishes(AcmeOptions(0x80));
    let body = b"c\0q\0\x03GOLD\0\x03\0\0\0\0\x05\x10\0\0\0\0\0\0\x02secret\0\x14\x07\0\x01\x80";
    round_trip(&fetch, body);
    assert_eq!(fetch.acme_wishes().unwrap().encrypted(), acme_options::Encrypted::ENCRYPTED);
    assert_eq!(fetch.acme_past.last(), acme_history::Last::DELIVERED);
}

#[test]
fn a_response_with_a_list_of_several_forms() {
    let items = [
        pdu::AcmeItem::AcmeText {
            source_addr_ton: Ton::INTERNATIONAL,
            source_addr: "4179".into(),
            acme_body: b"a\0b".into(),
            acme_at: AcmeEpoch(3),
        },
        pdu::AcmeItem::AcmeReceipt { message_id: "id".into(), message_state: MessageState::DELIVERED },
        pdu::AcmeItem::AcmeEnd {},
    ];
    let response = pdu::AcmeFetchResp::default().with_acme_cursor("next").with_acme_items(items.clone());
    round_trip(&response, b"next\0\0\x03\x01\x014179\0\x03a\0b\0\0\0\0\0\0\0\x03\x02id\0\x02\x7F");

    let octets = response.to_octets(1).unwrap();
    let decoded: pdu::AcmeFetchResp<'_> = Decoder::default().decode_as(Frame::exact(&octets).unwrap()).unwrap();
    assert!(decoded.acme_items.iter().eq(items));
    let mut longer = decoded.clone();
    longer.acme_items.push(pdu::AcmeItem::AcmeEnd {});
    assert_eq!(longer.acme_items.len(), 4);
    assert_eq!(decoded.acme_items.len(), 3);
}

#[test]
fn a_count_of_two_octets_counts_past_255() {
    let items: Vec<_> = (0..700).map(|_| pdu::AcmeItem::AcmeEnd {}).collect();
    let mut body = b"\0\x02\xBC".to_vec();
    body.resize(3 + 700, 0x7F);
    round_trip(&pdu::AcmeFetchResp::default().with_acme_items(items), &body);
}

#[test]
fn a_one_way_pdu_with_pairs() {
    let pairs = [
        pdu::AcmePair { acme_key: "".into(), acme_value: 1 },
        pdu::AcmePair { acme_key: "12345678".into(), acme_value: u64::MAX },
    ];
    let hint = pdu::AcmeHint::default()
        .with_acme_pairs(pairs)
        .with_acme_mark()
        .with_acme_part(b"ab")
        .with_acme_shades(AcmeColour::RED)
        .with_acme_shades(AcmeColour(0x1234))
        .with_acme_class(EsmClass(0x40));
    round_trip(
        &hint,
        b"\x02\0\0\0\0\0\0\0\0\x0112345678\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\
        \x14\x0D\0\0\x14\x0C\0\x02ab\x14\x0E\0\x02\0\x01\x14\x0E\0\x02\x12\x34\x14\x08\0\x01\x40",
    );
    assert_eq!(hint.acme_shades().collect::<Vec<_>>(), [AcmeColour::RED, AcmeColour(0x1234)]);
    assert_eq!(hint.acme_class(), Some(EsmClass(0x40)));
    assert!(hint.acme_mark());
    assert_eq!(hint.acme_part().collect::<Vec<_>>(), [OctetString::from("ab")]);
}

#[test]
fn a_request_of_long_strings_and_many_octets() {
    let (title, summary, remark) = ("t".repeat(160), "s".repeat(139), "r".repeat(63));
    let document: Vec<u8> = (0..70_000_u32).map(|n| n as u8).collect();
    let everyone: Vec<_> = (0..300).map(|_| DestAddress::DistributionList { dl_name: "all".into() }).collect();
    let store = pdu::AcmeStore::default()
        .with_source_addr_ton(Ton::NATIONAL)
        .with_source_addr_npi(Npi::ACME_INTERNAL)
        .with_source_addr("41")
        .with_acme_title(&title)
        .with_acme_summary(&summary)
        .with_acme_remark(&remark)
        .with_data_coding(DataCoding::ACME_EMOJI)
        .with_acme_document(&document)
        .with_acme_parts(everyone)
        .with_acme_expires("251123120000000+")
        .with_short_message("hello");
    let mut body = b"\x02\x2041\0".to_vec();
    for text in [&title, &summary, &remark] {
        body.extend_from_slice(text.as_bytes());
        body.push(0);
    }
    body.extend_from_slice(b"\xE8\0\x01\x11\x70\x01\x2C");
    body.extend_from_slice(&document);
    body.extend_from_slice(&b"\x02all\0".repeat(300));
    body.extend_from_slice(b"251123120000000+\0\x05hello");
    round_trip(&store, &body);
}

#[test]
fn pdus_without_fields() {
    round_trip(&pdu::AcmeNoop::default(), b"");
    round_trip(&pdu::AcmeNoopResp::default().with_acme_blob(b"\x01x"), b"\x14\x0B\0\x02\x01x");
    round_trip(&pdu::AcmeStoreResp::default().with_message_id("7"), b"7\0");
}

#[test]
fn every_command_is_tested_above() {
    // Each of them encodes to no more than was asked of it: a new command must be given a test here.
    let names: Vec<_> = command::ALL.iter().map(|spec| spec.name).collect();
    let tested = [
        pdu::AcmePing::SPEC,
        pdu::AcmePingResp::SPEC,
        pdu::AcmeFetch::SPEC,
        pdu::AcmeFetchResp::SPEC,
        pdu::AcmeHint::SPEC,
        pdu::AcmeStore::SPEC,
        pdu::AcmeStoreResp::SPEC,
        pdu::AcmeNoop::SPEC,
        pdu::AcmeNoopResp::SPEC,
    ];
    assert_eq!(names, tested.map(|spec| spec.name));
}

#[test]
fn tlvs_of_every_type_on_a_pdu_of_the_standard() {
    let sm = SubmitSm::default()
        .with_acme_flag()
        .with_acme_octet(99)
        .with_acme_short(0x0102)
        .with_acme_word(0x0102_0304)
        .with_acme_long(1)
        .with_acme_long(2)
        .with_acme_tint(AcmeColour::RED)
        .with_acme_wishes(AcmeOptions(3))
        .with_acme_campaign("spring")
        .with_acme_blob(b"\x09blob")
        .with_acme_late(b"");
    assert_eq!(
        sm.tlvs.octets().escape_ascii().to_string(),
        b"\x14\0\0\0\x14\x01\0\x01\x63\x14\x02\0\x02\x01\x02\x14\x03\0\x04\x01\x02\x03\x04\
        \x14\x04\0\x08\0\0\0\0\0\0\0\x01\x14\x04\0\x08\0\0\0\0\0\0\0\x02\x14\x05\0\x02\0\x01\x14\x07\0\x01\x03\
        \x14\x09\0\x07spring\0\x14\x0B\0\x05\x09blob\x80\x81\0\0"
            .escape_ascii()
            .to_string()
    );
    let octets = sm.to_octets(1).unwrap();
    let mut decoder = Decoder::new(Leniency::STRICT).with_protocols(ACME);
    let frame = Frame::exact(&octets).unwrap();
    let mut addressed: SubmitSm<'_> = Decoder::new(Leniency::DEFAULT).with_protocols(ACME).decode_as(frame).unwrap();
    assert!(addressed.acme_flag());
    assert_eq!(addressed.acme_octet(), Some(99));
    assert_eq!(addressed.acme_short(), Some(0x0102));
    assert_eq!(addressed.acme_word(), Some(0x0102_0304));
    assert_eq!(addressed.acme_long().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(addressed.acme_tint(), Some(AcmeColour::RED));
    assert_eq!(addressed.acme_wishes(), Some(AcmeOptions(3)));
    assert_eq!(addressed.acme_campaign(), Some("spring".into()));
    assert_eq!(addressed.acme_blob(), Some(b"\x09blob".into()));
    assert_eq!(addressed.acme_late(), Some(OctetString::EMPTY));

    // A strict receiver that knows the vendor has nothing against any of it.
    addressed.destination_addr = "4179".into();
    addressed.dest_addr_ton = Ton::INTERNATIONAL;
    let octets = addressed.to_octets(1).unwrap();
    decoder.decode(Frame::exact(&octets).unwrap()).unwrap();
}

#[test]
fn a_tlv_that_is_set_again_takes_the_place_of_the_first() {
    let sm = SubmitSm::default().with_acme_octet(1).with_acme_tint(AcmeColour::RED).with_acme_octet(2);
    assert_eq!(sm.tlvs.octets(), b"\x14\x05\0\x02\0\x01\x14\x01\0\x01\x02");
    assert_eq!(sm.tlvs.get::<tlv::AcmeOctet>(), Some(2));
    assert_eq!(sm.tlvs.get::<tlv::AcmeShort>(), None);
}

#[test]
fn a_tlv_for_any_pdu_is_on_every_pdu() {
    assert_eq!(EnquireLink::default().with_acme_word(1).acme_word(), Some(1));
    assert_eq!(SubmitSmResp::default().with_acme_word(1).acme_word(), Some(1));
    assert_eq!(pdu::AcmeHint::default().with_acme_word(1).acme_word(), Some(1));
    assert_eq!(
        DeliverSm::default().with_acme_outcome(CommandStatus::ACME_RNOCREDIT).acme_outcome(),
        Some(CommandStatus(0x400))
    );
    assert_eq!(DataSm::default().with_acme_part(b"1").with_acme_part(b"2").acme_part().count(), 2);
    let nowhere = Tlvs::from_octets(b"\x14\x0F\0\x01x");
    assert_eq!(nowhere.get::<tlv::AcmeNowhere>(), Some("x".into()));
}

#[test]
fn values_that_are_added_to_the_standard() {
    assert_eq!(DataCoding::ACME_EMOJI, DataCoding(0xE8));
    assert_eq!(CommandStatus::ACME_RNOCREDIT, CommandStatus(0x400));
    assert_eq!(CommandStatus::ACME_ROLD, CommandStatus(0x500));
    assert_eq!(Npi::ACME_INTERNAL, Npi(0x20));
    let added = PROTOCOL.values("data_coding").unwrap();
    assert_eq!(added.find(0xE8).unwrap().name, "ACME_EMOJI");
    assert_eq!(added.find(0xEB).unwrap().name, "ACME_PAGES");
    assert!(added.find(0x08).is_none(), "what the standard has stays with the standard");
    assert_eq!(PROTOCOL.values("service_type").unwrap().values[0].text, Some("ACME"));
}

#[test]
fn values_have_names_in_debug() {
    assert_eq!(format!("{:?}", AcmePriority::FIRST), "FIRST (0x09)");
    assert_eq!(format!("{:?}", AcmePriority(2)), "0x02");
    assert_eq!(format!("{:?}", AcmeColour(0x1234)), "OWN (0x1234)");
    assert_eq!(format!("{:?}", AcmeAccount::HOUSE), "HOUSE (0xFFFF0000)");
    assert_eq!(format!("{:?}", AcmeEpoch::END), "END (0xFFFFFFFFFFFFFFFF)");
    assert_eq!(format!("{:?}", AcmeOptions(0x83)), "urgency=HIGH encrypted=ENCRYPTED (0x83)");
    assert_eq!(format!("{:?}", acme_options::Urgency::HIGH), "HIGH (0x03)");
    assert_eq!(AcmeRights(0).with_may_send(acme_rights::MaySend::YES), AcmeRights(0x8000_0000));
    assert_eq!(AcmeEpoch::START.name().as_deref(), Some("START"));
    assert_eq!(<AcmeRoutes as WireInteger>::SIZE, 2);
    assert_eq!(AcmePlan::NO, "NO");
}

#[test]
fn debug_shows_fields_and_hides_passwords() {
    let ping = pdu::AcmePing::default().with_acme_nonce(5);
    assert_eq!(format!("{ping:?}"), "AcmePing { acme_nonce: 5, tlvs: [] }");
    let fetch = format!("{:?}", pdu::AcmeFetch::default().with_acme_password("secret"));
    assert!(fetch.contains("acme_password: ***"), "{fetch}");
    assert!(!fetch.contains("secret"), "{fetch}");
}

#[test]
fn a_vendor_command_is_refined_from_other() {
    let octets = pdu::AcmePing::default().with_acme_nonce(9).to_octets(3).unwrap();
    let frame = Frame::exact(&octets).unwrap();

    let mut ignorant = Decoder::default();
    let Pdu::Other(raw) = ignorant.decode(frame).unwrap() else { panic!() };
    assert_eq!(ignorant.diagnostics()[0].class(), ErrorClass::UnknownCommandId);
    assert_eq!(raw.command_id(), pdu::AcmePing::ID);
    assert_eq!(raw.decode_as::<pdu::AcmePing<'_>>(&mut ignorant).unwrap().acme_nonce, 9);
    assert!(raw.decode_as::<pdu::AcmeHint<'_>>(&mut ignorant).is_err());
    assert!(Decoder::new(Leniency::STRICT).decode(frame).is_err());

    let mut knowing = Decoder::new(Leniency::STRICT).with_protocols(ACME);
    let Pdu::Other(raw) = knowing.decode(frame).unwrap() else { panic!() };
    assert_eq!(knowing.diagnostics(), []);
    assert_eq!(raw.decode_as::<pdu::AcmePing<'_>>(&mut knowing).unwrap().acme_nonce, 9);
    assert_eq!(knowing.protocols()[0].command(raw.command_id()).unwrap().name, "acme_ping");
}

#[test]
fn lengths_of_vendor_tlvs_are_checked_by_a_decoder_that_knows_them() {
    let mut sm = SubmitSm::default();
    sm.tlvs.push_raw(0x1402, b"abc");
    let octets = sm.to_octets(1).unwrap();
    let frame = Frame::exact(&octets).unwrap();

    let mut ignorant = Decoder::default();
    ignorant.decode(frame).unwrap();
    assert_eq!(ignorant.diagnostics(), []);

    let mut knowing = Decoder::default().with_protocols(ACME);
    knowing.decode(frame).unwrap();
    let [found] = knowing.diagnostics() else { panic!("{:?}", knowing.diagnostics()) };
    assert_eq!((found.class(), found.field), (ErrorClass::TlvInvalidLength, "acme_short"));
    assert_eq!(found.offset as usize, octets.len() - 7);

    // One octet more than may be sent is taken from a peer.
    let mut sm = SubmitSm::default();
    sm.tlvs.push_raw(0x1409, &[b'x'; 66]);
    let octets = sm.to_octets(1).unwrap();
    knowing.decode(Frame::exact(&octets).unwrap()).unwrap();
    assert_eq!(knowing.diagnostics(), []);
}

#[track_caller]
fn refused(pdu: &impl Encode, command: &str, field: &str, kind: EncodeErrorKind) {
    let mut out = b"before".to_vec();
    let error = pdu.encode(1, &mut out).unwrap_err();
    assert_eq!(out, b"before");
    assert_eq!(error, EncodeError { command: error.command, field: error.field, kind });
    assert_eq!((error.command, error.field), (command, field));
}

#[test]
fn what_is_outside_its_limits_is_named_when_encoding() {
    use EncodeErrorKind::{BadLength, NulInside, TooLong, TooShort};

    let sm = SubmitSm::default();
    let long = "x".repeat(200);
    refused(&sm.clone().with_acme_campaign(&long), "submit_sm", "acme_campaign", TooLong { len: 201, max: 65 });
    refused(&sm.clone().with_acme_blob(b""), "submit_sm", "acme_blob", TooShort { len: 0, min: 1 });
    refused(&sm.with_acme_campaign("a\0b"), "submit_sm", "acme_campaign", NulInside { at: 1 });

    let fetch = pdu::AcmeFetch::default();
    refused(&fetch.clone().with_acme_cursor(&long), "acme_fetch", "acme_cursor", TooLong { len: 201, max: 33 });
    refused(&fetch.clone().with_system_type(&long), "acme_fetch", "system_type", TooLong { len: 201, max: 33 });
    // More than a peer may send, but no more than is taken from it.
    refused(&fetch.with_acme_tariff("ninechars"), "acme_fetch", "acme_tariff", TooLong { len: 10, max: 9 });

    let store = pdu::AcmeStore::default().with_acme_document(b"ok");
    store.to_octets(1).unwrap();
    refused(&store.clone().with_acme_title(&long), "acme_store", "acme_title", TooLong { len: 201, max: 161 });
    refused(&store.clone().with_acme_title("a\0"), "acme_store", "acme_title", NulInside { at: 1 });
    refused(&store.clone().with_acme_document(b"x"), "acme_store", "acme_document", TooShort { len: 1, min: 2 });
    let huge = vec![0; 70_001];
    refused(
        &store.clone().with_acme_document(&huge),
        "acme_store",
        "acme_document",
        TooLong { len: 70_001, max: 70_000 },
    );
    refused(&store.clone().with_acme_expires("now"), "acme_store", "acme_expires", BadLength { len: 4 });
    let many: Vec<_> = (0..301).map(|_| DestAddress::DistributionList { dl_name: "all".into() }).collect();
    refused(&store.with_acme_parts(many), "acme_store", "acme_parts", TooLong { len: 301, max: 300 });

    // In an element of a list: 5 octets are taken from a peer, not sent.
    let pair = pdu::AcmePair { acme_key: "four".into(), acme_value: 0 };
    refused(&pdu::AcmeHint::default().with_acme_pairs([pair]), "acme_hint", "acme_key", BadLength { len: 5 });
}

#[test]
fn what_is_outside_its_limits_is_taken_from_a_peer_where_the_file_says_so() {
    let octets = RawPdu::new(pdu::AcmeHint::ID, b"\x01four\0\0\0\0\0\0\0\0\x09");
    let mut decoder = Decoder::new(Leniency::STRICT.validating(false));
    let hint: pdu::AcmeHint<'_> = octets.decode_as(&mut decoder).unwrap();
    assert_eq!(hint.acme_pairs.iter().next().unwrap().acme_key, "four");

    let odd = RawPdu::new(pdu::AcmeHint::ID, b"\x01three\0\0\0\0\0\0\0\0\x09");
    let error = odd.decode_as::<pdu::AcmeHint<'_>>(&mut decoder).unwrap_err();
    assert_eq!((error.field, error.offset), ("acme_key", 17));
}

#[test]
fn a_form_that_is_not_in_the_file_is_an_error_at_its_discriminant() {
    let raw = RawPdu::new(pdu::AcmeFetchResp::ID, b"\0\0\x01\x09");
    let error = raw.decode_as::<pdu::AcmeFetchResp<'_>>(&mut Decoder::default()).unwrap_err();
    assert_eq!((error.field, error.offset), ("acme_kind", 19));
}

#[test]
fn a_body_that_ends_early_is_an_error_in_the_field_where_it_ends() {
    let raw = RawPdu::new(pdu::AcmePingResp::ID, b"\0\0\0\x01\0\x02\0\0");
    let error = raw.decode_as::<pdu::AcmePingResp<'_>>(&mut Decoder::default()).unwrap_err();
    assert_eq!((error.field, error.offset, error.class()), ("acme_since", 22, ErrorClass::TruncatedBody));
}

#[test]
fn a_response_without_a_body_decodes_and_an_omitted_body_is_not_sent() {
    let response = pdu::AcmeFetchResp::default().with_acme_cursor("c");
    let mut out = Vec::new();
    response.encode_with_status(CommandStatus::ACME_RNOCREDIT, 4, &mut out).unwrap();
    assert_eq!(out, b"\0\0\0\x10\x80\x01\x02\x01\0\0\x04\0\0\0\0\x04");
    let decoded: pdu::AcmeFetchResp<'_> = Decoder::default().decode_as(Frame::exact(&out).unwrap()).unwrap();
    assert_eq!(decoded, pdu::AcmeFetchResp::default());
}

#[test]
fn visitors_see_fields_with_their_offsets() {
    let items = [
        pdu::AcmeItem::AcmeReceipt { message_id: "id".into(), message_state: MessageState::DELIVERED },
        pdu::AcmeItem::AcmeEnd {},
    ];
    let response = pdu::AcmeFetchResp::default().with_acme_cursor("next").with_acme_items(items);
    let seen = Fields::of(&response);
    let expected = [
        ("acme_cursor", 16, 5, "next"),
        ("acme_count", 21, 2, "0x2"),
        ("acme_items", 23, 0, "2 elements"),
        ("acme_kind", 23, 1, "0x2"),
        ("message_id", 24, 3, "id"),
        ("message_state", 27, 1, "0x2"),
        ("acme_kind", 28, 1, "0x7f"),
    ];
    assert_eq!(seen.0, expected.map(|(name, offset, length, value)| (name, offset, length, value.to_owned())));
}

#[test]
fn tables_say_what_the_file_says() {
    assert_eq!(PROTOCOL.name, "acme");
    assert_eq!((PROTOCOL.commands.len(), PROTOCOL.tlvs.len()), (9, 17));
    assert_eq!(value::ALL.len(), PROTOCOL.values.len());

    let fetch = command::find(CommandId(0x0001_0201)).unwrap();
    assert_eq!(
        (fetch.name, fetch.kind, fetch.since, fetch.section),
        ("acme_fetch", CommandKind::Request, "1.2", "3.1")
    );
    assert_eq!(fetch.counterpart, Some(pdu::AcmeFetchResp::ID));
    assert!(fetch.esme_may_issue_in.contains(State::BoundTrx) && !fetch.esme_may_issue_in.contains(State::BoundTx));
    assert!(fetch.smsc_may_issue_in.is_empty());
    assert_eq!(fetch.accepted_in, fetch.esme_may_issue_in);
    assert_eq!(fetch.tlvs, [0x1402, 0x1407]);
    assert_eq!(fetch.field("acme_cursor").unwrap().invalid, Some(CommandStatus::ACME_RNOCREDIT));
    assert_eq!(fetch.field("acme_tariff").unwrap().values.unwrap().values[1].text, Some("GOLD"));
    assert_eq!(fetch.field("acme_wish").unwrap().values.unwrap().name, "acme_options");
    assert!(command::find(CommandId(4)).is_none(), "submit_sm is the standard's");

    let response = command::find(pdu::AcmeFetchResp::ID).unwrap();
    assert_eq!((response.body_on_error, response.counterpart), (BodyOnError::Omitted, Some(pdu::AcmeFetch::ID)));
    let items = response.field("acme_items").unwrap();
    assert_eq!((items.wire_name, items.max), ("item(s)", 1000));
    assert!(matches!(items.kind, FieldKind::List { elements } if elements[0].name == "acme_kind"));

    let campaign = tlv::find(0x1409).unwrap();
    assert_eq!((campaign.name, campaign.max, campaign.accept_lengths), ("acme_campaign", 65, &[66][..]));
    let allowed = [SubmitSm::ID, sms::pdu::SubmitMulti::ID, DataSm::ID];
    assert_eq!(campaign.allowed_in, Some(&allowed[..]));
    assert_eq!(tlv::find(0x1401).unwrap().range, Some((1, 99)));
    assert_eq!(tlv::find(0x1406).unwrap().values.unwrap().name, "command_status");
    assert_eq!(tlv::find(0x140B).unwrap().first_octet.unwrap().name, "acme_priority");
    assert!(tlv::find(0x1404).unwrap().repeatable);
    assert!(tlv::accepts(0x1402, 2) && !tlv::accepts(0x1402, 3) && tlv::accepts(0x0001, 3));
}

#[test]
fn a_request_knows_its_response() {
    fn response_of<R: Request>(_: &R) -> &'static str {
        R::Response::SPEC.name
    }
    assert_eq!(response_of(&pdu::AcmePing::default()), "acme_ping_resp");
    assert_eq!(response_of(&pdu::AcmeStore::default()), "acme_store_resp");
}

#[test]
fn a_decoded_pdu_can_outlive_its_octets() {
    fn owned<P: sms::codec::DecodeOwned>(octets: &[u8]) -> P {
        P::decode_owned(&mut Decoder::default(), Frame::exact(octets).unwrap()).unwrap()
    }
    let response: pdu::AcmeFetchResp<'static> = {
        let items = [pdu::AcmeItem::AcmeReceipt { message_id: "id".into(), message_state: MessageState(9) }];
        owned(&pdu::AcmeFetchResp::default().with_acme_items(items).to_octets(1).unwrap())
    };
    assert_eq!(response.acme_items.len(), 1);
    assert_decodes::<pdu::AcmeHint<'_>>();
}

fn assert_decodes<'a, P: Decode<'a>>() {}
