//! How a server ends: what it was asked before is answered, what it is asked meanwhile is to be asked again.

mod client_fixture;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use smpp::client::Client;
use smpp::driver::{Error, Incoming, Reply};
use smpp::pdu::*;
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::session::CloseReason;
use smpp::value::CommandStatus;

use client_fixture::*;

const LATER: Option<CommandStatus> = Some(CommandStatus::ESME_RMSGQFUL);

/// Submits until it is told to try again later, which is how a server that is drained shows itself.
fn wait_until_refused(client: &Client) {
    let begin = Instant::now();
    loop {
        match client.submit_sm(&text("x")) {
            Ok(_) => assert!(begin.elapsed() < PATIENCE, "taken for all that time"),
            Err(error) => return assert_eq!(error.command_status(), LATER, "{error:?}"),
        }
    }
}

#[test]
fn shutdown_waits_until_the_requests_of_esmes_are_answered() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme().window(100));
    let pending: Vec<_> = (0..20).map(|_| client.send(&text("hold")).unwrap()).collect();
    let held: Vec<_> = (0..20).map(|_| fixture.held.recv_timeout(PATIENCE).unwrap()).collect();
    let server = fixture.server;
    let shutting = thread::spawn(move || server.shutdown(PATIENCE));
    wait_until_refused(&client);
    assert!(client.state().is_bound() && !shutting.is_finished());
    for responder in held {
        let response = SubmitSmResp::default().with_message_id("stored");
        responder.respond(CommandStatus::ESME_ROK, &response).unwrap();
    }
    for pending in pending {
        assert_eq!(pending.wait().unwrap().message_id, "stored");
    }
    shutting.join().unwrap();
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
}

#[test]
fn shutdown_does_not_wait_for_ever() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme());
    let pending = client.send(&text("hold")).unwrap();
    let _held = fixture.held.recv_timeout(PATIENCE).unwrap();
    let begin = Instant::now();
    fixture.server.shutdown(Duration::from_secs(1));
    assert!(begin.elapsed() >= Duration::from_millis(900), "{:?}", begin.elapsed());
    assert!(begin.elapsed() < PATIENCE / 2, "{:?}", begin.elapsed());
    assert!(matches!(pending.wait(), Err(Error::Disconnected { written: true, .. })));
}

/// Counts what it was handed.
struct Counting(Arc<AtomicUsize>);

impl Handler for Counting {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        CommandStatus::ESME_ROK
    }

    fn submit_sm(&self, _: &SessionHandle, _: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Reply::status(CommandStatus::ESME_ROK)
    }
}

/// ESMEs that never stop asking do not keep it up, and nothing that the handler took is left without its response.
#[test]
fn a_loaded_server_shuts_down() {
    let taken = Arc::new(AtomicUsize::new(0));
    let server = Server::builder(Counting(Arc::clone(&taken))).listen("127.0.0.1:0").unwrap();
    let load = |client: Client| {
        move || {
            let mut done = 0;
            loop {
                match client.submit_sm(&text("load")) {
                    Ok(_) => done += 1,
                    Err(error) if error.command_status() == LATER => {}
                    Err(Error::Disconnected { .. } | Error::State { .. }) => break done,
                    Err(error) => panic!("{error:?}"),
                }
            }
        }
    };
    let mut threads = Vec::new();
    for _ in 0..3 {
        let client = esme().window(4).connect(server.local_addr()).unwrap();
        client.bind_transmitter().unwrap();
        threads.extend((0..4).map(|_| thread::spawn(load(client.clone()))));
    }
    while taken.load(Ordering::SeqCst) < 100 {
        thread::yield_now();
    }
    let begin = Instant::now();
    server.shutdown(PATIENCE);
    assert!(begin.elapsed() < PATIENCE / 2, "{:?}", begin.elapsed());
    let done: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(done, taken.load(Ordering::SeqCst));
}

#[test]
fn one_session_is_drained_and_others_go_on() {
    let fixture = fixture();
    let (client, session) = fixture.bind(esme());
    let (other, _) = fixture.bind(esme());
    let pending = client.send(&text("hold")).unwrap();
    let held = fixture.held.recv_timeout(PATIENCE).unwrap();
    let draining = session.clone();
    let draining = thread::spawn(move || draining.drain(PATIENCE));
    wait_until_refused(&client);
    assert!(matches!(session.deliver_sm(&DeliverSm::default()), Err(Error::State { .. })));
    assert!(!draining.is_finished(), "a response is still owed");
    held.answer(CommandStatus::ESME_ROK).unwrap();
    pending.wait().unwrap();
    assert_eq!(draining.join().unwrap().unwrap(), 0);
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
    assert_eq!(session.drain(PATIENCE).unwrap(), 0, "what is unbound is no error");
    assert_eq!(other.submit_sm(&text("1")).unwrap().message_id, "id-1");
}
