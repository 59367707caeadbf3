//! What happens, as it happens, and what was counted.
#![allow(unused_qualifications, reason = "the macros of utoipa qualify the parameters")]

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt};
use utoipa::IntoParams;

use super::Shared;
use super::problem::{Params, Problem};

/// Which events.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Followed {
    /// Those of these names, with commas between: `session_bound,message_accepted`; all unless said.
    event: Option<String>,
    /// Whether PDUs are told as well: `true` or `false`, as it is unless said.
    #[serde(default)]
    pdus: bool,
}

/// What happens from now on, as server-sent events: `id` is its number, `event` its name, `data` the whole as JSON. Who does
/// not read in time is told by an event `missed` how many it has lost.
#[utoipa::path(
    get, path = "/events", tag = "events", params(Followed),
    responses(
        (status = 200, description = "no end of events", body = str, content_type = "text/event-stream"),
        (status = 400, body = Problem), (status = 503, description = "too many listen already", body = Problem),
    )
)]
pub(super) async fn events(
    State(state): State<Shared>,
    Params(followed): Params<Followed>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let permit = Arc::clone(&state.streams).try_acquire_owned().map_err(|_| Problem::busy())?;
    let names: Option<Vec<String>> = followed.event.map(|names| names.split(',').map(str::to_owned).collect());
    // Before the head of the answer is out: whoever has it misses nothing that happens then.
    let events = state.sim.subscribe();
    let events = if followed.pdus { events.with_pdus() } else { events };
    let stopping = state.stopping.clone();
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        while !*stopping.borrow() && !sender.is_closed() && !events.is_over() {
            let Some(event) = events.wait(LOOK) else { continue };
            let Ok(value) = serde_json::to_value(&event) else { continue };
            let name = value["event"].as_str().unwrap_or_default().to_owned();
            let is_meant = |names: &Vec<String>| name == "missed" || names.contains(&name);
            if names.as_ref().is_none_or(is_meant)
                && sender.blocking_send((event.number, name, value.to_string())).is_err()
            {
                break;
            }
        }
        drop(permit);
    });
    let told = ReceiverStream::new(receiver)
        .map(|(number, name, data)| Ok(Event::default().id(number.to_string()).event(name).data(data)));
    Ok(Sse::new(told).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// What was counted, in the text format of Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "health",
    responses((status = 200, description = "OpenMetrics", body = str, content_type = "application/openmetrics-text"))
)]
pub(super) async fn metrics(State(state): State<Shared>) -> Result<impl IntoResponse, Problem> {
    let text = state.ask(|sim| sim.stats().to_prometheus()).await?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}

/// Events that are taken before they are read; what comes when these are not read either, the simulator keeps up to a limit.
const AHEAD: usize = 64;

/// How often it is seen whether anybody still listens, while nothing happens.
const LOOK: Duration = Duration::from_millis(100);

/// After which a comment shows that the connection stands.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
