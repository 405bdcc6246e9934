//! `GET /v1/export`: the whole log as a stream.
//!
//! A stream occupies a thread as long as its reader takes, so there are few at one time, and a reader that takes
//! nothing for a while is cut off.

use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

use super::parameters::Parameters;
use crate::app::App;
use crate::error::{Problem, ProblemKind};
use crate::export::{Format, export};

/// Pieces that lie ready for a reader.
const AHEAD: usize = 4;
/// Time that a reader has for one piece.
const PATIENCE: Duration = Duration::from_secs(30);

/// What comes through a channel, as a body; it breaks off where the sender does before it has said that all is sent.
struct Stream(Receiver<Option<Bytes>>);

/// The stream was not finished.
#[derive(Debug)]
struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the export was not finished")
    }
}

impl std::error::Error for Broken {}

impl hyper::body::Body for Stream {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        self.0.poll_recv(context).map(|piece| match piece {
            Some(Some(bytes)) => Some(Ok(Frame::data(bytes))),
            Some(None) => None,
            None => Some(Err(Broken)),
        })
    }
}

/// `GET /v1/export?format=ndjson|csv`
pub(crate) async fn all(State(app): State<Arc<App>>, uri: Uri) -> Result<Response, Problem> {
    let parameters = Parameters::read(&uri, &["format"])?;
    let format = parameters.value("format", "`ndjson` or `csv`", |text| match text {
        "ndjson" => Some(Format::Ndjson),
        "csv" => Some(Format::Csv),
        _ => None,
    })?;
    let format = format.unwrap_or(Format::Ndjson);
    let busy = || Problem::new(ProblemKind::Unavailable, "as many exports as there may be are under way");
    let permit = Arc::clone(&app.exports).try_acquire_owned().map_err(|_| busy())?;
    let (size, note) = app
        .reading(|app| match &app.notary {
            None => Ok((app.log.size()?, None)),
            Some(notary) => {
                let signed = notary.checkpoint(&*app.log, 0, Duration::ZERO)?;
                Ok((signed.checkpoint.size, Some(signed.note)))
            }
        })
        .await?;
    let (sender, receiver) = channel(AHEAD);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let send = |piece| matches!(runtime.block_on(timeout(PATIENCE, sender.send(piece))), Ok(Ok(())));
        let mut sink = |bytes: Vec<u8>| {
            if send(Some(Bytes::from(bytes))) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        match export(&*app.log, size, note.as_deref(), format, &mut sink) {
            // Without this the reader sees that the stream broke off.
            Ok(Some(_)) => drop(send(None)),
            Ok(None) => tracing::warn!("an export was not finished: its reader does not read"),
            Err(error) => tracing::error!(%error, "an export was not finished"),
        }
    });
    let content = match format {
        Format::Ndjson => "application/x-ndjson",
        Format::Csv => "text/csv; charset=utf-8; header=present",
    };
    let head = [(header::CONTENT_TYPE, HeaderValue::from_static(content))];
    Ok((head, Body::new(Stream(receiver))).into_response())
}
