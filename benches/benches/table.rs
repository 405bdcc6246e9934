//! The table of `BENCHMARKS.md`, from one interleaved run.

use std::alloc::System;

use holdpoint_benches::table::Table;
use holdpoint_benches::{Failure, decisions, http, load, machine, turns};
use stats_alloc::StatsAlloc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = turns::ALLOCATOR;

fn main() -> Result<(), Failure> {
    let Some(folder) = load::folder() else { return Ok(()) };
    println!("{}", machine::describe());
    let (policy, cases) = (load::policy()?, load::cases(&folder)?);
    let mut rows = decisions::rows(&policy, &cases, &folder)?;
    rows.extend(http::rows(&cases)?);
    rows.push(decisions::cores(&policy, &cases)?);
    println!("\n{}", Table(rows));
    println!("{}", machine::describe());
    Ok(())
}
