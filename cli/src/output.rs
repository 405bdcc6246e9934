//! Standard output and standard error. A closed pipe ends a command quietly; what comes from policies and requests is
//! made harmless for terminals first.

use std::io::Write;

use holdpoint_isa::Verdict;
use holdpoint_isa::literal::{format_instant, format_percent};
use holdpoint_vm::Decision;
use holdpoint_vm::decision::Objection;

use crate::exit::Failure;

/// Writes a text to standard output, with a line end behind it.
pub(crate) fn out(text: &str) {
    write(&mut anstream::stdout().lock(), text);
}

/// Writes a text to standard error, with a line end behind it.
pub(crate) fn err(text: &str) {
    write(&mut anstream::stderr().lock(), text);
}

fn write(stream: &mut impl Write, text: &str) {
    if text.is_empty() {
        return;
    }
    let end = if text.ends_with('\n') { "" } else { "\n" };
    // Nobody reads on where the pipe is closed, and there is nowhere else to say so.
    let _ = write!(stream, "{text}{end}");
    let _ = stream.flush();
}

/// Tells why a command could not do its work.
pub(crate) fn failure(failure: &Failure) {
    err(&format!("error: {}", visible(&failure.message)));
    if let Some(help) = &failure.help {
        err(&format!("  help: {}", visible(help)));
    }
}

/// A text with everything that a terminal could take for a command made visible.
pub(crate) fn visible(text: &str) -> String {
    holdpoint_lang::diag::render::visible(text)
}

/// A decision for reading.
pub(crate) fn decision(decision: &Decision, title: &str) -> String {
    let mut lines = vec![format!("{}  {title}", decision.verdict)];
    if let Some(retry_at) = decision.retry_at {
        lines.push(format!("  ask again at {}", format_instant(retry_at)));
    }
    section(&mut lines, "", &decision.objections);
    section(&mut lines, "warnings", &decision.warnings);
    for (waivers, objection) in &decision.waived {
        lines.push(format!("  waived by {}:", visible(&waivers.join(", "))));
        entry(&mut lines, objection);
    }
    section(&mut lines, "on trial, without effect", &decision.trial);
    for score in &decision.scores {
        lines.push(format!("  score {}: {}", visible(&score.name), format_percent(score.total)));
        for factor in &score.factors {
            let value = factor.value.map_or_else(|| "unknown".to_owned(), format_percent);
            let label = visible(&factor.label);
            lines.push(format!(
                "            {label} {value}, adds {} of {}%",
                format_percent(factor.contribution),
                factor.weight
            ));
        }
    }
    for obligation in &decision.obligations {
        let of = if obligation.of_finish { "the finish" } else { "the decision" };
        let within = holdpoint_isa::literal::format_duration(obligation.within);
        lines.push(format!("  to do within {within} of {of}: {}", visible(&obligation.text)));
    }
    if decision.left_out > 0 {
        lines.push(format!("  and {} more", decision.left_out));
    }
    lines.push(format!(
        "  policy {}  fuel {} of at most {}",
        decision.policy, decision.fuel_used, decision.fuel_bound
    ));
    lines.join("\n")
}

fn section(lines: &mut Vec<String>, title: &str, list: &[Objection]) {
    if list.is_empty() {
        return;
    }
    if !title.is_empty() {
        lines.push(format!("  {title}:"));
    }
    list.iter().for_each(|objection| entry(lines, objection));
}

fn entry(lines: &mut Vec<String>, o: &Objection) {
    let verdict = o.verdict.map_or("warn", Verdict::word);
    let control = o.control.as_ref().map(|control| format!("  [{}]", visible(control))).unwrap_or_default();
    let source = o.source.as_ref().map(|source| format!("  {}", visible(source))).unwrap_or_default();
    lines.push(format!("  {verdict:<8}  {}{control}{source}", visible(&o.rule)));
    lines.push(format!("            {}", visible(&o.reason)));
    if let Some(fix) = &o.fix {
        lines.push(format!("            fix: {}", visible(fix)));
    }
    if let Some(escalate) = &o.escalate {
        let people = if escalate.needs == 1 { "one member" } else { "members" };
        let needs = if escalate.needs == 1 { String::new() } else { format!("{} ", escalate.needs) };
        lines.push(format!(
            "            ask {needs}{people} of {} ({})",
            visible(&escalate.group),
            visible(&escalate.source)
        ));
    }
    if let Some(until) = o.until {
        lines.push(format!("            until {}", format_instant(until)));
    }
}
