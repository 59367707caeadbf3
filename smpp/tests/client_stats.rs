//! Numbers that are true in trouble: slow callbacks and observers, timeouts, sessions that are lost.

mod client_fixture;

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{bounded, unbounded};
use smpp::client::{Client, ClientEvent, Rebind};
use smpp::driver::{Error, LinkConfig, Stats};
use smpp::pdu::*;
use smpp::session::{CloseReason, Retry, SessionState, Timers};
use smpp::value::CommandStatus;

use client_fixture::*;

fn link(inbox: usize) -> LinkConfig {
    let mut link = LinkConfig::default();
    link.inbox = inbox;
    link
}

/// The first numbers of which this is true.
fn wait_for(client: &Client, mut is_so: impl FnMut(&Stats) -> bool) -> Stats {
    let begin = Instant::now();
    loop {
        let stats = client.stats();
        if is_so(&stats) {
            return stats;
        }
        assert!(begin.elapsed() < PATIENCE, "{stats:?}");
        thread::yield_now();
    }
}

/// What a callback is not done with counts, whether it waits for the thread or with it; and the limit is the limit.
#[test]
fn the_inbox_is_what_no_callback_is_done_with() {
    let fixture = fixture();
    let (go, gone) = unbounded::<()>();
    let (called_to, called) = unbounded();
    let builder = esme().link(link(50)).on_deliver_sm(move |_| {
        called_to.send(()).unwrap();
        let _ = gone.recv();
        CommandStatus::ESME_ROK
    });
    let (client, session) = fixture.bind(builder);
    let send = || session.send(&DeliverSm::default()).unwrap();
    let first = send();
    called.recv_timeout(PATIENCE).unwrap();
    let mut rest: Vec<_> = (0..40).map(|_| send()).collect();
    wait_for(&client, |stats| stats.inbox == 41);
    // The first is done; the thread takes all the others at once.
    go.send(()).unwrap();
    first.wait().unwrap();
    called.recv_timeout(PATIENCE).unwrap();
    assert_eq!((client.stats().inbox, client.stats().unreported), (40, 0));
    rest.extend((0..60).map(|_| send()));
    // 10 found room. That the others did not is known while the callback hangs.
    let stats = wait_for(&client, |stats| stats.unreported == 50);
    assert_eq!(stats.inbox, 50);
    drop(go);
    let refused = rest.into_iter().filter_map(|pending| pending.wait().err());
    let statuses: Vec<_> = refused.map(|error| error.command_status().unwrap()).collect();
    assert_eq!(statuses, [CommandStatus::ESME_RMSGQFUL; 50]);
    assert_eq!(wait_for(&client, |stats| stats.inbox == 0).unreported, 50);
}

/// Observers that are slow lose sight of PDUs. The application does not.
#[test]
fn an_observer_that_hangs_costs_no_message() {
    let fixture = fixture();
    let (go, gone) = bounded::<()>(0);
    let builder =
        esme().link(link(10)).observe_all(move |_| _ = gone.recv()).on_deliver_sm(|_| CommandStatus::ESME_ROK);
    let (client, session) = fixture.bind(builder);
    let delivered: Vec<_> = (0..5).map(|_| session.send(&DeliverSm::default()).unwrap()).collect();
    for _ in 0..20 {
        client.submit_sm(&text("1")).unwrap();
    }
    // Bind and submits, both ways, without those that stand before the observer.
    let stats = wait_for(&client, |stats| stats.unshown >= 42 - 10 && stats.inbox == 5);
    assert_eq!(stats.unreported, 0);
    drop(go);
    delivered.into_iter().for_each(|pending| drop(pending.wait().unwrap()));
}

