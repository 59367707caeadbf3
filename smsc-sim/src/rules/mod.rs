//! What the simulator does otherwise than the standard says: rules.
//!
//! A [`Rule`] says [when](When) it is about something, which of that it [picks](Pick), and what it [does](Action). Of the
//! rules that are about something, the one with the highest priority takes it; of those with the same, the one that was there
//! first. What none takes is answered as the standard says.
//!
//! In YAML, as the configuration file and the control API have it:
//!
//! ```yaml
//! rules:
//!   - name: throttle-burst
//!     when: {pdu: submit_sm, system_id: alice, dest: "4477*"}
//!     pick: {after: 10, times: 3}
//!     then: [{status: ESME_RTHROTTLED}]
//!   - name: outage-then-recover
//!     when: {pdu: submit_sm, text: {contains: BOOM}}
//!     scenario: {name: carrier, in: up, to: down}
//!     then: [{close: rst}]
//! ```
//!
//! In a Rust test:
//!
//! ```
//! use smpp::client::Client;
//! use smpp::driver::Error;
//! use smpp::pdu::SubmitSm;
//! use smpp::value::CommandStatus;
//! use smsc_sim::rules::{Hook, on};
//! use smsc_sim::SmscSim;
//!
//! let rule = on(Hook::SubmitSm).dest("4477*").times(1).reply(CommandStatus::ESME_RTHROTTLED);
//! assert_eq!(serde_json::to_string(&rule).unwrap(),
//!     r#"{"pick":{"times":1},"then":{"status":"ESME_RTHROTTLED"},"when":{"dest":"4477*","pdu":"submit_sm"}}"#);
//! ```
//!
//! Whatever is left to chance depends on the seed, the system_id, which bind of it the session is, which of its requests it is
//! about, and the name of the rule: other sessions and other rules make no difference.
//!
//! # Webhooks
//!
//! The action `webhook: http://127.0.0.1:9000/` has an HTTP service say what is done, in any language. It is sent the request by
//! POST, as JSON with the keys that [`When`] has:
//!
//! ```json
//! {"rule": "ask", "pdu": "submit_sm", "system_id": "alice", "bind": 1, "bound_as": "trx", "session": 1, "pdu_index": 1,
//!  "source": "12345", "dest": "447700900123", "service_type": "", "data_coding": 0, "esm_class": 0,
//!  "registered_delivery": 1, "text": "hello", "hex": "68656c6c6f"}
//! ```
//!
//! `part`, `of` and `tlvs` (`[{"tag": "0x0204", "hex": "0001"}]`) are there if the message has them, `message_id` at query_sm,
//! cancel_sm and replace_sm; of a bind there is no more than who it is, and never a password. The answer is a list of actions,
//! which are added to those of the rule; an empty list leaves the request to the standard. In Python:
//!
//! ```python
//! import json
//! from http.server import BaseHTTPRequestHandler, HTTPServer
//!
//! class Verdict(BaseHTTPRequestHandler):
//!     def do_POST(self):
//!         request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
//!         actions = []
//!         if "BOOM" in (request.get("text") or ""):
//!             actions = [{"delay": "200ms"}, {"status": "ESME_RSUBMITFAIL"}]
//!         body = json.dumps(actions).encode()
//!         self.send_response(200)
//!         self.send_header("Content-Length", str(len(body)))
//!         self.end_headers()
//!         self.wfile.write(body)
//!
//! HTTPServer(("127.0.0.1", 9000), Verdict).serve_forever()
//! ```
//!
//! If there is no answer within `timeout`, by the clock of the machine, or none with 200, or if it is no list of actions that
//! have a meaning at the hook (`webhook` again has none), the response has the status `on_error`, ESME_RSYSERR unless said; that is
//! counted as `webhook_failed` of the rule. Eight services are asked at a time, and 1,000 questions wait; of more each fails at
//! once. Nothing else waits: the session goes on with its other requests meanwhile. For a submit_multi the service is asked once,
//! about the first destination that the rule takes, and its answer is about the whole request.

mod action;
mod api;
pub(crate) mod book;
mod chaos;
mod hook;
mod inband;
pub(crate) mod keys;
pub mod magic;
mod pattern;
mod pick;
mod profile;
pub(crate) mod question;
pub(crate) mod subject;
pub(crate) mod verdict;
mod when;

