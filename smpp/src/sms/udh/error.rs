//! What can be wrong with a user data header.

use std::fmt;

/// Octets that are no user data header, or elements that fit none.
///
/// Of octets that were received, the whole header is void then (3GPP TS 23.040, 9.2.3.24). `at` counts octets from the
/// length octet (UDHL), which is at 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UserDataHeaderError {
    /// There is not one octet, and so no UDHL.
    Missing,
    /// The UDHL counts more octets than there are.
    BeyondData {
        /// Octets counted.
        udhl: u8,
        /// Octets after the UDHL.
        left: usize,
    },
    /// An element counts more octets than the header has left.
    ElementBeyondHeader {
        /// Where its identifier stands.
        at: usize,
        /// The identifier.
        iei: u8,
        /// Octets counted.
        length: u8,
        /// Octets left for them.
        left: usize,
    },
    /// One octet is left at the end, too few for an element.
    StrayOctet {
        /// Where it stands.
        at: usize,
    },
    /// In building: an element of more than 255 octets.
    ElementTooLong {
        /// The identifier.
        iei: u8,
        /// Its octets.
        len: usize,
    },
    /// In building: elements of more than 255 octets together.
    TooLong {
        /// Octets of all elements, identifiers and lengths included.
        len: usize,
    },
}

impl fmt::Display for UserDataHeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "user data header: there is no octet"),
            Self::BeyondData { udhl, left } => {
                write!(f, "user data header: UDHL counts {udhl} octets, {left} follow")
            }
            Self::ElementBeyondHeader { at, iei, length, left } => {
                write!(f, "user data header: element 0x{iei:02X} at octet {at} counts {length} octets, {left} are left")
            }
            Self::StrayOctet { at } => write!(f, "user data header: octet {at} is left over"),
            Self::ElementTooLong { iei, len } => {
                write!(f, "user data header: element 0x{iei:02X} of {len} octets, at most 255 are allowed")
            }
            Self::TooLong { len } => write!(f, "user data header of {len} octets, at most 255 are allowed"),
        }
    }
}

impl std::error::Error for UserDataHeaderError {}

/// An element that a receiver passes over, in a header that is sound otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ElementFault {
    /// Where its identifier stands: octets from the UDHL, which is at 0.
    pub at: usize,
    /// The identifier.
    pub iei: u8,
    /// Why.
    pub kind: ElementFaultKind,
}

/// Why an element is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ElementFaultKind {
    /// It does not have the layout of its identifier, and is kept as octets.
    Layout {
        /// Its octets.
        len: u8,
        /// How many it must have at least.
        min: u8,
        /// How many it may have at most.
        max: u8,
    },
    /// Part 0, of 0 parts, or a part beyond the last.
    Concatenation {
        /// Number of parts.
        total: u8,
        /// Which of them.
        part: u8,
    },
    /// Another that says the same follows, and the last one counts.
    Repeated,
}

impl fmt::Display for ElementFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "element 0x{:02X} at octet {} of the user data header: ", self.iei, self.at)?;
        match self.kind {
            ElementFaultKind::Layout { len, min, max } if (min..=max).contains(&len) => {
                write!(f, "its {len} octets contradict each other")
            }
            ElementFaultKind::Layout { len, min, max } if min == max => write!(f, "{len} octets instead of {min}"),
            ElementFaultKind::Layout { len, min, max } => write!(f, "{len} octets instead of {min} to {max}"),
            ElementFaultKind::Concatenation { total, part } => write!(f, "part {part} of {total}"),
            ElementFaultKind::Repeated => write!(f, "another one follows, which counts"),
        }
    }
}
