//! Bytes: frames, fields, TLVs, and what to do about deviations. The only module that knows the wire.
//!
//! Decoding goes octets → [`Frame`] → [`Decoder`] → PDU. It borrows from the octets and does not allocate. Encoding
//! goes PDU → [`Encode`] → any `Vec<u8>`. Neither needs a connection.

mod decoder;
mod frame;
mod integer;
mod leniency;
mod list;
mod raw;
mod reader;
mod serde;
mod spec;
mod string;
mod tlvs;
mod visit;
mod writer;

pub use decoder::Decoder;
pub use frame::{DEFAULT_MAX_COMMAND_LENGTH, Frame, Frames, HEADER_LENGTH, Header};
pub use integer::{CommandId, WireInteger, debug_part, debug_value, value_name};
pub use leniency::{Action, Leniency};
pub use list::{Element, List};
pub use raw::RawPdu;
pub use reader::{Decode, DecodeOwned, Failed, Reader};
#[cfg(feature = "serde")]
#[doc(hidden)]
pub use serde::{__serde, FromContent, Map};
pub use spec::{
    BodyOnError, CommandKind, CommandSpec, FieldKind, FieldSpec, PartSpec, Protocol, State, States, TlvKind, TlvSpec,
    ValueSpec, ValuesSpec,
};
pub use string::{COctetString, Hidden, OctetString};
pub use tlvs::{RawTlv, Tlv, TlvIter, TlvValue, Tlvs};
pub use visit::{Cursor, FieldValue, FieldView, Visit};
pub use writer::{Command, Encode, HasTlvs, Request, Room, Writer};
