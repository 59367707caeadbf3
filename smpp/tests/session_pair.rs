//! Two sessions against each other, in memory and in virtual time.

use std::time::{Duration, Instant};

use smpp::codec::{Command, CommandKind, Encode, Frames, Header, State, Tlvs};
use smpp::pdu::*;
use smpp::session::{
    BindKind, CloseReason, Event, Inbound, Received, Role, SendError, SendOptions, Session, SessionConfig,
    SessionState, Stray, Timers,
};
use smpp::value::CommandStatus;
use smpp::{FrameError, command, tlv};

const SECOND: Duration = Duration::from_secs(1);

struct Pair {
    now: Instant,
    esme: Session<u32>,
    smsc: Session<u32>,
}

fn pair_with(esme: SessionConfig, smsc: SessionConfig) -> Pair {
    let now = Instant::now();
    Pair { now, esme: Session::new(Role::Esme, esme, now), smsc: Session::new(Role::Smsc, smsc, now) }
}

fn pair() -> Pair {
    pair_with(SessionConfig::default(), SessionConfig::default())
}

fn bound(kind: BindKind) -> Pair {
    let mut pair = pair();
    pair.bind(kind, CommandStatus::ESME_ROK);
    pair
}

fn receive(session: &mut Session<u32>, now: Instant, octets: &[u8]) -> Vec<Received<u32>> {
    Frames::new(octets).map(|frame| session.receive(now, frame.unwrap())).collect()
}

fn output(session: &mut Session<u32>) -> Vec<u8> {
    let mut octets = Vec::new();
    session.take_output(&mut octets);
    octets
}

fn headers(octets: &[u8]) -> Vec<Header> {
    Frames::new(octets).map(|frame| frame.unwrap().header()).collect()
}

fn events(session: &mut Session<u32>) -> Vec<Event<u32>> {
    std::iter::from_fn(|| session.poll()).collect()
}

fn requests(received: Vec<Received<u32>>) -> Vec<Inbound> {
    let is_request = |received| match received {
        Received::Request(inbound) => inbound,
        other => panic!("{other:?}"),
    };
    received.into_iter().map(is_request).collect()
}

/// The sequence numbers of the requests that were answered.
fn answered(received: &[Received<u32>]) -> Vec<u32> {
    let token = |received: &Received<u32>| match received {
        Received::Response(request) => request.token.unwrap(),
        other => panic!("{other:?}"),
    };
    received.iter().map(token).collect()
}

impl Pair {
    fn at_smsc(&mut self) -> Vec<Received<u32>> {
        let octets = output(&mut self.esme);
        receive(&mut self.smsc, self.now, &octets)
    }

    fn at_esme(&mut self) -> Vec<Received<u32>> {
        let octets = output(&mut self.smsc);
        receive(&mut self.esme, self.now, &octets)
    }

    fn send_bind(&mut self, kind: BindKind) {
        let options = SendOptions::default();
        match kind {
            BindKind::Transmitter => self.esme.send(self.now, &BindTransmitter::default(), Some(0), options),
            BindKind::Receiver => self.esme.send(self.now, &BindReceiver::default(), Some(0), options),
            BindKind::Transceiver => self.esme.send(self.now, &BindTransceiver::default(), Some(0), options),
        }
        .unwrap();
    }

    fn bind(&mut self, kind: BindKind, status: CommandStatus) {
        self.send_bind(kind);
        let bind = requests(self.at_smsc()).remove(0);
        self.smsc.respond_status(self.now, bind, status).unwrap();
        assert_eq!(answered(&self.at_esme()), [0]);
        events(&mut self.esme);
        events(&mut self.smsc);
    }

    fn submit(&mut self, token: u32) -> Result<u32, SendError> {
        self.esme.send(self.now, &SubmitSm::default(), Some(token), SendOptions::default())
    }

