//! The decision log: what a decision server needs of the place where decisions are kept.
//!
//! Everything above this module knows only [`DecisionLog`] and the plain types beside it, so that a replicated log can
//! take the place of the embedded one. What is below ([`RedbLog`]) is the only code that knows redb.
//!
//! Invariants: a commit has three outcomes, and only [`Outcome::Committed`] may become an answer with a verdict, made
//! from the record it returns. Sequence numbers start at 1 and have no gaps. Every read checks the record against the
//! leaf hash that was fixed when it was committed; what does not match is [`ReadError::Damaged`], never a decision.
//!
//! Reading order: [`record`], [`leaf`], [`keys`], [`filter`], [`scan`]; then, of the embedded log, `group`, `tables`,
//! `overlay`, `open`, `load`, `writer`, `tiles`, `once`, `fold`, `read`, `query`, `store`.

pub mod filter;
pub mod keys;
pub mod leaf;
pub mod record;
pub mod scan;

mod fold;
mod group;
mod load;
mod once;
mod open;
mod overlay;
mod query;
mod read;
mod store;
mod tables;
mod tiles;
mod wire;
mod writer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use holdpoint_isa::ModuleHash;
use tokio::sync::{oneshot, watch};

pub use filter::{Cursor, Filter, Page};
pub use keys::{Key, Keys};
pub use leaf::Seal;
pub use open::OpenError;
pub use record::{Class, Kind, Origin, Record};
pub use scan::Scan;
pub use store::RedbLog;
pub use wire::Malformed;

use crate::id::LogId;
use crate::tlog::{Hash, Tile};

/// A place where decisions are kept for ever.
///
/// Only `commit` may be called where blocking is not allowed; all else reads and may take as long as a disk does.
pub trait DecisionLog: Send + Sync + 'static {
    /// The log's identity, part of the id of each of its decisions.
    fn id(&self) -> LogId;

    /// Hands over a decision to be committed. Returns at once; where there is no room, with a refusal.
    fn commit(&self, entry: Entry) -> Pending;

    /// Whether decisions can be committed, now and whenever that changes.
    fn health(&self) -> watch::Receiver<Health>;

    /// The decision with this number, if there is one.
    ///
    /// # Errors
    /// [`ReadError`].
    fn get(&self, sequence: u64) -> Result<Option<Stored>, ReadError>;

    /// The decisions with these numbers and those committed with them, from the first; empty past the end.
    ///
    /// # Errors
    /// [`ReadError::Unavailable`]; a damaged decision is an error in its own place.
    fn stretch(&self, from: u64) -> Result<Vec<Result<Stored, ReadError>>, ReadError>;

    /// A page of the decisions that fit a filter.
    ///
    /// # Errors
    /// [`ReadError`], for the index; a damaged decision is an error in its own place.
    fn list(&self, filter: &Filter, cursor: Cursor, limit: usize) -> Result<Page, ReadError>;

    /// The decision that a tenant has for an idempotency key.
    ///
    /// # Errors
    /// [`ReadError`].
    fn keyed(&self, tenant: &str, key: &str) -> Result<Option<Stored>, ReadError>;

    /// The bytes of a module that has decided.
    ///
    /// # Errors
    /// [`ReadError`].
    fn module(&self, hash: &ModuleHash) -> Result<Option<Vec<u8>>, ReadError>;

    /// The bytes of a source map by their SHA-256.
    ///
    /// # Errors
    /// [`ReadError`].
    fn source_map(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError>;

    /// All modules that have decided.
    ///
    /// # Errors
    /// [`ReadError`].
    fn modules(&self) -> Result<Vec<ModuleHash>, ReadError>;

    /// How many decisions the tree over the log has; the leaf of a decision has its number less one. A decision may be
    /// read before it is counted here; each that is counted is found by its idempotency key.
    ///
    /// # Errors
    /// [`ReadError`].
    fn size(&self) -> Result<u64, ReadError>;

    /// The hashes of a tile of that tree; `None` where it does not have so many yet.
    ///
    /// # Errors
    /// [`ReadError`].
    fn tile(&self, tile: Tile) -> Result<Option<Vec<Hash>>, ReadError>;

    /// How much is kept.
    ///
    /// # Errors
    /// [`ReadError`].
    fn stats(&self) -> Result<Stats, ReadError>;
}

/// What belongs to a module and is kept with the first record that names it.
#[derive(Debug)]
pub struct ModuleFiles {
    /// The module's hash.
    pub hash: ModuleHash,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// SHA-256 of its source map.
    pub source_map_hash: [u8; 32],
    /// Bytes of its source map.
    pub source_map: Vec<u8>,
}

impl ModuleFiles {
    /// Of no module, for a record that is about none.
    pub fn none() -> Self {
        Self {
            hash: ModuleHash([0; 32]),
            bytes: Vec::new(),
            source_map_hash: [0; 32],
            source_map: Vec::new(),
        }
    }

