//! Joining submissions and receipts.

mod ages;
mod event;
mod held;
mod message;

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

pub use event::{DropReason, TrackerEvent};
pub use message::{Outcome, TrackedPart};

use self::ages::Ages;
use self::held::Held;
use self::message::Tracked;
use super::{IdForm, IdForms, IdMatch, MessageIds, Receipt};
use crate::codec::COctetString;

/// Joins what was submitted to an SMSC with the receipts that come for it, whichever comes first.
///
/// It is told of each response to a submission ([`submitted`](Self::submitted), with a value of yours that stands for the
/// message) and of each receipt ([`receipt`](Self::receipt)), and returns what follows from it: for every message exactly
/// one [`Finished`](TrackerEvent::Finished) or [`Dropped`](TrackerEvent::Dropped), for every receipt that belongs to none
/// [`Unmatched`](TrackerEvent::Unmatched). Nothing is lost in silence.
///
/// - A message of several parts is one: it is finished when every part is, in whatever order.
/// - A message stays until its state is final ([`Receipt::is_final`]). Intermediate states are
///   [`Progress`](TrackerEvent::Progress), what comes again is [`Repeated`](TrackerEvent::Repeated).
/// - A receipt that comes before the response is held for a while and joined when that comes. So is one of which it cannot
///   be told yet what it belongs to: its id may be decimal or hexadecimal, until the [form](IdForm) of the ids is learned.
/// - Memory is bounded by the [limits](TrackerLimits) on number and age. Octets of a receipt beyond 1,024 are not kept.
///
/// Use one for each SMSC, whatever the number of binds, because each writes ids its own way; and one thread at a time, in a
/// `Mutex`. Nothing blocks, and each call takes constant time on average, so it is never held long. Time is what the caller
/// says: call [`handle_timeout`](Self::handle_timeout) now and then, or when [`poll_timeout`](Self::poll_timeout) is
/// reached.
///
/// ```
/// use std::time::Instant;
/// use smpp::sms::{Receipt, Tracker, TrackerEvent};
/// use smpp::value::MessageState;
///
/// let mut tracker = Tracker::default();
/// let now = Instant::now();
/// assert_eq!(tracker.submitted(now, "order 7", "1054BC63"), []);
/// let receipt = Receipt::parse(b"id:273988707 stat:DELIVRD").unwrap();
/// let events = tracker.receipt(now, &receipt);
/// let [TrackerEvent::Finished(outcome)] = &events[..] else { panic!("{events:?}") };
/// assert_eq!((outcome.message, outcome.state()), ("order 7", Some(MessageState::DELIVERED)));
/// ```
///
/// # With a client
///
/// The response comes where the message was submitted, the receipt in a callback, on another thread and perhaps earlier.
/// What the SMSC is answered it will not deliver again: so a receipt is stored before the callback returns, and given to
/// the tracker then. A tracker lives in memory; after a crash it is told anew of the messages and receipts that are stored
/// and not done with.
///
/// ```no_run
/// use std::sync::{Arc, Mutex};
/// use std::time::Instant;
/// use smpp::client::Client;
/// use smpp::pdu::SubmitSm;
/// use smpp::sms::{Receipt, Tracker, TrackerEvent};
/// use smpp::value::{CommandStatus, RegisteredDelivery, registered_delivery::SmscReceipt};
/// # fn store(_: &[u8]) -> std::io::Result<()> { Ok(()) }
///
/// fn handle(events: Vec<TrackerEvent<u64>>) {
///     for event in events {
///         match event {
///             TrackerEvent::Finished(outcome) => println!("message {}: {:?}", outcome.message, outcome.state()),
///             TrackerEvent::Dropped { outcome, reason } => println!("message {}: {reason:?}", outcome.message),
///             TrackerEvent::Unmatched { receipt, .. } => println!("whose is this? {receipt}"),
///             TrackerEvent::Progress { .. } | TrackerEvent::Repeated { .. } => {}
///         }
///     }
/// }
///
/// let tracker = Arc::new(Mutex::new(Tracker::default()));
/// let receipts = tracker.clone();
/// let client = Client::builder()
///     .system_id("alice")
///     .password("secret")
///     .on_deliver_sm(move |incoming| {
///         let Some(receipt) = Receipt::of(incoming.pdu()) else { return CommandStatus::ESME_ROK };
///         // Not answered with success before it is stored: otherwise the SMSC has forgotten it, and so may we.
///         if store(incoming.frame().octets()).is_err() {
///             return CommandStatus::ESME_RX_T_APPN;
///         }
///         let events = receipts.lock().unwrap().receipt(Instant::now(), &receipt);
///         handle(events);
///         CommandStatus::ESME_ROK
///     })
///     .connect("127.0.0.1:2775")?;
/// client.bind_transceiver()?;
///
/// let wanted = RegisteredDelivery::default().with_smsc_receipt(SmscReceipt::SUCCESS_OR_FAILURE);
/// let template = SubmitSm::default().with_destination_addr("4179123456").with_registered_delivery(wanted);
/// let parts = ["part one", "part two"];
/// for (part, text) in (1..).zip(parts) {
///     let response = client.submit_sm(&template.clone().with_short_message(text))?;
///     let total = parts.len() as u8;
///     let events = tracker.lock().unwrap().submitted_part(Instant::now(), 7, part, total, response.message_id);
///     handle(events);
/// }
/// # Ok::<(), smpp::driver::Error>(())
/// ```
#[derive(Debug)]
pub struct Tracker<T> {
    limits: TrackerLimits,
    /// What is under way, by number. Numbers are given in order and never twice.
    messages: HashMap<u64, Tracked<T>>,
    /// The number of each.
    numbers: HashMap<T, u64>,
    /// The messages by age.
    ages: Ages,
    /// What became of each message_id of a response.
    ids: MessageIds<Owner>,
    /// The ids of what is finished, by number and age.
    finished: HashMap<u64, Vec<Box<[u8]>>>,
    finished_ages: Ages,
    /// Receipts of which nobody knows yet what they belong to.
    held: Held,
    /// How the SMSC writes ids in receipted_message_id, and in `id:`.
    tlv_forms: IdForms,
    text_forms: IdForms,
    next: u64,
}

