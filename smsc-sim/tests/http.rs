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
    assert_eq!(web.get("/api/v1/messages").ok(), json!({"messages": [], "next": null}));
    let id = submit(&client, "4477", "hi £");
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
