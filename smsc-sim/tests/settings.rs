//! What the file and the command line say is what the simulator does.

mod common;
mod raw;

use std::time::{Duration, Instant};

use common::Program;
use raw::{Raw, submit};
use smpp::pdu::{EnquireLink, EnquireLinkResp};
use smpp::value::{CommandStatus, MessageState};
use smsc_sim::{Config, SmscSim};

fn with(yaml: &str) -> SmscSim {
    SmscSim::builder().config(Config::from_yaml(yaml).unwrap()).start().unwrap()
}

/// Waits until so many requests of ESMEs have been taken: what becomes of them is planned before time moves on.
fn taken(sim: &SmscSim, requests: u64) {
    let deadline = Instant::now() + raw::PATIENCE;
    while sim.sessions().iter().map(|session| session.requests).sum::<u64>() < requests {
        assert!(Instant::now() < deadline, "{:?}", sim.sessions());
        std::thread::yield_now();
    }
}

#[test]
fn answers_are_late_by_the_latency_of_the_file_and_of_a_profile() {
    let sim = with(
        "
clock: manual
latency: 20ms
profiles: {slow: {latency: 70ms}}
accounts: [{system_id: me}, {system_id: you, profile: slow}]
",
    );
    let mut esmes = ["me", "you"].map(|system_id| Raw::bound(sim.addr(), system_id));
    for esme in &mut esmes {
        esme.send(&submit(0), 2);
        esme.send(&EnquireLink::default(), 3);
        esme.expect_status(0x8000_0015, 3, CommandStatus::ESME_ROK);
    }
    taken(&sim, 2);
    sim.advance(Duration::from_millis(20));
    esmes[0].expect_submitted(2);
    sim.advance(Duration::from_millis(49));
    esmes[1].send(&EnquireLink::default(), 4);
    esmes[1].expect_status(0x8000_0015, 4, CommandStatus::ESME_ROK);
    sim.advance(Duration::from_millis(1));
    esmes[1].expect_submitted(2);
}

#[test]
fn the_window_of_an_account_and_the_answer_beyond_it() {
    for (over, status) in
        [("", CommandStatus::ESME_RTHROTTLED), (", over_window: ESME_RMSGQFUL", CommandStatus::ESME_RMSGQFUL)]
    {
        let sim = with(&format!(
            "
clock: manual
latency: 1s
accounts: [{{system_id: me, window: 2{over}}}]
"
        ));
        let mut esme = Raw::bound(sim.addr(), "me");
        for number in 2..=4 {
            esme.send(&submit(0), number);
        }
        taken(&sim, 3);
        sim.advance(Duration::from_secs(1));
        let mut answers: Vec<_> = (0..3).map(|_| esme.next().unwrap().0).collect();
        answers.sort_by_key(|header| header.sequence_number);
        let answers: Vec<_> = answers.iter().map(|header| header.command_status).collect();
        assert_eq!(answers, [CommandStatus::ESME_ROK, CommandStatus::ESME_ROK, status]);
    }
}

#[test]
fn timers_of_the_file_and_of_the_command_line() {
    let sim = with("timers: {bind: 50ms, enquire_link: off}");
    assert!(Raw::connect(sim.addr()).next_or_end().is_none());
    drop(sim);
    let program = Program::start(&["--timers", "enquire_link=20ms,inactivity=1h"]);
    let mut esme = Raw::bound(program.addr, "me");
    for _ in 0..2 {
        let (header, _) = esme.next().unwrap();
        assert_eq!(header.command_id.0, 0x15);
        esme.send(&EnquireLinkResp::default(), header.sequence_number);
    }
}

#[test]
fn with_receipts_off_only_those_come_that_are_called_for() {
    let sim = with("{clock: manual, receipt: {send: off}}");
    let mut esme = Raw::bound(sim.addr(), "me");
    // With an intermediate notification.
    esme.send(&submit(0x11), 2);
    let id = esme.expect_submitted(2);
    sim.advance(Duration::from_secs(1));
    assert_eq!(sim.messages()[0].state, MessageState::DELIVERED);
    esme.hears_nothing(&sim);
    sim.resend_receipt(&id).unwrap();
    let (number, receipt) = esme.expect_deliver_sm();
    assert!(receipt.short_message.to_str_lossy().contains("stat:DELIVRD"));
    esme.answer(number, CommandStatus::ESME_ROK);
    sim.set_state(&id, MessageState::UNDELIVERABLE, None).unwrap();
    assert!(esme.expect_deliver_sm().1.short_message.to_str_lossy().contains("stat:UNDELIV"));
}

#[test]
fn a_message_on_its_way_is_receipted_by_hand_though_receipts_are_off() {
    let sim = with("{clock: manual, lifecycle: {mix: ENROUTE=1}, receipt: {send: off}}");
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(1), 2);
    let id = esme.expect_submitted(2);
    sim.set_state(&id, MessageState::DELIVERED, None).unwrap();
    assert!(esme.expect_deliver_sm().1.short_message.to_str_lossy().contains("stat:DELIVRD"));
}

#[test]
fn what_no_timer_and_no_word_is_told_with_its_place() {
    for (yaml, wanted) in [
        ("timers: {bnid: 5s}", "did you mean `bind`?"),
        ("timers: {bind: 5}", "has no unit"),
        ("receipt: {send: atuo}", "did you mean `auto`?"),
        ("latency: unifrom:1s..2s", "did you mean `uniform`?"),
        ("accounts: [{system_id: me, window: many}]", "invalid digit"),
    ] {
        let error = Config::from_yaml(yaml).unwrap_err().to_string();
        assert!(error.contains(wanted) && error.contains("configuration:1:"), "{yaml}: {error}");
    }
}
