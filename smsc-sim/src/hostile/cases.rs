//! The cases: what each sends, and what a sound ESME makes of it.

use std::fmt;
use std::str::FromStr;

use smpp::value::CommandStatus;

use super::octets::{OK, Place, SOURCE, TEXT, USER_MESSAGE_REFERENCE, body, pdu, tlv};
use crate::rules::keys::{as_text, serde_as_written};
use crate::setting::SettingError;

/// One oddity that an SMSC may confront an ESME with. Written as text, its [name](Self::name): `submit_resp_ok_no_body`.
#[derive(Clone, Copy)]
pub struct HostileCase(&'static Case);

struct Case {
    name: &'static str,
    stage: Stage,
    expects: Expects,
    octets: fn(Place) -> Vec<u8>,
    section: &'static str,
    what: &'static str,
    sound: &'static str,
}

/// When a case can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// In place of the response to a bind.
    Bind,
    /// The same, to a bind of an ESME that receives.
    BindReceiver,
    /// In place of the response to a submit_sm.
    Submit,
    /// While bound, to an ESME that receives.
    Receiver,
    /// While bound.
    Bound,
}

/// What is to be seen of a sound ESME, besides that it answers enquire_link after the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expects {
    /// No word about it.
    Silence,
    /// A word about it may be, or not.
    Life,
    /// A response to each request, or generic_nack.
    Response,
    /// The same; the requests are sound, and are not refused for what is in them.
    Acceptance,
    /// generic_nack.
    Nack,
    /// The end of the connection, or life.
    Loss,
    /// The end of the connection, or another bind.
    Refusal,
    /// unbind_resp.
    UnbindResp,
    /// The end of the connection.
    End,
}

impl HostileCase {
    /// Every case, in order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        CASES.iter().map(Self)
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// What the SMSC does.
    pub fn what(self) -> &'static str {
        self.0.what
    }

    /// What a sound ESME makes of it.
    pub fn sound(self) -> &'static str {
        self.0.sound
    }

    /// Where the standard speaks of it.
    pub fn section(self) -> &'static str {
        self.0.section
    }

    pub(crate) fn stage(self) -> Stage {
        self.0.stage
    }

    pub(crate) fn expects(self) -> Expects {
        self.0.expects
    }

    /// What is sent. What stands in place of a response has the response in it, if there is one.
    pub(crate) fn octets(self, place: Place) -> Vec<u8> {
        (self.0.octets)(place)
    }

    /// Its place among all.
    pub(crate) fn index(self) -> usize {
        CASES.iter().position(|case| case.name == self.0.name).unwrap_or_default()
    }

    /// The status with which a bind is refused for it.
    pub(crate) fn refuses(self) -> Option<CommandStatus> {
        (self.0.expects == Expects::Refusal).then_some(CommandStatus::ESME_RBINDFAIL)
    }

    /// Whether it leaves octet by octet.
    pub(crate) fn is_dribbled(self) -> bool {
        self.0.name == "one_octet_per_segment"
    }
}

impl PartialEq for HostileCase {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for HostileCase {}

impl fmt::Debug for HostileCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostileCase").field(&self.name()).finish()
    }
}

impl fmt::Display for HostileCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for HostileCase {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        Self::all().find(|case| case.name() == text).ok_or_else(|| {
            let names: Vec<_> = CASES.iter().map(|case| case.name).collect();
            SettingError::unknown("hostile case", text, &names)
        })
    }
}

as_text!(HostileCase);
serde_as_written!(HostileCase);

const ERROR: CommandStatus = CommandStatus::ESME_RSYSERR;

const fn case(
    (name, section): (&'static str, &'static str),
    (stage, expects): (Stage, Expects),
    octets: fn(Place) -> Vec<u8>,
    what: &'static str,
    sound: &'static str,
) -> Case {
    Case { name, stage, expects, octets, section, what, sound }
}

const SUBMIT: (Stage, Expects) = (Stage::Submit, Expects::Silence);
const ODD: (Stage, Expects) = (Stage::Receiver, Expects::Response);
const LEGAL: (Stage, Expects) = (Stage::Receiver, Expects::Acceptance);
const QUIET: (Stage, Expects) = (Stage::Bound, Expects::Silence);
const LOST: (Stage, Expects) = (Stage::Bound, Expects::Loss);

