//! What the simulator does otherwise than the standard says.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Shared;
use super::problem::{Body, Problem};
use crate::HostileReport;
use crate::rules::{Chaos, Rule, RuleStatus};

/// A rule that there is.
#[derive(Serialize, ToSchema)]
#[schema(as = RuleStatus)]
pub(super) struct RuleShape {
    name: String,
    #[schema(value_type = Object)]
    rule: Rule,
    /// How often its conditions were met.
    matched: u64,
    /// How often it was applied: of what met its conditions, what it picked.
    hits: u64,
    /// Whether it is of a built-in profile or of a chaos specification.
    is_built_in: bool,
}

impl From<RuleStatus> for RuleShape {
    fn from(status: RuleStatus) -> Self {
        let RuleStatus { name, rule, matched, hits, is_built_in } = status;
        Self { name, rule, matched, hits, is_built_in }
    }
}

/// Every rule, in the order they are asked.
#[derive(Serialize, ToSchema)]
pub(super) struct Rules {
    rules: Vec<RuleShape>,
}

/// Every rule, in the order they are asked, with how often it was applied.
#[utoipa::path(get, path = "/rules", tag = "rules", responses((status = 200, body = Rules)))]
pub(super) async fn list(State(state): State<Shared>) -> Result<Json<Rules>, Problem> {
    Ok(Json(state.ask(|sim| Rules { rules: sim.rules().into_iter().map(RuleShape::from).collect() }).await?))
}

/// What a rule is called.
#[derive(Serialize, ToSchema)]
pub(super) struct Added {
    name: String,
}

/// Adds a rule. One that has no name gets one.
#[utoipa::path(
    post, path = "/rules", tag = "rules", request_body(content = ref("#/components/schemas/Rule")),
    responses((status = 201, body = Added), (status = 400, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn add(
    State(state): State<Shared>,
    Body(rule): Body<Rule>,
) -> Result<(StatusCode, Json<Added>), Problem> {
    let added = state.ask(move |sim| sim.add_rule(rule)).await?;
    let name = added.map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    Ok((StatusCode::CREATED, Json(Added { name })))
}

/// How many were removed.
#[derive(Serialize, ToSchema)]
pub(super) struct Removed {
    removed: usize,
}

/// Removes every rule that was added; those of built-in profiles stay.
#[utoipa::path(delete, path = "/rules", tag = "rules", responses((status = 200, body = Removed)))]
pub(super) async fn clear(State(state): State<Shared>) -> Result<Json<Removed>, Problem> {
    Ok(Json(Removed { removed: state.ask(|sim| sim.clear_rules()).await? }))
}

/// A rule.
#[utoipa::path(
    get, path = "/rules/{name}", tag = "rules", params(("name" = String, Path, description = "its name")),
    responses((status = 200, body = RuleShape), (status = 404, body = Problem))
)]
pub(super) async fn get(State(state): State<Shared>, Path(name): Path<String>) -> Result<Json<RuleShape>, Problem> {
    let wanted = name.clone();
    let found = state.ask(move |sim| sim.rules().into_iter().find(|status| status.name == wanted)).await?;
    found.map(|status| Json(RuleShape::from(status))).ok_or_else(|| none(&name))
}

/// Puts a rule in the place of the one of this name, or adds it. It begins to count anew.
#[utoipa::path(
    put, path = "/rules/{name}", tag = "rules", params(("name" = String, Path, description = "its name")),
    request_body(content = ref("#/components/schemas/Rule")),
    responses((status = 200, body = Added), (status = 400, body = Problem), (status = 422, body = Problem))
)]
pub(super) async fn put(
    State(state): State<Shared>,
    Path(name): Path<String>,
    Body(rule): Body<Rule>,
) -> Result<Json<Added>, Problem> {
    if rule.name.as_ref().is_some_and(|other| *other != name) {
        return Err(Problem::bad_request("the rule says another name than the path").at("name"));
    }
    let added = state.ask(move |sim| {
        let before = sim.rules().into_iter().find(|status| status.name == name && !status.is_built_in);
        sim.remove_rule(&name);
        let added = sim.add_rule(rule.name(name));
        if let (Err(_), Some(before)) = (&added, before) {
            // The one before stays.
            let _ = sim.add_rule(before.rule.name(before.name));
        }
        added
    });
    let name = added.await?.map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()))?;
    Ok(Json(Added { name }))
}

/// Removes a rule.
#[utoipa::path(
    delete, path = "/rules/{name}", tag = "rules", params(("name" = String, Path, description = "its name")),
    responses((status = 200, body = Removed), (status = 404, body = Problem))
)]
pub(super) async fn remove(State(state): State<Shared>, Path(name): Path<String>) -> Result<Json<Removed>, Problem> {
    let wanted = name.clone();
    match state.ask(move |sim| sim.remove_rule(&wanted)).await? {
        true => Ok(Json(Removed { removed: 1 })),
        false => Err(none(&name)),
    }
}

/// How many requests were answered.
#[derive(Serialize, ToSchema)]
pub(super) struct Released {
    released: usize,
}