/// What a [`Tracker`] keeps at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackerLimits {
    /// Messages that are under way; the oldest is dropped for one more. As many that are finished are remembered, to know
    /// their receipts again when they come once more. Default 100,000.
    pub messages: usize,
    /// How long a message may wait for its final state, and a finished one be remembered. Default 7 days, since what is
    /// not delivered for long may still be.
    pub age: Duration,
    /// Receipts that are held; the oldest is handed back for one more. Default 10,000.
    pub held: usize,
    /// How long a receipt is held. Default 1 minute: responses come sooner, or never.
    pub hold: Duration,
}

/// Whose an id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The message with this number, which is under way.
    Message(u64),
    /// One that is finished.
    Finished(u64),
}

impl Default for TrackerLimits {
    fn default() -> Self {
        Self { messages: 100_000, age: Duration::from_secs(7 * 24 * 3600), held: 10_000, hold: Duration::from_secs(60) }
    }
}

impl TrackerLimits {
    /// The same with another limit on [`messages`](Self::messages); at least 1.
    pub fn with_messages(self, messages: usize) -> Self {
        Self { messages: messages.max(1), ..self }
    }

    /// The same with another [`age`](Self::age).
    pub fn with_age(self, age: Duration) -> Self {
        Self { age, ..self }
    }

    /// The same with another limit on [`held`](Self::held) receipts. With 0, none is held.
    pub fn with_held(self, held: usize) -> Self {
        Self { held, ..self }
    }

    /// The same with another time to [`hold`](Self::hold) receipts.
    pub fn with_hold(self, hold: Duration) -> Self {
        Self { hold, ..self }
    }
}

impl<T: Clone + Eq + Hash> Tracker<T> {
    /// Keeps as much as these limits say.
    pub fn new(limits: TrackerLimits) -> Self {
        Self {
            limits,
            messages: HashMap::new(),
            numbers: HashMap::new(),
            ages: Ages::default(),
            ids: MessageIds::new(),
            finished: HashMap::new(),
            finished_ages: Ages::default(),
            held: Held::default(),
            tlv_forms: IdForms::default(),
            text_forms: IdForms::default(),
            next: 0,
        }
    }

    /// The same, with what is known already of how the SMSC writes ids: in receipted_message_id, and in `id:`.
    pub fn with_id_forms(self, tlv_forms: IdForms, text_forms: IdForms) -> Self {
        Self { tlv_forms, text_forms, ..self }
    }

    /// What has been learned of how the SMSC writes ids: in receipted_message_id, and in `id:`.
    pub fn id_forms(&self) -> [Option<IdForm>; 2] {
        [self.tlv_forms.form(), self.text_forms.form()]
    }

