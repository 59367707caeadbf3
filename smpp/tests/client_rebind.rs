//! Binding again: when, when not, what becomes of senders meanwhile, and that nothing is lost from the books.

use std::collections::HashSet;
use std::io;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use smpp::client::{Client, ClientBuilder, ClientEvent, Rebind};
use smpp::driver::{Error, Incoming, Pipe, Reply, Transport, pipe};
use smpp::pdu::*;
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::session::{BindKind, CloseReason, SessionState};
use smpp::value::CommandStatus;

/// Far longer than anything takes; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the SMSC does, and what it has seen.
struct Smsc {
    bind_status: AtomicU32,
    bound: Sender<SessionHandle>,
    /// The texts that it has taken, in the order in which they came.
    taken: Mutex<Vec<String>>,
    binds: AtomicUsize,
}

struct Shared(Arc<Smsc>);

impl Handler for Shared {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        self.0.binds.fetch_add(1, Ordering::SeqCst);
        CommandStatus(self.0.bind_status.load(Ordering::SeqCst))
    }

    fn bound(&self, session: &SessionHandle) {
        self.0.bound.send(session.clone()).unwrap();
    }

    fn submit_sm(&self, session: &SessionHandle, request: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        let text = request.short_message.as_str().unwrap();
        self.0.taken.lock().unwrap().push(text.into());
        if text == "cut" {
            session.disconnect();
        }
        Reply::ok(SubmitSmResp::default().with_message_id(format!("id-{text}")))
    }
}

fn smsc(bound: Sender<SessionHandle>) -> Arc<Smsc> {
    let (bind_status, binds) = (AtomicU32::new(0), AtomicUsize::new(0));
    Arc::new(Smsc { bind_status, bound, taken: Mutex::default(), binds })
}

struct Fixture {
    smsc: Arc<Smsc>,
    server: Server,
    bound: Receiver<SessionHandle>,
    events: Receiver<ClientEvent>,
    events_to: Sender<ClientEvent>,
}

/// One connection at a time: a client that did not close the old one first would not get in.
fn fixture() -> Fixture {
    fixture_of(1)
}

fn fixture_of(max_connections: usize) -> Fixture {
    let (bound_to, bound) = unbounded();
    let smsc = smsc(bound_to);
    let server = Server::builder(Shared(Arc::clone(&smsc))).max_connections(max_connections);
    let server = server.listen("127.0.0.1:0").unwrap();
    let (events_to, events) = unbounded();
    Fixture { smsc, server, bound, events, events_to }
}

impl Fixture {
    fn builder(&self, rebind: Rebind) -> ClientBuilder {
        Client::builder().system_id("again").password("secret").rebind(rebind).events(self.events_to.clone())
    }

    fn bind(&self, rebind: Rebind) -> (Client, SessionHandle) {
        let client = self.builder(rebind).connect(self.server.local_addr()).unwrap();
        client.bind_transceiver().unwrap();
        (client, self.session())
    }

    fn session(&self) -> SessionHandle {
        self.bound.recv_timeout(PATIENCE).unwrap()
    }

    fn answer_binds(&self, status: CommandStatus) {
        self.smsc.bind_status.store(status.0, Ordering::SeqCst);
    }

    /// Waits for the first event that fits.
    fn event<R>(&self, fits: impl Fn(&ClientEvent) -> Option<R>) -> R {
        loop {
            let event = self.events.recv_timeout(PATIENCE).expect("an event");
            if let Some(result) = fits(&event) {
                return result;
            }
        }
    }
}

fn at_once() -> Rebind {
    Rebind::default().delays(Duration::from_millis(1), Duration::from_millis(20))
}

fn text(text: &str) -> SubmitSm<'_> {
    SubmitSm::default().with_destination_addr("4179").with_short_message(text)
}

fn closed(event: &ClientEvent) -> Option<CloseReason> {
    match event {
        ClientEvent::Closed(reason) => Some(*reason),
        _ => None,
    }
}

