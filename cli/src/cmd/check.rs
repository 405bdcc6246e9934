//! `holdpoint check`

use std::path::{Path, PathBuf};

use holdpoint_lang::diag::render;
use holdpoint_lang::hir;

use crate::args::DiagnosticFormat;
use crate::exit::{Exit, Failure};
use crate::report::{self, Findings};
use crate::{file, output, package};

/// How diagnostics are told, and where.
#[derive(Clone, Copy)]
pub(crate) struct Report<'a> {
    pub(crate) format: DiagnosticFormat,
    pub(crate) output: Option<&'a Path>,
}

pub(crate) fn run(
    path: &Path,
    under: &[PathBuf],
    report: Report<'_>,
    deny_warnings: bool,
) -> Result<Exit, Failure> {
    let checked = package::checked(path, under).map_err(found)?;
    let mut diagnostics = checked.diagnostics.clone();
    if checked.is_ok()
        && let Err(more) = holdpoint_compiler::compile(&checked.package, &checked.sources)
    {
        diagnostics.extend(more);
    }
    let sources = &checked.sources;
    tell(&Findings { path, under, sources, diagnostics: &diagnostics }, report)?;
    let errors = package::has_errors(&diagnostics);
    if !errors && (report.format == DiagnosticFormat::Text || report.output.is_some()) {
        count_up(&checked.package);
    }
    let empty = !errors && checked.package.policies.is_empty();
    if empty {
        output::err("warning: this package has no policy: every request is blocked");
    }
    let denied = deny_warnings && (empty || !diagnostics.is_empty());
    Ok(if errors || denied { Exit::Findings } else { Exit::Success })
}

/// Tells what was found: to a file and as text, or to whom the format is for.
fn tell(findings: &Findings<'_>, report: Report<'_>) -> Result<(), Failure> {
    let Findings { sources, diagnostics, .. } = findings;
    let text = match report.format {
        DiagnosticFormat::Text => {
            render::text(diagnostics, sources, render::Style { color: false, unicode: true })
        }
        DiagnosticFormat::Concise => render::concise(diagnostics, sources),
        DiagnosticFormat::Json => render::json(diagnostics, sources),
        DiagnosticFormat::Sarif => report::sarif::sarif(findings),
        DiagnosticFormat::Github => report::github::diagnostics(findings),
        DiagnosticFormat::Gitlab => report::gitlab::code_quality(findings),
    };
    match (report.output, report.format) {
        (Some(to), _) => {
            package::show(sources, diagnostics);
            file::put(to, text.as_bytes())?;
        }
        (None, DiagnosticFormat::Text) => {
            package::show(sources, diagnostics);
        }
        (None, DiagnosticFormat::Concise) => output::err(&text),
        (None, _) => output::out(&text),
    }
    Ok(())
}

/// Says how much a package without errors has.
fn count_up(package: &hir::Package) {
    let own = || package.policies.iter().filter(|policy| policy.layer == package.layer);
    let rules: usize = own().map(|policy| policy.rules.len()).sum();
    output::err(&format!(
        "{}: {}, {}, {}",
        output::visible(&package.name),
        count(own().count(), "policy", "policies"),
        count(rules, "rule", "rules"),
        count(package.tests.len(), "test", "tests"),
    ));
}

/// What keeps a package from being read as text is what this command is to find.
fn found(failure: Failure) -> Failure {
    let code = if failure.code == Exit::Refused { Exit::Findings } else { failure.code };
    Failure { code, ..failure }
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
