//! `GET /v1/events`: what happened to the server other than decisions.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::json_of;
use super::parameters::Parameters;
use crate::access::Caller;
use crate::app::App;
use crate::error::Problem;
use crate::event::shown;
use crate::log::{Cursor, Filter};
use crate::routes::decisions::{LIMIT_DEFAULT, limit, next};

/// `GET /v1/events?…`
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    uri: Uri,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(&uri, &["event", "limit", "cursor"])?;
    let events = Some(parameters.text("event").unwrap_or_default().to_owned());
    let filter = Filter { events, tenant: caller.grant.tenant.clone(), ..Filter::default() };
    let limit = limit(&parameters)?.unwrap_or(LIMIT_DEFAULT);
    let cursor = parameters.value("cursor", "the `next` of the page before", |text| text.parse().ok())?;
    let cursor = cursor.map_or(Cursor::NEWEST, Cursor::Before);
    let body = app
        .reading(move |app| {
            let page = app.log.list(&filter, cursor, limit)?;
            let items = page.items.iter().map(|(sequence, item)| match item.as_ref().map(shown) {
                Ok(Ok(event)) => event,
                Ok(Err(error)) => damaged(*sequence, &error),
                Err(error) => damaged(*sequence, error),
            });
            Ok(json!({"events": items.collect::<Vec<_>>(), "next": next(page.next)}))
        })
        .await?;
    Ok(json_of(StatusCode::OK, &body))
}

fn damaged(sequence: u64, error: &crate::log::ReadError) -> Value {
    json!({"sequence": sequence, "damaged": error.to_string()})
}
