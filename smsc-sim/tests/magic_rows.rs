//! Every row of the table of magic numbers, and texts that say what happens: through a client of ours and a raw socket.
//! What the octets are that come is in `magic.rs`.

mod both;
mod raw;

use std::io::{ErrorKind, Read};
use std::time::Duration;

use both::{Answer, Ours, manual, with_both};
use raw::{PATIENCE, Raw, submit};
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::session::CloseReason;
use smpp::value::*;
use smsc_sim::{MessageIdForm, SmscSim};

fn start() -> SmscSim {
    manual().message_id(MessageIdForm::Hex).start().unwrap()
}

fn to(destination: &str) -> SubmitSm<'static> {
    submit(1).with_destination_addr(destination.to_owned())
}

#[test]
fn numbers_0_to_2_are_outcomes() {
    // Whatever the mix is.
    let start = || manual().dlr_mix(MessageState::REJECTED).start().unwrap();
    with_both(start, |sim, esme| {
        for (destination, stat, err) in [
            ("9990", "DELIVRD", "000"),
            ("+99905551234", "DELIVRD", "000"),
            ("99922000", "DELIVRD", "000"),
            ("99923001", "EXPIRED", "001"),
            ("00999240125", "DELETED", "012"),
            ("99925021", "UNDELIV", "021"),
            ("99926999", "ACCEPTD", "999"),
            ("99927000", "UNKNOWN", "000"),
            ("99928042", "REJECTD", "042"),
            // No magic number, as 1 and 9 are no final states.
            ("99921000", "REJECTD", "000"),
            ("99929000", "REJECTD", "000"),
        ] {
            let id = esme.submit(&to(destination)).id();
            let receipt = esme.delivered();
            let text = receipt.short_message.to_str_lossy();
            assert!(text.contains(&format!("stat:{stat} err:{err}")), "{destination}: {text}");
            assert!(
                text.starts_with(&format!("id:{id} ")) && receipt.message_state().is_some(),
                "{destination}: {text}"
            );
        }
        for (destination, status) in [
            ("99910088", CommandStatus::ESME_RTHROTTLED),
            ("99910020", CommandStatus::ESME_RMSGQFUL),
            ("99910011", CommandStatus::ESME_RINVDSTADR),
            ("+999100691", CommandStatus::ESME_RSUBMITFAIL),
            ("0099911024", CommandStatus(0x400)),
            ("99910000", CommandStatus::ESME_ROK),
        ] {
            assert_eq!(
                esme.submit(&to(destination).with_registered_delivery(0)).status(),
                Some(status),
                "{destination}"
            );
        }
        esme.quiet(sim);
    });
}

#[test]
fn numbers_3_and_4_are_late_or_never_answered() {
    with_both(start, |sim, esme| {
        for (destination, late) in [("9993001", 100), ("9993015", 1500), ("99939999", 99_900)] {
            esme.begin(&to(destination).with_registered_delivery(0));
            esme.quiet(sim);
            sim.advance(Duration::from_millis(late - 1));
            esme.quiet(sim);
            sim.advance(Duration::from_millis(1));
            esme.answer().id();
        }
        let before = sim.messages().len();
        esme.begin(&to("99940"));
        esme.quiet(sim);
        assert_eq!(sim.messages().len(), before);
        esme.begin(&to("99941"));
        esme.delivered();
        esme.quiet(sim);
        assert_eq!(sim.messages().len(), before + 1);
    });
}

#[test]
fn numbers_5_end_the_session() {
    with_both(start, |sim, esme| {
        assert_eq!(esme.submit(&to("99950")), Answer::Ended(Some(ErrorKind::ConnectionReset)));
        assert_eq!(sim.messages().len(), 1);
    });
    with_both(start, |_, esme| {
        esme.submit(&to("99951").with_registered_delivery(0)).id();
        assert_eq!(esme.ended(), None);
    });
    with_both(start, |_, esme| {
        esme.submit(&to("99952").with_registered_delivery(0)).id();
        esme.is_unbound();
    });
}

#[test]
fn numbers_6_octet_by_octet() {
    const OK: [u8; 12] = [0x80, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2];
    let whole = [&[0, 0, 0, 18][..], &OK, b"1\0"].concat();
    for (destination, octets) in [
        ("99960", [0, 0, 0, 16, 0x80, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 2].to_vec()),
        ("99961", [0, 0, 0, 16, 0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0].to_vec()),
        ("99962", [&[0, 0, 0, 18, 0x80, 0, 0, 4, 0, 0, 0, 0, 0x40, 0, 0, 2][..], b"1\0"].concat()),
        ("99963", [&[0, 0, 0, 15][..], &OK, b"1\0"].concat()),
        ("99964", [&[0, 0, 0, 18, 0x80, 0, 0, 0x99, 0, 0, 0, 0, 0, 0, 0, 2][..], b"1\0"].concat()),
        ("99965", [&[0, 0, 0, 17][..], &OK, b"1"].concat()),
        ("99966", [&whole[..], &whole].concat()),
        ("99967", whole.clone()),
    ] {
        let sim = start();
        let mut raw = Raw::bound(sim.addr(), "me");
        raw.send(&to(destination).with_registered_delivery(0), 2);
        let mut heard = vec![0; octets.len()];
        raw.writer().read_exact(&mut heard).unwrap();
        assert_eq!(heard, octets, "{destination}");
        // No more, and the session goes on.
        raw.hears_nothing(&sim);
    }
}

