//! What is to be done about something.

use std::sync::Arc;
use std::time::Duration;

use smpp::value::CommandStatus;

use super::question::Question;
use super::{Action, MoReply, Moment, ReceiptFaults};
use crate::draw::{Chance, purpose};
use crate::hostile::HostileCase;
use crate::line::{Close, Mangle};

/// What is to be done about something. The default is what the standard says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Verdict {
    /// Which rule says so.
    pub(crate) rule: Option<Arc<str>>,
    /// The command_status of the response, and nothing is done about the request; `None` leaves it to the engine.
    pub(crate) status: Option<CommandStatus>,
    /// How much later the response comes.
    pub(crate) delay: Duration,
    /// Whether it waits until the rule is released.
    pub(crate) hold: bool,
    pub(crate) respond: Respond,
    pub(crate) close: Option<(Close, Moment)>,
    pub(crate) unbind: Option<Moment>,
    /// How the response is spoilt, and what is left to chance about that.
    pub(crate) mangle: Vec<(Mangle, Chance)>,
    pub(crate) dribble: Option<Duration>,
    pub(crate) stop_reading: Option<Duration>,
    /// What is wrong with the receipt, and what becomes of the message.
    pub(crate) receipt: Option<Box<ReceiptFaults>>,
    /// What comes back, each so long after the response.
    pub(crate) mo: Vec<(MoReply, Duration)>,
    /// Who is to be asked before anything is done.
    pub(crate) webhook: Option<Box<Question>>,
    /// Oddities in place of the response, or after it.
    pub(crate) hostile: Vec<HostileCase>,
}

/// Whether there is a response.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Respond {
    #[default]
    Yes,
    /// Nothing is done, nothing is said.
    Drop,
    /// Everything is done, nothing is said.
    AcceptSilently,
}

impl Verdict {
    /// Whether it is what the standard says.
    pub(crate) fn is_plain(&self) -> bool {
        self.rule.is_none()
    }

    /// Whether nothing is to be done about the request.
    pub(crate) fn refuses(&self) -> bool {
        self.status.is_some() || self.respond == Respond::Drop
    }

    /// Adds what is said of another destination of the same request. There is one response, to which everything is done once:
    /// as the first destination has it of which something is said.
    pub(crate) fn join(&mut self, other: Self) {
        let Self {
            rule,
            status,
            delay,
            hold,
            respond,
            close,
            unbind,
            mangle,
            dribble,
            stop_reading,
            receipt,
            mo,
            webhook,
            hostile,
        } = other;
        // What is held is released by the name of the rule that holds it.
        self.rule = if hold && !self.hold { rule } else { self.rule.take().or(rule) };
        self.status = self.status.or(status);
        self.delay = self.delay.max(delay);
        self.hold |= hold;
        self.respond = if self.respond == Respond::Yes { respond } else { self.respond };
        self.close = self.close.or(close);
        self.unbind = self.unbind.or(unbind);
        if self.mangle.is_empty() {
            self.mangle = mangle;
        }
        self.dribble = self.dribble.or(dribble);
        self.stop_reading = self.stop_reading.or(stop_reading);
        self.receipt = self.receipt.take().or(receipt);
        self.mo.extend(mo);
        self.webhook = self.webhook.take().or(webhook);
        if self.hostile.is_empty() {
            self.hostile = hostile;
        }
    }

    /// Adds what an action says. Moves of scenarios, and questions, are the book's.
    pub(crate) fn add(&mut self, action: &Action, chance: Chance) {
        match action {
            Action::Status(status) => self.status = Some(*status).filter(|status| *status != CommandStatus::ESME_ROK),
            Action::Delay(delay) => self.delay = self.delay.saturating_add(delay.draw(chance.and(purpose::RULE_DELAY))),
            Action::Hold => self.hold = true,
            Action::NoResponse { accept } => {
                self.respond = if *accept { Respond::AcceptSilently } else { Respond::Drop };
            }
            Action::Close { how, when } => self.close = Some((*how, *when)),
            Action::Unbind(when) => self.unbind = Some(*when),
            Action::Mangle(mangle) => self.mangle.push((*mangle, chance)),
            Action::Dribble(every) => self.dribble = Some(*every),
            Action::StopReading(time) => self.stop_reading = Some(*time),
            Action::Receipt(faults) => match &mut self.receipt {
                Some(before) => before.and(faults),
                None => self.receipt = Some(Box::new(faults.clone())),
            },
            Action::Mo(reply) => {
                let delay = reply.delay.map_or(Duration::ZERO, |delay| delay.draw(chance.and(purpose::RULE_MO)));
                self.mo.push((reply.clone(), delay));
            }
            Action::SetState { .. } | Action::Webhook(_) => {}
            Action::Hostile(case) => {
                self.status = case.refuses().or(self.status);
                self.hostile.push(*case);
            }
        }
    }
}
