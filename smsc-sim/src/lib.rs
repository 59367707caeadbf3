//! A simulated SMSC, to test software against that sends and gets short messages over SMPP 3.4.
//!
//! It runs as a program (`smsc-sim --help`) for clients in any language, or inside a Rust test:
//!
//! ```
//! use smpp::client::Client;
//! use smpp::pdu::SubmitSm;
//! use smsc_sim::SmscSim;
//!
//! let sim = SmscSim::builder().user("alice", "secret").start()?;
//! let client = Client::builder().system_id("alice").password("secret").connect(sim.addr())?;
//! client.bind_transceiver()?;
//! let response = client.submit_sm(&SubmitSm::default().with_destination_addr("4179123456").with_short_message("hi"))?;
//! assert_eq!(sim.messages()[0].id, response.message_id.to_str_lossy());
//! client.unbind()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It answers as the standard says: messages are kept and come to a final state, receipts go to any receiver of the
//! system_id that submitted (held while there is none), query_sm, cancel_sm and replace_sm act on what was submitted.

pub mod decode;
mod engine;
mod scheduler;
mod store;
mod tls;

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use smpp::driver::Error;
use smpp::server::Server;

pub use store::Message;
pub use tls::Tls;

use engine::{Config, Engine};

/// A simulated SMSC that runs. Dropping it unbinds and closes every session.
pub struct SmscSim {
    server: Server,
    tls: Option<Server>,
    system_id: String,
    engine: Arc<Engine>,
}

/// An ESME that may bind. `Debug` does not show its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its system_id, up to 15 characters.
    pub system_id: String,
    /// Its password, up to 8 characters.
    pub password: String,
}

/// What is to be known before starting.
#[derive(Debug, Clone)]
pub struct Builder {
    system_id: String,
    accounts: Vec<Account>,
    dlr_delay: Duration,
    max_messages: usize,
    tls: Option<Tls>,
}

impl SmscSim {
    /// One that lets anyone bind and delivers at once.
    pub fn builder() -> Builder {
        Builder {
            system_id: "smsc-sim".to_owned(),
            accounts: Vec::new(),
            dlr_delay: Duration::ZERO,
            max_messages: 5000,
            tls: None,
        }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Where it listens for TLS, if it does.
    pub fn tls_addr(&self) -> Option<SocketAddr> {
        self.tls.as_ref().map(Server::local_addr)
    }

    /// Listens for TLS too, and says where. What comes in there is the same to the simulator as what comes in without TLS.
    /// If it listened for TLS before, sessions that came in there end.
    ///
    /// # Errors
    /// [`Error::Io`] if the address cannot be bound, or a certificate or key cannot be used.
    pub fn listen_tls(&mut self, tls: Tls, addresses: impl ToSocketAddrs) -> Result<SocketAddr, Error> {
        let server = self.engine.server(&self.system_id).tls(tls.server).listen(addresses)?;
        let addr = server.local_addr();
        self.tls = Some(server);
        Ok(addr)
    }

    /// The messages that were submitted, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.engine.messages()
    }

    /// Unbinds every session, waits for the answers no longer than this, and stops.
    pub fn stop(self, timeout: Duration) {
        let deadline = Instant::now() + timeout;
        self.server.shutdown(timeout);
        if let Some(server) = self.tls {
            server.shutdown(deadline.saturating_duration_since(Instant::now()));
        }
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("system_id", &self.system_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for SmscSim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmscSim")
            .field("addr", &self.addr())
            .field("tls_addr", &self.tls_addr())
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Lets this ESME bind. As soon as there is one, others may not.
    pub fn user(mut self, system_id: impl Into<String>, password: impl Into<String>) -> Self {
        self.accounts.push(Account { system_id: system_id.into(), password: password.into() });
        self
    }

    /// What the simulator calls itself in bind responses, up to 15 characters; `smsc-sim` unless said.
    pub fn system_id(mut self, system_id: impl Into<String>) -> Self {
        self.system_id = system_id.into();
        self
    }

    /// How long a message is on its way, until it is delivered and its receipt is sent; no time unless said.
    pub fn dlr_delay(mut self, delay: Duration) -> Self {
        self.dlr_delay = delay;
        self
    }

    /// How many messages are kept, 5000 unless said; the oldest go first, and with them their receipts if those were still
    /// to come.
    pub fn max_messages(mut self, max_messages: usize) -> Self {
        self.max_messages = max_messages;
        self
    }

    /// Listens for TLS too, on a free port of 127.0.0.1; [`SmscSim::listen_tls`] takes another address.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Starts on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// [`Error::Io`] if the port cannot be bound or a thread cannot be started.
    pub fn start(self) -> Result<SmscSim, Error> {
        self.listen(("127.0.0.1", 0))
    }

    /// Starts on an address.
    ///
    /// # Errors
    /// [`Error::Io`] if the address cannot be bound, a thread cannot be started, or what TLS needs cannot be read.
    pub fn listen(self, addresses: impl ToSocketAddrs) -> Result<SmscSim, Error> {
        let Self { system_id, accounts, dlr_delay, max_messages, tls } = self;
        let engine = Engine::new(Config { accounts, dlr_delay, max_messages })?;
        let server = engine.server(&system_id).listen(addresses)?;
        let mut sim = SmscSim { server, tls: None, system_id, engine };
        if let Some(tls) = tls {
            sim.listen_tls(tls, ("127.0.0.1", 0))?;
        }
        Ok(sim)
    }
}
