//! The tables of the log's file and how their keys and rows are spelt. Numbers in keys are big-endian, so that they
//! sort; types are redb's own, so that no name of ours becomes part of the file.
//!
//! | table | key | value |
//! |---|---|---|
//! | `groups` | module hash, first sequence | a packed group ([`super::group`]) |
//! | `sequence` | first sequence | [`GroupRow`] |
//! | `pending_index` | first sequence of a commit | the index keys of its decisions ([`super::keys`]) |
//! | `index` | index key, sequence | nothing |
//! | `modules` | SHA-256 | bytes of a module |
//! | `source_maps` | SHA-256 | bytes of a source map |
//! | `tiles` | level, index | the hashes of a tile of the tree ([`super::tiles`]) |
//! | `meta` | name | format, log id, instant of creation |

use holdpoint_isa::ModuleHash;
use redb::TableDefinition;

use super::keys::{KEY_BYTES, Key};
use super::wire::{Malformed, Reader};

pub(super) type GroupKey = [u8; 40];
pub(super) type GroupRowBytes = [u8; 52];
pub(super) type TileKey = [u8; 9];
pub(super) type IndexKey = [u8; KEY_BYTES + 8];

pub(super) const GROUPS: TableDefinition<'_, &GroupKey, &[u8]> = TableDefinition::new("groups");
pub(super) const SEQUENCE: TableDefinition<'_, u64, &GroupRowBytes> = TableDefinition::new("sequence");
pub(super) const PENDING: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("pending_index");
pub(super) const INDEX: TableDefinition<'_, &IndexKey, ()> = TableDefinition::new("index");
pub(super) const MODULES: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("modules");
pub(super) const SOURCE_MAPS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("source_maps");
pub(super) const TILES: TableDefinition<'_, &TileKey, &[u8]> = TableDefinition::new("tiles");
pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// Version of this layout. A file of another version is refused.
pub(super) const FORMAT: u32 = 3;

/// Where a group's value is kept.
pub(super) fn group_key(module: &ModuleHash, first: u64) -> GroupKey {
    let mut key = [0; 40];
    let bytes = module.0.into_iter().chain(first.to_be_bytes());
    key.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    key
}

/// Where it is noted that a decision has a key.
pub(super) fn index_key(key: &Key, sequence: u64) -> IndexKey {
    let mut bytes = [0; KEY_BYTES + 8];
    let source = key.0.into_iter().chain(sequence.to_be_bytes());
    bytes.iter_mut().zip(source).for_each(|(to, from)| *to = from);
    bytes
}

/// Where a tile of the tree is kept.
pub(super) fn tile_key(level: u8, index: u64) -> TileKey {
    let mut key = [level; 9];
    key.iter_mut().skip(1).zip(index.to_be_bytes()).for_each(|(to, from)| *to = from);
    key
}

/// The decision that an entry of the index is about.
pub(super) fn indexed_sequence(key: &IndexKey) -> u64 {
    key.last_chunk::<8>().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// What is known of a group without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GroupRow {
    /// Its first sequence; the key of the row.
    pub(super) first: u64,
    /// How many decisions it has.
    pub(super) count: u32,
    /// The module that made them.
    pub(super) module: ModuleHash,
    /// The earliest instant among them.
    pub(super) earliest: i64,
    /// The latest instant among them.
    pub(super) latest: i64,
}

impl GroupRow {
    /// The sequence after its last.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(u64::from(self.count))
    }

    pub(super) fn encode(&self) -> GroupRowBytes {
        let mut row = [0; 52];
        let bytes = self.module.0.into_iter().chain(self.count.to_le_bytes());
        let bytes = bytes.chain(self.earliest.to_le_bytes()).chain(self.latest.to_le_bytes());
        row.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        row
    }

    pub(super) fn decode(first: u64, row: &GroupRowBytes) -> Result<Self, Malformed> {
        let mut reader = Reader::new(row);
        let module = ModuleHash(reader.array()?);
        let count = reader.u32()?;
        let (earliest, latest) = (reader.i64()?, reader.i64()?);
        reader.end()?;
        if count == 0 {
            return Err(Malformed("a group has no decisions"));
        }
        Ok(Self { first, count, module, earliest, latest })
    }
}

#[cfg(test)]
mod tests {
    use super::{GroupRow, group_key, index_key, indexed_sequence};
    use crate::log::Key;
    use holdpoint_isa::ModuleHash;

    #[test]
    fn keys_sort_by_number() {
        let module = ModuleHash([1; 32]);
        assert!(group_key(&module, 255) < group_key(&module, 256));
        let key = Key::rule("a.b");
        assert!(index_key(&key, 255) < index_key(&key, 256));
        assert_eq!(indexed_sequence(&index_key(&key, 77)), 77);
    }

    #[test]
    fn a_row_is_read_as_it_is_written() {
        let row = GroupRow { first: 7, count: 3, module: ModuleHash([2; 32]), earliest: -1, latest: 9 };
        assert_eq!(GroupRow::decode(7, &row.encode()), Ok(row));
        assert_eq!(row.end(), 10);
        assert!(GroupRow::decode(7, &[0; 52]).is_err());
    }
}
