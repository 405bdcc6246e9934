//! What the server answers, one file for each kind of thing that can be asked for.

pub(crate) mod considering;
pub(crate) mod decide;
pub(crate) mod decisions;
pub(crate) mod events;
pub(crate) mod explanation;
pub(crate) mod export;
pub(crate) mod guard;
pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod parameters;
pub(crate) mod policies;
pub(crate) mod shadow;
pub(crate) mod tokens;
pub(crate) mod tree;
pub(crate) mod unknown;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Marks an answer that is a decision, whatever its status says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decided;

/// An answer that is JSON already.
pub(crate) fn json(status: StatusCode, bytes: Vec<u8>) -> Response {
    let mut response = (status, bytes).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An answer from a value that has a JSON form.
pub(crate) fn json_of(status: StatusCode, value: &impl serde::Serialize) -> Response {
    json(status, serde_json::to_vec(value).unwrap_or_default())
}
