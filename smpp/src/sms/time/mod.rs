//! Times as SMPP writes them (section 7.1.1), and the civil times that they stand for.

mod absolute;
mod civil;
mod relative;

use std::fmt;
use std::str::FromStr;

pub use absolute::{AbsoluteTime, UtcOffset};
pub use civil::CivilTime;
pub use relative::RelativeTime;

use crate::codec::COctetString;

/// A time of SMPP: `schedule_delivery_time`, `validity_period`, `final_date` (section 7.1.1).
///
/// Whatever there is of this type can be written: years outside 1938 to 2037, days that no month has and the like are
/// refused when it is made.
///
/// ```
/// use std::time::Duration;
/// use smpp::pdu::SubmitSm;
/// use smpp::sms::{RelativeTime, SmppTime};
///
/// let day = RelativeTime::try_from(Duration::from_secs(24 * 3600))?;
/// let pdu = SubmitSm::default().with_validity_period(day);
/// assert_eq!(pdu.validity_period, "000001000000000R");
///
/// let SmppTime::Absolute(time) = SmppTime::parse(b"261103090507004+")? else { panic!() };
/// assert_eq!(time.civil().to_string(), "2026-11-03 09:05:07");
/// assert_eq!(time.offset().unwrap().quarters(), 4);
/// assert_eq!(time.to_string(), "261103090507004+");
/// # Ok::<(), smpp::sms::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SmppTime {
    /// A point in time: `YYMMDDhhmmsstnnp` with `+` or `-` at the end, or `YYMMDDhhmmss` as an SMSC may report it.
    Absolute(AbsoluteTime),
    /// So long from when the SMSC takes the message: `YYMMDDhhmmss000R`.
    Relative(RelativeTime),
}

impl SmppTime {
    /// Reads the 16 characters of a time, or 12 characters without tenths and offset (erratum 49).
    ///
    /// Tenths and offset of a relative time mean nothing, but have to be digits; its month and day may be 00.
    ///
    /// # Errors
    /// [`TimeError`] says what is no such time, and where. The empty string, which stands for no time at all, is none.
    pub fn parse(octets: &[u8]) -> Result<Self, TimeError> {
        let (digits, sign) = match octets {
            [digits @ .., sign] if octets.len() == 16 => (digits, Some(*sign)),
            _ if octets.len() == 12 => (octets, None),
            _ => return Err(TimeError::Length { len: octets.len() }),
        };
        if let Some(at) = digits.iter().position(|octet| !octet.is_ascii_digit()) {
            return Err(TimeError::NotADigit { at });
        }
        let two = |at: usize| digits.get(at..at + 2).map_or(0, |pair| (pair[0] - b'0') * 10 + (pair[1] - b'0'));
        let civil = || CivilTime::new(full_year(two(0)), two(2), two(4), two(6), two(8), two(10));
        Ok(match sign {
            None => Self::Absolute(AbsoluteTime::without_offset(civil()?)?),
            Some(b'R') => Self::Relative(RelativeTime::new(two(0), two(2), two(4), two(6), two(8), two(10))?),
            Some(sign @ (b'+' | b'-')) => {
                let civil = civil()?;
                let quarters = two(13) as i8;
                let offset = UtcOffset::from_quarters(if sign == b'+' { quarters } else { -quarters })?;
                Self::Absolute(AbsoluteTime::new(civil, digits[12] - b'0', offset)?)
            }
            Some(octet) => return Err(TimeError::Sign { octet }),
        })
    }
}

impl From<AbsoluteTime> for SmppTime {
    fn from(time: AbsoluteTime) -> Self {
        Self::Absolute(time)
    }
}

impl From<RelativeTime> for SmppTime {
    fn from(time: RelativeTime) -> Self {
        Self::Relative(time)
    }
}

impl fmt::Display for SmppTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute(time) => time.fmt(f),
            Self::Relative(time) => time.fmt(f),
        }
    }
}

impl FromStr for SmppTime {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, TimeError> {
        Self::parse(text.as_bytes())
    }
}

/// For `with_validity_period` and the like.
macro_rules! into_c_octet_string {
    ($($time:ty),*) => {$(
        impl From<$time> for COctetString<'_> {
            fn from(time: $time) -> Self {
                time.to_string().into()
            }
        }
    )*};
}

into_c_octet_string!(SmppTime, AbsoluteTime, RelativeTime);

