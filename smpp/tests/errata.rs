//! One test for each reading of the standard that the codec takes where the standard is silent, ambiguous or wrong.
//! The numbers are those of the list of errata.

mod data;

use std::fmt::Debug;

use data::{clean, pdu, strict, vector};
use smpp::codec::{
    COctetString, Command, CommandId, CommandKind, Decode, Decoder, Encode, FieldKind, Frame, Leniency, OctetString,
    Tlv, Tlvs,
};
use smpp::pdu::*;
use smpp::value::*;
use smpp::{DecodeError, DecodeErrorKind, EncodeErrorKind, ErrorClass, Pdu, command, tlv};

/// A message that nobody objects to.
fn submit() -> SubmitSm<'static> {
    SubmitSm::default().with_source_addr("12345").with_destination_addr("67890").with_short_message("hi")
}

fn wire<P: Command>(pdu: &P) -> Vec<u8> {
    pdu.to_octets(7).expect("inside the limits")
}

/// Decodes by the default policy, with what it had to say.
fn default(octets: &[u8]) -> (Result<Pdu<'_>, DecodeError>, Vec<DecodeErrorKind>) {
    let (pdu, diagnostics) = data::decode(octets, Leniency::DEFAULT);
    (pdu, diagnostics.into_iter().map(|error| error.kind).collect())
}

/// Decodes into a type; nothing may be wrong with it.
#[track_caller]
fn as_clean<'a, P: Decode<'a>>(octets: &'a [u8]) -> P {
    let mut decoder = Decoder::default();
    let pdu = decoder.decode_as(Frame::exact(octets).expect("a frame")).expect("a PDU");
    assert_eq!(decoder.diagnostics(), []);
    pdu
}

#[track_caller]
fn refused<T: Debug>(result: Result<T, DecodeError>, field: &str, status: CommandStatus) -> DecodeErrorKind {
    let error = result.expect_err("to be refused");
    assert_eq!((error.field, error.command_status()), (field, status), "{error}");
    error.kind
}

#[track_caller]
fn unencodable<P: Command>(pdu: &P, field: &str) -> EncodeErrorKind {
    let mut out = vec![0xAA];
    let error = pdu.encode(7, &mut out).expect_err("to be refused");
    assert_eq!((error.field, &out[..]), (field, &[0xAA][..]), "{error}");
    error.kind
}

/// The same PDU with a TLV more.
fn with_tlv(mut octets: Vec<u8>, tag: u16, value: &[u8]) -> Vec<u8> {
    octets.extend(tag.to_be_bytes());
    octets.extend((value.len() as u16).to_be_bytes());
    octets.extend(value);
    let length = octets.len() as u32;
    octets[..4].copy_from_slice(&length.to_be_bytes());
    octets
}

#[test]
fn erratum_02_submit_multi_is_the_name() {
    assert_eq!(command::SUBMIT_MULTI.name, "submit_multi");
    assert!(command::ALL.iter().all(|spec| spec.name != "submit_sm_multi"));
}

#[test]
fn erratum_03_outbind_and_alert_notification_have_no_response() {
    for spec in [&command::OUTBIND, &command::ALERT_NOTIFICATION] {
        assert_eq!((spec.kind, spec.counterpart), (CommandKind::OneWay, None));
        assert!(command::find(spec.id.response()).is_none());
        assert!(!spec.id.is_answered());
    }
}

#[test]
fn erratum_09_responses_are_not_answered() {
    assert!(CommandId(0x0000_007F).is_answered());
    assert!(!CommandId(0x8000_330A).is_answered());
    assert!(!CommandId::GENERIC_NACK.is_answered());
}

#[test]
fn erratum_10_any_sequence_number_is_taken_and_echoed() {
    for sequence_number in [0, 1, 0x7FFF_FFFF, 0x8000_0000, u32::MAX] {
        let octets = pdu(0x15, 0, sequence_number, &[]);
        let Pdu::EnquireLink(link) = clean(&octets) else { panic!("another PDU") };
        assert_eq!(link.to_octets(sequence_number).expect("a PDU"), octets);
        let is_allowed = (1..=0x7FFF_FFFF).contains(&sequence_number);
        assert_eq!(strict(&octets).is_ok(), is_allowed, "{sequence_number}");
    }
    assert!(strict(&pdu(0x8000_0000, 2, 0, &[])).is_ok(), "a generic_nack may have to use 0");
}

#[test]
fn erratum_11_interface_version_is_mandatory_in_bind_transceiver() {
    let issue_1_1 = pdu(9, 0, 1, b"a\0b\0\0\x01\x01\0");
    let (decoded, _) = default(&issue_1_1);
    let kind = refused(decoded, "address_range", CommandStatus::ESME_RINVCMDLEN);
    assert_eq!(kind, DecodeErrorKind::TruncatedBody);
    assert_eq!(BindTransceiver::default().interface_version, InterfaceVersion(0x34));
}

