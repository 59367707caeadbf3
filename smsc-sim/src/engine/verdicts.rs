//! What rules say is done.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use smpp::codec::{COctetString, Header};
use smpp::driver::Responder;
use smpp::pdu::SubmitSm;
use smpp::server::{BindRequest, BindResponder, SessionHandle};
use smpp::value::CommandStatus;

use super::mo::{Mo, MoContent};
use super::{Engine, lock};
use crate::draw::Chance;
use crate::line::Fault;
use crate::rules::subject::{About, Subject};
use crate::rules::verdict::{Respond, Verdict};
use crate::rules::{Hook, MoReply, Moment};
use crate::store::New;

/// The place of a request in what its session asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) chance: Chance,
    pub(super) bind: u64,
    pub(super) pdu_index: u64,
}

/// Answers that wait until the rule that holds them is released, oldest first.
#[derive(Default)]
pub(super) struct Held {
    answers: VecDeque<(Arc<str>, Answer)>,
}

/// What remains to be done for a request.
type Answer = Box<dyn FnOnce(&Engine) + Send>;

/// A request that is to be answered, and what is known about it.
pub(super) struct Asked {
    pub(super) session: SessionHandle,
    pub(super) sequence_number: u32,
    pub(super) responder: Responder,
}

impl Engine {
    /// What rules say of a request of a session that is bound.
    pub(super) fn decide(&self, session: &SessionHandle, hook: Hook, turn: Turn, about: About<'_>) -> Verdict {
        self.book.decide(&Subject {
            hook,
            system_id: session.system_id().unwrap_or_default(),
            bind: turn.bind,
            bound_as: session.bound_as(),
            session_id: session.id(),
            pdu_index: turn.pdu_index,
            chance: turn.chance,
            elapsed: self.scheduler.elapsed(),
            about,
            state: None,
        })
    }

    /// What rules say of a bind.
    pub(super) fn decide_bind(&self, session: &SessionHandle, request: &BindRequest<'_>) -> Verdict {
        if !self.book.concerns(Hook::Bind) {
            return Verdict::default();
        }
        let system_id = request.system_id.to_str_lossy();
        let bind = lock(&self.peers).asked(&system_id);
        self.book.decide(&Subject {
            hook: Hook::Bind,
            system_id: &system_id,
            bind,
            bound_as: Some(request.kind),
            session_id: session.id(),
            pdu_index: 0,
            chance: Chance::of_session(self.config.seed, &system_id, bind),
            elapsed: self.scheduler.elapsed(),
            about: About::Nothing,
            state: None,
        })
    }

    /// Answers a bind as a rule says; `status` is what it would be answered without.
    pub(super) fn bind_as_ruled(
        &self,
        session: &SessionHandle,
        request: &BindRequest<'_>,
        responder: BindResponder,
        verdict: Verdict,
        status: CommandStatus,
    ) {
        let (session, session_id, sequence_number) = (session.clone(), session.id(), request.header().sequence_number);
        let answer = move |engine: &Self, verdict: &Verdict| {
            let status = verdict.status.unwrap_or(status);
            engine.begin_answer(&session, sequence_number, verdict);
            match verdict.respond {
                Respond::Yes => _ = responder.answer(status),
                Respond::Drop | Respond::AcceptSilently => responder.ignore(),
            }
        };
        let mut verdict = verdict;
        let Some(question) = verdict.webhook.take() else { return self.when_due(verdict, answer) };
        self.ask(question, verdict, move |engine, verdict| {
            if verdict.status.is_some() || verdict.respond == Respond::Drop {
                // It was let in until somebody was asked.
                engine.let_out(session_id);
            }
            engine.when_due(verdict, answer);
        });
    }

    /// Answers a request as a rule says. `answer` does what is asked, and responds; it is not called if nothing is to be
    /// done.
    pub(super) fn as_ruled(
        &self,
        asked: Asked,
        mut verdict: Verdict,
        answer: impl FnOnce(&Self, Option<Responder>) + Send + 'static,
    ) {
        if let Some(question) = verdict.webhook.take() {
            return self.ask(question, verdict, move |engine, verdict| engine.as_ruled(asked, verdict, answer));
        }
        let Asked { session, sequence_number, responder } = asked;
        self.when_due(verdict, move |engine, verdict| {
            engine.begin_answer(&session, sequence_number, verdict);
            match (verdict.status, verdict.respond) {
                (_, Respond::Drop) => responder.ignore(),
                (Some(status), _) => _ = responder.answer(status),
                (None, Respond::AcceptSilently) => {
                    responder.ignore();
                    answer(engine, None);
                }
                (None, Respond::Yes) => answer(engine, Some(responder)),
            }
        });
    }

