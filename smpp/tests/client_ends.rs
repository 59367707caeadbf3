//! The client against the server: how links end, and what becomes of the requests in flight.

mod client_fixture;

use std::io::{self, Write};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{bounded, unbounded};
use smpp::client::{Client, ClientEvent, ListenError, WeakClient};
use smpp::codec::Encode;
use smpp::driver::{Error, FileSequence, Halves, Pipe, Transport, pipe};
use smpp::pdu::*;
use smpp::session::{CloseReason, Direction, SendOptions, Stray, Timers};
use smpp::value::CommandStatus;

use client_fixture::*;

#[test]
fn everything_may_be_called_from_a_callback() {
    for unbinds in [true, false] {
        let fixture = fixture();
        let weak: Arc<Mutex<Option<WeakClient>>> = Arc::default();
        let (result_to, result) = bounded(1);
        let in_callback = Arc::clone(&weak);
        let builder = esme().on_deliver_sm(move |_| {
            let client = in_callback.lock().unwrap().clone().unwrap().upgrade().unwrap();
            client.enquire_link().unwrap();
            let id = client.submit_sm(&text("inside")).unwrap().message_id;
            if unbinds {
                // The answer to this deliver_sm is lost: unbinding waits for the end.
                client.unbind().unwrap();
            } else {
                client.disconnect();
            }
            result_to.send(id).unwrap();
            CommandStatus::ESME_ROK
        });
        let (client, session) = fixture.bind(builder);
        *weak.lock().unwrap() = Some(client.downgrade());
        let outcome = session.send(&DeliverSm::default()).unwrap().wait();
        assert!(matches!(outcome, Err(Error::Disconnected { written: true, .. })), "{outcome:?}");
        assert_eq!(result.recv_timeout(PATIENCE).unwrap(), "id-inside");
        assert!(client.wait_closed(PATIENCE).is_some());
    }
}

#[test]
fn the_handler_may_close_its_session() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme());
    let outcome = client.submit_sm(&text("close"));
    assert!(
        matches!(outcome, Err(ref error @ Error::Disconnected { written: true, .. }) if error.is_unknown_outcome())
    );
    assert_eq!(fixture.closed.recv_timeout(PATIENCE), Ok(CloseReason::Requested));
    assert!(matches!(client.submit_sm(&text("x")), Err(Error::Disconnected { written: false, .. })));
}

#[test]
fn a_disconnect_fails_every_request_in_flight_at_once() {
    let fixture = fixture();
    let (client, session) = fixture.bind(esme().window(100));
    let pending: Vec<_> = (0..100).map(|_| client.send(&text("hold")).unwrap()).collect();
    let blocked = client.clone();
    let blocked = thread::spawn(move || blocked.submit_sm(&text("never")));
    let _held: Vec<_> = (0..100).map(|_| fixture.held.recv_timeout(PATIENCE).unwrap()).collect();
    let begin = Instant::now();
    session.disconnect();
    for pending in pending {
        let outcome = pending.wait();
        assert!(matches!(outcome, Err(Error::Disconnected { written: true, .. })), "{outcome:?}");
    }
    let outcome = blocked.join().unwrap();
    assert!(matches!(outcome, Err(Error::Disconnected { written: false, .. })), "{outcome:?}");
    assert!(begin.elapsed() < Duration::from_secs(5), "not by the response timer");
}

#[test]
fn unbind_by_the_server_and_shutdown() {
    let fixture = fixture();
    let (client, session) = fixture.bind(esme());
    session.unbind().unwrap();
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
    assert_eq!(fixture.closed.recv_timeout(PATIENCE), Ok(CloseReason::Unbound));

    let clients: Vec<_> = (0..5).map(|_| fixture.bind(esme()).0).collect();
    let unbound = fixture.connect(esme());
    let address = fixture.server.local_addr();
    fixture.server.shutdown(PATIENCE);
    for client in clients {
        assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
    }
    assert!(unbound.wait_closed(PATIENCE).is_some());
    assert!(esme().connect(address).is_err());
}

