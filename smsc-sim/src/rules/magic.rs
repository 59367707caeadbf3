//! Destinations that say by themselves what happens to a message.
//!
//! They are numbers of +999, which is assigned to nobody, so that any client in any language can test without the control
//! API. `+` or `00` in front is passed over, and so are digits behind those that count.
//!
//! | Destination | Effect |
//! |---|---|
//! | 9990… | accepted, and delivered |
//! | 9991SSSS | the response has the command_status SSSS, in decimal |
//! | 9992FEEE | the final message_state is F (2 to 8), `err:` of the receipt EEE |
//! | 9993TTT | the response comes TTT × 100 ms late |
//! | 99940, 99941 | no response: nothing done; done and receipted all the same |
//! | 99950, 99951, 99952 | reset before the response, end of the connection after it, unbind after it |
//! | 99960 to 99967 | in place of the response generic_nack, generic_nack with sequence_number 0; a response with another sequence_number, with a wrong length, with an unknown command_id, cut short, twice, octet by octet |
//! | 99970 to 99977 | the receipt comes before the response, twice, for an unknown message_id, never, with a decimal id, without TLVs, with TLVs alone, without `sub:` and `dlvrd:` |
//! | 9998… | the text comes back as a message |

use std::time::Duration;

use smpp::value::{CommandStatus, MessageState};

use super::{Action, MoReply, Moment, ReceiptFaults};
use crate::line::{Close, Mangle};
use crate::{Delay, ReceiptForm, ReceiptIdForm};

