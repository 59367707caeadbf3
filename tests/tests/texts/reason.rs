//! Why a peer says something else than we do.

use serde_json::Value;
use smpp::sms::{fill_bits, unpack_counted};

/// Why a peer says something else than we do; we are the ones who are right by what is cited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// 0x5F is the section sign (3GPP TS 23.038, 6.2.1). The peer has the grave accent there, which is not in the alphabet.
    GraveAccentForSectionSign,
    /// The extension table has the form feed at 0x0A (23.038, 6.2.1.1). The peer does not know it.
    NoFormFeed,
    /// An escape and the septet after it are one letter, and stay in one part (3GPP TS 23.040, 9.2.3.24.1). The peer parts
    /// them.
    CutsEscapePair,
    /// The two units of a letter outside of the BMP stay in one part. The peer parts them.
    CutsSurrogatePair,
    /// What is outside of the BMP takes two units of UTF-16. The peer takes it for one, and writes no octets that anybody
    /// could read.
    NoSurrogates,
    /// Septets are counted (23.040, 9.2.3.16), so that an `@` at the end is one. The peer takes zeros at the end for spare
    /// bits all the same.
    LosesLastAt,
    /// SMPP counts octets (sm_length), so that an `@` that ends a part with an octet may be seven spare bits (23.038, 6.1.2.1
    /// has them zero): a reader may drop it in the middle of a text. Ours begins the next part; the peer, which counts
    /// septets as networks do, ends the part with it.
    AtEndsPart,
    /// Septets are counted, so that seven spare bits are no `@`. The peer takes them for one where there is a header.
    SpareBitsAreAt,
    /// The SMSC makes a header out of the `sar_*` TLVs, whose reference has 16 bits, so the text must leave 7 octets (SMPP
    /// 3.4, 5.3.2.22). The peer leaves 6, as for a reference of 8 bits.
    RoomForReferenceOf8Bits,
    /// There are at most 255 parts (23.040, 9.2.3.24.1). The peer makes more.
    TooManyParts,
    /// Every alphabet holds the empty text; the default one does not need to be left for it. The peer takes UCS-2.
    UcsForNothing,
    /// A message without a text is one. The peer cannot read it.
    CannotReadNothing,
    /// 0x2C in the locking shift tables of the languages of India and Pakistan is the comma (23.038, A.3). The peer has the
    /// apostrophe there, which they do not have at all.
    ApostropheForComma,
    /// The single shift tables of these languages have the asterisk twice, at 0x0B and 0x18 (23.038, A.2). We write the first,
    /// the peer the second; both are read.
    SecondAsterisk,
    /// The Kannada locking shift table prints PA twice, at 0x24 and 0x3D, and no DDA, which belongs at 0x24 by the order of
    /// the script; Android reads it so. The peer copies the misprint.
    KannadaMisprint,
}

