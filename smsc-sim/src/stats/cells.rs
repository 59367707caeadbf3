//! Counting, by many threads at once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use smpp::codec::CommandId;
use smpp::value::{CommandStatus, MessageState};

use super::{Family, FamilyKind, Sample, SampleValue};
use crate::account::Account;
use crate::query::state_word;

/// A value that a number is counted under: small, and made without allocating.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Label {
    /// The system_id of this place; the last is `other`.
    Account(usize),
    Name(&'static str),
    Status(CommandStatus),
}

/// Everything that is counted. What comes with every message is an atomic in a place of its own, found without a lock; everything
/// else is looked up under a lock that all may read at once, and that is written only when labels are new.
#[derive(Debug)]
pub(crate) struct Counters {
    names: Names,
    /// PDUs and octets by [`command_place`]: received, then sent; of the PDUs only those with command_status 0.
    pdus: [Vec<AtomicU64>; 2],
    octets: [Vec<AtomicU64>; 2],
    /// Messages by system_id; those that are over by state too.
    accepted: Vec<AtomicU64>,
    finals: Vec<[AtomicU64; STATES]>,
    families: [Cells<AtomicU64>; FAMILIES.len()],
    response_delay: ByCommand,
    esme_response: ByCommand,
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
        let names = Names::new(accounts);
        let zeros = |count: usize| -> Vec<AtomicU64> { (0..count).map(|_| AtomicU64::new(0)).collect() };
        let commands = || [zeros(COMMANDS), zeros(COMMANDS)];
        Self {
            pdus: commands(),
            octets: commands(),
            accepted: zeros(names.other() + 1),
            finals: (0..=names.other()).map(|_| <[AtomicU64; STATES]>::default()).collect(),
            families: Default::default(),
            response_delay: ByCommand::default(),
            esme_response: ByCommand::default(),
            names,
        }
    }

    pub(crate) fn account(&self, system_id: &str) -> Label {
        Label::Account(self.names.place(system_id))
    }

    /// How a system_id is named where it is counted.
    pub(super) fn name<'a>(&'a self, system_id: &'a str) -> &'a str {
        self.names.name(self.names.place(system_id))
    }

    /// A PDU went over a connection.
    pub(crate) fn pdu(&self, is_in: bool, id: CommandId, status: CommandStatus, octets: u64) {
        let (direction, place) = (usize::from(!is_in), command_place(id));
        self.octets[direction][place].fetch_add(octets, Ordering::Relaxed);
        if status == CommandStatus::ESME_ROK {
            self.pdus[direction][place].fetch_add(1, Ordering::Relaxed);
        } else {
            let labels = [Label::Name(DIRECTIONS[direction]), Label::Name(command_name(place)), Label::Status(status)];
            self.count("pdus_total", labels);
        }
    }

    /// The same of a command that only a vendor's specification names.
    pub(crate) fn pdu_of_vendor(&self, is_in: bool, command: &'static str, status: CommandStatus, octets: u64) {
        let (direction, command) = (Label::Name(DIRECTIONS[usize::from(!is_in)]), Label::Name(command));
        if let Some(cell) = self.cell("pdu_bytes_total", [direction.clone(), command.clone()]) {
            cell.fetch_add(octets, Ordering::Relaxed);
        }
        self.count("pdus_total", [direction, command, Label::Status(status)]);
    }

    /// Messages were accepted.
    pub(crate) fn accepted(&self, system_id: &str, messages: u64) {
        self.accepted[self.names.place(system_id)].fetch_add(messages, Ordering::Relaxed);
    }

    /// A message came to its final state.
    pub(crate) fn is_final(&self, system_id: &str, state: MessageState) {
        let state = if usize::from(state.0) < STATES { state } else { MessageState::UNKNOWN };
        self.finals[self.names.place(system_id)][usize::from(state.0)].fetch_add(1, Ordering::Relaxed);
    }

    /// A request was answered to the ESME, or by it, after a time.
    pub(crate) fn answered(&self, is_by_esme: bool, request: CommandId, time: Duration) {
        let histograms = if is_by_esme { &self.esme_response } else { &self.response_delay };
        histograms.of(command_place(request)).record(time);
    }

    /// Counts one more. A name that is not in the table is a mistake that tests find.
    pub(crate) fn count<const N: usize>(&self, name: &'static str, labels: [Label; N]) {
        if let Some(cell) = self.cell(name, labels) {
            cell.fetch_add(1, Ordering::Relaxed);
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

    pub(super) fn families(&self) -> Vec<Family> {
        let counted = FAMILIES.iter().zip(&self.families).map(|(&(name, help, kind, labels), cells)| {
            let mut samples = self.samples(cells, labels);
            samples.extend(self.often(name));
            // What is unknown in several ways is counted together.
            samples.sort_by(|one, other| one.labels.cmp(&other.labels));
            samples.dedup_by(|one, before| {
                let is_same = one.labels == before.labels;
                if let (true, SampleValue::Number(one), SampleValue::Number(before)) =
                    (is_same, &one.value, &mut before.value)
                {
                    *before += one;
                }
                is_same
            });
            Family { name, help, kind, samples }
        });
        let response_delay = ("response_delay_seconds", "From a request to its response, what was injected included");
        let esme_response = ("esme_response_seconds", "From a request to the response of the ESME");
        let timed = [(response_delay, &self.response_delay), (esme_response, &self.esme_response)];
        let timed = timed.into_iter().map(|((name, help), histograms)| Family {
            name,
            help,
            kind: FamilyKind::Histogram,
            samples: histograms.samples(),
        });
        counted.chain(timed).collect()
    }

    /// What is counted without a lock.
    fn often(&self, name: &str) -> Vec<Sample> {
        let sample =
            |labels, number: &AtomicU64| Sample { labels, value: SampleValue::Number(number.load(Ordering::Relaxed)) };
        let by_command = |cells: &[Vec<AtomicU64>; 2], status: Option<&str>| -> Vec<Sample> {
            let all = DIRECTIONS.iter().zip(cells).flat_map(|(direction, cells)| {
                cells.iter().enumerate().map(move |(place, cell)| {
                    let mut labels =
                        vec![("direction", (*direction).to_owned()), ("command", command_name(place).to_owned())];
                    labels.extend(status.map(|status| ("command_status", status.to_owned())));
                    sample(labels, cell)
                })
            });
            all.filter(Sample::is_something).collect()
        };
        let system_id = |place| ("system_id", self.names.name(place).to_owned());
        match name {
            "pdus_total" => by_command(&self.pdus, Some("ESME_ROK")),
            "pdu_bytes_total" => by_command(&self.octets, None),
            "messages_accepted_total" => {
                let all = self.accepted.iter().enumerate().map(|(place, cell)| sample(vec![system_id(place)], cell));
                all.filter(Sample::is_something).collect()
            }
            "messages_final_total" => {
                let all = self.finals.iter().enumerate().flat_map(|(place, states)| {
                    (0..).map(MessageState).zip(states).map(move |(state, cell)| {
                        sample(vec![system_id(place), ("state", state_word(state).to_owned())], cell)
                    })
                });
                all.filter(Sample::is_something).collect()
            }
            _ => Vec::new(),
        }
    }

    fn samples(&self, cells: &Cells<AtomicU64>, names: &[&'static str]) -> Vec<Sample> {
        let cells = cells.0.read().unwrap_or_else(PoisonError::into_inner);
        let shown = |label: &Label| match label {
            Label::Account(place) => self.names.name(*place).to_owned(),
            Label::Name(name) => (*name).to_owned(),
            Label::Status(status) => status_name(*status),
        };
        let sample = |(labels, cell): (&Labels, &Arc<AtomicU64>)| Sample {
            labels: names.iter().copied().zip(labels.iter().flatten().map(shown)).collect(),
            value: SampleValue::Number(cell.load(Ordering::Relaxed)),
        };
        cells.iter().map(sample).collect()
    }
}

impl Sample {
    fn is_something(&self) -> bool {
        self.value != SampleValue::Number(0)
    }
}

/// As the standard calls it, or its number. What nobody calls anything is `other`: a peer may make up any.
fn status_name(status: CommandStatus) -> String {
    match smpp::value::COMMAND_STATUS.find(status.0.into()) {
        Some(known) if known.low == known.high => known.name.to_owned(),
        _ => "other".to_owned(),
    }
}

/// Where a command has its place: what neither 3.4 nor its successors know shares the last.
fn command_place(id: CommandId) -> usize {
    let number = (id.0 & 0x7FFF_FFFF) as usize;
    if number < COMMANDS / 2 - 1 { number + (id.0 >> 31) as usize * (COMMANDS / 2) } else { COMMANDS - 1 }
}

fn command_name(place: usize) -> &'static str {
    let id = (place % (COMMANDS / 2)) | ((place / (COMMANDS / 2)) << 31);
    let id = u32::try_from(id).unwrap_or(u32::MAX);
    smpp::command::find(CommandId(id)).map_or("other", |command| command.name)
}

/// System_ids that are counted by name: those of the accounts, or where anyone may bind the first that come. A place that is
/// taken keeps its name, and so is found without a lock.
#[derive(Debug)]
struct Names {
    places: Box<[OnceLock<Box<str>>]>,
    taken: AtomicUsize,
    room: usize,
}

impl Names {
    fn new(accounts: &[Account]) -> Self {
        let room = if accounts.is_empty() { MOST_NAMES } else { accounts.len() };
        let places = (0..(2 * room).next_power_of_two()).map(|_| OnceLock::new()).collect();
        let mut names = Self { places, taken: AtomicUsize::new(0), room };
        for account in accounts {
            names.place(&account.system_id);
        }
        if !accounts.is_empty() {
            names.room = 0;
        }
        names
    }

    /// The place of all names that have none.
    fn other(&self) -> usize {
        self.places.len()
    }

    fn name(&self, place: usize) -> &str {
        self.places.get(place).and_then(OnceLock::get).map_or("other", |name| name)
    }

    fn place(&self, system_id: &str) -> usize {
        let hash = system_id
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325, |hash: u64, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01B3));
        let mask = self.places.len() - 1;
        let from = hash as usize & mask;
        for step in 0..self.places.len() {
            let place = (from + step) & mask;
            let name = match self.places[place].get() {
                Some(name) => name,
                // Others may be counted first: then there are a few more, for each place has one name.
                None if self.taken.load(Ordering::Relaxed) >= self.room => return self.other(),
                None => self.places[place].get_or_init(|| {
                    self.taken.fetch_add(1, Ordering::Relaxed);
                    system_id.into()
                }),
            };
            if **name == *system_id {
                return place;
            }
        }
        self.other()
    }
}

