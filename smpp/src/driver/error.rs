//! What can go wrong on a link, by whose fault it is.

use std::fmt;
use std::io;
use std::time::Duration;
use std::time::Instant;

use crate::codec::CommandId;
use crate::error::{DecodeError, EncodeError};
use crate::protocol::{Pdu, value::CommandStatus};
use crate::session::{CloseReason, SendError, SessionState};

/// Why a request has no good answer, or could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The caller's: the PDU has a field or TLV outside its limits. Nothing was sent.
    Encode(EncodeError),
    /// The caller's: the command may not be sent in this state. Nothing was sent.
    State {
        /// Name of the command.
        command: &'static str,
        /// The state.
        state: SessionState,
    },
    /// The caller's, of `try_send` only: as many requests are outstanding as may be. Nothing was sent.
    WindowFull {
        /// How many.
        window: usize,
    },
    /// Requests are held back until then, by the rate or since the peer asked to slow down. Nothing was sent.
    Paused {
        /// When to try again.
        until: Instant,
    },
    /// Sequence numbers are supplied from outside, and there is none. Nothing was sent.
    NoSequenceNumber,
    /// The caller's: a request with this sequence number is outstanding. Nothing was sent.
    SequenceInUse(u32),
    /// The caller's: the text is in message_payload, and the peer takes no TLVs. Nothing was sent.
    PeerTakesNoTlvs,
    /// The caller's: the PDU is no response to this request, which was answered with ESME_RSYSERR.
    WrongResponse {
        /// Name of the request.
        request: &'static str,
        /// Name of what was to answer it.
        response: &'static str,
    },
    /// The peer's: it answered with a `command_status` that is not 0.
    Refused {
        /// The status.
        command_status: CommandStatus,
        /// The whole response, or the generic_nack: data_sm_resp tells the reason in its TLVs.
        response: Box<Pdu<'static>>,
    },
    /// The peer's: it answered with another command than the response.
    UnexpectedResponse {
        /// The id of the response.
        expected: CommandId,
        /// What came.
        received: CommandId,
    },
    /// The peer's: its response could not be decoded.
    Decode(DecodeError),
    /// Sending waited as long as it may ([`LinkConfig::send_timeout`](super::LinkConfig::send_timeout)). Nothing was sent.
    NotSent {
        /// How long it waited.
        waited: Duration,
        /// What was in the way at the end: a full window, a pause, or that there was no link.
        cause: Box<Self>,
    },
    /// No response came in time. If the request was `written`, whether the peer acted on it is unknown: sending it again
    /// may do it twice.
    Timeout {
        /// Whether its octets may have left.
        written: bool,
    },
    /// The link ended. If the request was `written`, whether the peer acted on it is unknown: sending it again may do it
    /// twice. If it was not, the peer has never seen it.
    Disconnected {
        /// Whether its octets may have left.
        written: bool,
        /// Why.
        reason: CloseReason,
    },
    /// The system's: no connection, or no thread.
    Io(io::Error),
}

impl Error {
    /// The `command_status` with which the peer refused the request.
    pub fn command_status(&self) -> Option<CommandStatus> {
        match self {
            Self::Refused { command_status, .. } => Some(*command_status),
            _ => None,
        }
    }

    pub(crate) fn not_sent(waited: Duration, cause: Option<Self>) -> Self {
        let cause = cause.unwrap_or(Self::Disconnected { written: false, reason: CloseReason::Requested });
        Self::NotSent { waited, cause: Box::new(cause) }
    }

    /// Whether the peer may have acted on the request although there is no answer: the outcome is unknown, and only the
    /// caller knows whether doing it twice is worse than not at all.
    pub fn is_unknown_outcome(&self) -> bool {
        matches!(
            self,
            Self::Timeout { written: true }
                | Self::Disconnected { written: true, .. }
                | Self::Decode(_)
                | Self::UnexpectedResponse { .. }
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sent = |written: &bool| if *written { "the request was written" } else { "the request was never written" };
        match self {
            Self::Encode(error) => error.fmt(f),
            Self::State { command, state } => write!(f, "{command} may not be sent in state {state}"),
            Self::WindowFull { window } => write!(f, "{window} requests are outstanding, the window is full"),
            Self::Paused { until } => SendError::Paused { until: *until }.fmt(f),
            Self::NoSequenceNumber => SendError::NoSequenceNumber.fmt(f),
            Self::SequenceInUse(number) => write!(f, "sequence_number {number} is in use"),
            Self::PeerTakesNoTlvs => SendError::PeerTakesNoTlvs.fmt(f),
            Self::WrongResponse { request, response } => write!(f, "{response} does not answer {request}"),
            Self::Refused { command_status, .. } => write!(f, "the peer answered {command_status:?}"),
            Self::UnexpectedResponse { expected, received } => write!(f, "{received:?} came instead of {expected:?}"),
            Self::Decode(error) => write!(f, "response: {error}"),
            Self::NotSent { waited, cause } => write!(f, "could not be sent within {waited:?}: {cause}"),
            Self::Timeout { written } => write!(f, "no response in time; {}", sent(written)),
            Self::Disconnected { written, reason } => write!(f, "link ended: {reason}; {}", sent(written)),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Encode(error) => Some(error),
            Self::Decode(error) => Some(error),
            Self::Io(error) => Some(error),
            Self::NotSent { cause, .. } => Some(&**cause),
            _ => None,
        }
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Encode(error) => Self::Encode(error),
            SendError::State { command, state } => Self::State { command, state },
            SendError::WindowFull { window } => Self::WindowFull { window },
            SendError::Paused { until } => Self::Paused { until },
            SendError::NoSequenceNumber => Self::NoSequenceNumber,
            SendError::SequenceInUse(number) => Self::SequenceInUse(number),
            SendError::PeerTakesNoTlvs => Self::PeerTakesNoTlvs,
            SendError::WrongResponse { request, response } => Self::WrongResponse { request, response },
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
