//! Rate, pauses and retries.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use smpp::codec::{CommandId, Encode};
use smpp::pdu::*;
use smpp::session::{
    BindKind, CloseReason, Direction, Event, Rate, Received, Retry, Role, SendError, SendOptions, Session,
    SessionConfig, Timers,
};
use smpp::value::CommandStatus;

use super::harness::*;

const THROTTLED: CommandStatus = CommandStatus::ESME_RTHROTTLED;
const FULL: CommandStatus = CommandStatus::ESME_RMSGQFUL;
const OK: CommandStatus = CommandStatus::ESME_ROK;

/// Sends again five times after two seconds when throttled, once after five seconds when the queue is full.
fn retrying() -> SessionConfig {
    SessionConfig::default()
        .with_retry(THROTTLED, Retry::after(2 * SECOND).attempts(5))
        .with_retry(FULL, Retry::after(5 * SECOND).attempts(1))
}

fn bound_with(config: SessionConfig) -> Pair {
    let mut pair = pair_with(config, SessionConfig::default().with_timers(Timers::OFF));
    pair.bind(BindKind::Transceiver, OK);
    pair
}

/// The sequence numbers of the submits that are on their way to the SMSC.
fn leaving(pair: &mut Pair) -> Vec<u32> {
    let headers = headers(&output(&mut pair.esme)).into_iter();
    headers.filter(|header| header.command_id == SubmitSm::ID).map(|header| header.sequence_number).collect()
}

/// The ESME gets the response to this request.
fn answer(pair: &mut Pair, sequence_number: u32, status: CommandStatus) -> Received<u32> {
    let mut octets = Vec::new();
    SubmitSmResp::default().encode_with_status(status, sequence_number, &mut octets).unwrap();
    receive(&mut pair.esme, pair.now, &octets).remove(0)
}

fn is_retrying(received: &Received<u32>) -> bool {
    matches!(received, Received::Retrying(_))
}

/// The pauses that were told of.
fn pauses(pair: &mut Pair) -> Vec<(CommandStatus, Instant)> {
    let throttled = |event| match event {
        Event::Throttled { status, until } => Some((status, until)),
        _ => None,
    };
    events(&mut pair.esme).into_iter().filter_map(throttled).collect()
}

#[test]
fn a_rate_lets_the_burst_go_and_then_one_after_the_other() {
    let mut pair = bound_with(SessionConfig::default().with_rate(Rate::per_second(4).burst(3)).with_window(100));
    let begin = pair.now;
    let mut left = Vec::new();
    for token in 0..11 {
        while let Err(error) = pair.submit(token) {
            let SendError::Paused { until } = error else { panic!("{error}") };
            assert!(until > pair.now);
            assert_eq!(pair.submit(99), Err(SendError::Paused { until }), "asking costs nothing");
            pair.now = until;
        }
        left.push((pair.now - begin).as_millis());
    }
    // The bind before them has cost nothing.
    assert_eq!(left, [0, 0, 0, 250, 500, 750, 1000, 1250, 1500, 1750, 2000]);

    // What keeps the link alive, what ends it, answers, and what is never answered: never paced.
    assert!(matches!(pair.submit(99), Err(SendError::Paused { .. })));
    pair.esme.send(pair.now, &EnquireLink::default(), None, SendOptions::default()).unwrap();
    let deliver = DeliverSm::default().to_octets(1).unwrap();
    let inbound = requests(receive(&mut pair.esme, pair.now, &deliver)).remove(0);
    pair.esme.respond_status(pair.now, inbound, OK).unwrap();
    pair.esme.unbind(pair.now).unwrap();
    assert_eq!(pair.esme.counters().total(Direction::Sent), 1 + 11 + 3);
}

#[test]
fn a_full_window_is_told_from_a_pause() {
    let mut pair = bound_with(SessionConfig::default().with_rate(Rate::per_second(1).burst(2)).with_window(2));
    pair.submit(1).unwrap();
    pair.submit(2).unwrap();
    assert_eq!(pair.submit(3), Err(SendError::Paused { until: pair.now + SECOND }));
    pair.now += SECOND;
    assert_eq!(pair.submit(3), Err(SendError::WindowFull { window: 2 }));
    // Neither cost a token.
    assert!(answered(&[answer(&mut pair, 2, OK)]) == [1] && pair.submit(3).is_ok());
}

