//! Long messages out of their parts: in any order, more than once, over several binds.

mod parts;

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use proptest::collection::vec;
use proptest::prelude::*;
use smpp::pdu::{DataSm, DeliverSm, DestAddress, SubmitMulti};
use smpp::sms::*;
use smpp::value::{DataCoding, EsmClass, Npi, Ton};

use parts::*;

// What users asked for.

#[test]
fn what_is_no_part_is_single_and_not_kept() {
    let reassembler = Reassembler::new(gsm());
    let with = |octets: &'static [u8]| DeliverSm::default().with_esm_class(UDHI).with_short_message(octets);
    let singles = [
        DeliverSm::default().with_short_message("x"),
        // Octets like a header, but no UDHI.
        DeliverSm::default().with_short_message(b"\x05\0\x03\x01\x02\x01x"),
        // A header of something else, one that is none, and parts that cannot be.
        with(b"\x06\x05\x04\x0B\x84\x23\xF0x"),
        with(b"\x20\0\x03\x01\x02\x01x"),
        with(b""),
        with(b"\x05\0\x03\x01\x02\x03x"),
        with(b"\x05\0\x03\x01\x02\x00x"),
        with(b"\x05\0\x03\x01\x00\x00x"),
        // Two sar TLVs of three (erratum 46), and three of them beside a header.
        DeliverSm::default().with_sar_total_segments(2).with_sar_segment_seqnum(1),
        with(b"\0x").with_sar_msg_ref_num(1).with_sar_total_segments(2).with_sar_segment_seqnum(1),
    ];
    for pdu in &singles {
        assert_eq!(outcome(&reassembler, pdu), Reassembly::Single, "{pdu:?}");
    }
    assert_eq!(reassembler.store().usage(), ReassemblyUsage::default());
}

#[test]
fn a_part_that_is_all_there_is_completes_at_once() {
    let reassembler = Reassembler::new(gsm());
    // Again and again: a sender may say the same twice, and always with one reference.
    for _ in 0..2 {
        assert_eq!(completes(outcome(&reassembler, &part("1", 1, 1, 1, b"whole"))).text.as_deref(), Some("whole"));
    }
    assert_eq!(reassembler.store().usage(), ReassemblyUsage::default());
}

#[test]
fn the_largest_message_has_255_parts() {
    let reassembler = Reassembler::new(gsm());
    for number in (2..=255).rev() {
        assert_eq!(
            outcome(&reassembler, &part("1", 1, 255, number, &[b'a' + number % 26])),
            Reassembly::Waiting { have: 255 - number + 1, total: 255 }
        );
    }
    let message = completes(outcome(&reassembler, &part("1", 1, 255, 1, b"b")));
    let text: String = (1..=255).map(|number| char::from(b'a' + number % 26)).collect();
    assert_eq!(message.text, Some(text));
}

// References that are used again.

#[test]
fn a_reference_that_is_used_again_begins_anew() {
    let reassembler = Reassembler::new(gsm());
    for text in ["old", "new", "old"] {
        let pdu = |number| part("1", 0, 2, number, text.as_bytes());
        assert_eq!(outcome(&reassembler, &pdu(1)), Reassembly::Waiting { have: 1, total: 2 });
        assert_eq!(completes(outcome(&reassembler, &pdu(2))).text, Some(text.repeat(2)));
    }
}

#[test]
fn a_reference_that_is_used_again_hands_out_what_waited() {
    let reassembler = Reassembler::new(gsm());
    outcome(&reassembler, &part("1", 0, 3, 1, b"old"));
    let pushed = push(&reassembler, Instant::now(), &part("1", 0, 3, 1, b"new"));
    assert_eq!(pushed.outcome, Reassembly::Waiting { have: 1, total: 3 });
    let [DroppedMessage { message, reason: DroppedBecause::Superseded }] = &pushed.dropped[..] else {
        panic!("{pushed:?}")
    };
    assert_eq!(message.text.as_deref(), Some("old\u{FFFD}"));
    outcome(&reassembler, &part("1", 0, 3, 2, b"new"));
    assert_eq!(completes(outcome(&reassembler, &part("1", 0, 3, 3, b"new"))).text.as_deref(), Some("newnewnew"));
}

