//! Cutting a stream into PDUs: nothing but `command_length` is believed here (section 3.2).

use std::fmt;

use super::CommandId;
use crate::error::{FrameError, FrameErrorKind};
use crate::protocol::value::CommandStatus;

/// Octets of the header of every PDU (section 3.2).
pub const HEADER_LENGTH: usize = 16;

/// Greatest `command_length` that is believed unless told otherwise: the largest message_payload and then some.
pub const DEFAULT_MAX_COMMAND_LENGTH: u32 = 0x11000;

/// The header of a PDU (section 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Header {
    /// Octets of the whole PDU, this field included.
    pub command_length: u32,
    /// Which PDU it is.
    pub command_id: CommandId,
    /// Outcome of the request, in a response; 0 in a request.
    pub command_status: CommandStatus,
    /// Ties a response to its request. Sent as 1 to 0x7FFFFFFF; any value is accepted and echoed.
    pub sequence_number: u32,
}

/// One whole PDU as it stands on the wire: exactly `command_length` octets.
///
/// `Debug` shows the header, and not the octets: there may be a password among them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Frame<'a> {
    header: &'a [u8; HEADER_LENGTH],
    body: &'a [u8],
    octets: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Cuts the first PDU off a buffer and returns it with the rest, or `None` while it is not all there.
    ///
    /// # Errors
    /// [`FrameError`] if `command_length` is less than 16 or more than `max_command_length`: the stream cannot be
    /// followed any further.
    #[inline]
    pub fn split(buffer: &'a [u8], max_command_length: u32) -> Result<Option<(Self, &'a [u8])>, FrameError> {
        let Some((length, _)) = buffer.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let command_length = u32::from_be_bytes(*length);
        if command_length < HEADER_LENGTH as u32 || command_length > max_command_length {
            return Err(FrameError::new(command_length, max_command_length));
        }
        let Some((octets, rest)) = buffer.split_at_checked(command_length as usize) else {
            return Ok(None);
        };
        Ok(Self::of_exact(octets).map(|frame| (frame, rest)))
    }

    /// The PDU that is all of `octets`.
    ///
    /// # Errors
    /// [`FrameError`] if `command_length` is less than 16 or not the number of octets; its `kind` tells which.
    pub fn exact(octets: &'a [u8]) -> Result<Self, FrameError> {
        let kind = match Self::split(octets, u32::MAX)? {
            Some((frame, [])) => return Ok(frame),
            Some((_, rest)) => FrameErrorKind::OctetsLeft { octets: rest.len() },
            None if octets.len() < HEADER_LENGTH => FrameErrorKind::IncompleteHeader { octets: octets.len() },
            None => FrameErrorKind::IncompletePdu { octets: octets.len() },
        };
        let command_length = octets.first_chunk().map_or(0, |length| u32::from_be_bytes(*length));
        Err(FrameError { command_length, max_command_length: u32::MAX, kind })
    }

    #[inline(always)]
    fn of_exact(octets: &'a [u8]) -> Option<Self> {
        let (header, body) = octets.split_first_chunk::<HEADER_LENGTH>()?;
        Some(Self { header, body, octets })
    }

    /// The header.
    #[inline]
    pub fn header(&self) -> Header {
        Header::from_octets(self.header)
    }

    /// The octets after the header.
    #[inline]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// All octets, header included.
    #[inline]
    pub fn octets(&self) -> &'a [u8] {
        self.octets
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (header, octets) = (self.header(), self.octets.len());
        f.debug_struct("Frame").field("header", &header).field("octets", &octets).finish()
    }
}

impl Header {
    /// Reads a header. `command_length` is not checked.
    #[inline(always)]
    pub fn from_octets(octets: &[u8; HEADER_LENGTH]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = *octets;
        Self {
            command_length: u32::from_be_bytes([a, b, c, d]),
            command_id: CommandId(u32::from_be_bytes([e, f, g, h])),
            command_status: CommandStatus(u32::from_be_bytes([i, j, k, l])),
            sequence_number: u32::from_be_bytes([m, n, o, p]),
        }
    }

    /// The header as it stands on the wire.
    #[inline(always)]
    pub fn to_octets(self) -> [u8; HEADER_LENGTH] {
        let mut octets = [0; HEADER_LENGTH];
        let words = [self.command_length, self.command_id.0, self.command_status.0, self.sequence_number];
        for (place, word) in octets.chunks_exact_mut(4).zip(words) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        octets
    }
}

/// The whole PDUs at the start of a buffer, one after the other.
///
/// Ends at the first PDU that is not all there ([`remainder`](Self::remainder) holds its octets), or after yielding
/// the error of a `command_length` that cannot be.
///
/// ```
/// # use smpp::codec::Frames;
/// let octets = [0, 0, 0, 16, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
/// let mut frames = Frames::new(&octets);
/// assert_eq!(frames.next().unwrap().unwrap().header().sequence_number, 1);
/// assert!(frames.next().is_none());
/// assert_eq!(frames.remainder(), [0, 0]);
/// ```
#[derive(Clone)]
pub struct Frames<'a> {
    rest: &'a [u8],
    max_command_length: u32,
    failed: bool,
}

impl<'a> Frames<'a> {
    /// The PDUs of a buffer, up to [`DEFAULT_MAX_COMMAND_LENGTH`] octets each.
    pub fn new(buffer: &'a [u8]) -> Self {
        Self { rest: buffer, max_command_length: DEFAULT_MAX_COMMAND_LENGTH, failed: false }
    }

    /// The same with another limit on `command_length`.
    pub fn with_max_command_length(self, max_command_length: u32) -> Self {
        Self { max_command_length, ..self }
    }

    /// The octets that belong to no PDU yielded so far.
    pub fn remainder(&self) -> &'a [u8] {
        self.rest
    }
}

/// With the number of octets that are left.
impl fmt::Debug for Frames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rest, max_command_length, failed } = self;
        f.debug_struct("Frames")
            .field("rest", &rest.len())
            .field("max_command_length", max_command_length)
            .field("failed", failed)
            .finish()
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, FrameError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        match Frame::split(self.rest, self.max_command_length) {
            Ok(found) => found.map(|(frame, rest)| {
                self.rest = rest;
                Ok(frame)
            }),
            Err(error) => {
                self.failed = true;
                Some(Err(error))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorClass;

    #[test]
    fn exact_tells_what_is_wrong() {
        let wrong = |octets: &[u8]| {
            let error = Frame::exact(octets).unwrap_err();
            (error.command_length, error.class(), error.to_string())
        };
        let mut octets = [0; 20];
        assert_eq!(wrong(&[]), (0, ErrorClass::IncompleteHeader, "0 octets are less than a header".to_owned()));
        octets[3] = 18;
        let (header, pdu) = (ErrorClass::IncompleteHeader, ErrorClass::IncompletePdu);
        assert_eq!(wrong(&octets[..15]), (18, header, "15 octets are less than a header".to_owned()));
        assert_eq!(wrong(&octets[..16]), (18, pdu, "command_length is 18, 16 octets are there".to_owned()));
        assert!(Frame::exact(&octets[..18]).is_ok());
        let length = ErrorClass::InvalidCommandLength;
        assert_eq!(wrong(&octets), (18, length, "command_length is 18, 2 octets are left over".to_owned()));
        octets[3] = 15;
        let message = "command_length 15 is not between 16 and 4294967295".to_owned();
        assert_eq!(wrong(&octets), (15, length, message));
    }
}
