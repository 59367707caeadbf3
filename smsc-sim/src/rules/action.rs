//! What rules do.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde_json::Value;
use smpp::value::{CommandStatus, MessageState};

use super::Hook;
use super::keys::{Keys, Mistakes, Writing, Written, as_text, serde_as_written};
use crate::hostile::{HostileCase, Stage};
use crate::line::{Close, Mangle};
use crate::message_id::by_name;
use crate::setting::SettingError;
use crate::{Delay, ReceiptForm, ReceiptIdForm};

/// What a rule does. In YAML each is a key of its own, as in `then: [{delay: 2s}, {status: ESME_RTHROTTLED}]`.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// The response has this command_status: any name of the standard, or any number, a vendor's (0x400 to 0x4FF) too. With
    /// any other than ESME_ROK nothing is done about the request. ESME_ROK leaves the request to the engine.
    Status(#[schemars(with = "StatusSchema")] CommandStatus),
    /// The response comes so much later, and what follows from it too; at `mo` and `receipt`, what is sent. Written as a [`Delay`].
    Delay(#[schemars(with = "String")] Delay),
    /// The response waits until [`SmscSim::release`](crate::SmscSim::release) is called with the name of the rule. Written
    /// `hold: true`, or the word alone.
    #[schemars(with = "bool")]
    Hold,
    /// There is no response; at `mo` and `receipt` nothing is sent, and the message from a mobile counts as
    /// [lost](crate::ReceiptState::Lost). Written `no_response: {accept: true}`, `no_response: true`, or the word alone.
    NoResponse {
        /// Whether the request is done all the same: a message is then delivered and receipted, and the ESME, which knows
        /// nothing of that, may send it again.
        #[schemars(with = "Option<bool>")]
        accept: bool,
    },
    /// The connection is closed. Written `close: rst`, or `close: {how: rst, when: after}`.
    Close {
        /// How.
        how: Close,
        /// In place of the response, unless said, so that the ESME does not know that the request was done; or after it.
        /// At `mo` and `receipt` the connection is closed in place of sending, and what was to be sent goes to another
        /// receiver or the next to bind; or once the ESME has answered.
        #[schemars(with = "Option<Moment>")]
        when: Moment,
    },
    /// unbind is sent, before the response or, unless said, after it. Written `unbind: after`, or the word alone.
    Unbind(Moment),
    /// The response is spoilt. At `mo` there is `duplicate` alone: the message is sent twice.
    Mangle(Mangle),
    /// The response comes one octet at a time, so far apart.
    Dribble(#[schemars(with = "String")] Duration),
    /// Nothing is read from the ESME for so long, so that its writes come to a stand.
    StopReading(#[schemars(with = "String")] Duration),
    /// What is wrong with the receipt of the message.
    Receipt(ReceiptFaults),
    /// A message comes back to the ESME.
    Mo(MoReply),
    /// A scenario comes to another state. Written `set_state: {scenario: carrier, to: down}`.
    SetState {
        /// The scenario.
        scenario: String,
        /// Its new state.
        to: String,
    },
    /// An HTTP service is asked what to do. Written `webhook: URL`, or with keys.
    Webhook(Webhook),
    /// A case of the hostile catalogue: in place of the response, or right after it. Written `hostile: stray_octets`.
    Hostile(#[schemars(with = "String")] HostileCase),
}

/// Before or after a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub enum Moment {
    /// Before the response, which then may never come.
    Before,
    /// After the response.
    After,
}

by_name!(Moment, "moment", "before" => Before, "after" => After);

/// What is wrong with the receipt of a message, and with the message's outcome.
///
/// At the hook `receipt` the message has come to its end: there `state` and `err` are what the receipt says, and not what is
/// so, `delay` is how much later it comes, and `before_resp` makes no difference.
#[derive(Debug, Clone, PartialEq, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct ReceiptFaults {
    /// It is sent before the response to the submit.
    #[schemars(with = "Option<bool>")]
    pub before_resp: bool,
    /// It is sent twice.
    #[schemars(with = "Option<bool>")]
    pub duplicate: bool,
    /// It is never sent.
    #[schemars(with = "Option<bool>")]
    pub drop: bool,
    /// It tells of a message_id that was never given.
    #[schemars(with = "Option<bool>")]
    pub unknown_id: bool,
    /// What becomes of the message, as a word of receipts (DELIVRD) or a number (section 5.2.28).
    #[schemars(with = "Option<StatusSchema>")]
    pub state: Option<MessageState>,
    /// `err:` of its text: up to 3 characters.
    pub err: Option<String>,
    /// How long the message is on its way.
    #[schemars(with = "Option<String>")]
    pub delay: Option<Delay>,
    /// How it is written.
    #[schemars(with = "Option<String>")]
    pub form: Option<ReceiptForm>,
    /// How its message_id is written.
    #[schemars(with = "Option<String>")]
    pub id: Option<ReceiptIdForm>,
}

impl ReceiptFaults {
    /// Adds what others say, which counts where both say something.
    pub(crate) fn and(&mut self, other: &Self) {
        let Self { before_resp, duplicate, drop, unknown_id, state, err, delay, form, id } = other;
        self.before_resp |= before_resp;
        self.duplicate |= duplicate;
        self.drop |= drop;
        self.unknown_id |= unknown_id;
        self.state = state.or(self.state);
        self.err = err.clone().or_else(|| self.err.take());
        self.delay = delay.or(self.delay);
        self.form = form.or(self.form);
        self.id = id.or(self.id);
    }
}

/// A message that comes back to the ESME that submitted one.
#[derive(Debug, Clone, PartialEq, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct MoReply {
    /// Its text; the one that was submitted unless said.
    pub text: Option<String>,
    /// Its source address; the destination of what was submitted unless said.
    pub from: Option<String>,
    /// Its destination address; the source of what was submitted unless said.
    pub to: Option<String>,
    /// How long after the response it comes; at once unless said.
    #[schemars(with = "Option<String>")]
    pub delay: Option<Delay>,
}

/// An HTTP service that is asked what to do about a request: see [the module](super#webhooks).
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct Webhook {
    /// Where it is: plain HTTP.
    pub url: String,
    /// How long it may take: 5 s unless said, and a minute at most.
    #[schemars(with = "Option<String>")]
    pub timeout: Duration,
    /// The command_status of the response when it cannot be asked or understood: ESME_RSYSERR unless said.
    #[schemars(with = "Option<StatusSchema>")]
    pub on_error: CommandStatus,
}

impl Webhook {
    /// One that is asked for 5 s at most.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), timeout: Duration::from_secs(5), on_error: CommandStatus::ESME_RSYSERR }
    }
}

