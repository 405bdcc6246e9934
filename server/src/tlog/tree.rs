//! The Merkle tree of RFC 6962: roots, inclusion proofs and consistency proofs, made and checked.
//!
//! Making a proof asks a function for the hashes of complete subtrees: `(level, index)` is the subtree over the leaves
//! from `index << level` on, `1 << level` of them. Checking one follows the algorithms of RFC 9162, sections 2.1.3.2
//! and 2.1.4.2, which share no code with the making.

use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// RFC 6962, section 2.1: what an inner node's hash begins with.
const NODE_PREFIX: [u8; 1] = [1];

/// The hash of an inner node.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update(NODE_PREFIX).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a tree without leaves.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The largest power of two below a number of at least two.
fn split(leaves: u64) -> u64 {
    1u64.checked_shl(63u32.saturating_sub(leaves.saturating_sub(1).leading_zeros())).unwrap_or(1)
}

/// The hash over the leaves from `low` to before `high`, a range that the tree's own shape cuts out.
fn range<E>(subtree: &mut impl FnMut(u32, u64) -> Result<Hash, E>, low: u64, high: u64) -> Result<Hash, E> {
    let leaves = high.saturating_sub(low);
    if leaves.is_power_of_two() {
        let level = leaves.trailing_zeros();
        return subtree(level, low >> level);
    }
    let middle = low.saturating_add(split(leaves));
    Ok(node(&range(subtree, low, middle)?, &range(subtree, middle, high)?))
}

/// The root of the tree over the first `size` leaves.
///
/// # Errors
/// Those of `subtree`.
pub fn root<E>(size: u64, mut subtree: impl FnMut(u32, u64) -> Result<Hash, E>) -> Result<Hash, E> {
    if size == 0 { Ok(empty_root()) } else { range(&mut subtree, 0, size) }
}

/// The hashes that lead from a leaf to the root, from the leaf's sibling on; empty where the tree has no such leaf.
///
/// # Errors
/// Those of `subtree`.
pub fn inclusion<E>(
    index: u64,
    size: u64,
    mut subtree: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while index < size && high.saturating_sub(low) > 1 {
        let middle = low.saturating_add(split(high.saturating_sub(low)));
        if index < middle {
            path.push(range(&mut subtree, middle, high)?);
            high = middle;
        } else {
            path.push(range(&mut subtree, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The hashes that show that the tree of `old` leaves is the beginning of the tree of `new` leaves; empty where there
/// is nothing to show.
///
/// # Errors
/// Those of `subtree`.
pub fn consistency<E>(
    old: u64,
    new: u64,
    mut subtree: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (mut low, mut high, mut left) = (0, new, old);
    let mut path = Vec::new();
    if old == 0 || old >= new {
        return Ok(path);
    }
    while left != high.saturating_sub(low) {
        let half = split(high.saturating_sub(low));
        let middle = low.saturating_add(half);
        if left <= half {
            path.push(range(&mut subtree, middle, high)?);
            high = middle;
        } else {
            path.push(range(&mut subtree, low, middle)?);
            low = middle;
            left = left.saturating_sub(half);
        }
    }
    if low > 0 {
        path.push(range(&mut subtree, low, high)?);
    }
    path.reverse();
    Ok(path)
}

/// The root that an inclusion proof leads to; `None` where it cannot be a proof for this leaf and size.
pub fn root_of_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    let mut last = size.checked_sub(1).filter(|last| index <= *last)?;
    let mut at = index;
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return None;
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    (last == 0).then_some(hash)
}

/// Whether a consistency proof shows that the tree of `old` leaves with its root is the beginning of the other.
pub fn is_consistent(old: u64, old_root: &Hash, new: u64, new_root: &Hash, path: &[Hash]) -> bool {
    if old == 0 || old >= new {
        let empty = old > 0 || *old_root == empty_root();
        let same = if old == new { old_root == new_root } else { old == 0 };
        return empty && same && path.is_empty();
    }
    let mut path = path.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut at, mut last) = (old.saturating_sub(1), new.saturating_sub(1));
    let shift = at.trailing_ones();
    (at, last) = (at >> shift, last >> shift);
    let (mut before, mut after) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            before = node(sibling, &before);
            after = node(sibling, &after);
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            after = node(&after, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && before == *old_root && after == *new_root
}

/// A tree that only grows and keeps no more than one hash a level: enough for its root.
#[derive(Debug, Clone, Default)]
pub struct Frontier {
    size: u64,
    /// The complete subtrees that the leaves make up, from the largest.
    complete: Vec<Hash>,
}

impl Frontier {
    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.complete.pop() {
                hash = node(&left, &hash);
            }
        }
        self.complete.push(hash);
        self.size = self.size.saturating_add(1);
    }

    /// How many leaves there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all of them.
    pub fn root(&self) -> Hash {
        let hashes = self.complete.iter().rev().copied();
        hashes.reduce(|right, left| node(&left, &right)).unwrap_or_else(empty_root)
    }
}
