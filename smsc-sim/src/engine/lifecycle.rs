//! The life of a message: what happens to it, and when.

use std::time::SystemTime;

use smpp::pdu::SubmitSm;
use smpp::value::registered_delivery::IntermediateNotification;
use smpp::value::{CommandStatus, MessageState};

use super::{Engine, lock};
use crate::MessageIdForm;
use crate::carrier::Loopback;
use crate::draw::Chance;
use crate::events::EventKind;
use crate::store::{Finished, Message, New, Store};
use crate::times::Times;

/// Messages that are kept, and do not know yet that they are on their way.
pub(super) struct Accepted {
    pub(super) id: String,
    pub(super) numbers: Vec<u64>,
    notify: bool,
    /// Whether they come to their end before the response.
    pub(super) is_early: bool,
}

impl Engine {
    /// A message that an ESME submits, with these times, and what is left to chance about it. Of the copies of a submit_multi
    /// each has its own chance.
    pub(super) fn new_message(&self, system_id: &str, pdu: SubmitSm<'static>, times: Times, chance: Chance) -> New {
        let lifecycle = &self.carrier(system_id).lifecycle;
        let (outcome, delay) = (lifecycle.mix.draw(chance), lifecycle.delay.draw(chance));
        New { pdu, times, outcome, err: None, delay, plan: None, replies: Vec::new() }
    }

    /// Keeps messages under one message_id. They are [set out](Self::set_out) when the ESME knows it, so that it does before it
    /// hears of them again.
    ///
    /// One that has replace_if_present_flag set (section 5.2.18) takes the place of the latest pending one of the same
    /// source, destination and service_type, and its message_id.
    pub(super) fn accept(
        &self,
        (system_id, version): (&str, Option<u8>),
        news: Vec<New>,
        chance: Chance,
        now: SystemTime,
    ) -> Accepted {
        let is_early = news.iter().any(|new| new.plan.as_ref().is_some_and(|plan| plan.before_resp));
        let notify = news.iter().any(|new| asks_for_notification(&new.pdu));
        let mut store = lock(&self.messages);
        let present = news.first().and_then(|new| present(&store, system_id, &new.pdu));
        let form = self.carrier(system_id).message_id;
        // Binds are counted anew after a reset, and a session may have outlived it.
        let is_taken = form == MessageIdForm::Uuid && !store.of_id(&form.write(0, chance)).is_empty();
        let chance = if is_taken { chance.and(store.last()) } else { chance };
        let (id, numbers, timers) = match present {
            Some(number) => {
                let id = news.into_iter().find_map(|new| store.put(number, new, now));
                (id.unwrap_or_default(), vec![number], Vec::new())
            }
            None => store.add(system_id, news, now, |number| {
                let id = form.write(number, chance);
                // An ESME that speaks less than 3.4 has room for 8 characters.
                let is_too_long = id.len() > 8 && version.is_some_and(|version| version < 0x34);
                if is_too_long { format!("{:x}", number & 0xFFFF_FFFF) } else { id }
            }),
        };
        self.tell(&store);
        self.counters.accepted(system_id, numbers.len() as u64);
        for message in numbers.iter().filter_map(|&number| store.get(number)) {
            self.happened(|| EventKind::accepted(message));
        }
        drop(store);
        for timer in timers {
            self.scheduler.cancel(timer);
        }
        Accepted { id, numbers, notify, is_early }
    }

    /// Has messages delivered in time.
    pub(super) fn set_out(&self, accepted: Accepted) {
        for number in accepted.numbers {
            // Before the timer is set, which may be for now.
            if accepted.notify {
                self.notify(number);
            }
            // Most come to their end at once: that is not worth a timer, nor waking who minds it.
            let now = self.now();
            let mut store = lock(&self.messages);
            let due = store.stored(number).filter(|stored| stored.is_due(now)).map(|stored| stored.outcome);
            let Some(outcome) = due else {
                self.plan(&mut store, number);
                continue;
            };
            let finished = self.finish(&mut store, number, outcome, now);
            drop(store);
            if let Some(finished) = finished {
                self.tell_end(&finished);
                self.flush_later(&finished.message.system_id);
            }
        }
    }

