//! `holdpoint cost`

use std::path::{Path, PathBuf};

use holdpoint_compiler::{Cost, costs};
use holdpoint_isa::Program;
use serde_json::{Value, json};

use crate::args::DecisionFormat;
use crate::exit::{Exit, Failure};
use crate::{output, package, report};

/// Name and version of the shape of the JSON.
const SCHEMA: &str = "holdpoint/cost/v1";

pub(crate) fn run(path: &Path, under: &[PathBuf], format: DecisionFormat) -> Result<Exit, Failure> {
    let (checked, compiled) = package::compiled(path, &package::read_under(path, under)?)?;
    let module = package::loaded(path, &compiled.module)?;
    let costs = costs(&checked.package, &checked.sources, compiled.fuel_bound);
    let stages = stages(module.program());
    let at = |cost: &Cost| {
        let source = checked.sources.get(cost.span.file);
        source.map_or_else(String::new, |source| {
            let (line, column) = source.line_column(cost.span.start);
            format!("{}:{line}:{column}", source.path)
        })
    };
    let costs: Vec<(&Cost, String)> = costs.iter().map(|cost| (cost, at(cost))).collect();
    output::out(&match format {
        DecisionFormat::Text => text(compiled.fuel_bound, &costs, &stages),
        DecisionFormat::Json => document(compiled.fuel_bound, &costs, &stages),
    });
    Ok(Exit::Success)
}

/// Each stage of a rollout with the bound of its judgement.
fn stages(program: &Program) -> Vec<(String, u64)> {
    let stages = program.rollouts.iter().flat_map(|rollout| {
        let numbered = (1_usize..).zip(&rollout.stages);
        numbered.map(|(number, stage)| (format!("{} stage {number}", rollout.name), stage.fuel_bound))
    });
    stages.collect()
}

fn text(bound: u64, costs: &[(&Cost, String)], stages: &[(String, u64)]) -> String {
    let mut lines = vec![format!("a decision takes at most {bound} fuel")];
    if !costs.is_empty() {
        lines.push(format!("{:>12}  {:>12}  rule", "adds", "alone"));
    }
    lines.extend(costs.iter().map(|(cost, at)| {
        let (name, at) = (output::visible(&cost.name), output::visible(at));
        format!("{:>12}  {:>12}  {name}  {at}", cost.adds, cost.alone)
    }));
    lines.extend(
        stages.iter().map(|(name, bound)| {
            format!("a judgement of {} takes at most {bound} fuel", output::visible(name))
        }),
    );
    lines.join("\n")
}

fn document(bound: u64, costs: &[(&Cost, String)], stages: &[(String, u64)]) -> String {
    let rule = |(cost, at): &(&Cost, String)| json!({ "name": cost.name, "adds": cost.adds, "alone": cost.alone, "source": at });
    let stage = |(name, bound): &(String, u64)| json!({ "name": name, "fuel_bound": bound });
    report::document(&json!({
        "schema": SCHEMA,
        "fuel_bound": bound,
        "rules": costs.iter().map(rule).collect::<Vec<Value>>(),
        "stages": stages.iter().map(stage).collect::<Vec<Value>>(),
    }))
}
