//! The other side: check, compile, verify and run, with the machine's answer in the interpreter's terms.

use std::collections::BTreeSet;
use std::io::Write;

use holdpoint_compiler::{Compiled, compile};
use holdpoint_isa::Dec;
use holdpoint_lang::diag::Severity;
use holdpoint_lang::diag::render::{self, Style};
use holdpoint_lang::hir::Package;
use holdpoint_lang::{Checked, Diagnostic, Library, PackageInput, Sources, check};
use holdpoint_vm::decision::Objection;
use holdpoint_vm::{Decision, Judgement, Machine, Snapshot, VerifiedProgram};
use serde_json::Value as Json;

use crate::decide::{Answer, Finding, decide, place};
use crate::judge::{self, Judged, judge};
use crate::make::Facts;

/// What stands for a reason where the fuel for reasons is used up.
const SPENT: &str = "the fuel for telling why is used up";

/// A package that was compiled, checked and loaded.
pub struct Built {
    /// The typed tree.
    pub package: Package,
    /// Its files.
    pub sources: Sources,
    /// What the compiler made.
    pub compiled: Compiled,
    /// The module, verified.
    pub module: VerifiedProgram,
}

/// Takes files through every pass.
///
/// # Errors
/// The diagnostics, as text.
pub fn build(name: &str, files: &[(String, String)], library: Library<'_>) -> Result<Built, String> {
    build_package(&package(name, files), library)
}

/// Takes files through every pass, as a package of the layer below others.
///
/// # Errors
/// The diagnostics, as text.
pub fn build_below(above: &[(String, String)], files: &[(String, String)]) -> Result<Built, String> {
    let input = PackageInput { above: vec![package("above", above)], ..package("below", files) };
    build_package(&input, &|_| None)
}

fn package(name: &str, files: &[(String, String)]) -> PackageInput {
    PackageInput { name: name.to_owned(), files: files.to_vec(), ..PackageInput::default() }
}

fn build_package(input: &PackageInput, library: Library<'_>) -> Result<Built, String> {
    let checked = check(input, library);
    if !checked.is_ok() {
        let errors = checked.diagnostics.into_iter().filter(|d| d.severity == Severity::Error);
        let errors: Vec<Diagnostic> = errors.collect();
        return Err(render::text(&errors, &checked.sources, Style { color: false, unicode: true }));
    }
    let Checked { sources, package, .. } = checked;
    let compiled = compile(&package, &sources)
        .map_err(|wrong| render::text(&wrong, &sources, Style { color: false, unicode: true }))?;
    let module = VerifiedProgram::load(&compiled.module).map_err(|error| error.to_string())?;
    Ok(Built { package, sources, compiled, module })
}

impl Built {
    /// The machine's decision, by a machine and a snapshot that may have been used before.
    ///
    /// # Errors
    /// Why the request is refused.
    pub fn decide(
        &self,
        machine: &mut Machine,
        snapshot: &mut Snapshot,
        request: &Json,
        signals: &Json,
        now: i64,
    ) -> Result<Decision, String> {
        let (request, signals) = (request.to_string(), signals.to_string());
        snapshot
            .read(self.module.program(), request.as_bytes(), signals.as_bytes())
            .map_err(|error| format!("the request is refused: {error}"))?;
        Ok(machine.decide(&self.module, &self.compiled.source_map, snapshot, now))
    }

    /// Decides twice and has the interpreter decide as well; gives the machine's decision where all is as it must be.
    ///
    /// # Errors
    /// What is otherwise.
    pub fn compare(
        &self,
        machine: &mut Machine,
        snapshot: &mut Snapshot,
        facts: &Facts,
    ) -> Result<Decision, String> {
        let Facts { request, signals, now } = facts;
        let decision = self.decide(machine, snapshot, request, signals, *now)?;
        let expected = decide(&self.package, &self.sources, request, signals, *now);
        let differences = differences(&self.answer(&decision), &expected);
        if !differences.is_empty() {
            return Err(differences);
        }
        if decision.fuel_used > decision.fuel_bound {
            return Err(format!("used {} of {} fuel", decision.fuel_used, decision.fuel_bound));
        }
        self.compare_plain(machine, snapshot, &decision, *now)?;
        // The same inputs give the same bytes, in a machine that is new as well.
        let again = self.decide(&mut Machine::new(), &mut Snapshot::new(), request, signals, *now)?;
        if again.to_json() == decision.to_json() {
            Ok(decision)
        } else {
            Err("a machine that was used before decides otherwise".to_owned())
        }
    }

