//! What is on its way to ESMEs: receipts, notifications, messages, each until a receiver says what has become of it.
//!
//! ```text
//!         hold            flush            deliver_sm_resp: ESME_ROK
//!   post ------> Held ------------> Sent ----------------------------> Delivered
//!                 ^ ^    window full  | |   another status, for good
//!                 | +-----------------+ +----------------------------> Refused
//!                 |  session lost     |
//!                 +----- wait --------+ a status to be tried again, as often as may be
//! ```
//!
//! The thread of the scheduler alone sends, so the order is kept; what ESMEs answer comes on the threads of their sessions.

use std::time::Duration;

use smpp::driver::Error;
use smpp::pdu::{AlertNotification, DataSm, DeliverSm};
use smpp::server::SessionHandle;
use smpp::value::{CommandStatus, MessageState};

use super::peers::PAUSE;
use super::range::AddressRange;
use super::{Engine, lock};
use crate::draw::Chance;
use crate::events::EventKind;
use crate::line::Close;
use crate::query::{receipt_word, state_word};
use crate::receipt::ReceiptState;
use crate::rules::subject::{About, Subject};
use crate::rules::verdict::Verdict;
use crate::rules::{Hook, Moment};
use crate::stats::Label;
use crate::store::Message;

/// A PDU on its way to an ESME.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) load: Load,
    pub(super) purpose: Purpose,
    /// Its place in the order.
    pub(super) serial: u64,
    pub(super) refusals: u32,
    /// The connection is closed in place of sending it, or once it is answered.
    close: Option<(Close, Moment)>,
}

#[derive(Debug, Clone)]
pub(super) enum Load {
    Deliver(Box<DeliverSm<'static>>),
    Data(Box<DataSm<'static>>),
    /// It has no response: once it is handed to a session it counts as delivered.
    Alert(Box<AlertNotification<'static>>),
}

/// Who wants to know what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The message of this number: it is its receipt.
    Receipt(u64),
    /// Nobody keeps account: an intermediate notification, an acknowledgement, another copy of a receipt.
    Notice,
    /// A mobile originated message, by its id, and which of its PDUs it is, from 0.
    Mo(u64, usize),
}

impl Parcel {
    pub(super) fn new(load: Load, purpose: Purpose, serial: u64) -> Self {
        Self { load, purpose, serial, refusals: 0, close: None }
    }
}

impl From<DeliverSm<'static>> for Load {
    fn from(pdu: DeliverSm<'static>) -> Self {
        Self::Deliver(Box::new(pdu))
    }
}

impl From<DataSm<'static>> for Load {
    fn from(pdu: DataSm<'static>) -> Self {
        Self::Data(Box::new(pdu))
    }
}

impl From<AlertNotification<'static>> for Load {
    fn from(pdu: AlertNotification<'static>) -> Self {
        Self::Alert(Box::new(pdu))
    }
}

impl Engine {
    /// Holds a PDU for a system_id, to be flushed.
    pub(super) fn post(&self, system_id: &str, load: impl Into<Load>, purpose: Purpose) {
        self.post_as_ruled(system_id, load.into(), purpose, Duration::ZERO, None);
    }

    /// What rules say of a PDU that is about to go to a system_id. Which session it goes to is not known yet: it is asked
    /// once, however often it is tried.
    pub(super) fn decide_outbound(
        &self,
        hook: Hook,
        system_id: &str,
        about: About<'_>,
        state: Option<MessageState>,
    ) -> Verdict {
        if !self.book.concerns(hook) {
            return Verdict::default();
        }
        let (bind, pdu_index) = lock(&self.peers).outbound(system_id);
        let verdict = self.book.decide(&Subject {
            hook,
            system_id,
            bind,
            bound_as: None,
            session_id: 0,
            pdu_index,
            // Binds are counted from 1: this is no session's.
            chance: Chance::of_session(self.config.seed, system_id, 0).and(pdu_index),
            elapsed: self.scheduler.elapsed(),
            about,
            state,
        });
        // Which session it goes to is not known yet.
        self.tell_rule(&verdict, None);
        verdict
    }

