//! Decisions over HTTP: Holdpoint's server, in memory and durable, beside the floors that it is measured against.
//!
//! All servers run in this process, and so does the load, on a runtime of its own: what the machine does meanwhile falls
//! on all of them alike. They are asked in turns.
//!
//! Reading order: [`client`], [`floor`], [`memory`].

pub mod client;
pub mod floor;
pub mod memory;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use holdpoint_server::log::{DecisionLog, RedbLog};
use holdpoint_server::{Config, serve_from};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::Failure;
use crate::load::{Case, policy};
use crate::table::{Goal, Row};
use crate::turns::Spread;
use client::{Load, Report};
use memory::MemoryLog;

/// Rounds of which a ratio is the median.
const ROUNDS: usize = 5;
/// Time of a turn.
const TURN: Duration = Duration::from_millis(1000);
/// Share of the greatest rate that is asked for where delays are looked at.
const STEADY: f64 = 0.7;

/// The servers under load, and what asks them.
struct Bench {
    /// Where each listens.
    memory: SocketAddr,
    durable: SocketAddr,
    floor: SocketAddr,
    floor_durable: SocketAddr,
    /// What each is asked; each of ours has a token of its own.
    requests: BTreeMap<SocketAddr, Arc<Vec<Vec<u8>>>>,
    client: Runtime,
    _servers: Runtime,
    _directory: TempDir,
}

/// Figures 6 to 8.
///
/// # Errors
/// Where a server does not start, or an answer is not one.
pub fn rows(cases: &[Case]) -> Result<Vec<Row>, Failure> {
    let bench = Bench::start(cases)?;
    let mut rows = Vec::new();
    let (of, to) = (bench.memory, bench.floor);
    let figure = "decisions in memory over HTTP at 100 connections ÷ minimal hyper server";
    rows.push(bench.share(("6", figure), (of, to), 100, (0.8, 0.9))?);
    let (of, to) = (bench.durable, bench.floor_durable);
    let figure = "durable decisions over HTTP at 100 connections ÷ hyper + append + fdatasync";
    rows.push(bench.share(("7a", figure), (of, to), 100, (0.6, 0.8))?);
    let figure = "durable decisions over HTTP at 1 connection ÷ hyper + append + fdatasync";
    rows.push(bench.share(("7b", figure), (of, to), 1, (0.45, 0.7))?);
    rows.extend(bench.tails()?);
    Ok(rows)
}

impl Bench {
    fn start(cases: &[Case]) -> Result<Self, Failure> {
        let runtime = |threads| Builder::new_multi_thread().worker_threads(threads).enable_all().build();
        let (servers, client) = (runtime(2)?, runtime(1)?);
        let directory = tempfile::tempdir()?;
        let (memory, durable) = (directory.path().join("memory"), directory.path().join("durable"));
        std::fs::create_dir(&memory)?;
        let log = Arc::new(RedbLog::open(&durable, 0).map_err(|error| error.to_string())?);
        let (memory, of_memory) = holdpoint(&servers, Arc::new(MemoryLog::new(log.id())), memory)?;
        let (durable, of_durable) = holdpoint(&servers, log, durable)?;

        let requests = |token: &str| -> Arc<Vec<Vec<u8>>> {
            Arc::new(cases.iter().map(|case| client::request("/v1/decisions", token, &case.body)).collect())
        };
        let (of_memory, of_durable) = (requests(&of_memory), requests(&of_durable));
        // The floors answer with as many bytes, and append as many, as Holdpoint does.
        let one = Load { connections: 1, time: TURN, rate: None };
        let report = client.block_on(client::run(memory, Arc::clone(&of_memory), one))?;
        let answer = vec![b'x'; report.answer_bytes()];
        let record = vec![
            b'x';
            report.answer_bytes()
                + cases.iter().map(|c| c.body.len()).sum::<usize>() / cases.len()
        ];
        let file = floor::Appender::start(&directory.path().join("floor"), record)?;
        let floor = servers.block_on(floor::serve(answer.clone(), None))?;
        let floor_durable = servers.block_on(floor::serve(answer, Some(file)))?;
        // A floor is asked as the server that it is the floor of.
        let requests = BTreeMap::from([
            (memory, Arc::clone(&of_memory)),
            (floor, of_memory),
            (durable, Arc::clone(&of_durable)),
            (floor_durable, of_durable),
        ]);
        Ok(Self {
            memory,
            durable,
            floor,
            floor_durable,
            requests,
            client,
            _servers: servers,
            _directory: directory,
        })
    }

