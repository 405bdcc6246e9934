//! `holdpoint log export`, and the verification of what it wrote.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use holdpoint_server::export::{Format, Reader, export};
use holdpoint_server::log::DecisionLog;
use holdpoint_server::notary::{Notary, NotaryError};
use holdpoint_server::tlog::{Checkpoint, VerifierKey};
use holdpoint_server::verify::{Audit, Report};

use super::tree::unsigned;
use super::{damaged, open};
use crate::exit::{Exit, Failure};
use crate::output::{self, visible};

/// Longest line of an export: a record of the greatest length in base64, and what it stands for.
const LINE_BYTES_MAX: u64 = 96 * 1024 * 1024;
/// How many bytes or lines lie between two lines of progress.
const PROGRESS_BYTES: u64 = 256 * 1024 * 1024;
const PROGRESS_LINES: u64 = 100_000;

/// Writes the log to standard output.
pub(super) fn run(data: &Path, format: Format) -> Result<Exit, Failure> {
    let log = open(data)?;
    let (size, note) = match Notary::open(data, &log, false) {
        Ok(notary) => {
            let signed = notary.checkpoint(&log, 0, Duration::ZERO).map_err(unsigned)?;
            (signed.checkpoint.size, Some(signed.note))
        }
        Err(NotaryError::NoKey(_)) => {
            output::err("warning: there is no key here, so the export is not signed");
            (log.size().map_err(damaged)?, None)
        }
        Err(error) => return Err(unsigned(error)),
    };
    let mut stdout = std::io::stdout().lock();
    let (mut written, mut shown, mut broken) = (0u64, 0u64, None);
    let mut sink = |bytes: Vec<u8>| {
        if let Err(error) = stdout.write_all(&bytes) {
            broken = Some(error);
            return ControlFlow::Break(());
        }
        written = written.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if written.saturating_sub(shown) >= PROGRESS_BYTES {
            shown = written;
            output::err(&format!("written {} MiB", written >> 20));
        }
        ControlFlow::Continue(())
    };
    let found = export(&log, size, note.as_deref(), format, &mut sink).map_err(damaged)?;
    let flushed = broken.map_or_else(|| stdout.flush(), Err);
    flushed
        .map_err(|error| Failure::new(Exit::Unavailable, format!("the export was not written: {error}")))?;
    if let Some(found) = found.filter(|found| *found > 0) {
        return Err(Failure::new(Exit::Damaged, format!("{found} decisions are damaged")));
    }
    Ok(Exit::Success)
}

/// Checks an export line by line.
pub(super) fn verify(
    path: &Path,
    key: Option<&VerifierKey>,
    expected: &[Checkpoint],
) -> Result<Report, Failure> {
    let cannot =
        |why: String| Failure::new(Exit::Unavailable, format!("cannot read `{}`: {why}", path.display()));
    let file = File::open(path).map_err(|error| cannot(error.to_string()))?;
    let mut lines = BufReader::new(file);
    let mut tell = |what: &str| output::err(&format!("error: {}", visible(what)));
    let mut reader = Reader::new(Audit::new(expected, &mut tell), key);
    let mut count = 0u64;
    loop {
        let mut line = Vec::new();
        let read = (&mut lines).take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        if read.map_err(|error| cannot(error.to_string()))? == 0 {
            break;
        }
        // What is not UTF-8 is no line of an export, and is told as one that makes no sense.
        let line = String::from_utf8_lossy(&line);
        reader
            .line(&line)
            .map_err(|why| Failure::new(Exit::Damaged, format!("`{}`: {why}", path.display())))?;
        count = count.saturating_add(1);
        if count.is_multiple_of(PROGRESS_LINES) {
            output::err(&format!("verified {count}"));
        }
    }
    Ok(reader.end())
}
