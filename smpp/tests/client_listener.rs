//! Callbacks on a thread of the user's own, and several clients as one sender.

mod client_fixture;

use std::io::Write;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crossbeam_channel::bounded;
use smpp::client::{Client, ListenError, Pool, Rebind};
use smpp::codec::Encode;
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::session::SessionState;
use smpp::session::{BindKind, CloseReason, SendOptions, Timers};
use smpp::value::CommandStatus;

use client_fixture::*;

#[test]
fn listening_on_a_thread_until_unbound() {
    let fixture = fixture();
    let heard: Arc<Mutex<Vec<thread::ThreadId>>> = Arc::default();
    let in_callback = Arc::clone(&heard);
    let builder = esme().caller_driven().on_deliver_sm(move |_| {
        in_callback.lock().unwrap().push(thread::current().id());
        CommandStatus::ESME_ROK
    });
    let (client, session) = fixture.bind(builder);
    let mut listener = client.listener().unwrap();
    assert!(client.listener().is_none(), "there is one");
    let listening = thread::spawn(move || (listener.listen(), listener.close_reason(), thread::current().id()));
    for _ in 0..3 {
        session.deliver_sm(&DeliverSm::default()).unwrap();
    }
    assert_eq!(client.submit_sm(&text("1")).unwrap().message_id, "id-1");
    client.unbind().unwrap();
    let (outcome, reason, id) = listening.join().unwrap();
    assert!(outcome.is_ok());
    assert_eq!(reason, Some(CloseReason::Unbound));
    assert_eq!(*heard.lock().unwrap(), [id, id, id]);
}

/// Everything on one thread: nothing waits for itself.
#[test]
fn one_thread_binds_submits_reads_and_unbinds() {
    let fixture = fixture();
    let client = fixture.connect(esme().caller_driven().on_deliver_sm(|pdu| match pdu.short_message.as_str() {
        Some("panic") => panic!("asked for"),
        _ => CommandStatus::ESME_ROK,
    }));
    let mut listener = client.listener().unwrap();
    assert!(listener.read_one_pdu_timeout(Duration::from_millis(1)).is_none());
    client.bind_transceiver().unwrap();
    let session = fixture.bound.recv_timeout(PATIENCE).unwrap();
    for name in ["one", "panic", "two"] {
        let delivered = session.send(&DeliverSm::default().with_short_message(name)).unwrap();
        assert_eq!(client.submit_sm(&text(name)).is_err(), name == "panic");
        match listener.read_one_pdu() {
            Ok(header) => assert_eq!(header.unwrap().command_id, DeliverSm::ID),
            Err(error) => assert!(matches!(error, ListenError::CallbackPanicked { header: Some(_) }), "{error}"),
        }
        let status = delivered.wait().err().and_then(|error| error.command_status());
        assert_eq!(status, (name == "panic").then_some(CommandStatus::ESME_RSYSERR));
    }
    // A vendor's command that nobody knows, and a response to nothing.
    session.send_raw(&[0, 0, 0, 16, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 9]);
    let refused = listener.read_one_pdu();
    assert!(matches!(refused, Err(ListenError::Refused { status: CommandStatus::ESME_RINVCMDID, .. })), "{refused:?}");
    session.send_raw(&SubmitSmResp::default().to_octets(77).unwrap());
    assert!(matches!(listener.read_one_pdu(), Err(ListenError::Stray { .. })));
    session.send_raw(&[0, 0, 0, 17, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, b'x']);
    let faulty = listener.read_one_pdu();
    assert!(matches!(&faulty, Err(ListenError::Undecodable { octets, .. }) if octets.len() == 17), "{faulty:?}");
    client.unbind().unwrap();
    assert!(matches!(listener.read_one_pdu(), Ok(None)));
    assert!(matches!(listener.read_one_pdu(), Ok(None)), "and so it stays");
}

#[test]
fn without_a_listener_requests_go_on_and_messages_wait() {
    let fixture = fixture();
    let (client, session) = fixture.bind(esme().caller_driven().on_deliver_sm(|_| CommandStatus::ESME_ROK));
    let delivered = session.send(&DeliverSm::default()).unwrap();
    assert_eq!(client.submit_sm(&text("1")).unwrap().message_id, "id-1");
    assert!(!delivered.is_ready());
    let listener = client.listener().unwrap();
    drop(listener);
    assert_eq!(delivered.wait().unwrap_err().command_status(), Some(CommandStatus::ESME_RX_T_APPN));
    let error = session.deliver_sm(&DeliverSm::default()).unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RX_T_APPN));
    let (outcome_to, outcome) = bounded(1);
    client.send(&text("2")).unwrap().then(move |response| outcome_to.send(response.is_ok()).unwrap());
    assert_eq!(outcome.recv_timeout(PATIENCE), Ok(true));
    client.unbind().unwrap();
}

#[test]
fn a_listener_tells_network_faults_from_the_end() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = esme().caller_driven().connect(listener.local_addr().unwrap()).unwrap();
    let (mut smsc, _) = listener.accept().unwrap();
    smsc.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    let end = client.listener().unwrap().listen();
    assert!(matches!(end, Err(ListenError::Disconnected(CloseReason::Frame(_)))), "{end:?}");
    assert!(end.unwrap_err().to_string().contains("command_length"));
}

