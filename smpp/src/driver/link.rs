//! What the threads of a link share.

use std::any::Any;
use std::fmt;
use std::net::{Shutdown, SocketAddr};
use std::sync::{Arc, OnceLock, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::bell::Bell;
use super::dispatch::{Dispatch, Dispatcher};
use super::send::Generator;
use super::state::{Core, Failures};
use super::transport::Transport;
use super::{Error, SequenceGenerator, reader, writer};
use crate::codec::{Command, DEFAULT_MAX_COMMAND_LENGTH, Decoder, Leniency};
use crate::protocol::value::CommandStatus;
use crate::session::{BindKind, CloseReason, Inbound, Role, SendOptions, SessionConfig, SessionState};
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::thread::ThreadId;
use crate::sync::{Condvar, Mutex, MutexGuard, thread};
use crate::view::Views;

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
    /// PDUs for the application that may wait for the dispatcher or be with it; 2,000 unless set, which should be more than
    /// the window of the peer. Further requests are answered ESME_RMSGQFUL, and PDUs that are never answered are dropped:
    /// reading on is what lets link control and responses pass a callback that is slow. As many notices may wait besides,
    /// and as many PDUs that are only shown to observers: further ones are dropped. What is dropped is counted
    /// ([`Stats::unreported`](super::Stats::unreported), [`Stats::unshown`](super::Stats::unshown)).
    pub inbox: usize,
    /// Octets of PDUs that may wait for the dispatcher; 8 MiB unless set. With more, the inbox is full.
    pub inbox_octets: usize,
    /// How long the peer may take nothing of what is written to it; 10 s unless set. Then the link is given up.
    pub write_timeout: Duration,
    /// How long sending may block, for room in the window, for the rate, or for a link that is being rebound; 60 s unless
    /// set, `None` for ever. Then sending fails with [`Error::NotSent`].
    pub send_timeout: Option<Duration>,
    /// How PDUs are shown in the log (target `smpp::pdu`, level TRACE): without passwords and texts unless set.
    pub views: Views,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self {
            session: SessionConfig::default(),
            leniency: Leniency::DEFAULT,
            max_command_length: DEFAULT_MAX_COMMAND_LENGTH,
            inbox: 2000,
            inbox_octets: 8 << 20,
            write_timeout: Duration::from_secs(10),
            send_timeout: Some(Duration::from_secs(60)),
            views: Views::default().showing_texts(false),
        }
    }
}

/// A link: a session after the other, and the threads that drive them.
///
/// A link of a server has one session and ends with it. One of a client can be opened again: a new session over a new
/// transport, with a reader and a writer of its own, once those of the last session have ended; the dispatcher, the inbox
/// and the senders that wait stay. `epoch` counts the sessions, so that what belongs to one never reaches the next.
///
/// # Locking
///
/// There is one lock. It guards the [`Core`]: the session, the inbox, and what the threads tell each other. It is held
/// for the time it takes to queue or match some PDUs, never across IO, a callback, a log line, or the decoding of a body. The only
/// other locks are those of the slots in which single requests wait, and that of the generator of sequence numbers; they
/// are taken by themselves, while the lock of the core is not held.
///
/// Whoever changes the session ends by [`Link::settle`], still under the lock. It takes out the session's events, moves
/// those that the user sees to the inbox (so they stand there in the order in which they happened), and wakes whom the
/// change concerns. The end of the link comes last: not before the reader has ended and all failures are handed out, as
/// those may have callbacks.
///
/// * the writer sleeps on `work` until there is output, the session is over, or its timer is due. It leaves the time
///   until which it sleeps in `writer_asleep`; a timer that moves forward wakes it. Nothing is lost between looking and
///   sleeping, since it looks under the lock that the condition variable releases.
/// * senders sleep on `room` while the window is full, the peer is not to be sent to yet, or the link is being rebound. As
///   many are woken as there is room for, all when the link is over. A sender that finds the room taken sleeps again;
///   whoever took it wakes the next when it is freed.
/// * the dispatcher sleeps on `mail` while the inbox is empty.
/// * the reader sleeps on `drained` while more is queued than a peer should leave unread: it does not read on from a
///   peer that does not take its answers.
/// * whoever waits for the end, for requests to be drained, or to open the link again, sleeps on `ended`.
///
/// A request is registered in the session by the same call, under the same lock, that queues its octets; so its response
/// cannot come before. The writer takes the octets under the lock and writes them without it. If the write fails, it says
/// how many octets the transport did not take before it closes the session, so that each request in flight fails with
/// the right `written`. If the reader sees the end while a write is under way, the requests in that write count as
/// written: they may have been.
///
/// Completing requests that failed is done after unlocking: thousands may fail at once. So is logging: lines are gathered
/// under the lock by whoever comes upon something to log, whether or not the dispatcher ever gets to tell it.
pub(crate) struct Link {
    pub(super) core: Mutex<Core>,
    pub(super) work: Condvar,
    pub(super) room: Condvar,
    pub(super) mail: Condvar,
    pub(super) drained: Condvar,
    pub(super) ended: Condvar,
    pub(super) config: LinkConfig,
    /// Which PDUs are to be shown to the dispatcher besides those that it handles.
    pub(super) observes: Observes,
    pub(super) span: tracing::Span,
    pub(super) generator: Generator,
    /// The session that goes on; 0 if none does.
    pub(super) open_epoch: AtomicU32,
    /// What the user holds of it.
    owner: OnceLock<Weak<dyn Any + Send + Sync>>,
    pub(super) role: Role,
    name: String,
}

