use smpp::codec::{Command, CommandKind, Encode, Header, State, Tlvs};
use smpp::pdu::*;
use smpp::session::{BindKind, Received, Role, SendError, SendOptions, SessionState};
use smpp::value::CommandStatus;
use smpp::{command, tlv};

use super::harness::*;

#[test]
fn every_kind_of_bind() {
    for kind in [BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver] {
        let mut pair = bound(kind);
        assert_eq!((pair.esme.state(), pair.smsc.state()), (kind.session_state(), kind.session_state()));
        // A second bind is refused by either end.
        let again = pair.esme.send(pair.now, &BindTransceiver::default(), None, SendOptions::default());
        assert!(matches!(again, Err(SendError::State { command: "bind_transceiver", .. })));
        let octets = BindReceiver::default().to_octets(9).unwrap();
        let [Received::Refused(CommandStatus::ESME_RALYBND)] = receive(&mut pair.smsc, pair.now, &octets)[..] else {
            panic!("bound twice")
        };
        let answer = headers(&output(&mut pair.smsc))[0];
        assert_eq!((answer.command_id, answer.sequence_number), (BindReceiverResp::ID, 9));

        let mut pair = self::pair();
        pair.bind(kind, CommandStatus::ESME_RINVPASWD);
        assert_eq!((pair.esme.state(), pair.smsc.state()), (SessionState::Open, SessionState::Open));
        pair.bind(kind, CommandStatus::ESME_ROK);
        assert_eq!(pair.esme.state(), kind.session_state());
    }
}

#[test]
fn outbind_leads_to_any_bind() {
    let mut pair = pair();
    pair.smsc.send(pair.now, &Outbind::default(), None, SendOptions::default()).unwrap();
    assert!(matches!(pair.at_esme()[..], [Received::OneWay(spec)] if spec.id == Outbind::ID));
    assert_eq!((pair.esme.state(), pair.smsc.state()), (SessionState::Outbound, SessionState::Outbound));
    pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    assert_eq!(pair.smsc.state(), SessionState::BoundTrx);
}

#[test]
fn messages_before_the_bind_response_are_taken() {
    let mut pair = pair();
    pair.send_bind(BindKind::Transceiver);
    pair.esme.send_raw(&SubmitSm::default().to_octets(2).unwrap());
    assert_eq!(requests(pair.at_smsc()).len(), 2);
    let octets = DeliverSm::default().to_octets(1).unwrap();
    assert_eq!(requests(receive(&mut pair.esme, pair.now, &octets)).len(), 1);
}

#[test]
fn a_peer_of_an_older_version_gets_no_tlvs() {
    let version = |version: u8| {
        let mut pair = pair();
        let bind = BindTransceiver::default().with_interface_version(version);
        pair.esme.send(pair.now, &bind, Some(0), SendOptions::default()).unwrap();
        let bind = requests(pair.at_smsc()).remove(0);
        pair.smsc.respond_status(pair.now, bind, CommandStatus::ESME_ROK).unwrap();
        output(&mut pair.smsc);
        pair
    };
    let deliver = DeliverSm::default().with_short_message("text").with_receipted_message_id("1");
    let send = |pair: &mut Pair, pdu: &DeliverSm<'_>| pair.smsc.send(pair.now, pdu, None, SendOptions::default());
    for with in [0x34, 0x50, 0x04] {
        let mut pair = version(with);
        let number = send(&mut pair, &deliver).unwrap();
        assert_eq!(output(&mut pair.smsc), deliver.to_octets(number).unwrap());
    }
    let mut pair = version(0x33);
    let number = send(&mut pair, &deliver).unwrap();
    let bare = deliver.clone().with_tlvs(Tlvs::EMPTY);
    assert_eq!(output(&mut pair.smsc), bare.to_octets(number).unwrap());
    let payload = DeliverSm::default().with_message_payload("text");
    assert_eq!(send(&mut pair, &payload), Err(SendError::PeerTakesNoTlvs));

    // The other way round, by the TLV of the bind response.
    let mut pair = self::pair();
    pair.send_bind(BindKind::Transceiver);
    let bind = requests(pair.at_smsc()).remove(0);
    let mut response = BindTransceiverResp::default();
    response.tlvs.set::<tlv::ScInterfaceVersion>(0x33.into());
    pair.smsc.respond(pair.now, bind, CommandStatus::ESME_ROK, &response).unwrap();
    pair.at_esme().clear();
    assert_eq!((pair.esme.peer_version(), pair.esme.peer_takes_tlvs()), (Some(0x33), false));
}

