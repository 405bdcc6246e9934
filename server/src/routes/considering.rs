//! `…/what-if`: what would be decided at another instant, or by another policy. Nothing of it is recorded.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use holdpoint_isa::limits::REQUEST_BYTES_MAX;
use holdpoint_isa::literal::{format_instant, instant};
use serde_json::json;

use super::decisions::{find, told};
use super::json as json_bytes;
use super::parameters::{NoParameters, shown};
use super::policies::published;
use crate::access::Caller;
use crate::app::App;
use crate::body;
use crate::considering::{Imagined, Otherwise, known};
use crate::error::{Problem, ProblemKind};
use crate::id::DecisionId;
use crate::log::Record;
use crate::policy::Active;
use crate::replay::{Replay, load, members};
use crate::verified;
use crate::worker::{Considered, Refusal};

/// `POST /v1/decisions/{id}/what-if`
pub(crate) async fn otherwise(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
    _: NoParameters,
    request: Request,
) -> Result<Response, Problem> {
    let asked: Otherwise = body::json(request, REQUEST_BYTES_MAX, app.body_deadline).await?;
    let at = asked.at.as_deref().map(moment).transpose()?;
    let bytes = app
        .replaying(move |app| {
            let stored = find(app, &caller, &id)?;
            let record = stored.record()?;
            let policy = match &asked.policy {
                Some(hash) => other(app, hash)?,
                None => recorded(app, &record)?,
            };
            let facts = known(policy.policy.program.program(), record.signals);
            let now = at.unwrap_or(record.decided_at);
            let considered = Considered { body: record.request, facts: &facts, now };
            let result = app.workers.consider(&policy, &considered, None).map_err(refused)?;
            let differences = json!(told(&members(record.result, &result)));
            let id = DecisionId { log: app.log.id(), sequence: stored.sequence };
            Ok(answer(&format!("\"id\":\"{id}\",\"differences\":{differences},"), now, &result))
        })
        .await?;
    Ok(json_bytes(StatusCode::OK, bytes))
}

/// `POST /v1/what-if`
pub(crate) async fn imagined(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    _: NoParameters,
    request: Request,
) -> Result<Response, Problem> {
    let asked: Imagined = body::json(request, REQUEST_BYTES_MAX, app.body_deadline).await?;
    let at = asked.at.as_deref().map(moment).transpose()?;
    let now = at.map_or_else(|| app.instant(), Ok)?;
    let bytes = app
        .replaying(move |app| {
            let policy = match &asked.policy {
                Some(hash) => other(app, hash)?,
                None => app.active.now(),
            };
            let facts = verified::facts(policy.policy.program.program(), &caller);
            let considered = Considered { body: asked.request.get().as_bytes(), facts: &facts, now };
            let result = app.workers.consider(&policy, &considered, Some(&caller)).map_err(refused)?;
            Ok(answer("", now, &result))
        })
        .await?;
    Ok(json_bytes(StatusCode::OK, bytes))
}

/// What would be decided, as it is sent.
fn answer(front: &str, now: i64, result: &[u8]) -> Vec<u8> {
    let at = format_instant(now);
    let mut out = format!("{{{front}\"recorded\":false,\"at\":\"{at}\",\"decision\":").into_bytes();
    out.extend_from_slice(result);
    out.push(b'}');
    out
}

/// A policy that was published, or that is active.
fn other(app: &App, hash: &str) -> Result<Arc<Active>, Problem> {
    let active = app.active.now();
    if active.hash().to_string() == hash {
        return Ok(active);
    }
    let unfit = |why: String| Problem::new(ProblemKind::Unavailable, why);
    Ok(Arc::new(Active::new(published(app, hash)?.load(&*app.log).map_err(unfit)?)))
}

/// The policy that made a decision.
fn recorded(app: &App, record: &Record<'_>) -> Result<Arc<Active>, Problem> {
    let policy = load(&*app.log, record).map_err(|outcome| match outcome {
        Replay::Damaged(why) => Problem::new(ProblemKind::Damaged, why),
        Replay::Cannot(why) => Problem::new(ProblemKind::CannotReplay, why),
        Replay::Identical | Replay::Different(_) => Problem::new(ProblemKind::Internal, "it did not load"),
    })?;
    Ok(Arc::new(Active::new(policy)))
}

fn moment(text: &str) -> Result<i64, Problem> {
    instant(text).map_err(|_| {
        let detail = format!("`at` is `{}`", shown(text));
        let help = "write an instant such as `2026-11-20T15:30:00Z`".to_owned();
        Problem::new(ProblemKind::InvalidRequest, detail).with_help(help)
    })
}

/// Why nothing can be said. Nobody waits for a decision here, so that nothing is said of blocking.
fn refused(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Request(error) => error.into(),
        Refusal::Foreign(what) => Problem::new(ProblemKind::Forbidden, what),
        Refusal::Record(why) => Problem::new(ProblemKind::Unavailable, why),
        Refusal::Crashed => Problem::new(ProblemKind::Internal, "looking at the request has failed"),
    }
}
