//! What is done to messages and ESMEs by hand.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use smpp::sms::stat;
use smpp::value::MessageState;
use utoipa::ToSchema;

use super::problem::{Body, Problem};
use super::shape::{MessageShape, time};
use super::{Shared, limits};
use crate::outcome::STATES;
use crate::setting::{SettingError, duration};
use crate::spec::Known;
use crate::{ControlError, Message, OutboundError, SmscSim, Text, TextDirection, What};

/// A final state.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Forced {
    /// As receipts have it, such as `UNDELIV`, or as the standard has it, such as `UNDELIVERABLE`.
    state: String,
    /// The error code for receipts, such as `021`.
    err: Option<String>,
}

/// A receipt.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Resent {
    /// The state that the message is brought to first; it stays unless said.
    state: Option<String>,
    /// The error code for receipts, such as `021`.
    err: Option<String>,
}

/// Messages as they then are: several of a submit_multi.
#[derive(Serialize, ToSchema)]
pub(super) struct Changed {
    messages: Vec<MessageShape>,
}

fn state_of(word: &str) -> Result<MessageState, Problem> {
    let is_meant = |state: &&MessageState| stat(**state) == word || state.name().as_deref() == Some(word);
    let unknown = || Problem::setting("state", &SettingError::unknown("state", word, &STATES.map(stat)));
    STATES.iter().find(is_meant).copied().ok_or_else(unknown)
}

fn changed(messages: Result<Vec<Message>, ControlError>, known: Known) -> Result<Json<Changed>, Problem> {
    match messages {
        Ok(messages) => {
            Ok(Json(Changed { messages: messages.iter().map(|message| MessageShape::of(message, known)).collect() }))
        }
        Err(error @ ControlError::NoSuchMessage(_)) => Err(Problem::not_found(error.to_string()).at("id")),
        Err(error) => Err(Problem::new(StatusCode::CONFLICT, error.to_string())),
    }
}

/// Brings a message to a final state; it is receipted as it asks for.
#[utoipa::path(
    post, path = "/messages/{id}/state", tag = "messages", params(("id" = String, Path, description = "message_id")),
    request_body = Forced,
    responses(
        (status = 200, body = Changed), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, description = "the state is not a final one", body = Problem),
    )
)]
pub(super) async fn force(
    State(state): State<Shared>,
    Path(id): Path<String>,
    Body(forced): Body<Forced>,
) -> Result<Json<Changed>, Problem> {
    let to = state_of(&forced.state)?;
    let known = state.sim.known();
    changed(state.ask(move |sim| sim.set_state(&id, to, forced.err.as_deref())).await?, known)
}

/// Sends the receipt of a message again, or brings it to a final state, with its receipt.
#[utoipa::path(
    post, path = "/messages/{id}/receipt", tag = "messages", params(("id" = String, Path, description = "message_id")),
    request_body = Resent,
    responses(
        (status = 200, body = Changed), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 409, description = "the message is still on its way", body = Problem),
    )
)]
pub(super) async fn receipt(
    State(state): State<Shared>,
    Path(id): Path<String>,
    Body(resent): Body<Resent>,
) -> Result<Json<Changed>, Problem> {
    let to = resent.state.as_deref().map(state_of).transpose()?;
    let known = state.sim.known();
    changed(
        state
            .ask(move |sim| match to {
                Some(to) => sim.set_state(&id, to, resent.err.as_deref()),
                None => sim.resend_receipt(&id),
            })
            .await?,
        known,
    )
}

/// What to forget.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    /// `all`, `messages`, `sessions` or `sequences`.
    #[serde(default = "all")]
    what: String,
}

fn all() -> String {
    What::All.to_string()
}

/// Forgets something, so that the next test begins anew.
#[utoipa::path(
    post, path = "/reset", tag = "control", request_body = Reset,
    responses((status = 200, description = "what was forgotten", body = Reset), (status = 400, body = Problem))
)]
pub(super) async fn reset(State(state): State<Shared>, Body(reset): Body<Reset>) -> Result<Json<Reset>, Problem> {
    let what: What = reset.what.parse().map_err(|error| Problem::setting("what", &error))?;
    state.ask(move |sim| sim.reset(what)).await?;
    Ok(Json(reset))
}

