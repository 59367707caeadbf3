//! The client against the server, over loopback sockets: what goes over a link.

mod client_fixture;

use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{bounded, unbounded};
use smpp::Pdu;
use smpp::client::{Client, ClientEvent};
use smpp::driver::{Error, Reply, pipe};
use smpp::pdu::*;
use smpp::session::{BindKind, CloseReason, SendOptions, SessionState};
use smpp::value::CommandStatus;

use client_fixture::*;

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
    let first = client.send(&text("hold")).unwrap();
    let second = client.send(&text("hold")).unwrap();
    assert!(matches!(client.try_send(&text("3")), Err(Error::WindowFull { window: 2 })));
    // What keeps the link alive passes.
    client.enquire_link().unwrap();
    let (sent_to, sent) = bounded(1);
    let sender = client.clone();
    thread::spawn(move || sent_to.send(sender.submit_sm(&text("3")).unwrap().message_id));
    let held: Vec<_> = (0..2).map(|_| fixture.held.recv_timeout(PATIENCE).unwrap()).collect();
    assert!(sent.is_empty() && !first.is_ready());
    let first = first.wait_timeout(Duration::ZERO).unwrap_err();
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
