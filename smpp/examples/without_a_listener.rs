//! No listener, no callback, no channel: requests get their responses all the same, from several threads at a time, and
//! the client answers the SMSC's enquire_link and asks for signs of life by itself.
//!
//! ```sh
//! cargo run -p smpp --example without_a_listener
//! cargo run -p smpp --example without_a_listener -- 127.0.0.1:2775
//! ```

mod common;

use std::thread;
use std::time::Duration;

use smpp::client::Client;
use smpp::driver::Error;
use smpp::pdu::{EnquireLink, SubmitSm, SubmitSmResp};
use smpp::session::Timers;
use smpp::value::CommandStatus;
use smsc_sim::SmscSim;

fn main() -> Result<(), Error> {
    let (smsc, _sim) = common::smsc(SmscSim::builder().user("alice", "secret"))?;
    let client = Client::builder()
        .system_id("alice")
        .password("secret")
        .timers(Timers { enquire_link: Some(Duration::from_millis(20)), ..Timers::default() })
        .connect(smsc)?;
    client.bind_transmitter()?;

    thread::scope(|scope| {
        let threads: Vec<_> = (1..=4)
            .map(|number| {
                scope.spawn({
                    let client = &client;
                    move || submit_some(client, number)
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("it does not panic"))
    })?;

    // The application is busy with something else, and the link looks after itself.
    thread::sleep(Duration::from_millis(100));
    println!("still {}", client.state());

    client.unbind()?;
    let counters = client.stats().counters;
    let (ok, asked) = (CommandStatus::ESME_ROK, counters.sent(EnquireLink::ID, CommandStatus::ESME_ROK));
    println!("{} submit_sm_resp received", counters.received(SubmitSmResp::ID, ok));
    println!("enquire_link {}", if asked > 0 { "was sent by itself" } else { "was not needed" });
    assert_eq!(counters.received(SubmitSmResp::ID, ok), 20);
    Ok(())
}

fn submit_some(client: &Client, number: u32) -> Result<(), Error> {
    for part in 1..=5 {
        let text = format!("message {part} of thread {number}");
        client.submit_sm(&SubmitSm::default().with_destination_addr("4178481818").with_short_message(text))?;
    }
    println!("thread {number}: 5 messages submitted");
    Ok(())
}
