//! What becomes of messages, and when, by a clock that the test moves.

mod raw;

use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use smpp::client::Client;
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::sms::{AbsoluteTime, RelativeTime};
use smpp::value::*;
use smsc_sim::{Builder, Clock, Delay, OutcomeMix, SCHEDULED, SmscSim};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn manual() -> Builder {
    SmscSim::builder().clock(Clock::manual()).dlr_delay(SECOND)
}

fn bound(sim: &SmscSim) -> Client {
    let client = Client::builder().system_id("me").connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    client
}

fn status<T: std::fmt::Debug>(outcome: Result<T, Error>) -> CommandStatus {
    outcome.unwrap_err().command_status().unwrap()
}

fn query(id: &str) -> QuerySm<'static> {
    QuerySm::default().with_message_id(id.to_owned()).with_source_addr("12345")
}

fn relative(time: Duration) -> RelativeTime {
    time.try_into().unwrap()
}

#[test]
fn a_validity_of_72_hours_runs_out_in_milliseconds() {
    let sim = manual().dlr_mix(MessageState::ENROUTE).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(1), 2);
    let id = esme.expect_submitted(2);
    sim.advance(72 * HOUR - SECOND);
    esme.hears_nothing(&sim);
    assert_eq!(sim.messages()[0].state, MessageState::ENROUTE);
    sim.advance(SECOND);
    let (_, receipt) = esme.expect_deliver_sm();
    assert_eq!(receipt.message_state(), Some(MessageState::EXPIRED));
    assert_eq!(
        receipt.short_message.to_str_lossy(),
        format!(
            "id:{id} sub:001 dlvrd:000 submit date:2601010000 done date:2601040000 stat:EXPIRED err:000 text:hello"
        )
    );
    assert_eq!(sim.messages()[0].done, Some(sim.now()));
}

#[test]
fn validity_is_absolute_or_relative_and_no_longer_than_the_simulator_allows() {
    let sim = manual().dlr_mix(MessageState::ENROUTE).max_validity(10 * HOUR).start().unwrap();
    let client = bound(&sim);
    let absolute = AbsoluteTime::try_from(sim.now() + 2 * HOUR).unwrap();
    let submit_with = |validity: String| {
        client.submit_sm(&submit(0).with_validity_period(validity)).unwrap();
    };
    submit_with(String::new());
    submit_with(relative(HOUR).to_string());
    submit_with(absolute.to_string());
    submit_with(relative(20 * HOUR).to_string());
    let after: Vec<_> = sim.messages().iter().map(|message| message.expires).collect();
    assert_eq!(after, [10, 1, 2, 10].map(|hours| sim.now() + hours * HOUR));
    sim.advance(2 * HOUR);
    let expired: Vec<_> = sim.messages().iter().map(|message| message.state == MessageState::EXPIRED).collect();
    assert_eq!(expired, [false, true, true, false]);
    let over = submit(0).with_validity_period(absolute);
    assert_eq!(status(client.submit_sm(&over)), CommandStatus::ESME_RINVEXPIRY);
}

#[test]
fn a_delivery_that_ends_when_the_validity_does_is_one() {
    let sim = manual().dlr_delay(HOUR).start().unwrap();
    let client = bound(&sim);
    client.submit_sm(&submit(0).with_validity_period(relative(HOUR))).unwrap();
    client.submit_sm(&submit(0).with_validity_period(relative(HOUR - SECOND))).unwrap();
    sim.advance(HOUR);
    let states: Vec<_> = sim.messages().iter().map(|message| message.state).collect();
    assert_eq!(states, [MessageState::DELIVERED, MessageState::EXPIRED]);
}

