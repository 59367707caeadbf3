//! Submissions and receipts, joined in whatever order and notation they come.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use smpp::pdu::DeliverSm;
use smpp::sms::{DropReason, IdForm, IdForms, Outcome, Receipt, Tracker, TrackerEvent, TrackerLimits};
use smpp::value::MessageState;

type Event = TrackerEvent<&'static str>;

fn receipt<'a>(id: &'a str, stat: &'a str) -> Receipt<'a> {
    Receipt::default().with_id(id).with_stat(stat)
}

/// Finished messages and their states; nothing else may be among the events.
#[track_caller]
fn finished(events: &[Event]) -> Vec<(&'static str, Option<MessageState>)> {
    let outcome = |event: &Event| match event {
        TrackerEvent::Finished(outcome) => (outcome.message, outcome.state()),
        other => panic!("{other:?}"),
    };
    events.iter().map(outcome).collect()
}

const DELIVERED: Option<MessageState> = Some(MessageState::DELIVERED);

#[test]
fn a_receipt_may_come_before_its_response() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    assert_eq!(tracker.receipt(now, &receipt("1054BC63", "DELIVRD")), []);
    assert_eq!((tracker.held(), tracker.len()), (1, 0));
    assert_eq!(finished(&tracker.submitted(now, "a", "0001054bc63")), [("a", DELIVERED)]);
    assert_eq!((tracker.held(), tracker.len()), (0, 0));

    // An intermediate one as well, and one in another notation.
    assert_eq!(tracker.receipt(now, &receipt("1054BC64", "ENROUTE")), []);
    assert!(matches!(&tracker.submitted(now, "b", "1054BC64")[..], [TrackerEvent::Progress { message: "b", .. }]));
    let mut tracker = Tracker::default();
    assert_eq!(tracker.receipt(now, &receipt("273988707", "DELIVRD")), []);
    assert_eq!(finished(&tracker.submitted(now, "a", "1054BC63")), [("a", DELIVERED)]);
}

#[test]
fn a_message_of_several_parts_is_one() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    assert_eq!(tracker.submitted_part(now, "long", 1, 3, "100001"), []);
    let events = tracker.receipt(now, &receipt("100001", "DELIVRD"));
    assert!(matches!(&events[..], [TrackerEvent::Progress { message: "long", part: 1, .. }]));
    // The receipt of the third comes before its response.
    assert_eq!(tracker.receipt(now, &receipt("100003", "UNDELIV")), []);
    assert_eq!(tracker.submitted_part(now, "long", 2, 3, "100002"), []);
    let events = tracker.submitted_part(now, "long", 3, 3, "100003");
    assert!(matches!(&events[..], [TrackerEvent::Progress { message: "long", part: 3, .. }]));
    let finals: Vec<_> = tracker.parts(&"long").unwrap().iter().map(|part| part.is_final()).collect();
    assert_eq!(finals, [true, false, true]);

    let events = tracker.receipt(now, &receipt("100002", "DELIVRD"));
    let [TrackerEvent::Finished(outcome)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(outcome.state(), Some(MessageState::UNDELIVERABLE));
    let states: Vec<_> = outcome.parts.iter().map(|part| (part.state().unwrap(), part.message_ids.clone())).collect();
    assert_eq!(
        states,
        [
            (MessageState::DELIVERED, vec!["100001".into()]),
            (MessageState::DELIVERED, vec!["100002".into()]),
            (MessageState::UNDELIVERABLE, vec!["100003".into()]),
        ]
    );
    assert!(tracker.is_empty() && tracker.parts(&"long").is_none());
}

#[test]
fn parts_may_share_one_id() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    for part in 1..=3 {
        assert_eq!(tracker.submitted_part(now, "long", part, 3, "7"), []);
    }
    let events = tracker.receipt(now, &receipt("7", "DELIVRD"));
    assert_eq!(finished(&events), [("long", DELIVERED)]);
    assert!(matches!(&tracker.receipt(now, &receipt("7", "DELIVRD"))[..], [TrackerEvent::Repeated { .. }]));
}

#[test]
fn what_is_given_up_is_at_its_end() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    assert_eq!(tracker.submitted_part(now, "long", 1, 2, "1"), []);
    assert_eq!(tracker.given_up(now, "long", 2, 2), []);
    let events = tracker.receipt(now, &receipt("1", "DELIVRD"));
    let [TrackerEvent::Finished(outcome)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((outcome.state(), outcome.parts[1].is_given_up), (None, true));
    assert_eq!(finished(&tracker.given_up(now, "refused", 1, 1)), [("refused", None)]);

    // It was sent again after all.
    assert_eq!(tracker.submitted_part(now, "again", 1, 2, "10"), []);
    assert_eq!(tracker.given_up(now, "again", 2, 2), []);
    assert_eq!(tracker.submitted_part(now, "again", 2, 2, "20"), []);
    assert!(matches!(&tracker.receipt(now, &receipt("10", "DELIVRD"))[..], [TrackerEvent::Progress { .. }]));
    assert_eq!(finished(&tracker.receipt(now, &receipt("20", "DELIVRD"))), [("again", DELIVERED)]);
}

