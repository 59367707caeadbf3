//! What holds requests back: the rate, and the pauses and retries that the peer's refusals ask for.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use super::config::LONGEST;
use super::event::{Event, Outstanding, Received};
use super::rate::Bucket;
use super::window::Deadline;
use super::{Session, SessionConfig, SessionState};
use crate::protocol::value::CommandStatus;

/// What is done about a request that was refused with a status of the kind "not now".
///
/// ```
/// use std::time::Duration;
/// use smpp::session::{Retry, SessionConfig};
/// use smpp::value::CommandStatus;
///
/// let config = SessionConfig::default()
///     .with_retry(CommandStatus::ESME_RTHROTTLED, Retry::after(Duration::from_secs(1)).attempts(5))
///     .with_retry(CommandStatus::ESME_RMSGQFUL, Retry::after(Duration::from_secs(5)).attempts(3));
/// # assert_eq!(config.retries.len(), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    /// How long no request leaves after such an answer.
    pub pause: Duration,
    /// How many pauses a request outlives: how many times at most it is the first to be sent again after one, whatever
    /// statuses it was refused with before. Being refused among those that follow the first costs nothing. With 0 there is
    /// only the pause, and the refusal goes to the caller.
    pub attempts: u32,
}

impl Retry {
    /// A pause, and no retry.
    pub const fn after(pause: Duration) -> Self {
        Self { pause, attempts: 0 }
    }

    /// The same with retries after so many pauses.
    pub const fn attempts(self, attempts: u32) -> Self {
        Self { attempts, ..self }
    }
}

#[derive(Debug)]
pub(super) struct Flow<T> {
    bucket: Option<Bucket>,
    paused_until: Option<Instant>,
    /// How far the line is open again after a pause; entirely if `None`.
    opening: Option<Opening>,
    /// Requests that were refused and are to be sent again, in the order in which they were first sent.
    waiting: BTreeMap<u64, Outstanding<T>>,
    /// Whether any request may have to be sent again, so that what is sent must be kept.
    keeps: bool,
    /// Requests kept so far.
    kept: u64,
    /// What was kept of requests that are over: used again, so that nothing is allocated for each.
    #[expect(clippy::vec_box, reason = "the boxes themselves are what is used again")]
    spare: Vec<Box<Kept>>,
}

/// The line after a pause: it opens by one with each response to what was sent since, so that it doubles with each round.
#[derive(Debug, Clone, Copy)]
struct Opening {
    /// Requests sent since the pause that may be in flight: at least 1.
    limit: usize,
    /// When those in flight are not waited for any longer: they may have no timer of their own.
    stuck_at: Instant,
}

/// What is kept of a request, so that it can be sent again.
#[derive(Default)]
pub(super) struct Kept {
    octets: Vec<u8>,
    /// The timeout of its own.
    timeout: Option<Duration>,
    /// The how manieth of all kept ones it is.
    order: u64,
    /// How many times it was the first to be sent again after a pause.
    retried: u32,
}

/// A buffer that one long message has made larger than this is not used again.
const SPARE_OCTETS: usize = 1024;

impl<T> Flow<T> {
    pub(super) fn new(config: &SessionConfig, now: Instant) -> Self {
        Self {
            bucket: config.rate.map(|rate| Bucket::full(rate, now)),
            paused_until: None,
            opening: None,
            waiting: BTreeMap::new(),
            keeps: config.retries.iter().any(|(_, retry)| retry.attempts > 0),
            kept: 0,
            spare: Vec::new(),
        }
    }

    /// Requests that wait to be sent again.
    #[inline]
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Until when no request may leave, if none may now.
    #[inline]
    pub(super) fn blocked_until(&mut self, now: Instant) -> Option<Instant> {
        if self.paused_until.is_none() && self.bucket.is_none() {
            return None;
        }
        self.paused_until = self.paused_until.filter(|&until| until > now);
        self.paused_until.max(self.bucket.as_mut().and_then(|bucket| bucket.empty_until(now)))
    }

    /// When requests that wait may be sent again, as far as pause and rate go.
    fn free_at(&self) -> Option<Instant> {
        self.paused_until.max(self.bucket.as_ref().map(Bucket::next_token))
    }

    /// Keeps a request, if it may have to be sent again.
    #[inline]
    pub(super) fn keep(&mut self, octets: &[u8], timeout: Option<Duration>) -> Option<Box<Kept>> {
        self.keeps.then(|| {
            let mut kept = self.spare.pop().unwrap_or_default();
            kept.octets.clear();
            kept.octets.extend_from_slice(octets);
            (kept.timeout, kept.order, kept.retried) = (timeout, self.kept, 0);
            self.kept += 1;
            kept
        })
    }

    /// What was kept of a request is not needed any more.
    #[inline]
    pub(super) fn drop_kept(&mut self, request: &mut Outstanding<T>) {
        if let Some(kept) = request.kept.take().filter(|kept| kept.octets.capacity() <= SPARE_OCTETS) {
            self.spare.push(kept);
        }
    }

    /// A request that waits to be sent again, the oldest first.
    pub(super) fn pop_waiting(&mut self) -> Option<Outstanding<T>> {
        self.waiting.pop_first().map(|(_, request)| request)
    }
}

impl<T> Session<T> {
    /// Why a request cannot leave now, were there room in the window: until when. Requests that wait for their retry go
    /// first.
    #[inline]
    pub(super) fn held_back(&mut self, now: Instant) -> Option<Instant> {
        if self.flow.waiting() > 0 {
            self.resend(now);
        }
        self.flow.blocked_until(now)
    }

