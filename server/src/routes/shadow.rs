//! `/v1/policies/{hash}/shadow` and `…/differences`: a policy that is asked beside the active one, and where it would have
//! answered otherwise.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use holdpoint_isa::ModuleHash;
use holdpoint_isa::literal::format_instant;
use serde_json::{Value, json};

use super::decisions::{LIMIT_DEFAULT, limit, next};
use super::json_of;
use super::parameters::{NoParameters, Parameters};
use super::policies::published;
use crate::access::Caller;
use crate::answer::decision;
use crate::app::App;
use crate::error::{Problem, ProblemKind};
use crate::log::{Cursor, Filter, ReadError, Stored};
use crate::policy::Active;
use crate::standing::Change;

/// `POST /v1/policies/{hash}/shadow`: one that is in the shadow stays there without an event.
pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(hash): Path<String>,
    _: NoParameters,
) -> Result<Response, Problem> {
    let published = published(&app, &hash)?;
    let wanted = published.hash;
    if app.active.now().hash() == wanted {
        let detail = format!("policy `{wanted}` decides, and has nothing to say beside itself");
        return Err(Problem::new(ProblemKind::InvalidRequest, detail));
    }
    if app.standing.policies.shadow() != Some(wanted) {
        let unfit = |why: String| Problem::new(ProblemKind::Unavailable, why);
        let policy = app.deciding(move |app| published.load(&*app.log).map_err(unfit)).await?;
        app.change(Change::shadow(Some(Arc::new(Active::new(policy)))), &caller).await?;
    }
    Ok(answer(&app))
}

/// `DELETE /v1/policies/{hash}/shadow`
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(hash): Path<String>,
    _: NoParameters,
) -> Result<Response, Problem> {
    if app.standing.policies.shadow() == Some(published(&app, &hash)?.hash) {
        app.change(Change::shadow(None), &caller).await?;
    }
    Ok(answer(&app))
}

fn answer(app: &App) -> Response {
    let hash = |hash: ModuleHash| hash.to_string();
    let shadow = app.standing.policies.shadow().map(hash);
    json_of(StatusCode::OK, &json!({"active": hash(app.active.now().hash()), "shadow": shadow}))
}

/// `GET /v1/policies/{hash}/differences`
pub(crate) async fn differences(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(hash): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(&uri, &["limit", "cursor"])?;
    let differs = Some(published(&app, &hash)?.hash);
    let filter = Filter { differs, tenant: caller.grant.tenant.clone(), ..Filter::default() };
    let limit = limit(&parameters)?.unwrap_or(LIMIT_DEFAULT);
    let cursor = parameters.value("cursor", "the `next` of the page before", |text| text.parse().ok())?;
    let cursor = cursor.map_or(Cursor::NEWEST, Cursor::Before);
    let body = app
        .reading(move |app| {
            let page = app.log.list(&filter, cursor, limit)?;
            let items = page.items.iter().map(|(sequence, item)| {
                let shown =
                    item.as_ref().map_err(ReadError::clone).and_then(|stored| difference(app, stored));
                shown.unwrap_or_else(|error| json!({"sequence": sequence, "damaged": error.to_string()}))
            });
            Ok(json!({"decisions": items.collect::<Vec<_>>(), "next": next(page.next)}))
        })
        .await?;
    Ok(json_of(StatusCode::OK, &body))
}

/// A decision beside what the policy in the shadow would have answered.
fn difference(app: &App, stored: &Stored) -> Result<Value, ReadError> {
    let unread = |_| ReadError::damaged(stored.sequence, "a result is not the JSON of a decision");
    let record = stored.record()?;
    let decided: Value = serde_json::from_slice(&decision(app.log.id(), stored)?).map_err(unread)?;
    let shadow: Value = serde_json::from_slice(record.shadow).map_err(unread)?;
    let rules = |answer: &Value| -> Vec<Value> {
        let objections = answer.get("objections").and_then(Value::as_array).into_iter().flatten();
        let mut rules: Vec<Value> = objections.filter_map(|one| one.get("rule").cloned()).collect();
        rules.dedup();
        rules
    };
    Ok(json!({
        "id": decided.get("id"),
        "sequence": stored.sequence,
        "decided_at": format_instant(record.decided_at),
        "service": Some(record.origin.service).filter(|name| !name.is_empty()),
        "verdict": decided.get("verdict"),
        "rules": rules(&decided),
        "shadow_verdict": shadow.get("verdict"),
        "shadow_rules": rules(&shadow),
        "shadow_refused": shadow.get("refused"),
    }))
}
