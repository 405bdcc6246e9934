//! Rollouts: heads in the code of admission, and for each rollout the code that judges all of its stages, then that of
//! each stage alone.
//!
//! What is watched are rules of a policy with the rollout's name, which never governs.

use holdpoint_isa::ops::{Op, PolicyId, RolloutId};
use holdpoint_isa::program::{Block, Const, Escalate, Policy, Progress, Rollout, Stage, Then};
use holdpoint_isa::types::Kind;
use holdpoint_lang::hir;

use super::Lower;

impl Lower<'_> {
    /// States of each rollout whether it is the plan.
    pub(super) fn plans(&mut self) {
        for (index, rollout) in self.package.rollouts.iter().enumerate() {
            let id = RolloutId(self.index("rollouts", index));
            let mark = self.registers.mark();
            let cond = match &rollout.head {
                Some(head) => self.strict(head),
                None => {
                    let cond = self.take(Kind::Bool);
                    self.load_const(&Const::Bool(true), cond);
                    cond
                }
            };
            self.emit(Op::Plan { rollout: id, cond });
            self.registers.release(mark);
        }
    }

    /// The code that judges stages.
    pub(super) fn rollouts(&mut self) {
        let package = self.package;
        for rollout in &package.rollouts {
            let policy = PolicyId(self.index("policies", self.program.policies.len()));
            let (name, title) = (rollout.name.clone(), rollout.title.clone());
            self.program.policies.push(Policy { name, title, trial: false, governs: false });
            let code = self.watch(policy, &rollout.rules);
            let stages = rollout.stages.iter().map(|stage| self.stage(policy, stage)).collect();
            let (name, title) = (rollout.name.clone(), rollout.title.clone());
            let then = self.then(rollout);
            self.program.rollouts.push(Rollout { name, title, stages, code, hold: rollout.hold, then });
        }
        self.program.progress = self.progress();
    }

    fn stage(&mut self, policy: PolicyId, stage: &hir::Stage) -> Stage {
        let code = self.watch(policy, &stage.rules);
        Stage {
            name: stage.name.clone(),
            title: stage.title.clone(),
            traffic: stage.traffic,
            lasts: stage.lasts,
            code,
            fuel_bound: 0,
        }
    }

    /// The code of some rules, with their texts behind it.
    fn watch(&mut self, policy: PolicyId, rules: &[hir::Rule]) -> Block {
        let first = self.program.statements.len();
        let code = self.block(|lower| rules.iter().for_each(|rule| lower.rule(policy, rule)));
        let statements = rules.iter().flat_map(|rule| rule.statements.iter().map(move |s| (rule, s)));
        for (offset, (rule, statement)) in statements.enumerate() {
            self.attachments(first.saturating_add(offset), rule, statement);
        }
        code
    }

    fn then(&mut self, rollout: &hir::Rollout) -> Then {
        match rollout.escalate {
            None => Then::Rollback,
            Some(hir::Escalate { group, needs, expires }) => {
                Then::Escalate(Escalate { group: self.group(group), needs, expires })
            }
        }
    }

    /// The slots that tell how far a rollout has come, in the order of the signal's members.
    fn progress(&self) -> Option<Progress> {
        let slots = self.signals.get(self.package.progress?)?.scalar_slots();
        let [rollout, stage, since, held_since] = slots.as_slice() else { return None };
        Some(Progress { rollout: *rollout, stage: *stage, since: *since, held_since: *held_since })
    }
}
