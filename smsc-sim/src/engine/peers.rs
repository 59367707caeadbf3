//! What is known of each system_id, and of each session.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use smpp::pdu::DeliverSm;
use smpp::server::SessionHandle;

use crate::account::Bucket;

/// Every system_id that has something here, and every session.
#[derive(Default)]
pub(super) struct Peers {
    by_system_id: HashMap<String, Peer>,
    sessions: HashMap<u64, Session>,
    /// How many system_ids there may be before those that have nothing here any more are forgotten.
    limit: usize,
}

/// A session that is bound, or is being bound.
struct Session {
    system_id: String,
    /// Which bind of its system_id it is, from 1.
    bind: u64,
    /// Requests that reached the engine.
    pdus: u64,
}

/// Where what is for a system_id goes.
#[derive(Default)]
pub(super) struct Peer {
    binds: u64,
    sessions: usize,
    /// What its rate leaves.
    pub(super) bucket: Bucket,
    pub(super) receivers: Vec<SessionHandle>,
    /// Which receiver is next.
    turn: usize,
    /// What no receiver has taken yet, in the order it came.
    pub(super) held: VecDeque<Parcel>,
    /// How many wait to be tried again.
    pub(super) retrying: usize,
    /// Whether something is taken out of `held` that may be put back.
    pub(super) flushing: bool,
    parcels: u64,
}

/// A receipt or notification on its way to an ESME.
pub(super) struct Parcel {
    pub(super) pdu: Box<DeliverSm<'static>>,
    /// The message whose receipt it is; `None` for intermediate notifications, of which nobody keeps account.
    pub(super) message: Option<u64>,
    /// Its place in the order.
    serial: u64,
    pub(super) refusals: u32,
}

impl Peers {
    /// Counts a session that is about to be bound, unless there are as many as may be.
    pub(super) fn bind(&mut self, session: u64, system_id: &str, max: Option<usize>) -> bool {
        if self.sessions.contains_key(&session) {
            return true;
        }
        let peer = self.entry(system_id);
        if max.is_some_and(|max| peer.sessions >= max) {
            return false;
        }
        (peer.sessions, peer.binds) = (peer.sessions + 1, peer.binds + 1);
        let bind = peer.binds;
        self.sessions.insert(session, Session { system_id: system_id.to_owned(), bind, pdus: 0 });
        true
    }

    /// Forgets a session.
    pub(super) fn close(&mut self, session: u64) {
        let Some(Session { system_id, .. }) = self.sessions.remove(&session) else { return };
        if let Some(peer) = self.by_system_id.get_mut(&system_id) {
            peer.sessions -= 1;
            peer.receivers.retain(|receiver| receiver.id() != session);
        }
    }

    /// Which bind a session is, and which of its PDUs the one is that came now.
    pub(super) fn count_pdu(&mut self, session: u64) -> (u64, u64) {
        let Some(session) = self.sessions.get_mut(&session) else { return (0, 0) };
        session.pdus += 1;
        (session.bind, session.pdus)
    }

    pub(super) fn get_mut(&mut self, system_id: &str) -> Option<&mut Peer> {
        self.by_system_id.get_mut(system_id)
    }

    pub(super) fn entry(&mut self, system_id: &str) -> &mut Peer {
        // Where anyone may bind, there is no end of names.
        if self.by_system_id.len() >= self.limit.max(MAX_IDLE) && !self.by_system_id.contains_key(system_id) {
            self.by_system_id.retain(|_, peer| !peer.is_idle());
            self.limit = 2 * self.by_system_id.len();
        }
        self.by_system_id.entry(system_id.to_owned()).or_default()
    }
}

impl Peer {
    fn is_idle(&self) -> bool {
        self.sessions == 0 && self.held.is_empty() && self.retrying == 0
    }

    /// The next receiver in turn that is none of those.
    pub(super) fn next_receiver(&mut self, full: &[u64]) -> Option<SessionHandle> {
        let count = self.receivers.len();
        let place = (1..=count)
            .map(|step| (self.turn + step) % count)
            .find(|&place| self.receivers.get(place).is_some_and(|receiver| !full.contains(&receiver.id())))?;
        self.turn = place;
        self.receivers.get(place).cloned()
    }

    /// Takes a new PDU. Returns what has to go for it: the oldest, if too many are held.
    pub(super) fn hold(&mut self, pdu: DeliverSm<'static>, message: Option<u64>) -> Option<Parcel> {
        let goes = if self.held.len() + self.retrying >= MAX_HELD { self.held.pop_front() } else { None };
        self.parcels += 1;
        self.held.push_back(Parcel { pdu: Box::new(pdu), message, serial: self.parcels, refusals: 0 });
        goes
    }

    /// Takes a PDU back that was not delivered, to its place in the order.
    pub(super) fn put_back(&mut self, parcel: Parcel) {
        let place = self.held.partition_point(|other| other.serial < parcel.serial);
        self.held.insert(place, parcel);
    }

    /// Whether one more may wait to be tried again.
    pub(super) fn may_retry(&self) -> bool {
        self.held.len() + self.retrying < MAX_HELD
    }
}

/// How long a receipt waits when a receiver does not take it for the moment, but for its window.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// Most receipts that are held for a system_id; the oldest go first.
const MAX_HELD: usize = 10_000;

/// System_ids without session and receipts that are remembered, for the number of their binds.
const MAX_IDLE: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_sessions_as_may_be() {
        let mut peers = Peers::default();
        assert!(peers.bind(1, "me", Some(2)) && peers.bind(2, "me", Some(2)) && !peers.bind(3, "me", Some(2)));
        assert!(peers.bind(2, "me", Some(2)) && peers.bind(4, "you", Some(1)));
        peers.close(1);
        peers.close(1);
        assert!(peers.bind(3, "me", Some(2)) && !peers.bind(5, "me", Some(2)));
        assert_eq!((peers.count_pdu(3), peers.count_pdu(3), peers.count_pdu(4)), ((3, 1), (3, 2), (1, 1)));
    }

    #[test]
    fn what_is_put_back_is_in_its_place_and_the_oldest_goes() {
        let mut peer = Peer::default();
        for number in 0..3 {
            assert!(peer.hold(DeliverSm::default(), Some(number)).is_none());
        }
        let (first, second) = (peer.held.pop_front().unwrap(), peer.held.pop_front().unwrap());
        peer.put_back(first);
        peer.put_back(second);
        assert!(peer.held.iter().map(|parcel| parcel.message).eq([0, 1, 2].map(Some)));
        peer.retrying = MAX_HELD - 3;
        assert!(!peer.may_retry());
        assert_eq!(peer.hold(DeliverSm::default(), Some(3)).unwrap().message, Some(0));
    }

    #[test]
    fn names_without_anything_are_forgotten_in_time() {
        let mut peers = Peers::default();
        for session in 0..3 * MAX_IDLE as u64 {
            peers.bind(session, &session.to_string(), None);
            if session > 0 {
                peers.close(session);
            }
        }
        assert!(peers.by_system_id.len() <= MAX_IDLE + 1 && peers.by_system_id.contains_key("0"));
        assert_eq!(peers.sessions.len(), 1);
    }
}
