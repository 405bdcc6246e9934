//! Standard output and standard error. A closed pipe ends a command quietly; what comes from policies and requests is
//! made harmless for terminals first.

use std::io::Write;

use holdpoint_isa::literal::{self, format_instant};
use serde_json::Value;

use crate::exit::Failure;

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// Writes a text to standard output, with a line end behind it.
pub(crate) fn out(text: &str) {
    write(&mut anstream::stdout().lock(), text);
}

/// Writes a line to standard output, also an empty one.
pub(crate) fn out_line(line: &str) {
    out(&format!("{line}\n"));
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

/// The text that a member holds, empty where it holds none.
pub(crate) fn word<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// An instant for reading, in whole seconds.
pub(crate) fn instant(instant: i64) -> String {
    format_instant(instant.saturating_sub(instant.rem_euclid(SECOND)))
}

/// An instant to wait for, in whole seconds of which none is too early.
fn wait_until(text: &str) -> String {
    match literal::instant(text) {
        Ok(at) => instant(at.saturating_add(SECOND.saturating_sub(1))),
        Err(_) => visible(text),
    }
}

/// A decision for reading, from its JSON: what was just decided and what was recorded look alike.
pub(crate) fn decision(decision: &Value, title: &str) -> String {
    let mut lines = vec![format!("{}  {title}", word(decision, "verdict"))];
    if let Some(retry_at) = decision.get("retry_at").and_then(Value::as_str) {
        lines.push(format!("  ask again at {}", wait_until(retry_at)));
    }
    section(&mut lines, "", decision, "objections");
    section(&mut lines, "warnings", decision, "warnings");
    for waived in list(decision, "waived") {
        let names: Vec<&str> = list(waived, "waivers").iter().filter_map(Value::as_str).collect();
        lines.push(format!("  waived by {}:", visible(&names.join(", "))));
        entry(&mut lines, waived);
    }
    section(&mut lines, "on trial, without effect", decision, "trial");
    for score in list(decision, "scores") {
        lines.push(format!("  score {}: {}", visible(word(score, "name")), word(score, "value")));
        for factor in list(score, "factors") {
            let value = factor.get("value").and_then(Value::as_str).unwrap_or("unknown");
            let (label, adds) = (visible(word(factor, "factor")), word(factor, "adds"));
            lines.push(format!("            {label} {value}, adds {adds} of {}%", number(factor, "weight")));
        }
    }
    for obligation in list(decision, "obligations") {
        let (within, of) = (word(obligation, "within"), word(obligation, "of"));
        lines.push(format!("  to do within {within} of the {of}: {}", visible(word(obligation, "text"))));
    }
    if let left_out @ 1.. = number(decision, "left_out") {
        lines.push(format!("  and {left_out} more"));
    }
    lines.push(format!(
        "  policy {}  fuel {} of at most {}",
        word(decision, "policy"),
        number(decision, "fuel_used"),
        number(decision, "fuel_bound")
    ));
    lines.join("\n")
}

fn list<'v>(value: &'v Value, member: &str) -> &'v [Value] {
    value.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn number(value: &Value, member: &str) -> u64 {
    value.get(member).and_then(Value::as_u64).unwrap_or_default()
}

fn section(lines: &mut Vec<String>, title: &str, decision: &Value, member: &str) {
    let list = list(decision, member);
    if !list.is_empty() && !title.is_empty() {
        lines.push(format!("  {title}:"));
    }
    list.iter().for_each(|objection| entry(lines, objection));
}

fn entry(lines: &mut Vec<String>, o: &Value) {
    let text = |member: &str| o.get(member).and_then(Value::as_str).map(visible);
    let control = text("control").map(|control| format!("  [{control}]")).unwrap_or_default();
    let source = text("source").map(|source| format!("  {source}")).unwrap_or_default();
    lines.push(format!("  {:<8}  {}{control}{source}", word(o, "verdict"), visible(word(o, "rule"))));
    lines.push(format!("            {}", visible(word(o, "reason"))));
    if let Some(fix) = text("fix") {
        lines.push(format!("            fix: {fix}"));
    }
    if let Some(group) = text("escalate_to") {
        let whom = match number(o, "needs") {
            1 => "one member".to_owned(),
            needs => format!("{needs} members"),
        };
        lines.push(format!("            ask {whom} of {group} ({})", visible(word(o, "group"))));
    }
    if let Some(until) = o.get("until").and_then(Value::as_str) {
        lines.push(format!("            until {}", wait_until(until)));
    }
}
