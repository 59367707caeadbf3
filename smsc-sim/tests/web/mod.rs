//! An HTTP client for tests.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use smsc_sim::SmscSim;
use ureq::http::Request;
use ureq::{Agent, Body};

/// An HTTP client for one simulator.
pub(crate) struct Web {
    agent: Agent,
    pub(crate) addr: SocketAddr,
    /// Sent with every request.
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

impl Web {
    pub(crate) fn of(sim: &SmscSim) -> Self {
        Self::at(sim.http_addr().expect("HTTP is on"))
    }

    pub(crate) fn at(addr: SocketAddr) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
        Self { agent: config.build().into(), addr, headers: Vec::new() }
    }

    #[allow(dead_code, reason = "not every test binary gets")]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, None)
    }

    #[allow(dead_code, reason = "not every test binary posts")]
    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.request("POST", path, Some(body))
    }

    pub(crate) fn request(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        let mut response = self.send(method, path, body);
        let content_type =
            response.headers().get("content-type").map(|value| value.to_str().expect("ASCII").to_owned());
        Answer {
            status: response.status().as_u16(),
            content_type: content_type.unwrap_or_default(),
            body: response.body_mut().read_to_string().expect("a whole body"),
        }
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: Option<&str>) -> ureq::http::Response<Body> {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.addr));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        match body {
            Some(body) => self.agent.run(request.body(body.to_owned()).expect("a request")).expect(path),
            None => self.agent.run(request.body(()).expect("a request")).expect(path),
        }
    }
}

impl Answer {
    /// The JSON of a success.
    #[allow(dead_code, reason = "not every test binary succeeds")]
    pub(crate) fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        serde_json::from_str(&self.body).expect("JSON")
    }

    #[allow(dead_code, reason = "not every test binary wants no more than that")]
    pub(crate) fn success(&self, what: &str) {
        assert!((200..300).contains(&self.status), "{what}: {self:?}");
    }

    /// The problem of a failure.
    #[allow(dead_code, reason = "not every test binary fails")]
    pub(crate) fn problem(&self, status: u16) -> Value {
        assert_eq!((self.status, self.content_type.as_str()), (status, "application/problem+json"), "{self:?}");
        let problem: Value = serde_json::from_str(&self.body).expect("JSON");
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        problem
    }
}
