//! What the lock of a link guards.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use super::Error;
use super::bell::Bell;
use super::dispatch::{Job, Notice};
use super::link::LinkConfig;
use super::pending::Complete;
use super::stats::LinkStats;
use super::transport::ShutdownHandle;
use crate::session::{CloseReason, Event, Role, SendError, Session, SessionConfig, SessionState};
use crate::sync::thread::{self, ThreadId};

/// What comes back when a request ends.
pub(super) type Token = Arc<dyn Complete>;

/// Requests that failed, to be told so after unlocking.
pub(super) type Failures = Vec<(Token, Error)>;

/// What the lock of a [`Link`](super::Link) guards.
pub(super) struct Core {
    pub(super) session: Session<Token>,
    /// Which session of the link it is.
    pub(super) epoch: u32,
    /// Whether there is to be another session when this one ends, and senders are to wait for it.
    pub(super) keeps: bool,
    /// Whether no more requests are taken, since the link is about to be unbound.
    pub(super) draining: bool,
    /// Whether senders wait while there is no bound session, but is to be one.
    pub(super) parks_senders: bool,
    /// Why the link ended, if not for the reason of its last session.
    pub(super) ended_for: Option<CloseReason>,
    /// The frames that the jobs are about.
    pub(super) inbox_octets: Vec<u8>,
    pub(super) inbox: VecDeque<Job>,
    /// The thread that last took what is in the inbox, if one ever did.
    pub(super) dispatched_by: Option<ThreadId>,
    /// Nobody takes what is in the inbox any more.
    pub(super) inbox_closed: bool,
    /// Why the link is over, until the user is told: that waits for the reader and for those who fail requests, so that no
    /// callback is left to be called after.
    pub(super) closing: Option<CloseReason>,
    /// Threads that fail requests just now.
    pub(super) failing: usize,
    /// Until when the writer sleeps, if it does: `Some(None)` is for ever.
    pub(super) writer_asleep: Option<Option<Instant>>,
    pub(super) dispatcher_asleep: bool,
    /// Notices that found no room in the inbox.
    pub(super) unreported: usize,
    pub(super) reader_waits: bool,
    pub(super) senders_waiting: usize,
    /// Whether one of them waits for the time when more may be sent.
    pub(super) pacing: bool,
    /// Who waits on `ended` for changes of the session, not only for the end.
    pub(super) watchers: usize,
    pub(super) reader_done: bool,
    /// Taken away by the writer when the session is over, so that the descriptor is freed.
    pub(super) shutdown: Option<ShutdownHandle>,
    pub(super) stats: LinkStats,
    pub(super) peer_addr: Option<SocketAddr>,
    /// To be rung when something could be sent that could not before.
    pub(super) bell: Option<Arc<Bell>>,
}

impl Core {
    /// Whether another thread than this one takes what is in the inbox.
    pub(super) fn is_dispatched(&self) -> bool {
        self.dispatched_by.is_some_and(|thread| thread != thread::current().id())
    }

    /// Without a session as yet: the one that is there is closed.
    pub(super) fn new(role: Role, config: &SessionConfig) -> Self {
        let mut session = Session::new(role, config.clone(), Instant::now());
        session.close(CloseReason::Requested);
        while session.poll().is_some() {}
        Self {
            session,
            epoch: 0,
            keeps: false,
            draining: false,
            parks_senders: false,
            ended_for: None,
            inbox_octets: Vec::new(),
            inbox: VecDeque::new(),
            dispatched_by: None,
            inbox_closed: false,
            closing: None,
            failing: 0,
            writer_asleep: None,
            dispatcher_asleep: false,
            unreported: 0,
            reader_waits: false,
            senders_waiting: 0,
            pacing: false,
            watchers: 0,
            reader_done: true,
            shutdown: None,
            stats: LinkStats::default(),
            peer_addr: None,
            bell: None,
        }
    }

