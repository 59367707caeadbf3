//! Every cell of the tables of GSM 7-bit, in both directions; that alphabets lose nothing; and what users stumbled on.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use smpp::sms::{Alphabet, Choice, Fallback, Gsm7, Language, Languages, Profile, Unencodable};
use smpp::value::DataCoding;

/// A cell of gsm0338.csv or gsm-national.csv.
struct Cell {
    /// `None` of the default alphabet and its extension.
    language: Option<Language>,
    /// Whether it is in a table that an escape leads to.
    shifted: bool,
    code: u8,
    /// `None` of control codes.
    letter: Option<char>,
    disputed: bool,
}

impl Cell {
    /// Tables with this cell.
    fn gsm7(&self) -> Gsm7 {
        if self.shifted {
            Gsm7 { locking: None, single: self.language }
        } else {
            Gsm7 { locking: self.language, single: None }
        }
    }

    fn octets(&self) -> Vec<u8> {
        if self.shifted { vec![ESCAPE, self.code] } else { vec![self.code] }
    }
}

const ESCAPE: u8 = 0x1B;

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for line in include_str!("data/gsm0338.csv").lines().skip(1) {
        let [table, code, letter, _] = line.splitn(4, ',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        cells.push(Cell {
            language: None,
            shifted: table == "extension",
            code: code_of(code),
            letter: letter_of(letter),
            disputed: false,
        });
    }
    assert_eq!(cells.len(), 140);
    for line in include_str!("data/gsm-national.csv").lines().skip(1) {
        let [number, _, table, code, letter, rest] = line.splitn(6, ',').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        cells.push(Cell {
            language: Some(Language(code_of(number))),
            shifted: table == "single_shift",
            code: code_of(code),
            letter: letter_of(letter),
            disputed: rest.contains("disputed"),
        });
    }
    assert_eq!(cells.len(), 140 + 2332);
    cells
}

fn code_of(text: &str) -> u8 {
    u8::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap()
}

fn letter_of(text: &str) -> Option<char> {
    Some(char::from_u32(u32::from_str_radix(text.strip_prefix("U+")?, 16).unwrap()).unwrap())
}

/// The letters of each table by code: (language number, 0 for none; whether it is shifted to).
fn tables() -> BTreeMap<(u8, bool), BTreeMap<u8, char>> {
    let mut tables: BTreeMap<_, BTreeMap<u8, char>> = BTreeMap::new();
    for cell in cells() {
        let table = tables.entry((cell.language.map_or(0, |language| language.0), cell.shifted)).or_default();
        if let Some(letter) = cell.letter {
            assert_eq!(table.insert(cell.code, letter), None, "a cell stands once");
        }
    }
    assert_eq!(tables.len(), 2 + 12 + 13);
    tables
}

#[test]
fn every_cell_is_decoded() {
    let mut letters = 0;
    for cell in cells() {
        let Some(letter) = cell.letter else { continue };
        let alphabet = Alphabet::Gsm7(cell.gsm7());
        assert_eq!(alphabet.decode(&cell.octets()), letter.to_string(), "{alphabet} {:#04x}", cell.code);
        // With others around it, so that every way through the decoder is taken.
        let long = [&[b'a'; 16], &cell.octets()[..], &[b'b'; 16]].concat();
        assert_eq!(alphabet.decode(&long), format!("{}{letter}{}", "a".repeat(16), "b".repeat(16)), "{alphabet}");
        letters += 1;
    }
    assert_eq!(letters, 137 + 2294);
}

/// A letter with several codes in a table is written with the first of them, and with that of the alphabet if it has one
/// there as well.
#[test]
fn every_cell_is_encoded() {
    let tables = tables();
    let mut written = 0;
    for cell in cells() {
        let Some(letter) = cell.letter else { continue };
        let alphabet = Alphabet::Gsm7(cell.gsm7());
        let language = cell.language.map_or(0, |language| language.0);
        let main = if cell.shifted { &tables[&(0, false)] } else { &tables[&(language, false)] };
        let first =
            |table: &BTreeMap<u8, char>| table.iter().find(|(_, other)| **other == letter).map(|(code, _)| *code);
        let expected = match (first(main), first(&tables[&(language, cell.shifted)])) {
            (Some(code), _) => vec![code],
            (None, Some(_)) if cell.disputed => {
                let refused = Unencodable { letter, at: 0, alphabet };
                assert_eq!(alphabet.encode(&letter.to_string()), Err(refused));
                continue;
            }
            (None, code) => vec![ESCAPE, code.unwrap()],
        };
        assert_eq!(alphabet.encode(&letter.to_string()).unwrap(), expected, "{alphabet} {letter:?}");
        assert_eq!(alphabet.cost(letter), Some(expected.len()));
        assert_eq!(alphabet.units(&letter.to_string()), Ok(expected.len()));
        assert!(alphabet.can_encode(&letter.to_string()));
        written += 1;
    }
    assert_eq!(written, 137 + 2293);
}

