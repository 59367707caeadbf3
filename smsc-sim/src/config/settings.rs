//! The one table of what can be set by a word: by a flag, a variable of the environment, and a key of the file alike.

use std::fmt;
use std::str::FromStr;

use super::Config;
use super::form::{AccountForm, ChaosText, RepeatedMo};
use super::text::{Switch, Text};
use crate::Account;
use crate::setting::SettingError;

/// Something that can be set by a flag, by a variable of the environment, and by a key of the file: they come first in this
/// order.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Setting {
    /// The flag, without its two hyphens.
    pub flag: &'static str,
    /// The flag of one letter, if there is one.
    pub short: Option<char>,
    /// The variable.
    pub env: &'static str,
    /// The key of the file, with dots between those of mappings; `[]` is an element of a list.
    pub key: &'static str,
    /// What the value is called in help; empty for what is on or off.
    pub value: &'static str,
    /// What holds unless it is said; empty if nothing does.
    pub default: &'static str,
    /// What it is for, in one line, and then the details.
    pub help: &'static str,
    /// Whether it may be said several times.
    pub repeats: bool,
    /// A value, for documentation and tests.
    pub example: &'static str,
    set: fn(&mut Config, &[String]) -> Result<(), SettingError>,
}

impl Setting {
    /// Sets it; of several values of what does not repeat, the last counts.
    ///
    /// # Errors
    /// [`SettingError`] if a value is none.
    pub fn set(&self, config: &mut Config, values: &[String]) -> Result<(), SettingError> {
        (self.set)(config, values)
    }

    /// Whether it is on or off.
    pub fn is_switch(&self) -> bool {
        self.value.is_empty()
    }
}

fn text<T: FromStr<Err: fmt::Display>>(place: &mut Option<Text<T>>, values: &[String]) -> Result<(), SettingError> {
    if let Some(value) = values.last() {
        *place = Some(Text::read(value)?);
    }
    Ok(())
}

fn plain<T: From<String>>(place: &mut Option<T>, values: &[String]) -> Result<(), SettingError> {
    *place = values.last().cloned().map(T::from);
    Ok(())
}

fn switch(place: &mut Option<Text<Switch>>, values: &[String]) -> Result<(), SettingError> {
    text(place, values)
}

macro_rules! settings {
    ($($flag:literal $(@ $short:literal)? $env:literal $key:literal $value:literal $default:literal $example:literal
        $help:literal, |$config:ident, $values:ident| $set:expr $(, $repeats:ident)?;)+) => {
        /// Every one, in the order of the help.
        pub const SETTINGS: &[Setting] = &[$(Setting {
            flag: $flag,
            short: settings!(short $($short)?),
            env: $env,
            key: $key,
            value: $value,
            default: $default,
            help: $help,
            repeats: settings!(repeats $($repeats)?),
            example: $example,
            set: |$config, $values| $set,
        }),+];
    };
    (short) => { None };
    (short $short:literal) => { Some($short) };
    (repeats) => { false };
    (repeats repeats) => { true };
}

