//! `/v1/tokens`: making, listing and revoking tokens. Somebody reaches only tokens within the own tenant.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use holdpoint_isa::limits::REQUEST_BYTES_MAX;
use serde::Deserialize;
use serde_json::{Value, json};

use super::json_of;
use super::parameters::{NoParameters, shown};
use crate::access::Caller;
use crate::app::App;
use crate::body;
use crate::error::{Problem, ProblemKind};
use crate::event::{Event, Private};
use crate::standing::{Change, expiry};
use crate::tenant::Tenant;
use crate::token::{DAYS_DEFAULT, DAYS_MAX, Grant, Scope, Secret, Token};

/// What a token is asked for with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    principal: String,
    tenant: Tenant,
    scopes: Vec<Scope>,
    #[serde(default = "days")]
    expires_in_days: u32,
}

const fn days() -> u32 {
    DAYS_DEFAULT
}

/// `POST /v1/tokens`
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    _: NoParameters,
    request: Request,
) -> Result<Response, Problem> {
    let wanted: Wanted = body::json(request, REQUEST_BYTES_MAX, app.body_deadline).await?;
    let invalid = |why: String| Problem::new(ProblemKind::InvalidRequest, why);
    let grant = Grant::new(wanted.principal, wanted.tenant, wanted.scopes).map_err(invalid)?;
    if !(1..=DAYS_MAX).contains(&wanted.expires_in_days) {
        return Err(invalid(format!("`expires_in_days` is a number from 1 to {DAYS_MAX}")));
    }
    within(&caller, &grant.tenant)?;
    let now = app.instant()?;
    let unavailable = |_| Problem::new(ProblemKind::Unavailable, "the operating system gave no random bytes");
    let secret = Secret::random().map_err(unavailable)?;
    let change = Change::new(Event::token_created(&secret, grant, expiry(now, wanted.expires_in_days)));
    app.change(change, &caller).await?;
    let mut told = known(&app, &caller, secret.id())?.json();
    if let Value::Object(members) = &mut told {
        members.insert("token".to_owned(), secret.reveal().into());
    }
    Ok(json_of(StatusCode::CREATED, &told))
}

/// `GET /v1/tokens`
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    _: NoParameters,
) -> Response {
    let tokens = app.standing.tokens.all();
    let own = tokens.iter().filter(|token| caller.grant.tenant.covers(&token.grant.tenant));
    json_of(StatusCode::OK, &json!({"tokens": own.map(Token::json).collect::<Vec<_>>()}))
}

/// `DELETE /v1/tokens/{id}`: revoking one that is revoked changes nothing.
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
    _: NoParameters,
) -> Result<Response, Problem> {
    if known(&app, &caller, &id)?.revoked_at.is_none() {
        let event = Event::TokenRevoked { token: id.clone() };
        app.change(Change::new((event, Private::default())), &caller).await?;
    }
    Ok(json_of(StatusCode::OK, &known(&app, &caller, &id)?.json()))
}

fn within(caller: &Caller, tenant: &Tenant) -> Result<(), Problem> {
    let own = &caller.grant.tenant;
    if own.covers(tenant) {
        return Ok(());
    }
    let detail = format!("the tenant `{tenant}` is not within `{own}`, which this token is of");
    Err(Problem::new(ProblemKind::Forbidden, detail))
}

/// A token within the tenant of whoever asks.
fn known(app: &App, caller: &Caller, id: &str) -> Result<Token, Problem> {
    let unknown = || Problem::new(ProblemKind::UnknownToken, format!("there is no token `{}`", shown(id)));
    let found = app.standing.tokens.get(id);
    found.filter(|token| caller.grant.tenant.covers(&token.grant.tenant)).ok_or_else(unknown)
}
