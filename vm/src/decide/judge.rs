//! Judging a stage of a rollout: promote, hold or roll back (rule `rollout.judge`).
//!
//! Triggers fire as statements of rules do. What is unknown, a fault and a metric without a valid sample hold the
//! stage; held too long, it goes back or somebody is asked. Time alone promotes nothing: a stage lasts its time, and
//! every critical metric has shown itself meanwhile.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use holdpoint_isa::limits;
use holdpoint_isa::literal::{format_duration, format_instant};
use holdpoint_isa::program::{Effect, Progress, Rollout, Rule, SourceMap, Stage, Statement, Then};
use holdpoint_isa::verdict::Judgement as Says;
use holdpoint_isa::{Fault, limits::EXPLAIN_FUEL_MAX};

use super::SYSTEM;
use super::tell::Teller;
use crate::judgement::{Finding, Judgement};
use crate::machine::{Fired, Machine, Run};
use crate::snapshot::Snapshot;
use crate::value::Value;
use crate::verify::VerifiedProgram;

impl Machine {
    /// Judges the stage that the snapshot tells of. The source map gives places in the source and may be empty.
    pub fn judge(
        &mut self,
        module: &VerifiedProgram,
        map: &SourceMap,
        snapshot: &Snapshot,
        now: i64,
    ) -> Judgement {
        let run = Run { module, snapshot, now };
        self.reset(module);
        self.telling = EXPLAIN_FUEL_MAX;
        let mut judge = Judge { tell: Teller { run, map }, judgement: Judgement::new(module.hash()) };
        match Place::of(run) {
            Ok(place) => judge.stage(self, &place),
            Err(why) => judge.hold(SYSTEM.to_owned(), why),
        }
        judge.judgement.sorted()
    }

    /// Runs the code that judges a stage.
    fn run_stage(&mut self, run: Run<'_>, rollout: &Rollout, stage: &Stage) -> Result<(), Fault> {
        self.fuel = stage.fuel_bound;
        self.run(run, rollout.code)?;
        self.run(run, stage.code)
    }
}

/// How far a rollout has come.
struct Place<'r> {
    rollout: &'r Rollout,
    index: i64,
    stage: &'r Stage,
    /// Since when the stage's traffic has arrived, or why it has not.
    since: Result<i64, &'static str>,
    held_since: Option<i64>,
}

impl<'r> Place<'r> {
    /// The stage that a snapshot tells of, or why there is none to judge.
    fn of(run: Run<'r>) -> Result<Self, String> {
        let program = run.program();
        let Some(Progress { rollout, stage, since, held_since }) = program.progress else {
            return Err("this module has no rollouts".to_owned());
        };
        let fact = |slot: u16| run.snapshot.cell(u32::from(slot));
        let (Value::Str(name), Value::Int(index)) = (fact(rollout), fact(stage)) else {
            return Err("how far the rollout has come is unknown".to_owned());
        };
        let name = run.snapshot.text(&program.constants, name);
        let Some(rollout) = program.rollouts.iter().find(|rollout| rollout.name == name) else {
            return Err(format!("this module has no rollout `{name}`"));
        };
        let stage = usize::try_from(index).ok().and_then(|at| rollout.stages.get(at));
        let Some(stage) = stage else {
            return Err(format!("rollout `{name}` has no stage {index}"));
        };
        let since = match fact(since) {
            Value::Int(since) => Ok(since),
            Value::None => Err("the stage's traffic has not arrived"),
            _ => Err("whether the stage's traffic has arrived is unknown"),
        };
        let held_since = if let Value::Int(since) = fact(held_since) { Some(since) } else { None };
        Ok(Self { rollout, index, stage, since, held_since })
    }

    /// What the findings on the stage itself are called.
    fn name(&self) -> String {
        match &self.stage.name {
            Some(verification) => format!("{}.{verification}", self.rollout.name),
            None => self.rollout.name.clone(),
        }
    }
}

/// A trigger that fired, and what it says.
struct Trigger<'r> {
    fired: Fired,
    statement: &'r Statement,
    rule: &'r Rule,
    policy: &'r str,
    says: Says,
}

impl<'r> Trigger<'r> {
    fn of(run: Run<'r>, fired: Fired) -> Option<Self> {
        let program = run.program();
        let statement = program.statements.get(fired.statement.index())?;
        let rule = program.rules.get(usize::from(statement.rule))?;
        let policy = program.policies.get(usize::from(rule.policy)).map_or("", |policy| policy.name.as_str());
        let says = says(fired, statement.effect);
        Some(Self { fired, statement, rule, policy, says })
    }
}

/// A judgement in the making.
struct Judge<'r> {
    tell: Teller<'r>,
    judgement: Judgement,
}

