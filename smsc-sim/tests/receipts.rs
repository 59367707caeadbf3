//! Receipts: which are sent, to whom, how often, and when they count as delivered.

mod raw;

use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use smpp::client::Client;
use smpp::pdu::*;
use smpp::value::*;
use smsc_sim::{Builder, Clock, MessageIdForm, ReceiptForm, ReceiptIdForm, ReceiptRetry, ReceiptState, SmscSim};

const SECOND: Duration = Duration::from_secs(1);

fn manual() -> Builder {
    SmscSim::builder().clock(Clock::manual())
}

/// Waits until the receipt of the only message is in this state.
#[track_caller]
fn wait_for(sim: &SmscSim, receipt: ReceiptState, refusals: u32) {
    let is_it = |message: &smsc_sim::Message| message.receipt == receipt && message.receipt_refusals == refusals;
    assert!(sim.wait_until(is_it, PATIENCE).is_some(), "{:?}", sim.messages());
}

#[test]
fn every_value_of_registered_delivery_is_taken_at_its_word() {
    for (state, is_success) in [
        (MessageState::DELIVERED, true),
        (MessageState::ACCEPTED, true),
        (MessageState::EXPIRED, false),
        (MessageState::DELETED, false),
        (MessageState::UNDELIVERABLE, false),
        (MessageState::UNKNOWN, false),
        (MessageState::REJECTED, false),
    ] {
        let sim = manual().dlr_mix(state).start().unwrap();
        let mut esme = Raw::bound(sim.addr(), "me");
        for bits in 0..=0xFF {
            esme.send(&submit(bits), 2);
            // Bits 1 and 0 both set are reserved (section 5.2.17), and so are bits 5 to 7.
            if bits & 0x03 == 0x03 || bits & 0xE0 != 0 {
                esme.expect_status(0x8000_0004, 2, CommandStatus::ESME_RINVREGDLVFLG);
                continue;
            }
            let id = esme.expect_submitted(2);
            let mut expected = Vec::new();
            if bits & 0x10 != 0 {
                expected.push((0x20, MessageState::ENROUTE));
            }
            if bits & 0x03 == 1 || bits & 0x03 == 2 && !is_success {
                expected.push((0x04, state));
            }
            for wanted in expected {
                let (number, receipt) = esme.expect_deliver_sm();
                assert_eq!((receipt.esm_class.0, receipt.message_state().unwrap()), wanted, "{bits:#x} {state:?}");
                assert_eq!(receipt.receipted_message_id().unwrap(), id.as_str());
                // What the receipt itself asks for is nothing.
                assert_eq!(receipt.registered_delivery.0, 0);
                esme.answer(number, CommandStatus::ESME_ROK);
            }
            esme.hears_nothing(&sim);
        }
    }
}

#[test]
fn submit_multi_and_data_sm_are_receipted_alike() {
    let sim = manual().dlr_mix(MessageState::UNDELIVERABLE).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let to = |addr: &'static str| DestAddress::SmeAddress {
        dest_addr_ton: Ton::INTERNATIONAL,
        dest_addr_npi: Npi::ISDN,
        destination_addr: addr.into(),
    };
    for bits in [0, 1, 2] {
        let multi = SubmitMulti::default()
            .with_dest_address([to("41791"), to("41792")])
            .with_registered_delivery(bits)
            .with_short_message("hello");
        esme.send(&multi, 2);
        esme.expect_status(0x8000_0021, 2, CommandStatus::ESME_ROK);
        let data = DataSm::default().with_destination_addr("41793").with_registered_delivery(bits);
        for wanted in ["41791", "41792"].into_iter().filter(|_| bits > 0) {
            let (number, receipt) = esme.expect_deliver_sm();
            assert_eq!(receipt.source_addr, wanted);
            esme.answer(number, CommandStatus::ESME_ROK);
        }
        esme.send(&data, 3);
        esme.expect_status(0x8000_0103, 3, CommandStatus::ESME_ROK);
        if bits > 0 {
            let (number, receipt) = esme.expect_deliver_sm();
            assert_eq!(receipt.source_addr, "41793");
            esme.answer(number, CommandStatus::ESME_ROK);
        }
        esme.hears_nothing(&sim);
    }
}

#[test]
fn a_receipt_counts_when_its_response_says_so() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(1), 2);
    esme.expect_submitted(2);
    let (number, _) = esme.expect_deliver_sm();
    assert_eq!((sim.messages()[0].state, sim.messages()[0].receipt), (MessageState::DELIVERED, ReceiptState::Sent));
    esme.answer(number, CommandStatus::ESME_ROK);
    wait_for(&sim, ReceiptState::Delivered, 0);
}

