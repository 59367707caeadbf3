//! What a client can be told through a channel.

use crate::codec::Header;
use crate::error::DecodeError;
use crate::protocol::{Pdu, value::CommandStatus};
use crate::session::{CloseReason, SessionState, Stray};

/// What happened on the link of a [`Client`](super::Client).
#[derive(Debug, Clone)]
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
    /// A callback panicked. The request was answered ESME_RSYSERR.
    CallbackPanicked {
        /// The header of the PDU that it was given.
        header: Header,
    },
    /// The link has ended. This is the last event.
    Closed(CloseReason),
}