#[test]
fn intermediate_states_are_progress_and_duplicates_are_repeated() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    assert_eq!(tracker.submitted(now, "a", "42"), []);
    for stat in ["ENROUTE", "ACCEPTD", "BUFFRED", "ACCEPTD"] {
        let events = tracker.receipt(now, &receipt("42", stat));
        let [TrackerEvent::Progress { message: "a", part: 1, receipt }] = &events[..] else { panic!("{events:?}") };
        assert_eq!(receipt.stat.as_ref().unwrap(), stat);
    }
    let unknown = Receipt { intermediate_notification: true, ..receipt("42", "UNKNOWN") };
    assert!(matches!(&tracker.receipt(now, &unknown)[..], [TrackerEvent::Progress { .. }]));
    assert_eq!(finished(&tracker.receipt(now, &receipt("42", "DELIVRD"))), [("a", DELIVERED)]);
    for stat in ["DELIVRD", "ENROUTE", "delivered"] {
        let events = tracker.receipt(now, &receipt("42", stat));
        let [TrackerEvent::Repeated { receipt }] = &events[..] else { panic!("{events:?}") };
        assert_eq!(receipt.stat.as_ref().unwrap(), stat);
    }
    // Of a part as well, while the message is under way.
    assert_eq!(tracker.submitted_part(now, "b", 1, 2, "100"), []);
    assert!(matches!(&tracker.receipt(now, &receipt("100", "DELIVRD"))[..], [TrackerEvent::Progress { .. }]));
    assert!(matches!(&tracker.receipt(now, &receipt("100", "EXPIRED"))[..], [TrackerEvent::Repeated { .. }]));
    assert_eq!(tracker.parts(&"b").unwrap()[0].state(), DELIVERED);
}

