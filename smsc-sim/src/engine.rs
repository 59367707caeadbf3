//! What the simulated SMSC does: takes messages, brings them to a final state, and tells whoever is to know.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use smpp::codec::{COctetString, Command};
use smpp::driver::{Error, Incoming, Reply};
use smpp::pdu::*;
use smpp::server::{BindRequest, Handler, Server, ServerBuilder, SessionHandle};
use smpp::session::{BindKind, CloseReason};
use smpp::sms::AbsoluteTime;
use smpp::value::esm_class::MessageType;
use smpp::value::registered_delivery::IntermediateNotification;
use smpp::value::{CommandStatus, EsmClass, MessageState};
use smpp::{DecodeError, DecodeErrorKind};

use crate::Account;
use crate::scheduler::Scheduler;
use crate::store::{Message, Store, receipt_pdu};

/// How long a receipt waits when the receiver's window is full.
const RETRY: Duration = Duration::from_millis(20);

/// Most receipts that are held for a system_id without receiver; the oldest go first.
const MAX_HELD: usize = 10_000;

pub(crate) struct Config {
    /// Who may bind; empty = anyone.
    pub(crate) accounts: Vec<Account>,
    /// From the submission to the final state.
    pub(crate) dlr_delay: Duration,
    pub(crate) max_messages: usize,
}

/// The engine. Locks are held to look something up or to change it, never while anything is sent.
pub(crate) struct Engine {
    config: Config,
    scheduler: Scheduler,
    store: Mutex<Store>,
    mailboxes: Mutex<HashMap<String, Mailbox>>,
    this: Weak<Self>,
}

/// Where what is for a system_id goes.
#[derive(Default)]
struct Mailbox {
    receivers: Vec<SessionHandle>,
    /// Which receiver is next.
    turn: usize,
    /// What no receiver has taken yet.
    held: VecDeque<DeliverSm<'static>>,
}

impl Engine {
    pub(crate) fn new(config: Config) -> std::io::Result<Arc<Self>> {
        let scheduler = Scheduler::start()?;
        Ok(Arc::new_cyclic(|this| Self {
            store: Mutex::new(Store::new(config.max_messages)),
            mailboxes: Mutex::default(),
            config,
            scheduler,
            this: this.clone(),
        }))
    }

    /// A server for it. It may have several: a session is the same to it wherever it comes in.
    pub(crate) fn server(self: &Arc<Self>, system_id: &str) -> ServerBuilder {
        Server::builder(Smsc(Arc::clone(self))).system_id(system_id)
    }

    /// Every message, oldest first.
    pub(crate) fn messages(&self) -> Vec<Message> {
        lock(&self.store).all()
    }

    /// Keeps messages under one message_id, and has them delivered in time. `answer` is called in between, so that the
    /// ESME knows the message_id before it hears of the message again.
    fn accept(
        &self,
        session: &SessionHandle,
        pdus: impl IntoIterator<Item = SubmitSm<'static>>,
        answer: impl FnOnce(String) -> Result<(), Error>,
    ) {
        let system_id = session.system_id().unwrap_or_default();
        let (id, numbers) = lock(&self.store).add(system_id, pdus, SystemTime::now());
        // An ESME that is gone may come back for its receipt.
        let _ = answer(id);
        for number in numbers {
            self.notify_intermediate(number);
            self.later(self.config.dlr_delay, move |engine| engine.finish(number, MessageState::DELIVERED));
        }
    }

    /// Tells that a message is on its way, where that was asked for.
    fn notify_intermediate(&self, number: u64) {
        let message = lock(&self.store).get(number).cloned();
        let wants = |message: &Message| {
            message.pdu.registered_delivery.intermediate_notification() == IntermediateNotification::REQUESTED
        };
        if let Some(message) = message.filter(wants) {
            self.send(&message, MessageType::INTERMEDIATE_NOTIFICATION);
        }
    }

    /// Brings a message to a final state, and sends the receipt if one was asked for.
    fn finish(&self, number: u64, state: MessageState) {
        let message = lock(&self.store).finish(number, state, SystemTime::now());
        if let Some(message) = message.filter(Message::wants_receipt) {
            self.send(&message, MessageType::SMSC_DELIVERY_RECEIPT);
        }
    }