/// Answers what a rule holds.
#[utoipa::path(
    post, path = "/rules/{name}/release", tag = "rules", params(("name" = String, Path, description = "its name")),
    responses((status = 200, body = Released), (status = 404, body = Problem))
)]
pub(super) async fn release(State(state): State<Shared>, Path(name): Path<String>) -> Result<Json<Released>, Problem> {
    let wanted = name.clone();
    let (released, is_known) =
        state.ask(move |sim| (sim.release(&wanted), sim.rules().iter().any(|status| status.name == wanted))).await?;
    // What a rule has held may be there longer than the rule.
    if released == 0 && !is_known { Err(none(&name)) } else { Ok(Json(Released { released })) }
}

fn none(name: &str) -> Problem {
    Problem::not_found(format!("there is no rule `{name}`")).at("name")
}

/// How ESMEs have come out of the hostile catalogue.
#[derive(Serialize, ToSchema)]
pub(super) struct Hostile {
    /// One of each ESME that was taken through it.
    #[schema(value_type = Vec<Object>)]
    reports: Vec<HostileReport>,
}

/// How each ESME has come out of the hostile catalogue so far: the profile `hostile` takes them through it.
#[utoipa::path(get, path = "/hostile", tag = "rules", responses((status = 200, body = Hostile)))]
pub(super) async fn hostile(State(state): State<Shared>) -> Result<Json<Hostile>, Problem> {
    Ok(Json(Hostile { reports: state.ask(|sim| sim.hostile_reports()).await? }))
}

/// How an ESME has come out of the hostile catalogue so far.
#[utoipa::path(
    get, path = "/hostile/{id}", tag = "rules", params(("id" = String, Path, description = "its system_id")),
    responses((status = 200, description = "case by case", body = Object), (status = 404, body = Problem))
)]
pub(super) async fn hostile_of(
    State(state): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<HostileReport>, Problem> {
    let wanted = id.clone();
    let report = state.ask(move |sim| sim.hostile_report(&wanted)).await?;
    let none = || Problem::not_found(format!("no ESME `{id}` was taken through the hostile catalogue")).at("id");
    report.map(Json).ok_or_else(none)
}

/// The scenarios that were brought to a state.
#[derive(Serialize, ToSchema)]
pub(super) struct Scenarios {
    /// The state of each, by name.
    scenarios: BTreeMap<String, String>,
}

/// The state of every scenario that was brought to one.
#[utoipa::path(get, path = "/scenarios", tag = "rules", responses((status = 200, body = Scenarios)))]
pub(super) async fn scenarios(State(state): State<Shared>) -> Result<Json<Scenarios>, Problem> {
    Ok(Json(Scenarios { scenarios: state.ask(|sim| sim.scenarios()).await? }))
}

/// The state of a scenario.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioState {
    state: String,
}

/// Brings a scenario to a state.
#[utoipa::path(
    put, path = "/scenarios/{name}", tag = "rules", params(("name" = String, Path, description = "its name")),
    request_body = ScenarioState, responses((status = 200, body = ScenarioState), (status = 400, body = Problem))
)]
pub(super) async fn set_scenario(
    State(state): State<Shared>,
    Path(name): Path<String>,
    Body(wanted): Body<ScenarioState>,
) -> Result<Json<ScenarioState>, Problem> {
    let to = wanted.state.clone();
    state.ask(move |sim| sim.set_scenario(&name, &to)).await?;
    Ok(Json(wanted))
}

/// A built-in profile.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ProfileShape {
    /// Its name, such as `healthy` or `flaky`.
    profile: String,
}

/// Puts the rules of a built-in profile in the place of those of the one before.
#[utoipa::path(
    put, path = "/profile", tag = "rules", request_body = ProfileShape,
    responses((status = 200, body = ProfileShape), (status = 400, body = Problem))
)]
pub(super) async fn set_profile(
    State(state): State<Shared>,
    Body(wanted): Body<ProfileShape>,
) -> Result<Json<ProfileShape>, Problem> {
    let profile = wanted.profile.parse().map_err(|error| Problem::setting("profile", &error))?;
    state.ask(move |sim| sim.set_profile(profile)).await?;
    Ok(Json(wanted))
}

/// Faults by chance.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChaosShape {
    /// Such as `submit_sm=ESME_RTHROTTLED@5%,close@0.1%`.
    chaos: String,
}

/// Puts faults by chance in the place of those before.
#[utoipa::path(
    put, path = "/chaos", tag = "rules", request_body = ChaosShape,
    responses((status = 200, body = ChaosShape), (status = 400, body = Problem))
)]
pub(super) async fn set_chaos(
    State(state): State<Shared>,
    Body(wanted): Body<ChaosShape>,
) -> Result<Json<ChaosShape>, Problem> {
    let chaos: Chaos = wanted.chaos.parse().map_err(|error| Problem::setting("chaos", &error))?;
    state.ask(move |sim| sim.set_chaos(&chaos)).await?;
    Ok(Json(wanted))
}
