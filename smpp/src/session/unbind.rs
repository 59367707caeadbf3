//! The unbind of the peer, and what it waits for.

use std::time::{Duration, Instant};

use super::{CloseReason, Event, Received, Session, SessionState};
use crate::codec::CommandId;
use crate::protocol::value::CommandStatus;

/// An unbind of the peer whose response is held back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owed {
    sequence_number: u32,
    /// Until when it is held back at most.
    until: Instant,
    /// Until when the peer's responses are awaited, unless another one comes.
    quiet_until: Instant,
}

/// How long a peer that has sent unbind may keep silent about the requests that it was sent, before it is taken to have
/// dropped them. Well below the response timer: while it waits for the response to its unbind, that timer runs there.
const QUIET: Duration = Duration::from_secs(2);

impl<T> Session<T> {
    /// Requests that came before it are answered first, or the peer would never see their responses; and its responses to
    /// requests that have left are awaited, or they would be for nobody.
    pub(super) fn receive_unbind(&mut self, now: Instant, sequence_number: u32) {
        if self.state == SessionState::Unbinding {
            // Both sides have sent unbind. Each answers, and each waits for the answer to its own.
            self.output.header(CommandId::UNBIND_RESP, CommandStatus::ESME_ROK, sequence_number);
            return;
        }
        let (until, quiet_until) = (now + self.config.timers.own_response(), now + self.quiet());
        self.unbind_owed = Some(Owed { sequence_number, until, quiet_until });
        self.fail_unsent();
        // A bind that is not answered yet comes first.
        if self.state.is_bound() && self.unanswered + self.window.counted() > 0 {
            self.enter(SessionState::Unbinding);
        }
        self.pay_unbind(now);
    }

    /// A response of the peer's was taken in: it may be followed by others.
    #[cold]
    pub(super) fn receive_response_to_unbound(&mut self, now: Instant, received: &Received<T>) {
        let quiet_until = now + self.quiet();
        if let Some(owed) = &mut self.unbind_owed
            && !matches!(received, Received::Stray(_))
        {
            owed.quiet_until = quiet_until;
        }
        self.pay_unbind(now);
    }

    /// Answers the unbind that was held back once there is nothing to wait for any more.
    pub(super) fn pay_unbind(&mut self, now: Instant) {
        let is_done = self.unanswered == 0 && self.window.counted() == 0;
        if !is_done && self.unbind_deadline().is_some_and(|deadline| deadline > now) {
            return;
        }
        if let Some(Owed { sequence_number, .. }) = self.unbind_owed.take() {
            self.output.header(CommandId::UNBIND_RESP, CommandStatus::ESME_ROK, sequence_number);
            self.last_transaction = now;
            self.close(CloseReason::PeerUnbound);
        }
    }

    /// When the unbind of the peer is answered at the latest.
    pub(super) fn unbind_deadline(&self) -> Option<Instant> {
        let owed = self.unbind_owed?;
        // As long as this side has to answer, the peer may answer, too.
        Some(if self.unanswered > 0 { owed.until } else { owed.until.min(owed.quiet_until) })
    }

    fn quiet(&self) -> Duration {
        QUIET.min(self.config.timers.own_response())
    }

    /// What the peer has not seen it is not shown any more: it would be refused. So it fails now, and can be sent over
    /// another session at once.
    fn fail_unsent(&mut self) {
        let output = &self.output;
        let unsent = self.window.requests_mut().filter(|request| request.counted && !output.is_taken(request));
        let mut unsent: Vec<_> = unsent.map(|request| (request.octets.clone(), request.sequence_number)).collect();
        unsent.sort_unstable_by_key(|(octets, _)| octets.start);
        for (_, sequence_number) in &unsent {
            if let Some(request) = self.window.remove(*sequence_number).filter(|request| request.token.is_some()) {
                self.events.push_back(Event::Failed { request, written: false });
            }
        }
        self.withdraw(unsent.into_iter().map(|(octets, _)| octets).collect());
        self.fail_waiting();
    }
}
