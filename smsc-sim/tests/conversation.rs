//! What the simulator does with what it is sent, through the client of this project.

use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use smpp::client::Client;
use smpp::pdu::*;
use smpp::value::*;
use smsc_sim::SmscSim;

fn client(sim: &SmscSim, system_id: &str) -> (Client, Receiver<DeliverSm<'static>>) {
    let (sender, receiver) = unbounded();
    let client = Client::builder()
        .system_id(system_id)
        .on_deliver_sm(move |pdu| {
            sender
                .send(pdu.pdu().clone().into_owned())
                .map_or(CommandStatus::ESME_RX_T_APPN, |()| CommandStatus::ESME_ROK)
        })
        .connect(sim.addr())
        .expect("a connection");
    (client, receiver)
}

fn submit(registered_delivery: u8) -> SubmitSm<'static> {
    SubmitSm::default()
        .with_source_addr("12345")
        .with_destination_addr("4179123456")
        .with_registered_delivery(registered_delivery)
        .with_short_message("hello")
}

const SOON: Duration = Duration::from_secs(10);

#[test]
fn receipts_come_only_if_they_were_asked_for() {
    let sim = SmscSim::builder().start().unwrap();
    let (client, receipts) = client(&sim, "me");
    client.bind_transceiver().unwrap();
    client.submit_sm(&submit(0)).unwrap();
    client.submit_sm(&submit(2)).unwrap();
    let wanted = client.submit_sm(&submit(1).with_user_message_reference(77)).unwrap();
    let receipt = receipts.recv_timeout(SOON).unwrap();
    assert_eq!(receipt.receipted_message_id(), Some(wanted.message_id.clone()));
    assert_eq!(receipt.message_state(), Some(MessageState::DELIVERED));
    assert_eq!(receipt.user_message_reference(), Some(77));
    assert_eq!(receipt.esm_class, EsmClass(0x04));
    assert_eq!((receipt.source_addr.as_str(), receipt.destination_addr.as_str()), (Some("4179123456"), Some("12345")));
    // The connection keeps the order: what was wanted by mistake would have come before.
    client.unbind().unwrap();
    assert!(receipts.try_recv().is_err());
    assert_eq!(sim.messages().len(), 3);
}

#[test]
fn a_receipt_waits_for_a_receiver() {
    let sim = SmscSim::builder().start().unwrap();
    let (sending, _) = client(&sim, "me");
    sending.bind_transmitter().unwrap();
    let response = sending.submit_sm(&submit(1)).unwrap();
    let (other, others) = client(&sim, "you");
    other.bind_receiver().unwrap();
    let (receiving, receipts) = client(&sim, "me");
    receiving.bind_receiver().unwrap();
    assert_eq!(receipts.recv_timeout(SOON).unwrap().receipted_message_id(), Some(response.message_id));
    assert!(others.try_recv().is_err());
}

#[test]
fn an_intermediate_notification_comes_before_the_receipt() {
    let sim = SmscSim::builder().start().unwrap();
    let (client, receipts) = client(&sim, "me");
    client.bind_transceiver().unwrap();
    client.submit_sm(&submit(0x11)).unwrap();
    let first = receipts.recv_timeout(SOON).unwrap();
    assert_eq!((first.esm_class, first.message_state()), (EsmClass(0x20), Some(MessageState::ENROUTE)));
    let second = receipts.recv_timeout(SOON).unwrap();
    assert_eq!((second.esm_class, second.message_state()), (EsmClass(0x04), Some(MessageState::DELIVERED)));
}

#[test]
fn more_receipts_than_the_window_holds_all_come() {
    let sim = SmscSim::builder().start().unwrap();
    let (client, receipts) = client(&sim, "me");
    client.bind_transceiver().unwrap();
    let pending: Vec<_> = (0..200).map(|_| client.send(&submit(1)).unwrap()).collect();
    let mut ids: Vec<_> = pending.into_iter().map(|response| response.wait().unwrap().message_id).collect();
    let mut told: Vec<_> = (0..200).map(|_| receipts.recv_timeout(SOON).unwrap()).collect();
    ids.sort();
    told.sort_by_key(|receipt| receipt.receipted_message_id().map(|id| id.into_owned()));
    assert!(told.iter().map(|receipt| receipt.receipted_message_id().unwrap()).eq(ids));
}

#[test]
fn pending_messages_can_be_asked_for_replaced_and_cancelled() {
    let sim = SmscSim::builder().dlr_delay(Duration::from_secs(3600)).start().unwrap();
    let (client, receipts) = client(&sim, "me");
    client.bind_transceiver().unwrap();
    let id = client.submit_sm(&submit(1)).unwrap().message_id;
    let query = QuerySm::default().with_message_id(id.clone()).with_source_addr("12345");
    assert_eq!(client.query_sm(&query).unwrap().message_state, MessageState::ENROUTE);

    let replace = ReplaceSm::default()
        .with_message_id(id.clone())
        .with_source_addr("12345")
        .with_registered_delivery(1)
        .with_short_message("better");
    client.replace_sm(&replace).unwrap();
    assert_eq!(sim.messages()[0].text(), "better");

    let cancel = CancelSm::default().with_message_id(id.clone()).with_source_addr("12345");
    client.cancel_sm(&cancel).unwrap();
    assert_eq!(sim.messages()[0].state, MessageState::DELETED);
    let receipt = receipts.recv_timeout(SOON).unwrap();
    assert_eq!(receipt.message_state(), Some(MessageState::DELETED));
    assert!(receipt.short_message.to_str_lossy().contains("stat:DELETED err:000 text:better"));
    let answer = client.query_sm(&query).unwrap();
    assert_eq!((answer.message_state, answer.final_date.len()), (MessageState::DELETED, 16));

    let status = |error: smpp::driver::Error| error.command_status().unwrap();
    assert_eq!(status(client.cancel_sm(&cancel).unwrap_err()), CommandStatus::ESME_RCANCELFAIL);
    assert_eq!(status(client.replace_sm(&replace).unwrap_err()), CommandStatus::ESME_RREPLACEFAIL);
    let unknown = query.clone().with_message_id("999");
    assert_eq!(status(client.query_sm(&unknown).unwrap_err()), CommandStatus::ESME_RINVMSGID);
    let of_someone_else = query.with_source_addr("54321");
    assert_eq!(status(client.query_sm(&of_someone_else).unwrap_err()), CommandStatus::ESME_RQUERYFAIL);
}

