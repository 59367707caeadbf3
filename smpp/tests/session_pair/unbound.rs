//! The peer unbinds while requests are in flight.

use std::time::Duration;

use smpp::codec::Encode;
use smpp::pdu::*;
use smpp::session::{
    BindKind, CloseReason, Event, Received, Retry, Role, SendError, SendOptions, Session, SessionConfig, SessionState,
    Timers,
};
use smpp::value::CommandStatus;

use super::harness::*;

const OK: CommandStatus = CommandStatus::ESME_ROK;

/// Requests 1 to 3 are on their way, and the SMSC, which has not read them, unbinds.
fn unbound(config: SessionConfig) -> (Pair, Vec<u32>) {
    let mut pair = pair_with(config, SessionConfig::default().with_timers(Timers::OFF));
    pair.bind(BindKind::Transceiver, OK);
    let numbers = (1..=3).map(|token| pair.submit(token).unwrap()).collect();
    output(&mut pair.esme);
    pair.smsc.unbind(pair.now).unwrap();
    let received = pair.at_esme();
    assert!(matches!(received[..], [Received::Handled]));
    (pair, numbers)
}

fn response(number: u32) -> Vec<u8> {
    SubmitSmResp::default().to_octets(number).unwrap()
}

/// What became of the requests that failed, and why the session is over if it is.
fn outcomes(session: &mut Session<u32>) -> (Vec<(u32, bool)>, Option<CloseReason>) {
    let mut failed = Vec::new();
    let mut closed = None;
    for event in events(session) {
        match event {
            Event::Failed { request, written } => failed.push((request.token.unwrap(), written)),
            Event::Closed(reason) => closed = Some(reason),
            Event::StateChanged { .. } | Event::Throttled { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    (failed, closed)
}

#[test]
fn responses_that_follow_the_unbind_reach_their_requests() {
    let mut pair = bound(BindKind::Transceiver);
    let numbers: Vec<_> = (1..=3).map(|token| pair.submit(token).unwrap()).collect();
    output(&mut pair.esme);
    // All in one write.
    let mut octets = Unbind::default().to_octets(9).unwrap();
    numbers.iter().for_each(|&number| octets.extend(response(number)));
    let received = receive(&mut pair.esme, pair.now, &octets);
    assert!(matches!(received[0], Received::Handled));
    assert_eq!(answered(&received[1..]), [1, 2, 3]);
    assert_eq!(output(&mut pair.esme), UnbindResp::default().to_octets(9).unwrap());
    assert_eq!(outcomes(&mut pair.esme), (vec![], Some(CloseReason::PeerUnbound)));
}

#[test]
fn while_the_unbind_is_held_back_nothing_is_sent_and_nothing_taken_but_responses() {
    let (mut pair, numbers) = unbound(SessionConfig::default());
    let [Event::StateChanged { from: SessionState::BoundTrx, to: SessionState::Unbinding }] =
        events(&mut pair.esme)[..]
    else {
        panic!("it is told")
    };
    let refused = Err(SendError::State { command: "submit_sm", state: SessionState::Unbinding });
    assert_eq!(pair.submit(4), refused);
    assert!(matches!(pair.esme.unbind(pair.now), Err(SendError::State { .. })));
    let deliver = DeliverSm::default().to_octets(1).unwrap();
    let received = receive(&mut pair.esme, pair.now, &deliver);
    assert!(matches!(received[..], [Received::Refused(CommandStatus::ESME_RINVBNDSTS)]));
    // It still proves that it is alive.
    let enquire_link = EnquireLink::default().to_octets(2).unwrap();
    assert!(matches!(receive(&mut pair.esme, pair.now, &enquire_link)[..], [Received::Handled]));
    let ids: Vec<_> = headers(&output(&mut pair.esme)).iter().map(|header| header.command_id).collect();
    assert_eq!(ids, [DeliverSmResp::ID, EnquireLinkResp::ID]);
    for (number, token) in numbers.into_iter().zip(1..) {
        assert_eq!(pair.esme.close_reason(), None);
        assert_eq!(answered(&receive(&mut pair.esme, pair.now, &response(number))), [token]);
    }
    assert_eq!(outcomes(&mut pair.esme), (vec![], Some(CloseReason::PeerUnbound)));
    assert_eq!(headers(&output(&mut pair.esme))[0].command_id, UnbindResp::ID);
}

#[test]
fn a_peer_that_drops_requests_gets_its_answer_after_two_seconds_of_silence() {
    let (mut pair, numbers) = unbound(SessionConfig::default());
    pair.now += SECOND * 3 / 2;
    assert_eq!(answered(&receive(&mut pair.esme, pair.now, &response(numbers[1]))), [2]);
    // What answers nothing is not waited for.
    pair.now += SECOND;
    assert!(matches!(receive(&mut pair.esme, pair.now, &response(77))[..], [Received::Stray(_)]));
    assert_eq!(pair.esme.poll_timeout(), Some(pair.now + SECOND));
    pair.advance(SECOND - Duration::from_nanos(1));
    assert_eq!((pair.esme.close_reason(), pair.esme.output_len()), (None, 0));
    pair.advance(Duration::from_nanos(1));
    assert_eq!(outcomes(&mut pair.esme), (vec![(1, true), (3, true)], Some(CloseReason::PeerUnbound)));
    assert!(matches!(pair.at_smsc()[..], [Received::Handled]));
    assert_eq!(pair.smsc.close_reason(), Some(CloseReason::Unbound));
}

#[test]
fn no_response_holds_the_unbind_back_for_longer_than_the_response_timer() {
    for (response_timer, expected) in [(Some(SECOND), SECOND), (Some(5 * SECOND), 5 * SECOND), (None, 10 * SECOND)] {
        let timers = Timers { response: response_timer, ..Timers::OFF };
        let mut pair = pair_with(
            SessionConfig::default().with_window(100).with_timers(timers),
            SessionConfig::default().with_timers(Timers::OFF),
        );
        pair.bind(BindKind::Transceiver, OK);
        // None of them expires.
        let options = SendOptions { timeout: Some(Duration::MAX), ..SendOptions::default() };
        let send = |token| pair.esme.send(pair.now, &SubmitSm::default(), Some(token), options).unwrap();
        let numbers: Vec<_> = (0..100).map(send).collect();
        output(&mut pair.esme);
        pair.smsc.unbind(pair.now).unwrap();
        pair.at_esme().clear();
        let begin = pair.now;
        for number in numbers {
            pair.advance(SECOND / 4);
            if pair.esme.close_reason().is_some() {
                break;
            }
            receive(&mut pair.esme, pair.now, &response(number)).clear();
        }
        assert_eq!(pair.now - begin, expected);
        assert_eq!(pair.esme.close_reason(), Some(CloseReason::PeerUnbound));
    }
}

#[test]
fn a_request_that_expires_is_not_waited_for() {
    let timers = Timers { response: Some(SECOND), ..Timers::OFF };
    let (mut pair, _) = unbound(SessionConfig::default().with_timers(timers));
    pair.advance(SECOND);
    let events = events(&mut pair.esme);
    let expired = events.iter().filter(|event| matches!(event, Event::Expired { written: true, .. })).count();
    assert!(expired == 3 && matches!(events.last(), Some(Event::Closed(CloseReason::PeerUnbound))), "{events:?}");
    assert_eq!(headers(&output(&mut pair.esme))[0].command_id, UnbindResp::ID);
}

#[test]
fn an_unbind_before_the_bind_is_answered_waits_for_that_and_for_what_came_between() {
    let mut pair = pair();
    pair.send_bind(BindKind::Transceiver);
    let mut inbound = requests(pair.at_smsc());
    // Some send without waiting.
    let octets = [SubmitSm::default().to_octets(2).unwrap(), Unbind::default().to_octets(3).unwrap()].concat();
    let mut received = receive(&mut pair.smsc, pair.now, &octets);
    assert!(matches!(received.pop(), Some(Received::Handled)));
    inbound.extend(requests(received));
    assert_eq!((pair.smsc.state(), pair.smsc.output_len()), (SessionState::Open, 0));
    let states = [SessionState::Unbinding, SessionState::Closed];
    for (inbound, state) in inbound.into_iter().zip(states) {
        pair.smsc.respond_status(pair.now, inbound, OK).unwrap();
        assert_eq!(pair.smsc.state(), state);
    }
    let ids: Vec<_> = headers(&output(&mut pair.smsc)).iter().map(|header| header.command_id).collect();
    assert_eq!(ids, [BindTransceiverResp::ID, SubmitSmResp::ID, UnbindResp::ID]);
    assert_eq!(outcomes(&mut pair.smsc), (vec![], Some(CloseReason::PeerUnbound)));
}

#[test]
fn a_peer_that_closes_after_its_unbind_has_unbound() {
    for reason in [CloseReason::PeerClosed, CloseReason::Io(std::io::ErrorKind::ConnectionReset)] {
        let (mut pair, _) = unbound(SessionConfig::default());
        pair.esme.close(reason);
        let failed = vec![(1, true), (2, true), (3, true)];
        assert_eq!(outcomes(&mut pair.esme), (failed, Some(CloseReason::PeerUnbound)));
        assert_eq!(pair.esme.output_len(), 0);
    }
}

#[test]
fn retries_that_wait_fail_at_once_and_refusals_go_to_the_caller() {
    let throttled = CommandStatus::ESME_RTHROTTLED;
    let config = SessionConfig::default().with_retry(throttled, Retry::after(SECOND).attempts(9));
    let mut pair = pair_with(config, SessionConfig::default());
    pair.bind(BindKind::Transceiver, OK);
    let numbers = [1, 2, 3].map(|token| pair.submit(token).unwrap());
    output(&mut pair.esme);
    let refusal = |number| {
        let mut octets = Vec::new();
        SubmitSmResp::default().encode_with_status(throttled, number, &mut octets).unwrap();
        octets
    };
    receive(&mut pair.esme, pair.now, &refusal(numbers[1])).clear();
    pair.smsc.unbind(pair.now).unwrap();
    pair.at_esme().clear();
    assert_eq!(outcomes(&mut pair.esme), (vec![(2, false)], None));
    assert_eq!(answered(&receive(&mut pair.esme, pair.now, &refusal(numbers[0]))), [1]);
    // Nothing leaves after the pause.
    pair.advance(SECOND);
    assert_eq!((pair.esme.output_len(), pair.esme.poll_timeout()), (0, Some(pair.now + SECOND)));
    assert_eq!(answered(&receive(&mut pair.esme, pair.now, &response(numbers[2]))), [3]);
    assert_eq!(outcomes(&mut pair.esme), (vec![], Some(CloseReason::PeerUnbound)));
}

#[test]
fn two_of_ours_do_not_wait_for_each_other() {
    // Each has requests of the other; one unbinds, or both do, and nobody answers anything.
    for both in [false, true] {
        let mut pair = bound(BindKind::Transceiver);
        pair.submit(1).unwrap();
        let deliver = DeliverSm::default();
        pair.smsc.send(pair.now, &deliver, Some(1), SendOptions::default()).unwrap();
        let (at_smsc, at_esme) = (requests(pair.at_smsc()), requests(pair.at_esme()));
        pair.esme.unbind(pair.now).unwrap();
        if both {
            pair.smsc.unbind(pair.now).unwrap();
        }
        let (to_smsc, to_esme) = (output(&mut pair.esme), output(&mut pair.smsc));
        receive(&mut pair.smsc, pair.now, &to_smsc).clear();
        receive(&mut pair.esme, pair.now, &to_esme).clear();
        if both {
            assert!(matches!(pair.at_smsc()[..], [Received::Handled]));
            assert_eq!(pair.smsc.close_reason(), Some(CloseReason::Unbound));
            continue;
        }
        // Both answer, in any order: the unbind_resp comes last.
        assert_eq!((pair.smsc.state(), pair.smsc.output_len()), (SessionState::Unbinding, 0));
        for inbound in at_smsc {
            pair.smsc.respond_status(pair.now, inbound, OK).unwrap();
        }
        assert_eq!(answered(&pair.at_esme()), [1]);
        for inbound in at_esme {
            pair.esme.respond_status(pair.now, inbound, OK).unwrap();
        }
        assert_eq!(answered(&pair.at_smsc()), [1]);
        assert!(matches!(pair.at_esme()[..], [Received::Handled]));
        assert_eq!(pair.esme.close_reason(), Some(CloseReason::Unbound));
        assert_eq!(pair.smsc.close_reason(), Some(CloseReason::PeerUnbound));
    }
}

#[test]
fn one_of_ours_that_does_not_answer_is_unbound_before_its_timer_expires() {
    let mut pair = bound(BindKind::Transceiver);
    pair.smsc.send(pair.now, &DeliverSm::default(), Some(1), SendOptions::default()).unwrap();
    let unheard = requests(pair.at_esme());
    pair.esme.unbind(pair.now).unwrap();
    assert!(matches!(pair.at_smsc()[..], [Received::Handled]));
    pair.advance(2 * SECOND);
    assert!(matches!(pair.at_esme()[..], [Received::Handled]));
    assert_eq!((pair.esme.close_reason(), unheard.len()), (Some(CloseReason::Unbound), 1));
    assert_eq!(outcomes(&mut pair.smsc), (vec![(1, true)], Some(CloseReason::PeerUnbound)));
    assert_eq!(pair.smsc.role(), Role::Smsc);
}
