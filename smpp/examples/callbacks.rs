//! Callbacks: for single commands received and sent, for all of them, and the status that one of them returns.
//!
//! `on_...` callbacks take what the SMSC asks for and say how it is answered. `observe...` callbacks look at any PDU that goes
//! either way, as it stands on the wire, and change nothing.
//!
//! ```sh
//! cargo run -p smpp --example callbacks
//! cargo run -p smpp --example callbacks -- 127.0.0.1:2775
//! ```

mod common;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, unbounded};
use smpp::client::Client;
use smpp::driver::Reply;
use smpp::pdu::{DataSmResp, DeliverSmResp, SubmitSm, SubmitSmResp};
use smpp::session::Direction;
use smpp::value::{CommandStatus, RegisteredDelivery, registered_delivery::SmscReceipt};
use smsc_sim::SmscSim;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (smsc, _sim) = common::smsc(SmscSim::builder().user("alice", "secret"))?;
    let (answered_to, answered) = unbounded();
    let received = AtomicU32::new(0);

    let client = Client::builder()
        .system_id("alice")
        .password("secret")
        // What it returns is the command_status of the deliver_sm_resp. This one has no room for a second message.
        .on_deliver_sm(move |pdu| {
            println!("on_deliver_sm: {}", pdu.short_message);
            match received.fetch_add(1, Ordering::Relaxed) {
                0 => CommandStatus::ESME_ROK,
                _ => CommandStatus::ESME_RMSGQFUL,
            }
        })
        // A response may say more than a status.
        .on_data_sm(|_| Reply::ok(DataSmResp::default().with_message_id("1")))
        // These two are never answered.
        .on_alert_notification(|pdu| println!("on_alert_notification: {} is there", pdu.source_addr))
        .on_outbind(|pdu| println!("on_outbind: {} wants us to bind", pdu.system_id))
        // Whatever has no callback of its own, a vendor's commands among it.
        .on_pdu(|pdu| {
            println!("on_pdu: {:?}", pdu.header().command_id);
            CommandStatus::ESME_RINVCMDID
        })
        .observe::<SubmitSm<'_>>(Direction::Sent, |pdu| println!("sent: submit_sm to {}", pdu.destination_addr))
        .observe::<SubmitSmResp<'_>>(Direction::Received, |pdu| {
            let outcome = if pdu.header().command_status == CommandStatus::ESME_ROK { "accepted" } else { "refused" };
            println!("received: submit_sm_resp, {outcome}, message_id {}", pdu.message_id);
        })
        .observe::<DeliverSmResp<'_>>(Direction::Sent, move |pdu| {
            // The other end lives as long as `main`.
            let _ = answered_to.send(pdu.header().command_status);
        })
        // All at once: a log of everything that goes over the link.
        .observe_all(|pdu| {
            let (header, arrow) = (pdu.header(), if pdu.direction() == Direction::Sent { "->" } else { "<-" });
            println!("{arrow} {:?} #{} {:?}", header.command_id, header.sequence_number, header.command_status);
        })
        .connect(smsc)?;

    client.bind_transceiver()?;
    let receipt = RegisteredDelivery::default().with_smsc_receipt(SmscReceipt::SUCCESS_OR_FAILURE);
    let submit = SubmitSm::default().with_registered_delivery(receipt).with_short_message("test sms");
    client.submit_sm(&submit.clone().with_destination_addr("4178000001"))?;
    client.submit_sm(&submit.with_destination_addr("4178000002"))?;

    let statuses = [answered.recv_timeout(Duration::from_secs(10))?, answered.recv_timeout(Duration::from_secs(10))?];
    println!("deliver_sm was answered {statuses:?}");
    assert_eq!(statuses, [CommandStatus::ESME_ROK, CommandStatus::ESME_RMSGQFUL]);
    client.unbind()?;
    // The thread that calls the callbacks has the end of the link still to tell of. They are dropped after the last call, and
    // the sender in one of them with them.
    assert_eq!(answered.recv_timeout(Duration::from_secs(10)), Err(RecvTimeoutError::Disconnected));
    Ok(())
}
