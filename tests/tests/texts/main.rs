//! Texts beside Python packages: how they encode, pack, split and head them, and what they read in what we made.
//!
//! Peers are not always right. Where one differs, it is listed with the [`Reason`] that tells why we are right by 3GPP TS
//! 23.038 and 23.040, and the reason is looked for in what the peer said. A difference that is new, or gone, fails the test.

mod peer;
mod reason;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use smpp::sms::{
    Alphabet, Gsm7, Language, Languages, Padding, Part, Profile, Segmentation, Split, Splitter, pack, unpack,
    unpack_counted,
};

use peer::{Question, agrees};
use reason::Reason;

/// The reference of every message that is split: that of texts.py.
const REFERENCE: u16 = 7;

#[test]
fn python_smpplib() {
    let mut questions = encode();
    for (name, text) in texts() {
        let wanted = [(0, Alphabet::GSM7), (3, Alphabet::Latin1), (8, Alphabet::Ucs2)];
        for (data_coding, alphabet) in wanted {
            questions.push(Question {
                about: format!("split as {data_coding}: {name}"),
                request: json!({"does": "split", "text": text, "data_coding": data_coding, "udhi": true}),
                ours: as_smpp(&Splitter::new(Profile::default()).with_alphabet(alphabet), &text),
            });
        }
        // Long ones differ all for the same reason: two of them are enough.
        if matches!(name, "7bit" | "160" | "escape ends at 160" | "70 UCS-2" | "3 * 153" | "2 * 67 UCS-2") {
            questions.push(Question {
                about: format!("split for SAR: {name}"),
                request: json!({"does": "split", "text": text, "data_coding": 0, "udhi": false}),
                ours: as_smpp(&Splitter::new(Profile::default()).with_segmentation(Segmentation::Sar), &text),
            });
        }
    }
    let differences = [
        ("encode default alphabet", Reason::GraveAccentForSectionSign),
        ("encode section sign", Reason::GraveAccentForSectionSign),
        ("encode grave accent", Reason::GraveAccentForSectionSign),
        ("encode extension table", Reason::NoFormFeed),
        ("split as 0: default alphabet", Reason::GraveAccentForSectionSign),
        ("split as 0: section sign", Reason::GraveAccentForSectionSign),
        ("split as 0: grave accent", Reason::GraveAccentForSectionSign),
        ("split as 0: extension table", Reason::NoFormFeed),
        ("split as 0: escape at the cut", Reason::CutsEscapePair),
        ("split as 0: 81 escapes", Reason::CutsEscapePair),
        ("split as 0: emoji at the cut", Reason::CutsSurrogatePair),
        ("split as 0: 70 emoji", Reason::CutsSurrogatePair),
        ("split as 3: emoji at the cut", Reason::CutsSurrogatePair),
        ("split as 3: 70 emoji", Reason::CutsSurrogatePair),
        ("split as 8: emoji at the cut", Reason::CutsSurrogatePair),
        ("split as 8: 70 emoji", Reason::CutsSurrogatePair),
        ("split for SAR: 3 * 153", Reason::RoomForReferenceOf8Bits),
        ("split for SAR: 2 * 67 UCS-2", Reason::RoomForReferenceOf8Bits),
    ];
    agrees("smpplib", questions, &differences);
}

#[test]
fn python_messaging() {
    let questions = encode().into_iter().chain(split()).chain(read()).collect();
    let differences = [
        ("split nothing", Reason::UcsForNothing),
        ("read nothing, part 1", Reason::CannotReadNothing),
        ("split escape at the cut", Reason::CutsEscapePair),
        ("split 81 escapes", Reason::CutsEscapePair),
        ("split @ before the cut", Reason::AtEndsPart),
        ("split emoji ends at 70", Reason::NoSurrogates),
        ("split emoji ends at 71", Reason::NoSurrogates),
        ("split emoji ends at the cut", Reason::NoSurrogates),
        ("split emoji at the cut", Reason::NoSurrogates),
        ("split 70 emoji", Reason::NoSurrogates),
    ];
    agrees("python-messaging", questions, &differences);
}

