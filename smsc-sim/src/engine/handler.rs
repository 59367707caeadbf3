//! The engine as the server wants it.

use std::sync::Arc;
use std::time::Duration;

use smpp::codec::Command;
use smpp::driver::{Incoming, Reply, Responder};
use smpp::pdu::*;
use smpp::server::{BindRequest, Handler, SessionHandle};
use smpp::session::{BindKind, CloseReason};
use smpp::tlv;
use smpp::value::CommandStatus;
use smpp::{DecodeErrorKind, Pdu};

use super::message::{objection, of_data};
use super::range::AddressRange;
use super::sessions::Rate;
use super::verdicts::{Asked, Turn};
use super::{Bound, Engine, lock};
use crate::draw::Chance;
use crate::events::EventKind;
use crate::rules::Hook;
use crate::rules::subject::About;
use crate::rules::verdict::{Respond, Verdict};
use crate::stats::Label;
use crate::store::New;
use crate::times::Times;

/// The engine as the server wants it.
pub(super) struct Smsc(pub(super) Arc<Engine>);

impl Handler for Smsc {
    fn bind(&self, session: &SessionHandle, request: &BindRequest<'_>) -> CommandStatus {
        let _hold = self.0.scheduler.hold();
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
        // A bind that is answered late may be noted when the connection is closed already.
        if let Some((system_id, kind)) = session.system_id().zip(session.bound_as()) {
            let mut sessions = lock(&self.0.sessions);
            let Some(bound) = sessions.get_mut(&session.id()) else { return };
            bound.is_counted = true;
            let bind_type = bind_type(kind);
            let tls = Label::Name(if self.0.is_tls(session.id()) { "true" } else { "false" });
            self.0.counters.count("sessions", [self.0.counters.account(system_id), Label::Name(bind_type), tls]);
            drop(sessions);
            let (session, system_id) = (session.id(), system_id.to_owned());
            self.0.happened(|| EventKind::SessionBound { session, system_id, bind_type });
        }
        if let Some(system_id) = session.system_id().filter(|_| session.bound_as() != Some(BindKind::Transmitter)) {
            let range = lock(&self.0.sessions).get(&session.id()).map(|bound| bound.range.clone());
            self.0.add_receiver(system_id, session, range.unwrap_or_default());
            if !lock(&self.0.sessions).contains_key(&session.id()) {
                lock(&self.0.peers).leave(session.id(), system_id);
            }
        }
    }

    fn submit_sm(&self, session: &SessionHandle, request: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        self.0.submit(session, request, |engine, system_id, turn| {
            let times = engine.times(system_id, request.pdu(), engine.now())?;
            let verdict = engine.decide(session, Hook::SubmitSm, turn, About::Submit(request.pdu()));
            let new = engine.new_message(system_id, request.pdu().clone().into_owned(), times, turn.chance);
            let write = |id| SubmitSmResp::default().with_message_id(id);
            Ok(Judged { verdict, news: vec![new], status: CommandStatus::ESME_ROK, write })
        })
    }

