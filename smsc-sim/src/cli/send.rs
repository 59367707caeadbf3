//! `smsc-sim send`: one text to any SMSC, and what became of it.

use std::io::{Read, Write};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use crossbeam_channel::{Sender, unbounded};
use serde_json::{Value, json};
use smpp::client::Client;
use smpp::driver::Error;
use smpp::pdu::SubmitSm;
use smpp::session::BindKind;
use smpp::sms::{Alphabet, Content, Outcome, Profile, Receipt, Segmentation, Splitter, Tracker, TrackerEvent};
use smpp::value::{COMMAND_STATUS, CommandStatus, DataCoding, MESSAGE_STATE, MessageState, Npi, Ton};
use smsc_sim::decode::parse_hex;
use smsc_sim::{ExtraTlv, VendorSpec, duration};

use super::smsc::{Smsc, number};
use super::{FAILED, NO_PORT, USAGE, complain};

#[derive(Args)]
pub(crate) struct Send {
    #[command(flatten)]
    pub(crate) smsc: Smsc,
    /// Who gets it; may be given several times, or several with commas between.
    #[arg(long, value_name = "NUMBER", required = true, value_delimiter = ',')]
    pub(crate) to: Vec<String>,
    /// Who it is from: a number, international after a +, or a name.
    #[arg(long, value_name = "ADDRESS", default_value = "")]
    pub(crate) from: String,
    /// The text; that of standard input without this and --hex. What is too long for one message is split.
    #[arg(long, value_name = "TEXT", conflicts_with = "hex")]
    pub(crate) text: Option<String>,
    /// Octets instead of a text, in hexadecimal; see --data-coding.
    #[arg(long, value_name = "HEX")]
    pub(crate) hex: Option<String>,
    /// data_coding of the octets.
    #[arg(long, value_name = "N", requires = "hex", default_value_t = 4)]
    pub(crate) data_coding: u8,
    /// The alphabet of the text: auto, gsm7, ascii, latin1 or ucs2.
    #[arg(long, value_name = "ALPHABET", default_value = "auto", value_parser = ["auto", "gsm7", "ascii", "latin1", "ucs2"])]
    pub(crate) encoding: String,
    /// How a long text is split: udh8, udh16, sar; payload leaves it to the SMSC.
    #[arg(long, value_name = "HOW", default_value = "udh8", value_parser = ["udh8", "udh16", "sar", "payload"])]
    pub(crate) split: String,
    /// A TLV, by its tag, or its name in the standard or in a --spec: 0x1403=hex:3434, user_message_reference=7.
    #[arg(long = "tlv", value_name = "TAG=VALUE")]
    pub(crate) tlvs: Vec<String>,
    /// service_type.
    #[arg(long, value_name = "TYPE", default_value = "")]
    pub(crate) service_type: String,
    /// validity_period, as SMPP writes times: 000001000000000R is a day.
    #[arg(long, value_name = "TIME", default_value = "")]
    pub(crate) validity: String,
    /// schedule_delivery_time, as SMPP writes times.
    #[arg(long, value_name = "TIME", default_value = "")]
    pub(crate) schedule: String,
    /// registered_delivery: 0, or 1 with --wait-receipt, unless said.
    #[arg(long, value_name = "N")]
    pub(crate) registered_delivery: Option<u8>,
    /// Ask for receipts, and wait for them so long.
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) wait_receipt: Option<Duration>,
    /// A line of JSON for each recipient.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A recipient, and what became of the message.
struct Recipient<'a> {
    to: &'a str,
    parts: Vec<Result<String, Error>>,
    outcome: Option<Outcome<usize>>,
}

