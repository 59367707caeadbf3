//! Where parts wait for the rest of their message.

use std::sync::Arc;
use std::time::Instant;

use super::{PartKey, StoredPart};

/// Where parts wait for the rest of their message: [`MemoryStore`](super::MemoryStore), or a store that several
/// processes share, such as a database.
///
/// # Contract
///
/// Each operation is atomic: of two binds that bring the last two parts at the same time, exactly one is told
/// [`Complete`](AddedAs::Complete). In SQL that is one transaction that locks the rows of the key, in Redis one script.
/// [`check_part_store`](super::check_part_store) tries the rules out.
///
/// What becomes of a part depends on what is known of its key:
///
/// - Nothing: the part is kept, and waits.
/// - Parts wait, none of them with its number: it is kept, and waits with them.
/// - Parts wait, and one has its number and the same [`content`](StoredPart::content): it is a
///   [`Duplicate`](AddedAs::Duplicate), and nothing changes.
/// - Parts wait, and one has its number but other content: the sender uses the reference again. What waits is
///   [dropped](DroppedParts), as [`Superseded`](DroppedBecause::Superseded), and the part begins anew.
/// - The message was complete, and its part of that number had the same content: it is a duplicate as well.
/// - The message was complete, and its part of that number had other content: the part begins anew.
///
/// Where the part is the last that lacked, or the only one, the message is complete with it.
///
/// When a message becomes complete, its parts are taken out, and that it was complete, and what its parts were, is
/// remembered for a while. A digest of each part's content is enough for that; in a store that outsiders can fill it
/// should be one that they cannot foresee.
///
/// A store has limits. What it gives up because of them it hands out, so that nothing is lost without a word; what it
/// remembers of complete messages it may forget. How long parts wait is a matter of the store as well. `now` is the
/// caller's clock, which means nothing to other processes: a store that they share has a clock of its own.
///
/// # What survives a crash
///
/// A part that was answered ESME_ROK and is lost is a part of a message that never arrives. A store that outlives the
/// process keeps the parts; for the message as a whole it has to hand over in the same transaction: where it takes the
/// parts of a complete message out, it puts them where the application will find them.
pub trait PartStore {
    /// Why the store cannot be used. Nothing has changed then.
    type Error;

    /// Adds a part to its message; if that completes the message, takes all parts out. The total is
    /// [`PartKey::total`], and [`StoredPart::number`] is 1 to total.
    ///
    /// # Errors
    ///
    /// The store's own.
    fn add(&self, now: Instant, key: PartKey, part: StoredPart) -> Result<Added, Self::Error>;

    /// Takes back parts of a message that was complete but could not be made use of. They wait again, from `now` on,
    /// for those that are missing, and that the message was complete is forgotten. If other parts wait under the key
    /// by now, the ones given are dropped, [`Superseded`](DroppedBecause::Superseded). Without any part the key is
    /// forgotten.
    ///
    /// # Errors
    ///
    /// The store's own.
    fn put_back(&self, now: Instant, parts: PartSet) -> Result<Vec<DroppedParts>, Self::Error>;

    /// Hands out what has waited for too long, the oldest first. The other operations may do so as well.
    ///
    /// # Errors
    ///
    /// The store's own.
    fn expire(&self, now: Instant) -> Result<Vec<DroppedParts>, Self::Error>;
}

/// Parts of one message, in the order of their numbers, each number at most once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartSet {
    /// What they have in common.
    pub key: PartKey,
    /// The parts.
    pub parts: Vec<StoredPart>,
}

/// What became of a part, and of others on this occasion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// What became of it.
    pub part: AddedAs,
    /// What had to be given up.
    pub dropped: Vec<DroppedParts>,
}

/// What became of a part that was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddedAs {
    /// It waits.
    Waiting {
        /// So many parts are there now.
        have: u8,
    },
    /// It was the last one: these are all of them. They are taken out.
    Complete(PartSet),
    /// It was there, or in a message that is complete. Nothing has changed.
    Duplicate,
    /// There is no room for it, whatever else is given up. Nothing has changed.
    NoRoom,
}

/// Parts of a message that will not be complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedParts {
    /// The parts.
    pub set: PartSet,
    /// Why.
    pub reason: DroppedBecause,
}

/// Why parts do not wait any longer for the rest of their message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DroppedBecause {
    /// They have waited for too long.
    Aged,
    /// The room was needed for others.
    NoRoom,
    /// The sender has begun another message with the same reference.
    Superseded,
}

macro_rules! by_reference {
    ($($pointer:ty),*) => {$(
        impl<S: PartStore + ?Sized> PartStore for $pointer {
            type Error = S::Error;

            fn add(&self, now: Instant, key: PartKey, part: StoredPart) -> Result<Added, S::Error> {
                (**self).add(now, key, part)
            }

            fn put_back(&self, now: Instant, parts: PartSet) -> Result<Vec<DroppedParts>, S::Error> {
                (**self).put_back(now, parts)
            }

            fn expire(&self, now: Instant) -> Result<Vec<DroppedParts>, S::Error> {
                (**self).expire(now)
            }
        }
    )*};
}

by_reference!(&S, Box<S>, Arc<S>);
