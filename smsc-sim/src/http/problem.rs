//! What went wrong: said as RFC 9457 has it, with where and with what could be meant.

use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_stream::StreamExt;
use utoipa::ToSchema;

use super::limits;
use crate::NearMisses;
use crate::setting::SettingError;

/// Why a request was not done (RFC 9457, `application/problem+json`).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Problem {
    /// The status of HTTP.
    pub(super) status: u16,
    /// The same in words.
    pub(super) title: String,
    /// What is wrong, for people.
    pub(super) detail: String,
    /// Where: a parameter, or a line and column of the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<String>,
    /// What may have been meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suggestion: Option<String>,
    /// That there were not as many messages as were asked for, and what came closest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(super) near_misses: Option<Box<NearMisses>>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let (title, detail) = (status.canonical_reason().unwrap_or_default().to_owned(), detail.into());
        let suggestion = detail.split_once("did you mean ").map(|(_, meant)| meant.trim_end_matches('?').to_owned());
        Self { status: status.as_u16(), title, detail, at: None, suggestion, near_misses: None }
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// More at a time than there is room for.
    pub(super) fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many requests are being worked on or waited for; try again later",
        )
    }

    pub(super) fn stopping() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the simulator stops")
    }

    pub(super) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "this is a bug in the simulator: a request ended in a panic")
    }

    /// A value that is none of those that can stand there.
    pub(super) fn setting(at: &str, error: &SettingError) -> Self {
        Self::bad_request(error.to_string()).at(at)
    }

    /// There are not as many messages as were asked for; what is wrong with the query, if it is that, is a bad request.
    pub(super) fn missed(status: StatusCode, misses: NearMisses) -> Self {
        match misses.fault {
            Some(fault) => Self::bad_request(fault).at("query"),
            None => Self { near_misses: Some(Box::new(misses.clone())), ..Self::new(status, misses.to_string()) },
        }
    }

    pub(super) fn at(self, at: impl Into<String>) -> Self {
        Self { at: Some(at.into()), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match status {
            StatusCode::UNAUTHORIZED => headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            StatusCode::SERVICE_UNAVAILABLE => headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1")),
            _ => None,
        };
        response
    }
}

/// The query of a URL.
pub(super) struct Params<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(rejection) => {
                let text = rejection.body_text();
                let detail = text.rsplit_once("query string: ").map_or(text.as_str(), |(_, detail)| detail);
                Err(Problem::bad_request(meant(detail)).at("the query of the URL"))
            }
        }
    }
}

/// A body of JSON, whatever Content-Type it has; an empty one is `{}`.
pub(super) struct Body<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        // It is all there, and no longer than it may be.
        let octets = axum::body::to_bytes(request.into_body(), limits::BODY_LENGTH).await;
        let octets = octets.map_err(|error| Problem::bad_request(error.to_string()).at("body"))?;
        let octets = if octets.trim_ascii().is_empty() { b"{}" } else { &octets[..] };
        serde_json::from_slice(octets).map(Self).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let text = error.to_string();
            let detail = text.split(" at line ").next().unwrap_or(&text);
            Problem::bad_request(meant(detail)).at(format!("body, line {line}, column {column}"))
        })
    }
}

/// The whole of a body. Whatever becomes of a request, its body is read: the next one on the connection begins behind it.
///
/// # Errors
/// It is too long, or does not come: then nobody knows where the next request would begin, and there is none.
pub(super) async fn whole(body: axum::body::Body) -> Result<Vec<u8>, Problem> {
    let late = || Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not come").at("body");
    tokio::time::timeout(limits::BODY, read(body)).await.map_err(|_| late())?
}

/// Reads a body. One that is too long is read on for a while, or else the client would be cut off before it is told.
async fn read(body: axum::body::Body) -> Result<Vec<u8>, Problem> {
    let mut chunks = body.into_data_stream();
    let (mut octets, mut length) = (Vec::new(), 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Problem::bad_request(error.to_string()).at("body"))?;
        length += chunk.len();
        if length <= limits::BODY_LENGTH {
            octets.extend_from_slice(&chunk);
        } else if length > 16 * limits::BODY_LENGTH {
            break;
        }
    }
    if length > limits::BODY_LENGTH {
        let detail = format!("the body is longer than {} octets", limits::BODY_LENGTH);
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).at("body"));
    }
    Ok(octets)
}

/// What serde says of an unknown word, with the known one that is nearest to it.
fn meant(detail: &str) -> String {
    let mut quoted = detail.split('`').skip(1).step_by(2);
    let Some(word) = quoted.next().filter(|_| detail.contains("unknown ") && detail.contains("expected")) else {
        return detail.to_owned();
    };
    let known: Vec<_> = quoted.collect();
    let error = SettingError::unknown("", word, &known).to_string();
    match error.split_once(", did you mean ") {
        Some((_, nearest)) => format!("{detail}; did you mean {nearest}"),
        None => detail.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_told_with_what_they_are_near_to() {
        let detail = meant("limt: unknown field `limt`, expected one of `query`, `limit`, `cursor`");
        assert!(detail.ends_with("; did you mean `limit`?"), "{detail}");
        assert_eq!(Problem::bad_request(detail).suggestion.as_deref(), Some("`limit`"));
        let other = "invalid type: string \"x\", expected u64";
        assert_eq!(meant(other), other);
        assert_eq!(meant("unknown field `zzzzz`, expected `query`"), "unknown field `zzzzz`, expected `query`");
    }
}
