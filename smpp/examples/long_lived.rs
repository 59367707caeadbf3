//! A client that stays bound: it binds again when the link is lost, keeps to a rate, sends again what was throttled, asks
//! the SMSC for signs of life, and at the end lets what is in flight be answered.
//!
//! Without an address the SMSC is one of our own: it throttles once and drops the connection once.
//!
//! ```sh
//! cargo run -p smpp --example long_lived
//! cargo run -p smpp --example long_lived -- 127.0.0.1:2775
//! ```

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::unbounded;
use smpp::client::{Client, ClientEvent, Rebind};
use smpp::driver::{Addresses, Incoming, Reply};
use smpp::pdu::{SubmitSm, SubmitSmResp};
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::session::{BindKind, Rate, Retry, Timers};
use smpp::value::CommandStatus;

#[derive(Default)]
struct Moody {
    submitted: AtomicU32,
}

impl Handler for Moody {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        CommandStatus::ESME_ROK
    }

    fn submit_sm(&self, session: &SessionHandle, _: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        let number = self.submitted.fetch_add(1, Ordering::Relaxed) + 1;
        match number {
            5 => return CommandStatus::ESME_RTHROTTLED.into(),
            10 => session.disconnect(),
            _ => {}
        }
        Reply::ok(SubmitSmResp::default().with_message_id(number.to_string()))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (smsc, server): (Addresses, _) = match std::env::args().nth(1) {
        Some(address) => (address.into(), None),
        None => {
            let server = Server::builder(Moody::default()).listen("127.0.0.1:0")?;
            (server.local_addr().into(), Some(server))
        }
    };
    let (events_to, events) = unbounded();
    let client = Client::builder()
        .system_id("alice")
        .password("secret")
        .rebind(Rebind::default().delays(Duration::from_millis(20), Duration::from_secs(30)))
        .rate(Rate::per_second(500).burst(5))
        .retry(CommandStatus::ESME_RTHROTTLED, Retry::after(Duration::from_millis(50)).attempts(10))
        .timers(Timers {
            // So long nothing may come from the SMSC until it is asked for life,
            enquire_link: Some(Duration::from_secs(15)),
            // and so long the answer to that, and to any other request, may take.
            response: Some(Duration::from_secs(5)),
            ..Timers::default()
        })
        .events(events_to)
        .start(BindKind::Transceiver, smsc)?;
    let reporting = thread::spawn(move || events.iter().for_each(|event| report(&event)));

    // Sending waits for the rate, through the pauses, and while the client is being bound, at first and again.
    let (mut accepted, mut in_doubt) = (0, 0);
    for number in 1..=20 {
        let submit = SubmitSm::default().with_destination_addr("4178481818");
        match client.submit_sm(&submit.with_short_message(format!("message {number}"))) {
            Ok(_) => accepted += 1,
            // It was on its way when the link was lost. Only the application knows whether twice is worse than not at all.
            Err(error) if error.is_unknown_outcome() => {
                println!("message {number}: {error}");
                in_doubt += 1;
            }
            Err(error) => return Err(error.into()),
        }
    }
    println!("{accepted} accepted, {in_doubt} in doubt");

    // Nothing more is taken, what is in flight is answered, and then comes the unbind.
    println!("drained, {} unanswered", client.drain(Duration::from_secs(10))?);
    reporting.join().expect("it does not panic");
    let stats = client.stats();
    let throttled = stats.counters.received(SubmitSmResp::ID, CommandStatus::ESME_RTHROTTLED);
    println!("{} sessions, throttled {throttled} times, waited {} times", stats.sessions, stats.waits);
    println!("latency: {:?}", stats.latency);
    let expected = if server.is_some() { (19, 1, 2, 1) } else { (20, 0, stats.sessions, throttled) };
    assert_eq!((accepted, in_doubt, stats.sessions, throttled), expected);
    Ok(())
}

fn report(event: &ClientEvent) {
    match event {
        ClientEvent::StateChanged { from, to } => println!("  {from} -> {to}"),
        ClientEvent::Throttled { status, pause } => {
            println!("  the SMSC says {status:?}: nothing is sent for {pause:?}")
        }
        ClientEvent::Lost(reason) => println!("  lost: {reason}"),
        ClientEvent::Rebind { attempt, delay } => println!("  attempt {attempt} to bind, in {delay:?}"),
        ClientEvent::RebindFailed(error) => println!("  attempt failed: {error}"),
        ClientEvent::Closed(reason) => println!("  closed: {reason}"),
        other => println!("  {other:?}"),
    }
}
