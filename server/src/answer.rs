//! The JSON of a decision, made from the bytes of its record and from nothing else.

use std::borrow::Cow;

use holdpoint_isa::Verdict;
use holdpoint_isa::literal::{format_instant, instant};
use serde::Deserialize;

use crate::id::{DecisionId, Hex, LogId};
use crate::log::{ReadError, Stored};

/// What an answer's status and headers, and what is counted, need to know of a stored decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) decided_at: i64,
    pub(crate) verdict: Verdict,
    pub(crate) retry_at: Option<i64>,
    pub(crate) fuel_used: u64,
    /// The rules that object, as often as they do.
    pub(crate) rules: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct StoredHead<'a> {
    #[serde(borrow)]
    verdict: &'a str,
    #[serde(borrow, default)]
    retry_at: Option<&'a str>,
    #[serde(default)]
    fuel_used: u64,
    #[serde(borrow, default)]
    objections: Vec<StoredObjection<'a>>,
}

#[derive(Deserialize)]
struct StoredObjection<'a> {
    #[serde(borrow)]
    rule: Cow<'a, str>,
}

impl<'a> Head<'a> {
    /// Reads it from a stored result.
    pub(crate) fn of(stored: &'a Stored) -> Result<Self, ReadError> {
        let damaged = || ReadError::damaged(stored.sequence, "its result is not the JSON of a decision");
        let record = stored.record()?;
        let head: StoredHead<'_> = serde_json::from_slice(record.result).map_err(|_| damaged())?;
        let verdict = Verdict::from_word(head.verdict).ok_or_else(damaged)?;
        let retry_at = head.retry_at.map(instant).transpose().map_err(|_| damaged())?;
        let rules = head.objections.into_iter().map(|objection| objection.rule).collect();
        Ok(Self { decided_at: record.decided_at, verdict, retry_at, fuel_used: head.fuel_used, rules })
    }
}

/// Appends the JSON of a decision: its stored result, with `id`, `sequence`, `decided_at` and `leaf`, the
/// hash of its leaf in the tree, in front.
///
/// # Errors
/// [`ReadError::Damaged`] where the stored result is no JSON object.
pub fn write_decision(out: &mut Vec<u8>, log: LogId, stored: &Stored) -> Result<(), ReadError> {
    let record = stored.record()?;
    let members = record.result.strip_prefix(b"{").filter(|members| members.starts_with(b"\""));
    let members =
        members.ok_or_else(|| ReadError::damaged(stored.sequence, "its result is not a JSON object"))?;
    let id = DecisionId { log, sequence: stored.sequence };
    let at = format_instant(record.decided_at);
    let (number, leaf) = (stored.sequence, Hex(&stored.seal.leaf_hash));
    let front =
        format!("{{\"id\":\"{id}\",\"sequence\":{number},\"decided_at\":\"{at}\",\"leaf\":\"{leaf}\",");
    out.reserve(front.len().saturating_add(members.len()));
    out.extend_from_slice(front.as_bytes());
    out.extend_from_slice(members);
    Ok(())
}

/// The JSON of a decision.
///
/// # Errors
/// As [`write_decision`].
pub fn decision(log: LogId, stored: &Stored) -> Result<Vec<u8>, ReadError> {
    let mut out = Vec::new();
    write_decision(&mut out, log, stored)?;
    Ok(out)
}
