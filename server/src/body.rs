//! Reading the body of a request: of the right type, not too long, not too slowly.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use holdpoint_isa::limits::REQUEST_BYTES_MAX;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use serde::de::DeserializeOwned;

use crate::error::{Problem, ProblemKind};

const JSON: &str = "application/json";

/// Checks that a body is declared to be JSON, and as it is: nothing is unpacked here.
pub(crate) fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if let Some(other) = encodings.find(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let detail = format!("the body is encoded as `{}`", other.to_str().unwrap_or("?").escape_debug());
        return Err(Problem::new(ProblemKind::WrongType, detail)
            .with_help("send the body as it is, without `Content-Encoding`".to_owned()));
    }
    let declared = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or("?"));
    let essence = declared.map(|declared| declared.split(';').next().unwrap_or_default().trim());
    match essence {
        Some(essence) if essence.eq_ignore_ascii_case(JSON) => Ok(()),
        Some(other) => Err(wrong_type(format!("the body is declared to be `{}`", other.escape_debug()))),
        None => Err(wrong_type("the body has no declared type".to_owned())),
    }
}

fn wrong_type(detail: String) -> Problem {
    let help = format!("send the request as JSON with the header `Content-Type: {JSON}`");
    Problem::new(ProblemKind::WrongType, detail).with_help(help)
}

/// The value that a request's body is the JSON of.
pub(crate) async fn json<T: DeserializeOwned>(
    request: Request,
    bytes_max: u32,
    deadline: Duration,
) -> Result<T, Problem> {
    let (head, body) = request.into_parts();
    check_type(&head.headers)?;
    let bytes = read_up_to(bytes_max, body, deadline).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let kind = if error.is_data() { ProblemKind::InvalidRequest } else { ProblemKind::MalformedBody };
        Problem::new(kind, error)
    })
}

/// The whole body of a request for a decision. One that says it is too long is refused before it is read.
pub(crate) async fn read(body: Body, deadline: Duration) -> Result<Bytes, Problem> {
    read_up_to(REQUEST_BYTES_MAX, body, deadline).await
}

async fn read_up_to(bytes_max: u32, body: Body, deadline: Duration) -> Result<Bytes, Problem> {
    let max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let too_large =
        || Problem::new(ProblemKind::LargeBody, format!("a request has at most {bytes_max} bytes here"));
    if body.size_hint().lower() > u64::from(bytes_max) {
        return Err(too_large());
    }
    let Ok(read) = tokio::time::timeout(deadline, Limited::new(body, max).collect()).await else {
        let seconds = deadline.as_secs();
        return Err(Problem::new(
            ProblemKind::SlowBody,
            format!("the body has to arrive within {seconds} seconds"),
        ));
    };
    match read {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_large()),
        Err(_) => Err(Problem::new(ProblemKind::IncompleteBody, "the connection ended within the body")),
    }
}