#[test]
fn python_gsmmodem() {
    let mut questions: Vec<_> = encode().into_iter().chain(split()).chain(read()).collect();
    for (name, septets) in gsm_texts() {
        // Of nothing behind fill bits it makes an octet.
        for fill in 0..if septets.is_empty() { 1 } else { 7 } {
            let packed = pack(&septets, fill, Padding::Zeros);
            questions.push(Question {
                about: format!("pack behind {fill} bits: {name}"),
                request: json!({"does": "pack", "septets": hex(&septets), "fill": fill}),
                ours: hex(&packed),
            });
        }
        let packed = pack(&septets, 0, Padding::Zeros);
        questions.push(Question {
            about: format!("unpack {name}"),
            request: json!({"does": "unpack", "packed": hex(&packed), "count": septets.len()}),
            ours: hex(&unpack_counted(&packed, 0, septets.len())),
        });
    }
    let differences = [
        ("encode default alphabet", Reason::GraveAccentForSectionSign),
        ("encode section sign", Reason::GraveAccentForSectionSign),
        ("encode grave accent", Reason::GraveAccentForSectionSign),
        ("encode extension table", Reason::NoFormFeed),
        ("split default alphabet", Reason::GraveAccentForSectionSign),
        ("split section sign", Reason::GraveAccentForSectionSign),
        ("split grave accent", Reason::GraveAccentForSectionSign),
        ("split extension table", Reason::NoFormFeed),
        ("split @ before the cut", Reason::AtEndsPart),
        ("split emoji ends at 70", Reason::NoSurrogates),
        ("split emoji ends at 71", Reason::NoSurrogates),
        ("split emoji ends at the cut", Reason::NoSurrogates),
        ("split emoji at the cut", Reason::NoSurrogates),
        ("split 70 emoji", Reason::NoSurrogates),
        ("read default alphabet, part 1", Reason::GraveAccentForSectionSign),
        ("read section sign, part 1", Reason::GraveAccentForSectionSign),
        ("read extension table, part 1", Reason::NoFormFeed),
        ("read 8 letters, the last is @, part 1", Reason::LosesLastAt),
        ("read 16 letters, the last is @, part 1", Reason::LosesLastAt),
        ("read 160, the last is @, part 1", Reason::LosesLastAt),
        ("unpack 8 letters, the last is @", Reason::LosesLastAt),
        ("unpack 16 letters, the last is @", Reason::LosesLastAt),
        ("unpack 160, the last is @", Reason::LosesLastAt),
    ];
    agrees("python-gsmmodem-new", questions, &differences);
}

#[test]
fn smspdudecoder() {
    let mut questions = read();
    for (name, text) in texts() {
        for (filler, padding) in [(false, Padding::Zeros), (true, Padding::CarriageReturn)] {
            let septets = Alphabet::GSM7.encode(&text).ok();
            let packed = septets.map(|septets| pack(&septets, 0, padding));
            questions.push(Question {
                about: format!("pack with {padding:?}: {name}"),
                request: json!({"does": "pack", "text": text, "filler": filler}),
                ours: packed.as_ref().map_or(Value::Null, |packed| hex(packed)),
            });
            questions.extend(packed.map(|packed| {
                // Without a filler it leaves what could be padding in the text.
                let septets = if filler { unpack(&packed, 0, padding) } else { unpack_counted(&packed, 0, usize::MAX) };
                Question {
                    about: format!("unpack with {padding:?}: {name}"),
                    request: json!({"does": "unpack", "packed": hex(&packed), "filler": filler}),
                    ours: Alphabet::GSM7.decode(&septets).into(),
                }
            }));
        }
    }
    let differences = [
        ("read escape ends at 161, part 2", Reason::SpareBitsAreAt),
        ("read 81 escapes, part 1", Reason::SpareBitsAreAt),
    ];
    agrees("smspdudecoder", questions, &differences);
}

#[test]
fn smsutil() {
    let (profile, splitter) = (Profile::default(), Splitter::new(Profile::default()));
    let mut questions = Vec::new();
    for (name, text) in texts() {
        let encoded = profile.encode(&text).expect("UCS-2 holds everything");
        questions.push(Question {
            about: format!("encode {name}"),
            request: json!({"does": "encode", "text": text}),
            ours: hex(&encoded.octets),
        });
        if encoded.alphabet == Alphabet::GSM7 {
            questions.push(Question {
                about: format!("decode {name}"),
                request: json!({"does": "decode", "octets": hex(&encoded.octets)}),
                ours: text.clone().into(),
            });
        }
        let split = splitter.split(&text, REFERENCE).ok();
        let parts =
            |split: Split| split.parts().map(|part| text[part.text.expect("of a text")].into()).collect::<Vec<Value>>();
        let data_coding = encoded.data_coding.0;
        questions.push(Question {
            about: format!("split {name}"),
            request: json!({"does": "split", "text": text}),
            ours: split.map_or(Value::Null, |split| json!({"data_coding": data_coding, "texts": parts(split)})),
        });
    }
    let differences = [("split nothing", Reason::UcsForNothing), ("split 255 * 153 + 1", Reason::TooManyParts)];
    agrees("smsutil", questions, &differences);
}

