//! Built-in profiles, through a client of ours and a raw socket.

mod both;
mod raw;

use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use both::{Answer, Esme, Ours, Socket, manual, with_both};
use raw::{PATIENCE, Raw, submit};
use smpp::client::Client;
use smpp::pdu::*;
use smpp::value::*;
use smsc_sim::SmscSim;
use smsc_sim::rules::Profile;

fn with(profile: Profile) -> impl Fn() -> SmscSim {
    move || manual().profile(profile).start().unwrap()
}

/// While something is done, time goes by, a tenth of a second at a time.
fn in_fast_time<T>(sim: &SmscSim, act: impl FnOnce() -> T) -> T {
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(Ordering::Relaxed) {
                sim.advance(Duration::from_millis(100));
                std::thread::yield_now();
            }
        });
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
        is_done.store(true, Ordering::Relaxed);
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn hits(sim: &SmscSim, name: &str) -> u64 {
    sim.rules().iter().find(|rule| rule.name == name).expect(name).hits
}

#[test]
fn healthy_takes_everything() {
    with_both(with(Profile::Healthy), |sim, esme| {
        assert!((0..50).all(|_| matches!(esme.submit(&submit(0)), Answer::Accepted(_))));
        esme.quiet(sim);
    });
}

#[test]
fn flaky_fails_now_and_then_in_every_way_and_the_same_way_with_the_same_seed() {
    const COUNT: usize = 400;
    let answers = |bind: fn(&SmscSim) -> Box<dyn Esme>| {
        let sim = with(Profile::Flaky)();
        let answers = in_fast_time(&sim, || {
            let mut esme = bind(&sim);
            let mut answers = Vec::new();
            for _ in 0..COUNT {
                let answer = esme.submit(&submit(0)).status();
                if answer.is_none() {
                    // Reset: it binds again.
                    esme = bind(&sim);
                }
                answers.push(answer);
            }
            answers
        });
        let count = |answer: Option<CommandStatus>| answers.iter().filter(|other| **other == answer).count();
        let errors = count(Some(CommandStatus::ESME_RSYSERR));
        let full = count(Some(CommandStatus::ESME_RMSGQFUL));
        let resets = count(None);
        // Of 400: 20, 8, 4 and 37 are to be expected.
        let late = hits(&sim, "flaky-late");
        assert!((5..50).contains(&errors) && (1..25).contains(&full), "{errors} {full}");
        assert!((1..16).contains(&resets) && (15..80).contains(&late), "{resets} {late}");
        let told = ["flaky-error", "flaky-full", "flaky-reset"].map(|name| hits(&sim, name));
        assert_eq!(told, [errors, full, resets].map(|count| count as u64));
        assert_eq!(count(Some(CommandStatus::ESME_ROK)), COUNT - errors - full - resets);
        answers
    };
    let socket = answers(|sim| Box::new(Socket::bound(sim)));
    assert_eq!(socket, answers(|sim| Box::new(Socket::bound(sim))));
    let ours = answers(|sim| Box::new(Ours::bound(sim)));
    assert_eq!(ours, answers(|sim| Box::new(Ours::bound(sim))));
    assert_ne!(socket, ours);
}

#[test]
fn throttled_refuses_three_in_ten() {
    with_both(with(Profile::Throttled), |sim, esme| {
        let statuses: Vec<_> = (0..200).filter_map(|_| esme.submit(&submit(0)).status()).collect();
        let refused = statuses.iter().filter(|status| **status == CommandStatus::ESME_RTHROTTLED).count();
        assert!((35..85).contains(&refused) && statuses.len() == 200, "{refused}");
        assert_eq!(sim.messages().len(), 200 - refused);
    });
}

#[test]
fn slow_is_late_with_binds_too() {
    let late = |bind: fn(&SmscSim) -> Box<dyn Esme>| {
        let sim = with(Profile::Slow)();
        let mut esme = in_fast_time(&sim, || bind(&sim));
        assert_eq!(hits(&sim, "slow"), 1);
        let begin = std::time::Instant::now();
        (0..10).for_each(|_| esme.begin(&submit(0)));
        while hits(&sim, "slow") < 11 {
            assert!(begin.elapsed() < PATIENCE);
            std::thread::yield_now();
        }
        // After 2 s half of them have been answered, more or less.
        let mut waiting = [0, 2, 1000].map(|seconds| {
            sim.advance(Duration::from_secs(seconds));
            sim.stats().get("pending", &[("queue", "responses")])
        });
        assert!((1..10).contains(&waiting[1]), "{waiting:?}");
        waiting[1] = 5;
        assert_eq!(waiting, [10, 5, 0]);
    };
    late(|sim| Box::new(Socket::bound(sim)));
    late(|sim| Box::new(Ours::bound(sim)));
}

#[test]
fn dead_lets_a_client_in_and_says_nothing_more() {
    let sim = with(Profile::Dead)();
    let client = Ours::bound(&sim).client;
    let submitted = client.send(&submit(0)).unwrap();
    let queried = client.send(&QuerySm::default().with_message_id("1")).unwrap();
    let asked = client.send(&EnquireLink::default()).unwrap();
    let begin = std::time::Instant::now();
    while hits(&sim, "dead") < 3 {
        assert!(begin.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
    sim.set_profile(Profile::Healthy);
    client.enquire_link().unwrap();
    assert!(!submitted.is_ready() && !queried.is_ready() && !asked.is_ready());
    assert!(sim.messages().is_empty());
    client.submit_sm(&submit(0)).unwrap();
}

#[test]
fn flapping_resets_a_client_at_its_twentieth_message_and_refuses_its_fifth_bind() {
    let sim = with(Profile::Flapping)();
    for bind in 1..=5 {
        let client = Client::builder().system_id("client").connect(sim.addr()).unwrap();
        let bound = client.bind_transceiver();
        assert_eq!(bound.is_ok(), bind < 5, "{bind}: {bound:?}");
        if bind > 2 {
            continue;
        }
        assert!((1..20).all(|_| client.submit_sm(&submit(0)).is_ok()));
        assert!(client.submit_sm(&submit(0)).unwrap_err().is_unknown_outcome());
    }
    let mut socket = Socket::bound(&sim);
    (1..20).for_each(|_| _ = socket.submit(&submit(0)).id());
    assert_eq!(socket.submit(&submit(0)), Answer::Ended(Some(ErrorKind::ConnectionReset)));
}

#[test]
fn a_stale_bind_is_in_the_way_of_a_socket() {
    let sim = with(Profile::StaleBind)();
    for status in [0, 5, 5, 0] {
        let mut raw = Raw::connect(sim.addr());
        raw.send(&BindTransceiver::default().with_system_id("me"), 1);
        raw.expect_status(0x8000_0009, 1, CommandStatus(status));
    }
}
