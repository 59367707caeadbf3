//! What a client can be told through a channel.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::codec::Header;
use crate::driver::Error;
use crate::error::DecodeError;
use crate::protocol::{Pdu, value::CommandStatus};
use crate::session::{CloseReason, SessionState, Stray};

/// What happened on the link of a [`Client`](super::Client).
///
/// `Debug` shows no octets that were not decoded: there may be a password among them.
#[derive(Clone)]
#[non_exhaustive]
pub enum ClientEvent {
    /// A PDU that no callback took.
    Pdu {
        /// Its header.
        header: Header,
        /// The PDU.
        pdu: Pdu<'static>,
        /// What deviates from the standard and was tolerated.
        diagnostics: Vec<DecodeError>,
    },
    /// The session is in another state.
    StateChanged {
        /// The state before.
        from: SessionState,
        /// The state now.
        to: SessionState,
    },
    /// A PDU that concerns nothing, such as a late response.
    Stray {
        /// Its header.
        header: Header,
        /// The whole PDU. That of a late response tells the outcome of a request whose outcome was unknown
        /// ([`Error::is_unknown_outcome`](crate::driver::Error::is_unknown_outcome)): the message_id of a submit_sm_resp, for instance. Which request it was,
        /// `sequence_number` in the header says ([`Pending::sequence_number`](crate::driver::Pending::sequence_number)).
        octets: Vec<u8>,
        /// Why.
        stray: Stray,
    },
    /// A request that was answered negatively without asking the application: unknown, or wrong in this state.
    Refused {
        /// Its header.
        header: Header,
        /// What it was answered.
        status: CommandStatus,
    },
    /// A PDU that could not be decoded. If it was a request, it was answered negatively.
    Undecodable {
        /// The whole PDU.
        octets: Vec<u8>,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// A callback panicked. A request that it was given was answered ESME_RSYSERR.
    CallbackPanicked {
        /// The header of the PDU that it was given, if it was given one.
        header: Option<Header>,
    },
    /// The SMSC wants to be sent less: no more requests are sent for a while
    /// ([`SessionConfig::retries`](crate::session::SessionConfig::retries)).
    Throttled {
        /// The status that it answered.
        status: CommandStatus,
        /// How long nothing is sent.
        pause: Duration,
    },
    /// The session was lost; the client will bind again ([`Rebind`](super::Rebind)). If the first bind
    /// failed by it, it does not: [`Closed`](Self::Closed) follows.
    Lost(CloseReason),
    /// The client will try to bind: again, or, if it was [started](super::ClientBuilder::start), for the first time.
    Rebind {
        /// Which attempt in a row it is, from 1.
        attempt: u32,
        /// The pause before it.
        delay: Duration,
    },
    /// An attempt to bind again has failed.
    RebindFailed(Arc<Error>),
    /// The link has ended. This is the last event.
    Closed(CloseReason),
}

impl ClientEvent {
    /// What kind of event it is: for log lines in which nothing of a message may stand.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Pdu { .. } => "Pdu",
            Self::StateChanged { .. } => "StateChanged",
            Self::Stray { .. } => "Stray",
            Self::Refused { .. } => "Refused",
            Self::Undecodable { .. } => "Undecodable",
            Self::CallbackPanicked { .. } => "CallbackPanicked",
            Self::Throttled { .. } => "Throttled",
            Self::Lost(_) => "Lost",
            Self::Rebind { .. } => "Rebind",
            Self::RebindFailed(_) => "RebindFailed",
            Self::Closed(_) => "Closed",
        }
    }
}

impl fmt::Debug for ClientEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pdu { header, pdu, diagnostics } => f
                .debug_struct("Pdu")
                .field("header", header)
                .field("pdu", pdu)
                .field("diagnostics", diagnostics)
                .finish(),
            Self::StateChanged { from, to } => {
                f.debug_struct("StateChanged").field("from", from).field("to", to).finish()
            }
            Self::Stray { header, octets, stray } => {
                let mut f = f.debug_struct("Stray");
                f.field("header", header).field("octets", &octets.len()).field("stray", stray).finish()
            }
            Self::Refused { header, status } => {
                f.debug_struct("Refused").field("header", header).field("status", status).finish()
            }
            Self::Undecodable { octets, error } => {
                f.debug_struct("Undecodable").field("octets", &octets.len()).field("error", error).finish()
            }
            Self::CallbackPanicked { header } => f.debug_struct("CallbackPanicked").field("header", header).finish(),
            Self::Throttled { status, pause } => {
                f.debug_struct("Throttled").field("status", status).field("pause", pause).finish()
            }
            Self::Lost(reason) => f.debug_tuple("Lost").field(reason).finish(),
            Self::Rebind { attempt, delay } => {
                f.debug_struct("Rebind").field("attempt", attempt).field("delay", delay).finish()
            }
            Self::RebindFailed(error) => f.debug_tuple("RebindFailed").field(error).finish(),
            Self::Closed(reason) => f.debug_tuple("Closed").field(reason).finish(),
        }
    }
}
