//! Whether a store keeps the contract.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use super::{Added, AddedAs, DroppedBecause, DroppedParts, PartKey, PartSet, PartStore, StoredPart};
use crate::pdu::DeliverSm;
use crate::sms::{Concatenation, ConcatenationForm, Message};

/// Tries out whether a store keeps the contract of [`PartStore`], from several threads too: for the tests of a store of
/// your own.
///
/// `fresh` makes stores that are empty, or in which nothing is known of the keys that were used before; the clock of
/// the store must not run out while it is tried, and it needs room for some 1,000 parts of some 100 octets. How a
/// store expires what waits depends on its clock, and is not tried.
///
/// ```
/// use smpp::sms::{MemoryStore, check_part_store};
///
/// check_part_store(MemoryStore::default)?;
/// # Ok::<(), smpp::sms::PartStoreFault>(())
/// ```
///
/// # Errors
/// Names the rule that the store breaks, and what it did instead.
pub fn check_part_store<S>(fresh: impl Fn() -> S) -> Result<(), PartStoreFault>
where
    S: PartStore<Error: Debug> + Sync,
{
    let check = |rule, run: fn(&Tried<'_, S>) -> Result<(), String>| {
        run(&Tried { store: &fresh(), now: Instant::now() }).map_err(|what| PartStoreFault { rule, what })
    };
    check("parts wait in any order, and all of them are taken out with the last", any_order)?;
    check("a message of one part is complete at once", one_part)?;
    check("a part that waits is a duplicate when it comes again", duplicates_while_waiting)?;
    check("a part of a complete message is a duplicate when it comes again", duplicates_after_completion)?;
    check("another part of the same number begins anew, and what waited is dropped", superseded)?;
    check("another part of a complete message begins anew", begun_again)?;
    check("parts are kept apart by all that is in a key", keys_apart)?;
    check("what is put back waits for what is missing", put_back)?;
    check("what is put back gives way to another message", put_back_too_late)?;
    check("of several threads one gets each message", several_threads)
}

/// How a store breaks the contract of [`PartStore`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartStoreFault {
    /// The rule.
    pub rule: &'static str,
    /// What the store did instead.
    pub what: String,
}

impl fmt::Display for PartStoreFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.what)
    }
}

impl std::error::Error for PartStoreFault {}

/// A store that is tried.
struct Tried<'s, S> {
    store: &'s S,
    now: Instant,
}

impl<S: PartStore<Error: Debug>> Tried<'_, S> {
    fn add(&self, key: &PartKey, part: &StoredPart) -> Result<Added, String> {
        let added = self.store.add(self.now, key.clone(), part.clone());
        added.map_err(|error| format!("an error: {error:?}"))
    }

    /// Adds a part, of which this must become, with nothing given up for it.
    fn adds(&self, key: &PartKey, part: &StoredPart, expected: &AddedAs) -> Result<(), String> {
        let Added { part: added, dropped } = self.add(key, part)?;
        same(&format!("part {} of {}", part.number(), key.total()), &added, expected)?;
        same("what was dropped", &dropped, &Vec::new())
    }

    fn puts_back(&self, set: PartSet, expected: &[DroppedParts]) -> Result<(), String> {
        let dropped = self.store.put_back(self.now, set).map_err(|error| format!("an error: {error:?}"))?;
        same("what was dropped", &dropped, &expected.to_vec())
    }
}

fn same<T: Debug + PartialEq>(what: &str, found: &T, expected: &T) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what}: {found:?} instead of {expected:?}")) }
}

fn any_order<S: PartStore<Error: Debug>>(tried: &Tried<'_, S>) -> Result<(), String> {
    for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
        let message = Sample { source: format!("{order:?}"), ..Sample::of(3) };
        let (key, parts) = (message.key(), message.parts());
        tried.adds(&key, &parts[order[0] - 1], &AddedAs::Waiting { have: 1 })?;
        tried.adds(&key, &parts[order[1] - 1], &AddedAs::Waiting { have: 2 })?;
        tried.adds(&key, &parts[order[2] - 1], &message.complete())?;
    }
    Ok(())
}

fn one_part<S: PartStore<Error: Debug>>(tried: &Tried<'_, S>) -> Result<(), String> {
    let message = Sample::of(1);
    tried.adds(&message.key(), &message.part(1), &message.complete())?;
    tried.adds(&message.key(), &message.part(1), &AddedAs::Duplicate)
}