/// Every letter of every national table, in each table by itself and in both together.
#[test]
fn gsmcodecs() {
    let mut questions = Vec::new();
    for language in Languages::ALL.iter() {
        let (code, language) = (language.0, Some(language));
        for gsm7 in [
            Gsm7 { locking: language, single: None },
            Gsm7 { locking: None, single: language },
            Gsm7 { locking: language, single: language },
        ] {
            let codes = [gsm7.locking, gsm7.single].map(|shift| shift.map_or(0, |language| language.0));
            let alphabet = Alphabet::Gsm7(gsm7);
            let mut letters: BTreeSet<char> =
                (0..0x80_u8).flat_map(|code| alphabet.decode(&[code]).chars().collect::<Vec<_>>()).collect();
            letters.extend((0..0x80_u8).flat_map(|code| alphabet.decode(&[0x1B, code]).chars().collect::<Vec<_>>()));
            for letter in letters.into_iter().filter(|letter| *letter != char::REPLACEMENT_CHARACTER) {
                questions.push(Question {
                    about: format!("{} {codes:?} {letter:?}", Language(code).name().expect("assigned")),
                    request: json!({"does": "encode", "text": letter, "locking": codes[0], "single": codes[1]}),
                    ours: alphabet.encode(&letter.to_string()).map_or(Value::Null, |octets| hex(&octets)),
                });
            }
        }
    }
    let mut differences = Vec::new();
    for language in (4..=13).map(Language) {
        let (name, code) = (language.name().expect("assigned"), language.0);
        let both = [
            ("','", Reason::ApostropheForComma),
            ("'\\''", Reason::ApostropheForComma),
            ("'*'", Reason::SecondAsterisk),
        ];
        differences.push((format!("{name} {:?} ','", [code, 0]), Reason::ApostropheForComma));
        differences.extend(both.map(|(letter, reason)| (format!("{name} {:?} {letter}", [code, code]), reason)));
    }
    for letter in ['ಡ', 'ಪ'] {
        let both = ["[7, 0]", "[7, 7]"].map(|codes| (format!("Kannada {codes} {letter:?}"), Reason::KannadaMisprint));
        differences.extend(both);
    }
    agrees("gsmcodecs", questions, &differences);
}

fn encode() -> Vec<Question> {
    let question = |(name, text): (&str, String)| Question {
        about: format!("encode {name}"),
        request: json!({"does": "encode", "text": text}),
        ours: Alphabet::GSM7.encode(&text).map_or(Value::Null, |octets| hex(&octets)),
    };
    texts().into_iter().map(question).collect()
}

/// What SMPP takes: one septet an octet.
fn as_smpp(splitter: &Splitter, text: &str) -> Value {
    let Ok(split) = splitter.split(text, REFERENCE) else { return Value::Null };
    let parts: Vec<_> = split.parts().map(|part| hex(part.octets)).collect();
    let esm_class = if split.has_user_data_header() { 0x40 } else { 0 };
    json!({"data_coding": split.data_coding().0, "esm_class": esm_class, "parts": parts})
}

/// As on the air: packed.
fn split() -> Vec<Question> {
    let question = |(name, text): (&str, String)| {
        let on_air = on_air(&text);
        let parts = |on_air: Vec<OnAir>| -> Vec<Value> {
            let part = |part: OnAir| json!({"header": part.header, "units": part.units, "user_data": part.user_data});
            on_air.into_iter().map(part).collect()
        };
        Question {
            about: format!("split {name}"),
            request: json!({"does": "split", "text": text}),
            ours: on_air.map_or(
                Value::Null,
                |(data_coding, on_air)| json!({"data_coding": data_coding, "parts": parts(on_air)}),
            ),
        }
    };
    texts().into_iter().map(question).collect()
}

/// What a peer reads in what we send, part by part.
fn read() -> Vec<Question> {
    let mut questions = Vec::new();
    for (name, text) in texts() {
        let Some((data_coding, on_air)) = on_air(&text) else { continue };
        let total = on_air.len();
        // Of the longest, two parts say it all.
        for (part, number) in on_air.into_iter().zip(1..=2) {
            let OnAir { header, units, user_data, text } = part;
            questions.push(Question {
                about: format!("read {name}, part {number}"),
                request: json!({
                    "does": "read", "header": header, "data_coding": data_coding, "units": units, "user_data": user_data,
                }),
                ours: json!({"text": text, "part": header.then_some([usize::from(REFERENCE), total, number])}),
            });
        }
    }
    questions
}

