//! Where ESMEs come in.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use smpp::driver::Error;
use smpp::server::{Server, SessionHandle};
use smpp::tls::ServerTls;

use crate::engine::Engine;
use crate::setting::LONGEST;

/// The ports of a simulator, which can be taken down and brought up again. A lock is held to open a port or to look at it;
/// never while sessions come to their end.
pub(crate) struct Listeners {
    system_id: String,
    engine: Arc<Engine>,
    /// Where it listens without TLS, or would.
    addr: SocketAddr,
    /// Whether all of its ports are open. Whoever asks need not wait for whoever opens one.
    up: AtomicBool,
    plain: Mutex<Port>,
    tls: Mutex<Option<Port>>,
}

struct Port {
    /// Where it listens, or did and may again.
    addr: SocketAddr,
    tls: Option<ServerTls>,
    /// `None` while it is down.
    server: Option<Server>,
}

impl Listeners {
    pub(crate) fn open(engine: &Arc<Engine>, system_id: String, addresses: impl ToSocketAddrs) -> Result<Self, Error> {
        let plain = Port::open(engine, &system_id, None, addresses)?;
        Ok(Self {
            addr: plain.addr,
            up: AtomicBool::new(true),
            plain: Mutex::new(plain),
            tls: Mutex::default(),
            engine: Arc::clone(engine),
            system_id,
        })
    }

    /// Where it listens, or would if it were not down.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn tls_addr(&self) -> Option<SocketAddr> {
        lock(&self.tls).as_ref().map(|port| port.addr)
    }

    /// Listens for TLS too; whatever came in by the port for TLS before ends.
    pub(crate) fn open_tls(&self, tls: ServerTls, addresses: impl ToSocketAddrs) -> Result<SocketAddr, Error> {
        let port = Port::open(&self.engine, &self.system_id, Some(tls), addresses)?;
        let addr = port.addr;
        let before = lock(&self.tls).replace(port);
        drop(before);
        Ok(addr)
    }

    /// Asks the server of the port without TLS for something; `None` while it is down.
    pub(crate) fn with_server<T>(&self, ask: impl FnOnce(&Server) -> T) -> Option<T> {
        lock(&self.plain).server.as_ref().map(ask)
    }

    /// The sessions of both ports.
    pub(crate) fn sessions(&self) -> Vec<SessionHandle> {
        let mut sessions = self.with_server(Server::sessions).unwrap_or_default();
        let tls = lock(&self.tls);
        sessions.extend(tls.iter().filter_map(|port| port.server.as_ref()).flat_map(Server::sessions));
        sessions
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::SeqCst)
    }

    /// Ends every session and refuses connections until [`bring_up`](Self::bring_up).
    pub(crate) fn take_down(&self, timeout: Duration) {
        let now = Instant::now();
        let deadline = now.checked_add(timeout).unwrap_or(now + LONGEST);
        for server in self.servers() {
            server.shutdown(deadline.saturating_duration_since(Instant::now()));
        }
    }

    /// The same, but nothing that is in flight is waited for.
    pub(crate) fn close(&self) {
        drop(self.servers());
    }

    fn servers(&self) -> Vec<Server> {
        self.up.store(false, Ordering::SeqCst);
        let plain = lock(&self.plain).server.take();
        let tls = lock(&self.tls).as_mut().and_then(|port| port.server.take());
        plain.into_iter().chain(tls).collect()
    }

    /// Listens where it did before.
    pub(crate) fn bring_up(&self) -> Result<(), Error> {
        lock(&self.plain).reopen(&self.engine, &self.system_id)?;
        if let Some(port) = lock(&self.tls).as_mut() {
            port.reopen(&self.engine, &self.system_id)?;
        }
        self.up.store(true, Ordering::SeqCst);
        Ok(())
    }
}

impl Port {
    fn open(
        engine: &Arc<Engine>,
        system_id: &str,
        tls: Option<ServerTls>,
        addresses: impl ToSocketAddrs,
    ) -> Result<Self, Error> {
        let server = engine.server(system_id, tls.is_some());
        let server = match tls.clone() {
            Some(tls) => server.tls(tls),
            None => server,
        };
        let server = server.listen(addresses)?;
        Ok(Self { addr: server.local_addr(), tls, server: Some(server) })
    }

    fn reopen(&mut self, engine: &Arc<Engine>, system_id: &str) -> Result<(), Error> {
        if self.server.is_none() {
            // What it shows stays if it cannot be opened now: it must never speak without TLS another time.
            *self = Self::open(engine, system_id, self.tls.clone(), self.addr)?;
        }
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
