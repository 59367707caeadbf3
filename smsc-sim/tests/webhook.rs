//! Rules that ask an HTTP service what to do.

mod raw;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use serde_json::{Value, json};
use smpp::client::Client;
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::value::*;
use smsc_sim::rules::{Hook, Rule, on};
use smsc_sim::{Clock, SmscSim};

/// A service that gives one answer after the other, and tells what it was asked.
fn service(answers: impl IntoIterator<Item = String>) -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/verdict", listener.local_addr().unwrap());
    let (asked, questions) = channel();
    let answers: Vec<String> = answers.into_iter().collect();
    thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let Some(question) = read_question(&stream) else { return };
            if asked.send(question).is_err() {
                return;
            }
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, questions)
}

fn read_question(stream: &TcpStream) -> Option<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(octets) = line.strip_prefix("content-length:") {
            length = octets.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

fn ok(actions: &Value) -> String {
    let body = actions.to_string();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn status(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n[]")
}

fn asks(hook: Hook, url: &str) -> Rule {
    on(hook).name("ask").webhook(url)
}

#[test]
fn a_service_is_told_of_a_message_and_says_what_is_done() {
    let (url, questions) = service([
        ok(&json!([{"delay": "2s"}, {"status": "ESME_RTHROTTLED"}])),
        ok(&json!([])),
        ok(&json!({"receipt": {"state": "UNDELIV", "err": "021"}})),
    ]);
    let sim = SmscSim::builder().clock(Clock::manual()).start().unwrap();
    sim.rule(asks(Hook::SubmitSm, &url)).keep();
    let mut esme = Raw::bound(sim.addr(), "me");
    let mut message = submit(1);
    message.tlvs.push_raw(0x0204, &[0, 1]);
    esme.send(&message, 2);
    let question = questions.recv_timeout(PATIENCE).unwrap();
    assert_eq!(
        question,
        json!({
            "rule": "ask", "pdu": "submit_sm", "system_id": "me", "bind": 1, "bound_as": "trx", "pdu_index": 1,
            "session": sim.sessions()[0].id, "source": "12345", "dest": "4179123456", "service_type": "",
            "data_coding": 0, "esm_class": 0, "registered_delivery": 1, "text": "hello", "hex": "68656c6c6f",
            "tlvs": [{"tag": "0x0204", "hex": "0001"}],
        })
    );
    // The answer, and with it the delay, comes in its own time; the clock is moved until it has.
    let response = loop {
        sim.advance(Duration::from_secs(2));
        esme.send(&EnquireLink::default(), 7);
        let (header, _) = esme.next().unwrap();
        if header.command_id.0 == 0x8000_0004 {
            esme.expect_status(0x8000_0015, 7, CommandStatus::ESME_ROK);
            break header;
        }
    };
    assert_eq!((response.sequence_number, response.command_status), (2, CommandStatus::ESME_RTHROTTLED));
    assert!(sim.messages().is_empty());
    esme.send(&submit(0), 3);
    esme.expect_submitted(3);
    esme.send(&submit(1), 4);
    esme.expect_submitted(4);
    let (_, receipt) = esme.expect_deliver_sm();
    assert!(receipt.short_message.to_str_lossy().contains("stat:UNDELIV err:021"));
}

#[test]
fn a_client_is_answered_as_a_service_says() {
    let (url, _questions) =
        service([ok(&json!([{"status": "ESME_RTHROTTLED"}])), ok(&json!([])), ok(&json!([{"close": "fin"}]))]);
    let sim = SmscSim::builder().start().unwrap();
    sim.rule(asks(Hook::SubmitSm, &url)).keep();
    let client = Client::builder().connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    let refused = client.submit_sm(&submit(0)).unwrap_err();
    assert_eq!(refused.command_status(), Some(CommandStatus::ESME_RTHROTTLED));
    client.submit_sm(&submit(0)).unwrap();
    assert!(client.submit_sm(&submit(0)).unwrap_err().is_unknown_outcome());
    assert_eq!(sim.messages().len(), 2);
}

#[test]
fn a_service_that_does_not_answer_as_it_should_leaves_a_status() {
    let answers = [
        status("500 Internal Server Error"),
        status("302 Found"),
        ok(&json!([{"statsu": 8}])),
        ok(&json!("what?")),
        ok(&json!([{"webhook": "http://127.0.0.1:9/"}])),
        "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n[".to_owned(),
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n[{}]", " ".repeat(100_000)),
        "nonsense\r\n\r\n".to_owned(),
    ];
    let count = answers.len();
    let (url, _questions) = service(answers);
    let sim = SmscSim::builder().start().unwrap();
    let ask: Rule = serde_json::from_value(
        json!({"name": "ask", "when": {"pdu": "submit_sm"}, "then": {"webhook": {"url": url, "on_error": 88}}}),
    )
    .unwrap();
    sim.rule(ask).keep();
    let client = Client::builder().connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    // The last one finds nobody there.
    for number in 0..=count {
        let error = client.submit_sm(&submit(0)).unwrap_err();
        let is_throttled = matches!(error, Error::Refused { command_status: CommandStatus::ESME_RTHROTTLED, .. });
        assert!(is_throttled, "{number} {error:?}");
    }
    assert!(sim.messages().is_empty());
    let failed = sim.stats().get("faults_injected_total", &[("rule", "ask"), ("action", "webhook_failed")]);
    assert_eq!(failed, count as u64 + 1);
}

#[test]
fn while_a_service_is_silent_the_session_goes_on_and_what_waits_too_long_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr: SocketAddr = listener.local_addr().unwrap();
    let sim = SmscSim::builder().clock(Clock::manual()).start().unwrap();
    let ask = json!({
        "when": {"pdu": "submit_sm", "text": "hello"}, "then": {"webhook": {"url": format!("http://{addr}/"), "timeout": "300ms"}},
    });
    sim.rule(serde_json::from_value::<Rule>(ask).unwrap()).keep();
    let mut esme = Raw::bound(sim.addr(), "me");
    // More than are asked at a time.
    for number in 10..30 {
        esme.send(&submit(0), number);
    }
    esme.send(&submit(0).with_short_message("other"), 2);
    esme.expect_submitted(2);
    let mut numbers: Vec<u32> = (10..30)
        .map(|_| {
            let (header, _) = esme.next().unwrap();
            assert_eq!(header.command_status, CommandStatus::ESME_RSYSERR);
            header.sequence_number
        })
        .collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(10..30));
    drop(listener);
}

