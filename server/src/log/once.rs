//! Keys that have a decision already, so that none gets two.
//!
//! A key is an index key like any other: it becomes durable in the commit of its decision and reaches the index trees
//! later. What has not reached them yet is kept here in memory as well, because the pending tail is long and a key has
//! to be looked up for every decision that comes with one. After a crash it is read from the tail again.
//!
//! Only the writer decides whether a key is free: it looks again when it commits, and there is one writer.

use std::collections::{BTreeMap, VecDeque};

use redb::{ReadTransaction, ReadableTable};

use super::ReadError;
use super::keys::{self, Key};
use super::read::{Read, storage};
use super::tables::{INDEX, IndexKey, PENDING, index_key, indexed_sequence};

/// The keys in the pending tail.
#[derive(Debug, Default)]
pub(super) struct Recent {
    decisions: BTreeMap<Key, u64>,
    /// The same from the oldest.
    order: VecDeque<(u64, Key)>,
}

impl Recent {
    /// The keys in the pending tail of a file, which has no gap: in one would be keys that get a second decision.
    pub(super) fn load(transaction: &ReadTransaction) -> Read<Self> {
        let mut recent = Self::default();
        let pending = transaction.open_table(PENDING).map_err(storage)?;
        let mut end = None;
        for row in pending.iter().map_err(storage)? {
            let (first, value) = row.map_err(storage)?;
            let all = keys::pending(&mut end, first.value(), value.value());
            let all = all.map_err(|why| ReadError::Corrupt(why.to_string()))?;
            for (keys, sequence) in all.iter().zip(first.value()..) {
                keys.iter().filter(|key| key.is_once()).for_each(|key| recent.add(*key, sequence));
            }
        }
        Ok(recent)
    }

    pub(super) fn add(&mut self, key: Key, sequence: u64) {
        self.decisions.insert(key, sequence);
        self.order.push_back((sequence, key));
    }

    /// The decision of a key.
    pub(super) fn get(&self, key: &Key) -> Option<u64> {
        self.decisions.get(key).copied()
    }

    /// Forgets keys of decisions before this one, which the index trees have.
    pub(super) fn forget_before(&mut self, tail: u64) {
        while let Some((sequence, key)) = self.order.front().copied().filter(|(sequence, _)| *sequence < tail)
        {
            self.order.pop_front();
            if self.decisions.get(&key) == Some(&sequence) {
                self.decisions.remove(&key);
            }
        }
    }
}

/// The decision of a key in the index trees.
pub(super) fn indexed(transaction: &ReadTransaction, key: &Key) -> Read<Option<u64>> {
    let index = transaction.open_table(INDEX).map_err(storage)?;
    let (least, most) = (index_key(key, 0), index_key(key, u64::MAX));
    let mut found = index.range::<&IndexKey>(&least..=&most).map_err(storage)?;
    let first = found.next().transpose().map_err(storage)?;
    Ok(first.map(|(key, _)| indexed_sequence(key.value())))
}