#[test]
fn a_complete_message_is_remembered_for_its_time() {
    let now = Instant::now();
    let limits = ReassemblyLimits { remembered_age: 60 * SECOND, ..ReassemblyLimits::default() };
    let reassembler = reassembler(limits);
    push(&reassembler, now, &part("1", 0, 2, 1, b"a"));
    completes(push(&reassembler, now + SECOND, &part("1", 0, 2, 2, b"b")).outcome);
    let again = |at: u32| push(&reassembler, now + at * SECOND, &part("1", 0, 2, 1, b"a")).outcome;
    assert_eq!(again(60), Reassembly::Duplicate);
    assert_eq!(again(61), Reassembly::Waiting { have: 1, total: 2 });
}

#[test]
fn what_is_said_again_after_ten_minutes_with_the_same_reference_is_a_new_message() {
    let (now, reassembler) = (Instant::now(), Reassembler::new(gsm()));
    let minute = 60 * SECOND;
    let say = |at, number| push(&reassembler, at, &part("1", 0, 2, number, b"yes")).outcome;
    say(now, 1);
    completes(say(now, 2));
    assert_eq!(say(now + 9 * minute, 1), Reassembly::Duplicate, "delivered again");
    say(now + 10 * minute, 1);
    completes(say(now + 10 * minute, 2));
}

// Texts.

#[test]
fn letters_that_were_cut_between_parts_are_whole() {
    let cases: [(u8, &[&[u8]], &str); 4] = [
        (0, &[b"5 \x1B", b"\x65!"], "5 €!"),
        (8, &[b"\0a\xD8\x3D", b"\xDE\0\0b"], "a😀b"),
        (8, &[b"\0a\0", b"b\0", b"c"], "abc"),
        (0x18, &[b"\x04", b"\x16"], "Ж"),
    ];
    for (reference, (data_coding, pieces, text)) in (0..).zip(cases) {
        let coding = DataCoding(data_coding);
        let parts: Vec<_> = pieces.iter().map(|piece| (coding, *piece)).collect();
        assert_eq!(joined(gsm(), reference, &parts).text.as_deref(), Some(text));
    }
}

/// Joins parts with these codings and texts.
fn joined(profile: Profile, reference: u8, parts: &[(DataCoding, &[u8])]) -> Joined {
    let reassembler = Reassembler::new(profile);
    let total = parts.len() as u8;
    let mut last = Reassembly::Single;
    for (number, (data_coding, text)) in (1..).zip(parts) {
        last = outcome(&reassembler, &part("1", reference, total, number, text).with_data_coding(*data_coding));
    }
    completes(last)
}

#[test]
fn parts_in_different_codings_are_read_apart() {
    let (gsm7, ucs2) = (DataCoding::DEFAULT, DataCoding::UCS2);
    let message =
        joined(gsm(), 1, &[(gsm7, b"\x11\x1B"), (ucs2, b"\x04\x16\xD8\x3D"), (ucs2, b"\xDE\0"), (gsm7, b"\x65")]);
    // What was cut where the coding changes is lost, as it is to any receiver.
    assert_eq!(message.text.as_deref(), Some("_\u{FFFD}Ж😀e"));
}

/// Octets in two codings are no text in either: as one message, they are UCS-2.
#[test]
fn parts_in_different_codings_are_one_message_in_ucs2() {
    let (gsm7, ucs2) = (DataCoding::DEFAULT, DataCoding::UCS2);
    let message = joined(gsm(), 1, &[(gsm7, b"Hello gsm "), (ucs2, b"\x04\x16\x04\x16")]);
    assert_eq!(message.text.as_deref(), Some("Hello gsm ЖЖ"));
    assert_eq!((message.data_coding, message.esm_class), (ucs2, EsmClass(0)));
    assert_eq!(message.octets(), Alphabet::Ucs2.encode("Hello gsm ЖЖ").unwrap());
    assert_eq!(message.message().decode(&gsm()).text, message.text);
    assert_eq!(describe(message.message(), &gsm()).text, message.text);
    // 8-bit data is no text, and stays as it is.
    let message = joined(gsm(), 1, &[(gsm7, b"Hello"), (DataCoding(4), b"\x01")]);
    assert_eq!((message.text.as_deref(), message.data_coding, message.octets()), (None, gsm7, &b"Hello\x01"[..]));
}