#[test]
fn a_service_decides_about_binds_and_never_sees_a_password() {
    let (url, questions) =
        service([ok(&json!([{"status": "ESME_RALYBND"}])), ok(&json!([])), ok(&json!([{"no_response": true}]))]);
    let sim = SmscSim::builder().user("alice", "secret12").start().unwrap();
    sim.rule(asks(Hook::Bind, &url)).keep();
    let bind = BindTransceiver::default().with_system_id("alice").with_password("secret12");
    let mut esme = Raw::connect(sim.addr());
    esme.send(&bind, 1);
    esme.expect_status(0x8000_0009, 1, CommandStatus::ESME_RALYBND);
    esme.send(&bind, 2);
    esme.expect_status(0x8000_0009, 2, CommandStatus::ESME_ROK);
    for _ in 0..2 {
        let question = questions.recv_timeout(PATIENCE).unwrap();
        assert_eq!(
            (&question["pdu"], &question["system_id"], &question["bound_as"]),
            (&json!("bind"), &json!("alice"), &json!("trx"))
        );
        assert!(!question.to_string().contains("secret12"), "{question}");
    }
    let mut other = Raw::connect(sim.addr());
    other.send(&bind, 1);
    questions.recv_timeout(PATIENCE).unwrap();
    esme.send(&submit(0), 3);
    esme.expect_submitted(3);
}

#[test]
fn queries_and_lists_of_destinations_are_asked_about() {
    let (url, questions) =
        service([ok(&json!({"status": "ESME_RQUERYFAIL"})), ok(&json!({"status": "0x410"})), ok(&json!([]))]);
    let sim = SmscSim::builder().start().unwrap();
    sim.rule(on(Hook::QuerySm).and_on(Hook::SubmitMulti).webhook(&url)).keep();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&QuerySm::default().with_message_id("17"), 2);
    esme.expect_status(0x8000_0003, 2, CommandStatus::ESME_RQUERYFAIL);
    assert_eq!(questions.recv_timeout(PATIENCE).unwrap()["message_id"], "17");
    let to = |addr: &'static str| DestAddress::SmeAddress {
        dest_addr_ton: Ton::UNKNOWN,
        dest_addr_npi: Npi::UNKNOWN,
        destination_addr: addr.into(),
    };
    for (number, status) in [(3, CommandStatus(0x410)), (4, CommandStatus::ESME_ROK)] {
        esme.send(&SubmitMulti::default().with_dest_address(vec![to("1"), to("2")]), number);
        esme.expect_status(0x8000_0021, number, status);
        assert_eq!(questions.recv_timeout(PATIENCE).unwrap()["dest"], "1");
    }
    assert_eq!(sim.messages().len(), 2);
}