/// All of Unicode, in every table: a letter is encoded if and only if the alphabet or the shifted table holds it.
#[test]
fn what_no_table_holds_is_refused() {
    let tables = tables();
    for ((number, shifted), table) in &tables {
        let language = (*number > 0).then_some(Language(*number));
        let gsm7 =
            if *shifted { Gsm7 { locking: None, single: language } } else { Gsm7 { locking: language, single: None } };
        let alphabet = Alphabet::Gsm7(gsm7);
        let other = &tables[&(0, !shifted)];
        let mut held: BTreeSet<char> = table.values().chain(other.values()).copied().collect();
        if (number, shifted) == (&Language::TELUGU.0, &true) {
            assert!(held.remove(&'€'), "disputed");
        }
        let encoded: BTreeSet<char> = ('\0'..=char::MAX).filter(|letter| alphabet.cost(*letter).is_some()).collect();
        assert_eq!(encoded, held, "{alphabet}");
    }
}

#[test]
fn codes_without_a_letter_are_shown_as_the_alphabet_has_them() {
    let tables = tables();
    for ((number, shifted), table) in &tables {
        if !shifted {
            continue;
        }
        let alphabet = Alphabet::Gsm7(Gsm7 { locking: None, single: Some(Language(*number)) });
        for code in (0..0x80).filter(|code| !table.contains_key(code) && *code != ESCAPE) {
            assert_eq!(
                alphabet.decode(&[ESCAPE, code]),
                tables[&(0, false)][&code].to_string(),
                "{alphabet} {code:#04x}"
            );
        }
    }
}

/// Values that are not assigned, and Spanish, which has no locking shift table, stand for the default tables.
#[test]
fn unknown_languages_stand_for_the_default_tables() {
    let octets: Vec<u8> = (0..0x80).flat_map(|code| [code, b' ', ESCAPE, code, b' ']).collect();
    for number in [0].into_iter().chain(14..=255) {
        let language = Some(Language(number));
        let alphabet = Alphabet::Gsm7(Gsm7 { locking: language, single: language });
        assert_eq!(alphabet.decode(&octets), Alphabet::GSM7.decode(&octets), "{number}");
        assert_eq!(alphabet.encode("[@]ç").map_err(|error| error.letter), Err('ç'));
        assert_eq!(alphabet.encode("[@]"), Alphabet::GSM7.encode("[@]"));
    }
    let spanish = Alphabet::Gsm7(Gsm7 { locking: Some(Language::SPANISH), single: None });
    assert_eq!(spanish.decode(&octets), Alphabet::GSM7.decode(&octets));
}

/// Texts of the letters of an alphabet, and of any.
fn texts() -> impl Strategy<Value = String> {
    let of_tables: Vec<char> = cells().into_iter().filter_map(|cell| cell.letter).collect();
    let letters = prop_oneof![
        6 => prop::char::range(' ', '~'),
        2 => prop::sample::select(of_tables),
        1 => prop::char::range('\0', '\u{FF}'),
        1 => any::<char>(),
    ];
    prop_oneof![prop::collection::vec(letters, 0..200).prop_map(String::from_iter), "[ -~]{0,200}", ".*"]
}

fn alphabets() -> impl Strategy<Value = Alphabet> {
    let language = || prop::option::of((0..=14_u8).prop_map(Language));
    prop_oneof![
        2 => (language(), language()).prop_map(|(locking, single)| Alphabet::Gsm7(Gsm7 { locking, single })),
        1 => prop::sample::select(vec![Alphabet::GSM7, Alphabet::Ascii, Alphabet::Latin1, Alphabet::Ucs2]),
    ]
}