/// So are parts in different tables, and the header does not name the tables of the first one any more.
#[test]
fn parts_in_different_tables_are_one_message_in_ucs2() {
    let reassembler = Reassembler::new(gsm());
    let ports = Element::Ports16 { destination: 2948, source: 9200 };
    let pdu = |number: u8, shift: Option<Language>| {
        let header = UserDataHeader::default()
            .with(&Element::Concatenated8 { reference: 1, total: 2, part: number })
            .with(&ports);
        let mut header = header;
        shift.iter().for_each(|language| header.push(&Element::LockingShift(*language)));
        part("1", 1, 2, number, b"").with_short_message([&header.to_octets().unwrap()[..], b"\x07"].concat())
    };
    outcome(&reassembler, &pdu(1, Some(Language::TURKISH)));
    let message = completes(outcome(&reassembler, &pdu(2, None)));
    assert_eq!(message.text.as_deref(), Some("ıì"));
    assert_eq!((message.data_coding, message.octets()), (DataCoding::UCS2, &b"\x01\x31\0\xEC"[..]));
    assert_eq!(message.header().unwrap().elements().collect::<Vec<_>>(), [ports]);
    assert_eq!(message.message().decode(&gsm()).text, message.text);
}

#[test]
fn octets_that_are_no_text_are_joined_without_one() {
    let message = joined(gsm(), 1, &[(DataCoding(4), b"\0\x01"), (DataCoding(4), b"\xFF")]);
    assert_eq!((message.text.as_deref(), message.octets()), (None, &b"\0\x01\xFF"[..]));
}

#[test]
fn a_text_is_read_by_the_profile() {
    let latin1 = gsm().with_default_alphabet(Alphabet::Latin1);
    let parts = [(DataCoding::DEFAULT, &b"\xE7"[..]), (DataCoding::DEFAULT, b"a")];
    assert_eq!(joined(latin1, 1, &parts).text.as_deref(), Some("ça"));
}

#[test]
fn national_tables_of_the_header_count() {
    let text = Alphabet::Gsm7(Gsm7 { locking: Some(Language::TURKISH), single: Some(Language::SPANISH) });
    let octets = text.encode("ığİáé").unwrap();
    let reassembler = Reassembler::new(gsm());
    let mut last = Reassembly::Single;
    // Cut before the last octet, between an escape and its letter.
    for (number, octets) in [(1, &octets[..octets.len() - 1]), (2, &octets[octets.len() - 1..])] {
        let header = UserDataHeader::default()
            .with(&Element::Concatenated8 { reference: 1, total: 2, part: number })
            .with(&Element::LockingShift(Language::TURKISH))
            .with(&Element::SingleShift(Language::SPANISH));
        let pdu = part("1", 1, 2, number, b"");
        last = outcome(&reassembler, &pdu.with_short_message([&header.to_octets().unwrap(), octets].concat()));
    }
    let message = completes(last);
    assert_eq!(message.text.as_deref(), Some("ığİáé"));
    assert_eq!(message.header().unwrap().locking_shift(), Some(Language::TURKISH));
    assert_eq!(message.esm_class, UDHI);
    assert_eq!(message.message().decode(&gsm()).text, message.text, "as one message it reads the same");
}

#[test]
fn packed_parts_are_unpacked_one_by_one() {
    let profile = gsm().with_packed(true);
    let (first, second) = ("a".repeat(152) + "@", "bc@");
    let packed = |text: &str| {
        let septets = Alphabet::GSM7.encode(text).unwrap();
        pack(&septets, fill_bits(6), Padding::CarriageReturn)
    };
    let parts = [(DataCoding::DEFAULT, &packed(&first)[..]), (DataCoding::DEFAULT, &packed(second)[..])];
    let message = joined(profile, 1, &parts);
    assert_eq!(message.text, Some(first + second));
    assert_eq!(message.message().decode(&profile).text, message.text, "packed anew, as one message");
}

#[test]
fn other_elements_of_the_header_stay() {
    let reassembler = Reassembler::new(gsm());
    let ports = Element::Ports16 { destination: 2948, source: 9200 };
    let unknown = Element::from_octets(0x6F, b"??");
    let mut last = Reassembly::Single;
    for number in [2, 1] {
        let header = UserDataHeader::default()
            .with(&ports)
            .with(&Element::Concatenated16 { reference: 300, total: 2, part: number })
            .with(&unknown);
        let pdu = DeliverSm::default()
            .with_esm_class(EsmClass(0xC0))
            .with_data_coding(DataCoding(4))
            .with_short_message([&header.to_octets().unwrap(), &[number][..]].concat());
        last = outcome(&reassembler, &pdu);
    }
    let message = completes(last);
    let header = message.header().unwrap();
    assert_eq!(header.elements().collect::<Vec<_>>(), [ports, unknown]);
    assert_eq!((message.octets(), message.esm_class), (&b"\x01\x02"[..], EsmClass(0xC0)));
    let view = message.message();
    assert_eq!(view.ports(), Some(Ports { destination: 2948, source: 9200 }));
    assert_eq!((view.concatenation(), view.user_data().text), (None, &b"\x01\x02"[..]));
}

