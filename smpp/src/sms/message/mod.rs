//! One view of all PDUs that carry a message.

mod pdu;

pub use pdu::NotAMessage;

use super::{
    Address, Concatenation, ConcatenationForm, Decoded, Gsm7, Ports, Profile, UserDataHeader, UserDataHeaderError,
};
use crate::codec::{CommandId, List, Tlv, Tlvs};
use crate::pdu::DestAddress;
use crate::protocol::tlv;
use crate::value::{DataCoding, EsmClass, esm_class::GsmFeatures};

/// A message, whichever PDU brought it: submit_sm, deliver_sm, data_sm, submit_multi or replace_sm.
///
/// It borrows everything from the PDU. Made by `From` of each of these, and by `TryFrom` of a [`Pdu`](crate::Pdu).
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
    /// The coding of the text. 0 in replace_sm, which has none: the coding of the message it changes stays (section
    /// 4.10.1).
    pub data_coding: DataCoding,
    /// short_message or message_payload, as [`field`](Self::field) says: a user data header, if there is one, and the
    /// text.
    pub octets: &'a [u8],
    /// Where the octets stand in the PDU.
    pub field: TextField,
    /// The TLVs.
    pub tlvs: &'a Tlvs<'a>,
    /// All destinations of a submit_multi; `None` in every other PDU.
    pub dest_address: Option<&'a List<'a, DestAddress<'a>>>,
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
        has_header(self.esm_class)
    }

    /// The header and the text.
    ///
    /// Where esm_class says that there is a header, but its elements do not fill it, it is passed over as a whole (3GPP
    /// TS 23.040, 9.2.3.24): the text begins where its length octet says that it ends. If it would end beyond the
    /// octets, there is none, and all of them are the text: they may well be one, and nobody else has it.
    pub fn user_data(&self) -> UserData<'a> {
        UserData::new(self.esm_class, self.octets)
    }

    /// The text, read by its data_coding, the tables that its header names, and the profile of the link. Of a part it
    /// is that part's text alone.
    pub fn decode(&self, profile: &Profile) -> Decoded {
        let user_data = self.user_data();
        profile.decode_with(self.data_coding, user_data.text, user_data.shifts(), user_data.header_octets())
    }

    /// Which part of a longer message it is, if it is one: by its header, or by the three `sar_*` TLVs.
    ///
    /// The TLVs count only if all three are there and no header is (sections 5.3.2.22 to 5.3.2.24). Parts that cannot
    /// be, such as the third of two, are none.
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

    /// The application ports: of its header, or of source_port and destination_port. A TLV that is missing where the
    /// other is there counts as port 0. Where there is a header, the TLVs do not count (sections 5.3.2.20 and
    /// 5.3.2.21).
    pub fn ports(&self) -> Option<Ports> {
        if self.has_header() {
            return self.user_data().header.ok()??.ports();
        }
        let (source, destination) = (self.tlvs.get::<tlv::SourcePort>(), self.tlvs.get::<tlv::DestinationPort>());
        let is_there = source.is_some() || destination.is_some();
        is_there.then(|| Ports { source: source.unwrap_or(0), destination: destination.unwrap_or(0) })
    }

    /// The addresses it goes to: those of the list of a submit_multi, the one [`destination`](Self::destination) of
    /// every other PDU.
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
    /// The octets after the header, also after one that cannot be read; all of them if there is none, or none that ends
    /// where it says.
    pub text: &'a [u8],
    /// Octets before the text.
    header_octets: usize,
}

impl<'a> UserData<'a> {
    pub(super) fn new(esm_class: EsmClass, octets: &'a [u8]) -> Self {
        if !has_header(esm_class) {
            return Self { header: Ok(None), text: octets, header_octets: 0 };
        }
        let (header, text) = match UserDataHeader::parse(octets) {
            Ok((header, text)) => (Ok(Some(header)), text),
            Err(error) => (Err(error), behind_malformed_header(error, octets)),
        };
        Self { header, text, header_octets: octets.len() - text.len() }
    }

    /// The tables of national languages that the header names.
    pub fn shifts(&self) -> Gsm7 {
        match &self.header {
            Ok(Some(header)) => Gsm7 { locking: header.locking_shift(), single: header.single_shift() },
            _ => Gsm7::DEFAULT,
        }
    }

    /// Octets before the text: those of the header, with its length octet, also of one that is passed over; 0 if there
    /// is none.
    pub fn header_octets(&self) -> usize {
        self.header_octets
    }
}

/// The text after a header that cannot be read, if it is known where that ends.
fn behind_malformed_header(error: UserDataHeaderError, octets: &[u8]) -> &[u8] {
    match (error, octets) {
        (
            UserDataHeaderError::StrayOctet { .. } | UserDataHeaderError::ElementBeyondHeader { .. },
            [udhl, rest @ ..],
        ) => rest.get(usize::from(*udhl)..).unwrap_or_default(),
        _ => octets,
    }
}

fn has_header(esm_class: EsmClass) -> bool {
    esm_class.0 & GsmFeatures::UDHI.0 != 0
}

const PAYLOAD_TAG: u16 = <tlv::MessagePayload as Tlv>::SPEC.tag;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdu::{DataSm, SubmitSm};
    use crate::sms::{Padding, fill_bits, pack};

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
        assert_eq!(Message::from(&plain).user_data(), UserData { header: Ok(None), text: octets, header_octets: 0 });
        assert_eq!(Message::from(&plain).concatenation(), None);

        let turkish = with(0x40, b"\x03\x25\x01\x01\x07");
        assert_eq!(Message::from(&turkish).decode(&Profile::default()).text.as_deref(), Some("ı"));

        let malformed = with(0x40, &b"no header"[..]);
        let user_data = Message::from(&malformed).user_data();
        assert_eq!(user_data.header, Err(UserDataHeaderError::BeyondData { udhl: b'n', left: 8 }));
        assert_eq!(user_data.text, b"no header");
        assert_eq!(Message::from(&malformed).decode(&Profile::default()).text.as_deref(), Some("no header"));
        assert_eq!(Message::from(&malformed).concatenation(), None);
    }

    /// A header whose elements do not fill it ends where it says all the same, and a packed text begins after it.
    #[test]
    fn a_header_whose_elements_do_not_fill_it_is_passed_over() {
        let stray = b"\x06\0\x03\x60\x02\x01\x05\0h\0i";
        let beyond = b"\x03\0\x03\x60\0h\0i";
        for (octets, header) in [(&stray[..], 7), (beyond, 4)] {
            let pdu = SubmitSm::default().with_esm_class(0x40).with_data_coding(8).with_short_message(octets);
            let message = Message::from(&pdu);
            let user_data = message.user_data();
            assert!(user_data.header.is_err());
            assert_eq!((user_data.text, user_data.header_octets()), (&b"\0h\0i"[..], header));
            assert_eq!(message.decode(&Profile::default()).text.as_deref(), Some("hi"));
            assert_eq!(message.concatenation(), None);
        }
        let packed = pack(b"hi", fill_bits(4), Padding::CarriageReturn);
        let octets = [&beyond[..4], &packed].concat();
        let pdu = SubmitSm::default().with_esm_class(0x40).with_short_message(octets);
        let decoded = Message::from(&pdu).decode(&Profile::default().with_packed(true));
        assert_eq!(decoded.text.as_deref(), Some("hi"));
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
}