    fn submit_multi(
        &self,
        session: &SessionHandle,
        request: &Incoming<'_, SubmitMulti<'_>>,
    ) -> Reply<SubmitMultiResp<'static>> {
        self.0.submit(session, request, |engine, system_id, turn| {
            // What rules say of a destination is about its message alone, what they say of the response about all.
            let mut verdict = Verdict::default();
            let judge = |copy: &SubmitSm<'static>, chance| {
                let one = engine.decide(session, Hook::SubmitMulti, Turn { chance, ..turn }, About::Submit(copy));
                verdict.join(Verdict { status: None, receipt: None, mo: Vec::new(), ..one.clone() });
                one
            };
            let mut multi = engine.multi(system_id, request.pdu(), engine.now(), turn.chance, judge)?;
            let (status, response) = (multi.status(), multi.response());
            Ok(Judged { verdict, news: multi.news, status, write: |id| response.with_message_id(id) })
        })
    }

    fn data_sm(&self, session: &SessionHandle, request: &Incoming<'_, DataSm<'_>>) -> Reply<DataSmResp<'static>> {
        self.0.submit(session, request, |engine, system_id, turn| {
            let longest = engine.carrier(system_id).lifecycle.max_validity();
            let times = Times::of_data(request.tlvs.get::<tlv::QosTimeToLive>(), engine.now(), longest)?;
            let verdict = engine.decide(session, Hook::DataSm, turn, About::Data(request.pdu()));
            let new = engine.new_message(system_id, of_data(request.pdu()), times, turn.chance);
            let write = |id| DataSmResp::default().with_message_id(id);
            Ok(Judged { verdict, news: vec![new], status: CommandStatus::ESME_ROK, write })
        })
    }

    fn query_sm(&self, session: &SessionHandle, request: &Incoming<'_, QuerySm<'_>>) -> Reply<QuerySmResp<'static>> {
        let (version, pdu) = (session.peer_version(), request.pdu().clone().into_owned());
        let about = About::Query(request.pdu());
        let status = self.0.command(session, request, Hook::QuerySm, about, move |engine, system_id, responder| {
            let result = engine.query(system_id, version, &pdu);
            let _ = match (responder, result) {
                (None, _) => Ok(()),
                (Some(responder), Ok(response)) => responder.respond(CommandStatus::ESME_ROK, &response),
                (Some(responder), Err(status)) => responder.answer(status),
            };
        });
        status.into()
    }

    fn cancel_sm(&self, session: &SessionHandle, request: &Incoming<'_, CancelSm<'_>>) -> Reply<CancelSmResp<'static>> {
        let pdu = request.pdu().clone().into_owned();
        let about = About::Cancel(request.pdu());
        let status = self.0.command(session, request, Hook::CancelSm, about, move |engine, system_id, responder| {
            let cancelled = engine.cancel(system_id, &pdu);
            // The ESME knows that they are deleted before it gets the receipts that say so.
            if let Some(responder) = responder {
                let _ = responder.answer(cancelled.as_ref().err().copied().unwrap_or(CommandStatus::ESME_ROK));
            }
            for finished in cancelled.iter().flatten() {
                engine.tell_end(finished);
                engine.flush_later(&finished.message.system_id);
            }
        });
        status.into()
    }

    fn replace_sm(
        &self,
        session: &SessionHandle,
        request: &Incoming<'_, ReplaceSm<'_>>,
    ) -> Reply<ReplaceSmResp<'static>> {
        let pdu = request.pdu().clone().into_owned();
        let about = About::Replace(request.pdu());
        let status =
            self.0.command(session, request, Hook::ReplaceSm, about, move |engine, system_id, mut responder| {
                let mut answer = |status| {
                    if let Some(responder) = responder.take() {
                        let _ = responder.answer(status);
                    }
                };
                if let Err(status) = engine.replace(system_id, &pdu, || answer(CommandStatus::ESME_ROK)) {
                    answer(status);
                }
            });
        status.into()
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
        let removed = lock(&self.0.sessions).remove(&session.id());
        let is_counted = removed.as_ref().is_some_and(|bound| bound.is_counted);
        let system_id = removed.map(|bound| bound.system_id);
        if let Some((system_id, kind)) = session.system_id().zip(session.bound_as()).filter(|_| is_counted) {
            let tls = Label::Name(if self.0.is_tls(session.id()) { "true" } else { "false" });
            let labels = [self.0.counters.account(system_id), Label::Name(bind_type(kind)), tls];
            self.0.counters.less("sessions", labels);
        }
        if matches!(reason, CloseReason::Frame(_)) {
            self.0.counters.count("decode_errors_total", [Label::Name("command_length")]);
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
        self.0.let_go(session.id());
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

/// What is to be done about a request with messages.
struct Judged<W> {
    verdict: Verdict,
    news: Vec<New>,
    /// What it is answered if rules say nothing else; then nothing is kept unless it is ESME_ROK.
    status: CommandStatus,
    /// The response with a message_id.
    write: W,
}

/// What is wrong with a PDU, as metrics name it.
fn decode_reason(kind: DecodeErrorKind) -> &'static str {
    use DecodeErrorKind as Kind;
    match kind {
        Kind::UnknownCommandId => "unknown_command_id",
        Kind::TruncatedBody | Kind::MissingBody => "truncated_body",
        Kind::UnterminatedCOctetString => "unterminated_c_octet_string",
        Kind::COctetStringTooLong { .. } => "c_octet_string_too_long",
        Kind::InvalidTimeLength { .. } | Kind::InvalidTimeValue => "invalid_time",
        Kind::SmLengthExceedsBody { .. } | Kind::SmLengthOutOfRange { .. } => "sm_length",
        Kind::TlvStreamLeftover { .. } | Kind::TlvLengthExceedsPdu { .. } | Kind::TlvInvalidLength { .. } => {
            "tlv_length"
        }
        Kind::InvalidDestFlag { .. } | Kind::InvalidNumberOfDests { .. } => "destinations",
        Kind::InvalidValue { .. } => "invalid_value",
        Kind::EmptyAddress => "empty_address",
        Kind::TextTwice => "text_twice",
        Kind::InvalidUserDataHeader | Kind::UserDataHeaderAndTlv { .. } => "user_data_header",
        _ => "other",
    }
}

