//! What holds requests back, and how their outcomes are waited for.

mod client_fixture;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded, unbounded};
use smpp::client::{Client, ClientEvent};
use smpp::codec::{CommandId, Decoder, Frame};
use smpp::driver::{Completed, Error, Incoming, Reply};
use smpp::pdu::*;
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::session::{CloseReason, Direction, Rate, Retry, SendOptions, Stray, Timers};
use smpp::value::CommandStatus;

use client_fixture::*;

/// Refuses each message so many times, as its text says, and remembers the order in which it has taken them.
#[derive(Default)]
struct Busy {
    status: AtomicU32,
    tries: Mutex<Vec<String>>,
}

struct Shared(Arc<Busy>);

impl Handler for Shared {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        CommandStatus::ESME_ROK
    }

    fn submit_sm(&self, _: &SessionHandle, request: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        let text = request.short_message.as_str().unwrap();
        let mut tries = self.0.tries.lock().unwrap();
        tries.push(text.into());
        let refusals: usize = text.split('*').nth(1).map_or(0, |times| times.parse().unwrap());
        if tries.iter().filter(|&tried| tried == text).count() <= refusals {
            return Reply::status(CommandStatus(self.0.status.load(Ordering::SeqCst)));
        }
        Reply::ok(SubmitSmResp::default().with_message_id(format!("id-{text}")))
    }
}

fn busy(status: CommandStatus) -> (Server, Arc<Busy>) {
    let busy = Arc::new(Busy { status: AtomicU32::new(status.0), ..Busy::default() });
    (Server::builder(Shared(Arc::clone(&busy))).listen("127.0.0.1:0").unwrap(), busy)
}

/// jasmin#425, #60: a throttled message does not go to the back.
#[test]
fn what_was_throttled_is_sent_again_before_anything_else() {
    let (server, busy) = busy(CommandStatus::ESME_RTHROTTLED);
    let (events_to, events) = unbounded();
    let pause = Retry::after(Duration::from_millis(5)).attempts(5);
    let client = Client::builder().retry(CommandStatus::ESME_RTHROTTLED, pause).window(1).events(events_to);
    let client = client.connect(server.local_addr()).unwrap();
    client.bind_transmitter().unwrap();
    let texts = ["a", "b*2", "c", "d*1", "e"];
    let pending: Vec<_> = texts.iter().map(|name| client.send(&text(name)).unwrap()).collect();
    for (pending, name) in pending.into_iter().zip(texts) {
        assert_eq!(pending.wait().unwrap().message_id, *format!("id-{name}"));
    }
    assert_eq!(*busy.tries.lock().unwrap(), ["a", "b*2", "b*2", "b*2", "c", "d*1", "d*1", "e"]);
    let throttled = |event| matches!(event, ClientEvent::Throttled { status: CommandStatus::ESME_RTHROTTLED, .. });
    assert_eq!(events.try_iter().filter(|event| throttled(event.clone())).count(), 3);
    assert_eq!(client.stats().counters.received(CommandId::SUBMIT_SM_RESP, CommandStatus::ESME_RTHROTTLED), 3);
    assert_eq!(client.stats().counters.sent(CommandId::SUBMIT_SM, CommandStatus::ESME_ROK), 8);
}

#[test]
fn attempts_come_to_an_end_and_other_statuses_are_not_repeated() {
    let (server, tried) = busy(CommandStatus::ESME_RMSGQFUL);
    let pause = Retry::after(Duration::from_millis(1)).attempts(2);
    let client = Client::builder().retry(CommandStatus::ESME_RMSGQFUL, pause).connect(server.local_addr()).unwrap();
    client.bind_transmitter().unwrap();
    let error = client.submit_sm(&text("x*9")).unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RMSGQFUL));
    assert_eq!(tried.tries.lock().unwrap().len(), 3);
    tried.status.store(CommandStatus::ESME_RINVDSTADR.0, Ordering::SeqCst);
    assert_eq!(client.submit_sm(&text("y*9")).unwrap_err().command_status(), Some(CommandStatus::ESME_RINVDSTADR));
    assert_eq!(tried.tries.lock().unwrap().len(), 4);
}

