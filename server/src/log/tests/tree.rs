//! The tree over the decisions: what is stored of it, what is rebuilt, and what is noticed.

use std::ops::ControlFlow;

use redb::{Database, ReadableTable};

use super::disk::{Disk, Fault};
use super::{blocked, commit, committed, entry, log_on, module};
use crate::log::open::path_in;
use crate::log::tables::{GROUPS, TILES, tile_key};
use crate::log::{DecisionLog, Outcome, Pending, ReadError, RedbLog, Scan};
use crate::proving;
use crate::tlog::tree::{self, is_consistent, root_of_inclusion};
use crate::tlog::{Checkpoint, Frontier, Hash, Tile};
use crate::verify::walk;

/// The roots at every size, from the records alone.
fn roots(log: &dyn DecisionLog) -> Vec<Hash> {
    let mut frontier = Frontier::default();
    let mut roots = vec![frontier.root()];
    for stored in Scan::from(log, 1) {
        frontier.push(stored.unwrap().seal.leaf_hash);
        roots.push(frontier.root());
    }
    roots
}

/// Commits so many decisions in groups of what the writer finds waiting.
fn fill(log: &RedbLog, count: usize) {
    let module = module("m");
    let mut left = count;
    while left > 0 {
        let group = left.min(200);
        let waiting: Vec<Pending> = (0..group).map(|_| log.commit(entry(&module, "{}", blocked()))).collect();
        waiting.into_iter().for_each(|pending| drop(committed(pending.wait())));
        left -= group;
    }
}

#[test]
fn the_tree_is_that_of_the_records_at_every_size_and_after_every_power_cut() {
    let disk = Disk::default();
    let mut log = log_on(&disk);
    let module = module("m");
    let mut before = (0, tree::empty_root());
    for step in [1, 3, 251, 1, 1, 254, 1, 300] {
        if step < 5 {
            (0..step).for_each(|_| drop(commit(&log, &module, "{}")));
        } else {
            fill(&log, step);
        }
        let size = log.size().unwrap();
        let root = proving::root(&log, size).unwrap();
        let roots = roots(&log);
        assert_eq!((roots.len() as u64, roots.last()), (size + 1, Some(&root)));
        assert_eq!(proving::root(&log, before.0).unwrap(), before.1);
        let path = proving::consistency(&log, before.0, size).unwrap();
        assert!(is_consistent(before.0, &before.1, size, &root, &path));
        for index in [0, before.0.min(size - 1), size - 1] {
            let leaf = log.get(index + 1).unwrap().unwrap().seal.leaf_hash;
            let path = proving::inclusion(&log, index, size).unwrap();
            assert_eq!(root_of_inclusion(&leaf, index, size, &path), Some(root));
        }
        before = (size, root);
        log = log_on(&disk.after_power_cut());
        assert_eq!(log.size(), Ok(size));
        assert_eq!(proving::root(&log, size), Ok(root));
        log = log_on(&disk);
    }
    assert!(proving::root(&log, before.0 + 1).is_err(), "a tree that is not there yet");
    for index in [before.0, u64::MAX] {
        let refused = proving::inclusion(&log, index, before.0);
        assert!(matches!(refused, Err(ReadError::Unavailable(_))), "{refused:?}");
    }
}

#[test]
fn a_commit_in_doubt_leaves_records_and_tree_agreeing() {
    let module = module("m");
    for (already, fault) in (252..257).zip([Fault::Sync, Fault::Write, Fault::SetLen].iter().cycle()) {
        let disk = Disk::default();
        let log = log_on(&disk);
        fill(&log, already);
        disk.fail(Some(*fault));
        let large = format!("\"{}\"", "x".repeat(1 << 20));
        let waiting: Vec<Pending> = (0..6).map(|_| log.commit(entry(&module, &large, blocked()))).collect();
        let committed = waiting.into_iter().map(Pending::wait);
        let kept = committed.filter(|outcome| matches!(outcome, Outcome::Committed(_))).count();
        disk.fail(None);
        let again = log_on(&disk.after_power_cut());
        let size = again.size().unwrap();
        assert!(size >= (already + kept) as u64);
        assert_eq!(roots(&again).last(), Some(&proving::root(&again, size).unwrap()), "{fault:?}");
    }
}

/// A closed log of so many decisions, and its roots.
fn closed(count: usize) -> (tempfile::TempDir, Vec<Hash>) {
    let directory = tempfile::tempdir().unwrap();
    let log = RedbLog::open(directory.path(), 0).unwrap();
    commit(&log, &module("m"), "{}");
    fill(&log, count - 1);
    let roots = roots(&log);
    (directory, roots)
}

fn alter(directory: &std::path::Path, key: [u8; 9], change: impl Fn(Vec<u8>) -> Option<Vec<u8>>) {
    let file = Database::open(path_in(directory)).unwrap();
    let transaction = file.begin_write().unwrap();
    {
        let mut tiles = transaction.open_table(TILES).unwrap();
        let before = tiles.get(&key).unwrap().map(|value| value.value().to_vec()).unwrap_or_default();
        match change(before) {
            Some(value) => drop(tiles.insert(&key, value.as_slice()).unwrap()),
            None => drop(tiles.remove(&key).unwrap()),
        }
    }
    transaction.commit().unwrap();
}

