//! What the limits of accounts do.

mod raw;

use std::time::Duration;

use raw::{PATIENCE, Raw, submit};
use smpp::client::Client;
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::session::BindKind;
use smpp::value::*;
use smsc_sim::{Account, Clock, SmscSim};

fn connect(sim: &SmscSim) -> Client {
    Client::builder().system_id("me").password("secret").connect(sim.addr()).unwrap()
}

fn status<T: std::fmt::Debug>(outcome: Result<T, Error>) -> CommandStatus {
    outcome.unwrap_err().command_status().unwrap()
}

#[test]
fn only_the_binds_that_are_allowed() {
    let account = Account::new("me", "secret").with_bind([BindKind::Transmitter, BindKind::Receiver]);
    let sim = SmscSim::builder().account(account).start().unwrap();
    assert_eq!(status(connect(&sim).bind_transceiver()), CommandStatus::ESME_RBINDFAIL);
    connect(&sim).bind_transmitter().unwrap();
    connect(&sim).bind_receiver().unwrap();
    // The connection stays, for another try.
    let client = connect(&sim);
    assert_eq!(status(client.bind_transceiver()), CommandStatus::ESME_RBINDFAIL);
    client.bind_transmitter().unwrap();
}

#[test]
fn no_more_sessions_than_the_account_may_have() {
    let sim =
        SmscSim::builder().account(Account::new("me", "secret").with_max_binds(2)).user("you", "").start().unwrap();
    let (first, second) = (connect(&sim), connect(&sim));
    first.bind_transmitter().unwrap();
    second.bind_receiver().unwrap();
    assert_eq!(status(connect(&sim).bind_receiver()), CommandStatus::ESME_RALYBND);
    let mut raw = Raw::connect(sim.addr());
    let bind = BindTransceiver::default().with_system_id("me").with_password("secret");
    raw.send(&bind, 1);
    raw.expect_status(0x8000_0009, 1, CommandStatus::ESME_RALYBND);
    Raw::bound(sim.addr(), "you");
    // There is room again when one has gone; that is seen when its session is over.
    first.unbind().unwrap();
    assert!(first.wait_closed(PATIENCE).is_some());
    let begin = std::time::Instant::now();
    loop {
        raw.send(&bind, 2);
        let (header, _) = raw.next().unwrap();
        if header.command_status == CommandStatus::ESME_ROK {
            break;
        }
        assert!(begin.elapsed() < PATIENCE);
    }
    assert_eq!(status(connect(&sim).bind_receiver()), CommandStatus::ESME_RALYBND);
}

#[test]
fn no_more_messages_a_second_than_the_account_may_send() {
    let account = Account::new("me", "").with_rate(3).with_over_rate(CommandStatus::ESME_RMSGQFUL);
    let sim = SmscSim::builder().clock(Clock::manual()).account(account).user("you", "").start().unwrap();
    let (mut one, mut two) = (Raw::bound(sim.addr(), "me"), Raw::bound(sim.addr(), "me"));
    one.send(&submit(0), 2);
    one.expect_submitted(2);
    two.send(&submit(0), 2);
    two.expect_submitted(2);
    one.send(&DataSm::default().with_destination_addr("4179"), 3);
    one.expect_status(0x8000_0103, 3, CommandStatus::ESME_ROK);
    for esme in [&mut one, &mut two] {
        esme.send(&submit(0), 4);
        esme.expect_status(0x8000_0004, 4, CommandStatus::ESME_RMSGQFUL);
        // What is no message does not count.
        esme.hears_nothing(&sim);
    }
    let mut other = Raw::bound(sim.addr(), "you");
    for number in 2..100 {
        other.send(&submit(0), number);
        other.expect_submitted(number);
    }
    sim.advance(Duration::from_millis(334));
    one.send(&submit(0), 5);
    one.expect_submitted(5);
    one.send(&submit(0), 6);
    one.expect_status(0x8000_0004, 6, CommandStatus::ESME_RMSGQFUL);
    assert_eq!(sim.messages().iter().filter(|message| message.system_id == "me").count(), 4);
}
