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
                .label("not a part of the language")
                .help("remove it; texts stand between double quotes")
        }
        LexError::UnterminatedText => {
            Diagnostic::new(Code::UnterminatedText, span, "this text has no closing quote on its line")
                .label("begins here")
                .fix("close it", span.after(), "\"")
        }
        LexError::Control => hidden(span, text),
        LexError::NumberWord => number_word(span, text),
        LexError::SingleQuotes => {
            let inner = text.trim_matches('\'');
            Diagnostic::new(Code::UnknownCharacter, span, "a text stands between double quotes")
                .label("in single quotes")
                .fix("write double quotes", span, format!("\"{}\"", inner.replace('"', "\\\"")))
        }
        LexError::ForeignComment => foreign_comment(span, text),
    }
}

fn hidden(span: Span, text: &str) -> Diagnostic {
    let what = match text.chars().next() {
        Some('\u{feff}') => "a byte order mark".to_owned(),
        Some(c) if c.is_control() => format!("a control character, U+{:04X},", u32::from(c)),
        Some(c) => format!("a character that changes the direction of writing, U+{:04X},", u32::from(c)),
        None => "a control character".to_owned(),
    };
    Diagnostic::new(Code::ControlCharacter, span, format!("{what} stands here"))
        .label("not seen, and not allowed")
        .fix("remove it; only tabs and line ends are allowed", span, "")
}

fn number_word(span: Span, text: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::NumberWord, span, "a number runs into a word")
        .label("neither a number nor a word");
    match with_short_unit(text) {
        Some(meant) => diagnostic.fix(format!("did you mean `{meant}`?"), span, meant),
        None => diagnostic.help(
            "write a space between them, or a whole number with a unit such as `10m`, `80%`, `0.5pp` or `512MB`",
        ),
    }
}

/// `15m` for `15min`; nothing for words that are no unit.
pub(crate) fn with_short_unit(text: &str) -> Option<String> {
    let at = text.rfind(|c: char| c.is_ascii_digit())?.checked_add(1)?;
    let (number, word) = text.split_at_checked(at)?;
    let unit = match word.to_ascii_lowercase().as_str() {
        "wk" | "wks" | "week" | "weeks" => "w",
        "day" | "days" => "d",
        "hr" | "hrs" | "hour" | "hours" => "h",
        "min" | "mins" | "minute" | "minutes" => "m",
        "sec" | "secs" | "second" | "seconds" => "s",
        "msec" | "msecs" | "milli" | "millis" | "millisecond" | "milliseconds" => "ms",
        "b" | "byte" | "bytes" => "B",
        "kb" | "kilobytes" => "kB",
        "mb" | "megabytes" => "MB",
        "gb" | "gigabytes" => "GB",
        "tb" | "terabytes" => "TB",
        "percent" | "pct" => "%",
        "point" | "points" | "ppt" => "pp",
        _ => return None,
    };
    let fraction = number.contains('.') && matches!(unit, "w" | "d" | "h" | "m" | "s");
    (!fraction).then(|| format!("{}{unit}", number.replace('_', "")))
}

fn foreign_comment(span: Span, text: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::UnknownCharacter, span, "a comment begins with `//`")
        .label("another language's");
    if text.starts_with('#') {
        let start = Span { end: span.start.saturating_add(1), ..span };
        return diagnostic.fix("write `//`", start, "//");
    }
    diagnostic.help("begin each line of it with `//`; it ends with its line")
}

/// Brackets or expressions nest too deeply.
pub fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(Code::TooDeep, span, format!("this nests deeper than {} levels", limits::NESTING_MAX))
        .label("too deep")
        .help("give a part of it a name with `let`")
}

/// A literal that is spelt right but has no value.
pub fn bad_literal(span: Span, error: LiteralError) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, span, format!("this literal has no value: {error}"))
        .label("cannot be read")
        .help(error.help())
}

