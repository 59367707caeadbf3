//! How an ESME came out.

use std::fmt;

use serde::{Deserialize, Serialize};
use smpp::session::Direction;

use super::HostileCase;
use crate::line::Traced;

/// How an ESME came out of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HostileOutcome {
    /// As a sound one does, by all that an SMSC can see. Where framing is lost, that is closing the connection.
    Ok,
    /// It lives, but what it had to answer was never answered, so that an SMSC sends it again for ever.
    Mute,
    /// It answered after 5 s.
    Late,
    /// It answered what must not be answered, or otherwise than it must.
    Bad,
    /// It closed the connection without need.
    Closed,
    /// The connection is open, but nothing is answered any more.
    Deaf,
    /// It has not come to it, or the ESME could not be given it.
    NotRun,
}

impl HostileOutcome {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Ok, Self::Mute, Self::Late, Self::Bad, Self::Closed, Self::Deaf, Self::NotRun];
}

impl fmt::Display for HostileOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Mute => "mute",
            Self::Late => "late",
            Self::Bad => "bad",
            Self::Closed => "closed",
            Self::Deaf => "deaf",
            Self::NotRun => "not run",
        })
    }
}

/// How an ESME came out of the catalogue. Displayed it is a table of text, with a line for each case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HostileReport {
    /// Who.
    pub system_id: String,
    /// Whether it has come to every case.
    pub is_done: bool,
    /// Each case, in order.
    pub runs: Vec<HostileRun>,
}

/// How an ESME came out of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HostileRun {
    /// The case.
    pub case: HostileCase,
    /// How it came out.
    pub outcome: HostileOutcome,
    /// What was seen, in words.
    pub note: String,
    /// What the SMSC did.
    pub what: &'static str,
    /// What a sound ESME does.
    pub sound: &'static str,
    /// Where the standard speaks of it.
    pub section: &'static str,
    /// What went over the connection, the first 8 PDUs, binds left out.
    pub pdus: Vec<HostilePdu>,
}

/// What went over the connection: a PDU, or octets that are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct HostilePdu {
    /// Whether the simulator sent it; else it received it.
    pub is_sent: bool,
    /// Its octets, the first 256.
    pub hex: String,
    /// What it says.
    pub text: String,
}

impl HostileReport {
    /// How many cases came out so.
    pub fn count(&self, outcome: HostileOutcome) -> usize {
        self.runs.iter().filter(|run| run.outcome == outcome).count()
    }

    /// Whether it came out of all cases as a sound one does.
    pub fn is_ok(&self) -> bool {
        self.count(HostileOutcome::Ok) == self.runs.len()
    }

    /// One case.
    pub fn run(&self, case: &str) -> Option<&HostileRun> {
        self.runs.iter().find(|run| run.case.name() == case)
    }
}

impl fmt::Display for HostileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "hostile cases: {}", self.system_id)?;
        let width = HostileCase::all().map(|case| case.name().len()).max().unwrap_or_default();
        for run in &self.runs {
            writeln!(f, "  {:width$}  {:7}  {}", run.case, run.outcome, run.note)?;
        }
        let counts = HostileOutcome::ALL.map(|outcome| (self.count(outcome), outcome));
        let counts = counts.iter().filter(|(count, _)| *count > 0).map(|(count, outcome)| format!("{count} {outcome}"));
        write!(f, "{}", counts.collect::<Vec<_>>().join(", "))
    }
}

/// What is kept of a case.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) outcome: HostileOutcome,
    pub(super) note: String,
    pub(super) pdus: Vec<Traced>,
}

impl Record {
    /// The first PDUs are kept, and of each the first octets.
    pub(super) fn keep(pdus: &mut Vec<Traced>, pdu: Traced) {
        let is_bind = pdu.octets.get(4..8).is_some_and(|id| matches!(id, [0, 0, 0, 1 | 2 | 9]));
        // A bind has a password.
        if pdus.len() < MAX_PDUS && !is_bind && !pdu.octets.is_empty() {
            let mut pdu = pdu;
            pdu.octets.truncate(MAX_OCTETS);
            pdus.push(pdu);
        }
    }

    pub(super) fn shown(record: Option<&Self>, case: HostileCase) -> HostileRun {
        let (what, sound, section) = (case.what(), case.sound(), case.section());
        let Some(Self { outcome, note, pdus }) = record else {
            let note = String::new();
            return HostileRun { case, outcome: HostileOutcome::NotRun, note, what, sound, section, pdus: Vec::new() };
        };
        let pdus = pdus.iter().map(|pdu| HostilePdu {
            is_sent: pdu.direction == Direction::Sent,
            hex: pdu.octets.iter().map(|octet| format!("{octet:02x}")).collect(),
            // Without the time and the direction.
            text: pdu.to_string().chars().skip(SHOWN_BEFORE).collect(),
        });
        let (outcome, note, pdus) = (*outcome, note.clone(), pdus.collect());
        HostileRun { case, outcome, note, what, sound, section, pdus }
    }
}

/// `00:00:00.000 > `
const SHOWN_BEFORE: usize = 15;

/// PDUs that are kept of a case, and octets of each.
const MAX_PDUS: usize = 8;
const MAX_OCTETS: usize = 256;
