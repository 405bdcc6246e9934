//! `holdpoint check`

use std::path::Path;

use crate::args::DiagnosticFormat;
use crate::exit::{Exit, Failure};
use crate::{output, package};

pub(crate) fn run(path: &Path, format: DiagnosticFormat) -> Result<Exit, Failure> {
    let checked = package::checked(path)?;
    let mut diagnostics = checked.diagnostics.clone();
    if checked.is_ok()
        && let Err(more) = holdpoint_compiler::compile(&checked.package, &checked.sources)
    {
        diagnostics.extend(more);
    }
    let errors = package::show(&checked, &diagnostics, format);
    if !errors && format == DiagnosticFormat::Text {
        let package = &checked.package;
        let rules: usize = package.policies.iter().map(|policy| policy.rules.len()).sum();
        output::err(&format!(
            "{}: {}, {}, {}",
            output::visible(&package.name),
            count(package.policies.len(), "policy", "policies"),
            count(rules, "rule", "rules"),
            count(package.tests.len(), "test", "tests"),
        ));
    }
    Ok(if errors { Exit::Findings } else { Exit::Success })
}

fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
