//! What made other clients hang, leak or look alive when they were not. Each test replays the situation of an issue, and
//! is named after it.

mod scripted;

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::unbounded;
use smpp::client::ClientEvent;
use smpp::codec::{Encode, Frames};
use smpp::driver::{Error, Halves, LinkConfig, Transport, pipe};
use smpp::pdu::*;
use smpp::session::{CloseReason, Event, Role, SendOptions, Session, SessionConfig, SessionState, Stray, Timers};
use smpp::value::CommandStatus;

use scripted::*;

const OK: CommandStatus = CommandStatus::ESME_ROK;

fn text(text: &str) -> SubmitSm<'_> {
    SubmitSm::default().with_destination_addr("4179").with_short_message(text)
}

/// twitter-archive/cloudhopper-smpp#114, RestComm/cloudhopper-smpp#20: when the link stalls, sender threads hang for ever
/// in a write. Here as many hang as there are, some in front of a full window, until the write deadline; every request
/// ends then, and no slot is left taken.
#[test]
fn cloudhopper_114_senders_hang_when_the_link_stalls() {
    let mut config = LinkConfig::default();
    config.write_timeout = Duration::from_millis(300);
    config.session = config.session.with_window(4).with_timers(Timers::OFF);
    let (client, smsc) = bind(esme().link(config));
    let payload = vec![b'x'; 60_000];
    let begin = Instant::now();
    let send_until_it_fails = |_| {
        let (client, payload) = (client.clone(), payload.clone());
        thread::spawn(move || {
            // What is taken without being answered fills the buffers of the connection.
            let options = SendOptions { timeout: Some(Duration::from_millis(5)), ..SendOptions::default() };
            loop {
                assert!(begin.elapsed() < PATIENCE);
                let submit = SubmitSm::default().with_message_payload(&payload[..]);
                match client.send_with(&submit, options).and_then(|pending| pending.wait()) {
                    Err(Error::Timeout { .. }) => {}
                    outcome => return outcome.map(drop),
                }
            }
        })
    };
    let senders: Vec<_> = (0..8).map(send_until_it_fails).collect();
    for sender in senders {
        let outcome = sender.join().unwrap();
        assert!(matches!(outcome, Err(Error::Disconnected { reason: CloseReason::Io(_), .. })), "{outcome:?}");
    }
    assert!(begin.elapsed() < PATIENCE);
    assert_eq!((client.outstanding(), client.state()), (0, SessionState::Closed));
    drop(smsc);
}

/// twitter-archive/cloudhopper-smpp#117: after a drop, connecting hangs for ever. The port is there, and its queue is full.
#[test]
fn cloudhopper_117_connect_hangs_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let fill = |_| TcpStream::connect_timeout(&address, Duration::from_millis(300));
    let queue: Vec<_> = (0..10_000).map(fill).take_while(Result::is_ok).collect();
    assert!(queue.len() < 10_000, "the queue of a listener has an end");
    let begin = Instant::now();
    let error = esme().connect_timeout(Duration::from_millis(200)).connect(address).unwrap_err();
    assert!(matches!(error, Error::Io(ref error) if error.kind() == io::ErrorKind::TimedOut), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(5));
}

/// twitter-archive/cloudhopper-smpp#46: submits that are not waited for never time out, since expiry is off by default.
/// In virtual time.
#[test]
fn cloudhopper_46_async_submits_never_time_out() {
    let mut now = Instant::now();
    let mut session = Session::<&str>::new(Role::Esme, SessionConfig::default(), now);
    let bind = session.send(now, &BindTransmitter::default(), None, SendOptions::default()).unwrap();
    let response = BindTransmitterResp::default().to_octets(bind).unwrap();
    let _ = session.receive(now, Frames::new(&response).next().unwrap().unwrap());
    for name in ["first", "second"] {
        session.send(now, &text("lost"), Some(name), SendOptions::default()).unwrap();
    }
    session.take_output(&mut Vec::new());
    now += Timers::default().response.expect("it is on");
    session.handle_timeout(now);
    let expired: Vec<_> = std::iter::from_fn(|| session.poll())
        .filter_map(|event| match event {
            Event::Expired { request, written: true } => request.token,
            _ => None,
        })
        .collect();
    assert_eq!((expired, session.outstanding()), (vec!["first", "second"], 0));
}

