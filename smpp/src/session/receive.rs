//! PDUs that come in.

use std::time::Instant;

use super::event::{Inbound, Received, Stray};
use super::{BindKind, CloseReason, Role, Session, SessionState};
use crate::codec::{CommandId, CommandKind, CommandSpec, Frame, HEADER_LENGTH, Header, State, Tlvs};
use crate::error::FrameError;
use crate::protocol::{tlv, value::CommandStatus};

impl<T> Session<T> {
    /// Takes in a frame and tells whom it is for. The body is not decoded, except for the interface_version in binds and
    /// their responses.
    ///
    /// Answered here, without the application: enquire_link (in every state), unbind (once the requests before
    /// it are answered, see the [module](super)), unknown requests (generic_nack with ESME_RINVCMDID), and requests that the peer may not make in
    /// this state (their response with ESME_RINVBNDSTS; for a bind ESME_RALYBND). PDUs with bit 31 set are never
    /// answered (erratum 9).
    ///
    /// While a bind is unanswered, the peer is taken to be bound already: some send messages before the response.
    #[inline]
    pub fn receive(&mut self, now: Instant, frame: Frame<'_>) -> Received<T> {
        let header = frame.header();
        self.output.counters.count_received(header.command_id, header.command_status);
        if self.closed.is_some() {
            return Received::Stray(Stray::Closed);
        }
        (self.last_received, self.probe_deadline) = (now, None);
        let Some(spec) = self.find(header.command_id) else {
            self.last_transaction = now;
            let received = self.receive_unknown(header);
            if header.command_id.is_response() {
                self.follow_up(now, &received);
            }
            return received;
        };
        if !matches!(spec.id, CommandId::ENQUIRE_LINK | CommandId::ENQUIRE_LINK_RESP) {
            self.last_transaction = now;
        }
        match spec.kind {
            CommandKind::Response | CommandKind::Nack => {
                let received = self.receive_response(now, spec, frame);
                self.follow_up(now, &received);
                received
            }
            CommandKind::Request => self.receive_request(now, spec, frame),
            CommandKind::OneWay if !self.takes(spec) => Received::Stray(Stray::WrongState),
            CommandKind::OneWay => {
                if spec.id == CommandId::OUTBIND {
                    self.enter(SessionState::Outbound);
                }
                Received::OneWay(spec)
            }
        }
    }

    /// The stream cannot be followed: queues a generic_nack with ESME_RINVCMDLEN and ends the session. `octets` is what
    /// stands at the place of the broken PDU.
    ///
    /// The nack carries the sequence_number that stands there if the `command_id` is a known one, else 0 (section 4.3).
    pub fn receive_broken(&mut self, error: FrameError, octets: &[u8]) {
        if self.closed.is_some() {
            return;
        }
        let header = octets.first_chunk::<HEADER_LENGTH>().map(Header::from_octets);
        let header = header.filter(|header| self.find(header.command_id).is_some());
        let sequence_number = header.map_or(0, |header| header.sequence_number);
        self.output.header(CommandId::GENERIC_NACK, error.command_status(), sequence_number);
        self.close(CloseReason::Frame(error));
    }

    /// A response may open the line for those that wait, or be what an unbind has waited for.
    #[inline]
    fn follow_up(&mut self, now: Instant, received: &Received<T>) {
        if self.flow.waiting() > 0 {
            self.resend(now);
        }
        if self.unbind_owed.is_some() {
            self.receive_response_to_unbound(now, received);
        }
    }

    #[cold]
    fn receive_unknown(&mut self, header: Header) -> Received<T> {
        if header.command_id.is_response() {
            return match self.window.remove(header.sequence_number) {
                Some(request) => self.mismatch(request),
                None => Received::Stray(Stray::UnknownResponse),
            };
        }
        let status = CommandStatus::ESME_RINVCMDID;
        self.output.header(CommandId::GENERIC_NACK, status, header.sequence_number);
        Received::Refused(status)
    }