/// jasmin#925: each part of a message counts.
#[test]
fn the_rate_counts_pdus_and_lets_link_control_pass() {
    let (server, _) = busy(CommandStatus::ESME_ROK);
    let client =
        Client::builder().rate(Rate::per_second(1).burst(3)).window(100).send_timeout(Duration::from_millis(1));
    let client = client.connect(server.local_addr()).unwrap();
    client.bind_transmitter().unwrap();
    for _ in 0..3 {
        client.submit_sm(&text("part")).unwrap();
    }
    let error = client.try_send(&text("part")).map(drop).unwrap_err();
    assert!(matches!(error, Error::Paused { .. }), "{error:?}");
    assert!(matches!(client.submit_sm(&text("part")), Err(Error::NotSent { .. })));
    client.enquire_link().unwrap();
    client.unbind().unwrap();

    let client = Client::builder().rate(Rate::per_second(1000).burst(1)).connect(server.local_addr()).unwrap();
    client.bind_transmitter().unwrap();
    let completed: Completed<_> = (0..30).map(|_| client.send(&text("paced")).unwrap()).collect();
    assert!(completed.into_iter().all(|(_, outcome)| outcome.is_ok()));
    let stats = client.stats();
    assert!(stats.waits >= 20 && stats.total_wait >= stats.longest_wait, "{stats:?}");
}

#[test]
fn a_full_window_is_not_waited_for_longer_than_allowed() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme().window(1).send_timeout(Duration::from_millis(20)));
    let held = client.send(&text("hold")).unwrap();
    let responder = fixture.held.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(client.submit_sm(&text("x")), Err(Error::NotSent { .. })));
    responder.respond(CommandStatus::ESME_ROK, &SubmitSmResp::default().with_message_id("late")).unwrap();
    assert_eq!(held.wait().unwrap().message_id, "late");
    assert_eq!(client.submit_sm(&text("x")).unwrap().message_id, "id-x");
    let stats = client.stats();
    assert_eq!((stats.waits, stats.peak_outstanding, stats.outstanding, stats.window), (1, 1, 0, 1));
    assert!(stats.longest_wait >= Duration::from_millis(20));
}

#[test]
fn draining_waits_for_both_sides_and_takes_nothing_more() {
    let fixture = fixture();
    let (responder_to, responders) = bounded(1);
    let builder = esme().on_deliver_sm(move |pdu| {
        responder_to.send(pdu.defer().unwrap()).unwrap();
        CommandStatus::ESME_ROK
    });
    let (client, session) = fixture.bind(builder);
    let pending = client.send(&text("hold")).unwrap();
    let held = fixture.held.recv_timeout(PATIENCE).unwrap();
    let delivered = session.send(&DeliverSm::default()).unwrap();
    let owed = responders.recv_timeout(PATIENCE).unwrap();
    let draining = client.clone();
    let draining = thread::spawn(move || draining.drain(PATIENCE));
    // Whatever comes before the draining is answered.
    while !matches!(client.try_send(&text("1")).map(drop), Err(Error::State { .. })) {}
    assert!(matches!(client.submit_sm(&text("late")), Err(Error::State { .. })));
    held.answer(CommandStatus::ESME_RSUBMITFAIL).unwrap();
    assert_eq!(pending.wait().unwrap_err().command_status(), Some(CommandStatus::ESME_RSUBMITFAIL));
    assert!(!draining.is_finished(), "the response to deliver_sm is still owed");
    owed.answer(CommandStatus::ESME_ROK).unwrap();
    assert_eq!(draining.join().unwrap().unwrap(), 0);
    delivered.wait().unwrap();
    assert_eq!(client.close_reason(), Some(CloseReason::Unbound));
}

/// OpenSmpp/opensmpp#33, jsmpp#82: not for longer than told.
#[test]
fn draining_has_a_deadline() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme());
    let pending = client.send(&text("ignore")).unwrap();
    assert_eq!(client.drain(Duration::from_secs(2)).unwrap(), 1);
    assert!(matches!(pending.wait(), Err(Error::Disconnected { written: true, .. })));
}

