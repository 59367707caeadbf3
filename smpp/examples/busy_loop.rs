//! A loop of one's own over `Listener::read_one_pdu`, with its own handling of errors, and one thread for everything: it
//! binds, submits and unbinds between one PDU and the next.
//!
//! ```sh
//! cargo run -p smpp --example busy_loop
//! cargo run -p smpp --example busy_loop -- 127.0.0.1:2775
//! ```

mod common;

use smpp::client::{Client, ListenError};
use smpp::driver::{Addresses, Error};
use smpp::pdu::{DeliverSm, SubmitSm};
use smpp::value::{CommandStatus, RegisteredDelivery, registered_delivery::SmscReceipt};
use smsc_sim::SmscSim;

/// How many sessions in a row may end badly.
const ATTEMPTS: u32 = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (smsc, _sim) = common::smsc(SmscSim::builder().user("alice", "secret"))?;
    for attempt in 1..=ATTEMPTS {
        match session(&smsc) {
            Ok(receipts) => {
                println!("ended in good order after {receipts} receipts");
                assert_eq!(receipts, 2);
                return Ok(());
            }
            Err(error) => println!("attempt {attempt}: {error}"),
        }
    }
    Err("gave up".into())
}

/// One session, from connecting to its end. `Err` is what a network or a bind may do at any time; another try may help.
fn session(smsc: &Addresses) -> Result<u32, Box<dyn std::error::Error>> {
    let client = Client::builder()
        .system_id("alice")
        .password("secret")
        .caller_driven()
        .on_deliver_sm(|pdu| {
            println!("receipt: {}", pdu.short_message);
            assert!(!pdu.short_message.is_empty(), "a fault in the application: the loop hears of it");
            CommandStatus::ESME_ROK
        })
        .connect(smsc.clone())?;
    let mut listener = client.listener().expect("it is given once, and this is the first time");
    // Responses do not need the listener, so this thread may wait for them although it is the one that listens.
    client.bind_transceiver()?;
    submit(&client)?;

    let mut receipts = 0;
    loop {
        match listener.read_one_pdu() {
            Ok(Some(header)) if header.command_id == DeliverSm::ID => {
                receipts += 1;
                match receipts {
                    1 => submit(&client)?,
                    _ => client.unbind()?,
                }
            }
            Ok(Some(header)) => println!("{:?}", header.command_id),
            Ok(None) => return Ok(receipts),
            // The connection is gone, and with it this client.
            Err(error @ ListenError::Disconnected(_)) => return Err(error.into()),
            // Faulty PDUs were answered as they should be, and the connection is as good as before.
            Err(ListenError::Undecodable { octets, error }) => println!("{} octets, but {error}", octets.len()),
            Err(error) => println!("passed over: {error}"),
        }
    }
}

fn submit(client: &Client) -> Result<(), Error> {
    let submit = SubmitSm::default()
        .with_destination_addr("4178481818")
        .with_registered_delivery(RegisteredDelivery::default().with_smsc_receipt(SmscReceipt::SUCCESS_OR_FAILURE))
        .with_short_message("test sms");
    println!("message_id {}", client.submit_sm(&submit)?.message_id);
    Ok(())
}
