//! Criteria, operators and objectives of Keptn (`keptn_slo.ndjson`), each written as a package of its own.
//!
//! How a row is written:
//!
//! - a *criterion* such as `<=+10%` asks the value against a number, or against the mean of the results before: so many
//!   percent or so much above it (`+`, or nothing before a percentage) or below it (`-`). Where there is no result
//!   before, Keptn skips it, so the package says that this is fine.
//! - *objectives* are a score: all of the weight where one of the sets of criteria to pass is met, half of it where one
//!   of those to warn is; a key objective that fails blocks.
//! - an *operator* is a metric of a rollout that goes back unless it holds.
//! - numbers are rounded to nine decimals; a *percentile* is the value at its place, rounded down, once all are sorted.

use holdpoint_isa::Dec;
use holdpoint_isa::verdict::Verdict;
use holdpoint_tests::example::Example;
use serde_json::{Value, json};

use super::canaries::{DATA, ask, at_rank, decimal, is_value};

const NOW: &str = "2026-01-05T12:05:00Z";

/// A criterion as it is written, as a condition.
fn condition(criterion: &str) -> Result<String, String> {
    let written: String = criterion.chars().filter(|c| !c.is_whitespace()).collect();
    let end = written.find(|c: char| !"<>=".contains(c)).unwrap_or(written.len());
    let (sign, rest) = written.split_at(end);
    let sign = if sign == "=" { "==" } else { sign };
    let (less, relative) = (rest.starts_with('-'), rest.starts_with(['+', '-']));
    let amount = rest.trim_start_matches(['+', '-']);
    let number =
        amount.trim_end_matches('%').parse::<f64>().map_err(|_| format!("`{criterion}` has no number"))?;
    let by = match (amount.ends_with('%'), less) {
        (true, false) => format!("before * {}%", 100.0 + number),
        (true, true) => format!("before * {}%", 100.0 - number),
        (false, _) if !relative => return Ok(format!("value {sign} {}", decimal(number))),
        (false, false) => format!("before + {}", decimal(number)),
        (false, true) => format!("before - {}", decimal(number)),
    };
    Ok(format!("(previous.size == 0 or value {sign} {by})"))
}

const GIVEN: &str = "request { value: decimal previous: list<decimal> }\n\
                     let before = (sum p for p in previous) / (previous.size / 1)\n";