settings! {
    "listen" @'l' "SMSC_SIM_LISTEN" "listeners[].smpp" "ADDR" "127.0.0.1:2775" "127.0.0.1:0"
        "Where to listen; port 0 is any free port.",
        |config, values| plain(&mut config.listeners.plain, values);
    "user" @'u' "SMSC_SIM_USERS" "accounts" "ID:PASSWORD[,LIMIT=VALUE...]" ""
        "alice:secret,bind=trx,max-binds=2"
        "An ESME that may bind, and its limits; may be given several times, or several with commas between.\n\n\
         Limits: bind=tx, rx, trx, or several with + between; max-binds=N, beyond which a bind is answered ESME_RALYBND; \
         window=N, requests of a session about messages that are unanswered, and rate=N/s, messages of all its sessions a \
         second: beyond them the answer is ESME_RTHROTTLED, or what over-window=STATUS and over-rate=STATUS say. \
         profile=NAME is the one of the profiles in the file that its messages are treated by. Without any account, anyone \
         may bind. They take the place of all accounts of the file.",
        |config, values| {
            let mut accounts: Vec<Account> = Vec::new();
            for value in values {
                for account in Account::parse_list(value)? {
                    if accounts.iter().any(|other| other.system_id == account.system_id) {
                        return Err(SettingError::new(format!("`{}` is there twice", account.system_id)));
                    }
                    accounts.push(account);
                }
            }
            config.accounts = accounts.into_iter().map(AccountForm).collect();
            Ok(())
        }, repeats;
    "system-id" "SMSC_SIM_SYSTEM_ID" "system_id" "ID" "smsc-sim" "operator"
        "What the simulator calls itself in bind responses.", |config, values| text(&mut config.system_id, values);
    "latency" "SMSC_SIM_LATENCY" "latency" "DELAY" "0s" "lognormal:20ms,0.5"
        "How much later requests about messages are answered; written as --dlr-delay is.\n\nEach for itself: neither \
         enquire_link nor what came before or after waits for it.",
        |config, values| text(&mut config.latency, values);
    "timers" "SMSC_SIM_TIMERS" "timers" "TIMER=TIME[,...]" "bind=5s,enquire_link=30s,inactivity=off,response=10s"
        "enquire_link=off,inactivity=2m"
        "The timers of each session, by the machine's time; off is never.\n\nbind: from the connection to the bind. \
         enquire_link: silence after which the ESME is asked whether it lives. inactivity: without anything but \
         enquire_link, after which it is unbound. response: how long it may take to answer.",
        |config, values| text(&mut config.timers, values);
    "dlr" "SMSC_SIM_DLR" "receipt.send" "auto|off" "auto" "off"
        "Whether receipts and intermediate notifications are sent when they are due, or only receipts that `smsc-sim \
         receipt` calls for.", |config, values| text(&mut config.receipt.send, values);
    "dlr-delay" "SMSC_SIM_DLR_DELAY" "lifecycle.delay" "DELAY" "0s" "uniform:10ms..50ms"
        "From the beginning of a delivery to its receipt.\n\nA time such as 500ms, 2s, 1m or 1h, or as chance has it: \
         uniform:10ms..50ms, normal:40ms,10ms (mean and deviation), lognormal:20ms,0.5 (median and sigma).",
        |config, values| text(&mut config.lifecycle.delay, values);
    "dlr-mix" "SMSC_SIM_DLR_MIX" "lifecycle.mix" "MIX" "DELIVRD=1" "DELIVRD=95,UNDELIV=5"
        "What becomes of messages, with weights: DELIVRD=95,UNDELIV=5.\n\nDELIVRD, EXPIRED, DELETED, UNDELIV, ACCEPTD, \
         UNKNOWN, REJECTD; and ENROUTE, which expires with its validity.",
        |config, values| text(&mut config.lifecycle.mix, values);
    "max-validity" "SMSC_SIM_MAX_VALIDITY" "lifecycle.max_validity" "TIME" "72h" "24h"
        "The validity of messages that ask for none, or for more.",
        |config, values| text(&mut config.lifecycle.max_validity, values);
    "msgid" "SMSC_SIM_MSGID" "message_id" "FORM" "decimal" "hex"
        "How message_ids are written: decimal, hex, hex-upper, uuid or padded10.",
        |config, values| text(&mut config.message_id, values);
    "dlr-id" "SMSC_SIM_DLR_ID" "receipt.id" "FORM" "same" "decimal"
        "How message_ids are written in receipts: same, decimal, hex or padded10.",
        |config, values| text(&mut config.receipt.id, values);
    "receipt" "SMSC_SIM_RECEIPT" "receipt.format" "FORM" "standard" "no-tlv"
        "How receipts are written: standard, no-tlv, tlv-only, no-sub or lowercase.",
        |config, values| text(&mut config.receipt.format, values);
    "receipt-via" "SMSC_SIM_RECEIPT_VIA" "receipt.via" "COMMAND" "deliver_sm" "data_sm"
        "The command that brings receipts: deliver_sm or data_sm.", |config, values| text(&mut config.receipt.via, values);
    "receipt-retry" "SMSC_SIM_RECEIPT_RETRY" "receipt.retry" "[every=TIME][,max=N][,on=STATUS+...]"
        "every=5s,max=10,on=ESME_RMSGQFUL+ESME_RX_T_APPN" "every=1s,max=3"
        "When receipts that an ESME refuses are tried again.", |config, values| text(&mut config.receipt.retry, values);
    "receipt-tlv" "SMSC_SIM_RECEIPT_TLV" "receipt.tlvs" "TAG=VALUE" "" "0x1403=hex:3434"
        "A TLV that stands in every receipt besides; may be given several times. VALUE is in hexadecimal after hex:.",
        |config, values| {
            let tlvs: Result<_, _> = values.iter().map(|value| Text::read(value)).collect();
            config.receipt.tlvs = Some(tlvs?);
            Ok(())
        }, repeats;
    "intermediate" "SMSC_SIM_INTERMEDIATE" "receipt.intermediate" "" "on" "off"
        "Whether intermediate notifications that are asked for are sent.",
        |config, values| switch(&mut config.receipt.intermediate, values);
    "sme-acks" "SMSC_SIM_SME_ACKS" "sme_acks" "" "off" "on"
        "Whether the simulated mobiles send the acknowledgements that registered_delivery asks for.",
        |config, values| switch(&mut config.sme_acks, values);
    "seed" "SMSC_SIM_SEED" "seed" "N" "" "42"
        "What chance begins with, to repeat a run; another one each time unless said.",
        |config, values| text(&mut config.seed, values);
    "clock" "SMSC_SIM_CLOCK" "clock" "real|manual" "real" "manual"
        "The time that messages and rates go by; manual stands still until `smsc-sim clock advance` moves it on.",
        |config, values| text(&mut config.clock, values);
    "max-messages" "SMSC_SIM_MAX_MESSAGES" "max_messages" "N" "5000" "100"
        "How many messages are kept.\n\nThe oldest go first, also those that are still on their way: what was to come of \
         them, receipts too, does not.",
        |config, values| text(&mut config.max_messages, values);
    "max-sessions" "SMSC_SIM_MAX_SESSIONS" "max_sessions" "N" "10000" "100"
        "How many connections there may be at a time on each port.",
        |config, values| text(&mut config.max_sessions, values);
    "spec" "SMSC_SIM_SPEC" "specs" "FILE" "" "../tests/user-crate/spec/acme.yaml"
        "What a vendor adds to SMPP, in YAML; may be given several times, or several with commas between.",
        |config, values| {
            let files = values.iter().flat_map(|value| value.split(','));
            config.specs = files.map(Text::read).collect::<Result<_, _>>()?;
            Ok(())
        }, repeats;
    "profile" "SMSC_SIM_PROFILE" "profile" "NAME" "healthy" "flaky"
        "What the network is like: healthy, flaky, throttled, slow, dead, flapping, stale-bind or hostile.",
        |config, values| text(&mut config.profile, values);
    "chaos" "SMSC_SIM_CHAOS" "chaos" "FAULTS" "" "submit_sm=ESME_RTHROTTLED@5%"
        "What goes wrong by chance: submit_sm=ESME_RTHROTTLED@5%,bind=ESME_RBINDFAIL@1%,close@0.1%.",
        |config, values| {
            if let Some(value) = values.last() {
                config.chaos = Some(ChaosText(value.parse()?));
            }
            Ok(())
        };
    "magic" "SMSC_SIM_MAGIC" "magic" "" "on" "off"
        "Whether destinations that begin with 999 say what happens: 99910088 is answered ESME_RTHROTTLED.",
        |config, values| switch(&mut config.magic, values);
    "inband" "SMSC_SIM_INBAND" "inband" "" "off" "on"
        "Whether texts say what happens: #sim{status=88,delay=2s,dlr=UNDELIV/021}.",
        |config, values| switch(&mut config.inband, values);
    "mo" "SMSC_SIM_MO" "mo" "every=TIME,from=NUMBER,to=NUMBER,text=TEXT" "" "every=10s,from=447700900123,to=12345,text=STOP {{seq}}"
        "A message that a mobile sends again and again; may be given several times.\n\n{{seq}} in the text is how often it \
         was sent. The text is the last and may have commas; the variable holds one message.",
        |config, values| {
            config.mo = values.iter().map(|value| value.parse::<RepeatedMo>()).collect::<Result<_, _>>()?;
            Ok(())
        }, repeats;
    "distribution-list" "SMSC_SIM_DISTRIBUTION_LIST" "distribution_lists" "NAME=NUMBER+..." "" "friends=+447700900123"
        "A distribution list that a submit_multi may name, and its members, with + in front of each; may be given several \
         times.",
        |config, values| {
            let mut lists = std::collections::BTreeMap::new();
            for value in values {
                let expected = || SettingError::new("expected NAME=+NUMBER+NUMBER");
                let (name, members) = value.split_once("=+").ok_or_else(expected)?;
                lists.insert(name.to_owned(), members.split('+').map(|member| format!("+{member}")).collect());
            }
            config.distribution_lists = lists;
            Ok(())
        }, repeats;
    "trace" "SMSC_SIM_TRACE" "trace" "N" "50" "10"
        "How many PDUs of each connection are kept, to show them when something fails.",
        |config, values| text(&mut config.trace, values);
    "log" "SMSC_SIM_LOG" "log.form" "off|text|json" "off" "json"
        "Whether to tell on standard error what happens, and how.\n\nSessions, messages, receipts, rules, and what is \
         changed; PDUs with --verbose.",
        |config, values| text(&mut config.log.form, values);
    "verbose" @'v' "SMSC_SIM_VERBOSE" "log.verbose" "" "off" "on"
        "Whether the log tells of PDUs too.", |config, values| switch(&mut config.log.verbose, values);
    "show-text" "SMSC_SIM_SHOW_TEXT" "log.show_text" "" "off" "on"
        "Whether the log shows PDUs with their texts and numbers, or only their headers.",
        |config, values| switch(&mut config.log.show_text, values);
    "journal" "SMSC_SIM_JOURNAL" "journal" "FILE" "" "journal.ndjson"
        "A file to write all that happens to as it does, PDUs with their texts too, without passwords: a line of JSON each.",
        |config, values| plain(&mut config.journal, values);
    "report" "SMSC_SIM_REPORT" "report" "FILE" "" "report.json"
        "A file to write at the end: messages, receipts, rules, and how ESMEs came out of --profile hostile.\n\nAs JSON, or \
         as JUnit's XML if its name ends in .xml, with a test case for receipts and one for each hostile case.",
        |config, values| plain(&mut config.report, values);
    "fail-on" "SMSC_SIM_FAIL_ON" "fail_on" "WHAT" "" "hostile,unacked"
        "Exit with 1 at the end if: hostile, an ESME did not come out well of --profile hostile; unacked, a receipt was \
         not taken by its ESME.",
        |config, values| text(&mut config.fail_on, values);
    "loopback" "SMSC_SIM_LOOPBACK" "loopback" "off|echo|route" "off" "echo"
        "Whether what is submitted comes back to its sender, or goes to the ESME whose address_range has its destination.",
        |config, values| text(&mut config.loopback, values);
    "tls-listen" "SMSC_SIM_TLS_LISTEN" "listeners[].tls" "ADDR" "" "127.0.0.1:0"
        "Where to listen for TLS as well, for instance 127.0.0.1:3550.\n\nWithout --tls-cert the certificate is made at \
         start, for localhost, 127.0.0.1, ::1 and the host of ADDR.",
        |config, values| plain(&mut config.listeners.tls, values);
    "tls-cert" "SMSC_SIM_TLS_CERT" "listeners[].tls.cert" "FILE" "" "cert.pem"
        "The certificate to show, in PEM, followed by those that lead up to its CA; read anew when it changes.",
        |config, values| plain(&mut config.listeners.files.cert, values);
    "tls-key" "SMSC_SIM_TLS_KEY" "listeners[].tls.key" "FILE" "" "key.pem"
        "The key of the certificate, in PEM, not encrypted.",
        |config, values| plain(&mut config.listeners.files.key, values);
    "tls-client-ca" "SMSC_SIM_TLS_CLIENT_CA" "listeners[].tls.client_ca" "FILE" "" "ca.pem"
        "ESMEs must show a certificate that a CA in this PEM file has signed.",
        |config, values| plain(&mut config.listeners.files.client_ca, values);
    "tls-ca-out" "SMSC_SIM_TLS_CA_OUT" "listeners[].tls.ca_out" "FILE" "" "ca-out.pem"
        "A file to write the CA to, in PEM, that has signed the certificate made at start: for clients to trust.",
        |config, values| plain(&mut config.listeners.files.ca_out, values);
    "http" "SMSC_SIM_HTTP" "http.listen" "ADDR|off" "127.0.0.1:12775" "127.0.0.1:0"
        "Where to listen for the control API over HTTP; off is nowhere.",
        |config, values| plain(&mut config.http.listen, values);
    "http-readonly" "SMSC_SIM_HTTP_READONLY" "http.readonly" "" "off" "on"
        "Whether nothing can be changed over HTTP.", |config, values| switch(&mut config.http.readonly, values);
    "http-token" "SMSC_SIM_HTTP_TOKEN" "http.token" "TOKEN" "" "t0ken"
        "What requests over HTTP must show: `Authorization: Bearer TOKEN`.",
        |config, values| plain(&mut config.http.token, values);
    "ports-file" "SMSC_SIM_PORTS_FILE" "ports_file" "FILE" "" "ports.json"
        "A file to write the bound addresses to, as JSON, when ready.",
        |config, values| plain(&mut config.ports_file, values);
    "exit-after" "SMSC_SIM_EXIT_AFTER" "exit_after" "TIME" "" "30s"
        "How long to serve; until it is told to stop, unless said.", |config, values| text(&mut config.exit_after, values);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The YAML that says what the example does.
    fn yaml(setting: &Setting) -> String {
        let example = setting.example;
        match setting.key {
            "accounts" => "accounts: [{system_id: alice, password: secret, bind: [trx], max_binds: 2}]".to_owned(),
            "mo" => "mo: [{every: 10s, from: '447700900123', to: '12345', text: 'STOP {{seq}}'}]".to_owned(),
            "distribution_lists" => "distribution_lists: {friends: ['+447700900123']}".to_owned(),
            "specs" => format!("specs: ['{example}']"),
            "receipt.tlvs" => format!("receipt: {{tlvs: ['{example}']}}"),
            "listeners[].smpp" => format!("listeners: [{{smpp: '{example}'}}]"),
            "listeners[].tls" => format!("listeners: [{{smpp: '{example}', tls: auto}}]"),
            key => match key.split_once("listeners[].tls.") {
                Some((_, key)) => format!("listeners: [{{smpp: 'x:1', tls: {{{key}: '{example}'}}}}]"),
                None => {
                    let mut keys: Vec<_> = key.split('.').collect();
                    let last = keys.pop().unwrap();
                    let open: String = keys.iter().map(|key| format!("{key}: {{")).collect();
                    format!("{open}{last}: '{example}'{}", "}".repeat(keys.len()))
                }
            },
        }
    }

    #[test]
    fn every_setting_says_the_same_by_flag_and_by_key() {
        for setting in SETTINGS {
            let mut flag = Config::default();
            if setting.key.starts_with("listeners[].tls.") {
                flag.listeners.tls = Some("x:1".into());
            }
            setting.set(&mut flag, &[setting.example.to_owned()]).unwrap();
            let file = Config::from_yaml(&yaml(setting)).unwrap();
            assert_eq!(format!("{flag:?}"), format!("{file:?}"), "{}", setting.flag);
            assert_ne!(format!("{flag:?}"), format!("{:?}", Config::default()), "{}", setting.flag);
        }
    }

    #[test]
    fn every_key_of_the_file_that_is_a_word_has_a_flag() {
        let schema: serde_json::Value = Config::json_schema().parse().unwrap();
        for key in schema["properties"].as_object().unwrap().keys() {
            let is_set = SETTINGS.iter().any(|setting| setting.key.split(['.', '[']).next() == Some(key));
            // Structured, or what the file says of itself.
            assert!(is_set || ["version", "profiles", "rules"].contains(&key.as_str()), "{key}");
        }
    }

    #[test]
    fn names_are_alike_and_no_two_the_same() {
        for (place, setting) in SETTINGS.iter().enumerate() {
            assert!(SETTINGS[..place].iter().all(|other| other.flag != setting.flag && other.env != setting.env));
            let derived = format!("SMSC_SIM_{}", setting.flag.to_uppercase().replace('-', "_"));
            assert!(setting.flag == "user" || setting.env == derived, "{}", setting.env);
        }
    }

    #[test]
    fn defaults_are_values() {
        for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
            setting.set(&mut Config::default(), &[setting.default.to_owned()]).unwrap();
        }
    }
}