pub(crate) fn run(arguments: &Send) -> ExitCode {
    if let Err(error) = arguments.smsc.check() {
        return complain(&error, USAGE);
    }
    if arguments.wait_receipt.is_some() && arguments.smsc.bind == Some(BindKind::Transmitter) {
        return complain("--wait-receipt: receipts do not come to a transmitter; --bind trx", USAGE);
    }
    let messages = match messages(arguments) {
        Ok(messages) => messages,
        Err(error) => return complain(&error, USAGE),
    };
    let tracker = Arc::new(Mutex::new(Tracker::default()));
    let (ended, outcomes) = unbounded();
    let builder = {
        let (tracker, ended) = (Arc::clone(&tracker), ended.clone());
        arguments.smsc.client().on_deliver_sm(move |incoming| match Receipt::of(incoming.pdu()) {
            Some(receipt) => {
                let mut tracker = tracker.lock().unwrap_or_else(PoisonError::into_inner);
                tell(tracker.receipt(Instant::now(), &receipt), &ended);
                CommandStatus::ESME_ROK
            }
            // It is for whoever else binds so: the SMSC keeps it.
            None => CommandStatus::ESME_RX_T_APPN,
        })
    };
    let client = match arguments.smsc.bind(builder, arguments.wait_receipt.is_some()) {
        Ok(client) => client,
        Err(Error::Encode(error)) => return complain(&error.to_string(), USAGE),
        Err(error) => return complain(&format!("{}: {error}", arguments.smsc.addr), NO_PORT),
    };
    let submitted: Vec<Vec<_>> =
        messages.iter().map(|parts| parts.iter().map(|part| client.send(part)).collect()).collect();
    let mut recipients = Vec::with_capacity(submitted.len());
    for (message, (to, sent)) in arguments.to.iter().zip(submitted).enumerate() {
        let total = u8::try_from(sent.len()).unwrap_or(u8::MAX);
        let parts = sent.into_iter().zip(1..).map(|(sent, part)| {
            let response = sent.and_then(smpp::driver::Pending::wait);
            let (now, mut tracker) = (Instant::now(), tracker.lock().unwrap_or_else(PoisonError::into_inner));
            let events = match &response {
                Ok(response) => tracker.submitted_part(now, message, part, total, &response.message_id),
                Err(_) => tracker.given_up(now, message, part, total),
            };
            tell(events, &ended);
            response.map(|response| response.message_id.to_str_lossy().into_owned())
        });
        recipients.push(Recipient { to, parts: parts.collect(), outcome: None });
    }
    if let Some(deadline) = arguments.wait_receipt.map(|time| Instant::now() + time) {
        let is_open = |one: &Recipient<'_>| one.outcome.is_none() && one.parts.iter().any(Result::is_ok);
        while recipients.iter().any(is_open)
            && let Ok(outcome) = outcomes.recv_deadline(deadline)
        {
            let message = outcome.message;
            recipients[message].outcome = Some(outcome);
        }
    }
    leave(&client, arguments.smsc.timeout);
    let is_wanted = |state: Option<MessageState>| state == Some(MessageState::DELIVERED);
    let mut is_well = true;
    let mut out = std::io::stdout().lock();
    for one in &recipients {
        let state = one.outcome.as_ref().and_then(Outcome::state);
        is_well &= one.parts.iter().all(Result::is_ok) && (arguments.wait_receipt.is_none() || is_wanted(state));
        let line = if arguments.json { one.json().to_string() } else { one.text(arguments.wait_receipt) };
        // Whoever reads it may have gone; the exit code stays.
        let _ = writeln!(out, "{line}");
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}

/// Whatever the SMSC makes of it, it was asked to end the session.
fn leave(client: &Client, timeout: Duration) {
    if client.drain(timeout).is_err() {
        client.disconnect();
    }
}

/// What has ended is told; what belongs to none of the messages is shown.
fn tell(events: Vec<TrackerEvent<usize>>, ended: &Sender<Outcome<usize>>) {
    for event in events {
        match event {
            TrackerEvent::Finished(outcome) | TrackerEvent::Dropped { outcome, .. } => {
                // The other end lives as long as anyone waits.
                let _ = ended.send(outcome);
            }
            TrackerEvent::Unmatched { receipt, .. } => eprintln!("smsc-sim: a receipt for another message: {receipt}"),
            _ => {}
        }
    }
}

impl Recipient<'_> {
    fn text(&self, awaited: Option<Duration>) -> String {
        let total = self.parts.len();
        let failed = self.parts.iter().zip(1..).filter_map(|(part, number)| Some((part.as_ref().err()?, number)));
        let failed: Vec<_> = failed
            .map(|(error, number)| match error.command_status() {
                Some(status) => format!("part {number} of {total} refused: {status:?}"),
                None => format!("part {number} of {total} failed: {error}"),
            })
            .collect();
        if !failed.is_empty() {
            return format!("{}: {}", self.to, failed.join("; "));
        }
        let ids: Vec<_> = self.parts.iter().flatten().map(String::as_str).collect();
        let ids = ids.join(" ");
        match (awaited, &self.outcome) {
            (None, _) => format!("{}: accepted, message_id {ids}", self.to),
            (Some(time), None) => format!("{}: accepted, message_id {ids}, no receipt within {time:?}", self.to),
            (Some(_), Some(outcome)) => {
                let state = outcome.state().and_then(state_name).unwrap_or("unknown");
                format!("{}: {state}, message_id {ids}", self.to)
            }
        }
    }

    fn json(&self) -> Value {
        let parts = self.parts.iter().map(|part| match part {
            Ok(id) => json!({"message_id": id, "command_status": 0, "command_status_name": "ESME_ROK"}),
            Err(error) => {
                let status = error.command_status();
                json!({
                    "error": error.to_string(),
                    "command_status": status.map(|status| status.0),
                    "command_status_name": status.and_then(status_name),
                })
            }
        });
        let outcome = self.outcome.as_ref();
        let receipts = outcome.into_iter().flat_map(|outcome| &outcome.parts).filter_map(|part| part.receipt.as_ref());
        json!({
            "to": self.to,
            "parts": parts.collect::<Vec<_>>(),
            "state": outcome.and_then(Outcome::state).and_then(state_name),
            "receipts": receipts.map(|receipt| receipt.to_string()).collect::<Vec<_>>(),
        })
    }
}

