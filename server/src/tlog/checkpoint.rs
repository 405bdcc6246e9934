//! Checkpoints (C2SP tlog-checkpoint): what a log signs about its tree.

use std::fmt;

use super::note::VerifierKey;
use super::tree::Hash;
use super::{Refused, decimal, hash_from_base64, to_base64};

/// A tree of a log at one size. Its text is what `Display` writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log; the name of its key.
    pub origin: String,
    /// How many leaves the tree has.
    pub size: u64,
    /// The tree's root.
    pub root: Hash,
}

impl Checkpoint {
    /// The checkpoint that a text spells. Further lines are extensions, which are not ours to understand.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let malformed = Refused("it is not a checkpoint");
        let mut lines = text.strip_suffix('\n').ok_or(malformed)?.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(malformed);
        let origin = line()?.to_owned();
        let size = decimal(line()?).ok_or(malformed)?;
        let root = hash_from_base64(line()?).ok_or(malformed)?;
        if lines.any(str::is_empty) { Err(malformed) } else { Ok(Self { origin, size, root }) }
    }

    /// The checkpoint in a note that its log has signed with this key.
    ///
    /// # Errors
    /// Where the signature is not valid, or what is signed is no checkpoint of that log.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, Refused> {
        let checkpoint = Self::parse(key.open(note)?)?;
        if checkpoint.origin == key.name() { Ok(checkpoint) } else { Err(Refused("it is of another log")) }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, to_base64(&self.root))
    }
}
