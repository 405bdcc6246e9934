//! What editors are given: a grammar that agrees with the lexer, and files that fit together.

#[cfg(test)]
mod editors {
    use std::collections::BTreeSet;
    use std::fs;

    use holdpoint_lang::lexer::{Raw, RawKind, raw};
    use holdpoint_lang::token::Token;
    use holdpoint_tests::homes::{files, root};
    use holdpoint_tests::textmate::{self, PATH, SCOPE};
    use regex::Regex;
    use serde_json::Value;

    fn read(path: &str) -> String {
        fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn json(path: &str) -> Value {
        serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    #[test]
    fn the_grammar_is_the_one_made_from_the_tables() {
        let wanted = textmate::grammar();
        if std::env::var_os("HOLDPOINT_BLESS").is_some() {
            fs::write(root().join(PATH), &wanted).unwrap();
        }
        assert!(read(PATH) == wanted, "run `HOLDPOINT_BLESS=1 cargo test -p holdpoint-tests --test editors`");
    }

    /// The patterns of the grammar that need no second one to end.
    fn patterns() -> Vec<(String, Regex, usize)> {
        let list = textmate::patterns();
        let simple = list.iter().filter(|pattern| pattern["match"].is_string());
        let compiled = simple.map(|pattern| {
            let captures = pattern["captures"].as_object().and_then(|captures| captures.iter().next());
            let (group, named) =
                captures.map_or((0, pattern), |(group, named)| (group.parse().unwrap(), named));
            let name = named["name"].as_str().unwrap().trim_end_matches(".holdpoint").to_owned();
            (name, Regex::new(pattern["match"].as_str().unwrap()).unwrap(), group)
        });
        compiled.collect()
    }

    /// What the grammar calls each stretch of a line without texts, as an editor finds it: the earliest match, and the
    /// first pattern of those that match there.
    fn scopes(line: &str, patterns: &[(String, Regex, usize)]) -> Vec<(String, String)> {
        let (mut found, mut at) = (Vec::new(), 0);
        loop {
            let matches = patterns.iter().enumerate().filter_map(|(rank, (name, pattern, group))| {
                let captures = pattern.captures_at(line, at)?;
                let (whole, part) = (captures.get(0).unwrap(), captures.get(*group).unwrap());
                Some((whole.start(), rank, whole.end(), name, part.as_str()))
            });
            let Some((_, _, end, name, part)) = matches.min() else { return found };
            found.push((part.to_owned(), name.clone()));
            at = end;
        }
    }

    /// What the grammar may call a token.
    fn wanted(token: Token<'_>) -> Option<&'static str> {
        let scope = match token {
            Token::Int(_) | Token::Decimal(_) => "constant.numeric.decimal",
            Token::Percent(_) | Token::Points(_) => "constant.numeric.percent",
            Token::Duration(_) => "constant.numeric.duration",
            Token::Size(_) => "constant.numeric.size",
            Token::Version(_) => "constant.other.version",
            Token::Date(_) => "constant.other.date",
            Token::Time(_) => "constant.other.time",
            Token::Instant(_) => "constant.other.instant",
            Token::Keyword(_) => "keyword|storage|constant.language",
            Token::Name(_) => "entity|variable|support",
            _ => return None,
        };
        Some(scope)
    }

    /// Every example of the specification and every file of the language, line by line.
    fn lines() -> BTreeSet<String> {
        let mut lines = BTreeSet::new();
        for path in files(&root(), "", "hold").unwrap() {
            lines.extend(read(&path).lines().map(str::to_owned));
        }
        for path in files(&root(), "spec", "md").unwrap() {
            for block in read(&path).split("```policy ").skip(1) {
                let body = block.split("```").next().unwrap_or_default();
                lines.extend(body.lines().skip(1).map(str::to_owned));
            }
        }
        lines
    }

    /// A line up to its first text or comment, where it is all tokens.
    fn plain(line: &str) -> Option<(&str, Vec<Raw<'_>>)> {
        let end = line.find(['"', '\'']).into_iter().chain(line.find("//")).min().unwrap_or(line.len());
        let line = line.get(..end)?;
        let tokens = raw(line);
        let covered: usize = tokens.iter().map(|part| part.end - part.start).sum();
        let written = line.chars().filter(|c| !c.is_whitespace()).map(char::len_utf8).sum::<usize>();
        (covered == written).then_some((line, tokens))
    }

    #[test]
    fn the_grammar_calls_every_token_what_the_lexer_calls_it() {
        let patterns = patterns();
        let mut seen = 0usize;
        for line in lines() {
            let Some((line, tokens)) = plain(&line) else { continue };
            let scopes = scopes(line, &patterns);
            let mut behind = scopes.iter();
            for (at, part) in tokens.iter().enumerate() {
                let RawKind::Token(token) = part.kind else { continue };
                let Some(kinds) = wanted(token) else { continue };
                let near = |at: usize| tokens.get(at).map(|part| part.kind);
                let word = line.get(part.start..part.end).unwrap();
                // What runs into a word is reported by the lexer, whatever its colour.
                let runs_on =
                    line.get(part.end..).is_some_and(|rest| rest.starts_with(char::is_alphanumeric));
                if runs_on {
                    break;
                }
                let member = at.checked_sub(1).and_then(near) == Some(RawKind::Token(Token::Dot))
                    || near(at + 1) == Some(RawKind::Token(Token::Colon));
                let kinds =
                    if member { "entity|variable|support|keyword|storage|constant.language" } else { kinds };
                let Some((_, scope)) = behind.find(|(text, _)| text == word) else {
                    panic!("`{word}` has no scope in `{line}`: {scopes:?}");
                };
                let fits = kinds.split('|').any(|kind| scope.starts_with(kind));
                assert!(fits, "`{word}` is {token:?} and not {scope} in `{line}`");
                seen += 1;
            }
        }
        assert!(seen > 5_000, "{seen}");
    }

    #[test]
    fn the_files_of_the_extension_fit_together() {
        let package = json("editors/vscode/package.json");
        let language = &package["contributes"]["languages"][0];
        let grammar = &package["contributes"]["grammars"][0];
        assert_eq!(language["extensions"], serde_json::json!([".hold"]));
        assert_eq!(grammar["language"], language["id"]);
        assert_eq!(grammar["scopeName"], serde_json::json!(SCOPE));
        let relative =
            |value: &Value| format!("editors/vscode/{}", value.as_str().unwrap().trim_start_matches("./"));
        assert_eq!(relative(&grammar["path"]), PATH);
        json(&relative(&language["configuration"]));
        json(&relative(&package["contributes"]["snippets"][0]["path"]));
        let client = read("editors/vscode/extension.js");
        let id = language["id"].as_str().unwrap();
        assert!(client.contains(&format!("language: \"{id}\"")) && client.contains("args: [\"lsp\"]"));
        assert!(package["dependencies"]["vscode-languageclient"].is_string());
        let setting = &package["contributes"]["configuration"]["properties"]["holdpoint.path"];
        assert_eq!(setting["default"], serde_json::json!("holdpoint"));
    }

    /// The bodies of snippets, their places filled with what they propose, are policies with a layout.
    #[test]
    fn snippets_are_policies() {
        let hole = Regex::new(r"\$\{[0-9]+:([^}]*)\}").unwrap();
        let snippets = json("editors/vscode/snippets/holdpoint.json");
        for (name, snippet) in snippets.as_object().unwrap() {
            let lines: Vec<&str> =
                snippet["body"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
            let text = hole.replace_all(&lines.join("\n"), "$1").replace("$0", "");
            let inner = snippet["description"].as_str().unwrap().contains("rule");
            let text = if inner { format!("policy p {{\n{text}\n}}\n") } else { format!("{text}\n") };
            let read = holdpoint_lang::format(holdpoint_lang::FileId(0), &text);
            assert!(read.is_ok(), "{name}: {text}\n{read:?}");
        }
    }
}
