//! What is told of messages: receipts, intermediate notifications, and the acknowledgements of simulated mobiles.

use std::time::Duration;

use smpp::pdu::DeliverSm;
use smpp::value::MessageState;
use smpp::value::esm_class::MessageType;
use smpp::value::registered_delivery::SmeAck;

use super::Engine;
use super::message::data_of;
use super::parcels::{Load, Purpose};
use crate::carrier::Via;
use crate::draw::Chance;
use crate::receipt::{ReceiptPlan, acknowledgement, receipt_pdu};
use crate::rules::subject::About;
use crate::rules::verdict::Respond;
use crate::rules::{Hook, ReceiptFaults};
use crate::store::Message;

impl Engine {
    /// Holds the receipt of a message in its final state, as it is planned, to be flushed.
    pub(super) fn post_receipt(&self, number: u64, message: &Message, plan: &ReceiptPlan) {
        self.post_told(message, plan, MessageType::SMSC_DELIVERY_RECEIPT, Purpose::Receipt(number));
    }

    /// Tells that a message is on its way.
    pub(super) fn post_notification(&self, message: &Message, plan: &ReceiptPlan) {
        let receipts = &self.carrier(&message.system_id).receipt;
        if receipts.automatic && receipts.intermediate {
            let once = ReceiptPlan { copies: 0, ..plan.clone() };
            self.post_told(message, &once, MessageType::INTERMEDIATE_NOTIFICATION, Purpose::Notice);
        }
    }

    /// The same, as rules will have it.
    fn post_told(&self, message: &Message, plan: &ReceiptPlan, kind: MessageType, purpose: Purpose) {
        let pdu = self.receipt(message, plan, kind);
        let about = About::Deliver(&pdu);
        let verdict = self.decide_outbound(Hook::Receipt, &message.system_id, about, Some(message.state));
        let faults = verdict.receipt.as_deref().cloned().unwrap_or_default();
        if faults.drop || verdict.respond != Respond::Yes {
            return self.is_dropped(purpose);
        }
        let pdu = match &faults {
            faults if *faults == ReceiptFaults::default() => pdu,
            faults => {
                let plan = ReceiptPlan {
                    unknown_id: plan.unknown_id || faults.unknown_id,
                    form: faults.form.or(plan.form),
                    id: faults.id.or(plan.id),
                    ..plan.clone()
                };
                let mut told = message.clone();
                told.state = faults.state.unwrap_or(told.state);
                told.err = faults.err.clone().or(told.err);
                self.receipt(&told, &plan, kind)
            }
        };
        let delay = verdict.delay + faults.delay.map_or(Duration::ZERO, |delay| delay.draw(self.chance_of(message)));
        let load = match self.carrier(&message.system_id).receipt.via {
            Via::DeliverSm => Load::from(pdu),
            Via::DataSm => data_of(pdu).into(),
        };
        for _ in 0..plan.copies + u32::from(faults.duplicate) {
            self.post_as_ruled(&message.system_id, load.clone(), Purpose::Notice, delay, None);
        }
        self.post_as_ruled(&message.system_id, load, purpose, delay, verdict.close);
    }

    /// What is left to chance about the receipt of a message: by its id, as its number depends on what others submit.
    fn chance_of(&self, message: &Message) -> Chance {
        let chance = Chance::of_session(self.config.seed, &message.system_id, 0);
        let octets = message.id.bytes().chain(message.pdu.destination_addr.as_bytes().iter().copied());
        octets.fold(chance, |chance, octet| chance.and(u64::from(octet)))
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

    fn receipt(&self, message: &Message, plan: &ReceiptPlan, kind: MessageType) -> DeliverSm<'static> {
        let settings = &self.carrier(&message.system_id).receipt;
        let id = plan.write_id(settings.id, &message.id, message.number);
        let mut pdu = receipt_pdu(message, &id, plan, settings.format, kind);
        for tlv in &settings.tlvs {
            pdu.tlvs.push_raw(tlv.tag, &tlv.value);
        }
        pdu
    }
}
