//! Points in time.

use std::fmt;
use std::time::{Duration, SystemTime};

use super::{CivilTime, FIRST_YEAR, LAST_YEAR, TimeError};

/// How far the time of a place is from UTC, in quarters of an hour: -48 to 48 (section 7.1.1).
///
/// Places that are 13 or 14 hours ahead of UTC are out of SMPP's reach: give their times in UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UtcOffset(i8);

impl UtcOffset {
    /// UTC itself.
    pub const UTC: Self = Self(0);

    /// So many quarters of an hour ahead of UTC, or behind if negative.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] of the `quarters` beyond 48.
    pub fn from_quarters(quarters: i8) -> Result<Self, TimeError> {
        TimeError::check("quarters", quarters, -MAX_QUARTERS, MAX_QUARTERS)?;
        Ok(Self(quarters))
    }

    /// Quarters of an hour ahead of UTC; behind if negative.
    pub fn quarters(self) -> i8 {
        self.0
    }

    fn seconds(self) -> i64 {
        i64::from(self.0) * 15 * 60
    }
}

/// A point in time as SMPP writes it: a civil time, tenths of a second, and how far the civil time is from UTC.
///
/// SMPP has two digits for the year: 38 to 99 stand for 1938 to 1999, 00 to 37 for 2000 to 2037 (erratum 49). Other
/// years are refused, so that none is written as what it is not.
///
/// ```
/// use smpp::sms::{AbsoluteTime, CivilTime, UtcOffset};
///
/// let noon = CivilTime::new(2026, 7, 1, 12, 0, 0)?;
/// let time = AbsoluteTime::new(noon, 5, UtcOffset::from_quarters(-16)?)?;
/// assert_eq!(time.to_string(), "260701120000516-");
/// assert_eq!(time.to_utc().unwrap().to_string(), "260701160000500+");
/// assert!(AbsoluteTime::utc(CivilTime::new(2038, 1, 1, 0, 0, 0)?).is_err());
/// # Ok::<(), smpp::sms::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AbsoluteTime {
    civil: CivilTime,
    tenths: u8,
    offset: Option<UtcOffset>,
}

impl AbsoluteTime {
    /// A time of a place, `tenths` of a second after `civil`.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] of a `year` that is not 1938 to 2037, or of `tenths` above 9.
    pub fn new(civil: CivilTime, tenths: u8, offset: UtcOffset) -> Result<Self, TimeError> {
        TimeError::check("tenths", tenths, 0, 9)?;
        Ok(Self { tenths, offset: Some(offset), ..Self::without_offset(civil)? })
    }

    /// A time in UTC.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] of a `year` that is not 1938 to 2037.
    pub fn utc(civil: CivilTime) -> Result<Self, TimeError> {
        Self::new(civil, 0, UtcOffset::UTC)
    }

    /// A time of which nobody says how far from UTC it is, written with 12 characters: what an SMSC may report as
    /// `final_date` in its own time. The fields of requests do not take it.
    ///
    /// # Errors
    /// [`TimeError::OutOfRange`] of a `year` that is not 1938 to 2037.
    pub fn without_offset(civil: CivilTime) -> Result<Self, TimeError> {
        TimeError::check("year", civil.year(), FIRST_YEAR.into(), LAST_YEAR.into())?;
        Ok(Self { civil, tenths: 0, offset: None })
    }

    /// The date and time of day at its place.
    pub fn civil(self) -> CivilTime {
        self.civil
    }

    /// Tenths of a second, 0 to 9.
    pub fn tenths(self) -> u8 {
        self.tenths
    }

    /// How far the civil time is from UTC; `None` if it was written with 12 characters.
    pub fn offset(self) -> Option<UtcOffset> {
        self.offset
    }

    /// The same civil time, so far from UTC: for times without an offset, once it is known where the SMSC stands.
    pub fn with_offset(self, offset: UtcOffset) -> Self {
        Self { offset: Some(offset), ..self }
    }

