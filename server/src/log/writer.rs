//! The log's one writer: a thread that commits decisions in groups.
//!
//! A group is what arrived while the last one was being committed, at most [`GROUP_MAX`] decisions; there is no timer,
//! so a lone decision waits for nothing. Within a commit decisions are sorted by module, so that those of one module
//! have consecutive numbers and share one value.
//!
//! Invariants: every commit is durable when it returns and leaves a file that opens at once after a crash. After any
//! error of the storage the log is poisoned: whoever waits is told *in doubt*, nothing is tried again, and nothing
//! more is accepted. An fsync that has failed once may succeed the second time without having written anything.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, PoisonError, RwLock};

use redb::{Database, Durability, ReadableDatabase, WriteTransaction};
use tokio::sync::watch;

use super::fold::{IDLE, SLICE, TAIL_MAX, fold};
use super::group::{self, GROUP_MAX};
use super::keys;
use super::load::Weight;
use super::once::{self, Recent};
use super::read::Read;
use super::tables::{GROUPS, GroupRow, MODULES, PENDING, SEQUENCE, SOURCE_MAPS, group_key};
use super::tiles::Tail;
use super::{Answer, Entry, Health, Key, ModuleFiles, Outcome, Stored, Why};

/// Bytes of records after which a group is closed, so that one commit does not hold too much memory.
const GROUP_BYTES: usize = 8 * 1024 * 1024;

/// A decision to be committed and where its outcome goes.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) entry: Entry,
    pub(super) answer: Answer,
    /// Its weight among those that wait, until it is settled.
    pub(super) load: Weight,
}

/// What the writer's wait ended with.
enum Arrival {
    /// A decision.
    Job(Job),
    /// None for a while, and there is something to fold.
    Silence,
    /// Nobody can hand over decisions any more.
    Closed,
}

/// Where the log stood when it was opened.
#[derive(Debug)]
pub(super) struct Position {
    /// The number of the next decision.
    pub(super) next: u64,
    /// The first decision of the pending tail.
    pub(super) tail: u64,
    /// The end of the tree.
    pub(super) tree: Tail,
    /// What the file has already.
    pub(super) files: Files,
}

/// Modules and source maps, by the hashes of their bytes. They are two sets because they are two tables.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) modules: BTreeSet<[u8; 32]>,
    pub(super) source_maps: BTreeSet<[u8; 32]>,
}

pub(super) struct Writer {
    pub(super) database: Arc<Database>,
    pub(super) jobs: Receiver<Job>,
    pub(super) health: watch::Sender<Health>,
    pub(super) position: Position,
    /// What readers know of the end of the tree.
    pub(super) tail: Arc<RwLock<Read<Tail>>>,
    /// The idempotency keys of decisions that are not indexed yet.
    pub(super) recent: Arc<RwLock<Recent>>,
}

impl Writer {
    /// Commits until nobody can hand over decisions any more, or until the storage fails.
    pub(super) fn run(mut self) {
        let _sentinel = Sentinel(self.health.clone());
        loop {
            let goes_on = match self.wait() {
                Arrival::Job(first) => {
                    let group = self.gather(first);
                    self.settle(group)
                }
                Arrival::Silence => self.fold_idle(),
                Arrival::Closed => break,
            };
            if !goes_on {
                return;
            }
        }
        self.health.send_replace(Health::Closed);
    }

    fn wait(&self) -> Arrival {
        if self.tail_len() < SLICE {
            return self.jobs.recv().map_or(Arrival::Closed, Arrival::Job);
        }
        match self.jobs.recv_timeout(IDLE) {
            Ok(job) => Arrival::Job(job),
            Err(RecvTimeoutError::Timeout) => Arrival::Silence,
            Err(RecvTimeoutError::Disconnected) => Arrival::Closed,
        }
    }

    fn tail_len(&self) -> u64 {
        self.position.next.saturating_sub(self.position.tail)
    }

    /// Everything that is waiting, sorted by module and otherwise in the order of arrival.
    fn gather(&self, first: Job) -> Vec<Job> {
        let mut bytes = first.entry.record.len();
        let mut group = vec![first];
        while group.len() < GROUP_MAX && bytes < GROUP_BYTES {
            let Ok(job) = self.jobs.try_recv() else { break };
            bytes = bytes.saturating_add(job.entry.record.len());
            group.push(job);
        }
        group.sort_by_key(|job| job.entry.module.hash);
        group
    }

