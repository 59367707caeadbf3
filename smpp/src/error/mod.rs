//! What can be wrong with octets, by the exact fault; and the one mapping from a fault to a `command_status`.
//!
//! [`FrameError`]: the stream cannot be followed, the session must end. [`DecodeError`]: one PDU is wrong, the stream is
//! sound. [`EncodeError`]: the caller asked for a PDU that the standard does not allow.

mod decode;
mod encode;

pub use decode::{DecodeError, DecodeErrorKind};
pub use encode::{EncodeError, EncodeErrorKind};

use std::fmt;

use crate::protocol::value::CommandStatus;

/// Octets are no PDU, or no stream of them, by their `command_length`.
///
/// In a stream it is less than a header, or more than this side is willing to hold. Where the next PDU begins is then
/// unknown, so the session has to be closed, after a generic_nack with ESME_RINVCMDLEN (section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameError {
    /// What the header says; 0 if there are not even the octets of it.
    pub command_length: u32,
    /// The most that this side accepts.
    pub max_command_length: u32,
    /// What is wrong with it.
    pub kind: FrameErrorKind,
}

/// What is wrong with a `command_length`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameErrorKind {
    /// It is less than a header or more than `max_command_length`: the only kind there is in a stream.
    OutOfRange,
    /// There are fewer octets than a header.
    IncompleteHeader {
        /// How many.
        octets: usize,
    },
    /// There are fewer octets than it says.
    IncompletePdu {
        /// How many.
        octets: usize,
    },
    /// There are more octets than it says.
    OctetsLeft {
        /// How many more.
        octets: usize,
    },
}

impl FrameError {
    /// A `command_length` that is less than a header or more than `max_command_length`: for those who cut the stream
    /// themselves.
    pub const fn new(command_length: u32, max_command_length: u32) -> Self {
        Self { command_length, max_command_length, kind: FrameErrorKind::OutOfRange }
    }

    /// The kind of fault, as test vectors name it.
    pub fn class(&self) -> ErrorClass {
        match self.kind {
            FrameErrorKind::IncompleteHeader { .. } => ErrorClass::IncompleteHeader,
            FrameErrorKind::IncompletePdu { .. } => ErrorClass::IncompletePdu,
            FrameErrorKind::OutOfRange | FrameErrorKind::OctetsLeft { .. } => ErrorClass::InvalidCommandLength,
        }
    }

    /// The status for the generic_nack: always ESME_RINVCMDLEN.
    pub fn command_status(&self) -> CommandStatus {
        CommandStatus::ESME_RINVCMDLEN
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command_length, max_command_length, kind } = self;
        match kind {
            FrameErrorKind::OutOfRange => {
                write!(f, "command_length {command_length} is not between 16 and {max_command_length}")
            }
            FrameErrorKind::IncompleteHeader { octets } => write!(f, "{octets} octets are less than a header"),
            FrameErrorKind::IncompletePdu { octets } => {
                write!(f, "command_length is {command_length}, {octets} octets are there")
            }
            FrameErrorKind::OctetsLeft { octets } => {
                write!(f, "command_length is {command_length}, {octets} octets are left over")
            }
        }
    }
}

impl std::error::Error for FrameError {}

/// Kinds of fault, named as test vectors name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Fewer octets than a header.
    IncompleteHeader,
    /// Fewer octets than `command_length` says.
    IncompletePdu,
    /// `command_length` below 16 or above the limit.
    InvalidCommandLength,
    /// No such command.
    UnknownCommandId,
    /// The body ends within the mandatory fields.
    TruncatedBody,
    /// A C-octet string without NUL.
    UnterminatedCOctetString,
    /// A C-octet string above its limit.
    COctetStringTooLong,
    /// A time that is neither empty nor 16 characters.
    InvalidTimeLength,
    /// A time that is none.
    InvalidTimeValue,
    /// sm_length goes past the end of the PDU.
    SmLengthExceedsBody,
    /// sm_length is above 254.
    SmLengthOutOfRange,
    /// 1 to 3 octets after the last TLV.
    TlvStreamLeftover,
    /// A TLV goes past the end of the PDU.
    TlvLengthExceedsPdu,
    /// A TLV has a length that its type does not allow.
    TlvInvalidLength,
    /// dest_flag is neither 1 nor 2.
    InvalidDestFlag,
    /// number_of_dests is out of range.
    InvalidNumberOfDests,
    /// Two fields contradict each other.
    ConflictingFields,
    /// The user data header is none.
    InvalidUserDataHeader,
    /// A value is reserved or not allowed here.
    InvalidValue,
}

impl ErrorClass {
    /// The name: `truncated_body`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::IncompleteHeader => "incomplete_header",
            Self::IncompletePdu => "incomplete_pdu",
            Self::InvalidCommandLength => "invalid_command_length",
            Self::UnknownCommandId => "unknown_command_id",
            Self::TruncatedBody => "truncated_body",
            Self::UnterminatedCOctetString => "unterminated_c_octet_string",
            Self::COctetStringTooLong => "c_octet_string_too_long",
            Self::InvalidTimeLength => "invalid_time_length",
            Self::InvalidTimeValue => "invalid_time_value",
            Self::SmLengthExceedsBody => "sm_length_exceeds_body",
            Self::SmLengthOutOfRange => "sm_length_out_of_range",
            Self::TlvStreamLeftover => "tlv_stream_leftover",
            Self::TlvLengthExceedsPdu => "tlv_length_exceeds_pdu",
            Self::TlvInvalidLength => "tlv_invalid_length",
            Self::InvalidDestFlag => "invalid_dest_flag",
            Self::InvalidNumberOfDests => "invalid_number_of_dests",
            Self::ConflictingFields => "conflicting_fields",
            Self::InvalidUserDataHeader => "invalid_user_data_header",
            Self::InvalidValue => "invalid_value",
        }
    }

    /// Whether a PDU with such a fault is not whole: it ends before its lengths say it does, so something that the peer
    /// meant to say is missing.
    pub const fn is_loss(self) -> bool {
        matches!(self, Self::TlvLengthExceedsPdu | Self::SmLengthExceedsBody)
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
