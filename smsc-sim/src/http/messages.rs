//! What was submitted.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Shared;
use super::problem::{Params, Problem};
use super::shape::MessageShape;
use crate::Message;

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Listed {
    /// How many at most, 100 unless said, 1000 at most.
    limit: Option<usize>,
    /// Those after this one: the `next` of the list before, or the serial of a message.
    cursor: Option<u64>,
}

/// Some messages, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct Messages {
    messages: Vec<MessageShape>,
    /// The cursor of what follows, if there may be more.
    next: Option<u64>,
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
    let messages = state.ask(move |sim| {
        let after = listed.cursor.unwrap_or(0);
        let mut messages: Vec<_> = sim.messages().into_iter().filter(|message| message.serial > after).collect();
        let has_more = messages.len() > limit;
        messages.truncate(limit);
        Messages {
            next: messages.last().filter(|_| has_more).map(|message| message.serial),
            messages: messages.iter().map(MessageShape::from).collect(),
        }
    });
    Ok(Json(messages.await?))
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
        let messages = sim.messages();
        let mut found: Vec<Message> = match id.as_str() {
            "latest" => messages.into_iter().next_back().into_iter().collect(),
            id => messages.into_iter().filter(|message| message.id == id).collect(),
        };
        let first = if found.is_empty() { None } else { Some(found.remove(0)) };
        match first {
            Some(first) => Ok(OneMessage {
                message: MessageShape::from(&first),
                copies: found.iter().map(MessageShape::from).collect(),
            }),
            None if id == "latest" => Err(Problem::not_found("there is no message yet")),
            None => Err(Problem::not_found(format!("there is no message with the id `{id}`")).at("id")),
        }
    });
    Ok(Json(found.await??))
}

/// Messages in one answer.
const MOST: usize = 1000;
