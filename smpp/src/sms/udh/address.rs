//! Addresses as the air interface writes them (3GPP TS 23.040, 9.1.2.5).

use std::borrow::Cow;

/// An address in a user data header, written as TP-OA is (3GPP TS 23.040, 9.1.2.5).
///
/// ```
/// use smpp::sms::ReplyAddress;
///
/// let address = ReplyAddress::international("4179123").expect("digits");
/// assert_eq!(address.value[..], [0x14, 0x97, 0x21, 0xF3]);
/// assert_eq!(address.to_digits().as_deref(), Some("4179123"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReplyAddress<'a> {
    /// Number of semi-octets that count.
    pub length: u8,
    /// Type of number in bits 6 to 4, numbering plan in bits 3 to 0, bit 7 always set.
    pub type_of_address: u8,
    /// Two digits an octet, the first in the lower half; of an alphanumeric address packed septets.
    pub value: Cow<'a, [u8]>,
}

impl<'a> ReplyAddress<'a> {
    /// A number in international form. `None` if it has other signs than 0 to 9, `*`, `#`, `a`, `b`, `c`, or more than
    /// 255 of them.
    pub fn international(digits: &str) -> Option<Self> {
        Self::number(INTERNATIONAL_ISDN, digits)
    }

    /// A number of any type: see [`international`](Self::international).
    pub fn number(type_of_address: u8, digits: &str) -> Option<Self> {
        let length = u8::try_from(digits.len()).ok().filter(|length| usize::from(*length) <= MAX_SEMI_OCTETS)?;
        let code = |digit: &u8| DIGITS.iter().position(|one| one == digit).map(|code| code as u8);
        let pair = |pair: &[u8]| {
            let second = pair.get(1).map_or(Some(FILLER), code)?;
            Some(second << 4 | code(pair.first()?)?)
        };
        let value = digits.as_bytes().chunks(2).map(pair).collect::<Option<Vec<u8>>>()?;
        Some(Self { length, type_of_address, value: Cow::Owned(value) })
    }

    pub(super) fn from_octets(octets: &'a [u8]) -> Option<Self> {
        let [length, type_of_address, value @ ..] = octets else {
            return None;
        };
        let is_whole = value.len() == usize::from(*length).div_ceil(2);
        is_whole.then_some(Self { length: *length, type_of_address: *type_of_address, value: Cow::Borrowed(value) })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend([self.length, self.type_of_address]);
        out.extend_from_slice(&self.value);
    }

    /// The digits: 0 to 9, `*`, `#`, `a`, `b`, `c`. `None` if the address is alphanumeric, or has a filler among its
    /// digits.
    pub fn to_digits(&self) -> Option<String> {
        if self.type_of_address & TYPE_OF_NUMBER == ALPHANUMERIC {
            return None;
        }
        let codes = self.value.iter().flat_map(|octet| [octet & 0x0F, octet >> 4]);
        let digit = |code: u8| DIGITS.get(usize::from(code)).map(|digit| char::from(*digit));
        codes.take(usize::from(self.length)).map(digit).collect()
    }
}

const DIGITS: &[u8; 15] = b"0123456789*#abc";
const FILLER: u8 = 0x0F;
const TYPE_OF_NUMBER: u8 = 0x70;
const ALPHANUMERIC: u8 = 0x50;
/// International number, numbering plan of ISDN.
const INTERNATIONAL_ISDN: u8 = 0x91;
/// As many as fit an element of 255 octets; the length is one octet.
const MAX_SEMI_OCTETS: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_there_and_back() {
        for digits in ["", "1", "12", "0123456789*#abc"] {
            let address = ReplyAddress::international(digits).expect(digits);
            assert_eq!(address.to_digits().as_deref(), Some(digits));
            let mut octets = Vec::new();
            address.write(&mut octets);
            assert_eq!(ReplyAddress::from_octets(&octets), Some(address));
        }
        assert_eq!(ReplyAddress::international("+41"), None);
        assert_eq!(ReplyAddress::international(&"1".repeat(256)), None);
        assert!(ReplyAddress::international(&"1".repeat(255)).is_some());
    }

    #[test]
    fn what_is_no_number_has_no_digits() {
        let alphanumeric = ReplyAddress { length: 2, type_of_address: 0xD0, value: Cow::Borrowed(&[0x41]) };
        assert_eq!(alphanumeric.to_digits(), None);
        let filler_inside = ReplyAddress { length: 2, type_of_address: 0x91, value: Cow::Borrowed(&[0xF1]) };
        assert_eq!(filler_inside.to_digits(), None);
        assert_eq!(ReplyAddress::from_octets(&[3, 0x91, 0x21]), None, "an octet is missing");
        assert_eq!(ReplyAddress::from_octets(&[3]), None);
    }
}
