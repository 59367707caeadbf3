//! The messages that the simulator was given, and what became of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, SystemTime};

use smpp::codec::OctetString;
use smpp::pdu::SubmitSm;
use smpp::sms;
use smpp::tlv;
use smpp::value::{MessageState, registered_delivery};

use crate::draw::Chance;
use crate::receipt::{self, ReceiptForm, ReceiptPlan, ReceiptState};
use crate::rules::{MoReply, ReceiptFaults};
use crate::scheduler::Timer;
use crate::times::Times;

/// The state of a message whose delivery is still to begin: number 0, which SMPP 5.0 has and 3.4 has not.
pub const SCHEDULED: MessageState = MessageState(0);

/// A message as it was submitted, and its state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// Its place among all messages of the simulator, from 1, in the order they came. Copies of a submit_multi have each
    /// their own, though they share an id.
    pub serial: u64,
    /// The message_id that the ESME was told.
    pub id: String,
    /// Who submitted it.
    pub system_id: String,
    /// What was submitted, or put in its place by replace_sm. For submit_multi and data_sm, what a submit_sm to one
    /// destination would have been.
    pub pdu: SubmitSm<'static>,
    /// Its state (section 5.2.28), or [`SCHEDULED`].
    pub state: MessageState,
    /// When it was submitted, or replaced.
    pub submitted: SystemTime,
    /// When its delivery begins, if that was put off; it may be over.
    pub scheduled: Option<SystemTime>,
    /// When its validity is over.
    pub expires: SystemTime,
    /// When it came to its final state.
    pub done: Option<SystemTime>,
    /// The error code that its receipt tells, at most 3 characters on paper: `000` if there is none.
    pub err: Option<String>,
    /// What became of its receipt.
    pub receipt: ReceiptState,
    /// How often the ESME refused or did not answer its receipt.
    pub receipt_refusals: u32,
    /// What the id was written from.
    pub(crate) number: u64,
}

#[cfg(test)]
impl Message {
    /// One with nothing in it.
    pub(crate) fn example(now: SystemTime) -> Self {
        let times = Times { start: None, expires: now };
        let new = New {
            pdu: SubmitSm::default(),
            times,
            outcome: MessageState::DELIVERED,
            err: None,
            delay: Duration::ZERO,
            plan: None,
            replies: Vec::new(),
        };
        Stored::new(1, 1, "1", "me", new, now).message
    }
}

impl Message {
    /// The user data: short_message or message_payload, whichever there is.
    pub fn text(&self) -> OctetString<'_> {
        match self.pdu.message_payload() {
            Some(payload) if self.pdu.short_message.is_empty() => payload,
            _ => self.pdu.short_message.as_borrowed(),
        }
    }

    /// The text, read by its data_coding, data_coding 0 as GSM 7-bit; `None` if it is none, but 8-bit data. Of a part of
    /// a longer message it is that part's alone: [`SmscSim::texts`](crate::SmscSim::texts) joins them.
    pub fn decoded(&self) -> Option<String> {
        sms::Message::from(&self.pdu).decode(&sms::Profile::default()).text
    }

    /// Whether the state will not change any more, but by [`SmscSim::set_state`](crate::SmscSim::set_state).
    pub fn is_final(&self) -> bool {
        self.done.is_some()
    }

    /// Whether the ESME asked for a receipt about the state it is in now (section 5.2.17). DELIVERED and ACCEPTED are
    /// success, every other final state is failure; about a state that is not final there is no receipt.
    pub fn wants_receipt(&self) -> bool {
        use registered_delivery::SmscReceipt;
        let is_success = matches!(self.state, MessageState::DELIVERED | MessageState::ACCEPTED);
        match self.pdu.registered_delivery.smsc_receipt() {
            SmscReceipt::SUCCESS_OR_FAILURE => self.is_final(),
            SmscReceipt::FAILURE_ONLY => self.is_final() && !is_success,
            _ => false,
        }
    }

    /// The text of its receipt (appendix B), as [`ReceiptForm::Standard`] has it. Octets of the message that are not
    /// printable ASCII show as dots.
    pub fn receipt_text(&self) -> String {
        receipt::text(self, self.state, &self.id, ReceiptForm::Standard).to_string()
    }
}

