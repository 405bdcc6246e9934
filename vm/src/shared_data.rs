//! Public test data, which lies in a folder beside the project and is no part of it.

use std::io::Write as _;
use std::path::PathBuf;

/// The lines of a file, or `None`, said aloud, where the folder is absent.
pub(crate) fn lines(name: &str) -> Option<Vec<String>> {
    let bytes = bytes(name)?;
    Some(String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect())
}

/// The bytes of a file, or `None`, said aloud, where the folder is absent.
pub(crate) fn bytes(name: &str) -> Option<Vec<u8>> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let folder = std::env::var_os("HOLDPOINT_SHARED_DATA").map_or(beside, PathBuf::from);
    let found = std::fs::read(folder.join(name)).ok();
    if found.is_none() {
        // Written past the capture of tests, so that a skipped test is seen to be skipped.
        let _ = writeln!(std::io::stderr(), "skipped: there is no shared data file `{name}`");
    }
    found
}

/// The bytes that a text in base 64 stands for.
pub(crate) fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for group in text.trim_end_matches('=').as_bytes().chunks(4) {
        let bits =
            group.iter().fold(0usize, |bits, byte| (bits << 6) | ALPHABET.find(char::from(*byte)).unwrap());
        let whole = bits << (6 * (4 - group.len()));
        out.extend_from_slice(&whole.to_be_bytes()[5..][..group.len() * 6 / 8]);
    }
    out
}