/// Texts that look like UCS-2 when their septets, or octets, are taken in pairs: every other letter is one of few, with
/// codes below 0x10 in GSM 7-bit or in Latin 1.
fn texts_of_pairs() -> impl Strategy<Value = String> {
    let low = |alphabet: Alphabet| alphabet.decode(&(0..0x10).collect::<Vec<_>>()).chars().collect::<Vec<_>>();
    let firsts = prop::sample::select(vec![low(Alphabet::GSM7), low(Alphabet::Latin1)]).prop_flat_map(|codes| {
        let zero = codes[0];
        (Just(zero), prop::sample::select(codes))
    });
    let seconds: Vec<char> =
        cells().into_iter().filter(|cell| cell.language.is_none()).filter_map(|cell| cell.letter).collect();
    firsts.prop_flat_map(move |(zero, other)| {
        let first = prop_oneof![1 => Just(zero), 3 => Just(other)];
        let second = prop_oneof![8 => prop::char::range('0', 'Z'), 4 => prop::sample::select(seconds.clone()), 1 => Just('\u{E9}')];
        prop::collection::vec((first, second), 1..24)
            .prop_map(|pairs| pairs.into_iter().flat_map(|(first, second)| [first, second]).collect())
    })
}

/// The texts that come back as something else where guessing is allowed, as `Profile::decode` says.
fn may_be_guessed(octets: &[u8], alphabet: Alphabet) -> bool {
    if alphabet == Alphabet::Ucs2 {
        return octets.starts_with(b"\xFF\xFE");
    }
    let firsts: BTreeSet<u8> = octets.iter().step_by(2).copied().collect();
    let others: Vec<_> = firsts.iter().filter(|first| **first > 0).collect();
    let is_known = |first: &&u8| match alphabet {
        Alphabet::Gsm7(_) => b"\x01\x04\x05\x06\x09\x0C\x0E".contains(first),
        _ => **first < b' ',
    };
    octets.len() >= 8
        && octets.len().is_multiple_of(2)
        && firsts.contains(&0)
        && others.len() <= 1
        && others.iter().all(is_known)
}

