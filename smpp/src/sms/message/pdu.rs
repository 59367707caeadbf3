//! Messages out of PDUs.

use std::fmt;

use super::{Message, PAYLOAD_TAG, TextField};
use crate::codec::{CommandId, Tlvs};
use crate::pdu::{DataSm, DeliverSm, DestAddress, ReplaceSm, SubmitMulti, SubmitSm};
use crate::protocol::Pdu;
use crate::sms::Address;
use crate::value::{DataCoding, EsmClass};

impl<'a> From<&'a SubmitSm<'_>> for Message<'a> {
    fn from(pdu: &'a SubmitSm<'_>) -> Self {
        let (octets, field) = text(pdu.short_message.as_bytes(), &pdu.tlvs);
        Self {
            command_id: SubmitSm::ID,
            source: Address::new(pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr.as_borrowed()),
            destination: Address::new(pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr.as_borrowed()),
            esm_class: pdu.esm_class,
            protocol_id: Some(pdu.protocol_id),
            data_coding: pdu.data_coding,
            octets,
            field,
            tlvs: &pdu.tlvs,
            dest_address: None,
        }
    }
}

impl<'a> From<&'a DeliverSm<'_>> for Message<'a> {
    fn from(pdu: &'a DeliverSm<'_>) -> Self {
        let (octets, field) = text(pdu.short_message.as_bytes(), &pdu.tlvs);
        Self {
            command_id: DeliverSm::ID,
            source: Address::new(pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr.as_borrowed()),
            destination: Address::new(pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr.as_borrowed()),
            esm_class: pdu.esm_class,
            protocol_id: Some(pdu.protocol_id),
            data_coding: pdu.data_coding,
            octets,
            field,
            tlvs: &pdu.tlvs,
            dest_address: None,
        }
    }
}

impl<'a> From<&'a DataSm<'_>> for Message<'a> {
    fn from(pdu: &'a DataSm<'_>) -> Self {
        Self {
            command_id: DataSm::ID,
            source: Address::new(pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr.as_borrowed()),
            destination: Address::new(pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr.as_borrowed()),
            esm_class: pdu.esm_class,
            protocol_id: None,
            data_coding: pdu.data_coding,
            octets: pdu.tlvs.find(PAYLOAD_TAG).unwrap_or_default(),
            field: TextField::MessagePayload,
            tlvs: &pdu.tlvs,
            dest_address: None,
        }
    }
}

impl<'a> From<&'a SubmitMulti<'_>> for Message<'a> {
    fn from(pdu: &'a SubmitMulti<'_>) -> Self {
        let (octets, field) = text(pdu.short_message.as_bytes(), &pdu.tlvs);
        let only = if pdu.dest_address.len() == 1 { pdu.dest_address.iter().next() } else { None };
        Self {
            command_id: SubmitMulti::ID,
            source: Address::new(pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr.as_borrowed()),
            destination: only.map(Address::from).unwrap_or_default(),
            esm_class: pdu.esm_class,
            protocol_id: Some(pdu.protocol_id),
            data_coding: pdu.data_coding,
            octets,
            field,
            tlvs: &pdu.tlvs,
            dest_address: Some(&pdu.dest_address),
        }
    }
}

impl<'a> From<&'a ReplaceSm<'_>> for Message<'a> {
    fn from(pdu: &'a ReplaceSm<'_>) -> Self {
        Self {
            command_id: ReplaceSm::ID,
            source: Address::new(pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr.as_borrowed()),
            destination: Address::default(),
            esm_class: EsmClass::default(),
            protocol_id: None,
            data_coding: DataCoding::default(),
            octets: pdu.short_message.as_bytes(),
            field: TextField::ShortMessage,
            tlvs: &pdu.tlvs,
            dest_address: None,
        }
    }
}

impl<'a> TryFrom<&'a Pdu<'_>> for Message<'a> {
    type Error = NotAMessage;

    fn try_from(pdu: &'a Pdu<'_>) -> Result<Self, NotAMessage> {
        match pdu {
            Pdu::SubmitSm(pdu) => Ok(pdu.into()),
            Pdu::DeliverSm(pdu) => Ok(pdu.into()),
            Pdu::DataSm(pdu) => Ok(pdu.into()),
            Pdu::SubmitMulti(pdu) => Ok(pdu.into()),
            Pdu::ReplaceSm(pdu) => Ok(pdu.into()),
            _ => Err(NotAMessage { command_id: pdu.command_id() }),
        }
    }
}

