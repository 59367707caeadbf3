//! The control API, spoken to as any HTTP client would.
#![cfg(feature = "http")]

mod web;

use std::time::Duration;

use serde_json::json;
use smpp::client::Client;
use smpp::pdu::SubmitSm;
use smsc_sim::{Clock, SmscSim};
use web::Web;

fn sim() -> SmscSim {
    SmscSim::builder().clock(Clock::manual()).seed(7).http("127.0.0.1:0").start().unwrap()
}

fn client(sim: &SmscSim) -> Client {
    let client = Client::builder().system_id("alice").connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    client
}

fn submit(client: &Client, to: &str, text: &str) -> String {
    let pdu = SubmitSm::default().with_destination_addr(to).with_short_message(text);
    client.submit_sm(&pdu).unwrap().message_id.to_str_lossy().into_owned()
}

#[test]
fn messages_are_shown_as_they_are_and_as_the_standard_names_them() {
    let sim = sim();
    let (web, client) = (Web::of(&sim), client(&sim));
    assert_eq!(web.get("/api/v1/messages").ok(), json!({"messages": [], "next": null, "cursor": 0}));
    let id = submit(&client, "4477", "hi £");
    // It is delivered at once: not in between what is asked for twice.
    sim.advance(Duration::ZERO);
    let message = web.get(&format!("/api/v1/messages/{id}")).ok();
    assert_eq!(message["text"], "hi £");
    assert_eq!(message["data_coding"], json!({"value": 0, "name": "DEFAULT"}));
    assert_eq!(
        (&message["to"], &message["system_id"], &message["serial"]),
        (&json!("4477"), &json!("alice"), &json!(1))
    );
    assert_eq!(message["submitted"], "2026-01-01T00:00:00.000Z");
    assert_eq!(message["pdu"]["fields"]["destination_addr"], "4477");
    assert_eq!(web.get("/api/v1/messages/latest").ok(), message);
    let missing = web.get("/api/v1/messages/999").problem(404);
    assert_eq!(missing["at"], "id");
}

#[test]
fn lists_go_on_where_the_one_before_ended() {
    let sim = sim();
    let (web, client) = (Web::of(&sim), client(&sim));
    for number in 0..5 {
        submit(&client, &format!("44{number}"), "x");
    }
    let first = web.get("/api/v1/messages?limit=3").ok();
    assert_eq!((first["messages"].as_array().map(Vec::len), &first["next"]), (Some(3), &json!(3)));
    let second = web.get("/api/v1/messages?limit=3&cursor=3").ok();
    assert_eq!((second["messages"].as_array().map(Vec::len), &second["next"]), (Some(2), &json!(null)));
    assert_eq!(second["messages"][0]["to"], "443");
}

#[test]
fn what_is_wrong_with_a_request_is_told_with_where_and_what_was_meant() {
    let sim = sim();
    let web = Web::of(&sim);
    let problem = web.get("/api/v1/messages?limt=3").problem(400);
    assert_eq!((&problem["at"], &problem["suggestion"]), (&json!("the query of the URL"), &json!("`limit`")));
    let problem = web.get("/api/v1/messages?limit=-3").problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("limit"), "{problem}");
    let problem = web.post("/api/v1/clock/advance", r#"{"by": "72"}"#).problem(400);
    assert_eq!((&problem["at"], &problem["detail"]), (&json!("by"), &json!("`72` has no unit: ms, s, m or h")));
    let problem = web.post("/api/v1/clock/advance", "{\n  \"bye\": \"72h\"}").problem(400);
    assert_eq!((&problem["at"], &problem["suggestion"]), (&json!("body, line 2, column 7"), &json!("`by`")));
    let problem = web.post("/api/v1/clock/advance", &" ".repeat(2 << 20)).problem(413);
    assert_eq!(problem["at"], "body");
    assert_eq!(web.get("/api/v1/mesages").problem(404)["at"], "path");
    assert_eq!(web.request("PUT", "/api/v1/clock", Some("{}")).problem(405)["at"], "method");
}

