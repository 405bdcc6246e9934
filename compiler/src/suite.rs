//! Runs the tests of a package: each through the request decoder, the verifier and the machine, as a server would.

use std::collections::BTreeSet;

use holdpoint_isa::literal::format_instant;
use holdpoint_isa::verdict::Verdict;
use holdpoint_lang::Span;
use holdpoint_lang::hir::{Expect, Package, Test};
use holdpoint_vm::decision::Objection;
use holdpoint_vm::{Decision, Machine, Snapshot, VerifiedProgram};

use crate::Compiled;

/// How a test went.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// What it shows.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    /// What came out otherwise; empty where it passed.
    pub failures: Vec<String>,
    /// The decision, where there was one.
    pub decision: Option<Decision>,
}

/// Runs all tests of a package.
pub fn run_tests(package: &Package, compiled: &Compiled) -> Vec<TestResult> {
    let module = VerifiedProgram::load(&compiled.module);
    let mut snapshot = Snapshot::new();
    let mut machine = Machine::new();
    let mut results = Vec::new();
    for test in &package.tests {
        let (name, span) = (test.name.clone(), test.span);
        let decision = match &module {
            Ok(module) => decide(module, compiled, test, &mut snapshot, &mut machine),
            Err(error) => Err(error.to_string()),
        };
        results.push(match decision {
            Ok(decision) => {
                let failures = test.expects.iter().filter_map(|expect| unmet(expect, &decision)).collect();
                TestResult { name, span, failures, decision: Some(decision) }
            }
            Err(error) => TestResult { name, span, failures: vec![error], decision: None },
        });
    }
    results
}

/// Which rules and scores of a package its tests make fire: object, warn, be waived or be recorded on trial.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Those that fire, as `policy.rule` or `score.name`.
    pub fired: BTreeSet<String>,
    /// Those that never do.
    pub silent: BTreeSet<String>,
}

/// What the tests of a package reach of its rules.
pub fn coverage(package: &Package, results: &[TestResult]) -> Coverage {
    let rules = package
        .policies
        .iter()
        .flat_map(|policy| policy.rules.iter().map(|rule| format!("{}.{}", policy.name, rule.name)));
    let scores = package.scores.iter().map(|score| format!("score.{}", score.name));
    let seen: BTreeSet<&str> = results.iter().flat_map(|result| &result.decision).flat_map(fired).collect();
    let (fired, silent) = rules.chain(scores).partition(|name| seen.contains(name.as_str()));
    Coverage { fired, silent }
}

fn fired(decision: &Decision) -> impl Iterator<Item = &str> {
    let waived = decision.waived.iter().map(|(_, objection)| objection);
    let all = decision.objections.iter().chain(&decision.warnings).chain(&decision.trial).chain(waived);
    all.map(|objection| objection.rule.as_str())
}

fn decide(
    module: &VerifiedProgram,
    compiled: &Compiled,
    test: &Test,
    snapshot: &mut Snapshot,
    machine: &mut Machine,
) -> Result<Decision, String> {
    let (request, signals) = (test.request.to_string(), test.signals.to_string());
    snapshot
        .read(module.program(), request.as_bytes(), signals.as_bytes())
        .map_err(|error| format!("the request is refused: {error}"))?;
    Ok(machine.decide(module, &compiled.source_map, snapshot, test.now))
}

/// What an expectation misses, if it does.
fn unmet(expect: &Expect, decision: &Decision) -> Option<String> {
    let found = match expect.verdict {
        None => &decision.warnings,
        Some(verdict) if decision.verdict == verdict => &decision.objections,
        Some(verdict) => {
            return Some(format!(
                "expected {verdict}, got {}{}",
                decision.verdict,
                reasons(&decision.objections)
            ));
        }
    };
    if expect.verdict.is_none() && found.is_empty() {
        return Some("expected a warning, got none".to_owned());
    }
    if let Some(until) = expect.until.filter(|until| decision.retry_at != Some(*until)) {
        let got = decision.retry_at.map_or_else(|| "no instant".to_owned(), format_instant);
        return Some(format!("expected delay until {}, got {got}", format_instant(until)));
    }
    if expect.by.is_empty() {
        return None;
    }
    let wanted: BTreeSet<&str> = expect.by.iter().map(String::as_str).collect();
    let got: BTreeSet<&str> = by(found, expect.verdict).collect();
    if wanted == got {
        return None;
    }
    let list = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(", ");
    Some(format!("expected by {}, got by {}{}", list(wanted), list(got), reasons(found)))
}

/// The rules that ask for a verdict, by their own names.
fn by(found: &[Objection], verdict: Option<Verdict>) -> impl Iterator<Item = &str> {
    let asking = found.iter().filter(move |objection| objection.verdict == verdict);
    asking.map(|objection| objection.rule.split_once('.').map_or(objection.rule.as_str(), |(_, rule)| rule))
}

fn reasons(found: &[Objection]) -> String {
    let lines = found.iter().map(|o| {
        let verdict = o.verdict.map_or("warn", Verdict::word);
        format!("\n  {verdict} by {}: {}", o.rule, o.reason)
    });
    lines.collect()
}
