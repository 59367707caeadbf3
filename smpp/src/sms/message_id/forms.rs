//! How an SMSC writes the ids of its responses in receipts, and learning it.

use super::canonical::{CanonicalId, Number, significant};
use super::{LONG, has_letters, shorter};

/// How an SMSC writes, in a receipt, the message_id that it gave in the response. Case and leading zeros do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdForm {
    /// As it was.
    Same,
    /// It was hexadecimal and is decimal: 1054BC63 becomes 273988707.
    HexadecimalAsDecimal,
    /// It was decimal and is hexadecimal: 273988707 becomes 1054BC63.
    DecimalAsHexadecimal,
}

impl IdForm {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::Same, Self::HexadecimalAsDecimal, Self::DecimalAsHexadecimal];

    /// The id that the response had, of a message that has this id in its receipt; `None` if the id is none of this form.
    ///
    /// Numbers are converted up to 64 digits, which is what a message_id has room for (section 5.2.23).
    ///
    /// ```
    /// use smpp::sms::{CanonicalId, IdForm};
    ///
    /// let id = IdForm::HexadecimalAsDecimal.response_id(b"273988707");
    /// assert_eq!(id, Some(CanonicalId::of(b"1054BC63")));
    /// assert_eq!(IdForm::HexadecimalAsDecimal.response_id(b"1054BC63"), None);
    /// ```
    pub fn response_id(self, receipt_id: &[u8]) -> Option<CanonicalId> {
        let number = match self {
            Self::Same => return Some(CanonicalId::of(receipt_id)),
            Self::HexadecimalAsDecimal => Number::of_decimal(significant(receipt_id)),
            Self::DecimalAsHexadecimal => {
                Number::of_hexadecimal(significant(receipt_id)).and_then(Number::decimal_as_hexadecimal)
            }
        };
        number.map(CanonicalId::of_number)
    }
}

/// What is known of the form in which one SMSC writes ids in receipts: nothing at first, until it has been
/// [learned](Self::learn).
///
/// Keep one for each SMSC, and apart for ids in receipted_message_id and in `id:`, which may differ. Binds to the same SMSC
/// share it.
#[derive(Debug, Clone, Default)]
pub struct IdForms {
    form: Option<IdForm>,
    is_fixed: bool,
    /// What speaks for each form, as long as none is known.
    scores: [u8; IdForm::ALL.len()],
    /// How often in a row another form would have explained what the known one did not.
    doubts: u8,
    /// What ids of responses and of receipts look like.
    responses: Seen,
    receipts: Seen,
}

/// What ids look like.
#[derive(Debug, Clone, Default)]
struct Seen {
    /// The last two digits of ids that are decimal digits alone: a bit for each pair, so that an id that comes again does
    /// not count twice.
    tails: [u64; 2],
    /// Whether there were letters among the digits of one.
    has_letters: bool,
}

impl IdForms {
    /// The form is known, and stays as it is.
    pub fn fixed(form: IdForm) -> Self {
        Self { form: Some(form), is_fixed: true, ..Self::default() }
    }

    /// Nothing is ever learned: for a link behind which there are SMSCs with different forms.
    pub fn any() -> Self {
        Self { is_fixed: true, ..Self::default() }
    }

    /// The form, once it is known.
    pub fn form(&self) -> Option<IdForm> {
        self.form
    }

    /// Takes note that an id of a receipt belongs to the id of a response. Returns whether the form is known only now.
    ///
    /// Ids of which only one form makes the same message tell something: one pair is enough if both ids have 5 digits or
    /// more, or letters and no difference; else it takes three, with none for another form between them.
    pub fn learn(&mut self, response_id: &[u8], receipt_id: &[u8]) -> bool {
        let id = CanonicalId::of(response_id);
        if self.is_fixed || !id.is_digits() {
            return false;
        }
        let explains = IdForm::ALL.map(|form| form.response_id(receipt_id).as_ref() == Some(&id));
        let form = match explains {
            [true, false, false] => IdForm::Same,
            [false, true, false] => IdForm::HexadecimalAsDecimal,
            [false, false, true] => IdForm::DecimalAsHexadecimal,
            _ => return false,
        };
        if self.form.is_some() {
            if self.form == Some(form) {
                self.doubts = 0;
            }
            return false;
        }
        let is_certain = shorter(response_id, receipt_id) >= LONG || form == IdForm::Same && has_letters(receipt_id);
        for (score, other) in self.scores.iter_mut().zip(IdForm::ALL) {
            *score = if other == form { *score + if is_certain { ENOUGH } else { 1 } } else { 0 };
            if *score >= ENOUGH {
                self.form = Some(form);
            }
        }
        self.form.is_some()
    }

