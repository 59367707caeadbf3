//! The four timers of section 7.2, and links that are slow.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use smpp::codec::{Encode, Header};
use smpp::pdu::*;
use smpp::session::{BindKind, CloseReason, Event, Received, SendOptions, SessionConfig, SessionState, Stray, Timers};
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

#[test]
fn without_response_timer_binds_expire_all_the_same() {
    for kind in [BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver] {
        let off = SessionConfig::default().with_timers(Timers::OFF);
        let mut pair = pair_with(off.clone(), off);
        pair.send_bind(kind);
        assert_eq!(pair.esme.poll_timeout(), Some(pair.now + 10 * SECOND));
        output(&mut pair.esme);
        pair.advance(10 * SECOND);
        assert!(matches!(&events(&mut pair.esme)[..], [Event::Expired { request, written: true }]
            if request.token == Some(0)));
        // It may be tried again. What is bound then waits for ever, as was asked for.
        pair.bind(kind, CommandStatus::ESME_ROK);
        if kind.transmits() {
            pair.submit(1).unwrap();
        }
        assert_eq!(pair.esme.poll_timeout(), None);
    }
}

/// After 30 s of silence the peer is asked, and has 10 s for any PDU at all.
#[test]
fn any_pdu_proves_the_peer_alive() {
    let unknown = |id: u32| {
        let generic_nack = GenericNack::default().to_octets(0).unwrap();
        let header = Header { command_id: smpp::codec::CommandId(id), ..headers(&generic_nack)[0] };
        header.to_octets().to_vec()
    };
    let signs = [
        EnquireLinkResp::default().to_octets(2).unwrap(),
        EnquireLinkResp::default().to_octets(77).unwrap(),
        EnquireLink::default().to_octets(1).unwrap(),
        DeliverSm::default().to_octets(1).unwrap(),
        SubmitSmResp::default().to_octets(77).unwrap(),
        // Not for an ESME.
        SubmitSm::default().to_octets(1).unwrap(),
        Outbind::default().to_octets(1).unwrap(),
        AlertNotification::default().to_octets(1).unwrap(),
        GenericNack::default().to_octets(0).unwrap(),
        unknown(0x0001_0999),
        unknown(0x8001_0999),
    ];
    for sign in signs {
        let mut pair = bound(BindKind::Transceiver);
        let begin = pair.now;
        pair.advance(30 * SECOND);
        assert_eq!(headers(&output(&mut pair.esme))[0].command_id, smpp::codec::CommandId::ENQUIRE_LINK);
        pair.now += 10 * SECOND - SECOND / 1000;
        receive(&mut pair.esme, pair.now, &sign).clear();
        let alive = pair.now;
        pair.esme.handle_timeout(begin + 41 * SECOND);
        assert!(pair.esme.state().is_bound(), "{sign:?}");
        // It is not asked again before the period is over, counted from the sign of life.
        output(&mut pair.esme);
        pair.esme.handle_timeout(alive + 30 * SECOND - SECOND / 1000);
        assert_eq!(pair.esme.output_len(), 0, "{sign:?}");
        pair.esme.handle_timeout(alive + 30 * SECOND);
        assert_eq!(pair.esme.output_len(), 16, "{sign:?}");
        pair.esme.handle_timeout(alive + 40 * SECOND);
        assert_eq!(pair.esme.close_reason(), Some(CloseReason::EnquireLinkTimeout), "{sign:?}");
    }
    // Half a PDU proves nothing, and neither does what this side sends.
    let mut pair = bound(BindKind::Transceiver);
    for _ in 0..40 {
        pair.now += SECOND;
        pair.submit(1).ok();
        pair.esme.handle_timeout(pair.now);
    }
    assert_eq!(pair.esme.close_reason(), Some(CloseReason::EnquireLinkTimeout));
}

