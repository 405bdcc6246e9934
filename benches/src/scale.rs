//! How cost grows with policies and requests, and what compiling costs (figures 13 and 14).

use std::hint::black_box;
use std::time::{Duration, Instant};

use holdpoint_server::Policy;
use holdpoint_vm::{Machine, Snapshot, VerifiedProgram};

use crate::Failure;
use crate::growth::{LISTS, RULES_REQUEST, lists_request, rules};
use crate::load::{compiled, module};
use crate::table::{Goal, Row};
use crate::turns::Spread;

/// Time for one point of a series.
const POINT: Duration = Duration::from_millis(200);

/// Both figures.
///
/// # Errors
/// Where a made policy does not compile.
pub fn rows() -> Result<Vec<Row>, Failure> {
    let source = rules(1000);
    let times = (0..7).map(|_| {
        let start = Instant::now();
        let (bytes, _) = module("growth", source.clone())?;
        VerifiedProgram::load(&bytes).map_err(|error| error.to_string())?;
        Ok(start.elapsed().as_secs_f64() * 1000.0)
    });
    let spread = Spread::of(times.collect::<Result<Vec<f64>, Failure>>()?.into_iter());
    let compile = Row {
        number: "13",
        figure: "milliseconds to compile 1,000 rules from source to verified module".to_owned(),
        goal: Goal::AtMost,
        target: 50.0,
        stretch: Some(15.0),
        measured: Ok(spread.median),
        detail: format!("quartiles {:.1}–{:.1}", spread.low, spread.high),
    };
    let rules = series([10, 100, 1000, 10_000], |count| {
        Ok((compiled("growth", rules(count))?, RULES_REQUEST.to_owned()))
    });
    let elements = series([1, 100, 1000, 10_000], |count| {
        Ok((compiled("lists", LISTS.to_owned())?, lists_request(count)))
    });
    Ok(vec![
        compile,
        slope("14a", "nanoseconds a rule, from 10 to 10,000 rules", &rules),
        slope("14b", "nanoseconds an element, from 1 to 10,000 elements of lists", &elements),
    ])
}

/// A point: how many, and nanoseconds from bytes to decision; or why it cannot be measured.
type Point = (usize, Result<f64, String>);

fn series(counts: [usize; 4], make: impl Fn(usize) -> Result<(Policy, String), Failure>) -> Vec<Point> {
    let point = |count| {
        let (policy, body) = make(count)?;
        timed(&policy, &body)
    };
    counts.into_iter().map(|count| (count, point(count).map_err(|error: Failure| brief(&*error)))).collect()
}

/// The first words of an error.
fn brief(error: &dyn std::error::Error) -> String {
    error.to_string().chars().take(120).collect::<String>().replace(['\n', '|'], " ")
}

fn timed(policy: &Policy, body: &str) -> Result<f64, Failure> {
    let (mut snapshot, mut machine) = (Snapshot::new(), Machine::new());
    let (start, mut made) = (Instant::now(), 0u32);
    while start.elapsed() < POINT {
        let read = snapshot.read(policy.program.program(), black_box(body.as_bytes()), b"");
        read.map_err(|error| error.to_string())?;
        black_box(machine.decide_plainly(&policy.program, &snapshot, 0));
        made += 1;
    }
    Ok(start.elapsed().as_nanos() as f64 / f64::from(made))
}

/// The slope between the first and the last point that was measured.
fn slope(number: &'static str, figure: &str, points: &[Point]) -> Row {
    let measured = || points.iter().filter_map(|(count, time)| Some((*count as f64, *time.as_ref().ok()?)));
    let slope = match (measured().next(), measured().next_back()) {
        (Some(first), Some(last)) if first.0 < last.0 => Ok((last.1 - first.1) / (last.0 - first.0)),
        _ => Err("too few points".to_owned()),
    };
    let shown = points.iter().map(|(count, time)| match time {
        Ok(time) => format!("{count}: {:.2} µs", time / 1000.0),
        Err(why) => format!("{count}: {why}"),
    });
    Row {
        number,
        figure: figure.to_owned(),
        goal: Goal::Told,
        target: 0.0,
        stretch: None,
        measured: slope,
        detail: shown.collect::<Vec<_>>().join("; "),
    }
}
