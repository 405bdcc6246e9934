//! What a commit promises: order, group, refusal, doubt.

use std::sync::Arc;
use std::thread;
use std::time::Instant;

use redb::{ReadableDatabase, ReadableTable};

use super::disk::{Disk, Fault};
use super::{blocked, commit, committed, database_on, entry, log_on, module};
use crate::log::record::RECORD_BYTES_MAX;
use crate::log::tables::GROUPS;
use crate::log::{DecisionLog, Health, Outcome, Pending, Scan, Stored, Why};

fn all(log: &dyn DecisionLog) -> Vec<Stored> {
    Scan::from(log, 1).map(|stored| stored.unwrap()).collect()
}

#[test]
fn what_was_committed_is_there_after_a_power_cut() {
    let (disk, module) = (Disk::default(), module("m"));
    let log = log_on(&disk);
    let mut kept = Vec::new();
    for index in 0..40 {
        kept.push(commit(&log, &module, &format!("{{\"n\":{index}}}")));
        // Nothing is closed: the file is left as a crash leaves it at this very moment.
        if index % 13 == 0 {
            let again = log_on(&disk.after_power_cut());
            assert_eq!(all(&again), kept);
            assert_eq!(again.id(), log.id());
            assert_eq!(commit(&again, &module, "{}").sequence, index + 2);
        }
    }
}

#[test]
fn an_error_of_the_storage_leaves_everyone_in_doubt_and_the_log_poisoned() {
    for fault in [Fault::Sync, Fault::Write, Fault::SetLen] {
        let (disk, module) = (Disk::default(), module("m"));
        let log = log_on(&disk);
        let first = commit(&log, &module, "{}");
        // A megabyte makes sure that the file has to grow.
        let large = format!("\"{}\"", "x".repeat(1 << 20));
        disk.hold();
        let waiting: Vec<Pending> = (0..20).map(|_| log.commit(entry(&module, &large, blocked()))).collect();
        disk.fail(Some(fault));
        disk.release();
        let mut acknowledged = vec![first.clone()];
        let mut doubtful = 0;
        for pending in waiting {
            match pending.wait() {
                Outcome::Committed(stored) if doubtful == 0 => acknowledged.push(stored),
                Outcome::InDoubt(Why::Poisoned(_)) => doubtful += 1,
                other => panic!("{fault:?}: {other:?}"),
            }
        }
        assert!(doubtful > 0, "{fault:?}");
        disk.fail(None);
        let later = log.commit(entry(&module, "{}", blocked())).wait();
        assert!(
            matches!(later, Outcome::NotCommitted(Why::Poisoned(_)) | Outcome::InDoubt(Why::Poisoned(_))),
            "{later:?}"
        );
        assert!(matches!(&*log.health().borrow(), Health::Poisoned(_)));
        assert_eq!(log.get(1).unwrap(), Some(first.clone()), "reading goes on");

        // Opened again, the log has what was acknowledged, and whatever it has is whole.
        let again = log_on(&disk.after_power_cut());
        assert_eq!(all(&again)[..acknowledged.len()], acknowledged);
        commit(&again, &module, "{}");
    }
}

#[test]
fn what_arrives_during_a_commit_is_the_next_group() {
    let (disk, one, two) = (Disk::default(), module("one"), module("two"));
    let log = log_on(&disk);
    disk.hold();
    let first = log.commit(entry(&one, "\"first\"", blocked()));
    disk.wait_until_held();
    let waiting: Vec<(String, Pending)> = (0..100)
        .map(|index| {
            let (module, request) = (if index % 3 == 0 { &one } else { &two }, format!("{index}"));
            (request.clone(), log.commit(entry(module, &request, blocked())))
        })
        .collect();
    let syncs = disk.syncs();
    disk.release();
    assert_eq!(committed(first.wait()).sequence, 1);
    let mut stored: Vec<Stored> = Vec::new();
    for (request, pending) in waiting {
        let decision = committed(pending.wait());
        assert_eq!(decision.record().unwrap().request, request.as_bytes());
        stored.push(decision);
    }
    assert!(disk.syncs() - syncs <= 4, "two commits for 101 decisions");
    stored.sort_by_key(|stored| stored.sequence);
    assert!(stored.iter().map(|stored| stored.sequence).eq(2..102));
    let modules: Vec<_> = stored.iter().map(|stored| stored.record().unwrap().module).collect();
    assert_eq!(modules.chunk_by(|a, b| a == b).count(), 2, "decisions of a module are together");
    assert_eq!(all(&log)[1..], stored);
    assert_eq!(log.modules().unwrap().len(), 2);
    assert_eq!(log.module(&one.hash).unwrap().unwrap(), one.bytes);
    assert_eq!(log.source_map(&two.source_map_hash).unwrap().unwrap(), two.source_map);
    assert_eq!(log.module(&super::module("three").hash).unwrap(), None);
}

