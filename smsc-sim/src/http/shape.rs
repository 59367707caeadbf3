//! What messages and values look like in JSON.

use std::time::SystemTime;

use serde::Serialize;
use serde_json::Value;
use smpp::codec::{Encode, Frame, WireInteger, value_name};
use smpp::sms::{self, CivilTime, Profile};
use smpp::view;
use utoipa::ToSchema;

use super::mo::state_word;
use crate::spec::Known;
use crate::{Message, ReceiptState};

/// A number and what the standard calls it.
#[derive(Serialize, ToSchema)]
pub(super) struct Named {
    pub(super) value: u64,
    /// Nothing if the standard has no name for it.
    pub(super) name: Option<String>,
}

impl<T: WireInteger> From<T> for Named {
    fn from(integer: T) -> Self {
        let value = integer.to_u64();
        Self { value, name: T::VALUES.and_then(|values| value_name(values, value)) }
    }
}

/// A message as it was submitted, and its state.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(super) struct MessageShape {
    /// Its place among all messages, from 1: what cursors are.
    serial: u64,
    /// The message_id that the ESME was told.
    id: String,
    /// Who submitted it.
    system_id: String,
    /// source_addr.
    from: String,
    /// destination_addr.
    to: String,
    /// What it says, as data_coding has it; nothing if it is no text.
    text: Option<String>,
    /// The octets of the text and its header, in hexadecimal.
    hex: String,
    /// The alphabet that the text was read in.
    alphabet: Option<String>,
    /// Which part of a long message it is, if it is one.
    part: Option<PartShape>,
    service_type: String,
    data_coding: Named,
    esm_class: Named,
    registered_delivery: Named,
    /// message_state (section 5.2.28); 0 SCHEDULED while its delivery is put off.
    state: Named,
    is_final: bool,
    /// In the time of the simulator, RFC 3339.
    submitted: String,
    /// When its delivery begins, if that was put off.
    scheduled: Option<String>,
    expires: String,
    /// When it came to its final state.
    done: Option<String>,
    receipt: ReceiptShape,
    /// The whole submit_sm, by the names of the standard; for submit_multi and data_sm what a submit_sm to one destination
    /// would have been.
    #[schema(value_type = Object)]
    pdu: Value,
}

/// A part of a long message.
#[derive(Serialize, ToSchema)]
#[schema(as = Part)]
pub(super) struct PartShape {
    /// The same in all parts.
    reference: u16,
    /// Which it is, from 1.
    number: u8,
    of: u8,
}

/// What became of a receipt.
#[derive(Serialize, ToSchema)]
#[schema(as = Receipt)]
pub(super) struct ReceiptShape {
    /// `none`, `held`, `sent`, `delivered`, `refused` or `lost`.
    state: &'static str,
    /// What the ESME refused it with.
    command_status: Option<Named>,
    /// How often the ESME refused or did not answer it.
    refusals: u32,
}

impl MessageShape {
    pub(super) fn of(message: &Message, known: Known) -> Self {
        let sms = sms::Message::from(&message.pdu);
        let decoded = sms.decode(&Profile::default());
        let part = sms.concatenation();
        Self {
            serial: message.serial,
            id: message.id.clone(),
            system_id: message.system_id.clone(),
            from: message.pdu.source_addr.to_str_lossy().into_owned(),
            to: message.pdu.destination_addr.to_str_lossy().into_owned(),
            text: decoded.without_mark().map(str::to_owned),
            hex: hex(message.text().as_bytes()),
            alphabet: decoded.alphabet.map(|alphabet| alphabet.to_string()),
            part: part.map(|part| PartShape { reference: part.reference, number: part.part, of: part.total }),
            service_type: message.pdu.service_type.to_str_lossy().into_owned(),
            data_coding: message.pdu.data_coding.into(),
            esm_class: message.pdu.esm_class.into(),
            registered_delivery: message.pdu.registered_delivery.into(),
            state: state(message),
            is_final: message.is_final(),
            submitted: time(message.submitted),
            scheduled: message.scheduled.map(time),
            expires: time(message.expires),
            done: message.done.map(time),
            receipt: ReceiptShape::new(message),
            pdu: message.pdu.to_octets(1).map_or(Value::Null, |octets| pdu(&octets, known)),
        }
    }
}

impl ReceiptShape {
    fn new(message: &Message) -> Self {
        let command_status = match message.receipt {
            ReceiptState::Refused(status) => Some(status),
            _ => None,
        };
        let state = state_word(message.receipt);
        Self { state, command_status: command_status.map(Named::from), refusals: message.receipt_refusals }
    }
}

fn state(message: &Message) -> Named {
    match message.state {
        crate::SCHEDULED => Named { value: 0, name: Some("SCHEDULED".to_owned()) },
        state => state.into(),
    }
}

/// A PDU as `smpp::view` has it.
pub(super) fn pdu(octets: &[u8], known: Known) -> Value {
    let shown = match Frame::exact(octets) {
        Ok(frame) => view::json(frame, &mut known.decoder()),
        Err(error) => view::json_frame_error(octets, error),
    };
    serde_json::from_str(&shown).unwrap_or(Value::String(shown))
}

/// RFC 3339, to the millisecond.
pub(super) fn time(time: SystemTime) -> String {
    let milliseconds = time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.subsec_millis());
    format!("{}.{milliseconds:03}Z", CivilTime::of(time).to_string().replace(' ', "T"))
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::with_capacity(2 * octets.len()), |mut hex, octet| {
        for digit in [octet >> 4, octet & 0xF] {
            hex.extend(char::from_digit(digit.into(), 16));
        }
        hex
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(time(SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_225_600_050)), "2026-01-01T00:00:00.050Z");
    }

    #[test]
    fn octets_are_hexadecimal() {
        assert_eq!(hex(&[0, 0x1F, 0xFF]), "001fff");
    }
}
