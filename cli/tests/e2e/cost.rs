//! The bound of a decision and what each rule adds to it, as the compiler proves them.

use serde_json::Value;

use crate::run::{holdpoint, with_input};

const POLICY: &str = "\
request { n: int, list: list<int, max 50>, on_word: bool? as verified }
let total = sum i for i in list
policy p {
  waivable rule cheap { block when n > 3 }
  rule dear { block when total > n }
  rule also { block when total > 100 }
  waiver w { when on_word waives cheap }
}
";

fn costs(text: &str) -> (u64, Vec<(String, u64, u64)>) {
    let ran = with_input(&["cost", "-", "--format", "json"], text);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["schema"], "holdpoint/cost/v1");
    let number = |value: &Value| value.as_u64().unwrap();
    let rules = report["rules"].as_array().unwrap().iter();
    let rules = rules.map(|rule| {
        let name = rule["name"].as_str().unwrap().to_owned();
        assert!(rule["source"].as_str().unwrap().starts_with("stdin.hold:"), "{rule}");
        (name, number(&rule["adds"]), number(&rule["alone"]))
    });
    (number(&report["fuel_bound"]), rules.collect())
}

#[test]
fn what_a_rule_adds_is_by_how_much_the_bound_falls_without_it() {
    let (whole, rules) = costs(POLICY);
    assert_eq!(rules.len(), 3, "{rules:?}");
    for (name, adds, alone) in &rules {
        let own = name.strip_prefix("p.").unwrap();
        let line = POLICY.lines().find(|line| line.contains(&format!("rule {own} "))).unwrap();
        let mut rest = POLICY.replace(&format!("{line}\n"), "");
        if own == "cheap" {
            rest = rest.replace("  waiver w { when on_word waives cheap }\n", "");
        }
        assert_eq!(whole - costs(&rest).0, *adds, "{name}");
        let uses = if own == "cheap" { "" } else { "let total = sum i for i in list\n" };
        let line = line.replace("waivable ", "");
        let request = POLICY.lines().next().unwrap();
        assert_eq!(costs(&format!("{request}\n{uses}policy p {{\n{line}\n}}\n")).0, *alone, "{name}");
    }
    assert!(rules.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{rules:?}");
    // Of the two that share the sum, neither adds it.
    let dear = rules.iter().find(|(name, ..)| name == "p.dear").unwrap();
    assert!(dear.1 < dear.2 && dear.2 > 100, "{rules:?}");
}

#[test]
fn the_costs_of_acme_are_told_with_the_largest_first() {
    let ran = holdpoint(&["cost", "examples/acme"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let mut lines = ran.out.lines();
    let bound = lines.next().unwrap();
    let tested = holdpoint(&["test", "examples/acme"]).out;
    let (_, proven) = tested.split_once("is proven to take no more than ").unwrap();
    assert_eq!(bound, format!("a decision takes at most {} fuel", proven.lines().next().unwrap()));
    assert_eq!(lines.next().unwrap().split_whitespace().collect::<Vec<_>>(), ["adds", "alone", "rule"]);
    let adds: Vec<u64> = lines.map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
    assert!(adds.len() > 10 && adds.is_sorted_by(|a, b| a >= b), "{adds:?}");
    assert!(ran.out.contains("  pol_007.sast  policy.hold:"), "{}", ran.out);
}

#[test]
fn scores_and_stages_of_rollouts_have_their_costs() {
    let scores = holdpoint(&["cost", "examples/confidence"]).out;
    assert!(scores.contains("  score.confidence  "), "{scores}");
    let stages = holdpoint(&["cost", "examples/pol-007"]).out;
    assert!(
        stages.lines().any(|line| line.starts_with("a judgement of ") && line.ends_with(" fuel")),
        "{stages}"
    );
    let ran = with_input(&["cost", "-"], "request { n: nothing }\n");
    assert!(ran.code == 3 && ran.out.is_empty() && ran.err.contains("error["), "{}", ran.err);
}
