//! What is to be known before listening.

use std::fmt;
use std::io;
use std::net::{TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use super::bind::Identity;
use super::connections::Limits;
use super::{Handler, Server, SessionHandle, Shared};
use crate::codec::{Leniency, Protocol};
use crate::driver::{Error, LinkConfig, Transport};
use crate::protocol::value::InterfaceVersion;
use crate::session::{SessionConfig, Timers};
#[cfg(feature = "tls")]
use crate::sync::Condvar;
use crate::sync::Mutex;
use crate::sync::atomic::AtomicBool;
#[cfg(feature = "tls")]
use crate::tls::ServerTls;

/// What a [`Server`] is told before it listens; from [`Server::builder`].
#[must_use]
pub struct ServerBuilder {
    handler: Arc<dyn Handler>,
    identity: Identity,
    link: LinkConfig,
    limits: Limits,
    wrap: Option<Wrap>,
    #[cfg(feature = "tls")]
    tls: Option<ServerTls>,
}

/// Puts a transport around that of a session.
pub(super) type Wrap = Box<dyn Fn(&SessionHandle, Box<dyn Transport>) -> io::Result<Box<dyn Transport>> + Send + Sync>;

impl ServerBuilder {
    pub(super) fn new(handler: Arc<dyn Handler>) -> Self {
        let identity = Identity { system_id: "smsc".into(), version: Some(InterfaceVersion(0x34)) };
        Self {
            handler,
            identity,
            link: LinkConfig { inbox: INBOX, ..LinkConfig::default() },
            limits: Limits { connections: 1000, unbound: 100 },
            wrap: None,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }

    /// system_id of this SMSC in bind responses: up to 15 characters, `smsc` unless set (section 5.2.1). A longer one
    /// makes every bind fail.
    pub fn system_id(mut self, system_id: impl Into<String>) -> Self {
        self.identity.system_id = system_id.into();
        self
    }

    /// sc_interface_version in bind responses: 0x34 unless set; `None` leaves it out (section 5.3.2.25).
    pub fn interface_version(mut self, version: Option<InterfaceVersion>) -> Self {
        self.identity.version = version;
        self
    }

    /// Requests of this side that may be outstanding at a time, a session: 10 unless set; 0 counts as 1.
    pub fn window(mut self, window: usize) -> Self {
        self.link.session = self.link.session.with_window(window);
        self
    }

    /// The timers of each session; [`Timers::default`] unless set.
    pub fn timers(mut self, timers: Timers) -> Self {
        self.link.session.timers = timers;
        self
    }

    /// Time without any PDU other than enquire_link, in either direction, after which a bound session is unbound: the
    /// inactivity_timer of section 7.2; off unless set.
    pub fn inactivity_timer(mut self, period: Duration) -> Self {
        self.link.session.timers.inactivity = Some(period);
        self
    }

    /// Greatest `command_length` that is believed, in octets; [`DEFAULT_MAX_COMMAND_LENGTH`](crate::codec::DEFAULT_MAX_COMMAND_LENGTH) unless set. An
    /// ESME that announces a longer PDU is answered ESME_RINVCMDLEN and its session closed.
    pub fn max_command_length(mut self, octets: u32) -> Self {
        self.link.max_command_length = octets;
        self
    }

    /// Speaks TLS with whoever connects to the listener. The handshake may take as long as the session_init timer, 5 s if
    /// that is off, and counts as a connection; the session begins after it. One that fails is told by `tracing`.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// What is done about PDUs that deviate from the standard: [`Leniency::DEFAULT`] unless set.
    pub fn leniency(mut self, leniency: Leniency) -> Self {
        self.link.leniency = leniency;
        self
    }

    /// Vendor specifications to know besides the standard: `&[acme::PROTOCOL]`.
    pub fn protocols(mut self, protocols: &'static [&'static Protocol]) -> Self {
        self.link.session.protocols = protocols;
        self
    }

    /// Requests of an ESME that may wait for the handler: 20,000 unless set, as long as they have no more than 8 MiB in all
    /// ([`LinkConfig::inbox_octets`]). Further ones are answered ESME_RMSGQFUL, so it should be more than the windows
    /// of the ESMEs. While the handler is busy, enquire_link is answered all the same.
    pub fn inbox(mut self, inbox: usize) -> Self {
        self.link.inbox = inbox;
        self
    }

    /// Connections at a time, bound or not: 1,000 unless set. Another one takes the place of the oldest that is not bound;
    /// if all are bound it is closed at once.
    pub fn max_connections(mut self, max_connections: usize) -> Self {
        self.limits.connections = max_connections;
        self
    }

    /// Connections at a time that are not bound yet, TLS handshakes included: 100 unless set, at most as many as
    /// [`max_connections`](Self::max_connections); 0 counts as 1. Beyond that the oldest of them is closed to let another one in,
    /// which `tracing` tells: whoever connects and says nothing locks nobody out. An ESME must bind before as many others
    /// have come.
    pub fn max_unbound(mut self, max_unbound: usize) -> Self {
        self.limits.unbound = max_unbound;
        self
    }

    /// Has every connection pass `wrap`, once TLS is agreed on and before its session begins: what `wrap` returns carries the session. It
    /// sees octets as they are, whole streams of them, to record them or to break them. An error refuses the connection,
    /// which `tracing` tells.
    ///
    /// The handle is that of the session that is about to begin, which takes nothing to send yet. `wrap` is called by the thread
    /// that accepts connections, unless there is TLS, and holds up the next one.
    ///
    /// ```no_run
    /// # use smpp::server::{Handler, Server};
    /// # struct Smsc;
    /// # impl Handler for Smsc {}
    /// let server = Server::builder(Smsc).transport(|session, transport| {
    ///     println!("session {} is that of {:?}", session.id(), transport.peer_addr());
    ///     Ok(transport)
    /// });
    /// server.listen("0.0.0.0:2775")?;
    /// # Ok::<(), smpp::driver::Error>(())
    /// ```
    pub fn transport(
        mut self,
        wrap: impl Fn(&SessionHandle, Box<dyn Transport>) -> io::Result<Box<dyn Transport>> + Send + Sync + 'static,
    ) -> Self {
        self.wrap = Some(Box::new(wrap));
        self
    }

    /// What each session is told, all of it: replaces what was said of window, timers and protocols.
    pub fn session(mut self, session: SessionConfig) -> Self {
        self.link.session = session;
        self
    }

    /// What each link is told, all of it: replaces what was said of session, leniency, `max_command_length` and inbox,
    /// which is that of a client, 2,000, unless the `link` says otherwise.
    pub fn link(mut self, link: LinkConfig) -> Self {
        self.link = link;
        self
    }

    /// Listens. Port 0 takes any that is free: see [`Server::local_addr`].
    ///
    /// # Errors
    /// [`Error::Io`] if none of the addresses can be listened at, or a certificate or key cannot be used.
    pub fn listen(self, addresses: impl ToSocketAddrs) -> Result<Server, Error> {
        #[cfg(feature = "tls")]
        let tls = self.tls.map(ServerTls::load).transpose()?;
        let listener = TcpListener::bind(addresses)?;
        let shared = Shared {
            handler: self.handler,
            identity: self.identity,
            link: self.link,
            limits: self.limits,
            wrap: self.wrap,
            is_shut: AtomicBool::new(false),
            connections: Mutex::default(),
            #[cfg(feature = "tls")]
            tls,
            #[cfg(feature = "tls")]
            handshaken: Condvar::new(),
        };
        Server::listen(shared, listener)
    }
}

/// Room for a window of 10,000, twice over. The ESME chooses its window, and a refusal costs it more than a wait.
const INBOX: usize = 20_000;

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").field("link", &self.link).finish_non_exhaustive()
    }
}
