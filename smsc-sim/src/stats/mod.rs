//! What the simulator counts, as numbers and for Prometheus.

mod cells;
#[cfg(feature = "http")]
mod prometheus;

use std::collections::BTreeMap;

use serde::Serialize;
use smpp::value::MessageState;

pub(crate) use cells::{Counters, Label};

use crate::SmscSim;
use crate::engine::Engine;
use crate::query::state_word;

impl SmscSim {
    /// What was counted so far.
    ///
    /// ```
    /// use smpp::client::Client;
    /// use smpp::pdu::SubmitSm;
    /// use smsc_sim::SmscSim;
    ///
    /// let sim = SmscSim::builder().user("alice", "secret").start()?;
    /// let client = Client::builder().system_id("alice").password("secret").connect(sim.addr())?;
    /// client.bind_transmitter()?;
    /// client.submit_sm(&SubmitSm::default().with_destination_addr("4179"))?;
    /// let stats = sim.stats();
    /// assert_eq!(stats.get("messages_accepted_total", &[("system_id", "alice")]), 1);
    /// assert_eq!(stats.get("binds_total", &[]), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stats(&self) -> Stats {
        self.engine.stats()
    }
}

/// What was counted, as of one moment. No label has a number, a text or an id in it; a system_id that no account
/// has is `other`. Where anyone may bind, the first 100 system_ids are counted by name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Everything that is counted, by name.
    pub families: Vec<Family>,
}

/// Numbers of one kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Family {
    /// The name, without `smsc_sim_`.
    pub name: &'static str,
    /// What it says.
    pub help: &'static str,
    /// What kind of number it is.
    pub kind: FamilyKind,
    /// The numbers.
    pub samples: Vec<Sample>,
}

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FamilyKind {
    /// It only grows.
    Counter,
    /// It is as it is at the moment.
    Gauge,
    /// Seconds, sorted into buckets.
    Histogram,
}

/// A number, and what it is of.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Sample {
    /// What it is of: names and values.
    pub labels: Vec<(&'static str, String)>,
    /// The number.
    pub value: SampleValue,
}

/// A number of a [`Sample`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum SampleValue {
    /// Of a counter or gauge.
    Number(u64),
    /// Of a histogram.
    Histogram {
        /// How many.
        count: u64,
        /// All together, in seconds.
        seconds: f64,
        /// For each upper limit in seconds how many were at most as long and longer than the limit before; those beyond
        /// the last limit are only in `count`.
        buckets: Vec<(f64, u64)>,
    },
}

impl Stats {
    /// The sum of the numbers of a name that have these labels; of a histogram how many. 0 if there are none.
    pub fn get(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let samples = self.families.iter().filter(|family| family.name == name).flat_map(|family| &family.samples);
        let has = |sample: &&Sample| {
            labels.iter().all(|label| sample.labels.iter().any(|(name, value)| (*name, value.as_str()) == *label))
        };
        let number = |sample: &Sample| match sample.value {
            SampleValue::Number(number) => number,
            SampleValue::Histogram { count, .. } => count,
        };
        samples.filter(has).map(number).sum()
    }
}

impl Engine {
    fn stats(&self) -> Stats {
        let mut families = self.counters.families();
        let gauge = |name, help, samples| Family { name, help, kind: FamilyKind::Gauge, samples };
        let one = |labels| vec![Sample { labels, value: SampleValue::Number(1) }];
        let of = |label, numbers: Vec<(&str, usize)>| -> Vec<Sample> {
            let sample = |(value, number): (&str, usize)| Sample {
                labels: vec![(label, value.to_owned())],
                value: SampleValue::Number(number as u64),
            };
            numbers.into_iter().map(sample).collect()
        };
        let states = (0..=9).map(MessageState).filter(|state| state.0 != 9);
        let count = self.count_states();
        let states = states.map(|state| (state_word(state), count[usize::from(state.0)])).collect();
        families.push(gauge("messages", "Messages that are kept", of("state", states)));
        let mut windows = BTreeMap::<_, usize>::new();
        for (system_id, unanswered) in self.windows() {
            *windows.entry(self.counters.name(&system_id).to_owned()).or_default() += unanswered;
        }
        let windows = windows.iter().map(|(system_id, unanswered)| (system_id.as_str(), *unanswered)).collect();
        let help = "Requests of ESMEs that are not answered";
        families.push(gauge("window_in_flight", help, of("system_id", windows)));
        families.push(gauge("pending", "What waits for its time or for a receiver", of("queue", self.pending())));
        let faults = self.book.faults().into_iter().map(|(rule, action, count)| Sample {
            labels: vec![("rule", rule.to_string()), ("action", action.to_owned())],
            value: SampleValue::Number(count),
        });
        families.push(Family {
            name: "faults_injected_total",
            help: "What rules did",
            kind: FamilyKind::Counter,
            samples: faults.collect(),
        });
        let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
        families.push(gauge("build_info", "The version", one(version)));
        families.push(gauge("seed_info", "What chance began with", one(vec![("seed", self.config.seed.to_string())])));
        Stats { families }
    }
}
