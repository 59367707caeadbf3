//! Any octets are a receipt or none; what a receipt says is the octets' own, and it says the same when it is written and read
//! again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smpp::pdu::DeliverSm;
use smpp::sms::Receipt;
use smpp::value::MessageState;

fuzz_target!(|data: &[u8]| {
    let parsed = Receipt::parse(data);
    if let Some(receipt) = &parsed {
        assert_eq!(receipt.raw, *data);
        says_what_stands_there(receipt, data);
        says_it_again(receipt);
    }
    in_a_pdu(data, parsed);
});

fn says_what_stands_there(receipt: &Receipt<'_>, data: &[u8]) {
    // UTF-16 is read as UTF-8: what is found is not in the octets as they are.
    let is_utf16 = data.contains(&0);
    let words = [
        receipt.id.as_ref().map(|id| id.as_bytes()),
        receipt.stat.as_ref().map(|stat| stat.as_bytes()),
        receipt.err.as_ref().map(|err| err.as_bytes()),
        receipt.submit_date.as_ref().map(|date| date.as_bytes()),
        receipt.done_date.as_ref().map(|date| date.as_bytes()),
    ];
    for word in words.into_iter().flatten() {
        assert!(!word.is_empty(), "a field that is empty is missing");
        assert!(!word.iter().any(|octet| matches!(octet, b' ' | b'\t'..=b'\r' | 0)), "{word:?} is more than a word");
        assert!(is_utf16 || data.windows(word.len()).any(|octets| octets == word), "{word:?} is made up");
    }
    if let Some(text) = &receipt.text {
        assert!(is_utf16 || data.windows(text.as_bytes().len()).any(|octets| octets == text.as_bytes()));
    }
    let _ = (receipt.submit_time(), receipt.done_time(), receipt.error_code(), receipt.to_string());
    match receipt.state() {
        None | Some(MessageState::ENROUTE | MessageState::ACCEPTED) => assert!(!receipt.is_final()),
        Some(MessageState::DELIVERED) => assert!(receipt.is_final()),
        Some(_) => {}
    }
    assert_eq!(receipt.clone().into_owned(), *receipt);
}

/// Without the text, which is cut and may look like anything.
fn says_it_again(receipt: &Receipt<'_>) {
    let plain = Receipt { text: None, raw: Default::default(), ..receipt.clone() };
    let octets = plain.to_octets();
    match Receipt::parse(&octets) {
        Some(again) => assert_eq!(Receipt { raw: Default::default(), ..again }, plain, "{}", octets.escape_ascii()),
        None => assert_eq!(octets, b"", "nothing but a text"),
    }
    assert!(receipt.to_octets().len() <= octets.len() + " text:".len() + 20);
}

/// The same in a PDU that is marked as a receipt, and in one that is not.
fn in_a_pdu(data: &[u8], parsed: Option<Receipt<'_>>) {
    let unmarked = DeliverSm::default().with_message_payload(data);
    assert_eq!(Receipt::of(&unmarked), None);
    let marked = unmarked.clone().with_esm_class(0x04);
    let receipt = Receipt::of(&marked).expect("marked");
    assert_eq!(receipt, parsed.unwrap_or_else(|| Receipt { raw: data.into(), ..Receipt::default() }));
    if let Some(found) = Receipt::of_unmarked(&unmarked) {
        assert_eq!(found, receipt);
        assert!(found.message_id().is_some());
    }

    // A text may look like fields that the receipt does not have.
    let built = Receipt { text: None, ..receipt.clone() }.to_deliver_sm();
    let again = Receipt::of(&built).expect("marked");
    assert_eq!(again.message_id(), receipt.message_id());
    assert_eq!(again.state(), receipt.state());
    assert_eq!(again.is_final(), receipt.is_final());
}
