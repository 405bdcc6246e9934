//! `holdpoint check`

use std::path::{Path, PathBuf};

use crate::args::DiagnosticFormat;
use crate::exit::{Exit, Failure};
use crate::{output, package};

pub(crate) fn run(
    path: &Path,
    under: &[PathBuf],
    format: DiagnosticFormat,
    deny_warnings: bool,
) -> Result<Exit, Failure> {
    let checked = package::checked(path, under).map_err(found)?;
    let mut diagnostics = checked.diagnostics.clone();
    if checked.is_ok()
        && let Err(more) = holdpoint_compiler::compile(&checked.package, &checked.sources)
    {
        diagnostics.extend(more);
    }
    let errors = package::show(&checked.sources, &diagnostics, format);
    if !errors && format == DiagnosticFormat::Text {
        let package = &checked.package;
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
    let empty = !errors && checked.package.policies.is_empty();
    if empty {
        output::err("warning: this package has no policy: every request is blocked");
    }
    let denied = deny_warnings && (empty || !diagnostics.is_empty());
    Ok(if errors || denied { Exit::Findings } else { Exit::Success })
}

/// What keeps a package from being read as text is what this command is to find.
fn found(failure: Failure) -> Failure {
    let code = if failure.code == Exit::Refused { Exit::Findings } else { failure.code };
    Failure { code, ..failure }
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
