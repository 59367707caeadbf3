//! PDUs that cannot be sent.

use std::fmt;

/// A PDU that the standard does not allow: sending is always strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeError {
    /// Name of the PDU.
    pub command: &'static str,
    /// Name of the field or TLV.
    pub field: &'static str,
    /// What is wrong with it.
    pub kind: EncodeErrorKind,
}

/// Why a field cannot be encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// More octets (of a list: elements) than the field may have. The NUL of a C-octet string counts.
    TooLong {
        /// How many there are.
        len: usize,
        /// How many are allowed.
        max: usize,
    },
    /// Fewer octets (of a list: elements) than the field must have. The NUL of a C-octet string counts.
    TooShort {
        /// How many there are.
        len: usize,
        /// How many are needed.
        min: usize,
    },
    /// None of the lengths that the field may have (`1 or 17`), the NUL counted.
    BadLength {
        /// How many octets there are.
        len: usize,
    },
    /// A C-octet string with a NUL inside.
    NulInside {
        /// Where.
        at: usize,
    },
    /// The TLV area that was decoded ends in octets that are no TLV.
    MalformedTlvs {
        /// How many octets.
        octets: usize,
    },
    /// The whole PDU is longer than `command_length` can say.
    PduTooLong {
        /// Octets.
        len: usize,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: ", self.command, self.field)?;
        match self.kind {
            EncodeErrorKind::TooLong { len, max } => write!(f, "length {len}, at most {max} is allowed"),
            EncodeErrorKind::TooShort { len, min } => write!(f, "length {len}, at least {min} is needed"),
            EncodeErrorKind::BadLength { len } => write!(f, "{len} octets with the NUL is no length it may have"),
            EncodeErrorKind::NulInside { at } => write!(f, "NUL at octet {at} of a C-octet string"),
            EncodeErrorKind::MalformedTlvs { octets } => write!(f, "{octets} octets at the end are no TLV"),
            EncodeErrorKind::PduTooLong { len } => write!(f, "{len} octets are more than command_length can say"),
        }
    }
}

impl std::error::Error for EncodeError {}
