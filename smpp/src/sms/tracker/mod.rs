//! Joining submissions and receipts.

mod ages;
mod ended;
mod event;
mod held;
mod joining;
mod limits;
mod message;

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Instant;

pub use event::{DropReason, TrackerEvent};
pub use limits::TrackerLimits;
pub use message::{Outcome, TrackedPart};

use self::ages::Ages;
use self::ended::Ended;
use self::held::Held;
use self::message::Tracked;
use super::{IdForm, IdForms, MessageIds, Receipt};

/// Joins what was submitted to an SMSC with the receipts that come for it, whichever comes first.
///
/// It is told of each response to a submission ([`submitted`](Self::submitted), with a value of yours that stands for
/// the message) and of each receipt ([`receipt`](Self::receipt)), and returns what follows from it: for every message
/// exactly one [`Finished`](TrackerEvent::Finished) or [`Dropped`](TrackerEvent::Dropped), for every receipt that
/// belongs to none [`Unmatched`](TrackerEvent::Unmatched). Nothing is lost in silence.
///
/// - A message of several parts is one: it is finished when every part is, in whatever order.
/// - A message stays until its state is final ([`Receipt::is_final`]). Intermediate states are
///   [`Progress`](TrackerEvent::Progress), what comes again is [`Repeated`](TrackerEvent::Repeated).
/// - A receipt that comes before the response is held for a while and joined when that comes. So is one of which it
///   cannot be told yet what it belongs to: its id may be decimal or hexadecimal, until the [form](IdForm) of the ids
///   is learned.
/// - Parts that share one message_id are at their end with its first final receipt. So is a submit_multi, which has
///   one id for all its destinations: the receipts of the others are [`Repeated`](TrackerEvent::Repeated).
/// - What has come to its end is remembered for a while: a response that comes late, to a try that was thought to have
///   failed, is one more of the message, and neither begins it anew.
/// - A final receipt that tells another state or done date than the one that finished its message is held as well, in
///   case the SMSC has given the id to another message; [`Repeated`](TrackerEvent::Repeated) if none comes.
/// - Memory is bounded by the [limits](TrackerLimits) on number and age. Of each string of a receipt, and of each
///   message_id of a response, 1,024 octets are kept.
///
/// Use one for each SMSC, whatever the number of binds, because each writes ids its own way; and one thread at a
/// time, in a `Mutex`. Nothing blocks, and each call takes constant time on average, so it is never held long. Time
/// is what the caller says: call [`handle_timeout`](Self::handle_timeout) now and then, or when
/// [`poll_timeout`](Self::poll_timeout) is reached.
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
/// The response comes where the message was submitted, the receipt in a callback, on another thread and perhaps
/// earlier. What the SMSC is answered it will not deliver again: so a receipt is stored before the callback returns,
/// and given to the tracker then. A tracker lives in memory; after a crash it is told anew of the messages and
/// receipts that are stored and not done with.
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
///             _ => {}
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
    /// The number of each, and of each that has come to its end.
    numbers: HashMap<T, u64>,
    /// The messages by age.
    ages: Ages,
    /// What became of each message_id of a response.
    ids: MessageIds<Owner>,
    /// What has come to its end, by number and age.
    ended: HashMap<u64, Ended<T>>,
    ended_ages: Ages,
    /// Receipts of which nobody knows yet what they belong to.
    held: Held,
    /// How the SMSC writes ids in receipted_message_id, and in `id:`.
    tlv_forms: IdForms,
    text_forms: IdForms,
    /// Whether nothing more is to come after ACCEPTED.
    accepted_is_final: bool,
    next: u64,
}

