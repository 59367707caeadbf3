//! What the cases are made of.

use smpp::codec::{CommandId, HEADER_LENGTH};
use smpp::value::CommandStatus;

use crate::line::header;

/// What a case answers, or begins with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The command_id of the request that is answered; bind_transceiver or submit_sm if none is.
    pub(crate) request: u32,
    /// Its sequence_number, or the first of those that the case may use for itself.
    pub(crate) number: u32,
    /// The first sequence_number of requests of the case.
    pub(crate) own: u32,
}

pub(super) const OK: CommandStatus = CommandStatus::ESME_ROK;

/// A PDU whose command_length is right, whatever else is in it.
pub(super) fn pdu(command_id: u32, status: CommandStatus, number: u32, body: &[u8]) -> Vec<u8> {
    let mut octets = header((HEADER_LENGTH + body.len()) as u32, CommandId(command_id), status, number);
    octets.extend_from_slice(body);
    octets
}

impl Place {
    /// The response to the request.
    pub(super) fn response(self, status: CommandStatus, body: &[u8]) -> Vec<u8> {
        pdu(self.request | 0x8000_0000, status, self.number, body)
    }

    /// A deliver_sm with its first number.
    pub(super) fn deliver(self, body: &[u8]) -> Vec<u8> {
        pdu(0x05, OK, self.own, body)
    }

    /// A deliver_sm that is as it should be, and has these octets behind short_message.
    pub(super) fn deliver_with(self, tail: &[u8]) -> Vec<u8> {
        self.deliver(&body(SOURCE, TEXT.len() as u8, tail))
    }
}

/// The body of a deliver_sm, its mandatory parameters with these for source_addr, NUL included, and sm_length.
pub(super) fn body(source_addr: &[u8], sm_length: u8, tail: &[u8]) -> Vec<u8> {
    let mut octets = vec![0, 1, 1];
    octets.extend_from_slice(source_addr);
    octets.extend_from_slice(b"\x01\x0112345\0");
    octets.extend_from_slice(&[0; 9]);
    octets.push(sm_length);
    octets.extend_from_slice(TEXT);
    octets.extend_from_slice(tail);
    octets
}

/// Octets of a TLV.
pub(super) fn tlv(tag: u16, length: u16, value: &[u8]) -> Vec<u8> {
    [&tag.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
}

pub(super) const SOURCE: &[u8] = b"447700900123\0";
pub(super) const TEXT: &[u8] = b"Is anybody there?";
/// user_message_reference (section 5.3.2.17).
pub(super) const USER_MESSAGE_REFERENCE: u16 = 0x0204;