#[test]
fn each_timer_can_be_switched_off_and_may_be_of_any_length() {
    let mut off =
        pair_with(SessionConfig::default().with_timers(Timers::OFF), SessionConfig::default().with_timers(Timers::OFF));
    assert_eq!((off.esme.poll_timeout(), off.smsc.poll_timeout()), (None, None));
    off.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    off.submit(1).unwrap();
    assert_eq!((off.esme.poll_timeout(), off.smsc.poll_timeout()), (None, None));
    off.advance(Duration::from_secs(1_000_000));
    assert!(off.esme.state().is_bound() && off.esme.outstanding() == 1);
    // Unbind is not awaited for ever, nor are the answers that it waits for.
    off.at_smsc().clear();
    off.esme.unbind(off.now).unwrap();
    off.smsc.unbind(off.now).unwrap();
    off.advance(10 * SECOND);
    assert_eq!(off.esme.close_reason(), Some(CloseReason::UnbindTimeout));

    // Some say "never" like this: nothing overflows, and nothing is done at once or again and again.
    let max = Some(Duration::MAX);
    let timers = Timers { session_init: max, enquire_link: Some(SECOND), inactivity: max, response: max };
    let config = SessionConfig::default().with_timers(timers);
    let mut pair = pair_with(config.clone(), config);
    pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    let options = SendOptions { timeout: max, sequence_number: None };
    pair.esme.send(pair.now, &SubmitSm::default(), Some(1), options).unwrap();
    output(&mut pair.esme);
    for _ in 0..3 {
        pair.advance(2 * SECOND);
    }
    assert_eq!(headers(&output(&mut pair.esme)).len(), 1, "one enquire_link, which may take its time");
    pair.esme.unbind(pair.now).unwrap();
    pair.smsc.unbind(pair.now).unwrap();
    pair.at_smsc().clear();
    pair.at_esme().clear();
    assert_eq!((pair.esme.close_reason(), pair.smsc.close_reason()), (Some(CloseReason::Unbound), None));
}

#[test]
fn an_esme_has_the_time_of_the_session_init_timer_for_each_attempt_to_bind() {
    let refuse: fn(&mut Pair, smpp::session::Inbound) = |pair, bind| {
        pair.smsc.respond_status(pair.now, bind, CommandStatus::ESME_RINVPASWD).unwrap();
    };
    let forget: fn(&mut Pair, smpp::session::Inbound) = |pair, bind| pair.smsc.forget(pair.now, bind);
    for end in [refuse, forget] {
        let mut pair = pair();
        pair.advance(4 * SECOND);
        pair.send_bind(BindKind::Transceiver);
        let bind = requests(pair.at_smsc()).remove(0);
        // While the application thinks about it, nothing runs out.
        assert_eq!(pair.smsc.poll_timeout(), None);
        pair.advance(8 * SECOND);
        end(&mut pair, bind);
        output(&mut pair.smsc);
        assert_eq!((pair.smsc.poll_timeout(), pair.smsc.unanswered()), (Some(pair.now + 5 * SECOND), 0));
        pair.smsc.handle_timeout(pair.now + 5 * SECOND);
        assert_eq!(pair.smsc.close_reason(), Some(CloseReason::SessionInitTimeout));
    }
    // Anything but a bind does not stop it, not even enquire_link; outbind starts it anew.
    let mut pair = pair();
    pair.advance(4 * SECOND);
    let octets = [EnquireLink::default().to_octets(1).unwrap(), SubmitSm::default().to_octets(2).unwrap()].concat();
    let received = receive(&mut pair.smsc, pair.now, &octets);
    assert!(matches!(received[..], [Received::Handled, Received::Refused(CommandStatus::ESME_RINVBNDSTS)]));
    assert_eq!(pair.smsc.poll_timeout(), Some(pair.now + SECOND));
    pair.smsc.send(pair.now, &Outbind::default(), None, SendOptions::default()).unwrap();
    assert_eq!(pair.smsc.poll_timeout(), Some(pair.now + 5 * SECOND));
}

