//! References that tell the parts of one message from those of another.

use std::fmt;
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, Ordering};

/// Gives each message that is split the reference that its parts carry.
///
/// A handset puts together what has the same sender and the same reference. Two messages to the same destination must
/// not have the same one while parts of the first may still be on their way. With a reference of 8 bits
/// ([`Segmentation::Udh8`](super::Segmentation::Udh8)) the lower 8 bits are used.
///
/// Any `Fn(&[u8], &[u8]) -> u16` is one, such as one that asks a database for the next number, for several processes
/// that send from the same address.
pub trait References: Send + Sync {
    /// The reference of the next message from `source` to `destination`, the octets of `source_addr` and
    /// `destination_addr`.
    fn next(&self, source: &[u8], destination: &[u8]) -> u16;
}

impl<F: Fn(&[u8], &[u8]) -> u16 + Send + Sync> References for F {
    fn next(&self, source: &[u8], destination: &[u8]) -> u16 {
        self(source, destination)
    }
}

/// Counts references for each source and destination, from a start that cannot be guessed.
///
/// It takes 32 KiB, however many destinations there are, and no locks. A source and destination are assigned one of
/// 16,384 counters by a hash; what they draw from it goes up by 1 with each draw, their own or that of a pair that has
/// been assigned the same one, and begins anew after 65,536. So
///
/// - two messages of a pair never have the same reference while fewer than 65,536 were drawn from its counter (fewer
///   than 256 if 8 bits are used);
/// - others draw from it one time in 16,384: with references of 8 bits, some four million messages go to other
///   destinations between two of a pair before their references can meet.
///
/// ```
/// use smpp::sms::{ReferenceCounter, References};
///
/// let references = ReferenceCounter::new();
/// let first = references.next(b"4179", b"4178");
/// assert_eq!(references.next(b"4179", b"4178"), first.wrapping_add(1));
/// ```
pub struct ReferenceCounter {
    /// How many were drawn, modulo 65,536. The start of a pair is added, so these can all begin at 0.
    drawn: Box<[AtomicU16]>,
    key: u64,
}

impl ReferenceCounter {
    /// One that starts anywhere.
    pub fn new() -> Self {
        Self::seeded(RandomState::new().build_hasher().finish())
    }

    /// One that gives the same references whenever it has the same seed, in programs that were built with the same
    /// Rust: for tests and simulations.
    pub fn seeded(seed: u64) -> Self {
        Self { drawn: (0..COUNTERS).map(|_| AtomicU16::new(0)).collect(), key: seed }
    }

    /// The one that every [`Splitter`](super::Splitter) of the process draws from unless it is given another.
    pub fn of_process() -> &'static Self {
        static OF_PROCESS: LazyLock<ReferenceCounter> = LazyLock::new(ReferenceCounter::new);
        &OF_PROCESS
    }
}

impl Default for ReferenceCounter {
    fn default() -> Self {
        Self::new()
    }
}

impl References for ReferenceCounter {
    fn next(&self, source: &[u8], destination: &[u8]) -> u16 {
        let mut hasher = DefaultHasher::new();
        (self.key, source, destination).hash(&mut hasher);
        let hash = hasher.finish();
        // The start comes from other bits than the choice of the counter.
        let start = (hash >> 48) as u16;
        let drawn = self.drawn[hash as usize % COUNTERS].fetch_add(1, Ordering::Relaxed);
        start.wrapping_add(drawn)
    }
}

/// Without the key.
impl fmt::Debug for ReferenceCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReferenceCounter").finish_non_exhaustive()
    }
}

const COUNTERS: usize = 1 << 14;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn a_pair_draws_every_reference_before_one_comes_again() {
        let references = ReferenceCounter::new();
        let drawn: Vec<u16> = (0..65_536).map(|_| references.next(b"1", b"2")).collect();
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 65_536);
        assert_eq!(references.next(b"1", b"2"), drawn[0]);
        for window in drawn.windows(256).step_by(101) {
            assert_eq!(window.iter().map(|reference| *reference as u8).collect::<HashSet<_>>().len(), 256);
        }
    }

    #[test]
    fn threads_draw_different_ones() {
        let references = ReferenceCounter::new();
        let draw = || (0..1000).map(|_| references.next(b"1", b"2")).collect::<Vec<_>>();
        let drawn: Vec<u16> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(draw)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 8000);
    }

    #[test]
    fn ten_thousand_destinations_do_not_disturb_each_other() {
        let references = ReferenceCounter::seeded(7);
        let mut drawn = vec![HashSet::new(); 10_000];
        for _ in 0..20 {
            for (destination, drawn) in drawn.iter_mut().enumerate() {
                let reference = references.next(b"4179", &destination.to_be_bytes());
                assert!(drawn.insert(reference as u8), "{destination} had {reference} already");
            }
        }
    }

    #[test]
    fn starts_are_spread_and_depend_on_the_seed() {
        let starts = |references: &ReferenceCounter| -> Vec<u16> {
            (0..1000_u32).map(|destination| references.next(b"", &destination.to_be_bytes())).collect()
        };
        let one = starts(&ReferenceCounter::seeded(1));
        assert_eq!(starts(&ReferenceCounter::seeded(1)), one);
        assert_ne!(starts(&ReferenceCounter::seeded(2)), one);
        assert!(one.iter().collect::<HashSet<_>>().len() > 900);
        // What stands in one address and in the other are not the same pair.
        let references = ReferenceCounter::seeded(1);
        assert_ne!(references.next(b"12", b"3"), references.next(b"1", b"23"));
    }

    #[test]
    fn a_closure_will_do() {
        let references: &dyn References = &|_: &[u8], destination: &[u8]| destination.len() as u16;
        assert_eq!(references.next(b"", b"4179"), 4);
    }
}