    /// A request that takes room in the window was refused: the status may ask for a pause, and for the request to be sent
    /// again.
    #[cold]
    pub(super) fn receive_refusal(
        &mut self,
        now: Instant,
        mut request: Outstanding<T>,
        status: CommandStatus,
    ) -> Received<T> {
        let retry = self.config.retries.iter().find(|(known, _)| *known == status).map(|&(_, retry)| retry);
        // While the session is being unbound, nothing more is sent.
        if let Some(retry) = retry.filter(|_| self.state != SessionState::Unbinding) {
            let is_recent = self.window.is_recent(&request);
            self.pause(now, status, retry.pause, is_recent);
            if let Some(kept) = request.kept.as_deref().filter(|kept| kept.retried < retry.attempts) {
                self.flow.waiting.insert(kept.order, request);
                if retry.pause.is_zero() {
                    self.resend(now);
                }
                return Received::Retrying(status);
            }
        } else {
            self.open_further(&request);
        }
        self.flow.drop_kept(&mut request);
        if request.token.is_some() { Received::Response(request) } else { Received::Handled }
    }

    fn pause(&mut self, now: Instant, status: CommandStatus, pause: Duration, is_recent: bool) {
        let Some(until) = now.checked_add(pause.min(LONGEST)) else { return };
        let before = self.flow.paused_until.filter(|&before| before > now);
        self.flow.paused_until = before.max(Some(until));
        if before.is_none() {
            self.events.push_back(Event::Throttled { status, until });
            // Without a pause, what was in flight before does not set another one to ask.
            if is_recent || self.flow.opening.is_none() || !pause.is_zero() {
                self.narrow(now);
            }
        }
    }

    /// From now on one request asks.
    fn narrow(&mut self, now: Instant) {
        self.window.begin_pause();
        self.flow.opening = Some(Opening { limit: 1, stuck_at: now + self.config.timers.own_response() });
    }

    /// A response came that asks for no pause.
    #[inline]
    pub(super) fn open_further(&mut self, request: &Outstanding<T>) {
        if let Some(opening) = &mut self.flow.opening
            && request.counted
            && self.window.is_recent(request)
        {
            opening.limit += 1;
            if opening.limit >= self.config.window {
                self.flow.opening = None;
            }
        }
    }

    /// How many requests the line is open for after a pause, besides those that were sent since.
    #[inline]
    pub(super) fn opened_for(&self) -> usize {
        self.flow.opening.map_or(usize::MAX, |opening| opening.limit.saturating_sub(self.window.recent()))
    }

    /// When those in flight after a pause are not waited for any longer, if others are waiting for them.
    pub(super) fn stuck_deadline(&self) -> Option<Instant> {
        let opening = self.flow.opening.filter(|_| self.state.is_bound() && self.opened_for() == 0)?;
        Some(opening.stuck_at)
    }

    /// Sends again what the pause, the rate and those in flight let leave by now.
    pub(super) fn handle_flow_timeout(&mut self, now: Instant) {
        if self.stuck_deadline().is_some_and(|deadline| deadline <= now) {
            self.narrow(now);
        }
        if self.flow.waiting() > 0 {
            self.resend(now);
        }
    }

    /// A request leaves that takes room in the window.
    #[inline]
    pub(super) fn take_place(&mut self, now: Instant) {
        if let Some(bucket) = &mut self.flow.bucket {
            bucket.take();
        }
        if let Some(opening) = &mut self.flow.opening {
            opening.stuck_at = now + self.config.timers.own_response();
        }
    }

    /// When requests that wait are to be sent again.
    pub(super) fn resend_deadline(&self) -> Option<Instant> {
        if self.flow.waiting() == 0 || self.opened_for() == 0 || self.state == SessionState::Unbinding {
            return None;
        }
        self.flow.free_at()
    }

    /// Sends again as many of the requests that wait as may leave. The window has room for each: while any wait, nothing
    /// else is let in.
    #[cold]
    pub(super) fn resend(&mut self, now: Instant) {
        if matches!(self.state, SessionState::Unbinding | SessionState::Closed) {
            return;
        }
        while self.opened_for() > 0 && self.flow.blocked_until(now).is_none() {
            let Some(mut request) = self.flow.pop_waiting() else { return };
            let Some(kept) = &mut request.kept else { continue };
            // It is the one that asks.
            kept.retried += u32::from(self.flow.opening.is_some_and(|opening| opening.limit == 1));
            if self.window.contains(request.sequence_number) {
                request.sequence_number = self.sequence_numbers.own(|number| self.window.contains(number));
            }
            let start = self.output.end();
            self.output.again(request.spec.id, &kept.octets, request.sequence_number);
            let deadline = self.deadline(now, kept.timeout);
            (request.sent_at, request.octets) = (now, start..self.output.end());
            self.take_place(now);
            self.window.insert(request, deadline);
            self.last_transaction = now;
        }
    }

    /// When a request that is sent now is given up.
    #[inline]
    pub(super) fn deadline(&self, now: Instant, own: Option<Duration>) -> Deadline {
        match (own, self.config.timers.response) {
            (Some(timeout), _) => now.checked_add(timeout).map_or(Deadline::Never, Deadline::Own),
            (None, Some(timeout)) => now.checked_add(timeout).map_or(Deadline::Never, Deadline::Default),
            (None, None) => Deadline::Never,
        }
    }
}

/// Without the octets: there is text in them.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("octets", &self.octets.len()).field("retried", &self.retried).finish()
    }
}