    fn receive_request(&mut self, now: Instant, spec: &'static CommandSpec, frame: Frame<'_>) -> Received<T> {
        let sequence_number = frame.header().sequence_number;
        if spec.id == CommandId::ENQUIRE_LINK {
            self.answer_blank(spec, CommandStatus::ESME_ROK, sequence_number);
            return Received::Handled;
        }
        let bind = BindKind::of_request(spec.id);
        let status = match bind {
            Some(_) if self.role == Role::Smsc && (self.binding.or(self.bound)).is_some() => {
                CommandStatus::ESME_RALYBND
            }
            _ if self.takes(spec) => CommandStatus::ESME_ROK,
            _ => CommandStatus::ESME_RINVBNDSTS,
        };
        if status != CommandStatus::ESME_ROK || self.unbind_owed.is_some() {
            let status = if status == CommandStatus::ESME_ROK { CommandStatus::ESME_RINVBNDSTS } else { status };
            self.answer_blank(spec, status, sequence_number);
            return Received::Refused(status);
        }
        if spec.id == CommandId::UNBIND {
            self.receive_unbind(now, sequence_number);
            return Received::Handled;
        }
        if bind.is_some() {
            (self.binding, self.init_deadline) = (bind, None);
            self.note_peer_version(interface_version(frame.body()));
        }
        self.unanswered += 1;
        Received::Request(Inbound { spec, sequence_number })
    }

    fn receive_response(&mut self, now: Instant, spec: &'static CommandSpec, frame: Frame<'_>) -> Received<T> {
        let header = frame.header();
        let Some(mut request) = self.window.remove(header.sequence_number) else {
            return Received::Stray(match self.late.find(header.sequence_number) {
                Some(request) if is_answer(request, spec) => Stray::Late { request },
                _ => Stray::Unmatched,
            });
        };
        if !is_answer(request.spec, spec) {
            return self.mismatch(request);
        }
        if header.command_status != CommandStatus::ESME_ROK && request.counted {
            return self.receive_refusal(now, request, header.command_status);
        }
        self.open_further(&request);
        self.flow.drop_kept(&mut request);
        if let Some(kind) = BindKind::of_request(request.spec.id) {
            self.binding = None;
            if spec.kind == CommandKind::Response && header.command_status == CommandStatus::ESME_ROK {
                self.note_peer_version(sc_interface_version(frame.body()));
                self.become_bound(now, kind);
            }
        } else if request.spec.id == CommandId::UNBIND {
            self.close(self.unbinding_for.unwrap_or(CloseReason::Unbound));
        }
        if request.token.is_some() { Received::Response(request) } else { Received::Handled }
    }

    #[cold]
    fn mismatch(&mut self, request: super::Outstanding<T>) -> Received<T> {
        self.open_further(&request);
        match request.spec.id {
            CommandId::UNBIND => self.close(self.unbinding_for.unwrap_or(CloseReason::Unbound)),
            id if BindKind::of_request(id).is_some() => self.binding = None,
            _ => {}
        }
        Received::Mismatch(request)
    }

    /// Whether the peer may send the command in this state.
    fn takes(&self, spec: &'static CommandSpec) -> bool {
        let state = match self.state {
            SessionState::Closed => return false,
            SessionState::Open | SessionState::Outbound => State::Open,
            _ => self.bound.map_or(State::Open, BindKind::state),
        };
        let takes = |state| self.role.takes(spec, state);
        takes(state) || self.binding.is_some_and(|kind| takes(kind.state()))
    }
}

/// Whether a PDU answers the request: its response, or generic_nack.
fn is_answer(request: &CommandSpec, answer: &CommandSpec) -> bool {
    answer.kind == CommandKind::Nack || request.counterpart == Some(answer.id)
}

/// interface_version of a bind: the octet after three C-octet strings, the same in all three kinds (section 4.1).
fn interface_version(body: &[u8]) -> Option<u8> {
    body.splitn(4, |&octet| octet == 0).nth(3)?.first().copied()
}

/// sc_interface_version of a bind response: a TLV after one C-octet string.
fn sc_interface_version(body: &[u8]) -> Option<u8> {
    let (_, tlvs) = body.split_at_checked(body.iter().position(|&octet| octet == 0)? + 1)?;
    Tlvs::from_octets(tlvs).find(SC_INTERFACE_VERSION)?.last().copied()
}

const SC_INTERFACE_VERSION: u16 = <tlv::ScInterfaceVersion as crate::codec::Tlv>::SPEC.tag;
