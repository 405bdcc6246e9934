//! Looking after the log while the server runs: is there room for more, and is what is there still what was written.
//!
//! A disk that runs full fails in the middle of a commit, and the log is then in doubt until it is opened again. So new
//! decisions are refused while there is still room. And damage that nobody reads is found by nobody, so a thread reads
//! the whole log again and again, slowly; once it has found any, nothing is decided any more: what an answer is made
//! from can no longer be trusted, and a person has to look.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::app::App;
use crate::config::Keeping;
use crate::verify::walk;

/// Decisions that are read between two pauses.
const STRIDE: u64 = 256;

/// Room on the disk of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Space {
    /// Bytes that may still be written.
    pub free: u64,
    /// Bytes that the disk has.
    pub total: u64,
}

impl Space {
    /// The room on the disk of a directory.
    ///
    /// # Errors
    /// Where the operating system does not say.
    pub fn of(directory: &Path) -> io::Result<Self> {
        let found = rustix::fs::statvfs(directory)?;
        let bytes = |blocks: u64| blocks.saturating_mul(found.f_frsize);
        Ok(Self { free: bytes(found.f_bavail), total: bytes(found.f_blocks) })
    }

    /// Whether less is free than has to be.
    pub fn is_low(&self, keeping: &Keeping) -> bool {
        let share = self.total / 100 * u64::from(keeping.free_percent);
        self.free < share.min(keeping.free_bytes)
    }
}

/// How far the reading has got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Scrub {
    /// Decisions read in this pass.
    pub verified: u64,
    /// Passes that came to the end of the log.
    pub passes: u64,
    /// Records in the last of them.
    pub records: u64,
    /// Passes that did not come to the end because the log could not be read.
    pub failures: u64,
    /// How many things were wrong.
    pub findings: u64,
    /// The first of them.
    pub first_finding: Option<String>,
}

/// What is known of the log and its disk.
#[derive(Debug, Default)]
pub(crate) struct Condition(Mutex<State>);

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct State {
    pub(crate) disk: Option<Space>,
    #[serde(skip)]
    pub(crate) low: bool,
    pub(crate) scrub: Scrub,
}

impl Condition {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is a single assignment, so the state makes sense whoever panicked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that is known.
    pub(crate) fn state(&self) -> State {
        self.lock().clone()
    }

    /// What was found to be damaged, if anything.
    pub(crate) fn damage(&self) -> Option<String> {
        self.lock().scrub.first_finding.as_ref().map(|what| format!("the decision log is damaged: {what}"))
    }

    /// Why nothing new can be written, if so.
    pub(crate) fn full(&self) -> Option<String> {
        let state = self.lock();
        let space = state.disk.filter(|_| state.low)?;
        Some(format!("the disk of the decision log has {} of {} bytes left", space.free, space.total))
    }

    fn measured(&self, space: Space, keeping: &Keeping) {
        let mut state = self.lock();
        let low = space.is_low(keeping);
        if low && !state.low {
            tracing::error!(
                free = space.free,
                total = space.total,
                "the disk is nearly full; nothing is decided"
            );
        } else if state.low && !low {
            tracing::warn!(free = space.free, total = space.total, "there is room again");
        }
        (state.disk, state.low) = (Some(space), low);
    }

    fn found(&self, what: &str) {
        tracing::error!(what, "the decision log is damaged; nothing is decided");
        let mut state = self.lock();
        state.scrub.findings = state.scrub.findings.saturating_add(1);
        state.scrub.first_finding.get_or_insert_with(|| what.to_owned());
    }
}

/// The thread that looks after a log; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Keeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// Measures the disk once, and then starts looking after the log.
    ///
    /// # Errors
    /// Where there can be no thread.
    pub(crate) fn start(app: Arc<App>, directory: &Path, keeping: Keeping) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let (directory, measure_at) = (directory.to_owned(), Instant::now());
        let mut round = Round { app, directory, keeping, stopped, measure_at, failures: 0 };
        round.measure();
        let thread = thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || while round.pass().is_continue() {})?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic of it has been printed, and there is nothing to be done about it here.
            let _ = thread.join();
        }
    }
}

struct Round {
    app: Arc<App>,
    directory: std::path::PathBuf,
    keeping: Keeping,
    stopped: Receiver<()>,
    measure_at: Instant,
    /// Passes that failed since the last one that did not.
    failures: u32,
}

