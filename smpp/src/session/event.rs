//! What a session has to say.

use std::fmt;
use std::io;
use std::ops::Range;
use std::time::Instant;

use super::SessionState;
use super::flow::Kept;
use crate::codec::{CommandId, CommandSpec};
use crate::error::{EncodeError, FrameError};
use crate::protocol::value::CommandStatus;

/// What a frame turned out to be: the answer of [`Session::receive`](super::Session::receive).
#[derive(Debug)]
#[must_use = "a request has to be answered, and a response belongs to someone"]
pub enum Received<T> {
    /// A request for the application. It must be answered, once: see [`Inbound`].
    Request(Inbound),
    /// A PDU for the application that is never answered: alert_notification, outbind, or a vendor's.
    OneWay(&'static CommandSpec),
    /// The response to this request, or a generic_nack for it.
    Response(Outstanding<T>),
    /// The response to a request, or a generic_nack for it, with a status for which it is sent again
    /// ([`SessionConfig::retries`](super::SessionConfig)). It stays outstanding.
    Retrying(CommandStatus),
    /// An answer to this request with the `command_id` of another. The request is over.
    Mismatch(Outstanding<T>),
    /// The session has dealt with it: enquire_link, unbind, and the responses to its own requests.
    Handled,
    /// A request that the session has refused with this status: unknown (generic_nack), or not in this state.
    Refused(CommandStatus),
    /// A PDU that concerns nothing and is not answered.
    Stray(Stray),
}

/// Why a PDU concerns nothing.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Stray {
    /// A response to a request that was given up when its response timer expired.
    Late {
        /// The request.
        request: &'static CommandSpec,
    },
    /// A response, or a generic_nack, with a sequence number under which nothing is outstanding.
    Unmatched,
    /// A response whose `command_id` no specification knows.
    UnknownResponse,
    /// A PDU that is never answered and not taken in this state.
    WrongState,
    /// The session is over.
    Closed,
}

/// A request from the peer that waits for its answer.
///
/// It is handed back to the session that it came from, once: to [`respond`](super::Session::respond),
/// [`respond_status`](super::Session::respond_status) or [`reject`](super::Session::reject). While it is not, an unbind
/// of the peer is held back.
pub struct Inbound {
    pub(super) spec: &'static CommandSpec,
    pub(super) sequence_number: u32,
}

impl Inbound {
    /// What the specification says of it.
    pub fn spec(&self) -> &'static CommandSpec {
        self.spec
    }

    /// Its sequence number.
    pub fn sequence_number(&self) -> u32 {
        self.sequence_number
    }

    /// The id of its response.
    pub fn response_id(&self) -> CommandId {
        self.spec.counterpart.unwrap_or_else(|| self.spec.id.response())
    }
}

/// A request that was sent.
pub struct Outstanding<T> {
    /// What the specification says of it.
    pub spec: &'static CommandSpec,
    /// Its sequence number: the last one, if it was sent again.
    pub sequence_number: u32,
    /// When it was queued: for the last time, if it was sent again.
    pub sent_at: Instant,
    /// What the caller gave along.
    pub token: Option<T>,
    /// Where in the stream it stands.
    pub(super) octets: Range<u64>,
    /// Whether it takes room in the window.
    pub(super) counted: bool,
    /// Pauses that had begun when it was sent.
    pub(super) pauses: u64,
    /// What is needed to send it again.
    pub(super) kept: Option<Box<Kept>>,
}

// By the name of the command: all that the specification says of it would fill a screen.

impl fmt::Debug for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late { request } => f.debug_struct("Late").field("request", &request.name).finish(),
            Self::Unmatched => f.write_str("Unmatched"),
            Self::UnknownResponse => f.write_str("UnknownResponse"),
            Self::WrongState => f.write_str("WrongState"),
            Self::Closed => f.write_str("Closed"),
        }
    }
}

impl<T> Outstanding<T> {
    /// Whether it takes room in the window: not so binds, unbind and enquire_link.
    #[inline]
    pub fn takes_room(&self) -> bool {
        self.counted
    }
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Inbound");
        f.field("command", &self.spec.name).field("sequence_number", &self.sequence_number).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for Outstanding<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut f = f.debug_struct("Outstanding");
        f.field("command", &self.spec.name).field("sequence_number", &self.sequence_number);
        f.field("sent_at", &self.sent_at).field("token", &self.token).finish_non_exhaustive()
    }
}

