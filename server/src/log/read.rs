//! Reading decisions from the file: by number, by stretch, and what belongs to them. Every record passes
//! [`super::group::Item::verify`] on its way out.
//!
//! redb does not check its pages on reads, and some damage makes it panic; [`guarded`] turns that into an error, so
//! that a damaged page costs one answer and not the process.

use std::panic::{AssertUnwindSafe, catch_unwind};

use holdpoint_isa::ModuleHash;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, TableDefinition};

use super::group::Group;
use super::tables::{
    GROUPS, GroupKey, GroupRow, GroupRowBytes, MODULES, PENDING, SEQUENCE, SOURCE_MAPS, group_key,
};
use super::{ReadError, Stored};
use crate::tlog::tree::Hash;

pub(super) type Read<T> = Result<T, ReadError>;

/// What redb says, as what a reader is told.
pub(super) fn storage(error: impl Into<redb::Error>) -> ReadError {
    match error.into() {
        redb::Error::Corrupted(what) => ReadError::Corrupt(what),
        // A page that should be there lies behind the end of the file.
        redb::Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            ReadError::Corrupt("the file is cut off".to_owned())
        }
        other => ReadError::Unavailable(other.to_string()),
    }
}

/// Runs a read, and takes a panic on the way for damage of the file.
pub(super) fn guarded<T>(read: impl FnOnce() -> Read<T>) -> Read<T> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(ReadError::Corrupt("a page of the file makes no sense".to_owned())))
}

/// The groups of a log as one transaction sees them.
pub(super) struct Groups {
    rows: ReadOnlyTable<u64, &'static GroupRowBytes>,
    values: ReadOnlyTable<&'static GroupKey, &'static [u8]>,
}

impl Groups {
    pub(super) fn open(transaction: &ReadTransaction) -> Read<Self> {
        Ok(Self {
            rows: transaction.open_table(SEQUENCE).map_err(storage)?,
            values: transaction.open_table(GROUPS).map_err(storage)?,
        })
    }

    /// The last decision's number, nought where there is none.
    pub(super) fn last(&self) -> Read<u64> {
        Ok(self.row(u64::MAX)?.map_or(0, |row| row.end().saturating_sub(1)))
    }

    /// The group that begins at this number or, of those before it, last.
    fn row(&self, at: u64) -> Read<Option<GroupRow>> {
        let found = self.rows.range(..=at).map_err(storage)?.next_back();
        let Some(found) = found else { return Ok(None) };
        let (first, row) = found.map_err(storage)?;
        decode_row(first.value(), row.value()).map(Some)
    }

    /// The group that has this decision, or `None` past the end of the log.
    pub(super) fn holding(&self, sequence: u64) -> Read<Option<GroupRow>> {
        let row = self.row(sequence)?;
        if let Some(row) = row.filter(|row| sequence < row.end()) {
            return Ok(Some(row));
        }
        // Numbers have no gaps, so anything beyond belongs to a hole.
        if sequence == 0 || sequence > self.last()? { Ok(None) } else { Err(gap(sequence)) }
    }

    /// All groups from the newest to the oldest.
    pub(super) fn newest_first(&self) -> Read<impl Iterator<Item = Read<GroupRow>>> {
        let rows = self.rows.iter().map_err(storage)?.rev();
        Ok(rows
            .map(|row| row.map_err(storage).and_then(|(first, row)| decode_row(first.value(), row.value()))))
    }

    /// The decision with this number of its group.
    pub(super) fn decision(&self, row: &GroupRow, sequence: u64) -> Read<Stored> {
        self.decisions(row, sequence..=sequence)?.pop().unwrap_or_else(|| Err(gap(sequence)))
    }

    /// The hashes of the leaves from this number, a decision's number less one, to before another, as they stand with
    /// the records.
    pub(super) fn leaves(&self, from: u64, to: u64) -> Read<Vec<Hash>> {
        let mut leaves = Vec::new();
        let mut next = from.saturating_add(1);
        while next <= to {
            let row = self.holding(next)?.ok_or_else(|| gap(next))?;
            let value = self.values.get(&group_key(&row.module, row.first)).map_err(storage)?;
            let damaged = |why| ReadError::damaged(next, why);
            let value = value.ok_or_else(|| damaged(super::Malformed("its group is missing")))?;
            let group = Group::open(value.value(), row.count).map_err(damaged)?;
            let end = row.end().min(to.saturating_add(1));
            for sequence in next..end {
                let index = u32::try_from(sequence.saturating_sub(row.first)).unwrap_or(u32::MAX);
                leaves.push(group.item(index).map_err(damaged)?.leaf_hash());
            }
            next = end;
        }
        Ok(leaves)
    }