fn state_name(state: MessageState) -> Option<&'static str> {
    MESSAGE_STATE.find(u64::from(state.0)).map(|entry| entry.name)
}

pub(crate) fn status_name(status: CommandStatus) -> Option<&'static str> {
    COMMAND_STATUS.find(u64::from(status.0)).filter(|entry| entry.low == entry.high).map(|entry| entry.name)
}

/// The parts for each recipient.
fn messages(arguments: &Send) -> Result<Vec<Vec<SubmitSm<'static>>>, String> {
    let octets = arguments.hex.as_deref().map(parse_hex).transpose().map_err(|error| format!("--hex: {error}"))?;
    let text = match (&arguments.text, &octets) {
        (Some(text), _) => text.clone(),
        (None, Some(_)) => String::new(),
        (None, None) => standard_input()?,
    };
    let content = match &octets {
        Some(octets) => Content::Octets { data_coding: DataCoding(arguments.data_coding), octets },
        None => Content::Text(&text),
    };
    let splitter = Splitter::new(Profile::default()).with_segmentation(match arguments.split.as_str() {
        "udh16" => Segmentation::Udh16,
        "sar" => Segmentation::Sar,
        "payload" => Segmentation::MessagePayload,
        _ => Segmentation::Udh8,
    });
    let splitter = match arguments.encoding.as_str() {
        "gsm7" => splitter.with_alphabet(Alphabet::GSM7),
        "ascii" => splitter.with_alphabet(Alphabet::Ascii),
        "latin1" => splitter.with_alphabet(Alphabet::Latin1),
        "ucs2" => splitter.with_alphabet(Alphabet::Ucs2),
        _ => splitter,
    };
    let (from_ton, from_npi, from) = address(&arguments.from);
    let registered_delivery = arguments.registered_delivery.unwrap_or_else(|| arguments.wait_receipt.is_some().into());
    let mut template = SubmitSm::default()
        .with_service_type(arguments.service_type.as_str())
        .with_source_addr_ton(from_ton)
        .with_source_addr_npi(from_npi)
        .with_source_addr(from)
        .with_validity_period(arguments.validity.as_str())
        .with_schedule_delivery_time(arguments.schedule.as_str())
        .with_registered_delivery(registered_delivery);
    for text in &arguments.tlvs {
        let (tag, value) = tlv(text, &arguments.smsc.specs).map_err(|error| format!("--tlv: {error}"))?;
        template.tlvs.push_raw(tag, &value);
    }
    let parts_for = |to: &String| {
        let (ton, npi, addr) = address(to);
        let template = template.clone().with_dest_addr_ton(ton).with_dest_addr_npi(npi).with_destination_addr(addr);
        let parts = splitter.submit_sm(&template, content).map_err(|error| error.to_string())?;
        let parts: Vec<_> = parts.into_iter().map(SubmitSm::into_owned).collect();
        // Limits are those of the standard: known before anything is sent.
        match parts.iter().find_map(|part| smpp::codec::Encode::to_octets(part, 1).err()) {
            Some(error) => Err(error.to_string()),
            None => Ok(parts),
        }
    };
    arguments.to.iter().map(parts_for).collect()
}

