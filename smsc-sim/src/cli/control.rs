//! Commands that ask a running simulator, over HTTP.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{FAILED, NO_PORT, USAGE, complain};

/// Where the simulator is.
#[derive(Args)]
pub(crate) struct Remote {
    /// Where its control API is: a URL, or HOST:PORT.
    #[arg(long, value_name = "URL", env = "SMSC_SIM_HTTP", default_value = "http://127.0.0.1:12775")]
    http: String,
    /// What it wants to be shown.
    #[arg(long, value_name = "TOKEN", env = "SMSC_SIM_HTTP_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

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

/// Why there is no answer: the exit code, and what to say.
type Refusal = (u8, String);

impl Remote {
    /// Asks, and returns status and answer.
    fn ask(&self, method: &str, path: &str, body: Option<&Value>, timeout: Duration) -> Result<(u16, Value), Refusal> {
        let base = self.http.trim_end_matches('/');
        // What a server listens on, which the same variable may say, is any address; it answers here too.
        let base = if base.contains("://") { base.to_owned() } else { format!("http://{base}") };
        let base = base.replacen("//0.0.0.0:", "//127.0.0.1:", 1).replacen("//[::]:", "//[::1]:", 1);
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_global(Some(timeout + Duration::from_secs(15)))
            .build()
            .into();
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{base}{path}"));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let content = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                body.to_string()
            }
            None => String::new(),
        };
        let unreachable = |error: String| (NO_PORT, format!("no simulator answers at {base}: {error}"));
        let request = request.body(content).map_err(|error| (USAGE, format!("--http {base}: {error}")))?;
        let mut response = agent.run(request).map_err(|error| unreachable(error.to_string()))?;
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().map_err(|error| unreachable(error.to_string()))?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// The same where only success will do.
    fn get(&self, method: &str, path: &str, body: Option<&Value>, timeout: Duration) -> Result<Value, Refusal> {
        match self.ask(method, path, body, timeout)? {
            (200..300, answer) => Ok(answer),
            (status, problem) => Err((if status == 400 { USAGE } else { FAILED }, told(&problem, status))),
        }
    }
}

/// A problem as the control API tells it (RFC 9457), with what came close.
fn told(problem: &Value, status: u16) -> String {
    let detail = problem["detail"].as_str().map_or_else(|| format!("status {status} of HTTP"), str::to_owned);
    let near = problem["near_misses"].as_array().into_iter().flatten().filter_map(Value::as_str);
    near.fold(detail, |told, near| format!("{told}\n  {near}"))
}

fn end(outcome: Result<(), Refusal>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => complain(&message, code),
    }
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
    let mut body = json!({"from": mo.from, "to": mo.to});
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
    let answer = mo.remote.get("POST", "/api/v1/mo", Some(&body), Duration::from_secs(60))?;
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

/// A value of a query of a URL.
fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, octet| {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(octet as char),
            _ => out.push_str(&format!("%{octet:02X}")),
        }
        out
    })
}