impl Round {
    /// Reads the log once, and rests.
    fn pass(&mut self) -> ControlFlow<()> {
        let app = Arc::clone(&self.app);
        let condition = &app.condition;
        condition.lock().scrub.verified = 0;
        let signed = app.notary.as_ref().and_then(|notary| notary.last_signed());
        let expected: Vec<_> = signed.into_iter().collect();
        let mut found = |what: &str| condition.found(what);
        let walked = walk(&*app.log, &expected, &mut found, |number| {
            condition.lock().scrub.verified = number;
            if number.is_multiple_of(STRIDE) {
                self.pause(self.keeping.scrub_pause)
            } else {
                ControlFlow::Continue(())
            }
        });
        match walked {
            Ok(Some(report)) => {
                let mut state = condition.lock();
                state.scrub.passes = state.scrub.passes.saturating_add(1);
                state.scrub.records = report.records;
                self.failures = 0;
            }
            Ok(None) => return ControlFlow::Break(()),
            // The next pass may have more luck; a log that fails for good says so by its health.
            Err(error) => {
                tracing::warn!(%error, "the decision log could not be read through");
                let mut state = condition.lock();
                state.scrub.failures = state.scrub.failures.saturating_add(1);
                self.failures = self.failures.saturating_add(1);
            }
        }
        self.pause(rest(&self.keeping, self.failures))
    }

    /// Waits, and measures the disk whenever it is time.
    fn pause(&mut self, time: Duration) -> ControlFlow<()> {
        let until = Instant::now().checked_add(time);
        loop {
            let now = Instant::now();
            if now >= self.measure_at {
                self.measure();
            }
            let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(now));
            let next = self.measure_at.saturating_duration_since(now);
            match self.stopped.recv_timeout(left.min(next)) {
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return ControlFlow::Continue(()),
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return ControlFlow::Break(()),
            }
        }
    }

    fn measure(&mut self) {
        let now = Instant::now();
        self.measure_at = now.checked_add(self.keeping.measure_every).unwrap_or(now);
        match Space::of(&self.directory) {
            Ok(space) => self.app.condition.measured(space, &self.keeping),
            Err(error) => tracing::warn!(%error, "the room on the disk is not known"),
        }
    }
}

/// The rest after so many passes that failed one after another.
fn rest(keeping: &Keeping, failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return keeping.scrub_rest };
    let longer = keeping.scrub_retry.saturating_mul(1u32.checked_shl(doublings).unwrap_or(u32::MAX));
    longer.min(keeping.scrub_rest)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Condition, Space, rest};
    use crate::config::Keeping;

    #[test]
    fn the_smaller_of_both_bounds_counts() {
        let keeping = Keeping { free_bytes: 1 << 30, free_percent: 5, ..Keeping::default() };
        let low = |free: u64, total: u64| Space { free, total }.is_low(&keeping);
        assert!(low((1 << 30) - 1, 1 << 40) && !low(1 << 30, 1 << 40), "a gibibyte of a large disk");
        assert!(low(4_999_999, 100_000_000) && !low(5_000_000, 100_000_000), "a twentieth of a small one");
        assert!(low(0, u64::MAX) && !low(0, 0));
    }

    #[test]
    fn a_disk_that_was_full_can_be_written_again() {
        let condition = Condition::default();
        let keeping = Keeping::default();
        assert_eq!(condition.full(), None);
        condition.measured(Space { free: 7, total: 1000 }, &keeping);
        assert_eq!(condition.full().unwrap(), "the disk of the decision log has 7 of 1000 bytes left");
        condition.measured(Space { free: 700, total: 1000 }, &keeping);
        assert_eq!(condition.full(), None);
    }

    #[test]
    fn what_could_not_be_read_is_read_again_soon_and_then_less_often() {
        let keeping = Keeping {
            scrub_rest: Duration::from_secs(1000),
            scrub_retry: Duration::from_secs(60),
            ..Keeping::default()
        };
        let rests = [0, 1, 2, 3, 5, 6, 33, u32::MAX].map(|failures| rest(&keeping, failures).as_secs());
        assert_eq!(rests, [1000, 60, 120, 240, 960, 1000, 1000, 1000]);
    }

    #[test]
    fn the_first_finding_is_kept() {
        let condition = Condition::default();
        condition.found("one");
        condition.found("two");
        assert_eq!(condition.damage().unwrap(), "the decision log is damaged: one");
        assert_eq!(condition.state().scrub.findings, 2);
    }

    #[test]
    fn the_disk_of_this_test_has_room() {
        let space = Space::of(std::path::Path::new(".")).unwrap();
        assert!(space.total > 0 && space.free <= space.total);
        assert!(Space::of(std::path::Path::new("no/such/place")).is_err());
    }
}
