//! A message sent, received and receipted, through a simulated SMSC in the same process.
//!
//! ```sh
//! cargo run -p smpp --example quickstart
//! ```

use std::time::Duration;

use crossbeam_channel::bounded;
use smpp::client::Client;
use smpp::pdu::SubmitSm;
use smpp::value::{CommandStatus, Npi, RegisteredDelivery, Ton, registered_delivery::SmscReceipt};
use smsc_sim::SmscSim;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sim = SmscSim::builder().user("alice", "secret").start()?;

    // Callbacks run on a thread of the client's own; what they return is the status of the deliver_sm_resp.
    let (receipts, arrived) = bounded(1);
    let client = Client::builder()
        .system_id("alice")
        .password("secret")
        .on_deliver_sm(move |pdu| match receipts.try_send(pdu.pdu().clone().into_owned()) {
            Ok(()) => CommandStatus::ESME_ROK,
            Err(_) => CommandStatus::ESME_RMSGQFUL,
        })
        .connect(sim.addr())?;
    let bound = client.bind_transceiver()?;
    println!("bound to {} as transceiver", bound.system_id);

    let response = client.submit_sm(
        &SubmitSm::default()
            .with_source_addr_ton(Ton::ALPHANUMERIC)
            .with_source_addr("quickstart")
            .with_dest_addr_ton(Ton::INTERNATIONAL)
            .with_dest_addr_npi(Npi::ISDN)
            .with_destination_addr("4179123456")
            .with_registered_delivery(RegisteredDelivery::default().with_smsc_receipt(SmscReceipt::SUCCESS_OR_FAILURE))
            .with_short_message("test sms"),
    )?;
    println!("submitted, message_id {}", response.message_id);

    let receipt = arrived.recv_timeout(Duration::from_secs(10))?;
    println!("receipt: {}", receipt.short_message);
    assert_eq!(receipt.receipted_message_id().as_ref(), Some(&response.message_id));

    client.unbind()?;
    println!("unbound");
    Ok(())
}