    /// How many messages are under way.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether no message is under way.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// How many receipts are held.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// The response to a message of one PDU has come, with this message_id.
    ///
    /// `message` stands for the message: a number, a key of a database. Told of the same again, for instance because the
    /// message was sent again after an unknown outcome, a receipt for either id will do; the last 4 ids are kept. An
    /// empty message_id, which some SMSCs give, leaves the message waiting until it is dropped.
    #[must_use = "what became of messages is told only here"]
    pub fn submitted(&mut self, now: Instant, message: T, message_id: impl AsRef<[u8]>) -> Vec<TrackerEvent<T>> {
        self.submitted_part(now, message, 1, 1, message_id)
    }

    /// The same for a message of several parts, each of its own PDU: `part` is counted from 1.
    ///
    /// All parts of a message are told of with the same `message`. A message for which parts with different totals are
    /// told of has as many as the greatest says.
    #[must_use = "what became of messages is told only here"]
    pub fn submitted_part(
        &mut self,
        now: Instant,
        message: T,
        part: u8,
        total: u8,
        message_id: impl AsRef<[u8]>,
    ) -> Vec<TrackerEvent<T>> {
        let mut events = self.timed_out(now);
        let number = self.number_of(now, message, &mut events);
        let id = message_id.as_ref();
        let Some(tracked) = self.messages.get_mut(&number) else { return events };
        if let Some(forgotten) = tracked.submitted(part, total, id) {
            self.forget_id(&forgotten, Owner::Message(number));
        }
        if !id.is_empty() {
            if let Some(Owner::Message(other)) = self.ids.insert(id, Owner::Message(number))
                && other != number
            {
                self.drop_message(other, DropReason::IdReused, &mut events);
            }
            for held in self.held.numbers_for(id) {
                self.retry(now, held, &mut events);
            }
        }
        events
    }

    /// A part will not be delivered, and there will be no receipt: the SMSC has refused it for good, or it is not sent any
    /// more. With `part` and `total` 1, a whole message.
    ///
    /// Not for what is going to be sent again, such as after ESME_RTHROTTLED: of that, nothing need be told.
    #[must_use = "what became of messages is told only here"]
    pub fn given_up(&mut self, now: Instant, message: T, part: u8, total: u8) -> Vec<TrackerEvent<T>> {
        let mut events = self.timed_out(now);
        let number = self.number_of(now, message, &mut events);
        if let Some(tracked) = self.messages.get_mut(&number) {
            tracked.given_up(part, total);
        }
        self.finish_if_done(now, number, &mut events);
        events
    }

    /// A receipt or intermediate notification has come.
    #[must_use = "what became of messages is told only here"]
    pub fn receipt(&mut self, now: Instant, receipt: &Receipt<'_>) -> Vec<TrackerEvent<T>> {
        let mut events = self.timed_out(now);
        let receipt = Box::new(event::kept(receipt));
        let is_news = self.learn(&receipt);
        match self.owner_of(&receipt) {
            Some((owner, response_id)) => self.apply(now, owner, &response_id, receipt, &mut events),
            None => self.hold(now, receipt, &mut events),
        }
        if is_news {
            self.review(now, &mut events);
        }
        events
    }

    /// Gives up tracking a message, and returns what is known of it. Its receipts will not be matched any more.
    pub fn forget(&mut self, message: &T) -> Option<Outcome<T>> {
        let number = *self.numbers.get(message)?;
        self.remove(number).map(Tracked::into_outcome)
    }

    /// What is known of a message that is under way: its parts.
    pub fn parts(&self, message: &T) -> Option<&[TrackedPart]> {
        Some(self.messages.get(self.numbers.get(message)?)?.parts())
    }

