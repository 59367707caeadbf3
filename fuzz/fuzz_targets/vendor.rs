//! What the macro makes of a vendor's file is as sound as the standard's: counts of two and four octets, lists of several
//! forms, strings longer than a room.
//!
//! The first octet chooses the command; what follows is the body.

#![no_main]

use acme_user::acme::{PROTOCOL, pdu};
use libfuzzer_sys::fuzz_target;
use smpp::codec::{Decode, Decoder, Encode, Frame, Header, Leniency, Protocol};
use smpp::value::CommandStatus;
use smpp::{EncodeErrorKind, Pdu};

static ACME: &[&Protocol] = &[PROTOCOL];

fuzz_target!(|data: &[u8]| {
    let Some((&choice, body)) = data.split_first() else { return };
    let spec = PROTOCOL.commands[usize::from(choice) % PROTOCOL.commands.len()];
    let header = Header {
        command_length: 16 + body.len() as u32,
        command_id: spec.id,
        command_status: CommandStatus::ESME_ROK,
        sequence_number: 1,
    };
    let octets = [&header.to_octets(), body].concat();
    let frame = Frame::exact(&octets).unwrap();
    for leniency in [Leniency::STRICT, Leniency::STRICT.validating(false), Leniency::DEFAULT, Leniency::LENIENT] {
        let mut decoder = Decoder::new(leniency).with_protocols(ACME);
        let Pdu::Other(_) = decoder.decode(frame).unwrap() else { panic!("the standard has no {}", spec.name) };
        assert_eq!(decoder.diagnostics(), []);
        match spec.name {
            "acme_ping" => check::<pdu::AcmePing<'_>>(&mut decoder, frame),
            "acme_ping_resp" => check::<pdu::AcmePingResp<'_>>(&mut decoder, frame),
            "acme_fetch" => check::<pdu::AcmeFetch<'_>>(&mut decoder, frame),
            "acme_fetch_resp" => check::<pdu::AcmeFetchResp<'_>>(&mut decoder, frame),
            "acme_hint" => check::<pdu::AcmeHint<'_>>(&mut decoder, frame),
            "acme_store" => check::<pdu::AcmeStore<'_>>(&mut decoder, frame),
            "acme_store_resp" => check::<pdu::AcmeStoreResp<'_>>(&mut decoder, frame),
            _ => check::<pdu::AcmeNoop<'_>>(&mut decoder, frame),
        }
    }
});

fn check<'f, P: Decode<'f> + std::fmt::Debug>(decoder: &mut Decoder, frame: Frame<'f>) {
    let Ok(pdu) = decoder.decode_as::<P>(frame) else { return };
    let _ = format!("{pdu:?}");
    if !decoder.diagnostics().is_empty() || frame.body().is_empty() {
        return;
    }
    match pdu.to_octets(frame.header().sequence_number) {
        Ok(octets) => assert_eq!(octets, frame.octets()),
        // Taken from a peer and never sent; or for a validating receiver to say.
        Err(error) => assert!(
            matches!(error.field, "acme_tariff" | "acme_key")
                || matches!(error.kind, EncodeErrorKind::TooShort { .. } | EncodeErrorKind::TooLong { .. }),
            "{error:?}"
        ),
    }
}
