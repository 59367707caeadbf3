//! The SMSC: listens, lets ESMEs bind, takes their messages and sends them theirs.
//!
//! ```no_run
//! use std::sync::atomic::{AtomicU64, Ordering};
//! use smpp::driver::{Incoming, Reply};
//! use smpp::pdu::{SubmitSm, SubmitSmResp};
//! use smpp::server::{BindRequest, Handler, Server, SessionHandle};
//! use smpp::value::CommandStatus;
//!
//! #[derive(Default)]
//! struct Smsc {
//!     next_id: AtomicU64,
//! }
//!
//! impl Handler for Smsc {
//!     fn bind(&self, _: &SessionHandle, request: &BindRequest<'_>) -> CommandStatus {
//!         if request.password == "secret" { CommandStatus::ESME_ROK } else { CommandStatus::ESME_RINVPASWD }
//!     }
//!
//!     fn submit_sm(
//!         &self,
//!         _: &SessionHandle,
//!         request: &Incoming<'_, SubmitSm<'_>>,
//!     ) -> Reply<SubmitSmResp<'static>> {
//!         println!("to {}: {}", request.destination_addr, request.short_message);
//!         let id = self.next_id.fetch_add(1, Ordering::Relaxed);
//!         Reply::ok(SubmitSmResp::default().with_message_id(id.to_string()))
//!     }
//! }
//!
//! let server = Server::builder(Smsc::default()).system_id("smsc").listen("0.0.0.0:2775")?;
//! println!("listening on {}", server.local_addr());
//! # Ok::<(), smpp::driver::Error>(())
//! ```

mod bind;
mod builder;
mod connections;
mod dispatch;
mod handler;
#[cfg(feature = "tls")]
mod handshake;
mod session;

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

pub use bind::{BindRequest, BindResponder};
pub use builder::ServerBuilder;
pub use handler::Handler;
pub use session::SessionHandle;

use crate::driver::{Error, FOR_EVER, Link, LinkConfig, Observes, Transport};
use crate::session::{Role, SessionState};
#[cfg(feature = "tls")]
use crate::sync::Condvar;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use crate::sync::thread::{self, JoinHandle};
use crate::sync::{Mutex, MutexGuard};
#[cfg(feature = "tls")]
use crate::tls::Acceptor;
use bind::Identity;
use builder::Wrap;
use connections::{Connections, Displaced, Limits};
use dispatch::ServerDispatch;

/// An SMSC that listens. Dropping it ends every session: those that are bound are unbound first, for up to two seconds.
pub struct Server {
    shared: Arc<Shared>,
    local_addr: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

/// What the accept thread and the sessions share.
struct Shared {
    handler: Arc<dyn Handler>,
    identity: Identity,
    link: LinkConfig,
    limits: Limits,
    wrap: Option<Wrap>,
    is_shut: AtomicBool,
    /// The lock is held to look something up or to change an entry, nothing else.
    connections: Mutex<Connections>,
    #[cfg(feature = "tls")]
    tls: Option<Acceptor>,
    /// A handshake has become a session, or failed.
    #[cfg(feature = "tls")]
    handshaken: Condvar,
}

/// The number of the next session. It is the process's own, so that a handler that serves several servers, TLS and plain
/// for instance, can tell their sessions apart.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// How long dropping a server waits for its sessions.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);

/// How long accepting pauses when the system has no more descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

impl Server {
    /// What is to be known before listening.
    pub fn builder(handler: impl Handler) -> ServerBuilder {
        ServerBuilder::new(Arc::new(handler))
    }

