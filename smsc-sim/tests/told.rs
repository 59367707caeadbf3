//! What the simulator tells: events, numbers, and expectations that are not met.

mod raw;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use raw::{PATIENCE, Raw, submit as pdu};
use smpp::value::CommandStatus;
use smsc_sim::rules::{Hook, on};
use smsc_sim::{EventKind, Events, SmscSim, submit};

fn next(events: &Events, is_it: impl Fn(&EventKind) -> bool) -> EventKind {
    events.wait_for(is_it, PATIENCE).expect("it happens").kind
}

#[test]
fn the_life_of_a_message_is_told_in_order() {
    let sim = SmscSim::builder().start().unwrap();
    let events = sim.subscribe();
    let mut esme = Raw::bound(sim.addr(), "alice");
    esme.send(&pdu(1), 2);
    esme.expect_submitted(2);
    let (number, _) = esme.expect_deliver_sm();
    esme.answer(number, CommandStatus::ESME_ROK);
    let mut told = Vec::new();
    while told.last().is_none_or(|last: &String| !last.contains("delivered")) {
        let event = events.wait(PATIENCE).expect("another event");
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(json["number"], told.len() as u64 + 1);
        told.push(format!("{} {}", json["event"].as_str().unwrap(), json["state"].as_str().unwrap_or_default()));
    }
    let expected =
        ["session_bound ", "message_accepted ", "message_final DELIVRD", "receipt sent", "receipt delivered"];
    assert_eq!(told, expected);
    drop(esme);
    let closed = next(&events, |kind| matches!(kind, EventKind::SessionClosed { .. }));
    assert!(matches!(closed, EventKind::SessionClosed { system_id, .. } if system_id == "alice"));
    drop(sim);
    while events.wait(PATIENCE).is_some() {}
    assert!(events.is_over());
}

#[test]
fn what_happens_is_counted_by_account() {
    let sim = SmscSim::builder().user("alice", "").user("bob", "").start().unwrap();
    let events = sim.subscribe();
    let mut alice = Raw::bound(sim.addr(), "alice");
    let mut nobody = Raw::connect(sim.addr());
    nobody.send(&smpp::pdu::BindReceiver::default().with_system_id("mallory"), 1);
    nobody.expect_status(0x8000_0001, 1, CommandStatus::ESME_RINVSYSID);
    for number in 2..7 {
        alice.send(&pdu(1), number);
        alice.expect_submitted(number);
        let (receipt, _) = alice.expect_deliver_sm();
        let status = if number == 2 { CommandStatus::ESME_RX_P_APPN } else { CommandStatus::ESME_ROK };
        alice.answer(receipt, status);
        let is_over = |kind: &EventKind| match kind {
            EventKind::Receipt { state, .. } => ["delivered", "refused"].contains(state),
            _ => false,
        };
        next(&events, is_over);
    }
    // What is due is done: nothing is pending.
    sim.advance(Duration::ZERO);
    let stats = sim.stats();
    let alice_is = ("system_id", "alice");
    for (name, labels, number) in [
        ("sessions", vec![alice_is, ("bind_type", "transceiver"), ("tls", "false")], 1),
        ("sessions", vec![("system_id", "bob")], 0),
        ("binds_total", vec![("command_status", "ESME_ROK")], 1),
        ("binds_total", vec![("command_status", "ESME_RINVSYSID"), ("bind_type", "receiver")], 1),
        ("messages_accepted_total", vec![alice_is], 5),
        ("messages_final_total", vec![alice_is, ("state", "DELIVRD")], 5),
        ("receipts_sent_total", vec![alice_is, ("state", "DELIVRD")], 5),
        ("pdus_total", vec![("direction", "in"), ("command", "submit_sm"), ("command_status", "ESME_ROK")], 5),
        ("pdus_total", vec![("command", "bind_receiver_resp"), ("command_status", "ESME_RINVSYSID")], 1),
        ("response_delay_seconds", vec![("command", "submit_sm")], 5),
        ("esme_response_seconds", vec![("command", "deliver_sm")], 5),
        ("window_in_flight", vec![alice_is], 0),
        ("receipts_acked_total", vec![("command_status", "ESME_ROK")], 4),
        ("receipts_acked_total", vec![("command_status", "ESME_RX_P_APPN")], 1),
        ("messages", vec![("state", "DELIVRD")], 5),
        ("pending", vec![], 0),
        ("seed_info", vec![], 1),
    ] {
        assert_eq!(stats.get(name, &labels), number, "{name} {labels:?}");
    }
    drop(alice);
    next(&events, |kind| matches!(kind, EventKind::SessionClosed { .. }));
    assert_eq!(sim.stats().get("sessions", &[alice_is]), 0);
    assert_eq!(sim.stats().get("session_closes_total", &[("reason", "peer_closed")]), 1);
}

/// What a test that fails says.
#[test]
fn where_anyone_may_bind_the_first_names_are_counted_and_the_others_together() {
    let sim = SmscSim::builder().start().unwrap();
    let events = sim.subscribe();
    for number in 0..103 {
        let mut raw = Raw::connect(sim.addr());
        raw.send(&smpp::pdu::BindTransceiver::default().with_system_id(format!("esme{number}")), 1);
        raw.expect_status(0x8000_0009, 1, CommandStatus::ESME_ROK);
        raw.send(&pdu(0), 2);
        raw.expect_submitted(2);
        drop(raw);
        next(&events, |kind| matches!(kind, EventKind::SessionClosed { .. }));
    }
    let stats = sim.stats();
    for (system_id, messages) in [("esme0", 1), ("esme99", 1), ("esme100", 0), ("other", 3)] {
        assert_eq!(stats.get("messages_accepted_total", &[("system_id", system_id)]), messages, "{system_id}");
    }
    assert_eq!(stats.get("messages_accepted_total", &[]), 103);
}

