//! The connections that a server has, and which of them goes when another one comes.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::SocketAddr;
#[cfg(feature = "tls")]
use std::net::{Shutdown, TcpStream};

use super::SessionHandle;
use crate::driver::Error;

/// The connections there are, by the number of their session: the greater, the younger.
#[derive(Default)]
pub(super) struct Connections {
    /// Those whose sessions are not over.
    pub(super) sessions: HashMap<u64, SessionHandle>,
    /// Those that are to become sessions.
    #[cfg(feature = "tls")]
    pub(super) handshakes: HashMap<u64, TcpStream>,
    /// Those that had to make room for others. They stand here until their threads are done with them.
    displaced: HashSet<u64>,
}

/// One that has to make room for another.
pub(super) struct Displaced {
    pub(super) id: u64,
    pub(super) peer: Option<SocketAddr>,
    /// The session, to be ended without holding the lock; a handshake has been ended.
    pub(super) session: Option<SessionHandle>,
}

/// How many there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) connections: usize,
    pub(super) unbound: usize,
}

impl Connections {
    /// Sees to it that there may be another connection.
    pub(super) fn make_room(&mut self, limits: Limits) -> Result<Option<Displaced>, Error> {
        let count = self.len().saturating_sub(self.displaced.len());
        let is_full = count >= limits.connections;
        let max_unbound = limits.unbound.clamp(1, limits.connections.max(1));
        // Looking at every session is only done when it may matter.
        if !is_full && count < max_unbound {
            return Ok(None);
        }
        let unbound = self.unbound();
        if !is_full && unbound.len() < max_unbound {
            return Ok(None);
        }
        let oldest = unbound.into_iter().min();
        // What is displaced may take its time, in a handler that is slow: that must not be a way round the limit.
        let Some(oldest) = oldest.filter(|_| self.displaced.len() < limits.connections) else {
            return Err(Error::Io(io::Error::other("the server has as many connections as it may")));
        };
        self.displaced.insert(oldest);
        #[cfg(feature = "tls")]
        if let Some(stream) = self.handshakes.get(&oldest) {
            let peer = stream.peer_addr().ok();
            // It fails if the peer was quicker.
            let _ = stream.shutdown(Shutdown::Both);
            return Ok(Some(Displaced { id: oldest, peer, session: None }));
        }
        let session = self.sessions.get(&oldest).cloned();
        let peer = session.as_ref().and_then(SessionHandle::peer_addr);
        Ok(Some(Displaced { id: oldest, peer, session }))
    }

    /// Those that no ESME has bound yet, displaced ones left out.
    fn unbound(&self) -> Vec<u64> {
        let sessions = self.sessions.iter().filter(|(_, session)| session.link().is_unbound());
        let unbound = sessions.map(|(&id, _)| id);
        #[cfg(feature = "tls")]
        let unbound = unbound.chain(self.handshakes.keys().copied());
        unbound.filter(|id| !self.displaced.contains(id)).collect()
    }

    fn len(&self) -> usize {
        #[cfg(feature = "tls")]
        let handshakes = self.handshakes.len();
        #[cfg(not(feature = "tls"))]
        let handshakes = 0;
        self.sessions.len() + handshakes
    }

    /// A connection has become a session.
    pub(super) fn begin(&mut self, id: u64, session: SessionHandle) {
        #[cfg(feature = "tls")]
        self.handshakes.remove(&id);
        self.sessions.insert(id, session);
    }

    /// A session is over.
    pub(super) fn end(&mut self, id: u64) {
        self.sessions.remove(&id);
        self.displaced.remove(&id);
    }

    /// A session that was to make room was bound in the last moment.
    pub(super) fn spare(&mut self, id: u64) {
        self.displaced.remove(&id);
    }

    /// A handshake is over, whether it has become a session or not.
    #[cfg(feature = "tls")]
    pub(super) fn end_handshake(&mut self, id: u64) {
        if self.handshakes.remove(&id).is_some() {
            self.displaced.remove(&id);
        }
    }
}