    /// When something will be too old, if nothing happens before; then [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let Self { limits, .. } = self;
        let ages = [(&self.ages, limits.age), (&self.finished_ages, limits.age), (self.held.ages(), limits.hold)];
        ages.into_iter().filter_map(|(ages, age)| ages.oldest()?.0.checked_add(age)).min()
    }

    /// Drops what is too old, and hands it back. Every other call does so as well.
    #[must_use = "what became of messages is told only here"]
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<TrackerEvent<T>> {
        self.timed_out(now)
    }

    fn timed_out(&mut self, now: Instant) -> Vec<TrackerEvent<T>> {
        let mut events = Vec::new();
        let is_over = |since: Instant, age| now.saturating_duration_since(since) >= age;
        while let Some((since, _)) = self.held.ages().oldest()
            && is_over(since, self.limits.hold)
        {
            self.hand_back_oldest(now, &mut events);
        }
        while let Some((since, number)) = self.ages.oldest()
            && is_over(since, self.limits.age)
        {
            self.drop_message(number, DropReason::TooOld, &mut events);
        }
        while let Some((since, number)) = self.finished_ages.oldest()
            && is_over(since, self.limits.age)
        {
            self.forget_finished(number);
        }
        events
    }

    /// The number of a message, which it gets if it has none.
    fn number_of(&mut self, now: Instant, message: T, events: &mut Vec<TrackerEvent<T>>) -> u64 {
        if let Some(number) = self.numbers.get(&message) {
            return *number;
        }
        while self.messages.len() >= self.limits.messages.max(1)
            && let Some((_, oldest)) = self.ages.oldest()
        {
            self.drop_message(oldest, DropReason::TooMany, events);
        }
        let number = self.next;
        self.next += 1;
        self.numbers.insert(message.clone(), number);
        self.messages.insert(number, Tracked::new(message));
        self.ages.push(now, number, |number| self.messages.contains_key(&number));
        number
    }

    /// Whose receipt it is, and which id of a response it has, if that can be told.
    fn owner_of(&self, receipt: &Receipt<'_>) -> Option<(Owner, Box<[u8]>)> {
        let ids = [(&self.tlv_forms, &receipt.receipted_message_id), (&self.text_forms, &receipt.id)];
        ids.into_iter().find_map(|(forms, id)| match self.ids.find(id.as_ref()?.as_bytes(), forms) {
            IdMatch::One { key, response_id } => Some((*key, response_id.into())),
            IdMatch::None | IdMatch::Doubtful(_) => None,
        })
    }

    /// Learns the form of ids from a receipt. Returns whether one is known only now.
    fn learn(&mut self, receipt: &Receipt<'_>) -> bool {
        let Self { tlv_forms, text_forms, ids, .. } = self;
        let learn = |forms: &mut IdForms, id: &Option<COctetString<'_>>| {
            id.as_ref().is_some_and(|id| forms.learn(ids, id.as_bytes()))
        };
        // Each learns, whether the other does or not.
        learn(tlv_forms, &receipt.receipted_message_id) | learn(text_forms, &receipt.id)
    }

    fn apply(
        &mut self,
        now: Instant,
        owner: Owner,
        response_id: &[u8],
        receipt: Box<Receipt<'static>>,
        events: &mut Vec<TrackerEvent<T>>,
    ) {
        match owner {
            Owner::Message(number) => self.note(now, number, response_id, receipt, events),
            Owner::Finished(_) => events.push(TrackerEvent::Repeated { receipt }),
        }
    }

    /// Notes a receipt with the message under way that it belongs to.
    fn note(
        &mut self,
        now: Instant,
        number: u64,
        response_id: &[u8],
        receipt: Box<Receipt<'static>>,
        events: &mut Vec<TrackerEvent<T>>,
    ) {
        let Some(tracked) = self.messages.get_mut(&number) else { return };
        let part = match tracked.receipt(response_id, receipt) {
            Ok(part) => part,
            Err(receipt) => return events.push(TrackerEvent::Repeated { receipt }),
        };
        if tracked.is_done() {
            return self.finish_if_done(now, number, events);
        }
        if let Some(receipt) = tracked.parts()[usize::from(part) - 1].receipt.clone() {
            events.push(TrackerEvent::Progress { message: tracked.message().clone(), part, receipt });
        }
    }

    fn finish_if_done(&mut self, now: Instant, number: u64, events: &mut Vec<TrackerEvent<T>>) {
        if !self.messages.get(&number).is_some_and(Tracked::is_done) {
            return;
        }
        let Some(tracked) = self.take(number) else { return };
        let ids: Vec<Box<[u8]>> = tracked.ids().map(Box::from).collect();
        for id in &ids {
            if self.ids.get(id) == Some(&Owner::Message(number)) {
                self.ids.insert(id, Owner::Finished(number));
            }
        }
        if !ids.is_empty() {
            while self.finished.len() >= self.limits.messages.max(1)
                && let Some((_, oldest)) = self.finished_ages.oldest()
            {
                self.forget_finished(oldest);
            }
            self.finished.insert(number, ids);
            self.finished_ages.push(now, number, |number| self.finished.contains_key(&number));
        }
        events.push(TrackerEvent::Finished(tracked.into_outcome()));
    }

    fn drop_message(&mut self, number: u64, reason: DropReason, events: &mut Vec<TrackerEvent<T>>) {
        if let Some(tracked) = self.remove(number) {
            events.push(TrackerEvent::Dropped { outcome: tracked.into_outcome(), reason });
        }
    }

    /// Takes a message out, with its ids.
    fn remove(&mut self, number: u64) -> Option<Tracked<T>> {
        let tracked = self.take(number)?;
        for id in tracked.ids() {
            forget_id(&mut self.ids, id, Owner::Message(number));
        }
        Some(tracked)
    }

    /// Takes a message out; its ids are for the caller to deal with.
    fn take(&mut self, number: u64) -> Option<Tracked<T>> {
        let tracked = self.messages.remove(&number)?;
        self.numbers.remove(tracked.message());
        self.ages.remove(|number| self.messages.contains_key(&number));
        Some(tracked)
    }

    fn forget_finished(&mut self, number: u64) {
        for id in self.finished.remove(&number).unwrap_or_default() {
            self.forget_id(&id, Owner::Finished(number));
        }
        self.finished_ages.remove(|number| self.finished.contains_key(&number));
    }

    fn forget_id(&mut self, id: &[u8], owner: Owner) {
        forget_id(&mut self.ids, id, owner);
    }

    /// Holds a receipt until it can be told whose it is.
    fn hold(&mut self, now: Instant, receipt: Box<Receipt<'static>>, events: &mut Vec<TrackerEvent<T>>) {
        if self.limits.held == 0 || receipt.message_id().is_none() {
            return self.hand_back(now, receipt, events);
        }
        if self.held.len() >= self.limits.held {
            self.hand_back_oldest(now, events);
        }
        if let Some(displaced) = self.held.put(receipt, now) {
            self.hand_back(now, displaced, events);
        }
    }

    fn hand_back_oldest(&mut self, now: Instant, events: &mut Vec<TrackerEvent<T>>) {
        if let Some(receipt) = self.held.take_oldest() {
            self.hand_back(now, receipt, events);
        }
    }

    /// Gives up a receipt of which it cannot be told whose it is.
    fn hand_back(&mut self, now: Instant, receipt: Box<Receipt<'static>>, events: &mut Vec<TrackerEvent<T>>) {
        let mut candidates = Vec::new();
        let mut is_forgotten = false;
        for (forms, id) in [(&mut self.tlv_forms, &receipt.receipted_message_id), (&mut self.text_forms, &receipt.id)] {
            let Some(id) = id else { continue };
            // What another form would have made of it: reported, and held against the one that is known.
            let found = match self.ids.find(id.as_bytes(), forms) {
                IdMatch::None => self.ids.find(id.as_bytes(), &IdForms::default()),
                found => found,
            };
            match found {
                IdMatch::None => {}
                IdMatch::One { key, .. } => {
                    is_forgotten |= forms.doubt();
                    candidates.push(*key);
                }
                IdMatch::Doubtful(keys) => candidates.extend(keys),
            }
        }
        candidates.dedup();
        let message = |owner: Owner| match owner {
            Owner::Message(number) => self.messages.get(&number).map(|tracked| tracked.message().clone()),
            Owner::Finished(_) => None,
        };
        let candidates = candidates.into_iter().filter_map(message).collect();
        events.push(TrackerEvent::Unmatched { receipt, candidates });
        if is_forgotten {
            self.review(now, events);
        }
    }

    /// Looks again at all receipts that are held, since more is known of ids now.
    fn review(&mut self, now: Instant, events: &mut Vec<TrackerEvent<T>>) {
        for held in self.held.numbers() {
            self.retry(now, held, events);
        }
    }

    /// Looks again at a receipt that is held.
    fn retry(&mut self, now: Instant, held: u64, events: &mut Vec<TrackerEvent<T>>) {
        let found = self.held.get(held).and_then(|receipt| self.owner_of(receipt));
        if let Some((owner, response_id)) = found
            && let Some(receipt) = self.held.take(held)
        {
            // It may have told nothing when it came, before its response.
            let is_news = self.learn(&receipt);
            self.apply(now, owner, &response_id, receipt, events);
            if is_news {
                self.review(now, events);
            }
        }
    }
}

impl<T: Clone + Eq + Hash> Default for Tracker<T> {
    fn default() -> Self {
        Self::new(TrackerLimits::default())
    }
}

/// Forgets an id, unless it is somebody else's by now.
fn forget_id(ids: &mut MessageIds<Owner>, id: &[u8], owner: Owner) {
    if ids.get(id) == Some(&owner) {
        ids.remove(id);
    }
}