    fn send(&self, message: &Message, message_type: MessageType) {
        let pdu = receipt_pdu(message, EsmClass::default().with_message_type(message_type));
        let mut mailboxes = lock(&self.mailboxes);
        let mailbox = mailboxes.entry(message.system_id.clone()).or_default();
        if mailbox.held.len() == MAX_HELD {
            mailbox.held.pop_front();
        }
        mailbox.held.push_back(pdu);
        drop(mailboxes);
        self.flush(&message.system_id);
    }

    /// Sends what is held for a system_id, one PDU to one receiver after the other, as long as they take it.
    fn flush(&self, system_id: &str) {
        loop {
            let mut mailboxes = lock(&self.mailboxes);
            let Some(mailbox) = mailboxes.get_mut(system_id) else { return };
            mailbox.turn += 1;
            let count = mailbox.receivers.len();
            let Some(receiver) = mailbox.receivers.get(mailbox.turn % count.max(1)).cloned() else { return };
            let Some(pdu) = mailbox.held.pop_front() else { return };
            drop(mailboxes);
            match receiver.try_send(&pdu) {
                Ok(_) => {}
                // Addresses of data_sm may be longer than those of deliver_sm: there is no way to send that.
                Err(Error::Encode(_)) => {}
                Err(error) => {
                    let mut mailboxes = lock(&self.mailboxes);
                    let mailbox = mailboxes.entry(system_id.to_owned()).or_default();
                    mailbox.held.push_front(pdu);
                    if !matches!(error, Error::WindowFull { .. }) {
                        mailbox.receivers.retain(|other| other.id() != receiver.id());
                        continue;
                    }
                    drop(mailboxes);
                    let system_id = system_id.to_owned();
                    return self.later(RETRY, move |engine| engine.flush(&system_id));
                }
            }
        }
    }

    fn later(&self, delay: Duration, job: impl FnOnce(&Self) + Send + 'static) {
        let this = self.this.clone();
        self.scheduler.after(delay, move || {
            if let Some(engine) = this.upgrade() {
                job(&engine);
            }
        });
    }

    fn query(&self, session: &SessionHandle, request: &QuerySm<'_>) -> Reply<QuerySmResp<'static>> {
        let store = lock(&self.store);
        let numbers = named(&store, session, &request.message_id, &request.source_addr);
        let Some(message) = numbers.first().and_then(|&number| store.get(number)) else {
            return CommandStatus::ESME_RINVMSGID.into();
        };
        // Of a year that two digits cannot tell, none is told.
        let final_date = message.done.and_then(|done| AbsoluteTime::try_from(done).ok());
        Reply::ok(
            QuerySmResp::default()
                .with_message_id(message.id.clone())
                .with_final_date(final_date.map(COctetString::from).unwrap_or_default())
                .with_message_state(message.state),
        )
    }

    /// By message_id, or by addresses and service type those that are pending (section 4.9).
    fn cancel(&self, session: &SessionHandle, request: &CancelSm<'_>) -> CommandStatus {
        let mut store = lock(&self.store);
        let numbers = if request.message_id.is_empty() {
            let system_id = session.system_id().unwrap_or_default();
            store.pending(system_id, |message| {
                message.pdu.source_addr == *request.source_addr.as_bytes()
                    && message.pdu.destination_addr == *request.destination_addr.as_bytes()
                    && (request.service_type.is_empty() || message.pdu.service_type == *request.service_type.as_bytes())
            })
        } else {
            let numbers = named(&store, session, &request.message_id, &request.source_addr);
            if numbers.is_empty() {
                return CommandStatus::ESME_RINVMSGID;
            }
            let is_pending = |number: &u64| store.get(*number).is_some_and(|message| !message.is_final());
            numbers.into_iter().filter(is_pending).collect()
        };
        if numbers.is_empty() {
            return CommandStatus::ESME_RCANCELFAIL;
        }
        let now = SystemTime::now();
        for number in numbers {
            let message = store.finish(number, MessageState::DELETED, now);
            if let Some(message) = message.filter(Message::wants_receipt) {
                self.later(Duration::ZERO, move |engine| engine.send(&message, MessageType::SMSC_DELIVERY_RECEIPT));
            }
        }
        CommandStatus::ESME_ROK
    }

    fn replace(&self, session: &SessionHandle, request: &ReplaceSm<'_>) -> CommandStatus {
        let mut store = lock(&self.store);
        let numbers = named(&store, session, &request.message_id, &request.source_addr);
        let Some(message) = numbers.first().and_then(|&number| store.get_mut(number)) else {
            return CommandStatus::ESME_RINVMSGID;
        };
        if message.is_final() {
            return CommandStatus::ESME_RREPLACEFAIL;
        }
        let request = request.clone().into_owned();
        message.pdu.registered_delivery = request.registered_delivery;
        message.pdu.sm_default_msg_id = request.sm_default_msg_id;
        message.pdu.short_message = request.short_message;
        message.pdu.tlvs.remove(smpp::tlv::MESSAGE_PAYLOAD.tag);
        // Empty times keep what was said before.
        if !request.schedule_delivery_time.is_empty() {
            message.pdu.schedule_delivery_time = request.schedule_delivery_time;
        }
        if !request.validity_period.is_empty() {
            message.pdu.validity_period = request.validity_period;
        }
        message.submitted = SystemTime::now();
        CommandStatus::ESME_ROK
    }
}

/// The engine as the server wants it.
pub(crate) struct Smsc(pub(crate) Arc<Engine>);

impl Handler for Smsc {
    fn bind(&self, _: &SessionHandle, request: &BindRequest<'_>) -> CommandStatus {
        let accounts = &self.0.config.accounts;
        let account = accounts.iter().find(|account| request.system_id == account.system_id.as_str());
        match account {
            None if accounts.is_empty() => CommandStatus::ESME_ROK,
            None => CommandStatus::ESME_RINVSYSID,
            Some(account) if request.password != account.password.as_str() => CommandStatus::ESME_RINVPASWD,
            Some(_) => CommandStatus::ESME_ROK,
        }
    }

