//! Connections of ESMEs, and what went over them.
#![allow(unused_qualifications, reason = "the macros of utoipa qualify the parameters")]

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use smpp::pdu::AlertNotification;
use smpp::session::Direction;
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use super::problem::{Body, Params, Problem};
use super::shape::{hex, pdu, time};
use crate::decode::parse_hex;
use crate::line::holds_password;
use crate::setting::{SettingError, duration, written};
use crate::{Kick, SessionInfo, SessionRef, SmscSim, Traced};

/// A connection of an ESME, bound or not.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(super) struct SessionShape {
    id: u64,
    /// The address of the ESME.
    peer_addr: Option<String>,
    tls: bool,
    /// As section 2.2 has it, such as `BOUND_TRX`.
    state: String,
    system_id: Option<String>,
    /// `Transmitter`, `Receiver` or `Transceiver`.
    bound_as: Option<String>,
    /// Which bind of its system_id it is, from 1.
    bind: u64,
    /// Requests about messages.
    requests: u64,
    /// How many of them came in the last full second.
    rate: u32,
    /// What of the ESME's window is in use: its requests that are not answered.
    unanswered: usize,
    /// Requests of the simulator that the ESME has not answered.
    outstanding: usize,
    last_enquire_link: Option<String>,
}

impl From<&SessionInfo> for SessionShape {
    fn from(info: &SessionInfo) -> Self {
        Self {
            id: info.id,
            peer_addr: info.peer_addr.map(|addr| addr.to_string()),
            tls: info.tls,
            state: info.state.to_string(),
            system_id: info.system_id.clone(),
            bound_as: info.bound_as.map(|kind| format!("{kind:?}")),
            bind: info.bind,
            requests: info.requests,
            rate: info.rate,
            unanswered: info.unanswered,
            outstanding: info.outstanding,
            last_enquire_link: info.last_enquire_link.map(time),
        }
    }
}

/// Connections.
#[derive(Serialize, ToSchema)]
pub(super) struct Sessions {
    sessions: Vec<SessionShape>,
}

/// Connections of ESMEs, bound or not.
#[utoipa::path(get, path = "/sessions", tag = "sessions", responses((status = 200, body = Sessions)))]
pub(super) async fn list(State(state): State<Shared>) -> Result<Json<Sessions>, Problem> {
    Ok(Json(state.ask(|sim| Sessions { sessions: sim.sessions().iter().map(SessionShape::from).collect() }).await?))
}

/// The session with a number, or the latest of a system_id.
fn find(sim: &SmscSim, id: &str) -> Result<SessionRef, Problem> {
    let by_number = id.parse().ok().and_then(|number| sim.session_by_id(number));
    let none = || Problem::not_found(format!("there is no session `{id}`")).at("id");
    by_number.or_else(|| sim.session(id)).ok_or_else(none)
}

/// A connection.
#[utoipa::path(
    get, path = "/sessions/{id}", tag = "sessions", params(("id" = String, Path, description = "number, or system_id")),
    responses((status = 200, body = SessionShape), (status = 404, body = Problem))
)]
pub(super) async fn get(State(state): State<Shared>, Path(id): Path<String>) -> Result<Json<SessionShape>, Problem> {
    let found = state.ask(move |sim| Ok(SessionShape::from(&find(sim, &id)?.info())));
    Ok(Json(found.await??))
}

/// How to end a session.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// `unbind`, as it is unless said, `fin` or `rst`.
    how: Option<String>,
}

/// Ends a session.
#[utoipa::path(
    delete, path = "/sessions/{id}", tag = "sessions",
    params(("id" = String, Path, description = "number, or system_id"), How),
    responses(
        (status = 200, description = "as it was", body = SessionShape),
        (status = 400, body = Problem), (status = 404, body = Problem),
    )
)]
pub(super) async fn kick(
    State(state): State<Shared>,
    Path(id): Path<String>,
    Params(how): Params<How>,
) -> Result<Json<SessionShape>, Problem> {
    let how: Kick = how.how.as_deref().unwrap_or("unbind").parse().map_err(|error| Problem::setting("how", &error))?;
    let kicked = state.ask(move |sim| {
        let session = find(sim, &id)?;
        let info = session.info();
        session.kick(how);
        Ok(SessionShape::from(&info))
    });
    Ok(Json(kicked.await??))
}