impl Engine {
    /// What is wrong with a request, if anything, which is counted.
    fn objection<P: Command>(&self, request: &Incoming<'_, P>) -> Option<CommandStatus> {
        let objection = objection(request)?;
        self.counters.count("decode_errors_total", [Label::Name(decode_reason(objection.kind))]);
        Some(objection.command_status())
    }

    /// Takes a request with messages: the way of all three. `judge` says which they are, and what rules say, or which
    /// status it is answered that rules are not asked about.
    fn submit<P: Command, R: Command + Send + 'static, W: FnOnce(String) -> R + Send + 'static>(
        &self,
        session: &SessionHandle,
        request: &Incoming<'_, P>,
        judge: impl FnOnce(&Self, &str, Turn) -> Result<Judged<W>, CommandStatus>,
    ) -> Reply<R> {
        let _hold = self.scheduler.hold();
        let turn = self.turn(session);
        let system_id = session.system_id().unwrap_or_default();
        let number = request.header().sequence_number;
        let objection = self.objection(request).or_else(|| self.over_window(session, number));
        let judged = match objection.or_else(|| self.over_rate(session)) {
            Some(status) => Err(status),
            None => judge(self, system_id, turn),
        };
        let judged = match judged {
            Ok(judged) => judged,
            Err(status) => return self.refuse(session, request, turn, status).into(),
        };
        let Some(responder) = request.defer() else { return CommandStatus::ESME_RSYSERR.into() };
        let asked = Asked::new(session, request.header(), responder);
        self.accept_as_ruled(asked, judged, turn.chance, move |_, responder, status, response: R| {
            // An ESME that is gone may come back for its receipt.
            let _ = responder.respond(status, &response);
        });
        CommandStatus::ESME_ROK.into()
    }

    /// Keeps messages, and answers, as rules say. The messages set out when it is answered.
    fn accept_as_ruled<R: Send + 'static, W: FnOnce(String) -> R + Send + 'static>(
        &self,
        asked: Asked,
        judged: Judged<W>,
        chance: Chance,
        respond: impl FnOnce(&Self, Responder, CommandStatus, R) + Send + 'static,
    ) {
        let Judged { mut verdict, mut news, status, write } = judged;
        if let Some(question) = verdict.webhook.take() {
            return self.ask(question, verdict, move |engine, verdict| {
                engine.accept_as_ruled(asked, Judged { verdict, news, status, write }, chance, respond);
            });
        }
        if verdict.refuses() {
            return self.as_ruled(asked, verdict, |_, _| ());
        }
        if status != CommandStatus::ESME_ROK {
            return self.as_ruled(asked, verdict, move |engine, responder| {
                if let Some(responder) = responder {
                    respond(engine, responder, status, write(String::new()));
                }
            });
        }
        if let Some(faults) = verdict.receipt.take() {
            news.iter_mut().for_each(|new| new.apply(Some(&faults), chance));
        }
        if let Some(first) = news.first_mut() {
            first.replies.append(&mut verdict.mo);
        }
        let mut replies = Vec::new();
        for new in &mut news {
            let of_new = std::mem::take(&mut new.replies);
            replies.extend(of_new.into_iter().map(|(reply, delay)| (new.pdu.clone(), reply, delay)));
        }
        let session = asked.session.clone();
        let who = (session.system_id().unwrap_or_default(), session.peer_version());
        let accepted = self.accept(who, news, chance, self.now());
        let is_early = accepted.is_early;
        let numbers = if is_early { accepted.numbers.clone() } else { Vec::new() };
        let answer = move |engine: &Self| {
            engine.as_ruled(asked, verdict, move |engine, responder| {
                if let Some(responder) = responder {
                    respond(engine, responder, CommandStatus::ESME_ROK, write(accepted.id.clone()));
                }
                if !is_early {
                    engine.set_out(accepted);
                }
                engine.reply_in_time(session.system_id().unwrap_or_default(), replies);
            });
        };
        if is_early {
            self.later(Duration::ZERO, move |engine| {
                engine.end_now(&numbers);
                answer(engine);
            });
        } else {
            answer(self);
        }
    }

