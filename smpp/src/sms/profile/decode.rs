//! From octets to text.

use super::super::{Alphabet, Gsm7, fill_bits, unpack};
use super::Profile;
use crate::value::DataCoding;

/// What octets say: see [`Profile::decode`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decoded {
    /// The text; none if the data_coding says that the octets are no text.
    pub text: Option<String>,
    /// The alphabet that it was read in.
    pub alphabet: Option<Alphabet>,
    /// Whether every octet is as the alphabet has it, so that nothing was guessed or became U+FFFD.
    pub exact: bool,
    /// Whether the octets evidently are not in the alphabet that data_coding says, and were read in another.
    pub belied: bool,
}

impl Profile {
    /// The text of a message without a header.
    pub fn decode(&self, data_coding: DataCoding, octets: &[u8]) -> Decoded {
        self.decode_with(data_coding, octets, Gsm7::DEFAULT, 0)
    }

    /// The text behind a header of so many octets, its length octet included, that names these tables. If the text is
    /// GSM 7-bit, it is read in them, and if it is packed, it begins with the next septet boundary.
    pub fn decode_with(&self, data_coding: DataCoding, octets: &[u8], shifts: Gsm7, header_octets: usize) -> Decoded {
        let Some(mut alphabet) = self.alphabet_of(data_coding) else {
            return Decoded { text: None, alphabet: None, exact: true, belied: false };
        };
        let (text, exact) = match &mut alphabet {
            Alphabet::Gsm7(gsm7) => {
                gsm7.locking = shifts.locking.or(gsm7.locking);
                gsm7.single = shifts.single.or(gsm7.single);
                if self.packed {
                    alphabet.decode_exactly(&unpack(octets, fill_bits(header_octets), self.padding))
                } else {
                    alphabet.decode_exactly(octets)
                }
            }
            _ => alphabet.decode_exactly(octets),
        };
        Decoded { text: Some(text), alphabet: Some(alphabet), exact, belied: false }
    }
}
