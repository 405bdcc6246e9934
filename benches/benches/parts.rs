//! Each part by itself, in groups of criterion: to look at one while working on it.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput};
use holdpoint_benches::growth::{LISTS, RULES_REQUEST, lists_request, rules};
use holdpoint_benches::load::{self, Case};
use holdpoint_benches::storage::{Maker, fill};
use holdpoint_benches::{Failure, decisions};
use holdpoint_server::Policy;
use holdpoint_server::log::{DecisionLog, RedbLog};
use holdpoint_server::replay::Replayer;
use holdpoint_vm::{Machine, Snapshot, VerifiedProgram};

/// Decisions in the log that is read.
const RECORDS: usize = 20_000;

fn main() -> Result<(), Failure> {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .configure_from_args();
    let Some(folder) = load::folder() else { return Ok(()) };
    let (policy, cases) = (load::policy()?, load::cases(&folder)?);
    decisions::agree(&policy, &cases)?;
    deciding(&mut criterion, &policy, &cases);
    compiling(&mut criterion)?;
    growing(&mut criterion)?;
    logging(&mut criterion, &policy, &cases)?;
    criterion.final_summary();
    Ok(())
}

/// One of the requests after the other.
fn rotation(cases: &[Case]) -> impl Iterator<Item = &Case> {
    cases.iter().cycle()
}

fn deciding(criterion: &mut Criterion, policy: &Policy, cases: &[Case]) {
    let program = policy.program.program();
    let (mut snapshot, mut machine, mut out) = (Snapshot::new(), Machine::new(), Vec::new());
    let mut next = rotation(cases);
    criterion.bench_function("decode", |bencher| {
        bencher.iter(|| next.next().map(|case| snapshot.read(program, case.body.as_bytes(), b"")));
    });
    let facts: Vec<(Snapshot, i64)> = cases
        .iter()
        .filter_map(|case| {
            let mut snapshot = Snapshot::new();
            snapshot.read(program, case.body.as_bytes(), b"").ok().map(|()| (snapshot, case.now))
        })
        .collect();
    let mut next = facts.iter().cycle();
    criterion.bench_function("evaluate", |bencher| {
        bencher.iter(|| next.next().map(|(facts, now)| machine.decide_plainly(&policy.program, facts, *now)));
    });
    criterion.bench_function("explain", |bencher| {
        bencher.iter(|| {
            let (facts, now) = next.next()?;
            out.clear();
            machine.decide(&policy.program, &policy.source_map, facts, *now).write_json(&mut out);
            Some(black_box(out.len()))
        });
    });
}

fn compiling(criterion: &mut Criterion) -> Result<(), Failure> {
    for count in [100, 1000] {
        let source = rules(count);
        let (module, _) = load::module("growth", source.clone())?;
        criterion.bench_with_input(BenchmarkId::new("compile", count), &source, |bencher, source| {
            bencher.iter(|| load::module("growth", source.clone()));
        });
        criterion.bench_with_input(BenchmarkId::new("verify", count), &module, |bencher, module| {
            bencher.iter(|| VerifiedProgram::load(module));
        });
    }
    Ok(())
}

fn growing(criterion: &mut Criterion) -> Result<(), Failure> {
    let mut point = |what: &str, count: usize, policy: &Policy, body: &str| {
        let (mut snapshot, mut machine) = (Snapshot::new(), Machine::new());
        criterion.bench_function(&format!("{what}/{count}"), |bencher| {
            bencher.iter(|| {
                snapshot.read(policy.program.program(), body.as_bytes(), b"")?;
                Ok::<_, holdpoint_vm::RequestError>(machine.decide_plainly(&policy.program, &snapshot, 0))
            });
        });
    };
    for count in [10, 100, 1000] {
        point("rules", count, &load::compiled("growth", rules(count))?, RULES_REQUEST);
    }
    let lists = load::compiled("lists", LISTS.to_owned())?;
    for count in [1, 100, 1000, 10_000] {
        point("elements", count, &lists, &lists_request(count));
    }
    Ok(())
}

fn logging(criterion: &mut Criterion, policy: &Policy, cases: &[Case]) -> Result<(), Failure> {
    let maker = Maker::new(policy, cases)?;
    let directory = tempfile::tempdir()?;
    let log = RedbLog::open(directory.path(), 0).map_err(|error| error.to_string())?;
    fill(&log, &maker, RECORDS)?;
    let mut group = criterion.benchmark_group("log");
    for count in [1u64, 100] {
        group.throughput(Throughput::Elements(count));
        group.bench_function(BenchmarkId::new("append", count), |bencher| {
            let entries =
                || (0..count as usize).map(|index| maker.entry(index)).collect::<Result<Vec<_>, _>>();
            let append = |entries: Result<Vec<_>, Failure>| {
                let pending: Vec<_> = entries.into_iter().flatten().map(|entry| log.commit(entry)).collect();
                pending.into_iter().map(|pending| pending.wait()).collect::<Vec<_>>()
            };
            bencher.iter_batched(entries, append, BatchSize::SmallInput);
        });
    }
    group.throughput(Throughput::Elements(1));
    let mut sequences = (1..RECORDS as u64).step_by(7919).cycle();
    group.bench_function("read", |bencher| {
        bencher.iter(|| sequences.next().map(|sequence| log.get(sequence)))
    });
    let mut replayer = Replayer::new();
    let stored = log.get(1).map_err(|error| error.to_string())?.ok_or("no decision 1")?;
    group.bench_function("replay", |bencher| bencher.iter(|| replayer.replay(&log, &stored)));
    group.finish();
    Ok(())
}
