//! Where a text is cut.

use unicode_segmentation::GraphemeCursor;

use crate::sms::{Alphabet, Padding};

/// What is cut.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body<'b> {
    /// A text that the alphabet holds.
    Text(&'b str, Alphabet),
    /// Octets that are encoded already.
    Octets(&'b [u8], Unit),
}

/// What octets are a sequence of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Septets, one an octet.
    Septet,
    Octet,
    /// Two octets of UCS-2.
    Wide,
}

/// A part of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Units of its alphabet.
    pub(super) units: usize,
}

/// How septets are packed: a part whose last septet looks like padding would be read without it (3GPP TS 23.038,
/// 6.1.2.3.1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Packing {
    /// Bits ahead of the first septet.
    pub(super) fill: usize,
    pub(super) padding: Padding,
}

impl Packing {
    /// Whether the last of so many septets stands where padding would.
    pub(super) fn ends_in_place(self, units: usize) -> bool {
        units > 0 && (self.fill + 7 * units).is_multiple_of(8)
    }

    /// The septet that is taken for padding there.
    pub(super) fn septet(self) -> u8 {
        match self.padding {
            Padding::CarriageReturn => b'\r',
            Padding::Zeros => 0,
        }
    }

    /// Whether a part of so many septets would lose its last one, if that is the one of padding. At the end of the text
    /// 23.038 has a second carriage return for this, if there is room; zeros have nothing, and no cut would help.
    fn loses_last(self, units: usize, capacity: usize, is_last: bool) -> bool {
        let is_helped = match self.padding {
            Padding::CarriageReturn => is_last && units < capacity,
            Padding::Zeros => is_last,
        };
        self.ends_in_place(units) && !is_helped
    }
}

impl<'b> Body<'b> {
    /// The parts, each of at most `capacity` units, which must be 2 or more, so that a pair fits. There are `units` in
    /// all. `packing` is that of septets that are packed.
    pub(super) fn cuts(
        self,
        capacity: usize,
        units: usize,
        packing: Option<Packing>,
    ) -> impl Iterator<Item = Cut> + use<'b> {
        let len = match self {
            Self::Text(text, _) => text.len(),
            Self::Octets(octets, _) => octets.len(),
        };
        let mut last = Cut { start: 0, end: len, units };
        let mut start = 0;
        std::iter::from_fn(move || {
            let (len, units) = match self {
                Self::Text(text, alphabet) => first_of_text(&text[start..], alphabet, capacity, last, packing),
                Self::Octets(octets, unit) => first_of_octets(&octets[start..], unit, capacity, packing),
            };
            last = Cut { start, end: start + len, units };
            start = last.end;
            (len > 0).then_some(last)
        })
    }
}

impl Body<'_> {
    /// Whether it ends in this septet.
    pub(super) fn ends_in(self, septet: u8) -> bool {
        match self {
            Self::Text(text, alphabet) => text_ends_in(text, septet, alphabet),
            Self::Octets(octets, _) => octets.last() == Some(&septet),
        }
    }
}

impl Unit {
    pub(super) fn of(alphabet: Option<Alphabet>) -> Self {
        match alphabet {
            Some(Alphabet::Gsm7(_)) => Self::Septet,
            Some(Alphabet::Ucs2) => Self::Wide,
            Some(Alphabet::Ascii | Alphabet::Latin1) | None => Self::Octet,
        }
    }

    pub(super) fn bits(self) -> usize {
        match self {
            Self::Septet => 7,
            Self::Octet => 8,
            Self::Wide => 16,
        }
    }

    pub(super) fn octets(self) -> usize {
        match self {
            Self::Septet | Self::Octet => 1,
            Self::Wide => 2,
        }
    }
}

/// How much of a text makes the first part: octets and units. `like` is a piece of the text that it may be like.
fn first_of_text(
    text: &str,
    alphabet: Alphabet,
    capacity: usize,
    like: Cut,
    packing: Option<Packing>,
) -> (usize, usize) {
    let fitting = fitting(text, alphabet, capacity, like);
    let (mut len, mut units) = fitting;
    let mut end = len;
    loop {
        let kept = keep_cluster(text, end, alphabet, capacity);
        if kept < len {
            units -= units_of(&text[kept..len], alphabet);
            len = kept;
        }
        match before_padding(&text[..len], units, alphabet, capacity, len == text.len(), packing) {
            None => return (len, units),
            Some(0) => break,
            Some(earlier) => end = earlier,
        }
    }
    // The text begins with one letter that looks like padding, and a cluster that does not fit behind it. What fits
    // without regard to clusters has more letters than one.
    let (len, units) = fitting;
    match before_padding(&text[..len], units, alphabet, capacity, len == text.len(), packing) {
        None => (len, units),
        Some(earlier) => (earlier, units - units_of(&text[earlier..len], alphabet)),
    }
}

/// Where a part is to end, if its last letter would be taken for padding: before that letter. The seven bits that are
/// spare then hold padding, which is taken off again.
fn before_padding(
    part: &str,
    units: usize,
    alphabet: Alphabet,
    capacity: usize,
    is_last: bool,
    packing: Option<Packing>,
) -> Option<usize> {
    let packing = packing.filter(|packing| packing.loses_last(units, capacity, is_last))?;
    let letter = part.chars().next_back()?;
    text_ends_in(part, packing.septet(), alphabet).then(|| part.len() - letter.len_utf8())
}

