//! Receipts in PDUs.

use super::{NetworkError, Receipt};
use crate::codec::Tlv;
use crate::sms::Message;
use crate::tlv;
use crate::value::NetworkErrorType;
use crate::value::esm_class::MessageType;

impl<'a> Receipt<'a> {
    /// The receipt that a deliver_sm or data_sm is: marked as one, or as an intermediate notification, in its esm_class
    /// (0x04 and 0x20, section 5.2.12). `None` if it is not marked so.
    ///
    /// The text is read from short_message or message_payload, by whatever coding it turns out to have: data_coding
    /// is not relied on. TLVs are read as well; there may be nothing but them. If nothing can be made out, the
    /// receipt has nothing but [`raw`](Self::raw).
    ///
    /// ```
    /// use smpp::pdu::DeliverSm;
    /// use smpp::sms::Receipt;
    ///
    /// let pdu = DeliverSm::default().with_esm_class(0x04).with_short_message("id:42 stat:DELIVRD");
    /// assert_eq!(Receipt::of(&pdu).unwrap().message_id().unwrap(), "42");
    /// let pdu = DeliverSm::default().with_short_message("id:42 stat:DELIVRD");
    /// assert!(Receipt::of(&pdu).is_none());
    /// ```
    pub fn of(message: impl Into<Message<'a>>) -> Option<Self> {
        let message = message.into();
        match message.esm_class.message_type() {
            MessageType::SMSC_DELIVERY_RECEIPT => Some(Self::read(&message)),
            MessageType::INTERMEDIATE_NOTIFICATION => {
                Some(Self { intermediate_notification: true, ..Self::read(&message) })
            }
            _ => None,
        }
    }

    /// The same for SMSCs that do not mark their receipts: one that is marked, or else not marked as anything
    /// (esm_class 0x00) and that tells both a message_id and a state, by text or TLVs.
    ///
    /// Only where it is known that the SMSC does so: a subscriber can write a message that looks like a receipt.
    pub fn of_unmarked(message: impl Into<Message<'a>>) -> Option<Self> {
        let message = message.into();
        if message.esm_class.message_type() != MessageType::DEFAULT {
            return Self::of(message);
        }
        let receipt = Self::read(&message);
        let tells_state = receipt.message_state.is_some() || receipt.stat.is_some();
        (receipt.message_id().is_some() && tells_state).then_some(receipt)
    }

