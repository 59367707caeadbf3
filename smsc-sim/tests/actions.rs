//! What rules do to a submit_sm and what comes of it: each action, through a client of ours and a raw socket.

mod both;
mod raw;

use std::io::{ErrorKind, Read};
use std::time::Duration;

use both::{Answer, Esme, Ours, Socket, manual, rule, with_both};
use raw::{PATIENCE, Raw, submit};
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::session::{CloseReason, Direction, SessionState};
use smpp::value::*;
use smsc_sim::{HostileCase, MessageIdForm, SmscSim};

const SECOND: Duration = Duration::from_secs(1);

fn with_action(action: &str) -> impl Fn() -> SmscSim {
    let rule = rule(&format!("{{name: it, when: {{pdu: submit_sm}}, pick: {{times: 1}}, then: [{action}]}}"));
    move || manual().message_id(MessageIdForm::Hex).rule(rule.clone()).start().unwrap()
}

#[test]
fn a_status_by_name_or_number() {
    for (written, status) in [("ESME_RTHROTTLED", 0x58), ("0x4FF", 0x4FF), ("8", 8)] {
        with_both(with_action(&format!("{{status: {written}}}")), |sim, esme| {
            assert_eq!(esme.submit(&submit(1)), Answer::Refused(CommandStatus(status)), "{written}");
            assert!(sim.messages().is_empty());
            esme.quiet(sim);
            esme.submit(&submit(0)).id();
        });
    }
}

#[test]
fn delays_add_up_and_go_by_the_clock() {
    for action in ["{delay: 3s}", "{delay: 1s}, {delay: 2s}", "{delay: 3s}, {status: ESME_RTHROTTLED}"] {
        with_both(with_action(action), |sim, esme| {
            esme.begin(&submit(0));
            esme.quiet(sim);
            sim.advance(3 * SECOND - Duration::from_millis(1));
            esme.quiet(sim);
            sim.advance(Duration::from_millis(1));
            let refused = esme.answer().status() == Some(CommandStatus::ESME_RTHROTTLED);
            assert_eq!(refused, action.contains("status"), "{action}");
        });
    }
}

#[test]
fn held_until_released() {
    with_both(with_action("hold"), |sim, esme| {
        esme.begin(&submit(1));
        esme.quiet(sim);
        sim.advance(1000 * SECOND);
        esme.quiet(sim);
        assert_eq!(sim.release("it"), 1);
        let id = esme.answer().id();
        assert_eq!(esme.delivered().receipted_message_id().unwrap(), id.as_str());
    });
}

#[test]
fn no_response_and_nothing_done_or_all_of_it() {
    with_both(with_action("no_response"), |sim, esme| {
        esme.begin(&submit(1));
        esme.quiet(sim);
        assert!(sim.messages().is_empty());
    });
    with_both(with_action("{no_response: {accept: true}}"), |sim, esme| {
        esme.begin(&submit(1));
        esme.delivered();
        esme.quiet(sim);
        assert_eq!(sim.messages()[0].state, MessageState::DELIVERED);
        // It sends it again, as it must: now there are two.
        esme.submit(&submit(0)).id();
        assert_eq!(sim.messages().len(), 2);
    });
}

#[test]
fn the_connection_is_closed_in_place_of_the_response_or_after_it() {
    for (how, error) in [("fin", None), ("rst", Some(ErrorKind::ConnectionReset)), ("half", None)] {
        with_both(with_action(&format!("{{close: {how}}}")), |sim, esme| {
            assert_eq!(esme.submit(&submit(0)), Answer::Ended(error), "{how}, {}", esme.name());
            // It was done all the same.
            assert_eq!(sim.messages().len(), 1, "{how}");
        });
        with_both(with_action(&format!("{{close: {{how: {how}, when: after}}}}")), |_, esme| {
            esme.submit(&submit(0)).id();
            assert_eq!(esme.ended(), error, "{how}, {}", esme.name());
        });
    }
}

#[test]
fn the_simulator_unbinds_after_the_response_or_before() {
    for action in ["unbind", "{unbind: after}"] {
        with_both(with_action(action), |_, esme| {
            esme.submit(&submit(0)).id();
            esme.is_unbound();
        });
    }
    let sim = with_action("{unbind: before}")();
    let mut raw = Raw::bound(sim.addr(), "me");
    raw.send(&submit(0), 2);
    let (unbind, _) = raw.next().unwrap();
    assert_eq!(unbind.command_id.0, 6);
    raw.expect_submitted(2);
    raw.send(&UnbindResp::default(), unbind.sequence_number);
    assert!(raw.next_or_end().is_none());
    let sim = with_action("{unbind: before}")();
    let mut ours = Ours::bound(&sim);
    ours.submit(&submit(0)).id();
    ours.is_unbound();
}

