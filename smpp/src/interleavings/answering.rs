//! Requests of the peer, and callbacks.

use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::codec::CommandId;
use crate::driver::Responder;
use crate::pdu::{DeliverSm, Unbind};
use crate::protocol::value::CommandStatus;
use crate::sync::{Receiver, thread, unbounded};

const OK: CommandStatus = CommandStatus::ESME_ROK;

/// Sends so many deliver_sm, then unbinds if so told; tells how they were answered, and whether the unbind_resp came last.
fn deliver(mut peer: Peer, count: u32, unbinds: bool) -> Vec<CommandStatus> {
    for number in 1..=count {
        peer.send(&DeliverSm::default(), OK, number);
    }
    if unbinds {
        peer.send(&Unbind::default(), OK, 77);
    }
    let mut answers = Vec::new();
    let mut unbound = false;
    while let Some((header, name)) = peer.read() {
        assert!(!unbound, "{header:?} after unbind_resp");
        match header.command_id {
            CommandId::UNBIND_RESP => unbound = true,
            id if id == crate::command::DELIVER_SM_RESP.id => {
                answers.push((header.sequence_number, header.command_status));
            }
            _ => peer.answer(header, &name),
        }
    }
    // Each is answered once; in order, if by one thread.
    answers.sort_by_key(|(number, _)| *number);
    assert!(answers.windows(2).all(|pair| pair[0].0 < pair[1].0));
    answers.into_iter().map(|(_, status)| status).collect()
}

/// A client whose deliver_sm are answered by whoever receives the responders.
fn deferring() -> (ClientBuilder, Receiver<Responder>) {
    let (held, responders) = unbounded();
    let held = Mutex::new(held);
    let builder = builder().on_deliver_sm(move |pdu| {
        held.lock().unwrap().send(pdu.defer().unwrap()).unwrap();
        OK
    });
    (builder, responders)
}

#[test]
fn unbind_of_the_peer_waits_for_deferred_answers() {
    explore(|| {
        let (builder, responders) = deferring();
        let (client, peer) = bound(builder, |peer| deliver(peer, 2, true));
        let other = thread::spawn(move || {
            let first = responders.recv().unwrap();
            let second = responders.recv().unwrap();
            first.answer(OK).unwrap();
            drop(second);
        });
        assert_eq!(peer.join().unwrap(), [OK, CommandStatus::ESME_RSYSERR]);
        other.join().unwrap();
        drop(client);
    });
}

#[test]
fn deferred_answer_against_the_end_of_the_link() {
    explore(|| {
        let (builder, responders) = deferring();
        let (client, peer) = bound(builder, |peer| deliver(peer, 2, false));
        let other = thread::spawn(move || {
            let answered = responders.into_iter().map(|responder| responder.answer(OK).is_ok());
            answered.filter(|&answered| answered).count()
        });
        client.disconnect();
        drop(client);
        let answers = peer.join().unwrap();
        assert!(answers.len() <= other.join().unwrap());
    });
}

#[test]
fn answers_of_callbacks_against_unbind() {
    explore(|| {
        let (client, peer) = bound(builder().on_deliver_sm(|_| OK), |peer| deliver(peer, 2, false));
        client.unbind().unwrap();
        drop(client);
        assert!(peer.join().unwrap().iter().all(|&status| status == OK));
    });
}

#[test]
fn drain_answers_the_peer() {
    explore(|| {
        let (builder, responders) = deferring();
        let (client, peer) = bound(builder, |mut peer| {
            peer.send(&DeliverSm::default(), OK, 1);
            let mut answered = false;
            while let Some((header, name)) = peer.read() {
                answered |= header.command_id == crate::command::DELIVER_SM_RESP.id;
                assert!(answered || header.command_id != CommandId::UNBIND);
                peer.answer(header, &name);
            }
        });
        let responder = responders.recv().unwrap();
        let other = thread::spawn(move || responder.answer(OK).unwrap());
        assert_eq!(client.drain(Duration::from_secs(60)).unwrap(), 0);
        drop(client);
        other.join().unwrap();
        peer.join().unwrap();
    });
}

