//! Roots and proofs over a log's decisions, from the tiles of its tree.
//!
//! It must not know how tiles are kept. Every function is told the size of the tree that is meant, so that a log that
//! grows meanwhile gives the same answer.

use crate::log::{DecisionLog, ReadError, Stored};
use crate::tlog::tile::{self, Tile};
use crate::tlog::tree::{self, Hash};
use crate::tlog::{Proof, Refused};

/// A source of subtrees for [`tree`].
fn subtree(log: &dyn DecisionLog) -> impl FnMut(u32, u64) -> Result<Hash, ReadError> {
    let missing = |tile: Tile| ReadError::Corrupt(format!("tile {tile} of the tree is missing"));
    let read = move |tile: Tile| log.tile(tile)?.ok_or_else(|| missing(tile));
    move |level, index| tile::subtree(level, index, read, missing)
}

/// The root over the first `size` decisions.
///
/// # Errors
/// [`ReadError`], for one if there are not so many.
pub fn root(log: &dyn DecisionLog, size: u64) -> Result<Hash, ReadError> {
    tree::root(size, subtree(log))
}

/// The inclusion proof of a leaf in the tree over the first `size` decisions.
///
/// # Errors
/// As [`root`]; [`ReadError::Unavailable`] where that tree does not have the leaf, or not yet: a decision can be read a
/// moment before the tree has it.
pub fn inclusion(log: &dyn DecisionLog, index: u64, size: u64) -> Result<Vec<Hash>, ReadError> {
    if index >= size {
        let why = format!("decision {} is not in the tree over {size}", index.saturating_add(1));
        return Err(ReadError::Unavailable(why));
    }
    tree::inclusion(index, size, subtree(log))
}

/// The consistency proof between the trees over the first `old` and the first `new` decisions.
///
/// # Errors
/// As [`root`].
pub fn consistency(log: &dyn DecisionLog, old: u64, new: u64) -> Result<Vec<Hash>, ReadError> {
    tree::consistency(old, new, subtree(log))
}

/// The receipt of a decision: a proof whose extra data is the salt and the record, from which the leaf is made.
///
/// # Errors
/// As [`root`].
pub fn receipt(
    log: &dyn DecisionLog,
    stored: &Stored,
    size: u64,
    checkpoint: String,
) -> Result<Proof, ReadError> {
    let index = stored.sequence.saturating_sub(1);
    let extra = [stored.seal.salt.as_slice(), stored.record.as_slice()].concat();
    Ok(Proof { extra, index, path: inclusion(log, index, size)?, checkpoint })
}

/// The decision that a receipt is of. That its log has it shows only [`Proof::verify`], with the leaf hash that is in
/// the seal here.
///
/// # Errors
/// Where the extra data is not salt and record.
pub fn receipted(proof: &Proof) -> Result<Stored, Refused> {
    let (salt, record) = proof.extra.split_first_chunk::<32>().ok_or(Refused("it has no record"))?;
    let sequence = proof.index.checked_add(1).ok_or(Refused("its index is too large"))?;
    Stored::sealed(sequence, *salt, record.to_vec()).map_err(|_| Refused("its record cannot be read"))
}
