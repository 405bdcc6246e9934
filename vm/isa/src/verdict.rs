//! Verdicts and their order (rule `verdict.order`).

use std::fmt;

use serde::{Deserialize, Serialize};

/// What Holdpoint answers; the order is the order of restriction, so the most restrictive wins by `max`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// Go ahead now.
    Allow,
    /// Not now; ask again at the stated instant or when the missing fact is there.
    Delay,
    /// Somebody named has to release it.
    Escalate,
    /// No; only another request can be allowed.
    Block,
}

impl Verdict {
    /// All verdicts, from the least to the most restrictive.
    pub const ALL: [Self; 4] = [Self::Allow, Self::Delay, Self::Escalate, Self::Block];

    /// The word used in policies, answers and the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Delay => "delay",
            Self::Escalate => "escalate",
            Self::Block => "block",
        }
    }

    /// The verdict that a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.word() == word)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What is to become of a step of a rollout; the most restrictive wins by `max` (rule `rollout.judge`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Judgement {
    /// Go on to the next step.
    Promote,
    /// Stay, and judge again.
    Hold,
    /// Go back to where it came from.
    Rollback,
}

impl Judgement {
    /// The word used in policies, answers and the log.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Promote => "promote",
            Self::Hold => "hold",
            Self::Rollback => "rollback",
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
