//! Alphabets that texts are in.

mod choice;
mod gsm7;
mod language;
mod national;
mod table;
mod ucs2;

use std::error::Error;
use std::fmt;

pub use gsm7::Gsm7;
pub use language::{Language, Languages};

/// An alphabet that a text can be encoded in.
///
/// GSM 7-bit is one septet an octet here, with the most significant bit 0, as SMPP carries it by convention;
/// [`pack`](super::pack) makes eight septets of seven octets.
///
/// ```
/// use smpp::sms::Alphabet;
///
/// assert_eq!(Alphabet::GSM7.encode("5 €")?, b"5 \x1B\x65");
/// assert_eq!(Alphabet::GSM7.units("5 €")?, 4);
/// assert_eq!(Alphabet::GSM7.decode(b"5 \x1B\x65"), "5 €");
///
/// let error = Alphabet::GSM7.encode("ça va").unwrap_err();
/// assert_eq!((error.letter, error.at), ('ç', 0));
/// # Ok::<(), smpp::sms::Unencodable>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Alphabet {
    /// GSM 7-bit, with the tables of national languages if so stated (3GPP TS 23.038, 6.2.1).
    Gsm7(Gsm7),
    /// IA5, that is ASCII.
    Ascii,
    /// Latin 1 (ISO-8859-1).
    Latin1,
    /// UCS-2, most significant octet first; what it cannot hold is a surrogate pair, as in UTF-16, so it holds any text.
    Ucs2,
}

impl Alphabet {
    /// GSM 7-bit with the default alphabet and its extension table.
    pub const GSM7: Self = Self::Gsm7(Gsm7::DEFAULT);

    /// Whether a text can be encoded without loss.
    pub fn can_encode(self, text: &str) -> bool {
        match self {
            Self::Gsm7(gsm7) => gsm7.tables().units(text).is_ok(),
            Self::Ascii => text.is_ascii(),
            Self::Latin1 => latin1_units(text).is_ok(),
            Self::Ucs2 => true,
        }
    }

    /// Units that a letter takes, if the alphabet has it: septets of GSM 7-bit (1, or 2 with the escape), octets of ASCII
    /// and Latin 1 (1), 16-bit units of UCS-2 (1, or 2 as a surrogate pair).
    pub fn cost(self, letter: char) -> Option<usize> {
        match self {
            Self::Gsm7(gsm7) => gsm7.tables().cost(letter),
            Self::Ascii => letter.is_ascii().then_some(1),
            Self::Latin1 => u8::try_from(letter).ok().map(|_| 1),
            Self::Ucs2 => Some(letter.len_utf16()),
        }
    }

    /// Units that a text takes: the sum of what its letters [cost](Self::cost).
    ///
    /// # Errors
    /// Names the first letter that the alphabet does not have.
    pub fn units(self, text: &str) -> Result<usize, Unencodable> {
        match self {
            Self::Gsm7(gsm7) => gsm7.tables().units(text),
            Self::Ascii => ascii_units(text),
            Self::Latin1 => latin1_units(text),
            Self::Ucs2 => Ok(ucs2::units(text)),
        }
        .map_err(|(at, letter)| Unencodable { letter, at, alphabet: self })
    }

    /// The octets of a text.
    ///
    /// # Errors
    /// Names the first letter that the alphabet does not have.
    pub fn encode(self, text: &str) -> Result<Vec<u8>, Unencodable> {
        let mut out = Vec::new();
        self.encode_into(text, &mut out)?;
        Ok(out)
    }

