//! Whether octets are what data_coding says. Only what leaves no reasonable doubt is evidence: octets that are a text of
//! the alphabet that was declared stay one.

use super::super::Alphabet;

/// What octets evidently are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    Alphabet(Alphabet),
    Utf8,
    /// UCS-2 with the octets of each unit the wrong way round, behind a mark that says so.
    LittleEndian,
}

/// What octets are, if that is evidently not what was declared.
pub(super) fn evidence_against(declared: Alphabet, octets: &[u8]) -> Option<Evidence> {
    match declared {
        // Neither has octets above 0x7F. Where there are such, nothing is lost by looking for something better.
        Alphabet::Gsm7(_) | Alphabet::Ascii if !octets.is_ascii() => {
            if str::from_utf8(octets).is_ok() {
                return Some(Evidence::Utf8);
            }
            (is_sound_ucs2(octets) && is_coherent_ucs2(octets)).then_some(Evidence::Alphabet(Alphabet::Ucs2))
        }
        // In the others what each pair begins with is a control character.
        Alphabet::Gsm7(_) | Alphabet::Ascii | Alphabet::Latin1 if is_ucs2_by_every_other_octet(octets) => {
            Some(Evidence::Alphabet(Alphabet::Ucs2))
        }
        // U+FFFE is no letter and never will be.
        Alphabet::Ucs2 if octets.starts_with(b"\xFF\xFE") && octets.len().is_multiple_of(2) => {
            Some(Evidence::LittleEndian)
        }
        Alphabet::Ucs2 if !octets.len().is_multiple_of(2) && octets.iter().all(|octet| is_printable(*octet)) => {
            Some(Evidence::Alphabet(Alphabet::Ascii))
        }
        _ => None,
    }
}

/// Whether octets that could be letters one by one are UCS-2: pairs of one script and of ASCII.
///
/// In GSM 7-bit the first of each pair is a letter with an accent or a currency, at every other place, which a text may well
/// have (`£1£2£3`). So that no text is lost that anybody writes, some pair must be of ASCII, as spaces and digits are in
/// almost any script, where GSM 7-bit has `@`; of pairs in Latin, half must be; and each other letter must be one of its script.
fn is_ucs2_by_every_other_octet(octets: &[u8]) -> bool {
    let pairs = octets.as_chunks::<2>().0;
    let (mut of_ascii, mut script) = (0, None);
    for [high, low] in pairs {
        if *high == 0 {
            of_ascii += 1;
        } else if *script.get_or_insert(*high) != *high || !is_of_script(*high, *low) {
            return false;
        }
    }
    let enough = if script == Some(0x01) { pairs.len().div_ceil(2) } else { 1 };
    pairs.len() >= 4 && of_ascii >= enough && is_sound_ucs2(octets)
}

/// Whether a letter is of the scripts of a block whose texts have letters that could be septets. Left out are blocks whose
/// number is a line feed or a carriage return, and those of scripts that hardly any text is in.
fn is_of_script(block: u8, low: u8) -> bool {
    match block {
        // Latin with the accents of Eastern Europe and Turkish; Cyrillic.
        0x01 | 0x04 => true,
        // Greek, whose letters are no septets; Latin 1 may have them.
        0x03 => low >= 0x84,
        // Armenian and Hebrew.
        0x05 => matches!(low, 0x31..=0x56 | 0x59..=0x8A | 0x91..=0xF4),
        // Arabic.
        0x06 => matches!(low, 0x0C | 0x1B | 0x1F | 0x21..=0x3A | 0x40..=0x55 | 0x60..=0x6F | 0x71..=0xFF),
        // Hindi and Bengali.
        0x09 => matches!(low, 0x01..=0x70 | 0x81..=0xFB),
        // Telugu and Kannada.
        0x0C => matches!(low, 0x01..=0x4D | 0x60..=0x6F | 0x82..=0xEF),
        // Thai and Lao.
        0x0E => matches!(low, 0x01..=0x3A | 0x3F..=0x5B | 0x81..=0xDF),
        _ => false,
    }
}

/// Whether octets are UCS-2 without anything that no text has: control characters, lone surrogates, private use.
fn is_sound_ucs2(octets: &[u8]) -> bool {
    let (pairs, odd) = octets.as_chunks::<2>();
    odd.is_empty()
        && char::decode_utf16(pairs.iter().map(|pair| u16::from_be_bytes(*pair))).all(|letter| match letter {
            Ok('\n' | '\r' | '\t' | '\u{FEFF}') => true,
            Ok('\u{E000}'..='\u{F8FF}' | '\u{FFF0}'..='\u{FFFB}' | '\u{FFFE}'..='\u{FFFF}' | '\u{F0000}'..) => false,
            Ok(letter) => !letter.is_control(),
            Err(_) => false,
        })
}

