//! Messages from mobiles.

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use smpp::sms::{self, Profile};
use smpp::value::{DataCoding, EsmClass, RegisteredDelivery};
use utoipa::ToSchema;

use super::problem::{Body, Problem};
use super::shape::{Named, hex, time};
use super::{Shared, limits};
use crate::decode::parse_hex;
use crate::setting::{SettingError, duration};
use crate::{ExtraTlv, Mo, MoError, MoPart, MoReport, ReceiptState, SmscSim, segmentation};

/// A message from a mobile. A `text`, or octets in `hex`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMo {
    from: String,
    to: String,
    text: Option<String>,
    /// Octets in hexadecimal.
    hex: Option<String>,
    /// Of the octets; 0 unless said.
    data_coding: Option<u8>,
    /// Of the text: `auto`, `gsm7`, `ascii`, `latin1`, `ucs2`.
    encoding: Option<String>,
    /// How a long one is cut: `udh8`, `udh16`, `sar`, `payload`.
    split: Option<String>,
    /// Which parts are sent, in which order: `[2, 1]`; all unless said.
    parts: Option<Vec<u8>>,
    esm_class: Option<u8>,
    registered_delivery: Option<u8>,
    protocol_id: Option<u8>,
    service_type: Option<String>,
    /// TLVs: `0x1403=hex:3434`, `user_message_reference=hex:0007`; also by names of vendors.
    #[serde(default)]
    tlvs: Vec<String>,
    /// `deliver_sm` or `data_sm`.
    via: Option<String>,
    /// The ESME that is to get it, whatever address_range it has.
    system_id: Option<String>,
    /// Whether it is held while nobody can receive it, as it is unless said; or else is answered 409.
    wait_for_receiver: Option<bool>,
    /// How long to wait for what the ESME says: `30s` unless said.
    timeout: Option<String>,
}

/// What became of a message from a mobile.
#[derive(Serialize, ToSchema)]
#[schema(as = Mo)]
pub(super) struct MoShape {
    /// They are numbered from 1.
    id: u64,
    /// The ESME that it goes to; nothing as long as it waits for one.
    system_id: Option<String>,
    from: String,
    to: String,
    sent: String,
    /// Whether every part was answered or given up.
    is_done: bool,
    /// ESME_ROK if the ESME has taken every part; the first other status if it has refused one.
    command_status: Option<Named>,
    parts: Vec<MoPartShape>,
}

/// A PDU of a message from a mobile.
#[derive(Serialize, ToSchema)]
#[schema(as = MoPart)]
pub(super) struct MoPartShape {
    /// Which part it is, from 1.
    number: u8,
    of: u8,
    text: Option<String>,
    hex: String,
    data_coding: Named,
    esm_class: Named,
    /// `none`, `held`, `sent`, `delivered`, `refused` or `lost`.
    state: &'static str,
    /// What the ESME said.
    command_status: Option<Named>,
    /// How often the ESME refused or did not answer it.
    refusals: u32,
}

/// Messages from mobiles, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Mos {
    mos: Vec<MoShape>,
}

impl From<&MoReport> for MoShape {
    fn from(report: &MoReport) -> Self {
        Self {
            id: report.id,
            system_id: report.system_id.clone(),
            from: report.from.clone(),
            to: report.to.clone(),
            sent: time(report.sent),
            is_done: report.is_done(),
            command_status: report.command_status().map(Named::from),
            parts: report.parts.iter().map(MoPartShape::from).collect(),
        }
    }
}

impl From<&MoPart> for MoPartShape {
    fn from(part: &MoPart) -> Self {
        let payload = part.pdu.message_payload();
        let octets =
            payload.filter(|_| part.pdu.short_message.is_empty()).unwrap_or(part.pdu.short_message.as_borrowed());
        Self {
            number: part.number,
            of: part.total,
            text: sms::Message::from(&part.pdu).decode(&Profile::default()).without_mark().map(str::to_owned),
            hex: hex(octets.as_bytes()),
            data_coding: part.pdu.data_coding.into(),
            esm_class: part.pdu.esm_class.into(),
            state: state_word(part.state),
            command_status: part.command_status().map(Named::from),
            refusals: part.refusals,
        }
    }
}

pub(super) fn state_word(state: ReceiptState) -> &'static str {
    match state {
        ReceiptState::None => "none",
        ReceiptState::Held => "held",
        ReceiptState::Sent => "sent",
        ReceiptState::Delivered => "delivered",
        ReceiptState::Refused(_) => "refused",
        ReceiptState::Lost => "lost",
    }
}

