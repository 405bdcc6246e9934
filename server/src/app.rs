//! The server's state and its routes, without a socket: tests call the router in memory.
//!
//! The table of routes is the only place that knows paths. It must not know how connections are accepted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::middleware::{from_fn_with_state, map_response_with_state};
use axum::routing::{delete, get, post};
use tokio::sync::{Mutex, Semaphore};

use crate::access::Caller;
use crate::clock::Clock;
use crate::config::Limits;
use crate::error::{Problem, ProblemKind};
use crate::idempotency::Flights;
use crate::keeper::Condition;
use crate::log::{DecisionLog, Health, Stored};
use crate::metrics::Metrics;
use crate::notary::Notary;
use crate::policy::{Active, Policy};
use crate::publish::Compiler;
use crate::published::InForce;
use crate::routes::export::all as export_all;
use crate::routes::guard::{Access, guard};
use crate::routes::metrics::{count, metrics as metrics_text};
use crate::routes::{
    considering, decide, decisions, events, explanation, health, policies, shadow, tokens, tree, unknown,
};
use crate::standing::{Change, Standing, Unkept};
use crate::token::Scope;
use crate::worker::Workers;

/// Threads that read the log at one time, for whoever looks something up.
const READERS_MAX: usize = 16;
/// Threads that look up idempotency keys at one time.
const KEYED_MAX: usize = 16;

/// Exports of the log at one time.
const EXPORTS_MAX: usize = 2;

/// Everything that requests share.
pub struct App {
    pub(crate) log: Arc<dyn DecisionLog>,
    pub(crate) standing: Standing,
    /// Held while something is changed, so that changes take effect in the order of their numbers.
    changing: Mutex<()>,
    pub(crate) active: InForce<Active>,
    /// A policy that is asked as well and has no say.
    pub(crate) shadow: InForce<Option<Arc<Active>>>,
    /// What turns packages into modules, if there is something.
    pub(crate) compiler: Option<Arc<dyn Compiler>>,
    /// Whether a policy has to be activated by somebody else than who proposed it.
    pub(crate) two_people: bool,
    pub(crate) workers: Workers,
    pub(crate) clock: Clock,
    pub(crate) notary: Option<Notary>,
    pub(crate) body_deadline: Duration,
    pub(crate) flights: Flights,
    pub(crate) metrics: Metrics,
    /// Bounds the exports under way.
    pub(crate) exports: Arc<Semaphore>,
    pub(crate) condition: Condition,
    draining: AtomicBool,
    pools: Pools,
}

/// Threads that may block, bounded for each kind of work, so that none keeps another waiting: a decision must not wait
/// for whoever reads what was decided. Work beyond a bound waits.
struct Pools {
    /// Looking up idempotency keys, on the way to a decision.
    keyed: Arc<Semaphore>,
    /// Long decisions.
    deciders: Arc<Semaphore>,
    /// Replays, which may take as long as decisions.
    replayers: Arc<Semaphore>,
    /// All else that reads the log.
    readers: Arc<Semaphore>,
}

impl Default for Pools {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = |count| Arc::new(Semaphore::new(count));
        Self {
            keyed: threads(KEYED_MAX),
            deciders: threads(cores.saturating_mul(2)),
            replayers: threads(cores),
            readers: threads(READERS_MAX),
        }
    }
}

impl App {
    /// A server that decides by this policy and keeps its decisions in this log, whose events come to this.
    pub fn new(
        log: Arc<dyn DecisionLog>,
        standing: Standing,
        policy: Policy,
        clock: Clock,
        limits: &Limits,
    ) -> Self {
        Self::deciding_by(log, standing, Arc::new(Active::new(policy)), clock, limits)
    }

    /// As [`Self::new`], where what is worked out of the policy is at hand.
    pub(crate) fn deciding_by(
        log: Arc<dyn DecisionLog>,
        standing: Standing,
        policy: Arc<Active>,
        clock: Clock,
        limits: &Limits,
    ) -> Self {
        Self {
            log,
            standing,
            changing: Mutex::default(),
            active: InForce::new(policy),
            shadow: InForce::new(Arc::new(None)),
            compiler: None,
            two_people: false,
            workers: Workers::default(),
            clock,
            notary: None,
            body_deadline: limits.body,
            flights: Flights::default(),
            metrics: Metrics::default(),
            exports: Arc::new(Semaphore::new(EXPORTS_MAX)),
            condition: Condition::default(),
            draining: AtomicBool::new(false),
            pools: Pools::default(),
        }
    }

    /// Has the tree over the decisions signed.
    #[must_use]
    pub fn with_notary(self, notary: Option<Notary>) -> Self {
        Self { notary, ..self }
    }

