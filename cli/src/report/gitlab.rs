//! GitLab's report of code quality: <https://docs.gitlab.com/ci/testing/code_quality/>

use holdpoint_lang::diag::{Diagnostic, Severity};
use serde_json::{Value, json};

use super::{Findings, document, message};

/// Diagnostics as a report of code quality.
pub(crate) fn code_quality(findings: &Findings<'_>) -> String {
    let issues = findings.diagnostics.iter().zip(findings.fingerprints());
    document(&issues.map(|(diagnostic, print)| issue(diagnostic, &print, findings)).collect())
}

fn issue(diagnostic: &Diagnostic, print: &str, findings: &Findings<'_>) -> Value {
    let place = findings.region(diagnostic.primary.span);
    json!({
        "description": message(diagnostic),
        "check_name": diagnostic.code.id(),
        "fingerprint": print,
        "severity": match diagnostic.severity { Severity::Error => "major", Severity::Warning => "minor" },
        "location": { "path": place.file, "lines": { "begin": place.start.0, "end": place.end.0 } },
    })
}
