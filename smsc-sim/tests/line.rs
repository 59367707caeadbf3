//! What can be done to a connection, by a client of ours and octet by octet.

mod raw;

use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use smpp::client::Client;
use smpp::codec::Encode;
use smpp::pdu::*;
use smpp::session::{CloseReason, Direction, SessionState};
use smpp::value::*;
use smsc_sim::{Clock, Close, Kick, SmscSim};

#[test]
fn the_last_pdus_are_kept_as_they_went_over_the_connection() {
    let sim = SmscSim::builder().clock(Clock::manual()).trace(4).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    for number in 2..4 {
        esme.send(&submit(0), number);
        esme.expect_submitted(number);
    }
    let session = sim.session("me").unwrap();
    let traced = session.pdus();
    let numbers: Vec<_> = traced.iter().map(|traced| (traced.direction, traced.octets[15])).collect();
    use Direction::{Received, Sent};
    assert_eq!(numbers, [(Received, 2), (Sent, 2), (Received, 3), (Sent, 3)]);
    assert_eq!(traced[0].octets, submit(0).to_octets(2).unwrap());
    assert_eq!(traced, sim.pdus());
    let line = traced[1].to_string();
    assert_eq!(line, "00:00:00.000 > submit_sm_resp 2 ESME_ROK (0x00000000) message_id=\"1\"");
    drop(esme);
    session.handle().wait_closed(PATIENCE);
    assert_eq!(sim.pdus(), traced);
}

#[test]
fn no_password_stands_in_what_is_shown() {
    let sim = SmscSim::builder().user("me", "verysec").start().unwrap();
    let mut esme = Raw::connect(sim.addr());
    esme.send(&BindTransceiver::default().with_system_id("me").with_password("verysec"), 1);
    esme.expect_status(0x8000_0009, 1, CommandStatus::ESME_ROK);
    let line = sim.pdus()[0].to_string();
    assert!(line.contains("bind_transceiver 1") && line.contains("\"me\"") && !line.contains("verysec"), "{line}");
}

#[test]
fn rst_is_a_reset_and_fin_is_the_end() {
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    sim.session("me").unwrap().kick(Kick::Reset);
    assert_eq!(esme.read_error().unwrap().kind(), std::io::ErrorKind::ConnectionReset);
    for close in [Close::Fin, Close::Half] {
        let mut esme = Raw::bound(sim.addr(), "you");
        sim.session("you").unwrap().close(close);
        assert!(esme.next().is_none());
    }
}

#[test]
fn half_closed_it_goes_on_taking_what_it_is_sent() {
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    sim.session("me").unwrap().close(Close::Half);
    assert!(esme.next().is_none());
    esme.send(&submit(0), 2);
    assert!(sim.wait_until(|message| message.system_id == "me", PATIENCE).is_some());
}

#[test]
fn a_session_can_be_unbound_and_asked() {
    let sim = SmscSim::builder().start().unwrap();
    let client = Client::builder().system_id("me").connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    let session = sim.session("me").unwrap();
    session.enquire_link().unwrap();
    session.kick(Kick::Unbind);
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
    assert_eq!(session.handle().wait_closed(PATIENCE), Some(CloseReason::Unbound));
    // The simulator knows when the session has told it.
    let begin = std::time::Instant::now();
    while sim.session("me").is_some() {
        assert!(begin.elapsed() < PATIENCE);
        std::thread::yield_now();
    }
}

#[test]
fn octets_go_out_as_they_are_and_in_order() {
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let pdu = DeliverSm::default().with_short_message("raw").to_octets(77).unwrap();
    assert!(sim.session("me").unwrap().inject(&*pdu));
    assert_eq!(esme.expect_deliver_sm().0, 77);
    esme.send(&submit(0), 2);
    esme.expect_submitted(2);
    let session = sim.session("me").unwrap();
    assert!(!session.inject(vec![0; 9 << 20]));
    session.kick(Kick::Reset);
    session.handle().wait_closed(PATIENCE);
    assert!(!session.inject(&*pdu));
}

#[test]
fn a_dribbled_pdu_comes_in_many_pieces_and_whole() {
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let session = sim.session("me").unwrap();
    session.dribble(Duration::from_millis(3));
    let mut other = Raw::bound(sim.addr(), "other");
    esme.send(&submit(0), 2);
    // A delay of one delays no other.
    other.send(&submit(0), 2);
    other.expect_submitted(2);
    let pieces = esme.pieces(16);
    assert!(pieces > 1, "{pieces}");
    esme.expect_submitted(2);
    session.dribble(Duration::ZERO);
    esme.hears_nothing(&sim);
}

