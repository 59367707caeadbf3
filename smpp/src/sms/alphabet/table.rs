//! One table of 128 codes, with its reverse, both made at compile time.

/// What [`Table::code`] gives for a letter that the table does not hold.
pub(super) const NONE: u8 = 0xFF;

/// What stands for a code without a letter. No table has it.
const NO_LETTER: char = char::REPLACEMENT_CHARACTER;

/// A table of the GSM 7-bit alphabet: letters by code, and codes by letter.
///
/// The reverse is made of two look-ups by the low octet of a code point: one for what is below U+0100, one for the block
/// that most other letters of the table are in, which is its script. The few that are elsewhere are in a list.
pub(super) struct Table {
    letters: [char; 128],
    /// The letters once more, as [`Utf8`]. All octets are here, so that none has to be checked.
    utf8: [Utf8; 256],
    low: [u8; 256],
    block: u32,
    high: [u8; 256],
    rest: [(char, u8); REST],
    /// Whether all letters that [`plain_run`] goes over are their own codes here.
    plain: bool,
}

impl Table {
    /// The table of rows of sixteen letters each, in which [`BLANK`] stands for a code without a letter. Of a letter
    /// with several codes the first is written.
    pub(super) const fn new(rows: [&str; 8]) -> Self {
        let mut table = Self {
            letters: [NO_LETTER; 128],
            utf8: [Utf8::NOTHING; 256],
            low: [NONE; 256],
            block: 0,
            high: [NONE; 256],
            rest: [(NO_LETTER, NONE); REST],
            plain: true,
        };
        table.read(rows);
        table.block = table.fullest_block();
        table.reverse();
        let mut octet = 0;
        while octet < 128 {
            table.plain &= !is_plain(octet) || table.low[octet as usize] == octet;
            octet += 1;
        }
        table
    }

    /// The same table, in which this code is read and never written.
    pub(super) const fn read_only(mut self, code: u8) -> Self {
        let mut index = 0;
        while index < 256 {
            if self.low[index] == code {
                self.low[index] = NONE;
            }
            if self.high[index] == code {
                self.high[index] = NONE;
            }
            index += 1;
        }
        index = 0;
        while index < REST {
            if self.rest[index].1 == code {
                self.rest[index] = (NO_LETTER, NONE);
            }
            index += 1;
        }
        self
    }

    /// The letter of a code, or [`Utf8::NOTHING`].
    #[inline]
    pub(super) const fn utf8(&self, code: u8) -> Utf8 {
        self.utf8[code as usize]
    }

    /// The code of a letter, or [`NONE`].
    #[inline]
    pub(super) const fn code(&self, letter: char) -> u8 {
        let point = letter as u32;
        if point < 0x100 {
            return self.low[point as usize];
        }
        if point >> 8 == self.block {
            return self.high[(point & 0xFF) as usize];
        }
        let mut index = 0;
        while index < REST {
            if self.rest[index].0 as u32 == point {
                return self.rest[index].1;
            }
            index += 1;
        }
        NONE
    }

    /// The letter of a code, if that is how it is written.
    pub(super) const fn written(&self, code: u8) -> Option<char> {
        let letter = self.letters[code as usize];
        if letter != NO_LETTER && self.code(letter) == code { Some(letter) } else { None }
    }

    #[inline]
    pub(super) const fn is_plain(&self) -> bool {
        self.plain
    }

    const fn read(&mut self, rows: [&str; 8]) {
        let mut row = 0;
        while row < 8 {
            let (octets, mut at, mut column) = (rows[row].as_bytes(), 0, 0);
            while at < octets.len() {
                let (letter, length) = first_letter(octets, at);
                assert!(column < 16, "a row has sixteen letters");
                if letter != BLANK {
                    self.letters[row * 16 + column] = letter;
                    self.utf8[row * 16 + column] = Utf8::of(letter);
                }
                at += length;
                column += 1;
            }
            assert!(column == 16, "a row has sixteen letters");
            row += 1;
        }
    }

    /// The block of 256 code points from U+0100 on that most letters are in.
    const fn fullest_block(&self) -> u32 {
        let (mut fullest, mut most, mut code) = (0, 0, 0);
        while code < 128 {
            let (block, mut count, mut other) = (self.letters[code] as u32 >> 8, 0, 0);
            while other < 128 {
                count += (self.letters[other] as u32 >> 8 == block) as usize;
                other += 1;
            }
            if block != 0 && self.letters[code] != NO_LETTER && count > most {
                (fullest, most) = (block, count);
            }
            code += 1;
        }
        fullest
    }

