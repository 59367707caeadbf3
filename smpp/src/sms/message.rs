//! One view of all PDUs that carry a message.

use std::fmt;

use super::{Address, Concatenation, ConcatenationForm, Ports, UserDataHeader, UserDataHeaderError};
use crate::codec::{CommandId, List, Tlv, Tlvs};
use crate::pdu::{DataSm, DeliverSm, DestAddress, ReplaceSm, SubmitMulti, SubmitSm};
use crate::protocol::{Pdu, tlv};
use crate::value::{DataCoding, EsmClass, esm_class};

/// A message, whichever PDU brought it: submit_sm, deliver_sm, data_sm, submit_multi or replace_sm.
///
/// It borrows everything from the PDU. Made by `From` of each of these, and by `TryFrom` of a [`Pdu`].
///
/// ```
/// use smpp::pdu::{DataSm, DeliverSm};
/// use smpp::sms::Message;
///
/// let short = DeliverSm::default().with_source_addr("4179").with_short_message("hello");
/// let payload = DataSm::default().with_source_addr("4179").with_message_payload("hello");
/// let (one, two) = (Message::from(&short), Message::from(&payload));
/// assert_eq!(one.octets, two.octets);
/// assert_eq!(one.source, two.source);
/// ```
#[derive(Debug, Clone)]
pub struct Message<'a> {
    /// The command that carries it.
    pub command_id: CommandId,
    /// Where it comes from.
    pub source: Address<'a>,
    /// Where it goes to. Empty in replace_sm, which has none, and in submit_multi, unless it goes to one address only:
    /// see [`destinations`](Self::destinations).
    pub destination: Address<'a>,
    /// Mode, type and features. 0 in replace_sm, which has none.
    pub esm_class: EsmClass,
    /// What GSM calls TP-PID. `None` in data_sm and replace_sm, which have none.
    pub protocol_id: Option<u8>,
    /// The coding of the text. 0 in replace_sm, which has none: the coding of the message it changes stays (section 4.10.1).
    pub data_coding: DataCoding,
    /// short_message or message_payload, as [`field`](Self::field) says: a user data header, if there is one, and the text.
    pub octets: &'a [u8],
    /// Where the octets stand in the PDU.
    pub field: TextField,
    /// The TLVs.
    pub tlvs: &'a Tlvs<'a>,
    /// All destinations of a submit_multi; `None` in every other PDU.
    pub dest_address: Option<&'a List<'a, DestAddress<'a>>>,
}

/// The field of a PDU that a text stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextField {
    /// short_message, at most 254 octets (section 5.2.22).
    ShortMessage,
    /// The TLV message_payload, at most 65,535 octets (section 5.3.2.32).
    MessagePayload,
}

/// What a message carries: a user data header, if there is one, and the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserData<'a> {
    /// The header, if esm_class says that there is one; or why the octets do not begin with one, whatever it says.
    pub header: Result<Option<UserDataHeader<'a>>, UserDataHeaderError>,
    /// The octets after the header; all of them if there is none, or none that can be read.
    pub text: &'a [u8],
}

/// A PDU carries no message, which this command does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAMessage {
    /// The command.
    pub command_id: CommandId,
}

impl<'a> Message<'a> {
    /// The message_payload that is not read, because short_message is not empty.
    ///
    /// A PDU must not have both (sections 4.4.1 and 5.3.2.32 have sm_length 0 where there is a message_payload). Of one
    /// that does, short_message is taken for the text: a message_payload is only looked for where sm_length says that
    /// the text is not in its own field.
    pub fn unread_payload(&self) -> Option<&'a [u8]> {
        match self.field {
            TextField::ShortMessage => self.tlvs.find(PAYLOAD_TAG),
            TextField::MessagePayload => None,
        }
    }

    /// Whether esm_class says that a user data header comes before the text (UDHI, section 5.2.12).
    pub fn has_header(&self) -> bool {
        self.esm_class.0 & esm_class::GsmFeatures::UDHI.0 != 0
    }

    /// The header and the text.
    ///
    /// Where esm_class says that there is a header, but the octets do not begin with one, all of them are the text: it may
    /// well be one, and nobody else has it.
    pub fn user_data(&self) -> UserData<'a> {
        if !self.has_header() {
            return UserData { header: Ok(None), text: self.octets };
        }
        match UserDataHeader::parse(self.octets) {
            Ok((header, text)) => UserData { header: Ok(Some(header)), text },
            Err(error) => UserData { header: Err(error), text: self.octets },
        }
    }

    /// Which part of a longer message it is, if it is one: by its header, or by the three `sar_*` TLVs.
    ///
    /// The TLVs count only if all three are there and no header is (sections 5.3.2.22 to 5.3.2.24). Parts that cannot be,
    /// such as the third of two, are none.
    pub fn concatenation(&self) -> Option<Concatenation> {
        if self.has_header() {
            return self.user_data().header.ok()??.concatenation();
        }
        let concatenation = Concatenation {
            reference: self.tlvs.get::<tlv::SarMsgRefNum>()?,
            total: self.tlvs.get::<tlv::SarTotalSegments>()?,
            part: self.tlvs.get::<tlv::SarSegmentSeqnum>()?,
            form: ConcatenationForm::Sar,
        };
        concatenation.is_valid().then_some(concatenation)
    }

    /// The application ports: of its header, or of source_port and destination_port. A TLV that is missing where the other
    /// is there counts as port 0. Where there is a header, the TLVs do not count (sections 5.3.2.20 and 5.3.2.21).
    pub fn ports(&self) -> Option<Ports> {
        if self.has_header() {
            return self.user_data().header.ok()??.ports();
        }
        let (source, destination) = (self.tlvs.get::<tlv::SourcePort>(), self.tlvs.get::<tlv::DestinationPort>());
        let is_there = source.is_some() || destination.is_some();
        is_there.then(|| Ports { source: source.unwrap_or(0), destination: destination.unwrap_or(0) })
    }

    /// The addresses it goes to: those of the list of a submit_multi, the one [`destination`](Self::destination) of every
    /// other PDU.
    ///
    /// A distribution list stands as an address of unknown type and plan with the list's name.
    pub fn destinations(&self) -> impl Iterator<Item = Address<'a>> {
        let single = self.dest_address.is_none().then(|| self.destination.clone());
        single.into_iter().chain(self.dest_address.into_iter().flat_map(List::iter).map(Address::from))
    }

    /// One message for each of its [`destinations`](Self::destinations), as an SMSC makes them out of a submit_multi.
    pub fn to_each(&self) -> impl Iterator<Item = Self> {
        self.destinations().map(|destination| Self { destination, dest_address: None, ..self.clone() })
    }

    /// The octets, and the field they stand in.
    fn text(short_message: &'a [u8], tlvs: &'a Tlvs<'a>) -> (&'a [u8], TextField) {
        match tlvs.find(PAYLOAD_TAG) {
            Some(payload) if short_message.is_empty() => (payload, TextField::MessagePayload),
            _ => (short_message, TextField::ShortMessage),
        }
    }
}

