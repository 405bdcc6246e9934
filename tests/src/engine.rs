//! The language as the runner uses it: check, compile, run the tests of a package.

use holdpoint_compiler::{Compiled, TestResult, compile, disassemble, run_tests};
use holdpoint_isa::literal::format_instant;
use holdpoint_isa::verdict::Verdict;
use holdpoint_lang::diag::Severity;
use holdpoint_lang::diag::render::{self, Style};
use holdpoint_lang::hir::Package;
use holdpoint_lang::{Checked, Diagnostic, FileId, PackageInput, Sources, check};
use holdpoint_vm::Judgement;
use holdpoint_vm::decision::{Decision, Objection};

use crate::block::Golden;
use crate::golden::diff;
use crate::package::Files;

/// What came of a package.
pub struct Outcome {
    /// The files.
    pub sources: Sources,
    /// What is wrong, of the check or else of the compiler.
    pub diagnostics: Vec<Diagnostic>,
    /// What the compiler made of it, where nothing is wrong.
    pub module: Option<Module>,
}

/// A compiled package.
pub struct Module {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its operations in words.
    pub disassembly: String,
    /// Its proven bounds in words.
    pub bounds: String,
    /// Its tests, with their decisions.
    pub tests: Vec<TestResult>,
}

/// Only the syntax of a package.
pub fn parse(files: &Files) -> Outcome {
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    for (path, text) in &files.sources {
        let file = sources.add(holdpoint_lang::Source::new(path.as_str(), text.as_str()));
        let (_, found) = holdpoint_lang::parse(file, text);
        diagnostics.extend(found.sorted());
    }
    Outcome { sources, diagnostics, module: None }
}

/// The files as a package, with those of the layers above it.
fn input(name: &str, files: &Files) -> PackageInput {
    PackageInput {
        name: name.to_owned(),
        files: files.sources.clone(),
        data: files.data.clone(),
        above: files.above.iter().map(|(name, files)| input(name, files)).collect(),
    }
}

/// A package through every pass.
pub fn build(files: &Files) -> Outcome {
    let input = input("example", files);
    let Checked { sources, package, diagnostics, .. } = check(&input, &holdpoint_stdlib::module);
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Outcome { sources, diagnostics, module: None };
    }
    match compile(&package, &sources) {
        Ok(compiled) => Outcome { sources, diagnostics, module: Some(module(&package, &compiled)) },
        Err(found) => {
            Outcome { sources, diagnostics: diagnostics.into_iter().chain(found).collect(), module: None }
        }
    }
}

/// The layout of a file.
///
/// # Errors
/// That it cannot be read.
pub fn layout(text: &str) -> Result<String, String> {
    let unread = |_| "a file without errors cannot be read for its layout".to_owned();
    holdpoint_lang::format(FileId::default(), text).map_err(unread)
}

/// Checks that the layout of a package changes nothing but itself: neither a second run nor the module differ.
///
/// # Errors
/// What differs.
pub fn check_layout(files: &Files, outcome: &Outcome) -> Result<(), String> {
    if outcome.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Ok(());
    }
    let mut arranged = files.clone();
    for (path, text) in &mut arranged.sources {
        *text = layout(text)?;
        let again = layout(text)?;
        if again != *text {
            return Err(format!("the layout of {path} is not stable\n{}", diff(text, &again)));
        }
    }
    let Some(module) = &outcome.module else { return Ok(()) };
    match build(&arranged).module {
        Some(again) if again.bytes == module.bytes => Ok(()),
        Some(_) => Err("another layout leads to another module".to_owned()),
        None => Err("with its layout the package does not compile any more".to_owned()),
    }
}

fn module(package: &Package, compiled: &Compiled) -> Module {
    let disassembly = match holdpoint_isa::decode(&compiled.module) {
        Ok(program) => disassemble(&program, Some(&compiled.source_map)),
        Err(error) => format!("the module does not decode: {error}\n"),
    };
    let tests = run_tests(package, compiled);
    Module {
        bytes: compiled.module.clone(),
        disassembly,
        bounds: format!("fuel {}\n", compiled.fuel_bound),
        tests,
    }
}

