//! Parameters of a query, read strictly: each known, none twice, each with a value that makes sense.
//!
//! A filter that was mistyped and therefore ignored would show too much, and `?status=outcom` would let a pipeline
//! pass that should have stopped.

use axum::extract::{FromRequestParts, Query};
use axum::http::Uri;
use axum::http::request::Parts;

use crate::error::{Problem, ProblemKind};
use crate::nearest::did_you_mean;

/// The parameters of one request that have not been asked for yet.
#[derive(Debug)]
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    /// Reads the query; `known` are all the names that may be in it.
    pub(crate) fn read(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| {
            Problem::new(ProblemKind::InvalidParameter, "the query is not `name=value&name=value`")
        })?;
        let Query(pairs) = pairs;
        for (index, (name, _)) in pairs.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let help = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| match known {
                    [] => "leave it out; nothing here takes parameters".to_owned(),
                    known => format!("the parameters are `{}`", known.join("`, `")),
                });
                return Err(invalid(format!("`{}` is not a parameter", shown(name))).with_help(help));
            }
            if pairs.iter().take(index).any(|(other, _)| other == name) {
                return Err(invalid(format!("`{name}` is there twice")));
            }
        }
        Ok(Self { pairs })
    }

    /// The value of a parameter, if it was sent.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, if it was sent, read by `read`; `expected` says what it should have been.
    pub(crate) fn value<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let wrong =
            || invalid(format!("`{name}` is `{}`", shown(text))).with_help(format!("write {expected}"));
        read(text).map(Some).ok_or_else(wrong)
    }
}

/// That a request has no query, where a route takes none.
#[derive(Debug)]
pub(crate) struct NoParameters;

impl<S: Sync> FromRequestParts<S> for NoParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Parameters::read(&parts.uri, &[]).map(|_| Self)
    }
}

fn invalid(detail: String) -> Problem {
    Problem::new(ProblemKind::InvalidParameter, detail)
}

/// What somebody sent, short and without characters that act on a terminal.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}
