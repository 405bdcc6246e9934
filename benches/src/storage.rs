//! The decision log: appending, reading, replaying, opening what a killed process left, and the room it takes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use holdpoint_isa::ModuleHash;
use holdpoint_server::Policy;
use holdpoint_server::log::{
    Class, DecisionLog, Entry, Key, Keys, Kind, ModuleFiles, Origin, Outcome, Pending, Record, RedbLog,
};
use holdpoint_server::replay::{Replay, Replayer};
use holdpoint_vm::{Machine, Snapshot};

use crate::Failure;
use crate::load::Case;
use crate::table::{Goal, Row};

/// Decisions that are handed over at a time when a log is filled.
const GROUP: usize = 1000;
/// Decisions that are replayed.
const REPLAYED: u64 = 20_000;

/// Makes the entries of the load: their canonical bytes once, their salts anew for each.
pub struct Maker<'a> {
    policy: &'a Policy,
    files: Arc<ModuleFiles>,
    made: Vec<Made>,
}

/// One decision, ready to be recorded.
struct Made {
    request: Vec<u8>,
    result: Vec<u8>,
    body: [u8; 32],
    now: i64,
    keys: Keys,
}

impl<'a> Maker<'a> {
    /// Decides the load once.
    ///
    /// # Errors
    /// Where a request is refused.
    pub fn new(policy: &'a Policy, cases: &[Case]) -> Result<Self, Failure> {
        let files = Arc::new(ModuleFiles {
            hash: policy.program.hash(),
            bytes: policy.program.bytes().to_vec(),
            source_map_hash: ModuleHash::of(&policy.source_map_bytes).0,
            source_map: policy.source_map_bytes.clone(),
        });
        let made = cases.iter().map(|case| Made::of(policy, case)).collect::<Result<_, _>>()?;
        Ok(Self { policy, files, made })
    }

    /// The entry of a decision; the load repeats.
    ///
    /// # Errors
    /// Where the operating system has no random bytes.
    pub fn entry(&self, index: usize) -> Result<Entry, Failure> {
        let made = &self.made[index % self.made.len()];
        let program = self.policy.program.program();
        let record = Record {
            class: Class::Standard,
            kind: Kind::Decision,
            decided_at: made.now,
            module: self.files.hash,
            source_map: self.files.source_map_hash,
            semantics: program.semantics,
            tzdb: &program.tzdb,
            request: &made.request,
            signals: b"{}",
            body: made.body,
            origin: Origin { tenant: "*", caller: "load", ..Origin::default() },
            trace: None,
            key: None,
            result: &made.result,
            shadow: b"",
        };
        Entry::new(&record, made.keys.clone(), Arc::clone(&self.files)).map_err(|why| why.to_string().into())
    }
}

impl Made {
    fn of(policy: &Policy, case: &Case) -> Result<Self, Failure> {
        let program = policy.program.program();
        let (mut snapshot, mut request, mut result) = (Snapshot::new(), Vec::new(), Vec::new());
        snapshot.read(program, case.body.as_bytes(), b"").map_err(|error| error.to_string())?;
        let decision = Machine::new().decide(&policy.program, &policy.source_map, &snapshot, case.now);
        snapshot.canonical_request(program, &mut request);
        decision.write_json(&mut result);
        let mut keys = Keys::default();
        keys.add(Key::verdict(decision.verdict));
        keys.add(Key::policy(&policy.program.hash()));
        decision.objections.iter().for_each(|objection| keys.add(Key::rule(&objection.rule)));
        Ok(Self { request, result, body: ModuleHash::of(case.body.as_bytes()).0, now: case.now, keys })
    }
}

