//! Reading the text of a receipt.
//!
//! A field begins at a key (`id`, `sub`, `dlvrd`, `submit date`, `done date`, `stat`, `err`, `text`, in any case)
//! with a colon, and the key at the beginning or after white space. Its value is the word after the colon, with or
//! without white space before it; what else stands before the next key is passed over, so that fields that are an
//! SMSC's own do no harm. The first of two fields with one key counts. Every octet is looked at a bounded number of
//! times.

use super::{Receipt, stat};
use crate::codec::OctetString;

impl<'a> Receipt<'a> {
    /// Reads the text of a receipt (appendix B), as tolerantly as it can: every field may be missing or empty, they may
    /// come in any order and case, with any white space between them, with something before the first and after the
    /// last. A text that is UTF-16 as a whole is read as well. [`raw`](Self::raw) keeps what was read.
    ///
    /// `None` if there is no field of a receipt in it at all. Whether a PDU is a receipt, its esm_class says:
    /// see [`of`](Self::of).
    ///
    /// What follows `text:` is the message to its end, whatever it looks like, with one exception: fields that have
    /// not come before and that make up all the rest from some white space on are taken for fields. NULs and line
    /// ends at the end do not belong to it.
    ///
    /// Takes linear time, and allocates only if the text is UTF-16.
    ///
    /// ```
    /// use smpp::sms::Receipt;
    ///
    /// let text = b"4790000000SMSAlert^ID:7  stat: DELIVRD err: text:stat:FAILED, id:8?\0";
    /// let receipt = Receipt::parse(text).unwrap();
    /// assert_eq!(receipt.id.unwrap(), "7");
    /// assert_eq!(receipt.stat.unwrap(), "DELIVRD");
    /// assert_eq!(receipt.err, None);
    /// assert_eq!(receipt.text.unwrap(), "stat:FAILED, id:8?");
    /// assert!(Receipt::parse(b"Hello!").is_none());
    /// ```
    pub fn parse(octets: &'a [u8]) -> Option<Self> {
        let receipt = match Fields::of(octets) {
            Some(fields) => fields.into_receipt(),
            None => Fields::of(utf8_of_utf16(octets)?.as_bytes())?.into_receipt().into_owned(),
        };
        Some(Self { raw: octets.into(), ..receipt })
    }
}

/// The value of a decimal number, if it is one that 32 bits hold.
pub(super) fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u32::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Key {
    Id,
    Sub,
    Dlvrd,
    SubmitDate,
    DoneDate,
    Stat,
    Err,
    Text,
}

/// The values of the fields by their key: `None` until a field of the key was seen.
#[derive(Default, Clone, Copy)]
struct Fields<'a>([Option<&'a [u8]>; 8]);

impl<'a> Fields<'a> {
    /// `None` if there is no field.
    fn of(octets: &'a [u8]) -> Option<Self> {
        let mut fields = Self::default();
        let mut open: Option<KeyAt> = None;
        let mut keys = Keys { octets, from: 0 };
        while let Some(key) = keys.next(open.is_none()) {
            if let Some(before) = open {
                fields.add(before.key, first_word(&octets[before.value..key.start]));
            }
            open = Some(key);
            if key.key == Key::Text {
                fields.add_text(&octets[key.value..]);
                return Some(fields);
            }
        }
        let last = open?;
        fields.add(last.key, first_word(&octets[last.value..]));
        Some(fields)
    }

    fn add(&mut self, key: Key, value: &'a [u8]) {
        self.0[key as usize].get_or_insert(value);
    }

    fn has(&self, key: Key) -> bool {
        self.0[key as usize].is_some()
    }

    /// What follows `text:`, and fields that come after it.
    fn add_text(&mut self, rest: &'a [u8]) {
        self.add(Key::Text, &[]);
        // The fields that follow each other without anything between them, up to the one that is open, and where they
        // begin.
        let mut run = Self::default();
        let mut begin = rest.len();
        let mut open: Option<KeyAt> = None;
        let mut keys = Keys { octets: rest, from: 0 };
        while let Some(key) = keys.next(false) {
            if let Some(before) = open
                && !run.add_whole(before.key, &rest[before.value..key.start])
            {
                (run, open) = (Self::default(), None);
            }
            // At the very beginning it would stand against the colon of `text:`, as a message does.
            if key.start == 0 || self.has(key.key) {
                (run, open) = (Self::default(), None);
                continue;
            }
            if run.has(key.key) {
                (run, open) = (Self::default(), None);
            }
            if open.is_none() {
                begin = key.start;
            }
            open = Some(key);
        }
        let is_run = open.is_some_and(|last| run.add_whole(last.key, &rest[last.value..]));
        if !is_run {
            self.0[Key::Text as usize] = Some(trim_end(rest, |octet| matches!(octet, b'\0' | b'\r' | b'\n')));
            return;
        }
        self.0[Key::Text as usize] = Some(trim_end(&rest[..begin], is_space));
        for (value, found) in self.0.iter_mut().zip(run.0) {
            *value = value.or(found);
        }
    }

