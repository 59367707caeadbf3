//! Windows of any size. That a request costs the same in all of them is shown beside the window itself, where what it does
//! can be counted.

use smpp::codec::{Encode, Header};
use smpp::pdu::*;
use smpp::session::{BindKind, Event, Received, SendError, SendOptions, SessionConfig};
use smpp::value::CommandStatus;

use super::harness::*;

const SIZES: [usize; 6] = [1, 2, 10, 1000, 65_536, 100_000];

fn filled(window: usize) -> Pair {
    let mut pair = pair_with(SessionConfig::default().with_window(window), SessionConfig::default());
    pair.bind(BindKind::Transmitter, CommandStatus::ESME_ROK);
    fill(&mut pair, window);
    pair
}

fn fill(pair: &mut Pair, window: usize) {
    for token in 0..window as u32 {
        assert_eq!(pair.esme.window_room(), window - token as usize);
        pair.submit(token).unwrap();
    }
    assert_eq!(pair.submit(u32::MAX), Err(SendError::WindowFull { window }));
    assert!(pair.esme.window_is_full());
}

#[test]
fn windows_of_any_size_are_filled_and_emptied_by_responses() {
    for window in SIZES {
        let mut pair = filled(window);
        for _ in 0..2 {
            let requests = requests(pair.at_smsc());
            assert_eq!((requests.len(), pair.smsc.unanswered()), (window, window));
            for inbound in requests {
                pair.smsc.respond_status(pair.now, inbound, CommandStatus::ESME_RTHROTTLED).unwrap();
            }
            let tokens = answered(&pair.at_esme());
            assert!(tokens.into_iter().eq(0..window as u32));
            assert_eq!((pair.esme.outstanding(), pair.esme.window_room(), pair.smsc.unanswered()), (0, window, 0));
            fill(&mut pair, window);
        }
        assert_eq!(pair.esme.peak_outstanding(), window);
    }
}

#[test]
fn windows_of_any_size_are_emptied_by_expiry_and_by_the_end() {
    for window in SIZES {
        let mut pair = filled(window);
        output(&mut pair.esme);
        pair.now += 10 * SECOND;
        pair.esme.handle_timeout(pair.now);
        let token = |event: &Event<u32>| match event {
            Event::Expired { request, written: true } => request.token.unwrap(),
            other => panic!("{other:?}"),
        };
        assert!(events(&mut pair.esme).iter().map(token).eq(0..window as u32));
        assert_eq!((pair.esme.outstanding(), pair.esme.window_room()), (0, window));

        fill(&mut pair, window);
        pair.esme.close(smpp::session::CloseReason::PeerClosed);
        let token = |event: Event<u32>| match event {
            Event::Failed { request, written: false } => request.token,
            _ => None,
        };
        assert!(events(&mut pair.esme).into_iter().filter_map(token).eq(0..window as u32));
        assert_eq!(pair.esme.outstanding(), 0);
    }
}

#[test]
fn a_window_of_no_size_counts_as_1() {
    let mut config = SessionConfig::default();
    config.window = 0;
    let mut pair = pair_with(config, SessionConfig::default());
    pair.bind(BindKind::Transmitter, CommandStatus::ESME_ROK);
    pair.submit(1).unwrap();
    assert_eq!(pair.submit(2), Err(SendError::WindowFull { window: 1 }));
}

/// A window of 1 with timeouts of their own, refilled again and again: nothing adds up.
#[test]
fn a_small_window_under_long_load() {
    let mut pair = filled(1);
    let mut number = headers(&output(&mut pair.esme))[0].sequence_number;
    for token in 0..20_000 {
        let response = Header { sequence_number: number, ..headers(&SubmitSmResp::default().to_octets(0).unwrap())[0] };
        let mut octets = response.to_octets().to_vec();
        octets.push(0);
        let [Received::Response(_)] = receive(&mut pair.esme, pair.now, &octets)[..] else { panic!("a response") };
        let options = SendOptions { timeout: (token % 2 == 0).then_some(SECOND), sequence_number: None };
        number = pair.esme.send(pair.now, &SubmitSm::default(), Some(token), options).unwrap();
        output(&mut pair.esme);
        pair.now += SECOND / 1000;
        pair.esme.handle_timeout(pair.now);
        assert_eq!(pair.esme.outstanding(), 1);
    }
}
