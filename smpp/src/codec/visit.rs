//! Walking the fields of a PDU without knowing which PDU it is.

use std::fmt;

use super::{COctetString, Element, FieldSpec, HEADER_LENGTH, Hidden, List, OctetString, WireInteger};

/// What is shown the fields of a PDU, in wire order: text, JSON and hex views are made so.
pub trait Visit {
    /// One field. Fields inside a list element come between [`begin_element`](Self::begin_element) and
    /// [`end_element`](Self::end_element).
    fn field(&mut self, field: FieldView<'_>);

    /// A list begins; as many elements follow as its field counts.
    fn begin_list(&mut self, list: &'static FieldSpec, offset: usize, count: usize) {
        let _ = (list, offset, count);
    }

    /// An element of a list begins.
    fn begin_element(&mut self) {}

    /// An element of a list ends.
    fn end_element(&mut self) {}

    /// The list ends.
    fn end_list(&mut self) {}
}

/// One field of a PDU.
#[derive(Clone, Copy)]
pub struct FieldView<'v> {
    /// What the specification says of it.
    pub spec: &'static FieldSpec,
    /// Where it begins: octets from the start of the PDU, header included.
    pub offset: usize,
    /// Octets it takes, the NUL of a C-octet string included.
    pub length: usize,
    /// Its value.
    pub value: FieldValue<'v>,
}

/// Without the value of a password.
impl fmt::Debug for FieldView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { spec, offset, length, value } = self;
        let value: &dyn fmt::Debug = if spec.is_password() { &Hidden } else { value };
        f.debug_struct("FieldView")
            .field("name", &spec.name)
            .field("offset", offset)
            .field("length", length)
            .field("value", value)
            .finish()
    }
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldValue<'v> {
    /// An integer; a count too.
    Integer(u64),
    /// A C-octet string, without its NUL.
    COctetString(&'v [u8]),
    /// An octet string.
    OctetString(&'v [u8]),
}

/// Hands the fields of a PDU to a [`Visit`], and keeps account of their offsets.
pub struct Cursor<'v> {
    visitor: &'v mut dyn Visit,
    offset: usize,
}

impl<'v> Cursor<'v> {
    /// A cursor at the first octet after the header.
    pub fn new(visitor: &'v mut dyn Visit) -> Self {
        Self { visitor, offset: HEADER_LENGTH }
    }

    /// Where the next field begins: octets from the start of the PDU. After the last field, where the TLVs begin.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// An integer.
    pub fn integer<T: WireInteger>(&mut self, spec: &'static FieldSpec, value: T) {
        self.field(spec, T::SIZE, FieldValue::Integer(value.to_u64()));
    }

    /// A count of so many octets.
    pub fn count(&mut self, spec: &'static FieldSpec, count: usize) {
        self.field(spec, spec.max as usize, FieldValue::Integer(count as u64));
    }

    /// A C-octet string.
    pub fn c_octet_string(&mut self, spec: &'static FieldSpec, value: &COctetString<'_>) {
        self.field(spec, value.len() + 1, FieldValue::COctetString(value.as_bytes()));
    }

    /// An octet string.
    pub fn octet_string(&mut self, spec: &'static FieldSpec, value: &OctetString<'_>) {
        self.field(spec, value.len(), FieldValue::OctetString(value.as_bytes()));
    }

    /// A list.
    pub fn list<'a, T: Element<'a>>(&mut self, spec: &'static FieldSpec, list: &List<'a, T>) {
        self.visitor.begin_list(spec, self.offset, list.len());
        for element in list.iter() {
            self.visitor.begin_element();
            element.visit_fields(self);
            self.visitor.end_element();
        }
        self.visitor.end_list();
    }

    fn field(&mut self, spec: &'static FieldSpec, length: usize, value: FieldValue<'_>) {
        self.visitor.field(FieldView { spec, offset: self.offset, length, value });
        self.offset += length;
    }
}

impl fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor").field("offset", &self.offset).finish_non_exhaustive()
    }
}
