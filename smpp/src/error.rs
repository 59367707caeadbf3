//! What can be wrong with octets, by the exact fault; and the one mapping from a fault to a `command_status`.
//!
//! [`FrameError`]: the stream cannot be followed, the session must end. [`DecodeError`]: one PDU is wrong, the stream is
//! sound. [`EncodeError`]: the caller asked for a PDU that the standard does not allow.

use std::fmt;

use crate::codec::{CommandId, CommandSpec};
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

/// A PDU whose octets, or values, deviate from the standard: which command, which field, where, and how.
///
/// Returned when decoding fails; kept as a diagnostic when it is salvaged; found by [`validate`](crate::validate()).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// The PDU.
    pub command: CommandId,
    /// Name of the field or TLV, or `tlvs` for the TLV area as a whole, or a field of the header.
    pub field: &'static str,
    /// Where it begins: octets from the start of the PDU, header included.
    pub offset: u32,
    /// What is wrong with it.
    pub kind: DecodeErrorKind,
    /// Name of the command, by whichever specification has it.
    name: Option<&'static str>,
    status: CommandStatus,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// No specification that the decoder knows has this command.
    UnknownCommandId,
    /// The PDU is not of the type that was asked for.
    OtherCommand {
        /// The type that was asked for.
        expected: CommandId,
    },
    /// The PDU ends before or within the field.
    TruncatedBody,
    /// A response with status 0 has no body.
    MissingBody,
    /// There is no NUL before the end of the PDU.
    UnterminatedCOctetString,
    /// The string is longer than the field allows.
    COctetStringTooLong {
        /// Octets, NUL included.
        len: u32,
        /// Octets allowed, NUL included.
        max: u32,
    },
    /// The string has none of the lengths that the field may have.
    InvalidTimeLength {
        /// Octets, NUL included.
        len: u32,
    },
    /// The time is not of the form of section 7.1.1.
    InvalidTimeValue,
    /// More octets are counted than the PDU has.
    SmLengthExceedsBody {
        /// Octets counted.
        sm_length: u32,
        /// Octets left.
        left: u32,
    },
    /// More octets are counted than the field may have.
    SmLengthOutOfRange {
        /// Octets counted.
        sm_length: u32,
        /// Octets allowed.
        max: u32,
    },
    /// After the last TLV 1 to 3 octets are left, too few for another.
    TlvStreamLeftover {
        /// How many.
        octets: u32,
    },
    /// The TLV is longer than what is left of the PDU.
    TlvLengthExceedsPdu {
        /// Its tag.
        tag: u16,
        /// Its length.
        len: u32,
        /// Octets left.
        left: u32,
    },
    /// The TLV has a length that its type does not allow.
    TlvInvalidLength {
        /// Its tag.
        tag: u16,
        /// Its length.
        len: u32,
        /// The least allowed.
        min: u32,
        /// The most allowed.
        max: u32,
    },
    /// dest_flag is neither 1 nor 2, or another discriminant has no such form.
    InvalidDestFlag {
        /// What stands there.
        value: u64,
    },
    /// The number of elements is out of range.
    InvalidNumberOfDests {
        /// How many.
        count: u32,
        /// Least.
        min: u32,
        /// Most.
        max: u32,
    },
    /// The value is reserved, or not one that this field may have.
    InvalidValue {
        /// What stands there.
        value: u64,
    },
    /// A destination address is needed and is empty.
    EmptyAddress,
    /// Both short_message and message_payload carry text.
    TextTwice,
    /// A user data header is announced (UDHI) and port or sar TLVs stand beside it.
    UserDataHeaderAndTlv {
        /// Tag of the TLV.
        tag: u16,
    },
    /// A user data header is announced (UDHI), and what stands there is none.
    InvalidUserDataHeader,
    /// The TLV is in no specification that the decoder knows.
    UnknownTlv {
        /// Its tag.
        tag: u16,
    },
    /// The TLV is not listed for this PDU.
    TlvNotAllowed {
        /// Its tag.
        tag: u16,
    },
    /// The TLV may occur once and occurs again.
    TlvRepeated {
        /// Its tag.
        tag: u16,
    },
    /// The value of the TLV is reserved.
    TlvInvalidValue {
        /// Its tag.
        tag: u16,
        /// What stands there.
        value: u64,
    },
    /// Another TLV that must accompany this one is missing.
    TlvMissing {
        /// Tag of the missing one.
        tag: u16,
    },
}