    /// Does what is asked about messages that there are, as rules say: `act` does, and responds. Returns what is to be returned.
    fn command<P: Command>(
        &self,
        session: &SessionHandle,
        request: &Incoming<'_, P>,
        hook: Hook,
        about: About<'_>,
        act: impl FnOnce(&Self, &str, Option<Responder>) + Send + 'static,
    ) -> CommandStatus {
        let _hold = self.scheduler.hold();
        let turn = self.turn(session);
        let number = request.header().sequence_number;
        if let Some(status) = self.objection(request).or_else(|| self.over_window(session, number)) {
            return self.refuse(session, request, turn, status);
        }
        let verdict = self.decide(session, hook, turn, about);
        let Some(responder) = request.defer() else { return CommandStatus::ESME_RSYSERR };
        let of_act = session.clone();
        self.as_ruled(Asked::new(session, request.header(), responder), verdict, move |engine, responder| {
            act(engine, of_act.system_id().unwrap_or_default(), responder);
        });
        CommandStatus::ESME_ROK
    }

    /// Answers a request with a status that rules are not asked about, as late as any. Returns what is to be returned.
    fn refuse<P: Command>(
        &self,
        session: &SessionHandle,
        request: &Incoming<'_, P>,
        turn: Turn,
        status: CommandStatus,
    ) -> CommandStatus {
        if !turn.latency.is_zero()
            && let Some(responder) = request.defer()
        {
            let asked = Asked::new(session, request.header(), responder);
            let verdict = Verdict { status: Some(status), delay: turn.latency, ..Verdict::default() };
            self.as_ruled(asked, verdict, |_, _| ());
        }
        status
    }

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
        let window = account.and_then(|account| account.window);
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
                is_counted: false,
            },
        );
        drop(sessions);
        if let Some((window, line)) = window.zip(self.line(session.id())) {
            line.watch_window(window);
        }
        CommandStatus::ESME_ROK
    }

    /// The status for a request beyond the window of its account, if it is.
    fn over_window(&self, session: &SessionHandle, sequence_number: u32) -> Option<CommandStatus> {
        let accounts = self.config.accounts.iter().filter(|account| account.window.is_some());
        let account = accounts.into_iter().find(|account| session.system_id() == Some(&account.system_id))?;
        let is_over = self.line(session.id())?.is_over_window(sequence_number);
        is_over.then_some(account.over_window)
    }

    /// The status for a message beyond the rate of its account, if it is.
    fn over_rate(&self, session: &SessionHandle) -> Option<CommandStatus> {
        let system_id = session.system_id()?;
        let account = self.config.accounts.iter().find(|account| account.system_id == system_id)?;
        let rate = account.rate?;
        let now = self.scheduler.elapsed();
        let may = lock(&self.peers).entry(system_id).bucket.take(rate, now);
        if !may {
            self.counters.count("rate_rejections_total", [self.counters.account(system_id)]);
        }
        (!may).then_some(account.over_rate)
    }
}