/// Whether a value meets a condition after some results.
fn meets(condition: &str, value: f64, previous: &[f64]) -> Result<bool, String> {
    // What a condition on the value alone does not use is used by a rule that never objects.
    let source = format!(
        "{GIVEN}policy p {{ rule r {{ block unless {condition} }} rule q {{ warn when before < 0.0 }} }}\n"
    );
    let request = json!({ "value": value, "previous": previous });
    let decision = Example::written(source)?.decide(&request, &json!({}), NOW)?;
    match decision.objections.iter().find(|o| o.fault || !o.unknown.is_empty()) {
        Some(objection) => Err(format!("{objection:?}")),
        None => Ok(decision.verdict == Verdict::Allow),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(found: T, wanted: T) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{found:?} and not {wanted:?}")) }
}

/// A criterion is what its parts say: asked of values on both sides of the threshold.
fn parsed(case: &Value) -> Result<(), String> {
    let condition = condition(case["Criteria"].as_str().unwrap_or_default())?;
    let parts = &case["ExpectedCriteriaObject"];
    let (number, before) = (parts["Value"].as_f64().unwrap_or(f64::NAN), 50.0);
    let up = if parts["CheckIncrease"] == true { 1.0 } else { -1.0 };
    let threshold = match (parts["IsComparison"] == true, parts["CheckPercentage"] == true) {
        (false, _) => number,
        (true, true) => before * (100.0 + up * number) / 100.0,
        (true, false) => before + up * number,
    };
    for value in [threshold - 1.0, threshold - 0.01, threshold, threshold + 0.01, threshold + 1.0] {
        let wanted = match parts["Operator"].as_str().unwrap_or_default() {
            "<=" => value <= threshold,
            "<" => value < threshold,
            ">=" => value >= threshold,
            ">" => value > threshold,
            other => return Err(format!("`{other}` is an operator that nobody has looked at")),
        };
        same(meets(&condition, value, &[before])?, wanted).map_err(|why| format!("{value}: {why}"))?;
    }
    Ok(())
}

fn previous(case: &Value) -> Vec<f64> {
    let results = case["InPreviousResults"].as_array().map(Vec::as_slice).unwrap_or_default();
    results.iter().filter_map(|result| result["Value"]["Value"].as_f64()).collect()
}

/// A criterion as its parts.
fn of_parts(parts: &Value) -> String {
    let sign = match (parts["IsComparison"] == true, parts["CheckIncrease"] == true) {
        (false, _) => "",
        (true, true) => "+",
        (true, false) => "-",
    };
    let percent = if parts["CheckPercentage"] == true { "%" } else { "" };
    format!("{}{sign}{}{percent}", parts["Operator"].as_str().unwrap_or_default(), parts["Value"])
}

fn compared(case: &Value) -> Result<(), String> {
    let written =
        case["InCriteria"].as_str().map_or_else(|| of_parts(&case["InCriteriaObject"]), str::to_owned);
    let value = case["InSLIResult"]["Value"].as_f64().unwrap_or(f64::NAN);
    same(Some(meets(&condition(&written)?, value, &previous(case))?), case["ExpectedResult"].as_bool())
}

/// One of several sets of criteria is met where all of it are.
fn sets(sets: &Value) -> Result<Option<String>, String> {
    let sets = sets.as_array().map(Vec::as_slice).unwrap_or_default();
    let set = |set: &Value| {
        let all = set["Criteria"].as_array().map(Vec::as_slice).unwrap_or_default();
        let all: Result<Vec<String>, String> =
            all.iter().map(|criterion| condition(criterion.as_str().unwrap_or_default())).collect();
        all.map(|all| format!("({})", all.join(" and ")))
    };
    let all: Result<Vec<String>, String> = sets.iter().map(set).collect();
    let all = all?;
    Ok(if all.is_empty() { None } else { Some(all.join(" or ")) })
}

/// An objective with one indicator, over the results before.
fn objectives(case: &Value) -> Result<(), String> {
    let [objective] = case["InSLOConfig"]["Objectives"].as_array().map(Vec::as_slice).unwrap_or_default()
    else {
        return Err("cannot be said: it has several objectives".to_owned());
    };
    let name = &objective["SLI"];
    let of = |results: &Value| {
        let results = results.as_array().map(Vec::as_slice).unwrap_or_default();
        let own =
            results.iter().find(|result| result["Metric"] == *name || result["Value"]["Metric"] == *name);
        let value = own.and_then(|r| r["Value"].as_f64().or_else(|| r["Value"]["Value"].as_f64()));
        value.map(|value| (value * 1e9).round() / 1e9)
    };
    let value = of(&case["InGetSLIDoneEvent"]["GetSLI"]["IndicatorValues"]);
    let events = case["InPreviousEvaluationEvents"].as_array().map(Vec::as_slice).unwrap_or_default();
    let previous: Vec<f64> =
        events.iter().filter_map(|event| of(&event["Evaluation"]["IndicatorResults"])).collect();
    let (pass, warning) = (sets(&objective["Pass"])?, sets(&objective["Warning"])?);
    let pass = pass.unwrap_or_else(|| "true".to_owned());
    let warning =
        warning.map_or_else(|| "0%".to_owned(), |warning| format!("(if {warning} then 50% else 0%)"));
    let source = format!(
        "{GIVEN}policy p {{ rule r {{ warn when before < 0.0 }} }}\n\
         score objectives for deploy {{\n  100 for if {pass} then 100% else {warning}\n  \
         bands {{ >= 90% allow >= 75% delay else block }}\n}}\n"
    );
    let request = json!({ "value": value, "previous": previous });
    let decision = Example::written(source)?.decide(&request, &json!({}), NOW)?;
    let result = &case["ExpectedEvaluationResult"]["Evaluation"]["IndicatorResults"][0];
    let (score, most) = (result["Score"].as_i64(), case["ExpectedMaximumScore"].as_i64());
    let wanted =
        score.zip(most).and_then(|(score, most)| Dec::from_int(score * 100).checked_div(Dec::from_int(most)));
    same(decision.scores.first().map(|score| score.total), wanted)?;
    let verdict = if result["Status"] == "pass" { Verdict::Allow } else { Verdict::Block };
    same(decision.verdict, verdict)
}

/// The score of results that are known, with a key objective among them.
fn total(case: &Value) -> Result<(), String> {
    let results = case["InEvaluationResult"]["Evaluation"]["IndicatorResults"].as_array();
    let results = results.map(Vec::as_slice).unwrap_or_default();
    let objectives = case["InSLOConfig"]["Objectives"].as_array().map(Vec::as_slice).unwrap_or_default();
    let most = case["InMaximumScore"].as_f64().unwrap_or(f64::NAN);
    let factors = objectives.iter().enumerate().map(|(index, objective)| {
        let weight = objective["Weight"].as_f64().unwrap_or(f64::NAN) * 100.0 / most;
        format!(
            "  {weight} for if (any o in objectives where o.at == {index} and o.passed) then 100% else 0%\n"
        )
    });
    let source = format!(
        "record Objective {{ at: int passed: bool key: bool }}\nrequest {{ objectives: list<Objective> }}\n\
         policy p {{ rule key {{ block for each o in objectives where o.key and not o.passed }} }}\n\
         score objectives for deploy {{\n{}  bands {{ >= 90% allow >= 75% delay else block }}\n}}\n",
        factors.collect::<String>()
    );
    let results: Vec<Value> = results
        .iter()
        .enumerate()
        .map(
            |(at, result)| json!({ "at": at, "passed": result["Status"] == "pass", "key": result["KeySLI"] }),
        )
        .collect();
    let decision = Example::written(source)?.decide(&json!({ "objectives": results }), &json!({}), NOW)?;
    let wanted = &case["ExpectedEvaluationResult"]["Evaluation"];
    let score = wanted["Score"].as_f64().map(|score| Dec::from_billionths((score * 1e9).round() as i128));
    same(decision.scores.first().map(|score| score.total), score)?;
    same(decision.verdict == Verdict::Block, wanted["Result"] == "fail")?;
    let key = decision.objections.iter().any(|objection| objection.rule == "p.key");
    same(key, case["InKeySLIFailed"]["Failed"] == true)
}

/// An objective whose result is known adds its weight, or half of it.
fn weighed(case: &Value) -> Result<(), String> {
    let source = "enum Result { pass, warning, fail }\nrequest { result: Result }\n\
                  policy p { rule r { warn when result == warning } }\n\
                  score objective for deploy {\n  100 for match result { pass: 100%  warning: 50%  fail: 0% }\n  \
                  bands { >= 90% allow else block }\n}\n";
    let wanted = &case["want"];
    let result = match (wanted["Result"]["Pass"] == true, wanted["Result"]["Warning"] == true) {
        (true, _) => "pass",
        (_, true) => "warning",
        _ => "fail",
    };
    let decision =
        Example::written(source.to_owned())?.decide(&json!({ "result": result }), &json!({}), NOW)?;
    let weight = case["o"]["Weight"].as_i64().unwrap_or_default();
    let found =
        decision.scores.first().and_then(|score| score.total.checked_percent_of(Dec::from_int(weight)));
    same(found, wanted["Score"].as_f64().map(|score| Dec::from_billionths((score * 1e9).round() as i128)))
}

/// An operator as a metric of a rollout.
fn operator(case: &Value) -> Result<(), String> {
    let Some((name, bounds)) = case["o"].as_object().and_then(|o| o.iter().next()) else {
        return Err("an operator that says nothing".to_owned());
    };
    let bound = |member: &str| decimal(bounds[member].as_f64().unwrap_or(f64::NAN));
    let holds = match name.as_str() {
        "LessThanOrEqual" => format!("value <= {}", bound("FixedValue")),
        "LessThan" => format!("value < {}", bound("FixedValue")),
        "GreaterThanOrEqual" => format!("value >= {}", bound("FixedValue")),
        "GreaterThan" => format!("value > {}", bound("FixedValue")),
        "EqualTo" => format!("value == {}", bound("FixedValue")),
        "InRange" => format!("value >= {} and value <= {}", bound("LowBound"), bound("HighBound")),
        "NotInRange" => format!("value < {} or value > {}", bound("LowBound"), bound("HighBound")),
        other => return Err(format!("`{other}` is an operator that nobody has looked at")),
    };
    let judgement = judged(&format!("rollback unless {holds}"), case["val"].as_f64().unwrap_or(f64::NAN))?;
    same(Some(judgement == "promote"), case["want"]["Fulfilled"].as_bool())
}

fn judged(trigger: &str, value: f64) -> Result<&'static str, String> {
    let source = format!(
        "request {{ service: string }}\nsignal measured: samples<decimal> = prometheus.rate(\"measured\")\n\
         policy p {{ rule r {{ block when service == \"\" }} }}\n\
         rollout canary {{\n  step 100% for 5m\n  metric measured critical {{ {trigger} }}\n  \
         on unknown hold at most 5m then rollback\n}}\n"
    );
    let progress =
        json!({ "rollout": "canary", "stage": 0, "since": "2026-01-05T12:00:00Z", "held_since": null });
    let facts = json!({ "progress": progress, "measured": [{ "value": value, "at": NOW }] });
    Ok(Example::written(source)?.judge(&json!({ "service": "a" }), &facts, NOW)?.outcome.word())
}

