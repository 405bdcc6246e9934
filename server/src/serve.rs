//! The server itself: sockets, connections, deadlines, and an orderly end.
//!
//! It must not know what is answered. `axum::serve` has no deadlines, so that clients that say nothing, or take nothing
//! of what they are told, hold every connection there may be; therefore connections are accepted here, with a limit on
//! the time of a request's head, of its answer, and of each step of taking the answer. An error of the decision log
//! ends the server: only opening it anew tells what was kept.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Method, Request};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};
use tokio_io_timeout::TimeoutWriter;

use crate::app::{App, DECISIONS, app};
use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::error::{Problem, ProblemKind};
use crate::keeper::Keeper;
use crate::log::{DecisionLog, Health, OpenError, ReadError, RedbLog, Stats};
use crate::notary::{Notary, NotaryError};
use crate::policy::{Active, Policy, Summary};
use crate::publish::{Compiler, Writing};
use crate::routes::Decided;
use crate::standing::{Standing, Unkept};
use crate::token::Secret;

/// Lines in the head of a request.
const HEADERS_MAX: usize = 64;
/// Bytes in the head of a request.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Rest after a connection could not be accepted, for want of file descriptors most of the time.
const ACCEPT_REST: Duration = Duration::from_millis(20);

/// Time from one signature over the decisions to the next.
const SIGN_EVERY: Duration = Duration::from_secs(5);

/// What a server is given to decide by.
#[derive(Default)]
pub struct Offer {
    /// The policy that decides where none was ever activated; with `activate`, in any case.
    pub policy: Option<Policy>,
    /// How its rules are written, if that is known.
    pub writing: Option<Writing>,
    /// Whether it replaces the one that the log says is active.
    pub activate: bool,
    /// What turns packages into modules.
    pub compiler: Option<Arc<dyn Compiler>>,
}

impl From<Policy> for Offer {
    fn from(policy: Policy) -> Self {
        Self { policy: Some(policy), ..Self::default() }
    }
}

/// What a server tells when it has started.
#[derive(Debug)]
pub struct Started {
    /// Where it listens.
    pub address: SocketAddr,
    /// The key that signatures over its log are checked with.
    pub vkey: Option<String>,
    /// The policy that decides.
    pub active: Summary,
    /// Whether that is another than the one that was offered.
    pub other_than_offered: bool,
    /// How much the log keeps by then.
    pub stats: Stats,
    /// The token of an administrator, if the log was without any; it is told only here.
    pub administrator: Option<Secret>,
}

/// Why a server could not start or had to end.
#[derive(Debug)]
pub enum ServeError {
    /// The decision log cannot be opened.
    Open(OpenError),
    /// The address cannot be listened at.
    Listen(SocketAddr, io::Error),
    /// The clock stands before 1970 or past 2262.
    Clock,
    /// The tree over the decisions cannot be signed, for one because it is not what was signed before.
    Notary(NotaryError),
    /// The thread that looks after the log cannot be started.
    Keeper(io::Error),
    /// The policy or the token of the first administrator cannot be kept.
    Unkept(Unkept),
    /// The log says that a policy is active which cannot decide here.
    Unfit(String),
    /// There is no policy to decide by.
    NoPolicy,
    /// The decision log has failed while the server was running.
    LogFailed(String),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => error.fmt(f),
            Self::Listen(address, error) => write!(f, "cannot listen at {address}: {error}"),
            Self::Clock => f.write_str("the clock of this machine is out of range"),
            Self::Notary(error) => error.fmt(f),
            Self::Keeper(error) => write!(f, "no thread can be started: {error}"),
            Self::Unkept(error) => error.fmt(f),
            Self::Unfit(why) => write!(f, "the active policy cannot decide: {why}"),
            Self::NoPolicy => f.write_str("no policy was ever activated in this log, and none is given"),
            Self::LogFailed(why) => write!(f, "the decision log has failed: {why}"),
        }
    }
}

impl std::error::Error for ServeError {}

/// Serves decisions by a policy until `shutdown` completes, then lets requests under way finish.
///
/// `ready` is told where, as soon as connections are accepted there.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    config: Config,
    offer: impl Into<Offer>,
    ready: impl FnOnce(Started),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let now = Clock::System.now().ok_or(ServeError::Clock)?;
    let directory = config.data_dir.clone();
    let opened = tokio::task::spawn_blocking(move || {
        let log = RedbLog::open(&directory, now).map_err(ServeError::Open)?;
        let notary = Notary::open(&directory, &log, true).map_err(ServeError::Notary)?;
        Ok((log, notary))
    });
    let ended = |error: JoinError| ServeError::Open(OpenError::Storage(error.to_string()));
    let (log, notary) = opened.await.map_err(ended).flatten()?;
    serve_from(Arc::new(log), Some(notary), &config, offer, ready, shutdown).await
}

