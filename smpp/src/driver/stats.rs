//! What a link has done so far, in numbers.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::Link;
use super::inbox::Kind;
use super::state::Token;
use crate::session::{BindKind, CloseReason, Counters, Session, SessionState};

/// What a link has done so far, all its sessions together, and how it stands: a snapshot.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Stats {
    /// The state of the session.
    pub state: SessionState,
    /// How it is or was bound.
    pub bound_as: Option<BindKind>,
    /// The address of the peer, if there is such a thing.
    pub peer_addr: Option<SocketAddr>,
    /// Sessions begun: 1, and 1 for each time that the link was opened again.
    pub sessions: u32,
    /// PDUs sent and received, by command and status. A request counts as sent when it is queued, also if it is withdrawn
    /// before it is written since its timer expires or the session ends.
    pub counters: Counters,
    /// Requests that may be outstanding at a time.
    pub window: usize,
    /// Requests that wait for their responses.
    pub outstanding: usize,
    /// The most that ever did.
    pub peak_outstanding: usize,
    /// Requests that got no response in time.
    pub timed_out: u64,
    /// Requests that failed since their session ended.
    pub failed: u64,
    /// Responses that came after their requests were given up.
    pub late: u64,
    /// How often a request was refused in a way for which it is sent again ([`SessionConfig::retries`]).
    ///
    /// [`SessionConfig::retries`]: crate::session::SessionConfig::retries
    pub retried: u64,
    /// Senders that wait now.
    pub waiting: usize,
    /// How often sending had to wait, whether or not it came to sending: for room in the window, for the rate, or for a
    /// link that was being rebound. Those that [wait](Self::waiting) now are not among them.
    pub waits: u64,
    /// How long that was, all together.
    pub total_wait: Duration,
    /// How long at most.
    pub longest_wait: Duration,
    /// From a request to its response. Binds, unbind and enquire_link are left out: they would hide how long messages take.
    pub latency: Latency,
    /// PDUs for the application that callbacks are not done with, that which a callback has now included: no more than
    /// [`LinkConfig::inbox`](super::LinkConfig::inbox).
    pub inbox: usize,
    /// Notices that are not told yet: no more than a few over [`LinkConfig::inbox`](super::LinkConfig::inbox).
    pub notices: usize,
    /// PDUs refused and notices dropped because too many were waiting.
    pub unreported: u64,
    /// PDUs not shown to observers because too many were waiting for them.
    pub unshown: u64,
    /// Why the last session ended.
    pub last_close: Option<CloseReason>,
    /// The last thing that went wrong with the link, in words: a connection that failed, a bind that was refused, a
    /// session that was lost.
    pub last_error: Option<String>,
}

/// How long something took, as a distribution: exact below 32 µs, within 3 % above.
#[derive(Clone)]
pub struct Latency {
    counts: Vec<u64>,
    count: u64,
    sum: Duration,
    max: Duration,
}

/// What the link itself keeps account of.
#[derive(Debug, Default)]
pub(super) struct LinkStats {
    counters: Counters,
    peak_outstanding: usize,
    pub(super) timed_out: u64,
    pub(super) failed: u64,
    pub(super) late: u64,
    pub(super) retried: u64,
    waits: u64,
    total_wait: Duration,
    longest_wait: Duration,
    pub(super) latency: Latency,
    pub(super) unreported: u64,
    pub(super) unshown: u64,
    pub(super) last_close: Option<CloseReason>,
    pub(super) last_error: Option<String>,
}

impl Link {
    pub(crate) fn stats(&self) -> Stats {
        let core = self.lock();
        let (session, stats) = (&core.session, &core.stats);
        let mut counters = stats.counters.clone();
        counters.add(session.counters());
        Stats {
            state: session.state(),
            bound_as: session.bound_as(),
            peer_addr: core.peer_addr,
            sessions: core.epoch,
            counters,
            window: session.config().window,
            outstanding: session.outstanding(),
            peak_outstanding: stats.peak_outstanding.max(session.peak_outstanding()),
            timed_out: stats.timed_out,
            failed: stats.failed,
            late: stats.late,
            retried: stats.retried,
            waiting: core.senders_waiting,
            waits: stats.waits,
            total_wait: stats.total_wait,
            longest_wait: stats.longest_wait,
            latency: stats.latency.clone(),
            inbox: core.waiting(Kind::Pdu),
            notices: core.waiting(Kind::Notice),
            unreported: stats.unreported + core.unreported as u64,
            unshown: stats.unshown,
            last_close: session.close_reason().filter(|_| core.epoch > 0).or(stats.last_close),
            last_error: stats.last_error.clone(),
        }
    }
}

