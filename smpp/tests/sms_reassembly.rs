//! Long messages out of their parts: in any order, more than once, over several binds, and under attack.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use allocation_counter::measure;
use proptest::collection::vec;
use proptest::prelude::*;
use smpp::pdu::{DataSm, DeliverSm, DestAddress, SubmitMulti, SubmitSm};
use smpp::sms::*;
use smpp::value::{DataCoding, EsmClass, Npi, Ton};

const UDHI: EsmClass = EsmClass(0x40);
const SECOND: Duration = Duration::from_secs(1);

fn gsm() -> Profile {
    Profile::default()
}

fn reassembler(limits: ReassemblyLimits) -> Reassembler {
    Reassembler::with_store(gsm(), MemoryStore::new(limits))
}

/// A deliver_sm that is a part, with an 8-bit reference.
fn part(source: &str, reference: u8, total: u8, number: u8, text: &[u8]) -> DeliverSm<'static> {
    let header = [5, 0, 3, reference, total, number];
    DeliverSm::default()
        .with_source_addr(source.to_owned())
        .with_destination_addr("4179")
        .with_esm_class(UDHI)
        .with_short_message([&header, text].concat())
}

fn push(reassembler: &Reassembler, now: Instant, pdu: &DeliverSm<'_>) -> Pushed {
    let Ok(pushed) = reassembler.push(now, &Message::from(pdu));
    pushed
}

/// What becomes of a part, with nothing dropped.
fn outcome(reassembler: &Reassembler, pdu: &DeliverSm<'_>) -> Reassembly {
    let Pushed { outcome, dropped } = push(reassembler, Instant::now(), pdu);
    assert_eq!(dropped, []);
    outcome
}

fn completes(outcome: Reassembly) -> Joined {
    match outcome {
        Reassembly::Complete(message) => *message,
        outcome => panic!("{outcome:?}"),
    }
}

// What users asked for.

/// twitter-archive/cloudhopper-smpp#100: a long MO comes as several deliver_sm, and each application has to join them. It is
/// joined, with all that stands in the first part.
#[test]
fn cloudhopper_100_a_long_mo_comes_as_several_deliver_sm() {
    let reassembler = Reassembler::new(gsm());
    let pdu = |number, text: &[u8]| {
        part("4178", 42, 3, number, text)
            .with_source_addr_ton(Ton::INTERNATIONAL)
            .with_source_addr_npi(Npi::ISDN)
            .with_protocol_id(0x11)
            .with_user_message_reference(u16::from(number))
    };
    assert_eq!(outcome(&reassembler, &pdu(1, b"one ")), Reassembly::Waiting { have: 1, total: 3 });
    assert_eq!(outcome(&reassembler, &pdu(2, b"two ")), Reassembly::Waiting { have: 2, total: 3 });
    let message = completes(outcome(&reassembler, &pdu(3, b"three")));
    assert_eq!(message.text.as_deref(), Some("one two three"));
    assert_eq!(message.octets(), b"one two three");
    assert_eq!(message.source, Address::new(Ton::INTERNATIONAL, Npi::ISDN, "4178"));
    assert_eq!(message.destination, Address::new(Ton::UNKNOWN, Npi::UNKNOWN, "4179"));
    assert_eq!((message.command_id, message.protocol_id), (DeliverSm::ID, Some(0x11)));
    assert_eq!((message.esm_class, message.header()), (EsmClass(0), None));
    assert_eq!((message.reference(), message.total(), message.form()), (42, 3, ConcatenationForm::Udh8));
    assert_eq!(message.missing().count(), 0);
    assert_eq!(message.tlvs.get::<smpp::tlv::UserMessageReference>(), Some(1), "those of the first part");
}

/// twitter-archive/cloudhopper-smpp#66: parts with a 16-bit reference, or with sar TLVs, are not known for parts.
#[test]
fn cloudhopper_66_every_form_of_parts_is_known() {
    let plain = |number: u8| SubmitSm::default().with_short_message(format!("part {number} "));
    let udh = |element: Element<'_>, number: u8| {
        let header = UserDataHeader::default().with(&element).to_octets().unwrap();
        plain(number).with_esm_class(UDHI).with_short_message([&header, format!("part {number} ").as_bytes()].concat())
    };
    let forms: [(ConcatenationForm, &dyn Fn(u8) -> SubmitSm<'static>); 3] = [
        (ConcatenationForm::Udh8, &|part| udh(Element::Concatenated8 { reference: 2, total: 2, part }, part)),
        (ConcatenationForm::Udh16, &|part| udh(Element::Concatenated16 { reference: 2, total: 2, part }, part)),
        (ConcatenationForm::Sar, &|part| {
            plain(part).with_sar_msg_ref_num(2).with_sar_total_segments(2).with_sar_segment_seqnum(part)
        }),
    ];
    let reassembler = Reassembler::new(gsm());
    // The same reference in another form is another message.
    for (_, form) in forms {
        let Ok(pushed) = reassembler.push(Instant::now(), &Message::from(&form(1)));
        assert_eq!(pushed.outcome, Reassembly::Waiting { have: 1, total: 2 });
    }
    for (form, pdu) in forms {
        let Ok(pushed) = reassembler.push(Instant::now(), &Message::from(&pdu(2)));
        let message = completes(pushed.outcome);
        assert_eq!((message.form(), message.text.as_deref()), (form, Some("part 1 part 2 ")));
        assert!(message.tlvs.is_empty(), "{:?}", message.tlvs);
    }
}

