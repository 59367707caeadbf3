//! The messages that the simulator was given, and what became of them.

use std::collections::{HashMap, VecDeque};
use std::time::SystemTime;

use smpp::codec::OctetString;
use smpp::pdu::SubmitSm;
use smpp::sms::{CivilTime, Receipt};
use smpp::tlv;
use smpp::value::{MessageState, RegisteredDelivery, registered_delivery};

/// A message as it was submitted, and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The message_id that the ESME was told.
    pub id: String,
    /// Who submitted it.
    pub system_id: String,
    /// What was submitted. For submit_multi and data_sm, what a submit_sm to one destination would have been.
    pub pdu: SubmitSm<'static>,
    /// Its state (section 5.2.28).
    pub state: MessageState,
    /// When it was submitted.
    pub submitted: SystemTime,
    /// When it came to its final state.
    pub done: Option<SystemTime>,
}

impl Message {
    /// The user data: short_message or message_payload, whichever there is.
    pub fn text(&self) -> OctetString<'_> {
        match self.pdu.message_payload() {
            Some(payload) if self.pdu.short_message.is_empty() => payload,
            _ => self.pdu.short_message.as_borrowed(),
        }
    }

    /// Whether the state will not change any more.
    pub fn is_final(&self) -> bool {
        self.done.is_some()
    }

    /// Whether the ESME asked for a receipt about the state it is in now (section 5.2.17).
    pub fn wants_receipt(&self) -> bool {
        use registered_delivery::SmscReceipt;
        match self.pdu.registered_delivery.smsc_receipt() {
            SmscReceipt::SUCCESS_OR_FAILURE => true,
            SmscReceipt::FAILURE_ONLY => self.state != MessageState::DELIVERED,
            _ => false,
        }
    }

    /// The text of its receipt (appendix B). Octets of the message that are not printable ASCII show as dots.
    pub fn receipt_text(&self) -> String {
        let text: String = self.text().as_bytes().iter().map(|&octet| printable(octet)).collect();
        Receipt {
            id: &self.id,
            sub: 1,
            dlvrd: u16::from(self.state == MessageState::DELIVERED),
            submit_date: CivilTime::of(self.submitted),
            done_date: CivilTime::of(self.done.unwrap_or(self.submitted)),
            state: self.state,
            err: 0,
            text: &text,
        }
        .to_string()
    }
}

fn printable(octet: u8) -> char {
    if octet.is_ascii_graphic() || octet == b' ' { char::from(octet) } else { '.' }
}

/// The messages, oldest first, up to a limit.
#[derive(Debug)]
pub(crate) struct Store {
    messages: HashMap<String, Message>,
    order: VecDeque<String>,
    max_messages: usize,
    next_id: u64,
}

impl Store {
    pub(crate) fn new(max_messages: usize) -> Self {
        Self { messages: HashMap::new(), order: VecDeque::new(), max_messages: max_messages.max(1), next_id: 1 }
    }

