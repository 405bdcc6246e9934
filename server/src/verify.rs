//! Verifying a whole log: every record, every leaf, the tree, and what was signed about it.
//!
//! Nothing is taken on trust that can be computed: leaves are made from records, tiles from leaves, roots from tiles,
//! and each is compared with what is stored or was signed. An idempotency key has to lead to the one decision that has
//! it, and the index to every event, because answers depend on that; the rest of the index only finds. A walk goes on behind damage, so that one run shows all of
//! it.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use holdpoint_isa::ModuleHash;

use crate::log::{Cursor, DecisionLog, Filter, Kind, ReadError, Record, Scan, Stored};
use crate::tlog::tile::{Tile, WIDTH, perfect};
use crate::tlog::tree::empty_root;
use crate::tlog::{Checkpoint, Frontier, Hash};

/// What a walk has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many records there are, decisions and events.
    pub records: u64,
    /// The root over their leaves.
    pub root: Hash,
    /// How many things were wrong.
    pub wrong: u64,
}

/// A tree that is compared with checkpoints as it grows.
pub struct Audit<'a> {
    frontier: Frontier,
    expected: &'a [Checkpoint],
    wrong: u64,
    tell: &'a mut dyn FnMut(&str),
}

impl<'a> Audit<'a> {
    /// An empty tree that should grow through these checkpoints; `tell` is told what is wrong.
    pub fn new(expected: &'a [Checkpoint], tell: &'a mut dyn FnMut(&str)) -> Self {
        let mut audit = Self { frontier: Frontier::default(), expected, wrong: 0, tell };
        audit.compare();
        audit
    }

    /// Adds a leaf.
    pub fn leaf(&mut self, leaf: Hash) {
        self.frontier.push(leaf);
        self.compare();
    }

    /// Notes that something is wrong.
    pub fn wrong(&mut self, what: &str) {
        self.wrong = self.wrong.saturating_add(1);
        (self.tell)(what);
    }

    fn compare(&mut self) {
        let (expected, size) = (self.expected, self.frontier.size());
        for checkpoint in expected.iter().filter(|one| one.size == size) {
            if checkpoint.root != self.frontier.root() {
                self.wrong(&format!("the first {size} decisions are not those of the checkpoint"));
            }
        }
    }

    /// Compares the tree as it is now with a checkpoint.
    pub fn expect_now(&mut self, checkpoint: &Checkpoint) {
        let (size, root) = (self.frontier.size(), self.frontier.root());
        if (size, root) != (checkpoint.size, checkpoint.root) {
            self.wrong(&format!(
                "the {size} decisions are not those of the signed checkpoint over {}",
                checkpoint.size
            ));
        }
    }

    /// Says how it ended.
    pub fn end(mut self) -> Report {
        let expected = self.expected;
        let found = self.frontier.size();
        for checkpoint in expected.iter().filter(|one| one.size > found) {
            self.wrong(&format!("a checkpoint has {} decisions, the log {found}", checkpoint.size));
        }
        let root = if found == 0 { empty_root() } else { self.frontier.root() };
        Report { records: found, root, wrong: self.wrong }
    }
}

/// The tiles over leaves that come one by one, compared with those of a log.
struct Tiles<'a> {
    log: &'a dyn DecisionLog,
    /// By level: the number of the open tile, and its hashes.
    open: Vec<(u64, Vec<Hash>)>,
}

impl Tiles<'_> {
    /// Adds a leaf; says what is wrong with the tiles that it completes.
    fn push(&mut self, leaf: Hash) -> Result<Vec<String>, ReadError> {
        let mut wrong = Vec::new();
        let mut carried = Some(leaf);
        for level in 0u8.. {
            let Some(hash) = carried else { break };
            let place = usize::from(level);
            if self.open.len() <= place {
                self.open.push((0, Vec::new()));
            }
            let Some((index, hashes)) = self.open.get_mut(place) else { break };
            hashes.push(hash);
            carried = None;
            if hashes.len() == usize::from(WIDTH) {
                wrong.extend(compare(self.log, level, *index, hashes)?);
                carried = perfect(hashes);
                hashes.clear();
                *index = index.saturating_add(1);
            }
        }
        Ok(wrong)
    }

    /// Says what is wrong with the tiles that are not complete.
    fn end(&self) -> Result<Vec<String>, ReadError> {
        let open = (0u8..).zip(&self.open).filter(|(_, (_, hashes))| !hashes.is_empty());
        let compared = open.map(|(level, (index, hashes))| compare(self.log, level, *index, hashes));
        compared.filter_map(Result::transpose).collect()
    }
}

/// What is wrong where something could not be read.
///
/// # Errors
/// The same error where it says nothing of what is kept, only that it cannot be had now.
fn damage(error: ReadError) -> Result<Option<String>, ReadError> {
    match error {
        ReadError::Unavailable(_) => Err(error),
        ReadError::Damaged { .. } | ReadError::Corrupt(_) => Ok(Some(error.to_string())),
    }
}

fn compare(
    log: &dyn DecisionLog,
    level: u8,
    index: u64,
    hashes: &[Hash],
) -> Result<Option<String>, ReadError> {
    let tile = Tile { level, index, width: u16::try_from(hashes.len()).unwrap_or(WIDTH) };
    match log.tile(tile) {
        Ok(Some(found)) if found == hashes => Ok(None),
        Ok(_) => Ok(Some(format!("tile {tile} of the tree is not that of the decisions"))),
        Err(error) => damage(error),
    }
}