#[test]
fn a_throttled_request_is_sent_again_after_the_pause_as_it_was() {
    let mut pair = bound_with(retrying());
    let submit = SubmitSm::default().with_destination_addr("41791234567").with_short_message("text");
    let number = pair.esme.send(pair.now, &submit, Some(7), SendOptions::default()).unwrap();
    assert_eq!(output(&mut pair.esme), submit.to_octets(number).unwrap());
    assert!(matches!(answer(&mut pair, number, THROTTLED), Received::Retrying(THROTTLED)));
    let until = pair.now + 2 * SECOND;
    assert_eq!(pauses(&mut pair), [(THROTTLED, until)]);
    assert_eq!((pair.esme.outstanding(), pair.esme.waiting_for_retry(), pair.esme.window_room()), (1, 1, 0));
    assert!(pair.esme.window_is_full());
    assert_eq!(pair.submit(8), Err(SendError::Paused { until }));
    assert_eq!(pair.esme.poll_timeout(), Some(until));

    pair.now = until - Duration::from_nanos(1);
    pair.esme.handle_timeout(pair.now);
    assert!(output(&mut pair.esme).is_empty());
    pair.now = until;
    pair.esme.handle_timeout(pair.now);
    assert_eq!(output(&mut pair.esme), submit.to_octets(number).unwrap());
    // It asks whether the pause is over; nothing else leaves meanwhile.
    assert_eq!((pair.esme.outstanding(), pair.esme.waiting_for_retry(), pair.esme.window_room()), (1, 0, 0));
    assert_eq!(pair.submit(8), Err(SendError::WindowFull { window: 1 }));

    let Received::Response(request) = answer(&mut pair, number, OK) else { panic!("a response") };
    assert_eq!((request.token, request.sent_at, request.sequence_number), (Some(7), until, number));
    pair.submit(8).unwrap();
    assert_eq!(pair.esme.counters().sent(SubmitSm::ID, OK), 3);
    assert_eq!(pair.esme.counters().received(SubmitSmResp::ID, THROTTLED), 1);
}

#[test]
fn the_order_is_kept_among_those_that_are_sent_again_and_before_new_ones() {
    let mut pair = bound_with(retrying());
    let first = pair.submit(1).unwrap();
    (2..=6).for_each(|token| assert!(pair.submit(token).is_ok()));
    assert_eq!(leaving(&mut pair), (first..first + 6).collect::<Vec<_>>());
    // The first, the third and the fourth are throttled, and their answers come out of order.
    for (number, status) in [(3, THROTTLED), (1, OK), (2, THROTTLED), (0, THROTTLED), (4, OK), (5, OK)] {
        pair.now += SECOND / 10;
        assert_eq!(is_retrying(&answer(&mut pair, first + number, status)), status == THROTTLED);
    }
    assert!(matches!(pair.submit(7), Err(SendError::Paused { .. })));
    // The pause counts from the last such answer. Whoever comes first then, those that wait go before.
    pair.now += 2 * SECOND - SECOND / 5;
    assert_eq!(pair.submit(7), Err(SendError::WindowFull { window: 3 }));
    assert_eq!(leaving(&mut pair), [first]);
    assert_eq!(answered(&[answer(&mut pair, first, OK)]), [1]);
    assert_eq!(leaving(&mut pair), [first + 2, first + 3]);
    assert_eq!(pair.submit(7), Err(SendError::WindowFull { window: 2 }));
    assert_eq!(answered(&[answer(&mut pair, first + 3, OK)]), [4]);
    assert_eq!(pair.submit(7), Ok(first + 6));
    // Once more, and only one of them: it goes before the new one.
    assert!(is_retrying(&answer(&mut pair, first + 2, THROTTLED)));
    assert!(is_retrying(&answer(&mut pair, first + 6, THROTTLED)));
    leaving(&mut pair).clear();
    pair.advance(2 * SECOND);
    assert_eq!(leaving(&mut pair), [first + 2]);
    assert_eq!(answered(&[answer(&mut pair, first + 2, OK)]), [3]);
    pair.submit(8).unwrap();
    assert_eq!(leaving(&mut pair), [first + 6, first + 7]);
}

#[test]
fn a_pause_is_told_of_once_until_it_has_ended() {
    let mut pair = bound_with(retrying());
    let numbers: Vec<_> = (0..6).map(|token| pair.submit(token).unwrap()).collect();
    let begin = pair.now;
    assert!(is_retrying(&answer(&mut pair, numbers[0], THROTTLED)));
    pair.now += SECOND;
    assert!(is_retrying(&answer(&mut pair, numbers[1], THROTTLED)));
    assert!(is_retrying(&answer(&mut pair, numbers[2], FULL)));
    // A shorter pause does not shorten a longer one.
    assert!(is_retrying(&answer(&mut pair, numbers[3], THROTTLED)));
    assert_eq!(pauses(&mut pair), [(THROTTLED, begin + 2 * SECOND)]);
    assert_eq!(pair.submit(9), Err(SendError::Paused { until: begin + 6 * SECOND }));
    pair.now = begin + 6 * SECOND;
    assert!(is_retrying(&answer(&mut pair, numbers[4], FULL)));
    assert_eq!(pauses(&mut pair), [(FULL, begin + 11 * SECOND)]);
}

