//! The shortest way of a message: connect, bind as transmitter, submit, unbind. And what refusals look like.
//!
//! ```sh
//! cargo run -p smpp --example transmitter                    # with a simulator of its own
//! cargo run -p smpp --example transmitter -- 127.0.0.1:2775  # with the SMSC there
//! ```

mod common;

use smpp::client::Client;
use smpp::driver::Error;
use smpp::pdu::SubmitSm;
use smpp::session::SessionState;
use smpp::value::CommandStatus;
use smsc_sim::SmscSim;

fn main() -> Result<(), Error> {
    let (smsc, sim) = common::smsc(SmscSim::builder().user("alice", "secret"))?;

    if sim.is_some() {
        // A refused bind leaves the connection open: another may be tried over it.
        let client = Client::builder().system_id("alice").password("wrong").connect(smsc.clone())?;
        let error = client.bind_transmitter().unwrap_err();
        println!("with a wrong password: {error}");
        assert_eq!(error.command_status(), Some(CommandStatus::ESME_RINVPASWD));
        assert_eq!(client.state(), SessionState::Open);
    }

    let client = Client::builder().system_id("alice").password("secret").connect(smsc)?;
    let bound = client.bind_transmitter()?;
    let version = bound.sc_interface_version().map_or(0, |version| version.0);
    println!("bound to {}, which speaks version {version:#04X}", bound.system_id);

    let submit = SubmitSm::default().with_destination_addr("4178481818").with_short_message("test sms");
    println!("submitted, message_id {}", client.submit_sm(&submit)?.message_id);

    // Errors tell whose fault it is. This one is ours, and nothing was sent:
    let too_long = submit.clone().with_short_message("x".repeat(255));
    match client.submit_sm(&too_long) {
        Err(Error::Encode(error)) => println!("not sent: {error}"),
        other => panic!("{other:?}"),
    }
    // and this one the SMSC's, which takes no empty destination.
    match client.submit_sm(&submit.with_destination_addr("")) {
        Err(Error::Refused { command_status, .. }) => println!("refused: {command_status:?}"),
        other => println!("this SMSC takes a message to nobody: {other:?}"),
    }

    client.unbind()?;
    println!("{}", client.close_reason().expect("it is over"));
    Ok(())
}
