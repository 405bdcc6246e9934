//! What the parser expected, in words an author knows, and what was probably meant instead of what it met.

use crate::diag::nearest::nearest;
use crate::token::{Kw, Token};

/// Kinds of things that the parser can expect, each with a token that tells it and the words for it. The first that
/// are found are shown, so the order is that of usefulness.
const KINDS: &[(&str, &[&str])] = &[
    ("when", &["`when`"]),
    ("unless", &["`unless`"]),
    ("because", &["`because`"]),
    ("policy", &["a declaration"]),
    ("rule", &["`rule`", "`let`", "`param`", "`waiver`"]),
    ("block", &["`block`", "`escalate`", "`delay`", "`warn`"]),
    ("allow", &["`allow`"]),
    ("on", &["`on unknown`"]),
    ("control", &["`control`"]),
    ("claimed", &["`claimed`", "`verified`", "`gathered`", "`attested`"]),
    ("int", &["a value"]),
    ("name", &["a name"]),
    ("text", &["a text in quotes"]),
    ("date", &["a date such as `2026-12-18`"]),
    ("time", &["a time such as `09:00`"]),
    ("mon", &["a day such as `mon`"]),
    ("open", &["`open`", "`closed`"]),
    ("through", &["`through`"]),
    ("to", &["`to`"]),
    ("valid", &["`valid`"]),
    ("within", &["`within`"]),
    ("finish", &["`finish`", "`decision`"]),
    ("duration", &["a duration such as `15m`"]),
    ("instant", &["an instant such as `2026-11-20T15:30+01:00`"]),
    ("satisfies", &["`satisfies`"]),
    ("where", &["`where`"]),
    ("none", &["`none`", "`not none`"]),
    ("if-else", &["`else`"]),
    ("then", &["`then`"]),
    ("==", &["an operator"]),
    ("in", &["`in`"]),
    ("for", &["`for`"]),
    (",", &["`,`"]),
    ("{", &["`{`"]),
    ("}", &["`}`"]),
    ("(", &["`(`"]),
    (")", &["`)`"]),
    ("]", &["`]`"]),
    (">", &["`>`"]),
    ("=", &["`=`"]),
    (":", &["`:`"]),
    ("->", &["`->`"]),
    ("deploy", &["`deploy`"]),
    ("unknown", &["`unknown`"]),
    ("bands", &["`bands`"]),
];

/// Most kinds that are shown.
const SHOWN_MAX: usize = 6;

/// Whether a token, without its quotes, is among those that were expected.
pub(super) fn has(expected: &[String], token: &str) -> bool {
    expected.iter().any(|name| name.trim_matches('"') == token)
}

/// The expected things in words, the most useful first; nothing where there are none to name.
pub(super) fn list(expected: &[String]) -> Option<String> {
    let has = |token: &str| has(expected, token);
    // Where any word is a name, naming all words would say nothing.
    if has("name") && has("policy") && has("satisfies") {
        return Some(if has("}") { "a name or `}`" } else { "a name" }.to_owned());
    }
    let words: Vec<&str> = KINDS
        .iter()
        .filter(|(token, _)| has(token) && !covered(token, &has))
        .take(SHOWN_MAX)
        .flat_map(|(_, words)| *words)
        .copied()
        .collect();
    match words.split_last() {
        None => None,
        Some((last, [])) => Some((*last).to_owned()),
        Some((last, before)) => Some(format!("{} or {last}", before.join(", "))),
    }
}

/// Whether another kind of thing that is expected says as much as this one.
fn covered(token: &str, has: &impl Fn(&str) -> bool) -> bool {
    match token {
        // Where a value may start, names and brackets may too: one word for all of them.
        "name" | "text" | "date" | "time" | "duration" | "instant" | "none" => has("int") && has("name"),
        "in" | "for" | "(" => has("==") || has("int") || has("block"),
        ">" | "=" | ":" => has("=="),
        // Where a name may stand, each contextual word may too.
        "mon" | "open" | "through" | "to" | "valid" | "within" | "finish" | "deploy" | "unknown"
        | "bands" | "control" | "claimed" => has("name") || has("block") || has("policy"),
        "on" | "==" => has("block") || has("policy") || has("rule"),
        // Behind a value, an operator may stand nearly everywhere, and a declaration ends nearly everywhere.
        "allow" => has("when") || has("}") && !has("rule"),
        "}" => has("=="),
        _ => false,
    }
}

