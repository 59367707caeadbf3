//! Which of what comes rules pick, in which order, and what they do, through our client and a raw socket.

mod both;
mod raw;

use std::time::Duration;

use both::{Answer, Esme, Ours, with_both};
use raw::{Raw, submit};
use smpp::client::Client;
use smpp::driver::Error;
use smpp::value::*;
use smsc_sim::rules::{Chaos, Hook, Per, Profile, Rule, Scenario, on};
use smsc_sim::{Builder, Clock, SmscSim, What};

const BUSY: CommandStatus = CommandStatus::ESME_RTHROTTLED;

fn manual() -> Builder {
    SmscSim::builder().clock(Clock::manual())
}

fn throttled() -> Rule {
    on(Hook::SubmitSm).reply(BUSY)
}

/// Which of so many submits are refused, counted from 1: through a raw socket.
fn refused(esme: &mut Raw, count: u32) -> Vec<u32> {
    let mut refused = Vec::new();
    for number in 1..=count {
        esme.send(&submit(0), 100 + number);
        let (header, _) = esme.next().expect("the link is up");
        assert_eq!((header.command_id.0, header.sequence_number), (0x8000_0004, 100 + number));
        refused.extend((header.command_status != CommandStatus::ESME_ROK).then_some(number));
    }
    refused
}

/// The same through our client.
fn refused_client(client: &Client, count: u32) -> Vec<u32> {
    (1..=count).filter(|_| matches!(client.submit_sm(&submit(0)), Err(Error::Refused { .. }))).collect()
}

#[test]
fn picks_through_a_socket_and_the_client() {
    for (rule, expected) in [
        (throttled().nth(2), vec![2]),
        (throttled().every(3), vec![3, 6]),
        (throttled().after(5), vec![6, 7]),
        (throttled().times(2), vec![1, 2]),
        (throttled().after(2).times(3), vec![3, 4, 5]),
        (throttled().after(1).every(2).times(2), vec![3, 5]),
        (throttled().probability(0.0), vec![]),
        (throttled().probability(1.0), (1..=7).collect()),
    ] {
        let sim = manual().rule(rule.clone()).start().unwrap();
        assert_eq!(refused(&mut Raw::bound(sim.addr(), "me"), 7), expected, "{rule:?}");
        let client = Client::builder().system_id("you").connect(sim.addr()).unwrap();
        client.bind_transceiver().unwrap();
        assert_eq!(refused_client(&client, 7), expected, "{rule:?}");
    }
}

#[test]
fn half_of_them_are_the_same_half_with_the_same_seed() {
    let run = |seed| {
        let sim = manual().seed(seed).rule(throttled().name("half").probability(0.5)).start().unwrap();
        refused(&mut Raw::bound(sim.addr(), "me"), 64)
    };
    let first = run(7);
    assert!((10..54).contains(&first.len()), "{first:?}");
    assert_eq!(first, run(7));
    assert_ne!(first, run(8));
}

#[test]
fn during_a_time_by_the_clock() {
    let rule = throttled().during(Duration::from_secs(30), Duration::from_secs(60));
    let sim = manual().rule(rule).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let mut counts = Vec::new();
    for step in [0, 29_999, 1, 29_999, 1] {
        sim.advance(Duration::from_millis(step));
        counts.push(refused(&mut esme, 1).len());
    }
    assert_eq!(counts, [0, 0, 1, 1, 0]);
}

#[test]
fn times_and_sessions_as_a_client_sees_them() {
    let rule = throttled().during(Duration::from_secs(30), Duration::from_secs(60));
    with_both(
        || manual().rule(rule.clone()).start().unwrap(),
        |sim, esme| {
            let mut statuses = Vec::new();
            for seconds in [0, 30, 29, 1] {
                sim.advance(Duration::from_secs(seconds));
                statuses.push(esme.submit(&submit(0)).status() == Some(BUSY));
            }
            assert_eq!(statuses, [false, true, true, false], "{}", esme.name());
        },
    );
    for (per, expected) in [(Per::SystemId, [1, 0]), (Per::Session, [1, 1]), (Per::All, [1, 0])] {
        let sim = manual().rule(throttled().times(1).per(per)).start().unwrap();
        let count = || {
            let mut ours = Ours::bound(&sim);
            (0..2).filter(|_| ours.submit(&submit(0)).status() == Some(BUSY)).count()
        };
        assert_eq!([count(), count()], expected, "{per}");
    }
}

