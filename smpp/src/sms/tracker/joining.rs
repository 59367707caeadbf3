//! What a tracker does with receipts and messages; what it is asked to do stands in [`super`].

use std::hash::Hash;
use std::time::Instant;

use super::ended::{End, Ended};
use super::message::Tracked;
use super::{DropReason, Owner, Tracker, TrackerEvent};
use crate::codec::COctetString;
use crate::sms::{IdForms, IdMatch, MessageIds, Receipt};
use crate::value::MessageState;

impl<T: Clone + Eq + Hash> Tracker<T> {
    pub(super) fn timed_out(&mut self, now: Instant) -> Vec<TrackerEvent<T>> {
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
            self.drop_message(now, number, DropReason::TooOld, &mut events);
        }
        while let Some((since, number)) = self.ended_ages.oldest()
            && is_over(since, self.limits.age)
        {
            self.forget_ended(number);
        }
        events
    }

    /// The number of a message, which it gets if it has none.
    pub(super) fn number_of(&mut self, now: Instant, message: T, events: &mut Vec<TrackerEvent<T>>) -> u64 {
        if let Some(number) = self.numbers.get(&message) {
            return *number;
        }
        while self.messages.len() >= self.limits.messages.max(1)
            && let Some((_, oldest)) = self.ages.oldest()
        {
            self.drop_message(now, oldest, DropReason::TooMany, events);
        }
        let number = self.next;
        self.next += 1;
        self.numbers.insert(message.clone(), number);
        self.messages.insert(number, Tracked::new(message));
        self.ages.push(now, number, |number| self.messages.contains_key(&number));
        number
    }

    /// Whose receipt it is, and which id of a response it has, if that can be told.
    pub(super) fn owner_of(&self, receipt: &Receipt<'_>) -> Option<(Owner, Box<[u8]>)> {
        let ids = [(&self.tlv_forms, &receipt.receipted_message_id), (&self.text_forms, &receipt.id)];
        ids.into_iter().find_map(|(forms, id)| match self.ids.find(id.as_ref()?.as_bytes(), forms) {
            IdMatch::One { key, response_id } => Some((*key, response_id.into())),
            IdMatch::None | IdMatch::Doubtful(_) => None,
        })
    }

    /// Learns the form of ids from a receipt. Returns whether one is known only now.
    pub(super) fn learn(&mut self, receipt: &Receipt<'_>) -> bool {
        let Self { tlv_forms, text_forms, ids, .. } = self;
        let learn = |forms: &mut IdForms, id: &Option<COctetString<'_>>| {
            id.as_ref().is_some_and(|id| forms.learn(ids, id.as_bytes()))
        };
        // Each learns, whether the other does or not.
        learn(tlv_forms, &receipt.receipted_message_id) | learn(text_forms, &receipt.id)
    }

    pub(super) fn apply(
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

    /// Whether the receipt is of another end than the one that is known, so that it may be about a message that has
    /// got the id since, and whose response is still to come.
    pub(super) fn is_other_end(&mut self, owner: Owner, response_id: &[u8], receipt: &Receipt<'_>) -> bool {
        let Owner::Finished(number) = owner else { return false };
        let is_final = self.is_final(receipt);
        self.ended.get_mut(&number).is_some_and(|ended| ended.is_other_end(response_id, receipt, is_final))
    }

    fn is_held_of_other_end(&mut self, owner: Owner, response_id: &[u8], held: u64) -> bool {
        let Owner::Finished(number) = owner else { return false };
        let Some((receipt, ended)) = self.held.get(held).zip(self.ended.get_mut(&number)) else { return false };
        ended.is_other_end(response_id, receipt, is_final(receipt, self.accepted_is_final))
    }

    fn is_final(&self, receipt: &Receipt<'_>) -> bool {
        is_final(receipt, self.accepted_is_final)
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
        let is_final = self.is_final(&receipt);
        let Some(tracked) = self.messages.get_mut(&number) else { return };
        let part = match tracked.receipt(response_id, receipt, is_final) {
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

    pub(super) fn finish_if_done(&mut self, now: Instant, number: u64, events: &mut Vec<TrackerEvent<T>>) {
        if !self.messages.get(&number).is_some_and(Tracked::is_done) {
            return;
        }
        let Some(tracked) = self.take(number) else { return };
        let mut ids: Vec<(Box<[u8]>, Option<End>)> = Vec::new();
        for part in tracked.parts() {
            let end = part.receipt.as_deref().filter(|_| part.has_ended).map(End::of);
            for id in &part.message_ids {
                if self.ids.get(id.as_bytes()) == Some(&Owner::Message(number)) {
                    self.ids.insert(id.as_bytes(), Owner::Finished(number));
                    ids.push((id.as_bytes().into(), end));
                }
            }
        }
        self.remember(now, number, Ended::finished(tracked.message().clone(), ids));
        events.push(TrackerEvent::Finished(tracked.into_outcome()));
    }

    /// The response of a message that has come to its end already: to a try that was thought to have failed.
    pub(super) fn late(&mut self, now: Instant, number: u64, id: &[u8], events: &mut Vec<TrackerEvent<T>>) {
        // What is under way needs the id more than what has ended.
        if id.is_empty() || matches!(self.ids.get(id), Some(Owner::Message(_))) {
            return;
        }
        let Some(ended) = self.ended.get_mut(&number).filter(|ended| !ended.is_dropped) else { return };
        if ended.ids().any(|other| other == id) {
            return;
        }
        if let Some(forgotten) = ended.add_late(id) {
            self.forget_id(&forgotten, Owner::Finished(number));
        }
        if let Some(Owner::Message(other)) = self.ids.insert(id, Owner::Finished(number)) {
            self.drop_message(now, other, DropReason::IdReused, events);
        }
        for held in self.held.numbers_for(id) {
            self.retry(now, held, events);
        }
    }

    pub(super) fn drop_message(
        &mut self,
        now: Instant,
        number: u64,
        reason: DropReason,
        events: &mut Vec<TrackerEvent<T>>,
    ) {
        if let Some(tracked) = self.remove(number) {
            self.remember(now, number, Ended::dropped(tracked.message().clone()));
            events.push(TrackerEvent::Dropped { outcome: tracked.into_outcome(), reason });
        }
    }

    /// Remembers a message that has come to its end, so that it does not begin anew.
    fn remember(&mut self, now: Instant, number: u64, ended: Ended<T>) {
        while self.ended.len() >= self.limits.messages.max(1)
            && let Some((_, oldest)) = self.ended_ages.oldest()
        {
            self.forget_ended(oldest);
        }
        self.numbers.insert(ended.message.clone(), number);
        self.ended.insert(number, ended);
        self.ended_ages.push(now, number, |number| self.ended.contains_key(&number));
    }

    /// Takes a message out, with its ids.
    pub(super) fn remove(&mut self, number: u64) -> Option<Tracked<T>> {
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

    pub(super) fn forget_ended(&mut self, number: u64) {
        let Some(ended) = self.ended.remove(&number) else { return };
        self.numbers.remove(&ended.message);
        for id in ended.ids() {
            forget_id(&mut self.ids, id, Owner::Finished(number));
        }
        self.ended_ages.remove(|number| self.ended.contains_key(&number));
    }

    pub(super) fn forget_id(&mut self, id: &[u8], owner: Owner) {
        forget_id(&mut self.ids, id, owner);
    }

    /// Holds a receipt until it can be told whose it is.
    pub(super) fn hold(&mut self, now: Instant, receipt: Box<Receipt<'static>>, events: &mut Vec<TrackerEvent<T>>) {
        if self.limits.held == 0 || receipt.message_id().is_none() {
            return self.hand_back(now, receipt, events);
        }
        if self.held.len() >= self.limits.held {
            self.hand_back_oldest(now, events);
        }
        // Each of its ids may be crowded, with others.
        while let Some(displaced) = self.held.take_crowded(&receipt) {
            self.hand_back(now, displaced, events);
        }
        self.held.put(receipt, now);
    }

    fn hand_back_oldest(&mut self, now: Instant, events: &mut Vec<TrackerEvent<T>>) {
        if let Some(receipt) = self.held.take_oldest() {
            self.hand_back(now, receipt, events);
        }
    }

    /// Gives up a receipt of which it cannot be told whose it is.
    fn hand_back(&mut self, now: Instant, receipt: Box<Receipt<'static>>, events: &mut Vec<TrackerEvent<T>>) {
        // Held in case another message gets the id of one that is finished; none has.
        if let Some((owner @ Owner::Finished(_), response_id)) = self.owner_of(&receipt) {
            return self.apply(now, owner, &response_id, receipt, events);
        }
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
        let mut seen = Vec::new();
        candidates.retain(|owner| {
            let is_new = !seen.contains(owner);
            seen.push(*owner);
            is_new
        });
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
    pub(super) fn review(&mut self, now: Instant, events: &mut Vec<TrackerEvent<T>>) {
        for held in self.held.numbers() {
            self.retry(now, held, events);
        }
    }

    /// Looks again at a receipt that is held.
    pub(super) fn retry(&mut self, now: Instant, held: u64, events: &mut Vec<TrackerEvent<T>>) {
        let found = self.held.get(held).and_then(|receipt| self.owner_of(receipt));
        if let Some((owner, response_id)) = found
            && !self.is_held_of_other_end(owner, &response_id, held)
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

fn is_final(receipt: &Receipt<'_>, accepted_is_final: bool) -> bool {
    receipt.is_final() || accepted_is_final && receipt.state() == Some(MessageState::ACCEPTED)
}

/// Forgets an id, unless it is somebody else's by now.
fn forget_id(ids: &mut MessageIds<Owner>, id: &[u8], owner: Owner) {
    if ids.get(id) == Some(&owner) {
        ids.remove(id);
    }
}
