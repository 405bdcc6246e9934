//! Finding decisions by their keys.
//!
//! Index keys of recent decisions lie in the pending tail, one value for each commit; those of older decisions lie in
//! the index. Both are read in one transaction, so that a page is complete whatever the fold has got to. Within the
//! index several keys are intersected by leaping: each key in turn is asked for its next decision at or beyond the
//! place that the others have reached.

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable};

use super::filter::{Cursor, Filter, Page};
use super::keys::{self, Key, Keys};
use super::read::{Groups, Read, storage};
use super::tables::{INDEX, IndexKey, PENDING, index_key, indexed_sequence};
use super::{ReadError, Stored};

/// Places looked at for one page; what is left is left to the next page.
const STEPS_MAX: u32 = 20_000;

/// Bytes of records after which a page ends. A page has at least one decision, so that reading always gets on.
pub(super) const PAGE_BYTES: usize = 1024 * 1024;

/// A page of the decisions that fit a filter.
pub(super) fn list(
    transaction: &ReadTransaction,
    filter: &Filter,
    cursor: Cursor,
    limit: usize,
) -> Read<Page> {
    let groups = Groups::open(transaction)?;
    let mut search = Search::open(transaction, filter.keys(), groups.last()?)?;
    let mut page = Page { items: Vec::new(), next: None };
    let mut at = search.start(cursor);
    let mut bytes = 0usize;
    while let Some(from) = at {
        if page.items.len() >= limit || bytes >= PAGE_BYTES {
            page.next = Some(cursor.at(from));
            break;
        }
        let found = match search.next(cursor, from)? {
            Step::Found(found) => found,
            Step::Later(place) => {
                page.next = Some(cursor.at(place));
                break;
            }
            Step::End => break,
        };
        let row = groups.holding(found)?.ok_or_else(|| ReadError::Corrupt(stray(found)))?;
        if !filter.overlaps(row.earliest, row.latest) {
            at = search.inside(cursor.beyond(row.first, row.end().saturating_sub(1)));
            continue;
        }
        let item = groups.decision(&row, found);
        if fits(filter, &item) {
            bytes = bytes.saturating_add(item.as_ref().map_or(0, |stored| stored.record.len()));
            page.items.push((found, item));
        }
        at = search.inside(cursor.beyond(found, found));
    }
    Ok(page)
}

/// Whether a record that has the keys is wanted. A damaged one is: hiding it would hide the damage; only to one tenant
/// among several it does not show, because nobody knows whose it is.
fn fits(filter: &Filter, item: &Read<Stored>) -> bool {
    match item.as_ref().map(Stored::record) {
        Ok(Ok(record)) => filter.admits(&record),
        _ => filter.tenant.is_all(),
    }
}

fn stray(sequence: u64) -> String {
    format!("the index names decision {sequence}, which is not there")
}

impl Cursor {
    /// The next place after a stretch of decisions, going this way; `None` before the first number.
    fn beyond(self, first: u64, last: u64) -> Option<u64> {
        match self {
            Self::Before(_) => first.checked_sub(1),
            Self::After(_) => last.checked_add(1),
        }
    }

    /// The cursor of the page that begins at this place, going the same way.
    fn at(self, place: u64) -> Self {
        match self {
            Self::Before(_) => Self::Before(place.saturating_add(1)),
            Self::After(_) => Self::After(place.saturating_sub(1)),
        }
    }
}

/// Where a search has got to.
enum Step {
    /// The next decision that has all wanted keys.
    Found(u64),
    /// There is none.
    End,
    /// Enough has been done for one page; it goes on at this place.
    Later(u64),
}

struct Search {
    wanted: Vec<Key>,
    index: ReadOnlyTable<&'static IndexKey, ()>,
    pending: ReadOnlyTable<u64, &'static [u8]>,
    /// The first decision of the pending tail; one past the last where the tail is empty.
    tail: u64,
    last: u64,
    /// The pending value read last: its first decision, and the keys of all of them.
    opened: Option<(u64, Vec<Keys>)>,
    /// How many more places may be looked at.
    steps: u32,
}

impl Search {
    fn open(transaction: &ReadTransaction, wanted: Vec<Key>, last: u64) -> Read<Self> {
        let index = transaction.open_table(INDEX).map_err(storage)?;
        let pending = transaction.open_table(PENDING).map_err(storage)?;
        let tail = match pending.first().map_err(storage)? {
            Some((first, _)) => first.value(),
            None => last.saturating_add(1),
        };
        Ok(Self { wanted, index, pending, tail, last, opened: None, steps: STEPS_MAX })
    }

    fn start(&self, cursor: Cursor) -> Option<u64> {
        self.inside(match cursor {
            Cursor::Before(number) => number.checked_sub(1).map(|at| at.min(self.last)),
            Cursor::After(number) => number.checked_add(1),
        })
    }

    fn inside(&self, place: Option<u64>) -> Option<u64> {
        place.filter(|place| (1..=self.last).contains(place))
    }

