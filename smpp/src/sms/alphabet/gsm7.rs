//! GSM 7-bit (3GPP TS 23.038, 6.2.1), one septet an octet.

use super::language::Language;
use super::national::{LOCKING, SINGLE};
use super::table::{NONE, Table, plain_run};

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
        self.runs(text, |run| match run {
            Run::Plain(octets) => units += octets.len(),
            Run::One(_) => units += 1,
            Run::Two(_) => units += 2,
        })
        .map(|()| units)
    }

    /// Appends the septets of a text. What was appended before a letter that cannot be encoded stays.
    pub(super) fn encode_into(self, text: &str, out: &mut Vec<u8>) -> Result<(), (usize, char)> {
        out.reserve(text.len());
        self.runs(text, |run| match run {
            Run::Plain(octets) => out.extend_from_slice(octets),
            Run::One(code) => out.push(code),
            Run::Two(code) => out.extend_from_slice(&[ESCAPE, code]),
        })
    }

    /// Takes a text apart, or gives the first letter that cannot be encoded and where it is.
    #[inline]
    fn runs(self, text: &str, mut each: impl FnMut(Run<'_>)) -> Result<(), (usize, char)> {
        let mut rest = text;
        loop {
            if self.main.is_plain() {
                let (plain, other) = rest.split_at(plain_run(rest.as_bytes()));
                if !plain.is_empty() {
                    each(Run::Plain(plain.as_bytes()));
                }
                rest = other;
            }
            let mut letters = rest.chars();
            for letter in letters.by_ref().take(AT_A_TIME) {
                let code = self.main.code(letter);
                if code != NONE {
                    each(Run::One(code));
                    continue;
                }
                let code = self.shift.code(letter);
                if code == NONE {
                    return Err(self.place_of(text, letter));
                }
                each(Run::Two(code));
            }
            rest = letters.as_str();
            if rest.is_empty() {
                return Ok(());
            }
        }
    }

    /// Where the first such letter is: it is looked for only when encoding fails.
    #[cold]
    fn place_of(self, text: &str, letter: char) -> (usize, char) {
        (text.find(letter).unwrap_or_default(), letter)
    }

    /// The text of septets, and whether every one of them had a meaning of its own.
    pub(super) fn decode(self, octets: &[u8]) -> (String, bool) {
        let (mut text, mut exact) = (String::with_capacity(octets.len()), true);
        let mut rest = octets;
        while !rest.is_empty() {
            if self.main.is_plain() {
                let (plain, other) = rest.split_at(plain_run(rest));
                // Plain letters are ASCII.
                text.push_str(str::from_utf8(plain).unwrap_or_default());
                rest = other;
            }
            let mut septets = rest.iter();
            let mut letters = 0;
            while let Some(&septet) = septets.next() {
                match self.main.letter(septet) {
                    Some(letter) => text.push(letter),
                    None if septet == ESCAPE => exact &= self.decode_escaped(septets.next().copied(), &mut text),
                    None => {
                        text.push(char::REPLACEMENT_CHARACTER);
                        exact = false;
                    }
                }
                letters += 1;
                if letters == AT_A_TIME {
                    break;
                }
            }
            rest = septets.as_slice();
        }
        (text, exact)
    }

    /// What stands after an escape: whether it has a meaning of its own.
    ///
    /// A code without a letter in the table of the single shift has the one of the locking shift table or of the default
    /// alphabet. An escape that is escaped is shown as a space until it leads to another table (6.2.1.1).
    fn decode_escaped(self, septet: Option<u8>, text: &mut String) -> bool {
        let Some(septet) = septet else {
            text.push(char::REPLACEMENT_CHARACTER);
            return false;
        };
        if let Some(letter) = self.shift.letter(septet) {
            text.push(letter);
            return true;
        }
        let shown = match septet {
            ESCAPE => Some(' '),
            _ => self.main.letter(septet).or_else(|| DEFAULT.letter(septet)),
        };
        text.push(shown.unwrap_or(char::REPLACEMENT_CHARACTER));
        false
    }
}

/// A piece of a text as its septets are.
enum Run<'a> {
    /// Letters that are their own septets.
    Plain(&'a [u8]),
    /// A letter of one septet.
    One(u8),
    /// A letter of an escape and a septet.
    Two(u8),
}

fn table_of(tables: &[Option<&'static Table>; 14], language: Option<Language>) -> Option<&'static Table> {
    *tables.get(usize::from(language?.0))?
}

/// The escape to the extension table, or to that of a single shift.
pub(super) const ESCAPE: u8 = 0x1B;

/// Letters that are taken one by one before the next look for a run of plain ones.
const AT_A_TIME: usize = 8;

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
