//! Descriptions for people.

use std::fmt;

use super::{Description, MessageKind};
use crate::sms::{Address, ConcatenationForm, Element, Receipt, TextField};
use crate::value::esm_class::MessagingMode;
use crate::value::{Npi, Ton};

/// Lines without a line end after the last one. The first line says what it is, from whom to whom; what is odd about it
/// comes last, each line marked with `!`.
impl fmt::Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if let Some(part) = self.concatenation {
            write!(f, ", part {} of {}, {} {}", part.part, part.total, reference(part.form), part.reference)?;
        }
        match self.messaging_mode {
            Some(mode) if mode != MessagingMode::DEFAULT => write!(f, ", {mode:?}")?,
            _ => {}
        }
        f.write_str(if self.reply_path { ", reply path" } else { "" })?;
        f.write_str("\nfrom ")?;
        match &self.source_name {
            Some(name) => write!(f, "{name:?} (alphanumeric)")?,
            None => address(f, &self.source)?,
        }
        for (index, destination) in self.destinations.iter().enumerate() {
            f.write_str(if index == 0 { " to " } else { ", " })?;
            address(f, destination)?;
        }
        self.text(f)?;
        for element in self.header.iter().flat_map(|header| header.elements()) {
            write!(f, "\nheader: {}", self::element(element))?;
        }
        if let (Some(ports), None) = (self.ports, &self.header) {
            write!(f, "\nports: from {} to {}", ports.source, ports.destination)?;
        }
        if let Some(receipt) = &self.receipt {
            receipt_line(f, receipt)?;
        }
        self.findings.iter().try_for_each(|finding| write!(f, "\n! {finding}"))
    }
}

impl Description<'_> {
    fn text(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = match self.field {
            TextField::ShortMessage => "short_message",
            TextField::MessagePayload => "message_payload",
        };
        write!(f, "\n{field}, data_coding 0x{:02X} ({})", self.scheme.data_coding().0, self.scheme)?;
        let Some(text) = &self.text else {
            return write!(f, ", {} octets: {}", self.octets.len(), Hex(self.octets));
        };
        write!(f, ", {} characters of ", text.chars().count())?;
        match self.alphabet {
            Some(alphabet) => write!(f, "{alphabet}: {text:?}"),
            None => write!(f, "UTF-8: {text:?}"),
        }
    }
}

impl fmt::Display for MessageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message => f.write_str("message"),
            Self::DeliveryReceipt => f.write_str("delivery receipt"),
            Self::IntermediateNotification => f.write_str("intermediate notification"),
            Self::DeliveryAcknowledgement => f.write_str("delivery acknowledgement"),
            Self::ManualAcknowledgement => f.write_str("manual acknowledgement"),
            Self::ConversationAbort => f.write_str("conversation abort"),
            Self::Reserved(message_type) => write!(f, "message of the reserved type 0x{:02X}", message_type.0),
        }
    }
}

fn reference(form: ConcatenationForm) -> &'static str {
    match form {
        ConcatenationForm::Udh8 => "8-bit reference",
        ConcatenationForm::Udh16 => "16-bit reference",
        ConcatenationForm::Sar => "sar_msg_ref_num",
    }
}

fn address(f: &mut fmt::Formatter<'_>, address: &Address<'_>) -> fmt::Result {
    let Address { ton, npi, addr } = address;
    match addr.is_empty() {
        true => f.write_str("(empty)")?,
        false => write!(f, "{}", Line(addr.as_bytes()))?,
    }
    if *ton == Ton::UNKNOWN && *npi == Npi::UNKNOWN {
        return Ok(());
    }
    write!(f, " ({ton:?}, {npi:?})")
}

fn receipt_line(f: &mut fmt::Formatter<'_>, receipt: &Receipt<'_>) -> fmt::Result {
    f.write_str("\nreceipt: ")?;
    match receipt.message_id() {
        Some(id) => write!(f, "message_id {}", Line(id.as_bytes()))?,
        None => f.write_str("no message_id")?,
    }
    match (receipt.state(), &receipt.stat) {
        (Some(state), _) => write!(f, ", {}", state.name().unwrap_or_else(|| format!("state {}", state.0)))?,
        (None, Some(stat)) => write!(f, ", unknown state {}", Line(stat.as_bytes()))?,
        (None, None) => f.write_str(", no state")?,
    }
    f.write_str(if receipt.is_final() { ", final" } else { ", not final" })?;
    match (receipt.error_code(), &receipt.err) {
        (Some(code), _) => write!(f, ", error {code}")?,
        (None, Some(err)) => write!(f, ", error {}", Line(err.as_bytes()))?,
        (None, None) => {}
    }
    if let Some(time) = receipt.submit_time() {
        write!(f, ", submitted {time}")?;
    }
    receipt.done_time().map_or(Ok(()), |time| write!(f, ", done {time}"))
}

/// What an element of a user data header says.
pub(super) fn element(element: Element<'_>) -> String {
    match element {
        Element::Concatenated8 { reference, total, part } => {
            format!("part {part} of {total}, 8-bit reference {reference}")
        }
        Element::Concatenated16 { reference, total, part } => {
            format!("part {part} of {total}, 16-bit reference {reference}")
        }
        Element::Ports8 { destination, source } => format!("8-bit ports, from {source} to {destination}"),
        Element::Ports16 { destination, source } => format!("16-bit ports, from {source} to {destination}"),
        Element::SingleShift(language) => format!("single shift table, {language}"),
        Element::LockingShift(language) => format!("locking shift table, {language}"),
        Element::MessageIndication { store, kind, count } => {
            let stored = if store { "stored" } else { "not stored" };
            format!("{count} messages of type {kind} wait, {stored}")
        }
        Element::Other { iei, data } => format!("element 0x{iei:02X}, not known or malformed: {}", Hex(&data)),
        known => format!("{known:?}"),
    }
}

/// Octets as text within a line, which nothing in them can end.
struct Line<'l>(&'l [u8]);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(self.0).chars().try_for_each(|letter| match letter.is_control() {
            true => write!(f, "{}", letter.escape_default()),
            false => write!(f, "{letter}"),
        })
    }
}

/// Octets in hexadecimal, of many only the first.
struct Hex<'h>(&'h [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, rest) = self.0.split_at(self.0.len().min(SHOWN));
        f.write_str(if shown.is_empty() { "empty" } else { "0x" })?;
        shown.iter().try_for_each(|octet| write!(f, "{octet:02X}"))?;
        if rest.is_empty() { Ok(()) } else { write!(f, "... and {} more", rest.len()) }
    }
}

/// Octets that are shown of what is no text: those of the longest message of one part.
const SHOWN: usize = 140;
