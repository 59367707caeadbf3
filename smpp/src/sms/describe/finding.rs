//! What is odd about a message.

use std::fmt;

use crate::codec::{Command, Tlv, TlvSpec};
use crate::pdu::ReplaceSm;
use crate::sms::{Alphabet, Decoded, ElementFault, Message, Receipt, UserData, UserDataHeaderError};
use crate::tlv;
use crate::value::esm_class::MessageType;

/// Something odd about a message, which does not keep it from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// esm_class says that there is a user data header, but there is none that can be read. It is passed over if it is
    /// known where it ends; otherwise all octets count as the text.
    MalformedHeader(UserDataHeaderError),
    /// An element of the user data header is passed over.
    Element(ElementFault),
    /// A TLV that does not count because there is a user data header (sections 5.3.2.20 to 5.3.2.24).
    TlvBesideHeader {
        /// Its name, such as `sar_msg_ref_num`.
        name: &'static str,
    },
    /// Of the three sar TLVs only some are there, or one has a value that it cannot have; so none counts (erratum 46).
    LoneSarTlvs,
    /// The sar TLVs tell of a part that cannot be.
    ImpossiblePart {
        /// Number of parts.
        total: u8,
        /// Which of them.
        part: u8,
    },
    /// There is a message_payload beside the short_message, and only that is read (sections 4.4.1 and 5.3.2.32).
    UnreadPayload {
        /// Its octets.
        octets: usize,
    },
    /// The octets are evidently not what data_coding says, and were read in this alphabet.
    Belied {
        /// The alphabet; none of UTF-8, which SMPP does not have.
        alphabet: Option<Alphabet>,
    },
    /// The text begins with a byte order mark, which has no place in UCS-2.
    ByteOrderMark,
    /// Some octets are no letters of the alphabet: U+FFFD stands in their place, or a letter of another table.
    Inexact,
    /// It is marked as a receipt, but tells neither a message_id nor a state.
    UnreadableReceipt,
    /// It is not marked as a receipt, but reads like one.
    UnmarkedReceipt,
    /// A replace_sm has no data_coding: its text is in that of the message it changes, and was read as if that were 0.
    NoDataCoding,
}

pub(super) fn findings(
    message: &Message<'_>,
    user_data: &UserData<'_>,
    decoded: &Decoded,
    receipt: Option<&Receipt<'_>>,
    is_mo: bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    match &user_data.header {
        Ok(Some(header)) => findings.extend(header.faults().into_iter().map(Finding::Element)),
        Ok(None) => findings.extend(sar(message)),
        Err(error) => findings.push(Finding::MalformedHeader(*error)),
    }
    if message.has_header() {
        let beside = SAR.iter().chain(&PORTS).filter(|tlv| message.tlvs.contains(tlv.tag));
        findings.extend(beside.map(|tlv| Finding::TlvBesideHeader { name: tlv.name }));
    }
    if let Some(payload) = message.unread_payload() {
        findings.push(Finding::UnreadPayload { octets: payload.len() });
    }
    if decoded.belied {
        findings.push(Finding::Belied { alphabet: decoded.alphabet });
    } else if decoded.byte_order_mark {
        findings.push(Finding::ByteOrderMark);
    } else if !decoded.exact {
        findings.push(Finding::Inexact);
    }
    let tells = |receipt: &Receipt<'_>| {
        receipt.message_id().is_some() || receipt.stat.is_some() || receipt.message_state.is_some()
    };
    if receipt.is_some_and(|receipt| !tells(receipt)) {
        findings.push(Finding::UnreadableReceipt);
    }
    let is_plain = is_mo && message.esm_class.message_type() == MessageType::DEFAULT;
    if is_plain && Receipt::of_unmarked(message.clone()).is_some() {
        findings.push(Finding::UnmarkedReceipt);
    }
    if message.command_id == ReplaceSm::SPEC.id {
        findings.push(Finding::NoDataCoding);
    }
    findings
}

/// What is odd about the sar TLVs of a message without a header.
fn sar(message: &Message<'_>) -> Option<Finding> {
    if message.concatenation().is_some() || !SAR.iter().any(|tlv| message.tlvs.contains(tlv.tag)) {
        return None;
    }
    let (total, part) = (message.tlvs.get::<tlv::SarTotalSegments>(), message.tlvs.get::<tlv::SarSegmentSeqnum>());
    match (message.tlvs.get::<tlv::SarMsgRefNum>(), total, part) {
        (Some(_), Some(total), Some(part)) => Some(Finding::ImpossiblePart { total, part }),
        _ => Some(Finding::LoneSarTlvs),
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MalformedHeader(
                error @ (UserDataHeaderError::StrayOctet { .. } | UserDataHeaderError::ElementBeyondHeader { .. }),
            ) => write!(f, "{error}; it is passed over as a whole"),
            Self::MalformedHeader(error) => write!(f, "{error}; all octets are shown as the text"),
            Self::Element(fault) => write!(f, "{fault}"),
            Self::TlvBesideHeader { name } => write!(f, "{name} does not count beside a user data header"),
            Self::LoneSarTlvs => f.write_str("the sar TLVs are not all there, so none of them counts"),
            Self::ImpossiblePart { total, part } => write!(f, "the sar TLVs tell of part {part} of {total}"),
            Self::UnreadPayload { octets } => {
                write!(f, "a message_payload of {octets} octets beside the short_message is not read")
            }
            Self::Belied { alphabet: Some(alphabet) } => {
                write!(f, "the octets are evidently not what data_coding says, and are read as {alphabet}")
            }
            Self::Belied { alphabet: None } => {
                f.write_str("the octets are evidently not what data_coding says, and are read as UTF-8")
            }
            Self::ByteOrderMark => f.write_str("the text begins with a byte order mark"),
            Self::Inexact => f.write_str("some octets are no letters of the alphabet"),
            Self::UnreadableReceipt => f.write_str("marked as a receipt, but tells neither message_id nor state"),
            Self::UnmarkedReceipt => f.write_str("reads like a receipt, but is not marked as one"),
            Self::NoDataCoding => {
                f.write_str("in the data_coding of the message that is replaced, which is taken to be 0")
            }
        }
    }
}

const SAR: [&TlvSpec; 3] = [tlv::SarMsgRefNum::SPEC, tlv::SarTotalSegments::SPEC, tlv::SarSegmentSeqnum::SPEC];
const PORTS: [&TlvSpec; 2] = [tlv::SourcePort::SPEC, tlv::DestinationPort::SPEC];
