//! Delivery receipts (section 2.11 and appendix B): what became of a message.

mod date;
mod parse;
mod pdu;
mod stat;
mod write;

pub use stat::stat;

use crate::codec::{COctetString, OctetString};
use crate::value::{MessageState, NetworkErrorType};

/// A delivery receipt, or an intermediate notification: what its text says, and what the TLVs beside it say.
///
/// Every field may be missing, and SMSCs do leave any of them out; one that is there with nothing in it counts as
/// missing. The fields hold what stands in the receipt. The methods say what it means: there TLVs win over text, as
/// they are what SMSCs get right.
///
/// | question | answered by | out of |
/// |---|---|---|
/// | about which message? | [`message_id`](Self::message_id) | receipted_message_id, else `id:` |
/// | what became of it? | [`state`](Self::state), [`is_final`](Self::is_final) | message_state, else `stat:` |
/// | why? | [`error_code`](Self::error_code) | network_error_code, else `err:` |
/// | when? | [`submit_time`](Self::submit_time), [`done_time`](Self::done_time) | `submit date:`, `done date:` |
///
/// [`of`](Self::of) reads a PDU, [`parse`](Self::parse) a text. A [`Tracker`](super::Tracker) joins receipts with
/// what was submitted.
///
/// ```
/// use smpp::sms::Receipt;
/// use smpp::value::MessageState;
///
/// let text = b"id:1054BC63 sub:001 dlvrd:000 submit date:2611231305 done date:2611231307 stat:UNDELIV err:21b text:hi";
/// let receipt = Receipt::parse(text).unwrap();
/// assert_eq!(receipt.message_id().unwrap(), "1054BC63");
/// assert_eq!(receipt.state(), Some(MessageState::UNDELIVERABLE));
/// assert!(receipt.is_final());
/// assert_eq!(receipt.err.as_ref().unwrap(), "21b");
/// assert_eq!(receipt.done_time().unwrap().to_string(), "2026-11-23 13:07:00");
/// ```
///
/// It is built field by field; `Display` and [`to_octets`](Self::to_octets) give the text of appendix B.
///
/// ```
/// use smpp::sms::{CivilTime, Receipt};
/// use smpp::value::MessageState;
///
/// let time = CivilTime::new(2026, 11, 23, 13, 5, 0)?;
/// let receipt = Receipt::default()
///     .with_id("42")
///     .with_sub(1)
///     .with_dlvrd(1)
///     .with_submit_date(time)
///     .with_done_date(time)
///     .with_state(MessageState::DELIVERED)
///     .with_err("000")
///     .with_text("hello");
/// assert_eq!(
///     receipt.to_string(),
///     "id:42 sub:001 dlvrd:001 submit date:2611231305 done date:2611231305 stat:DELIVRD err:000 text:hello"
/// );
/// # Ok::<(), smpp::sms::TimeError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// `id:`, the message_id as the SMSC writes it in receipts, which need not be how it writes it in responses: see
    /// [`IdForm`](super::IdForm). On paper 10 decimal digits, in practice anything without white space.
    pub id: Option<COctetString<'a>>,
    /// `sub:`, messages submitted. On paper 3 digits.
    pub sub: Option<u32>,
    /// `dlvrd:`, messages delivered. On paper 3 digits.
    pub dlvrd: Option<u32>,
    /// `submit date:`, as it stands there; on paper `YYMMDDhhmm`. See [`submit_time`](Self::submit_time).
    pub submit_date: Option<OctetString<'a>>,
    /// `done date:`, as it stands there. See [`done_time`](Self::done_time).
    pub done_date: Option<OctetString<'a>>,
    /// `stat:`, as it stands there, for instance `DELIVRD`. See [`state`](Self::state).
    pub stat: Option<OctetString<'a>>,
    /// `err:`, as it stands there: a code of the network or SMSC, often but not always 3 decimal digits. See
    /// [`error_code`](Self::error_code).
    pub err: Option<OctetString<'a>>,
    /// `text:`, the beginning of the message, in whatever coding that had. Of a receipt that is UCS-2 as a whole, in
    /// UTF-8.
    pub text: Option<OctetString<'a>>,
    /// The TLV receipted_message_id (section 5.3.2.12).
    pub receipted_message_id: Option<COctetString<'a>>,
    /// The TLV message_state (section 5.3.2.35).
    pub message_state: Option<MessageState>,
    /// The TLV network_error_code (section 5.3.2.31).
    pub network_error_code: Option<NetworkError>,
    /// Whether the PDU is marked as an intermediate notification (esm_class 0x20) and not as a receipt.
    pub intermediate_notification: bool,
    /// All the octets that the text was read from, as they came; empty in one that is being built, and never written.
    pub raw: OctetString<'a>,
}

/// An error of the network, as the TLV network_error_code has it (section 5.3.2.31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NetworkError {
    /// Which network's code it is.
    pub network: NetworkErrorType,
    /// The network's code.
    pub code: u16,
}

