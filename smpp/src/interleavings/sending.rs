//! Requests that find their responses, and room.

use super::*;

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
