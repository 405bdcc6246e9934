//! GOV.UK's release hours over the real deployments to its production.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_isa::literal::{format_instant, instant};
use holdpoint_tests::example::Example;
use holdpoint_tests::shared_data::rows;
use serde_json::{Value, json};

/// The instant at which each version of a service was first deployed to staging.
fn first_in_staging(deploys: &[Value]) -> BTreeMap<(&str, &str), i64> {
    let mut first = BTreeMap::new();
    for row in deploys.iter().filter(|row| row["env"] == "staging" && row["stream"] == "govuk_images") {
        let version = (row["service"].as_str().unwrap(), row["version"].as_str().unwrap());
        let at = instant(row["at"].as_str().unwrap()).unwrap();
        first.entry(version).and_modify(|earliest: &mut i64| *earliest = at.min(*earliest)).or_insert(at);
    }
    first
}

#[test]
fn release_hours_decide_as_published_for_every_deployment_to_production() {
    let Some(truth) = rows("truth_policy_govuk.ndjson.gz").unwrap() else { return };
    let Some(deploys) = rows("deploys.ndjson.gz").unwrap() else { return };
    let staging = first_in_staging(&deploys);
    let mut example = Example::load("examples/govuk").unwrap();
    let mut verdicts: BTreeMap<String, u32> = BTreeMap::new();
    let mut wrong = BTreeSet::new();
    for row in &truth {
        let at = row["at"].as_str().unwrap();
        let version = (row["service"].as_str().unwrap(), row["version"].as_str().unwrap());
        let was_in_staging = staging.get(&version).is_some_and(|first| *first < instant(at).unwrap());
        assert_eq!(row["seen_in_staging"], was_in_staging, "{row}");
        let request =
            json!({ "service": row["service"], "version": row["version"], "environment": "production" });
        let history =
            json!({ "was_in_staging": was_in_staging, "is_rollback": row["direction"] == "rollback" });
        let decision = example.decide(&request, &json!({ "history": history }), at).unwrap();
        let retry_at = decision.retry_at.map(format_instant);
        if row["verdict"] != decision.verdict.word() || row["not_before"].as_str() != retry_at.as_deref() {
            wrong.insert(format!("{row}: {} {retry_at:?}", decision.verdict));
        }
        *verdicts.entry(decision.verdict.to_string()).or_default() += 1;
    }
    assert!(
        wrong.is_empty(),
        "{} of {}: {:#?}",
        wrong.len(),
        truth.len(),
        wrong.iter().take(5).collect::<Vec<_>>()
    );
    assert_eq!(truth.len(), 16_167);
    let expected = [("allow", 13_100), ("block", 193), ("delay", 2_874)];
    assert_eq!(verdicts, expected.map(|(verdict, count)| (verdict.to_owned(), count)).into());
}
