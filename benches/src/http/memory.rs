//! A log that keeps nothing: every decision is committed at once, so that only the server is measured.

use std::sync::atomic::{AtomicU64, Ordering};

use holdpoint_isa::ModuleHash;
use holdpoint_server::LogId;
use holdpoint_server::log::{
    Cursor, DecisionLog, Entry, Filter, Health, Outcome, Page, Pending, ReadError, Stats, Stored,
};
use holdpoint_server::tlog::{Hash, Tile};
use tokio::sync::watch;

/// The log. It counts, and answers every question about the past with nothing.
#[derive(Debug)]
pub struct MemoryLog {
    id: LogId,
    count: AtomicU64,
    health: watch::Sender<Health>,
}

impl MemoryLog {
    /// An empty one.
    pub fn new(id: LogId) -> Self {
        Self { id, count: AtomicU64::new(0), health: watch::channel(Health::Ready).0 }
    }
}

impl DecisionLog for MemoryLog {
    fn id(&self) -> LogId {
        self.id
    }

    fn commit(&self, entry: Entry) -> Pending {
        let sequence = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        Pending::ready(Outcome::Committed(entry.stored(sequence)))
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    fn get(&self, _: u64) -> Result<Option<Stored>, ReadError> {
        Ok(None)
    }

    fn stretch(&self, _: u64) -> Result<Vec<Result<Stored, ReadError>>, ReadError> {
        Ok(Vec::new())
    }

    fn list(&self, _: &Filter, _: Cursor, _: usize) -> Result<Page, ReadError> {
        Ok(Page { items: Vec::new(), next: None })
    }

    fn keyed(&self, _: &str, _: &str) -> Result<Option<Stored>, ReadError> {
        Ok(None)
    }

    fn module(&self, _: &ModuleHash) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(None)
    }

    fn source_map(&self, _: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(None)
    }

    fn modules(&self) -> Result<Vec<ModuleHash>, ReadError> {
        Ok(Vec::new())
    }

    fn size(&self) -> Result<u64, ReadError> {
        Ok(0)
    }

    fn tile(&self, _: Tile) -> Result<Option<Vec<Hash>>, ReadError> {
        Ok(None)
    }

    fn stats(&self) -> Result<Stats, ReadError> {
        Ok(Stats { last_sequence: self.count.load(Ordering::Relaxed), file_bytes: 0, unindexed: 0 })
    }
}
