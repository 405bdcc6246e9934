//! Opening and reading files that are whole, damaged, or something else.

use redb::{Database, ReadableDatabase, ReadableTable};

use super::disk::Disk;
use super::{commit, database_on, log_on, module};
use crate::log::open::path_in;
use crate::log::tables::{GROUPS, META, PENDING, SEQUENCE, group_key};
use crate::log::{Cursor, DecisionLog, Filter, OpenError, ReadError, RedbLog, Scan, Stored, read};

struct Fixture {
    directory: tempfile::TempDir,
}

impl Fixture {
    /// A closed log of five decisions.
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let log = RedbLog::open(directory.path(), 0).unwrap();
        for index in 0..5 {
            commit(&log, &module("m"), &format!("{{\"n\":{index}}}"));
        }
        Self { directory }
    }

    fn file(&self) -> Database {
        Database::open(path_in(self.directory.path())).unwrap()
    }

    fn open(&self) -> Result<RedbLog, OpenError> {
        RedbLog::open(self.directory.path(), 0)
    }

    fn inspect(&self) -> RedbLog {
        RedbLog::inspect(self.directory.path()).unwrap()
    }

    /// Changes the stored group of a decision behind the log's back.
    fn alter(&self, sequence: u64, change: impl Fn(&mut Vec<u8>)) {
        let file = self.file();
        let transaction = file.begin_write().unwrap();
        {
            let mut groups = transaction.open_table(GROUPS).unwrap();
            let is_it = |key: &[u8; 40]| key.ends_with(&sequence.to_be_bytes());
            let (key, mut value) = groups
                .iter()
                .unwrap()
                .map(|row| row.unwrap())
                .find(|(key, _)| is_it(key.value()))
                .map(|(key, value)| (*key.value(), value.value().to_vec()))
                .unwrap();
            change(&mut value);
            groups.insert(&key, value.as_slice()).unwrap();
        }
        transaction.commit().unwrap();
    }
}

#[test]
fn every_changed_byte_of_a_stored_decision_is_noticed() {
    let (disk, module) = (Disk::default(), module("m"));
    let stored: Vec<Stored> = {
        let log = log_on(&disk);
        (0..5).map(|index| commit(&log, &module, &format!("{{\"n\":{index}}}"))).collect()
    };
    let file = database_on(&disk);
    let key = group_key(&module.hash, 3);
    let value = {
        let groups = file.begin_read().unwrap().open_table(GROUPS).unwrap();
        groups.get(&key).unwrap().unwrap().value().to_vec()
    };
    let get = |value: &[u8]| {
        let transaction = file.begin_write().unwrap();
        transaction.open_table(GROUPS).unwrap().insert(&key, value).unwrap();
        transaction.commit().unwrap();
        read::get(&file.begin_read().unwrap(), 3)
    };
    for at in 0..value.len() {
        let mut altered = value.clone();
        altered[at] ^= 0x20;
        let damaged = get(&altered).unwrap_err();
        assert!(matches!(damaged, ReadError::Damaged { sequence: 3, .. }), "byte {at}: {damaged}");
        let shorter = get(&value[..at]).unwrap_err();
        assert!(matches!(shorter, ReadError::Damaged { sequence: 3, .. }), "{at} bytes: {shorter}");
    }
    assert_eq!(get(&value).unwrap().as_ref(), stored.get(2));
}

#[test]
fn a_damaged_decision_is_an_error_in_its_place_and_nowhere_else() {
    let fixture = Fixture::new();
    fixture.alter(3, |value| *value.last_mut().unwrap() ^= 1);
    let log = fixture.inspect();
    let walked: Vec<bool> = Scan::from(&log, 1).map(|stored| stored.is_ok()).collect();
    assert_eq!(walked, [true, true, false, true, true]);
    let page = log.list(&Filter::default(), Cursor::NEWEST, 10).unwrap();
    let listed: Vec<(u64, bool)> =
        page.items.iter().map(|(sequence, item)| (*sequence, item.is_ok())).collect();
    assert_eq!(listed, [(5, true), (4, true), (3, false), (2, true), (1, true)]);
    drop(log);
    assert!(matches!(fixture.open(), Err(OpenError::Damaged(ReadError::Damaged { sequence: 3, .. }))));
}

