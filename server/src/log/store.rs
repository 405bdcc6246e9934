//! The embedded log: one redb file, one writer thread, any number of readers.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use holdpoint_isa::ModuleHash;
use redb::{Database, ReadTransaction, ReadableDatabase};
use tokio::sync::watch;

use super::load::Load;
use super::once::{self, Recent};
use super::open::{OpenError, identify, identify_or_create, inspect_file, open_file, path_in, position};
use super::read::{self, Groups, Read, guarded, storage};
use super::tiles::{self, Tail};
use super::writer::{Job, Writer};
use super::{
    Cursor, DecisionLog, Entry, Filter, Health, Key, Outcome, Page, Pending, ReadError, Stats, Stored, Why,
    query,
};
use crate::id::LogId;
use crate::tlog::{Hash, Tile};

/// Decisions that may wait to be committed; their bytes are bounded too, by [`Load`].
const QUEUE_MAX: usize = 1024;

/// A decision log in one redb file. Dropping it commits what has been handed over, and closes the file.
#[derive(Debug)]
pub struct RedbLog {
    database: Arc<Database>,
    path: PathBuf,
    id: LogId,
    health: watch::Receiver<Health>,
    jobs: Option<SyncSender<Job>>,
    load: Load,
    writer: Option<JoinHandle<()>>,
    /// The end of the tree; an error where the log was opened for reading only and the records of its end are
    /// damaged.
    tail: Arc<RwLock<Read<Tail>>>,
    recent: Arc<RwLock<Recent>>,
}

impl RedbLog {
    /// Opens the log of a data directory to commit to it, and creates both where they are missing; `now` is the
    /// instant of creation then.
    ///
    /// # Errors
    /// [`OpenError`], for one if the last decisions are not what was committed.
    pub fn open(directory: &Path, now: i64) -> Result<Self, OpenError> {
        let path = path_in(directory);
        Self::writing(open_file(&path)?, path, now)
    }

    /// Opens the log of a data directory to read it, also where nothing can be written. What is damaged shows where
    /// it is read.
    ///
    /// # Errors
    /// [`OpenError`], but for damage.
    pub fn inspect(directory: &Path) -> Result<Self, OpenError> {
        let path = path_in(directory);
        let database = Arc::new(inspect_file(&path)?);
        let id = guarded(|| Ok(identify(&database.begin_read().map_err(storage)?)))??;
        let tail = guarded(|| Tail::load(&Groups::open(&database.begin_read().map_err(storage)?)?));
        // What cannot be read here shows as damage where the log is walked.
        let recent = guarded(|| Recent::load(&database.begin_read().map_err(storage)?)).unwrap_or_default();
        let (_, health) = watch::channel(Health::Closed);
        let (tail, recent) = (Arc::new(RwLock::new(tail)), Arc::new(RwLock::new(recent)));
        let load = Load::default();
        Ok(Self { database, path, id, health, jobs: None, load, writer: None, tail, recent })
    }

    pub(super) fn writing(database: Database, path: PathBuf, now: i64) -> Result<Self, OpenError> {
        let database = Arc::new(database);
        let id = guarded(|| Ok(identify_or_create(&database, now)))??;
        let position = guarded(|| position(&database))?;
        let recent = guarded(|| Recent::load(&database.begin_read().map_err(storage)?))?;
        let recent = Arc::new(RwLock::new(recent));
        let (jobs, queue) = sync_channel(QUEUE_MAX);
        let (sender, health) = watch::channel(Health::Ready);
        let tail = Arc::new(RwLock::new(Ok(position.tree.clone())));
        let writer = Writer {
            database: Arc::clone(&database),
            jobs: queue,
            health: sender,
            position,
            tail: Arc::clone(&tail),
            recent: Arc::clone(&recent),
        };
        let thread = thread::Builder::new().name("decision-log".to_owned()).spawn(|| writer.run());
        let thread = thread.map_err(|error| OpenError::Storage(error.to_string()))?;
        let (jobs, load) = (Some(jobs), Load::default());
        Ok(Self { database, path, id, health, jobs, load, writer: Some(thread), tail, recent })
    }

