//! What happens, told to whoever listens.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant, SystemTime};

use serde::{Serialize, Serializer};
use smpp::codec::HEADER_LENGTH;

use crate::SmscSim;
use crate::line::{holds_password, word};
use crate::query::{receipt_word, state_word};
use crate::store::Message;

impl SmscSim {
    /// What happens from now on: sessions, messages, receipts. PDUs are not among it, unless [asked for](Events::with_pdus).
    ///
    /// As long as nobody listens, nothing is written down. Who listens slows nothing down: of what it does not take in time,
    /// more than 10,000 events or 16 MiB of PDUs behind, it hears how much it has missed.
    ///
    /// ```
    /// use std::time::Duration;
    /// use smpp::client::Client;
    /// use smsc_sim::{EventKind, SmscSim};
    ///
    /// let sim = SmscSim::builder().start()?;
    /// let events = sim.subscribe();
    /// let client = Client::builder().system_id("alice").connect(sim.addr())?;
    /// client.bind_transmitter()?;
    /// let event = events.wait(Duration::from_secs(10)).unwrap();
    /// assert!(matches!(event.kind, EventKind::SessionBound { ref system_id, .. } if system_id == "alice"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn subscribe(&self) -> Events {
        self.engine.events.subscribe()
    }
}

/// Something that happened.
///
/// As JSON an object with `number`, `at` (milliseconds since 1970), `event`, and what else belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// Its place among all events that were told to anybody, from 1.
    pub number: u64,
    /// When, by the [clock](crate::Clock) of the simulator.
    #[serde(serialize_with = "milliseconds")]
    pub at: SystemTime,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened. Sessions are named by the number that [`SessionHandle::id`](smpp::server::SessionHandle::id) has,
/// messages by their [serial](Message::serial) and id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// An ESME is bound.
    SessionBound {
        /// The session.
        session: u64,
        /// Who it is.
        system_id: String,
        /// `transmitter`, `receiver` or `transceiver`.
        bind_type: &'static str,
    },
    /// A session is over.
    SessionClosed {
        /// The session.
        session: u64,
        /// Who it was; empty if it never was bound.
        system_id: String,
        /// Why, in words.
        reason: String,
    },
    /// A message was accepted, or put in the place of another.
    MessageAccepted {
        /// Its place among all messages.
        serial: u64,
        /// Its message_id.
        id: String,
        /// Who submitted it.
        system_id: String,
    },
    /// A message came to its final state.
    MessageFinal {
        /// Its place among all messages.
        serial: u64,
        /// Its message_id.
        id: String,
        /// Who submitted it.
        system_id: String,
        /// The state as receipts have it.
        state: &'static str,
    },
    /// Something became of the receipt of a message.
    Receipt {
        /// The message's place among all.
        serial: u64,
        /// Its message_id.
        id: String,
        /// Who submitted it.
        system_id: String,
        /// `held`, `sent`, `delivered`, `refused` or `lost`.
        state: &'static str,
        /// How often it was refused or not answered so far.
        refusals: u32,
    },
    /// Something became of a part of a message from a mobile.
    Mo {
        /// Its [number](crate::MoReport::id) among all from mobiles.
        id: u64,
        /// Which part it is, from 1.
        part: usize,
        /// `held`, `sent`, `delivered`, `refused` or `lost`.
        state: &'static str,
    },
    /// A rule took part in the answer to a request.
    RuleHit {
        /// The rule.
        rule: String,
        /// The session, if it has begun.
        session: Option<u64>,
    },
    /// Something was changed by whoever controls the simulator.
    Changed {
        /// What, in words.
        what: String,
    },
    /// A PDU was received or sent.
    Pdu {
        /// The session.
        session: u64,
        /// `in` from the ESME, or `out` to it.
        direction: &'static str,
        /// Its octets. As JSON in hexadecimal, with asterisks for a password.
        #[serde(serialize_with = "hexadecimal")]
        octets: Vec<u8>,
    },
    /// Who listens did not take what was told in time.
    Missed {
        /// So many events are not there.
        count: u64,
    },
}

/// What happens, for one listener; from [`SmscSim::subscribe`]. It ends with the simulator, after what was told before.
#[derive(Debug)]
pub struct Events(Arc<Listener>);

impl Events {
    /// The same with PDUs from now on.
    #[must_use]
    pub fn with_pdus(self) -> Self {
        if !self.0.pdus.swap(true, Ordering::SeqCst) {
            self.0.counts.pdus.fetch_add(1, Ordering::SeqCst);
        }
        self
    }