proptest! {
    #[test]
    fn what_an_alphabet_holds_comes_back(text in texts(), alphabet in alphabets()) {
        let costs: Option<Vec<usize>> = text.chars().map(|letter| alphabet.cost(letter)).collect();
        prop_assert_eq!(alphabet.can_encode(&text), costs.is_some());
        let mut octets = b"before".to_vec();
        let encoded = alphabet.encode_into(&text, &mut octets);
        match costs {
            Some(costs) => {
                prop_assert_eq!(encoded, Ok(()));
                let units = costs.iter().sum::<usize>();
                prop_assert_eq!(alphabet.units(&text), Ok(units));
                prop_assert_eq!(octets.len() - 6, units * if alphabet == Alphabet::Ucs2 { 2 } else { 1 });
                prop_assert_eq!(alphabet.decode(&octets[6..]), text);
            }
            None => {
                let (at, letter) = text.char_indices().find(|(_, letter)| alphabet.cost(*letter).is_none()).unwrap();
                let refused = Unencodable { letter, at, alphabet };
                prop_assert_eq!(encoded, Err(refused));
                prop_assert_eq!(alphabet.units(&text), Err(refused));
                prop_assert_eq!(&octets, b"before");
                // What the letters before it are is not affected.
                prop_assert_eq!(alphabet.decode(&alphabet.encode(&text[..at]).unwrap()), &text[..at]);
            }
        }
    }

    /// What is encoded by default loses nothing, packed or not, whatever the default alphabet is.
    #[test]
    fn profiles_lose_nothing(
        text in prop_oneof![texts(), texts_of_pairs()],
        default in prop_oneof![Just(Alphabet::GSM7), alphabets()],
        packed: bool,
        guess: bool,
    ) {
        let profile = Profile::default().with_default_alphabet(default).with_packed(packed).with_guess(guess);
        let encoded = profile.encode(&text).unwrap();
        let decoded = profile.decode(encoded.data_coding, &encoded.octets);
        if guess && may_be_guessed(&encoded.octets, encoded.alphabet) {
            prop_assert_eq!(decoded.belied, decoded.alphabet != Some(encoded.alphabet) || decoded.text.as_ref() != Some(&text));
            return Ok(());
        }
        // Two carriage returns where one was, at the end of packed octets, is what the standard has.
        let read = decoded.text.as_deref().unwrap();
        prop_assert!(read == text || (packed && text.ends_with('\r') && read.strip_suffix('\r') == Some(&text)), "{:?}", decoded);
        prop_assert_eq!(decoded.alphabet, Some(encoded.alphabet));
        prop_assert!(decoded.exact && !decoded.belied);
    }

    #[test]
    fn octets_decode_to_something(octets: Vec<u8>, alphabet in alphabets(), data_coding: u8, packed: bool) {
        alphabet.decode(&octets);
        let profile = Profile::default().with_default_alphabet(alphabet).with_packed(packed);
        let decoded = profile.decode(DataCoding(data_coding), &octets);
        if decoded.text.is_some_and(|text| text.contains('\u{FFFD}')) && !decoded.belied {
            prop_assert!(!decoded.exact || decoded.alphabet == Some(Alphabet::Ucs2), "U+FFFD itself is in UCS-2 only");
        }
    }

    /// What is chosen holds the text as it says, and nothing is replaced unless that was asked for.
    #[test]
    fn choices_hold_the_text(text in texts(), wanted in prop::option::of(alphabets()), numbers in prop::collection::vec(1..14_u8, 0..4)) {
        let profile = Profile::default().with_languages(numbers.into_iter().map(Language).collect());
        let Choice { alphabet, text: chosen, units, data_coding, .. } = profile.choose(wanted, &text).unwrap();
        prop_assert_eq!(alphabet.units(&chosen), Ok(units));
        prop_assert_eq!(&*chosen, &*text);
        prop_assert_eq!(Some(data_coding), profile.data_coding_of(alphabet));
        if let Alphabet::Gsm7(Gsm7 { locking, single }) = alphabet && wanted.is_none() {
            prop_assert!([locking, single].into_iter().flatten().all(|language| profile.languages.contains(language)));
        }
        let refusing = profile.with_fallback(Fallback::Refuse).choose(wanted, &text);
        // Tables are taken instead of a refusal, and instead of UCS-2 if they save parts.
        let is_ucs2 = alphabet == Alphabet::Ucs2 && wanted != Some(Alphabet::Ucs2);
        prop_assert!(is_ucs2 || refusing.is_ok());
        if let Ok(other) = refusing && is_ucs2 {
            prop_assert!(matches!(other.alphabet, Alphabet::Gsm7(gsm7) if gsm7 != Gsm7::DEFAULT));
            let room = |alphabet, header| smpp::sms::capacity(alphabet, header);
            let parts = |alphabet, units: usize, shifts: usize| {
                let alone = if shifts > 0 { 1 + 3 * shifts } else { 0 };
                if units <= room(alphabet, alone) { 1 } else { units.div_ceil(room(alphabet, 6 + 3 * shifts)) }
            };
            let Alphabet::Gsm7(Gsm7 { locking, single }) = other.alphabet else { return Ok(()) };
            let shifts = [locking, single].into_iter().flatten().count();
            prop_assert!(parts(Alphabet::Ucs2, units, 0) <= parts(other.alphabet, other.units, shifts));
        }
    }
}

/// What data_coding 0 stands for is a matter of the link, and so is what alphabets have as data_coding.
#[test]
fn data_codings_of_a_link() {
    let gsm7 = Profile::default();
    let latin1 = Profile::default().with_default_alphabet(Alphabet::Latin1);
    let ascii = Profile::default().with_default_alphabet(Alphabet::Ascii);
    let chosen = |profile: Profile, wanted, text| {
        let choice = profile.choose(wanted, text).unwrap();
        (choice.alphabet, choice.data_coding.0)
    };
    assert_eq!(chosen(gsm7, None, "a@"), (Alphabet::GSM7, 0));
    assert_eq!(chosen(gsm7, None, "ç"), (Alphabet::Ucs2, 8));
    assert_eq!(chosen(gsm7, Some(Alphabet::Latin1), "ç"), (Alphabet::Latin1, 3));
    assert_eq!(chosen(gsm7, Some(Alphabet::Ascii), "a@"), (Alphabet::Ascii, 1));
    assert_eq!(chosen(gsm7, Some(Alphabet::Ucs2), "a@"), (Alphabet::Ucs2, 8));
    assert_eq!(chosen(gsm7, Some(Alphabet::Ascii), "ç"), (Alphabet::Ucs2, 8));
    assert_eq!(chosen(latin1, None, "aç"), (Alphabet::Latin1, 0));
    assert_eq!(chosen(latin1, None, "€"), (Alphabet::Ucs2, 8));
    assert_eq!(chosen(latin1, Some(Alphabet::Ascii), "a"), (Alphabet::Ascii, 1));
    assert_eq!(chosen(latin1, Some(Alphabet::GSM7), "a"), (Alphabet::Latin1, 0), "GSM 7-bit has no value there");
    assert_eq!(chosen(ascii, None, "a"), (Alphabet::Ascii, 0));
    assert_eq!(chosen(ascii, Some(Alphabet::Latin1), "ç"), (Alphabet::Latin1, 3));
}

