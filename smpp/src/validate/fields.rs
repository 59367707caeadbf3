//! The mandatory fields.

use super::{Check, Direction};
use crate::codec::{FieldKind, FieldSpec, FieldValue, FieldView, Visit};
use crate::error::DecodeErrorKind as Kind;
use crate::protocol::command;
use crate::sms::{SmppTime, UserDataHeader};

impl Visit for Check<'_> {
    fn field(&mut self, field: FieldView<'_>) {
        match field.value {
            FieldValue::Integer(value) => self.integer(field, value),
            FieldValue::COctetString(octets) => self.c_octet_string(field, octets),
            FieldValue::OctetString(octets) if field.spec.name == "short_message" => self.short_message(field, octets),
            FieldValue::OctetString(octets) => self.octet_string(field, octets),
        }
    }

    fn begin_list(&mut self, list: &'static FieldSpec, offset: usize, count: usize) {
        let (count, min, max) = (count as u32, list.min, list.max);
        if !(min..=max).contains(&count) {
            let (spec, offset) = self.count.unwrap_or((list, offset));
            self.object(spec.name, offset, Kind::InvalidNumberOfDests { count, min, max });
        }
    }
}

impl Check<'_> {
    fn integer(&mut self, field: FieldView<'_>, value: u64) {
        let FieldView { spec, offset, .. } = field;
        if matches!(spec.kind, FieldKind::Count) {
            self.count = Some((spec, offset));
            return;
        }
        let is_defined = spec.values.is_none_or(|values| self.tables.defines(values, value, self.direction));
        let is_allowed = match spec.name {
            "esm_class" => {
                self.user_data_header = value & USER_DATA_HEADER_INDICATOR != 0;
                // Transaction mode is for data_sm (section 2.10.3; erratum 13).
                let only_submits = self.is(&command::SUBMIT_SM) || self.is(&command::SUBMIT_MULTI);
                !(only_submits && self.direction == Direction::Submit && value & MESSAGING_MODE == FORWARD)
            }
            // The fields are there for likeness only (sections 4.5.1 and 4.6.1).
            "replace_if_present_flag" => {
                value == 0 || !(self.is(&command::SUBMIT_MULTI) || self.is(&command::DELIVER_SM))
            }
            "sm_default_msg_id" => value == 0 || !self.is(&command::DELIVER_SM),
            _ => true,
        };
        if !(is_defined && is_allowed) {
            self.object(spec.name, offset, Kind::InvalidValue { value });
        }
    }

    fn c_octet_string(&mut self, field: FieldView<'_>, octets: &[u8]) {
        let FieldView { spec, offset, .. } = field;
        let (len, max) = (octets.len() as u32 + 1, spec.max);
        match spec.lengths {
            [] | [_] if len > max => self.object(spec.name, offset, Kind::COctetStringTooLong { len, max }),
            [_, _, ..] if !spec.lengths.contains(&len) => {
                self.object(spec.name, offset, Kind::InvalidTimeLength { len });
            }
            _ => {}
        }
        match spec.name {
            "schedule_delivery_time" | "validity_period" | "final_date"
                if !octets.is_empty() && SmppTime::parse(octets).is_err() =>
            {
                self.object(spec.name, offset, Kind::InvalidTimeValue);
            }
            "destination_addr" if octets.is_empty() => {
                let sends = [&command::SUBMIT_SM, &command::SUBMIT_MULTI, &command::DATA_SM];
                if sends.into_iter().any(|command| self.is(command)) {
                    self.object(spec.name, offset, Kind::EmptyAddress);
                }
            }
            _ => {}
        }
    }

    fn octet_string(&mut self, field: FieldView<'_>, octets: &[u8]) {
        let (len, max) = (octets.len() as u32, field.spec.max);
        if len > max {
            self.object(field.spec.name, field.offset, Kind::SmLengthOutOfRange { sm_length: len, max });
        }
    }

    fn short_message(&mut self, field: FieldView<'_>, octets: &[u8]) {
        self.octet_string(field, octets);
        self.has_text = !octets.is_empty();
        if self.user_data_header && self.has_text && UserDataHeader::parse(octets).is_err() {
            self.object(field.spec.name, field.offset, Kind::InvalidUserDataHeader);
        }
    }
}

/// Bits of esm_class (section 5.2.12).
const MESSAGING_MODE: u64 = 0x03;
const FORWARD: u64 = 0x02;
const USER_DATA_HEADER_INDICATOR: u64 = 0x40;
