use smpp::codec::Encode;
use smpp::pdu::*;
use smpp::session::{BindKind, CloseReason, SessionConfig, SessionState, Timers};
use smpp::value::CommandStatus;

use super::harness::*;

#[test]
fn a_silent_peer_is_asked_for_life_and_given_up() {
    let mut pair = bound(BindKind::Transceiver);
    output(&mut pair.esme);
    assert_eq!(pair.esme.poll_timeout(), Some(pair.now + 30 * SECOND));
    pair.now += 30 * SECOND;
    pair.esme.handle_timeout(pair.now);
    assert_eq!(headers(&output(&mut pair.esme))[0].command_id, EnquireLink::ID);
    // Anything proves life, were it an answer to nothing.
    let octets = GenericNack::default().to_octets(0).unwrap();
    receive(&mut pair.esme, pair.now + SECOND, &octets).clear();
    pair.now += 11 * SECOND;
    pair.esme.handle_timeout(pair.now);
    assert_eq!(pair.esme.state(), SessionState::BoundTrx);
    pair.now += 20 * SECOND;
    pair.esme.handle_timeout(pair.now);
    assert_eq!(headers(&output(&mut pair.esme)).len(), 1);
    assert_eq!(pair.esme.poll_timeout(), Some(pair.now + 10 * SECOND));
    pair.now += 10 * SECOND;
    pair.esme.handle_timeout(pair.now);
    assert_eq!(pair.esme.close_reason(), Some(CloseReason::EnquireLinkTimeout));
}

#[test]
fn two_quiet_sessions_keep_each_other_alive() {
    let mut pair = bound(BindKind::Receiver);
    for _ in 0..1000 {
        pair.advance(SECOND);
        pair.at_smsc().clear();
        pair.at_esme().clear();
    }
    assert!(pair.esme.state().is_bound() && pair.smsc.state().is_bound());
    assert_eq!((pair.esme.outstanding(), pair.smsc.outstanding()), (0, 0));
}

#[test]
fn session_init_and_inactivity() {
    let mut pair = pair();
    assert_eq!(pair.smsc.poll_timeout(), Some(pair.now + 5 * SECOND));
    assert_eq!(pair.esme.poll_timeout(), None);
    pair.advance(5 * SECOND);
    assert_eq!(pair.smsc.close_reason(), Some(CloseReason::SessionInitTimeout));

    let timers = Timers { inactivity: Some(100 * SECOND), ..Timers::default() };
    let mut pair = pair_with(SessionConfig::default().with_timers(timers), SessionConfig::default());
    pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    let begin = pair.now;
    while pair.esme.close_reason().is_none() {
        pair.advance(SECOND);
        pair.at_smsc().clear();
        pair.at_esme().clear();
    }
    assert_eq!(pair.now - begin, 100 * SECOND, "enquire_link is no transaction");
    assert_eq!(pair.esme.close_reason(), Some(CloseReason::Inactivity));
    assert_eq!(pair.smsc.close_reason(), Some(CloseReason::PeerUnbound));
}
