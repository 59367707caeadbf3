//! The form of a time (section 7.1.1).

/// Whether octets are a time: `YYMMDDhhmmsstnnp`, or `YYMMDDhhmmss` as an SMSC may report it (erratum 49).
pub(super) fn is_time(octets: &[u8]) -> bool {
    let (digits, sign) = match octets {
        [digits @ .., sign] if octets.len() == 16 => (digits, Some(*sign)),
        _ if octets.len() == 12 => (octets, None),
        _ => return false,
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let pair = |at: usize| match digits.get(at..at + 2) {
        Some([tens, units]) => (tens - b'0') * 10 + (units - b'0'),
        _ => 0,
    };
    let (year, month, day) = (pair(0), pair(2), pair(4));
    let is_clock = pair(6) <= 23 && pair(8) <= 59 && pair(10) <= 59;
    match sign {
        // How long from now: month and day may be 0, tenths and quarters of an hour mean nothing.
        Some(b'R') => is_clock && month <= 12 && day <= 31,
        Some(b'+' | b'-') => is_clock && is_date(year, month, day) && pair(13) <= MAX_QUARTERS,
        Some(_) => false,
        None => is_clock && is_date(year, month, day),
    }
}

/// Whether there is such a day. Two-digit years reach from 1938 to 2037 (Appendix C), where every fourth is a leap year.
fn is_date(year: u8, month: u8, day: u8) -> bool {
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Greatest distance from UTC, in quarters of an hour.
const MAX_QUARTERS: u8 = 48;

#[cfg(test)]
mod tests {
    use super::is_time;

    #[test]
    fn times_of_section_7_1_1() {
        for time in [
            "020610233429000R",
            "000000000010000R",
            "000007000000999R",
            "991231235959948+",
            "240229000000000-",
            "000229000000000+",
            "231231235959",
        ] {
            assert!(is_time(time.as_bytes()), "{time}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for time in [
            "241301000000000+",
            "240001000000000+",
            "240100000000000+",
            "230229000000000+",
            "240431000000000+",
            "240101240000000+",
            "240101006000000+",
            "240101000060000+",
            "240101000000049+",
            "240101000000000Z",
            "24010100000000a+",
            "24010100000000\u{e9}+",
            "001301000000000R",
            "000032000000000R",
            "000000240000000R",
            "241301000000",
            "24010100000000+",
            "",
        ] {
            assert!(!is_time(time.as_bytes()), "{time}");
        }
    }
}
