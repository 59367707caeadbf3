//! Writing the text of a receipt, and the PDU around it.

use std::fmt;
use std::io::Write;

use super::{Receipt, stat};
use crate::codec::{COctetString, OctetString};
use crate::pdu::DeliverSm;
use crate::tlv;
use crate::value::EsmClass;
use crate::value::esm_class::MessageType;

impl Receipt<'_> {
    /// The text of appendix B. Fields that are missing are left out; where text has no id or state and TLVs do,
    /// theirs are written.
    ///
    /// Of [`text`](Self::text) 20 octets are written at most, fewer where that would cut a character of UTF-8, or
    /// part the escape of the GSM alphabet from what it escapes.
    pub fn to_octets(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        let word = |out: &mut Vec<u8>, key: &str, value: &[u8]| {
            if !out.is_empty() {
                out.push(b' ');
            }
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(value);
        };
        if let Some(id) = self.id.as_ref().or(self.receipted_message_id.as_ref()) {
            word(&mut out, "id:", id.as_bytes());
        }
        for (key, count) in [("sub:", self.sub), ("dlvrd:", self.dlvrd)] {
            if let Some(count) = count {
                word(&mut out, key, b"");
                // Writing to a Vec does not fail.
                let _ = write!(out, "{count:03}");
            }
        }
        let octets = |field: &Option<OctetString<'_>>| field.as_ref().map(|octets| octets.as_bytes().to_vec());
        let stat = octets(&self.stat).or_else(|| Some(stat(self.message_state?).into()));
        let dates = [("submit date:", octets(&self.submit_date)), ("done date:", octets(&self.done_date))];
        for (key, value) in dates.into_iter().chain([("stat:", stat), ("err:", octets(&self.err))]) {
            if let Some(value) = value {
                word(&mut out, key, &value);
            }
        }
        if let Some(text) = &self.text {
            word(&mut out, "text:", cut(text.as_bytes()));
        }
        out
    }

    /// A deliver_sm with the text as its short_message, marked as receipt or intermediate notification, with what is
    /// known for the TLVs receipted_message_id, message_state and network_error_code. Addresses are for the caller to
    /// set: those of the message, the other way round.
    ///
    /// ```
    /// use smpp::sms::Receipt;
    /// use smpp::value::MessageState;
    ///
    /// let pdu = Receipt::default()
    ///     .with_id("42")
    ///     .with_state(MessageState::DELIVERED)
    ///     .to_deliver_sm()
    ///     .with_source_addr("4179123456");
    /// assert_eq!(pdu.short_message, "id:42 stat:DELIVRD");
    /// assert_eq!(pdu.esm_class.0, 0x04);
    /// assert_eq!(pdu.message_state(), Some(MessageState::DELIVERED));
    /// ```
    pub fn to_deliver_sm(&self) -> DeliverSm<'static> {
        let message_type = if self.intermediate_notification {
            MessageType::INTERMEDIATE_NOTIFICATION
        } else {
            MessageType::SMSC_DELIVERY_RECEIPT
        };
        let mut pdu = DeliverSm::default()
            .with_esm_class(EsmClass::default().with_message_type(message_type))
            .with_short_message(self.to_octets());
        if let Some(id) = self.message_id() {
            pdu.tlvs.push::<tlv::ReceiptedMessageId>(COctetString::borrowed(id.as_bytes()));
        }
        if let Some(state) = self.state() {
            pdu.tlvs.push::<tlv::MessageState>(state);
        }
        if let Some(error) = self.network_error_code {
            let [high, low] = error.code.to_be_bytes();
            pdu.tlvs.push::<tlv::NetworkErrorCode>(OctetString::from(&[error.network.0, high, low]));
        }
        pdu
    }
}

impl fmt::Display for Receipt<'_> {
    /// The text of appendix B: [`to_octets`](Self::to_octets), with U+FFFD for what is not UTF-8.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_octets()))
    }
}

/// The first 20 octets of a text, less what would be cut.
fn cut(text: &[u8]) -> &[u8] {
    let Some(begin) = text.get(..TEXT_LENGTH).filter(|_| text.len() > TEXT_LENGTH) else { return text };
    let end = match std::str::from_utf8(text) {
        Ok(text) => (0..=TEXT_LENGTH).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0),
        Err(_) => TEXT_LENGTH,
    };
    match &begin[..end] {
        [before @ .., ESCAPE] => before,
        whole => whole,
    }
}

/// Octets of the message that a receipt shows (table B-1).
const TEXT_LENGTH: usize = 20;
/// Of the GSM alphabet: the next octet is of the extension table.
const ESCAPE: u8 = 0x1B;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms::CivilTime;
    use crate::value::MessageState;

    #[test]
    fn appendix_b() {
        let time = CivilTime::new(2010, 5, 23, 20, 39, 0).unwrap();
        let receipt = Receipt::default()
            .with_id("0123456789")
            .with_sub(1)
            .with_dlvrd(1)
            .with_submit_date(time)
            .with_done_date(time)
            .with_state(MessageState::DELIVERED)
            .with_err("012")
            .with_text("This is a sample message");
        let text = "id:0123456789 sub:001 dlvrd:001 submit date:1005232039 done date:1005232039 stat:DELIVRD err:012 \
                    text:This is a sample mes";
        assert_eq!(receipt.to_string(), text);
        assert_eq!(receipt.to_octets(), text.as_bytes());
        assert_eq!(Receipt::default().to_octets(), b"");
        assert_eq!(Receipt::default().with_text("").to_octets(), b"text:");
    }

    #[test]
    fn the_text_is_cut_without_breaking_anything() {
        assert_eq!(cut(&[b'x'; 20]), [b'x'; 20]);
        assert_eq!(cut(&[b'x'; 21]), [b'x'; 20]);
        let umlauts = "\u{fc}".repeat(11);
        assert_eq!(cut(umlauts.as_bytes()), "\u{fc}".repeat(10).as_bytes());
        let odd = format!("x{umlauts}");
        assert_eq!(cut(odd.as_bytes()), format!("x{}", "\u{fc}".repeat(9)).as_bytes());
        let escape = [&[b'x'; 19][..], b"\x1Be"].concat();
        assert_eq!(cut(&escape), [b'x'; 19]);
        assert_eq!(cut(&[0xFC; 21]), [0xFC; 20]);
    }

    #[test]
    fn a_receipt_of_tlvs_alone_has_a_text_as_well() {
        let receipt = Receipt {
            receipted_message_id: Some("7".into()),
            message_state: Some(MessageState::EXPIRED),
            ..Receipt::default()
        };
        assert_eq!(receipt.to_string(), "id:7 stat:EXPIRED");
    }
}
