//! The engine as the server wants it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use smpp::Pdu;
use smpp::driver::{Incoming, Reply};
use smpp::pdu::*;
use smpp::server::{BindRequest, Handler, SessionHandle};
use smpp::session::{BindKind, CloseReason};
use smpp::tlv;
use smpp::value::CommandStatus;

use super::message::{objection, of_data};
use super::range::AddressRange;
use super::sessions::Rate;
use super::verdicts::{Asked, Turn};
use super::{Bound, Engine, lock};
use crate::events::EventKind;
use crate::rules::Hook;
use crate::rules::subject::About;
use crate::rules::verdict::{Respond, Verdict};
use crate::stats::Label;
use crate::times::Times;

/// The engine as the server wants it.
pub(super) struct Smsc(pub(super) Arc<Engine>);

impl Handler for Smsc {
    fn bind(&self, session: &SessionHandle, request: &BindRequest<'_>) -> CommandStatus {
        let verdict = self.0.decide_bind(session, request);
        // A session that is not let in is not counted as one.
        let lets_in = verdict.status.is_none() && verdict.respond != Respond::Drop;
        let status = if lets_in { self.0.bind(session, request) } else { CommandStatus::ESME_RBINDFAIL };
        let status = verdict.status.unwrap_or(status);
        let status = match status {
            CommandStatus::ESME_ROK if verdict.is_plain() => self.0.hostile_bind(session, request).unwrap_or(status),
            _ => status,
        };
        let bind_type = Label::Name(bind_type(request.kind));
        self.0.counters.count("binds_total", [bind_type, Label::Status(status)]);
        if !verdict.is_plain()
            && let Some(responder) = request.defer()
        {
            self.0.bind_as_ruled(session, request, responder, verdict, status);
        }
        status
    }

    fn bound(&self, session: &SessionHandle) {
        if let Some((system_id, kind)) = session.system_id().zip(session.bound_as()) {
            let bind_type = bind_type(kind);
            self.0.counters.count("sessions", [self.0.counters.account(system_id), Label::Name(bind_type)]);
            let (session, system_id) = (session.id(), system_id.to_owned());
            self.0.happened(|| EventKind::SessionBound { session, system_id, bind_type });
        }
        if let Some(system_id) = session.system_id().filter(|_| session.bound_as() != Some(BindKind::Transmitter)) {
            let range = lock(&self.0.sessions).get(&session.id()).map(|bound| bound.range.clone());
            self.0.add_receiver(system_id, session, range.unwrap_or_default());
        }
    }

    fn submit_sm(&self, session: &SessionHandle, request: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        let engine = &self.0;
        let begin = Instant::now();
        let _hold = engine.scheduler.hold();
        let turn = engine.turn(session);
        let chance = turn.chance;
        let system_id = session.system_id().unwrap_or_default();
        if let Some(status) = objection(request).or_else(|| engine.over_rate(session)) {
            return status.into();
        }
        let now = engine.now();
        let times = match engine.times(system_id, request.pdu(), now) {
            Ok(times) => times,
            Err(status) => return status.into(),
        };
        let verdict = engine.decide(session, Hook::SubmitSm, turn, About::Submit(request.pdu()));
        let Some(responder) = request.defer() else { return CommandStatus::ESME_RSYSERR.into() };
        let new = engine.new_message(system_id, request.pdu().clone().into_owned(), times, chance);
        if !verdict.is_plain() {
            let asked = Asked::new(session, request.header(), responder);
            engine.accept_as_ruled(asked, verdict, chance, vec![new], |responder, id| {
                let _ = responder.respond(CommandStatus::ESME_ROK, &SubmitSmResp::default().with_message_id(id));
            });
            return CommandStatus::ESME_ROK.into();
        }
        let of_answer = Arc::clone(engine);
        engine.accept(system_id, session.peer_version(), vec![new], now, move |id| {
            // An ESME that is gone may come back for its receipt.
            let _ = responder.respond(CommandStatus::ESME_ROK, &SubmitSmResp::default().with_message_id(id));
            of_answer.counters.took("response_delay_seconds", [Label::Name("submit_sm")], begin.elapsed());
        });
        CommandStatus::ESME_ROK.into()
    }

