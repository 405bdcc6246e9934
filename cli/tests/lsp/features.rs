//! Each capability that the server says it has, used.

use serde_json::{Value, json};

use crate::editor::{Editor, PROFILES, Profile};

/// A package that uses most of the language, with characters of two units before what is asked for.
pub(crate) const POLICY: &str = r#"use std.calendar

/// How a gate came out.
enum Outcome { passed, failed, skipped }

record Service {
  /// What it is called.
  name: string
  tier: int?
}

request {
  /// Where to.
  environment: string
  tests: Outcome?
  coverage: percent? as number of percent
  services: list<Service>
}

group ops = directory("🚀ops")

window hours in "UTC" {
  open mon through fri 09:00 to 17:00
  closed during holidays.germany
}

fn important(tier: int?) -> bool = tier == 1

policy release "🚀 production" when environment == "production" on unknown block {
  param least: percent = 80%

  /// Those that matter.
  let critical = count s in services where important(s.tier)

  rule tested "Tests pass" control "C-1" {
    block unless tests == passed because "🚀 {tests} of {critical}"
    escalate to ops when coverage is none
  }

  waivable rule covered {
    block when coverage < least
    delay unless now in hours
  }

  waiver hotfix {
    when critical == 0 and environment == "production"
    on the caller's word
    waives covered
  }
}
"#;

pub(crate) const TESTS: &str = r#"fixture ready = {
  now: 2026-01-05T12:00Z
  environment: "production"
  tests: passed
  coverage: 90%
  services: [{ name: "a", tier: 1 }]
}

test "ready is allowed" {
  given ready
  expect allow
}

test "a failed test blocks" {
  given ready with { tests: failed }
  expect block by tested
}

test "this one is wrong" {
  given ready
  expect block by tested
}
"#;

pub(crate) fn start(profile: Profile) -> Editor {
    let mut editor = Editor::start(profile, &[("p/policy.hold", POLICY), ("p/tests.hold", TESTS)]);
    editor.open("p/policy.hold");
    editor.open("p/tests.hold");
    editor
}

const P: &str = "p/policy.hold";
const T: &str = "p/tests.hold";

fn each(check: impl Fn(&mut Editor)) {
    for profile in PROFILES {
        let mut editor = start(profile);
        check(&mut editor);
        assert_eq!(editor.leave(), 0);
    }
}

/// The texts of ranges of one file.
fn texts<'t>(editor: &Editor, text: &'t str, list: &Value) -> Vec<&'t str> {
    list.as_array().unwrap().iter().map(|item| editor.slice(text, &item["range"])).collect()
}

#[test]
fn every_capability_is_one_that_these_sessions_use() {
    each(|editor| {
        let mut said: Vec<&str> =
            editor.capabilities.as_object().unwrap().keys().map(String::as_str).collect();
        said.sort_unstable();
        let used = [
            "codeActionProvider",
            "codeLensProvider",
            "completionProvider",
            "definitionProvider",
            "diagnosticProvider",
            "documentFormattingProvider",
            "documentHighlightProvider",
            "documentSymbolProvider",
            "executeCommandProvider",
            "foldingRangeProvider",
            "hoverProvider",
            "inlayHintProvider",
            "positionEncoding",
            "referencesProvider",
            "renameProvider",
            "selectionRangeProvider",
            "semanticTokensProvider",
            "textDocumentSync",
            "workspace",
            "workspaceSymbolProvider",
        ];
        assert_eq!(said, used);
        let units = if editor.profile == Profile::Utf8Pull { "utf-8" } else { "utf-16" };
        assert_eq!(editor.capabilities["positionEncoding"], json!(units));
    });
}

#[test]
fn hover_tells_declaration_type_words_and_bound() {
    each(|editor| {
        let mut shown = |name: &str, words: &str| {
            let hover = editor.at("textDocument/hover", name, words).unwrap();
            let range = editor.slice(editor.text(name), &hover["range"]).to_owned();
            (range, hover["contents"]["value"].as_str().unwrap_or_default().to_owned())
        };
        let (range, text) = shown(P, "of {crit|ical}");
        assert_eq!(range, "critical");
        assert!(text.contains("let critical = count s in services"), "{text}");
        assert!(text.contains("of type `int`") && text.contains("Those that matter."), "{text}");
        let (_, text) = shown(P, "when cover|age < least");
        assert!(text.contains("coverage: percent? as number of percent"), "{text}");
        assert!(text.contains("member of the request, claimed"), "{text}");
        let (_, text) = shown(P, "important(s|.tier)");
        assert!(text.contains("s: Service"), "{text}");
        let (_, text) = shown(P, "tests == pas|sed");
        assert!(text.contains("Outcome.passed"), "{text}");
        let (_, text) = shown(P, "rule cov|ered {");
        assert!(text.contains("waivable rule covered") && text.contains("alone at most "), "{text}");
        let (_, text) = shown(P, "closed during holidays.ger|many");
        assert!(text.contains("calendar holidays.germany") && text.contains("std/calendar.hold"), "{text}");
        let (_, text) = shown(P, "percent = 8|0%");
        assert!(text.contains("of type `percent`"), "{text}");
        let (_, text) = shown(
            T,
            "    expect block"
                .trim_start()
                .replace("expect", "{ te|sts: failed }")
                .split(" b")
                .next()
                .unwrap(),
        );
        assert!(text.contains("tests: Outcome?"), "{text}");
    });
}

