//! The keys of the file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use smpp::session::Timers;

use super::text::{Switch, Text, Time};
use crate::message_id::by_name;
use crate::rules::{Chaos, Profile, Rule};
use crate::setting::SettingError;
use crate::tlv::TlvText;
use crate::{
    Account, Delay, Loopback, MessageIdForm, OutcomeMix, ReceiptForm, ReceiptIdForm, ReceiptRetry, VendorSpec, Via,
};

/// What a simulator is to be like, as a file of YAML says it: see [`Builder::config`](crate::Builder::config). What is not
/// said is as it is without a file.
///
/// `smsc-sim` reads one with `--config`; flags and variables of the environment say the same, and come first.
/// `Debug` does not show passwords.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "Configuration of smsc-sim")]
pub struct Config {
    /// The version of this form: 1.
    pub(crate) version: Option<Version>,
    /// What the simulator calls itself in bind responses, up to 15 characters.
    pub(crate) system_id: Option<Text<SystemId>>,
    /// What chance begins with, to repeat a run.
    pub(crate) seed: Option<Text<u64>>,
    /// The time that messages, validity and rates go by: real, or manual, which stands still until it is moved on.
    pub(crate) clock: Option<Text<ClockKind>>,
    /// Where ESMEs come in: one port without TLS, and one with TLS.
    pub(crate) listeners: Listeners,
    /// The control API over HTTP.
    pub(crate) http: Http,
    /// A file to write the bound addresses to, as JSON, when ready.
    pub(crate) ports_file: Option<PathBuf>,
    /// How long to serve: until it is told to stop, unless said.
    pub(crate) exit_after: Option<Text<Time>>,
    /// The ESMEs that may bind; anyone if there are none.
    pub(crate) accounts: Vec<AccountForm>,
    /// Ways to treat messages that accounts name as their `profile`. Each begins with what is said at the top.
    pub(crate) profiles: BTreeMap<String, CarrierForm>,
    /// How message_ids are written: decimal, hex, hex-upper, uuid or padded10.
    pub(crate) message_id: Option<Text<MessageIdForm>>,
    /// How much later requests about messages are answered: 20ms, uniform:10ms..50ms, normal:40ms,10ms, lognormal:20ms,0.5.
    pub(crate) latency: Option<Text<Delay>>,
    /// What becomes of messages, and when.
    pub(crate) lifecycle: LifecycleForm,
    /// How receipts and intermediate notifications are sent.
    pub(crate) receipt: ReceiptForms,
    /// Whether the simulated mobiles send the acknowledgements that registered_delivery asks for.
    pub(crate) sme_acks: Option<Text<Switch>>,
    /// How many messages are kept.
    pub(crate) max_messages: Option<Text<usize>>,
    /// The timers of each session: {bind: 5s, enquire_link: 30s, inactivity: off, response: 10s}.
    pub(crate) timers: Option<Text<TimersText>>,
    /// How many connections there may be at a time on each port.
    pub(crate) max_sessions: Option<Text<usize>>,
    /// Files with what vendors add to SMPP, in YAML.
    pub(crate) specs: Vec<Text<VendorSpec>>,
    /// Messages that mobiles send again and again.
    pub(crate) mo: Vec<RepeatedMo>,
    /// Distribution lists that a submit_multi may name, and their members: international numbers with + in front.
    pub(crate) distribution_lists: BTreeMap<String, Vec<String>>,
    /// How many PDUs of each connection are kept, to show them.
    pub(crate) trace: Option<Text<usize>>,
    /// What is told of what happens, on standard error.
    pub(crate) log: LogKeys,
    /// A file to write all that happens to as it does, PDUs too: a line of JSON each.
    pub(crate) journal: Option<PathBuf>,
    /// A file to write at the end, as JSON (as JUnit's XML if it ends in .xml): messages, receipts, rules, and how ESMEs came out of the profile hostile.
    pub(crate) report: Option<PathBuf>,
    /// What makes the program end with 1: hostile, unacked, or both.
    pub(crate) fail_on: Option<Text<FailOn>>,
    /// What becomes of submitted messages besides: off, echo or route.
    pub(crate) loopback: Option<Text<Loopback>>,
    /// Whether destinations that begin with 999 say what happens.
    pub(crate) magic: Option<Text<Switch>>,
    /// Whether texts that begin with #sim{...} say what happens.
    pub(crate) inband: Option<Text<Switch>>,
    /// What the network is like: healthy, flaky, throttled, slow, dead, flapping, stale-bind or hostile.
    pub(crate) profile: Option<Text<Profile>>,
    /// What goes wrong by chance: submit_sm=ESME_RTHROTTLED@5%,close@0.1%.
    pub(crate) chaos: Option<ChaosText>,
    /// What deviates from the standard; the first that applies, by priority, counts.
    pub(crate) rules: Vec<Rule>,
}