    fn bound(&self, session: &SessionHandle) {
        let Some(system_id) = session.system_id() else { return };
        if session.bound_as() == Some(BindKind::Transmitter) {
            return;
        }
        lock(&self.0.mailboxes).entry(system_id.to_owned()).or_default().receivers.push(session.clone());
        self.0.flush(system_id);
    }

    fn submit_sm(&self, session: &SessionHandle, request: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        if let Some(status) = objection(request) {
            return status.into();
        }
        let Some(responder) = request.defer() else { return CommandStatus::ESME_RSYSERR.into() };
        self.0.accept(session, [request.pdu().clone().into_owned()], |id| {
            responder.respond(CommandStatus::ESME_ROK, &SubmitSmResp::default().with_message_id(id))
        });
        CommandStatus::ESME_ROK.into()
    }

    fn submit_multi(
        &self,
        session: &SessionHandle,
        request: &Incoming<'_, SubmitMulti<'_>>,
    ) -> Reply<SubmitMultiResp<'static>> {
        if let Some(status) = objection(request) {
            return status.into();
        }
        let copies: Option<Vec<_>> =
            request.dest_address.iter().map(|destination| copy_for(request.pdu(), destination)).collect();
        // No distribution list is provisioned here.
        let Some(copies) = copies else { return CommandStatus::ESME_RINVDLNAME.into() };
        let Some(responder) = request.defer() else { return CommandStatus::ESME_RSYSERR.into() };
        self.0.accept(session, copies, |id| {
            responder.respond(CommandStatus::ESME_ROK, &SubmitMultiResp::default().with_message_id(id))
        });
        CommandStatus::ESME_ROK.into()
    }

