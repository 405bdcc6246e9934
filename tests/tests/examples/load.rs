//! The reference load: 28 rules decide 96 requests as every engine does that they were written for.

use std::collections::BTreeSet;

use holdpoint_tests::example::Example;
use holdpoint_tests::shared_data::text;
use serde_json::{Value, json};

fn names<'a>(members: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    members.map(|member| member.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_request_of_the_load_has_the_verdict_and_the_objections_that_all_engines_agree_on() {
    let Some(expected) = text("pol007/expected.txt").unwrap() else { return };
    let mut example = Example::load("examples/pol007-load").unwrap();
    let mut objected = BTreeSet::new();
    for line in expected.lines() {
        let (name, expected) = line.split_once(' ').unwrap();
        let expected: Value = serde_json::from_str(expected).unwrap();
        let request = text(&format!("pol007/requests/{name}.json")).unwrap().unwrap();
        let request: Value = serde_json::from_str(&request).unwrap();
        let decision = example.decide(&request, &json!({}), request["now"].as_str().unwrap()).unwrap();
        assert_eq!(decision.verdict.word(), expected["verdict"].as_str().unwrap(), "{name}");
        let controls: BTreeSet<String> =
            decision.objections.into_iter().map(|objection| objection.control.unwrap()).collect();
        assert_eq!(controls, names(expected["objections"].as_array().unwrap().iter()), "{name}");
        objected.extend(controls);
    }
    assert_eq!(expected.lines().count(), 96);
    assert_eq!(objected.len(), 28, "rules that object to some request");
}
