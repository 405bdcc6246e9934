//! A server in memory, and what its answers are looked at with.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::{Router, http};
use holdpoint_server::log::{
    Class, DecisionLog, Entry, Keys, Kind, ModuleFiles, Origin, Outcome, Pending, Record, RedbLog,
};
use holdpoint_server::notary::Notary;
use holdpoint_server::standing::Standing;
use holdpoint_server::token::Grant;
use holdpoint_server::{App, Clock, Limits, app};
use http_body_util::BodyExt;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::policy::policy;

/// 2026-11-20T15:30:00Z
pub(crate) const NOW: i64 = 1_795_188_600_000_000_000;

/// The number of the first decision of a server that keeps its own log: events of the start come before it.
pub(crate) const FIRST: u64 = 4;

pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) state: Arc<App>,
    pub(crate) log: Arc<dyn DecisionLog>,
    /// What it is asked with unless a test says otherwise: a token of an administrator.
    pub(crate) token: String,
    /// One of an administrator that has expired.
    pub(crate) expired: String,
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
        let standing = Standing::default();
        let tokens = tokens_elsewhere(&standing, clock.now().unwrap());
        let state = App::new(Arc::clone(&log), standing, policy("acme"), clock, &Limits::default());
        Self::of(state.with_notary(notary), log, tokens)
    }

    /// Another server on the same log, which decides by the policy of this name.
    pub(crate) fn deciding_by(&self, package: &str) -> Self {
        let (log, standing) = (Arc::clone(&self.log), Standing::default());
        let tokens = tokens_elsewhere(&standing, NOW);
        let (clock, limits) = (Clock::Fixed(NOW), Limits::default());
        Self::of(App::new(Arc::clone(&log), standing, policy(package), clock, &limits), log, tokens)
    }

    fn of(state: App, log: Arc<dyn DecisionLog>, [token, expired]: [String; 2]) -> Self {
        let state = Arc::new(state);
        Self { router: app(Arc::clone(&state)), state, log, token, expired, _directory: None }
    }

    /// The same with a change to what it is.
    pub(crate) fn altered(self, change: impl FnOnce(App) -> App) -> Self {
        let Self { router, state, log, token, expired, _directory } = self;
        drop(router);
        let state = Arc::new(change(Arc::into_inner(state).unwrap()));
        Self { router: app(Arc::clone(&state)), state, log, token, expired, _directory }
    }

    /// With the token of the administrator, unless the request has one or says `authorization: none`.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        let headers = request.headers_mut();
        let bearer = format!("Bearer {}", self.token).parse().unwrap();
        match headers.get(http::header::AUTHORIZATION).map(|value| value.as_bytes()) {
            None => drop(headers.insert(http::header::AUTHORIZATION, bearer)),
            Some(b"none") => drop(headers.remove(http::header::AUTHORIZATION)),
            Some(_) => {}
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// A request with a method, a token and a body that is said to be JSON.
    pub(crate) async fn ask(&self, method: &str, uri: &str, token: &str, body: impl Into<Body>) -> Answer {
        let authorization = if token.is_empty() { "none".to_owned() } else { format!("Bearer {token}") };
        let request = Request::builder().method(method).uri(uri).header("Content-Type", "application/json");
        self.send(request.header("Authorization", authorization).body(body.into()).unwrap()).await
    }

    /// A new token.
    pub(crate) async fn token(&self, tenant: &str, scopes: &[&str]) -> String {
        let principal = format!("ci:{}", tenant.replace('*', "all"));
        let wanted = serde_json::json!({"principal": principal, "tenant": tenant, "scopes": scopes});
        let answer = self.post("/v1/tokens", wanted.to_string()).await;
        assert_eq!(answer.status, 201, "{}", answer.json());
        answer.json()["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn get(&self, uri: &str) -> Answer {
        self.send(Request::get(uri).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, uri: &str, body: impl Into<Body>) -> Answer {
        let request = Request::post(uri).header(http::header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.into()).unwrap()).await
    }
}

/// Id and secret of a token.
pub(crate) fn parts(token: &str) -> (&str, &str) {
    token.strip_prefix("hp_").unwrap().split_once('_').unwrap()
}

/// Two tokens that are recorded in another log, so that the numbers of the log under test begin with its decisions: one
/// that counts, and one that has expired.
fn tokens_elsewhere(standing: &Standing, now: i64) -> [String; 2] {
    let make = || {
        let directory = tempfile::tempdir().unwrap();
        let log = RedbLog::open(directory.path(), NOW).unwrap();
        let make = |days, now| standing.make_token(&log, Grant::administrator(), days, now).unwrap().reveal();
        [make(90, now), make(0, now.saturating_sub(1))]
    };
    std::thread::scope(|scope| scope.spawn(make).join().unwrap())
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
        kind: Kind::Decision,
        decided_at: 0,
        module: hash,
        source_map: hash.0,
        semantics: 1,
        tzdb: "2026e",
        request: b"{}",
        signals: b"{}",
        body: [0; 32],
        origin: Origin { tenant: "*", caller: "=cmd|' /C calc'!A0,\"x\"", ..Origin::default() },
        trace: None,
        key: None,
        result: result.as_bytes(),
        shadow: b"",
    };
    let entry = || Entry::new(&record, Keys::default(), Arc::clone(&files)).unwrap();
    let waiting: Vec<Pending> = (0..count).map(|_| log.commit(entry())).collect();
    for pending in waiting {
        assert!(matches!(pending.await, Outcome::Committed(_)));
    }
}
