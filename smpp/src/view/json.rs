//! JSON, one line for each frame.

use std::fmt::Write;

use super::{HIDDEN, Parts, TlvShown, Views, hex, printable, shown, status_name};
use crate::codec::{CommandId, Decoder, FieldSpec, FieldValue, FieldView, Frame, Tlvs, Visit};
use crate::error::{DecodeError, ErrorClass, FrameError};
use crate::protocol::command;
use crate::protocol::value::COMMAND_STATUS;

pub(super) fn json(views: Views, frame: Frame<'_>, decoder: &mut Decoder) -> String {
    let parts = Parts::of(frame, decoder);
    let header = frame.header();
    let mut json = Json::default();
    json.begin('{');
    json.key("command").string_or_null(parts.spec.map(|spec| spec.name));
    json.key("command_length").number(header.command_length.into());
    json.key("command_id").number(header.command_id.0.into());
    json.key("command_status").number(header.command_status.0.into());
    json.key("sequence_number").number(header.sequence_number.into());
    json.key("command_status_name").string_or_null(status_name(decoder, header).as_deref());
    match &parts.pdu {
        Err(error) => {
            json.key("error").error(error);
            json.tlvs(views, &Tlvs::EMPTY, decoder);
        }
        Ok(pdu) => {
            json.key("fields").begin('{');
            let (tlvs, _) = parts.visit(pdu, &mut Fields { json: &mut json, views });
            json.end('}');
            let (tlvs, hidden) = views.shown_tlvs(parts.spec, &tlvs, decoder);
            json.tlvs(views, &tlvs, decoder);
            if hidden > 0 {
                json.key("hidden").number(hidden as u64);
            }
        }
    }
    json.key("diagnostics").begin('[');
    let is_told = |told: &&DecodeError| parts.pdu.as_ref().err() != Some(told);
    decoder.diagnostics().iter().filter(is_told).for_each(|error| json.error(error));
    json.end(']');
    json.end('}');
    json.out
}

/// What [`json`](super::json()) would say of octets whose `command_length` cannot be: an object of the same keys, with
/// null for all that is not there, and an `error`.
pub fn json_frame_error(octets: &[u8], error: FrameError) -> String {
    no_frame(octets, error.class(), &error.to_string())
}

/// What [`json`](super::json()) would say of octets that are the beginning of a PDU, or none at all: an object of the
/// same keys, with null for all that is not there, and an `error` of class `incomplete_header` or `incomplete_pdu`.
pub fn json_incomplete(octets: &[u8]) -> String {
    let have = octets.len();
    match (word(octets, 0), word(octets, 12)) {
        (Some(length), Some(_)) => {
            no_frame(octets, ErrorClass::IncompletePdu, &format!("command_length is {length}, {have} octets are there"))
        }
        _ => no_frame(octets, ErrorClass::IncompleteHeader, &format!("{have} octets are less than a header")),
    }
}

fn no_frame(octets: &[u8], class: ErrorClass, message: &str) -> String {
    let mut json = Json::default();
    json.begin('{');
    let id = word(octets, 4).map(CommandId);
    json.key("command").string_or_null(id.and_then(command::find).map(|spec| spec.name));
    let numbers = [("command_length", 0), ("command_id", 4), ("command_status", 8), ("sequence_number", 12)];
    for (key, at) in numbers {
        json.key(key);
        match word(octets, at) {
            Some(number) => json.number(number.into()),
            None => json.null(),
        }
    }
    let status = word(octets, 8).and_then(|status| COMMAND_STATUS.find(status.into()));
    let status = status.filter(|entry| entry.low == entry.high && !entry.reserved);
    json.key("command_status_name").string_or_null(status.map(|entry| entry.name));
    json.key("error").problem(class, "command_length", 0, message);
    json.key("tlvs").begin('[');
    json.end(']');
    json.key("diagnostics").begin('[');
    json.end(']');
    json.end('}');
    json.out
}

fn word(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word))
}

struct Fields<'j> {
    json: &'j mut Json,
    views: Views,
}

impl Visit for Fields<'_> {
    fn field(&mut self, field: FieldView<'_>) {
        let json = self.json.key(field.spec.wire_name);
        match field.value {
            _ if self.views.hides(field.spec) => json.string(HIDDEN),
            FieldValue::Integer(value) => json.number(value),
            FieldValue::COctetString(octets) => match std::str::from_utf8(octets) {
                Ok(text) => json.string(text),
                Err(_) => json.octets(octets, None),
            },
            FieldValue::OctetString(octets) => json.octets(octets, printable(octets)),
        }
    }

    fn begin_list(&mut self, list: &'static FieldSpec, _: usize, _: usize) {
        self.json.key(list.wire_name).begin('[');
    }

    fn begin_element(&mut self) {
        self.json.begin('{');
    }

    fn end_element(&mut self) {
        self.json.end('}');
    }

    fn end_list(&mut self) {
        self.json.end(']');
    }
}

