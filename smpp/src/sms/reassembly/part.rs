//! A part of a message, and what it has in common with the other parts, as octets that any store can hold.

use std::fmt;
use std::sync::Arc;

use crate::codec::{CommandId, Tlv, Tlvs};
use crate::sms::{Address, Concatenation, ConcatenationForm, Message, TextField, UserData};
use crate::tlv;
use crate::value::{DataCoding, EsmClass, Npi, Ton};

/// What the parts of a message have in common and those of others have not: source, destination, reference, number of
/// parts, and the form of the reference.
///
/// An address is its type of number, its numbering plan and its number, all three: the same digits of another type are
/// another subscriber.
///
/// Octets that stay the same from process to process and from version to version, so that they can be the key of a
/// record elsewhere.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartKey(Arc<[u8]>);

/// One part of a message, as octets that any store can hold, with all that joining the message needs.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct StoredPart(Box<[u8]>);

impl PartKey {
    /// The key of a message that is a part. `scope` keeps apart what shares a store and is not to be joined.
    pub(super) fn new(scope: &[u8], message: &Message<'_>, concatenation: Concatenation) -> Self {
        let Concatenation { reference, total, form, .. } = concatenation;
        let form = match form {
            ConcatenationForm::Udh8 => UDH8,
            ConcatenationForm::Udh16 => UDH16,
            ConcatenationForm::Sar => SAR,
        };
        let [high, low] = reference.to_be_bytes();
        let mut octets = Vec::with_capacity(FIXED_OF_KEY + scope.len() + 2 * ADDRESS_ROOM);
        octets.extend([LAYOUT, form, high, low, total]);
        push_string(&mut octets, scope);
        push_address(&mut octets, &message.source);
        message.destinations().for_each(|destination| push_address(&mut octets, &destination));
        Self(octets.into())
    }

    /// The octets.
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }

    /// A key out of its [octets](Self::as_octets); `None` if they are none.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let &[LAYOUT, form, _, _, total, ref rest @ ..] = octets else {
            return None;
        };
        let (_, rest) = take_string(rest)?;
        let mut addresses = Addresses { rest };
        let count = addresses.by_ref().count();
        (addresses.rest.is_empty() && count >= 1 && total >= 1 && [UDH8, UDH16, SAR].contains(&form))
            .then(|| Self(octets.into()))
    }

    /// Number of parts, from 1.
    pub fn total(&self) -> u8 {
        self.0[4]
    }

    /// The reference that all parts have.
    pub fn reference(&self) -> u16 {
        u16::from_be_bytes([self.0[2], self.0[3]])
    }

    /// Where the parts say that they belong together.
    pub fn form(&self) -> ConcatenationForm {
        match self.0[1] {
            UDH8 => ConcatenationForm::Udh8,
            UDH16 => ConcatenationForm::Udh16,
            _ => ConcatenationForm::Sar,
        }
    }

    /// Where the message comes from.
    pub fn source(&self) -> Address<'_> {
        self.addresses().next().unwrap_or_default()
    }

    /// Where it goes to; empty if that is not one address.
    pub(super) fn destination(&self) -> Address<'_> {
        let mut destinations = self.destinations();
        destinations.next().filter(|_| destinations.next().is_none()).unwrap_or_default()
    }

    /// Where it goes to: one address, but for a submit_multi, which may have any number.
    pub fn destinations(&self) -> impl Iterator<Item = Address<'_>> {
        self.addresses().skip(1)
    }

    fn addresses(&self) -> Addresses<'_> {
        let rest = take_string(&self.0[FIXED_OF_KEY..]).map_or(&[][..], |(_, rest)| rest);
        Addresses { rest }
    }
}

impl fmt::Debug for PartKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartKey")
            .field("source", &self.source())
            .field("destinations", &self.destinations().collect::<Vec<_>>())
            .field("reference", &self.reference())
            .field("total", &self.total())
            .field("form", &self.form())
            .finish()
    }
}

impl StoredPart {
    pub(super) fn new(number: u8, message: &Message<'_>) -> Self {
        let (has_protocol_id, protocol_id) = (message.protocol_id.is_some(), message.protocol_id.unwrap_or(0));
        let in_payload = message.field == TextField::MessagePayload;
        // What does not fit a length of 32 bits fits no PDU.
        let len = message.octets.len().min(u32::MAX as usize);
        let tlvs = message.tlvs.iter().filter(|tlv| !is_told_elsewhere(tlv.tag, message.field));
        let mut octets = Vec::with_capacity(FIXED_OF_PART + 1 + len + message.tlvs.octets().len());
        octets.extend([LAYOUT, number]);
        octets.extend(message.command_id.0.to_be_bytes());
        octets.extend([message.esm_class.0, has_protocol_id.into(), protocol_id, in_payload.into()]);
        octets.extend((len as u32).to_be_bytes());
        octets.push(message.data_coding.0);
        octets.extend_from_slice(&message.octets[..len]);
        for tlv in tlvs {
            octets.extend(tlv.tag.to_be_bytes());
            octets.extend((tlv.value.len() as u16).to_be_bytes());
            octets.extend_from_slice(tlv.value);
        }
        Self(octets.into())
    }

