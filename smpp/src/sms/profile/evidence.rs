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
        Alphabet::Gsm7(_) if is_ucs2_within_septets(octets) => Some(Evidence::Alphabet(Alphabet::Ucs2)),
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

/// Whether octets that could be septets are of one script in UCS-2: the first of each pair is 0, or the number of the
/// script's block, and there are pairs enough for that to be no chance. In GSM 7-bit each of these is a letter with an
/// accent or a currency, at every other place. Line feed and carriage return, the numbers of the blocks of Gujarati and
/// Malayalam, could well be there, and so are no evidence.
fn is_ucs2_within_septets(octets: &[u8]) -> bool {
    let first = octets.iter().step_by(2);
    if !first.clone().all(|octet| *octet < 0x10 && !matches!(octet, b'\n' | b'\r')) {
        return false;
    }
    let block = first.clone().find(|octet| **octet != 0).unwrap_or(&0);
    octets.len() >= 6 && first.clone().all(|octet| *octet == 0 || octet == block) && is_sound_ucs2(octets)
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
            "नमस्ते",
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
        for text in
            ["", "@", "@a", "@a@b", "plain", "èaébùc", "\na\nb\nc\nd", "@\n@\n", "£1 £2 £3 £4", "@home @work", "éééé"]
        {
            let octets = Alphabet::GSM7.encode(text).unwrap();
            assert_eq!(against_gsm7(&octets), None, "{text}");
        }
        assert_eq!(evidence_against(Alphabet::Ascii, b"\0a\0b\0c"), None);
        assert_eq!(evidence_against(Alphabet::Latin1, "ä".as_bytes()), None);
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
