//! `/v1/policies…`: what decides here and what has decided; publishing a policy, and activating one.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use holdpoint_isa::{ModuleHash, Program, decode};
use serde_json::{Value, json};

use super::json_of;
use super::parameters::{NoParameters, shown};
use crate::access::Caller;
use crate::app::App;
use crate::body;
use crate::error::{Problem, ProblemKind};
use crate::policy::Active;
use crate::publish::{Candidate, Effect, NotPublished, Offered, Writing};
use crate::published::Published;
use crate::standing::Change;

/// Most bytes of a package or a module that is sent to be published.
const OFFER_BYTES_MAX: u32 = 4 * 1024 * 1024;

/// `GET /v1/policies`
pub(crate) async fn list(State(app): State<Arc<App>>, _: NoParameters) -> Result<Response, Problem> {
    let body = app
        .reading(|app| {
            let recorded: Vec<String> = app.log.modules()?.iter().map(ModuleHash::to_string).collect();
            let policies = &app.standing.policies;
            let published: Vec<Value> = policies.all().iter().map(Published::json).collect();
            let history = policies.history();
            let shadow = policies.shadow().map(|hash| hash.to_string());
            Ok(json!({"active": active(app), "shadow": shadow, "published": published, "history": history, "recorded": recorded}))
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
    let wanted = parse(&hash)?;
    let body = app
        .reading(move |app| {
            if wanted == app.active.now().hash() {
                return Ok(active(app));
            }
            let Some(bytes) = app.log.module(&wanted)? else {
                return Err(unknown(format!("module `{wanted}` is not known here")));
            };
            let program = decode(&bytes).map_err(|error| Problem::new(ProblemKind::Unavailable, error))?;
            Ok(describe(&program, &wanted, None))
        })
        .await?;
    Ok(json_of(StatusCode::OK, &body))
}

/// `POST /v1/policies`
pub(crate) async fn publish(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    _: NoParameters,
    request: Request,
) -> Result<Response, Problem> {
    let offered: Offered = body::json(request, OFFER_BYTES_MAX, app.body_deadline).await?;
    // Compiling and testing takes a thread, as a long decision does.
    let (candidate, effect) = app
        .deciding(move |app| {
            let candidate = offered.candidate(app.compiler.as_ref()).map_err(refused)?;
            let effect = effect(app, candidate.policy.program.program(), candidate.writing.as_ref());
            Ok((candidate, effect))
        })
        .await?;
    let Candidate { policy, writing, tests, diagnostics } = candidate;
    let policy = Active::new(policy);
    let stored = app.change(Change::propose(&policy, writing), &caller).await?;
    let body = json!({
        "hash": policy.hash().to_string(),
        "name": policy.policy.name,
        "sequence": stored.sequence,
        "fuel_bound": policy.policy.program.fuel_bound(),
        "tests_passed": tests,
        "diagnostics": diagnostics,
        "effect": effect,
        "active": policy.hash() == app.active.now().hash(),
    });
    Ok(json_of(StatusCode::CREATED, &body))
}

/// `POST /v1/policies/{hash}/activate`: activating the active one changes nothing.
pub(crate) async fn activate(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(hash): Path<String>,
    _: NoParameters,
) -> Result<Response, Problem> {
    let published = published(&app, &hash)?;
    let replaced = app.active.now();
    let wanted = published.hash;
    if app.two_people && published.is_by(&caller) {
        let detail = format!("policy `{wanted}` was proposed by `{}`", published.proposed_by);
        let help = "here a policy is activated by somebody else than who proposed it".to_owned();
        return Err(Problem::new(ProblemKind::Forbidden, detail).with_help(help));
    }
    let (policy, effect) = app
        .deciding(move |app| {
            let unfit = |why: String| Problem::new(ProblemKind::Unavailable, why);
            let policy = published.load(&*app.log).map_err(unfit)?;
            let effect = effect(app, policy.program.program(), published.writing.as_ref());
            Ok((Arc::new(Active::new(policy)), effect))
        })
        .await?;
    let sequence = if replaced.hash() == wanted {
        Value::Null
    } else {
        app.change(Change::activate(policy), &caller).await?.sequence.into()
    };
    let body = json!({
        "active": wanted.to_string(), "replaced": replaced.hash().to_string(), "sequence": sequence,
        "effect": effect,
    });
    Ok(json_of(StatusCode::OK, &body))
}

/// What a policy would change.
fn effect(app: &App, program: &Program, writing: Option<&Writing>) -> Effect {
    let active = app.active.now();
    let own = app.standing.policies.get(&active.hash()).and_then(|published| published.writing);
    Effect::between((active.policy.program.program(), own.as_ref()), (program, writing))
}

fn refused(why: NotPublished) -> Problem {
    match why {
        NotPublished::Malformed(why) => Problem::new(ProblemKind::InvalidPolicy, why),
        NotPublished::Rejected(rejected) => {
            let detail = match rejected.failed_tests.len() {
                0 => "the package does not compile".to_owned(),
                1 => "a test of the package fails".to_owned(),
                count => format!("{count} tests of the package fail"),
            };
            Problem::new(ProblemKind::InvalidPolicy, detail).rejected(rejected)
        }
    }
}

/// A policy that was published.
pub(super) fn published(app: &App, hash: &str) -> Result<Published, Problem> {
    let wanted = parse(hash)?;
    let found = app.standing.policies.get(&wanted);
    found.ok_or_else(|| unknown(format!("policy `{wanted}` was not published here")))
}

fn parse(hash: &str) -> Result<ModuleHash, Problem> {
    hash.parse().map_err(|_| {
        let help = "write `sha256:` and 64 hexadecimal digits".to_owned();
        unknown(format!("`{}` is not the hash of a module", shown(hash))).with_help(help)
    })
}

fn unknown(detail: String) -> Problem {
    Problem::new(ProblemKind::UnknownPolicy, detail)
}

fn active(app: &App) -> Value {
    let active = app.active.now();
    describe(active.policy.program.program(), &active.hash(), Some(&active.policy.name))
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
