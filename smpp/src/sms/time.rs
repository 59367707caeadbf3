//! Points in time as SMPP writes them (section 7.1.1).

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A point in time in UTC, to the second.
///
/// SMPP has two digits for the year: 38 to 99 stand for 1938 to 1999, 00 to 37 for 2000 to 2037 (erratum 49).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CivilTime {
    /// Year, such as 2026.
    pub year: i64,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, 1 to 31.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute, 0 to 59.
    pub minute: u8,
    /// Second, 0 to 59.
    pub second: u8,
}

impl CivilTime {
    /// The civil time of a clock reading. What is before 1970 counts as 1970.
    pub fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let seconds = since.as_secs();
        let (days, of_day) = ((seconds / 86_400) as i64, seconds % 86_400);
        let (year, month, day) = date_of(days);
        Self {
            year,
            month,
            day,
            hour: (of_day / 3600) as u8,
            minute: (of_day / 60 % 60) as u8,
            second: (of_day % 60) as u8,
        }
    }

    /// YYMMDDhhmm, as receipts have it (appendix B).
    pub fn to_minutes(self) -> String {
        let Self { year, month, day, hour, minute, .. } = self;
        format!("{:02}{month:02}{day:02}{hour:02}{minute:02}", year.rem_euclid(100))
    }

    /// YYMMDDhhmmsstnnp: the absolute form of section 7.1.1, in UTC (`…000+`).
    pub fn to_absolute(self) -> String {
        format!("{}{:02}000+", self.to_minutes(), self.second)
    }
}

impl fmt::Display for CivilTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = self;
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

/// The date so many days after 1970-01-01. Years are counted from 1 March, so that the leap day comes last.
fn date_of(days: i64) -> (i64, u8, u8) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let from_march_0 = days + 719_468;
    let (era, day_of_era) = (from_march_0.div_euclid(DAYS_OF_400_YEARS), from_march_0.rem_euclid(DAYS_OF_400_YEARS));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_from_march + 2) / 5 + 1;
    let month = if months_from_march < 10 { months_from_march + 3 } else { months_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month as u8, day as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_793_448_001, "2026-10-31 12:00:01"),
            (4_107_542_399, "2100-02-28 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(CivilTime::of(UNIX_EPOCH + Duration::from_secs(seconds)).to_string(), text);
        }
    }

    #[test]
    fn the_forms_of_the_standard() {
        let time = CivilTime { year: 2026, month: 11, day: 3, hour: 9, minute: 5, second: 7 };
        assert_eq!(time.to_minutes(), "2611030905");
        assert_eq!(time.to_absolute(), "261103090507000+");
    }
}
