//! Long messages out of their parts.

mod check;
mod joined;
mod memory;
mod part;
mod store;

use std::time::Instant;

use super::{Message, Profile};

pub use check::{PartStoreFault, check_part_store};
pub use joined::Joined;
pub use memory::{MemoryStore, ReassemblyLimits, ReassemblyUsage};
pub use part::{PartKey, StoredPart};
pub use store::{Added, AddedAs, DroppedBecause, DroppedParts, PartSet, PartStore};

/// Joins the parts of long messages: those with an 8-bit or a 16-bit reference in the user data header, and those with
/// `sar_*` TLVs.
///
/// Parts belong together if source, destination, reference, number of parts and the form of the reference are the
/// same. They may come in any order, over several binds at a time, and more than once: each message comes out once.
/// Several threads may use one reassembler, several processes one [store](PartStore). Submitted and delivered messages
/// go to two of them, and so do those of SMSCs that do not know of each other, or to one store with two
/// [scopes](Self::with_scope).
///
/// ```
/// use std::time::Instant;
/// use smpp::pdu::DeliverSm;
/// use smpp::sms::{Message, Reassembly, Profile, Reassembler};
/// use smpp::value::EsmClass;
///
/// let reassembler = Reassembler::new(Profile::default());
/// let deliver = DeliverSm::default().with_source_addr("4179").with_esm_class(EsmClass(0x40));
/// let second = deliver.clone().with_short_message(b"\x05\x00\x03\x2A\x02\x02world");
/// let first = deliver.with_short_message(b"\x05\x00\x03\x2A\x02\x01hello ");
///
/// let Ok(pushed) = reassembler.push(Instant::now(), &Message::from(&second));
/// assert_eq!(pushed.outcome, Reassembly::Waiting { have: 1, total: 2 });
/// let Ok(pushed) = reassembler.push(Instant::now(), &Message::from(&first));
/// let Reassembly::Complete(message) = pushed.outcome else { panic!("{pushed:?}") };
/// assert_eq!(message.text.as_deref(), Some("hello world"));
/// ```
///
/// # Limits
///
/// What waits is bounded in number, octets and age ([`ReassemblyLimits`]). Nothing is lost without a word: what has
/// waited for too long, or has to make room, is in [`Pushed::dropped`] with all that is there of it.
/// [`expire`](Self::expire), called now and then, brings it out when nothing arrives.
///
/// # References that are used again
///
/// A reference has 8 or 16 bits, and some senders always use the same one. A part of the same key and number but with
/// other content therefore begins a new message, and what waited of the old one is handed out: so a part that was lost
/// never makes a message of two halves. Two messages that one sender sends to one receiver with the same reference *at
/// the same time* cannot be told apart by anyone. A message that comes again, letter for letter, within
/// [`remembered_age`](ReassemblyLimits::remembered_age) is a duplicate, although the sender may have meant to say it
/// twice.
///
/// # When to answer
///
/// A part that is answered ESME_ROK is gone from the SMSC. In memory it is lost if the process crashes; so either the
/// store outlives the process, or the answers to all parts wait until the message is complete
/// ([`Incoming::defer`](crate::driver::Incoming::defer)), which needs a window of the SMSC that is larger than the
/// number of parts: one that waits for each answer would never send the last part.
///
/// The last part is answered when the message was made use of. If that fails, [`put_back`](Self::put_back) and an
/// answer that has it sent again (ESME_RX_T_APPN, say) make the message come out again when the last part does.
///
/// ```no_run
/// # use std::time::Instant;
/// # use smpp::client::Client;
/// # use smpp::sms::{Joined, Message, Reassembly, Profile, Reassembler};
/// # use smpp::value::CommandStatus;
/// # fn store(_: &Joined) -> std::io::Result<()> { Ok(()) }
/// let reassembler = Reassembler::new(Profile::default());
/// let client = Client::builder().on_deliver_sm(move |deliver| {
///     let now = Instant::now();
///     let Ok(pushed) = reassembler.push(now, &Message::from(deliver.pdu()));
///     match pushed.outcome {
///         Reassembly::Complete(message) => match store(&message) {
///             Ok(()) => CommandStatus::ESME_ROK,
///             Err(_) => {
///                 let Ok(_) = reassembler.put_back(now, *message);
///                 CommandStatus::ESME_RX_T_APPN
///             }
///         },
///         Reassembly::NoRoom => CommandStatus::ESME_RMSGQFUL,
///         _ => CommandStatus::ESME_ROK,
///     }
/// });
/// ```
#[derive(Debug, Default)]
pub struct Reassembler<S = MemoryStore> {
    profile: Profile,
    scope: Vec<u8>,
    store: S,
}

