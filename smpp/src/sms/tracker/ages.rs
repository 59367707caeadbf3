//! What there is, oldest first.

use std::collections::VecDeque;
use std::time::Instant;

/// Numbers in the order in which they were pushed, with the time. What is removed elsewhere is left out: the front is
/// always there, and no more than twice what is there is kept, so that every operation takes constant time on
/// average.
#[derive(Debug, Default)]
pub(super) struct Ages(VecDeque<(Instant, u64)>, usize);

impl Ages {
    /// Adds a number, which is there.
    pub(super) fn push(&mut self, now: Instant, number: u64, is_there: impl Fn(u64) -> bool) {
        let Self(queue, removed) = self;
        if *removed > queue.len() / 2 {
            queue.retain(|(_, number)| is_there(*number));
            *removed = 0;
        }
        queue.push_back((now, number));
    }

    /// One of the numbers is not there any more.
    pub(super) fn remove(&mut self, is_there: impl Fn(u64) -> bool) {
        let Self(queue, removed) = self;
        *removed += 1;
        while queue.front().is_some_and(|(_, number)| !is_there(*number)) {
            queue.pop_front();
            *removed = removed.saturating_sub(1);
        }
    }

    pub(super) fn oldest(&self) -> Option<(Instant, u64)> {
        self.0.front().copied()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_is_gone_takes_no_room() {
        let (mut ages, mut there) = (Ages::default(), HashSet::new());
        let now = Instant::now();
        for number in 0..10_000 {
            there.insert(number);
            ages.push(now, number, |number| there.contains(&number));
            // The oldest stays, and so do 10 others.
            if number > 10 {
                there.remove(&(number - 10));
                ages.remove(|number| there.contains(&number));
            }
            assert!(ages.len() <= 2 * there.len() + 2, "{}", ages.len());
            assert_eq!(ages.oldest(), Some((now, 0)));
        }
        there.remove(&0);
        ages.remove(|number| there.contains(&number));
        assert_eq!(ages.oldest(), Some((now, 9_990)));
    }
}
