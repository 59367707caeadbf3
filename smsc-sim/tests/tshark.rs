//! Wireshark's dissector finds nothing wrong with what the simulator sends.

mod wire;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use smpp::client::Client;
use smpp::codec::List;
use smpp::pdu::*;
use smpp::sms::{Profile, Segmentation, Splitter};
use smpp::value::CommandStatus;
use smsc_sim::{ReceiptForm, ReceiptState, SmscSim};
use wire::{Recorder, command_ids, dissect};

/// tshark, if it can be had.
fn install() {
    let setup = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/interop/setup.sh");
    let output = Command::new(setup).output().expect("setup.sh runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Everything that an SMSC answers, and all that it sends by itself.
fn converse(form: ReceiptForm, streams: &mut Vec<Vec<u8>>) {
    let sim = SmscSim::builder().user("alice", "secret").receipt(form).start().unwrap();
    let recorder = Recorder::start(sim.addr());
    let connect = |password: &str| {
        let builder = Client::builder().system_id("alice").password(password);
        let builder = builder.on_deliver_sm(|_| CommandStatus::ESME_ROK).on_data_sm(|_| CommandStatus::ESME_ROK);
        builder.on_alert_notification(|_| {}).connect(recorder.addr).unwrap()
    };
    connect("wrong").bind_transceiver().unwrap_err();
    let transmitter = connect("secret");
    transmitter.bind_transmitter().unwrap();
    let receiver = connect("secret");
    receiver.bind_receiver().unwrap();
    let client = connect("secret");
    client.bind_transceiver().unwrap();
    client.enquire_link().unwrap();

    let template =
        SubmitSm::default().with_source_addr("4178").with_destination_addr("4179123456").with_registered_delivery(1);
    let long = "Привет, мир. ".repeat(12);
    let mut id = Default::default();
    for segmentation in [Segmentation::Udh8, Segmentation::Sar, Segmentation::MessagePayload] {
        let splitter = Splitter::new(Profile::default()).with_segmentation(segmentation);
        for part in splitter.submit_sm(&template, &long).unwrap() {
            id = client.submit_sm(&part).unwrap().message_id;
        }
    }
    client.query_sm(&QuerySm::default().with_message_id(id).with_source_addr("4178")).unwrap();
    client.query_sm(&QuerySm::default().with_message_id("nothing")).unwrap_err();
    let later = template.clone().with_schedule_delivery_time("000001000000000R").with_short_message("later");
    let id = client.submit_sm(&later).unwrap().message_id;
    let replace = ReplaceSm::default().with_message_id(id.clone()).with_source_addr("4178").with_short_message("new");
    client.replace_sm(&replace).unwrap();
    let cancel = CancelSm::default().with_message_id(id).with_source_addr("4178").with_destination_addr("4179123456");
    client.cancel_sm(&cancel).unwrap();
    client.cancel_sm(&cancel).unwrap_err();
    let destinations: Vec<_> = ["41791", "41792"]
        .into_iter()
        .map(|addr| DestAddress::SmeAddress {
            dest_addr_ton: Default::default(),
            dest_addr_npi: Default::default(),
            destination_addr: addr.into(),
        })
        .collect();
    let multi = SubmitMulti::default().with_dest_address(List::from(destinations)).with_short_message("to all");
    client.submit_multi(&multi).unwrap();
    client.data_sm(&DataSm::default().with_destination_addr("41793").with_message_payload("data")).unwrap();
    for segmentation in [Segmentation::Udh8, Segmentation::Udh16, Segmentation::Sar, Segmentation::MessagePayload] {
        sim.mo("41791", "12345", &long).split(segmentation).to_system_id("alice").send().unwrap();
    }
    sim.alert_notification("alice", "41791").unwrap();
    let is_told = |message: &smsc_sim::Message| message.receipt == ReceiptState::Delivered;
    sim.wait_until(is_told, Duration::from_secs(20)).expect("receipts");
    for client in [&transmitter, &receiver, &client] {
        client.unbind().unwrap();
    }
    sim.stop(Duration::from_secs(5));
    streams.extend(recorder.sent());
}

#[test]
fn what_the_simulator_sends_is_not_malformed() {
    install();
    let mut streams = Vec::new();
    for form in [ReceiptForm::Standard, ReceiptForm::NoTlv, ReceiptForm::TlvOnly] {
        converse(form, &mut streams);
    }
    let ids = command_ids(&streams);
    // Each kind of PDU that an SMSC sends in a conversation.
    let wanted =
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 0x15, 0x21, 0x103].map(|id: u32| if id == 5 { id } else { 0x8000_0000 | id });
    for id in wanted.into_iter().chain([0x102]) {
        assert!(ids.contains(&id), "{id:#010x} was never sent: {ids:x?}");
    }
    let Some((seen, faults)) = dissect("conversation", &streams) else { return };
    assert_eq!(faults, [""; 0]);
    assert_eq!(seen, ids);
}

/// The judge judges.
#[test]
fn what_is_malformed_is_found() {
    install();
    // A deliver_sm that ends within its destination address.
    let mut octets = vec![0, 0, 0, 24, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1];
    octets.extend_from_slice(&[0, 1, 1, 0x31, 0, 1, 1, 0x32]);
    let Some((_, faults)) = dissect("malformed", &[octets]) else { return };
    assert_eq!(faults.len(), 1);
}