impl NewMo {
    fn prepare(self, sim: &SmscSim) -> Result<(Mo, Duration), Problem> {
        let mut mo = match (self.text, self.hex) {
            (Some(text), None) => sim.mo(self.from, self.to, text),
            (None, Some(hex)) => {
                let octets = parse_hex(&hex).map_err(|error| Problem::bad_request(error.to_string()).at("hex"))?;
                sim.mo_octets(self.from, self.to, DataCoding(self.data_coding.unwrap_or(0)), octets)
            }
            _ => return Err(Problem::bad_request("expected either `text` or `hex`").at("text")),
        };
        if let Some(encoding) = &self.encoding {
            mo = mo.encoding(parse("encoding", encoding)?);
        }
        if let Some(split) = &self.split {
            mo = mo.split(segmentation(split).map_err(|error| Problem::setting("split", &error))?);
        }
        if let Some(parts) = self.parts {
            mo = mo.parts(parts);
        }
        if let Some(esm_class) = self.esm_class {
            mo = mo.esm_class(EsmClass(esm_class));
        }
        if let Some(registered_delivery) = self.registered_delivery {
            mo = mo.registered_delivery(RegisteredDelivery(registered_delivery));
        }
        if let Some(protocol_id) = self.protocol_id {
            mo = mo.protocol_id(protocol_id);
        }
        if let Some(service_type) = self.service_type {
            mo = mo.service_type(service_type);
        }
        for tlv in &self.tlvs {
            mo = mo.tlv(ExtraTlv::parse(tlv, sim.known()).map_err(|error| Problem::setting("tlvs", &error))?);
        }
        if let Some(via) = &self.via {
            mo = mo.via(parse("via", via)?);
        }
        if let Some(system_id) = self.system_id {
            mo = mo.to_system_id(system_id);
        }
        let timeout = match &self.timeout {
            Some(timeout) => duration(timeout).map_err(|error| Problem::setting("timeout", &error))?,
            None => TIMEOUT,
        };
        Ok((mo.waits_for_receiver(self.wait_for_receiver.unwrap_or(true)), timeout.min(limits::WAIT)))
    }
}

fn parse<T: std::str::FromStr<Err = SettingError>>(at: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| Problem::setting(at, &error))
}

fn problem(error: &MoError) -> Problem {
    let status = match error {
        MoError::NoReceiver | MoError::Forgotten => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    Problem::new(status, error.to_string())
}

/// Sends a message from a mobile, and answers with what the ESME said to each of its parts.
#[utoipa::path(
    post, path = "/mo", tag = "mo", request_body = NewMo,
    responses(
        (status = 200, description = "every part was answered or given up", body = MoShape),
        (status = 202, description = "the time is over, and some part is still on its way", body = MoShape),
        (status = 400, body = Problem),
        (status = 409, description = "nobody can receive it", body = Problem),
        (status = 422, description = "it cannot be encoded or cut as asked", body = Problem),
    )
)]
pub(super) async fn send(
    State(state): State<Shared>,
    Body(new): Body<NewMo>,
) -> Result<(StatusCode, Json<MoShape>), Problem> {
    let sent = state.wait(move |sim, is_gone| {
        let (mo, timeout) = new.prepare(sim)?;
        let sent = mo.start().map_err(|error| problem(&error))?;
        let begin = Instant::now();
        loop {
            // Nobody is told when the connection is lost meanwhile.
            let left = timeout.saturating_sub(begin.elapsed());
            match sent.wait(left.min(LOOK)) {
                Ok(report) => return Ok((StatusCode::OK, MoShape::from(&report))),
                Err(MoError::Unanswered(report)) if left <= LOOK || is_gone() => {
                    return Ok((StatusCode::ACCEPTED, MoShape::from(&*report)));
                }
                Err(MoError::Unanswered(_)) => {}
                Err(error) => return Err(problem(&error)),
            }
        }
    });
    let (status, shape) = sent.await??;
    Ok((status, Json(shape)))
}

/// What became of the messages from mobiles.
#[utoipa::path(get, path = "/mo", tag = "mo", responses((status = 200, body = Mos)))]
pub(super) async fn list(State(state): State<Shared>) -> Result<Json<Mos>, Problem> {
    let mos = state.ask(|sim| Mos { mos: sim.mos().iter().map(MoShape::from).collect() });
    Ok(Json(mos.await?))
}

/// What became of a message from a mobile.
#[utoipa::path(
    get, path = "/mo/{id}", tag = "mo", params(("id" = u64, Path, description = "its number")),
    responses((status = 200, body = MoShape), (status = 404, body = Problem))
)]
pub(super) async fn get(State(state): State<Shared>, Path(id): Path<String>) -> Result<Json<MoShape>, Problem> {
    let found = state.ask(move |sim| {
        let report = sim.mos().into_iter().find(|report| report.id.to_string() == id);
        let none = || Problem::not_found(format!("there is no message from a mobile with the number {id}")).at("id");
        report.as_ref().map(MoShape::from).ok_or_else(none)
    });
    Ok(Json(found.await??))
}

/// As long as the embedded API waits.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How often it is seen whether anybody still waits for the answer.
const LOOK: Duration = Duration::from_millis(250);
