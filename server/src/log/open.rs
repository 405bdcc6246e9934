//! Opening the log's file: creating it, recognising it, and checking where it ends.
//!
//! A file is opened only if its format is known and its last decisions are what was committed: dense in number,
//! each matching its leaf hash. Nothing is mended here.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use redb::{Database, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition};

use super::ReadError;
use super::keys;
use super::overlay::Overlay;
use super::read::{Groups, Read, guarded, storage};
use super::tables::{FORMAT, GROUPS, INDEX, META, MODULES, PENDING, SEQUENCE, SOURCE_MAPS, TILES};
use super::tiles::{self, Tail};
use super::writer::{Files, Position, begin};
use crate::id::LogId;

/// Name of the file within its directory.
const FILE: &str = "decisions.redb";
/// Pages kept in memory. redb's own default of 1 GiB is more than a decision server should take for its log.
const CACHE_BYTES: usize = 128 * 1024 * 1024;
/// Decisions that are verified before a log takes new ones.
const VERIFIED_AT_OPEN: u64 = 10_000;

/// Why a log cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// There is none.
    Missing(PathBuf),
    /// Another process has it.
    InUse(PathBuf),
    /// The file is something else.
    NotALog(String),
    /// It was written by another version of this program.
    Format(u32),
    /// Its last decisions are not what was committed.
    Damaged(ReadError),
    /// The storage does not answer.
    Storage(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "there is no decision log at `{}`", path.display()),
            Self::InUse(path) => {
                write!(
                    f,
                    "another process has the decision log `{}` open; one process owns it",
                    path.display()
                )
            }
            Self::NotALog(why) => write!(f, "not a decision log: {why}"),
            Self::Format(found) => {
                write!(
                    f,
                    "the decision log has format {found}; this program reads and writes format {FORMAT}"
                )
            }
            Self::Damaged(what) => what.fmt(f),
            Self::Storage(what) => write!(f, "the decision log cannot be opened: {what}"),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<redb::Error> for OpenError {
    fn from(error: redb::Error) -> Self {
        Self::Storage(error.to_string())
    }
}

impl From<ReadError> for OpenError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(what) => Self::Storage(what),
            damaged => Self::Damaged(damaged),
        }
    }
}

/// Where the log of a data directory is kept.
pub(super) fn path_in(directory: &Path) -> PathBuf {
    directory.join(FILE)
}

/// Opens a file to read it, also where nothing can be written.
pub(super) fn inspect_file(path: &Path) -> Result<Database, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing(path.to_owned()));
    }
    refuse_empty(path)?;
    let unreadable = |error: io::Error| OpenError::Storage(format!("`{}`: {error}", path.display()));
    let file = File::open(path).map_err(unreadable)?;
    // Where files cannot be locked at all, no server has one open.
    if matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return Err(OpenError::InUse(path.to_owned()));
    }
    let overlay = Overlay::new(file).map_err(unreadable)?;
    let mut builder = Database::builder();
    let opened = guarded(|| Ok(builder.set_cache_size(CACHE_BYTES).create_with_backend(overlay)))?;
    opened.map_err(|error| refusal(path, error))
}

/// Refuses a file without a byte. redb would make a new log of it, and hide that an old one was cut off.
fn refuse_empty(path: &Path) -> Result<(), OpenError> {
    match fs::metadata(path) {
        Ok(found) if found.len() == 0 => {
            Err(ReadError::Corrupt(format!("`{}` is empty", path.display())).into())
        }
        _ => Ok(()),
    }
}

/// Opens a file to write it; makes it and its directory where they are missing.
pub(super) fn open_file(path: &Path) -> Result<Database, OpenError> {
    if path.exists() {
        // What makes no sense is refused before anything is written to it: redb would begin to mend it.
        drop(inspect_file(path)?);
    }
    let directory = path.parent().unwrap_or(Path::new("."));
    let unusable = |error: io::Error| OpenError::Storage(format!("`{}`: {error}", directory.display()));
    fs::create_dir_all(directory).map_err(unusable)?;
    let database = guarded_open(path)?;
    // It holds whole requests.
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(unusable)?;
    // A file that is durable in a directory that is not would be gone after a power cut.
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(unusable)?;
    if let Some(above) = directory.parent().filter(|above| !above.as_os_str().is_empty()) {
        File::open(above).and_then(|above| above.sync_all()).map_err(unusable)?;
    }
    Ok(database)
}

fn guarded_open(path: &Path) -> Result<Database, OpenError> {
    let opened = guarded(|| Ok(Database::builder().set_cache_size(CACHE_BYTES).create(path)))?;
    opened.map_err(|error| refusal(path, error))
}

fn refusal(path: &Path, error: redb::DatabaseError) -> OpenError {
    match error {
        redb::DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(path.to_owned()),
        redb::DatabaseError::Storage(redb::StorageError::Io(error))
            if error.kind() == io::ErrorKind::InvalidData =>
        {
            OpenError::NotALog(format!("`{}`: {error}", path.display()))
        }
        redb::DatabaseError::Storage(redb::StorageError::Io(error))
            if error.kind() == io::ErrorKind::UnexpectedEof =>
        {
            ReadError::Corrupt(format!("`{}` is cut off", path.display())).into()
        }
        redb::DatabaseError::Storage(redb::StorageError::Corrupted(what)) => {
            ReadError::Corrupt(format!("`{}`: {what}", path.display())).into()
        }
        other => OpenError::Storage(format!("`{}`: {other}", path.display())),
    }
}

