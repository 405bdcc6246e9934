//! Who may do what: each request is checked by the table of routes before anything else is done with it.
//!
//! A request without a token that counts is answered with 401, one whose token does not allow what it asks for with
//! 403. What belongs to another tenant is answered as if it were not there.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::access::{Caller, NotKnown};
use crate::app::{App, DECISIONS, ROUTES};
use crate::error::{Problem, ProblemKind};
use crate::token::Scope;

/// Who may ask something of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody.
    Open,
    /// Whoever has a token.
    Any,
    /// Whoever has one of these scopes; none at all stands for administrators.
    Scoped(&'static [Scope]),
    /// As [`Self::Scoped`], with a token of the tenant `*`.
    Whole(&'static [Scope]),
}

impl Access {
    fn scopes(self) -> Option<&'static [Scope]> {
        match self {
            Self::Open | Self::Any => None,
            Self::Scoped(scopes) | Self::Whole(scopes) => Some(scopes),
        }
    }

    /// Checks that somebody may.
    fn check(self, caller: &Caller) -> Result<(), Problem> {
        let forbidden = |detail: String| Problem::new(ProblemKind::Forbidden, detail);
        if let Some(scopes) = self.scopes().filter(|scopes| !caller.grant.has(scopes)) {
            let words = scopes.iter().map(|scope| scope.word()).chain([Scope::Admin.word()]);
            let needed = words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
            return Err(forbidden(format!("this needs the scope {needed}")));
        }
        let tenant = &caller.grant.tenant;
        if matches!(self, Self::Whole(_)) && !tenant.is_all() {
            return Err(forbidden(format!(
                "this needs a token of the tenant `*`, and this one is of `{tenant}`"
            )));
        }
        Ok(())
    }
}

/// Lets a request pass that may, with whoever asks in its extensions.
pub(crate) async fn guard(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    match admit(&app, &request) {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.run(request).await
        }
        // Whoever asked for a decision is told that there is none.
        Err(problem) if problem.is_ours() && is_question(&request) => {
            problem.undecided(false).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

fn is_question(request: &Request) -> bool {
    request.method() == Method::POST && request.uri().path() == DECISIONS
}

fn admit(app: &App, request: &Request) -> Result<Option<Arc<Caller>>, Problem> {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let access = access(path, request.method());
    if access == Access::Open {
        return Ok(None);
    }
    let caller = authenticate(app, request.headers())?;
    access.check(&caller)?;
    Ok(Some(caller))
}

/// What a request needs; a token at least where the table does not say.
fn access(path: &str, method: &Method) -> Access {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let methods = ROUTES.iter().find(|(route, _)| *route == path).map_or(&[][..], |(_, methods)| methods);
    methods.iter().find(|(name, _)| *name == method).map_or(Access::Any, |(_, access)| *access)
}

fn authenticate(app: &App, headers: &HeaderMap) -> Result<Arc<Caller>, Problem> {
    let refused = |why: &str| Problem::new(ProblemKind::Unauthenticated, why);
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let help = "send the header `Authorization: Bearer hp_…`; an administrator makes tokens at `/v1/tokens`";
    let Some(value) = values.next() else {
        return Err(refused("the request has no token").with_help(help.to_owned()));
    };
    let bearer = value.to_str().ok().and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let (Some(token), None) = (bearer, values.next()) else {
        return Err(
            refused("the header `Authorization` is not one `Bearer` and a token").with_help(help.to_owned())
        );
    };
    let now = app
        .clock
        .now()
        .ok_or_else(|| Problem::new(ProblemKind::Unavailable, "the clock of the server is out of range"))?;
    app.standing.tokens.check(token, now).map_err(|why| match why {
        NotKnown::Wrong => refused("there is no such token").with_help(help.to_owned()),
        NotKnown::Expired => refused("the token has expired"),
        NotKnown::Revoked => refused("the token was revoked"),
    })
}
