//! What is done over HTTP, and who may do it.
#![cfg(feature = "http")]

mod web;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};
use smpp::client::Client;
use smpp::pdu::SubmitSm;
use smpp::value::MessageState;
use smsc_sim::{Builder, Clock, SmscSim};
use web::Web;

fn builder() -> Builder {
    SmscSim::builder().clock(Clock::manual()).seed(7).http("127.0.0.1:0")
}

fn client(sim: &SmscSim) -> Client {
    let client = Client::builder().system_id("alice").connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    client
}

fn submit(client: &Client) -> String {
    let pdu = SubmitSm::default().with_destination_addr("4477").with_short_message("hi");
    client.submit_sm(&pdu).unwrap().message_id.to_str_lossy().into_owned()
}

/// Every path and method of the document; what stands in braces is something that there is not.
fn operations(web: &Web) -> Vec<(String, String)> {
    let document = web.get("/api/v1/openapi.json").ok();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let path = path.replace("{id}", "none").replace("{name}", "none");
            operations.push((method.to_uppercase(), path));
        }
    }
    assert!(operations.len() > 20, "{operations:?}");
    operations
}

fn ask(web: &Web, (method, path): &(String, String)) -> u16 {
    if path.ends_with("/events") {
        // It has no end: its head is the answer.
        return web.send(method, path, None).status().as_u16();
    }
    let path = if path.ends_with("/wait") { format!("{path}?timeout=0s") } else { path.clone() };
    web.request(method, &path, (method != "GET").then_some("{\"unknown\": 1}")).status
}

#[test]
fn whatever_the_document_says_is_there() {
    let sim = builder().start().unwrap();
    let web = Web::of(&sim);
    for operation in operations(&web) {
        let status = ask(&web, &operation);
        assert!(status < 500 && status != 405, "{operation:?}: {status}");
        if status == 404 {
            assert!(operation.1.contains("none"), "{operation:?}");
        }
    }
    let document = web.get("/api/v1/openapi.json").ok();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
}

#[test]
fn without_the_token_only_health_is_told() {
    let sim = builder().http_token("opensesame").start().unwrap();
    let mut web = Web::of(&sim);
    web.headers = vec![("authorization", "Bearer opensesame".to_owned())];
    let operations = operations(&web);
    for shown in [None, Some("Bearer opensesam"), Some("Bearer opensesame2"), Some("Basic opensesame")] {
        web.headers = shown.into_iter().map(|shown| ("authorization", shown.to_owned())).collect();
        for operation in &operations {
            let is_health = ["/livez", "/readyz"].contains(&operation.1.as_str());
            assert_eq!(ask(&web, operation), if is_health { 200 } else { 401 }, "{operation:?} {shown:?}");
        }
        assert_eq!(web.get("/nowhere").status, 401);
    }
    web.headers = vec![("authorization", "bearer opensesame".to_owned())];
    assert_eq!(web.get("/api/v1/clock").status, 200);
    assert!(!format!("{:?}", builder().http_token("opensesame")).contains("opensesame"));
}