    fn advance(&mut self, duration: Duration) {
        self.now += duration;
        self.esme.handle_timeout(self.now);
        self.smsc.handle_timeout(self.now);
    }
}

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
fn responses_in_any_order_reach_their_requests_and_free_the_window() {
    let mut pair = bound(BindKind::Transceiver);
    for token in 1..=10 {
        assert_eq!(pair.submit(token).unwrap(), token + 1);
    }
    assert_eq!(pair.submit(11), Err(SendError::WindowFull { window: 10 }));
    // What keeps the link alive does not wait behind messages.
    pair.esme.send(pair.now, &EnquireLink::default(), None, SendOptions::default()).unwrap();

    let mut received = pair.at_smsc();
    assert!(matches!(received.pop(), Some(Received::Handled)));
    for inbound in requests(received).into_iter().rev() {
        pair.smsc.respond(pair.now, inbound, CommandStatus::ESME_ROK, &SubmitSmResp::default()).unwrap();
    }
    let mut received = pair.at_esme();
    assert!(matches!(received.remove(0), Received::Handled));
    assert_eq!(answered(&received), (1..=10).rev().collect::<Vec<_>>());
    assert_eq!((pair.esme.outstanding(), pair.smsc.unanswered()), (0, 0));
    pair.submit(11).unwrap();
}

#[test]
fn windows_of_any_size() {
    for window in [1, 2, 100, 100_000] {
        let mut pair = pair_with(SessionConfig::default().with_window(window), SessionConfig::default());
        pair.bind(BindKind::Transmitter, CommandStatus::ESME_ROK);
        let mut token = 0;
        while pair.submit(token).is_ok() {
            token += 1;
        }
        assert_eq!(token as usize, window);
        let requests = requests(pair.at_smsc());
        for inbound in requests {
            pair.smsc.respond_status(pair.now, inbound, CommandStatus::ESME_RTHROTTLED).unwrap();
        }
        assert_eq!(answered(&pair.at_esme()).len(), window);
    }
}

#[test]
fn requests_expire_and_their_late_responses_are_told_from_others() {
    let mut pair = bound(BindKind::Transceiver);
    pair.submit(1).unwrap();
    let own = SendOptions { timeout: Some(2 * SECOND), sequence_number: Some(0xFFFF_FFFF) };
    pair.esme.send(pair.now, &SubmitSm::default(), Some(2), own).unwrap();
    let in_use = pair.esme.send(pair.now, &SubmitSm::default(), Some(3), own);
    assert_eq!(in_use, Err(SendError::SequenceInUse(0xFFFF_FFFF)));
    assert_eq!(pair.esme.poll_timeout(), Some(pair.now + 2 * SECOND));
    let inbound = requests(pair.at_smsc());
    pair.submit(4).unwrap();

    pair.advance(2 * SECOND);
    let [Event::Expired { request, written: true }] = &events(&mut pair.esme)[..] else { panic!("one expires") };
    assert_eq!((request.token, request.sequence_number), (Some(2), 0xFFFF_FFFF));
    pair.advance(8 * SECOND);
    let [Event::Expired { written: true, .. }, Event::Expired { request, written: false }] =
        &events(&mut pair.esme)[..]
    else {
        panic!("two expire")
    };
    assert_eq!(request.token, Some(4));

    for inbound in inbound {
        pair.smsc.respond_status(pair.now, inbound, CommandStatus::ESME_ROK).unwrap();
    }
    pair.smsc.send_raw(&SubmitSmResp::default().to_octets(77).unwrap());
    let late = |received: &Received<u32>| matches!(received, Received::Stray(Stray::Late { request }) if request.id == SubmitSm::ID);
    let received = pair.at_esme();
    assert!(late(&received[0]) && late(&received[1]), "{received:?}");
    assert!(matches!(received[2], Received::Stray(Stray::Unmatched)));
    assert_eq!(pair.esme.state(), SessionState::BoundTrx);
}

