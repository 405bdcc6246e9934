//! How long a commit to the decision log takes, alone and among a hundred: `cargo run --release -p holdpoint-server
//! --example commits [DIRECTORY]`. The directory should be new and on the disk that is asked about.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use holdpoint_isa::{ModuleHash, Verdict};
use holdpoint_server::log::{
    Class, DecisionLog, Entry, Key, Kind, ModuleFiles, Origin, Outcome, Record, RedbLog,
};

type Times = Result<Vec<Duration>, String>;

fn entry(module: &Arc<ModuleFiles>, number: u32, keyed: Option<&str>) -> Result<Entry, String> {
    let request = format!("{{\"service\":\"s{}\",\"pad\":\"{}\"}}", number % 50, "x".repeat(1_000));
    let record = Record {
        class: Class::Standard,
        kind: Kind::Decision,
        decided_at: i64::from(number),
        module: module.hash,
        source_map: module.source_map_hash,
        semantics: 1,
        tzdb: "2026e",
        request: request.as_bytes(),
        signals: b"{}",
        body: [0; 32],
        origin: Origin { tenant: "*", caller: "anonymous", ..Origin::default() },
        trace: None,
        key: keyed,
        result: br#"{"verdict":"block"}"#,
        shadow: b"",
    };
    let keys = [
        Key::verdict(Verdict::Block),
        Key::rule("gate.tests"),
        Key::service(&format!("s{}", number % 50)),
        Key::environment("production"),
        Key::actor("ada"),
        Key::policy(&module.hash),
    ];
    Entry::new(&record, keys.into_iter().collect(), Arc::clone(module)).map_err(|why| why.to_string())
}

/// Commits one decision after another.
fn commit(log: &RedbLog, module: &Arc<ModuleFiles>, client: u32, count: u32, keyed: bool) -> Times {
    let one = |number| {
        let key = format!("5e03978e-40d5-43e8-bc93-6894a57f9324-{client}-{number}");
        if keyed {
            log.keyed("*", &key).map_err(|error| error.to_string())?;
        }
        let entry =
            entry(module, client.saturating_mul(count).saturating_add(number), keyed.then_some(&key))?;
        let started = Instant::now();
        match log.commit(entry).wait() {
            Outcome::Committed(_) => Ok(started.elapsed()),
            other => Err(format!("{other:?}")),
        }
    };
    (0..count).map(one).collect()
}

fn report(what: &str, mut times: Vec<Duration>, taken: Duration) -> std::io::Result<()> {
    times.sort_unstable();
    let at = |hundredths: usize| {
        let index = times.len().saturating_mul(hundredths) / 100;
        times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    };
    let rate = u128::try_from(times.len()).unwrap_or(0).saturating_mul(1_000_000) / taken.as_micros().max(1);
    let (p50, p99) = (at(50), at(99));
    writeln!(std::io::stdout(), "{what}: {rate} decisions a second, p50 {p50:?}, p99 {p99:?}")
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("commits-data"), PathBuf::from);
    let log = Arc::new(RedbLog::open(&directory, 0)?);
    let bytes = b"a module".to_vec();
    let module = Arc::new(ModuleFiles {
        hash: ModuleHash::of(&bytes),
        source_map_hash: ModuleHash::of(&bytes).0,
        source_map: bytes.clone(),
        bytes,
    });
    commit(&log, &module, 0, 500, false)?;
    let runs = [
        (1u32, 5_000u32, false),
        (100, 1_000, false),
        (1, 5_000, false),
        (100, 1_000, false),
        (100, 1_000, true),
    ];
    for (clients, count, keyed) in runs {
        let started = Instant::now();
        let threads: Vec<_> = (0..clients)
            .map(|client| {
                let (log, module) = (Arc::clone(&log), Arc::clone(&module));
                thread::spawn(move || commit(&log, &module, client, count, keyed))
            })
            .collect();
        let mut times = Vec::new();
        for thread in threads {
            times.extend(thread.join().map_err(|_| "a client has panicked")??);
        }
        report(
            &format!("{clients} clients{}", if keyed { " with idempotency keys" } else { "" }),
            times,
            started.elapsed(),
        )?;
    }
    writeln!(std::io::stdout(), "{:?}", log.stats()?)?;
    Ok(())
}
