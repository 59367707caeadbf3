//! Asking for messages: finding, waiting, counting, and what came close.

mod raw;

use std::thread;
use std::time::Duration;

use raw::{PATIENCE, Raw, submit as pdu};
use smpp::value::MessageState;
use smsc_sim::{Clock, SmscSim, submit};

fn send(esme: &mut Raw, number: u32, to: &'static str, text: &'static str) {
    esme.send(&pdu(0).with_destination_addr(to).with_short_message(text), number);
    esme.expect_submitted(number);
}

#[test]
fn what_was_submitted_is_found_counted_and_paged_through() {
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    for number in 0..1000 {
        send(&mut esme, number + 2, if number % 10 == 0 { "4477001" } else { "4178" }, "hello");
    }
    let uk = submit().to("4477*");
    assert_eq!((sim.count(&uk), sim.find(&uk).len(), sim.count(submit())), (100, 100, 1000));
    let (mut cursor, mut pages) = (0, Vec::new());
    loop {
        let page = sim.find_some(uk.clone().since(cursor), 30);
        let Some(last) = page.last() else { break };
        cursor = last.serial;
        pages.push(page.len());
    }
    assert_eq!(pages, [30, 30, 30, 10]);
    assert!(sim.find(uk.since(sim.cursor())).is_empty());
}

#[test]
fn a_wait_ends_with_the_message_that_comes_while_many_others_do() {
    let sim = SmscSim::builder().max_messages(100).start().unwrap();
    let addr = sim.addr();
    let new = submit().to("999").since(sim.cursor());
    let (begun, begins) = std::sync::mpsc::channel();
    let esme = thread::spawn(move || {
        let mut esme = Raw::bound(addr, "me");
        begins.recv().unwrap();
        for number in 2..502 {
            send(&mut esme, number, if number == 450 { "999" } else { "4178" }, "hello");
        }
        esme
    });
    begun.send(()).unwrap();
    let found = sim.wait_for(&new, PATIENCE).unwrap();
    assert_eq!((found.serial, found.pdu.destination_addr.to_str_lossy().as_ref()), (449, "999"));
    let mut esme = esme.join().unwrap();
    // The oldest messages are forgotten meanwhile: those do not count any more.
    assert_eq!(sim.wait_for_count(submit().to("4178"), 100, Duration::ZERO).unwrap_err().found, 99);
    send(&mut esme, 502, "4178", "hello");
    assert_eq!(sim.wait_for_count(submit().to("4178"), 99, PATIENCE).unwrap().len(), 99);
}

#[test]
fn a_wait_sees_what_becomes_of_messages() {
    let clock = Clock::manual();
    let sim = SmscSim::builder().clock(clock).dlr_delay(Duration::from_secs(60)).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    for number in 2..12 {
        send(&mut esme, number, "4178", "hello");
    }
    thread::scope(|scope| {
        let delivered = scope.spawn(|| sim.wait_for_count(submit().state(MessageState::DELIVERED), 10, PATIENCE));
        sim.advance(Duration::from_secs(60));
        assert_eq!(delivered.join().unwrap().unwrap().len(), 10);
    });
}

#[test]
fn who_waits_in_vain_hears_what_came_close() {
    let sim = SmscSim::builder().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "alice");
    send(&mut esme, 2, "447700900123", "good morning");
    send(&mut esme, 3, "447700900124", "your code is 17");
    send(&mut esme, 4, "4178", "your code is 18");
    send(&mut esme, 5, "4179", "x");
    let query = submit().to("447700900123").text_contains("code").system_id("alice");
    sim.advance(Duration::ZERO);
    let error = sim.wait_for(query, Duration::from_millis(1)).unwrap_err();
    let told = "wanted at least 1 message `to:447700900123 text~code system_id:alice`, found 0 of 4\n  \
         close: message 2 of \"alice\", \"12345\" to \"447700900124\", DELIVRD, \"your code is 17\"\n    \
         wanted to:447700900123, got \"447700900124\"\n  \
         close: message 3 of \"alice\", \"12345\" to \"4178\", DELIVRD, \"your code is 18\"\n    \
         wanted to:447700900123, got \"4178\"\n  \
         close: message 1 of \"alice\", \"12345\" to \"447700900123\", DELIVRD, \"good morning\"\n    \
         wanted text~code, got \"good morning\"";
    assert_eq!(error.to_string(), told);
    assert_eq!(error.near[0].misses[0].field, "to");

    let error = sim.verify(submit().text_contains("code"), ..=1).unwrap_err();
    assert_eq!((error.found, error.matched.len(), error.near.len()), (2, 2, 0));
    assert!(error.to_string().starts_with("wanted at most 1 message `text~code`, found 2 of 4\n  found: message 3"));
    let error = sim.verify(submit(), 0..1).unwrap_err();
    assert!(error.to_string().starts_with("wanted no messages, found 4 of 4\n  found: message 4"), "{error}");
    assert_eq!(sim.verify(submit().to("41*"), 2..=2), Ok(2));
    assert!(sim.verify(submit().to("41*"), 3..=5).unwrap_err().to_string().starts_with("wanted 3 to 5 messages"));

    // A query that is wrong fails at once, whatever the time.
    let error = sim.wait_for(submit().to("/(/"), Duration::from_secs(3600)).unwrap_err();
    assert!(error.to_string().starts_with("the query is wrong: `(` is no regular expression"), "{error}");
}
