//! What the simulator tells: events, numbers, and expectations that are not met.

mod raw;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use raw::{PATIENCE, Raw, submit as pdu};
use smpp::value::CommandStatus;
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
        ("sessions", vec![alice_is, ("bind_type", "transceiver")], 1),
        ("sessions", vec![("system_id", "bob")], 0),
        ("binds_total", vec![("command_status", "ESME_ROK")], 1),
        ("binds_total", vec![("command_status", "ESME_RINVSYSID"), ("bind_type", "receiver")], 1),
        ("messages_accepted_total", vec![alice_is], 5),
        ("messages_final_total", vec![alice_is, ("state", "DELIVRD")], 5),
        ("receipts_sent_total", vec![alice_is], 5),
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
