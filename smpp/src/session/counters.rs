//! How many PDUs went either way, by command and status.

use std::fmt;

use crate::codec::CommandId;
use crate::protocol::value::CommandStatus;

/// Which way a PDU went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// To the peer.
    Sent,
    /// From the peer.
    Received,
}

/// PDUs sent and received, by command and status: requests and responses, those that the session sent by itself
/// included. Octets sent [as they are](super::Session::send_raw) are not.
///
/// However many ids and statuses a peer makes up, no more than 256 pairs of them are told apart in either direction; the
/// PDUs beyond are counted together as [`other`](Self::other).
///
/// ```
/// use smpp::codec::{Command, CommandId};
/// use smpp::pdu::SubmitSmResp;
/// use smpp::session::{Counters, Direction, Role, Session, SessionConfig};
/// use smpp::value::CommandStatus;
///
/// # let mut session = Session::<()>::new(Role::Esme, SessionConfig::default(), std::time::Instant::now());
/// let throttled = session.counters().received(SubmitSmResp::ID, CommandStatus::ESME_RTHROTTLED);
/// // Of all sessions together:
/// let mut all = Counters::default();
/// all.add(&session.take_counters());
/// for (direction, id, status, count) in all.iter() {
///     println!("{direction:?} {id:?} {status:?}: {count}");
/// }
/// # assert_eq!((throttled, all.total(Direction::Sent)), (0, 0));
/// ```
#[derive(Clone, Default)]
pub struct Counters {
    sent: Counts,
    received: Counts,
}

impl Counters {
    /// PDUs sent with this id and status. Requests have status ESME_ROK.
    pub fn sent(&self, id: CommandId, status: CommandStatus) -> u64 {
        self.sent.of(key(id, status))
    }

    /// PDUs received with this id and status.
    pub fn received(&self, id: CommandId, status: CommandStatus) -> u64 {
        self.received.of(key(id, status))
    }

    /// All PDUs of a direction, [`other`](Self::other) ones included.
    pub fn total(&self, direction: Direction) -> u64 {
        let counts = self.of(direction);
        counts.entries().map(|(_, count)| count).sum::<u64>() + counts.other
    }

    /// PDUs of a direction that are not told apart, since there were too many kinds.
    pub fn other(&self, direction: Direction) -> u64 {
        self.of(direction).other
    }

    /// All counts that are not 0: in the order of direction, id and status.
    pub fn iter(&self) -> impl Iterator<Item = (Direction, CommandId, CommandStatus, u64)> + use<> {
        let sorted = |direction| {
            let mut entries: Vec<_> = self.of(direction).entries().collect();
            entries.sort_unstable();
            let split = |key: u64| (CommandId((key >> 32) as u32), CommandStatus(key as u32));
            entries.into_iter().map(move |(key, count)| {
                let (id, status) = split(key);
                (direction, id, status, count)
            })
        };
        sorted(Direction::Sent).chain(sorted(Direction::Received))
    }

    /// Adds what another one counted.
    pub fn add(&mut self, others: &Self) {
        self.sent.add(&others.sent);
        self.received.add(&others.received);
    }

    #[inline]
    pub(super) fn count_sent(&mut self, id: CommandId, status: CommandStatus) {
        self.sent.count(key(id, status));
    }

    #[inline]
    pub(super) fn count_received(&mut self, id: CommandId, status: CommandStatus) {
        self.received.count(key(id, status));
    }

