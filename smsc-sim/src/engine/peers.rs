//! What is known of each system_id.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use smpp::server::SessionHandle;
use smpp::value::{Npi, Ton};

use super::parcels::{Load, Parcel, Purpose};
use super::range::AddressRange;
use crate::account::Bucket;

/// Every system_id that has something here.
pub(super) struct Peers {
    by_system_id: HashMap<String, Peer>,
    /// How many system_ids there may be before those that have nothing here any more are forgotten.
    limit: usize,
    /// Most parcels that wait for a system_id, and for all; the oldest go first.
    max_waiting: usize,
    max_waiting_in_all: usize,
    waiting_in_all: usize,
    /// Of the latest parcel.
    serial: u64,
    /// Up to here everything was given up.
    cleared: u64,
    /// Delivery pending flags: mobiles, and who wants to know when they can be reached.
    flags: BTreeMap<Vec<u8>, BTreeSet<String>>,
}

/// Where what is for a system_id goes.
#[derive(Default)]
pub(super) struct Peer {
    binds: u64,
    /// Binds that were asked for, let in or not.
    asks: u64,
    /// PDUs towards it that rules were asked about.
    outbound: u64,
    sessions: usize,
    /// What its rate leaves.
    pub(super) bucket: Bucket,
    receivers: Vec<Receiver>,
    /// Which receiver is next.
    turn: usize,
    /// What no receiver has taken yet, in the order it came.
    held: VecDeque<Parcel>,
    /// How many wait to be tried again, or for their time.
    retrying: usize,
    /// Whether something is taken out of `held` that may be put back.
    pub(super) flushing: bool,
    /// Whether what is held is going to be sent as far as it can be.
    pub(super) is_due: bool,
    /// Whether that is going to be tried again because a receiver took nothing for the moment.
    pub(super) is_pausing: bool,
}

struct Receiver {
    session: SessionHandle,
    range: AddressRange,
}

impl Peers {
    pub(super) fn new(max_messages: usize) -> Self {
        let max_waiting = max_messages.max(MIN_WAITING);
        Self {
            by_system_id: HashMap::new(),
            limit: MAX_IDLE,
            max_waiting,
            max_waiting_in_all: max_waiting.saturating_mul(SHARES),
            waiting_in_all: 0,
            serial: 0,
            cleared: 0,
            flags: BTreeMap::new(),
        }
    }

    /// Counts a bind that is asked for, and returns which it is.
    pub(super) fn asked(&mut self, system_id: &str) -> u64 {
        let peer = self.entry(system_id);
        peer.asks += 1;
        peer.asks
    }

