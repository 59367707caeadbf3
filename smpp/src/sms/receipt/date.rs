//! The dates of receipts: 10 digits on paper, 12 or 14 in practice, and two ways to read 12.

use super::Receipt;
use crate::sms::CivilTime;
use crate::sms::time::full_year;

impl Receipt<'_> {
    /// When the message was submitted, in the SMSC's own time, whatever that is; `None` if that is not told or no date.
    ///
    /// Read are `YYMMDDhhmm`, `YYMMDDhhmmss`, `YYYYMMDDhhmmss` and `YYYYMMDDhhmm`. 12 digits that could be either have
    /// a year of two digits, unless only a year of four makes a date of the receipt's other 12 digits.
    pub fn submit_time(&self) -> Option<CivilTime> {
        self.times().0
    }

    /// When the message came to its state: see [`submit_time`](Self::submit_time).
    pub fn done_time(&self) -> Option<CivilTime> {
        self.times().1
    }

    fn times(&self) -> (Option<CivilTime>, Option<CivilTime>) {
        let submit = self.submit_date.as_ref().and_then(|date| Digits::of(date.as_bytes()));
        let done = self.done_date.as_ref().and_then(|date| Digits::of(date.as_bytes()));
        let read = |form| (submit.and_then(|date| date.read(form)), done.and_then(|date| date.read(form)));
        let (short, full) = (read(Form::TwoDigitYear), read(Form::FourDigitYear));
        match (short, full) {
            ((Some(_), Some(_)), _) => short,
            (_, (Some(_), Some(_))) => full,
            _ => (short.0.or(full.0), short.1.or(full.1)),
        }
    }
}

/// How the year of 12 digits is read.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    TwoDigitYear,
    FourDigitYear,
}

/// 10, 12 or 14 decimal digits.
#[derive(Clone, Copy)]
struct Digits<'a>(&'a [u8]);

impl<'a> Digits<'a> {
    fn of(date: &'a [u8]) -> Option<Self> {
        (matches!(date.len(), 10 | 12 | 14) && date.iter().all(u8::is_ascii_digit)).then_some(Self(date))
    }

    fn read(self, form: Form) -> Option<CivilTime> {
        let two = |at: usize| self.0.get(at..at + 2).map_or(0, |pair| (pair[0] - b'0') * 10 + (pair[1] - b'0'));
        let is_full = self.0.len() == 14 || self.0.len() == 12 && form == Form::FourDigitYear;
        let (year, at) =
            if is_full { (u16::from(two(0)) * 100 + u16::from(two(2)), 4) } else { (full_year(two(0)), 2) };
        CivilTime::new(year, two(at), two(at + 2), two(at + 4), two(at + 6), two(at + 8)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(submit: &str, done: &str, expected: [Option<&str>; 2]) {
        let text = format!("submit date:{submit} done date:{done}");
        let receipt = Receipt::parse(text.as_bytes()).unwrap();
        let found = [receipt.submit_time(), receipt.done_time()].map(|time| time.map(|time| time.to_string()));
        assert_eq!(found.each_ref().map(Option::as_deref), expected, "{text}");
    }

    #[test]
    fn dates_of_10_12_and_14_digits() {
        check("2611231305", "261123130507", [Some("2026-11-23 13:05:00"), Some("2026-11-23 13:05:07")]);
        check("20261123130507", "202611231305", [Some("2026-11-23 13:05:07"), Some("2026-11-23 13:05:00")]);
        check("9912312359", "19991231235959", [Some("1999-12-31 23:59:00"), Some("1999-12-31 23:59:59")]);
    }

    #[test]
    fn what_is_no_date() {
        check("0000000000", "000000000000", [None, None]);
        check("", "00000000000000", [None, None]);
        check("2613231305", "261123", [None, None]);
        check("26112313xx", "-611231305", [None, None]);
    }

    #[test]
    fn twelve_digits_that_could_be_either() {
        // Alone it is read with a year of two digits.
        check("201011121314", "", [Some("2020-10-11 12:13:14"), None]);
        check("201011121314", "201011131259", [Some("2020-10-11 12:13:14"), Some("2020-10-11 13:12:59")]);
        // What reads only one way decides for the other.
        check("201011121314", "201012312359", [Some("2010-11-12 13:14:00"), Some("2010-12-31 23:59:00")]);
        check("201011121314", "201011123000", [Some("2020-10-11 12:13:14"), Some("2020-10-11 12:30:00")]);
        check("201506201641", "201011121314", [Some("2015-06-20 16:41:00"), Some("2010-11-12 13:14:00")]);
        // Each of these reads one way only, and not the same.
        check("201506201641", "201011123000", [Some("2015-06-20 16:41:00"), Some("2020-10-11 12:30:00")]);
    }
}