    /// The places of statements with a reason of their own.
    fn authored(&self) -> BTreeSet<String> {
        let package = &self.package;
        let watched = package.rollouts.iter().flat_map(|rollout| {
            rollout.rules.iter().chain(rollout.stages.iter().flat_map(|stage| &stage.rules))
        });
        let rules = package.policies.iter().flat_map(|policy| &policy.rules).chain(watched);
        let authored = rules.flat_map(|rule| &rule.statements).filter(|s| s.because.is_some());
        authored.filter_map(|s| place(&self.sources, s.span)).collect()
    }

    /// Compares a decision with the plain one, which explains nothing.
    fn compare_plain(
        &self,
        machine: &mut Machine,
        snapshot: &Snapshot,
        decision: &Decision,
        now: i64,
    ) -> Result<(), String> {
        let plain = machine.decide_plainly(&self.module, snapshot, now);
        if (plain.verdict, plain.fuel_used) == (decision.verdict, decision.fuel_used) {
            return Ok(());
        }
        Err(format!("explained {}, with {} fuel, and {plain:?}", decision.verdict.word(), decision.fuel_used))
    }

    /// A decision in the interpreter's terms. Reasons that no author wrote are left out of it.
    pub fn answer(&self, decision: &Decision) -> Answer {
        let authored = self.authored();
        let all = |list: &[Objection]| {
            let mut found: Vec<Finding> = list.iter().map(|o| finding(o, &authored)).collect();
            found.sort();
            found
        };
        // A waiver's name alone does not tell its policy; the rule that it waives does.
        let waiver = |name: &str, o: &Objection| {
            format!("{}.{name}", o.rule.split_once('.').map_or("", |(policy, _)| policy))
        };
        let waived = decision.waived.iter().flat_map(|(names, o)| names.iter().map(move |name| (name, o)));
        let waived = waived.map(|(name, o)| (waiver(name, o), finding(o, &authored)));
        let mut waived: Vec<(String, Finding)> = waived.collect();
        waived.sort();
        let obligations = decision.obligations.iter();
        let mut obligations: Vec<(String, String, String)> =
            obligations.map(|o| (o.waiver.clone(), o.name.clone(), o.text.clone())).collect();
        obligations.sort();
        let scores = decision.scores.iter();
        let scores =
            scores.map(|s| (s.name.clone(), s.total, s.factors.iter().map(|f| f.contribution).collect()));
        let mut scores: Vec<(String, Dec, Vec<Dec>)> = scores.collect();
        scores.sort();
        Answer {
            verdict: decision.verdict,
            objections: all(&decision.objections),
            warnings: all(&decision.warnings),
            waived,
            trial: all(&decision.trial),
            obligations,
            scores,
            retry_at: decision.retry_at,
            plan: decision.plan.as_ref().map(|plan| {
                let stages = plan.stages.iter().map(|s| (s.name.clone(), s.traffic, s.lasts));
                (plan.rollout.clone(), stages.collect())
            }),
        }
    }

    /// The machine's judgement of the stage that the facts tell of.
    ///
    /// # Errors
    /// Why the facts are refused.
    pub fn judge(
        &self,
        machine: &mut Machine,
        snapshot: &mut Snapshot,
        facts: &Facts,
    ) -> Result<Judgement, String> {
        let (request, signals) = (facts.request.to_string(), facts.signals.to_string());
        snapshot
            .read(self.module.program(), request.as_bytes(), signals.as_bytes())
            .map_err(|error| format!("the facts are refused: {error}"))?;
        Ok(machine.judge(&self.module, &self.compiled.source_map, snapshot, facts.now))
    }

    /// Judges twice and has the interpreter judge as well; gives the machine's judgement where all is as it must be.
    ///
    /// # Errors
    /// What is otherwise.
    pub fn compare_judgement(
        &self,
        machine: &mut Machine,
        snapshot: &mut Snapshot,
        facts: &Facts,
    ) -> Result<Judgement, String> {
        let judgement = self.judge(machine, snapshot, facts)?;
        let (mut expected, _) =
            judge(&self.package, &self.sources, &facts.request, &facts.signals, facts.now);
        let mut found = self.judged(&judgement);
        // Reasons have fuel of their own, of which the interpreter knows nothing.
        if judgement.findings.iter().any(|finding| finding.reason.contains(SPENT)) {
            found.forget_texts();
            expected.forget_texts();
        }
        if found != expected {
            return Err(format!("the machine {found:#?}\nthe interpreter {expected:#?}"));
        }
        if judgement.fuel_used > judgement.fuel_bound {
            return Err(format!("used {} of {} fuel", judgement.fuel_used, judgement.fuel_bound));
        }
        let again = self.judge(&mut Machine::new(), &mut Snapshot::new(), facts)?;
        if again.to_json() == judgement.to_json() {
            Ok(judgement)
        } else {
            Err("a machine that was used before judges otherwise".to_owned())
        }
    }