    /// Decisions of a group. Each that cannot be read is an error in its own place.
    pub(super) fn decisions(
        &self,
        row: &GroupRow,
        wanted: impl Iterator<Item = u64>,
    ) -> Read<Vec<Read<Stored>>> {
        let value = self.values.get(&group_key(&row.module, row.first)).map_err(storage)?;
        let group = match &value {
            None => Err(super::Malformed("its group is missing")),
            Some(value) => Group::open(value.value(), row.count),
        };
        let read = |sequence: u64| {
            let index = u32::try_from(sequence.saturating_sub(row.first)).unwrap_or(u32::MAX);
            let group = group.as_ref().map_err(|why| *why)?;
            group.item(index)?.verify(sequence, &row.module)
        };
        Ok(wanted.map(|sequence| read(sequence).map_err(|why| ReadError::damaged(sequence, why))).collect())
    }
}

fn decode_row(first: u64, row: &GroupRowBytes) -> Read<GroupRow> {
    GroupRow::decode(first, row)
        .map_err(|why| ReadError::Corrupt(format!("the entry of decision {first}: {why}")))
}

fn gap(sequence: u64) -> ReadError {
    ReadError::Corrupt(format!("decision {sequence} is missing although later ones are there"))
}

/// The decision with this number, if there is one.
pub(super) fn get(transaction: &ReadTransaction, sequence: u64) -> Read<Option<Stored>> {
    let groups = Groups::open(transaction)?;
    let Some(row) = groups.holding(sequence)? else { return Ok(None) };
    groups.decision(&row, sequence).map(Some)
}

/// The decisions from this number to the end of its group.
pub(super) fn stretch(transaction: &ReadTransaction, from: u64) -> Read<Vec<Read<Stored>>> {
    let groups = Groups::open(transaction)?;
    let Some(row) = groups.holding(from)? else { return Ok(Vec::new()) };
    groups.decisions(&row, from..row.end())
}

/// The bytes of a module by its hash.
pub(super) fn module(transaction: &ReadTransaction, hash: &ModuleHash) -> Read<Option<Vec<u8>>> {
    file(transaction, MODULES, &hash.0, "module")
}

/// The bytes of a source map by its hash.
pub(super) fn source_map(transaction: &ReadTransaction, hash: &[u8; 32]) -> Read<Option<Vec<u8>>> {
    file(transaction, SOURCE_MAPS, hash, "source map")
}

/// The hashes of all modules.
pub(super) fn modules(transaction: &ReadTransaction) -> Read<Vec<ModuleHash>> {
    let table = transaction.open_table(MODULES).map_err(storage)?;
    let rows = table.iter().map_err(storage)?;
    rows.map(|row| row.map(|(hash, _)| ModuleHash(*hash.value())).map_err(storage)).collect()
}

fn file(
    transaction: &ReadTransaction,
    table: TableDefinition<'_, &'static [u8; 32], &'static [u8]>,
    hash: &[u8; 32],
    what: &str,
) -> Read<Option<Vec<u8>>> {
    let table = transaction.open_table(table).map_err(storage)?;
    let Some(bytes) = table.get(hash).map_err(storage)? else { return Ok(None) };
    let named = ModuleHash(*hash);
    if ModuleHash::of(bytes.value()) == named {
        Ok(Some(bytes.value().to_vec()))
    } else {
        Err(ReadError::Corrupt(format!("the bytes of {what} {named} are not those of that hash")))
    }
}

/// How many decisions are in the pending tail.
pub(super) fn unindexed(transaction: &ReadTransaction) -> Read<u64> {
    let last = Groups::open(transaction)?.last()?;
    let pending = transaction.open_table(PENDING).map_err(storage)?;
    let first = pending.first().map_err(storage)?.map(|(first, _)| first.value());
    Ok(first.map_or(0, |first| last.saturating_add(1).saturating_sub(first)))
}
