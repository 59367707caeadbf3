//! data_coding as GSM networks read it (section 5.2.19; 3GPP TS 23.038, 4).

use std::fmt;

use super::Alphabet;
use crate::value::DataCoding;

/// A data_coding, taken apart: what its coding group is, and what the bits mean there.
///
/// All 256 values are kept as they are, bits that are reserved or mean nothing included; several values can mean the same,
/// such as 0x10 and 0xF0.
///
/// ```
/// use smpp::sms::{Charset, Class, CodingGroup, GeneralCoding, Scheme};
/// use smpp::value::DataCoding;
///
/// let flash = Scheme::of(DataCoding(0x18));
/// assert_eq!((flash.class(), flash.charset()), (Some(Class::Class0), Some(Charset::Ucs2)));
///
/// let coding = GeneralCoding { charset: Charset::Ucs2, class: Some(Class::Class0), ..GeneralCoding::default() };
/// assert_eq!(Scheme::from(CodingGroup::General(coding)), flash);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scheme(DataCoding);

impl Scheme {
    /// The scheme of a data_coding.
    pub const fn of(data_coding: DataCoding) -> Self {
        Self(data_coding)
    }

    /// The scheme of a text in an alphabet with a message class, if there is one: networks know classes for GSM 7-bit and
    /// UCS-2 only. GSM 7-bit has the values from 0xF0 on, which SMPP names; UCS-2 those from 0x18 on, the only ones.
    pub const fn of_class(alphabet: Alphabet, class: Class) -> Option<Self> {
        match alphabet {
            Alphabet::Gsm7(_) => Some(Self(DataCoding(0xF0 | class as u8))),
            Alphabet::Ucs2 => Some(Self(DataCoding(0x18 | class as u8))),
            Alphabet::Ascii | Alphabet::Latin1 => None,
        }
    }

    /// The data_coding.
    pub const fn data_coding(self) -> DataCoding {
        self.0
    }

    /// The coding group, with what its bits say.
    pub const fn group(self) -> CodingGroup {
        let value = self.0.0;
        match value {
            0x00..=0x0F => CodingGroup::Smpp(self.0),
            0x10..=0x7F => CodingGroup::General(GeneralCoding {
                charset: Charset::of_bits(value),
                class: if value & CLASS_PRESENT != 0 { Some(Class::of_bits(value)) } else { None },
                compressed: value & COMPRESSED != 0,
                automatic_deletion: value & AUTOMATIC_DELETION != 0,
            }),
            0x80..=0xBF => CodingGroup::Reserved(self.0),
            0xC0..=0xEF => CodingGroup::Waiting(WaitingIndication {
                store: match value >> 4 {
                    0xC => WaitingStore::Discard,
                    0xD => WaitingStore::Gsm7,
                    _ => WaitingStore::Ucs2,
                },
                active: value & ACTIVE != 0,
                kind: WaitingKind::of_bits(value),
            }),
            0xF0..=0xFF => CodingGroup::Class { octets: value & CLASS_GROUP_OCTETS != 0, class: Class::of_bits(value) },
        }
    }

    /// What the octets of the text are, as far as the value alone says so. 0 is the link's default alphabet, and what other
    /// alphabets of SMPP are called says [`CodingGroup::Smpp`].
    pub const fn charset(self) -> Option<Charset> {
        match self.group() {
            CodingGroup::Smpp(DataCoding::OCTET_2 | DataCoding::OCTET_4) => Some(Charset::Octets),
            CodingGroup::Smpp(DataCoding::UCS2) => Some(Charset::Ucs2),
            CodingGroup::Smpp(_) | CodingGroup::Reserved(_) => None,
            CodingGroup::General(coding) => Some(coding.charset),
            CodingGroup::Waiting(WaitingIndication { store: WaitingStore::Ucs2, .. }) => Some(Charset::Ucs2),
            CodingGroup::Waiting(_) | CodingGroup::Class { octets: false, .. } => Some(Charset::Gsm7),
            CodingGroup::Class { octets: true, .. } => Some(Charset::Octets),
        }
    }

    /// The message class, if there is one.
    pub const fn class(self) -> Option<Class> {
        match self.group() {
            CodingGroup::General(coding) => coding.class,
            CodingGroup::Class { class, .. } => Some(class),
            _ => None,
        }
    }

    /// Whether the text is compressed (3GPP TS 23.042), so that its octets are no letters of its alphabet.
    pub const fn is_compressed(self) -> bool {
        matches!(self.group(), CodingGroup::General(GeneralCoding { compressed: true, .. }))
    }

    /// The message waiting indication, if it is one.
    pub const fn waiting(self) -> Option<WaitingIndication> {
        match self.group() {
            CodingGroup::Waiting(indication) => Some(indication),
            _ => None,
        }
    }
}

