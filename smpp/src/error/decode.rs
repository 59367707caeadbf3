//! Faults of one PDU.

use std::fmt;

use super::ErrorClass;
use crate::codec::{CommandId, CommandSpec};
use crate::protocol::value::CommandStatus;

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