const KNOWS_ERROR: &str = "The submit has failed with ESME_RSYSERR, at once; the session goes on.";
const HAS_ID: &str = "The submit is done, at once, and the message_id is what there is of it; the session goes on.";
const TAKES: &str = "It takes the message and answers deliver_sm_resp.";
const ANSWERS: &str =
    "It answers the deliver_sm, with an error or without, or the SMSC sends it again for ever; the session goes on.";
const IGNORES: &str = "It ignores it without a word: responses are not answered (section 4.3).";
const CLOSES: &str =
    "It finds out at once, closes the connection, and says why; it waits for no octets, and reserves no room for them.";

#[rustfmt::skip]
const CASES: &[Case] = &[
    case(("submit_resp_error_no_body", "4.4.2"), SUBMIT, |place| place.response(ERROR, b""),
        "submit_sm is refused with ESME_RSYSERR; the response has no body.", KNOWS_ERROR),
    case(("submit_resp_error_body", "4.4.2"), SUBMIT, |place| place.response(ERROR, b"0\0"),
        "submit_sm is refused with ESME_RSYSERR; the response has a message_id all the same.", KNOWS_ERROR),
    case(("submit_resp_error_nul", "4.4.2"), SUBMIT, |place| place.response(ERROR, b"\0"),
        "submit_sm is refused with ESME_RSYSERR; the response has an empty message_id, a lone NUL.", KNOWS_ERROR),
    case(("submit_resp_error_tlv", "4.4.2"), SUBMIT, |place| place.response(ERROR, &tlv(0x0425, 1, &[2])),
        "submit_sm is refused with ESME_RSYSERR; the response has no message_id, but a TLV.", KNOWS_ERROR),
    case(("submit_resp_ok_no_body", "4.4.2"), SUBMIT, |place| place.response(OK, b""),
        "submit_sm is answered ESME_ROK without a body.", "The submit is done, without a message_id; the session goes on."),
    case(("submit_resp_unterminated", "3.1"), SUBMIT, |place| place.response(OK, b"abc123"),
        "The message_id of submit_sm_resp has no NUL.", HAS_ID),
    case(("submit_resp_long_id", "5.2.23"), SUBMIT, |place| place.response(OK, &[&[b'7'; 100][..], b"\0"].concat()),
        "The message_id of submit_sm_resp has 100 octets; 64 are allowed.", HAS_ID),
    case(("submit_resp_tlv", "3.3"), SUBMIT, |place| place.response(OK, &[&b"abc123\0"[..], &tlv(0x1501, 2, b"hi")].concat()),
        "submit_sm_resp has a TLV behind its message_id.", HAS_ID),
    case(("submit_nack", "4.3"), SUBMIT, |place| pdu(0x8000_0000, ERROR, place.number, b""),
        "submit_sm is answered by generic_nack.", KNOWS_ERROR),
    case(("submit_resp_other_command", "5.1.4"), SUBMIT, |place| pdu(0x8000_0008, OK, place.number, b""),
        "submit_sm is answered by cancel_sm_resp with its sequence_number.",
        "The submit fails, at once, and its caller is told what came; the session goes on."),
    case(("bind_resp_no_body", "4.1.6"), (Stage::Bind, Expects::Life), |place| place.response(OK, b""),
        "A bind is answered ESME_ROK without a body.", "It is bound."),
    case(("bind_resp_error_no_body", "4.1.6"), (Stage::Bind, Expects::Refusal),
        |place| place.response(CommandStatus::ESME_RBINDFAIL, b""),
        "A bind is refused with ESME_RBINDFAIL without a body.",
        "It knows the status, and closes the connection or binds again."),
    case(("bind_resp_long_system_id", "5.2.1"), (Stage::Bind, Expects::Life),
        |place| place.response(OK, &[&[b's'; 40][..], b"\0"].concat()),
        "The system_id of the response to a bind has 40 octets; 15 are allowed.", "It is bound."),
    case(("deliver_before_bind_resp", "2.2"), (Stage::BindReceiver, Expects::Response),
        |place| [place.deliver_with(b""), place.response(OK, b"smsc\0")].concat(),
        "A deliver_sm comes before the response to the bind.",
        "It answers the deliver_sm, and does not take it for the answer to its bind; then it is bound."),
    case(("tlv_unknown_empty", "3.3"), LEGAL, |place| place.deliver_with(&tlv(0x1501, 0, b"")),
        "A deliver_sm has an unknown TLV of length 0.", TAKES),
    case(("tlv_string_empty", "3.2.4"), ODD, |place| place.deliver_with(&tlv(0x001D, 0, b"")),
        "The string additional_status_info_text of a deliver_sm has length 0, not even a NUL.", ANSWERS),
    case(("tlv_twice", "3.2.4"), ODD,
        |place| place.deliver_with(&[1, 2].map(|last| tlv(USER_MESSAGE_REFERENCE, 2, &[0, last])).concat()),
        "A deliver_sm has user_message_reference twice.", ANSWERS),
    case(("tlv_alert_empty", "5.3.2.41"), LEGAL, |place| place.deliver_with(&tlv(0x130C, 0, b"")),
        "A deliver_sm has alert_on_message_delivery, which has length 0.", TAKES),
    case(("tlv_integer_empty", "3.2.4"), ODD, |place| place.deliver_with(&tlv(USER_MESSAGE_REFERENCE, 0, b"")),
        "The integer user_message_reference of a deliver_sm has length 0.", ANSWERS),
    case(("tlv_integer_wide", "3.2.4"), ODD, |place| place.deliver_with(&tlv(USER_MESSAGE_REFERENCE, 4, &[0, 0, 0, 1])),
        "The integer user_message_reference of a deliver_sm has 4 octets in place of 2.", ANSWERS),
    case(("tlv_past_end", "3.2.4"), ODD, |place| place.deliver_with(&tlv(USER_MESSAGE_REFERENCE, 20, &[0, 1])),
        "The last TLV of a deliver_sm says that it has 20 octets; the PDU ends after 2.", ANSWERS),
    case(("stray_octets", "3.2.4"), ODD, |place| place.deliver_with(&[0x02, 0x04, 0]),
        "3 octets stand at the end of a deliver_sm, too few for a TLV.", ANSWERS),
    case(("nul_after_text", "5.2.22"), ODD, |place| place.deliver_with(b"\0"),
        "A NUL stands behind short_message that sm_length does not count.", ANSWERS),
    case(("sm_length_short", "5.2.21"), ODD, |place| place.deliver(&body(SOURCE, TEXT.len() as u8 - 1, b"")),
        "sm_length is one less than what there is of short_message.", ANSWERS),
    case(("sm_length_past_end", "5.2.21"), ODD, |place| place.deliver(&body(SOURCE, 200, b"")),
        "sm_length is 200; the PDU ends before.", ANSWERS),
    case(("unterminated_string", "3.1"), ODD, |place| place.deliver(b"\0\x01\x01447700900123"),
        "The PDU ends in source_addr, which has no NUL.", ANSWERS),
    case(("long_source_addr", "5.2.8"), ODD, |place| place.deliver(&body(&[&[b'4'; 30][..], b"\0"].concat(), TEXT.len() as u8, b"")),
        "The source_addr of a deliver_sm has 30 octets; 20 are allowed.", ANSWERS),
    case(("sequence_zero", "5.1.4"), ODD, |place| Place { own: 0, ..place }.deliver_with(b""),
        "A deliver_sm has the sequence_number 0.", ANSWERS),
    case(("sequence_high_bit", "5.1.4"), ODD, |place| Place { own: 0x8000_0001, ..place }.deliver_with(b""),
        "A deliver_sm has the sequence_number 0x80000001.", ANSWERS),
    case(("sequence_all_ones", "5.1.4"), ODD, |place| Place { own: u32::MAX, ..place }.deliver_with(b""),
        "A deliver_sm has the sequence_number 0xFFFFFFFF.", ANSWERS),
    case(("unknown_request", "4.3"), (Stage::Bound, Expects::Nack), |place| pdu(0x0000_0999, OK, place.own, b"?"),
        "A request has the command_id 0x00000999, which nobody knows.",
        "It answers generic_nack with ESME_RINVCMDID, and the session goes on."),
    case(("unknown_response", "4.3"), QUIET, |place| pdu(0x8000_0999, OK, place.own, b"?"),
        "A response has the command_id 0x80000999, which nobody knows.", IGNORES),
    case(("answer_to_nothing", "5.1.4"), QUIET, |place| pdu(0x8000_0004, OK, place.own, b"abc123\0"),
        "submit_sm_resp has a sequence_number that the ESME has not used.", IGNORES),
    case(("nack_sequence_zero", "4.3"), QUIET, |_| pdu(0x8000_0000, CommandStatus::ESME_RINVCMDLEN, 0, b""),
        "generic_nack has the sequence_number 0: the SMSC could not read something.", IGNORES),
    case(("outbind_when_bound", "4.1.7"), (Stage::Bound, Expects::Life), |place| pdu(0x0B, OK, place.own, b"smsc\0\0"),
        "outbind comes though the ESME is bound.", "It ignores it, or answers generic_nack; the session goes on."),
    case(("alert_notification", "4.12"), (Stage::Receiver, Expects::Silence),
        |place| pdu(0x102, OK, place.own, &[&b"\x01\x01"[..], SOURCE, b"\x01\x0112345\0"].concat()),
        "alert_notification tells that a mobile can be reached.", "It hands it over, and does not answer: there is no response."),
    case(("data_sm", "4.7"), LEGAL,
        |place| pdu(0x103, OK, place.own, &[&b"\0\x01\x01"[..], SOURCE, b"\x01\x0112345\0\0\0\0", &tlv(0x0424, TEXT.len() as u16, TEXT)].concat()),
        "A message comes by data_sm.", "It takes the message and answers data_sm_resp."),
    case(("burst_200", "2.7"), LEGAL,
        |place| (0..200).flat_map(|more| Place { own: place.own.wrapping_add(more), ..place }.deliver_with(b"")).collect(),
        "200 deliver_sm come in one write.", "It answers each, for some perhaps that it has no room."),
    case(("one_octet_per_segment", "3.2"), LEGAL, |place| place.deliver_with(b""),
        "A deliver_sm comes octet by octet.", TAKES),
    case(("command_length_zero", "5.1.1"), LOST, |place| [&0_u32.to_be_bytes()[..], &place.deliver_with(b"")[4..]].concat(),
        "The command_length of a deliver_sm is 0.", CLOSES),
    case(("command_length_8", "5.1.1"), LOST, |place| [&8_u32.to_be_bytes()[..], &place.deliver_with(b"")[4..]].concat(),
        "The command_length of a deliver_sm is 8, less than a header.", CLOSES),
    case(("command_length_2_gib", "5.1.1"), LOST, |place| [&0x7FFF_FFFF_u32.to_be_bytes()[..], &place.deliver_with(b"")[4..]].concat(),
        "The command_length of a deliver_sm is 0x7FFFFFFF.", CLOSES),
    case(("command_length_4_gib", "5.1.1"), LOST, |place| [&u32::MAX.to_be_bytes()[..], &place.deliver_with(b"")[4..]].concat(),
        "The command_length of a deliver_sm is 0xFFFFFFFF.", CLOSES),
    case(("http_text", "5.1.1"), LOST,
        |_| b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec(),
        "HTTP comes in place of a PDU.", CLOSES),
    case(("unbind", "4.2"), (Stage::Bound, Expects::UnbindResp), |place| pdu(0x06, OK, place.own, b""),
        "The SMSC unbinds.", "It answers unbind_resp, closes the connection, and binds again if it wants to stay."),
    case(("close", "2.2"), (Stage::Bound, Expects::End), |_| Vec::new(),
        "The SMSC closes the connection without a word.", "It knows, and closes its side; it does not say that it is bound."),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use smpp::codec::Frame;

    use super::*;

    const PLACE: Place = Place { request: 0x04, number: 7, own: 0x7F00_0000 };

    #[test]
    fn names_are_unique_and_are_read_as_they_are_written() {
        let names: HashSet<_> = HostileCase::all().map(HostileCase::name).collect();
        assert_eq!(names.len(), HostileCase::all().len());
        for case in HostileCase::all() {
            assert_eq!(case.to_string().parse::<HostileCase>().unwrap(), case);
            assert_eq!(serde_json::to_value(case).unwrap(), case.name());
        }
        let error = "sequence_zer".parse::<HostileCase>().unwrap_err().to_string();
        assert_eq!(error, "unknown hostile case `sequence_zer`, did you mean `sequence_zero`?");
    }

    #[test]
    fn only_where_framing_is_to_be_lost_octets_are_no_pdus() {
        for case in HostileCase::all().filter(|case| case.expects() != Expects::End) {
            let octets = case.octets(PLACE);
            let mut rest = &octets[..];
            let mut is_framed = true;
            while is_framed && !rest.is_empty() {
                match Frame::split(rest, 70_000) {
                    Ok(Some((_, after))) => rest = after,
                    _ => is_framed = false,
                }
            }
            assert_eq!(is_framed, case.expects() != Expects::Loss, "{case}");
        }
    }
}
