//! TLVs of a vendor: described in `vendor_tlvs.yaml`, checked when this is compiled, and then as typed as those of the
//! standard, both ways. And one that nobody has described: raw.
//!
//! Here the SMSC is one of our own, which sends each data_sm back to where it came from.
//!
//! ```sh
//! cargo run -p smpp --example vendor_tlvs
//! ```

use std::time::Duration;

use crossbeam_channel::bounded;
use smpp::client::Client;
use smpp::codec::Encode;
use smpp::driver::{Incoming, Reply};
use smpp::pdu::{DataSm, DataSmResp};
use smpp::server::{BindRequest, Handler, Server, SessionHandle};
use smpp::value::CommandStatus;

/// What ACME adds: the path is relative to the folder of Cargo.toml.
#[allow(missing_docs, unreachable_pub, dead_code, reason = "generated, and this example does not use all of it")]
mod acme {
    smpp::include_spec!("examples/vendor_tlvs.yaml");
}
// The accessors, for exactly the PDUs that the file allows the TLVs in.
use acme::ext::*;

/// A tag that stands in no specification.
const UNDESCRIBED: u16 = 0x1499;

struct Smsc;

impl Handler for Smsc {
    fn bind(&self, _: &SessionHandle, _: &BindRequest<'_>) -> CommandStatus {
        CommandStatus::ESME_ROK
    }

    fn data_sm(&self, session: &SessionHandle, request: &Incoming<'_, DataSm<'_>>) -> Reply<DataSmResp<'static>> {
        let Some(tag) = request.vendor_tag() else { return CommandStatus::ESME_RMISSINGOPTPARAM.into() };
        println!("SMSC: vendor_tag {:02X?}", tag.as_bytes());
        // TLVs come through as they are, known or not.
        match session.send(&request.pdu().as_borrowed().with_vendor_campaign("back")) {
            // The response is of no interest here.
            Ok(_) => Reply::ok(DataSmResp::default().with_message_id("1")),
            Err(_) => CommandStatus::ESME_RSYSERR.into(),
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Knowing the specification is not needed for sending or reading TLVs; with it, their lengths are checked as well.
    let server = Server::builder(Smsc).protocols(&[acme::PROTOCOL]).listen("127.0.0.1:0")?;
    let (returned_to, returned) = bounded(1);
    let client = Client::builder()
        .system_id("alice")
        .protocols(&[acme::PROTOCOL])
        .on_data_sm(move |pdu| {
            // The other end lives as long as `main`.
            let _ = returned_to.try_send(pdu.pdu().clone().into_owned());
            CommandStatus::ESME_ROK
        })
        .connect(server.local_addr())?;
    client.bind_transceiver()?;

    let mut data = DataSm::default().with_destination_addr("4178481818").with_vendor_tag(b"\xA8\xEC");
    data.tlvs.push_raw(UNDESCRIBED, b"anything");
    println!("ESME: message_id {}", client.data_sm(&data)?.message_id);

    let data = returned.recv_timeout(Duration::from_secs(10))?;
    let (tag, campaign) =
        (data.vendor_tag().ok_or("no vendor_tag")?, data.vendor_campaign().ok_or("no vendor_campaign")?);
    println!("ESME: vendor_tag {:02X?}, vendor_campaign {campaign}", tag.as_bytes());
    assert_eq!(tag, b"\xA8\xEC");
    let raw = data.tlvs.find(UNDESCRIBED).ok_or("the raw TLV is lost")?;
    println!("ESME: {UNDESCRIBED:#06X} {:?}", String::from_utf8_lossy(raw));
    assert_eq!(raw, b"anything");

    // A value that the file does not allow does not leave.
    let error = DataSm::default().with_vendor_tag(b"three").to_octets(1).unwrap_err();
    println!("ESME: not encoded: {error}");
    client.unbind()?;
    Ok(())
}