#[test]
fn when_the_attempts_are_used_up_the_refusal_goes_to_the_caller() {
    let config = SessionConfig::default()
        .with_retry(THROTTLED, Retry::after(SECOND).attempts(2))
        .with_retry(FULL, Retry::after(3 * SECOND));
    let mut pair = bound_with(config);
    let number = pair.submit(1).unwrap();
    for _ in 0..2 {
        assert!(is_retrying(&answer(&mut pair, number, THROTTLED)));
        pair.advance(SECOND);
        assert_eq!(pair.esme.waiting_for_retry(), 0);
    }
    assert_eq!(leaving(&mut pair), [number; 3]);
    assert_eq!(answered(&[answer(&mut pair, number, THROTTLED)]), [1]);
    // It asks for a pause all the same.
    assert_eq!(pair.submit(2), Err(SendError::Paused { until: pair.now + SECOND }));
    pair.advance(SECOND);

    // No attempts at all: a pause, and nothing else. Other statuses do not even that.
    let number = pair.submit(2).unwrap();
    assert_eq!(answered(&[answer(&mut pair, number, FULL)]), [2]);
    assert_eq!((pair.esme.waiting_for_retry(), pair.esme.window_room()), (0, 1));
    assert_eq!(pair.submit(3), Err(SendError::Paused { until: pair.now + 3 * SECOND }));
    pair.advance(3 * SECOND);
    let number = pair.submit(3).unwrap();
    assert_eq!(answered(&[answer(&mut pair, number, CommandStatus::ESME_RSYSERR)]), [3]);
    pair.submit(4).unwrap();
}

#[test]
fn a_generic_nack_is_a_refusal_too_and_requests_without_token_are_sent_again() {
    let mut pair = bound_with(retrying());
    let number = pair.esme.send(pair.now, &SubmitSm::default(), None, SendOptions::default()).unwrap();
    let mut nack = Vec::new();
    GenericNack::default().encode_with_status(THROTTLED, number, &mut nack).unwrap();
    assert!(matches!(receive(&mut pair.esme, pair.now, &nack)[..], [Received::Retrying(THROTTLED)]));
    pair.advance(2 * SECOND);
    assert_eq!(leaving(&mut pair), [number; 2]);
    assert!(matches!(answer(&mut pair, number, OK), Received::Handled));
}

#[test]
fn control_requests_are_not_sent_again() {
    let mut pair = pair_with(retrying(), SessionConfig::default());
    pair.send_bind(BindKind::Transceiver);
    let bind = requests(pair.at_smsc()).remove(0);
    pair.smsc.respond_status(pair.now, bind, THROTTLED).unwrap();
    assert_eq!(answered(&pair.at_esme()), [0]);
    pair.bind(BindKind::Transceiver, OK);
    pair.submit(1).unwrap();
}

#[test]
fn a_retry_waits_under_no_timer_and_each_attempt_has_its_time_anew() {
    let mut pair = bound_with(retrying().with_timers(Timers { enquire_link: None, ..Timers::default() }));
    let by_timer = pair.submit(1).unwrap();
    let options = SendOptions { timeout: Some(3 * SECOND), ..SendOptions::default() };
    let own = pair.esme.send(pair.now, &SubmitSm::default(), Some(2), options).unwrap();
    pair.now += 3 * SECOND - SECOND / 2;
    assert!(is_retrying(&answer(&mut pair, by_timer, FULL)) && is_retrying(&answer(&mut pair, own, FULL)));
    let again = pair.now + 5 * SECOND;
    assert_eq!(pair.esme.poll_timeout(), Some(again));
    // It is woken late.
    pair.advance(60 * SECOND);
    let again = pair.now;
    assert_eq!((pair.esme.outstanding(), pair.esme.poll_timeout()), (2, Some(again + 10 * SECOND)));
    assert_eq!(leaving(&mut pair), [by_timer, own, by_timer]);
    pair.advance(10 * SECOND);
    assert!(matches!(&events(&mut pair.esme)[..], [Event::Throttled { .. }, Event::Expired { request, written: true }]
        if request.token == Some(1)));
    // The one that asked has no response, so the next asks.
    assert_eq!(leaving(&mut pair), [own]);
    assert_eq!(pair.esme.poll_timeout(), Some(again + 13 * SECOND));
    pair.advance(3 * SECOND);
    assert!(matches!(&events(&mut pair.esme)[..], [Event::Expired { request, written: true }]
        if request.token == Some(2)));
    assert_eq!((pair.esme.outstanding(), pair.esme.window_room()), (0, 1));
}