    fn submit_multi(
        &self,
        session: &SessionHandle,
        request: &Incoming<'_, SubmitMulti<'_>>,
    ) -> Reply<SubmitMultiResp<'static>> {
        let engine = &self.0;
        let begin = Instant::now();
        let _hold = engine.scheduler.hold();
        let turn = engine.turn(session);
        let chance = turn.chance;
        let system_id = session.system_id().unwrap_or_default();
        if let Some(status) = objection(request).or_else(|| engine.over_rate(session)) {
            return status.into();
        }
        let now = engine.now();
        let mut verdict = Verdict::default();
        let judge = |copy: &SubmitSm<'static>, chance| {
            let one = engine.decide(session, Hook::SubmitMulti, Turn { chance, ..turn }, About::Submit(copy));
            verdict.join(Verdict { status: None, receipt: None, ..one.clone() });
            one
        };
        let mut multi = match engine.multi(system_id, request.pdu(), now, chance, judge) {
            Ok(multi) => multi,
            Err(status) => return status.into(),
        };
        let Some(responder) = request.defer() else { return CommandStatus::ESME_RSYSERR.into() };
        let (status, response) = (multi.status(), multi.response());
        if !verdict.is_plain() {
            verdict.status = Some(status).filter(|status| *status != CommandStatus::ESME_ROK);
            let asked = Asked::new(session, request.header(), responder);
            engine.accept_as_ruled(asked, verdict, chance, multi.news, move |responder, id| {
                let _ = responder.respond(CommandStatus::ESME_ROK, &response.with_message_id(id));
            });
            return CommandStatus::ESME_ROK.into();
        }
        if status != CommandStatus::ESME_ROK {
            let _ = responder.respond(status, &response);
            return status.into();
        }
        let of_answer = Arc::clone(engine);
        engine.accept(system_id, session.peer_version(), multi.news, now, move |id| {
            let _ = responder.respond(CommandStatus::ESME_ROK, &response.with_message_id(id));
            of_answer.counters.took("response_delay_seconds", [Label::Name("submit_multi")], begin.elapsed());
        });
        CommandStatus::ESME_ROK.into()
    }

    fn data_sm(&self, session: &SessionHandle, request: &Incoming<'_, DataSm<'_>>) -> Reply<DataSmResp<'static>> {
        let engine = &self.0;
        let begin = Instant::now();
        let _hold = engine.scheduler.hold();
        let turn = engine.turn(session);
        let chance = turn.chance;
        let system_id = session.system_id().unwrap_or_default();
        if let Some(status) = objection(request).or_else(|| engine.over_rate(session)) {
            return status.into();
        }
        let now = engine.now();
        let time_to_live = request.tlvs.get::<tlv::QosTimeToLive>();
        let times = match Times::of_data(time_to_live, now, engine.carrier(system_id).lifecycle.max_validity()) {
            Ok(times) => times,
            Err(status) => return status.into(),
        };
        let verdict = engine.decide(session, Hook::DataSm, turn, About::Data(request.pdu()));
        let Some(responder) = request.defer() else { return CommandStatus::ESME_RSYSERR.into() };
        let new = engine.new_message(system_id, of_data(request.pdu()), times, chance);
        if !verdict.is_plain() {
            let asked = Asked::new(session, request.header(), responder);
            engine.accept_as_ruled(asked, verdict, chance, vec![new], |responder, id| {
                let _ = responder.respond(CommandStatus::ESME_ROK, &DataSmResp::default().with_message_id(id));
            });
            return CommandStatus::ESME_ROK.into();
        }
        let of_answer = Arc::clone(engine);
        engine.accept(system_id, session.peer_version(), vec![new], now, move |id| {
            let _ = responder.respond(CommandStatus::ESME_ROK, &DataSmResp::default().with_message_id(id));
            of_answer.counters.took("response_delay_seconds", [Label::Name("data_sm")], begin.elapsed());
        });
        CommandStatus::ESME_ROK.into()
    }

    fn query_sm(&self, session: &SessionHandle, request: &Incoming<'_, QuerySm<'_>>) -> Reply<QuerySmResp<'static>> {
        let _hold = self.0.scheduler.hold();
        let turn = self.0.turn(session);
        let verdict = self.0.decide(session, Hook::QuerySm, turn, About::Query(request.pdu()));
        if !verdict.is_plain()
            && let Some(responder) = request.defer()
        {
            let (asked, pdu) = (Asked::new(session, request.header(), responder), request.pdu().clone().into_owned());
            let (system_id, version) = (session.system_id().unwrap_or_default().to_owned(), session.peer_version());
            let objection = objection(request);
            self.0.as_ruled(asked, verdict, move |engine, responder| {
                let Some(responder) = responder else { return };
                let _ = match objection.map_or_else(|| engine.query(&system_id, version, &pdu), Err) {
                    Ok(response) => responder.respond(CommandStatus::ESME_ROK, &response),
                    Err(status) => responder.answer(status),
                };
            });
            return CommandStatus::ESME_ROK.into();
        }
        match objection(request) {
            Some(status) => status.into(),
            None => match self.0.query(session.system_id().unwrap_or_default(), session.peer_version(), request) {
                Ok(response) => Reply::ok(response),
                Err(status) => status.into(),
            },
        }
    }

    fn cancel_sm(&self, session: &SessionHandle, request: &Incoming<'_, CancelSm<'_>>) -> Reply<CancelSmResp<'static>> {
        let _hold = self.0.scheduler.hold();
        let turn = self.0.turn(session);
        let verdict = self.0.decide(session, Hook::CancelSm, turn, About::Cancel(request.pdu()));
        if !verdict.is_plain()
            && let Some(responder) = request.defer()
        {
            let (asked, pdu) = (Asked::new(session, request.header(), responder), request.pdu().clone().into_owned());
            let (system_id, objection) = (session.system_id().unwrap_or_default().to_owned(), objection(request));
            self.0.as_ruled(asked, verdict, move |engine, responder| {
                let cancelled = objection.map_or_else(|| engine.cancel(&system_id, &pdu), Err);
                if let Some(responder) = responder {
                    let _ = responder.answer(cancelled.as_ref().err().copied().unwrap_or(CommandStatus::ESME_ROK));
                }
                for finished in cancelled.iter().flatten() {
                    engine.tell_end(finished);
                    engine.flush_later(&finished.message.system_id);
                }
            });
            return CommandStatus::ESME_ROK.into();
        }
        let cancelled = match objection(request) {
            Some(status) => Err(status),
            None => self.0.cancel(session.system_id().unwrap_or_default(), request),
        };
        let cancelled = match cancelled {
            Ok(cancelled) => cancelled,
            Err(status) => return status.into(),
        };
        // The ESME knows that they are deleted before it gets the receipts that say so.
        if let Some(responder) = request.defer() {
            let _ = responder.answer(CommandStatus::ESME_ROK);
        }
        for finished in &cancelled {
            self.0.tell_end(finished);
            self.0.flush_later(&finished.message.system_id);
        }
        CommandStatus::ESME_ROK.into()
    }

    fn replace_sm(
        &self,
        session: &SessionHandle,
        request: &Incoming<'_, ReplaceSm<'_>>,
    ) -> Reply<ReplaceSmResp<'static>> {
        let _hold = self.0.scheduler.hold();
        let turn = self.0.turn(session);
        let verdict = self.0.decide(session, Hook::ReplaceSm, turn, About::Replace(request.pdu()));
        if !verdict.is_plain()
            && let Some(responder) = request.defer()
        {
            let (asked, pdu) = (Asked::new(session, request.header(), responder), request.pdu().clone().into_owned());
            let (system_id, objection) = (session.system_id().unwrap_or_default().to_owned(), objection(request));
            self.0.as_ruled(asked, verdict, move |engine, responder| {
                let mut responder = responder;
                let replaced = objection.map_or_else(
                    || {
                        engine.replace(&system_id, &pdu, || {
                            if let Some(responder) = responder.take() {
                                let _ = responder.answer(CommandStatus::ESME_ROK);
                            }
                        })
                    },
                    Err,
                );
                if let (Err(status), Some(responder)) = (replaced, responder) {
                    let _ = responder.answer(status);
                }
            });
            return CommandStatus::ESME_ROK.into();
        }
        let replaced = match objection(request) {
            Some(status) => Err(status),
            None => self.0.replace(session.system_id().unwrap_or_default(), request, || {
                if let Some(responder) = request.defer() {
                    let _ = responder.answer(CommandStatus::ESME_ROK);
                }
            }),
        };
        replaced.err().unwrap_or(CommandStatus::ESME_ROK).into()
    }

    fn other(&self, session: &SessionHandle, request: &Incoming<'_, Pdu<'_>>) -> CommandStatus {
        let _hold = self.0.scheduler.hold();
        let turn = self.0.turn(session);
        let Some(command) = self.0.known.vendor_command(request.header().command_id) else {
            return CommandStatus::ESME_RINVCMDID;
        };
        // What it asks for is not known, only how it is answered: with the fields of the response empty or 0.
        let verdict = self.0.decide(session, Hook::Vendor, turn, About::Vendor(command.name));
        // What is not whole is answered with the status of its fault, as ever.
        if !verdict.is_plain()
            && request.loss().is_none()
            && let Some(responder) = request.defer()
        {
            let asked = Asked::new(session, request.header(), responder);
            self.0.as_ruled(asked, verdict, |_, responder| {
                if let Some(responder) = responder {
                    let _ = responder.answer(CommandStatus::ESME_ROK);
                }
            });
        }
        CommandStatus::ESME_ROK
    }

    fn closed(&self, session: &SessionHandle, reason: CloseReason) {
        self.0.book.closed(session.id());
        let system_id = lock(&self.0.sessions).remove(&session.id()).map(|bound| bound.system_id);
        if let Some((system_id, kind)) = session.system_id().zip(session.bound_as()) {
            self.0.counters.less("sessions", [self.0.counters.account(system_id), Label::Name(bind_type(kind))]);
        }
        self.0.counters.count("session_closes_total", [Label::Name(close_reason(reason))]);
        self.0.happened(|| EventKind::SessionClosed {
            session: session.id(),
            system_id: system_id.clone().unwrap_or_default(),
            reason: close_reason(reason).to_owned(),
        });
        if let Some(system_id) = system_id {
            lock(&self.0.peers).close(session.id(), &system_id);
        }
        self.0.hostile_closed(session.id());
        // Under the lock, or one that is about to wait would miss it.
        let peers = lock(&self.0.peers);
        self.0.bound.notify_all();
        drop(peers);
    }
}

