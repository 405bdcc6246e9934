//! The theorems of the language on packages and requests made from seeds.
//!
//! `HOLDPOINT_ORACLE_CASES` sets how many packages each is tried on, `HOLDPOINT_ORACLE_SEED` the first seed.

use holdpoint_isa::{Verdict, decode, encode};
use holdpoint_oracle::decide::decide_noting_faults;
use holdpoint_oracle::engine::{Built, Wrong, build, build_below, number, tell, told};
use holdpoint_oracle::make::{Case, Facts, complete};
use holdpoint_oracle::rng::Rng;
use holdpoint_vm::decision::Objection;
use holdpoint_vm::{Decision, Machine, Snapshot};

/// Requests for each package.
const REQUESTS: u64 = 4;

fn seeds(otherwise: u64) -> std::ops::Range<u64> {
    let first = number("HOLDPOINT_ORACLE_SEED", 0);
    first..first.saturating_add(number("HOLDPOINT_ORACLE_CASES", otherwise))
}

fn built(seed: u64, case: &Case) -> Result<Built, Wrong> {
    build("oracle", &case.files(), &|_| None).map_err(|why| told(seed, &case.files(), None, &why))
}

fn decided(built: &Built, facts: &Facts) -> Result<Decision, Wrong> {
    let Facts { request, signals, now } = facts;
    built.decide(&mut Machine::new(), &mut Snapshot::new(), request, signals, *now).map_err(Wrong)
}

fn failed(seed: u64, case: &Case, facts: &Facts, what: &str) -> Wrong {
    told(seed, &case.files(), Some(facts), what)
}

/// A decision without what names the module or a place in its source.
fn apart_from_source(mut decision: Decision) -> Decision {
    decision.policy = holdpoint_isa::ModuleHash([0; 32]);
    (decision.fuel_used, decision.fuel_bound) = (0, 0);
    let forget = |list: &mut Vec<Objection>| {
        list.iter_mut().for_each(|objection| objection.source = None);
        list.sort();
    };
    forget(&mut decision.objections);
    forget(&mut decision.warnings);
    forget(&mut decision.trial);
    decision.waived.iter_mut().for_each(|(_, objection)| objection.source = None);
    decision.waived.sort();
    decision
}

/// What decides: everything but warnings and trials.
fn in_force(decision: Decision) -> Decision {
    Decision { warnings: Vec::new(), trial: Vec::new(), ..apart_from_source(decision) }
}

/// T1: where a snapshot with unknowns is allowed, every completion of it without a fault is.
#[test]
fn to_know_more_never_forbids_what_was_allowed() -> Result<(), Wrong> {
    let mut tried = 0u32;
    for seed in seeds(400) {
        let case = Case::new(seed);
        let built = built(seed, &case)?;
        for request in 0..REQUESTS {
            let facts = case.facts(seed.wrapping_mul(31).wrapping_add(request), 60);
            if decided(&built, &facts)?.verdict != Verdict::Allow {
                continue;
            }
            for completion in 0..4 {
                let whole = complete(&case, &facts, seed.wrapping_mul(17).wrapping_add(completion));
                let Facts { request, signals, now } = &whole;
                let (package, sources) = (&built.package, &built.sources);
                let (_, faulted) = decide_noting_faults(package, sources, request, signals, *now);
                if faulted {
                    continue;
                }
                tried += 1;
                let decision = decided(&built, &whole)?;
                if decision.verdict != Verdict::Allow {
                    let what = format!("{facts:?} is allowed, and completed it gets {decision:#?}");
                    return Err(failed(seed, &case, &whole, &what));
                }
            }
        }
    }
    tell(&format!("{tried} completions of what was allowed"));
    assert!(tried > 0);
    Ok(())
}

/// T2: one more rule in a policy that governs never loosens.
#[test]
fn one_more_rule_never_loosens() -> Result<(), Wrong> {
    for seed in seeds(250) {
        let case = Case::new(seed);
        let before = built(seed, &case)?;
        let governing = case.policies.iter().position(holdpoint_oracle::make::PolicyText::governs);
        let Some(policy) = governing else { continue };
        let more = case.with_rule(policy, false);
        let after = built(seed, &more)?;
        for request in 0..REQUESTS {
            let facts = case.facts(seed.wrapping_mul(37).wrapping_add(request), 20);
            let (one, other) = (decided(&before, &facts)?.verdict, decided(&after, &facts)?.verdict);
            if other < one {
                return Err(failed(seed, &more, &facts, &format!("{one} without the rule, {other} with it")));
            }
        }
    }
    Ok(())
}