impl Action {
    /// The word that it is written with.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Delay(_) => "delay",
            Self::Hold => "hold",
            Self::NoResponse { .. } => "no_response",
            Self::Close { .. } => "close",
            Self::Unbind(_) => "unbind",
            Self::Mangle(_) => "mangle",
            Self::Dribble(_) => "dribble",
            Self::StopReading(_) => "stop_reading",
            Self::Receipt(_) => "receipt",
            Self::Mo(_) => "mo",
            Self::SetState { .. } => "set_state",
            Self::Webhook(_) => "webhook",
            Self::Hostile(_) => "hostile",
        }
    }

    /// Whether there is something to do at a hook.
    pub(crate) fn is_for(&self, hook: Hook) -> bool {
        let is_outbound = matches!(hook, Hook::Mo | Hook::Receipt);
        let is_request = !is_outbound && hook != Hook::Connect;
        match self {
            Self::Delay(_) | Self::NoResponse { .. } | Self::SetState { .. } | Self::Close { .. } => true,
            Self::Dribble(_) | Self::StopReading(_) => !is_outbound,
            Self::Mangle(Mangle::Duplicate) if hook == Hook::Mo => true,
            Self::Status(_) | Self::Hold | Self::Mangle(_) | Self::Unbind(_) => is_request,
            // enquire_link and unbind are answered by the session, which asks nobody; of a vendor's there is nothing to tell.
            Self::Webhook(_) => is_request && !matches!(hook, Hook::EnquireLink | Hook::Unbind | Hook::Vendor),
            Self::Receipt(_) => hook.is_submit() || hook == Hook::Receipt,
            Self::Mo(_) => hook.is_submit(),
            Self::Hostile(case) => match case.stage() {
                Stage::Bind | Stage::BindReceiver => hook == Hook::Bind,
                Stage::Submit => hook == Hook::SubmitSm,
                Stage::Receiver | Stage::Bound => is_request,
            },
        }
    }

    /// All actions of a mapping, or the one of a word.
    pub(crate) fn read_all(value: &Value) -> Result<Vec<Self>, Mistakes> {
        if let Value::String(word) = value {
            return match word.as_str() {
                "hold" => Ok(vec![Self::Hold]),
                "no_response" => Ok(vec![Self::NoResponse { accept: false }]),
                "unbind" => Ok(vec![Self::Unbind(Moment::After)]),
                _ if NAMES.contains(&word.as_str()) => Err(Mistakes::one(format!("`{word}` needs a value"))),
                _ => Err(SettingError::unknown("action", word, NAMES).into()),
            };
        }
        let mut keys = Keys::of(value, "an action")?;
        let close = keys.take::<CloseHow>("close");
        let actions = [
            keys.take("delay").map(Self::Delay),
            keys.take::<bool>("hold").and_then(|hold| hold.then_some(Self::Hold)),
            keys.take::<Accept>("no_response").map(|accept| Self::NoResponse { accept: accept.0 }),
            close.map(|CloseHow(how, when)| Self::Close { how, when }),
            keys.take::<UnbindWhen>("unbind").map(|when| Self::Unbind(when.0)),
            keys.take("status").map(Self::Status),
            keys.take("mangle").map(Self::Mangle),
            keys.take("dribble").map(Self::Dribble),
            keys.take("stop_reading").map(Self::StopReading),
            keys.take("receipt").map(Self::Receipt),
            keys.take("mo").map(Self::Mo),
            keys.take::<SetState>("set_state").map(|SetState(scenario, to)| Self::SetState { scenario, to }),
            keys.take("webhook").map(Self::Webhook),
            keys.take("hostile").map(Self::Hostile),
        ];
        let actions: Vec<_> = actions.into_iter().flatten().collect();
        keys.done(|| Some(actions))
    }
}

