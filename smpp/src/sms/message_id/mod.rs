//! Message ids: the same one in a response and in a receipt, though not written alike.
//!
//! SMSCs give an id in the response to a submission and write it otherwise in the receipt: decimal for hexadecimal or
//! the reverse, without the leading zeros, in the other case. Each does so in one way, its [`IdForm`], which is
//! learned from ids that can be read in one way only ([`IdForms`]), and then decides about those that could be read
//! in several.

mod canonical;
mod forms;

use std::collections::HashMap;

pub use canonical::CanonicalId;
pub use forms::{IdForm, IdForms};

use canonical::significant;

/// What was submitted, by the message_id of its response, to be found by the message_id of a receipt.
///
/// A [`Tracker`](super::Tracker) does all that and more. This is for those who keep what they submitted otherwise; in a
/// database, [`IdForm::response_id`] gives the key to look for. Each operation takes constant time.
///
/// ```
/// use smpp::sms::{IdForms, IdMatch, MessageIds};
///
/// let (mut ids, mut forms) = (MessageIds::new(), IdForms::default());
/// ids.insert(b"0001054BC63", "first");
/// ids.insert(b"10", "second");
/// ids.insert(b"16", "third");
///
/// // "16" may be what it says, or 10 in hexadecimal digits.
/// assert_eq!(ids.find(b"16", &forms), IdMatch::Doubtful(vec![&"third", &"second"]));
/// // This can only be the decimal form of the hexadecimal 1054BC63.
/// assert!(matches!(ids.find(b"273988707", &forms), IdMatch::One { key: &"first", .. }));
/// assert!(forms.learn(&ids, b"273988707"));
/// // So "16" is decimal too.
/// assert!(matches!(ids.find(b"16", &forms), IdMatch::One { key: &"second", .. }));
/// ```
#[derive(Debug, Clone)]
pub struct MessageIds<K> {
    by_id: HashMap<CanonicalId, Vec<Entry<K>>>,
    len: usize,
}

#[derive(Debug, Clone)]
struct Entry<K> {
    /// As it stood in the response.
    id: Box<[u8]>,
    key: K,
}

/// What a message_id of a receipt was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdMatch<'a, K> {
    /// No id that is known.
    None,
    /// This one.
    One {
        /// What was inserted with the id.
        key: &'a K,
        /// The id as it was inserted.
        response_id: &'a [u8],
    },
    /// It cannot be told yet: it may be any of these, or none.
    Doubtful(Vec<&'a K>),
}

impl<K> MessageIds<K> {
    /// None yet.
    pub fn new() -> Self {
        Self { by_id: HashMap::new(), len: 0 }
    }

    /// How many ids there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an id, as it stands in a response. Returns what has to make way for it: what was inserted with the very
    /// same id, or the first of 8 that differ from it in case and leading zeros alone.
    pub fn insert(&mut self, id: &[u8], key: K) -> Option<K> {
        let alike = self.by_id.entry(CanonicalId::of(id)).or_default();
        let place = alike.iter().position(|entry| *entry.id == *id);
        let displaced = place.or_else(|| (alike.len() >= MAX_ALIKE).then_some(0)).map(|place| alike.remove(place).key);
        alike.push(Entry { id: id.into(), key });
        self.len += usize::from(displaced.is_none());
        displaced
    }

    /// What was inserted with this very id.
    pub fn get(&self, id: &[u8]) -> Option<&K> {
        self.by_id.get(&CanonicalId::of(id))?.iter().find(|entry| *entry.id == *id).map(|entry| &entry.key)
    }

    /// Removes this very id.
    pub fn remove(&mut self, id: &[u8]) -> Option<K> {
        let canonical = CanonicalId::of(id);
        let alike = self.by_id.get_mut(&canonical)?;
        let place = alike.iter().position(|entry| *entry.id == *id)?;
        let removed = alike.remove(place);
        if alike.is_empty() {
            self.by_id.remove(&canonical);
        }
        self.len -= 1;
        Some(removed.key)
    }

