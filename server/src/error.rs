//! What the server answers when it does not answer with a decision: one table, sent as RFC 9457 problem details.
//!
//! A problem never carries a verdict. Where a decision was asked for and the fault is ours, the problem says that
//! nothing was decided and that whoever asked has to treat that as a block.

use std::fmt;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use holdpoint_vm::RequestError;
use serde::Serialize;

use crate::log::ReadError;
use crate::publish::Rejected;
use crate::standing::Unkept;

macro_rules! problems {
    ($( $(#[doc = $doc:literal])+ $name:ident $status:literal $slug:literal $title:literal; )+) => {
        /// The kinds of problems.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProblemKind { $( $(#[doc = $doc])+ $name, )+ }

        impl ProblemKind {
            /// All kinds, in the order of the table.
            pub const ALL: &[Self] = &[ $( Self::$name, )+ ];

            /// Its row: status, last part of the type, title.
            pub const fn row(self) -> (u16, &'static str, &'static str) {
                match self { $( Self::$name => ($status, $slug, $title), )+ }
            }

            /// What it means.
            pub const fn doc(self) -> &'static str {
                match self { $( Self::$name => concat!($($doc),+), )+ }
            }
        }
    };
}

problems! {
    /// The body is not JSON, names a member twice, or nests too deeply.
    MalformedBody 400 "malformed-body" "The body cannot be read";
    /// The connection ended within the body.
    IncompleteBody 400 "incomplete-body" "The body is not complete";
    /// A parameter of the query is unknown or makes no sense.
    InvalidParameter 400 "invalid-parameter" "A parameter cannot be understood";
    /// The idempotency key is empty, too long, there twice, or not of visible characters.
    InvalidKey 400 "invalid-key" "The idempotency key cannot be used";
    /// The request has no token, or one that does not count.
    Unauthenticated 401 "unauthenticated" "A token is needed";
    /// The token does not allow this.
    Forbidden 403 "forbidden" "The token does not allow this";
    /// The server has nothing at this path.
    UnknownRoute 404 "unknown-route" "There is nothing here";
    /// No decision has this id.
    UnknownDecision 404 "unknown-decision" "There is no such decision";
    /// No module with this hash has decided here.
    UnknownPolicy 404 "unknown-policy" "There is no such policy";
    /// No token has this id.
    UnknownToken 404 "unknown-token" "There is no such token";
    /// The tree over the decisions has no such tile, or not yet.
    UnknownTile 404 "unknown-tile" "There is no such tile";
    /// The path does not take this method.
    WrongMethod 405 "wrong-method" "The method is not allowed here";
    /// The body took too long to arrive.
    SlowBody 408 "slow-body" "The body took too long";
    /// A request with this idempotency key is being decided.
    InFlight 409 "in-flight" "The same request is under way";
    /// The decision of this idempotency key was made by another policy than the active one.
    PolicyChanged 409 "policy-changed" "Another policy decides now";
    /// The module or a version that the record names is not there.
    CannotReplay 409 "cannot-replay" "The decision cannot be made again";
    /// The body is longer than a request may be.
    LargeBody 413 "large-body" "The body is too large";
    /// The body is not declared to be JSON, or is compressed.
    WrongType 415 "wrong-type" "The content type is not accepted";
    /// The body is JSON, but not what belongs here.
    InvalidRequest 422 "invalid-request" "The request does not fit its type";
    /// The package does not compile, its tests fail, or the module does not verify.
    InvalidPolicy 422 "invalid-policy" "The policy was not published";
    /// The idempotency key has been used for a request with another body.
    KeyReused 422 "key-reused" "The idempotency key is taken";
    /// Something failed that never should.
    Internal 500 "internal" "The server has failed";
    /// Something that was kept is not what was kept.
    Damaged 500 "damaged" "A record is damaged";
    /// Nothing was decided.
    Undecided 503 "undecided" "No decision was made";
    /// The server cannot do this now.
    Unavailable 503 "unavailable" "The server is not available";
}

impl ProblemKind {
    /// The stable identifier, as problem details carry it.
    pub fn uri(self) -> String {
        format!("urn:holdpoint:problem:{}", self.row().1)
    }

    fn status(self) -> StatusCode {
        StatusCode::from_u16(self.row().0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// A problem to be sent.
#[derive(Debug, Clone)]
pub struct Problem {
    kind: ProblemKind,
    detail: String,
    help: Option<String>,
    mistake: Option<Box<Mistake>>,
    superseded: Option<Box<Superseded>>,
    undecided: Option<Undecided>,
    rejected: Option<Box<Rejected>>,
}

/// A decision that another policy has made, and which policies these are.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Superseded {
    /// The id of the decision.
    pub(crate) decision: String,
    /// The hash of the module that made it.
    pub(crate) recorded_policy: String,
    /// The hash of the module that decides now.
    pub(crate) active_policy: String,
}

/// Where a request is wrong.
#[derive(Debug, Clone, Serialize)]
struct Mistake {
    kind: &'static str,
    pointer: String,
    line: u32,
    column: u32,
}

/// What to make of a question for a decision that got none.
#[derive(Debug, Clone, Copy, Serialize)]
struct Undecided {
    decided: bool,
    treat_as: &'static str,
    in_doubt: bool,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    mistake: Option<&'a Mistake>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    superseded: Option<&'a Superseded>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    undecided: Option<Undecided>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    rejected: Option<&'a Rejected>,
}

impl Problem {
    /// A problem of a kind, and what it is this time.
    pub fn new(kind: ProblemKind, detail: impl fmt::Display) -> Self {
        let detail = detail.to_string();
        Self { kind, detail, help: None, mistake: None, superseded: None, undecided: None, rejected: None }
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn with_help(self, help: impl Into<Option<String>>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// Adds what is wrong with a package.
    #[must_use]
    pub(crate) fn rejected(self, rejected: Rejected) -> Self {
        Self { rejected: Some(Box::new(rejected)), ..self }
    }

    /// Adds the decision that is not answered with.
    #[must_use]
    pub(crate) fn superseded(self, superseded: Superseded) -> Self {
        Self { superseded: Some(Box::new(superseded)), ..self }
    }

    /// Says that a decision was asked for and not made; `in_doubt` where it may have been recorded all the same.
    #[must_use]
    pub fn undecided(self, in_doubt: bool) -> Self {
        Self { undecided: Some(Undecided { decided: false, treat_as: "block", in_doubt }), ..self }
    }

    /// Whether the fault is the server's.
    pub fn is_ours(&self) -> bool {
        self.kind.status().is_server_error()
    }

    /// Whether it says already that nothing was decided.
    pub(crate) fn is_undecided(&self) -> bool {
        self.undecided.is_some()
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        use holdpoint_vm::request::RequestErrorKind as Kind;
        let kind = match error.kind {
            Kind::BadJson | Kind::BadUtf8 | Kind::TooDeep | Kind::DuplicateMember => {
                ProblemKind::MalformedBody
            }
            Kind::TooLarge => ProblemKind::LargeBody,
            _ => ProblemKind::InvalidRequest,
        };
        let mistake = Mistake {
            kind: error.kind.word(),
            pointer: error.pointer,
            line: error.line,
            column: error.column,
        };
        Self { mistake: Some(Box::new(mistake)), ..Self::new(kind, error.message) }.with_help(error.help)
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        let kind = match error {
            ReadError::Damaged { .. } | ReadError::Corrupt(_) => ProblemKind::Damaged,
            ReadError::Unavailable(_) => ProblemKind::Unavailable,
        };
        Self::new(kind, error)
    }
}

impl From<Unkept> for Problem {
    fn from(error: Unkept) -> Self {
        match error {
            Unkept::Unread(error) => error.into(),
            other => Self::new(ProblemKind::Unavailable, other),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, _, title) = self.kind.row();
        let body = Body {
            r#type: self.kind.uri(),
            title,
            status,
            detail: &self.detail,
            help: self.help.as_deref(),
            mistake: self.mistake.as_deref(),
            superseded: self.superseded.as_deref(),
            undecided: self.undecided,
            rejected: self.rejected.as_deref(),
        };
        let bytes = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (self.kind.status(), bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        // For whoever counts problems.
        response.extensions_mut().insert(self.kind);
        let headers = response.headers_mut();
        if matches!(self.kind, ProblemKind::Unauthenticated) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"holdpoint\""));
        }
        if status == 503 || matches!(self.kind, ProblemKind::InFlight) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(jitter(1, 5)));
        }
        response
    }
}

/// A number of seconds from `least` to `most`, different for each client, so that they do not all come back at once.
pub(crate) fn jitter(least: u16, most: u16) -> u16 {
    let mut random = [0; 2];
    // Without random bytes everybody waits equally long, which is no reason to fail.
    let _ = getrandom::fill(&mut random);
    let span = most.saturating_sub(least).saturating_add(1);
    least.saturating_add(u16::from_le_bytes(random).checked_rem(span).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{ProblemKind, jitter};

    #[test]
    fn types_are_unique_and_statuses_are_of_errors() {
        for (index, kind) in ProblemKind::ALL.iter().enumerate() {
            assert!(ProblemKind::ALL.iter().skip(index + 1).all(|other| other.row().1 != kind.row().1));
            assert!((400..600).contains(&kind.status().as_u16()));
            assert_eq!(kind.status().as_u16(), kind.row().0);
        }
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        for _ in 0..1000 {
            assert!((1..=5).contains(&jitter(1, 5)));
        }
    }
}