/// What to send: a `command`, or octets in `hex`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPdu {
    /// `enquire_link`, `unbind` or `alert_notification`.
    command: Option<String>,
    /// For alert_notification: the mobile that can be reached.
    source_addr: Option<String>,
    /// Octets in hexadecimal, sent as they are.
    hex: Option<String>,
}

/// What came of it.
#[derive(Serialize, ToSchema)]
pub(super) struct SentPdu {
    /// What was sent.
    sent: String,
    /// Whether the ESME has answered; nothing if it need not.
    answered: Option<bool>,
}

/// Sends a PDU, or octets as they are. For enquire_link the answer is waited for.
#[utoipa::path(
    post, path = "/sessions/{id}/pdu", tag = "sessions",
    params(("id" = String, Path, description = "number, or system_id")), request_body = NewPdu,
    responses(
        (status = 200, body = SentPdu), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, description = "the session cannot send it", body = Problem),
    )
)]
pub(super) async fn send(
    State(state): State<Shared>,
    Path(id): Path<String>,
    Body(new): Body<NewPdu>,
) -> Result<Json<SentPdu>, Problem> {
    let sent = state.wait(move |sim, _| {
        let octets = new.hex.as_deref().map(parse_hex).transpose();
        let octets = octets.map_err(|error| Problem::bad_request(error.to_string()).at("hex"))?;
        let command = new.command.as_deref();
        let session = find(sim, &id)?;
        let refused = |error: smpp::driver::Error| Problem::new(StatusCode::CONFLICT, error.to_string());
        let answered = match (command, octets) {
            (None, Some(octets)) if !octets.is_empty() => {
                if !session.inject(octets) {
                    return Err(Problem::new(StatusCode::CONFLICT, "the connection is over"));
                }
                None
            }
            (Some("enquire_link"), None) => match session.enquire_link() {
                Ok(_) => Some(true),
                Err(smpp::driver::Error::Timeout { .. }) => Some(false),
                Err(error) => return Err(refused(error)),
            },
            (Some("unbind"), None) => {
                session.kick(Kick::Unbind);
                None
            }
            (Some("alert_notification"), None) => {
                let source_addr = new.source_addr.unwrap_or_default();
                let pdu = AlertNotification::default().with_source_addr(source_addr);
                session.alert_notification(&pdu).map_err(refused)?;
                None
            }
            (Some(other), None) => {
                let error = SettingError::unknown("command", other, &COMMANDS);
                return Err(Problem::setting("command", &error));
            }
            _ => return Err(Problem::bad_request("expected either `command` or `hex`").at("command")),
        };
        Ok(SentPdu { sent: new.command.unwrap_or_else(|| "octets".to_owned()), answered })
    });
    Ok(Json(sent.await??))
}

/// What can be sent by name.
const COMMANDS: [&str; 3] = ["enquire_link", "unbind", "alert_notification"];

/// What is to be wrong with a connection from now on. What is not said stays.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Toxics {
    /// Answers about messages come so much later: `200ms`; `0s` ends it.
    latency: Option<String>,
    /// What is sent comes one octet at a time, so far apart: `5ms`; `0s` ends it.
    dribble: Option<String>,
    /// Nothing is read for so long.
    stop_reading: Option<String>,
}

