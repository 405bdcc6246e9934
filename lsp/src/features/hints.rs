//! What stands beside the text: inferred types, what an unknown condition comes to, and tests to run.

use holdpoint_isa::program::Effect;
use holdpoint_lang::{FileId, Span};
use lsp_types::{CodeLens, Command, InlayHint, InlayHintKind, Range};
use serde_json::{Value, json};

use crate::snapshot::Snapshot;
use crate::symbol::Kind;

/// The command that runs a test.
pub(crate) const RUN_TEST: &str = "holdpoint.runTest";

/// Types of named values that do not say theirs, and the verdict of a statement whose condition is unknown, where that
/// is another one than its own.
pub(crate) fn inlay(snapshot: &Snapshot, file: FileId, range: Range) -> Vec<InlayHint> {
    let lets = snapshot.symbols.iter().filter(|symbol| symbol.kind == Kind::Let && symbol.span.file == file);
    let types = lets.filter_map(|symbol| {
        let ty = snapshot.checked.index.declared(symbol.span).filter(|ty| !ty.is_error())?;
        Some(hint(
            snapshot,
            symbol.span.after(),
            format!(": {}", snapshot.show(ty)),
            Some(InlayHintKind::Type),
        ))
    });
    let policies = snapshot.checked.package.policies.iter();
    let statements = policies.flat_map(|policy| &policy.rules).flat_map(|rule| &rule.statements);
    let unknown = statements.filter(|statement| statement.span.file == file).filter_map(|statement| {
        let (Effect::Object(own), Effect::Object(unknown)) = (statement.effect, statement.on_unknown) else {
            return None;
        };
        let end = statement.span.start.saturating_add(u32::try_from(own.word().len()).ok()?);
        let place = Span { start: end, end, ..statement.span };
        let label = format!(" (unknown: {})", unknown.word());
        (own != unknown).then(|| hint(snapshot, place, label, None))
    });
    let mut hints: Vec<InlayHint> = types.chain(unknown).collect();
    hints.retain(|hint| range.start <= hint.position && hint.position <= range.end);
    hints.sort_by_key(|hint| hint.position);
    hints
}

fn hint(snapshot: &Snapshot, place: Span, label: String, kind: Option<InlayHintKind>) -> InlayHint {
    InlayHint {
        position: snapshot.range(place).start,
        label: label.into(),
        kind,
        text_edits: None,
        tooltip: None,
        padding_left: None,
        padding_right: None,
        data: None,
    }
}

/// A lens above each test that runs it.
pub(crate) fn lenses(snapshot: &Snapshot, file: FileId) -> Vec<CodeLens> {
    let tests =
        snapshot.symbols.iter().filter(|symbol| symbol.kind == Kind::Test && symbol.span.file == file);
    let lens = tests.filter_map(|symbol| {
        let arguments = vec![json!(snapshot.uri(file)?.as_str()), json!(symbol.name)];
        let (title, command) = ("Run test".to_owned(), RUN_TEST.to_owned());
        let command = Command { title, command, arguments: Some(arguments), tooltip: None };
        Some(CodeLens { range: snapshot.range(symbol.span), command: Some(command), data: None })
    });
    lens.collect()
}

/// Runs the test with a name: whether it passed, and what it expected otherwise.
///
/// # Errors
/// Why there is nothing to run.
pub(crate) fn run_test(snapshot: &Snapshot, name: &str) -> Result<Value, String> {
    let compiled = snapshot.compiled.as_ref().ok_or("the package has errors, so its tests do not run")?;
    let mut package = snapshot.checked.package.clone();
    package.tests.retain(|test| test.name == name);
    let results = holdpoint_compiler::run_tests(&package, compiled);
    let result = results.first().ok_or_else(|| format!("there is no test \"{name}\""))?;
    let passed = result.failures.is_empty();
    Ok(json!({ "name": name, "passed": passed, "failures": result.failures }))
}