#[test]
fn what_rules_do_is_told_and_counted_and_what_they_hold_is_pending() {
    let sim = SmscSim::builder().user("alice", "").start().unwrap();
    let events = sim.subscribe();
    sim.add_rule(on(Hook::SubmitSm).name("late").times(1).hold()).unwrap();
    assert_eq!(next(&events, |_| true), EventKind::Changed { what: "rule late added".to_owned() });
    let mut alice = Raw::bound(sim.addr(), "alice");
    alice.send(&pdu(0), 2);
    let EventKind::RuleHit { rule, session } = next(&events, |kind| matches!(kind, EventKind::RuleHit { .. })) else {
        unreachable!()
    };
    assert_eq!((rule.as_str(), session), ("late", sim.session("alice").map(|session| session.id())));
    alice.send(&pdu(0), 3);
    alice.expect_submitted(3);
    let stats = sim.stats();
    assert_eq!(stats.get("pending", &[("queue", "responses")]), 1);
    assert_eq!(stats.get("window_in_flight", &[("system_id", "alice")]), 1);
    assert_eq!(stats.get("faults_injected_total", &[("rule", "late"), ("action", "hold")]), 1);
    assert_eq!(stats.get("response_delay_seconds", &[("command", "submit_sm")]), 1);
    sim.release("late");
    alice.expect_submitted(2);
    let stats = sim.stats();
    assert_eq!(stats.get("pending", &[("queue", "responses")]), 0);
    assert_eq!(stats.get("response_delay_seconds", &[("command", "submit_sm")]), 2);
}

#[test]
fn messages_from_mobiles_are_told_and_counted() {
    let sim = SmscSim::builder().start().unwrap();
    let events = sim.subscribe();
    let mo = sim.mo("4179", "1000", "hello").start().unwrap();
    assert_eq!(sim.stats().get("pending", &[("queue", "mo")]), 1);
    let mut esme = Raw::bound(sim.addr(), "esme");
    let (number, _) = esme.expect_deliver_sm();
    esme.answer(number, CommandStatus::ESME_ROK);
    let is_delivered = |kind: &EventKind| matches!(kind, EventKind::Mo { part: 1, state: "delivered", .. });
    next(&events, is_delivered);
    mo.wait(PATIENCE).unwrap();
    let stats = sim.stats();
    assert_eq!(stats.get("mo_sent_total", &[("command_status", "ESME_ROK")]), 1);
    assert_eq!(stats.get("pending", &[("queue", "mo")]), 0);
}

#[test]
fn passwords_are_not_told() {
    let sim = SmscSim::builder().user("alice", "s3cret").start().unwrap();
    let events = sim.subscribe().with_pdus();
    let mut raw = Raw::connect(sim.addr());
    let bind = smpp::pdu::BindTransceiver::default().with_system_id("alice").with_password("s3cret");
    raw.send(&bind, 1);
    raw.expect_status(0x8000_0009, 1, CommandStatus::ESME_ROK);
    let EventKind::Pdu { octets, .. } = next(&events, |kind| matches!(kind, EventKind::Pdu { .. })) else {
        unreachable!()
    };
    assert!(octets[16..].starts_with(b"alice\0******\0"), "{octets:x?}");
}

fn failure(test: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(test)).expect_err("it panics");
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap()
}

#[test]
fn what_was_expected_and_did_not_come_fails_the_test_that_expected_it() {
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    for number in 2..4 {
        esme.send(&pdu(0), number);
        esme.expect_submitted(number);
    }
    let here = || submit().to("4179123456");
    drop(sim.expect(here()));
    drop(sim.expect(here()).times(2));
    drop(sim.expect(here()).at_least(1));
    drop(sim.expect(here()).at_most(2));
    drop(sim.expect(submit().to("999")).never());
    assert!(failure(|| drop(sim.expect(submit().to("4179123457")))).contains("close: message"));
    assert!(failure(|| drop(sim.expect(here()).never())).contains("wanted no messages"));
    assert!(failure(|| drop(sim.expect(here()).at_most(1))).contains("found: message"));
    assert!(sim.expect(here()).times(3).check().is_err());
    // Another thread may hold it.
    let expected = sim.expect(here()).times(7);
    assert!(std::thread::spawn(move || drop(expected)).join().is_err());
}

#[test]
fn what_is_kept_is_checked_when_the_simulator_is_dropped_or_stopped() {
    let sim = || SmscSim::builder().start().unwrap();
    let kept = sim();
    kept.expect(submit()).never().keep();
    kept.expect(submit().to("1")).keep();
    kept.expect(submit().to("2")).keep();
    assert_eq!(kept.check().unwrap_err().len(), 2);
    let told = failure(|| drop(kept));
    assert!(told.contains("`to:1`") && told.contains("\nwanted at least 1 message `to:2`"), "{told}");
    let stopped = sim();
    stopped.expect(submit().to("1")).keep();
    assert!(failure(|| stopped.stop(Duration::from_secs(1))).contains("`to:1`"));
}

#[test]
fn a_test_that_fails_already_fails_with_what_it_said() {
    let told = failure(|| {
        let sim = SmscSim::builder().start().unwrap();
        sim.expect(submit().to("1")).keep();
        let _held = sim.expect(submit().to("2"));
        panic!("the reason");
    });
    assert_eq!(told, "the reason");
}
