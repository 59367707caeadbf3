//! What a text takes.

use super::SplitError;
use super::plan::Plan;
use crate::sms::Alphabet;
use crate::value::DataCoding;

/// What a text takes: what people see beside a text field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cost {
    /// The alphabet; `None` of octets that are no text.
    pub alphabet: Option<Alphabet>,
    /// What the PDU says of it.
    pub data_coding: DataCoding,
    /// Messages on the air, which is what operators charge: parts. With
    /// [`Segmentation::MessagePayload`](super::Segmentation::MessagePayload) those that the SMSC will make of the one
    /// PDU with references of 8 bits.
    pub segments: usize,
    /// Units of the alphabet that the text takes: septets, octets, or 16-bit units.
    pub units: usize,
    /// Units that a part has room for, beside its header, when there are so many of them.
    pub capacity: usize,
    /// Units that the last part has left.
    pub remaining: usize,
}

impl Plan<'_> {
    pub(super) fn cost(&self) -> Result<Cost, SplitError> {
        let (mut segments, mut last) = (1, self.units);
        if !self.is_single() {
            segments = 0;
            for cut in self.cuts() {
                segments += 1;
                last = cut.units;
            }
        }
        self.check(segments)?;
        Ok(Cost {
            alphabet: self.alphabet,
            data_coding: self.data_coding,
            segments,
            units: self.units,
            capacity: self.capacity(),
            remaining: self.capacity() - last,
        })
    }
}
