//! Why a text cannot be split, or its parts not be put into PDUs.

use std::error::Error;
use std::fmt;

use crate::sms::{Alphabet, Unencodable, UserDataHeaderError};

/// A text that cannot be sent as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SplitError {
    /// The alphabet asked for does not have a letter, and the profile has no way around it.
    Unencodable(Unencodable),
    /// The text takes more than 255 parts.
    TooManyParts {
        /// How many it would take.
        needed: usize,
    },
    /// The text takes more than the 65,535 octets of message_payload (section 5.3.2.32).
    PayloadTooLong {
        /// How many it takes, the user data header included.
        len: usize,
    },
    /// The user data header leaves no room for text.
    NoRoom {
        /// Octets of the header.
        header: usize,
    },
    /// The elements given to the [`Splitter`](super::Splitter) are no user data header.
    Header(UserDataHeaderError),
    /// An element given to the [`Splitter`](super::Splitter) that it adds itself where it is needed (concatenation, and
    /// with texts national shifts), or one that parts with `sar_*` TLVs cannot have: they have no user data header.
    Element {
        /// The identifier.
        iei: u8,
    },
    /// No data_coding says both this alphabet and a class.
    Class {
        /// The alphabet.
        alphabet: Alphabet,
    },
    /// The template has a TLV that must not stand beside a user data header, that tells of other parts, or of ports
    /// for which the text leaves no room: elements of the [`Splitter`](super::Splitter) do, see
    /// [`with_element`](super::Splitter::with_element).
    Tlv {
        /// Its name.
        name: &'static str,
    },
    /// The `esm_class` of the template says that the octets begin with a user data header. Its elements are to be
    /// given to the [`Splitter`](super::Splitter), so that each part has them.
    HeaderInOctets,
}

impl fmt::Display for SplitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unencodable(error) => error.fmt(f),
            Self::TooManyParts { needed } => write!(f, "the text takes {needed} parts, at most 255 are allowed"),
            Self::PayloadTooLong { len } => {
                write!(f, "the text takes {len} octets of message_payload, at most 65535 are allowed")
            }
            Self::NoRoom { header } => {
                write!(f, "a user data header of {header} octets leaves no room for text in a part of 140")
            }
            Self::Header(error) => error.fmt(f),
            Self::Element { iei } => {
                write!(f, "element 0x{iei:02X} is not to be given here: the splitter adds it, or sar_* TLVs exclude it")
            }
            Self::Class { alphabet } => write!(f, "no data_coding says {alphabet} and a class"),
            Self::Tlv { name } => write!(f, "the template has {name}, which cannot stand in the parts"),
            Self::HeaderInOctets => {
                write!(
                    f,
                    "the octets begin with a user data header by the template's esm_class; give it to the splitter"
                )
            }
        }
    }
}

impl Error for SplitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unencodable(error) => Some(error),
            Self::Header(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Unencodable> for SplitError {
    fn from(error: Unencodable) -> Self {
        Self::Unencodable(error)
    }
}

impl From<UserDataHeaderError> for SplitError {
    fn from(error: UserDataHeaderError) -> Self {
        Self::Header(error)
    }
}
