//! The messages that the simulator was given, and what became of them.

use std::collections::{BTreeMap, HashMap};
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
        Receipt::default()
            .with_id(&self.id)
            .with_sub(1)
            .with_dlvrd(u32::from(self.state == MessageState::DELIVERED))
            .with_submit_date(CivilTime::of(self.submitted))
            .with_done_date(CivilTime::of(self.done.unwrap_or(self.submitted)))
            .with_state(self.state)
            .with_err("000")
            .with_text(text)
            .to_string()
    }
}

fn printable(octet: u8) -> char {
    if octet.is_ascii_graphic() || octet == b' ' { char::from(octet) } else { '.' }
}

/// The messages by their number, oldest first, up to a limit.
#[derive(Debug)]
pub(crate) struct Store {
    messages: BTreeMap<u64, Message>,
    /// The numbers of the messages of each message_id: the copies of a submit_multi share one.
    by_id: HashMap<String, Vec<u64>>,
    max_messages: usize,
    next: u64,
}

impl Store {
    pub(crate) fn new(max_messages: usize) -> Self {
        Self { messages: BTreeMap::new(), by_id: HashMap::new(), max_messages: max_messages.max(1), next: 1 }
    }

    /// Keeps messages under one new message_id, which it returns with their numbers. The oldest messages go when there
    /// are too many.
    pub(crate) fn add(
        &mut self,
        system_id: &str,
        pdus: impl IntoIterator<Item = SubmitSm<'static>>,
        now: SystemTime,
    ) -> (String, Vec<u64>) {
        let id = self.next.to_string();
        let mut numbers = Vec::new();
        for pdu in pdus {
            let message = Message {
                id: id.clone(),
                system_id: system_id.to_owned(),
                pdu,
                state: MessageState::ENROUTE,
                submitted: now,
                done: None,
            };
            numbers.push(self.next);
            self.messages.insert(self.next, message);
            self.next += 1;
        }
        self.by_id.insert(id.clone(), numbers.clone());
        while self.messages.len() > self.max_messages {
            if let Some((number, message)) = self.messages.pop_first() {
                self.forget(number, &message.id);
            }
        }
        (id, numbers)
    }

    fn forget(&mut self, number: u64, id: &str) {
        if let Some(numbers) = self.by_id.get_mut(id) {
            numbers.retain(|&other| other != number);
            if numbers.is_empty() {
                self.by_id.remove(id);
            }
        }
    }

    pub(crate) fn get(&self, number: u64) -> Option<&Message> {
        self.messages.get(&number)
    }

    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Message> {
        self.messages.get_mut(&number)
    }

    /// The numbers of the messages that their sender names by id and source address (sections 4.8 to 4.10).
    pub(crate) fn named(&self, system_id: &str, id: &str, source_addr: &[u8]) -> Vec<u64> {
        let is_meant = |number: &u64| {
            self.messages.get(number).is_some_and(|message| {
                message.system_id == system_id && message.pdu.source_addr.as_bytes() == source_addr
            })
        };
        self.by_id.get(id).into_iter().flatten().copied().filter(is_meant).collect()
    }

    /// The numbers of the pending messages that cancel_sm without a message_id is about (section 4.9).
    pub(crate) fn pending(&self, system_id: &str, is_meant: impl Fn(&Message) -> bool) -> Vec<u64> {
        let meant = |message: &Message| message.system_id == system_id && !message.is_final() && is_meant(message);
        self.messages.iter().filter(|(_, message)| meant(message)).map(|(&number, _)| number).collect()
    }

    /// Brings a message to a final state, unless it is in one. Returns it as it then is.
    pub(crate) fn finish(&mut self, number: u64, state: MessageState, now: SystemTime) -> Option<Message> {
        let message = self.messages.get_mut(&number).filter(|message| !message.is_final())?;
        (message.state, message.done) = (state, Some(now));
        Some(message.clone())
    }

    /// Everything, oldest first.
    pub(crate) fn all(&self) -> Vec<Message> {
        self.messages.values().cloned().collect()
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
        let (_, numbers) = store.add("me", [pdu], SystemTime::UNIX_EPOCH);
        store.finish(numbers[0], state, SystemTime::UNIX_EPOCH).unwrap()
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
        let (first, _) = store.add("me", [SubmitSm::default()], now);
        let (second, numbers) = store.add("me", [SubmitSm::default(), SubmitSm::default()], now);
        assert!(store.named("me", &first, b"").is_empty());
        assert_eq!(store.named("me", &second, b""), numbers);
        assert!(store.named("you", &second, b"").is_empty() && store.named("me", &second, b"1").is_empty());
        assert!(store.finish(numbers[0], MessageState::DELETED, now).is_some());
        assert!(store.finish(numbers[0], MessageState::DELIVERED, now).is_none());
        assert_eq!(store.get(numbers[0]).unwrap().state, MessageState::DELETED);
        assert_eq!(store.pending("me", |_| true), numbers[1..]);
        assert_eq!(store.by_id.len(), 1);
    }
}