#[test]
fn listener_dropped_while_messages_arrive() {
    explore(|| {
        let builder = builder().caller_driven().on_deliver_sm(|_| OK);
        let (client, peer) = bound(builder, |peer| deliver(peer, 3, true));
        let mut listener = client.listener().unwrap();
        let header = listener.read_one_pdu().unwrap().unwrap();
        assert_eq!(header.sequence_number, 1);
        drop(listener);
        let answers = peer.join().unwrap();
        assert_eq!(answers.len(), 3);
        assert_eq!(answers[0], OK);
        drop(client);
    });
}

#[test]
fn end_of_the_link_from_a_callback() {
    for end in [
        (|client| drop(client.unbind())) as fn(&Client),
        |client| drop(client.drain(Duration::from_secs(60))),
        |client| client.disconnect(),
        // The last handle, perhaps.
        |_| {},
    ] {
        explore(move || {
            let (give, client) = unbounded::<Client>();
            let client = Mutex::new(Some(client));
            let builder = builder().on_deliver_sm(move |_| {
                let gone = client.lock().unwrap().take();
                if let Some(client) = gone.and_then(|client| client.recv().ok()) {
                    end(&client);
                }
                OK
            });
            let (client, peer) = bound(builder, |peer| deliver(peer, 2, false));
            give.send(client).unwrap();
            drop(give);
            peer.join().unwrap();
        });
    }
}

/// Each callback is called once, whatever ends the request.
fn called_once(serve: fn(Peer) -> Vec<String>, meanwhile: fn(&Client)) {
    explore(move || {
        let (client, peer) = bound(builder(), serve);
        let (called, calls) = unbounded();
        let names = ["a", "b"];
        // The link may end before they are sent.
        let pending = names.map(|name| (name, client.send(&message(name))));
        let sent = pending.iter().filter(|(_, pending)| pending.is_ok()).count();
        let other = client.clone();
        let other = thread::spawn(move || meanwhile(&other));
        for (name, pending) in pending {
            let (Ok(pending), called) = (pending, called.clone()) else { continue };
            pending.then(move |outcome| called.send((name, outcome_of(name, outcome))).unwrap());
        }
        drop(called);
        let mut outcomes: Vec<_> = calls.into_iter().collect();
        outcomes.sort_by_key(|(name, _)| *name);
        other.join().unwrap();
        client.disconnect();
        let seen = peer.join().unwrap();
        assert_eq!(outcomes.len(), sent);
        for (name, outcome) in outcomes {
            check_books(name, &outcome, &seen);
        }
    });
}

#[test]
fn then_against_the_response() {
    called_once(Peer::serve_all, |_| {});
}

#[test]
fn then_against_disconnect() {
    called_once(Peer::serve_all, Client::disconnect);
}

#[test]
fn then_against_unbind() {
    called_once(Peer::serve_all, |client| client.unbind().unwrap());
}

#[test]
fn then_against_the_end_of_the_peer() {
    called_once(
        |mut peer| {
            peer.serve(1);
            peer.seen
        },
        |_| {},
    );
}

#[test]
fn callbacks_are_called_by_whoever_listens_to_the_end() {
    explore(|| {
        let (client, peer) = bound(builder().caller_driven(), Peer::serve_all);
        let mut listener = client.listener().unwrap();
        let (called, calls) = unbounded();
        for name in ["a", "b"] {
            let called = called.clone();
            let by = move |_| called.send(thread::current().id()).unwrap();
            client.send(&message(name)).unwrap().then(by);
        }
        drop(called);
        let other = thread::spawn(move || client.unbind().unwrap());
        listener.listen().unwrap();
        drop(listener);
        // The first may have been answered before it was given its callback, which is then called at once.
        let me = thread::current().id();
        assert!(calls.into_iter().all(|by| by == me));
        other.join().unwrap();
        peer.join().unwrap();
    });
}
