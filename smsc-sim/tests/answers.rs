//! When answers come, and in which shape: latency, windows, what is held, and what rules do to responses; by raw sockets, and
//! by a client of ours.

mod raw;

use std::io::Read;
use std::time::{Duration, Instant};

use raw::{PATIENCE, Raw, submit};
use smpp::client::Client;
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::session::CloseReason;
use smpp::tls::ClientTls;
use smpp::value::*;
use smsc_sim::rules::{Profile, Rule};
use smsc_sim::{Account, Builder, Carrier, Clock, SmscSim, Tls};

const SECOND: Duration = Duration::from_secs(1);

fn manual() -> Builder {
    SmscSim::builder().clock(Clock::manual()).seed(7)
}

fn rule(json: &str) -> Rule {
    serde_json::from_str(json).unwrap()
}

fn with(json: &str) -> SmscSim {
    manual().rule(rule(json)).start().unwrap()
}

#[track_caller]
fn wait(is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "it does not come to be");
        std::thread::yield_now();
    }
}

/// Waits until so many requests have reached the engine: whatever moves the clock then waits until they are done with.
#[track_caller]
fn handled(sim: &SmscSim, requests: u64) {
    wait(|| sim.sessions().iter().map(|session| session.requests).sum::<u64>() >= requests);
}

/// Whatever is due has been handed to the session, and the next PDU is the answer to an enquire_link. Unlike
/// [`Raw::hears_nothing`] it asks about no messages, which may be late here.
#[track_caller]
fn quiet(esme: &mut Raw, sim: &SmscSim) {
    sim.advance(Duration::ZERO);
    esme.send(&EnquireLink::default(), 0xABCD);
    esme.expect_status(0x8000_0015, 0xABCD, CommandStatus::ESME_ROK);
}

fn client(sim: &SmscSim) -> Client {
    let client = Client::builder().system_id("me").connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    client
}

#[test]
fn latency_is_of_all_answers_about_messages_and_of_nothing_else() {
    let sim = manual().latency(2 * SECOND).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(1), 2);
    esme.send(&QuerySm::default().with_message_id("no"), 3);
    // What rules are not asked about is as late.
    esme.send(&submit(0).with_validity_period("nonsensenonsense"), 4);
    handled(&sim, 3);
    quiet(&mut esme, &sim);
    sim.advance(SECOND);
    quiet(&mut esme, &sim);
    sim.advance(SECOND);
    let mut heard: Vec<_> = (0..4).map(|_| esme.next().unwrap().0).collect();
    // The receipt not before the response.
    let place = |id: u32| heard.iter().position(|header| header.command_id.0 == id).unwrap();
    assert!(place(0x8000_0004) < place(5));
    heard.retain(|header| header.command_id.0 != 5);
    let statuses: Vec<_> = heard.iter().map(|header| (header.sequence_number, header.command_status)).collect();
    let [submitted, queried, refused] = statuses[..] else { panic!("{statuses:?}") };
    assert_eq!(submitted, (2, CommandStatus::ESME_ROK));
    assert_eq!(queried, (3, CommandStatus::ESME_RINVMSGID));
    assert_eq!(refused, (4, CommandStatus::ESME_RINVEXPIRY));
}

#[test]
fn latency_of_a_carrier_and_of_a_session() {
    let mut slow = Carrier::default();
    slow.latency = "uniform:2s..3s".parse().unwrap();
    let account = Account::new("slow", "").with_profile("slow");
    let sim = manual().carrier("slow", slow).account(account).user("fast", "").start().unwrap();
    let (mut slow, mut fast) = (Raw::bound(sim.addr(), "slow"), Raw::bound(sim.addr(), "fast"));
    slow.send(&submit(0), 2);
    handled(&sim, 1);
    fast.send(&submit(0), 2);
    fast.expect_submitted(2);
    sim.advance(2 * SECOND - Duration::from_millis(1));
    quiet(&mut slow, &sim);
    sim.advance(SECOND);
    slow.expect_submitted(2);
    sim.session("fast").unwrap().latency(SECOND);
    fast.send(&submit(0), 3);
    handled(&sim, 3);
    quiet(&mut fast, &sim);
    sim.advance(SECOND);
    fast.expect_submitted(3);
    sim.session("fast").unwrap().latency(Duration::ZERO);
    fast.send(&submit(0), 4);
    fast.expect_submitted(4);
}

