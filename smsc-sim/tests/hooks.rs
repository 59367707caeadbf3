//! What rules do to requests and connections at each hook, by raw sockets, and by a client of ours where it matters.

mod raw;

use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use smpp::Pdu;
use smpp::client::Client;
use smpp::codec::Encode;
use smpp::pdu::*;
use smpp::session::Direction;
use smpp::value::CommandStatus;
use smsc_sim::rules::Rule;
use smsc_sim::{Clock, SmscSim};

const SECOND: Duration = Duration::from_secs(1);

fn manual() -> SmscSim {
    SmscSim::builder().clock(Clock::manual()).seed(7).start().unwrap()
}

fn rule(json: &str) -> Rule {
    serde_json::from_str(json).unwrap()
}

fn keep(sim: &SmscSim, json: &str) {
    sim.add_rule(rule(json)).unwrap();
}

/// Waits until so many requests have reached the engine: whatever moves the clock then waits until they are done with.
fn handled(sim: &SmscSim, requests: u64) {
    let begin = std::time::Instant::now();
    while sim.sessions()[0].requests < requests {
        assert!(begin.elapsed() < PATIENCE, "requests do not come");
        std::thread::yield_now();
    }
}

/// A request about messages at each of the hooks, and the response.
fn requests() -> Vec<(&'static str, Vec<u8>, u32)> {
    let octets = |pdu: &dyn Fn() -> Vec<u8>| pdu();
    let to = [DestAddress::SmeAddress {
        dest_addr_ton: Default::default(),
        dest_addr_npi: Default::default(),
        destination_addr: "4179".into(),
    }];
    let multi = SubmitMulti::default().with_dest_address(smpp::codec::List::from(to)).with_short_message("hello");
    vec![
        ("submit_sm", octets(&|| submit(0).to_octets(2).unwrap()), 4),
        ("submit_multi", octets(&|| multi.to_octets(2).unwrap()), 0x21),
        ("data_sm", octets(&|| DataSm::default().with_destination_addr("4179").to_octets(2).unwrap()), 0x103),
        ("query_sm", octets(&|| QuerySm::default().with_message_id("1").to_octets(2).unwrap()), 3),
        ("cancel_sm", octets(&|| CancelSm::default().with_message_id("1").to_octets(2).unwrap()), 8),
        ("replace_sm", octets(&|| ReplaceSm::default().with_message_id("1").to_octets(2).unwrap()), 7),
        ("enquire_link", octets(&|| EnquireLink::default().to_octets(2).unwrap()), 0x15),
        ("unbind", octets(&|| Unbind::default().to_octets(2).unwrap()), 6),
    ]
}