    const fn reverse(&mut self) {
        let (mut code, mut rest) = (0, 0);
        while code < 128 {
            let letter = self.letters[code as usize];
            let point = letter as u32;
            if letter == NO_LETTER || self.code(letter) != NONE {
                // No letter, or one that has a code already.
            } else if point < 0x100 {
                self.low[point as usize] = code;
            } else if point >> 8 == self.block {
                self.high[(point & 0xFF) as usize] = code;
            } else {
                self.rest[rest] = (letter, code);
                rest += 1;
            }
            code += 1;
        }
    }
}

/// A letter of the tables in UTF-8: its octets, and their number in the highest octet, so that it is written at once.
#[derive(Clone, Copy)]
pub(super) struct Utf8(u32);

impl Utf8 {
    /// No letter.
    const NOTHING: Self = Self(0);
    /// What is shown for no letter: U+FFFD.
    pub(super) const NO_LETTER: Self = Self::of(NO_LETTER);
    /// Octets that [`write`](Self::write) needs room for.
    pub(super) const LONGEST: usize = 4;

    const fn of(letter: char) -> Self {
        let mut octets = [0; 4];
        octets[3] = letter.encode_utf8(&mut octets).len() as u8;
        Self(u32::from_le_bytes(octets))
    }

    #[inline]
    pub(super) const fn is_nothing(self) -> bool {
        self.0 == 0
    }

    #[inline]
    pub(super) const fn len(self) -> usize {
        (self.0 >> 24) as usize
    }

    /// Writes the letter, and what is to be written over behind it.
    #[inline]
    pub(super) fn write(self, out: &mut [u8], at: usize) {
        out[at..at + Self::LONGEST].copy_from_slice(&self.0.to_le_bytes());
    }
}

/// How many of the first octets are plain letters, which most tables have at their own codes: a number of whole chunks,
/// as the compiler makes one comparison of all octets of a chunk.
#[inline]
pub(super) fn plain_run(octets: &[u8]) -> usize {
    let (chunks, rest) = octets.as_chunks::<16>();
    let whole = chunks.iter().take_while(|chunk| are_plain(chunk)).count();
    if whole < chunks.len() {
        return whole * 16;
    }
    let half = rest.first_chunk::<8>().is_some_and(are_plain);
    whole * 16 + usize::from(half) * 8
}

/// Whether all octets are plain letters.
#[inline]
pub(super) fn are_plain<const N: usize>(chunk: &[u8; N]) -> bool {
    chunk.iter().fold(true, |plain, octet| plain & is_plain(*octet))
}

/// Space to Z but for `$` and `@`, and a to z.
#[inline]
const fn is_plain(octet: u8) -> bool {
    (octet >= 0x20) & (octet <= b'z') & (octet != b'$') & (octet != b'@') & (octet.wrapping_sub(b'[') >= 6)
}

/// The letter that begins at an octet of valid UTF-8, and its length.
const fn first_letter(octets: &[u8], at: usize) -> (char, usize) {
    let (point, length) = match octets[at] {
        first @ 0..0x80 => (first as u32, 1),
        first @ 0x80..0xE0 => ((first as u32 & 0x1F) << 6 | continued(octets[at + 1]), 2),
        first => {
            let second = continued(octets[at + 1]);
            ((first as u32 & 0x0F) << 12 | second << 6 | continued(octets[at + 2]), 3)
        }
    };
    match char::from_u32(point) {
        Some(letter) => (letter, length),
        None => panic!("the tables hold letters only"),
    }
}

const fn continued(octet: u8) -> u32 {
    octet as u32 & 0x3F
}

/// A code without a letter, in the rows that a table is made of. No table has this letter.
const BLANK: char = '·';

/// Letters of a table that are neither below U+0100 nor in its fullest block, at most.
const REST: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_plain_letters_ends_before_what_is_not() {
        assert_eq!(plain_run(b"0123456789abcdef 123456"), 16);
        assert_eq!(plain_run(b"0123456789abcdef 1234567"), 24);
        assert_eq!(plain_run(b"0123456789abcdef0123456789abcde@01234567"), 16);
        for octet in 0..=0xFF {
            let mut octets = *b"0123456789abcdef";
            octets[15] = octet;
            let plain = matches!(octet, b' '..=b'#' | b'%'..=b'?' | b'A'..=b'Z' | b'a'..=b'z');
            assert_eq!(plain_run(&octets), if plain { 16 } else { 0 }, "{octet:#04x}");
        }
    }
}
