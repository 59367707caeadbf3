//! Callbacks on a thread of one's own: `Listener::listen` runs there until the client is unbound, while another thread
//! submits.
//!
//! Without `caller_driven` the client has a thread for its callbacks by itself, and none of this is needed.
//!
//! ```sh
//! cargo run -p smpp --example listen_on_a_thread
//! cargo run -p smpp --example listen_on_a_thread -- 127.0.0.1:2775
//! ```

mod common;

use std::thread;
use std::time::Duration;

use crossbeam_channel::unbounded;
use smpp::client::Client;
use smpp::pdu::SubmitSm;
use smpp::value::{CommandStatus, RegisteredDelivery, registered_delivery::SmscReceipt};
use smsc_sim::SmscSim;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (smsc, _sim) = common::smsc(SmscSim::builder().user("alice", "secret"))?;
    let (delivered_to, delivered) = unbounded();

    let client = Client::builder()
        .system_id("alice")
        .password("secret")
        .caller_driven()
        .on_deliver_sm(move |pdu| {
            println!("[{}] receipt: {}", thread::current().name().unwrap_or_default(), pdu.short_message);
            // The other end lives as long as `main`.
            let _ = delivered_to.send(());
            CommandStatus::ESME_ROK
        })
        .connect(smsc)?;
    client.bind_transceiver()?;

    let mut listener = client.listener().expect("it is given once, and this is the first time");
    let listening = thread::Builder::new().name("listener".into()).spawn(move || listener.listen())?;

    for number in 1..=3 {
        let submit = SubmitSm::default()
            .with_destination_addr("4178481818")
            .with_registered_delivery(RegisteredDelivery::default().with_smsc_receipt(SmscReceipt::SUCCESS_OR_FAILURE))
            .with_short_message(format!("message {number}"));
        println!("[main] message_id {}", client.submit_sm(&submit)?.message_id);
    }
    for _ in 1..=3 {
        delivered.recv_timeout(Duration::from_secs(10))?;
    }

    // The answer to the unbind ends the loop; so does an unbind of the SMSC.
    client.unbind()?;
    listening.join().expect("a callback that panics does not end the thread")?;
    println!("[main] the listener has returned");
    Ok(())
}
