//! The parts of a message.

use std::ops::Range;

use super::Segmentation;
use crate::sms::{Alphabet, Concatenation, ConcatenationForm, Ports};
use crate::value::DataCoding;

/// A text, or octets, made into one message or several parts.
///
/// [`submit_sm`](Self::submit_sm) and its like make PDUs of it; [`parts`](Self::parts) are the octets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    pub(super) alphabet: Option<Alphabet>,
    pub(super) data_coding: DataCoding,
    /// All parts, one after the other.
    pub(super) octets: Vec<u8>,
    pub(super) ends: Vec<End>,
    /// Octets of the header of each part.
    pub(super) header: usize,
    /// How the parts say that they belong together, and the reference.
    pub(super) concatenation: Option<(ConcatenationForm, u16)>,
    /// What goes into the TLVs source_port and destination_port.
    pub(super) ports: Option<Ports>,
    pub(super) segmentation: Segmentation,
    /// Whether it is one PDU that the SMSC will split.
    pub(super) is_payload: bool,
    /// Whether the octets were given, and no header for them.
    pub(super) may_begin_with_header: bool,
    pub(super) has_text_ranges: bool,
}

/// Where a part ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// In the octets of all parts.
    pub(super) octets: usize,
    /// In the text.
    pub(super) text: usize,
    pub(super) units: usize,
}

/// One part, or the whole of a message that needs no parts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part<'s> {
    /// What stands in short_message, or in message_payload: header and text.
    pub octets: &'s [u8],
    /// How many of the octets are the user data header; 0 if there is none.
    pub header_len: usize,
    /// Units of the alphabet that the text takes.
    pub units: usize,
    /// Which octets of the text this part has. `None` of octets, and of a text of which letters were replaced.
    pub text: Option<Range<usize>>,
    /// Which part it is, if there are several.
    pub concatenation: Option<Concatenation>,
}

impl Split {
    /// The alphabet; `None` of octets that are no text.
    pub fn alphabet(&self) -> Option<Alphabet> {
        self.alphabet
    }

    /// What the PDUs say of it.
    pub fn data_coding(&self) -> DataCoding {
        self.data_coding
    }

    /// The parts in their order: one at least.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = Part<'_>> {
        (0..self.ends.len()).map(|index| {
            let before = index.checked_sub(1).map_or(End { octets: 0, text: 0, units: 0 }, |before| self.ends[before]);
            let end = self.ends[index];
            Part {
                octets: &self.octets[before.octets..end.octets],
                header_len: self.header,
                units: end.units,
                text: self.has_text_ranges.then_some(before.text..end.text),
                concatenation: self.concatenation_of(index),
            }
        })
    }

    /// Whether the parts begin with a user data header, which `esm_class` must then say.
    pub fn has_user_data_header(&self) -> bool {
        self.header > 0
    }

    fn concatenation_of(&self, index: usize) -> Option<Concatenation> {
        let (form, reference) = self.concatenation?;
        // There are at most 255.
        let (total, part) = (self.ends.len() as u8, index as u8 + 1);
        let reference = if form == ConcatenationForm::Udh8 { reference & 0xFF } else { reference };
        Some(Concatenation { reference, total, part, form })
    }
}