fn text_ends_in(text: &str, septet: u8, alphabet: Alphabet) -> bool {
    let Some(letter) = text.chars().next_back() else { return false };
    match (alphabet, letter) {
        (Alphabet::GSM7, '@') => septet == 0,
        (_, '\r') => septet == b'\r',
        (Alphabet::GSM7, _) => false,
        // The tables of some languages have other letters at 0, or an @ behind an escape.
        _ => alphabet.encode(letter.encode_utf8(&mut [0; 4])).is_ok_and(|octets| octets.last() == Some(&septet)),
    }
}

/// The longest beginning of a text that takes no more than so many units: its octets and units.
///
/// To count a stretch at once is many times as fast as letter by letter. So the place is guessed from how many octets
/// a unit takes elsewhere in the text, and letters are given back or added from there.
fn fitting(text: &str, alphabet: Alphabet, capacity: usize, like: Cut) -> (usize, usize) {
    let guess = capacity.saturating_mul(like.end - like.start) / like.units.max(1);
    let mut len = floor_boundary(text, guess);
    let mut units = units_of(&text[..len], alphabet);
    while units > capacity {
        let Some(letter) = text[..len].chars().next_back() else { break };
        len -= letter.len_utf8();
        units -= cost_of(letter, alphabet);
    }
    for letter in text[len..].chars() {
        let taken = cost_of(letter, alphabet);
        if units + taken > capacity {
            break;
        }
        len += letter.len_utf8();
        units += taken;
    }
    (len, units)
}

/// Where to cut instead of inside a grapheme cluster: before it, if it fits a part of its own.
fn keep_cluster(text: &str, len: usize, alphabet: Alphabet, capacity: usize) -> usize {
    let (before, after) = text.split_at(len);
    let (Some(last), Some(next)) = (before.chars().next_back(), after.chars().next()) else {
        return len;
    };
    if stands_alone(last) && stands_alone(next) && (last, next) != ('\r', '\n') {
        return len;
    }
    // A letter takes at most four octets, and the cluster matters only if it takes no more units than a part has.
    let near = &text[..floor_boundary(text, len + 4 * capacity)];
    let cursor = || GraphemeCursor::new(len, near.len(), true);
    if let Ok(true) = cursor().is_boundary(near, 0) {
        return len;
    }
    // What is near is all that there is for the cursors, so they do not ask for more.
    let (Ok(Some(start)), Ok(Some(end))) = (cursor().prev_boundary(near, 0), cursor().next_boundary(near, 0)) else {
        return len;
    };
    if start == 0 || units_of(&near[start..end], alphabet) > capacity { len } else { start }
}

/// Whether a letter surely begins no cluster of several and continues none, but for CR with LF: the letters of most
/// scripts that have no marks.
fn stands_alone(letter: char) -> bool {
    matches!(letter, ..'\u{300}' | '\u{370}'..'\u{483}' | '\u{4E00}'..='\u{9FFF}')
}

/// The units of a text that the alphabet holds. A letter that it did not hold would count as 1, and be refused when it
/// is encoded.
fn units_of(text: &str, alphabet: Alphabet) -> usize {
    alphabet.units(text).unwrap_or_else(|_| text.chars().map(|letter| cost_of(letter, alphabet)).sum())
}

fn cost_of(letter: char, alphabet: Alphabet) -> usize {
    alphabet.cost(letter).unwrap_or(1)
}

/// The last place between letters that is not after `at`.
fn floor_boundary(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

/// How many of the octets make the first part, and their units.
fn first_of_octets(octets: &[u8], unit: Unit, capacity: usize, packing: Option<Packing>) -> (usize, usize) {
    let room = capacity * unit.octets();
    if octets.len() <= room {
        let is_cut = packing.is_some_and(|packing| is_padding(octets, capacity, true, packing));
        let len = if is_cut { before_escape(octets, octets.len() - 1) } else { octets.len() };
        return (len, len.div_ceil(unit.octets()));
    }
    let len = match unit {
        Unit::Octet => room,
        Unit::Septet => {
            let len = before_escape(octets, room);
            let is_cut = packing.is_some_and(|packing| is_padding(&octets[..len], capacity, false, packing));
            if is_cut { before_escape(octets, len - 1) } else { len }
        }
        Unit::Wide => {
            let is_cut = matches!(octets[room - 2], 0xD8..=0xDB) && matches!(octets[room], 0xDC..=0xDF);
            room - 2 * usize::from(is_cut)
        }
    };
    (len, len / unit.octets())
}

/// Where to cut septets instead of behind an escape.
fn before_escape(septets: &[u8], at: usize) -> usize {
    // Of escapes in a row each second one is escaped by the one before it.
    let escapes = septets[..at].iter().rev().take_while(|octet| **octet == ESCAPE).count();
    at - escapes % 2
}

/// Whether the last septet of a part would be taken for padding.
fn is_padding(part: &[u8], capacity: usize, is_last: bool, packing: Packing) -> bool {
    packing.loses_last(part.len(), capacity, is_last) && part.last() == Some(&packing.septet())
}

const ESCAPE: u8 = 0x1B;

#[cfg(test)]
mod tests {
    use unicode_segmentation::UnicodeSegmentation;

    use super::*;

    #[test]
    fn letters_that_stand_alone_make_no_clusters() {
        let neighbours = ['a', '\r', '\n', 'я', '中', '©'];
        for letter in ('\0'..=char::MAX).filter(|letter| stands_alone(*letter)) {
            for neighbour in neighbours {
                for pair in [[letter, neighbour], [neighbour, letter]] {
                    let clusters = if pair == ['\r', '\n'] { 1 } else { 2 };
                    assert_eq!(String::from_iter(pair).graphemes(true).count(), clusters, "{pair:?}");
                }
            }
        }
    }
}
