//! Handshakes of TLS, each on a thread of its own: a peer that is slow, or silent, holds up nobody else.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Connections, Shared};
use crate::driver::{Error, after};

/// How long a handshake may take if the session_init timer is off.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A handshake that is counted among the connections until it is over.
struct Underway {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.shared.lock().end_handshake(self.id);
        self.shared.handshaken.notify_all();
    }
}

impl Shared {
    pub(super) fn shake_hands(self: &Arc<Self>, stream: TcpStream) -> Result<(), Error> {
        let deadline = after(self.link.session.timers.session_init.unwrap_or(TIMEOUT));
        // With it the handshake is ended from outside.
        let handle = stream.try_clone()?;
        let id = self.admit(|connections, id| _ = connections.handshakes.insert(id, handle))?;
        let underway = Underway { shared: Arc::clone(self), id };
        let thread = thread::Builder::new().name(format!("smpp handshake {id}"));
        thread.spawn(move || underway.run(stream, deadline))?;
        Ok(())
    }

    /// No handshake is left when it returns, unless the deadline is over; what was made of them are sessions.
    pub(super) fn end_handshakes(&self, deadline: Instant) {
        let connections = self.lock();
        for stream in connections.handshakes.values() {
            // It fails if the peer was quicker.
            let _ = stream.shutdown(Shutdown::Both);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let underway = |connections: &mut Connections| !connections.handshakes.is_empty();
        let waited = self.handshaken.wait_timeout_while(connections, left, underway);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Underway {
    fn run(self, stream: TcpStream, deadline: Instant) {
        let (shared, id) = (&self.shared, self.id);
        let peer = stream.peer_addr().ok();
        let Some(acceptor) = &shared.tls else { return };
        match acceptor.accept(stream, deadline) {
            Ok(stream) => {
                if let Err(error) = shared.begin(id, Box::new(stream)) {
                    tracing::warn!(%error, ?peer, "SMPP connection refused");
                }
            }
            Err(_) if shared.is_shut.load(Ordering::SeqCst) => {}
            Err(error) => tracing::warn!(%error, ?peer, "SMPP over TLS: handshake failed"),
        }
    }
}
