//! What the lock of a link guards.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use super::Error;
use super::bell::Bell;
use super::dispatch::{Job, Notice};
use super::inbox::{Counts, InHand, Kind, Missed};
use super::link::LinkConfig;
use super::log::Line;
use super::pending::Complete;
use super::stats::LinkStats;
use super::transport::ShutdownHandle;
use crate::session::{BindKind, CloseReason, Event, Role, SendError, Session, SessionConfig, SessionState};
use crate::sync::thread::{self, ThreadId};

/// What comes back when a request ends.
pub(super) type Token = Arc<dyn Complete>;

/// What is to be done after unlocking.
#[derive(Default)]
pub(super) struct Failures {
    /// Requests that failed, to be told so.
    pub(super) requests: Vec<(Token, Error)>,
    /// How many did with the session.
    failed: usize,
    pub(super) lines: Vec<Line>,
}

impl Failures {
    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.lines.is_empty()
    }
}

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
    /// How many of each kind it holds.
    pub(super) inbox_counts: Counts,
    pub(super) in_hand: Arc<InHand>,
    /// What found no room in the inbox and is told all the same.
    pub(super) missed: Missed,
    /// What is to be logged once the lock is free.
    pub(super) lines: Vec<Line>,
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
    /// PDUs and notices that have found no room in the inbox since the dispatcher last looked.
    pub(super) unreported: usize,
    /// Whether that was logged.
    pub(super) told_full: bool,
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
            inbox_counts: Counts::default(),
            in_hand: Arc::default(),
            missed: Missed::default(),
            lines: Vec::new(),
            dispatched_by: None,
            inbox_closed: false,
            closing: None,
            failing: 0,
            writer_asleep: None,
            dispatcher_asleep: false,
            unreported: 0,
            told_full: false,
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
        if self.keeps && self.is_unbound() {
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
    pub(super) fn has_room(&self, kind: Kind, config: &LinkConfig) -> bool {
        self.waiting(kind) < config.inbox && self.inbox_octets.len() < config.inbox_octets
    }

    /// Whether what ended is a session that was to go on.
    fn is_lost(&self, reason: CloseReason) -> bool {
        let orderly = matches!(
            reason,
            CloseReason::Requested | CloseReason::Unbound | CloseReason::PeerUnbound | CloseReason::Inactivity
        );
        self.session.bound_as().is_some() && (self.keeps || !orderly)
    }

    pub(super) fn take_event(&mut self, event: Event<Token>, failures: &mut Failures, room: usize) {
        match event {
            Event::StateChanged { from, to } => self.notice(Notice::StateChanged { from, to }, room),
            Event::Expired { request, written } => {
                self.stats.timed_out += 1;
                self.log_timeout(request.spec, request.sequence_number, written);
                if BindKind::of_request(request.spec.id).is_some() {
                    self.stats.last_error = Some(format!("{} was not answered in time", request.spec.name));
                }
                failures.requests.extend(request.token.map(|token| (token, Error::Timeout { written })));
            }
            Event::Failed { request, written } => {
                self.stats.failed += 1;
                // Before the session is over, only an unbind of the peer fails requests.
                let reason = self.session.close_reason().unwrap_or(CloseReason::PeerUnbound);
                let error = Error::Disconnected { written, reason };
                failures.requests.extend(request.token.map(|token| (token, error)));
                failures.failed += 1;
            }
            Event::Throttled { status, until } => {
                let pause = until.saturating_duration_since(Instant::now());
                self.notice(Notice::Throttled { status, pause }, room);
            }
            Event::Closed(reason) => {
                let is_lost = self.is_lost(reason);
                self.lines.push(Line::Ended { reason, is_lost, failed: failures.failed });
                if is_lost || matches!(reason, CloseReason::PeerClosed | CloseReason::Io(_) | CloseReason::Frame(_)) {
                    self.stats.last_error = Some(format!("session lost: {reason}"));
                }
                if self.keeps {
                    self.notice(Notice::Lost(reason), room);
                } else {
                    self.closing = Some(reason);
                }
            }
        }
    }
}