/// What became of a message, and of others on this occasion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// What became of it.
    pub outcome: Reassembly,
    /// Messages that will not be complete, the oldest first.
    pub dropped: Vec<DroppedMessage>,
}

/// What became of a message that was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reassembly {
    /// It is no part of a longer message. Nothing of it is kept.
    Single,
    /// It is a part, and waits for others.
    Waiting {
        /// So many parts are there.
        have: u8,
        /// So many there will be.
        total: u8,
    },
    /// It was the part that lacked: here is the whole message.
    Complete(Box<Joined>),
    /// It is a part that was there before, or in a message that is complete. Nothing of it is kept, and it may be
    /// answered like the first. The only part of a message never is one: it is complete each time.
    Duplicate,
    /// It is a part that there is no room for, even if all others were given up. Nothing of it is kept.
    NoRoom,
}

/// A message that will not be complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedMessage {
    /// What is there of it.
    pub message: Joined,
    /// Why no more will come.
    pub reason: DroppedBecause,
}

impl Reassembler {
    /// A reassembler with a [`MemoryStore`] of the default limits.
    pub fn new(profile: Profile) -> Self {
        Self::with_store(profile, MemoryStore::default())
    }
}

impl<S: PartStore> Reassembler<S> {
    /// A reassembler with a store: `S` itself, or a reference or an [`Arc`](std::sync::Arc) of one that others use as
    /// well.
    ///
    /// The profile says how the texts of joined messages are read.
    pub fn with_store(profile: Profile, store: S) -> Self {
        Self { profile, scope: Vec::new(), store }
    }

    /// The same reassembler, whose parts are kept apart in the store from those of other scopes: the name of an SMSC,
    /// say. At most 65,535 octets count.
    pub fn with_scope(mut self, scope: impl Into<Vec<u8>>) -> Self {
        self.scope = scope.into();
        self
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Takes a message that arrived `now`.
    ///
    /// # Errors
    /// The store's own; [`MemoryStore`] has none. The message is not kept.
    pub fn push(&self, now: Instant, message: &Message<'_>) -> Result<Pushed, S::Error> {
        let Some(concatenation) = message.concatenation() else {
            return Ok(Pushed { outcome: Reassembly::Single, dropped: Vec::new() });
        };
        let key = PartKey::new(&self.scope, message, concatenation);
        let part = StoredPart::new(concatenation.part, message);
        if concatenation.total == 1 {
            // Nothing to wait for, nor to remember: some senders put the same "1 of 1" before whatever they send.
            let set = PartSet { key, parts: vec![part] };
            let message = Joined::new(set, concatenation.part, &self.profile);
            return Ok(Pushed { outcome: Reassembly::Complete(Box::new(message)), dropped: Vec::new() });
        }
        let Added { part: added, dropped } = self.store.add(now, key, part)?;
        let outcome = match added {
            AddedAs::Waiting { have } => Reassembly::Waiting { have, total: concatenation.total },
            AddedAs::Complete(set) => {
                Reassembly::Complete(Box::new(Joined::new(set, concatenation.part, &self.profile)))
            }
            AddedAs::Duplicate => Reassembly::Duplicate,
            AddedAs::NoRoom => Reassembly::NoRoom,
        };
        Ok(Pushed { outcome, dropped: self.dropped(dropped) })
    }

    /// Hands out what has waited for too long, the oldest first.
    ///
    /// # Errors
    /// The store's own; [`MemoryStore`] has none.
    pub fn expire(&self, now: Instant) -> Result<Vec<DroppedMessage>, S::Error> {
        Ok(self.dropped(self.store.expire(now)?))
    }

    /// Takes back a complete message that could not be made use of: its parts wait again, but for the one that
    /// completed it. When that is delivered again, the message comes out again.
    ///
    /// Returns what had to be given up, which may be the message itself. One that was [dropped](DroppedMessage) is not
    /// taken back.
    ///
    /// Call it before the last part is answered. A repetition of that part that came in between, and was answered as a
    /// [`Duplicate`](Reassembly::Duplicate), will not be sent again: the other parts then wait until they are dropped.
    ///
    /// # Errors
    /// The store's own; [`MemoryStore`] has none.
    pub fn put_back(&self, now: Instant, message: Joined) -> Result<Vec<DroppedMessage>, S::Error> {
        let Some(set) = message.into_set_without_last() else {
            return Ok(Vec::new());
        };
        Ok(self.dropped(self.store.put_back(now, set)?))
    }

    fn dropped(&self, dropped: Vec<DroppedParts>) -> Vec<DroppedMessage> {
        let join =
            |DroppedParts { set, reason }| DroppedMessage { message: Joined::new(set, 0, &self.profile), reason };
        dropped.into_iter().map(join).collect()
    }
}
