//! Parts in memory.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Added, AddedAs, DroppedBecause, DroppedParts, PartKey, PartSet, PartStore, StoredPart};

/// Parts in memory: lost with the process, shared by its threads.
///
/// Every operation takes the same short lock, and time in proportion to the part, not to what waits, on
/// average: now and then one tidies up, which takes time in proportion to what the store holds. What grows beyond
/// the [limits](ReassemblyLimits) goes at once: of complete messages the memory first, the oldest first; then the
/// parts that have waited longest, which are handed out.
#[derive(Debug)]
pub struct MemoryStore {
    limits: ReassemblyLimits,
    /// Whoever floods the store must not foresee where keys go, nor find two parts with the same digest.
    hasher: RandomState,
    state: Mutex<State>,
}

/// How much a [`MemoryStore`] holds, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReassemblyLimits {
    /// Messages that wait for parts. The one that a part was just added to stays, even if this is 0.
    pub messages: usize,
    /// Complete messages that are remembered, so that a part of them that comes again is known.
    pub remembered: usize,
    /// Octets of all of these, with a fair estimate of what they take beside their own. A part that would make its
    /// message bigger than this is refused.
    pub octets: usize,
    /// How long parts wait, from the first that came. SMSCs repeat what was not answered within minutes, and what a
    /// handset had no network for within a day.
    pub age: Duration,
    /// How long complete messages are remembered. A sender that uses a reference again for the same text within this
    /// time is taken for one that repeats itself: some always use the same reference, and what they say twice is lost.
    /// So it is no longer than a part takes to be delivered again, which is minutes: what was not answered in time, or
    /// on a bind that broke, comes soon after.
    pub remembered_age: Duration,
}

impl Default for ReassemblyLimits {
    /// 10,000 messages, 20,000 remembered, 32 MiB, one hour; 10 minutes for what is remembered.
    fn default() -> Self {
        Self {
            messages: 10_000,
            remembered: 20_000,
            octets: 32 << 20,
            age: Duration::from_secs(3600),
            remembered_age: Duration::from_secs(600),
        }
    }
}

/// What a [`MemoryStore`] holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReassemblyUsage {
    /// Messages that wait for parts.
    pub messages: usize,
    /// Complete messages that are remembered.
    pub remembered: usize,
    /// Octets of both, as [`ReassemblyLimits::octets`] counts.
    pub octets: usize,
}

impl MemoryStore {
    /// An empty store with these limits.
    pub fn new(limits: ReassemblyLimits) -> Self {
        Self { limits, hasher: RandomState::new(), state: Mutex::default() }
    }

    /// What it holds.
    pub fn usage(&self) -> ReassemblyUsage {
        let state = self.lock();
        let [messages, remembered] = [Kind::Waiting, Kind::Complete].map(|kind| state.queue(kind).live);
        ReassemblyUsage { messages, remembered, octets: state.octets }
    }

    /// When parts that wait now will have waited for too long, if none come: the time for
    /// [`expire`](super::Reassembler::expire). `None` if nothing waits.
    pub fn next_expiry(&self) -> Option<Instant> {
        let mut state = self.lock();
        while let Some(place) = state.queue(Kind::Waiting).places.front() {
            if state.is_live(place) {
                return place.since.checked_add(self.limits.age);
            }
            state.queue_mut(Kind::Waiting).places.pop_front();
        }
        None
    }

    /// No code of others runs under the lock, so what a panic elsewhere left behind is whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn digest(&self, part: &StoredPart) -> u64 {
        self.hasher.hash_one(part.content())
    }

    /// What becomes of a part because of what is there of its key or is not; `None` if it is to be kept. What waits for
    /// another message with the same key is taken out.
    fn admit(
        &self,
        state: &mut State,
        key: &PartKey,
        part: &StoredPart,
        dropped: &mut Vec<DroppedParts>,
    ) -> Option<AddedAs> {
        let entry = state.messages.get(key);
        let (is_known, others) = match entry.map(|entry| (&entry.content, entry.octets)) {
            Some((Content::Waiting(parts), octets)) => match find(parts, part.number()) {
                Ok(at) => (parts[at].content() == part.content(), None),
                Err(_) => (false, Some(octets)),
            },
            Some((Content::Complete(digests), _)) => {
                (digests.get(usize::from(part.number()) - 1) == Some(&self.digest(part)), None)
            }
            None => (false, None),
        };
        if is_known {
            return Some(AddedAs::Duplicate);
        }
        if others.unwrap_or_else(|| cost_of_entry(key)) + cost_of(part) > self.limits.octets {
            return Some(AddedAs::NoRoom);
        }
        if others.is_none() {
            dropped.extend(state.remove(key).and_then(|old| old.into_dropped(key, DroppedBecause::Superseded)));
        }
        None
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(ReassemblyLimits::default())
    }
}

