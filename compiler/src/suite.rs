//! Runs the tests of a package: each through the request decoder, the verifier and the machine, as a server would.

use std::collections::BTreeSet;

use holdpoint_isa::literal::format_instant;
use holdpoint_lang::Span;
use holdpoint_lang::ast::Outcome;
use holdpoint_lang::hir::{Expect, Package, Rule, Test};
use holdpoint_vm::decision::Objection;
use holdpoint_vm::judgement::Finding;
use holdpoint_vm::{Decision, Judgement, Machine, Snapshot, VerifiedProgram};

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
    /// The decision, where the test is of one.
    pub decision: Option<Decision>,
    /// The judgement of a stage of a rollout, where the test is of one.
    pub judgement: Option<Judgement>,
}

/// Runs all tests of a package.
pub fn run_tests(package: &Package, compiled: &Compiled) -> Vec<TestResult> {
    let module = VerifiedProgram::load(&compiled.module);
    let mut snapshot = Snapshot::new();
    let mut machine = Machine::new();
    let mut results = Vec::new();
    for test in &package.tests {
        let (name, span) = (test.name.clone(), test.span);
        let seen = match &module {
            Ok(module) => see(module, compiled, test, &mut snapshot, &mut machine),
            Err(error) => Err(error.to_string()),
        };
        results.push(match seen {
            Ok(seen) => {
                let failures = test.expects.iter().filter_map(|expect| unmet(expect, &seen)).collect();
                TestResult { name, span, failures, decision: seen.decision, judgement: seen.judgement }
            }
            Err(error) => TestResult { name, span, failures: vec![error], decision: None, judgement: None },
        });
    }
    results
}

/// Which rules, scores and watches of rollouts of a package its tests make fire: object, warn, be waived, be recorded on
/// trial, or speak against promotion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Those that fire, as `policy.rule`, `score.name` or `rollout.metric`.
    pub fired: BTreeSet<String>,
    /// Those that never do.
    pub silent: BTreeSet<String>,
}

/// What the tests of a package reach of its rules.
pub fn coverage(package: &Package, results: &[TestResult]) -> Coverage {
    let own = package.policies.iter().filter(|policy| policy.layer == package.layer);
    let of_policies = own.flat_map(|policy| named(&policy.name, &policy.rules));
    let scores = package.scores.iter().filter(|score| score.layer == package.layer);
    let scores = scores.map(|score| format!("score.{}", score.name));
    // Only the top layer has rollouts.
    let rollouts = package.rollouts.iter().filter(|_| package.layer == 0);
    let of_rollouts = rollouts.flat_map(|rollout| {
        let of_stages = rollout.stages.iter().flat_map(|stage| named(&rollout.name, &stage.rules));
        named(&rollout.name, &rollout.rules).chain(of_stages)
    });
    let seen: BTreeSet<&str> = results.iter().flat_map(fired).collect();
    let all: BTreeSet<String> = of_policies.chain(scores).chain(of_rollouts).collect();
    let (fired, silent) = all.into_iter().partition(|name| seen.contains(name.as_str()));
    Coverage { fired, silent }
}

fn named<'a>(of: &'a str, rules: &'a [Rule]) -> impl Iterator<Item = String> + use<'a> {
    rules.iter().map(move |rule| format!("{of}.{}", rule.name))
}

fn fired(result: &TestResult) -> impl Iterator<Item = &str> {
    let objections = result.decision.iter().flat_map(|decision| {
        let waived = decision.waived.iter().map(|(_, objection)| objection);
        decision.objections.iter().chain(&decision.warnings).chain(&decision.trial).chain(waived)
    });
    let findings = result.judgement.iter().flat_map(|judgement| &judgement.findings);
    objections.map(|objection| objection.rule.as_str()).chain(findings.map(|finding| finding.rule.as_str()))
}

