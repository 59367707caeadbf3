//! The client against an SMSC whose requests are not what they should be: a test a row of what is known to break clients.
//! Each is answered, the link stays, and the application is told what could be made out.

mod scripted;

use crossbeam_channel::Receiver;
use smpp::client::{Client, ClientEvent};
use smpp::codec::CommandId;
use smpp::pdu::*;
use smpp::session::Stray;
use smpp::value::{CommandStatus, MessageState};
use smpp::{DecodeError, Pdu};

use scripted::*;

const OK: CommandStatus = CommandStatus::ESME_ROK;

/// A client that hands everything to its channel.
struct Case {
    smsc: Smsc,
    events: Receiver<ClientEvent>,
    _client: Client,
}

impl Case {
    fn new() -> Self {
        let (client, smsc, events) = bound();
        Self { smsc, events, _client: client }
    }

    /// The next event that is no change of state.
    fn told(&self) -> ClientEvent {
        loop {
            match self.events.recv_timeout(PATIENCE).expect("the application is told") {
                ClientEvent::StateChanged { .. } => {}
                event => return event,
            }
        }
    }

    /// A deliver_sm that is taken: what the application was given.
    fn delivers(&mut self, octets: &[u8]) -> (DeliverSm<'static>, Vec<DecodeError>) {
        self.delivers_with(octets, OK)
    }

    /// The same with this status, although the message is handed over.
    fn delivers_with(&mut self, octets: &[u8], status: CommandStatus) -> (DeliverSm<'static>, Vec<DecodeError>) {
        self.smsc.write(octets);
        self.smsc.expect_answer(DeliverSmResp::ID, 5, status);
        self.smsc.still_answers();
        match self.told() {
            ClientEvent::Pdu { pdu: Pdu::DeliverSm(pdu), diagnostics, .. } => {
                assert_eq!((pdu.source_addr.as_str(), pdu.short_message.as_str()), (Some("41"), Some("mo")));
                (pdu, diagnostics)
            }
            event => panic!("{event:?}"),
        }
    }

    /// A deliver_sm that cannot be made sense of: refused, and reported with all its octets.
    fn refuses(&mut self, octets: &[u8], status: CommandStatus) {
        self.smsc.write(octets);
        self.smsc.expect_answer(DeliverSmResp::ID, 5, status);
        self.smsc.still_answers();
        match self.told() {
            ClientEvent::Undecodable { octets: told, .. } => assert_eq!(told, octets),
            event => panic!("{event:?}"),
        }
    }

    fn is_told_of_a_stray(&mut self, octets: &[u8], is_it: fn(&Stray) -> bool) {
        self.smsc.write(octets);
        self.smsc.still_answers();
        match self.told() {
            ClientEvent::Stray { stray, .. } if is_it(&stray) => {}
            event => panic!("{event:?}"),
        }
    }
}

fn classes(diagnostics: &[DecodeError]) -> Vec<&'static str> {
    diagnostics.iter().map(|diagnostic| diagnostic.class().as_str()).collect()
}

#[test]
fn tlv_unknown_or_string_of_length_0() {
    let mut case = Case::new();
    let (pdu, _) = case.delivers(&deliver_sm_with(b"\x14\x03\0\0"));
    assert_eq!(pdu.tlvs.find(0x1403), Some(&b""[..]));
    let (pdu, _) = case.delivers(&deliver_sm_with(b"\0\x1E\0\0"));
    assert_eq!(pdu.receipted_message_id().unwrap(), "");
}