    /// Puts a new session in the place of the last. Its sequence numbers go on where those of the last have ended.
    pub(super) fn begin(
        &mut self,
        role: Role,
        config: SessionConfig,
        peer_addr: Option<SocketAddr>,
        shutdown: ShutdownHandle,
    ) {
        let mut first = config.first_sequence_number;
        if self.epoch > 0 {
            first = self.session.next_sequence_number();
            self.stats.retire(&mut self.session);
        }
        self.session = Session::new(role, config.with_first_sequence_number(first), Instant::now());
        self.epoch += 1;
        (self.peer_addr, self.shutdown) = (peer_addr, Some(shutdown));
        (self.reader_done, self.writer_asleep) = (false, None);
    }

    /// There is to be no other session. If the last one has ended, so has the link, for this `reason` or, if none is given,
    /// for that of the session.
    pub(super) fn release(&mut self, reason: Option<CloseReason>) {
        if !std::mem::take(&mut self.keeps) {
            return;
        }
        if let Some(ended) = self.session.close_reason() {
            let reason = reason.unwrap_or(ended);
            self.ended_for = Some(reason);
            self.closing = Some(reason);
        }
    }

    /// Why the link is over, if it is and is not to be opened again.
    pub(super) fn over(&self) -> Option<CloseReason> {
        let reason = self.session.close_reason().filter(|_| !self.keeps)?;
        Some(self.ended_for.unwrap_or(reason))
    }

    /// Whether the session goes on and was never bound.
    pub(super) fn is_unbound(&self) -> bool {
        matches!(self.session.state(), SessionState::Open | SessionState::Outbound)
    }

    /// Whether reader and writer of the last session have let go of it.
    pub(super) fn is_idle(&self) -> bool {
        self.reader_done && self.shutdown.is_none()
    }

    /// Once the link is over, that is why nothing can be sent.
    pub(super) fn refused(&self, error: SendError) -> Error {
        let mut reason = self.session.close_reason().map(|reason| self.ended_for.unwrap_or(reason));
        if self.keeps && matches!(self.session.state(), SessionState::Open | SessionState::Outbound) {
            // It is being bound again.
            reason = reason.or(self.stats.last_close);
        }
        match (error, reason) {
            (SendError::State { .. }, Some(reason)) => Error::Disconnected { written: false, reason },
            (error, _) => error.into(),
        }
    }

    /// What came in over a session that has ended is answered to nobody.
    pub(super) fn is_current(&self, epoch: u32) -> Result<(), Error> {
        if self.epoch == epoch {
            return Ok(());
        }
        let reason = self.stats.last_close.unwrap_or(CloseReason::PeerClosed);
        Err(Error::Disconnected { written: false, reason })
    }

    /// Whether the inbox takes another PDU. The last one may be longer than what is left, so that none is too long.
    pub(super) fn has_room(&self, config: &LinkConfig) -> bool {
        self.inbox.len() < config.inbox && self.inbox_octets.len() < config.inbox_octets
    }

    /// Puts a notice into the inbox if there is room for such.
    pub(super) fn notice(&mut self, notice: Notice, room: usize) {
        if self.inbox.len() < room {
            self.inbox.push_back(Job::Notice(notice));
        } else {
            self.unreported += 1;
        }
    }

    pub(super) fn take_event(&mut self, event: Event<Token>, failures: &mut Failures) {
        match event {
            Event::StateChanged { from, to } => {
                self.inbox.push_back(Job::Notice(Notice::StateChanged { from, to }));
            }
            Event::Expired { request, written } => {
                failures.extend(request.token.map(|token| (token, Error::Timeout { written })));
            }
            Event::Failed { request, written } => {
                // Before the session is over, only an unbind of the peer fails requests.
                let reason = self.session.close_reason().unwrap_or(CloseReason::PeerUnbound);
                failures.extend(request.token.map(|token| (token, Error::Disconnected { written, reason })));
            }
            Event::Throttled { status, until } => {
                let pause = until.saturating_duration_since(Instant::now());
                self.inbox.push_back(Job::Notice(Notice::Throttled { status, pause }));
            }
            Event::Closed(reason) if self.keeps => self.inbox.push_back(Job::Notice(Notice::Lost(reason))),
            Event::Closed(reason) => self.closing = Some(reason),
        }
    }
}
