//! What came close to what was asked for.

use std::fmt;

use serde::Serialize;

use super::Query;
use super::term::{View, state_word};
use crate::store::Message;

/// That there were not as many messages as were asked for, and what came closest.
///
/// ```
/// use std::time::Duration;
/// use smsc_sim::{SmscSim, submit};
///
/// let sim = SmscSim::builder().start()?;
/// let error = sim.wait_for(submit().to("4477*"), Duration::ZERO).unwrap_err();
/// assert_eq!(error.to_string(), "wanted at least 1 message `to:4477*`, found 0 of 0");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NearMisses {
    /// What was asked for, as text.
    pub query: String,
    /// How many were wanted, in words.
    pub wanted: Box<str>,
    /// How many there were.
    pub found: usize,
    /// How many messages there were in all.
    pub examined: usize,
    /// What is wrong with the query itself, if anything: then no message was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Box<str>>,
    /// If there were too few: up to 3 that came closest, the closest first.
    pub near: Vec<NearMiss>,
    /// If there were too many: the 3 latest.
    pub matched: Vec<NearMiss>,
}

/// A message that was not meant, or one too many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NearMiss {
    /// Its place among all messages.
    pub serial: u64,
    /// Its message_id.
    pub id: String,
    /// Who submitted it.
    pub system_id: String,
    /// source_addr.
    pub from: String,
    /// destination_addr.
    pub to: String,
    /// The beginning of its text, up to 80 letters.
    pub text: String,
    /// Its state, as receipts have it.
    pub state: String,
    /// What was not as wanted; empty for one too many.
    pub misses: Vec<Mismatch>,
}

/// What is otherwise in a message than a query wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Mismatch {
    /// The field as the query names it.
    pub field: String,
    /// The term of the query.
    pub wanted: String,
    /// What the message has.
    pub got: String,
}

impl NearMiss {
    fn new(view: &View<'_>, query: Option<&Query>) -> Self {
        let message = view.message;
        let failed = query.iter().flat_map(|query| &query.terms).filter(|term| !term.holds(view));
        Self {
            serial: message.serial,
            id: message.id.clone(),
            system_id: message.system_id.clone(),
            from: message.pdu.source_addr.to_str_lossy().into_owned(),
            to: message.pdu.destination_addr.to_str_lossy().into_owned(),
            text: shortened(view.text()),
            state: state_word(message.state).to_owned(),
            misses: failed
                .map(|term| Mismatch {
                    field: term.test.field().to_owned(),
                    wanted: term.to_string(),
                    got: shortened(&term.test.got(view)),
                })
                .collect(),
        }
    }
}

/// Finds the messages that come closest: of all that are shown, those of which the fewest terms fail and, of these, the most
/// alike; then the latest.
pub(super) struct Closest<'a> {
    query: &'a Query,
    pub(super) examined: usize,
    near: Vec<(f64, NearMiss)>,
}

impl<'a> Closest<'a> {
    pub(super) fn new(query: &'a Query) -> Self {
        Self { query, examined: 0, near: Vec::new() }
    }

    pub(super) fn look(&mut self, message: &Message) {
        self.examined += 1;
        let view = View::new(message);
        let failed = self.query.terms.iter().filter(|term| !term.holds(&view));
        // A term that fails counts as 1, less what is alike.
        let distance: f64 = failed.map(|term| 1.0 - term.test.likeness(&view) / 2.0).sum();
        if distance == 0.0 {
            return;
        }
        let place = self.near.partition_point(|(other, _)| *other < distance);
        if place < MOST {
            self.near.truncate(MOST - 1);
            self.near.insert(place, (distance, NearMiss::new(&view, Some(self.query))));
        }
    }

    pub(super) fn into_misses(self) -> Vec<NearMiss> {
        self.near.into_iter().map(|(_, miss)| miss).collect()
    }
}

/// The latest of what was found.
pub(super) fn latest(found: &[Message]) -> Vec<NearMiss> {
    found.iter().rev().take(MOST).map(|message| NearMiss::new(&View::new(message), None)).collect()
}

impl fmt::Display for NearMisses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(fault) = &self.fault {
            return write!(f, "the query is wrong: {fault}");
        }
        let Self { query, wanted, found, examined, .. } = self;
        let plural = if wanted.ends_with(" 1") || **wanted == *"1" { "" } else { "s" };
        let query = if query.is_empty() { String::new() } else { format!(" `{query}`") };
        write!(f, "wanted {wanted} message{plural}{query}, found {found} of {examined}")?;
        for miss in &self.near {
            write!(f, "\n  close: {miss}")?;
        }
        for miss in &self.matched {
            write!(f, "\n  found: {miss}")?;
        }
        Ok(())
    }
}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, system_id, from, to, text, state, .. } = self;
        write!(f, "message {id} of {system_id:?}, {from:?} to {to:?}, {state}, {text:?}")?;
        for Mismatch { wanted, got, .. } in &self.misses {
            write!(f, "\n    wanted {wanted}, got {got:?}")?;
        }
        Ok(())
    }
}

impl std::error::Error for NearMisses {}

/// Texts may have 64 KiB.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Messages that are told about.
const MOST: usize = 3;

/// Letters of a text that are shown.
const LONGEST: usize = 80;
