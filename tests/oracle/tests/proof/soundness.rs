//! What loads cannot panic, cannot run past its bound and cannot use its fuel up, whoever wrote its bytes.
//!
//! `HOLDPOINT_ORACLE_CASES` sets how many packages are damaged, `HOLDPOINT_ORACLE_SEED` the first seed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use holdpoint_isa::program::{Const, SourceMap};
use holdpoint_isa::{Op, Program, Reg, encode};
use holdpoint_oracle::engine::{Wrong, build, number, tell, told};
use holdpoint_oracle::make::{Case, Facts};
use holdpoint_oracle::mutate::mutate;
use holdpoint_oracle::rng::Rng;
use holdpoint_vm::verify::{admission_bounds, stage_bounds};
use holdpoint_vm::{Machine, Snapshot, VerifiedProgram};

/// Damaged modules for each package.
const MUTANTS: u64 = 30;

/// Runs a module on some facts, which its decoder may refuse, and on none.
fn run(module: &VerifiedProgram, facts: &Facts) -> Result<(), String> {
    let mut read = Snapshot::new();
    // A refusal leaves the snapshot empty, which is a snapshot as well.
    let _ = read.read(
        module.program(),
        facts.request.to_string().as_bytes(),
        facts.signals.to_string().as_bytes(),
    );
    for snapshot in [&read, &Snapshot::new()] {
        for now in [facts.now, i64::MIN, i64::MAX] {
            let decision = Machine::new().decide(module, &SourceMap::default(), snapshot, now);
            if decision.fuel_used > decision.fuel_bound {
                return Err(format!("used {} of {} fuel", decision.fuel_used, decision.fuel_bound));
            }
            let spent = holdpoint_isa::Fault::FuelExhausted.text();
            if decision.objections.iter().any(|objection| objection.reason.contains(spent)) {
                return Err("the fuel is used up".to_owned());
            }
            let _ = decision.to_json();
            let judgement = Machine::new().judge(module, &SourceMap::default(), snapshot, now);
            if judgement.fuel_used > judgement.fuel_bound {
                return Err(format!("judging used {} of {}", judgement.fuel_used, judgement.fuel_bound));
            }
            if judgement.findings.iter().any(|finding| finding.reason.contains(spent)) {
                return Err("the fuel of judging is used up".to_owned());
            }
            let _ = judgement.to_json();
        }
    }
    Ok(())
}

/// Loads bytes and runs what they stand for; whether they loaded.
fn try_bytes(bytes: &[u8], facts: &Facts) -> Result<bool, String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| match VerifiedProgram::load(bytes) {
        Ok(module) => run(&module, facts).map(|()| true),
        Err(_) => Ok(false),
    }));
    outcome.unwrap_or_else(|_| Err("it panics".to_owned()))
}

/// The bytes of a program that states the bound it has.
fn restated(mut program: Program) -> Option<Vec<u8>> {
    if let Ok(bounds) = admission_bounds(&program) {
        program.fuel_bound = bounds.fuel;
    }
    let mut rollouts = program.rollouts.clone();
    for rollout in &mut rollouts {
        let bounds: Vec<_> =
            rollout.stages.iter().map(|stage| stage_bounds(&program, rollout, stage).ok()).collect();
        for (stage, bounds) in rollout.stages.iter_mut().zip(bounds) {
            stage.fuel_bound = bounds.map_or(stage.fuel_bound, |bounds| bounds.fuel);
        }
    }
    program.rollouts = rollouts;
    encode(&program).ok()
}

#[test]
fn damaged_modules_do_not_load_or_run_within_their_bound() -> Result<(), Wrong> {
    let (first, count) = (number("HOLDPOINT_ORACLE_SEED", 0), number("HOLDPOINT_ORACLE_CASES", 60));
    let (mut tried, mut loaded) = (0u64, 0u64);
    for seed in first..first.saturating_add(count) {
        let case = Case::new(seed);
        let files = case.files();
        let built = build("oracle", &files, &|_| None).map_err(|why| told(seed, &files, None, &why))?;
        let facts = case.facts(seed, 20);
        for mutant in 0..MUTANTS {
            let mut rng = Rng::new(seed.wrapping_mul(MUTANTS).wrapping_add(mutant));
            let mut program = built.module.program().clone();
            for _ in 0..rng.below(3).saturating_add(1) {
                mutate(&mut program, &mut rng);
            }
            let Some(bytes) = catch_unwind(AssertUnwindSafe(|| restated(program))).unwrap_or_default() else {
                continue;
            };
            tried += 1;
            let found = try_bytes(&bytes, &facts);
            let found =
                found.map_err(|why| told(seed, &files, Some(&facts), &format!("mutant {mutant}: {why}")))?;
            loaded += u64::from(found);
        }
    }
    tell(&format!("{tried} damaged modules, of which {loaded} load"));
    assert!(loaded > 0, "{tried}");
    Ok(())
}