    /// The next decision at this place or beyond, going the cursor's way, that has all wanted keys.
    fn next(&mut self, cursor: Cursor, at: u64) -> Read<Step> {
        if self.wanted.is_empty() {
            return Ok(if self.tire() { Step::Later(at) } else { Step::Found(at) });
        }
        match cursor {
            Cursor::Before(_) => {
                if at >= self.tail
                    && let Some(found) = self.newest_pending(at)?
                {
                    return Ok(Step::Found(found));
                }
                match self.tail.checked_sub(1) {
                    Some(newest) => self.leap(at.min(newest), Self::at_most),
                    None => Ok(Step::End),
                }
            }
            Cursor::After(_) => {
                if at < self.tail {
                    match self.leap(at, Self::at_least)? {
                        Step::End => {}
                        step => return Ok(step),
                    }
                }
                Ok(self.oldest_pending(at.max(self.tail))?.map_or(Step::End, Step::Found))
            }
        }
    }

    /// Whether no more places may be looked at; counts one.
    fn tire(&mut self) -> bool {
        let tired = self.steps == 0;
        self.steps = self.steps.saturating_sub(1);
        tired
    }

    /// The place where all wanted keys agree, starting from this one.
    fn leap(&mut self, mut at: u64, next: fn(&Self, &Key, u64) -> Read<Option<u64>>) -> Read<Step> {
        let mut agreed = 0usize;
        for index in (0..self.wanted.len()).cycle() {
            if self.tire() {
                return Ok(Step::Later(at));
            }
            let Some(key) = self.wanted.get(index) else { break };
            let Some(found) = next(self, key, at)? else { return Ok(Step::End) };
            agreed = if found == at { agreed.saturating_add(1) } else { 1 };
            at = found;
            if agreed >= self.wanted.len() {
                break;
            }
        }
        Ok(Step::Found(at))
    }

    fn at_most(&self, key: &Key, at: u64) -> Read<Option<u64>> {
        let (low, high) = (index_key(key, 0), index_key(key, at));
        let found = self.index.range::<&IndexKey>(&low..=&high).map_err(storage)?.next_back();
        found.map(|entry| entry.map(|(key, _)| indexed_sequence(key.value())).map_err(storage)).transpose()
    }

    fn at_least(&self, key: &Key, at: u64) -> Read<Option<u64>> {
        let (low, high) = (index_key(key, at), index_key(key, u64::MAX));
        let found = self.index.range::<&IndexKey>(&low..=&high).map_err(storage)?.next();
        found.map(|entry| entry.map(|(key, _)| indexed_sequence(key.value())).map_err(storage)).transpose()
    }

    fn newest_pending(&mut self, mut at: u64) -> Read<Option<u64>> {
        while let Some(first) = self.open_pending(at)? {
            let (_, all) = self.opened.as_ref().filter(|(opened, _)| *opened == first).ok_or_else(lost)?;
            let upto = all.iter().zip(first..).filter(|(_, sequence)| *sequence <= at);
            let found = upto.filter(|(keys, _)| keys.has_all(&self.wanted)).last();
            if let Some((_, sequence)) = found {
                return Ok(Some(sequence));
            }
            let Some(before) = first.checked_sub(1) else { break };
            at = before;
        }
        Ok(None)
    }

    fn oldest_pending(&mut self, mut at: u64) -> Read<Option<u64>> {
        while at <= self.last {
            let Some(first) = self.open_pending(at)? else { break };
            let (_, all) = self.opened.as_ref().filter(|(opened, _)| *opened == first).ok_or_else(lost)?;
            let from = all.iter().zip(first..).filter(|(_, sequence)| *sequence >= at);
            let found = from.into_iter().find(|(keys, _)| keys.has_all(&self.wanted));
            if let Some((_, sequence)) = found {
                return Ok(Some(sequence));
            }
            let end = first.saturating_add(u64::try_from(all.len()).unwrap_or(u64::MAX));
            if end <= at {
                return Err(lost());
            }
            at = end;
        }
        Ok(None)
    }

    /// Opens the pending value that has this decision, and tells its first decision.
    fn open_pending(&mut self, at: u64) -> Read<Option<u64>> {
        if let Some((first, all)) = &self.opened
            && at
                .checked_sub(*first)
                .is_some_and(|index| index < u64::try_from(all.len()).unwrap_or(u64::MAX))
        {
            return Ok(Some(*first));
        }
        let found = self.pending.range(..=at).map_err(storage)?.next_back();
        let Some(found) = found else { return Ok(None) };
        let (first, value) = found.map_err(storage)?;
        let all = keys::unpack(value.value()).map_err(|why| {
            ReadError::Corrupt(format!("index keys from decision {}: {why}", first.value()))
        })?;
        self.opened = Some((first.value(), all));
        Ok(Some(first.value()))
    }
}

fn lost() -> ReadError {
    ReadError::Corrupt("the pending index has a gap".to_owned())
}
