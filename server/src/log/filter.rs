//! Which decisions a reader wants, and the page that it gets.
//!
//! It must not know how they are found.

use holdpoint_isa::{ModuleHash, Verdict};

use super::record::Kind;
use super::{Key, ReadError, Record, Stored};
use crate::tenant::Tenant;

/// Which decisions are wanted: those that fit everything that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// For events, their name, or an empty text for all of them; `None` for decisions.
    pub events: Option<String>,
    /// Whose records they are.
    pub tenant: Tenant,
    /// The policy in the shadow that would have answered with another verdict.
    pub differs: Option<ModuleHash>,
    /// The principal that asked.
    pub caller: Option<String>,
    /// The verdict.
    pub verdict: Option<Verdict>,
    /// A rule that objected, as `policy.rule`.
    pub rule: Option<String>,
    /// The service.
    pub service: Option<String>,
    /// The environment.
    pub environment: Option<String>,
    /// Who wanted to deploy.
    pub actor: Option<String>,
    /// The module that decided.
    pub policy: Option<ModuleHash>,
    /// Decided at or after this instant.
    pub since: Option<i64>,
    /// Decided before this instant.
    pub until: Option<i64>,
}

impl Filter {
    /// The index keys that a decision has to have.
    pub(super) fn keys(&self) -> Vec<Key> {
        [
            self.verdict.map(Key::verdict),
            self.rule.as_deref().map(Key::rule),
            self.service.as_deref().map(Key::service),
            self.environment.as_deref().map(Key::environment),
            self.actor.as_deref().map(Key::actor),
            self.policy.as_ref().map(Key::policy),
            self.caller.as_deref().map(Key::caller),
            self.differs.as_ref().map(Key::differs),
            self.events.as_deref().map(Key::event),
            self.tenant.organisation().map(Key::organisation),
            self.tenant.team().map(Key::team),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Whether a record is wanted that has the keys.
    pub(super) fn admits(&self, record: &Record<'_>) -> bool {
        let wanted = if self.events.is_some() { Kind::Event } else { Kind::Decision };
        record.kind == wanted
            && self.overlaps(record.decided_at, record.decided_at)
            && self.tenant.owns(&record.origin)
    }

    /// Whether some instant from `first` to `last` is within the wanted time.
    pub(super) fn overlaps(&self, first: i64, last: i64) -> bool {
        self.since.is_none_or(|since| last >= since) && self.until.is_none_or(|until| first < until)
    }
}

/// Where a page starts and which way it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// Below this number, the newest first.
    Before(u64),
    /// Above this number, the oldest first.
    After(u64),
}

impl Cursor {
    /// The newest first, from the last decision.
    pub const NEWEST: Self = Self::Before(u64::MAX);
    /// The oldest first, from the first decision.
    pub const OLDEST: Self = Self::After(0);
}

/// A page of decisions.
///
/// A page may be shorter than asked for although more follows, because the work for one page is bounded; only `next`
/// tells the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The decisions, each with its number. One that is damaged takes its place as an error.
    pub items: Vec<(u64, Result<Stored, ReadError>)>,
    /// Where the next page starts, if there may be one.
    pub next: Option<Cursor>,
}