#[test]
fn what_a_client_makes_of_mangled_responses() {
    // What is known to be lost is told at once; what may still come is waited for; the session goes on, unless nobody
    // can tell where a PDU begins.
    for (mangle, wanted) in [
        ("length", "closed"),
        ("garbage", "closed"),
        ("command_id", "unexpected"),
        ("sequence", "waits"),
        ("nack_seq0", "waits"),
        ("truncate", "accepted"),
        ("duplicate", "accepted"),
        ("nack", "refused"),
    ] {
        let sim = with_action(&format!("{{mangle: {mangle}}}"))();
        let ours = Ours::bound(&sim);
        let client = &ours.client;
        let pending = client.send(&submit(0)).unwrap();
        let told = match wanted {
            "waits" => {
                // The response has been there when that to another request is.
                assert!(client.query_sm(&QuerySm::default().with_message_id("none")).is_err());
                if pending.is_ready() { format!("{:?}", pending.wait()) } else { wanted.to_owned() }
            }
            _ => match pending.wait_timeout(PATIENCE).expect("an answer") {
                Ok(_) => "accepted".to_owned(),
                Err(Error::Refused { command_status: CommandStatus::ESME_RSYSERR, .. }) => "refused".to_owned(),
                Err(Error::UnexpectedResponse { received, .. }) if received.0 == 0x8000_0099 => "unexpected".to_owned(),
                Err(Error::Disconnected { written: true, reason: CloseReason::Frame(_) }) => "closed".to_owned(),
                Err(error) => format!("{error:?}"),
            },
        };
        assert_eq!(told, wanted, "{mangle}");
        assert_eq!(sim.messages().len(), 1, "{mangle}");
        if wanted != "closed" {
            client.enquire_link().unwrap();
            client.submit_sm(&submit(0)).unwrap();
        }
    }
}

#[test]
fn dribbled_it_is_understood() {
    with_both(with_action("{dribble: 1ms}"), |sim, esme| {
        esme.submit(&submit(0)).id();
        esme.quiet(sim);
    });
}

#[test]
fn while_it_is_not_read_others_go_on() {
    with_both(with_action("{stop_reading: 1h}"), |sim, esme| {
        esme.submit(&submit(0)).id();
        esme.begin(&submit(0));
        Raw::bound(sim.addr(), "other").hears_nothing(sim);
        let session = sim.session(esme.name()).unwrap();
        assert_eq!(session.info().requests, 1);
        session.stop_reading(Duration::ZERO);
        esme.answer().id();
    });
}