/// Every command, in every state, against both roles: taken, or refused with its own response, or passed over.
#[test]
fn every_command_in_every_state() {
    for role in [Role::Esme, Role::Smsc] {
        for kind in [None, Some(BindKind::Transmitter), Some(BindKind::Receiver), Some(BindKind::Transceiver)] {
            for spec in command::ALL.iter().copied() {
                let mut pair = kind.map_or_else(pair, bound);
                let state = kind.map_or(State::Open, BindKind::state);
                let session = if role == Role::Esme { &mut pair.esme } else { &mut pair.smsc };
                output(session);
                let header = Header {
                    command_length: 16,
                    command_id: spec.id,
                    command_status: CommandStatus::ESME_ROK,
                    sequence_number: 99,
                };
                let received = receive(session, pair.now, &header.to_octets()).remove(0);
                let answer = headers(&output(session)).first().copied();
                let taken = spec.accepted_in.contains(state) && !role.peer().may_issue_in(spec).is_empty();
                let context = format!("{role:?} {state:?} {} {received:?} {answer:?}", spec.name);
                match spec.kind {
                    CommandKind::Response | CommandKind::Nack => {
                        assert!(matches!(received, Received::Stray(_)) && answer.is_none(), "{context}");
                    }
                    CommandKind::OneWay => {
                        assert!(answer.is_none() && matches!(received, Received::OneWay(_)) == taken, "{context}");
                    }
                    CommandKind::Request if taken => match spec.id {
                        EnquireLink::ID | Unbind::ID => {
                            assert!(matches!(received, Received::Handled), "{context}");
                            assert_eq!(answer.map(|answer| answer.command_id), spec.counterpart);
                        }
                        _ => assert!(matches!(received, Received::Request(_)) && answer.is_none(), "{context}"),
                    },
                    CommandKind::Request => {
                        let answer = answer.expect(&context);
                        assert_eq!(Some(answer.command_id), spec.counterpart, "{context}");
                        assert_eq!(answer.sequence_number, 99);
                        let is_bind = BindKind::of_request(spec.id).is_some() && role == Role::Smsc;
                        let status = if is_bind { CommandStatus::ESME_RALYBND } else { CommandStatus::ESME_RINVBNDSTS };
                        assert_eq!(answer.command_status, status, "{context}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_may_be_sent_where() {
    fn sends<P: Command + Default>(role: Role, state: State) -> bool {
        role.sends(P::SPEC, state)
    }
    assert!(sends::<ReplaceSm<'_>>(Role::Esme, State::BoundTrx), "erratum 1");
    assert!(sends::<EnquireLink<'_>>(Role::Esme, State::Open), "erratum 4");
    assert!(sends::<DataSm<'_>>(Role::Esme, State::BoundTx) && !sends::<DataSm<'_>>(Role::Esme, State::BoundRx));
    assert!(sends::<DataSm<'_>>(Role::Smsc, State::BoundRx) && !sends::<DataSm<'_>>(Role::Smsc, State::BoundTx));
    assert!(!sends::<SubmitSm<'_>>(Role::Esme, State::BoundRx) && !sends::<SubmitSm<'_>>(Role::Smsc, State::BoundTrx));
    assert!(!sends::<DeliverSm<'_>>(Role::Smsc, State::BoundTx) && !sends::<DeliverSm<'_>>(Role::Esme, State::BoundRx));
}
