//! Links that are opened again.

use std::io;
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::closing::Failing;
use super::*;
use crate::client::{Pool, Rebind};
use crate::driver::{Responder, Transport};
use crate::pdu::{BindTransceiverResp, DeliverSm};
use crate::protocol::value::CommandStatus;
use crate::session::CloseReason;
use crate::sync::{thread, unbounded};

/// An SMSC that serves each connection in another way. Its lock is never held while threads are switched.
#[derive(Clone)]
struct Smsc {
    /// Those that have begun.
    peers: Arc<Mutex<Vec<JoinHandle<Vec<String>>>>>,
    serve: fn(usize, Peer) -> Vec<String>,
}

impl Smsc {
    /// `serve` is told how many connections there were before.
    fn new(serve: fn(usize, Peer) -> Vec<String>) -> Self {
        Self { peers: Arc::default(), serve }
    }

    fn connect(&self) -> io::Result<Pipe> {
        // What is tried again and again lets others have a turn.
        thread::yield_now();
        let (here, there) = wide_pipe();
        let mut peers = self.peers.lock().unwrap();
        let (index, serve) = (peers.len(), self.serve);
        drop(peers);
        let peer = thread::spawn(move || serve(index, Peer::new(there)));
        peers = self.peers.lock().unwrap();
        peers.push(peer);
        Ok(here)
    }

    /// A client that is bound to it, and binds again.
    fn client(&self, builder: ClientBuilder, rebind: Rebind) -> Client {
        let smsc = self.clone();
        let rebind = rebind.delays(Duration::ZERO, Duration::ZERO);
        let client = builder.rebind(rebind).connect_by(move || Ok(Box::new(smsc.connect()?))).unwrap();
        client.bind_transceiver().unwrap();
        client
    }

    fn connections(&self) -> usize {
        self.peers.lock().unwrap().len()
    }

    /// The messages that came. The connections must be over, or about to be.
    fn seen(&self) -> Vec<String> {
        let peers = std::mem::take(&mut *self.peers.lock().unwrap());
        peers.into_iter().flat_map(|peer| peer.join().unwrap()).collect()
    }
}

/// Binds the first, and cuts it after a message; serves the others.
fn cut_first(index: usize, mut peer: Peer) -> Vec<String> {
    peer.bind();
    if index > 0 {
        return peer.serve_all();
    }
    peer.serve(1);
    peer.shutdown(Shutdown::Both);
    peer.seen
}

/// Binds the first two, and cuts them at once; serves the others.
fn cut_twice(index: usize, mut peer: Peer) -> Vec<String> {
    peer.bind();
    if index < 2 { Vec::new() } else { peer.serve_all() }
}

/// Binds the first, and cuts it at once; shuts out the others.
fn shut_out(index: usize, mut peer: Peer) -> Vec<String> {
    if index == 0 {
        peer.bind();
    }
    Vec::new()
}

#[test]
fn parked_senders_go_on_over_the_next_session() {
    explore(|| {
        let smsc = Smsc::new(cut_first);
        let client = smsc.client(builder().window(1), Rebind::default());
        let names = ["a", "b", "c"];
        let senders = names.map(|name| sender(&client, name));
        let outcomes = senders.map(|sender| sender.join().unwrap());
        client.unbind().unwrap();
        assert!(smsc.connections() <= 2, "only the first was cut");
        let seen = smsc.seen();
        for (name, outcome) in names.iter().zip(&outcomes) {
            check_books(name, outcome, &seen);
        }
    });
}

#[test]
fn reader_of_a_session_that_was_lost_does_not_end_the_next() {
    explore(|| {
        let smsc = Smsc::new(|_, mut peer| {
            peer.bind();
            peer.serve_all()
        });
        let (connect, is_first) = (smsc.clone(), AtomicBool::new(true));
        let rebind = Rebind::default().delays(Duration::ZERO, Duration::ZERO);
        let connect = move || {
            let transport = connect.connect()?;
            let fails = is_first.swap(false, Ordering::Relaxed);
            Ok(if fails { Box::new(Failing(transport, 60)) as Box<dyn Transport> } else { Box::new(transport) })
        };
        let client = builder().rebind(rebind).connect_by(connect).unwrap();
        client.bind_transceiver().unwrap();
        // The first cannot be written whole.
        let outcomes = ["a", "b"].map(|name| outcome_of(name, client.submit_sm(&message(name))));
        assert!(outcomes[0].is_err() && outcomes[1].is_ok(), "{outcomes:?}");
        client.unbind().unwrap();
        assert_eq!(smsc.connections(), 2);
        assert_eq!(smsc.seen(), ["b"]);
    });
}

