//! Proofs in one text (C2SP tlog-proof): index, inclusion proof and checkpoint of one leaf.

use std::fmt::{self, Write as _};

use super::tree::{Hash, root_of_inclusion};
use super::{Checkpoint, Refused, VerifierKey, decimal, from_base64, hash_from_base64, to_base64};

const HEAD: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2^64 leaves has no longer path.
const PATH_MAX: usize = 64;

/// A proof that a leaf is in a tree. Its text is what `Display` writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What the leaf is made of, as far as the proof's maker says so; nothing vouches for it but the leaf's hash.
    pub extra: Vec<u8>,
    /// The leaf's number, from nought.
    pub index: u64,
    /// From the leaf's sibling on.
    pub path: Vec<Hash>,
    /// The signed note of the tree.
    pub checkpoint: String,
}

impl Proof {
    /// The proof that a text spells.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let malformed = Refused("it is not a `tlog-proof`");
        let (head, checkpoint) = text.split_once("\n\n").ok_or(malformed)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEAD) {
            return Err(malformed);
        }
        let extra = match lines.next_if(|line| line.starts_with("extra ")) {
            Some(line) => line.strip_prefix("extra ").and_then(from_base64).ok_or(malformed)?,
            None => Vec::new(),
        };
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let path = lines.map(hash_from_base64).collect::<Option<Vec<Hash>>>().ok_or(malformed)?;
        if path.len() > PATH_MAX {
            return Err(malformed);
        }
        Ok(Self { extra, index: index.ok_or(malformed)?, path, checkpoint: checkpoint.to_owned() })
    }

    /// The tree that the leaf with this hash is in.
    ///
    /// # Errors
    /// Where the checkpoint is not signed with this key, or the proof does not lead to it.
    pub fn verify(&self, leaf: &Hash, key: &VerifierKey) -> Result<Checkpoint, Refused> {
        let checkpoint = Checkpoint::open(&self.checkpoint, key)?;
        let root = root_of_inclusion(leaf, self.index, checkpoint.size, &self.path);
        if root == Some(checkpoint.root) {
            Ok(checkpoint)
        } else {
            Err(Refused("its hashes do not lead from the leaf to the signed root"))
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEAD)?;
        if !self.extra.is_empty() {
            write!(f, "\nextra {}", to_base64(&self.extra))?;
        }
        write!(f, "\nindex {}", self.index)?;
        self.path.iter().try_for_each(|hash| write!(f, "\n{}", to_base64(hash)))?;
        f.write_char('\n')?;
        write!(f, "\n{}", self.checkpoint)
    }
}
