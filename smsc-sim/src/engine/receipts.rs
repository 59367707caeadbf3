//! What is told of messages: receipts, intermediate notifications, and the acknowledgements of simulated mobiles.

use smpp::value::MessageState;
use smpp::value::esm_class::MessageType;
use smpp::value::registered_delivery::SmeAck;

use super::Engine;
use super::message::data_of;
use super::parcels::{Load, Purpose};
use crate::carrier::Via;
use crate::receipt::{ReceiptPlan, acknowledgement, receipt_pdu};
use crate::store::Message;

impl Engine {
    /// Holds the receipt of a message in its final state, as it is planned, to be flushed.
    pub(super) fn post_receipt(&self, number: u64, message: &Message, plan: &ReceiptPlan) {
        let load = self.receipt(message, plan, MessageType::SMSC_DELIVERY_RECEIPT);
        for _ in 0..plan.copies {
            self.post(&message.system_id, load.clone(), Purpose::Notice);
        }
        self.post(&message.system_id, load, Purpose::Receipt(number));
    }

    /// Tells that a message is on its way.
    pub(super) fn post_notification(&self, message: &Message, plan: &ReceiptPlan) {
        if self.carrier(&message.system_id).receipt.intermediate {
            let load = self.receipt(message, plan, MessageType::INTERMEDIATE_NOTIFICATION);
            self.post(&message.system_id, load, Purpose::Notice);
        }
    }

    /// The mobile has the message: it acknowledges it, if it was asked to (section 5.2.17).
    pub(super) fn post_acknowledgements(&self, message: &Message) {
        if message.state != MessageState::DELIVERED || !self.carrier(&message.system_id).sme_acks {
            return;
        }
        let asked = message.pdu.registered_delivery.sme_ack();
        let kinds = [(SmeAck::DELIVERY, MessageType::SME_DELIVERY_ACK), (SmeAck::MANUAL, MessageType::SME_MANUAL_ACK)];
        for (one, kind) in kinds {
            if [one, SmeAck::BOTH].contains(&asked) {
                self.post(&message.system_id, acknowledgement(message, kind), Purpose::Notice);
            }
        }
    }

    fn receipt(&self, message: &Message, plan: &ReceiptPlan, kind: MessageType) -> Load {
        let settings = &self.carrier(&message.system_id).receipt;
        let id = plan.write_id(settings.id, &message.id, message.number);
        let mut pdu = receipt_pdu(message, &id, plan, settings.format, kind);
        for tlv in &settings.tlvs {
            pdu.tlvs.push_raw(tlv.tag, &tlv.value);
        }
        match settings.via {
            Via::DeliverSm => pdu.into(),
            Via::DataSm => data_of(pdu).into(),
        }
    }
}
