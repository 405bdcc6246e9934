//! The words of every diagnostic, one constructor for each mistake.
//!
//! A message is lower case, has no full stop, puts user text in backticks and says what is wrong; its help says in the
//! imperative what would be right.

mod names;
mod rules;
mod types;

pub use names::*;
pub use rules::*;
pub use types::*;

use holdpoint_isa::limits;
use holdpoint_isa::literal::LiteralError;

use super::{Code, Diagnostic};
use crate::span::Span;
use crate::token::LexError;

// ---- lexical form

/// A stretch that is no token.
pub fn no_token(error: LexError, span: Span, text: Option<&str>) -> Diagnostic {
    let text = text.unwrap_or_default();
    match error {
        LexError::Character => {
            Diagnostic::new(Code::UnknownCharacter, span, format!("`{text}` begins no token"))
                .help("remove it; texts stand between double quotes")
        }
        LexError::UnterminatedText => Diagnostic::new(
            Code::UnterminatedText,
            span,
            "this text has no closing quote on its line",
        )
        .fix("close it", span.after(), "\""),
        LexError::Control => {
            Diagnostic::new(Code::ControlCharacter, span, "a control or bidirectional character stands here")
                .help("remove it; only tabs and line ends are allowed")
        }
        LexError::NumberWord => Diagnostic::new(Code::NumberWord, span, "a number runs into a word")
            .help("write a space between them, or a unit such as `10m`, `80%`, `0.5pp` or `512MB`"),
    }
}

/// Brackets or expressions nest too deeply.
pub fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(Code::TooDeep, span, format!("this nests deeper than {} levels", limits::NESTING_MAX))
        .help("give a part of it a name with `let`")
}

/// A literal that is spelt right but has no value.
pub fn bad_literal(span: Span, why: &str) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, span, format!("this literal has no value: {why}"))
}

/// A pattern that cannot be read.
pub fn bad_pattern(span: Span, why: LiteralError) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, span, why.message()).help(why.help())
}

/// An unknown escape.
pub fn bad_escape(span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadEscape, span, "this escape is not known")
        .help("write one of `\\\"`, `\\\\`, `\\n` and `\\t`")
}

/// A closing brace on its own.
pub fn lone_brace(span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadHole, span, "this brace closes nothing").fix(
        "double it for a brace in the text",
        span,
        "}}",
    )
}

/// A hole that is not closed.
pub fn open_hole(span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadHole, span, "this brace is not closed within the text")
        .help("close it with `}`, or write `{{` for a brace in the text")
}

/// A semicolon.
pub fn semicolon(span: Span) -> Diagnostic {
    Diagnostic::new(Code::Semicolon, span, "statements need no separator").fix("remove it", span, "")
}

/// A file beyond the limit.
pub fn source_too_long(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::SourceTooLong,
        span,
        format!("this file is longer than {} bytes", limits::SOURCE_BYTES_MAX),
    )
    .help("split it into several files of the same package")
}

// ---- grammar

/// Something that cannot stand here.
pub fn unexpected(span: Span, found: &str, expected: Option<String>) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::Unexpected, span, format!("{found} cannot stand here"));
    match expected {
        Some(expected) => diagnostic.label(format!("expected {expected}")),
        None => diagnostic,
    }
}

/// A bracket that is never closed.
pub fn unclosed(end: Span, what: &str, bracket: &str, open: Span) -> Diagnostic {
    Diagnostic::new(Code::Unexpected, end, format!("the {what} ends before a {bracket} is closed"))
        .also(open, "opened here")
}

/// `a < b < c`
pub fn chained_comparison(span: Span) -> Diagnostic {
    Diagnostic::new(Code::ChainedComparison, span, "comparisons do not chain").help("write `a < b and b < c`")
}

/// `a and b or c`
pub fn mixed_and_or(span: Span, inner: Span) -> Diagnostic {
    Diagnostic::new(Code::MixedAndOr, span, "`and` stands beside `or`, and it is not said which binds first")
        .also(inner, "this part")
        .help("put one of them in parentheses")
}

/// `&&` and its like.
pub fn spelling(span: Span, right: &str) -> Diagnostic {
    Diagnostic::new(Code::ForeignSpelling, span, format!("this operator is spelt `{right}` here")).fix(
        format!("write `{right}`"),
        span,
        right,
    )
}

/// A call of an expression.
pub fn not_callable(span: Span) -> Diagnostic {
    Diagnostic::new(Code::NotCallable, span, "this is no function").help("call a function by its name")
}

/// A clause that belongs elsewhere.
pub fn misplaced_clause(span: Span, word: &str, place: &str) -> Diagnostic {
    Diagnostic::new(Code::ClauseMisplaced, span, format!("`{word}` belongs to {place}"))
}

/// A clause given twice.
pub fn repeated_clause(span: Span, word: &str) -> Diagnostic {
    Diagnostic::new(Code::ClauseMisplaced, span, format!("`{word}` is given twice")).help("keep one of them")
}

/// Clauses of a statement out of order.
pub fn clause_order(span: Span, word: &str, before: &str, other: Span) -> Diagnostic {
    Diagnostic::new(Code::ClauseOrder, span, format!("`{word}` comes before `{before}`"))
        .also(other, format!("`{before}` stands here"))
        .help("write the clauses in this order: details, `for each`, `when`, `unless`, `because`, `fix`")
}

/// A rule that says nothing.
pub fn empty_rule(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::EmptyRule, span, format!("rule `{name}` says nothing"))
        .help("give it a statement such as `block unless gates.unit == passed`")
}

/// A hole where only words may stand.
pub fn hole_in_plain_text(span: Span) -> Diagnostic {
    Diagnostic::new(Code::HoleInPlainText, span, "this text takes no values")
        .help("values may stand in the texts of `because`, `fix` and `oblige`; `{{` writes a brace")
}
