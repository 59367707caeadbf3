//! Requests and responses that go out.

use std::ops::Range;
use std::time::Instant;

use super::event::{Inbound, Outstanding, SendError};
use super::{BindKind, CloseReason, Role, SendOptions, Session, SessionState};
use crate::codec::{Command, CommandId, CommandKind, CommandSpec, State};
use crate::error::DecodeError;
use crate::protocol::{command, tlv, value::CommandStatus};

impl<T> Session<T> {
    /// Queues a request, or a PDU that is never answered, and returns its sequence number.
    ///
    /// When a response comes, the token comes back with it ([`Received`](super::Received)), or with the
    /// [`Event`](super::Event) that says why none will. A PDU that is never answered drops its token.
    ///
    /// Nothing is allocated for a PDU once the buffers have grown to what the traffic needs.
    ///
    /// # Errors
    /// [`SendError`]; nothing was queued then.
    pub fn send<P: Command>(
        &mut self,
        now: Instant,
        pdu: &P,
        token: Option<T>,
        options: SendOptions,
    ) -> Result<u32, SendError> {
        let spec = P::SPEC;
        self.may_send(spec)?;
        let answered = spec.kind == CommandKind::Request;
        let counted = answered && !is_control(spec.id);
        if counted {
            if let Some(until) = self.held_back(now) {
                return Err(SendError::Paused { until });
            }
            if self.window_is_full() {
                return Err(SendError::WindowFull { window: self.window.counted() + self.flow.waiting() });
            }
        }
        if !self.peer_takes_tlvs && pdu.tlvs().contains(MESSAGE_PAYLOAD) {
            return Err(SendError::PeerTakesNoTlvs);
        }
        let sequence_number = self.sequence_number(options)?;
        let start = self.output.end();
        self.output.pdu(pdu, CommandStatus::ESME_ROK, sequence_number, self.peer_takes_tlvs)?;
        if options.sequence_number.is_none() {
            self.sequence_numbers.take(sequence_number);
        }
        if answered {
            let mut kept = None;
            if counted {
                kept = self.flow.keep(self.output.since(start), options.timeout);
                self.take_place(now);
            }
            let (sent_at, octets) = (now, start..self.output.end());
            self.register(
                Outstanding { spec, sequence_number, sent_at, token, octets, counted, pauses: 0, kept },
                options,
            );
        }
        self.sent(now, spec);
        Ok(sequence_number)
    }

    /// Queues octets as they are: for simulators and tests. The session takes no notice of what they say, and drops them
    /// when it is over.
    pub fn send_raw(&mut self, octets: &[u8]) {
        if self.closed.is_none() {
            self.output.raw(octets);
        }
    }

    /// Queues unbind (section 4.2). The session is over once the peer answers, or once the response timer expires.
    ///
    /// # Errors
    /// [`SendError::State`] if the session is not bound.
    pub fn unbind(&mut self, now: Instant) -> Result<u32, SendError> {
        self.unbind_because(now, CloseReason::Unbound)
    }

    /// Answers a request.
    ///
    /// A bind that is answered with ESME_ROK makes the session bound.
    ///
    /// # Errors
    /// [`SendError`] if the session is over, the PDU is not the response to this request, or it cannot be encoded. In
    /// the last two cases the request was answered with ESME_RSYSERR, so that it does not stay without answer.
    pub fn respond<P: Command>(
        &mut self,
        now: Instant,
        request: Inbound,
        status: CommandStatus,
        response: &P,
    ) -> Result<(), SendError> {
        if P::SPEC.id != request.response_id() {
            let error = SendError::WrongResponse { request: request.spec.name, response: P::SPEC.name };
            self.respond_status(now, request, CommandStatus::ESME_RSYSERR)?;
            return Err(error);
        }
        self.not_closed(P::SPEC)?;
        match self.output.pdu(response, status, request.sequence_number, self.peer_takes_tlvs) {
            Ok(()) => {
                self.answered(now, request.spec, status);
                Ok(())
            }
            Err(error) => {
                self.respond_status(now, request, CommandStatus::ESME_RSYSERR)?;
                Err(error.into())
            }
        }
    }

