//! A decision and its canonical bytes.
//!
//! The bytes are what is stored, what is answered (with id, sequence and instant in front) and what a replay must
//! give again. Objections are sorted by verdict, rule, reason and place, so that the order of rules in the source
//! cannot be told from them (rule `verdict.order-free`).

use holdpoint_isa::Dec;
use holdpoint_isa::codec::ModuleHash;
use holdpoint_isa::literal::{format_duration, format_instant, format_percent};
use holdpoint_isa::verdict::Verdict;

use crate::jcs;

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The most restrictive verdict of all objections, or allow.
    pub verdict: Verdict,
    /// Everything that objects, sorted.
    pub objections: Vec<Objection>,
    /// Advice, sorted.
    pub warnings: Vec<Objection>,
    /// Objections that waivers removed, with the names of all that would.
    pub waived: Vec<(Vec<String>, Objection)>,
    /// What rules and policies on trial would have said.
    pub trial: Vec<Objection>,
    /// Scores that were counted, with what each is made of.
    pub scores: Vec<Score>,
    /// What is to be done because something was waived.
    pub obligations: Vec<Obligation>,
    /// The rollout that the request is to take, in a module with rollouts.
    pub plan: Option<Plan>,
    /// How many objections, warnings and trial results were left out beyond the limit.
    pub left_out: u64,
    /// For a delay, the earliest instant at which nothing that depends on time would object.
    pub retry_at: Option<i64>,
    /// The module that decided.
    pub policy: ModuleHash,
    /// Fuel used.
    pub fuel_used: u64,
    /// Fuel that any decision of this module can use.
    pub fuel_bound: u64,
}

/// An objection, a warning, or what a trial would have said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Objection {
    /// What it asks for; nothing for a warning.
    pub verdict: Option<Verdict>,
    /// `policy.rule`; the policy's name alone where its head is unknown; `holdpoint` where no policy governs.
    pub rule: String,
    /// Why, with values.
    pub reason: String,
    /// The control that the rule enforces.
    pub control: Option<String>,
    /// `file:line:column` of the statement; nothing where no source map came with the module.
    pub source: Option<String>,
    /// What was not known, where that is why.
    pub unknown: Vec<String>,
    /// Whether it comes from a fault, which cannot be waived.
    pub fault: bool,
    /// How to mend it.
    pub fix: Option<String>,
    /// When a delay ends, where that is known.
    pub until: Option<i64>,
    /// Whom an escalation asks.
    pub escalate: Option<Escalate>,
}

/// Whom an escalation asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Escalate {
    /// The group's name.
    pub group: String,
    /// Where its members are found.
    pub source: String,
    /// How many of them must release.
    pub needs: u32,
    /// How long the escalation stands, in nanoseconds.
    pub expires: Option<i64>,
}

/// A score that was counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score {
    /// Its name.
    pub name: String,
    /// The score, in percent.
    pub total: Dec,
    /// What it is made of, in the order of the source.
    pub factors: Vec<Factor>,
}

/// A factor of a score.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Factor {
    /// The expression.
    pub label: String,
    /// Its weight in percent.
    pub weight: u8,
    /// Its value in percent; nothing where it was not known and counted nought.
    pub value: Option<Dec>,
    /// What it added, in percent.
    pub contribution: Dec,
}

/// Something to be done after a decision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obligation {
    /// Its name.
    pub name: String,
    /// The waiver that imposes it.
    pub waiver: String,
    /// What is to be done.
    pub text: String,
    /// Within how long, in nanoseconds.
    pub within: i64,
    /// Counted from the finish of the deployment rather than from the decision.
    pub of_finish: bool,
}

/// A rollout to take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Plan {
    /// The rollout's name.
    pub rollout: String,
    /// Its steps, then its verifications.
    pub stages: Vec<Stage>,
}

/// A stage of a rollout to take.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stage {
    /// Its name; a step has none.
    pub name: Option<String>,
    /// The part of all traffic that the new version gets, in percent.
    pub traffic: Dec,
    /// How long it lasts at least, in nanoseconds.
    pub lasts: i64,
}