#[test]
fn sequence_numbers_wrap_and_skip_what_is_in_use() {
    let first = SessionConfig::default().with_first_sequence_number(0x7FFF_FFFE);
    let mut pair = pair_with(first, SessionConfig::default());
    pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    let taken = SendOptions { sequence_number: Some(1), timeout: None };
    pair.esme.send(pair.now, &SubmitSm::default(), Some(1), taken).unwrap();
    assert_eq!([pair.submit(2).unwrap(), pair.submit(3).unwrap()], [0x7FFF_FFFF, 2]);
    // Whatever the peer numbers its requests with is echoed.
    for number in [0, 0x8000_0001, 0xFFFF_FFFF] {
        let octets = DeliverSm::default().to_octets(number).unwrap();
        let inbound = requests(receive(&mut pair.esme, pair.now, &octets)).remove(0);
        output(&mut pair.esme);
        pair.esme.respond_status(pair.now, inbound, CommandStatus::ESME_ROK).unwrap();
        assert_eq!(output(&mut pair.esme), DeliverSmResp::default().to_octets(number).unwrap());
    }
}

#[test]
fn another_command_ids_answer_ends_the_request_and_so_does_generic_nack() {
    let mut pair = bound(BindKind::Transceiver);
    let number = pair.submit(1).unwrap();
    pair.smsc.send_raw(&QuerySmResp::default().to_octets(number).unwrap());
    assert!(matches!(&pair.at_esme()[..], [Received::Mismatch(request)] if request.token == Some(1)));
    let number = pair.submit(2).unwrap();
    pair.smsc.send_raw(&GenericNack::default().to_octets(number).unwrap());
    pair.smsc.send_raw(&GenericNack::default().to_octets(0).unwrap());
    let received = pair.at_esme();
    assert_eq!(answered(&received[..1]), [2]);
    assert!(matches!(received[1], Received::Stray(Stray::Unmatched)));
    assert_eq!(pair.esme.outstanding(), 0);
}

#[test]
fn unknown_commands_are_nacked_unless_they_are_responses() {
    let mut pair = bound(BindKind::Transceiver);
    output(&mut pair.esme);
    let unknown = |id: u32| [&16_u32.to_be_bytes()[..], &id.to_be_bytes(), &[0; 4], &5_u32.to_be_bytes()].concat();
    let received = receive(&mut pair.esme, pair.now, &unknown(0x0001_0999));
    assert!(matches!(received[..], [Received::Refused(CommandStatus::ESME_RINVCMDID)]));
    let nack = headers(&output(&mut pair.esme))[0];
    assert_eq!((nack.command_id, nack.sequence_number), (GenericNack::ID, 5));
    assert_eq!(nack.command_status, CommandStatus::ESME_RINVCMDID);
    let received = receive(&mut pair.esme, pair.now, &unknown(0x8001_0999));
    assert!(matches!(received[..], [Received::Stray(Stray::UnknownResponse)]));
    assert!(output(&mut pair.esme).is_empty());
}

#[test]
fn unbind_by_either_side_ends_both() {
    for by_esme in [true, false] {
        let mut pair = bound(BindKind::Transceiver);
        let (one, other) = if by_esme { (&mut pair.esme, &mut pair.smsc) } else { (&mut pair.smsc, &mut pair.esme) };
        one.unbind(pair.now).unwrap();
        assert_eq!(one.state(), SessionState::Unbinding);
        let octets = output(one);
        receive(other, pair.now, &octets).clear();
        assert_eq!(other.state(), SessionState::Closed);
        assert!(matches!(events(other).pop(), Some(Event::Closed(CloseReason::PeerUnbound))));
        let octets = output(other);
        assert_eq!(octets, UnbindResp::default().to_octets(headers(&octets)[0].sequence_number).unwrap());
        receive(one, pair.now, &octets).clear();
        assert!(matches!(events(one).pop(), Some(Event::Closed(CloseReason::Unbound))));
        assert!(one.poll().is_none() && one.poll_timeout().is_none());
    }
}

#[test]
fn both_sides_unbind_at_once() {
    let mut pair = bound(BindKind::Transceiver);
    pair.esme.unbind(pair.now).unwrap();
    pair.smsc.unbind(pair.now).unwrap();
    let (to_smsc, to_esme) = (output(&mut pair.esme), output(&mut pair.smsc));
    receive(&mut pair.smsc, pair.now, &to_smsc).clear();
    receive(&mut pair.esme, pair.now, &to_esme).clear();
    assert_eq!((pair.at_smsc().len(), pair.esme.state()), (1, SessionState::Unbinding));
    assert_eq!(pair.smsc.close_reason(), Some(CloseReason::Unbound));
}

