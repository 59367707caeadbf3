//! The receive buffer.

use std::fmt;
use std::io::{self, Read};

use crate::codec::Frame;
use crate::error::FrameError;

/// Reads a stream and cuts it into frames, which borrow from the buffer.
///
/// ```
/// use smpp::driver::FrameBuffer;
///
/// let mut stream = &[0, 0, 0, 16, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 1][..];
/// let mut buffer = FrameBuffer::new(70_000);
/// while buffer.fill(&mut stream)? > 0 {
///     while let Some(frame) = buffer.next_frame()? {
///         assert_eq!(frame.header().sequence_number, 1);
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FrameBuffer {
    octets: Vec<u8>,
    start: usize,
    end: usize,
    max_command_length: u32,
}

/// What a read asks for at least, and the size the buffer has as long as no PDU is larger.
const SIZE: usize = 32 * 1024;

impl FrameBuffer {
    /// A buffer for PDUs of up to so many octets. It grows to what comes, and to no more than twice that as long as whole
    /// frames are taken before it is filled again.
    pub fn new(max_command_length: u32) -> Self {
        Self { octets: vec![0; SIZE], start: 0, end: 0, max_command_length }
    }

    /// Reads once, blocking if the reader does, and returns how many octets came: 0 at the end of the stream.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn fill(&mut self, reader: &mut (impl Read + ?Sized)) -> io::Result<usize> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.octets.len() {
            self.octets.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.octets.len() {
            // There is less than one PDU in the buffer, or its owner has not taken what is in it.
            self.octets.resize(2 * self.octets.len(), 0);
        }
        let count = reader.read(&mut self.octets[self.end..])?;
        self.end += count;
        Ok(count)
    }

    /// The next whole frame, if there is one.
    ///
    /// # Errors
    /// [`FrameError`] if the stream cannot be followed; [`unread`](Self::unread) then begins with the broken PDU.
    pub fn next_frame(&mut self) -> Result<Option<Frame<'_>>, FrameError> {
        let unread = &self.octets[self.start..self.end];
        let Some((frame, _)) = Frame::split(unread, self.max_command_length)? else { return Ok(None) };
        self.start += frame.octets().len();
        Ok(Some(frame))
    }

    /// What has been read and not taken.
    pub fn unread(&self) -> &[u8] {
        &self.octets[self.start..self.end]
    }

    /// Takes so many octets off the front.
    pub fn consume(&mut self, octets: usize) {
        self.start = (self.start + octets).min(self.end);
    }

    /// The greatest `command_length` that is believed.
    pub fn max_command_length(&self) -> u32 {
        self.max_command_length
    }
}

/// With the number of octets that are unread.
impl fmt::Debug for FrameBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unread, max_command_length) = (self.unread().len(), self.max_command_length);
        f.debug_struct("FrameBuffer")
            .field("unread", &unread)
            .field("max_command_length", &max_command_length)
            .finish_non_exhaustive()
    }
}
