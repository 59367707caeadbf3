//! Several binds as one sender: a pool gives each message to the next bind that can take it, and goes on when one of them
//! is gone.
//!
//! ```sh
//! cargo run -p smpp --example pool
//! cargo run -p smpp --example pool -- 127.0.0.1:2775
//! ```

mod common;

use std::time::Duration;

use smpp::client::{Client, Pool};
use smpp::driver::{Completed, Error};
use smpp::pdu::SubmitSm;
use smpp::session::BindKind;
use smsc_sim::SmscSim;

fn main() -> Result<(), Error> {
    let (smsc, _sim) = common::smsc(SmscSim::builder().user("alice", "secret"))?;
    // `start` connects and binds in the background, and binds again when a link is lost. The binds of a pool may just as
    // well go to different addresses.
    let client = || Client::builder().system_id("alice").password("secret").start(BindKind::Transmitter, smsc.clone());
    let pool = Pool::new([client()?, client()?, client()?]);
    for client in pool.clients() {
        assert!(client.wait_bound(Duration::from_secs(10)), "not bound: {:?}", client.stats().last_error);
    }

    submit_many(&pool)?;
    report(&pool, "three binds");

    // One of them is taken out of service; the others do the work.
    pool.clients()[0].unbind()?;
    submit_many(&pool)?;
    report(&pool, "two binds");

    for outcome in pool.drain(Duration::from_secs(10)) {
        match outcome {
            Ok(unanswered) => println!("drained, {unanswered} unanswered"),
            Err(error) => println!("it was over before: {error}"),
        }
    }
    Ok(())
}

fn submit_many(pool: &Pool) -> Result<(), Error> {
    let mut completed = Completed::new();
    for number in 1..=300 {
        let text = format!("message {number}");
        completed.push(pool.send(&SubmitSm::default().with_destination_addr("4178481818").with_short_message(text))?);
    }
    completed.try_for_each(|(_, outcome)| outcome.map(drop))
}

fn report(pool: &Pool, what: &str) {
    let answered: Vec<_> = pool.stats().iter().map(|stats| stats.latency.count()).collect();
    println!("{what}: {answered:?} answers in all");
}
