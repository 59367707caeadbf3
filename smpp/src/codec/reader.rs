//! Reading the fields of one PDU, front to back, in one pass.

use std::fmt;

use super::decoder::Decoder;
use super::string::{find_nul, nul_or_end};
use super::{Action, Element, FieldKind, FieldSpec, Frame, HasTlvs, List, Tlvs};
use crate::error::{DecodeError, DecodeErrorKind as Kind};

/// A PDU that can be decoded from octets that live for `'a`.
///
/// Implemented by `include_spec!`.
pub trait Decode<'a>: HasTlvs<'a> + Sized {
    /// Reads the mandatory fields and the TLVs.
    ///
    /// # Errors
    /// [`Failed`] when the PDU cannot be decoded; the reason is in the decoder that the reader belongs to.
    fn decode_body(reader: Reader<'a, '_>) -> Result<Self, Failed>;

    /// A PDU without fields, for responses that came without a body.
    fn without_body(tlvs: Tlvs<'a>) -> Self;
}

/// A PDU that owns its octets and can be decoded from any.
///
/// Implemented by `include_spec!`.
pub trait DecodeOwned: Sized + 'static {
    /// Decodes a frame and copies what it borrows.
    ///
    /// # Errors
    /// Those of [`Decoder::decode_as`].
    fn decode_owned(decoder: &mut Decoder, frame: Frame<'_>) -> Result<Self, DecodeError>;
}

/// Decoding has failed; the [`Decoder`] holds the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failed;

/// The octets of one PDU that have not been read yet.
///
/// A reader never looks past the end of its PDU. What deviates is refused, salvaged or accepted as the
/// [`Leniency`](super::Leniency) of its decoder says.
///
/// The reader is two words and a pointer, and its address goes nowhere: all that is not plain sailing is handed to the
/// decoder with the rest of the octets by value, so that on the way of a sound PDU the reader stays in registers.
pub struct Reader<'a, 'd> {
    rest: &'a [u8],
    decoder: &'d mut Decoder,
}

/// Without the octets: a password may be among them.
impl fmt::Debug for Reader<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("left", &self.rest.len()).finish_non_exhaustive()
    }
}

/// Octets read, and the octets left.
type Split<'a> = (&'a [u8], &'a [u8]);

impl<'a, 'd> Reader<'a, 'd> {
    #[inline(always)]
    pub(super) fn new(octets: &'a [u8], decoder: &'d mut Decoder) -> Self {
        Self { rest: octets, decoder }
    }