/// A whole number beyond 64 bits.
pub fn int_out_of_range(span: Span) -> Diagnostic {
    let range = format!("an `int` is from {} to {}", i64::MIN, i64::MAX);
    Diagnostic::new(Code::BadLiteral, span, "this literal has no value: out of range")
        .label("too large")
        .note(range)
        .help("write a number that fits; where a `decimal` is meant, write a place behind the point, as in `1.0`")
}

/// A pattern that cannot be read.
pub fn bad_pattern(span: Span, why: LiteralError) -> Diagnostic {
    Diagnostic::new(Code::BadLiteral, span, why.message()).label("no pattern").help(why.help())
}

/// An unknown escape.
pub fn bad_escape(span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadEscape, span, "this escape is not known")
        .label("unknown escape")
        .help("write one of `\\\"`, `\\\\`, `\\n` and `\\t`")
}

/// A closing brace on its own.
pub fn lone_brace(span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadHole, span, "this brace closes nothing").label("closes nothing").fix(
        "double it for a brace in the text",
        span,
        "}}",
    )
}

/// A hole that is not closed.
pub fn open_hole(span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadHole, span, "this brace is not closed within the text")
        .label("opened here")
        .help("close it with `}`, or write `{{` for a brace in the text")
}

/// A semicolon.
pub fn semicolon(span: Span) -> Diagnostic {
    Diagnostic::new(Code::Semicolon, span, "statements need no separator").label("not needed").fix(
        "remove it",
        span,
        "",
    )
}

/// A file beyond the limit.
pub fn source_too_long(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::SourceTooLong,
        span,
        format!("this file is longer than {} bytes", limits::SOURCE_BYTES_MAX),
    )
    .label("too long")
    .help("split it into several files of the same package")
}

// ---- grammar

/// Something that cannot stand here.
pub fn unexpected(span: Span, found: &str, expected: Option<String>) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::Unexpected, span, format!("{found} cannot stand here"));
    match expected {
        Some(expected) => diagnostic.label(format!("expected {expected}")),
        None => diagnostic.label("not expected"),
    }
}

/// Adds the words that begin a declaration.
pub fn list_declarations(diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.note(
        "a declaration begins with `use`, `include`, `request`, `record`, `enum`, `let`, `param`, `fn`, `signal`, \
         `window`, `calendar`, `group`, `policy`, `score`, `fixture` or `test`",
    )
}

/// Adds in what it should stand.
pub fn belongs_in(diagnostic: Diagnostic, what: &str) -> Diagnostic {
    diagnostic.help(format!("put it into {what}"))
}

/// Adds the word that was probably meant.
pub fn word_meant(diagnostic: Diagnostic, word: &str) -> Diagnostic {
    let span = diagnostic.primary.span;
    diagnostic.fix(format!("did you mean `{word}`?"), span, word)
}

/// Adds what stands for a word of another language.
pub fn foreign_word(diagnostic: Diagnostic, word: &str) -> Diagnostic {
    let span = diagnostic.primary.span;
    diagnostic.fix(format!("write `{word}`"), span, word)
}

/// `is true` and `is false`.
pub fn is_truth(span: Span, holds: bool) -> Diagnostic {
    let word = if holds { "true" } else { "false" };
    let diagnostic = Diagnostic::new(
        Code::ForeignSpelling,
        span,
        format!("a condition is not asked whether it `is {word}`"),
    )
    .label("spelt as elsewhere");
    match holds {
        true => diagnostic.fix("write the condition alone", span, ""),
        false => diagnostic.help("write `not` before the condition instead"),
    }
}

/// `xs[0]`
pub fn no_index(span: Span) -> Diagnostic {
    Diagnostic::new(Code::Unexpected, span, "elements of a list are not read by their position")
        .label("an index")
        .help("ask for elements with `any x in xs where …`, or name `.first` or `.last`")
}

/// A word of the head that stands behind the name.
pub fn flag_behind(span: Span, word: &str) -> Diagnostic {
    Diagnostic::new(Code::ClauseMisplaced, span, format!("`{word}` stands before `rule`"))
        .label("too late")
        .help(format!("write `{word} rule NAME`"))
}

