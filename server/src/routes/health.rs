//! `/health/…`: whether the server lives, is ready for decisions, and has started.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use super::json_of;
use super::parameters::NoParameters;
use crate::app::App;
use crate::error::{Problem, ProblemKind};
use crate::keeper;

/// The process answers. A restart would not help a server that answers, so this says nothing else.
pub(crate) async fn live(_: NoParameters) -> Response {
    json_of(StatusCode::OK, &json!({"status": "live"}))
}

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    #[serde(flatten)]
    state: keeper::State,
}

/// Decisions can be made and kept; with what is known of the log and its disk.
pub(crate) async fn ready(State(app): State<Arc<App>>, _: NoParameters) -> Response {
    match app.unready() {
        None => json_of(StatusCode::OK, &Ready { status: "ready", state: app.condition.state() }),
        Some(why) => Problem::new(ProblemKind::Unavailable, why).into_response(),
    }
}

/// The log has been opened and the policy loaded, which both happen before the server listens.
pub(crate) async fn startup(_: NoParameters) -> Response {
    json_of(StatusCode::OK, &json!({"status": "started"}))
}