    /// Counts a PDU towards a system_id that rules are asked about. Returns which bind was the last, and which PDU it is.
    pub(super) fn outbound(&mut self, system_id: &str) -> (u64, u64) {
        let peer = self.entry(system_id);
        peer.outbound += 1;
        (peer.binds, peer.outbound)
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
            peer.remove_receiver(session);
        }
    }

    /// A session that is over receives nothing.
    pub(super) fn leave(&mut self, session: u64, system_id: &str) {
        if let Some(peer) = self.by_system_id.get_mut(system_id) {
            peer.remove_receiver(session);
        }
    }

    /// Counts binds from the beginning again.
    pub(super) fn forget_binds(&mut self) {
        self.by_system_id.values_mut().for_each(|peer| (peer.binds, peer.asks, peer.outbound) = (0, 0, 0));
    }

    pub(super) fn add_receiver(&mut self, system_id: &str, session: &SessionHandle, range: AddressRange) {
        self.entry(system_id).receivers.push(Receiver { session: session.clone(), range });
    }

    /// Who is to get what goes to an address: of those that can receive, one whose address_range names it, or else one
    /// that has bound without a range. Of several it is always the same, the first by name, as long as they are bound.
    pub(super) fn route(&self, ton: Ton, npi: Npi, addr: &[u8]) -> Option<&str> {
        let serves = |is_one: &dyn Fn(&AddressRange) -> bool| {
            let peers = self.by_system_id.iter();
            let serving = peers.filter(|(_, peer)| peer.receivers.iter().any(|receiver| is_one(&receiver.range)));
            serving.map(|(system_id, _)| system_id.as_str()).min()
        };
        serves(&|range| range.names(ton, npi, addr)).or_else(|| serves(&AddressRange::is_open))
    }

    /// The same, but only one whose address_range names it.
    pub(super) fn named_route(&self, ton: Ton, npi: Npi, addr: &[u8]) -> Option<&str> {
        let names = |peer: &Peer| peer.receivers.iter().any(|receiver| receiver.range.names(ton, npi, addr));
        self.by_system_id.iter().filter(|(_, peer)| names(peer)).map(|(system_id, _)| system_id.as_str()).min()
    }

    /// Sets the delivery pending flag of a mobile for an ESME. Where there are too many flags, another comes down.
    pub(super) fn set_flag(&mut self, mobile: &[u8], system_id: &str) {
        if self.flags.len() >= MAX_FLAGS && !self.flags.contains_key(mobile) {
            self.flags.pop_first();
        }
        let flagged = self.flags.entry(mobile.to_owned()).or_default();
        if flagged.len() < MAX_FLAGGED {
            flagged.insert(system_id.to_owned());
        }
    }

    pub(super) fn has_flags(&self) -> bool {
        !self.flags.is_empty()
    }

    /// Takes down the flags of a mobile, and returns for whom they were set.
    pub(super) fn take_flags(&mut self, mobile: &[u8]) -> BTreeSet<String> {
        self.flags.remove(mobile).unwrap_or_default()
    }

    /// The next receiver in turn of a system_id.
    pub(super) fn receiver(&mut self, system_id: &str) -> Option<SessionHandle> {
        self.by_system_id.get_mut(system_id)?.next_receiver(&[])
    }

    /// Makes a parcel, to be held at once or later.
    pub(super) fn parcel(&mut self, load: Load, purpose: Purpose) -> Parcel {
        self.serial += 1;
        Parcel::new(load, purpose, self.serial)
    }

    /// Takes a new parcel for a system_id. Returns those that have to go for it: the oldest, if too many wait.
    #[must_use]
    pub(super) fn hold(&mut self, system_id: &str, parcel: Parcel) -> Vec<Parcel> {
        let max = self.max_waiting;
        let peer = self.entry(system_id);
        let mut gone = Vec::new();
        if peer.held.len() + peer.retrying >= max {
            gone.extend(peer.held.pop_front());
        }
        peer.put_back(parcel);
        self.waiting_in_all = (self.waiting_in_all + 1).saturating_sub(gone.len());
        if self.waiting_in_all > self.max_waiting_in_all {
            gone.extend(self.drop_the_oldest());
        }
        gone
    }

    /// Makes room in all: one in a hundred of what is held goes, the oldest. Whoever binds under many names and takes
    /// nothing must not fill the memory.
    fn drop_the_oldest(&mut self) -> Vec<Parcel> {
        let mut serials: Vec<u64> =
            self.by_system_id.values().flat_map(|peer| peer.held.iter().map(|parcel| parcel.serial)).collect();
        if serials.is_empty() {
            return Vec::new();
        }
        let last = (serials.len() / 100).min(serials.len() - 1);
        let (_, &mut last, _) = serials.select_nth_unstable(last);
        let mut gone = Vec::new();
        for peer in self.by_system_id.values_mut() {
            while peer.held.front().is_some_and(|parcel| parcel.serial <= last) {
                gone.extend(peer.held.pop_front());
            }
        }
        self.waiting_in_all = self.waiting_in_all.saturating_sub(gone.len());
        gone
    }

    /// The next parcel for a system_id with a receiver for it, which is none of those that are `full`.
    pub(super) fn next(&mut self, system_id: &str, full: &[u64]) -> Option<(SessionHandle, Parcel)> {
        let peer = self.by_system_id.get_mut(system_id)?;
        peer.is_due = false;
        let receiver = if peer.held.is_empty() { None } else { peer.next_receiver(full) };
        let next = receiver.and_then(|receiver| Some((receiver, peer.held.pop_front()?)));
        peer.flushing = next.is_some();
        if next.is_some() {
            self.waiting_in_all = self.waiting_in_all.saturating_sub(1);
        }
        next
    }

    /// Takes a parcel back that was not delivered, to its place in the order.
    pub(super) fn put_back(&mut self, system_id: &str, parcel: Parcel) {
        if parcel.serial > self.cleared {
            self.entry(system_id).put_back(parcel);
            self.waiting_in_all += 1;
        }
    }

    /// Whether one more may wait to be tried again, which is then counted.
    pub(super) fn retry(&mut self, system_id: &str) -> bool {
        let (max, max_in_all) = (self.max_waiting, self.max_waiting_in_all);
        let in_all = self.waiting_in_all;
        let peer = self.entry(system_id);
        let may = peer.held.len() + peer.retrying < max && in_all < max_in_all;
        peer.retrying += usize::from(may);
        self.waiting_in_all += usize::from(may);
        may
    }

    /// One that was counted waits no longer.
    pub(super) fn retried(&mut self, system_id: &str) {
        let peer = self.entry(system_id);
        peer.retrying = peer.retrying.saturating_sub(1);
        self.waiting_in_all = self.waiting_in_all.saturating_sub(1);
    }

    /// Gives up everything, and returns what is held of it.
    pub(super) fn clear(&mut self) -> Vec<Parcel> {
        self.cleared = self.serial;
        self.flags.clear();
        let gone: Vec<_> = self.by_system_id.values_mut().flat_map(|peer| peer.held.drain(..)).collect();
        self.waiting_in_all = self.waiting_in_all.saturating_sub(gone.len());
        gone
    }

    /// The oldest that is held for a system_id.
    #[cfg(test)]
    pub(super) fn take(&mut self, system_id: &str) -> Option<Parcel> {
        let parcel = self.by_system_id.get_mut(system_id)?.held.pop_front()?;
        self.waiting_in_all -= 1;
        Some(parcel)
    }

    /// How many parcels wait for anyone.
    #[cfg(test)]
    pub(super) fn waiting_in_all(&self) -> usize {
        self.waiting_in_all
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
    fn next_receiver(&mut self, full: &[u64]) -> Option<SessionHandle> {
        let count = self.receivers.len();
        let place = (1..=count)
            .map(|step| (self.turn + step) % count)
            .find(|&place| self.receivers.get(place).is_some_and(|receiver| !full.contains(&receiver.session.id())))?;
        self.turn = place;
        self.receivers.get(place).map(|receiver| receiver.session.clone())
    }

    pub(super) fn remove_receiver(&mut self, session: u64) {
        self.receivers.retain(|receiver| receiver.session.id() != session);
    }

    pub(super) fn has_held(&self) -> bool {
        !self.held.is_empty()
    }

    fn put_back(&mut self, parcel: Parcel) {
        let place = self.held.partition_point(|other| other.serial < parcel.serial);
        self.held.insert(place, parcel);
    }
}

