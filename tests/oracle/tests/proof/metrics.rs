//! What a metric means, by another way than that of the language's front end, which makes statements of it: here the
//! samples are sorted and counted.
//!
//! What is not known is tried both ways: a stage that is promoted, or goes back, does so whatever it may be.

use std::collections::BTreeSet;

use holdpoint_isa::literal::format_instant;
use holdpoint_isa::verdict::Judgement as Says;
use holdpoint_oracle::engine::{Wrong, build, number, tell, told};
use holdpoint_oracle::make::Facts;
use holdpoint_oracle::rng::Rng;
use holdpoint_vm::{Machine, Snapshot};
use serde_json::{Value as Json, json};

const SECOND: i64 = 1_000_000_000;
/// 2026-01-05T12:00:00Z
const NOW: i64 = 1_767_614_400 * SECOND;

/// A critical metric with triggers on limits.
#[derive(Debug)]
struct Metric {
    min_samples: Option<i64>,
    /// In seconds, as the ones below.
    max_age: Option<i64>,
    warmup: Option<i64>,
    confirm: Option<(usize, usize)>,
    /// What a value above a limit asks for; where the flag is set, above so much more than the baseline.
    triggers: Vec<(Says, bool, i64)>,
}

/// A sample; where count or baseline is not set, it is not known.
#[derive(Debug, Clone, Copy)]
struct Sample {
    value: i64,
    baseline: Option<i64>,
    count: Option<i64>,
    /// Seconds before now.
    ago: i64,
}

impl Metric {
    fn new(rng: &mut Rng) -> Self {
        let some = |rng: &mut Rng, list: &[i64]| if rng.percent(40) { rng.pick(list).copied() } else { None };
        let confirm = [(1, 1), (1, 2), (2, 2), (1, 3), (2, 3), (3, 3), (2, 5), (5, 5)];
        let trigger = |rng: &mut Rng| {
            let says = if rng.percent(70) { Says::Rollback } else { Says::Hold };
            let limit = i64::try_from(rng.below(8)).unwrap_or_default();
            (says, rng.percent(40), limit)
        };
        Self {
            min_samples: some(rng, &[1, 500]),
            max_age: some(rng, &[0, 20, 60]),
            warmup: some(rng, &[0, 10, 40]),
            confirm: if rng.percent(60) { rng.pick(&confirm).copied() } else { None },
            triggers: (0..rng.below(2).saturating_add(1)).map(|_| trigger(rng)).collect(),
        }
    }

    fn source(&self) -> String {
        let mut parts = String::new();
        let mut clause = |word: &str, value: Option<String>| {
            value.into_iter().for_each(|value| parts.push_str(&format!("    {word} {value}\n")));
        };
        clause("min_samples", self.min_samples.map(|least| least.to_string()));
        clause("max_age", self.max_age.map(|most| format!("{most}s")));
        clause("warmup", self.warmup.map(|length| format!("{length}s")));
        clause("confirm", self.confirm.map(|(needed, last)| format!("{needed} of {last}")));
        for (says, relative, limit) in &self.triggers {
            let base = if *relative { "baseline + " } else { "" };
            parts.push_str(&format!("    {} when value > {base}{limit}\n", says.word()));
        }
        format!(
            "request {{ service: string }}\nsignal m: samples<int> = prometheus.rate(\"m\")\n\
             policy p {{ rule r {{ block when service == \"\" }} }}\n\
             rollout t {{\n  step 100% for 0s\n  metric m critical {{\n{parts}  }}\n  \
             on unknown hold at most 1d then rollback\n}}\n"
        )
    }

    /// What all samples come to, where everything is known: the judgement, and how many findings there are.
    fn judge(&self, samples: &[Sample], arrived: i64) -> (Says, usize) {
        let valid = samples.iter().filter(|s| {
            s.ago >= 0
                && s.ago <= arrived - self.warmup.unwrap_or(0)
                && self.max_age.is_none_or(|most| s.ago <= most)
                && self.min_samples.is_none_or(|least| s.count.is_some_and(|count| count >= least))
        });
        let mut valid: Vec<&Sample> = valid.collect();
        if valid.is_empty() {
            return (Says::Hold, 1);
        }
        valid.sort_by_key(|sample| sample.ago);
        let (needed, last) = self.confirm.unwrap_or((1, 1));
        // Those of the same instant as the last one that is looked at are as new as it is.
        let oldest = valid.get(last - 1).map_or(i64::MAX, |sample| sample.ago);
        let newest: Vec<&&Sample> = valid.iter().filter(|sample| sample.ago <= oldest).collect();
        let (mut outcome, mut findings) = (Says::Promote, 0);
        for (says, relative, limit) in &self.triggers {
            let above = |s: &&&&Sample| s.value > limit + if *relative { s.baseline.unwrap_or(0) } else { 0 };
            let fires = newest.iter().filter(above).count();
            if fires >= needed {
                outcome = outcome.max(*says);
                findings += fires;
            } else if fires > 0 && valid.len() < last && fires + (last - valid.len()) >= needed {
                outcome = outcome.max(Says::Hold);
                findings += 1;
            }
        }
        (outcome, findings)
    }
}

