//! What the ESME says.

use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use smpp::codec::{HEADER_LENGTH, Header};
use smpp::session::Direction;

use super::{Close, Line, Presence, Reading, length};

/// Reads the connection, and sees its PDUs. A PDU may come in any number of pieces: all but its header goes on as it comes.
pub(super) struct LineReader {
    inner: Box<dyn Read + Send>,
    presence: Arc<Presence>,
    /// The beginning of a header.
    held: Vec<u8>,
    /// The beginning of a PDU, for the trace.
    partial: Vec<u8>,
    /// Octets of that PDU that are still to come.
    left: usize,
    /// Whether that PDU is kept from the session.
    swallows: bool,
    /// Whether nobody can tell any more where a PDU begins.
    is_lost: bool,
}

/// Room for the beginning of a PDU that is kept.
const KEPT: usize = 4096;

impl LineReader {
    pub(super) fn new(inner: Box<dyn Read + Send>, presence: Arc<Presence>) -> Self {
        let held = Vec::with_capacity(HEADER_LENGTH);
        Self { inner, presence, held, partial: Vec::new(), left: 0, swallows: false, is_lost: false }
    }

    /// Looks at octets that came, those that were held before them. What the session is not to see is cut out; returns how
    /// many octets are left.
    fn look(&mut self, buffer: &mut [u8]) -> usize {
        let line = Arc::clone(&self.presence.0);
        let now = line.now();
        let (mut from, mut to) = (0, 0);
        let mut pass = |buffer: &mut [u8], range: Range<usize>| {
            let length = range.len();
            if range.start != to {
                buffer.copy_within(range, to);
            }
            to += length;
        };
        while let Some(rest) = buffer.get(from..).filter(|rest| !rest.is_empty()) {
            let end = buffer.len();
            if self.left > 0 {
                let piece = from..from + self.left.min(rest.len());
                self.partial.extend_from_slice(&buffer[piece.clone()]);
                self.left -= piece.len();
                from = piece.end;
                if !self.swallows {
                    pass(buffer, piece);
                }
                if self.left == 0 {
                    line.record(now, Direction::Received, &self.partial);
                    self.partial.clear();
                    self.partial.shrink_to(KEPT);
                }
                continue;
            }
            // The session judges a length by its four octets, and so it is not to wait for more.
            self.is_lost |= rest.len() >= 4 && length(rest).is_none();
            if self.is_lost {
                line.record(now, Direction::Received, rest);
                pass(buffer, from..end);
                break;
            }
            let Some(header) = rest.first_chunk::<HEADER_LENGTH>() else {
                self.held.extend_from_slice(rest);
                break;
            };
            let (header, whole) = (Header::from_octets(header), length(rest).unwrap_or(HEADER_LENGTH));
            if whole <= rest.len() {
                line.record(now, Direction::Received, &rest[..whole]);
            }
            self.swallows = see(&line, header);
            if whole > end - from {
                self.left = whole;
                continue;
            }
            if !self.swallows {
                pass(buffer, from..from + whole);
            }
            from += whole;
        }
        to
    }
}

impl Read for LineReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let line = Arc::clone(&self.presence.0);
        loop {
            line.wait_to_read()?;
            let held = self.held.len();
            let Some((before, room)) = buffer.split_at_mut_checked(held).filter(|(_, room)| !room.is_empty()) else {
                // No buffer of a driver is so small.
                return Err(io::ErrorKind::InvalidInput.into());
            };
            before.copy_from_slice(&self.held);
            let count = self.inner.read(room)?;
            if line.closed() == Some(Close::Reset) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            if count == 0 {
                self.held.clear();
                return Ok(held);
            }
            // What was on its way when reading was to stop waits here.
            line.wait_to_read()?;
            self.held.clear();
            let count = self.look(&mut buffer[..held + count]);
            if count > 0 {
                return Ok(count);
            }
        }
    }
}

/// A PDU of the ESME: whether it is to be kept from the session.
fn see(line: &Arc<Line>, header: Header) -> bool {
    line.count_request(header);
    if !matches!(header.command_id.0, 0x06 | 0x15) {
        return false;
    }
    let Some(engine) = line.engine.upgrade() else { return false };
    if header.command_id.0 == 0x15 {
        let now = engine.now();
        line.lock().last_enquire_link = Some(now);
    }
    engine.control(line, header)
}

impl Line {
    /// Returns when the socket may be read.
    fn wait_to_read(&self) -> io::Result<()> {
        let mut state = self.lock();
        loop {
            if state.closed == Some(Close::Reset) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            state = match state.reading {
                Reading::On => return Ok(()),
                Reading::Gated => self.wake.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner),
                Reading::Until(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        state.reading = Reading::On;
                        return Ok(());
                    }
                    let waited = self.wake.wait_timeout(state, left);
                    waited.unwrap_or_else(std::sync::PoisonError::into_inner).0
                }
            };
        }
    }
}
