//! Diagnostics, and the changes that mend them.

use holdpoint_lang::diag::{Edit, Severity};
use holdpoint_lang::{Diagnostic, FileId, Span};
use lsp_types::{
    CodeAction, CodeActionKind, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Range,
    TextEdit, WorkspaceEdit,
};

use crate::snapshot::Snapshot;

/// The code of a name that nothing uses.
const UNUSED: &str = "W0309";

/// Nobody reads more at once.
const SHOWN_MAX: usize = 100;

/// What is wrong with a file.
pub(crate) fn of(snapshot: &Snapshot, file: FileId) -> Vec<lsp_types::Diagnostic> {
    let of_file = snapshot.diagnostics.iter().filter(|diagnostic| diagnostic.primary.span.file == file);
    of_file.take(SHOWN_MAX).map(|diagnostic| shown(snapshot, diagnostic)).collect()
}

fn shown(snapshot: &Snapshot, diagnostic: &Diagnostic) -> lsp_types::Diagnostic {
    let label = |text: &str| if text.is_empty() { "see here".to_owned() } else { text.to_owned() };
    let related = diagnostic.secondary.iter().filter_map(|other| {
        Some(DiagnosticRelatedInformation {
            location: snapshot.location(other.span)?,
            message: label(&other.text),
        })
    });
    let unused = diagnostic.code.id() == UNUSED;
    lsp_types::Diagnostic {
        range: snapshot.range(visible(snapshot, diagnostic.primary.span)),
        severity: Some(match diagnostic.severity {
            Severity::Error => DiagnosticSeverity::Error,
            Severity::Warning => DiagnosticSeverity::Warning,
        }),
        code: Some(diagnostic.code.id().to_owned().into()),
        source: Some("holdpoint".to_owned()),
        message: message(diagnostic).into(),
        tags: unused.then(|| vec![DiagnosticTag::Unnecessary]),
        related_information: Some(related.collect::<Vec<_>>()).filter(|related| !related.is_empty()),
        ..lsp_types::Diagnostic::default()
    }
}

/// Everything that is said, the first line standing alone.
fn message(diagnostic: &Diagnostic) -> String {
    let mut lines = vec![diagnostic.message.clone()];
    if !diagnostic.primary.text.is_empty() {
        lines.push(diagnostic.primary.text.clone());
    }
    lines.extend(diagnostic.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(diagnostic.help.iter().map(|help| format!("help: {}", help.text)));
    lines.join("\n")
}

/// A place of no length is one that nobody sees: the character before it stands for it.
fn visible(snapshot: &Snapshot, span: Span) -> Span {
    if span.start < span.end {
        return span;
    }
    let text = snapshot.text(span.file);
    let before = text.get(..span.start as usize).unwrap_or_default().trim_end();
    let last = before.chars().next_back().map_or(0, char::len_utf8);
    Span::new(span.file, before.len().saturating_sub(last), before.len())
}

/// What is said of a document whose package cannot be read.
pub(crate) fn unreadable(words: &str) -> lsp_types::Diagnostic {
    lsp_types::Diagnostic {
        severity: Some(DiagnosticSeverity::Error),
        source: Some("holdpoint".to_owned()),
        message: words.to_owned().into(),
        ..lsp_types::Diagnostic::default()
    }
}

/// The changes that mend what is wrong at a place.
pub(crate) fn fixes(snapshot: &Snapshot, file: FileId, range: Range) -> Vec<CodeAction> {
    let of_file = snapshot.diagnostics.iter().filter(|diagnostic| diagnostic.primary.span.file == file);
    let here = of_file.filter(|diagnostic| {
        let place = snapshot.range(visible(snapshot, diagnostic.primary.span));
        place.start <= range.end && range.start <= place.end
    });
    here.filter_map(|diagnostic| fix(snapshot, diagnostic)).collect()
}

fn fix(snapshot: &Snapshot, diagnostic: &Diagnostic) -> Option<CodeAction> {
    let help = diagnostic.help.as_ref()?;
    let edit = help.edit.as_ref().filter(|edit| snapshot.is_own(edit.span.file))?;
    Some(CodeAction {
        title: title(snapshot, &help.text, edit),
        kind: Some(CodeActionKind::QuickFix),
        diagnostics: Some(vec![shown(snapshot, diagnostic)]),
        is_preferred: Some(true),
        edit: Some(change(snapshot, std::slice::from_ref(edit))?),
        ..CodeAction::default()
    })
}

/// What an edit does, in the words of the help where they are an order, else in its own.
fn title(snapshot: &Snapshot, help: &str, edit: &Edit) -> String {
    if !help.ends_with('?') {
        return help.to_owned();
    }
    match snapshot.slice(edit.span) {
        "" => format!("write `{}`", edit.replacement.trim()),
        old => format!("replace `{old}` by `{}`", edit.replacement.trim()),
    }
}

/// Edits of files of the package as an editor takes them.
pub(crate) fn change(snapshot: &Snapshot, edits: &[Edit]) -> Option<WorkspaceEdit> {
    let mut all =
        WorkspaceEdit { changes: Some(std::collections::HashMap::new()), ..WorkspaceEdit::default() };
    for edit in edits {
        let text_edit = TextEdit { range: snapshot.range(edit.span), new_text: edit.replacement.clone() };
        all.changes.as_mut()?.entry(snapshot.uri(edit.span.file)?).or_default().push(text_edit);
    }
    Some(all)
}