/// Forgets every message, in both directions.
#[utoipa::path(
    delete, path = "/messages", tag = "messages",
    responses((status = 200, description = "what was forgotten", body = Reset))
)]
pub(super) async fn delete(State(state): State<Shared>) -> Result<Json<Reset>, Problem> {
    state.ask(|sim| sim.reset(What::Messages)).await?;
    Ok(Json(Reset { what: What::Messages.to_string() }))
}

/// An ESME that waits for a connection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewOutbind {
    /// `HOST:PORT`.
    addr: String,
    /// What the simulator says that it is called; its own unless said.
    #[serde(default)]
    system_id: String,
    #[serde(default)]
    password: String,
    /// How long to wait until the ESME has bound: `10s` unless said.
    timeout: Option<String>,
}

/// How the ESME has bound.
#[derive(Serialize, ToSchema)]
pub(super) struct Outbound {
    session_id: u64,
    /// `Receiver`, or however it has bound.
    bound_as: String,
}

/// Connects to an ESME, sends outbind, and waits until the ESME has bound.
#[utoipa::path(
    post, path = "/outbind", tag = "sessions", request_body = NewOutbind,
    responses(
        (status = 200, body = Outbound), (status = 400, body = Problem),
        (status = 502, description = "no connection, or the ESME has not bound", body = Problem),
    )
)]
pub(super) async fn outbind(
    State(state): State<Shared>,
    Body(new): Body<NewOutbind>,
) -> Result<Json<Outbound>, Problem> {
    let timeout = duration(new.timeout.as_deref().unwrap_or("10s"));
    let timeout = timeout.map_err(|error| Problem::setting("timeout", &error))?.min(limits::WAIT);
    let bound = state.wait(move |sim, _| {
        let outbound = sim.outbind(new.addr.as_str(), &new.system_id, &new.password)?;
        let bound_as = format!("{:?}", outbound.wait_bound(timeout)?);
        Ok(Outbound { session_id: outbound.session_id(), bound_as })
    });
    let failed = |error: OutboundError| Problem::new(StatusCode::BAD_GATEWAY, error.to_string()).at("addr");
    Ok(Json(bound.await?.map_err(failed)?))
}

/// Long messages as one, in both directions, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Texts {
    texts: Vec<TextShape>,
}

/// A message as its reader has it: its parts joined.
#[derive(Serialize, ToSchema)]
#[schema(as = Text)]
pub(super) struct TextShape {
    /// `mt`, or `mo` from mobiles.
    direction: &'static str,
    system_id: Option<String>,
    from: String,
    to: String,
    /// The same in all parts; nothing if it is a single one.
    reference: Option<u16>,
    /// How many parts it has.
    total: u8,
    /// Whether all of them are there.
    complete: bool,
    /// Those that are not.
    missing: Vec<u8>,
    text: Option<String>,
    parts: Vec<TextPartShape>,
    begun: String,
}

/// A part of it that is there.
#[derive(Serialize, ToSchema)]
#[schema(as = TextPart)]
pub(super) struct TextPartShape {
    number: u8,
    /// Its message_id, or the number of the message from a mobile.
    id: String,
    octets: usize,
    at: String,
}

impl From<&Text> for TextShape {
    fn from(text: &Text) -> Self {
        let parts = text.parts.iter().map(|part| TextPartShape {
            number: part.number,
            id: part.id.clone(),
            octets: part.octets,
            at: time(part.at),
        });
        Self {
            direction: if text.direction == TextDirection::Mo { "mo" } else { "mt" },
            system_id: text.system_id.clone(),
            from: text.source_addr.clone(),
            to: text.destination_addr.clone(),
            reference: text.reference,
            total: text.total,
            complete: text.complete,
            missing: text.missing.clone(),
            text: text.text.clone(),
            parts: parts.collect(),
            begun: time(text.begun),
        }
    }
}

/// Messages in both directions as their readers have them: long ones joined, with the parts that are missing.
#[utoipa::path(get, path = "/texts", tag = "messages", responses((status = 200, body = Texts)))]
pub(super) async fn texts(State(state): State<Shared>) -> Result<Json<Texts>, Problem> {
    let texts = state.ask(|sim: &SmscSim| Texts { texts: sim.texts().iter().map(TextShape::from).collect() });
    Ok(Json(texts.await?))
}