impl Outcome {
    /// What a golden block shows of it; `None` where there is no module to show.
    pub fn show(&self, golden: Golden) -> Option<String> {
        let style = Style { color: false, unicode: true };
        let module = self.module.as_ref();
        match golden {
            Golden::Diagnostics => Some(render::text(&self.diagnostics, &self.sources, style)),
            Golden::Concise => Some(render::concise(&self.diagnostics, &self.sources)),
            Golden::Json => Some(render::json(&self.diagnostics, &self.sources)),
            Golden::Disassembly => module.map(|module| module.disassembly.clone()),
            Golden::Formatted => self.sources.iter().map(|(_, source)| layout(&source.text).ok()).collect(),
            Golden::Fuel => module.map(|module| module.bounds.clone()),
            Golden::Decisions => module.map(|module| decisions(module, brief)),
            Golden::DecisionsJson => module.map(|module| decisions(module, canonical)),
        }
    }
}

/// The decision of each test, or why there is none.
fn decisions(module: &Module, show: impl Fn(&TestResult) -> String) -> String {
    let one = |test: &TestResult| match (&test.decision, &test.judgement) {
        (None, None) => format!("{}\n", test.failures.join(", ")),
        _ => show(test),
    };
    module.tests.iter().map(one).collect()
}

fn canonical(test: &TestResult) -> String {
    let decision = test.decision.as_ref().map(Decision::to_json);
    let judgement = test.judgement.as_ref().map(Judgement::to_json);
    let lines = decision.iter().chain(&judgement);
    lines.map(|json| format!("{}\n", String::from_utf8_lossy(json))).collect()
}

fn brief(test: &TestResult) -> String {
    let decision = test.decision.as_ref().map(decided).unwrap_or_default();
    decision + &test.judgement.as_ref().map(judged).unwrap_or_default()
}

/// A judgement in a few lines: what it comes to, then whatever speaks against promotion.
fn judged(judgement: &Judgement) -> String {
    let until = judgement.until.map(|at| format!(" until {}", format_instant(at))).unwrap_or_default();
    let asked = judgement.escalate.as_ref().map(|e| format!(", asks {}", e.group)).unwrap_or_default();
    let mut out = format!("{}{until}{asked}\n", judgement.outcome);
    for finding in &judgement.findings {
        let fix = finding.fix.as_ref().map(|fix| format!(" ({fix})")).unwrap_or_default();
        out.push_str(&format!("  {} by {}: {}{fix}\n", finding.judgement, finding.rule, finding.reason));
    }
    out
}

/// A decision in a few lines: its verdict, then whatever objects, warns, was waived, is on trial or is owed.
fn decided(decision: &Decision) -> String {
    let until = decision.retry_at.map(|at| format!(" until {}", format_instant(at))).unwrap_or_default();
    let mut out = format!("{}{until}\n", decision.verdict);
    let all = decision.objections.iter().map(|o| (String::new(), o));
    let all = all.chain(decision.warnings.iter().map(|o| (String::new(), o)));
    let all = all
        .chain(decision.waived.iter().map(|(waiver, o)| (format!("waived by {}: ", waiver.join(", ")), o)));
    for (before, objection) in all.chain(decision.trial.iter().map(|o| ("trial: ".to_owned(), o))) {
        out.push_str(&format!("  {before}{}\n", one_line(objection)));
    }
    for owed in &decision.obligations {
        let of = if owed.of_finish { "finish" } else { "decision" };
        let within = holdpoint_isa::literal::format_duration(owed.within);
        out.push_str(&format!("  owed {} within {within} of {of}: {}\n", owed.name, owed.text));
    }
    if decision.left_out > 0 {
        out.push_str(&format!("  and {} more\n", decision.left_out));
    }
    out
}

fn one_line(o: &Objection) -> String {
    let verdict = o.verdict.map_or("warn", Verdict::word);
    let fix = o.fix.as_ref().map(|fix| format!(" ({fix})")).unwrap_or_default();
    let group = o.escalate.as_ref().map(|e| format!(" to {}", e.group)).unwrap_or_default();
    format!("{verdict}{group} by {}: {}{fix}", o.rule, o.reason)
}
