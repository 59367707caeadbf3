//! Messages from mobiles: routed, cut, answered, tried again, held; and what is read of all messages.

mod raw;

use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use smpp::Pdu;
use smpp::client::Client;
use smpp::codec::Encode;
use smpp::pdu::*;
use smpp::sms::{Profile, Segmentation, Splitter};
use smpp::value::*;
use smsc_sim::{
    Builder, Clock, ExtraTlv, Loopback, MoEncoding, MoError, ReceiptState, SmscSim, TextDirection, Via, What,
};

const SECOND: Duration = Duration::from_secs(1);

fn manual() -> Builder {
    SmscSim::builder().clock(Clock::manual())
}

fn receiver(sim: &SmscSim, system_id: &'static str, range: &'static str) -> Raw {
    let mut raw = Raw::connect(sim.addr());
    let bind = BindReceiver::default().with_system_id(system_id).with_address_range(range).with_interface_version(0x34);
    raw.send(&bind, 1);
    raw.expect_status(0x8000_0001, 1, CommandStatus::ESME_ROK);
    raw
}

/// The same, once the simulator counts it among those that can receive, which is a moment after the response.
fn ready_receiver(sim: &SmscSim, system_id: &'static str, range: &'static str) -> Raw {
    let mut raw = receiver(sim, system_id, range);
    while sim.mo("0", "0", "ready").to_system_id(system_id).waits_for_receiver(false).start().is_err() {
        std::thread::yield_now();
    }
    let (number, _) = raw.expect_deliver_sm();
    raw.answer(number, CommandStatus::ESME_ROK);
    raw
}

#[test]
fn bug_6_a_message_is_sent_when_its_response_says_so() {
    let sim = manual().start().unwrap();
    let mut esme = receiver(&sim, "me", "");
    let sent = sim.mo("+447700900123", "12345", "STOP").start().unwrap();
    let (number, pdu) = esme.expect_deliver_sm();
    assert_eq!((pdu.source_addr_ton, pdu.short_message.as_str()), (Ton::INTERNATIONAL, Some("STOP")));
    assert_eq!(pdu.source_addr, "447700900123");
    assert!(matches!(sent.wait(Duration::ZERO), Err(MoError::Unanswered(_))));
    esme.answer(number, CommandStatus::ESME_RX_R_APPN);
    let report = sent.wait(PATIENCE).unwrap();
    assert_eq!(report.command_status(), Some(CommandStatus::ESME_RX_R_APPN));
    assert_eq!((report.id, report.parts[0].refusals), (1, 1));
}

#[test]
fn bug_6_what_is_refused_for_the_moment_is_sent_again() {
    for status in [CommandStatus::ESME_RMSGQFUL, CommandStatus::ESME_RX_T_APPN] {
        let sim = manual().start().unwrap();
        let mut esme = receiver(&sim, "me", "");
        let sent = sim.mo("1", "2", "again").start().unwrap();
        let (number, _) = esme.expect_deliver_sm();
        esme.answer(number, status);
        // The clock may be moved on only once the timer is set: that is when the part is held again.
        while sent.report().unwrap().parts[0].refusals == 0 {
            std::thread::yield_now();
        }
        assert_eq!(sent.report().unwrap().parts[0].state, ReceiptState::Held);
        esme.hears_nothing(&sim);
        sim.advance(5 * SECOND);
        let (number, pdu) = esme.expect_deliver_sm();
        assert_eq!(pdu.short_message, "again");
        esme.answer(number, CommandStatus::ESME_ROK);
        let report = sent.wait(PATIENCE).unwrap();
        assert_eq!((report.command_status(), report.parts[0].refusals), (Some(CommandStatus::ESME_ROK), 1));
    }
}

#[test]
fn a_message_goes_to_whom_its_number_belongs_and_is_held_until_there_is_one() {
    let sim = manual().start().unwrap();
    assert_eq!(sim.mo("1", "44123", "x").waits_for_receiver(false).start().unwrap_err(), MoError::NoReceiver);
    let held = sim.mo("1", "44123", "held").start().unwrap();
    assert_eq!(held.report().unwrap().system_id, None);
    let mut other = receiver(&sim, "other", "^49");
    other.hears_nothing(&sim);
    let mut open = receiver(&sim, "open", "");
    let (number, pdu) = open.expect_deliver_sm();
    assert_eq!(pdu.short_message, "held");
    open.answer(number, CommandStatus::ESME_ROK);
    assert_eq!(held.wait(PATIENCE).unwrap().system_id.as_deref(), Some("open"));
    // One that names the number comes first.
    let mut own = ready_receiver(&sim, "own", "^44");
    sim.mo("1", "44123", "named").start().unwrap();
    assert_eq!(own.expect_deliver_sm().1.short_message, "named");
    sim.mo("1", "44123", "told").to_system_id("other").start().unwrap();
    assert_eq!(other.expect_deliver_sm().1.short_message, "told");
    open.hears_nothing(&sim);
}

