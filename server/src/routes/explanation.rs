//! `GET /v1/decisions/{id}/explanation`: a decision in plain words.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};

use super::decisions::find;
use super::parameters::Parameters;
use crate::access::Caller;
use crate::app::App;
use crate::error::Problem;
use crate::explain::Explanation;

/// The page has a style of its own and nothing else that could be loaded or run.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'");
const NO_SNIFFING: (HeaderName, HeaderValue) =
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

/// `GET /v1/decisions/{id}/explanation?format=text|html`
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(&uri, &["format"])?;
    let html = parameters.value("format", "`text` or `html`", |text| match text {
        "text" => Some(false),
        "html" => Some(true),
        _ => None,
    })?;
    let explained =
        app.reading(move |app| Ok(Explanation::of(app.log.id(), &find(app, &caller, &id)?)?)).await?;
    let (content, text) = match html {
        Some(true) => ("text/html; charset=utf-8", explained.html()),
        _ => ("text/plain; charset=utf-8", explained.text()),
    };
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content)),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        NO_SNIFFING,
    ];
    Ok((head, text).into_response())
}