#[test]
fn what_is_refused_for_the_moment_is_tried_again_as_often_as_it_may_be() {
    for status in [CommandStatus::ESME_RMSGQFUL, CommandStatus::ESME_RX_T_APPN] {
        let retry: ReceiptRetry = "every=30s,max=2".parse().unwrap();
        let sim = manual().receipt_retry(retry).start().unwrap();
        let mut esme = Raw::bound(sim.addr(), "me");
        esme.send(&submit(1), 2);
        let id = esme.expect_submitted(2);
        for refusals in 1..=3 {
            let (number, receipt) = esme.expect_deliver_sm();
            assert_eq!(receipt.receipted_message_id().unwrap(), id.as_str());
            esme.answer(number, status);
            if refusals == 3 {
                break;
            }
            wait_for(&sim, ReceiptState::Held, refusals);
            sim.advance(30 * SECOND - SECOND / 1000);
            esme.hears_nothing(&sim);
            sim.advance(SECOND / 1000);
        }
        wait_for(&sim, ReceiptState::Refused(status), 3);
        sim.advance(1000 * SECOND);
        esme.hears_nothing(&sim);
    }
}

#[test]
fn what_was_refused_for_the_moment_can_be_delivered_by_another_session_then() {
    let sim = manual().start().unwrap();
    let mut first = Raw::bound(sim.addr(), "me");
    first.send(&submit(1), 2);
    let id = first.expect_submitted(2);
    let (number, _) = first.expect_deliver_sm();
    first.answer(number, CommandStatus::ESME_RMSGQFUL);
    wait_for(&sim, ReceiptState::Held, 1);
    drop(first);
    let mut second = Raw::bound(sim.addr(), "me");
    sim.advance(5 * SECOND);
    let (number, receipt) = second.expect_deliver_sm();
    assert_eq!(receipt.receipted_message_id().unwrap(), id.as_str());
    second.answer(number, CommandStatus::ESME_ROK);
    wait_for(&sim, ReceiptState::Delivered, 1);
}

#[test]
fn what_is_refused_for_good_is_given_up() {
    for status in [
        CommandStatus::ESME_RX_P_APPN,
        CommandStatus::ESME_RX_R_APPN,
        CommandStatus::ESME_RSYSERR,
        CommandStatus::ESME_RINVDSTADR,
        CommandStatus(0x0499),
    ] {
        let sim = manual().start().unwrap();
        let mut esme = Raw::bound(sim.addr(), "me");
        esme.send(&submit(1), 2);
        esme.expect_submitted(2);
        let (number, _) = esme.expect_deliver_sm();
        esme.answer(number, status);
        wait_for(&sim, ReceiptState::Refused(status), 1);
        sim.advance(1000 * SECOND);
        esme.hears_nothing(&sim);
    }
}

#[test]
fn a_generic_nack_is_a_refusal_for_good() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(1), 2);
    esme.expect_submitted(2);
    let (number, _) = esme.expect_deliver_sm();
    let mut nack = Vec::new();
    use smpp::codec::Encode;
    GenericNack::default().encode_with_status(CommandStatus::ESME_RINVCMDID, number, &mut nack).unwrap();
    esme.write(&nack);
    wait_for(&sim, ReceiptState::Refused(CommandStatus::ESME_RINVCMDID), 1);
}

#[test]
fn a_receipt_whose_session_is_lost_goes_to_another_receiver_in_order() {
    let sim = manual().start().unwrap();
    let mut lost = Raw::bound(sim.addr(), "me");
    let mut ids = Vec::new();
    for number in 2..5 {
        lost.send(&submit(1), number);
        ids.push(lost.expect_submitted(number));
        lost.expect_deliver_sm();
    }
    drop(lost);
    let is_held = |message: &smsc_sim::Message| message.receipt == ReceiptState::Held;
    assert!(sim.wait_until(|message| message.id == ids[2] && is_held(message), PATIENCE).is_some());
    assert!(sim.messages().iter().all(|message| is_held(message) && message.receipt_refusals == 0));
    let mut next = Raw::bound(sim.addr(), "me");
    for id in &ids {
        let (number, receipt) = next.expect_deliver_sm();
        assert_eq!(receipt.receipted_message_id().unwrap(), id.as_str());
        next.answer(number, CommandStatus::ESME_ROK);
    }
    for id in &ids {
        let is_delivered = |message: &smsc_sim::Message| message.receipt == ReceiptState::Delivered;
        assert!(sim.wait_until(|message| message.id == *id && is_delivered(message), PATIENCE).is_some());
    }
}