/// What was probably meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    /// A word that is nearly spelt like this.
    Near(&'static str),
    /// The word for this in our language.
    Foreign(&'static str),
    /// Something that stands in a policy.
    InPolicy,
    /// Something that stands in a rule.
    InRule,
}

/// What was probably meant by a token that could not stand where it did. `before` is the text in front of it.
pub(super) fn meant(token: &Token<'_>, expected: &[String], before: &str) -> Option<Meant> {
    let word = match token {
        Token::Name(word) => *word,
        Token::Keyword(kw) => kw.word(),
        _ => return None,
    };
    if behind_binder(before) {
        let foreign = matches!(word, "if" | "when" | "with" | "such_that" | "that");
        return if foreign {
            Some(Meant::Foreign("where"))
        } else {
            nearest(word, ["where"]).map(Meant::Near)
        };
    }
    if matches!(word, "rule" | "waiver" | "waivable")
        && has(expected, "policy")
        && !has(expected, "satisfies")
    {
        return Some(Meant::InPolicy);
    }
    let verdict =
        matches!(word, "block" | "delay" | "escalate" | "warn" | "deny" | "reject" | "forbid" | "if");
    if verdict && has(expected, "rule") && !has(expected, "block") && !has(expected, "satisfies") {
        return Some(Meant::InRule);
    }
    foreign(word, expected).map(Meant::Foreign).or_else(|| near(token, word, expected).map(Meant::Near))
}

/// Whether a text ends with a name for the elements of a list, as in `any x in xs`.
fn behind_binder(text: &str) -> bool {
    let mut words = text.split_whitespace().rev();
    let (_, within, _) = (words.next(), words.next(), words.next());
    within == Some("in") && matches!(words.next(), Some("any" | "no" | "count" | "each" | "for"))
}

/// The expected keyword that a name is nearly spelt like.
fn near(token: &Token<'_>, word: &str, expected: &[String]) -> Option<&'static str> {
    if matches!(token, Token::Keyword(kw) if kw.is_reserved()) {
        return None;
    }
    // Where every word would do, none is meant.
    if has(expected, "satisfies") && has(expected, "policy") {
        return None;
    }
    let words = Kw::ALL.iter().map(|kw| kw.word()).filter(|word| has(expected, word));
    nearest(word, words)
}

/// What stands here for a word of another language, with the words that it may stand for.
const FOREIGN: &[(&[&str], &[&str])] = &[
    (&["deny", "reject", "forbid", "refuse", "fail", "stop", "disallow"], &["block"]),
    (&["wait", "defer", "postpone", "hold"], &["delay"]),
    (&["ask", "approve", "review"], &["escalate"]),
    (&["warning", "notify", "alert"], &["warn"]),
    (&["permit", "accept", "pass", "grant"], &["allow"]),
    (&["denied", "blocked"], &["block"]),
    (&["allowed", "permitted"], &["allow"]),
    (&["import", "require", "using", "from"], &["use"]),
    (&["struct", "type", "class", "interface"], &["record"]),
    (&["const", "var", "val", "def", "set"], &["let"]),
    (&["function", "func", "fun", "def"], &["fn"]),
    (&["if", "where", "while", "provided"], &["when", "where"]),
    (&["except", "without"], &["unless"]),
    (&["reason", "message", "msg"], &["because"]),
    (&["null", "nil", "undefined", "empty"], &["none"]),
    (&["until", "till", "upto"], &["to"]),
    (&["thru", "until", "to"], &["through"]),
    (&["elif", "otherwise"], &["else"]),
    (&["such_that", "has", "have", "if", "where", "with"], &["satisfies", "where"]),
    (&["of", "from", "within"], &["in"]),
];

fn foreign(word: &str, expected: &[String]) -> Option<&'static str> {
    let rows = FOREIGN.iter().filter(|(words, _)| words.contains(&word));
    rows.flat_map(|(_, ours)| *ours).copied().find(|ours| has(expected, ours))
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
        Token::FatArrow => "=>",
        Token::AndAnd => "&&",
        Token::OrOr => "||",
        Token::Bang => "!",
        Token::Semicolon => ";",
        _ => "",
    }
}
