//! How deployments are rolled out, and what is watched in each stage.

use holdpoint_isa::literal::format_duration;
use holdpoint_lang::hir::{Rollout, Stage};

use super::policies::write_rule;
use super::{Page, Reference, titled};

pub(super) fn write(reference: &Reference<'_>, page: &mut Page) {
    let rollouts = &reference.package.rollouts;
    if !rollouts.is_empty() {
        page.title(2, "Rollouts");
    }
    for (at, rollout) in rollouts.iter().enumerate() {
        write_rollout(reference, page, rollout, at);
    }
}

fn write_rollout(reference: &Reference<'_>, page: &mut Page, rollout: &Rollout, at: usize) {
    page.title(3, &titled(&rollout.name, &rollout.title));
    if let Some(docs) = reference.docs(rollout.span) {
        page.paragraph(&docs);
    }
    let mut facts = vec![match &rollout.head {
        Some(head) => format!("taken when {}", reference.source(head.span)),
        None => "taken by every request".to_owned(),
    }];
    let held = format_duration(rollout.hold);
    facts.push(match &rollout.escalate {
        Some(escalate) => format!("a stage is held for {held}, then asks {}", reference.escalation(escalate)),
        None => format!("a stage is held for {held}, then goes back"),
    });
    page.list(&facts);
    let bounds = reference.program.rollouts.get(at).map(|made| made.stages.as_slice()).unwrap_or_default();
    let row = |(number, (stage, made)): (usize, (&Stage, &holdpoint_isa::program::Stage))| {
        let name =
            stage.name.as_deref().map_or_else(|| format!("step {number}"), |name| titled(name, &stage.title));
        vec![name, format!("{}%", stage.traffic), format_duration(stage.lasts), made.fuel_bound.to_string()]
    };
    let rows: Vec<Vec<String>> = (1..).zip(rollout.stages.iter().zip(bounds)).map(row).collect();
    page.table(&["stage", "traffic", "lasts at least", "fuel at most"], &rows);
    let of_stages = rollout.stages.iter().flat_map(|stage| &stage.rules);
    rollout.rules.iter().chain(of_stages).for_each(|rule| write_rule(reference, page, rule, None));
}