#[test]
fn receipts_of_nothing_are_handed_back() {
    let start = Instant::now();
    let limits = TrackerLimits::default().with_held(2).with_hold(Duration::from_secs(10));
    let mut tracker: Tracker<&str> = Tracker::new(limits);
    // Without an id at once.
    let events = tracker.receipt(start, &Receipt::default().with_stat("DELIVRD"));
    assert!(matches!(&events[..], [TrackerEvent::Unmatched { candidates, .. }] if candidates.is_empty()));
    assert_eq!(tracker.poll_timeout(), None);
    // By age.
    assert_eq!(tracker.receipt(start, &receipt("1", "DELIVRD")), []);
    assert_eq!(tracker.receipt(start + Duration::from_secs(1), &receipt("2", "DELIVRD")), []);
    assert_eq!(tracker.poll_timeout(), Some(start + Duration::from_secs(10)));
    assert_eq!(tracker.handle_timeout(start + Duration::from_secs(9)), []);
    let events = tracker.handle_timeout(start + Duration::from_secs(10));
    let [TrackerEvent::Unmatched { receipt: back, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(**back, receipt("1", "DELIVRD").into_owned());
    // By number: the oldest.
    let later = start + Duration::from_secs(10);
    assert_eq!(tracker.receipt(later, &receipt("3", "DELIVRD")), []);
    let events = tracker.receipt(later, &receipt("4", "DELIVRD"));
    assert!(matches!(&events[..], [TrackerEvent::Unmatched { receipt, .. }] if receipt.id.as_ref().unwrap() == "2"));
    assert_eq!(tracker.held(), 2);
    assert_eq!(finished(&tracker.submitted(later, "three", "3")), [("three", DELIVERED)]);

    let mut tracker: Tracker<&str> = Tracker::new(TrackerLimits::default().with_held(0));
    let events = tracker.receipt(start, &receipt("1", "DELIVRD"));
    assert!(matches!(&events[..], [TrackerEvent::Unmatched { .. }]));
}

#[test]
fn too_many_receipts_about_one_id_are_handed_back() {
    let (mut tracker, now): (Tracker<&str>, _) = (Tracker::default(), Instant::now());
    let back: usize = (0..1000).map(|_| tracker.receipt(now, &receipt("7", "DELIVRD")).len()).sum();
    assert_eq!(back + tracker.held(), 1000);
    assert_eq!(tracker.held(), 16);
    let events = tracker.submitted(now, "a", "7");
    assert_eq!((events.len(), tracker.held()), (16, 0));
    assert!(matches!(&events[..2], [TrackerEvent::Finished(_), TrackerEvent::Repeated { .. }]));
}

/// A receipt may be about two ids, both of which too many others are about already.
#[test]
fn too_many_receipts_about_two_ids_each_are_handed_back() {
    let (mut tracker, now): (Tracker<&str>, _) = (Tracker::default(), Instant::now());
    for other in 0..50 {
        let other = format!("route-{other}");
        let both = Receipt { receipted_message_id: Some(other.as_str().into()), ..receipt("common-id", "DELIVRD") };
        for receipt in [&receipt(&other, "DELIVRD"), &both] {
            (0..16).for_each(|_| drop(tracker.receipt(now, receipt)));
        }
    }
    assert!(tracker.submitted(now, "a", "common-id").len() <= 16);
}

#[test]
fn long_ids_are_cut_and_still_match() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    let id = "x".repeat(60_000);
    assert_eq!(tracker.submitted(now, "a", &id), []);
    assert_eq!(tracker.parts(&"a").unwrap()[0].message_ids[0].as_bytes().len(), 1024);
    assert_eq!(finished(&tracker.receipt(now, &receipt(&id, "DELIVRD"))), [("a", DELIVERED)]);
}

#[test]
fn a_candidate_is_named_once() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    assert_eq!(tracker.submitted(now, "ten", "10"), []);
    assert_eq!(tracker.submitted(now, "sixteen", "16"), []);
    let twice = Receipt { receipted_message_id: Some("16".into()), ..receipt("16", "DELIVRD") };
    assert_eq!(tracker.receipt(now, &twice), []);
    let events = tracker.handle_timeout(now + Duration::from_secs(60));
    let [TrackerEvent::Unmatched { candidates, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(*candidates, ["sixteen", "ten"]);
}

#[test]
fn messages_are_bounded_in_number_and_age() {
    let start = Instant::now();
    let limits = TrackerLimits::default().with_messages(2).with_age(Duration::from_secs(100));
    let mut tracker = Tracker::new(limits);
    assert_eq!(tracker.submitted(start, "a", "100001"), []);
    assert_eq!(tracker.submitted(start + Duration::from_secs(1), "b", "100002"), []);
    assert!(matches!(&tracker.receipt(start, &receipt("100001", "ACCEPTD"))[..], [TrackerEvent::Progress { .. }]));
    let events = tracker.submitted(start + Duration::from_secs(2), "c", "100003");
    let [TrackerEvent::Dropped { outcome, reason: DropReason::TooMany }] = &events[..] else { panic!("{events:?}") };
    // What was known of it is told.
    assert_eq!((outcome.message, outcome.state()), ("a", Some(MessageState::ACCEPTED)));
    assert_eq!(tracker.len(), 2);

    assert_eq!(tracker.poll_timeout(), Some(start + Duration::from_secs(101)));
    let events = tracker.handle_timeout(start + Duration::from_secs(101));
    assert!(matches!(
        &events[..],
        [TrackerEvent::Dropped { outcome: Outcome { message: "b", .. }, reason: DropReason::TooOld }]
    ));
    // What is dropped has no receipts any more.
    assert_eq!(tracker.receipt(start + Duration::from_secs(101), &receipt("100002", "DELIVRD")), []);
    assert_eq!(tracker.held(), 1);

    // What is finished is remembered as long and as often.
    let mut tracker = Tracker::new(limits);
    for (name, id) in [("a", "100001"), ("b", "100002"), ("c", "100003")] {
        assert_eq!(tracker.submitted(start, name, id), []);
        assert_eq!(finished(&tracker.receipt(start, &receipt(id, "DELIVRD"))), [(name, DELIVERED)]);
    }
    assert_eq!(tracker.receipt(start, &receipt("100001", "DELIVRD")), []);
    assert!(matches!(&tracker.receipt(start, &receipt("100002", "DELIVRD"))[..], [TrackerEvent::Repeated { .. }]));
    assert_eq!(tracker.handle_timeout(start + Duration::from_secs(100)).len(), 1);
    assert_eq!(tracker.poll_timeout(), None);
}

#[test]
fn an_id_that_is_given_again_drops_what_had_it() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    assert_eq!(tracker.submitted_part(now, "old", 1, 2, "100001"), []);
    assert_eq!(tracker.submitted_part(now, "old", 2, 2, "100002"), []);
    let events = tracker.submitted(now, "new", "100001");
    assert!(matches!(
        &events[..],
        [TrackerEvent::Dropped { outcome: Outcome { message: "old", .. }, reason: DropReason::IdReused }]
    ));
    assert_eq!(finished(&tracker.receipt(now, &receipt("100001", "DELIVRD"))), [("new", DELIVERED)]);
    // After a message is finished its id is free; its value is when it is forgotten.
    assert_eq!(tracker.submitted(now, "newer", "100001"), []);
    assert_eq!(finished(&tracker.receipt(now, &receipt("100001", "DELIVRD"))), [("newer", DELIVERED)]);
    assert_eq!(tracker.forget(&"newer"), None);
    assert_eq!(tracker.submitted(now, "newer", "100001"), []);
    assert_eq!(
        finished(&tracker.receipt(now, &receipt("100001", "EXPIRED"))),
        [("newer", Some(MessageState::EXPIRED))]
    );
}

#[test]
fn a_response_that_comes_after_the_end_begins_nothing_anew() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    // The first try has timed out; the second is answered, and finished.
    assert_eq!(tracker.submitted(now, "a", "200001"), []);
    assert_eq!(finished(&tracker.receipt(now, &receipt("200001", "DELIVRD"))), [("a", DELIVERED)]);
    // Then the response to the first comes after all, and its receipts.
    assert_eq!(tracker.submitted(now, "a", "100001"), []);
    for id in ["100001", "100001", "200001"] {
        assert!(matches!(&tracker.receipt(now, &receipt(id, "DELIVRD"))[..], [TrackerEvent::Repeated { .. }]));
    }
    assert_eq!(tracker.given_up(now, "a", 1, 1), []);
    assert!(tracker.is_empty());
    assert_eq!(tracker.handle_timeout(now + Duration::from_secs(8 * 24 * 3600)), []);
    assert_eq!(tracker.poll_timeout(), None);

    // The receipt of the first try may be there before its response.
    assert_eq!(tracker.submitted(now, "b", "200002"), []);
    assert_eq!(tracker.receipt(now, &receipt("100002", "UNDELIV")), []);
    assert_eq!(finished(&tracker.receipt(now, &receipt("200002", "DELIVRD"))), [("b", DELIVERED)]);
    assert!(matches!(&tracker.submitted(now, "b", "100002")[..], [TrackerEvent::Repeated { .. }]));
    // Of many late ids the last 4 count.
    for try_ in 1..=6 {
        assert_eq!(tracker.submitted(now, "b", format!("30000{try_}")), []);
    }
    assert!(matches!(&tracker.receipt(now, &receipt("300003", "DELIVRD"))[..], [TrackerEvent::Repeated { .. }]));
    assert_eq!(tracker.receipt(now, &receipt("300002", "DELIVRD")), []);
    // An id of a message that is under way stays that one's.
    assert_eq!(tracker.submitted(now, "c", "400001"), []);
    assert_eq!(tracker.submitted(now, "b", "400001"), []);
    assert_eq!(finished(&tracker.receipt(now, &receipt("400001", "DELIVRD"))), [("c", DELIVERED)]);

    // What is dropped does not begin anew either.
    let mut tracker = Tracker::new(TrackerLimits::default().with_messages(1));
    assert_eq!(tracker.submitted_part(now, "a", 1, 2, "1"), []);
    assert!(matches!(&tracker.submitted(now, "b", "2")[..], [TrackerEvent::Dropped { .. }]));
    assert_eq!(tracker.submitted_part(now, "a", 2, 2, "3"), []);
    assert_eq!(tracker.given_up(now, "a", 1, 1), []);
    assert_eq!(tracker.len(), 1);
}