#[test]
fn senders_that_do_not_park_fail_at_once() {
    explore(|| {
        let smsc = Smsc::new(cut_first);
        let (open, gate) = unbounded::<()>();
        let (again, gate) = (smsc.clone(), Mutex::new(Some(gate)));
        let connects = AtomicUsize::new(0);
        let rebind = Rebind::default().parks(false).delays(Duration::ZERO, Duration::ZERO);
        let connect = move || {
            if connects.fetch_add(1, Ordering::Relaxed) == 1 {
                // Until all senders are back.
                let gate = gate.lock().unwrap().take().unwrap();
                assert!(gate.recv().is_err());
            }
            Ok(Box::new(again.connect()?) as Box<dyn Transport>)
        };
        let client = builder().window(1).rebind(rebind).connect_by(connect).unwrap();
        client.bind_transceiver().unwrap();
        let names = ["a", "b", "c", "d"];
        let senders = names.map(|name| sender(&client, name));
        let outcomes = senders.map(|sender| sender.join().unwrap());
        drop(open);
        client.disconnect();
        let seen = smsc.seen();
        for (name, outcome) in names.iter().zip(&outcomes) {
            check_books(name, outcome, &seen);
        }
    });
}

fn ends_while_rebinding(serve: fn(usize, Peer) -> Vec<String>, end: fn(Client)) {
    explore(move || {
        let smsc = Smsc::new(serve);
        let client = smsc.client(builder().window(1), Rebind::default());
        let names = ["a", "b"];
        let senders = names.map(|name| {
            let weak = client.downgrade();
            thread::spawn(move || match weak.upgrade() {
                Some(client) => outcome_of(name, client.submit_sm(&message(name))),
                None => Err(Error::Disconnected { written: false, reason: CloseReason::Requested }),
            })
        });
        end(client);
        let outcomes = senders.map(|sender| sender.join().unwrap());
        let seen = smsc.seen();
        for (name, outcome) in names.iter().zip(&outcomes) {
            check_books(name, outcome, &seen);
        }
    });
}

#[test]
fn disconnect_while_being_shut_out() {
    ends_while_rebinding(shut_out, |client| client.disconnect());
}

#[test]
fn disconnect_while_binding_again() {
    ends_while_rebinding(cut_first, |client| client.disconnect());
}

#[test]
fn unbind_while_being_shut_out() {
    ends_while_rebinding(shut_out, |client| {
        // It may be the first to find out that the session is lost.
        let _ = client.unbind();
        assert!(client.close_reason().is_some());
    });
}

#[test]
fn unbind_while_binding_again() {
    ends_while_rebinding(cut_first, |client| {
        let _ = client.unbind();
        assert!(client.close_reason().is_some());
    });
}

#[test]
fn unbind_by_two_while_binding_again() {
    ends_while_rebinding(cut_first, |client| {
        let other = client.clone();
        let other = thread::spawn(move || drop(other.unbind()));
        let _ = client.unbind();
        assert!(client.close_reason().is_some());
        other.join().unwrap();
    });
}

#[test]
fn unbind_while_sessions_unbind_themselves() {
    explore(|| {
        let smsc = Smsc::new(|_, mut peer| {
            peer.bind();
            peer.serve_all()
        });
        let timers = Timers { inactivity: Some(Duration::ZERO), ..Timers::OFF };
        let client = smsc.client(builder().timers(timers), Rebind::default());
        let _ = client.unbind();
        assert!(client.close_reason().is_some());
        drop(client);
        smsc.seen();
    });
}

#[test]
fn drain_while_binding_again() {
    ends_while_rebinding(cut_first, |client| {
        let _ = client.drain(Duration::from_secs(60));
        assert!(client.close_reason().is_some());
    });
}

#[test]
fn last_handle_while_binding_again() {
    explore(|| {
        let smsc = Smsc::new(|index, mut peer| {
            peer.bind();
            if index > 0 { peer.serve_all() } else { Vec::new() }
        });
        drop(smsc.client(builder(), Rebind::default()));
        smsc.seen();
    });
}

