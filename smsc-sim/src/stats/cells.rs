//! Counting, by many threads at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use smpp::value::CommandStatus;

use super::{Family, FamilyKind, Sample, SampleValue};
use crate::account::Account;

/// A value that a number is counted under: small, and made without allocating.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    /// The account of this place; beyond the last it is `other`.
    Account(usize),
    Name(&'static str),
    Status(CommandStatus),
}

/// Everything that is counted. A number is an atomic; which one it is, is looked up under a lock that all may read at once,
/// and that is written only when labels are new.
#[derive(Debug)]
pub(crate) struct Counters {
    accounts: HashMap<String, usize>,
    families: [Cells<AtomicU64>; FAMILIES.len()],
    histograms: [Cells<Histogram>; HISTOGRAMS.len()],
}

type Labels = [Option<Label>; 3];

#[derive(Debug)]
struct Cells<T>(RwLock<HashMap<Labels, Arc<T>>>);

impl<T> Default for Cells<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T: Default> Cells<T> {
    fn cell(&self, labels: &Labels) -> Arc<T> {
        if let Some(cell) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(labels) {
            return Arc::clone(cell);
        }
        let mut cells = self.0.write().unwrap_or_else(PoisonError::into_inner);
        // A peer may make up any status: what is beyond all reason is counted together.
        let labels = if cells.len() < MOST_LABELS {
            labels.clone()
        } else {
            labels.clone().map(|label| label.map(|_| Label::Name("other")))
        };
        Arc::clone(cells.entry(labels).or_default())
    }
}

impl Counters {
    pub(crate) fn new(accounts: &[Account]) -> Self {
        let names = accounts.iter().enumerate().map(|(place, account)| (account.system_id.clone(), place));
        Self { accounts: names.collect(), families: Default::default(), histograms: Default::default() }
    }

    pub(crate) fn account(&self, system_id: &str) -> Label {
        Label::Account(self.accounts.get(system_id).copied().unwrap_or(usize::MAX))
    }

    /// Counts one more. A name that is not in the table is a mistake that tests find.
    pub(crate) fn count<const N: usize>(&self, name: &'static str, labels: [Label; N]) {
        self.add(name, labels, 1);
    }

    pub(crate) fn add<const N: usize>(&self, name: &'static str, labels: [Label; N], number: u64) {
        if let Some(cell) = self.cell(name, labels) {
            cell.fetch_add(number, Ordering::Relaxed);
        }
    }

    /// Takes one away from a gauge.
    pub(crate) fn less<const N: usize>(&self, name: &'static str, labels: [Label; N]) {
        if let Some(cell) = self.cell(name, labels) {
            let _ = cell.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |number| Some(number.saturating_sub(1)));
        }
    }

    fn cell<const N: usize>(&self, name: &'static str, labels: [Label; N]) -> Option<Arc<AtomicU64>> {
        let place = FAMILIES.iter().position(|family| family.0 == name);
        debug_assert!(place.is_some_and(|place| FAMILIES[place].3.len() == N), "{name}");
        Some(self.families[place?].cell(&key(labels)))
    }

    pub(crate) fn took<const N: usize>(&self, name: &'static str, labels: [Label; N], time: Duration) {
        let place = HISTOGRAMS.iter().position(|histogram| histogram.0 == name);
        debug_assert!(place.is_some(), "{name}");
        if let Some(place) = place {
            self.histograms[place].cell(&key(labels)).record(time);
        }
    }

    pub(super) fn families(&self, accounts: &[Account]) -> Vec<Family> {
        let counted = FAMILIES.iter().zip(&self.families).map(|(&(name, help, kind, names), cells)| {
            let value = |cell: &AtomicU64| SampleValue::Number(cell.load(Ordering::Relaxed));
            Family { name, help, kind, samples: samples(cells, names, accounts, value) }
        });
        let timed = HISTOGRAMS.iter().zip(&self.histograms).map(|(&(name, help), cells)| Family {
            name,
            help,
            kind: FamilyKind::Histogram,
            samples: samples(cells, &["command"], accounts, Histogram::value),
        });
        counted.chain(timed).collect()
    }
}

fn key<const N: usize>(labels: [Label; N]) -> Labels {
    let mut key = [const { None }; 3];
    for (place, label) in key.iter_mut().zip(labels) {
        *place = Some(label);
    }
    key
}

fn samples<T>(
    cells: &Cells<T>,
    names: &[&'static str],
    accounts: &[Account],
    value: impl Fn(&T) -> SampleValue,
) -> Vec<Sample> {
    let cells = cells.0.read().unwrap_or_else(PoisonError::into_inner);
    let shown = |label: &Label| match label {
        Label::Account(place) => accounts.get(*place).map_or("other", |account| &account.system_id).to_owned(),
        Label::Name(name) => (*name).to_owned(),
        Label::Status(status) => match smpp::value::COMMAND_STATUS.find(status.0.into()) {
            Some(known) if known.low == known.high => known.name.to_owned(),
            _ => format!("0x{:08x}", status.0),
        },
    };
    let mut samples: Vec<_> = cells
        .iter()
        .map(|(labels, cell)| Sample {
            labels: names.iter().copied().zip(labels.iter().flatten().map(shown)).collect(),
            value: value(cell),
        })
        .collect();
    samples.sort_by(|one, other| one.labels.cmp(&other.labels));
    samples
}

/// Times in buckets.
#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; LIMITS.len()],
    count: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Histogram {
    fn record(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        if let Some(place) = LIMITS.iter().position(|limit| seconds <= *limit) {
            self.buckets[place].fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    fn value(&self) -> SampleValue {
        let number = |cell: &AtomicU64| cell.load(Ordering::Relaxed);
        SampleValue::Histogram {
            count: number(&self.count),
            seconds: number(&self.nanoseconds) as f64 / 1e9,
            buckets: LIMITS.iter().copied().zip(self.buckets.iter().map(number)).collect(),
        }
    }
}

/// Labels that a name may have, all combinations together.
const MOST_LABELS: usize = 10_000;

/// Upper limits of the buckets of times, in seconds.
const LIMITS: [f64; 13] = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0];

type Named = (&'static str, &'static str, FamilyKind, &'static [&'static str]);

/// What is counted: name, help, kind, labels.
const FAMILIES: [Named; 10] = [
    ("sessions", "Sessions that are bound", FamilyKind::Gauge, &["system_id", "bind_type"]),
    ("binds_total", "Binds that were answered", FamilyKind::Counter, &["bind_type", "command_status"]),
    ("session_closes_total", "Sessions that are over", FamilyKind::Counter, &["reason"]),
    ("pdus_total", "PDUs", FamilyKind::Counter, &["direction", "command", "command_status"]),
    ("pdu_bytes_total", "Octets of PDUs", FamilyKind::Counter, &["direction", "command"]),
    ("messages_accepted_total", "Messages that were accepted", FamilyKind::Counter, &["system_id"]),
    ("messages_final_total", "Messages that came to their final state", FamilyKind::Counter, &["system_id", "state"]),
    ("receipts_sent_total", "Receipts sent, tries included", FamilyKind::Counter, &["system_id"]),
    ("receipts_acked_total", "Receipts answered for good", FamilyKind::Counter, &["system_id", "command_status"]),
    ("receipts_retried_total", "Receipts to be tried again", FamilyKind::Counter, &["system_id"]),
];

const HISTOGRAMS: [(&str, &str); 1] =
    [("response_delay_seconds", "From a request to its response, what was injected included")];
