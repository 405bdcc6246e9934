//! `holdpoint test`

use std::path::{Path, PathBuf};

use holdpoint_compiler::{Coverage, TestResult, coverage, run_tests};
use holdpoint_lang::Sources;

use serde_json::{Value, json};

use crate::args::TestFormat;
use crate::exit::{Exit, Failure};
use crate::report::{self, Case, Suite};
use crate::{file, output, package};

/// How tests went, of one package or of several.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    left_out: usize,
    fired: usize,
    rules: usize,
}

/// How results are told, and where.
pub(crate) struct Report<'a> {
    pub(crate) format: TestFormat,
    pub(crate) output: Option<&'a Path>,
}

/// What is run, and whether its results are shown as they come.
struct Running<'a> {
    under: &'a [PathBuf],
    filter: Option<&'a str>,
    shown: bool,
}

pub(crate) fn run(
    paths: &[PathBuf],
    under: &[PathBuf],
    filter: Option<&str>,
    report: &Report<'_>,
) -> Result<Exit, Failure> {
    let packages = package::with_tests(paths)?;
    let shown = report.format == TestFormat::Text || report.output.is_some();
    let running = Running { under, filter, shown };
    let mut total = Tally::default();
    let (mut ran, mut broken) = (Vec::new(), None);
    for path in &packages {
        let several = packages.len() > 1;
        running.say(several, &format!("package {}", path.display()));
        match suite(path, &running) {
            Ok(one) => {
                total.add(&one.tally);
                ran.push(one);
            }
            Err(failure) => {
                ran.push(Ran::broken(path, &failure));
                if several {
                    output::failure(&failure);
                }
                broken = Some(failure);
            }
        }
        running.say(several, "");
    }
    running.say(packages.len() > 1, &format!("{} packages: {}", packages.len(), total.line(filter)));
    tell(ran, &total, report)?;
    match broken {
        Some(failure) if packages.len() == 1 => Err(failure),
        Some(failure) => Ok(failure.code),
        None => total.exit(),
    }
}

impl Running<'_> {
    fn say(&self, this: bool, line: &str) {
        if self.shown && this {
            output::out_line(line);
        }
    }
}

/// Tells how all tests went, where that was not said as they came.
fn tell(ran: Vec<Ran>, total: &Tally, report: &Report<'_>) -> Result<(), Failure> {
    if report.format == TestFormat::Text && report.output.is_none() {
        return Ok(());
    }
    let text = match report.format {
        TestFormat::Text => ran.iter().map(|one| format!("{}\n", one.lines.join("\n"))).collect(),
        TestFormat::Json => json(&ran, total),
        format => {
            let suites: Vec<Suite> = ran.into_iter().map(|one| one.suite).collect();
            match format {
                TestFormat::Junit => report::junit::junit(&suites),
                TestFormat::Tap => report::tap::tap(&suites),
                _ => report::github::tests(&suites),
            }
        }
    };
    match report.output {
        Some(to) => file::put(to, text.as_bytes()),
        None => {
            output::out(&text);
            Ok(())
        }
    }
}

impl Tally {
    fn add(&mut self, other: &Self) {
        let Self { passed, failed, left_out, fired, rules } = other;
        self.passed = self.passed.saturating_add(*passed);
        self.failed = self.failed.saturating_add(*failed);
        self.left_out = self.left_out.saturating_add(*left_out);
        self.fired = self.fired.saturating_add(*fired);
        self.rules = self.rules.saturating_add(*rules);
    }

    fn exit(&self) -> Result<Exit, Failure> {
        if self.passed == 0 && self.failed == 0 {
            return Err(Failure::new(Exit::Findings, "no test was run")
                .help("write `test \"…\" { given … expect … }` in a `.hold` file, or widen --filter"));
        }
        Ok(if self.failed == 0 { Exit::Success } else { Exit::Findings })
    }

    /// Of a selection of tests it is not told which rules fire.
    fn line(&self, filter: Option<&str>) -> String {
        let Self { passed, failed, left_out, fired, rules } = self;
        let rules =
            if filter.is_none() { format!("; {fired} of {rules} rules fired") } else { String::new() };
        format!("{passed} passed, {failed} failed, {left_out} left out{rules}")
    }
}

/// How the tests of one package went.
struct Ran {
    suite: Suite,
    tally: Tally,
    coverage: Coverage,
    /// What the dearest decision used, and what none can use more than.
    fuel: Option<(u64, u64)>,
    /// All of it for reading.
    lines: Vec<String>,
}

impl Ran {
    fn broken(path: &Path, failure: &Failure) -> Self {
        let suite = Suite { path: path.display().to_string(), cases: Err(failure.message.clone()) };
        let lines = vec![format!("error: {}", output::visible(&failure.message))];
        Self { suite, tally: Tally::default(), coverage: Coverage::default(), fuel: None, lines }
    }
}

