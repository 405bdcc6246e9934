//! `holdpoint test`

use std::path::Path;

use crate::exit::{Exit, Failure};
use crate::{output, package};

pub(crate) fn run(path: &Path, filter: Option<&str>) -> Result<Exit, Failure> {
    let (mut checked, compiled) = package::compiled(path, &package::read(path)?)?;
    let all = checked.package.tests.len();
    checked.package.tests.retain(|test| filter.is_none_or(|part| test.name.contains(part)));
    let left_out = all.saturating_sub(checked.package.tests.len());
    let mut failed = 0usize;
    let results = holdpoint_compiler::run_tests(&checked.package, &compiled);
    for result in &results {
        let passed = result.failures.is_empty();
        let name = output::visible(&result.name);
        output::out(&format!("test {name} ... {}", if passed { "ok" } else { "FAILED" }));
        if !passed {
            failed = failed.saturating_add(1);
            let place = checked.sources.get(result.span.file).map(|source| {
                let (line, column) = source.line_column(result.span.start);
                format!("{}:{line}:{column}", source.path)
            });
            output::out(&format!("  {}", place.unwrap_or_default()));
        }
        for failure in &result.failures {
            for line in failure.lines() {
                output::out(&format!("  {}", output::visible(line)));
            }
        }
    }
    let passed = results.len().saturating_sub(failed);
    output::out(&format!("\n{passed} passed, {failed} failed, {left_out} left out"));
    if results.is_empty() {
        return Err(Failure::new(Exit::Findings, "no test was run")
            .help("write `test \"…\" { given … expect … }` in a `.hold` file, or widen --filter"));
    }
    Ok(if failed == 0 { Exit::Success } else { Exit::Findings })
}