/// twitter-archive/cloudhopper-smpp#120: the channel has failed, sends are still accepted, and no answer ever comes. There
/// is one truth: the state, the sends, the events and the reason all say that it is over.
#[test]
fn cloudhopper_120_sends_are_accepted_on_a_channel_that_failed() {
    let (client, smsc, events) = bound();
    drop(smsc);
    assert!(client.wait_closed(PATIENCE).is_some());
    assert_eq!((client.state(), client.close_reason()), (SessionState::Closed, Some(CloseReason::PeerClosed)));
    let outcome = client.send(&text("x")).map(drop);
    let reason = CloseReason::PeerClosed;
    assert!(matches!(outcome, Err(Error::Disconnected { written: false, reason: said }) if said == reason));
    assert!(matches!(client.try_send(&text("x")), Err(Error::Disconnected { written: false, .. })));
    assert!(matches!(events.iter().last(), Some(ClientEvent::Closed(said)) if said == reason));
}

/// twitter-archive/cloudhopper-smpp#134: enquire_link "timed out" though the answer was on the wire, behind callbacks that
/// took their time.
#[test]
fn cloudhopper_134_enquire_link_times_out_behind_callbacks() {
    let (started_to, started) = unbounded();
    let (go_on, wait) = unbounded::<()>();
    let short = Some(Duration::from_millis(50));
    let timers = Timers { enquire_link: short, response: Some(Duration::from_secs(1)), ..Timers::default() };
    let (client, mut smsc) = bind(esme().timers(timers).on_deliver_sm(move |_| {
        started_to.send(()).unwrap();
        let _ = wait.recv();
        OK
    }));
    for number in 1..=50 {
        smsc.send(&DeliverSm::default(), number);
    }
    started.recv_timeout(PATIENCE).unwrap();
    // Longer than the response timer in all: were one answer not seen, the link would end.
    for _ in 0..24 {
        let number = smsc.expect(EnquireLink::ID);
        smsc.send(&EnquireLinkResp::default(), number);
    }
    smsc.still_answers();
    assert!(client.state().is_bound());
    drop(go_on);
}

/// opentelecoms-org/jsmpp#63: under load submits time out though the answer is on the wire, behind requests that wait for
/// a handler; who sends again sends twice.
#[test]
fn jsmpp_63_submits_time_out_behind_a_burst_of_deliver_sm() {
    let (go_on, wait) = unbounded::<()>();
    let (client, mut smsc) = bind(esme().on_deliver_sm(move |_| {
        let _ = wait.recv();
        OK
    }));
    let pending = client.send(&text("x")).unwrap();
    let number = smsc.expect(SubmitSm::ID);
    let mut octets: Vec<_> = (1..=900).flat_map(|number| DeliverSm::default().to_octets(number).unwrap()).collect();
    octets.extend(SubmitSmResp::default().with_message_id("7").to_octets(number).unwrap());
    smsc.write(&octets);
    // No handler has come to an end yet.
    assert_eq!(pending.wait().unwrap().message_id, "7");
    drop(go_on);
    for number in 1..=900 {
        smsc.expect_answer(DeliverSmResp::ID, number, OK);
    }
}

/// fiorix/go-smpp#106, #93: an answer that comes after the limit is dropped, and nobody hears of it; and the limit is 1 s.
#[test]
fn go_smpp_106_late_answers_are_dropped_silently() {
    assert!(Timers::default().response.unwrap() >= Duration::from_secs(10));
    let timers = Timers { response: Some(Duration::from_millis(20)), ..Timers::default() };
    let (client, mut smsc, events) = bind_with_events(esme().timers(timers));
    let pending = client.send(&text("x")).unwrap();
    let number = pending.sequence_number();
    assert!(matches!(pending.wait(), Err(Error::Timeout { written: true })));
    assert_eq!(smsc.expect(SubmitSm::ID), number);
    smsc.send(&SubmitSmResp::default().with_message_id("7"), number);
    let late = events.iter().find_map(|event| match event {
        ClientEvent::Stray { header, stray: Stray::Late { request }, .. } => Some((header, request.id)),
        _ => None,
    });
    let (header, request) = late.unwrap();
    assert_eq!((header.sequence_number, header.command_id, request), (number, SubmitSmResp::ID, SubmitSm::ID));
}

