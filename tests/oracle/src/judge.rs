//! What becomes of a stage of a rollout: promote, hold or roll back.

use holdpoint_isa::program::Effect;
use holdpoint_isa::verdict::Judgement as Says;
use holdpoint_lang::Sources;
use holdpoint_lang::hir::{Package, Rollout, Rule, Stage, Statement, Text};
use serde_json::Value as Json;

use crate::decide::{conditions, facts, place, text};
use crate::eval::{Env, Facts};
use crate::value::Value;

/// What speaks against promotion.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Whose it is.
    pub rule: String,
    /// What it asks for.
    pub judgement: Says,
    /// Whether it comes of something unknown.
    pub unknown: bool,
    /// Whether it comes of a fault.
    pub fault: bool,
    /// The place of its trigger.
    pub source: Option<String>,
    /// The reason that its author wrote, or that is the same for every package, where the finding is certain.
    pub because: Option<String>,
    /// How to mend it, where the finding is certain.
    pub fix: Option<String>,
}

/// A judgement, its findings sorted. What is unknown counts once for each trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The most restrictive of all findings, or promote.
    pub outcome: Says,
    /// The rollout and its stage, where one is under way.
    pub stage: Option<(String, i64)>,
    /// What speaks against promotion.
    pub findings: Vec<Finding>,
    /// When the stage has lasted its time, where it has not yet.
    pub until: Option<i64>,
    /// Whether something other than its time holds the stage.
    pub held: bool,
    /// The group that is asked.
    pub escalate: Option<String>,
}

impl Judged {
    /// Leaves out what was written.
    pub(crate) fn forget_texts(&mut self) {
        for finding in &mut self.findings {
            (finding.because, finding.fix) = (None, None);
        }
        self.sort();
    }

    /// Puts findings into order, and those of the same unknown together.
    pub fn sort(&mut self) {
        self.findings.sort();
        self.findings.dedup_by(|a, b| a.unknown && a == b);
    }
}

/// What becomes of the stage that the facts tell of, and whether anything on the way was a fault.
pub fn judge(
    package: &Package,
    sources: &Sources,
    request: &Json,
    signals: &Json,
    now: i64,
) -> (Judged, bool) {
    let facts = facts(package, request, signals, now);
    let judged = Judged {
        outcome: Says::Promote,
        stage: None,
        findings: Vec::new(),
        until: None,
        held: false,
        escalate: None,
    };
    let mut judge = Judge { facts: &facts, sources, judged };
    let progress = package.progress.and_then(|at| facts.signals.get(at)).cloned().unwrap_or(Value::Unknown);
    match under_way(package, &progress) {
        Some((rollout, index, stage)) => {
            let (since, held_since) = (member(&progress, 2), member(&progress, 3));
            judge.stage(rollout, index, stage, since, held_since);
        }
        None => judge.own("holdpoint".to_owned(), Says::Hold, true),
    }
    let mut judged = judge.judged;
    judged.outcome = judged.findings.iter().map(|finding| finding.judgement).max().unwrap_or(Says::Promote);
    judged.sort();
    (judged, facts.faulted.get())
}

fn member(record: &Value, index: usize) -> Value {
    match record {
        Value::Record(members) => members.get(index).cloned().unwrap_or(Value::Unknown),
        _ => Value::Unknown,
    }
}

/// The stage that is under way, where that can be told.
fn under_way<'p>(package: &'p Package, progress: &Value) -> Option<(&'p Rollout, i64, &'p Stage)> {
    let (Value::Text(name), Value::Int(index)) = (member(progress, 0), member(progress, 1)) else {
        return None;
    };
    let rollout = package.rollouts.iter().find(|rollout| rollout.name == name)?;
    Some((rollout, index, rollout.stages.get(usize::try_from(index).ok()?)?))
}

/// A judgement in the making.
struct Judge<'j, 'p> {
    facts: &'j Facts<'p>,
    sources: &'j Sources,
    judged: Judged,
}

impl Judge<'_, '_> {
    fn stage(&mut self, rollout: &Rollout, index: i64, stage: &Stage, since: Value, held_since: Value) {
        self.judged.stage = Some((rollout.name.clone(), index));
        for rule in rollout.rules.iter().chain(&stage.rules) {
            rule.statements.iter().for_each(|statement| self.trigger(rollout, rule, statement));
        }
        let name = match &stage.name {
            Some(verification) => format!("{}.{verification}", rollout.name),
            None => rollout.name.clone(),
        };
        let now = i128::from(self.facts.now);
        match since {
            Value::Int(since) if now < i128::from(since) + i128::from(stage.lasts) => {
                self.own(name.clone(), Says::Hold, false);
                self.judged.until = Some(since.saturating_add(stage.lasts));
            }
            Value::Int(_) => {}
            _ => self.own(name.clone(), Says::Hold, true),
        }
        let Value::Int(held_since) = held_since else { return };
        if self.judged.held && now >= i128::from(held_since) + i128::from(rollout.hold) {
            let Some(escalate) = rollout.escalate else { return self.own(name, Says::Rollback, false) };
            self.own(name, Says::Hold, false);
            let group = self.facts.package.groups.get(escalate.group);
            self.judged.escalate = group.map(|(group, _)| group.clone());
        }
    }

    fn trigger(&mut self, rollout: &Rollout, rule: &Rule, statement: &Statement) {
        for (cond, env) in conditions(self.facts, rule, statement) {
            if cond == Value::Bool(false) {
                continue;
            }
            let certain = cond == Value::Bool(true);
            let judgement = match statement.effect {
                Effect::Judge(judgement) if certain => judgement,
                _ => Says::Hold,
            };
            self.judged.held |= judgement == Says::Hold;
            let written = |wanted: &Option<Text>, env: &Env| {
                wanted.as_ref().filter(|_| certain).map(|wanted| text(self.facts, wanted, env))
            };
            self.judged.findings.push(Finding {
                rule: format!("{}.{}", rollout.name, rule.name),
                judgement,
                unknown: !certain && cond != Value::Fault,
                fault: cond == Value::Fault,
                source: place(self.sources, statement.span),
                because: written(&statement.because, &env),
                fix: written(&statement.fix, &env),
            });
        }
    }

    /// What no trigger says.
    fn own(&mut self, rule: String, judgement: Says, held: bool) {
        let (source, because, fix) = (None, None, None);
        self.judged.held |= held;
        self.judged.findings.push(Finding {
            rule,
            judgement,
            unknown: false,
            fault: false,
            source,
            because,
            fix,
        });
    }
}
