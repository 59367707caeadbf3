//! Dates and times of day.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{FIRST_YEAR, LAST_YEAR, TimeError};

/// A date of the Gregorian calendar and a time of day, to the second, in the years 1900 to 9999.
///
/// Which place's time it is, is for what it stands in to say: UTC where it is made of a clock reading, and the SMSC's
/// own where a receipt has it.
///
/// ```
/// use smpp::sms::CivilTime;
///
/// let time = CivilTime::new(2026, 11, 23, 13, 5, 0)?;
/// assert_eq!(time.to_string(), "2026-11-23 13:05:00");
/// assert_eq!(CivilTime::of(time.to_system_time()), time);
/// assert!(CivilTime::new(2026, 2, 29, 0, 0, 0).is_err());
/// # Ok::<(), smpp::sms::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CivilTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

impl CivilTime {
    /// A time, if there is one like that.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] of the first part that is: the year 1900 to 9999, the month 1 to 12, the day 1 to
    /// what the month has, the hour 0 to 23, minute and second 0 to 59. There are no leap seconds.
    pub fn new(year: u16, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Result<Self, TimeError> {
        TimeError::check("year", year, MIN_YEAR.into(), MAX_YEAR.into())?;
        TimeError::check("month", month, 1, 12)?;
        TimeError::check("day", day, 1, days_of_month(year, month).into())?;
        TimeError::check("hour", hour, 0, 23)?;
        TimeError::check("minute", minute, 0, 59)?;
        TimeError::check("second", second, 0, 59)?;
        Ok(Self { year, month, day, hour, minute, second })
    }

    /// The civil time of a clock reading, in UTC. Fractions of a second are left out; what is before 1900 or after 9999
    /// counts as the first or last second of these years.
    pub fn of(time: SystemTime) -> Self {
        let seconds = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(error) => {
                let before = error.duration();
                let seconds = i64::try_from(before.as_secs()).map_or(i64::MIN, |seconds| -seconds);
                seconds.saturating_sub(i64::from(before.subsec_nanos() > 0))
            }
        };
        Self::from_seconds(seconds).unwrap_or(if seconds < 0 { Self::MIN } else { Self::MAX })
    }

    /// The clock reading of this time, taken as UTC. A platform whose clock does not reach before 1970 gets 1970 for
    /// earlier times.
    pub fn to_system_time(self) -> SystemTime {
        let seconds = self.to_seconds();
        let distance = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        time.unwrap_or(UNIX_EPOCH)
    }

    /// Year, such as 2026.
    pub fn year(self) -> u16 {
        self.year
    }

    /// Month, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// Day of the month, 1 to 31.
    pub fn day(self) -> u8 {
        self.day
    }

    /// Hour, 0 to 23.
    pub fn hour(self) -> u8 {
        self.hour
    }

    /// Minute, 0 to 59.
    pub fn minute(self) -> u8 {
        self.minute
    }

    /// Second, 0 to 59.
    pub fn second(self) -> u8 {
        self.second
    }

    /// So much later, to the second; `None` after 9999.
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        Self::from_seconds(self.to_seconds().checked_add_unsigned(duration.as_secs())?)
    }

    /// So much earlier, to the second; `None` before 1900.
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        Self::from_seconds(self.to_seconds().checked_sub_unsigned(duration.as_secs())?)
    }

    /// How long it is since an earlier time; `None` if that is later.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        u64::try_from(self.to_seconds() - earlier.to_seconds()).ok().map(Duration::from_secs)
    }

    /// A date as receipts have it (appendix B): `YYMMDDhhmm`. Two digits stand for 1938 to 2037; of a time in another
    /// year it is `YYYYMMDDhhmmss`, which SMSCs send as well.
    pub fn to_receipt_date(self) -> String {
        let Self { year, month, day, hour, minute, second } = self;
        if (FIRST_YEAR..=LAST_YEAR).contains(&year) {
            format!("{:02}{month:02}{day:02}{hour:02}{minute:02}", year % 100)
        } else {
            format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
        }
    }

    /// So many calendar months later, on the last day of the month if it has no such day; `None` after 9999.
    pub(super) fn add_months(self, months: u32) -> Option<Self> {
        let months = u32::from(self.year) * 12 + u32::from(self.month) - 1 + months;
        let year = u16::try_from(months / 12).ok().filter(|&year| year <= MAX_YEAR)?;
        let month = (months % 12) as u8 + 1;
        Some(Self { year, month, day: self.day.min(days_of_month(year, month)), ..self })
    }

    /// Seconds since the beginning of 1970.
    pub(super) fn to_seconds(self) -> i64 {
        let of_day = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        days_of(self.year.into(), self.month, self.day) * SECONDS_OF_A_DAY + of_day
    }

    pub(super) fn from_seconds(seconds: i64) -> Option<Self> {
        let (days, of_day) = (seconds.div_euclid(SECONDS_OF_A_DAY), seconds.rem_euclid(SECONDS_OF_A_DAY));
        if !(days_of(MIN_YEAR.into(), 1, 1)..=days_of(MAX_YEAR.into(), 12, 31)).contains(&days) {
            return None;
        }
        let (year, month, day) = date_of(days);
        Some(Self {
            year: year as u16,
            month,
            day,
            hour: (of_day / 3600) as u8,
            minute: (of_day / 60 % 60) as u8,
            second: (of_day % 60) as u8,
        })
    }

    const MIN: Self = Self { year: MIN_YEAR, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
    const MAX: Self = Self { year: MAX_YEAR, month: 12, day: 31, hour: 23, minute: 59, second: 59 };
}