/// The scheme with the bits of a group, all others 0.
///
/// A [`GeneralCoding`] without class, compression and deletion is the value of SMPP for the same: 0x00, 0x04 or 0x08. One
/// with a value of another group in [`CodingGroup::Smpp`] or [`CodingGroup::Reserved`] is the scheme of that value.
impl From<CodingGroup> for Scheme {
    fn from(group: CodingGroup) -> Self {
        Self(match group {
            CodingGroup::Smpp(data_coding) | CodingGroup::Reserved(data_coding) => data_coding,
            CodingGroup::General(coding) => {
                let class = coding.class.map_or(0, |class| CLASS_PRESENT | class as u8);
                let compressed = if coding.compressed { COMPRESSED } else { 0 };
                let deletion = if coding.automatic_deletion { AUTOMATIC_DELETION } else { 0 };
                DataCoding((coding.charset as u8) << 2 | class | compressed | deletion)
            }
            CodingGroup::Waiting(WaitingIndication { store, active, kind }) => {
                DataCoding(store as u8 | if active { ACTIVE } else { 0 } | kind as u8)
            }
            CodingGroup::Class { octets, class } => {
                DataCoding(0xF0 | if octets { CLASS_GROUP_OCTETS } else { 0 } | class as u8)
            }
        })
    }
}

impl From<DataCoding> for Scheme {
    fn from(data_coding: DataCoding) -> Self {
        Self::of(data_coding)
    }
}

impl fmt::Debug for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:02X} ({self})", self.0.0)
    }
}

/// In words: `UCS-2, class 0`.
impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.group() {
            CodingGroup::Smpp(data_coding) => f.write_str(data_coding.name().as_deref().unwrap_or("reserved")),
            CodingGroup::Reserved(_) => f.write_str("reserved"),
            CodingGroup::General(GeneralCoding { charset, class, compressed, automatic_deletion }) => {
                write!(f, "{charset}")?;
                class.map_or(Ok(()), |class| write!(f, ", {class}"))?;
                f.write_str(if compressed { ", compressed" } else { "" })?;
                f.write_str(if automatic_deletion { ", deleted automatically" } else { "" })
            }
            CodingGroup::Waiting(indication) => write!(f, "{indication}"),
            CodingGroup::Class { octets: false, class } => write!(f, "{}, {class}", Charset::Gsm7),
            CodingGroup::Class { octets: true, class } => write!(f, "{}, {class}", Charset::Octets),
        }
    }
}

/// A coding group of data_coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodingGroup {
    /// 0x00 to 0x0F: values of SMPP itself, of which 0x00, 0x04 and 0x08 mean the same on GSM networks.
    Smpp(DataCoding),
    /// 0x10 to 0x7F: general data coding, from 0x40 on with automatic deletion.
    General(GeneralCoding),
    /// 0x80 to 0xBF: reserved.
    Reserved(DataCoding),
    /// 0xC0 to 0xEF: messages wait. SMPP has 0xE0 to 0xEF reserved (erratum 39).
    Waiting(WaitingIndication),
    /// 0xF0 to 0xFF: message class.
    Class {
        /// Whether the text is octets of no stated meaning, rather than GSM 7-bit.
        octets: bool,
        /// The message class.
        class: Class,
    },
}

/// What the general coding groups say, 0x10 to 0x7F.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct GeneralCoding {
    /// What the octets of the text are.
    pub charset: Charset,
    /// The message class, if there is one.
    pub class: Option<Class>,
    /// Whether the text is compressed (3GPP TS 23.042).
    pub compressed: bool,
    /// Whether the message may be deleted once it was read.
    pub automatic_deletion: bool,
}

/// What the octets of a text are, as the general coding groups have it in bits 3 and 2.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Charset {
    /// GSM 7-bit.
    #[default]
    Gsm7 = 0,
    /// Octets of no stated meaning.
    Octets = 1,
    /// UCS-2.
    Ucs2 = 2,
    /// Reserved.
    Reserved = 3,
}

impl Charset {
    const fn of_bits(value: u8) -> Self {
        match value >> 2 & 3 {
            0 => Self::Gsm7,
            1 => Self::Octets,
            2 => Self::Ucs2,
            _ => Self::Reserved,
        }
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gsm7 => "GSM 7-bit",
            Self::Octets => "8-bit data",
            Self::Ucs2 => "UCS-2",
            Self::Reserved => "reserved alphabet",
        })
    }
}

/// The class of a message: where it goes on the mobile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Shown at once, not stored ("flash").
    Class0 = 0,
    /// For the mobile equipment.
    Class1 = 1,
    /// For the SIM.
    Class2 = 2,
    /// For the terminal equipment.
    Class3 = 3,
}

impl Class {
    const fn of_bits(value: u8) -> Self {
        match value & 3 {
            0 => Self::Class0,
            1 => Self::Class1,
            2 => Self::Class2,
            _ => Self::Class3,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "class {}", *self as u8)
    }
}