#[test]
fn tlv_twice() {
    let (pdu, _) = Case::new().delivers(&deliver_sm_with(b"\x02\x04\0\x02\0\x01\x02\x04\0\x02\0\x02"));
    assert_eq!(pdu.tlvs.get_all::<smpp::tlv::UserMessageReference>().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn tlv_alert_on_message_delivery_of_length_0() {
    let (pdu, diagnostics) = Case::new().delivers(&deliver_sm_with(b"\x13\x0C\0\0"));
    assert!(pdu.tlvs.contains(0x130C));
    assert_eq!(classes(&diagnostics), [""; 0], "it is legal");
}

#[test]
fn tlv_integer_of_length_0() {
    let (pdu, diagnostics) = Case::new().delivers(&deliver_sm_with(b"\x02\x04\0\0"));
    assert_eq!((pdu.user_message_reference(), pdu.tlvs.find(0x0204)), (None, Some(&b""[..])));
    assert_eq!(diagnostics.len(), 1);
}

#[test]
fn tlv_integer_of_another_width() {
    let (pdu, _) = Case::new().delivers(&deliver_sm_with(b"\x04\x27\0\x02\0\x02"));
    assert_eq!(pdu.message_state(), Some(MessageState::DELIVERED));
}

#[test]
fn tlv_running_past_the_end() {
    let refused = CommandStatus::ESME_RINVOPTPARSTREAM;
    let (pdu, diagnostics) = Case::new().delivers_with(&deliver_sm_with(b"\x14\x03\0\x09x"), refused);
    assert_eq!(pdu.tlvs.tail(), b"\x14\x03\0\x09x");
    assert_eq!(diagnostics.len(), 1);
}

#[test]
fn three_stray_octets_at_the_end() {
    let (pdu, diagnostics) = Case::new().delivers(&deliver_sm_with(b"\x01\x02\x03"));
    assert_eq!(pdu.tlvs.tail(), b"\x01\x02\x03");
    assert_eq!(classes(&diagnostics), ["tlv_stream_leftover"]);
}

#[test]
fn nul_after_short_message() {
    let (_, diagnostics) = Case::new().delivers(&deliver_sm_with(b"\0"));
    assert_eq!(diagnostics.len(), 1);
}

#[test]
fn sm_length_one_short() {
    let mut octets = deliver_sm_with(b"!");
    let (pdu, diagnostics) = Case::new().delivers(&octets);
    assert_eq!((pdu.tlvs.tail(), diagnostics.len()), (&b"!"[..], 1));
    // As it should have been.
    let sm_length = octets.len() - 4;
    octets[sm_length] += 1;
    assert_eq!(decode::<DeliverSm<'_>>(&octets).short_message, "mo!");
}

#[test]
fn sm_length_past_the_end() {
    let mut octets = deliver_sm_with(b"");
    let sm_length = octets.len() - 3;
    for length in [3, 60, 255] {
        octets[sm_length] = length;
        Case::new().refuses(&octets, CommandStatus::ESME_RINVMSGLEN);
    }
}

#[test]
fn c_string_never_terminated() {
    // The PDU ends inside a field.
    Case::new().refuses(&frame(DeliverSm::ID, 0, 5, b"CMT\0\x01\x0141"), CommandStatus::ESME_RINVCMDLEN);
}

#[test]
fn source_addr_of_30_octets() {
    let mut case = Case::new();
    let sound = body(&DeliverSm::default());
    case.smsc.write(&frame(DeliverSm::ID, 0, 5, &[&sound[..3], &[b'1'; 30], &sound[3..]].concat()));
    case.smsc.expect_answer(DeliverSmResp::ID, 5, OK);
    case.smsc.still_answers();
    match case.told() {
        ClientEvent::Pdu { pdu: Pdu::DeliverSm(pdu), .. } => assert_eq!(pdu.source_addr, *"1".repeat(30)),
        event => panic!("{event:?}"),
    }
}

#[test]
fn sequence_0_0x80000001_and_0xffffffff() {
    let mut case = Case::new();
    for number in [0, 0x8000_0001, 0xFFFF_FFFF] {
        case.smsc.write(&frame(DeliverSm::ID, 0, number, &body(&DeliverSm::default())));
        case.smsc.expect_answer(DeliverSmResp::ID, number, OK);
        case.smsc.write(&frame(EnquireLink::ID, 0, number, b""));
        case.smsc.expect_answer(EnquireLinkResp::ID, number, OK);
        assert!(matches!(case.told(), ClientEvent::Pdu { header, .. } if header.sequence_number == number));
    }
}

#[test]
fn unknown_command_id_request() {
    let mut case = Case::new();
    case.smsc.write(&frame(CommandId(0x0001_0999), 0, 6, b"?"));
    case.smsc.expect_answer(GenericNack::ID, 6, CommandStatus::ESME_RINVCMDID);
    case.smsc.still_answers();
    assert!(matches!(case.told(), ClientEvent::Refused { status: CommandStatus::ESME_RINVCMDID, .. }));
}

#[test]
fn unknown_command_id_response() {
    let unknown = |stray: &Stray| matches!(stray, Stray::UnknownResponse);
    Case::new().is_told_of_a_stray(&frame(CommandId(0x8001_0999), 0, 7, b"?"), unknown);
}

#[test]
fn answer_to_nothing() {
    let unmatched = |stray: &Stray| matches!(stray, Stray::Unmatched);
    Case::new().is_told_of_a_stray(&frame(SubmitSmResp::ID, 0, 8, b"9\0"), unmatched);
}

#[test]
fn generic_nack_of_sequence_0() {
    let unmatched = |stray: &Stray| matches!(stray, Stray::Unmatched);
    Case::new().is_told_of_a_stray(&frame(GenericNack::ID, 3, 0, b""), unmatched);
}

#[test]
fn outbind_when_bound() {
    let wrong_state = |stray: &Stray| matches!(stray, Stray::WrongState);
    Case::new().is_told_of_a_stray(&frame(Outbind::ID, 0, 9, b"x\0y\0"), wrong_state);
}

#[test]
fn alert_notification() {
    let mut case = Case::new();
    case.smsc.send(&AlertNotification::default().with_source_addr("4179").with_esme_addr("38640"), 3);
    // It is never answered.
    case.smsc.still_answers();
    match case.told() {
        ClientEvent::Pdu { pdu: Pdu::AlertNotification(pdu), .. } => assert_eq!(pdu.source_addr, "4179"),
        event => panic!("{event:?}"),
    }
}

#[test]
fn data_sm_from_the_smsc() {
    let mut case = Case::new();
    case.smsc.send(&DataSm::default().with_source_addr("4179").with_message_payload(b"data"), 4);
    case.smsc.expect_answer(DataSmResp::ID, 4, OK);
    case.smsc.still_answers();
    match case.told() {
        ClientEvent::Pdu { pdu: Pdu::DataSm(pdu), .. } => assert_eq!(pdu.message_payload().unwrap(), "data"),
        event => panic!("{event:?}"),
    }
}

#[test]
fn two_hundred_deliver_sm_in_one_write() {
    let mut case = Case::new();
    let octets: Vec<_> =
        (1..=200).flat_map(|number| frame(DeliverSm::ID, 0, number, &body(&DeliverSm::default()))).collect();
    case.smsc.write(&octets);
    for number in 1..=200 {
        case.smsc.expect_answer(DeliverSmResp::ID, number, OK);
    }
    for number in 1..=200 {
        assert!(matches!(case.told(), ClientEvent::Pdu { header, .. } if header.sequence_number == number));
    }
}

#[test]
fn one_octet_per_segment() {
    let (client, mut smsc, _events) = bound();
    let pending = client.send(&SubmitSm::default()).unwrap();
    let number = smsc.expect(SubmitSm::ID);
    for octet in [deliver_sm_with(b""), frame(SubmitSmResp::ID, 0, number, b"42\0")].concat() {
        smsc.write(&[octet]);
    }
    assert_eq!(pending.wait().unwrap().message_id, "42");
    smsc.expect_answer(DeliverSmResp::ID, 5, OK);
}