#[test]
fn a_number_that_was_taken_meanwhile_is_replaced() {
    let mut pair = bound_with(retrying());
    let number = pair.submit(1).unwrap();
    assert!(is_retrying(&answer(&mut pair, number, THROTTLED)));
    let options = SendOptions { sequence_number: Some(number), timeout: None };
    pair.esme.send(pair.now, &EnquireLink::default(), None, options).unwrap();
    pair.advance(2 * SECOND);
    assert_eq!(leaving(&mut pair), [number, number + 1]);
    let Received::Response(request) = answer(&mut pair, number + 1, OK) else { panic!("a response") };
    assert_eq!((request.token, request.sequence_number), (Some(1), number + 1));
}

#[test]
fn the_end_of_the_link_fails_those_that_wait_as_not_written() {
    let mut pair = bound_with(retrying());
    let numbers: Vec<_> = (0..4).map(|token| pair.submit(token).unwrap()).collect();
    output(&mut pair.esme);
    for &number in &numbers[..3] {
        assert!(is_retrying(&answer(&mut pair, number, THROTTLED)));
    }
    pair.advance(2 * SECOND);
    // The first is written once more, and the second is not; the third still waits.
    assert_eq!(leaving(&mut pair), [numbers[0]]);
    assert_eq!(answered(&[answer(&mut pair, numbers[0], OK)]), [0]);
    let written = output(&mut pair.esme).len();
    pair.esme.output_lost(written / 2);
    pair.esme.close(CloseReason::PeerClosed);
    let outcome = |event| match event {
        Event::Failed { request, written } => Some((request.token.unwrap(), written)),
        _ => None,
    };
    let mut outcomes: Vec<_> = events(&mut pair.esme).into_iter().filter_map(outcome).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(1, true), (2, false), (3, true)]);
    assert_eq!((pair.esme.outstanding(), pair.esme.poll_timeout()), (0, None));
}

#[test]
fn nothing_is_sent_again_once_unbind_was_sent() {
    let mut pair = bound_with(retrying());
    let numbers: Vec<_> = (0..2).map(|token| pair.submit(token).unwrap()).collect();
    assert!(is_retrying(&answer(&mut pair, numbers[0], THROTTLED)));
    let unbind = pair.esme.unbind(pair.now).unwrap();
    output(&mut pair.esme);
    // Too late for a retry, so the caller is told.
    assert_eq!(answered(&[answer(&mut pair, numbers[1], THROTTLED)]), [1]);
    assert_eq!(pair.esme.poll_timeout(), Some(pair.now + 10 * SECOND));
    pair.advance(3 * SECOND);
    assert!(output(&mut pair.esme).is_empty());
    receive(&mut pair.esme, pair.now, &UnbindResp::default().to_octets(unbind).unwrap()).clear();
    assert!(matches!(&events(&mut pair.esme)[..],
        [.., Event::Failed { request, written: false }, Event::Closed(CloseReason::Unbound)] if request.token == Some(0)));
}

#[test]
fn a_request_that_is_sent_again_takes_room_and_gives_it_back_however_it_ends() {
    for by in ["response", "mismatch", "unknown", "refusal", "expiry"] {
        let mut pair = bound_with(retrying().with_window(2));
        let first = pair.submit(1).unwrap();
        let second = pair.submit(2).unwrap();
        assert!(
            is_retrying(&answer(&mut pair, first, THROTTLED)) && is_retrying(&answer(&mut pair, second, THROTTLED))
        );
        pair.advance(2 * SECOND);
        assert_eq!(leaving(&mut pair), [first, second, first]);
        assert_eq!(pair.submit(3), Err(SendError::WindowFull { window: 2 }));
        match by {
            "response" => assert_eq!(answered(&[answer(&mut pair, first, OK)]), [1]),
            "mismatch" => {
                let other = QuerySmResp::default().to_octets(first).unwrap();
                assert!(matches!(receive(&mut pair.esme, pair.now, &other)[..], [Received::Mismatch(_)]));
            }
            "unknown" => {
                let mut other = QuerySmResp::default().to_octets(first).unwrap();
                other[4..8].copy_from_slice(&0x8001_0999_u32.to_be_bytes());
                assert!(matches!(receive(&mut pair.esme, pair.now, &other)[..], [Received::Mismatch(_)]));
            }
            "refusal" => assert_eq!(answered(&[answer(&mut pair, first, CommandStatus::ESME_RSYSERR)]), [1]),
            _ => pair.advance(10 * SECOND),
        }
        assert_eq!((leaving(&mut pair), pair.esme.waiting_for_retry()), (vec![second], 0), "{by}");
        if by == "expiry" {
            assert_eq!(answered(&[answer(&mut pair, second, OK)]), [2]);
            assert_eq!(pair.esme.window_room(), 2);
            continue;
        }
        assert_eq!(pair.esme.window_room(), 1, "{by}");
        assert_eq!(pair.submit(3), Ok(second + 1), "{by}");
    }
}