/// Runs the tests of one package.
fn suite(path: &Path, running: &Running<'_>) -> Result<Ran, Failure> {
    let Running { under, filter, .. } = *running;
    let (mut checked, compiled) = package::compiled(path, &package::read_under(path, under)?)?;
    let all = checked.package.tests.len();
    checked.package.tests.retain(|test| filter.is_none_or(|part| test.name.contains(part)));
    let results = run_tests(&checked.package, &compiled);
    let coverage = coverage(&checked.package, &results);
    let failed = results.iter().filter(|result| !result.failures.is_empty()).count();
    let tally = Tally {
        passed: results.len().saturating_sub(failed),
        failed,
        left_out: all.saturating_sub(results.len()),
        fired: coverage.fired.len(),
        rules: coverage.fired.len().saturating_add(coverage.silent.len()),
    };
    let cases = results.iter().map(|result| case(result, &checked.sources, path, under));
    let cases: Vec<Case> = cases.collect();
    let mut lines: Vec<String> =
        results.iter().zip(&cases).flat_map(|(result, case)| show(result, case, &checked.sources)).collect();
    let fuel = fuel(&results);
    lines.extend(summary(&tally, &coverage, fuel, filter));
    lines.iter().for_each(|line| running.say(true, line));
    let suite = Suite { path: path.display().to_string(), cases: Ok(cases) };
    Ok(Ran { suite, tally, coverage, fuel, lines })
}

/// What is said behind the tests of a package.
fn summary(
    tally: &Tally,
    coverage: &Coverage,
    fuel: Option<(u64, u64)>,
    filter: Option<&str>,
) -> Vec<String> {
    let mut lines = vec![String::new(), tally.line(filter)];
    lines.extend(fuel.map(|(used, bound)| {
        format!("a decision took {used} fuel at most, and is proven to take no more than {bound}")
    }));
    if filter.is_none() && !coverage.silent.is_empty() {
        let silent: Vec<&str> = coverage.silent.iter().map(String::as_str).collect();
        lines.push(format!("no test makes these fire: {}", silent.join(", ")));
    }
    lines
}

/// What the dearest decision used, and what none can use more than.
fn fuel(results: &[TestResult]) -> Option<(u64, u64)> {
    let decisions = results.iter().filter_map(|result| result.decision.as_ref());
    decisions.map(|decision| (decision.fuel_used, decision.fuel_bound)).max()
}

fn case(result: &TestResult, sources: &Sources, path: &Path, under: &[PathBuf]) -> Case {
    let source = sources.get(result.span.file);
    let (line, column) = source.map_or((1, 1), |source| source.line_column(result.span.start));
    let file = source.map_or_else(String::new, |source| package::lies_at(path, under, &source.path));
    let failures = result.failures.iter().flat_map(|failure| failure.lines()).map(output::visible).collect();
    Case { name: result.name.clone(), file, line, column, failures }
}

fn show(result: &TestResult, case: &Case, sources: &Sources) -> Vec<String> {
    let passed = case.failures.is_empty();
    let mut lines =
        vec![format!("test {} ... {}", output::visible(&case.name), if passed { "ok" } else { "FAILED" })];
    if !passed {
        let place = sources.get(result.span.file).map(|source| source.path.as_str()).unwrap_or_default();
        lines.push(format!("  {place}:{}:{}", case.line, case.column));
    }
    lines.extend(case.failures.iter().map(|line| format!("  {line}")));
    lines
}

/// Name and version of the shape of the JSON.
const SCHEMA: &str = "holdpoint/tests/v1";

fn json(ran: &[Ran], total: &Tally) -> String {
    let packages: Vec<Value> = ran.iter().map(package_json).collect();
    report::document(&json!({
        "schema": SCHEMA,
        "passed": total.passed,
        "failed": total.failed,
        "left_out": total.left_out,
        "packages": packages,
    }))
}

fn package_json(ran: &Ran) -> Value {
    let case = |case: &Case| {
        json!({
            "name": case.name,
            "passed": case.failures.is_empty(),
            "file": case.file,
            "line": case.line,
            "column": case.column,
            "failures": case.failures,
        })
    };
    json!({
        "path": ran.suite.path,
        "error": ran.suite.cases.as_ref().err(),
        "tests": ran.suite.cases().iter().map(case).collect::<Vec<_>>(),
        "left_out": ran.tally.left_out,
        "fired": ran.coverage.fired,
        "silent": ran.coverage.silent,
        "fuel_used": ran.fuel.map(|(used, _)| used),
        "fuel_bound": ran.fuel.map(|(_, bound)| bound),
    })
}