#[test]
fn the_clock_is_moved_on() {
    let sim = sim();
    let web = Web::of(&sim);
    assert_eq!(web.get("/api/v1/clock").ok(), json!({"now": "2026-01-01T00:00:00.000Z", "manual": true}));
    let moved = web.post("/api/v1/clock/advance", r#"{"by": "72h"}"#).ok();
    assert_eq!(moved["now"], "2026-01-04T00:00:00.000Z");
    assert_eq!(
        sim.now().duration_since(std::time::UNIX_EPOCH).unwrap(),
        Duration::from_secs(1_767_225_600 + 72 * 3600)
    );
}

#[test]
fn the_port_is_taken_down_and_up_again() {
    let sim = sim();
    let web = Web::of(&sim);
    assert_eq!(web.get("/readyz").status, 200);
    assert_eq!(web.post("/api/v1/listener", r#"{"up": false}"#).ok(), json!({"up": false}));
    assert!(std::net::TcpStream::connect(sim.addr()).is_err());
    assert_eq!((web.get("/readyz").status, web.get("/livez").status), (503, 200));
    assert_eq!(web.post("/api/v1/listener", r#"{"up": true}"#).ok(), json!({"up": true}));
    client(&sim);
}

#[test]
fn messages_are_asked_for_by_a_query_and_waited_for() {
    let sim = sim();
    let (web, client) = (Web::of(&sim), client(&sim));
    submit(&client, "4477", "your code is 17");
    submit(&client, "4478", "good morning");
    let found = web.get("/api/v1/messages?query=to:4477*%20text~code").ok();
    assert_eq!(found["messages"].as_array().map(Vec::len), Some(1));
    assert_eq!(found["cursor"], 2);
    let problem = web.get("/api/v1/messages?query=tO:1").problem(400);
    assert_eq!(problem["at"], "query");
    assert_eq!(web.get("/api/v1/messages/wait?query=to:4478&timeout=60s").ok()["messages"][0]["text"], "good morning");
    let missed = web.get("/api/v1/messages/wait?query=to:4479&timeout=10ms").problem(408);
    assert_eq!(missed["near_misses"]["examined"], 2);
    assert_eq!(
        web.get("/api/v1/messages/wait?query=to:4478&since=2&timeout=0s").problem(408)["near_misses"]["found"],
        0
    );
    assert_eq!(web.get("/api/v1/messages/wait?count=0").problem(400)["at"], "count");
    assert_eq!(web.get("/api/v1/messages/wait?timeout=5").problem(400)["at"], "timeout");
    std::thread::scope(|scope| {
        let waits: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| Web::of(&sim).get("/api/v1/messages/wait?since=2&timeout=60s").ok()))
            .collect();
        submit(&client, "4480", "late");
        for wait in waits {
            assert_eq!(wait.join().unwrap()["messages"][0]["to"], "4480");
        }
    });
    assert_eq!(web.post("/api/v1/verify", r#"{"query": "to:44*", "min": 3, "max": 3}"#).ok(), json!({"count": 3}));
    let missed = web.post("/api/v1/verify", r#"{"query": "to:4477", "max": 0}"#).problem(409);
    assert_eq!(missed["near_misses"]["matched"][0]["to"], "4477");
    assert_eq!(web.post("/api/v1/verify", r#"{"min": 3, "max": 2}"#).problem(400)["at"], "max");
}

#[test]
fn messages_from_mobiles_are_answered_with_what_the_esme_said() {
    let sim = sim();
    let web = Web::of(&sim);
    let nobody = web.post("/api/v1/mo", r#"{"from": "4477", "to": "1", "text": "x", "wait_for_receiver": false}"#);
    nobody.problem(409);
    let held = web.post("/api/v1/mo", r#"{"from": "4477", "to": "1", "text": "x", "timeout": "0s"}"#);
    assert_eq!((held.status, &held.ok()["parts"][0]["state"]), (202, &json!("held")));
    let refuses_b = |pdu: &smpp::pdu::DeliverSm<'_>| match pdu.short_message.as_bytes() {
        b"B" => smpp::value::CommandStatus::ESME_RX_R_APPN,
        _ => smpp::value::CommandStatus::ESME_ROK,
    };
    let client = Client::builder().on_deliver_sm(move |pdu| refuses_b(pdu)).connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    let report = web.post("/api/v1/mo", r#"{"from": "+447700", "to": "12345", "hex": "41 42", "data_coding": 4}"#).ok();
    assert_eq!(report["command_status"], json!({"value": 0, "name": "ESME_ROK"}));
    assert_eq!((&report["parts"][0]["hex"], &report["parts"][0]["data_coding"]["value"]), (&json!("4142"), &json!(4)));
    let refused = web.post("/api/v1/mo", r#"{"from": "4477", "to": "12345", "text": "B"}"#).ok();
    assert_eq!(refused["parts"][0]["command_status"]["name"], "ESME_RX_R_APPN");
    let long = json!({"from": "4477", "to": "1", "text": "x".repeat(200), "split": "udh16", "parts": [2, 1]});
    let parts = web.post("/api/v1/mo", &long.to_string()).ok()["parts"].clone();
    assert_eq!((&parts[0]["number"], &parts[1]["number"], &parts[1]["of"]), (&json!(2), &json!(1), &json!(2)));
    assert_eq!(web.get("/api/v1/mo").ok()["mos"].as_array().map(Vec::len), Some(4));
    assert_eq!(web.get("/api/v1/mo/2").ok()["command_status"]["value"], 0);
    web.get("/api/v1/mo/99").problem(404);
    for (body, at) in [
        (r#"{"from": "1", "to": "2"}"#, "text"),
        (r#"{"from": "1", "to": "2", "hex": "0"}"#, "hex"),
        (r#"{"from": "1", "to": "2", "text": "", "split": "udh"}"#, "split"),
        (r#"{"from": "1", "to": "2", "text": "", "encoding": "gsm"}"#, "encoding"),
        (r#"{"from": "1", "to": "2", "text": "", "via": "x"}"#, "via"),
        (r#"{"from": "1", "to": "2", "text": "", "tlvs": ["x"]}"#, "tlvs"),
        (r#"{"from": "1", "to": "2", "text": "", "timeout": "x"}"#, "timeout"),
    ] {
        assert_eq!(web.post("/api/v1/mo", body).problem(400)["at"], at, "{body}");
    }
    web.post("/api/v1/mo", r#"{"from": "1", "to": "2", "text": "", "parts": [3]}"#).problem(422);
}

#[test]
fn stopping_ends_what_waits() {
    let sim = sim();
    let addr = sim.http_addr().unwrap();
    std::thread::scope(|scope| {
        let wait = scope.spawn(move || Web::at(addr).get("/api/v1/messages/wait?timeout=300s"));
        let begin = std::time::Instant::now();
        while Web::at(addr).get("/api/v1/stats").ok()["waiting"] != 1 {
            assert!(begin.elapsed() < Duration::from_secs(60), "nobody waits");
        }
        sim.stop(Duration::from_secs(1));
        assert!(wait.join().unwrap().problem(503)["detail"].as_str().unwrap().contains("stops"));
    });
    assert!(std::net::TcpStream::connect(addr).is_err());
}