#[test]
fn numbers_6_as_our_client_sees_them() {
    for (destination, wanted) in [
        ("99960", "refused"),
        ("99961", "waits"),
        ("99962", "waits"),
        ("99963", "closed"),
        ("99964", "unexpected"),
        ("99965", "accepted"),
        ("99966", "accepted"),
        ("99967", "accepted"),
    ] {
        let sim = start();
        let client = Ours::bound(&sim).client;
        let pending = client.send(&to(destination).with_registered_delivery(0)).unwrap();
        if wanted == "waits" {
            assert!(client.query_sm(&QuerySm::default().with_message_id("none")).is_err());
            assert!(!pending.is_ready(), "{destination}");
        } else {
            let told = match pending.wait_timeout(PATIENCE).expect("an answer") {
                Ok(response) if response.message_id == "1" => "accepted",
                Err(Error::Refused { command_status: CommandStatus::ESME_RSYSERR, .. }) => "refused",
                Err(Error::UnexpectedResponse { .. }) => "unexpected",
                Err(Error::Disconnected { reason: CloseReason::Frame(_), .. }) => "closed",
                other => panic!("{destination}: {other:?}"),
            };
            assert_eq!(told, wanted, "{destination}");
        }
        if wanted != "closed" {
            client.submit_sm(&submit(0)).unwrap();
        }
    }
}

#[test]
fn numbers_7_are_about_receipts() {
    fn id(receipt: &DeliverSm<'static>) -> Option<String> {
        receipt.receipted_message_id().map(|id| id.to_string())
    }
    with_both(start, |sim, esme| {
        // From the tenth on hexadecimal and decimal ids differ.
        for _ in 0..9 {
            esme.submit(&submit(0)).id();
        }
        for (destination, receipts, in_tlv, in_text) in [
            ("99970", 1, Some("a"), "id:a sub:"),
            ("99971", 2, Some("b"), "id:b sub:"),
            ("99972", 1, Some("18446744073709551603"), "id:18446744073709551603 "),
            ("99973", 0, None, ""),
            ("99974", 1, Some("14"), "id:14 sub:"),
            ("99975", 1, None, "id:f sub:"),
            ("99976", 1, Some("10"), ""),
            ("99977", 1, Some("11"), "id:11 submit date:"),
        ] {
            esme.submit(&to(destination)).id();
            for _ in 0..receipts {
                let receipt = esme.delivered();
                let text = receipt.short_message.to_str_lossy();
                assert_eq!(id(&receipt).as_deref(), in_tlv, "{destination}: {text}");
                assert!(text.starts_with(in_text) && text.is_empty() == in_text.is_empty(), "{destination}: {text}");
            }
            esme.quiet(sim);
        }
    });
}

#[test]
fn numbers_8_come_back() {
    with_both(start, |sim, esme| {
        for destination in ["9998", "+999812345", "009998"] {
            esme.submit(&to(destination).with_registered_delivery(0)).id();
            let message = esme.delivered();
            assert_eq!(message.short_message.as_bytes(), b"hello");
            assert!(message.source_addr == destination && message.destination_addr == "12345", "{message:?}");
        }
        esme.quiet(sim);
    });
}

#[test]
fn texts_say_what_happens_if_they_may() {
    with_both(
        || manual().inband(true).start().unwrap(),
        |sim, esme| {
            let text = |text: &'static str| submit(1).with_short_message(text);
            let refused = esme.submit(&text("#sim{status=88}"));
            assert_eq!(refused, Answer::Refused(CommandStatus::ESME_RTHROTTLED));
            esme.begin(&text("#sim{delay=2s,dlr=UNDELIV/021} hello"));
            esme.quiet(sim);
            sim.advance(Duration::from_secs(2));
            esme.answer().id();
            assert!(esme.delivered().short_message.to_str_lossy().contains("stat:UNDELIV err:021"));
            // It comes before the number, and what it cannot be read as is a text.
            let both = text("#sim{dlr=EXPIRED}").with_destination_addr("99910088");
            esme.submit(&both).id();
            assert_eq!(esme.delivered().message_state(), Some(MessageState::EXPIRED));
            esme.submit(&text("#sim{statsu=88}")).id();
            esme.delivered();
            esme.quiet(sim);
        },
    );
    with_both(
        || manual().magic(false).start().unwrap(),
        |_, esme| {
            esme.submit(&to("99910088").with_short_message("#sim{status=88}")).id();
            assert_eq!(esme.delivered().message_state(), Some(MessageState::DELIVERED));
        },
    );
}

#[test]
fn magic_numbers_of_other_commands() {
    with_both(start, |sim, esme| {
        let sme = |addr: &'static str| DestAddress::SmeAddress {
            dest_addr_ton: Ton::UNKNOWN,
            dest_addr_npi: Npi::UNKNOWN,
            destination_addr: addr.into(),
        };
        let multi = SubmitMulti::default().with_source_addr("12345").with_registered_delivery(1);
        let to = vec![sme("99910011"), sme("99923001"), sme("4477"), sme("99973")];
        let refused = esme.submit_multi(&multi.with_dest_address(to).with_short_message("hello"));
        assert_eq!(refused, [("99910011".to_owned(), CommandStatus::ESME_RINVDSTADR)]);
        let mut states = [esme.delivered(), esme.delivered()].map(|receipt| receipt.message_state().unwrap().0);
        states.sort_unstable();
        assert_eq!(states, [2, 3]);
        esme.quiet(sim);
    });
}
