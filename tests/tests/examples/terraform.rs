//! Rules for Terraform over the tests of another tool's policies. A row is about one rule of theirs, and its input is the
//! part that this rule reads; of the rest nothing is known, and what our other rules say of that is not compared.

use std::collections::BTreeMap;

use holdpoint_isa::verdict::Verdict;
use holdpoint_tests::example::Example;
use holdpoint_tests::foreign::Document;
use holdpoint_tests::shared_data::rows;
use holdpoint_vm::decision::Objection;
use serde_json::{Value, json};

const NOW: &str = "2026-11-17T10:00:00Z";

/// Which row's policy is which rule of ours; none where the package cannot say it.
fn rule(case: &Value) -> Option<&'static str> {
    let id = case["id"].as_str().unwrap();
    let (policy, test) = id.split_once(':').unwrap();
    Some(match policy {
        "approval/require-approval-from-security-team" if test.contains("reject_works") => {
            "approvals.rejected"
        }
        "approval/require-approval-from-security-team" => "approvals.security",
        "approval/task-and-run-approvals" => "approvals.two_people",
        "plan/enforce-cloud-provider" => "plans.provider",
        "plan/enforce-tags-on-resources" => "plans.tagged",
        "plan/ensure-resource-creation-before-deletion" => "plans.no_gap",
        "plan/kics-severity-counter" => "plans.findings",
        "plan/require-human-review-for-unreachable-ansible-hosts" => "plans.reachable",
        "plan/terrascan-violated-policies" => "plans.violations",
        "plan/warn-on-change-sensitive-resources" => "plans.told",
        "push/allow-forks" => "pushes.fork",
        "push/deploy-with-git-tag" if test.contains("propose") => "pushes.branch",
        "push/deploy-with-git-tag" => "pushes.version_tag",
        "push/deploy-with-pr-label" => "pushes.label",
        _ => return None,
    })
}

/// Somebody's word on a run: with the teams of the session, or only a name.
fn reviews(of: &Value) -> Value {
    let teams = |review: &Value| json!({ "teams": review.pointer("/session/teams").unwrap_or(&json!([])) });
    of.as_array().map_or(Value::Null, |list| list.iter().map(teams).collect())
}

/// A row's input with our names; what a row does not hold is left out.
fn document(case: &Value) -> Value {
    let input = &case["input"];
    let mut all = input.clone();
    all["stage"] = case["id"].as_str().unwrap().split('/').next().into();
    let places = [
        ("counters", "/third_party_metadata/custom/kics/severity_counters"),
        ("violated", "/third_party_metadata/custom/terrascan/results/scan_summary/violated_policies"),
        ("stack_branch", "/stack/branch"),
    ];
    for (name, place) in places {
        if let Some(value) = input.pointer(place) {
            all[name] = value.clone();
        }
    }
    for said in ["approvals", "rejections"] {
        if let Some(list) = input.pointer(&format!("/reviews/current/{said}")) {
            all["reviews"][said] = reviews(list);
        }
    }
    all
}

/// Whether what a rule says is what a row expects.
fn is_met(expect: &Value, said: &[&Objection]) -> bool {
    let objects = said.iter().any(|objection| objection.verdict >= Some(Verdict::Escalate));
    let (blocks, warns): (Vec<&Objection>, Vec<&Objection>) =
        said.iter().copied().partition(|objection| objection.verdict.is_some());
    let (kind, wanted) = expect.as_object().unwrap().iter().next().unwrap();
    let messages = if kind == "warn" { warns } else { blocks };
    match (kind.as_str(), wanted) {
        ("requires_approval" | "reject" | "propose", Value::Bool(wanted)) => *wanted == objects,
        ("approve" | "allow_fork" | "track", Value::Bool(wanted)) => *wanted != objects,
        (_, wanted) if wanted["count"].is_u64() => wanted["count"] == messages.len(),
        (_, wanted) => messages.iter().any(|objection| wanted["contains"] == objection.reason.as_str()),
    }
}

#[test]
fn rows_are_judged_as_by_the_tool_or_named() {
    let Some(cases) = rows("spacelift_cases.ndjson").unwrap() else { return };
    let mut example = Example::load("examples/terraform").unwrap();
    let mut others: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut alike = 0;
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let answer = rule(case).map(|rule| {
            let request = example.request(&document(case), Document::Partial);
            let decision = example.decide(&request, &json!({}), NOW)?;
            let said = decision.objections.iter().chain(&decision.warnings).filter(|o| o.rule == rule);
            Ok::<_, String>(is_met(&case["expect"], &said.collect::<Vec<_>>()))
        });
        match answer {
            None => others.entry("not said").or_default().push(id),
            Some(Err(_)) => others.entry("refused").or_default().push(id),
            Some(Ok(false)) => others.entry("otherwise").or_default().push(id),
            Some(Ok(true)) => alike += 1,
        }
    }
    let counts: Vec<(&str, usize)> = others.iter().map(|(why, ids)| (*why, ids.len())).collect();
    assert_eq!((cases.len(), alike), (45, 36), "{others:#?}");
    assert_eq!(counts, [("not said", 6), ("otherwise", 2), ("refused", 1)], "{others:#?}");
}
