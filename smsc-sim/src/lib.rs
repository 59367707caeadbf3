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
//! It answers as the standard says:
//!
//! - Messages wait for their schedule_delivery_time, are on their way for [a while](Builder::dlr_delay), and come to a
//!   [final state](Builder::dlr_mix), at the latest when their [validity](Builder::max_validity) is over.
//! - Receipts go out exactly as registered_delivery asks, to any receiver of the system_id that submitted. They are held while
//!   there is none, are sent again if their session is lost before the answer, and are [tried again](ReceiptRetry) if the
//!   ESME refuses them for the moment.
//! - query_sm, cancel_sm and replace_sm act on what was submitted, in whatever state it is, and so does
//!   replace_if_present_flag: the new message takes the place and the message_id of the pending one.
//!
//! What no ESME would send costs only the connection that sends it:
//!
//! - Octets that are no PDU, HTTP for instance, and lengths beyond what is believed are answered generic_nack with
//!   ESME_RINVCMDLEN, before room is made for them, and the connection is closed.
//! - Who connects and says nothing, or not all of a bind, is closed by the session_init timer; beyond 100 such connections the
//!   oldest makes room for the next, so nobody is locked out.
//! - A flood beyond every window is answered request by request; what does not fit into 20,000 requests or 8 MiB that wait is
//!   answered ESME_RMSGQFUL. Messages are kept up to a [limit](Builder::max_messages).
//! - Killed, it loses what was in memory; the next one can listen on the same port at once, and message_ids begin anew.
//!
//! Whatever takes time goes by a [`Clock`] that a test can [move on](SmscSim::advance), and whatever is left to chance
//! repeats with the [seed](Builder::seed).

mod account;
mod builder;
mod carrier;
mod clock;
pub mod config;
pub mod decode;
mod delay;
mod draw;
mod engine;
mod events;
mod expect;
mod hostile;
#[cfg(feature = "http")]
mod http;
mod line;
mod listeners;
mod message_id;
mod outcome;
mod query;
mod receipt;
pub mod rules;
mod scheduler;
mod setting;
mod spec;
mod stats;
mod store;
mod times;
mod tls;
mod tlv;

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use smpp::driver::Error;

pub use account::Account;
pub use builder::Builder;
pub use carrier::{Carrier, Lifecycle, Loopback, Receipts, Via};
pub use clock::Clock;
pub use config::{Config, ConfigError};
pub use delay::Delay;
pub use engine::control::{ControlError, What};
pub use engine::mo::{Mo, MoEncoding, MoError, MoPart, MoReport, MoSent, segmentation};
pub use engine::outbound::{Outbound, OutboundError};
pub use engine::sessions::{Kick, SessionInfo, SessionRef, Toxics};
pub use engine::texts::{Text, TextDirection, TextPart};
pub use events::{Event, EventKind, Events};
pub use expect::Expectation;
pub use hostile::{HostileCase, HostileOutcome, HostilePdu, HostileReport, HostileRun};
pub use line::{Close, Mangle, Traced};
pub use message_id::{MessageIdForm, ReceiptIdForm};
pub use outcome::OutcomeMix;
pub use query::{Mismatch, NearMiss, NearMisses, Query, submit};
pub use receipt::{ReceiptForm, ReceiptRetry, ReceiptState};
pub use setting::{SettingError, duration};
pub use spec::{SpecError, VendorSpec};
pub use stats::{Family, FamilyKind, Sample, SampleValue, Stats};
pub use store::{Message, SCHEDULED};
pub use tls::Tls;
pub use tlv::ExtraTlv;

use engine::Engine;
use listeners::Listeners;

/// A simulated SMSC that runs. Dropping it unbinds and closes every session. If that is because a test panics, it tells the
/// seed and the last PDUs of every session on standard error.
pub struct SmscSim {
    listeners: Arc<Listeners>,
    engine: Arc<Engine>,
    /// What ends with it; `None` in those that the HTTP side asks.
    owned: Option<Owned>,
}

/// What ends with a simulator.
#[derive(Default)]
struct Owned {
    #[cfg(feature = "http")]
    http: Option<http::Server>,
}

