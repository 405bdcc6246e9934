//! The TextMate grammar of the editors, made from the tables of the language, so that a word that the language takes up
//! is highlighted without anyone thinking of it.

use holdpoint_isa::builtins::Builtin;
use holdpoint_lang::TYPE_NAMES;
use holdpoint_lang::token::Kw;
use serde_json::{Value, json};

/// Where the grammar is kept.
pub const PATH: &str = "editors/vscode/syntaxes/holdpoint.tmLanguage.json";
/// The scope of a file.
pub const SCOPE: &str = "source.holdpoint";

/// Words between operands.
const OPERATORS: &[Kw] = &[Kw::And, Kw::Or, Kw::Not, Kw::In, Kw::Is];
/// Words that are values.
const CONSTANTS: &[Kw] = &[Kw::None, Kw::True, Kw::False, Kw::Unknown];
/// Words that say what comes of a request.
const VERDICTS: &[Kw] = &[Kw::Allow, Kw::Delay, Kw::Escalate, Kw::Block, Kw::Warn];

/// Literals, the longest first where one begins like another.
const LITERALS: &[(&str, &str)] = &[
    (
        "constant.other.instant",
        r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:[0-9]{2})?",
    ),
    ("constant.other.date", r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b"),
    ("constant.other.time", r"\b[0-9]{2}:[0-9]{2}\b"),
    ("constant.other.version", r"\bv[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"),
    ("constant.numeric.percent", r"\b[0-9]+(\.[0-9]+)?(%|pp\b)"),
    ("constant.numeric.size", r"\b[0-9]+(\.[0-9]+)?(B|kB|MB|GB|TB|PB|KiB|MiB|GiB|TiB|PiB)\b"),
    ("constant.numeric.duration", r"\b([0-9]+(w|d|h|ms|m|s))+\b"),
    ("constant.numeric.decimal", r"\b[0-9][0-9_]*(\.[0-9]+)?\b"),
];

/// The grammar, as it is written to its file.
pub fn grammar() -> String {
    let value = json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "Holdpoint",
        "scopeName": SCOPE,
        "fileTypes": ["hold"],
        "patterns": patterns(),
        "repository": { "hole": hole() },
    });
    format!("{value:#}\n")
}

/// What is looked for, the first that fits where several do.
pub fn patterns() -> Vec<Value> {
    let mut patterns = vec![
        scoped("comment.line.documentation", "///.*$"),
        scoped("comment.line.double-slash", "//.*$"),
        text(),
    ];
    patterns.extend(LITERALS.iter().map(|(name, pattern)| scoped(name, pattern)));
    // Behind a point and before a colon any word is a name.
    patterns.push(captured("variable.other.member", r"(\.)\s*([A-Za-z_][A-Za-z0-9_]*)\b", 2));
    patterns.push(captured("variable.other.property", r"\b([A-Za-z_][A-Za-z0-9_]*)\s*(:)", 1));
    patterns.push(scoped("keyword.other.word", r"\bcaller's\b"));
    for (name, words) in words() {
        patterns.push(scoped(name, &format!(r"\b({})\b", words.join("|"))));
    }
    patterns.push(scoped("entity.name.type", r"\b[A-Z][A-Za-z0-9_]*\b"));
    patterns.push(captured("entity.name.function", r"\b([A-Za-z_][A-Za-z0-9_]*)(\()", 1));
    patterns.push(scoped("variable.other", r"\b[A-Za-z_][A-Za-z0-9_]*\b"));
    patterns.push(scoped("keyword.operator", r"==|!=|<=|>=|->|<|>|=|\+|-|\*|/|\?"));
    patterns
}

/// Words by what they are; each word of the language is in exactly one list.
fn words() -> Vec<(&'static str, Vec<&'static str>)> {
    let of = |list: &[Kw]| list.iter().map(|kw| kw.word()).collect::<Vec<_>>();
    let named = [OPERATORS, CONSTANTS, VERDICTS].concat();
    let rest = || Kw::ALL.iter().filter(|kw| !named.contains(kw));
    let declarations = rest().filter(|kw| kw.heads_declaration()).map(|kw| kw.word()).collect();
    let control = rest().filter(|kw| !kw.heads_declaration()).map(|kw| kw.word()).collect();
    vec![
        ("storage.type", declarations),
        ("keyword.control.verdict", of(VERDICTS)),
        ("keyword.operator.word", of(OPERATORS)),
        ("constant.language", of(CONSTANTS)),
        ("keyword.control", control),
        ("support.type", TYPE_NAMES.to_vec()),
        ("support.function", Builtin::ALL.iter().map(|builtin| builtin.info().word).collect()),
    ]
}

fn scoped(name: &str, pattern: &str) -> Value {
    json!({ "name": format!("{name}.holdpoint"), "match": pattern })
}

fn captured(name: &str, pattern: &str, group: u32) -> Value {
    let name = format!("{name}.holdpoint");
    json!({ "match": pattern, "captures": { group.to_string(): { "name": name } } })
}

/// A text, which ends with its line.
fn text() -> Value {
    json!({
        "name": "string.quoted.double.holdpoint",
        "begin": "\"",
        "end": "\"|$",
        "patterns": [
            scoped("constant.character.escape", r#"\\[nt"\\]|\{\{|\}\}"#),
            scoped("invalid.illegal", r"\\."),
            { "include": "#hole" }
        ]
    })
}

/// A value within a text.
fn hole() -> Value {
    json!({
        "name": "meta.embedded.holdpoint",
        "begin": r"\{",
        "end": r#"\}|(?=")|$"#,
        "patterns": [{ "include": "$self" }]
    })
}
