//! How receipts can be: each form, each way to write the message_id, each command, intermediate notifications; through
//! a client of ours and a raw socket.

mod both;
mod raw;

use std::sync::mpsc::channel;
use std::time::Duration;

use both::{manual, with_both};
use raw::{PATIENCE, Raw, submit};
use smpp::Pdu;
use smpp::client::Client;
use smpp::pdu::*;
use smpp::sms::Receipt;
use smpp::value::*;
use smsc_sim::{Carrier, ExtraTlv, MessageIdForm, ReceiptForm, ReceiptIdForm, ReceiptState, Via};

#[test]
fn every_form_says_what_it_says() {
    for (form, text, has_tlvs) in [
        (
            "standard",
            "id:1 sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:hello",
            true,
        ),
        (
            "no-tlv",
            "id:1 sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:hello",
            false,
        ),
        ("tlv-only", "", true),
        ("no-sub", "id:1 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:hello", true),
        (
            "lowercase",
            "id:1 sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:delivrd err:000 text:hello",
            true,
        ),
    ] {
        let written: ReceiptForm = form.parse().unwrap();
        with_both(
            || manual().receipt(written).start().unwrap(),
            |sim, esme| {
                esme.submit(&submit(1)).id();
                let receipt = esme.delivered();
                assert_eq!(receipt.short_message.to_str_lossy(), text, "{form}");
                assert_eq!((receipt.esm_class.0, receipt.data_coding.0), (4, 0), "{form}");
                let id = receipt.receipted_message_id().map(|id| id.to_string());
                assert_eq!(
                    (id.as_deref(), receipt.message_state()),
                    match has_tlvs {
                        true => (Some("1"), Some(MessageState::DELIVERED)),
                        false => (None, None),
                    },
                    "{form}"
                );
                // The toolkit makes the same of every form.
                let read = Receipt::of(&receipt).expect(form);
                assert_eq!(read.message_id().map(|id| id.to_string()).as_deref(), Some("1"), "{form}");
                assert_eq!(read.state(), Some(MessageState::DELIVERED), "{form}");
                esme.quiet(sim);
                let held = sim.wait_until(|message| message.receipt == ReceiptState::Delivered, PATIENCE);
                assert!(held.is_some(), "{form}");
            },
        );
    }
}

#[test]
fn every_way_to_write_the_id() {
    // The twelfth message.
    for (responses, receipts, [response, receipt]) in [
        ("decimal", "same", ["12", "12"]),
        ("decimal", "hex", ["12", "c"]),
        ("decimal", "padded10", ["12", "0000000012"]),
        ("hex", "same", ["c", "c"]),
        ("hex", "decimal", ["c", "12"]),
        ("hex-upper", "same", ["C", "C"]),
        ("hex-upper", "hex", ["C", "c"]),
        ("padded10", "decimal", ["0000000012", "12"]),
        ("uuid", "decimal", ["", "12"]),
        ("uuid", "same", ["", ""]),
    ] {
        let (ids, told): (MessageIdForm, ReceiptIdForm) = (responses.parse().unwrap(), receipts.parse().unwrap());
        with_both(
            || manual().message_id(ids).receipt_id(told).start().unwrap(),
            |_, esme| {
                (1..12).for_each(|_| _ = esme.submit(&submit(0)).id());
                let id = esme.submit(&submit(1)).id();
                let heard = esme.delivered();
                let wanted = if receipt.is_empty() { &id } else { receipt };
                assert!(if response.is_empty() { id.len() == 36 } else { id == response }, "{responses}: {id}");
                assert_eq!(heard.receipted_message_id().unwrap(), wanted, "{responses} {receipts}");
                let text = heard.short_message.to_str_lossy().into_owned();
                assert!(text.starts_with(&format!("id:{wanted} ")), "{responses} {receipts}: {text}");
            },
        );
    }
}

