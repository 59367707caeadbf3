//! User data headers (3GPP TS 23.040, 9.2.3.24).

mod address;
mod concatenation;
mod element;
mod error;

use std::borrow::Cow;
use std::fmt;

use crate::sms::Language;
use element::lengths;

pub(in crate::sms) use element::iei;

pub use address::ReplyAddress;
pub use concatenation::{Concatenation, ConcatenationForm};
pub use element::{Element, HeaderSource};
pub use error::{ElementFault, ElementFaultKind, UserDataHeaderError};

/// A user data header: what stands before the text when `esm_class` says so (UDHI, bit 6; section 5.2.12).
///
/// It is held as it stands on the wire, so what was read is written again octet for octet, unknown elements included.
/// Reading borrows and does not allocate.
///
/// ```
/// use smpp::sms::{Element, UserDataHeader};
///
/// let (header, text) = UserDataHeader::parse(b"\x05\x00\x03\x2A\x02\x01hello")?;
/// let concatenation = header.concatenation().expect("a part");
/// assert_eq!((concatenation.reference, concatenation.total, concatenation.part), (42, 2, 1));
/// assert_eq!(text, b"hello");
///
/// let header = UserDataHeader::default().with(&Element::Ports16 { destination: 2948, source: 9200 });
/// assert_eq!(header.to_octets()?, b"\x06\x05\x04\x0B\x84\x23\xF0");
/// # Ok::<(), smpp::sms::UserDataHeaderError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct UserDataHeader<'a> {
    /// The elements as they stand on the wire, without the UDHL. Every one lies within.
    elements: Cow<'a, [u8]>,
    /// An element that could not be added.
    defect: Option<(u8, usize)>,
}

/// Application ports (elements 0x04 and 0x05).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ports {
    /// Port of the receiver.
    pub destination: u16,
    /// Port of the sender.
    pub source: u16,
}

impl<'a> UserDataHeader<'a> {
    /// The header that the octets of a message begin with, and the octets after it, which are the text.
    ///
    /// A header without elements is one (UDHL 0). Elements must fill the header exactly.
    ///
    /// # Errors
    ///
    /// Says which octet is wrong, if the header or an element reaches beyond the octets that there are.
    pub fn parse(octets: &'a [u8]) -> Result<(Self, &'a [u8]), UserDataHeaderError> {
        let (&udhl, rest) = octets.split_first().ok_or(UserDataHeaderError::Missing)?;
        let Some((elements, text)) = rest.split_at_checked(usize::from(udhl)) else {
            return Err(UserDataHeaderError::BeyondData { udhl, left: rest.len() });
        };
        let mut raw = RawElements { elements, at: 0 };
        raw.by_ref().for_each(drop);
        match elements.get(raw.at..) {
            None | Some([]) => Ok((Self { elements: Cow::Borrowed(elements), defect: None }, text)),
            Some([_]) => Err(UserDataHeaderError::StrayOctet { at: 1 + raw.at }),
            Some([iei, length, rest @ ..]) => Err(UserDataHeaderError::ElementBeyondHeader {
                at: 1 + raw.at,
                iei: *iei,
                length: *length,
                left: rest.len(),
            }),
        }
    }