    /// The octets.
    pub fn as_octets(&self) -> &[u8] {
        &self.0
    }

    /// A part out of its [octets](Self::as_octets); `None` if they are none.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let (fixed, rest) = octets.split_first_chunk::<FIXED_OF_PART>()?;
        let len = u32::from_be_bytes([fixed[10], fixed[11], fixed[12], fixed[13]]);
        let tlvs = rest.get(usize::try_from(len).ok()?.checked_add(1)?..)?;
        (fixed[0] == LAYOUT && fixed[1] > 0 && Tlvs::from_octets(tlvs).tail().is_empty()).then(|| Self(octets.into()))
    }

    /// Which part, from 1.
    pub fn number(&self) -> u8 {
        self.0[1]
    }

    /// What tells the part from another of the same number: its data_coding, then its text with the header. Two parts
    /// of the same key and number are the same part if this is the same; TLVs may differ from one delivery to the
    /// next.
    pub fn content(&self) -> &[u8] {
        &self.0[FIXED_OF_PART..FIXED_OF_PART + 1 + self.len()]
    }

    pub(super) fn command_id(&self) -> CommandId {
        CommandId(u32::from_be_bytes([self.0[2], self.0[3], self.0[4], self.0[5]]))
    }

    pub(super) fn esm_class(&self) -> EsmClass {
        EsmClass(self.0[6])
    }

    pub(super) fn protocol_id(&self) -> Option<u8> {
        (self.0[7] != 0).then_some(self.0[8])
    }

    pub(super) fn field(&self) -> TextField {
        if self.0[9] == 0 { TextField::ShortMessage } else { TextField::MessagePayload }
    }

    pub(super) fn data_coding(&self) -> DataCoding {
        DataCoding(self.0[FIXED_OF_PART])
    }

    /// Header and text.
    pub(super) fn user_data(&self) -> UserData<'_> {
        UserData::new(self.esm_class(), &self.content()[1..])
    }

    /// The TLVs, but for those that are told by the octets or the key.
    pub(super) fn tlvs(&self) -> Tlvs<'_> {
        Tlvs::from_octets(&self.0[FIXED_OF_PART + 1 + self.len()..])
    }

    fn len(&self) -> usize {
        u32::from_be_bytes([self.0[10], self.0[11], self.0[12], self.0[13]]) as usize
    }
}

impl fmt::Debug for StoredPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredPart")
            .field("number", &self.number())
            .field("data_coding", &self.data_coding())
            .field("octets", &format_args!("\"{}\"", self.content()[1..].escape_ascii()))
            .finish_non_exhaustive()
    }
}

/// Addresses one after the other.
struct Addresses<'k> {
    rest: &'k [u8],
}

impl<'k> Iterator for Addresses<'k> {
    type Item = Address<'k>;

    fn next(&mut self) -> Option<Address<'k>> {
        let &[ton, npi, ref rest @ ..] = self.rest else {
            return None;
        };
        let (addr, rest) = take_string(rest)?;
        self.rest = rest;
        Some(Address::new(Ton(ton), Npi(npi), addr))
    }
}

fn push_address(octets: &mut Vec<u8>, address: &Address<'_>) {
    octets.extend([address.ton.0, address.npi.0]);
    push_string(octets, address.addr.as_bytes());
}

/// A string with its length before it. The length has 16 bits: longer ones are in no PDU, and are cut.
fn push_string(octets: &mut Vec<u8>, string: &[u8]) {
    let len = u16::try_from(string.len()).unwrap_or(u16::MAX);
    octets.extend(len.to_be_bytes());
    octets.extend_from_slice(&string[..usize::from(len)]);
}

fn take_string(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = octets.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))
}

/// Whether a TLV says what the octets of the message or its key say already.
fn is_told_elsewhere(tag: u16, field: TextField) -> bool {
    match tag {
        REF_NUM | TOTAL_SEGMENTS | SEGMENT_SEQNUM => true,
        _ => tag == PAYLOAD && field == TextField::MessagePayload,
    }
}

const REF_NUM: u16 = <tlv::SarMsgRefNum as Tlv>::SPEC.tag;
const TOTAL_SEGMENTS: u16 = <tlv::SarTotalSegments as Tlv>::SPEC.tag;
const SEGMENT_SEQNUM: u16 = <tlv::SarSegmentSeqnum as Tlv>::SPEC.tag;
const PAYLOAD: u16 = <tlv::MessagePayload as Tlv>::SPEC.tag;

/// Stands first in keys and parts: which layout they have.
const LAYOUT: u8 = 1;
const UDH8: u8 = 1;
const UDH16: u8 = 2;
const SAR: u8 = 3;
/// Octets of a key before the scope.
const FIXED_OF_KEY: usize = 5;
/// Octets of an address, roughly.
const ADDRESS_ROOM: usize = 20;
/// Octets of a part before the data_coding.
const FIXED_OF_PART: usize = 14;
