//! What the parser expected, in words an author knows.

use crate::token::Token;

/// Kinds of things that the parser can expect, each with a token that tells it and the words for it. The first that
/// are found are shown, so the order is that of usefulness.
const KINDS: &[(&str, &str)] = &[
    ("\"policy\"", "a declaration"),
    ("\"rule\"", "`rule`, `let`, `param` or `waiver`"),
    ("\"block\"", "a statement (`block`, `escalate`, `delay` or `warn`)"),
    ("\"when\"", "`when`"),
    ("\"unless\"", "`unless`"),
    ("\"because\"", "`because`"),
    ("\"int\"", "a value"),
    ("\"name\"", "a name"),
    ("\"text\"", "a text in quotes"),
    ("\"date\"", "a date such as `2026-12-18`"),
    ("\"time\"", "a time such as `09:00`"),
    ("\"mon\"", "a day such as `mon`"),
    ("\"open\"", "`open` or `closed`"),
    ("\"duration\"", "a duration such as `15m`"),
    ("\"instant\"", "an instant such as `2026-11-20T15:30+01:00`"),
    ("\"==\"", "an operator"),
    ("\"if-else\"", "`else`"),
    ("\"in\"", "`in`"),
    ("\"where\"", "`where`"),
    ("\"for\"", "`for`"),
    ("\"{\"", "`{`"),
    ("\"}\"", "`}`"),
    ("\"(\"", "`(`"),
    ("\")\"", "`)`"),
    ("\"]\"", "`]`"),
    ("\">\"", "`>`"),
    ("\"=\"", "`=`"),
    ("\":\"", "`:`"),
    ("\"->\"", "`->`"),
];

const SHOWN_MAX: usize = 4;

/// The expected things in words, the most useful first; nothing where there are none to name.
pub(super) fn list(expected: &[String]) -> Option<String> {
    let has = |token: &str| expected.iter().any(|name| name == token);
    // Where any word is a name, naming all words would say nothing.
    if has("\"name\"") && has("\"policy\"") && has("\"satisfies\"") {
        return Some(if has("\"}\"") { "a name or `}`" } else { "a name" }.to_owned());
    }
    // Where a value may start, names and brackets may too: one word for all of them.
    let value = has("\"int\"") && has("\"name\"");
    let covered = |token: &str| {
        value
            && matches!(
                token,
                "\"name\"" | "\"text\"" | "\"(\"" | "\"date\"" | "\"time\"" | "\"duration\"" | "\"instant\""
            )
    };
    // Where a name may stand, each contextual word may too.
    let name = has("\"name\"");
    let word = |token: &str| name && matches!(token, "\"mon\"" | "\"open\"");
    let words: Vec<&str> = KINDS
        .iter()
        .filter(|(token, _)| has(token) && !covered(token) && !word(token))
        .map(|(_, words)| *words)
        .take(SHOWN_MAX)
        .collect();
    match words.split_last() {
        None => None,
        Some((last, [])) => Some((*last).to_owned()),
        Some((last, before)) => Some(format!("{} or {last}", before.join(", "))),
    }
}

/// A token as an author sees it.
pub(super) fn found(token: &Token<'_>) -> String {
    match token {
        Token::Name(text)
        | Token::Currency(text)
        | Token::Int(text)
        | Token::Decimal(text)
        | Token::Percent(text)
        | Token::Points(text)
        | Token::Duration(text)
        | Token::Size(text)
        | Token::Version(text)
        | Token::Date(text)
        | Token::Time(text)
        | Token::Instant(text)
        | Token::Text(text)
        | Token::Doc(text) => format!("`{text}`"),
        Token::Keyword(kw) => format!("`{}`", kw.word()),
        Token::IfElse => "`else`".to_owned(),
        Token::Callers => "`caller's`".to_owned(),
        Token::Bad(_) => "something unreadable".to_owned(),
        other => format!("`{}`", symbol(other)),
    }
}

const fn symbol(token: &Token<'_>) -> &'static str {
    match token {
        Token::LBrace => "{",
        Token::RBrace => "}",
        Token::LParen => "(",
        Token::RParen => ")",
        Token::LBracket => "[",
        Token::RBracket => "]",
        Token::Lt => "<",
        Token::Le => "<=",
        Token::Gt => ">",
        Token::Ge => ">=",
        Token::Eq => "==",
        Token::Ne => "!=",
        Token::Assign => "=",
        Token::Plus => "+",
        Token::Minus => "-",
        Token::Star => "*",
        Token::Slash => "/",
        Token::Dot => ".",
        Token::Comma => ",",
        Token::Colon => ":",
        Token::Question => "?",
        Token::Arrow => "->",
        Token::AndAnd => "&&",
        Token::OrOr => "||",
        Token::Bang => "!",
        Token::Semicolon => ";",
        _ => "",
    }
}
