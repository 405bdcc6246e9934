//! What is wrong with a text while it is written, and what mends it.

use std::fs;

use serde_json::{Value, json};

use crate::editor::{Editor, PROFILES, Profile};
use crate::features::{POLICY, TESTS, start};

const P: &str = "p/policy.hold";
const T: &str = "p/tests.hold";

fn codes(list: &[Value]) -> Vec<&str> {
    list.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap()).collect()
}

#[test]
fn open_texts_stand_for_files_and_one_file_for_others() {
    for profile in PROFILES {
        let mut editor = start(profile);
        assert_eq!(editor.diagnostics(P), Vec::<Value>::new());
        assert_eq!(editor.diagnostics(T), Vec::<Value>::new());

        let wrong = POLICY.replace("coverage < least", "coverag < least");
        editor.change(P, &wrong);
        let found = editor.diagnostics(P);
        assert_eq!(codes(&found), ["E0301"]);
        assert_eq!(editor.slice(&wrong, &found[0]["range"]), "coverag");
        assert_eq!(found[0]["severity"], json!(1));
        assert!(
            found[0]["message"].as_str().unwrap().starts_with("unknown name `coverag`\n"),
            "{}",
            found[0]
        );

        // A name that goes in one file is missed in another, which need not even be open.
        editor.close(T);
        editor.settle(P);
        editor.change(P, &POLICY.replace("rule tested", "rule checked"));
        if profile == Profile::Utf16Push {
            let found = editor.diagnostics(T);
            assert_eq!(codes(&found), ["E0505", "E0505"]);
            assert_eq!(editor.slice(TESTS, &found[0]["range"]), "tested");
        }
        editor.open(T);
        assert_eq!(codes(&editor.diagnostics(T)), ["E0505", "E0505"]);
        editor.change(P, POLICY);
        assert_eq!(editor.diagnostics(P), Vec::<Value>::new());
        assert_eq!(editor.leave(), 0);
    }
}

#[test]
fn those_that_ask_are_told_to_ask_again() {
    let mut editor = start(Profile::Utf8Pull);
    assert_eq!(editor.diagnostics(P), Vec::<Value>::new());
    editor.change(P, &POLICY.replace("rule tested", "rule checked"));
    assert_eq!(codes(&editor.diagnostics(T)), ["E0505", "E0505"]);
    let said: Vec<&str> = editor.told.iter().filter_map(|message| message["method"].as_str()).collect();
    assert!(said.contains(&"workspace/diagnostic/refresh"), "{said:?}");
    assert!(said.contains(&"client/registerCapability"), "{said:?}");
    assert!(!said.contains(&"textDocument/publishDiagnostics"), "{said:?}");
}

#[test]
fn files_that_change_beside_the_editor_are_read_again() {
    for profile in PROFILES {
        let mut editor = start(profile);
        editor.close(T);
        assert_eq!(editor.diagnostics(P), Vec::<Value>::new());
        fs::write(editor.path(T), TESTS.replace("by tested", "by tseted")).unwrap();
        let event = json!({ "uri": editor.uri(T), "type": 2 });
        editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [event] }));
        editor.open(T);
        assert_eq!(codes(&editor.diagnostics(T)), ["E0505", "E0505"]);
    }
}

#[test]
fn texts_without_a_file_and_files_without_a_folder_are_packages_of_their_own() {
    for profile in PROFILES {
        let mut editor = Editor::start(profile, &[("empty/readme.txt", "")]);
        editor.open_as("new/draft.hold", "request { n: int }\npolicy p { rule r { block when m > 1 } }\n");
        assert_eq!(codes(&editor.diagnostics("new/draft.hold")), ["E0301"]);
        let text = "request { n: int }\npolicy p { rule r { block when n > 1 } }\n";
        let document =
            json!({ "uri": "untitled:Untitled-1", "languageId": "holdpoint", "version": 1, "text": text });
        editor.tell("textDocument/didOpen", json!({ "textDocument": document }));
        let all = editor
            .ask("textDocument/documentSymbol", json!({ "textDocument": { "uri": "untitled:Untitled-1" } }))
            .unwrap();
        assert_eq!(all[1]["name"], json!("p"), "{all}");
    }
}

#[test]
fn fixes_mend_what_is_wrong() {
    for profile in PROFILES {
        let mut editor = start(profile);
        for (right, wrong, title) in [
            ("coverage < least", "coverag < least", "replace `coverag` by `coverage`"),
            ("tests == passed because", "tests = passed because", "=="),
            ("waives covered", "waives coverd", "replace `coverd` by `covered`"),
        ] {
            let text = POLICY.replace(right, wrong);
            editor.change(P, &text);
            let found = editor.diagnostics(P);
            let range = found[0]["range"].clone();
            let mut params = json!({
                "textDocument": { "uri": editor.uri(P) }, "range": range, "context": { "diagnostics": found }
            });
            let actions = editor.ask("textDocument/codeAction", params.clone()).unwrap();
            let action = &actions[0];
            assert_eq!(action["kind"], json!("quickfix"), "{wrong}: {actions}");
            assert!(action["title"].as_str().unwrap().contains(title), "{action}");
            let edits = &action["edit"]["changes"][editor.uri(P)];
            assert_eq!(editor.edited(&text, edits), POLICY);
            params["context"]["only"] = json!(["refactor"]);
            assert_eq!(editor.ask("textDocument/codeAction", params).unwrap(), json!([]));
        }
    }
}
