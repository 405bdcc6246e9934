//! `/log/…` and receipts: the tree over the decisions, as C2SP tlog-tiles and tlog-proof have it.
//!
//! Tiles hold hashes of salted commitments and tell nothing of any decision. A receipt holds the record of its
//! decision.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::decisions::find;
use super::parameters::shown;
use crate::access::Caller;
use crate::app::App;
use crate::error::{Problem, ProblemKind};
use crate::notary::{Notary, NotaryError};
use crate::tlog::Tile;
use crate::tlog::tile::WIDTH;

const TEXT: &str = "text/plain; charset=utf-8";
/// Age up to which a checkpoint is served although the log has grown: signing one syncs two files.
const FRESH: Duration = Duration::from_secs(1);

/// `GET /log/checkpoint`
pub(crate) async fn checkpoint(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let note = app.reading(|app| Ok(notary(app)?.checkpoint(&*app.log, 0, FRESH)?.note)).await?;
    Ok(typed(note, TEXT, "no-cache"))
}

/// `GET /log/vkey`
pub(crate) async fn vkey(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    Ok(typed(format!("{}\n", notary(&app)?.verifier()), TEXT, "no-cache"))
}

/// `GET /log/tile/{L}/{N}` and `GET /log/tile/{L}/{N}.p/{W}`
pub(crate) async fn tile(State(app): State<Arc<App>>, Path(path): Path<String>) -> Result<Response, Problem> {
    let unknown = |detail: String| Problem::new(ProblemKind::UnknownTile, detail);
    let Some(tile) = Tile::parse(&path) else {
        let help =
            "a path is like `0/x001/067`, or `0/x001/067.p/112` for a tile that is not full".to_owned();
        return Err(unknown(format!("`{}` is not the path of a tile", shown(&path))).with_help(help));
    };
    let found = app.reading(move |app| Ok(app.log.tile(tile)?)).await?;
    let hashes = found.ok_or_else(|| unknown(format!("the tree does not have tile `{tile}` yet")))?;
    let caching = if tile.width == WIDTH { "public, max-age=31536000, immutable" } else { "no-cache" };
    Ok(typed(hashes.as_flattened().to_vec(), "application/octet-stream", caching))
}

/// `GET /v1/decisions/{id}/proof`
pub(crate) async fn proof(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Arc<Caller>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let receipt = app
        .reading(move |app| {
            let stored = find(app, &caller, &id)?;
            Ok(notary(app)?.receipt(&*app.log, &stored)?.to_string())
        })
        .await?;
    Ok(typed(receipt, TEXT, "no-cache"))
}

fn notary(app: &App) -> Result<&Notary, Problem> {
    app.notary.as_ref().ok_or_else(|| Problem::new(ProblemKind::Unavailable, "this server signs nothing"))
}

fn typed(body: impl IntoResponse, content: &'static str, caching: &'static str) -> Response {
    let mut response = (StatusCode::OK, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    response
}

impl From<NotaryError> for Problem {
    fn from(error: NotaryError) -> Self {
        let kind = if error.is_damage() { ProblemKind::Damaged } else { ProblemKind::Unavailable };
        Self::new(kind, error)
    }
}