fn duplicates_while_waiting<S: PartStore<Error: Debug>>(tried: &Tried<'_, S>) -> Result<(), String> {
    let message = Sample::of(3);
    // TLVs may differ from one delivery to the next, and the first one counts.
    let again = Sample { user_message_reference: 9, ..message.clone() };
    tried.adds(&message.key(), &message.part(2), &AddedAs::Waiting { have: 1 })?;
    tried.adds(&message.key(), &again.part(2), &AddedAs::Duplicate)?;
    tried.adds(&message.key(), &message.part(1), &AddedAs::Waiting { have: 2 })?;
    tried.adds(&message.key(), &message.part(1), &AddedAs::Duplicate)?;
    tried.adds(&message.key(), &message.part(3), &message.complete())
}

fn duplicates_after_completion<S: PartStore<Error: Debug>>(tried: &Tried<'_, S>) -> Result<(), String> {
    let message = Sample::of(2);
    tried.adds(&message.key(), &message.part(1), &AddedAs::Waiting { have: 1 })?;
    tried.adds(&message.key(), &message.part(2), &message.complete())?;
    for number in [1, 2, 2, 1] {
        tried.adds(&message.key(), &message.part(number), &AddedAs::Duplicate)?;
    }
    Ok(())
}

fn superseded<S: PartStore<Error: Debug>>(tried: &Tried<'_, S>) -> Result<(), String> {
    let old = Sample { text: "old", ..Sample::of(3) };
    for new in [Sample { text: "new", ..old.clone() }, Sample { data_coding: 8, ..old.clone() }] {
        let key = Sample { source: format!("{new:?}"), ..old.clone() }.key();
        tried.adds(&key, &old.part(1), &AddedAs::Waiting { have: 1 })?;
        tried.adds(&key, &old.part(2), &AddedAs::Waiting { have: 2 })?;
        let set = PartSet { key: key.clone(), parts: vec![old.part(1), old.part(2)] };
        let dropped = vec![DroppedParts { set, reason: DroppedBecause::Superseded }];
        let added = tried.add(&key, &new.part(2))?;
        same("the part", &added, &Added { part: AddedAs::Waiting { have: 1 }, dropped })?;
        tried.adds(&key, &new.part(1), &AddedAs::Waiting { have: 2 })?;
        tried.adds(&key, &new.part(3), &AddedAs::Complete(PartSet { key: key.clone(), parts: new.parts() }))?;
    }
    Ok(())
}

fn begun_again<S: PartStore<Error: Debug>>(tried: &Tried<'_, S>) -> Result<(), String> {
    let old = Sample { text: "old", ..Sample::of(2) };
    let new = Sample { text: "new", ..Sample::of(2) };
    for message in [&old, &new, &old] {
        tried.adds(&message.key(), &message.part(2), &AddedAs::Waiting { have: 1 })?;
        tried.adds(&message.key(), &message.part(1), &message.complete())?;
        tried.adds(&message.key(), &message.part(2), &AddedAs::Duplicate)?;
    }
    Ok(())
}

fn keys_apart<S: PartStore<Error: Debug>>(tried: &Tried<'_, S>) -> Result<(), String> {
    let one = Sample::of(2);
    let messages = [
        one.clone(),
        Sample { source: "other".into(), ..one.clone() },
        Sample { destination: "other", ..one.clone() },
        Sample { source: one.destination.into(), destination: "source", ..one.clone() },
        Sample { reference: 0x0101, ..one.clone() },
        Sample { total: 3, ..one.clone() },
        Sample { form: ConcatenationForm::Udh16, ..one.clone() },
        Sample { form: ConcatenationForm::Sar, ..one.clone() },
        Sample { scope: "other", ..one },
    ];
    for message in &messages {
        tried.adds(&message.key(), &message.part(1), &AddedAs::Waiting { have: 1 })?;
    }
    for message in messages.iter().filter(|message| message.total == 2) {
        tried.adds(&message.key(), &message.part(2), &message.complete())?;
    }
    Ok(())
}