fn said(row: &Value) -> Result<(), String> {
    let case = &row["case"];
    match row["kind"].as_str().unwrap_or_default() {
        "ParseCriteriaString" => parsed(case),
        "EvaluateComparison" | "EvaluateSingleCriteria" => compared(case),
        "EvaluateObjectives" => objectives(case),
        "CalculateScore" => total(case),
        // Without a result before there is no mean, and every criterion that needs one is skipped.
        "aggregateValues" => {
            same(Some(meets(&condition("<=+10%")?, 1e6, &previous(case))?), case["shouldSkip"].as_bool())
        }
        "CalculatePercentile" => {
            let count = case["InValue"].as_array().map_or(0, Vec::len) as f64;
            let rank = (case["InPercentile"].as_f64().unwrap_or(f64::NAN) * count).floor();
            let expected = case["ExpectedValue"].as_f64().unwrap_or(f64::NAN);
            is_value(DATA, &at_rank(rank), expected, 0.0, &json!({ "data": case["InValue"] }))
        }
        "TestOperatorEvaluator_Evaluate" => operator(case),
        "TestTargetEvaluator_Evaluate" => match judged("", case["val"].as_f64().unwrap_or(f64::NAN)) {
            Err(why) if why.contains("has no trigger") => {
                Err("cannot be said: a gate that asks nothing passes there, and does not compile here"
                    .to_owned())
            }
            other => Err(format!("{other:?}")),
        },
        "TestObjectiveEvaluator_Evaluate" => weighed(case),
        "TestGetValueFromMap" => {
            let given = "request { values: map<string, decimal> }\n";
            let values = case["values"].as_object().into_iter().flatten();
            let values = values.map(|(name, value)| {
                (
                    name.clone(),
                    value["Value"]
                        .as_str()
                        .and_then(|text| text.parse::<f64>().ok())
                        .map_or(Value::Null, Value::from),
                )
            });
            let request = json!({ "values": values.collect::<serde_json::Map<_, _>>() });
            let key = case["in"].as_str().unwrap_or_default();
            is_value(
                given,
                &format!("values[{key:?}]"),
                case["val"].as_f64().unwrap_or(f64::NAN),
                0.0,
                &request,
            )
        }
        other => Err(format!("`{other}` is a kind of row that nobody has looked at")),
    }
}

#[test]
fn objectives_are_met_as_their_authors_expect() -> Result<(), String> {
    ask("keptn_slo.ndjson", &|row| row["kind"].as_str().unwrap_or_default().to_owned(), &said)
}