/// A kind of bind as metrics and events name it.
fn bind_type(kind: BindKind) -> &'static str {
    match kind {
        BindKind::Transmitter => "transmitter",
        BindKind::Receiver => "receiver",
        BindKind::Transceiver => "transceiver",
    }
}

/// Why a session is over, as metrics and events name it.
fn close_reason(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::Unbound => "unbound",
        CloseReason::UnbindTimeout => "unbind_timeout",
        CloseReason::PeerUnbound => "peer_unbound",
        CloseReason::PeerClosed => "peer_closed",
        CloseReason::Requested => "requested",
        CloseReason::SessionInitTimeout => "session_init_timeout",
        CloseReason::EnquireLinkTimeout => "enquire_link_timeout",
        CloseReason::Inactivity => "inactivity",
        CloseReason::Frame(_) => "frame",
        CloseReason::Io(_) => "io",
        _ => "other",
    }
}

impl Engine {
    /// Lets an ESME in, if it is who it says and may bind once more in this way.
    fn bind(&self, session: &SessionHandle, request: &BindRequest<'_>) -> CommandStatus {
        let accounts = &self.config.accounts;
        let account = accounts.iter().find(|account| request.system_id == account.system_id.as_str());
        let max_binds = match account {
            None if accounts.is_empty() => None,
            None => return CommandStatus::ESME_RINVSYSID,
            Some(account) if request.password != account.password.as_str() => return CommandStatus::ESME_RINVPASWD,
            Some(account) if !account.may_bind(request.kind) => return CommandStatus::ESME_RBINDFAIL,
            Some(account) => account.max_binds,
        };
        let mut sessions = lock(&self.sessions);
        if sessions.contains_key(&session.id()) {
            return CommandStatus::ESME_ROK;
        }
        let system_id = request.system_id.to_str_lossy().into_owned();
        let Some(bind) = lock(&self.peers).bind(&system_id, max_binds) else { return CommandStatus::ESME_RALYBND };
        sessions.insert(
            session.id(),
            Bound {
                system_id,
                bind,
                pdus: 0,
                range: AddressRange::of(request),
                rate: Rate::default(),
                latency: Duration::ZERO,
            },
        );
        CommandStatus::ESME_ROK
    }

    /// The status for a message beyond the rate of its account, if it is.
    fn over_rate(&self, session: &SessionHandle) -> Option<CommandStatus> {
        let system_id = session.system_id()?;
        let account = self.config.accounts.iter().find(|account| account.system_id == system_id)?;
        let rate = account.rate?;
        let now = self.scheduler.elapsed();
        let may = lock(&self.peers).entry(system_id).bucket.take(rate, now);
        (!may).then_some(account.over_rate)
    }
}
