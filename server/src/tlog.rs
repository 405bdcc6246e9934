//! The transparency log's formats: an RFC 6962 tree of hashes, and the C2SP texts about it.
//!
//! It must not know of decisions, of files or of redb: everything here is a function of hashes and texts. A leaf is
//! only its hash here; what it commits to is the business of [`crate::log::leaf`].
//!
//! Reading order: [`tree`], [`tile`], [`note`], [`checkpoint`], [`proof`].

pub mod checkpoint;
pub mod note;
pub mod proof;
pub mod tile;
pub mod tree;

#[cfg(test)]
mod tests;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub use checkpoint::Checkpoint;
pub use note::{NoteKey, VerifierKey};
pub use proof::Proof;
pub use tile::Tile;
pub use tree::{Frontier, Hash};

/// Why a text is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused(pub &'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Refused {}

/// Bytes in standard base64.
pub(crate) fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes that a text in standard base64 spells; every byte string has one spelling.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A hash in standard base64.
fn hash_from_base64(text: &str) -> Option<Hash> {
    from_base64(text)?.try_into().ok()
}

/// A number in decimal digits without sign or leading noughts.
fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || (!text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()));
    if canonical { text.parse().ok() } else { None }
}