#[test]
fn a_scheduled_message_waits_and_is_asked_for_as_3_4_has_it() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    // What wants both an intermediate notification and a receipt.
    esme.send(&submit(0x11).with_schedule_delivery_time(relative(5 * HOUR)), 2);
    let id = esme.expect_submitted(2);
    assert_eq!((sim.messages()[0].state, sim.messages()[0].scheduled), (SCHEDULED, Some(sim.now() + 5 * HOUR)));
    esme.hears_nothing(&sim);

    let client = bound(&sim);
    assert_eq!(client.query_sm(&query(&id)).unwrap().message_state, MessageState::ENROUTE);
    let newer =
        Client::builder().system_id("me").interface_version(InterfaceVersion(0x50)).connect(sim.addr()).unwrap();
    newer.bind_transmitter().unwrap();
    assert_eq!(newer.query_sm(&query(&id)).unwrap().message_state, SCHEDULED);
    client.unbind().unwrap();
    assert!(client.wait_closed(PATIENCE).is_some());

    sim.advance(5 * HOUR);
    let (number, notification) = esme.expect_deliver_sm();
    assert_eq!((notification.esm_class.0, notification.message_state()), (0x20, Some(MessageState::ENROUTE)));
    esme.answer(number, CommandStatus::ESME_ROK);
    esme.hears_nothing(&sim);
    sim.advance(SECOND);
    let (_, receipt) = esme.expect_deliver_sm();
    assert_eq!((receipt.esm_class.0, receipt.message_state()), (0x04, Some(MessageState::DELIVERED)));
}

#[test]
fn schedules_are_absolute_too_and_those_that_are_over_mean_now() {
    let sim = manual().start().unwrap();
    let client = bound(&sim);
    let in_an_hour = AbsoluteTime::try_from(sim.now() + HOUR).unwrap();
    let an_hour_ago = AbsoluteTime::try_from(sim.now() - HOUR).unwrap();
    client.submit_sm(&submit(0).with_schedule_delivery_time(in_an_hour)).unwrap();
    client.submit_sm(&submit(0).with_schedule_delivery_time(an_hour_ago)).unwrap();
    sim.advance(SECOND);
    let states = || sim.messages().iter().map(|message| message.state).collect::<Vec<_>>();
    assert_eq!(states(), [SCHEDULED, MessageState::DELIVERED]);
    sim.advance(HOUR);
    assert_eq!(states(), [MessageState::DELIVERED; 2]);
    let late = submit(0).with_schedule_delivery_time(relative(2 * HOUR)).with_validity_period(relative(HOUR));
    assert_eq!(status(client.submit_sm(&late)), CommandStatus::ESME_RINVEXPIRY);
    let mut esme = Raw::bound(sim.addr(), "other");
    for (schedule, validity, status) in [
        ("991301000000000+", "", CommandStatus::ESME_RINVSCHED),
        ("", "240101000000000Z", CommandStatus::ESME_RINVEXPIRY),
    ] {
        let pdu = submit(0).with_schedule_delivery_time(schedule).with_validity_period(validity);
        esme.send(&pdu, 5);
        esme.expect_status(0x8000_0004, 5, status);
    }
}

#[test]
fn data_sm_expires_by_its_qos_time_to_live() {
    let sim = manual().dlr_mix(MessageState::ENROUTE).start().unwrap();
    let client = bound(&sim);
    let data = DataSm::default().with_destination_addr("4179").with_message_payload("hi").with_qos_time_to_live(60_u32);
    client.data_sm(&data).unwrap();
    sim.advance(59 * SECOND);
    assert_eq!(sim.messages()[0].state, MessageState::ENROUTE);
    sim.advance(SECOND);
    assert_eq!(sim.messages()[0].state, MessageState::EXPIRED);
}

#[test]
fn query_cancel_and_replace_in_every_state() {
    let finals = ["DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD"];
    for word in finals.into_iter().chain(["ENROUTE", "SCHEDULED"]) {
        let mix = if word == "SCHEDULED" { "DELIVRD=1".to_owned() } else { format!("{word}=1") };
        let sim = manual().dlr_mix(mix.parse::<OutcomeMix>().unwrap()).start().unwrap();
        let client = bound(&sim);
        let pdu = match word {
            "SCHEDULED" => submit(0).with_schedule_delivery_time(relative(HOUR)),
            _ => submit(0),
        };
        let id = client.submit_sm(&pdu).unwrap().message_id.to_str_lossy().into_owned();
        sim.advance(SECOND);
        let is_final = finals.contains(&word);
        assert_eq!(sim.messages()[0].is_final(), is_final, "{word}");

        let answer = client.query_sm(&query(&id)).unwrap();
        let wanted = if word == "SCHEDULED" { MessageState::ENROUTE } else { sim.messages()[0].state };
        assert_eq!((answer.message_state, answer.message_id.as_str()), (wanted, Some(&*id)), "{word}");
        let final_date = if is_final { "260101000001000+" } else { "" };
        assert_eq!(answer.final_date, final_date, "{word}");

        let replace =
            ReplaceSm::default().with_message_id(id.clone()).with_source_addr("12345").with_short_message("new");
        let cancel = CancelSm::default().with_message_id(id.clone()).with_source_addr("12345");
        if is_final {
            assert_eq!(status(client.replace_sm(&replace)), CommandStatus::ESME_RREPLACEFAIL, "{word}");
            assert_eq!(status(client.cancel_sm(&cancel)), CommandStatus::ESME_RCANCELFAIL, "{word}");
            assert_eq!(sim.messages()[0].text(), "hello", "{word}");
        } else {
            client.replace_sm(&replace).unwrap();
            assert_eq!(sim.messages()[0].text(), "new", "{word}");
            client.cancel_sm(&cancel).unwrap();
            assert_eq!(sim.messages()[0].state, MessageState::DELETED, "{word}");
            // It is not brought to another state when its time comes.
            sim.advance(100 * HOUR);
            assert_eq!(sim.messages()[0].state, MessageState::DELETED, "{word}");
        }
    }
}

