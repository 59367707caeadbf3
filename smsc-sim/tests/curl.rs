//! The lines for curl in the documentation do what they say.
#![cfg(feature = "http")]

mod web;

use std::process::Command;

use smpp::client::Client;
use smpp::pdu::SubmitSm;
use smpp::value::CommandStatus;
use smsc_sim::{Clock, SmscSim};
use web::Web;

/// The lines of the documentation that are for a shell.
fn lines() -> Vec<&'static str> {
    let blocks = include_str!("../src/http/curl.md").split("```sh\n").skip(1);
    let lines: Vec<_> = blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines()).collect();
    assert!(lines.len() > 25, "{lines:?}");
    lines
}

/// Runs every line in a shell in which `curl` is this function, and gives what each wrote to `check`.
fn run(curl: &str, check: impl Fn(&Web, &str, &str)) {
    let sim = SmscSim::builder().clock(Clock::manual()).http("127.0.0.1:0").start().unwrap();
    let client = Client::builder().system_id("alice").on_deliver_sm(|_| CommandStatus::ESME_ROK);
    let client = client.connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    let pdu = SubmitSm::default().with_destination_addr("447700900123").with_short_message("your code is 17");
    assert_eq!(client.submit_sm(&pdu).unwrap().message_id, "1");
    sim.advance(std::time::Duration::ZERO);
    let web = Web::of(&sim);
    for line in lines() {
        let script = format!("{curl}\n{line}");
        let output =
            Command::new("sh").args(["-c", &script]).env("URL", format!("http://{}/api/v1", web.addr)).output();
        let output = output.unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{line}\n{out}{err}");
        check(&web, line, &out);
    }
}

#[test]
#[cfg_attr(not(unix), ignore = "for a shell")]
fn every_line_for_curl_is_done() {
    if Command::new("curl").arg("--version").output().is_err() {
        return eprintln!("there is no curl: its lines are tried without it only");
    }
    run("curl() { command curl -fsS --max-time 60 \"$@\"; }", |_, line, out| {
        assert!(out.starts_with('{'), "{line}\n{out}");
    });
}

#[test]
#[cfg_attr(not(unix), ignore = "for a shell")]
fn every_line_for_curl_says_what_is_there() {
    run("curl() { printf '%s\\n' \"$@\"; }", |web, line, out| {
        let (mut method, mut path, mut data, mut is_query) = (None, String::new(), Vec::new(), false);
        let mut words = out.lines();
        while let Some(word) = words.next() {
            match word {
                "-X" => method = words.next(),
                "-d" | "--data-urlencode" => data.push(words.next().unwrap()),
                "-G" => is_query = true,
                url => path = url.split_once(&web.addr.to_string()).expect(line).1.to_owned(),
            }
        }
        let body = (!is_query && !data.is_empty()).then(|| data.join("&"));
        if is_query {
            path += &format!("?{}", data.join("&").replace(' ', "%20"));
        }
        let method = method.unwrap_or_else(|| if body.is_some() { "POST" } else { "GET" });
        web.request(method, &path, body.as_deref().or_else(|| (method == "POST").then_some(""))).success(line);
    });
}
