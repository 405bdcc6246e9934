//! Other policy engines on Holdpoint's reference load: each decides all 96 requests as expected, or this program ends.
//!
//! It is driven by lines: `NAME MILLISECONDS` on standard input measures that engine for so long, from the bytes of a
//! request to its decision, and `NANOSECONDS ALLOCATIONS` a decision come back. So its measurements can lie between
//! those of another process on the same noisy machine.

mod cedar;
mod cel;
mod load;
mod rego;
mod rhai;

use std::alloc::System;
use std::error::Error;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use load::{Answer, Case};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What anything here may fail with.
type Failure = Box<dyn Error>;

/// An engine with the policy of the load.
trait Engine {
    /// What it calls itself, with its version.
    fn name(&self) -> &'static str;

    /// Decides a request in the way in which a service would: to a decision that the host can act upon.
    fn decide(&mut self, body: &str) -> Result<Answer, Failure>;
}

fn main() -> Result<(), Failure> {
    let folder = std::env::args().nth(1).map(PathBuf::from).ok_or("usage: holdpoint-peers FOLDER")?;
    let cases = load::read(&folder)?;
    let mut engines: Vec<Box<dyn Engine>> = vec![
        Box::new(rego::Vm::new(&folder)?),
        Box::new(rhai::Script::new(&folder)?),
        Box::new(cedar::Policies::new(&folder)?),
        Box::new(cel::Programs::new(&folder)?),
    ];
    let mut out = io::stdout().lock();
    for engine in &mut engines {
        agree(engine.as_mut(), &cases)?;
        writeln!(out, "{}", engine.name())?;
    }
    writeln!(out)?;
    out.flush()?;
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (name, milliseconds) = line.rsplit_once(' ').ok_or("expected `NAME MILLISECONDS`")?;
        let engine = engines.iter_mut().find(|engine| engine.name() == name).ok_or("no such engine")?;
        let (time, allocations) =
            measure(engine.as_mut(), &cases, Duration::from_millis(milliseconds.parse()?))?;
        writeln!(out, "{time} {allocations}")?;
        out.flush()?;
    }
    Ok(())
}

/// Fails on the first request that an engine decides otherwise than expected.
fn agree(engine: &mut dyn Engine, cases: &[Case]) -> Result<(), Failure> {
    for case in cases {
        let mut found = engine.decide(&case.body)?;
        found.objections.sort();
        if found != case.expected {
            let name = engine.name();
            return Err(format!("{name} decides {}: {found:?}, not {:?}", case.name, case.expected).into());
        }
    }
    Ok(())
}

/// Nanoseconds and allocations a decision, over whole rotations of the load.
fn measure(engine: &mut dyn Engine, cases: &[Case], least: Duration) -> Result<(f64, f64), Failure> {
    let region = Region::new(ALLOCATOR);
    let start = Instant::now();
    let mut decisions = 0u32;
    while start.elapsed() < least {
        for case in cases {
            black_box(engine.decide(black_box(&case.body))?);
            decisions += 1;
        }
    }
    let time = start.elapsed();
    let allocations = region.change().allocations + region.change().reallocations;
    Ok((time.as_nanos() as f64 / f64::from(decisions), allocations as f64 / f64::from(decisions)))
}
