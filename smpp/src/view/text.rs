//! Text, for people.

use std::fmt::Write;

use super::{HIDDEN, Parts, TlvShown, Views, hex, name_of, printable, shown, status_name};
use crate::codec::{Decoder, FieldSpec, FieldValue, FieldView, Frame, Tlvs, ValuesSpec, Visit};
use crate::validate::values::Direction;

pub(super) fn text(views: Views, frame: Frame<'_>, decoder: &mut Decoder) -> String {
    let parts = Parts::of(frame, decoder);
    let header = frame.header();
    let name = parts.spec.map_or("unknown command", |spec| spec.name);
    let status = match status_name(decoder, header) {
        Some(status) => format!("{status} (0x{:08X})", header.command_status.0),
        None => format!("0x{:08X}", header.command_status.0),
    };
    let mut out = format!(
        "{name} (0x{:08X})  command_length {}  command_status {status}  sequence_number {}\n",
        header.command_id.0, header.command_length, header.sequence_number,
    );
    match &parts.pdu {
        Err(error) => {
            let _ = writeln!(out, "! {}: {error}", error.class());
        }
        Ok(pdu) => {
            let direction = parts.spec.map_or(Direction::Either, Direction::of);
            let mut lines = Lines { out, views, decoder, direction, depth: 0, element: 0 };
            let (tlvs, begin) = parts.visit(pdu, &mut lines);
            let (tlvs, hidden) = views.shown_tlvs(parts.spec, &tlvs, decoder);
            lines.tlvs(&tlvs, begin);
            if hidden > 0 {
                lines.line(begin + tlvs.octets().len(), "(hidden)", &format!("{HIDDEN} ({hidden} octets)"));
            }
            out = lines.out;
            for diagnostic in decoder.diagnostics() {
                let _ = writeln!(out, "! {}: {diagnostic}", diagnostic.class());
            }
        }
    }
    out
}

struct Lines<'l> {
    out: String,
    views: Views,
    decoder: &'l Decoder,
    direction: Direction,
    depth: usize,
    /// Number of the list element, from 1.
    element: usize,
}

impl Lines<'_> {
    fn line(&mut self, offset: usize, name: &str, value: &str) {
        let indent = self.depth * 2;
        let width = NAME_WIDTH - indent;
        let _ = writeln!(self.out, "{offset:>6}  {:indent$}{name:width$}  {value}", "");
    }

    fn number(&self, values: Option<&'static ValuesSpec>, value: u64) -> String {
        let Some(values) = values else { return value.to_string() };
        let width = 2 + 2 * usize::from(values.size);
        match name_of(self.decoder, values, value, self.direction) {
            Some(name) => format!("{name} ({value:#0width$X})"),
            None => format!("{value:#0width$X}"),
        }
    }

    fn tlvs(&mut self, tlvs: &Tlvs<'_>, begin: usize) {
        let mut offset = begin;
        for tlv in tlvs {
            let spec = self.decoder.find_tlv(tlv.tag);
            let name = spec.map_or("unknown TLV", |spec| spec.name);
            let value = match shown(spec, tlv.value) {
                _ if self.views.hides_tlv(tlv.tag) => format!("{HIDDEN} ({} octets)", tlv.value.len()),
                TlvShown::Integer(value) => self.number(spec.and_then(|spec| spec.values), value),
                TlvShown::Text(text) => format!("{text:?}"),
                TlvShown::Octets => string(tlv.value),
            };
            self.line(offset, &format!("{name} (0x{:04X})", tlv.tag), &value);
            offset += 4 + tlv.value.len();
        }
        if !tlvs.tail().is_empty() {
            let tail = if self.views.hides_texts { HIDDEN.to_owned() } else { octets(tlvs.tail()) };
            self.line(offset, "(no TLV)", &tail);
        }
    }
}

impl Visit for Lines<'_> {
    fn field(&mut self, field: FieldView<'_>) {
        let value = match field.value {
            _ if self.views.hides(field.spec) => HIDDEN.to_owned(),
            FieldValue::Integer(value) => self.number(field.spec.values, value),
            FieldValue::COctetString(text) | FieldValue::OctetString(text) => string(text),
        };
        self.line(field.offset, field.spec.wire_name, &value);
    }

    fn begin_list(&mut self, list: &'static FieldSpec, offset: usize, count: usize) {
        let elements = if count == 1 { "element" } else { "elements" };
        self.line(offset, list.wire_name, &format!("{count} {elements}"));
        self.element = 0;
    }

    fn begin_element(&mut self) {
        self.element += 1;
        let _ = writeln!(self.out, "{:>8}[{}]", "", self.element);
        self.depth += 1;
    }

    fn end_element(&mut self) {
        self.depth -= 1;
    }
}

/// Text, also where some octets in it are none, such as the escapes of the GSM alphabet; or else hexadecimal.
fn string(text: &[u8]) -> String {
    if let Some(text) = printable(text) {
        return format!("{text:?}");
    }
    let printable = text.iter().filter(|octet| (b' '..=b'~').contains(octet)).count();
    let is_text = printable >= text.len() - text.len() / 4;
    if is_text { format!("\"{}\" ({} octets)", text.escape_ascii(), text.len()) } else { octets(text) }
}

fn octets(octets: &[u8]) -> String {
    match octets {
        [] => "empty".to_owned(),
        [_] => format!("0x{} (1 octet)", hex::digits(octets)),
        _ => format!("0x{} ({} octets)", hex::digits(octets), octets.len()),
    }
}

/// Room for the longest name of the standard with its tag: additional_status_info_text (0x001D).
const NAME_WIDTH: usize = 36;
