//! Cases of Kayenta's judge and of Argo Rollouts' analysis (`canary.ndjson`), each written as a package of its own.
//!
//! How a row is written:
//!
//! - *score*: a score with a factor for each group that has data, of its weight in percent (an equal one where none is
//!   given): the part of its metrics with data that passed; nought where a critical metric did not pass.
//! - *percentile*: the value that so many are not above is the least one of which that holds; between two of them it
//!   goes in a straight line. Numbers are rounded to nine decimals.
//! - *effect size*: the ratio of the means; and, for the common-language effect size, the part of all pairs in which the
//!   canary is greater, ties counted half. A mean of nought makes the ratio unknown, where Kayenta says `NaN`.
//! - *conditions*: what fails rolls back, what does not succeed holds; without a condition of failure, what does not
//!   succeed rolls back. A name that is not known does not compile, where Argo finds out while it runs.

use std::collections::BTreeMap;

use holdpoint_isa::Dec;
use holdpoint_isa::verdict::Verdict;
use holdpoint_tests::example::Example;
use holdpoint_tests::shared_data;
use serde_json::{Value, json};

const NOW: &str = "2026-01-05T12:05:00Z";

/// A number of a row, as a literal.
pub(crate) fn decimal(number: f64) -> String {
    let text = format!("{number:.9}");
    let text = text.trim_end_matches('0');
    let text = if text.ends_with('.') { format!("{text}0") } else { text.to_owned() };
    if number < 0.0 { format!("({text})") } else { text }
}

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap_or_default()
}

fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().unwrap_or(f64::NAN)
}

