//! What compiler and machine once got wrong, each as the smallest package that showed it. Machine and interpreter must
//! agree on every one, and the decision is told besides, so that neither can be wrong alone.

use holdpoint_isa::literal::{format_instant, instant};
use holdpoint_oracle::engine::build;
use holdpoint_oracle::make::Facts;
use holdpoint_vm::decision::Objection;
use holdpoint_vm::{Decision, Machine, Snapshot};
use serde_json::{Value as Json, json};

/// Checks, compiles and decides at noon of a Tuesday.
fn decided(source: &str, request: Json, signals: Json) -> Result<Decision, String> {
    let built = build("case", &[("case.hold".to_owned(), source.to_owned())], &|_| None)?;
    let now = instant("2026-11-17T12:00:00Z").map_err(|error| error.to_string())?;
    built.compare(&mut Machine::new(), &mut Snapshot::new(), &Facts { request, signals, now })
}

/// Objections in short: rule, verdict, and why in one word.
fn objections(decision: &Decision) -> Vec<String> {
    let why = |o: &Objection| match (o.fault, o.unknown.is_empty()) {
        (true, _) => "fault".to_owned(),
        (_, false) => "unknown".to_owned(),
        _ => o.reason.clone(),
    };
    let word = |o: &Objection| o.verdict.map_or("warn", holdpoint_isa::Verdict::word);
    decision.objections.iter().map(|o| format!("{} {}: {}", o.rule, word(o), why(o))).collect()
}

fn assert_objections(source: &str, request: Json, expected: &[&str]) -> Result<(), String> {
    let decision = decided(source, request, json!({}))?;
    assert_eq!(objections(&decision), expected, "{source}");
    Ok(())
}

fn refused(source: &str) -> String {
    build("case", &[("case.hold".to_owned(), source.to_owned())], &|_| None).err().unwrap_or_default()
}

#[test]
fn points_are_read_as_a_fraction() -> Result<(), String> {
    let source = "request { a: points as number of fraction }\n\
                  policy p { rule r { block when a == 30pp because \"{a}\" } }";
    assert_objections(source, json!({ "a": 0.3 }), &["p.r block: 30pp"])
}

#[test]
fn a_written_list_keeps_equal_elements() -> Result<(), String> {
    let source = "request { a: int b: int }\n\
                  policy p { rule r { block when (sum x for x in [a, b]) == 6 because \"{[a, b]}\" } }";
    assert_objections(source, json!({ "a": 3, "b": 3 }), &["p.r block: 3, 3"])
}

#[test]
fn a_fault_within_a_list_outweighs_what_is_not_known() -> Result<(), String> {
    let source = "request { a: int? b: int }\n\
                  policy p { rule r { block when [a, b * b].size == 7 } }";
    assert_objections(source, json!({ "b": i64::MAX }), &["p.r block: fault"])
}

#[test]
fn the_size_of_a_list_that_is_none_is_none() -> Result<(), String> {
    let source = "request { a: list<int>? }\n\
                  policy p { rule r { block when (a.size else 0) == 0 because \"{a.size}\" } }";
    assert_objections(source, json!({ "a": null }), &["p.r block: none"])?;
    assert_objections(source, json!({}), &["p.r block: unknown"])
}

#[test]
fn a_record_that_is_always_there_is_none_within_one_that_is() -> Result<(), String> {
    let source = "record Inner { a: int? }\nrecord Outer { inner: Inner }\nrequest { outer: Outer? }\n\
                  policy p { rule r { block when outer.inner is none because \"none\" } }";
    assert_objections(source, json!({ "outer": null }), &["p.r block: none"])?;
    assert_objections(source, json!({}), &["p.r block: unknown"])?;
    assert_objections(source, json!({ "outer": { "inner": {} } }), &[])
}

#[test]
fn members_of_none_are_none() -> Result<(), String> {
    let source = "record R { a: int }\nrequest { r: R? b: int }\n\
                  fn f(s: R?) -> int? = s.a\n\
                  policy p { rule r1 { block when b == 7 and f(none) is none because \"none\" } }";
    assert_objections(source, json!({ "b": 7 }), &["p.r1 block: none"])
}

