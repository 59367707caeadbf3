//! What was submitted.
#![allow(unused_qualifications, reason = "the macros of utoipa qualify the parameters")]

use std::ops::Bound;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{Body, Params, Problem};
use super::shape::MessageShape;
use super::{Shared, limits};
use crate::setting::duration;
use crate::{Message, Query, submit};

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Listed {
    /// Which: `to:4477* text~code state:DELIVRD`; all unless said.
    query: Option<String>,
    /// How many at most, 100 unless said, 1000 at most.
    limit: Option<usize>,
    /// Those after this one: the `next` of the list before, or the serial of a message.
    cursor: Option<u64>,
}

/// Some messages, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Messages {
    messages: Vec<MessageShape>,
    /// The cursor of what follows, if there is more.
    next: Option<u64>,
    /// Where the messages stand that come from now on: a `since` for /messages/wait.
    cursor: u64,
}

/// Messages that were submitted, oldest first.
#[utoipa::path(
    get, path = "/messages", tag = "messages", params(Listed),
    responses((status = 200, body = Messages), (status = 400, body = Problem))
)]
pub(super) async fn list(
    State(state): State<Shared>,
    Params(listed): Params<Listed>,
) -> Result<Json<Messages>, Problem> {
    let limit = listed.limit.unwrap_or(100).min(MOST);
    let query = query(listed.query.as_deref(), listed.cursor)?;
    let messages = state.ask(move |sim| {
        let cursor = sim.cursor();
        let mut messages = sim.find_some(query, limit + 1);
        let has_more = messages.len() > limit;
        messages.truncate(limit);
        Messages {
            next: messages.last().filter(|_| has_more).map(|message| message.serial),
            messages: messages.iter().map(|message| MessageShape::of(message, sim.known())).collect(),
            cursor,
        }
    });
    Ok(Json(messages.await?))
}

fn query(text: Option<&str>, since: Option<u64>) -> Result<Query, Problem> {
    let query = match text {
        Some(text) if !text.trim().is_empty() => text.parse().map_err(|error| Problem::setting("query", &error))?,
        _ => submit(),
    };
    Ok(match since {
        Some(since) => query.since(since),
        None => query,
    })
}

/// What to wait for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Awaited {
    /// Which: `to:4477* text~code state:DELIVRD`; any unless said.
    query: Option<String>,
    /// How many, 1 unless said, 1000 at most.
    count: Option<usize>,
    /// How long at most, by the clock of the machine: `10s` unless said, 5 minutes at most.
    timeout: Option<String>,
    /// Only those after this one: the `cursor` of a list, or the serial of a message.
    since: Option<u64>,
}

/// Waits until there are so many messages, and answers with them, oldest first.
#[utoipa::path(
    get, path = "/messages/wait", tag = "messages", params(Awaited),
    responses(
        (status = 200, body = Messages), (status = 400, body = Problem),
        (status = 408, description = "the time is over: `near_misses` tells what came closest", body = Problem),
        (status = 503, description = "too many wait already, or the simulator stops", body = Problem),
    )
)]
pub(super) async fn wait(
    State(state): State<Shared>,
    Params(awaited): Params<Awaited>,
) -> Result<Json<Messages>, Problem> {
    let query = query(awaited.query.as_deref(), awaited.since)?;
    let count = awaited.count.unwrap_or(1);
    if !(1..=MOST).contains(&count) {
        return Err(Problem::bad_request(format!("count is from 1 to {MOST}, not {count}")).at("count"));
    }
    let timeout = duration(awaited.timeout.as_deref().unwrap_or("10s"));
    let timeout = timeout.map_err(|error| Problem::setting("timeout", &error))?.min(limits::WAIT);
    let messages = state.wait(move |sim, is_gone| {
        let found = sim.wait_unless(&query, count, timeout, is_gone);
        let found = found.map_err(|misses| Problem::missed(StatusCode::REQUEST_TIMEOUT, misses))?;
        let cursor = sim.cursor();
        Ok(Messages {
            messages: found.iter().map(|message| MessageShape::of(message, sim.known())).collect(),
            next: None,
            cursor,
        })
    });
    Ok(Json(messages.await??))
}

/// How many messages there should be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    /// Which: `to:4477* text~code state:DELIVRD`; all unless said.
    query: Option<String>,
    /// How many at least: 1 unless said, or 0 if there is a `max`.
    min: Option<usize>,
    /// How many at most; any number unless said.
    max: Option<usize>,
    /// Only those after this one.
    since: Option<u64>,
}

/// How many there are.
#[derive(Serialize, ToSchema)]
pub(super) struct Verified {
    count: usize,
}

/// Whether there are as many messages as there should be, now. Changes nothing.
#[utoipa::path(
    post, path = "/verify", tag = "messages", request_body = Expected,
    responses(
        (status = 200, body = Verified), (status = 400, body = Problem),
        (status = 409, description = "there are not: `near_misses` tells what came closest", body = Problem),
    )
)]
pub(super) async fn verify(
    State(state): State<Shared>,
    Body(expected): Body<Expected>,
) -> Result<Json<Verified>, Problem> {
    let query = query(expected.query.as_deref(), expected.since)?;
    let least = expected.min.unwrap_or_else(|| usize::from(expected.max.is_none()));
    if expected.max.is_some_and(|most| most < least) {
        return Err(Problem::bad_request("max is less than min").at("max"));
    }
    let most = expected.max.map_or(Bound::Unbounded, Bound::Included);
    let verified = state.ask(move |sim| sim.verify(query, (Bound::Included(least), most)));
    match verified.await? {
        Ok(count) => Ok(Json(Verified { count })),
        Err(misses) => Err(Problem::missed(StatusCode::CONFLICT, misses)),
    }
}

/// Messages with a message_id: several if they are of a submit_multi.
#[derive(Serialize, ToSchema)]
pub(super) struct OneMessage {
    #[serde(flatten)]
    message: MessageShape,
    /// The others that share its id: copies of a submit_multi to other destinations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    copies: Vec<MessageShape>,
}

/// The message with a message_id, or the `latest`.
#[utoipa::path(
    get, path = "/messages/{id}", tag = "messages", params(("id" = String, Path, description = "message_id, or `latest`")),
    responses((status = 200, body = OneMessage), (status = 404, body = Problem))
)]
pub(super) async fn get(State(state): State<Shared>, Path(id): Path<String>) -> Result<Json<OneMessage>, Problem> {
    let found = state.ask(move |sim| {
        let mut found: Vec<Message> = match id.as_str() {
            "latest" => sim.find(submit().since(sim.cursor().saturating_sub(1))),
            wanted => {
                let wanted = wanted.to_owned();
                sim.find(submit().when("id", move |message| message.id == wanted))
            }
        };
        let first = if found.is_empty() { None } else { Some(found.remove(0)) };
        match first {
            Some(first) => Ok(OneMessage {
                message: MessageShape::of(&first, sim.known()),
                copies: found.iter().map(|message| MessageShape::of(message, sim.known())).collect(),
            }),
            None if id == "latest" => Err(Problem::not_found("there is no message yet")),
            None => Err(Problem::not_found(format!("there is no message with the id `{id}`")).at("id")),
        }
    });
    Ok(Json(found.await??))
}

/// Messages in one answer.
const MOST: usize = 1000;
