//! Rules about what goes to ESMEs: messages from mobiles, and receipts.

mod raw;

use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use smpp::client::Client;
use smpp::value::*;
use smsc_sim::rules::{Hook, on};
use smsc_sim::{Builder, Clock, Close, Mangle, MoSent, ReceiptForm, ReceiptState, SmscSim};

fn manual() -> Builder {
    SmscSim::builder().clock(Clock::manual())
}

fn send(sim: &SmscSim, text: &str) -> MoSent {
    sim.mo("447700900123", "12345", text).to_system_id("me").start().unwrap()
}

#[test]
fn a_message_is_dropped_doubled_or_late() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    {
        let dropped = sim.rule(on(Hook::Mo).text_contains("STOP").times(1).drop_request());
        let sent = send(&sim, "STOP");
        esme.hears_nothing(&sim);
        assert_eq!(dropped.hits(), 1);
        let report = sent.wait(PATIENCE).unwrap();
        assert_eq!((report.parts[0].state, report.command_status()), (ReceiptState::Lost, None));
        send(&sim, "STOP");
        let (number, _) = esme.expect_deliver_sm();
        esme.answer(number, CommandStatus::ESME_ROK);
    }
    {
        let _twice = sim.rule(on(Hook::Mo).source("4477*").dest("12345").mangle(Mangle::Duplicate));
        let sent = send(&sim, "hello");
        for _ in 0..2 {
            let (number, pdu) = esme.expect_deliver_sm();
            assert_eq!(pdu.short_message.as_bytes(), b"hello");
            esme.answer(number, CommandStatus::ESME_ROK);
        }
        assert_eq!(sent.wait(PATIENCE).unwrap().command_status(), Some(CommandStatus::ESME_ROK));
    }
    let _late = sim.rule(on(Hook::Mo).delay(Duration::from_secs(3)));
    send(&sim, "late");
    sim.advance(Duration::from_millis(2999));
    esme.hears_nothing(&sim);
    sim.advance(Duration::from_millis(1));
    esme.expect_deliver_sm();
}

#[test]
fn a_connection_is_closed_in_place_of_a_message_which_comes_after_the_next_bind() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    sim.rule(on(Hook::Mo).times(1).close(Close::Fin)).keep();
    let sent = send(&sim, "hello");
    assert!(esme.next_or_end().is_none());
    let mut esme = Raw::bound(sim.addr(), "me");
    let (number, pdu) = esme.expect_deliver_sm();
    assert_eq!(pdu.short_message.as_bytes(), b"hello");
    esme.answer(number, CommandStatus::ESME_ROK);
    assert_eq!(sent.wait(PATIENCE).unwrap().command_status(), Some(CommandStatus::ESME_ROK));
    // After the answer.
    sim.rule(on(Hook::Mo).close_after(Close::Fin)).keep();
    let sent = send(&sim, "again");
    let (number, _) = esme.expect_deliver_sm();
    esme.answer(number, CommandStatus::ESME_ROK);
    assert!(esme.next_or_end().is_none());
    assert_eq!(sent.wait(PATIENCE).unwrap().command_status(), Some(CommandStatus::ESME_ROK));
}

#[test]
fn our_client_gets_a_doubled_message_twice() {
    let sim = SmscSim::builder().start().unwrap();
    sim.rule(on(Hook::Mo).mangle(Mangle::Duplicate)).keep();
    let (got, messages) = std::sync::mpsc::channel();
    let client = Client::builder()
        .on_deliver_sm(move |pdu| {
            let _ = got.send(pdu.short_message.as_bytes().to_vec());
            CommandStatus::ESME_ROK
        })
        .connect(sim.addr())
        .unwrap();
    client.bind_receiver().unwrap();
    assert_eq!(sim.mo("1", "2", "twice").send().unwrap().command_status(), Some(CommandStatus::ESME_ROK));
    for _ in 0..2 {
        assert_eq!(messages.recv_timeout(PATIENCE).unwrap(), b"twice");
    }
}

#[test]
fn receipts_by_what_they_tell() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let gone = sim.rule(on(Hook::Receipt).receipt(|receipt| receipt.drop = true));
    esme.send(&submit(1), 2);
    esme.expect_submitted(2);
    esme.hears_nothing(&sim);
    drop(gone);
    let is_dropped = sim.wait_until(|message| message.is_final(), PATIENCE).unwrap();
    assert_eq!(is_dropped.receipt, ReceiptState::None);
    let mut esme = Raw::bound(sim.addr(), "you");
    let mut receipts = |rule, count: usize, late: Duration| {
        let rule = sim.rule(rule);
        esme.send(&submit(1), 2);
        let id = esme.expect_submitted(2);
        if late > Duration::ZERO {
            esme.hears_nothing(&sim);
            sim.advance(late);
        }
        let all: Vec<_> = (0..count)
            .map(|_| {
                let (number, receipt) = esme.expect_deliver_sm();
                esme.answer(number, CommandStatus::ESME_ROK);
                receipt
            })
            .collect();
        esme.hears_nothing(&sim);
        assert_eq!(rule.hits(), 1);
        (id, all)
    };
    let delivered = || on(Hook::Receipt).when(|when| when.state = Some(MessageState::DELIVERED));
    let (_, twice) = receipts(delivered().receipt(|receipt| receipt.duplicate = true), 2, Duration::ZERO);
    assert_eq!(twice[0].short_message, twice[1].short_message);
    let (id, unknown) = receipts(delivered().receipt(|receipt| receipt.unknown_id = true), 1, Duration::ZERO);
    assert_ne!(unknown[0].receipted_message_id().unwrap(), id.as_str());
    let (_, plain) = receipts(delivered().receipt_form(ReceiptForm::NoTlv), 1, Duration::ZERO);
    assert!(plain[0].receipted_message_id().is_none());
    let lies = delivered().receipt(|receipt| {
        receipt.state = Some(MessageState::UNDELIVERABLE);
        receipt.err = Some("021".to_owned());
    });
    let (id, lies) = receipts(lies, 1, Duration::ZERO);
    assert!(lies[0].short_message.to_str_lossy().contains("stat:UNDELIV err:021"));
    assert_eq!(lies[0].message_state(), Some(MessageState::UNDELIVERABLE));
    let so = sim.messages().into_iter().find(|message| message.id == id).unwrap();
    assert_eq!(so.state, MessageState::DELIVERED);
    receipts(delivered().delay(Duration::from_secs(7)), 1, Duration::from_secs(7));
    let undelivered = on(Hook::Receipt).when(|when| when.state = Some(MessageState::UNDELIVERABLE)).drop_request();
    let undelivered = sim.rule(undelivered);
    esme.send(&submit(1), 2);
    esme.expect_submitted(2);
    esme.expect_deliver_sm();
    assert_eq!(undelivered.hits(), 0);
}
