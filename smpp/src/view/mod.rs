//! What is in a frame, for people and for programs: text, JSON and hexadecimal.
//!
//! All views walk the fields by [`Visit`], so a vendor's commands are shown as well as those of
//! the standard, if the decoder knows the vendor's specification. Passwords are hidden unless asked for.
//!
//! ```
//! use smpp::codec::{Decoder, Encode, Frame};
//! use smpp::{pdu::QuerySm, view};
//!
//! let octets = QuerySm::default().with_message_id("42").to_octets(1)?;
//! let json = view::json(Frame::exact(&octets)?, &mut Decoder::default());
//! assert!(json.starts_with(r#"{"command":"query_sm","command_length":22,"#));
//! assert!(json.contains(r#""fields":{"message_id":"42","#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod hex;
mod json;
mod raw;
mod text;

pub use hex::hex;
pub use json::{json_frame_error, json_incomplete};

use crate::codec::{
    CommandSpec, Cursor, Decoder, FieldKind, FieldSpec, Frame, HEADER_LENGTH, Header, PartSpec, RawTlv, Tlv, TlvKind,
    TlvSpec, Tlvs, ValuesSpec, Visit,
};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::protocol::{self, Pdu, tlv};
use crate::validate::values::{Direction, find};

/// A frame as one line of JSON: see [`Views::json`].
pub fn json(frame: Frame<'_>, decoder: &mut Decoder) -> String {
    Views::default().json(frame, decoder)
}

/// A frame as lines of text: see [`Views::text`].
pub fn text(frame: Frame<'_>, decoder: &mut Decoder) -> String {
    Views::default().text(frame, decoder)
}

/// How frames are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Views {
    shows_passwords: bool,
    hides_texts: bool,
}

impl Views {
    /// The same, but passwords are shown as they are, or as `***`.
    ///
    /// Where they are hidden, so is what stands in a command with a password from the first TLV on that is not listed for
    /// it: a bind whose strings are padded has its password there.
    pub const fn showing_passwords(self, shows_passwords: bool) -> Self {
        Self { shows_passwords, ..self }
    }

    /// The same, but what users write to each other (short_message, message_payload, and octets at the end of a PDU that
    /// may be a part of them) is shown as it is, or as `***`. Shown unless set.
    pub const fn showing_texts(self, shows_texts: bool) -> Self {
        Self { hides_texts: !shows_texts, ..self }
    }

    /// A frame as one line of JSON, without a line end.
    ///
    /// An object with the keys, in this order: `command` (name, or null if unknown), `command_length`, `command_id`,
    /// `command_status`, `sequence_number` (numbers), `command_status_name` (or null); then `fields`, or in their place
    /// `error` if the decoder's policy refuses the PDU or no specification knows it; `tlvs`; `tail` if octets at the end
    /// are no TLV; `hidden`, a number of octets, if some are hidden; and `diagnostics`.
    ///
    /// `fields` is an object by the names of the standard in wire order: integers as numbers, C-octet strings as
    /// strings (as `{"hex"}` if they are not UTF-8), octet strings as `{"hex", "text"}` with `text` where they are
    /// printable, lists as arrays of objects. It is empty if the PDU came without a body. `tlvs` is an array of
    /// `{"tag", "name", "length", "hex", "value"}`; `value` is a number, a string or null. `diagnostics` is an array of
    /// `{"class", "field", "offset", "message"}`, and `error` one such.
    pub fn json(self, frame: Frame<'_>, decoder: &mut Decoder) -> String {
        json::json(self, frame, decoder)
    }

    /// A frame as lines of text: the header; a line for each field and TLV with the octet it begins at, its name and
    /// its value, named where the standard names it; and what the decoder had to say, marked with `!`.
    pub fn text(self, frame: Frame<'_>, decoder: &mut Decoder) -> String {
        text::text(self, frame, decoder)
    }

    fn hides(self, field: &FieldSpec) -> bool {
        !self.shows_passwords && field.name.ends_with("password")
            || self.hides_texts && matches!(field.kind, FieldKind::OctetString)
    }

    fn hides_tlv(self, tag: u16) -> bool {
        self.hides_texts && tag == <tlv::MessagePayload as Tlv>::SPEC.tag
    }

    /// The TLVs of a command that are shown, with the tail, and how many octets after them are hidden.
    fn shown_tlvs<'t>(self, command: Option<&CommandSpec>, tlvs: &'t Tlvs<'_>, decoder: &Decoder) -> (Tlvs<'t>, usize) {
        let Some(command) = command.filter(|command| !self.shows_passwords && command.has_password()) else {
            return (tlvs.as_borrowed(), 0);
        };
        let is_listed = |tlv: &RawTlv<'_>| decoder.find_tlv(tlv.tag).is_some_and(|spec| spec.is_allowed_in(command.id));
        let shown: usize = tlvs.iter().take_while(is_listed).map(|tlv| 4 + tlv.value.len()).sum();
        let (shown, hidden) = tlvs.octets().split_at(shown);
        (Tlvs::from_octets(shown), hidden.len())
    }
}