    /// Answers a request with nothing but a status: the fields of the response are empty or 0. Where a negative response
    /// has no body by the standard, it has none (erratum 16).
    ///
    /// # Errors
    /// [`SendError::State`] if the session is over.
    pub fn respond_status(&mut self, now: Instant, request: Inbound, status: CommandStatus) -> Result<(), SendError> {
        self.not_closed(request.spec)?;
        self.answer_blank(request.spec, status, request.sequence_number);
        self.answered(now, request.spec, status);
        Ok(())
    }

    /// Answers a request that could not be decoded with the status that suits the fault.
    ///
    /// # Errors
    /// [`SendError::State`] if the session is over.
    pub fn reject(&mut self, now: Instant, request: Inbound, error: &DecodeError) -> Result<(), SendError> {
        self.respond_status(now, request, error.command_status())
    }

    /// Gives up a request that was received: the application will not answer it. Nothing is sent.
    pub fn forget(&mut self, now: Instant, request: Inbound) {
        if BindKind::of_request(request.spec.id).is_some() {
            self.binding = None;
            self.await_bind(now);
        }
        self.unanswered = self.unanswered.saturating_sub(1);
        self.pay_unbind(now);
    }

    /// Octets that wait to be written.
    pub fn output_len(&self) -> usize {
        self.output.len()
    }

    /// Swaps everything that waits to be written into `buffer`, which is emptied first. What is fetched counts as
    /// written from then on, unless it is [given back](Self::output_lost).
    pub fn take_output(&mut self, buffer: &mut Vec<u8>) {
        self.output.take(buffer);
    }

    /// The last so many of the octets that were fetched did not reach the transport, and never will. To be called before
    /// [`close`](Self::close).
    pub fn output_lost(&mut self, octets: usize) {
        self.output.give_back(octets as u64);
    }

    /// Takes requests out of the output that are over before they were fetched: what counts as not written never leaves.
    pub(super) fn withdraw(&mut self, mut requests: Vec<Range<u64>>) {
        if requests.is_empty() {
            return;
        }
        requests.sort_unstable_by_key(|request| request.start);
        self.output.withdraw(&requests);
        let mut by = 0;
        let gone = requests.into_iter().map(|request| {
            by += request.end - request.start;
            (request.end, by)
        });
        let gone: Vec<_> = gone.collect();
        for request in self.window.requests_mut() {
            let before = gone.partition_point(|&(end, _)| end <= request.octets.start);
            let by = before.checked_sub(1).map_or(0, |last| gone[last].1);
            request.octets = request.octets.start - by..request.octets.end - by;
        }
    }

    pub(super) fn unbind_because(&mut self, now: Instant, reason: CloseReason) -> Result<u32, SendError> {
        let spec = &command::UNBIND;
        self.may_send(spec)?;
        let options = SendOptions { sequence_number: None, timeout: Some(self.config.timers.own_response()) };
        self.unbinding_for = Some(reason);
        Ok(self.send_own(now, spec, options))
    }

    /// Queues a request without body for the session itself.
    pub(super) fn send_own(&mut self, now: Instant, spec: &'static CommandSpec, options: SendOptions) -> u32 {
        let sequence_number = self.sequence_numbers.own(|number| self.window.contains(number));
        let start = self.output.end();
        self.output.header(spec.id, CommandStatus::ESME_ROK, sequence_number);
        let (sent_at, octets) = (now, start..self.output.end());
        let request =
            Outstanding { spec, sequence_number, sent_at, token: None, octets, counted: false, pauses: 0, kept: None };
        self.register(request, options);
        self.sent(now, spec);
        sequence_number
    }

