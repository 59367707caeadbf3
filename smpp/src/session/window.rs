//! The requests that are outstanding: found by sequence number, and by deadline, in constant time.
//!
//! Requests live in a slab. A hash map finds them by sequence number. Those with the response timer's timeout, which is
//! nearly all of them, expire in the order in which they were sent: they form a list through the slab, so that one
//! leaves it in constant time wherever it stands. The others form a second list, and those of them that have a timeout of
//! their own stand in a heap, too; its entries of requests that were answered are dropped when they come to the top, or
//! when they outnumber the others.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::{Index, IndexMut};
use std::time::Instant;

use super::event::Outstanding;

#[derive(Debug)]
pub(super) struct Window<T> {
    slots: Slots<T>,
    free: Vec<u32>,
    by_sequence: HashMap<u32, u32, BuildHasherDefault<SequenceHasher>>,
    /// Those with the default timeout.
    timed: List,
    /// All others.
    others: List,
    /// Deadline, slot and generation of those with a timeout of their own.
    own: BinaryHeap<Reverse<(Instant, u32, u32)>>,
    counted: usize,
    /// Pauses that have begun so far.
    pauses: u64,
    /// Requests that take room and were sent since the last pause began.
    recent: usize,
}

#[derive(Debug)]
struct Slot<T> {
    /// Tells the requests apart that use the slot one after the other.
    generation: u32,
    request: Option<Outstanding<T>>,
    /// Deadline by the default timeout.
    deadline: Option<Instant>,
    /// The neighbours in its list.
    older: Option<u32>,
    newer: Option<u32>,
}

/// The slab. The tests count how often a slot is looked at.
#[derive(Debug)]
struct Slots<T>(Vec<Slot<T>>);

impl<T> Index<u32> for Slots<T> {
    type Output = Slot<T>;

    #[inline]
    fn index(&self, index: u32) -> &Slot<T> {
        #[cfg(test)]
        tests::LOOKS.set(tests::LOOKS.get() + 1);
        &self.0[index as usize]
    }
}

impl<T> IndexMut<u32> for Slots<T> {
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut Slot<T> {
        #[cfg(test)]
        tests::LOOKS.set(tests::LOOKS.get() + 1);
        &mut self.0[index as usize]
    }
}

/// A list through the slab, in the order of sending.
#[derive(Debug, Default)]
struct List {
    oldest: Option<u32>,
    newest: Option<u32>,
}

/// When a request is given up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Deadline {
    Never,
    /// By the response timer: not before that of any request sent earlier.
    Default(Instant),
    Own(Instant),
}

impl<T> Window<T> {
    pub(super) fn len(&self) -> usize {
        self.by_sequence.len()
    }

    /// Requests that take room in the window.
    pub(super) fn counted(&self) -> usize {
        self.counted
    }

    /// Those of them that were sent since the last pause began.
    pub(super) fn recent(&self) -> usize {
        self.recent
    }

    /// Whether a request that was taken out was sent since the last pause began.
    pub(super) fn is_recent(&self, request: &Outstanding<T>) -> bool {
        request.pauses == self.pauses
    }

    /// A pause begins: what is outstanding was sent before it.
    pub(super) fn begin_pause(&mut self) {
        self.pauses += 1;
        self.recent = 0;
    }

    #[inline]
    pub(super) fn contains(&self, sequence_number: u32) -> bool {
        self.by_sequence.contains_key(&sequence_number)
    }