#[test]
fn an_id_given_again_whose_receipt_comes_before_its_response() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    let receipt = |done| Receipt::parse(done).unwrap();
    let first = receipt(b"id:100001 done date:2611231305 stat:DELIVRD");
    let second = receipt(b"id:100001 done date:2611241305 stat:DELIVRD");
    assert_eq!(tracker.submitted(now, "old", "100001"), []);
    assert_eq!(finished(&tracker.receipt(now, &first)), [("old", DELIVERED)]);
    assert_eq!(tracker.receipt(now, &second), []);
    assert!(matches!(&tracker.receipt(now, &first)[..], [TrackerEvent::Repeated { .. }]));
    assert_eq!(finished(&tracker.submitted(now, "new", "100001")), [("new", DELIVERED)]);
    // If no message gets the id, it is told all the same.
    assert_eq!(tracker.receipt(now, &first), []);
    let events = tracker.handle_timeout(now + Duration::from_secs(60));
    assert!(matches!(&events[..], [TrackerEvent::Repeated { receipt }] if receipt.done_date == first.done_date));
}

#[test]
fn parts_for_which_no_receipt_is_expected() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    assert_eq!(tracker.submitted_part(now, "long", 1, 3, "100001"), []);
    assert_eq!(tracker.without_receipt(now, "long", 2, 3), []);
    assert_eq!(tracker.without_receipt(now, "long", 3, 3), []);
    assert_eq!(finished(&tracker.receipt(now, &receipt("100001", "DELIVRD"))), [("long", DELIVERED)]);
    // It may be the last that is told of, and come after all.
    assert_eq!(tracker.submitted_part(now, "late", 2, 2, "100002"), []);
    assert!(matches!(&tracker.receipt(now, &receipt("100002", "EXPIRED"))[..], [TrackerEvent::Progress { .. }]));
    let events = tracker.without_receipt(now, "late", 1, 2);
    assert_eq!(finished(&events), [("late", Some(MessageState::EXPIRED))]);
    assert_eq!(tracker.without_receipt(now, "late", 1, 2), []);
    assert_eq!(finished(&tracker.without_receipt(now, "none", 1, 1)), [("none", None)]);
}