impl<'a> Receipt<'a> {
    /// The message_id that it is about: receipted_message_id, or `id:` where there is none.
    ///
    /// SMSCs write it as they wrote it in the response, or in other digits: see [`IdForm`](super::IdForm).
    pub fn message_id(&self) -> Option<&COctetString<'a>> {
        self.receipted_message_id.as_ref().or(self.id.as_ref())
    }

    /// The state of the message: message_state, or what `stat:` stands for where there is none.
    ///
    /// `None` if nothing is said of the state, or `stat:` is no word that is known: it is in [`stat`](Self::stat)
    /// then. Words are those of table B-2, their long spellings, ENROUTE, FAILED (undeliverable), SCHEDLD and SKIPPED
    /// (states of SMPP 5.0), in any case; a number is taken as a message_state (section 5.2.28).
    pub fn state(&self) -> Option<MessageState> {
        self.message_state.or_else(|| stat::state_of(self.stat.as_ref()?.as_bytes()))
    }

    /// Whether the message will not come to another state.
    ///
    /// DELIVERED, EXPIRED, DELETED, UNDELIVERABLE, REJECTED and SKIPPED are final, and so is UNKNOWN, unless the PDU is
    /// marked as an intermediate notification. Nothing else is: ENROUTE and SCHEDULED by their meaning, a state that is
    /// not known or not told because nothing can be concluded from it. ACCEPTED is final on paper (table B-2), but many
    /// SMSCs send it when they have taken the message, and the outcome later; so it is not final here. A mark as
    /// intermediate notification does not make a final state less so, since some SMSCs send nothing else.
    pub fn is_final(&self) -> bool {
        match self.state() {
            Some(
                MessageState::DELIVERED
                | MessageState::EXPIRED
                | MessageState::DELETED
                | MessageState::UNDELIVERABLE
                | MessageState::REJECTED
                | stat::SKIPPED,
            ) => true,
            Some(MessageState::UNKNOWN) => !self.intermediate_notification,
            _ => false,
        }
    }

    /// The code of the error, 0 usually meaning that there was none: that of network_error_code, or `err:` where
    /// there is none, if it is a decimal number.
    pub fn error_code(&self) -> Option<u32> {
        match self.network_error_code {
            Some(error) => Some(error.code.into()),
            None => parse::number(self.err.as_ref()?.as_bytes()),
        }
    }

    /// The same with another [`id`](Self::id): octets without white space.
    pub fn with_id(mut self, id: impl Into<COctetString<'a>>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The same with another [`sub`](Self::sub).
    pub fn with_sub(mut self, sub: u32) -> Self {
        self.sub = Some(sub);
        self
    }

    /// The same with another [`dlvrd`](Self::dlvrd).
    pub fn with_dlvrd(mut self, dlvrd: u32) -> Self {
        self.dlvrd = Some(dlvrd);
        self
    }

    /// The same with another [`submit_date`](Self::submit_date), written as
    /// [`CivilTime::to_receipt_date`](super::CivilTime::to_receipt_date) does.
    pub fn with_submit_date(mut self, time: super::CivilTime) -> Self {
        self.submit_date = Some(time.to_receipt_date().into());
        self
    }

    /// The same with another [`done_date`](Self::done_date), written as
    /// [`CivilTime::to_receipt_date`](super::CivilTime::to_receipt_date) does.
    pub fn with_done_date(mut self, time: super::CivilTime) -> Self {
        self.done_date = Some(time.to_receipt_date().into());
        self
    }

    /// The same with the word of a state as [`stat`](Self::stat).
    pub fn with_state(self, state: MessageState) -> Self {
        self.with_stat(stat(state))
    }

    /// The same with another [`stat`](Self::stat): octets without white space.
    pub fn with_stat(mut self, stat: impl Into<OctetString<'a>>) -> Self {
        self.stat = Some(stat.into());
        self
    }

    /// The same with another [`err`](Self::err): octets without white space.
    pub fn with_err(mut self, err: impl Into<OctetString<'a>>) -> Self {
        self.err = Some(err.into());
        self
    }

    /// The same with another [`text`](Self::text), of which 20 octets are written.
    pub fn with_text(mut self, text: impl Into<OctetString<'a>>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// The same with octets of its own.
    pub fn into_owned(self) -> Receipt<'static> {
        Receipt {
            id: self.id.map(COctetString::into_owned),
            sub: self.sub,
            dlvrd: self.dlvrd,
            submit_date: self.submit_date.map(OctetString::into_owned),
            done_date: self.done_date.map(OctetString::into_owned),
            stat: self.stat.map(OctetString::into_owned),
            err: self.err.map(OctetString::into_owned),
            text: self.text.map(OctetString::into_owned),
            receipted_message_id: self.receipted_message_id.map(COctetString::into_owned),
            message_state: self.message_state,
            network_error_code: self.network_error_code,
            intermediate_notification: self.intermediate_notification,
            raw: self.raw.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_final() {
        let is_final = |stat: &'static str, intermediate_notification| {
            Receipt { intermediate_notification, ..Receipt::default().with_stat(stat) }.is_final()
        };
        for stat in ["DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "REJECTD", "FAILED", "SKIPPED", "delivered", "2"] {
            assert!(is_final(stat, false) && is_final(stat, true), "{stat}");
        }
        for stat in ["ACCEPTD", "ENROUTE", "SCHEDLD", "BUFFRED", "ACKED", "0", "99", ""] {
            assert!(!is_final(stat, false) && !is_final(stat, true), "{stat}");
        }
        assert!(is_final("UNKNOWN", false) && !is_final("UNKNOWN", true));
        assert!(!Receipt::default().is_final());
    }

    #[test]
    fn tlvs_win_over_text() {
        let text = Receipt::default().with_id("1").with_state(MessageState::DELIVERED).with_err("012");
        assert_eq!(text.message_id().unwrap(), "1");
        assert_eq!((text.state(), text.error_code()), (Some(MessageState::DELIVERED), Some(12)));
        let both = Receipt {
            receipted_message_id: Some("2".into()),
            message_state: Some(MessageState::EXPIRED),
            network_error_code: Some(NetworkError { network: NetworkErrorType::GSM, code: 34 }),
            ..text
        };
        assert_eq!(both.message_id().unwrap(), "2");
        assert_eq!((both.state(), both.error_code()), (Some(MessageState::EXPIRED), Some(34)));
    }
}
