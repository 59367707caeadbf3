//! The four timers of section 7.2.

use std::time::Instant;

use super::{BindKind, CloseReason, Event, SendOptions, Session};
use crate::codec::CommandId;
use crate::protocol::command;

impl<T> Session<T> {
    /// When [`handle_timeout`](Self::handle_timeout) is due next, if nothing else happens; `None` if nothing is awaited.
    /// Changes with every PDU, so it is to be asked again after each.
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.closed.is_some() {
            return None;
        }
        let link = self.link_deadline();
        let idle = self.inactivity_deadline();
        let unbind = self.unbind_deadline();
        let resend = self.resend_deadline();
        let stuck = self.stuck_deadline();
        [self.window.next_deadline(), self.init_deadline, link, idle, unbind, resend, stuck].into_iter().flatten().min()
    }

    /// Whether a request of the session's own has become due: enquire_link, or the unbind of an idle session.
    pub(crate) fn is_request_due(&self, now: Instant) -> bool {
        let is_due = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        let asks = self.probe_deadline.is_none() && is_due(self.link_deadline());
        self.closed.is_none() && (asks || is_due(self.inactivity_deadline()))
    }

    /// Does whatever has become due at `now`. Being called early, late or for nothing does no harm.
    pub fn handle_timeout(&mut self, now: Instant) {
        let is_due = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        if self.closed.is_some() {
            return;
        }
        self.expire_requests(now);
        if is_due(self.init_deadline) {
            return self.close(CloseReason::SessionInitTimeout);
        }
        self.pay_unbind(now);
        if self.closed.is_some() {
            return;
        }
        if is_due(self.probe_deadline) {
            return self.close(CloseReason::EnquireLinkTimeout);
        }
        self.handle_flow_timeout(now);
        if is_due(self.inactivity_deadline()) && self.unbind_because(now, CloseReason::Inactivity).is_ok() {
            return;
        }
        if is_due(self.link_deadline()) {
            let timeout = self.config.timers.own_response();
            self.send_own(now, &command::ENQUIRE_LINK, SendOptions { sequence_number: None, timeout: Some(timeout) });
            self.probe_deadline = now.checked_add(timeout);
        }
    }

    fn expire_requests(&mut self, now: Instant) {
        let mut unwritten = Vec::new();
        while let Some(mut request) = self.window.pop_expired(now) {
            self.flow.drop_kept(&mut request);
            let written = self.output.is_taken(&request);
            if !written {
                unwritten.push(request.octets.clone());
            }
            match request.spec.id {
                CommandId::UNBIND => {
                    self.withdraw(std::mem::take(&mut unwritten));
                    self.close(match self.unbinding_for {
                        Some(CloseReason::Inactivity) => CloseReason::Inactivity,
                        _ => CloseReason::UnbindTimeout,
                    });
                }
                id if BindKind::of_request(id).is_some() => self.binding = None,
                _ => {}
            }
            self.late.remember(request.sequence_number, request.spec);
            if request.token.is_some() {
                self.events.push_back(Event::Expired { request, written });
            }
        }
        self.withdraw(unwritten);
    }

    /// When the peer is to be asked for life, or must have shown it.
    fn link_deadline(&self) -> Option<Instant> {
        let period = self.config.timers.enquire_link.filter(|_| self.state.is_bound());
        self.probe_deadline.or_else(|| self.last_received.checked_add(period?))
    }

    fn inactivity_deadline(&self) -> Option<Instant> {
        let period = self.config.timers.inactivity.filter(|_| self.state.is_bound())?;
        self.last_transaction.checked_add(period)
    }
}