    /// Adds a field that is well formed: one word, of the kind that belongs to the key.
    fn add_whole(&mut self, key: Key, value: &'a [u8]) -> bool {
        let value = trim_end(value, is_space);
        let word = first_word(value);
        let is_digits = word.iter().all(u8::is_ascii_digit);
        let fits = value.ends_with(word)
            && trim_end(&value[..value.len() - word.len()], is_space).is_empty()
            && match key {
                Key::Id => (1..=64).contains(&word.len()),
                Key::Sub | Key::Dlvrd => is_digits && (1..=10).contains(&word.len()),
                Key::SubmitDate | Key::DoneDate => is_digits && matches!(word.len(), 10 | 12 | 14),
                Key::Stat => {
                    stat::state_of(word).is_some() || word.len() == 7 && word.iter().all(u8::is_ascii_uppercase)
                }
                Key::Err => word.len() <= 8 && word.iter().all(u8::is_ascii_alphanumeric),
                Key::Text => false,
            };
        if fits {
            self.add(key, word);
        }
        fits
    }

    fn into_receipt(self) -> Receipt<'a> {
        let value = |key: Key| self.0[key as usize].filter(|value| !value.is_empty());
        let octets = |key| value(key).map(OctetString::from);
        Receipt {
            id: value(Key::Id).map(Into::into),
            sub: value(Key::Sub).and_then(number),
            dlvrd: value(Key::Dlvrd).and_then(number),
            submit_date: octets(Key::SubmitDate),
            done_date: octets(Key::DoneDate),
            stat: octets(Key::Stat),
            err: octets(Key::Err),
            text: octets(Key::Text),
            ..Receipt::default()
        }
    }
}

/// A key, where it starts, and where its value does.
#[derive(Clone, Copy, Debug)]
struct KeyAt {
    key: Key,
    start: usize,
    value: usize,
}

/// The keys in a text, found by their colons.
struct Keys<'a> {
    octets: &'a [u8],
    from: usize,
}

impl Keys<'_> {
    /// The next key. `is_first`: before the first field something may stand against the key `id`, such as a number and
    /// `#` or `^`.
    fn next(&mut self, is_first: bool) -> Option<KeyAt> {
        while let Some(found) = self.octets[self.from..].iter().position(|&octet| octet == b':') {
            let colon = self.from + found;
            // Looking back does not go behind the colon before, so that it never takes long.
            let word = &self.octets[self.from..colon];
            let starts = self.from == 0;
            self.from = colon + 1;
            let Some((key, len)) = key_at_end(word) else { continue };
            let is_begin = match word.len().checked_sub(len + 1).map(|at| word[at]) {
                None => starts || key == Key::Id && is_first,
                Some(before) => is_space(before) || key == Key::Id && is_first && !is_of_word(before),
            };
            if is_begin {
                return Some(KeyAt { key, start: colon - len, value: colon + 1 });
            }
        }
        None
    }
}

/// The key that octets end with, and how many octets it takes.
fn key_at_end(octets: &[u8]) -> Option<(Key, usize)> {
    let ends_with = |octets: &[u8], word: &str| {
        octets.len().checked_sub(word.len()).is_some_and(|at| octets[at..].eq_ignore_ascii_case(word.as_bytes()))
    };
    if let Some((word, key)) = KEYS.iter().find(|(word, _)| ends_with(octets, word)) {
        return Some((*key, word.len()));
    }
    if !ends_with(octets, "date") {
        return None;
    }
    let first = trim_end(&octets[..octets.len() - 4], |octet| is_space(octet) || octet == b'_');
    let (key, word) = if ends_with(first, "submit") {
        (Key::SubmitDate, "submit")
    } else if ends_with(first, "done") {
        (Key::DoneDate, "done")
    } else {
        return None;
    };
    Some((key, octets.len() - first.len() + word.len()))
}

const KEYS: [(&str, Key); 6] = [
    ("id", Key::Id),
    ("sub", Key::Sub),
    ("dlvrd", Key::Dlvrd),
    ("stat", Key::Stat),
    ("err", Key::Err),
    ("text", Key::Text),
];

/// The octets up to white space, after white space.
fn first_word(octets: &[u8]) -> &[u8] {
    let begin = octets.iter().position(|&octet| !is_space(octet)).unwrap_or(octets.len());
    let octets = &octets[begin..];
    let end = octets.iter().position(|&octet| is_space(octet)).unwrap_or(octets.len());
    &octets[..end]
}

fn trim_end(octets: &[u8], is_trimmed: impl Fn(u8) -> bool) -> &[u8] {
    let end = octets.iter().rposition(|&octet| !is_trimmed(octet)).map_or(0, |last| last + 1);
    &octets[..end]
}

/// White space; a NUL counts as well, as receipts do end with one.
fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t'..=b'\r' | b'\0')
}

fn is_of_word(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-') || !octet.is_ascii()
}

/// Octets that look like UTF-16 with a colon in it, most significant octet first or last, as UTF-8.
fn utf8_of_utf16(octets: &[u8]) -> Option<String> {
    let (pairs, _) = octets.as_chunks::<2>();
    let unit = if pairs.contains(&[0, b':']) {
        u16::from_be_bytes
    } else if pairs.contains(&[b':', 0]) {
        u16::from_le_bytes
    } else {
        return None;
    };
    let units = pairs.iter().map(|&pair| unit(pair));
    Some(char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}
