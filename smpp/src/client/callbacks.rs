//! From PDUs to the callbacks of a client.

use crossbeam_channel::{Sender, TrySendError};

use super::ClientEvent;
use crate::codec::{Command, CommandId, DecodeOwned, Decoder, Frame, Header, RawPdu};
use crate::driver::{Dispatch, Incoming, Notice, Observed, Observes, Reply, answer};
use crate::error::DecodeError;
use crate::pdu::{AlertNotification, DataSm, DataSmResp, DeliverSm, DeliverSmResp, Outbind};
use crate::protocol::{Pdu, value::CommandStatus};
use crate::session::Direction;

#[derive(Default)]
#[allow(clippy::type_complexity, reason = "each type is used once, and says what a callback is")]
pub(super) struct Callbacks {
    pub(super) deliver_sm:
        Option<Box<dyn Fn(&Incoming<'_, DeliverSm<'_>>) -> Reply<DeliverSmResp<'static>> + Send + Sync>>,
    pub(super) data_sm: Option<Box<dyn Fn(&Incoming<'_, DataSm<'_>>) -> Reply<DataSmResp<'static>> + Send + Sync>>,
    pub(super) alert_notification: Option<Box<dyn Fn(&Incoming<'_, AlertNotification<'_>>) + Send + Sync>>,
    pub(super) outbind: Option<Box<dyn Fn(&Incoming<'_, Outbind<'_>>) + Send + Sync>>,
    pub(super) pdu: Option<Box<dyn Fn(&Incoming<'_, Pdu<'_>>) -> CommandStatus + Send + Sync>>,
    pub(super) events: Option<Sender<ClientEvent>>,
    pub(super) observers: Vec<Observer>,
}

/// Someone who wants to see PDUs.
pub(super) struct Observer {
    direction: Option<Direction>,
    command: Option<CommandId>,
    #[allow(clippy::type_complexity, reason = "it is used once, and says what an observer is")]
    show: Box<dyn Fn(Direction, Frame<'_>, &mut Decoder) -> Result<(), DecodeError> + Send + Sync>,
}

impl Observer {
    pub(super) fn of<P: Command + DecodeOwned>(
        direction: Direction,
        callback: impl Fn(&Observed<'_, P>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            direction: Some(direction),
            command: Some(P::SPEC.id),
            show: Box::new(move |direction, frame, decoder| {
                let pdu = P::decode_owned(decoder, frame)?;
                callback(&Observed::new(pdu, frame, direction));
                Ok(())
            }),
        }
    }

    pub(super) fn of_all(callback: impl Fn(&Observed<'_, Pdu<'_>>) + Send + Sync + 'static) -> Self {
        Self {
            direction: None,
            command: None,
            show: Box::new(move |direction, frame, decoder| {
                let pdu = decoder.decode(frame).unwrap_or_else(|_| Pdu::Other(RawPdu::of_frame(frame)));
                callback(&Observed::new(pdu, frame, direction));
                Ok(())
            }),
        }
    }
}

impl Dispatch for Callbacks {
    fn pdu(&self, incoming: &Incoming<'_, Pdu<'_>>) {
        match incoming.pdu() {
            Pdu::DeliverSm(pdu) => {
                if let Some(callback) = &self.deliver_sm {
                    let incoming = incoming.with(pdu.as_borrowed());
                    return answer(&incoming, callback(&incoming));
                }
            }
            Pdu::DataSm(pdu) => {
                if let Some(callback) = &self.data_sm {
                    let incoming = incoming.with(pdu.as_borrowed());
                    return answer(&incoming, callback(&incoming));
                }
            }
            Pdu::AlertNotification(pdu) => {
                if let Some(callback) = &self.alert_notification {
                    return callback(&incoming.with(pdu.as_borrowed()));
                }
            }
            Pdu::Outbind(pdu) => {
                if let Some(callback) = &self.outbind {
                    return callback(&incoming.with(pdu.as_borrowed()));
                }
            }
            _ => {}
        }
        let status = match &self.pdu {
            Some(callback) => callback(incoming),
            None => self.pass_on(incoming),
        };
        answer(incoming, Reply::<DeliverSmResp<'_>>::status(status));
    }

    fn show(&self, direction: Direction, frame: Frame<'_>, decoder: &mut Decoder) {
        let command_id = frame.header().command_id;
        for observer in &self.observers {
            let wants = observer.direction.is_none_or(|wanted| wanted == direction)
                && observer.command.is_none_or(|wanted| wanted == command_id);
            if wants && let Err(error) = (observer.show)(direction, frame, decoder) {
                tracing::warn!(%error, command = ?command_id, ?direction, "PDU could not be decoded for an observer");
            }
        }
    }

    fn undecodable(&self, frame: Frame<'_>, error: &DecodeError) {
        self.tell(ClientEvent::Undecodable { octets: frame.octets().to_vec(), error: error.clone() });
    }

    fn notice(&self, notice: Notice) {
        self.tell(match notice {
            Notice::StateChanged { from, to } => ClientEvent::StateChanged { from, to },
            Notice::Refused { header, status } => ClientEvent::Refused { header, status },
            Notice::Stray { header, octets, stray } => ClientEvent::Stray { header, octets: octets.to_vec(), stray },
            Notice::Throttled { status, pause } => ClientEvent::Throttled { status, pause },
            Notice::Lost(reason) => ClientEvent::Lost(reason),
            Notice::Rebind { attempt, delay } => ClientEvent::Rebind { attempt, delay },
            Notice::RebindFailed(error) => ClientEvent::RebindFailed(error),
            Notice::Closed(reason) => ClientEvent::Closed(reason),
        });
    }

    fn panicked(&self, header: Option<Header>) {
        self.tell(ClientEvent::CallbackPanicked { header });
    }
}

impl Callbacks {
    /// Which PDUs the observers want to see.
    pub(super) fn observes(&self) -> Observes {
        let any = |direction| self.observers.iter().any(|observer| observer.direction.is_none_or(|it| it == direction));
        Observes { received: any(Direction::Received), sent: any(Direction::Sent) }
    }

    /// Hands a PDU to the channel, and tells what to answer.
    fn pass_on(&self, incoming: &Incoming<'_, Pdu<'_>>) -> CommandStatus {
        let Some(events) = &self.events else { return CommandStatus::ESME_RX_T_APPN };
        let event = ClientEvent::Pdu {
            header: incoming.header(),
            pdu: incoming.pdu().clone().into_owned(),
            diagnostics: incoming.diagnostics().to_vec(),
        };
        match events.try_send(event) {
            Ok(()) => CommandStatus::ESME_ROK,
            Err(TrySendError::Full(_)) => CommandStatus::ESME_RMSGQFUL,
            Err(TrySendError::Disconnected(_)) => CommandStatus::ESME_RX_T_APPN,
        }
    }

    fn tell(&self, event: ClientEvent) {
        let Some(events) = &self.events else { return };
        if let Err(error) = events.try_send(event) {
            tracing::warn!(event = error.into_inner().name(), "event channel full or gone, event dropped");
        }
    }
}