#[test]
fn definitions_lead_to_names_and_into_the_library() {
    each(|editor| {
        let mut found = |name: &str, words: &str| editor.at("textDocument/definition", name, words).unwrap();
        let at = found(P, "{critical|}");
        assert_eq!(at["uri"], json!(editor.uri(P)));
        assert_eq!(editor.slice(POLICY, &at["range"]), "critical");
        let mut found = |name: &str, words: &str| editor.at("textDocument/definition", name, words).unwrap();
        let at = found(T, "given ready with { tests: fai|led }");
        assert_eq!(at["uri"], json!(editor.uri(P)));
        assert_eq!(editor.slice(POLICY, &at["range"]), "failed");
        for words in ["use std.cal|endar", "closed during holi|days.germany"] {
            let at = editor.at("textDocument/definition", P, words).unwrap();
            let path = at["uri"].as_str().unwrap().strip_prefix("file://").unwrap().to_owned();
            assert!(path.starts_with(editor.cache().to_str().unwrap()), "{path}");
            let text = std::fs::read_to_string(path).unwrap();
            let line = at["range"]["start"]["line"].as_u64().unwrap() as usize;
            let shown = text.lines().nth(line).unwrap();
            assert!(shown.contains("holidays.germany") || line == 0, "{shown}");
        }
        assert_eq!(
            editor.at("textDocument/definition", P, "rule tested \"Tests| pass").unwrap(),
            Value::Null
        );
    });
}

#[test]
fn references_and_highlights_are_all_of_them() {
    each(|editor| {
        let context = json!({ "context": { "includeDeclaration": true } });
        let all = editor.at_with("textDocument/references", P, "  tes|ts: Outcome", context).unwrap();
        let files: Vec<&str> = all.as_array().unwrap().iter().map(|at| at["uri"].as_str().unwrap()).collect();
        let (policy, tests) = (editor.uri(P), editor.uri(T));
        assert_eq!(files, [&policy, &policy, &policy, &tests, &tests]);
        let context = json!({ "context": { "includeDeclaration": false } });
        let all = editor.at_with("textDocument/references", P, "rule test|ed", context).unwrap();
        assert_eq!(all.as_array().unwrap().len(), 2);
        let marks = editor.at("textDocument/documentHighlight", P, "where important(|s.tier)").unwrap();
        assert_eq!(texts(editor, POLICY, &marks), ["s", "s"]);
        assert_eq!(marks[0]["kind"], json!(3), "where it is declared");
    });
}

#[test]
fn symbols_show_the_shape_of_a_file_and_of_a_package() {
    each(|editor| {
        let all = editor.of("textDocument/documentSymbol", P);
        let names = |list: &Value| -> Vec<String> {
            let list = list.as_array().cloned().unwrap_or_default();
            list.iter().map(|symbol| symbol["name"].as_str().unwrap().to_owned()).collect()
        };
        let top = ["std.calendar", "Outcome", "Service", "request", "ops", "hours", "important", "release"];
        assert_eq!(names(&all), top);
        assert_eq!(names(&all[7]["children"]), ["least", "critical", "tested", "covered", "hotfix"]);
        let whole = editor.slice(POLICY, &all[7]["range"]);
        assert!(whole.starts_with("policy release") && whole.ends_with("\n}"), "{whole}");
        assert_eq!(editor.slice(POLICY, &all[7]["selectionRange"]), "release");
        let found = editor.ask("workspace/symbol", json!({ "query": "COVR" })).unwrap();
        assert_eq!(names(&found), ["coverage", "covered"]);
        assert_eq!(found[1]["containerName"], json!("release"));
        assert_eq!(found[1]["location"]["uri"], json!(editor.uri(P)));
    });
}

#[test]
fn words_are_what_they_stand_for() {
    each(|editor| {
        let legend = editor.capabilities["semanticTokensProvider"]["legend"]["tokenTypes"].clone();
        let data = editor.of("textDocument/semanticTokens/full", P)["data"].as_array().unwrap().clone();
        let (mut line, mut column) = (0, 0);
        let mut words: Vec<(String, String)> = Vec::new();
        for token in data.chunks(5) {
            let number = |at: usize| token[at].as_u64().unwrap();
            if number(0) > 0 {
                column = 0;
            }
            line += number(0);
            column += number(1);
            let end = column + number(2);
            let range = json!({
                "start": { "line": line, "character": column }, "end": { "line": line, "character": end }
            });
            let kind = legend[number(3) as usize].as_str().unwrap().to_owned();
            words.push((editor.slice(POLICY, &range).to_owned(), kind));
        }
        let has = |word: &str, kind: &str| {
            assert!(words.contains(&(word.to_owned(), kind.to_owned())), "{word} {kind}: {words:?}");
        };
        has("/// Where to.", "comment");
        has("policy", "keyword");
        has("passed", "enumMember");
        has("coverage", "property");
        has("least", "parameter");
        has("important", "function");
        has("80%", "number");
        has("\"🚀 {", "string");
        has("tests", "property");
        has("percent", "type");
        has("directory", "function");
        has("Outcome", "enum");
        has("hours", "type");
        assert!(
            !words.contains(&("calendar".to_owned(), "keyword".to_owned())),
            "a word behind a point is a name"
        );
    });
}