#[test]
fn long_texts_are_cut_as_asked_in_any_order() {
    let sim = manual().start().unwrap();
    let mut esme = receiver(&sim, "me", "");
    let text = "0123456789".repeat(31);
    for (split, esm_class, header) in [
        (Segmentation::Udh8, 0x40, 6),
        (Segmentation::Udh16, 0x40, 7),
        (Segmentation::Sar, 0, 0),
        (Segmentation::MessagePayload, 0, 0),
    ] {
        let sent = sim.mo("1", "2", &text).split(split).start().unwrap();
        let mut octets = 0;
        for _ in 0..sent.report().unwrap().parts.len() {
            let (number, pdu) = esme.expect_deliver_sm();
            assert_eq!(pdu.esm_class.0, esm_class, "{split:?}");
            octets += pdu.message_payload().map_or(pdu.short_message.len() - header, |payload| payload.len());
            assert_eq!(pdu.sar_total_segments().is_some(), split == Segmentation::Sar);
            esme.answer(number, CommandStatus::ESME_ROK);
        }
        assert_eq!(octets, 310, "{split:?}");
        assert_eq!(sent.wait(PATIENCE).unwrap().command_status(), Some(CommandStatus::ESME_ROK));
    }
    let part = |pdu: DeliverSm<'_>| pdu.short_message.as_bytes()[5];
    sim.mo("1", "2", &text).parts([3, 1]).start().unwrap();
    assert_eq!([(); 2].map(|()| part(esme.expect_deliver_sm().1)), [3, 1]);
    esme.hears_nothing(&sim);
    let error = sim.mo("1", "2", &text).parts([4]).start().unwrap_err();
    assert_eq!(error.to_string(), "the message has 3 parts, there is no part 4");
    assert_eq!(sim.mo("1", "2", "x").parts([]).start().unwrap_err(), MoError::NoParts);
    assert!(matches!(sim.mo("1", "2", "x".repeat(40_000)).start(), Err(MoError::Split(_))));
    assert!(matches!(sim.mo("1", "2".repeat(21), "x").start(), Err(MoError::Encode(_))));
}

#[test]
fn texts_are_in_the_alphabet_that_is_asked_for() {
    let sim = manual().start().unwrap();
    let mut esme = receiver(&sim, "me", "");
    for (encoding, text, data_coding, octets) in [
        (MoEncoding::Auto, "@", 0, &b"\0"[..]),
        (MoEncoding::Auto, "ж", 8, b"\x04\x36"),
        (MoEncoding::Gsm7, "ж", 8, b"\x04\x36"),
        (MoEncoding::Ascii, "@", 1, b"@"),
        (MoEncoding::Latin1, "ü", 3, b"\xFC"),
        (MoEncoding::Ucs2, "@", 8, b"\0@"),
    ] {
        sim.mo("1", "2", text).encoding(encoding).start().unwrap();
        let (number, pdu) = esme.expect_deliver_sm();
        assert_eq!((pdu.data_coding.0, pdu.short_message.as_bytes()), (data_coding, octets), "{encoding} {text}");
        esme.answer(number, CommandStatus::ESME_ROK);
    }
}

#[test]
fn some_are_sent_again_and_again_while_somebody_can_receive_them() {
    let sim = manual().mo_every(10 * SECOND, "1", "2", "STOP {{seq}}").start().unwrap();
    sim.advance(25 * SECOND);
    assert!(sim.mos().is_empty());
    let mut esme = ready_receiver(&sim, "me", "");
    esme.hears_nothing(&sim);
    for text in ["STOP 3", "STOP 4"] {
        sim.advance(10 * SECOND);
        let (number, pdu) = esme.expect_deliver_sm();
        assert_eq!(pdu.short_message, *text);
        esme.answer(number, CommandStatus::ESME_ROK);
    }
}