pub use action::{Action, MoReply, Moment, ReceiptFaults, Webhook};
pub use api::RuleGuard;
pub use book::RuleStatus;
pub use chaos::Chaos;
pub use hook::Hook;
pub use pattern::{Pattern, TextMatch};
pub use pick::{During, Per, Pick};
pub use profile::Profile;
pub use when::{Bits, Places, TlvMatch, When};

use std::time::Duration;

use schemars::JsonSchema;
use serde_json::Value;
use smpp::session::BindKind;
use smpp::value::CommandStatus;

use crate::line::{Close, Mangle};
use crate::setting::SettingError;
use crate::spec::Known;
use crate::{Delay, ReceiptForm};
use keys::{Keys, Mistakes, Writing, Written, serde_as_written};

/// A deviation from what the standard says: see [the module](self).
///
/// Begun with [`on`]; every method gives it back with more said.
#[derive(Debug, Clone, PartialEq, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
#[must_use]
pub struct Rule {
    /// What it is called: no two rules have the same name. One that has none gets one when it is added.
    pub name: Option<String>,
    /// Rules with a higher priority come first; 0 unless said. Built-in packs have priorities from −1000 to −900.
    #[schemars(with = "Option<i32>")]
    pub priority: i32,
    /// What it is about.
    pub when: When,
    /// The state that a scenario must be in, and comes to.
    pub scenario: Option<Scenario>,
    /// Which of that it takes.
    #[schemars(with = "Option<Pick>")]
    pub pick: Pick,
    /// For whom it counts.
    #[schemars(with = "Option<Per>")]
    pub per: Per,
    /// What it does, all of it.
    #[schemars(with = "when::OneOrMany<Action>")]
    pub then: Vec<Action>,
    /// What was wrong with what a method was given.
    #[schemars(skip)]
    mistake: Option<SettingError>,
}

/// A state that a scenario must be in for a rule to apply, and that it comes to when it does.
///
/// A scenario is nothing but a name with a state; it begins in the state `start`, but for one that no rule says `in: start`
/// of, which begins in the state that is said first of it. In YAML `{name: carrier, in: up, to: down}`.
#[derive(Debug, Clone, PartialEq, Eq, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
#[non_exhaustive]
pub struct Scenario {
    /// What it is called.
    pub name: String,
    /// The state that it must be in; any unless said.
    #[schemars(rename = "in")]
    pub state: Option<String>,
    /// The state that it comes to; it stays unless said.
    pub to: Option<String>,
}

impl Scenario {
    /// A scenario that must be in a state, and comes to another.
    pub fn new(name: impl Into<String>, state: impl Into<String>, to: impl Into<String>) -> Self {
        Self { name: name.into(), state: Some(state.into()), to: Some(to.into()) }
    }
}

/// A rule about this, that does nothing yet.
pub fn on(hook: Hook) -> Rule {
    Rule { when: When { pdu: vec![hook], ..When::default() }, ..Rule::default() }
}

/// Patterns are text as in YAML. One that is none, which a regular expression can be, is told when the rule is added.
impl Rule {
    /// Calls it so.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Gives it a priority.
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Takes hold there as well.
    pub fn and_on(mut self, hook: Hook) -> Self {
        self.when.pdu.push(hook);
        self
    }

    /// Only sessions of this system_id.
    pub fn system_id(mut self, pattern: &str) -> Self {
        self.when.system_id = self.pattern("system_id", pattern);
        self
    }

    /// Only the so-many-th bind of a system_id, from 1.
    pub fn bind(mut self, nth: u64) -> Self {
        self.when.bind = Some(nth);
        self
    }

    /// Only sessions bound in one of these ways.
    pub fn bound_as(mut self, kinds: impl IntoIterator<Item = BindKind>) -> Self {
        self.when.bound_as = kinds.into_iter().collect();
        self
    }

    /// Only from this source address.
    pub fn source(mut self, pattern: &str) -> Self {
        self.when.source = self.pattern("source", pattern);
        self
    }

