//! What rules say is done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use smpp::codec::{COctetString, Header};
use smpp::driver::Responder;
use smpp::pdu::SubmitSm;
use smpp::server::{BindRequest, BindResponder, SessionHandle};
use smpp::session::SessionState;
use smpp::value::CommandStatus;

use super::mo::{Mo, MoContent};
use super::{Engine, lock};
use crate::draw::Chance;
use crate::events::EventKind;
use crate::line::Fault;
use crate::rules::subject::{About, Subject};
use crate::rules::verdict::{Respond, Verdict};
use crate::rules::{Hook, MoReply, Moment};
use crate::scheduler::Timer;

/// The place of a request in what its session asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) chance: Chance,
    pub(super) bind: u64,
    pub(super) pdu_index: u64,
    /// So much later it is answered, whatever rules say.
    pub(super) latency: Duration,
}

/// Answers that wait for their time, or until the rule that holds them is released: by session, and in the order they came.
#[derive(Default)]
pub(super) struct Waiting {
    answers: BTreeMap<(u64, u64), Late>,
    next: u64,
}

struct Late {
    /// `None` if it is held.
    timer: Option<Timer>,
    rule: Option<Arc<str>>,
    act: Act,
}

type Act = Box<dyn FnOnce(&Engine) + Send>;

/// A request that is to be answered, and what is known about it.
pub(super) struct Asked {
    pub(super) session: SessionHandle,
    pub(super) sequence_number: u32,
    pub(super) responder: Responder,
}

impl Engine {
    /// How many answers wait.
    pub(super) fn answers_waiting(&self) -> usize {
        lock(&self.waiting).answers.len()
    }

    /// What rules say of a request of a session that is bound, and its latency.
    pub(super) fn decide(&self, session: &SessionHandle, hook: Hook, turn: Turn, about: About<'_>) -> Verdict {
        let mut verdict = self.book.decide(&Subject {
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
        });
        self.tell_rule(&verdict, Some(session.id()));
        verdict.delay = verdict.delay.saturating_add(turn.latency);
        verdict
    }

    /// What rules say of a bind.
    pub(super) fn decide_bind(&self, session: &SessionHandle, request: &BindRequest<'_>) -> Verdict {
        if !self.book.concerns(Hook::Bind) {
            return Verdict::default();
        }
        let system_id = request.system_id.to_str_lossy();
        let bind = lock(&self.peers).asked(&system_id);
        let verdict = self.book.decide(&Subject {
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
        });
        self.tell_rule(&verdict, Some(session.id()));
        verdict
    }

    /// A rule takes part in what is done.
    pub(super) fn tell_rule(&self, verdict: &Verdict, session: Option<u64>) {
        if let Some(rule) = &verdict.rule {
            self.happened(|| EventKind::RuleHit { rule: rule.to_string(), session });
        }
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
        let (session, sequence_number) = (session.clone(), request.header().sequence_number);
        let of_answer = session.clone();
        let answer = move |engine: &Self, verdict: &Verdict| {
            let status = verdict.status.unwrap_or(status);
            engine.begin_answer(&of_answer, sequence_number, verdict);
            match verdict.respond {
                Respond::Yes => _ = responder.answer(status),
                Respond::Drop | Respond::AcceptSilently => responder.ignore(),
            }
        };
        let mut verdict = verdict;
        let Some(question) = verdict.webhook.take() else { return self.when_due(&session, verdict, answer) };
        self.ask(question, verdict, move |engine, verdict| {
            if verdict.refuses() {
                // It was let in until somebody was asked.
                engine.let_out(session.id());
            }
            engine.when_due(&session, verdict, answer);
        });
    }

