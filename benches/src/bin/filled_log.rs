//! A process that fills a decision log and is to be killed.
//!
//! `filled_log DIRECTORY COUNT` commits so many decisions of the load, prints how many bytes their records have and how
//! many milliseconds it took, and then waits for its end.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use holdpoint_benches::Failure;
use holdpoint_benches::load::{cases, folder, policy};
use holdpoint_benches::storage::{Maker, fill};
use holdpoint_server::log::RedbLog;

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let (Some(directory), Some(count)) = (args.next(), args.next()) else {
        return Err("usage: filled_log DIRECTORY COUNT".into());
    };
    let folder = folder().ok_or("no load")?;
    let (policy, cases) = (policy()?, cases(&folder)?);
    let maker = Maker::new(&policy, &cases)?;
    let log = RedbLog::open(Path::new(&directory), 0).map_err(|error| error.to_string())?;
    let start = Instant::now();
    let bytes = fill(&log, &maker, count.parse()?)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{bytes} {}", start.elapsed().as_millis())?;
    out.flush()?;
    // Whoever started this kills it, or ends its input.
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}
