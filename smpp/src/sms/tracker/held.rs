//! Receipts that wait for the response to what they are about.

use std::collections::HashMap;
use std::time::Instant;

use super::ages::Ages;
use crate::sms::{CanonicalId, IdForm, Receipt};

/// Receipts by every id of a response that they may be about, and by age.
#[derive(Debug, Default)]
pub(super) struct Held {
    receipts: HashMap<u64, HeldReceipt>,
    by_id: HashMap<CanonicalId, Vec<u64>>,
    ages: Ages,
    next: u64,
}

#[derive(Debug)]
struct HeldReceipt {
    receipt: Box<Receipt<'static>>,
    ids: Vec<CanonicalId>,
}

impl Held {
    pub(super) fn len(&self) -> usize {
        self.receipts.len()
    }

    pub(super) fn ages(&self) -> &Ages {
        &self.ages
    }

    /// Takes out one that has to make way for a receipt, because too many are about one of its ids.
    pub(super) fn take_crowded(&mut self, receipt: &Receipt<'_>) -> Option<Box<Receipt<'static>>> {
        let ids = response_ids(receipt);
        let crowded = ids.iter().filter_map(|id| self.by_id.get(id)).find(|numbers| numbers.len() >= MAX_ABOUT_ONE_ID);
        let number = *crowded?.first()?;
        self.take(number)
    }

    /// Holds a receipt. Whatever has to make way for it has been taken out.
    pub(super) fn put(&mut self, receipt: Box<Receipt<'static>>, since: Instant) {
        let ids = response_ids(&receipt);
        let number = self.next;
        self.next += 1;
        for id in &ids {
            self.by_id.entry(id.clone()).or_default().push(number);
        }
        self.receipts.insert(number, HeldReceipt { receipt, ids });
        self.ages.push(since, number, |number| self.receipts.contains_key(&number));
    }

    pub(super) fn get(&self, number: u64) -> Option<&Receipt<'static>> {
        self.receipts.get(&number).map(|held| &*held.receipt)
    }

    pub(super) fn take(&mut self, number: u64) -> Option<Box<Receipt<'static>>> {
        let held = self.receipts.remove(&number)?;
        for id in held.ids {
            if let Some(numbers) = self.by_id.get_mut(&id) {
                numbers.retain(|other| *other != number);
                if numbers.is_empty() {
                    self.by_id.remove(&id);
                }
            }
        }
        self.ages.remove(|number| self.receipts.contains_key(&number));
        Some(held.receipt)
    }

    pub(super) fn take_oldest(&mut self) -> Option<Box<Receipt<'static>>> {
        let (_, number) = self.ages.oldest()?;
        self.take(number)
    }

    /// The receipts that may be about this id of a response, oldest first.
    pub(super) fn numbers_for(&self, response_id: &[u8]) -> Vec<u64> {
        self.by_id.get(&CanonicalId::of(response_id)).cloned().unwrap_or_default()
    }

    /// All receipts, oldest first.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let mut numbers: Vec<_> = self.receipts.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }
}

/// The ids that a response may have, each once, to what a receipt is about.
fn response_ids(receipt: &Receipt<'_>) -> Vec<CanonicalId> {
    let mut ids = Vec::new();
    for id in [&receipt.receipted_message_id, &receipt.id].into_iter().flatten() {
        for id in IdForm::ALL.into_iter().filter_map(|form| form.response_id(id.as_bytes())) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    ids
}

/// Receipts that may be about one id, so that no SMSC can make looking at them slow.
const MAX_ABOUT_ONE_ID: usize = 16;