#[test]
fn a_gap_is_noticed() {
    let fixture = Fixture::new();
    {
        let file = fixture.file();
        let transaction = file.begin_write().unwrap();
        transaction.open_table(SEQUENCE).unwrap().remove(2).unwrap();
        transaction.commit().unwrap();
    }
    assert!(matches!(fixture.open(), Err(OpenError::Damaged(ReadError::Corrupt(_)))));
    let log = fixture.inspect();
    assert!(matches!(log.get(2), Err(ReadError::Corrupt(_))));
    assert!(log.get(3).unwrap().is_some());
    let walked: Vec<bool> = Scan::from(&log, 1).map(|stored| stored.is_ok()).collect();
    assert_eq!(walked, [true, false], "a walk does not step over a gap");
}

#[test]
fn a_log_that_lost_its_end_is_noticed() {
    let fixture = Fixture::new();
    {
        let file = fixture.file();
        let transaction = file.begin_write().unwrap();
        transaction.open_table(SEQUENCE).unwrap().remove(5).unwrap();
        transaction.commit().unwrap();
    }
    assert!(matches!(fixture.open(), Err(OpenError::Damaged(ReadError::Corrupt(_)))));
}

#[test]
fn past_the_end_there_is_nothing() {
    let fixture = Fixture::new();
    let log = fixture.open().unwrap();
    for sequence in [0, 6, u64::MAX] {
        assert_eq!(log.get(sequence).unwrap(), None);
    }
    assert_eq!(Scan::from(&log, 6).count(), 0);
    assert_eq!(Scan::from(&log, 0).count(), 5);
}

#[test]
fn one_process_owns_the_log() {
    let fixture = Fixture::new();
    let _log = fixture.open().unwrap();
    let refused = fixture.open().unwrap_err();
    assert!(matches!(refused, OpenError::InUse(_)));
    assert!(refused.to_string().contains("another process has the decision log"));
}

#[test]
fn a_missing_log_is_not_created_by_reading() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(RedbLog::inspect(directory.path()), Err(OpenError::Missing(_))));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn an_empty_file_is_a_damaged_log_and_stays_empty() {
    let directory = tempfile::tempdir().unwrap();
    let path = path_in(directory.path());
    std::fs::write(&path, "").unwrap();
    for refused in [RedbLog::open(directory.path(), 0), RedbLog::inspect(directory.path())] {
        assert!(matches!(refused, Err(OpenError::Damaged(ReadError::Corrupt(_)))));
    }
    assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
}

#[test]
fn a_log_is_read_without_being_written() {
    let fixture = Fixture::new();
    let path = path_in(fixture.directory.path());
    let before = std::fs::read(&path).unwrap();
    {
        let (one, two) = (fixture.inspect(), fixture.inspect());
        assert_eq!(Scan::from(&one, 1).count(), Scan::from(&two, 1).count());
        assert!(matches!(fixture.open(), Err(OpenError::InUse(_))));
    }
    assert!(std::fs::read(&path).unwrap() == before);
    let _log = fixture.open().unwrap();
    assert!(matches!(RedbLog::inspect(fixture.directory.path()), Err(OpenError::InUse(_))));
}

#[test]
fn another_format_is_refused() {
    let fixture = Fixture::new();
    {
        let file = fixture.file();
        let transaction = file.begin_write().unwrap();
        transaction.open_table(META).unwrap().insert("format", 9u32.to_le_bytes().as_slice()).unwrap();
        transaction.commit().unwrap();
    }
    let refused = fixture.open().unwrap_err();
    assert!(matches!(refused, OpenError::Format(9)));
    assert_eq!(refused.to_string(), "the decision log has format 9; this program reads and writes format 3");
}

#[test]
fn other_files_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(path_in(directory.path()), vec![7; 8192]).unwrap();
    let refused = RedbLog::open(directory.path(), 0).unwrap_err();
    assert!(matches!(refused, OpenError::NotALog(_) | OpenError::Storage(_)), "{refused}");

    let directory = tempfile::tempdir().unwrap();
    {
        let file = Database::create(path_in(directory.path())).unwrap();
        let transaction = file.begin_write().unwrap();
        transaction.open_table(redb::TableDefinition::<u64, u64>::new("other")).unwrap();
        transaction.commit().unwrap();
    }
    assert!(matches!(RedbLog::open(directory.path(), 0), Err(OpenError::NotALog(_))));
}

#[test]
fn pending_keys_that_do_not_reach_the_end_are_noticed() {
    for first in [3, 5] {
        let fixture = Fixture::new();
        let file = fixture.file();
        let transaction = file.begin_write().unwrap();
        transaction.open_table(PENDING).unwrap().remove(first).unwrap();
        transaction.commit().unwrap();
        drop(file);
        assert!(matches!(fixture.open(), Err(OpenError::Damaged(ReadError::Corrupt(_)))), "{first}");
    }
}
