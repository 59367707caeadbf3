//! What a server lets an ESME do to it.

mod client_fixture;

use std::time::{Duration, Instant};

use smpp::pdu::*;
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