#[test]
fn only_who_knows_the_addresses_is_let_at_a_message() {
    let sim = manual().start().unwrap();
    let client = bound(&sim);
    let pdu = submit(0).with_source_addr_ton(Ton::INTERNATIONAL).with_source_addr_npi(Npi::ISDN);
    let id = client.submit_sm(&pdu).unwrap().message_id;
    let query = QuerySm::default().with_message_id(id.clone());
    let cancel = CancelSm::default().with_message_id(id.clone());
    let replace = ReplaceSm::default().with_message_id(id);
    for (ton, addr) in [(0, ""), (0, "1234"), (2, "12345")] {
        let query = query.clone().with_source_addr(addr).with_source_addr_ton(ton);
        assert_eq!(status(client.query_sm(&query)), CommandStatus::ESME_RQUERYFAIL);
        let cancel = cancel.clone().with_source_addr(addr).with_source_addr_ton(ton);
        assert_eq!(status(client.cancel_sm(&cancel)), CommandStatus::ESME_RCANCELFAIL);
        let replace = replace.clone().with_source_addr(addr).with_source_addr_ton(ton);
        assert_eq!(status(client.replace_sm(&replace)), CommandStatus::ESME_RREPLACEFAIL);
    }
    let other = Client::builder().system_id("you").connect(sim.addr()).unwrap();
    other.bind_transceiver().unwrap();
    assert_eq!(status(other.query_sm(&query.clone().with_source_addr("12345"))), CommandStatus::ESME_RINVMSGID);
    // TON 0 is not known, and 1 is right.
    client.query_sm(&query.clone().with_source_addr("12345")).unwrap();
    client.query_sm(&query.with_source_addr("12345").with_source_addr_ton(1)).unwrap();
    let cancel = cancel.with_source_addr("12345");
    let elsewhere = cancel.clone().with_destination_addr("4179");
    assert_eq!(status(client.cancel_sm(&elsewhere)), CommandStatus::ESME_RCANCELFAIL);
    client.cancel_sm(&cancel.with_destination_addr("4179123456")).unwrap();
}

#[test]
fn a_group_is_cancelled_by_addresses_and_service_type() {
    let sim = manual().start().unwrap();
    let client = bound(&sim);
    client.submit_sm(&submit(0).with_service_type("VMA")).unwrap();
    client.submit_sm(&submit(0)).unwrap();
    client.submit_sm(&submit(0).with_destination_addr("5")).unwrap();
    let all = CancelSm::default().with_source_addr("12345").with_destination_addr("4179123456");
    client.cancel_sm(&all.clone().with_service_type("VMA")).unwrap();
    let deleted = || sim.messages().iter().map(|message| message.is_final()).collect::<Vec<_>>();
    assert_eq!(deleted(), [true, false, false]);
    assert_eq!(status(client.cancel_sm(&all.clone().with_service_type("VMA"))), CommandStatus::ESME_RCANCELFAIL);
    client.cancel_sm(&all.clone()).unwrap();
    assert_eq!(deleted(), [true, true, false]);
    // Without a destination it is about messages without one.
    assert_eq!(status(client.cancel_sm(&all.with_destination_addr(""))), CommandStatus::ESME_RCANCELFAIL);
}

