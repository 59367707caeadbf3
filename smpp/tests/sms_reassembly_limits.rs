//! What waits for its message is bounded, whatever an attacker sends, and nothing is lost without a word.

mod parts;

use std::time::{Duration, Instant};

use allocation_counter::measure;
use proptest::collection::vec;
use proptest::prelude::*;
use smpp::pdu::DeliverSm;
use smpp::sms::*;

use parts::*;

/// What comes out of a flood: how many parts waited in the end, and how many were handed out.
fn flood(limits: ReassemblyLimits, parts: impl Iterator<Item = DeliverSm<'static>>) -> (Reassembler, usize, usize) {
    let reassembler = reassembler(limits);
    let (mut pushed_parts, mut dropped_parts) = (0, 0);
    for pdu in parts {
        let pushed = push(&reassembler, Instant::now(), &pdu);
        assert!(matches!(pushed.outcome, Reassembly::Waiting { have: 1, .. }), "{pushed:?}");
        pushed_parts += 1;
        for dropped in &pushed.dropped {
            assert_eq!(dropped.reason, DroppedBecause::NoRoom);
            dropped_parts += parts_of(dropped);
        }
        let usage = reassembler.store().usage();
        assert!(usage.messages <= limits.messages && usage.octets <= limits.octets, "{usage:?}");
    }
    (reassembler, pushed_parts, dropped_parts)
}

/// How many parts are there of a message that will not be complete.
fn parts_of(DroppedMessage { message, .. }: &DroppedMessage) -> usize {
    usize::from(message.total()) - message.missing().count()
}

#[test]
fn messages_are_bounded_and_the_oldest_go() {
    let limits = ReassemblyLimits { messages: 10, ..ReassemblyLimits::default() };
    let parts = (0..1_000).map(|number| part(&number.to_string(), 1, 2, 1, b"flood"));
    let (reassembler, pushed, dropped) = flood(limits, parts);
    assert_eq!((pushed, dropped, reassembler.store().usage().messages), (1_000, 990, 10));
    for number in 990..1_000 {
        completes(outcome(&reassembler, &part(&number.to_string(), 1, 2, 2, b"!")));
    }
}