    /// Takes packages to be published, and not only modules.
    #[must_use]
    pub fn with_compiler(self, compiler: Option<Arc<dyn Compiler>>) -> Self {
        Self { compiler, ..self }
    }

    /// Has a policy activated only by somebody else than who proposed it, if so.
    #[must_use]
    pub fn with_two_people(self, two_people: bool) -> Self {
        Self { two_people, ..self }
    }

    /// Has another policy decide or stand in the shadow, as a change says that has been committed.
    fn follow(&self, change: Change) {
        if let Some(shadow) = change.shadows {
            self.shadow.set(Arc::new(shadow));
        }
        if let Some(policy) = change.activates {
            if (*self.shadow.now()).as_ref().is_some_and(|shadow| shadow.hash() == policy.hash()) {
                self.shadow.set(Arc::new(None));
            }
            self.active.set(policy);
        }
    }

    /// Has a policy stand in the shadow from the beginning.
    #[must_use]
    pub(crate) fn with_shadow(self, shadow: Option<Arc<Active>>) -> Self {
        self.shadow.set(Arc::new(shadow));
        self
    }

    /// Says that the server is about to end: it goes on answering, and is not ready any more.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Why no decision can be kept now, if so.
    pub(crate) fn undecidable(&self) -> Option<String> {
        match &*self.log.health().borrow() {
            Health::Poisoned(why) => Some(format!("the decision log has failed: {why}")),
            Health::Closed => Some("the decision log is closed".to_owned()),
            Health::Ready => self.condition.damage(),
        }
    }

    /// Why nothing new should be sent here, if so. What has been sent is decided all the same.
    pub(crate) fn unready(&self) -> Option<String> {
        let draining = self.draining.load(Ordering::Relaxed);
        self.undecidable()
            .or_else(|| self.condition.full())
            .or_else(|| draining.then(|| "the server is ending".to_owned()))
    }

    /// The present.
    pub(crate) fn instant(&self) -> Result<i64, Problem> {
        let problem = || Problem::new(ProblemKind::Unavailable, "the clock of the server is out of range");
        self.clock.now().ok_or_else(problem)
    }

    /// Changes something on behalf of somebody: commits the event, and has it take effect. That goes on when whoever
    /// asked is gone.
    pub(crate) async fn change(
        self: &Arc<Self>,
        change: Change,
        caller: &Arc<Caller>,
    ) -> Result<Stored, Problem> {
        if let Some(why) = self.undecidable().or_else(|| self.condition.full()) {
            return Err(Problem::new(ProblemKind::Unavailable, why));
        }
        let (app, caller) = (Arc::clone(self), Arc::clone(caller));
        let changed = tokio::spawn(async move {
            let _changing = app.changing.lock().await;
            let change = change.replacing(Some(app.active.now().hash()));
            let entry = change.entry(&caller, app.instant()?).map_err(Unkept::Not)?;
            let stored = app.standing.follow(app.log.commit(entry).await)?;
            app.follow(change);
            Ok(stored)
        });
        changed.await.unwrap_or_else(|_| Err(Problem::new(ProblemKind::Internal, "it has panicked")))
    }

    /// Runs something that reads the log, where blocking is allowed.
    pub(crate) async fn reading<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.blocking(&self.pools.readers, read).await
    }

    /// The decision that a tenant has for an idempotency key, as whoever asks for one has to know.
    pub(crate) async fn keyed(
        self: &Arc<Self>,
        tenant: String,
        key: String,
    ) -> Result<Option<Stored>, Problem> {
        self.blocking(&self.pools.keyed, move |app| Ok(app.log.keyed(&tenant, &key)?)).await
    }

    /// Makes a decision again.
    pub(crate) async fn replaying<T: Send + 'static>(
        self: &Arc<Self>,
        replay: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.blocking(&self.pools.replayers, replay).await
    }

    /// Makes a decision that may take long, where it keeps nobody else waiting.
    pub(crate) async fn deciding<T: Send + 'static>(
        self: &Arc<Self>,
        decide: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.blocking(&self.pools.deciders, decide).await
    }

    async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        threads: &Arc<Semaphore>,
        work: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let permit = Arc::clone(threads).acquire_owned().await;
        let app = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || {
            // Held by the work and not by who waits for it, because work goes on when its request is given up.
            let _permit = permit;
            work(&app)
        });
        work.await.unwrap_or_else(|_| Err(Problem::new(ProblemKind::Internal, "it has panicked")))
    }
}

/// Where decisions are asked for.
pub(crate) const DECISIONS: &str = "/v1/decisions";

/// Whoever may read decisions.
const READ: Access = Access::Scoped(&[Scope::Trigger, Scope::Manage, Scope::Rollback, Scope::Audit]);
const AUDIT: Access = Access::Scoped(&[Scope::Audit]);
const AUDIT_ALL: Access = Access::Whole(&[Scope::Audit]);
const ADMIN: Access = Access::Scoped(&[]);