    /// Only to this destination address.
    pub fn dest(mut self, pattern: &str) -> Self {
        self.when.dest = self.pattern("dest", pattern);
        self
    }

    /// Only texts with this in them.
    pub fn text_contains(mut self, text: impl Into<String>) -> Self {
        self.when.text = Some(TextMatch::Contains(text.into()));
        self
    }

    /// Only texts like this.
    pub fn text(mut self, text: TextMatch) -> Self {
        self.when.text = Some(text);
        self
    }

    /// Only with this TLV.
    pub fn tlv(mut self, tlv: TlvMatch) -> Self {
        self.when.tlv.push(tlv);
        self
    }

    /// What else it is about.
    pub fn when(mut self, change: impl FnOnce(&mut When)) -> Self {
        change(&mut self.when);
        self
    }

    /// Only if a scenario is in a state, which then changes.
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.scenario = Some(scenario);
        self
    }

    /// Leaves the first so many alone.
    pub fn after(mut self, count: u64) -> Self {
        self.pick.after = Some(count);
        self
    }

    /// Only that one, counted from 1.
    pub fn nth(mut self, nth: u64) -> Self {
        self.pick.nth = Some(nth);
        self
    }

    /// Only every so-many-th.
    pub fn every(mut self, every: u64) -> Self {
        self.pick.every = Some(every);
        self
    }

    /// Only so many.
    pub fn times(mut self, times: u64) -> Self {
        self.pick.times = Some(times);
        self
    }

    /// Each with this probability, from 0 to 1.
    pub fn probability(mut self, probability: f64) -> Self {
        self.pick.probability = Some(probability);
        self
    }

    /// Only from one time to another, by the clock since the simulator was started.
    pub fn during(mut self, from: Duration, until: Duration) -> Self {
        self.pick.during = Some(During::new(from, Some(until)));
        self
    }

    /// For whom it counts.
    pub fn per(mut self, per: Per) -> Self {
        self.per = per;
        self
    }

    /// Does this, besides what was said before.
    pub fn then(mut self, action: Action) -> Self {
        self.then.push(action);
        self
    }

    /// Answers with this command_status.
    pub fn reply(self, status: CommandStatus) -> Self {
        self.then(Action::Status(status))
    }

    /// Answers so much later.
    pub fn delay(self, delay: impl Into<Delay>) -> Self {
        self.then(Action::Delay(delay.into()))
    }

    /// Answers only when [`SmscSim::release`](crate::SmscSim::release) says so.
    pub fn hold(self) -> Self {
        self.then(Action::Hold)
    }

    /// Does nothing, and does not answer.
    pub fn drop_request(self) -> Self {
        self.then(Action::NoResponse { accept: false })
    }

    /// Does what is asked, and does not answer.
    pub fn accept_silently(self) -> Self {
        self.then(Action::NoResponse { accept: true })
    }

    /// Closes the connection before the answer.
    pub fn close(self, how: Close) -> Self {
        self.then(Action::Close { how, when: Moment::Before })
    }

    /// Answers, and closes the connection.
    pub fn close_after(self, how: Close) -> Self {
        self.then(Action::Close { how, when: Moment::After })
    }

    /// Answers, and unbinds.
    pub fn unbind(self) -> Self {
        self.then(Action::Unbind(Moment::After))
    }

    /// Spoils the answer.
    pub fn mangle(self, mangle: Mangle) -> Self {
        self.then(Action::Mangle(mangle))
    }

    /// Sends the answer, and what follows, one octet at a time, so far apart.
    pub fn dribble(self, every: Duration) -> Self {
        self.then(Action::Dribble(every))
    }

    /// Reads nothing for so long.
    pub fn stop_reading(self, how_long: Duration) -> Self {
        self.then(Action::StopReading(how_long))
    }

    /// Spoils the receipt.
    pub fn receipt(self, change: impl FnOnce(&mut ReceiptFaults)) -> Self {
        let mut faults = ReceiptFaults::default();
        change(&mut faults);
        self.then(Action::Receipt(faults))
    }

    /// Writes the receipt in this form.
    pub fn receipt_form(self, form: ReceiptForm) -> Self {
        self.receipt(|faults| faults.form = Some(form))
    }

    /// Sends this text back.
    pub fn mo(self, text: impl Into<String>) -> Self {
        self.then(Action::Mo(MoReply { text: Some(text.into()), ..MoReply::default() }))
    }

    /// Brings a scenario to a state.
    pub fn set_state(self, scenario: impl Into<String>, to: impl Into<String>) -> Self {
        self.then(Action::SetState { scenario: scenario.into(), to: to.into() })
    }

    /// Asks an HTTP service.
    pub fn webhook(self, url: impl Into<String>) -> Self {
        self.then(Action::Webhook(Webhook::new(url)))
    }

    /// What answers it, or comes after the answer, is a case of the hostile catalogue.
    pub fn hostile(self, case: crate::HostileCase) -> Self {
        self.then(Action::Hostile(case))
    }

    fn pattern(&mut self, key: &str, text: &str) -> Option<Pattern> {
        match text.parse() {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.mistake = Some(SettingError::new(format!("when.{key}: {error}")));
                None
            }
        }
    }

    /// The same with what has names looked up; or what is wrong with it.
    pub(crate) fn checked(mut self, known: Known) -> Result<Self, SettingError> {
        self.check()?;
        self.when.resolve(known)?;
        Ok(self)
    }

    fn check(&self) -> Result<(), SettingError> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone());
        }
        // What YAML cannot say must not come in by another way.
        Ok(Self::read(&self.write()).map(drop)?)
    }

    /// What it does that has no meaning where it takes hold.
    fn misplaced(then: &[Action], when: &When) -> Option<String> {
        then.iter().enumerate().find_map(|(place, action)| {
            let hook = when.pdu.iter().find(|&&hook| !action.is_for(hook))?;
            Some(format!("then[{place}]: `{}` has no meaning at {hook}", action.name()))
        })
    }
}