/// The list of a record that is none has no end that could be known.
#[test]
fn ends_of_lists_within_none_are_not_known() -> Result<(), String> {
    let source = "record I { a: int }\nrecord R { list: list<I> }\nrequest { r: R? b: int }\n\
                  fn f(s: R?) -> int = s.list.last.a\n\
                  policy p { rule q { block when b == 7 and f(none) == 1 } }";
    assert_objections(source, json!({ "b": 7 }), &["p.q block: unknown"])
}

#[test]
fn none_takes_the_type_asked_for() -> Result<(), String> {
    let source = "request { a: int? b: duration? }\n\
                  window w in \"UTC\" { open mon }\n\
                  fn f(n: int?) -> int = n else 3\n\
                  policy p {\n\
                  rule r1 { block when f(none) == 3 because \"{a else none}\" }\n\
                  rule r2 { block when abs(none) > 1s }\n\
                  rule r4 { block when none in w }\n\
                  rule r5 { block when none in [1, 2] because \"in\" }\n\
                  rule r6 { block when (match true_or { good: none  bad: 1 }) == 1 because \"one\" }\n\
                  rule r7 { delay for none when a == 4 } }\n\
                  enum E { good, bad }\nlet true_or = if a == 4 then E.bad else E.good";
    let unknown = ["p.r2 block: unknown", "p.r4 block: unknown"];
    let expected =
        [["p.r1 block: 4"].as_slice(), &unknown, &["p.r6 block: one", "p.r7 delay: a is 4"]].concat();
    assert_objections(source, json!({ "a": 4 }), &expected)
}

#[test]
fn arms_have_one_type_whichever_is_none() {
    let source = "enum E { a, b, c }\nrequest { e: E }\n\
                  let x = match e { a: none  b: 1  c: \"one\" }\npolicy p { allow }";
    assert!(refused(source).contains("E0401"), "{}", refused(source));
}

#[test]
fn a_written_list_holds_single_values() {
    let source = "record R { a: int }\nrequest { r: R s: R }\n\
                  policy p { rule q { block when any x in [r, s] where x.a == 1 } }";
    assert!(refused(source).contains("the element of a list"), "{}", refused(source));
    let source = "request { a: int }\npolicy p { rule q { block when any x in [none, 1] where x == a } }";
    assert!(refused(source).contains("begins with `none`"), "{}", refused(source));
}

#[test]
fn nothing_is_in_an_empty_list() -> Result<(), String> {
    let source = "request { a: int? list: list<int> }\n\
                  policy p { rule r { block when a in list because \"in\" } }";
    assert_objections(source, json!({ "list": [] }), &[])?;
    assert_objections(source, json!({ "list": [1] }), &["p.r block: unknown"])
}

#[test]
fn an_empty_list_does_not_hide_the_fault_of_a_guard() -> Result<(), String> {
    let source = "request { a: int list: list<int> }\n\
                  policy p { rule r when a * a > 1 { block for each x in list where x == 7 } }";
    assert_objections(source, json!({ "a": i64::MAX, "list": [] }), &["p.r block: fault"])?;
    assert_objections(source, json!({ "a": i64::MAX, "list": [7, 7] }), &["p.r block: fault"])
}

#[test]
fn a_text_may_walk_the_list_of_its_element() -> Result<(), String> {
    let source = "record R { a: int }\nrequest { list: list<R> }\n\
                  policy p { rule r { block for each x in list where x.a > 0\n\
                  because \"{count y in list where y.a == x.a} {x.a}\" } }";
    let request = json!({ "list": [{ "a": 1 }, { "a": 2 }, { "a": 2 }] });
    assert_objections(source, request, &["p.r block: 1 1", "p.r block: 2 2", "p.r block: 2 2"])
}

#[test]
fn an_argument_may_hold_more_than_its_parameter_says() -> Result<(), String> {
    let source = "request { list: list<int, max 8> }\n\
                  fn f(xs: list<int, max 2>) -> int = sum x for x in xs\n\
                  policy p { rule r { block when f(distinct x for x in list) == 6 because \"six\" } }";
    assert_objections(source, json!({ "list": [1, 2, 3, 3] }), &["p.r block: six"])
}

