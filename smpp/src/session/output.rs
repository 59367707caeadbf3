//! What waits to be written.

use std::fmt;
use std::ops::Range;

use super::Counters;
use super::event::Outstanding;
use crate::codec::{Command, CommandId, CommandSpec, Encode, FieldKind, HEADER_LENGTH, Header};
use crate::error::EncodeError;
use crate::protocol::value::CommandStatus;

/// Encoded PDUs, and account of how far the stream has been fetched. Every PDU that is sent passes here, so they are counted
/// here, too.
#[derive(Default)]
pub(super) struct Output {
    octets: Vec<u8>,
    /// Octets of the stream before those in `octets`.
    taken: u64,
    pub(super) counters: Counters,
}

impl Output {
    pub(super) fn len(&self) -> usize {
        self.octets.len()
    }

    /// Where in the stream the next PDU begins.
    #[inline]
    pub(super) fn end(&self) -> u64 {
        self.taken + self.octets.len() as u64
    }

    /// Hands over everything; what `buffer` held is dropped, its capacity is kept for what comes.
    pub(super) fn take(&mut self, buffer: &mut Vec<u8>) {
        buffer.clear();
        self.taken += self.octets.len() as u64;
        std::mem::swap(&mut self.octets, buffer);
    }

    /// The last so many octets that were handed over did not reach the transport.
    pub(super) fn give_back(&mut self, octets: u64) {
        self.taken = self.taken.saturating_sub(octets);
        self.octets.clear();
    }

    /// Whether the last octet of the request was handed over.
    pub(super) fn is_taken<T>(&self, request: &Outstanding<T>) -> bool {
        request.octets.end <= self.taken
    }

    /// Takes PDUs out again, none of which was handed over; they stand in ascending order. What is behind them moves up.
    pub(super) fn withdraw(&mut self, pdus: &[Range<u64>]) {
        let mut kept = Vec::with_capacity(self.octets.len());
        let mut rest = self.taken;
        for pdu in pdus {
            let until = (pdu.start.saturating_sub(rest)) as usize;
            kept.extend_from_slice(self.since(rest).get(..until).unwrap_or_default());
            rest = pdu.end;
        }
        kept.extend_from_slice(self.since(rest));
        self.octets = kept;
    }

    /// Appends a PDU; without its TLVs if the peer takes none.
    #[inline]
    pub(super) fn pdu<P: Command>(
        &mut self,
        pdu: &P,
        status: CommandStatus,
        sequence_number: u32,
        tlvs: bool,
    ) -> Result<(), EncodeError> {
        let start = self.octets.len();
        pdu.encode_with_status(status, sequence_number, &mut self.octets)?;
        if !tlvs {
            self.cut_tlvs(start, pdu.tlvs().octets().len());
        }
        self.counters.count_sent(P::SPEC.id, status);
        Ok(())
    }

    /// TLVs are always the last octets of a PDU.
    #[cold]
    fn cut_tlvs(&mut self, start: usize, tlvs: usize) {
        let len = self.octets.len() - start;
        if len >= HEADER_LENGTH + tlvs {
            self.octets.truncate(start + len - tlvs);
            self.set_command_length(start);
        }
    }

    /// Appends a PDU without body.
    pub(super) fn header(&mut self, command_id: CommandId, command_status: CommandStatus, sequence_number: u32) {
        let header = Header { command_length: HEADER_LENGTH as u32, command_id, command_status, sequence_number };
        self.octets.extend_from_slice(&header.to_octets());
        self.counters.count_sent(command_id, command_status);
    }

    /// Appends a response of which nothing is known but its status: every string empty, every number 0. In an error
    /// response the body is left out where the standard leaves it out (erratum 16).
    pub(super) fn blank(&mut self, spec: &'static CommandSpec, status: CommandStatus, sequence_number: u32) {
        use crate::codec::BodyOnError;
        let start = self.octets.len();
        self.header(spec.id, status, sequence_number);
        if status == CommandStatus::ESME_ROK || spec.body_on_error == BodyOnError::Unspecified {
            for field in spec.fields {
                let octets = match field.kind {
                    FieldKind::Integer | FieldKind::Count => field.max as usize,
                    FieldKind::COctetString => 1,
                    FieldKind::OctetString | FieldKind::List { .. } => 0,
                };
                self.octets.resize(self.octets.len() + octets, 0);
            }
            self.set_command_length(start);
        }
    }

    /// Appends a request that was sent before, with this sequence number.
    pub(super) fn again(&mut self, id: CommandId, octets: &[u8], sequence_number: u32) {
        let start = self.octets.len();
        self.octets.extend_from_slice(octets);
        if let Some(place) = self.octets.get_mut(start + 12..start + HEADER_LENGTH) {
            place.copy_from_slice(&sequence_number.to_be_bytes());
        }
        self.counters.count_sent(id, CommandStatus::ESME_ROK);
    }

    /// The octets of the stream from there on, as far as they were not fetched.
    #[inline]
    pub(super) fn since(&self, start: u64) -> &[u8] {
        self.octets.get((start - self.taken) as usize..).unwrap_or_default()
    }

    pub(super) fn raw(&mut self, octets: &[u8]) {
        self.octets.extend_from_slice(octets);
    }

    fn set_command_length(&mut self, start: usize) {
        let command_length = (self.octets.len() - start) as u32;
        if let Some(place) = self.octets.get_mut(start..start + 4) {
            place.copy_from_slice(&command_length.to_be_bytes());
        }
    }
}

/// Without the octets: there may be a bind among them.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("octets", &self.octets.len()).field("taken", &self.taken).finish()
    }
}
