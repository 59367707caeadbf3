//! The two string types of section 3.1.

use std::borrow::Cow;
use std::fmt;

/// A C-octet string (section 3.1): octets without NUL, which the wire ends with a NUL.
///
/// Held without the NUL. Usually ASCII; SMSCs do send Latin-1 in alphanumeric addresses, so any octet but NUL is
/// kept. The limit belongs to the field, not to the type, and is checked when the PDU is encoded, as is a NUL inside.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct COctetString<'a>(Cow<'a, [u8]>);

/// An octet string (section 3.1): octets of any value whose number a length field gives.
///
/// The limit belongs to the field, not to the type, and is checked when the PDU is encoded.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OctetString<'a>(Cow<'a, [u8]>);

macro_rules! string_type {
    ($name:ident) => {
        impl<'a> $name<'a> {
            /// The empty string.
            pub const EMPTY: $name<'static> = $name(Cow::Borrowed(&[]));

            /// A string that borrows its octets.
            #[inline(always)]
            pub const fn borrowed(octets: &'a [u8]) -> Self {
                Self(Cow::Borrowed(octets))
            }

            /// The octets.
            #[inline]
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// Number of octets.
            #[inline]
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether there are no octets.
            #[inline]
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            /// The octets as text, if they are UTF-8 (ASCII is).
            pub fn as_str(&self) -> Option<&str> {
                std::str::from_utf8(&self.0).ok()
            }

            /// The octets as text, each that is not part of valid UTF-8 shown as U+FFFD.
            pub fn to_str_lossy(&self) -> Cow<'_, str> {
                String::from_utf8_lossy(&self.0)
            }

            /// The same string, borrowing from this one.
            pub fn as_borrowed(&self) -> $name<'_> {
                $name(Cow::Borrowed(&self.0))
            }

            /// The same string with octets of its own. Allocates only if they were borrowed and there are any.
            pub fn into_owned(self) -> $name<'static> {
                match self.0 {
                    Cow::Borrowed(octets) if octets.is_empty() => $name::EMPTY,
                    octets => $name(Cow::Owned(octets.into_owned())),
                }
            }

            /// The octets, copied only if they were borrowed.
            pub fn into_bytes(self) -> Vec<u8> {
                self.0.into_owned()
            }
        }

        impl AsRef<[u8]> for $name<'_> {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl<'a> From<&'a [u8]> for $name<'a> {
            #[inline]
            fn from(octets: &'a [u8]) -> Self {
                Self(Cow::Borrowed(octets))
            }
        }

        impl<'a, const N: usize> From<&'a [u8; N]> for $name<'a> {
            #[inline]
            fn from(octets: &'a [u8; N]) -> Self {
                Self(Cow::Borrowed(octets))
            }
        }

        impl<'a> From<&'a str> for $name<'a> {
            #[inline]
            fn from(text: &'a str) -> Self {
                Self(Cow::Borrowed(text.as_bytes()))
            }
        }

        impl<'a> From<&'a String> for $name<'a> {
            fn from(text: &'a String) -> Self {
                Self(Cow::Borrowed(text.as_bytes()))
            }
        }

        impl<'a> From<&'a Vec<u8>> for $name<'a> {
            fn from(octets: &'a Vec<u8>) -> Self {
                Self(Cow::Borrowed(octets))
            }
        }

        impl From<String> for $name<'_> {
            fn from(text: String) -> Self {
                Self(Cow::Owned(text.into_bytes()))
            }
        }

        impl From<Vec<u8>> for $name<'_> {
            fn from(octets: Vec<u8>) -> Self {
                Self(Cow::Owned(octets))
            }
        }

        impl<'a> From<Cow<'a, [u8]>> for $name<'a> {
            fn from(octets: Cow<'a, [u8]>) -> Self {
                Self(octets)
            }
        }

        impl<'a> From<Cow<'a, str>> for $name<'a> {
            fn from(text: Cow<'a, str>) -> Self {
                match text {
                    Cow::Borrowed(text) => text.into(),
                    Cow::Owned(text) => text.into(),
                }
            }
        }

        impl PartialEq<str> for $name<'_> {
            fn eq(&self, other: &str) -> bool {
                *self.0 == *other.as_bytes()
            }
        }

        impl PartialEq<&str> for $name<'_> {
            fn eq(&self, other: &&str) -> bool {
                *self.0 == *other.as_bytes()
            }
        }

        impl PartialEq<[u8]> for $name<'_> {
            fn eq(&self, other: &[u8]) -> bool {
                *self.0 == *other
            }
        }

        impl PartialEq<&[u8]> for $name<'_> {
            fn eq(&self, other: &&[u8]) -> bool {
                *self.0 == **other
            }
        }

        impl<const N: usize> PartialEq<&[u8; N]> for $name<'_> {
            fn eq(&self, other: &&[u8; N]) -> bool {
                *self.0 == **other
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "\"{}\"", self.0.escape_ascii())
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_str_lossy())
            }
        }
    };
}

string_type!(COctetString);
string_type!(OctetString);

/// Stands for a password in `Debug` output.
pub struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Where the first NUL stands, looking at eight octets at a time.
#[inline]
pub(crate) fn find_nul(octets: &[u8]) -> Option<usize> {
    Some(nul_or_end(octets)).filter(|&at| at < octets.len())
}

/// Where the first NUL stands; the number of octets if there is none.
///
/// Most strings of the standard take 21 octets or fewer, so the first 24 are looked at without a loop, if there are as
/// many.
#[inline(always)]
pub(super) fn nul_or_end(octets: &[u8]) -> usize {
    if let Some(window) = octets.first_chunk::<24>() {
        for at in [0, 8, 16] {
            let found = window[at..].first_chunk().map_or(0, |chunk| nul_bits(u64::from_le_bytes(*chunk)));
            if found != 0 {
                return at + found.trailing_zeros() as usize / 8;
            }
        }
    }
    nul_or_end_in_loop(octets)
}

/// The same of any octets. The last eight overlap the ones before.
#[inline(never)]
fn nul_or_end_in_loop(octets: &[u8]) -> usize {
    let mut rest = octets;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let found = nul_bits(u64::from_le_bytes(*chunk));
        if found != 0 {
            return octets.len() - rest.len() + found.trailing_zeros() as usize / 8;
        }
        rest = after;
    }
    match octets.last_chunk::<8>().map(|last| nul_bits(u64::from_le_bytes(*last))) {
        Some(0) => octets.len(),
        Some(found) => octets.len() - 8 + found.trailing_zeros() as usize / 8,
        None => octets.iter().position(|&octet| octet == 0).unwrap_or(octets.len()),
    }
}

/// The high bit of the lowest octet that is 0, and perhaps of octets above it.
#[inline(always)]
pub(crate) const fn nul_bits(word: u64) -> u64 {
    word.wrapping_sub(LOW) & !word & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_found_at_every_place_and_length() {
        for len in 0..40 {
            let mut octets = vec![0xFF_u8; len];
            assert_eq!(find_nul(&octets), None);
            for at in 0..len {
                octets[at] = 0;
                assert_eq!(find_nul(&octets), Some(at));
                octets[at] = 0x01;
            }
        }
    }

    #[test]
    fn strings_compare_with_what_users_write() {
        let text = COctetString::from("4179");
        assert_eq!(text, "4179");
        assert_eq!(text, b"4179");
        assert_eq!(format!("{:?} {text}", COctetString::from(b"a\xFF")), "\"a\\xff\" 4179");
    }
}
