//! The routes, and the OpenAPI document that comes of them.

use std::sync::OnceLock;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware;
use axum::response::IntoResponse;
use axum::{Router, http::Uri};
use schemars::generate::SchemaSettings;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::guard::guard;
use super::problem::Problem;
use super::{Shared, control, esme, events, messages, mo, rules, sessions};
use crate::rules::Rule;

/// Everything that can be asked for.
pub(super) fn router(state: Shared) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .fallback(unknown)
        .method_not_allowed_fallback(not_allowed)
        .layer(middleware::from_fn_with_state(state.clone(), guard))
        .with_state(state)
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "smsc-sim",
        description = "What a simulated SMSC was sent, and what it is to do. Errors are problems of RFC 9457.",
    ),
    components(schemas(Problem))
)]
struct Document;

fn routes() -> OpenApiRouter<Shared> {
    let api = OpenApiRouter::new()
        .routes(routes!(openapi))
        .routes(routes!(messages::list, esme::delete))
        .routes(routes!(messages::wait))
        .routes(routes!(messages::get))
        .routes(routes!(esme::force))
        .routes(routes!(esme::receipt))
        .routes(routes!(messages::verify))
        .routes(routes!(esme::texts))
        .routes(routes!(events::events))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::get, sessions::kick))
        .routes(routes!(sessions::send))
        .routes(routes!(sessions::toxics_of, sessions::toxics))
        .routes(routes!(sessions::all_toxics))
        .routes(routes!(sessions::alert))
        .routes(routes!(sessions::of_message))
        .routes(routes!(sessions::pdus))
        .routes(routes!(sessions::pdus_ndjson))
        .routes(routes!(esme::reset))
        .routes(routes!(esme::outbind))
        .routes(routes!(rules::list, rules::add, rules::clear))
        .routes(routes!(rules::get, rules::put, rules::remove))
        .routes(routes!(rules::release))
        .routes(routes!(rules::hostile))
        .routes(routes!(rules::hostile_of))
        .routes(routes!(rules::set_profile))
        .routes(routes!(rules::set_chaos))
        .routes(routes!(rules::scenarios))
        .routes(routes!(rules::set_scenario))
        .routes(routes!(mo::list, mo::send))
        .routes(routes!(mo::get))
        .routes(routes!(control::stats))
        .routes(routes!(control::config))
        .routes(routes!(control::clock))
        .routes(routes!(control::advance))
        .routes(routes!(control::listener, control::set_listener));
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(control::livez))
        .routes(routes!(control::readyz))
        .routes(routes!(events::metrics))
        .nest(PREFIX, api)
}

/// Where everything is but what others define: health and metrics.
const PREFIX: &str = "/api/v1";

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "about", responses((status = 200, description = "OpenAPI 3.1")))]
async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document())
}

fn document() -> &'static str {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document = serde_json::to_value(routes().into_openapi()).unwrap_or_default();
        // What is read and written elsewhere too has its schema from there.
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
        });
        let mut schemas = settings.into_generator();
        schemas.subschema_for::<Rule>();
        if let Some(named) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
            named.extend(schemas.take_definitions(true));
        }
        document.to_string()
    })
}

async fn unknown(uri: Uri) -> Problem {
    let path = uri.path();
    let api = if path.starts_with(PREFIX) { "" } else { "; the API is under /api/v1" };
    Problem::not_found(format!("there is nothing at {path}{api}; /api/v1/openapi.json says what there is")).at("path")
}

async fn not_allowed(request: Request) -> Problem {
    let detail = format!("{} cannot be asked for {}", request.uri().path(), request.method());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).at("method")
}
