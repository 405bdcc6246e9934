//! Other names for the same thing.

use serde_json::{Value, json};

use crate::editor::{Editor, PROFILES};
use crate::features::{POLICY, TESTS, start};

const P: &str = "p/policy.hold";
const T: &str = "p/tests.hold";

fn rename(editor: &mut Editor, words: &str, name: &str) -> Result<(String, String), String> {
    let answer = editor.at_with("textDocument/rename", P, words, json!({ "newName": name }));
    let edit = answer.map_err(|error| error["message"].as_str().unwrap().to_owned())?;
    let of = |name: &str| edit["changes"].get(editor.uri(name)).cloned().unwrap_or_else(|| json!([]));
    Ok((editor.edited(POLICY, &of(P)), editor.edited(TESTS, &of(T))))
}

#[test]
fn every_use_changes_and_the_package_stays_right() {
    for profile in PROFILES {
        let mut editor = start(profile);
        let answer = editor.at("textDocument/prepareRename", P, "of {crit|ical}").unwrap();
        assert_eq!(answer["placeholder"], json!("critical"));
        assert_eq!(editor.slice(POLICY, &answer["range"]), "critical");

        let (policy, tests) = rename(&mut editor, "of {crit|ical}", "urgent").unwrap();
        assert_eq!(policy, POLICY.replace("critical", "urgent"));
        assert_eq!(tests, TESTS);
        let (policy, tests) = rename(&mut editor, "rule test|ed", "checked").unwrap();
        assert_eq!(policy, POLICY.replace("tested", "checked"));
        assert_eq!(tests, TESTS.replace("tested", "checked"));
        editor.change(P, &policy);
        editor.change(T, &tests);
        assert_eq!(editor.diagnostics(T), Vec::<Value>::new());
    }
}

#[test]
fn a_member_of_the_request_keeps_its_name_in_json() {
    for profile in PROFILES {
        let mut editor = start(profile);
        let (policy, tests) = rename(&mut editor, "when cov|erage < least", "covered_lines").unwrap();
        assert!(
            policy.contains("covered_lines: percent? as number of percent as \"coverage\"\n"),
            "{policy}"
        );
        assert!(policy.contains("when covered_lines < least") && tests.contains("covered_lines: 90%"));
    }
}

#[test]
fn names_that_would_be_wrong_are_refused() {
    for profile in PROFILES {
        let mut editor = start(profile);
        let mut refused = |words: &str, name: &str| rename(&mut editor, words, name).unwrap_err();
        assert!(refused("of {crit|ical}", "when").contains("reserved word"));
        assert!(refused("of {crit|ical}", "a b").contains("no name"));
        assert!(refused("of {crit|ical}", "").contains("no name"));
        assert!(refused("of {crit|ical}", "least").contains("would be wrong"));
        assert!(refused("during holidays.ger|many", "spain").contains("declared by the library"));
        for words in ["re|quest {", "\"Tests| pass\"", "use std.cal|endar"] {
            assert!(editor.at("textDocument/prepareRename", P, words).is_err(), "{words}");
        }
    }
}