#[test]
fn a_status_at_every_hook() {
    for (hook, octets, id) in requests() {
        let sim = manual();
        keep(&sim, &format!(r#"{{"when":{{"pdu":"{hook}"}},"then":{{"status":"ESME_RTHROTTLED"}}}}"#));
        let mut esme = Raw::bound(sim.addr(), "me");
        esme.write(&octets);
        esme.expect_status(0x8000_0000 | id, 2, CommandStatus::ESME_RTHROTTLED);
        assert!(sim.messages().is_empty());
    }
}

#[test]
fn no_response_at_every_hook_and_the_session_goes_on() {
    for (hook, octets, _) in requests() {
        let sim = manual();
        keep(&sim, &format!(r#"{{"when":{{"pdu":"{hook}"}},"pick":{{"times":1}},"then":{{"no_response":true}}}}"#));
        let mut esme = Raw::bound(sim.addr(), "me");
        esme.write(&octets);
        esme.hears_nothing(&sim);
        assert!(sim.messages().is_empty());
    }
}

#[test]
fn a_delay_at_every_hook_goes_by_the_clock_and_holds_up_no_enquire_link() {
    for (hook, octets, id) in requests() {
        let sim = manual();
        keep(&sim, &format!(r#"{{"when":{{"pdu":"{hook}"}},"pick":{{"times":1}},"then":{{"delay":"2s"}}}}"#));
        let mut esme = Raw::bound(sim.addr(), "me");
        esme.write(&octets);
        if !matches!(hook, "enquire_link" | "unbind") {
            handled(&sim, 1);
        }
        esme.hears_nothing(&sim);
        sim.advance(SECOND);
        esme.hears_nothing(&sim);
        sim.advance(SECOND);
        let (header, _) = esme.next().unwrap();
        assert_eq!((header.command_id.0, header.sequence_number), (0x8000_0000 | id, 2), "{hook}");
    }
}

#[test]
fn what_is_held_waits_until_it_is_released_and_its_receipt_with_it() {
    let sim = manual();
    keep(&sim, r#"{"name":"stuck","when":{"pdu":"submit_sm"},"then":{"hold":true}}"#);
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(1), 2);
    esme.send(&submit(0), 3);
    handled(&sim, 2);
    esme.hears_nothing(&sim);
    sim.advance(100 * SECOND);
    esme.hears_nothing(&sim);
    assert_eq!((sim.messages().len(), sim.sessions()[0].unanswered), (2, 2));
    assert_eq!((sim.release("other"), sim.release("stuck"), sim.release("stuck")), (0, 2, 0));
    esme.expect_submitted(2);
    let mut rest = [esme.next().unwrap().1, esme.next().unwrap().1];
    rest.sort_by_key(|pdu| matches!(pdu, Pdu::DeliverSm(_)));
    assert!(matches!(&rest, [Pdu::SubmitSmResp(_), Pdu::DeliverSm(_)]), "{rest:?}");
}

#[test]
fn accepted_in_silence_it_is_there() {
    let sim = manual();
    keep(&sim, r#"{"when":{"pdu":"submit_sm"},"then":{"no_response":{"accept":true}}}"#);
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(0), 2);
    assert!(sim.wait_until(|_| true, PATIENCE).is_some());
    esme.hears_nothing(&sim);
}

#[test]
fn connections_are_closed_before_and_after_responses() {
    for (close, error) in [("fin", None), ("rst", Some(std::io::ErrorKind::ConnectionReset)), ("half", None)] {
        for when in ["before", "after"] {
            let sim = manual();
            let then = format!(r#"{{"close":{{"how":"{close}","when":"{when}"}}}}"#);
            keep(&sim, &format!(r#"{{"when":{{"pdu":"submit_sm"}},"then":{then}}}"#));
            let mut esme = Raw::bound(sim.addr(), "me");
            esme.send(&submit(0), 2);
            if when == "after" {
                esme.expect_submitted(2);
            }
            assert_eq!(esme.read_error().map(|error| error.kind()), error, "{close} {when}");
        }
    }
}

#[test]
fn the_simulator_unbinds_before_and_after_responses() {
    let sim = manual();
    keep(&sim, r#"{"when":{"pdu":"submit_sm"},"then":{"unbind":"after"}}"#);
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(0), 2);
    esme.expect_submitted(2);
    assert_eq!(esme.next().unwrap().0.command_id.0, 6);
    let client = Client::builder().system_id("me").connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    client.submit_sm(&submit(0)).unwrap();
    assert!(client.wait_closed(PATIENCE).is_some());
}

#[test]
fn responses_are_mangled_as_asked_for() {
    for (mangle, ids) in [
        ("command_id", &[(0x8000_0099_u32, 2_u32)][..]),
        ("sequence", &[(0x8000_0004, 0x4000_0002)]),
        ("duplicate", &[(0x8000_0004, 2), (0x8000_0004, 2)]),
        ("nack", &[(0x8000_0000, 2)]),
        ("nack_seq0", &[(0x8000_0000, 0)]),
    ] {
        let sim = manual();
        keep(&sim, &format!(r#"{{"when":{{"pdu":"submit_sm"}},"then":{{"mangle":"{mangle}"}}}}"#));
        let mut esme = Raw::bound(sim.addr(), "me");
        esme.send(&submit(0), 2);
        for &(id, number) in ids {
            let (header, _) = esme.next().unwrap();
            assert_eq!((header.command_id.0, header.sequence_number), (id, number), "{mangle}");
        }
        esme.hears_nothing(&sim);
    }
}

#[test]
fn bug_10_binds_of_all_kinds_are_refused_as_what_they_are() {
    let bind = |kind: u32, number: u32| match kind {
        1 => BindReceiver::default().with_system_id("me").to_octets(number).unwrap(),
        2 => BindTransmitter::default().with_system_id("me").to_octets(number).unwrap(),
        _ => BindTransceiver::default().with_system_id("me").to_octets(number).unwrap(),
    };
    // Bug 10: the response to a bind that fails is that of the bind.
    for kind in [1, 2, 9] {
        let sim = manual();
        keep(&sim, r#"{"when":{"pdu":"bind"},"pick":{"nth":1},"then":{"status":"ESME_RBINDFAIL"}}"#);
        let mut esme = Raw::connect(sim.addr());
        esme.write(&bind(kind, 1));
        esme.expect_status(0x8000_0000 | kind, 1, CommandStatus::ESME_RBINDFAIL);
        esme.write(&bind(kind, 2));
        esme.expect_status(0x8000_0000 | kind, 2, CommandStatus::ESME_ROK);
    }
}

#[test]
fn connections_are_refused_reset_and_left_waiting() {
    let sim = manual();
    let reset = sim.rule(rule(r#"{"when":{"pdu":"connect"},"then":{"close":"rst"}}"#));
    assert_eq!(Raw::connect(sim.addr()).read_error().unwrap().kind(), std::io::ErrorKind::ConnectionReset);
    drop(reset);
    let refused = sim.rule(rule(r#"{"when":{"pdu":"connect"},"then":{"close":"fin"}}"#));
    assert!(Raw::connect(sim.addr()).read_error().is_none());
    drop(refused);
    let late = sim.rule(rule(r#"{"when":{"pdu":"connect"},"then":{"delay":"1s"}}"#));
    let mut esme = Raw::connect(sim.addr());
    esme.send(&EnquireLink::default(), 1);
    while sim.sessions().is_empty() {
        std::thread::yield_now();
    }
    assert!(sim.pdus().is_empty());
    sim.advance(SECOND);
    esme.expect_status(0x8000_0015, 1, CommandStatus::ESME_ROK);
    drop(late);
}

#[test]
fn the_same_seed_gives_the_same_pdus() {
    let run = || {
        let sim = manual();
        keep(&sim, r#"{"when":{"pdu":"submit_sm"},"pick":{"probability":0.3},"then":{"status":"ESME_RSYSERR"}}"#);
        keep(&sim, r#"{"when":{"pdu":"submit_sm"},"pick":{"probability":0.3},"then":{"mangle":"sequence"}}"#);
        keep(&sim, r#"{"when":{"pdu":"submit_sm"},"pick":{"probability":0.5},"then":{"delay":"uniform:1s..9s"}}"#);
        let mut esme = Raw::bound(sim.addr(), "me");
        for number in 2..22 {
            esme.send(&submit(0), number);
        }
        handled(&sim, 20);
        for _ in 0..90 {
            sim.advance(SECOND / 10);
            esme.send(&EnquireLink::default(), 0xABCD);
            while esme.next().unwrap().0.sequence_number != 0xABCD {}
        }
        let octets = |direction| -> Vec<_> {
            let traced = sim.pdus().into_iter().filter(move |traced| traced.direction == direction);
            traced.map(|traced| traced.octets).collect()
        };
        (octets(Direction::Sent), octets(Direction::Received))
    };
    assert_eq!(run(), run());
}