#[test]
fn accepted_is_the_end_where_it_is_said_to_be() {
    let (mut tracker, now) = (Tracker::default().with_accepted_is_final(true), Instant::now());
    assert_eq!(tracker.submitted(now, "a", "100001"), []);
    let events = tracker.receipt(now, &receipt("100001", "ACCEPTD"));
    assert_eq!(finished(&events), [("a", Some(MessageState::ACCEPTED))]);
    assert!(matches!(&tracker.receipt(now, &receipt("100001", "ACCEPTD"))[..], [TrackerEvent::Repeated { .. }]));
}

#[test]
fn without_an_id_a_message_waits_until_it_is_dropped() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    assert_eq!(tracker.submitted(now, "a", ""), []);
    let events = tracker.handle_timeout(now + Duration::from_secs(7 * 24 * 3600));
    assert!(matches!(&events[..], [TrackerEvent::Dropped { outcome: Outcome { message: "a", .. }, .. }]));

    assert_eq!(tracker.submitted(now, "b", "1"), []);
    assert_eq!(tracker.forget(&"b").unwrap().message, "b");
    assert_eq!((tracker.forget(&"b"), tracker.len()), (None, 0));
}

#[test]
fn an_ambiguous_receipt_waits_until_the_form_is_known() {
    for (telling, form, ten, sixteen) in [
        (("1054BC63", "1054bc63"), IdForm::Same, "16", "10"),
        (("1054BC63", "273988707"), IdForm::HexadecimalAsDecimal, "10", "16"),
    ] {
        let (mut tracker, now) = (Tracker::default(), Instant::now());
        for id in ["10", "16", telling.0] {
            assert_eq!(tracker.submitted(now, id, id), []);
        }
        // "16" is what it says, or the decimal form of hexadecimal 10.
        assert_eq!(tracker.receipt(now, &receipt("16", "DELIVRD")), []);
        assert_eq!((tracker.held(), tracker.id_forms()), (1, [None, None]));
        let events = tracker.receipt(now, &receipt(telling.1, "DELIVRD"));
        assert_eq!(finished(&events), [(telling.0, DELIVERED), (ten, DELIVERED)]);
        assert_eq!((tracker.held(), tracker.id_forms()), (0, [None, Some(form)]));
        assert_eq!(tracker.parts(&sixteen).unwrap().len(), 1);
    }
    // If it is never known, whose it may be is told.
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    assert_eq!(tracker.submitted(now, "ten", "10"), []);
    assert_eq!(tracker.submitted(now, "sixteen", "16"), []);
    assert_eq!(tracker.receipt(now, &receipt("16", "DELIVRD")), []);
    let events = tracker.handle_timeout(now + Duration::from_secs(60));
    let [TrackerEvent::Unmatched { candidates, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(*candidates, ["sixteen", "ten"]);
    assert_eq!(tracker.len(), 2);
}

#[test]
fn once_the_form_is_known_ids_in_another_are_not_taken() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    assert_eq!(tracker.submitted(now, "first", "1054BC63"), []);
    assert_eq!(finished(&tracker.receipt(now, &receipt("1054BC63", "DELIVRD"))), [("first", DELIVERED)]);
    assert_eq!(tracker.submitted(now, "second", "20260012"), []);
    // It would be the same number.
    assert_eq!(tracker.receipt(now, &receipt("539361298", "DELIVRD")), []);
    let events = tracker.handle_timeout(now + Duration::from_secs(60));
    let [TrackerEvent::Unmatched { candidates, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((candidates, tracker.len()), (&vec!["second"], 1));
}

#[test]
fn a_form_that_is_not_right_any_more_is_learned_anew() {
    let (mut tracker, start) = (Tracker::default(), Instant::now());
    let id = |number: u32| format!("{:X}", 0x1054_BC63_u32 + number);
    for number in 0..10 {
        assert_eq!(tracker.submitted(start, number, id(number)), []);
    }
    assert_eq!(tracker.receipt(start, &receipt(&id(0), "DELIVRD")).len(), 1);
    assert_eq!(tracker.id_forms()[1], Some(IdForm::Same));
    for number in 1..=5 {
        let decimal = (0x1054_BC63_u32 + number).to_string();
        assert_eq!(tracker.receipt(start, &receipt(&decimal, "DELIVRD")), []);
    }
    // Three are handed back, and then the form is not known any more: the others that are held find their messages.
    let events = tracker.handle_timeout(start + Duration::from_secs(60));
    let unmatched = events.iter().filter(|event| matches!(event, TrackerEvent::Unmatched { .. })).count();
    let found = events.iter().filter(|event| matches!(event, TrackerEvent::Finished(_))).count();
    assert_eq!((unmatched, found, tracker.id_forms()[1]), (3, 2, Some(IdForm::HexadecimalAsDecimal)));
}

#[test]
fn ids_in_tlvs_and_text_have_forms_of_their_own() {
    // As jasmin's users see it: the TLV as in the response, the text decimal.
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    for id in ["6aad5", "6aad6", "6aad7"] {
        assert_eq!(tracker.submitted(now, id, id), []);
    }
    let pdu = DeliverSm::default().with_esm_class(4).with_short_message("id:0000436949 stat:DELIVRD");
    let with_tlv = pdu.clone().with_receipted_message_id("6aad5");
    let events = tracker.receipt(now, &Receipt::of(&with_tlv).unwrap());
    assert_eq!(finished(&events), [("6aad5", DELIVERED)]);
    assert_eq!(tracker.id_forms(), [Some(IdForm::Same), Some(IdForm::HexadecimalAsDecimal)]);
    // Either alone is enough then.
    assert_eq!(finished(&tracker.receipt(now, &receipt("0000436950", "DELIVRD"))), [("6aad6", DELIVERED)]);
    let only_tlvs = DeliverSm::default()
        .with_esm_class(4)
        .with_receipted_message_id("6AAD7")
        .with_message_state(MessageState::EXPIRED);
    let events = tracker.receipt(now, &Receipt::of(&only_tlvs).unwrap());
    assert_eq!(finished(&events), [("6aad7", Some(MessageState::EXPIRED))]);
    // A TLV with an id that is not ours, and a text with one that is.
    assert_eq!(tracker.submitted(now, "ours", "6aad8"), []);
    let other = DeliverSm::default()
        .with_esm_class(4)
        .with_short_message("id:0000436952 stat:DELIVRD")
        .with_receipted_message_id("route-7");
    assert_eq!(finished(&tracker.receipt(now, &Receipt::of(&other).unwrap())), [("ours", DELIVERED)]);
}

#[test]
fn a_form_that_is_set_is_not_learned() {
    let now = Instant::now();
    let hexadecimal = IdForms::fixed(IdForm::HexadecimalAsDecimal);
    let mut tracker = Tracker::default().with_id_forms(IdForms::any(), hexadecimal);
    assert_eq!(tracker.submitted(now, "ten", "10"), []);
    assert_eq!(tracker.submitted(now, "sixteen", "16"), []);
    assert_eq!(finished(&tracker.receipt(now, &receipt("16", "DELIVRD"))), [("ten", DELIVERED)]);
    assert_eq!(finished(&tracker.receipt(now, &receipt("22", "DELIVRD"))), [("sixteen", DELIVERED)]);
}

/// jookies/jasmin#1034, #1129, #366, #596, #643, #521, #916: the id is hexadecimal in the response and decimal in the
/// receipt, or has other zeros or letters, or is a UUID, and the receipt is lost.
#[test]
fn jasmin_1034_1129_366_596_643_521_and_916_ids_that_are_written_otherwise() {
    for (response_id, receipt_id) in [
        ("0911897980", "0911897980"),
        ("0911897980", "911897980"),
        ("911897980", "00000911897980"),
        ("1054BC63", "1054bc63"),
        ("1054bc63", "00001054BC63"),
        ("1054BC63", "273988707"),
        ("0001054bc63", "0273988707"),
        ("273988707", "1054BC63"),
        ("0273988707", "0001054bc63"),
        ("20260012", "539361298"),
        ("3e8", "1000"),
        ("1000", "3E8"),
        ("7", "7"),
        ("42", "42"),
        ("74e02ee1-4e2f-4a6e-a78b-4b247d756a22", "74E02EE1-4E2F-4A6E-A78B-4B247D756A22"),
        ("2E179B310EDE971B2760C72B7F026E1B", "2e179b310ede971b2760c72b7f026e1b"),
        ("2E179B310EDE971B2760C72B7F026E1B", "61267058294122845644591348796459478555"),
        ("117062714244798261", "19FE3EB1B011735"),
        ("Smsc2013", "SMSC2013"),
    ] {
        let (mut tracker, now) = (Tracker::default(), Instant::now());
        assert_eq!(tracker.submitted(now, "a", response_id), []);
        assert_eq!(
            finished(&tracker.receipt(now, &receipt(receipt_id, "DELIVRD"))),
            [("a", DELIVERED)],
            "{receipt_id}"
        );
        // And when it comes first.
        let mut tracker = Tracker::default();
        assert_eq!(tracker.receipt(now, &receipt(receipt_id, "DELIVRD")), []);
        assert_eq!(finished(&tracker.submitted(now, "a", response_id)), [("a", DELIVERED)], "{receipt_id}");
    }
}

/// jookies/jasmin#796: a submission that is throttled and sent again deletes what its receipts are found by.
#[test]
fn jasmin_796_a_throttled_retry_deletes_the_receipt_map() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    // The first part is taken, the second throttled: nothing is told of it. Then both are sent again.
    assert_eq!(tracker.submitted_part(now, "long", 1, 2, "100001"), []);
    assert_eq!(tracker.submitted_part(now, "long", 1, 2, "100002"), []);
    assert_eq!(tracker.submitted_part(now, "long", 2, 2, "100003"), []);
    // Intermediate states do not delete it either, nor does a receipt for the first try come to nothing.
    for (id, stat) in [("100003", "ENROUTE"), ("100003", "ACCEPTD"), ("100001", "DELIVRD")] {
        let events = tracker.receipt(now, &receipt(id, stat));
        assert!(matches!(&events[..], [TrackerEvent::Progress { message: "long", .. }]), "{events:?}");
    }
    assert!(matches!(&tracker.receipt(now, &receipt("100002", "DELIVRD"))[..], [TrackerEvent::Repeated { .. }]));
    assert_eq!(finished(&tracker.receipt(now, &receipt("100003", "DELIVRD"))), [("long", DELIVERED)]);
    // Of many tries the last 4 ids count.
    for try_ in 1..=6 {
        assert_eq!(tracker.submitted(now, "stubborn", format!("20000{try_}")), []);
    }
    assert_eq!(tracker.receipt(now, &receipt("200002", "DELIVRD")), []);
    assert_eq!(finished(&tracker.receipt(now, &receipt("200003", "DELIVRD"))), [("stubborn", DELIVERED)]);
}

/// fiorix/go-smpp#102: no receipted_message_id can be had, nor anything else to tell which message a receipt is about.
#[test]
fn go_smpp_102_which_message_a_receipt_is_about() {
    let (mut tracker, now) = (Tracker::default(), Instant::now());
    assert_eq!(tracker.submitted(now, 1, "msg-1"), []);
    assert_eq!(tracker.submitted(now, 2, "msg-2"), []);
    let by_tlv = DeliverSm::default()
        .with_esm_class(4)
        .with_receipted_message_id("msg-1")
        .with_message_state(MessageState::DELIVERED);
    let by_text = DeliverSm::default().with_esm_class(4).with_short_message("id:msg-2 stat:REJECTD err:069");
    let outcome = |events: Vec<TrackerEvent<i32>>| match events.into_iter().next() {
        Some(TrackerEvent::Finished(outcome)) => (outcome.message, outcome.state()),
        other => panic!("{other:?}"),
    };
    assert_eq!(outcome(tracker.receipt(now, &Receipt::of(&by_text).unwrap())), (2, Some(MessageState::REJECTED)));
    assert_eq!(outcome(tracker.receipt(now, &Receipt::of(&by_tlv).unwrap())), (1, DELIVERED));
}

#[test]
fn what_a_hostile_smsc_sends_takes_bounded_room() {
    let now = Instant::now();
    let limits = TrackerLimits::default().with_messages(100).with_held(50);
    let mut tracker = Tracker::new(limits);
    let (mut told, mut in_) = (0, 0);
    let long = "9".repeat(60_000);
    for number in 0..2_000_u32 {
        let id = match number % 5 {
            0 => "0".repeat(number as usize % 64) + "1",
            1 => long.clone(),
            2 => String::new(),
            3 => (number % 40).to_string(),
            _ => format!("{number:x}"),
        };
        in_ += 2;
        let mut receipt = receipt(&id, if number % 3 == 0 { "ENROUTE" } else { "DELIVRD" });
        receipt.raw = long.as_str().into();
        let mut events = tracker.submitted(now, number, &id);
        events.extend(tracker.receipt(now, &receipt));
        for event in events {
            match event {
                TrackerEvent::Finished(_) | TrackerEvent::Dropped { .. } => told += 1,
                TrackerEvent::Progress { receipt, .. }
                | TrackerEvent::Repeated { receipt }
                | TrackerEvent::Unmatched { receipt, .. } => assert!(receipt.raw.len() <= 1024),
                other => panic!("{other:?}"),
            }
        }
        assert!(tracker.len() <= 100 && tracker.held() <= 50);
    }
    assert_eq!((told + tracker.len(), in_), (2_000, 4_000));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Responses and receipts in any order, receipts more than once, in any form: every message comes to its end
    /// once, in its own state.
    #[test]
    fn every_message_has_one_outcome(
        form in prop::sample::select(IdForm::ALL.to_vec()),
        hexadecimal: bool,
        messages in prop::collection::vec((1..4_u8, 2..6_u8), 1..12),
        first in 200_000..90_000_000_u64,
        step in 1..200_u64,
        seed in prop::collection::vec(any::<u32>(), 200),
    ) {
        let hexadecimal_response = match form {
            IdForm::Same => hexadecimal,
            IdForm::HexadecimalAsDecimal => true,
            IdForm::DecimalAsHexadecimal => false,
        };
        let hexadecimal_receipt = hexadecimal_response != (form != IdForm::Same);
        // What happens: (message, part, of, id, state); a state of 0 is the response. Each part is sent twice, since the
        // response is late.
        let mut happens = Vec::new();
        let mut number = first;
        for (message, &(total, state)) in messages.iter().enumerate() {
            for part in 1..=total {
                number += step;
                let part = (message, part, total, number);
                happens.extend([(part, 0), (part, 1), (part, state), (part, state)]);
                let again = (message, part.1, total, number + 10_000);
                happens.extend([(again, 0), (again, 1), (again, state)]);
            }
        }
        let mut keyed: Vec<_> = happens.into_iter().zip(seed.iter().cycle()).collect();
        keyed.sort_by_key(|(_, key)| **key);
        let count = keyed.len();

        let (mut tracker, now) = (Tracker::default(), Instant::now());
        let mut outcomes = vec![None; messages.len()];
        for (((message, part, total, number), state), _) in keyed {
            let events = if state == 0 {
                tracker.submitted_part(now, message, part, total, write(number, hexadecimal_response))
            } else {
                let id = write(number, hexadecimal_receipt);
                tracker.receipt(now, &Receipt::default().with_id(id).with_state(MessageState(state)))
            };
            for event in events {
                match event {
                    TrackerEvent::Finished(outcome) => {
                        prop_assert_eq!(outcome.parts.len(), usize::from(messages[outcome.message].0));
                        let before = outcomes[outcome.message].replace(outcome.state());
                        prop_assert_eq!(before, None);
                    }
                    TrackerEvent::Progress { .. } | TrackerEvent::Repeated { .. } => {}
                    other => prop_assert!(false, "{other:?}"),
                }
            }
        }
        let expected: Vec<_> = messages.iter().map(|(_, state)| Some(Some(MessageState(*state)))).collect();
        prop_assert_eq!(outcomes, expected, "{} events", count);
        prop_assert!(tracker.is_empty() && tracker.held() == 0);
        for (message, (total, _)) in messages.iter().enumerate() {
            prop_assert_eq!(tracker.given_up(now, message, 1, *total), []);
            let id = write(number + 100_000 + message as u64, hexadecimal_response);
            prop_assert_eq!(tracker.submitted_part(now, message, 1, *total, id), []);
        }
        prop_assert!(tracker.is_empty());
        prop_assert_eq!(tracker.handle_timeout(now + TrackerLimits::default().age), []);
    }

    /// Ids that are short and follow each other, so that nearly each could be another's in other digits. The
    /// responses come first, the receipts in any order: none is taken for another's, and in the end each is found.
    #[test]
    fn short_ids_are_never_mixed_up(
        form in prop::sample::select(IdForm::ALL.to_vec()),
        hexadecimal: bool,
        count in 1..150_usize,
        seed in prop::collection::vec(any::<u32>(), 150),
    ) {
        let hexadecimal_response = form == IdForm::HexadecimalAsDecimal || form == IdForm::Same && hexadecimal;
        let hexadecimal_receipt = hexadecimal_response != (form != IdForm::Same);
        let (mut tracker, now) = (Tracker::default(), Instant::now());
        for number in 1..=count {
            prop_assert!(tracker.submitted(now, number, write(number, hexadecimal_response)).is_empty());
        }
        let mut order: Vec<_> = (1..=count).zip(&seed).collect();
        order.sort_by_key(|(_, key)| **key);
        let mut found = 0;
        let mut events = Vec::new();
        for (number, _) in order {
            let text = number.to_string();
            let id = write(number, hexadecimal_receipt);
            events.extend(tracker.receipt(now, &receipt(&id, "DELIVRD").with_text(text)));
        }
        for event in events {
            let TrackerEvent::Finished(outcome) = event else { panic!("{event:?}") };
            let receipt = outcome.parts[0].receipt.as_ref().expect("a receipt");
            let message = outcome.message.to_string();
            prop_assert_eq!(receipt.text.as_ref().unwrap().as_str(), Some(message.as_str()));
            found += 1;
        }
        prop_assert_eq!(found + tracker.held(), count);
        // Of fewer than 3 with two digits nothing can be learned.
        if !(10..12).contains(&count) {
            prop_assert_eq!(found, count);
        }
    }
}

fn write(number: impl std::fmt::UpperHex + std::fmt::Display, hexadecimal: bool) -> String {
    if hexadecimal { format!("{number:X}") } else { number.to_string() }
}