    /// The same point in time, in UTC. `None` if the offset is not known, or if the year in UTC is not 1938 to 2037.
    pub fn to_utc(self) -> Option<Self> {
        let civil = CivilTime::from_seconds(self.civil.to_seconds() - self.offset?.seconds())?;
        Self::new(civil, self.tenths, UtcOffset::UTC).ok()
    }

    /// The clock reading at this time; `None` if the offset is not known.
    pub fn to_system_time(self) -> Option<SystemTime> {
        let civil = CivilTime::from_seconds(self.civil.to_seconds() - self.offset?.seconds())?;
        civil.to_system_time().checked_add(Duration::from_millis(u64::from(self.tenths) * 100))
    }
}

impl TryFrom<SystemTime> for AbsoluteTime {
    type Error = TimeError;

    /// The time in UTC, to the tenth of a second before.
    fn try_from(time: SystemTime) -> Result<Self, TimeError> {
        let civil = CivilTime::of(time);
        let beyond = time.duration_since(civil.to_system_time()).unwrap_or_default();
        Self::new(civil, (beyond.subsec_millis() / 100) as u8, UtcOffset::UTC)
    }
}

impl fmt::Display for AbsoluteTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { civil, tenths, offset } = self;
        write!(f, "{:02}{:02}{:02}", civil.year() % 100, civil.month(), civil.day())?;
        write!(f, "{:02}{:02}{:02}", civil.hour(), civil.minute(), civil.second())?;
        let Some(UtcOffset(quarters)) = offset else { return Ok(()) };
        write!(f, "{tenths}{:02}{}", quarters.unsigned_abs(), if *quarters < 0 { '-' } else { '+' })
    }
}

/// Greatest distance from UTC, in quarters of an hour.
const MAX_QUARTERS: i64 = 48;

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::sms::SmppTime;

    #[test]
    fn a_place_ahead_of_utc_sees_a_time_earlier() {
        let Ok(SmppTime::Absolute(time)) = SmppTime::parse(b"700101010000004+") else { panic!() };
        assert_eq!(time.to_system_time(), Some(UNIX_EPOCH));
        let Ok(SmppTime::Absolute(time)) = SmppTime::parse(b"691231200000016-") else { panic!() };
        assert_eq!(time.to_system_time(), Some(UNIX_EPOCH));
        let Ok(SmppTime::Absolute(time)) = SmppTime::parse(b"700101010000") else { panic!() };
        assert_eq!((time.to_system_time(), time.to_utc()), (None, None));
        let there = UtcOffset::from_quarters(4).unwrap();
        assert_eq!(time.with_offset(there).to_system_time(), Some(UNIX_EPOCH));
    }

    #[test]
    fn clock_readings_there_and_back_to_the_tenth() {
        for (millis, text) in [(0, "700101000000000+"), (1_793_448_001_999, "261031120001900+")] {
            let reading = UNIX_EPOCH + Duration::from_millis(millis);
            let time = AbsoluteTime::try_from(reading).unwrap();
            assert_eq!(time.to_string(), text);
            assert_eq!(time.to_system_time(), Some(UNIX_EPOCH + Duration::from_millis(millis / 100 * 100)));
        }
        let before = AbsoluteTime::try_from(UNIX_EPOCH - Duration::from_millis(50)).unwrap();
        assert_eq!(before.to_string(), "691231235959900+");
    }

    #[test]
    fn years_that_two_digits_do_not_stand_for_are_refused() {
        let year = |value| Err(TimeError::OutOfRange { part: "year", value, min: 1938, max: 2037 });
        let of =
            |year| AbsoluteTime::utc(CivilTime::new(year, 12, 31, 23, 59, 59).unwrap()).map(|time| time.civil().year());
        assert_eq!((of(1937), of(1938), of(2037), of(2038)), (year(1937), Ok(1938), Ok(2037), year(2038)));
        assert!(AbsoluteTime::try_from(UNIX_EPOCH + Duration::from_secs(1 << 33)).is_err());
        // At the edge the time of a place may be one that UTC has no two digits for.
        let Ok(SmppTime::Absolute(edge)) = SmppTime::parse(b"371231235959048-") else { panic!() };
        assert_eq!(edge.to_utc(), None);
        assert!(edge.to_system_time().is_some());
    }
}