    /// What the id of a receipt stands for.
    ///
    /// Once the form of the receipts is known, an id is read in that form, and else not found; only what cannot be of
    /// that form at all (letters among decimal digits) is taken as it stands. An id that is there to the letter goes
    /// before ids that differ in case or zeros.
    ///
    /// As long as the form is not known, every reading is tried. If several ids come into question it is doubtful.
    /// One that differs from it in case and zeros at most is found. One in other digits is found if both have 5
    /// digits or more, or 3 and letters that show one of them to be hexadecimal, as few coincide then; shorter ones
    /// are doubtful.
    pub fn find(&self, receipt_id: &[u8], forms: &IdForms) -> IdMatch<'_, K> {
        if let Some(form) = forms.form() {
            let id = form.response_id(receipt_id).unwrap_or_else(|| CanonicalId::of(receipt_id));
            return match self.alike(&id, receipt_id) {
                [] => IdMatch::None,
                [entry] => entry.found(),
                entries => IdMatch::Doubtful(entries.iter().map(|entry| &entry.key).collect()),
            };
        }
        let [same, as_decimal, as_hexadecimal] = IdForm::ALL.map(|form| form.response_id(receipt_id));
        let as_hexadecimal = as_hexadecimal.filter(|id| as_decimal.as_ref() != Some(id));
        let candidates = |id: Option<CanonicalId>| id.map_or(&[][..], |id| self.alike(&id, receipt_id));
        let alike = candidates(same.clone());
        let converted = [as_decimal, as_hexadecimal].map(|id| candidates(id.filter(|id| same.as_ref() != Some(id))));
        match (alike, converted) {
            ([], [[], []]) => IdMatch::None,
            ([entry], [[], []]) => entry.found(),
            ([], [[entry], []] | [[], [entry]]) if is_telling(&entry.id, receipt_id) => entry.found(),
            (alike, [decimal, hexadecimal]) => {
                IdMatch::Doubtful(alike.iter().chain(decimal).chain(hexadecimal).map(|entry| &entry.key).collect())
            }
        }
    }

    /// The id, or the first of several, that was inserted and is this one in a receipt, if the SMSC writes it in this
    /// form.
    pub(super) fn response_id(&self, receipt_id: &[u8], form: IdForm) -> Option<&[u8]> {
        let alike = self.by_id.get(&form.response_id(receipt_id)?)?;
        alike.first().map(|entry| &*entry.id)
    }

    /// The ids that are like this one but for case and zeros; only that which is there to the letter, if it is.
    fn alike(&self, id: &CanonicalId, receipt_id: &[u8]) -> &[Entry<K>] {
        let alike = self.by_id.get(id).map_or(&[][..], Vec::as_slice);
        match alike.iter().position(|entry| *entry.id == *receipt_id) {
            Some(place) => &alike[place..=place],
            None => alike,
        }
    }
}

impl<K> Entry<K> {
    fn found(&self) -> IdMatch<'_, K> {
        IdMatch::One { key: &self.key, response_id: &self.id }
    }
}