    /// What has not been read yet.
    pub(super) fn remaining(&self) -> &'a [u8] {
        self.rest
    }

    /// A run of integers, of `N` octets together. `field` is the first of them.
    #[inline(always)]
    pub fn octets<const N: usize>(&mut self, field: &'static FieldSpec) -> Result<[u8; N], Failed> {
        match self.rest.split_first_chunk::<N>() {
            Some((octets, rest)) => {
                self.rest = rest;
                Ok(*octets)
            }
            None => Err(self.decoder.truncated(self.rest, field)),
        }
    }

    /// A C-octet string of any length up to the field's maximum.
    #[inline(always)]
    pub fn c_octet_string(&mut self, field: &'static FieldSpec) -> Result<&'a [u8], Failed> {
        let rest = self.rest;
        let split = match rest {
            [0, after @ ..] => Some((&[][..], after)),
            _ => match nul_or_end(rest) {
                len if len < field.accept_max as usize => split_at_nul(rest, len),
                _ => None,
            },
        };
        let (octets, after) = match split {
            Some(split) => split,
            None => self.decoder.odd_c_octet_string(rest, field)?,
        };
        self.rest = after;
        Ok(octets)
    }

    /// A C-octet string that may only have certain lengths, such as a time of 1 or 17 octets.
    #[inline(always)]
    pub fn c_octet_string_of_lengths(&mut self, field: &'static FieldSpec) -> Result<&'a [u8], Failed> {
        let (octets, rest) = match self.rest {
            [0, rest @ ..] => (&[][..], rest),
            _ => self.decoder.odd_c_octet_string(self.rest, field)?,
        };
        self.rest = rest;
        Ok(octets)
    }

    /// An octet string whose length an earlier field gave.
    #[inline(always)]
    pub fn octet_string(&mut self, field: &'static FieldSpec, len: usize) -> Result<&'a [u8], Failed> {
        let (octets, rest) = match self.rest.split_at_checked(len) {
            Some(split) if len <= field.accept_max as usize => split,
            _ => self.decoder.odd_octet_string(self.rest, field, len)?,
        };
        self.rest = rest;
        Ok(octets)
    }

    /// A list whose number of elements an earlier field gave. Every element is read once, to know that it is sound.
    #[inline]
    pub fn list<T: Element<'a>>(&mut self, count: usize) -> Result<List<'a, T>, Failed> {
        let all = self.rest;
        for _ in 0..count {
            T::decode(self)?;
        }
        Ok(List::wire(&all[..all.len() - self.rest.len()], count))
    }

    /// Fails because the discriminant that was just read announces no form.
    #[cold]
    pub fn unknown_form(&mut self, field: &'static FieldSpec, value: u64) -> Failed {
        self.decoder.unknown_form(self.rest, field, value)
    }

    /// The TLVs: all that is left of the PDU.
    #[inline(always)]
    pub fn tlvs(self) -> Result<Tlvs<'a>, Failed> {
        let all = self.rest;
        let mut rest = all;
        // The table of the standard accepts any length of a tag that it does not have.
        let has_vendors = !self.decoder.protocols().is_empty();
        while let Some(([tag_high, tag_low, len_high, len_low], after)) = rest.split_first_chunk::<4>() {
            let len = usize::from(u16::from_be_bytes([*len_high, *len_low]));
            let tag = u16::from_be_bytes([*tag_high, *tag_low]);
            let Some(next) = after.get(len..) else {
                self.decoder.tlv_exceeds_pdu(rest, tag, len)?;
                return Ok(Tlvs::wire(all, rest.len()));
            };
            if has_vendors || !crate::protocol::tlv::accepts(tag, len) {
                self.decoder.check_tlv(rest, tag, len)?;
            }
            rest = next;
        }
        if !rest.is_empty() {
            self.decoder.tlv_leftover(rest)?;
        }
        Ok(Tlvs::wire(all, rest.len()))
    }
}

#[inline(always)]
fn split_at_nul(octets: &[u8], len: usize) -> Option<Split<'_>> {
    let rest = octets.get(len + 1..)?;
    Some((octets.get(..len)?, rest))
}

/// What is done about everything that is not plain sailing. `rest` is what has not been read yet.
impl Decoder {
    #[cold]
    #[inline(never)]
    fn odd_c_octet_string<'a>(&mut self, rest: &'a [u8], field: &'static FieldSpec) -> Result<Split<'a>, Failed> {
        let Some((octets, after)) = find_nul(rest).and_then(|len| split_at_nul(rest, len)) else {
            if rest.is_empty() {
                return Err(self.truncated(rest, field));
            }
            // The rest of the PDU is the string if no field follows; else nothing tells them apart.
            let is_last = self.spec().fields.last().is_some_and(|last| last.name == field.name);
            self.deviation(rest, field.name, Kind::UnterminatedCOctetString, is_last)?;
            return Ok((rest, &[]));
        };
        let len = octets.len() as u32 + 1;
        let kind = match (field.lengths, field.accept_lengths) {
            ([], _) if len <= field.accept_max => None,
            (_, []) if len <= field.accept_max => None,
            (_, accepted) if accepted.contains(&len) => None,
            ([] | [_], _) => Some(Kind::COctetStringTooLong { len, max: field.max }),
            _ => Some(Kind::InvalidTimeLength { len }),
        };
        if let Some(kind) = kind {
            self.deviation(rest, field.name, kind, true)?;
        }
        Ok((octets, after))
    }