#[test]
fn receivers_take_turns_and_a_full_window_holds_nobody_up() {
    let sim = manual().start().unwrap();
    let mut silent = Raw::bound(sim.addr(), "me");
    let (sender, receipts) = crossbeam_channel::unbounded();
    let client = Client::builder()
        .system_id("me")
        .on_deliver_sm(move |pdu| {
            sender.send(pdu.receipted_message_id().unwrap().to_string()).unwrap();
            CommandStatus::ESME_ROK
        })
        .connect(sim.addr())
        .unwrap();
    client.bind_receiver().unwrap();
    let mut ids = Vec::new();
    for number in 2..102 {
        silent.send(&submit(1), number);
    }
    // The window of the simulator is 10: so many wait for the answers of the session that gives none.
    let mut unanswered = Vec::new();
    while ids.len() < 100 || unanswered.len() < 10 {
        match silent.next().unwrap() {
            (_, smpp::Pdu::SubmitSmResp(response)) => ids.push(response.message_id.to_string()),
            (header, smpp::Pdu::DeliverSm(pdu)) => {
                unanswered.push((header.sequence_number, pdu.receipted_message_id().unwrap().to_string()));
            }
            (_, other) => panic!("{other:?}"),
        }
    }
    let mut told: Vec<String> = (0..90).map(|_| receipts.recv_timeout(PATIENCE).unwrap()).collect();
    told.extend(unanswered.iter().map(|(_, id)| id.clone()));
    told.sort();
    ids.sort();
    assert_eq!(told, ids);
    silent.hears_nothing(&sim);
}

#[test]
fn transmitters_get_no_receipts() {
    let sim = manual().start().unwrap();
    let mut sending = Raw::connect(sim.addr());
    sending.send(&BindTransmitter::default().with_system_id("me"), 1);
    sending.expect_status(0x8000_0002, 1, CommandStatus::ESME_ROK);
    sending.send(&submit(0x11), 2);
    sending.expect_submitted(2);
    sending.hears_nothing(&sim);
    wait_for(&sim, ReceiptState::Held, 0);
}

#[test]
fn forms_of_receipts_and_of_message_ids() {
    let text = "submit date:2601010000 done date:2601010000";
    for (form, wanted, has_tlvs) in [
        (ReceiptForm::Standard, format!("id:b sub:001 dlvrd:001 {text} stat:DELIVRD err:000 text:hello"), true),
        (ReceiptForm::NoTlv, format!("id:b sub:001 dlvrd:001 {text} stat:DELIVRD err:000 text:hello"), false),
        (ReceiptForm::TlvOnly, String::new(), true),
        (ReceiptForm::NoSub, format!("id:b {text} stat:DELIVRD err:000 text:hello"), true),
        (ReceiptForm::Lowercase, format!("id:b sub:001 dlvrd:001 {text} stat:delivrd err:000 text:hello"), true),
    ] {
        let builder = manual().receipt(form).message_id(MessageIdForm::Padded10).receipt_id(ReceiptIdForm::Hex);
        let sim = builder.start().unwrap();
        let mut esme = Raw::bound(sim.addr(), "me");
        for number in 2..12 {
            esme.send(&submit(0), number);
            esme.expect_submitted(number);
        }
        esme.send(&submit(1), 12);
        assert_eq!(esme.expect_submitted(12), "0000000011");
        let (_, receipt) = esme.expect_deliver_sm();
        assert_eq!(receipt.short_message.to_str_lossy(), wanted, "{form}");
        let id = receipt.receipted_message_id().map(|id| id.to_string());
        assert_eq!(
            (id.as_deref(), receipt.message_state()),
            match has_tlvs {
                true => (Some("b"), Some(MessageState::DELIVERED)),
                false => (None, None),
            }
        );
        // The id of the response is the one to ask with.
        esme.send(&QuerySm::default().with_message_id("0000000011").with_source_addr("12345"), 13);
        esme.expect_status(0x8000_0003, 13, CommandStatus::ESME_ROK);
    }
}

#[test]
fn a_receipt_that_no_deliver_sm_can_hold_is_lost_and_holds_nothing_up() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    // data_sm has addresses of up to 64 characters, deliver_sm of 20 (section 4.6.1).
    let data = DataSm::default().with_destination_addr("4".repeat(64)).with_registered_delivery(1);
    esme.send(&data, 2);
    esme.expect_status(0x8000_0103, 2, CommandStatus::ESME_ROK);
    wait_for(&sim, ReceiptState::Lost, 0);
    esme.send(&submit(1), 3);
    let id = esme.expect_submitted(3);
    assert_eq!(esme.expect_deliver_sm().1.receipted_message_id().unwrap(), id.as_str());
}

#[test]
fn receipts_that_were_held_come_in_the_order_of_the_messages() {
    let sim = manual().start().unwrap();
    let mut sending = Raw::connect(sim.addr());
    sending.send(&BindTransmitter::default().with_system_id("me"), 1);
    sending.expect_status(0x8000_0002, 1, CommandStatus::ESME_ROK);
    let ids: Vec<_> = (2..52)
        .map(|number| {
            sending.send(&submit(1), number);
            sending.expect_submitted(number)
        })
        .collect();
    let mut receiving = Raw::bound(sim.addr(), "me");
    for id in ids {
        let (number, receipt) = receiving.expect_deliver_sm();
        assert_eq!(receipt.receipted_message_id().unwrap(), id.as_str());
        receiving.answer(number, CommandStatus::ESME_ROK);
    }
}
