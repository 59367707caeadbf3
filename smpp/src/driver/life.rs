//! How links end, and begin again.

use std::net::Shutdown;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::Error;
use super::dispatch::Notice;
use super::link::Link;
use super::state::Core;
use crate::session::{CloseReason, SessionState};

impl Link {
    /// There is to be another session when this one ends, and `parks` senders meanwhile. No if so it was already, or if
    /// the link is over.
    pub(crate) fn keep(&self, parks: bool) -> bool {
        let mut core = self.lock();
        if core.keeps || core.epoch > 0 && core.over().is_some() {
            return false;
        }
        (core.keeps, core.parks_senders) = (true, parks);
        true
    }

    /// There is to be no other session after all. If the last one has ended, so has the link.
    pub(crate) fn release(&self) {
        self.change(|core| core.release(None));
        self.let_go_of_generator();
        self.ended.notify_all();
    }

    /// Drops the generator of sequence numbers if the link is over: others may be waiting for what it holds.
    fn let_go_of_generator(&self) {
        if self.lock().over().is_some() {
            // If it is asked for a number just now, perhaps even by this thread, whoever asks drops it.
            let generator = self.generator.try_lock().ok().and_then(|mut generator| generator.take());
            drop(generator);
        }
    }

    /// Whether there is to be another session when this one ends.
    pub(crate) fn is_kept(&self) -> bool {
        self.lock().keeps
    }

    /// Tells the user something, unless it is behind with its inbox.
    pub(crate) fn notice(&self, notice: Notice) {
        let room = self.config.inbox;
        self.change(|core| core.notice(notice, room));
    }

    /// Opening the link again has failed.
    pub(crate) fn failed(&self, error: Error) {
        self.lock().stats.last_error = Some(error.to_string());
        self.notice(Notice::RebindFailed(Arc::new(error)));
    }

    /// Ends the link at once. What is queued may be lost.
    pub(crate) fn disconnect(&self) {
        self.end(CloseReason::Requested);
    }

    /// Ends the link at once, for this reason unless it is over. All under one lock, or the session could end for another
    /// reason, or be the next one, by the time it is closed.
    pub(crate) fn end(&self, reason: CloseReason) {
        let mut core = self.lock();
        core.release(Some(reason));
        core.session.close(reason);
        self.settle_and_shut_down(core);
        self.let_go_of_generator();
        self.ended.notify_all();
    }

    /// Whether the session goes on and was never bound.
    pub(crate) fn is_unbound(&self) -> bool {
        self.lock().is_unbound()
    }

    /// Ends the link at once, unless it has been bound or is over. Whether it did.
    pub(crate) fn end_unbound(&self) -> bool {
        let mut core = self.lock();
        let is_unbound = core.is_unbound();
        if is_unbound {
            core.session.close(CloseReason::Requested);
            self.settle_and_shut_down(core);
        }
        is_unbound
    }

    /// Sends unbind, without waiting for anything. The link ends with its session.
    pub(crate) fn unbind(&self) -> Result<(), Error> {
        // Without a number from outside the session counts on by itself: a link must not stay up for want of one.
        let _ = self.supply_sequence_number();
        self.change(|core| {
            let sent = core.session.unbind(Instant::now());
            // Also if the session is at it by itself, for want of traffic.
            if core.session.state() == SessionState::Unbinding {
                core.keeps = false;
            }
            sent.map(drop).map_err(|error| core.refused(error))
        })
    }

    /// Takes no more requests: none to be sent, and none of the peer's, which is told to try again later.
    pub(crate) fn stop_taking(&self) {
        let mut core = self.lock();
        core.draining = true;
        self.room.notify_all();
        if let Some(bell) = &core.bell {
            bell.ring();
        }
    }

    /// Takes no more requests, and waits until those in flight are answered, no longer than until then; and those that
    /// the peer has sent before, too, as long as there is another thread that may answer them. How many requests are left
    /// unanswered.
    pub(crate) fn drain(&self, deadline: Instant) -> usize {
        self.stop_taking();
        let in_callback = self.is_in_callback();
        let mut core = self.lock();
        core.watchers += 1;
        let mut left_over = 0;
        let goes_on = |core: &mut Core| {
            let (outstanding, unanswered) = (core.session.outstanding(), core.session.unanswered());
            if core.session.close_reason().is_some() {
                // What is left over has failed with the session.
                return false;
            }
            left_over = outstanding + if in_callback { 0 } else { unanswered };
            outstanding > 0 || !in_callback && core.is_dispatched() && unanswered > 0
        };
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self.ended.wait_timeout_while(core, left, goes_on);
        (core, _) = waited.unwrap_or_else(PoisonError::into_inner);
        core.watchers -= 1;
        left_over
    }