#[test]
fn bytes_with_flips_and_random_bytes_do_not_load_or_run() -> Result<(), Wrong> {
    let (first, count) = (number("HOLDPOINT_ORACLE_SEED", 0), number("HOLDPOINT_ORACLE_CASES", 60));
    for seed in first..first.saturating_add(count) {
        let case = Case::new(seed);
        let files = case.files();
        let built = build("oracle", &files, &|_| None).map_err(|why| told(seed, &files, None, &why))?;
        let facts = case.facts(seed, 20);
        for flip in 0..100 {
            let mut rng = Rng::new(seed.wrapping_mul(100).wrapping_add(flip));
            let mut bytes = built.compiled.module.clone();
            match flip % 4 {
                // Noise behind the header.
                0 => bytes.iter_mut().skip(10).for_each(|byte| *byte = rng.next().to_le_bytes()[0]),
                1 => bytes.truncate(rng.below(bytes.len())),
                _ => {
                    for _ in 0..rng.below(3).saturating_add(1) {
                        let at = rng.below(bytes.len());
                        bytes[at] ^= 1u8 << rng.below(8);
                    }
                }
            }
            try_bytes(&bytes, &facts)
                .map_err(|why| told(seed, &files, Some(&facts), &format!("flip {flip}: {why}")))?;
        }
    }
    Ok(())
}

/// A package with a loop in a loop and a loop in a `let`, its registers changed.
fn with_walkers(change: impl Fn(usize) -> usize) -> Result<Result<VerifiedProgram, String>, Wrong> {
    let source = "request { xs: list<int> }\n\
                  let some = any z in xs where z == 5\n\
                  policy p { rule r { block when any x in xs where (any y in xs where y == x and some) } }";
    let built = build("case", &[("case.hold".to_owned(), source.to_owned())], &|_| None).map_err(Wrong)?;
    let mut program = built.module.program().clone();
    let mut walkers: Vec<Reg> = Vec::new();
    for op in &program.code {
        if let Op::Each { elem, .. } = op {
            walkers.push(*elem);
        }
    }
    let other = |reg: Reg| match walkers.iter().position(|walker| *walker == reg) {
        Some(at) => walkers.get(change(at)).copied().unwrap_or(reg),
        None => reg,
    };
    for op in &mut program.code {
        *op = match *op {
            Op::Each { elem, list, skip } => Op::Each { elem: other(elem), list, skip },
            Op::Next { elem, back } => Op::Next { elem: other(elem), back },
            Op::Field { dst, elem, slot } => Op::Field { dst, elem: other(elem), slot },
            op => op,
        };
    }
    let bytes = restated(program).ok_or_else(|| Wrong("it does not encode".to_owned()))?;
    Ok(VerifiedProgram::load(&bytes).map_err(|error| error.to_string()))
}

/// Loops that walk with one register could send each other back to the start, until the fuel is used up.
#[test]
fn loops_under_way_do_not_share_a_register() -> Result<(), Wrong> {
    assert!(with_walkers(|at| at)?.is_ok());
    for (change, why) in
        [([0, 1, 1], "of a loop around it"), ([0, 0, 2], "of a `let`"), ([2, 1, 2], "of a `let`")]
    {
        let found = with_walkers(|at| change[at])?.err().unwrap_or_default();
        assert!(found.contains(why), "{found}");
    }
    Ok(())
}

#[test]
fn only_loops_move_a_register_that_walks_a_list() -> Result<(), Wrong> {
    let source = "request { xs: list<int> }\n\
                  policy p { rule r { block when (any x in xs where x == 1) or (any y in xs where y == 2) } }";
    let built = build("case", &[("case.hold".to_owned(), source.to_owned())], &|_| None).map_err(Wrong)?;
    let mut program = built.module.program().clone();
    let elem =
        program.code.iter().find_map(|op| if let Op::Each { elem, .. } = op { Some(*elem) } else { None });
    let elem = elem.ok_or_else(|| Wrong("no loop".to_owned()))?;
    for op in &mut program.code {
        if let Op::EqInt { .. } = op {
            *op = Op::Move { dst: elem, src: elem };
        }
    }
    let bytes = restated(program).ok_or_else(|| Wrong("it does not encode".to_owned()))?;
    let found = VerifiedProgram::load(&bytes).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(found.contains("only a loop may move it"), "{found}");
    Ok(())
}

/// A glob costs by the longest text that there may be, so no constant is longer.
#[test]
fn constants_are_no_longer_than_texts() -> Result<(), Wrong> {
    let source = "request { a: int }\npolicy p { rule r { block when matches(\"aaa\", \"*b\") } }";
    let built = build("case", &[("case.hold".to_owned(), source.to_owned())], &|_| None).map_err(Wrong)?;
    let mut program = built.module.program().clone();
    for constant in &mut program.constants {
        if *constant == Const::Str("aaa".to_owned()) {
            *constant = Const::Str("a".repeat(100_000));
        }
    }
    let bytes = restated(program).ok_or_else(|| Wrong("it does not encode".to_owned()))?;
    let found = VerifiedProgram::load(&bytes).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(found.contains("too long a text"), "{found}");
    Ok(())
}
