//! What is measured of texts: the same work done by us, by other crates that can, and by the least code that could.

use std::hint::black_box;

use gsm7::{Gsm7Reader, Gsm7Writer};
use smpp::sms::{Profile, Splitter};
use smpp::value::DataCoding;
use sms_splitter::SplitSms;
use sms_splitter::splitter_options::SplitterOptions;

/// How many times faster than the fastest peer we have to be.
pub const TARGET: f64 = 2.0;

/// One side's work on a text.
pub type Work = fn(&Text);

/// One kind of work on one text.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Text and work.
    pub name: &'static str,
    /// The text, for [`Text::of`].
    pub text: Letters,
    /// The least code that could do it, without being asked whether it can: copying octets, or the standard library.
    pub floor: Option<Work>,
    /// How many times the instructions of the floor we may take; `None` if there is a crate to be faster than.
    pub over_floor: Option<f64>,
    /// The crate `gsm7`.
    pub gsm7: Option<Work>,
    /// The crate `sms_splitter`.
    pub sms_splitter: Option<Work>,
    /// This library.
    pub ours: Work,
}

/// Who works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The least code that could do it.
    Floor,
    /// The crate `gsm7`.
    Gsm7,
    /// The crate `sms_splitter`.
    SmsSplitter,
    /// This library.
    Ours,
}

/// Which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// 160 letters of the GSM 7-bit default alphabet, as people write English: one short message.
    Gsm,
    /// 1,000 letters of the GSM 7-bit default alphabet and its extension table, of several languages.
    Mixed,
    /// 1,000 letters of several scripts, which have to go as UCS-2.
    Scripts,
    /// 70 emoji: 140 units of UTF-16.
    Emoji,
}

/// A text and what the cases need of it. Everything is loaded from here, so that nothing is known when they are compiled.
#[derive(Debug)]
pub struct Text {
    text: String,
    /// One septet an octet.
    octets: Vec<u8>,
    /// Septets packed; empty for UCS-2.
    packed: Vec<u8>,
    data_coding: DataCoding,
    profile: Profile,
    packing: Profile,
    splitter: Splitter,
}

/// Every case, in the order of the table.
pub const CASES: &[Case] = &[
    Case { name: "160 GSM encode", text: Letters::Gsm, over_floor: Some(4.0), ..ENCODE },
    Case { name: "160 GSM encode, packed", text: Letters::Gsm, ..ENCODE_PACKED },
    Case { name: "160 GSM split", text: Letters::Gsm, ..SPLIT },
    Case { name: "160 GSM count", text: Letters::Gsm, ..COUNT },
    Case { name: "160 GSM decode", text: Letters::Gsm, over_floor: Some(5.5), ..DECODE },
    Case { name: "160 GSM decode, packed", text: Letters::Gsm, ..DECODE_PACKED },
    Case { name: "1,000 mixed GSM encode", text: Letters::Mixed, over_floor: Some(50.0), ..ENCODE },
    Case { name: "1,000 mixed GSM encode, packed", text: Letters::Mixed, ..ENCODE_PACKED },
    Case { name: "1,000 mixed GSM split", text: Letters::Mixed, ..SPLIT },
    Case { name: "1,000 mixed GSM count", text: Letters::Mixed, ..COUNT },
    Case { name: "1,000 mixed GSM decode", text: Letters::Mixed, over_floor: Some(40.0), ..DECODE },
    Case { name: "1,000 mixed GSM decode, packed", text: Letters::Mixed, ..DECODE_PACKED },
    Case { name: "1,000 mixed scripts encode", text: Letters::Scripts, ..ENCODE_UCS2 },
    Case { name: "1,000 mixed scripts split", text: Letters::Scripts, ..SPLIT },
    Case { name: "1,000 mixed scripts count", text: Letters::Scripts, ..COUNT },
    Case { name: "1,000 mixed scripts decode", text: Letters::Scripts, ..DECODE_UCS2 },
    Case { name: "70 emoji encode", text: Letters::Emoji, ..ENCODE_UCS2 },
    Case { name: "70 emoji split", text: Letters::Emoji, ..SPLIT },
    Case { name: "70 emoji count", text: Letters::Emoji, ..COUNT },
    Case { name: "70 emoji decode", text: Letters::Emoji, ..DECODE_UCS2 },
];

