//! Files that a command writes.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::exit::{Exit, Failure};
use crate::{output, package};

/// Writes to standard output (`-`), a device or a pipe, or in place of a file.
pub(crate) fn put(to: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if is_stream(to) { stream(to, bytes).map_err(|error| unwritable(to, &error)) } else { write(to, bytes) }
}

/// Writes a text to a place, or to standard output where none is named.
pub(crate) fn tell(to: Option<&Path>, text: &str) -> Result<(), Failure> {
    if let Some(to) = to {
        return put(to, text.as_bytes());
    }
    output::out(text);
    Ok(())
}

/// Whether a place is standard output, a device or a pipe. A directory is none, and is refused when it is written.
pub(crate) fn is_stream(to: &Path) -> bool {
    package::is_stdin(to) || fs::metadata(to).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn stream(to: &Path, bytes: &[u8]) -> io::Result<()> {
    if package::is_stdin(to) {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush());
    }
    fs::OpenOptions::new().write(true).open(to)?.write_all(bytes)
}

/// Writes a file beside its place and moves it there, so that nobody meets half of it. Who may read it stays as it is.
pub(crate) fn write(to: &Path, bytes: &[u8]) -> Result<(), Failure> {
    // A link stays, and what it leads to is replaced.
    let place = to.canonicalize().unwrap_or_else(|_| to.to_path_buf());
    let mut beside = place.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = Path::new(&beside);
    let permissions = fs::metadata(&place).map(|found| found.permissions());
    let written = fs::File::create(beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| permissions.map_or(Ok(()), |permissions| fs::set_permissions(beside, permissions)))
        .and_then(|()| fs::rename(beside, &place));
    written.map_err(|error| {
        // What is left of a failed attempt is of no use to anyone.
        let _ = fs::remove_file(beside);
        unwritable(to, &error)
    })
}

fn unwritable(to: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Unavailable, format!("cannot write `{}`: {error}", to.display()))
}