    /// Commits a group and tells everyone; false where that was the end.
    pub(super) fn settle(&mut self, group: Vec<Job>) -> bool {
        let (group, repeated) = match self.without_repeated(group) {
            Ok(parted) => parted,
            Err((error, group)) => {
                self.poison(&error, group);
                return false;
            }
        };
        let goes_on = group.is_empty() || self.settle_new(group);
        for job in repeated {
            let outcome = if goes_on {
                Outcome::NotCommitted(Why::Repeated)
            } else {
                Outcome::InDoubt(Why::Poisoned("the decision with its idempotency key is in doubt".into()))
            };
            let _ = job.answer.send(outcome);
        }
        goes_on
    }

    /// Parts a group into decisions whose keys are free, and those whose keys have a decision or get one before them.
    #[allow(clippy::type_complexity, reason = "both are used up on the spot")]
    fn without_repeated(&self, group: Vec<Job>) -> Result<(Vec<Job>, Vec<Job>), (redb::Error, Vec<Job>)> {
        if group.iter().all(|job| job.entry.once.is_none()) {
            return Ok((group, Vec::new()));
        }
        let mut taken = BTreeSet::new();
        let repeated: Result<Vec<bool>, redb::Error> = group
            .iter()
            .map(|job| match job.entry.once {
                None => Ok(false),
                Some(key) => Ok(!taken.insert(key) || self.has(&key)?),
            })
            .collect();
        let repeated = match repeated {
            Ok(repeated) => repeated,
            Err(error) => return Err((error, group)),
        };
        let (mut new, mut old) = (Vec::new(), Vec::new());
        for (job, repeated) in group.into_iter().zip(repeated) {
            if repeated { old.push(job) } else { new.push(job) }
        }
        Ok((new, old))
    }

    /// Whether a key has a decision. Whoever asked for this one has looked a moment ago, so that the page is at hand.
    fn has(&self, key: &Key) -> Result<bool, redb::Error> {
        if self.recent.read().unwrap_or_else(PoisonError::into_inner).get(key).is_some() {
            return Ok(true);
        }
        let transaction = self.database.begin_read()?;
        let found = once::indexed(&transaction, key);
        found.map(|found| found.is_some()).map_err(|error| redb::Error::Corrupted(error.to_string()))
    }

    fn settle_new(&mut self, group: Vec<Job>) -> bool {
        match self.commit(&group) {
            Ok((tail, tree)) => {
                let first = self.position.next;
                self.position.tail = tail;
                // Before anybody knows of them: whatever the tree has is found by its key.
                let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
                for (job, sequence) in group.iter().zip(first..) {
                    job.entry.once.into_iter().for_each(|key| recent.add(key, sequence));
                }
                recent.forget_before(tail);
                drop(recent);
                // Before anybody has an answer to ask a proof for.
                *self.tail.write().unwrap_or_else(PoisonError::into_inner) = Ok(tree.clone());
                self.position.tree = tree;
                for (job, sequence) in group.into_iter().zip(first..) {
                    self.position.next = sequence.saturating_add(1);
                    let Job { entry: Entry { record, seal, .. }, answer, load } = job;
                    // Whoever is answered may come at once with the next.
                    drop(load);
                    // Whoever asked may be gone; the decision is kept all the same.
                    let _ = answer.send(Outcome::Committed(Stored { sequence, record, seal }));
                }
                true
            }
            Err(error) => {
                self.poison(&error, group);
                false
            }
        }
    }

