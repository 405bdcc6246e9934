//! `GET /v1/policies…`: what decides here, and what has decided.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use holdpoint_isa::{ModuleHash, Program, decode};
use serde_json::{Value, json};

use super::json_of;
use super::parameters::{NoParameters, shown};
use crate::app::App;
use crate::error::{Problem, ProblemKind};

/// `GET /v1/policies`
pub(crate) async fn list(State(app): State<Arc<App>>, _: NoParameters) -> Result<Response, Problem> {
    let body = app
        .reading(|app| {
            let active = active(app);
            let recorded: Vec<String> = app.log.modules()?.iter().map(ModuleHash::to_string).collect();
            Ok(json!({"active": active, "recorded": recorded}))
        })
        .await?;
    Ok(json_of(StatusCode::OK, &body))
}

/// `GET /v1/policies/{hash}`
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path(hash): Path<String>,
    _: NoParameters,
) -> Result<Response, Problem> {
    let unknown = |detail: String| Problem::new(ProblemKind::UnknownPolicy, detail);
    let Ok(wanted) = hash.parse::<ModuleHash>() else {
        let help = "write `sha256:` and 64 hexadecimal digits".to_owned();
        return Err(unknown(format!("`{}` is not the hash of a module", shown(&hash))).with_help(help));
    };
    let body = app
        .reading(move |app| {
            if wanted == app.active.policy.program.hash() {
                return Ok(active(app));
            }
            let Some(bytes) = app.log.module(&wanted)? else {
                return Err(unknown(format!("module `{wanted}` has not decided here")));
            };
            let program = decode(&bytes).map_err(|error| Problem::new(ProblemKind::Unavailable, error))?;
            Ok(describe(&program, &wanted, None))
        })
        .await?;
    Ok(json_of(StatusCode::OK, &body))
}

fn active(app: &App) -> Value {
    let policy = &app.active.policy;
    describe(policy.program.program(), &policy.program.hash(), Some(&policy.name))
}

/// What a module is. `name` is what the server calls the one in force.
fn describe(program: &Program, hash: &ModuleHash, name: Option<&str>) -> Value {
    let rules_of = |policy: usize| -> Vec<Value> {
        let own = program.rules.iter().filter(|rule| usize::from(rule.policy) == policy);
        own.map(|rule| {
            json!({
                "name": rule.name, "title": rule.title, "control": rule.control,
                "waivable": rule.waivable, "trial": rule.trial,
            })
        })
        .collect()
    };
    let policies = program.policies.iter().enumerate().map(|(index, policy)| {
        json!({
            "name": policy.name, "title": policy.title, "trial": policy.trial, "governs": policy.governs,
            "rules": rules_of(index),
        })
    });
    let facts = program.facts.iter().map(|fact| {
        let source = fact.source.as_ref().map(|source| source.name.as_str());
        json!({"name": fact.field.name, "provenance": fact.provenance.word(), "source": source})
    });
    json!({
        "hash": hash.to_string(),
        "active": name.is_some(),
        "name": name,
        "semantics": program.semantics,
        "tzdb": program.tzdb,
        "fuel_bound": program.fuel_bound,
        "policies": policies.collect::<Vec<_>>(),
        "facts": facts.collect::<Vec<_>>(),
    })
}
