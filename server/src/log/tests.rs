//! Tests of the embedded log, by subject; this file holds what they share.

mod disk;
mod durability;
mod finding;
mod once;
mod reading;
mod tree;

use std::path::PathBuf;
use std::sync::Arc;

use holdpoint_isa::{ModuleHash, Verdict};
use redb::Database;

use self::disk::Disk;
use super::{
    Class, DecisionLog, Entry, Key, Keys, Kind, ModuleFiles, Origin, Outcome, Record, RedbLog, Stored,
};

/// Modules that differ in their bytes only.
fn module(name: &str) -> Arc<ModuleFiles> {
    let (bytes, source_map) = (name.as_bytes().to_vec(), format!("map of {name}").into_bytes());
    Arc::new(ModuleFiles {
        hash: ModuleHash::of(&bytes),
        source_map_hash: ModuleHash::of(&source_map).0,
        bytes,
        source_map,
    })
}

/// A record whose request tells it from any other; what else a test cares about it changes.
fn record<'a>(module: &ModuleFiles, request: &'a str) -> Record<'a> {
    Record {
        class: Class::Standard,
        kind: Kind::Decision,
        decided_at: 1_700_000_000_000_000_000,
        module: module.hash,
        source_map: module.source_map_hash,
        semantics: 1,
        tzdb: "2026e",
        request: request.as_bytes(),
        signals: b"{}",
        body: [0; 32],
        origin: Origin { tenant: "*", caller: "anonymous", ..Origin::default() },
        trace: None,
        key: None,
        result: br#"{"verdict":"block"}"#,
        shadow: b"",
    }
}

fn entry(module: &Arc<ModuleFiles>, request: &str, keys: Keys) -> Entry {
    Entry::new(&record(module, request), keys, Arc::clone(module)).unwrap()
}

fn blocked() -> Keys {
    [Key::verdict(Verdict::Block)].into_iter().collect()
}

fn committed(outcome: Outcome) -> Stored {
    match outcome {
        Outcome::Committed(stored) => stored,
        other => panic!("{other:?}"),
    }
}

fn commit(log: &RedbLog, module: &Arc<ModuleFiles>, request: &str) -> Stored {
    committed(log.commit(entry(module, request, blocked())).wait())
}

/// A log on a disk of ours.
fn log_on(disk: &Disk) -> RedbLog {
    RedbLog::writing(database_on(disk), PathBuf::new(), 0).unwrap()
}

fn database_on(disk: &Disk) -> Database {
    Database::builder().create_with_backend(disk.clone()).unwrap()
}
