//! The same seed gives every session the same PDUs, whatever other sessions do meanwhile.

mod both;
mod raw;

use std::time::Duration;

use both::{manual, rule};
use raw::{PATIENCE, Raw, submit};
use smpp::Pdu;
use smpp::pdu::*;
use smpp::session::Direction;
use smpp::value::*;
use smsc_sim::{Builder, Clock, Message, MessageIdForm, OutcomeMix, ReceiptState, SmscSim};

const MARK: u32 = 0xABCD;
const SUBMITS: u32 = 20;

/// A simulator that leaves to chance whatever can be.
fn by_chance(seed: u64) -> Builder {
    let rules = [
        ("refused", "submit_sm", "probability: 0.2", "{status: ESME_RSYSERR}"),
        ("mangled", "submit_sm", "probability: 0.2", "{mangle: sequence}, {delay: 'uniform:1s..2s'}"),
        ("late", "submit_sm", "probability: 0.3", "{delay: 'normal:2s,1s'}, {mo: {delay: 'uniform:0s..3s'}}"),
        ("twice", "submit_sm", "every: 5", "{receipt: {duplicate: true, delay: 'uniform:1s..5s'}}"),
        ("lost", "receipt", "probability: 0.2", "no_response"),
    ];
    let builder = manual()
        .seed(seed)
        // A number depends on what was submitted before, by anybody.
        .message_id(MessageIdForm::Uuid)
        .dlr_mix("DELIVRD=70,UNDELIV=20,REJECTD=10".parse::<OutcomeMix>().unwrap())
        .dlr_delay("uniform:0s..4s".parse::<smsc_sim::Delay>().unwrap())
        .trace(1000);
    rules.into_iter().fold(builder, |builder, (name, pdu, pick, then)| {
        builder.rule(rule(&format!("{{name: {name}, when: {{pdu: {pdu}}}, pick: {{{pick}}}, then: [{then}]}}")))
    })
}

struct Session {
    esme: Raw,
    name: &'static str,
    submitted: u32,
}

impl Session {
    fn bound(sim: &SmscSim, name: &'static str) -> Self {
        Self { esme: Raw::bound(sim.addr(), name), name, submitted: 0 }
    }

    fn submit(&mut self, sim: &SmscSim) {
        self.submitted += 1;
        self.esme.send(&submit(0x11).with_short_message(format!("message {}", self.submitted)), self.submitted + 1);
        let begin = std::time::Instant::now();
        while sim.session(self.name).unwrap().info().requests < u64::from(self.submitted) {
            assert!(begin.elapsed() < PATIENCE);
            std::thread::yield_now();
        }
        self.settle(sim);
    }

    /// Takes and answers all that comes, until nothing does.
    fn settle(&mut self, sim: &SmscSim) {
        loop {
            sim.advance(Duration::ZERO);
            self.esme.send(&EnquireLink::default(), MARK);
            let mut delivered = Vec::new();
            loop {
                match self.esme.next().expect("the link is up") {
                    (_, Pdu::EnquireLinkResp(_)) => break,
                    (header, Pdu::DeliverSm(_)) => delivered.push(header.sequence_number),
                    _ => {}
                }
            }
            if delivered.is_empty() {
                return;
            }
            for number in delivered {
                self.esme.answer(number, CommandStatus::ESME_ROK);
            }
        }
    }

    /// What went over the connection in both directions, in its order, but for the marks.
    fn trace(&self, sim: &SmscSim) -> Vec<(Direction, Vec<u8>)> {
        let traced = sim.session(self.name).unwrap().pdus();
        let is_mark = |octets: &[u8]| matches!(octets[4..8], [0x80 | 0, 0, 0, 0x15]);
        let traced = traced.into_iter().filter(|traced| !is_mark(&traced.octets));
        traced.map(|traced| (traced.direction, traced.octets)).collect()
    }
}

/// Two sessions that submit in turn, or the one after the other; the order in which they do anything is another one,
/// too.
fn run(seed: u64, in_turn: bool) -> [Vec<(Direction, Vec<u8>)>; 2] {
    let sim = by_chance(seed).start().unwrap();
    let (mut alice, mut bob, mut others) = if in_turn {
        (Session::bound(&sim, "alice"), Session::bound(&sim, "bob"), Vec::new())
    } else {
        let carol = Session::bound(&sim, "carol");
        let bob = Session::bound(&sim, "bob");
        (Session::bound(&sim, "alice"), bob, vec![carol])
    };
    if in_turn {
        for _ in 0..SUBMITS {
            alice.submit(&sim);
            bob.submit(&sim);
        }
    } else {
        for session in [&mut bob, &mut others[0], &mut alice] {
            (0..SUBMITS).for_each(|_| session.submit(&sim));
        }
    }
    for _ in 0..100 {
        sim.advance(Duration::from_millis(100));
        let mut sessions = [&mut alice, &mut bob];
        if !in_turn {
            sessions.reverse();
        }
        sessions.into_iter().for_each(|session| session.settle(&sim));
        others.iter_mut().for_each(|session| session.settle(&sim));
    }
    [alice.trace(&sim), bob.trace(&sim)]
}