    /// Takes note of an id in a response. Returns whether the form is known only now.
    ///
    /// Where 16 different ids have no letters among their digits they are taken to be decimal, since hexadecimal ones would
    /// have had some. What is known of both sides tells the form, whether ids of one are found among those of the other or
    /// not. This is how the form of short ids is learned that follow each other, such as 10 to 30, where many could be each
    /// other's in other digits.
    pub fn saw_response_id(&mut self, response_id: &[u8]) -> bool {
        self.saw(response_id, |forms| &mut forms.responses)
    }

    /// Takes note of an id in a receipt: see [`saw_response_id`](Self::saw_response_id).
    pub fn saw_receipt_id(&mut self, receipt_id: &[u8]) -> bool {
        self.saw(receipt_id, |forms| &mut forms.receipts)
    }

    fn saw(&mut self, id: &[u8], seen: impl Fn(&mut Self) -> &mut Seen) -> bool {
        if self.is_fixed || self.form.is_some() {
            return false;
        }
        seen(self).add(significant(id));
        self.form = match (self.responses.are_hexadecimal(), self.receipts.are_hexadecimal()) {
            (Some(responses), Some(receipts)) if responses == receipts => Some(IdForm::Same),
            (Some(true), Some(_)) => Some(IdForm::HexadecimalAsDecimal),
            (Some(false), Some(_)) => Some(IdForm::DecimalAsHexadecimal),
            _ => None,
        };
        self.form.is_some()
    }

    /// Takes note that an id of a receipt was not found in the known form, and would have been in another. After three in
    /// a row the form is not known any more: the SMSC has changed it, or it was never right. Returns whether it is so now.
    pub fn doubt(&mut self) -> bool {
        if self.is_fixed || self.form.is_none() {
            return false;
        }
        self.doubts += 1;
        if self.doubts >= ENOUGH {
            *self = Self::default();
        }
        self.form.is_none()
    }
}

impl Seen {
    fn add(&mut self, id: &[u8]) {
        if !id.iter().all(u8::is_ascii_hexdigit) {
            return;
        }
        if !id.iter().all(u8::is_ascii_digit) {
            self.has_letters = true;
            return;
        }
        let tail = id[id.len().saturating_sub(2)..].iter().fold(0, |tail, digit| tail * 10 + usize::from(digit - b'0'));
        self.tails[tail / 64] |= 1 << (tail % 64);
    }

    fn are_hexadecimal(&self) -> Option<bool> {
        let different: u32 = self.tails.iter().map(|bits| bits.count_ones()).sum();
        if self.has_letters { Some(true) } else { (different >= ENOUGH_DIFFERENT).then_some(false) }
    }
}

/// What has to speak for a form, or against it.
const ENOUGH: u8 = 3;