/// A message, and what is going to happen to it.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) message: Message,
    /// What it comes to, if its validity lasts.
    pub(crate) outcome: MessageState,
    /// How long that takes, from when its delivery begins.
    pub(crate) delay: Duration,
    /// What is special about its receipt.
    pub(crate) plan: Option<Box<ReceiptPlan>>,
    /// When its delivery began.
    pub(crate) begun: Option<SystemTime>,
    /// What happens next.
    pub(crate) timer: Option<Timer>,
    /// How often it was decided what happens next: whatever was decided before does not count any more.
    pub(crate) turn: u64,
}

/// A message that has come to its end, of which there is something to tell.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) number: u64,
    pub(crate) message: Message,
    pub(crate) plan: ReceiptPlan,
    /// Whether it is to be receipted.
    pub(crate) receipt: bool,
}

/// A message that is new, or put in the place of another.
#[derive(Debug)]
pub(crate) struct New {
    pub(crate) pdu: SubmitSm<'static>,
    pub(crate) times: Times,
    pub(crate) outcome: MessageState,
    /// What its receipt says of the error, if not `000`.
    pub(crate) err: Option<String>,
    pub(crate) delay: Duration,
    pub(crate) plan: Option<Box<ReceiptPlan>>,
    /// What comes back to the ESME, each so long after the response.
    pub(crate) replies: Vec<(MoReply, Duration)>,
}

impl New {
    /// As a rule will have it.
    pub(crate) fn apply(&mut self, faults: Option<&ReceiptFaults>, chance: Chance) {
        let Some(faults) = faults else { return };
        self.outcome = faults.state.unwrap_or(self.outcome);
        self.err = faults.err.clone().or_else(|| self.err.take());
        self.delay = faults.delay.map_or(self.delay, |delay| delay.draw(chance));
        self.plan = Some(Box::new(ReceiptPlan {
            before_resp: faults.before_resp,
            drop: faults.drop,
            copies: u32::from(faults.duplicate),
            unknown_id: faults.unknown_id,
            form: faults.form,
            id: faults.id,
        }));
    }
}

impl Stored {
    fn new(serial: u64, number: u64, id: &str, system_id: &str, new: New, now: SystemTime) -> Self {
        let New { pdu, times, outcome, err, delay, plan, replies: _ } = new;
        Self {
            message: Message {
                serial,
                id: id.to_owned(),
                system_id: system_id.to_owned(),
                pdu,
                state: if times.start.is_some() { SCHEDULED } else { MessageState::ENROUTE },
                submitted: now,
                scheduled: times.start,
                expires: times.expires,
                done: None,
                err,
                receipt: ReceiptState::None,
                receipt_refusals: 0,
                number,
            },
            outcome,
            delay,
            plan,
            begun: times.start.is_none().then_some(now),
            timer: None,
            turn: 0,
        }
    }

    /// Gives it other times. The delivery begins anew if it is to begin at another time than before. What was planned by
    /// the old ones does not happen.
    pub(crate) fn set_times(&mut self, times: Times, now: SystemTime) {
        self.turn += 1;
        let message = &mut self.message;
        let is_put_off = times.start.is_some_and(|start| start > now);
        if is_put_off {
            (message.state, message.scheduled, self.begun) = (SCHEDULED, times.start, None);
        } else if self.begun.is_none() {
            (message.state, message.scheduled, self.begun) = (MessageState::ENROUTE, None, Some(now));
        }
        message.expires = times.expires;
    }

    /// When something happens to it next, unless it is in its final state.
    pub(crate) fn next(&self) -> Option<SystemTime> {
        if self.message.is_final() {
            return None;
        }
        let Some(begun) = self.begun else { return self.message.scheduled };
        Some(self.comes_to_outcome(begun).unwrap_or(self.message.expires))
    }

    /// Whether it has come to its outcome by now, which nothing has been planned for yet.
    pub(crate) fn is_due(&self, now: SystemTime) -> bool {
        let at = self.begun.and_then(|begun| self.comes_to_outcome(begun));
        !self.message.is_final() && self.timer.is_none() && at.is_some_and(|at| at <= now)
    }

    /// When it comes to its outcome, if it does.
    pub(crate) fn comes_to_outcome(&self, begun: SystemTime) -> Option<SystemTime> {
        let at = begun.checked_add(self.delay)?;
        (self.outcome != MessageState::ENROUTE && at <= self.message.expires).then_some(at)
    }
}

