//! What rules do at connections, binds, enquire_link and unbind, and to what goes to ESMEs: through a client of ours,
//! and through a raw socket what `hooks.rs` and `outbound_rules.rs` leave.

mod both;
mod raw;

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use both::{Esme, Ours, Socket, manual, rule, with_both};
use raw::{PATIENCE, Raw, submit};
use smpp::client::Client;
use smpp::codec::Request;
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::session::{CloseReason, Direction};
use smpp::value::*;
use smsc_sim::{EventKind, HostileCase, ReceiptState, SmscSim};

const SECOND: Duration = Duration::from_secs(1);

fn with_rule(yaml: &str) -> impl Fn() -> SmscSim + use<> {
    let rule = rule(yaml);
    move || manual().rule(rule.clone()).start().unwrap()
}

#[track_caller]
fn wait(is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "it does not come to be");
        std::thread::yield_now();
    }
}

#[test]
fn a_client_that_connects_is_refused_or_left_waiting() {
    for close in ["fin", "rst"] {
        let sim = with_rule(&format!("{{when: {{pdu: connect}}, pick: {{times: 1}}, then: [{{close: {close}}}]}}"))();
        let bound = Client::builder().connect(sim.addr()).and_then(|client| client.bind_transceiver());
        // A reset may come while it still connects.
        assert!(
            matches!(bound, Err(Error::Disconnected { .. } | Error::State { .. } | Error::Io(_))),
            "{close}: {bound:?}"
        );
        Ours::bound(&sim).submit(&submit(0)).id();
    }
    let sim = with_rule("{when: {pdu: connect}, then: [{delay: 2s}, {set_state: {scenario: x, to: y}}]}")();
    let client = Client::builder().connect(sim.addr()).unwrap();
    std::thread::scope(|scope| {
        let bound = scope.spawn(|| client.bind_transceiver());
        wait(|| sim.rules()[0].hits == 1);
        sim.advance(2 * SECOND - Duration::from_millis(1));
        assert!(sim.pdus().is_empty() && sim.scenarios()["x"] == "y");
        sim.advance(Duration::from_millis(1));
        bound.join().unwrap().unwrap();
    });
    // Taken in, and never listened to, until it is kicked.
    for action in ["no_response", "{stop_reading: 1h}"] {
        let sim = with_rule(&format!("{{when: {{pdu: connect}}, pick: {{times: 1}}, then: [{action}]}}"))();
        let client = Client::builder().connect(sim.addr()).unwrap();
        std::thread::scope(|scope| {
            let bound = scope.spawn(|| client.bind_transceiver());
            wait(|| client.outstanding() == 1);
            let mut raw = Raw::bound(sim.addr(), "socket");
            raw.hears_nothing(&sim);
            assert!(sim.pdus().iter().all(|traced| traced.session == sim.session("socket").unwrap().id()));
            client.disconnect();
            assert!(bound.join().unwrap().is_err(), "{action}");
        });
    }
    let sim = with_rule("{when: {pdu: connect}, then: [{dribble: 1ms}]}")();
    Ours::bound(&sim).submit(&submit(0)).id();
    let mut raw = Raw::connect(sim.addr());
    raw.send(&BindTransceiver::default().with_system_id("me"), 1);
    assert!(raw.pieces(16) > 1);
}

#[test]
fn a_bind_of_a_client_is_answered_as_rules_say() {
    for (action, is_bound) in [
        ("{close: rst}", false),
        ("{close: fin}", false),
        ("{mangle: nack}", false),
        ("{mangle: length}", false),
        ("{mangle: duplicate}", true),
        ("{dribble: 1ms}", true),
        ("{hostile: bind_resp_no_body}", true),
        ("{hostile: one_octet_per_segment}", true),
    ] {
        let sim = with_rule(&format!("{{when: {{pdu: bind}}, pick: {{times: 1}}, then: [{action}]}}"))();
        let client = Client::builder().system_id("client").connect(sim.addr()).unwrap();
        let bound = client.bind_transceiver();
        assert_eq!(bound.is_ok(), is_bound, "{action}: {bound:?}");
        assert_eq!(is_bound, client.submit_sm(&submit(0)).is_ok(), "{action}");
    }
    let sim = with_rule("{when: {pdu: bind}, then: [{close: {how: fin, when: after}}]}")();
    let client = Client::builder().connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerClosed));
    let sim = with_rule("{when: {pdu: bind}, then: [unbind]}")();
    let client = Client::builder().connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
}

