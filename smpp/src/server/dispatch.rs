//! From PDUs to the methods of a handler.

use std::sync::Arc;

use super::{BindRequest, BindResponder, SessionHandle, Shared};
use crate::codec::{Decoder, Frame, Header};
use crate::driver::{Dispatch, Incoming, Notice, Reply, answer};
use crate::error::DecodeError;
use crate::pdu::GenericNack;
use crate::protocol::{Pdu, value::CommandStatus};
use crate::session::{Direction, SessionState};

pub(super) struct ServerDispatch {
    shared: Arc<Shared>,
    session: SessionHandle,
}

impl ServerDispatch {
    pub(super) fn new(shared: Arc<Shared>, session: SessionHandle) -> Self {
        Self { shared, session }
    }

    fn bind(&self, incoming: &Incoming<'_, Pdu<'_>>, request: &BindRequest<'_>) {
        let Some(responder) = incoming.defer() else { return };
        let (identity, handler) = (self.shared.identity.clone(), Arc::clone(&self.shared.handler));
        request.answered_by(BindResponder::new(responder, request, identity, self.session.clone(), handler));
        let status = self.shared.handler.bind(&self.session, request);
        if let Some(responder) = request.defer()
            && let Err(error) = responder.answer(status)
        {
            tracing::warn!(%error, "SMPP bind response not sent");
        }
    }
}

impl Dispatch for ServerDispatch {
    fn pdu(&self, incoming: &Incoming<'_, Pdu<'_>>) {
        let (handler, session) = (&self.shared.handler, &self.session);
        match incoming.pdu() {
            Pdu::BindTransmitter(pdu) => return self.bind(incoming, &BindRequest::transmitter(incoming.header(), pdu)),
            Pdu::BindReceiver(pdu) => return self.bind(incoming, &BindRequest::receiver(incoming.header(), pdu)),
            Pdu::BindTransceiver(pdu) => return self.bind(incoming, &BindRequest::transceiver(incoming.header(), pdu)),
            _ => {}
        }
        // It was sent after a bind that was refused, or is not answered yet.
        if matches!(session.state(), SessionState::Open | SessionState::Outbound) {
            return answer(incoming, Reply::<GenericNack<'_>>::status(CommandStatus::ESME_RINVBNDSTS));
        }
        // Half a message is none: the ESME still has the whole of it.
        if let Some(loss) = incoming.loss() {
            answer(incoming, Reply::<GenericNack<'_>>::status(loss.command_status()));
            return handler.undecodable(session, incoming.frame(), loss);
        }
        macro_rules! handle {
            ($method:ident, $pdu:ident) => {{
                let incoming = incoming.with($pdu.as_borrowed());
                answer(&incoming, handler.$method(session, &incoming));
            }};
        }
        match incoming.pdu() {
            Pdu::SubmitSm(pdu) => handle!(submit_sm, pdu),
            Pdu::SubmitMulti(pdu) => handle!(submit_multi, pdu),
            Pdu::DataSm(pdu) => handle!(data_sm, pdu),
            Pdu::QuerySm(pdu) => handle!(query_sm, pdu),
            Pdu::CancelSm(pdu) => handle!(cancel_sm, pdu),
            Pdu::ReplaceSm(pdu) => handle!(replace_sm, pdu),
            _ => {
                let status = handler.other(session, incoming);
                answer(incoming, Reply::<GenericNack<'_>>::status(status));
            }
        }
    }

    fn show(&self, _: Direction, _: Frame<'_>, _: &mut Decoder) {}

    fn undecodable(&self, frame: Frame<'_>, error: &DecodeError) {
        self.shared.handler.undecodable(&self.session, frame, error);
    }

    fn notice(&self, notice: Notice) {
        let (handler, session) = (&self.shared.handler, &self.session);
        match notice {
            // Only clients begin another session.
            Notice::Lost(_) | Notice::Rebind { .. } | Notice::RebindFailed(_) => {}
            Notice::Throttled { status, pause } => handler.throttled(session, status, pause),
            Notice::StateChanged { from, to } => handler.state_changed(session, from, to),
            Notice::Refused { header, status } => handler.refused(session, header, status),
            Notice::Stray { octets, stray, .. } => {
                if let Ok(frame) = Frame::exact(&octets) {
                    handler.stray(session, frame, stray);
                }
            }
            Notice::Closed(reason) => {
                self.shared.lock().end(session.id());
                handler.closed(session, reason);
            }
        }
    }

    fn panicked(&self, header: Option<Header>) {
        self.shared.handler.panicked(&self.session, header);
    }
}
