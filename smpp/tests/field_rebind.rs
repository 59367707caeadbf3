//! What users of other clients stumbled on when a link was lost and should have come back. Each test replays the situation
//! of an issue, and is named after it.

mod scripted;

use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use smpp::client::{Client, ClientBuilder, ClientEvent, Pool, Rebind};
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::session::{BindKind, CloseReason, SessionState, Timers};
use smpp::value::CommandStatus;

use scripted::*;

const OK: CommandStatus = CommandStatus::ESME_ROK;

fn text(text: &str) -> SubmitSm<'_> {
    SubmitSm::default().with_destination_addr("4179").with_short_message(text)
}

/// Soon enough for a test.
fn soon() -> Rebind {
    Rebind::default().delays(Duration::from_millis(10), Duration::from_millis(80))
}

/// A client that keeps itself bound, and the SMSC that it is bound to for now.
fn kept(builder: ClientBuilder) -> (Client, TcpListener, Smsc, Receiver<ClientEvent>) {
    let (listener, address) = listen();
    let (events_to, events) = unbounded();
    let client = builder.events(events_to).start(BindKind::Transceiver, address).unwrap();
    let smsc = accept_bind(&listener);
    assert!(client.wait_bound(PATIENCE));
    (client, listener, smsc, events)
}

/// The text of the next PDU, which must be a submit_sm; it is answered.
fn takes(smsc: &mut Smsc) -> String {
    let (header, octets) = smsc.next().expect("the link is up");
    let text = decode::<SubmitSm<'_>>(&octets).short_message.to_str_lossy().into_owned();
    smsc.send(&SubmitSmResp::default().with_message_id(text.as_str()), header.sequence_number);
    text
}

/// Waits until the client has noticed that its link is gone.
fn not_bound(client: &Client) {
    let begin = Instant::now();
    while client.state().is_bound() {
        assert!(begin.elapsed() < PATIENCE);
        thread::yield_now();
    }
}

/// Ends the client in an orderly way.
fn unbind(client: &Client, mut smsc: Smsc) {
    let unbinding = client.clone();
    let unbinding = thread::spawn(move || unbinding.unbind());
    let number = smsc.expect(Unbind::ID);
    smsc.send(&UnbindResp::default(), number);
    drop(smsc);
    unbinding.join().unwrap().unwrap();
}

/// twitter-archive/cloudhopper-smpp#7: a session that lives long, with enquire_link and rebinding built in. The SMSC goes
/// silent without closing: the client asks, gives it up, and binds again, and who sends does not notice.
#[test]
fn cloudhopper_7_a_session_that_lives_long() {
    let short = Some(Duration::from_millis(50));
    let timers = Timers { enquire_link: short, response: short, ..Timers::default() };
    let (client, listener, mut smsc, events) = kept(esme().rebind(soon()).timers(timers));
    let silent = {
        smsc.expect(EnquireLink::ID);
        smsc
    };
    let mut smsc = accept_bind(&listener);
    let submitting = client.clone();
    let submitting = thread::spawn(move || submitting.submit_sm(&text("after")));
    let response = loop {
        let (header, _) = smsc.next().unwrap();
        match header.command_id {
            EnquireLink::ID => smsc.send(&EnquireLinkResp::default(), header.sequence_number),
            _ => break header,
        }
    };
    assert_eq!(response.command_id, SubmitSm::ID);
    smsc.send(&SubmitSmResp::default().with_message_id("7"), response.sequence_number);
    assert_eq!(submitting.join().unwrap().unwrap().message_id, "7");
    let lost = events.iter().find_map(|event| match event {
        ClientEvent::Lost(reason) => Some(reason),
        _ => None,
    });
    assert_eq!(lost, Some(CloseReason::EnquireLinkTimeout));
    assert_eq!(client.stats().sessions, 2);
    client.disconnect();
    drop(silent);
}