#[test]
fn rate_retries_and_window_together() {
    let config = retrying().with_window(3).with_rate(Rate::per_second(2).burst(1));
    let mut pair = bound_with(config);
    let begin = pair.now;
    let mut sent = Vec::new();
    for token in 1..=3 {
        while let Err(SendError::Paused { until }) = pair.submit(token) {
            pair.now = until;
        }
        sent.push((pair.now - begin).as_millis());
    }
    assert_eq!(sent, [0, 500, 1000]);
    let numbers = leaving(&mut pair);
    for &number in &numbers {
        assert!(is_retrying(&answer(&mut pair, number, THROTTLED)));
    }
    // The pause of two seconds and its one, then as they are answered, but one every half second; new ones only after them.
    let mut times = Vec::new();
    while pair.esme.waiting_for_retry() > 0 {
        pair.now = pair.esme.poll_timeout().unwrap();
        let Err(SendError::Paused { until }) = pair.submit(4) else { panic!("others go first") };
        for number in leaving(&mut pair) {
            times.push((number - numbers[0], (pair.now - begin).as_millis()));
            if number == numbers[0] {
                assert_eq!(answered(&[answer(&mut pair, number, OK)]), [1]);
            }
        }
        assert!(until > pair.now);
    }
    assert_eq!(times, [(0, 3000), (1, 3500), (2, 4000)]);
    assert_eq!(pair.submit(4), Err(SendError::Paused { until: begin + 9 * SECOND / 2 }));
    pair.now = begin + 9 * SECOND / 2;
    assert_eq!(pair.submit(4), Err(SendError::WindowFull { window: 2 }));
    assert_eq!(answered(&[answer(&mut pair, numbers[1], OK)]), [2]);
    pair.submit(4).unwrap();
}

#[test]
fn pauses_of_no_length_and_of_any_length() {
    let mut pair = bound_with(SessionConfig::default().with_retry(THROTTLED, Retry::after(Duration::ZERO).attempts(3)));
    let number = pair.submit(1).unwrap();
    for _ in 0..3 {
        assert!(is_retrying(&answer(&mut pair, number, THROTTLED)));
    }
    assert_eq!(answered(&[answer(&mut pair, number, THROTTLED)]), [1]);
    assert_eq!(leaving(&mut pair), [number; 4]);
    let never = Retry::after(Duration::MAX).attempts(1);
    let mut pair = bound_with(SessionConfig::default().with_retry(THROTTLED, never));
    let number = pair.submit(1).unwrap();
    assert!(is_retrying(&answer(&mut pair, number, THROTTLED)));
    assert!(matches!(pair.submit(2), Err(SendError::Paused { .. })));
}

#[test]
fn every_request_that_counts_for_the_window_is_sent_again() {
    let mut pair = bound_with(retrying().with_rate(Rate::per_second(1).burst(2)));
    let data = DataSm::default().with_message_payload("text");
    let number = pair.esme.send(pair.now, &data, Some(1), SendOptions::default()).unwrap();
    let mut refusal = Vec::new();
    DataSmResp::default().encode_with_status(THROTTLED, number, &mut refusal).unwrap();
    output(&mut pair.esme);
    assert!(is_retrying(&receive(&mut pair.esme, pair.now, &refusal)[0]));
    pair.advance(2 * SECOND);
    assert_eq!(output(&mut pair.esme), data.to_octets(number).unwrap());
}

/// An SMSC that takes so many in 200 ms and refuses the rest; each answer takes a millisecond. How many were refused on
/// the way, and the tokens in the order in which they were taken; and those that were refused in the end.
fn through_a_busy_smsc(config: SessionConfig, requests: u32, takes: usize) -> (usize, Vec<u32>, Vec<u32>) {
    let mut pair = bound_with(config);
    let (period, mut period_ends, mut taken) = (SECOND / 5, pair.now, 0);
    let (mut refusals, mut accepted, mut refused) = (0, Vec::new(), Vec::new());
    let mut next = 0;
    for _ in 0..100_000 {
        while next < requests && pair.submit(next).is_ok() {
            next += 1;
        }
        let numbers = leaving(&mut pair);
        if numbers.is_empty() {
            if next == requests && pair.esme.outstanding() == 0 {
                return (refusals, accepted, refused);
            }
            pair.now = pair.esme.poll_timeout().expect("no stall").max(pair.now);
            pair.esme.handle_timeout(pair.now);
        }
        for number in numbers {
            pair.now += SECOND / 1000;
            if pair.now >= period_ends {
                (period_ends, taken) = (pair.now + period, 0);
            }
            taken += 1;
            let status = if taken > takes { THROTTLED } else { OK };
            match answer(&mut pair, number, status) {
                Received::Retrying(_) => refusals += 1,
                Received::Response(request) if status == OK => accepted.extend(request.token),
                Received::Response(request) => refused.extend(request.token),
                other => panic!("{other:?}"),
            }
        }
    }
    panic!("{} of {requests} taken", accepted.len());
}

