//! What a message says, in one call.

use proptest::collection::vec;
use proptest::prelude::*;
use smpp::codec::{OctetString, Tlvs};
use smpp::pdu::{DataSm, DeliverSm, DestAddress, ReplaceSm, SubmitMulti, SubmitSm};
use smpp::sms::*;
use smpp::value::esm_class::{MessageType, MessagingMode};
use smpp::value::{MessageState, Npi, Ton};

fn of<'a>(message: impl Into<Message<'a>>) -> Description<'a> {
    describe(message, &Profile::default())
}

fn lines<'a>(message: impl Into<Message<'a>>) -> String {
    of(message).to_string()
}

#[test]
fn a_part_with_tables_of_a_language() {
    let header = UserDataHeader::default()
        .with(&Element::Concatenated16 { reference: 300, total: 3, part: 2 })
        .with(&Element::LockingShift(Language::TURKISH))
        .with(&Element::Ports16 { destination: 2948, source: 9200 })
        .with(&Element::from_octets(0x6F, b"\x01\x02"));
    let octets = [&header.to_octets().unwrap()[..], b"\x07x"].concat();
    let pdu = DeliverSm::default()
        .with_source_addr("4179123456")
        .with_source_addr_ton(Ton::INTERNATIONAL)
        .with_source_addr_npi(Npi::ISDN)
        .with_destination_addr("4178")
        .with_esm_class(0xC0)
        .with_short_message(&octets);
    let description = of(&pdu);
    assert_eq!(description.kind, MessageKind::Message);
    assert_eq!((description.text.as_deref(), description.octets), (Some("ıx"), &b"\x07x"[..]));
    assert_eq!(description.header.as_ref().map(|header| header.elements().count()), Some(4));
    assert_eq!(description.ports, Some(Ports { destination: 2948, source: 9200 }));
    assert_eq!(description.messaging_mode, None);
    assert_eq!(description.findings, []);
    let expected = "\
message, part 2 of 3, 16-bit reference 300, reply path
from 4179123456 (INTERNATIONAL (0x01), ISDN (0x01)) to 4178
short_message, data_coding 0x00 (DEFAULT), 2 characters of GSM 7-bit, Turkish locking shift: \"ıx\"
header: part 2 of 3, 16-bit reference 300
header: locking shift table, Turkish
header: 16-bit ports, from 9200 to 2948
header: element 0x6F, not known or malformed: 0x0102";
    assert_eq!(description.to_string(), expected);
}

#[test]
fn a_receipt() {
    let text = "id:42 sub:001 dlvrd:000 submit date:2611231305 done date:2611231307 stat:UNDELIV err:021 text:hello";
    let pdu = DeliverSm::default()
        .with_source_addr(b"Caf\xE9")
        .with_source_addr_ton(Ton::ALPHANUMERIC)
        .with_esm_class(0x04)
        .with_short_message(text)
        .with_message_state(MessageState::EXPIRED);
    let description = of(&pdu);
    assert_eq!(description.kind, MessageKind::DeliveryReceipt);
    assert_eq!(description.source_name.as_deref(), Some("Café"));
    assert_eq!(description.receipt.as_ref().unwrap().message_id().unwrap(), "42");
    let expected = format!(
        "\
delivery receipt
from \"Café\" (alphanumeric)
short_message, data_coding 0x00 (DEFAULT), 99 characters of GSM 7-bit: {text:?}
receipt: message_id 42, EXPIRED, final, error 21, submitted 2026-11-23 13:05:00, done 2026-11-23 13:07:00"
    );
    assert_eq!(description.to_string(), expected);
}

/// SMSCs give a receipt in ASCII the data_coding of its message.
#[test]
fn a_receipt_in_ascii_under_ucs2_is_shown_as_what_it_is() {
    for text in ["id:42 stat:DELIVRD err:01", "id:42 stat:DELIVRD err:1"] {
        let pdu = DeliverSm::default().with_esm_class(0x04).with_data_coding(8).with_short_message(text);
        let description = of(&pdu);
        assert_eq!((description.text.as_deref(), description.alphabet), (Some(text), Some(Alphabet::Ascii)));
        assert_eq!(description.findings, [Finding::Belied { alphabet: Some(Alphabet::Ascii) }]);
    }
    let octets = Alphabet::Ucs2.encode("id:42 stat:DELIVRD").unwrap();
    let pdu = DeliverSm::default().with_esm_class(0x04).with_data_coding(8).with_short_message(octets);
    assert_eq!((of(&pdu).text.as_deref(), of(&pdu).findings), (Some("id:42 stat:DELIVRD"), vec![]));
}

