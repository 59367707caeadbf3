//! The last PDUs of a connection, as they went over it.

use std::collections::VecDeque;
use std::fmt;
use std::time::SystemTime;

use smpp::codec::{DEFAULT_MAX_COMMAND_LENGTH, Frame, HEADER_LENGTH};
use smpp::session::Direction;
use smpp::view;

use super::fault;
use crate::spec::{Known, VendorSpec};

/// A PDU that went over a connection: its octets as they were, broken ones too.
///
/// Displayed, it is one line: the time, whether the simulator sent it (`>`) or received it (`<`), and what the PDU says, without
/// passwords. What a vendor adds has its names if its [specification](crate::Builder::spec) is known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traced {
    /// The [number](crate::SessionInfo::id) of the session.
    pub session: u64,
    /// When, by the clock of the simulator.
    pub at: SystemTime,
    /// Which way, from where the simulator stands.
    pub direction: Direction,
    /// The PDU, or whatever a fault made of it.
    pub octets: Vec<u8>,
    /// What it is shown by.
    known: Known,
}

impl Traced {
    /// One that was told elsewhere, as the control API does; to display it.
    pub fn new(session: u64, at: SystemTime, direction: Direction, octets: impl Into<Vec<u8>>) -> Self {
        Self { session, at, direction, octets: octets.into(), known: Known::default() }
    }

    /// The same, shown by what vendors add as well.
    #[must_use]
    pub fn with_specs(mut self, specs: &[VendorSpec]) -> Self {
        self.known = Known::of(specs);
        self
    }
}

/// The last PDUs, up to a number of them and of octets. It takes what memory they need, and no allocation for each.
#[derive(Debug, Default)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    octets: VecDeque<u8>,
}

#[derive(Debug)]
struct Entry {
    at: SystemTime,
    direction: Direction,
    length: usize,
}

/// Octets of a connection that are kept.
const MAX_OCTETS: usize = 256 << 10;

impl Ring {
    /// Keeps a PDU; of those before no more than `most` with it.
    pub(super) fn push(&mut self, at: SystemTime, direction: Direction, octets: &[u8], most: usize) {
        if most == 0 {
            return;
        }
        let octets = octets.get(..MAX_OCTETS).unwrap_or(octets);
        while self.entries.len() >= most || self.octets.len() + octets.len() > MAX_OCTETS {
            let Some(entry) = self.entries.pop_front() else { break };
            self.octets.drain(..entry.length);
        }
        self.octets.extend(octets);
        self.entries.push_back(Entry { at, direction, length: octets.len() });
    }

    /// All of them, oldest first.
    pub(super) fn all(&self, session: u64, known: Known) -> Vec<Traced> {
        let mut octets = self.octets.iter().copied();
        let traced = self.entries.iter().map(|&Entry { at, direction, length }| Traced {
            session,
            at,
            direction,
            octets: octets.by_ref().take(length).collect(),
            known,
        });
        traced.collect()
    }
}

impl Traced {
    /// Whether it is about the message with this id, by its message_id or receipted_message_id, or by the text of a receipt.
    pub(crate) fn names(&self, message_id: &str) -> bool {
        let Ok(frame) = Frame::exact(&self.octets) else { return false };
        let said: serde_json::Value =
            serde_json::from_str(&view::json(frame, &mut self.known.decoder())).unwrap_or_default();
        let text = |value: &serde_json::Value| {
            let value = if value["text"].is_string() { &value["text"] } else { value };
            value.as_str().map(str::to_owned)
        };
        let is_it = |value: &serde_json::Value| text(value).is_some_and(|text| text == message_id);
        let in_receipt = |text: String| {
            let id = text.strip_prefix("id:").and_then(|rest| rest.split(' ').next());
            id.is_some_and(|id| id == message_id)
        };
        is_it(&said["fields"]["message_id"])
            || text(&said["fields"]["short_message"]).is_some_and(in_receipt)
            || said["tlvs"].as_array().is_some_and(|tlvs| {
                tlvs.iter().any(|tlv| tlv["name"] == "receipted_message_id" && is_it(&tlv["value"]))
            })
    }

    #[cfg(feature = "http")]
    pub(crate) fn known(&self) -> Known {
        self.known
    }
}

impl fmt::Display for Traced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let seconds = since.as_secs();
        let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
        let arrow = if self.direction == Direction::Sent { '>' } else { '<' };
        write!(f, "{hours:02}:{minutes:02}:{:02}.{:03} {arrow} ", seconds % 60, since.subsec_millis())?;
        match Frame::split(&self.octets, DEFAULT_MAX_COMMAND_LENGTH) {
            Ok(Some((frame, rest))) => {
                show(f, frame, self.known)?;
                if rest.is_empty() { Ok(()) } else { write!(f, " and {} more octets", rest.len()) }
            }
            _ => {
                f.write_str("no PDU:")?;
                let shown = if holds_password(&self.octets) { HEADER_LENGTH } else { MAX_SHOWN };
                self.octets.iter().take(shown).try_for_each(|octet| write!(f, " {octet:02x}"))?;
                f.write_str(if self.octets.len() > shown { " ..." } else { "" })
            }
        }
    }
}

/// Whether there may be a password in it: in the binds and in outbind, or in what was meant to be one.
pub(crate) fn holds_password(octets: &[u8]) -> bool {
    matches!(fault::word(octets, 4), 0x01 | 0x02 | 0x09 | 0x0B)
}

/// Octets shown of what is no PDU.
const MAX_SHOWN: usize = 32;

/// The header, and the fields that say something.
fn show(f: &mut fmt::Formatter<'_>, frame: Frame<'_>, known: Known) -> fmt::Result {
    let header = frame.header();
    match known.command(header.command_id) {
        Some(command) => f.write_str(command.name)?,
        None => write!(f, "command 0x{:08X}", header.command_id.0)?,
    }
    write!(f, " {}", header.sequence_number)?;
    if header.command_id.0 & 0x8000_0000 != 0 || header.command_status.0 != 0 {
        write!(f, " {:?}", header.command_status)?;
    }
    let said: serde_json::Value = serde_json::from_str(&view::json(frame, &mut known.decoder())).unwrap_or_default();
    for (name, value) in said["fields"].as_object().into_iter().flatten() {
        let value = if value["text"].is_string() { &value["text"] } else { value };
        if !matches!(value.as_u64(), Some(0)) && value != "" && value["hex"] != "" {
            write!(f, " {name}={value}")?;
        }
    }
    for tlv in said["tlvs"].as_array().into_iter().flatten() {
        let value = if tlv["value"].is_null() { &tlv["hex"] } else { &tlv["value"] };
        match tlv["name"].as_str() {
            Some(name) => write!(f, " {name}={value}")?,
            None => write!(f, " tlv {}={value}", tlv["tag"])?,
        }
    }
    match said["error"]["message"].as_str() {
        Some(error) => write!(f, " ! {error}"),
        None => Ok(()),
    }
}