/// Which PDUs the user wants to see besides those it handles.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Observes {
    pub(crate) received: bool,
    pub(crate) sent: bool,
}

impl Link {
    /// A link without a session: closed until it is [opened](Self::open).
    pub(crate) fn new(
        role: Role,
        mut config: LinkConfig,
        name: &str,
        observes: Observes,
        generator: Option<Box<dyn SequenceGenerator>>,
    ) -> Arc<Self> {
        config.session.supplied_sequence_numbers = generator.is_some();
        let core = Core::new(role, &config.session);
        Arc::new(Self {
            core: Mutex::new(core),
            work: Condvar::new(),
            room: Condvar::new(),
            mail: Condvar::new(),
            drained: Condvar::new(),
            ended: Condvar::new(),
            config,
            observes,
            span: tracing::info_span!("smpp", ?role, name),
            generator: Mutex::new(generator),
            open_epoch: AtomicU32::new(0),
            owner: OnceLock::new(),
            role,
            name: name.into(),
        })
    }

    /// Starts the thread that calls the user's code.
    pub(crate) fn spawn_dispatcher(self: &Arc<Self>, dispatch: Box<dyn Dispatch>) -> Result<(), Error> {
        let dispatcher = Dispatcher::new(self, dispatch);
        let thread = self.spawn("dispatch", move || dispatcher.run())?;
        self.lock().dispatched_by = Some(thread);
        Ok(())
    }

    /// Begins a session over the transport. The one before it must have [let go](Self::wait_idle).
    pub(crate) fn open(self: &Arc<Self>, transport: Box<dyn Transport>) -> Result<(), Error> {
        let peer_addr = transport.peer_addr();
        let halves = transport.split()?;
        let mut core = self.lock();
        if let Some(reason) = core.ended_for {
            drop(core);
            (halves.shutdown)(Shutdown::Both);
            return Err(Error::Disconnected { written: false, reason });
        }
        core.begin(self.role, self.config.session.clone(), peer_addr, halves.shutdown);
        self.open_epoch.store(core.epoch, Ordering::Relaxed);
        drop(core);
        let (to_write, to_read) = (Arc::clone(self), Arc::clone(self));
        let (reader, writer) = (halves.reader, halves.writer);
        let mut started = self.spawn("read", move || reader::run(&to_read, reader));
        if started.is_ok() {
            started = self.spawn("write", move || writer::run(&to_write, writer));
        } else {
            self.lock().reader_done = true;
        }
        if started.is_err() {
            self.close(CloseReason::Requested);
            // The writer would have done so.
            self.lock().shutdown = None;
            self.ended.notify_all();
        }
        started.map(drop)
    }

    pub(crate) fn spawn(&self, part: &str, run: impl FnOnce() + Send + 'static) -> Result<ThreadId, Error> {
        let span = self.span.clone();
        let thread = thread::Builder::new().name(format!("smpp {} {part}", self.name));
        Ok(thread.spawn(move || span.in_scope(run))?.thread().id())
    }

    /// Says what the user holds of the link, once.
    pub(crate) fn set_owner(&self, owner: Weak<dyn Any + Send + Sync>) {
        let _ = self.owner.set(owner);
    }

    pub(crate) fn owner(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        self.owner.get()?.upgrade()
    }

