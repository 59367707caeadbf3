//! What settings written as text have in common.

use std::fmt;
use std::time::Duration;

use smpp::value::{COMMAND_STATUS, CommandStatus};

/// What is wrong with a setting that was written as text, and what it could have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError(String);

impl SettingError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// The word is none of those that can stand there.
    pub(crate) fn unknown(what: &str, word: &str, known: &[&str]) -> Self {
        let near = known.iter().min_by_key(|other| distance(word, other)).filter(|other| distance(word, other) <= 2);
        Self(match near {
            Some(near) => format!("unknown {what} `{word}`, did you mean `{near}`?"),
            None => format!("unknown {what} `{word}`, expected {}", known.join(", ")),
        })
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingError {}

/// A time: a whole number and its unit.
///
/// # Errors
/// [`SettingError`] if it is anything else than a decimal number followed by `ms`, `s`, `m` or `h`, or longer than 10
/// years.
pub fn duration(text: &str) -> Result<Duration, SettingError> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(SettingError(format!("expected a number and a unit, such as 500ms, not `{text}`")));
    }
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "" => return Err(SettingError(format!("`{text}` has no unit: ms, s, m or h"))),
        unit => return Err(SettingError::unknown("unit", unit, &["ms", "s", "m", "h"])),
    };
    let time = number.parse().ok().and_then(|number: u64| number.checked_mul(milliseconds)).map(Duration::from_millis);
    time.filter(|time| *time <= LONGEST).ok_or_else(|| SettingError(format!("`{text}` is longer than 10 years")))
}

/// A command_status by its name in the standard, or as a number, in hexadecimal after `0x`.
pub(crate) fn command_status(text: &str) -> Result<CommandStatus, SettingError> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+')),
        None => text.parse().ok().filter(|_| text.bytes().all(|octet| octet.is_ascii_digit())),
    };
    if let Some(number) = number {
        return Ok(CommandStatus(number));
    }
    let names: Vec<_> =
        COMMAND_STATUS.values.iter().filter(|value| value.low == value.high && !value.reserved).collect();
    match names.iter().find(|value| value.name == text) {
        Some(value) => Ok(CommandStatus(value.low as u32)),
        None => {
            let names: Vec<_> = names.iter().map(|value| value.name).collect();
            Err(SettingError::unknown("command_status", text, &names))
        }
    }
}

/// A time as [`duration`] reads it; what is not whole milliseconds is rounded up, so that nothing becomes no time at all.
pub(crate) fn written(time: Duration) -> String {
    let milliseconds = time.as_nanos().div_ceil(1_000_000);
    match milliseconds {
        0 => "0s".to_owned(),
        _ if milliseconds.is_multiple_of(3_600_000) => format!("{}h", milliseconds / 3_600_000),
        _ if milliseconds.is_multiple_of(60_000) => format!("{}m", milliseconds / 60_000),
        _ if milliseconds.is_multiple_of(1000) => format!("{}s", milliseconds / 1000),
        _ => format!("{milliseconds}ms"),
    }
}

/// A command_status as [`command_status`] reads it: its name in the standard, or its number.
pub(crate) fn status_name(status: CommandStatus) -> String {
    let is_it = |value: &&smpp::codec::ValueSpec| {
        value.low == value.high && value.low == u64::from(status.0) && !value.reserved
    };
    match COMMAND_STATUS.values.iter().find(is_it) {
        Some(value) => value.name.to_owned(),
        None => format!("{:#010x}", status.0),
    }
}

/// Nothing waits longer.
pub(crate) const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// How many letters are to be changed, put in or left out (Levenshtein), letter case aside.
fn distance(one: &str, other: &str) -> usize {
    // Nobody means a word that long, and this is quadratic.
    if one.len() > 32 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(!a.eq_ignore_ascii_case(&b));
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        for (text, milliseconds) in [("0s", 0), ("20ms", 20), ("3s", 3000), ("2m", 120_000), ("72h", 259_200_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)));
        }
        for (text, wanted) in [
            ("", "expected a number"),
            ("-1s", "expected a number"),
            ("5", "`5` has no unit"),
            ("5 s", "unknown unit ` s`, did you mean `ms`"),
            ("5 fortnights", "unknown unit ` fortnights`, expected ms, s, m, h"),
            ("1.5s", "unknown unit `.5s`"),
            ("100000h", "longer than 10 years"),
            ("99999999999999999999s", "longer than 10 years"),
        ] {
            let error = duration(text).unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }

    #[test]
    fn near_words() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("UNIFORM", "uniform"), 0);
        let error = SettingError::unknown("distribution", "unifrom", &["uniform", "normal"]).to_string();
        assert_eq!(error, "unknown distribution `unifrom`, did you mean `uniform`?");
        assert!(SettingError::unknown("word", &"x".repeat(100), &["a", "b"]).to_string().ends_with("expected a, b"));
    }
}