/// From a text to octets that may be sent, the alphabet chosen.
const ENCODE: Case = Case {
    name: "",
    text: Letters::Gsm,
    floor: Some(|text| {
        black_box(text.text.as_bytes().to_vec());
    }),
    over_floor: None,
    gsm7: None,
    sms_splitter: None,
    ours: |text| {
        black_box(text.profile.encode(&text.text).expect("UCS-2 holds everything"));
    },
};

/// The same with septets packed.
const ENCODE_PACKED: Case = Case {
    floor: None,
    gsm7: Some(|text| {
        let mut writer = Gsm7Writer::new(Vec::with_capacity(text.packed.len()));
        writer.write_str(&text.text).expect("GSM letters");
        black_box(writer.into_writer().expect("GSM letters"));
    }),
    ours: |text| {
        black_box(text.packing.encode(&text.text).expect("UCS-2 holds everything"));
    },
    ..ENCODE
};

const ENCODE_UCS2: Case = Case {
    floor: Some(|text| {
        let octets: Vec<u8> = text.text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        black_box(octets);
    }),
    over_floor: Some(0.6),
    ..ENCODE
};

/// Parts: texts and their sizes with `sms_splitter`, octets with their headers, ready to be sent, with us.
const SPLIT: Case = Case {
    floor: None,
    sms_splitter: Some(|text| {
        black_box(SplitSms::default().split(text.text.clone()));
    }),
    ours: |text| {
        black_box(text.splitter.split(&text.text, 7).expect("few parts"));
    },
    ..ENCODE
};

/// How many parts there will be and what room is left, for those who type.
const COUNT: Case = Case {
    sms_splitter: Some(|text| {
        let options = SplitterOptions::new(false, true);
        black_box(SplitSms::new(options).split(text.text.clone()));
    }),
    ours: |text| {
        black_box(text.splitter.cost(&text.text).expect("few parts"));
    },
    ..SPLIT
};

/// From octets to a text.
const DECODE: Case = Case {
    floor: Some(|text| {
        black_box(text.text.clone());
    }),
    ours: |text| {
        black_box(text.profile.decode(text.data_coding, &text.octets));
    },
    ..ENCODE
};

const DECODE_PACKED: Case = Case {
    floor: None,
    gsm7: Some(|text| {
        let read: Result<String, _> = Gsm7Reader::new(&text.packed[..]).collect();
        black_box(read.expect("GSM letters"));
    }),
    ours: |text| {
        black_box(text.packing.decode(DataCoding::default(), &text.packed));
    },
    ..DECODE
};

const DECODE_UCS2: Case = Case {
    floor: Some(|text| {
        let units = text.octets.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
        let read: Result<String, _> = char::decode_utf16(units).collect();
        black_box(read.expect("whole pairs"));
    }),
    over_floor: Some(1.2),
    ..DECODE
};

impl Case {
    /// What the side does; `None` if it cannot.
    pub fn work(&self, side: Side) -> Option<Work> {
        match side {
            Side::Floor => self.floor,
            Side::Gsm7 => self.gsm7,
            Side::SmsSplitter => self.sms_splitter,
            Side::Ours => Some(self.ours),
        }
    }
}

impl Side {
    /// In the order of the table.
    pub const ALL: [Self; 4] = [Self::Floor, Self::Gsm7, Self::SmsSplitter, Self::Ours];

    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Gsm7 => "gsm7",
            Self::SmsSplitter => "sms_splitter",
            Self::Ours => "ours",
        }
    }

    /// Whether it is one that we have to be faster than.
    pub fn is_peer(self) -> bool {
        matches!(self, Self::Gsm7 | Self::SmsSplitter)
    }

    /// How many times it works to be counted: few times if it takes millions of instructions.
    pub fn iterations(self) -> u64 {
        if self == Self::SmsSplitter { 4 } else { 200 }
    }
}

impl Text {
    /// The text, and what is made of it.
    pub fn of(letters: Letters) -> Self {
        let (pattern, length) = match letters {
            Letters::Gsm => (GSM, 160),
            Letters::Mixed => (MIXED, 1000),
            Letters::Scripts => (SCRIPTS, 1000),
            Letters::Emoji => (EMOJI, 70),
        };
        let text: String = pattern.chars().cycle().take(length).collect();
        let profile = Profile::default();
        let packing = profile.with_packed(true);
        let encoded = profile.encode(&text).expect("UCS-2 holds everything");
        Self {
            packed: packing.encode(&text).expect("UCS-2 holds everything").octets,
            data_coding: encoded.data_coding,
            octets: encoded.octets,
            text,
            profile,
            packing,
            splitter: Splitter::new(profile),
        }
    }