/// T2: a lower layer never loosens, and interpreter and machine agree on what was linked.
#[test]
fn a_lower_layer_never_loosens() -> Result<(), Wrong> {
    let mut tighter = 0;
    for seed in seeds(250) {
        let case = Case::new(seed);
        let before = built(seed, &case)?;
        let below = case.below();
        let after = build_below(&case.files(), &below).map_err(|why| told(seed, &below, None, &why))?;
        for request in 0..REQUESTS {
            let facts = case.facts(seed.wrapping_mul(43).wrapping_add(request), 20);
            let one = decided(&before, &facts)?.verdict;
            let other = after.compare(&mut Machine::new(), &mut Snapshot::new(), &facts);
            let other = other.map_err(|why| told(seed, &below, Some(&facts), &why))?.verdict;
            if other < one {
                let what = format!("{one} without the lower layer, {other} with it");
                return Err(told(seed, &below, Some(&facts), &what));
            }
            tighter += u32::from(other > one);
        }
    }
    tell(&format!("{tighter} decisions that a lower layer made tighter"));
    assert!(tighter > 0);
    Ok(())
}

/// T3: what is on trial, and what warns, changes nothing.
#[test]
fn trials_and_warnings_change_nothing() -> Result<(), Wrong> {
    for seed in seeds(250) {
        let case = Case::new(seed);
        let before = built(seed, &case)?;
        let others = [case.with_rule(0, true), case.with_trial_policy(), case.without_warnings()];
        for other in &others {
            let after = built(seed, other)?;
            for request in 0..REQUESTS {
                let facts = case.facts(seed.wrapping_mul(41).wrapping_add(request), 20);
                let one = decided(&before, &facts)?;
                // A fault blocks wherever it is, even where a rule would only warn.
                if one.objections.iter().any(|objection| objection.fault) {
                    continue;
                }
                let (one, two) = (in_force(one), in_force(decided(&after, &facts)?));
                if one != two {
                    let what = format!("{one:#?}\nand with another trial or warning {two:#?}");
                    return Err(failed(seed, other, &facts, &what));
                }
            }
        }
    }
    Ok(())
}

/// T4: files, declarations, policies, rules and statements stand in any order.
#[test]
fn order_says_nothing() -> Result<(), Wrong> {
    for seed in seeds(250) {
        let case = Case::new(seed);
        let before = built(seed, &case)?;
        let permuted = case.permuted(&mut Rng::new(seed));
        let after = built(seed, &permuted)?;
        for request in 0..REQUESTS {
            let facts = case.facts(seed.wrapping_mul(43).wrapping_add(request), 20);
            let one = apart_from_source(decided(&before, &facts)?);
            let two = apart_from_source(decided(&after, &facts)?);
            if one != two {
                let what = format!("{one:#?}\nand in another order {two:#?}\n{:?}", permuted.files());
                return Err(failed(seed, &case, &facts, &what));
            }
        }
    }
    Ok(())
}

/// The same source gives the same bytes; comments and layout are no part of them; what they stand for encodes to them.
#[test]
fn bytes_are_a_function_of_what_the_source_says() -> Result<(), Wrong> {
    for seed in seeds(250) {
        let case = Case::new(seed);
        let (one, again) = (built(seed, &case)?, built(seed, &case)?);
        let laid_out = case.files().into_iter().map(|(path, text)| {
            let text = text.replace('\n', "  // a comment\n\n").replace(" when ", "\n\t when ");
            (path, text)
        });
        let laid_out: Vec<(String, String)> = laid_out.collect();
        let other = build("oracle", &laid_out, &|_| None).map_err(|why| told(seed, &laid_out, None, &why))?;
        let bytes = &one.compiled.module;
        if *bytes != again.compiled.module || *bytes != other.compiled.module {
            return Err(told(seed, &case.files(), None, "the bytes differ"));
        }
        let program = decode(bytes).map_err(|error| Wrong(error.to_string()))?;
        if encode(&program).as_ref() != Ok(bytes) || program != *one.module.program() {
            return Err(told(seed, &case.files(), None, "what the bytes stand for has other bytes"));
        }
    }
    Ok(())
}