#[test]
fn ranges_fold_and_selections_grow() {
    each(|editor| {
        let folds = editor.of("textDocument/foldingRange", P);
        let lines = |words: &str| POLICY.lines().position(|line| line.contains(words)).unwrap() as u64;
        let has = |from: u64, to: u64| {
            folds
                .as_array()
                .unwrap()
                .iter()
                .any(|f| f["startLine"] == json!(from) && f["endLine"] == json!(to))
        };
        assert!(has(lines("record Service"), lines("tier: int?")), "{folds}");
        assert!(has(lines("waivable rule"), lines("delay unless")), "{folds}");
        let positions = json!([editor.place(P, "coverage < lea|st")]);
        let params = json!({ "textDocument": { "uri": editor.uri(P) }, "positions": positions });
        let mut at = editor.ask("textDocument/selectionRange", params).unwrap()[0].clone();
        let mut grown = Vec::new();
        while at.is_object() {
            grown.push(editor.slice(POLICY, &at["range"]).to_owned());
            at = at["parent"].clone();
        }
        assert_eq!(grown[..3], ["least", "coverage < least", "block when coverage < least"]);
        assert!(grown[3].starts_with("waivable rule") && grown[4].starts_with("policy release"), "{grown:?}");
        assert_eq!(grown.last().map(String::as_str), Some(POLICY));
    });
}

#[test]
fn files_are_laid_out() {
    each(|editor| {
        let options = json!({ "tabSize": 8, "insertSpaces": false });
        let params = json!({ "textDocument": { "uri": editor.uri(P) }, "options": options });
        assert_eq!(editor.ask("textDocument/formatting", params.clone()).unwrap(), json!([]));
        let untidy = POLICY.replace("rule tested \"Tests pass\"", "rule   tested\n\"Tests pass\"");
        editor.change(P, &untidy);
        let edits = editor.ask("textDocument/formatting", params.clone()).unwrap();
        assert_eq!(editor.edited(&untidy, &edits), POLICY);
        assert!(edits[0]["newText"].as_str().unwrap().len() < 200, "only what changes: {edits}");
        editor.change(P, "policy p {");
        assert_eq!(editor.ask("textDocument/formatting", params).unwrap(), Value::Null);
    });
}

#[test]
fn hints_stand_beside_the_text() {
    each(|editor| {
        let end = json!({ "line": 999, "character": 0 });
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": end });
        let params = json!({ "textDocument": { "uri": editor.uri(P) }, "range": range });
        let hints = editor.ask("textDocument/inlayHint", params).unwrap();
        let labels: Vec<&str> =
            hints.as_array().unwrap().iter().map(|h| h["label"].as_str().unwrap()).collect();
        assert_eq!(labels, [": int", " (unknown: block)", " (unknown: block)"]);
        assert_eq!(hints[0]["position"], editor.place(P, "let critical| ="));
        assert_eq!(hints[1]["position"], editor.place(P, "escalate| to"));
        assert_eq!(hints[2]["position"], editor.place(P, "delay| unless"));
        let line = json!({ "line": 1, "character": 0 });
        let params =
            json!({ "textDocument": { "uri": editor.uri(P) }, "range": { "start": line, "end": line } });
        assert_eq!(editor.ask("textDocument/inlayHint", params).unwrap(), json!([]));
    });
}

#[test]
fn tests_run_from_their_lenses() {
    each(|editor| {
        let lenses = editor.of("textDocument/codeLens", T);
        assert_eq!(texts(editor, TESTS, &lenses).len(), 3);
        let mut run = |lens: usize| {
            let command = &lenses[lens]["command"];
            let params = json!({ "command": command["command"], "arguments": command["arguments"] });
            editor.ask("workspace/executeCommand", params).unwrap()
        };
        assert_eq!(run(0), json!({ "name": "ready is allowed", "passed": true, "failures": [] }));
        assert_eq!(run(1)["passed"], json!(true));
        let wrong = run(2);
        assert_eq!(wrong["passed"], json!(false));
        assert!(wrong["failures"][0].as_str().unwrap().contains("expected block"), "{wrong}");
        let shown = editor.told.iter().filter(|message| message["method"] == json!("window/showMessage"));
        assert_eq!(shown.count(), 3);
        let params = json!({ "command": "holdpoint.runTest", "arguments": [editor.uri(T), "no such test"] });
        let error = editor.ask("workspace/executeCommand", params).unwrap_err();
        assert!(error["message"].as_str().unwrap().contains("no test \"no such test\""), "{error}");
        let params = json!({ "command": "other", "arguments": [editor.uri(T), "x"] });
        assert_eq!(editor.ask("workspace/executeCommand", params).unwrap_err()["code"], json!(-32602));
    });
}
