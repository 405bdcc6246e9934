//! Decisions in this process: from bytes or from facts, with and without an explanation, beside the hand-written
//! function and the peers.

use std::cell::RefCell;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use holdpoint_server::Policy;
use holdpoint_vm::{Machine, Snapshot};

use crate::Failure;
use crate::hand::Input;
use crate::load::{Answer, Case};
use crate::peers::Peers;
use crate::table::{Goal, Row};
use crate::turns::{Contestant, Series, take};

/// Rounds of which a ratio is the median.
const ROUNDS: u32 = 15;
/// Time of a turn.
const TURN: Duration = Duration::from_millis(100);
/// How many times faster than each peer to be: name, target, stretch.
const PEERS: [(&str, f64, f64); 4] =
    [("regorus", 15.0, 22.0), ("Rhai", 12.0, 17.0), ("Cedar", 18.0, 25.0), ("CEL", 30.0, 42.0)];

const HAND: &str = "hand-written, bytes to decision";
const HAND_ALONE: &str = "hand-written, evaluation alone";
const BYTES: &str = "bytes to decision";
const DECODE: &str = "decode alone";
const ALONE: &str = "evaluation alone";
const FULL: &str = "bytes to explained decision";

/// Fails on the first request of the load that Holdpoint or the hand-written function decides otherwise than expected.
///
/// # Errors
/// Which one, and how.
pub fn agree(policy: &Policy, cases: &[Case]) -> Result<(), Failure> {
    let (mut snapshot, mut machine) = (Snapshot::new(), Machine::new());
    for case in cases {
        let by_hand = Input::read(case.body.as_bytes())?.decide();
        let by_hand = Answer { verdict: by_hand.verdict, rules: by_hand.names().collect() };
        snapshot
            .read(policy.program.program(), case.body.as_bytes(), b"")
            .map_err(|error| error.to_string())?;
        let full = machine.decide(&policy.program, &policy.source_map, &snapshot, case.now);
        let rules = full.objections.iter().filter_map(|objection| objection.control.clone()).collect();
        let explained = Answer { verdict: full.verdict, rules };
        let plain = machine.decide_plainly(&policy.program, &snapshot, case.now);
        let rules =
            machine.objecting(&policy.program, &snapshot).filter_map(|(rule, _)| rule.control.clone());
        let plain = Answer { verdict: plain.verdict, rules: rules.collect() };
        for (who, answer) in [("hand-written", by_hand), ("explained", explained), ("plain", plain)] {
            if answer != case.expected {
                return Err(format!("{}: {who} {answer:?}, not {:?}", case.name, case.expected).into());
            }
        }
    }
    Ok(())
}

/// Figures 1 to 5, and nanoseconds from bytes to a plain decision.
///
/// # Errors
/// Where anything disagrees or fails.
pub fn rows(policy: &Policy, cases: &[Case], folder: &Path) -> Result<(Vec<Row>, f64), Failure> {
    agree(policy, cases)?;
    let peers = Peers::start(folder);
    let mut contestants = own(policy, cases);
    let refused = match peers {
        Ok(peers) => {
            contestants.extend(others(peers));
            None
        }
        Err(error) => Some(error.to_string()),
    };
    let names: Vec<String> = contestants.iter().map(|contestant| contestant.name.clone()).collect();
    let series = take(&mut contestants, ROUNDS, TURN)?;
    for name in &names {
        println!("{name}: {:.3} us, {:.1} allocations", series.time(name) / 1000.0, series.allocations(name));
    }
    let mut rows = vec![
        ratio(&series, "1", "bytes to decision ÷ hand-written + serde_json", (BYTES, HAND), (0.75, 0.6)),
        ratio(&series, "2", "evaluation alone ÷ hand-written function", (ALONE, HAND_ALONE), (10.0, 5.0)),
    ];
    for ((peer, target, stretch), number) in PEERS.into_iter().zip(["3a", "3b", "3c", "3d"]) {
        rows.push(faster(&series, number, peer, (target, stretch), refused.as_deref()));
    }
    rows.push(Row {
        number: "4",
        figure: "allocations per plain decision".to_owned(),
        goal: Goal::AtMost,
        target: 0.0,
        stretch: None,
        measured: Ok(series.allocations(BYTES)),
        detail: format!(
            "explained: {:.1}; hand-written: {:.1}",
            series.allocations(FULL),
            series.allocations(HAND)
        ),
    });
    rows.push(ratio(
        &series,
        "5",
        "full explanation, in canonical bytes ÷ plain decision",
        (FULL, BYTES),
        (2.5, 1.5),
    ));
    Ok((rows, series.time(BYTES)))
}

fn ratio(series: &Series, number: &'static str, figure: &str, of: (&str, &str), goals: (f64, f64)) -> Row {
    let spread = series.ratio(of.0, of.1);
    Row {
        number,
        figure: figure.to_owned(),
        goal: Goal::AtMost,
        target: goals.0,
        stretch: Some(goals.1),
        measured: Ok(spread.median),
        detail: format!(
            "{:.3} µs ÷ {:.3} µs; quartiles {:.2}–{:.2}",
            series.time(of.0) / 1000.0,
            series.time(of.1) / 1000.0,
            spread.low,
            spread.high
        ),
    }
}