#[test]
fn a_lost_link_is_bound_again_in_the_same_way() {
    let fixture = fixture();
    for kind in [BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver] {
        let client = fixture.builder(at_once()).connect(fixture.server.local_addr()).unwrap();
        match kind {
            BindKind::Transmitter => drop(client.bind_transmitter().unwrap()),
            BindKind::Receiver => drop(client.bind_receiver().unwrap()),
            BindKind::Transceiver => drop(client.bind_transceiver().unwrap()),
        }
        for (round, unbinds) in [false, true, false].into_iter().enumerate() {
            let session = fixture.session();
            // The response to the bind may be on its way.
            assert!(client.wait_bound(PATIENCE));
            assert_eq!((session.bound_as(), session.system_id()), (Some(kind), Some("again")));
            // camel#12046: an unbind of the SMSC is followed by another bind, too.
            if unbinds {
                session.unbind().unwrap()
            } else {
                session.disconnect()
            }
            let reason = fixture.event(|event| match event {
                ClientEvent::Lost(reason) => Some(*reason),
                ClientEvent::Closed(reason) => panic!("{reason}"),
                _ => None,
            });
            let expected = if unbinds { CloseReason::PeerUnbound } else { reason };
            assert_eq!(reason, expected, "{round}");
        }
        fixture.session();
        assert!(client.wait_bound(PATIENCE));
        assert_eq!((client.state(), client.close_reason()), (kind.session_state(), None));
        assert_eq!(client.stats().sessions, 4);
        client.unbind().unwrap();
        assert_eq!(fixture.event(closed), CloseReason::Unbound);
        assert_eq!(client.close_reason(), Some(CloseReason::Unbound));
        while !fixture.server.sessions().is_empty() {
            thread::yield_now();
        }
    }
}

#[test]
fn senders_wait_for_the_link_or_fail_as_asked() {
    for parks in [true, false] {
        let fixture = fixture();
        let delay = Duration::from_millis(300);
        let (client, session) = fixture.bind(Rebind::default().delays(delay, delay).parks(parks));
        session.disconnect();
        fixture.event(|event| matches!(event, ClientEvent::Lost(_)).then_some(()));
        let outcome = client.submit_sm(&text("parked"));
        if parks {
            assert_eq!(outcome.unwrap().message_id, "id-parked");
            assert_eq!((client.stats().waits, client.stats().sessions), (1, 2));
        } else {
            assert!(matches!(outcome, Err(Error::Disconnected { written: false, .. })), "{outcome:?}");
        }
        // try_send never waits.
        fixture.session().disconnect();
        fixture.event(|event| matches!(event, ClientEvent::Lost(_)).then_some(()));
        let outcome = client.try_send(&text("at once")).map(drop);
        assert!(matches!(outcome, Err(Error::Disconnected { written: false, .. })), "{outcome:?}");
    }
}

#[test]
fn parked_senders_do_not_wait_for_ever() {
    let fixture = fixture();
    let for_ever = Duration::from_secs(3600);
    let builder = fixture.builder(Rebind::default().delays(for_ever, for_ever)).send_timeout(Duration::from_millis(50));
    let client = builder.connect(fixture.server.local_addr()).unwrap();
    client.bind_transceiver().unwrap();
    fixture.session().disconnect();
    fixture.event(|event| matches!(event, ClientEvent::Rebind { attempt: 1, .. }).then_some(()));
    let outcome = client.submit_sm(&text("parked"));
    assert!(matches!(outcome, Err(Error::NotSent { .. })), "{outcome:?}");
    // An hour is not waited for to end, either; and whoever is parked is told.
    let parked = client.clone();
    let parked = thread::spawn(move || parked.submit_sm(&text("parked")));
    client.unbind().unwrap();
    assert!(parked.join().unwrap().is_err());
    assert_eq!(fixture.event(closed), CloseReason::Unbound);
}

