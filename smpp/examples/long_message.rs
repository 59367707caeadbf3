//! A long text is split and sent in parts; the receipts of the parts are joined to one outcome.
//!
//! ```sh
//! cargo run -p smpp --example long_message                    # with a simulator of its own
//! cargo run -p smpp --example long_message -- 127.0.0.1:2775  # with the SMSC there
//! ```

mod common;

use std::time::{Duration, Instant};

use crossbeam_channel::unbounded;
use smpp::client::Client;
use smpp::pdu::SubmitSm;
use smpp::sms::{Profile, Receipt, Splitter, Tracker, TrackerEvent};
use smpp::value::{CommandStatus, RegisteredDelivery, registered_delivery::SmscReceipt};
use smsc_sim::SmscSim;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (smsc, _sim) = common::smsc(SmscSim::builder().user("alice", "secret"))?;
    let (receipts_to, receipts) = unbounded();
    let client = Client::builder()
        .system_id("alice")
        .password("secret")
        .on_deliver_sm(move |pdu| match Receipt::of(pdu.pdu()) {
            // A program that must not lose receipts stores them here: `store_first`.
            Some(receipt) => receipts_to
                .send(receipt.into_owned())
                .map_or(CommandStatus::ESME_RX_T_APPN, |()| CommandStatus::ESME_ROK),
            None => CommandStatus::ESME_RX_R_APPN,
        })
        .connect(smsc)?;
    client.bind_transceiver()?;

    let text =
        "All's well that ends well; still the fine's the crown. Whate'er the course, the end is the renown. ".repeat(4);
    let template = SubmitSm::default()
        .with_source_addr("4178000000")
        .with_destination_addr("4178481818")
        .with_validity_period("000001000000000R")
        .with_registered_delivery(RegisteredDelivery::default().with_smsc_receipt(SmscReceipt::SUCCESS_OR_FAILURE));
    // Everything that the template says, each part says. References are counted for each pair of addresses.
    let splitter = Splitter::new(Profile::default());
    println!("{} letters: {} segments", text.len(), splitter.cost(&text)?.segments);
    let parts = splitter.submit_sm(&template, &text)?;
    let total = u8::try_from(parts.len())?;

    // All parts are on their way before the first response is there.
    let sent: Vec<_> = parts.iter().map(|part| client.send(part)).collect::<Result<_, _>>()?;
    let mut tracker = Tracker::default();
    let mut events = Vec::new();
    for (number, pending) in (1..).zip(sent) {
        let message_id = pending.wait()?.message_id;
        println!("part {number} of {total}: message_id {message_id}");
        events.extend(tracker.submitted_part(Instant::now(), "my message", number, total, message_id));
    }
    loop {
        for event in events {
            match event {
                TrackerEvent::Progress { part, receipt, .. } => println!("part {part}: {:?}", receipt.state()),
                TrackerEvent::Finished(outcome) => {
                    println!("{} is finished: {:?}", outcome.message, outcome.state());
                    client.unbind()?;
                    return Ok(());
                }
                other => println!("{other:?}"),
            }
        }
        let receipt = receipts.recv_timeout(Duration::from_secs(10))?;
        events = tracker.receipt(Instant::now(), &receipt);
    }
}
