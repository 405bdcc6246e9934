//! A judgement of a stage of a rollout, and its canonical bytes.

use holdpoint_isa::codec::ModuleHash;
use holdpoint_isa::verdict::Judgement as Says;

use crate::decision::{Escalate, Writer};

/// What is answered about a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The most restrictive of all findings, or promote.
    pub outcome: Says,
    /// The rollout; nothing where none is under way.
    pub rollout: Option<String>,
    /// Its stage, from nought.
    pub stage: Option<i64>,
    /// Everything that speaks against promotion, sorted.
    pub findings: Vec<Finding>,
    /// How many findings were left out beyond the limit.
    pub left_out: u64,
    /// When the stage has lasted its time, where it has not yet.
    pub until: Option<i64>,
    /// Whether something other than its time holds the stage.
    pub held: bool,
    /// Who is asked, where the stage was held too long.
    pub escalate: Option<Escalate>,
    /// The module that judged.
    pub policy: ModuleHash,
    /// Fuel used.
    pub fuel_used: u64,
    /// Fuel that any judgement of this stage can use.
    pub fuel_bound: u64,
}

/// What speaks against promotion.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What it asks for.
    pub judgement: Says,
    /// `rollout.metric`, `rollout.triggers`, or `rollout.verification`; the rollout's name alone for its time.
    pub rule: String,
    /// Why, with values.
    pub reason: String,
    /// `file:line:column` of the trigger.
    pub source: Option<String>,
    /// What was not known, where that is why.
    pub unknown: Vec<String>,
    /// Whether it comes from a fault.
    pub fault: bool,
    /// How to mend it.
    pub fix: Option<String>,
}

impl Judgement {
    /// One that nothing speaks against yet.
    pub(crate) const fn new(policy: ModuleHash) -> Self {
        Self {
            outcome: Says::Promote,
            rollout: None,
            stage: None,
            findings: Vec::new(),
            left_out: 0,
            until: None,
            held: false,
            escalate: None,
            policy,
            fuel_used: 0,
            fuel_bound: 0,
        }
    }

    /// Lets a finding count that is not kept.
    pub(crate) fn leave_out(&mut self, judgement: Says) {
        self.outcome = self.outcome.max(judgement);
        self.held |= judgement == Says::Hold;
        self.left_out = self.left_out.saturating_add(1);
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        self.outcome = self.outcome.max(finding.judgement);
        self.findings.push(finding);
    }

    /// The gravest first, then by rule, reason and place; the same unknown once.
    pub(crate) fn sorted(mut self) -> Self {
        self.findings.sort_by(|a, b| b.judgement.cmp(&a.judgement).then_with(|| a.cmp(b)));
        self.findings.dedup_by(|a, b| !a.unknown.is_empty() && a == b);
        self
    }

    /// The canonical bytes: one JSON object.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        let w = &mut Writer { out: &mut out };
        w.raw("{\"judgement\":\"").raw(self.outcome.word()).raw("\",\"rollout\":");
        w.optional(self.rollout.as_deref()).raw(",\"stage\":");
        match self.stage {
            Some(stage) => w.raw(&stage.to_string()),
            None => w.raw("null"),
        };
        w.raw(",\"findings\":").list(&self.findings, finding);
        if self.left_out > 0 {
            w.raw(",\"left_out\":").raw(&self.left_out.to_string());
        }
        w.raw(",\"until\":").instant(self.until);
        w.raw(if self.held { ",\"held\":true" } else { ",\"held\":false" });
        if let Some(escalate) = &self.escalate {
            w.escalate(escalate);
        }
        w.raw(",\"policy\":\"").raw(&self.policy.to_string());
        w.raw("\",\"fuel_used\":").raw(&self.fuel_used.to_string());
        w.raw(",\"fuel_bound\":").raw(&self.fuel_bound.to_string()).raw("}");
        out
    }
}

fn finding(w: &mut Writer<'_>, f: &Finding) {
    w.raw("{\"rule\":").string(&f.rule);
    w.raw(",\"judgement\":\"").raw(f.judgement.word());
    w.raw("\",\"reason\":").string(&f.reason);
    w.raw(",\"source\":").optional(f.source.as_deref());
    if !f.unknown.is_empty() {
        w.raw(",\"unknown\":").list(&f.unknown, |w, cause| {
            w.string(cause);
        });
    }
    if f.fault {
        w.raw(",\"fault\":true");
    }
    if let Some(fix) = &f.fix {
        w.raw(",\"fix\":").string(fix);
    }
    w.raw("}");
}
