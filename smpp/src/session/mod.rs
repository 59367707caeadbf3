//! The protocol without any IO: one session for both roles.
//!
//! A [`Session`] knows the rules of SMPP 3.4 and nothing else. It never asks the clock, never blocks, and owns no
//! socket, so it can be driven by threads, by a loop of your own, or by a test in virtual time. There are four verbs:
//!
//! * [`receive`](Session::receive): here is a frame. The answer tells whom it is for; decoding it is left to the caller,
//!   who does it once, into the type that is wanted, and outside of any lock.
//! * [`send`](Session::send): queue this request. Its octets are appended to the output, which whoever owns the
//!   connection fetches with [`take_output`](Session::take_output).
//! * [`poll_timeout`](Session::poll_timeout) and [`handle_timeout`](Session::handle_timeout): when to wake up, and that
//!   it is time.
//!
//! What happened otherwise (a state changed, a request expired or failed, the session is over) comes out of
//! [`poll`](Session::poll).
//!
//! # States (section 2.2)
//!
//! ```text
//!                  connected
//!                      |
//!                      v      outbind
//!                    OPEN ----------------> OUTBOUND
//!                      |                       |
//!                      | bind_* answered with ESME_ROK (any kind, in either state)
//!                      v                       v
//!              BOUND_TX | BOUND_RX | BOUND_TRX
//!                |                          |
//!    unbind sent, or received               | unbind received, its response queued
//!  and held back |                          |
//!                v                          v
//!            UNBINDING -------------------> CLOSED
//!                       unbind_resp,           ^
//!                       or no answer in time   |
//!                                              +-- from any state: end of the connection, command_length
//!                                                  that cannot be, session_init, enquire_link or
//!                                                  inactivity timer, close()
//! ```
//!
//! Which command may be sent and is taken in which state comes out of [`CommandSpec`], for
//! vendor commands as for those of the standard.
//!
//! ```
//! use std::time::Instant;
//! use smpp::codec::Frame;
//! use smpp::pdu::BindTransceiver;
//! use smpp::session::{Received, Role, SendOptions, Session, SessionConfig, SessionState};
//! use smpp::value::CommandStatus;
//!
//! let now = Instant::now();
//! let mut esme = Session::<()>::new(Role::Esme, SessionConfig::default(), now);
//! let mut smsc = Session::<()>::new(Role::Smsc, SessionConfig::default(), now);
//! let (mut there, mut back) = (Vec::new(), Vec::new());
//!
//! esme.send(now, &BindTransceiver::default().with_system_id("esme"), None, SendOptions::default())?;
//! esme.take_output(&mut there);
//! let Received::Request(bind) = smsc.receive(now, Frame::exact(&there)?) else { panic!("a bind is a request") };
//! smsc.respond_status(now, bind, CommandStatus::ESME_ROK)?;
//! smsc.take_output(&mut back);
//! esme.receive(now, Frame::exact(&back)?);
//! assert_eq!((esme.state(), smsc.state()), (SessionState::BoundTrx, SessionState::BoundTrx));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Unbind by the peer
//!
//! An unbind is not answered before the requests that came ahead of it are, nor while the peer may still answer what it was
//! sent: orderly peers do, some after their unbind. Meanwhile the session is UNBINDING. No request is sent any more; those
//! whose octets were not fetched, and those that wait for their retry, fail at once as not `written`. unbind_resp leaves,
//! and the session is over ([`CloseReason::PeerUnbound`]), when
//!
//! * nothing is left to be answered by either side; or
//! * this side has answered all, and 2 s (or the response timer, if that is shorter) have passed since the unbind, or since
//!   the last response: the peer has dropped the rest; or
//! * the response timer (10 s if it is off) has passed since the unbind; or
//! * the peer closes the connection.
//!
//! # Flow control
//!
//! Requests other than binds, unbind and enquire_link are held back by three things: the window
//! ([`SessionConfig::window`]: how many may be outstanding), the rate ([`SessionConfig::rate`]: how many leave in a given
//! time), and pauses for which the peer asks by a status ([`SessionConfig::retries`]: ESME_RTHROTTLED, ESME_RMSGQFUL).
//! [`send`](Session::send) never waits: it tells [`SendError::WindowFull`], or [`SendError::Paused`] and until when.
//!
//! A pause ends by asking, not by pouring the window out: one request leaves, and for each response with another status that
//! comes then one more may be in flight, so 1, 2, 4, 8 and so on, until the window is open again. A peer that is still busy
//! costs one PDU for each pause. A request of this kind that gets no response within the response timer (10 s if that is
//! off) is not waited for any longer: another one asks. Requests in flight since before the pause do not count for this.
//!
//! A request that was refused with such a status may be sent again by the session itself: after the pause, with the same
//! octets, in the order in which such requests were first sent, and before any new one. Meanwhile it takes its room in
//! the window, but waits under no response timer. It spends an attempt only when it is the one that asks after a pause, and
//! so goes to the caller when that many pauses were of no use to it, however many of those behind it were refused. The peer has refused it, so if the session ends it fails as not
//! `written`. After unbind was sent nothing is sent again: what waits fails when the session is over, and what is refused
//! from then on goes to the caller.

