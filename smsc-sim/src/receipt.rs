//! Receipts as the simulator writes them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use smpp::pdu::DeliverSm;
use smpp::sms::{CivilTime, Receipt, stat};
use smpp::tlv;
use smpp::value::esm_class::MessageType;
use smpp::value::{CommandStatus, EsmClass, MessageState};

use crate::message_id::{ReceiptIdForm, by_name};
use crate::setting::{SettingError, command_status, duration};
use crate::store::Message;

/// What became of the receipt of a message, or of another PDU on its way to an ESME.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReceiptState {
    /// There is none: the message is on its way, none was asked for, or it was kept back on purpose.
    #[default]
    None,
    /// It waits: for a receiver of the system_id, for room in its window, or to be tried again.
    Held,
    /// It was sent, and is not answered yet.
    Sent,
    /// The ESME has it: its deliver_sm_resp said ESME_ROK.
    Delivered,
    /// The ESME refused it, for good or as often as it may be tried; this is what it said last.
    Refused(CommandStatus),
    /// It never came to the ESME: a rule kept it back, too many were held, it was never answered as often as it may be tried, or a deliver_sm
    /// cannot hold its addresses. Or it did come, and what the ESME said to it did not.
    Lost,
}

/// How receipts are written: as the standard says, or like those of SMSCs that do otherwise.
///
/// On the command line: `standard`, `no-tlv`, `tlv-only`, `no-sub`, `lowercase`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReceiptForm {
    /// The text of appendix B, and the TLVs receipted_message_id and message_state.
    #[default]
    Standard,
    /// The text without the TLVs.
    NoTlv,
    /// The TLVs without text.
    TlvOnly,
    /// The text without `sub:` and `dlvrd:`, and the TLVs.
    NoSub,
    /// The state in small letters, such as `stat:delivrd`, and the TLVs.
    Lowercase,
}

/// When receipts that an ESME refuses are tried again.
///
/// Only those refused with one of `on` are, and those that are not answered within the response timer. Any other
/// refusal is for good: ESME_RX_P_APPN and ESME_RX_R_APPN say so (section 5.1.3), the others mean that the ESME cannot do
/// anything with it. A receipt whose session ends before the answer goes to another receiver at once, or to the next to
/// bind; that does not count.
///
/// On the command line any of `every=TIME`, `max=N` and `on=STATUS+STATUS`, with commas between.
///
/// ```
/// use smsc_sim::ReceiptRetry;
///
/// let retry: ReceiptRetry = "every=1s,max=3".parse()?;
/// assert_eq!((retry.max, retry.on.len()), (3, 2));
/// let error = "evry=1s".parse::<ReceiptRetry>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown option `evry`, did you mean `every`?");
/// # Ok::<(), smsc_sim::SettingError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRetry {
    /// The statuses after which it is tried again: ESME_RMSGQFUL and ESME_RX_T_APPN unless said.
    pub on: Vec<CommandStatus>,
    /// How long after: 5 s unless said.
    pub every: Duration,
    /// How often at most: 10 times unless said. 0 is never.
    pub max: u32,
}

impl Default for ReceiptRetry {
    fn default() -> Self {
        Self {
            on: vec![CommandStatus::ESME_RMSGQFUL, CommandStatus::ESME_RX_T_APPN],
            every: Duration::from_secs(5),
            max: 10,
        }
    }
}

impl FromStr for ReceiptRetry {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let mut retry = Self::default();
        for option in text.split(',') {
            let (key, value) = option
                .split_once('=')
                .ok_or_else(|| SettingError::new(format!("expected OPTION=VALUE, such as every=5s, not `{option}`")))?;
            match key {
                "every" => retry.every = duration(value)?,
                "max" => {
                    let is_plain = value.bytes().all(|octet| octet.is_ascii_digit());
                    let wrong = || SettingError::new(format!("max is a whole number, not `{value}`"));
                    retry.max = value.parse().ok().filter(|_| is_plain).ok_or_else(wrong)?;
                }
                "on" => retry.on = value.split('+').map(command_status).collect::<Result<_, _>>()?,
                _ => return Err(SettingError::unknown("option", key, &["every", "max", "on"])),
            }
        }
        Ok(retry)
    }
}