#[test]
fn bad_credentials_are_the_end_and_other_refusals_are_not() {
    let fixture = fixture();
    let (client, session) = fixture.bind(at_once());
    fixture.answer_binds(CommandStatus::ESME_RBINDFAIL);
    session.disconnect();
    for attempt in 1..=3 {
        let status = fixture.event(|event| match event {
            ClientEvent::RebindFailed(error) => Some(error.command_status()),
            _ => None,
        });
        assert_eq!(status, Some(CommandStatus::ESME_RBINDFAIL), "{attempt}");
    }
    assert!(client.stats().last_error.unwrap().contains("ESME_RBINDFAIL"));
    fixture.answer_binds(CommandStatus::ESME_ROK);
    let session = fixture.session();
    assert!(client.wait_bound(PATIENCE));

    fixture.answer_binds(CommandStatus::ESME_RINVPASWD);
    let parked = client.clone();
    session.disconnect();
    let parked = thread::spawn(move || parked.submit_sm(&text("parked")));
    let refused = CloseReason::BindRefused(CommandStatus::ESME_RINVPASWD);
    assert_eq!(fixture.event(closed), refused);
    assert_eq!((client.close_reason(), client.state()), (Some(refused), SessionState::Closed));
    let outcome = parked.join().unwrap();
    assert!(matches!(outcome, Err(Error::Disconnected { .. })), "{outcome:?}");
    let binds = fixture.smsc.binds.load(Ordering::SeqCst);
    assert!(
        matches!(client.submit_sm(&text("x")), Err(Error::Disconnected { written: false, reason }) if reason == refused)
    );
    assert_eq!(fixture.smsc.binds.load(Ordering::SeqCst), binds, "not tried again");
}

#[test]
fn network_faults_are_tried_again_with_growing_pauses_and_no_more_often_than_allowed() {
    let fixture = fixture();
    let (events_to, events) = unbounded();
    let (first, longest) = (Duration::from_millis(4), Duration::from_millis(16));
    let calls = Arc::new(AtomicUsize::new(0));
    let (address, counted) = (fixture.server.local_addr(), Arc::clone(&calls));
    let client = Client::builder()
        .system_id("again")
        .events(events_to)
        .rebind(Rebind::default().delays(first, longest).max_attempts(6))
        .connect_by(move || match counted.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(Box::new(std::net::TcpStream::connect(address)?)),
            _ => Err(io::ErrorKind::NetworkUnreachable.into()),
        })
        .unwrap();
    client.bind_transceiver().unwrap();
    fixture.session().disconnect();
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::NotBoundAgain));
    assert_eq!(calls.load(Ordering::SeqCst), 7);
    let delays: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            ClientEvent::Rebind { attempt, delay } => Some((attempt, delay)),
            _ => None,
        })
        .collect();
    assert_eq!(delays.len(), 6);
    for (index, (attempt, delay)) in delays.into_iter().enumerate() {
        let whole = longest.min(first * (1 << index));
        assert_eq!(attempt as usize, index + 1);
        assert!(whole / 2 <= delay && delay <= whole, "{index}: {delay:?} of {whole:?}");
    }
    assert!(client.stats().last_error.unwrap().contains("unreachable"));
}

#[test]
fn a_client_may_be_started_before_the_smsc() {
    // A port that is free, most likely.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = Client::builder().system_id("again").rebind(at_once()).start(BindKind::Transceiver, address).unwrap();
    assert!(!client.wait_bound(Duration::from_millis(20)));
    let early = client.clone();
    let early = thread::spawn(move || early.submit_sm(&text("early")));
    let (bound, _keep) = unbounded();
    let _server = Server::builder(Shared(smsc(bound))).listen(address).unwrap();
    assert_eq!(early.join().unwrap().unwrap().message_id, "id-early");
    assert!(client.wait_bound(PATIENCE));
    client.unbind().unwrap();
    assert!(Client::builder().start(BindKind::Receiver, "no port").is_err());
}

#[test]
fn a_first_bind_that_fails_is_told_and_not_repeated() {
    let fixture = fixture();
    fixture.answer_binds(CommandStatus::ESME_RBINDFAIL);
    let client = fixture.builder(at_once()).connect(fixture.server.local_addr()).unwrap();
    assert_eq!(client.bind_transceiver().unwrap_err().command_status(), Some(CommandStatus::ESME_RBINDFAIL));
    assert_eq!(client.state(), SessionState::Open);
    client.disconnect();
    assert_eq!(fixture.event(closed), CloseReason::Requested);
    assert_eq!(fixture.smsc.binds.load(Ordering::SeqCst), 1);
    // Binding again over one transport cannot be.
    assert!(matches!(fixture.builder(at_once()).over(pipe(100).0), Err(Error::Io(_))));
}

