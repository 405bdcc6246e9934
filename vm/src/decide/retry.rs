//! When a delay ends: the earliest instant at which no statement that depends on time objects.
//!
//! A delay is a promise to decide again and never one to allow, so everything else is held still (rule
//! `delay.fixpoint`).

use holdpoint_isa::limits;
use holdpoint_isa::ops::PolicyId;
use holdpoint_isa::program::{Effect, Statement};
use holdpoint_isa::verdict::Verdict;

use crate::machine::{Fired, Machine, Run};
use crate::value::Value;

const HORIZON_NANOSECONDS: i64 = limits::HORIZON_DAYS as i64 * 86_400_000_000_000;

impl Machine {
    /// The instant to ask again at, given when each delay that objects ends. Nothing where one of them has no known
    /// end, where something that depends on time objects for ever, or where the search ends.
    pub(super) fn retry_at(&mut self, run: Run<'_>, delays: &[Option<i64>]) -> Option<i64> {
        let mut candidate = latest(delays)?.max(run.now);
        let horizon = run.now.saturating_add(HORIZON_NANOSECONDS);
        for _ in 0..limits::RETRY_ROUNDS_MAX {
            if candidate > horizon {
                return None;
            }
            let later = Run { now: candidate, ..run };
            self.on_telling_fuel(|machine| machine.admit(later)).ok()?;
            if !self.governed(later) || !self.planned(later) {
                return None;
            }
            let fired = std::mem::take(&mut self.fired);
            let mut ends = self.ends(run, later, &fired, false);
            // `delay for` counts from the decision, and so does every `let` that tells how long.
            self.forget_lets();
            ends.extend(self.ends(run, later, &fired, true));
            self.fired = fired;
            if ends.is_empty() {
                return Some(candidate);
            }
            candidate = latest(&ends).filter(|end| *end > candidate)?;
        }
        None
    }

    /// Whether an enforced policy governs, and none leaves it open.
    fn governed(&self, run: Run<'_>) -> bool {
        let policies = &run.program().policies;
        let enforced = |id: &PolicyId| policies.get(id.index()).filter(|policy| !policy.trial);
        let heads = || self.heads.iter().filter_map(|(id, head)| enforced(id).map(|policy| (policy, *head)));
        heads().any(|(policy, head)| policy.governs && head == Value::Bool(true))
            && heads().all(|(_, head)| matches!(head, Value::Bool(_)))
    }

    /// When each statement ends that still objects: those that are anchored at the decision, or the others.
    fn ends(&mut self, run: Run<'_>, later: Run<'_>, fired: &[Fired], anchored: bool) -> Vec<Option<i64>> {
        let statements = &run.program().statements;
        let until = |fired: &Fired| statements.get(fired.statement.index()).and_then(|s| s.until);
        let at = if anchored { run } else { later };
        let these = fired.iter().filter(|fired| until(fired).is_some_and(|u| u.anchored) == anchored);
        these.filter_map(|fired| self.still_objects(at, *fired)).collect()
    }

    /// For a statement that depends on time, is enforced and objects at a later instant: when it ends, as seen from an
    /// instant.
    fn still_objects(&mut self, at: Run<'_>, fired: Fired) -> Option<Option<i64>> {
        let program = at.program();
        let statement = program.statements.get(fired.statement.index())?;
        let rule = program.rules.get(usize::from(statement.rule))?;
        let policy = program.policies.get(usize::from(rule.policy))?;
        let waived = self.waived.iter().any(|id| {
            program.waivers.get(id.index()).is_some_and(|waiver| waiver.rules.contains(&statement.rule))
        });
        if !statement.timed || rule.trial || policy.trial {
            return None;
        }
        // A fault of what could object blocks, and is never waived.
        if matches!((fired.cond, statement.effect), (Value::Fault(_), Effect::Object(_))) {
            return Some(None);
        }
        let effect = if fired.cond == Value::Bool(true) { statement.effect } else { statement.on_unknown };
        if waived || effect == Effect::Warn {
            return None;
        }
        if effect != Effect::Object(Verdict::Delay) || fired.cond != Value::Bool(true) {
            return Some(None);
        }
        if let Some(witness) = statement.witness {
            self.set(witness, fired.witness);
        }
        Some(self.until(at, statement))
    }

    /// When a delay ends, where that is known; asking again before it has begun would change nothing.
    pub(super) fn until(&mut self, run: Run<'_>, statement: &Statement) -> Option<i64> {
        let until = statement.until?;
        let built = self.mark();
        let ran = self.on_telling_fuel(|machine| machine.run(run, until.block));
        self.drop_lists(built);
        match self.get(until.reg) {
            Value::Int(instant) if ran.is_ok() => Some(instant),
            _ => None,
        }
    }
}

/// The latest of some ends, where all are known and there is one.
fn latest(ends: &[Option<i64>]) -> Option<i64> {
    let known: Option<Vec<i64>> = ends.iter().copied().collect();
    known?.into_iter().max()
}
