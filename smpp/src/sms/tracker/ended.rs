//! Messages that have come to their end, remembered so that they end once.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::sms::Receipt;
use crate::value::MessageState;

/// A message that was finished or dropped.
#[derive(Debug)]
pub(super) struct Ended<T> {
    pub(super) message: T,
    /// The ids of its responses; none of one that was dropped, whose receipts belong to nobody.
    ids: Vec<EndedId>,
    /// How many of them came after the end.
    late: usize,
    pub(super) is_dropped: bool,
}

/// An id, and the end that it has come to, if a receipt has told one.
#[derive(Debug)]
struct EndedId {
    id: Box<[u8]>,
    end: Option<End>,
}

/// What a receipt tells of an end: the state, and when, by a hash, as a date may be long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    state: Option<MessageState>,
    done_date: u64,
}

impl End {
    pub(super) fn of(receipt: &Receipt<'_>) -> Self {
        let mut hasher = DefaultHasher::new();
        receipt.done_date.hash(&mut hasher);
        Self { state: receipt.state(), done_date: hasher.finish() }
    }
}

impl<T> Ended<T> {
    pub(super) fn finished(message: T, ids: impl IntoIterator<Item = (Box<[u8]>, Option<End>)>) -> Self {
        let ids = ids.into_iter().map(|(id, end)| EndedId { id, end }).collect();
        Self { message, ids, late: 0, is_dropped: false }
    }

    pub(super) fn dropped(message: T) -> Self {
        Self { message, ids: Vec::new(), late: 0, is_dropped: true }
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &[u8]> {
        self.ids.iter().map(|ended| &*ended.id)
    }

    /// One more id, of a response that came after the end. Returns the id that is not kept for it.
    pub(super) fn add_late(&mut self, id: &[u8]) -> Option<Box<[u8]>> {
        let forgotten = (self.late >= super::message::MAX_IDS).then(|| self.ids.remove(self.ids.len() - self.late).id);
        self.late += usize::from(forgotten.is_none());
        self.ids.push(EndedId { id: id.into(), end: None });
        forgotten
    }

    /// Whether a receipt tells of another end than the one that the message with this id has come to: another message
    /// may have got the id since. The first end that is told counts.
    pub(super) fn is_other_end(&mut self, id: &[u8], receipt: &Receipt<'_>, is_final: bool) -> bool {
        if !is_final {
            return false;
        }
        let Some(ended) = self.ids.iter_mut().find(|ended| *ended.id == *id) else { return false };
        let end = End::of(receipt);
        *ended.end.get_or_insert(end) != end
    }
}