    /// Keeps a message and gives it an id. The oldest message goes when there are too many.
    pub(crate) fn add(&mut self, system_id: &str, pdu: SubmitSm<'static>, now: SystemTime) -> String {
        let id = self.next_id.to_string();
        self.next_id += 1;
        if self.order.len() == self.max_messages {
            if let Some(oldest) = self.order.pop_front() {
                self.messages.remove(&oldest);
            }
        }
        let message = Message {
            id: id.clone(),
            system_id: system_id.to_owned(),
            pdu,
            state: MessageState::ENROUTE,
            submitted: now,
            done: None,
        };
        self.order.push_back(id.clone());
        self.messages.insert(id.clone(), message);
        id
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Message> {
        self.messages.get(id)
    }

    /// A message that its sender may still change, by id and source address (sections 4.8 to 4.10).
    pub(crate) fn owned(&mut self, system_id: &str, id: &str, source_addr: &[u8]) -> Option<&mut Message> {
        let message = self.messages.get_mut(id)?;
        (message.system_id == system_id && message.pdu.source_addr.as_bytes() == source_addr).then_some(message)
    }

    /// Ids of the pending messages that cancel_sm without a message_id is about (section 4.9).
    pub(crate) fn pending(&self, system_id: &str, is_meant: impl Fn(&Message) -> bool) -> Vec<String> {
        let meant = |message: &&Message| message.system_id == system_id && !message.is_final() && is_meant(message);
        self.order.iter().filter_map(|id| self.messages.get(id)).filter(meant).map(|message| message.id.clone()).collect()
    }

    /// Brings a message to a final state, unless it is in one. Returns it as it then is.
    pub(crate) fn finish(&mut self, id: &str, state: MessageState, now: SystemTime) -> Option<Message> {
        let message = self.messages.get_mut(id).filter(|message| !message.is_final())?;
        (message.state, message.done) = (state, Some(now));
        Some(message.clone())
    }

    /// Everything, oldest first.
    pub(crate) fn all(&self) -> Vec<Message> {
        self.order.iter().filter_map(|id| self.messages.get(id)).cloned().collect()
    }
}

/// The deliver_sm of a receipt: addresses swapped, the text of appendix B, and the TLVs that say the same.
pub(crate) fn receipt_pdu(message: &Message, esm_class: smpp::value::EsmClass) -> smpp::pdu::DeliverSm<'static> {
    let original = &message.pdu;
    let mut pdu = smpp::pdu::DeliverSm::default()
        .with_service_type(original.service_type.clone())
        .with_source_addr_ton(original.dest_addr_ton)
        .with_source_addr_npi(original.dest_addr_npi)
        .with_source_addr(original.destination_addr.clone())
        .with_dest_addr_ton(original.source_addr_ton)
        .with_dest_addr_npi(original.source_addr_npi)
        .with_destination_addr(original.source_addr.clone())
        .with_esm_class(esm_class)
        .with_registered_delivery(RegisteredDelivery::default())
        .with_short_message(message.receipt_text())
        .with_receipted_message_id(message.id.clone())
        .with_message_state(message.state);
    if let Some(reference) = original.tlvs.get::<tlv::UserMessageReference>() {
        pdu = pdu.with_user_message_reference(reference);
    }
    pdu
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(state: MessageState, registered_delivery: u8) -> Message {
        let mut store = Store::new(1);
        let pdu = SubmitSm::default().with_registered_delivery(registered_delivery).with_short_message(b"caf\xE9 ok");
        let id = store.add("me", pdu, SystemTime::UNIX_EPOCH);
        store.finish(&id, state, SystemTime::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn registered_delivery_is_taken_at_its_word() {
        for (bits, delivered, failed) in [(0, false, false), (1, true, true), (2, false, true), (0x10, false, false)] {
            assert_eq!(message(MessageState::DELIVERED, bits).wants_receipt(), delivered, "{bits}");
            assert_eq!(message(MessageState::UNDELIVERABLE, bits).wants_receipt(), failed, "{bits}");
        }
    }

    #[test]
    fn receipts_say_what_became_of_it() {
        assert_eq!(
            message(MessageState::DELIVERED, 1).receipt_text(),
            "id:1 sub:001 dlvrd:001 submit date:7001010000 done date:7001010000 stat:DELIVRD err:000 text:caf. ok"
        );
    }

    #[test]
    fn a_final_state_is_final_and_the_oldest_goes_first() {
        let mut store = Store::new(2);
        let now = SystemTime::UNIX_EPOCH;
        let ids: Vec<_> = (0..3).map(|_| store.add("me", SubmitSm::default(), now)).collect();
        assert!(store.get(&ids[0]).is_none() && store.get(&ids[1]).is_some());
        assert!(store.finish(&ids[1], MessageState::DELETED, now).is_some());
        assert!(store.finish(&ids[1], MessageState::DELIVERED, now).is_none());
        assert_eq!(store.get(&ids[1]).unwrap().state, MessageState::DELETED);
        assert_eq!(store.pending("me", |_| true), [ids[2].clone()]);
    }
}
