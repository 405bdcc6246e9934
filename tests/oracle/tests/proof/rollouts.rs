//! What holds of every rollout, on packages and facts made from seeds.
//!
//! `HOLDPOINT_ORACLE_CASES` sets how many packages each is tried on, `HOLDPOINT_ORACLE_SEED` the first seed.

use holdpoint_isa::ModuleHash;
use holdpoint_isa::verdict::Judgement as Says;
use holdpoint_oracle::engine::{Built, Wrong, build, number, tell, told};
use holdpoint_oracle::judge::judge;
use holdpoint_oracle::make::{Case, Facts, complete};
use holdpoint_oracle::rng::Rng;
use holdpoint_vm::{Judgement, Machine, Snapshot};

/// Facts for each package.
const FACTS: u64 = 6;

/// Packages with rollouts, each with the seeds of its facts.
fn cases(otherwise: u64) -> impl Iterator<Item = (u64, Case)> {
    let first = number("HOLDPOINT_ORACLE_SEED", 0);
    let seeds = first..first.saturating_add(number("HOLDPOINT_ORACLE_CASES", otherwise));
    seeds.map(|seed| (seed, Case::new(seed))).filter(|(_, case)| !case.rollouts.is_empty())
}

fn built(seed: u64, case: &Case) -> Result<Built, Wrong> {
    build("oracle", &case.files(), &|_| None).map_err(|why| told(seed, &case.files(), None, &why))
}

fn judged(built: &Built, facts: &Facts) -> Result<Judgement, Wrong> {
    built.judge(&mut Machine::new(), &mut Snapshot::new(), facts).map_err(Wrong)
}

fn failed(seed: u64, case: &Case, facts: &Facts, what: &str) -> Wrong {
    told(seed, &case.files(), Some(facts), what)
}

/// Where a snapshot with unknowns promotes, every completion of it without a fault does.
#[test]
fn what_is_unknown_never_promotes() -> Result<(), Wrong> {
    let mut tried = 0u32;
    for (seed, case) in cases(1200) {
        let built = built(seed, &case)?;
        for at in 0..FACTS {
            let facts = case.facts(seed.wrapping_mul(47).wrapping_add(at), 30);
            if judged(&built, &facts)?.outcome != Says::Promote {
                continue;
            }
            for completion in 0..4 {
                let whole = complete(&case, &facts, seed.wrapping_mul(53).wrapping_add(completion));
                let Facts { request, signals, now } = &whole;
                if judge(&built.package, &built.sources, request, signals, *now).1 {
                    continue;
                }
                tried += 1;
                let judgement = judged(&built, &whole)?;
                if judgement.outcome != Says::Promote {
                    let what = format!("{facts:?} promotes, and completed it gets {judgement:#?}");
                    return Err(failed(seed, &case, &whole, &what));
                }
            }
        }
    }
    tell(&format!("{tried} completions of what promotes"));
    assert!(tried > 0);
    Ok(())
}

/// One more trigger never loosens.
#[test]
fn one_more_trigger_never_loosens() -> Result<(), Wrong> {
    for (seed, case) in cases(400) {
        let (before, more) = (built(seed, &case)?, case.with_triggers());
        let after = built(seed, &more)?;
        for at in 0..FACTS {
            let facts = case.facts(seed.wrapping_mul(59).wrapping_add(at), 20);
            let (one, other) = (judged(&before, &facts)?.outcome, judged(&after, &facts)?.outcome);
            if other < one {
                return Err(failed(
                    seed,
                    &more,
                    &facts,
                    &format!("{one:?} without the trigger, {other:?} with it"),
                ));
            }
        }
    }
    Ok(())
}

/// However late it is, nothing is promoted without a sample.
#[test]
fn time_alone_promotes_nothing() -> Result<(), Wrong> {
    for (seed, case) in cases(400) {
        let built = built(seed, &case)?;
        for at in 0..FACTS {
            let mut facts = case.facts(seed.wrapping_mul(61).wrapping_add(at), 5);
            let samples = case.model.signals.iter().filter(|signal| signal.name.starts_with('e'));
            for signal in samples {
                facts.signals[&signal.name] = serde_json::json!([]);
            }
            for now in [facts.now, facts.now.saturating_add(i64::MAX / 4), i64::MAX] {
                let judgement = judged(&built, &Facts { now, ..facts.clone() })?;
                if judgement.outcome == Says::Promote {
                    return Err(failed(seed, &case, &facts, &format!("at {now} it promotes {judgement:#?}")));
                }
            }
        }
    }
    Ok(())
}

/// A judgement without what names the module or a place in its source.
fn apart_from_source(mut judgement: Judgement) -> Judgement {
    judgement.policy = ModuleHash([0; 32]);
    (judgement.fuel_used, judgement.fuel_bound) = (0, 0);
    judgement.findings.iter_mut().for_each(|finding| finding.source = None);
    judgement.findings.sort();
    // The same unknown is told once for each trigger, and two triggers are told apart by their places alone.
    judgement.findings.dedup_by(|a, b| !a.unknown.is_empty() && a == b);
    judgement
}

/// Metrics, their clauses, triggers and rollouts stand in any order.
#[test]
fn order_says_nothing() -> Result<(), Wrong> {
    for (seed, case) in cases(400) {
        let (before, permuted) = (built(seed, &case)?, case.permuted(&mut Rng::new(seed)));
        let after = built(seed, &permuted)?;
        for at in 0..FACTS {
            let facts = case.facts(seed.wrapping_mul(67).wrapping_add(at), 20);
            let one = apart_from_source(judged(&before, &facts)?);
            let two = apart_from_source(judged(&after, &facts)?);
            if one != two {
                let what = format!("{one:#?}\nand in another order {two:#?}\n{:?}", permuted.files());
                return Err(failed(seed, &case, &facts, &what));
            }
        }
    }
    Ok(())
}