/// What a test saw: the decision on its request, or the judgement of the stage that it tells of.
struct Seen {
    decision: Option<Decision>,
    judgement: Option<Judgement>,
}

fn see(
    module: &VerifiedProgram,
    compiled: &Compiled,
    test: &Test,
    snapshot: &mut Snapshot,
    machine: &mut Machine,
) -> Result<Seen, String> {
    let (request, signals) = (test.request.to_string(), test.signals.to_string());
    snapshot
        .read(module.program(), request.as_bytes(), signals.as_bytes())
        .map_err(|error| format!("the request is refused: {error}"))?;
    let judges = |expect: &Expect| matches!(expect.outcome, Outcome::Judgement(_));
    let map = &compiled.source_map;
    let judgement = test.expects.iter().any(judges).then(|| machine.judge(module, map, snapshot, test.now));
    let decides = !test.expects.iter().all(judges);
    let decision = decides.then(|| machine.decide(module, map, snapshot, test.now));
    Ok(Seen { decision, judgement })
}

/// What an expectation misses, if it does.
fn unmet(expect: &Expect, seen: &Seen) -> Option<String> {
    let (got, ends, found) = match (expect.outcome, &seen.decision, &seen.judgement) {
        (Outcome::Judgement(_), _, Some(judgement)) => {
            (Outcome::Judgement(judgement.outcome), judgement.until, findings(judgement))
        }
        (Outcome::Warning, Some(decision), _) if decision.warnings.is_empty() => {
            return Some("expected a warning, got none".to_owned());
        }
        (Outcome::Warning, Some(decision), _) => (Outcome::Warning, None, objections(&decision.warnings)),
        (_, Some(decision), _) => {
            (Outcome::Verdict(decision.verdict), decision.retry_at, objections(&decision.objections))
        }
        (_, None, _) => return None,
    };
    let wanted = expect.outcome;
    if wanted != got {
        return Some(format!("expected {}, got {}{}", wanted.word(), got.word(), reasons(&found)));
    }
    if let Some(until) = expect.until.filter(|until| ends != Some(*until)) {
        let got = ends.map_or_else(|| "no instant".to_owned(), format_instant);
        return Some(format!("expected {} until {}, got {got}", wanted.word(), format_instant(until)));
    }
    if expect.by.is_empty() {
        return None;
    }
    let by: BTreeSet<&str> = expect.by.iter().map(String::as_str).collect();
    let asking = found.iter().filter(|found| found.outcome == wanted);
    let got: BTreeSet<&str> = asking.map(|found| own_name(found.rule)).collect();
    if by == got {
        return None;
    }
    let list = |names: BTreeSet<&str>| names.into_iter().collect::<Vec<_>>().join(", ");
    Some(format!("expected by {}, got by {}{}", list(by), list(got), reasons(&found)))
}

/// Something that objects, advises, or speaks against promotion.
struct Found<'d> {
    outcome: Outcome,
    rule: &'d str,
    reason: &'d str,
}

fn objections(list: &[Objection]) -> Vec<Found<'_>> {
    let outcome = |o: &Objection| o.verdict.map_or(Outcome::Warning, Outcome::Verdict);
    list.iter().map(|o| Found { outcome: outcome(o), rule: &o.rule, reason: &o.reason }).collect()
}

fn findings(judgement: &Judgement) -> Vec<Found<'_>> {
    let findings = judgement.findings.iter();
    let found = |f: &'_ Finding| Outcome::Judgement(f.judgement);
    findings.map(|f| Found { outcome: found(f), rule: &f.rule, reason: &f.reason }).collect()
}

/// The name of a rule without that of its policy.
fn own_name(rule: &str) -> &str {
    rule.split_once('.').map_or(rule, |(_, own)| own)
}

fn reasons(found: &[Found<'_>]) -> String {
    let line =
        |found: &Found<'_>| format!("\n  {} by {}: {}", found.outcome.word(), found.rule, found.reason);
    found.iter().map(line).collect()
}