    /// Makes a group durable; returns where the pending tail begins then, and the end of the tree.
    fn commit(&mut self, group: &[Job]) -> Result<(u64, Tail), redb::Error> {
        let transaction = begin(&self.database)?;
        let mut first = self.position.next;
        for run in group.chunk_by(|a, b| a.entry.module.hash == b.entry.module.hash) {
            let mut rest = run;
            while !rest.is_empty() {
                let fitting = group::fitting(rest.iter().map(|job| &job.entry));
                let (group, later) = rest.split_at_checked(fitting).unwrap_or((rest, &[]));
                first = write_group(&transaction, first, group)?;
                rest = later;
            }
            for job in run {
                write_files(&transaction, &mut self.position.files, &job.entry.module)?;
            }
        }
        let keys = keys::pack(group.iter().map(|job| &job.entry.keys)).map_err(unpackable)?;
        transaction.open_table(PENDING)?.insert(self.position.next, keys.as_slice())?;
        let leaves = group.iter().map(|job| job.entry.seal.leaf_hash);
        let tree = self.position.tree.extended(&transaction, leaves)?;
        let mut tail = self.position.tail;
        if self.tail_len() > TAIL_MAX {
            let twice = u64::try_from(group.len()).unwrap_or(u64::MAX).saturating_mul(2);
            tail = fold(&transaction, twice)?.unwrap_or(first);
        }
        transaction.commit()?;
        Ok((tail, tree))
    }

    /// Folds a slice of the tail while there is nothing else to do; false where the storage has failed.
    fn fold_idle(&mut self) -> bool {
        let folded = begin(&self.database).and_then(|transaction| {
            let left = fold(&transaction, SLICE)?;
            transaction.commit()?;
            Ok(left)
        });
        match folded {
            Ok(left) => {
                self.position.tail = left.unwrap_or(self.position.next);
                let mut recent = self.recent.write().unwrap_or_else(PoisonError::into_inner);
                recent.forget_before(self.position.tail);
                true
            }
            Err(error) => {
                self.poison(&error, Vec::new());
                false
            }
        }
    }

    /// Tells everyone that the log takes nothing more.
    fn poison(&self, error: &redb::Error, group: Vec<Job>) {
        let why: Arc<str> = error.to_string().into();
        tracing::error!(error = %why, "the decision log has failed and takes no more decisions");
        self.health.send_replace(Health::Poisoned(why.clone()));
        for job in group.into_iter().chain(self.jobs.try_iter()) {
            let _ = job.answer.send(Outcome::InDoubt(Why::Poisoned(why.clone())));
        }
    }
}

/// A transaction that is durable when it has been committed, and needs no repair after a crash.
pub(super) fn begin(database: &Database) -> Result<WriteTransaction, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// Writes the decisions of one module from this number on; returns the number after the last.
fn write_group(transaction: &WriteTransaction, first: u64, run: &[Job]) -> Result<u64, redb::Error> {
    let Some(job) = run.first() else { return Ok(first) };
    let module = job.entry.module.hash;
    let instants = || run.iter().map(|job| job.entry.decided_at);
    let row = GroupRow {
        first,
        count: u32::try_from(run.len()).map_err(|_| unpackable(super::Malformed("too many decisions")))?,
        module,
        earliest: instants().min().unwrap_or_default(),
        latest: instants().max().unwrap_or_default(),
    };
    let value = group::pack(run.iter().map(|job| &job.entry)).map_err(unpackable)?;
    transaction.open_table(GROUPS)?.insert(&group_key(&module, first), value.as_slice())?;
    transaction.open_table(SEQUENCE)?.insert(first, &row.encode())?;
    Ok(row.end())
}

fn write_files(
    transaction: &WriteTransaction,
    known: &mut Files,
    module: &ModuleFiles,
) -> Result<(), redb::Error> {
    if module.is_none() {
        return Ok(());
    }
    if known.modules.insert(module.hash.0) {
        transaction.open_table(MODULES)?.insert(&module.hash.0, module.bytes.as_slice())?;
    }
    if known.source_maps.insert(module.source_map_hash) {
        transaction.open_table(SOURCE_MAPS)?.insert(&module.source_map_hash, module.source_map.as_slice())?;
    }
    Ok(())
}

/// What limits on the way here rule out, as an error of the storage all the same.
fn unpackable(why: super::Malformed) -> redb::Error {
    redb::Error::Corrupted(why.to_string())
}

/// Poisons the log where its writer ends by a panic, so that nobody goes on handing over decisions.
struct Sentinel(watch::Sender<Health>);

impl Drop for Sentinel {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.send_replace(Health::Poisoned("its writer has ended unexpectedly".into()));
        }
    }
}
