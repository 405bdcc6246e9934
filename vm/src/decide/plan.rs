//! The rollout that a request is to take: exactly one, or the request is blocked (rule `rollout.plan`).

use holdpoint_isa::program;

use super::Report;
use crate::decision::{Plan, Stage};
use crate::machine::Machine;
use crate::value::Value;

impl Report<'_> {
    /// Notes the plan of the request, in a module with rollouts.
    pub(super) fn plan(&mut self, machine: &Machine) {
        let rollouts = &self.tell.run.program().rollouts;
        if rollouts.is_empty() {
            return;
        }
        let mut fits: Vec<&program::Rollout> = Vec::new();
        let mut doubtful = false;
        for (id, head) in &machine.plans {
            let Some(rollout) = rollouts.get(id.index()) else { continue };
            match head {
                Value::Bool(true) => fits.push(rollout),
                Value::Bool(false) => {}
                other => {
                    doubtful = true;
                    self.doubtful(&rollout.name, *other);
                }
            }
        }
        match fits.as_slice() {
            _ if doubtful => {}
            [rollout] => self.decision.plan = Some(planned(rollout)),
            [] => self.system("no rollout fits this request".to_owned(), false),
            several => {
                let mut names: Vec<String> =
                    several.iter().map(|rollout| format!("`{}`", rollout.name)).collect();
                // In whatever order they are written.
                names.sort();
                self.system(format!("rollouts {} all fit this request", names.join(", ")), false);
            }
        }
    }

    /// Objects where it cannot be told whether a rollout is the plan.
    fn doubtful(&mut self, rollout: &str, head: Value) {
        let (unknown, why) = match head {
            Value::Fault(fault) => (Vec::new(), fault.text().to_owned()),
            Value::Unknown(cause) => {
                let cause = self.tell.cause(cause);
                (vec![cause.clone()], super::are_unknown(&[cause]))
            }
            _ => (Vec::new(), super::are_unknown(&[])),
        };
        let reason = format!("whether rollout `{rollout}` fits cannot be told: {why}");
        let fault = matches!(head, Value::Fault(_));
        self.system_unknown(reason, unknown, fault);
    }
}

fn planned(rollout: &program::Rollout) -> Plan {
    let stages = rollout.stages.iter();
    let stages =
        stages.map(|stage| Stage { name: stage.name.clone(), traffic: stage.traffic, lasts: stage.lasts });
    Plan { rollout: rollout.name.clone(), stages: stages.collect() }
}