#[test]
fn draining_in_a_callback_does_not_wait_for_itself() {
    let fixture = fixture();
    let (drained_to, drained) = bounded(1);
    let slot: Arc<Mutex<Option<Client>>> = Arc::default();
    let in_callback = Arc::clone(&slot);
    let builder = esme().on_deliver_sm(move |_| {
        let client = in_callback.lock().unwrap().take().unwrap();
        drained_to.send(client.drain(Duration::from_secs(3600)).unwrap()).unwrap();
        CommandStatus::ESME_ROK
    });
    let (client, session) = fixture.bind(builder);
    *slot.lock().unwrap() = Some(client.clone());
    let _delivered = session.send(&DeliverSm::default()).unwrap();
    assert_eq!(drained.recv_timeout(PATIENCE), Ok(0));
}

#[test]
fn outcomes_come_to_callbacks_and_as_they_complete() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme().window(100));
    let mut completed = Completed::new();
    assert!(completed.next().is_none() && completed.next_timeout(PATIENCE).is_none());
    completed.push(client.send(&text("hold")).unwrap());
    let first = fixture.held.recv_timeout(PATIENCE).unwrap();
    completed.push(client.send(&text("hold")).unwrap());
    let second = fixture.held.recv_timeout(PATIENCE).unwrap();
    assert!(completed.try_next().is_none() && completed.next_timeout(Duration::from_millis(1)).is_none());
    let answer = |id: &str| SubmitSmResp::default().with_message_id(id.to_owned());
    second.respond(CommandStatus::ESME_ROK, &answer("second")).unwrap();
    let (number, outcome) = completed.next().unwrap();
    assert_eq!((number, outcome.unwrap().message_id.to_str_lossy().as_ref()), (1, "second"));
    // One whose outcome is there already when it is pushed.
    let done = client.send(&text("throttle")).unwrap();
    while !done.is_ready() {
        thread::yield_now();
    }
    assert_eq!(completed.push(done), 2);
    assert_eq!(completed.next().map(|(number, outcome)| (number, outcome.is_err())), Some((2, true)));
    first.respond(CommandStatus::ESME_ROK, &answer("first")).unwrap();
    assert_eq!(completed.next_timeout(PATIENCE).map(|(number, outcome)| (number, outcome.is_ok())), Some((0, true)));
    assert!(completed.is_empty() && completed.next().is_none());

    let (outcome_to, outcomes) = unbounded();
    for name in ["1", "hold", "throttle"] {
        let outcome_to = outcome_to.clone();
        let again = client.clone();
        client.send(&text(name)).unwrap().then(move |outcome| {
            // Any call is allowed, waiting ones included.
            assert_eq!(again.submit_sm(&text("inside")).map(drop).is_ok(), outcome.is_ok() || name == "throttle");
            outcome_to.send((name, outcome.map(drop))).unwrap();
        });
    }
    let held = fixture.held.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(outcomes.recv_timeout(PATIENCE), Ok(("1", Ok(())))));
    assert!(matches!(outcomes.recv_timeout(PATIENCE), Ok(("throttle", Err(Error::Refused { .. })))));
    client.disconnect();
    assert!(matches!(outcomes.recv_timeout(PATIENCE), Ok(("hold", Err(Error::Disconnected { written: true, .. })))));
    drop(held);
    assert!(client.wait_closed(PATIENCE).is_some());
    assert!(outcomes.try_recv().is_err(), "each was called once");
}

#[test]
fn a_callback_for_an_outcome_that_panics_is_reported() {
    let fixture = fixture();
    let (events_to, events) = unbounded();
    let (client, _) = fixture.bind(esme().events(events_to));
    client.send(&text("hold")).unwrap().then(|_| panic!("asked for"));
    drop(fixture.held.recv_timeout(PATIENCE).unwrap());
    let panicked = |event| matches!(event, ClientEvent::CallbackPanicked { header: None }).then_some(());
    while panicked(events.recv_timeout(PATIENCE).unwrap()).is_none() {}
    assert_eq!(client.submit_sm(&text("after")).unwrap().message_id, "id-after");
}