mod config;
mod counters;
mod event;
mod flow;
mod late;
mod output;
mod rate;
mod receive;
mod send;
mod sequence;
mod state;
mod timer;
mod unbind;
mod window;

use std::collections::VecDeque;
use std::time::Instant;

pub use config::{SendOptions, SessionConfig, Timers};
pub use counters::{Counters, Direction};
pub use event::{CloseReason, Event, Inbound, Outstanding, Received, SendError, Stray};
pub use flow::Retry;
pub use rate::Rate;
pub use state::{BindKind, Role, SessionState};

use crate::codec::{CommandId, CommandSpec};
use crate::protocol::command;
use flow::Flow;
use late::Late;
use output::Output;
use sequence::SequenceNumbers;
use unbind::Owed;
use window::Window;

/// One end of an SMPP session, ESME or SMSC, without IO. See the [module](self).
///
/// `T` is whatever the caller wants back when a request is answered, expires or fails.
#[derive(Debug)]
pub struct Session<T = ()> {
    role: Role,
    config: SessionConfig,
    state: SessionState,
    /// How the session is bound, also while it is being unbound.
    bound: Option<BindKind>,
    /// The bind that was sent or received and is not answered yet.
    binding: Option<BindKind>,
    peer_version: Option<u8>,
    peer_takes_tlvs: bool,
    sequence_numbers: SequenceNumbers,
    window: Window<T>,
    flow: Flow<T>,
    /// The most requests that ever were outstanding.
    peak: usize,
    late: Late,
    output: Output,
    events: VecDeque<Event<T>>,
    closed: Option<CloseReason>,
    close_reported: bool,
    /// Requests handed out by `receive` and not answered yet.
    unanswered: usize,
    /// The unbind of the peer, held back until the requests before it are answered.
    unbind_owed: Option<Owed>,
    init_deadline: Option<Instant>,
    last_received: Instant,
    /// When something other than enquire_link last went either way.
    last_transaction: Instant,
    /// Until when the peer must show life, once it has been asked.
    probe_deadline: Option<Instant>,
    /// Why the session sent unbind itself, if it did.
    unbinding_for: Option<CloseReason>,
}

impl<T> Session<T> {
    /// A session on a connection that was just made.
    pub fn new(role: Role, mut config: SessionConfig, now: Instant) -> Self {
        config.window = config.window.max(1);
        let init = config.timers.session_init.filter(|_| role == Role::Smsc);
        Self {
            role,
            state: SessionState::Open,
            bound: None,
            binding: None,
            peer_version: None,
            peer_takes_tlvs: config.tlvs_without_version,
            sequence_numbers: SequenceNumbers::new(config.first_sequence_number, config.supplied_sequence_numbers),
            window: Window::default(),
            flow: Flow::new(&config, now),
            peak: 0,
            late: Late::default(),
            output: Output::default(),
            events: VecDeque::new(),
            closed: None,
            close_reported: false,
            unanswered: 0,
            unbind_owed: None,
            init_deadline: init.and_then(|timeout| now.checked_add(timeout)),
            last_received: now,
            last_transaction: now,
            probe_deadline: None,
            unbinding_for: None,
            config,
        }
    }

    /// Which end of the session this is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The state.
    pub fn state(&self) -> SessionState {
        self.state
    }

    /// How the session is bound; stays so while it is being unbound, and after it was closed.
    pub fn bound_as(&self) -> Option<BindKind> {
        self.bound
    }

    /// The configuration.
    pub fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// The interface_version of the peer, as its bind request or response gave it (sections 5.2.4 and 5.3.2.25).
    pub fn peer_version(&self) -> Option<u8> {
        self.peer_version
    }

    /// Whether TLVs are sent to the peer: not if its interface_version is below 0x34 (section 3.4).
    ///
    /// 0x04 counts as no version at all (erratum 40); without one, [`SessionConfig::tlvs_without_version`] decides
    /// (erratum 41).
    pub fn peer_takes_tlvs(&self) -> bool {
        self.peer_takes_tlvs
    }

    /// Requests sent and not answered, those that do not count for the window and those that wait for their retry
    /// included.
    pub fn outstanding(&self) -> usize {
        self.window.len() + self.flow.waiting()
    }

    /// The most requests that were outstanding at any time.
    pub fn peak_outstanding(&self) -> usize {
        self.peak
    }

    /// Requests that were refused and wait to be sent again ([`SessionConfig::retries`]).
    pub fn waiting_for_retry(&self) -> usize {
        self.flow.waiting()
    }

