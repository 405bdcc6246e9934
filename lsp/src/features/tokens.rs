//! Semantic tokens: what each word is, which only the check can tell of a name.

use holdpoint_lang::lexer::{RawKind, raw};
use holdpoint_lang::token::Token;
use holdpoint_lang::{FileId, Span, TYPE_NAMES};
use lsp_types::{SemanticToken, SemanticTokens, SemanticTokensLegend};

use crate::snapshot::Snapshot;
use crate::symbol::Kind;

/// What a word can be, by the names that editors know.
const TYPES: [&str; 14] = [
    "comment",
    "keyword",
    "string",
    "number",
    "operator",
    "type",
    "struct",
    "enum",
    "enumMember",
    "property",
    "variable",
    "parameter",
    "function",
    "class",
];

pub(crate) fn legend() -> SemanticTokensLegend {
    let token_types = TYPES.map(str::to_owned).to_vec();
    SemanticTokensLegend { token_types, token_modifiers: vec!["declaration".to_owned()] }
}

/// A word: where it stands, what it is, and whether it declares that.
type Word = (Span, &'static str, bool);

/// The words of a file.
pub(crate) fn full(snapshot: &Snapshot, file: FileId) -> SemanticTokens {
    let mut words: Vec<Word> = Vec::new();
    let names = names(snapshot, file);
    let raws = raw(snapshot.text(file));
    for (at, part) in raws.iter().enumerate() {
        let span = Span::new(file, part.start, part.end);
        let before = at.checked_sub(1).and_then(|before| raws.get(before)).map(|raw| raw.kind);
        let behind = raws.get(at.saturating_add(1)).map(|raw| raw.kind);
        match kind(part.kind) {
            Some("string") => string(span, &names, &mut words),
            // A name that stands for something is that, whatever its letters spell.
            Some(kind) => match names.binary_search_by_key(&span, |(name, ..)| *name) {
                Ok(found) => words.extend(names.get(found).copied()),
                Err(_) => words.push((span, unknown(part.kind, kind, before, behind), false)),
            },
            None => {}
        }
    }
    SemanticTokens { result_id: None, data: relative(snapshot, file, &words) }
}

/// What a word is of which the check says nothing, by what stands around it.
fn unknown(
    word: RawKind<'_>,
    kind: &'static str,
    before: Option<RawKind<'_>>,
    behind: Option<RawKind<'_>>,
) -> &'static str {
    match (word, before, behind) {
        (RawKind::Token(Token::Name(_) | Token::Keyword(_)), Some(RawKind::Token(Token::Dot)), _) => {
            "property"
        }
        (RawKind::Token(Token::Name(name)), ..) if TYPE_NAMES.contains(&name) => "type",
        (RawKind::Token(Token::Name(_)), _, Some(RawKind::Token(Token::LParen))) => "function",
        _ => kind,
    }
}

/// Names within a file with what they stand for and whether they declare it, in order.
fn names(snapshot: &Snapshot, file: FileId) -> Vec<Word> {
    let declared = snapshot.symbols.iter().map(|symbol| (symbol.span, symbol.span));
    let locals = snapshot.checked.index.declarations().map(|span| (span, span));
    let uses = snapshot.checked.index.uses();
    let all = declared.chain(locals).chain(uses).filter(|(at, _)| at.file == file);
    let mut names: Vec<_> =
        all.filter_map(|(at, of)| Some((at, declared_kind(snapshot, of)?, at == of))).collect();
    names.sort_unstable();
    names.dedup_by_key(|(at, ..)| *at);
    names
}

fn declared_kind(snapshot: &Snapshot, declared: Span) -> Option<&'static str> {
    let Some(symbol) = snapshot.symbol(declared) else { return Some("variable") };
    let kind = match symbol.kind {
        Kind::Record => "struct",
        Kind::Enum => "enum",
        Kind::Member => "enumMember",
        Kind::Field | Kind::Signal => "property",
        Kind::Function => "function",
        Kind::Parameter => "parameter",
        Kind::Let | Kind::Fixture => "variable",
        Kind::Policy
        | Kind::Rule
        | Kind::Waiver
        | Kind::Obligation
        | Kind::Score
        | Kind::Rollout
        | Kind::Verification => "class",
        Kind::Window | Kind::Calendar | Kind::Group => "type",
        Kind::Module | Kind::Request | Kind::Test => return None,
    };
    Some(kind)
}

fn kind(kind: RawKind<'_>) -> Option<&'static str> {
    let RawKind::Token(token) = kind else { return Some("comment") };
    let kind = match token {
        Token::Doc(_) => "comment",
        Token::Keyword(_) | Token::Callers | Token::IfElse => "keyword",
        Token::Text(_) | Token::Quoted(_) => "string",
        Token::Int(_)
        | Token::Decimal(_)
        | Token::Percent(_)
        | Token::Points(_)
        | Token::Duration(_)
        | Token::Size(_)
        | Token::Version(_)
        | Token::Date(_)
        | Token::Time(_)
        | Token::Instant(_)
        | Token::Currency(_) => "number",
        Token::Lt | Token::Le | Token::Gt | Token::Ge | Token::Eq | Token::Ne | Token::Assign => "operator",
        Token::Plus | Token::Minus | Token::Star | Token::Slash | Token::Arrow => "operator",
        Token::Name(_) => "variable",
        _ => return None,
    };
    Some(kind)
}

/// A text, and the names in its holes.
fn string(span: Span, names: &[Word], words: &mut Vec<Word>) {
    let mut at = span.start;
    let within = names.iter().filter(|(name, ..)| span.start < name.start && name.end < span.end);
    for known @ (name, ..) in within {
        if at < name.start {
            words.push((Span { start: at, end: name.start, ..span }, "string", false));
        }
        words.push(*known);
        at = name.end;
    }
    words.push((Span { start: at, ..span }, "string", false));
}

/// Each word by its distance from the one before it.
fn relative(snapshot: &Snapshot, file: FileId, words: &[Word]) -> Vec<SemanticToken> {
    let (mut line, mut column) = (0u32, 0u32);
    let Some(lines) = snapshot.lines(file) else { return Vec::new() };
    let shown = words.iter().filter_map(|(span, kind, declares)| {
        let start = snapshot.range(*span).start;
        let delta_line = start.line.saturating_sub(line);
        let delta_start =
            if delta_line == 0 { start.character.saturating_sub(column) } else { start.character };
        (line, column) = (start.line, start.character);
        Some(SemanticToken {
            delta_line,
            delta_start,
            length: lines.encoding().len(snapshot.slice(*span).trim_end_matches('\r')),
            token_type: u32::try_from(TYPES.iter().position(|known| known == kind)?).ok()?,
            token_modifiers_bitset: u32::from(*declares),
        })
    });
    shown.collect()
}