/// Histograms of the commands that were answered.
#[derive(Debug)]
struct ByCommand(Box<[OnceLock<Box<Histogram>>]>);

impl Default for ByCommand {
    fn default() -> Self {
        Self((0..COMMANDS).map(|_| OnceLock::new()).collect())
    }
}

impl ByCommand {
    fn of(&self, place: usize) -> &Histogram {
        self.0[place].get_or_init(Box::default)
    }

    fn samples(&self) -> Vec<Sample> {
        let known = self.0.iter().enumerate().filter_map(|(place, histogram)| Some((place, histogram.get()?)));
        known
            .filter(|(place, _)| command_name(*place) != "other" || *place == COMMANDS - 1)
            .map(|(place, histogram)| Sample {
                labels: vec![("command", command_name(place).to_owned())],
                value: histogram.value(),
            })
            .collect()
    }
}

fn key<const N: usize>(labels: [Label; N]) -> Labels {
    let mut key = [const { None }; 3];
    for (place, label) in key.iter_mut().zip(labels) {
        *place = Some(label);
    }
    key
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
const FAMILIES: [Named; 14] = [
    ("sessions", "Sessions that are bound", FamilyKind::Gauge, &["system_id", "bind_type", "tls"]),
    ("binds_total", "Binds that were answered", FamilyKind::Counter, &["bind_type", "command_status"]),
    ("session_closes_total", "Sessions that are over", FamilyKind::Counter, &["reason"]),
    ("pdus_total", "PDUs", FamilyKind::Counter, &["direction", "command", "command_status"]),
    ("pdu_bytes_total", "Octets of PDUs", FamilyKind::Counter, &["direction", "command"]),
    ("decode_errors_total", "PDUs that are not as they should be", FamilyKind::Counter, &["reason"]),
    ("messages_accepted_total", "Messages that were accepted", FamilyKind::Counter, &["system_id"]),
    ("messages_final_total", "Messages that came to their final state", FamilyKind::Counter, &["system_id", "state"]),
    ("receipts_sent_total", "Receipts sent, tries included", FamilyKind::Counter, &["system_id", "state"]),
    ("receipts_acked_total", "Receipts answered for good", FamilyKind::Counter, &["system_id", "command_status"]),
    ("receipts_retried_total", "Receipts to be tried again", FamilyKind::Counter, &["system_id", "state"]),
    ("mo_sent_total", "Messages from mobiles answered for good", FamilyKind::Counter, &["command_status"]),
    ("window_rejections_total", "Requests beyond the window that were refused", FamilyKind::Counter, &["system_id"]),
    ("rate_rejections_total", "Requests beyond the rate of an account", FamilyKind::Counter, &["system_id"]),
];

/// Directions of PDUs, from where the simulator stands.
const DIRECTIONS: [&str; 2] = ["in", "out"];

/// Places of commands: half of them for requests, half for responses.
const COMMANDS: usize = 1024;

/// States of messages, that of 5.0 for what is scheduled included.
const STATES: usize = 9;

/// System_ids that are counted by name where anyone may bind.
const MOST_NAMES: usize = 100;
