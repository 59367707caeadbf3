//! Stores of parts, in memory and of a user's own: those that keep the contract, and those that do not.

mod parts;

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use proptest::collection::vec;
use proptest::prelude::*;
use smpp::pdu::DeliverSm;
use smpp::sms::*;

use parts::*;

#[test]
fn the_store_in_memory_keeps_the_contract() {
    check_part_store(MemoryStore::default).unwrap();
    check_part_store(|| Arc::new(MemoryStore::default())).unwrap();
    check_part_store(|| Box::new(MemoryStore::default())).unwrap();
}

/// A store that holds octets alone, as one does that several processes share; its lock stands for the transaction.
#[derive(Debug, Default)]
struct OctetStore {
    messages: Mutex<HashMap<Vec<u8>, Record>>,
}

#[derive(Debug, Default)]
struct Record {
    is_complete: bool,
    parts: BTreeMap<u8, Vec<u8>>,
}

impl PartStore for OctetStore {
    type Error = &'static str;

    fn add(&self, _: Instant, key: PartKey, part: StoredPart) -> Result<Added, Self::Error> {
        let mut messages = self.messages.lock().map_err(|_| "poisoned")?;
        let record = messages.entry(key.as_octets().to_vec()).or_default();
        let mut dropped = Vec::new();
        match record
            .parts
            .get(&part.number())
            .map(|octets| StoredPart::from_octets(octets).ok_or("no part"))
            .transpose()?
        {
            Some(there) if there.content() == part.content() => {
                return Ok(Added { part: AddedAs::Duplicate, dropped });
            }
            Some(_) => {
                let old = std::mem::take(record);
                if !old.is_complete {
                    let set = PartSet { key: key.clone(), parts: old.parts()? };
                    dropped.push(DroppedParts { set, reason: DroppedBecause::Superseded });
                }
            }
            None => {}
        }
        record.parts.insert(part.number(), part.as_octets().to_vec());
        let have = record.parts.len() as u8;
        record.is_complete = have == key.total();
        let part = match record.is_complete {
            true => AddedAs::Complete(PartSet { parts: record.parts()?, key }),
            false => AddedAs::Waiting { have },
        };
        Ok(Added { part, dropped })
    }

    fn put_back(&self, _: Instant, set: PartSet) -> Result<Vec<DroppedParts>, Self::Error> {
        let mut messages = self.messages.lock().map_err(|_| "poisoned")?;
        let record = messages.entry(set.key.as_octets().to_vec()).or_default();
        if !record.is_complete && !record.parts.is_empty() {
            return Ok(vec![DroppedParts { set, reason: DroppedBecause::Superseded }]);
        }
        let parts = set.parts.iter().map(|part| (part.number(), part.as_octets().to_vec())).collect();
        *record = Record { is_complete: false, parts };
        Ok(vec![])
    }

    fn expire(&self, _: Instant) -> Result<Vec<DroppedParts>, Self::Error> {
        Ok(vec![])
    }
}

impl Record {
    fn parts(&self) -> Result<Vec<StoredPart>, &'static str> {
        self.parts.values().map(|octets| StoredPart::from_octets(octets).ok_or("no part")).collect()
    }
}

/// Two processes with a reassembler each, which share a store, are like one.
#[test]
fn two_processes_share_a_store() {
    check_part_store(OctetStore::default).unwrap();
    let store = Arc::new(OctetStore::default());
    let processes = [(); 2].map(|()| Reassembler::with_store(gsm(), Arc::clone(&store)));
    let push = |process: usize, pdu: &DeliverSm<'_>| {
        processes[process].push(Instant::now(), &Message::from(pdu)).unwrap().outcome
    };
    let pdu = |number: u8| part("1", 1, 3, number, &[b'0' + number]);
    assert_eq!(push(0, &pdu(3)), Reassembly::Waiting { have: 1, total: 3 });
    assert_eq!(push(1, &pdu(3)), Reassembly::Duplicate);
    assert_eq!(push(1, &pdu(1)), Reassembly::Waiting { have: 2, total: 3 });
    assert_eq!(completes(push(0, &pdu(2))).text.as_deref(), Some("123"));
    assert_eq!(push(1, &pdu(2)), Reassembly::Duplicate);
}

#[test]
fn scopes_of_a_store_are_kept_apart() {
    let store = MemoryStore::default();
    let reassembler = |scope: &str| Reassembler::with_store(gsm(), &store).with_scope(scope);
    let push = |scope: &str, pdu: &DeliverSm<'_>| {
        let Ok(pushed) = reassembler(scope).push(Instant::now(), &Message::from(pdu));
        pushed.outcome
    };
    for scope in ["", "a", "b", "a\0"] {
        assert_eq!(push(scope, &part("1", 1, 2, 1, b"x")), Reassembly::Waiting { have: 1, total: 2 }, "{scope}");
    }
    completes(push("a", &part("1", 1, 2, 2, b"y")));
    assert_eq!(push("b", &part("1", 1, 2, 1, b"x")), Reassembly::Duplicate);
}

