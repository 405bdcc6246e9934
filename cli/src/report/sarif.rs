//! SARIF 2.1.0, by the specification of OASIS: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::BTreeSet;

use holdpoint_lang::Span;
use holdpoint_lang::diag::{Code, Diagnostic, Help, Label};
use serde_json::{Value, json};

use super::{Findings, Region, document, message};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// Diagnostics as a SARIF log of one run.
pub(crate) fn sarif(findings: &Findings<'_>) -> String {
    let codes: BTreeSet<Code> = findings.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let rules: Vec<Code> = codes.into_iter().collect();
    let results = findings.diagnostics.iter().zip(findings.fingerprints());
    let results = results.map(|(diagnostic, print)| result(diagnostic, &print, &rules, findings));
    let run = json!({
        "tool": { "driver": {
            "name": "holdpoint",
            "version": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
        } },
        "columnKind": "utf16CodeUnits",
        "results": results.collect::<Vec<_>>(),
    });
    document(&json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.id(),
        "shortDescription": { "text": code.title() },
        "help": { "text": format!("holdpoint explain {}", code.id()), "markdown": code.page() },
        "defaultConfiguration": { "level": code.severity().word() },
    })
}

fn result(diagnostic: &Diagnostic, print: &str, rules: &[Code], findings: &Findings<'_>) -> Value {
    let related = diagnostic.secondary.iter().map(|label| related(label, findings));
    let fixes = diagnostic.help.iter().filter_map(|help| fix(help, findings));
    json!({
        "ruleId": diagnostic.code.id(),
        "ruleIndex": rules.iter().position(|code| *code == diagnostic.code),
        "level": diagnostic.severity.word(),
        "message": { "text": message(diagnostic) },
        "locations": [{ "physicalLocation": physical(diagnostic.primary.span, findings) }],
        "relatedLocations": related.collect::<Vec<_>>(),
        "fixes": fixes.collect::<Vec<_>>(),
        "partialFingerprints": { "holdpoint/v1": print },
    })
}

fn related(label: &Label, findings: &Findings<'_>) -> Value {
    json!({ "physicalLocation": physical(label.span, findings), "message": { "text": label.text } })
}

fn fix(help: &Help, findings: &Findings<'_>) -> Option<Value> {
    let edit = help.edit.as_ref()?;
    let place = findings.region(edit.span);
    let replacement = json!({
        "deletedRegion": region(&place),
        "insertedContent": { "text": edit.replacement },
    });
    let change = json!({ "artifactLocation": artifact(&place), "replacements": [replacement] });
    Some(json!({ "description": { "text": help.text }, "artifactChanges": [change] }))
}

fn physical(span: Span, findings: &Findings<'_>) -> Value {
    let place = findings.region(span);
    json!({ "artifactLocation": artifact(&place), "region": region(&place) })
}

fn artifact(place: &Region) -> Value {
    json!({ "uri": uri(&place.file), "uriBaseId": "%SRCROOT%" })
}

fn region(place: &Region) -> Value {
    let ((start_line, start_column), (end_line, end_column)) = (place.start, place.end);
    json!({
        "startLine": start_line, "startColumn": start_column, "endLine": end_line, "endColumn": end_column,
    })
}

/// A path as a reference by RFC 3986.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
