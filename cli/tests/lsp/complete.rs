//! Completion, most of it where nothing can be parsed.

use serde_json::{Value, json};

use crate::editor::{Editor, PROFILES, Profile, part};
use crate::features::{POLICY, start};

const P: &str = "p/policy.hold";
const T: &str = "p/tests.hold";

/// What may stand at `|` in a text that replaces another one.
fn complete(editor: &mut Editor, name: &str, text: &str) -> Vec<Value> {
    let (before, behind) = text.split_once('|').unwrap();
    editor.change(name, &format!("{before}{behind}"));
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = match editor.profile {
        Profile::Utf8Pull => before.len() - start,
        Profile::Utf16Push => part(before, start..).encode_utf16().count(),
    };
    let position = json!({ "line": line, "character": column });
    let params = json!({ "textDocument": { "uri": editor.uri(name) }, "position": position });
    editor.ask("textDocument/completion", params).unwrap().as_array().unwrap().clone()
}

fn labels(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["label"].as_str().unwrap()).collect()
}

/// Completes at `|` in a line in place of the statement of a rule.
fn in_rule(editor: &mut Editor, line: &str) -> Vec<Value> {
    complete(editor, P, &POLICY.replace("block when coverage < least", line))
}

#[test]
fn names_are_told_by_what_stands_before_them() {
    for profile in PROFILES {
        let mut editor = start(profile);
        let editor = &mut editor;
        let has = |items: &[Value], wanted: &[&str]| {
            let labels = labels(items);
            assert!(wanted.iter().all(|word| labels.contains(word)), "{wanted:?} in {labels:?}");
        };
        let first = |items: &[Value], wanted: &[&str]| assert_eq!(labels(items)[..wanted.len()], *wanted);
        has(
            &in_rule(editor, "block when |"),
            &["coverage", "critical", "least", "important", "ratio", "not"],
        );
        has(&in_rule(editor, "block when cov|"), &["coverage"]);
        first(&in_rule(editor, "block when tests == |"), &["passed", "failed", "skipped", "none"]);
        first(&in_rule(editor, "block when tests in [passed, |"), &["passed", "failed", "skipped"]);
        has(&in_rule(editor, "delay unless now in |"), &["hours", "services"]);
        has(&in_rule(editor, "escalate to |"), &["ops"]);
        has(&in_rule(editor, "block when coverage < least b|"), &["because", "and", "block"]);
        has(&in_rule(editor, "block because \"🚀 {|}\""), &["coverage", "critical"]);
        assert!(in_rule(editor, "block because \"cov|\"").is_empty(), "nothing within a text");
        assert!(in_rule(editor, "// cov|").is_empty(), "nothing within a comment");
        let items = in_rule(editor, "block when any x in services where x.|");
        assert_eq!(labels(&items), ["name", "tier"]);
        assert_eq!(items[1]["detail"], json!("int?"));
        assert_eq!(labels(&in_rule(editor, "block when services.|")), ["size", "first", "last"]);
        assert_eq!(labels(&in_rule(editor, "block when Outcome.|")), ["passed", "failed", "skipped"]);
    }
}

#[test]
fn declarations_and_data_are_told_by_the_braces_around_them() {
    for profile in PROFILES {
        let mut editor = start(profile);
        let editor = &mut editor;
        let mut at = |from: &str, to: &str| complete(editor, P, &POLICY.replace(from, to));
        let items = at("tests: Outcome?", "tests: |");
        assert!(["percent", "Outcome", "Service"].iter().all(|word| labels(&items).contains(word)));
        let modules = at("use std.calendar", "use |");
        assert!(["std.calendar", "std.deployment"].iter().all(|module| labels(&modules).contains(module)));
        assert!(labels(&at("waives covered", "waives |")).contains(&"covered"));
        assert!(labels(&at("as number of percent", "as number of |")).contains(&"fraction"));
        assert!(labels(&at("window hours", "| window hours")).contains(&"policy"));
        let items = at("waivable rule covered", "| waivable rule covered");
        assert!(labels(&items).contains(&"rule"));
        let snippet = items.iter().find(|item| item["label"] == json!("rule …"));
        assert_eq!(snippet.is_some(), profile == Profile::Utf8Pull, "only where the editor takes them");
        let tests = |text: &str| format!("test \"t\" {{\n  {text}\n");
        assert!(
            labels(&complete(editor, T, &tests("given |"))).is_empty(),
            "there is no fixture in this text"
        );
        let items = complete(editor, T, &tests("given { now: 2026-01-05T12:00Z |"));
        assert!(["tests", "coverage", "now"].iter().all(|word| labels(&items).contains(word)), "{items:?}");
        let items = complete(editor, T, &tests("given { tests: |"));
        assert_eq!(labels(&items)[..3], ["passed", "failed", "skipped"]);
        let items = complete(editor, T, &tests("given { services: [{ |"));
        assert_eq!(labels(&items), ["name", "tier"]);
        assert!(labels(&complete(editor, T, &tests("expect |"))).contains(&"allow"));
    }
}

#[test]
fn more_is_said_of_a_completion_when_it_is_asked_for() {
    for profile in PROFILES {
        let mut editor = start(profile);
        let items = in_rule(&mut editor, "block when envi|");
        let item = items.iter().find(|item| item["label"] == json!("environment")).unwrap();
        let told = editor.ask("completionItem/resolve", item.clone()).unwrap();
        let words = told["documentation"]["value"].as_str().unwrap();
        assert!(words.contains("Where to.") && words.contains("environment: string"), "{words}");
        assert_eq!(told["label"], item["label"]);
    }
}