    /// Holds a PDU for a system_id after a time, to be flushed.
    pub(super) fn post_as_ruled(
        &self,
        system_id: &str,
        load: Load,
        purpose: Purpose,
        delay: Duration,
        close: Option<(Close, Moment)>,
    ) {
        let mut peers = lock(&self.peers);
        let parcel = Parcel { close, ..peers.parcel(load, purpose) };
        // Where too many wait, it comes at once.
        if delay > Duration::ZERO && peers.retry(system_id) {
            drop(peers);
            return self.hold_after(system_id, parcel, delay);
        }
        let gone = peers.hold(system_id, parcel);
        drop(peers);
        for parcel in gone {
            self.becomes(&parcel, ReceiptState::Lost);
        }
    }

    /// A receiver has come.
    pub(super) fn add_receiver(&self, system_id: &str, session: &SessionHandle, range: AddressRange) {
        let mut peers = lock(&self.peers);
        peers.add_receiver(system_id, session, range);
        self.bound.notify_all();
        drop(peers);
        self.route_again();
        self.flush_later(system_id);
    }

    /// Has everything sent that is held for a system_id, by the thread of the scheduler.
    pub(super) fn flush_later(&self, system_id: &str) {
        if let Some(peer) = lock(&self.peers).get_mut(system_id).filter(|peer| !peer.is_due) {
            peer.is_due = true;
            let system_id = system_id.to_owned();
            self.later(Duration::ZERO, move |engine| engine.flush(&system_id));
        }
    }

    /// Sends what is held for a system_id, one PDU to one receiver after the other, as long as they take it. A window that
    /// is full has room again when a response comes, which calls this again.
    ///
    /// The thread of the scheduler alone calls it: so the order is kept.
    pub(super) fn flush(&self, system_id: &str) {
        let mut full = Vec::new();
        loop {
            let next = lock(&self.peers).next(system_id, &full);
            let Some((receiver, parcel)) = next else { return };
            if let Some((how, Moment::Before)) = parcel.close
                && let Some(line) = self.line(receiver.id())
            {
                lock(&self.peers).put_back(system_id, Parcel { close: None, ..parcel });
                line.close(how);
                // Nothing more goes this way, even if the session has not noticed yet.
                full.push(receiver.id());
                continue;
            }
            self.becomes(&parcel, ReceiptState::Sent);
            if let Err((parcel, error)) = self.send(system_id, &receiver, parcel) {
                match error {
                    // Addresses of data_sm may be longer than those of deliver_sm, and a peer before 3.4 takes no
                    // message_payload: there is no way to send that.
                    Error::Encode(_) | Error::PeerTakesNoTlvs => self.becomes(&parcel, ReceiptState::Lost),
                    error => {
                        self.becomes(&parcel, ReceiptState::Held);
                        self.take_back(system_id, &receiver, parcel, &error);
                        full.push(receiver.id());
                    }
                }
            }
        }
    }

    /// Hands a parcel to a session, or gives it back.
    fn send(&self, system_id: &str, receiver: &SessionHandle, parcel: Parcel) -> Result<(), (Parcel, Error)> {
        let (this, name, session) = (self.this.clone(), system_id.to_owned(), receiver.id());
        macro_rules! send {
            ($pdu:expr) => {
                match receiver.try_send($pdu) {
                    Ok(pending) => {
                        pending.then(move |outcome| {
                            if let Some(engine) = this.upgrade() {
                                if let Some((how, Moment::After)) = parcel.close
                                    && let Some(line) = engine.line(session)
                                {
                                    line.close(how);
                                }
                                engine.answered(&name, parcel, outcome.map(drop));
                            }
                        });
                        Ok(())
                    }
                    Err(error) => Err((parcel, error)),
                }
            };
        }
        match &parcel.load {
            Load::Deliver(pdu) => send!(&**pdu),
            Load::Data(pdu) => send!(&**pdu),
            Load::Alert(pdu) => match receiver.alert_notification(pdu) {
                Ok(()) => {
                    self.becomes(&parcel, ReceiptState::Delivered);
                    Ok(())
                }
                Err(error) => Err((parcel, error)),
            },
        }
    }

