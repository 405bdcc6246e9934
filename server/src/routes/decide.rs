//! `POST /v1/decisions`: a request in, a committed decision out.
//!
//! The answer is made from the record that the log returns, never from the evaluation. Whatever goes wrong on our
//! side is a problem that says: nothing was decided, treat it as a block.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdpoint_isa::Verdict;

use super::parameters::Parameters;
use super::{Decided, json};
use crate::answer::{Head, decision};
use crate::app::App;
use crate::error::{Problem, ProblemKind, jitter};
use crate::log::{Entry, Outcome, Stored};
use crate::worker::{Question, Refusal};
use crate::{body, trace};

/// Who asks, until callers are told apart.
const ANONYMOUS: &str = "anonymous";
/// Fuel up to which a decision is made where its request is served; some ten milliseconds. A module that may need
/// more decides where it keeps nobody else waiting.
const INLINE_FUEL_MAX: u64 = 1_000_000;
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

pub(crate) async fn decide(State(app): State<Arc<App>>, request: Request) -> Response {
    match try_decide(&app, request).await {
        Ok(response) => response,
        Err(problem) if problem.is_ours() && !problem.is_undecided() => {
            problem.undecided(false).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn try_decide(app: &Arc<App>, request: Request) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let parameters = Parameters::read(&head.uri, &["status"])?;
    let outcome =
        parameters.value("status", "`outcome`", |text| (text == "outcome").then_some(Status::Outcome))?;
    body::check_type(&head.headers)?;
    if let Some(why) = app.undecidable() {
        return Err(Problem::new(ProblemKind::Undecided, why));
    }
    let body = body::read(body, app.body_deadline).await?;
    let trace = trace::traceparent(&head.headers).map(str::to_owned);
    let entry = evaluate(app, body, trace).await?;
    match app.log.commit(entry).await {
        Outcome::Committed(stored) => answer(app, &stored, outcome.unwrap_or(Status::Decided)),
        Outcome::NotCommitted(why) => Err(Problem::new(ProblemKind::Undecided, why).undecided(false)),
        Outcome::InDoubt(why) => Err(Problem::new(ProblemKind::Undecided, why).undecided(true)),
    }
}

/// Makes the decision, here or, if that may take long, on a thread that may block.
async fn evaluate(app: &Arc<App>, body: Bytes, trace: Option<String>) -> Result<Entry, Problem> {
    let now = app.clock.now();
    let now =
        now.ok_or_else(|| Problem::new(ProblemKind::Undecided, "the clock of the server is out of range"))?;
    let decide = move |app: &App| {
        let question = Question { body: &body, now, caller: ANONYMOUS, trace: trace.as_deref() };
        app.workers.decide(&app.active, question).map_err(Problem::from)
    };
    if app.active.policy.program.fuel_bound() <= INLINE_FUEL_MAX {
        decide(app)
    } else {
        app.deciding(decide).await
    }
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
            Refusal::Record(why) => Self::new(ProblemKind::Undecided, why).undecided(false),
            Refusal::Crashed => {
                Self::new(ProblemKind::Internal, "making the decision has failed").undecided(false)
            }
        }
    }
}
