//! What users of other clients stumbled on when links end, and in keeping them up. Each test replays the situation of an
//! issue, and is named after it.

mod scripted;

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{bounded, unbounded};
use smpp::client::{ClientBuilder, ClientEvent, WeakClient};
use smpp::codec::{Encode, Frames};
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::session::{BindKind, CloseReason, Role, SendOptions, Session, SessionConfig, SessionState, Timers};
use smpp::value::CommandStatus;

use scripted::*;

const OK: CommandStatus = CommandStatus::ESME_ROK;

fn submit() -> SubmitSm<'static> {
    SubmitSm::default().with_destination_addr("4179").with_short_message("x")
}

/// farhadi/node-smpp#57, #236, #251: no event when the network dies, or the process dies on ECONNRESET. However it dies,
/// in the middle of a PDU too, there is an event, and it is the last.
#[test]
fn node_smpp_57_no_event_when_the_network_dies() {
    for (how, resets) in [("closed", false), ("reset", true), ("closed inside a PDU", false)] {
        let (client, mut smsc, events) = bound();
        let pending = client.send(&submit()).unwrap();
        if !resets {
            smsc.expect(SubmitSm::ID);
        }
        if how == "closed inside a PDU" {
            smsc.write(&deliver_sm_with(b"")[..20]);
        }
        if resets {
            // Closing with octets that were not read is a reset; that they are there, peeking tells.
            smsc.stream.peek(&mut [0]).unwrap();
        }
        drop(smsc);
        let Some(ClientEvent::Closed(reason)) = events.iter().last() else { panic!("{how}: not told") };
        assert_eq!(matches!(reason, CloseReason::Io(_)), resets, "{how}: {reason}");
        let outcome = pending.wait();
        assert!(matches!(outcome, Err(Error::Disconnected { written: true, .. })), "{how}: {outcome:?}");
    }
}

/// linxGnu/gosmpp#135, #154, #130: one cannot ask whether the session is up, and is told "connection is closing" until the
/// process is restarted. The state can be asked for, each change of it is told, and a new client of the same process binds.
#[test]
fn gosmpp_135_cannot_ask_whether_the_session_is_up() {
    for _ in 0..2 {
        let (client, smsc, events) = bound();
        use SessionState::{BoundTrx, Closed, Open};
        assert_eq!((client.state(), client.bound_as()), (BoundTrx, Some(BindKind::Transceiver)));
        drop(smsc);
        let changes: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                ClientEvent::StateChanged { from, to } => Some((from, to)),
                _ => None,
            })
            .collect();
        assert_eq!(changes, [(Open, BoundTrx), (BoundTrx, Closed)]);
        assert_eq!(client.state(), Closed);
    }
}

/// funbox/smppex#20: after a deploy the old binds still count at the SMSC until its enquire_link timer expires. So unbind
/// waits for the answer before the connection is closed, and dropping the client unbinds too.
#[test]
fn smppex_20_old_binds_still_count_at_the_smsc() {
    for explicitly in [true, false] {
        let (client, mut smsc) = bind(esme());
        let ending = thread::spawn(move || if explicitly { client.unbind().unwrap() } else { drop(client) });
        let number = smsc.expect(Unbind::ID);
        smsc.hears_nothing_for(Duration::from_millis(100));
        smsc.send(&UnbindResp::default(), number);
        assert!(smsc.next().is_none());
        drop(smsc);
        ending.join().unwrap();
    }
}

/// farhadi/node-smpp#204: the SMSC's enquire_link is left unanswered, and it drops the link after four minutes. Nothing has
/// to be set up for the answer, and a callback that blocks does not hold it up.
#[test]
fn node_smpp_204_enquire_link_is_left_unanswered() {
    let (_plain, mut smsc) = bind(esme());
    smsc.still_answers();
    let (go_on, wait) = bounded::<()>(0);
    let (_client, mut smsc) = bind(esme().on_deliver_sm(move |_| wait.recv().map_or(OK, |()| OK)));
    smsc.send(&DeliverSm::default(), 1);
    smsc.still_answers();
    drop(go_on);
}

/// apache/camel#5090, python-smpplib/python-smpplib#95: an enquire_link each 5 s annoys SMSCs. By default it takes 30 s
/// without a word from them, and it can be switched off. In virtual time.
#[test]
fn camel_5090_enquire_link_every_five_seconds_annoys() {
    let second = Duration::from_secs(1);
    for period in [Timers::default().enquire_link, None] {
        let mut now = Instant::now();
        let timers = Timers { enquire_link: period, ..Timers::default() };
        let mut session = Session::<()>::new(Role::Esme, SessionConfig::default().with_timers(timers), now);
        let bind = session.send(now, &BindReceiver::default(), None, SendOptions::default()).unwrap();
        let response = BindReceiverResp::default().to_octets(bind).unwrap();
        let _ = session.receive(now, Frames::new(&response).next().unwrap().unwrap());
        session.take_output(&mut Vec::new());
        // An SMSC that says something every 29 s is never asked; alert_notification is not even answered.
        let alert = AlertNotification::default().to_octets(1).unwrap();
        for _ in 0..100 {
            now += 29 * second;
            session.handle_timeout(now);
            let _ = session.receive(now, Frames::new(&alert).next().unwrap().unwrap());
            assert_eq!(session.output_len(), 0);
        }
        now += 30 * second;
        session.handle_timeout(now);
        let asks = if period.is_some() { EnquireLink::default().to_octets(1).unwrap().len() } else { 0 };
        assert_eq!(session.output_len(), asks);
        assert_eq!(session.poll_timeout().is_some(), period.is_some());
    }
}

