//! `holdpoint judge`

use std::path::Path;

use holdpoint_isa::literal::format_instant;
use holdpoint_vm::{Judgement, Machine};

use super::eval::{self, Inputs};
use crate::args::DecisionFormat;
use crate::exit::{Exit, Failure};
use crate::output;

pub(crate) fn run(path: &Path, inputs: &Inputs<'_>, format: DecisionFormat) -> Result<Exit, Failure> {
    let (policy, snapshot, now) = eval::read(path, inputs)?;
    if policy.program.program().rollouts.is_empty() {
        return Err(Failure::new(Exit::Refused, format!("`{}` has no rollout to judge", path.display())));
    }
    let judgement = Machine::new().judge(&policy.program, &policy.source_map, &snapshot, now);
    output::out(&match format {
        DecisionFormat::Text => text(&judgement, now),
        DecisionFormat::Json => json(&judgement, now),
    });
    Ok(Exit::of_judgement(&judgement))
}

fn text(judgement: &Judgement, now: i64) -> String {
    let place = match (&judgement.rollout, judgement.stage) {
        (Some(rollout), Some(stage)) => format!("  {} stage {stage}", output::visible(rollout)),
        _ => String::new(),
    };
    let mut lines = vec![format!("{}{place}  at {}", judgement.outcome, output::instant(now))];
    if let Some(until) = judgement.until {
        lines.push(format!("  lasts until {}", output::instant(until)));
    }
    for finding in &judgement.findings {
        let source = finding.source.as_ref().map(|source| format!("  {}", output::visible(source)));
        let rule = output::visible(&finding.rule);
        lines.push(format!("  {:<8}  {rule}{}", finding.judgement.word(), source.unwrap_or_default()));
        lines.push(format!("            {}", output::visible(&finding.reason)));
        if let Some(fix) = &finding.fix {
            lines.push(format!("            fix: {}", output::visible(fix)));
        }
    }
    if let Some(escalate) = &judgement.escalate {
        lines.push(format!(
            "  escalates to {}, {}",
            output::visible(&escalate.group),
            output::visible(&escalate.source)
        ));
    }
    if judgement.left_out > 0 {
        lines.push(format!("  and {} more", judgement.left_out));
    }
    let (used, most) = (judgement.fuel_used, judgement.fuel_bound);
    lines.push(format!("  policy {}  fuel {used} of at most {most}", judgement.policy));
    lines.join("\n")
}

fn json(judgement: &Judgement, now: i64) -> String {
    let result = judgement.to_json();
    let result = String::from_utf8_lossy(&result);
    let members = result.strip_prefix('{').unwrap_or(&result);
    format!("{{\"judged_at\":\"{}\",{members}", format_instant(now))
}
