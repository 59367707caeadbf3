//! What a receiver does about each kind of deviation.

use crate::error::ErrorClass;

/// What a receiver does about deviations from the standard: one policy, one API.
///
/// For each [`ErrorClass`], a deviation is refused (decoding fails), salvaged (what is sound is decoded, the rest kept
/// raw, and a diagnostic says so) or accepted (as if nothing were wrong). Some classes leave nothing to salvage, such as
/// a body that ends within the mandatory fields: they fail under every policy.
///
/// ```
/// # use smpp::{ErrorClass, codec::Leniency};
/// let lab = Leniency::DEFAULT.accepting(ErrorClass::TlvStreamLeftover).refusing(ErrorClass::TlvInvalidLength);
/// assert_ne!(lab, Leniency::DEFAULT);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Leniency {
    salvaged: u32,
    accepted: u32,
    pub(crate) validates: bool,
}

/// What is done about one deviation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Decoding fails.
    Refuse,
    /// What is sound is decoded and a diagnostic is kept.
    Salvage,
    /// It passes without a word.
    Accept,
}

impl Leniency {
    /// The letter of the standard, values included: what [`validate`](crate::validate()) objects to is refused.
    pub const STRICT: Self = Self { salvaged: 0, accepted: 0, validates: true };

    /// What real SMSCs send is taken: odd lengths and stray octets are salvaged, values outside the standard pass.
    pub const DEFAULT: Self = Self {
        salvaged: bit(ErrorClass::COctetStringTooLong)
            | bit(ErrorClass::InvalidTimeLength)
            | bit(ErrorClass::SmLengthOutOfRange)
            | bit(ErrorClass::TlvStreamLeftover)
            | bit(ErrorClass::TlvLengthExceedsPdu)
            | bit(ErrorClass::TlvInvalidLength)
            | bit(ErrorClass::UnterminatedCOctetString)
            | bit(ErrorClass::UnknownCommandId),
        accepted: 0,
        validates: false,
    };

    /// Everything that can be read is read: also a `short_message` cut short by the end of the PDU.
    pub const LENIENT: Self =
        Self { salvaged: Self::DEFAULT.salvaged | bit(ErrorClass::SmLengthExceedsBody), accepted: 0, validates: false };

    /// The same policy, but deviations of the class fail.
    pub const fn refusing(self, class: ErrorClass) -> Self {
        Self { salvaged: self.salvaged & !bit(class), accepted: self.accepted & !bit(class), ..self }
    }

    /// The same policy, but deviations of the class are salvaged where there is something to salvage.
    pub const fn salvaging(self, class: ErrorClass) -> Self {
        Self { salvaged: self.salvaged | bit(class), accepted: self.accepted & !bit(class), ..self }
    }

    /// The same policy, but deviations of the class pass without a word where they can be read at all.
    pub const fn accepting(self, class: ErrorClass) -> Self {
        Self { salvaged: self.salvaged & !bit(class), accepted: self.accepted | bit(class), ..self }
    }

    /// The same policy with or without the check of values that [`validate`](crate::validate()) makes.
    pub const fn validating(self, validates: bool) -> Self {
        Self { validates, ..self }
    }

    /// What is done about deviations of the class.
    pub const fn action(self, class: ErrorClass) -> Action {
        match bit(class) {
            bit if self.accepted & bit != 0 => Action::Accept,
            bit if self.salvaged & bit != 0 => Action::Salvage,
            _ => Action::Refuse,
        }
    }
}

impl Default for Leniency {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const fn bit(class: ErrorClass) -> u32 {
    1 << class as u32
}
