//! A message is answered only once it is stored: the callback hands the duty to answer to another thread.
//!
//! As long as no answer went out, the SMSC keeps the message and will deliver it again, so none is lost in a crash.
//!
//! ```sh
//! cargo run -p smpp --example store_first
//! cargo run -p smpp --example store_first -- 127.0.0.1:2775
//! ```

mod common;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, bounded, unbounded};
use smpp::client::Client;
use smpp::driver::Responder;
use smpp::pdu::{DeliverSm, DeliverSmResp, SubmitSm};
use smpp::session::Direction;
use smpp::value::{CommandStatus, RegisteredDelivery, registered_delivery::SmscReceipt};
use smsc_sim::SmscSim;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (smsc, _sim) = common::smsc(SmscSim::builder().user("alice", "secret"))?;
    let path = std::env::temp_dir().join(format!("smpp-store-first-{}", std::process::id()));

    // If storing is slow this queue fills up, and the SMSC is asked to come again later.
    let (queue, incoming) = bounded(100);
    let storing = thread::spawn({
        let path = path.clone();
        move || store(&incoming, &path)
    });
    let (answered_to, answered) = unbounded();
    let client = Client::builder()
        .system_id("alice")
        .password("secret")
        .on_deliver_sm(move |pdu| {
            // With the answer taken over, what is returned here does not count.
            let Some(responder) = pdu.defer() else { return CommandStatus::ESME_ROK };
            if let Err(error) = queue.try_send((pdu.pdu().clone().into_owned(), responder)) {
                let (_, responder) = error.into_inner();
                // Nobody is left to be told if the link is gone.
                let _ = responder.answer(CommandStatus::ESME_RMSGQFUL);
            }
            CommandStatus::ESME_ROK
        })
        .observe::<DeliverSmResp<'_>>(Direction::Sent, move |pdu| {
            // The other end lives as long as `main`.
            let _ = answered_to.send(pdu.header().command_status);
        })
        .connect(smsc)?;
    client.bind_transceiver()?;

    for number in 1..=3 {
        client.submit_sm(
            &SubmitSm::default()
                .with_destination_addr("4178481818")
                .with_registered_delivery(
                    RegisteredDelivery::default().with_smsc_receipt(SmscReceipt::SUCCESS_OR_FAILURE),
                )
                .with_short_message(format!("message {number}")),
        )?;
    }
    for _ in 1..=3 {
        println!("answered {:?}", answered.recv_timeout(Duration::from_secs(10))?);
    }
    // An unbind waits for nobody; `drain` also lets what came in be answered.
    assert_eq!(client.drain(Duration::from_secs(10))?, 0);
    drop(client);
    storing.join().expect("it does not panic")?;
    let stored = fs::read_to_string(&path)?;
    fs::remove_file(&path)?;
    println!("{} messages stored", stored.lines().count());
    assert_eq!(stored.lines().count(), 3);
    Ok(())
}

/// Stores and answers one message after the other, until the client is gone.
fn store(incoming: &Receiver<(DeliverSm<'static>, Responder)>, path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    for (pdu, responder) in incoming {
        writeln!(file, "{} {}", pdu.source_addr, pdu.short_message)?;
        file.sync_data()?;
        println!("stored: {}", pdu.short_message);
        // Returning early above drops the responder, which then answers ESME_RSYSERR.
        if let Err(error) = responder.respond(CommandStatus::ESME_ROK, &DeliverSmResp::default()) {
            println!("stored, but not answered, so it will come again: {error}");
        }
    }
    Ok(())
}