    /// Adds a request. Its sequence number must not be in use.
    pub(super) fn insert(&mut self, mut request: Outstanding<T>, deadline: Deadline) {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.0.push(Slot { generation: 0, request: None, deadline: None, older: None, newer: None });
            self.slots.0.len() as u32 - 1
        });
        self.counted += usize::from(request.counted);
        self.recent += usize::from(request.counted);
        request.pauses = self.pauses;
        self.by_sequence.insert(request.sequence_number, index);
        let slot = &mut self.slots[index];
        slot.request = Some(request);
        let list = match deadline {
            Deadline::Default(deadline) => {
                slot.deadline = Some(deadline);
                &mut self.timed
            }
            Deadline::Own(deadline) => {
                self.own.push(Reverse((deadline, index, slot.generation)));
                &mut self.others
            }
            Deadline::Never => &mut self.others,
        };
        slot.older = list.newest.replace(index);
        match slot.older {
            Some(older) => self.slots[older].newer = Some(index),
            None => list.oldest = Some(index),
        }
    }

    /// Takes out what is outstanding under the number.
    pub(super) fn remove(&mut self, sequence_number: u32) -> Option<Outstanding<T>> {
        let index = *self.by_sequence.get(&sequence_number)?;
        self.release(index)
    }

    /// Takes out any request: by and large the oldest.
    pub(super) fn pop(&mut self) -> Option<Outstanding<T>> {
        self.release(self.timed.oldest.or(self.others.oldest)?)
    }

    pub(super) fn requests_mut(&mut self) -> impl Iterator<Item = &mut Outstanding<T>> {
        self.slots.0.iter_mut().filter_map(|slot| slot.request.as_mut())
    }

    /// Takes out a request whose deadline has come.
    pub(super) fn pop_expired(&mut self, now: Instant) -> Option<Outstanding<T>> {
        let is_due = |&index: &u32| self.deadline_of(index).is_some_and(|deadline| deadline <= now);
        if let Some(index) = self.timed.oldest.filter(is_due) {
            return self.release(index);
        }
        match self.own.peek() {
            Some(&Reverse((deadline, index, _))) if deadline <= now => self.release(index),
            _ => None,
        }
    }

    /// The first deadline.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let default = self.timed.oldest.and_then(|index| self.deadline_of(index));
        let own = self.own.peek().map(|&Reverse((deadline, ..))| deadline);
        default.into_iter().chain(own).min()
    }

    fn deadline_of(&self, index: u32) -> Option<Instant> {
        self.slots[index].deadline
    }

    fn release(&mut self, index: u32) -> Option<Outstanding<T>> {
        let slot = &mut self.slots[index];
        let request = slot.request.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        let list = if slot.deadline.take().is_some() { &mut self.timed } else { &mut self.others };
        let (older, newer) = (slot.older.take(), slot.newer.take());
        match older {
            Some(older) => self.slots[older].newer = newer,
            None => list.oldest = newer,
        }
        match newer {
            Some(newer) => self.slots[newer].older = older,
            None => list.newest = older,
        }
        self.by_sequence.remove(&request.sequence_number);
        self.free.push(index);
        self.counted -= usize::from(request.counted);
        self.recent -= usize::from(request.counted && request.pauses == self.pauses);
        self.drop_stale();
        Some(request)
    }

    /// Keeps the top of the heap a request that is outstanding, and the heap in proportion to them.
    fn drop_stale(&mut self) {
        let slots = &self.slots;
        let is_stale =
            |&Reverse((_, index, generation)): &Reverse<(Instant, u32, u32)>| slots[index].generation != generation;
        if self.own.len() > 2 * self.by_sequence.len() + 16 {
            self.own.retain(|entry| !is_stale(entry));
        }
        while self.own.peek().is_some_and(is_stale) {
            self.own.pop();
        }
    }
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self {
            slots: Slots(Vec::new()),
            free: Vec::new(),
            by_sequence: HashMap::default(),
            timed: List::default(),
            others: List::default(),
            own: BinaryHeap::new(),
            counted: 0,
            pauses: 0,
            recent: 0,
        }
    }
}

/// Spreads sequence numbers over the map. They are given by this side, so nobody can choose them to collide.
#[derive(Debug, Default)]
struct SequenceHasher(u64);