/// What is no time, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeError {
    /// Neither 16 nor 12 characters.
    Length {
        /// Characters there are.
        len: usize,
    },
    /// Something else in the place of a digit.
    NotADigit {
        /// The place, counted from 0.
        at: usize,
    },
    /// The last of 16 characters is not `+`, `-` or `R`.
    Sign {
        /// What it is.
        octet: u8,
    },
    /// A part of the time is beyond what it can be.
    OutOfRange {
        /// The part: `year`, `month`, `day`, `hour`, `minute`, `second`, `tenths`, `quarters` (of an hour from UTC).
        part: &'static str,
        /// Its value.
        value: i64,
        /// The least it can be.
        min: i64,
        /// The most it can be. Of a day, what its month has.
        max: i64,
    },
}

impl TimeError {
    /// Checks a part of a time.
    fn check(part: &'static str, value: impl Into<i64>, min: i64, max: i64) -> Result<(), Self> {
        let value = value.into();
        if (min..=max).contains(&value) { Ok(()) } else { Err(Self::OutOfRange { part, value, min, max }) }
    }
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { len } => write!(f, "a time has 16 characters (12 without an offset), not {len}"),
            Self::NotADigit { at } => write!(f, "no digit at place {at} of a time"),
            Self::Sign { octet } => write!(f, "a time ends in '+', '-' or 'R', not '{}'", octet.escape_ascii()),
            Self::OutOfRange { part, value, min, max } => write!(f, "{part} {value} of a time is not {min} to {max}"),
        }
    }
}

impl std::error::Error for TimeError {}

/// The year that two digits stand for (Appendix C): 38 to 99 are 1938 to 1999, 00 to 37 are 2000 to 2037.
pub(super) fn full_year(two_digits: u8) -> u16 {
    u16::from(two_digits) + if two_digits < 38 { 2000 } else { 1900 }
}

/// The years that two digits can stand for.
const FIRST_YEAR: u16 = 1938;
const LAST_YEAR: u16 = 2037;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_section_7_1_1() {
        for time in [
            "020610233429000R",
            "000000000010000R",
            "991231235959948+",
            "240229000000000+",
            "000229000000000+",
            "231231235959",
        ] {
            assert_eq!(SmppTime::parse(time.as_bytes()).unwrap().to_string(), time);
        }
        // What means nothing is not written again.
        for (time, written) in [("000007000000999R", "000007000000000R"), ("240229000000000-", "240229000000000+")] {
            assert_eq!(time.parse::<SmppTime>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_is_no_time() {
        let out = |part, value, min, max| TimeError::OutOfRange { part, value, min, max };
        for (time, error) in [
            ("241301000000000+", out("month", 13, 1, 12)),
            ("240001000000000+", out("month", 0, 1, 12)),
            ("240100000000000+", out("day", 0, 1, 31)),
            ("230229000000000+", out("day", 29, 1, 28)),
            ("240431000000000+", out("day", 31, 1, 30)),
            ("240101240000000+", out("hour", 24, 0, 23)),
            ("240101006000000+", out("minute", 60, 0, 59)),
            ("240101000060000+", out("second", 60, 0, 59)),
            ("240101000000049+", out("quarters", 49, -48, 48)),
            ("240101000000049-", out("quarters", -49, -48, 48)),
            ("240101000000000Z", TimeError::Sign { octet: b'Z' }),
            ("24010100000000a+", TimeError::NotADigit { at: 14 }),
            ("24010100000000\u{e9}", TimeError::NotADigit { at: 14 }),
            ("001301000000000R", out("month", 13, 0, 12)),
            ("000032000000000R", out("day", 32, 0, 31)),
            ("000000240000000R", out("hour", 24, 0, 23)),
            ("241301000000", out("month", 13, 1, 12)),
            ("24010100000000+", TimeError::Length { len: 15 }),
            ("", TimeError::Length { len: 0 }),
        ] {
            assert_eq!(SmppTime::parse(time.as_bytes()), Err(error), "{time}");
        }
        assert_eq!(out("month", 13, 1, 12).to_string(), "month 13 of a time is not 1 to 12");
    }

    #[test]
    fn erratum_49_two_digits_are_a_year_from_1938_to_2037() {
        for (digits, year) in [("38", 1938), ("99", 1999), ("00", 2000), ("37", 2037)] {
            let text = format!("{digits}0101000000000+");
            let Ok(SmppTime::Absolute(time)) = SmppTime::parse(text.as_bytes()) else { panic!("{text}") };
            assert_eq!(time.civil().year(), year);
            assert_eq!(time.to_string(), text);
        }
    }
}