/// However it ends while it is being bound again, all threads of the client end.
#[cfg(target_os = "linux")]
#[test]
fn every_end_while_binding_again_is_an_end() {
    let threads = || {
        let comm = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        tasks.map(comm).filter(|name| name.starts_with("smpp ending")).count()
    };
    // A connection that was being made may come in late.
    let fixture = fixture_of(100);
    for end in 0..4 {
        for delay in [Duration::ZERO, Duration::from_secs(3600)] {
            let builder = Client::builder().system_id("ending").events(fixture.events_to.clone());
            let builder = builder.rebind(Rebind::default().delays(delay, delay));
            let client = builder.connect(fixture.server.local_addr()).unwrap();
            client.bind_transceiver().unwrap();
            fixture.session().disconnect();
            fixture.event(|event| matches!(event, ClientEvent::Rebind { .. }).then_some(()));
            match end {
                0 => client.unbind().unwrap(),
                1 => client.disconnect(),
                2 => drop(client.drain(PATIENCE)),
                _ => drop(client),
            }
            fixture.event(closed);
            while threads() > 0 || !fixture.server.sessions().is_empty() {
                thread::yield_now();
            }
            while fixture.bound.try_recv().is_ok() {}
        }
    }
}

/// The client's half of a pipe whose other half is served.
fn served(server: &Server) -> io::Result<Box<dyn Transport>> {
    let (here, there): (Pipe, Pipe) = pipe(4096);
    server.serve(there).map_err(io::Error::other)?;
    Ok(Box::new(here))
}

/// Cut a thousand times under load, with all that is in flight: every request ends in exactly one outcome, what the SMSC
/// has taken is among what was written, and nothing is reported twice.
#[test]
fn a_thousand_cuts_under_load_in_memory() {
    cut_under_load(|server| {
        let server = Arc::clone(server);
        Box::new(move || served(&server))
    });
}

#[test]
fn a_thousand_cuts_under_load_over_sockets() {
    cut_under_load(|server| {
        let address = server.local_addr();
        Box::new(move || Ok(Box::new(std::net::TcpStream::connect(address)?)))
    });
}

/// Makes a connection.
type Connect = Box<dyn Fn() -> io::Result<Box<dyn Transport>> + Send + Sync>;

fn cut_under_load(connect: impl FnOnce(&Arc<Server>) -> Connect) {
    let (bound_to, bound) = unbounded();
    let smsc = smsc(bound_to);
    let server = Arc::new(Server::builder(Shared(Arc::clone(&smsc))).listen("127.0.0.1:0").unwrap());
    let connect = connect(&server);
    let client = Client::builder()
        .system_id("load")
        .window(20)
        .rebind(Rebind::default().delays(Duration::ZERO, Duration::ZERO))
        .connect_by(connect)
        .unwrap();
    client.bind_transceiver().unwrap();
    let stops = Arc::new(AtomicUsize::new(0));
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let (client, stops) = (client.clone(), Arc::clone(&stops));
            thread::spawn(move || {
                // Taken, refused before they were written, unknown.
                let mut outcomes = [Vec::new(), Vec::new(), Vec::new()];
                let mut number = 0;
                while stops.load(Ordering::SeqCst) == 0 {
                    let batch: Vec<_> = (0..10)
                        .map(|_| {
                            number += 1;
                            let name = format!("{sender}-{number}");
                            (client.send(&text(&name)), name)
                        })
                        .collect();
                    for (pending, name) in batch {
                        let place = match pending.and_then(|pending| pending.wait()) {
                            Ok(response) => {
                                assert_eq!(response.message_id, *format!("id-{name}"));
                                0
                            }
                            Err(Error::Disconnected { written: false, .. }) => 1,
                            Err(error) => {
                                assert!(error.is_unknown_outcome(), "{error:?}");
                                2
                            }
                        };
                        outcomes[place].push(name);
                    }
                }
                (number, outcomes)
            })
        })
        .collect();
    for cut in 0..1000 {
        let session = bound.recv_timeout(PATIENCE).unwrap();
        // From both sides, at all times: at once, and after some traffic.
        if cut % 3 == 0 {
            let _ = client.send(&text("cut")).map(|pending| pending.wait());
        }
        session.disconnect();
    }
    stops.store(1, Ordering::SeqCst);
    let mut sums = [0; 3];
    let mut known = HashSet::new();
    let mut unwritten = HashSet::new();
    for sender in senders {
        let (number, outcomes) = sender.join().unwrap();
        assert_eq!(outcomes.iter().map(Vec::len).sum::<usize>(), number, "one outcome each");
        for (sum, outcomes) in sums.iter_mut().zip(&outcomes) {
            *sum += outcomes.len();
        }
        let [taken, not_written, _] = outcomes;
        known.extend(taken);
        unwritten.extend(not_written);
    }
    assert!(sums[0] > 0, "{sums:?}");
    let taken = smsc.taken.lock().unwrap();
    let seen: HashSet<_> = taken.iter().cloned().collect();
    assert_eq!(
        seen.len() + taken.iter().filter(|text| *text == "cut").count().saturating_sub(1),
        taken.len(),
        "none twice"
    );
    assert!(known.is_subset(&seen) && unwritten.is_disjoint(&seen));
    assert!(client.wait_bound(PATIENCE));
    let stats = client.stats();
    assert_eq!((stats.outstanding, stats.sessions as usize), (0, smsc.binds.load(Ordering::SeqCst)));
    client.unbind().unwrap();
}

