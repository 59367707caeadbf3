//! Responses: in any order, late, unknown, of another command.

use proptest::prelude::*;
use smpp::codec::Encode;
use smpp::pdu::*;
use smpp::session::{BindKind, Event, Received, SendError, SendOptions, SessionConfig, SessionState, Stray, Timers};
use smpp::value::CommandStatus;

use super::harness::*;

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

#[test]
fn late_answers_are_told_from_others_until_their_number_is_used_again() {
    let mut pair = bound(BindKind::Transceiver);
    let number = pair.submit(1).unwrap();
    pair.advance(10 * SECOND);
    let respond = |pair: &mut Pair, octets: Vec<u8>| receive(&mut pair.esme, pair.now, &octets).remove(0);
    // Of another command it is no late answer; a generic_nack is.
    let other = respond(&mut pair, QuerySmResp::default().to_octets(number).unwrap());
    assert!(matches!(other, Received::Stray(Stray::Unmatched)));
    let nack = respond(&mut pair, GenericNack::default().to_octets(number).unwrap());
    assert!(matches!(nack, Received::Stray(Stray::Late { request }) if request.id == SubmitSm::ID));
    // Twice late is late all the same.
    for _ in 0..2 {
        let late = respond(&mut pair, SubmitSmResp::default().to_octets(number).unwrap());
        assert!(matches!(late, Received::Stray(Stray::Late { .. })));
    }
    let again = SendOptions { sequence_number: Some(number), timeout: None };
    pair.esme.send(pair.now, &SubmitSm::default(), Some(2), again).unwrap();
    assert_eq!(answered(&[respond(&mut pair, SubmitSmResp::default().to_octets(number).unwrap())]), [2]);
}

#[test]
fn the_last_thousand_late_requests_are_remembered_however_often_numbers_are_used() {
    let mut pair = pair_with(SessionConfig::default().with_timers(Timers::OFF), SessionConfig::default());
    pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    let mut expire = |number: u32| {
        let options = SendOptions { sequence_number: Some(number), timeout: Some(SECOND) };
        pair.esme.send(pair.now, &SubmitSm::default(), Some(number), options).unwrap();
        pair.now += SECOND;
        pair.esme.handle_timeout(pair.now);
        assert!(matches!(events(&mut pair.esme)[..], [Event::Expired { .. }]));
    };
    expire(100_000);
    (0..1000).for_each(&mut expire);
    // Given up a second time, it is among the last ones again.
    expire(100_000);
    (2000..2500).for_each(&mut expire);
    let mut is_late = |number: u32| {
        let octets = SubmitSmResp::default().to_octets(number).unwrap();
        match receive(&mut pair.esme, pair.now, &octets)[..] {
            [Received::Stray(Stray::Late { .. })] => true,
            [Received::Stray(Stray::Unmatched)] => false,
            ref other => panic!("{other:?}"),
        }
    };
    assert!(is_late(100_000) && is_late(2499) && is_late(999) && !is_late(0));
}

/// Whatever a peer answers, a request is over once, and only a request that was made is.
#[test]
fn requests_of_the_sessions_own_are_nobodys_business() {
    let mut pair = bound(BindKind::Transceiver);
    pair.advance(30 * SECOND);
    let number = headers(&output(&mut pair.esme))[0].sequence_number;
    let octets = SubmitSmResp::default().to_octets(number).unwrap();
    assert!(
        matches!(&receive(&mut pair.esme, pair.now, &octets)[..], [Received::Mismatch(own)] if own.token.is_none())
    );
    let octets = EnquireLinkResp::default().to_octets(number).unwrap();
    assert!(matches!(receive(&mut pair.esme, pair.now, &octets)[..], [Received::Stray(Stray::Unmatched)]));
    assert_eq!((pair.esme.outstanding(), pair.esme.state()), (0, SessionState::BoundTrx));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Responses come in any order, some twice, some not at all, some refusing.
    #[test]
    fn a_permutation_of_responses_ends_each_request_once(
        order in prop::collection::vec(any::<(prop::sample::Index, bool)>(), 0..80), window in 1_usize..40,
    ) {
        let mut pair = pair_with(SessionConfig::default().with_window(window), SessionConfig::default());
        pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
        let numbers: Vec<u32> = (0..window as u32).map(|token| pair.submit(token).unwrap()).collect();
        let mut open: Vec<u32> = (0..window as u32).collect();
        for (index, refused) in order {
            let token = index.index(window) as u32;
            let status = if refused { CommandStatus::ESME_RSUBMITFAIL } else { CommandStatus::ESME_ROK };
            let mut octets = Vec::new();
            SubmitSmResp::default().encode_with_status(status, numbers[token as usize], &mut octets).unwrap();
            let received = receive(&mut pair.esme, pair.now, &octets);
            match open.iter().position(|&known| known == token) {
                Some(at) => prop_assert_eq!(answered(&received), [open.swap_remove(at)]),
                None => prop_assert!(matches!(received[..], [Received::Stray(Stray::Unmatched)])),
            }
            prop_assert_eq!((pair.esme.outstanding(), pair.esme.window_room()), (open.len(), window - open.len()));
        }
        pair.advance(10 * SECOND);
        let expired = events(&mut pair.esme).into_iter().map(|event| match event {
            Event::Expired { request, .. } => request.token.unwrap(),
            other => panic!("{other:?}"),
        });
        open.sort_unstable();
        // Those that are left expire in the order in which they were sent.
        prop_assert_eq!(expired.collect::<Vec<_>>(), open);
    }
}