#[test]
fn read_only_nothing_is_changed() {
    let sim = builder().http_readonly(true).start().unwrap();
    let web = Web::of(&sim);
    for operation in operations(&web) {
        let reads = operation.0 == "GET" || operation.1.ends_with("/verify");
        let status = ask(&web, &operation);
        assert_eq!(status == 403, !reads, "{operation:?}: {status}");
    }
    assert_eq!(web.post("/api/v1/verify", r#"{"max": 0}"#).ok(), json!({"count": 0}));
}

#[test]
fn pages_of_other_origins_and_names_of_other_hosts_are_refused() {
    let sim = builder().start().unwrap();
    let mut web = Web::of(&sim);
    for (name, value) in [("origin", "https://evil.example"), ("origin", "null"), ("host", "evil.example")] {
        web.headers = vec![(name, value.to_owned())];
        assert_eq!(web.get("/api/v1/clock").status, 403, "{name}: {value}");
    }
    web.headers = vec![("host", format!("localhost:{}", web.addr.port()))];
    assert_eq!(web.get("/api/v1/clock").status, 200);
    // In a container services have names, which a browser's DNS may be made to resolve to this machine.
    let sim = SmscSim::builder().http("0.0.0.0:0").start().unwrap();
    let mut web = Web::at(([127, 0, 0, 1], sim.http_addr().unwrap().port()).into());
    for (header, status) in [("accept", 200), ("origin", 403), ("sec-fetch-site", 403)] {
        web.headers = vec![("host", "smsc:12775".to_owned()), (header, "http://smsc:12775".to_owned())];
        assert_eq!(web.get("/api/v1/clock").status, status, "{header}");
    }
}

#[test]
fn rules_are_added_replaced_and_removed() {
    let sim = builder().start().unwrap();
    let web = Web::of(&sim);
    let rule = r#"{"name": "throttle", "when": {"pdu": "submit_sm"}, "pick": {"times": 1}, "then": [{"status": "ESME_RTHROTTLED"}]}"#;
    let added = web.post("/api/v1/rules", rule);
    assert_eq!((added.status, added.ok()), (201, json!({"name": "throttle"})));
    let client = client(&sim);
    let submits = || client.submit_sm(&SubmitSm::default().with_destination_addr("4477"));
    let shown = web.get("/api/v1/rules/throttle").ok();
    assert_eq!((&shown["hits"], &shown["rule"]["pick"]["times"]), (&json!(0), &json!(1)));
    assert_eq!(web.get("/api/v1/rules").ok()["rules"], json!([shown]));
    web.post("/api/v1/rules", rule).problem(422);
    let put = r#"{"when": {"pdu": "submit_sm"}, "then": [{"status": "ESME_RSYSERR"}]}"#;
    assert_eq!(web.request("PUT", "/api/v1/rules/throttle", Some(put)).ok(), json!({"name": "throttle"}));
    let shown = web.get("/api/v1/rules/throttle").ok();
    assert_eq!(shown["rule"]["then"], json!({"status": "ESME_RSYSERR"}));
    let refused = submits().unwrap_err().to_string();
    assert!(refused.contains("ESME_RSYSERR"), "{refused}");
    assert_eq!(web.get("/api/v1/rules/throttle").ok()["hits"], 1);
    assert!(web.get("/metrics").body.contains(r#"smsc_sim_faults_injected_total{rule="throttle",action="status"} 1"#));
    let other = r#"{"name": "other", "when": {"pdu": "submit_sm"}, "then": [{"status": 8}]}"#;
    assert_eq!(web.request("PUT", "/api/v1/rules/throttle", Some(other)).problem(400)["at"], "name");
    assert_eq!(web.request("DELETE", "/api/v1/rules/throttle", None).ok(), json!({"removed": 1}));
    web.request("DELETE", "/api/v1/rules/throttle", None).problem(404);
    assert!(submits().is_ok());
    web.get("/api/v1/rules/throttle").problem(404);
    let problem = web.post("/api/v1/rules", r#"{"when": {"pdu": "submit_sm"}, "then": [{"statu": 8}]}"#).problem(400);
    assert!(problem["suggestion"].as_str().is_some_and(|meant| meant.contains("status")), "{problem}");
    web.post("/api/v1/rules", other);
    assert_eq!(web.request("DELETE", "/api/v1/rules", None).ok(), json!({"removed": 1}));
    assert_eq!(web.request("PUT", "/api/v1/scenarios/carrier", Some(r#"{"state": "down"}"#)).status, 200);
    assert_eq!(web.get("/api/v1/scenarios").ok(), json!({"scenarios": {"carrier": "down"}}));
}

#[test]
fn messages_are_brought_to_an_end_and_forgotten() {
    let sim = builder().dlr_mix(MessageState::ENROUTE).start().unwrap();
    let (web, client) = (Web::of(&sim), client(&sim));
    let id = submit(&client);
    web.post(&format!("/api/v1/messages/{id}/receipt"), "").problem(409);
    let path = format!("/api/v1/messages/{id}/state");
    let problem = web.post(&path, r#"{"state": "UNDELIVE"}"#).problem(400);
    assert_eq!((&problem["at"], &problem["suggestion"]), (&json!("state"), &json!("`UNDELIV`")));
    web.post(&path, r#"{"state": "ENROUTE"}"#).problem(409);
    let changed = web.post(&path, r#"{"state": "UNDELIV", "err": "021"}"#).ok();
    assert_eq!(changed["messages"][0]["state"], json!({"value": 5, "name": "UNDELIVERABLE"}));
    web.post(&format!("/api/v1/messages/{id}/receipt"), "").ok();
    let changed = web.post(&format!("/api/v1/messages/{id}/receipt"), r#"{"state": "DELIVERED"}"#).ok();
    assert_eq!(changed["messages"][0]["state"]["value"], 2);
    web.post("/api/v1/messages/none/state", r#"{"state": "DELIVRD"}"#).problem(404);
    assert_eq!(web.get("/api/v1/texts").ok()["texts"][0]["text"], "hi");
    assert_eq!(web.post("/api/v1/reset", r#"{"what": "message"}"#).problem(400)["suggestion"], "`messages`");
    assert_eq!(web.request("DELETE", "/api/v1/messages", None).ok(), json!({"what": "messages"}));
    assert_eq!(web.get("/api/v1/messages").ok()["messages"], json!([]));
    submit(&client);
    assert_eq!(web.post("/api/v1/reset", "").ok(), json!({"what": "all"}));
    assert_eq!(web.get("/api/v1/messages").ok()["messages"], json!([]));
}

#[test]
fn an_esme_that_nobody_is_cannot_be_called() {
    let sim = builder().start().unwrap();
    let web = Web::of(&sim);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let problem = web.post("/api/v1/outbind", &json!({"addr": nobody.to_string()}).to_string()).problem(502);
    assert_eq!(problem["at"], "addr");
    assert_eq!(web.post("/api/v1/outbind", r#"{"addr": "x", "timeout": "y"}"#).problem(400)["at"], "timeout");
}

#[test]
fn smpp_and_other_noise_on_the_http_port_ends_that_connection_alone() {
    let sim = builder().start().unwrap();
    let web = Web::of(&sim);
    let bind = [0, 0, 0, 16, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1];
    for noise in [&bind[..], &[0xFF; 100_000], b"GET / HTTP/9.9\r\n\r\n", b"\r\n\r\n\r\n\0"] {
        let mut stream = TcpStream::connect(web.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // It may be closed before all is written.
        let _ = stream.write_all(noise);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        // Reset or ended: nothing else follows.
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 400"), "{answer:?}");
    }
    assert_eq!(web.get("/livez").status, 200);
}

#[test]
fn more_waits_than_there_is_room_for_are_told_so() {
    let sim = builder().start().unwrap();
    let web = Web::of(&sim);
    std::thread::scope(|scope| {
        let answers: Vec<_> =
            (0..80).map(|_| scope.spawn(|| Web::of(&sim).get("/api/v1/messages/wait?timeout=60s").status)).collect();
        let begin = std::time::Instant::now();
        while web.get("/api/v1/stats").ok()["waiting"].as_u64() != Some(64) {
            assert!(begin.elapsed() < Duration::from_secs(60), "they do not come");
        }
        // Those that found no room have their answer; the others have theirs when there is a message.
        while answers.iter().filter(|answer| answer.is_finished()).count() < 16 {
            assert!(begin.elapsed() < Duration::from_secs(60), "they are not told");
            std::thread::yield_now();
        }
        submit(&client(&sim));
        let mut statuses: Vec<_> = answers.into_iter().map(|answer| answer.join().unwrap()).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[63], statuses[64], statuses[79]), (200, 503, 503));
    });
    assert_eq!(web.get("/api/v1/stats").ok()["waiting"], Value::from(0));
}

#[test]
fn sessions_are_shown_asked_and_ended() {
    let sim = builder().start().unwrap();
    let (web, client) = (Web::of(&sim), client(&sim));
    let session = web.get("/api/v1/sessions").ok()["sessions"][0].clone();
    assert_eq!((&session["system_id"], &session["bound_as"]), (&json!("alice"), &json!("Transceiver")));
    assert_eq!(web.get("/api/v1/sessions/alice").ok()["id"], session["id"]);
    let path = format!("/api/v1/sessions/{}/pdu", session["id"]);
    assert_eq!(web.post(&path, r#"{"command": "enquire_link"}"#).ok()["answered"], true);
    assert_eq!(web.post(&path, r#"{"command": "enquire_lnk"}"#).problem(400)["suggestion"], "`enquire_link`");
    assert_eq!(web.post(&path, r#"{"hex": "0"}"#).problem(400)["at"], "hex");
    assert_eq!(web.post(&path, "{}").problem(400)["at"], "command");
    assert_eq!(web.post(&path, r#"{"hex": "00000010 00000015 00000000 00000063"}"#).ok()["sent"], "octets");
    assert_eq!(web.post("/api/v1/sessions/alice/toxics", r#"{"latency": "5"}"#).problem(400)["at"], "latency");
    assert_eq!(web.post("/api/v1/sessions/alice/toxics", r#"{"dribble": "0s"}"#).ok()["dribble"], "0s");
    let sent = web.get("/api/v1/pdus?session=alice&direction=sent&command=enquire_link").ok();
    assert!(!sent["pdus"].as_array().unwrap().is_empty());
    let lines = web.get("/api/v1/pdus.ndjson");
    assert_eq!((lines.status, lines.content_type.as_str()), (200, "application/x-ndjson"));
    let first: Value = serde_json::from_str(lines.body.lines().next().unwrap()).unwrap();
    assert_eq!((&first["pdu"]["command"], &first["hex"]), (&json!("bind_transceiver"), &json!("")));
    assert_eq!(web.get("/api/v1/pdus?direction=up").problem(400)["at"], "direction");
    assert_eq!(web.request("DELETE", "/api/v1/sessions/alice?how=rts", None).problem(400)["suggestion"], "`rst`");
    web.request("DELETE", "/api/v1/sessions/alice?how=rst", None).ok();
    web.request("DELETE", "/api/v1/sessions/none", None).problem(404);
    let begin = std::time::Instant::now();
    while client.enquire_link().is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(60), "it goes on");
    }
}

/// The next event of a stream: its name and its data.
fn next_event(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> (String, Value) {
    let mut name = String::new();
    for line in lines {
        let line = line.unwrap();
        if let Some(said) = line.strip_prefix("event: ") {
            name = said.to_owned();
        }
        if let Some(data) = line.strip_prefix("data: ") {
            return (name, serde_json::from_str(data).unwrap());
        }
    }
    panic!("the stream has ended");
}

#[test]
fn what_happens_is_followed_until_the_simulator_stops() {
    use std::io::BufRead;

    let sim = builder().start().unwrap();
    let web = Web::of(&sim);
    let follow = |query: &str| {
        let response = web.send("GET", &format!("/api/v1/events{query}"), None);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        std::io::BufReader::new(response.into_body().into_reader()).lines()
    };
    let (mut all, mut bound) = (follow(""), follow("?event=session_bound"));
    let client = client(&sim);
    let (name, data) = next_event(&mut bound);
    assert_eq!(
        (name.as_str(), &data["event"], &data["system_id"]),
        ("session_bound", &json!("session_bound"), &json!("alice"))
    );
    submit(&client);
    let begin = std::time::Instant::now();
    while next_event(&mut all).0 != "message_accepted" {
        assert!(begin.elapsed() < Duration::from_secs(60), "it is not told");
    }
    assert_eq!(web.get("/api/v1/events?evnt=x").problem(400)["suggestion"], "`event`");
    let metrics = web.get("/metrics");
    assert!(
        metrics.body.contains("smsc_sim_messages_accepted_total") && metrics.body.ends_with("# EOF\n"),
        "{metrics:?}"
    );
    assert!(web.get("/api/v1/stats").ok()["families"].is_array());
    sim.stop(Duration::from_secs(1));
    assert!(bound.all(|line| line.is_ok_and(|line| !line.starts_with("data"))));
}

#[test]
fn profiles_and_chaos_are_rules_too() {
    let sim = builder().start().unwrap();
    let web = Web::of(&sim);
    let count = || web.get("/api/v1/rules").ok()["rules"].as_array().map(Vec::len).unwrap();
    let before = count();
    web.request("PUT", "/api/v1/chaos", Some(r#"{"chaos": "submit_sm=ESME_RTHROTTLED@5%"}"#)).ok();
    assert_eq!(count(), before + 1);
    assert_eq!(web.request("PUT", "/api/v1/chaos", Some(r#"{"chaos": "x"}"#)).problem(400)["at"], "chaos");
    web.request("PUT", "/api/v1/profile", Some(r#"{"profile": "flaky"}"#)).ok();
    let problem = web.request("PUT", "/api/v1/profile", Some(r#"{"profile": "flakey"}"#)).problem(400);
    assert_eq!(problem["suggestion"], "`flaky`");
}

#[test]
fn answers_that_a_rule_holds_are_released() {
    let sim = builder().start().unwrap();
    let (web, client) = (Web::of(&sim), client(&sim));
    let rule = r#"{"name": "late", "when": {"pdu": "submit_sm"}, "then": ["hold"]}"#;
    web.post("/api/v1/rules", rule).ok();
    web.post("/api/v1/rules/none/release", "").problem(404);
    assert_eq!(web.post("/api/v1/rules/late/release", "").ok(), json!({"released": 0}));
    std::thread::scope(|scope| {
        let answered = scope.spawn(|| submit(&client));
        let begin = std::time::Instant::now();
        while web.post("/api/v1/rules/late/release", "").ok()["released"] == 0 {
            assert!(begin.elapsed() < Duration::from_secs(60), "it is not held");
        }
        answered.join().unwrap();
    });
}

#[test]
fn pdus_of_a_message_are_its_submit_its_queries_and_its_receipt() {
    let sim = builder().start().unwrap();
    let web = Web::of(&sim);
    let client = Client::builder().system_id("alice").on_deliver_sm(|_| smpp::value::CommandStatus::ESME_ROK);
    let client = client.connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    let pdu = SubmitSm::default().with_destination_addr("4477").with_registered_delivery(1);
    let id = client.submit_sm(&pdu).unwrap().message_id.to_str_lossy().into_owned();
    submit(&client);
    client.query_sm(&smpp::pdu::QuerySm::default().with_message_id(id.clone())).unwrap();
    let begin = std::time::Instant::now();
    let wanted = ["submit_sm", "submit_sm_resp", "deliver_sm", "deliver_sm_resp", "query_sm", "query_sm_resp"];
    loop {
        let pdus = web.get(&format!("/api/v1/messages/{id}/pdus")).ok()["pdus"].clone();
        let mut commands: Vec<_> = pdus.as_array().unwrap().iter().map(|pdu| pdu["pdu"]["command"].clone()).collect();
        commands.sort_by_key(|command| wanted.iter().position(|wanted| command == wanted));
        if commands == wanted {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{commands:?}");
    }
    web.get("/api/v1/messages/none/pdus").problem(404);
}

#[test]
fn what_is_wrong_with_connections_is_listed() {
    let sim = builder().start().unwrap();
    let (web, client) = (Web::of(&sim), client(&sim));
    assert_eq!(web.get("/api/v1/toxics").ok(), json!({"toxics": []}));
    web.post("/api/v1/sessions/alice/toxics", r#"{"latency": "200ms", "dribble": "1ms", "stop_reading": "1h"}"#).ok();
    let shown = web.get("/api/v1/sessions/alice/toxics").ok();
    assert_eq!((&shown["latency"], &shown["dribble"]), (&json!("200ms"), &json!("1ms")));
    assert_eq!((&shown["is_deaf"], &shown["system_id"]), (&json!(true), &json!("alice")));
    assert_eq!(web.get("/api/v1/toxics").ok(), json!({"toxics": [shown]}));
    let none = r#"{"latency": "0s", "dribble": "0s", "stop_reading": "0s"}"#;
    web.post("/api/v1/sessions/alice/toxics", none).ok();
    assert_eq!(web.get("/api/v1/toxics").ok(), json!({"toxics": []}));
    client.enquire_link().unwrap();
    web.get("/api/v1/sessions/none/toxics").problem(404);
}

#[test]
fn esmes_are_told_that_a_mobile_is_there() {
    let sim = builder().start().unwrap();
    let web = Web::of(&sim);
    // It waits for a receiver.
    web.post("/api/v1/alert_notification", r#"{"system_id": "alice", "source_addr": "+447700900123"}"#).ok();
    let _client = client(&sim);
    let begin = std::time::Instant::now();
    let sent = || web.get("/api/v1/pdus?session=alice&command=alert_notification").ok()["pdus"].clone();
    while sent() == json!([]) {
        assert!(begin.elapsed() < Duration::from_secs(60), "it is not told");
    }
    assert_eq!(sent()[0]["pdu"]["fields"]["source_addr"], "447700900123");
    let long = json!({"system_id": "alice", "source_addr": "1".repeat(70)}).to_string();
    assert_eq!(web.post("/api/v1/alert_notification", &long).problem(422)["at"], "source_addr");
}

#[test]
fn no_secret_is_told_whatever_is_asked_for() {
    let sim = builder().user("alice", "sekret").http_token("opensesame").start().unwrap();
    let mut web = Web::of(&sim);
    web.headers = vec![("authorization", "Bearer opensesame".to_owned())];
    let config = web.get("/api/v1/config").ok();
    assert_eq!((&config["accounts"][0]["system_id"], &config["seed"]), (&json!("alice"), &json!(7)));
    assert_eq!((&config["http"]["has_token"], &config["clock"]), (&json!(true), &json!("manual")));
    let follow = web.send("GET", "/api/v1/events?pdus=true", None);
    let client = Client::builder().system_id("alice").password("sekret").connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    // Binds that are broken in ways that the names of the fields do not survive.
    let bind =
        |length: u8, id: u8, body: &[u8]| [&[0, 0, 0, length, 0, 0, 0, id, 0, 0, 0, 0, 0, 0, 0, 1], body].concat();
    for octets in
        [bind(22, 9, b"sekret"), bind(15, 9, b"sekret\0"), bind(28, 1, b"alice\0sekret"), bind(24, 11, b"a\0sekret")]
    {
        let mut stream = TcpStream::connect(sim.addr()).unwrap();
        stream.write_all(&octets).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        // Whatever is answered has been written down by then.
        let _ = stream.read(&mut [0; 16]);
    }
    let mut told = web.get("/api/v1/openapi.json").body;
    for path in ["config", "pdus", "pdus.ndjson", "sessions", "stats", "rules", "texts", "messages"] {
        told += &web.get(&format!("/api/v1/{path}")).body;
    }
    assert!(told.contains("bind_transceiver") && told.contains("***"), "{told}");
    told += &web.get("/metrics").body;
    sim.pdus().iter().for_each(|traced| told += &traced.to_string());
    sim.stop(Duration::from_secs(1));
    let mut events = String::new();
    let _ = follow.into_body().into_reader().read_to_string(&mut events);
    assert!(events.contains("event: pdu"), "{events}");
    told += &events;
    for secret in ["sekret", "73656b726574", "73 65 6b 72 65 74", "opensesame"] {
        let at = told.find(secret);
        assert!(at.is_none(), "{:?}", at.map(|at| &told[at.saturating_sub(300)..at]));
    }
}

/// One answer, read from a connection that goes on: its head.
fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut octet = [0];
    while !answer.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut octet).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&answer)));
        answer.push(octet[0]);
    }
    let head = String::from_utf8(answer).unwrap();
    let length =
        head.to_lowercase().split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    stream.read_exact(&mut vec![0; length.unwrap_or(0)]).unwrap();
    head
}

#[test]
fn a_refused_body_is_not_taken_for_the_next_request() {
    let sim = builder().http_readonly(true).start().unwrap();
    let mut stream = TcpStream::connect(sim.http_addr().unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let body = "DELETE /api/v1/messages HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(100);
    let asks = [
        ("POST /api/v1/reset", "localhost", "403"),
        ("POST /nowhere", "localhost", "403"),
        ("GET /nowhere", "localhost", "404"),
        ("GET /api/v1/clock", "evil.example", "403"),
        ("POST /api/v1/verify", "localhost", "400"),
        ("GET /api/v1/clock", "localhost", "200"),
        ("GET /livez", "localhost", "200"),
    ];
    for (what, host, status) in asks {
        let length = body.len();
        write!(stream, "{what} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let head = read_answer(&mut stream);
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{what}: {head}");
    }
    // One that is longer than anybody reads ends the connection, and says so.
    write!(stream, "POST /api/v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000000\r\n\r\n").unwrap();
    let mut other = stream.try_clone().unwrap();
    let writes = std::thread::spawn(move || while other.write_all(&[b' '; 65_536]).is_ok() {});
    let head = read_answer(&mut stream).to_lowercase();
    assert!(head.starts_with("http/1.1 413") && head.contains("connection: close"), "{head}");
    drop(stream);
    writes.join().unwrap();
}

#[test]
fn who_follows_and_does_not_read_is_told_how_much_was_missed() {
    let sim = builder().start().unwrap();
    let (web, client) = (Web::of(&sim), client(&sim));
    let mut stream = TcpStream::connect(web.addr).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(b"GET /api/v1/events?pdus=true HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    // More than the buffers of the system and what waits for one listener together.
    let text = "x".repeat(60_000);
    let pdu = SubmitSm::default().with_destination_addr("4477");
    let pdu = pdu.with_message_payload(text.as_str());
    for _ in 0..1000 {
        client.submit_sm(&pdu).unwrap();
    }
    assert_eq!(web.get("/livez").status, 200);
    let mut events = std::io::BufReader::new(stream);
    let mut line = String::new();
    while line != "event: missed\n" {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut events, &mut line).unwrap() > 0, "the stream has ended");
    }
}

#[test]
fn how_esmes_come_out_of_the_hostile_catalogue_is_told() {
    let sim = builder().profile(smsc_sim::rules::Profile::Hostile).start().unwrap();
    let web = Web::of(&sim);
    assert_eq!(web.get("/api/v1/hostile").ok(), json!({"reports": []}));
    web.get("/api/v1/hostile/alice").problem(404);
    let client = Client::builder().system_id("alice").connect(sim.addr()).unwrap();
    let _ = client.bind_transceiver();
    let _ = client.submit_sm(&SubmitSm::default().with_destination_addr("4477"));
    let begin = std::time::Instant::now();
    while web.get("/api/v1/hostile/alice").status != 200 {
        assert!(begin.elapsed() < Duration::from_secs(60), "there is no report");
    }
    assert_eq!(web.get("/api/v1/hostile/alice").ok()["system_id"], "alice");
    assert_eq!(web.get("/api/v1/hostile").ok()["reports"][0]["system_id"], "alice");
}
