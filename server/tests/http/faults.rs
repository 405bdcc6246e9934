//! Whatever goes wrong on our side: never a verdict, always `treat_as: block`.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use holdpoint_isa::ModuleHash;
use holdpoint_server::log::{
    Cursor, DecisionLog, Entry, Filter, Health, Outcome, Page, Pending, ReadError, RedbLog, Stats, Stored,
    Why,
};
use holdpoint_server::tlog::{Hash, Tile};
use holdpoint_server::{Clock, Config, LogId, ServeError, serve_from};
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::policy::{policy, request};
use crate::support::{NOW, Server};

pub(crate) type Commit = fn(&RedbLog, Entry) -> Pending;

/// Kinds of reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Lists,
    Modules,
    Stretches,
    Tiles,
}

/// Holds reads until it is opened.
#[derive(Default)]
struct Gate {
    held: Mutex<Option<Kind>>,
    /// Reads that are waiting.
    waiting: AtomicUsize,
    opened: Condvar,
}

impl Gate {
    /// Holds reads until what is returned is dropped, also by a test that fails.
    fn hold(&self, what: Kind) -> Holding<'_> {
        *self.held.lock().unwrap() = Some(what);
        Holding(self)
    }

    fn pass(&self, what: Kind) {
        let held = self.held.lock().unwrap();
        self.waiting.fetch_add(1, Ordering::SeqCst);
        drop(self.opened.wait_while(held, |held| *held == Some(what)).unwrap());
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    /// Waits until no further read arrives.
    async fn full(&self) {
        let mut before = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = self.waiting.load(Ordering::SeqCst);
            if now > 0 && now == before {
                return;
            }
            before = now;
        }
    }
}

struct Holding<'a>(&'a Gate);

impl Drop for Holding<'_> {
    fn drop(&mut self) {
        *self.0.held.lock().unwrap() = None;
        self.0.opened.notify_all();
    }
}

/// A log that does as it is told before it passes on to a real one.
pub(crate) struct FaultyLog {
    inner: RedbLog,
    commit: Mutex<Option<Commit>>,
    health: watch::Sender<Health>,
    damaged: Mutex<bool>,
    unreadable: Mutex<Vec<Kind>>,
    gate: Gate,
    _directory: TempDir,
}

impl FaultyLog {
    pub(crate) fn new() -> Arc<Self> {
        let directory = tempfile::tempdir().unwrap();
        let inner = RedbLog::open(directory.path(), NOW).unwrap();
        Arc::new(Self {
            inner,
            commit: Mutex::new(None),
            health: watch::channel(Health::Ready).0,
            damaged: Mutex::new(false),
            unreadable: Mutex::default(),
            gate: Gate::default(),
            _directory: directory,
        })
    }

    pub(crate) fn server(self: &Arc<Self>) -> Server {
        Server::with(Arc::clone(self) as Arc<dyn DecisionLog>, Clock::Fixed(NOW))
    }

    pub(crate) fn on_commit(&self, commit: Commit) {
        *self.commit.lock().unwrap() = Some(commit);
    }

    pub(crate) fn damage_stretches(&self) {
        *self.damaged.lock().unwrap() = true;
    }

    /// Has the next reads of these kinds fail, each once.
    pub(crate) fn fail_reads(&self, kinds: &[Kind]) {
        *self.unreadable.lock().unwrap() = kinds.to_vec();
    }

    fn fail(&self, kind: Kind) -> Result<(), ReadError> {
        let mut unreadable = self.unreadable.lock().unwrap();
        let Some(place) = unreadable.iter().position(|one| *one == kind) else { return Ok(()) };
        unreadable.remove(place);
        Err(ReadError::Unavailable("as told".to_owned()))
    }

    fn damage<T>(&self, real: Result<T, ReadError>) -> Result<T, ReadError> {
        if *self.damaged.lock().unwrap() {
            return Err(ReadError::Damaged { sequence: 1, what: "as told".to_owned() });
        }
        real
    }
}

impl DecisionLog for FaultyLog {
    fn id(&self) -> LogId {
        self.inner.id()
    }