/// As [`serve()`], with decisions kept in a log that is open already, and signed by a notary if there is one.
///
/// # Errors
/// [`ServeError`].
pub async fn serve_from(
    log: Arc<dyn DecisionLog>,
    notary: Option<Notary>,
    config: &Config,
    offer: impl Into<Offer>,
    ready: impl FnOnce(Started),
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let now = Clock::System.now().ok_or(ServeError::Clock)?;
    let offer = offer.into();
    let compiler = offer.compiler.clone();
    // Before anything is made that is told only once: a server that cannot listen makes no first token.
    let refused = |error| ServeError::Listen(config.listen, error);
    let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
    let Stood { stats, standing, active, shadow, other_than_offered, administrator } =
        stand(Arc::clone(&log), offer, now).await?;
    let told = Summary::of(&active);
    let address = listener.local_addr().map_err(refused)?;
    let mut health = log.health();
    let vkey = notary.as_ref().map(|notary| notary.verifier().to_string());
    let app = App::deciding_by(log, standing, active, Clock::System, &config.limits);
    let app = app
        .with_notary(notary)
        .with_compiler(compiler)
        .with_two_people(config.two_people)
        .with_shadow(shadow);
    let state = Arc::new(app);
    tracing::info!(%address, policy = %state.active.now().hash(), log = %state.log.id(), "serving");
    let keeper =
        Keeper::start(Arc::clone(&state), &config.data_dir, config.keeping).map_err(ServeError::Keeper)?;
    let signing = tokio::spawn(sign(Arc::clone(&state)));
    ready(Started { address, vkey, active: told, other_than_offered, stats, administrator });

    let stop = async {
        tokio::select! {
            () = shutdown => None,
            why = failure(&mut health) => Some(why),
        }
    };
    let why = accept(listener, &state, config.limits, stop).await;
    signing.abort();
    // Both have the log, which is closed when nobody has it any more. That it was told to end is no failure.
    let _ = signing.await;
    if tokio::task::spawn_blocking(|| drop(keeper)).await.is_err() {
        tracing::error!("looking after the log has panicked; this is a defect of Holdpoint");
    }
    sign_now(&state).await;
    tracing::info!("ended");
    match why {
        None => Ok(()),
        Some(why) => Err(ServeError::LogFailed(why)),
    }
}

/// What a server starts with.
struct Stood {
    stats: Stats,
    standing: Standing,
    active: Arc<Active>,
    shadow: Option<Arc<Active>>,
    other_than_offered: bool,
    administrator: Option<Secret>,
}

/// What the log keeps and what its events come to, with a policy and a first administrator where it was without any.
async fn stand(log: Arc<dyn DecisionLog>, offer: Offer, now: i64) -> Result<Stood, ServeError> {
    let unread = |error: ReadError| ServeError::Open(error.into());
    let standing = tokio::task::spawn_blocking(move || {
        let stats = log.stats().map_err(unread)?;
        let standing = Standing::load(&*log).map_err(unread)?;
        let offered = offer.policy.as_ref().map(|policy| policy.program.hash());
        let active = decide_by(&standing, &*log, offer, now)?;
        let administrator = standing.first_token(&*log, now).map_err(ServeError::Unkept)?;
        let other_than_offered = offered.is_some_and(|offered| offered != active.hash());
        let shadow = shadow(&standing, &*log);
        Ok(Stood { stats, standing, active, shadow, other_than_offered, administrator })
    });
    standing.await.unwrap_or_else(|error| Err(ServeError::Open(OpenError::Storage(error.to_string()))))
}

/// The policy in the shadow. One that does not load here is no reason not to decide.
fn shadow(standing: &Standing, log: &dyn DecisionLog) -> Option<Arc<Active>> {
    let published = standing.policies.get(&standing.policies.shadow()?)?;
    match published.load(log) {
        Ok(policy) => Some(Arc::new(Active::new(policy))),
        Err(why) => {
            tracing::error!(why, "the policy in the shadow is not asked");
            None
        }
    }
}

/// The policy to decide by. The one that the log says is active stays so: whoever starts a server again with an old file
/// must not undo what was activated meanwhile, unless that is asked for.
fn decide_by(
    standing: &Standing,
    log: &dyn DecisionLog,
    offer: Offer,
    now: i64,
) -> Result<Arc<Active>, ServeError> {
    let active = standing.policies.active();
    match (offer.policy, active) {
        (Some(policy), Some(hash)) if policy.program.hash() == hash => Ok(Arc::new(Active::new(policy))),
        (Some(policy), before) if offer.activate || before.is_none() => {
            let policy = Arc::new(Active::new(policy));
            standing.install(log, &policy, offer.writing, now).map_err(ServeError::Unkept)?;
            Ok(policy)
        }
        (_, Some(hash)) => {
            let published = standing.policies.get(&hash);
            let published =
                published.ok_or_else(|| ServeError::Unfit(format!("{hash} was not published")))?;
            Ok(Arc::new(Active::new(published.load(log).map_err(ServeError::Unfit)?)))
        }
        (_, None) => Err(ServeError::NoPolicy),
    }
}