#[test]
fn a_full_window_gets_through_a_busy_smsc_with_few_refusals() {
    let config = |attempts| {
        let retry = Retry::after(SECOND / 5).attempts(attempts);
        SessionConfig::default().with_window(200).with_retry(THROTTLED, retry)
    };
    let sorted: Vec<_> = (0..200).collect();
    for config in [config(10), config(1), config(3).with_rate(Rate::per_second(100).burst(200))] {
        let (refusals, accepted, refused) = through_a_busy_smsc(config, 200, 10);
        assert_eq!((accepted, refused), (sorted.clone(), vec![]));
        // The window once, then about as many as are taken: an SMSC that takes ten in turn sees eleven too many.
        assert!(refusals < 450, "{refusals}");
    }
    // One that takes nothing at all costs one PDU for each pause, and each request its attempts.
    let (refusals, accepted, refused) = through_a_busy_smsc(config(3).with_window(20), 20, 0);
    assert_eq!((accepted, refused), (vec![], sorted[..20].to_vec()));
    assert_eq!(refusals, 20 + 20 * 2);
}

#[test]
fn after_a_pause_the_line_opens_by_two_by_four_and_so_on() {
    let mut pair = bound_with(retrying().with_window(20));
    let first = pair.submit(0).unwrap();
    (1..18).for_each(|token| assert!(pair.submit(token).is_ok()));
    leaving(&mut pair).clear();
    // The first two are slow: in flight since before the pause, they neither stop nor open the line.
    for number in 2..18 {
        assert!(is_retrying(&answer(&mut pair, first + number, THROTTLED)));
    }
    assert_eq!(answered(&[answer(&mut pair, first, OK)]), [0]);
    pair.advance(2 * SECOND);
    let mut rounds = Vec::new();
    let mut in_flight = leaving(&mut pair);
    while pair.esme.waiting_for_retry() > 0 || !in_flight.is_empty() {
        rounds.push(in_flight.len());
        for number in in_flight {
            // Any status but those that ask for a pause.
            let status = if number % 2 == 0 { OK } else { CommandStatus::ESME_RSYSERR };
            assert_eq!(answered(&[answer(&mut pair, number, status)]).len(), 1);
        }
        in_flight = leaving(&mut pair);
    }
    assert_eq!(rounds, [1, 2, 4, 8, 1]);
    // 17 are allowed for by then, and two more open it entirely.
    assert_eq!(pair.esme.window_room(), 17);
    let number = pair.submit(20).unwrap();
    answered(&[answer(&mut pair, number, OK)]);
    assert_eq!(answered(&[answer(&mut pair, first + 1, OK)]), [1]);
    assert_eq!(pair.esme.window_room(), 18);
}

#[test]
fn a_refusal_of_what_was_sent_before_the_pause_is_another_pause_and_costs_nothing() {
    let mut pair = bound_with(SessionConfig::default().with_retry(THROTTLED, Retry::after(SECOND).attempts(1)));
    let first = pair.submit(0).unwrap();
    (1..4).for_each(|token| assert!(pair.submit(token).is_ok()));
    leaving(&mut pair).clear();
    assert!(is_retrying(&answer(&mut pair, first, THROTTLED)));
    pair.advance(SECOND);
    assert_eq!(leaving(&mut pair), [first]);
    // Of those behind, each is refused late; the one that asks stays in flight all the while.
    for number in 1..4 {
        assert!(is_retrying(&answer(&mut pair, first + number, THROTTLED)));
    }
    pair.advance(SECOND);
    assert_eq!(leaving(&mut pair), [first + 1]);
    // The one that asked the first time has spent its attempt.
    assert_eq!(answered(&[answer(&mut pair, first, THROTTLED)]), [0]);
    pair.advance(SECOND);
    assert_eq!(leaving(&mut pair), [first + 2]);
    assert_eq!(answered(&[answer(&mut pair, first + 2, OK)]), [2]);
    assert_eq!(leaving(&mut pair), [first + 3]);
    assert_eq!(answered(&[answer(&mut pair, first + 3, OK), answer(&mut pair, first + 1, OK)]), [3, 1]);
}