#[test]
fn last_attempt_fails() {
    explore(|| {
        let smsc = Smsc::new(shut_out);
        let client = smsc.client(builder().window(1), Rebind::default().max_attempts(2));
        let names = ["a", "b"];
        let senders = names.map(|name| sender(&client, name));
        for sender in senders {
            assert!(matches!(sender.join().unwrap(), Err(Error::Disconnected { .. })));
        }
        assert!(client.wait_closed(Duration::from_secs(60)).is_some());
        assert!(smsc.seen().is_empty());
    });
}

#[test]
fn refusal_for_good_is_the_reason_however_soon_the_peer_closes() {
    explore(|| {
        let smsc = Smsc::new(|index, mut peer| {
            if index == 0 {
                peer.bind();
            } else if let Some((header, _)) = peer.read() {
                let refusal = CommandStatus::ESME_RINVPASWD;
                peer.send(&BindTransceiverResp::default(), refusal, header.sequence_number);
            }
            Vec::new()
        });
        let client = smsc.client(builder(), Rebind::default());
        let reason = client.wait_closed(Duration::from_secs(60));
        assert_eq!(reason, Some(CloseReason::BindRefused(CommandStatus::ESME_RINVPASWD)));
        smsc.seen();
    });
}

#[test]
fn first_bind_against_the_end_of_the_link() {
    explore(|| {
        let smsc = Smsc::new(cut_twice);
        let connect = smsc.clone();
        let rebind = Rebind::default().delays(Duration::ZERO, Duration::ZERO);
        let client = builder().rebind(rebind).connect_by(move || Ok(Box::new(connect.connect()?))).unwrap();
        let other = client.clone();
        let other = thread::spawn(move || other.disconnect());
        let _ = client.bind_transceiver();
        other.join().unwrap();
        assert!(client.wait_closed(Duration::from_secs(60)).is_some());
        smsc.seen();
    });
}

#[test]
fn responder_of_a_session_that_was_lost_answers_nobody() {
    explore(|| {
        let (held, responders) = unbounded::<Responder>();
        let smsc = Smsc::new(|index, mut peer| {
            peer.bind();
            if index == 0 {
                peer.send(&DeliverSm::default(), CommandStatus::ESME_ROK, 7);
                return Vec::new();
            }
            while let Some((header, name)) = peer.read() {
                assert_ne!(header.command_id, crate::command::DELIVER_SM_RESP.id);
                peer.answer(header, &name);
            }
            Vec::new()
        });
        let held = Mutex::new(held);
        let builder = builder().on_deliver_sm(move |pdu| {
            held.lock().unwrap().send(pdu.defer().unwrap()).unwrap();
            CommandStatus::ESME_ROK
        });
        let client = smsc.client(builder, Rebind::default());
        let other = thread::spawn(move || {
            for responder in responders {
                // There may be nobody to answer.
                let _ = responder.answer(CommandStatus::ESME_ROK);
            }
        });
        outcome_of("a", client.submit_sm(&message("a"))).ok();
        let _ = client.unbind();
        drop(client);
        other.join().unwrap();
        smsc.seen();
    });
}

#[test]
fn pool_goes_on_over_the_other_link() {
    explore(|| {
        let (cut, first) = bound(builder().window(1), |mut peer| {
            peer.serve(1);
            peer.shutdown(Shutdown::Both);
            peer.seen
        });
        let (whole, second) = bound(builder().window(1), Peer::serve_all);
        let pool = Pool::new([cut, whole]).send_timeout(None);
        let names = ["a", "b", "c"];
        let senders = names.map(|name| {
            let pool = pool.clone();
            thread::spawn(move || outcome_of(name, pool.submit_sm(&message(name))))
        });
        let outcomes = senders.map(|sender| sender.join().unwrap());
        assert!(pool.unbind()[1].is_ok());
        drop(pool);
        let mut seen = first.join().unwrap();
        seen.extend(second.join().unwrap());
        for (name, outcome) in names.iter().zip(&outcomes) {
            assert!(
                !matches!(outcome, Err(Error::Disconnected { written: false, .. }))
                    || !seen.iter().any(|seen| seen == name)
            );
            check_books(name, outcome, &seen);
        }
    });
}
