//! What can be wrong with how a PDU leaves.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use smpp::codec::{CommandId, HEADER_LENGTH};
use smpp::value::CommandStatus;

use crate::draw::Chance;
use crate::hostile::HostileCase;
use crate::setting::SettingError;

/// How a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Close {
    /// In good order, by FIN: the peer reads all that was sent, and then the end.
    Fin,
    /// By RST: the peer's next read or write fails. In text `rst`.
    #[serde(rename = "rst")]
    Reset,
    /// By FIN, and then the simulator reads on as if nothing were, and whatever it would say is lost.
    Half,
}

/// What can be wrong with a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mangle {
    /// Its command_length is 15, which no PDU can have: from there on nobody can tell where a PDU begins.
    Length,
    /// Its command_id is one that nobody has, 0x80000099.
    CommandId,
    /// Its sequence_number is one that nobody asked with: another by 0x40000000.
    Sequence,
    /// The last octet of its body is missing, and its command_length says so: a field ends too early. Of a response without a
    /// body, the last octet of the header is missing, which tears apart what follows.
    Truncate,
    /// Octets without sense in place of the PDU, as many; the first four are no command_length.
    Garbage,
    /// It comes twice.
    Duplicate,
    /// A generic_nack with its sequence_number comes in its place, with ESME_RSYSERR.
    Nack,
    /// A generic_nack with sequence_number 0 comes in its place, with ESME_RINVCMDLEN: what the standard has for a PDU whose
    /// header the peer could not read.
    #[serde(rename = "nack_seq0")]
    NackSeq0,
}

/// What is done to a PDU when it leaves, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It does not leave.
    Drop,
    /// It is spoilt; what is left to chance about that is drawn from this.
    Mangle(Mangle, Chance),
    /// These octets leave in its place.
    Replace(Vec<u8>),
    /// This is in its place, or after it.
    Hostile(HostileCase),
    /// The connection is closed in its place.
    CloseBefore(Close),
    CloseAfter(Close),
    /// The simulator unbinds when it has left.
    UnbindAfter,
    /// It leaves octet by octet, each so long after the one before.
    Dribble(Duration),
}

macro_rules! text {
    ($type:ident, $what:literal, $($name:ident = $text:literal),*) => {
        impl $type {
            /// How all of them are written.
            pub(crate) const NAMES: &[&str] = &[$($text),*];
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $text),* })
            }
        }

        impl FromStr for $type {
            type Err = SettingError;

            fn from_str(text: &str) -> Result<Self, SettingError> {
                match text {
                    $($text => Ok(Self::$name),)*
                    _ => Err(SettingError::unknown($what, text, Self::NAMES)),
                }
            }
        }
    };
}

text!(Close, "way to close", Fin = "fin", Reset = "rst", Half = "half");
text!(
    Mangle,
    "way to mangle",
    Length = "length",
    CommandId = "command_id",
    Sequence = "sequence",
    Truncate = "truncate",
    Garbage = "garbage",
    Duplicate = "duplicate",
    Nack = "nack",
    NackSeq0 = "nack_seq0"
);

impl Mangle {
    /// What it makes of a PDU.
    pub(super) fn apply(self, pdu: &mut Vec<u8>, chance: Chance) {
        match self {
            Self::Length => put(pdu, 0, 15),
            Self::CommandId => put(pdu, 4, 0x8000_0099),
            Self::Sequence => {
                let number = word(pdu, 12) ^ 0x4000_0000;
                put(pdu, 12, number);
            }
            Self::Truncate => {
                pdu.pop();
                if pdu.len() >= HEADER_LENGTH {
                    let length = pdu.len() as u32;
                    put(pdu, 0, length);
                }
            }
            Self::Garbage => {
                for (place, octet) in pdu.iter_mut().enumerate() {
                    *octet = chance.bits(place as u64) as u8;
                }
                put(pdu, 0, u32::MAX);
            }
            Self::Duplicate => pdu.extend_from_within(..),
            Self::Nack => *pdu = nack(CommandStatus::ESME_RSYSERR, word(pdu, 12)),
            Self::NackSeq0 => *pdu = nack(CommandStatus::ESME_RINVCMDLEN, 0),
        }
    }
}

fn nack(status: CommandStatus, sequence_number: u32) -> Vec<u8> {
    header(16, CommandId(0x8000_0000), status, sequence_number)
}

/// A header.
pub(crate) fn header(length: u32, id: CommandId, status: CommandStatus, sequence_number: u32) -> Vec<u8> {
    [length, id.0, status.0, sequence_number].map(u32::to_be_bytes).concat()
}

/// Four octets as a number; 0 if there are not so many.
pub(crate) fn word(octets: &[u8], at: usize) -> u32 {
    octets.get(at..).and_then(|rest| rest.first_chunk()).copied().map_or(0, u32::from_be_bytes)
}

pub(super) fn put(octets: &mut [u8], at: usize, number: u32) {
    if let Some(place) = octets.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *place = number.to_be_bytes();
    }
}

#[cfg(test)]
mod tests {
    use smpp::codec::{Decoder, Encode, Frame};
    use smpp::pdu::SubmitSmResp;

    use super::*;

    #[test]
    fn all_are_written_as_they_are_read_and_as_serde_has_them() {
        for name in Mangle::NAMES {
            let mangle: Mangle = name.parse().unwrap();
            assert_eq!(mangle.to_string(), *name);
            assert_eq!(serde_json::to_value(mangle).unwrap(), *name);
        }
        for name in Close::NAMES {
            let close: Close = name.parse().unwrap();
            assert_eq!((close.to_string(), serde_json::to_value(close).unwrap()), ((*name).to_owned(), (*name).into()));
        }
        let error = "rts".parse::<Close>().unwrap_err().to_string();
        assert_eq!(error, "unknown way to close `rts`, did you mean `rst`?");
    }

    #[test]
    fn what_is_mangled_is_wrong_in_the_way_that_was_asked_for() {
        let chance = Chance::of_session(1, "me", 1);
        let whole = SubmitSmResp::default().with_message_id("17").to_octets(7).unwrap();
        let mangled = |mangle: Mangle| {
            let mut pdu = whole.clone();
            mangle.apply(&mut pdu, chance);
            pdu
        };
        assert!(Frame::split(&mangled(Mangle::Length), 70_000).is_err());
        assert!(Frame::split(&mangled(Mangle::Garbage), 70_000).is_err());
        assert_eq!(mangled(Mangle::Garbage).len(), whole.len());
        assert_ne!(mangled(Mangle::Garbage)[4..], whole[4..]);
        assert_eq!(mangled(Mangle::Duplicate), [whole.clone(), whole.clone()].concat());
        let header = |mangle| Frame::exact(&mangled(mangle)).unwrap().header();
        assert_eq!(header(Mangle::CommandId).command_id.0, 0x8000_0099);
        assert_eq!(header(Mangle::Sequence).sequence_number, 0x4000_0007);
        for (mangle, number) in [(Mangle::Nack, 7), (Mangle::NackSeq0, 0)] {
            assert_eq!((header(mangle).command_id.0, header(mangle).sequence_number), (0x8000_0000, number));
        }
        let truncated = mangled(Mangle::Truncate);
        let frame = Frame::exact(&truncated).unwrap();
        assert!(Decoder::new(smpp::codec::Leniency::STRICT).decode(frame).is_err());
        // Not even a header is too short for any of them.
        for name in Mangle::NAMES {
            name.parse::<Mangle>().unwrap().apply(&mut vec![0; 3], chance);
            name.parse::<Mangle>().unwrap().apply(&mut Vec::new(), chance);
        }
    }
}
