//! The client against the server, over loopback sockets.

use std::io::{self, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use smpp::Pdu;
use smpp::client::{Client, ClientBuilder, ClientEvent, WeakClient};
use smpp::codec::Encode;
use smpp::driver::{Error, Halves, Incoming, Pipe, Reply, Responder, Transport, pipe};
use smpp::pdu::*;
use smpp::server::{BindRequest, BindResponder, Handler, Server, SessionHandle};
use smpp::session::{BindKind, CloseReason, SendOptions, SessionState, Timers};
use smpp::tlv;
use smpp::value::CommandStatus;

/// Far longer than anything takes; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// An SMSC that answers by what the text says.
struct Smsc {
    bound: Sender<SessionHandle>,
    closed: Sender<CloseReason>,
    held: Sender<Responder>,
    held_binds: Sender<BindResponder>,
}

struct Fixture {
    server: Server,
    bound: Receiver<SessionHandle>,
    closed: Receiver<CloseReason>,
    held: Receiver<Responder>,
    held_binds: Receiver<BindResponder>,
}

impl Handler for Smsc {
    fn bind(&self, _: &SessionHandle, request: &BindRequest<'_>) -> CommandStatus {
        if request.system_type == "later" {
            self.held_binds.send(request.defer().unwrap()).unwrap();
        }
        if request.password == "secret" { CommandStatus::ESME_ROK } else { CommandStatus::ESME_RINVPASWD }
    }

    fn bound(&self, session: &SessionHandle) {
        self.bound.send(session.clone()).unwrap();
    }

    fn submit_sm(&self, session: &SessionHandle, request: &Incoming<'_, SubmitSm<'_>>) -> Reply<SubmitSmResp<'static>> {
        match request.short_message.as_str().unwrap() {
            "hold" => {
                self.held.send(request.defer().unwrap()).unwrap();
                Reply::status(CommandStatus::ESME_ROK)
            }
            "panic" => panic!("asked for"),
            "ignore" => {
                request.defer().unwrap().ignore();
                Reply::status(CommandStatus::ESME_ROK)
            }
            "throttle" => Reply::status(CommandStatus::ESME_RTHROTTLED),
            "close" => {
                session.disconnect();
                Reply::status(CommandStatus::ESME_ROK)
            }
            text => Reply::ok(SubmitSmResp::default().with_message_id(format!("id-{text}"))),
        }
    }

    fn data_sm(&self, _: &SessionHandle, _: &Incoming<'_, DataSm<'_>>) -> Reply<DataSmResp<'static>> {
        let mut response = DataSmResp::default().with_message_id("kept");
        response.tlvs.set::<tlv::AdditionalStatusInfoText>("no route".into());
        Reply { status: CommandStatus::ESME_RDELIVERYFAILURE, response: Some(response) }
    }

    fn closed(&self, _: &SessionHandle, reason: CloseReason) {
        self.closed.send(reason).unwrap();
    }
}

fn fixture_with(timers: Timers, max_connections: usize) -> Fixture {
    let (bound_to, bound) = unbounded();
    let (closed_to, closed) = unbounded();
    let (held_to, held) = unbounded();
    let (held_binds_to, held_binds) = unbounded();
    let smsc = Smsc { bound: bound_to, closed: closed_to, held: held_to, held_binds: held_binds_to };
    let server = Server::builder(smsc).system_id("test-smsc").window(1000).timers(timers);
    let server = server.max_connections(max_connections).listen("127.0.0.1:0").unwrap();
    Fixture { server, bound, closed, held, held_binds }
}

fn fixture() -> Fixture {
    fixture_with(Timers::default(), 100)
}

impl Fixture {
    fn connect(&self, builder: ClientBuilder) -> Client {
        builder.connect(self.server.local_addr()).unwrap()
    }

    fn bind(&self, builder: ClientBuilder) -> (Client, SessionHandle) {
        let client = self.connect(builder);
        client.bind_transceiver().unwrap();
        (client, self.bound.recv_timeout(PATIENCE).unwrap())
    }
}

fn esme() -> ClientBuilder {
    Client::builder().system_id("esme").password("secret")
}

fn text(text: &str) -> SubmitSm<'_> {
    SubmitSm::default().with_destination_addr("4179").with_short_message(text)
}