#[test]
fn what_a_message_is_depends_on_its_direction() {
    let cases = [
        (0x00, MessageKind::Message, MessageKind::Message),
        (0x04, MessageKind::Reserved(MessageType(0x04)), MessageKind::DeliveryReceipt),
        (0x08, MessageKind::DeliveryAcknowledgement, MessageKind::DeliveryAcknowledgement),
        (0x10, MessageKind::ManualAcknowledgement, MessageKind::ManualAcknowledgement),
        (0x18, MessageKind::Reserved(MessageType(0x18)), MessageKind::ConversationAbort),
        (0x20, MessageKind::Reserved(MessageType(0x20)), MessageKind::IntermediateNotification),
        (0x3C, MessageKind::Reserved(MessageType(0x3C)), MessageKind::Reserved(MessageType(0x3C))),
    ];
    for (esm_class, submitted, delivered) in cases {
        let submit = SubmitSm::default().with_esm_class(esm_class | 0x03);
        let deliver = DeliverSm::default().with_esm_class(esm_class | 0x03);
        let data = DataSm::default().with_esm_class(esm_class | 0x03);
        assert_eq!((of(&submit).kind, of(&deliver).kind, of(&data).kind), (submitted, delivered, delivered));
        assert_eq!(of(&submit).messaging_mode, Some(MessagingMode::STORE_AND_FORWARD));
        assert_eq!(of(&deliver).messaging_mode, None);
        assert_eq!(of(&submit).receipt, None);
    }
}

#[test]
fn what_is_no_text_is_octets() {
    let pdu = SubmitMulti::default()
        .with_dest_address([
            DestAddress::DistributionList { dl_name: "friends".into() },
            DestAddress::SmeAddress { dest_addr_ton: Ton(9), dest_addr_npi: Npi::ISDN, destination_addr: "41".into() },
        ])
        .with_data_coding(0xF5)
        .with_esm_class(0x01)
        .with_message_payload(vec![0xAB; 200]);
    let description = of(&pdu);
    assert_eq!((description.text, description.alphabet, description.octets.len()), (None, None, 200));
    let expected = format!(
        "\
message, DATAGRAM (0x01)
from (empty) to friends, 41 (RESERVED (0x09), ISDN (0x01))
message_payload, data_coding 0xF5 (8-bit data, class 1), 200 octets: 0x{}... and 60 more",
        "AB".repeat(140)
    );
    assert_eq!(lines(&pdu), expected);
    let empty = DataSm::default().with_data_coding(4);
    let expected = "message\nfrom (empty)\nmessage_payload, data_coding 0x04 (OCTET_4), 0 octets: empty";
    assert_eq!(lines(&empty), expected);
}

/// Each oddity is found where it is, and nothing else is.
#[test]
fn what_is_odd_is_told() {
    let header = |octets: &'static [u8]| DeliverSm::default().with_esm_class(0x40).with_short_message(octets);
    let text = |text: &'static str| DeliverSm::default().with_short_message(text);
    let sar =
        |total, part| text("x").with_sar_msg_ref_num(1).with_sar_total_segments(total).with_sar_segment_seqnum(part);
    let cases = [
        (text("x"), vec![]),
        (sar(2, 1), vec![]),
        (header(b"\x20\0\x03x"), vec![Finding::MalformedHeader(UserDataHeaderError::BeyondData { udhl: 32, left: 3 })]),
        (
            header(b"\x06\0\x03\x01\x02\x01\x05x"),
            vec![Finding::MalformedHeader(UserDataHeaderError::StrayOctet { at: 6 })],
        ),
        (
            header(b"\x05\0\x03\x01\x02\x03x"),
            vec![Finding::Element(ElementFault {
                at: 1,
                iei: 0,
                kind: ElementFaultKind::Concatenation { total: 2, part: 3 },
            })],
        ),
        (
            header(b"\0x").with_sar_msg_ref_num(1).with_source_port(2),
            vec![
                Finding::TlvBesideHeader { name: "sar_msg_ref_num" },
                Finding::TlvBesideHeader { name: "source_port" },
            ],
        ),
        (text("x").with_sar_msg_ref_num(1).with_sar_total_segments(2), vec![Finding::LoneSarTlvs]),
        (sar(2, 3), vec![Finding::ImpossiblePart { total: 2, part: 3 }]),
        (text("x").with_message_payload("yz"), vec![Finding::UnreadPayload { octets: 2 }]),
        (
            DeliverSm::default().with_short_message(b"\x04\x1F\x04\x40\x04\x38\x04\x32\x04\x35\x04\x42\0!"),
            vec![Finding::Belied { alphabet: Some(Alphabet::Ucs2) }],
        ),
        (text("x\x1B"), vec![Finding::Inexact]),
        (text("delivered").with_esm_class(0x04), vec![Finding::UnreadableReceipt]),
        (text("id:1 stat:DELIVRD"), vec![Finding::UnmarkedReceipt]),
    ];
    for (pdu, findings) in cases {
        let description = of(&pdu);
        assert_eq!(description.findings, findings, "{pdu:?}");
        let shown = description.to_string();
        let marked: Vec<_> = shown.lines().filter_map(|line| line.strip_prefix("! ")).collect();
        assert_eq!(marked, findings.iter().map(ToString::to_string).collect::<Vec<_>>());
    }
    let replace = ReplaceSm::default().with_short_message("x");
    assert_eq!(of(&replace).findings, [Finding::NoDataCoding]);
    assert_eq!(of(&replace).destinations, []);
}

