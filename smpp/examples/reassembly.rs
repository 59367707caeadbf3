//! A long message arrives in parts, out of order and one of them twice, and is made whole.
//!
//! An SMSC of our own delivers it. No part is answered before the whole message is stored: until then the SMSC keeps all of
//! them, so nothing is lost in a crash.
//!
//! ```sh
//! cargo run -p smpp --example reassembly
//! ```

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, bounded};
use smpp::client::Client;
use smpp::driver::Responder;
use smpp::pdu::{DeliverSm, DeliverSmResp};
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::sms::{Message, Profile, Reassembler, Reassembly, Splitter};
use smpp::value::CommandStatus;

struct Smsc {
    bound: Sender<SessionHandle>,
}

impl Handler for Smsc {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        CommandStatus::ESME_ROK
    }

    fn bound(&self, session: &SessionHandle) {
        // The other end lives as long as `main`.
        let _ = self.bound.send(session.clone());
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (bound_to, bound) = bounded(1);
    let server = Server::builder(Smsc { bound: bound_to }).listen("127.0.0.1:0")?;

    let reassembler = Reassembler::new(Profile::default());
    // Who waits for the answers to parts, by sender and reference.
    let unanswered = Mutex::new(HashMap::<_, Vec<Responder>>::new());
    let client = Client::builder().system_id("alice").on_deliver_sm(move |pdu| {
        let message = Message::from(pdu.pdu());
        let key = (message.source.clone().into_owned(), message.concatenation().map(|part| part.reference));
        let Ok(pushed) = reassembler.push(Instant::now(), &message);
        let mut unanswered = unanswered.lock().expect("nothing panics");
        for lost in pushed.dropped {
            println!("ESME: parts {:?} never came", lost.message.missing().collect::<Vec<_>>());
            // Those that did are answered ESME_RSYSERR, as their responders are dropped.
            unanswered.remove(&(lost.message.source.clone(), Some(lost.message.reference())));
        }
        match pushed.outcome {
            Reassembly::Waiting { have, total } => {
                println!("ESME: {have} of {total} parts");
                unanswered.entry(key).or_default().extend(pdu.defer());
            }
            Reassembly::Duplicate => {
                println!("ESME: a part that was here before");
                // While the first is not answered, it is not either.
                if let Some(waiting) = unanswered.get_mut(&key) {
                    waiting.extend(pdu.defer());
                }
            }
            Reassembly::Complete(message) => {
                println!("ESME: {} says {}", message.source, message.text.as_deref().unwrap_or("something"));
                // With the message stored, all of its parts are answered.
                for responder in unanswered.remove(&key).unwrap_or_default() {
                    if let Err(error) = responder.respond(CommandStatus::ESME_ROK, &DeliverSmResp::default()) {
                        println!("ESME: not answered, so it will come again: {error}");
                    }
                }
            }
            Reassembly::Single => println!("ESME: a short message"),
            Reassembly::NoRoom => return CommandStatus::ESME_RMSGQFUL,
        }
        CommandStatus::ESME_ROK
    });
    let client = client.connect(server.local_addr())?;
    client.bind_transceiver()?;
    let session = bound.recv_timeout(Duration::from_secs(10))?;

    let template = DeliverSm::default().with_source_addr("4179123456").with_destination_addr("12345");
    let text = "Καλημέρα κόσμε! 😀 ".repeat(8);
    let mut parts = Splitter::new(Profile::default()).deliver_sm(&template, &text)?;
    println!("SMSC: {} parts", parts.len());
    parts.swap(0, 1);
    parts.insert(1, parts[0].clone());

    let sent: Vec<_> = parts.iter().map(|part| session.send(part)).collect::<Result<_, _>>()?;
    for pending in sent {
        pending.wait()?;
    }
    println!("SMSC: all answered");
    client.unbind()?;
    server.shutdown(Duration::from_secs(10));
    Ok(())
}
