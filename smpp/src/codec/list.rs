//! Lists that a count announces: the destinations of submit_multi, the failures of its response.

use std::fmt;

use super::{Cursor, Decoder, Failed, Leniency, Reader, Writer};
use crate::error::{EncodeError, ErrorClass};
use crate::protocol::command;

/// A list of structures (sections 4.5.1.1, 4.5.2.1).
///
/// One that was decoded stays as it stands on the wire, and its elements are read as they are asked for; one that was
/// built holds its elements.
///
/// ```
/// use smpp::codec::List;
/// use smpp::pdu::DestAddress;
///
/// let mut list = List::from([DestAddress::DistributionList { dl_name: "friends".into() }]);
/// list.push(DestAddress::SmeAddress {
///     dest_addr_ton: 1.into(),
///     dest_addr_npi: 1.into(),
///     destination_addr: "4179123456".into(),
/// });
/// assert_eq!(list.len(), 2);
/// ```
#[derive(Clone)]
pub struct List<'a, T>(Elements<'a, T>);

#[derive(Clone)]
enum Elements<'a, T> {
    Wire { count: usize, octets: &'a [u8] },
    Built(Vec<T>),
}

/// An element of a [`List`].
///
/// Implemented by `include_spec!` for every structure of a specification.
pub trait Element<'a>: Sized + Clone + PartialEq + fmt::Debug {
    /// The same structure with octets that live for `'b`.
    type Of<'b>: Element<'b>;

    /// Reads an element.
    ///
    /// # Errors
    /// [`Failed`] when it cannot be read; the reason is in the reader's decoder.
    fn decode(reader: &mut Reader<'a, '_>) -> Result<Self, Failed>;

    /// Writes the element.
    ///
    /// # Errors
    /// [`EncodeError`] if a field is outside its limits.
    fn encode(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError>;

    /// Shows the fields of the element to the cursor's visitor.
    fn visit_fields(&self, cursor: &mut Cursor<'_>);

    /// The same element, borrowing from this one.
    fn as_borrowed(&self) -> Self::Of<'_>;

    /// The same element with octets of its own.
    fn into_owned(self) -> Self::Of<'static>;
}

impl<'a, T: Element<'a>> List<'a, T> {
    #[inline]
    pub(super) fn wire(octets: &'a [u8], count: usize) -> Self {
        Self(Elements::Wire { count, octets })
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Elements::Wire { count, .. } => *count,
            Elements::Built(elements) => elements.len(),
        }
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements, borrowing from the list.
    pub fn iter(&self) -> impl Iterator<Item = T::Of<'_>> {
        let (wire, built): (&[u8], &[T]) = match &self.0 {
            Elements::Wire { octets, .. } => (octets, &[]),
            Elements::Built(elements) => (&[], elements),
        };
        let mut decoder = decoder_again(wire);
        let mut rest = wire;
        let decoded = std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let mut reader = Reader::new(rest, &mut decoder);
            let element = T::Of::<'_>::decode(&mut reader).ok();
            rest = reader.remaining();
            element
        });
        decoded.chain(built.iter().map(T::as_borrowed))
    }

    /// Adds an element at the end.
    pub fn push(&mut self, element: T) {
        if let Elements::Wire { octets, .. } = self.0 {
            let mut decoder = decoder_again(octets);
            let mut reader = Reader::new(octets, &mut decoder);
            let mut elements = Vec::new();
            while let (false, Ok(element)) = (reader.remaining().is_empty(), T::decode(&mut reader)) {
                elements.push(element);
            }
            self.0 = Elements::Built(elements);
        }
        if let Elements::Built(elements) = &mut self.0 {
            elements.push(element);
        }
    }

    /// The same list, borrowing from this one.
    pub fn as_borrowed<'b>(&'b self) -> List<'b, T::Of<'b>> {
        List(match &self.0 {
            Elements::Wire { count, octets } => Elements::Wire { count: *count, octets },
            Elements::Built(elements) => Elements::Built(elements.iter().map(T::as_borrowed).collect()),
        })
    }

    /// The same list with octets of its own.
    pub fn into_owned(self) -> List<'static, T::Of<'static>> {
        List(Elements::Built(match self.0 {
            Elements::Built(elements) => elements.into_iter().map(T::into_owned).collect(),
            Elements::Wire { count: 0, .. } => Vec::new(),
            Elements::Wire { octets, .. } => {
                let mut decoder = decoder_again(octets);
                let mut reader = Reader::new(octets, &mut decoder);
                let mut elements = Vec::new();
                while let (false, Ok(element)) = (reader.remaining().is_empty(), T::decode(&mut reader)) {
                    elements.push(element.into_owned());
                }
                elements
            }
        }))
    }
}

/// For octets that were read once when the PDU was decoded: whatever deviates in them was told of then.
fn decoder_again(octets: &[u8]) -> Decoder {
    let leniency = Leniency::LENIENT
        .accepting(ErrorClass::COctetStringTooLong)
        .accepting(ErrorClass::InvalidTimeLength)
        .accepting(ErrorClass::SmLengthOutOfRange)
        .accepting(ErrorClass::SmLengthExceedsBody);
    let mut decoder = Decoder::new(leniency);
    decoder.begin(&command::GENERIC_NACK, octets.len());
    decoder
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        List(Elements::Wire { count: 0, octets: &[] })
    }
}

impl<'a, T: Element<'a>> FromIterator<T> for List<'a, T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        List(Elements::Built(elements.into_iter().collect()))
    }
}

impl<T> From<Vec<T>> for List<'_, T> {
    fn from(elements: Vec<T>) -> Self {
        List(Elements::Built(elements))
    }
}

impl<T, const N: usize> From<[T; N]> for List<'_, T> {
    fn from(elements: [T; N]) -> Self {
        List(Elements::Built(elements.into()))
    }
}

impl<'a, T: Element<'a>> PartialEq for List<'a, T>
where
    for<'b> T::Of<'b>: PartialEq,
{
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<'a, T: Element<'a>> Eq for List<'a, T> where for<'b> T::Of<'b>: PartialEq {}

impl<'a, T: Element<'a>> fmt::Debug for List<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