impl Reason {
    /// Whether it is the reason for what was said.
    pub(crate) fn holds(self, theirs: &Value, ours: &Value) -> bool {
        let (text, our_text) = (string(&theirs["text"]), string(&ours["text"]));
        match self {
            Self::GraveAccentForSectionSign => {
                has(ours, &[0x5F]) && is_not_gsm(theirs)
                    || has(theirs, &[0x5F]) && is_not_gsm(ours)
                    || our_text.contains('§') && our_text.replace('§', "`") == text
            }
            Self::NoFormFeed => {
                has(ours, &[0x1B, 0x0A]) && is_not_gsm(theirs)
                    || our_text.contains('\u{C}') && our_text.replace('\u{C}', "") == text
            }
            Self::CutsEscapePair => ends_in_half(theirs, is_escape) && !ends_in_half(ours, is_escape),
            Self::CutsSurrogatePair => {
                ends_in_half(theirs, is_high_surrogate) && !ends_in_half(ours, is_high_surrogate)
            }
            Self::NoSurrogates => has(ours, &[0xD8, 0x3D]) && !has(theirs, &[0xD8, 0x3D]),
            Self::LosesLastAt => [("@", our_text, text), ("00", string(ours), string(theirs))]
                .into_iter()
                .any(|(at, ours, theirs)| ours.strip_suffix(at).is_some_and(|rest| rest == theirs)),
            Self::AtEndsPart => {
                let first = |value: &Value| value["parts"][0]["units"].as_u64();
                matches!((first(theirs), first(ours)), (Some(theirs), Some(ours)) if theirs == ours + 1)
            }
            Self::SpareBitsAreAt => text.strip_suffix('@').is_some_and(|rest| rest == our_text),
            Self::RoomForReferenceOf8Bits => {
                let first = |parts: Vec<Vec<u8>>| parts.first().map(Vec::len);
                matches!((first(texts(theirs)), first(texts(ours))), (Some(153), Some(152)) | (Some(134), Some(132)))
            }
            Self::TooManyParts => {
                let count = |value: &Value| value.as_array().map_or(0, Vec::len);
                count(&theirs["parts"]).max(count(&theirs["texts"])) > 255 && ours.is_null()
            }
            Self::UcsForNothing => {
                let is_nothing = |value: &Value| texts(value).concat().is_empty();
                (&theirs["data_coding"], &ours["data_coding"]) == (&8.into(), &0.into())
                    && is_nothing(theirs)
                    && is_nothing(ours)
            }
            Self::CannotReadNothing => is_refused(theirs) && ours["text"] == "",
            Self::ApostropheForComma => is_refused(theirs) && *ours == "2c" || *theirs == "2c" && *ours == "1b09",
            Self::SecondAsterisk => *theirs == "1b18" && *ours == "1b0b",
            Self::KannadaMisprint => is_refused(theirs) && *ours == "24" || *theirs == "24" && *ours == "3d",
        }
    }
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn is_refused(answer: &Value) -> bool {
    answer.is_null() || answer.get("refused").is_some()
}

fn is_not_gsm(answer: &Value) -> bool {
    is_refused(answer) || answer["data_coding"] == 8
}

/// Whether the octets of the text have these somewhere.
fn has(answer: &Value, octets: &[u8]) -> bool {
    texts(answer).iter().any(|text| text.windows(octets.len()).any(|window| window == octets))
}

/// Whether the text of a part, but for the last, ends in the first half of something.
fn ends_in_half(answer: &Value, is_half: fn(&[u8]) -> bool) -> bool {
    texts(answer).split_last().is_some_and(|(_, others)| others.iter().any(|text| is_half(text)))
}

fn is_escape(text: &[u8]) -> bool {
    text.ends_with(&[0x1B])
}

fn is_high_surrogate(text: &[u8]) -> bool {
    matches!(text, [.., 0xD8..=0xDB, _])
}

/// The octets of the text of each part, septets unpacked, without the header.
fn texts(answer: &Value) -> Vec<Vec<u8>> {
    if let Some(hex) = answer.as_str() {
        return vec![octets(hex)];
    }
    let parts = answer["parts"].as_array().map_or(&[][..], Vec::as_slice);
    let text = |part: &Value| match part.as_str() {
        Some(hex) => behind_header(&octets(hex), answer["esm_class"] == 0x40).to_vec(),
        None => {
            let user_data = octets(string(&part["user_data"]));
            let text = behind_header(&user_data, part["header"] == true);
            let header = user_data.len() - text.len();
            match answer["data_coding"].as_u64() {
                Some(0) => unpack_counted(text, fill_bits(header), usize::MAX),
                _ => text.to_vec(),
            }
        }
    };
    parts.iter().map(text).collect()
}

fn behind_header(user_data: &[u8], has_header: bool) -> &[u8] {
    if !has_header {
        return user_data;
    }
    user_data.split_first().and_then(|(&udhl, rest)| rest.get(udhl.into()..)).unwrap_or_default()
}

fn octets(hex: &str) -> Vec<u8> {
    let octet = |at| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..hex.len()).step_by(2).filter_map(octet).collect()
}