    /// Answers a request about messages as a rule says. `answer` responds, if there is to be a response; it is not called if
    /// nothing was to be done.
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
        self.when_due(&session.clone(), verdict, move |engine, verdict| {
            engine.begin_answer(&session, sequence_number, verdict);
            if verdict.respond == Respond::Yes {
                return match verdict.status {
                    Some(status) => _ = responder.answer(status),
                    None => answer(engine, Some(responder)),
                };
            }
            responder.ignore();
            if let Some(line) = engine.line(session.id()) {
                line.forget(sequence_number);
            }
            if !verdict.refuses() {
                answer(engine, None);
            }
        });
    }

    /// Sends what a rule says back to the ESME that submitted a message, each in its time.
    pub(super) fn reply_in_time(&self, system_id: &str, replies: Vec<(SubmitSm<'static>, MoReply, Duration)>) {
        let resets = self.resets.load(Ordering::SeqCst);
        for (original, reply, delay) in replies {
            let system_id = system_id.to_owned();
            self.later(delay, move |engine| {
                if engine.resets.load(Ordering::SeqCst) == resets {
                    engine.reply(&system_id, &original, &reply);
                }
            });
        }
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

    /// Does something about a request of a session when a verdict says: at once, later, or when its rule is released.
    pub(super) fn when_due(
        &self,
        session: &SessionHandle,
        verdict: Verdict,
        act: impl FnOnce(&Self, &Verdict) + Send + 'static,
    ) {
        if let Some(how_long) = verdict.stop_reading
            && let Some(line) = self.line(session.id())
        {
            line.stop_reading(how_long);
        }
        // For a session that is over, nothing waits.
        if !verdict.hold && verdict.delay.is_zero() || session.state() == SessionState::Closed {
            return act(self, &verdict);
        }
        self.put_off(session.id(), verdict, act);
    }

    /// Does something as late as a verdict says, or when a session is over.
    pub(super) fn put_off(&self, session: u64, verdict: Verdict, act: impl FnOnce(&Self, &Verdict) + Send + 'static) {
        let (hold, delay, rule) = (verdict.hold, verdict.delay, verdict.rule.clone());
        let mut waiting = lock(&self.waiting);
        // What would be too much goes at once.
        if waiting.answers.len() >= MAX_WAITING {
            drop(waiting);
            return act(self, &verdict);
        }
        waiting.next += 1;
        let key = (session, waiting.next);
        let timer = if hold { None } else { Some(self.after(delay, move |engine| engine.act_now(key))) };
        waiting.answers.insert(key, Late { timer, rule, act: Box::new(move |engine| act(engine, &verdict)) });
    }

    fn act_now(&self, key: (u64, u64)) {
        let late = lock(&self.waiting).answers.remove(&key);
        if let Some(late) = late {
            (late.act)(self);
        }
    }

    /// Answers what a rule holds, in the order it came. Returns how many there were.
    pub(crate) fn release(&self, rule: &str) -> usize {
        let mut waiting = lock(&self.waiting);
        let is_held = |late: &Late| late.timer.is_none() && late.rule.as_deref() == Some(rule);
        let mut keys: Vec<_> = waiting.answers.iter().filter(|(_, late)| is_held(late)).map(|(key, _)| *key).collect();
        keys.sort_unstable_by_key(|(_, number)| *number);
        let released: Vec<_> = keys.iter().filter_map(|key| waiting.answers.remove(key)).collect();
        drop(waiting);
        let count = released.len();
        released.into_iter().for_each(|late| (late.act)(self));
        count
    }

    /// A session is over: nobody waits for its answers any more, and what was accepted goes its way.
    pub(super) fn let_go(&self, session: u64) {
        let mut waiting = lock(&self.waiting);
        let keys: Vec<_> = waiting.answers.range((session, 0)..=(session, u64::MAX)).map(|(key, _)| *key).collect();
        let gone: Vec<_> = keys.iter().filter_map(|key| waiting.answers.remove(key)).collect();
        drop(waiting);
        for Late { timer, act, .. } in gone {
            if let Some(timer) = timer {
                self.scheduler.cancel(timer);
            }
            act(self);
        }
    }

    /// Has the line do to the response what is to be done to it, and does what comes before it.
    pub(super) fn begin_answer(&self, session: &SessionHandle, sequence_number: u32, verdict: &Verdict) {
        if verdict.rule.is_none() {
            return;
        }
        let responds = verdict.respond == Respond::Yes;
        if verdict.unbind == Some(Moment::Before) || verdict.unbind.is_some() && !responds {
            let _ = session.unbind();
        }
        let Some(line) = self.line(session.id()) else { return };
        if !responds {
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
        for (mangle, chance) in &verdict.mangle {
            line.fault(sequence_number, Fault::Mangle(*mangle, *chance));
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

/// Answers that may wait, over all sessions. With more, the next is given at once.
const MAX_WAITING: usize = 200_000;