#[test]
fn an_enquire_link_of_a_client_is_answered_as_rules_say() {
    let answers = |action: &str| {
        let sim = with_rule(&format!("{{when: {{pdu: enquire_link}}, pick: {{times: 1}}, then: [{action}]}}"))();
        let ours = Ours::bound(&sim);
        let pending = ours.client.send(&EnquireLink::default()).unwrap();
        wait(|| sim.rules()[0].hits == 1);
        (sim, ours.client, pending)
    };
    for (action, wanted) in [
        ("{status: ESME_RSYSERR}", Some(CommandStatus::ESME_RSYSERR)),
        ("{mangle: nack}", Some(CommandStatus::ESME_RSYSERR)),
        ("{dribble: 1ms}", None),
        ("{mangle: duplicate}", None),
        ("{set_state: {scenario: x, to: y}}", None),
    ] {
        let (_sim, client, pending) = answers(action);
        let answer = pending.wait_timeout(PATIENCE).expect("an answer");
        assert_eq!(answer.err().and_then(|error| error.command_status()), wanted, "{action}");
        client.submit_sm(&submit(0)).unwrap();
    }
    for action in ["no_response", "{no_response: {accept: true}}", "{mangle: sequence}"] {
        let (_sim, client, pending) = answers(action);
        client.submit_sm(&submit(0)).unwrap();
        client.enquire_link().unwrap();
        assert!(!pending.is_ready(), "{action}");
    }
    let (sim, client, pending) = answers("{delay: 2s}");
    client.enquire_link().unwrap();
    sim.advance(SECOND);
    client.submit_sm(&submit(0)).unwrap();
    assert!(!pending.is_ready());
    sim.advance(SECOND);
    pending.wait().unwrap();
    let (sim, client, pending) = answers("hold");
    client.enquire_link().unwrap();
    assert!(!pending.is_ready());
    wait(|| sim.release(&sim.rules()[0].name) == 1);
    pending.wait().unwrap();
    let sim = with_rule("{when: {pdu: enquire_link}, then: [{unbind: before}]}")();
    let mut raw = Raw::bound(sim.addr(), "socket");
    raw.send(&EnquireLink::default(), 2);
    assert_eq!([raw.next(), raw.next()].map(|heard| heard.unwrap().0.command_id.0), [6, 0x8000_0015]);
    for (action, reason) in [
        ("{close: fin}", CloseReason::PeerClosed),
        ("{close: rst}", CloseReason::Io(ErrorKind::ConnectionReset)),
        ("{close: {how: half, when: after}}", CloseReason::PeerClosed),
        ("unbind", CloseReason::PeerUnbound),
        ("{unbind: before}", CloseReason::PeerUnbound),
    ] {
        let (_sim, client, pending) = answers(action);
        let is_answered = pending.wait_timeout(PATIENCE).expect("an answer").is_ok();
        assert_eq!(client.wait_closed(PATIENCE), Some(reason), "{action}");
        // Whether the client, once it was asked to unbind, still waits for the other answer is its own affair.
        if action != "{unbind: before}" {
            assert_eq!(is_answered, !action.contains("close: fin") && !action.contains("close: rst"), "{action}");
        }
    }
}