    /// All elements in their order.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        self.raw().map(|raw| Element::from_octets(raw.iei, raw.data))
    }

    /// Adds an element at the end.
    ///
    /// One of more than 255 octets makes [`to_octets`](Self::to_octets) fail.
    pub fn push(&mut self, element: &Element<'_>) {
        let elements = self.elements.to_mut();
        let start = elements.len();
        elements.extend([element.iei(), 0]);
        element.write_data(elements);
        let len = elements.len() - start - 2;
        match u8::try_from(len) {
            Ok(length) => elements[start + 1] = length,
            Err(_) => {
                elements.truncate(start);
                self.defect.get_or_insert_with(|| (element.iei(), len));
            }
        }
    }

    /// The header with one element more: see [`push`](Self::push).
    #[must_use]
    pub fn with(mut self, element: &Element<'_>) -> Self {
        self.push(element);
        self
    }

    /// Octets on the wire, the UDHL included: 1 for a header without elements.
    #[expect(
        clippy::len_without_is_empty,
        reason = "it always has its UDHL; whether there are elements is another question"
    )]
    pub fn len(&self) -> usize {
        1 + self.elements.len()
    }

    /// Whether there is any element.
    pub fn has_elements(&self) -> bool {
        !self.elements.is_empty()
    }

    /// The octets on the wire: UDHL and elements.
    ///
    /// # Errors
    ///
    /// If an element, or all of them together, have more than 255 octets.
    pub fn to_octets(&self) -> Result<Vec<u8>, UserDataHeaderError> {
        let mut octets = Vec::with_capacity(self.len());
        octets.push(self.udhl()?);
        octets.extend_from_slice(&self.elements);
        Ok(octets)
    }

    fn udhl(&self) -> Result<u8, UserDataHeaderError> {
        if let Some((iei, len)) = self.defect {
            return Err(UserDataHeaderError::ElementTooLong { iei, len });
        }
        let len = self.elements.len();
        u8::try_from(len).map_err(|_| UserDataHeaderError::TooLong { len })
    }

    /// Which part of a longer message this is, if it is one.
    ///
    /// Elements that say part 0, of 0 parts, or a part beyond the last are passed over; of several the last counts.
    pub fn concatenation(&self) -> Option<Concatenation> {
        self.raw().filter_map(|raw| Concatenation::of_element(raw.iei, raw.data)).filter(Concatenation::is_valid).last()
    }

    /// The application ports; of several elements the last counts.
    pub fn ports(&self) -> Option<Ports> {
        let ports = |raw: RawElement<'_>| match (raw.iei, raw.data) {
            (iei::PORTS_8, &[to, from]) => Some(Ports { destination: to.into(), source: from.into() }),
            (iei::PORTS_16, &[a, b, c, d]) => {
                Some(Ports { destination: u16::from_be_bytes([a, b]), source: u16::from_be_bytes([c, d]) })
            }
            _ => None,
        };
        self.raw().filter_map(ports).last()
    }

    /// The language whose table the text is read by; of several elements the last counts.
    pub fn locking_shift(&self) -> Option<Language> {
        self.language(iei::LOCKING_SHIFT)
    }

    /// The language whose table is meant after an escape; of several elements the last counts.
    pub fn single_shift(&self) -> Option<Language> {
        self.language(iei::SINGLE_SHIFT)
    }

    fn language(&self, iei: u8) -> Option<Language> {
        let language = |raw: RawElement<'_>| match raw.data {
            [language] if raw.iei == iei => Some(Language(*language)),
            _ => None,
        };
        self.raw().filter_map(language).last()
    }

    /// The elements that a receiver passes over, and why. Identifiers without a meaning are none of them.
    pub fn faults(&self) -> Vec<ElementFault> {
        let mut faults = Vec::new();
        // What each identifier that may occur once stands for has been said further on.
        let mut said = [false; 256];
        let raw: Vec<_> = self.raw().collect();
        for RawElement { at, iei, data } in raw.into_iter().rev() {
            let mut fault = |kind| faults.push(ElementFault { at, iei, kind });
            let concatenation = Concatenation::of_element(iei, data);
            if let (Some((min, max)), Element::Other { .. }) = (lengths(iei), Element::from_octets(iei, data)) {
                fault(ElementFaultKind::Layout { len: data.len() as u8, min, max });
            } else if let Some(Concatenation { total, part, .. }) = concatenation.filter(|one| !one.is_valid()) {
                fault(ElementFaultKind::Concatenation { total, part });
            } else if let Some(subject) = subject(iei) {
                if said[usize::from(subject)] {
                    fault(ElementFaultKind::Repeated);
                }
                said[usize::from(subject)] = true;
            }
        }
        faults.reverse();
        faults
    }

    /// The same header with octets of its own.
    pub fn into_owned(self) -> UserDataHeader<'static> {
        UserDataHeader { elements: Cow::Owned(self.elements.into_owned()), defect: self.defect }
    }

    /// The elements as they stand on the wire, if they fit a header.
    pub(in crate::sms) fn elements_octets(&self) -> Result<&[u8], UserDataHeaderError> {
        self.udhl()?;
        Ok(&self.elements)
    }

    /// The identifiers of all elements.
    pub(in crate::sms) fn identifiers(&self) -> impl Iterator<Item = u8> {
        self.raw().map(|raw| raw.iei)
    }

    fn raw(&self) -> RawElements<'_> {
        RawElements { elements: &self.elements, at: 0 }
    }
}

impl fmt::Debug for UserDataHeader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.elements()).finish()
    }
}