/// The log's identity. A file without tables is given one, with all tables, at the instant `now`.
pub(super) fn identify_or_create(database: &Database, now: i64) -> Result<LogId, OpenError> {
    let transaction = database.begin_read().map_err(storage)?;
    if transaction.list_tables().map_err(storage)?.next().is_none() {
        drop(transaction);
        return initialise(database, now);
    }
    identify(&transaction)
}

/// The log's identity, as a transaction sees it.
pub(super) fn identify(transaction: &ReadTransaction) -> Result<LogId, OpenError> {
    if transaction.list_tables().map_err(storage)?.next().is_none() {
        return Err(OpenError::NotALog("the file has no tables".to_owned()));
    }
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(redb::TableError::TableDoesNotExist(_)) => {
            return Err(OpenError::NotALog("the file has tables of another program".to_owned()));
        }
        Err(other) => return Err(storage(other).into()),
    };
    let value = |name: &str| -> Read<Vec<u8>> {
        let found = meta.get(name).map_err(storage)?;
        Ok(found.map(|value| value.value().to_vec()).unwrap_or_default())
    };
    let strange = |name: &str| OpenError::NotALog(format!("its `{name}` makes no sense"));
    let format = value("format")?.try_into().map(u32::from_le_bytes).map_err(|_| strange("format"))?;
    if format != FORMAT {
        return Err(OpenError::Format(format));
    }
    value("log_id")?.try_into().map(LogId).map_err(|_| strange("log_id"))
}

fn initialise(database: &Database, now: i64) -> Result<LogId, OpenError> {
    let id = LogId::random().map_err(|error| OpenError::Storage(error.to_string()))?;
    let write = || -> Result<(), redb::Error> {
        let transaction = begin(database)?;
        {
            let mut meta = transaction.open_table(META)?;
            meta.insert("format", FORMAT.to_le_bytes().as_slice())?;
            meta.insert("log_id", id.0.as_slice())?;
            meta.insert("created_at", now.to_le_bytes().as_slice())?;
            transaction.open_table(GROUPS)?;
            transaction.open_table(SEQUENCE)?;
            transaction.open_table(PENDING)?;
            transaction.open_table(INDEX)?;
            transaction.open_table(TILES)?;
            transaction.open_table(MODULES)?;
            transaction.open_table(SOURCE_MAPS)?;
        }
        Ok(transaction.commit()?)
    };
    write()?;
    Ok(id)
}

/// Where the log ends, after its last decisions have been verified.
pub(super) fn position(database: &Database) -> Read<Position> {
    let transaction = database.begin_read().map_err(storage)?;
    let groups = Groups::open(&transaction)?;
    let verified_from = verify_end(&groups)?;
    let tree = Tail::load(&groups)?;
    tiles::check(&transaction, &groups, &tree, verified_from.saturating_sub(1))?;
    let next = groups.last()?.saturating_add(1);
    let pending = transaction.open_table(PENDING).map_err(storage)?;
    if let Some((first, value)) = pending.last().map_err(storage)? {
        let keys = keys::unpack(value.value()).map_err(|why| ReadError::Corrupt(why.to_string()))?;
        let end = first.value().saturating_add(u64::try_from(keys.len()).unwrap_or(u64::MAX));
        if end != next {
            return Err(ReadError::Corrupt(format!(
                "index keys end before decision {end}, decisions before {next}"
            )));
        }
    }
    let tail = pending.first().map_err(storage)?.map_or(next, |(first, _)| first.value());
    let files =
        Files { modules: hashes(&transaction, MODULES)?, source_maps: hashes(&transaction, SOURCE_MAPS)? };
    Ok(Position { next, tail, tree, files })
}

/// The hashes that a table has files for.
fn hashes(
    transaction: &ReadTransaction,
    table: TableDefinition<'_, &'static [u8; 32], &'static [u8]>,
) -> Read<BTreeSet<[u8; 32]>> {
    let table = transaction.open_table(table).map_err(storage)?;
    let rows = table.iter().map_err(storage)?;
    rows.map(|row| row.map(|(hash, _)| *hash.value()).map_err(storage)).collect()
}

/// Checks the last decisions: no gap between them, none damaged, and what is told of their groups is true. Returns
/// the first of them.
fn verify_end(groups: &Groups) -> Read<u64> {
    let mut above = None;
    let mut verified = 0u64;
    for row in groups.newest_first()? {
        let row = row?;
        if above.is_some_and(|above| row.end() != above) {
            return Err(ReadError::Corrupt(format!(
                "decision {} is followed by a gap",
                row.end().saturating_sub(1)
            )));
        }
        let mut instants = Vec::new();
        for stored in groups.decisions(&row, row.first..row.end())? {
            instants.push(stored?.record()?.decided_at);
        }
        if instants.iter().min() != Some(&row.earliest) || instants.iter().max() != Some(&row.latest) {
            return Err(ReadError::Corrupt(format!(
                "the entry of decision {} tells wrong instants",
                row.first
            )));
        }
        above = Some(row.first);
        verified = verified.saturating_add(u64::from(row.count));
        if verified >= VERIFIED_AT_OPEN {
            return Ok(row.first);
        }
    }
    match above {
        None | Some(1) => Ok(1),
        Some(first) => Err(ReadError::Corrupt(format!("decisions before {first} are missing"))),
    }
}
