//! GSM 7-bit (3GPP TS 23.038, 6.2.1), one septet an octet.

use super::language::Language;
use super::national::{LOCKING, SINGLE};
use super::table::{NONE, Table, Utf8, are_plain, plain_run};

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
        // Letters of the default alphabet have two octets at most. A text in a script of three may grow once more.
        let mut text = String::with_capacity(plain + 2 * (octets.len() - plain));
        text.push_str(utf8_of(&octets[..plain]));
        let mut octets_of_piece = [0; (BLOCK + 1) * Utf8::LONGEST];
        let mut at = Place { table: self.main, end: 0, exact: true };
        for block in octets[plain..].chunks(BLOCK) {
            at.end = 0;
            let (chunks, rest) = block.as_chunks::<8>();
            for chunk in chunks {
                if self.main.is_plain() && are_plain(chunk) && std::ptr::eq(at.table, self.main) {
                    octets_of_piece[at.end..at.end + 8].copy_from_slice(chunk);
                    at.end += 8;
                    continue;
                }
                for septet in chunk {
                    at = self.decode_one(*septet, at, &mut octets_of_piece);
                }
            }
            for septet in rest {
                at = self.decode_one(*septet, at, &mut octets_of_piece);
            }
            text.push_str(utf8_of(&octets_of_piece[..at.end]));
        }
        if !std::ptr::eq(at.table, self.main) {
            text.push(char::REPLACEMENT_CHARACTER);
            at.exact = false;
        }
        (text, at.exact)
    }

    /// Adds what a septet shows. There must not be more than [`BLOCK`] of them in a piece.
    #[inline(always)]
    fn decode_one(self, septet: u8, at: Place, piece: &mut [u8; (BLOCK + 1) * Utf8::LONGEST]) -> Place {
        let Place { table, end, mut exact } = at;
        let mut utf8 = table.utf8(septet);
        if utf8.is_nothing() {
            let escaped = !std::ptr::eq(table, self.main);
            if septet == ESCAPE && !escaped {
                return Place { table: self.shift, ..at };
            }
            exact = false;
            utf8 = if escaped { self.shown_after_escape(septet) } else { Utf8::NO_LETTER };
        }
        // The mask changes nothing, and shows the compiler that there is room.
        utf8.write(piece, end & (BLOCK * Utf8::LONGEST - 1));
        Place { table: self.main, end: end + utf8.len(), exact }
    }

    /// What is shown after an escape for a septet without a letter there: that of the locking shift table or of the default
    /// alphabet, or of an escape, which may lead to yet another table one day, a space (6.2.1.1).
    #[cold]
    fn shown_after_escape(self, septet: u8) -> Utf8 {
        if septet == ESCAPE {
            return DEFAULT.utf8(b' ');
        }
        let shown = [self.main.utf8(septet), DEFAULT.utf8(septet)].into_iter().find(|utf8| !utf8.is_nothing());
        shown.unwrap_or(Utf8::NO_LETTER)
    }
}

/// How far decoding is: small enough for registers.
#[derive(Clone, Copy)]
struct Place {
    /// Where the next septet is looked up: behind an escape, not in the alphabet.
    table: &'static Table,
    /// Octets in the piece.
    end: usize,
    /// Whether every septet so far had a meaning of its own.
    exact: bool,
}

/// Octets out of tables, which hold valid UTF-8, as text.
fn utf8_of(octets: &[u8]) -> &str {
    simdutf8::basic::from_utf8(octets).unwrap_or_default()
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

/// Septets that are put together before they are appended.
const PIECE: usize = 32;

/// Septets that are decoded to a piece of text before it is appended.
const BLOCK: usize = 256;

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