    /// Brings messages to what they come to, at once, and tells of it.
    pub(super) fn end_now(&self, numbers: &[u64]) {
        let now = self.now();
        for &number in numbers {
            let mut store = lock(&self.messages);
            let Some(outcome) = store.stored(number).map(|stored| stored.outcome) else { continue };
            let finished = match outcome {
                MessageState::ENROUTE => None,
                outcome => self.finish(&mut store, number, outcome, now),
            };
            drop(store);
            match finished {
                Some(finished) => {
                    self.tell_end(&finished);
                    self.flush(&finished.message.system_id);
                }
                None => self.plan(&mut lock(&self.messages), number),
            }
        }
    }

    /// Sets the timer for what happens to a message next, in place of the one before.
    pub(super) fn plan(&self, store: &mut Store, number: u64) {
        let Some(stored) = store.get_mut(number) else { return };
        stored.turn += 1;
        let turn = stored.turn;
        let next = stored.next().map(|at| self.at(at, move |engine| engine.happens(number, turn)));
        if let Some(before) = std::mem::replace(&mut stored.timer, next) {
            self.scheduler.cancel(before);
        }
    }

    /// What was planned: the delivery of a message begins, or it comes to its final state.
    fn happens(&self, number: u64, turn: u64) {
        let now = self.now();
        let mut store = lock(&self.messages);
        let Some(stored) = store.get_mut(number).filter(|stored| stored.turn == turn) else { return };
        stored.timer = None;
        if let Some(begun) = stored.begun {
            let outcome = stored.comes_to_outcome(begun).map_or(MessageState::EXPIRED, |_| stored.outcome);
            let finished = self.finish(&mut store, number, outcome, now);
            drop(store);
            if let Some(finished) = finished {
                self.tell_end(&finished);
                self.flush(&finished.message.system_id);
            }
            return;
        }
        stored.begun = Some(now);
        stored.message.state = MessageState::ENROUTE;
        self.plan(&mut store, number);
        self.tell(&store);
        drop(store);
        self.notify(number);
    }

    /// Tells that a message is on its way, if it is and that was asked for.
    pub(super) fn notify(&self, number: u64) {
        let store = lock(&self.messages);
        let is_due = |message: &Message| message.state == MessageState::ENROUTE && asks_for_notification(&message.pdu);
        let stored = store.stored(number).filter(|stored| is_due(&stored.message));
        let due = stored.map(|stored| (stored.message.clone(), stored.plan.as_deref().cloned().unwrap_or_default()));
        drop(store);
        if let Some((message, plan)) = due {
            self.post_notification(&message, &plan);
            self.flush_later(&message.system_id);
        }
    }

    /// Holds whatever the end of a message calls for, to be flushed: the receipt first, acknowledgements of the mobile then.
    pub(super) fn tell_end(&self, finished: &Finished) {
        let Finished { number, message, plan, receipt } = finished;
        self.heed_flags(message);
        if *receipt {
            self.post_receipt(*number, message, plan);
        }
        self.post_acknowledgements(message);
        self.loop_back(message);
    }

    /// Brings a message to a final state, unless it is in one. Returns what there is to tell of it, if there is anything.
    pub(super) fn finish(
        &self,
        store: &mut Store,
        number: u64,
        state: MessageState,
        now: SystemTime,
    ) -> Option<Finished> {
        let timer = store.get_mut(number).and_then(|stored| stored.timer.take());
        if let Some(timer) = timer {
            self.scheduler.cancel(timer);
        }
        let was_final = store.get(number).is_none_or(Message::is_final);
        let finished =
            store.finish(number, state, now, self.config.loopback != Loopback::Off || lock(&self.peers).has_flags());
        if let Some(message) = store.get(number).filter(|message| !was_final && message.is_final()) {
            self.counters.is_final(&message.system_id, state);
            self.happened(|| EventKind::finished(message));
        }
        self.tell(store);
        finished.map(|finished| {
            let receipt = finished.receipt && self.carrier(&finished.message.system_id).receipt.automatic;
            Finished { receipt, ..finished }
        })
    }