impl Sample {
    fn new(rng: &mut Rng) -> Self {
        let number = |rng: &mut Rng, below| i64::try_from(rng.below(below)).unwrap_or_default();
        let known = |rng: &mut Rng, value| if rng.percent(90) { Some(value) } else { None };
        let count = rng.pick(&[0, 499, 500, 900]).copied().unwrap_or_default();
        let baseline = number(rng, 8);
        Self {
            value: number(rng, 12),
            baseline: known(rng, baseline),
            count: known(rng, count),
            ago: number(rng, 9) * 10 - 10,
        }
    }

    fn json(&self) -> Json {
        let at = format_instant(NOW - self.ago * SECOND);
        json!({ "value": self.value, "baseline": self.baseline, "count": self.count, "at": at })
    }
}

/// All ways in which what is not known may be; at most so many.
fn completions(samples: &[Sample]) -> Vec<Vec<Sample>> {
    let mut all = vec![samples.to_vec()];
    for at in 0..samples.len() {
        let ways = |samples: &Vec<Sample>| {
            let sample = samples[at];
            let counts = sample.count.map_or(vec![0, 900], |count| vec![count]);
            let baselines = sample.baseline.map_or(vec![-100, 100], |baseline| vec![baseline]);
            let mut found = Vec::new();
            for count in counts {
                for baseline in &baselines {
                    let mut samples = samples.clone();
                    samples[at] = Sample { count: Some(count), baseline: Some(*baseline), ..sample };
                    found.push(samples);
                }
            }
            found
        };
        all = all.iter().flat_map(ways).take(4096).collect();
    }
    all
}

#[test]
fn a_metric_is_what_sorting_and_counting_makes_of_it() -> Result<(), Wrong> {
    let (first, count) = (number("HOLDPOINT_ORACLE_SEED", 0), number("HOLDPOINT_ORACLE_CASES", 600));
    let (mut seen, mut unknown) = (BTreeSet::new(), 0u32);
    for seed in first..first.saturating_add(count) {
        let mut rng = Rng::new(seed.wrapping_mul(71));
        let metric = Metric::new(&mut rng);
        let files = [("case.hold".to_owned(), metric.source())];
        let built = build("case", &files, &|_| None).map_err(|why| told(seed, &files, None, &why))?;
        for _ in 0..20 {
            let samples: Vec<Sample> = (0..rng.below(8)).map(|_| Sample::new(&mut rng)).collect();
            let arrived = i64::try_from(rng.below(8)).unwrap_or_default() * 10;
            let since = format_instant(NOW - arrived * SECOND);
            let progress = json!({ "rollout": "t", "stage": 0, "since": since, "held_since": null });
            let sent: Vec<Json> = samples.iter().map(Sample::json).collect();
            let signals = json!({ "progress": progress, "m": sent });
            let facts = Facts { request: json!({ "service": "a" }), signals, now: NOW };
            let judgement = built
                .compare_judgement(&mut Machine::new(), &mut Snapshot::new(), &facts)
                .map_err(|why| told(seed, &files, Some(&facts), &why))?;
            let ways: Vec<(Says, usize)> =
                completions(&samples).iter().map(|samples| metric.judge(samples, arrived)).collect();
            let all = |says: Says| ways.iter().all(|(found, _)| *found == says);
            let fits = match (ways.as_slice(), judgement.outcome) {
                ([one], outcome) => *one == (outcome, judgement.findings.len()),
                (_, Says::Hold) => true,
                (_, outcome) => all(outcome),
            };
            unknown += u32::from(ways.len() > 1);
            seen.insert((judgement.outcome, ways.len() > 1));
            if !fits {
                let what = format!("{ways:?}, and the machine says {judgement:#?}");
                return Err(told(seed, &files, Some(&facts), &what));
            }
        }
    }
    tell(&format!("{} metrics judged another way, {unknown} with something unknown", count * 20));
    assert!(count < 100 || seen.len() == 6, "{seen:?}");
    Ok(())
}
