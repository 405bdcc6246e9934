//! A server in memory, and what its answers are looked at with.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::{Router, http};
use holdpoint_server::log::{
    Class, DecisionLog, Entry, Keys, ModuleFiles, Outcome, Pending, Record, RedbLog,
};
use holdpoint_server::notary::Notary;
use holdpoint_server::{App, Clock, Limits, app};
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::policy::policy;

/// 2026-11-20T15:30:00Z
pub(crate) const NOW: i64 = 1_795_188_600_000_000_000;

pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) state: Arc<App>,
    pub(crate) log: Arc<dyn DecisionLog>,
    _directory: Option<TempDir>,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that it is a problem of this kind, and returns its members.
    pub(crate) fn problem(&self, status: u16, slug: &str) -> Value {
        let body = self.json();
        assert_eq!(self.status.as_u16(), status, "{body}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["type"], format!("urn:holdpoint:problem:{slug}"));
        assert_eq!(body["status"], status);
        assert!(body.get("verdict").is_none() && body.get("id").is_none(), "{body}");
        body
    }
}

impl Server {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log = Arc::new(RedbLog::open(directory.path(), NOW).unwrap());
        let notary = Notary::open(directory.path(), &*log, true).unwrap();
        Self { _directory: Some(directory), ..Self::signing(log, Some(notary), Clock::Fixed(NOW)) }
    }

    pub(crate) fn with(log: Arc<dyn DecisionLog>, clock: Clock) -> Self {
        Self::signing(log, None, clock)
    }

    pub(crate) fn signing(log: Arc<dyn DecisionLog>, notary: Option<Notary>, clock: Clock) -> Self {
        let state = App::new(Arc::clone(&log), policy("acme"), clock, &Limits::default());
        Self::of(state.with_notary(notary), log)
    }

    /// Another server on the same log, which decides by the policy of this name.
    pub(crate) fn deciding_by(&self, package: &str) -> Self {
        let log = Arc::clone(&self.log);
        Self::of(App::new(Arc::clone(&log), policy(package), Clock::Fixed(NOW), &Limits::default()), log)
    }

    fn of(state: App, log: Arc<dyn DecisionLog>) -> Self {
        let state = Arc::new(state);
        Self { router: app(Arc::clone(&state)), state, log, _directory: None }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.send(Request::get(uri).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, uri: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(uri).header(http::header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }
}

/// Puts decisions straight into a log, each with an answer of at least so many bytes.
pub(crate) async fn fill(log: &dyn DecisionLog, count: usize, bytes: usize) {
    let module = b"module".to_vec();
    let hash = holdpoint_isa::ModuleHash::of(&module);
    let files = ModuleFiles { hash, source_map_hash: hash.0, source_map: module.clone(), bytes: module };
    let files = Arc::new(files);
    let result = format!("{{\"verdict\":\"block\",\"objections\":[],\"policy\":\"{}\"}}", "x".repeat(bytes));
    let record = Record {
        class: Class::Standard,
        decided_at: 0,
        module: hash,
        source_map: hash.0,
        semantics: 1,
        tzdb: "2026e",
        request: b"{}",
        signals: b"{}",
        body: [0; 32],
        caller: "=cmd|' /C calc'!A0,\"x\"",
        trace: None,
        key: None,
        result: result.as_bytes(),
    };
    let entry = || Entry::new(&record, Keys::default(), Arc::clone(&files)).unwrap();
    let waiting: Vec<Pending> = (0..count).map(|_| log.commit(entry())).collect();
    for pending in waiting {
        assert!(matches!(pending.await, Outcome::Committed(_)));
    }
}
