//! Receipts on their way: to any receiver of the system_id, until one says that it has them.

use std::time::Duration;

use smpp::driver::Error;
use smpp::pdu::DeliverSmResp;
use smpp::server::SessionHandle;
use smpp::value::CommandStatus;
use smpp::value::esm_class::MessageType;

use super::peers::{PAUSE, Parcel};
use super::{Engine, lock};
use crate::receipt::{ReceiptState, receipt_pdu};
use crate::store::Message;

impl Engine {
    /// Holds the receipt of a message in its final state, to be flushed.
    pub(super) fn post_receipt(&self, number: u64, message: &Message) {
        self.post(message, MessageType::SMSC_DELIVERY_RECEIPT, Some(number));
    }

    /// The same for an intermediate notification.
    pub(super) fn post_notification(&self, message: &Message) {
        self.post(message, MessageType::INTERMEDIATE_NOTIFICATION, None);
    }

    fn post(&self, message: &Message, kind: MessageType, number: Option<u64>) {
        let id = self.config.receipt_id.write(&message.id, message.number);
        let pdu = receipt_pdu(message, &id, self.config.receipt, kind);
        let goes = lock(&self.peers).hold(&message.system_id, pdu, number);
        if let Some(parcel) = goes {
            self.set_receipt(&parcel, ReceiptState::Lost);
        }
    }

    /// A receiver has come.
    pub(super) fn add_receiver(&self, system_id: &str, session: &SessionHandle) {
        lock(&self.peers).entry(system_id).receivers.push(session.clone());
        self.flush_later(system_id);
    }

    /// Has everything sent that is held for a system_id, by the thread of the scheduler.
    pub(super) fn flush_later(&self, system_id: &str) {
        if let Some(peer) = lock(&self.peers).get_mut(system_id).filter(|peer| !peer.is_due) {
            peer.is_due = true;
            let system_id = system_id.to_owned();
            self.later(Duration::ZERO, move |engine| engine.flush(&system_id));
        }
    }

    /// Sends what is held for a system_id, one PDU to one receiver after the other, as long as they take it. A window that
    /// is full has room again when a response comes, which calls this again.
    ///
    /// The thread of the scheduler alone calls it: so the order is kept.
    pub(super) fn flush(&self, system_id: &str) {
        let mut full = Vec::new();
        loop {
            let mut peers = lock(&self.peers);
            let Some(peer) = peers.get_mut(system_id) else { return };
            peer.is_due = false;
            let next = if peer.held.is_empty() { None } else { peer.next_receiver(&full) };
            let parcel = next.and_then(|receiver| Some((receiver, peer.held.pop_front()?)));
            peer.flushing = parcel.is_some();
            drop(peers);
            let Some((receiver, parcel)) = parcel else { return };
            self.set_receipt(&parcel, ReceiptState::Sent);
            match receiver.try_send(&*parcel.pdu) {
                Ok(pending) => {
                    let (this, system_id) = (self.this.clone(), system_id.to_owned());
                    pending.then(move |outcome| {
                        if let Some(engine) = this.upgrade() {
                            engine.answered(&system_id, parcel, outcome);
                        }
                    });
                }
                // Addresses of data_sm may be longer than those of deliver_sm: there is no way to send that.
                Err(Error::Encode(_)) => self.set_receipt(&parcel, ReceiptState::Lost),
                Err(error) => {
                    self.set_receipt(&parcel, ReceiptState::Held);
                    let mut peers = lock(&self.peers);
                    let peer = peers.entry(system_id);
                    peer.put_back(parcel);
                    match error {
                        Error::State { .. } | Error::Disconnected { .. } => {
                            peer.receivers.retain(|other| other.id() != receiver.id());
                        }
                        Error::WindowFull { .. } => full.push(receiver.id()),
                        _ => {
                            full.push(receiver.id());
                            let system_id = system_id.to_owned();
                            self.later(PAUSE, move |engine| engine.flush(&system_id));
                        }
                    }
                }
            }
        }
    }

