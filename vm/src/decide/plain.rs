//! A decision without its explanation: the verdict, and which rules object. It allocates nothing once warm.

use holdpoint_isa::program::Rule;
use holdpoint_isa::verdict::Verdict;

use super::{Place, weigh};
use crate::machine::{Machine, Run};
use crate::snapshot::Snapshot;
use crate::value::Value;
use crate::verify::VerifiedProgram;

/// A decision without reasons, places and the end of a delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainDecision {
    /// As [`Decision::verdict`](crate::Decision::verdict).
    pub verdict: Verdict,
    /// As [`Decision::fuel_used`](crate::Decision::fuel_used).
    pub fuel_used: u64,
}

impl Machine {
    /// Decides as [`Machine::decide`] does, and explains nothing.
    pub fn decide_plainly(
        &mut self,
        module: &VerifiedProgram,
        snapshot: &Snapshot,
        now: i64,
    ) -> PlainDecision {
        let run = Run { module, snapshot, now };
        self.fuel = module.fuel_bound();
        let outcome = self.admit(run);
        let fuel_used = module.fuel_bound().saturating_sub(self.fuel);
        let verdict = match outcome {
            Err(_) => Verdict::Block,
            Ok(()) => self.ruling(run),
        };
        PlainDecision { verdict, fuel_used }
    }

    /// The rules that object since the last [`Machine::decide_plainly`] of this module, with what they ask for, in the
    /// order in which they were looked at; a rule with several statements may come several times.
    pub fn objecting<'r>(
        &'r self,
        module: &'r VerifiedProgram,
        snapshot: &'r Snapshot,
    ) -> impl Iterator<Item = (&'r Rule, Verdict)> {
        let run = Run { module, snapshot, now: 0 };
        let judged = self.fired.iter().filter_map(move |fired| weigh(run, &self.waived, *fired));
        judged.filter(|judged| judged.place == Place::Objection).filter_map(|j| Some((j.rule, j.verdict?)))
    }

    /// The most restrictive verdict of all objections, and of whether a policy governs.
    fn ruling(&self, run: Run<'_>) -> Verdict {
        let (mut governed, mut doubtful) = (false, false);
        for (id, head) in &self.heads {
            let Some(policy) = run.program().policies.get(id.index()) else { continue };
            match head {
                Value::Bool(true) => governed |= policy.governs && !policy.trial,
                Value::Bool(false) => {}
                _ => doubtful |= !policy.trial,
            }
        }
        if doubtful || !governed || !self.planned(run) {
            return Verdict::Block;
        }
        self.objecting(run.module, run.snapshot).map(|(_, verdict)| verdict).max().unwrap_or(Verdict::Allow)
    }

    /// Whether exactly one rollout is the plan, in a module that has rollouts.
    pub(super) fn planned(&self, run: Run<'_>) -> bool {
        let known = |(_, head): &(_, Value)| matches!(head, Value::Bool(_));
        let fits = self.plans.iter().filter(|(_, head)| matches!(head, Value::Bool(true))).count();
        run.program().rollouts.is_empty() || (fits == 1 && self.plans.iter().all(known))
    }
}