/// farhadi/node-smpp#90, #248: after a reconnect nobody binds. The bind is the first that is sent over the new connection,
/// as the bind before it, and nothing else goes before its response.
#[test]
fn node_smpp_90_nobody_binds_after_a_reconnect() {
    let (client, listener, smsc, _events) = kept(esme().system_type("VMS").address_range("4179").rebind(soon()));
    drop(smsc);
    not_bound(&client);
    let submitting = client.clone();
    let submitting = thread::spawn(move || submitting.submit_sm(&text("first")));
    let mut smsc = accept(&listener);
    let (header, octets) = smsc.next().unwrap();
    let bind: BindTransceiver<'_> = decode(&octets);
    assert_eq!((bind.system_id.as_str(), bind.password.as_str()), (Some("esme"), Some("secret")));
    assert_eq!((bind.system_type.as_str(), bind.address_range.as_str()), (Some("VMS"), Some("4179")));
    smsc.hears_nothing_for(Duration::from_millis(100));
    smsc.send(&BindTransceiverResp::default(), header.sequence_number);
    assert_eq!(takes(&mut smsc), "first");
    submitting.join().unwrap().unwrap();
    unbind(&client, smsc);
}

/// linxGnu/gosmpp#159, #160: binding again keeps the old sockets, and the provider, who allows so many binds, refuses the
/// rest. When a new connection comes, the old one is closed; and never is there a second new one beside it.
#[test]
fn gosmpp_159_binding_again_keeps_old_sockets() {
    let short = Some(Duration::from_millis(50));
    let timers = Timers { enquire_link: short, response: short, ..Timers::default() };
    let (client, listener, mut smsc, _events) = kept(esme().rebind(soon()).timers(timers));
    for round in 0..2 {
        // Left open, and silent.
        let next = accept_bind(&listener);
        // A socket that is closed, and not only told that this was all, resets what is still sent to it.
        let begin = Instant::now();
        while smsc.stream.write_all(&[0]).is_ok() {
            assert!(begin.elapsed() < Duration::from_secs(10), "round {round}: the old socket is still open");
            thread::yield_now();
        }
        smsc = next;
    }
    client.disconnect();
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err());
}

/// twitter-archive/cloudhopper-smpp#120, the other half: the rebind comes at once and is refused, since the SMSC still
/// counts the old bind. It is tried again, with pauses that grow, until it works.
#[test]
fn cloudhopper_120_an_immediate_rebind_is_refused() {
    let (client, listener, smsc, events) = kept(esme().rebind(soon()));
    drop(smsc);
    for status in [CommandStatus::ESME_RALYBND, CommandStatus::ESME_RBINDFAIL, CommandStatus::ESME_RSYSERR] {
        let mut smsc = accept(&listener);
        let number = smsc.expect(BindTransceiver::ID);
        smsc.write(&frame(BindTransceiverResp::ID, status.0, number, b""));
        while smsc.next().is_some() {}
    }
    let smsc = accept_bind(&listener);
    assert!(client.wait_bound(PATIENCE));
    unbind(&client, smsc);
    // The first connection came of an attempt as well.
    let mut delays = Vec::new();
    let mut refusals = Vec::new();
    for event in events {
        match event {
            ClientEvent::Lost(reason) if delays.len() == 1 => assert_eq!(reason, CloseReason::PeerClosed),
            ClientEvent::Rebind { attempt, delay } => delays.push((attempt, delay)),
            ClientEvent::RebindFailed(error) => refusals.push(error.command_status().unwrap()),
            _ => {}
        }
    }
    assert_eq!(refusals, [CommandStatus::ESME_RALYBND, CommandStatus::ESME_RBINDFAIL, CommandStatus::ESME_RSYSERR]);
    let attempts: Vec<_> = delays[1..].iter().map(|(attempt, _)| *attempt).collect();
    assert_eq!(attempts, [1, 2, 3, 4]);
    // They double, and each is cut by chance, to no less than a half.
    for ((_, delay), longest) in delays[1..].iter().zip([10, 20, 40, 80].map(Duration::from_millis)) {
        assert!(*delay >= longest / 2 && *delay <= longest, "{delays:?}");
    }
}

/// And what no waiting cures is not tried again: a wrong password might lock the account.
#[test]
fn cloudhopper_120_a_bind_with_bad_credentials_is_not_repeated() {
    let (client, listener, smsc, _events) = kept(esme().rebind(soon()));
    drop(smsc);
    let mut smsc = accept(&listener);
    let number = smsc.expect(BindTransceiver::ID);
    smsc.write(&frame(BindTransceiverResp::ID, CommandStatus::ESME_RINVPASWD.0, number, b""));
    drop(smsc);
    let reason = CloseReason::BindRefused(CommandStatus::ESME_RINVPASWD);
    assert_eq!(client.wait_closed(PATIENCE), Some(reason));
    assert!(
        matches!(client.send(&text("x")), Err(Error::Disconnected { written: false, reason: said }) if said == reason)
    );
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err());
}