#[test]
fn a_joined_message_is_described_as_one() {
    let reassembler = Reassembler::new(Profile::default());
    let part = |number: u8| {
        DeliverSm::default().with_esm_class(0x44).with_short_message(
            [&[5, 0, 3, 1, 2, number], [&b"id:42 sta"[..], b"t:DELIVRD"][usize::from(number) - 1]].concat(),
        )
    };
    let mut last = Reassembly::Single;
    for number in [1, 2] {
        let Ok(pushed) = reassembler.push(std::time::Instant::now(), &Message::from(&part(number)));
        last = pushed.outcome;
    }
    let Reassembly::Complete(message) = last else { panic!("{last:?}") };
    let description = of(message.message());
    assert_eq!(description.concatenation, None);
    assert_eq!(description.receipt.unwrap().state(), Some(MessageState::DELIVERED));
    assert_eq!(description.findings, []);
}

#[cfg(feature = "serde")]
#[test]
fn a_description_is_a_map() {
    let pdu = DeliverSm::default()
        .with_source_addr("4179")
        .with_source_addr_ton(Ton::INTERNATIONAL)
        .with_destination_addr("4178")
        .with_esm_class(0x44)
        .with_short_message(b"\x05\0\x03\x07\x02\x01id:42 stat:DELIVRD err:12")
        .with_source_port(1);
    let address = |ton, addr| serde_json::json!({"ton": ton, "npi": 0, "addr": addr});
    let expected = serde_json::json!({
        "command": "deliver_sm",
        "kind": "delivery receipt",
        "messaging_mode": null,
        "reply_path": false,
        "source": address(1, "4179"),
        "source_name": null,
        "destinations": [address(0, "4178")],
        "data_coding": 0,
        "scheme": "DEFAULT",
        "alphabet": "GSM 7-bit",
        "text": "id:42 stat:DELIVRD err:12",
        "octets": "id:42 stat:DELIVRD err:12",
        "field": "short_message",
        "header": ["part 1 of 2, 8-bit reference 7"],
        "concatenation": {"reference": 7, "total": 2, "part": 1, "form": "udh8"},
        "ports": null,
        "receipt": {
            "message_id": "42",
            "state": "DELIVERED",
            "stat": "DELIVRD",
            "is_final": true,
            "error_code": 12,
            "err": "12",
            "submit_time": null,
            "done_time": null,
        },
        "findings": ["source_port does not count beside a user data header"],
    });
    assert_eq!(serde_json::to_value(of(&pdu)).unwrap(), expected);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a message is made of, it is described, and what is there is found again.
    #[test]
    fn any_message_is_described(
        octets in vec(any::<u8>(), 0..60),
        text in "(id:[0-9]{1,3} )?(stat:[A-Z]{0,7} )?(text:)?.{0,20}",
        is_text in any::<bool>(),
        esm_class: u8,
        data_coding: u8,
        ton: u8,
        area in vec(any::<u8>(), 0..40),
        packed: bool,
    ) {
        let octets = if is_text { text.into_bytes() } else { octets };
        let pdu = DeliverSm::default()
            .with_esm_class(esm_class)
            .with_data_coding(data_coding)
            .with_source_addr_ton(ton)
            .with_source_addr(&octets[..octets.len().min(20)])
            .with_short_message(OctetString::borrowed(&octets))
            .with_tlvs(Tlvs::from_octets(&area));
        let profile = Profile::default().with_packed(packed);
        let description = describe(&pdu, &profile);
        prop_assert!(octets.ends_with(description.octets));
        let is_headed = esm_class & 0x40 != 0 && octets.first().is_some_and(|udhl| usize::from(*udhl) < octets.len());
        let header = if is_headed { 1 + usize::from(octets[0]) } else { 0 };
        prop_assert!(description.header.as_ref().is_none_or(|parsed| parsed.len() == header));
        if description.field == TextField::ShortMessage {
            prop_assert_eq!(header + description.octets.len(), octets.len());
        }
        let shown = description.to_string();
        prop_assert!(!shown.chars().any(|letter| letter.is_control() && letter != '\n'), "{:?}", shown);
    }
}