/// What a destination asks for; none if it is no magic number.
pub(crate) fn magic(destination: &[u8]) -> Option<Action> {
    let number = destination.strip_prefix(b"+").or_else(|| destination.strip_prefix(b"00")).unwrap_or(destination);
    let rest = number.strip_prefix(b"999")?;
    let digits = |from: usize, to: usize| -> Option<u32> {
        let digits = rest.get(from..to)?;
        let value = |value, &digit: &u8| digit.is_ascii_digit().then(|| value * 10 + u32::from(digit - b'0'));
        digits.iter().try_fold(0, value)
    };
    let receipt = |change: fn(&mut ReceiptFaults)| {
        let mut faults = ReceiptFaults::default();
        change(&mut faults);
        Action::Receipt(faults)
    };
    let kind = digits(1, 2);
    Some(match (rest.first()?, kind) {
        (b'0', _) => receipt(|faults| faults.state = Some(MessageState::DELIVERED)),
        (b'1', _) => Action::Status(CommandStatus(digits(1, 5)?)),
        (b'2', Some(state @ 2..=8)) => Action::Receipt(ReceiptFaults {
            state: Some(MessageState(state as u8)),
            err: Some(format!("{:03}", digits(2, 5)?)),
            ..ReceiptFaults::default()
        }),
        (b'3', _) => Action::Delay(Delay::Fixed(Duration::from_millis(100) * digits(1, 4)?)),
        (b'4', Some(0)) => Action::NoResponse { accept: false },
        (b'4', Some(1)) => Action::NoResponse { accept: true },
        (b'5', Some(0)) => Action::Close { how: Close::Reset, when: Moment::Before },
        (b'5', Some(1)) => Action::Close { how: Close::Fin, when: Moment::After },
        (b'5', Some(2)) => Action::Unbind(Moment::After),
        (b'6', Some(0)) => Action::Mangle(Mangle::Nack),
        (b'6', Some(1)) => Action::Mangle(Mangle::NackSeq0),
        (b'6', Some(2)) => Action::Mangle(Mangle::Sequence),
        (b'6', Some(3)) => Action::Mangle(Mangle::Length),
        (b'6', Some(4)) => Action::Mangle(Mangle::CommandId),
        (b'6', Some(5)) => Action::Mangle(Mangle::Truncate),
        (b'6', Some(6)) => Action::Mangle(Mangle::Duplicate),
        (b'6', Some(7)) => Action::Dribble(Duration::from_millis(5)),
        (b'7', Some(0)) => receipt(|faults| faults.before_resp = true),
        (b'7', Some(1)) => receipt(|faults| faults.duplicate = true),
        (b'7', Some(2)) => receipt(|faults| faults.unknown_id = true),
        (b'7', Some(3)) => receipt(|faults| faults.drop = true),
        (b'7', Some(4)) => receipt(|faults| faults.id = Some(ReceiptIdForm::Decimal)),
        (b'7', Some(5)) => receipt(|faults| faults.form = Some(ReceiptForm::NoTlv)),
        (b'7', Some(6)) => receipt(|faults| faults.form = Some(ReceiptForm::TlvOnly)),
        (b'7', Some(7)) => receipt(|faults| faults.form = Some(ReceiptForm::NoSub)),
        (b'8', _) => Action::Mo(MoReply::default()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(destination: &str) -> String {
        magic(destination.as_bytes()).map_or_else(|| "-".to_owned(), |action| serde_json::to_string(&action).unwrap())
    }

    #[test]
    fn every_row_of_the_table() {
        for (destination, wanted) in [
            ("9990", r#"{"receipt":{"state":"DELIVRD"}}"#),
            ("99901234567", r#"{"receipt":{"state":"DELIVRD"}}"#),
            ("99910088", r#"{"status":"ESME_RTHROTTLED"}"#),
            ("+999100201", r#"{"status":"ESME_RMSGQFUL"}"#),
            ("0099910011", r#"{"status":"ESME_RINVDSTADR"}"#),
            ("99910069", r#"{"status":"ESME_RSUBMITFAIL"}"#),
            ("99911024", r#"{"status":"0x00000400"}"#),
            ("99925021", r#"{"receipt":{"err":"021","state":"UNDELIV"}}"#),
            ("99923000", r#"{"receipt":{"err":"000","state":"EXPIRED"}}"#),
            ("9993015", r#"{"delay":"1500ms"}"#),
            ("99940", r#"{"no_response":true}"#),
            ("99941", r#"{"no_response":{"accept":true}}"#),
            ("99950", r#"{"close":"rst"}"#),
            ("99951", r#"{"close":{"how":"fin","when":"after"}}"#),
            ("99952", r#"{"unbind":"after"}"#),
            ("99960", r#"{"mangle":"nack"}"#),
            ("99961", r#"{"mangle":"nack_seq0"}"#),
            ("99962", r#"{"mangle":"sequence"}"#),
            ("99963", r#"{"mangle":"length"}"#),
            ("99964", r#"{"mangle":"command_id"}"#),
            ("99965", r#"{"mangle":"truncate"}"#),
            ("99966", r#"{"mangle":"duplicate"}"#),
            ("99967", r#"{"dribble":"5ms"}"#),
            ("99970", r#"{"receipt":{"before_resp":true}}"#),
            ("99971", r#"{"receipt":{"duplicate":true}}"#),
            ("99972", r#"{"receipt":{"unknown_id":true}}"#),
            ("99973", r#"{"receipt":{"drop":true}}"#),
            ("99974", r#"{"receipt":{"id":"decimal"}}"#),
            ("99975", r#"{"receipt":{"form":"no-tlv"}}"#),
            ("99976", r#"{"receipt":{"form":"tlv-only"}}"#),
            ("99977", r#"{"receipt":{"form":"no-sub"}}"#),
            ("9998555", r#"{"mo":true}"#),
        ] {
            assert_eq!(written(destination), wanted, "{destination}");
        }
    }

    #[test]
    fn what_is_no_magic_number_is_a_number() {
        for destination in [
            "",
            "+",
            "999",
            "9991",
            "9991008",
            "9991x088",
            "99921000",
            "99929000",
            "9992502",
            "99942",
            "99953",
            "99968",
            "99978",
            "9999",
            "447700900123",
            "1999100",
        ] {
            assert_eq!(written(destination), "-", "{destination}");
        }
    }
}
