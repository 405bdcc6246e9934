//! `POST /v1/decisions`: a request in, a committed decision out.
//!
//! The answer is made from the record that the log returns, never from the evaluation; with an idempotency key, it is
//! made once, and the same for as long as the policy that made it is active. Whatever goes wrong on our side is a
//! problem that says: nothing was decided, treat it as a block.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdpoint_isa::{ModuleHash, Verdict};

use super::parameters::Parameters;
use super::{Decided, json};
use crate::access::Caller;
use crate::answer::{Head, decision};
use crate::app::{App, DECISIONS};
use crate::error::{Problem, ProblemKind, Superseded, jitter};
use crate::id::DecisionId;
use crate::idempotency::{self, Flight};
use crate::log::{Entry, Outcome, Stored, Why};
use crate::policy::Active;
use crate::worker::{Question, Refusal};
use crate::{body, trace};

/// Says that an answer is that of an earlier request with the same idempotency key.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Fuel, with that of its reasons, up to which a decision is made where its request is served; some twenty milliseconds
/// at worst. A module that may need more decides where it keeps nobody else waiting.
const INLINE_FUEL_MAX: u64 = 5_000_000;
/// Seconds that a client is asked to wait for people, or for a fact that is missing.
const WAIT_FOR_PEOPLE: (u16, u16) = (10, 15);

/// How the verdict shows in the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// Every decision is a success of HTTP.
    Decided,
    /// Only an `allow` is.
    Outcome,
}

pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    request: Request,
) -> Response {
    match try_decide(&app, caller, request).await {
        Ok(response) => response,
        Err(problem) if problem.is_ours() && !problem.is_undecided() => {
            problem.undecided(false).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn try_decide(app: &Arc<App>, caller: Arc<Caller>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let parameters = Parameters::read(&head.uri, &["status"])?;
    let outcome =
        parameters.value("status", "`outcome`", |text| (text == "outcome").then_some(Status::Outcome))?;
    body::check_type(&head.headers)?;
    if let Some(why) = app.undecidable() {
        return Err(Problem::new(ProblemKind::Undecided, why));
    }
    let status = outcome.unwrap_or(Status::Decided);
    let key = idempotency::key(&head.headers)?;
    let body = body::read(body, app.body_deadline).await?;
    let asked = Asked {
        caller,
        active: app.active.now(),
        shadow: app.shadow.now(),
        trace: trace::traceparent(&head.headers).map(str::to_owned),
        hash: ModuleHash::of(&body).0,
        key,
        body,
    };
    // Held until it is known what became of the request, so that another with its key does not get in between.
    let _flight = asked.key.as_ref().map(|key| under_way(app, &asked.caller, key)).transpose()?;
    if let Some(response) = earlier(app, &asked, status).await? {
        return Ok(response);
    }
    if let Some(why) = app.condition.full() {
        return Err(Problem::new(ProblemKind::Undecided, why));
    }
    let entry = evaluate(app, &asked).await?;
    let waiting = app.metrics.waiting();
    let outcome = app.log.commit(entry).await;
    drop(waiting);
    match outcome {
        Outcome::Committed(stored) => {
            app.metrics.decided(&stored);
            answer(app, &stored, status)
        }
        Outcome::NotCommitted(Why::Repeated) => {
            // The first request with the key was given up by whoever asked, and committed all the same.
            let lost = || Problem::new(ProblemKind::Undecided, Why::Repeated).undecided(true);
            earlier(app, &asked, status).await?.ok_or_else(lost)
        }
        Outcome::NotCommitted(why) => Err(Problem::new(ProblemKind::Undecided, why).undecided(false)),
        Outcome::InDoubt(why) => Err(Problem::new(ProblemKind::Undecided, why).undecided(true)),
    }
}

/// What a request for a decision came with.
struct Asked {
    /// The policy that decides it, whatever is activated meanwhile.
    active: Arc<Active>,
    shadow: Arc<Option<Arc<Active>>>,
    caller: Arc<Caller>,
    body: Bytes,
    hash: [u8; 32],
    trace: Option<String>,
    key: Option<String>,
}

fn under_way(app: &App, caller: &Caller, key: &str) -> Result<Flight, Problem> {
    let problem = || {
        let detail = "a request with this idempotency key is being decided";
        Problem::new(ProblemKind::InFlight, detail).undecided(true)
    };
    app.flights.begin(caller.tenant(), key).ok_or_else(problem)
}

/// The answer that the key of this request had before, if it had one.
async fn earlier(app: &Arc<App>, asked: &Asked, status: Status) -> Result<Option<Response>, Problem> {
    let Some(key) = asked.key.clone() else { return Ok(None) };
    // There may be a decision that cannot be read now.
    let tenant = asked.caller.tenant().to_owned();
    let found = app.keyed(tenant, key).await.map_err(|problem| problem.undecided(true))?;
    let Some(stored) = found else { return Ok(None) };
    refuse_other(app, asked, &stored)?;
    app.metrics.replayed();
    let mut response = answer(app, &stored, status)?;
    // The same key never gets another decision, so there is nothing to come back for.
    response.headers_mut().remove(header::RETRY_AFTER);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(Some(response))
}

/// Refuses a request that is not the one that this decision with its key was made for: one with another body, or one
/// that another policy has to decide.
fn refuse_other(app: &App, asked: &Asked, stored: &Stored) -> Result<(), Problem> {
    let record = stored.record()?;
    let id = DecisionId { log: app.log.id(), sequence: stored.sequence };
    if record.body != asked.hash {
        let detail =
            format!("the idempotency key belongs to decision `{id}`, on a request with another body");
        let help = "send a new key with a new request".to_owned();
        return Err(Problem::new(ProblemKind::KeyReused, detail).with_help(help));
    }
    let active = asked.active.hash();
    if record.module != active {
        let detail = format!("the idempotency key belongs to decision `{id}`, which another policy made");
        let help =
            format!("send a new key to have this policy decide; {DECISIONS}/{id} has what was decided");
        let superseded = Superseded {
            decision: id.to_string(),
            recorded_policy: record.module.to_string(),
            active_policy: active.to_string(),
        };
        return Err(Problem::new(ProblemKind::PolicyChanged, detail).with_help(help).superseded(superseded));
    }
    Ok(())
}

/// Makes the decision, here or, if that may take long, on a thread that may block.
async fn evaluate(app: &Arc<App>, asked: &Asked) -> Result<Entry, Problem> {
    let now = app.clock.now();
    let now =
        now.ok_or_else(|| Problem::new(ProblemKind::Undecided, "the clock of the server is out of range"))?;
    let (body, trace, key) = (asked.body.clone(), asked.trace.clone(), asked.key.clone());
    let (caller, active) = (Arc::clone(&asked.caller), Arc::clone(&asked.active));
    let shadow = Arc::clone(&asked.shadow);
    let whole = |policy: &Active| policy.policy.program.whole_bound();
    let bound = whole(&active).saturating_add((*shadow).as_deref().map_or(0, whole));
    let decide = move |app: &App| {
        let (trace, key) = (trace.as_deref(), key.as_deref());
        let shadow = (*shadow).as_deref();
        let question = Question { body: &body, now, caller: &caller, trace, key, shadow };
        app.workers.decide(&active, question).map_err(Problem::from)
    };
    if bound <= INLINE_FUEL_MAX { decide(app) } else { app.deciding(decide).await }
}

fn answer(app: &App, stored: &Stored, status: Status) -> Result<Response, Problem> {
    // The decision is committed by now, so what cannot be shown is in doubt for whoever asked.
    let unreadable = |error| Problem::from(error).undecided(true);
    let head = Head::of(stored).map_err(unreadable)?;
    let status = match (status, head.verdict) {
        (Status::Decided, _) | (Status::Outcome, Verdict::Allow) => StatusCode::OK,
        (Status::Outcome, Verdict::Block) => StatusCode::FORBIDDEN,
        (Status::Outcome, Verdict::Delay | Verdict::Escalate) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let bytes = decision(app.log.id(), stored).map_err(unreadable)?;
    let mut response = json(status, bytes);
    response.extensions_mut().insert(Decided);
    if matches!(head.verdict, Verdict::Delay | Verdict::Escalate) {
        let decided_at = stored.record().map_err(unreadable)?.decided_at;
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after(head, decided_at)));
    }
    Ok(response)
}

/// Seconds until it makes sense to ask again.
fn retry_after(head: Head, decided_at: i64) -> u64 {
    let nanoseconds = head.retry_at.and_then(|at| u64::try_from(at.saturating_sub(decided_at)).ok());
    match nanoseconds {
        Some(nanoseconds) => nanoseconds.div_ceil(1_000_000_000).max(1),
        None => u64::from(jitter(WAIT_FOR_PEOPLE.0, WAIT_FOR_PEOPLE.1)),
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Request(error) => Self::from(error),
            Refusal::Foreign(what) => Self::new(ProblemKind::Forbidden, what),
            Refusal::Record(why) => Self::new(ProblemKind::Undecided, why).undecided(false),
            Refusal::Crashed => {
                Self::new(ProblemKind::Internal, "making the decision has failed").undecided(false)
            }
        }
    }
}