#[test]
fn observers_see_both_ways_in_order_and_with_what_the_client_does_by_itself() {
    let fixture = fixture();
    let (seen_to, seen) = unbounded();
    let all = seen_to.clone();
    let builder = esme()
        .observe_all(move |pdu| {
            let header = pdu.header();
            all.send((pdu.direction(), header.command_id, header.sequence_number, String::new())).unwrap();
        })
        .observe::<SubmitSm<'_>>(Direction::Sent, {
            let seen_to = seen_to.clone();
            move |pdu| {
                let to = pdu.destination_addr.to_str_lossy().into_owned();
                seen_to.send((Direction::Sent, CommandId::SUBMIT_SM, pdu.header().sequence_number, to)).unwrap();
            }
        })
        .observe::<SubmitSmResp<'_>>(Direction::Received, move |pdu| {
            let id = pdu.message_id.to_str_lossy().into_owned();
            seen_to.send((pdu.direction(), CommandId::SUBMIT_SM_RESP, pdu.header().sequence_number, id)).unwrap();
        })
        .on_deliver_sm(|_| CommandStatus::ESME_ROK);
    let (client, session) = fixture.bind(builder);
    assert_eq!(client.submit_sm(&text("1")).unwrap().message_id, "id-1");
    session.deliver_sm(&DeliverSm::default()).unwrap();
    session.enquire_link().unwrap();
    client.unbind().unwrap();
    let (sent, received) = (Direction::Sent, Direction::Received);
    let expected = [
        (sent, CommandId::BIND_TRANSCEIVER, 1, ""),
        (received, CommandId::BIND_TRANSCEIVER_RESP, 1, ""),
        (sent, CommandId::SUBMIT_SM, 2, ""),
        (sent, CommandId::SUBMIT_SM, 2, "4179"),
        (received, CommandId::SUBMIT_SM_RESP, 2, ""),
        (received, CommandId::SUBMIT_SM_RESP, 2, "id-1"),
        (received, CommandId::DELIVER_SM, 1, ""),
        (sent, CommandId::DELIVER_SM_RESP, 1, ""),
        (received, CommandId::ENQUIRE_LINK, 2, ""),
        (sent, CommandId::ENQUIRE_LINK_RESP, 2, ""),
        (sent, CommandId::UNBIND, 3, ""),
        (received, CommandId::UNBIND_RESP, 3, ""),
    ];
    for (index, expected) in expected.into_iter().enumerate() {
        let (direction, id, sequence_number, what) = seen.recv_timeout(PATIENCE).unwrap();
        assert_eq!((direction, id, sequence_number, what.as_str()), expected, "{index}");
    }
}

#[test]
fn sequence_numbers_of_the_users_own() {
    let fixture = fixture();
    let (numbers_to, numbers) = unbounded();
    let mut next = 99;
    let builder = esme()
        .sequence_generator(move || {
            next += 1;
            if next == 103 { Err(std::io::Error::other("out of numbers")) } else { Ok(next) }
        })
        .observe_all(move |pdu| {
            if pdu.direction() == Direction::Sent {
                numbers_to.send(pdu.header().sequence_number).unwrap();
            }
        });
    let (client, _) = fixture.bind(builder);
    let pending = client.send(&text("hold")).unwrap();
    assert_eq!(pending.sequence_number(), 101);
    drop(fixture.held.recv_timeout(PATIENCE).unwrap());
    let own = SendOptions { sequence_number: Some(0x7FFF_FFFF), ..SendOptions::default() };
    assert_eq!(client.send_with(&text("1"), own).unwrap().sequence_number(), 0x7FFF_FFFF);
    client.submit_sm(&text("2")).unwrap();
    let error = client.submit_sm(&text("3")).unwrap_err();
    assert!(matches!(&error, Error::Io(_)) && error.to_string().contains("out of numbers"), "{error}");
    client.submit_sm(&text("4")).unwrap();
    client.unbind().unwrap();
    assert_eq!(numbers.iter().take(6).collect::<Vec<_>>(), [100, 101, 0x7FFF_FFFF, 102, 104, 105]);
}

