//! What an SMSC does beyond single messages: submit_multi, outbind, alert_notification, states by hand, carriers.

mod raw;

use std::net::TcpListener;

use raw::{PATIENCE, Raw, submit};
use smpp::Pdu;
use smpp::client::Client;
use smpp::pdu::*;
use smpp::session::BindKind;
use smpp::value::*;
use smsc_sim::{
    Account, Builder, Carrier, Clock, ControlError, MessageIdForm, OutboundError, ReceiptIdForm, ReceiptState, SmscSim,
    Via,
};

fn manual() -> Builder {
    SmscSim::builder().clock(Clock::manual())
}

fn sme(ton: u8, npi: u8, addr: &'static str) -> DestAddress<'static> {
    DestAddress::SmeAddress { dest_addr_ton: Ton(ton), dest_addr_npi: Npi(npi), destination_addr: addr.into() }
}

fn list(name: &'static str) -> DestAddress<'static> {
    DestAddress::DistributionList { dl_name: name.into() }
}

fn multi<const N: usize>(destinations: [DestAddress<'static>; N]) -> SubmitMulti<'static> {
    SubmitMulti::default().with_source_addr("12345").with_dest_address(destinations).with_short_message("hi")
}

fn refused(response: &SubmitMultiResp<'_>) -> Vec<(String, CommandStatus)> {
    let pair = |one: UnsuccessSme<'_>| (one.destination_addr.to_str_lossy().into_owned(), one.error_status_code);
    response.unsuccess_sme.iter().map(pair).collect()
}

#[test]
fn a_submit_multi_names_those_that_it_does_not_reach() {
    let sim = manual().distribution_list("friends", ["+41791", "41792"]).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let all = [sme(1, 1, "447700900123"), sme(9, 1, "1"), sme(1, 2, "2"), sme(1, 1, ""), list("friends"), list("foes")];
    esme.send(&multi(all).with_registered_delivery(1), 2);
    let Pdu::SubmitMultiResp(response) = esme.expect_status(0x8000_0021, 2, CommandStatus::ESME_ROK) else { panic!() };
    let wanted = [
        ("1", CommandStatus::ESME_RINVDSTTON),
        ("2", CommandStatus::ESME_RINVDSTNPI),
        ("", CommandStatus::ESME_RINVDSTADR),
        ("foes", CommandStatus::ESME_RINVDLNAME),
    ];
    assert_eq!(refused(&response), wanted.map(|(addr, status)| (addr.to_owned(), status)));
    for addr in ["447700900123", "41791", "41792"] {
        let (number, receipt) = esme.expect_deliver_sm();
        assert_eq!(
            (receipt.source_addr.as_str(), receipt.receipted_message_id()),
            (Some(addr), Some(response.message_id.clone()))
        );
        esme.answer(number, CommandStatus::ESME_ROK);
    }
    let tons: Vec<_> = sim.messages().iter().map(|message| message.pdu.dest_addr_ton.0).collect();
    assert_eq!(tons, [1, 1, 0]);
}

#[test]
fn a_submit_multi_that_reaches_nobody_is_refused() {
    let sim = manual().start().unwrap();
    let client = Client::builder().system_id("me").connect(sim.addr()).unwrap();
    client.bind_transceiver().unwrap();
    for (pdu, wanted) in [
        (multi([list("foes"), list("more")]), CommandStatus::ESME_RINVDLNAME),
        (multi([list("foes"), sme(0, 0, "")]), CommandStatus::ESME_RSUBMITFAIL),
    ] {
        match client.submit_multi(&pdu) {
            Err(smpp::driver::Error::Refused { command_status, .. }) => assert_eq!(command_status, wanted),
            other => panic!("{other:?}"),
        }
    }
    let partly = client.submit_multi(&multi([sme(0, 0, "1"), list("foes")])).unwrap();
    assert_eq!(refused(&partly), [("foes".to_owned(), CommandStatus::ESME_RINVDLNAME)]);
    assert_eq!(sim.messages().len(), 1);
}

#[test]
fn an_esme_binds_when_it_is_asked_to_and_gets_what_is_held() {
    let sim = SmscSim::builder().user("me", "secret").start().unwrap();
    let held = sim.mo("1", "2", "held").to_system_id("me").start().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let outbound = sim.outbind(listener.local_addr().unwrap(), "smsc", "pw").unwrap();
    let mut esme = Raw::of(listener.accept().unwrap().0);
    match esme.next().unwrap().1 {
        Pdu::Outbind(pdu) => assert_eq!((pdu.system_id.as_str(), pdu.password.as_bytes()), (Some("smsc"), &b"pw"[..])),
        other => panic!("{other:?}"),
    }
    esme.send(&BindReceiver::default().with_system_id("me").with_password("secret").with_interface_version(0x34), 1);
    esme.expect_status(0x8000_0001, 1, CommandStatus::ESME_ROK);
    assert_eq!(outbound.wait_bound(PATIENCE).unwrap(), BindKind::Receiver);
    let (number, _) = esme.expect_deliver_sm();
    esme.answer(number, CommandStatus::ESME_ROK);
    assert_eq!(held.wait(PATIENCE).unwrap().command_status(), Some(CommandStatus::ESME_ROK));

    let outbound = sim.outbind(listener.local_addr().unwrap(), "smsc", "pw").unwrap();
    drop(listener.accept().unwrap());
    assert!(matches!(outbound.wait_bound(PATIENCE), Err(OutboundError::NotBound)));
    let gone = listener.local_addr().unwrap();
    drop(listener);
    assert!(matches!(sim.outbind(gone, "smsc", ""), Err(OutboundError::Connect(_))));
}

#[test]
fn an_esme_is_alerted_by_hand_and_when_a_mobile_is_back() {
    let sim = manual().dlr_mix(MessageState::ENROUTE).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let expect_alert = |esme: &mut Raw, mobile: &str| match esme.next().unwrap().1 {
        Pdu::AlertNotification(pdu) => {
            assert_eq!(pdu.source_addr, *mobile);
            assert_eq!(pdu.ms_availability_status(), Some(MsAvailabilityStatus::AVAILABLE));
        }
        other => panic!("{other:?}"),
    };
    sim.alert_notification("me", "+4179").unwrap();
    expect_alert(&mut esme, "4179");
    let mut ids = Vec::new();
    for (number, set_dpf) in [(2, 1), (3, 0), (4, 0)] {
        let to = ["41791", "41792", "41791"][number as usize - 2];
        let data = DataSm::default().with_destination_addr(to).with_set_dpf(SetDpf(set_dpf));
        esme.send(&data, number);
        match esme.expect_status(0x8000_0103, number, CommandStatus::ESME_ROK) {
            Pdu::DataSmResp(response) => ids.push(response.message_id.to_str_lossy().into_owned()),
            other => panic!("{other:?}"),
        }
    }
    sim.set_state(&ids[0], MessageState::UNDELIVERABLE, None).unwrap();
    sim.set_state(&ids[1], MessageState::DELIVERED, None).unwrap();
    esme.hears_nothing(&sim);
    sim.set_state(&ids[2], MessageState::DELIVERED, None).unwrap();
    expect_alert(&mut esme, "41791");
    sim.set_state(&ids[2], MessageState::DELIVERED, None).unwrap();
    esme.hears_nothing(&sim);
}

#[test]
fn states_are_forced_and_receipts_sent_again() {
    let sim = manual().dlr_mix(MessageState::ENROUTE).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    esme.send(&submit(1), 2);
    let id = esme.expect_submitted(2);
    assert_eq!(sim.resend_receipt(&id).unwrap_err(), ControlError::NotFinal(MessageState::ENROUTE));
    let error = sim.set_state(&id, MessageState::ENROUTE, None).unwrap_err();
    assert_eq!(error.to_string(), "ENROUTE is not a final state");
    assert_eq!(sim.set_state("x", MessageState::DELIVERED, None).unwrap_err().to_string(), "no message has the id `x`");
    let expect = |esme: &mut Raw, wanted: &str| {
        let (number, receipt) = esme.expect_deliver_sm();
        assert!(receipt.short_message.as_str().unwrap().contains(wanted), "{receipt:?}");
        esme.answer(number, CommandStatus::ESME_ROK);
    };
    sim.set_state(&id, MessageState::UNDELIVERABLE, Some("021")).unwrap();
    expect(&mut esme, "dlvrd:000");
    sim.resend_receipt(&id).unwrap();
    expect(&mut esme, "stat:UNDELIV err:021");
    sim.set_state(&id, MessageState::DELIVERED, None).unwrap();
    expect(&mut esme, "stat:DELIVRD err:000");
    esme.hears_nothing(&sim);
    assert_eq!(sim.messages()[0].state, MessageState::DELIVERED);
}

#[test]
fn each_account_has_its_own_carrier() {
    let mut hex = Carrier::default();
    hex.message_id = MessageIdForm::HexUpper;
    hex.lifecycle.mix = MessageState::REJECTED.into();
    hex.receipt.id = ReceiptIdForm::Padded10;
    hex.receipt.via = Via::DataSm;
    hex.receipt.intermediate = false;
    hex.receipt.tlvs = vec!["0x1403=hex:01".parse().unwrap()];
    let builder = manual().carrier("hex", hex);
    let account = |name: &str| Account::new(name, "").with_profile("hex");
    let sim = builder.clone().account(account("alice")).user("bob", "").start().unwrap();
    let (mut alice, mut bob) = (Raw::bound(sim.addr(), "alice"), Raw::bound(sim.addr(), "bob"));
    for number in 2..12 {
        bob.send(&submit(1), number);
        assert_eq!(bob.expect_submitted(number), (number - 1).to_string());
        let (sequence, receipt) = bob.expect_deliver_sm();
        assert_eq!(receipt.message_state(), Some(MessageState::DELIVERED));
        bob.answer(sequence, CommandStatus::ESME_ROK);
    }
    alice.send(&submit(0x11), 2);
    assert_eq!(alice.expect_submitted(2), "B");
    match alice.next().unwrap().1 {
        Pdu::DataSm(receipt) => {
            assert_eq!((receipt.esm_class.0, receipt.message_state()), (0x04, Some(MessageState::REJECTED)));
            assert!(receipt.message_payload().unwrap().as_str().unwrap().starts_with("id:0000000011 "));
            assert_eq!(receipt.tlvs.find(0x1403), Some(&[1][..]));
        }
        other => panic!("{other:?}"),
    }
    let error = builder.account("eve:,profile=hx".parse().unwrap()).start().unwrap_err().to_string();
    assert!(error.contains("unknown carrier profile `hx`, did you mean `hex`?"), "{error}");
}

#[test]
fn an_esme_of_smpp_3_3_gets_ids_that_it_has_room_for() {
    let sim = manual().message_id(MessageIdForm::Uuid).start().unwrap();
    for (version, len) in [(0x33, 1), (0x34, 36), (0x50, 36)] {
        let mut esme = Raw::connect(sim.addr());
        esme.send(&BindTransceiver::default().with_system_id("me").with_interface_version(version), 1);
        esme.expect_status(0x8000_0009, 1, CommandStatus::ESME_ROK);
        esme.send(&submit(0), 2);
        assert_eq!(esme.expect_submitted(2).len(), len, "{version:#x}");
    }
}

#[test]
fn what_is_over_makes_room_for_what_is_on_its_way() {
    let sim = manual().dlr_mix(MessageState::ENROUTE).max_messages(2).start().unwrap();
    let mut esme = Raw::bound(sim.addr(), "me");
    let mut ids = Vec::new();
    for number in 2..5 {
        esme.send(&submit(1), number);
        ids.push(esme.expect_submitted(number));
        if number == 3 {
            sim.set_state(&ids[1], MessageState::DELIVERED, None).unwrap();
            let (number, _) = esme.expect_deliver_sm();
            esme.answer(number, CommandStatus::ESME_ROK);
            let is_told = |message: &smsc_sim::Message| message.receipt == ReceiptState::Delivered;
            assert!(sim.wait_until(is_told, PATIENCE).is_some());
        }
    }
    let left: Vec<_> = sim.messages().into_iter().map(|message| message.id).collect();
    assert_eq!(left, [ids[0].clone(), ids[2].clone()]);
}

#[test]
fn stopping_may_take_as_long_as_it_likes() {
    SmscSim::builder().start().unwrap().stop(std::time::Duration::MAX);
}