/// The messages by their number, oldest first, up to a limit. Nothing that an ESME asks for takes a look at all of them.
#[derive(Debug)]
pub(crate) struct Store {
    messages: BTreeMap<u64, Stored>,
    /// The numbers of the messages of each message_id: the copies of a submit_multi share one.
    by_id: HashMap<String, Vec<u64>>,
    /// Those that are pending, by a hash of who submitted them and both addresses.
    pending: BTreeSet<(u64, u64)>,
    /// Those that are in their final state, in the order in which they came to it; some may be gone.
    finals: VecDeque<u64>,
    max_messages: usize,
    next: u64,
    /// Ids are written from how far `next` is from here.
    base: u64,
    /// What changed while somebody waits for it.
    pub(crate) changes: Changes,
}

/// The numbers of messages that changed, in order, as long as anybody waits; a number may stand there more than once.
///
/// Who waits looks at what changed since it last looked, not at every message. One that fell too far behind looks at all.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    numbers: VecDeque<u64>,
    /// How many stood before those.
    gone: u64,
    /// How many wait.
    waiters: usize,
}

impl Changes {
    /// Somebody waits. Returns the place of the next change.
    pub(crate) fn join(&mut self) -> u64 {
        self.waiters += 1;
        self.end()
    }

    /// Somebody waits no longer.
    pub(crate) fn leave(&mut self) {
        self.waiters = self.waiters.saturating_sub(1);
        if self.waiters == 0 {
            self.gone = self.end();
            self.numbers = VecDeque::new();
        }
    }

    pub(crate) fn has_waiters(&self) -> bool {
        self.waiters > 0
    }

    /// The place of the next change.
    pub(crate) fn end(&self) -> u64 {
        self.gone + self.numbers.len() as u64
    }

    /// What changed since a place; `None` if that is too long ago.
    pub(crate) fn since(&self, place: u64) -> Option<impl Iterator<Item = u64>> {
        let skip = usize::try_from(place.checked_sub(self.gone)?).ok()?;
        Some(self.numbers.iter().skip(skip).copied())
    }

    fn note(&mut self, number: u64) {
        if self.waiters == 0 {
            return;
        }
        if self.numbers.len() >= MAX_CHANGES {
            self.numbers.pop_front();
            self.gone += 1;
        }
        self.numbers.push_back(number);
    }
}

/// Changes that are remembered for those that wait: half a megabyte.
const MAX_CHANGES: usize = 65_536;

impl Store {
    pub(crate) fn new(max_messages: usize) -> Self {
        let max_messages = max_messages.max(1);
        Self {
            messages: BTreeMap::new(),
            by_id: HashMap::new(),
            pending: BTreeSet::new(),
            finals: VecDeque::new(),
            max_messages,
            next: 1,
            base: 0,
            changes: Changes::default(),
        }
    }

    /// Keeps messages under one new message_id, which it returns with their numbers. When there are too many, those go that
    /// have been in their final state the longest, and only then the oldest of those that are pending; what was to happen
    /// to these is returned, too.
    pub(crate) fn add(
        &mut self,
        system_id: &str,
        news: impl IntoIterator<Item = New>,
        now: SystemTime,
        write_id: impl FnOnce(u64) -> String,
    ) -> (String, Vec<u64>, Vec<Timer>) {
        let number = self.next - self.base;
        let id = write_id(number);
        let mut numbers = Vec::new();
        for new in news {
            numbers.push(self.next);
            self.pending.insert((pair(system_id, &new.pdu), self.next));
            self.messages.insert(self.next, Stored::new(self.next, number, &id, system_id, new, now));
            self.changes.note(self.next);
            self.next += 1;
        }
        // Short ids come again in the end.
        self.by_id.entry(id.clone()).or_default().extend(&numbers);
        let mut timers = Vec::new();
        while self.messages.len() > self.max_messages {
            timers.extend(self.evict());
        }
        (id, numbers, timers)
    }

    fn evict(&mut self) -> Option<Timer> {
        let mut finals = std::iter::from_fn(|| self.finals.pop_front());
        let gone = finals.find_map(|number| self.messages.remove_entry(&number));
        let (number, stored) = gone.or_else(|| self.messages.pop_first())?;
        self.changes.note(number);
        self.pending.remove(&(pair(&stored.message.system_id, &stored.message.pdu), number));
        self.forget(number, &stored.message.id);
        stored.timer
    }

