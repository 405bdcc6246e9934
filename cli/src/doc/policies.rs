//! What a package demands: policies with their rules and waivers, and scores.

use holdpoint_compiler::{Part, bound_alone};
use holdpoint_isa::literal::format_duration;
use holdpoint_isa::program::Effect;
use holdpoint_lang::ast::Item;
use holdpoint_lang::hir::{Policy, Rule, Score, Statement, Waiver};

use super::{Page, Reference, code, plain, titled};

pub(super) fn write(reference: &Reference<'_>, page: &mut Page) {
    let package = reference.package;
    if !package.policies.is_empty() {
        page.title(2, "Policies");
    }
    package.policies.iter().for_each(|policy| write_policy(reference, page, policy));
    if !package.scores.is_empty() {
        page.title(2, "Scores");
    }
    package.scores.iter().for_each(|score| write_score(reference, page, score));
}

fn write_policy(reference: &Reference<'_>, page: &mut Page, policy: &Policy) {
    page.title(3, &titled(&policy.name, &policy.title));
    if let Some(docs) = reference.docs(policy.span) {
        page.paragraph(&docs);
    }
    let mut facts = vec![match &policy.head {
        Some(head) => format!("governs when {}", reference.source(head.span)),
        None => "governs every request".to_owned(),
    }];
    facts.extend(policy.allow.then(|| "allows what no rule objects to".to_owned()));
    facts.extend(policy.trial.then(|| "on trial: recorded, without effect".to_owned()));
    facts.extend(bound(reference, Part::Policy(policy.span)));
    page.list(&facts);
    write_params(reference, page, policy);
    for rule in &policy.rules {
        write_rule(reference, page, rule, bound(reference, Part::Rule(rule.span)));
    }
    policy.waivers.iter().for_each(|waiver| write_waiver(reference, page, policy, waiver));
}

fn bound(reference: &Reference<'_>, part: Part) -> Option<String> {
    let alone = bound_alone(reference.package, reference.sources, part)?;
    Some(format!("takes at most {alone} fuel alone"))
}

fn write_params(reference: &Reference<'_>, page: &mut Page, policy: &Policy) {
    let items = reference.checked.trees.iter().flat_map(|tree| &tree.items);
    let declared = items.filter_map(|item| match item {
        Item::Policy(found) if found.name.span == policy.span => Some(&found.params),
        _ => None,
    });
    let rows = declared.flatten().map(|param| {
        let docs = reference.docs(param.name.span).unwrap_or_default();
        vec![code(&param.name.name), reference.source(param.value.span), docs]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if !rows.is_empty() {
        page.table(&["parameter", "value", "meaning"], &rows);
    }
}

/// A rule of a policy with its bound, or what a rollout watches.
pub(super) fn write_rule(reference: &Reference<'_>, page: &mut Page, rule: &Rule, bound: Option<String>) {
    page.title(4, &titled(&rule.name, &rule.title));
    if let Some(docs) = reference.docs(rule.span) {
        page.paragraph(&docs);
    }
    let mut facts: Vec<String> = Vec::new();
    facts.extend(rule.control.iter().map(|control| format!("control {}", code(control))));
    facts.extend(rule.guard.iter().map(|guard| format!("applies when {}", reference.source(guard.span))));
    facts.extend(rule.waivable.then(|| "can be waived".to_owned()));
    facts.extend(rule.trial.then(|| "on trial: recorded, without effect".to_owned()));
    facts.extend(rule.statements.iter().map(|statement| write_statement(reference, statement)));
    facts.extend(bound);
    page.list(&facts);
}

fn write_statement(reference: &Reference<'_>, statement: &Statement) -> String {
    let mut lines = vec![reference.source(statement.span)];
    lines.extend(statement.because.iter().map(|because| format!("reason: {}", reference.text(because))));
    lines.extend(statement.fix.iter().map(|fix| format!("to mend it: {}", reference.text(fix))));
    lines
        .extend(statement.escalate.iter().map(|escalate| format!("asks {}", reference.escalation(escalate))));
    lines.push(format!("where a fact is unknown: {}", effect(statement.on_unknown)));
    lines.join("\n  - ")
}

const fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Warn => "warn",
        Effect::Object(verdict) => verdict.word(),
        Effect::Judge(judgement) => judgement.word(),
    }
}

fn write_waiver(reference: &Reference<'_>, page: &mut Page, policy: &Policy, waiver: &Waiver) {
    page.title(4, &format!("waiver {}", titled(&waiver.name, &waiver.title)));
    let rules = waiver.rules.iter().filter_map(|rule| policy.rules.get(*rule));
    let rules: Vec<String> = rules.map(|rule| code(&rule.name)).collect();
    let mut facts = vec![
        format!("applies when {}", reference.source(waiver.when.span)),
        format!("waives {}", rules.join(", ")),
    ];
    facts.extend(waiver.obligations.iter().map(|obligation| {
        let of = if obligation.of_finish { "finish" } else { "decision" };
        let within = format_duration(obligation.within);
        format!("to do within {within} of the {of}: {}", reference.text(&obligation.text))
    }));
    page.list(&facts);
}

fn write_score(reference: &Reference<'_>, page: &mut Page, score: &Score) {
    page.title(3, &titled(&score.name, &score.title));
    if let Some(docs) = reference.docs(score.span) {
        page.paragraph(&docs);
    }
    let mut facts: Vec<String> =
        score.guard.iter().map(|guard| format!("counted when {}", reference.source(guard.span))).collect();
    facts.extend(
        score.factors.iter().map(|(weight, value)| format!("{weight}% of {}", reference.source(value.span))),
    );
    facts.extend(score.bands.iter().map(|band| {
        let asks = band.escalate.iter().map(|escalate| format!(", asks {}", reference.escalation(escalate)));
        format!("from {}: {}{}", band.at, plain(band.verdict.word()), asks.collect::<String>())
    }));
    facts.extend(bound(reference, Part::Score(score.span)));
    page.list(&facts);
}