/// Makes a connection bad.
#[utoipa::path(
    post, path = "/sessions/{id}/toxics", tag = "sessions",
    params(("id" = String, Path, description = "number, or system_id")), request_body = Toxics,
    responses((status = 200, body = Toxics), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn toxics(
    State(state): State<Shared>,
    Path(id): Path<String>,
    Body(toxics): Body<Toxics>,
) -> Result<Json<Toxics>, Problem> {
    let parse = |at: &str, text: &Option<String>| {
        text.as_deref().map(duration).transpose().map_err(|error| Problem::setting(at, &error))
    };
    let latency = parse("latency", &toxics.latency)?;
    let dribble = parse("dribble", &toxics.dribble)?;
    let stop_reading = parse("stop_reading", &toxics.stop_reading)?;
    let done = state.ask(move |sim| {
        let session = find(sim, &id)?;
        if let Some(latency) = latency {
            session.latency(latency);
        }
        if let Some(dribble) = dribble {
            session.dribble(dribble);
        }
        if let Some(how_long) = stop_reading {
            session.stop_reading(how_long);
        }
        Ok(())
    });
    done.await??;
    Ok(Json(toxics))
}

/// What is wrong with a connection for now.
#[derive(Serialize, ToSchema)]
pub(super) struct ToxicsShape {
    /// The number of its session.
    session: u64,
    system_id: Option<String>,
    /// So much later answers about messages come.
    latency: String,
    /// So far apart its octets leave.
    dribble: String,
    /// Whether it is not read.
    is_deaf: bool,
}

impl From<&SessionRef> for ToxicsShape {
    fn from(session: &SessionRef) -> Self {
        let toxics = session.toxics();
        Self {
            session: session.id(),
            system_id: session.info().system_id,
            latency: written(toxics.latency),
            dribble: written(toxics.dribble),
            is_deaf: toxics.is_deaf,
        }
    }
}

/// What is wrong with a connection for now, because it was asked for.
#[utoipa::path(
    get, path = "/sessions/{id}/toxics", tag = "sessions",
    params(("id" = String, Path, description = "number, or system_id")),
    responses((status = 200, body = ToxicsShape), (status = 404, body = Problem))
)]
pub(super) async fn toxics_of(
    State(state): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<ToxicsShape>, Problem> {
    let found = state.ask(move |sim| Ok(ToxicsShape::from(&find(sim, &id)?)));
    Ok(Json(found.await??))
}

/// Connections with which something is wrong.
#[derive(Serialize, ToSchema)]
pub(super) struct AllToxics {
    toxics: Vec<ToxicsShape>,
}

/// The connections with which something is wrong for now, because it was asked for.
#[utoipa::path(get, path = "/toxics", tag = "sessions", responses((status = 200, body = AllToxics)))]
pub(super) async fn all_toxics(State(state): State<Shared>) -> Result<Json<AllToxics>, Problem> {
    let toxics = state.ask(|sim| {
        let sessions = sim.sessions().into_iter().filter_map(|info| sim.session_by_id(info.id));
        let ill = sessions.filter(|session| session.toxics() != crate::Toxics::default());
        AllToxics { toxics: ill.map(|session| ToxicsShape::from(&session)).collect() }
    });
    Ok(Json(toxics.await?))
}

/// A mobile that can be reached.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAlert {
    /// The ESME that is told.
    system_id: String,
    /// The number of the mobile.
    source_addr: String,
}

/// Tells an ESME that a mobile can be reached (alert_notification, section 4.12). Held while the ESME has no receiver.
#[utoipa::path(
    post, path = "/alert_notification", tag = "sessions", request_body = NewAlert,
    responses(
        (status = 202, description = "it is sent as soon as there is a receiver", body = NewAlert),
        (status = 400, body = Problem), (status = 422, body = Problem),
    )
)]
pub(super) async fn alert(
    State(state): State<Shared>,
    Body(new): Body<NewAlert>,
) -> Result<(StatusCode, Json<NewAlert>), Problem> {
    let (system_id, source_addr) = (new.system_id.clone(), new.source_addr.clone());
    let refused = |error: crate::OutboundError| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).at("source_addr")
    };
    state.ask(move |sim| sim.alert_notification(&system_id, &source_addr)).await?.map_err(refused)?;
    Ok((StatusCode::ACCEPTED, Json(new)))
}

/// A PDU that went over a connection, or what a fault made of it.
#[derive(Serialize, ToSchema)]
#[schema(as = Pdu)]
pub(super) struct PduShape {
    /// The number of its session.
    session: u64,
    at: String,
    /// `sent` by the simulator, or `received`.
    direction: &'static str,
    /// Its octets; nothing of binds and outbind, which hold a password.
    hex: String,
    /// What it says, by the names of the standard; passwords as `***`.
    #[schema(value_type = Object)]
    pdu: Value,
}

