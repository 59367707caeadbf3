//! What carries the octets.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A connection that can be read by one thread while another writes: TCP, TLS, or a [`pipe`](super::pipe()).
pub trait Transport: Send + 'static {
    /// The address of the peer, if there is such a thing.
    fn peer_addr(&self) -> Option<SocketAddr> {
        None
    }

    /// Another handle of the TCP connection beneath, if there is one and the system allows another: what is written to it goes past
    /// TLS. For a transport around this one that sets options of the socket, or breaks it as a test wants it broken.
    fn socket(&self) -> Option<TcpStream> {
        None
    }

    /// Takes it apart.
    ///
    /// # Errors
    /// If the transport cannot be made ready.
    fn split(self: Box<Self>) -> io::Result<Halves>;
}

/// When so much time has passed. There is no time that is too long.
pub(crate) fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or_else(|| now + FOR_EVER)
}

/// A hundred years: no wait is longer.
pub(crate) const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Ends one direction of a transport, or both, at once, from any thread; whoever is blocked in it wakes up.
pub type ShutdownHandle = Arc<dyn Fn(Shutdown) + Send + Sync>;

/// A transport taken apart.
pub struct Halves {
    /// Blocks until there is something; 0 octets mean the end.
    pub reader: Box<dyn Read + Send>,
    /// May take less than it is given. If it cannot take anything for some time, it should fail with
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) or [`TimedOut`](io::ErrorKind::TimedOut) rather than block: the driver
    /// then minds its timers and tries again.
    pub writer: Box<dyn Write + Send>,
    /// Ends it.
    pub shutdown: ShutdownHandle,
}

impl std::fmt::Debug for Halves {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Halves").finish_non_exhaustive()
    }
}

/// What a [`Connector`](super::Connector) makes.
impl Transport for Box<dyn Transport> {
    fn peer_addr(&self) -> Option<SocketAddr> {
        (**self).peer_addr()
    }

    fn socket(&self) -> Option<TcpStream> {
        (**self).socket()
    }

    fn split(self: Box<Self>) -> io::Result<Halves> {
        (*self).split()
    }
}

/// How long a write blocks before the timers are looked after.
pub(crate) const WRITE_TICK: Duration = Duration::from_millis(250);

impl Transport for TcpStream {
    fn peer_addr(&self) -> Option<SocketAddr> {
        Self::peer_addr(self).ok()
    }

    fn socket(&self) -> Option<TcpStream> {
        self.try_clone().ok()
    }

    fn split(self: Box<Self>) -> io::Result<Halves> {
        // The driver gathers PDUs itself; waiting for more would only delay them.
        self.set_nodelay(true)?;
        self.set_write_timeout(Some(WRITE_TICK))?;
        let (reader, writer) = (self.try_clone()?, self.try_clone()?);
        let shutdown = move |how| {
            // It fails if the peer was quicker.
            let _ = self.shutdown(how);
        };
        Ok(Halves { reader: Box::new(reader), writer: Box::new(writer), shutdown: Arc::new(shutdown) })
    }
}
