//! `GET /v1/decisions…` and replay: what has been decided, read back from the log.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use holdpoint_isa::Verdict;
use holdpoint_isa::literal::instant;
use serde_json::{Value, json};

use super::parameters::{NoParameters, Parameters, shown};
use super::{json as json_bytes, json_of};
use crate::access::Caller;
use crate::answer::{decision, write_decision};
use crate::app::App;
use crate::error::{Problem, ProblemKind};
use crate::id::DecisionId;
use crate::log::{Cursor, Filter, Kind, Page, ReadError, Stored};
use crate::replay::{Difference, Replay, Replayer};

/// Decisions on a page that says nothing else.
pub(super) const LIMIT_DEFAULT: usize = 50;
/// Most decisions on a page.
const LIMIT_MAX: usize = 200;
const PARAMETERS: [&str; 11] = [
    "verdict",
    "rule",
    "service",
    "environment",
    "actor",
    "caller",
    "policy",
    "since",
    "until",
    "limit",
    "cursor",
];

/// `GET /v1/decisions/{id}`
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
    _: NoParameters,
) -> Result<Response, Problem> {
    let bytes = app.reading(move |app| Ok(decision(app.log.id(), &find(app, &caller, &id)?)?)).await?;
    Ok(json_bytes(StatusCode::OK, bytes))
}

/// `GET /v1/decisions?…`
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    uri: Uri,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(&uri, &PARAMETERS)?;
    let filter = Filter { tenant: caller.grant.tenant.clone(), ..filter(&parameters)? };
    let limit = limit(&parameters)?.unwrap_or(LIMIT_DEFAULT);
    let cursor = parameters.value("cursor", "the `next` of the page before", |text| text.parse().ok())?;
    let cursor = cursor.map_or(Cursor::NEWEST, Cursor::Before);
    let bytes = app.reading(move |app| page(app, &app.log.list(&filter, cursor, limit)?)).await?;
    Ok(json_bytes(StatusCode::OK, bytes))
}

/// `POST /v1/decisions/{id}/replay`
pub(crate) async fn replay(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
    _: NoParameters,
) -> Result<Response, Problem> {
    let (id, outcome) = app
        .replaying(move |app| {
            let stored = find(app, &caller, &id)?;
            let id = DecisionId { log: app.log.id(), sequence: stored.sequence };
            Ok((id, Replayer::new().replay(&*app.log, &stored)))
        })
        .await?;
    let differences = match outcome {
        Replay::Identical => Vec::new(),
        Replay::Different(differences) => differences,
        Replay::Cannot(why) => return Err(Problem::new(ProblemKind::CannotReplay, why)),
        Replay::Damaged(why) => return Err(Problem::new(ProblemKind::Damaged, why)),
    };
    let shown = told(&differences);
    let body = json!({"id": id.to_string(), "identical": shown.is_empty(), "differences": shown});
    Ok(json_of(StatusCode::OK, &body))
}

/// Differences as they are sent.
pub(super) fn told(differences: &[Difference]) -> Vec<Value> {
    let one =
        |one: &Difference| json!({"member": one.member, "recorded": one.recorded, "replayed": one.replayed});
    differences.iter().map(one).collect()
}

/// The decision with an id.
pub(super) fn find(app: &App, caller: &Caller, id: &str) -> Result<Stored, Problem> {
    let unknown = |detail: String| Problem::new(ProblemKind::UnknownDecision, detail);
    let own = app.log.id();
    let Some(parsed) = DecisionId::parse(id) else {
        let help = format!("an id of this server looks like `{}`", DecisionId { log: own, sequence: 1 });
        return Err(unknown(format!("`{}` is not an id of a decision", shown(id))).with_help(help));
    };
    if parsed.log != own {
        return Err(unknown(format!(
            "decision `{parsed}` is of the log `{}`, and this one is `{own}`",
            parsed.log
        )));
    }
    // One of another tenant is answered as one that is not there.
    let missing = || unknown(format!("decision `{parsed}` has not been made"));
    let stored = app.log.get(parsed.sequence)?.ok_or_else(missing)?;
    let record = stored.record()?;
    let own = record.kind == Kind::Decision && caller.grant.tenant.owns(&record.origin);
    if own { Ok(stored) } else { Err(missing()) }
}

/// How many a page is asked to have.
pub(super) fn limit(parameters: &Parameters) -> Result<Option<usize>, Problem> {
    parameters.value("limit", &format!("a number from 1 to {LIMIT_MAX}"), |text| {
        text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit))
    })
}

/// The `cursor` of the following page.
pub(super) fn next(cursor: Option<Cursor>) -> Option<String> {
    cursor.map(|(Cursor::Before(number) | Cursor::After(number))| number.to_string())
}

fn filter(parameters: &Parameters) -> Result<Filter, Problem> {
    let text = |name: &str| parameters.text(name).map(str::to_owned);
    let moment = |name: &str| {
        parameters.value(name, "an instant such as `2026-11-20T15:30:00Z`", |text| instant(text).ok())
    };
    Ok(Filter {
        verdict: parameters.value(
            "verdict",
            "`allow`, `delay`, `escalate` or `block`",
            Verdict::from_word,
        )?,
        rule: text("rule"),
        service: text("service"),
        environment: text("environment"),
        actor: text("actor"),
        caller: text("caller"),
        policy: parameters
            .value("policy", "`sha256:` and 64 hexadecimal digits", |text| text.parse().ok())?,
        since: moment("since")?,
        until: moment("until")?,
        ..Filter::default()
    })
}

/// A page as it is sent. A damaged decision takes its place as what is known of it, without a verdict.
fn page(app: &App, page: &Page) -> Result<Vec<u8>, Problem> {
    let log = app.log.id();
    let mut out = b"{\"decisions\":[".to_vec();
    for (index, (sequence, item)) in page.items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        let start = out.len();
        let written =
            item.as_ref().map_err(ReadError::clone).and_then(|stored| write_decision(&mut out, log, stored));
        if let Err(error) = written {
            out.truncate(start);
            let id = DecisionId { log, sequence: *sequence }.to_string();
            let damaged = json!({"id": id, "sequence": sequence, "damaged": error.to_string()});
            out.extend_from_slice(damaged.to_string().as_bytes());
        }
    }
    out.extend_from_slice(format!("],\"next\":{}}}", json!(next(page.next))).as_bytes());
    Ok(out)
}
