//! One policy over the tests of a verifier of provenance.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_tests::example::Example;
use holdpoint_tests::shared_data::rows;
use serde_json::{Value, json};

const NOW: &str = "2026-11-17T10:00:00Z";

/// The numbers of a version such as `v13.0`, null where there are fewer.
fn numbers(version: &str) -> [Value; 3] {
    let mut parts = version.strip_prefix('v').unwrap_or(version).split('.').map(str::parse::<u32>);
    std::array::from_fn(|_| parts.next().and_then(Result::ok).map_or(Value::Null, Value::from))
}

/// `refs/heads/main` or `refs/tags/v1`.
fn reference(path: &str) -> Value {
    let (kind, name) = match path.strip_prefix("refs/tags/") {
        Some(tag) => ("tag", tag),
        None => ("branch", path.strip_prefix("refs/heads/").unwrap()),
    };
    let [major, minor, patch] = numbers(name);
    json!({ "kind": kind, "name": name, "major": major, "minor": minor, "patch": patch })
}

/// A repository's address without its scheme, and its ref.
fn located(uri: &Value) -> (&str, &str) {
    uri.as_str().unwrap().strip_prefix("git+https://").unwrap().split_once('@').unwrap()
}

fn provenance(attested: &Value) -> Value {
    let (builder, builder_ref) = attested["builder"]["id"].as_str().unwrap().split_once('@').unwrap();
    let (repository, path) = located(&attested["config_source"]["uri"]);
    let materials = attested["materials"].as_array().unwrap().iter();
    // The image of the machine that built it is named among them, and is no commit.
    let materials: Vec<Value> = materials
        .filter(|material| material["digest"]["sha1"].is_string())
        .map(|material| json!({ "repository": located(&material["uri"]).0, "commit": material["digest"]["sha1"] }))
        .collect();
    json!({
        "builder": builder, "builder_ref": reference(builder_ref), "repository": repository, "ref": reference(path),
        "commit": attested["config_source"]["digest"]["sha1"], "materials": materials,
    })
}

fn expected(want: &Value) -> Value {
    let version = want["versioned_tag"].as_str().map(|tag| {
        let [major, minor, patch] = numbers(tag);
        json!({ "major": major, "minor": minor, "patch": patch })
    });
    json!({
        "repository": want["source"], "branch": want["branch"], "tag": want["tag"], "version": version,
        "builder": want["builder_id"],
    })
}

/// The rule that finds what the verifier calls so; none where it finds nothing.
fn rule(answer: &str) -> BTreeSet<String> {
    let rule = match answer {
        "ok" => return BTreeSet::new(),
        "ErrorMismatchSource" => "source",
        "ErrorUntrustedReusableWorkflow" => "builder",
        "ErrorInvalidRef" => "ref_kind",
        "ErrorMismatchTag" => "tag_",
        "ErrorMismatchVersionedTag" => "version_",
        other => panic!("{other}"),
    };
    [format!("provenance_.{rule}")].into()
}

#[test]
fn every_case_of_the_verifier_is_judged_by_the_rule_of_its_mistake() {
    let Some(cases) = rows("slsa_cases.ndjson").unwrap() else { return };
    let mut example = Example::load("examples/provenance").unwrap();
    let mut answers: BTreeMap<&str, u32> = BTreeMap::new();
    for case in &cases {
        let request = json!({ "expected": expected(&case["want"]) });
        let facts = json!({ "provenance": provenance(&case["provenance"]) });
        let decision = example.decide(&request, &facts, NOW).unwrap();
        let found: BTreeSet<String> =
            decision.objections.iter().map(|objection| objection.rule.clone()).collect();
        let answer = case["expect"].as_str().unwrap();
        assert_eq!(found, rule(answer), "{}: {:?}", case["id"], decision.objections);
        *answers.entry(answer).or_default() += 1;
    }
    assert_eq!((cases.len(), answers["ok"], answers["ErrorMismatchVersionedTag"]), (243, 81, 54));
}