impl LinkStats {
    /// Takes over the account of a session that has ended.
    pub(super) fn retire(&mut self, session: &mut Session<Token>) {
        self.counters.add(&session.take_counters());
        self.peak_outstanding = self.peak_outstanding.max(session.peak_outstanding());
        self.last_close = session.close_reason().or(self.last_close);
    }

    pub(super) fn waited(&mut self, wait: Duration) {
        self.waits += 1;
        self.total_wait += wait;
        self.longest_wait = self.longest_wait.max(wait);
    }
}

/// Each power of two above this many microseconds is cut into as many parts.
const PARTS: u64 = 32;

/// Up to 2 to the power of 36 µs, 19 hours: what takes longer counts as this.
const BUCKETS: usize = 32 * (36 - 5 + 1);

impl Latency {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// All together divided by their number; `None` if there were none.
    pub fn mean(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_nanos((self.sum.as_nanos() / u128::from(self.count)) as u64))
    }

    /// What this share of them (0.5 is the median, 0.99 one in a hundred more) took at most; `None` if there were none.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = ((share.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        })?;
        Some(Duration::from_micros(upper_end(bucket)).min(self.max))
    }

    pub(super) fn record(&mut self, latency: Duration) {
        if self.counts.is_empty() {
            self.counts = vec![0; BUCKETS];
        }
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.counts[bucket(micros)] += 1;
        self.count += 1;
        self.sum += latency;
        self.max = self.max.max(latency);
    }
}

fn bucket(micros: u64) -> usize {
    if micros < PARTS {
        return micros as usize;
    }
    let shift = micros.ilog2() - PARTS.ilog2();
    let bucket = u64::from(shift) * PARTS + (micros >> shift);
    (bucket as usize).min(BUCKETS - 1)
}

/// The greatest number of microseconds that the bucket holds.
fn upper_end(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * PARTS {
        return bucket;
    }
    let shift = bucket / PARTS - 1;
    ((bucket % PARTS + PARTS + 1) << shift) - 1
}

impl Default for Latency {
    fn default() -> Self {
        Self { counts: Vec::new(), count: 0, sum: Duration::ZERO, max: Duration::ZERO }
    }
}

/// With the quantiles one usually asks for.
impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latency")
            .field("count", &self.count)
            .field("median", &self.quantile(0.5))
            .field("p99", &self.quantile(0.99))
            .field("max", &self.max)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_falls_into_a_bucket_that_holds_it() {
        let mut last = None;
        for micros in (0..5000).chain((13..36).flat_map(|power| [(1 << power) - 1, 1 << power, (1 << power) + 1])) {
            let bucket = bucket(micros);
            assert!(upper_end(bucket) >= micros, "{micros}");
            assert!(bucket == 0 || upper_end(bucket - 1) < micros, "{micros}");
            assert!(upper_end(bucket) as f64 <= micros as f64 * 1.032, "{micros}");
            assert!(last.is_none_or(|last| last <= bucket));
            last = Some(bucket);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles() {
        let mut latency = Latency::default();
        assert_eq!((latency.quantile(0.5), latency.mean()), (None, None));
        (1..=100).for_each(|millis| latency.record(Duration::from_millis(millis)));
        let within = |share, millis: u64| {
            let (quantile, exact) = (latency.quantile(share).unwrap(), Duration::from_millis(millis));
            assert!(
                quantile >= exact && quantile.as_secs_f64() <= exact.as_secs_f64() * 1.032,
                "{share}: {quantile:?}"
            );
        };
        within(0.5, 50);
        within(0.99, 99);
        within(0.0, 1);
        assert_eq!(latency.quantile(1.0), Some(Duration::from_millis(100)));
        assert_eq!(latency.mean(), Some(Duration::from_micros(50_500)));
        latency.record(Duration::from_secs(1_000_000));
        assert_eq!((latency.max(), latency.count()), (Duration::from_secs(1_000_000), 101));
    }
}