#[test]
fn transactions_in_either_direction_hold_off_the_inactivity_timer() {
    let timers = Timers { inactivity: Some(20 * SECOND), enquire_link: Some(3 * SECOND), ..Timers::default() };
    let mut pair = pair_with(SessionConfig::default().with_timers(timers), SessionConfig::default());
    pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    for round in 0..20 {
        pair.advance(19 * SECOND);
        assert!(pair.esme.state().is_bound(), "{round}");
        match round % 3 {
            0 => assert!(pair.submit(round).is_ok()),
            1 => {
                let deliver = DeliverSm::default();
                pair.smsc.send(pair.now, &deliver, Some(round), SendOptions::default()).unwrap();
            }
            _ => pair.smsc.send_raw(&GenericNack::default().to_octets(0).unwrap()),
        }
        for _ in 0..2 {
            pair.at_smsc().clear();
            pair.at_esme().clear();
        }
    }
    pair.advance(20 * SECOND);
    assert_eq!(pair.esme.state(), SessionState::Unbinding);
    let sent = headers(&output(&mut pair.esme));
    assert_eq!(sent.last().map(|header| header.command_id), Some(smpp::codec::CommandId::UNBIND));
    // Not answered in time, it is for want of activity that the session ends.
    pair.esme.handle_timeout(pair.now + 10 * SECOND);
    assert_eq!(pair.esme.close_reason(), Some(CloseReason::Inactivity));
}

/// What has arrived of what is on its way.
fn arrived(on_its_way: &mut VecDeque<(Instant, Vec<u8>)>, now: Instant) -> Vec<Vec<u8>> {
    let count = on_its_way.iter().take_while(|(arrives, _)| *arrives <= now).count();
    on_its_way.drain(..count).map(|(_, octets)| octets).collect()
}

/// A link on which everything takes its time. Which requests were answered or else expired, and how many answers came late.
fn delayed(delay: Duration, timers: Timers) -> (Vec<Option<bool>>, usize) {
    let config = SessionConfig::default().with_timers(timers);
    let mut pair = pair_with(config.clone(), config);
    pair.bind(BindKind::Transceiver, CommandStatus::ESME_ROK);
    let begin = pair.now;
    let (mut there, mut back) = (VecDeque::new(), VecDeque::new());
    let mut outcomes = vec![None; 20];
    let mut late = 0;
    let mut token = 0;
    while pair.now < begin + 120 * SECOND {
        if token < outcomes.len() as u32 && pair.submit(token).is_ok() {
            token += 1;
        }
        let arrives = pair.now + delay;
        there.push_back((arrives, output(&mut pair.esme)));
        back.push_back((arrives, output(&mut pair.smsc)));
        pair.advance(SECOND / 2);
        let now = pair.now;
        for octets in arrived(&mut there, now) {
            for received in receive(&mut pair.smsc, now, &octets) {
                if let Received::Request(inbound) = received {
                    pair.smsc.respond_status(now, inbound, CommandStatus::ESME_ROK).unwrap();
                }
            }
        }
        for octets in arrived(&mut back, now) {
            for received in receive(&mut pair.esme, now, &octets) {
                match received {
                    Received::Response(request) => {
                        assert_eq!(outcomes[request.token.unwrap() as usize].replace(true), None);
                    }
                    Received::Stray(Stray::Late { .. }) => late += 1,
                    _ => {}
                }
            }
        }
        for event in events(&mut pair.esme) {
            let Event::Expired { request, written: true } = event else { panic!("{event:?}") };
            assert_eq!(outcomes[request.token.unwrap() as usize].replace(false), None);
        }
    }
    assert_eq!((pair.esme.outstanding(), pair.esme.state()), (0, SessionState::BoundTrx));
    (outcomes, late)
}

#[test]
fn a_slow_link_answers_in_time_or_late_and_stays() {
    let timers = Timers::default();
    assert_eq!(delayed(SECOND, timers), (vec![Some(true); 20], 0));
    assert_eq!(delayed(4 * SECOND, timers), (vec![Some(true); 20], 0));
    // So slow that the peer would be given up for dead, too.
    let timers = Timers { enquire_link: None, ..timers };
    assert_eq!(delayed(7 * SECOND, timers), (vec![Some(false); 20], 20));
}
