//! Compiler and machine against the interpreter, on packages and requests made from seeds.
//!
//! `HOLDPOINT_ORACLE_CASES` sets how many packages are tried, `HOLDPOINT_ORACLE_SEED` the first seed.

use std::fmt::Write as _;

use holdpoint_oracle::engine::build;
use holdpoint_oracle::make::{Case, Facts};
use holdpoint_vm::{Machine, Snapshot};

/// Requests for each package.
const REQUESTS: u64 = 4;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// What went wrong, told in full.
struct Wrong(String);

impl std::fmt::Debug for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn told(seed: u64, case: &Case, facts: Option<&Facts>, what: &str) -> Wrong {
    let mut text = format!("seed {seed}: {what}\n");
    for (path, source) in case.files() {
        let _ = writeln!(text, "---- {path}\n{source}");
    }
    if let Some(facts) = facts {
        let now = holdpoint_isa::literal::format_instant(facts.now);
        let _ = writeln!(text, "request {}\nsignals {}\nnow {now}", facts.request, facts.signals);
    }
    Wrong(text)
}

#[test]
fn machine_and_interpreter_agree() -> Result<(), Wrong> {
    let (first, count) = (number("HOLDPOINT_ORACLE_SEED", 0), number("HOLDPOINT_ORACLE_CASES", 750));
    let (mut machine, mut snapshot) = (Machine::new(), Snapshot::new());
    let mut verdicts = std::collections::BTreeMap::new();
    for seed in first..first.saturating_add(count) {
        let case = Case::new(seed);
        let built = build("oracle", &case.files(), &|_| None).map_err(|why| told(seed, &case, None, &why))?;
        for request in 0..REQUESTS {
            let facts = case.facts(seed.wrapping_mul(REQUESTS).wrapping_add(request), 20);
            let decision = built.compare(&mut machine, &mut snapshot, &facts);
            let decision = decision.map_err(|why| told(seed, &case, Some(&facts), &why))?;
            *verdicts.entry(decision.verdict).or_insert(0) += 1;
        }
    }
    println!("{verdicts:?}");
    Ok(())
}