#[test]
fn a_large_group_is_several_values_that_fit_their_pages() {
    let (disk, module) = (Disk::default(), module("m"));
    let log = log_on(&disk);
    disk.hold();
    let lengths = (0..60).map(|index| if index == 30 { 200_000 } else { 3_000 });
    let waiting: Vec<Pending> =
        lengths.map(|length| log.commit(entry(&module, &"x".repeat(length), blocked()))).collect();
    disk.release();
    let stored: Vec<Stored> = waiting.into_iter().map(|pending| committed(pending.wait())).collect();
    assert_eq!(all(&log), stored);
    drop(log);
    let groups = database_on(&disk).begin_read().unwrap().open_table(GROUPS).unwrap();
    let lengths: Vec<usize> = groups.iter().unwrap().map(|row| row.unwrap().1.value().len()).collect();
    assert!((4..=7).contains(&lengths.len()), "{lengths:?}");
    let long: Vec<&usize> = lengths.iter().filter(|length| **length > 65_536).collect();
    assert!(matches!(long[..], [200_000..210_000]), "{lengths:?}");
}

#[test]
fn more_than_fits_the_queue_is_refused_at_once() {
    let (disk, module) = (Disk::default(), module("m"));
    let log = log_on(&disk);
    disk.hold();
    let mut waiting = Vec::new();
    let refused = loop {
        let started = Instant::now();
        match log.commit(entry(&module, "{}", blocked())) {
            pending if waiting.len() < 1024 => waiting.push(pending),
            pending => {
                // The writer may have taken some out of the queue meanwhile.
                if waiting.len() > 1024 + 256 {
                    break (pending.wait(), started.elapsed());
                }
                waiting.push(pending);
            }
        }
    };
    assert!(matches!(refused.0, Outcome::NotCommitted(Why::Overloaded)), "{refused:?}");
    disk.release();
    let outcomes: Vec<Outcome> = waiting.into_iter().map(Pending::wait).collect();
    let kept = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Committed(_))).count();
    assert!((1024..=1024 + 256).contains(&kept), "{kept}");
    assert_eq!(all(&log).len(), kept, "what was refused is not there");
}

#[test]
fn more_bytes_than_may_wait_are_refused_at_once_and_make_room_again() {
    let (disk, module) = (Disk::default(), module("m"));
    let log = log_on(&disk);
    disk.hold();
    let long = "x".repeat(RECORD_BYTES_MAX - 1024);
    let waiting: Vec<Pending> = (0..4).map(|_| log.commit(entry(&module, &long, blocked()))).collect();
    let fifth = log.commit(entry(&module, &long, blocked()));
    let small = log.commit(entry(&module, "{}", blocked()));
    disk.release();
    let refused = fifth.wait();
    assert!(matches!(refused, Outcome::NotCommitted(Why::Overloaded)), "{refused:?}");
    waiting.into_iter().for_each(|pending| drop(committed(pending.wait())));
    assert_eq!(committed(small.wait()).sequence, 5, "what still fits is kept");
    // Each has made room before it was answered.
    let waiting: Vec<Pending> = (0..4).map(|_| log.commit(entry(&module, &long, blocked()))).collect();
    assert!(waiting.into_iter().map(|pending| committed(pending.wait()).sequence).eq(6..10));
}

#[test]
fn a_hundred_at_once_get_a_hundred_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(crate::log::RedbLog::open(directory.path(), 0).unwrap());
    let module = module("m");
    let threads: Vec<_> = (0..100)
        .map(|index| {
            let (log, module) = (Arc::clone(&log), Arc::clone(&module));
            thread::spawn(move || commit(&log, &module, &format!("{index}")).sequence)
        })
        .collect();
    let mut sequences: Vec<u64> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    sequences.sort_unstable();
    assert!(sequences.into_iter().eq(1..=100));
    let stats = log.stats().unwrap();
    assert_eq!(stats.last_sequence, 100);
    assert!(stats.file_bytes > 0);
}

#[test]
fn closing_commits_what_has_been_handed_over() {
    let directory = tempfile::tempdir().unwrap();
    let module = module("m");
    let log = crate::log::RedbLog::open(directory.path(), 0).unwrap();
    let health = log.health();
    let waiting: Vec<Pending> = (0..50).map(|_| log.commit(entry(&module, "{}", blocked()))).collect();
    drop(log);
    assert_eq!(*health.borrow(), Health::Closed);
    let log = crate::log::RedbLog::inspect(directory.path()).unwrap();
    assert_eq!(all(&log), waiting.into_iter().map(|pending| committed(pending.wait())).collect::<Vec<_>>());
    let refused = log.commit(entry(&module, "{}", blocked())).wait();
    assert!(matches!(refused, Outcome::NotCommitted(Why::Closed)));
}