#[test]
fn unbind_waits_for_the_requests_before_it_and_no_longer_than_the_response_timer() {
    for answers in [true, false] {
        let mut pair = bound(BindKind::Transceiver);
        pair.submit(1).unwrap();
        pair.esme.unbind(pair.now).unwrap();
        let mut received = pair.at_smsc();
        assert!(matches!(received.pop(), Some(Received::Handled)));
        assert!(output(&mut pair.smsc).is_empty() && pair.smsc.state() == SessionState::BoundTrx);
        if answers {
            let inbound = requests(received).remove(0);
            pair.smsc.respond_status(pair.now, inbound, CommandStatus::ESME_ROK).unwrap();
            assert_eq!(answered(&pair.at_esme()[..1]), [1]);
            assert_eq!(pair.esme.close_reason(), Some(CloseReason::Unbound));
        } else {
            pair.smsc.handle_timeout(pair.smsc.poll_timeout().unwrap());
            assert_eq!(pair.smsc.close_reason(), Some(CloseReason::PeerUnbound));
            let [Received::Handled] = pair.at_esme()[..] else { panic!("unbind_resp") };
            assert!(matches!(events(&mut pair.esme)[..], [.., Event::Failed { written: true, .. }, Event::Closed(_)]));
        }
    }
}

#[test]
fn unbind_that_is_not_answered() {
    let mut pair = bound(BindKind::Transceiver);
    pair.esme.unbind(pair.now).unwrap();
    pair.advance(10 * SECOND);
    assert_eq!(pair.esme.close_reason(), Some(CloseReason::UnbindTimeout));
    // A connection that just ends is an answer, too.
    let mut pair = bound(BindKind::Transceiver);
    pair.esme.unbind(pair.now).unwrap();
    pair.esme.close(CloseReason::PeerClosed);
    assert_eq!(pair.esme.close_reason(), Some(CloseReason::Unbound));
}

#[test]
fn the_end_of_the_connection_fails_every_request_once_and_tells_what_was_written() {
    let mut pair = bound(BindKind::Transceiver);
    for token in 1..=3 {
        pair.submit(token).unwrap();
    }
    let written = output(&mut pair.esme).len();
    for token in 4..=6 {
        pair.submit(token).unwrap();
    }
    output(&mut pair.esme);
    // The transport took one of the second three and half of another.
    pair.esme.output_lost(written / 2);
    pair.esme.close(CloseReason::Io(std::io::ErrorKind::ConnectionReset));
    let mut events = events(&mut pair.esme);
    assert!(matches!(events.pop(), Some(Event::Closed(CloseReason::Io(_)))));
    assert!(matches!(events.remove(0), Event::StateChanged { to: SessionState::Closed, .. }));
    let outcome = |event: &Event<u32>| match event {
        Event::Failed { request, written } => (request.token.unwrap(), *written),
        other => panic!("{other:?}"),
    };
    let outcomes: Vec<_> = events.iter().map(outcome).collect();
    assert_eq!(outcomes, [(1, true), (2, true), (3, true), (4, true), (5, false), (6, false)]);
    assert!(matches!(pair.submit(7), Err(SendError::State { state: SessionState::Closed, .. })));
}

