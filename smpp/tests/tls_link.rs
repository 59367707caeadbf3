//! TLS: what goes over a link that is up, and how it ends.
#![cfg(feature = "tls")]

mod client_fixture;
mod tls_fixture;

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use rustls::version::{TLS12, TLS13};
use smpp::client::{Client, ClientBuilder};
use smpp::codec::{CommandId, Encode, Frame};
use smpp::driver::{Error, LinkConfig};
use smpp::pdu::*;
use smpp::server::SessionHandle;
use smpp::session::{CloseReason, SendOptions, SessionConfig, Timers};
use smpp::value::CommandStatus;

use client_fixture::*;
use tls_fixture::*;

/// A client and a server of ours over TLS.
fn linked(builder: ClientBuilder) -> (Fixture, Client, SessionHandle) {
    let ca = Ca::new();
    let tls = ca.server("127.0.0.1").server_tls();
    let fixture = fixture_of(|server| server.tls(tls).window(1000), ("127.0.0.1", 0));
    let (client, session) = fixture.bind(builder.tls(ca.trusted()));
    (fixture, client, session)
}

#[test]
fn bursts_in_both_directions_at_once_lose_nothing() {
    const COUNT: usize = 30_000;
    let delivered = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&delivered);
    let builder = esme().window(1000).on_deliver_sm(move |pdu| {
        counted.fetch_add(1, Ordering::Relaxed);
        // In order, as sent.
        CommandStatus(u32::from(pdu.short_message.as_str() != Some("a message of some length, to fill records")))
    });
    let config = LinkConfig::default();
    assert!(config.inbox >= 1000, "no more than the window comes at a time");
    let (_fixture, client, session) = linked(builder);
    let deliver = DeliverSm::default().with_short_message("a message of some length, to fill records");
    let deliveries = thread::spawn(move || {
        let pending: Vec<_> = (0..COUNT).map(|_| session.send(&deliver).unwrap()).collect();
        pending.into_iter().for_each(|pending| drop(pending.wait().unwrap()));
    });
    let mut outstanding = std::collections::VecDeque::new();
    for number in 0..COUNT {
        let text_of_it = number.to_string();
        outstanding.push_back((number, client.send(&text(&text_of_it)).unwrap()));
        if outstanding.len() == 1000 {
            check(outstanding.pop_front().unwrap());
        }
    }
    outstanding.into_iter().for_each(check);
    deliveries.join().unwrap();
    assert_eq!(delivered.load(Ordering::Relaxed), COUNT);
    client.unbind().unwrap();
}

fn check((number, pending): (usize, smpp::driver::Pending<SubmitSmResp<'static>>)) {
    assert_eq!(pending.wait().unwrap().message_id, format!("id-{number}").as_str());
}

#[test]
fn pdus_larger_than_a_record() {
    let (_fixture, client, _) = linked(esme());
    let payload = vec![0x5a; 60_000];
    for _ in 0..20 {
        let refused = client.data_sm(&DataSm::default().with_message_payload(&payload[..])).unwrap_err();
        assert_eq!(refused.command_status(), Some(CommandStatus::ESME_RDELIVERYFAILURE));
    }
}

#[test]
fn ends_in_good_order() {
    let (fixture, client, session) = linked(esme());
    client.unbind().unwrap();
    assert_eq!(client.close_reason(), Some(CloseReason::Unbound));
    assert_eq!(session.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
    assert_eq!(fixture.closed.recv_timeout(PATIENCE), Ok(CloseReason::PeerUnbound));

    let (fixture, client, session) = linked(esme());
    let begin = Instant::now();
    fixture.server.shutdown(PATIENCE);
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
    assert_eq!(session.wait_closed(PATIENCE), Some(CloseReason::Unbound));
    assert!(begin.elapsed() < Duration::from_secs(5));

    let (_fixture, client, session) = linked(esme());
    session.disconnect();
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerClosed));
}

/// The frames that come, until `end`; false from it is the end.
fn read_frames(stream: &mut impl Read, mut each: impl FnMut(Frame<'_>) -> bool) -> io::Result<()> {
    let mut octets = Vec::new();
    let mut chunk = [0; 10_000];
    loop {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        octets.extend_from_slice(&chunk[..count]);
        while let Some((frame, rest)) = Frame::split(&octets, 100_000).unwrap() {
            let rest = octets.len() - rest.len();
            if !each(frame) {
                return Ok(());
            }
            octets.drain(..rest);
        }
    }
}

/// Answers the bind that comes.
fn take_bind(stream: &mut Stream) {
    let mut sequence_number = 0;
    read_frames(stream, |frame| {
        sequence_number = frame.header().sequence_number;
        false
    })
    .unwrap();
    stream.write_all(&BindTransceiverResp::default().to_octets(sequence_number).unwrap()).unwrap();
    stream.flush().unwrap();
}

#[test]
fn close_notify_is_said_and_not_insisted_on() {
    let ca = Ca::new();
    for version in [&TLS12, &TLS13] {
        let config = ca.server("127.0.0.1").server_config(&[version]);
        let (address, server) = serve_one(config, |mut stream| {
            take_bind(&mut stream);
            let mut answer = Vec::new();
            read_frames(&mut stream, |frame| {
                assert_eq!(frame.header().command_id, CommandId::UNBIND);
                answer = UnbindResp::default().to_octets(frame.header().sequence_number).unwrap();
                false
            })
            .unwrap();
            stream.write_all(&answer).unwrap();
            stream.flush().unwrap();
            // rustls tells an end without close_notify from one with it.
            read_frames(&mut stream, |_| true)
        });
        let client = esme().tls(ca.trusted()).connect(address).unwrap();
        client.bind_transceiver().unwrap();
        client.unbind().unwrap();
        server.join().unwrap().unwrap();

        let config = ca.server("127.0.0.1").server_config(&[version]);
        let (address, server) = serve_one(config, |mut stream| take_bind(&mut stream));
        let client = esme().tls(ca.trusted()).connect(address).unwrap();
        client.bind_transceiver().unwrap();
        server.join().unwrap();
        assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerClosed));
    }
}