/// A part as user data of 3GPP TS 23.040.
struct OnAir {
    header: bool,
    /// Septets of the text and of the header up to it, or octets.
    units: usize,
    user_data: Value,
    text: String,
}

/// The data_coding and the parts; `None` if they would be too many.
fn on_air(text: &str) -> Option<(u8, Vec<OnAir>)> {
    let profile = Profile::default().with_packed(true).with_padding(Padding::Zeros);
    let split = Splitter::new(profile).split(text, REFERENCE).ok()?;
    let is_ucs2 = split.alphabet() == Some(Alphabet::Ucs2);
    let part = |part: Part<'_>| OnAir {
        header: part.header_len > 0,
        units: if is_ucs2 { part.octets.len() } else { (part.header_len * 8).div_ceil(7) + part.units },
        user_data: hex(part.octets),
        text: text[part.text.expect("of a text")].into(),
    };
    Some((split.data_coding().0, split.parts().map(part).collect()))
}

/// The texts that GSM 7-bit holds, as septets.
fn gsm_texts() -> Vec<(&'static str, Vec<u8>)> {
    texts().into_iter().filter_map(|(name, text)| Some((name, Alphabet::GSM7.encode(&text).ok()?))).collect()
}

fn hex(octets: &[u8]) -> Value {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>().into()
}

/// Texts at the edges of what a message holds, and such as somebody gets wrong.
fn texts() -> Vec<(&'static str, String)> {
    let repeat = |letter: &str, times: usize| letter.repeat(times);
    let around =
        |before: usize, letter: &str, after: usize| format!("{}{letter}{}", "a".repeat(before), "b".repeat(after));
    let cyrillic =
        |before: usize, letter: &str, after: usize| format!("{}{letter}{}", "ж".repeat(before), "я".repeat(after));
    vec![
        ("7bit", "7bit".into()),
        ("nothing", String::new()),
        ("one letter", "a".into()),
        ("@", "@".into()),
        ("7 letters", "1234567".into()),
        ("8 letters", "12345678".into()),
        ("8 letters, the last is @", "1234567@".into()),
        ("8 letters, the last is CR", "1234567\r".into()),
        ("7 letters, the last is CR", "123456\r".into()),
        ("16 letters, the last is @", "123456789012345@".into()),
        ("default alphabet", Alphabet::GSM7.decode(&(0..0x80).filter(|septet| *septet != 0x1B).collect::<Vec<u8>>())),
        ("extension table", "\u{C}^{}\\[~]|€".into()),
        ("section sign", "§ 23".into()),
        ("grave accent", "`ls`".into()),
        ("small c with cedilla", "garçon".into()),
        ("159", repeat("a", 159)),
        ("160", repeat("a", 160)),
        ("160, the last is @", around(159, "@", 0)),
        ("161", repeat("a", 161)),
        ("161, the last is @", around(160, "@", 0)),
        ("2 * 153", repeat("a", 2 * 153)),
        ("2 * 153 + 1", repeat("a", 2 * 153 + 1)),
        ("3 * 153", repeat("a", 3 * 153)),
        ("3 * 153 + 1", repeat("a", 3 * 153 + 1)),
        ("255 * 153", repeat("a", 255 * 153)),
        ("255 * 153 + 1", repeat("a", 255 * 153 + 1)),
        ("escape ends at 160", around(158, "€", 0)),
        ("escape ends at 161", around(159, "€", 0)),
        ("escape ends at the cut", around(151, "€", 20)),
        ("escape at the cut", around(152, "€", 20)),
        ("80 escapes", repeat("€", 80)),
        ("81 escapes", repeat("€", 81)),
        ("@ before the cut", around(152, "@", 20)),
        ("@ after the cut", around(153, "@", 20)),
        ("Turkish", "Iğdır'da kış".into()),
        ("70 UCS-2", repeat("ж", 70)),
        ("71 UCS-2", repeat("ж", 71)),
        ("2 * 67 UCS-2", repeat("ж", 2 * 67)),
        ("2 * 67 + 1 UCS-2", repeat("ж", 2 * 67 + 1)),
        ("emoji ends at 70", cyrillic(68, "😀", 0)),
        ("emoji ends at 71", cyrillic(69, "😀", 0)),
        ("emoji ends at the cut", cyrillic(65, "😀", 10)),
        ("emoji at the cut", cyrillic(66, "😀", 10)),
        ("70 emoji", repeat("😀", 70)),
    ]
}