/// The text of standard input, without the end of its last line.
fn standard_input() -> Result<String, String> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(MOST_TEXT).read_to_string(&mut text);
    read.map_err(|error| format!("standard input: {error}"))?;
    if text.ends_with('\n') {
        text.truncate(text.len() - 1);
    }
    Ok(text)
}

/// A number, international after a `+`, or a name (sections 5.2.5 and 5.2.6).
pub(crate) fn address(text: &str) -> (Ton, Npi, &str) {
    match text.strip_prefix('+') {
        Some(digits) => (Ton::INTERNATIONAL, Npi::ISDN, digits),
        None if text.is_empty() => (Ton::UNKNOWN, Npi::UNKNOWN, text),
        None if text.bytes().all(|octet| octet.is_ascii_digit()) => (Ton::UNKNOWN, Npi::ISDN, text),
        None => (Ton::ALPHANUMERIC, Npi::UNKNOWN, text),
    }
}

/// A TLV as the command line has it: what a specification knows by name has its value in the form of its kind.
fn tlv(text: &str, specs: &[VendorSpec]) -> Result<(u16, Vec<u8>), String> {
    use smpp::codec::TlvKind;

    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let of_vendors = specs.iter().flat_map(|spec| spec.protocol().tlvs.iter().copied());
    let Some(spec) = of_vendors.chain(smpp::tlv::ALL.iter().copied()).find(|tlv| tlv.name == name) else {
        let tlv: ExtraTlv = text.parse().map_err(|error: smsc_sim::SettingError| error.to_string())?;
        return Ok((tlv.tag, tlv.value));
    };
    let value = match (value.strip_prefix("hex:"), spec.kind) {
        (Some(hex), _) => parse_hex(hex).map_err(|error| format!("`{text}`: {error}"))?,
        (None, TlvKind::Integer) => {
            let digits = usize::from(spec.min).min(8);
            let octets = number::<u64>(value).map(u64::to_be_bytes);
            let octets = octets.filter(|octets| octets[..8 - digits].iter().all(|&octet| octet == 0));
            let octets = octets.ok_or_else(|| format!("`{text}`: expected a number of {digits} octets"))?;
            octets[8 - digits..].to_vec()
        }
        (None, TlvKind::COctetString) => [value.as_bytes(), &[0]].concat(),
        (None, TlvKind::OctetString | TlvKind::Empty) => value.as_bytes().to_vec(),
    };
    match spec.accepts(value.len()) {
        true => Ok((spec.tag, value)),
        false => Err(format!("`{text}`: {} octets, {} to {} are allowed", value.len(), spec.min, spec.max)),
    }
}

/// What 255 parts hold, and more.
const MOST_TEXT: u64 = 1 << 20;