/// The words of all actions.
const NAMES: &[&str] = &[
    "status",
    "delay",
    "hold",
    "no_response",
    "close",
    "unbind",
    "mangle",
    "dribble",
    "stop_reading",
    "receipt",
    "mo",
    "set_state",
    "webhook",
    "hostile",
];

impl Written for Action {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        let mut all = Self::read_all(value)?.into_iter();
        match (all.next(), all.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(Mistakes::one("expected one action")),
        }
    }

    fn write(&self) -> Value {
        let writing = Writing::default();
        match self {
            Self::Status(status) => writing.put("status", status),
            Self::Delay(delay) => writing.put("delay", delay),
            Self::Hold => writing.put("hold", &true),
            Self::NoResponse { accept: false } => writing.put("no_response", &true),
            Self::NoResponse { accept: true } => writing.put("no_response", &Accept(true)),
            Self::Close { how, when } => writing.put("close", &CloseHow(*how, *when)),
            Self::Unbind(when) => writing.put("unbind", &UnbindWhen(*when)),
            Self::Mangle(mangle) => writing.put("mangle", mangle),
            Self::Dribble(every) => writing.put("dribble", every),
            Self::StopReading(time) => writing.put("stop_reading", time),
            Self::Receipt(faults) => writing.put("receipt", faults),
            Self::Mo(reply) => writing.put("mo", reply),
            Self::SetState { scenario, to } => writing.put("set_state", &SetState(scenario.clone(), to.clone())),
            Self::Webhook(webhook) => writing.put("webhook", webhook),
            Self::Hostile(case) => writing.put("hostile", case),
        }
        .done()
    }
}

struct Accept(bool);

impl Written for Accept {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        if *value == Value::Bool(true) {
            return Ok(Self(false));
        }
        let mut keys = Keys::of(value, "true, or a mapping")?;
        let accept = keys.take::<bool>("accept").unwrap_or(false);
        keys.done(|| Some(Self(accept)))
    }

    fn write(&self) -> Value {
        Writing::default().put("accept", &self.0).done()
    }
}

struct CloseHow(Close, Moment);

impl Written for CloseHow {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        if !value.is_object() {
            return Ok(Self(Close::read(value)?, Moment::Before));
        }
        let mut keys = Keys::of(value, "a way to close")?;
        let how = keys.need("how");
        let when = keys.take("when").unwrap_or(Moment::Before);
        keys.done(|| Some(Self(how?, when)))
    }

    fn write(&self) -> Value {
        match self {
            Self(how, Moment::Before) => how.write(),
            Self(how, when) => Writing::default().put("how", how).put("when", when).done(),
        }
    }
}

struct UnbindWhen(Moment);

