//! A group: consecutive decisions of one module that were committed together, packed into one stored value.
//!
//! The value is a version byte, the number of records, the end of each record counted from the first one, then the
//! records one after another, each behind its salt and its leaf hash. One record is found without touching the
//! others. Nothing in here is trusted: [`Item::verify`] is the only way from stored bytes to a [`Stored`].

use holdpoint_isa::ModuleHash;

use super::leaf::Seal;
use super::record::Record;
use super::wire::{Malformed, Reader};
use super::{Entry, Stored};

const VERSION: u8 = 1;
/// Most decisions in one commit, and so in one group.
pub(super) const GROUP_MAX: usize = 256;
const SALT_AND_HASH: usize = 64;
/// Longest value of more than one record. redb rounds the page of a long value up to a power of two, so a value that
/// just fits one wastes little of it; and reading one record reads its whole page.
const VALUE_BYTES: usize = 64 * 1024 - 256;

/// How many decisions, from the first, go into one value.
pub(super) fn fitting<'a>(entries: impl Iterator<Item = &'a Entry>) -> usize {
    let mut bytes = 5usize;
    let fits = |entry: &&Entry| {
        bytes = bytes.saturating_add(entry.record.len()).saturating_add(SALT_AND_HASH + 4);
        bytes <= VALUE_BYTES
    };
    entries.take_while(fits).count().max(1)
}

/// Packs the decisions of one group.
///
/// # Errors
/// Where they are too many or too long together for their offsets.
pub(super) fn pack<'a>(
    entries: impl ExactSizeIterator<Item = &'a Entry> + Clone,
) -> Result<Vec<u8>, Malformed> {
    let too_long = Malformed("a group is longer than 4 GiB");
    let count = u32::try_from(entries.len()).map_err(|_| too_long)?;
    let bytes: usize = entries.clone().map(|entry| entry.record.len() + SALT_AND_HASH + 4).sum();
    let mut out = Vec::with_capacity(bytes + 5);
    out.push(VERSION);
    out.extend_from_slice(&count.to_le_bytes());
    let mut end = 0usize;
    for entry in entries.clone() {
        end = end.saturating_add(SALT_AND_HASH).saturating_add(entry.record.len());
        out.extend_from_slice(&u32::try_from(end).map_err(|_| too_long)?.to_le_bytes());
    }
    for entry in entries {
        out.extend_from_slice(&entry.seal.salt);
        out.extend_from_slice(&entry.seal.leaf_hash);
        out.extend_from_slice(&entry.record);
    }
    Ok(out)
}

/// A stored group, as yet unverified.
pub(super) struct Group<'a> {
    ends: &'a [u8],
    items: &'a [u8],
}

/// A stored record with its seal, as yet unverified.
pub(super) struct Item<'a> {
    seal: Seal,
    record: &'a [u8],
}

impl<'a> Group<'a> {
    /// Reads the head of a stored value, which has to be of so many records.
    pub(super) fn open(value: &'a [u8], count: u32) -> Result<Self, Malformed> {
        let mut reader = Reader::new(value);
        if reader.u8()? != VERSION {
            return Err(Malformed("the version of its group is unknown"));
        }
        if reader.u32()? != count {
            return Err(Malformed("its group has another number of records than the log says"));
        }
        let table = usize::try_from(count).ok().and_then(|count| count.checked_mul(4));
        let (ends, items) = table
            .and_then(|table| reader.rest().split_at_checked(table))
            .ok_or(Malformed("its group ends too early"))?;
        let group = Self { ends, items };
        if group.end(count)? == items.len() {
            Ok(group)
        } else {
            Err(Malformed("its group has another length"))
        }
    }

    /// Where the first `records` records end.
    fn end(&self, records: u32) -> Result<usize, Malformed> {
        let Some(last) = records.checked_sub(1) else { return Ok(0) };
        let found = usize::try_from(last).ok().and_then(|last| self.ends.chunks_exact(4).nth(last));
        let end =
            found.and_then(|bytes| bytes.first_chunk::<4>()).ok_or(Malformed("its group ends too early"))?;
        usize::try_from(u32::from_le_bytes(*end)).map_err(|_| Malformed("an offset does not fit"))
    }

    /// The record with this index, from nought.
    pub(super) fn item(&self, index: u32) -> Result<Item<'a>, Malformed> {
        let (start, end) = (self.end(index)?, self.end(index.saturating_add(1))?);
        let bytes = self.items.get(start..end).ok_or(Malformed("an offset of its group is wrong"))?;
        let mut reader = Reader::new(bytes);
        let seal = Seal { salt: reader.array()?, leaf_hash: reader.array()? };
        Ok(Item { seal, record: reader.rest() })
    }
}

impl Item<'_> {
    /// The hash that stands with the record, which need not be the record's own.
    pub(super) fn leaf_hash(&self) -> [u8; 32] {
        self.seal.leaf_hash
    }

    /// The record, if it is what was sealed when it was committed.
    pub(super) fn verify(self, sequence: u64, module: &ModuleHash) -> Result<Stored, Malformed> {
        let record = Record::decode(self.record)?;
        if record.module != *module {
            return Err(Malformed("it names another module than the one it is filed under"));
        }
        if !self.seal.holds(record.class, module, self.record) {
            return Err(Malformed("its bytes do not match its leaf hash"));
        }
        Ok(Stored { sequence, record: self.record.to_vec(), seal: self.seal })
    }
}