    fn read(message: &Message<'a>) -> Self {
        let user_data = message.user_data();
        let text = user_data.text;
        // What looks like a malformed header may be the beginning of the receipt, marked wrongly.
        let is_doubtful = user_data.header.is_err();
        let parsed = Self::parse(text)
            .filter(|receipt| !is_doubtful || receipt.id.is_some())
            .or_else(|| Self::parse(message.octets).filter(|_| is_doubtful))
            // SMSCs that send both a short_message and a message_payload may have it in either.
            .or_else(|| Self::parse(message.unread_payload()?));
        let tlvs = message.tlvs;
        let error = tlvs.find(tlv::NetworkErrorCode::SPEC.tag);
        Self {
            receipted_message_id: tlvs.get::<tlv::ReceiptedMessageId>().filter(|id| !id.is_empty()),
            message_state: tlvs.get::<tlv::MessageState>(),
            network_error_code: error.and_then(|error| match *error {
                [network, high, low] => {
                    Some(NetworkError { network: NetworkErrorType(network), code: u16::from_be_bytes([high, low]) })
                }
                _ => None,
            }),
            ..parsed.unwrap_or_else(|| Self { raw: text.into(), ..Self::default() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdu::{DataSm, DeliverSm, SubmitSm};
    use crate::value::MessageState;

    const TEXT: &str = "id:42 sub:001 dlvrd:001 stat:DELIVRD err:000 text:hi";

    fn deliver(esm_class: u8) -> DeliverSm<'static> {
        DeliverSm::default().with_esm_class(esm_class).with_short_message(TEXT)
    }

    #[test]
    fn esm_class_says_what_is_a_receipt() {
        for (esm_class, is_receipt, is_intermediate) in [
            (0x04, true, false),
            (0x07, true, false),
            (0x20, true, true),
            (0xA3, true, true),
            (0x00, false, false),
            (0x08, false, false),
            (0x10, false, false),
            (0x24, false, false),
        ] {
            let pdu = deliver(esm_class);
            let receipt = Receipt::of(&pdu);
            assert_eq!(receipt.is_some(), is_receipt, "{esm_class:#x}");
            assert_eq!(receipt.is_some_and(|receipt| receipt.intermediate_notification), is_intermediate);
        }
    }

    #[test]
    fn esm_class_0_is_a_receipt_only_where_the_caller_says_so() {
        let (unmarked, acknowledgement) = (deliver(0x00), deliver(0x08));
        assert_eq!(Receipt::of_unmarked(&unmarked).unwrap().message_id().unwrap(), "42");
        assert_eq!(Receipt::of_unmarked(&acknowledgement), None);
        assert!(Receipt::of_unmarked(&deliver(0x04)).is_some());
        for text in ["hello", "id:42 and so on", "stat:DELIVRD", "text: hi"] {
            assert_eq!(Receipt::of_unmarked(&DeliverSm::default().with_short_message(text)), None, "{text}");
        }
        let tlvs = DeliverSm::default().with_receipted_message_id("42").with_message_state(MessageState::DELIVERED);
        assert!(Receipt::of_unmarked(&tlvs).is_some());
        assert_eq!(Receipt::of_unmarked(&DeliverSm::default().with_receipted_message_id("42")), None);
    }

    #[test]
    fn a_receipt_of_which_nothing_can_be_made_out_is_there_all_the_same() {
        let pdu = DeliverSm::default().with_esm_class(0x04).with_short_message("delivered!");
        assert_eq!(Receipt::of(&pdu), Some(Receipt { raw: "delivered!".into(), ..Receipt::default() }));
    }

    #[test]
    fn a_user_data_header_is_not_part_of_the_text() {
        let headed = [b"\x05\0\x03\x01\x01\x01", TEXT.as_bytes()].concat();
        let pdu = DeliverSm::default().with_esm_class(0x44).with_short_message(headed);
        let receipt = Receipt::of(&pdu).unwrap();
        assert_eq!((receipt.raw.as_str(), receipt.sub), (Some(TEXT), Some(1)));
        // A header that is none is text.
        let pdu = deliver(0x44);
        assert_eq!(Receipt::of(&pdu).unwrap().id.unwrap(), "42");
        // Even if it is long enough for a header of 105 octets, as `i` would have it.
        let long = TEXT.to_owned() + &" and more".repeat(9);
        let pdu = DeliverSm::default().with_esm_class(0x44).with_short_message(&long);
        let receipt = Receipt::of(&pdu).unwrap();
        assert_eq!((receipt.id.unwrap(), receipt.raw), ("42".into(), long.as_str().into()));
        let stray = [b"\x06\0\x03\x01\x01\x01\x05", TEXT.as_bytes()].concat();
        let pdu = DeliverSm::default().with_esm_class(0x44).with_short_message(stray);
        assert_eq!(Receipt::of(&pdu).unwrap().id.unwrap(), "42");
    }

    #[test]
    fn the_text_may_stand_in_message_payload() {
        let payload = DeliverSm::default().with_esm_class(0x04).with_message_payload(TEXT);
        let both = payload.clone().with_short_message("see message_payload");
        for pdu in [&payload, &both] {
            let receipt = Receipt::of(pdu).unwrap();
            assert_eq!((receipt.id.unwrap(), receipt.raw), ("42".into(), TEXT.into()));
        }
    }

    #[test]
    fn other_pdus_carry_receipts_too() {
        let data = DataSm::default().with_esm_class(0x04).with_message_payload(TEXT);
        assert_eq!(Receipt::of(&data).unwrap().id.unwrap(), "42");
        assert_eq!(Receipt::of(&SubmitSm::default()), None);
    }
}
