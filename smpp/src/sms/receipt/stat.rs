//! The words for states.

use crate::value::MessageState;

/// The seven letters of a state (table B-2). ENROUTE is not in the table, and SCHEDLD and SKIPPED are states of SMPP
/// 5.0; SMSCs send them all. A number that is no state is `UNKNOWN`.
pub fn stat(state: MessageState) -> &'static str {
    let found = WORDS.iter().find(|(_, other)| *other == state);
    found.map_or("UNKNOWN", |(word, _)| word)
}

/// The state that a word stands for, or a number.
pub(super) fn state_of(word: &[u8]) -> Option<MessageState> {
    if let Some((_, state)) = WORDS.iter().find(|(other, _)| word.eq_ignore_ascii_case(other.as_bytes())) {
        return Some(*state);
    }
    let number = super::parse::number(word)?;
    u8::try_from(number).ok().map(MessageState)
}

/// States of SMPP 5.0.
const SCHEDULED: MessageState = MessageState(0);
pub(super) const SKIPPED: MessageState = MessageState(9);

/// Of each state the word of table B-2 comes first.
const WORDS: [(&str, MessageState); 17] = [
    ("DELIVRD", MessageState::DELIVERED),
    ("DELIVERED", MessageState::DELIVERED),
    ("EXPIRED", MessageState::EXPIRED),
    ("DELETED", MessageState::DELETED),
    ("UNDELIV", MessageState::UNDELIVERABLE),
    ("UNDELIVERED", MessageState::UNDELIVERABLE),
    ("UNDELIVERABLE", MessageState::UNDELIVERABLE),
    ("FAILED", MessageState::UNDELIVERABLE),
    ("ACCEPTD", MessageState::ACCEPTED),
    ("ACCEPTED", MessageState::ACCEPTED),
    ("UNKNOWN", MessageState::UNKNOWN),
    ("REJECTD", MessageState::REJECTED),
    ("REJECTED", MessageState::REJECTED),
    ("ENROUTE", MessageState::ENROUTE),
    ("SCHEDLD", SCHEDULED),
    ("SCHEDULED", SCHEDULED),
    ("SKIPPED", SKIPPED),
];