    fn data_sm(&self, session: &SessionHandle, request: &Incoming<'_, DataSm<'_>>) -> Reply<DataSmResp<'static>> {
        if let Some(status) = objection(request) {
            return status.into();
        }
        let data = request.pdu().clone().into_owned();
        let message = SubmitSm::default()
            .with_service_type(data.service_type)
            .with_source_addr_ton(data.source_addr_ton)
            .with_source_addr_npi(data.source_addr_npi)
            .with_source_addr(data.source_addr)
            .with_dest_addr_ton(data.dest_addr_ton)
            .with_dest_addr_npi(data.dest_addr_npi)
            .with_destination_addr(data.destination_addr)
            .with_esm_class(data.esm_class)
            .with_registered_delivery(data.registered_delivery)
            .with_data_coding(data.data_coding)
            .with_tlvs(data.tlvs);
        let Some(responder) = request.defer() else { return CommandStatus::ESME_RSYSERR.into() };
        self.0.accept(session, [message], |id| {
            responder.respond(CommandStatus::ESME_ROK, &DataSmResp::default().with_message_id(id))
        });
        CommandStatus::ESME_ROK.into()
    }

    fn query_sm(&self, session: &SessionHandle, request: &Incoming<'_, QuerySm<'_>>) -> Reply<QuerySmResp<'static>> {
        self.0.query(session, request)
    }

    fn cancel_sm(&self, session: &SessionHandle, request: &Incoming<'_, CancelSm<'_>>) -> Reply<CancelSmResp<'static>> {
        self.0.cancel(session, request).into()
    }

    fn replace_sm(
        &self,
        session: &SessionHandle,
        request: &Incoming<'_, ReplaceSm<'_>>,
    ) -> Reply<ReplaceSmResp<'static>> {
        match objection(request) {
            Some(status) => status.into(),
            None => self.0.replace(session, request).into(),
        }
    }

    fn closed(&self, session: &SessionHandle, _: CloseReason) {
        let Some(system_id) = session.system_id() else { return };
        if let Some(mailbox) = lock(&self.0.mailboxes).get_mut(system_id) {
            mailbox.receivers.retain(|receiver| receiver.id() != session.id());
        }
    }
}

/// What is wrong with a request, if anything: what could not be decoded as it should, or a value of a mandatory field.
/// TLVs that are unknown, out of place or of another length that peers are known to send are ignored, as section 3.3 says.
fn objection<P: Command>(request: &Incoming<'_, P>) -> Option<CommandStatus> {
    let is_grave = |finding: &&DecodeError| {
        !matches!(
            finding.kind,
            DecodeErrorKind::UnknownTlv { .. }
                | DecodeErrorKind::TlvNotAllowed { .. }
                | DecodeErrorKind::TlvRepeated { .. }
                | DecodeErrorKind::TlvInvalidLength { .. }
                | DecodeErrorKind::TlvInvalidValue { .. }
                | DecodeErrorKind::TlvMissing { .. }
        ) && !matches!(finding.field, "sequence_number" | "command_status")
    };
    let findings = smpp::validate_command(request.header(), request.pdu(), &[]);
    let first = request.diagnostics().first().or_else(|| findings.iter().find(is_grave));
    first.map(DecodeError::command_status)
}

/// The message of a submit_multi to one destination; `None` if that is a distribution list.
fn copy_for(request: &SubmitMulti<'_>, destination: DestAddress<'_>) -> Option<SubmitSm<'static>> {
    let DestAddress::SmeAddress { dest_addr_ton, dest_addr_npi, destination_addr } = destination else {
        return None;
    };
    let request = request.as_borrowed();
    let message = SubmitSm {
        service_type: request.service_type,
        source_addr_ton: request.source_addr_ton,
        source_addr_npi: request.source_addr_npi,
        source_addr: request.source_addr,
        dest_addr_ton,
        dest_addr_npi,
        destination_addr,
        esm_class: request.esm_class,
        protocol_id: request.protocol_id,
        priority_flag: request.priority_flag,
        schedule_delivery_time: request.schedule_delivery_time,
        validity_period: request.validity_period,
        registered_delivery: request.registered_delivery,
        replace_if_present_flag: request.replace_if_present_flag,
        data_coding: request.data_coding,
        sm_default_msg_id: request.sm_default_msg_id,
        short_message: request.short_message,
        tlvs: request.tlvs,
    };
    Some(message.into_owned())
}

fn named(store: &Store, session: &SessionHandle, id: &COctetString<'_>, source_addr: &COctetString<'_>) -> Vec<u64> {
    let system_id = session.system_id().unwrap_or_default();
    store.named(system_id, &id.to_str_lossy(), source_addr.as_bytes())
}

/// Nothing that is done under these locks can leave what they guard half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
