//! Whatever arrives in whatever order: each part that was kept comes out once, in a whole message or in what was given up;
//! whole messages are what was sent; memory stays within its limits.
//!
//! The input is a script of steps of four octets.

#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use smpp::pdu::DeliverSm;
use smpp::sms::{
    Concatenation, ConcatenationForm, DroppedMessage, Joined, MemoryStore, Message, Profile, Pushed, Reassembler,
    Reassembly, ReassemblyLimits, UserDataHeader,
};
use smpp::value::EsmClass;

const LIMITS: ReassemblyLimits = ReassemblyLimits {
    messages: 6,
    remembered: 4,
    octets: 4000,
    age: Duration::from_secs(1000),
    remembered_age: Duration::from_secs(2000),
};

fuzz_target!(|data: &[u8]| {
    let reassembler = Reassembler::with_store(Profile::default(), MemoryStore::new(LIMITS));
    let mut test = Test { reassembler, now: Instant::now(), kept: 0 };
    for (at, step) in data.chunks_exact(4).enumerate() {
        let [what, a, b, c] = [step[0], step[1], step[2], step[3]];
        match what {
            0..=199 => test.push(&part_of(a, b, c)),
            200..=219 => test.put_back(&part_of(a, b, c)),
            220..=234 => test.now += Duration::from_secs(u64::from(a) * 8),
            235..=239 => {
                let Ok(dropped) = test.reassembler.expire(test.now);
                test.gave_up(dropped);
            }
            // Anything at all behind the indicator of a header.
            _ => {
                let rest = &data[at * 4 + 1..];
                let octets = &rest[..rest.len().min(usize::from(a))];
                let pdu = DeliverSm::default().with_source_addr("raw").with_esm_class(EsmClass(0x40));
                test.push(&pdu.with_message_payload(octets));
            }
        }
        test.is_within_limits();
    }
    test.now += LIMITS.age;
    let Ok(dropped) = test.reassembler.expire(test.now);
    test.gave_up(dropped);
    assert_eq!(test.kept, 0, "parts that nobody got");
    assert_eq!(test.reassembler.store().usage().messages, 0);
});

struct Test {
    reassembler: Reassembler,
    now: Instant,
    /// Parts that wait.
    kept: usize,
}

impl Test {
    fn push(&mut self, pdu: &DeliverSm<'_>) {
        let message = Message::from(pdu);
        let concatenation = message.concatenation();
        let Ok(Pushed { outcome, dropped }) = self.reassembler.push(self.now, &message);
        assert_eq!(outcome == Reassembly::Single, concatenation.is_none());
        match outcome {
            Reassembly::Waiting { have, total } => {
                assert!((1..total).contains(&have));
                self.kept += 1;
            }
            Reassembly::Complete(joined) => {
                self.kept += 1;
                self.is_whole(&joined);
                self.kept -= usize::from(joined.total());
                if joined.total() > 1 {
                    self.comes_once(&message);
                }
            }
            Reassembly::Single | Reassembly::Duplicate | Reassembly::NoRoom => {}
        }
        self.gave_up(dropped);
    }

    /// The part that completed a message completes no other, as long as the first is remembered.
    fn comes_once(&self, last: &Message<'_>) {
        if self.reassembler.store().usage().remembered > 0 {
            let Ok(pushed) = self.reassembler.push(self.now, last);
            assert_eq!(pushed, Pushed { outcome: Reassembly::Duplicate, dropped: vec![] });
        }
    }

    /// Pushes a part, and puts the message back if that completes it.
    fn put_back(&mut self, pdu: &DeliverSm<'_>) {
        let Ok(Pushed { outcome, dropped }) = self.reassembler.push(self.now, &Message::from(pdu));
        self.kept += usize::from(matches!(outcome, Reassembly::Waiting { .. }));
        self.gave_up(dropped);
        if let Reassembly::Complete(joined) = outcome {
            self.is_whole(&joined);
            // The last part never waited.
            let others = usize::from(joined.total()) - 1;
            self.kept -= others;
            let Ok(dropped) = self.reassembler.put_back(self.now, *joined);
            self.kept += others;
            self.gave_up(dropped);
        }
    }

    fn gave_up(&mut self, dropped: Vec<DroppedMessage>) {
        for DroppedMessage { message, .. } in dropped {
            let missing = message.missing().count();
            assert!(missing > 0, "a whole message was given up");
            self.kept -= usize::from(message.total()) - missing;
        }
    }

    /// Every part of it once, in its place: each carries what it is.
    fn is_whole(&self, joined: &Joined) {
        assert_eq!(joined.missing().count(), 0);
        if joined.source.addr == "raw" {
            return;
        }
        let parts: Vec<_> = joined.octets().chunks(CONTENT).collect();
        assert_eq!(parts.len(), usize::from(joined.total()));
        for (part, number) in parts.into_iter().zip(1..) {
            let source = joined.source.addr.as_bytes()[1];
            assert_eq!(part[..4], [source, joined.reference() as u8, joined.total(), number]);
        }
    }

    fn is_within_limits(&self) {
        let usage = self.reassembler.store().usage();
        assert!(usage.messages <= LIMITS.messages, "{usage:?}");
        assert!(usage.remembered <= LIMITS.remembered, "{usage:?}");
        assert!(usage.octets <= LIMITS.octets, "{usage:?}");
        assert!(self.kept >= usage.messages);
    }
}

/// A part that says in its octets which it is. `c` makes different parts of the same number.
fn part_of(a: u8, b: u8, c: u8) -> DeliverSm<'static> {
    let source = [b's', b'0' + (a & 3)];
    let total = 1 + (b & 3);
    let concatenation = Concatenation {
        reference: u16::from(a >> 2 & 3),
        total,
        part: 1 + (b >> 2) % total,
        form: [ConcatenationForm::Udh8, ConcatenationForm::Udh16, ConcatenationForm::Sar][usize::from(a >> 4) % 3],
    };
    let content = [source[1], concatenation.reference as u8, total, concatenation.part, c & 1, b'x', b'y', b'z'];
    // 8-bit data in some, so that nothing is read as text.
    let pdu = DeliverSm::default().with_source_addr(source.to_vec()).with_data_coding(if c & 2 == 0 { 0 } else { 4 });
    match concatenation.element() {
        Some(element) => {
            let header = UserDataHeader::default().with(&element).to_octets().expect("a short header");
            pdu.with_esm_class(EsmClass(0x40)).with_short_message([&header[..], &content].concat())
        }
        None => pdu
            .with_sar_msg_ref_num(concatenation.reference)
            .with_sar_total_segments(total)
            .with_sar_segment_seqnum(concatenation.part)
            .with_short_message(content.to_vec()),
    }
}

/// Octets of [`part_of`].
const CONTENT: usize = 8;