#[test]
fn a_listener_goes_on_with_the_next_session() {
    let fixture = fixture();
    let rebind = Rebind::default().delays(Duration::ZERO, Duration::ZERO);
    let builder = esme().caller_driven().rebind(rebind).on_deliver_sm(|_| CommandStatus::ESME_ROK);
    let (client, session) = fixture.bind(builder);
    let mut listener = client.listener().unwrap();
    session.disconnect();
    let session = fixture.bound.recv_timeout(PATIENCE).unwrap();
    let delivered = session.send(&DeliverSm::default()).unwrap();
    assert_eq!(listener.read_one_pdu().unwrap().map(|header| header.command_id), Some(DeliverSm::ID));
    delivered.wait().unwrap();
    client.disconnect();
    assert!(matches!(listener.listen(), Err(ListenError::Disconnected(CloseReason::Requested))));
}

fn pooled(fixture: &Fixture, clients: usize, window: usize) -> Pool {
    let rebind = || Rebind::default().delays(Duration::ZERO, Duration::ZERO);
    let client = |_| fixture.bind(esme().window(window).rebind(rebind())).0;
    Pool::new((0..clients).map(client))
}

#[test]
fn a_pool_spreads_requests_and_passes_by_what_is_full() {
    let fixture = fixture();
    let pool = pooled(&fixture, 3, 1);
    for number in 0..9 {
        let name = number.to_string();
        assert_eq!(pool.submit_sm(&text(&name)).unwrap().message_id, *format!("id-{name}"));
    }
    assert!(pool.clients().iter().all(|client| client.stats().latency.count() == 3), "three messages each");
    let held: Vec<_> = (0..2).map(|_| pool.send(&text("hold")).unwrap()).collect();
    let responders: Vec<_> = (0..2).map(|_| fixture.held.recv_timeout(PATIENCE).unwrap()).collect();
    // One is left, whichever is next.
    for _ in 0..6 {
        pool.submit_sm(&text("x")).unwrap();
    }
    let last = pool.send(&text("hold")).unwrap();
    let responder = fixture.held.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(pool.try_send(&text("x")).map(drop), Err(Error::WindowFull { .. })));
    let hurried = pool.clone().send_timeout(Duration::from_millis(10));
    assert!(matches!(hurried.submit_sm(&text("x")), Err(Error::NotSent { .. })));
    // Whoever waits gets the first room that there is, over whichever link.
    let waiting = pool.clone();
    let waiting = thread::spawn(move || waiting.submit_sm(&text("waits")));
    drop(responder);
    assert_eq!(waiting.join().unwrap().unwrap().message_id, "id-waits");
    drop(responders);
    assert!(last.wait().is_err() && held.into_iter().all(|pending| pending.wait().is_err()));
    assert!(pool.drain(PATIENCE).into_iter().all(|outcome| outcome.unwrap() == 0));
    assert!(matches!(pool.submit_sm(&text("x")), Err(Error::Disconnected { written: false, .. })));
}

#[test]
fn a_pool_lives_through_the_loss_of_each_of_its_links() {
    let fixture = fixture();
    let pool = pooled(&fixture, 2, 10);
    let submit = |name: &str| match pool.submit_sm(&text(name)) {
        Ok(response) => {
            assert_eq!(response.message_id, *format!("id-{name}"));
            true
        }
        // By the link that it went over.
        Err(error) => {
            assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");
            false
        }
    };
    let submitted = (0..50).filter(|_| {
        if let Some(session) = fixture.server.sessions().first() {
            session.disconnect();
        }
        submit("on")
    });
    assert!(submitted.count() > 0);
    // The last cut may not have been noticed as yet.
    while !submit("end") {}
    assert!(matches!(
        pool.send(&SubmitSm::default().with_service_type("too long for it")).map(drop),
        Err(Error::Encode(_))
    ));
    assert!(pool.unbind().into_iter().all(|outcome| outcome.is_ok()));
}

#[test]
fn a_pool_waits_for_the_first_link_that_is_bound() {
    let fixture = fixture();
    let start = || {
        let rebind = Rebind::default().delays(Duration::from_millis(1), Duration::from_millis(5));
        esme()
            .rebind(rebind)
            .timers(Timers::default())
            .start(BindKind::Transmitter, fixture.server.local_addr())
            .unwrap()
    };
    let pool = Pool::new([start(), start()]);
    assert_eq!(pool.submit_sm(&text("first")).unwrap().message_id, "id-first");
    assert!(Pool::new(Vec::<Client>::new()).submit_sm(&text("x")).is_err());
}

