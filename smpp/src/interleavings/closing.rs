//! Links that end while requests are under way.

use std::io::{self, Write};
use std::net::Shutdown;
use std::time::Duration;

use super::*;
use crate::driver::{Halves, Transport};
use crate::pdu::Unbind;
use crate::protocol::value::CommandStatus;
use crate::session::CloseReason;
use crate::sync::thread;

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Three send while something else happens; then the link is over, and what each was told is true.
fn ends_in_order(serve: fn(Peer) -> Vec<String>, meanwhile: fn(&Client)) {
    explore(move || {
        let (client, peer) = bound(builder().window(2), serve);
        let senders = NAMES.map(|name| sender(&client, name));
        meanwhile(&client);
        let outcomes = senders.map(|sender| sender.join().unwrap());
        client.disconnect();
        drop(client);
        let seen = peer.join().unwrap();
        for (name, outcome) in NAMES.iter().zip(&outcomes) {
            check_books(name, outcome, &seen);
        }
    });
}

#[test]
fn disconnect_against_senders() {
    ends_in_order(Peer::serve_all, Client::disconnect);
}

#[test]
fn unbind_against_senders() {
    ends_in_order(Peer::serve_all, |client| client.unbind().unwrap());
}

#[test]
fn last_handle_against_the_end_of_the_senders() {
    explore(|| {
        let (client, peer) = bound(builder().window(1), Peer::serve_all);
        let senders = ["a", "b"].map(|name| sender(&client, name));
        drop(client);
        for sender in senders {
            sender.join().unwrap().unwrap();
        }
        assert_eq!(peer.join().unwrap().len(), 2);
    });
}

#[test]
fn peer_closes_against_senders() {
    ends_in_order(
        |mut peer| {
            peer.serve(1);
            peer.shutdown(Shutdown::Both);
            peer.seen
        },
        |_| {},
    );
}

#[test]
fn peer_says_no_more_but_goes_on_reading() {
    ends_in_order(
        |mut peer| {
            peer.serve(1);
            peer.shutdown(Shutdown::Write);
            peer.ignore_all()
        },
        |_| {},
    );
}

#[test]
fn peer_unbinds_against_senders() {
    ends_in_order(
        |mut peer| {
            peer.send(&Unbind::default(), CommandStatus::ESME_ROK, 77);
            // What it has been sent by then is answered before its unbind is. If it did not answer, time would tell.
            peer.serve_all()
        },
        |_| {},
    );
}

#[test]
fn peer_unbinds_and_closes_against_senders() {
    ends_in_order(
        |mut peer| {
            peer.send(&Unbind::default(), CommandStatus::ESME_ROK, 77);
            peer.shutdown(Shutdown::Write);
            peer.ignore_all()
        },
        |_| {},
    );
}

#[test]
fn both_unbind() {
    explore(|| {
        let (client, peer) = bound(builder(), |mut peer| {
            peer.send(&Unbind::default(), CommandStatus::ESME_ROK, 77);
            peer.serve_all();
        });
        // By its own unbind, or the other's.
        match client.unbind() {
            Ok(()) | Err(Error::Disconnected { reason: CloseReason::PeerUnbound, .. }) => {}
            outcome => panic!("{outcome:?}"),
        }
        peer.join().unwrap();
    });
}

/// Fails to write after so many octets.
pub(super) struct Failing(pub(super) Pipe, pub(super) usize);

struct FailingWriter(Box<dyn Write + Send>, usize);

impl Transport for Failing {
    fn split(self: Box<Self>) -> io::Result<Halves> {
        let Halves { reader, writer, shutdown } = Box::new(self.0).split()?;
        Ok(Halves { reader, writer: Box::new(FailingWriter(writer, self.1)), shutdown })
    }
}

impl Write for FailingWriter {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if self.1 == 0 {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        let count = self.0.write(&octets[..octets.len().min(self.1)])?;
        self.1 -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn write_fails_against_senders() {
    explore(|| {
        let (here, there) = wide_pipe();
        let peer = thread::spawn(move || {
            let mut peer = Peer::new(there);
            peer.bind();
            peer.serve_all()
        });
        // The bind, one message and a part of the next.
        let client = builder().window(2).over(Failing(here, 120)).unwrap();
        client.bind_transceiver().unwrap();
        let senders = NAMES.map(|name| sender(&client, name));
        let outcomes = senders.map(|sender| sender.join().unwrap());
        let seen = peer.join().unwrap();
        for (name, outcome) in NAMES.iter().zip(&outcomes) {
            check_books(name, outcome, &seen);
        }
        assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(Error::Disconnected { written: false, .. }))));
    });
}

#[test]
fn drain_answers_what_was_taken_and_refuses_the_rest() {
    explore(|| {
        let (client, peer) = bound(builder().window(1), |mut peer| {
            // The first is answered late.
            let first = peer.read();
            thread::yield_now();
            if let Some((header, name)) = first {
                peer.answer(header, &name);
            }
            peer.serve_all()
        });
        let senders = NAMES.map(|name| sender(&client, name));
        assert_eq!(client.drain(Duration::from_secs(60)).unwrap(), 0);
        assert_eq!(client.close_reason(), Some(CloseReason::Unbound));
        let outcomes = senders.map(|sender| sender.join().unwrap());
        let seen = peer.join().unwrap();
        for (name, outcome) in NAMES.iter().zip(&outcomes) {
            let was_seen = seen.iter().any(|seen| seen == name);
            assert_eq!(outcome.is_ok(), was_seen, "{name}: {outcome:?}");
            check_books(name, outcome, &seen);
        }
    });
}
