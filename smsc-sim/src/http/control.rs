//! What concerns the simulator as a whole.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::{Body, Problem};
use super::shape::{Named, time};
use super::{Shared, limits};
use crate::setting::{duration, written};
use crate::{Account, Carrier, Family, SmscSim, submit};

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

/// What the simulator was started with. No password and no token is in it.
#[derive(Serialize, ToSchema)]
pub(super) struct ConfigShape {
    seed: u64,
    /// `real` or `manual`.
    clock: &'static str,
    /// Where it listens for SMPP.
    smpp: String,
    /// Where it listens for SMPP over TLS, if it does.
    tls: Option<String>,
    http: HttpShape,
    /// The ESMEs that may bind; anyone if there are none.
    accounts: Vec<AccountShape>,
    /// How messages are treated unless their account has another profile.
    carrier: CarrierShape,
    /// The other ways, by name.
    profiles: BTreeMap<String, CarrierShape>,
    loopback: String,
    magic: bool,
    inband: bool,
    max_messages: usize,
    /// PDUs of each session that are kept.
    trace: usize,
}

/// The HTTP side.
#[derive(Serialize, ToSchema)]
struct HttpShape {
    listen: String,
    readonly: bool,
    /// Whether requests must show a token.
    has_token: bool,
}

/// An ESME that may bind.
#[derive(Serialize, ToSchema)]
struct AccountShape {
    system_id: String,
    /// `Transmitter`, `Receiver`, `Transceiver`; any if there are none.
    bind: Vec<String>,
    max_binds: Option<usize>,
    /// Requests about messages in each session that may be unanswered.
    window: Option<usize>,
    over_window: Named,
    /// Messages a second.
    rate: Option<u32>,
    over_rate: Named,
    profile: Option<String>,
}

/// How messages are treated.
#[derive(Serialize, ToSchema)]
struct CarrierShape {
    message_id: String,
    latency: String,
    mix: String,
    delay: String,
    max_validity: String,
    /// Whether receipts are sent when they are due.
    receipt_send: bool,
    receipt_id: String,
    receipt_format: String,
    intermediate: bool,
    via: String,
    sme_acks: bool,
}

impl From<&Account> for AccountShape {
    fn from(account: &Account) -> Self {
        Self {
            system_id: account.system_id.clone(),
            bind: account.bind.iter().map(|kind| format!("{kind:?}")).collect(),
            max_binds: account.max_binds,
            window: account.window,
            over_window: account.over_window.into(),
            rate: account.rate,
            over_rate: account.over_rate.into(),
            profile: account.profile.clone(),
        }
    }
}

impl From<&Carrier> for CarrierShape {
    fn from(carrier: &Carrier) -> Self {
        Self {
            message_id: carrier.message_id.to_string(),
            latency: carrier.latency.to_string(),
            mix: carrier.lifecycle.mix.to_string(),
            delay: carrier.lifecycle.delay.to_string(),
            max_validity: written(carrier.lifecycle.max_validity),
            receipt_send: carrier.receipt.automatic,
            receipt_id: carrier.receipt.id.to_string(),
            receipt_format: carrier.receipt.format.to_string(),
            intermediate: carrier.receipt.intermediate,
            via: carrier.receipt.via.to_string(),
            sme_acks: carrier.sme_acks,
        }
    }
}

/// What the simulator was started with. No password and no token is in it.
#[utoipa::path(get, path = "/config", tag = "about", responses((status = 200, body = ConfigShape)))]
pub(super) async fn config(State(state): State<Shared>) -> Json<ConfigShape> {
    let (sim, options) = (&state.sim, &state.options);
    let config = &sim.engine.config;
    let carriers = config.carriers.iter().map(|(name, carrier)| (name.clone(), CarrierShape::from(carrier)));
    Json(ConfigShape {
        seed: config.seed,
        clock: if config.clock.manual { "manual" } else { "real" },
        smpp: sim.addr().to_string(),
        tls: sim.tls_addr().map(|addr| addr.to_string()),
        http: HttpShape {
            listen: state.addr.to_string(),
            readonly: options.readonly,
            has_token: options.token.is_some(),
        },
        accounts: config.accounts.iter().map(AccountShape::from).collect(),
        carrier: CarrierShape::from(&config.carrier),
        profiles: carriers.collect(),
        loopback: config.loopback.to_string(),
        magic: config.magic,
        inband: config.inband,
        max_messages: config.max_messages,
        trace: config.trace,
    })
}

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