    /// A receiver did not take a parcel.
    fn take_back(&self, system_id: &str, receiver: &SessionHandle, parcel: Parcel, error: &Error) {
        let mut peers = lock(&self.peers);
        peers.put_back(system_id, parcel);
        let Some(peer) = peers.get_mut(system_id) else { return };
        match error {
            Error::State { .. } | Error::Disconnected { .. } => peer.remove_receiver(receiver.id()),
            Error::WindowFull { .. } => {}
            _ if peer.is_pausing => {}
            _ => {
                peer.is_pausing = true;
                let system_id = system_id.to_owned();
                self.later(PAUSE, move |engine| {
                    if let Some(peer) = lock(&engine.peers).get_mut(&system_id) {
                        peer.is_pausing = false;
                    }
                    engine.flush(&system_id);
                });
            }
        }
    }

    /// What came of a PDU, on the thread of the session, or on that of the scheduler if it came at once.
    fn answered(&self, system_id: &str, mut parcel: Parcel, outcome: Result<(), Error>) {
        let retry = &self.carrier(system_id).receipt.retry;
        match outcome {
            Ok(()) => self.becomes(&parcel, ReceiptState::Delivered),
            Err(Error::Refused { command_status, .. }) if !retry.on.contains(&command_status) => {
                parcel.refusals += 1;
                self.becomes(&parcel, ReceiptState::Refused(command_status));
            }
            Err(Error::Refused { command_status, .. }) => self.try_again(system_id, parcel, Some(command_status)),
            // Whether the ESME has acted on it, nobody knows: better twice than never.
            Err(Error::Disconnected { .. }) => {
                self.becomes(&parcel, ReceiptState::Held);
                lock(&self.peers).put_back(system_id, parcel);
            }
            Err(_) => self.try_again(system_id, parcel, None),
        }
        let mut peers = lock(&self.peers);
        let waits = peers.get_mut(system_id).is_some_and(|peer| peer.flushing || peer.has_held());
        drop(peers);
        if waits {
            self.flush_later(system_id);
        }
    }

    fn try_again(&self, system_id: &str, mut parcel: Parcel, status: Option<CommandStatus>) {
        parcel.refusals += 1;
        let retry = &self.carrier(system_id).receipt.retry;
        if parcel.refusals > retry.max || !lock(&self.peers).retry(system_id) {
            return self.becomes(&parcel, status.map_or(ReceiptState::Lost, ReceiptState::Refused));
        }
        let (purpose, refusals) = (parcel.purpose, parcel.refusals);
        // Whoever sees that it waits may move the clock, and the timer must be set by then.
        self.becomes_once(purpose, refusals, ReceiptState::Held, || self.hold_after(system_id, parcel, retry.every));
    }

    /// Holds a parcel after a time; it was counted as one that waits.
    fn hold_after(&self, system_id: &str, parcel: Parcel, delay: Duration) {
        let name = system_id.to_owned();
        self.later(delay, move |engine| {
            let mut peers = lock(&engine.peers);
            peers.retried(&name);
            peers.put_back(&name, parcel);
            drop(peers);
            engine.flush(&name);
        });
    }

    /// A rule keeps back what was to be sent.
    pub(super) fn is_dropped(&self, purpose: Purpose) {
        let state = match purpose {
            Purpose::Receipt(_) => ReceiptState::None,
            Purpose::Notice | Purpose::Mo(..) => ReceiptState::Lost,
        };
        self.becomes_once(purpose, 0, state, || ());
    }

    /// Tells whoever wants to know what has become of a parcel.
    pub(super) fn becomes(&self, parcel: &Parcel, state: ReceiptState) {
        self.becomes_once(parcel.purpose, parcel.refusals, state, || ());
    }