impl Hasher for SequenceHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for &octet in octets {
            self.write_u32(u32::from(octet));
        }
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(26);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::command;
    use std::cell::Cell;
    use std::time::Duration;

    thread_local! {
        /// How often a slot was looked at.
        pub(super) static LOOKS: Cell<usize> = const { Cell::new(0) };
    }

    fn request(sequence_number: u32, now: Instant) -> Outstanding<u32> {
        let spec = &command::SUBMIT_SM;
        let token = Some(sequence_number);
        Outstanding { spec, sequence_number, sent_at: now, token, octets: 0..0, counted: true, pauses: 0, kept: None }
    }

    #[test]
    fn expire_in_the_order_of_deadlines_whatever_was_answered_between() {
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        let mut window = Window::default();
        for number in 1..=6 {
            let deadline = match number {
                2 => Deadline::Own(after(1)),
                4 => Deadline::Own(after(100)),
                6 => Deadline::Never,
                _ => Deadline::Default(after(10 + u64::from(number))),
            };
            window.insert(request(number, now), deadline);
        }
        assert_eq!((window.len(), window.counted(), window.next_deadline()), (6, 6, Some(after(1))));
        assert!(window.remove(2).is_some() && window.remove(3).is_some() && window.remove(3).is_none());
        assert_eq!(window.next_deadline(), Some(after(11)));
        assert!(window.pop_expired(after(10)).is_none());
        let mut expired = Vec::new();
        while let Some(request) = window.pop_expired(after(200)) {
            expired.push(request.sequence_number);
        }
        assert_eq!(expired, [1, 5, 4]);
        assert_eq!(window.next_deadline(), None);
        assert_eq!(window.pop().map(|request| request.sequence_number), Some(6));
        assert!(window.pop().is_none() && window.counted() == 0);
    }

    /// The most looks at slots that one call took.
    fn most_looks(window: &mut Window<u32>, calls: &[u32], mut call: impl FnMut(&mut Window<u32>, u32)) -> usize {
        let looks = |&number: &u32| {
            let before = LOOKS.get();
            call(window, number);
            LOOKS.get() - before
        };
        calls.iter().map(looks).max().unwrap_or_default()
    }

    #[test]
    fn a_request_costs_the_same_in_a_window_of_any_size() {
        let now = Instant::now();
        let costs = |size: u32, own: u32| {
            let mut window = Window::default();
            let numbers: Vec<u32> = (1..=size).collect();
            // A step that has no divisor in common with the size reaches each, far from the one before.
            let shuffled: Vec<u32> = numbers.iter().map(|number| (number * 7919) % size + 1).collect();
            let insert = |window: &mut Window<u32>, number: u32| {
                let timeout = Duration::from_millis(u64::from(number % 97));
                let own = own > 0 && number.is_multiple_of(own);
                let deadline = if own { Deadline::Own(now + timeout) } else { Deadline::Default(now) };
                window.insert(request(number, now), deadline);
            };
            let inserted = most_looks(&mut window, &numbers, insert);
            let asked = most_looks(&mut window, &numbers, |window, _| assert!(window.next_deadline().is_some()));
            let answered =
                most_looks(&mut window, &shuffled, |window, number| assert!(window.remove(number).is_some()));
            assert_eq!(window.len(), 0);
            most_looks(&mut window, &numbers, insert);
            let later = now + Duration::from_secs(1);
            let expired = most_looks(&mut window, &numbers, |window, _| assert!(window.pop_expired(later).is_some()));
            assert_eq!((window.len(), window.slots.0.len()), (0, size as usize));
            (inserted, asked, answered, expired)
        };
        let small = costs(100, 0);
        assert!(small.0 <= 2 && small.1 <= 1 && small.2 <= 3 && small.3 <= 4, "{small:?}");
        for size in [1000, 100_000] {
            assert_eq!(costs(size, 0), small);
        }
        // With timeouts of their own, too, all calls together; clearing the heap out is spread over them.
        let average = |size: u32| {
            let before = LOOKS.get();
            costs(size, 3);
            (LOOKS.get() - before) / size as usize
        };
        assert!(average(100_000) <= average(1000) + 1, "{} {}", average(1000), average(100_000));
    }

    #[test]
    fn nothing_is_kept_of_answered_requests() {
        let now = Instant::now();
        let mut window = Window::default();
        for number in 1..10_000 {
            let deadline = now + Duration::from_secs(u64::from(number % 7));
            let deadline = if number % 2 == 0 { Deadline::Own(deadline) } else { Deadline::Default(now) };
            window.insert(request(number, now), deadline);
            if number > 3 {
                assert!(window.remove(number - 3).is_some());
            }
        }
        assert!(window.slots.0.len() <= 4 && window.own.len() <= 2 * window.len() + 17);
        assert_eq!(std::iter::from_fn(|| window.pop()).count(), 3);
    }
}