impl<K> Default for MessageIds<K> {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether two ids that are one number in different digits are so hardly by chance.
fn is_telling(response_id: &[u8], receipt_id: &[u8]) -> bool {
    let len = significant(response_id).len().min(significant(receipt_id).len());
    len >= LONG || len >= LONG_WITH_LETTERS && (has_letters(response_id) || has_letters(receipt_id))
}

fn has_letters(id: &[u8]) -> bool {
    id.iter().any(u8::is_ascii_alphabetic)
}

/// Ids that may differ in case and leading zeros alone, so that no SMSC can make looking them up slow.
const MAX_ALIKE: usize = 8;

/// From so many digits on, the hexadecimal and the decimal reading of a number are far enough apart (6 times and
/// more) that ids given one after the other do not reach from one to the other.
const LONG: usize = 5;

/// The same where letters show that one of them is hexadecimal. Fewer digits are too few still: of ids that are
/// hexadecimal in responses and receipts alike, 10 may come before its response, and a be there.
const LONG_WITH_LETTERS: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn one<'a>(found: IdMatch<'a, &'static str>) -> Result<&'a str, Vec<&'a str>> {
        match found {
            IdMatch::None => Err(Vec::new()),
            IdMatch::One { key, .. } => Ok(key),
            IdMatch::Doubtful(keys) => Err(keys.into_iter().copied().collect()),
        }
    }

    fn ids(of: &[&'static str]) -> MessageIds<&'static str> {
        let mut ids = MessageIds::new();
        of.iter().for_each(|id| assert_eq!(ids.insert(id.as_bytes(), *id), None));
        ids
    }

    #[test]
    fn before_anything_is_known_every_reading_counts() {
        let ids = ids(&["10", "16", "22", "3e8", "20260012", "007", "7", "aB", "Ab", "1f"]);
        let find = |id: &str| one(ids.find(id.as_bytes(), &IdForms::default())).map_err(|keys| keys.join(" "));
        let doubtful = |keys: &str| Err(keys.to_owned());
        for (receipt_id, found) in [
            ("0010", doubtful("10 16")),
            ("16", doubtful("16 10 22")),
            ("22", doubtful("22 16")),
            ("1000", Ok("3e8")),
            ("539361298", Ok("20260012")),
            ("13524AC", Ok("20260012")),
            ("20260012", Ok("20260012")),
            ("00007", doubtful("007 7")),
            ("007", Ok("007")),
            ("7", Ok("7")),
            ("aB", Ok("aB")),
            ("AB", doubtful("aB Ab")),
            ("34", doubtful("22")),
            ("171", doubtful("aB Ab")),
            ("31", doubtful("1f")),
            ("8", doubtful("")),
            ("", doubtful("")),
            ("no-id", doubtful("")),
        ] {
            assert_eq!(find(receipt_id), found, "{receipt_id}");
        }
    }

    #[test]
    fn once_the_form_is_known_it_alone_counts() {
        let ids = ids(&["10", "16", "22", "3e8", "beef-1"]);
        for (form, receipt_id, found) in [
            (IdForm::Same, "16", Ok("16")),
            (IdForm::Same, "1000", Err(vec![])),
            (IdForm::HexadecimalAsDecimal, "16", Ok("10")),
            (IdForm::HexadecimalAsDecimal, "1000", Ok("3e8")),
            (IdForm::HexadecimalAsDecimal, "10", Err(vec![])),
            (IdForm::HexadecimalAsDecimal, "3E8", Ok("3e8")),
            (IdForm::HexadecimalAsDecimal, "BEEF-1", Ok("beef-1")),
            (IdForm::DecimalAsHexadecimal, "16", Ok("22")),
            (IdForm::DecimalAsHexadecimal, "a", Ok("10")),
            (IdForm::DecimalAsHexadecimal, "beef-1", Ok("beef-1")),
        ] {
            assert_eq!(one(ids.find(receipt_id.as_bytes(), &IdForms::fixed(form))), found, "{form:?} {receipt_id}");
        }
    }

    #[test]
    fn what_is_inserted_again_makes_way_and_so_does_the_first_of_too_many_alike() {
        let mut ids = MessageIds::new();
        assert_eq!(ids.insert(b"1", 0), None);
        assert_eq!(ids.insert(b"1", 1), Some(0));
        for zeros in 1..MAX_ALIKE {
            assert_eq!(ids.insert(format!("{}1", "0".repeat(zeros)).as_bytes(), zeros + 1), None);
        }
        assert_eq!(ids.insert(b"0000000001", 9), Some(1));
        assert_eq!((ids.len(), ids.get(b"1"), ids.get(b"01")), (MAX_ALIKE, None, Some(&2)));
        assert_eq!((ids.remove(b"01"), ids.remove(b"01")), (Some(2), None));
        assert_eq!((ids.len(), ids.is_empty()), (MAX_ALIKE - 1, false));
    }
}