impl DecodeError {
    /// The kind of fault.
    pub fn class(&self) -> ErrorClass {
        use DecodeErrorKind as Kind;
        match self.kind {
            Kind::UnknownCommandId | Kind::OtherCommand { .. } => ErrorClass::UnknownCommandId,
            Kind::TruncatedBody | Kind::MissingBody => ErrorClass::TruncatedBody,
            Kind::UnterminatedCOctetString => ErrorClass::UnterminatedCOctetString,
            Kind::COctetStringTooLong { .. } => ErrorClass::COctetStringTooLong,
            Kind::InvalidTimeLength { .. } => ErrorClass::InvalidTimeLength,
            Kind::InvalidTimeValue => ErrorClass::InvalidTimeValue,
            Kind::SmLengthExceedsBody { .. } => ErrorClass::SmLengthExceedsBody,
            Kind::SmLengthOutOfRange { .. } => ErrorClass::SmLengthOutOfRange,
            Kind::TlvStreamLeftover { .. } => ErrorClass::TlvStreamLeftover,
            Kind::TlvLengthExceedsPdu { .. } => ErrorClass::TlvLengthExceedsPdu,
            Kind::TlvInvalidLength { .. } => ErrorClass::TlvInvalidLength,
            Kind::InvalidDestFlag { .. } => ErrorClass::InvalidDestFlag,
            Kind::InvalidNumberOfDests { .. } => ErrorClass::InvalidNumberOfDests,
            Kind::TextTwice | Kind::UserDataHeaderAndTlv { .. } => ErrorClass::ConflictingFields,
            Kind::InvalidUserDataHeader => ErrorClass::InvalidUserDataHeader,
            Kind::InvalidValue { .. }
            | Kind::EmptyAddress
            | Kind::UnknownTlv { .. }
            | Kind::TlvNotAllowed { .. }
            | Kind::TlvRepeated { .. }
            | Kind::TlvInvalidValue { .. }
            | Kind::TlvMissing { .. } => ErrorClass::InvalidValue,
        }
    }

    /// The `command_status` of a negative answer: the status of the field where its specification has one, else that of
    /// the kind of fault (erratum 44).
    ///
    /// Whether there is to be an answer is another matter: responses and one-way PDUs get none.
    pub fn command_status(&self) -> CommandStatus {
        self.status
    }

    /// A fault in a PDU of this command, of which `spec` is what is known.
    pub(crate) fn new(
        command: CommandId,
        spec: Option<&'static CommandSpec>,
        field: &'static str,
        offset: u32,
        kind: DecodeErrorKind,
    ) -> Self {
        let status = status_of(spec, field, kind);
        Self { command, field, offset, kind, name: spec.map(|spec| spec.name), status }
    }
}

