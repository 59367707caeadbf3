//! A connection in memory.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::transport::{Halves, Transport};
use crate::sync::{Condvar, Mutex, MutexGuard};

/// One end of a connection in memory; see [`pipe`].
#[derive(Debug)]
pub struct Pipe {
    incoming: Arc<Stream>,
    outgoing: Arc<Stream>,
}

/// A connection in memory that holds up to `capacity` octets in each direction.
pub fn pipe(capacity: usize) -> (Pipe, Pipe) {
    let (one, two) = (Arc::new(Stream::new(capacity)), Arc::new(Stream::new(capacity)));
    (Pipe { incoming: Arc::clone(&one), outgoing: Arc::clone(&two) }, Pipe { incoming: two, outgoing: one })
}

#[derive(Debug)]
struct Stream {
    capacity: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    octets: VecDeque<u8>,
    /// No more will be written.
    ended: bool,
    /// No more will be read.
    abandoned: bool,
}

/// With the number of octets on their way.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { octets, ended, abandoned } = self;
        f.debug_struct("State")
            .field("octets", &octets.len())
            .field("ended", ended)
            .field("abandoned", abandoned)
            .finish()
    }
}

/// How long a write waits for room, as that of TCP does.
const WRITE_TICK: Duration = Duration::from_millis(250);

impl Stream {
    fn new(capacity: usize) -> Self {
        Self { capacity: capacity.max(1), state: Mutex::new(State::default()), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    fn abandon(&self) {
        let mut state = self.lock();
        (state.abandoned, state.ended) = (true, true);
        state.octets.clear();
        self.changed.notify_all();
    }
}

/// The reading half.
struct Source(Arc<Stream>);

/// The writing half.
struct Sink(Arc<Stream>);

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let state = self.0.lock();
        let waits = |state: &mut State| state.octets.is_empty() && !state.ended;
        let mut state = self.0.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
        let count = state.octets.read(buffer)?;
        self.0.changed.notify_all();
        Ok(count)
    }
}

impl Write for Sink {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let capacity = self.0.capacity;
        let state = self.0.lock();
        let waits = |state: &mut State| state.octets.len() >= capacity && !state.ended;
        let waited = self.0.changed.wait_timeout_while(state, WRITE_TICK, waits);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let room = capacity.saturating_sub(state.octets.len());
        if state.ended || state.abandoned {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        if room == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let count = octets.len().min(room);
        state.octets.extend(&octets[..count]);
        self.0.changed.notify_all();
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Transport for Pipe {
    fn split(self: Box<Self>) -> io::Result<Halves> {
        let (incoming, outgoing) = (Arc::clone(&self.incoming), Arc::clone(&self.outgoing));
        let shutdown = move |how| {
            if matches!(how, Shutdown::Read | Shutdown::Both) {
                incoming.abandon();
            }
            if matches!(how, Shutdown::Write | Shutdown::Both) {
                outgoing.end();
            }
        };
        let (reader, writer) = (Box::new(Source(self.incoming)), Box::new(Sink(self.outgoing)));
        Ok(Halves { reader, writer, shutdown: Arc::new(shutdown) })
    }
}