    /// The same, once something is done that nobody must overtake who sees it.
    fn becomes_once(&self, purpose: Purpose, refusals: u32, state: ReceiptState, done: impl FnOnce()) {
        match purpose {
            Purpose::Notice => done(),
            Purpose::Receipt(number) => {
                let mut store = lock(&self.messages);
                done();
                let Some(stored) = store.get_mut(number) else { return };
                (stored.message.receipt, stored.message.receipt_refusals) = (state, refusals);
                self.count_receipt(&stored.message);
                self.tell(&store);
            }
            Purpose::Mo(id, place) => {
                let mut mos = lock(&self.mos);
                done();
                let is_kept = mos.set(id, place, state, refusals);
                if is_kept {
                    self.mo_changed.notify_all();
                }
                drop(mos);
                self.mo_becomes(id, place, state);
            }
        }
    }
}

impl Engine {
    /// Something became of a part of a message from a mobile.
    fn mo_becomes(&self, id: u64, part: usize, state: ReceiptState) {
        let status = match state {
            ReceiptState::Delivered => Some(CommandStatus::ESME_ROK),
            ReceiptState::Refused(status) => Some(status),
            _ => None,
        };
        if let Some(status) = status {
            self.counters.count("mo_sent_total", [Label::Status(status)]);
        }
        self.happened(|| EventKind::Mo { id, part: part + 1, state: receipt_word(state) });
    }

    /// Something became of a receipt.
    fn count_receipt(&self, message: &Message) {
        let account = self.counters.account(&message.system_id);
        let state = Label::Name(state_word(message.state));
        match message.receipt {
            ReceiptState::Sent => self.counters.count("receipts_sent_total", [account, state]),
            ReceiptState::Delivered => {
                self.counters.count("receipts_acked_total", [account, Label::Status(CommandStatus::ESME_ROK)]);
            }
            ReceiptState::Refused(status) => {
                self.counters.count("receipts_acked_total", [account, Label::Status(status)]);
            }
            // One that was never refused waits for its first try, or its session was lost.
            ReceiptState::Held if message.receipt_refusals > 0 => {
                self.counters.count("receipts_retried_total", [account, state]);
            }
            _ => {}
        }
        self.happened(|| EventKind::receipt(message));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Clock, ReceiptRetry, SmscSim};

    fn take(engine: &Engine) -> Parcel {
        lock(&engine.peers).take("me").unwrap()
    }

    #[test]
    fn what_is_not_answered_is_tried_again_until_it_is_lost() {
        let retry = ReceiptRetry { max: 2, ..ReceiptRetry::default() };
        let engine = Engine::new(SmscSim::builder().clock(Clock::manual()).receipt_retry(retry).config).unwrap();
        engine.post("me", DeliverSm::default(), Purpose::Receipt(1));
        for refusals in 1..=2 {
            engine.answered("me", take(&engine), Err(Error::Timeout { written: true }));
            assert_eq!((lock(&engine.peers).waiting_in_all(), engine.scheduler.len()), (1, 1));
            engine.advance(Duration::from_secs(5));
            let parcel = take(&engine);
            assert_eq!(parcel.refusals, refusals);
            lock(&engine.peers).put_back("me", parcel);
        }
        engine.answered("me", take(&engine), Err(Error::Timeout { written: true }));
        engine.advance(Duration::from_secs(500));
        assert_eq!(lock(&engine.peers).waiting_in_all(), 0);
    }

    #[test]
    fn jobs_that_wait_do_not_keep_the_engine() {
        let engine = Engine::new(SmscSim::builder().clock(Clock::manual()).config).unwrap();
        engine.post("me", DeliverSm::default(), Purpose::Notice);
        engine.answered("me", take(&engine), Err(Error::Timeout { written: true }));
        assert_eq!((engine.scheduler.len(), Arc::strong_count(&engine)), (1, 1));
    }
}
