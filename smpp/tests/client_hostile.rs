//! The client against an SMSC that breaks the framing, or ends, or goes quiet.

mod scripted;

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::unbounded;
use smpp::client::ClientEvent;
use smpp::driver::{Error, LinkConfig};
use smpp::pdu::*;
use smpp::session::{CloseReason, SessionState, Timers};
use smpp::value::CommandStatus;

use scripted::*;

/// Octets that no PDU can begin with: the link ends, and everybody is told.
fn framing_is_lost(octets: &[u8], number: u32) {
    let (client, mut smsc, events) = bound();
    let pending = client.send(&SubmitSm::default()).unwrap();
    smsc.expect(SubmitSm::ID);
    let begin = Instant::now();
    smsc.write(octets);
    smsc.expect_answer(GenericNack::ID, number, CommandStatus::ESME_RINVCMDLEN);
    assert!(smsc.next().is_none());
    assert!(matches!(pending.wait(), Err(Error::Disconnected { reason: CloseReason::Frame(_), written: true })));
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(matches!(events.iter().last(), Some(ClientEvent::Closed(CloseReason::Frame(_)))));
    assert_eq!(client.state(), SessionState::Closed);
}

fn command_length(length: u32) {
    framing_is_lost(&[&length.to_be_bytes()[..], &frame(EnquireLink::ID, 0, 3, b"")[4..]].concat(), 3);
}

#[test]
fn command_length_0_or_8() {
    command_length(0);
    command_length(8);
}

#[test]
fn command_length_0x7fffffff_or_0xffffffff() {
    command_length(0x7FFF_FFFF);
    command_length(0xFFFF_FFFF);
}

#[test]
fn http_text_on_the_port() {
    framing_is_lost(b"HTTP/1.1 400 Bad Request\r\n\r\n", 0);
}

#[test]
fn unbind_from_the_smsc() {
    let (client, mut smsc, events) = bound();
    smsc.send(&Unbind::default(), 7);
    smsc.expect_answer(UnbindResp::ID, 7, CommandStatus::ESME_ROK);
    assert!(smsc.next().is_none());
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerUnbound));
    assert_eq!(client.state(), SessionState::Closed);
    assert!(matches!(events.iter().last(), Some(ClientEvent::Closed(CloseReason::PeerUnbound))));
}

#[test]
fn the_state_after_the_smsc_closed_the_socket() {
    let (client, smsc, _events) = bound();
    drop(smsc);
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::PeerClosed));
    assert_eq!(client.state(), SessionState::Closed);
}

#[test]
fn a_full_inbox_refuses_and_never_stops_reading() {
    let (go_on, wait) = unbounded::<()>();
    let mut link = LinkConfig::default();
    link.inbox = 10;
    let (client, mut smsc) = bind(esme().link(link).on_deliver_sm(move |_| {
        let _ = wait.recv();
        CommandStatus::ESME_ROK
    }));
    for number in 1..=100 {
        smsc.send(&DeliverSm::default(), number);
    }
    // Link control and our own requests pass by the callback that blocks.
    let full = |smsc: &mut Smsc| loop {
        let (header, _) = smsc.next().unwrap();
        if header.command_status == CommandStatus::ESME_RMSGQFUL {
            return header.sequence_number;
        }
    };
    assert!(full(&mut smsc) <= 30);
    while full(&mut smsc) < 100 {}
    smsc.still_answers();
    let enquiring = client.clone();
    let enquiring = thread::spawn(move || enquiring.enquire_link().map(drop));
    let number = smsc.expect(EnquireLink::ID);
    smsc.send(&EnquireLinkResp::default(), number);
    enquiring.join().unwrap().unwrap();
    drop(go_on);
    client.disconnect();
}

#[test]
fn a_silent_smsc_is_asked_for_life_and_given_up() {
    let short = Some(Duration::from_millis(50));
    let timers = Timers { enquire_link: short, response: short, ..Timers::default() };
    let (client, mut smsc, _) = bind_with_events(esme().timers(timers));
    let number = smsc.expect(EnquireLink::ID);
    smsc.send(&EnquireLinkResp::default(), number);
    smsc.expect(EnquireLink::ID);
    assert_eq!(client.wait_closed(PATIENCE), Some(CloseReason::EnquireLinkTimeout));
    assert!(smsc.next().is_none());
}

#[test]
fn an_unbind_that_is_answered_by_closing_and_one_that_is_not_answered() {
    let (client, mut smsc, _) = bound();
    let unbinding = client.clone();
    let unbinding = thread::spawn(move || unbinding.unbind());
    smsc.expect(Unbind::ID);
    drop(smsc);
    unbinding.join().unwrap().unwrap();

    let timers = Timers { response: Some(Duration::from_millis(50)), ..Timers::default() };
    let (client, mut smsc, _) = bind_with_events(esme().timers(timers));
    let outcome = client.unbind();
    assert!(matches!(outcome, Err(Error::Disconnected { reason: CloseReason::UnbindTimeout, .. })), "{outcome:?}");
    smsc.expect(Unbind::ID);
    assert!(smsc.next().is_none());
}

#[test]
fn an_smsc_that_takes_nothing_any_more_is_given_up() {
    let mut link = LinkConfig::default();
    link.write_timeout = Duration::from_millis(300);
    link.session = link.session.with_window(1_000_000);
    let (client, mut smsc) = bind(esme().link(link));
    let payload = "x".repeat(60_000);
    let submit = SubmitSm::default().with_message_payload(payload.as_bytes());
    let mut pending = Vec::new();
    let failed = loop {
        match client.send(&submit) {
            Ok(request) if pending.len() < 2000 => pending.push(request),
            Ok(request) => break request.wait().unwrap_err(),
            Err(error) => break error,
        }
    };
    assert!(matches!(failed, Error::Disconnected { reason: CloseReason::Io(_), .. }), "{failed:?}");
    let mut written = 0;
    for (at, pending) in pending.into_iter().enumerate() {
        match pending.wait() {
            Err(Error::Disconnected { written: true, .. }) if at == written => written += 1,
            Err(Error::Disconnected { written: false, .. }) => {}
            outcome => panic!("{outcome:?}"),
        }
    }
    // What the peer can read now is what was reported as written, and not one whole PDU more.
    let mut received = Vec::new();
    let _ = std::io::Read::read_to_end(&mut smsc.stream, &mut received);
    let whole = smpp::codec::Frames::new(&received).filter(Result::is_ok).count();
    assert!(written >= 1 && whole <= written, "{whole} of {written}");
}