    fn listen(shared: Shared, listener: TcpListener) -> Result<Self, Error> {
        let (shared, local_addr) = (Arc::new(shared), listener.local_addr()?);
        let to_accept = Arc::clone(&shared);
        let accepting =
            thread::Builder::new().name("smpp accept".into()).spawn(move || accept(&to_accept, &listener))?;
        Ok(Self { shared, local_addr, accepting: Some(accepting) })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The sessions that are not over, bound or not.
    pub fn sessions(&self) -> Vec<SessionHandle> {
        self.shared.lock().sessions.values().cloned().collect()
    }

    /// Serves a connection that did not come through the listener: in memory, TLS, or made by this side for outbind.
    ///
    /// # Errors
    /// [`Error::Io`] if the transport or a thread cannot be made ready, or the server is shut or full.
    pub fn serve(&self, transport: impl Transport) -> Result<SessionHandle, Error> {
        self.shared.serve(Box::new(transport))
    }

    /// Stops listening, takes no more requests, waits until those in flight are answered and those that the ESMEs have sent
    /// before, too, unbinds every session, and waits until all are over: no longer than `timeout` in all, of which a tenth
    /// is kept for unbinding. What is left is then disconnected.
    ///
    /// What ESMEs send meanwhile is answered ESME_RMSGQFUL, try again later, and does not reach the handler. Must not be
    /// called by a [`Handler`].
    pub fn shutdown(mut self, timeout: Duration) {
        let timeout = timeout.min(FOR_EVER);
        let answered_by = Instant::now() + timeout - timeout / 10;
        self.shut(timeout, |sessions| {
            sessions.iter().for_each(|session| session.link().stop_taking());
            for session in sessions {
                session.link().drain(answered_by);
            }
        });
    }

    fn shut(&mut self, timeout: Duration, before_unbind: impl FnOnce(&[SessionHandle])) {
        let Some(accepting) = self.accepting.take() else { return };
        let deadline = Instant::now() + timeout;
        self.shared.is_shut.store(true, Ordering::SeqCst);
        // Accepting blocks until someone connects.
        let woken = TcpStream::connect_timeout(&reachable(self.local_addr), Duration::from_secs(1)).is_ok();
        if woken {
            // It does not panic: the handler is not called there.
            let _ = accepting.join();
        }
        #[cfg(feature = "tls")]
        self.shared.end_handshakes(deadline);
        let sessions = self.sessions();
        before_unbind(&sessions);
        for session in &sessions {
            // One that the client is unbinding ends by itself.
            if session.unbind().is_err() && session.state() != SessionState::Unbinding {
                session.disconnect();
            }
        }
        for session in &sessions {
            session.wait_closed(deadline.saturating_duration_since(Instant::now()));
            session.disconnect();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shut(DROP_TIMEOUT, |_| {});
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("local_addr", &self.local_addr).finish_non_exhaustive()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that came through the listener.
    fn take(self: &Arc<Self>, stream: TcpStream) -> Result<(), Error> {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return self.shake_hands(stream);
        }
        self.serve(Box::new(stream)).map(drop)
    }

    fn serve(self: &Arc<Self>, transport: Box<dyn Transport>) -> Result<SessionHandle, Error> {
        let id = self.admit(|_, _| {})?;
        self.begin(id, transport)
    }

    /// The number of another connection, if there may be one, which is entered before anyone else can come in.
    fn admit(&self, enter: impl FnOnce(&mut Connections, u64)) -> Result<u64, Error> {
        let mut connections = self.lock();
        if self.is_shut.load(Ordering::SeqCst) {
            return Err(Error::Io(io::Error::other("the server is shut")));
        }
        let displaced = connections.make_room(self.limits)?;
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        enter(&mut connections, id);
        drop(connections);
        if let Some(Displaced { id, peer, session }) = displaced {
            tracing::warn!(session = id, ?peer, "SMPP connection that is not bound closed to let another one in");
            if session.is_some_and(|session| !session.link().end_unbound()) {
                self.lock().spare(id);
            }
        }
        Ok(id)
    }

    fn begin(self: &Arc<Self>, id: u64, transport: Box<dyn Transport>) -> Result<SessionHandle, Error> {
        let link = Link::new(Role::Smsc, self.link.clone(), &format!("session {id}"), Observes::default(), None);
        let session = SessionHandle::new(id, Arc::clone(&link));
        // Entered before the threads start, or it might be over before it is entered.
        self.lock().begin(id, session.clone());
        let dispatch = Box::new(ServerDispatch::new(Arc::clone(self), session.clone()));
        let wrapped = match &self.wrap {
            Some(wrap) => wrap(&session, transport).map_err(Error::Io),
            None => Ok(transport),
        };
        let opened = wrapped.and_then(|transport| link.open(transport));
        match opened.and_then(|()| link.spawn_dispatcher(dispatch)) {
            Ok(()) => {
                tracing::debug!(parent: link.span(), peer = ?session.peer_addr(), "connection");
                Ok(session)
            }
            Err(error) => {
                link.disconnect();
                self.lock().end(id);
                Err(error)
            }
        }
    }
}

fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    loop {
        let accepted = listener.accept();
        if shared.is_shut.load(Ordering::SeqCst) {
            return;
        }
        match accepted {
            Ok((stream, peer)) => {
                if let Err(error) = shared.take(stream) {
                    tracing::warn!(%error, %peer, "SMPP connection refused");
                }
            }
            Err(error) => {
                tracing::warn!(%error, "SMPP accept failed");
                if !matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted) {
                    thread::sleep(ACCEPT_PAUSE);
                }
            }
        }
    }
}

/// An address at which the listener can be reached from here.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    address
}
