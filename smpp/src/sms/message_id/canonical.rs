//! Identifiers without what SMSCs vary: case and leading zeros.

use std::fmt;

/// A message_id without regard to case and leading zeros: two ids that differ in nothing else are equal, and have one
/// hash.
///
/// What consists of hexadecimal digits, 64 at most without leading zeros, is held as a number, and so without
/// allocation; anything else, a UUID for instance, is held as text. `Display` gives the text in small letters, which
/// serves as a key in a database.
///
/// ```
/// use smpp::sms::CanonicalId;
///
/// assert_eq!(CanonicalId::of(b"0001054BC63"), CanonicalId::of(b"1054bc63"));
/// assert_eq!(CanonicalId::of(b"74E02EE1-4e2f").to_string(), "74e02ee1-4e2f");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct CanonicalId(Kind);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Kind {
    /// The digits read as hexadecimal, whether they are meant so or not.
    Digits(Number),
    Text(Box<[u8]>),
}

/// A number of 256 bits, least significant 64 first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Number([u64; 4]);

impl CanonicalId {
    /// The id that these octets are. White space around them is not looked at.
    pub fn of(id: &[u8]) -> Self {
        let id = significant(id);
        match Number::of_hexadecimal(id) {
            Some(number) => Self(Kind::Digits(number)),
            None => Self(Kind::Text(id.to_ascii_lowercase().into())),
        }
    }

    /// The id with these hexadecimal digits.
    pub(super) fn of_number(number: Number) -> Self {
        Self(Kind::Digits(number))
    }

    /// Whether the id consists of digits, which may be hexadecimal.
    pub(super) fn is_digits(&self) -> bool {
        matches!(self.0, Kind::Digits(_))
    }
}

impl fmt::Display for CanonicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Text(text) => f.write_str(&String::from_utf8_lossy(text)),
            Kind::Digits(Number(limbs)) => {
                let mut limbs = limbs.iter().rev().skip_while(|limb| **limb == 0);
                write!(f, "{:x}", limbs.next().unwrap_or(&0))?;
                limbs.try_for_each(|limb| write!(f, "{limb:016x}"))
            }
        }
    }
}

impl fmt::Debug for CanonicalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// An id without white space around it and zeros before it. Of zeros alone one is left.
pub(super) fn significant(id: &[u8]) -> &[u8] {
    let id = id.trim_ascii();
    match id.iter().position(|&octet| octet != b'0') {
        Some(zeros) => &id[zeros..],
        None => &id[id.len().saturating_sub(1)..],
    }
}

impl Number {
    /// The number that [significant](significant) octets write in hexadecimal digits; `None` if they are none, or too
    /// many.
    pub(super) fn of_hexadecimal(digits: &[u8]) -> Option<Self> {
        if digits.is_empty() || digits.len() > 4 * DIGITS_OF_A_LIMB {
            return None;
        }
        let mut limbs = [0; 4];
        for (limb, digits) in limbs.iter_mut().zip(digits.rchunks(DIGITS_OF_A_LIMB)) {
            for digit in digits {
                *limb = *limb << 4 | u64::from(char::from(*digit).to_digit(16)?);
            }
        }
        Some(Self(limbs))
    }

    /// The number that significant octets write in decimal digits; `None` if they are none, or do not fit.
    pub(super) fn of_decimal(digits: &[u8]) -> Option<Self> {
        if digits.is_empty() || digits.len() > 78 || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let mut limbs = [0_u64; 4];
        for digits in digits.chunks(DIGITS_OF_A_LIMB) {
            let value = digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
            let factor = 10_u128.pow(digits.len() as u32);
            let mut carry = u128::from(value);
            for limb in &mut limbs {
                carry += u128::from(*limb) * factor;
                *limb = carry as u64;
                carry >>= 64;
            }
            if carry != 0 {
                return None;
            }
        }
        Some(Self(limbs))
    }

    /// The number whose hexadecimal digits are the decimal digits of this one; `None` if there are more than 64.
    pub(super) fn decimal_as_hexadecimal(self) -> Option<Self> {
        const FACTOR: u128 = 10_u128.pow(DIGITS_OF_A_LIMB as u32);
        let Self(mut rest) = self;
        let mut limbs = [0; 4];
        for out in &mut limbs {
            let mut remainder = 0;
            for limb in rest.iter_mut().rev() {
                let dividend = remainder << 64 | u128::from(*limb);
                *limb = (dividend / FACTOR) as u64;
                remainder = dividend % FACTOR;
            }
            let mut value = remainder as u64;
            for place in 0..DIGITS_OF_A_LIMB {
                *out |= (value % 10) << (4 * place);
                value /= 10;
            }
        }
        (rest == [0; 4]).then_some(Self(limbs))
    }
}

/// Hexadecimal digits of 64 bits; as many decimal digits fit as well.
const DIGITS_OF_A_LIMB: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_leading_zeros_make_no_difference() {
        let text = |id: &str| CanonicalId::of(id.as_bytes()).to_string();
        for (id, canonical) in [
            ("42", "42"),
            ("0042", "42"),
            ("00aBc", "abc"),
            ("000", "0"),
            ("0", "0"),
            ("", ""),
            (" 7 ", "7"),
            ("Smsc2013", "smsc2013"),
            ("0x1F", "x1f"),
            ("10000000000000000", "10000000000000000"),
            ("2E179B310EDE971B2760C72B7F026E1B", "2e179b310ede971b2760c72b7f026e1b"),
            ("74e02ee1-4e2f-4a6e-a78b-4b247d756a22", "74e02ee1-4e2f-4a6e-a78b-4b247d756a22"),
        ] {
            assert_eq!(text(id), canonical);
        }
        let long = "F".repeat(64);
        assert_eq!(text(&long), long.to_lowercase());
        let longer = format!("0{}", "F".repeat(65));
        assert_eq!(text(&longer), longer[1..].to_lowercase());
    }

    #[test]
    fn numbers_between_their_digits() {
        let hexadecimal = |digits: &str| Number::of_hexadecimal(digits.as_bytes());
        let decimal = |digits: &str| Number::of_decimal(digits.as_bytes());
        // The greatest number of 256 bits, and one more.
        let greatest = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
        let more = "115792089237316195423570985008687907853269984665640564039457584007913129639936";
        for (hex, dec) in [
            ("0", "0"),
            ("9", "9"),
            ("a", "10"),
            ("1054BC63", "273988707"),
            ("ffffffffffffffff", "18446744073709551615"),
            ("10000000000000000", "18446744073709551616"),
            ("2E179B310EDE971B2760C72B7F026E1B", "61267058294122845644591348796459478555"),
            (&"f".repeat(64), greatest),
        ] {
            assert_eq!(decimal(dec), hexadecimal(hex), "{hex}");
            let back = hexadecimal(hex).and_then(Number::decimal_as_hexadecimal);
            assert_eq!(back, hexadecimal(dec), "{hex}");
        }
        for none in [more, &"9".repeat(78), &"1".repeat(79), "", "1a"] {
            assert_eq!(decimal(none), None, "{none}");
        }
        for none in ["", "1g", &"1".repeat(65)] {
            assert_eq!(hexadecimal(none), None, "{none}");
        }
        let digits = "9".repeat(64);
        assert_eq!(decimal(&digits).and_then(Number::decimal_as_hexadecimal), hexadecimal(&digits));
        let too_many = format!("1{}", "0".repeat(64));
        assert_eq!(decimal(&too_many).and_then(Number::decimal_as_hexadecimal), None);
    }
}