#[test]
fn chaos_of_every_kind() {
    for chaos in ["submit_sm=ESME_RTHROTTLED@100%", "ESME_RTHROTTLED@100%", "close@100%", "submit_sm=no_response@100%"]
    {
        let parsed: Chaos = chaos.parse().unwrap();
        with_both(
            || manual().chaos(parsed.clone()).start().unwrap(),
            |sim, esme| {
                esme.begin(&submit(0));
                if chaos.contains("no_response") {
                    esme.quiet(sim);
                    assert!(sim.messages().is_empty());
                } else if chaos.contains("close") {
                    assert_eq!(esme.answer(), Answer::Ended(Some(std::io::ErrorKind::ConnectionReset)));
                } else {
                    assert_eq!(esme.answer(), Answer::Refused(BUSY));
                }
                assert_eq!(sim.rules()[0].hits, 1, "{chaos}");
            },
        );
    }
}

#[test]
fn counts_are_kept_per_system_id_per_session_or_for_all() {
    for (per, expected) in [(Per::SystemId, [1, 0, 1]), (Per::Session, [1, 1, 1]), (Per::All, [1, 0, 0])] {
        let sim = manual().rule(throttled().times(1).per(per)).start().unwrap();
        let count = |system_id| refused(&mut Raw::bound(sim.addr(), system_id), 2).len();
        assert_eq!([count("me"), count("me"), count("you")], expected, "{per}");
    }
}

#[test]
fn what_was_counted_is_forgotten_by_reset() {
    let sim = manual().start().unwrap();
    let rule = sim.rule(throttled().times(1).scenario(Scenario::new("carrier", "start", "start")));
    let mut esme = Raw::bound(sim.addr(), "me");
    assert_eq!(refused(&mut esme, 2), [1]);
    sim.reset(What::Rules);
    assert_eq!((rule.hits(), refused(&mut esme, 2)), (0, vec![1]));
    assert_eq!(sim.messages().len(), 2);
}

#[test]
fn the_higher_priority_comes_first_and_of_the_same_the_one_before() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let mut status = || {
        esme.send(&submit(0), 2);
        esme.next().unwrap().0.command_status.0
    };
    let _low = sim.rule(throttled().name("low").priority(-1));
    let first = sim.rule(on(Hook::SubmitSm).reply(CommandStatus(0x401)));
    let _second = sim.rule(on(Hook::SubmitSm).reply(CommandStatus(0x402)));
    let high = sim.rule(on(Hook::SubmitSm).priority(5).times(1).reply(CommandStatus(0x403)));
    assert_eq!([status(), status()], [0x403, 0x401]);
    drop((first, high));
    assert_eq!(status(), 0x402);
    assert_eq!((sim.clear_rules(), status()), (2, 0));
}

#[test]
fn a_scenario_moves_from_state_to_state() {
    let sim = manual().start().unwrap();
    let down = on(Hook::SubmitSm).text_contains("hello").scenario(Scenario::new("carrier", "up", "down"));
    sim.rule(down.reply(CommandStatus(0x401))).keep();
    let still = on(Hook::SubmitSm).times(2).scenario(Scenario::new("carrier", "down", "down"));
    sim.rule(still.reply(BUSY)).keep();
    let back = on(Hook::SubmitSm).set_state("carrier", "up");
    sim.rule(back).keep();
    let mut esme = Raw::bound(sim.addr(), "me");
    let mut status = || {
        esme.send(&submit(0), 2);
        esme.next().unwrap().0.command_status
    };
    assert_eq!([status(), status(), status()], [CommandStatus(0x401), BUSY, BUSY]);
    assert_eq!(sim.scenarios()["carrier"], "down");
    assert_eq!(status(), CommandStatus::ESME_ROK);
    assert_eq!(sim.scenarios()["carrier"], "up");
    sim.set_scenario("carrier", "elsewhere");
    assert_eq!(status(), CommandStatus::ESME_ROK);
}