/// Whose an id is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The message with this number, which is under way.
    Message(u64),
    /// One that is finished.
    Finished(u64),
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
            ended: HashMap::new(),
            ended_ages: Ages::default(),
            held: Held::default(),
            tlv_forms: IdForms::default(),
            text_forms: IdForms::default(),
            accepted_is_final: false,
            next: 0,
        }
    }

    /// The same, with what is known already of how the SMSC writes ids: in receipted_message_id, and in `id:`.
    #[must_use = "it is returned"]
    pub fn with_id_forms(self, tlv_forms: IdForms, text_forms: IdForms) -> Self {
        Self { tlv_forms, text_forms, ..self }
    }

    /// The same for an SMSC after whose ACCEPTED nothing more comes, as table B-2 has it. It is not final unless said.
    #[must_use = "it is returned"]
    pub fn with_accepted_is_final(self, accepted_is_final: bool) -> Self {
        Self { accepted_is_final, ..self }
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
    /// `message` stands for the message: a number, a key of a database. Told of the same again, for instance because
    /// the message was sent again after an unknown outcome, a receipt for either id will do; the last 4 ids are kept.
    /// Told of one that has come to its end, by a response that comes late, the tracker remembers the id as one more of
    /// it, and nothing begins anew: so a value stands for no other message while it is remembered (see
    /// [`TrackerLimits`]), or until [`forget`](Self::forget).
    /// An empty message_id, which some SMSCs give, leaves the message waiting until it is dropped.
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
        let id = event::kept_octets(message_id.as_ref());
        let Some(tracked) = self.messages.get_mut(&number) else {
            self.late(now, number, id, &mut events);
            return events;
        };
        if let Some(forgotten) = tracked.submitted(part, total, id) {
            self.forget_id(&forgotten, Owner::Message(number));
        }
        if !id.is_empty() {
            if let Some(Owner::Message(other)) = self.ids.insert(id, Owner::Message(number))
                && other != number
            {
                self.drop_message(now, other, DropReason::IdReused, &mut events);
            }
            for held in self.held.numbers_for(id) {
                self.retry(now, held, &mut events);
            }
        }
        events
    }

    /// A part will not be delivered, and there will be no receipt: the SMSC has refused it for good, or it is not
    /// sent any more. With `part` and `total` 1, a whole message.
    ///
    /// Of a message that has come to its end, nothing follows.
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

    /// A part was taken by the SMSC, or will be, and there will be no receipt for it: none was asked for, or the SMSC
    /// sends one for the message as a whole, with the id of another part. It is at its end, and the
    /// [state](Outcome::state) of the message is that of the others.
    ///
    /// Where it is not known with which part's id the SMSC sends the one receipt, tell of every part with
    /// [`submitted`](Self::submitted): then any of the last 4 ids will do.
    #[must_use = "what became of messages is told only here"]
    pub fn without_receipt(&mut self, now: Instant, message: T, part: u8, total: u8) -> Vec<TrackerEvent<T>> {
        let mut events = self.timed_out(now);
        let number = self.number_of(now, message, &mut events);
        if let Some(tracked) = self.messages.get_mut(&number) {
            tracked.without_receipt(part, total);
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
            Some((owner, response_id)) if !self.is_other_end(owner, &response_id, &receipt) => {
                self.apply(now, owner, &response_id, receipt, &mut events);
            }
            _ => self.hold(now, receipt, &mut events),
        }
        if is_news {
            self.review(now, &mut events);
        }
        events
    }

    /// Gives up tracking a message, and returns what is known of it. Its receipts will not be matched any more.
    ///
    /// Of one that has come to its end nothing is returned; its value may stand for another message then.
    pub fn forget(&mut self, message: &T) -> Option<Outcome<T>> {
        let number = *self.numbers.get(message)?;
        self.forget_ended(number);
        self.remove(number).map(Tracked::into_outcome)
    }

    /// What is known of a message that is under way: its parts.
    pub fn parts(&self, message: &T) -> Option<&[TrackedPart]> {
        Some(self.messages.get(self.numbers.get(message)?)?.parts())
    }

    /// When something will be too old, if nothing happens before; then [`handle_timeout`](Self::handle_timeout) is due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let Self { limits, .. } = self;
        let ages = [(&self.ages, limits.age), (&self.ended_ages, limits.age), (self.held.ages(), limits.hold)];
        ages.into_iter().filter_map(|(ages, age)| ages.oldest()?.0.checked_add(age)).min()
    }

    /// Drops what is too old, and hands it back. Every other call does so as well.
    #[must_use = "what became of messages is told only here"]
    pub fn handle_timeout(&mut self, now: Instant) -> Vec<TrackerEvent<T>> {
        self.timed_out(now)
    }
}

impl<T: Clone + Eq + Hash> Default for Tracker<T> {
    fn default() -> Self {
        Self::new(TrackerLimits::default())
    }
}