fn put_back<S: PartStore<Error: Debug>>(tried: &Tried<'_, S>) -> Result<(), String> {
    let message = Sample::of(3);
    for number in [1, 3] {
        tried.add(&message.key(), &message.part(number))?;
    }
    for _ in 0..2 {
        tried.adds(&message.key(), &message.part(2), &message.complete())?;
        tried.puts_back(PartSet { key: message.key(), parts: vec![message.part(1), message.part(3)] }, &[])?;
        tried.adds(&message.key(), &message.part(3), &AddedAs::Duplicate)?;
    }
    tried.adds(&message.key(), &message.part(2), &message.complete())?;
    tried.puts_back(PartSet { key: message.key(), parts: Vec::new() }, &[])?;
    tried.adds(&message.key(), &message.part(2), &AddedAs::Waiting { have: 1 })
}

fn put_back_too_late<S: PartStore<Error: Debug>>(tried: &Tried<'_, S>) -> Result<(), String> {
    let old = Sample { text: "old", ..Sample::of(2) };
    let new = Sample { text: "new", ..Sample::of(2) };
    tried.adds(&old.key(), &old.part(1), &AddedAs::Waiting { have: 1 })?;
    tried.adds(&old.key(), &old.part(2), &old.complete())?;
    tried.adds(&new.key(), &new.part(1), &AddedAs::Waiting { have: 1 })?;
    let set = PartSet { key: old.key(), parts: vec![old.part(1)] };
    tried.puts_back(set.clone(), &[DroppedParts { set, reason: DroppedBecause::Superseded }])?;
    tried.adds(&new.key(), &new.part(2), &new.complete())
}

fn several_threads<S: PartStore<Error: Debug> + Sync>(tried: &Tried<'_, S>) -> Result<(), String> {
    const THREADS: usize = 4;
    const MESSAGES: usize = 100;
    let sample = |number: usize| Sample { source: number.to_string(), ..Sample::of(5) };
    let completed = Mutex::new(BTreeMap::new());
    let bring = |thread: usize| -> Result<(), String> {
        for step in 0..MESSAGES * 5 {
            let message = sample(step / 5);
            // Every thread brings every part, each in another order.
            let part = message.part(((step * [1, 2, 3, 4][thread] + thread) % 5 + 1) as u8);
            let added = tried.add(&message.key(), &part)?;
            same("what was dropped", &added.dropped, &Vec::new())?;
            if let AddedAs::Complete(set) = added.part {
                same("the parts of a complete message", &set.parts, &message.parts())?;
                *completed.lock().map_err(|error| error.to_string())?.entry(step / 5).or_insert(0) += 1;
            }
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || bring(thread))).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a panic".to_owned())?)
    })?;
    let expected: BTreeMap<_, _> = (0..MESSAGES).map(|number| (number, 1)).collect();
    same("how often each message was complete", &*completed.lock().map_err(|error| error.to_string())?, &expected)
}

/// A message in parts.
#[derive(Debug, Clone)]
struct Sample {
    scope: &'static str,
    source: String,
    destination: &'static str,
    reference: u16,
    total: u8,
    form: ConcatenationForm,
    data_coding: u8,
    text: &'static str,
    user_message_reference: u16,
}

impl Sample {
    fn of(total: u8) -> Self {
        Self {
            scope: "scope",
            source: "source".into(),
            destination: "destination",
            reference: 1,
            total,
            form: ConcatenationForm::Udh8,
            data_coding: 0,
            text: "text",
            user_message_reference: 7,
        }
    }

    fn key(&self) -> PartKey {
        let Self { reference, total, form, .. } = *self;
        let pdu = self.pdu(1);
        PartKey::new(self.scope.as_bytes(), &Message::from(&pdu), Concatenation { reference, total, part: 1, form })
    }

    fn part(&self, number: u8) -> StoredPart {
        StoredPart::new(number, &Message::from(&self.pdu(number)))
    }

    fn parts(&self) -> Vec<StoredPart> {
        (1..=self.total).map(|number| self.part(number)).collect()
    }

    fn complete(&self) -> AddedAs {
        AddedAs::Complete(PartSet { key: self.key(), parts: self.parts() })
    }

    fn pdu(&self, number: u8) -> DeliverSm<'_> {
        DeliverSm::default()
            .with_source_addr(&self.source)
            .with_destination_addr(self.destination)
            .with_data_coding(self.data_coding)
            .with_short_message(format!("{} {number}", self.text))
            .with_user_message_reference(self.user_message_reference)
    }
}