#[test]
fn alphabets_of_data_codings() {
    let profile = Profile::default().with_default_alphabet(Alphabet::Latin1);
    for (values, alphabet) in [
        (&[0x00, 0x03][..], Some(Alphabet::Latin1)),
        (&[0x01], Some(Alphabet::Ascii)),
        (&[0x08, 0x18, 0x1B, 0x48, 0xE0, 0xEF], Some(Alphabet::Ucs2)),
        (&[0x10, 0x13, 0x40, 0x50, 0xC0, 0xC8, 0xD3, 0xF0, 0xF3], Some(Alphabet::GSM7)),
        (&[0x02, 0x04, 0x14, 0xF4, 0xF7], None),
        (&[0x05, 0x06, 0x07, 0x09, 0x0A, 0x0D, 0x0E], None),
        (&[0x1C, 0x20, 0x28, 0x60, 0x80, 0xBF], None),
    ] {
        for value in values {
            assert_eq!(profile.alphabet_of(DataCoding(*value)), alphabet, "{value:#04x}");
            let decoded = profile.decode(DataCoding(*value), b"\0a");
            assert_eq!((decoded.text.is_some(), decoded.alphabet), (alphabet.is_some(), alphabet), "{value:#04x}");
        }
    }
}

#[test]
fn byte_order_marks() {
    let profile = Profile::default();
    let marked = profile.decode(DataCoding::UCS2, b"\xFE\xFF\0a");
    assert_eq!((marked.text.as_deref(), marked.without_mark()), (Some("\u{FEFF}a"), Some("a")));
    assert!(marked.byte_order_mark && marked.exact && !marked.belied);
    let turned = profile.decode(DataCoding::UCS2, b"\xFF\xFEa\0\x3D\xD8\0\xDE");
    assert_eq!((turned.text.as_deref(), turned.without_mark()), (Some("a😀"), Some("a😀")));
    assert!(turned.byte_order_mark && !turned.exact && turned.belied);
    let unmarked = profile.decode(DataCoding::UCS2, b"\0a");
    assert!(!unmarked.byte_order_mark && unmarked.exact);
}

#[test]
fn what_is_not_exact_is_told() {
    let profile = Profile::default();
    let exact = |data_coding, octets: &[u8]| profile.decode(data_coding, octets).exact;
    assert!(exact(DataCoding::DEFAULT, b"a\x1B\x65"));
    assert!(!exact(DataCoding::DEFAULT, b"a\x1Ba"));
    assert!(!exact(DataCoding::DEFAULT, b"a\xFFb"));
    assert!(!exact(DataCoding::IA5_ASCII, b"a\xFFb"));
    assert!(exact(DataCoding::LATIN1, b"a\xFFb"));
    assert!(!exact(DataCoding::UCS2, b"\0a\0"));
    assert!(!exact(DataCoding::UCS2, b"\xD8\0\0a"));
}

/// Behind a header packed septets begin at the next septet boundary, and shifts of the header say which tables they are in.
#[test]
fn texts_behind_a_header() {
    let turkish = Gsm7 { locking: Some(Language::TURKISH), single: None };
    let profile = Profile::default().with_packed(true);
    for header in 0..=20 {
        let septets = Alphabet::Gsm7(turkish).encode("ığışç").unwrap();
        let octets = smpp::sms::pack(&septets, smpp::sms::fill_bits(header), profile.padding);
        let decoded = profile.decode_with(DataCoding::DEFAULT, &octets, turkish, header);
        assert_eq!((decoded.text.as_deref(), decoded.alphabet), (Some("ığışç"), Some(Alphabet::Gsm7(turkish))));
    }
}

