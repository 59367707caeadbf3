//! Who may ask, and what.
//!
//! Whoever reaches the address may ask for anything, unless there is a token. That a web page which a developer looks at
//! does not reach it, through the developer's own browser, is seen to here: a request that says that it comes from a page of
//! another origin is refused, and so is one to a host with a name (which an attacker's DNS may resolve to 127.0.0.1) if it is of
//! a browser, or if this listens on a loopback address. Nothing is ever said that would let a page read an answer (CORS).

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::problem::{Problem, whole};

pub(super) async fn guard(State(state): State<Shared>, request: Request, next: Next) -> Response {
    let objection = objection(&state, &request);
    let (parts, body) = request.into_parts();
    match (whole(body).await, objection) {
        (Ok(octets), None) => next.run(Request::from_parts(parts, octets.into())).await,
        (Ok(_), Some(problem)) => problem.into_response(),
        (Err(problem), objection) => {
            let mut response = objection.unwrap_or(problem).into_response();
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            response
        }
    }
}

fn objection(state: &Shared, request: &Request) -> Option<Problem> {
    let (options, headers, path) = (&state.options, request.headers(), request.uri().path());
    let is_health = ["/livez", "/readyz"].contains(&path);
    let is_known = match &options.token {
        Some(token) => shows(headers, token),
        None => false,
    };
    if !is_known {
        // Elsewhere, services in containers have names for each other; but no browser is one of them.
        if (state.addr.ip().is_loopback() || is_of_browser(headers)) && !is_to_loopback(request) {
            let detail = "the Host of the request is a name: say localhost or the IP address, or use a token";
            return Some(Problem::new(StatusCode::FORBIDDEN, detail).at("Host"));
        }
        if is_of_another_origin(headers) {
            let detail = "the request comes from a page of another origin";
            return Some(Problem::new(StatusCode::FORBIDDEN, detail).at("Origin"));
        }
        if options.token.is_some() && !is_health {
            let detail = "expected Authorization: Bearer TOKEN, with the token that the simulator was started with";
            return Some(Problem::new(StatusCode::UNAUTHORIZED, detail).at("Authorization"));
        }
    }
    let only_reads = matches!(*request.method(), Method::GET | Method::HEAD) || path == "/api/v1/verify";
    (options.readonly && !only_reads).then(|| {
        Problem::new(StatusCode::FORBIDDEN, "the simulator was started so that nothing can be changed over HTTP")
            .at("method")
    })
}

/// Whether a request shows the token.
fn shows(headers: &HeaderMap, token: &str) -> bool {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return false };
    let value = value.as_bytes();
    let Some((scheme, shown)) = value.split_at_checked("Bearer ".len()) else { return false };
    scheme.eq_ignore_ascii_case(b"Bearer ") && is_same(shown, token.as_bytes())
}

/// In the same time wherever the first difference is.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |bits, (a, b)| bits | (a ^ b));
    std::hint::black_box(differences) == 0 && one.len() == other.len()
}

/// An IP address is no name that somebody's DNS could resolve.
fn is_to_loopback(request: &Request) -> bool {
    let host = match request.headers().get(header::HOST) {
        Some(host) => host.to_str().unwrap_or("?"),
        None => request.uri().authority().map_or("", |authority| authority.as_str()),
    };
    let name = match host.strip_prefix('[') {
        Some(literal) => literal.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let lower = name.trim_end_matches('.').to_ascii_lowercase();
    name.is_empty() || name.parse::<IpAddr>().is_ok() || lower == "localhost" || lower.ends_with(".localhost")
}

/// Whether a browser has sent it: they say so of themselves, whatever the page would like.
fn is_of_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site")
}

/// Browsers say where a page is from that asks.
fn is_of_another_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    authority.is_none() || authority != host
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn hosts_that_are_this_machine() {
        let is_ok = |host: &str| is_to_loopback(&Request::builder().header("host", host).body(Body::empty()).unwrap());
        for host in
            ["localhost", "LocalHost:1", "localhost.", "a.localhost:2", "127.0.0.1:3", "[::1]:4", "10.0.0.1", ""]
        {
            assert!(is_ok(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:5", "127.0.0.1.evil.example", "xlocalhost", "[evil]:1"] {
            assert!(!is_ok(host), "{host}");
        }
    }

    #[test]
    fn tokens_are_the_same_or_not() {
        assert!(is_same(b"secret", b"secret") && is_same(b"", b""));
        for other in [&b"secres"[..], b"secre", b"secrets", b""] {
            assert!(!is_same(other, b"secret"));
        }
        let shown = |value: &str| shows(&HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]), "s");
        assert!(shown("Bearer s") && shown("bearer s"));
        assert!(!shown("Bearer") && !shown("Basic s") && !shown("Bearer  s") && !shown("s"));
    }

    #[test]
    fn pages_of_other_origins() {
        let is_so = |origin: &str| {
            let headers = [(header::HOST, "localhost:1".parse().unwrap()), (header::ORIGIN, origin.parse().unwrap())];
            is_of_another_origin(&HeaderMap::from_iter(headers))
        };
        assert!(!is_so("http://localhost:1"));
        assert!(is_so("http://localhost:2") && is_so("null") && is_so("https://evil.example"));
    }
}
