//! PDUs that the standard does not have.

use std::borrow::Cow;
use std::fmt;

use super::{CommandId, Decode, Decoder, Frame, HEADER_LENGTH, Header};
use crate::error::{DecodeError, EncodeError, EncodeErrorKind};
use crate::protocol::value::CommandStatus;

/// A PDU as octets: one that the standard does not have, or that is to be sent as it is.
///
/// `Debug` shows how many octets there are, and none of them: nothing tells whether there is a password among them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RawPdu<'a> {
    header: Header,
    /// Header and body, so that it can be decoded as what a vendor says it is.
    octets: Cow<'a, [u8]>,
}

impl<'a> RawPdu<'a> {
    /// A PDU with this id and body.
    pub fn new(command_id: CommandId, body: &[u8]) -> Self {
        let command_length = (HEADER_LENGTH + body.len()) as u32;
        let header = Header { command_length, command_id, command_status: CommandStatus(0), sequence_number: 0 };
        let mut octets = header.to_octets().to_vec();
        octets.extend_from_slice(body);
        Self { header, octets: octets.into() }
    }

    /// The PDU of a frame.
    pub fn of_frame(frame: Frame<'a>) -> Self {
        Self { header: frame.header(), octets: frame.octets().into() }
    }

    /// `command_id`.
    pub fn command_id(&self) -> CommandId {
        self.header.command_id
    }

    /// The octets after the header.
    pub fn body(&self) -> &[u8] {
        &self.octets[HEADER_LENGTH..]
    }

    /// Decodes it as a command of a vendor.
    ///
    /// # Errors
    /// [`DecodeError`]: the first fault that the decoder's policy does not let pass, another `command_id` among them.
    pub fn decode_as<'p, P: Decode<'p>>(&'p self, decoder: &mut Decoder) -> Result<P, DecodeError> {
        decoder.decode_raw(&self.octets, self.header)
    }

    /// The same PDU with octets of its own.
    pub fn into_owned(self) -> RawPdu<'static> {
        RawPdu { header: self.header, octets: self.octets.into_owned().into() }
    }

    /// Appends the PDU to `out`.
    ///
    /// # Errors
    /// [`EncodeError`] if it is longer than `command_length` can say.
    pub fn encode_with_status(
        &self,
        command_status: CommandStatus,
        sequence_number: u32,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let len = self.octets.len();
        let Ok(command_length) = u32::try_from(len) else {
            let kind = EncodeErrorKind::PduTooLong { len };
            return Err(EncodeError { command: "raw PDU", field: "command_length", kind });
        };
        let header = Header { command_length, command_id: self.command_id(), command_status, sequence_number };
        out.extend_from_slice(&header.to_octets());
        out.extend_from_slice(self.body());
        Ok(())
    }
}

impl fmt::Debug for RawPdu<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (command_id, octets) = (self.command_id(), self.octets.len());
        f.debug_struct("RawPdu").field("command_id", &command_id).field("octets", &octets).finish()
    }
}
