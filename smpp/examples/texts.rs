//! Texts as octets: alphabets, what happens to letters that one does not have, national tables, packing. No SMSC is needed.
//!
//! ```sh
//! cargo run -p smpp --example texts
//! ```

use smpp::sms::{Alphabet, Fallback, Language, Languages, Padding, Profile, Segmentation, Splitter, pack, unpack};
use smpp::value::DataCoding;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // One alphabet, and no other.
    assert_eq!(Alphabet::GSM7.encode("7bit")?, [0x37, 0x62, 0x69, 0x74]);
    println!("€ in GSM 7-bit: {:02X?}", Alphabet::GSM7.encode("€")?);
    println!("refused: {}", Alphabet::GSM7.encode("可").unwrap_err());

    // What a link takes: GSM 7-bit where it can be, and UCS-2 where it cannot, so that nothing is lost.
    let profile = Profile::default();
    for text in ["One SMS", "可輸入英文單字"] {
        let encoded = profile.encode(text)?;
        println!("{text}: {:?}, {} octets", encoded.data_coding, encoded.octets.len());
        let decoded = profile.decode(encoded.data_coding, &encoded.octets);
        assert_eq!(decoded.text.as_deref(), Some(text));
    }
    // Other fallbacks are there for those who ask for them.
    for fallback in [Fallback::Refuse, Fallback::Replace('?')] {
        match profile.with_fallback(fallback).encode("5 ½ “euros”") {
            Ok(encoded) => {
                println!("{fallback:?}: {}", profile.decode(encoded.data_coding, &encoded.octets).text.unwrap())
            }
            Err(error) => println!("{fallback:?}: {error}"),
        }
    }
    // An SMSC whose data_coding 0 is Latin-1 is told apart by its profile.
    let latin1 = profile.with_default_alphabet(Alphabet::Latin1);
    assert_eq!(latin1.encode("Zürich")?.octets, b"Z\xFCrich");
    assert_eq!(latin1.encode("Zürich")?.data_coding, DataCoding::default());

    // What a text will take, before it is sent.
    let splitter = Splitter::new(profile);
    for text in ["x".repeat(160), "x".repeat(161), "ж".repeat(71)] {
        let cost = splitter.cost(&text)?;
        println!("{} letters: {} segments, {} units left", text.chars().count(), cost.segments, cost.remaining);
    }
    // With its national table a language may need half the messages.
    let text = "Iğdır'da kış güneşi ışıl ışıl, gökyüzü çok açık. ".repeat(3);
    let turkish = Splitter::new(profile.with_languages(Languages::NONE.with(Language::TURKISH)));
    println!("Turkish: {} segments, {} with its table", splitter.cost(&text)?.segments, turkish.cost(&text)?.segments);

    // Some SMSCs want eight septets in seven octets.
    let packed = pack(&Alphabet::GSM7.encode("7bit")?, 0, Padding::default());
    println!("7bit packed: {packed:02x?}");
    assert_eq!(Alphabet::GSM7.decode(&unpack(&packed, 0, Padding::default())), "7bit");
    // A profile does so by itself, header and all.
    let packing = Splitter::new(profile.with_packed(true)).with_segmentation(Segmentation::Udh16);
    for part in packing.split(&"Pack this into 7bit! ".repeat(10), 7)?.parts() {
        println!("part of {} septets: header of {} octets, {} in all", part.units, part.header_len, part.octets.len());
    }
    Ok(())
}
