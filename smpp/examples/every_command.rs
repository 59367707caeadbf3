//! Every command that an ESME issues, as a method of the client.
//!
//! ```sh
//! cargo run -p smpp --example every_command
//! cargo run -p smpp --example every_command -- 127.0.0.1:2775  # with smsc-sim --dlr-delay 10m
//! ```

mod common;

use std::time::Duration;

use smpp::client::Client;
use smpp::driver::Error;
use smpp::pdu::*;
use smpp::value::{CommandStatus, MessageState, Npi, Ton};
use smsc_sim::SmscSim;

fn main() -> Result<(), Error> {
    // Slow delivery: the messages can still be replaced and cancelled.
    let (smsc, _sim) = common::smsc(SmscSim::builder().dlr_delay(Duration::from_secs(3600)))?;
    let builder = || Client::builder().system_id("alice").password("secret");

    // The three binds; what goes into them is set before connecting.
    let receiver =
        builder().system_type("demo").addr_ton(Ton::INTERNATIONAL).address_range("4178").connect(smsc.clone())?;
    println!("bind_receiver: {}", receiver.bind_receiver()?.system_id);
    let transmitter = builder().connect(smsc.clone())?;
    println!("bind_transmitter: {}", transmitter.bind_transmitter()?.system_id);
    let client = builder().connect(smsc)?;
    println!("bind_transceiver: {}", client.bind_transceiver()?.system_id);

    // One message, to one and to several destinations.
    let submit = SubmitSm::default().with_source_addr("12345").with_destination_addr("4178481818");
    let id = client.submit_sm(&submit.with_short_message("a typo"))?.message_id;
    println!("submit_sm: message_id {id}");
    let mut multi = SubmitMulti::default().with_short_message("to all of you");
    for destination_addr in ["4178000001", "4178000002"] {
        multi.dest_address.push(DestAddress::SmeAddress {
            dest_addr_ton: Ton::INTERNATIONAL,
            dest_addr_npi: Npi::ISDN,
            destination_addr: destination_addr.into(),
        });
    }
    let response = transmitter.submit_multi(&multi)?;
    println!("submit_multi: message_id {}, {} failed", response.message_id, response.unsuccess_sme.len());
    let data = DataSm::default().with_destination_addr("4178481818").with_message_payload("data");
    println!("data_sm: message_id {}", client.data_sm(&data)?.message_id);

    // What becomes of it can be asked for and changed.
    let query = QuerySm::default().with_message_id(id.clone()).with_source_addr("12345");
    println!("query_sm: {:?}", client.query_sm(&query)?.message_state);
    let replace =
        ReplaceSm::default().with_message_id(id.clone()).with_source_addr("12345").with_short_message("right");
    client.replace_sm(&replace)?;
    println!("replace_sm: done");
    let cancel = CancelSm::default().with_message_id(id).with_source_addr("12345").with_destination_addr("4178481818");
    client.cancel_sm(&cancel)?;
    let state = client.query_sm(&query)?.message_state;
    println!("cancel_sm: {state:?}");
    assert_eq!(state, MessageState::DELETED);
    let error = client.cancel_sm(&cancel).unwrap_err();
    assert_eq!(error.command_status(), Some(CommandStatus::ESME_RCANCELFAIL));

    client.enquire_link()?;
    println!("enquire_link: alive");

    // Any other request, a vendor's for instance, goes by `request`, and its response is of the right type.
    let response: QuerySmResp<'_> = client.request(&query)?;
    assert_eq!(response.message_state, state);

    for client in [receiver, transmitter, client] {
        client.unbind()?;
    }
    println!("unbind: done");
    Ok(())
}