impl Written for Rule {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        let mut keys = Keys::of(value, "a rule")?;
        let name: Option<String> = keys.take("name");
        if name.as_ref().is_some_and(|name| name.is_empty() || name.len() > 64) {
            keys.note("name", "has 1 to 64 characters");
        }
        let priority = keys.take("priority").unwrap_or(0);
        let when: Option<When> = keys.need("when");
        let scenario = keys.take("scenario");
        let pick = keys.take("pick").unwrap_or_default();
        let per = keys.take("per").unwrap_or_default();
        let then = keys.need::<Then>("then").map(|then| then.0);
        if then.as_ref().is_some_and(Vec::is_empty) {
            keys.note("then", "at least one action must be there");
        }
        if let (Some(when), Some(then)) = (&when, &then)
            && let Some(misplaced) = Self::misplaced(then, when)
        {
            keys.note("", misplaced);
        }
        keys.done(|| Some(Self { name, priority, when: when?, scenario, pick, per, then: then?, mistake: None }))
    }

    fn write(&self) -> Value {
        Writing::default()
            .put("name", &self.name)
            .put_unless(self.priority == 0, "priority", &self.priority)
            .put("when", &self.when)
            .put("scenario", &self.scenario)
            .put("pick", &self.pick)
            .put_unless(self.per == Per::default(), "per", &self.per)
            .put("then", &self.then)
            .done()
    }
}

/// Actions; a mapping may hold several.
struct Then(Vec<Action>);

impl Written for Then {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        struct Some(Vec<Action>);
        impl Written for Some {
            fn read(value: &Value) -> Result<Self, Mistakes> {
                Action::read_all(value).map(Self)
            }

            fn write(&self) -> Value {
                self.0.write()
            }
        }
        Ok(Self(Vec::<Some>::read(value)?.into_iter().flat_map(|some| some.0).collect()))
    }

    fn write(&self) -> Value {
        self.0.write()
    }
}

impl Written for Scenario {
    fn read(value: &Value) -> Result<Self, Mistakes> {
        let mut keys = Keys::of(value, "a scenario")?;
        let name = keys.need("name");
        let (state, to) = (keys.take("in"), keys.take("to"));
        keys.done(|| Some(Self { name: name?, state, to }))
    }

    fn write(&self) -> Value {
        Writing::default().put("name", &self.name).put("in", &self.state).put("to", &self.to).done()
    }
}

serde_as_written!(Rule, Scenario);