#[test]
fn an_unbind_of_a_client_is_answered_as_rules_say() {
    // How it came out, and with which status it was answered.
    let unbinds = |action: &str, meanwhile: &dyn Fn(&SmscSim)| {
        let sim = with_rule(&format!("{{name: it, when: {{pdu: unbind}}, pick: {{times: 1}}, then: [{action}]}}"))();
        let client = Ours::bound(&sim).client;
        let result = std::thread::scope(|scope| {
            let unbound = scope.spawn(|| client.unbind());
            wait(|| sim.rules()[0].hits == 1);
            meanwhile(&sim);
            unbound.join().unwrap()
        });
        assert!(client.close_reason().is_some(), "{action}");
        let sent = sim.pdus().into_iter().filter(|traced| traced.octets[4..8] == [0x80, 0, 0, 6]);
        (result.is_ok(), sent.map(|traced| traced.octets[11]).next())
    };
    assert_eq!(unbinds("{delay: 2s}", &|sim| sim.advance(2 * SECOND)), (true, Some(0)));
    assert_eq!(unbinds("hold", &|sim| wait(|| sim.release("it") == 1)), (true, Some(0)));
    assert_eq!(unbinds("{dribble: 1ms}", &|_| ()), (true, Some(0)));
    // It is over, whatever the answer is, or without one.
    assert_eq!(unbinds("{status: ESME_RSYSERR}", &|_| ()).1, Some(8));
    assert_eq!(unbinds("{close: rst}", &|_| ()).1, None);
    let kick = |sim: &SmscSim| sim.session("client").unwrap().kick(smsc_sim::Kick::Fin);
    assert_eq!(unbinds("no_response", &kick).1, None);
}

#[test]
fn every_request_of_a_client_is_held_late_or_never_answered() {
    fn asks<P: Request<Response: Send + std::fmt::Debug>>(hook: &str, pdu: &P) {
        for action in ["hold", "{delay: 2s}", "no_response"] {
            let yaml = format!("{{name: it, when: {{pdu: {hook}}}, pick: {{times: 1}}, then: [{action}]}}");
            let sim = with_rule(&yaml)();
            let client = Ours::bound(&sim).client;
            let pending = client.send(pdu).unwrap();
            // Handled in its turn: the other has been.
            client.submit_sm(&submit(0).with_destination_addr("other")).unwrap();
            assert!(!pending.is_ready(), "{hook} {action}");
            match action {
                "hold" => assert_eq!(sim.release("it"), 1, "{hook}"),
                "no_response" => {
                    client.enquire_link().unwrap();
                    assert!(!pending.is_ready() && sim.rules()[0].hits == 1, "{hook}");
                    continue;
                }
                _ => sim.advance(2 * SECOND),
            }
            let answer = pending.wait_timeout(PATIENCE).expect("an answer");
            let is_command = !matches!(hook, "submit_multi" | "data_sm");
            assert_eq!(answer.err().and_then(|error| error.command_status()).is_some(), is_command, "{hook} {action}");
        }
    }
    let to = DestAddress::SmeAddress {
        dest_addr_ton: Ton::UNKNOWN,
        dest_addr_npi: Npi::UNKNOWN,
        destination_addr: "4179".into(),
    };
    asks("submit_multi", &SubmitMulti::default().with_dest_address(vec![to]).with_short_message("hello"));
    asks("data_sm", &DataSm::default().with_destination_addr("4179"));
    asks("query_sm", &QuerySm::default().with_message_id("none"));
    asks("cancel_sm", &CancelSm::default().with_message_id("none"));
    asks("replace_sm", &ReplaceSm::default().with_message_id("none"));
}

