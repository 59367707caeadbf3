//! What follows from submissions and receipts.

use super::Outcome;
use crate::codec::{COctetString, OctetString};
use crate::sms::Receipt;

/// What a [`Tracker`](super::Tracker) has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "it is told once"]
#[non_exhaustive]
pub enum TrackerEvent<T> {
    /// Every part of the message has come to its end: a final state, or given up. The tracker has done with it.
    Finished(Outcome<T>),
    /// The message is not tracked any more, before it came to its end.
    Dropped {
        /// What is known of it.
        outcome: Outcome<T>,
        /// Why it was dropped.
        reason: DropReason,
    },
    /// There is news of a message that is not at its end: an intermediate state, or one part of several.
    Progress {
        /// The message.
        message: T,
        /// The part of it, counted from 1; of parts that share one message_id, the first.
        part: u8,
        /// What is told of it.
        receipt: Box<Receipt<'static>>,
    },
    /// A receipt for a part or message that has come to its end before: a duplicate, or a late intermediate
    /// notification. The first final state counts.
    Repeated {
        /// The receipt.
        receipt: Box<Receipt<'static>>,
    },
    /// A receipt of which it could not be told what it belongs to: for as long as receipts are held, or for lack of
    /// room, or because it has no message_id.
    Unmatched {
        /// The receipt.
        receipt: Box<Receipt<'static>>,
        /// Messages that it may belong to, by one reading of its message_id or another. Not to be taken for more.
        candidates: Vec<T>,
    },
}

/// Why a message is not tracked any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DropReason {
    /// It was older than [`TrackerLimits::age`](super::TrackerLimits).
    TooOld,
    /// There were more than [`TrackerLimits::messages`](super::TrackerLimits), and it was the oldest.
    TooMany,
    /// The SMSC gave its message_id to another message, so that their receipts could not be told apart; or it gave
    /// ids to more than 8 messages that differ in case and leading zeros alone.
    IdReused,
}

/// A receipt with octets of its own, long strings cut, so that what is kept takes bounded memory.
pub(super) fn kept(receipt: &Receipt<'_>) -> Receipt<'static> {
    let begin = |octets: &[u8]| kept_octets(octets).to_vec();
    let string =
        |field: &Option<OctetString<'_>>| field.as_ref().map(|field| OctetString::from(begin(field.as_bytes())));
    let id = |field: &Option<COctetString<'_>>| {
        let field = field.as_ref().filter(|id| !id.is_empty())?;
        Some(COctetString::from(begin(field.as_bytes())))
    };
    Receipt {
        id: id(&receipt.id),
        submit_date: string(&receipt.submit_date),
        done_date: string(&receipt.done_date),
        stat: string(&receipt.stat),
        err: string(&receipt.err),
        text: string(&receipt.text),
        receipted_message_id: id(&receipt.receipted_message_id),
        raw: begin(receipt.raw.as_bytes()).into(),
        ..*receipt
    }
}

/// What is kept of octets that a peer gave: ids of responses are cut like those of receipts, so that they still match.
pub(super) fn kept_octets(octets: &[u8]) -> &[u8] {
    &octets[..octets.len().min(MAX_KEPT)]
}

/// Octets of each string of a receipt that are kept: more than an SMS has.
const MAX_KEPT: usize = 1024;