#[test]
fn every_part_has_its_own_answer() {
    let sim = SmscSim::builder().start().unwrap();
    let client = Client::builder()
        .on_deliver_sm(|pdu| match pdu.short_message.as_bytes().get(5) {
            Some(2) => CommandStatus::ESME_RX_P_APPN,
            _ => CommandStatus::ESME_ROK,
        })
        .connect(sim.addr())
        .unwrap();
    client.bind_receiver().unwrap();
    let report = sim.mo("1", "2", "long ".repeat(60)).send().unwrap();
    let statuses: Vec<_> = report.parts.iter().map(|part| part.command_status().unwrap()).collect();
    assert_eq!(statuses, [CommandStatus::ESME_ROK, CommandStatus::ESME_RX_P_APPN]);
    assert_eq!(report.command_status(), Some(CommandStatus::ESME_RX_P_APPN));
    assert_eq!(sim.mos(), [report]);
}

#[test]
fn octets_tlvs_and_acknowledgements_asked_for_are_as_said_in_either_command() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let tlv: ExtraTlv = "0x1403=hex:3434".parse().unwrap();
    let octets = sim.mo_octets("Shop", "2", 4, [0, 1, 2]).tlv(tlv).registered_delivery(0x0C).via(Via::DataSm);
    octets.start().unwrap();
    match esme.next().unwrap() {
        (header, Pdu::DataSm(pdu)) => {
            assert_eq!(pdu.message_payload().unwrap(), [0, 1, 2].as_slice());
            assert_eq!((pdu.source_addr_ton, pdu.data_coding.0, pdu.registered_delivery.0), (Ton(5), 4, 0x0C));
            assert_eq!(pdu.tlvs.find(0x1403), Some(&b"44"[..]));
            esme.send(&DataSmResp::default(), header.sequence_number);
        }
        other => panic!("{other:?}"),
    }
    // The ESME acknowledges, which is a message as others.
    for (number, esm_class) in [(2, 0x08), (3, 0x10)] {
        esme.send(&submit(0).with_destination_addr("2").with_esm_class(esm_class), number);
        esme.expect_submitted(number);
    }
    let kinds: Vec<_> = sim.messages().iter().map(|message| message.pdu.esm_class.0).collect();
    assert_eq!(kinds, [0x08, 0x10]);
}

#[test]
fn mobiles_acknowledge_what_they_get_if_they_do_at_all() {
    for state in [MessageState::DELIVERED, MessageState::UNDELIVERABLE] {
        let sim = manual().sme_acks(true).dlr_mix(state).start().unwrap();
        let mut esme = Raw::bound(sim.addr(), "me");
        for bits in (0..0x20).filter(|bits| bits & 3 != 3) {
            esme.send(&submit(bits).with_user_message_reference(7), 2);
            esme.expect_submitted(2);
            let mut expected = Vec::new();
            expected.extend((bits & 0x10 != 0).then_some(0x20));
            let is_success = state == MessageState::DELIVERED;
            expected.extend((bits & 3 == 1 || bits & 3 == 2 && !is_success).then_some(0x04));
            expected.extend((bits & 0x04 != 0 && is_success).then_some(0x08));
            expected.extend((bits & 0x08 != 0 && is_success).then_some(0x10));
            for esm_class in expected {
                let (number, pdu) = esme.expect_deliver_sm();
                assert_eq!((pdu.esm_class.0, pdu.user_message_reference()), (esm_class, Some(7)), "{bits:#x}");
                assert_eq!(pdu.source_addr, "4179123456");
                esme.answer(number, CommandStatus::ESME_ROK);
            }
            esme.hears_nothing(&sim);
        }
    }
}

#[test]
fn a_message_in_flight_when_its_session_is_lost_goes_to_the_next() {
    let sim = manual().start().unwrap();
    let mut lost = receiver(&sim, "me", "");
    let sent = sim.mo("1", "2", "x").start().unwrap();
    lost.expect_deliver_sm();
    drop(lost);
    let mut next = receiver(&sim, "me", "");
    let (number, _) = next.expect_deliver_sm();
    next.answer(number, CommandStatus::ESME_ROK);
    assert_eq!(sent.wait(PATIENCE).unwrap().parts[0].refusals, 0);
}

