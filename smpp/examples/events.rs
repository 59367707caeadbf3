//! A channel in place of callbacks: messages, changes of state and whatever is odd come as values, to be taken by any
//! thread, with `select!` among other channels if need be.
//!
//! ```sh
//! cargo run -p smpp --example events
//! cargo run -p smpp --example events -- 127.0.0.1:2775
//! ```

mod common;

use crossbeam_channel::bounded;
use smpp::Pdu;
use smpp::client::{Client, ClientEvent};
use smpp::pdu::SubmitSm;
use smpp::session::{CloseReason, SessionState};
use smpp::value::{RegisteredDelivery, esm_class::MessageType, registered_delivery::SmscReceipt};
use smsc_sim::SmscSim;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (smsc, _sim) = common::smsc(SmscSim::builder().user("alice", "secret"))?;

    // What does not fit in any more is answered ESME_RMSGQFUL if it is a message, and dropped if it is news.
    let (events_to, events) = bounded(1000);
    let client = Client::builder().system_id("alice").password("secret").events(events_to).connect(smsc)?;
    client.bind_transceiver()?;

    let mut receipts = 0;
    let mut end = None;
    // The channel is disconnected after the last event.
    for event in events {
        match event {
            ClientEvent::StateChanged { from, to } => {
                println!("{from} -> {to}");
                if to == SessionState::BoundTrx {
                    let wanted = RegisteredDelivery::default().with_smsc_receipt(SmscReceipt::SUCCESS_OR_FAILURE);
                    let submit = SubmitSm::default().with_destination_addr("4178481818").with_short_message("test sms");
                    let response = client.submit_sm(&submit.with_registered_delivery(wanted))?;
                    println!("submitted, message_id {}", response.message_id);
                }
            }
            // It was answered ESME_ROK when it was put into the channel.
            ClientEvent::Pdu { pdu: Pdu::DeliverSm(pdu), diagnostics, .. } => {
                let is_receipt = pdu.esm_class.message_type() == MessageType::SMSC_DELIVERY_RECEIPT;
                println!("{}: {}", if is_receipt { "receipt" } else { "message" }, pdu.short_message);
                diagnostics.iter().for_each(|diagnostic| println!("tolerated: {diagnostic}"));
                receipts += u32::from(is_receipt);
                client.unbind()?;
            }
            ClientEvent::Closed(reason) => {
                println!("closed: {reason}");
                end = Some(reason);
            }
            other => println!("{other:?}"),
        }
    }
    assert_eq!((receipts, end), (1, Some(CloseReason::Unbound)));
    Ok(())
}
