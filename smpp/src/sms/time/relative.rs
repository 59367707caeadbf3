//! Times from now.

use std::fmt;
use std::time::Duration;

use super::{CivilTime, TimeError};

/// So long from when the SMSC takes the message: years, months, days, hours, minutes, seconds (section 7.1.1.2).
///
/// How long a year or a month is, only the calendar can tell: see [`after`](Self::after) and
/// [`between`](Self::between).
///
/// ```
/// use std::time::Duration;
/// use smpp::sms::{CivilTime, RelativeTime};
///
/// let time = RelativeTime::try_from(Duration::from_secs(2 * 86_400 + 90))?;
/// assert_eq!(time.to_string(), "000002000130000R");
/// assert_eq!(Duration::try_from(time)?.as_secs(), 2 * 86_400 + 90);
///
/// let month = RelativeTime::new(0, 1, 0, 0, 0, 0)?;
/// assert!(Duration::try_from(month).is_err());
/// let january = CivilTime::new(2026, 1, 31, 12, 0, 0)?;
/// assert_eq!(month.after(january).unwrap().to_string(), "2026-02-28 12:00:00");
/// # Ok::<(), smpp::sms::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RelativeTime {
    years: u8,
    months: u8,
    days: u8,
    hours: u8,
    minutes: u8,
    seconds: u8,
}

impl RelativeTime {
    /// So long from now.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] of the first part that is: years 0 to 99, months 0 to 12, days 0 to 31, hours 0 to 23,
    /// minutes and seconds 0 to 59.
    pub fn new(years: u8, months: u8, days: u8, hours: u8, minutes: u8, seconds: u8) -> Result<Self, TimeError> {
        TimeError::check("year", years, 0, 99)?;
        TimeError::check("month", months, 0, 12)?;
        TimeError::check("day", days, 0, MAX_DAYS.into())?;
        TimeError::check("hour", hours, 0, 23)?;
        TimeError::check("minute", minutes, 0, 59)?;
        TimeError::check("second", seconds, 0, 59)?;
        Ok(Self { years, months, days, hours, minutes, seconds })
    }

    /// From one civil time to another, in whole years, months and so on: adding it to the one with
    /// [`after`](Self::after) gives the other.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] of the `year` if `to` is before `from`, or 100 years or more after it.
    pub fn between(from: CivilTime, to: CivilTime) -> Result<Self, TimeError> {
        TimeError::check("year", i64::from(to.year()) - i64::from(from.year()), 0, 100)?;
        let between = |time: CivilTime| i64::from(time.year()) * 12 + i64::from(time.month());
        let mut months = between(to) - between(from);
        let start = |months| from.add_months(u32::try_from(months).ok()?).filter(|&start| start <= to);
        if start(months).is_none() {
            months -= 1;
        }
        let rest = start(months).and_then(|start| to.since(start));
        let Some(rest) = rest.map(|rest| rest.as_secs()) else {
            return Err(TimeError::OutOfRange { part: "year", value: -1, min: 0, max: 99 });
        };
        TimeError::check("year", months / 12, 0, 99)?;
        Ok(Self { years: (months / 12) as u8, months: (months % 12) as u8, ..Self::of_seconds(rest) })
    }

    /// Years, 0 to 99.
    pub fn years(self) -> u8 {
        self.years
    }

    /// Months, 0 to 12.
    pub fn months(self) -> u8 {
        self.months
    }

    /// Days, 0 to 31.
    pub fn days(self) -> u8 {
        self.days
    }

    /// Hours, 0 to 23.
    pub fn hours(self) -> u8 {
        self.hours
    }

    /// Minutes, 0 to 59.
    pub fn minutes(self) -> u8 {
        self.minutes
    }

    /// Seconds, 0 to 59.
    pub fn seconds(self) -> u8 {
        self.seconds
    }

    /// The civil time that is so long after another; `None` after 9999.
    ///
    /// Years and months go by the calendar (a month from 31 January is the last day of February), then the rest is
    /// added.
    pub fn after(self, from: CivilTime) -> Option<CivilTime> {
        let months = u32::from(self.years) * 12 + u32::from(self.months);
        from.add_months(months)?.checked_add(self.rest())
    }

