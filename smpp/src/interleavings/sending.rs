//! Requests that find their responses, and room.

use super::*;
use crate::driver::Completed;
use crate::sync::thread;

fn each_gets_its_own(window: usize) {
    explore(move || {
        let (client, peer) = bound(builder().window(window), Peer::serve_all);
        let senders = ["a", "b", "c"].map(|name| sender(&client, name));
        for sender in senders {
            sender.join().unwrap().unwrap();
        }
        assert_eq!(client.outstanding(), 0);
        client.unbind().unwrap();
        let mut seen = peer.join().unwrap();
        seen.sort();
        assert_eq!(seen, ["a", "b", "c"]);
    });
}

#[test]
fn each_sender_gets_its_own_response_one_at_a_time() {
    each_gets_its_own(1);
}

#[test]
fn each_sender_gets_its_own_response_two_at_a_time() {
    each_gets_its_own(2);
}

#[test]
fn each_sender_gets_its_own_response_without_waiting() {
    each_gets_its_own(10);
}

#[test]
fn room_is_passed_on_by_a_sender_that_cannot_use_it() {
    explore(|| {
        let (client, peer) = bound(builder().window(1), Peer::serve_all);
        let too_long = "longer than an address may ever be";
        let faulty = {
            let client = client.clone();
            thread::spawn(move || client.submit_sm(&message(too_long)).map(drop))
        };
        let senders = ["a", "b"].map(|name| sender(&client, name));
        assert!(matches!(faulty.join().unwrap(), Err(Error::Encode(_))));
        for sender in senders {
            sender.join().unwrap().unwrap();
        }
        client.unbind().unwrap();
        peer.join().unwrap();
    });
}

#[test]
fn outcomes_come_out_as_they_arrive() {
    explore(|| {
        let (client, peer) = bound(builder(), Peer::serve_all);
        let names = ["a", "b", "c"];
        let mut completed: Completed<_> = names.iter().map(|name| client.send(&message(name)).unwrap()).collect();
        let cut = {
            let client = client.clone();
            thread::spawn(move || client.disconnect())
        };
        let mut outcomes = [const { None }; 3];
        for (index, outcome) in &mut completed {
            assert!(outcomes[index].replace(outcome_of(names[index], outcome)).is_none());
        }
        cut.join().unwrap();
        let seen = peer.join().unwrap();
        for (name, outcome) in names.iter().zip(outcomes) {
            check_books(name, &outcome.unwrap(), &seen);
        }
    });
}