impl SmscSim {
    /// One that lets anyone bind and delivers at once.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.listeners.addr()
    }

    /// Where it listens for TLS, if it does.
    pub fn tls_addr(&self) -> Option<SocketAddr> {
        self.listeners.tls_addr()
    }

    /// Listens for TLS too, and says where. What comes in there is the same to the simulator as what comes in without TLS.
    /// If it listened for TLS before, sessions that came in there end.
    ///
    /// # Errors
    /// [`Error::Io`] if the address cannot be bound, or a certificate or key cannot be used.
    pub fn listen_tls(&self, tls: Tls, addresses: impl ToSocketAddrs) -> Result<SocketAddr, Error> {
        self.listeners.open_tls(tls.server, addresses)
    }

    /// Where it listens for HTTP, if it does.
    #[cfg(feature = "http")]
    pub fn http_addr(&self) -> Option<SocketAddr> {
        self.owned.as_ref()?.http.as_ref().map(http::Server::addr)
    }

    /// What is known besides the standard.
    #[cfg(feature = "http")]
    fn known(&self) -> spec::Known {
        self.engine.known
    }

    /// The same, but nothing ends when it is dropped.
    #[cfg(feature = "http")]
    fn view(&self) -> Self {
        Self { listeners: Arc::clone(&self.listeners), engine: Arc::clone(&self.engine), owned: None }
    }

    /// An outage: unbinds every session, waits for the answers no longer than this, and refuses connections, with TLS and
    /// without, until [`bring_up`](Self::bring_up). Messages stay, and what happens to them goes on.
    ///
    /// ```
    /// use std::net::TcpStream;
    /// use std::time::Duration;
    /// use smsc_sim::SmscSim;
    ///
    /// let sim = SmscSim::builder().start()?;
    /// sim.take_down(Duration::from_secs(1));
    /// assert!(!sim.is_up() && TcpStream::connect(sim.addr()).is_err());
    /// sim.bring_up()?;
    /// assert!(TcpStream::connect(sim.addr()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn take_down(&self, timeout: Duration) {
        self.listeners.take_down(timeout);
    }

    /// Listens again where it did before it was [taken down](Self::take_down).
    ///
    /// # Errors
    /// [`Error::Io`] if another process has the port by now.
    pub fn bring_up(&self) -> Result<(), Error> {
        self.listeners.bring_up()
    }

    /// Whether it listens: not while it is [taken down](Self::take_down).
    pub fn is_up(&self) -> bool {
        self.listeners.is_up()
    }

    /// The messages that were submitted, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.engine.messages()
    }

    /// Waits until there is a message of which this is true, and returns the oldest such; `None` if there is none within this
    /// time, by the clock of the machine. No message changes while it is asked, so `is_it` must not ask the simulator.
    ///
    /// ```
    /// use std::time::Duration;
    /// use smpp::client::Client;
    /// use smpp::pdu::SubmitSm;
    /// use smpp::value::CommandStatus;
    /// use smsc_sim::{ReceiptState, SmscSim};
    ///
    /// let sim = SmscSim::builder().start()?;
    /// let client = Client::builder().on_deliver_sm(|_| CommandStatus::ESME_ROK).connect(sim.addr())?;
    /// client.bind_transceiver()?;
    /// client.submit_sm(&SubmitSm::default().with_destination_addr("4179123456").with_registered_delivery(1))?;
    /// let message = sim.wait_until(|message| message.receipt == ReceiptState::Delivered, Duration::from_secs(10));
    /// assert_eq!(message.unwrap().pdu.destination_addr, "4179123456");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn wait_until(&self, is_it: impl Fn(&Message) -> bool, timeout: Duration) -> Option<Message> {
        self.engine.wait_until(is_it, 1, timeout).pop()
    }

    /// The connections there are, bound or not, oldest first.
    pub fn sessions(&self) -> Vec<SessionInfo> {
        self.engine.sessions()
    }

    /// The youngest session of this system_id, to do something to it.
    pub fn session(&self, system_id: &str) -> Option<SessionRef> {
        self.engine.session_of(system_id)
    }

    /// The session with this [number](SessionInfo::id).
    pub fn session_by_id(&self, id: u64) -> Option<SessionRef> {
        self.engine.session_by_id(id)
    }

    /// The last PDUs of every connection, 50 of each unless [said](Builder::trace), session by session; those of the last connections that ended
    /// included.
    pub fn pdus(&self) -> Vec<Traced> {
        self.engine.pdus()
    }

    /// The seed, and the last PDUs of every session, a line each and without passwords: what is told when a test panics.
    pub fn tail(&self) -> String {
        self.engine.tail()
    }

    /// Those of the [last PDUs](Self::pdus) that concern a message: of each request that names it, or whose response does, both.
    pub fn pdus_of(&self, message_id: &str) -> Vec<Traced> {
        self.engine.pdus_of(message_id)
    }

    /// What chance began with: the same [seed](Builder::seed) gives the same again.
    pub fn seed(&self) -> u64 {
        self.engine.config.seed
    }

    /// The time of day by its [`Clock`].
    pub fn now(&self) -> SystemTime {
        self.engine.now()
    }

    /// Moves its [`Clock`] on, and returns when all has been done that is due by then: deliveries begin, messages come to
    /// their final states, receipts are handed to the sessions that take them. By a manual clock it is done in order, each
    /// at its time; a real one goes on from the new time, and what was skipped is done at once, in order.
    ///
    /// Requests that were answered before count, however late what follows from them; requests that come meanwhile wait.
    /// What an ESME answers takes its own time: see [`wait_until`](Self::wait_until).
    pub fn advance(&self, by: Duration) {
        self.engine.advance(by);
    }

    /// Unbinds every session, waits for the answers no longer than this, and stops.
    pub fn stop(mut self, timeout: Duration) {
        // HTTP first: nobody is to change anything any more.
        if self.owned.take().is_some() {
            self.listeners.take_down(timeout);
            self.engine.check_expectations();
        }
    }
}

impl Drop for SmscSim {
    /// # Panics
    /// If an [expectation](SmscSim::expect) is not met, unless the thread panics already.
    fn drop(&mut self) {
        if self.owned.take().is_some() {
            if std::thread::panicking() {
                eprint!("{}", self.engine.tail());
            }
            self.listeners.close();
            self.engine.check_expectations();
        }
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