#[test]
fn replacing_changes_the_times_that_it_names() {
    let sim = manual().start().unwrap();
    let client = bound(&sim);
    let begin = sim.now();
    let id = client.submit_sm(&submit(0).with_schedule_delivery_time(relative(HOUR))).unwrap().message_id;
    let replace = ReplaceSm::default()
        .with_message_id(id)
        .with_source_addr("12345")
        .with_registered_delivery(1)
        .with_short_message("new");
    sim.advance(HOUR / 2);
    client.replace_sm(&replace).unwrap();
    assert_eq!((sim.messages()[0].scheduled, sim.messages()[0].submitted), (Some(begin + HOUR), begin + HOUR / 2));
    // An hour from now, not from when it was submitted.
    client.replace_sm(&replace.clone().with_schedule_delivery_time(relative(HOUR))).unwrap();
    sim.advance(HOUR - SECOND);
    assert_eq!(sim.messages()[0].state, SCHEDULED);
    sim.advance(SECOND);
    assert_eq!(sim.messages()[0].state, MessageState::ENROUTE);
    // What is on its way can be put off again.
    client.replace_sm(&replace.clone().with_schedule_delivery_time(relative(HOUR))).unwrap();
    assert_eq!(sim.messages()[0].state, SCHEDULED);
    let too_late = replace.clone().with_validity_period(relative(HOUR));
    assert_eq!(status(client.replace_sm(&too_late)), CommandStatus::ESME_RINVEXPIRY);
    client.replace_sm(&replace.with_validity_period(relative(HOUR + SECOND))).unwrap();
    assert_eq!(sim.messages()[0].pdu.registered_delivery.0, 1);
    sim.advance(HOUR + SECOND);
    assert_eq!(sim.messages()[0].state, MessageState::DELIVERED);
}

#[test]
fn a_message_without_validity_may_be_put_off_for_longer_than_the_default() {
    let sim = manual().start().unwrap();
    let client = bound(&sim);
    let id = client.submit_sm(&submit(0)).unwrap().message_id;
    let replace = ReplaceSm::default().with_message_id(id).with_source_addr("12345").with_short_message("new");
    client.replace_sm(&replace.with_schedule_delivery_time(relative(100 * HOUR))).unwrap();
    assert_eq!(sim.messages()[0].expires, sim.now() + (100 + 72) * HOUR);
    sim.advance(100 * HOUR + SECOND);
    assert_eq!(sim.messages()[0].state, MessageState::DELIVERED);
}

#[test]
fn a_delivery_that_a_replacement_begins_is_notified_of_once() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(0).with_schedule_delivery_time(relative(HOUR)), 2);
    let id = esme.expect_submitted(2);
    let replace = ReplaceSm::default().with_message_id(id).with_source_addr("12345").with_registered_delivery(0x10);
    // At once: then it is on its way, and was not before.
    esme.send(&replace.clone().with_schedule_delivery_time("000000000000000R"), 3);
    esme.expect_status(0x8000_0007, 3, CommandStatus::ESME_ROK);
    let (number, notification) = esme.expect_deliver_sm();
    assert_eq!((notification.esm_class.0, notification.message_state()), (0x20, Some(MessageState::ENROUTE)));
    esme.answer(number, CommandStatus::ESME_ROK);
    esme.send(&replace, 4);
    esme.expect_status(0x8000_0007, 4, CommandStatus::ESME_ROK);
    esme.hears_nothing(&sim);
    sim.advance(SECOND);
    assert_eq!(sim.messages()[0].state, MessageState::DELIVERED);
}

#[test]
fn replace_if_present_takes_the_place_of_what_is_pending() {
    let sim = manual().start().unwrap();
    let client = bound(&sim);
    let first = client.submit_sm(&submit(0)).unwrap().message_id;
    let flagged = submit(1).with_replace_if_present_flag(1).with_short_message("new");
    sim.advance(SECOND / 2);
    assert_eq!(client.submit_sm(&flagged).unwrap().message_id, first);
    assert_eq!((sim.messages().len(), sim.messages()[0].text().as_str()), (1, Some("new")));
    // Its delivery begins anew.
    sim.advance(SECOND - SECOND / 4);
    assert_eq!(sim.messages()[0].state, MessageState::ENROUTE);
    // Others are not touched: another service_type, another destination, not pending any more.
    assert_ne!(client.submit_sm(&flagged.clone().with_service_type("VMA")).unwrap().message_id, first);
    assert_ne!(client.submit_sm(&flagged.clone().with_destination_addr("5")).unwrap().message_id, first);
    sim.advance(SECOND);
    assert_ne!(client.submit_sm(&flagged).unwrap().message_id, first);
    assert_eq!(sim.messages().len(), 4);
}