    #[cold]
    #[inline(never)]
    fn odd_octet_string<'a>(
        &mut self,
        rest: &'a [u8],
        field: &'static FieldSpec,
        len: usize,
    ) -> Result<Split<'a>, Failed> {
        let left = rest.len();
        let kind = if len > left {
            Kind::SmLengthExceedsBody { sm_length: len as u32, left: left as u32 }
        } else {
            Kind::SmLengthOutOfRange { sm_length: len as u32, max: field.max }
        };
        self.deviation(rest, field.name, kind, true)?;
        Ok(rest.split_at(len.min(left)))
    }

    #[cold]
    fn unknown_form(&mut self, rest: &[u8], field: &'static FieldSpec, value: u64) -> Failed {
        let offset = self.offset(rest) - field.max;
        self.fail_at(offset, field.name, Kind::InvalidDestFlag { value })
    }

    #[cold]
    #[inline(never)]
    fn check_tlv(&mut self, rest: &[u8], tag: u16, len: usize) -> Result<(), Failed> {
        match self.find_tlv(tag) {
            Some(tlv) if !tlv.accepts(len) => {
                let (min, max) = (u32::from(tlv.min), u32::from(tlv.max));
                self.deviation(rest, tlv.name, Kind::TlvInvalidLength { tag, len: len as u32, min, max }, true)
            }
            _ => Ok(()),
        }
    }

    #[cold]
    #[inline(never)]
    fn tlv_exceeds_pdu(&mut self, rest: &[u8], tag: u16, len: usize) -> Result<(), Failed> {
        let left = rest.len() as u32 - 4;
        let name = self.find_tlv(tag).map_or("tlvs", |tlv| tlv.name);
        self.deviation(rest, name, Kind::TlvLengthExceedsPdu { tag, len: len as u32, left }, true)
    }

    #[cold]
    #[inline(never)]
    fn tlv_leftover(&mut self, rest: &[u8]) -> Result<(), Failed> {
        self.deviation(rest, "tlvs", Kind::TlvStreamLeftover { octets: rest.len() as u32 }, true)
    }

    /// Fails because the PDU ends within the run of integers that begins with `field`: names the one it ends in.
    #[cold]
    #[inline(never)]
    fn truncated(&mut self, rest: &[u8], field: &'static FieldSpec) -> Failed {
        let all = self.spec().fields;
        let of_elements = all.iter().filter_map(|field| match field.kind {
            FieldKind::List { elements } => Some(elements),
            _ => None,
        });
        let is_field = |other: &&FieldSpec| std::ptr::eq(*other, field);
        let table =
            of_elements.chain([all]).find(|table| table.iter().any(|other| is_field(&other))).unwrap_or_default();
        let mut run = table.iter().skip_while(|other| !is_field(other)).skip(1);
        let (mut left, mut at, mut broken) = (rest.len() as u32, self.offset(rest), field);
        while left >= broken.max {
            let Some(next) = run.next() else { break };
            (left, at, broken) = (left - broken.max, at + broken.max, next);
        }
        self.fail_at(at, broken.name, Kind::TruncatedBody)
    }

    /// What the policy says of a deviation at the next octet; `salvageable` tells whether there is a way to go on.
    fn deviation(&mut self, rest: &[u8], field: &'static str, kind: Kind, salvageable: bool) -> Result<(), Failed> {
        let error = DecodeError::new(self.spec().id, Some(self.spec()), field, self.offset(rest), kind);
        match self.leniency().action(error.class()) {
            Action::Accept if salvageable => Ok(()),
            Action::Salvage if salvageable && self.salvaging() => {
                self.diagnose(error);
                Ok(())
            }
            _ => Err(self.fail(error)),
        }
    }

    fn fail_at(&mut self, offset: u32, field: &'static str, kind: Kind) -> Failed {
        self.fail(DecodeError::new(self.spec().id, Some(self.spec()), field, offset, kind))
    }

    fn offset(&self, rest: &[u8]) -> u32 {
        (self.command_length() - rest.len()) as u32
    }
}
