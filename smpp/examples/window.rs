//! A thousand messages in flight over one link: sent without waiting, and their outcomes taken one by one, as they come, or
//! by a callback.
//!
//! ```sh
//! cargo run -p smpp --example window
//! cargo run -p smpp --example window -- 127.0.0.1:2775
//! ```

mod common;

use std::time::Duration;

use crossbeam_channel::bounded;
use smpp::client::Client;
use smpp::driver::{Completed, Error};
use smpp::pdu::SubmitSm;
use smsc_sim::SmscSim;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (smsc, _sim) = common::smsc(SmscSim::builder().user("alice", "secret"))?;
    let client = Client::builder().system_id("alice").password("secret").window(WINDOW).connect(smsc)?;
    client.bind_transmitter()?;
    let submit = SubmitSm::default().with_destination_addr("4178481818").with_short_message("test sms");

    // `send` waits only while the window is full; the outcome is waited for when it is wanted.
    let pending = client.send(&submit)?;
    println!("sequence_number {} is on its way", pending.sequence_number());
    println!("message_id {}", pending.wait()?.message_id);

    // Many: the outcomes come in the order in which the SMSC answers, each with the number of its request.
    let mut completed = Completed::new();
    for _ in 0..WINDOW {
        completed.push(client.send(&submit)?);
    }
    println!("{WINDOW} messages sent");
    let mut accepted = 0;
    for (index, outcome) in completed {
        match outcome {
            Ok(_) => accepted += 1,
            // Some errors leave open whether the SMSC has the message: sending it again might send it twice.
            Err(error) if error.is_unknown_outcome() => println!("message {index} is in doubt: {error}"),
            Err(error) => println!("message {index} was not taken: {error}"),
        }
    }
    println!("{accepted} accepted");
    assert_eq!(accepted, WINDOW);

    // `try_send` never waits: who cannot wait does something else when the window is full.
    let mut refused = 0;
    let mut pending = Vec::new();
    for _ in 0..2 * WINDOW {
        match client.try_send(&submit) {
            Ok(sent) => pending.push(sent),
            Err(Error::WindowFull { .. }) => refused += 1,
            Err(error) => return Err(error.into()),
        }
    }
    println!("try_send: all {} were either sent or refused at once", pending.len() + refused);
    pending.into_iter().try_for_each(|pending| pending.wait().map(drop))?;

    // A callback for one outcome.
    let (done_to, done) = bounded(1);
    client.send(&submit)?.then(move |outcome| {
        // The other end lives as long as `main`.
        let _ = done_to.send(outcome.map(|response| response.message_id));
    });
    println!("then: message_id {}", done.recv_timeout(Duration::from_secs(10))??);

    let stats = client.stats();
    println!("up to {} outstanding, median latency {:?}", stats.peak_outstanding, stats.latency.quantile(0.5));
    client.unbind()?;
    Ok(())
}

/// Requests that may be outstanding at a time.
const WINDOW: usize = 1000;