#[test]
fn a_request_beyond_the_window_is_refused_and_the_others_are_not() {
    let account = Account::new("me", "").with_window(2).with_over_window(CommandStatus::ESME_RMSGQFUL);
    let sim =
        manual().account(account).rule(rule(r#"{"name":"hold","when":{"pdu":"submit_sm"},"then":{"hold":true}}"#));
    let sim = sim.start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    for number in 2..4 {
        esme.send(&submit(0), number);
    }
    esme.send(&submit(0), 4);
    esme.expect_status(0x8000_0004, 4, CommandStatus::ESME_RMSGQFUL);
    esme.send(&QuerySm::default().with_message_id("1"), 5);
    esme.expect_status(0x8000_0003, 5, CommandStatus::ESME_RMSGQFUL);
    quiet(&mut esme, &sim);
    assert_eq!((sim.messages().len(), sim.release("hold")), (2, 2));
    esme.expect_submitted(2);
    esme.expect_submitted(3);
    esme.send(&QuerySm::default().with_message_id("1").with_source_addr("12345"), 6);
    esme.expect_status(0x8000_0003, 6, CommandStatus::ESME_ROK);
}

#[test]
fn what_is_held_for_a_session_that_ends_goes_its_way() {
    let sim = with(r#"{"name":"hold","when":{"pdu":"submit_sm"},"then":{"hold":true}}"#);
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(1), 2);
    handled(&sim, 1);
    quiet(&mut esme, &sim);
    assert_eq!(sim.messages()[0].state, MessageState::ENROUTE);
    drop(esme);
    assert!(sim.wait_until(|message| message.state == MessageState::DELIVERED, PATIENCE).is_some());
    assert_eq!(sim.release("hold"), 0);
    // The receipt waits for the ESME.
    assert_eq!(Raw::bound(sim.addr(), "me").expect_deliver_sm().1.message_state(), Some(MessageState::DELIVERED));
}

#[test]
fn binds_are_late_held_and_not_answered() {
    let bind = BindTransceiver::default().with_system_id("me");
    let sim = with(r#"{"when":{"pdu":"bind"},"pick":{"times":1},"then":{"delay":"2s"}}"#);
    let mut esme = Raw::connect(sim.addr());
    esme.send(&bind, 1);
    wait(|| sim.rules()[0].hits == 1);
    quiet(&mut esme, &sim);
    sim.advance(2 * SECOND);
    esme.expect_status(0x8000_0009, 1, CommandStatus::ESME_ROK);
    esme.send(&submit(0), 2);
    esme.expect_submitted(2);

    let sim = with(r#"{"name":"hold","when":{"pdu":"bind"},"pick":{"times":1},"then":{"hold":true}}"#);
    let mut esme = Raw::connect(sim.addr());
    esme.send(&bind, 1);
    wait(|| sim.rules()[0].hits == 1);
    quiet(&mut esme, &sim);
    assert_eq!(sim.release("hold"), 1);
    esme.expect_status(0x8000_0009, 1, CommandStatus::ESME_ROK);

    let sim = with(r#"{"when":{"pdu":"bind"},"pick":{"times":1},"then":{"no_response":true}}"#);
    let mut esme = Raw::connect(sim.addr());
    esme.send(&bind, 1);
    wait(|| sim.rules()[0].hits == 1);
    quiet(&mut esme, &sim);
    assert!(sim.session("me").is_none());
    Raw::bound(sim.addr(), "me");
}

#[test]
fn the_client_takes_late_binds_and_sees_refused_ones() {
    let sim = with(r#"{"name":"hold","when":{"pdu":"bind"},"pick":{"times":1},"then":{"hold":true}}"#);
    let client = Client::builder().system_id("me").connect(sim.addr()).unwrap();
    std::thread::scope(|scope| {
        let bound = scope.spawn(|| client.bind_receiver());
        wait(|| sim.release("hold") == 1);
        bound.join().unwrap().unwrap();
    });
    let _refused = sim.rule(rule(r#"{"when":{"pdu":"bind"},"then":{"status":"ESME_RALYBND"}}"#));
    let other = Client::builder().system_id("me").connect(sim.addr()).unwrap();
    let error = other.bind_transmitter().unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RALYBND));
}

#[test]
fn dead_it_lets_in_and_says_nothing_more() {
    let sim = manual().profile(Profile::Dead).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&EnquireLink::default(), 2);
    esme.send(&submit(0), 3);
    esme.send(&QuerySm::default().with_message_id("1"), 4);
    esme.send(&Unbind::default(), 5);
    wait(|| sim.rules()[0].hits == 4);
    sim.set_profile(Profile::Healthy);
    quiet(&mut esme, &sim);
    assert!(sim.messages().is_empty());
    esme.send(&Unbind::default(), 6);
    esme.expect_status(0x8000_0006, 6, CommandStatus::ESME_ROK);
}

#[test]
fn the_client_is_told_every_status_that_rules_give() {
    let sim = manual().start().unwrap();
    let client = client(&sim);
    let hooks = r#"["submit_sm","submit_multi","data_sm","query_sm","cancel_sm","replace_sm"]"#;
    let _rule = sim.rule(rule(&format!(r#"{{"when":{{"pdu":{hooks}}},"then":{{"status":"ESME_RSYSERR"}}}}"#)));
    let to = DestAddress::SmeAddress {
        dest_addr_ton: Ton::default(),
        dest_addr_npi: Npi::default(),
        destination_addr: "4179".into(),
    };
    let multi = SubmitMulti::default().with_dest_address(smpp::codec::List::from([to])).with_short_message("hello");
    let data = DataSm::default().with_destination_addr("4179");
    let outcomes = [
        client.submit_sm(&submit(0)).err(),
        client.submit_multi(&multi).err(),
        client.data_sm(&data).err(),
        client.query_sm(&QuerySm::default().with_message_id("1")).err(),
        client.cancel_sm(&CancelSm::default().with_message_id("1")).err(),
        client.replace_sm(&ReplaceSm::default().with_message_id("1")).err(),
    ];
    // The one destination of a submit_multi is refused, which leaves none.
    for error in outcomes {
        let status = error.as_ref().and_then(Error::command_status);
        assert_eq!(status, Some(CommandStatus::ESME_RSYSERR), "{error:?}");
    }
    client.enquire_link().unwrap();
}

#[test]
fn the_client_waits_for_what_is_held_and_goes_on_meanwhile() {
    let sim = with(r#"{"name":"hold","when":{"pdu":"submit_sm"},"then":{"hold":true}}"#);
    let client = client(&sim);
    std::thread::scope(|scope| {
        let submitted = scope.spawn(|| client.submit_sm(&submit(0)));
        handled(&sim, 1);
        client.enquire_link().unwrap();
        wait(|| sim.release("hold") == 1);
        submitted.join().unwrap().unwrap();
    });
}

#[test]
fn responses_that_cannot_be_read_end_the_session_of_the_client() {
    for mangle in ["length", "garbage"] {
        let sim = with(&format!(r#"{{"when":{{"pdu":"submit_sm"}},"then":{{"mangle":"{mangle}"}}}}"#));
        let client = client(&sim);
        assert!(client.submit_sm(&submit(0)).is_err());
        let reason = client.wait_closed(PATIENCE);
        assert!(matches!(reason, Some(CloseReason::Frame(_))), "{mangle}: {reason:?}");
    }
}

#[test]
fn responses_of_a_wrong_length_octet_by_octet() {
    for (mangle, octets, length) in [("length", 18, 15), ("truncate", 17, 17), ("garbage", 18, u32::MAX)] {
        let sim = with(&format!(r#"{{"when":{{"pdu":"submit_sm"}},"then":{{"mangle":"{mangle}"}}}}"#));
        let mut esme = Raw::bound(sim.addr(), "me");
        esme.send(&submit(0), 2);
        let mut response = vec![0; octets];
        esme.writer().read_exact(&mut response).unwrap();
        assert_eq!(response[..4], length.to_be_bytes(), "{mangle}");
        if mangle != "garbage" {
            assert_eq!(response[4..16], [0x80, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2], "{mangle}");
        }
        // Nothing more came of it.
        quiet(&mut esme, &sim);
    }
}

#[test]
fn a_response_is_dribbled_and_only_that() {
    let sim = with(r#"{"when":{"pdu":"submit_sm"},"pick":{"times":1},"then":{"dribble":"3ms"}}"#);
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(0), 2);
    assert!(esme.pieces(16) > 1);
    esme.expect_submitted(2);
    quiet(&mut esme, &sim);
}

#[test]
fn after_a_request_nothing_more_is_read() {
    let sim = with(r#"{"when":{"pdu":"submit_sm"},"pick":{"times":1},"then":{"stop_reading":"1h"}}"#);
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(0), 2);
    esme.expect_submitted(2);
    esme.send(&submit(0), 3);
    let mut other = Raw::bound(sim.addr(), "other");
    other.send(&submit(0), 2);
    other.expect_submitted(2);
    assert_eq!(sim.session("me").unwrap().info().requests, 1);
    sim.session("me").unwrap().stop_reading(Duration::ZERO);
    esme.expect_submitted(3);
}

#[test]
fn a_session_over_tls_is_reset_too() {
    let tls = Tls::self_signed([]).unwrap();
    let trusted = ClientTls::new().ca_pem(tls.ca_pem().unwrap());
    let close = r#"{"when":{"pdu":"submit_sm"},"then":{"close":"rst"}}"#;
    let sim = manual().rule(rule(close)).tls(tls).start().unwrap();
    let client = Client::builder().system_id("me").tls(trusted).connect(sim.tls_addr().unwrap()).unwrap();
    client.bind_transceiver().unwrap();
    assert!(client.submit_sm(&submit(0)).is_err());
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::Io(std::io::ErrorKind::ConnectionReset)));
}