#[test]
fn what_is_submitted_comes_back_or_goes_to_another_esme() {
    let sim = manual().loopback(Loopback::Echo).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(0).with_data_coding(8).with_short_message(b"\x04\x16"), 2);
    esme.expect_submitted(2);
    let (_, pdu) = esme.expect_deliver_sm();
    assert_eq!((pdu.source_addr.as_str(), pdu.destination_addr.as_str()), (Some("4179123456"), Some("12345")));
    assert_eq!((pdu.data_coding.0, pdu.short_message.as_bytes(), pdu.esm_class.0), (8, &b"\x04\x16"[..], 0));

    let sim = manual().loopback(Loopback::Route).start().unwrap();
    let mut to = ready_receiver(&sim, "to", "^4179");
    let mut from = Raw::bound(sim.addr(), "from");
    from.send(&submit(1), 2);
    from.expect_submitted(2);
    assert_eq!(to.expect_deliver_sm().1.source_addr, "12345");
    assert_eq!(from.expect_deliver_sm().1.esm_class.0, 0x04);
    from.send(&submit(0).with_destination_addr("5"), 3);
    from.expect_submitted(3);
    to.hears_nothing(&sim);
}

#[test]
fn texts_are_whole_whatever_the_order_and_tell_what_is_missing() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let splitter = Splitter::new(Profile::default()).with_segmentation(Segmentation::Sar);
    let (text, template) = ("Ünïcode Ж ".repeat(20), submit(0));
    let parts = splitter.submit_sm(&template, &text).unwrap();
    // The last first; then the same again with one part missing.
    for (number, part) in (2..).zip(parts.iter().rev().chain(parts.iter().skip(1))) {
        esme.send(part, number);
        esme.expect_submitted(number);
    }
    sim.mo("1", "2", "long ".repeat(60)).parts([2]).start().unwrap();
    let texts = sim.texts();
    assert_eq!(texts.len(), 3, "{texts:#?}");
    assert!(texts[0].complete && texts[0].text.as_ref() == Some(&text) && texts[0].missing.is_empty());
    assert_eq!(texts[0].parts.iter().map(|part| part.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(!texts[1].complete && texts[1].missing == [1]);
    assert!(texts[1].text.as_ref().unwrap().starts_with('\u{FFFD}'));
    assert_eq!((texts[2].direction, &*texts[2].missing, texts[2].total), (TextDirection::Mo, &[1][..], 2));
    assert_eq!(sim.messages()[0].decoded().unwrap().chars().last(), text.chars().last());
}

#[test]
fn what_is_reset_is_forgotten_and_begins_with_1_again() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let mut octets = || {
        esme.send(&submit(1), 2);
        let id = esme.expect_submitted(2);
        let (number, _) = esme.expect_deliver_sm();
        esme.answer(number, CommandStatus::ESME_ROK);
        id
    };
    assert_eq!([octets(), octets()], ["1", "2"]);
    sim.reset(What::Messages);
    assert!(sim.messages().is_empty());
    assert_eq!(octets(), "3");
    sim.reset(What::Sequences);
    assert_eq!(octets(), "1");
    let held = sim.mo("1", "2", "x").to_system_id("nobody").start().unwrap();
    sim.reset(What::Messages);
    assert_eq!(held.wait(PATIENCE).unwrap_err(), MoError::Forgotten);
    sim.reset(What::Sessions);
    let mut unbind = Vec::new();
    while let Some((header, pdu)) = esme.next() {
        unbind.push(header.command_id.0);
        if matches!(pdu, Pdu::Unbind(_)) {
            esme.write(&UnbindResp::default().to_octets(header.sequence_number).unwrap());
        }
    }
    assert_eq!(unbind, [6]);
}

#[test]
fn parts_have_their_id_as_reference_whoever_sends_beside_them() {
    let sim = SmscSim::builder().start().unwrap();
    let _esme = Raw::bound(sim.addr(), "me");
    let text = "a long text ".repeat(20);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..200).for_each(|_| _ = sim.mo("4477", "123", &text).start().unwrap()));
        }
    });
    for mo in sim.mos() {
        // 05 00 03, the reference, how many, which.
        assert_eq!(mo.parts[0].pdu.short_message.as_bytes()[3], mo.id as u8);
    }
    assert_eq!(sim.mos().len(), 800);
}

#[test]
fn what_a_rule_sends_back_does_not_come_after_a_reset() {
    let sim = SmscSim::builder().clock(Clock::manual()).start().unwrap();
    let rule = r#"{"when":{"pdu":"submit_sm"},"then":[{"mo":{"text":"back","delay":"10s"}}]}"#;
    sim.rule(serde_json::from_str::<smsc_sim::rules::Rule>(rule).unwrap()).keep();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(0), 2);
    esme.expect_submitted(2);
    esme.hears_nothing(&sim);
    sim.reset(What::Messages);
    sim.advance(Duration::from_secs(10));
    esme.hears_nothing(&sim);
    assert!(sim.mos().is_empty());
}
