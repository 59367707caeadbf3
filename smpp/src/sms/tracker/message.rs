//! A message under way: its parts and what is known of each.

use crate::codec::COctetString;
use crate::sms::Receipt;
use crate::value::MessageState;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome<T> {
    /// The message, as it was told of.
    pub message: T,
    /// Its parts in order, one for a message of one PDU.
    pub parts: Vec<TrackedPart>,
}

/// A part of a message, and what is known of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackedPart {
    /// The ids that the SMSC gave it, in the order of the responses: usually one; none if no response has come, and
    /// more if it was sent more than once.
    pub message_ids: Vec<COctetString<'static>>,
    /// The receipt that told of its end, or as long as there is none the last intermediate one.
    pub receipt: Option<Box<Receipt<'static>>>,
    /// Whether it was given up.
    pub is_given_up: bool,
    /// Whether no receipt is expected for it.
    pub is_without_receipt: bool,
    /// Whether the receipt is final, by what is said of the SMSC.
    pub(super) has_ended: bool,
}

impl<T> Outcome<T> {
    /// The state of the message as a whole: DELIVERED if every part is, else the state of the first that is not.
    /// `None` if nothing is known of that one's state. Parts for which no receipt is expected are passed over; `None`
    /// if there are no others.
    pub fn state(&self) -> Option<MessageState> {
        let told = || self.parts.iter().filter(|part| !part.is_without_receipt || part.receipt.is_some());
        let other = told().map(TrackedPart::state).find(|state| *state != Some(MessageState::DELIVERED));
        other.unwrap_or_else(|| told().next()?.state())
    }
}

impl TrackedPart {
    /// Its state, as far as a receipt has told.
    pub fn state(&self) -> Option<MessageState> {
        self.receipt.as_ref()?.state()
    }

    /// Whether nothing more is to come.
    pub fn is_final(&self) -> bool {
        self.is_given_up || self.is_without_receipt || self.has_ended
    }
}

/// A message under way.
#[derive(Debug)]
pub(super) struct Tracked<T> {
    outcome: Outcome<T>,
    /// Parts that are not at their end.
    open: usize,
}

impl<T> Tracked<T> {
    pub(super) fn new(message: T) -> Self {
        Self { outcome: Outcome { message, parts: Vec::new() }, open: 0 }
    }

    pub(super) fn message(&self) -> &T {
        &self.outcome.message
    }

    pub(super) fn parts(&self) -> &[TrackedPart] {
        &self.outcome.parts
    }

    pub(super) fn into_outcome(self) -> Outcome<T> {
        self.outcome
    }

    pub(super) fn is_done(&self) -> bool {
        self.open == 0
    }

    /// All ids of all parts, each once or more often.
    pub(super) fn ids(&self) -> impl Iterator<Item = &[u8]> {
        self.parts().iter().flat_map(|part| part.message_ids.iter().map(COctetString::as_bytes))
    }

    /// A part has got an id. Returns the id that is not kept for it.
    pub(super) fn submitted(&mut self, part: u8, total: u8, id: &[u8]) -> Option<Box<[u8]>> {
        let index = self.index_of(part, total);
        let was_final = self.outcome.parts[index].is_final();
        let part = &mut self.outcome.parts[index];
        part.is_given_up = false;
        let has_become_open = was_final && !part.is_final();
        self.open += usize::from(has_become_open);
        if id.is_empty() || part.message_ids.iter().any(|other| *other == *id) {
            return None;
        }
        let forgotten = (part.message_ids.len() >= MAX_IDS).then(|| part.message_ids.remove(0));
        part.message_ids.push(id.to_vec().into());
        let forgotten = forgotten?;
        // Another part may have it as well.
        (!self.ids().any(|id| forgotten == *id)).then(|| forgotten.as_bytes().into())
    }

    pub(super) fn given_up(&mut self, part: u8, total: u8) {
        let index = self.index_of(part, total);
        let part = &mut self.outcome.parts[index];
        self.open -= usize::from(!part.is_final());
        part.is_given_up = true;
    }

    pub(super) fn without_receipt(&mut self, part: u8, total: u8) {
        let index = self.index_of(part, total);
        let part = &mut self.outcome.parts[index];
        self.open -= usize::from(!part.is_final());
        part.is_without_receipt = true;
    }

    /// Notes the receipt with the parts that have this id and are not at their end. Returns the first of them,
    /// counted from 1; if there is none, the receipt.
    pub(super) fn receipt(
        &mut self,
        id: &[u8],
        receipt: Box<Receipt<'static>>,
        is_final: bool,
    ) -> Result<u8, Box<Receipt<'static>>> {
        let is_meant = |part: &TrackedPart| !part.is_final() && part.message_ids.iter().any(|other| *other == *id);
        let parts = &mut self.outcome.parts;
        let Some(first) = parts.iter().position(is_meant) else { return Err(receipt) };
        for part in parts.iter_mut().skip(first + 1).filter(|part| is_meant(part)) {
            part.receipt = Some(receipt.clone());
            part.has_ended = is_final;
            self.open -= usize::from(is_final);
        }
        parts[first].receipt = Some(receipt);
        parts[first].has_ended = is_final;
        self.open -= usize::from(is_final);
        Ok(first as u8 + 1)
    }

    /// Where a part stands. Makes room for as many as there are said to be.
    fn index_of(&mut self, part: u8, total: u8) -> usize {
        let part = part.max(1);
        let parts = &mut self.outcome.parts;
        let missing = usize::from(total.max(part)).saturating_sub(parts.len());
        parts.resize_with(parts.len() + missing, TrackedPart::default);
        self.open += missing;
        usize::from(part) - 1
    }
}

/// Ids that are kept of a part.
pub(super) const MAX_IDS: usize = 4;
