//! What users of other libraries stumbled on when long messages came in parts. Each test replays the situation of an
//! issue, and is named after it.

mod parts;

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use smpp::pdu::{DeliverSm, SubmitSm};
use smpp::sms::*;
use smpp::value::{EsmClass, Npi, Ton};

use parts::*;

/// twitter-archive/cloudhopper-smpp#100: a long MO comes as several deliver_sm, and each application has to join them.
/// It is joined, with all that stands in the first part.
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
