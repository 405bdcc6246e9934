//! Names: where they are declared, where they are used, and other names for the same.

use holdpoint_lang::diag::Edit;
use holdpoint_lang::diag::Severity;
use holdpoint_lang::lexer::{RawKind, raw};
use holdpoint_lang::token::{Kw, Token};
use holdpoint_lang::{PackageInput, Span, check};
use lsp_types::{
    DocumentHighlight, DocumentHighlightKind, Location, PrepareRenamePlaceholder, WorkspaceEdit,
};

use super::problems::change;
use crate::snapshot::{Cursor, Snapshot};
use crate::symbol::Kind;

/// Where the name at a place is declared.
pub(crate) fn definition(cursor: &Cursor<'_>) -> Option<Location> {
    if let Some((_, declared)) = cursor.snapshot.name_at(cursor.file, cursor.at) {
        if let Some(module) = module(cursor, declared) {
            return Some(module);
        }
        return cursor.snapshot.location(declared);
    }
    None
}

/// The file of a module of the library that is used.
fn module(cursor: &Cursor<'_>, declared: Span) -> Option<Location> {
    let symbol = cursor.snapshot.symbol(declared).filter(|symbol| symbol.kind == Kind::Module)?;
    let words = cursor.snapshot.slice(symbol.extent);
    let name = words.split_whitespace().nth(1)?;
    let path = format!("{}.hold", name.replace('.', "/"));
    let sources = &cursor.snapshot.checked.sources;
    let (file, _) =
        sources.iter().find(|(id, source)| !cursor.snapshot.is_own(*id) && source.path == path)?;
    cursor.snapshot.location(Span::new(file, 0, 0))
}

/// Where the name at a place is used.
pub(crate) fn references(cursor: &Cursor<'_>, with_declaration: bool) -> Option<Vec<Location>> {
    let (_, declared) = cursor.snapshot.name_at(cursor.file, cursor.at)?;
    let all = cursor.snapshot.occurrences(declared).into_iter();
    let wanted = all.filter(|span| with_declaration || *span != declared);
    Some(wanted.filter_map(|span| cursor.snapshot.location(span)).collect())
}

/// Where the name at a place stands in its file.
pub(crate) fn highlights(cursor: &Cursor<'_>) -> Option<Vec<DocumentHighlight>> {
    let (_, declared) = cursor.snapshot.name_at(cursor.file, cursor.at)?;
    let here = cursor.snapshot.occurrences(declared).into_iter().filter(|span| span.file == cursor.file);
    let shown = here.map(|span| DocumentHighlight {
        range: cursor.snapshot.range(span),
        kind: Some(if span == declared { DocumentHighlightKind::Write } else { DocumentHighlightKind::Read }),
    });
    Some(shown.collect())
}

/// Whether the name at a place can be another one: where it stands, and as what.
///
/// # Errors
/// Why it cannot be.
pub(crate) fn prepare_rename(cursor: &Cursor<'_>) -> Result<PrepareRenamePlaceholder, String> {
    let (at, _) = renamed(cursor)?;
    let placeholder = cursor.snapshot.slice(at).to_owned();
    Ok(PrepareRenamePlaceholder { range: cursor.snapshot.range(at), placeholder })
}

fn renamed(cursor: &Cursor<'_>) -> Result<(Span, Span), String> {
    let snapshot = cursor.snapshot;
    let (at, declared) =
        snapshot.name_at(cursor.file, cursor.at).ok_or("there is no name here that something declares")?;
    if !snapshot.is_own(declared.file) {
        return Err(format!("`{}` is declared by the library", snapshot.slice(at)));
    }
    let named = |name: &str| matches!(raw(name).as_slice(), [one] if one.end == name.len());
    let is_request = snapshot.symbol(declared).is_some_and(|symbol| symbol.kind == Kind::Request);
    if is_request || !named(snapshot.slice(declared)) || snapshot.slice(declared).starts_with('"') {
        return Err(format!("`{}` is no name that could be another one", snapshot.slice(declared)));
    }
    Ok((at, declared))
}

/// The changes that give what a name stands for another name.
///
/// # Errors
/// Why it cannot have that name.
pub(crate) fn rename(cursor: &Cursor<'_>, name: &str) -> Result<WorkspaceEdit, String> {
    let snapshot = cursor.snapshot;
    let (_, declared) = renamed(cursor)?;
    let is_name = match raw(name).as_slice() {
        [one] if one.end == name.len() => match one.kind {
            RawKind::Token(Token::Name(_)) => true,
            RawKind::Token(Token::Keyword(kw)) => !kw.is_reserved(),
            _ => false,
        },
        _ => false,
    };
    if !is_name {
        let reserved = Kw::from_word(name).is_some_and(Kw::is_reserved);
        let why = if reserved { "a reserved word" } else { "no name: write letters, digits and `_`" };
        return Err(format!("`{name}` is {why}"));
    }
    let mut edits: Vec<Edit> = snapshot
        .occurrences(declared)
        .into_iter()
        .map(|span| Edit { span, replacement: name.to_owned() })
        .collect();
    edits.extend(kept_in_json(snapshot, declared));
    if let Some(wrong) = made_wrong(snapshot, &edits) {
        return Err(format!("with the name `{name}` the package would be wrong: {wrong}"));
    }
    change(snapshot, &edits).ok_or_else(|| "this file has no place that an editor could change".to_owned())
}

/// A member of a record keeps its name in JSON, which callers send.
fn kept_in_json(snapshot: &Snapshot, declared: Span) -> Option<Edit> {
    let symbol = snapshot.symbol(declared).filter(|symbol| symbol.kind == Kind::Field)?;
    let fields = snapshot.checked.package.records.iter().flat_map(|record| &record.fields);
    let has_own = fields.into_iter().any(|field| field.span == Some(declared) && field.wire != field.name);
    let replacement = format!(" as \"{}\"", symbol.name);
    (!has_own).then(|| Edit { span: symbol.extent.after(), replacement })
}

/// The first error that edits lead to where there was none.
fn made_wrong(snapshot: &Snapshot, edits: &[Edit]) -> Option<String> {
    let errors = |diagnostics: &[holdpoint_lang::Diagnostic]| {
        diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    };
    let mut input = PackageInput { data: snapshot.data().clone(), ..PackageInput::default() };
    for file in snapshot.files() {
        let mut text = snapshot.text(file).to_owned();
        let mut here: Vec<&Edit> = edits.iter().filter(|edit| edit.span.file == file).collect();
        here.sort_by_key(|edit| std::cmp::Reverse(edit.span));
        for edit in here {
            text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
        }
        input.files.push((snapshot.path(file).to_owned(), text));
    }
    let found = check(&input, &holdpoint_stdlib::module).diagnostics;
    let worse = errors(&found) > errors(&snapshot.checked.diagnostics);
    let first = found.into_iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    first.filter(|_| worse).map(|diagnostic| diagnostic.message)
}