/// opentelecoms-org/jsmpp#64: several binds to one SMSC get the parts of one message, each some of them. They share a
/// reassembler, and exactly one of them gets the message, at whatever moment the parts come.
#[test]
fn jsmpp_64_parts_of_one_message_come_over_several_binds() {
    const BINDS: usize = 8;
    const MESSAGES: usize = 200;
    let reassembler = Arc::new(Reassembler::new(gsm()));
    let bind = |bind: usize| {
        let mut complete = Vec::new();
        for number in 0..MESSAGES {
            // Every bind brings the parts that are its own, and one that is another's.
            for part_number in [bind as u8, (bind + number) as u8 % BINDS as u8] {
                let text = format!("{number}/{part_number} ");
                let pdu = part(&number.to_string(), 1, BINDS as u8, part_number + 1, text.as_bytes());
                let Pushed { outcome, dropped } = push(&reassembler, Instant::now(), &pdu);
                assert_eq!(dropped, []);
                if let Reassembly::Complete(message) = outcome {
                    complete.push((number, message.text));
                }
            }
        }
        complete
    };
    let mut complete: Vec<_> = thread::scope(|scope| {
        let binds: Vec<_> = (0..BINDS).map(|number| scope.spawn(move || bind(number))).collect();
        binds.into_iter().flat_map(|bind| bind.join().unwrap()).collect()
    });
    complete.sort();
    let text = |number| (0..BINDS).map(|part| format!("{number}/{part} ")).collect::<String>();
    let expected: Vec<_> = (0..MESSAGES).map(|number| (number, Some(text(number)))).collect();
    assert_eq!(complete, expected);
    assert_eq!(reassembler.store().usage().messages, 0);
}

/// opentelecoms-org/jsmpp#148: two senders, or one with two messages to two receivers, use the same reference.
#[test]
fn jsmpp_148_the_same_reference_of_others_is_another_message() {
    let reassembler = Reassembler::new(gsm());
    let base = part("4178", 7, 2, 1, b"a");
    let others = [
        base.clone(),
        base.clone().with_source_addr("4177"),
        base.clone().with_source_addr_ton(Ton::INTERNATIONAL),
        base.clone().with_source_addr_npi(Npi::ISDN),
        base.clone().with_destination_addr("4178"),
        base.clone().with_dest_addr_ton(Ton::INTERNATIONAL),
        base.clone().with_dest_addr_npi(Npi::ISDN),
        // Addresses that are the same when one is written after the other.
        base.clone().with_source_addr("41784").with_destination_addr("179"),
        // Another number of parts.
        part("4178", 7, 3, 1, b"a"),
        part("4178", 8, 2, 1, b"a"),
    ];
    for pdu in &others {
        let Reassembly::Waiting { have: 1, .. } = outcome(&reassembler, pdu) else { panic!("{pdu:?}") };
    }
    assert_eq!(reassembler.store().usage().messages, others.len());
}

/// fizzed/cloudhopper-smpp#11: whoever joins parts on his own keeps those of messages that are never complete for ever.
#[test]
fn fizzed_11_parts_that_stay_alone_do_not_stay_for_ever() {
    let now = Instant::now();
    let reassembler = reassembler(ReassemblyLimits { age: 60 * SECOND, ..ReassemblyLimits::default() });
    assert_eq!(reassembler.store().next_expiry(), None);
    for (at, source) in [(0, "1"), (10, "2"), (20, "3")] {
        push(&reassembler, now + at * SECOND, &part(source, 1, 3, 2, b"middle"));
    }
    // Age counts from the first part.
    push(&reassembler, now + 30 * SECOND, &part("1", 1, 3, 1, b"first "));
    assert_eq!(reassembler.store().next_expiry(), Some(now + 60 * SECOND));
    assert_eq!(reassembler.expire(now + 60 * SECOND - SECOND / 1000), Ok(vec![]));

    let Ok(dropped) = reassembler.expire(now + 60 * SECOND);
    let [DroppedMessage { message, reason: DroppedBecause::Aged }] = &dropped[..] else { panic!("{dropped:?}") };
    assert_eq!(message.text.as_deref(), Some("first middle\u{FFFD}"));
    assert_eq!((message.source.addr.as_str(), message.missing().collect::<Vec<_>>()), (Some("1"), vec![3]));

    // What arrives brings it out as well.
    let pushed = push(&reassembler, now + 90 * SECOND, &part("4", 1, 2, 2, b"x"));
    let sources: Vec<_> = pushed.dropped.iter().map(|dropped| dropped.message.source.to_string()).collect();
    assert_eq!(sources, ["2", "3"]);
    assert_eq!(pushed.dropped[0].message.text.as_deref(), Some("\u{FFFD}middle\u{FFFD}"));
    assert_eq!(reassembler.store().next_expiry(), Some(now + 150 * SECOND));
}