/// What is not to be delayed at first is not tried without end either.
#[test]
fn an_smsc_that_accepts_and_closes_is_not_hammered_at() {
    let fixture = fixture();
    let (client, mut session) = fixture.bind(Rebind::default().delays(Duration::ZERO, Duration::from_secs(60)));
    let mut delays = Vec::new();
    for _ in 0..2 {
        session.disconnect();
        delays.push(fixture.event(|event| match event {
            ClientEvent::Rebind { delay, .. } => Some(*delay),
            _ => None,
        }));
        session = fixture.session();
    }
    assert_eq!(delays[0], Duration::ZERO);
    fixture.answer_binds(CommandStatus::ESME_RSYSERR);
    session.disconnect();
    for _ in 0..3 {
        delays.push(fixture.event(|event| match event {
            ClientEvent::Rebind { attempt: 2.., delay } => Some(*delay),
            _ => None,
        }));
    }
    let tail = &delays[delays.len() - 3..];
    assert!(
        tail.iter().zip([100, 200, 400]).all(|(delay, least)| *delay >= Duration::from_millis(least)),
        "{delays:?}"
    );
    client.disconnect();
}

#[test]
fn what_panics_while_binding_again_is_a_failed_attempt() {
    let fixture = fixture();
    let address = fixture.server.local_addr();
    let calls = AtomicUsize::new(0);
    let mut numbers = 0;
    let client = fixture
        .builder(at_once())
        .sequence_generator(move || {
            numbers += 1;
            assert!(numbers != 2, "asked for");
            Ok(numbers)
        })
        .connect_by(move || {
            assert!(calls.fetch_add(1, Ordering::SeqCst) != 1, "asked for");
            Ok(Box::new(std::net::TcpStream::connect(address)?))
        })
        .unwrap();
    client.bind_transceiver().unwrap();
    fixture.session().disconnect();
    for panicked in ["connecting", "generator"] {
        let error = fixture.event(|event| match event {
            ClientEvent::RebindFailed(error) => Some(error.to_string()),
            _ => None,
        });
        assert!(error.contains("panicked") && error.contains(panicked), "{error}");
    }
    fixture.session();
    assert!(client.wait_bound(PATIENCE));
    // Only the supervisor binds.
    assert!(matches!(client.bind_transceiver(), Err(Error::State { command: "bind_transceiver", .. })));
    assert!(client.state().is_bound());
}

#[test]
fn what_no_attempt_could_mend_is_told_at_once() {
    let long = Client::builder().system_id("again").password("nine chars");
    assert!(matches!(long.start(BindKind::Transmitter, "127.0.0.1:1"), Err(Error::Encode(_))));
}