/// The methods that a path takes, and who may use each.
type Methods = &'static [(&'static str, Access)];

/// The paths that the server answers. The README of this crate says more of them.
pub(crate) const ROUTES: [(&str, Methods); 24] = [
    ("/", &[("GET", Access::Open)]),
    (DECISIONS, &[("GET", READ), ("POST", Access::Scoped(&[Scope::Trigger]))]),
    ("/v1/decisions/{id}", &[("GET", READ)]),
    ("/v1/decisions/{id}/replay", &[("POST", READ)]),
    ("/v1/decisions/{id}/proof", &[("GET", READ)]),
    ("/v1/decisions/{id}/explanation", &[("GET", READ)]),
    ("/v1/decisions/{id}/what-if", &[("POST", READ)]),
    ("/v1/what-if", &[("POST", READ)]),
    ("/v1/policies", &[("GET", Access::Any), ("POST", Access::Whole(&[Scope::Propose]))]),
    ("/v1/policies/{hash}", &[("GET", Access::Any)]),
    ("/v1/policies/{hash}/activate", &[("POST", Access::Whole(&[Scope::Activate]))]),
    (
        "/v1/policies/{hash}/shadow",
        &[("POST", Access::Whole(&[Scope::Propose])), ("DELETE", Access::Whole(&[Scope::Propose]))],
    ),
    ("/v1/policies/{hash}/differences", &[("GET", AUDIT)]),
    ("/v1/tokens", &[("GET", AUDIT), ("POST", ADMIN)]),
    ("/v1/tokens/{id}", &[("DELETE", ADMIN)]),
    ("/v1/events", &[("GET", AUDIT)]),
    ("/v1/export", &[("GET", AUDIT_ALL)]),
    ("/metrics", &[("GET", AUDIT_ALL)]),
    ("/log/checkpoint", &[("GET", Access::Open)]),
    ("/log/vkey", &[("GET", Access::Open)]),
    ("/log/tile/{*path}", &[("GET", Access::Open)]),
    ("/health/live", &[("GET", Access::Open)]),
    ("/health/ready", &[("GET", Access::Open)]),
    ("/health/startup", &[("GET", Access::Open)]),
];

/// The routes of a server.
pub fn app(state: Arc<App>) -> Router {
    let [
        index,
        all,
        one,
        replay,
        proof,
        explanation,
        what_if,
        imagined,
        policies,
        policy,
        activate,
        shadow,
        differences,
        tokens,
        token,
        events,
        export,
        metrics,
        checkpoint,
        vkey,
        tile,
        live,
        ready,
        startup,
    ] = ROUTES.map(|(path, _)| path);
    Router::new()
        .route(index, get(unknown::index))
        .route(all, post(decide::decide).get(decisions::list))
        .route(one, get(decisions::one))
        .route(replay, post(decisions::replay))
        .route(proof, get(tree::proof))
        .route(explanation, get(explanation::one))
        .route(what_if, post(considering::otherwise))
        .route(imagined, post(considering::imagined))
        .route(shadow, post(shadow::begin).delete(shadow::end))
        .route(differences, get(shadow::differences))
        .route(tokens, get(tokens::list).post(tokens::create))
        .route(token, delete(tokens::revoke))
        .route(events, get(events::list))
        .route(export, get(export_all))
        .route(metrics, get(metrics_text))
        .route(checkpoint, get(tree::checkpoint))
        .route(vkey, get(tree::vkey))
        .route(tile, get(tree::tile))
        .route(policies, get(policies::list).post(policies::publish))
        .route(activate, post(policies::activate))
        .route(policy, get(policies::one))
        .route(live, get(health::live))
        .route(ready, get(health::ready))
        .route(startup, get(health::startup))
        .route_layer(from_fn_with_state(Arc::clone(&state), guard))
        .fallback(unknown::route)
        .method_not_allowed_fallback(unknown::method)
        .layer(map_response_with_state(Arc::clone(&state), count))
        .with_state(state)
}

#[cfg(test)]
mod tests {
    use super::ROUTES;
    use crate::error::ProblemKind;

    const README: &str = include_str!("../README.md");

    #[test]
    fn the_readme_names_every_route_and_every_problem() {
        for (path, methods) in ROUTES {
            for (method, _) in methods {
                let title = format!("`{method} {path}`");
                assert!(README.contains(&title), "{title}");
            }
        }
        for kind in ProblemKind::ALL {
            let (status, slug, _) = kind.row();
            let row = format!("| {status} | `{slug}` | {} |", kind.doc().trim().trim_end_matches('.'));
            assert!(README.lines().any(|line| line.to_lowercase() == row.to_lowercase()), "{row}");
        }
    }
}
