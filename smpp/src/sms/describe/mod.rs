//! What a message says, in one call.

mod display;
mod finding;
#[cfg(feature = "serde")]
mod serde;

use super::{
    Address, Alphabet, Concatenation, Decoded, Message, Ports, Profile, Receipt, Scheme, TextField, UserDataHeader,
};
use crate::codec::CommandId;
use crate::protocol::command;
use crate::validate::values::Direction;
use crate::value::Ton;
use crate::value::esm_class::{GsmFeatures, MessageType, MessagingMode};

pub use finding::Finding;

/// All that a message says: what it is, its text and the alphabet, which part of a longer one it is, the elements of
/// its header, its receipt, and what is odd about it.
///
/// `Display` gives lines for people, the text among them; the fields are for programs. With the feature `serde` it is
/// serialized as a map of these.
///
/// ```
/// use smpp::pdu::DeliverSm;
/// use smpp::sms::{MessageKind, Profile, describe};
///
/// let pdu = DeliverSm::default()
///     .with_source_addr("4179123456")
///     .with_destination_addr("4178")
///     .with_esm_class(0x40)
///     .with_data_coding(8)
///     .with_short_message(b"\x05\x00\x03\x2A\x02\x01\x04\x14\x04\x30");
/// let description = describe(&pdu, &Profile::default());
/// assert_eq!(description.kind, MessageKind::Message);
/// assert_eq!(description.text.as_deref(), Some("Да"));
/// assert_eq!(description.concatenation.map(|part| (part.part, part.total)), Some((1, 2)));
/// assert!(description.findings.is_empty());
/// println!("{description}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description<'a> {
    /// The command that carries it.
    pub command_id: CommandId,
    /// What it is.
    pub kind: MessageKind,
    /// How the SMSC is to handle it; `None` if it comes from the SMSC, where it has no meaning.
    pub messaging_mode: Option<MessagingMode>,
    /// Whether a reply path is set.
    pub reply_path: bool,
    /// Where it comes from.
    pub source: Address<'a>,
    /// The name that it comes from, if the source address is alphanumeric, in the alphabet of the profile.
    pub source_name: Option<String>,
    /// Where it goes to: several of a submit_multi, none of a replace_sm.
    pub destinations: Vec<Address<'a>>,
    /// What data_coding says: coding group, class, message waiting, compression.
    pub scheme: Scheme,
    /// The text; `None` if it is none (8-bit data).
    pub text: Option<String>,
    /// The alphabet that the text was read in, which is not that of the scheme if that is evidently wrong; none of
    /// UTF-8, which SMPP does not have.
    pub alphabet: Option<Alphabet>,
    /// The octets of the text, or what there is in its place.
    pub octets: &'a [u8],
    /// Where they stand in the PDU.
    pub field: TextField,
    /// The user data header, if there is one that can be read.
    pub header: Option<UserDataHeader<'a>>,
    /// Which part of a longer message it is, if it is one.
    pub concatenation: Option<Concatenation>,
    /// Application ports, of the header or of TLVs.
    pub ports: Option<Ports>,
    /// The receipt or notification that it is, if it is one.
    pub receipt: Option<Receipt<'a>>,
    /// What is odd about it; empty if nothing is.
    pub findings: Vec<Finding>,
}

/// What a message is, by its esm_class and its direction (section 5.2.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MessageKind {
    /// A message.
    Message,
    /// A delivery receipt of the SMSC.
    DeliveryReceipt,
    /// A notification of the SMSC while the message is on its way.
    IntermediateNotification,
    /// An acknowledgement that a message arrived: of an SME if it comes from the SMSC, of the ESME otherwise.
    DeliveryAcknowledgement,
    /// An acknowledgement that a message was read: of an SME if it comes from the SMSC, of the ESME otherwise.
    ManualAcknowledgement,
    /// The end of a conversation (Korean CDMA).
    ConversationAbort,
    /// What the standard has no meaning for in this direction.
    Reserved(MessageType),
}

/// All that a message says: see [`Description`].
///
/// Any PDU that carries a message will do, and so will a [`Message`]; that of [`Joined`](super::Joined) for instance.
/// What is odd about it does not keep the rest from being told.
pub fn describe<'a>(message: impl Into<Message<'a>>, profile: &Profile) -> Description<'a> {
    let message = message.into();
    let direction = command::find(message.command_id).map_or(Direction::Either, Direction::of);
    let is_mo = direction != Direction::Submit;
    let user_data = message.user_data();
    let receipt = if is_mo { Receipt::of(message.clone()) } else { None };
    let mut decoded = message.decode(profile);
    if receipt.is_some() && is_receipt_in_ascii(user_data.text, &decoded) {
        decoded.text = Some(Alphabet::Ascii.decode(user_data.text));
        (decoded.alphabet, decoded.exact, decoded.belied) = (Some(Alphabet::Ascii), false, true);
    }
    let is_alphanumeric = message.source.ton == Ton::ALPHANUMERIC;
    Description {
        command_id: message.command_id,
        kind: MessageKind::of(message.esm_class.message_type(), direction),
        messaging_mode: (direction != Direction::Deliver).then(|| message.esm_class.messaging_mode()),
        reply_path: message.esm_class.0 & GsmFeatures::REPLY_PATH.0 != 0,
        source_name: is_alphanumeric.then(|| profile.decode_address(message.source.addr.as_bytes())),
        destinations: message.destinations().filter(|address| *address != Address::default()).collect(),
        scheme: Scheme::of(message.data_coding),
        octets: user_data.text,
        field: message.field,
        concatenation: message.concatenation(),
        ports: message.ports(),
        findings: finding::findings(&message, &user_data, &decoded, receipt.as_ref(), is_mo),
        receipt,
        text: decoded.text,
        alphabet: decoded.alphabet,
        header: user_data.header.ok().flatten(),
        source: message.source,
    }
}

/// Whether octets are a receipt as they stand, and none in the coding that they are said to be in: SMSCs write receipts
/// in ASCII, and give them the data_coding of the message.
fn is_receipt_in_ascii(octets: &[u8], decoded: &Decoded) -> bool {
    let is_receipt = |octets: &[u8]| Receipt::parse(octets).is_some();
    is_receipt(octets) && decoded.text.as_ref().is_some_and(|text| !is_receipt(text.as_bytes()))
}

impl MessageKind {
    fn of(message_type: MessageType, direction: Direction) -> Self {
        let is_mo = direction != Direction::Submit;
        match message_type {
            MessageType::DEFAULT => Self::Message,
            MessageType::SME_DELIVERY_ACK => Self::DeliveryAcknowledgement,
            MessageType::SME_MANUAL_ACK => Self::ManualAcknowledgement,
            MessageType::SMSC_DELIVERY_RECEIPT if is_mo => Self::DeliveryReceipt,
            MessageType::INTERMEDIATE_NOTIFICATION if is_mo => Self::IntermediateNotification,
            MessageType::CONVERSATION_ABORT if is_mo => Self::ConversationAbort,
            reserved => Self::Reserved(reserved),
        }
    }
}