#[test]
fn binds_of_all_kinds_and_their_answers() {
    let fixture = fixture();
    for kind in [BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver] {
        let client = fixture.connect(esme());
        let (system_id, version) = match kind {
            BindKind::Transmitter => {
                let response = client.bind_transmitter().unwrap();
                (response.system_id.clone(), response.sc_interface_version())
            }
            BindKind::Receiver => {
                let response = client.bind_receiver().unwrap();
                (response.system_id.clone(), response.sc_interface_version())
            }
            BindKind::Transceiver => {
                let response = client.bind_transceiver().unwrap();
                (response.system_id.clone(), response.sc_interface_version())
            }
        };
        assert_eq!((system_id.as_str(), version.map(|version| version.0)), (Some("test-smsc"), Some(0x34)));
        assert_eq!((client.state(), client.peer_version()), (kind.session_state(), Some(0x34)));
        let session = fixture.bound.recv_timeout(PATIENCE).unwrap();
        assert_eq!((session.system_id(), session.bound_as()), (Some("esme"), Some(kind)));
        client.unbind().unwrap();
        assert_eq!(client.close_reason(), Some(CloseReason::Unbound));
        assert_eq!(fixture.closed.recv_timeout(PATIENCE), Ok(CloseReason::PeerUnbound));
    }
}

#[test]
fn wrong_password_and_another_try() {
    let fixture = fixture();
    let client = fixture.connect(Client::builder().system_id("esme").password("wrong"));
    let error = client.bind_transceiver().unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RINVPASWD));
    assert_eq!(client.state(), SessionState::Open);
    assert!(matches!(client.submit_sm(&text("x")), Err(Error::State { command: "submit_sm", .. })));
    assert!(client.bind_transmitter().is_err());
    let too_long = fixture.connect(Client::builder().system_id("a system_id of more than 15").password("secret"));
    assert!(matches!(too_long.bind_receiver(), Err(Error::Encode(error)) if error.field == "system_id"));
}

#[test]
fn submits_with_every_kind_of_answer() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme());
    assert_eq!(client.submit_sm(&text("1")).unwrap().message_id, "id-1");
    let error = client.submit_sm(&text("throttle")).unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RTHROTTLED));
    let error = client.submit_sm(&text("panic")).unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RSYSERR));
    let error = client.query_sm(&QuerySm::default()).unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RINVCMDID));
    client.enquire_link().unwrap();
    // What a refusal says is kept.
    let Error::Refused { response, .. } = client.data_sm(&DataSm::default()).unwrap_err() else { panic!() };
    let Pdu::DataSmResp(response) = *response else { panic!("{response:?}") };
    assert_eq!(response.message_id, "kept");
    assert_eq!(response.additional_status_info_text().unwrap(), "no route");
    // Sending is strict.
    let long = "x".repeat(255);
    assert!(matches!(client.submit_sm(&text(&long)), Err(Error::Encode(_))));
    assert_eq!(client.outstanding(), 0);
}

#[test]
fn many_threads_and_a_small_window() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme().window(3));
    let submit = |thread: usize| {
        let client = client.clone();
        move || {
            for number in 0..200 {
                let name = format!("{thread}-{number}");
                assert_eq!(client.submit_sm(&text(&name)).unwrap().message_id, *format!("id-{name}").as_str());
            }
        }
    };
    let threads: Vec<_> = (0..8).map(|thread| thread::spawn(submit(thread))).collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_full_window_blocks_send_and_refuses_try_send() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme().window(2));
    let mut first = client.send(&text("hold")).unwrap();
    let second = client.send(&text("hold")).unwrap();
    assert!(matches!(client.try_send(&text("3")), Err(Error::WindowFull { window: 2 })));
    // What keeps the link alive passes.
    client.enquire_link().unwrap();
    let (sent_to, sent) = bounded(1);
    let sender = client.clone();
    thread::spawn(move || sent_to.send(sender.submit_sm(&text("3")).unwrap().message_id));
    let held: Vec<_> = (0..2).map(|_| fixture.held.recv_timeout(PATIENCE).unwrap()).collect();
    assert!(sent.is_empty() && !first.is_ready() && first.wait_timeout(Duration::ZERO).is_none());
    for responder in held {
        responder.respond(CommandStatus::ESME_ROK, &SubmitSmResp::default().with_message_id("held")).unwrap();
    }
    assert_eq!(first.wait_timeout(PATIENCE).unwrap().unwrap().message_id, "held");
    assert_eq!(second.wait().unwrap().message_id, "held");
    assert_eq!(sent.recv_timeout(PATIENCE).unwrap(), "id-3");
}