    /// How many letters it has.
    pub fn letters(&self) -> u64 {
        self.text.chars().count() as u64
    }
}

const GSM: &str = "The quick brown fox jumps over the lazy dog. ";
const MIXED: &str = "Größe 42, 19.90 €! Prix réduit à [A-7]: £5. {ΓΔΩ} ¿Ñandu? Però è così: ~50% @home_";
const SCRIPTS: &str = "Привет, как дела? 可輸入英文單字。 ça coûte 5 € 😀 שלום नमस्ते ";
const EMOJI: &str = "😀🎉🚀🐳🍕🎸🌍👀🔥🙏";

#[cfg(test)]
mod tests {
    use smpp::sms::Alphabet;

    use super::*;

    impl Text {
        fn alphabet(&self) -> Option<Alphabet> {
            self.profile.alphabet_of(self.data_coding)
        }
    }

    const ALL: [Letters; 4] = [Letters::Gsm, Letters::Mixed, Letters::Scripts, Letters::Emoji];

    #[test]
    fn texts_are_what_they_are_called() {
        for (letters, characters, alphabet) in [
            (Letters::Gsm, 160, Alphabet::GSM7),
            (Letters::Mixed, 1000, Alphabet::GSM7),
            (Letters::Scripts, 1000, Alphabet::Ucs2),
            (Letters::Emoji, 70, Alphabet::Ucs2),
        ] {
            let text = Text::of(letters);
            assert_eq!((text.text.chars().count(), text.alphabet()), (characters, Some(alphabet)), "{letters:?}");
        }
        assert!(Text::of(Letters::Mixed).octets.len() > 1000, "no letter of the extension table");
        assert_eq!(Text::of(Letters::Emoji).octets.len(), 70 * 4);
    }

    #[test]
    fn gsm7_writes_and_reads_what_we_do() {
        for text in ALL.map(Text::of).iter().filter(|text| text.alphabet() == Some(Alphabet::GSM7)) {
            let mut writer = Gsm7Writer::new(Vec::new());
            writer.write_str(&text.text).expect("GSM letters");
            assert_eq!(writer.into_writer().expect("GSM letters"), text.packed);
            let read: Result<String, _> = Gsm7Reader::new(&text.packed[..]).collect();
            assert_eq!(read.expect("GSM letters").trim_end_matches('\r'), text.text);
            assert_eq!(text.packing.decode(DataCoding::default(), &text.packed).text.as_ref(), Some(&text.text));
        }
        assert!(Gsm7Writer::new(Vec::new()).write_str(&Text::of(Letters::Emoji).text).is_err(), "it cannot");
    }

    #[test]
    fn sms_splitter_counts_what_we_do() {
        for letters in ALL {
            let text = Text::of(letters);
            let theirs = SplitSms::default().split(text.text.clone());
            let ours = text.splitter.split(&text.text, 7).expect("few parts");
            let parts: Vec<_> = ours.parts().map(|part| &text.text[part.text.expect("of a text")]).collect();
            let cost = text.splitter.cost(&text.text).expect("few parts");
            assert_eq!((theirs.parts.len(), theirs.parts.len()), (cost.segments, parts.len()));
            let contents: Vec<_> = theirs.parts.iter().map(|part| &part.content[..]).collect();
            if letters == Letters::Scripts {
                // It cuts within a syllable, behind the mark that joins its letters, where we do not.
                assert!(contents.iter().any(|part| part.ends_with('\u{94d}')), "{contents:?}");
                assert!(!parts.iter().any(|part| part.ends_with('\u{94d}')), "{parts:?}");
                assert_eq!(contents.concat(), parts.concat());
            } else {
                assert_eq!(contents, parts);
                assert_eq!(theirs.remaining_in_part, cost.remaining);
            }
        }
    }

    #[test]
    fn every_case_runs() {
        for case in CASES {
            let text = Text::of(case.text);
            Side::ALL.into_iter().filter_map(|side| case.work(side)).for_each(|work| work(&text));
        }
    }
}