#[test]
fn receipts_are_as_the_submit_was_told() {
    type Check = fn(&str, &[DeliverSm<'static>]) -> bool;
    let text = |receipt: &DeliverSm<'static>| receipt.short_message.to_str_lossy().into_owned();
    fn says(receipt: &DeliverSm<'static>, part: &str) -> bool {
        receipt.short_message.to_str_lossy().contains(part)
    }
    fn id(receipt: &DeliverSm<'static>) -> Option<String> {
        receipt.receipted_message_id().map(|id| id.to_string())
    }
    let cases: [(&str, usize, Check); 14] = [
        ("before_resp: true", 1, |sent, all| id(&all[0]).as_deref() == Some(sent)),
        ("duplicate: true", 2, |sent, all| all.iter().all(|one| id(one).as_deref() == Some(sent))),
        ("drop: true", 0, |_, _| true),
        ("unknown_id: true", 1, |sent, all| id(&all[0]).is_some_and(|id| id != sent) && !says(&all[0], "id:c ")),
        ("state: EXPIRED", 1, |_, all| all[0].message_state() == Some(MessageState::EXPIRED)),
        ("state: 8, err: '021'", 1, |_, all| says(&all[0], "stat:REJECTD err:021")),
        ("err: A1", 1, |_, all| says(&all[0], "stat:DELIVRD err:A1")),
        ("form: no-tlv", 1, |_, all| id(&all[0]).is_none() && says(&all[0], "id:c ")),
        ("form: tlv-only", 1, |_, all| id(&all[0]).is_some() && all[0].short_message.is_empty()),
        ("form: no-sub", 1, |_, all| says(&all[0], "id:c submit date:")),
        ("form: lowercase", 1, |_, all| says(&all[0], "stat:delivrd")),
        ("id: decimal", 1, |_, all| id(&all[0]).as_deref() == Some("12") && says(&all[0], "id:12 ")),
        ("id: padded10", 1, |_, all| id(&all[0]).as_deref() == Some("0000000012")),
        ("id: same, form: standard", 1, |sent, all| id(&all[0]).as_deref() == Some(sent)),
    ];
    for (faults, count, check) in cases {
        let faulty = rule(&format!("{{when: {{pdu: submit_sm, text: hello}}, then: [{{receipt: {{{faults}}}}}]}}"));
        with_both(
            || manual().message_id(MessageIdForm::Hex).rule(faulty.clone()).start().unwrap(),
            |sim, esme| {
                // The twelfth message is c in hexadecimal.
                for _ in 0..11 {
                    esme.submit(&submit(0).with_short_message("other")).id();
                }
                let sent = esme.submit(&submit(1)).id();
                let all: Vec<_> = (0..count).map(|_| esme.delivered()).collect();
                esme.quiet(sim);
                let texts: Vec<_> = all.iter().map(text).collect();
                assert!(sent == "c" && check(&sent, &all), "{faults}, {}: {texts:?}", esme.name());
            },
        );
    }
}

#[test]
fn a_receipt_comes_before_the_response_to_its_submit() {
    let sim = with_action("{receipt: {before_resp: true}}")();
    let mut raw = Raw::bound(sim.addr(), "me");
    raw.send(&submit(1), 2);
    let (_, receipt) = raw.expect_deliver_sm();
    assert_eq!(receipt.receipted_message_id().unwrap(), raw.expect_submitted(2).as_str());
}

#[test]
fn a_message_is_longer_on_its_way() {
    with_both(with_action("{receipt: {delay: 2s}}"), |sim, esme| {
        esme.submit(&submit(1)).id();
        sim.advance(SECOND);
        esme.quiet(sim);
        assert_eq!(sim.messages()[0].state, MessageState::ENROUTE);
        sim.advance(SECOND);
        esme.delivered();
    });
}

#[test]
fn a_message_comes_back_as_said() {
    for (mo, [from, to, text]) in [
        ("true", ["4179123456", "12345", "hello"]),
        ("{text: STOP}", ["4179123456", "12345", "STOP"]),
        ("{from: '4477', to: '99', text: OK, delay: 2s}", ["4477", "99", "OK"]),
    ] {
        with_both(with_action(&format!("{{mo: {mo}}}")), |sim, esme| {
            esme.submit(&submit(0)).id();
            if mo.contains("delay") {
                sim.advance(SECOND);
                esme.quiet(sim);
                sim.advance(SECOND);
            }
            let message = esme.delivered();
            let field = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
            let heard = [&message.source_addr, &message.destination_addr].map(|addr| addr.to_string());
            assert_eq!(heard, [from, to], "{mo}");
            assert_eq!(field(message.short_message.as_bytes()), text, "{mo}");
            esme.quiet(sim);
        });
    }
}

#[test]
fn a_scenario_is_brought_to_a_state() {
    with_both(with_action("{set_state: {scenario: carrier, to: down}}"), |sim, esme| {
        esme.submit(&submit(0)).id();
        assert_eq!(sim.scenarios()["carrier"], "down");
    });
}

#[test]
fn several_actions_are_all_done() {
    let all =
        "{delay: 1s}, {status: ESME_RSYSERR}, {close: {how: fin, when: after}}, {set_state: {scenario: x, to: y}}";
    with_both(with_action(all), |sim, esme| {
        esme.begin(&submit(0));
        esme.quiet(sim);
        sim.advance(SECOND);
        assert_eq!(esme.answer(), Answer::Refused(CommandStatus::ESME_RSYSERR));
        assert_eq!((esme.ended(), sim.scenarios()["x"].as_str()), (None, "y"));
    });
}

/// What comes over a socket is what the trace says has left, for every case that a submit_sm can be answered with.
#[test]
fn hostile_cases_octet_by_octet() {
    for case in HostileCase::all().filter(|case| !case.name().contains("bind_resp")) {
        let sim = with_action(&format!("{{hostile: {case}}}"))();
        let mut socket = Socket::bound(&sim);
        socket.begin(&submit(0));
        let (mut stream, mut heard) = (socket.raw.writer(), Vec::new());
        loop {
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).unwrap_or_else(|error| panic!("{case}: {error}"));
            heard.extend_from_slice(&buffer[..count]);
            let sent = sim.pdus().into_iter().filter(|traced| traced.direction == Direction::Sent).skip(1);
            let sent = sent.map(|traced| traced.octets).collect::<Vec<_>>().concat();
            // Nothing but the response is not yet all, unless the case is in its place.
            let is_all = case.name().starts_with("submit_") || sent.len() > 18 || count == 0;
            if heard == sent && is_all {
                break;
            }
            assert!(count > 0 && sent.starts_with(&heard), "{case}: {heard:x?} {sent:x?}");
        }
        assert_eq!((sim.rules()[0].hits, sim.messages().len()), (1, 1), "{case}");
    }
}

#[test]
fn hostile_cases_in_place_of_the_response_to_a_bind() {
    for case in HostileCase::all().filter(|case| case.name().contains("bind_resp")) {
        let sim =
            manual().rule(rule(&format!("{{when: {{pdu: bind}}, then: [{{hostile: {case}}}]}}"))).start().unwrap();
        let mut raw = Raw::connect(sim.addr());
        raw.send(&BindTransceiver::default().with_system_id("me").with_interface_version(0x34), 1);
        let mut heard = vec![0; 16];
        raw.writer().read_exact(&mut heard).unwrap();
        let left = || sim.pdus().into_iter().find(|traced| traced.direction == Direction::Sent).map(|pdu| pdu.octets);
        let sent = left().expect("it left");
        assert_eq!(sent[..16], heard, "{case}");
        let plain = BindTransceiverResp::default().with_system_id("smsc-sim");
        assert_ne!(sent, smpp::codec::Encode::to_octets(&plain, 1).unwrap(), "{case}");
        let is_refused = heard[8..12] != [0; 4];
        let state = sim.sessions()[0].state;
        assert_eq!(is_refused, state != SessionState::BoundTrx, "{case}: {state:?}");
    }
}

/// There is one response to a submit_multi, whatever rules say of how many of its destinations; what they say of a
/// message is about that of its destination alone.
#[test]
fn a_submit_multi_is_spoilt_once_and_each_of_its_messages_on_its_own() {
    let sme = |addr: &'static str| DestAddress::SmeAddress {
        dest_addr_ton: Ton::UNKNOWN,
        dest_addr_npi: Npi::UNKNOWN,
        destination_addr: addr.into(),
    };
    let multi = |to: &[&'static str]| {
        let multi = SubmitMulti::default().with_source_addr("12345").with_registered_delivery(1);
        multi.with_dest_address(to.iter().map(|to| sme(to)).collect::<Vec<_>>()).with_short_message("hello")
    };
    for (mangle, numbers) in [("sequence", &[0x4000_0002_u32][..]), ("duplicate", &[2, 2])] {
        let sim = manual()
            .rule(rule(&format!("{{when: {{pdu: submit_multi}}, then: [{{mangle: {mangle}}}]}}")))
            .start()
            .unwrap();
        let mut raw = Raw::bound(sim.addr(), "me");
        raw.send(&multi(&["1", "2"]).with_registered_delivery(0), 2);
        for number in numbers {
            raw.expect_status(0x8000_0021, *number, CommandStatus::ESME_ROK);
        }
        raw.hears_nothing(&sim);
    }
    // What is held is released by the rule that holds it, whichever destination that is about.
    let sim = manual()
        .rule(rule("{name: late, when: {pdu: submit_multi, dest: '1'}, then: [{delay: 1s}]}"))
        .rule(rule("{name: held, when: {pdu: submit_multi, dest: '2'}, then: [hold]}"))
        .start()
        .unwrap();
    let mut raw = Raw::bound(sim.addr(), "me");
    raw.send(&multi(&["1", "2"]).with_registered_delivery(0), 2);
    raw.hears_nothing(&sim);
    assert_eq!((sim.release("late"), sim.release("held")), (0, 1));
    raw.expect_status(0x8000_0021, 2, CommandStatus::ESME_ROK);
    // Receipts, replies and statuses are each destination's own.
    with_both(
        || {
            manual()
                .rule(rule("{when: {pdu: submit_multi, dest: '1'}, then: [{receipt: {state: UNDELIV, err: '021'}}]}"))
                .rule(rule("{when: {pdu: submit_multi, dest: '2'}, then: [{receipt: {drop: true}}, {mo: true}]}"))
                .rule(rule(
                    "{when: {pdu: submit_multi, dest: '3'}, then: [{status: ESME_RINVDSTADR}, {mo: {text: no}}]}",
                ))
                .start()
                .unwrap()
        },
        |sim, esme| {
            let pdu = multi(&["4", "1", "2", "3"]);
            let unsuccessful = esme.submit_multi(&pdu);
            assert_eq!(unsuccessful, [("3".to_owned(), CommandStatus::ESME_RINVDSTADR)]);
            let mut heard: Vec<_> =
                (0..3).map(|_| esme.delivered()).map(|pdu| (pdu.source_addr.to_string(), pdu)).collect();
            esme.quiet(sim);
            heard.sort_by(|one, other| one.0.cmp(&other.0));
            let [(one, undelivered), (two, reply), (four, delivered)] = &heard[..] else { panic!("{heard:?}") };
            assert_eq!([one, two, four], ["1", "2", "4"]);
            assert!(undelivered.short_message.to_str_lossy().contains("stat:UNDELIV err:021"));
            assert_eq!((reply.esm_class.0, reply.short_message.as_bytes()), (0, &b"hello"[..]));
            assert!(delivered.short_message.to_str_lossy().contains("stat:DELIVRD"));
        },
    );
}