impl Written for UnbindWhen {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        match value {
            Value::Bool(true) => Ok(Self(Moment::After)),
            Value::Object(_) => {
                let mut keys = Keys::of(value, "a moment")?;
                let when = keys.need("when");
                keys.done(|| Some(Self(when?)))
            }
            value => Moment::read(value).map(Self),
        }
    }

    fn write(&self) -> Value {
        self.0.write()
    }
}

struct SetState(String, String);

impl Written for SetState {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        let mut keys = Keys::of(value, "a state")?;
        let (scenario, to) = (keys.need("scenario"), keys.need("to"));
        keys.done(|| Some(Self(scenario?, to?)))
    }

    fn write(&self) -> Value {
        Writing::default().put("scenario", &self.0).put("to", &self.1).done()
    }
}

impl Written for ReceiptFaults {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        let mut keys = Keys::of(value, "faults of a receipt")?;
        let faults = Self {
            before_resp: keys.take("before_resp").unwrap_or(false),
            duplicate: keys.take("duplicate").unwrap_or(false),
            drop: keys.take("drop").unwrap_or(false),
            unknown_id: keys.take("unknown_id").unwrap_or(false),
            state: keys.take("state"),
            err: keys.take("err"),
            delay: keys.take("delay"),
            form: keys.take("form"),
            id: keys.take("id"),
        };
        if faults.err.as_ref().is_some_and(|err| err.is_empty() || err.len() > 3 || !err.is_ascii()) {
            keys.note("err", "has 1 to 3 ASCII characters (appendix B)");
        }
        keys.done(|| Some(faults))
    }

    fn write(&self) -> Value {
        Writing::default()
            .put_unless(!self.before_resp, "before_resp", &self.before_resp)
            .put_unless(!self.duplicate, "duplicate", &self.duplicate)
            .put_unless(!self.drop, "drop", &self.drop)
            .put_unless(!self.unknown_id, "unknown_id", &self.unknown_id)
            .put("state", &self.state)
            .put("err", &self.err)
            .put("delay", &self.delay)
            .put("form", &self.form)
            .put("id", &self.id)
            .done()
    }
}

impl Written for MoReply {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        if *value == Value::Bool(true) {
            return Ok(Self::default());
        }
        if !value.is_object() {
            return Ok(Self { text: Some(String::read(value)?), ..Self::default() });
        }
        let mut keys = Keys::of(value, "a message")?;
        let reply =
            Self { text: keys.take("text"), from: keys.take("from"), to: keys.take("to"), delay: keys.take("delay") };
        for (key, address) in [("from", &reply.from), ("to", &reply.to)] {
            if address.as_ref().is_some_and(|address| address.len() > 20 || !address.is_ascii()) {
                keys.note(key, "an address has at most 20 ASCII characters (section 5.2.8)");
            }
        }
        keys.done(|| Some(reply))
    }

    fn write(&self) -> Value {
        if *self == Self::default() {
            return Value::Bool(true);
        }
        Writing::default()
            .put("text", &self.text)
            .put("from", &self.from)
            .put("to", &self.to)
            .put("delay", &self.delay)
            .done()
    }
}

impl Written for Webhook {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        let webhook = if value.is_object() {
            let mut keys = Keys::of(value, "a webhook")?;
            let url = keys.need("url");
            let default = Self::new("");
            let timeout = keys.take("timeout").unwrap_or(default.timeout);
            let on_error = keys.take("on_error").unwrap_or(default.on_error);
            if timeout.is_zero() || timeout > Duration::from_secs(60) {
                keys.note("timeout", "is more than 0s and 1m at most");
            }
            keys.done(|| Some(Self { url: url?, timeout, on_error }))?
        } else {
            Self::new(String::read(value)?)
        };
        if !webhook.url.starts_with("http://") {
            return Err(Mistakes::one(format!("expected http://…, not `{}`", webhook.url)));
        }
        Ok(webhook)
    }

    fn write(&self) -> Value {
        let default = Self::new(self.url.clone());
        if *self == default {
            return self.url.write();
        }
        Writing::default()
            .put("url", &self.url)
            .put_unless(self.timeout == default.timeout, "timeout", &self.timeout)
            .put_unless(self.on_error == default.on_error, "on_error", &self.on_error)
            .done()
    }
}

as_text!(Moment);
serde_as_written!(Action, Moment, ReceiptFaults, MoReply, Webhook);

/// As a schema: a name or a number.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[allow(dead_code, reason = "stands for what is read otherwise, in the schema alone")]
enum StatusSchema {
    Name(String),
    Number(u32),
}
