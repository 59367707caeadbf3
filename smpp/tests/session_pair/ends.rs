use smpp::FrameError;
use smpp::codec::Encode;
use smpp::pdu::*;
use smpp::session::{BindKind, CloseReason, Event, Received, SendError, SendOptions, SessionState};
use smpp::value::CommandStatus;

use super::harness::*;

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
        assert!(output(&mut pair.smsc).is_empty() && pair.smsc.state() == SessionState::Unbinding);
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
fn what_counts_as_not_written_never_leaves() {
    let mut pair = bound(BindKind::Transceiver);
    pair.submit(1).unwrap();
    output(&mut pair.esme);
    for token in 2..=3 {
        pair.submit(token).unwrap();
    }
    pair.smsc.unbind(pair.now).unwrap();
    let unbind = output(&mut pair.smsc);
    receive(&mut pair.esme, pair.now, &unbind).clear();
    let outcome = |event: Event<u32>| match event {
        Event::Failed { request, written } => Some((request.token.unwrap(), written)),
        _ => None,
    };
    let outcomes: Vec<_> = events(&mut pair.esme).into_iter().filter_map(outcome).collect();
    assert_eq!((outcomes, pair.esme.output_len()), (vec![(2, false), (3, false)], 0));
    pair.advance(2 * SECOND);
    let outcomes: Vec<_> = events(&mut pair.esme).into_iter().filter_map(outcome).collect();
    assert_eq!(outcomes, [(1, true)]);
    let left: Vec<_> = headers(&output(&mut pair.esme)).iter().map(|header| header.command_id).collect();
    assert_eq!(left, [UnbindResp::ID]);

    let mut pair = bound(BindKind::Transceiver);
    let own = |seconds| SendOptions { timeout: Some(seconds * SECOND), sequence_number: None };
    for (token, seconds) in [(1, 5), (2, 1), (3, 5), (4, 2)] {
        pair.esme.send(pair.now, &SubmitSm::default(), Some(token), own(seconds)).unwrap();
    }
    for (after, expired) in [(1, 2), (2, 4)] {
        pair.now += SECOND;
        pair.esme.handle_timeout(pair.now);
        let events = events(&mut pair.esme);
        let [Event::Expired { request, written: false }] = &events[..] else { panic!("after {after} s: {events:?}") };
        assert_eq!(request.token, Some(expired));
    }
    pair.submit(5).unwrap();
    let left: Vec<_> = headers(&output(&mut pair.esme)).iter().map(|header| header.sequence_number).collect();
    // The bind was number 1.
    assert_eq!(left, [2, 4, 6]);
    pair.esme.close(CloseReason::PeerClosed);
    let mut outcomes: Vec<_> = events(&mut pair.esme).into_iter().filter_map(outcome).collect();
    outcomes.sort();
    assert_eq!(outcomes, [(1, true), (3, true), (5, true)]);
}
