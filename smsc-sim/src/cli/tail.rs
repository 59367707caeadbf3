//! `smsc-sim tail`.

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Args;
use serde_json::Value;
use smpp::codec::CommandId;
use smpp::session::Direction;
use smsc_sim::decode::parse_hex;
use smsc_sim::{Traced, VendorSpec};

use super::remote::{Refusal, Remote, end};
use super::{FAILED, USAGE};

#[derive(Args)]
pub(crate) struct Tail {
    /// Which PDUs: names of commands, such as submit_sm, or submit_* for all that begin so; in or out; session:N. All unless
    /// said.
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// The octets below each, in hexadecimal; not of binds, where the password is.
    #[arg(long)]
    hex: bool,
    /// What else happens as well, a line of JSON each: sessions, messages, receipts, rules.
    #[arg(long)]
    events: bool,
    /// End after so many; never unless said.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// What a vendor adds to SMPP, in YAML; may be given several times.
    #[arg(long = "spec", value_name = "FILE", env = "SMSC_SIM_SPEC", value_delimiter = ',')]
    specs: Vec<VendorSpec>,
    #[command(flatten)]
    remote: Remote,
}

/// What is to be shown.
#[derive(Default)]
struct Filter {
    commands: Vec<String>,
    direction: Option<String>,
    session: Option<u64>,
}

impl Filter {
    fn read(words: &[String], specs: &[VendorSpec]) -> Result<Self, Refusal> {
        let mut filter = Self::default();
        for word in words.iter().flat_map(|words| words.split_whitespace()) {
            match (word, word.strip_prefix("session:")) {
                ("in" | "out", _) => filter.direction = Some(word.to_owned()),
                (_, Some(number)) => match number.parse() {
                    Ok(number) => filter.session = Some(number),
                    Err(_) => return Err((USAGE, format!("`{number}` is no number of a session"))),
                },
                _ => {
                    let is_name = |name: &str| is_so_called(name, word);
                    let vendors = specs.iter().flat_map(|spec| spec.protocol().commands);
                    if !smpp::PROTOCOL.commands.iter().chain(vendors).any(|command| is_name(command.name)) {
                        return Err((USAGE, format!("`{word}` is no command, nor in, out or session:N")));
                    }
                    filter.commands.push(word.to_owned());
                }
            }
        }
        Ok(filter)
    }

    fn shows(&self, event: &Value, command: &str) -> bool {
        self.session.is_none_or(|session| event["session"] == session)
            && self.direction.as_deref().is_none_or(|direction| event["direction"] == direction)
            && (self.commands.is_empty() || self.commands.iter().any(|wanted| is_so_called(command, wanted)))
    }
}

/// Whether a name is this, or begins with what stands before a `*`.
fn is_so_called(name: &str, wanted: &str) -> bool {
    wanted.strip_suffix('*').map_or(name == wanted, |begin| name.starts_with(begin))
}

pub(crate) fn run(tail: &Tail) -> ExitCode {
    end(follow(tail))
}

fn follow(tail: &Tail) -> Result<(), Refusal> {
    let filter = Filter::read(&tail.filter, &tail.specs)?;
    let mut out = std::io::stdout().lock();
    let mut left = tail.count;
    let names = if tail.events { "" } else { "&event=pdu" };
    for line in tail.remote.follow(&format!("/api/v1/events?pdus=true{names}"))?.lines() {
        if left == Some(0) {
            break;
        }
        // The simulator has ended, which is the end of what there is to see.
        let Ok(line) = line else { break };
        let Some(event) = line.strip_prefix("data:").and_then(|data| data.trim().parse::<Value>().ok()) else {
            continue;
        };
        let Some(shown) = show(&event, &filter, tail) else { continue };
        // Whoever read it has gone.
        if writeln!(out, "{shown}").and_then(|()| out.flush()).is_err() {
            return Err((FAILED, "nobody reads this any more".to_owned()));
        }
        left = left.map(|left| left - 1);
        if left == Some(0) {
            break;
        }
    }
    Ok(())
}

/// The lines about an event, if it is to be shown.
fn show(event: &Value, filter: &Filter, tail: &Tail) -> Option<String> {
    if event["event"] != "pdu" {
        return Some(event.to_string());
    }
    let octets = parse_hex(event["octets"].as_str()?).ok()?;
    let command = octets.get(4..8).and_then(|id| <[u8; 4]>::try_from(id).ok()).map(u32::from_be_bytes);
    let of_vendor = |id| tail.specs.iter().find_map(|spec| spec.protocol().command(id));
    let command = command
        .map(CommandId)
        .and_then(|id| smpp::command::find(id).or_else(|| of_vendor(id)))
        .map_or("", |command| command.name);
    if !filter.shows(event, command) {
        return None;
    }
    let session = event["session"].as_u64()?;
    let direction = if event["direction"] == "in" { Direction::Received } else { Direction::Sent };
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(event["at"].as_u64()?);
    let is_secret = command.starts_with("bind_") && !command.ends_with("_resp") || command == "outbind";
    let octets_shown = if tail.hex && !is_secret { format!("\n{}", dump(&octets)) } else { String::new() };
    Some(format!("{session}\t{}{octets_shown}", Traced::new(session, at, direction, octets).with_specs(&tail.specs)))
}

/// Lines of 16 octets.
fn dump(octets: &[u8]) -> String {
    let line = |(place, octets): (usize, &[u8])| {
        octets.iter().fold(format!("    {:04x} ", place * 16), |line, octet| format!("{line} {octet:02x}"))
    };
    octets.chunks(16).enumerate().map(line).collect::<Vec<_>>().join("\n")
}