/// Callbacks for outcomes never fall to the threads that read and write, so any call is allowed in them.
#[test]
fn outcomes_are_told_although_the_listener_is_gone() {
    let fixture = fixture();
    let (client, session) = fixture.bind(esme().caller_driven());
    drop(client.listener());
    let (outcome_to, outcomes) = bounded(2);
    for name in ["ignore", "hold"] {
        let outcome_to = outcome_to.clone();
        let timeout = (name == "ignore").then_some(Duration::from_millis(200));
        let options = SendOptions { timeout, ..SendOptions::default() };
        client.send_with(&text(name), options).unwrap().then(move |first| {
            let again = Client::current().unwrap().submit_sm(&text("again"));
            outcome_to.send((name, first.is_ok(), again.unwrap().message_id)).unwrap();
        });
    }
    // Not before both wait: an outcome that is there already is told at once, by this thread.
    let answer = SubmitSmResp::default().with_message_id("held");
    fixture.held.recv_timeout(PATIENCE).unwrap().respond(CommandStatus::ESME_ROK, &answer).unwrap();
    let told: Vec<_> = (0..2).map(|_| outcomes.recv_timeout(PATIENCE).unwrap()).collect();
    assert!(told.iter().all(|&(name, is_ok, _)| is_ok == (name == "hold")), "{told:?}");
    assert!(told.iter().all(|(_, _, again)| *again == "id-again"));
    let error = session.deliver_sm(&DeliverSm::default()).unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RX_T_APPN));
    client.unbind().unwrap();
}

#[test]
fn a_pool_that_is_drained_in_a_callback_does_not_wait_for_itself() {
    let fixture = fixture();
    let (drained_to, drained) = bounded(1);
    let slot: Arc<Mutex<Option<Pool>>> = Arc::default();
    let in_callback = Arc::clone(&slot);
    let (client, session) = fixture.bind(esme().on_deliver_sm(move |_| {
        let pool = in_callback.lock().unwrap().take().unwrap();
        let outcomes = pool.drain(Duration::from_secs(3600));
        drained_to.send(outcomes.into_iter().map(Result::unwrap).sum::<usize>()).unwrap();
        CommandStatus::ESME_ROK
    }));
    *slot.lock().unwrap() = Some(Pool::new([client.clone(), fixture.bind(esme()).0]));
    let _delivered = session.send(&DeliverSm::default()).unwrap();
    assert_eq!(drained.recv_timeout(PATIENCE), Ok(0));
}

/// The requests in flight are not answered before the sender has been told.
#[test]
fn a_sender_that_waits_for_room_in_a_pool_hears_at_once_that_it_is_drained() {
    let fixture = fixture();
    let pool = pooled(&fixture, 2, 1);
    let held: Vec<_> = (0..2).map(|_| pool.send(&text("hold")).unwrap()).collect();
    let responders: Vec<_> = (0..2).map(|_| fixture.held.recv_timeout(PATIENCE).unwrap()).collect();
    let (ending, ended) = bounded(1);
    let (starting, started) = bounded(0);
    let waiting = pool.clone().send_timeout(Duration::from_secs(3600));
    thread::spawn(move || {
        starting.send(()).unwrap();
        ending.send(waiting.send(&text("x")).map(drop)).unwrap();
    });
    started.recv_timeout(PATIENCE).unwrap();
    // Time to fall asleep; if it takes longer, it is told the same.
    thread::yield_now();
    let draining = thread::spawn(move || pool.drain(Duration::from_secs(3600)));
    // Long before the response timer, of half that patience, could wake it.
    let outcome = ended.recv_timeout(PATIENCE / 4).expect("it hears of it");
    assert!(matches!(outcome, Err(Error::State { state: SessionState::Unbinding, .. })), "{outcome:?}");
    drop(responders);
    assert!(draining.join().unwrap().into_iter().all(|outcome| outcome.unwrap() == 0));
    assert!(held.into_iter().all(|pending| pending.wait().is_err()));
}

/// However the listener's loop looks: as long as there is one, what has come in is waited for.
#[test]
fn draining_waits_for_a_listener_between_two_reads() {
    let fixture = fixture();
    let (client, session) = fixture.bind(esme().caller_driven().on_deliver_sm(|_| CommandStatus::ESME_ROK));
    let mut listener = client.listener().unwrap();
    let (go_on, may_go_on) = bounded(0);
    let listening = thread::spawn(move || {
        let mut read = 0;
        while let Ok(Some(_)) = listener.read_one_pdu() {
            read += 1;
            if read == 1 {
                may_go_on.recv_timeout(PATIENCE).unwrap();
            }
        }
        read
    });
    let mut delivered: Vec<_> = (0..3).map(|_| session.send(&DeliverSm::default()).unwrap()).collect();
    // It has read one, and does not read on.
    delivered.remove(0).wait().unwrap();
    while client.stats().counters.received(DeliverSm::ID, CommandStatus::ESME_ROK) < 3 {
        thread::yield_now();
    }
    let draining = client.clone();
    let draining = thread::spawn(move || draining.drain(PATIENCE));
    while !matches!(client.try_send(&text("x")).map(drop), Err(Error::State { .. })) {}
    go_on.send_timeout((), PATIENCE).unwrap();
    assert_eq!(draining.join().unwrap().unwrap(), 0);
    assert_eq!(listening.join().unwrap(), 3);
    assert!(delivered.into_iter().all(|pending| pending.wait().is_ok()));
}