#[test]
fn erratum_13_transaction_mode_is_for_data_sm() {
    let forward = EsmClass(0x02);
    for octets in [
        wire(&submit().with_esm_class(forward)),
        wire(&SubmitMulti::default().with_dest_address([to("1")]).with_esm_class(forward)),
    ] {
        clean(&octets);
        refused(strict(&octets), "esm_class", CommandStatus::ESME_RINVESMCLASS);
    }
    assert!(strict(&wire(&DataSm::default().with_destination_addr("1").with_esm_class(forward))).is_ok());
}

fn to(address: &str) -> DestAddress<'_> {
    DestAddress::SmeAddress {
        dest_addr_ton: Ton::default(),
        dest_addr_npi: Npi::default(),
        destination_addr: address.into(),
    }
}

#[test]
fn erratum_16_bodies_of_error_responses() {
    fn encoded<P: Command + Default>(status: CommandStatus) -> usize {
        let mut out = Vec::new();
        P::default().encode_with_status(status, 1, &mut out).expect("a PDU");
        out.len() - 16
    }
    let error = CommandStatus::ESME_RSYSERR;
    assert_eq!(encoded::<BindTransmitterResp<'_>>(error), 0);
    assert_eq!(encoded::<BindReceiverResp<'_>>(error), 0);
    assert_eq!(encoded::<BindTransceiverResp<'_>>(error), 0);
    assert_eq!(encoded::<SubmitSmResp<'_>>(error), 0);
    assert_eq!(encoded::<SubmitSmResp<'_>>(CommandStatus::ESME_ROK), 1);
    assert_eq!(encoded::<DeliverSmResp<'_>>(error), 1);
    assert_eq!(encoded::<DataSmResp<'_>>(error), 1);
    assert_eq!(encoded::<QuerySmResp<'_>>(error), 4);
    assert_eq!(encoded::<SubmitMultiResp<'_>>(error), 2);
    // Both forms are understood, of every response.
    for spec in command::ALL.iter().filter(|spec| spec.is_response() && !spec.fields.is_empty()) {
        for status in [0, 8] {
            clean(&pdu(spec.id.0, status, 1, &[]));
            clean(&pdu(
                spec.id.0,
                status,
                1,
                &vec![0; spec.fields.len() - usize::from(spec.name == "submit_multi_resp")],
            ));
        }
        assert!(strict(&pdu(spec.id.0, 8, 1, &[])).is_ok(), "{}", spec.name);
        let missing = refused(strict(&pdu(spec.id.0, 0, 1, &[])), "body", CommandStatus::ESME_RINVCMDLEN);
        assert_eq!(missing, DecodeErrorKind::MissingBody);
    }
}

#[test]
fn erratum_17_data_sm_resp_keeps_its_tlvs_on_failure() {
    let failed = DataSmResp::default().with_delivery_failure_reason(DeliveryFailureReason(2));
    let mut octets = Vec::new();
    failed.encode_with_status(CommandStatus::ESME_RDELIVERYFAILURE, 1, &mut octets).expect("a PDU");
    assert_eq!(octets[16..], *b"\0\x04\x25\0\x01\x02");
    assert_eq!(as_clean::<DataSmResp<'_>>(&octets), failed);
    let without_message_id = vector("data_sm_resp_no_message_id");
    let (Ok(Pdu::DataSmResp(resp)), diagnostics) = default(&without_message_id.octets) else { panic!("refused") };
    assert_eq!(resp.network_error_code(), Some(OctetString::from(b"\x03\0\x1F")));
    assert_eq!(diagnostics.len(), 1);
    assert!(strict(&without_message_id.octets).is_err());
}

#[test]
fn erratum_18_deliver_sm_resp_has_one_nul() {
    assert_eq!(wire(&DeliverSmResp::default())[16..], [0]);
    let kind = unencodable(&DeliverSmResp::default().with_message_id("1"), "message_id");
    assert_eq!(kind, EncodeErrorKind::TooLong { len: 2, max: 1 });
    let mut body = vec![b'1'; 64];
    body.push(0);
    for body in [&body[..], b"1\0", b"\0", b""] {
        let octets = pdu(0x8000_0005, 0, 1, body);
        clean(&octets);
        assert_eq!(strict(&octets).is_ok(), body == [0], "{body:?}");
    }
    body.insert(0, b'1');
    let (_, diagnostics) = default(&pdu(0x8000_0005, 0, 1, &body));
    assert_eq!(diagnostics, [DecodeErrorKind::COctetStringTooLong { len: 66, max: 1 }]);
}

#[test]
fn erratum_19_statuses_that_the_table_skips_are_reserved() {
    for (status, is_defined) in [(0x49, true), (0x4A, false), (0x4F, false), (0x50, true), (0x68, false), (0xBF, false)]
    {
        let octets = pdu(0x8000_0015, status, 1, &[]);
        clean(&octets);
        assert_eq!(strict(&octets).is_ok(), is_defined, "{status:#X}");
    }
}

#[test]
fn erratum_20_var_max_counts_the_nul_and_is_no_fixed_width() {
    let bind = |system_id| BindTransmitter::default().with_system_id(system_id);
    assert!(strict(&wire(&bind("123456789012345"))).is_ok());
    let kind = unencodable(&bind("1234567890123456"), "system_id");
    assert_eq!(kind, EncodeErrorKind::TooLong { len: 17, max: 16 });
    assert_eq!(wire(&bind("a")).len(), wire(&bind("")).len() + 1);
    let padded = vector("bind_transmitter_resp_fixed_width");
    let (Ok(Pdu::BindTransmitterResp(resp)), diagnostics) = default(&padded.octets) else { panic!("refused") };
    assert_eq!((resp.system_id, diagnostics.len()), (COctetString::from("SMPP3TEST"), 1));
}

#[test]
fn erratum_21_times_are_empty_or_of_16_characters() {
    for time in ["0", "2406010000000", "240601000000000"] {
        let late = submit().with_validity_period(time);
        assert_eq!(unencodable(&late, "validity_period"), EncodeErrorKind::BadLength { len: time.len() + 1 });
    }
    let late = submit().with_validity_period("240601000000000+0");
    assert_eq!(unencodable(&late, "validity_period"), EncodeErrorKind::TooLong { len: 18, max: 17 });
    assert!(strict(&wire(&submit().with_validity_period("240601000000000+"))).is_ok());
    let (_, diagnostics) = default(&vector("submit_sm_schedule_15").octets);
    assert_eq!(diagnostics, [DecodeErrorKind::InvalidTimeLength { len: 16 }]);
    // deliver_sm has them with size 1 only, and they occur.
    let body: [&[u8]; 5] = [&[0; 3], b"1\0\0\x002\0", &[0; 3], b"240601000000000+\0", &[0; 6]];
    let timed = pdu(5, 0, 1, &body.concat());
    let deliver: DeliverSm<'_> = as_clean(&timed);
    assert_eq!(deliver.schedule_delivery_time, "240601000000000+");
    let kind = refused(strict(&timed), "schedule_delivery_time", CommandStatus::ESME_RINVSCHED);
    assert_eq!(kind, DecodeErrorKind::COctetStringTooLong { len: 17, max: 1 });
    assert_eq!(unencodable(&deliver, "schedule_delivery_time"), EncodeErrorKind::TooLong { len: 17, max: 1 });
}

#[test]
fn erratum_22_an_empty_short_message_has_no_octet() {
    let empty = wire(&submit().with_short_message(""));
    assert_eq!(empty.last(), Some(&0), "sm_length, and nothing after it");
    assert!(as_clean::<SubmitSm<'_>>(&empty).short_message.is_empty());
    let trailing = vector("submit_sm_trailing_nul_larvit");
    assert!(strict(&trailing.octets).is_err());
    let (Ok(Pdu::SubmitSm(pdu)), diagnostics) = default(&trailing.octets) else { panic!("refused") };
    assert_eq!((pdu.short_message, pdu.tlvs.tail()), (OctetString::from("test"), &[0][..]));
    assert_eq!(diagnostics, [DecodeErrorKind::TlvStreamLeftover { octets: 1 }]);
    let tolerant = Leniency::DEFAULT.accepting(ErrorClass::TlvStreamLeftover);
    let (pdu, diagnostics) = data::decode(&trailing.octets, tolerant);
    assert!(pdu.is_ok() && diagnostics.is_empty());
}

#[test]
fn erratum_23_message_id_has_65_octets() {
    let id = "x".repeat(64);
    assert!(strict(&wire(&SubmitSmResp::default().with_message_id(&id))).is_ok());
    let longer = "x".repeat(65);
    let kind = unencodable(&SubmitSmResp::default().with_message_id(&longer), "message_id");
    assert_eq!(kind, EncodeErrorKind::TooLong { len: 66, max: 65 });
}

#[test]
fn erratum_24_addresses_have_21_octets_or_65() {
    let (short, long, longer) = ("1".repeat(20), "1".repeat(64), "1".repeat(65));
    assert!(strict(&wire(&submit().with_destination_addr(&short))).is_ok());
    let kind = unencodable(&submit().with_destination_addr(&long), "destination_addr");
    assert_eq!(kind, EncodeErrorKind::TooLong { len: 65, max: 21 });
    let data = DataSm::default().with_destination_addr(&long).with_source_addr(&long);
    assert!(strict(&wire(&data)).is_ok());
    unencodable(&data.with_source_addr(&longer), "source_addr");
    let alert = AlertNotification::default().with_source_addr(&long).with_esme_addr(&long);
    assert!(strict(&wire(&alert)).is_ok());
    unencodable(&alert.with_esme_addr(&longer), "esme_addr");
}

#[test]
fn erratum_25_system_type_and_source_addr_of_replace_sm_are_maxima() {
    let bind = BindTransmitter::default();
    assert!(strict(&wire(&bind.clone().with_system_type("VMS"))).is_ok());
    assert_eq!(
        unencodable(&bind.with_system_type("1234567890123"), "system_type"),
        EncodeErrorKind::TooLong { len: 14, max: 13 }
    );
    for address in ["", "12345678901234567890"] {
        assert!(strict(&wire(&ReplaceSm::default().with_source_addr(address))).is_ok());
    }
}

#[test]
fn erratum_26_service_type_has_5_characters() {
    let kind = unencodable(&submit().with_service_type("ABCDEF"), "service_type");
    assert_eq!(kind, EncodeErrorKind::TooLong { len: 7, max: 6 });
    let seven = pdu(5, 0, 1, b"smscsim\0\0\x001\0\0\x002\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(as_clean::<DeliverSm<'_>>(&seven).service_type, "smscsim");
    let kind = refused(strict(&seven), "service_type", CommandStatus::ESME_RINVSERTYP);
    assert_eq!(kind, DecodeErrorKind::COctetStringTooLong { len: 8, max: 6 });
    let (_, diagnostics) = default(&vector("submit_sm_service_type_7").octets);
    assert_eq!(diagnostics, [DecodeErrorKind::COctetStringTooLong { len: 7, max: 6 }]);
}

#[test]
fn erratum_27_254_octets_of_text_and_254_destinations() {
    let (text, longer) = (vec![b'a'; 254], vec![b'a'; 255]);
    let full = wire(&submit().with_short_message(&text));
    assert!(strict(&full).is_ok());
    let kind = unencodable(&submit().with_short_message(&longer), "short_message");
    assert_eq!(kind, EncodeErrorKind::TooLong { len: 255, max: 254 });
    let mut over = full;
    let sm_length = over.len() - 255;
    over[sm_length] = 255;
    over.push(b'a');
    over[3] += 1;
    // 5.0 has it, and it is sent.
    assert_eq!(as_clean::<SubmitSm<'_>>(&over).short_message, &longer[..]);
    let kind = refused(strict(&over), "short_message", CommandStatus::ESME_RINVMSGLEN);
    assert_eq!(kind, DecodeErrorKind::SmLengthOutOfRange { sm_length: 255, max: 254 });
    over.truncate(over.len() - 1);
    over[3] -= 1;
    let kind = refused(strict(&over), "short_message", CommandStatus::ESME_RINVMSGLEN);
    assert_eq!(kind, DecodeErrorKind::SmLengthExceedsBody { sm_length: 255, left: 254 });

    let multi = |count| SubmitMulti::default().with_dest_address(vec![to("1"); count]);
    let mut most = wire(&multi(254));
    assert!(strict(&most).is_ok());
    assert_eq!(unencodable(&multi(255), "dest_address"), EncodeErrorKind::TooLong { len: 255, max: 254 });
    assert_eq!(unencodable(&multi(0), "dest_address"), EncodeErrorKind::TooShort { len: 0, min: 1 });
    let count = most.iter().position(|&octet| octet == 254).expect("number_of_dests");
    most[count] = 255;
    most.splice(count + 1..count + 1, *b"\x01\0\x001\0");
    let length = most.len() as u32;
    most[..4].copy_from_slice(&length.to_be_bytes());
    let kind = refused(strict(&most), "number_of_dests", CommandStatus::ESME_RINVNUMDESTS);
    assert_eq!(kind, DecodeErrorKind::InvalidNumberOfDests { count: 255, min: 1, max: 254 });
}

#[test]
fn erratum_28_sm_default_msg_id_0_is_unused() {
    assert!(strict(&wire(&submit())).is_ok());
    assert!(strict(&wire(&submit().with_sm_default_msg_id(SmDefaultMsgId(254)))).is_ok());
    let reserved = wire(&submit().with_sm_default_msg_id(SmDefaultMsgId(255)));
    clean(&reserved);
    refused(strict(&reserved), "sm_default_msg_id", CommandStatus::ESME_RINVDFTMSGID);
}

#[test]
fn erratum_29_source_telematics_id_has_1_octet_or_2() {
    let data = DataSm::default().with_destination_addr("1");
    let encoded = wire(&data.clone().with_source_telematics_id(5).with_dest_telematics_id(5));
    assert!(encoded.ends_with(b"\0\x10\0\x01\x05\0\x08\0\x02\0\x05"));
    assert!(strict(&encoded).is_ok());
    let two = with_tlv(wire(&data), 0x0010, &[0, 5]);
    assert_eq!(as_clean::<DataSm<'_>>(&two).source_telematics_id(), Some(5));
    refused(strict(&two), "source_telematics_id", CommandStatus::ESME_RINVPARLEN);
    let three = with_tlv(wire(&data), 0x0010, &[0, 0, 5]);
    let (_, diagnostics) = default(&three);
    assert_eq!(diagnostics, [DecodeErrorKind::TlvInvalidLength { tag: 0x10, len: 3, min: 1, max: 1 }]);
}

#[test]
fn erratum_30_message_payload_has_65535_octets() {
    let (payload, longer) = (vec![b'a'; 65_535], vec![b'a'; 65_536]);
    let data = DataSm::default().with_destination_addr("1");
    let octets = wire(&data.clone().with_message_payload(&payload));
    assert_eq!(as_clean::<DataSm<'_>>(&octets).message_payload(), Some(OctetString::from(&payload)));
    let kind = unencodable(&data.with_message_payload(&longer), "message_payload");
    assert_eq!(kind, EncodeErrorKind::TooLong { len: 65_536, max: 65_535 });
}

#[test]
fn erratum_31_callback_num_atag_is_an_octet_string() {
    let called = || submit().with_callback_num(b"\x01\x01\x0112");
    for atag in [&b"\x08\0H\0i\0"[..], b"\0", &[b'a'; 65]] {
        let atag = if atag.len() == 65 { &[&[0], &atag[1..]].concat()[..] } else { atag };
        let octets = wire(&called().with_callback_num_atag(atag));
        let pdu: SubmitSm<'_> = as_clean(&octets);
        assert_eq!(pdu.callback_num_atag().collect::<Vec<_>>(), [OctetString::from(atag)]);
        assert!(strict(&octets).is_ok());
    }
    let longer = [0; 66];
    let kind = unencodable(&called().with_callback_num_atag(&longer), "callback_num_atag");
    assert_eq!(kind, EncodeErrorKind::TooLong { len: 66, max: 65 });
}

#[test]
fn erratum_32_callback_num_is_kept_as_octets() {
    let tbcd = b"\0\x01\x01\x21\x43\xF5";
    let octets = wire(&submit().with_callback_num(tbcd).with_callback_num(b"\x01\x01\x0112345"));
    let numbers: Vec<_> = as_clean::<SubmitSm<'_>>(&octets).callback_num().map(OctetString::into_owned).collect();
    assert_eq!(numbers, [OctetString::from(tbcd), OctetString::from(b"\x01\x01\x0112345")]);
    assert!(strict(&octets).is_ok());
}

#[test]
fn erratum_33_tlvs_without_a_printed_type_are_integers_of_1_octet() {
    let submit = submit().with_more_messages_to_send(MoreMessagesToSend(1)).with_ussd_service_op(UssdServiceOp(0x10));
    assert!(wire(&submit).ends_with(b"\x04\x26\0\x01\x01\x05\x01\0\x01\x10"));
    assert!(strict(&wire(&submit)).is_ok());
    let receipt = DeliverSm::default().with_message_state(MessageState::DELIVERED);
    assert!(wire(&receipt).ends_with(b"\x04\x27\0\x01\x02"));
}

#[test]
fn erratum_34_alert_on_message_delivery_has_no_value() {
    let alert = wire(&submit().with_alert_on_message_delivery());
    assert!(alert.ends_with(&[0x13, 0x0C, 0, 0]));
    assert!(as_clean::<SubmitSm<'_>>(&alert).alert_on_message_delivery());
    let of_5_0 = with_tlv(wire(&submit()), 0x130C, &[1]);
    assert!(as_clean::<SubmitSm<'_>>(&of_5_0).alert_on_message_delivery());
    refused(strict(&of_5_0), "alert_on_message_delivery", CommandStatus::ESME_RINVPARLEN);
    let (_, diagnostics) = default(&with_tlv(wire(&submit()), 0x130C, &[1, 1]));
    assert_eq!(diagnostics, [DecodeErrorKind::TlvInvalidLength { tag: 0x130C, len: 2, min: 0, max: 0 }]);
}

#[test]
fn erratum_35_error_code_has_1_octet_and_network_error_code_3() {
    assert_eq!(wire(&QuerySmResp::default().with_error_code(9))[16..], [0, 0, 0, 9]);
    let four = with_tlv(wire(&DeliverSm::default()), 0x0423, &[3, 0, 0, 1]);
    let (_, diagnostics) = default(&four);
    assert_eq!(diagnostics, [DecodeErrorKind::TlvInvalidLength { tag: 0x423, len: 4, min: 3, max: 3 }]);
}

#[test]
fn erratum_36_c_octet_string_tlvs_with_and_without_nul() {
    let base = wire(&DeliverSm::default().with_destination_addr("1"));
    for value in [&b"msg-1\0"[..], b"msg-1"] {
        let octets = with_tlv(base.clone(), 0x001E, value);
        let deliver: DeliverSm<'_> = as_clean(&octets);
        assert_eq!(deliver.receipted_message_id(), Some(COctetString::from("msg-1")));
        assert_eq!(wire(&deliver), octets, "kept as it came");
        assert!(strict(&octets).is_ok());
    }
    assert_eq!(wire(&DeliverSm::default().with_destination_addr("1").with_receipted_message_id("msg-1")), {
        with_tlv(base, 0x001E, b"msg-1\0")
    });
}

#[test]
fn erratum_37_intermediate_notification_is_bit_4() {
    let notify = wire(&submit().with_registered_delivery(RegisteredDelivery(0x10)));
    assert!(strict(&notify).is_ok());
    assert!(format!("{:?}", RegisteredDelivery(0x10)).contains("intermediate_notification"));
    for reserved in [0x03, 0x20, 0x40, 0x80] {
        let octets = wire(&submit().with_registered_delivery(RegisteredDelivery(reserved)));
        clean(&octets);
        refused(strict(&octets), "registered_delivery", CommandStatus::ESME_RINVREGDLVFLG);
    }
}

#[test]
fn erratum_38_message_types_depend_on_the_direction() {
    let deliver = |esm_class| wire(&DeliverSm::default().with_esm_class(EsmClass(esm_class)));
    let submit = |esm_class| wire(&submit().with_esm_class(EsmClass(esm_class)));
    let data = |esm_class| wire(&DataSm::default().with_destination_addr("1").with_esm_class(EsmClass(esm_class)));
    for (esm_class, is_submit, is_deliver) in [
        (0x00, true, true),
        (0x03, true, true),
        (0x04, false, true),
        (0x08, true, true),
        (0x0C, false, false),
        (0x10, true, true),
        (0x18, false, true),
        (0x20, false, true),
        (0x24, false, false),
        (0x3C, false, false),
        (0x80, true, true),
    ] {
        assert_eq!(strict(&submit(esm_class)).is_ok(), is_submit, "submit_sm {esm_class:#04X}");
        assert_eq!(strict(&deliver(esm_class)).is_ok(), is_deliver, "deliver_sm {esm_class:#04X}");
        assert_eq!(strict(&data(esm_class)).is_ok(), is_submit || is_deliver, "data_sm {esm_class:#04X}");
    }
    for bits in 0..4 {
        assert!(strict(&deliver(0x04 | bits)).is_ok(), "bits 1-0 mean nothing from the SMSC");
    }
}

#[test]
fn erratum_39_data_coding_0_unless_told_otherwise() {
    assert_eq!(SubmitSm::default().data_coding, DataCoding(0));
    for (data_coding, is_defined) in
        [(0x02, true), (0x04, true), (0x0B, false), (0xC8, true), (0xE0, false), (0xF1, true)]
    {
        let octets = wire(&submit().with_data_coding(DataCoding(data_coding)));
        assert_eq!(as_clean::<SubmitSm<'_>>(&octets).data_coding, DataCoding(data_coding));
        assert_eq!(strict(&octets).is_ok(), is_defined, "{data_coding:#X}");
    }
}

#[test]
fn erratum_40_any_interface_version_is_taken() {
    for (version, is_defined) in [(0x00, true), (0x04, true), (0x33, true), (0x34, true), (0x50, false), (0x7B, false)]
    {
        let octets = wire(&BindReceiver::default().with_interface_version(InterfaceVersion(version)));
        assert_eq!(as_clean::<BindReceiver<'_>>(&octets).interface_version, InterfaceVersion(version));
        assert_eq!(strict(&octets).is_ok(), is_defined, "{version:#X}");
        let answer = BindReceiverResp::default().with_sc_interface_version(InterfaceVersion(version));
        clean(&wire(&answer));
        assert_eq!(strict(&wire(&answer)).is_ok(), is_defined, "{version:#X}");
    }
}

#[test]
fn erratum_41_a_bind_response_may_come_without_sc_interface_version() {
    let octets = pdu(0x8000_0009, 0, 1, b"smsc\0");
    assert_eq!(as_clean::<BindTransceiverResp<'_>>(&octets).sc_interface_version(), None);
    assert!(strict(&octets).is_ok());
}

#[test]
fn erratum_42_reserved_values() {
    let ton = wire(&submit().with_source_addr_ton(Ton(7)));
    clean(&ton);
    refused(strict(&ton), "source_addr_ton", CommandStatus::ESME_RINVSRCTON);
    let privacy = vector("submit_sm_tlv_privacy_9");
    assert_eq!(as_clean::<SubmitSm<'_>>(&privacy.octets).privacy_indicator(), Some(PrivacyIndicator(9)));
    let kind = refused(strict(&privacy.octets), "privacy_indicator", CommandStatus::ESME_RINVOPTPARAMVAL);
    assert_eq!(kind, DecodeErrorKind::TlvInvalidValue { tag: 0x0201, value: 9 });
    let seqnum = wire(&submit().with_sar_msg_ref_num(1).with_sar_total_segments(2).with_sar_segment_seqnum(0));
    clean(&seqnum);
    refused(strict(&seqnum), "sar_segment_seqnum", CommandStatus::ESME_RINVOPTPARAMVAL);
    let subaddress = with_tlv(wire(&submit()), 0x0202, &[0x01, 0x31]);
    clean(&subaddress);
    refused(strict(&subaddress), "source_subaddress", CommandStatus::ESME_RINVOPTPARAMVAL);
}

#[test]
fn erratum_43_a_known_tlv_in_another_pdu_is_ignored() {
    let octets = with_tlv(wire(&DeliverSm::default()), 0x000E, &[1]);
    assert_eq!(as_clean::<DeliverSm<'_>>(&octets).tlvs.get::<tlv::SourceNetworkType>(), Some(NetworkType(1)));
    let kind = refused(strict(&octets), "source_network_type", CommandStatus::ESME_ROPTPARNOTALLWD);
    assert_eq!(kind, DecodeErrorKind::TlvNotAllowed { tag: 0x000E });
}

#[test]
fn erratum_44_status_of_a_field_that_is_too_long() {
    let long = [&[b'1'; 41][..], b"\0"].concat();
    let bind = pdu(2, 0, 1, &[b"\0\0\0\x34\0\0", &long[..]].concat());
    refused(strict(&bind), "address_range", CommandStatus::ESME_RINVPARLEN);
    for (name, field, status) in [
        ("submit_sm_service_type_7", "service_type", CommandStatus::ESME_RINVSERTYP),
        ("submit_sm_destination_addr_22", "destination_addr", CommandStatus::ESME_RINVDSTADR),
        ("submit_sm_schedule_15", "schedule_delivery_time", CommandStatus::ESME_RINVSCHED),
        ("bind_transmitter_system_id_17", "system_id", CommandStatus::ESME_RINVSYSID),
    ] {
        refused(strict(&vector(name).octets), field, status);
    }
}

#[test]
fn erratum_45_dest_subaddress_in_submit_multi_is_decoded() {
    let plain = SubmitMulti::default().with_dest_address([to("1")]);
    let octets = with_tlv(wire(&plain), 0x0203, b"\xA012");
    assert_eq!(as_clean::<SubmitMulti<'_>>(&octets).dest_subaddress(), Some(OctetString::from(b"\xA012")));
    assert!(strict(&octets).is_ok());
    assert!(plain.tlvs.is_empty());
}

#[test]
fn erratum_46_lone_sar_and_user_data_header_beside_tlvs() {
    let lone = vector("submit_sm_tlv_sar_incomplete");
    assert_eq!(as_clean::<SubmitSm<'_>>(&lone.octets).sar_msg_ref_num(), Some(1));
    let findings = smpp::validate(lone.frame().header(), &clean(&lone.octets), &[]);
    let missing: Vec<_> = findings.iter().map(|finding| (finding.kind, finding.command_status())).collect();
    let expected = [tlv::SarTotalSegments::SPEC.tag, tlv::SarSegmentSeqnum::SPEC.tag]
        .map(|tag| (DecodeErrorKind::TlvMissing { tag }, CommandStatus::ESME_RMISSINGOPTPARAM));
    assert_eq!(missing, expected);
    let whole = submit().with_sar_msg_ref_num(1).with_sar_total_segments(2).with_sar_segment_seqnum(1);
    assert!(strict(&wire(&whole)).is_ok());
    let headed = whole.with_esm_class(EsmClass(0x40)).with_short_message(b"\x05\0\x03\x01\x02\x01hi");
    clean(&wire(&headed));
    let kind = refused(strict(&wire(&headed)), "sar_msg_ref_num", CommandStatus::ESME_RINVESMCLASS);
    assert_eq!(kind, DecodeErrorKind::UserDataHeaderAndTlv { tag: 0x020C });
    let ported = headed.with_tlvs(Tlvs::EMPTY).with_destination_port(2948);
    let kind = refused(strict(&wire(&ported)), "destination_port", CommandStatus::ESME_RINVESMCLASS);
    assert_eq!(kind, DecodeErrorKind::UserDataHeaderAndTlv { tag: 0x020B });
    assert!(strict(&wire(&ported.with_tlvs(Tlvs::EMPTY))).is_ok());
}

#[test]
fn erratum_47_values_that_are_not_listed_are_reserved() {
    assert_eq!(Npi::ISDN, Npi(1));
    for (npi, is_defined) in [(0, true), (1, true), (2, false), (3, true), (5, false), (18, true), (19, false)] {
        let octets = wire(&submit().with_dest_addr_npi(Npi(npi)));
        clean(&octets);
        assert_eq!(strict(&octets).is_ok(), is_defined, "npi {npi}");
    }
    for ton in 0..=255 {
        assert_eq!(strict(&wire(&submit().with_dest_addr_ton(Ton(ton)))).is_ok(), ton <= 6, "ton {ton}");
    }
}

#[test]
fn erratum_48_message_state_0_is_kept() {
    let octets = pdu(0x8000_0003, 0, 1, b"1\0\0\0\0");
    let resp: QuerySmResp<'_> = as_clean(&octets);
    assert_eq!(resp.message_state, MessageState(0));
    assert_eq!(wire(&resp)[16..], octets[16..]);
    let scheduled = with_tlv(wire(&DeliverSm::default()), 0x0427, &[0]);
    assert_eq!(as_clean::<DeliverSm<'_>>(&scheduled).message_state(), Some(MessageState(0)));
    assert!(strict(&scheduled).is_err());
}

#[test]
fn erratum_49_times() {
    let final_date = |date: &str| pdu(0x8000_0003, 0, 1, &[b"1\0", date.as_bytes(), b"\0\x02\0"].concat());
    for date in ["", "240601120000", "240601120000000+"] {
        assert_eq!(as_clean::<QuerySmResp<'_>>(&final_date(date)).final_date, date);
        assert_eq!(strict(&final_date(date)).is_ok(), date.len() != 12, "{date}");
    }
    let of_12 = QuerySmResp::default().with_final_date("240601120000");
    assert_eq!(unencodable(&of_12, "final_date"), EncodeErrorKind::BadLength { len: 13 });
    for (time, is_time) in [
        ("000000010000000R", true),
        ("000000010000999R", true),
        ("240229000000048+", true),
        ("240229000000049+", false),
        ("230229000000000+", false),
        ("240000000000000+", false),
        ("241301000000000-", false),
        ("240101000000000r", false),
    ] {
        let octets = wire(&submit().with_schedule_delivery_time(time));
        assert_eq!(as_clean::<SubmitSm<'_>>(&octets).schedule_delivery_time, time);
        match strict(&octets) {
            Ok(_) => assert!(is_time, "{time}"),
            refusal => {
                let kind = refused(refusal, "schedule_delivery_time", CommandStatus::ESME_RINVSCHED);
                assert_eq!((kind, is_time), (DecodeErrorKind::InvalidTimeValue, false), "{time}");
            }
        }
    }
}

#[test]
fn erratum_50_data_sm_has_no_short_message() {
    assert!(command::DATA_SM.field("short_message").is_none());
    assert!(command::DATA_SM.fields.iter().all(|field| !matches!(field.kind, FieldKind::OctetString)));
    assert!(command::DATA_SM.tlvs.contains(&tlv::MessagePayload::SPEC.tag));
}

#[test]
fn erratum_51_address_range_of_a_transmitter_is_taken() {
    assert!(strict(&wire(&BindTransmitter::default().with_address_range("^4179[0-9]*$"))).is_ok());
}

#[test]
fn erratum_52_the_tag_of_sc_interface_version() {
    assert_eq!(tlv::ScInterfaceVersion::SPEC.tag, 0x0210);
    let swapped = vector("bind_transceiver_resp_jasmin_2");
    let resp: BindTransceiverResp<'_> = as_clean(&swapped.octets);
    assert_eq!((resp.sc_interface_version(), resp.tlvs.find(0x1002)), (None, Some(&b"4"[..])));
    let kind = refused(strict(&swapped.octets), "tlvs", CommandStatus::ESME_ROPTPARNOTALLWD);
    assert_eq!(kind, DecodeErrorKind::UnknownTlv { tag: 0x1002 });
}

#[test]
fn erratum_54_unknown_tlvs_are_kept_raw_and_in_order() {
    let tags = [0x8081, 0x1403, 0x0204, 0x1418, 0x2153, 0x8082, 0x1403];
    let octets = tags.into_iter().fold(wire(&submit()), |octets, tag| with_tlv(octets, tag, &[1, 2]));
    let pdu: SubmitSm<'_> = as_clean(&octets);
    assert_eq!(pdu.tlvs.iter().map(|tlv| tlv.tag).collect::<Vec<_>>(), tags);
    assert_eq!(pdu.user_message_reference(), Some(0x0102));
    assert_eq!(wire(&pdu), octets);
    assert_eq!(wire(&pdu.into_owned()), octets);
}

/// What was found to be wrong is told of once for each TLV, and in the order of the wire.
#[test]
fn findings_are_in_the_order_of_the_wire_with_ton_and_npi_last() {
    let mut octets = wire(&submit().with_source_addr_ton(Ton(7)).with_priority_flag(PriorityFlag(9)));
    octets[11] = 8;
    octets[12] = 0x80;
    let octets = with_tlv(with_tlv(with_tlv(octets, 0x0204, &[0, 1]), 0x0302, &[0x0C]), 0x0204, &[0, 1]);
    let findings = smpp::validate(Frame::exact(&octets).expect("a frame").header(), &clean(&octets), &[]);
    let told: Vec<_> = findings.iter().map(|finding| finding.field).collect();
    assert_eq!(
        told,
        [
            "command_status",
            "sequence_number",
            "priority_flag",
            "callback_num_pres_ind",
            "callback_num_pres_ind",
            "user_message_reference",
            "source_addr_ton",
        ]
    );
    assert!(findings[..6].is_sorted_by_key(|finding| finding.offset));
    assert_eq!(findings[5].kind, DecodeErrorKind::TlvRepeated { tag: 0x0204 });
}

#[test]
fn a_user_data_header_may_stand_in_message_payload() {
    let data = || DataSm::default().with_destination_addr("1").with_esm_class(EsmClass(0x40));
    let sound = wire(&data().with_message_payload(b"\x05\0\x03\x01\x02\x01hi"));
    assert!(strict(&sound).is_ok());
    let begin = wire(&data()).len() as u32;
    for unsound in [data().with_message_payload(b"\x05\0\x09hello"), data().with_message_payload(b""), data()] {
        let octets = wire(&unsound);
        clean(&octets);
        let error = strict(&octets).expect_err("to be refused");
        assert_eq!((error.field, error.offset), ("message_payload", begin));
        assert_eq!(error.kind, DecodeErrorKind::InvalidUserDataHeader);
    }
}