#[test]
fn numbers_tell_what_happened() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme());
    for name in ["1", "2", "throttle"] {
        let _ = client.submit_sm(&text(name));
    }
    let stats = client.stats();
    let counted = |id, status| (stats.counters.sent(id, status), stats.counters.received(id, status));
    assert_eq!(counted(CommandId::SUBMIT_SM, CommandStatus::ESME_ROK), (3, 0));
    assert_eq!(counted(CommandId::SUBMIT_SM_RESP, CommandStatus::ESME_ROK), (0, 2));
    assert_eq!(counted(CommandId::SUBMIT_SM_RESP, CommandStatus::ESME_RTHROTTLED), (0, 1));
    // The bind is not among them.
    assert_eq!((stats.latency.count(), stats.sessions, stats.waits), (3, 1, 0));
    assert!(stats.latency.quantile(0.99) >= stats.latency.quantile(0.5) && stats.latency.max() > Duration::ZERO);
    assert_eq!((stats.last_close, stats.peer_addr), (None, Some(fixture.server.local_addr())));
    client.unbind().unwrap();
    assert_eq!(client.stats().last_close, Some(CloseReason::Unbound));
}

/// The outcome that was unknown is not lost: the late response says it.
#[test]
fn a_late_response_tells_the_message_id() {
    let fixture = fixture();
    let (events_to, events) = unbounded();
    let timers = Timers { response: Some(Duration::from_millis(20)), ..Timers::default() };
    let (client, _) = fixture.bind(esme().timers(timers).events(events_to));
    let pending = client.send(&text("hold")).unwrap();
    let number = pending.sequence_number();
    let held = fixture.held.recv_timeout(PATIENCE).unwrap();
    assert!(pending.wait().unwrap_err().is_unknown_outcome());
    held.respond(CommandStatus::ESME_ROK, &SubmitSmResp::default().with_message_id("came late")).unwrap();
    let late = std::iter::from_fn(|| events.recv_timeout(PATIENCE).ok()).find_map(|event| match event {
        ClientEvent::Stray { header, octets, stray: Stray::Late { request } } => {
            assert_eq!((header.sequence_number, request.id), (number, CommandId::SUBMIT_SM));
            Some(octets)
        }
        _ => None,
    });
    let late = late.expect("it is told");
    let frame = Frame::exact(&late).unwrap();
    assert_eq!(Decoder::default().decode_as::<SubmitSmResp<'_>>(frame).unwrap().message_id, "came late");
}

/// Remembers the late responses of an ESME.
struct Reconciling(Sender<(u32, Vec<u8>)>);

impl Handler for Reconciling {
    fn bind(&self, session: &SessionHandle, request: &BindRequest<'_>) -> CommandStatus {
        let _ = (session, request);
        CommandStatus::ESME_ROK
    }

    fn stray(&self, _: &SessionHandle, frame: Frame<'_>, stray: Stray) {
        assert!(matches!(stray, Stray::Late { request } if request.id == CommandId::DATA_SM), "{stray:?}");
        let response: DataSmResp<'_> = Decoder::default().decode_as(frame).unwrap();
        let id = response.message_id.to_str_lossy().into_owned().into_bytes();
        self.0.send((frame.header().sequence_number, id)).unwrap();
    }
}

#[test]
fn a_server_sees_late_responses_too() {
    let (late_to, late) = unbounded();
    let timers = Timers { response: Some(Duration::from_millis(20)), ..Timers::default() };
    let server = Server::builder(Reconciling(late_to)).timers(timers).listen("127.0.0.1:0").unwrap();
    let (responder_to, responders) = bounded(1);
    let client = Client::builder().on_data_sm(move |pdu| {
        responder_to.send(pdu.defer().unwrap()).unwrap();
        CommandStatus::ESME_ROK
    });
    let client = client.connect(server.local_addr()).unwrap();
    client.bind_transceiver().unwrap();
    let pending = server.sessions()[0].send(&DataSm::default()).unwrap();
    let number = pending.sequence_number();
    let responder = responders.recv_timeout(PATIENCE).unwrap();
    assert!(pending.wait().unwrap_err().is_unknown_outcome());
    responder.respond(CommandStatus::ESME_ROK, &DataSmResp::default().with_message_id("77")).unwrap();
    assert_eq!(late.recv_timeout(PATIENCE).unwrap(), (number, b"77".to_vec()));
}