/// Signs the tree again and again, so that a log that is taken back to an older state can be told from this one.
async fn sign(state: Arc<App>) {
    loop {
        tokio::time::sleep(SIGN_EVERY).await;
        sign_now(&state).await;
    }
}

/// Signs what has been decided. Where that fails, decisions go on: evidence is late, and nothing is less safe.
async fn sign_now(state: &Arc<App>) {
    let state = Arc::clone(state);
    let signing = tokio::task::spawn_blocking(move || {
        let Some(notary) = &state.notary else { return };
        if let Err(error) = notary.checkpoint(&*state.log, 0, Duration::ZERO) {
            tracing::error!(%error, "the decisions could not be signed");
        }
    });
    if signing.await.is_err() {
        tracing::error!("signing has panicked; this is a defect of Holdpoint");
    }
}

/// Completes when the decision log fails.
async fn failure(health: &mut watch::Receiver<Health>) -> String {
    let failed = |health: &Health| *health != Health::Ready;
    match health.wait_for(failed).await.as_deref() {
        Ok(Health::Poisoned(why)) => why.to_string(),
        Ok(Health::Ready | Health::Closed) | Err(_) => "it has been closed".to_owned(),
    }
}

/// Accepts connections until told to stop; returns what it was told when all have ended or been cut.
async fn accept<T>(
    listener: TcpListener,
    state: &Arc<App>,
    limits: Limits,
    stop: impl Future<Output = T>,
) -> T {
    let router = TowerToHyperService::new(app(Arc::clone(state)));
    let permits = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let (ending, _) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    let told = loop {
        // A permit first: what cannot be served yet is better left in the queue of the operating system.
        let next = async {
            let permit = Arc::clone(&permits).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            told = &mut stop => break told,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            next = next => next,
        };
        match accepted {
            Ok((stream, _)) => {
                let (router, watcher, ending) = (router.clone(), graceful.watcher(), ending.subscribe());
                let state = Arc::clone(state);
                connections.spawn(async move {
                    connection(stream, state, router, limits, watcher, ending).await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    };
    state.drain();
    drop(listener);
    tracing::info!(connections = connections.len(), "ending");
    ending.send_replace(());
    let drained = async {
        graceful.shutdown().await;
        while connections.join_next().await.is_some() {}
    };
    if tokio::time::timeout(limits.drain, drained).await.is_err() {
        tracing::warn!("connections are cut that did not end in time");
    }
    connections.shutdown().await;
    told
}

/// Serves one connection to its end.
async fn connection(
    stream: TcpStream,
    state: Arc<App>,
    router: TowerToHyperService<axum::Router>,
    limits: Limits,
    watcher: Watcher,
    mut ending: watch::Receiver<()>,
) {
    // Answers are written whole, so waiting to fill a packet only costs time. Without it they are slower, no more.
    let _ = stream.set_nodelay(true);
    // The protocol's own deadline starts with the first byte.
    let mut byte = [0];
    let first = tokio::select! {
        first = tokio::time::timeout(limits.first_byte, stream.peek(&mut byte)) => first,
        _ = ending.changed() => return,
    };
    if !matches!(first, Ok(Ok(1..))) {
        return;
    }
    let service = service_fn(move |request: Request<Incoming>| {
        answer(Arc::clone(&state), router.clone(), request, limits.request)
    });
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(limits.write));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Answers one request within its deadline.
async fn answer(
    state: Arc<App>,
    router: TowerToHyperService<axum::Router>,
    request: Request<Incoming>,
    deadline: Duration,
) -> Result<Response<Body>, Infallible> {
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answered = tokio::time::timeout(deadline, router.call(request)).await;
    let response = answered.unwrap_or_else(|_| {
        // The router, which counts problems, has not answered.
        let response = too_late(&method, &path, deadline);
        state.metrics.answered(&response);
        Ok(response)
    });
    if let Ok(response) = &response {
        let (status, micros) = (response.status().as_u16(), started.elapsed().as_micros());
        // A verdict may be told by a status that else means a failure.
        if response.status().is_server_error() && response.extensions().get::<Decided>().is_none() {
            tracing::warn!(%method, path, status, micros, "answered");
        } else {
            tracing::debug!(%method, path, status, micros, "answered");
        }
    }
    response
}

/// The answer to a request whose time is up. A decision that was asked for may be committed all the same.
fn too_late(method: &Method, path: &str, deadline: Duration) -> Response {
    let detail = format!("no answer within {} seconds", deadline.as_secs());
    if *method == Method::POST && path == DECISIONS {
        Problem::new(ProblemKind::Undecided, detail).undecided(true).into_response()
    } else {
        Problem::new(ProblemKind::Unavailable, detail).into_response()
    }
}
