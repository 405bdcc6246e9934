//! The table of `BENCHMARKS.md`, from one run.
//!
//! With names of parts, such as `--bench table -- http log`, it has the figures of those alone: `decisions` (1 to 5), `http`
//! (6 to 8), `log` (9 to 11), `scale` (12 to 14). `HOLDPOINT_BENCH_RECORDS` says how many decisions the log has for figures 9 to 11; a million unless it is set.

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
    let named: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with("--")).collect();
    let wanted = |part: &str| named.is_empty() || named.iter().any(|name| name == part);
    let mut rows = Vec::new();
    if wanted("decisions") {
        rows.extend(decisions::rows(&policy, &cases, &folder)?);
    }
    if wanted("http") {
        rows.extend(http::rows(&cases)?);
    }
    if wanted("log") {
        let program = env!("CARGO_BIN_EXE_filled_log");
        rows.extend(storage::rows(program, records, &policy, &cases)?);
    }
    if wanted("scale") {
        rows.push(decisions::cores(&policy, &cases)?);
        rows.extend(scale::rows()?);
    }
    println!("\n{}", Table(rows));
    println!("{}", machine::describe());
    if !wanted("decisions") {
        return Ok(());
    }
    match count::instructions(env!("CARGO_BIN_EXE_one_part"), cases.len()) {
        Ok(parts) => {
            parts.iter().for_each(|(part, count)| println!("{part}: {count:.0} instructions a decision"))
        }
        Err(why) => println!("instructions are not counted: {why}"),
    }
    Ok(())
}