/// How long a delay is, is a question of the decision, even where a `let` stands between.
#[test]
fn a_delay_counts_from_the_decision() -> Result<(), String> {
    let rules = |length: &str| {
        format!(
            "request {{ a: instant }}\nlet left = a - now\n\
             policy p {{ rule r {{ delay for {length} when now < a - 1h }}\n\
             rule s {{ delay until a when now < a }} }}"
        )
    };
    for length in ["left", "a - now"] {
        let decision = decided(&rules(length), json!({ "a": "2026-11-17T18:00:00Z" }), json!({}))?;
        assert_eq!(
            decision.retry_at.map(format_instant).as_deref(),
            Some("2026-11-17T18:00:00Z"),
            "{length}"
        );
    }
    Ok(())
}

#[test]
fn no_instant_is_promised_at_which_a_fault_blocks() -> Result<(), String> {
    let source = "request { a: int b: instant }\n\
                  policy p { rule r { delay until b when now < b }\n\
                  rule s { block when now >= b and a * a > 1 } }";
    let decision = decided(source, json!({ "a": i64::MAX, "b": "2026-11-17T18:00:00Z" }), json!({}))?;
    assert_eq!((decision.verdict.word(), decision.retry_at), ("delay", None));
    let decision = decided(source, json!({ "a": 1, "b": "2026-11-17T18:00:00Z" }), json!({}))?;
    assert!(decision.retry_at.is_some());
    Ok(())
}

/// A decision has room for so many objections; which ones are left out does not hang on the order of the rules.
#[test]
fn the_gravest_objections_are_kept_in_whatever_order_they_come() -> Result<(), String> {
    let rules = [
        "rule a { delay for each x in xs because \"{x}\" }",
        "rule b { block for each x in xs because \"{x}\" }",
    ];
    let package = |first: &str, second: &str| {
        format!("request {{ xs: list<int, max 4096> }}\npolicy p {{\n{first}\n{second}\n}}")
    };
    let request = json!({ "xs": (0..1500).collect::<Vec<i64>>() });
    let mut decisions = Vec::new();
    for source in [package(rules[0], rules[1]), package(rules[1], rules[0])] {
        let built = build("case", &[("case.hold".to_owned(), source)], &|_| None)?;
        let decision = built.decide(&mut Machine::new(), &mut Snapshot::new(), &request, &json!({}), 0)?;
        decisions.push((objections(&decision), decision.left_out));
    }
    let [(kept, left_out), other] = decisions.as_slice() else { return Err("no decisions".to_owned()) };
    assert_eq!((kept, left_out), (&other.0, &other.1));
    assert_eq!((kept.len(), *left_out), (1024, 1976));
    // The gravest objection of the other rule is kept as well.
    let others: Vec<_> = kept.iter().filter(|objection| !objection.starts_with("p.b block")).collect();
    assert!(matches!(others.as_slice(), [one] if one.starts_with("p.a delay")), "{others:?}");
    Ok(())
}

#[test]
fn an_entry_of_a_map_that_is_none_is_not_known() -> Result<(), String> {
    let source = "request { a: int? b: map<string, bool> }\n\
                  fn f(m: map<string, bool>?) -> bool = m[\"k\"] else true\n\
                  fn g(m: map<string, bool>?) -> bool = \"k\" in m\n\
                  policy p { rule r { block when f(none) } rule q { block when none in b }\n\
                  rule s { block when g(none) } rule t { block when f(b) because \"there\" } }";
    let expected = ["p.q block: unknown", "p.r block: unknown", "p.s block: unknown", "p.t block: there"];
    assert_objections(source, json!({ "b": { "k": true } }), &expected)
}

/// A member of the first element of a list without elements is not known, and neither is whether the element is there.
#[test]
fn the_end_of_an_empty_list_is_not_known() -> Result<(), String> {
    let source = "record R { a: int? }\nrequest { list: list<R> }\n\
                  fn absent(item: R?) -> bool = item is none\n\
                  policy p { rule r { block when absent(list.first) because \"absent\" }\n\
                  rule q { block when list.last.a is none because \"none\" } }";
    assert_objections(source, json!({ "list": [] }), &["p.q block: unknown", "p.r block: unknown"])?;
    assert_objections(source, json!({ "list": [{ "a": null }] }), &["p.q block: none"])
}