    /// When a submit_sm is to be delivered, and until when.
    pub(super) fn times(&self, system_id: &str, pdu: &SubmitSm<'_>, now: SystemTime) -> Result<Times, CommandStatus> {
        let max_validity = self.carrier(system_id).lifecycle.max_validity();
        Times::of_request(&pdu.schedule_delivery_time, &pdu.validity_period, now, max_validity)
    }
}

/// What a message with replace_if_present_flag replaces.
fn present(store: &Store, system_id: &str, new: &SubmitSm<'_>) -> Option<u64> {
    if new.replace_if_present_flag.0 == 0 {
        return None;
    }
    let is_one = |message: &Message| {
        let pdu = &message.pdu;
        (pdu.source_addr_ton, pdu.source_addr_npi, pdu.dest_addr_ton, pdu.dest_addr_npi)
            == (new.source_addr_ton, new.source_addr_npi, new.dest_addr_ton, new.dest_addr_npi)
            && pdu.service_type == new.service_type
    };
    store.pending(system_id, new.source_addr.as_bytes(), new.destination_addr.as_bytes(), is_one).next()
}

fn asks_for_notification(pdu: &SubmitSm<'_>) -> bool {
    pdu.registered_delivery.intermediate_notification() == IntermediateNotification::REQUESTED
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use std::sync::Arc;

    use super::*;
    use crate::{Clock, SmscSim};

    fn engine(max_messages: usize) -> Arc<Engine> {
        let builder =
            SmscSim::builder().clock(Clock::manual()).dlr_mix(MessageState::ENROUTE).max_messages(max_messages);
        Engine::new(builder.config).unwrap()
    }

    fn submit(engine: &Engine, pdu: SubmitSm<'static>) {
        let (now, chance) = (engine.now(), Chance::of_session(1, "me", 1));
        let times = engine.times("me", &pdu, now).unwrap();
        let new = engine.new_message("me", pdu, times, chance);
        engine.set_out(engine.accept(("me", None), vec![new], chance, now));
    }

    #[test]
    fn a_message_has_one_timer_and_one_that_is_gone_has_none() {
        let engine = engine(10);
        for _ in 0..100 {
            submit(&engine, SubmitSm::default());
        }
        assert_eq!((engine.messages().len(), engine.scheduler.len()), (10, 10));
        for _ in 0..100 {
            submit(&engine, SubmitSm::default().with_replace_if_present_flag(1));
        }
        assert_eq!((engine.messages().len(), engine.scheduler.len()), (10, 10));
        assert!(engine.cancel("me", &Default::default()).unwrap().is_empty());
        assert!(engine.messages().iter().all(|message| message.state == MessageState::DELETED));
        assert_eq!(engine.scheduler.len(), 0);
    }

    #[test]
    fn a_hundred_thousand_timers_run_out_each_at_its_time() {
        let engine = engine(100_000);
        let validity = |seconds: u64| {
            let time = smpp::sms::RelativeTime::try_from(Duration::from_secs(seconds)).unwrap();
            SubmitSm::default().with_validity_period(time)
        };
        for number in 0..100_000 {
            submit(&engine, validity(1 + number % 86_400));
        }
        engine.advance(Duration::from_secs(43_200));
        let expired = engine.messages().iter().filter(|message| message.is_final()).count();
        assert_eq!(expired, 43_200 + 13_600);
        engine.advance(Duration::from_secs(43_200));
        assert!(engine.messages().iter().all(|message| message.state == MessageState::EXPIRED));
        assert_eq!(engine.scheduler.len(), 0);
    }
}
