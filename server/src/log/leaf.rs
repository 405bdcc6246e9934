//! The leaf of a record in the log's Merkle tree (RFC 6962): a salted commitment.
//!
//! It must not know how records are stored. A leaf reveals nothing of its record: without the salt, 32 random bytes
//! kept beside the record, the commitment cannot be guessed at. Deleting record and salt erases a decision and leaves
//! the tree as it was. The leaf's bytes never change: a log that was written once must stay verifiable.

use holdpoint_isa::ModuleHash;
use sha2::{Digest, Sha256};

use super::record::Class;

/// Format of the leaf's bytes.
const FORMAT: u8 = 1;
/// Sets these commitments apart from any other use of SHA-256.
const DOMAIN: &[u8] = b"hp-decision-v1";
/// RFC 6962, section 2.1: what a leaf's hash begins with, so that no inner node can pass for one.
const LEAF_PREFIX: [u8; 1] = [0];

/// The salt of a record and the hash of its leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// Random bytes that hide the record behind its commitment.
    pub salt: [u8; 32],
    /// SHA-256 of the leaf, as the tree has it.
    pub leaf_hash: [u8; 32],
}

impl Seal {
    /// Seals the bytes of a record with a fresh salt.
    ///
    /// # Errors
    /// Where the operating system gives no random bytes.
    pub(crate) fn new(class: Class, module: &ModuleHash, record: &[u8]) -> Result<Self, getrandom::Error> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt)?;
        Ok(Self::with(salt, class, module, record))
    }

    /// The seal that this salt gives.
    pub(crate) fn with(salt: [u8; 32], class: Class, module: &ModuleHash, record: &[u8]) -> Self {
        Self { salt, leaf_hash: leaf_hash(class, module, &salt, record) }
    }

    /// Whether these bytes are what was sealed.
    pub fn holds(&self, class: Class, module: &ModuleHash, record: &[u8]) -> bool {
        leaf_hash(class, module, &self.salt, record) == self.leaf_hash
    }
}

/// The hash of a record's leaf: SHA-256 of a nought and the leaf `{format, class, module, commitment}`.
fn leaf_hash(class: Class, module: &ModuleHash, salt: &[u8; 32], record: &[u8]) -> [u8; 32] {
    let commitment = Sha256::new().chain_update(DOMAIN).chain_update(salt).chain_update(record).finalize();
    Sha256::new()
        .chain_update(LEAF_PREFIX)
        .chain_update([FORMAT, class as u8])
        .chain_update(module.0)
        .chain_update(commitment)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::{Seal, leaf_hash};
    use crate::log::record::Class;
    use holdpoint_isa::ModuleHash;

    /// The bytes that a verifier written by somebody else has to arrive at; computed outside this program.
    #[test]
    fn a_leaf_hash_is_what_its_definition_says() {
        let hash = leaf_hash(Class::Standard, &ModuleHash([7; 32]), &[9; 32], b"record");
        assert_eq!(ModuleHash(hash).to_string(), GOLDEN);
    }

    const GOLDEN: &str = "sha256:84df1aaa38718f50aec1dd18bbaf4352976b19aaacbde42324940ce8b0b60ef7";

    #[test]
    fn a_seal_holds_for_nothing_but_what_was_sealed() {
        let module = ModuleHash([7; 32]);
        let seal = Seal::new(Class::Standard, &module, b"record").unwrap();
        assert!(seal.holds(Class::Standard, &module, b"record"));
        assert!(!seal.holds(Class::Standard, &module, b"recorD"));
        assert!(!seal.holds(Class::Standard, &ModuleHash([8; 32]), b"record"));
        let other = Seal::new(Class::Standard, &module, b"record").unwrap();
        assert_ne!(seal.salt, other.salt);
        assert_ne!(seal.leaf_hash, other.leaf_hash);
    }
}