#[test]
fn an_answer_of_the_wrong_type_and_none_at_all_become_a_system_error() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme());
    let pending = client.send(&text("hold")).unwrap();
    let responder = fixture.held.recv_timeout(PATIENCE).unwrap();
    let error = responder.respond(CommandStatus::ESME_ROK, &QuerySmResp::default()).unwrap_err();
    assert!(matches!(error, Error::WrongResponse { request: "submit_sm", .. }));
    assert_eq!(pending.wait().unwrap_err().command_status(), Some(CommandStatus::ESME_RSYSERR));
    let pending = client.send(&text("hold")).unwrap();
    drop(fixture.held.recv_timeout(PATIENCE).unwrap());
    assert_eq!(pending.wait().unwrap_err().command_status(), Some(CommandStatus::ESME_RSYSERR));
}

#[test]
fn deliver_sm_data_sm_and_alert_notification_reach_their_callbacks() {
    let fixture = fixture();
    let (seen_to, seen) = unbounded();
    let (data_to, alert_to) = (seen_to.clone(), seen_to.clone());
    let builder = esme()
        .on_deliver_sm(move |pdu| {
            seen_to.send(pdu.short_message.to_string()).unwrap();
            if pdu.short_message == "no" { CommandStatus::ESME_RX_R_APPN } else { CommandStatus::ESME_ROK }
        })
        .on_data_sm(move |_| {
            data_to.send("data".to_owned()).unwrap();
            Reply::ok(DataSmResp::default().with_message_id("7"))
        })
        .on_alert_notification(move |pdu| alert_to.send(pdu.source_addr.to_string()).unwrap());
    let (_client, session) = fixture.bind(builder);
    session.deliver_sm(&DeliverSm::default().with_short_message("yes")).unwrap();
    let error = session.deliver_sm(&DeliverSm::default().with_short_message("no")).unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RX_R_APPN));
    assert_eq!(session.data_sm(&DataSm::default()).unwrap().message_id, "7");
    session.alert_notification(&AlertNotification::default().with_source_addr("4179")).unwrap();
    session.enquire_link().unwrap();
    let seen: Vec<_> = (0..4).map(|_| seen.recv_timeout(PATIENCE).unwrap()).collect();
    assert_eq!(seen, ["yes", "no", "data", "4179"]);
}

#[test]
fn what_no_callback_takes_goes_to_the_channel_or_is_put_off() {
    let fixture = fixture();
    let (_client, session) = fixture.bind(esme());
    let error = session.deliver_sm(&DeliverSm::default()).unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RX_T_APPN));

    let (events_to, events) = unbounded();
    let (client, session) = fixture.bind(esme().events(events_to));
    session.deliver_sm(&DeliverSm::default().with_short_message("mo")).unwrap();
    client.unbind().unwrap();
    let events: Vec<_> = events.iter().collect();
    assert!(matches!(events[0], ClientEvent::StateChanged { to: SessionState::BoundTrx, .. }), "{events:?}");
    assert!(matches!(&events[1], ClientEvent::Pdu { pdu: Pdu::DeliverSm(pdu), .. } if pdu.short_message == "mo"));
    assert!(matches!(events.last(), Some(ClientEvent::Closed(CloseReason::Unbound))));
}

