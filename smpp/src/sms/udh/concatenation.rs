//! Which part of a longer message a message is.

use super::Element;
use super::element::iei;

/// Which part of a longer message a message is: from its user data header, or from the three `sar_*` TLVs.
///
/// Parts belong together if source, destination, reference, total and form are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concatenation {
    /// The same in all parts; at most 255 with [`ConcatenationForm::Udh8`].
    pub reference: u16,
    /// Number of parts, from 1.
    pub total: u8,
    /// Which of them, from 1.
    pub part: u8,
    /// Where it stands in the message.
    pub form: ConcatenationForm,
}

/// How parts say that they belong together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConcatenationForm {
    /// Element 0x00 of the user data header: a reference of 8 bits, a header of 6 octets.
    #[default]
    Udh8,
    /// Element 0x08 of the user data header: a reference of 16 bits, a header of 7 octets.
    Udh16,
    /// The TLVs sar_msg_ref_num, sar_total_segments and sar_segment_seqnum (sections 5.3.2.22 to 5.3.2.24).
    Sar,
}

impl Concatenation {
    /// Whether it is one part of several, or of one: parts count from 1 to their number. Others are to be passed over.
    pub fn is_valid(&self) -> bool {
        (1..=self.total).contains(&self.part)
    }

    /// The element of the user data header that says so; `None` of [`ConcatenationForm::Sar`].
    pub fn element(&self) -> Option<Element<'static>> {
        let Self { reference, total, part, form } = *self;
        match form {
            ConcatenationForm::Udh8 => Some(Element::Concatenated8 { reference: reference as u8, total, part }),
            ConcatenationForm::Udh16 => Some(Element::Concatenated16 { reference, total, part }),
            ConcatenationForm::Sar => None,
        }
    }

    /// What an element says, valid or not.
    pub(super) fn of_element(iei: u8, data: &[u8]) -> Option<Self> {
        let (reference, total, part, form) = match (iei, data) {
            (iei::CONCATENATED_8, &[reference, total, part]) => {
                (reference.into(), total, part, ConcatenationForm::Udh8)
            }
            (iei::CONCATENATED_16, &[high, low, total, part]) => {
                (u16::from_be_bytes([high, low]), total, part, ConcatenationForm::Udh16)
            }
            _ => return None,
        };
        Some(Self { reference, total, part, form })
    }
}