    /// Appends the octets of a text.
    ///
    /// # Errors
    /// Names the first letter that the alphabet does not have; then nothing is appended.
    pub fn encode_into(self, text: &str, out: &mut Vec<u8>) -> Result<(), Unencodable> {
        let before = out.len();
        match self {
            Self::Gsm7(gsm7) => gsm7.tables().encode_into(text, out),
            Self::Ascii => ascii_units(text).map(|_| out.extend_from_slice(text.as_bytes())),
            Self::Latin1 => latin1_units(text).map(|units| {
                out.reserve(units);
                out.extend(text.chars().filter_map(|letter| u8::try_from(letter).ok()));
            }),
            Self::Ucs2 => {
                ucs2::encode_into(text, out);
                Ok(())
            }
        }
        .map_err(|(at, letter)| {
            out.truncate(before);
            Unencodable { letter, at, alphabet: self }
        })
    }

    /// The text of octets. What is no letter of the alphabet becomes U+FFFD.
    ///
    /// In GSM 7-bit a code without a letter in the extension table is shown as that of the default alphabet, as 3GPP TS
    /// 23.038 advises; a lone escape at the end and octets above 0x7F become U+FFFD.
    pub fn decode(self, octets: &[u8]) -> String {
        self.decode_exactly(octets).0
    }

    /// Bits of a unit: 7, 8 or 16.
    pub const fn bits(self) -> usize {
        match self {
            Self::Gsm7(_) => 7,
            Self::Ascii | Self::Latin1 => 8,
            Self::Ucs2 => 16,
        }
    }

    /// The text of octets, and whether each of them is as this alphabet has it.
    pub(super) fn decode_exactly(self, octets: &[u8]) -> (String, bool) {
        match self {
            Self::Gsm7(gsm7) => gsm7.tables().decode(octets),
            Self::Ascii => match str::from_utf8(octets) {
                Ok(text) if text.is_ascii() => (text.into(), true),
                _ => (octets.iter().map(|octet| ascii_letter(*octet)).collect(), false),
            },
            Self::Latin1 if octets.is_ascii() => (str::from_utf8(octets).unwrap_or_default().into(), true),
            Self::Latin1 => (octets.iter().copied().map(char::from).collect(), true),
            Self::Ucs2 => ucs2::decode(octets),
        }
    }
}

impl fmt::Display for Alphabet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gsm7(gsm7) => {
                f.write_str("GSM 7-bit")?;
                gsm7.locking.map_or(Ok(()), |language| write!(f, ", {language} locking shift"))?;
                gsm7.single.map_or(Ok(()), |language| write!(f, ", {language} single shift"))
            }
            Self::Ascii => f.write_str("ASCII"),
            Self::Latin1 => f.write_str("Latin 1"),
            Self::Ucs2 => f.write_str("UCS-2"),
        }
    }
}

/// A letter that an alphabet does not have: the first in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unencodable {
    /// The letter; or that which was to replace it ([`Fallback`](super::Fallback)), if the alphabet does not have that either.
    pub letter: char,
    /// Where it is, or was to be: its octet in the text.
    pub at: usize,
    /// What it was to be encoded in.
    pub alphabet: Alphabet,
}

impl fmt::Display for Unencodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { letter, at, alphabet } = self;
        write!(f, "{letter:?} (U+{:04X}) at octet {at} is not in {alphabet}", u32::from(*letter))
    }
}

impl Error for Unencodable {}

fn ascii_units(text: &str) -> Result<usize, (usize, char)> {
    if text.is_ascii() {
        return Ok(text.len());
    }
    text.char_indices().find(|(_, letter)| !letter.is_ascii()).map_or(Ok(text.len()), Err)
}

fn latin1_units(text: &str) -> Result<usize, (usize, char)> {
    // What is beyond Latin 1 begins with an octet above 0xC3 in UTF-8.
    if text.bytes().fold(true, |latin1, octet| latin1 & (octet <= 0xC3)) {
        return Ok(text.bytes().map(|octet| usize::from(octet & 0xC0 != 0x80)).sum());
    }
    text.char_indices().find(|(_, letter)| u32::from(*letter) > 0xFF).map_or(Ok(text.len()), Err)
}

fn ascii_letter(octet: u8) -> char {
    if octet.is_ascii() { char::from(octet) } else { char::REPLACEMENT_CHARACTER }
}
