//! What users of other clients missed when sending much, from many threads, and when acknowledging. Each test replays the
//! situation of an issue, and is named after it.

mod scripted;

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::unbounded;
use smpp::client::ClientEvent;
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::session::{Rate, Retry, SendOptions, SessionState, Timers};
use smpp::value::CommandStatus;

use scripted::*;

const OK: CommandStatus = CommandStatus::ESME_ROK;

fn text(text: &str) -> SubmitSm<'_> {
    SubmitSm::default().with_destination_addr("4179").with_short_message(text)
}

/// linxGnu/gosmpp#73, #105, farhadi/node-smpp#122, python-smpplib/python-smpplib#233, OpenSmpp/opensmpp#48: where is the
/// window? As many requests as it holds are on the wire, never one more; the next one goes when an answer comes, to a
/// sender that waits; one that does not want to wait is told.
#[test]
fn gosmpp_73_where_is_the_window() {
    let (client, mut smsc) = bind(esme().window(3));
    let pending: Vec<_> = (0..3).map(|_| client.send(&text("x")).unwrap()).collect();
    assert!(matches!(client.try_send(&text("x")), Err(Error::WindowFull { window: 3 })));
    let waiting = client.clone();
    let waiting = thread::spawn(move || waiting.submit_sm(&text("fourth")));
    let numbers: Vec<_> = (0..3).map(|_| smsc.expect(SubmitSm::ID)).collect();
    smsc.hears_nothing_for(Duration::from_millis(100));
    // Link control takes no room.
    let enquiring = client.send(&EnquireLink::default()).unwrap();
    let number = smsc.expect(EnquireLink::ID);
    smsc.send(&EnquireLinkResp::default(), number);
    enquiring.wait().unwrap();
    // Any answer makes room, a refusal as well.
    smsc.write(&frame(SubmitSmResp::ID, 0x58, numbers[1], b""));
    let fourth = smsc.expect(SubmitSm::ID);
    smsc.hears_nothing_for(Duration::from_millis(100));
    for number in [fourth, numbers[2], numbers[0]] {
        smsc.send(&SubmitSmResp::default().with_message_id(number.to_string()), number);
    }
    assert_eq!(waiting.join().unwrap().unwrap().message_id, *fourth.to_string());
    let outcomes: Vec<_> = pending.into_iter().map(|pending| pending.wait().is_ok()).collect();
    assert_eq!(outcomes, [true, false, true]);
}