#[test]
fn a_callback_that_panics_is_answered_and_the_next_one_runs() {
    let fixture = fixture();
    let builder = esme().on_deliver_sm(|pdu| {
        assert_ne!(pdu.short_message, "panic", "asked for");
        CommandStatus::ESME_ROK
    });
    let (_client, session) = fixture.bind(builder);
    let error = session.deliver_sm(&DeliverSm::default().with_short_message("panic")).unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RSYSERR));
    session.deliver_sm(&DeliverSm::default()).unwrap();
}

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
fn a_request_that_is_not_answered_times_out() {
    let fixture = fixture();
    let (client, _) = fixture.bind(esme());
    let options = SendOptions { timeout: Some(Duration::from_millis(20)), sequence_number: Some(4711) };
    let pending = client.send_with(&text("hold"), options).unwrap();
    assert_eq!(pending.sequence_number(), 4711);
    assert!(matches!(pending.wait(), Err(Error::Timeout { written: true })));
    let ignored = client.send_with(&text("ignore"), options).unwrap();
    assert!(matches!(ignored.wait(), Err(Error::Timeout { written: true })));
    assert_eq!(client.submit_sm(&text("on")).unwrap().message_id, "id-on");
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
fn binds_answered_later_and_never() {
    let fixture = fixture();
    let client = fixture.connect(esme().system_type("later"));
    let binding = client.clone();
    let binding = thread::spawn(move || binding.bind_transceiver());
    let responder = fixture.held_binds.recv_timeout(PATIENCE).unwrap();
    assert_eq!(client.state(), SessionState::Open);
    responder.answer(CommandStatus::ESME_ROK).unwrap();
    assert_eq!(binding.join().unwrap().unwrap().system_id, "test-smsc");
    let client = fixture.connect(esme().system_type("later"));
    let binding = client.clone();
    let binding = thread::spawn(move || binding.bind_transceiver());
    drop(fixture.held_binds.recv_timeout(PATIENCE).unwrap());
    let error = binding.join().unwrap().unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RSYSERR));
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

/// Nothing is left of binds that fail: neither threads, nor descriptors.
#[cfg(target_os = "linux")]
#[test]
fn failed_binds_leave_nothing_behind() {
    let own = |prefix: &str| {
        let of_task = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        tasks.map(of_task).filter(|name| name.starts_with(prefix)).count()
    };
    let fixture = fixture();
    for _ in 0..100 {
        let client = fixture.connect(Client::builder().system_id("leaker").password("wrong"));
        assert!(client.bind_transceiver().is_err());
        client.disconnect();
        assert!(client.wait_closed(PATIENCE).is_some());
    }
    for _ in 0..100 {
        fixture.closed.recv_timeout(PATIENCE).unwrap();
    }
    assert!(fixture.server.sessions().is_empty());
    // The last threads may be on their way out.
    let begin = Instant::now();
    while own("smpp leaker") > 0 && begin.elapsed() < PATIENCE {
        thread::yield_now();
    }
    assert_eq!(own("smpp leaker"), 0);
}

#[test]
fn over_a_connection_in_memory_that_holds_one_octet() {
    let fixture = fixture();
    let (here, there) = pipe(1);
    let session = fixture.server.serve(there).unwrap();
    let client = esme().over(here).unwrap();
    client.bind_transceiver().unwrap();
    assert_eq!(client.submit_sm(&text("tiny")).unwrap().message_id, "id-tiny");
    assert_eq!((session.peer_addr(), client.peer_addr()), (None, None));
    client.unbind().unwrap();
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
fn outbind_asks_for_a_bind() {
    let fixture = fixture();
    let (here, there) = pipe(1000);
    let session = fixture.server.serve(there).unwrap();
    let (asked_to, asked) = bounded(1);
    let client = esme().on_outbind(move |pdu| asked_to.send(pdu.system_id.to_string()).unwrap()).over(here).unwrap();
    session.outbind(&Outbind::default().with_system_id("smsc")).unwrap();
    assert_eq!(asked.recv_timeout(PATIENCE).unwrap(), "smsc");
    client.bind_receiver().unwrap();
    assert_eq!(session.bound_as(), Some(BindKind::Receiver));
}

#[test]
fn connecting_gives_up_and_tries_every_address() {
    let fixture = fixture();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(matches!(esme().connect(closed), Err(Error::Io(_))));
    let client = esme().connect(&[closed, fixture.server.local_addr()][..]).unwrap();
    client.bind_transceiver().unwrap();
    // A listener whose queue is full lets connecting hang.
    let begin = Instant::now();
    let outcome = esme().connect_timeout(Duration::from_millis(50)).connect("192.0.2.1:2775");
    assert!(matches!(outcome, Err(Error::Io(_))) && begin.elapsed() < PATIENCE);
}
