//! What the threads of a link share.

use std::collections::VecDeque;
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::dispatch::{self, Dispatch, Job, Notice};
use super::pending::{Complete, Pending, Slot};
use super::transport::{ShutdownHandle, Transport};
use super::{Error, reader, writer};
use crate::codec::{Command, DEFAULT_MAX_COMMAND_LENGTH, Decoder, Leniency, Request};
use crate::protocol::value::CommandStatus;
use crate::session::{
    BindKind, CloseReason, Event, Inbound, Role, SendError, SendOptions, Session, SessionConfig, SessionState,
};

/// What a link is told once, before it begins.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LinkConfig {
    /// What the session is told.
    pub session: SessionConfig,
    /// What is done about PDUs that deviate from the standard.
    pub leniency: Leniency,
    /// Greatest `command_length` that is believed, in octets.
    pub max_command_length: u32,
    /// Requests that may wait for the dispatcher; 1,000 unless set. Further ones are answered ESME_RMSGQFUL.
    pub inbox: usize,
    /// How long the peer may take nothing of what is written to it; 10 s unless set. Then the link is given up.
    pub write_timeout: Duration,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self {
            session: SessionConfig::default(),
            leniency: Leniency::DEFAULT,
            max_command_length: DEFAULT_MAX_COMMAND_LENGTH,
            inbox: 1000,
            write_timeout: Duration::from_secs(10),
        }
    }
}

/// What comes back when a request ends.
pub(super) type Token = Arc<dyn Complete>;

/// A link: a session, and the threads that drive it.
///
/// # Locking
///
/// There is one lock. It guards the [`Core`]: the session, the inbox, and what the threads tell each other. It is held
/// for the time it takes to queue or match some PDUs, never across IO, a callback, a log line, or the decoding of a body. The only
/// other locks are those of the slots in which single requests wait; they are taken by themselves, after the lock of
/// the core was released.
///
/// Whoever changes the session ends by [`Link::settle`], still under the lock. It takes out the session's events, moves
/// those that the user sees to the inbox (so they stand there in the order in which they happened, and the end of the
/// link is the last of them), and wakes whom the change concerns:
///
/// * the writer sleeps on `work` until there is output, the session is over, or its timer is due. It leaves the time
///   until which it sleeps in `writer_asleep`; a timer that moves forward wakes it. Nothing is lost between looking and
///   sleeping, since it looks under the lock that the condition variable releases.
/// * senders sleep on `room` while the window is full. As many are woken as there is room for, all when the session is
///   over. A sender that finds the room taken sleeps again; whoever took it wakes the next when it is freed.
/// * the dispatcher sleeps on `mail` while the inbox is empty.
/// * the reader sleeps on `drained` while more is queued than a peer should leave unread: it does not read on from a
///   peer that does not take its answers.
/// * whoever waits for the end sleeps on `ended`.
///
/// A request is registered in the session by the same call, under the same lock, that queues its octets; so its response
/// cannot come before. The writer takes the octets under the lock and writes them without it. If the write fails, it says
/// how many octets the transport did not take before it closes the session, so that each request in flight fails with
/// the right `written`. If the reader sees the end while a write is under way, the requests in that write count as
/// written: they may have been.
///
/// Completing requests that failed is done after unlocking: thousands may fail at once.
pub(crate) struct Link {
    pub(super) core: Mutex<Core>,
    pub(super) work: Condvar,
    pub(super) room: Condvar,
    pub(super) mail: Condvar,
    pub(super) drained: Condvar,
    pub(super) ended: Condvar,
    pub(super) config: LinkConfig,
    peer_addr: Option<SocketAddr>,
}

/// What the lock of a [`Link`] guards.
pub(super) struct Core {
    pub(super) session: Session<Token>,
    /// The frames that the jobs are about.
    pub(super) inbox_octets: Vec<u8>,
    pub(super) inbox: VecDeque<Job>,
    /// Until when the writer sleeps, if it does: `Some(None)` is for ever.
    pub(super) writer_asleep: Option<Option<Instant>>,
    pub(super) dispatcher_asleep: bool,
    /// Notices that found no room in the inbox.
    pub(super) unreported: usize,
    pub(super) reader_waits: bool,
    senders_waiting: usize,
    pub(super) reader_done: bool,
    /// Taken away by the writer when the link is over, so that the descriptor is freed.
    pub(super) shutdown: Option<ShutdownHandle>,
}

/// Requests that failed, to be told so after unlocking.
pub(super) type Failures = Vec<(Token, Error)>;