impl fmt::Display for CivilTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = self;
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

/// The days of a month; 0 for what is no month.
fn days_of_month(year: u16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

/// Days from 1970-01-01 to a date. Years are counted from 1 March, so that the leap day comes last.
fn days_of(year: i64, month: u8, day: u8) -> i64 {
    let year = year - i64::from(month <= 2);
    let months_from_march = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * months_from_march + 2) / 5 + i64::from(day) - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - DAYS_TO_1970
}

/// The date so many days after 1970-01-01.
fn date_of(days: i64) -> (i64, u8, u8) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let from_march_0 = days + DAYS_TO_1970;
    let (era, day_of_era) = (from_march_0.div_euclid(DAYS_OF_400_YEARS), from_march_0.rem_euclid(DAYS_OF_400_YEARS));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_from_march + 2) / 5 + 1;
    let month = if months_from_march < 10 { months_from_march + 3 } else { months_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month as u8, day as u8)
}

/// Receipts and SMPP times have nothing to say of what is earlier, and four digits end here.
const MIN_YEAR: u16 = 1900;
const MAX_YEAR: u16 = 9999;
const SECONDS_OF_A_DAY: i64 = 86_400;
/// From 1 March of the year 0.
const DAYS_TO_1970: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        for (seconds, text) in [
            (-2_208_988_800, "1900-01-01 00:00:00"),
            (-1, "1969-12-31 23:59:59"),
            (0, "1970-01-01 00:00:00"),
            (951_782_399, "2000-02-28 23:59:59"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_793_448_001, "2026-10-31 12:00:01"),
            (4_107_542_399, "2100-02-28 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
            (253_402_300_799, "9999-12-31 23:59:59"),
        ] {
            let time = CivilTime::from_seconds(seconds).unwrap();
            assert_eq!((time.to_string().as_str(), time.to_seconds()), (text, seconds));
            assert_eq!(CivilTime::of(time.to_system_time()), time);
        }
        for seconds in [-2_208_988_801, 253_402_300_800, i64::MIN, i64::MAX] {
            assert_eq!(CivilTime::from_seconds(seconds), None);
        }
    }

    #[test]
    fn every_day_there_and_back() {
        let mut before = CivilTime::MIN.checked_sub(Duration::from_secs(1));
        assert_eq!(before, None);
        for days in days_of(1900, 1, 1)..days_of(2101, 1, 1) {
            let (year, month, day) = date_of(days);
            assert_eq!(days_of(year, month, day), days);
            let time = CivilTime::new(year as u16, month, day, 1, 2, 3).unwrap();
            assert!(Some(time) > before && time.to_seconds() == days * 86_400 + 3723);
            before = Some(time);
        }
    }

    #[test]
    fn fractions_of_a_second_are_left_out_before_1970_too() {
        let time = UNIX_EPOCH - Duration::from_millis(1);
        assert_eq!(CivilTime::of(time).to_string(), "1969-12-31 23:59:59");
        assert_eq!(CivilTime::of(UNIX_EPOCH + Duration::from_millis(999)).second(), 0);
    }

    #[test]
    fn clocks_that_are_far_off() {
        let late = UNIX_EPOCH.checked_add(Duration::from_secs(1 << 40)).unwrap();
        assert_eq!(CivilTime::of(late), CivilTime::MAX);
        let early = UNIX_EPOCH.checked_sub(Duration::from_secs(1 << 40)).unwrap();
        assert_eq!(CivilTime::of(early), CivilTime::MIN);
        assert_eq!(CivilTime::MAX.checked_add(Duration::MAX), None);
    }

    #[test]
    fn two_digits_are_not_written_for_years_that_they_do_not_stand_for() {
        let date = |year| CivilTime::new(year, 11, 3, 9, 5, 7).unwrap().to_receipt_date();
        assert_eq!(date(2026), "2611030905");
        assert_eq!(date(1938), "3811030905");
        assert_eq!(date(2038), "20381103090507");
        assert_eq!(date(1937), "19371103090507");
    }
}
