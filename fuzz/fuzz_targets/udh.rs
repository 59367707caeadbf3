//! Any octets are a user data header and a text, or an error that says where; a header is written again octet for octet,
//! as a whole and element by element.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smpp::pdu::DeliverSm;
use smpp::sms::{Concatenation, Message, UserDataHeader, UserDataHeaderError};
use smpp::value::EsmClass;

fuzz_target!(|data: &[u8]| {
    let parsed = UserDataHeader::parse(data);
    match &parsed {
        Ok((header, text)) => read(header, text, data),
        Err(error) => refused(*error, data),
    }
    in_a_message(data, parsed.ok());
});

fn read(header: &UserDataHeader<'_>, text: &[u8], data: &[u8]) {
    assert_eq!(header.len() + text.len(), data.len(), "no octet is lost or made up");
    let octets = header.to_octets().expect("what was read can be written");
    assert_eq!(octets, data[..header.len()]);
    assert_eq!(header.has_elements(), octets != [0]);
    assert_eq!(header.clone().into_owned(), *header);

    let rebuilt: UserDataHeader<'_> = header.elements().collect();
    assert_eq!(rebuilt.to_octets().as_ref(), Ok(&octets), "{header:?}");
    assert_eq!(rebuilt.concatenation(), header.concatenation());
    assert_eq!(rebuilt.ports(), header.ports());
    assert_eq!((rebuilt.locking_shift(), rebuilt.single_shift()), (header.locking_shift(), header.single_shift()));
    let _ = format!("{header:?}");

    if let Some(concatenation) = header.concatenation() {
        assert!(concatenation.is_valid());
        // Whatever the header says besides, an element at its end counts.
        let Concatenation { reference, total, .. } = concatenation;
        let last = Concatenation { part: total, ..concatenation };
        let element = last.element().expect("a header has no TLVs");
        let more = header.clone().with(&element);
        assert_eq!(more.concatenation(), Some(last), "{reference}");
    }
    for fault in header.faults() {
        assert_eq!(octets[fault.at], fault.iei, "{fault}");
    }
}

fn refused(error: UserDataHeaderError, data: &[u8]) {
    match error {
        UserDataHeaderError::Missing => assert!(data.is_empty()),
        UserDataHeaderError::BeyondData { udhl, left } => {
            assert_eq!((udhl, left), (data[0], data.len() - 1));
            assert!(usize::from(udhl) > left);
        }
        UserDataHeaderError::ElementBeyondHeader { at, iei, length, left } => {
            assert_eq!([iei, length], data[at..at + 2]);
            assert!(usize::from(length) > left);
            assert_eq!(at + 2 + left, 1 + usize::from(data[0]));
        }
        UserDataHeaderError::StrayOctet { at } => assert_eq!(at, usize::from(data[0])),
        other => panic!("nothing was built: {other}"),
    }
    let _ = error.to_string();
}

/// The same header in a PDU, with the indicator and without.
fn in_a_message(data: &[u8], parsed: Option<(UserDataHeader<'_>, &[u8])>) {
    let plain = DeliverSm::default().with_message_payload(data);
    let message = Message::from(&plain);
    assert_eq!(message.user_data().text, data, "without the indicator there is no header");
    assert_eq!(message.concatenation(), None);

    let udhi = plain.with_esm_class(EsmClass(0x40));
    let message = Message::from(&udhi);
    let user_data = message.user_data();
    match parsed {
        Some((header, text)) => {
            assert_eq!(user_data.text, text);
            assert_eq!(message.concatenation(), header.concatenation());
            assert_eq!(message.ports(), header.ports());
            assert_eq!(user_data.header, Ok(Some(header)));
        }
        None => {
            // What is no header stays with the text, unless it is known where it ends.
            let ends = data.first().map_or(0, |udhl| 1 + usize::from(*udhl));
            assert_eq!(user_data.text, data.get(ends..).unwrap_or(data));
            assert!(user_data.header.is_err());
            assert_eq!((message.concatenation(), message.ports()), (None, None));
        }
    }
}