impl From<&Traced> for PduShape {
    fn from(traced: &Traced) -> Self {
        let pdu = pdu(&traced.octets, traced.known());
        // What is hidden in one place is not to be read in another.
        let shown = if holds_password(&traced.octets) { String::new() } else { hex(&traced.octets) };
        Self {
            session: traced.session,
            at: time(traced.at),
            direction: if traced.direction == Direction::Sent { "sent" } else { "received" },
            hex: shown,
            pdu,
        }
    }
}

/// Which PDUs.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Of this session: its number, or a system_id; of all unless said.
    session: Option<String>,
    /// Of this command, such as `submit_sm`.
    command: Option<String>,
    /// `sent` or `received`.
    direction: Option<String>,
}

async fn traced(state: Shared, filter: Filter) -> Result<Vec<PduShape>, Problem> {
    if let Some(word) = filter.direction.as_deref().filter(|word| !DIRECTIONS.contains(word)) {
        return Err(Problem::setting("direction", &SettingError::unknown("direction", word, &DIRECTIONS)));
    }
    let pdus = state.ask(move |sim| {
        let traced = match &filter.session {
            Some(id) => find(sim, id)?.pdus(),
            None => sim.pdus(),
        };
        let mut shown: Vec<_> = traced.iter().map(PduShape::from).collect();
        shown.retain(|shape| {
            filter.command.as_deref().is_none_or(|command| shape.pdu["command"] == command)
                && filter.direction.as_deref().is_none_or(|direction| shape.direction == direction)
        });
        Ok(shown)
    });
    pdus.await?
}

const DIRECTIONS: [&str; 2] = ["sent", "received"];

/// The last PDUs of each session that concern a message: of each request that names it, or whose response does, both.
#[utoipa::path(
    get, path = "/messages/{id}/pdus", tag = "messages", params(("id" = String, Path, description = "message_id")),
    responses((status = 200, body = Pdus), (status = 404, description = "none of them does", body = Problem))
)]
pub(super) async fn of_message(State(state): State<Shared>, Path(id): Path<String>) -> Result<Json<Pdus>, Problem> {
    let wanted = id.clone();
    let pdus: Vec<_> = state.ask(move |sim| sim.pdus_of(&wanted).iter().map(PduShape::from).collect()).await?;
    match pdus.is_empty() {
        true => Err(Problem::not_found(format!("of the PDUs that are kept, none is about a message `{id}`")).at("id")),
        false => Ok(Json(Pdus { pdus })),
    }
}

/// PDUs.
#[derive(Serialize, ToSchema)]
pub(super) struct Pdus {
    pdus: Vec<PduShape>,
}

/// The last PDUs of each session, also of those that have ended.
#[utoipa::path(
    get, path = "/pdus", tag = "pdus", params(Filter),
    responses((status = 200, body = Pdus), (status = 400, body = Problem), (status = 404, body = Problem))
)]
pub(super) async fn pdus(State(state): State<Shared>, Params(filter): Params<Filter>) -> Result<Json<Pdus>, Problem> {
    Ok(Json(Pdus { pdus: traced(state, filter).await? }))
}

/// The same, a line of JSON each.
#[utoipa::path(
    get, path = "/pdus.ndjson", tag = "pdus", params(Filter),
    responses(
        (status = 200, description = "a `Pdu` a line", body = str, content_type = "application/x-ndjson"),
        (status = 400, body = Problem), (status = 404, body = Problem),
    )
)]
pub(super) async fn pdus_ndjson(
    State(state): State<Shared>,
    Params(filter): Params<Filter>,
) -> Result<impl IntoResponse, Problem> {
    let mut lines = String::new();
    for shape in traced(state, filter).await? {
        lines += &serde_json::to_string(&shape).unwrap_or_default();
        lines.push('\n');
    }
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines))
}
