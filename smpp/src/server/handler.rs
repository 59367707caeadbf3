//! What an SMSC does with what its ESMEs ask.

use std::time::Duration;

use super::{BindRequest, SessionHandle};
use crate::codec::{Frame, Header};
use crate::driver::{Incoming, Reply};
use crate::error::DecodeError;
use crate::pdu::*;
use crate::protocol::{Pdu, value::CommandStatus};
use crate::session::{CloseReason, SessionState, Stray};

/// What an SMSC does with what its ESMEs ask. One handler serves all sessions.
///
/// The methods for one session are called one after the other, on a thread of that session; those for several sessions
/// at the same time. They may block, and call anything, to close the session included. A request is answered with what
/// its method returns, or later, by any thread, through [`Incoming::defer`]. A method that panics is answered
/// ESME_RSYSERR.
///
/// Every method has a default that refuses.
pub trait Handler: Send + Sync + 'static {
    /// An ESME wants to bind. ESME_ROK lets it; anything else is the status of the response, and the connection stays, so
    /// that it can try again until the session_init timer expires. ESME_RBINDFAIL unless overridden.
    fn bind(&self, session: &SessionHandle, request: &BindRequest<'_>) -> CommandStatus {
        let _ = (session, request);
        CommandStatus::ESME_RBINDFAIL
    }

    /// The session is bound, the response is on its way: messages may be sent to it.
    fn bound(&self, session: &SessionHandle) {
        let _ = session;
    }

    /// A message is submitted (section 4.4). ESME_RINVCMDID unless overridden.
    fn submit_sm(&self, session: &SessionHandle, request: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        let _ = (session, request);
        CommandStatus::ESME_RINVCMDID.into()
    }

    /// A message is submitted to several destinations (section 4.5). ESME_RINVCMDID unless overridden.
    fn submit_multi(
        &self,
        session: &SessionHandle,
        request: &Incoming<'_, SubmitMulti<'_>>,
    ) -> Reply<SubmitMultiResp<'static>> {
        let _ = (session, request);
        CommandStatus::ESME_RINVCMDID.into()
    }

    /// Data is sent (section 4.7). ESME_RINVCMDID unless overridden.
    fn data_sm(&self, session: &SessionHandle, request: &Incoming<'_, DataSm<'_>>) -> Reply<DataSmResp<'static>> {
        let _ = (session, request);
        CommandStatus::ESME_RINVCMDID.into()
    }

    /// The state of a message is asked for (section 4.8). ESME_RINVCMDID unless overridden.
    fn query_sm(&self, session: &SessionHandle, request: &Incoming<'_, QuerySm<'_>>) -> Reply<QuerySmResp<'static>> {
        let _ = (session, request);
        CommandStatus::ESME_RINVCMDID.into()
    }

    /// Messages are to be cancelled (section 4.9). ESME_RINVCMDID unless overridden.
    fn cancel_sm(&self, session: &SessionHandle, request: &Incoming<'_, CancelSm<'_>>) -> Reply<CancelSmResp<'static>> {
        let _ = (session, request);
        CommandStatus::ESME_RINVCMDID.into()
    }

    /// A message is to be replaced (section 4.10). ESME_RINVCMDID unless overridden.
    fn replace_sm(
        &self,
        session: &SessionHandle,
        request: &Incoming<'_, ReplaceSm<'_>>,
    ) -> Reply<ReplaceSmResp<'static>> {
        let _ = (session, request);
        CommandStatus::ESME_RINVCMDID.into()
    }

    /// Any other PDU: a vendor's. What is returned is the status of the response, if there is to be one; a response with
    /// a body is given through [`Incoming::defer`]. ESME_RINVCMDID unless overridden.
    fn other(&self, session: &SessionHandle, pdu: &Incoming<'_, Pdu<'_>>) -> CommandStatus {
        let _ = (session, pdu);
        CommandStatus::ESME_RINVCMDID
    }

    /// A PDU could not be decoded. If it was a request, it was answered negatively.
    fn undecodable(&self, session: &SessionHandle, frame: Frame<'_>, error: &DecodeError) {
        let _ = (session, frame, error);
    }

    /// A request was answered negatively without asking: it is unknown, or wrong in this state.
    fn refused(&self, session: &SessionHandle, header: Header, status: CommandStatus) {
        let _ = (session, header, status);
    }

    /// A PDU came that concerns nothing, such as a late response: that tells the outcome of a request whose outcome was
    /// unknown ([`Error::is_unknown_outcome`](crate::driver::Error::is_unknown_outcome)), by its sequence_number
    /// ([`Pending::sequence_number`](crate::driver::Pending::sequence_number)).
    fn stray(&self, session: &SessionHandle, frame: Frame<'_>, stray: Stray) {
        let _ = (session, frame, stray);
    }

    /// A method panicked; if it was given a request, that was answered ESME_RSYSERR.
    fn panicked(&self, session: &SessionHandle, header: Option<Header>) {
        let _ = (session, header);
    }

    /// The ESME wants to be sent less: no more requests are sent to it for a while
    /// ([`SessionConfig::retries`](crate::session::SessionConfig::retries)).
    fn throttled(&self, session: &SessionHandle, status: CommandStatus, pause: Duration) {
        let _ = (session, status, pause);
    }

    /// The session is in another state.
    fn state_changed(&self, session: &SessionHandle, from: SessionState, to: SessionState) {
        let _ = (session, from, to);
    }

    /// The session is over: the last call for it.
    fn closed(&self, session: &SessionHandle, reason: CloseReason) {
        let _ = (session, reason);
    }
}