/// What a walk over a log complains of.
fn complaints(directory: &std::path::Path, expected: &[Checkpoint]) -> Vec<String> {
    let log = RedbLog::inspect(directory).unwrap();
    let mut told = Vec::new();
    let report =
        walk(&log, expected, &mut |what| told.push(what.to_owned()), |_| ControlFlow::Continue(())).unwrap();
    let report = report.unwrap();
    assert_eq!(report.wrong, told.len() as u64);
    told
}

#[test]
fn an_altered_tile_is_noticed_at_the_start_and_by_a_walk() {
    let flip = |mut value: Vec<u8>| {
        value[40] ^= 1;
        Some(value)
    };
    let (directory, _) = closed(600);
    assert!(complaints(directory.path(), &[]).is_empty());
    for (key, change) in [
        (tile_key(0, 0), Box::new(flip) as Box<dyn Fn(Vec<u8>) -> Option<Vec<u8>>>),
        (tile_key(0, 1), Box::new(|_| None)),
        (tile_key(0, 1), Box::new(|value| Some(value[1..].to_vec()))),
        (tile_key(1, 0), Box::new(flip)),
        (tile_key(0, 2), Box::new(|_| Some(vec![0; 32]))),
    ] {
        let (directory, _) = closed(600);
        alter(directory.path(), key, change);
        let refused = RedbLog::open(directory.path(), 0).unwrap_err().to_string();
        assert!(refused.contains("of the tree is not that of the decisions"), "{refused}");
        // A tile that is not used yet does no harm to what is there.
        let told = complaints(directory.path(), &[]);
        assert_eq!(told.is_empty(), key == tile_key(0, 2), "{told:?}");
    }
}

#[test]
fn a_walk_finds_what_is_not_as_it_was_signed() {
    let (directory, roots) = closed(300);
    let checkpoint = |size: u64, root: Hash| Checkpoint { origin: "x".to_owned(), size, root };
    for size in [0u64, 1, 255, 256, 257, 300] {
        let root = roots[size as usize];
        assert!(complaints(directory.path(), &[checkpoint(size, root)]).is_empty());
        let told = complaints(directory.path(), &[checkpoint(size, [1; 32])]);
        assert_eq!(told, [format!("the first {size} decisions are not those of the checkpoint")]);
    }
    let told = complaints(directory.path(), &[checkpoint(301, [1; 32])]);
    assert_eq!(told, ["a checkpoint has 301 decisions, the log 300"]);
}

#[test]
fn a_record_that_was_rewritten_with_its_seal_is_found_by_the_tree() {
    let (directory, _) = closed(300);
    // Whoever can write the file can seal another record as well.
    let log = log_on(&Disk::default());
    let other = commit(&log, &module("m"), "[]");
    {
        let file = Database::open(path_in(directory.path())).unwrap();
        let transaction = file.begin_write().unwrap();
        {
            let mut groups = transaction.open_table(GROUPS).unwrap();
            let (key, value) = {
                let (key, value) = groups.first().unwrap().unwrap();
                (*key.value(), value.value().to_vec())
            };
            let sealed = [&other.seal.salt[..], &other.seal.leaf_hash, &other.record].concat();
            let head = value.len() - sealed.len();
            groups.insert(&key, [&value[..head], &sealed].concat().as_slice()).unwrap();
        }
        transaction.commit().unwrap();
    }
    let log = RedbLog::inspect(directory.path()).unwrap();
    assert_eq!(log.get(1).unwrap().unwrap().record, other.record, "nothing is wrong with it by itself");
    drop(log);
    let told = complaints(directory.path(), &[]);
    assert!(told.iter().any(|what| what.contains("tile 0/000 of the tree")), "{told:?}");
    let refused = RedbLog::open(directory.path(), 0).unwrap_err().to_string();
    assert!(refused.contains("is not that of the decisions"), "{refused}");
}

#[test]
fn a_log_whose_end_is_damaged_can_still_be_walked() {
    let (directory, _) = closed(10);
    {
        let file = Database::open(path_in(directory.path())).unwrap();
        let transaction = file.begin_write().unwrap();
        {
            let mut groups = transaction.open_table(GROUPS).unwrap();
            let (key, mut value) = {
                let (key, value) = groups.last().unwrap().unwrap();
                (*key.value(), value.value().to_vec())
            };
            value.truncate(9);
            groups.insert(&key, value.as_slice()).unwrap();
        }
        transaction.commit().unwrap();
    }
    let log = RedbLog::inspect(directory.path()).unwrap();
    assert!(matches!(log.size(), Err(ReadError::Damaged { .. })));
    assert!(log.tile(Tile { level: 0, index: 0, width: 1 }).is_err());
    drop(log);
    assert!(complaints(directory.path(), &[]).iter().any(|what| what.contains("is damaged")));
}