/// Commits so many decisions, in groups; gives how many bytes their records have.
///
/// # Errors
/// Where one is not committed.
pub fn fill(log: &RedbLog, maker: &Maker<'_>, count: usize) -> Result<u64, Failure> {
    let mut bytes = 0;
    for group in 0..count.div_ceil(GROUP) {
        let these = group * GROUP..count.min((group + 1) * GROUP);
        let entries = these.map(|index| maker.entry(index)).collect::<Result<Vec<_>, _>>()?;
        let pending: Vec<Pending> = entries.into_iter().map(|entry| log.commit(entry)).collect();
        for outcome in pending.into_iter().map(Pending::wait) {
            match outcome {
                Outcome::Committed(stored) => bytes += u64::try_from(stored.record.len())?,
                other => return Err(format!("{other:?}").into()),
            }
        }
    }
    Ok(bytes)
}

/// Figures 9 to 11, with a log of so many decisions, filled and left by the program `filled_log`; `decide` is
/// nanoseconds from bytes to a plain decision.
///
/// # Errors
/// Where the log fails, or a replay differs.
pub fn rows(program: &str, count: usize, decide: f64) -> Result<Vec<Row>, Failure> {
    let directory = tempfile::tempdir()?;
    let bytes = killed(program, directory.path(), count)?;
    let start = Instant::now();
    let log = RedbLog::open(directory.path(), 0).map_err(|error| error.to_string())?;
    let opened = start.elapsed();
    let stats = log.stats().map_err(|error| error.to_string())?;
    if stats.last_sequence != u64::try_from(count)? {
        return Err(format!("{} decisions of {count} are there", stats.last_sequence).into());
    }
    let opening = Row {
        number: "9",
        figure: format!("milliseconds to open the log of a killed process, {count} records"),
        goal: Goal::AtMost,
        target: 50.0,
        stretch: Some(10.0),
        measured: Ok(opened.as_secs_f64() * 1000.0),
        detail: format!("{} decisions not yet in the index trees", stats.unindexed),
    };
    Ok(vec![opening, room(stats.file_bytes, bytes, count), replayed(&log, decide)?])
}

/// Has a process fill a log, and kills it as soon as the last decision is committed; gives the bytes of all records.
fn killed(program: &str, directory: &Path, count: usize) -> Result<u64, Failure> {
    let mut child = Command::new(program)
        .arg(directory)
        .arg(count.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    let read = child.stdout.take().map(|out| BufReader::new(out).read_line(&mut line));
    child.kill()?;
    child.wait()?;
    read.ok_or("no standard output")??;
    let (bytes, milliseconds) = line.trim().split_once(' ').ok_or("the log was not filled")?;
    let seconds = milliseconds.parse::<f64>()? / 1000.0;
    println!("log append: {:.0} decisions a second, in groups of {GROUP}", count as f64 / seconds);
    Ok(bytes.parse()?)
}

fn room(size: u64, bytes: u64, count: usize) -> Row {
    Row {
        number: "10",
        figure: format!("disk ÷ canonical record bytes at {count} records"),
        goal: Goal::AtMost,
        target: 1.5,
        stretch: Some(0.6),
        measured: Ok(size as f64 / bytes as f64),
        detail: format!("{:.0} MB ÷ {:.0} MB", size as f64 / 1e6, bytes as f64 / 1e6),
    }
}

fn replayed(log: &RedbLog, decide: f64) -> Result<Row, Failure> {
    let mut replayer = Replayer::new();
    let (start, mut from) = (Instant::now(), 1);
    while from <= REPLAYED {
        let stretch = log.stretch(from).map_err(|error| error.to_string())?;
        if stretch.is_empty() {
            break;
        }
        for stored in stretch {
            let stored = stored.map_err(|error| error.to_string())?;
            match replayer.replay(log, &stored) {
                Replay::Identical => from = stored.sequence + 1,
                other => return Err(format!("decision {}: {other:?}", stored.sequence).into()),
            }
        }
    }
    let each = start.elapsed().as_nanos() as f64 / (from - 1) as f64;
    Ok(Row {
        number: "11",
        figure: "replay of the log, decisions a second and core ÷ bytes-to-decision rate".to_owned(),
        goal: Goal::AtLeast,
        target: 0.8,
        stretch: Some(1.5),
        measured: Ok(decide / each),
        detail: format!("{:.1} µs ÷ {:.1} µs a decision", decide / 1000.0, each / 1000.0),
    })
}
