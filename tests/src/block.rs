//! What a fenced block is, by the words behind its fence. The table of words is in `spec/README.md`.

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A package of the language, and what is to come of it.
    Policy(Policy),
    /// What a policy block leads to, compared and rewritten by `cargo bless`.
    Golden(Golden),
    /// A table that the code holds, compared and rewritten by `cargo bless`.
    Table(String),
    /// Not run. JSON must be well-formed.
    Prose {
        /// Whether it says that it is JSON.
        json: bool,
    },
}

/// A block with a package.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// What is to come of it.
    pub word: Word,
    /// The name by which later blocks of the page take it in.
    pub name: Option<String>,
    /// The prelude whose files it takes in.
    pub with: Option<String>,
    /// The preludes that are packages of the layers above it, the top one first.
    pub under: Vec<String>,
    /// Clauses that it covers beside the one that it stands under.
    pub rules: Vec<String>,
    /// Whether `\u{…}` in it stands for a character.
    pub escapes: bool,
    /// Length up to which its last file is filled with blanks.
    pub pad: usize,
}

/// What is to come of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Word {
    /// It compiles without a diagnostic.
    #[default]
    Accept,
    /// It leads to exactly the diagnostics that comments in it announce.
    Reject,
    /// It compiles, has tests, and they all pass.
    Verdict,
    /// It has the syntax of the language.
    ParseOnly,
    /// It compiles; a block with its disassembly follows.
    Bytecode,
    /// It compiles; a block with its proven bounds follows.
    Fuel,
    /// It has the syntax of the language; a block with its layout follows.
    Fmt,
    /// It is a part that other blocks take in.
    Prelude,
}

/// What a golden block shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Golden {
    /// The diagnostics as a terminal shows them.
    Diagnostics,
    /// The diagnostics, one in a line.
    Concise,
    /// The diagnostics as JSON.
    Json,
    /// The operations of the module.
    Disassembly,
    /// The proven bounds.
    Fuel,
    /// The layout.
    Formatted,
    /// The decisions that the tests come to, in short.
    Decisions,
    /// The same in their canonical bytes.
    DecisionsJson,
}

const WORDS: &[(&str, Word)] = &[
    ("accept", Word::Accept),
    ("reject", Word::Reject),
    ("verdict", Word::Verdict),
    ("parse-only", Word::ParseOnly),
    ("bytecode", Word::Bytecode),
    ("fuel", Word::Fuel),
    ("fmt", Word::Fmt),
    ("prelude", Word::Prelude),
];

/// What the words behind a fence mean.
///
/// # Errors
/// What is wrong with them, in words.
pub fn kind(info: &str) -> Result<Kind, String> {
    let words: Vec<&str> = info.split_whitespace().collect();
    match words.as_slice() {
        ["policy", word, options @ ..] => policy(word, options).map(Kind::Policy),
        ["policy"] => Err(format!("say what is to come of this block: one of {}", names())),
        ["diagnostics"] => Ok(Kind::Golden(Golden::Diagnostics)),
        ["diagnostics", "concise"] => Ok(Kind::Golden(Golden::Concise)),
        ["diagnostics", "json"] => Ok(Kind::Golden(Golden::Json)),
        ["disassembly"] => Ok(Kind::Golden(Golden::Disassembly)),
        ["fuel"] => Ok(Kind::Golden(Golden::Fuel)),
        ["formatted"] => Ok(Kind::Golden(Golden::Formatted)),
        ["decisions"] => Ok(Kind::Golden(Golden::Decisions)),
        ["decisions", "json"] => Ok(Kind::Golden(Golden::DecisionsJson)),
        ["table", name] => Ok(Kind::Table((*name).to_owned())),
        ["json"] => Ok(Kind::Prose { json: true }),
        ["text"] | ["sh"] => Ok(Kind::Prose { json: false }),
        [] => Err("say what this block is; `text` is not run".to_owned()),
        _ => Err(format!("unknown block `{info}`; see spec/README.md")),
    }
}

fn names() -> String {
    WORDS.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn policy(word: &str, options: &[&str]) -> Result<Policy, String> {
    let found = WORDS.iter().find(|(name, _)| *name == word);
    let Some((_, word)) = found else {
        return Err(format!("unknown word `{word}` behind `policy`: write one of {}", names()));
    };
    let mut policy = Policy { word: *word, ..Policy::default() };
    for option in options {
        match option.split_once('=').unwrap_or((option, "")) {
            ("name", name) if !name.is_empty() => policy.name = Some(name.to_owned()),
            ("with", name) if !name.is_empty() => policy.with = Some(name.to_owned()),
            ("under", names) if !names.is_empty() => {
                policy.under = names.split(',').map(str::to_owned).collect()
            }
            ("rules", ids) if !ids.is_empty() => policy.rules = ids.split(',').map(str::to_owned).collect(),
            ("escapes", "") => policy.escapes = true,
            ("pad", bytes) => {
                policy.pad = bytes.parse().map_err(|_| format!("`{option}` takes a number of bytes"))?;
            }
            _ => return Err(format!("unknown option `{option}`; see spec/README.md")),
        }
    }
    if (policy.word == Word::Prelude) != policy.name.is_some() {
        return Err("a prelude, and nothing else, has a name: `policy prelude name=NAME`".to_owned());
    }
    Ok(policy)
}

#[cfg(test)]
mod tests {
    use super::{Golden, Kind, Policy, Word, kind};

    #[test]
    fn words_and_options_are_read() {
        let policy = Policy {
            word: Word::Reject,
            with: Some("base".to_owned()),
            rules: vec!["a.b".to_owned(), "c".to_owned()],
            escapes: true,
            pad: 12,
            ..Policy::default()
        };
        assert_eq!(kind("policy reject with=base rules=a.b,c escapes pad=12"), Ok(Kind::Policy(policy)));
        assert_eq!(kind("diagnostics concise"), Ok(Kind::Golden(Golden::Concise)));
        assert_eq!(kind("table ops"), Ok(Kind::Table("ops".to_owned())));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for wrong in
            ["", "rust", "policy", "policy pass", "policy accept pad=x", "policy accept foo", "table"]
        {
            assert!(kind(wrong).is_err(), "{wrong}");
        }
        for wrong in ["policy prelude", "policy accept name=a", "policy accept with="] {
            assert!(kind(wrong).is_err(), "{wrong}");
        }
    }
}