#[test]
fn message_payload_and_other_commands_are_joined_too() {
    let reassembler = Reassembler::new(gsm());
    let data = |number| {
        DataSm::default()
            .with_sar_msg_ref_num(1)
            .with_sar_total_segments(2)
            .with_sar_segment_seqnum(number)
            .with_message_payload(format!("{number}"))
            .with_source_port(5)
    };
    let Ok(_) = reassembler.push(Instant::now(), &Message::from(&data(1)));
    // Part 2 comes as a deliver_sm: what it is carried by does not tell messages apart.
    let deliver = DeliverSm::default()
        .with_sar_msg_ref_num(1)
        .with_sar_total_segments(2)
        .with_sar_segment_seqnum(2)
        .with_short_message("2");
    let message = completes(outcome(&reassembler, &deliver));
    assert_eq!((message.text.as_deref(), message.command_id), (Some("12"), DataSm::ID));
    assert_eq!(message.message().field, TextField::MessagePayload);
    assert_eq!(message.tlvs.octets(), b"\x02\x0A\0\x02\0\x05", "neither the payload nor what told of the parts");
}

#[test]
fn a_submit_multi_is_joined_as_one_or_for_each_destination() {
    let sme = |addr: &'static str| DestAddress::SmeAddress {
        dest_addr_ton: Ton::INTERNATIONAL,
        dest_addr_npi: Npi::ISDN,
        destination_addr: addr.into(),
    };
    let pdu = |number: u8| {
        SubmitMulti::default()
            .with_dest_address([sme("41"), sme("42")])
            .with_sar_msg_ref_num(1)
            .with_sar_total_segments(2)
            .with_sar_segment_seqnum(number)
            .with_short_message(format!("{number}"))
    };
    let (one, two) = (pdu(1), pdu(2));
    let reassembler = Reassembler::new(gsm());
    let push = |message: &Message<'_>| {
        let Ok(pushed) = reassembler.push(Instant::now(), message);
        pushed.outcome
    };
    let to_others = pdu(2).with_dest_address([sme("41"), sme("43")]);
    push(&Message::from(&one));
    assert_eq!(push(&Message::from(&to_others)), Reassembly::Waiting { have: 1, total: 2 });
    let message = completes(push(&Message::from(&two)));
    let destinations: Vec<_> = message.destinations().map(|address| address.to_string()).collect();
    assert_eq!((destinations, message.destination), (vec!["41".to_owned(), "42".to_owned()], Address::default()));

    Message::from(&one).to_each().for_each(|message| drop(push(&message)));
    let each: Vec<_> = Message::from(&two).to_each().map(|message| completes(push(&message))).collect();
    let each: Vec<_> = each.iter().map(|message| (message.destination.to_string(), message.text.as_deref())).collect();
    assert_eq!(each, [("41".to_owned(), Some("12")), ("42".to_owned(), Some("12"))]);
}

// What could not be made use of.

#[test]
fn a_message_that_could_not_be_stored_comes_again_with_its_last_part() {
    let reassembler = Reassembler::new(gsm());
    let pdu = |number: u8| part("1", 1, 3, number, &[b'0' + number]);
    outcome(&reassembler, &pdu(3));
    outcome(&reassembler, &pdu(1));
    for _ in 0..3 {
        let message = completes(outcome(&reassembler, &pdu(2)));
        assert_eq!(message.text.as_deref(), Some("123"));
        assert_eq!(reassembler.put_back(Instant::now(), message), Ok(vec![]));
        // The others were answered, and if they come again, they are known.
        assert_eq!(outcome(&reassembler, &pdu(1)), Reassembly::Duplicate);
    }
    completes(outcome(&reassembler, &pdu(2)));
    assert_eq!(outcome(&reassembler, &pdu(2)), Reassembly::Duplicate);

    let message = completes(outcome(&reassembler, &part("2", 1, 1, 1, b"alone")));
    assert_eq!(reassembler.put_back(Instant::now(), message), Ok(vec![]));
    completes(outcome(&reassembler, &part("2", 1, 1, 1, b"alone")));
}

