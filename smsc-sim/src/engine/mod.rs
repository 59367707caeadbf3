//! What the simulated SMSC does: takes messages, brings them to a final state, and tells whoever is to know.
//!
//! ```text
//!                                 +-- cancel_sm ---> DELETED
//!   submit --> SCHEDULED --> ENROUTE --- delay ----> the outcome that was drawn
//!    |  schedule_delivery_time^   +-- validity ----> EXPIRED
//!    +------------------------+
//! ```
//!
//! Requests are answered by the threads of their sessions; whatever comes later is done by the one thread of the
//! [`Scheduler`], receipts included.

mod commands;
pub(crate) mod control;
mod handler;
mod hooks;
mod lifecycle;
mod message;
pub(crate) mod mo;
mod multi;
pub(crate) mod outbound;
mod parcels;
mod peers;
mod range;
mod receipts;
pub(crate) mod sessions;
pub(crate) mod texts;
mod verdicts;
mod wait;
mod webhooks;

use std::collections::HashMap;
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use smpp::codec::CommandId;
use smpp::server::{Server, ServerBuilder, SessionHandle};
use smpp::session::Timers;
use smpp::value::CommandStatus;

use crate::account::Account;
use crate::carrier::{Carrier, Loopback};
use crate::clock::Clock;
use crate::draw::{Chance, purpose};
use crate::events::{Bus, EventKind};
use crate::expect::Kept;
use crate::hostile::Hostile;
use crate::rules::book::{Book, Pack};
use crate::rules::{Chaos, Profile, Rule};
use crate::scheduler::{Scheduler, Timer};
use crate::spec::{Known, VendorSpec};
use crate::stats::Counters;
use crate::store::{Message, Store};
use handler::Smsc;
use mo::{Mos, PeriodicMo};
use peers::Peers;
use range::AddressRange;
use sessions::{Lines, Rate};
use verdicts::{Turn, Waiting};
use webhooks::Webhooks;

#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Who may bind; empty = anyone.
    pub(crate) accounts: Vec<Account>,
    pub(crate) clock: Clock,
    pub(crate) seed: u64,
    /// How ESMEs are treated, unless their account names another carrier.
    pub(crate) carrier: Carrier,
    /// The others by name.
    pub(crate) carriers: HashMap<String, Carrier>,
    pub(crate) loopback: Loopback,
    pub(crate) periodic_mos: Vec<PeriodicMo>,
    /// The members of each by its name.
    pub(crate) distribution_lists: HashMap<String, Vec<String>>,
    pub(crate) max_messages: usize,
    /// Connections at a time on each port.
    pub(crate) max_sessions: usize,
    /// Of each session.
    pub(crate) timers: Timers,
    /// What is known besides the standard.
    pub(crate) specs: Vec<VendorSpec>,
    pub(crate) magic: bool,
    pub(crate) inband: bool,
    pub(crate) profile: Profile,
    pub(crate) chaos: Chaos,
    /// Those that are there from the beginning.
    pub(crate) rules: Vec<Rule>,
    /// PDUs of each connection that are kept.
    pub(crate) trace: usize,
}

/// The engine. Locks are held to look something up or to change it, never while anything is sent. Where several are held,
/// they were taken in the order of the fields here; the scheduler's own may be taken under any.
pub(crate) struct Engine {
    pub(crate) config: Config,
    /// What is known besides the standard.
    pub(crate) known: Known,
    scheduler: Scheduler,
    lines: Mutex<Lines>,
    sessions: Mutex<HashMap<u64, Bound>>,
    messages: Mutex<Store>,
    /// For those that wait for a change of `messages`.
    changed: Condvar,
    /// How often messages were forgotten: what was to come of them before does not.
    resets: AtomicU64,
    mos: Mutex<Mos>,
    /// For those that wait for a change of `mos`.
    mo_changed: Condvar,
    peers: Mutex<Peers>,
    pub(crate) book: Book,
    /// What is said later.
    waiting: Mutex<Waiting>,
    webhooks: Webhooks,
    /// For those that wait for a receiver.
    bound: Condvar,
    /// What happens, for those that listen. Told under any lock: nobody is called from there.
    pub(crate) events: Bus,
    pub(crate) counters: Counters,
    pub(crate) hostile: Hostile,
    /// What is expected of the messages in the end.
    pub(crate) kept: Kept,
    this: Weak<Self>,
}