/// Ids without a letter after which they are taken to be decimal: of 16 hexadecimal ones that follow each other 6 end in a
/// letter, and 16 at random have none once in 1,800 times at the most.
const ENOUGH_DIFFERENT: u32 = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_a_form() {
        for (response_id, receipt_id, form) in [
            ("1054BC63", "273988707", Some(IdForm::HexadecimalAsDecimal)),
            ("20260012", "539361298", Some(IdForm::HexadecimalAsDecimal)),
            ("273988707", "1054bc63", Some(IdForm::DecimalAsHexadecimal)),
            ("0001054BC63", "1054bc63", Some(IdForm::Same)),
            ("0911897980", "911897980", Some(IdForm::Same)),
            ("a1", "A1", Some(IdForm::Same)),
            // Not enough alone.
            ("10", "10", None),
            ("3e8", "1000", None),
            ("1000", "3e8", None),
            // Nothing at all.
            ("7", "7", None),
            ("1054BC63", "1054BC64", None),
            ("74e02ee1-4e2f", "74e02ee1-4e2f", None),
            ("", "", None),
        ] {
            let mut forms = IdForms::default();
            assert_eq!(forms.learn(response_id.as_bytes(), receipt_id.as_bytes()), form.is_some(), "{response_id}");
            assert_eq!(forms.form(), form, "{response_id} {receipt_id}");
        }
    }

    #[test]
    fn what_tells_little_has_to_be_told_three_times() {
        let mut forms = IdForms::default();
        assert!(!forms.learn(b"10", b"10") && !forms.learn(b"11", b"11"));
        assert!(!forms.learn(b"3e8", b"1000"));
        assert!(!forms.learn(b"12", b"12") && !forms.learn(b"7", b"7") && !forms.learn(b"13", b"13"));
        assert!(forms.learn(b"14", b"14"));
        assert!(!forms.learn(b"15", b"15"));
        assert_eq!(forms.form(), Some(IdForm::Same));
    }

    #[test]
    fn short_ids_in_a_row_are_decimal_if_none_has_a_letter() {
        let mut forms = IdForms::default();
        for number in 1..=15 {
            let id = number.to_string();
            assert!(!forms.saw_response_id(id.as_bytes()));
            for _ in 0..20 {
                assert!(!forms.saw_receipt_id(id.as_bytes()), "{id}");
            }
        }
        assert!(!forms.saw_response_id(b"16") && forms.saw_receipt_id(b"0016"));
        assert_eq!(forms.form(), Some(IdForm::Same));

        let mut forms = IdForms::default();
        for number in 0..100 {
            let id = format!("uuid-{number}");
            assert!(!forms.saw_response_id(id.as_bytes()) && !forms.saw_receipt_id(id.as_bytes()));
        }
    }

    #[test]
    fn letters_on_one_side_alone_tell_of_other_digits() {
        let saw = |response_ids: &[&str], receipt_ids: &[&str]| {
            let mut forms = IdForms::default();
            response_ids.iter().for_each(|id| assert!(!forms.saw_response_id(id.as_bytes())));
            let news = receipt_ids.iter().map(|id| forms.saw_receipt_id(id.as_bytes())).filter(|news| *news).count();
            assert_eq!(news, usize::from(forms.form().is_some()));
            forms.form()
        };
        let numbers: Vec<_> = (1..=16).map(|number: u32| number.to_string()).collect();
        let numbers: Vec<_> = numbers.iter().map(String::as_str).collect();
        assert_eq!(saw(&["1", "1f"], &numbers), Some(IdForm::HexadecimalAsDecimal));
        assert_eq!(saw(&numbers, &["1", "1f"]), Some(IdForm::DecimalAsHexadecimal));
        assert_eq!(saw(&["a"], &["1", "1f"]), Some(IdForm::Same));
        assert_eq!(saw(&numbers, &numbers), Some(IdForm::Same));
        assert_eq!(saw(&numbers, &numbers[1..]), None);
        assert_eq!(saw(&["a"], &numbers[1..]), None);
    }

    #[test]
    fn a_form_that_fails_three_times_in_a_row_is_forgotten() {
        let mut forms = IdForms::default();
        assert!(!forms.doubt());
        assert!(forms.learn(b"1054BC63", b"1054BC63"));
        assert!(!forms.doubt() && !forms.doubt());
        forms.learn(b"1054BC64", b"1054BC64");
        assert!(!forms.doubt() && !forms.doubt() && forms.doubt());
        assert_eq!(forms.form(), None);
        assert!(forms.learn(b"1054BC65", b"273988709"));

        for mut fixed in [IdForms::fixed(IdForm::Same), IdForms::any()] {
            let form = fixed.form();
            for _ in 0..9 {
                assert!(!fixed.doubt() && !fixed.learn(b"1054BC65", b"273988709"));
            }
            assert_eq!(fixed.form(), form);
        }
    }
}