    /// What came of a deliver_sm, on the thread of the session, or on that of the scheduler if it came at once.
    fn answered(&self, system_id: &str, mut parcel: Parcel, outcome: Result<DeliverSmResp<'static>, Error>) {
        let retry = &self.config.receipt_retry;
        match outcome {
            Ok(_) => self.set_receipt(&parcel, ReceiptState::Delivered),
            Err(Error::Refused { command_status, .. }) if !retry.on.contains(&command_status) => {
                parcel.refusals += 1;
                self.set_receipt(&parcel, ReceiptState::Refused(command_status));
            }
            Err(Error::Refused { command_status, .. }) => self.try_again(system_id, parcel, Some(command_status)),
            // Whether the ESME has acted on it, nobody knows: better twice than never.
            Err(Error::Disconnected { .. }) => {
                self.set_receipt(&parcel, ReceiptState::Held);
                lock(&self.peers).entry(system_id).put_back(parcel);
            }
            Err(_) => self.try_again(system_id, parcel, None),
        }
        let mut peers = lock(&self.peers);
        let waits = peers.get_mut(system_id).is_some_and(|peer| peer.flushing || !peer.held.is_empty());
        drop(peers);
        if waits {
            self.flush_later(system_id);
        }
    }

    fn try_again(&self, system_id: &str, mut parcel: Parcel, status: Option<CommandStatus>) {
        parcel.refusals += 1;
        if parcel.refusals > self.config.receipt_retry.max || !lock(&self.peers).retry(system_id) {
            return self.set_receipt(&parcel, status.map_or(ReceiptState::Lost, ReceiptState::Refused));
        }
        let (number, refusals) = (parcel.message, parcel.refusals);
        let name = system_id.to_owned();
        // Under the lock: whoever sees that it waits may move the clock, and the timer must be set by then.
        let mut store = lock(&self.messages);
        self.later(self.config.receipt_retry.every, move |engine| {
            let mut peers = lock(&engine.peers);
            let peer = peers.entry(&name);
            peer.retrying -= 1;
            peer.put_back(parcel);
            drop(peers);
            engine.flush(&name);
        });
        if let Some(stored) = number.and_then(|number| store.get_mut(number)) {
            (stored.message.receipt, stored.message.receipt_refusals) = (ReceiptState::Held, refusals);
            self.tell(&store);
        }
    }

    fn set_receipt(&self, parcel: &Parcel, state: ReceiptState) {
        let mut store = lock(&self.messages);
        let Some(stored) = parcel.message.and_then(|number| store.get_mut(number)) else { return };
        (stored.message.receipt, stored.message.receipt_refusals) = (state, parcel.refusals);
        self.tell(&store);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use smpp::pdu::DeliverSm;

    use super::*;
    use crate::{Clock, ReceiptRetry, SmscSim};

    fn take(engine: &Engine) -> Parcel {
        lock(&engine.peers).entry("me").held.pop_front().unwrap()
    }

    #[test]
    fn what_is_not_answered_is_tried_again_until_it_is_lost() {
        let retry = ReceiptRetry { max: 2, ..ReceiptRetry::default() };
        let engine = Engine::new(SmscSim::builder().clock(Clock::manual()).receipt_retry(retry).config).unwrap();
        lock(&engine.peers).hold("me", DeliverSm::default(), Some(1));
        for refusals in 1..=2 {
            engine.answered("me", take(&engine), Err(Error::Timeout { written: true }));
            assert_eq!((lock(&engine.peers).entry("me").retrying, engine.scheduler.len()), (1, 1));
            engine.advance(Duration::from_secs(5));
            assert_eq!(lock(&engine.peers).entry("me").held[0].refusals, refusals);
        }
        engine.answered("me", take(&engine), Err(Error::Timeout { written: true }));
        engine.advance(Duration::from_secs(500));
        let mut peers = lock(&engine.peers);
        assert!(peers.entry("me").held.is_empty() && peers.entry("me").retrying == 0);
    }

    #[test]
    fn jobs_that_wait_do_not_keep_the_engine() {
        let engine = Engine::new(SmscSim::builder().clock(Clock::manual()).config).unwrap();
        lock(&engine.peers).hold("me", DeliverSm::default(), None);
        engine.answered("me", take(&engine), Err(Error::Timeout { written: true }));
        assert_eq!((engine.scheduler.len(), Arc::strong_count(&engine)), (1, 1));
    }
}