/// What is told of what happens, on standard error.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LogKeys {
    /// How: off, text, or json, a line each.
    pub(crate) form: Option<Text<LogForm>>,
    /// Whether PDUs are told, too.
    pub(crate) verbose: Option<Text<Switch>>,
    /// Whether PDUs are told with all that is in them, or only by their headers.
    pub(crate) show_text: Option<Text<Switch>>,
}

/// How the program tells of what happens.
///
/// On the command line: `off`, `text`, `json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum LogForm {
    /// Not at all.
    #[default]
    Off,
    /// As lines of text.
    Text,
    /// As lines of JSON.
    Json,
}

by_name!(LogForm, "form of the log", "off" => Off, "text" => Text, "json" => Json);

/// A message that a mobile sends again and again.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepeatedMo {
    /// How far apart: 10s.
    pub(crate) every: Text<Time>,
    /// The number of the mobile.
    pub(crate) from: String,
    /// The number of an ESME.
    pub(crate) to: String,
    /// What it says; {{seq}} in it is how often it was sent.
    pub(crate) text: String,
}

/// On the command line `every=10s,from=4477,to=12345,text=STOP {{seq}}`; the text is the last, and may have commas.
impl FromStr for RepeatedMo {
    type Err = SettingError;

    fn from_str(line: &str) -> Result<Self, SettingError> {
        let (mut every, mut from, mut to) = (None, None, None);
        let mut rest = line;
        loop {
            let (key, value) = rest
                .split_once('=')
                .ok_or_else(|| SettingError::new("expected every=TIME,from=NUMBER,to=NUMBER,text=TEXT"))?;
            if key == "text" {
                let missing = |key| SettingError::new(format!("`{key}` is missing in front of the text"));
                return Ok(Self {
                    every: every.ok_or_else(|| missing("every"))?,
                    from: from.ok_or_else(|| missing("from"))?,
                    to: to.ok_or_else(|| missing("to"))?,
                    text: value.to_owned(),
                });
            }
            let (value, after) = value.split_once(',').ok_or_else(|| SettingError::new("`text` is missing"))?;
            rest = after;
            match key {
                "every" => every = Some(Text::read(value)?),
                "from" => from = Some(value.to_owned()),
                "to" => to = Some(value.to_owned()),
                _ => return Err(SettingError::unknown("key", key, &["every", "from", "to", "text"])),
            }
        }
    }
}

/// What makes the program end with 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct FailOn {
    /// An ESME did not come out well of a case of the profile hostile.
    pub(crate) hostile: bool,
    /// A receipt was not taken by its ESME.
    pub(crate) unacked: bool,
}

impl FromStr for FailOn {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let mut fail_on = Self::default();
        for word in text.split(',') {
            match word {
                "hostile" => fail_on.hostile = true,
                "unacked" => fail_on.unacked = true,
                _ => return Err(SettingError::unknown("reason to fail", word, &["hostile", "unacked"])),
            }
        }
        Ok(fail_on)
    }
}

/// What goes wrong by chance.
#[derive(Debug, Clone)]
pub(crate) struct ChaosText(pub(crate) Chaos);

impl<'de> Deserialize<'de> for ChaosText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A comma stands between faults, as it does between the pairs of a mapping: text alone is unmistakable.
        String::deserialize(deserializer)?.parse().map(Self).map_err(Error::custom)
    }
}

impl JsonSchema for ChaosText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Chaos".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

/// How messages of an account are treated: the same keys as at the top.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CarrierForm {
    /// How message_ids are written: decimal, hex, hex-upper, uuid or padded10.
    pub(crate) message_id: Option<Text<MessageIdForm>>,
    /// How much later requests about messages are answered: 20ms, uniform:10ms..50ms, normal:40ms,10ms, lognormal:20ms,0.5.
    pub(crate) latency: Option<Text<Delay>>,
    /// What becomes of messages, and when.
    pub(crate) lifecycle: LifecycleForm,
    /// How receipts and intermediate notifications are sent.
    pub(crate) receipt: ReceiptForms,
    /// Whether the simulated mobiles send the acknowledgements that registered_delivery asks for.
    pub(crate) sme_acks: Option<Text<Switch>>,
}

/// What becomes of messages, and when.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LifecycleForm {
    /// The final states with their weights: {DELIVRD: 95, UNDELIV: 5}.
    pub(crate) mix: Option<Text<OutcomeMix>>,
    /// From the beginning of a delivery to its final state: 20ms, uniform:10ms..50ms, normal:40ms,10ms, lognormal:20ms,0.5.
    pub(crate) delay: Option<Text<Delay>>,
    /// The validity of messages that ask for none, or for more.
    pub(crate) max_validity: Option<Text<Time>>,
}