    /// Keeps messages as [`accept`](Self::accept) does, and answers, as a rule says.
    pub(super) fn accept_as_ruled(
        &self,
        asked: Asked,
        mut verdict: Verdict,
        chance: Chance,
        mut news: Vec<New>,
        respond: impl FnOnce(Responder, String) + Send + 'static,
    ) {
        if let Some(question) = verdict.webhook.take() {
            return self.ask(question, verdict, move |engine, verdict| {
                engine.accept_as_ruled(asked, verdict, chance, news, respond);
            });
        }
        let system_id = asked.session.system_id().unwrap_or_default().to_owned();
        if let Some(faults) = verdict.receipt.take() {
            news.iter_mut().for_each(|new| new.apply(Some(&faults), chance));
        }
        let replies = std::mem::take(&mut verdict.mo);
        let original = news.first().map(|new| new.pdu.clone()).filter(|_| !replies.is_empty());
        let is_refused = verdict.status.is_some() || verdict.respond == Respond::Drop;
        let version = asked.session.peer_version();
        self.as_ruled(asked, verdict, move |engine, responder| {
            let now = engine.now();
            engine.accept(&system_id, version, news, now, |id| {
                if let Some(responder) = responder {
                    // An ESME that is gone may come back for its receipt.
                    respond(responder, id);
                }
            });
            let Some(original) = original.filter(|_| !is_refused) else { return };
            for (reply, delay) in replies {
                let (system_id, original) = (system_id.clone(), original.clone());
                engine.later(delay, move |engine| engine.reply(&system_id, &original, &reply));
            }
        });
    }

    /// Sends a message back to the ESME that submitted one.
    fn reply(&self, system_id: &str, original: &SubmitSm<'static>, reply: &MoReply) {
        if *reply == (MoReply { delay: reply.delay, ..MoReply::default() }) {
            return self.echo(system_id, original);
        }
        let Some(engine) = self.this.upgrade() else { return };
        let or = |said: &Option<String>, field: &COctetString<'_>| {
            said.clone().unwrap_or_else(|| field.to_str_lossy().into_owned())
        };
        let from = or(&reply.from, &original.destination_addr);
        let to = or(&reply.to, &original.source_addr);
        let text = reply.text.clone().or_else(|| About::Submit(original).text()).unwrap_or_default();
        // What cannot be sent, such as a text to nobody, is not: there is nobody to tell.
        let _ = Mo::new(engine, from, to, MoContent::Text(text)).to_system_id(system_id).start();
    }

    /// Does something when a verdict says: at once, later, or when its rule is released.
    fn when_due(&self, verdict: Verdict, act: impl FnOnce(&Self, &Verdict) + Send + 'static) {
        if verdict.hold
            && let Some(rule) = verdict.rule.clone()
        {
            let mut held = lock(&self.held);
            held.answers.push_back((rule, Box::new(move |engine| act(engine, &verdict))));
            // What is held is bounded by letting the oldest go.
            let oldest = if held.answers.len() > MAX_HELD { held.answers.pop_front() } else { None };
            drop(held);
            if let Some((_, oldest)) = oldest {
                oldest(self);
            }
        } else if verdict.delay > Duration::ZERO {
            self.later(verdict.delay, move |engine| act(engine, &verdict));
        } else {
            act(self, &verdict);
        }
    }

    /// Answers what a rule holds. Returns how many there were.
    pub(crate) fn release(&self, rule: &str) -> usize {
        let mut held = lock(&self.held);
        let all = std::mem::take(&mut held.answers);
        let (released, kept): (VecDeque<_>, _) = all.into_iter().partition(|(name, _)| **name == *rule);
        held.answers = kept;
        drop(held);
        let count = released.len();
        for (_, answer) in released {
            answer(self);
        }
        count
    }

    /// Has the line do to the response what is to be done to it, and does what comes before it.
    fn begin_answer(&self, session: &SessionHandle, sequence_number: u32, verdict: &Verdict) {
        if verdict.unbind == Some(Moment::Before) {
            let _ = session.unbind();
        }
        let Some(line) = self.line(session.id()) else { return };
        if let Some(how_long) = verdict.stop_reading {
            line.stop_reading(how_long);
        }
        if verdict.respond != Respond::Yes {
            // There is no response that it could be done to.
            if let Some((how, _)) = verdict.close {
                line.close(how);
            }
            verdict.hostile.iter().for_each(|case| line.confront(*case));
            return;
        }
        for case in &verdict.hostile {
            line.fault(sequence_number, Fault::Hostile(*case));
        }
        for mangle in &verdict.mangle {
            line.fault(sequence_number, Fault::Mangle(*mangle));
        }
        if let Some(every) = verdict.dribble {
            line.fault(sequence_number, Fault::Dribble(every));
        }
        match verdict.close {
            Some((how, Moment::Before)) => line.fault(sequence_number, Fault::CloseBefore(how)),
            Some((how, Moment::After)) => line.fault(sequence_number, Fault::CloseAfter(how)),
            None => {}
        }
        if verdict.unbind == Some(Moment::After) {
            line.fault(sequence_number, Fault::UnbindAfter);
        }
    }
}

impl Asked {
    pub(super) fn new(session: &SessionHandle, header: Header, responder: Responder) -> Self {
        Self { session: session.clone(), sequence_number: header.sequence_number, responder }
    }
}

/// Answers that may wait for a release.
const MAX_HELD: usize = 100_000;
