//! Looking for messages, and waiting for them.
//!
//! A store may hold a million messages, and a condition may be a regular expression: so nobody looks at all of them under the
//! lock, but at a few at a time, and then again at those only that changed meanwhile.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::{Engine, lock};
use crate::store::{Message, Store};

impl Engine {
    /// Shows the messages from a number on, oldest first, until it is told to stop; those that come or go meanwhile may be
    /// among them or not.
    pub(crate) fn show(&self, from: u64, mut look: impl FnMut(&Message) -> ControlFlow<()>) {
        let mut next = from;
        loop {
            let store = lock(&self.messages);
            let mut last = None;
            for (number, message) in store.from(next).take(AT_A_TIME) {
                if look(message).is_break() {
                    return;
                }
                last = Some(number);
            }
            let Some(last) = last else { return };
            next = last + 1;
        }
    }

    /// The number of the latest message; 0 before the first.
    pub(crate) fn cursor(&self) -> u64 {
        lock(&self.messages).last()
    }

    /// Waits until there are so many messages of which this is true, and returns them, the oldest first and no more. If
    /// there are fewer when the time is over, as many as there are.
    pub(crate) fn wait_until(&self, is_it: impl Fn(&Message) -> bool, count: usize, timeout: Duration) -> Vec<Message> {
        self.wait_unless(is_it, count, timeout, &|| false)
    }

    /// The same, as long as somebody is there for it: that is asked again at every change, and when
    /// [`wake_waiters`](Self::wake_waiters) is called.
    pub(crate) fn wait_unless(
        &self,
        is_it: impl Fn(&Message) -> bool,
        count: usize,
        timeout: Duration,
        is_gone: &dyn Fn() -> bool,
    ) -> Vec<Message> {
        let begin = Instant::now();
        let _waits = Waits::new(self);
        let (mut seen, mut matching) = self.survey(&is_it);
        let mut store = lock(&self.messages);
        loop {
            let Some(changed) = store.changes.since(seen) else {
                drop(store);
                (seen, matching) = self.survey(&is_it);
                store = lock(&self.messages);
                continue;
            };
            for number in changed {
                match store.get(number) {
                    Some(message) if is_it(message) => matching.insert(number),
                    _ => matching.remove(&number),
                };
            }
            seen = store.changes.end();
            let left = timeout.checked_sub(begin.elapsed()).filter(|left| !left.is_zero());
            let Some(left) = left.filter(|_| matching.len() < count && !is_gone()) else {
                return found(&store, &matching, count);
            };
            store = self.changed.wait_timeout(store, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Looks at every message. Returns from where on changes are not in what it says, and the numbers of those that match.
    fn survey(&self, is_it: &impl Fn(&Message) -> bool) -> (u64, BTreeSet<u64>) {
        let seen = lock(&self.messages).changes.end();
        let mut matching = BTreeSet::new();
        self.show(0, |message| {
            if is_it(message) {
                matching.insert(message.serial);
            }
            ControlFlow::Continue(())
        });
        (seen, matching)
    }
}

fn found(store: &Store, matching: &BTreeSet<u64>, count: usize) -> Vec<Message> {
    matching.iter().filter_map(|&number| store.get(number)).take(count).cloned().collect()
}

/// As long as it is there, changes are noted.
struct Waits<'a>(&'a Engine);

impl<'a> Waits<'a> {
    fn new(engine: &'a Engine) -> Self {
        lock(&engine.messages).changes.join();
        Self(engine)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        lock(&self.0.messages).changes.leave();
    }
}

/// Messages that are looked at under one lock.
const AT_A_TIME: usize = 256;
