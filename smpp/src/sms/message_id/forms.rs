//! How an SMSC writes the ids of its responses in receipts, and learning it.

use super::canonical::{CanonicalId, Number, significant};
use super::{LONG, MessageIds, has_letters};

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

    /// The id that the response had, of a message that has this id in its receipt; `None` if the id is none of this
    /// form.
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
/// Keep one for each SMSC, and apart for ids in receipted_message_id and in `id:`, which may differ. Binds to the
/// same SMSC share it.
#[derive(Debug, Clone, Default)]
pub struct IdForms {
    form: Option<IdForm>,
    is_fixed: bool,
    /// What speaks against each form, as long as none is known.
    failures: [u32; IdForm::ALL.len()],
    /// How often in a row another form would have explained what the known one did not.
    doubts: u8,
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

    /// Takes note of the id of a receipt, once for each receipt. Returns whether the form is known only now.
    ///
    /// A form fails where it makes nothing of the id that was inserted and another does. One that has failed three
    /// times less often than each other is it. So receipts that could be about several messages tell something as
    /// well, and what cannot be chance is enough alone: an id found in one form only, with 5 digits or more, or with
    /// letters among them and no difference.
    pub fn learn<K>(&mut self, ids: &MessageIds<K>, receipt_id: &[u8]) -> bool {
        if self.is_fixed || !CanonicalId::of(receipt_id).is_digits() {
            return false;
        }
        let found = IdForm::ALL.map(|form| ids.response_id(receipt_id, form));
        if let Some(form) = self.form {
            if found[form as usize].is_some() {
                self.doubts = 0;
            }
            return false;
        }
        let is_sure = |(form, response_id): (IdForm, &Option<&[u8]>)| {
            response_id.is_some_and(|response_id| {
                let len = significant(response_id).len().min(significant(receipt_id).len());
                len >= LONG || form == IdForm::Same && has_letters(receipt_id)
            })
        };
        let weight = match found.iter().flatten().count() {
            0 => return false,
            1 if IdForm::ALL.into_iter().zip(&found).any(is_sure) => ENOUGH,
            _ => 1,
        };
        for (failures, _) in self.failures.iter_mut().zip(found).filter(|(_, found)| found.is_none()) {
            *failures = failures.saturating_add(weight);
        }
        self.form = IdForm::ALL.into_iter().find(|form| {
            let enough = self.failures[*form as usize].saturating_add(ENOUGH);
            IdForm::ALL.into_iter().all(|other| other == *form || self.failures[other as usize] >= enough)
        });
        self.form.is_some()
    }

    /// Takes note that an id of a receipt was not found in the known form, and would have been in another. After
    /// three in a row the form is not known any more: the SMSC has changed it, or it was never right. Returns whether
    /// it is so now.
    pub fn doubt(&mut self) -> bool {
        if self.is_fixed || self.form.is_none() {
            return false;
        }
        self.doubts += 1;
        if u32::from(self.doubts) >= ENOUGH {
            *self = Self::default();
        }
        self.form.is_none()
    }
}

/// How often a form has to fail for another to be the right one, or the known one to be wrong.
const ENOUGH: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(of: &[&str]) -> MessageIds<()> {
        let mut ids = MessageIds::new();
        of.iter().for_each(|id| assert_eq!(ids.insert(id.as_bytes(), ()), None));
        ids
    }

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
            assert_eq!(forms.learn(&ids(&[response_id]), receipt_id.as_bytes()), form.is_some(), "{response_id}");
            assert_eq!(forms.form(), form, "{response_id} {receipt_id}");
        }
    }

    #[test]
    fn what_tells_little_has_to_be_told_three_times() {
        let ids = ids(&["7", "10", "11", "12", "1f"]);
        let mut forms = IdForms::default();
        for receipt_id in ["10", "7", "7", "11", "31", "12", "99"] {
            assert!(!forms.learn(&ids, receipt_id.as_bytes()), "{receipt_id}");
        }
        assert!(forms.learn(&ids, b"0012") && !forms.learn(&ids, b"12"));
        assert_eq!(forms.form(), Some(IdForm::Same));
    }

    /// 10 and 16, 11 and 17, ... may be each other's in other digits; what each excludes leaves one form.
    #[test]
    fn short_ids_that_follow_each_other_tell_together_what_none_tells() {
        let numbers = |hexadecimal: bool| -> Vec<String> {
            (1..=20).map(|number| if hexadecimal { format!("{number:x}") } else { number.to_string() }).collect()
        };
        for (responses, receipts, form) in [
            (false, false, IdForm::Same),
            (true, true, IdForm::Same),
            (true, false, IdForm::HexadecimalAsDecimal),
            (false, true, IdForm::DecimalAsHexadecimal),
        ] {
            let (mut ids, mut forms) = (MessageIds::new(), IdForms::default());
            numbers(responses).iter().for_each(|id| assert_eq!(ids.insert(id.as_bytes(), ()), None));
            let news = numbers(receipts).iter().filter(|id| forms.learn(&ids, id.as_bytes())).count();
            assert_eq!((news, forms.form()), (1, Some(form)));
        }
    }

    #[test]
    fn a_form_that_fails_three_times_in_a_row_is_forgotten() {
        let ids = ids(&["1054BC63", "1054BC64"]);
        let mut forms = IdForms::default();
        assert!(!forms.doubt());
        assert!(forms.learn(&ids, b"1054BC63"));
        assert!(!forms.doubt() && !forms.doubt());
        forms.learn(&ids, b"1054BC64");
        assert!(!forms.doubt() && !forms.doubt() && forms.doubt());
        assert_eq!(forms.form(), None);
        assert!(forms.learn(&ids, b"273988708"));

        for mut fixed in [IdForms::fixed(IdForm::Same), IdForms::any()] {
            let form = fixed.form();
            for _ in 0..9 {
                assert!(!fixed.doubt() && !fixed.learn(&ids, b"273988708"));
            }
            assert_eq!(fixed.form(), form);
        }
    }
}