impl Decision {
    /// Appends the canonical bytes: one JSON object, without id, sequence and instant.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        let mut w = Writer { out };
        w.raw("{\"verdict\":\"").raw(self.verdict.word()).raw("\",\"objections\":");
        w.list(&self.objections, Writer::objection);
        if !self.warnings.is_empty() {
            w.raw(",\"warnings\":").list(&self.warnings, Writer::objection);
        }
        if !self.waived.is_empty() {
            w.raw(",\"waived\":").list(&self.waived, |w, (waivers, objection)| {
                w.raw("{\"waivers\":").list(waivers, |w, name| {
                    w.string(name);
                });
                w.raw(",");
                w.members(objection);
            });
        }
        if !self.trial.is_empty() {
            w.raw(",\"trial\":").list(&self.trial, Writer::objection);
        }
        if !self.scores.is_empty() {
            w.raw(",\"scores\":").list(&self.scores, Writer::score);
        }
        if !self.obligations.is_empty() {
            w.raw(",\"obligations\":").list(&self.obligations, Writer::obligation);
        }
        if let Some(plan) = &self.plan {
            w.raw(",\"plan\":").plan(plan);
        }
        if self.left_out > 0 {
            w.raw(",\"left_out\":").raw(&self.left_out.to_string());
        }
        w.raw(",\"retry_at\":").instant(self.retry_at);
        w.raw(",\"policy\":\"").raw(&self.policy.to_string());
        w.raw("\",\"fuel_used\":").raw(&self.fuel_used.to_string());
        w.raw(",\"fuel_bound\":").raw(&self.fuel_bound.to_string()).raw("}");
    }

    /// The canonical bytes.
    pub fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024);
        self.write_json(&mut out);
        out
    }
}

/// Writes JSON by hand, because the bytes are a format of ours and not a library's.
pub(crate) struct Writer<'o> {
    pub(crate) out: &'o mut Vec<u8>,
}

impl Writer<'_> {
    pub(crate) fn raw(&mut self, text: &str) -> &mut Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    pub(crate) fn string(&mut self, text: &str) -> &mut Self {
        jcs::string(text, self.out);
        self
    }

    pub(crate) fn instant(&mut self, instant: Option<i64>) -> &mut Self {
        match instant {
            Some(instant) => self.raw("\"").raw(&format_instant(instant)).raw("\""),
            None => self.raw("null"),
        }
    }

    pub(crate) fn list<T>(&mut self, list: &[T], mut each: impl FnMut(&mut Self, &T)) -> &mut Self {
        self.raw("[");
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.raw(",");
            }
            each(self, item);
        }
        self.raw("]")
    }

    fn objection(&mut self, objection: &Objection) {
        self.raw("{");
        self.members(objection);
    }

    /// The members of an objection and the closing brace.
    fn members(&mut self, o: &Objection) {
        self.raw("\"rule\":").string(&o.rule);
        self.raw(",\"verdict\":\"").raw(o.verdict.map_or("warn", Verdict::word));
        self.raw("\",\"reason\":").string(&o.reason);
        self.raw(",\"control\":").optional(o.control.as_deref());
        self.raw(",\"source\":").optional(o.source.as_deref());
        if !o.unknown.is_empty() {
            self.raw(",\"unknown\":").list(&o.unknown, |w, cause| {
                w.string(cause);
            });
        }
        if o.fault {
            self.raw(",\"fault\":true");
        }
        if let Some(fix) = &o.fix {
            self.raw(",\"fix\":").string(fix);
        }
        if o.until.is_some() {
            self.raw(",\"until\":").instant(o.until);
        }
        if let Some(escalate) = &o.escalate {
            self.escalate(escalate);
        }
        self.raw("}");
    }

    /// The members that tell whom an escalation asks.
    pub(crate) fn escalate(&mut self, escalate: &Escalate) {
        self.raw(",\"escalate_to\":").string(&escalate.group);
        self.raw(",\"group\":").string(&escalate.source);
        self.raw(",\"needs\":").raw(&escalate.needs.to_string());
        if let Some(expires) = escalate.expires {
            self.raw(",\"expires\":\"").raw(&format_duration(expires)).raw("\"");
        }
    }

    fn plan(&mut self, plan: &Plan) {
        self.raw("{\"rollout\":").string(&plan.rollout).raw(",\"stages\":");
        self.list(&plan.stages, |w, stage| {
            match &stage.name {
                Some(name) => w.raw("{\"verify\":").string(name),
                None => w.raw("{\"step\":").string(&format_percent(stage.traffic)),
            };
            w.raw(",\"for\":\"").raw(&format_duration(stage.lasts)).raw("\"}");
        });
        self.raw("}");
    }

    pub(crate) fn optional(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.string(text),
            None => self.raw("null"),
        }
    }

    fn score(&mut self, score: &Score) {
        self.raw("{\"name\":").string(&score.name);
        self.raw(",\"value\":").string(&format_percent(score.total)).raw(",\"factors\":");
        self.list(&score.factors, |w, factor| {
            w.raw("{\"factor\":").string(&factor.label);
            w.raw(",\"weight\":").raw(&factor.weight.to_string());
            w.raw(",\"value\":").optional(factor.value.map(format_percent).as_deref());
            w.raw(",\"adds\":").string(&format_percent(factor.contribution)).raw("}");
        });
        self.raw("}");
    }

    fn obligation(&mut self, o: &Obligation) {
        self.raw("{\"name\":").string(&o.name).raw(",\"waiver\":").string(&o.waiver);
        self.raw(",\"text\":").string(&o.text);
        self.raw(",\"within\":\"").raw(&format_duration(o.within));
        self.raw("\",\"of\":\"").raw(if o.of_finish { "finish" } else { "decision" }).raw("\"}");
    }
}
