//! The control API: what a [`SmscSim`](crate::SmscSim) can do, over HTTP.
//!
//! ```text
//!   accept.rs --> guard.rs --> the handlers --> SmscSim
//!   connections,   who may      messages.rs, sessions.rs, ...: thin
//!   time limits    ask what     ask.rs: the blocking pool, problem.rs: what went wrong
//! ```
//!
//! A thread of its own runs all of it. What may take its time is done by the threads of its blocking pool, of which there
//! are as many as the [`limits`] say: one more request is answered 503. Nothing of the engine ever waits for HTTP.

mod accept;
mod ask;
mod control;
mod document;
mod esme;
mod events;
mod guard;
mod messages;
mod mo;
mod options;
mod problem;
mod rules;
mod sessions;
mod shape;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{Semaphore, watch};

use crate::SmscSim;
pub(crate) use options::Options;

/// The HTTP side of a simulator. Dropping it answers what is in flight, within [`limits::STOP`], and ends.
pub(crate) struct Server {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// What all handlers share.
struct State {
    sim: SmscSim,
    options: Options,
    addr: SocketAddr,
    /// Room for what may take its time.
    asks: Arc<Semaphore>,
    /// Room for what waits.
    waits: Arc<Semaphore>,
    /// Room for those that follow what happens.
    streams: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

type Shared = Arc<State>;

impl Server {
    pub(crate) fn start(sim: SmscSim, options: Options) -> io::Result<Self> {
        let wanted = options.listen.as_deref().unwrap_or_default();
        let said_where = |error: io::Error| io::Error::new(error.kind(), format!("HTTP on {wanted}: {error}"));
        let listener = TcpListener::bind(wanted).map_err(said_where)?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(limits::ASKS + limits::WAITS + limits::STREAMS)
            .thread_keep_alive(limits::IDLE_THREAD)
            .thread_name("smsc-sim http")
            .build()?;
        let (stop, stopping) = watch::channel(false);
        let state = Arc::new(State {
            sim,
            options,
            addr,
            asks: Arc::new(Semaphore::new(limits::ASKS)),
            waits: Arc::new(Semaphore::new(limits::WAITS)),
            streams: Arc::new(Semaphore::new(limits::STREAMS)),
            stopping,
        });
        let listener = {
            let _entered = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let thread = std::thread::Builder::new().name("smsc-sim http".into()).spawn(move || {
            runtime.block_on(accept::serve(listener, state));
            // What a blocking thread still does concerns nobody any more.
            runtime.shutdown_background();
        })?;
        Ok(Self { addr, stop, thread: Some(thread) })
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What one side may ask of the other.
mod limits {
    use std::time::Duration;

    /// Connections at a time; others wait in the backlog of the system.
    pub(super) const CONNECTIONS: usize = 256;
    /// Requests at a time that the engine works on.
    pub(super) const ASKS: usize = 32;
    /// Requests at a time that wait for something to happen.
    pub(super) const WAITS: usize = 64;
    /// Listeners at a time that follow what happens.
    pub(super) const STREAMS: usize = 32;
    /// From one octet to the whole head of a request, and how long a connection may be idle.
    pub(super) const HEAD: Duration = Duration::from_secs(15);
    /// For the whole body of a request.
    pub(super) const BODY: Duration = Duration::from_secs(15);
    /// For a client to read some of what it is sent.
    pub(super) const WRITE: Duration = Duration::from_secs(60);
    /// Octets of a body.
    pub(super) const BODY_LENGTH: usize = 1 << 20;
    /// Octets of a head.
    pub(super) const HEAD_LENGTH: usize = 32 * 1024;
    /// The longest that a request may wait for something to happen.
    pub(super) const WAIT: Duration = Duration::from_secs(300);
    /// For answers that are in flight when it stops.
    pub(super) const STOP: Duration = Duration::from_secs(1);
    /// After which a blocking thread that has nothing to do ends.
    pub(super) const IDLE_THREAD: Duration = Duration::from_secs(1);
}
