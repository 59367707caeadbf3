//! GSM 7-bit (3GPP TS 23.038, 6.2.1), one septet an octet.

use super::language::Language;
use super::national::{LOCKING, SINGLE};
use super::table::{NONE, Table, Utf8, plain_run};

/// Which tables a GSM 7-bit text is in: the default alphabet and its extension, unless a national language takes the
/// place of either (3GPP TS 23.038, 6.2.1.2).
///
/// A table that a language does not have, and a language that is not assigned, stand for the default one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Gsm7 {
    /// The language whose locking shift table takes the place of the default alphabet.
    pub locking: Option<Language>,
    /// The language whose single shift table takes the place of the extension table, which an escape leads to.
    pub single: Option<Language>,
}

impl Gsm7 {
    /// The default alphabet and its extension.
    pub const DEFAULT: Self = Self { locking: None, single: None };

    /// What a text is encoded with.
    pub(super) fn tables(self) -> Tables {
        Tables {
            main: table_of(&LOCKING, self.locking).unwrap_or(&DEFAULT),
            shift: table_of(&SINGLE, self.single).unwrap_or(&EXTENSION),
        }
    }
}

/// The tables of a [`Gsm7`].
#[derive(Clone, Copy)]
pub(super) struct Tables {
    main: &'static Table,
    shift: &'static Table,
}

impl Tables {
    /// Septets that a letter takes: one, or two with the escape.
    #[inline]
    pub(super) fn cost(self, letter: char) -> Option<usize> {
        if self.main.code(letter) != NONE {
            return Some(1);
        }
        (self.shift.code(letter) != NONE).then_some(2)
    }

    /// Septets that a text takes, or the letter that cannot be encoded.
    pub(super) fn units(self, text: &str) -> Result<usize, (usize, char)> {
        let mut units = 0;
        self.pieces(text, |septets| units += septets.len()).map(|()| units)
    }

    /// Appends the septets of a text. What was appended before a letter that cannot be encoded stays.
    pub(super) fn encode_into(self, text: &str, out: &mut Vec<u8>) -> Result<(), (usize, char)> {
        out.reserve(text.len());
        self.pieces(text, |septets| out.extend_from_slice(septets))
    }

