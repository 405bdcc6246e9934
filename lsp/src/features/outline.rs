//! The shape of a file: what it declares, what can be folded, what a selection grows to.

use std::collections::BTreeMap;

use holdpoint_lang::lexer::{RawKind, raw};
use holdpoint_lang::token::Token;
use holdpoint_lang::{FileId, Span};
use lsp_types::{
    BaseSymbolInformation, DocumentSymbol, FoldingRange, FoldingRangeKind, SelectionRange, SymbolKind,
    WorkspaceSymbol,
};

use crate::snapshot::{Cursor, Snapshot};
use crate::symbol::{Kind, Symbol};

/// What a file declares, each thing below what it is declared in.
pub(crate) fn document(snapshot: &Snapshot, file: FileId) -> Vec<DocumentSymbol> {
    let mut held: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (index, symbol) in snapshot.symbols.iter().enumerate().filter(|(_, symbol)| symbol.span.file == file)
    {
        held.entry(symbol.within).or_default().push(index);
    }
    below(snapshot, &held, None)
}

/// What is declared within something, by what each thing is declared in.
fn below(
    snapshot: &Snapshot,
    held: &BTreeMap<Option<usize>, Vec<usize>>,
    within: Option<usize>,
) -> Vec<DocumentSymbol> {
    let here = held.get(&within).map(Vec::as_slice).unwrap_or_default();
    let shown = here.iter().filter_map(|index| {
        let children = below(snapshot, held, Some(*index));
        Some(document_symbol(snapshot, snapshot.symbols.get(*index)?, children))
    });
    let mut shown: Vec<DocumentSymbol> = shown.collect();
    shown.sort_by_key(|symbol| symbol.range.start);
    shown
}

#[expect(deprecated, reason = "the type has a member of older versions, which stays empty")]
fn document_symbol(snapshot: &Snapshot, symbol: &Symbol, children: Vec<DocumentSymbol>) -> DocumentSymbol {
    DocumentSymbol {
        name: name(symbol),
        detail: detail(snapshot, symbol),
        kind: kind(symbol.kind),
        range: snapshot.range(symbol.extent),
        selection_range: snapshot.range(symbol.span),
        children: Some(children).filter(|children| !children.is_empty()),
        tags: None,
        deprecated: None,
    }
}

/// Editors refuse symbols without a name.
fn name(symbol: &Symbol) -> String {
    if symbol.name.trim().is_empty() { "…".to_owned() } else { symbol.name.clone() }
}

fn detail(snapshot: &Snapshot, symbol: &Symbol) -> Option<String> {
    let ty = snapshot.checked.index.declared(symbol.span).map(|ty| snapshot.show(ty));
    ty.or_else(|| Some(symbol.title.clone()).filter(|title| !title.is_empty()))
}

/// What editors call each kind of thing.
pub(crate) fn kind(kind: Kind) -> SymbolKind {
    match kind {
        Kind::Module => SymbolKind::Module,
        Kind::Record | Kind::Request => SymbolKind::Struct,
        Kind::Field => SymbolKind::Field,
        Kind::Enum => SymbolKind::Enum,
        Kind::Member => SymbolKind::EnumMember,
        Kind::Window | Kind::Calendar => SymbolKind::Event,
        Kind::Group => SymbolKind::Object,
        Kind::Signal => SymbolKind::Property,
        Kind::Function => SymbolKind::Function,
        Kind::Parameter => SymbolKind::Constant,
        Kind::Let => SymbolKind::Variable,
        Kind::Policy | Kind::Rollout => SymbolKind::Class,
        Kind::Rule | Kind::Waiver | Kind::Obligation | Kind::Verification => SymbolKind::Method,
        Kind::Score => SymbolKind::Number,
        Kind::Fixture => SymbolKind::Object,
        Kind::Test => SymbolKind::Method,
    }
}

