//! What there is, and what is answered where there is no route, or none for the method.

use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use serde_json::json;

use super::json_of;
use super::parameters::{NoParameters, shown};
use crate::app::ROUTES;
use crate::error::{Problem, ProblemKind};
use crate::nearest::did_you_mean;

/// Paths by which other servers tell how they are, and what they are here.
const HABITS: [(&str, &str); 5] = [
    ("/health", "/health/live"),
    ("/healthz", "/health/live"),
    ("/livez", "/health/live"),
    ("/readyz", "/health/ready"),
    ("/startupz", "/health/startup"),
];

/// `GET /`: the routes.
pub(crate) async fn index(_: NoParameters) -> Response {
    let routes = ROUTES.map(|(path, methods)| {
        let methods: Vec<&str> = methods.iter().map(|(method, _)| *method).collect();
        json!({"path": path, "methods": methods.join(", ")})
    });
    json_of(
        StatusCode::OK,
        &json!({"server": "holdpoint", "version": env!("CARGO_PKG_VERSION"), "routes": routes}),
    )
}

/// No route has this path.
pub(crate) async fn route(uri: Uri) -> Problem {
    let path = uri.path();
    let bare = path.trim_end_matches('/');
    let habit = HABITS.iter().find(|(habit, _)| *habit == bare).map(|(_, meant)| *meant);
    let help = habit.map(|meant| format!("did you mean `{meant}`?"));
    let help = help
        .or_else(|| did_you_mean(bare, ROUTES.iter().map(|(path, _)| *path).filter(|path| *path != "/")))
        .unwrap_or_else(|| "`GET /` lists the routes".to_owned());
    Problem::new(ProblemKind::UnknownRoute, format!("there is nothing at `{}`", shown(path))).with_help(help)
}

/// The route does not take this method.
pub(crate) async fn method(method: Method, uri: Uri) -> Problem {
    let detail = format!("`{}` does not take `{}`", shown(uri.path()), shown(method.as_str()));
    let help = "the header `Allow` names the methods that it takes".to_owned();
    Problem::new(ProblemKind::WrongMethod, detail).with_help(help)
}