/// What is special about the receipt of one message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ReceiptPlan {
    /// The message comes to its end at once, and the receipt is sent before the response to the request.
    pub(crate) before_resp: bool,
    /// None is sent.
    pub(crate) drop: bool,
    /// It is sent so many times more.
    pub(crate) copies: u32,
    /// It tells an id that no message has.
    pub(crate) unknown_id: bool,
    /// It is written in another form than others.
    pub(crate) form: Option<ReceiptForm>,
    pub(crate) id: Option<ReceiptIdForm>,
}

impl ReceiptPlan {
    pub(crate) fn write_id(&self, form: ReceiptIdForm, id: &str, number: u64) -> String {
        if self.unknown_id {
            // Messages are numbered from 1.
            return (u64::MAX - number).to_string();
        }
        self.id.unwrap_or(form).write(id, number)
    }
}

/// The deliver_sm that tells about a message in a state: addresses swapped, the text of appendix B, and the TLVs that say
/// the same. Octets of the message that are not printable ASCII show as dots.
pub(crate) fn receipt_pdu(
    message: &Message,
    id: &str,
    plan: &ReceiptPlan,
    form: ReceiptForm,
    kind: MessageType,
) -> DeliverSm<'static> {
    let form = plan.form.unwrap_or(form);
    let state = message.state;
    let mut pdu = reply(message, kind);
    if form != ReceiptForm::TlvOnly {
        pdu = pdu.with_short_message(text(message, state, id, form).to_octets());
    }
    if form != ReceiptForm::NoTlv {
        pdu = pdu.with_receipted_message_id(id.to_owned()).with_message_state(state);
    }
    pdu
}

/// The acknowledgement that a mobile sends of a message. It says which by user_message_reference alone, if the message had
/// one (section 5.3.2.17).
pub(crate) fn acknowledgement(message: &Message, kind: MessageType) -> DeliverSm<'static> {
    reply(message, kind)
}

fn reply(message: &Message, kind: MessageType) -> DeliverSm<'static> {
    let original = &message.pdu;
    let mut pdu = DeliverSm::default()
        .with_service_type(original.service_type.clone())
        .with_source_addr_ton(original.dest_addr_ton)
        .with_source_addr_npi(original.dest_addr_npi)
        .with_source_addr(original.destination_addr.clone())
        .with_dest_addr_ton(original.source_addr_ton)
        .with_dest_addr_npi(original.source_addr_npi)
        .with_destination_addr(original.source_addr.clone())
        .with_esm_class(EsmClass::default().with_message_type(kind));
    if let Some(reference) = original.tlvs.get::<tlv::UserMessageReference>() {
        pdu = pdu.with_user_message_reference(reference);
    }
    pdu
}

/// The text of a receipt that tells a state.
pub(crate) fn text(message: &Message, state: MessageState, id: &str, form: ReceiptForm) -> Receipt<'static> {
    let shown: Vec<u8> = message.text().as_bytes().iter().map(|&octet| printable(octet)).collect();
    let receipt = Receipt::default()
        .with_id(id.to_owned())
        .with_submit_date(CivilTime::of(message.submitted))
        .with_done_date(CivilTime::of(message.done.unwrap_or(message.submitted)))
        .with_err(message.err.clone().unwrap_or_else(|| "000".to_owned()))
        .with_text(shown);
    let receipt = match form {
        ReceiptForm::NoSub => receipt,
        _ => receipt.with_sub(1).with_dlvrd(u32::from(state == MessageState::DELIVERED)),
    };
    match form {
        ReceiptForm::Lowercase => receipt.with_stat(stat(state).to_ascii_lowercase()),
        _ => receipt.with_state(state),
    }
}

fn printable(octet: u8) -> u8 {
    if octet.is_ascii_graphic() || octet == b' ' { octet } else { b'.' }
}

by_name!(ReceiptForm, "form of receipts",
    "standard" => Standard, "no-tlv" => NoTlv, "tlv-only" => TlvOnly, "no-sub" => NoSub, "lowercase" => Lowercase);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_are_written_as_text() {
        let retry: ReceiptRetry = "on=ESME_RSYSERR+0x14,max=0".parse().unwrap();
        let on = vec![CommandStatus::ESME_RSYSERR, CommandStatus::ESME_RMSGQFUL];
        assert_eq!(retry, ReceiptRetry { on, max: 0, ..ReceiptRetry::default() });
        for (text, wanted) in [
            ("", "expected OPTION=VALUE"),
            ("every", "not `every`"),
            ("every=5", "`5` has no unit"),
            ("max=-1", "max is a whole number, not `-1`"),
            ("on=", "unknown command_status ``"),
        ] {
            let error = text.parse::<ReceiptRetry>().unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
        }
    }
}