impl Link {
    /// Starts the threads of a link.
    pub(crate) fn start(
        role: Role,
        config: LinkConfig,
        transport: Box<dyn Transport>,
        name: &str,
        dispatch: impl FnOnce(&Arc<Self>) -> Box<dyn Dispatch>,
    ) -> Result<Arc<Self>, Error> {
        let peer_addr = transport.peer_addr();
        let halves = transport.split()?;
        let core = Core {
            session: Session::new(role, config.session.clone(), Instant::now()),
            inbox_octets: Vec::new(),
            inbox: VecDeque::new(),
            writer_asleep: None,
            dispatcher_asleep: false,
            unreported: 0,
            reader_waits: false,
            senders_waiting: 0,
            reader_done: false,
            shutdown: Some(halves.shutdown),
        };
        let link = Arc::new(Self {
            core: Mutex::new(core),
            work: Condvar::new(),
            room: Condvar::new(),
            mail: Condvar::new(),
            drained: Condvar::new(),
            ended: Condvar::new(),
            config,
            peer_addr,
        });
        let dispatch = dispatch(&link);
        let started = (|| {
            let spawn = |part: &str| thread::Builder::new().name(format!("smpp {name} {part}"));
            let (reader, writer) = (halves.reader, halves.writer);
            let to_dispatch = Arc::clone(&link);
            spawn("dispatch").spawn(move || dispatch::run(&to_dispatch, &*dispatch))?;
            let to_write = Arc::clone(&link);
            spawn("write").spawn(move || writer::run(&to_write, writer))?;
            let to_read = Arc::clone(&link);
            spawn("read").spawn(move || reader::run(&to_read, reader))?;
            Ok(())
        })();
        if let Err(error) = started {
            link.lock().reader_done = true;
            link.disconnect();
            return Err(Error::Io(error));
        }
        Ok(link)
    }

    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        self.peer_addr
    }

    pub(crate) fn state(&self) -> SessionState {
        self.lock().session.state()
    }

    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        self.lock().session.close_reason()
    }

    pub(crate) fn bound_as(&self) -> Option<BindKind> {
        self.lock().session.bound_as()
    }

    pub(crate) fn outstanding(&self) -> usize {
        self.lock().session.outstanding()
    }

    pub(crate) fn peer_version(&self) -> Option<u8> {
        self.lock().session.peer_version()
    }

    /// Sends a request. Blocks while the window is full if it `may_block`.
    pub(crate) fn send<P: Request>(
        &self,
        pdu: &P,
        options: SendOptions,
        may_block: bool,
    ) -> Result<Pending<P::Response>, Error>
    where
        P::Response: Send,
    {
        let slot = Arc::new(Slot::new());
        let mut core = self.lock();
        loop {
            let token: Token = Arc::clone(&slot) as Token;
            match core.session.send(Instant::now(), pdu, Some(token), options) {
                Ok(sequence_number) => {
                    self.settle_and_unlock(core);
                    return Ok(Pending { slot, sequence_number });
                }
                Err(SendError::WindowFull { .. }) if may_block => {
                    core.senders_waiting += 1;
                    core = self.room.wait(core).unwrap_or_else(PoisonError::into_inner);
                    core.senders_waiting -= 1;
                }
                Err(error) => return Err(refused(&core.session, error)),
            }
        }
    }

    /// Sends a PDU that is never answered.
    pub(crate) fn send_one_way<P: Command>(&self, pdu: &P) -> Result<u32, Error> {
        self.change(|session| {
            let sent = session.send(Instant::now(), pdu, None, SendOptions::default());
            sent.map_err(|error| refused(session, error))
        })
    }

    pub(crate) fn send_raw(&self, octets: &[u8]) {
        self.change(|session| session.send_raw(octets));
    }

    /// Answers a request.
    pub(crate) fn respond<P: Command>(&self, request: Inbound, status: CommandStatus, pdu: &P) -> Result<(), Error> {
        self.change(|session| {
            let sent = session.respond(Instant::now(), request, status, pdu);
            sent.map_err(|error| refused(session, error))
        })
    }

    /// Answers a request with nothing but a status.
    pub(crate) fn respond_status(&self, request: Inbound, status: CommandStatus) -> Result<(), Error> {
        self.change(|session| {
            let sent = session.respond_status(Instant::now(), request, status);
            sent.map_err(|error| refused(session, error))
        })
    }

    /// Leaves a request without answer.
    pub(crate) fn forget(&self, request: Inbound) {
        self.change(|session| session.forget(Instant::now(), request));
    }

    /// Sends unbind, without waiting for anything.
    pub(crate) fn unbind(&self) -> Result<(), Error> {
        self.change(|session| {
            let sent = session.unbind(Instant::now());
            sent.map(drop).map_err(|error| refused(session, error))
        })
    }

    /// Ends the link at once. What is queued may be lost.
    pub(crate) fn disconnect(&self) {
        self.change(|session| session.close(CloseReason::Requested));
        let shutdown = self.lock().shutdown.clone();
        if let Some(shutdown) = shutdown {
            shutdown(Shutdown::Both);
        }
    }

    /// Waits until the session is over and everything was written or given up, no longer than this.
    pub(crate) fn wait_ended(&self, timeout: Duration) -> Option<CloseReason> {
        let goes_on = |core: &mut Core| core.shutdown.is_some();
        let waited = self.ended.wait_timeout_while(self.lock(), timeout, goes_on);
        let (core, timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
        core.session.close_reason().filter(|_| !timed_out.timed_out())
    }

    /// A decoder by the policy of this link.
    pub(crate) fn decoder(&self) -> Decoder {
        Decoder::new(self.config.leniency).with_protocols(self.config.session.protocols)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the session, with all that follows.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Session<Token>) -> R) -> R {
        let mut core = self.lock();
        let result = change(&mut core.session);
        self.settle_and_unlock(core);
        result
    }

    pub(super) fn settle_and_unlock(&self, mut core: MutexGuard<'_, Core>) {
        let failures = self.settle(&mut core);
        drop(core);
        fail(failures);
    }

    /// To be called after each change of the session, before unlocking. What it returns is for [`fail`].
    #[must_use]
    pub(super) fn settle(&self, core: &mut Core) -> Failures {
        let mut failures = Vec::new();
        while let Some(event) = core.session.poll() {
            take_event(core, event, &mut failures);
        }
        let is_over = core.session.close_reason().is_some();
        if core.senders_waiting > 0 {
            if is_over {
                self.room.notify_all();
            } else {
                let room = core.session.window_room();
                (0..room.min(core.senders_waiting)).for_each(|_| self.room.notify_one());
            }
        }
        if let Some(until) = core.writer_asleep {
            let earlier = |timer| until.is_none_or(|until| timer < until);
            if is_over || core.session.output_len() > 0 || core.session.poll_timeout().is_some_and(earlier) {
                core.writer_asleep = None;
                self.work.notify_one();
            }
        }
        if core.reader_waits && is_over {
            self.drained.notify_one();
        }
        if core.dispatcher_asleep && !core.inbox.is_empty() {
            core.dispatcher_asleep = false;
            self.mail.notify_one();
        }
        failures
    }
}