#[test]
fn a_message_whose_reference_is_in_use_again_cannot_be_put_back() {
    let reassembler = Reassembler::new(gsm());
    outcome(&reassembler, &part("1", 1, 2, 1, b"old "));
    let message = completes(outcome(&reassembler, &part("1", 1, 2, 2, b"text")));
    outcome(&reassembler, &part("1", 1, 2, 1, b"new "));
    let Ok(dropped) = reassembler.put_back(Instant::now(), message);
    let [DroppedMessage { message, reason: DroppedBecause::Superseded }] = &dropped[..] else { panic!("{dropped:?}") };
    assert_eq!(message.text.as_deref(), Some("old \u{FFFD}"));
    assert_eq!(completes(outcome(&reassembler, &part("1", 1, 2, 2, b"text"))).text.as_deref(), Some("new text"));
}

#[test]
fn what_was_dropped_is_not_put_back() {
    let reassembler = reassembler(ReassemblyLimits { messages: 1, ..ReassemblyLimits::default() });
    outcome(&reassembler, &part("1", 1, 2, 1, b"a"));
    let mut pushed = push(&reassembler, Instant::now(), &part("2", 1, 2, 1, b"b"));
    let dropped = pushed.dropped.pop().unwrap();
    assert_eq!(dropped.reason, DroppedBecause::NoRoom);
    // Its sender has begun again meanwhile, and that message was complete: it is still remembered.
    push(&reassembler, Instant::now(), &part("1", 1, 2, 1, b"a"));
    completes(outcome(&reassembler, &part("1", 1, 2, 2, b"z")));
    assert_eq!(reassembler.put_back(Instant::now(), dropped.message), Ok(vec![]));
    assert_eq!(outcome(&reassembler, &part("1", 1, 2, 2, b"z")), Reassembly::Duplicate);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the order, however often parts come, and however many messages they are of: each comes out whole, and
    /// once, but for those of a single part.
    #[test]
    fn each_message_comes_out_once(
        messages in vec((vec("[a-z@_€{}ß]{0,20}", 1..8), 0..3_u8, 0..3_u8), 1..10),
        repeated in vec(any::<prop::sample::Index>(), 0..40),
        order in any::<u64>(),
    ) {
        // Two messages with one key come one after the other, and are not mixed; those are tests of their own.
        let mut keys = HashSet::new();
        let messages: Vec<_> =
            messages.into_iter().filter(|(texts, form, source)| keys.insert((texts.len(), *form, *source))).collect();
        let mut pdus: Vec<_> = messages.iter().enumerate().flat_map(|(index, message)| pdus(index, message)).collect();
        let again: Vec<_> = repeated.iter().map(|index| index.get(&pdus).clone()).collect();
        pdus.extend(again);
        // A shuffle that proptest can repeat.
        let mut state = order | 1;
        pdus.sort_by_cached_key(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 32
        });
        let reassembler = Reassembler::new(gsm());
        let mut complete = BTreeMap::new();
        for (index, pdu) in &pdus {
            match outcome(&reassembler, pdu) {
                Reassembly::Complete(message) => {
                    let is_alone = message.total() == 1;
                    prop_assert!(complete.insert(*index, message.text).is_none() || is_alone);
                }
                Reassembly::Waiting { .. } | Reassembly::Duplicate => {}
                outcome => prop_assert!(false, "{outcome:?}"),
            }
        }
        let expected: BTreeMap<_, _> =
            messages.iter().map(|(texts, ..)| Some(texts.concat())).enumerate().collect();
        prop_assert_eq!(complete, expected);
        prop_assert_eq!(reassembler.store().usage().messages, 0);
    }
}

/// The parts of a message with the number of the message, which its text need not tell.
fn pdus(index: usize, (texts, form, source): &(Vec<String>, u8, u8)) -> Vec<(usize, DeliverSm<'static>)> {
    let total = texts.len() as u8;
    let pdu = |(text, number): (&String, u8)| {
        let base = DeliverSm::default().with_source_addr(source.to_string()).with_destination_addr("1");
        let element = match form {
            0 => Element::Concatenated8 { reference: 1, total, part: number },
            1 => Element::Concatenated16 { reference: 1, total, part: number },
            _ => {
                return base
                    .with_sar_msg_ref_num(1)
                    .with_sar_total_segments(total)
                    .with_sar_segment_seqnum(number)
                    .with_short_message(Alphabet::GSM7.encode(text).unwrap());
            }
        };
        let header = UserDataHeader::default().with(&element).to_octets().unwrap();
        base.with_esm_class(UDHI).with_short_message([header, Alphabet::GSM7.encode(text).unwrap()].concat())
    };
    texts.iter().zip(1..).map(pdu).map(|pdu| (index, pdu)).collect()
}