impl PartStore for MemoryStore {
    type Error = Infallible;

    fn add(&self, now: Instant, key: PartKey, part: StoredPart) -> Result<Added, Infallible> {
        let mut state = self.lock();
        let mut dropped = state.expire(now, &self.limits);
        if let Some(part) = self.admit(&mut state, &key, &part, &mut dropped) {
            return Ok(Added { part, dropped });
        }
        if !state.messages.contains_key(&key) {
            state.insert(now, &key, Content::Waiting(Vec::new()));
        }
        let have = state.push(&key, part);
        if have < usize::from(key.total()) {
            state.shrink(&self.limits, &key, &mut dropped);
            return Ok(Added { part: AddedAs::Waiting { have: have as u8 }, dropped });
        }
        let parts = state.remove(&key).map(Entry::into_parts).unwrap_or_default();
        let digests = parts.iter().map(|part| self.digest(part)).collect();
        state.insert(now, &key, Content::Complete(digests));
        state.shrink(&self.limits, &key, &mut dropped);
        Ok(Added { part: AddedAs::Complete(PartSet { key, parts }), dropped })
    }

    fn put_back(&self, now: Instant, set: PartSet) -> Result<Vec<DroppedParts>, Infallible> {
        let mut state = self.lock();
        let mut dropped = state.expire(now, &self.limits);
        let PartSet { key, parts } = set;
        match state.messages.get(&key).map(|entry| &entry.content) {
            Some(Content::Waiting(_)) if !parts.is_empty() => {
                dropped.push(DroppedParts { set: PartSet { key, parts }, reason: DroppedBecause::Superseded });
                return Ok(dropped);
            }
            Some(Content::Waiting(_)) => return Ok(dropped),
            Some(Content::Complete(_)) => drop(state.remove(&key)),
            None => {}
        }
        if !parts.is_empty() {
            state.insert(now, &key, Content::Waiting(Vec::new()));
            for part in parts {
                state.push(&key, part);
            }
            state.shrink(&self.limits, &key, &mut dropped);
        }
        Ok(dropped)
    }

    fn expire(&self, now: Instant) -> Result<Vec<DroppedParts>, Infallible> {
        Ok(self.lock().expire(now, &self.limits))
    }
}

/// What the lock protects.
///
/// Every message is in `messages`, and has a place in one of the two queues, which are in the order of age. A message
/// that is taken out leaves its place behind: it is stale, as its number tells, and is passed over when its turn
/// comes. A queue is tidied when more than half of it is stale, so that it is bounded by what is live.
#[derive(Debug, Default)]
struct State {
    messages: HashMap<PartKey, Entry>,
    queues: [Queue; 2],
    octets: usize,
    /// Number of the next entry.
    next: u64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    octets: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// In the order of their numbers.
    Waiting(Vec<StoredPart>),
    /// A digest of each part.
    Complete(Box<[u64]>),
}

#[derive(Debug, Default)]
struct Queue {
    places: VecDeque<Place>,
    /// Places that are not stale.
    live: usize,
}

#[derive(Debug)]
struct Place {
    number: u64,
    since: Instant,
    key: PartKey,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Waiting,
    Complete,
}

impl State {
    fn insert(&mut self, now: Instant, key: &PartKey, content: Content) {
        let number = self.next;
        self.next += 1;
        let octets = cost_of_entry(key) + content.cost();
        let queue = self.queue_mut(content.kind());
        queue.places.push_back(Place { number, since: now, key: key.clone() });
        queue.live += 1;
        self.octets += octets;
        self.messages.insert(key.clone(), Entry { number, octets, content });
    }

    /// Adds a part that is not there to a message that waits. Returns how many there are then.
    fn push(&mut self, key: &PartKey, part: StoredPart) -> usize {
        let Some(Entry { octets, content: Content::Waiting(parts), .. }) = self.messages.get_mut(key) else {
            return 0;
        };
        let cost = cost_of(&part);
        if let Err(at) = find(parts, part.number()) {
            parts.insert(at, part);
            *octets += cost;
            self.octets += cost;
        }
        parts.len()
    }