/// How long a parcel waits when a receiver does not take it for the moment, but for its window.
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// Parcels that may wait for a system_id at least; more if more messages are kept.
const MIN_WAITING: usize = 10_000;

/// How many times as many may wait for all system_ids together.
const SHARES: usize = 10;

/// Mobiles with a delivery pending flag, and ESMEs that one mobile may have it for.
const MAX_FLAGS: usize = 10_000;
const MAX_FLAGGED: usize = 10;

/// System_ids without session and parcels that are remembered, for the number of their binds.
const MAX_IDLE: usize = 10_000;

#[cfg(test)]
mod tests {
    use smpp::pdu::DeliverSm;

    use super::*;

    fn hold(peers: &mut Peers, system_id: &str, message: u64) -> Vec<u64> {
        let parcel = peers.parcel(Load::from(DeliverSm::default()), Purpose::Receipt(message));
        peers.hold(system_id, parcel).iter().map(number).collect()
    }

    fn number(parcel: &Parcel) -> u64 {
        let Purpose::Receipt(number) = parcel.purpose else { panic!("{:?}", parcel.purpose) };
        number
    }

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
        for message in 0..3 {
            assert!(hold(&mut peers, "me", message).is_empty());
        }
        let peer = peers.entry("me");
        let (first, second) = (peer.held.pop_front().unwrap(), peer.held.pop_front().unwrap());
        peer.put_back(first);
        peer.put_back(second);
        assert!(peer.held.iter().map(number).eq([0, 1, 2]));
        peer.retrying = MIN_WAITING - 4;
        assert!(peers.retry("me") && !peers.retry("me"));
        assert_eq!(hold(&mut peers, "me", 3), [0]);
    }

    #[test]
    fn in_all_there_is_a_limit_too_and_the_oldest_of_whomever_go() {
        let mut peers = Peers::new(1);
        let all = MIN_WAITING * SHARES;
        for message in 0..all as u64 {
            assert!(hold(&mut peers, &(message % 100).to_string(), message).is_empty());
        }
        let mut gone = hold(&mut peers, "new", all as u64);
        gone.sort_unstable();
        assert!(gone.into_iter().eq(0..1 + all as u64 / 100));
        assert!(hold(&mut peers, "new", 1 + all as u64).is_empty());
        assert_eq!(peers.clear().len(), peers.max_waiting_in_all - all / 100 + 1);
        assert_eq!(peers.waiting_in_all, 0);
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