#[test]
fn octets_are_bounded_whatever_they_are_of() {
    let limits = ReassemblyLimits { octets: 50_000, ..ReassemblyLimits::default() };
    let long = "9".repeat(60_000);
    let of: [(&str, &dyn Fn(usize) -> DeliverSm<'static>); 4] = [
        ("texts", &|number| part(&number.to_string(), 1, 2, 1, &[b'x'; 150])),
        ("nothing", &|number| part(&number.to_string(), 1, 255, 1, b"")),
        ("TLVs", &|number| {
            let mut pdu = part(&number.to_string(), 1, 2, 1, b"x");
            (0..20).for_each(|tag| pdu.tlvs.push_raw(0x1400 + tag, &[0; 200]));
            pdu
        }),
        ("addresses", &|number| part(&(number.to_string() + &long[..20_000]), 1, 2, 1, b"x")),
    ];
    for (what, pdu) in of {
        let (reassembler, pushed, dropped) = flood(limits, (0..500).map(pdu));
        let waiting = reassembler.store().usage().messages;
        assert_eq!((pushed, dropped), (500, 500 - waiting), "{what}");
        assert!(waiting < 160, "{waiting} {what}");
    }
    // A part that no room could be made for is refused, and nothing is given up for it.
    let reassembler = reassembler(limits);
    outcome(&reassembler, &part("1", 1, 2, 1, b"x"));
    assert_eq!(outcome(&reassembler, &part("2", 1, 2, 1, long.as_bytes())), Reassembly::NoRoom);
    assert_eq!(outcome(&reassembler, &part("1", 1, 2, 2, long.as_bytes())), Reassembly::NoRoom);
    completes(outcome(&reassembler, &part("1", 1, 2, 2, b"y")));
}

/// The message that a part was just added to stays, even if it is the oldest and the others have to go.
#[test]
fn room_is_made_by_others() {
    let reassembler = reassembler(ReassemblyLimits { octets: 4_000, ..ReassemblyLimits::default() });
    outcome(&reassembler, &part("1", 1, 20, 1, &[b'1'; 100]));
    outcome(&reassembler, &part("2", 1, 20, 1, &[b'2'; 100]));
    let mut dropped = Vec::new();
    for number in 2..=19 {
        let pushed = push(&reassembler, Instant::now(), &part("1", 1, 20, number, &[b'1'; 100]));
        assert_eq!(pushed.outcome, Reassembly::Waiting { have: number, total: 20 });
        dropped.extend(pushed.dropped.into_iter().map(|dropped| dropped.message.source.to_string()));
    }
    assert_eq!(dropped, ["2"]);
}

#[test]
fn what_is_remembered_is_bounded_and_gives_way_to_what_waits() {
    let limits = ReassemblyLimits { remembered: 10, ..ReassemblyLimits::default() };
    let reassembler = reassembler(limits);
    let complete = |reassembler: &Reassembler, source: &str| {
        outcome(reassembler, &part(source, 1, 2, 1, b"x"));
        completes(outcome(reassembler, &part(source, 1, 2, 2, b"x")));
    };
    for number in 0..1_000 {
        complete(&reassembler, &number.to_string());
        assert!(reassembler.store().usage().remembered <= 10);
    }
    assert_eq!(outcome(&reassembler, &part("999", 1, 2, 1, b"x")), Reassembly::Duplicate);
    complete(&reassembler, "0");

    let reassembler = self::reassembler(ReassemblyLimits { octets: 10_000, ..limits });
    for number in 0..10 {
        complete(&reassembler, &number.to_string());
    }
    assert_eq!(outcome(&reassembler, &part("1", 2, 2, 1, &[b'x'; 9_000])), Reassembly::Waiting { have: 1, total: 2 });
    let usage = reassembler.store().usage();
    assert!(usage.remembered < 3 && usage.octets <= 10_000, "{usage:?}");
}

/// Limits of nothing are limits as well.
#[test]
fn limits_of_nothing_lose_nothing() {
    let limits = ReassemblyLimits { messages: 0, remembered: 0, ..ReassemblyLimits::default() };
    let reassembler = reassembler(limits);
    outcome(&reassembler, &part("1", 1, 2, 1, b"a"));
    let pushed = push(&reassembler, Instant::now(), &part("2", 1, 2, 1, b"b"));
    assert_eq!(pushed.dropped.len(), 1);
    assert_eq!(completes(outcome(&reassembler, &part("2", 1, 2, 2, b"c"))).text.as_deref(), Some("bc"));
    assert_eq!(reassembler.store().usage(), ReassemblyUsage::default());
    let reassembler = self::reassembler(ReassemblyLimits { octets: 0, ..limits });
    assert_eq!(outcome(&reassembler, &part("1", 1, 2, 1, b"a")), Reassembly::NoRoom);
    let reassembler = self::reassembler(ReassemblyLimits { age: Duration::ZERO, ..ReassemblyLimits::default() });
    outcome(&reassembler, &part("1", 1, 2, 1, b"a"));
    assert_eq!(push(&reassembler, Instant::now(), &part("1", 1, 2, 2, b"b")).dropped.len(), 1);
}

/// What the store says that it holds is about what the allocator gave it, whatever the flood is made of.
#[test]
fn octets_are_those_of_the_allocator() {
    let limits = ReassemblyLimits { octets: 1 << 20, ..ReassemblyLimits::default() };
    let floods: [&dyn Fn(usize) -> DeliverSm<'static>; 4] = [
        &|number| part(&number.to_string(), 1, 255, 1, b""),
        &|number| part(&(number / 100).to_string(), 1, 255, (number % 100) as u8 + 1, b""),
        &|number| part(&number.to_string(), 1, 1, 1, b"x"),
        &|number| part(&number.to_string(), 1, 2, 1, &[b'x'; 3_000]),
    ];
    for (which, flood) in floods.into_iter().enumerate() {
        let mut at_most = 0;
        let info = measure(|| {
            let reassembler = reassembler(limits);
            for number in 0..20_000 {
                push(&reassembler, Instant::now(), &flood(number));
                at_most = at_most.max(reassembler.store().usage().octets);
            }
        });
        assert!(at_most <= limits.octets);
        let room = limits.octets as u64 / 4;
        assert!(info.bytes_max < at_most as u64 + room, "flood {which}: {} of {at_most}", info.bytes_max);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Hostile parts: nothing panics, limits hold, and all that was taken is there, complete, or handed out.
    #[test]
    fn nothing_is_lost_without_a_word(
        parts in vec((0..4_u8, 0..3_u8, 1..5_u8, 0..6_u8, 0..3_u8, 0..200_usize, 0..100_u32), 1..200),
        messages in 0..5_usize,
        remembered in 0..5_usize,
        octets in 0..8_000_usize,
        age in 0..60_u32,
    ) {
        let limits = ReassemblyLimits { messages, remembered, octets, age: age * SECOND, remembered_age: age * SECOND };
        let reassembler = reassembler(limits);
        let mut now = Instant::now();
        let (mut taken, mut handed_out) = (0, 0);
        for (source, reference, total, number, letter, len, later) in parts {
            now += later / 10 * SECOND;
            let pdu = part(&source.to_string(), reference, total, number, &vec![b'a' + letter; len]);
            let Pushed { outcome, dropped } = push(&reassembler, now, &pdu);
            match outcome {
                Reassembly::Waiting { .. } => taken += 1,
                Reassembly::Complete(message) => {
                    taken += 1;
                    handed_out += usize::from(message.total());
                }
                Reassembly::Duplicate | Reassembly::NoRoom => {}
                Reassembly::Single => prop_assert!(number == 0 || number > total),
            }
            handed_out += dropped.iter().map(parts_of).sum::<usize>();
            let usage = reassembler.store().usage();
            prop_assert!(usage.octets <= octets && usage.messages <= messages.max(1) && usage.remembered <= remembered);
        }
        let Ok(rest) = reassembler.expire(now + 60 * SECOND);
        handed_out += rest.iter().map(parts_of).sum::<usize>();
        prop_assert_eq!(taken, handed_out);
        prop_assert_eq!(reassembler.store().usage(), ReassemblyUsage::default());
    }
}