    /// Gives the septets of a text, piece by piece, up to the first letter that cannot be encoded.
    #[inline]
    fn pieces(self, text: &str, mut each: impl FnMut(&[u8])) -> Result<(), (usize, char)> {
        let mut rest = text;
        loop {
            if self.main.is_plain() {
                let (plain, other) = rest.split_at(plain_run(rest.as_bytes()));
                if !plain.is_empty() {
                    each(plain.as_bytes());
                }
                rest = other;
            }
            let mut letters = rest.chars();
            let (mut piece, mut end) = ([0; PIECE], 0);
            while end < PIECE - 1 {
                let Some(letter) = letters.next() else { break };
                let code = self.main.code(letter);
                if code != NONE {
                    piece[end] = code;
                    end += 1;
                    continue;
                }
                let code = self.shift.code(letter);
                if code == NONE {
                    return Err(place_of(text, letter));
                }
                (piece[end], piece[end + 1]) = (ESCAPE, code);
                end += 2;
            }
            each(&piece[..end]);
            rest = letters.as_str();
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// The text of septets, and whether every one of them had a meaning of its own.
    pub(super) fn decode(self, octets: &[u8]) -> (String, bool) {
        let plain = if self.main.is_plain() { plain_run(octets) } else { 0 };
        let (mut text, mut exact) = (Vec::with_capacity(plain + self.utf8_len(&octets[plain..])), true);
        text.extend_from_slice(&octets[..plain]);
        let mut rest = &octets[plain..];
        while !rest.is_empty() {
            let mut septets = rest.iter();
            let (mut piece, mut end) = ([0; PIECE], 0);
            while end <= PIECE - LETTER {
                let Some(&septet) = septets.next() else { break };
                let utf8 = match self.main.utf8(septet) {
                    Some(utf8) => utf8,
                    None => {
                        let (utf8, meant) = self.without_letter(septet, &mut septets);
                        exact &= meant;
                        utf8
                    }
                };
                piece[end..end + LETTER].copy_from_slice(&utf8.octets);
                end += usize::from(utf8.length);
            }
            text.extend_from_slice(&piece[..end.min(PIECE)]);
            rest = septets.as_slice();
            if self.main.is_plain() {
                let (plain, other) = rest.split_at(plain_run(rest));
                text.extend_from_slice(plain);
                rest = other;
            }
        }
        // The tables hold valid UTF-8, so this never replaces anything.
        (String::from_utf8(text).unwrap_or_default(), exact)
    }

    /// Octets of UTF-8 that septets become, or a few more.
    fn utf8_len(self, octets: &[u8]) -> usize {
        // What escapes lead to has three octets at most, two of which are counted for the escape and what is behind it.
        octets.iter().map(|octet| self.main.utf8(*octet).map_or(2, |utf8| usize::from(utf8.length))).sum()
    }

    /// What a septet shows that has no letter in the alphabet: what stands after it, if it is an escape. And whether that
    /// is its meaning.
    ///
    /// A code without a letter in the table of the single shift has the one of the locking shift table or of the default
    /// alphabet. An escape that is escaped is shown as a space until it leads to another table (6.2.1.1).
    fn without_letter(self, septet: u8, septets: &mut std::slice::Iter<'_, u8>) -> (Utf8, bool) {
        if septet != ESCAPE {
            return (Utf8::REPLACEMENT, false);
        }
        let Some(&septet) = septets.next() else { return (Utf8::REPLACEMENT, false) };
        if let Some(utf8) = self.shift.utf8(septet) {
            return (utf8, true);
        }
        let shown = match septet {
            ESCAPE => DEFAULT.utf8(b' '),
            _ => self.main.utf8(septet).or_else(|| DEFAULT.utf8(septet)),
        };
        (shown.unwrap_or(Utf8::REPLACEMENT), false)
    }
}

/// Where the first such letter is: it is looked for only when encoding fails.
#[cold]
fn place_of(text: &str, letter: char) -> (usize, char) {
    (text.find(letter).unwrap_or_default(), letter)
}

fn table_of(tables: &[Option<&'static Table>; 14], language: Option<Language>) -> Option<&'static Table> {
    *tables.get(usize::from(language?.0))?
}

/// The escape to the extension table, or to that of a single shift.
pub(super) const ESCAPE: u8 = 0x1B;

/// Octets that are put together one by one before the next look for a run of plain letters.
const PIECE: usize = 32;

/// Octets of UTF-8 that a letter of the tables has at most.
const LETTER: usize = 3;

pub(super) static DEFAULT: Table = Table::new([
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ·ÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
]);

pub(super) static EXTENSION: Table = Table::new([
    "··········\u{c}·····",
    "····^···········",
    "········{}·····\\",
    "············[~]·",
    "|···············",
    "················",
    "·····€··········",
    "················",
]);

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(octets: &[u8]) -> (String, bool) {
        Gsm7::DEFAULT.tables().decode(octets)
    }

    #[test]
    fn after_an_escape_a_code_without_a_letter_is_that_of_the_alphabet() {
        assert_eq!(decoded(b"\x1B\x65"), ("€".into(), true));
        assert_eq!(decoded(b"a\x1Bbc"), ("abc".into(), false));
        assert_eq!(decoded(b"\x1B\0"), ("@".into(), false));
        assert_eq!(decoded(b"\x1B\r"), ("\r".into(), false));
        let turkish = Gsm7 { locking: Some(Language::TURKISH), single: None };
        assert_eq!(turkish.tables().decode(b"\x1B\x07\x07"), ("ıı".into(), false));
        let tamil = Gsm7 { locking: Some(Language::TAMIL), single: None };
        assert_eq!(tamil.tables().decode(b"\x1B\x2B\x2B"), ("+\u{FFFD}".into(), false));
    }

    #[test]
    fn escapes_that_lead_nowhere() {
        assert_eq!(decoded(b"\x1B"), ("\u{FFFD}".into(), false));
        assert_eq!(decoded(b"abc\x1B"), ("abc\u{FFFD}".into(), false));
        assert_eq!(decoded(b"\x1B\x1B\x65"), (" e".into(), false));
        assert_eq!(decoded(b"01234567890123456\x1B\x1B"), ("01234567890123456 ".into(), false));
    }

    #[test]
    fn octets_that_are_no_septets() {
        for octet in 0x80..=0xFF {
            assert_eq!(decoded(&[b'a', octet, b'b']), ("a\u{FFFD}b".into(), false));
            assert_eq!(decoded(&[ESCAPE, octet]), ("\u{FFFD}".into(), false));
        }
    }
}