#[test]
fn a_silent_peer_is_asked_for_life_and_given_up() {
    let mut pair = bound(BindKind::Transceiver);
    output(&mut pair.esme);
    assert_eq!(pair.esme.poll_timeout(), Some(pair.now + 30 * SECOND));
    pair.now += 30 * SECOND;
    pair.esme.handle_timeout(pair.now);
    assert_eq!(headers(&output(&mut pair.esme))[0].command_id, EnquireLink::ID);
    // Anything proves life, were it an answer to nothing.
    let octets = GenericNack::default().to_octets(0).unwrap();
    receive(&mut pair.esme, pair.now + SECOND, &octets).clear();
    pair.now += 11 * SECOND;
    pair.esme.handle_timeout(pair.now);
    assert_eq!(pair.esme.state(), SessionState::BoundTrx);
    pair.now += 20 * SECOND;
    pair.esme.handle_timeout(pair.now);
    assert_eq!(headers(&output(&mut pair.esme)).len(), 1);
    assert_eq!(pair.esme.poll_timeout(), Some(pair.now + 10 * SECOND));
    pair.now += 10 * SECOND;
    pair.esme.handle_timeout(pair.now);
    assert_eq!(pair.esme.close_reason(), Some(CloseReason::EnquireLinkTimeout));
}

#[test]
fn two_quiet_sessions_keep_each_other_alive() {
    let mut pair = bound(BindKind::Receiver);
    for _ in 0..1000 {
        pair.advance(SECOND);
        pair.at_smsc().clear();
        pair.at_esme().clear();
    }
    assert!(pair.esme.state().is_bound() && pair.smsc.state().is_bound());
    assert_eq!((pair.esme.outstanding(), pair.smsc.outstanding()), (0, 0));
}

#[test]
fn session_init_and_inactivity() {
    let mut pair = pair();
    assert_eq!(pair.smsc.poll_timeout(), Some(pair.now + 5 * SECOND));
    assert_eq!(pair.esme.poll_timeout(), None);
    pair.advance(5 * SECOND);
    assert_eq!(pair.smsc.close_reason(), Some(CloseReason::SessionInitTimeout));

    let timers = Timers { inactivity: Some(100 * SECOND), ..Timers::default() };
    let mut pair = pair_with(SessionConfig::default().with_timers(timers), SessionConfig::default());
    pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    let begin = pair.now;
    while pair.esme.close_reason().is_none() {
        pair.advance(SECOND);
        pair.at_smsc().clear();
        pair.at_esme().clear();
    }
    assert_eq!(pair.now - begin, 100 * SECOND, "enquire_link is no transaction");
    assert_eq!(pair.esme.close_reason(), Some(CloseReason::Inactivity));
    assert_eq!(pair.smsc.close_reason(), Some(CloseReason::PeerUnbound));
}

#[test]
fn a_stream_that_cannot_be_followed_is_nacked_and_ends() {
    let mut pair = bound(BindKind::Transceiver);
    let error = FrameError::new(0x4854_5450, 70_000);
    pair.smsc.receive_broken(error, b"HTTP/1.1 400 Bad Request");
    let nack = headers(&output(&mut pair.smsc))[0];
    assert_eq!((nack.command_id, nack.sequence_number), (GenericNack::ID, 0));
    assert_eq!(nack.command_status, CommandStatus::ESME_RINVCMDLEN);
    assert_eq!(pair.smsc.close_reason(), Some(CloseReason::Frame(error)));
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

#[test]
fn every_request_gets_its_answer_even_if_the_answer_cannot_be_sent() {
    let mut pair = bound(BindKind::Transceiver);
    let statuses = |pair: &mut Pair| headers(&output(&mut pair.smsc)).last().unwrap().command_status;
    pair.submit(1).unwrap();
    let inbound = requests(pair.at_smsc()).remove(0);
    let wrong = pair.smsc.respond(pair.now, inbound, CommandStatus::ESME_ROK, &QuerySmResp::default());
    assert!(matches!(wrong, Err(SendError::WrongResponse { request: "submit_sm", response: "query_sm_resp" })));
    assert_eq!(statuses(&mut pair), CommandStatus::ESME_RSYSERR);
    pair.submit(2).unwrap();
    let inbound = requests(pair.at_smsc()).remove(0);
    let too_long = SubmitSmResp::default().with_message_id("x".repeat(65));
    let error = pair.smsc.respond(pair.now, inbound, CommandStatus::ESME_ROK, &too_long);
    assert!(matches!(error, Err(SendError::Encode(_))));
    assert_eq!((statuses(&mut pair), pair.smsc.unanswered()), (CommandStatus::ESME_RSYSERR, 0));
}