#[test]
fn who_is_not_read_is_held_up_until_reading_goes_on() {
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let session = sim.session("me").unwrap();
    session.stop_reading(Duration::from_secs(3600));
    esme.send(&submit(0), 2);
    let mut other = Raw::bound(sim.addr(), "other");
    other.send(&submit(0), 2);
    other.expect_submitted(2);
    assert!(sim.messages().iter().all(|message| message.system_id == "other"));
    session.stop_reading(Duration::ZERO);
    esme.expect_submitted(2);
    // One that is not read can be closed.
    session.stop_reading(Duration::from_secs(3600));
    session.kick(Kick::Fin);
    assert!(esme.next().is_none());
    assert!(session.handle().wait_closed(PATIENCE).is_some());
}

#[test]
fn sessions_are_told_with_all_that_is_known_of_them() {
    let sim = SmscSim::builder().clock(Clock::manual()).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let unbound = Raw::connect(sim.addr());
    esme.send(&EnquireLink::default(), 2);
    esme.expect_status(0x8000_0015, 2, CommandStatus::ESME_ROK);
    esme.send(&submit(0), 3);
    esme.expect_submitted(3);
    sim.advance(Duration::from_secs(1));
    let sessions = sim.sessions();
    let one = &sessions[0];
    assert_eq!((one.system_id.as_deref(), one.state, one.bind), (Some("me"), SessionState::BoundTrx, 1));
    assert_eq!((one.requests, one.rate, one.unanswered, one.outstanding), (1, 1, 0, 0));
    assert!(one.last_enquire_link.is_some() && !one.tls && one.peer_addr.is_some());
    drop(unbound);
}

#[test]
fn bug_7_pdus_may_come_in_any_pieces() {
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::connect(sim.addr());
    let bind = BindTransceiver::default().with_system_id("me").to_octets(1).unwrap();
    let enquire = EnquireLink::default().to_octets(2).unwrap();
    let all = [bind, enquire, submit(0).to_octets(3).unwrap()].concat();
    for octet in &all {
        esme.write(&[*octet]);
    }
    // enquire_link is answered by whoever reads, the others in their turn.
    let answered = |esme: &mut Raw| -> Vec<u32> {
        let mut numbers: Vec<_> = (0..3).map(|_| esme.next().unwrap().0.sequence_number).collect();
        numbers.sort_unstable();
        numbers
    };
    assert_eq!(answered(&mut esme), [1, 2, 3]);
    // And all at once; what is kept is the same.
    let pdus = |sim: &SmscSim| -> Vec<_> {
        let received = sim.pdus().into_iter().filter(|traced| traced.direction == Direction::Received);
        received.map(|traced| traced.octets).collect()
    };
    let before = pdus(&sim);
    assert_eq!(before.concat(), all);
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::connect(sim.addr());
    esme.write(&all);
    assert_eq!((answered(&mut esme), pdus(&sim)), (vec![1, 2, 3], before));
}

#[test]
fn what_is_no_smpp_is_passed_on_and_refused() {
    let sim = SmscSim::builder().start().unwrap();
    for octets in [&b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], &[0, 0, 0, 0], &[0xFF; 4]] {
        let mut esme = Raw::connect(sim.addr());
        esme.write(octets);
        while esme.next().is_some() {}
        assert_eq!(
            sim.pdus().iter().rev().find(|traced| traced.direction == Direction::Received).unwrap().octets,
            octets
        );
    }
}

#[test]
fn a_test_that_panics_gets_seed_and_pdus() {
    if std::env::var_os("SMSC_SIM_TEST_PANICS").is_some() {
        let sim = SmscSim::builder().user("me", "sesame").seed(4711).start().unwrap();
        let client = Client::builder().system_id("me").password("sesame").connect(sim.addr()).unwrap();
        client.bind_transceiver().unwrap();
        client.submit_sm(&submit(0)).unwrap();
        panic!("as asked for");
    }
    let program = std::env::current_exe().unwrap();
    let arguments = ["--exact", "a_test_that_panics_gets_seed_and_pdus", "--nocapture"];
    let run = std::process::Command::new(program).args(arguments).env("SMSC_SIM_TEST_PANICS", "1").output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(!run.status.success());
    assert_eq!(said.matches("smsc-sim: seed 4711").count(), 1, "{said}");
    assert!(said.contains("< submit_sm 2") && said.contains("> submit_sm_resp 2 ESME_ROK"), "{said}");
    assert!(!said.contains("sesame"), "{said}");
}