    /// Runs a read in a transaction of its own.
    fn read<T>(&self, read: impl FnOnce(&ReadTransaction) -> Read<T>) -> Read<T> {
        guarded(|| read(&self.database.begin_read().map_err(storage)?))
    }

    fn tail(&self) -> Read<Tail> {
        self.tail.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn refusal(&self) -> Why {
        match &*self.health.borrow() {
            Health::Poisoned(why) => Why::Poisoned(Arc::clone(why)),
            Health::Ready | Health::Closed => Why::Closed,
        }
    }
}

impl Drop for RedbLog {
    fn drop(&mut self) {
        // The writer ends when nobody can hand over decisions any more.
        self.jobs = None;
        if let Some(writer) = self.writer.take() {
            // A panic of the writer has been told through the health already.
            let _ = writer.join();
        }
    }
}

impl DecisionLog for RedbLog {
    fn id(&self) -> LogId {
        self.id
    }

    fn commit(&self, entry: Entry) -> Pending {
        let (answer, pending) = Pending::channel();
        let Some(jobs) = &self.jobs else { return Pending::ready(Outcome::NotCommitted(self.refusal())) };
        let overloaded = || Pending::ready(Outcome::NotCommitted(Why::Overloaded));
        let Some(load) = self.load.try_add(entry.record.len()) else { return overloaded() };
        match jobs.try_send(Job { entry, answer, load }) {
            Ok(()) => pending,
            Err(TrySendError::Full(_)) => overloaded(),
            Err(TrySendError::Disconnected(_)) => Pending::ready(Outcome::NotCommitted(self.refusal())),
        }
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    fn get(&self, sequence: u64) -> Result<Option<Stored>, ReadError> {
        self.read(|transaction| read::get(transaction, sequence))
    }

    fn stretch(&self, from: u64) -> Result<Vec<Result<Stored, ReadError>>, ReadError> {
        self.read(|transaction| read::stretch(transaction, from))
    }

    fn list(&self, filter: &Filter, cursor: Cursor, limit: usize) -> Result<Page, ReadError> {
        self.read(|transaction| query::list(transaction, filter, cursor, limit))
    }

    fn keyed(&self, tenant: &str, key: &str) -> Result<Option<Stored>, ReadError> {
        let index_key = Key::once(tenant, key);
        // First memory and then the file, which has what memory has forgotten.
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner).get(&index_key);
        let sequence = match recent {
            Some(sequence) => Some(sequence),
            None => self.read(|transaction| once::indexed(transaction, &index_key))?,
        };
        let Some(sequence) = sequence else { return Ok(None) };
        let strange = || ReadError::Corrupt(format!("the index gives decision {sequence} for another key"));
        let stored = self.get(sequence)?.ok_or_else(strange)?;
        let record = stored.record()?;
        let is_it = record.origin.tenant == tenant && record.key == Some(key);
        if is_it { Ok(Some(stored)) } else { Err(strange()) }
    }

    fn module(&self, hash: &ModuleHash) -> Result<Option<Vec<u8>>, ReadError> {
        self.read(|transaction| read::module(transaction, hash))
    }

    fn source_map(&self, hash: &[u8; 32]) -> Result<Option<Vec<u8>>, ReadError> {
        self.read(|transaction| read::source_map(transaction, hash))
    }

    fn modules(&self) -> Result<Vec<ModuleHash>, ReadError> {
        self.read(read::modules)
    }

    fn size(&self) -> Result<u64, ReadError> {
        self.tail().map(|tail| tail.size())
    }

    fn tile(&self, tile: Tile) -> Result<Option<Vec<Hash>>, ReadError> {
        // First the tail and then the transaction, which has every tile that the tail says is full.
        let tail = self.tail()?;
        self.read(|transaction| tiles::read(transaction, &tail, tile))
    }

    fn stats(&self) -> Result<Stats, ReadError> {
        let last_sequence = self.read(|transaction| Groups::open(transaction)?.last())?;
        let unindexed = self.read(read::unindexed)?;
        let metadata = fs::metadata(&self.path).map_err(|error| ReadError::Unavailable(error.to_string()))?;
        Ok(Stats { last_sequence, file_bytes: metadata.len(), unindexed })
    }
}