/// python-smpplib/python-smpplib#52: enquire_link_resp with a sequence_number of our own.
#[test]
fn smpplib_52_enquire_link_resp_with_the_wrong_sequence() {
    let (client, mut smsc) = bind(esme());
    let _pending = client.send(&submit()).unwrap();
    smsc.expect(SubmitSm::ID);
    for number in [0, 1, 2, 77, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF] {
        smsc.write(&frame(EnquireLink::ID, 0, number, b""));
        smsc.expect_answer(EnquireLinkResp::ID, number, OK);
    }
    client.disconnect();
}

/// Ends a link from inside the callback that this PDU calls.
fn end_from_callback(
    with_callback: impl FnOnce(ClientBuilder, Box<dyn Fn() + Send + Sync>) -> ClientBuilder,
    pdu: &impl Encode,
    unbinds: bool,
) {
    let weak: Arc<Mutex<Option<WeakClient>>> = Arc::default();
    let (done_to, done) = unbounded();
    let in_callback = Arc::clone(&weak);
    let end = move || {
        let client = in_callback.lock().unwrap().clone().and_then(|weak| weak.upgrade()).unwrap();
        if unbinds {
            client.unbind().unwrap()
        } else {
            client.disconnect()
        }
        done_to.send(()).unwrap();
    };
    let (client, mut smsc) = bind(with_callback(esme(), Box::new(end)));
    *weak.lock().unwrap() = Some(client.downgrade());
    smsc.send(pdu, 1);
    if unbinds {
        let number = smsc.expect(Unbind::ID);
        smsc.send(&UnbindResp::default(), number);
    }
    assert!(smsc.next().is_none());
    drop(smsc);
    done.recv_timeout(PATIENCE).unwrap();
    assert!(client.wait_closed(PATIENCE).is_some());
}

/// opentelecoms-org/jsmpp#193, #60, #6: closing from a listener is a deadlock.
#[test]
fn jsmpp_193_closing_from_a_listener_is_a_deadlock() {
    for unbinds in [true, false] {
        let deliver_sm = |builder: ClientBuilder, end: Box<dyn Fn() + Send + Sync>| {
            builder.on_deliver_sm(move |_| {
                end();
                OK
            })
        };
        end_from_callback(deliver_sm, &DeliverSm::default(), unbinds);
        let data_sm = |builder: ClientBuilder, end: Box<dyn Fn() + Send + Sync>| {
            builder.on_data_sm(move |_| {
                end();
                OK
            })
        };
        end_from_callback(data_sm, &DataSm::default(), unbinds);
        let alert =
            |builder: ClientBuilder, end: Box<dyn Fn() + Send + Sync>| builder.on_alert_notification(move |_| end());
        end_from_callback(alert, &AlertNotification::default(), unbinds);
        let any = |builder: ClientBuilder, end: Box<dyn Fn() + Send + Sync>| {
            builder.on_pdu(move |_| {
                end();
                OK
            })
        };
        end_from_callback(any, &DeliverSm::default(), unbinds);
    }
}

/// The same when the callback holds the last handle, and lets it go.
#[test]
fn jsmpp_193_the_last_handle_goes_in_a_callback() {
    let held: Arc<Mutex<Option<smpp::client::Client>>> = Arc::default();
    let in_callback = Arc::clone(&held);
    let (done_to, done) = unbounded();
    let (client, mut smsc) = bind(esme().on_deliver_sm(move |_| {
        let client = in_callback.lock().unwrap().take();
        drop(client);
        done_to.send(()).unwrap();
        OK
    }));
    *held.lock().unwrap() = Some(client);
    smsc.send(&DeliverSm::default(), 1);
    let number = smsc.expect(Unbind::ID);
    smsc.send(&UnbindResp::default(), number);
    assert!(smsc.next().is_none());
    drop(smsc);
    done.recv_timeout(PATIENCE).unwrap();
}

/// OpenSmpp/opensmpp#33, opentelecoms-org/jsmpp#82: shutting down takes a minute, waiting for an unbind_resp that is lost.
#[test]
fn opensmpp_33_shutdown_waits_for_a_lost_unbind_resp() {
    let timers = Timers { response: Some(Duration::from_millis(100)), ..Timers::default() };
    let (client, mut smsc) = bind(esme().timers(timers));
    let begin = Instant::now();
    let outcome = client.unbind();
    let reason = CloseReason::UnbindTimeout;
    assert!(matches!(outcome, Err(Error::Disconnected { reason: said, .. }) if said == reason), "{outcome:?}");
    smsc.expect(Unbind::ID);
    assert!(smsc.next().is_none());
    // With all the time in the world for responses, dropping still does not wait for ever.
    let (client, mut smsc) = bind(esme().timers(Timers::OFF));
    drop(client);
    smsc.expect(Unbind::ID);
    assert!(smsc.next().is_none());
    assert!(begin.elapsed() < Duration::from_secs(10));
}

/// apache/camel#12046, the half that concerns the session: an unbind of the SMSC is answered, the connection closed, and
/// whoever waits for an answer told.
#[test]
fn camel_12046_unbind_from_the_smsc_goes_unnoticed() {
    let (client, mut smsc, events) = bound();
    let pending = client.send(&submit()).unwrap();
    smsc.expect(SubmitSm::ID);
    smsc.send(&Unbind::default(), 9);
    smsc.expect_answer(UnbindResp::ID, 9, OK);
    assert!(smsc.next().is_none());
    let reason = CloseReason::PeerUnbound;
    assert!(matches!(pending.wait(), Err(Error::Disconnected { written: true, reason: said }) if said == reason));
    assert!(matches!(events.iter().last(), Some(ClientEvent::Closed(said)) if said == reason));
}
