//! What editors do that they should not, and texts that are half written.

use serde_json::{Value, json};

use crate::editor::{Editor, PROFILES, Profile, example, part};
use crate::features::{POLICY, start};

const P: &str = "p/policy.hold";

/// Everything that can be asked about a document and a place in it.
fn ask_everything(editor: &mut Editor, name: &str, position: &Value) {
    let document = json!({ "uri": editor.uri(name) });
    let place = json!({ "textDocument": document, "position": position });
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9999, "character": 0 } });
    let with = |more: Value| {
        let mut params = place.clone();
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        params
    };
    for (method, params) in [
        ("textDocument/hover", place.clone()),
        ("textDocument/definition", place.clone()),
        ("textDocument/completion", place.clone()),
        ("textDocument/documentHighlight", place.clone()),
        ("textDocument/prepareRename", place.clone()),
        ("textDocument/references", with(json!({ "context": { "includeDeclaration": true } }))),
        ("textDocument/rename", with(json!({ "newName": "other" }))),
        ("textDocument/diagnostic", place.clone()),
        ("textDocument/documentSymbol", place.clone()),
        ("textDocument/foldingRange", place.clone()),
        ("textDocument/formatting", with(json!({ "options": { "tabSize": 2, "insertSpaces": true } }))),
        ("textDocument/codeLens", place.clone()),
        ("textDocument/semanticTokens/full", place.clone()),
        ("textDocument/selectionRange", with(json!({ "positions": [position] }))),
        ("textDocument/inlayHint", with(json!({ "range": whole }))),
        ("textDocument/codeAction", with(json!({ "range": whole, "context": { "diagnostics": [] } }))),
        ("workspace/symbol", json!({ "query": "" })),
    ] {
        if let Err(error) = editor.ask(method, params) {
            let renames = method.contains("ename");
            assert!(renames && error["code"] == json!(-32803), "{method}: {error}");
        }
    }
}

/// Writes a text bit by bit, up to each of some ends, and asks for completion at each.
fn write_up_to(text: &str, ends: impl Iterator<Item = usize>) {
    let mut editor = Editor::start(Profile::Utf16Push, &[("p/policy.hold", "")]);
    editor.open_as(P, "");
    for (count, end) in ends.enumerate() {
        let prefix = part(text, ..end);
        editor.change(P, prefix);
        let line = prefix.matches('\n').count();
        let column = prefix.rsplit('\n').next().unwrap().encode_utf16().count();
        let position = json!({ "line": line, "character": column });
        let document = json!({ "textDocument": { "uri": editor.uri(P) }, "position": position });
        editor.ask("textDocument/completion", document).unwrap();
        if count % 16 == 0 {
            ask_everything(&mut editor, P, &position);
        }
    }
    assert_eq!(editor.leave(), 0);
}

#[test]
fn every_prefix_of_a_policy_is_answered() {
    let text = example("tests/oracle/tests/proof/small.hold");
    write_up_to(&text, (0..=text.len()).filter(|end| text.is_char_boundary(*end)));
}

#[test]
fn a_long_policy_is_answered_word_by_word() {
    let text = example("examples/acme/policy.hold");
    let is_end = |(_, c): &(usize, char)| !c.is_alphanumeric();
    write_up_to(&text, text.char_indices().filter(is_end).map(|(end, _)| end));
}

#[test]
fn every_text_without_one_of_its_tokens_is_answered() {
    let mut editor = start(Profile::Utf8Pull);
    let words: Vec<(usize, &str)> = POLICY.match_indices(char::is_whitespace).collect();
    for pair in words.windows(2) {
        let [(start, _), (end, _)] = pair else { continue };
        let text = format!("{}{}", part(POLICY, ..*start), part(POLICY, *end..));
        editor.change(P, &text);
        let line = part(&text, ..*start).matches('\n').count();
        let column = start - part(&text, ..*start).rfind('\n').map_or(0, |end| end + 1);
        ask_everything(&mut editor, P, &json!({ "line": line, "character": column }));
    }
    assert_eq!(editor.leave(), 0);
}

#[test]
fn odd_texts_and_places_are_answered() {
    for profile in PROFILES {
        let mut editor = start(profile);
        let deep = format!("let x = {}", "(".repeat(10_000));
        let long = format!("let x = a{}", ".b".repeat(20_000));
        for text in ["", "\u{feff}", "\r\n\r\n", "🚀\u{202e}\0", "\"", "/*", "policy 🚀 {", &deep, &long]
        {
            editor.change(P, text);
            for (line, character) in [(0, 0), (0, 7), (99, 0), (0, 99_999), (u32::MAX, u32::MAX)] {
                ask_everything(&mut editor, P, &json!({ "line": line, "character": character }));
            }
        }
        assert_eq!(editor.leave(), 0);
    }
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    let mut editor = start(Profile::Utf16Push);
    let code = |answer: Result<Value, Value>| answer.unwrap_err()["code"].as_i64();
    assert_eq!(code(editor.ask("textDocument/unheardOf", json!({}))), Some(-32601));
    assert_eq!(code(editor.ask("textDocument/hover", json!({}))), Some(-32602));
    assert_eq!(code(editor.ask("textDocument/hover", json!([1, "a"]))), Some(-32602));
    editor.tell("textDocument/didChange", json!({ "contentChanges": 7 }));
    editor.tell("textDocument/unheardOf", json!({}));
    let nowhere = json!({ "uri": editor.uri("p/not-open.hold") });
    let place = json!({ "textDocument": nowhere, "position": { "line": 0, "character": 0 } });
    assert_eq!(editor.ask("textDocument/hover", place), Ok(Value::Null));
    assert_eq!(editor.ask("shutdown", Value::Null), Ok(Value::Null));
    assert_eq!(code(editor.ask("textDocument/hover", json!({}))), Some(-32600));
}

#[test]
fn an_editor_that_vanishes_ends_the_server() {
    assert_eq!(start(Profile::Utf16Push).vanish(), 5);
}

#[test]
fn cancelled_and_overtaken_requests_are_not_answered_with_what_was() {
    let mut editor = start(Profile::Utf16Push);
    // Long enough to read that what follows arrives in the meantime.
    let rules: String =
        (0..3_000).map(|n| format!("  rule r{n} {{ block when coverage < {}% }}\n", n % 100)).collect();
    let long = POLICY.replace("  rule tested", &format!("{rules}  rule tested"));
    let place = json!({ "line": 11, "character": 3 });
    let params = json!({ "textDocument": { "uri": editor.uri(P) }, "position": place });
    editor.change(P, &long);
    let first = editor.post("textDocument/completion", params.clone());
    let cancelled = editor.post("textDocument/completion", params.clone());
    editor.tell("$/cancelRequest", json!({ "id": cancelled }));
    let overtaken = editor.post("textDocument/completion", params.clone());
    editor.change(P, POLICY);
    let last = editor.post("textDocument/completion", params);
    // The first may have been answered or be overtaken as well, as fast as this machine is.
    let _ = editor.answer(first);
    assert_eq!(editor.answer(cancelled).unwrap_err()["code"], json!(-32800));
    assert_eq!(editor.answer(overtaken).unwrap_err()["code"], json!(-32801));
    assert!(editor.answer(last).unwrap().is_array());
    assert_eq!(editor.leave(), 0);
}