/// What comes over a socket is what the trace says has left.
#[test]
fn hostile_cases_after_the_response_to_enquire_link_and_unbind() {
    let is_while_bound = |case: &HostileCase| !case.name().contains("bind_resp") && !case.name().starts_with("submit_");
    for (hook, request, response) in [("enquire_link", 0x15_u32, 0x8000_0015_u32), ("unbind", 6, 0x8000_0006)] {
        let mut count = 0;
        for case in HostileCase::all().filter(is_while_bound) {
            let sim =
                with_rule(&format!("{{when: {{pdu: {hook}}}, pick: {{times: 1}}, then: [{{hostile: {case}}}]}}"))();
            let mut socket = Socket::bound(&sim);
            socket.raw.write(&[16, request, 0, 2].map(u32::to_be_bytes).concat());
            let answer = [16, response, 0, 2].map(u32::to_be_bytes).concat();
            let (mut stream, mut heard) = (socket.raw.writer(), Vec::new());
            loop {
                let mut buffer = [0; 4096];
                let read = stream.read(&mut buffer).unwrap_or_else(|error| panic!("{hook} {case}: {error}"));
                heard.extend_from_slice(&buffer[..read]);
                let sent = sim.pdus().into_iter().filter(|traced| traced.direction == Direction::Sent).skip(1);
                let sent = sent.map(|traced| traced.octets).collect::<Vec<_>>().concat();
                assert!(sent.starts_with(&heard), "{hook} {case}: {heard:x?} {sent:x?}");
                if heard == sent && (read == 0 || heard.len() > 16) {
                    break;
                }
                assert!(read > 0, "{hook} {case}: {heard:x?} {sent:x?}");
            }
            assert!(heard.starts_with(&answer), "{hook} {case}: {heard:x?}");
            assert_eq!(heard.len() > 16, case.name() != "close", "{hook} {case}: {heard:x?}");
            count += 1;
        }
        assert!(count > 10, "{count}");
    }
}

#[test]
fn our_client_goes_on_after_a_hostile_answer_to_its_enquire_link() {
    for case in ["unknown_request", "data_sm", "alert_notification", "nack_sequence_zero", "one_octet_per_segment"] {
        let sim =
            with_rule(&format!("{{when: {{pdu: enquire_link}}, pick: {{times: 1}}, then: [{{hostile: {case}}}]}}"))();
        let mut ours = Ours::bound(&sim);
        ours.client.enquire_link().unwrap();
        ours.submit(&submit(0)).id();
        assert_eq!(sim.rules()[0].hits, 1, "{case}");
    }
}

#[test]
fn what_goes_to_an_esme_is_dropped_late_doubled_or_cut_off() {
    fn send(sim: &SmscSim, esme: &dyn Esme) -> smsc_sim::MoSent {
        sim.mo("447700900123", "12345", "hello").to_system_id(esme.name()).start().unwrap()
    }
    with_both(with_rule("{when: {pdu: mo}, pick: {times: 1}, then: [no_response]}"), |sim, esme| {
        let sent = send(sim, esme);
        esme.quiet(sim);
        assert_eq!(sent.wait(PATIENCE).unwrap().parts[0].state, ReceiptState::Lost);
        send(sim, esme);
        esme.delivered();
    });
    with_both(with_rule("{when: {pdu: mo}, then: [{delay: 2s}, {set_state: {scenario: x, to: y}}]}"), |sim, esme| {
        send(sim, esme);
        sim.advance(2 * SECOND - Duration::from_millis(1));
        esme.quiet(sim);
        sim.advance(Duration::from_millis(1));
        esme.delivered();
        assert_eq!(sim.scenarios()["x"], "y");
    });
    with_both(with_rule("{when: {pdu: mo}, then: [{mangle: duplicate}]}"), |sim, esme| {
        let sent = send(sim, esme);
        assert_eq!(esme.delivered(), esme.delivered());
        assert_eq!(sent.wait(PATIENCE).unwrap().command_status(), Some(CommandStatus::ESME_ROK));
        esme.quiet(sim);
    });
    for (how, error) in [("fin", None), ("rst", Some(ErrorKind::ConnectionReset))] {
        let yaml = format!("{{when: {{pdu: mo}}, pick: {{times: 1}}, then: [{{close: {how}}}]}}");
        with_both(with_rule(&yaml), |sim, esme| {
            let sent = send(sim, esme);
            assert_eq!(esme.ended(), error, "{how}");
            let name = esme.name();
            let again: &mut dyn Esme = if name == "client" { &mut Ours::bound(sim) } else { &mut Socket::bound(sim) };
            again.delivered();
            assert_eq!(sent.wait(PATIENCE).unwrap().command_status(), Some(CommandStatus::ESME_ROK), "{how} {name}");
        });
    }
    with_both(with_rule("{when: {pdu: mo}, then: [{close: {how: fin, when: after}}]}"), |sim, esme| {
        let sent = send(sim, esme);
        esme.delivered();
        assert_eq!(esme.ended(), None);
        assert_eq!(sent.wait(PATIENCE).unwrap().command_status(), Some(CommandStatus::ESME_ROK));
    });
}

