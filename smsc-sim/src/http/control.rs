//! What concerns the simulator as a whole.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::{Body, Problem};
use super::shape::time;
use super::{Shared, limits};
use crate::setting::duration;
use crate::{Family, SmscSim, submit};

/// The program runs.
#[utoipa::path(get, path = "/livez", tag = "health", responses((status = 200, description = "it runs", body = str)))]
pub(super) async fn livez() -> &'static str {
    "ok\n"
}

/// ESMEs can connect.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses((status = 200, description = "it listens", body = str), (status = 503, body = Problem))
)]
pub(super) async fn readyz(State(state): State<Shared>) -> Result<&'static str, Problem> {
    match state.sim.is_up() {
        true => Ok("ok\n"),
        false => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the SMPP port is down")),
    }
}

/// The clock of the simulator.
#[derive(Serialize, ToSchema)]
pub(super) struct ClockShape {
    /// RFC 3339.
    now: String,
    /// Whether it stands still but for being advanced.
    manual: bool,
}

impl From<&SmscSim> for ClockShape {
    fn from(sim: &SmscSim) -> Self {
        Self { now: time(sim.now()), manual: sim.engine.config.clock.manual }
    }
}

/// What time it is.
#[utoipa::path(get, path = "/clock", tag = "clock", responses((status = 200, body = ClockShape)))]
pub(super) async fn clock(State(state): State<Shared>) -> Json<ClockShape> {
    Json(ClockShape::from(&state.sim))
}

/// How far.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    /// A whole number and its unit: `500ms`, `2s`, `1m`, `72h`.
    by: String,
}

/// Moves the clock on, and answers when all has been done that is due by then.
#[utoipa::path(
    post, path = "/clock/advance", tag = "clock", request_body = Advance,
    responses((status = 200, body = ClockShape), (status = 400, body = Problem))
)]
pub(super) async fn advance(
    State(state): State<Shared>,
    Body(advance): Body<Advance>,
) -> Result<Json<ClockShape>, Problem> {
    let by = duration(&advance.by).map_err(|error| Problem::setting("by", &error))?;
    let clock = state.ask(move |sim| {
        sim.advance(by);
        ClockShape::from(sim)
    });
    Ok(Json(clock.await?))
}

/// Whether ESMEs can connect.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListenerShape {
    /// Whether it listens, with and without TLS.
    up: bool,
}

/// Whether ESMEs can connect.
#[utoipa::path(get, path = "/listener", tag = "listener", responses((status = 200, body = ListenerShape)))]
pub(super) async fn listener(State(state): State<Shared>) -> Json<ListenerShape> {
    Json(ListenerShape { up: state.sim.is_up() })
}

/// Takes the port down, which ends every session, or up again.
#[utoipa::path(
    post, path = "/listener", tag = "listener", request_body = ListenerShape,
    responses(
        (status = 200, body = ListenerShape), (status = 400, body = Problem),
        (status = 409, description = "somebody else has the port by now", body = Problem),
    )
)]
pub(super) async fn set_listener(
    State(state): State<Shared>,
    Body(wanted): Body<ListenerShape>,
) -> Result<Json<ListenerShape>, Problem> {
    let done = state.ask(move |sim| match wanted.up {
        true => sim.bring_up(),
        false => {
            sim.take_down(DOWN);
            Ok(())
        }
    });
    match done.await? {
        Ok(()) => Ok(Json(ListenerShape { up: state.sim.is_up() })),
        Err(error) => Err(Problem::new(StatusCode::CONFLICT, error.to_string())),
    }
}

/// How long sessions have to answer the unbind.
const DOWN: Duration = Duration::from_secs(2);

/// What there is at the moment.
#[derive(Serialize, ToSchema)]
pub(super) struct StatsShape {
    /// What chance began with.
    seed: u64,
    /// Messages that are kept.
    messages: usize,
    /// Requests to this API that wait for something.
    waiting: usize,
    /// What was counted: the same as /metrics has.
    #[schema(value_type = Vec<Object>)]
    families: Vec<Family>,
}

/// What there is at the moment.
#[utoipa::path(get, path = "/stats", tag = "about", responses((status = 200, body = StatsShape)))]
pub(super) async fn stats(State(state): State<Shared>) -> Result<Json<StatsShape>, Problem> {
    let waiting = limits::WAITS - state.waits.available_permits();
    let stats = state.ask(move |sim| StatsShape {
        seed: sim.seed(),
        messages: sim.count(submit()),
        waiting,
        families: sim.stats().families,
    });
    Ok(Json(stats.await?))
}