/// Writes JSON (RFC 8259) and puts the commas where they belong.
#[derive(Default)]
struct Json {
    out: String,
    /// Whether a value was written to which a comma belongs if another follows.
    needs_comma: bool,
}

impl Json {
    fn begin(&mut self, bracket: char) {
        self.value();
        self.out.push(bracket);
        self.needs_comma = false;
    }

    fn end(&mut self, bracket: char) {
        self.out.push(bracket);
        self.needs_comma = true;
    }

    fn key(&mut self, key: &str) -> &mut Self {
        self.string(key);
        self.out.push(':');
        self.needs_comma = false;
        self
    }

    fn number(&mut self, number: u64) {
        self.value();
        let _ = write!(self.out, "{number}");
    }

    fn null(&mut self) {
        self.value();
        self.out.push_str("null");
    }

    fn string_or_null(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.string(text),
            None => self.null(),
        }
    }

    fn string(&mut self, text: &str) {
        self.value();
        self.out.push('"');
        for character in text.chars() {
            match character {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\r' => self.out.push_str("\\r"),
                '\t' => self.out.push_str("\\t"),
                // U+2028 and U+2029 are sound JSON, and end a line for some who read it.
                '\0'..='\x1F' | '\x7F'..='\u{9F}' | '\u{2028}' | '\u{2029}' => {
                    let _ = write!(self.out, "\\u{:04x}", u32::from(character));
                }
                _ => self.out.push(character),
            }
        }
        self.out.push('"');
    }

    fn octets(&mut self, octets: &[u8], text: Option<&str>) {
        self.begin('{');
        self.key("hex").string(&hex::digits(octets));
        if let Some(text) = text {
            self.key("text").string(text);
        }
        self.end('}');
    }

    fn tlvs(&mut self, views: Views, tlvs: &Tlvs<'_>, decoder: &Decoder) {
        self.key("tlvs").begin('[');
        for tlv in tlvs {
            let spec = decoder.find_tlv(tlv.tag);
            self.begin('{');
            self.key("tag").number(tlv.tag.into());
            self.key("name").string_or_null(spec.map(|spec| spec.name));
            self.key("length").number(tlv.value.len() as u64);
            let hides = views.hides_tlv(tlv.tag);
            self.key("hex").string(if hides { HIDDEN.to_owned() } else { hex::digits(tlv.value) }.as_str());
            self.key("value");
            match shown(spec, tlv.value) {
                _ if hides => self.string(HIDDEN),
                TlvShown::Integer(value) => self.number(value),
                TlvShown::Text(text) => self.string(text),
                TlvShown::Octets => self.null(),
            }
            self.end('}');
        }
        self.end(']');
        if !tlvs.tail().is_empty() {
            let tail = self.key("tail");
            if views.hides_texts { tail.string(HIDDEN) } else { tail.octets(tlvs.tail(), None) }
        }
    }

    fn error(&mut self, error: &DecodeError) {
        self.problem(error.class(), error.field, error.offset, &error.to_string());
    }

    fn problem(&mut self, class: ErrorClass, field: &str, offset: u32, message: &str) {
        self.begin('{');
        self.key("class").string(class.as_str());
        self.key("field").string(field);
        self.key("offset").number(offset.into());
        self.key("message").string(message);
        self.end('}');
    }

    fn value(&mut self) {
        if self.needs_comma {
            self.out.push(',');
        }
        self.needs_comma = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        let mut json = Json::default();
        json.string("a\"b\\c\n\r\t\0\x1f\x7f\u{2028}é€😀/");
        assert_eq!(json.out, r#""a\"b\\c\n\r\t\u0000\u001f\u007f\u2028é€😀/""#);
    }

    #[test]
    fn commas_stand_between_values_only() {
        let mut json = Json::default();
        json.begin('[');
        json.begin('{');
        json.end('}');
        json.number(1);
        json.begin('{');
        json.key("a").null();
        json.key("b").begin('[');
        json.end(']');
        json.end('}');
        json.end(']');
        assert_eq!(json.out, r#"[{},1,{"a":null,"b":[]}]"#);
    }
}
