//! `holdpoint test`

use std::path::{Path, PathBuf};

use holdpoint_compiler::{Coverage, TestResult, coverage, run_tests};
use holdpoint_lang::Sources;

use crate::exit::{Exit, Failure};
use crate::{output, package};

/// How tests went, of one package or of several.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    left_out: usize,
    fired: usize,
    rules: usize,
}

pub(crate) fn run(paths: &[PathBuf], under: &[PathBuf], filter: Option<&str>) -> Result<Exit, Failure> {
    let packages = package::with_tests(paths)?;
    let [path] = packages.as_slice() else { return several(&packages, under, filter) };
    suite(path, under, filter)?.exit()
}

/// Runs the tests of each package. One that cannot be run does not keep the others from being run.
fn several(packages: &[PathBuf], under: &[PathBuf], filter: Option<&str>) -> Result<Exit, Failure> {
    let mut total = Tally::default();
    let mut broken = None;
    for path in packages {
        output::out(&format!("package {}", path.display()));
        match suite(path, under, filter) {
            Ok(tally) => total.add(&tally),
            Err(failure) => {
                output::failure(&failure);
                broken = Some(failure.code);
            }
        }
        output::out("");
    }
    output::out(&format!("{} packages: {}", packages.len(), total.line(filter)));
    broken.map_or_else(|| total.exit(), Ok)
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

/// Runs the tests of one package.
fn suite(path: &Path, under: &[PathBuf], filter: Option<&str>) -> Result<Tally, Failure> {
    let (mut checked, compiled) = package::compiled(path, &package::read_under(path, under)?)?;
    let all = checked.package.tests.len();
    checked.package.tests.retain(|test| filter.is_none_or(|part| test.name.contains(part)));
    let results = run_tests(&checked.package, &compiled);
    results.iter().for_each(|result| show(result, &checked.sources));
    let Coverage { fired, silent } = coverage(&checked.package, &results);
    let failed = results.iter().filter(|result| !result.failures.is_empty()).count();
    let tally = Tally {
        passed: results.len().saturating_sub(failed),
        failed,
        left_out: all.saturating_sub(results.len()),
        fired: fired.len(),
        rules: fired.len().saturating_add(silent.len()),
    };
    output::out(&format!("\n{}", tally.line(filter)));
    if let Some((used, bound)) = fuel(&results) {
        output::out(&format!(
            "a decision took {used} fuel at most, and is proven to take no more than {bound}"
        ));
    }
    if filter.is_none() && !silent.is_empty() {
        let silent: Vec<&str> = silent.iter().map(String::as_str).collect();
        output::out(&format!("no test makes these fire: {}", silent.join(", ")));
    }
    Ok(tally)
}

/// What the dearest decision used, and what none can use more than.
fn fuel(results: &[TestResult]) -> Option<(u64, u64)> {
    let decisions = results.iter().filter_map(|result| result.decision.as_ref());
    decisions.map(|decision| (decision.fuel_used, decision.fuel_bound)).max()
}

fn show(result: &TestResult, sources: &Sources) {
    let passed = result.failures.is_empty();
    let name = output::visible(&result.name);
    output::out(&format!("test {name} ... {}", if passed { "ok" } else { "FAILED" }));
    if !passed {
        let place = sources.get(result.span.file).map(|source| {
            let (line, column) = source.line_column(result.span.start);
            format!("{}:{line}:{column}", source.path)
        });
        output::out(&format!("  {}", place.unwrap_or_default()));
    }
    for line in result.failures.iter().flat_map(|failure| failure.lines()) {
        output::out(&format!("  {}", output::visible(line)));
    }
}
