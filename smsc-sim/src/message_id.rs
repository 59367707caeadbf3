//! How message_ids are written.

use std::fmt;
use std::str::FromStr;

use crate::draw::{Chance, purpose};
use crate::setting::SettingError;

/// How message_ids are written in responses. Messages are numbered from 1.
///
/// On the command line: `decimal`, `hex`, `hex-upper`, `uuid`, `padded10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MessageIdForm {
    /// `3735928559`.
    #[default]
    Decimal,
    /// `deadbeef`.
    Hex,
    /// `DEADBEEF`.
    HexUpper,
    /// A UUID of version 4, drawn by the seed for the request: unlike a number it does not depend on what other sessions
    /// submit.
    Uuid,
    /// Decimal, at least 10 digits, with zeros in front: `0000000042`.
    Padded10,
}

/// How message_ids are written in receipts: some SMSCs do it otherwise than in responses.
///
/// On the command line: `same`, `decimal`, `hex`, `padded10`. A UUID is no number that could be written in another way: where
/// responses have UUIDs, the others stand for the number of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReceiptIdForm {
    /// As in the response.
    #[default]
    Same,
    /// `3735928559`.
    Decimal,
    /// `deadbeef`.
    Hex,
    /// Decimal, at least 10 digits, with zeros in front.
    Padded10,
}

impl MessageIdForm {
    pub(crate) fn write(self, number: u64, chance: Chance) -> String {
        match self {
            Self::Decimal => number.to_string(),
            Self::Hex => format!("{number:x}"),
            Self::HexUpper => format!("{number:X}"),
            Self::Padded10 => format!("{number:010}"),
            Self::Uuid => {
                let [high, low] = purpose::UUID.map(|half| chance.bits(half));
                // Version 4, and the variant of RFC 9562.
                let (high, low) = (high & !0xF000 | 0x4000, low & !(3 << 62) | 2 << 62);
                format!(
                    "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                    high >> 32,
                    high >> 16 & 0xFFFF,
                    high & 0xFFFF,
                    low >> 48,
                    low & 0xFFFF_FFFF_FFFF
                )
            }
        }
    }
}

impl ReceiptIdForm {
    pub(crate) fn write(self, id: &str, number: u64) -> String {
        match self {
            Self::Same => id.to_owned(),
            Self::Decimal => number.to_string(),
            Self::Hex => format!("{number:x}"),
            Self::Padded10 => format!("{number:010}"),
        }
    }
}

macro_rules! by_name {
    ($type:ident, $what:literal, $($name:literal => $variant:ident),+) => {
        impl FromStr for $type {
            type Err = SettingError;

            fn from_str(text: &str) -> Result<Self, SettingError> {
                match text {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(SettingError::unknown($what, text, &[$($name),+])),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $name),+ })
            }
        }
    };
}
pub(crate) use by_name;

by_name!(MessageIdForm, "form of message_ids",
    "decimal" => Decimal, "hex" => Hex, "hex-upper" => HexUpper, "uuid" => Uuid, "padded10" => Padded10);
by_name!(ReceiptIdForm, "form of message_ids",
    "same" => Same, "decimal" => Decimal, "hex" => Hex, "padded10" => Padded10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_number() {
        let written = |form: &str| form.parse::<MessageIdForm>().unwrap().write(0xBEEF, Chance::of_session(1, "me", 1));
        assert_eq!(["decimal", "hex", "hex-upper", "padded10"].map(written), ["48879", "beef", "BEEF", "0000048879"]);
        let receipt = |form: &str| form.parse::<ReceiptIdForm>().unwrap().write("x", 0xBEEF);
        assert_eq!(["same", "decimal", "hex", "padded10"].map(receipt), ["x", "48879", "beef", "0000048879"]);
        let error = "Hex".parse::<MessageIdForm>().unwrap_err().to_string();
        assert_eq!(error, "unknown form of message_ids `Hex`, did you mean `hex`?");
    }

    #[test]
    fn uuids_are_of_version_4_and_repeat_with_the_seed() {
        let uuid = |pdu, seed| MessageIdForm::Uuid.write(17, Chance::of_session(seed, "me", 1).and(pdu));
        let one = uuid(1, 7);
        assert_eq!(one, uuid(1, 7));
        assert!(one != uuid(2, 7) && one != uuid(1, 8));
        let parts: Vec<_> = one.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4') && parts[3].starts_with(['8', '9', 'a', 'b']), "{one}");
    }
}
