//! What stands in a user data header: the information elements of 3GPP TS 23.040, 9.2.3.24.

use std::borrow::Cow;

use super::ReplyAddress;
use crate::sms::Language;

/// An information element of a user data header (3GPP TS 23.040, 9.2.3.24).
///
/// What the standard gives a layout is taken apart; what it leaves to others is octets. An element of an identifier
/// that has no meaning here, or whose octets are too few or too many for its layout, is [`Other`](Self::Other), so
/// nothing is lost on the way in and out. Elements of EMS (0x0A to 0x19) name the letter of the text that they stand
/// at as `position`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Element<'a> {
    /// 0x00: part of a longer message, with a reference of 8 bits.
    Concatenated8 {
        /// The same in all parts.
        reference: u8,
        /// Number of parts, 1 to 255.
        total: u8,
        /// Which of them, from 1.
        part: u8,
    },
    /// 0x01: special SMS message indication, something is waiting.
    MessageIndication {
        /// Whether the message is to be stored; otherwise it may be discarded once shown.
        store: bool,
        /// What is waiting, 7 bits: 0 voice, 1 fax, 2 e-mail, 3 other; the higher bits say more.
        kind: u8,
        /// How many.
        count: u8,
    },
    /// 0x04: application ports of 8 bits.
    Ports8 {
        /// Port of the receiver.
        destination: u8,
        /// Port of the sender.
        source: u8,
    },
    /// 0x05: application ports of 16 bits.
    Ports16 {
        /// Port of the receiver.
        destination: u16,
        /// Port of the sender.
        source: u16,
    },
    /// 0x06: SMSC control parameters, a bit field.
    SmscControl(u8),
    /// 0x07: whose the elements after this one are.
    Source(HeaderSource),
    /// 0x08: part of a longer message, with a reference of 16 bits.
    Concatenated16 {
        /// The same in all parts.
        reference: u16,
        /// Number of parts, 1 to 255.
        total: u8,
        /// Which of them, from 1.
        part: u8,
    },
    /// 0x09: wireless control message protocol.
    WirelessControl(Cow<'a, [u8]>),
    /// 0x0A: how letters look.
    TextFormatting {
        /// The first letter.
        position: u8,
        /// How many letters; 0 for all that follow.
        length: u8,
        /// Alignment, size and style.
        format: u8,
        /// Foreground and background.
        colour: Option<u8>,
    },
    /// 0x0B: a sound that the handset has.
    PredefinedSound {
        /// Where in the text.
        position: u8,
        /// Which.
        sound: u8,
    },
    /// 0x0C: a melody, up to 128 octets.
    UserDefinedSound {
        /// Where in the text.
        position: u8,
        /// iMelody.
        data: Cow<'a, [u8]>,
    },
    /// 0x0D: an animation that the handset has.
    PredefinedAnimation {
        /// Where in the text.
        position: u8,
        /// Which.
        animation: u8,
    },
    /// 0x0E: an animation of 16 x 16, 128 octets.
    LargeAnimation {
        /// Where in the text.
        position: u8,
        /// Four pictures.
        data: Cow<'a, [u8]>,
    },
    /// 0x0F: an animation of 8 x 8, 32 octets.
    SmallAnimation {
        /// Where in the text.
        position: u8,
        /// Four pictures.
        data: Cow<'a, [u8]>,
    },
    /// 0x10: a picture of 32 x 32, 128 octets.
    LargePicture {
        /// Where in the text.
        position: u8,
        /// The picture.
        data: Cow<'a, [u8]>,
    },
    /// 0x11: a picture of 16 x 16, 32 octets.
    SmallPicture {
        /// Where in the text.
        position: u8,
        /// The picture.
        data: Cow<'a, [u8]>,
    },
    /// 0x12: a picture of any size.
    VariablePicture(Cow<'a, [u8]>),
    /// 0x13: so many objects belong together.
    UserPrompt {
        /// How many.
        objects: u8,
    },
    /// 0x14: extended object.
    ExtendedObject(Cow<'a, [u8]>),
    /// 0x15: an extended object once more.
    ReusedExtendedObject([u8; 3]),
    /// 0x16: what follows is compressed.
    CompressionControl(Cow<'a, [u8]>),
    /// 0x17: whether objects may be passed on.
    ObjectDistribution([u8; 2]),
    /// 0x18: standard WVG object.
    WvgObject(Cow<'a, [u8]>),
    /// 0x19: WVG object of the size of a letter.
    CharacterSizeWvgObject(Cow<'a, [u8]>),
    /// 0x1A: asks for the capabilities of the handset.
    ExtendedObjectDataRequest,
    /// 0x20: the text begins with an e-mail header (RFC 822).
    EmailHeader {
        /// Letters of the header.
        length: u8,
    },
    /// 0x21: a part of the text is a link: its title, then its URL.
    Hyperlink {
        /// Where the title begins in the text.
        position: u16,
        /// Letters of the title.
        title_length: u8,
        /// Letters of the URL.
        url_length: u8,
    },
    /// 0x22: where to answer to.
    ReplyAddress(ReplyAddress<'a>),
    /// 0x23: enhanced voice mail information.
    EnhancedVoiceMail(Cow<'a, [u8]>),
    /// 0x24: what follows an escape is read by the table of this language.
    SingleShift(Language),
    /// 0x25: the text is read by the table of this language.
    LockingShift(Language),
    /// 0x70 to 0x7F: SIM toolkit security headers.
    SimToolkit {
        /// The identifier.
        iei: u8,
        /// Its octets.
        data: Cow<'a, [u8]>,
    },
    /// 0x80 to 0x9F: between two SMEs.
    SmeSpecific {
        /// The identifier.
        iei: u8,
        /// Its octets.
        data: Cow<'a, [u8]>,
    },
    /// 0xC0 to 0xDF: between SMSC and SME.
    SmscSpecific {
        /// The identifier.
        iei: u8,
        /// Its octets.
        data: Cow<'a, [u8]>,
    },
    /// Any other identifier, or one whose octets do not have its layout.
    Other {
        /// The identifier.
        iei: u8,
        /// Its octets, at most 255.
        data: Cow<'a, [u8]>,
    },
}

/// Whose the elements of a header are (element 0x07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeaderSource(pub u8);

impl HeaderSource {
    /// Who sent the message.
    pub const ORIGINAL_SENDER: Self = Self(1);
    /// Who received the message first, in one that is passed on.
    pub const ORIGINAL_RECEIVER: Self = Self(2);
    /// The SMSC.
    pub const SMSC: Self = Self(3);
}

impl<'a> Element<'a> {
    /// The element of this identifier and these octets: [`Other`](Self::Other) when they do not have its layout.
    pub fn from_octets(iei: u8, data: &'a [u8]) -> Self {
        Self::known(iei, data).unwrap_or(Element::Other { iei, data: Cow::Borrowed(data) })
    }

    fn known(iei: u8, data: &'a [u8]) -> Option<Self> {
        let octets = Cow::Borrowed(data);
        Some(match (iei, data) {
            (iei::CONCATENATED_8, &[reference, total, part]) => Element::Concatenated8 { reference, total, part },
            (0x01, &[kind, count]) => Element::MessageIndication { store: kind & 0x80 != 0, kind: kind & 0x7F, count },
            (iei::PORTS_8, &[destination, source]) => Element::Ports8 { destination, source },
            (iei::PORTS_16, &[a, b, c, d]) => {
                Element::Ports16 { destination: u16::from_be_bytes([a, b]), source: u16::from_be_bytes([c, d]) }
            }
            (0x06, &[bits]) => Element::SmscControl(bits),
            (0x07, &[source]) => Element::Source(HeaderSource(source)),
            (iei::CONCATENATED_16, &[high, low, total, part]) => {
                Element::Concatenated16 { reference: u16::from_be_bytes([high, low]), total, part }
            }
            (0x09, _) => Element::WirelessControl(octets),
            (0x0A, &[position, length, format]) => Element::TextFormatting { position, length, format, colour: None },
            (0x0A, &[position, length, format, colour]) => {
                Element::TextFormatting { position, length, format, colour: Some(colour) }
            }
            (0x0B, &[position, sound]) => Element::PredefinedSound { position, sound },
            (0x0D, &[position, animation]) => Element::PredefinedAnimation { position, animation },
            (0x0C | 0x0E..=0x11, [position, object @ ..]) => {
                return Self::known_object(iei, *position, object);
            }
            (0x12, _) => Element::VariablePicture(octets),
            (0x13, &[objects]) => Element::UserPrompt { objects },
            (0x14, _) => Element::ExtendedObject(octets),
            (0x15, &[a, b, c]) => Element::ReusedExtendedObject([a, b, c]),
            (0x16, _) => Element::CompressionControl(octets),
            (0x17, &[a, b]) => Element::ObjectDistribution([a, b]),
            (0x18, _) => Element::WvgObject(octets),
            (0x19, _) => Element::CharacterSizeWvgObject(octets),
            (0x1A, []) => Element::ExtendedObjectDataRequest,
            (0x20, &[length]) => Element::EmailHeader { length },
            (0x21, &[high, low, title_length, url_length]) => {
                Element::Hyperlink { position: u16::from_be_bytes([high, low]), title_length, url_length }
            }
            (0x22, _) => Element::ReplyAddress(ReplyAddress::from_octets(data)?),
            (0x23, _) => Element::EnhancedVoiceMail(octets),
            (iei::SINGLE_SHIFT, &[language]) => Element::SingleShift(Language(language)),
            (iei::LOCKING_SHIFT, &[language]) => Element::LockingShift(Language(language)),
            (0x70..=0x7F, _) => Element::SimToolkit { iei, data: octets },
            (0x80..=0x9F, _) => Element::SmeSpecific { iei, data: octets },
            (0xC0..=0xDF, _) => Element::SmscSpecific { iei, data: octets },
            _ => return None,
        })
    }

    /// The elements of EMS that are a position and octets.
    fn known_object(iei: u8, position: u8, octets: &'a [u8]) -> Option<Self> {
        let data = Cow::Borrowed(octets);
        match (iei, octets.len()) {
            (0x0C, ..=128) => Some(Element::UserDefinedSound { position, data }),
            (0x0E, 128) => Some(Element::LargeAnimation { position, data }),
            (0x0F, 32) => Some(Element::SmallAnimation { position, data }),
            (0x10, 128) => Some(Element::LargePicture { position, data }),
            (0x11, 32) => Some(Element::SmallPicture { position, data }),
            _ => None,
        }
    }

    /// The identifier (IEI).
    pub fn iei(&self) -> u8 {
        match self {
            Element::Concatenated8 { .. } => iei::CONCATENATED_8,
            Element::MessageIndication { .. } => 0x01,
            Element::Ports8 { .. } => iei::PORTS_8,
            Element::Ports16 { .. } => iei::PORTS_16,
            Element::SmscControl(_) => 0x06,
            Element::Source(_) => 0x07,
            Element::Concatenated16 { .. } => iei::CONCATENATED_16,
            Element::WirelessControl(_) => 0x09,
            Element::TextFormatting { .. } => 0x0A,
            Element::PredefinedSound { .. } => 0x0B,
            Element::UserDefinedSound { .. } => 0x0C,
            Element::PredefinedAnimation { .. } => 0x0D,
            Element::LargeAnimation { .. } => 0x0E,
            Element::SmallAnimation { .. } => 0x0F,
            Element::LargePicture { .. } => 0x10,
            Element::SmallPicture { .. } => 0x11,
            Element::VariablePicture(_) => 0x12,
            Element::UserPrompt { .. } => 0x13,
            Element::ExtendedObject(_) => 0x14,
            Element::ReusedExtendedObject(_) => 0x15,
            Element::CompressionControl(_) => 0x16,
            Element::ObjectDistribution(_) => 0x17,
            Element::WvgObject(_) => 0x18,
            Element::CharacterSizeWvgObject(_) => 0x19,
            Element::ExtendedObjectDataRequest => 0x1A,
            Element::EmailHeader { .. } => 0x20,
            Element::Hyperlink { .. } => 0x21,
            Element::ReplyAddress(_) => 0x22,
            Element::EnhancedVoiceMail(_) => 0x23,
            Element::SingleShift(_) => iei::SINGLE_SHIFT,
            Element::LockingShift(_) => iei::LOCKING_SHIFT,
            Element::SimToolkit { iei, .. }
            | Element::SmeSpecific { iei, .. }
            | Element::SmscSpecific { iei, .. }
            | Element::Other { iei, .. } => *iei,
        }
    }

    /// Appends the octets of the element, without identifier and length.
    pub(super) fn write_data(&self, out: &mut Vec<u8>) {
        match self {
            Element::Concatenated8 { reference, total, part } => out.extend([reference, total, part]),
            Element::MessageIndication { store, kind, count } => {
                out.extend([u8::from(*store) << 7 | kind & 0x7F, *count]);
            }
            Element::Ports8 { destination, source } => out.extend([destination, source]),
            Element::Ports16 { destination, source } => {
                out.extend(destination.to_be_bytes());
                out.extend(source.to_be_bytes());
            }
            Element::Concatenated16 { reference, total, part } => {
                out.extend(reference.to_be_bytes());
                out.extend([total, part]);
            }
            Element::TextFormatting { position, length, format, colour } => {
                out.extend([position, length, format]);
                out.extend(colour);
            }
            Element::PredefinedSound { position, sound: number }
            | Element::PredefinedAnimation { position, animation: number } => out.extend([position, number]),
            Element::UserDefinedSound { position, data }
            | Element::LargeAnimation { position, data }
            | Element::SmallAnimation { position, data }
            | Element::LargePicture { position, data }
            | Element::SmallPicture { position, data } => {
                out.push(*position);
                out.extend_from_slice(data);
            }
            Element::ReusedExtendedObject(octets) => out.extend(octets),
            Element::ObjectDistribution(octets) => out.extend(octets),
            Element::ExtendedObjectDataRequest => {}
            Element::Hyperlink { position, title_length, url_length } => {
                out.extend(position.to_be_bytes());
                out.extend([title_length, url_length]);
            }
            Element::ReplyAddress(address) => address.write(out),
            Element::SmscControl(octet)
            | Element::Source(HeaderSource(octet))
            | Element::UserPrompt { objects: octet }
            | Element::EmailHeader { length: octet }
            | Element::SingleShift(Language(octet))
            | Element::LockingShift(Language(octet)) => out.push(*octet),
            Element::WirelessControl(data)
            | Element::VariablePicture(data)
            | Element::ExtendedObject(data)
            | Element::CompressionControl(data)
            | Element::WvgObject(data)
            | Element::CharacterSizeWvgObject(data)
            | Element::EnhancedVoiceMail(data)
            | Element::SimToolkit { data, .. }
            | Element::SmeSpecific { data, .. }
            | Element::SmscSpecific { data, .. }
            | Element::Other { data, .. } => out.extend_from_slice(data),
        }
    }
}

/// How many octets an element of this identifier has, at least and at most, if the standard says so.
pub(super) fn lengths(iei: u8) -> Option<(u8, u8)> {
    Some(match iei {
        0x1A => (0, 0),
        0x06 | 0x07 | 0x13 | 0x20 | iei::SINGLE_SHIFT | iei::LOCKING_SHIFT => (1, 1),
        0x01 | iei::PORTS_8 | 0x0B | 0x0D | 0x17 => (2, 2),
        iei::CONCATENATED_8 | 0x15 => (3, 3),
        0x0A => (3, 4),
        iei::PORTS_16 | iei::CONCATENATED_16 | 0x21 => (4, 4),
        0x0F | 0x11 => (33, 33),
        0x0E | 0x10 => (129, 129),
        0x0C => (1, 129),
        0x22 => (2, 130),
        _ => return None,
    })
}

/// The identifiers that more than one place asks for.
pub(in crate::sms) mod iei {
    pub(in crate::sms) const CONCATENATED_8: u8 = 0x00;
    pub(in crate::sms) const PORTS_8: u8 = 0x04;
    pub(in crate::sms) const PORTS_16: u8 = 0x05;
    pub(in crate::sms) const CONCATENATED_16: u8 = 0x08;
    pub(in crate::sms) const SINGLE_SHIFT: u8 = 0x24;
    pub(in crate::sms) const LOCKING_SHIFT: u8 = 0x25;
}