/// Walks a log from its first decision to the one that is its last when the walk begins. `expected` are checkpoints that it has to agree with; `tell` is
/// told what is wrong, and `progress` the number of each decision; it says whether to go on, and where it does not,
/// nothing is reported.
///
/// # Errors
/// [`ReadError::Unavailable`], where the walk could not be finished for another reason than damage.
pub fn walk(
    log: &dyn DecisionLog,
    expected: &[Checkpoint],
    tell: &mut dyn FnMut(&str),
    mut progress: impl FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Report>, ReadError> {
    let mut audit = Audit::new(expected, tell);
    let mut tiles = Tiles { log, open: Vec::new() };
    let mut modules = BTreeSet::new();
    let mut next = 1u64;
    // A decision that is committed meanwhile may be there before its tree and its key are. Where the size cannot be
    // told, the log was opened for reading, and nothing is committed.
    let size = log.size().unwrap_or(u64::MAX);
    for stored in Scan::from(log, 1) {
        if next > size {
            break;
        }
        let leaf = match stored {
            Ok(stored) => {
                if stored.sequence != next {
                    audit.wrong(&format!("decision {} stands where {next} should", stored.sequence));
                }
                for what in files(log, &stored, &mut modules)? {
                    audit.wrong(&what);
                }
                key(log, &stored)?.iter().for_each(|what| audit.wrong(what));
                event(log, &stored)?.iter().for_each(|what| audit.wrong(what));
                stored.seal.leaf_hash
            }
            Err(error @ ReadError::Damaged { .. }) => {
                audit.wrong(&error.to_string());
                // The tree still has the leaf of a record that is damaged.
                leaf_of(log, next).unwrap_or([0; 32])
            }
            Err(error @ ReadError::Unavailable(_)) => return Err(error),
            Err(error @ ReadError::Corrupt(_)) => {
                audit.wrong(&error.to_string());
                break;
            }
        };
        for what in tiles.push(leaf)? {
            audit.wrong(&what);
        }
        audit.leaf(leaf);
        if progress(next).is_break() {
            return Ok(None);
        }
        next = next.saturating_add(1);
    }
    for what in tiles.end()? {
        audit.wrong(&what);
    }
    Ok(Some(audit.end()))
}

/// The leaf of a decision as the tree has it.
fn leaf_of(log: &dyn DecisionLog, sequence: u64) -> Option<Hash> {
    let index = sequence.checked_sub(1)?;
    let place = u16::try_from(index % u64::from(WIDTH)).ok()?;
    let tile = Tile { level: 0, index: index / u64::from(WIDTH), width: place.saturating_add(1) };
    log.tile(tile).ok()??.last().copied()
}

/// What is wrong with the index where a record has an idempotency key: the key has this decision and no other.
fn key(log: &dyn DecisionLog, stored: &Stored) -> Result<Option<String>, ReadError> {
    let Ok(Record { origin, key: Some(key), .. }) = stored.record() else { return Ok(None) };
    let number = stored.sequence;
    match log.keyed(origin.tenant, key) {
        Ok(Some(found)) if found.sequence == number => Ok(None),
        Ok(Some(found)) => {
            Ok(Some(format!("decision {number} has the idempotency key of decision {}", found.sequence)))
        }
        Ok(None) => Ok(Some(format!("decision {number} is not found by its idempotency key"))),
        Err(error) => damage(error),
    }
}

/// What is wrong with the index where a record is of an event: the index leads to it. Which tokens count and which policy
/// decides depends on that.
fn event(log: &dyn DecisionLog, stored: &Stored) -> Result<Option<String>, ReadError> {
    if !stored.record().is_ok_and(|record| record.kind == Kind::Event) {
        return Ok(None);
    }
    let number = stored.sequence;
    let filter = Filter { events: Some(String::new()), ..Filter::default() };
    match log.list(&filter, Cursor::After(number.saturating_sub(1)), 1) {
        Ok(page) if page.items.first().is_some_and(|(found, _)| *found == number) => Ok(None),
        Ok(_) => Ok(Some(format!("event {number} is not found, so that a server does not know of it"))),
        Err(error) => damage(error),
    }
}

/// What is wrong with the module and the source map that a record names; each is looked at once.
fn files(
    log: &dyn DecisionLog,
    stored: &Stored,
    seen: &mut BTreeSet<(ModuleHash, [u8; 32])>,
) -> Result<Vec<String>, ReadError> {
    let Ok(record) = stored.record() else { return Ok(Vec::new()) };
    let without = record.kind == Kind::Event && record.module.0 == [0; 32];
    if without || !seen.insert((record.module, record.source_map)) {
        return Ok(Vec::new());
    }
    let wrong = |found: Result<Option<Vec<u8>>, ReadError>, what: &str, hash: ModuleHash| match found {
        Ok(Some(_)) => Ok(None),
        Ok(None) => Ok(Some(format!("{what} {hash}, which decision {} names, is missing", stored.sequence))),
        Err(error) => damage(error),
    };
    let module = wrong(log.module(&record.module), "module", record.module)?;
    let map = wrong(log.source_map(&record.source_map), "source map", ModuleHash(record.source_map))?;
    Ok(module.into_iter().chain(map).collect())
}
