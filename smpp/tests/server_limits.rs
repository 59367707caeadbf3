//! What a server lets an ESME do to it.

mod client_fixture;
#[cfg(feature = "tls")]
mod tls_fixture;

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use smpp::codec::CommandId;
use smpp::driver::{Error, Incoming, LinkConfig, Pending, Reply};
use smpp::pdu::*;
use smpp::server::{BindRequest, Handler, Server, ServerBuilder, SessionHandle};
use smpp::session::CloseReason;
use smpp::value::CommandStatus;

use client_fixture::*;

const LOCAL: (&str, u16) = ("127.0.0.1", 0);

#[test]
fn a_pdu_longer_than_allowed_ends_its_session() {
    let fixture = fixture_of(|server| server.max_command_length(200), LOCAL);
    let (client, _) = fixture.bind(esme());
    assert_eq!(client.submit_sm(&text("short")).unwrap().message_id, "id-short");
    let error = client.submit_sm(&text(&"x".repeat(200))).unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RINVCMDLEN));
    assert!(client.wait_closed(PATIENCE).is_some());
    assert!(matches!(fixture.closed.recv_timeout(PATIENCE), Ok(CloseReason::Frame(_))));
    // Others go on.
    fixture.bind(esme()).0.submit_sm(&text("short")).unwrap();
}

#[test]
fn a_session_without_transactions_is_unbound() {
    let period = Duration::from_millis(200);
    let fixture = fixture_of(|server| server.inactivity_timer(period), LOCAL);
    let (client, session) = fixture.bind(esme());
    let begin = Instant::now();
    // Signs of life are no transactions.
    while client.enquire_link().is_ok() && begin.elapsed() < PATIENCE {}
    assert!(begin.elapsed() >= period - Duration::from_millis(50));
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
    assert_eq!(session.wait_closed(PATIENCE), Some(CloseReason::Inactivity));
    assert!(client.send(&EnquireLink::default()).is_err());
}

/// A handler that does nothing until it is let go: by dropping the other end.
struct Stuck(Receiver<()>);

impl Handler for Stuck {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        CommandStatus::ESME_ROK
    }

    fn submit_sm(&self, _: &SessionHandle, _: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        let _ = self.0.recv();
        Reply::status(CommandStatus::ESME_ROK)
    }
}

