//! What an HTTP service is asked about a request, and what it answers.

use serde_json::{Map, Value, json};

use super::book::Book;
use super::keys::{Mistakes, Written};
use super::subject::{About, Subject};
use super::verdict::Verdict;
use super::{Action, Hook, Then, Webhook};
use crate::draw::Chance;

/// What an HTTP service is to be asked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Question {
    pub(crate) webhook: Webhook,
    /// The request in JSON.
    pub(crate) body: String,
    hook: Hook,
    chance: Chance,
}

impl Question {
    pub(crate) fn new(webhook: &Webhook, rule: &str, subject: &Subject<'_>, chance: Chance) -> Self {
        let body = Value::Object(described(rule, subject)).to_string();
        Self { webhook: webhook.clone(), body, hook: subject.hook, chance }
    }
}

impl Book {
    /// Adds what a service has answered: actions, as in the `then` of a rule.
    ///
    /// # Errors
    /// What is wrong with them, and none is done; one that has no meaning for the request is wrong, and so is another
    /// webhook.
    pub(crate) fn add_answer(&self, verdict: &mut Verdict, question: &Question, answer: &str) -> Result<(), Mistakes> {
        let answer: Value = serde_json::from_str(answer).map_err(|error| Mistakes::one(error.to_string()))?;
        let Then(actions) = Then::read(&answer)?;
        let is_meant = |action: &Action| action.is_for(question.hook) && !matches!(action, Action::Webhook(_));
        if let Some(misplaced) = actions.iter().find(|action| !is_meant(action)) {
            return Err(Mistakes::one(format!("`{}` has no meaning here", misplaced.name())));
        }
        for (place, action) in (0..).zip(&actions) {
            verdict.add(action, question.chance.and(place));
            if let Action::SetState { scenario, to } = action {
                self.set_scenario(scenario, to);
            }
        }
        self.count(verdict, actions.iter().map(Action::name));
        Ok(())
    }

    /// A service that could not be asked, or not be understood, settles the response.
    pub(crate) fn add_no_answer(&self, verdict: &mut Verdict, question: &Question) {
        verdict.add(&Action::Status(question.webhook.on_error), question.chance);
        self.count(verdict, std::iter::once(FAILED));
    }

    fn count(&self, verdict: &Verdict, actions: impl Iterator<Item = &'static str>) {
        if let Some(rule) = &verdict.rule {
            self.count_faults(rule, actions);
        }
    }
}

/// A request as services are told of it. What a bind has to say besides who it is, such as its password, is not told.
fn described(rule: &str, subject: &Subject<'_>) -> Map<String, Value> {
    let about = subject.about;
    let mut keys = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            keys.insert(key.to_owned(), value);
        }
    };
    put("rule", Some(rule.into()));
    put("pdu", Some(subject.hook.to_string().into()));
    put("system_id", Some(subject.system_id.into()));
    put("bind", Some(subject.bind.into()));
    put("bound_as", subject.bound_as.map(|kind| super::when::kind_name(kind).into()));
    put("session", Some(subject.session_id.into()));
    put("pdu_index", Some(subject.pdu_index.into()));
    put("source", about.source().map(|field| field.to_str_lossy().into()));
    put("dest", about.dest().map(|field| field.to_str_lossy().into()));
    put("message_id", about.message_id().map(|field| field.to_str_lossy().into()));
    put("service_type", about.service_type().map(|field| field.to_str_lossy().into()));
    put("data_coding", about.data_coding().map(Value::from));
    put("esm_class", about.esm_class().map(Value::from));
    put("registered_delivery", about.registered_delivery().map(Value::from));
    put("text", about.text().map(Value::from));
    put("hex", about.message().map(|message| hex(message.octets).into()));
    put("part", about.message().and_then(|message| message.concatenation()).map(|part| part.part.into()));
    put("of", about.message().and_then(|message| message.concatenation()).map(|part| part.total.into()));
    let tlvs = about.tlvs().filter(|tlvs| tlvs.iter().next().is_some());
    let tlv = |(tag, value): (u16, &[u8])| json!({"tag": format!("0x{tag:04X}"), "hex": hex(value)});
    put("tlvs", tlvs.map(|tlvs| tlvs.iter().map(|one| tlv((one.tag, one.value))).collect()));
    keys
}

impl<'a> About<'a> {
    fn message_id(self) -> Option<&'a smpp::codec::COctetString<'a>> {
        match self {
            Self::Query(pdu) => Some(&pdu.message_id),
            Self::Cancel(pdu) => Some(&pdu.message_id),
            Self::Replace(pdu) => Some(&pdu.message_id),
            _ => None,
        }
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What a service that did not answer is counted as, beside actions.
const FAILED: &str = "webhook_failed";