    /// What does not depend on the calendar.
    fn rest(self) -> Duration {
        let hours = u64::from(self.days) * 24 + u64::from(self.hours);
        Duration::from_secs((hours * 60 + u64::from(self.minutes)) * 60 + u64::from(self.seconds))
    }

    /// Days and what is below, of fewer than 32 days.
    fn of_seconds(seconds: u64) -> Self {
        Self {
            days: (seconds / SECONDS_OF_A_DAY) as u8,
            hours: (seconds / 3600 % 24) as u8,
            minutes: (seconds / 60 % 60) as u8,
            seconds: (seconds % 60) as u8,
            ..Self::default()
        }
    }
}

impl TryFrom<Duration> for RelativeTime {
    type Error = TimeError;

    /// Days, hours, minutes and seconds; a begun second counts as a whole one, so that nothing happens too early.
    ///
    /// Refuses 32 days or more, which take months, of which a duration does not tell how long they are: use
    /// [`between`](Self::between), or an [`AbsoluteTime`](super::AbsoluteTime).
    fn try_from(duration: Duration) -> Result<Self, TimeError> {
        let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
        let days = i64::try_from(seconds / SECONDS_OF_A_DAY).unwrap_or(i64::MAX);
        TimeError::check("day", days, 0, MAX_DAYS.into())?;
        Ok(Self::of_seconds(seconds))
    }
}

impl TryFrom<RelativeTime> for Duration {
    type Error = TimeError;

    /// Refuses years and months, of which only the calendar can tell how long they are: use [`RelativeTime::after`].
    fn try_from(time: RelativeTime) -> Result<Self, TimeError> {
        TimeError::check("year", time.years, 0, 0)?;
        TimeError::check("month", time.months, 0, 0)?;
        Ok(time.rest())
    }
}

impl fmt::Display for RelativeTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { years, months, days, hours, minutes, seconds } = self;
        write!(f, "{years:02}{months:02}{days:02}{hours:02}{minutes:02}{seconds:02}000R")
    }
}

const MAX_DAYS: u8 = 31;
const SECONDS_OF_A_DAY: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_there_and_back() {
        for (seconds, text) in
            [(0, "000000000000000R"), (3599, "000000005959000R"), (31 * 86_400 + 86_399, "000031235959000R")]
        {
            let time = RelativeTime::try_from(Duration::from_secs(seconds)).unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(Duration::try_from(time), Ok(Duration::from_secs(seconds)));
        }
        let begun = RelativeTime::try_from(Duration::from_millis(1001)).unwrap();
        assert_eq!(begun.seconds(), 2);
        for long in [Duration::from_secs(32 * 86_400), Duration::MAX] {
            assert!(matches!(RelativeTime::try_from(long), Err(TimeError::OutOfRange { part: "day", max: 31, .. })));
        }
    }

    #[test]
    fn months_go_by_the_calendar() {
        let time = |text: &str| {
            let part = |at: usize| text[at..at + 2].parse::<u8>().unwrap();
            CivilTime::new(text[..4].parse().unwrap(), part(5), part(8), part(11), 0, 0).unwrap()
        };
        for (from, to, between) in [
            ("2026-01-31 12", "2026-03-01 11", "000100230000000R"),
            ("2026-01-31 12", "2026-02-28 12", "000100000000000R"),
            ("2024-02-29 00", "2025-02-28 00", "010000000000000R"),
            ("2026-11-23 00", "2027-01-22 00", "000130000000000R"),
            ("2026-11-23 05", "2026-11-23 05", "000000000000000R"),
            ("2000-01-01 00", "2099-12-31 23", "991130230000000R"),
        ] {
            let found = RelativeTime::between(time(from), time(to)).unwrap();
            assert_eq!(found.to_string(), between, "{from} to {to}");
            assert_eq!(found.after(time(from)), Some(time(to)));
        }
        for (from, to) in [
            ("2026-01-31 12", "2026-01-31 11"),
            ("2026-01-31 12", "2025-12-31 12"),
            ("2000-01-01 00", "2100-01-01 00"),
            ("2000-01-01 00", "9999-01-01 00"),
        ] {
            assert!(RelativeTime::between(time(from), time(to)).is_err(), "{from} to {to}");
        }
        assert_eq!(RelativeTime::new(99, 12, 31, 0, 0, 0).unwrap().after(time("9950-01-01 00")), None);
    }
}
