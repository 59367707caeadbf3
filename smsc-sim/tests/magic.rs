//! Destinations, and texts, that say what happens: through our client and through a raw socket.

mod raw;

use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use smpp::client::Client;
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::value::*;
use smsc_sim::{Builder, Clock, MessageIdForm, SmscSim};

fn manual() -> Builder {
    SmscSim::builder().clock(Clock::manual())
}

fn to(destination: &str) -> SubmitSm<'static> {
    submit(1).with_destination_addr(destination.to_owned())
}

#[test]
fn statuses_through_a_socket_and_the_client() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let client = Client::builder().connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    for (destination, status) in [
        ("99910088", CommandStatus::ESME_RTHROTTLED),
        ("+99910020", CommandStatus::ESME_RMSGQFUL),
        ("0099910011", CommandStatus::ESME_RINVDSTADR),
        ("99910069", CommandStatus::ESME_RSUBMITFAIL),
        ("99911024", CommandStatus(0x400)),
    ] {
        esme.send(&to(destination), 2);
        esme.expect_status(0x8000_0004, 2, status);
        let error = client.submit_sm(&to(destination)).unwrap_err();
        assert!(matches!(error, Error::Refused { command_status, .. } if command_status == status), "{error:?}");
    }
    assert!(sim.messages().is_empty());
    let data = DataSm::default().with_destination_addr("99910088");
    esme.send(&data, 3);
    esme.expect_status(0x8000_0103, 3, CommandStatus::ESME_RTHROTTLED);
}

#[test]
fn final_states_and_error_codes() {
    let sim = manual().dlr_mix(MessageState::REJECTED).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    for (destination, state, text) in [
        ("9990", MessageState::DELIVERED, "stat:DELIVRD err:000"),
        ("99925021", MessageState::UNDELIVERABLE, "stat:UNDELIV err:021"),
        ("99923000", MessageState::EXPIRED, "stat:EXPIRED err:000"),
    ] {
        esme.send(&to(destination), 2);
        esme.expect_submitted(2);
        let (number, receipt) = esme.expect_deliver_sm();
        assert_eq!(receipt.message_state(), Some(state));
        assert!(receipt.short_message.to_str_lossy().contains(text), "{}", receipt.short_message.to_str_lossy());
        esme.answer(number, CommandStatus::ESME_ROK);
    }
}

#[test]
fn a_late_response_is_late_by_the_clock_and_its_receipt_later() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&to("9993015"), 2);
    // It is late from when it came.
    assert!(sim.wait_until(|_| true, PATIENCE).is_some());
    esme.hears_nothing(&sim);
    sim.advance(Duration::from_millis(1499));
    esme.hears_nothing(&sim);
    sim.advance(Duration::from_millis(1));
    esme.expect_submitted(2);
    esme.expect_deliver_sm();
}

#[test]
fn silence_drops_or_accepts() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&to("99940"), 2);
    esme.hears_nothing(&sim);
    assert!(sim.messages().is_empty());
    esme.send(&to("99941"), 3);
    esme.expect_deliver_sm();
    assert_eq!(sim.messages().len(), 1);
}

#[test]
fn connections_end_before_or_after_the_response() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&to("99951").with_registered_delivery(0), 2);
    esme.expect_submitted(2);
    assert!(esme.next().is_none());
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&to("99952").with_registered_delivery(0), 2);
    esme.expect_submitted(2);
    assert_eq!(esme.next().unwrap().0.command_id.0, 0x0000_0006);
    let client = Client::builder().connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    let error = client.submit_sm(&to("99950")).unwrap_err();
    assert!(error.is_unknown_outcome(), "{error:?}");
}