/// `allow` in a rule.
pub fn allow_in_rule(span: Span) -> Diagnostic {
    Diagnostic::new(Code::ClauseMisplaced, span, "`allow` is no statement of a rule")
        .label("a rule objects")
        .help("write `block unless …`; what no rule objects to passes")
}

/// Clauses of a waiver out of order.
pub fn waiver_order(span: Span, word: &str) -> Diagnostic {
    Diagnostic::new(Code::ClauseOrder, span, format!("`{word}` comes too late"))
        .label("further up")
        .help("write the clauses in this order: `when`, `on the caller's word`, `waives`, `oblige`")
}

/// Braces in a text with nothing between them.
pub fn empty_hole(span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadHole, span, "there is no value between these braces")
        .label("empty")
        .help("write a value, or `{{}}` for braces in the text")
}

/// A bracket that is never closed.
pub fn unclosed(end: Span, what: &str, bracket: &str, open: Span) -> Diagnostic {
    Diagnostic::new(Code::Unexpected, end, format!("the {what} ends before a {bracket} is closed"))
        .label("still open here")
        .also(open, "opened here")
}

/// `a < b < c`
pub fn chained_comparison(span: Span) -> Diagnostic {
    Diagnostic::new(Code::ChainedComparison, span, "comparisons do not chain")
        .label("a comparison of a comparison")
        .help("write `a < b and b < c`")
}

/// `a and b or c`
pub fn mixed_and_or(span: Span, inner: Span) -> Diagnostic {
    Diagnostic::new(Code::MixedAndOr, span, "`and` stands beside `or`, and it is not said which binds first")
        .label("`and` beside `or`")
        .also(inner, "this part")
        .help("put one of them in parentheses")
}

/// `&&` and its like.
pub fn spelling(span: Span, right: &str) -> Diagnostic {
    Diagnostic::new(Code::ForeignSpelling, span, format!("this operator is spelt `{right}` here"))
        .label("spelt as elsewhere")
        .fix(format!("write `{right}`"), span, right)
}

/// `for x in xs` without `each`.
pub fn for_without_each(span: Span, insert: Span) -> Diagnostic {
    Diagnostic::new(Code::ForeignSpelling, span, "elements of a list are named by `for each` here")
        .label("without `each`")
        .fix("write `for each`", insert, " each")
}

/// A call of an expression.
pub fn not_callable(span: Span) -> Diagnostic {
    Diagnostic::new(Code::NotCallable, span, "this is no function")
        .label("no function")
        .help("call a function by its name")
}

/// A clause that belongs elsewhere.
pub fn misplaced_clause(span: Span, word: &str, place: &str) -> Diagnostic {
    Diagnostic::new(Code::ClauseMisplaced, span, format!("`{word}` belongs to {place}")).label("not here")
}

/// A clause given twice.
pub fn repeated_clause(span: Span, word: &str) -> Diagnostic {
    Diagnostic::new(Code::ClauseMisplaced, span, format!("`{word}` is given twice"))
        .label("given again")
        .help("keep one of them")
}

/// Clauses of a statement out of order.
pub fn clause_order(span: Span, word: &str, before: &str, other: Span) -> Diagnostic {
    Diagnostic::new(Code::ClauseOrder, span, format!("`{word}` comes before `{before}`")).label(format!("too late for `{word}`"))
        .also(other, format!("`{before}` stands here"))
        .help(
            "write the clauses in this order: details (`for` or `until`; or `to`, `needs`, `expires`), `for each`, \
             `when`, `unless`, `because`, `fix`",
        )
}

/// A rule that says nothing.
pub fn empty_rule(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::EmptyRule, span, format!("rule `{name}` says nothing"))
        .label("no statement")
        .help("give it a statement such as `block unless gates.unit == passed`")
}

/// A hole where only words may stand.
pub fn hole_in_plain_text(span: Span) -> Diagnostic {
    Diagnostic::new(Code::HoleInPlainText, span, "this text takes no values")
        .label("only words here")
        .help("values may stand in the texts of `because`, `fix` and `oblige`; `{{` writes a brace")
}
