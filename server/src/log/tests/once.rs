//! An idempotency key never has two decisions: not in one group, not after folding, not across a crash or a commit in
//! doubt.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread;

use proptest::prelude::*;

use super::disk::{Disk, Fault};
use super::{database_on, log_on, module, record};
use crate::event::{Event, Private};
use crate::log::fold::{IDLE, fold};
use crate::log::tables::PENDING;
use crate::log::writer::begin;
use crate::log::{DecisionLog, Entry, Keys, Origin, Outcome, Pending, Record, RedbLog, Scan, Stored, Why};
use crate::standing::{Change, Standing};
use crate::token::Grant;
use crate::verify::walk;

fn keyed(caller: &str, key: u8, body: u8, pad: usize) -> Entry {
    let module = module("m");
    let key = format!("key-{key}");
    let request = format!("\"{body}{}\"", "x".repeat(pad));
    let record = Record {
        body: [body; 32],
        origin: Origin { tenant: caller, ..Origin::default() },
        key: Some(&key),
        ..record(&module, &request)
    };
    Entry::new(&record, Keys::default(), module).unwrap()
}

fn find(log: &RedbLog, caller: &str, key: u8) -> Option<Stored> {
    log.keyed(caller, &format!("key-{key}")).unwrap()
}

#[test]
fn the_second_decision_of_a_key_is_not_kept() {
    let disk = Disk::default();
    let log = log_on(&disk);
    let first = super::committed(log.commit(keyed("a", 1, 1, 0)).wait());
    for body in [1, 2] {
        let second = log.commit(keyed("a", 1, body, 0)).wait();
        assert!(matches!(second, Outcome::NotCommitted(Why::Repeated)), "{second:?}");
    }
    assert_eq!(find(&log, "a", 1), Some(first.clone()));
    assert_eq!((find(&log, "b", 1), find(&log, "a", 2)), (None, None));
    super::committed(log.commit(keyed("b", 1, 1, 0)).wait());
    assert_eq!(log.size(), Ok(2));

    // Neither when the key has left memory for the index.
    drop(log);
    let file = database_on(&disk);
    let transaction = begin(&file).unwrap();
    fold(&transaction, 1).unwrap();
    transaction.commit().unwrap();
    drop(file);
    let log = log_on(&disk);
    assert_eq!(find(&log, "a", 1), Some(first));
    let again = log.commit(keyed("a", 1, 1, 0)).wait();
    assert!(matches!(again, Outcome::NotCommitted(Why::Repeated)), "{again:?}");
    assert_eq!(log.size(), Ok(2));
}

/// What a walk over a log complains of.
fn complaints(log: &RedbLog) -> Vec<String> {
    let mut told = Vec::new();
    walk(log, &[], &mut |what| told.push(what.to_owned()), |_| ControlFlow::Continue(())).unwrap();
    told
}

#[test]
fn a_walk_finds_an_event_that_a_server_would_not_know_of() {
    let disk = Disk::default();
    let log = log_on(&disk);
    let standing = Standing::default();
    let token = standing.make_token(&log, Grant::administrator(), 1, 0).unwrap();
    let revoked = Event::TokenRevoked { token: token.id().to_owned() };
    standing.change(&log, &Change::new((revoked, Private::default())), 0).unwrap();
    assert_eq!(complaints(&log), [""; 0]);
    drop(log);
    let file = database_on(&disk);
    let transaction = begin(&file).unwrap();
    transaction.open_table(PENDING).unwrap().remove(1).unwrap();
    transaction.commit().unwrap();
    drop(file);
    let log = log_on(&disk);
    assert_eq!(complaints(&log), ["event 1 is not found, so that a server does not know of it"]);
    // A token that is revoked without having been made makes no sense, and no server starts on it.
    assert!(Standing::load(&log).is_err());
}

#[test]
fn a_walk_finds_a_key_that_would_get_a_second_decision() {
    let disk = Disk::default();
    let log = log_on(&disk);
    for key in 1..4 {
        super::committed(log.commit(keyed("a", key, 1, 0)).wait());
    }
    assert_eq!(complaints(&log), [""; 0]);
    drop(log);
    // The oldest value of the tail is lost, and nothing before it tells that there was one.
    let file = database_on(&disk);
    let transaction = begin(&file).unwrap();
    transaction.open_table(PENDING).unwrap().remove(1).unwrap();
    transaction.commit().unwrap();
    drop(file);
    let log = log_on(&disk);
    assert_eq!(complaints(&log), ["decision 1 is not found by its idempotency key"]);
    // And when it has happened.
    super::committed(log.commit(keyed("a", 1, 1, 0)).wait());
    assert_eq!(complaints(&log), ["decision 1 has the idempotency key of decision 4"]);
}