#[test]
fn receipts_are_spoilt_on_their_way() {
    let receipt =
        |action: &str| with_rule(&format!("{{when: {{pdu: receipt}}, pick: {{times: 1}}, then: [{action}]}}"));
    fn submitted(esme: &mut dyn Esme) -> String {
        esme.submit(&submit(1)).id()
    }
    for action in ["no_response", "{receipt: {drop: true}}"] {
        with_both(receipt(action), |sim, esme| {
            submitted(esme);
            esme.quiet(sim);
            let id = submitted(esme);
            assert_eq!(esme.delivered().receipted_message_id().unwrap(), id.as_str(), "{action}");
        });
    }
    for action in ["{delay: 2s}", "{receipt: {delay: 2s}}"] {
        with_both(receipt(action), |sim, esme| {
            submitted(esme);
            sim.advance(SECOND);
            esme.quiet(sim);
            assert_eq!(sim.messages()[0].state, MessageState::DELIVERED, "{action}");
            sim.advance(SECOND);
            esme.delivered();
        });
    }
    with_both(receipt("{receipt: {duplicate: true, state: UNDELIV, err: '021'}}"), |sim, esme| {
        submitted(esme);
        for _ in 0..2 {
            let heard = esme.delivered();
            assert!(heard.short_message.to_str_lossy().contains("stat:UNDELIV err:021"));
            assert_eq!(heard.message_state(), Some(MessageState::UNDELIVERABLE));
        }
        esme.quiet(sim);
        assert_eq!(sim.messages()[0].state, MessageState::DELIVERED);
    });
    with_both(receipt("{receipt: {unknown_id: true, form: no-sub}}"), |_, esme| {
        let id = submitted(esme);
        let heard = esme.delivered();
        assert_ne!(heard.receipted_message_id().unwrap(), id.as_str());
        assert!(!heard.short_message.to_str_lossy().contains("sub:"));
    });
    with_both(receipt("{receipt: {form: tlv-only, id: padded10}}"), |_, esme| {
        submitted(esme);
        let heard = esme.delivered();
        assert!(heard.short_message.is_empty() && heard.receipted_message_id().unwrap() == "0000000001");
    });
    with_both(receipt("{close: {how: fin, when: after}}"), |_, esme| {
        submitted(esme);
        esme.delivered();
        assert_eq!(esme.ended(), None);
    });
}

#[test]
fn rules_at_every_hook_are_told() {
    let sim = manual().start().unwrap();
    let events = sim.subscribe();
    for hook in ["connect", "bind", "enquire_link", "unbind", "mo", "receipt", "submit_sm"] {
        let action = if matches!(hook, "connect" | "mo" | "receipt") { "{delay: 0s}" } else { "{status: ESME_ROK}" };
        sim.add_rule(rule(&format!("{{name: at-{hook}, when: {{pdu: {hook}}}, then: [{action}]}}"))).unwrap();
    }
    let mut ours = Ours::bound(&sim);
    ours.client.enquire_link().unwrap();
    ours.submit(&submit(1)).id();
    ours.delivered();
    sim.mo("1", "2", "hello").to_system_id("client").start().unwrap();
    ours.delivered();
    ours.client.unbind().unwrap();
    for hook in ["connect", "bind", "enquire_link", "submit_sm", "receipt", "mo", "unbind"] {
        let is_it = |kind: &EventKind| matches!(kind, EventKind::RuleHit { rule, .. } if *rule == format!("at-{hook}"));
        let event = events.wait_for(is_it, PATIENCE).expect(hook);
        let EventKind::RuleHit { session, .. } = event.kind else { unreachable!() };
        assert_eq!(session.is_none(), matches!(hook, "mo" | "receipt"), "{hook}");
    }
}
