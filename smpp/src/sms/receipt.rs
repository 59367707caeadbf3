//! The text of delivery receipts (appendix B).

use std::fmt;

use super::CivilTime;
use crate::value::MessageState;

/// A delivery receipt as appendix B writes it: `Display` gives the text.
///
/// ```
/// use smpp::sms::{CivilTime, Receipt};
/// use smpp::value::MessageState;
///
/// let time = CivilTime::new(2026, 11, 23, 13, 5, 0).unwrap();
/// let receipt = Receipt {
///     id: "42",
///     sub: 1,
///     dlvrd: 1,
///     submit_date: time,
///     done_date: time,
///     state: MessageState::DELIVERED,
///     err: 0,
///     text: "hello",
/// };
/// assert_eq!(
///     receipt.to_string(),
///     "id:42 sub:001 dlvrd:001 submit date:2611231305 done date:2611231305 stat:DELIVRD err:000 text:hello"
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt<'a> {
    /// The message_id that the SMSC gave when the message was submitted.
    pub id: &'a str,
    /// Messages submitted, 0 to 999.
    pub sub: u16,
    /// Messages delivered, 0 to 999.
    pub dlvrd: u16,
    /// When it was submitted.
    pub submit_date: CivilTime,
    /// When it came to its state.
    pub done_date: CivilTime,
    /// The state.
    pub state: MessageState,
    /// Error code of the network or SMSC, 0 to 999; 0 when all is well.
    pub err: u16,
    /// The message; its first 20 characters are shown.
    pub text: &'a str,
}

impl fmt::Display for Receipt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, sub, dlvrd, err, .. } = self;
        let (submitted, done) = (self.submit_date.to_receipt_date(), self.done_date.to_receipt_date());
        write!(f, "id:{id} sub:{sub:03} dlvrd:{dlvrd:03} submit date:{submitted} done date:{done} ")?;
        write!(f, "stat:{} err:{err:03} text:", stat(self.state))?;
        self.text.chars().take(TEXT_LENGTH).try_for_each(|letter| write!(f, "{letter}"))
    }
}

/// The seven letters of a state (table B-2). ENROUTE is not in the table; SMSCs send it in intermediate notifications.
pub fn stat(state: MessageState) -> &'static str {
    match state {
        MessageState::ENROUTE => "ENROUTE",
        MessageState::DELIVERED => "DELIVRD",
        MessageState::EXPIRED => "EXPIRED",
        MessageState::DELETED => "DELETED",
        MessageState::UNDELIVERABLE => "UNDELIV",
        MessageState::ACCEPTED => "ACCEPTD",
        MessageState::REJECTED => "REJECTD",
        _ => "UNKNOWN",
    }
}

/// Characters of the message that a receipt shows.
const TEXT_LENGTH: usize = 20;