#[test]
fn responses_are_spoilt() {
    let sim = manual().start().unwrap();
    for (destination, id, numbers) in [
        ("99960", 0x8000_0000_u32, &[2_u32][..]),
        ("99961", 0x8000_0000, &[0]),
        ("99966", 0x8000_0004, &[2, 2]),
        ("99967", 0x8000_0004, &[2]),
    ] {
        let mut esme = Raw::bound(sim.addr(), "me");
        esme.send(&to(destination).with_registered_delivery(0), 2);
        for number in numbers {
            let (header, _) = esme.next().unwrap();
            assert_eq!((header.command_id.0, header.sequence_number), (id, *number), "{destination}");
        }
        esme.hears_nothing(&sim);
    }
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&to("99962").with_registered_delivery(0), 2);
    let (header, _) = esme.next().unwrap();
    assert!(header.command_id.0 == 0x8000_0004 && header.sequence_number != 2);
}

#[test]
fn receipts_are_spoilt() {
    let sim = manual().message_id(MessageIdForm::Hex).start().unwrap();
    // The tenth and later messages have ids that differ in hexadecimal and decimal.
    let mut esme = Raw::bound(sim.addr(), "me");
    for _ in 0..10 {
        esme.send(&submit(0), 2);
        esme.expect_submitted(2);
    }
    // Before the response.
    esme.send(&to("99970"), 3);
    let (number, receipt) = esme.expect_deliver_sm();
    esme.answer(number, CommandStatus::ESME_ROK);
    let id = esme.expect_submitted(3);
    assert_eq!((id.as_str(), receipt.receipted_message_id().unwrap().to_str_lossy().as_ref()), ("b", "b"));
    // Never.
    esme.send(&to("99973"), 4);
    esme.expect_submitted(4);
    esme.hears_nothing(&sim);
    let mut receipted = |destination: &str, copies: usize| {
        esme.send(&to(destination), 5);
        let id = esme.expect_submitted(5);
        let mut receipts = Vec::new();
        for _ in 0..copies {
            let (number, receipt) = esme.expect_deliver_sm();
            esme.answer(number, CommandStatus::ESME_ROK);
            receipts.push(receipt);
        }
        esme.hears_nothing(&sim);
        (id, receipts)
    };
    let (_, twice) = receipted("99971", 2);
    assert_eq!(twice[0].receipted_message_id(), twice[1].receipted_message_id());
    let (id, unknown) = receipted("99972", 1);
    assert_ne!(unknown[0].receipted_message_id().unwrap(), id.as_str());
    let (id, decimal) = receipted("99974", 1);
    let number = u64::from_str_radix(&id, 16).unwrap().to_string();
    assert_eq!(decimal[0].receipted_message_id().unwrap(), number.as_str());
    let (_, plain) = receipted("99975", 1);
    assert!(plain[0].receipted_message_id().is_none() && !plain[0].short_message.is_empty());
    let (_, tlvs) = receipted("99976", 1);
    assert!(tlvs[0].receipted_message_id().is_some() && tlvs[0].short_message.is_empty());
    let (_, no_sub) = receipted("99977", 1);
    assert!(!no_sub[0].short_message.to_str_lossy().contains("sub:"));
}

#[test]
fn a_text_comes_back() {
    let sim = manual().start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&to("9998").with_registered_delivery(0), 2);
    esme.expect_submitted(2);
    let (_, message) = esme.expect_deliver_sm();
    assert_eq!(message.short_message.as_bytes(), b"hello");
    assert!(message.source_addr == "9998" && message.destination_addr == "12345");
}

#[test]
fn magic_can_be_turned_off_and_texts_can_be_magic() {
    let sim = manual().magic(false).inband(true).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&to("99910088").with_registered_delivery(0), 2);
    esme.expect_submitted(2);
    let text = "#sim{delay=2s,dlr=UNDELIV/021} hello";
    esme.send(&submit(1).with_short_message(text), 3);
    esme.hears_nothing(&sim);
    sim.advance(Duration::from_secs(2));
    esme.expect_submitted(3);
    let (_, receipt) = esme.expect_deliver_sm();
    assert!(receipt.short_message.to_str_lossy().contains("stat:UNDELIV err:021"));
    let off = manual().start().unwrap();
    let mut esme = Raw::bound(off.addr(), "me");
    esme.send(&submit(0).with_short_message("#sim{status=88}"), 2);
    esme.expect_submitted(2);
    assert!(off.wait_until(|message| message.is_final(), PATIENCE).is_some());
}
