//! Any octets unpack to septets, and those pack to the same octets; any septets that are packed come back, whatever stands
//! before and behind them. Texts go the same way.
//!
//! The first octet says how many fill bits there are and how the rest is padded.

#![no_main]

use libfuzzer_sys::fuzz_target;
use smpp::sms::{Alphabet, Gsm7, Language, Padding, Profile, fill_bits, pack, unpack, unpack_counted};
use smpp::value::DataCoding;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, data)) = data.split_first() else { return };
    let fill = usize::from(choice & 7) % 7;
    let padding = if choice & 8 == 0 { Padding::Zeros } else { Padding::CarriageReturn };
    octets(data, fill, padding);
    septets(data, fill, padding);
    text(data, choice, padding);
});

fn octets(data: &[u8], fill: usize, padding: Padding) {
    let all = unpack_counted(data, fill, usize::MAX);
    assert_eq!(all.len(), (data.len() * 8).saturating_sub(fill) / 7, "as many as there is room for");
    assert!(all.iter().all(|septet| *septet < 0x80));
    for count in [0, 1, all.len() / 2, all.len()] {
        assert_eq!(unpack_counted(data, fill, count), all[..count.min(all.len())]);
    }
    let padded = unpack(data, fill, padding);
    assert!(padded == all || padded == all[..all.len() - 1], "no more than the padding is left out");

    // Only bits outside of the septets may be lost.
    let again = pack(&all, fill, Padding::Zeros);
    for (at, (&found, &octet)) in again.iter().zip(data).enumerate() {
        let lowest = fill.saturating_sub(8 * at).min(8);
        let highest = (fill + 7 * all.len() - 8 * at).min(8);
        let mask = (0xFF_u16 << lowest) as u8 & !((0xFF_u16 << highest) as u8);
        assert_eq!(found, octet & mask, "octet {at}");
    }
}

fn septets(data: &[u8], fill: usize, padding: Padding) {
    let septets: Vec<u8> = data.iter().map(|octet| octet & 0x7F).collect();
    let packed = pack(data, fill, padding);
    assert_eq!(packed, pack(&septets, fill, padding), "bit 7 is no part of a septet");
    assert_eq!(unpack_counted(&packed, fill, septets.len()), septets);
    let bits = if septets.is_empty() { 0 } else { fill + 7 * septets.len() };
    assert!((bits.div_ceil(8)..=bits.div_ceil(8) + 1).contains(&packed.len()), "at most a padding septet more");

    // What the standard cannot tell apart: what ends with an octet, in the septet that is the padding.
    let unpacked = unpack(&packed, fill, padding);
    let ends_with_octet = bits % 8 == 0;
    match (padding, septets.as_slice()) {
        (Padding::CarriageReturn, [.., b'\r']) if ends_with_octet => {
            assert_eq!(unpacked, [&septets[..], b"\r"].concat())
        }
        (Padding::Zeros, [before @ .., 0]) if ends_with_octet => assert_eq!(unpacked, before),
        _ => assert_eq!(unpacked, septets),
    }
}

/// Through a profile: what a text becomes is read as that text, and any octets are read.
fn text(data: &[u8], choice: u8, padding: Padding) {
    let profile = Profile::default().with_packed(true).with_padding(padding);
    let shifts = Gsm7 { locking: Some(Language(choice >> 4)), single: Some(Language(choice & 0xF)) };
    for header in [0, 6, 7, 12] {
        let decoded = profile.decode_with(DataCoding::default(), data, shifts, header);
        let letters = decoded.text.expect("a text").chars().count();
        assert!(letters <= (data.len() * 8).saturating_sub(fill_bits(header)) / 7);
    }
    let text = String::from_utf8_lossy(data);
    if Alphabet::GSM7.can_encode(&text) {
        let encoded = profile.encode(&text).expect("GSM letters");
        assert_eq!(encoded.alphabet, Alphabet::GSM7);
        let read = profile.decode(encoded.data_coding, &encoded.octets).text.expect("a text");
        // What the standard cannot tell apart: see `septets`.
        let ambiguous = match padding {
            Padding::CarriageReturn => text.ends_with('\r') && read == format!("{text}\r"),
            _ => *text == format!("{read}@"),
        };
        assert!(read == *text || ambiguous, "{text:?} is read as {read:?}");
    }
}