#[test]
fn a_group_of_messages_can_be_cancelled() {
    let sim = SmscSim::builder().dlr_delay(Duration::from_secs(3600)).start().unwrap();
    let (client, receipts) = client(&sim, "me");
    client.bind_transceiver().unwrap();
    for _ in 0..2 {
        client.submit_sm(&submit(1)).unwrap();
    }
    client.submit_sm(&submit(1).with_destination_addr("5")).unwrap();
    let cancel = CancelSm::default().with_source_addr("12345").with_destination_addr("4179123456");
    client.cancel_sm(&cancel).unwrap();
    receipts.recv_timeout(SOON).unwrap();
    receipts.recv_timeout(SOON).unwrap();
    let states: Vec<_> = sim.messages().iter().map(|message| message.state).collect();
    assert_eq!(states, [MessageState::DELETED, MessageState::DELETED, MessageState::ENROUTE]);
}

#[test]
fn every_destination_of_submit_multi_gets_its_message() {
    let sim = SmscSim::builder().start().unwrap();
    let (client, receipts) = client(&sim, "me");
    client.bind_transceiver().unwrap();
    let to = |addr: &'static str| DestAddress::SmeAddress {
        dest_addr_ton: Ton::INTERNATIONAL,
        dest_addr_npi: Npi::ISDN,
        destination_addr: addr.into(),
    };
    let multi = SubmitMulti::default()
        .with_source_addr("12345")
        .with_dest_address([to("41791"), to("41792")])
        .with_registered_delivery(1)
        .with_short_message("hello");
    let response = client.submit_multi(&multi).unwrap();
    assert!(response.unsuccess_sme.is_empty());
    let mut from: Vec<_> = (0..2).map(|_| receipts.recv_timeout(SOON).unwrap().source_addr).collect();
    from.sort();
    assert_eq!(from, ["41791", "41792"]);
    let list = multi.with_dest_address([DestAddress::DistributionList { dl_name: "friends".into() }]);
    let refused = client.submit_multi(&list).unwrap_err();
    assert_eq!(refused.command_status(), Some(CommandStatus::ESME_RINVDLNAME));
}

#[test]
fn data_sm_is_a_message_too() {
    let sim = SmscSim::builder().start().unwrap();
    let (client, receipts) = client(&sim, "me");
    client.bind_transceiver().unwrap();
    let data = DataSm::default()
        .with_source_addr("12345")
        .with_destination_addr("4179123456")
        .with_registered_delivery(1)
        .with_message_payload("hello");
    let response = client.data_sm(&data).unwrap();
    assert_eq!(receipts.recv_timeout(SOON).unwrap().receipted_message_id(), Some(response.message_id));
    assert_eq!(sim.messages()[0].text(), "hello");
}

#[test]
fn what_the_standard_refuses_is_refused_with_its_status() {
    let sim = SmscSim::builder().start().unwrap();
    let (client, _) = client(&sim, "me");
    client.bind_transceiver().unwrap();
    for (pdu, status) in [
        (submit(0).with_destination_addr(""), CommandStatus::ESME_RINVDSTADR),
        (submit(0).with_priority_flag(4), CommandStatus::ESME_RINVPRTFLG),
        (submit(3), CommandStatus::ESME_RINVREGDLVFLG),
        (submit(0).with_source_addr_ton(7), CommandStatus::ESME_RINVSRCTON),
        (submit(0).with_message_payload("again"), CommandStatus::ESME_RINVMSGLEN),
        (submit(0).with_esm_class(0x04), CommandStatus::ESME_RINVESMCLASS),
    ] {
        assert_eq!(client.submit_sm(&pdu).unwrap_err().command_status(), Some(status), "{pdu:?}");
    }
    // Section 3.3: TLVs that are unknown or out of place are ignored.
    let mut odd = submit(0);
    odd.tlvs.push_raw(0x1403, b"34");
    odd.tlvs.push_raw(0x0427, &[2]);
    // As node-smpp sends it.
    odd.tlvs.push_raw(0x130C, &[1]);
    client.submit_sm(&odd).unwrap();
    assert_eq!(sim.messages().len(), 1);
    // What cannot be what it says is not.
    let mut cut = submit(0);
    cut.tlvs.push_raw(0x0204, &[1]);
    assert_eq!(client.submit_sm(&cut).unwrap_err().command_status(), Some(CommandStatus::ESME_RINVPARLEN));
}

#[test]
fn a_window_of_ten_thousand_is_taken() {
    let sim = SmscSim::builder().max_messages(10_000).start().unwrap();
    let client = Client::builder().window(10_000).connect(sim.addr()).unwrap();
    client.bind_transmitter().unwrap();
    let pending: Vec<_> = (0..10_000).map(|_| client.send(&submit(0)).unwrap()).collect();
    for pending in pending {
        pending.wait().unwrap();
    }
    assert_eq!(sim.messages().len(), 10_000);
}