fn faster(
    series: &Series,
    number: &'static str,
    peer: &str,
    goals: (f64, f64),
    refused: Option<&str>,
) -> Row {
    let name = series.name_with(peer).unwrap_or_default();
    let spread = series.ratio(&name, BYTES);
    Row {
        number,
        figure: format!("bytes to decision, times faster than {peer}"),
        goal: Goal::AtLeast,
        target: goals.0,
        stretch: Some(goals.1),
        measured: refused.map_or(Ok(spread.median), |why| Err(why.to_owned())),
        detail: format!(
            "{name}: {:.1} µs, {:.0} allocations",
            series.time(&name) / 1000.0,
            series.allocations(&name)
        ),
    }
}

/// Holdpoint and the hand-written function.
fn own<'a>(policy: &'a Policy, cases: &'a [Case]) -> Vec<Contestant<'a>> {
    let program = policy.program.program();
    let refused = |error: holdpoint_vm::RequestError| Failure::from(error.to_string());
    let (mut snapshot, mut machine) = (Snapshot::new(), Machine::new());
    let bytes = Contestant::of(BYTES, cases.len(), move || {
        for case in cases {
            snapshot.read(program, black_box(case.body.as_bytes()), b"").map_err(refused)?;
            black_box(machine.decide_plainly(&policy.program, &snapshot, case.now));
        }
        Ok(())
    });
    let mut snapshot = Snapshot::new();
    let decode = Contestant::of(DECODE, cases.len(), move || {
        for case in cases {
            snapshot.read(program, black_box(case.body.as_bytes()), b"").map_err(refused)?;
        }
        black_box(&snapshot);
        Ok(())
    });
    let (mut snapshot, mut machine, mut out) = (Snapshot::new(), Machine::new(), Vec::new());
    let full = Contestant::of(FULL, cases.len(), move || {
        for case in cases {
            snapshot.read(program, black_box(case.body.as_bytes()), b"").map_err(refused)?;
            let decision = machine.decide(&policy.program, &policy.source_map, &snapshot, case.now);
            out.clear();
            decision.write_json(&mut out);
            black_box(&out);
        }
        Ok(())
    });
    let mut found = vec![bytes, decode, evaluation(policy, cases), full];
    found.extend(by_hand(cases));
    found
}

/// The machine alone, on facts that were read before.
fn evaluation<'a>(policy: &'a Policy, cases: &'a [Case]) -> Contestant<'a> {
    let read = |case: &Case| {
        let mut snapshot = Snapshot::new();
        snapshot.read(policy.program.program(), case.body.as_bytes(), b"").map(|()| (snapshot, case.now))
    };
    // A request that is refused is found by `agree`.
    let facts: Vec<(Snapshot, i64)> = cases.iter().filter_map(|case| read(case).ok()).collect();
    let mut machine = Machine::new();
    Contestant::of(ALONE, facts.len(), move || {
        for (snapshot, now) in &facts {
            black_box(machine.decide_plainly(&policy.program, black_box(snapshot), *now));
        }
        Ok(())
    })
}

fn by_hand(cases: &[Case]) -> [Contestant<'_>; 2] {
    let whole = Contestant::of(HAND, cases.len(), move || {
        for case in cases {
            black_box(Input::read(black_box(case.body.as_bytes()))?.decide());
        }
        Ok(())
    });
    let inputs: Vec<Input<'_>> =
        cases.iter().filter_map(|case| Input::read(case.body.as_bytes()).ok()).collect();
    let alone = Contestant::of(HAND_ALONE, inputs.len(), move || {
        for input in &inputs {
            black_box(black_box(input).decide());
        }
        Ok(())
    });
    [whole, alone]
}

/// The engines of the other process.
fn others<'a>(peers: Peers) -> Vec<Contestant<'a>> {
    let names = peers.names.clone();
    let peers = std::rc::Rc::new(RefCell::new(peers));
    let contestant = |name: &String| {
        let (peers, called) = (std::rc::Rc::clone(&peers), name.clone());
        Contestant::new(name, move |least| peers.borrow_mut().turn(&called, least))
    };
    names.iter().map(contestant).collect()
}

/// Decisions of each of two threads beside one, as a share of what one makes alone, twice over (figure 12).
///
/// # Errors
/// Where a request is refused.
pub fn cores(policy: &Policy, cases: &[Case]) -> Result<Row, Failure> {
    let alone = |threads: usize| -> f64 {
        let work = || {
            let (mut snapshot, mut machine) = (Snapshot::new(), Machine::new());
            let (start, mut made) = (Instant::now(), 0u32);
            while start.elapsed() < TURN {
                for case in cases {
                    let read = snapshot.read(policy.program.program(), case.body.as_bytes(), b"");
                    black_box((read.is_ok(), machine.decide_plainly(&policy.program, &snapshot, case.now)));
                    made += 1;
                }
            }
            f64::from(made) / start.elapsed().as_secs_f64()
        };
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
        })
    };
    let spread = crate::turns::Spread::of((0..ROUNDS).map(|_| alone(2) / alone(1)));
    Ok(Row {
        number: "12",
        figure: "throughput at 2 cores ÷ 1 core, in process".to_owned(),
        goal: Goal::AtLeast,
        target: 1.9,
        stretch: None,
        measured: Ok(spread.median),
        detail: format!("quartiles {:.2}–{:.2}", spread.low, spread.high),
    })
}
