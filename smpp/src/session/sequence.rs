//! Sequence numbers (section 3.2): 1 to 0x7FFFFFFF, then 1 again; or those that are supplied.

use std::collections::VecDeque;

/// The greatest sequence number that is given.
const LAST: u32 = 0x7FFF_FFFF;

#[derive(Debug)]
pub(super) struct SequenceNumbers {
    /// The number after the last one taken.
    next: u32,
    /// Whether requests take their numbers from the stock only.
    supplied: bool,
    stock: VecDeque<u32>,
}

impl SequenceNumbers {
    pub(super) fn new(first: u32, supplied: bool) -> Self {
        Self { next: if (1..=LAST).contains(&first) { first } else { 1 }, supplied, stock: VecDeque::new() }
    }

    pub(super) fn supply(&mut self, number: u32) {
        self.stock.push_back(number);
    }

    #[inline]
    pub(super) fn wants(&self) -> bool {
        self.supplied && self.stock.is_empty()
    }

    /// The number that would be taken next, were none in use.
    pub(super) fn next(&self) -> u32 {
        self.stock.front().copied().unwrap_or(self.next)
    }

    /// The next number that is not in use. It is not taken before [`take`](Self::take) is called, and those that are in
    /// use are passed over for good. `None` if numbers are supplied, and there is none.
    #[inline]
    pub(super) fn find(&mut self, in_use: impl Fn(u32) -> bool) -> Option<u32> {
        if self.supplied || !self.stock.is_empty() {
            return self.find_supplied(in_use);
        }
        Some(self.count_on(in_use))
    }

    #[cold]
    fn find_supplied(&mut self, in_use: impl Fn(u32) -> bool) -> Option<u32> {
        while let Some(&number) = self.stock.front() {
            if !in_use(number) {
                return Some(number);
            }
            self.stock.pop_front();
        }
        if self.supplied { None } else { Some(self.count_on(in_use)) }
    }

    /// The number that was found is used.
    #[inline]
    pub(super) fn take(&mut self, number: u32) {
        self.stock.pop_front();
        self.next = after(number);
    }

    /// Takes a number for a PDU of the session's own: those never fail for want of one. Without stock it counts on.
    pub(super) fn own(&mut self, in_use: impl Fn(u32) -> bool) -> u32 {
        let number = self.find(&in_use).unwrap_or_else(|| self.count_on(in_use));
        self.take(number);
        number
    }

    /// The first from `next` on that is not in use. There must be one.
    #[inline]
    fn count_on(&self, in_use: impl Fn(u32) -> bool) -> u32 {
        let mut number = self.next;
        while in_use(number) {
            number = after(number);
        }
        number
    }
}

#[inline]
fn after(number: u32) -> u32 {
    if (1..LAST).contains(&number) { number + 1 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_to_1_and_skips_what_is_in_use() {
        let mut numbers = SequenceNumbers::new(LAST - 1, false);
        let mut take = || numbers.own(|number| number == 2);
        assert_eq!([take(), take(), take(), take()], [LAST - 1, LAST, 1, 3]);
        assert_eq!(SequenceNumbers::new(0, false).own(|_| false), 1);
        assert_eq!(SequenceNumbers::new(0x8000_0000, false).own(|_| false), 1);
    }

    #[test]
    fn supplied_numbers_are_taken_in_order_and_counted_on_from() {
        let mut numbers = SequenceNumbers::new(7, true);
        assert!(numbers.wants() && numbers.find(|_| false).is_none());
        assert_eq!([numbers.own(|_| false), numbers.own(|_| false)], [7, 8]);
        [100, 50, 0xFFFF_FFFF].into_iter().for_each(|number| numbers.supply(number));
        assert_eq!((numbers.find(|_| false), numbers.find(|number| number == 100)), (Some(100), Some(50)));
        numbers.take(50);
        assert_eq!(numbers.own(|_| false), 0xFFFF_FFFF);
        assert!(numbers.wants());
        assert_eq!((numbers.next(), numbers.own(|number| number < 3)), (1, 3));
    }

    #[test]
    fn what_is_in_use_is_no_stock() {
        let mut numbers = SequenceNumbers::new(1, true);
        numbers.supply(5);
        assert_eq!(numbers.find(|number| number == 5), None);
        assert!(numbers.wants(), "or nobody would ever supply another");
    }
}