    /// Forgets all messages, and returns what was to happen to them. Ids go on, or begin anew.
    pub(crate) fn clear(&mut self, ids_too: bool) -> Vec<Timer> {
        let gone = std::mem::take(&mut self.messages);
        for &number in gone.keys() {
            self.changes.note(number);
        }
        self.by_id.clear();
        self.pending.clear();
        self.finals.clear();
        if ids_too {
            self.base = self.next - 1;
        }
        gone.into_values().filter_map(|stored| stored.timer).collect()
    }

    /// Puts a message in the place of another, which keeps its number and message_id. Returns the message_id.
    pub(crate) fn put(&mut self, number: u64, new: New, now: SystemTime) -> Option<String> {
        let stored = self.get_mut(number)?;
        let Message { serial, id, system_id, number, .. } = &stored.message;
        let put = Stored::new(*serial, *number, id, system_id, new, now);
        let id = id.clone();
        *stored = Stored { timer: stored.timer, turn: stored.turn + 1, ..put };
        Some(id)
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
        self.messages.get(&number).map(|stored| &stored.message)
    }

    /// A message to be changed: those that wait for a change look at it again.
    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut Stored> {
        self.changes.note(number);
        self.messages.get_mut(&number)
    }

    /// The numbers of the messages of an ESME with this id.
    pub(crate) fn named(&self, system_id: &str, id: &str) -> Vec<u64> {
        let is_own = |number: &u64| self.get(*number).is_some_and(|message| message.system_id == system_id);
        self.by_id.get(id).into_iter().flatten().copied().filter(is_own).collect()
    }

    /// The numbers of the pending messages of an ESME from one address to another of which something is true, the latest
    /// first.
    pub(crate) fn pending<'a>(
        &'a self,
        system_id: &'a str,
        source: &'a [u8],
        destination: &'a [u8],
        is_meant: impl Fn(&Message) -> bool + 'a,
    ) -> impl Iterator<Item = u64> + 'a {
        let hash = hash(system_id, source, destination);
        let numbers = self.pending.range((hash, 0)..=(hash, u64::MAX)).rev().map(|&(_, number)| number);
        let is_between = move |message: &Message| {
            message.system_id == system_id
                && message.pdu.source_addr == *source
                && message.pdu.destination_addr == *destination
        };
        numbers.filter(move |&number| self.get(number).is_some_and(|message| is_between(message) && is_meant(message)))
    }

    /// Brings a message to a final state, unless it is in one. Returns what there is to tell of it, if there is anything or
    /// if it is `wanted` anyway.
    pub(crate) fn finish(
        &mut self,
        number: u64,
        state: MessageState,
        now: SystemTime,
        wanted: bool,
    ) -> Option<Finished> {
        let stored = self.get_mut(number).filter(|stored| !stored.message.is_final())?;
        (stored.message.state, stored.message.done) = (state, Some(now));
        stored.turn += 1;
        let key = (pair(&stored.message.system_id, &stored.message.pdu), number);
        self.pending.remove(&key);
        self.finals.push_back(number);
        let stored = self.messages.get_mut(&number)?;
        let plan = stored.plan.as_deref().cloned().unwrap_or_default();
        let receipt = stored.message.wants_receipt() && !plan.drop;
        let pdu = &stored.message.pdu;
        let asks = pdu.registered_delivery.sme_ack() != registered_delivery::SmeAck::NONE
            || pdu.tlvs.contains(tlv::SET_DPF.tag);
        if !(receipt || asks || wanted) {
            return None;
        }
        if receipt {
            stored.message.receipt = ReceiptState::Held;
        }
        Some(Finished { number, message: stored.message.clone(), plan, receipt })
    }

    /// The numbers of the messages with this id, whosever they are.
    pub(crate) fn of_id(&self, id: &str) -> Vec<u64> {
        self.by_id.get(id).cloned().unwrap_or_default()
    }

    pub(crate) fn stored(&self, number: u64) -> Option<&Stored> {
        self.messages.get(&number)
    }

    /// The messages from a number on, oldest first.
    pub(crate) fn from(&self, number: u64) -> impl Iterator<Item = (u64, &Message)> {
        self.messages.range(number..).map(|(&number, stored)| (number, &stored.message))
    }

    /// The number of the latest message; 0 before the first.
    pub(crate) fn last(&self) -> u64 {
        self.next - 1
    }

    /// Everything, oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Message> {
        self.messages.values().map(|stored| &stored.message)
    }
}