#[test]
fn languages_of_a_profile() {
    let text = "ığdır ağaç ".repeat(9);
    let text = text.as_str();
    let none = Profile::default();
    assert_eq!(none.choose(None, text).unwrap().alphabet, Alphabet::Ucs2);
    let all = none.with_languages(Languages::ALL);
    let tables = |profile: Profile, text: &str| match profile.choose(None, text).unwrap().alphabet {
        Alphabet::Gsm7(Gsm7 { locking, single }) => (locking, single),
        other => panic!("{other}"),
    };
    assert_eq!(tables(all, text), (None, Some(Language::TURKISH)));
    assert_eq!(tables(all, &text.repeat(3)), (Some(Language::TURKISH), None));
    assert_eq!(all.encode(text).unwrap().alphabet, Alphabet::Ucs2, "encode makes no header");
    assert_eq!(all.choose(Some(Alphabet::Ucs2), text).unwrap().alphabet, Alphabet::Ucs2);
    assert_eq!(all.choose(None, "plain").unwrap().alphabet, Alphabet::GSM7);
    // Without loss comes before anything that is asked for in its stead.
    let replacing = all.with_fallback(Fallback::Replace('?'));
    assert_eq!(replacing.choose(None, text).unwrap().text, text);
    assert_eq!(replacing.choose(None, "日").unwrap().text, "?");
}

/// A header for tables takes octets, and not every mobile has the tables: they are for what UCS-2 makes more parts of.
#[test]
fn tables_that_save_no_part_beside_ucs2_are_not_taken() {
    let turkish = Profile::default().with_languages(Languages::NONE.with(Language::TURKISH));
    let chosen = |profile: Profile, text: &str| profile.choose(None, text).unwrap().alphabet;
    for count in [1, 70] {
        assert_eq!(chosen(turkish, &"ş".repeat(count)), Alphabet::Ucs2);
    }
    assert!(matches!(chosen(turkish, &"ş".repeat(71)), Alphabet::Gsm7(_)));
    // Where the text would be refused, or changed, they are.
    for fallback in [Fallback::Refuse, Fallback::Replace('?'), Fallback::Transliterate] {
        assert!(matches!(chosen(turkish.with_fallback(fallback), "ş"), Alphabet::Gsm7(_)), "{fallback:?}");
    }
    // Each letter takes two septets.
    let spanish = Profile::default().with_languages(Languages::NONE.with(Language::SPANISH));
    assert_eq!(chosen(spanish, &format!("ç{}", "€".repeat(69))), Alphabet::Ucs2);
}

#[test]
fn a_replacement_that_the_alphabet_does_not_have_is_named() {
    let refused = Unencodable { letter: '□', at: 2, alphabet: Alphabet::GSM7 };
    for fallback in [Fallback::Replace('□'), Fallback::TransliterateOrReplace('□')] {
        let profile = Profile::default().with_fallback(fallback).with_address_alphabet(Alphabet::GSM7);
        assert_eq!(profile.encode("5 日"), Err(refused));
        assert_eq!(profile.choose(None, "5 日"), Err(refused));
        assert_eq!(profile.encode_address("5 日"), Err(refused));
    }
    let profile = Profile::default().with_fallback(Fallback::Refuse);
    assert_eq!(profile.encode("5 日").map_err(|error| error.letter), Err('日'));
}

#[test]
fn gsm7_has_no_data_coding_where_0_stands_for_something_else() {
    let latin1 = Profile::default().with_default_alphabet(Alphabet::Latin1);
    assert_eq!(latin1.data_coding_of(Alphabet::GSM7), None);
    assert_eq!(latin1.data_coding_of(Alphabet::Latin1), Some(DataCoding::DEFAULT));
    assert_eq!(latin1.data_coding_of(Alphabet::Ucs2), Some(DataCoding::UCS2));
    let turkish = Alphabet::Gsm7(Gsm7 { locking: None, single: Some(Language::TURKISH) });
    assert_eq!(Profile::default().data_coding_of(turkish), Some(DataCoding::DEFAULT));
}