fn list<'v>(row: &'v Value, name: &str) -> &'v [Value] {
    row[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Numbers of a row, rounded as its literals are.
fn series(row: &Value, name: &str) -> Value {
    list(row, name).iter().map(|v| (v.as_f64().unwrap_or(f64::NAN) * 1e9).round() / 1e9).collect()
}

fn score(row: &Value) -> Result<(), String> {
    let metrics = list(row, "metrics");
    let group = |metric: &Value| metric["groups"][0].as_str().unwrap_or_default().to_owned();
    let measured = |metric: &&Value| text(metric, "classification") != "Nodata";
    let mut groups: Vec<String> = metrics.iter().filter(measured).map(group).collect();
    if groups.is_empty() {
        groups = metrics.iter().map(group).collect();
    }
    groups.sort();
    groups.dedup();
    let factors = groups.iter().map(|name| {
        let weight = row["group_weights"][name].as_f64().unwrap_or(100.0 / groups.len() as f64);
        let of = |what: &str| format!("count m in metrics where m.group == {name:?} and m.class {what}");
        format!(
            "  {weight} for if (any m in metrics where m.critical and m.class != Pass) then 0% \
             else ratio(({}), ({}))\n",
            of("== Pass"),
            of("!= Nodata")
        )
    });
    let source = format!(
        "enum Class {{ Pass, High, Low, Nodata }}\nrecord Metric {{ group: string class: Class critical: bool }}\n\
         request {{ metrics: list<Metric> }}\n\
         policy p {{ rule r {{ block when metrics.size == 0 }} }}\n\
         score canary for deploy {{\n{}  bands {{ >= 95% allow >= 75% delay else block }}\n}}\n",
        factors.collect::<String>()
    );
    let metrics: Vec<Value> = metrics
        .iter()
        .map(|m| json!({ "group": group(m), "class": m["classification"], "critical": m["critical"] }))
        .collect();
    let decision = Example::written(source)?.decide(&json!({ "metrics": metrics }), &json!({}), NOW)?;
    let total = decision.scores.first().map(|score| score.total);
    let wanted = Dec::from_billionths((number(row, "expect") * 1e9).round() as i128);
    let tolerance = Dec::from_billionths(10_000_000);
    let near = total.and_then(|total| total.checked_sub(wanted)).is_some_and(|difference| {
        difference < tolerance && difference > Dec::ZERO.checked_sub(tolerance).unwrap_or_default()
    });
    near.then_some(()).ok_or_else(|| format!("{total:?} and not {wanted}"))
}

/// Asks whether a value of a package is what is expected, and whether it is not where something else is.
pub(crate) fn is_value(
    given: &str,
    value: &str,
    expected: f64,
    tolerance: f64,
    request: &Value,
) -> Result<(), String> {
    for (moved, verdict) in [(0.0, Verdict::Allow), (1.0, Verdict::Block), (-1.0, Verdict::Block)] {
        let (low, high) = (decimal(expected + moved - tolerance), decimal(expected + moved + tolerance));
        let source = format!(
            "{given}let x = {value}\n\
             policy p {{ rule r {{ block unless x >= {low} and x <= {high} because \"it is {{x}}\" }} }}\n"
        );
        let decision = Example::written(source)?.decide(request, &json!({}), NOW)?;
        if decision.verdict != verdict || decision.objections.iter().any(|o| o.fault || !o.unknown.is_empty())
        {
            return Err(format!("{verdict} for {low} to {high}, got {:?}", decision.objections));
        }
    }
    Ok(())
}

/// A package with a list, and the value at a place of it once it is sorted.
pub(crate) fn at_rank(rank: f64) -> String {
    let least = |rank: f64| format!("(min v for v in data where (count w in data where w <= v) > {rank})");
    let (low, part) = (rank.floor(), ((rank - rank.floor()) * 1e9).round() / 1e9);
    if part == 0.0 {
        return least(low);
    }
    format!("{0} + ({1} - {0}) * {2}", least(low), least(low + 1.0), decimal(part))
}

pub(crate) const DATA: &str = "request { data: list<decimal, max 64> }\n";

fn percentile(row: &Value) -> Result<(), String> {
    let last = list(row, "data").len().saturating_sub(1) as f64;
    let rank = number(row, "p") * last / 100.0;
    let tolerance = number(row, "tolerance").max(1e-8);
    is_value(DATA, &at_rank(rank), number(row, "expect"), tolerance, &json!({ "data": series(row, "data") }))
}

fn effect(row: &Value) -> Result<(), String> {
    let given = "request { baseline: list<decimal, max 64> canary: list<decimal, max 64> }\n";
    let request = json!({ "baseline": series(row, "baseline"), "canary": series(row, "canary") });
    let mean = |list: &str| format!("((sum v for v in {list}) / ({list}.size / 1))");
    let tolerance = number(row, "tolerance").max(1e-8);
    match text(row, "measure") {
        "meanRatio" => {
            let ratio = format!("{} / {}", mean("canary"), mean("baseline"));
            if text(row, "expect") != "NaN" {
                return is_value(given, &ratio, number(row, "expect"), tolerance, &request);
            }
            let source = format!("{given}policy p {{ rule r {{ block when {ratio} > 0.0 }} }}\n");
            let decision = Example::written(source)?.decide(&request, &json!({}), NOW)?;
            let unknown = decision.objections.iter().all(|o| !o.unknown.is_empty());
            (decision.verdict == Verdict::Block && unknown)
                .then_some(())
                .ok_or_else(|| format!("{decision:?}"))
        }
        "cles" => {
            let pairs = "2 * (sum (count b in baseline where b < c) for c in canary) \
                         + (sum (count b in baseline where b == c) for c in canary)";
            let part = format!("({pairs}) / (2 * baseline.size * canary.size)");
            is_value(given, &part, number(row, "expect"), tolerance, &request)
        }
        other => Err(format!("cannot be said: `{other}` takes a square root, which decimals have not")),
    }
}

fn conditions(row: &Value) -> Result<(), String> {
    let (success, failure) = (text(row, "success_condition"), text(row, "failure_condition"));
    let mut triggers = String::new();
    if !failure.is_empty() {
        triggers.push_str(&format!("  rollback when {failure}\n"));
    }
    if !success.is_empty() {
        let judgement = if failure.is_empty() { "rollback" } else { "hold" };
        triggers.push_str(&format!("  {judgement} unless {success}\n"));
    }
    let source = format!(
        "request {{ service: string }}\nsignal measured: samples<int> = prometheus.rate(\"measured\")\n\
         policy p {{ rule r {{ block when service == \"\" }} }}\n\
         rollout canary {{\n  step 100% for 5m\n  metric measured critical {{ rollback when value < 0 }}\n\
         {triggers}  on unknown hold at most 5m then rollback\n}}\n"
    );
    let judgement = Example::written(source).and_then(|mut package| {
        let progress =
            json!({ "rollout": "canary", "stage": 0, "since": "2026-01-05T12:00:00Z", "held_since": null });
        let measured = json!([{ "value": 1, "at": NOW }]);
        package.judge(&json!({ "service": "a" }), &json!({ "progress": progress, "measured": measured }), NOW)
    });
    let found = match &judgement {
        Ok(judgement) => match judgement.outcome.word() {
            "promote" => "Successful",
            "hold" => "Inconclusive",
            _ => "Failed",
        },
        Err(why) if why.contains("E0301") => "Error",
        Err(why) => return Err(why.clone()),
    };
    (found == text(row, "expect")).then_some(()).ok_or_else(|| format!("{found}: {judgement:?}"))
}

/// Asks every row; prints how many of each kind could be said, and which could not.
pub(crate) fn ask(
    file: &str,
    kind: &dyn Fn(&Value) -> String,
    said: &dyn Fn(&Value) -> Result<(), String>,
) -> Result<(), String> {
    let Some(rows) = shared_data::rows(file)? else { return Ok(()) };
    let (mut kinds, mut unsaid) = (BTreeMap::<String, u32>::new(), Vec::new());
    for row in &rows {
        match said(row) {
            Ok(()) => *kinds.entry(kind(row)).or_default() += 1,
            Err(why) if why.starts_with("cannot be said") => {
                unsaid.push(format!("{}: {why}", text(row, "id")))
            }
            Err(why) => return Err(format!("{}: {why}", text(row, "id"))),
        }
    }
    shared_data::tell(&format!(
        "{file}: {} rows, as expected: {kinds:?}; {} cannot be said {unsaid:#?}",
        rows.len(),
        unsaid.len()
    ));
    // What cannot be said is known; more would be a loss.
    if unsaid.len() > 1 { Err(format!("{unsaid:#?}")) } else { Ok(()) }
}

#[test]
fn canaries_are_judged_as_their_authors_expect() -> Result<(), String> {
    ask("canary.ndjson", &|row| text(row, "kind").to_owned(), &|row| match text(row, "kind") {
        "score" => score(row),
        "percentile" => percentile(row),
        "effect-size" => effect(row),
        "conditions-to-phase" => conditions(row),
        other => Err(format!("`{other}` is a kind of row that nobody has looked at")),
    })
}
