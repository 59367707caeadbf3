//! A small SMSC of one's own: lets ESMEs bind, answers messages when they have been stored by another thread, and sends
//! receipts.
//!
//! ```sh
//! cargo run -p smpp --example server
//! ```

use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use smpp::client::Client;
use smpp::driver::{Incoming, Reply, Responder};
use smpp::pdu::{DeliverSm, SubmitSm, SubmitSmResp};
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::session::CloseReason;
use smpp::value::{CommandStatus, EsmClass, MessageState, esm_class::MessageType};

/// A message that waits to be stored, and whom to answer.
type Job = (SessionHandle, SubmitSm<'static>, Responder);

struct Smsc {
    queue: Sender<Job>,
}

impl Handler for Smsc {
    fn bind(&self, session: &SessionHandle, request: &BindRequest<'_>) -> CommandStatus {
        println!("SMSC: {} wants to bind as {:?} from {:?}", request.system_id, request.kind, session.peer_addr());
        match (request.system_id.as_str(), request.password.as_str()) {
            (Some("alice"), Some("secret")) => CommandStatus::ESME_ROK,
            (Some("alice"), _) => CommandStatus::ESME_RINVPASWD,
            _ => CommandStatus::ESME_RINVSYSID,
        }
    }

    fn submit_sm(&self, session: &SessionHandle, request: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        if request.destination_addr.is_empty() {
            return CommandStatus::ESME_RINVDSTADR.into();
        }
        // Once the answer is taken over, what is returned does not count. A responder that is dropped answers
        // ESME_RSYSERR, so a queue that is full answers by itself.
        if let Some(responder) = request.defer() {
            let _ = self.queue.try_send((session.clone(), request.pdu().clone().into_owned(), responder));
        }
        CommandStatus::ESME_ROK.into()
    }

    fn closed(&self, session: &SessionHandle, reason: CloseReason) {
        println!("SMSC: session of {} is over: {reason}", session.system_id().unwrap_or("nobody"));
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (queue, jobs) = bounded(100);
    let server = Server::builder(Smsc { queue }).system_id("example").listen("127.0.0.1:0")?;
    let storing = thread::spawn(move || store(&jobs));

    let (receipts_to, receipts) = bounded(1);
    let client = Client::builder().system_id("alice").password("secret").on_deliver_sm(move |pdu| {
        // The other end lives as long as `main`.
        let _ = receipts_to.try_send(pdu.pdu().clone().into_owned());
        CommandStatus::ESME_ROK
    });
    let client = client.connect(server.local_addr())?;
    client.bind_transceiver()?;
    let submit = SubmitSm::default().with_destination_addr("4178481818").with_short_message("test sms");
    let id = client.submit_sm(&submit)?.message_id;
    println!("ESME: message_id {id}");
    let receipt = receipts.recv_timeout(Duration::from_secs(10))?;
    println!("ESME: receipt for {:?}: {:?}", receipt.receipted_message_id(), receipt.message_state());
    assert_eq!(receipt.receipted_message_id(), Some(id));

    // Unbinds whoever is bound, and waits for it.
    server.shutdown(Duration::from_secs(10));
    println!("ESME: {}", client.wait_closed(Duration::from_secs(10)).ok_or("still bound")?);
    storing.join().expect("it does not panic")?;
    Ok(())
}

/// Answers message after message, until the server is gone.
fn store(jobs: &Receiver<Job>) -> Result<(), smpp::driver::Error> {
    for ((session, message, responder), id) in jobs.iter().zip(1..) {
        println!("SMSC: stored message {id} for {}", message.destination_addr);
        let response = SubmitSmResp::default().with_message_id(id.to_string());
        responder.respond(CommandStatus::ESME_ROK, &response)?;
        let receipt = DeliverSm::default()
            .with_source_addr(message.destination_addr)
            .with_esm_class(EsmClass::default().with_message_type(MessageType::SMSC_DELIVERY_RECEIPT))
            .with_receipted_message_id(id.to_string())
            .with_message_state(MessageState::DELIVERED);
        // Returns when the ESME has answered.
        session.deliver_sm(&receipt)?;
    }
    Ok(())
}
