//! The rollouts of a module: plans that make sense, code within its bound, and a place that tells how far one has come.

use holdpoint_isa::Dec;
use holdpoint_isa::limits::STAGES_MAX;
use holdpoint_isa::program::{Block, Program, Rollout, Stage, Then};
use holdpoint_isa::types::Kind;

use super::bounds::{self, Bounds, Purpose};
use super::layout::slot_kind;
use super::{LoadError, invalid};

/// Checks rollouts; gives the most fuel that telling why of a judgement can use.
pub(super) fn check(program: &Program, telling: &[u64]) -> Result<u64, LoadError> {
    progress(program)?;
    let mut dearest = 0;
    for rollout in &program.rollouts {
        plan(program, rollout)?;
        let common = entry(program, rollout.code, telling)?;
        for stage in &rollout.stages {
            let bounds = common.plus(entry(program, stage.code, telling)?).limited()?;
            if bounds.fuel != stage.fuel_bound {
                let (name, found) = (&rollout.name, bounds.fuel);
                return invalid(format!(
                    "the bound of rollout `{name}` is {found}, and it states {}",
                    stage.fuel_bound
                ));
            }
            dearest = dearest.max(bounds.telling);
        }
    }
    Ok(dearest)
}

/// The worst cost of judging a stage, whether or not it is within the limits.
///
/// # Errors
/// [`LoadError::Invalid`] where the code breaks a rule.
pub fn stage_bounds(program: &Program, rollout: &Rollout, stage: &Stage) -> Result<Bounds, LoadError> {
    Ok(entry(program, rollout.code, &[])?.plus(entry(program, stage.code, &[])?))
}

fn entry(program: &Program, block: Block, telling: &[u64]) -> Result<Bounds, LoadError> {
    bounds::entry(program, block, Purpose::Judgement(telling))
}

/// A plan has stages, each with a part of the traffic and a length.
fn plan(program: &Program, rollout: &Rollout) -> Result<(), LoadError> {
    let stages = rollout.stages.as_slice();
    let fits =
        |stage: &Stage| stage.lasts >= 0 && stage.traffic >= Dec::ZERO && stage.traffic <= Dec::HUNDRED;
    if stages.is_empty() || stages.len() > STAGES_MAX as usize || !stages.iter().all(fits) || rollout.hold < 0
    {
        return invalid(format!("rollout `{}` has no plan that can be followed", rollout.name));
    }
    match rollout.then {
        Then::Escalate(escalate) if usize::from(escalate.group) >= program.groups.len() => {
            invalid(format!("group {} is not there", escalate.group))
        }
        Then::Rollback | Then::Escalate(_) => Ok(()),
    }
}

/// Rollouts need the slots that tell how far they have come.
fn progress(program: &Program) -> Result<(), LoadError> {
    let Some(progress) = program.progress else {
        return if program.rollouts.is_empty() {
            Ok(())
        } else {
            invalid("nothing tells how far a rollout has come")
        };
    };
    let slots = [
        (progress.rollout, Kind::Str),
        (progress.stage, Kind::Int),
        (progress.since, Kind::Int),
        (progress.held_since, Kind::Int),
    ];
    match slots.into_iter().find(|(slot, kind)| slot_kind(program, 0, *slot) != Some(*kind)) {
        Some((slot, _)) => invalid(format!("slot {slot} does not tell how far a rollout has come")),
        None => Ok(()),
    }
}
