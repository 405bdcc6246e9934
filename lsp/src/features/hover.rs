//! What is shown of the thing at a place: how it is declared, its type, what its author says of it, and what of it is
//! proven.

use holdpoint_compiler::Part;
use holdpoint_isa::builtins::Builtin;
use holdpoint_lang::Span;
use holdpoint_lang::hir;
use lsp_types::{Hover, MarkupContent, MarkupKind};

use crate::snapshot::{Cursor, Snapshot};
use crate::symbol::{Kind, Symbol};

/// What is shown at a place.
pub(crate) fn hover(cursor: &Cursor<'_>) -> Option<Hover> {
    let snapshot = cursor.snapshot;
    let (span, value) = match snapshot.name_at(cursor.file, cursor.at) {
        Some((at, declared)) => (at, of_declaration(snapshot, declared)?),
        None => builtin(cursor).or_else(|| literal(cursor))?,
    };
    let contents = MarkupContent { kind: MarkupKind::Markdown, value }.into();
    Some(Hover { contents, range: Some(snapshot.range(span)) })
}

/// What is said of something that is declared, in Markdown.
pub(crate) fn of_declaration(snapshot: &Snapshot, declared: Span) -> Option<String> {
    let ty = snapshot.checked.index.declared(declared).map(|ty| snapshot.show(ty));
    let Some(symbol) = snapshot.symbol(declared) else {
        return Some(code(&format!("{}: {}", snapshot.slice(declared), ty?)));
    };
    let mut parts = vec![code(&signature(snapshot, symbol))];
    let typed = matches!(symbol.kind, Kind::Let | Kind::Function);
    parts.extend(ty.filter(|_| typed).map(|ty| format!("of type `{ty}`")));
    if !symbol.docs.is_empty() {
        parts.push(symbol.docs.join("\n"));
    }
    parts.extend(field(snapshot, symbol));
    parts.extend(bound(snapshot, symbol));
    if !snapshot.is_own(declared.file) {
        parts.push(format!("declared in `{}`", snapshot.path(declared.file)));
    }
    Some(parts.join("\n\n"))
}

/// How something is declared: all of it, or what stands before its braces.
fn signature(snapshot: &Snapshot, symbol: &Symbol) -> String {
    let span = if matches!(symbol.kind, Kind::Enum) { symbol.extent } else { symbol.head };
    let words = snapshot.slice(span).split_whitespace().collect::<Vec<_>>().join(" ");
    let owner = symbol.within.and_then(|owner| snapshot.symbols.get(owner));
    match (symbol.kind, owner) {
        (Kind::Field, Some(owner)) => format!("{words} // of {}", owner.name),
        (Kind::Member, Some(owner)) => format!("{}.{words}", owner.name),
        _ => words,
    }
}

/// On whose word a member of the request rests, and its name in JSON where that is another one.
fn field(snapshot: &Snapshot, symbol: &Symbol) -> Option<String> {
    let package = &snapshot.checked.package;
    let request = package.records.get(package.request?)?;
    let field = request.fields.iter().find(|field| field.span == Some(symbol.span))?;
    let words = hir_provenance(field);
    let wire = if field.wire == field.name { String::new() } else { format!(", `{}` in JSON", field.wire) };
    Some(format!("member of the request, {words}{wire}"))
}

fn hir_provenance(field: &hir::Field) -> &'static str {
    use holdpoint_isa::program::Provenance;
    let known = Provenance::WORDS.into_iter().find(|(_, provenance)| *provenance == field.provenance);
    known.map_or("claimed", |(word, _)| word)
}

/// The most fuel that a rule needs, which the compiler proves of a package that has no other.
fn bound(snapshot: &Snapshot, symbol: &Symbol) -> Option<String> {
    let whole = snapshot.compiled.as_ref()?.fuel_bound;
    let part = match symbol.kind {
        Kind::Rule => Part::Rule(symbol.span),
        Kind::Policy => Part::Policy(symbol.span),
        _ => return None,
    };
    let checked = &snapshot.checked;
    let alone = holdpoint_compiler::bound_alone(&checked.package, &checked.sources, part)?;
    Some(format!("alone at most {alone} fuel, of {whole} for the whole package"))
}

fn builtin(cursor: &Cursor<'_>) -> Option<(Span, String)> {
    let (span, word) = word(cursor)?;
    let info = Builtin::from_word(word)?.info();
    let params: Vec<String> = info.params.iter().map(|(name, ty)| format!("{name}: {}", ty.word())).collect();
    let signature = format!("{}({}) -> {}", info.word, params.join(", "), info.result.word());
    Some((span, format!("{}\n\n{}", code(&signature), info.doc.trim())))
}

/// The type of a literal.
fn literal(cursor: &Cursor<'_>) -> Option<(Span, String)> {
    let (span, _) = word(cursor)?;
    let ty = cursor.snapshot.checked.index.ty(span)?;
    Some((span, format!("of type `{}`", cursor.snapshot.show(ty))))
}

/// The token at a place.
fn word<'s>(cursor: &Cursor<'s>) -> Option<(Span, &'s str)> {
    let all = holdpoint_lang::lexer::raw(cursor.text);
    let found = all.iter().find(|raw| raw.start <= cursor.at as usize && (cursor.at as usize) < raw.end)?;
    Some((cursor.span(found.start, found.end), cursor.text.get(found.start..found.end)?))
}

pub(crate) fn code(text: &str) -> String {
    format!("```hold\n{text}\n```")
}
