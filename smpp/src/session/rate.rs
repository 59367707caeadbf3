//! The token bucket that paces requests.

use std::time::{Duration, Instant};

/// How many requests may leave in a given time: PDUs, not messages. A message of three parts costs three, and what is
/// sent again costs again. Binds, unbind, enquire_link, responses and PDUs that are never answered cost nothing.
///
/// In any time `t` no more than `per_second * t + burst` leave: after a pause as many as the burst at once, then one every
/// `1 / per_second` seconds.
///
/// ```
/// use smpp::session::{Rate, SessionConfig};
///
/// // What the contract with the SMSC says: 100 messages a second, and never two at once.
/// let config = SessionConfig::default().with_rate(Rate::per_second(100).burst(1));
/// # assert!(config.rate.is_some());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    per_second: u32,
    burst: u32,
}

impl Rate {
    /// So many requests a second, and a tenth of it at once (at least 1); 0 counts as 1.
    pub const fn per_second(requests: u32) -> Self {
        let per_second = if requests == 0 { 1 } else { requests };
        let burst = if per_second < 10 { 1 } else { per_second / 10 };
        Self { per_second, burst }
    }

    /// The same with another number of requests that may leave at once after a pause; 0 counts as 1.
    pub const fn burst(self, requests: u32) -> Self {
        Self { burst: if requests == 0 { 1 } else { requests }, ..self }
    }
}

/// Tokens, counted in parts so small that every nanosecond adds a whole number of them: nothing is ever rounded.
#[derive(Debug)]
pub(super) struct Bucket {
    rate: Rate,
    /// Parts in the bucket at `filled_at`: one token is [`TOKEN`] of them, and a nanosecond adds `per_second`.
    parts: u64,
    filled_at: Instant,
}

/// Nanoseconds in a second.
const TOKEN: u64 = 1_000_000_000;

impl Bucket {
    pub(super) fn full(rate: Rate, now: Instant) -> Self {
        Self { rate, parts: u64::from(rate.burst) * TOKEN, filled_at: now }
    }

    /// Until when there is no token, if there is none now.
    #[inline]
    pub(super) fn empty_until(&mut self, now: Instant) -> Option<Instant> {
        let nanoseconds = now.saturating_duration_since(self.filled_at).as_nanos();
        if nanoseconds > 0 {
            // More than a u64 of nanoseconds fills any bucket; so does whatever overflows.
            let added = u64::try_from(nanoseconds).ok().and_then(|n| n.checked_mul(u64::from(self.rate.per_second)));
            let capacity = u64::from(self.rate.burst) * TOKEN;
            self.parts = added.and_then(|added| self.parts.checked_add(added)).unwrap_or(capacity).min(capacity);
            self.filled_at = now;
        }
        Some(self.next_token()).filter(|_| self.parts < TOKEN)
    }

    /// When there is a token; not later than the last look if there was one.
    pub(super) fn next_token(&self) -> Instant {
        let missing = TOKEN.saturating_sub(self.parts);
        self.filled_at + Duration::from_nanos(missing.div_ceil(u64::from(self.rate.per_second)))
    }

    /// Takes a token out. There must be one.
    #[inline]
    pub(super) fn take(&mut self) {
        self.parts = self.parts.saturating_sub(TOKEN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_burst_at_once_then_one_after_the_other_without_drift() {
        let begin = Instant::now();
        let mut bucket = Bucket::full(Rate::per_second(3).burst(2), begin);
        let mut times = Vec::new();
        let mut now = begin;
        for _ in 0..3002 {
            while let Some(until) = bucket.empty_until(now) {
                assert!(until > now);
                now = until;
            }
            bucket.take();
            times.push((now - begin).as_nanos());
        }
        // The n-th after the burst leaves at n/3 s, rounded up to the nanosecond, however many there were before.
        let exact = (1..=3000_u128).map(|n| (n * 1_000_000_000).div_ceil(3));
        assert_eq!(times, [0, 0].into_iter().chain(exact).collect::<Vec<_>>());
    }

    #[test]
    fn idle_time_adds_no_more_than_the_burst() {
        let begin = Instant::now();
        for (rate, burst) in [
            (Rate::per_second(1), 1),
            (Rate::per_second(0).burst(0), 1),
            (Rate::per_second(500), 50),
            (Rate::per_second(u32::MAX).burst(7), 7),
        ] {
            let mut bucket = Bucket::full(rate, begin);
            for now in [begin, begin + Duration::from_secs(100), begin + Duration::from_secs(40_000_000_000)] {
                let mut taken = 0;
                while bucket.empty_until(now).is_none() {
                    bucket.take();
                    taken += 1;
                }
                assert_eq!(taken, burst, "{rate:?}");
            }
            // A clock that is read late by another thread takes nothing away.
            assert!(bucket.empty_until(begin).is_some_and(|until| until > begin));
        }
    }
}