/// What stands in for a password.
const HIDDEN: &str = "***";

/// A frame taken apart.
struct Parts<'a> {
    spec: Option<&'static CommandSpec>,
    /// Or the reason why it cannot be.
    pdu: Result<Pdu<'a>, DecodeError>,
    frame: Frame<'a>,
}

impl<'a> Parts<'a> {
    fn of(frame: Frame<'a>, decoder: &mut Decoder) -> Self {
        let spec = find_command(decoder, frame.header());
        let pdu = decoder.decode(frame).and_then(|pdu| match spec {
            Some(_) => Ok(pdu),
            None => Err(unknown_command(frame.header())),
        });
        Self { spec, pdu, frame }
    }

    /// Shows the fields that came over the wire, and returns the TLVs and where they begin.
    fn visit<'p>(&'p self, pdu: &'p Pdu<'a>, visitor: &mut dyn Visit) -> (Tlvs<'p>, usize) {
        if pdu.spec().is_none() {
            let body = self.frame.body();
            let rest = self.spec.map_or(body, |spec| raw::visit_fields(spec, body, visitor));
            return (Tlvs::from_octets(rest), self.frame.octets().len() - rest.len());
        }
        let tlvs = pdu.tlvs().as_borrowed();
        let begin = self.frame.octets().len() - tlvs.octets().len();
        // A response may come without its fields.
        if begin > HEADER_LENGTH {
            pdu.visit_fields(&mut Cursor::new(visitor));
        }
        (tlvs, begin)
    }
}

fn find_command(decoder: &Decoder, header: Header) -> Option<&'static CommandSpec> {
    let of_vendors = || decoder.protocols().iter().find_map(|vendor| vendor.command(header.command_id));
    protocol::command::find(header.command_id).or_else(of_vendors)
}

fn unknown_command(header: Header) -> DecodeError {
    let kind = DecodeErrorKind::UnknownCommandId;
    DecodeError::new(header.command_id, None, "command_id", 4, kind)
}

/// The name of a value by the standard or, where a vendor adds to it, by the vendor. Of a bit field, the names of the
/// parts that are not 0.
fn name_of(decoder: &Decoder, values: &'static ValuesSpec, value: u64, direction: Direction) -> Option<String> {
    let added = decoder.protocols().iter().filter_map(|vendor| vendor.values(values.name));
    let tables: Vec<_> = added.chain([values]).collect();
    if values.parts.is_empty() {
        let entries = tables.iter().filter_map(|table| find(table.values, value, direction));
        return entries.min_by_key(|entry| entry.high - entry.low).map(|entry| entry.name.to_owned());
    }
    let of_part = |part: &PartSpec| {
        let value = if part.mask == 0 { value } else { value & part.mask };
        let entry = find(part.values, value, direction).filter(|_| part.mask == 0 || value != 0)?;
        Some(format!("{}={}", part.name, entry.name))
    };
    let names: Vec<_> = tables.iter().rev().flat_map(|table| table.parts).filter_map(of_part).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

fn status_name(decoder: &Decoder, header: Header) -> Option<String> {
    let status = u64::from(header.command_status.0);
    let of_vendors = decoder.protocols().iter().copied();
    let tables = [protocol::PROTOCOL].into_iter().chain(of_vendors);
    let entry = |values: &'static ValuesSpec| values.find(status).filter(|entry| entry.low == entry.high);
    tables
        .filter_map(|table| table.values("command_status"))
        .find_map(entry)
        .filter(|entry| !entry.reserved)
        .map(|entry| entry.name.to_owned())
}

/// The value of a TLV by its type; `None` if the octets are no such value.
enum TlvShown<'t> {
    Integer(u64),
    Text(&'t str),
    Octets,
}

fn shown<'t>(spec: Option<&TlvSpec>, octets: &'t [u8]) -> TlvShown<'t> {
    match spec.map_or(TlvKind::OctetString, |spec| spec.kind) {
        TlvKind::Integer if (1..=8).contains(&octets.len()) => {
            TlvShown::Integer(octets.iter().fold(0, |value, &octet| value << 8 | u64::from(octet)))
        }
        TlvKind::COctetString => {
            let octets = octets.split(|&octet| octet == 0).next().unwrap_or_default();
            std::str::from_utf8(octets).map_or(TlvShown::Octets, TlvShown::Text)
        }
        TlvKind::OctetString => printable(octets).map_or(TlvShown::Octets, TlvShown::Text),
        TlvKind::Integer | TlvKind::Empty => TlvShown::Octets,
    }
}

/// The octets as text, if all of it can be printed.
fn printable(octets: &[u8]) -> Option<&str> {
    std::str::from_utf8(octets).ok().filter(|text| !text.contains(char::is_control))
}