/// twitter-archive/cloudhopper-smpp#77, #82: a submit takes 400 ms instead of 2 although the window is free. Neither one
/// that is never answered nor traffic from the other side makes the others slower; and the client has measured it.
#[test]
fn cloudhopper_77_submits_are_slow_with_a_free_window() {
    let (client, mut smsc) = bind(esme().on_deliver_sm(|_| OK));
    let forgotten = client.send(&text("forgotten")).unwrap();
    smsc.expect(SubmitSm::ID);
    let smsc = thread::spawn(move || {
        while let Some((header, _)) = smsc.next() {
            match header.command_id {
                SubmitSm::ID => {
                    smsc.send(&SubmitSmResp::default().with_message_id("7"), header.sequence_number);
                    smsc.send(&DeliverSm::default(), header.sequence_number);
                }
                Unbind::ID => return smsc.send(&UnbindResp::default(), header.sequence_number),
                _ => assert_eq!(header.command_id, DeliverSmResp::ID),
            }
        }
    });
    let begin = Instant::now();
    (0..201).for_each(|_| drop(client.submit_sm(&text("x")).unwrap()));
    let all = begin.elapsed();
    assert!(!forgotten.is_ready());
    let stats = client.stats();
    // Neither the bind nor the one that is forgotten is among them.
    assert_eq!((stats.latency.count(), stats.waits, stats.outstanding), (201, 0, 1));
    assert!(stats.latency.mean().unwrap() * 201 <= all);
    client.unbind().unwrap();
    smsc.join().unwrap();
}

/// farhadi/node-smpp#10, our requests: those that are not answered pile up.
#[test]
fn node_smpp_10_unanswered_requests_pile_up() {
    let (client, mut smsc) = bind(esme().window(50));
    let pending: Vec<_> = std::iter::from_fn(|| client.try_send(&text("x")).ok()).take(1000).collect();
    assert_eq!((pending.len(), client.outstanding()), (50, 50));
    assert!(matches!(client.try_send(&text("x")), Err(Error::WindowFull { window: 50 })));
    (0..50).for_each(|_| _ = smsc.expect(SubmitSm::ID));
    smsc.still_answers();
}

/// farhadi/node-smpp#10, theirs: an SMSC that sends and does not read its answers is not read from either, so it is TCP
/// that stops it; and what waits here has a bound.
#[test]
fn node_smpp_10_nothing_slows_a_peer_down_that_does_not_read() {
    let (here, there) = pipe(10_000);
    let mut config = LinkConfig::default();
    config.write_timeout = PATIENCE;
    let client = esme().link(config).over(here).unwrap();
    let Halves { mut reader, mut writer, .. } = Box::new(there).split().unwrap();
    let burst: Vec<_> = (0..1000).flat_map(|number| EnquireLink::default().to_octets(number).unwrap()).collect();
    let mut taken = 0;
    let stopped = loop {
        match writer.write(&burst[taken % burst.len()..]) {
            Ok(octets) => taken += octets,
            Err(error) => break error,
        }
        assert!(taken < 50_000_000, "it goes on for ever");
    };
    assert_eq!(stopped.kind(), io::ErrorKind::TimedOut);
    // Once it reads, each gets its answer, and nothing was lost.
    let mut answers = vec![0; taken / 16 * 16];
    reader.read_exact(&mut answers).unwrap();
    for (number, answer) in (0..1000).cycle().zip(Frames::new(&answers)) {
        let header = answer.unwrap().header();
        assert_eq!((header.command_id, header.sequence_number), (EnquireLinkResp::ID, number));
    }
    client.disconnect();
}
