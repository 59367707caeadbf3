//! Explores how the threads of a link can interleave at its hand-over points.
//!
//! Each test is a model: whole links over [pipes](crate::driver::pipe()), run again and again by `shuttle` under another
//! schedule each time. It fails when an assertion does, and when any thread is left asleep with nobody to wake it: so each
//! model shows, too, that all threads of its links end. There is no time in it (see [`sync`](crate::sync)): what a timer
//! would mend in real life fails here.
//!
//! `RUSTFLAGS="--cfg smpp_shuttle" cargo test -p smpp --lib interleavings` explores the same schedules each time;
//! `SCHEDULES=100000` more, and others each time. A failure prints its schedule, to be had again with `shuttle::replay`.

mod answering;
mod closing;
mod peer;
mod rebinding;
mod sending;

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, Runner};

use crate::client::{Client, ClientBuilder};
use crate::driver::{Error, Pipe, pipe};
use crate::pdu::{SubmitSm, SubmitSmResp};
use crate::session::Timers;
use crate::sync::thread::{self, JoinHandle};
use peer::Peer;

/// Schedules of each kind that a model is run under.
const SCHEDULES: usize = 1000;

/// Switches in unlikely places that the second kind of schedule has at most: most faults need no more than two or three.
const DEPTH: usize = 3;

fn explore(model: impl Fn() + Clone + Send + Sync + 'static) {
    let wanted = std::env::var("SCHEDULES").ok().map(|count| count.parse().expect("SCHEDULES is a number"));
    let mut config = Config::default();
    config.stack_size = 0x4_0000;
    let (random, unlikely) = match wanted {
        Some(count) => (RandomScheduler::new(count), PctScheduler::new(DEPTH, count)),
        None => {
            (RandomScheduler::new_from_seed(0x5A77, SCHEDULES), PctScheduler::new_from_seed(0x5A77, DEPTH, SCHEDULES))
        }
    };
    Runner::new(random, config.clone()).run(model.clone());
    Runner::new(unlikely, config).run(model);
}

/// A client in which nothing takes time.
fn builder() -> ClientBuilder {
    Client::builder().system_id("esme").timers(Timers::OFF).send_timeout(None)
}

/// The client bound over a pipe to a peer that is served by `serve` from then on.
fn bound<R: Send + 'static>(
    builder: ClientBuilder,
    serve: impl FnOnce(Peer) -> R + Send + 'static,
) -> (Client, JoinHandle<R>) {
    let (here, there) = wide_pipe();
    let peer = thread::spawn(move || {
        let mut peer = Peer::new(there);
        peer.bind();
        serve(peer)
    });
    let client = builder.over(here).unwrap();
    client.bind_transceiver().unwrap();
    (client, peer)
}

/// A pipe that takes all there is to write.
fn wide_pipe() -> (Pipe, Pipe) {
    pipe(1 << 16)
}

/// A message that names itself.
fn message(name: &str) -> SubmitSm<'_> {
    SubmitSm::default().with_destination_addr(name)
}

/// The outcome of a message that was sent; an answer to another one is none.
fn outcome_of(name: &str, outcome: Result<SubmitSmResp<'_>, Error>) -> Result<(), Error> {
    outcome.map(|response| assert_eq!(response.message_id, name))
}

/// Sends one message on a thread of its own.
fn sender(client: &Client, name: &'static str) -> JoinHandle<Result<(), Error>> {
    let client = client.clone();
    thread::spawn(move || outcome_of(name, client.submit_sm(&message(name))))
}

/// Whether what is said of a message that got no answer is true, given what the peer has seen.
fn check_books(name: &str, outcome: &Result<(), Error>, seen: &[String]) {
    let was_seen = seen.iter().filter(|seen| *seen == name).count();
    assert!(was_seen <= 1, "{name} came {was_seen} times");
    match outcome {
        Ok(()) => assert_eq!(was_seen, 1),
        Err(Error::Disconnected { written, .. }) => assert!(*written || was_seen == 0, "{name} was seen: {outcome:?}"),
        Err(Error::State { .. }) => assert_eq!(was_seen, 0),
        Err(error) => panic!("{name}: {error}"),
    }
}