fn take_event(core: &mut Core, event: Event<Token>, failures: &mut Failures) {
    match event {
        Event::StateChanged { from, to } => {
            core.inbox.push_back(Job::Notice(Notice::StateChanged { from, to }));
        }
        Event::Expired { request, written } => {
            failures.extend(request.token.map(|token| (token, Error::Timeout { written })));
        }
        Event::Failed { request, written } => {
            let reason = core.session.close_reason().unwrap_or(CloseReason::Requested);
            failures.extend(request.token.map(|token| (token, Error::Disconnected { written, reason })));
        }
        Event::Throttled { .. } => {}
        Event::Closed(reason) => {
            core.inbox.push_back(Job::Notice(Notice::Closed(reason)));
        }
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("peer_addr", &self.peer_addr).field("state", &self.state()).finish_non_exhaustive()
    }
}

/// Ends the link if its thread panics, as only a transport from outside can make it do.
pub(super) struct EndOnPanic<'a>(pub(super) &'a Link);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            tracing::error!("SMPP transport panicked");
            self.0.disconnect();
            let mut core = self.0.lock();
            (core.reader_done, core.shutdown) = (true, None);
            self.0.ended.notify_all();
        }
    }
}

/// Tells requests that they failed. Not to be called under the lock.
pub(super) fn fail(failures: Failures) {
    for (token, error) in failures {
        token.failed(error);
    }
}

/// Once the link is over, that is why nothing can be sent.
fn refused(session: &Session<Token>, error: SendError) -> Error {
    match (error, session.close_reason()) {
        (SendError::State { .. }, Some(reason)) => Error::Disconnected { written: false, reason },
        (error, _) => error.into(),
    }
}
