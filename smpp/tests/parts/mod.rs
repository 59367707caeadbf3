//! Parts of messages, and what becomes of them.

#![allow(dead_code, reason = "no test file uses all of it")]

use std::time::{Duration, Instant};

use smpp::pdu::DeliverSm;
use smpp::sms::*;
use smpp::value::EsmClass;

pub(crate) const UDHI: EsmClass = EsmClass(0x40);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) fn gsm() -> Profile {
    Profile::default()
}

pub(crate) fn reassembler(limits: ReassemblyLimits) -> Reassembler {
    Reassembler::with_store(gsm(), MemoryStore::new(limits))
}

/// A deliver_sm that is a part, with an 8-bit reference.
pub(crate) fn part(source: &str, reference: u8, total: u8, number: u8, text: &[u8]) -> DeliverSm<'static> {
    let header = [5, 0, 3, reference, total, number];
    DeliverSm::default()
        .with_source_addr(source.to_owned())
        .with_destination_addr("4179")
        .with_esm_class(UDHI)
        .with_short_message([&header, text].concat())
}

pub(crate) fn push(reassembler: &Reassembler, now: Instant, pdu: &DeliverSm<'_>) -> Pushed {
    let Ok(pushed) = reassembler.push(now, &Message::from(pdu));
    pushed
}

/// What becomes of a part, with nothing dropped.
pub(crate) fn outcome(reassembler: &Reassembler, pdu: &DeliverSm<'_>) -> Reassembly {
    let Pushed { outcome, dropped } = push(reassembler, Instant::now(), pdu);
    assert_eq!(dropped, []);
    outcome
}

pub(crate) fn completes(outcome: Reassembly) -> Joined {
    match outcome {
        Reassembly::Complete(message) => *message,
        outcome => panic!("{outcome:?}"),
    }
}