impl<'r> Judge<'r> {
    fn stage(&mut self, machine: &mut Machine, place: &Place<'r>) {
        self.judgement.rollout = Some(place.rollout.name.clone());
        self.judgement.stage = Some(place.index);
        self.judgement.fuel_bound = place.stage.fuel_bound;
        let outcome = machine.run_stage(self.tell.run, place.rollout, place.stage);
        self.judgement.fuel_used = place.stage.fuel_bound.saturating_sub(machine.fuel);
        if let Err(fault) = outcome {
            self.hold(place.name(), format!("the evaluation ended: {}", fault.text()));
        }
        // Texts run code, which needs the machine whole.
        let fired = std::mem::take(&mut machine.fired);
        self.triggers(machine, &fired);
        machine.fired = fired;
        self.time(place);
        self.held_too_long(place);
    }

    /// What the triggers that fired say: the gravest first, so that what is left out beyond the limit is never what a
    /// rule says most gravely.
    fn triggers(&mut self, machine: &mut Machine, fired: &[Fired]) {
        let mut triggers: Vec<Trigger<'r>> =
            fired.iter().filter_map(|fired| Trigger::of(self.tell.run, *fired)).collect();
        triggers.sort_by_key(|t| (Reverse(t.says), t.policy, &t.rule.name, t.fired.statement));
        let mut rules = BTreeSet::new();
        let first = |trigger: &&Trigger<'_>| rules.insert(trigger.statement.rule);
        let (gravest, others): (Vec<_>, Vec<_>) = triggers.iter().partition(first);
        gravest.into_iter().for_each(|trigger| self.trigger(machine, trigger));
        for trigger in others {
            if self.judgement.findings.len() < limits::OBJECTIONS_MAX as usize {
                self.trigger(machine, trigger);
            } else {
                self.judgement.leave_out(trigger.says);
            }
        }
    }

    fn trigger(&mut self, machine: &mut Machine, trigger: &Trigger<'_>) {
        let Trigger { fired, statement, rule, policy, says } = *trigger;
        if let Some(witness) = statement.witness {
            machine.set(witness, fired.witness);
        }
        let certain = fired.cond == Value::Bool(true);
        let (reason, unknown) = self.tell.reason(machine, fired, statement);
        let fix = statement.fix.filter(|_| certain).and_then(|text| self.tell.text(machine, text));
        self.judgement.held |= says == Says::Hold;
        self.judgement.add(Finding {
            judgement: says,
            rule: format!("{policy}.{}", rule.name),
            reason,
            source: self.tell.place(fired.statement.index()),
            unknown,
            fault: matches!(fired.cond, Value::Fault(_)),
            fix,
        });
    }

    /// A stage lasts its time.
    fn time(&mut self, place: &Place<'_>) {
        let since = match place.since {
            Ok(since) => since,
            Err(why) => return self.hold(place.name(), why.to_owned()),
        };
        let ends = since.saturating_add(place.stage.lasts);
        if self.tell.run.now.saturating_sub(since) < place.stage.lasts {
            let (lasts, at) = (format_duration(place.stage.lasts), format_instant(ends));
            self.finding(place.name(), Says::Hold, format!("lasts {lasts}, until {at}"));
            self.judgement.until = Some(ends);
        }
    }

    /// A stage that is held for other reasons than its time is not held for ever.
    fn held_too_long(&mut self, place: &Place<'_>) {
        let Some(since) = place.held_since.filter(|_| self.judgement.held) else { return };
        let most = place.rollout.hold;
        if self.tell.run.now.saturating_sub(since) < most {
            return;
        }
        let reason = format!("held since {}, at most {}", format_instant(since), format_duration(most));
        match place.rollout.then {
            Then::Rollback => self.finding(place.name(), Says::Rollback, reason),
            Then::Escalate(escalate) => {
                self.finding(place.name(), Says::Hold, reason);
                self.judgement.escalate = self.tell.escalate(escalate);
            }
        }
    }

    /// Holds the stage for another reason than its time.
    fn hold(&mut self, rule: String, reason: String) {
        self.judgement.held = true;
        self.finding(rule, Says::Hold, reason);
    }

    /// A finding of Holdpoint itself, on the stage as such.
    fn finding(&mut self, rule: String, judgement: Says, reason: String) {
        let (source, unknown, fix) = (None, Vec::new(), None);
        self.judgement.add(Finding { judgement, rule, reason, source, unknown, fault: false, fix });
    }
}

/// What a trigger asks for: what is not known, and a fault, hold.
fn says(fired: Fired, effect: Effect) -> Says {
    match (fired.cond, effect) {
        (Value::Bool(true), Effect::Judge(judgement)) => judgement,
        _ => Says::Hold,
    }
}