/// apache/camel#12046: an unbind from the SMSC does not lead to a reconnect.
#[test]
fn camel_12046_unbind_from_the_smsc_leads_to_no_reconnect() {
    let (client, listener, mut smsc, events) = kept(esme().rebind(soon()));
    smsc.send(&Unbind::default(), 9);
    smsc.expect_answer(UnbindResp::ID, 9, OK);
    assert!(smsc.next().is_none());
    drop(smsc);
    let smsc = accept_bind(&listener);
    assert!(client.wait_bound(PATIENCE));
    let lost = |event: &ClientEvent| matches!(event, ClientEvent::Lost(CloseReason::PeerUnbound));
    assert!(events.iter().any(|event| lost(&event)));
    unbind(&client, smsc);
    assert!(matches!(events.iter().last(), Some(ClientEvent::Closed(CloseReason::Unbound))));
}

/// linxGnu/gosmpp#135, #154, #130, while the client keeps itself bound: one can ask whether the session is up, wait until it
/// is, and is told each time.
#[test]
fn gosmpp_135_the_state_while_binding_again() {
    let (client, listener, smsc, events) = kept(esme().rebind(soon()));
    assert_eq!(client.state(), SessionState::BoundTrx);
    drop(smsc);
    let mut second = accept(&listener);
    let number = second.expect(BindTransceiver::ID);
    assert!(!client.state().is_bound() && client.close_reason().is_none());
    assert!(!client.wait_bound(Duration::from_millis(20)));
    second.send(&BindTransceiverResp::default(), number);
    assert!(client.wait_bound(PATIENCE) && client.state() == SessionState::BoundTrx);
    unbind(&client, second);
    let to_bound = |event: &ClientEvent| matches!(event, ClientEvent::StateChanged { to: SessionState::BoundTrx, .. });
    let events: Vec<_> = events.iter().collect();
    assert_eq!(events.iter().filter(|event| to_bound(event)).count(), 2, "{events:?}");
    assert_eq!(events.iter().filter(|event| matches!(event, ClientEvent::Lost(_))).count(), 1);
}

/// jookies/jasmin#1036, #1079: a message that finds no bound session is queued again 5,400 times in twelve minutes. It
/// waits, is sent once when there is a session, and what was in flight when the link was lost is told and not repeated.
#[test]
fn jasmin_1036_not_bound_and_queued_again_and_again() {
    let (client, listener, mut smsc, _events) = kept(esme().rebind(soon()));
    let in_flight = client.send(&text("in flight")).unwrap();
    smsc.expect(SubmitSm::ID);
    drop(smsc);
    let outcome = in_flight.wait();
    assert!(matches!(outcome, Err(Error::Disconnected { written: true, .. })), "{outcome:?}");
    let submit = |number: usize| {
        let client = client.clone();
        thread::spawn(move || client.submit_sm(&text(&format!("parked {number}"))).unwrap().message_id.to_string())
    };
    let senders: Vec<_> = (0..5).map(submit).collect();
    // Binds that come to nothing do not concern them.
    for _ in 0..2 {
        drop(accept(&listener));
    }
    let begin = client.stats();
    let mut smsc = accept_bind(&listener);
    let mut taken: Vec<_> = (0..5).map(|_| takes(&mut smsc)).collect();
    taken.sort_unstable();
    let ids: Vec<_> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();
    assert_eq!((&taken, taken.len()), (&ids, 5));
    smsc.still_answers();
    assert_eq!(client.stats().counters.sent(SubmitSm::ID, OK) - begin.counters.sent(SubmitSm::ID, OK), 5);
    unbind(&client, smsc);
}