    /// Unbinds and waits until the link has ended, no longer than this, and a while for callbacks. A link that is not bound
    /// is just disconnected.
    pub(crate) fn unbind_within(&self, timeout: Duration) -> Result<(), Error> {
        match self.unbind() {
            Ok(()) => {}
            // It is being bound again, or was to be.
            Err(Error::State { .. } | Error::Disconnected { .. }) if self.is_kept() => self.end(CloseReason::Unbound),
            Err(Error::State { state: SessionState::Open | SessionState::Outbound, .. }) => {
                self.disconnect();
                return Ok(());
            }
            // Someone else is at it.
            Err(Error::State { .. }) => {}
            Err(Error::Disconnected { reason: CloseReason::Unbound | CloseReason::PeerUnbound, .. }) => {}
            Err(error) => {
                self.disconnect();
                return Err(error);
            }
        }
        let reason = self.wait_ended(timeout).unwrap_or_else(|| {
            self.disconnect();
            CloseReason::UnbindTimeout
        });
        self.wait_dispatched(CALLBACKS_TIMEOUT);
        match reason {
            CloseReason::Unbound | CloseReason::PeerUnbound => Ok(()),
            reason => Err(Error::Disconnected { written: true, reason }),
        }
    }

    /// Waits until the callbacks are done with all that came before the end of the link, no longer than this; not if that
    /// would be to wait for this thread.
    pub(crate) fn wait_dispatched(&self, timeout: Duration) {
        if !self.is_in_callback() {
            let goes_on = |core: &mut Core| core.is_dispatched() && !core.inbox_closed;
            let waited = self.ended.wait_timeout_while(self.lock(), timeout, goes_on);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Waits until the link is over and everything was written or given up, no longer than this.
    pub(crate) fn wait_ended(&self, timeout: Duration) -> Option<CloseReason> {
        let goes_on = |core: &mut Core| core.keeps || core.shutdown.is_some();
        let waited = self.ended.wait_timeout_while(self.lock(), timeout, goes_on);
        let (core, timed_out) = waited.unwrap_or_else(PoisonError::into_inner);
        core.over().filter(|_| !timed_out.timed_out())
    }

    /// Waits until the session is over and the link can be opened again. No if it is not to be.
    pub(crate) fn wait_idle(&self) -> bool {
        let goes_on = |core: &mut Core| core.keeps && !core.is_idle();
        let core = self.ended.wait_while(self.lock(), goes_on).unwrap_or_else(PoisonError::into_inner);
        core.keeps
    }

    /// Sleeps for this long. No if the link is not to be opened again any more.
    pub(crate) fn pause(&self, pause: Duration) -> bool {
        let waited = self.ended.wait_timeout_while(self.lock(), pause, |core| core.keeps);
        waited.unwrap_or_else(PoisonError::into_inner).0.keeps
    }

    /// Waits until the session is bound, no longer than this.
    pub(crate) fn wait_bound(&self, timeout: Duration) -> bool {
        let goes_on = |core: &mut Core| !core.session.state().is_bound() && core.over().is_none();
        let mut core = self.lock();
        core.watchers += 1;
        let waited = self.ended.wait_timeout_while(core, timeout, goes_on);
        (core, _) = waited.unwrap_or_else(PoisonError::into_inner);
        core.watchers -= 1;
        core.session.state().is_bound()
    }

    /// Ends the transport and lets go of it: the last deed of the writer.
    pub(super) fn let_go(&self, linger: Duration) {
        let shutdown = self.lock().shutdown.clone();
        if let Some(shutdown) = shutdown {
            shutdown(Shutdown::Write);
            let reads = |core: &mut Core| !core.reader_done;
            let waited = self.ended.wait_timeout_while(self.lock(), linger, reads);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            shutdown(Shutdown::Both);
        }
        // Before anyone can see that the link has ended.
        self.let_go_of_generator();
        self.lock().shutdown = None;
        self.ended.notify_all();
    }
}

/// How long unbinding waits for callbacks.
const CALLBACKS_TIMEOUT: Duration = Duration::from_secs(1);
