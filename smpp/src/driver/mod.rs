//! Threads that drive a [`Session`](crate::session::Session) over a [`Transport`]: what
//! [`client`](crate::client) and [`server`](crate::server) stand on.
//!
//! A link has three threads. The **reader** fills a buffer, cuts it into frames, shows them to the session and decodes
//! responses right into the place where their requests wait; everything else goes to the inbox. The **writer** sends all
//! that is queued in one write, and minds the timers. The **dispatcher** takes the inbox and calls the user's code:
//! so a slow callback delays neither responses nor enquire_link. When the inbox is full, requests are answered
//! ESME_RMSGQFUL.
//!
//! Nothing here is needed to use a session without threads: [`FrameBuffer`] reads frames for a loop of your own.

mod addresses;
mod bell;
mod buffer;
mod completed;
mod connect;
mod dispatch;
mod error;
mod inbox;
mod incoming;
mod life;
mod link;
mod log;
mod observe;
mod pending;
mod pipe;
mod reader;
mod send;
mod sequence;
mod state;
mod stats;
mod transport;
mod writer;

pub use addresses::Addresses;
pub use buffer::FrameBuffer;
pub use completed::Completed;
pub use connect::Connector;
pub use error::Error;
pub use incoming::{Incoming, Observed, Reply, Responder};
pub use link::LinkConfig;
pub use pending::Pending;
pub use pipe::{Pipe, pipe};
pub use sequence::{Counter, FileSequence, SequenceGenerator};
pub use stats::{Latency, Stats};
pub use transport::{Halves, ShutdownHandle, Transport};

pub(crate) use bell::Bell;
pub(crate) use connect::CONNECT_TIMEOUT;
pub(crate) use dispatch::{Dispatch, Dispatcher, Handled, Notice, answer};
pub(crate) use link::{Link, Observes};
pub(crate) use send::{Attempt, Waiting};
#[cfg(feature = "tls")]
pub(crate) use transport::WRITE_TICK;
pub(crate) use transport::{FOR_EVER, after};