/// jookies/jasmin#268, #657: a submit that timed out is queued again, and the customer gets two. "Unknown" is an outcome of
/// its own, for a timeout and for a link that ends, and what was never written is not of that kind.
#[test]
fn jasmin_268_a_submit_that_timed_out_is_sent_twice() {
    let timers = Timers { response: Some(Duration::from_millis(50)), ..Timers::default() };
    let (client, mut smsc) = bind(esme().timers(timers).window(1));
    let error = client.submit_sm(&text("once")).unwrap_err();
    assert!(error.is_unknown_outcome() && matches!(error, Error::Timeout { written: true }), "{error:?}");

    let options = SendOptions { timeout: Some(PATIENCE), ..SendOptions::default() };
    let in_flight = client.send_with(&text("in flight"), options).unwrap();
    let waiting = client.clone();
    let waiting = thread::spawn(move || waiting.submit_sm(&text("never written")));
    let mut texts = Vec::new();
    for _ in 0..2 {
        let (_, octets) = smsc.next().unwrap();
        texts.push(decode::<SubmitSm<'_>>(&octets).short_message.to_str_lossy().into_owned());
    }
    // Nothing was sent a second time.
    assert_eq!(texts, ["once", "in flight"]);
    drop(smsc);
    let error = in_flight.wait().unwrap_err();
    assert!(error.is_unknown_outcome() && matches!(error, Error::Disconnected { written: true, .. }), "{error:?}");
    let error = waiting.join().unwrap().unwrap_err();
    assert!(!error.is_unknown_outcome(), "{error:?}");
    assert!(matches!(error, Error::Disconnected { written: false, .. }));
}

/// jookies/jasmin#1168, #787, #441, opentelecoms-org/jsmpp#146: 15 to 30 messages a second, since a blocking call cannot
/// fill a window. One thread fills this one before the first answer comes, and takes the answers in any order.
#[test]
fn jasmin_1168_a_blocking_api_cannot_fill_a_window() {
    const WINDOW: usize = 1000;
    let (client, mut smsc) = bind(esme().window(WINDOW));
    let pending: Vec<_> = (0..WINDOW).map(|_| client.send(&text("x")).unwrap()).collect();
    let mut numbers: Vec<_> = (0..WINDOW).map(|_| smsc.expect(SubmitSm::ID)).collect();
    numbers.reverse();
    for number in numbers {
        smsc.send(&SubmitSmResp::default().with_message_id(number.to_string()), number);
    }
    for pending in pending {
        let number = pending.sequence_number();
        assert_eq!(pending.wait().unwrap().message_id, *number.to_string());
    }
    assert_eq!(client.outstanding(), 0);
}

/// python-smpplib/python-smpplib#187, #137: the client may not be used by several threads, nor while it listens. Eight
/// threads send, each gets its own answers, and messages keep coming in meanwhile.
#[test]
fn smpplib_187_one_client_and_several_threads() {
    const THREADS: usize = 8;
    const EACH: usize = 100;
    let (seen_to, seen) = unbounded();
    let (client, mut smsc) = bind(esme().window(20).on_deliver_sm(move |pdu| {
        seen_to.send(pdu.header().sequence_number).unwrap();
        OK
    }));
    let submit = |thread| {
        let client = client.clone();
        thread::spawn(move || {
            for at in 0..EACH {
                let message = format!("{thread}-{at}");
                assert_eq!(client.submit_sm(&text(&message)).unwrap().message_id, *message);
            }
        })
    };
    let threads: Vec<_> = (0..THREADS).map(submit).collect();
    let mut numbers = HashSet::new();
    let mut answers = 0;
    while numbers.len() < THREADS * EACH || answers < THREADS * EACH {
        let (header, octets) = smsc.next().unwrap();
        if header.command_id == DeliverSmResp::ID {
            answers += 1;
            continue;
        }
        assert!(numbers.insert(header.sequence_number), "{} is taken", header.sequence_number);
        let message = decode::<SubmitSm<'_>>(&octets).short_message.to_str_lossy().into_owned();
        smsc.send(&SubmitSmResp::default().with_message_id(message), header.sequence_number);
        smsc.send(&DeliverSm::default(), header.sequence_number);
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(seen.iter().take(numbers.len()).collect::<HashSet<_>>(), numbers);
}

/// python-smpplib/python-smpplib#72: an exception ends the listener. A callback that panics is told of and answered, and
/// the next one is called all the same.
#[test]
fn smpplib_72_an_exception_ends_the_listener() {
    let builder = esme().on_deliver_sm(|pdu| match pdu.short_message.as_str() {
        Some("panic") => panic!("asked for"),
        _ => OK,
    });
    let (client, mut smsc, events) = bind_with_events(builder);
    for round in 0..3 {
        smsc.send(&DeliverSm::default().with_short_message("panic"), 2 * round);
        smsc.expect_answer(DeliverSmResp::ID, 2 * round, CommandStatus::ESME_RSYSERR);
        smsc.send(&DeliverSm::default().with_short_message("mo"), 2 * round + 1);
        smsc.expect_answer(DeliverSmResp::ID, 2 * round + 1, OK);
    }
    assert_eq!(client.state(), SessionState::BoundTrx);
    drop(smsc);
    let panicked = events.iter().filter(|event| matches!(event, ClientEvent::CallbackPanicked { .. })).count();
    assert_eq!(panicked, 3);
}

/// uudashr/jsmpp#27, fiorix/go-smpp#82, linxGnu/gosmpp#62, AdhamAwadhi/JamaaSMPP#21: a deliver_sm is to be answered after it
/// was stored, not before. The answer is taken over, and given by the thread that has stored it; or not at all, and the
/// SMSC is told to come again.
#[test]
fn uudashr_jsmpp_27_deliver_sm_is_answered_before_it_is_stored() {
    let (to_store, store) = unbounded();
    let (_client, mut smsc) = bind(esme().on_deliver_sm(move |pdu| {
        to_store.send((pdu.short_message.to_str_lossy().into_owned(), pdu.defer().unwrap())).unwrap();
        OK
    }));
    for number in 1..=3 {
        smsc.send(&DeliverSm::default().with_short_message(format!("mo {number}").as_str()), number);
    }
    let taken: Vec<_> = store.iter().take(3).collect();
    // What the callback returned was no answer, and link control goes on meanwhile.
    smsc.hears_nothing_for(Duration::from_millis(100));
    smsc.still_answers();
    let mut stored = Vec::new();
    for (number, (message, responder)) in (1..4).zip(taken).rev() {
        match number {
            3 => drop(responder),
            2 => responder.answer(CommandStatus::ESME_RX_T_APPN).unwrap(),
            _ => {
                stored.push(message);
                responder.respond(OK, &DeliverSmResp::default()).unwrap();
            }
        }
    }
    smsc.expect_answer(DeliverSmResp::ID, 3, CommandStatus::ESME_RSYSERR);
    smsc.expect_answer(DeliverSmResp::ID, 2, CommandStatus::ESME_RX_T_APPN);
    smsc.expect_answer(DeliverSmResp::ID, 1, OK);
    assert_eq!(stored, ["mo 1"]);
}

/// linxGnu/gosmpp#72, farhadi/node-smpp#167, jookies/jasmin#304: so many messages a second and no more. However many threads
/// send, and however fast the answers come; and who does not want to wait is told until when.
#[test]
fn gosmpp_72_no_more_than_the_rate() {
    let (client, mut smsc) = bind(esme().window(100).rate(Rate::per_second(100).burst(5)));
    let begin = Instant::now();
    let submit = |_| {
        let client = client.clone();
        thread::spawn(move || (0..10).for_each(|_| drop(client.submit_sm(&text("x")).unwrap())))
    };
    let threads: Vec<_> = (0..4).map(submit).collect();
    for count in 1..=40 {
        let number = smsc.expect(SubmitSm::ID);
        // So long the bucket takes at least to let that many out.
        let least = Duration::from_millis(10) * u32::saturating_sub(count, 5);
        assert!(begin.elapsed() >= least, "{count} after {:?}", begin.elapsed());
        smsc.send(&SubmitSmResp::default(), number);
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let refused = (0..100).find_map(|_| client.try_send(&text("x")).err());
    assert!(matches!(refused, Some(Error::Paused { until }) if until > begin), "{refused:?}");
    // Link control is not held up by it.
    let enquiring = client.clone();
    let enquiring = thread::spawn(move || enquiring.enquire_link().map(drop));
    while let Some((header, _)) = smsc.next() {
        if header.command_id == EnquireLink::ID {
            smsc.send(&EnquireLinkResp::default(), header.sequence_number);
            break;
        }
    }
    enquiring.join().unwrap().unwrap();
    client.disconnect();
}

/// jookies/jasmin#925, kneodev/ksmppd#126: a message of three parts is counted as one, and the SMSC throttles. What counts
/// is PDUs.
#[test]
fn jasmin_925_a_message_of_three_parts_is_counted_as_one() {
    let (client, mut smsc) = bind(esme().window(100).rate(Rate::per_second(50).burst(1)));
    let begin = Instant::now();
    let sending = client.clone();
    let sending = thread::spawn(move || {
        for reference in 0..4 {
            for part in 1..=3 {
                let header = [5, 0, 3, reference, 3, part];
                let submit = text("").with_esm_class(0x40).with_short_message([&header[..], b"part"].concat());
                drop(sending.send(&submit).unwrap());
            }
        }
    });
    let numbers: Vec<_> = (0..12).map(|_| smsc.expect(SubmitSm::ID)).collect();
    assert!(begin.elapsed() >= Duration::from_millis(11 * 20), "{:?}", begin.elapsed());
    sending.join().unwrap();
    assert_eq!(numbers.len(), client.outstanding());
    client.disconnect();
}

/// jookies/jasmin#425, #60: a message that was throttled goes to the back of the queue, and order is lost. The line stops,
/// what was refused goes again in its order and before anything else; what is done depends on the status.
#[test]
fn jasmin_425_a_throttled_message_goes_to_the_back() {
    let pause = Duration::from_millis(150);
    let builder = esme()
        .window(3)
        .retry(CommandStatus::ESME_RTHROTTLED, Retry::after(pause).attempts(3))
        .retry(CommandStatus::ESME_RMSGQFUL, Retry::after(Duration::from_millis(10)).attempts(1));
    let (client, mut smsc, events) = bind_with_events(builder);
    let sending = client.clone();
    let sending = thread::spawn(move || {
        let pending: Vec<_> = ["1", "2", "3", "4", "5"].map(|name| sending.send(&text(name)).unwrap()).into();
        pending.into_iter().map(|pending| pending.wait().map(|response| response.message_id.to_string())).collect()
    });
    let next = |smsc: &mut Smsc| {
        let (header, octets) = smsc.next().unwrap();
        (header.sequence_number, decode::<SubmitSm<'_>>(&octets).short_message.to_str_lossy().into_owned())
    };
    let first: Vec<_> = (0..3).map(|_| next(&mut smsc)).collect();
    let begin = Instant::now();
    let refusal = |number, status: CommandStatus| frame(SubmitSmResp::ID, status.0, number, b"");
    let answers = [
        refusal(first[2].0, CommandStatus::ESME_RTHROTTLED),
        refusal(first[1].0, CommandStatus::ESME_RTHROTTLED),
        frame(SubmitSmResp::ID, 0, first[0].0, b"1\0"),
    ];
    smsc.write(&answers.concat());
    // The two that were refused, in the order in which they were first sent, then the rest.
    let (number, name) = next(&mut smsc);
    assert!(begin.elapsed() >= pause, "{:?}", begin.elapsed());
    assert_eq!(name, "2");
    // It alone asks whether the line is open again.
    smsc.write(&frame(SubmitSmResp::ID, 0, number, b"2\0"));
    let mut others: Vec<_> = (0..2).map(|_| next(&mut smsc)).collect();
    assert_eq!([&*others[0].1, &*others[1].1], ["3", "4"]);
    // One is refused for good; one once more than it may be; one with a status that nothing was said about.
    smsc.write(&refusal(others[0].0, CommandStatus::ESME_RINVDSTADR));
    others.push(next(&mut smsc));
    assert_eq!(others[2].1, "5");
    smsc.write(&refusal(others[1].0, CommandStatus::ESME_RMSGQFUL));
    let (number, name) = next(&mut smsc);
    assert_eq!(name, "4");
    smsc.write(&refusal(number, CommandStatus::ESME_RMSGQFUL));
    smsc.write(&frame(SubmitSmResp::ID, 0, others[2].0, b"5\0"));
    let outcomes: Vec<Result<String, Error>> = sending.join().unwrap();
    let told: Vec<_> = outcomes.iter().map(|outcome| outcome.as_ref().map_err(Error::command_status)).collect();
    let ok = |id: &'static str| id.to_owned();
    assert_eq!(
        told,
        [
            Ok(&ok("1")),
            Ok(&ok("2")),
            Err(Some(CommandStatus::ESME_RINVDSTADR)),
            Err(Some(CommandStatus::ESME_RMSGQFUL)),
            Ok(&ok("5"))
        ]
    );
    let throttled = |event: &ClientEvent| matches!(event, ClientEvent::Throttled { .. });
    client.disconnect();
    // Each refusal of this kind has stopped the line, the last of a message as well.
    assert_eq!(events.iter().filter(throttled).count(), 3);
}