impl<'a> From<&'a SubmitSm<'_>> for Message<'a> {
    fn from(pdu: &'a SubmitSm<'_>) -> Self {
        let (octets, field) = Self::text(pdu.short_message.as_bytes(), &pdu.tlvs);
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
        let (octets, field) = Self::text(pdu.short_message.as_bytes(), &pdu.tlvs);
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
        let (octets, field) = Self::text(pdu.short_message.as_bytes(), &pdu.tlvs);
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

impl fmt::Display for NotAMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} carries no message", self.command_id)
    }
}

impl std::error::Error for NotAMessage {}

const PAYLOAD_TAG: u16 = <tlv::MessagePayload as Tlv>::SPEC.tag;

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

    fn part(reference: u16, total: u8, part: u8, form: ConcatenationForm) -> Option<Concatenation> {
        Some(Concatenation { reference, total, part, form })
    }

    #[test]
    fn a_header_is_read_where_esm_class_says_so() {
        let octets = &b"\x06\x08\x04\x01\x02\x02\x01hello"[..];
        let with =
            |esm_class, octets| SubmitSm::default().with_esm_class(EsmClass(esm_class)).with_short_message(octets);
        for udhi in [0x40, 0xC0, 0x43] {
            let pdu = with(udhi, octets);
            let message = Message::from(&pdu);
            let user_data = message.user_data();
            assert_eq!(user_data.text, b"hello");
            assert_eq!(user_data.header.unwrap().unwrap().len(), 7);
            assert_eq!(message.concatenation(), part(0x0102, 2, 1, ConcatenationForm::Udh16));
        }
        let plain = with(0x80, octets);
        assert_eq!(Message::from(&plain).user_data(), UserData { header: Ok(None), text: octets });
        assert_eq!(Message::from(&plain).concatenation(), None);

        let malformed = with(0x40, &b"no header"[..]);
        let user_data = Message::from(&malformed).user_data();
        assert_eq!(user_data.header, Err(UserDataHeaderError::BeyondData { udhl: b'n', left: 8 }));
        assert_eq!(user_data.text, b"no header");
        assert_eq!(Message::from(&malformed).concatenation(), None);
    }

    /// Erratum 46: lone sar TLVs are passed over, and those beside a header.
    #[test]
    fn sar_tlvs_count_if_all_three_are_there_and_no_header_is() {
        let sar = |total, number| {
            SubmitSm::default()
                .with_sar_msg_ref_num(258)
                .with_sar_total_segments(total)
                .with_sar_segment_seqnum(number)
                .with_short_message("x")
        };
        let concatenation = |pdu: &SubmitSm<'_>| Message::from(pdu).concatenation();
        assert_eq!(concatenation(&sar(3, 2)), part(258, 3, 2, ConcatenationForm::Sar));
        for (total, number) in [(0, 0), (0, 1), (2, 0), (2, 3)] {
            assert_eq!(concatenation(&sar(total, number)), None);
        }
        for tag in [tlv::SarMsgRefNum::SPEC.tag, tlv::SarTotalSegments::SPEC.tag, tlv::SarSegmentSeqnum::SPEC.tag] {
            let mut pdu = sar(3, 2);
            pdu.tlvs.remove(tag);
            assert_eq!(concatenation(&pdu), None);
        }
        let udhi = sar(3, 2).with_esm_class(EsmClass(0x40));
        assert_eq!(concatenation(&udhi.clone().with_short_message(b"\0x")), None);
        let header = udhi.with_short_message(b"\x05\0\x03\x07\x02\x01x");
        assert_eq!(concatenation(&header), part(7, 2, 1, ConcatenationForm::Udh8));
    }

    #[test]
    fn ports_come_from_the_header_or_from_the_tlvs() {
        let tlvs = DataSm::default().with_source_port(9200).with_destination_port(2948).with_message_payload("x");
        let ports = Some(Ports { source: 9200, destination: 2948 });
        assert_eq!(Message::from(&tlvs).ports(), ports);
        let header = DataSm::default()
            .with_esm_class(EsmClass(0x40))
            .with_message_payload(b"\x06\x05\x04\x0B\x84\x23\xF0x")
            .with_source_port(1);
        assert_eq!(Message::from(&header).ports(), ports);
        let one = DataSm::default().with_destination_port(2948);
        assert_eq!(Message::from(&one).ports(), Some(Ports { source: 0, destination: 2948 }));
        assert_eq!(Message::from(&DataSm::default()).ports(), None);
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