/// The same for who would rather not wait, or not so long.
#[test]
fn jasmin_1036_who_does_not_want_to_wait_is_told_at_once() {
    let (client, _listener, smsc, events) = kept(esme().rebind(soon().parks(false)));
    drop(smsc);
    assert!(events.iter().any(|event| matches!(event, ClientEvent::Lost(_))));
    let begin = Instant::now();
    let outcome = client.submit_sm(&text("x"));
    assert!(matches!(outcome, Err(Error::Disconnected { written: false, .. } | Error::State { .. })), "{outcome:?}");
    assert!(begin.elapsed() < Duration::from_secs(5));
    client.disconnect();

    let (client, _listener, smsc, _events) = kept(esme().rebind(soon()).send_timeout(Duration::from_millis(50)));
    drop(smsc);
    not_bound(&client);
    let outcome = client.submit_sm(&text("x"));
    assert!(matches!(outcome, Err(Error::NotSent { .. })), "{outcome:?}");
    client.disconnect();
}

/// OpenSmpp/opensmpp#33, opentelecoms-org/jsmpp#82, with requests in flight: draining waits for their answers, then unbinds,
/// and neither takes longer than it was told.
#[test]
fn opensmpp_33_draining_has_a_deadline() {
    for answers in [true, false] {
        let (client, mut smsc) = bind(esme());
        let pending: Vec<_> = (0..3).map(|_| client.send(&text("x")).unwrap()).collect();
        let numbers: Vec<_> = (0..3).map(|_| smsc.expect(SubmitSm::ID)).collect();
        let begin = Instant::now();
        let draining = client.clone();
        // A tenth of it is for the unbind.
        let timeout = if answers { PATIENCE } else { Duration::from_secs(3) };
        let draining = thread::spawn(move || draining.drain(timeout));
        if answers {
            smsc.hears_nothing_for(Duration::from_millis(50));
            assert!(matches!(client.try_send(&text("late")), Err(Error::State { .. })));
            numbers.iter().for_each(|&number| smsc.send(&SubmitSmResp::default(), number));
        }
        let number = smsc.expect(Unbind::ID);
        smsc.send(&UnbindResp::default(), number);
        drop(smsc);
        assert_eq!(draining.join().unwrap().unwrap(), if answers { 0 } else { 3 });
        assert!(begin.elapsed() < Duration::from_secs(10));
        assert!(pending.into_iter().all(|pending| pending.wait().is_ok() == answers));
    }
}

/// farhadi/node-smpp#249, linxGnu/gosmpp#68: several binds as one sender. All of them work at the same time; one that is
/// full, or lost, is passed by; one that comes back is used again.
#[test]
fn node_smpp_249_several_binds_as_one_sender() {
    const BINDS: usize = 3;
    let (clients, mut centres): (Vec<_>, Vec<_>) = (0..BINDS)
        .map(|_| {
            let (client, listener, smsc, _) = kept(esme().window(1).rebind(soon()));
            (client, (listener, smsc))
        })
        .unzip();
    let pool = Pool::new(clients);
    let pending: Vec<_> = (0..BINDS).map(|_| pool.send(&text("x")).unwrap()).collect();
    // With windows of 1, each bind has got one of them.
    assert!(matches!(pool.try_send(&text("x")), Err(Error::WindowFull { window: 1 })));
    for (_, smsc) in &mut centres {
        assert_eq!(takes(smsc), "x");
    }
    pending.into_iter().for_each(|pending| drop(pending.wait().unwrap()));

    // One is lost, and another has forgotten to answer: what is left does it all.
    let (listener, lost) = centres.remove(0);
    drop(lost);
    let first = pool.clients()[0].clone();
    not_bound(&first);
    let forgotten = pool.clients()[1].send(&text("forgotten")).unwrap();
    centres[0].1.expect(SubmitSm::ID);
    for number in 0..5 {
        let (pool, message) = (pool.clone(), format!("{number}"));
        let submitting = thread::spawn(move || pool.submit_sm(&text(&message)));
        assert_eq!(takes(&mut centres[1].1), format!("{number}"));
        submitting.join().unwrap().unwrap();
    }
    assert!(!forgotten.is_ready());

    let mut back = accept_bind(&listener);
    assert!(first.wait_bound(PATIENCE));
    let blocked = pool.clients()[2].send(&text("blocked")).unwrap();
    let waiting = pool.clone();
    let waiting = thread::spawn(move || waiting.submit_sm(&text("over the first")));
    assert_eq!(takes(&mut back), "over the first");
    waiting.join().unwrap().unwrap();
    pool.clients().iter().for_each(Client::disconnect);
    assert!(blocked.wait().is_err() && forgotten.wait().is_err());
}
