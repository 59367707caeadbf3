//! Commands that make a running simulator deviate from the standard.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::remote::{Refusal, Remote, end, escaped};
use super::{FAILED, USAGE};

#[derive(Args)]
pub(crate) struct Rules {
    #[command(subcommand)]
    command: Option<RulesCommand>,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Subcommand)]
enum RulesCommand {
    /// Show every rule in the order they are asked: how often it was applied, its name, and what it says.
    List {
        /// A line of JSON each.
        #[arg(long)]
        json: bool,
    },
    /// Add rules, and print their names.
    ///
    /// YAML as in the file of configuration: a rule, a list of rules, or a mapping with `rules`. All are added, or none.
    Add {
        /// A file, `-` for standard input, or the YAML itself: `{when: {pdu: submit_sm}, then: [{status: ESME_RTHROTTLED}]}`.
        #[arg(value_name = "FILE|YAML")]
        rules: String,
    },
    /// Remove a rule.
    Remove {
        /// What it is called.
        name: String,
    },
    /// Remove every rule that is not of a profile or of chaos.
    Clear,
    /// Answer what a rule with `hold` holds; print how many requests that were.
    Release {
        /// What the rule is called.
        name: String,
    },
}

#[derive(Args)]
#[group(required = true, multiple = true, args = ["latency", "dribble", "stop_reading"])]
pub(crate) struct Toxic {
    /// The number of the session, or a system_id, which is its latest session.
    id: String,
    /// Answers about messages come so much later; 0s ends it.
    #[arg(long, value_name = "TIME")]
    latency: Option<String>,
    /// What is sent comes one octet at a time, so far apart; 0s ends it.
    #[arg(long, value_name = "TIME")]
    dribble: Option<String>,
    /// Nothing is read for so long.
    #[arg(long, value_name = "TIME")]
    stop_reading: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Profile {
    /// Its name.
    name: String,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Args)]
pub(crate) struct Chaos {
    /// What goes wrong, and how often: submit_sm=ESME_RTHROTTLED@5%,bind=ESME_RBINDFAIL@1%,close@0.1%; off is nothing.
    faults: String,
    #[command(flatten)]
    remote: Remote,
}

pub(crate) fn rules(rules: &Rules) -> ExitCode {
    let remote = &rules.remote;
    let ask = |method: &str, path: &str| remote.get(method, path, None, Duration::ZERO);
    end(match &rules.command {
        None => ask("GET", "/api/v1/rules").map(|answer| list(&answer, false)),
        Some(RulesCommand::List { json }) => ask("GET", "/api/v1/rules").map(|answer| list(&answer, *json)),
        Some(RulesCommand::Add { rules }) => add(remote, rules),
        Some(RulesCommand::Remove { name }) => ask("DELETE", &format!("/api/v1/rules/{}", escaped(name))).map(drop),
        Some(RulesCommand::Clear) => ask("DELETE", "/api/v1/rules").map(drop),
        Some(RulesCommand::Release { name }) => ask("POST", &format!("/api/v1/rules/{}/release", escaped(name)))
            .map(|answer| println!("{}", answer["released"])),
    })
}

fn list(answer: &Value, json: bool) {
    for rule in answer["rules"].as_array().into_iter().flatten() {
        match json {
            true => println!("{rule}"),
            false => println!("{}\t{}\t{}", rule["hits"], rule["name"].as_str().unwrap_or_default(), rule["rule"]),
        }
    }
}

fn add(remote: &Remote, given: &str) -> Result<(), Refusal> {
    let mut added = Vec::new();
    for (place, rule) in read(given)?.iter().enumerate() {
        match remote.get("POST", "/api/v1/rules", Some(rule), Duration::ZERO) {
            Ok(answer) => added.push(answer["name"].as_str().unwrap_or_default().to_owned()),
            Err((code, message)) => {
                for name in &added {
                    // There is nothing better to do if this fails too.
                    let _ = remote.get("DELETE", &format!("/api/v1/rules/{}", escaped(name)), None, Duration::ZERO);
                }
                let code = if code == FAILED { USAGE } else { code };
                let place = place + 1;
                return Err((
                    code,
                    rule["name"].as_str().map_or_else(
                        || format!("rule {place}: {message}"),
                        |name| format!("rule {place} `{name}`: {message}"),
                    ),
                ));
            }
        }
    }
    added.iter().for_each(|name| println!("{name}"));
    Ok(())
}

/// The rules in a file, or in YAML.
fn read(given: &str) -> Result<Vec<Value>, Refusal> {
    let (name, text) = match given {
        "-" => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            ("standard input", read.map(|_| text))
        }
        path if Path::new(path).exists() => (path, std::fs::read_to_string(path)),
        yaml if yaml.contains(':') => ("YAML", Ok(yaml.to_owned())),
        path => (path, std::fs::read_to_string(path)),
    };
    let text = text.map_err(|error| (USAGE, format!("cannot read {name}: {error}")))?;
    let value = serde_yaml::from_str(&text).map_err(|error| (USAGE, format!("{name}: {error}")))?;
    let value = match value {
        Value::Object(mut mapping) if mapping.contains_key("rules") => mapping.remove("rules").unwrap_or_default(),
        value => value,
    };
    match value {
        Value::Array(rules) => Ok(rules),
        rule @ Value::Object(_) => Ok(vec![rule]),
        _ => Err((USAGE, format!("{name}: expected a rule, a list of rules, or a mapping with `rules`"))),
    }
}

pub(crate) fn toxic(toxic: &Toxic) -> ExitCode {
    let mut body = json!({});
    let toxics = [("latency", &toxic.latency), ("dribble", &toxic.dribble), ("stop_reading", &toxic.stop_reading)];
    for (key, value) in toxics {
        if let Some(value) = value {
            body[key] = json!(value);
        }
    }
    let path = format!("/api/v1/sessions/{}/toxics", escaped(&toxic.id));
    end(toxic.remote.get("POST", &path, Some(&body), Duration::ZERO).map(drop))
}

pub(crate) fn profile(profile: &Profile) -> ExitCode {
    let body = json!({"profile": profile.name});
    end(profile.remote.get("PUT", "/api/v1/profile", Some(&body), Duration::ZERO).map(drop))
}

pub(crate) fn chaos(chaos: &Chaos) -> ExitCode {
    let body = json!({"chaos": chaos.faults});
    end(chaos.remote.get("PUT", "/api/v1/chaos", Some(&body), Duration::ZERO).map(drop))
}
