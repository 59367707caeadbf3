//! query_sm, cancel_sm and replace_sm: on messages that were submitted.
//!
//! A message is the one that is meant if it was submitted by the same system_id, has the message_id, and the source address
//! given, which is empty only if that of the message is. TON and NPI must be those of the message, or 0 for not known
//! (sections 4.8 to 4.10). A message_id that the system_id was never told, or that is forgotten, is ESME_RINVMSGID;
//! one whose message has another address, or is in a state that does not allow the command, is the failure of the command:
//! ESME_RQUERYFAIL, ESME_RCANCELFAIL, ESME_RREPLACEFAIL.

use smpp::codec::COctetString;
use smpp::pdu::{CancelSm, QuerySm, QuerySmResp, ReplaceSm};
use smpp::sms::AbsoluteTime;
use smpp::tlv;
use smpp::value::{CommandStatus, MessageState, Npi, Ton};

use super::{Engine, lock};
use crate::store::{Finished, Message, SCHEDULED};
use crate::times::Times;

impl Engine {
    /// The state of a message (section 4.8). SMPP 3.4 has none for a message that is scheduled: it is ENROUTE, unless the
    /// ESME said at its bind that it speaks 5.0.
    pub(super) fn query(
        &self,
        system_id: &str,
        version: Option<u8>,
        request: &QuerySm<'_>,
    ) -> Result<QuerySmResp<'static>, CommandStatus> {
        let source = Addressed::new(request.source_addr_ton, request.source_addr_npi, &request.source_addr);
        let store = lock(&self.messages);
        let numbers = store.named(system_id, &request.message_id.to_str_lossy());
        if numbers.is_empty() {
            return Err(CommandStatus::ESME_RINVMSGID);
        }
        let mut messages = numbers.iter().filter_map(|&number| store.get(number));
        let Some(message) = messages.find(|message| source.is_source(message)) else {
            return Err(CommandStatus::ESME_RQUERYFAIL);
        };
        let state = match message.state {
            SCHEDULED if version.is_none_or(|version| version < 0x50) => MessageState::ENROUTE,
            state => state,
        };
        // Of a year that two digits cannot tell, none is told.
        let final_date = message.done.and_then(|done| AbsoluteTime::try_from(done).ok());
        Ok(QuerySmResp::default()
            .with_message_id(message.id.clone())
            .with_final_date(final_date.map(COctetString::from).unwrap_or_default())
            .with_message_state(state))
    }

    /// Deletes what is pending (section 4.9): by message_id, and destination if one is given; or without message_id, all
    /// from a source to a destination, of a service_type if one is given. Returns what is to be receipted,
    /// oldest first, by the caller, after the answer.
    pub(super) fn cancel(&self, system_id: &str, request: &CancelSm<'_>) -> Result<Vec<Finished>, CommandStatus> {
        let source = Addressed::new(request.source_addr_ton, request.source_addr_npi, &request.source_addr);
        let destination = Addressed::new(request.dest_addr_ton, request.dest_addr_npi, &request.destination_addr);
        let mut store = lock(&self.messages);
        let mut numbers: Vec<u64> = if request.message_id.is_empty() {
            let service = |message: &Message| {
                request.service_type.is_empty() || message.pdu.service_type == *request.service_type.as_bytes()
            };
            let is_meant = |message: &Message| {
                source.is_source(message) && destination.is_destination(message) && service(message)
            };
            store.pending(system_id, source.addr, destination.addr, is_meant).collect()
        } else {
            let numbers = store.named(system_id, &request.message_id.to_str_lossy());
            if numbers.is_empty() {
                return Err(CommandStatus::ESME_RINVMSGID);
            }
            let is_meant = |message: &Message| {
                source.is_source(message)
                    && (request.destination_addr.is_empty() || destination.is_destination(message))
                    && !message.is_final()
            };
            numbers.into_iter().filter(|&number| store.get(number).is_some_and(is_meant)).collect()
        };
        if numbers.is_empty() {
            return Err(CommandStatus::ESME_RCANCELFAIL);
        }
        numbers.sort_unstable();
        let now = self.now();
        let finish = |number| self.finish(&mut store, number, MessageState::DELETED, now);
        Ok(numbers.into_iter().filter_map(finish).collect())
    }

    /// Gives a message that is pending another text, and other times (section 4.10). Empty times keep what was said before.
    ///
    /// `answer` is called in between, so that the ESME knows that it is replaced before it hears of it again.
    pub(super) fn replace(
        &self,
        system_id: &str,
        request: &ReplaceSm<'_>,
        answer: impl FnOnce(),
    ) -> Result<(), CommandStatus> {
        let source = Addressed::new(request.source_addr_ton, request.source_addr_npi, &request.source_addr);
        let now = self.now();
        let mut store = lock(&self.messages);
        let numbers = store.named(system_id, &request.message_id.to_str_lossy());
        if numbers.is_empty() {
            return Err(CommandStatus::ESME_RINVMSGID);
        }
        let is_meant = |message: &Message| source.is_source(message) && !message.is_final();
        let meant: Vec<u64> = numbers.into_iter().filter(|&number| store.get(number).is_some_and(is_meant)).collect();
        if meant.is_empty() {
            return Err(CommandStatus::ESME_RREPLACEFAIL);
        }
        let mut replaced = Vec::new();
        let max_validity = self.carrier(system_id).lifecycle.max_validity();
        for number in meant {
            let Some(stored) = store.get_mut(number) else { continue };
            let start = stored.message.scheduled.filter(|_| stored.begun.is_none());
            let times = Times { start, expires: stored.message.expires };
            let (schedule, validity) = (&request.schedule_delivery_time, &request.validity_period);
            let pdu = &stored.message.pdu;
            let asked = !pdu.validity_period.is_empty() || pdu.tlvs.get::<tlv::QosTimeToLive>().is_some();
            replaced.push((number, times.replaced(schedule, validity, asked, now, max_validity)?));
        }
        let mut begins = Vec::with_capacity(replaced.len());
        for &(number, times) in &replaced {
            let Some(stored) = store.get_mut(number) else { continue };
            let waited = stored.begun.is_none();
            let request = request.clone().into_owned();
            let pdu = &mut stored.message.pdu;
            pdu.registered_delivery = request.registered_delivery;
            pdu.sm_default_msg_id = request.sm_default_msg_id;
            pdu.short_message = request.short_message;
            pdu.tlvs.remove(tlv::MESSAGE_PAYLOAD.tag);
            if !request.schedule_delivery_time.is_empty() {
                pdu.schedule_delivery_time = request.schedule_delivery_time;
            }
            if !request.validity_period.is_empty() {
                pdu.validity_period = request.validity_period;
            }
            stored.message.submitted = now;
            stored.set_times(times, now);
            begins.extend((waited && stored.begun.is_some()).then_some(number));
        }
        self.tell(&store);
        drop(store);
        answer();
        for number in begins {
            self.notify(number);
        }
        for (number, _) in replaced {
            self.plan(&mut lock(&self.messages), number);
        }
        Ok(())
    }
}

/// An address as a request names it.
struct Addressed<'a> {
    ton: Ton,
    npi: Npi,
    addr: &'a [u8],
}

impl<'a> Addressed<'a> {
    fn new(ton: Ton, npi: Npi, addr: &'a COctetString<'_>) -> Self {
        Self { ton, npi, addr: addr.as_bytes() }
    }

    fn is_source(&self, message: &Message) -> bool {
        let pdu = &message.pdu;
        self.is(pdu.source_addr_ton, pdu.source_addr_npi, &pdu.source_addr)
    }

    fn is_destination(&self, message: &Message) -> bool {
        let pdu = &message.pdu;
        self.is(pdu.dest_addr_ton, pdu.dest_addr_npi, &pdu.destination_addr)
    }

    fn is(&self, ton: Ton, npi: Npi, addr: &COctetString<'_>) -> bool {
        self.addr == addr.as_bytes()
            && [Ton::UNKNOWN, ton].contains(&self.ton)
            && [Npi::UNKNOWN, npi].contains(&self.npi)
    }
}
