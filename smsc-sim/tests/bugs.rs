//! Bugs seen in other simulators, each as a test of this one: by raw sockets, as what they broke were clients of all kinds.

mod raw;

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use smpp::pdu::*;
use smpp::value::*;
use smsc_sim::{Clock, ReceiptState, SmscSim};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn bug_1_registered_delivery_is_no_boolean() {
    for (state, receipted) in [(MessageState::DELIVERED, [1].as_slice()), (MessageState::UNDELIVERABLE, &[1, 2])] {
        let sim = SmscSim::builder().clock(Clock::manual()).dlr_mix(state).start().unwrap();
        let mut esme = Raw::bound(sim.addr(), "me");
        // Acknowledgements of the recipient (bits 2 and 3) are not the SMSC's to give; bit 4 is for what is on its way.
        for bits in [0, 1, 2, 4, 8, 12, 16] {
            esme.send(&submit(bits), 2);
            esme.expect_submitted(2);
            if bits == 16 {
                assert_eq!(esme.expect_deliver_sm().1.esm_class.0, 0x20);
            } else if receipted.contains(&bits) {
                let (number, receipt) = esme.expect_deliver_sm();
                assert_eq!((receipt.esm_class.0, receipt.message_state()), (0x04, Some(state)));
                esme.answer(number, CommandStatus::ESME_ROK);
            }
            esme.hears_nothing(&sim);
        }
    }
}

#[test]
fn bug_2_a_receiver_gets_the_receipts_of_a_transmitter() {
    let sim = SmscSim::builder().start().unwrap();
    let mut receiver = Raw::connect(sim.addr());
    receiver.send(&BindReceiver::default().with_system_id("me"), 1);
    receiver.expect_status(0x8000_0001, 1, CommandStatus::ESME_ROK);
    let mut transmitter = Raw::connect(sim.addr());
    transmitter.send(&BindTransmitter::default().with_system_id("me"), 1);
    transmitter.expect_status(0x8000_0002, 1, CommandStatus::ESME_ROK);
    transmitter.send(&submit(1), 2);
    let id = transmitter.expect_submitted(2);
    let (_, receipt) = receiver.expect_deliver_sm();
    assert_eq!(receipt.receipted_message_id().unwrap(), id.as_str());
}

#[test]
fn bug_3_what_takes_an_hour_holds_up_no_enquire_link() {
    let sim = SmscSim::builder().clock(Clock::manual()).dlr_delay(HOUR).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    for number in 2..102 {
        esme.send(&submit(1), number);
    }
    esme.send(&EnquireLink::default(), 102);
    let mut answered: Vec<_> = (2..=102).map(|_| esme.next().unwrap().0.sequence_number).collect();
    answered.sort_unstable();
    assert_eq!(answered, (2..=102).collect::<Vec<_>>());
    assert!(sim.messages().iter().all(|message| message.state == MessageState::ENROUTE));
}

#[test]
fn bug_4_many_sessions_at_once_each_with_sequence_numbers_of_its_own() {
    let sim = SmscSim::builder().start().unwrap();
    let addr = sim.addr();
    let esmes: Vec<_> = ["one", "two", "one", "two", "three", "three", "four", "one"]
        .map(|system_id| {
            thread::spawn(move || {
                for _ in 0..10 {
                    let mut esme = Raw::bound(addr, system_id);
                    let mut numbers = HashSet::new();
                    for number in 2..22 {
                        esme.send(&submit(1), number);
                    }
                    let mut submitted = 0;
                    while submitted < 20 {
                        match esme.next().unwrap() {
                            (_, smpp::Pdu::SubmitSmResp(_)) => submitted += 1,
                            (header, smpp::Pdu::DeliverSm(_)) => {
                                assert!((1..=0x7FFF_FFFF).contains(&header.sequence_number));
                                assert!(numbers.insert(header.sequence_number));
                                esme.answer(header.sequence_number, CommandStatus::ESME_ROK);
                            }
                            (_, other) => panic!("{other:?}"),
                        }
                    }
                    // Gone without unbind, with receipts on their way.
                }
            })
        })
        .into_iter()
        .collect();
    esmes.into_iter().for_each(|esme| esme.join().unwrap());
    assert_eq!(sim.messages().len(), 8 * 10 * 20);
    let mut ids: Vec<_> = sim.messages().into_iter().map(|message| message.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 8 * 10 * 20);
}

#[test]
fn bug_5_what_is_not_supported_is_answered() {
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    // broadcast_sm of SMPP 5.0, a vendor's request, and a number that nobody has.
    for (number, id) in [(2, 0x0000_0111_u32), (3, 0x0001_0200), (4, 0x0000_0099)] {
        let header = [16, id, 0, number].map(u32::to_be_bytes).concat();
        esme.write(&header);
        esme.expect_status(0x8000_0000, number, CommandStatus::ESME_RINVCMDID);
    }
    // A response that answers nothing is not answered; the session goes on.
    esme.write(&[16, 0x8000_0099, 0, 5].map(u32::to_be_bytes).concat());
    esme.hears_nothing(&sim);
}

