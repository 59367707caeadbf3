//! What is known of each system_id.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use smpp::pdu::DeliverSm;
use smpp::server::SessionHandle;

use crate::account::Bucket;

/// Every system_id that has something here.
pub(super) struct Peers {
    by_system_id: HashMap<String, Peer>,
    /// How many system_ids there may be before those that have nothing here any more are forgotten.
    limit: usize,
    /// Most receipts that are held for a system_id; the oldest go first.
    max_held: usize,
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
    /// Whether what is held is going to be sent as far as it can be.
    pub(super) is_due: bool,
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
    pub(super) fn new(max_messages: usize) -> Self {
        Self { by_system_id: HashMap::new(), limit: MAX_IDLE, max_held: max_messages.max(MIN_HELD) }
    }

    /// Counts a session that is about to be bound, unless there are as many as may be. Returns which bind it is.
    pub(super) fn bind(&mut self, system_id: &str, max: Option<usize>) -> Option<u64> {
        let peer = self.entry(system_id);
        if max.is_some_and(|max| peer.sessions >= max) {
            return None;
        }
        (peer.sessions, peer.binds) = (peer.sessions + 1, peer.binds + 1);
        Some(peer.binds)
    }

    /// Forgets a session that was counted.
    pub(super) fn close(&mut self, session: u64, system_id: &str) {
        if let Some(peer) = self.by_system_id.get_mut(system_id) {
            peer.sessions = peer.sessions.saturating_sub(1);
            peer.receivers.retain(|receiver| receiver.id() != session);
        }
    }

    /// Takes a new PDU for a system_id. Returns what has to go for it: the oldest, if too many are held.
    pub(super) fn hold(&mut self, system_id: &str, pdu: DeliverSm<'static>, message: Option<u64>) -> Option<Parcel> {
        let max_held = self.max_held;
        let peer = self.entry(system_id);
        let goes = if peer.held.len() + peer.retrying >= max_held { peer.held.pop_front() } else { None };
        peer.parcels += 1;
        peer.held.push_back(Parcel { pdu: Box::new(pdu), message, serial: peer.parcels, refusals: 0 });
        goes
    }

    /// Whether one more may wait to be tried again, which is then counted.
    pub(super) fn retry(&mut self, system_id: &str) -> bool {
        let max_held = self.max_held;
        let peer = self.entry(system_id);
        let may = peer.held.len() + peer.retrying < max_held;
        peer.retrying += usize::from(may);
        may
    }

    pub(super) fn get_mut(&mut self, system_id: &str) -> Option<&mut Peer> {
        self.by_system_id.get_mut(system_id)
    }

    pub(super) fn entry(&mut self, system_id: &str) -> &mut Peer {
        // Where anyone may bind, there is no end of names.
        if self.by_system_id.len() >= self.limit && !self.by_system_id.contains_key(system_id) {
            self.by_system_id.retain(|_, peer| !peer.is_idle());
            self.limit = MAX_IDLE.max(2 * self.by_system_id.len());
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

    /// Takes a PDU back that was not delivered, to its place in the order.
    pub(super) fn put_back(&mut self, parcel: Parcel) {
        let place = self.held.partition_point(|other| other.serial < parcel.serial);
        self.held.insert(place, parcel);
    }
}

/// How long a receipt waits when a receiver does not take it for the moment, but for its window.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// Receipts that may be held for a system_id at least; more if more messages are kept.
const MIN_HELD: usize = 10_000;

/// System_ids without session and receipts that are remembered, for the number of their binds.
const MAX_IDLE: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_sessions_as_may_be() {
        let mut peers = Peers::new(1);
        assert_eq!([2, 2, 2].map(|max| peers.bind("me", Some(max))), [Some(1), Some(2), None]);
        assert_eq!(peers.bind("you", Some(1)), Some(1));
        peers.close(1, "me");
        assert_eq!([2, 2].map(|max| peers.bind("me", Some(max))), [Some(3), None]);
    }

    #[test]
    fn what_is_put_back_is_in_its_place_and_the_oldest_goes() {
        let mut peers = Peers::new(1);
        for number in 0..3 {
            assert!(peers.hold("me", DeliverSm::default(), Some(number)).is_none());
        }
        let peer = peers.entry("me");
        let (first, second) = (peer.held.pop_front().unwrap(), peer.held.pop_front().unwrap());
        peer.put_back(first);
        peer.put_back(second);
        assert!(peer.held.iter().map(|parcel| parcel.message).eq([0, 1, 2].map(Some)));
        peer.retrying = MIN_HELD - 4;
        assert!(peers.retry("me") && !peers.retry("me"));
        assert_eq!(peers.hold("me", DeliverSm::default(), Some(3)).unwrap().message, Some(0));
    }

    #[test]
    fn names_without_anything_are_forgotten_in_time() {
        let mut peers = Peers::new(1);
        for session in 0..3 * MAX_IDLE as u64 {
            peers.bind(&session.to_string(), None);
            if session > 0 {
                peers.close(session, &session.to_string());
            }
        }
        assert!(peers.by_system_id.len() <= MAX_IDLE + 1 && peers.by_system_id.contains_key("0"));
    }
}