impl<'a> From<DestAddress<'a>> for Address<'a> {
    /// The address itself; a distribution list as one of unknown type and plan with the list's name.
    fn from(address: DestAddress<'a>) -> Self {
        match address {
            DestAddress::SmeAddress { dest_addr_ton, dest_addr_npi, destination_addr } => {
                Self::new(dest_addr_ton, dest_addr_npi, destination_addr)
            }
            DestAddress::DistributionList { dl_name } => Self { addr: dl_name, ..Self::default() },
        }
    }
}

/// A PDU carries no message, which this command does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAMessage {
    /// The command.
    pub command_id: CommandId,
}

impl fmt::Display for NotAMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} carries no message", self.command_id)
    }
}

impl std::error::Error for NotAMessage {}

/// The octets of a message, and the field they stand in.
fn text<'a>(short_message: &'a [u8], tlvs: &'a Tlvs<'_>) -> (&'a [u8], TextField) {
    match tlvs.find(PAYLOAD_TAG) {
        Some(payload) if short_message.is_empty() => (payload, TextField::MessagePayload),
        _ => (short_message, TextField::ShortMessage),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Decoder, FieldKind, FieldSpec, Frame};
    use crate::command;
    use crate::value::{Npi, Ton};

    #[test]
    fn the_payload_is_read_where_there_is_no_short_message() {
        let payload = SubmitSm::default().with_message_payload("long");
        let both = SubmitSm::default().with_short_message("short").with_message_payload("long");
        let none = SubmitSm::default();
        for (pdu, octets, field, unread) in [
            (&payload, &b"long"[..], TextField::MessagePayload, None),
            (&both, b"short", TextField::ShortMessage, Some(&b"long"[..])),
            (&none, b"", TextField::ShortMessage, None),
        ] {
            let message = Message::from(pdu);
            assert_eq!((message.octets, message.field, message.unread_payload()), (octets, field, unread));
        }
        let empty = DataSm::default();
        let message = Message::from(&empty);
        assert_eq!((message.octets, message.field), (&b""[..], TextField::MessagePayload));
    }

    #[test]
    fn a_submit_multi_is_a_message_to_each_of_its_destinations() {
        let sme = |addr: &'static str| DestAddress::SmeAddress {
            dest_addr_ton: Ton::INTERNATIONAL,
            dest_addr_npi: Npi::ISDN,
            destination_addr: addr.into(),
        };
        let list = DestAddress::DistributionList { dl_name: "friends".into() };
        let one = SubmitMulti::default().with_dest_address([sme("41")]).with_short_message("x");
        assert_eq!(Message::from(&one).destination, Address::new(Ton::INTERNATIONAL, Npi::ISDN, "41"));

        let many = one.clone().with_dest_address([sme("41"), list, sme("42")]);
        let message = Message::from(&many);
        assert_eq!(message.destination, Address::default());
        let each: Vec<_> = message.to_each().map(|message| (message.destination, message.octets)).collect();
        let to = |ton, npi, addr| (Address::new(ton, npi, addr), &b"x"[..]);
        let expected = [
            to(Ton::INTERNATIONAL, Npi::ISDN, "41"),
            to(Ton::UNKNOWN, Npi::UNKNOWN, "friends"),
            to(Ton::INTERNATIONAL, Npi::ISDN, "42"),
        ];
        assert_eq!(each, expected);

        let submit = SubmitSm::default().with_destination_addr("43");
        let destinations: Vec<_> = Message::from(&submit).destinations().collect();
        assert_eq!(destinations, [Address::new(Ton::UNKNOWN, Npi::UNKNOWN, "43")]);
    }

    /// Every command of the standard that has a short_message or may have a message_payload is a message, and no other.
    #[test]
    fn a_message_is_what_has_a_text() {
        let mut messages = Vec::new();
        for spec in command::ALL {
            let has_text =
                spec.fields.iter().any(|field| field.name == "short_message") || spec.tlvs.contains(&PAYLOAD_TAG);
            let body: usize = spec.fields.iter().map(shortest).sum();
            let mut octets = [16 + body as u32, spec.id.0, 0, 1].map(u32::to_be_bytes).concat();
            octets.resize(16 + body, 0);
            let mut decoder = Decoder::default();
            let pdu = decoder.decode(Frame::exact(&octets).unwrap()).unwrap();
            let message = Message::try_from(&pdu);
            assert_eq!(message.as_ref().err(), (!has_text).then_some(&NotAMessage { command_id: spec.id }));
            messages.extend(message.ok().map(|message| message.command_id));
        }
        assert_eq!(messages.len(), 5, "{messages:?}");
    }

    /// Octets of a field at the least.
    fn shortest(field: &FieldSpec) -> usize {
        match field.kind {
            FieldKind::Integer | FieldKind::Count => field.min as usize,
            FieldKind::COctetString => 1,
            FieldKind::OctetString | FieldKind::List { .. } => 0,
        }
    }
}