    fn remove(&mut self, key: &PartKey) -> Option<Entry> {
        let entry = self.messages.remove(key)?;
        self.octets -= entry.octets;
        let queue = self.queue_mut(entry.content.kind());
        queue.live -= 1;
        if queue.places.len() > 2 * queue.live + STALE_AT_LEAST {
            let mut places = mem::take(&mut queue.places);
            places.retain(|place| self.is_live(place));
            self.queue_mut(entry.content.kind()).places = places;
        }
        Some(entry)
    }

    fn expire(&mut self, now: Instant, limits: &ReassemblyLimits) -> Vec<DroppedParts> {
        let mut dropped = Vec::new();
        for (kind, age) in [(Kind::Waiting, limits.age), (Kind::Complete, limits.remembered_age)] {
            let has_aged = |place: &Place| now.saturating_duration_since(place.since) >= age;
            while self.queue(kind).places.front().is_some_and(has_aged) {
                dropped.extend(self.drop_first(kind, DroppedBecause::Aged));
            }
        }
        dropped
    }

    /// Gives up what is too much. What waits under the key stays.
    fn shrink(&mut self, limits: &ReassemblyLimits, key: &PartKey, dropped: &mut Vec<DroppedParts>) {
        while (self.queue(Kind::Complete).live > limits.remembered || self.octets > limits.octets)
            && self.queue(Kind::Complete).live > 0
        {
            self.drop_first(Kind::Complete, DroppedBecause::NoRoom);
        }
        let mut kept = None;
        while self.queue(Kind::Waiting).live > limits.messages || self.octets > limits.octets {
            match self.queue(Kind::Waiting).places.front() {
                Some(place) if place.key == *key => kept = self.queue_mut(Kind::Waiting).places.pop_front(),
                Some(_) => dropped.extend(self.drop_first(Kind::Waiting, DroppedBecause::NoRoom)),
                None => break,
            }
        }
        if let Some(place) = kept {
            self.queue_mut(Kind::Waiting).places.push_front(place);
        }
    }

    /// Takes the first place of a queue, and the message out if it is not stale.
    fn drop_first(&mut self, kind: Kind, reason: DroppedBecause) -> Option<DroppedParts> {
        let place = self.queue_mut(kind).places.pop_front().filter(|place| self.is_live(place))?;
        self.remove(&place.key)?.into_dropped(&place.key, reason)
    }

    fn is_live(&self, place: &Place) -> bool {
        self.messages.get(&place.key).is_some_and(|entry| entry.number == place.number)
    }

    fn queue(&self, kind: Kind) -> &Queue {
        &self.queues[kind as usize]
    }

    fn queue_mut(&mut self, kind: Kind) -> &mut Queue {
        &mut self.queues[kind as usize]
    }
}

impl Entry {
    fn into_parts(self) -> Vec<StoredPart> {
        match self.content {
            Content::Waiting(parts) => parts,
            Content::Complete(_) => Vec::new(),
        }
    }

    /// What is handed out of it: nothing, if the message was complete.
    fn into_dropped(self, key: &PartKey, reason: DroppedBecause) -> Option<DroppedParts> {
        let parts = self.into_parts();
        (!parts.is_empty()).then(|| DroppedParts { set: PartSet { key: key.clone(), parts }, reason })
    }
}

impl Content {
    fn kind(&self) -> Kind {
        match self {
            Self::Waiting(_) => Kind::Waiting,
            Self::Complete(_) => Kind::Complete,
        }
    }

    fn cost(&self) -> usize {
        match self {
            Self::Waiting(parts) => parts.iter().map(cost_of).sum(),
            Self::Complete(digests) => size_of_val(&**digests),
        }
    }
}

fn find(parts: &[StoredPart], number: u8) -> Result<usize, usize> {
    parts.binary_search_by_key(&number, StoredPart::number)
}

fn cost_of(part: &StoredPart) -> usize {
    part.as_octets().len() + BESIDE_PART
}

fn cost_of_entry(key: &PartKey) -> usize {
    key.as_octets().len() + BESIDE_ENTRY
}

/// Octets that a part takes beside its own: its allocation, and its place in a vector that has grown.
const BESIDE_PART: usize = 48;

/// Octets that a message takes beside its key: the key's allocation, a place in a map and one in a queue, both half
/// empty.
const BESIDE_ENTRY: usize = 320;

/// Stale places that a queue may have whatever its length.
const STALE_AT_LEAST: usize = 16;