#[test]
fn what_is_held_comes_when_it_is_released() {
    let sim = manual().start().unwrap();
    sim.rule(on(Hook::SubmitSm).name("later").times(2).hold()).keep();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(0), 2);
    esme.send(&submit(0), 3);
    esme.hears_nothing(&sim);
    assert_eq!((sim.release("other"), sim.messages().len()), (0, 2));
    assert_eq!((sim.release("later"), sim.release("later")), (2, 0));
    esme.expect_submitted(2);
    esme.expect_submitted(3);
}

#[test]
fn chaos_and_profiles_come_and_go_while_it_runs() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    sim.set_chaos(&"submit_sm=ESME_RTHROTTLED@100%".parse::<Chaos>().unwrap());
    assert_eq!(refused(&mut esme, 2), [1, 2]);
    sim.set_chaos(&Chaos::default());
    assert!(refused(&mut esme, 2).is_empty());
    sim.set_profile(Profile::Throttled);
    let count = refused(&mut esme, 100).len();
    assert!((15..45).contains(&count), "{count}");
    sim.set_profile(Profile::Healthy);
    assert!(refused(&mut esme, 20).is_empty());
}

#[test]
fn a_flapping_operator_refuses_every_fifth_bind_and_resets_at_the_twentieth_message() {
    let sim = manual().profile(Profile::Flapping).start().unwrap();
    for bind in 1..=5_u32 {
        let mut esme = Raw::connect(sim.addr());
        let request = smpp::pdu::BindTransceiver::default().with_system_id("me").with_interface_version(0x34);
        esme.send(&request, 1);
        let status = if bind == 5 { CommandStatus::ESME_RBINDFAIL } else { CommandStatus::ESME_ROK };
        esme.expect_status(0x8000_0009, 1, status);
        if bind == 1 {
            assert!(refused(&mut esme, 19).is_empty());
            esme.send(&submit(0), 2);
            assert!(esme.next_or_end().is_none());
        }
    }
}

#[test]
fn a_stale_bind_stands_in_the_way_of_two_more() {
    let sim = manual().profile(Profile::StaleBind).start().unwrap();
    let client = || Client::builder().system_id("me").connect(sim.addr()).unwrap();
    let statuses: Vec<_> = (0..4).map(|_| client().bind_transceiver().is_ok()).collect();
    assert_eq!(statuses, [true, false, false, true]);
}

#[test]
fn a_slow_operator_answers_when_it_is_time() {
    let sim = manual().profile(Profile::Slow).start().unwrap();
    let mut esme = Raw::connect(sim.addr());
    let request = smpp::pdu::BindTransceiver::default().with_system_id("me").with_interface_version(0x34);
    esme.send(&request, 1);
    while sim.rules()[0].hits == 0 {
        std::thread::yield_now();
    }
    sim.advance(Duration::from_secs(60));
    esme.expect_status(0x8000_0009, 1, CommandStatus::ESME_ROK);
    esme.send(&submit(0), 2);
    esme.send(&submit(0), 3);
    while sim.rules()[0].hits < 3 {
        std::thread::yield_now();
    }
    sim.advance(Duration::from_secs(60));
    let mut numbers = [esme.next().unwrap().0.sequence_number, esme.next().unwrap().0.sequence_number];
    numbers.sort_unstable();
    assert_eq!(numbers, [2, 3]);
}

#[test]
fn a_dead_operator_lets_in_and_says_nothing_of_messages() {
    let sim = manual().profile(Profile::Dead).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(0), 2);
    while sim.rules()[0].hits == 0 {
        std::thread::yield_now();
    }
    assert!(sim.messages().is_empty());
    sim.session("me").unwrap().kick(smsc_sim::Kick::Fin);
    // Nothing was said in between.
    assert!(esme.next_or_end().is_none());
}