/// However often the link is lost while a callback hangs: what is kept of it is bounded, and the last state is told.
#[test]
fn notices_are_bounded_and_the_last_state_is_told() {
    let fixture = fixture();
    let (go, gone) = bounded::<()>(0);
    let (called_to, called) = bounded(100);
    let (events_to, events) = unbounded();
    let builder = esme().link(link(4)).events(events_to);
    let builder = builder.rebind(Rebind::default().delays(Duration::ZERO, Duration::ZERO));
    let builder = builder.on_deliver_sm(move |_| {
        called_to.send(()).unwrap();
        let _ = gone.recv();
        CommandStatus::ESME_ROK
    });
    let (client, session) = fixture.bind(builder);
    let _hangs = session.send(&DeliverSm::default()).unwrap();
    called.recv_timeout(PATIENCE).unwrap();
    session.disconnect();
    for _ in 0..10 {
        fixture.bound.recv_timeout(PATIENCE).unwrap().disconnect();
    }
    let session = fixture.bound.recv_timeout(PATIENCE).unwrap();
    let stats = wait_for(&client, |stats| stats.sessions == 12 && stats.state.is_bound());
    assert!(stats.notices <= 4 && stats.unreported >= 30, "{stats:?}");
    // The last session may have been lost before its bind was answered.
    assert!(stats.last_error.as_ref().unwrap().contains(&CloseReason::PeerClosed.to_string()), "{stats:?}");
    drop(go);
    session.disconnect();
    client.disconnect();
    let told: Vec<_> = std::iter::from_fn(|| events.recv_timeout(PATIENCE).ok()).collect();
    let losses = told.iter().filter(|event| matches!(event, ClientEvent::Lost(_))).count();
    assert!((1..12).contains(&losses), "{told:?}");
    let states = told.iter().filter_map(|event| match event {
        ClientEvent::StateChanged { from, to } => Some((*from, *to)),
        _ => None,
    });
    let states: Vec<_> = states.collect();
    assert_eq!(states.last().unwrap().1, SessionState::Closed);
    assert!(matches!(told.last(), Some(ClientEvent::Closed(_))), "{told:?}");
    assert!(states.iter().any(|(_, to)| *to == SessionState::BoundTrx));
}

#[test]
fn requests_without_response_are_counted_by_what_became_of_them() {
    let fixture = fixture();
    let timers = Timers { response: Some(Duration::from_millis(20)), ..Timers::default() };
    let pause = Retry::after(Duration::from_millis(1)).attempts(3);
    let (client, _) = fixture.bind(esme().timers(timers).retry(CommandStatus::ESME_RTHROTTLED, pause));
    let late = client.send(&text("hold")).unwrap();
    assert!(late.wait().is_err() && client.submit_sm(&text("ignore")).is_err());
    fixture.held.recv_timeout(PATIENCE).unwrap().answer(CommandStatus::ESME_RSUBMITFAIL).unwrap();
    assert_eq!(wait_for(&client, |stats| stats.late == 1).timed_out, 2);
    client.submit_sm(&text("throttle")).unwrap_err();
    let stats = client.stats();
    assert_eq!((stats.retried, stats.failed, stats.last_error), (3, 0, None));
    let fails = client.send(&text("close")).unwrap();
    assert!(matches!(fails.wait(), Err(Error::Disconnected { written: true, .. })));
    let stats = client.stats();
    assert_eq!((stats.failed, stats.timed_out, stats.late), (1, 2, 1));
    // A throttled request has its response, though it is a refusal.
    assert_eq!(stats.latency.count(), 1);
    assert!(stats.last_error.unwrap().starts_with("session lost: "));
}

#[test]
fn a_bind_that_is_refused_is_the_last_error() {
    let fixture = fixture();
    let client = fixture.connect(Client::builder().system_id("esme").password("wrong"));
    client.bind_transceiver().unwrap_err();
    let error = client.stats().last_error.unwrap();
    assert!(error.contains("bind_transceiver") && error.contains("ESME_RINVPASWD"), "{error}");
}

#[test]
fn waits_count_also_if_they_come_to_nothing() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme().window(1));
    let _held = client.send(&text("hold")).unwrap();
    let waiting = client.clone();
    let waiting = thread::spawn(move || waiting.submit_sm(&text("x")).map(drop));
    assert_eq!(wait_for(&client, |stats| stats.waiting == 1).waits, 0);
    client.disconnect();
    assert!(matches!(waiting.join().unwrap(), Err(Error::Disconnected { written: false, .. })));
    let stats = client.stats();
    assert_eq!((stats.waiting, stats.waits), (0, 1));
    assert!(stats.total_wait > Duration::ZERO && stats.longest_wait == stats.total_wait);
}
