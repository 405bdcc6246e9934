//! Public data, which lies in a folder beside the project and is no part of it.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use serde_json::Value;

/// The rows of a file of JSON lines, unpacked where its name ends with `.gz`; `None`, said aloud, where there is no
/// such file.
///
/// # Errors
/// A file that cannot be unpacked, and a line that is no JSON.
pub fn rows(name: &str) -> Result<Option<Vec<Value>>, String> {
    let Some(text) = text(name)? else { return Ok(None) };
    text.lines().map(|line| serde_json::from_str(line).map_err(said)).collect::<Result<_, _>>().map(Some)
}

/// The text of a file, unpacked where its name ends with `.gz`; `None`, said aloud, where there is no such file.
///
/// # Errors
/// A file that cannot be unpacked or is no text.
pub fn text(name: &str) -> Result<Option<String>, String> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("HOLDPOINT_SHARED_DATA").map_or(beside, PathBuf::from);
    let Ok(bytes) = std::fs::read(folder.join(name)) else {
        tell(&format!("skipped: there is no shared data file `{name}`"));
        return Ok(None);
    };
    if name.ends_with(".gz") { unpack(&bytes) } else { String::from_utf8(bytes).map_err(said) }.map(Some)
}

/// Tells something past the capture of tests, so that it is seen.
pub fn tell(what: &str) {
    let _ = writeln!(std::io::stderr(), "{what}");
}

fn unpack(bytes: &[u8]) -> Result<String, String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).map_err(said)?;
    Ok(text)
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