#[test]
fn keys_may_change_on_the_way() {
    let ca = Ca::new();
    let (address, server) = serve_one(ca.server("127.0.0.1").server_config(&[&TLS13]), |mut stream| {
        take_bind(&mut stream);
        for _ in 0..5 {
            // Asks the client to change its own keys as well.
            stream.conn.refresh_traffic_keys().unwrap();
            let mut answers = Vec::new();
            read_frames(&mut stream, |frame| {
                let sequence_number = frame.header().sequence_number;
                answers = SubmitSmResp::default().with_message_id("new").to_octets(sequence_number).unwrap();
                false
            })
            .unwrap();
            stream.write_all(&answers).unwrap();
            stream.flush().unwrap();
        }
    });
    let client = esme().tls(ca.trusted()).connect(address).unwrap();
    client.bind_transceiver().unwrap();
    for _ in 0..5 {
        assert_eq!(client.submit_sm(&text("x")).unwrap().message_id, "new");
    }
    server.join().unwrap();
}

#[test]
fn a_record_that_was_tampered_with_ends_the_link() {
    let ca = Ca::new();
    let (address, server) = serve_one(ca.server("127.0.0.1").server_config(&[&TLS13]), |mut stream| {
        take_bind(&mut stream);
        stream.sock.write_all(&[0x17, 3, 3, 0, 32]).unwrap();
        stream.sock.write_all(&[0; 32]).unwrap();
        // The client says why, before it closes.
        read_frames(&mut stream, |_| true)
    });
    let client = esme().tls(ca.trusted()).connect(address).unwrap();
    client.bind_transceiver().unwrap();
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::Io(io::ErrorKind::InvalidData)));
    let told = server.join().unwrap().unwrap_err().to_string();
    assert!(told.contains("BadRecordMac"), "{told}");
}

/// A client whose peer reads nothing after the bind until it is told to; then it returns the sequence numbers that came.
#[test]
fn a_peer_that_stops_reading() {
    const COUNT: usize = 1500;
    let ca = Ca::new();
    let (read, may_read) = bounded::<()>(0);
    let (address, server) = serve_one(ca.server("127.0.0.1").server_config(&[&TLS13]), move |mut stream| {
        take_bind(&mut stream);
        let _ = may_read.recv();
        let mut numbers = HashSet::new();
        let ended = read_frames(&mut stream, |frame| {
            assert_eq!(frame.header().command_id, CommandId::SUBMIT_SM);
            numbers.insert(frame.header().sequence_number);
            true
        });
        (numbers, ended.map_err(|error| error.kind()))
    });
    let timers = Timers { response: Some(Duration::from_secs(60)), ..Timers::default() };
    let mut link = LinkConfig::default();
    link.session = SessionConfig::default().with_window(1_000_000).with_timers(timers);
    link.write_timeout = Duration::from_secs(4);
    let client = esme().link(link).tls(ca.trusted()).connect(address).unwrap();
    client.bind_transceiver().unwrap();
    // Far more than the buffers of sockets hold.
    let large = SubmitSm::default().with_destination_addr("4179").with_message_payload(&[0x5a; 20_000][..]);
    let pending: Vec<_> = (0..COUNT).map(|_| client.send(&large).unwrap()).collect();
    // Timers go on while the writer is held up.
    let options = SendOptions { timeout: Some(Duration::from_millis(500)), ..SendOptions::default() };
    let outcome = client.send_with(&text("late"), options).unwrap().wait();
    assert!(matches!(outcome, Err(Error::Timeout { .. })), "{outcome:?}");
    assert_eq!(client.close_reason(), None);
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::Io(io::ErrorKind::TimedOut)));
    drop(read);
    let (received, ended) = server.join().unwrap();
    let mut written_count = 0;
    for pending in pending {
        let number = pending.sequence_number();
        let Err(Error::Disconnected { written, .. }) = pending.wait() else { panic!("an answer") };
        written_count += usize::from(written);
        assert!(written || !received.contains(&number), "{number} arrived and is told never to have been written");
    }
    assert!(written_count > 0 && written_count < COUNT && received.len() <= written_count);
    // No goodbye behind half a record.
    assert_eq!(ended, Err(io::ErrorKind::UnexpectedEof));
}

/// Cut again and again under load, from either side: every request ends in exactly one outcome.
#[test]
fn a_link_that_is_cut_under_load_loses_no_request() {
    for round in 0..20 {
        let (_fixture, client, session) = linked(esme().window(50));
        let submit = |_| {
            let client = client.clone();
            move || {
                let mut cut = 0;
                loop {
                    match client.send(&text("load")).and_then(|pending| pending.wait()) {
                        Ok(_) => {}
                        Err(Error::Disconnected { written: true, .. }) => cut += 1,
                        Err(Error::Disconnected { written: false, .. }) => break,
                        Err(error) => panic!("{error:?}"),
                    }
                    assert!(cut <= 1, "a link that is over takes nothing more");
                }
            }
        };
        let threads: Vec<_> = (0..4).map(submit).map(thread::spawn).collect();
        client.submit_sm(&text("up")).unwrap();
        if round % 2 == 0 {
            session.disconnect()
        } else {
            client.disconnect()
        }
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(client.outstanding(), 0);
        assert!(client.wait_closed(PATIENCE).is_some() && session.wait_closed(PATIENCE).is_some());
    }
}