/// What a package declares whose name holds the letters of a query in their order.
pub(crate) fn workspace(snapshot: &Snapshot, query: &str) -> Vec<WorkspaceSymbol> {
    let own = snapshot.symbols.iter().filter(|symbol| snapshot.is_own(symbol.span.file));
    let wanted = own.filter(|symbol| holds(&symbol.name, query) && symbol.kind != Kind::Module);
    let shown = wanted.filter_map(|symbol| {
        let container = symbol.within.and_then(|owner| snapshot.symbols.get(owner));
        Some(WorkspaceSymbol {
            location: snapshot.location(symbol.span)?.into(),
            data: None,
            base_symbol_information: BaseSymbolInformation {
                name: name(symbol),
                kind: kind(symbol.kind),
                tags: None,
                container_name: container.map(|owner| owner.name.clone()),
            },
        })
    });
    shown.collect()
}

fn holds(name: &str, query: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    query.chars().flat_map(char::to_lowercase).all(|wanted| letters.any(|letter| letter == wanted))
}

/// Brackets over several lines, and comments of several lines.
pub(crate) fn folding(snapshot: &Snapshot, file: FileId) -> Vec<FoldingRange> {
    let line = |at: usize| snapshot.range(Span::new(file, at, at)).start.line;
    let (mut open, mut found) = (Vec::new(), Vec::new());
    let mut comment: Option<(u32, u32)> = None;
    for part in raw(snapshot.text(file)) {
        let (first, last) = (line(part.start), line(part.end));
        match part.kind {
            RawKind::Comment | RawKind::Token(Token::Doc(_)) => {
                comment = match comment {
                    Some((from, to)) if to.saturating_add(1) == first && part.lines == 1 => {
                        Some((from, last))
                    }
                    other => {
                        found.extend(other.and_then(|lines| folded(lines, Some(FoldingRangeKind::Comment))));
                        Some((first, last))
                    }
                };
            }
            RawKind::Token(Token::LBrace | Token::LParen | Token::LBracket) => open.push(first),
            RawKind::Token(Token::RBrace | Token::RParen | Token::RBracket) => {
                // The line of the closing bracket stays in sight.
                let lines = open.pop().map(|from| (from, first.saturating_sub(1)));
                found.extend(lines.and_then(|lines| folded(lines, None)));
            }
            RawKind::Token(_) => {}
        }
    }
    found.extend(comment.and_then(|lines| folded(lines, Some(FoldingRangeKind::Comment))));
    found.sort_by_key(|range| (range.start_line, range.end_line));
    found
}

fn folded((start_line, end_line): (u32, u32), kind: Option<FoldingRangeKind>) -> Option<FoldingRange> {
    (start_line < end_line).then(|| FoldingRange { start_line, end_line, kind, ..FoldingRange::default() })
}

/// What a selection at a place grows to, step by step.
pub(crate) fn selection(cursor: &Cursor<'_>) -> SelectionRange {
    let snapshot = cursor.snapshot;
    let holds = |span: &Span| span.file == cursor.file && span.start <= cursor.at && cursor.at <= span.end;
    let tokens = raw(cursor.text).into_iter().map(|raw| cursor.span(raw.start, raw.end));
    let values = snapshot.checked.index.types().map(|(span, _)| span);
    let mut spans: Vec<Span> = tokens.chain(values).filter(holds).collect();
    spans.extend(snapshot.symbols.iter().map(|symbol| symbol.extent).filter(holds));
    spans.extend(statements(snapshot, cursor.file).filter(holds));
    spans.push(cursor.span(0, cursor.text.len()));
    spans.sort_by_key(|span| (std::cmp::Reverse(span.end.saturating_sub(span.start)), span.start));
    spans.dedup();
    let mut grown: Option<SelectionRange> = None;
    let mut outer: Option<Span> = None;
    for span in spans {
        // What only touches the place beside something that holds it is passed over.
        if outer.is_none_or(|outer| outer.start <= span.start && span.end <= outer.end) {
            grown = Some(SelectionRange { range: snapshot.range(span), parent: grown.map(Box::new) });
            outer = Some(span);
        }
    }
    grown.unwrap_or_default()
}

fn statements(snapshot: &Snapshot, file: FileId) -> impl Iterator<Item = Span> {
    let policies = snapshot.checked.package.policies.iter();
    let statements = policies.flat_map(|policy| &policy.rules).flat_map(|rule| &rule.statements);
    statements.map(|statement| statement.span).filter(move |span| span.file == file)
}