    /// The next event, waited for no longer than this. `None` if there is none by then, or if nothing comes any more: see
    /// [`is_over`](Self::is_over).
    pub fn wait(&self, timeout: Duration) -> Option<Event> {
        let begin = Instant::now();
        let mut queue = self.0.lock();
        loop {
            if queue.missed > 0 {
                let count = std::mem::take(&mut queue.missed);
                let (number, at) =
                    queue.events.front().map_or_else(|| (0, SystemTime::now()), |event| (event.number, event.at));
                return Some(Event { number: number.saturating_sub(1), at, kind: EventKind::Missed { count } });
            }
            if let Some(event) = queue.events.pop_front() {
                queue.octets -= event.octets();
                drop(queue);
                return Some(Arc::unwrap_or_clone(event));
            }
            let left = timeout.checked_sub(begin.elapsed()).filter(|left| !left.is_zero() && !queue.is_over)?;
            queue = self.0.changed.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for an event of which this is true, and returns it; those before it are gone.
    pub fn wait_for(&self, is_it: impl Fn(&EventKind) -> bool, timeout: Duration) -> Option<Event> {
        let begin = Instant::now();
        loop {
            let event = self.wait(timeout.saturating_sub(begin.elapsed()))?;
            if is_it(&event.kind) {
                return Some(event);
            }
        }
    }

    /// Whether nothing comes any more: the simulator is gone, and everything was taken.
    pub fn is_over(&self) -> bool {
        let queue = self.0.lock();
        queue.is_over && queue.events.is_empty() && queue.missed == 0
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.0.counts.listeners.fetch_sub(1, Ordering::SeqCst);
        if self.0.pdus.load(Ordering::SeqCst) {
            self.0.counts.pdus.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

#[derive(Debug, Default)]
struct Listener {
    /// Held to put one event in or to take one out.
    queue: Mutex<Queue>,
    changed: Condvar,
    pdus: AtomicBool,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Queue {
    events: VecDeque<Arc<Event>>,
    /// Of the PDUs among them.
    octets: usize,
    missed: u64,
    is_over: bool,
}

#[derive(Debug, Default)]
struct Counts {
    listeners: AtomicUsize,
    /// Those of them that want PDUs.
    pdus: AtomicUsize,
}

impl Listener {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, event: Arc<Event>) {
        let mut queue = self.lock();
        queue.octets += event.octets();
        while queue.events.len() >= MOST || (queue.octets > MOST_OCTETS && !queue.events.is_empty()) {
            let oldest = queue.events.pop_front();
            queue.octets -= oldest.map_or(0, |event| event.octets());
            queue.missed += 1;
        }
        queue.events.push_back(event);
        drop(queue);
        self.changed.notify_one();
    }
}

/// Where the engine tells what happens. The lock is held while an event is put into every queue, which never waits, so
/// that all listeners have them in the same order.
#[derive(Debug, Default)]
pub(crate) struct Bus {
    counts: Arc<Counts>,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    number: u64,
    listeners: Vec<Weak<Listener>>,
}

impl Bus {
    fn subscribe(&self) -> Events {
        let listener = Arc::new(Listener { counts: Arc::clone(&self.counts), ..Listener::default() });
        self.counts.listeners.fetch_add(1, Ordering::SeqCst);
        self.lock().listeners.push(Arc::downgrade(&listener));
        Events(listener)
    }

    /// Tells what is made only if anybody listens.
    pub(crate) fn tell(&self, now: impl FnOnce() -> SystemTime, what: impl FnOnce() -> EventKind) {
        if self.counts.listeners.load(Ordering::Relaxed) > 0 {
            self.put(now(), what(), false);
        }
    }

    /// The same of a PDU: only to those that asked for them.
    pub(crate) fn tell_pdu(&self, now: impl FnOnce() -> SystemTime, session: u64, is_in: bool, octets: &[u8]) {
        if self.counts.pdus.load(Ordering::Relaxed) > 0 {
            let direction = if is_in { "in" } else { "out" };
            self.put(now(), EventKind::Pdu { session, direction, octets: without_password(octets).into_owned() }, true);
        }
    }

    fn put(&self, at: SystemTime, kind: EventKind, is_pdu: bool) {
        let mut told = self.lock();
        told.number += 1;
        let event = Arc::new(Event { number: told.number, at, kind });
        told.listeners.retain(|listener| match listener.upgrade() {
            Some(listener) => {
                if !is_pdu || listener.pdus.load(Ordering::Relaxed) {
                    listener.put(Arc::clone(&event));
                }
                true
            }
            None => false,
        });
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        for listener in self.lock().listeners.iter().filter_map(Weak::upgrade) {
            listener.lock().is_over = true;
            listener.changed.notify_all();
        }
    }
}

impl Event {
    fn octets(&self) -> usize {
        match &self.kind {
            EventKind::Pdu { octets, .. } => octets.len(),
            _ => 0,
        }
    }
}

impl EventKind {
    pub(crate) fn accepted(message: &Message) -> Self {
        let Message { serial, id, system_id, .. } = message.clone();
        Self::MessageAccepted { serial, id, system_id }
    }

    pub(crate) fn finished(message: &Message) -> Self {
        let (id, system_id) = (message.id.clone(), message.system_id.clone());
        Self::MessageFinal { serial: message.serial, id, system_id, state: state_word(message.state) }
    }

    pub(crate) fn receipt(message: &Message) -> Self {
        Self::Receipt {
            serial: message.serial,
            id: message.id.clone(),
            system_id: message.system_id.clone(),
            state: receipt_word(message.receipt),
            refusals: message.receipt_refusals,
        }
    }
}

fn milliseconds<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    serializer.serialize_u64(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A PDU with asterisks where its password is: where that may be, if the PDU is broken.
fn without_password(octets: &[u8]) -> Cow<'_, [u8]> {
    if !holds_password(octets) {
        return octets.into();
    }
    let mut masked = octets.to_vec();
    let header = if octets.len() < HEADER_LENGTH { octets.len().min(8) } else { HEADER_LENGTH };
    let body = &mut masked[header..];
    let is_whole = word(octets, 0) as usize == octets.len();
    let begin = body.iter().position(|octet| *octet == 0).filter(|_| is_whole).map_or(0, |end| end + 1);
    let length = body[begin..].iter().position(|octet| *octet == 0).filter(|_| is_whole);
    let end = length.map_or(body.len(), |length| begin + length);
    body[begin..end].fill(b'*');
    masked.into()
}

fn hexadecimal<S: Serializer>(octets: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&crate::query::hex(&without_password(octets)))
}

/// Events that wait for one listener at most.
const MOST: usize = 10_000;

/// Octets of PDUs that wait for one listener at most, but for one.
const MOST_OCTETS: usize = 16 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(bus: &Bus, what: &str) {
        bus.tell(|| SystemTime::UNIX_EPOCH, || EventKind::Changed { what: what.to_owned() });
    }

    #[test]
    fn without_listeners_nothing_is_written_down() {
        let bus = Bus::default();
        bus.tell(|| unreachable!(), || unreachable!());
        drop(bus.subscribe());
        bus.tell(|| unreachable!(), || unreachable!());
        bus.tell_pdu(|| unreachable!(), 1, true, &[]);
    }

    #[test]
    fn every_listener_hears_everything_in_order_and_pdus_if_asked_for() {
        let bus = Bus::default();
        let (plain, with_pdus) = (bus.subscribe(), bus.subscribe().with_pdus());
        changed(&bus, "one");
        bus.tell_pdu(|| SystemTime::UNIX_EPOCH, 7, true, &[0x0A, 0xFF]);
        changed(&bus, "two");
        drop(bus);
        let told = |events: &Events| -> Vec<String> {
            std::iter::from_fn(|| events.wait(Duration::from_secs(10)))
                .map(|event| serde_json::to_string(&event).unwrap())
                .collect()
        };
        let one = r#"{"number":1,"at":0,"event":"changed","what":"one"}"#;
        let pdu = r#"{"number":2,"at":0,"event":"pdu","session":7,"direction":"in","octets":"0aff"}"#;
        let two = r#"{"number":3,"at":0,"event":"changed","what":"two"}"#;
        assert_eq!(told(&plain), [one, two]);
        assert_eq!(told(&with_pdus), [one, pdu, two]);
        assert!(plain.is_over() && with_pdus.is_over());
    }

    #[test]
    fn who_is_slow_hears_how_much_is_missing_and_holds_nobody_up() {
        let bus = Bus::default();
        let events = bus.subscribe();
        for _ in 0..MOST + 5 {
            changed(&bus, "x");
        }
        let first = events.wait(Duration::ZERO).unwrap();
        assert_eq!((first.number, first.kind), (5, EventKind::Missed { count: 5 }));
        assert_eq!(events.wait(Duration::ZERO).unwrap().number, 6);
        assert!(!events.is_over());
    }

    #[test]
    fn what_waits_for_who_is_slow_has_an_end_in_octets_too() {
        let bus = Bus::default();
        let events = bus.subscribe().with_pdus();
        let pdu = vec![0; 1 << 20];
        for _ in 0..20 {
            bus.tell_pdu(|| SystemTime::UNIX_EPOCH, 1, true, &pdu);
        }
        assert_eq!(events.wait(Duration::ZERO).unwrap().kind, EventKind::Missed { count: 4 });
        drop(bus);
        assert_eq!(std::iter::from_fn(|| events.wait(Duration::ZERO)).count(), 16);
        assert_eq!(events.0.lock().octets, 0);
    }

    #[test]
    fn no_password_is_told_in_json() {
        let header = |length| [0, 0, 0, length, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1];
        let masked = |length, body: &[u8]| without_password(&[&header(length)[..], body].concat())[16..].to_vec();
        assert_eq!(masked(30, b"alice\0secret\0\0"), b"alice\0******\0\0");
        for (length, body) in [(30, &b"alice\0secret"[..]), (28, b"alice\0secret\0\0"), (22, b"secret")] {
            assert!(masked(length, body).iter().all(|octet| *octet == b'*'), "{body:?}");
        }
        assert_eq!(without_password(b"\0\0\0\x2F\0\0\0\x09secret"), &b"\0\0\0\x2F\0\0\0\x09******"[..]);
        let submit = [&header(17)[..7], &[4], &header(17)[8..], b"x"].concat();
        assert_eq!(without_password(&submit), submit);
    }
}