/// Tells the mobile that messages wait elsewhere, or that none do any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WaitingIndication {
    /// What becomes of the message itself.
    pub store: WaitingStore,
    /// Whether messages wait; otherwise the indication is taken off the display.
    pub active: bool,
    /// What waits.
    pub kind: WaitingKind,
}

impl fmt::Display for WaitingIndication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            WaitingKind::Voicemail => "voicemail",
            WaitingKind::Fax => "fax",
            WaitingKind::Email => "e-mail",
            WaitingKind::Other => "other message",
        };
        let store = match self.store {
            WaitingStore::Discard => "message discarded",
            WaitingStore::Gsm7 => "message stored, GSM 7-bit",
            WaitingStore::Ucs2 => "message stored, UCS-2",
        };
        write!(f, "{kind} waiting indication {}, {store}", if self.active { "on" } else { "off" })
    }
}

/// What becomes of a message that carries a waiting indication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitingStore {
    /// The mobile may discard it; its text is GSM 7-bit.
    Discard = 0xC0,
    /// The mobile keeps it; its text is GSM 7-bit.
    Gsm7 = 0xD0,
    /// The mobile keeps it; its text is UCS-2.
    Ucs2 = 0xE0,
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitingKind {
    /// Voice mail.
    Voicemail = 0,
    /// Fax.
    Fax = 1,
    /// Electronic mail.
    Email = 2,
    /// Other messages.
    Other = 3,
}

impl WaitingKind {
    const fn of_bits(value: u8) -> Self {
        match value & 3 {
            0 => Self::Voicemail,
            1 => Self::Fax,
            2 => Self::Email,
            _ => Self::Other,
        }
    }
}

const CLASS_PRESENT: u8 = 0x10;
const COMPRESSED: u8 = 0x20;
const AUTOMATIC_DELETION: u8 = 0x40;
const ACTIVE: u8 = 0x08;
const CLASS_GROUP_OCTETS: u8 = 0x04;

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = DataCoding> {
        (0..=0xFF).map(DataCoding)
    }

    #[test]
    fn every_value_comes_back() {
        for data_coding in all() {
            assert_eq!(Scheme::of(data_coding).data_coding(), data_coding);
        }
    }

    /// Built from its group a value comes back but for bits that mean nothing there.
    #[test]
    fn every_group_can_be_built() {
        for data_coding in all() {
            let value = data_coding.0;
            let meaningless = match value {
                0x00..=0x0F | 0x80..=0xBF => 0,
                0x10..=0x7F if value & CLASS_PRESENT == 0 => 0x03,
                0x10..=0x7F => 0,
                0xC0..=0xEF => 0x04,
                0xF0..=0xFF => 0x08,
            };
            let scheme = Scheme::of(data_coding);
            let built = Scheme::from(scheme.group());
            assert_eq!(built.data_coding(), DataCoding(value & !meaningless), "{scheme:?}");
            assert_eq!(built.to_string(), scheme.to_string());
        }
    }

    #[test]
    fn classes_of_both_forms() {
        for (value, class, charset) in [
            (0x10, Class::Class0, Charset::Gsm7),
            (0xF0, Class::Class0, Charset::Gsm7),
            (0xF1, Class::Class1, Charset::Gsm7),
            (0x15, Class::Class1, Charset::Octets),
            (0xF6, Class::Class2, Charset::Octets),
            (0x1B, Class::Class3, Charset::Ucs2),
            (0x58, Class::Class0, Charset::Ucs2),
        ] {
            let scheme = Scheme::of(DataCoding(value));
            assert_eq!((scheme.class(), scheme.charset()), (Some(class), Some(charset)), "{scheme:?}");
        }
        assert_eq!(all().filter(|value| Scheme::of(*value).class().is_some()).count(), 4 * 16 + 16);
    }

    #[test]
    fn a_class_for_an_alphabet() {
        let value = |alphabet, class| Scheme::of_class(alphabet, class).map(|scheme| scheme.data_coding().0);
        assert_eq!(value(Alphabet::GSM7, Class::Class0), Some(0xF0));
        assert_eq!(value(Alphabet::GSM7, Class::Class2), Some(0xF2));
        assert_eq!(value(Alphabet::Ucs2, Class::Class0), Some(0x18));
        assert_eq!(value(Alphabet::Latin1, Class::Class0), None);
    }

    #[test]
    fn in_words() {
        for (value, words) in [
            (0x08, "UCS2"),
            (0x0B, "RESERVED_0B"),
            (0x18, "UCS-2, class 0"),
            (0x61, "GSM 7-bit, compressed, deleted automatically"),
            (0x90, "reserved"),
            (0xC8, "voicemail waiting indication on, message discarded"),
            (0xE2, "e-mail waiting indication off, message stored, UCS-2"),
            (0xF5, "8-bit data, class 1"),
        ] {
            assert_eq!(Scheme::of(DataCoding(value)).to_string(), words);
        }
    }
}