/// A session that is bound, or is being bound.
struct Bound {
    system_id: String,
    /// Which bind of its system_id it is, from 1.
    bind: u64,
    /// Requests that reached the engine.
    pdus: u64,
    /// The addresses that it serves.
    range: AddressRange,
    /// Requests a second.
    rate: Rate,
    /// So much later it is answered about messages.
    latency: Duration,
    /// Whether it is among those that numbers tell of.
    is_counted: bool,
}

impl Engine {
    pub(crate) fn new(config: Config) -> io::Result<Arc<Self>> {
        let scheduler = Scheduler::start(config.clock)?;
        let known = Known::of(&config.specs);
        let book = Book::new(config.magic, config.inband, known);
        book.replace(Pack::Profile, config.profile.rules());
        book.replace(Pack::Chaos, config.chaos.rules());
        for rule in &config.rules {
            book.add(rule.clone(), None).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        }
        let engine = Arc::new_cyclic(|this| Self {
            lines: Mutex::default(),
            sessions: Mutex::default(),
            messages: Mutex::new(Store::new(config.max_messages)),
            changed: Condvar::new(),
            resets: AtomicU64::default(),
            mos: Mutex::new(Mos::new(config.max_messages)),
            mo_changed: Condvar::new(),
            peers: Mutex::new(Peers::new(config.max_messages)),
            bound: Condvar::new(),
            book,
            events: Bus::default(),
            counters: Counters::new(&config.accounts),
            hostile: Hostile::default(),
            kept: Kept::default(),
            waiting: Mutex::default(),
            webhooks: Webhooks::default(),
            config,
            known,
            scheduler,
            this: this.clone(),
        });
        engine.hostile.switch(engine.config.profile == Profile::Hostile);
        engine.begin_mos();
        Ok(engine)
    }

    /// A server for it. It may have several: a session is the same to it wherever it comes in.
    pub(crate) fn server(self: &Arc<Self>, system_id: &str, is_tls: bool) -> ServerBuilder {
        let this = self.this.clone();
        let server = Server::builder(Smsc(Arc::clone(self))).system_id(system_id).protocols(self.known.protocols());
        let server = server.max_connections(self.config.max_sessions).timers(self.config.timers);
        server.transport(move |session, transport| match this.upgrade() {
            Some(engine) => engine.connected(session, transport, is_tls),
            None => Err(io::ErrorKind::ConnectionAborted.into()),
        })
    }

    /// How an ESME is treated.
    pub(crate) fn carrier(&self, system_id: &str) -> &Carrier {
        let config = &self.config;
        if config.carriers.is_empty() {
            return &config.carrier;
        }
        let account = config.accounts.iter().find(|account| account.system_id == system_id);
        let profile = account.and_then(|account| account.profile.as_deref());
        profile.and_then(|name| config.carriers.get(name)).unwrap_or(&config.carrier)
    }

    /// Every message, oldest first.
    pub(crate) fn messages(&self) -> Vec<Message> {
        lock(&self.messages).all().cloned().collect()
    }

    /// Has those that wait for a message see whether anybody is still there for it.
    #[cfg(feature = "http")]
    pub(crate) fn wake_waiters(&self) {
        let _store = lock(&self.messages);
        self.changed.notify_all();
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.scheduler.now()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.scheduler.advance(by);
        self.was_changed(|| format!("clock moved on by {}", crate::setting::written(by)));
    }

    /// Whoever changes a message calls this before it gives the lock back.
    fn tell(&self, store: &Store) {
        if store.changes.has_waiters() {
            self.changed.notify_all();
        }
    }

    /// Tells those that listen, if there are any.
    pub(crate) fn happened(&self, what: impl FnOnce() -> EventKind) {
        self.events.tell(|| self.now(), what);
    }

