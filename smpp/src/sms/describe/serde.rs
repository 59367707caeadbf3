//! Descriptions as maps.

use serde::{Serialize, Serializer};

use super::{Description, display};
use crate::codec::{COctetString, OctetString};
use crate::protocol::command;
use crate::sms::{Address, ConcatenationForm, Receipt, TextField};

/// A map of the fields, names where the standard has names, octets as text or `{"hex": …}` as in PDUs, elements of the
/// header and findings as people read them.
impl Serialize for Description<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Map {
            command: command::find(self.command_id).map(|spec| spec.name),
            kind: self.kind.to_string(),
            messaging_mode: self.messaging_mode.map(|mode| mode.0),
            reply_path: self.reply_path,
            source: self.source.as_borrowed().into(),
            source_name: self.source_name.as_deref(),
            destinations: self.destinations.iter().map(|address| address.as_borrowed().into()).collect(),
            data_coding: self.scheme.data_coding().0,
            scheme: self.scheme.to_string(),
            alphabet: self.alphabet.map(|alphabet| alphabet.to_string()),
            text: self.text.as_deref(),
            octets: OctetString::borrowed(self.octets),
            field: match self.field {
                TextField::ShortMessage => "short_message",
                TextField::MessagePayload => "message_payload",
            },
            header: self.header.as_ref().map(|header| header.elements().map(display::element).collect()),
            concatenation: self.concatenation.map(|part| PartMap {
                reference: part.reference,
                total: part.total,
                part: part.part,
                form: match part.form {
                    ConcatenationForm::Udh8 => "udh8",
                    ConcatenationForm::Udh16 => "udh16",
                    ConcatenationForm::Sar => "sar",
                },
            }),
            ports: self.ports.map(|ports| PortsMap { source: ports.source, destination: ports.destination }),
            receipt: self.receipt.as_ref().map(ReceiptMap::from),
            findings: self.findings.iter().map(ToString::to_string).collect(),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Map<'d> {
    command: Option<&'static str>,
    kind: String,
    messaging_mode: Option<u8>,
    reply_path: bool,
    source: AddressMap<'d>,
    source_name: Option<&'d str>,
    destinations: Vec<AddressMap<'d>>,
    data_coding: u8,
    scheme: String,
    alphabet: Option<String>,
    text: Option<&'d str>,
    octets: OctetString<'d>,
    field: &'static str,
    header: Option<Vec<String>>,
    concatenation: Option<PartMap>,
    ports: Option<PortsMap>,
    receipt: Option<ReceiptMap<'d>>,
    findings: Vec<String>,
}

#[derive(Serialize)]
struct AddressMap<'d> {
    ton: u8,
    npi: u8,
    addr: COctetString<'d>,
}

#[derive(Serialize)]
struct PartMap {
    reference: u16,
    total: u8,
    part: u8,
    form: &'static str,
}

#[derive(Serialize)]
struct PortsMap {
    source: u16,
    destination: u16,
}

#[derive(Serialize)]
struct ReceiptMap<'d> {
    message_id: Option<COctetString<'d>>,
    state: Option<String>,
    stat: Option<OctetString<'d>>,
    is_final: bool,
    error_code: Option<u32>,
    err: Option<OctetString<'d>>,
    submit_time: Option<String>,
    done_time: Option<String>,
}

impl<'d> From<Address<'d>> for AddressMap<'d> {
    fn from(address: Address<'d>) -> Self {
        Self { ton: address.ton.0, npi: address.npi.0, addr: address.addr }
    }
}

impl<'d> From<&'d Receipt<'_>> for ReceiptMap<'d> {
    fn from(receipt: &'d Receipt<'_>) -> Self {
        Self {
            message_id: receipt.message_id().map(COctetString::as_borrowed),
            state: receipt.state().and_then(|state| state.name()),
            stat: receipt.stat.as_ref().map(OctetString::as_borrowed),
            is_final: receipt.is_final(),
            error_code: receipt.error_code(),
            err: receipt.err.as_ref().map(OctetString::as_borrowed),
            submit_time: receipt.submit_time().map(|time| time.to_string()),
            done_time: receipt.done_time().map(|time| time.to_string()),
        }
    }
}
