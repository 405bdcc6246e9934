//! The tree over the log's decisions: full tiles in the file, the rest in memory.
//!
//! The leaf of decision n has number n - 1. What the leaves since the last full tile are stands in their records, so
//! a commit writes to the tree only when it completes a tile of 256 leaves: one value, in the same transaction as the
//! decisions, and one hash more in the tile above. Records and tree therefore never differ, and the tree costs a
//! commit next to nothing. The open tile, at most 255 hashes, is built from the records when a log is opened.

use redb::{ReadTransaction, ReadableTable, WriteTransaction};

use super::ReadError;
use super::read::{Groups, Read, storage};
use super::tables::{TILES, tile_key};
use crate::tlog::tile::{Tile, WIDTH, perfect};
use crate::tlog::tree::Hash;

const HASH_BYTES: usize = 32;
const FULL: usize = WIDTH as usize;

/// The leaves behind the last full tile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// The number of the first, a multiple of [`WIDTH`].
    pub(super) first: u64,
    /// Fewer than [`WIDTH`] of them between two commits.
    pub(super) leaves: Vec<Hash>,
}

impl Tail {
    /// How many leaves the tree has.
    pub(super) fn size(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.leaves.len()).unwrap_or(u64::MAX))
    }

    /// The tail of a log, from its records.
    pub(super) fn load(groups: &Groups) -> Read<Self> {
        let size = groups.last()?;
        let first = size.saturating_sub(size % u64::from(WIDTH));
        Ok(Self { first, leaves: groups.leaves(first, size)? })
    }

    /// The tail after further leaves; tiles that they complete are written.
    pub(super) fn extended(
        &self,
        transaction: &WriteTransaction,
        leaves: impl Iterator<Item = Hash>,
    ) -> Result<Self, redb::Error> {
        let mut tail = self.clone();
        tail.leaves.extend(leaves);
        while let Some((tile, rest)) = tail.leaves.split_at_checked(FULL) {
            write(transaction, tail.first / u64::from(WIDTH), tile)?;
            tail.leaves = rest.to_vec();
            tail.first = tail.first.saturating_add(u64::from(WIDTH));
        }
        Ok(tail)
    }
}

/// Writes a full tile of leaves, and its hash to the tiles above.
fn write(transaction: &WriteTransaction, index: u64, tile: &[Hash]) -> Result<(), redb::Error> {
    let corrupted = || redb::Error::Corrupted("a tile of the tree has a wrong length".to_owned());
    let mut table = transaction.open_table(TILES)?;
    table.insert(&tile_key(0, index), tile.as_flattened())?;
    let (mut level, mut number) = (0u8, index);
    let mut above = tile.to_vec();
    while above.len() == FULL {
        let hash = perfect(&above).ok_or_else(corrupted)?;
        level = level.saturating_add(1);
        let key = tile_key(level, number / u64::from(WIDTH));
        let before = table.get(&key)?.map(|value| hashes(value.value())).unwrap_or(Some(Vec::new()));
        above = before.ok_or_else(corrupted)?;
        if u64::try_from(above.len()).ok() != Some(number % u64::from(WIDTH)) {
            return Err(corrupted());
        }
        above.push(hash);
        table.insert(&key, above.as_flattened())?;
        number /= u64::from(WIDTH);
    }
    Ok(())
}

/// The hashes of a stored tile.
fn hashes(value: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = value.as_chunks::<HASH_BYTES>();
    (rest.is_empty() && hashes.len() <= FULL).then(|| hashes.to_vec())
}

/// The hashes of a tile in a tree that ends with this tail; `None` where it does not have them. The transaction may
/// be younger than the tail.
pub(super) fn read(transaction: &ReadTransaction, tail: &Tail, tile: Tile) -> Read<Option<Vec<Hash>>> {
    if !tile.is_within(tail.size()) {
        return Ok(None);
    }
    let width = usize::from(tile.width);
    let found = if tile.level == 0 && tile.first() == Some(tail.first) {
        Some(tail.leaves.clone())
    } else {
        stored(transaction, tile.level, tile.index)?
    };
    let found = found.filter(|hashes| hashes.len() >= width);
    let mut found = found.ok_or_else(|| ReadError::Corrupt(format!("tile {tile} of the tree is damaged")))?;
    found.truncate(width);
    Ok(Some(found))
}

fn stored(transaction: &ReadTransaction, level: u8, index: u64) -> Read<Option<Vec<Hash>>> {
    let table = transaction.open_table(TILES).map_err(storage)?;
    let value = table.get(&tile_key(level, index)).map_err(storage)?;
    Ok(value.and_then(|value| hashes(value.value())))
}

/// Checks the tiles over the leaves from this number on: their hashes are those of the records, and the tiles above
/// know them; and there is none that the log has not filled.
pub(super) fn check(transaction: &ReadTransaction, groups: &Groups, tail: &Tail, from: u64) -> Read<()> {
    let wrong = |index: u64| {
        ReadError::Corrupt(format!("tile 0/{index:03} of the tree is not that of the decisions"))
    };
    let width = u64::from(WIDTH);
    let (end, mut index) = (tail.first / width, from.div_ceil(width));
    while index < end {
        let first = index.saturating_mul(width);
        let leaves = groups.leaves(first, first.saturating_add(width))?;
        if stored(transaction, 0, index)?.as_ref() != Some(&leaves) {
            return Err(wrong(index));
        }
        let above = stored(transaction, 1, index / width)?.unwrap_or_default();
        let place = usize::try_from(index % width).unwrap_or(usize::MAX);
        if above.get(place).copied() != perfect(&leaves) {
            return Err(wrong(index));
        }
        index = index.saturating_add(1);
    }
    if stored(transaction, 0, end)?.is_some() { Err(wrong(end)) } else { Ok(()) }
}