#[test]
fn submit_multi_replaces_nothing_and_loses_nothing() {
    let sim = manual().start().unwrap();
    let client = bound(&sim);
    client.submit_sm(&submit(0)).unwrap();
    let to = |addr: &'static str| DestAddress::SmeAddress {
        dest_addr_ton: Ton::UNKNOWN,
        dest_addr_npi: Npi::UNKNOWN,
        destination_addr: addr.into(),
    };
    let multi = SubmitMulti::default()
        .with_source_addr("12345")
        .with_dest_address([to("4179123456"), to("4179123457")])
        .with_short_message("new");
    // Its replace_if_present_flag is reserved (section 4.5.1).
    let flagged = multi.clone().with_replace_if_present_flag(1);
    assert_eq!(status(client.submit_multi(&flagged)), CommandStatus::ESME_RINVREPFLAG);
    client.submit_multi(&multi).unwrap();
    let texts: Vec<_> = sim.messages().iter().map(|message| message.text().to_string()).collect();
    assert_eq!(texts, ["hello", "new", "new"]);
}

#[test]
fn what_is_not_kept_any_more_does_not_come_back() {
    let sim = manual().max_messages(1).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(1), 2);
    esme.expect_submitted(2);
    esme.send(&submit(1), 3);
    let second = esme.expect_submitted(3);
    sim.advance(100 * HOUR);
    let (_, receipt) = esme.expect_deliver_sm();
    assert_eq!(receipt.receipted_message_id().unwrap(), second.as_str());
    esme.hears_nothing(&sim);
}

/// What two runs have in common: the states, and how long each message took.
fn run(seed: u64, others: bool) -> Vec<(MessageState, Duration)> {
    let sim = manual()
        .seed(seed)
        .dlr_mix("DELIVRD=50,UNDELIV=30,REJECTD=20".parse::<OutcomeMix>().unwrap())
        .dlr_delay(Delay::LogNormal { median: HOUR, sigma: 1.0 })
        .start()
        .unwrap();
    let other = Client::builder().system_id("you").connect(sim.addr()).unwrap();
    other.bind_transceiver().unwrap();
    let client = bound(&sim);
    for _ in 0..50 {
        client.submit_sm(&submit(0)).unwrap();
        if others {
            other.submit_sm(&submit(0)).unwrap();
            client.enquire_link().unwrap();
        }
    }
    sim.advance(1000 * HOUR);
    let messages = sim.messages();
    let own = messages.iter().filter(|message| message.system_id == "me");
    own.map(|message| (message.state, message.done.unwrap().duration_since(message.submitted).unwrap())).collect()
}

#[test]
fn a_seed_repeats_what_becomes_of_a_session_whatever_others_do() {
    let first = run(42, false);
    assert_eq!(first, run(42, true));
    assert_ne!(first, run(43, false));
    for state in [MessageState::DELIVERED, MessageState::UNDELIVERABLE, MessageState::REJECTED] {
        assert!(first.iter().any(|(other, _)| *other == state), "{first:?}");
    }
    assert!(first.iter().any(|(_, took)| *took < HOUR) && first.iter().any(|(_, took)| *took > HOUR));
}

#[test]
fn the_same_seed_gives_the_same_octets() {
    let octets = || {
        let sim = manual().seed(9).dlr_mix("DELIVRD=1,UNDELIV=1".parse::<OutcomeMix>().unwrap()).start().unwrap();
        let mut esme = Raw::bound(sim.addr(), "me");
        let mut trace = Vec::new();
        for number in 2..20 {
            esme.send(&submit(0x11), number);
            // The response, the notification, and after a second the receipt.
            for step in 0..3 {
                let (header, pdu) = esme.next().unwrap();
                if step > 0 {
                    esme.answer(header.sequence_number, CommandStatus::ESME_ROK);
                } else {
                    // Nothing else is on its way when the clock moves on.
                    assert_eq!(header.sequence_number, number);
                }
                if step == 1 {
                    sim.advance(SECOND);
                }
                trace.push((header, pdu));
            }
        }
        trace
    };
    assert_eq!(octets(), octets());
}
