//! From octets to text.

use super::super::{Alphabet, Gsm7, fill_bits, unpack};
use super::Profile;
use super::evidence::{Evidence, evidence_against};
use crate::value::DataCoding;

/// What octets say: see [`Profile::decode`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decoded {
    /// The text; none if the data_coding says that the octets are no text.
    pub text: Option<String>,
    /// The alphabet that it was read in; none of UTF-8, which SMPP does not have, and if there is no text.
    pub alphabet: Option<Alphabet>,
    /// Whether every octet is as data_coding says: nothing was guessed, nothing is missing, nothing became U+FFFD.
    pub exact: bool,
    /// Whether the octets evidently are not what data_coding says, so that they were read in another alphabet.
    pub belied: bool,
    /// Whether octets in UCS-2 begin with a byte order mark, which has no place in it. One that says what is so anyway is
    /// kept in the text as U+FEFF, which [`without_mark`](Self::without_mark) leaves out.
    pub byte_order_mark: bool,
}

impl Decoded {
    /// The text without the byte order mark, if it begins with one.
    pub fn without_mark(&self) -> Option<&str> {
        let text = self.text.as_deref()?;
        Some(if self.byte_order_mark { text.strip_prefix('\u{FEFF}').unwrap_or(text) } else { text })
    }
}

impl Profile {
    /// The text of a message without a header. Octets that are no letter become U+FFFD.
    ///
    /// Some SMSCs hand texts over in UCS-2 or UTF-8 under the data_coding of GSM 7-bit, ASCII or Latin 1, and texts in UCS-2
    /// with its octets the wrong way round. Octets that cannot be, or make no sense as, what data_coding says, and are sound
    /// as one of these, are read so, and it is said that they were.
    ///
    /// What [`encode`](Self::encode) makes is taken for something else only if
    /// - its 1st, 3rd, 5th … septet is `@` throughout, or `@` here and there and otherwise always the same of `£ è é ù Ç ø Å`,
    ///   and there are eight septets or more, an even number: `@a@b@c@d` is read as "abcd". In ASCII and Latin 1 this would be
    ///   NUL and other control characters;
    /// - it is UCS-2 and begins with U+FFFE, which is no letter.
    ///
    /// Nobody writes so; where every text has to come back, [`guess`](Profile::guess) turns it off.
    ///
    /// ```
    /// use smpp::sms::{Alphabet, Profile};
    /// use smpp::value::DataCoding;
    ///
    /// let decoded = Profile::default().decode(DataCoding::DEFAULT, b"\0\xE7\0a");
    /// assert_eq!(decoded.text.as_deref(), Some("ça"));
    /// assert!(decoded.belied && decoded.alphabet == Some(Alphabet::Ucs2));
    /// ```
    pub fn decode(&self, data_coding: DataCoding, octets: &[u8]) -> Decoded {
        self.decode_with(data_coding, octets, Gsm7::DEFAULT, 0)
    }

    /// [`decode`](Self::decode) of what stands behind a header of so many octets, its length octet included, that names
    /// these tables. If the text is GSM 7-bit, it is read in them, and if it is packed, it begins with the next septet
    /// boundary.
    pub fn decode_with(&self, data_coding: DataCoding, octets: &[u8], shifts: Gsm7, header_octets: usize) -> Decoded {
        let Some(declared) = self.alphabet_of(data_coding) else {
            return Decoded { exact: true, ..Decoded::default() };
        };
        let packed = self.packed && matches!(declared, Alphabet::Gsm7(_));
        if self.guess
            && !packed
            && shifts == Gsm7::DEFAULT
            && let Some(evidence) = evidence_against(declared, octets)
        {
            return evidence.decoded(octets);
        }
        let alphabet = match declared {
            Alphabet::Gsm7(Gsm7 { locking, single }) => {
                Alphabet::Gsm7(Gsm7 { locking: shifts.locking.or(locking), single: shifts.single.or(single) })
            }
            other => other,
        };
        let (text, exact) = if packed {
            alphabet.decode_exactly(&unpack(octets, fill_bits(header_octets), self.padding))
        } else {
            alphabet.decode_exactly(octets)
        };
        let byte_order_mark = alphabet == Alphabet::Ucs2 && octets.starts_with(b"\xFE\xFF");
        Decoded { text: Some(text), alphabet: Some(alphabet), exact, belied: false, byte_order_mark }
    }
}

impl Evidence {
    fn decoded(self, octets: &[u8]) -> Decoded {
        let (text, alphabet, byte_order_mark) = match self {
            Self::Alphabet(alphabet) => (alphabet.decode(octets), Some(alphabet), octets.starts_with(b"\xFE\xFF")),
            Self::Utf8 => (String::from_utf8_lossy(octets).into_owned(), None, false),
            Self::LittleEndian => {
                let turned: Vec<_> =
                    octets.as_chunks::<2>().0.iter().skip(1).flat_map(|[low, high]| [*high, *low]).collect();
                (Alphabet::Ucs2.decode(&turned), Some(Alphabet::Ucs2), true)
            }
        };
        Decoded { text: Some(text), alphabet, exact: false, belied: true, byte_order_mark }
    }
}
