//! Sequence numbers: wrap, numbers in use, numbers from outside.

use smpp::codec::Encode;
use smpp::pdu::*;
use smpp::session::{BindKind, SendError, SendOptions, SessionConfig, SessionState};
use smpp::value::CommandStatus;

use super::harness::*;

const LAST: u32 = 0x7FFF_FFFF;

#[test]
fn sequence_numbers_wrap_and_skip_what_is_in_use() {
    let first = SessionConfig::default().with_first_sequence_number(LAST - 1);
    let mut pair = pair_with(first, SessionConfig::default());
    pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    let taken = SendOptions { sequence_number: Some(1), timeout: None };
    pair.esme.send(pair.now, &SubmitSm::default(), Some(1), taken).unwrap();
    assert_eq!([pair.submit(2).unwrap(), pair.submit(3).unwrap()], [LAST, 2]);
    // Whatever the peer numbers its requests with is echoed.
    for number in [0, 0x8000_0001, 0xFFFF_FFFF] {
        let octets = DeliverSm::default().to_octets(number).unwrap();
        let inbound = requests(receive(&mut pair.esme, pair.now, &octets)).remove(0);
        output(&mut pair.esme);
        pair.esme.respond_status(pair.now, inbound, CommandStatus::ESME_ROK).unwrap();
        assert_eq!(output(&mut pair.esme), DeliverSmResp::default().to_octets(number).unwrap());
    }
}

/// The numbers wrap while half of a window is in flight, some of it for very long.
#[test]
fn sequence_numbers_wrap_under_load() {
    let config = SessionConfig::default().with_first_sequence_number(LAST - 5000).with_window(1000);
    let mut pair = pair_with(config, SessionConfig::default());
    pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    // These stay: in the way of the numbers before the wrap and after it.
    let mut kept = Vec::new();
    for number in (1..2000).step_by(7).chain(LAST - 700..LAST - 500) {
        let options = SendOptions { sequence_number: Some(number), timeout: Some(1000 * SECOND) };
        pair.esme.send(pair.now, &SubmitSm::default(), Some(number), options).unwrap();
        kept.push(number);
    }
    let kept_requests = requests(pair.at_smsc());
    let mut expected = (LAST - 4999..=LAST).chain(1..).filter(|number| !kept.contains(number));
    let mut waiting = Vec::new();
    for round in 0..40 {
        while !pair.esme.window_is_full() {
            let number = pair.esme.next_sequence_number();
            let sent = pair.submit(number).unwrap();
            assert_eq!(Some(sent), expected.next());
            assert!(number == sent || kept.contains(&number));
        }
        waiting.extend(requests(pair.at_smsc()));
        let stay = waiting.len() / 3;
        for inbound in waiting.drain(stay..).rev() {
            pair.smsc.respond_status(pair.now, inbound, CommandStatus::ESME_ROK).unwrap();
        }
        assert!(!answered(&pair.at_esme()).is_empty(), "{round}");
    }
    assert!(pair.esme.next_sequence_number() < LAST - 5000, "or nothing has wrapped");
    for inbound in kept_requests.into_iter().chain(waiting) {
        pair.smsc.respond_status(pair.now, inbound, CommandStatus::ESME_ROK).unwrap();
    }
    let tokens = answered(&pair.at_esme());
    assert!(kept.iter().all(|number| tokens.contains(number)));
    assert_eq!(pair.esme.outstanding(), 0);
}

#[test]
fn a_session_goes_on_where_another_stopped() {
    let mut pair = bound(BindKind::Transceiver);
    let last = pair.submit(1).unwrap();
    let next = SessionConfig::default().with_first_sequence_number(pair.esme.next_sequence_number());
    let mut pair = pair_with(next, SessionConfig::default());
    pair.send_bind(BindKind::Transceiver);
    assert_eq!(headers(&output(&mut pair.esme))[0].sequence_number, last + 1);
}

#[test]
fn supplied_numbers_are_taken_and_nothing_else_by_requests() {
    let config = SessionConfig::default().with_supplied_sequence_numbers(true).with_window(2);
    let mut pair = pair_with(config, SessionConfig::default());
    let bind = BindTransceiver::default();
    let send = |pair: &mut Pair| pair.esme.send(pair.now, &bind, Some(0), SendOptions::default());
    assert!(pair.esme.wants_sequence_number());
    assert_eq!(send(&mut pair), Err(SendError::NoSequenceNumber));
    pair.esme.supply_sequence_number(1000);
    assert!(!pair.esme.wants_sequence_number());
    assert_eq!((pair.esme.next_sequence_number(), send(&mut pair)), (1000, Ok(1000)));
    let inbound = requests(pair.at_smsc()).remove(0);
    pair.smsc.respond_status(pair.now, inbound, CommandStatus::ESME_ROK).unwrap();
    assert_eq!(answered(&pair.at_esme()), [0]);

    // A send that fails takes nothing from the stock.
    pair.esme.supply_sequence_number(0xFFFF_FFFF);
    let too_long = SubmitSm::default().with_source_addr("x".repeat(30));
    let sent = pair.esme.send(pair.now, &too_long, None, SendOptions::default());
    assert!(matches!(sent, Err(SendError::Encode(_))));
    assert_eq!(pair.submit(1), Ok(0xFFFF_FFFF));
    let own = SendOptions { sequence_number: Some(77), timeout: None };
    assert_eq!(pair.esme.send(pair.now, &SubmitSm::default(), Some(2), own), Ok(77), "needs no stock");
    // One number too many, and one that is in use.
    [77, 5, 6].into_iter().for_each(|number| pair.esme.supply_sequence_number(number));
    assert_eq!(pair.submit(3), Err(SendError::WindowFull { window: 2 }));
    receive(&mut pair.esme, pair.now, &SubmitSmResp::default().to_octets(0xFFFF_FFFF).unwrap()).clear();
    assert_eq!(pair.submit(3), Ok(5));

    // What the session sends by itself takes from the stock while there is some, then counts on.
    for expected in [6, 7, 8] {
        pair.now += 30 * SECOND;
        output(&mut pair.esme);
        pair.esme.handle_timeout(pair.now);
        assert_eq!(headers(&output(&mut pair.esme))[0].sequence_number, expected);
        receive(&mut pair.esme, pair.now, &EnquireLinkResp::default().to_octets(expected).unwrap()).clear();
    }
    assert!(pair.esme.wants_sequence_number());
    assert_eq!((pair.esme.unbind(pair.now), pair.esme.state()), (Ok(9), SessionState::Unbinding));
}

#[test]
fn without_being_asked_for_a_supplied_number_is_taken_too() {
    let mut pair = bound(BindKind::Transceiver);
    assert!(!pair.esme.wants_sequence_number());
    pair.esme.supply_sequence_number(500);
    assert_eq!([pair.submit(1), pair.submit(2)], [Ok(500), Ok(501)]);
}
