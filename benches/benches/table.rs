//! The table of `BENCHMARKS.md`, from one run.
//!
//! `HOLDPOINT_BENCH_RECORDS` says how many decisions the log has for figures 9 to 11; a million unless it is set.

use std::alloc::System;

use holdpoint_benches::table::Table;
use holdpoint_benches::{Failure, count, decisions, http, load, machine, scale, storage, turns};
use stats_alloc::StatsAlloc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = turns::ALLOCATOR;

fn main() -> Result<(), Failure> {
    let Some(folder) = load::folder() else { return Ok(()) };
    println!("{}", machine::describe());
    let records = std::env::var("HOLDPOINT_BENCH_RECORDS").map_or(Ok(1_000_000), |count| count.parse())?;
    let (policy, cases) = (load::policy()?, load::cases(&folder)?);
    let (mut rows, decide) = decisions::rows(&policy, &cases, &folder)?;
    rows.extend(http::rows(&cases)?);
    rows.extend(storage::rows(env!("CARGO_BIN_EXE_filled_log"), records, decide)?);
    rows.push(decisions::cores(&policy, &cases)?);
    rows.extend(scale::rows()?);
    println!("\n{}", Table(rows));
    println!("{}", machine::describe());
    match count::instructions(env!("CARGO_BIN_EXE_one_part"), cases.len()) {
        Ok(parts) => {
            parts.iter().for_each(|(part, count)| println!("{part}: {count:.0} instructions a decision"))
        }
        Err(why) => println!("instructions are not counted: {why}"),
    }
    Ok(())
}
