//! Compiler and machine against the interpreter, on packages and requests made from seeds.
//!
//! `HOLDPOINT_ORACLE_CASES` sets how many packages are tried, `HOLDPOINT_ORACLE_SEED` the first seed.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_isa::ops::OPS;
use holdpoint_oracle::engine::{Wrong, build, number, tell, told};
use holdpoint_oracle::make::Case;
use holdpoint_vm::{Decision, Judgement, Machine, Snapshot};

/// Operations of types that generated packages do not have; `tests/cases/types.md` and published cases try them.
const NOT_MADE: &[&str] = &[
    "AddDays",
    "SubDays",
    "EqVersion",
    "LtVersion",
    "LeVersion",
    "Major",
    "Minor",
    "Patch",
    "Matches",
    "First",
    "Last",
    "DateIn",
    "WeekdayIn",
    "DaysBetween",
    "Lookup",
    "HasKey",
];

/// Requests for each package.
const REQUESTS: u64 = 4;

/// What came up, so that a generator that tries nothing does not pass for a language that works.
#[derive(Debug, Default)]
struct Seen {
    /// How many packages used each operation.
    operations: BTreeMap<&'static str, u32>,
    /// How many packages were too large to load.
    too_large: u64,
    /// How many decisions and judgements had each thing to tell.
    outcomes: BTreeMap<&'static str, u32>,
}

impl Seen {
    fn note(&mut self, decision: &Decision) {
        let all = || decision.objections.iter().chain(&decision.trial).chain(&decision.warnings);
        let outcomes = [
            (decision.verdict.word(), true),
            ("warning", !decision.warnings.is_empty()),
            ("waived", !decision.waived.is_empty()),
            ("trial", !decision.trial.is_empty()),
            ("obligation", !decision.obligations.is_empty()),
            ("score", !decision.scores.is_empty()),
            ("retry_at", decision.retry_at.is_some()),
            ("unknown", all().any(|o| !o.unknown.is_empty())),
            ("fault", all().any(|o| o.fault)),
            ("plan", decision.plan.is_some()),
        ];
        self.count(&outcomes);
    }

    fn note_judgement(&mut self, judgement: &Judgement) {
        let all = || judgement.findings.iter();
        let outcomes = [
            (judgement.outcome.word(), true),
            ("too early", judgement.until.is_some()),
            ("asks", judgement.escalate.is_some()),
            ("judged unknown", all().any(|f| !f.unknown.is_empty())),
            ("judged fault", all().any(|f| f.fault)),
            ("still to come", all().any(|f| f.reason.contains("confirm it so far"))),
        ];
        self.count(&outcomes);
    }

    fn count(&mut self, outcomes: &[(&'static str, bool)]) {
        for (name, _) in outcomes.iter().filter(|(_, seen)| *seen) {
            *self.outcomes.entry(name).or_default() += 1;
        }
    }
}

#[test]
fn machine_and_interpreter_agree() -> Result<(), Wrong> {
    let (first, count) = (number("HOLDPOINT_ORACLE_SEED", 0), number("HOLDPOINT_ORACLE_CASES", 750));
    let (mut machine, mut snapshot) = (Machine::new(), Snapshot::new());
    let mut seen = Seen::default();
    for seed in first..first.saturating_add(count) {
        let case = Case::new(seed);
        let files = case.files();
        let built = match build("oracle", &files, &|_| None) {
            // Lists within lists within lists are soon more than a decision may build.
            Err(why) if why.contains("error[E0802]") => {
                seen.too_large += 1;
                continue;
            }
            built => built.map_err(|why| told(seed, &files, None, &why))?,
        };
        let used: BTreeSet<&str> = built.module.program().code.iter().map(|op| op.info().name).collect();
        used.into_iter().for_each(|name| *seen.operations.entry(name).or_default() += 1);
        for request in 0..REQUESTS {
            let missing = if request < 2 { 20 } else { 3 };
            let facts = case.facts(seed.wrapping_mul(REQUESTS).wrapping_add(request), missing);
            let decision = built.compare(&mut machine, &mut snapshot, &facts);
            seen.note(&decision.map_err(|why| told(seed, &files, Some(&facts), &why))?);
            if !case.rollouts.is_empty() {
                let judgement = built.compare_judgement(&mut machine, &mut snapshot, &facts);
                seen.note_judgement(&judgement.map_err(|why| told(seed, &files, Some(&facts), &why))?);
            }
        }
    }
    assert!(seen.too_large <= count / 500, "{} of {count} packages are too large", seen.too_large);
    let count = count.saturating_sub(seen.too_large);
    tell(&format!("{count} packages, {} decisions: {:?}", count * REQUESTS, seen.outcomes));
    if count >= 500 {
        let missing: Vec<&str> = OPS
            .iter()
            .map(|row| row.name)
            .filter(|name| !seen.operations.contains_key(name) && !NOT_MADE.contains(name))
            .collect();
        assert!(missing.is_empty(), "no package uses {missing:?}");
        assert_eq!(seen.outcomes.len(), 21, "{:?}", seen.outcomes);
    }
    Ok(())
}
