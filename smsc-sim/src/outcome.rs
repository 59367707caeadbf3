//! What becomes of messages.

use std::fmt;
use std::str::FromStr;

use smpp::sms::stat;
use smpp::value::MessageState;

use crate::draw::{Chance, purpose};
use crate::setting::SettingError;

/// What becomes of messages, each outcome with its weight: of `DELIVRD=95,UNDELIV=5` 95 in 100 are delivered, on the long
/// run, and the others undeliverable.
///
/// The words are those of receipts (table B-2): DELIVRD, EXPIRED, DELETED, UNDELIV, ACCEPTD, UNKNOWN, REJECTD. ENROUTE is
/// what comes to no end before its validity is over, and is EXPIRED then.
///
/// ```
/// use smpp::value::MessageState;
/// use smsc_sim::OutcomeMix;
///
/// let mix: OutcomeMix = "DELIVRD=95,UNDELIV=5".parse()?;
/// assert_eq!(mix.to_string(), "DELIVRD=95,UNDELIV=5");
/// assert_eq!(OutcomeMix::from(MessageState::REJECTED).to_string(), "REJECTD=1");
/// assert!("DELIVERD=95".parse::<OutcomeMix>().unwrap_err().to_string().contains("did you mean `DELIVRD`?"));
/// # Ok::<(), smsc_sim::SettingError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeMix {
    weights: Vec<(MessageState, u32)>,
}

impl OutcomeMix {
    pub(crate) fn draw(&self, chance: Chance) -> MessageState {
        let total: u64 = self.weights.iter().map(|&(_, weight)| u64::from(weight)).sum();
        let mut drawn = (chance.unit(purpose::OUTCOME) * total as f64) as u64;
        for &(state, weight) in &self.weights {
            match drawn.checked_sub(weight.into()) {
                None => return state,
                Some(left) => drawn = left,
            }
        }
        MessageState::DELIVERED
    }
}

impl Default for OutcomeMix {
    /// Everything is delivered.
    fn default() -> Self {
        MessageState::DELIVERED.into()
    }
}

impl From<MessageState> for OutcomeMix {
    /// All messages come to this state. One that is not of those above counts as DELIVERED.
    fn from(state: MessageState) -> Self {
        let state = if STATES.contains(&state) { state } else { MessageState::DELIVERED };
        Self { weights: vec![(state, 1)] }
    }
}

impl FromStr for OutcomeMix {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let mut weights: Vec<(MessageState, u32)> = Vec::new();
        for part in text.split(',') {
            let (word, weight) = part
                .split_once('=')
                .ok_or_else(|| SettingError::new(format!("expected STATE=WEIGHT, such as DELIVRD=95, not `{part}`")))?;
            let state = by_stat(word)?;
            if weights.iter().any(|&(other, _)| other == state) {
                return Err(SettingError::new(format!("`{word}` is there twice")));
            }
            let digits = weight.bytes().all(|octet| octet.is_ascii_digit());
            let weight = weight.parse().ok().filter(|_| digits);
            let wrong = || SettingError::new(format!("a weight is a whole number, as in {word}=95, not `{part}`"));
            weights.push((state, weight.ok_or_else(wrong)?));
        }
        if weights.iter().all(|&(_, weight)| weight == 0) {
            return Err(SettingError::new(format!("in `{text}` nothing has a weight above 0")));
        }
        Ok(Self { weights })
    }
}

impl fmt::Display for OutcomeMix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, &(state, weight)) in self.weights.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma}{}={weight}", stat(state))?;
        }
        Ok(())
    }
}

/// A state by its word in receipts, or by its number (section 5.2.28).
pub(crate) fn state(text: &str) -> Result<MessageState, SettingError> {
    match text.parse::<u8>() {
        Ok(number @ 1..=8) => Ok(MessageState(number)),
        Ok(_) => Err(SettingError::new(format!("a message_state is from 1 to 8, not {text}"))),
        Err(_) => by_stat(text),
    }
}

fn by_stat(word: &str) -> Result<MessageState, SettingError> {
    let found = STATES.into_iter().find(|&state| stat(state) == word);
    found.ok_or_else(|| SettingError::unknown("state", word, &STATES.map(stat)))
}

/// What a message may come to.
pub(crate) const STATES: [MessageState; 8] = [
    MessageState::DELIVERED,
    MessageState::EXPIRED,
    MessageState::DELETED,
    MessageState::UNDELIVERABLE,
    MessageState::ACCEPTED,
    MessageState::UNKNOWN,
    MessageState::REJECTED,
    MessageState::ENROUTE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_drawn_by_weight() {
        let mix: OutcomeMix = "DELIVRD=90,UNDELIV=0,REJECTD=10".parse().unwrap();
        let drawn: Vec<_> = (0..10_000).map(|pdu| mix.draw(Chance::of_session(1, "me", 1).and(pdu))).collect();
        let count = |state| drawn.iter().filter(|&&other| other == state).count();
        assert!((850..1150).contains(&count(MessageState::REJECTED)), "{}", count(MessageState::REJECTED));
        assert_eq!(count(MessageState::DELIVERED) + count(MessageState::REJECTED), 10_000);
    }

    #[test]
    fn what_is_no_mix_says_why() {
        for (text, wanted) in [
            ("", "expected STATE=WEIGHT"),
            ("DELIVRD", "expected STATE=WEIGHT"),
            ("DELIVRD=95,", "not ``"),
            ("DELIVRD=95,UNDELIV", "not `UNDELIV`"),
            ("delivrd=1", "did you mean `DELIVRD`?"),
            ("LOST=1", "unknown state `LOST`, expected DELIVRD, EXPIRED"),
            ("DELIVRD=95%", "a weight is a whole number"),
            ("DELIVRD=+1", "a weight is a whole number"),
            ("DELIVRD=99999999999", "a weight is a whole number"),
            ("DELIVRD=1,DELIVRD=2", "`DELIVRD` is there twice"),
            ("DELIVRD=0", "nothing has a weight above 0"),
        ] {
            let error = text.parse::<OutcomeMix>().unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