/// How receipts and intermediate notifications are sent.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReceiptForms {
    /// Whether they are sent when they are due: auto, or off, which is only when they are called for by hand.
    pub(crate) send: Option<Text<Automatic>>,
    /// How they write the message_id: same, decimal, hex or padded10.
    pub(crate) id: Option<Text<ReceiptIdForm>>,
    /// How they are written: standard, no-tlv, tlv-only, no-sub or lowercase.
    pub(crate) format: Option<Text<ReceiptForm>>,
    /// Whether intermediate notifications that are asked for are sent.
    pub(crate) intermediate: Option<Text<Switch>>,
    /// The command that brings them: deliver_sm or data_sm.
    pub(crate) via: Option<Text<Via>>,
    /// Which are tried again, and when: {on: [ESME_RMSGQFUL, ESME_RX_T_APPN], every: 5s, max: 10}.
    pub(crate) retry: Option<Text<ReceiptRetry>>,
    /// TLVs that stand in them besides: TAG=VALUE, the value in hexadecimal after `hex:`.
    pub(crate) tlvs: Option<Vec<Text<TlvText>>>,
}

/// The control API over HTTP.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Http {
    /// Where to listen, or `off`.
    pub(crate) listen: Option<String>,
    /// Whether nothing can be changed over HTTP.
    pub(crate) readonly: Option<Text<Switch>>,
    /// What requests must show: `Authorization: Bearer TOKEN`.
    pub(crate) token: Option<String>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, readonly, token } = self;
        let token = token.as_ref().map(|_| "***");
        f.debug_struct("Http").field("listen", listen).field("readonly", readonly).field("token", &token).finish()
    }
}

/// An ESME that may bind, and its limits.
#[derive(Debug, Clone)]
pub(crate) struct AccountForm(pub(crate) Account);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AccountKeys {
    /// Its system_id, 1 to 15 characters.
    system_id: Text<SystemId>,
    /// Its password, up to 8 characters.
    #[serde(default)]
    password: Password,
    /// The binds that it may make: tx, rx, trx; any unless said.
    #[serde(default)]
    bind: Vec<Text<BindWord>>,
    /// How many sessions it may have at a time.
    max_binds: Option<Text<usize>>,
    /// How many requests about messages may be unanswered in each of its sessions.
    window: Option<Text<usize>>,
    /// How a request beyond the window is answered: ESME_RTHROTTLED unless said.
    over_window: Option<Text<Status>>,
    /// How many messages it may submit a second: 50/s.
    rate: Option<Text<Rate>>,
    /// How a message beyond the rate is answered: ESME_RTHROTTLED unless said.
    over_rate: Option<Text<Status>>,
    /// Which of the profiles its messages are treated by.
    profile: Option<String>,
}

impl<'de> Deserialize<'de> for AccountForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let keys = AccountKeys::deserialize(deserializer)?;
        let mut account = Account::new(keys.system_id.0.0, keys.password.0);
        account.bind = keys.bind.into_iter().map(|kind| kind.0.0).collect();
        account.max_binds = keys.max_binds.map(|max| max.0);
        account.window = keys.window.map(|window| window.0);
        account.rate = keys.rate.map(|rate| rate.0.0);
        if let Some(status) = keys.over_window {
            account.over_window = status.0.0;
        }
        account.profile = keys.profile;
        if let Some(status) = keys.over_rate {
            account.over_rate = status.0.0;
        }
        Ok(Self(account))
    }
}

impl JsonSchema for AccountForm {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Account".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        AccountKeys::json_schema(generator)
    }
}

/// A password; no message shows it.
#[derive(Default, JsonSchema)]
#[schemars(transparent)]
struct Password(String);

impl<'de> Deserialize<'de> for Password {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let password = String::deserialize(deserializer)?;
        match password.len() {
            0..=8 => Ok(Self(password)),
            _ => Err(Error::custom("a password has at most 8 characters (section 5.2.2)")),
        }
    }
}

/// Where ESMEs come in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listeners {
    pub(crate) plain: Option<String>,
    pub(crate) tls: Option<String>,
    pub(crate) files: TlsFiles,
}

/// What is shown to clients that speak TLS.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TlsFiles {
    /// The certificate, in PEM; one is made at start unless said.
    pub(crate) cert: Option<PathBuf>,
    /// Its key, in PEM.
    pub(crate) key: Option<PathBuf>,
    /// ESMEs must show a certificate that a CA in this file has signed.
    pub(crate) client_ca: Option<PathBuf>,
    /// A file to write the CA of the certificate made at start to.
    pub(crate) ca_out: Option<PathBuf>,
}