    pub(crate) fn set_bell(&self, bell: &Arc<Bell>) {
        self.lock().bell = Some(Arc::clone(bell));
    }

    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        self.lock().peer_addr
    }

    pub(crate) fn state(&self) -> SessionState {
        self.lock().session.state()
    }

    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        self.lock().over()
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

    /// Sends a PDU that is never answered.
    pub(crate) fn send_one_way<P: Command>(&self, pdu: &P) -> Result<u32, Error> {
        self.supply_sequence_number()?;
        self.change(|core| {
            let sent = core.session.send(Instant::now(), pdu, None, SendOptions::default());
            sent.map_err(|error| core.refused(error))
        })
    }

    pub(crate) fn send_raw(&self, octets: &[u8]) {
        self.change(|core| core.session.send_raw(octets));
    }

    /// Answers a request of this session of the link.
    pub(crate) fn respond<P: Command>(
        &self,
        epoch: u32,
        request: Inbound,
        status: CommandStatus,
        pdu: &P,
    ) -> Result<(), Error> {
        self.change(|core| {
            core.is_current(epoch)?;
            let sent = core.session.respond(Instant::now(), request, status, pdu);
            sent.map_err(|error| core.refused(error))
        })
    }

    /// Answers a request with nothing but a status.
    pub(crate) fn respond_status(&self, epoch: u32, request: Inbound, status: CommandStatus) -> Result<(), Error> {
        self.change(|core| {
            core.is_current(epoch)?;
            let sent = core.session.respond_status(Instant::now(), request, status);
            sent.map_err(|error| core.refused(error))
        })
    }

    /// Leaves a request without answer.
    pub(crate) fn forget(&self, epoch: u32, request: Inbound) {
        self.change(|core| {
            if core.epoch == epoch {
                core.session.forget(Instant::now(), request);
            }
        });
    }

    /// A decoder by the policy of this link.
    pub(crate) fn decoder(&self) -> Decoder {
        Decoder::new(self.config.leniency).with_protocols(self.config.session.protocols)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Core> {
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the core, with all that follows.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Core) -> R) -> R {
        let mut core = self.lock();
        let result = change(&mut core);
        self.settle_and_unlock(core);
        result
    }

    pub(super) fn settle_and_unlock(&self, mut core: MutexGuard<'_, Core>) {
        let failures = self.settle(&mut core);
        drop(core);
        self.fail(failures);
    }

    /// To be called after each change of the session, before unlocking. What it returns is for [`fail`](Self::fail).
    #[must_use]
    pub(super) fn settle(&self, core: &mut Core) -> Failures {
        let mut failures = Failures::default();
        while let Some(event) = core.session.poll() {
            core.take_event(event, &mut failures, self.config.inbox);
        }
        core.failing += usize::from(!failures.requests.is_empty());
        core.post_end();
        core.log_full_inbox();
        failures.lines = std::mem::take(&mut core.lines);
        let is_over = core.session.close_reason().is_some();
        if is_over {
            self.open_epoch.store(0, Ordering::Relaxed);
        }
        if core.senders_waiting > 0 {
            if core.over().is_some() || core.draining {
                self.room.notify_all();
            } else if !core.pacing || !core.session.state().is_bound() {
                // Of those who keep to a rate, each wakes the next.
                let most = if core.session.config().rate.is_some() { 1 } else { core.senders_waiting };
                (0..core.session.window_room().min(most)).for_each(|_| self.room.notify_one());
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
        if core.watchers > 0 {
            self.ended.notify_all();
        }
        if let Some(bell) = &core.bell {
            bell.ring();
        }
        failures
    }

    /// Logs what is to be logged, and tells requests that they failed. Not to be called under the lock.
    pub(super) fn fail(&self, failures: Failures) {
        let Failures { requests, lines, .. } = failures;
        if !lines.is_empty() {
            self.log(lines);
        }
        if requests.is_empty() {
            return;
        }
        for (token, error) in requests {
            if let Some(call) = token.failed(error) {
                self.call(call);
            }
        }
        self.change(|core| core.failing -= 1);
    }

    /// Ends the session at once, and closes its transport. What is queued may be lost.
    pub(crate) fn close(&self, reason: CloseReason) {
        let mut core = self.lock();
        core.session.close(reason);
        self.settle_and_shut_down(core);
    }

    pub(super) fn settle_and_shut_down(&self, core: MutexGuard<'_, Core>) {
        let shutdown = core.shutdown.clone();
        self.settle_and_unlock(core);
        if let Some(shutdown) = shutdown {
            shutdown(Shutdown::Both);
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("name", &self.name).field("state", &self.state()).finish_non_exhaustive()
    }
}

/// Ends the session if its thread panics, as only a transport from outside can make it do; then says that this thread is
/// done, and nothing of the other.
pub(super) struct EndOnPanic<'a>(pub(super) &'a Link, pub(super) fn(&mut Core));

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            tracing::error!("transport panicked");
            self.0.close(CloseReason::Io(std::io::ErrorKind::Other));
            self.0.change(self.1);
            self.0.ended.notify_all();
        }
    }
}