#[test]
fn every_session_has_the_same_trace_whatever_the_order_of_work_is() {
    let first = run(7, true);
    for (session, other) in first.iter().zip(run(7, false)) {
        assert_eq!(session.len(), other.len());
        for (place, (one, other)) in session.iter().zip(&other).enumerate() {
            assert_eq!(one, other, "PDU {place} of {}", session.len());
        }
    }
    assert_eq!(first, run(7, true));
    // Something was left to chance: sessions, and seeds, differ.
    let bodies = |trace: &[(Direction, Vec<u8>)]| -> Vec<Vec<u8>> {
        trace.iter().skip(2).map(|(_, octets)| octets.clone()).collect()
    };
    assert_ne!(bodies(&first[0]), bodies(&first[1]));
    assert_ne!(first, run(8, true));
    // Every rule took part, and every direction, and receipts, replies and notifications came.
    let count = |is_it: &dyn Fn(&[u8]) -> bool| first[0].iter().filter(|(_, octets)| is_it(octets)).count();
    assert_eq!(count(&|octets| octets[4..8] == [0, 0, 0, 4]), SUBMITS as usize);
    assert_eq!(count(&|octets| octets[4..8] == [0x80, 0, 0, 4]), SUBMITS as usize);
    let (delivered, answered) =
        (count(&|octets| octets[4..8] == [0, 0, 0, 5]), count(&|octets| octets[4..8] == [0x80, 0, 0, 5]));
    assert!(delivered > 10 && delivered == answered, "{delivered} {answered}");
    let mangled = count(&|octets| octets[4] == 0x80 && octets[12] == 0x40);
    let refused = count(&|octets| octets[4..12] == [0x80, 0, 0, 4, 0, 0, 0, 8]);
    assert!(mangled > 0 && refused > 0, "{mangled} {refused}");
}

#[test]
fn garbage_is_the_same_whoever_came_before() {
    let garbage = |connections: usize, seed| {
        let spoilt = rule("{name: spoilt, when: {pdu: submit_sm}, then: [{mangle: garbage}]}");
        let sim = manual().seed(seed).rule(spoilt).start().unwrap();
        let others: Vec<_> = (0..connections).map(|_| Raw::bound(sim.addr(), "other")).collect();
        let mut esme = Raw::bound(sim.addr(), "me");
        esme.send(&submit(0).with_service_type("x"), 2);
        let mut octets = [0; 18];
        std::io::Read::read_exact(&mut esme.writer(), &mut octets).unwrap();
        drop(others);
        octets
    };
    let first = garbage(0, 7);
    assert_eq!(first[..4], [0xFF; 4]);
    assert_eq!(first, garbage(3, 7));
    assert_ne!(first, garbage(0, 8));
}

#[test]
fn how_late_a_receipt_comes_does_not_depend_on_what_others_submit() {
    let late = |others: u32| {
        let sim = SmscSim::builder().clock(Clock::manual()).seed(7).message_id(MessageIdForm::Uuid).start().unwrap();
        let rule =
            r#"{"when":{"pdu":"receipt","system_id":"alice"},"then":[{"receipt":{"delay":"uniform:1s..100s"}}]}"#;
        sim.rule(serde_json::from_str::<smsc_sim::rules::Rule>(rule).unwrap()).keep();
        let mut bob = Raw::bound(sim.addr(), "bob");
        for number in 2..2 + others {
            bob.send(&submit(0), number);
            bob.expect_submitted(number);
        }
        let mut alice = Raw::bound(sim.addr(), "alice");
        alice.send(&submit(1), 2);
        alice.expect_submitted(2);
        alice.hears_nothing(&sim);
        let begin = sim.now();
        let came = |message: &Message| message.receipt != ReceiptState::Held;
        while !sim.messages().last().is_some_and(came) {
            sim.advance(Duration::from_secs(1));
            assert!(sim.now().duration_since(begin).unwrap() <= Duration::from_secs(101));
        }
        sim.now().duration_since(begin).unwrap()
    };
    let alone = late(0);
    assert!(alone > Duration::ZERO);
    assert_eq!([late(1), late(2), late(3)], [alone; 3]);
}