/// Where ESMEs come in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Listener {
    /// Where to listen for SMPP: HOST:PORT; port 0 is any free port.
    smpp: String,
    /// With TLS: `auto`, by a certificate made at start, or the files.
    tls: Option<AutoOrFiles>,
}

struct AutoOrFiles(TlsFiles);

impl<'de> Deserialize<'de> for AutoOrFiles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = TlsFiles;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`auto`, or a mapping")
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<TlsFiles, E> {
                match word {
                    "auto" => Ok(TlsFiles::default()),
                    _ => Err(E::custom(SettingError::unknown("word", word, &["auto"]))),
                }
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<TlsFiles, A::Error> {
                TlsFiles::deserialize(serde::de::value::MapAccessDeserializer::new(map))
            }
        }
        deserializer.deserialize_any(Visitor).map(Self)
    }
}

impl JsonSchema for AutoOrFiles {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AutoOrFiles".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let files = generator.subschema_for::<TlsFiles>();
        schemars::json_schema!({"anyOf": [{"const": "auto"}, files]})
    }
}

impl<'de> Deserialize<'de> for Listeners {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut listeners = Self::default();
        for listener in Vec::<Listener>::deserialize(deserializer)? {
            let (place, kind) = match listener.tls {
                Some(AutoOrFiles(files)) => {
                    listeners.files = files;
                    (&mut listeners.tls, "with")
                }
                None => (&mut listeners.plain, "without"),
            };
            if place.replace(listener.smpp).is_some() {
                return Err(Error::custom(format_args!("there can be one listener {kind} TLS, not several")));
            }
        }
        Ok(listeners)
    }
}

impl JsonSchema for Listeners {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Listeners".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Vec::<Listener>::json_schema(generator)
    }
}

/// 1.
#[derive(Debug, Clone, Copy, JsonSchema)]
#[schemars(transparent)]
pub(crate) struct Version(#[allow(dead_code, reason = "there is one version so far")] u32);

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            1 => Ok(Self(1)),
            other => Err(Error::custom(format_args!("this is for version 1, not {other}"))),
        }
    }
}

/// Types whose text is read as a part of another's: each a word with its own reader.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident($inner:ty) = $read:expr;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq)]
            pub(crate) struct $name(pub(crate) $inner);

            impl FromStr for $name {
                type Err = SettingError;

                fn from_str(text: &str) -> Result<Self, SettingError> {
                    let read: fn(&str) -> Result<$inner, SettingError> = $read;
                    read(text).map(Self)
                }
            }
        )+
    };
}

words! {
    /// `real` or `manual`.
    ClockKind(crate::Clock) = |text| match text {
        "real" => Ok(crate::Clock::real()),
        "manual" => Ok(crate::Clock::manual()),
        _ => Err(SettingError::unknown("clock", text, &["real", "manual"])),
    };
    /// `auto` or `off`.
    Automatic(bool) = |text| match text {
        "auto" | "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err(SettingError::unknown("word", text, &["auto", "off"])),
    };
    /// `bind=5s,enquire_link=off`; those that are not named are as they are without.
    TimersText(Timers) = |text| {
        let mut timers = Timers::default();
        for timer in text.split(',') {
            let expected = || SettingError::new(format!("expected TIMER=TIME, such as bind=5s, not `{timer}`"));
            let (name, time) = timer.split_once('=').ok_or_else(expected)?;
            let place = match name {
                "bind" => &mut timers.session_init,
                "enquire_link" => &mut timers.enquire_link,
                "inactivity" => &mut timers.inactivity,
                "response" => &mut timers.response,
                _ => {
                    let names = ["bind", "enquire_link", "inactivity", "response"];
                    return Err(SettingError::unknown("timer", name, &names));
                }
            };
            *place = if matches!(time, "off" | "false") { None } else { Some(crate::duration(time)?) };
        }
        Ok(timers)
    };
    /// 1 to 15 characters.
    SystemId(String) = |text| match text.len() {
        1..=15 => Ok(text.to_owned()),
        _ => Err(SettingError::new("a system_id has 1 to 15 characters (section 5.2.1)")),
    };
    /// `tx`, `rx` or `trx`.
    BindWord(smpp::session::BindKind) = crate::account::kind;
    /// `50/s`.
    Rate(u32) = |text| crate::account::number("rate", text, text.strip_suffix("/s").unwrap_or(""));
    /// A name of the standard, or a number.
    Status(smpp::value::CommandStatus) = crate::setting::command_status;
}
