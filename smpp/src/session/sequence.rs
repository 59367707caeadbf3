//! Sequence numbers (section 3.2): 1 to 0x7FFFFFFF, then 1 again.

/// The greatest sequence number that is given.
const LAST: u32 = 0x7FFF_FFFF;

#[derive(Debug)]
pub(super) struct SequenceNumbers {
    next: u32,
}

impl SequenceNumbers {
    pub(super) fn starting_at(first: u32) -> Self {
        Self { next: if (1..=LAST).contains(&first) { first } else { 1 } }
    }

    /// The next number that is not in use. There must be one.
    #[inline]
    pub(super) fn take(&mut self, in_use: impl Fn(u32) -> bool) -> u32 {
        loop {
            let number = self.next;
            self.next = if number == LAST { 1 } else { number + 1 };
            if !in_use(number) {
                return number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_to_1_and_skips_what_is_in_use() {
        let mut numbers = SequenceNumbers::starting_at(LAST - 1);
        let mut take = || numbers.take(|number| number == 2);
        assert_eq!([take(), take(), take(), take()], [LAST - 1, LAST, 1, 3]);
        assert_eq!(SequenceNumbers::starting_at(0).take(|_| false), 1);
        assert_eq!(SequenceNumbers::starting_at(0x8000_0000).take(|_| false), 1);
    }
}