/// jookies/jasmin#1232: parts out of order, one of them delivered again, make two messages, or one with a part twice.
#[test]
fn jasmin_1232_parts_out_of_order_give_duplicates() {
    let orders = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]];
    for (reference, order) in (0..).zip(orders) {
        let reassembler = Reassembler::new(gsm());
        let pdu = |number: u8| part("4178", reference, 3, number, format!("{number} ").as_bytes());
        let mut messages = Vec::new();
        for number in order.into_iter().flat_map(|number| [number, number]).chain(order) {
            match outcome(&reassembler, &pdu(number)) {
                Reassembly::Complete(message) => messages.push(message.text.unwrap()),
                Reassembly::Waiting { .. } | Reassembly::Duplicate => {}
                outcome => panic!("{outcome:?}"),
            }
        }
        assert_eq!(messages, ["1 2 3 "], "{order:?}");
        let usage = reassembler.store().usage();
        assert_eq!((usage.messages, usage.remembered), (0, 1), "nor does half a message stay");
    }
}

// What is a part and what is none.

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
    assert_eq!(completes(outcome(&reassembler, &part("1", 1, 1, 1, b"whole"))).text.as_deref(), Some("whole"));
    assert_eq!(outcome(&reassembler, &part("1", 1, 1, 1, b"whole")), Reassembly::Duplicate);
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
    assert_eq!(message.data_coding, gsm7);
    assert_eq!(message.octets(), b"\x11\x1B\x04\x16\xD8\x3D\xDE\0\x65");
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
    assert_eq!(reassembler.put_back(Instant::now(), dropped.message), Ok(vec![]));
    assert_eq!(reassembler.store().usage().messages, 1);
}

// Limits, under attack.

/// What comes out of a flood: how many parts waited in the end, and how many were handed out.
fn flood(limits: ReassemblyLimits, parts: impl Iterator<Item = DeliverSm<'static>>) -> (Reassembler, usize, usize) {
    let reassembler = reassembler(limits);
    let (mut pushed_parts, mut dropped_parts) = (0, 0);
    for pdu in parts {
        let pushed = push(&reassembler, Instant::now(), &pdu);
        assert!(matches!(pushed.outcome, Reassembly::Waiting { have: 1, .. }), "{pushed:?}");
        pushed_parts += 1;
        for DroppedMessage { message, reason } in &pushed.dropped {
            assert_eq!(*reason, DroppedBecause::NoRoom);
            dropped_parts += usize::from(message.total()) - message.missing().count();
        }
        let usage = reassembler.store().usage();
        assert!(usage.messages <= limits.messages && usage.octets <= limits.octets, "{usage:?}");
    }
    (reassembler, pushed_parts, dropped_parts)
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
    for number in 0..1_000 {
        completes(outcome(&reassembler, &part(&number.to_string(), 1, 1, 1, b"x")));
        assert!(reassembler.store().usage().remembered <= 10);
    }
    assert_eq!(outcome(&reassembler, &part("999", 1, 1, 1, b"x")), Reassembly::Duplicate);
    completes(outcome(&reassembler, &part("0", 1, 1, 1, b"x")));

    let reassembler = self::reassembler(ReassemblyLimits { octets: 10_000, ..limits });
    for number in 0..10 {
        completes(outcome(&reassembler, &part(&number.to_string(), 1, 1, 1, b"x")));
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

// Stores.

#[test]
fn the_store_in_memory_keeps_the_contract() {
    check_part_store(MemoryStore::default).unwrap();
    check_part_store(|| Arc::new(MemoryStore::default())).unwrap();
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

    /// Whatever the order, however often parts come, and however many messages they are of: each comes out once, whole.
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
                Reassembly::Complete(message) => prop_assert_eq!(complete.insert(*index, message.text), None),
                Reassembly::Waiting { .. } | Reassembly::Duplicate => {}
                outcome => prop_assert!(false, "{outcome:?}"),
            }
        }
        let expected: BTreeMap<_, _> =
            messages.iter().map(|(texts, ..)| Some(texts.concat())).enumerate().collect();
        prop_assert_eq!(complete, expected);
        prop_assert_eq!(reassembler.store().usage().messages, 0);
    }

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
            let parts_of = |dropped: &DroppedMessage| usize::from(dropped.message.total()) - dropped.message.missing().count();
            handed_out += dropped.iter().map(parts_of).sum::<usize>();
            let usage = reassembler.store().usage();
            prop_assert!(usage.octets <= octets && usage.messages <= messages.max(1) && usage.remembered <= remembered);
        }
        let Ok(rest) = reassembler.expire(now + 60 * SECOND);
        let parts_of = |dropped: &DroppedMessage| usize::from(dropped.message.total()) - dropped.message.missing().count();
        handed_out += rest.iter().map(parts_of).sum::<usize>();
        prop_assert_eq!(taken, handed_out);
        prop_assert_eq!(reassembler.store().usage(), ReassemblyUsage::default());
    }

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