    /// Queues a response of which only the status is known; generic_nack if the request has no response.
    pub(super) fn answer_blank(&mut self, request: &'static CommandSpec, status: CommandStatus, sequence_number: u32) {
        match request.counterpart.and_then(|response| self.find(response)) {
            Some(response) => self.output.blank(response, status, sequence_number),
            None => self.output.header(CommandId::GENERIC_NACK, status, sequence_number),
        }
    }

    fn may_send(&self, spec: &'static CommandSpec) -> Result<(), SendError> {
        let state = match self.state {
            SessionState::Open | SessionState::Outbound => Some(State::Open),
            SessionState::BoundTx => Some(State::BoundTx),
            SessionState::BoundRx => Some(State::BoundRx),
            SessionState::BoundTrx => Some(State::BoundTrx),
            SessionState::Unbinding | SessionState::Closed => None,
        };
        let rebinds = self.binding.is_some() && BindKind::of_request(spec.id).is_some();
        match state {
            Some(state) if self.closed.is_none() && !rebinds && self.role.sends(spec, state) => Ok(()),
            _ => Err(SendError::State { command: spec.name, state: self.state }),
        }
    }

    fn not_closed(&self, spec: &'static CommandSpec) -> Result<(), SendError> {
        match self.closed {
            None => Ok(()),
            Some(_) => Err(SendError::State { command: spec.name, state: self.state }),
        }
    }

    /// The number for a request; it is not taken yet.
    #[inline]
    fn sequence_number(&mut self, options: SendOptions) -> Result<u32, SendError> {
        match options.sequence_number {
            Some(number) if self.window.contains(number) => Err(SendError::SequenceInUse(number)),
            Some(number) => Ok(number),
            None => {
                let found = self.sequence_numbers.find(|number| self.window.contains(number));
                found.ok_or(SendError::NoSequenceNumber)
            }
        }
    }

    fn register(&mut self, request: Outstanding<T>, options: SendOptions) {
        // Binds, unbind and enquire_link are always given up at some time: everything else waits for them.
        let own = options.timeout.or_else(|| (!request.counted).then(|| self.config.timers.own_response()));
        let deadline = self.deadline(request.sent_at, own);
        self.window.insert(request, deadline);
        self.peak = self.peak.max(self.outstanding());
    }

    /// What follows from a PDU having been queued.
    fn sent(&mut self, now: Instant, spec: &'static CommandSpec) {
        match spec.id {
            CommandId::ENQUIRE_LINK => return,
            CommandId::UNBIND => self.enter(SessionState::Unbinding),
            CommandId::OUTBIND if self.role == Role::Smsc => {
                self.await_bind(now);
                self.enter(SessionState::Outbound);
            }
            id => self.binding = BindKind::of_request(id).or(self.binding),
        }
        self.last_transaction = now;
    }

    /// What follows from a request of the peer having been answered.
    fn answered(&mut self, now: Instant, request: &'static CommandSpec, status: CommandStatus) {
        self.last_transaction = now;
        self.unanswered = self.unanswered.saturating_sub(1);
        if let Some(kind) = BindKind::of_request(request.id) {
            self.binding = None;
            if status == CommandStatus::ESME_ROK {
                self.become_bound(now, kind);
            } else {
                // It may try again, though not at its leisure.
                self.await_bind(now);
            }
        }
        self.pay_unbind(now);
    }

    /// The ESME has the time of the session_init timer from now on to bind.
    fn await_bind(&mut self, now: Instant) {
        self.init_deadline = self.config.timers.session_init.and_then(|timeout| now.checked_add(timeout));
    }
}

const MESSAGE_PAYLOAD: u16 = <tlv::MessagePayload as crate::codec::Tlv>::SPEC.tag;

/// Whether a request goes past the window: what keeps the link alive must not wait behind messages.
fn is_control(id: CommandId) -> bool {
    matches!(id, CommandId::ENQUIRE_LINK | CommandId::UNBIND) || BindKind::of_request(id).is_some()
}