#[test]
fn bug_6_what_is_sent_is_not_yet_delivered() {
    let sim = SmscSim::builder().clock(Clock::manual()).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(1), 2);
    esme.expect_submitted(2);
    for status in [CommandStatus::ESME_RMSGQFUL, CommandStatus::ESME_RX_T_APPN, CommandStatus::ESME_ROK] {
        let (number, _) = esme.expect_deliver_sm();
        assert_eq!(sim.messages()[0].receipt, ReceiptState::Sent);
        esme.answer(number, status);
        if status == CommandStatus::ESME_ROK {
            break;
        }
        assert!(sim.wait_until(|message| message.receipt == ReceiptState::Held, PATIENCE).is_some());
        sim.advance(Duration::from_secs(5));
    }
    let delivered = sim.wait_until(|message| message.receipt == ReceiptState::Delivered, PATIENCE);
    assert_eq!(delivered.unwrap().receipt_refusals, 2);
}

#[test]
fn bug_8_what_is_asked_of_unknown_ids_fails() {
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(0), 2);
    let id = esme.expect_submitted(2);
    for unknown in ["999".to_owned(), format!("{id}0"), format!("0{id}"), String::new()] {
        esme.send(&QuerySm::default().with_message_id(unknown.clone()).with_source_addr("12345"), 3);
        esme.expect_status(0x8000_0003, 3, CommandStatus::ESME_RINVMSGID);
        let replace = ReplaceSm::default().with_message_id(unknown.clone()).with_source_addr("12345");
        esme.send(&replace.with_short_message("x"), 4);
        esme.expect_status(0x8000_0007, 4, CommandStatus::ESME_RINVMSGID);
        let cancel = CancelSm::default().with_message_id(unknown.clone()).with_source_addr("12345");
        esme.send(&cancel, 5);
        // Without an id it is about a group, of which there is none.
        let is_group = unknown.is_empty();
        let status = if is_group { CommandStatus::ESME_RCANCELFAIL } else { CommandStatus::ESME_RINVMSGID };
        esme.expect_status(0x8000_0008, 5, status);
    }
}

#[test]
fn bug_9_every_session_gets_the_answers_that_rules_have_for_it_once() {
    let rule = |json| serde_json::from_str::<smsc_sim::rules::Rule>(json).unwrap();
    let sim = SmscSim::builder()
        .rule(rule(r#"{"when":{"pdu":"submit_sm"},"pick":{"every":2},"then":{"status":"ESME_RTHROTTLED"}}"#))
        .rule(rule(r#"{"when":{"pdu":"submit_sm"},"pick":{"every":3},"then":{"delay":"1ms"}}"#))
        .start()
        .unwrap();
    let addr = sim.addr();
    let esmes = ["one", "two", "three", "four"].map(|system_id| {
        thread::spawn(move || {
            let mut esme = Raw::bound(addr, system_id);
            for number in 2..102 {
                esme.send(&submit(0), number);
            }
            let mut answered: Vec<_> = (2..102).map(|_| esme.next().unwrap().0).collect();
            answered.sort_unstable_by_key(|header| header.sequence_number);
            assert!(answered.iter().map(|header| header.sequence_number).eq(2..102));
            // Whatever the others do, it is every second one of its own.
            let throttled = answered.iter().filter(|header| header.command_status == CommandStatus::ESME_RTHROTTLED);
            assert!(throttled.map(|header| header.sequence_number).eq((3..102).step_by(2)));
            // And nothing else came.
            esme.send(&EnquireLink::default(), 102);
            esme.expect_status(0x8000_0015, 102, CommandStatus::ESME_ROK);
        })
    });
    esmes.into_iter().for_each(|esme| esme.join().unwrap());
}

#[test]
fn bug_10_a_bind_is_refused_for_what_is_wrong_and_long_texts_are_kept_whole() {
    let sim = SmscSim::builder().clock(Clock::manual()).user("me", "sesame").start().unwrap();
    let mut esme = Raw::connect(sim.addr());
    esme.send(&BindReceiver::default().with_system_id("you").with_password("sesame"), 1);
    esme.expect_status(0x8000_0001, 1, CommandStatus::ESME_RINVSYSID);
    esme.send(&BindTransmitter::default().with_system_id("me").with_password("wrong"), 2);
    esme.expect_status(0x8000_0002, 2, CommandStatus::ESME_RINVPASWD);
    esme.send(&BindTransceiver::default().with_system_id("me").with_password("sesame"), 3);
    esme.expect_status(0x8000_0009, 3, CommandStatus::ESME_ROK);
    let octets: Vec<u8> = (0..254).collect();
    esme.send(&submit(0).with_data_coding(4).with_short_message(octets.clone()), 4);
    esme.expect_submitted(4);
    assert_eq!(sim.messages()[0].pdu.short_message.as_bytes(), octets);
}