    /// Whether there is a module.
    pub fn is_none(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// A decision to be committed.
#[derive(Debug)]
pub struct Entry {
    record: Vec<u8>,
    decided_at: i64,
    seal: Seal,
    keys: Keys,
    once: Option<Key>,
    module: Arc<ModuleFiles>,
}

impl Entry {
    /// Encodes and seals a record, with the hashes of the module's files in it. This is done by whoever decides, so
    /// that the log's one writer has only to copy. Where the record has an idempotency key, the decision is kept only if
    /// its tenant has none for that key.
    ///
    /// # Errors
    /// [`Why::TooLong`] or [`Why::NoEntropy`].
    pub fn new(record: &Record<'_>, keys: Keys, module: Arc<ModuleFiles>) -> Result<Self, Why> {
        let record = Record { module: module.hash, source_map: module.source_map_hash, ..*record };
        let bytes = record.encode().map_err(|_| Why::TooLong)?;
        let seal = Seal::new(record.class, &record.module, &bytes).map_err(|_| Why::NoEntropy)?;
        let once = record.key.map(|key| Key::once(record.origin.tenant, key));
        let mut keys = keys;
        once.into_iter().for_each(|key| keys.add(key));
        Ok(Self { record: bytes, decided_at: record.decided_at, seal, keys, once, module })
    }

    /// What a log returns when it has kept the entry under this number.
    pub fn stored(self, sequence: u64) -> Stored {
        Stored { sequence, record: self.record, seal: self.seal }
    }
}

/// How a commit ended.
#[derive(Debug)]
pub enum Outcome {
    /// The decision is kept, under this number and in these bytes.
    Committed(Stored),
    /// It is not kept and never will be.
    NotCommitted(Why),
    /// Nobody knows whether it is kept until the log is opened again.
    InDoubt(Why),
}

/// Why a decision was not committed, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// As many decisions as the log accepts are waiting, or as many bytes of them.
    Overloaded,
    /// The storage has failed, now or earlier; the log takes nothing more until it is opened again.
    Poisoned(Arc<str>),
    /// The log is being closed, or was opened for reading only.
    Closed,
    /// The record is longer than the log accepts.
    TooLong,
    /// The operating system gave no random bytes for the record's salt.
    NoEntropy,
    /// Its idempotency key has a decision already.
    Repeated,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overloaded => f.write_str("too many decisions are waiting to be committed"),
            Self::Poisoned(why) => write!(f, "the decision log has failed: {why}"),
            Self::Closed => f.write_str("the decision log takes no decisions"),
            Self::TooLong => f.write_str("the record of the decision is longer than the log accepts"),
            Self::Repeated => f.write_str("its idempotency key has a decision already"),
            Self::NoEntropy => f.write_str("the operating system gave no random bytes"),
        }
    }
}

/// Where the outcome of a commit goes.
pub(crate) type Answer = oneshot::Sender<Outcome>;

/// The outcome of a commit, as soon as it is known.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Outcome>);

impl Pending {
    /// An outcome that is still to come, and where to send it. A log that goes away without sending one leaves the
    /// commit in doubt.
    pub fn channel() -> (oneshot::Sender<Outcome>, Self) {
        let (answer, outcome) = oneshot::channel();
        (answer, Self(outcome))
    }

    /// An outcome that is known already.
    pub fn ready(outcome: Outcome) -> Self {
        let (answer, pending) = Self::channel();
        // Only a receiver that is gone could refuse it, and ours is at hand.
        let _ = answer.send(outcome);
        pending
    }

    /// Waits on a thread that may block.
    pub fn wait(self) -> Outcome {
        self.0.blocking_recv().unwrap_or_else(|_| abandoned())
    }
}

impl Future for Pending {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        Pin::new(&mut self.0).poll(context).map(|outcome| outcome.unwrap_or_else(|_| abandoned()))
    }
}

fn abandoned() -> Outcome {
    Outcome::InDoubt(Why::Poisoned("its writer has ended".into()))
}

/// Whether a log takes decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It does.
    Ready,
    /// Its storage has failed; it never will again.
    Poisoned(Arc<str>),
    /// It is closed, or was opened for reading only.
    Closed,
}

/// A committed decision whose bytes match their seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its position in the log, from 1.
    pub sequence: u64,
    /// The kept bytes of its record.
    pub record: Vec<u8>,
    /// Salt and leaf hash.
    pub seal: Seal,
}

impl Stored {
    /// A record that is kept elsewhere than in a log, sealed with its salt.
    ///
    /// # Errors
    /// Where the bytes are not those of a record.
    pub fn sealed(sequence: u64, salt: [u8; 32], record: Vec<u8>) -> Result<Self, Malformed> {
        let decoded = Record::decode(&record)?;
        let seal = Seal::with(salt, decoded.class, &decoded.module, &record);
        Ok(Self { sequence, record, seal })
    }

    /// What the bytes stand for.
    ///
    /// # Errors
    /// [`ReadError::Damaged`]; never for a decision that a log returned, because reading it decoded it once.
    pub fn record(&self) -> Result<Record<'_>, ReadError> {
        Record::decode(&self.record).map_err(|why| ReadError::damaged(self.sequence, why))
    }
}

/// Why something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// A decision is not what was committed.
    Damaged {
        /// Its number.
        sequence: u64,
        /// What is wrong.
        what: String,
    },
    /// Something other than one decision is not what was written.
    Corrupt(String),
    /// The storage does not answer.
    Unavailable(String),
}

impl ReadError {
    pub(crate) fn damaged(sequence: u64, what: impl fmt::Display) -> Self {
        Self::Damaged { sequence, what: what.to_string() }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { sequence, what } => write!(f, "decision {sequence} is damaged: {what}"),
            Self::Corrupt(what) => write!(f, "the decision log is damaged: {what}"),
            Self::Unavailable(what) => write!(f, "the decision log cannot be read: {what}"),
        }
    }
}

impl std::error::Error for ReadError {}

/// How much a log keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Number of the last decision, and so how many there are.
    pub last_sequence: u64,
    /// Length of the file.
    pub file_bytes: u64,
    /// Decisions whose index keys have not reached the index trees yet.
    pub unindexed: u64,
}