    /// A judgement in the interpreter's terms. Reasons that no text stands for are left out of it.
    fn judged(&self, judgement: &Judgement) -> Judged {
        let authored = self.authored();
        let findings = judgement.findings.iter().map(|f| {
            let certain = f.unknown.is_empty() && !f.fault;
            let written = certain && f.source.as_ref().is_some_and(|source| authored.contains(source));
            judge::Finding {
                rule: f.rule.clone(),
                judgement: f.judgement,
                unknown: !f.unknown.is_empty(),
                fault: f.fault,
                source: f.source.clone(),
                because: written.then(|| f.reason.clone()),
                fix: f.fix.clone(),
            }
        });
        let stage = judgement.rollout.clone().zip(judgement.stage);
        let mut judged = Judged {
            outcome: judgement.outcome,
            stage,
            findings: findings.collect(),
            until: judgement.until,
            held: judgement.held,
            escalate: judgement.escalate.as_ref().map(|escalate| escalate.group.clone()),
        };
        judged.sort();
        judged
    }
}

/// What went wrong, told in full and shown as it is.
pub struct Wrong(pub String);

impl std::fmt::Debug for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything that is needed to see a failure again.
pub fn told(seed: u64, files: &[(String, String)], facts: Option<&Facts>, what: &str) -> Wrong {
    let mut text = format!("seed {seed}: {what}\n");
    for (path, source) in files {
        text.push_str(&format!("---- {path}\n{source}\n"));
    }
    if let Some(Facts { request, signals, now }) = facts {
        let now = holdpoint_isa::literal::format_instant(*now);
        text.push_str(&format!("request {request}\nsignals {signals}\nnow {now}\n"));
    }
    Wrong(text)
}

/// Tells how much was tried. Written past the capture of tests, so that it is seen.
pub fn tell(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

/// A number from the environment, for long runs.
pub fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What two answers do not have in common, one thing a line; nothing where they agree.
pub fn differences(machine: &Answer, interpreter: &Answer) -> String {
    let (ours, theirs) = (lines(machine), lines(interpreter));
    let mut text = String::new();
    let mut only = |name: &str, these: &[String], others: &[String]| {
        let mut others = others.to_vec();
        for line in these {
            match others.iter().position(|other| other == line) {
                Some(at) => drop(others.swap_remove(at)),
                None => text.push_str(&format!("only the {name}: {line}\n")),
            }
        }
    };
    only("machine", &ours, &theirs);
    only("interpreter", &theirs, &ours);
    text
}

fn lines(answer: &Answer) -> Vec<String> {
    let mut lines = vec![format!("verdict {:?}, retry_at {:?}", answer.verdict, answer.retry_at)];
    lines.extend(answer.plan.iter().map(|plan| format!("plan {plan:?}")));
    for (name, list) in
        [("objection", &answer.objections), ("warning", &answer.warnings), ("trial", &answer.trial)]
    {
        lines.extend(list.iter().map(|finding| format!("{name} {finding:?}")));
    }
    lines.extend(answer.waived.iter().map(|waived| format!("waived {waived:?}")));
    lines.extend(answer.scores.iter().map(|score| format!("score {score:?}")));
    lines.extend(answer.obligations.iter().map(|obligation| format!("obligation {obligation:?}")));
    lines
}

fn finding(o: &Objection, authored: &BTreeSet<String>) -> Finding {
    let certain = o.unknown.is_empty() && !o.fault;
    let written = certain && o.source.as_ref().is_some_and(|source| authored.contains(source));
    Finding {
        rule: o.rule.clone(),
        verdict: o.verdict,
        unknown: !o.unknown.is_empty(),
        fault: o.fault,
        source: o.source.clone(),
        because: written.then(|| o.reason.clone()),
        fix: o.fix.clone(),
        until: o.until,
        escalate: o.escalate.as_ref().map(|escalate| escalate.group.clone()),
    }
}