/// How many of so many requests are taken, and how many refused for want of room, when all come while the handler is
/// stuck.
fn rush(options: impl FnOnce(ServerBuilder) -> ServerBuilder, count: usize, message: &str) -> (usize, usize) {
    let (let_go, stuck) = bounded(0);
    let server = options(Server::builder(Stuck(stuck))).listen(LOCAL).unwrap();
    let client = esme().window(count).connect(server.local_addr()).unwrap();
    client.bind_transmitter().unwrap();
    let pending: Vec<_> = (0..count).map(|_| client.send(&text(message)).unwrap()).collect();
    // What was sent before has been read by the time that this is answered.
    client.enquire_link().unwrap();
    let stats = server.sessions()[0].stats();
    assert_eq!(stats.counters.received(CommandId::SUBMIT_SM, CommandStatus::ESME_ROK), count as u64);
    drop(let_go);
    let (mut taken, mut refused) = (0, 0);
    for outcome in pending.into_iter().map(Pending::wait) {
        match outcome {
            Ok(_) => taken += 1,
            Err(Error::Refused { command_status: CommandStatus::ESME_RMSGQFUL, .. }) => refused += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
    (taken, refused)
}

#[test]
fn a_window_of_ten_thousand_finds_room_while_the_handler_is_stuck() {
    assert_eq!(rush(|server| server, 10_000, "one of many"), (10_000, 0));
}

/// As many again may be with the handler, if they came before it was handed the first; and a notice takes room, too.
#[test]
fn what_the_inbox_does_not_hold_is_refused() {
    let (taken, refused) = rush(|server| server.inbox(20), 100, "one of many");
    assert!((19..=40).contains(&taken) && taken + refused == 100, "{taken} {refused}");
}

#[test]
fn the_octets_of_the_inbox_count_too() {
    let mut link = LinkConfig::default();
    link.inbox_octets = 4000;
    // Each has some 250 octets, and one more may come as long as there is room at all.
    let (taken, refused) = rush(|server| server.link(link), 100, &"x".repeat(200));
    assert!((15..=40).contains(&taken) && taken + refused == 100, "{taken} {refused}");
}

/// A connection that says nothing.
fn silent(fixture: &Fixture) -> TcpStream {
    let stream = TcpStream::connect(fixture.server.local_addr()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn wait_for_sessions(fixture: &Fixture, wanted: impl Fn(usize) -> bool) {
    let begin = Instant::now();
    while !wanted(fixture.server.sessions().len()) {
        assert!(begin.elapsed() < PATIENCE, "{} sessions", fixture.server.sessions().len());
        std::thread::yield_now();
    }
}

/// Whether the server has closed it, or does.
fn is_closed(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0]), Ok(0))
}

fn is_open(stream: &mut TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    stream.read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

#[test]
fn silent_connections_lock_nobody_out() {
    let fixture = fixture_of(|server| server.max_connections(20), LOCAL);
    let mut hogs: Vec<_> = (0..20).map(|_| silent(&fixture)).collect();
    wait_for_sessions(&fixture, |count| count == 20);
    let (first, _) = fixture.bind(esme());
    assert!(is_closed(&mut hogs[0]), "the oldest has made room");
    let (second, _) = fixture.bind(esme());
    assert!(is_closed(&mut hogs[1]));
    assert!(hogs[2..].iter_mut().all(is_open), "no more than is needed");
    for client in [first, second] {
        assert_eq!(client.submit_sm(&text("1")).unwrap().message_id, "id-1");
    }
}

#[test]
fn no_more_than_so_many_are_unbound() {
    let fixture = fixture_of(|server| server.max_unbound(2), LOCAL);
    let bound: Vec<_> = (0..5).map(|_| fixture.bind(esme())).collect();
    let mut hogs: Vec<_> = (0..3).map(|_| silent(&fixture)).collect();
    assert!(is_closed(&mut hogs[0]));
    assert!(hogs[1..].iter_mut().all(is_open));
    for (client, _) in bound {
        assert_eq!(client.submit_sm(&text("1")).unwrap().message_id, "id-1");
    }
}

/// Those that were displaced are forgotten once they are gone.
#[test]
fn silent_connections_without_end() {
    let fixture = fixture_of(|server| server.max_connections(5), LOCAL);
    let mut hogs = Vec::new();
    for count in 1..=50 {
        hogs.push(silent(&fixture));
        if count > 5 {
            assert!(is_closed(&mut hogs[count - 6]), "{count}");
            wait_for_sessions(&fixture, |count| count <= 5);
        }
    }
    fixture.bind(esme()).0.submit_sm(&text("1")).unwrap();
}

#[test]
fn bound_sessions_make_no_room() {
    let fixture = fixture_of(|server| server.max_connections(2), LOCAL);
    let bound = [fixture.bind(esme()), fixture.bind(esme())];
    assert!(fixture.connect(esme()).wait_closed(PATIENCE).is_some());
    for (client, _) in bound {
        assert_eq!(client.submit_sm(&text("1")).unwrap().message_id, "id-1");
    }
}

#[cfg(feature = "tls")]
#[test]
fn handshakes_that_do_not_begin_lock_nobody_out() {
    let ca = tls_fixture::Ca::new();
    let tls = ca.server("127.0.0.1").server_tls();
    let fixture = fixture_of(|server| server.tls(tls).max_connections(3), LOCAL);
    let mut hogs: Vec<_> = (0..5).map(|_| silent(&fixture)).collect();
    assert!(is_closed(&mut hogs[0]) && is_closed(&mut hogs[1]));
    let (client, _) = fixture.bind(esme().tls(ca.trusted()));
    assert_eq!(client.submit_sm(&text("1")).unwrap().message_id, "id-1");
    assert!(is_closed(&mut hogs[2]));
    assert!(hogs[3..].iter_mut().all(is_open));
}