#[test]
fn who_asks_without_response_does_not_stop_the_line() {
    let own = |timeout| SendOptions { timeout, ..SendOptions::default() };
    for (response, timeout) in [(None, None), (Some(10 * SECOND), Some(Duration::MAX))] {
        let mut pair = bound_with(retrying().with_timers(Timers { response, ..Timers::OFF }));
        let numbers =
            [1, 2].map(|token| pair.esme.send(pair.now, &SubmitSm::default(), Some(token), own(timeout)).unwrap());
        leaving(&mut pair).clear();
        assert!(numbers.iter().all(|&number| is_retrying(&answer(&mut pair, number, THROTTLED))));
        pair.advance(2 * SECOND);
        assert_eq!(leaving(&mut pair), [numbers[0]]);
        // Nothing comes. Another one asks, and then a new one.
        for number in [numbers[1], numbers[1] + 1] {
            assert_eq!(pair.submit(3), Err(SendError::WindowFull { window: 2 }));
            assert_eq!(pair.esme.poll_timeout(), Some(pair.now + 10 * SECOND));
            pair.advance(10 * SECOND);
            if number > numbers[1] {
                pair.esme.send(pair.now, &SubmitSm::default(), Some(3), own(timeout)).unwrap();
            }
            assert_eq!(leaving(&mut pair), [number]);
        }
        // Only what has been asked last opens the line.
        assert_eq!(answered(&numbers.map(|number| answer(&mut pair, number, OK))), [1, 2]);
        assert_eq!(pair.esme.window_room(), 0);
        assert_eq!(answered(&[answer(&mut pair, numbers[1] + 1, OK)]), [3]);
        assert_eq!((pair.esme.window_room(), pair.esme.poll_timeout()), (2, None));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Submit,
    Answer(usize, CommandStatus),
    Wait(u64),
    Timeout,
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop_oneof![Just(OK), Just(THROTTLED), Just(FULL), Just(CommandStatus::ESME_RSYSERR)];
    prop_oneof![
        4 => Just(Step::Submit),
        3 => (any::<usize>(), status).prop_map(|(which, status)| Step::Answer(which, status)),
        2 => (0_u64..400_000_000).prop_map(Step::Wait),
        1 => Just(Step::Timeout),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is asked for, refused and waited for: no more than `rate * t + burst` leave in any time `t`; the window
    /// is kept; those that wait go in order.
    #[test]
    fn no_more_than_the_rate_and_the_window_let_leave(
        rate in 1_u32..200, burst in 1_u32..8, window in 1_usize..6, steps in prop::collection::vec(step(), 1..200),
    ) {
        let retries = [(THROTTLED, Retry::after(SECOND / 4).attempts(3)), (FULL, Retry::after(SECOND).attempts(2))];
        let mut config = SessionConfig::default().with_rate(Rate::per_second(rate).burst(burst)).with_window(window);
        for (status, retry) in retries {
            config = config.with_retry(status, retry);
        }
        let mut pair = bound_with(config);
        let (mut left, mut in_flight, mut token) = (Vec::new(), Vec::new(), 0);
        let mut paused_until = pair.now;
        for step in steps {
            match step {
                Step::Submit => {
                    token += 1;
                    match pair.submit(token) {
                        Ok(_) => {}
                        Err(SendError::Paused { until }) => prop_assert!(until > pair.now),
                        Err(error) => {
                            let outstanding = pair.esme.outstanding();
                            prop_assert_eq!(error, SendError::WindowFull { window: outstanding });
                            prop_assert!(pair.esme.window_is_full() && (1..=window).contains(&outstanding));
                        }
                    }
                }
                Step::Answer(which, status) if !in_flight.is_empty() => {
                    let number = in_flight.swap_remove(which % in_flight.len());
                    let received = answer(&mut pair, number, status);
                    prop_assert!(is_retrying(&received) || answered(&[received]).len() == 1);
                    let pause = retries.iter().find(|(known, _)| *known == status).map(|(_, retry)| retry.pause);
                    paused_until = paused_until.max(pair.now + pause.unwrap_or_default());
                }
                Step::Answer(..) => {}
                Step::Wait(nanoseconds) => pair.now += Duration::from_nanos(nanoseconds),
                Step::Timeout => {
                    pair.esme.handle_timeout(pair.now);
                    prop_assert!(pair.esme.poll_timeout().is_none_or(|next| next > pair.now));
                }
            }
            let numbers = leaving(&mut pair);
            prop_assert!(numbers.is_empty() || pair.now >= paused_until);
            left.extend(numbers.iter().map(|_| pair.now));
            in_flight.extend(numbers);
            prop_assert!(in_flight.len() <= window);
            for event in events(&mut pair.esme) {
                if let Event::Expired { request, .. } = event {
                    in_flight.retain(|&number| number != request.sequence_number);
                }
            }
            prop_assert_eq!(pair.esme.outstanding(), in_flight.len() + pair.esme.waiting_for_retry());
            // No stall: there is room, or something to wake up for.
            prop_assert!(pair.esme.window_room() > 0 || pair.esme.poll_timeout().is_some());
            prop_assert!(pair.esme.outstanding() > 0 || pair.esme.window_room() > 0);
        }
        for (first, &from) in left.iter().enumerate() {
            for (count, &to) in (1_u128..).zip(&left[first..]) {
                let allowed = (to - from).as_nanos() * u128::from(rate) / 1_000_000_000 + u128::from(burst);
                prop_assert!(count <= allowed, "{} in {:?}", count, to - from);
            }
        }
    }
}

#[test]
fn counters_tell_what_went_either_way() {
    let mut pair = bound(BindKind::Transceiver);
    let number = pair.submit(1).unwrap();
    let inbound = requests(pair.at_smsc()).remove(0);
    pair.smsc.respond_status(pair.now, inbound, CommandStatus::ESME_RSUBMITFAIL).unwrap();
    pair.at_esme().clear();
    pair.esme.send_raw(&SubmitSmResp::default().to_octets(number).unwrap());
    pair.at_smsc().clear();
    pair.advance(30 * SECOND);
    pair.at_smsc().clear();
    pair.at_esme().clear();
    pair.esme.unbind(pair.now).unwrap();
    pair.at_smsc().clear();
    pair.at_esme().clear();
    let entries = |session: &Session<u32>| session.counters().iter().collect::<Vec<_>>();
    let (sent, received) = (Direction::Sent, Direction::Received);
    let failed = CommandStatus::ESME_RSUBMITFAIL;
    assert_eq!(
        entries(&pair.esme),
        [
            (sent, SubmitSm::ID, OK, 1),
            (sent, Unbind::ID, OK, 1),
            (sent, BindTransceiver::ID, OK, 1),
            (sent, EnquireLink::ID, OK, 1),
            (sent, EnquireLinkResp::ID, OK, 1),
            (received, EnquireLink::ID, OK, 1),
            (received, SubmitSmResp::ID, failed, 1),
            (received, UnbindResp::ID, OK, 1),
            (received, BindTransceiverResp::ID, OK, 1),
            (received, EnquireLinkResp::ID, OK, 1),
        ],
        "octets sent as they are do not count"
    );
    // What one sends, the other receives.
    let turned = |entries: Vec<(Direction, CommandId, CommandStatus, u64)>| {
        let mut turned: Vec<_> = entries
            .into_iter()
            .filter(|entry| entry.1 != SubmitSmResp::ID || entry.2 == failed)
            .map(|(direction, id, status, count)| (if direction == sent { received } else { sent }, id, status, count))
            .collect();
        turned.sort_unstable();
        turned
    };
    assert_eq!(turned(entries(&pair.smsc)), entries(&pair.esme));
    let taken = pair.esme.take_counters();
    assert_eq!((taken.total(sent), pair.esme.counters().total(sent)), (5, 0));
}

#[test]
fn the_peak_of_outstanding_requests() {
    let mut pair = bound_with(retrying());
    let numbers: Vec<_> = (0..4).map(|token| pair.submit(token).unwrap()).collect();
    assert!(is_retrying(&answer(&mut pair, numbers[0], THROTTLED)));
    assert_eq!(answered(&[answer(&mut pair, numbers[1], OK)]), [1]);
    pair.advance(2 * SECOND);
    assert_eq!(answered(&[answer(&mut pair, numbers[0], OK)]), [0]);
    (4..6).for_each(|token| assert!(pair.submit(token).is_ok()));
    assert_eq!(answered(&[4, 5].map(|token| answer(&mut pair, numbers[0] + token, OK))), [4, 5]);
    (6..10).for_each(|token| assert!(pair.submit(token).is_ok()));
    assert_eq!((pair.esme.outstanding(), pair.esme.peak_outstanding()), (6, 6));
    pair.esme.close(CloseReason::Requested);
    events(&mut pair.esme);
    assert_eq!((pair.esme.outstanding(), pair.esme.peak_outstanding()), (0, 6));
    assert_eq!(Session::<u32>::new(Role::Esme, SessionConfig::default(), pair.now).peak_outstanding(), 0);
}