    /// Something was changed by whoever controls the simulator.
    pub(crate) fn was_changed(&self, what: impl FnOnce() -> String) {
        self.happened(|| EventKind::Changed { what: what() });
    }

    /// A PDU went over a connection: it is counted, and told to those that asked for it.
    pub(crate) fn saw_pdu(&self, session: u64, at: SystemTime, is_in: bool, octets: &[u8]) {
        let number = |place: usize| {
            octets.get(place..place + 4).and_then(|octets| octets.try_into().ok()).map_or(0, u32::from_be_bytes)
        };
        let (id, status, length) = (CommandId(number(4)), CommandStatus(number(8)), octets.len() as u64);
        match self.known.command(id).filter(|_| smpp::command::find(id).is_none()) {
            Some(of_vendor) => self.counters.pdu_of_vendor(is_in, of_vendor.name, status, length),
            None => self.counters.pdu(is_in, id, status, length),
        }
        self.events.tell_pdu(|| at, session, is_in, octets);
        self.hostile_saw(session, at, is_in, octets);
    }

    /// How many messages are in each state; what is no state of SMPP counts as UNKNOWN.
    pub(crate) fn count_states(&self) -> [usize; 9] {
        let mut count = [0; 9];
        self.show(0, |message| {
            let unknown = usize::from(smpp::value::MessageState::UNKNOWN.0);
            let state = usize::from(message.state.0);
            count[if state < count.len() { state } else { unknown }] += 1;
            std::ops::ControlFlow::Continue(())
        });
        count
    }

    /// What waits: answers for their time or a release, receipts and messages from mobiles for a receiver or its answer.
    pub(crate) fn pending(&self) -> Vec<(&'static str, usize)> {
        use crate::receipt::ReceiptState::{Held, Sent};
        let mut receipts = 0;
        self.show(0, |message| {
            receipts += usize::from(matches!(message.receipt, Held | Sent));
            std::ops::ControlFlow::Continue(())
        });
        let mos = lock(&self.mos).waiting();
        vec![("responses", self.answers_waiting()), ("receipts", receipts), ("mo", mos)]
    }

    /// How long it is since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.scheduler.elapsed()
    }

    /// The sessions that are let in, and by which system_id.
    pub(crate) fn bound_sessions(&self) -> Vec<(u64, String)> {
        let sessions = lock(&self.sessions);
        let mut all: Vec<_> = sessions.iter().map(|(id, bound)| (*id, bound.system_id.clone())).collect();
        all.sort_unstable();
        all
    }

    pub(crate) fn later(&self, delay: Duration, job: impl FnOnce(&Self) + Send + 'static) {
        self.scheduler.after(delay, self.job(job));
    }

    fn after(&self, delay: Duration, job: impl FnOnce(&Self) + Send + 'static) -> Timer {
        self.scheduler.after(delay, self.job(job))
    }

    fn at(&self, time: SystemTime, job: impl FnOnce(&Self) + Send + 'static) -> Timer {
        self.scheduler.at(time, self.job(job))
    }

    /// Jobs do not keep the engine.
    fn job(&self, job: impl FnOnce(&Self) + Send + 'static) -> impl FnOnce() + Send + 'static {
        let this = self.this.clone();
        move || {
            if let Some(engine) = this.upgrade() {
                job(&engine);
            }
        }
    }

    /// The place of the next request of a session.
    fn turn(&self, session: &SessionHandle) -> Turn {
        let now = self.scheduler.elapsed();
        let mut sessions = lock(&self.sessions);
        let (bind, pdu_index, latency) = sessions.get_mut(&session.id()).map_or((0, 0, Duration::ZERO), |bound| {
            bound.pdus += 1;
            bound.rate.count(now);
            (bound.bind, bound.pdus, bound.latency)
        });
        drop(sessions);
        let system_id = session.system_id().unwrap_or_default();
        let chance = Chance::of_session(self.config.seed, system_id, bind).and(pdu_index);
        let drawn = self.carrier(system_id).latency.draw(chance.and(purpose::LATENCY));
        Turn { chance, bind, pdu_index, latency: latency.saturating_add(drawn) }
    }
}

/// Nothing that is done under these locks can leave what they guard half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
