//! A running simulator, asked over HTTP.

use std::io::{BufRead, BufReader};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::{FAILED, NO_PORT, USAGE, complain};

/// Where the simulator is.
#[derive(Args)]
pub(crate) struct Remote {
    /// Where its control API is: a URL, or HOST:PORT.
    #[arg(long, global = true, value_name = "URL", env = "SMSC_SIM_HTTP", default_value = "http://127.0.0.1:12775")]
    http: String,
    /// What it wants to be shown.
    #[arg(long, global = true, value_name = "TOKEN", env = "SMSC_SIM_HTTP_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// Octets of the longest answer: a store of a million messages is not asked for at once.
const MOST: u64 = 1 << 30;

/// Why there is no answer: the exit code, and what to say.
pub(crate) type Refusal = (u8, String);

impl Remote {
    /// Asks, and returns status and answer.
    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        timeout: Duration,
    ) -> Result<(u16, Value), Refusal> {
        let mut response = self.request(method, path, body, Some(timeout + SLACK))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(MOST);
        let text = body.read_to_string().map_err(|error| self.unreadable(&error))?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// An answer that has no end, to read as it comes.
    pub(crate) fn follow(&self, path: &str) -> Result<impl BufRead + use<>, Refusal> {
        let mut response = self.request("GET", path, None, None)?;
        let status = response.status().as_u16();
        if status != 200 {
            let text = response.body_mut().read_to_string().map_err(|error| self.unreachable(&error))?;
            let problem = serde_json::from_str(&text).unwrap_or(Value::Null);
            return Err((if status == 400 { USAGE } else { FAILED }, told(&problem, status)));
        }
        Ok(BufReader::new(response.into_body().into_reader()))
    }

    /// The URL that paths are appended to. What a server listens on, which the same variable may say, is any address; it
    /// answers here too.
    fn base(&self) -> String {
        let base = self.http.trim_end_matches('/');
        let base = if base.contains("://") { base.to_owned() } else { format!("http://{base}") };
        base.replacen("//0.0.0.0:", "//127.0.0.1:", 1).replacen("//[::]:", "//[::1]:", 1)
    }

    fn unreadable(&self, error: &dyn std::fmt::Display) -> Refusal {
        (FAILED, format!("what the simulator at {} answers cannot be read: {error}", self.base()))
    }

    fn unreachable(&self, error: &dyn std::fmt::Display) -> Refusal {
        (NO_PORT, format!("no simulator answers at {}: {error}", self.base()))
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        timeout: Option<Duration>,
    ) -> Result<ureq::http::Response<ureq::Body>, Refusal> {
        let base = self.base();
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // What is asked, and the token, are for the simulator alone, which is near.
            .proxy(None)
            .timeout_connect(Some(Duration::from_secs(5)))
            .timeout_global(timeout)
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
        let request = request.body(content).map_err(|error| (USAGE, format!("--http {base}: {error}")))?;
        agent.run(request).map_err(|error| self.unreachable(&error))
    }

    /// The same where only success will do.
    pub(crate) fn get(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        timeout: Duration,
    ) -> Result<Value, Refusal> {
        match self.ask(method, path, body, timeout)? {
            (200..300, answer) => Ok(answer),
            (status, problem) => Err((if status == 400 { USAGE } else { FAILED }, told(&problem, status))),
        }
    }
}

/// A problem as the control API tells it (RFC 9457), with what came close.
pub(crate) fn told(problem: &Value, status: u16) -> String {
    let detail = problem["detail"].as_str().map_or_else(|| format!("status {status} of HTTP"), str::to_owned);
    let near = problem["near_misses"].as_array().into_iter().flatten().filter_map(Value::as_str);
    near.fold(detail, |told, near| format!("{told}\n  {near}"))
}

pub(crate) fn end(outcome: Result<(), Refusal>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => complain(&message, code),
    }
}

/// What an answer may take beyond what it is to wait for.
const SLACK: Duration = Duration::from_secs(15);

/// A value of a query of a URL, or a part of its path.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, octet| {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(octet as char),
            _ => out.push_str(&format!("%{octet:02X}")),
        }
        out
    })
}