fn pair(system_id: &str, pdu: &SubmitSm<'_>) -> u64 {
    hash(system_id, pdu.source_addr.as_bytes(), pdu.destination_addr.as_bytes())
}

fn hash(system_id: &str, source: &[u8], destination: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    (system_id, source, destination).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    fn new(pdu: SubmitSm<'static>) -> New {
        let times = Times { start: None, expires: NOW + Duration::from_secs(3600) };
        New {
            pdu,
            times,
            outcome: MessageState::DELIVERED,
            err: None,
            delay: Duration::ZERO,
            plan: None,
            replies: Vec::new(),
        }
    }

    fn message(state: MessageState, registered_delivery: u8) -> Message {
        let mut store = Store::new(1);
        let pdu = SubmitSm::default().with_registered_delivery(registered_delivery).with_short_message(b"caf\xE9 ok");
        let (_, numbers, _) = store.add("me", [new(pdu)], NOW, |number| number.to_string());
        assert!(!store.get(numbers[0]).unwrap().wants_receipt());
        let receipted = store.finish(numbers[0], state, NOW, false);
        let message = store.get(numbers[0]).unwrap().clone();
        assert_eq!(receipted.is_some_and(|finished| finished.receipt), message.wants_receipt());
        message
    }

    #[test]
    fn registered_delivery_is_taken_at_its_word() {
        for bits in 0..=0xFF {
            let [none, all, failure] = [0, 1, 2].map(|receipt| bits & 0x03 == receipt);
            for state in [MessageState::DELIVERED, MessageState::ACCEPTED] {
                assert_eq!(message(state, bits).wants_receipt(), all, "{bits:#x}");
            }
            for state in [3, 4, 5, 7, 8].map(MessageState) {
                assert_eq!(message(state, bits).wants_receipt(), all || failure, "{bits:#x}");
            }
            assert!(!none || message(MessageState::DELIVERED, bits).receipt == ReceiptState::None);
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
        let decimal = |number: u64| number.to_string();
        let pdu = SubmitSm::default;
        let (first, ..) = store.add("me", [new(pdu())], NOW, decimal);
        let (second, numbers, _) = store.add("me", [new(pdu()), new(pdu())], NOW, decimal);
        assert!(store.named("me", &first).is_empty() && store.named("you", &second).is_empty());
        assert_eq!(store.named("me", &second), numbers);
        store.finish(numbers[0], MessageState::DELETED, NOW, false);
        store.finish(numbers[0], MessageState::DELIVERED, NOW, false);
        assert_eq!(store.get(numbers[0]).unwrap().state, MessageState::DELETED);
        assert_eq!(store.pending("me", b"", b"", |_| true).collect::<Vec<_>>(), numbers[1..]);
        assert_eq!(store.by_id.len(), 1);
    }

    #[test]
    fn changes_are_noted_for_those_that_wait() {
        let mut store = Store::new(1);
        let write = |number: u64| number.to_string();
        store.add("me", [new(SubmitSm::default())], NOW, write);
        assert_eq!(store.changes.end(), 0);
        let begin = store.changes.join();
        store.add("me", [new(SubmitSm::default())], NOW, write);
        store.finish(2, MessageState::DELIVERED, NOW, false);
        assert_eq!(store.changes.since(begin).unwrap().collect::<Vec<_>>(), [2, 1, 2]);
        // Who has seen the change before is to see the next one of the same message.
        let seen = store.changes.end();
        store.get_mut(2);
        assert_eq!(store.changes.since(seen).unwrap().collect::<Vec<_>>(), [2]);
        for _ in 0..MAX_CHANGES / 2 {
            store.get_mut(1);
            store.get_mut(2);
        }
        assert!(store.changes.since(begin).is_none());
        let end = store.changes.end();
        assert_eq!(store.changes.since(end).unwrap().count(), 0);
        store.changes.leave();
        assert!(store.changes.numbers.is_empty() && store.changes.end() == end);
    }
}
