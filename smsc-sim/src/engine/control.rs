//! What a test does to messages and sessions by hand.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::Ordering;

use smpp::sms::stat;
use smpp::value::MessageState;

use super::{Engine, lock};
use crate::SmscSim;
use crate::message_id::by_name;
use crate::outcome::STATES;
use crate::setting::SettingError;
use crate::store::{Finished, Message};

impl SmscSim {
    /// Brings the messages of an id to a final state at once, with an error code for their receipts, `000` unless there is
    /// one. What is still on its way is receipted as registered_delivery asks. What has come to its end before changes its
    /// mind: it is receipted again, if it was asked for a receipt of such a state, as by an SMSC that contradicts itself.
    ///
    /// An id stands for several messages if it is that of a submit_multi, or if the simulator gave it to several ESMEs.
    /// Returns the messages as they then are.
    ///
    /// ```
    /// use smpp::client::Client;
    /// use smpp::pdu::SubmitSm;
    /// use smpp::value::MessageState;
    /// use smsc_sim::SmscSim;
    ///
    /// let sim = SmscSim::builder().dlr_mix(MessageState::ENROUTE).start()?;
    /// let client = Client::builder().connect(sim.addr())?;
    /// client.bind_transceiver()?;
    /// let id = client.submit_sm(&SubmitSm::default().with_destination_addr("4179"))?.message_id;
    /// let failed = sim.set_state(&id.to_str_lossy(), MessageState::UNDELIVERABLE, Some("021"))?;
    /// assert!(failed[0].receipt_text().contains("stat:UNDELIV err:021"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ControlError::NoSuchMessage`], and [`ControlError::NotFinal`] if the state is not a final one.
    pub fn set_state(&self, id: &str, state: MessageState, err: Option<&str>) -> Result<Vec<Message>, ControlError> {
        if !STATES.contains(&state) || state == MessageState::ENROUTE {
            return Err(ControlError::NotFinal(state));
        }
        self.engine.set_state(id, state, err)
    }

    /// Sends the receipts of the messages of an id again, or for the first time if none was asked for. Returns the messages.
    ///
    /// # Errors
    /// [`ControlError::NoSuchMessage`], and [`ControlError::NotFinal`] if one of them is still on its way.
    pub fn resend_receipt(&self, id: &str) -> Result<Vec<Message>, ControlError> {
        self.engine.resend_receipt(id)
    }

    /// Forgets something, so that the next test begins anew.
    pub fn reset(&self, what: What) {
        if matches!(what, What::All | What::Sessions) {
            for session in self.listeners.sessions() {
                // One that is not bound, or is unbinding, ends by itself.
                let _ = session.unbind();
            }
        }
        if what == What::Rules {
            self.engine.book.reset();
        } else if what != What::Sessions {
            self.engine.reset(what != What::Messages);
        }
        self.engine.was_changed(|| format!("reset of {what}"));
    }
}

/// What [`SmscSim::reset`] makes forgotten.
///
/// On the command line: `all`, `messages`, `sessions`, `rules`, `sequences`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum What {
    /// All of these.
    All,
    /// Messages, in both directions, and all that is on its way to ESMEs; nothing of it comes any more. Numbers go on.
    Messages,
    /// Sessions: each is unbound, without waiting for the answer.
    Sessions,
    /// What rules have counted, and the states of scenarios, so that each begins anew; the rules stay.
    Rules,
    /// Messages, and what is counted: message_ids, messages from mobiles and binds begin with 1 again, rules have met nothing
    /// yet, and scenarios are where they began. With the same
    /// [seed](crate::Builder::seed) what follows is what followed after the start.
    Sequences,
}

by_name!(What, "thing to forget",
    "all" => All, "messages" => Messages, "sessions" => Sessions, "rules" => Rules, "sequences" => Sequences);

/// Why nothing was done to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlError {
    /// No message is kept with this id.
    NoSuchMessage(String),
    /// This is not a final state.
    NotFinal(MessageState),
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchMessage(id) => write!(f, "no message has the id `{id}`"),
            Self::NotFinal(state) => write!(f, "{} is not a final state", stat(*state)),
        }
    }
}

impl std::error::Error for ControlError {}

impl Engine {
    fn set_state(&self, id: &str, state: MessageState, err: Option<&str>) -> Result<Vec<Message>, ControlError> {
        let now = self.now();
        let mut store = lock(&self.messages);
        let numbers = store.of_id(id);
        if numbers.is_empty() {
            return Err(ControlError::NoSuchMessage(id.to_owned()));
        }
        let mut finished = Vec::new();
        for &number in &numbers {
            let Some(stored) = store.get_mut(number) else { continue };
            stored.message.err = err.map(str::to_owned);
            if stored.message.is_final() {
                stored.message.state = state;
                stored.message.done = Some(now);
                let receipt = stored.message.wants_receipt();
                let plan = stored.plan.as_deref().cloned().unwrap_or_default();
                finished.push(Finished { number, message: stored.message.clone(), plan, receipt });
            } else {
                // Told by hand, it is receipted even where nothing else is.
                finished.extend(self.finish(&mut store, number, state, now).map(|finished| {
                    let receipt = finished.message.wants_receipt() && !finished.plan.drop;
                    Finished { receipt, ..finished }
                }));
            }
        }
        self.tell(&store);
        let messages = numbers.iter().filter_map(|&number| store.get(number).cloned()).collect();
        drop(store);
        for finished in finished {
            self.tell_end(&finished);
            self.flush_later(&finished.message.system_id);
        }
        Ok(messages)
    }

    fn resend_receipt(&self, id: &str) -> Result<Vec<Message>, ControlError> {
        let store = lock(&self.messages);
        let numbers = store.of_id(id);
        let receipted: Vec<_> = numbers.iter().filter_map(|&number| Some((number, store.stored(number)?))).collect();
        if receipted.is_empty() {
            return Err(ControlError::NoSuchMessage(id.to_owned()));
        }
        if let Some((_, stored)) = receipted.iter().find(|(_, stored)| !stored.message.is_final()) {
            return Err(ControlError::NotFinal(stored.message.state));
        }
        let receipted: Vec<_> = receipted
            .into_iter()
            .map(|(number, stored)| {
                (number, stored.message.clone(), stored.plan.as_deref().cloned().unwrap_or_default())
            })
            .collect();
        drop(store);
        for (number, message, plan) in &receipted {
            self.post_receipt(*number, message, plan);
            self.flush_later(&message.system_id);
        }
        Ok(receipted.into_iter().map(|(_, message, _)| message).collect())
    }

    fn reset(&self, from_one: bool) {
        let _hold = self.scheduler.hold();
        self.resets.fetch_add(1, Ordering::SeqCst);
        let timers = lock(&self.messages).clear(from_one);
        for timer in timers {
            self.scheduler.cancel(timer);
        }
        {
            let mut mos = lock(&self.mos);
            if from_one {
                mos.start_over()
            } else {
                mos.clear()
            }
            self.mo_changed.notify_all();
        }
        let mut peers = lock(&self.peers);
        let gone = peers.clear();
        if from_one {
            peers.forget_binds();
        }
        drop(peers);
        drop(gone);
        if from_one {
            self.book.reset();
        }
        self.changed.notify_all();
    }
}