/// python-smpplib/python-smpplib#79, #261, opentelecoms-org/jsmpp#83, farhadi/node-smpp#133: `@`, `_`, `$` and the pound
/// sign arrive as something else, since SMSCs take data_coding 0 for different alphabets. It is set per link.
#[test]
fn smpplib_79_at_low_line_dollar_and_pound_are_wrong() {
    for (default, octets) in [(Alphabet::GSM7, &b"\x00 \x11 \x02 \x01"[..]), (Alphabet::Latin1, b"@ _ $ \xA3")] {
        let profile = Profile::default().with_default_alphabet(default);
        let encoded = profile.encode("@ _ $ £").unwrap();
        assert_eq!((encoded.data_coding, &encoded.octets[..]), (DataCoding::DEFAULT, octets));
        assert_eq!(profile.decode(DataCoding::DEFAULT, octets).text.unwrap(), "@ _ $ £");
    }
}

#[test]
fn prices_and_accents_at_every_other_place_are_no_ucs2() {
    let profile = Profile::default();
    for text in ["£1£2£3", "£1£2£3£4£5", "$5$6$7", "é1é2é3", "è1è2è3è4è5", "@a@b@c", "@£1£2£3£4£5"]
    {
        let encoded = profile.encode(text).unwrap();
        let decoded = profile.decode(encoded.data_coding, &encoded.octets);
        assert_eq!((decoded.text.as_deref(), decoded.belied), (Some(text), false));
    }
    // The exception.
    let decoded = |profile: Profile| profile.decode(DataCoding::DEFAULT, b"\0a\0b\0c\0d").text.unwrap();
    assert_eq!(decoded(profile), "abcd");
    assert_eq!(decoded(profile.with_guess(false)), "@a@b@c@d");
    let latin1 = profile.with_default_alphabet(Alphabet::Latin1);
    assert_eq!(decoded(latin1), "abcd");
    assert_eq!(decoded(latin1.with_guess(false)), "\0a\0b\0c\0d");
}

/// praekeltfoundation/vumi#838: an MO message is GSM 7-bit by its data_coding and UCS-2 by its octets, because one letter
/// of it (such as ç) was not to be had. It is read as what it is; it is said so, and the octets are the caller's still.
#[test]
fn vumi_838_mo_says_gsm7_and_is_ucs2() {
    let profile = Profile::default();
    for text in ["Avec ç tout change", "No letter of it", "Добрый день", "سلام عليكم", "שלום"] {
        let octets = Alphabet::Ucs2.encode(text).unwrap();
        let decoded = profile.decode(DataCoding::DEFAULT, &octets);
        assert_eq!((decoded.text.as_deref(), decoded.alphabet), (Some(text), Some(Alphabet::Ucs2)));
        assert!(decoded.belied && !decoded.exact);
    }
    let gsm7 = profile.decode(DataCoding::DEFAULT, b"\x00nn\x00 \x02\x01");
    assert_eq!((gsm7.text.as_deref(), gsm7.belied), (Some("@nn@ $£"), false));
}

/// jookies/jasmin#947: a sender with an umlaut fails. The alphabet of addresses is set per link, apart from that of texts.
#[test]
fn jasmin_947_umlaut_in_an_alphanumeric_sender() {
    let octets = |alphabet| Profile::default().with_address_alphabet(alphabet).encode_address("Müller");
    assert_eq!(Profile::default().encode_address("Müller").unwrap(), b"M\xFCller");
    assert_eq!(octets(Alphabet::GSM7).unwrap(), b"M\x7Eller");
    assert_eq!(octets(Alphabet::Ascii), Err(Unencodable { letter: 'ü', at: 1, alphabet: Alphabet::Ascii }));
    let profile = Profile::default().with_address_alphabet(Alphabet::GSM7);
    assert_eq!(profile.decode_address(b"M\x7Eller"), "Müller");
    // The letter whose code would end the address, and a replacement for it.
    assert_eq!(octets(Alphabet::GSM7).map(|_| ()), Ok(()));
    assert_eq!(profile.encode_address("me@home").map_err(|error| (error.letter, error.at)), Err(('@', 2)));
    assert_eq!(Profile::default().encode_address("me@home").unwrap(), b"me@home");
    let ascii = Profile::default().with_address_alphabet(Alphabet::Ascii);
    assert_eq!(ascii.with_fallback(Fallback::Replace('u')).encode_address("Müller").unwrap(), b"Muller");
}