#[test]
fn a_walk_complains_of_nothing_while_keys_are_taken_and_folded() {
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(RedbLog::open(directory.path(), 0).unwrap());
    let writing = Arc::clone(&log);
    let writer = thread::spawn(move || {
        for caller in ["a", "b", "c"] {
            let waiting: Vec<Pending> =
                (0..200).map(|key| writing.commit(keyed(caller, key, 1, 0))).collect();
            waiting.into_iter().for_each(|pending| drop(super::committed(pending.wait())));
            (200..=255)
                .for_each(|key| drop(super::committed(writing.commit(keyed(caller, key, 1, 0)).wait())));
            // Long enough for the writer to fold.
            thread::sleep(IDLE * 3);
        }
    });
    while !writer.is_finished() {
        assert_eq!(complaints(&log), [""; 0]);
    }
    writer.join().unwrap();
    assert!(log.stats().unwrap().unindexed < 768, "it has folded");
    assert_eq!(complaints(&log), [""; 0]);
}

#[test]
fn of_many_at_once_one_is_kept() {
    let disk = Disk::default();
    let log = log_on(&disk);
    disk.hold();
    let waiting: Vec<Pending> = (0..100u8).map(|body| log.commit(keyed("a", body % 3, body, 0))).collect();
    disk.release();
    let outcomes: Vec<Outcome> = waiting.into_iter().map(Pending::wait).collect();
    let kept = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Committed(_))).count();
    let repeated = outcomes.iter().filter(|one| matches!(one, Outcome::NotCommitted(Why::Repeated))).count();
    assert_eq!((kept, repeated, log.size()), (3, 97, Ok(3)));
}

/// What happens to a log.
#[derive(Debug, Clone)]
enum Step {
    /// These keys are asked for at once.
    Ask(Vec<(u8, u8)>),
    /// They are asked for, and the disk fails under them.
    Fault(Vec<(u8, u8)>, Fault),
    /// The power is cut.
    Cut,
    /// The log is closed, some of its keys reach the index, and it is opened again.
    Fold(u64),
}

fn asked() -> impl Strategy<Value = Vec<(u8, u8)>> {
    prop::collection::vec((0u8..6, any::<u8>()), 1..12)
}

fn step() -> impl Strategy<Value = Step> {
    let fault = prop_oneof![Just(Fault::Sync), Just(Fault::Write), Just(Fault::SetLen)];
    prop_oneof![
        4 => asked().prop_map(Step::Ask),
        2 => (asked(), fault).prop_map(|(asked, fault)| Step::Fault(asked, fault)),
        1 => Just(Step::Cut),
        1 => (1u64..20).prop_map(Step::Fold),
    ]
}

/// Asks at once; notes what was acknowledged, and checks that nothing else is claimed.
fn ask(log: &RedbLog, asked: &[(u8, u8)], pad: usize, answered: &mut BTreeMap<u8, Stored>) {
    let waiting: Vec<(u8, Pending)> =
        asked.iter().map(|(key, body)| (*key, log.commit(keyed("a", *key, *body, pad)))).collect();
    for (key, pending) in waiting {
        match pending.wait() {
            Outcome::Committed(stored) => {
                assert_eq!(answered.insert(key, stored), None, "a second decision for key {key}");
            }
            Outcome::NotCommitted(Why::Repeated) => {
                let found = find(log, "a", key).expect("a key that is taken has a decision");
                if let Some(known) = answered.get(&key) {
                    assert_eq!(&found, known);
                } else {
                    // The answer was lost with a crash; this is where it is found again.
                    answered.insert(key, found);
                }
            }
            Outcome::NotCommitted(Why::Poisoned(_)) | Outcome::InDoubt(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_key_ever_has_two_decisions(steps in prop::collection::vec(step(), 1..14)) {
        let mut disk = Disk::default();
        let mut log = log_on(&disk);
        let mut answered: BTreeMap<u8, Stored> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Ask(asked) => ask(&log, &asked, 0, &mut answered),
                Step::Fault(asked, fault) => {
                    disk.fail(Some(fault));
                    ask(&log, &asked, 50_000, &mut answered);
                    disk.fail(None);
                    // Whatever was cached may have been written all the same, or not.
                    disk = if asked.len() % 2 == 0 { disk.after_power_cut() } else { disk.as_cached() };
                    log = log_on(&disk);
                }
                Step::Cut => {
                    disk = disk.after_power_cut();
                    log = log_on(&disk);
                }
                Step::Fold(decisions) => {
                    drop(log);
                    let file = database_on(&disk);
                    let transaction = begin(&file).unwrap();
                    fold(&transaction, decisions).unwrap();
                    transaction.commit().unwrap();
                    drop(file);
                    log = log_on(&disk);
                }
            }
        }
        let mut seen: BTreeMap<String, u64> = BTreeMap::new();
        for stored in Scan::from(&log, 1) {
            let stored = stored.unwrap();
            let key = stored.record().unwrap().key.unwrap().to_owned();
            prop_assert_eq!(seen.insert(key, stored.sequence), None);
        }
        for (key, stored) in answered {
            prop_assert_eq!(find(&log, "a", key), Some(stored), "answered and lost");
        }
    }
}
