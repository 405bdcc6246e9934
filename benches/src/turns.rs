//! Measuring in turns: each contestant runs for a short while, then the next, round after round. A ratio is the median
//! of the ratios within rounds, so that what the machine does meanwhile falls on both sides.

use std::time::{Duration, Instant};

use stats_alloc::{Region, StatsAlloc};

use crate::Failure;

/// What one turn came to, for each run.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Nanoseconds.
    pub time: f64,
    /// Allocations and reallocations.
    pub allocations: f64,
}

/// Something to be measured: told how long its turn is, it gives what a run took.
pub struct Contestant<'a> {
    /// Its name.
    pub name: String,
    turn: Box<dyn FnMut(Duration) -> Result<Sample, Failure> + 'a>,
}

impl<'a> Contestant<'a> {
    /// One that measures itself.
    pub fn new(name: &str, turn: impl FnMut(Duration) -> Result<Sample, Failure> + 'a) -> Self {
        Self { name: name.to_owned(), turn: Box::new(turn) }
    }

    /// One that goes through `runs` runs whenever it is called, in this process, whose allocations are counted.
    pub fn of(name: &str, runs: usize, mut work: impl FnMut() -> Result<(), Failure> + 'a) -> Self {
        Self::new(name, move |least| {
            let region = Region::new(ALLOCATOR);
            let start = Instant::now();
            let mut done = 0usize;
            while start.elapsed() < least {
                work()?;
                done += runs;
            }
            let (time, change) = (start.elapsed(), region.change());
            let allocations = change.allocations + change.reallocations;
            Ok(Sample {
                time: time.as_nanos() as f64 / done as f64,
                allocations: allocations as f64 / done as f64,
            })
        })
    }
}

/// The allocator that counts; a bench makes it the global one.
pub static ALLOCATOR: &StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;

/// The samples of all contestants, by round.
#[derive(Debug, Default)]
pub struct Series {
    names: Vec<String>,
    rounds: Vec<Vec<Sample>>,
}

/// Runs so many rounds, behind one that only warms up.
///
/// # Errors
/// Where a contestant fails.
pub fn take(contestants: &mut [Contestant<'_>], rounds: u32, turn: Duration) -> Result<Series, Failure> {
    let mut series =
        Series { names: contestants.iter().map(|c| c.name.clone()).collect(), rounds: Vec::new() };
    for round in 0..=rounds {
        let samples = contestants.iter_mut().map(|c| (c.turn)(turn)).collect::<Result<Vec<_>, _>>()?;
        if round > 0 {
            series.rounds.push(samples);
        }
    }
    Ok(series)
}

impl Series {
    fn of(&self, name: &str) -> impl Iterator<Item = Sample> {
        let index = self.names.iter().position(|other| other == name);
        self.rounds.iter().filter_map(move |round| round.get(index?).copied())
    }

    /// The name of a contestant that has this word in it.
    pub fn name_with(&self, word: &str) -> Option<String> {
        self.names.iter().find(|name| name.contains(word)).cloned()
    }

    /// The median time of a contestant, in nanoseconds.
    pub fn time(&self, name: &str) -> f64 {
        median(self.of(name).map(|sample| sample.time))
    }

    /// The median count of allocations of a contestant.
    pub fn allocations(&self, name: &str) -> f64 {
        median(self.of(name).map(|sample| sample.allocations))
    }

    /// The median, lower and upper quartile of the ratios of two contestants' times.
    pub fn ratio(&self, name: &str, to: &str) -> Spread {
        Spread::of(self.of(name).zip(self.of(to)).map(|(a, b)| a.time / b.time))
    }
}

/// A median with its quartiles.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    /// The median.
    pub median: f64,
    /// The lower quartile.
    pub low: f64,
    /// The upper quartile.
    pub high: f64,
}

impl Spread {
    /// Of these values; NaN where there are none.
    pub fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values.get(values.len() * quarter / 4).copied().unwrap_or(f64::NAN);
        Self { median: at(2), low: at(1), high: at(3) }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    Spread::of(values).median
}