    /// Whether the window has no room for another request. Binds, unbind and enquire_link need none.
    pub fn window_is_full(&self) -> bool {
        self.window_room() == 0
    }

    /// How many more requests the window has room for: none while others wait to be sent again, as those go first; and no
    /// more than the line is open for after a pause.
    pub fn window_room(&self) -> usize {
        if self.flow.waiting() > 0 {
            return 0;
        }
        self.config.window.saturating_sub(self.window.counted()).min(self.opened_for())
    }

    /// Requests handed out by [`receive`](Self::receive) that were not answered yet.
    pub fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// How many PDUs went either way.
    pub fn counters(&self) -> &Counters {
        &self.output.counters
    }

    /// Hands over what was counted, and counts from 0 on.
    pub fn take_counters(&mut self) -> Counters {
        std::mem::take(&mut self.output.counters)
    }

    /// Supplies a sequence number: the next request without one of its own takes it, or the one after, if there is stock.
    /// It should be between 1 and 0x7FFFFFFF; a number that is in use when its turn comes is passed over.
    ///
    /// For numbers that come from elsewhere ([`SessionConfig::supplied_sequence_numbers`]), say a file or a database:
    /// asking for them may take time or fail, and so is left to the caller.
    pub fn supply_sequence_number(&mut self, number: u32) {
        self.sequence_numbers.supply(number);
    }

    /// Whether the next request would fail for want of a sequence number ([`SendError::NoSequenceNumber`]). PDUs that the
    /// session sends by itself never do: without stock they count on from the last number that was taken.
    pub fn wants_sequence_number(&self) -> bool {
        self.sequence_numbers.wants()
    }

    /// The sequence number that the next request gets if it is not in use: where a session that follows this one goes on.
    pub fn next_sequence_number(&self) -> u32 {
        self.sequence_numbers.next()
    }

    /// Why the session is over, once it is.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.closed
    }

    /// What happened, one event at a time, in order. [`Event::Closed`] is the last one of a session.
    pub fn poll(&mut self) -> Option<Event<T>> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        let reason = self.closed.filter(|_| !self.close_reported)?;
        self.close_reported = true;
        Some(Event::Closed(reason))
    }

    /// Ends the session without a word to the peer: the connection is gone, or is to go.
    ///
    /// Every request in flight fails ([`Event::Failed`]), and those that were not fetched are taken out of the output; then
    /// comes [`Event::Closed`]. A session that is over stays as
    /// it is. The end of the connection while the session is being unbound counts as the answer to the unbind: some
    /// peers close at once.
    pub fn close(&mut self, reason: CloseReason) {
        if self.closed.is_some() {
            return;
        }
        let gone = matches!(reason, CloseReason::PeerClosed | CloseReason::Io(_));
        let reason = match (self.unbind_owed.take(), self.state) {
            (Some(_), _) if gone => CloseReason::PeerUnbound,
            (None, SessionState::Unbinding) if gone => self.unbinding_for.unwrap_or(CloseReason::Unbound),
            _ => reason,
        };
        (self.closed, self.binding) = (Some(reason), None);
        self.enter(SessionState::Closed);
        self.fail_all();
    }

    /// Everything in flight fails. What was not fetched of it never leaves; other PDUs may.
    fn fail_all(&mut self) {
        let mut unwritten = Vec::new();
        while let Some(request) = self.window.pop() {
            let written = self.output.is_taken(&request);
            if !written {
                unwritten.push(request.octets.clone());
            }
            if request.token.is_some() {
                self.events.push_back(Event::Failed { request, written });
            }
        }
        self.fail_waiting();
        self.withdraw(unwritten);
    }

    /// What waits for its retry fails.
    fn fail_waiting(&mut self) {
        while let Some(request) = self.flow.pop_waiting() {
            if request.token.is_some() {
                self.events.push_back(Event::Failed { request, written: false });
            }
        }
    }

    /// What any specification that the session knows says of a command.
    #[inline]
    fn find(&self, id: CommandId) -> Option<&'static CommandSpec> {
        command::find(id).or_else(|| self.config.protocols.iter().find_map(|protocol| protocol.command(id)))
    }

    fn enter(&mut self, state: SessionState) {
        if self.state != state {
            self.events.push_back(Event::StateChanged { from: self.state, to: state });
            self.state = state;
        }
    }

    fn become_bound(&mut self, now: Instant, kind: BindKind) {
        (self.bound, self.init_deadline) = (Some(kind), None);
        (self.last_received, self.last_transaction) = (now, now);
        self.enter(kind.session_state());
        if self.unbind_owed.is_some() {
            self.enter(SessionState::Unbinding);
        }
    }

    fn note_peer_version(&mut self, version: Option<u8>) {
        self.peer_version = version;
        self.peer_takes_tlvs = match version {
            None | Some(0x04) => self.config.tlvs_without_version,
            Some(version) => version >= 0x34,
        };
    }
}