/// Whether octets make more sense as pairs than one by one: few scripts, and what no text of single octets has.
fn is_coherent_ucs2(octets: &[u8]) -> bool {
    let pairs = octets.as_chunks::<2>().0;
    let mut scripts: [Option<u8>; 2] = [None; 2];
    let (mut alphabetic, mut surrogates, mut syllables, mut ideographs) = (0, 0, 0, 0);
    let (mut unlike_letters, mut controls) = (0, 0);
    for [high, low] in pairs {
        unlike_letters += usize::from(!is_printable(*low));
        controls += usize::from(*low < 0x20 && !is_printable(*low));
        alphabetic += usize::from(*high < 0x10);
        let script = match high {
            0xD8..=0xDF => {
                surrogates += 1;
                continue;
            }
            // Kana. Of single octets, each pair would begin with the digit 0.
            0x30 if *low > 0x40 => {
                syllables += 1;
                continue;
            }
            // Latin, general punctuation, that of East Asia, its full-width forms: of any text.
            0x00 | 0x20 | 0x30 | 0xFE | 0xFF => continue,
            0x34..=0x9F => {
                ideographs += 1;
                0x34
            }
            0xAC..=0xD7 => {
                // Korean. In alphabets of single octets both would be letters beyond ASCII.
                syllables += usize::from(low.is_ascii());
                0xAC
            }
            other => *other,
        };
        match scripts.iter_mut().find(|known| known.is_none_or(|known| known == script)) {
            Some(known) => *known = Some(script),
            None => return false,
        }
    }
    // Letters of single octets, taken in pairs, look like ideographs; but then the second of each is a letter, too.
    let ideographic = ideographs > 1 && (controls > 0 || unlike_letters * 2 > pairs.len());
    alphabetic * 2 > pairs.len() || surrogates > 0 || syllables > 2 || ideographic
}

fn is_printable(octet: u8) -> bool {
    matches!(octet, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    const UCS2: Option<Evidence> = Some(Evidence::Alphabet(Alphabet::Ucs2));

    fn against_gsm7(octets: &[u8]) -> Option<Evidence> {
        evidence_against(Alphabet::GSM7, octets)
    }

    fn ucs2(text: &str) -> Vec<u8> {
        Alphabet::Ucs2.encode(text).unwrap()
    }

    #[test]
    fn ucs2_under_the_name_of_gsm7() {
        for text in [
            "ça va",
            "ç",
            "plain",
            "two\nlines",
            "Привет, мир",
            "مرحبا بالعالم",
            "שלום",
            "γειά",
            "नमस्ते दुनिया",
            "హలో ప్రపంచం 1",
            "Zażółć gęślą jaźń",
            "Բարեւ աշխարհ",
            "สวัสดี 5",
            "你好，世界",
            "안녕하세요",
            "こんにちは",
            "fine 😀",
            "50 € “quoted”",
            "ğüşiöç",
        ] {
            assert_eq!(against_gsm7(&ucs2(text)), UCS2, "{text}");
        }
    }

    #[test]
    fn octets_that_could_be_what_was_declared_are_left_alone() {
        for text in [
            "",
            "@",
            "@a",
            "@a@b",
            "@a@b@c",
            "plain",
            "èaébùc",
            "\na\nb\nc\nd",
            "@\n@\n",
            "£1 £2 £3 £4",
            "£1£2£3",
            "£1£2£3£4£5",
            "@£1£2£3£4£5£6",
            "$5$6$7",
            "$5$6$7@1",
            "é1é2é3",
            "è1è2è3è4è5è6",
            "@1è2é3ù4",
            "@home @work",
            "éééé",
        ] {
            let octets = Alphabet::GSM7.encode(text).unwrap();
            assert_eq!(against_gsm7(&octets), None, "{text}");
        }
        assert_eq!(evidence_against(Alphabet::Ascii, b"\0a\0b\0c"), None);
        assert_eq!(evidence_against(Alphabet::Latin1, "ä".as_bytes()), None);
        assert_eq!(evidence_against(Alphabet::Latin1, b"a\tb\tc\td\t"), None);
    }

    #[test]
    fn ucs2_under_the_name_of_latin1_or_ascii() {
        for declared in [Alphabet::Latin1, Alphabet::Ascii] {
            for text in ["Hello", "Grüße €5"] {
                let evidence = if text.contains('€') && declared == Alphabet::Latin1 { None } else { UCS2 };
                assert_eq!(evidence_against(declared, &ucs2(text)), evidence, "{declared} {text}");
            }
            for text in ["Grüße an Zoë", "Привет, мир", "γειά σου"] {
                assert_eq!(evidence_against(declared, &ucs2(text)), UCS2, "{declared} {text}");
            }
        }
    }

    /// Single octets above 0x7F, of Latin 1, Windows-1252 or packed septets, are no UCS-2.
    #[test]
    fn neither_gsm7_nor_ucs2() {
        for octets in [
            &b"Gr\xFC\xDFe an"[..],
            b"\xFCbst",
            b"W\xF6rter",
            b"don\x92t!",
            b"caf\xE9",
            b"\x0Bl\xFF?",
            b"\xE8\x32\x9B\xFD\x46\x97\xD9\xEC\x37\0",
            b"\xD4\xF2\x9C\x0E\x82\xBE\xDF\x73\x7A\x18\xE4\x2E",
        ] {
            assert_eq!(against_gsm7(octets), None, "{octets:x?}");
        }
    }

    #[test]
    fn utf8_under_the_name_of_gsm7_or_ascii() {
        for declared in [Alphabet::GSM7, Alphabet::Ascii] {
            assert_eq!(evidence_against(declared, "Grüße €".as_bytes()), Some(Evidence::Utf8));
        }
    }

    #[test]
    fn what_is_not_ucs2() {
        assert_eq!(evidence_against(Alphabet::Ucs2, b"\xFF\xFEa\0"), Some(Evidence::LittleEndian));
        assert_eq!(evidence_against(Alphabet::Ucs2, b"hello"), Some(Evidence::Alphabet(Alphabet::Ascii)));
        assert_eq!(evidence_against(Alphabet::Ucs2, b"hell"), None);
        assert_eq!(evidence_against(Alphabet::Ucs2, b"\0h\0"), None);
        assert_eq!(evidence_against(Alphabet::Ucs2, b"\xFE\xFF\0a"), None);
    }
}
