//! Commands that ask a running simulator, over HTTP.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::remote::{Refusal, Remote, end, escaped};
use super::{FAILED, USAGE};

#[derive(Args)]
pub(crate) struct Wait {
    /// How long at most.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = smsc_sim::duration)]
    timeout: Duration,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Messages {
    /// Which: `to:4477* text~code state:DELIVRD`; all unless said.
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Wait until there are as many as --count.
    #[arg(long)]
    wait: bool,
    /// How many to wait for.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "wait")]
    count: usize,
    /// How long to wait at most.
    #[arg(long, value_name = "TIME", default_value = "10s", requires = "wait", value_parser = smsc_sim::duration)]
    timeout: Duration,
    /// A line of JSON each, with all there is to know.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Mo {
    /// Whom it is from.
    #[arg(long)]
    from: String,
    /// Whom it is to: the number of an ESME.
    #[arg(long)]
    to: String,
    /// What it says.
    #[arg(long, required_unless_present = "hex")]
    text: Option<String>,
    /// The octets of it instead.
    #[arg(long, conflicts_with = "text")]
    hex: Option<String>,
    /// How it is written in octets: auto unless said.
    #[arg(long)]
    encoding: Option<String>,
    /// How a long text is split: udh8, udh16, sar or payload.
    #[arg(long)]
    split: Option<String>,
    /// Which parts come, in this order: 2,1.
    #[arg(long, value_delimiter = ',')]
    parts: Vec<u8>,
    /// A TLV besides: TAG=VALUE, in hexadecimal after hex:. May be given several times.
    #[arg(long = "tlv")]
    tlvs: Vec<String>,
    /// The ESME to send it to; whoever it is routed to unless said.
    #[arg(long)]
    system_id: Option<String>,
    /// How long to wait for what the ESME says; a message that none has answered by then is held for one that binds.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = smsc_sim::duration)]
    timeout: Duration,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Receipt {
    /// The message_id, as the ESME was told.
    id: String,
    /// What becomes of it, as receipts have it: DELIVRD, UNDELIV, EXPIRED ...; a message that is final already gets its
    /// receipt again if this is left out.
    state: Option<String>,
    /// The error code in the receipt, such as 021.
    #[arg(long, value_name = "CODE", requires = "state")]
    err: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Sessions {
    #[command(subcommand)]
    command: Option<SessionsCommand>,
    /// A line of JSON each, with all there is to know.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Subcommand)]
enum SessionsCommand {
    /// End one.
    Kick {
        /// Its number, or a system_id, which is the latest session of it.
        id: String,
        /// unbind as the standard has it, or the end of the connection: fin or rst.
        #[arg(long, default_value = "unbind")]
        how: String,
    },
}

#[derive(Args)]
pub(crate) struct Reset {
    /// all, messages, sessions, or sequences: messages, and what is counted, which begins with 1 again.
    #[arg(default_value = "all")]
    what: String,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Clock {
    #[command(subcommand)]
    command: ClockCommand,
}

#[derive(Subcommand)]
enum ClockCommand {
    /// Move it on, and wait until all has been done that is due by then.
    Advance {
        /// How far: 72h.
        #[arg(value_name = "TIME")]
        by: String,
        #[command(flatten)]
        remote: Remote,
    },
}

fn is_ready(remote: &Remote) -> Result<(), Refusal> {
    remote.get("GET", "/readyz", None, Duration::ZERO).map(drop)
}

pub(crate) fn healthcheck(remote: &Remote) -> ExitCode {
    // Docker knows 0 and 1.
    end(is_ready(remote).map_err(|(_, message)| (FAILED, message)))
}

pub(crate) fn wait(wait: &Wait) -> ExitCode {
    let begin = Instant::now();
    loop {
        match is_ready(&wait.remote) {
            Err((code, _)) if code != USAGE && begin.elapsed() < wait.timeout => {
                std::thread::sleep(Duration::from_millis(50));
            }
            outcome => return end(outcome.map_err(|(code, message)| (code.min(FAILED), message))),
        }
    }
}

pub(crate) fn messages(arguments: &Messages) -> ExitCode {
    end(show_messages(arguments))
}

fn show_messages(arguments: &Messages) -> Result<(), Refusal> {
    let query = escaped(&arguments.query.join(" "));
    if arguments.wait {
        let milliseconds = arguments.timeout.as_millis();
        let path = format!("/api/v1/messages/wait?query={query}&count={}&timeout={milliseconds}ms", arguments.count);
        let answer = arguments.remote.get("GET", &path, None, arguments.timeout)?;
        print_messages(&answer, arguments.json);
        return Ok(());
    }
    let mut cursor = 0;
    loop {
        let path = format!("/api/v1/messages?query={query}&limit=1000&cursor={cursor}");
        let answer = arguments.remote.get("GET", &path, None, Duration::ZERO)?;
        print_messages(&answer, arguments.json);
        match answer["next"].as_u64() {
            Some(next) if next > cursor => cursor = next,
            _ => return Ok(()),
        }
    }
}

fn print_messages(answer: &Value, json: bool) {
    for message in answer["messages"].as_array().into_iter().flatten() {
        let word = |key: &str| match &message[key] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            Value::Object(named) if named.contains_key("name") => named["name"].as_str().unwrap_or_default().to_owned(),
            other => other.to_string(),
        };
        match json {
            true => println!("{message}"),
            false => println!(
                "{}\t{}\t{} -> {}\t{}\t{:?}",
                word("id"),
                word("system_id"),
                word("from"),
                word("to"),
                word("state"),
                word("text")
            ),
        }
    }
}

pub(crate) fn mo(mo: &Mo) -> ExitCode {
    end(send_mo(mo))
}

fn send_mo(mo: &Mo) -> Result<(), Refusal> {
    let mut body = json!({"from": mo.from, "to": mo.to, "timeout": format!("{}ms", mo.timeout.as_millis())});
    let texts = [
        ("text", &mo.text),
        ("hex", &mo.hex),
        ("encoding", &mo.encoding),
        ("split", &mo.split),
        ("system_id", &mo.system_id),
    ];
    for (key, value) in texts {
        if let Some(value) = value {
            body[key] = json!(value);
        }
    }
    if !mo.parts.is_empty() {
        body["parts"] = json!(mo.parts);
    }
    if !mo.tlvs.is_empty() {
        body["tlvs"] = json!(mo.tlvs);
    }
    let answer = mo.remote.get("POST", "/api/v1/mo", Some(&body), mo.timeout)?;
    println!("{answer}");
    if answer["is_done"] == json!(false) {
        return Err((FAILED, "no ESME has answered it yet: it is held until one binds that takes it".to_owned()));
    }
    let parts = answer["parts"].as_array().into_iter().flatten();
    let statuses = parts.filter_map(|part| {
        let status = &part["command_status"];
        status["value"].as_u64().or_else(|| status.as_u64())
    });
    match statuses.filter(|status| *status != 0).count() {
        0 => Ok(()),
        _ => Err((FAILED, "the ESME refused it".to_owned())),
    }
}

pub(crate) fn clock(clock: &Clock) -> ExitCode {
    let ClockCommand::Advance { by, remote } = &clock.command;
    let answer = remote.get("POST", "/api/v1/clock/advance", Some(&json!({"by": by})), Duration::from_secs(60));
    end(answer.map(|clock| println!("{}", clock["now"].as_str().unwrap_or_default())))
}

pub(crate) fn receipt(receipt: &Receipt) -> ExitCode {
    let body = match (&receipt.state, &receipt.err) {
        (Some(state), Some(err)) => json!({"state": state, "err": err}),
        (Some(state), None) => json!({"state": state}),
        (None, _) => json!({}),
    };
    let path = format!("/api/v1/messages/{}/receipt", escaped(&receipt.id));
    let answer = receipt.remote.get("POST", &path, Some(&body), Duration::ZERO);
    end(answer.map(|answer| print_messages(&answer, false)))
}

pub(crate) fn sessions(sessions: &Sessions) -> ExitCode {
    let remote = &sessions.remote;
    let Some(SessionsCommand::Kick { id, how }) = &sessions.command else {
        let answer = remote.get("GET", "/api/v1/sessions", None, Duration::ZERO);
        return end(answer.map(|answer| {
            answer["sessions"].as_array().into_iter().flatten().for_each(|one| print_session(one, sessions.json));
        }));
    };
    let path = format!("/api/v1/sessions/{}?how={}", escaped(id), escaped(how));
    let answer = remote.get("DELETE", &path, None, Duration::ZERO);
    end(answer.map(|session| print_session(&session, sessions.json)))
}

fn print_session(session: &Value, json: bool) {
    if json {
        return println!("{session}");
    }
    let word = |key: &str| session[key].as_str().unwrap_or("-").to_owned();
    let (id, bind, requests) = (&session["id"], &session["bind"], &session["requests"]);
    let (system_id, state, peer) = (word("system_id"), word("state"), word("peer_addr"));
    println!("{id}\t{system_id}\t{state}\tbind {bind}\t{requests} requests\t{peer}");
}

pub(crate) fn reset(reset: &Reset) -> ExitCode {
    let answer = reset.remote.get("POST", "/api/v1/reset", Some(&json!({"what": reset.what})), Duration::ZERO);
    end(answer.map(drop))
}