impl<'e> FromIterator<Element<'e>> for UserDataHeader<'static> {
    fn from_iter<I: IntoIterator<Item = Element<'e>>>(elements: I) -> Self {
        elements.into_iter().fold(Self::default(), |header, element| header.with(&element))
    }
}

/// An element as it stands on the wire.
struct RawElement<'h> {
    /// Where its identifier stands, the UDHL counted.
    at: usize,
    iei: u8,
    data: &'h [u8],
}

/// The elements one after the other, as far as they lie within the header.
struct RawElements<'h> {
    elements: &'h [u8],
    /// Where the next one begins.
    at: usize,
}

impl<'h> Iterator for RawElements<'h> {
    type Item = RawElement<'h>;

    fn next(&mut self) -> Option<RawElement<'h>> {
        let [iei, length, rest @ ..] = self.elements.get(self.at..)? else {
            return None;
        };
        let data = rest.get(..usize::from(*length))?;
        let at = 1 + self.at;
        self.at += 2 + data.len();
        Some(RawElement { at, iei: *iei, data })
    }
}

/// What an element is about, of those that may occur only once: named by one identifier where two are about the same.
fn subject(iei: u8) -> Option<u8> {
    match iei {
        iei::CONCATENATED_16 => Some(iei::CONCATENATED_8),
        iei::PORTS_16 => Some(iei::PORTS_8),
        iei::CONCATENATED_8 | iei::PORTS_8 | 0x06 | 0x20 | 0x22 | iei::SINGLE_SHIFT | iei::LOCKING_SHIFT => Some(iei),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_must_fill_the_header() {
        let parse = |octets| UserDataHeader::parse(octets).map(|(header, text)| (header.len(), text));
        assert_eq!(parse(b"\x05\0\x03\x60\x02\x01text"), Ok((6, &b"text"[..])));
        assert_eq!(parse(b"\x0B\x05\x04\x0B\x84\x23\xF0\0\x03\x01\x02\x01"), Ok((12, &b""[..])));
        assert_eq!(parse(b"\x02\x70\0"), Ok((3, &b""[..])));
        assert_eq!(parse(b"\0text"), Ok((1, &b"text"[..])));
        assert_eq!(parse(b""), Err(UserDataHeaderError::Missing));
        assert_eq!(parse(b"test222"), Err(UserDataHeaderError::BeyondData { udhl: b't', left: 6 }));
        let beyond = UserDataHeaderError::ElementBeyondHeader { at: 1, iei: 0, length: 9, left: 1 };
        assert_eq!(parse(b"\x03\0\x09\x01x"), Err(beyond));
        assert_eq!(parse(b"\x06\0\x03\x60\x02\x01text"), Err(UserDataHeaderError::StrayOctet { at: 6 }));
    }

    #[test]
    fn what_does_not_fit_is_said_when_it_is_written() {
        let element = |len| Element::Other { iei: 0xA5, data: vec![0; len].into() };
        let too_long = UserDataHeaderError::ElementTooLong { iei: 0xA5, len: 256 };
        let header = UserDataHeader::default().with(&element(256)).with(&element(1));
        assert_eq!(header.to_octets(), Err(too_long));
        let header = UserDataHeader::default().with(&element(253));
        assert_eq!(header.to_octets().map(|octets| octets.len()), Ok(256));
        let header = header.with(&element(0));
        assert_eq!(header.to_octets(), Err(UserDataHeaderError::TooLong { len: 257 }));
    }

    #[test]
    fn the_last_valid_one_counts() {
        let octets = b"\x16\0\x03\x01\x02\x01\x08\x04\x01\x02\x03\x03\0\x03\x09\x02\x03\x24\x01\x01\x24\x01\x02";
        let (header, _) = UserDataHeader::parse(octets).expect("a header");
        let form = ConcatenationForm::Udh16;
        assert_eq!(header.concatenation(), Some(Concatenation { reference: 0x0102, total: 3, part: 3, form }));
        assert_eq!(header.single_shift(), Some(Language(2)));
        assert_eq!(header.locking_shift(), None);
        let fault = |at, iei, kind| ElementFault { at, iei, kind };
        assert_eq!(
            header.faults(),
            [
                fault(1, 0, ElementFaultKind::Repeated),
                fault(12, 0, ElementFaultKind::Concatenation { total: 2, part: 3 }),
                fault(17, 0x24, ElementFaultKind::Repeated),
            ]
        );
    }
}
