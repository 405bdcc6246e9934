//! `GET /metrics`, and counting what is no success.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::Problem;

const TYPE: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// `GET /metrics`
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let text = app.reading(|app| Ok(app.metrics.text(app))).await?;
    Ok(([(header::CONTENT_TYPE, TYPE)], text).into_response())
}

/// Counts an answer if it is a problem.
pub(crate) async fn count(State(app): State<Arc<App>>, response: Response) -> Response {
    app.metrics.answered(&response);
    response
}