/// What happened, other than by a frame.
#[derive(Debug)]
pub enum Event<T> {
    /// The session is in another state.
    StateChanged {
        /// The state before.
        from: SessionState,
        /// The state now.
        to: SessionState,
    },
    /// No response came in time. Whether the peer acted on the request is unknown if it was `written`.
    Expired {
        /// The request.
        request: Outstanding<T>,
        /// Whether its octets may have left.
        written: bool,
    },
    /// The session ended before a response came, or the peer unbound before the request left. Whether the peer acted on the request is unknown if it was `written`.
    Failed {
        /// The request.
        request: Outstanding<T>,
        /// Whether its octets may have left. A request that was refused and waited for its retry counts as not written:
        /// the peer has not acted on it.
        written: bool,
    },
    /// The peer asked to slow down: no request leaves for a while. Told once when such a pause begins, not when it is
    /// made longer.
    Throttled {
        /// What it said.
        status: CommandStatus,
        /// The end of the pause, unless it is made longer.
        until: Instant,
    },
    /// The session is over. Octets may still wait to be written.
    Closed(CloseReason),
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// This side sent unbind and the peer answered, or closed the connection.
    Unbound,
    /// This side sent unbind and got no answer in time.
    UnbindTimeout,
    /// The peer sent unbind.
    PeerUnbound,
    /// The peer closed the connection without unbind.
    PeerClosed,
    /// This side closed the connection without unbind.
    Requested,
    /// The bind was refused with this status, and there is no use in trying again.
    BindRefused(CommandStatus),
    /// The session was lost, and no attempt to bind again came about, as many as were allowed.
    NotBoundAgain,
    /// Nobody bound in time.
    SessionInitTimeout,
    /// The peer showed no life when asked with enquire_link.
    EnquireLinkTimeout,
    /// There was no transaction for too long; the session was unbound.
    Inactivity,
    /// The stream cannot be followed.
    Frame(FrameError),
    /// The connection failed.
    Io(io::ErrorKind),
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbound => f.write_str("unbound"),
            Self::UnbindTimeout => f.write_str("unbind was not answered in time"),
            Self::PeerUnbound => f.write_str("unbound by the peer"),
            Self::PeerClosed => f.write_str("the peer closed the connection without unbind"),
            Self::Requested => f.write_str("closed without unbind"),
            Self::BindRefused(status) => write!(f, "the bind was refused with {status:?}"),
            Self::NotBoundAgain => f.write_str("every attempt to bind again failed"),
            Self::SessionInitTimeout => f.write_str("no bind request in time (session_init timer)"),
            Self::EnquireLinkTimeout => f.write_str("the peer shows no life (enquire_link timer)"),
            Self::Inactivity => f.write_str("no transaction for too long (inactivity timer)"),
            Self::Frame(error) => write!(f, "the stream cannot be followed: {error}"),
            Self::Io(kind) => write!(f, "the connection failed: {kind}"),
        }
    }
}

/// Why a session did not take a PDU to send. Nothing was queued then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// A field or TLV is outside its limits.
    Encode(EncodeError),
    /// The command may not be sent by this role in this state.
    State {
        /// Name of the command.
        command: &'static str,
        /// The state.
        state: SessionState,
    },
    /// The window has no room.
    WindowFull {
        /// How many requests are outstanding.
        window: usize,
    },
    /// Requests are held back: by the [rate](super::Rate), because the peer asked to slow down, or because others wait to be
    /// sent again first.
    Paused {
        /// When to try again: not earlier, and then in vain if requests that wait longer take what there is.
        until: Instant,
    },
    /// Sequence numbers are supplied from outside, and there is none.
    NoSequenceNumber,
    /// A request with this sequence number is outstanding.
    SequenceInUse(u32),
    /// The text is in message_payload, and the peer takes no TLVs ([`peer_takes_tlvs`](super::Session::peer_takes_tlvs)).
    PeerTakesNoTlvs,
    /// The PDU is no response to this request. The request was answered with ESME_RSYSERR.
    WrongResponse {
        /// Name of the request.
        request: &'static str,
        /// Name of what was to answer it.
        response: &'static str,
    },
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encode(error) => error.fmt(f),
            Self::State { command, state } => write!(f, "{command} may not be sent in state {state}"),
            Self::WindowFull { window } => write!(f, "{window} requests are outstanding, the window is full"),
            Self::Paused { .. } => f.write_str("requests are held back for a while"),
            Self::NoSequenceNumber => f.write_str("no sequence_number was supplied"),
            Self::SequenceInUse(number) => write!(f, "sequence_number {number} is in use"),
            Self::PeerTakesNoTlvs => f.write_str("the peer takes no TLVs, so message_payload cannot be sent to it"),
            Self::WrongResponse { request, response } => write!(f, "{response} does not answer {request}"),
        }
    }
}

impl std::error::Error for SendError {}

impl From<EncodeError> for SendError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}