/// The error of a store is the caller's, and nothing was kept.
#[test]
fn errors_of_a_store_come_through() {
    let store = OctetStore::default();
    thread::scope(|scope| {
        let poison = scope.spawn(|| {
            let _guard = store.messages.lock();
            panic!("to poison the lock");
        });
        poison.join().unwrap_err();
    });
    let reassembler = Reassembler::with_store(gsm(), &store);
    let pushed = reassembler.push(Instant::now(), &Message::from(&part("1", 1, 2, 1, b"x")));
    assert_eq!(pushed, Err("poisoned"));
    let fault = check_part_store(|| &store).unwrap_err();
    assert!(fault.what.contains("poisoned"), "{fault}");
}

/// A store that breaks the contract: it does what it is told wrong with some of what it is given.
struct Broken<F> {
    store: MemoryStore,
    breaks: F,
}

impl<F: Fn(&MemoryStore, Instant, PartKey, StoredPart) -> Added> PartStore for Broken<F> {
    type Error = Infallible;

    fn add(&self, now: Instant, key: PartKey, part: StoredPart) -> Result<Added, Infallible> {
        Ok((self.breaks)(&self.store, now, key, part))
    }

    fn put_back(&self, now: Instant, parts: PartSet) -> Result<Vec<DroppedParts>, Infallible> {
        self.store.put_back(now, parts)
    }

    fn expire(&self, now: Instant) -> Result<Vec<DroppedParts>, Infallible> {
        self.store.expire(now)
    }
}

/// Each fault is found, and the rule that it breaks is named.
#[test]
fn stores_that_break_the_contract_are_found() {
    fn found<F: Fn(&MemoryStore, Instant, PartKey, StoredPart) -> Added + Sync>(
        limits: ReassemblyLimits,
        breaks: F,
    ) -> &'static str {
        let fresh = || Broken { store: MemoryStore::new(limits), breaks: &breaks };
        check_part_store(fresh).map_or_else(|fault| fault.rule, |()| "nothing")
    }
    let add = |store: &MemoryStore, now, key, part| {
        let Ok(added) = store.add(now, key, part);
        added
    };
    let limits = ReassemblyLimits::default();
    assert_eq!(found(limits, add), "nothing");

    let in_disorder = |store: &MemoryStore, now, key, part| {
        let mut added = add(store, now, key, part);
        if let AddedAs::Complete(set) = &mut added.part {
            set.parts.reverse();
        }
        added
    };
    assert_eq!(found(limits, in_disorder), "parts wait in any order, and all of them are taken out with the last");

    let counts_from_0 = |store: &MemoryStore, now, key, part| {
        let mut added = add(store, now, key, part);
        if let AddedAs::Waiting { have } = &mut added.part {
            *have -= 1;
        }
        added
    };
    assert_eq!(found(limits, counts_from_0), "parts wait in any order, and all of them are taken out with the last");

    let forgets = ReassemblyLimits { remembered: 0, ..limits };
    assert_eq!(found(forgets, add), "a message of one part is complete at once");

    let silent = |store: &MemoryStore, now, key, part| Added { dropped: vec![], ..add(store, now, key, part) };
    assert_eq!(found(limits, silent), "another part of the same number begins anew, and what waited is dropped");

    let one_message = ReassemblyLimits { messages: 1, ..limits };
    assert_eq!(found(one_message, add), "parts are kept apart by all that is in a key");

    // Every fiftieth message is lost: only many messages show it.
    let completed = Mutex::new(0);
    let loses = |store: &MemoryStore, now, key, part| {
        let mut added = add(store, now, key, part);
        let mut completed = completed.lock().unwrap();
        *completed += u32::from(matches!(added.part, AddedAs::Complete(_)));
        if *completed == 50 {
            *completed = 0;
            added.part = AddedAs::Duplicate;
        }
        added
    };
    assert_eq!(found(limits, loses), "of several threads one gets each message");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Keys and parts come out of their octets as they went in, and any others are refused without a panic.
    #[test]
    fn keys_and_parts_survive_as_octets(octets in vec(any::<u8>(), 0..60), valid in any::<bool>()) {
        let mut octets = octets;
        if valid && !octets.is_empty() {
            octets[0] = 1;
        }
        if let Some(part) = StoredPart::from_octets(&octets) {
            prop_assert_eq!(part.as_octets(), &octets[..]);
            prop_assert!(part.number() > 0 && part.content().len() < octets.len());
        }
        if let Some(key) = PartKey::from_octets(&octets) {
            prop_assert_eq!(key.as_octets(), &octets[..]);
            let _ = (key.source(), key.destinations().count(), key.form(), format!("{key:?}"));
        }
    }
}
