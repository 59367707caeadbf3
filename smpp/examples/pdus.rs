//! PDUs without any connection: built, encoded, decoded from octets, and what is said of those that are wrong.
//!
//! ```sh
//! cargo run -p smpp --example pdus
//! ```

use smpp::codec::{Decoder, Encode, Frame, Frames};
use smpp::pdu::{DataSm, DataSmResp, SubmitSm};
use smpp::value::{CommandStatus, DataCoding, RegisteredDelivery, Ton, registered_delivery::SmscReceipt};
use smpp::{Pdu, tlv, view};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Fields are set while the PDU is built,
    let mut data = DataSm::default().with_source_addr("sender").with_message_payload("hello");
    // or later: all are public, TLVs have a typed and a raw way in.
    data.source_addr_ton = Ton::ALPHANUMERIC;
    data.destination_addr = "147897987".into();
    data.registered_delivery = RegisteredDelivery::default().with_smsc_receipt(SmscReceipt::FAILURE_ONLY);
    data.tlvs.set::<tlv::UserMessageReference>(7);
    data.tlvs.push_raw(0x1400, b"any");

    // The sequence_number is given when it is encoded; lengths are computed.
    let octets = data.to_octets(1)?;
    let (header, body) = octets.split_at(16);
    println!("header {header:02X?}, body of {} octets", body.len());

    // From octets to a PDU: of whatever command,
    let mut decoder = Decoder::default();
    match decoder.decode(Frame::exact(&octets)?)? {
        Pdu::DataSm(pdu) => println!("data_sm to {}: {:?}", pdu.destination_addr, pdu.tlvs),
        other => panic!("{other:?}"),
    }
    // or of one that is known.
    let pdu: DataSm<'_> = decoder.decode_as(Frame::exact(&octets)?)?;
    assert_eq!(pdu, data);
    assert_eq!((pdu.user_message_reference(), pdu.tlvs.find(0x1400)), (Some(7), Some(&b"any"[..])));

    // A response has a status as well; here it follows in the same buffer, as on a connection, and half a PDU after it.
    let mut stream = octets;
    DataSmResp::default().encode_with_status(CommandStatus::ESME_RTHROTTLED, 1, &mut stream)?;
    stream.extend_from_slice(&[0, 0, 0, 16, 0, 0]);
    let mut frames = Frames::new(&stream);
    for frame in &mut frames {
        let header = frame?.header();
        println!("{:?} {:?}, {} octets", header.command_id, header.command_status, header.command_length);
    }
    println!("{} octets of the next PDU", frames.remainder().len());

    // What has no place in a PDU is refused when it is encoded,
    let error = SubmitSm::default().with_destination_addr("1".repeat(21)).to_octets(1).unwrap_err();
    println!("not encoded: {error}");
    // and octets that are no PDU when they are decoded.
    let submit = SubmitSm::default().with_data_coding(DataCoding::UCS2).with_short_message(b"\0h\0i");
    let mut cut = submit.to_octets(2)?;
    cut.truncate(30);
    cut[3] = 30;
    let error = decoder.decode(Frame::exact(&cut)?).unwrap_err();
    println!("not decoded: {error}; the answer to it is {:?}", error.command_status());

    // Any PDU as text, field by field; `view::json` does the same for programs.
    println!("{}", view::text(Frame::exact(&submit.to_octets(2)?)?, &mut decoder));
    Ok(())
}