#[test]
fn intermediate_notifications_and_none_of_them() {
    for (bits, intermediate, kinds) in
        [(0x11, true, &[0x20, 0x04][..]), (0x10, true, &[0x20]), (0x11, false, &[0x04]), (0x01, true, &[0x04])]
    {
        let mut carrier = Carrier::default();
        carrier.receipt.intermediate = intermediate;
        carrier.lifecycle.delay = Duration::from_secs(5).into();
        with_both(
            || manual().default_carrier(carrier.clone()).start().unwrap(),
            |sim, esme| {
                let id = esme.submit(&submit(bits)).id();
                for &kind in kinds {
                    if kind == 4 {
                        esme.quiet(sim);
                        sim.advance(Duration::from_secs(5));
                    }
                    let heard = esme.delivered();
                    assert_eq!(heard.esm_class.0, kind, "{bits:#x} {intermediate}");
                    assert_eq!(heard.receipted_message_id().unwrap(), id.as_str());
                    let state = if kind == 4 { MessageState::DELIVERED } else { MessageState::ENROUTE };
                    assert_eq!(heard.message_state(), Some(state), "{bits:#x} {intermediate}");
                }
                sim.advance(Duration::from_secs(5));
                esme.quiet(sim);
            },
        );
    }
}

#[test]
fn a_tlv_of_a_vendor_stands_in_every_receipt() {
    let extra: ExtraTlv = "0x1403=hex:3434".parse().unwrap();
    with_both(
        || manual().receipt_tlv(extra.clone()).start().unwrap(),
        |_, esme| {
            for destination in ["9990", "99925021"] {
                esme.submit(&submit(1).with_destination_addr(destination)).id();
                assert_eq!(esme.delivered().tlvs.find(0x1403).map(|value| value.to_vec()), Some(b"44".to_vec()));
            }
        },
    );
}

#[test]
fn by_data_sm() {
    let sim = manual().receipt_via(Via::DataSm).start().unwrap();
    let mut raw = Raw::bound(sim.addr(), "socket");
    raw.send(&submit(1), 2);
    raw.expect_submitted(2);
    let (header, Pdu::DataSm(receipt)) = raw.next().unwrap() else { panic!("no data_sm") };
    assert_eq!((receipt.esm_class.0, receipt.receipted_message_id().unwrap().to_string()), (4, "1".to_owned()));
    raw.send(&DataSmResp::default(), header.sequence_number);
    let (got, receipts) = channel();
    let client = Client::builder().system_id("client").on_data_sm(move |pdu| {
        let _ = got.send(pdu.pdu().clone().into_owned());
        CommandStatus::ESME_ROK
    });
    let client = client.connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    client.submit_sm(&submit(1)).unwrap();
    let receipt = receipts.recv_timeout(PATIENCE).unwrap();
    assert_eq!(receipt.message_state(), Some(MessageState::DELIVERED));
    let is_own = |message: &smsc_sim::Message| message.system_id == "client";
    let has_it = |message: &smsc_sim::Message| is_own(message) && message.receipt == ReceiptState::Delivered;
    assert!(sim.wait_until(has_it, PATIENCE).is_some());
}

#[test]
fn whichever_receiver_of_the_system_id_there_is() {
    let sim = manual().start().unwrap();
    let (got, receipts) = channel();
    let receiver = Client::builder().system_id("me").on_deliver_sm(move |pdu| {
        let _ = got.send(pdu.pdu().clone().into_owned());
        CommandStatus::ESME_ROK
    });
    let receiver = receiver.connect(sim.addr()).unwrap();
    receiver.bind_receiver().unwrap();
    let transmitter = Client::builder().system_id("me").connect(sim.addr()).unwrap();
    transmitter.bind_transmitter().unwrap();
    let id = transmitter.submit_sm(&submit(1)).unwrap().message_id.to_string();
    assert_eq!(receipts.recv_timeout(PATIENCE).unwrap().receipted_message_id().unwrap(), id.as_str());
}