    fn ask(&self, address: SocketAddr, load: Load) -> Result<Report, Failure> {
        let requests = self.requests.get(&address).ok_or("an address that is not of the bench")?;
        self.client.block_on(client::run(address, Arc::clone(requests), load))
    }

    /// The rate of one server as a share of another's.
    fn share(
        &self,
        name: (&'static str, &str),
        (of, to): (SocketAddr, SocketAddr),
        connections: usize,
        (target, stretch): (f64, f64),
    ) -> Result<Row, Failure> {
        let load = Load { connections, time: TURN, rate: None };
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push((self.ask(of, load)?.rate(), self.ask(to, load)?.rate()));
        }
        let spread = Spread::of(rounds.iter().map(|(of, to)| of / to));
        let rate = |of: fn(&(f64, f64)) -> f64| Spread::of(rounds.iter().map(of)).median;
        Ok(Row {
            number: name.0,
            figure: name.1.to_owned(),
            goal: Goal::AtLeast,
            target,
            stretch: Some(stretch),
            measured: Ok(spread.median),
            detail: format!(
                "{:.0} ÷ {:.0} a second; quartiles {:.2}–{:.2}",
                rate(|round| round.0),
                rate(|round| round.1),
                spread.low,
                spread.high
            ),
        })
    }

    /// How far the slow answers are from the usual ones.
    fn tails(&self) -> Result<[Row; 2], Failure> {
        let most = self.ask(self.durable, Load { connections: 100, time: TURN, rate: None })?.rate();
        let steady = Load { connections: 100, time: TURN, rate: Some(most * STEADY) };
        let burst = Load { connections: 300, time: Duration::from_millis(500), rate: None };
        let row = |number, figure: &str, load, goals: (f64, f64)| -> Result<Row, Failure> {
            let reports = (0..ROUNDS).map(|_| self.ask(self.durable, load)).collect::<Result<Vec<_>, _>>()?;
            let ratio = |report: &Report| report.quantile(0.99) / report.quantile(0.5);
            let spread = Spread::of(reports.iter().map(ratio));
            let median = |quantile| Spread::of(reports.iter().map(|report| report.quantile(quantile))).median;
            Ok(Row {
                number,
                figure: figure.to_owned(),
                goal: Goal::AtMost,
                target: goals.0,
                stretch: Some(goals.1),
                measured: Ok(spread.median),
                detail: format!(
                    "p50 {:.2} ms, p99 {:.2} ms; quartiles {:.1}–{:.1}",
                    median(0.5),
                    median(0.99),
                    spread.low,
                    spread.high
                ),
            })
        };
        Ok([
            row(
                "8a",
                "p99 ÷ p50 of durable decisions at 100 connections, steady at 70 % of the most",
                steady,
                (4.0, 2.5),
            )?,
            row(
                "8b",
                "p99 ÷ p50 of durable decisions in a burst from 0 to 300 connections",
                burst,
                (8.0, 5.0),
            )?,
        ])
    }
}

/// Starts Holdpoint's server over a new log; gives where it listens, and the token that it made.
fn holdpoint(
    runtime: &Runtime,
    log: Arc<dyn DecisionLog>,
    data: PathBuf,
) -> Result<(SocketAddr, String), Failure> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = Config { listen, ..Config::new(data) };
    let policy = policy()?;
    let (tell, told) = mpsc::channel();
    runtime.spawn(async move {
        // A server that ends early is seen by whoever asks it.
        let ready = move |started: holdpoint_server::Started| {
            // Whoever waits for it is at hand.
            let token = started.administrator.map(|token| token.reveal()).unwrap_or_default();
            let _ = tell.send((started.address, token));
        };
        if let Err(error) = serve_from(log, None, &config, policy, ready, std::future::pending()).await {
            eprintln!("the server has ended: {error}");
        }
    });
    Ok(told.recv()?)
}