#[test]
fn dropping_the_last_handle_unbinds() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme());
    let clone = client.clone();
    drop(client);
    assert_eq!(clone.submit_sm(&text("1")).unwrap().message_id, "id-1");
    drop(clone);
    assert_eq!(fixture.closed.recv_timeout(PATIENCE), Ok(CloseReason::PeerUnbound));
}

#[test]
fn the_session_init_timer_and_the_limit_of_connections() {
    let timers = Timers { session_init: Some(Duration::from_millis(50)), ..Timers::default() };
    let fixture = fixture_with(timers, 1);
    let (client, _) = fixture.bind(esme());
    let second = fixture.connect(esme());
    assert!(second.wait_closed(PATIENCE).is_some());
    client.unbind().unwrap();
    assert_eq!(fixture.closed.recv_timeout(PATIENCE), Ok(CloseReason::PeerUnbound));
    let idle = fixture.connect(esme());
    assert_eq!(fixture.closed.recv_timeout(PATIENCE), Ok(CloseReason::SessionInitTimeout));
    assert_eq!(idle.wait_closed(PATIENCE), Some(CloseReason::PeerClosed));
}

/// Cut again and again under load, from either side: every request ends in exactly one outcome, and those that the
/// server counted are among those that were written.
#[test]
fn a_link_that_is_cut_under_load_loses_no_request() {
    let fixture = fixture();
    for round in 0..30 {
        let (client, session) = fixture.bind(esme().window(50));
        let submit = |_| {
            let client = client.clone();
            move || {
                let mut outcomes = [0_usize; 3];
                loop {
                    match client.send(&text("load")).and_then(|pending| pending.wait()) {
                        Ok(_) => outcomes[0] += 1,
                        Err(Error::Disconnected { written: true, .. }) => outcomes[1] += 1,
                        Err(Error::Disconnected { written: false, .. }) => break outcomes,
                        Err(error) => panic!("{error:?}"),
                    }
                    assert!(outcomes[1] <= 1, "a link that is over takes nothing more");
                }
            }
        };
        let threads: Vec<_> = (0..4).map(submit).map(thread::spawn).collect();
        let pending = client.send(&text("hold")).unwrap();
        let held = fixture.held.recv_timeout(PATIENCE).unwrap();
        if round % 2 == 0 {
            session.disconnect()
        } else {
            client.disconnect()
        }
        assert!(matches!(pending.wait(), Err(Error::Disconnected { written: true, .. })));
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(client.outstanding(), 0);
        drop(held);
        assert!(client.wait_closed(PATIENCE).is_some());
    }
}

/// A transport that takes one octet at a time, and panics or fails once it has taken so many.
struct Faulty {
    pipe: Pipe,
    octets: usize,
    panics: bool,
}

struct FaultyWriter {
    writer: Box<dyn Write + Send>,
    octets: usize,
    panics: bool,
}

impl Transport for Faulty {
    fn split(self: Box<Self>) -> io::Result<Halves> {
        let halves = Box::new(self.pipe).split()?;
        let writer = FaultyWriter { writer: halves.writer, octets: self.octets, panics: self.panics };
        Ok(Halves { writer: Box::new(writer), ..halves })
    }
}

