//! Folding the pending tail into the index.
//!
//! Writing index trees costs more than half of a commit, so a commit only appends its keys as one value, and the
//! trees are brought up to date later. redb has one writer, so later means the log's own writer thread: when nothing
//! has arrived for [`IDLE`], it folds one slice in a transaction of its own, which a decision arriving meanwhile
//! waits for (a few milliseconds at most); and under load that never pauses, once the tail is [`TAIL_MAX`] decisions
//! long, each commit folds twice as many decisions as it adds, so that the tail stays bounded. Readers see tail and
//! index in one transaction and never miss anything.

use std::time::Duration;

use redb::{ReadableTable, WriteTransaction};

use super::keys;
use super::tables::{INDEX, IndexKey, PENDING, index_key};

/// Decisions folded at once. A shorter tail is left alone: readers walk it quickly, and folding decisions one by one
/// would double the number of commits of a server with little to do.
pub(super) const SLICE: u64 = 256;
/// Silence after which the writer folds.
pub(super) const IDLE: Duration = Duration::from_millis(20);
/// Longest tail before commits fold on their own way.
pub(super) const TAIL_MAX: u64 = 65_536;

/// Moves the keys of at least so many decisions, from the oldest, into the index; returns the first decision that is
/// left, or `None` where the tail is empty.
pub(super) fn fold(transaction: &WriteTransaction, decisions: u64) -> Result<Option<u64>, redb::Error> {
    let mut pending = transaction.open_table(PENDING)?;
    let mut entries: Vec<IndexKey> = Vec::new();
    let mut firsts = Vec::new();
    let (mut taken, mut end) = (0u64, None);
    for row in pending.iter()? {
        if taken >= decisions {
            break;
        }
        let (first, value) = row?;
        let all = keys::pending(&mut end, first.value(), value.value());
        let all = all.map_err(|why| redb::Error::Corrupted(why.to_string()))?;
        for (keys, sequence) in all.iter().zip(first.value()..) {
            entries.extend(keys.iter().map(|key| index_key(key, sequence)));
            taken = taken.saturating_add(1);
        }
        firsts.push(first.value());
    }
    // In order of keys, neighbouring entries share the pages that have to be copied.
    entries.sort_unstable();
    let mut index = transaction.open_table(INDEX)?;
    for entry in &entries {
        index.insert(entry, ())?;
    }
    for first in firsts {
        pending.remove(first)?;
    }
    let left = pending.first()?.map(|(first, _)| first.value());
    Ok(left)
}