    fn of(&self, direction: Direction) -> &Counts {
        match direction {
            Direction::Sent => &self.sent,
            Direction::Received => &self.received,
        }
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Most kinds that are told apart.
const MAX_KINDS: usize = 256;

/// Places of the first table: enough for a session without incidents.
const FIRST_PLACES: usize = 32;

#[inline]
fn key(id: CommandId, status: CommandStatus) -> u64 {
    u64::from(id.0) << 32 | u64::from(status.0)
}

/// A table of key and count, sized to a power of two and never more than half full. A count of 0 marks a free place.
#[derive(Clone, Default)]
struct Counts {
    places: Vec<(u64, u64)>,
    kinds: usize,
    other: u64,
}

impl Counts {
    /// Nearly always the first place looked at is the right one.
    #[inline]
    fn count(&mut self, key: u64) {
        let at = self.first_place(key);
        match self.places.get_mut(at) {
            Some((known, count)) if *known == key && *count > 0 => *count += 1,
            _ => self.count_many(key, 1),
        }
    }

    #[cold]
    fn count_many(&mut self, key: u64, more: u64) {
        if let Some((_, count)) = self.find(key).and_then(|at| self.places.get_mut(at)) {
            *count += more;
        } else if self.kinds == MAX_KINDS {
            self.other += more;
        } else {
            if self.kinds * 2 >= self.places.len() {
                self.grow();
            }
            self.insert(key, more);
        }
    }

    fn of(&self, key: u64) -> u64 {
        self.find(key).and_then(|at| self.places.get(at)).map_or(0, |&(_, count)| count)
    }

    fn entries(&self) -> impl Iterator<Item = (u64, u64)> {
        self.places.iter().copied().filter(|&(_, count)| count > 0)
    }

    fn add(&mut self, others: &Self) {
        others.entries().for_each(|(key, count)| self.count_many(key, count));
        self.other += others.other;
    }

    /// Where the search for a key begins; of no use while there are no places. Requests and responses with ESME_ROK, as
    /// far as they are frequent, have places of their own in the smallest table.
    #[inline]
    fn first_place(&self, key: u64) -> usize {
        let (id, status) = ((key >> 32) as u32, key as u32);
        (id ^ id >> 28 ^ status.wrapping_mul(0x9E37_79B1) >> 16) as usize & self.places.len().wrapping_sub(1)
    }

    /// From the first place on, around the end.
    fn search(&self, key: u64) -> impl Iterator<Item = usize> + use<> {
        let (first, places) = (self.first_place(key), self.places.len());
        (0..places).map(move |step| first.wrapping_add(step) & (places - 1))
    }

    fn find(&self, key: u64) -> Option<usize> {
        let mut taken =
            self.search(key).map_while(|at| self.places.get(at).filter(|place| place.1 > 0).map(|place| (at, place.0)));
        taken.find(|&(_, known)| known == key).map(|(at, _)| at)
    }

    fn insert(&mut self, key: u64, count: u64) {
        let free = self.search(key).find(|&at| self.places.get(at).is_some_and(|place| place.1 == 0));
        if let Some(place) = free.and_then(|at| self.places.get_mut(at)) {
            *place = (key, count);
            self.kinds += 1;
        }
    }

    fn grow(&mut self) {
        let places = (self.places.len() * 2).max(FIRST_PLACES);
        let before = std::mem::replace(&mut self.places, vec![(0, 0); places]);
        self.kinds = 0;
        before.into_iter().filter(|place| place.1 > 0).for_each(|(key, count)| self.insert(key, count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_ids_and_statuses_are_counted_in_bounded_memory() {
        let mut counters = Counters::default();
        // Those of the standard first, id 0 with status 0 among them.
        for count in 1..=3 {
            for id in [0, 4, 0x8000_0004, u32::MAX] {
                counters.count_sent(CommandId(id), CommandStatus::ESME_ROK);
                assert_eq!(counters.sent(CommandId(id), CommandStatus::ESME_ROK), count);
            }
        }
        for number in 0..100_000_u32 {
            counters.count_received(CommandId(number.wrapping_mul(0x0100_0001)), CommandStatus(number % 3));
        }
        assert_eq!(counters.iter().filter(|entry| entry.0 == Direction::Received).count(), MAX_KINDS);
        assert_eq!(counters.other(Direction::Received), 100_000 - MAX_KINDS as u64);
        assert_eq!((counters.total(Direction::Sent), counters.total(Direction::Received)), (12, 100_000));
        assert!(counters.received.places.len() <= 2 * MAX_KINDS);

        let mut sum = counters.clone();
        sum.add(&counters);
        assert_eq!((sum.total(Direction::Sent), sum.total(Direction::Received)), (24, 200_000));
        assert!(sum.iter().map(|(direction, id, status, _)| (direction, id, status)).is_sorted());
        let doubled = counters.iter().map(|(direction, id, status, count)| (direction, id, status, 2 * count));
        assert!(sum.iter().eq(doubled));
    }
}