impl Write for FaultyWriter {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.octets == 0 {
            assert!(!self.panics, "asked for");
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        self.octets -= 1;
        self.writer.write(&octets[..1])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The link fails at every octet of a bind and two submits: what was not written whole is never told to be written.
#[test]
fn a_write_that_fails_at_any_octet() {
    let fixture = fixture();
    let bind = BindTransceiver::default().with_system_id("esme").with_password("secret").to_octets(1).unwrap().len();
    let submit = text("x").to_octets(1).unwrap().len();
    for octets in 0..=bind + 2 * submit {
        let (here, there) = pipe(1000);
        fixture.server.serve(there).unwrap();
        let client = esme().over(Faulty { pipe: here, octets, panics: false }).unwrap();
        let outcomes = [
            (bind, client.bind_transceiver().map(drop)),
            (bind + submit, client.submit_sm(&text("x")).map(drop)),
            (bind + 2 * submit, client.submit_sm(&text("x")).map(drop)),
        ];
        for (end, outcome) in outcomes {
            match outcome {
                Ok(()) => assert!(octets >= end),
                Err(Error::Disconnected { written, .. }) => assert_eq!(written, octets >= end, "{octets} {end}"),
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

#[test]
fn a_transport_that_panics_ends_its_link() {
    let fixture = fixture();
    let (here, there) = pipe(1000);
    let session = fixture.server.serve(there).unwrap();
    let client = esme().over(Faulty { pipe: here, octets: 20, panics: true }).unwrap();
    assert!(matches!(client.bind_transceiver(), Err(Error::Disconnected { .. })));
    assert!(client.wait_closed(PATIENCE).is_some() && session.wait_closed(PATIENCE).is_some());
}

#[test]
fn unbinding_what_is_unbound_is_no_error() {
    let fixture = fixture();
    let (client, session) = fixture.bind(esme());
    client.unbind().unwrap();
    client.unbind().unwrap();
    assert!(session.wait_closed(PATIENCE).is_some());
    let (client, session) = fixture.bind(esme());
    session.unbind().unwrap();
    assert!(client.wait_closed(PATIENCE).is_some());
    client.unbind().unwrap();
    assert_eq!(client.drain(PATIENCE).unwrap(), 0);
    let (client, _) = fixture.bind(esme());
    client.disconnect();
    assert!(client.unbind().is_err(), "that was no orderly end");
}

/// Once unbind has returned, callbacks are done with what came before, and what the client was given is free.
#[test]
fn nothing_is_under_way_after_unbinding() {
    let fixture = fixture();
    let path = std::env::temp_dir().join(format!("smpp-sequence-{}", std::process::id()));
    let mut last = 0;
    for _ in 0..50 {
        let seen = Arc::new(AtomicU32::new(0));
        let in_callback = Arc::clone(&seen);
        let builder = esme().sequence_generator(FileSequence::open(&path).unwrap()).observe::<UnbindResp<'_>>(
            Direction::Received,
            move |_| {
                in_callback.fetch_add(1, Ordering::SeqCst);
            },
        );
        let (client, _) = fixture.bind(builder);
        // The bind has one, the unbind before it had one: an orderly restart skips none.
        let sequence_number = client.send(&text("1")).unwrap().sequence_number();
        assert_eq!(sequence_number, last + 2);
        last = sequence_number + 1;
        client.unbind().unwrap();
        assert_eq!(seen.load(Ordering::SeqCst), 1);
    }
    let _ = std::fs::remove_file(&path);
}

/// What came in over a session that has ended meanwhile is not handed over: it cannot be answered, and comes again.
#[test]
fn what_cannot_be_answered_any_more_is_not_handed_over() {
    let fixture = fixture();
    let (events_to, events) = bounded(100);
    let called = Arc::new(AtomicU32::new(0));
    let in_callback = Arc::clone(&called);
    let builder = esme().caller_driven().events(events_to).on_deliver_sm(move |_| {
        in_callback.fetch_add(1, Ordering::SeqCst);
        CommandStatus::ESME_ROK
    });
    let (client, session) = fixture.bind(builder);
    let mut listener = client.listener().unwrap();
    let delivered = session.send(&DeliverSm::default()).unwrap();
    session.enquire_link().unwrap();
    // Nobody listens, so there is nothing to wait for.
    assert_eq!(client.drain(Duration::from_secs(3600)).unwrap(), 1);
    assert!(matches!(delivered.wait(), Err(Error::Disconnected { written: true, .. })));
    assert!(matches!(listener.read_one_pdu(), Err(ListenError::Stray { stray: Stray::Closed, .. })));
    assert!(matches!(listener.read_one_pdu(), Ok(None)));
    assert_eq!(called.load(Ordering::SeqCst), 0);
    assert!(events.try_iter().any(|event| matches!(event, ClientEvent::Stray { stray: Stray::Closed, .. })));
}

#[test]
fn a_callback_gets_at_its_client() {
    let fixture = fixture();
    assert!(Client::current().is_none());
    let (reply_to, replies) = bounded(2);
    let outcome_to = reply_to.clone();
    let (client, session) = fixture.bind(esme().on_deliver_sm(move |pdu| {
        let client = Client::current().unwrap();
        reply_to.send(client.submit_sm(&text(&pdu.short_message.to_str_lossy())).unwrap().message_id).unwrap();
        CommandStatus::ESME_ROK
    }));
    session.deliver_sm(&DeliverSm::default().with_short_message("hi")).unwrap();
    assert_eq!(replies.recv_timeout(PATIENCE).unwrap(), "id-hi");
    let pending = client.send(&text("hold")).unwrap();
    pending.then(move |_| {
        outcome_to.send(Client::current().unwrap().submit_sm(&text("then")).unwrap().message_id).unwrap();
    });
    drop(fixture.held.recv_timeout(PATIENCE).unwrap());
    assert_eq!(replies.recv_timeout(PATIENCE).unwrap(), "id-then");
}

/// What the SMSC has sent is answered before it unbinds, and it sends nothing more.
#[test]
fn a_server_that_shuts_down_waits_for_its_responses() {
    let fixture = fixture();
    let (responder_to, responders) = unbounded();
    let builder = esme().on_deliver_sm(move |pdu| {
        responder_to.send(pdu.defer().unwrap()).unwrap();
        CommandStatus::ESME_ROK
    });
    let (client, session) = fixture.bind(builder);
    let delivered = session.send(&DeliverSm::default()).unwrap();
    let responder = responders.recv_timeout(PATIENCE).unwrap();
    let server = fixture.server;
    let shutting = thread::spawn(move || server.shutdown(PATIENCE));
    // What is sent before the server is told to shut down is awaited, too.
    while !matches!(session.try_send(&DeliverSm::default()).map(drop), Err(Error::State { .. })) {}
    assert!(client.state().is_bound() && !shutting.is_finished());
    responder.answer(CommandStatus::ESME_ROK).unwrap();
    delivered.wait().unwrap();
    while !shutting.is_finished() {
        if let Ok(responder) = responders.recv_timeout(Duration::from_millis(1)) {
            responder.answer(CommandStatus::ESME_ROK).unwrap();
        }
    }
    shutting.join().unwrap();
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
}

/// Not even for want of a sequence number does a link stay up that is to end.
#[test]
fn unbinding_and_draining_with_a_generator_that_fails() {
    for drains in [false, true] {
        let fixture = fixture();
        let mut numbers = 0;
        let (client, _) = fixture.bind(esme().sequence_generator(move || {
            numbers += 1;
            if numbers > 1 { Err(io::Error::other("disk full")) } else { Ok(numbers) }
        }));
        assert!(matches!(client.submit_sm(&text("1")), Err(Error::Io(_))));
        if drains {
            assert_eq!(client.drain(PATIENCE).unwrap(), 0);
        } else {
            client.unbind().unwrap();
        }
        assert_eq!(client.close_reason(), Some(CloseReason::Unbound));
    }
}

/// A generator that gives one number again and again is not asked for ever.
#[test]
fn a_generator_that_repeats_itself() {
    let fixture = fixture();
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let (client, _) = fixture.bind(esme().sequence_generator(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Ok(7)
    }));
    let pending = client.send(&text("hold")).unwrap();
    assert!(matches!(client.try_send(&text("x")).map(drop), Err(Error::SequenceInUse(7))));
    assert!(asked.load(Ordering::SeqCst) < 2000);
    drop(fixture.held.recv_timeout(PATIENCE).unwrap());
    assert!(pending.wait().is_err());
    client.submit_sm(&text("free again")).unwrap();
}

#[test]
fn no_time_is_too_long() {
    let for_ever = Duration::MAX;
    let fixture = fixture();
    let timers = Timers { response: Some(for_ever), enquire_link: Some(for_ever), ..Timers::default() };
    let (client, _) = fixture.bind(esme().timers(timers).send_timeout(for_ever).connect_timeout(for_ever));
    client.submit_sm(&text("1")).unwrap();
    assert_eq!(client.drain(for_ever).unwrap(), 0);
    assert!(client.wait_closed(for_ever).is_some());
}

/// A generator may do what it likes, even end the link that asks it.
#[test]
fn a_generator_that_disconnects() {
    let fixture = fixture();
    let slot: Arc<Mutex<Option<Client>>> = Arc::default();
    let in_generator = Arc::clone(&slot);
    let mut numbers = 0;
    let (client, _) = fixture.bind(esme().sequence_generator(move || {
        numbers += 1;
        if let Some(client) = in_generator.lock().unwrap().take() {
            client.disconnect();
        }
        Ok(numbers)
    }));
    *slot.lock().unwrap() = Some(client.clone());
    let outcome = client.submit_sm(&text("x"));
    assert!(matches!(outcome, Err(Error::Disconnected { written: false, .. })), "{outcome:?}");
}

/// A transport that takes one octet of a write each time it is asked, and each time after a while.
struct Trickling(Pipe);

struct TricklingWriter(Box<dyn Write + Send>, usize);

impl Transport for Trickling {
    fn split(self: Box<Self>) -> io::Result<Halves> {
        let halves = Box::new(self.0).split()?;
        Ok(Halves { writer: Box::new(TricklingWriter(halves.writer, 0)), ..halves })
    }
}

impl Write for TricklingWriter {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.1 += 1;
        // The bind leaves as usual.
        if self.1 < 2 {
            return self.0.write(octets);
        }
        // As a peer does whose window is as good as shut.
        thread::sleep(Duration::from_millis(5));
        self.0.write(&octets[..1])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Timers go on while a peer takes what is written by the drop.
#[test]
fn a_peer_that_reads_slowly_does_not_stop_the_timers() {
    let fixture = fixture();
    let (here, there) = pipe(1 << 20);
    fixture.server.serve(there).unwrap();
    let client = esme().window(100).over(Trickling(here)).unwrap();
    client.bind_transceiver().unwrap();
    let long = "x".repeat(200);
    let soon = SendOptions { timeout: Some(Duration::from_millis(50)), ..SendOptions::default() };
    let pending: Vec<_> = (0..50).map(|_| client.send_with(&text(&long), soon).unwrap()).collect();
    // All that was queued would take a minute.
    let outcomes: Vec<_> = pending.into_iter().map(|pending| pending.wait_timeout(PATIENCE).unwrap()).collect();
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Error::Timeout { .. }))));
    client.disconnect();
}

/// An SMSC that delivers without end does not keep the client up: what comes while it is drained is to come again.
#[test]
fn draining_ends_while_deliveries_come() {
    let fixture = fixture();
    let (responder_to, responders) = unbounded();
    let builder = esme().on_deliver_sm(move |pdu| {
        responder_to.send(pdu.defer().unwrap()).unwrap();
        CommandStatus::ESME_ROK
    });
    let (client, session) = fixture.bind(builder);
    let earlier: Vec<_> = (0..5).map(|_| session.send(&DeliverSm::default()).unwrap()).collect();
    let held: Vec<_> = (0..5).map(|_| responders.recv_timeout(PATIENCE).unwrap()).collect();
    let drained = client.clone();
    let draining = thread::spawn(move || drained.drain(PATIENCE));
    while !matches!(client.try_send(&text("1")).map(drop), Err(Error::State { .. })) {}
    for _ in 0..100 {
        let error = session.deliver_sm(&DeliverSm::default()).unwrap_err();
        assert_eq!(error.command_status(), Some(CommandStatus::ESME_RX_T_APPN), "{error:?}");
    }
    assert!(responders.is_empty() && !draining.is_finished());
    let feeding = session.clone();
    let feeder =
        thread::spawn(
            move || while !matches!(feeding.deliver_sm(&DeliverSm::default()), Err(Error::Disconnected { .. })) {},
        );
    for responder in held {
        responder.answer(CommandStatus::ESME_ROK).unwrap();
    }
    assert_eq!(draining.join().unwrap().unwrap(), 0);
    for pending in earlier {
        pending.wait().unwrap();
    }
    feeder.join().unwrap();
}