/// The one mapping from a fault in a PDU to a `command_status`.
fn status_of(spec: Option<&'static CommandSpec>, field: &str, kind: DecodeErrorKind) -> CommandStatus {
    use DecodeErrorKind as Kind;
    let of_field = || spec.and_then(|spec| spec.field(field)).and_then(|field| field.invalid);
    match kind {
        Kind::UnknownCommandId | Kind::OtherCommand { .. } => CommandStatus::ESME_RINVCMDID,
        Kind::TruncatedBody | Kind::MissingBody | Kind::UnterminatedCOctetString => CommandStatus::ESME_RINVCMDLEN,
        Kind::SmLengthExceedsBody { .. } | Kind::SmLengthOutOfRange { .. } | Kind::TextTwice => {
            CommandStatus::ESME_RINVMSGLEN
        }
        // Stray octets behind a PDU that has no TLVs mean that its length is wrong.
        Kind::TlvLengthExceedsPdu { .. } if spec.is_some_and(|spec| spec.tlvs.is_empty()) => {
            CommandStatus::ESME_RINVCMDLEN
        }
        Kind::TlvStreamLeftover { .. } if spec.is_some_and(|spec| spec.fields.is_empty()) => {
            CommandStatus::ESME_RINVCMDLEN
        }
        Kind::TlvLengthExceedsPdu { .. } | Kind::TlvStreamLeftover { .. } => CommandStatus::ESME_RINVOPTPARSTREAM,
        Kind::TlvInvalidLength { .. } => CommandStatus::ESME_RINVPARLEN,
        Kind::InvalidDestFlag { .. } => of_field().unwrap_or(CommandStatus::ESME_RINVDESTFLAG),
        Kind::InvalidNumberOfDests { .. } => CommandStatus::ESME_RINVNUMDESTS,
        Kind::InvalidUserDataHeader | Kind::UserDataHeaderAndTlv { .. } => CommandStatus::ESME_RINVESMCLASS,
        Kind::UnknownTlv { .. } | Kind::TlvNotAllowed { .. } => CommandStatus::ESME_ROPTPARNOTALLWD,
        Kind::TlvRepeated { .. } | Kind::TlvInvalidValue { .. } => CommandStatus::ESME_RINVOPTPARAMVAL,
        Kind::TlvMissing { .. } => CommandStatus::ESME_RMISSINGOPTPARAM,
        Kind::COctetStringTooLong { .. } | Kind::InvalidTimeLength { .. } => {
            of_field().unwrap_or(CommandStatus::ESME_RINVPARLEN)
        }
        Kind::InvalidTimeValue | Kind::InvalidValue { .. } | Kind::EmptyAddress => {
            let is_bind = spec.is_some_and(|spec| spec.name.starts_with("bind_"));
            of_field().unwrap_or(if is_bind { CommandStatus::ESME_RBINDFAIL } else { CommandStatus::ESME_RUNKNOWNERR })
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use DecodeErrorKind as Kind;
        match self.name {
            Some(name) => f.write_str(name)?,
            None => write!(f, "command 0x{:08X}", self.command.0)?,
        }
        write!(f, ": {} at octet {}: ", self.field, self.offset)?;
        match self.kind {
            Kind::UnknownCommandId => write!(f, "unknown command_id 0x{:08X}", self.command.0),
            Kind::OtherCommand { expected } => write!(f, "expected command_id 0x{:08X}", expected.0),
            Kind::TruncatedBody => f.write_str("the PDU ends here"),
            Kind::MissingBody => f.write_str("no body although command_status is 0"),
            Kind::UnterminatedCOctetString => f.write_str("no NUL before the end of the PDU"),
            Kind::COctetStringTooLong { len, max } => write!(f, "{len} octets with the NUL, at most {max} are allowed"),
            Kind::InvalidTimeLength { len } => write!(f, "{len} octets with the NUL is no length this field may have"),
            Kind::InvalidTimeValue => f.write_str("not a time of section 7.1.1"),
            Kind::SmLengthExceedsBody { sm_length, left } => write!(f, "{sm_length} octets counted, {left} are left"),
            Kind::SmLengthOutOfRange { sm_length, max } => {
                write!(f, "{sm_length} octets counted, at most {max} are allowed")
            }
            Kind::TlvStreamLeftover { octets } => write!(f, "{octets} stray octets, too few for a TLV"),
            Kind::TlvLengthExceedsPdu { tag, len, left } => {
                write!(f, "TLV 0x{tag:04X} of {len} octets, {left} are left")
            }
            Kind::TlvInvalidLength { tag, len, min, max } if min == max => {
                write!(f, "TLV 0x{tag:04X} has {len} octets, must have {min}")
            }
            Kind::TlvInvalidLength { tag, len, min, max } => {
                write!(f, "TLV 0x{tag:04X} has {len} octets, must have {min} to {max}")
            }
            Kind::InvalidDestFlag { value } => write!(f, "{value} announces no known form"),
            Kind::InvalidNumberOfDests { count, min, max } => write!(f, "{count} elements, must be {min} to {max}"),
            Kind::InvalidValue { value } => write!(f, "value {value} (0x{value:02X}) is reserved or not allowed here"),
            Kind::EmptyAddress => f.write_str("empty, an address is needed"),
            Kind::TextTwice => f.write_str("message_payload beside a short_message that is not empty"),
            Kind::UserDataHeaderAndTlv { tag } => write!(f, "TLV 0x{tag:04X} beside a user data header"),
            Kind::InvalidUserDataHeader => f.write_str("UDHI is set, but there is no sound user data header"),
            Kind::UnknownTlv { tag } => write!(f, "unknown TLV 0x{tag:04X}"),
            Kind::TlvNotAllowed { tag } => write!(f, "TLV 0x{tag:04X} is not listed for this PDU"),
            Kind::TlvRepeated { tag } => write!(f, "TLV 0x{tag:04X} may occur once only"),
            Kind::TlvInvalidValue { tag, value } => write!(f, "TLV 0x{tag:04X} has the reserved value {value}"),
            Kind::TlvMissing { tag } => write!(f, "TLV 0x{tag:04X} must accompany it"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Kinds of fault, named as test vectors name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
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
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

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