    fn commit(&self, entry: Entry) -> Pending {
        match *self.commit.lock().unwrap() {
            Some(commit) => commit(&self.inner, entry),
            None => self.inner.commit(entry),
        }
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    fn get(&self, sequence: u64) -> Result<Option<Stored>, ReadError> {
        self.damage(self.inner.get(sequence))
    }

    fn stretch(&self, from: u64) -> Result<Vec<Result<Stored, ReadError>>, ReadError> {
        self.fail(Kind::Stretches)?;
        let mut stretch = self.inner.stretch(from)?;
        for item in &mut stretch {
            *item = self.damage(item.clone());
        }
        Ok(stretch)
    }

    fn list(&self, filter: &Filter, cursor: Cursor, limit: usize) -> Result<Page, ReadError> {
        self.gate.pass(Kind::Lists);
        let mut page = self.inner.list(filter, cursor, limit)?;
        for (_, item) in &mut page.items {
            *item = self.damage(item.clone());
        }
        Ok(page)
    }

    fn module(&self, hash: &ModuleHash) -> Result<Option<Vec<u8>>, ReadError> {
        self.gate.pass(Kind::Modules);
        self.fail(Kind::Modules)?;
        self.inner.module(hash)
    }

    fn source_map(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        self.inner.source_map(hash)
    }

    fn modules(&self) -> Result<Vec<ModuleHash>, ReadError> {
        self.inner.modules()
    }

    fn keyed(&self, caller: &str, key: &str) -> Result<Option<Stored>, ReadError> {
        self.damage(self.inner.keyed(caller, key))
    }

    fn size(&self) -> Result<u64, ReadError> {
        self.inner.size()
    }

    fn tile(&self, tile: Tile) -> Result<Option<Vec<Hash>>, ReadError> {
        self.fail(Kind::Tiles)?;
        self.inner.tile(tile)
    }

    fn stats(&self) -> Result<Stats, ReadError> {
        self.inner.stats()
    }
}

#[tokio::test]
async fn only_a_committed_decision_is_a_verdict() {
    let cases: [(Commit, bool); 5] = [
        (|_, _| Pending::ready(Outcome::NotCommitted(Why::Overloaded)), false),
        (|_, _| Pending::ready(Outcome::NotCommitted(Why::Closed)), false),
        (|_, _| Pending::ready(Outcome::InDoubt(Why::Poisoned("as told".into()))), true),
        // Kept, but whoever keeps it does not say so any more.
        (
            |log, entry| {
                drop(log.commit(entry));
                Pending::channel().1
            },
            true,
        ),
        (|_, _| Pending::channel().1, true),
    ];
    let log = FaultyLog::new();
    let server = log.server();
    for (index, (commit, in_doubt)) in cases.into_iter().enumerate() {
        log.on_commit(commit);
        for uri in ["/v1/decisions", "/v1/decisions?status=outcome"] {
            let answer = server.post(uri, request("passed", "go", "shop")).await;
            let body = answer.problem(503, "undecided");
            assert_eq!(body["decided"], false);
            assert_eq!(body["treat_as"], "block");
            assert_eq!(body["in_doubt"], in_doubt, "case {index}");
            assert!((1..=5).contains(&answer.header("retry-after").parse::<u32>().unwrap()));
        }
    }
}

#[tokio::test]
async fn a_poisoned_log_is_not_ready_and_decides_nothing() {
    let log = FaultyLog::new();
    let server = log.server();
    let id = server.post("/v1/decisions", request("passed", "go", "shop")).await.json()["id"].clone();
    log.health.send_replace(Health::Poisoned("the disk is gone".into()));
    let body = server.get("/health/ready").await.problem(503, "unavailable");
    assert_eq!(body["detail"], "the decision log has failed: the disk is gone");
    let body = server.post("/v1/decisions", request("passed", "go", "shop")).await.problem(503, "undecided");
    assert_eq!((&body["treat_as"], &body["in_doubt"]), (&json!("block"), &json!(false)));
    assert_eq!(
        server.get(&format!("/v1/decisions/{}", id.as_str().unwrap())).await.status,
        200,
        "reading goes on"
    );
    assert_eq!(log.stats().unwrap().last_sequence, 1);
}

#[tokio::test]
async fn a_damaged_record_is_never_shown_as_a_decision() {
    let log = FaultyLog::new();
    let server = log.server();
    let id = server.post("/v1/decisions", request("passed", "go", "shop")).await.json()["id"].clone();
    let id = id.as_str().unwrap();
    *log.damaged.lock().unwrap() = true;
    server.get(&format!("/v1/decisions/{id}")).await.problem(500, "damaged");
    server.post(&format!("/v1/decisions/{id}/replay"), "").await.problem(500, "damaged");
    let page = server.get("/v1/decisions").await.json();
    let item = page["decisions"][0].as_object().unwrap();
    assert!(item.keys().eq(["damaged", "id", "sequence"]), "{page}");
}

/// Asks for more of something than is done at one time, while its reads are held, and for other things meanwhile.
async fn meanwhile(log: &Arc<FaultyLog>, held: Kind, one: &str, others: &[&str]) {
    let server = Arc::new(log.server());
    let send = async |server: &Server, line: &str, key: Option<&str>| {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut builder =
            Request::builder().method(method).uri(uri).header("content-type", "application/json");
        if let Some(key) = key {
            builder = builder.header("idempotency-key", key);
        }
        server.send(builder.body(Body::from(request("passed", "go", "shop"))).unwrap()).await
    };
    let holding = log.gate.hold(held);
    let many: Vec<_> = (0..200)
        .map(|_| {
            let (server, one) = (Arc::clone(&server), one.to_owned());
            tokio::spawn(async move { send(&server, &one, None).await.status })
        })
        .collect();
    log.gate.full().await;
    assert!(many.iter().all(|one| !one.is_finished()));
    for (line, key) in others.iter().flat_map(|line| [(line, None), (line, Some("k"))]) {
        let sent = tokio::time::timeout(Duration::from_secs(20), send(&server, line, key)).await;
        assert_eq!(sent.expect(line).status, 200, "{line}");
    }
    assert!(many.iter().all(|one| !one.is_finished()), "they have not been held");
    drop(holding);
    for one in many {
        assert_eq!(one.await.unwrap(), 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kind_of_work_waits_for_another() {
    let log = FaultyLog::new();
    let server = log.server();
    let id = server.post("/v1/decisions", request("passed", "go", "shop")).await.json()["id"].clone();
    let one = format!("GET /v1/decisions/{}", id.as_str().unwrap());
    let replay = format!("POST /v1/decisions/{}/replay", id.as_str().unwrap());
    let (list, decide) = ("GET /v1/decisions", "POST /v1/decisions");
    // The second decision with the key is read back, the first is looked for.
    meanwhile(&log, Kind::Lists, list, &[decide, decide, &replay]).await;
    meanwhile(&log, Kind::Modules, &replay, &[decide, decide, &one, list, "GET /metrics"]).await;
}

#[tokio::test]
async fn an_instant_at_the_end_of_time_is_decided_or_refused() {
    // A token stops counting at the end of time at the latest.
    for at in [i64::MIN, i64::MAX - 1] {
        let log = FaultyLog::new();
        let server = Server::with(log, Clock::Fixed(at));
        let answer = server.post("/v1/decisions", request("passed", "wait", "shop")).await;
        assert!(answer.status == 200 || answer.status.is_server_error());
        if answer.status == 200 {
            let id = answer.json()["id"].as_str().unwrap().to_owned();
            assert_eq!(
                server.post(&format!("/v1/decisions/{id}/replay"), "").await.json()["identical"],
                true
            );
        }
    }
}

#[tokio::test]
async fn a_server_ends_when_its_log_fails() {
    let log = FaultyLog::new();
    let mut config = Config::new(std::path::PathBuf::new());
    config.listen.set_port(0);
    // The server is running when it is told the address.
    let fail = |_| drop(log.health.send_replace(Health::Poisoned("the disk is gone".into())));
    let served =
        serve_from(Arc::clone(&log) as Arc<dyn DecisionLog>, None, &config, policy("acme"), fail, pending())
            .await;
    let Err(ServeError::LogFailed(why)) = served else { panic!("{served:?}") };
    assert_eq!(why, "the disk is gone");
}
