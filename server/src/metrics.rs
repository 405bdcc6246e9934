//! What a server counts, for Prometheus.
//!
//! Nothing here decides anything. Labels are verdicts, rules of policies and kinds of problems, which are few; nothing
//! that a client can choose becomes one.

use std::borrow::Cow;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use axum::response::Response;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use serde::Deserialize;

use crate::app::App;
use crate::error::ProblemKind;
use crate::log::Stored;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByVerdict {
    verdict: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRule {
    rule: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByProblem {
    problem: String,
}

/// Of a stored result, what is counted.
#[derive(Deserialize)]
struct Counted<'a> {
    #[serde(borrow)]
    verdict: Cow<'a, str>,
    #[serde(default)]
    fuel_used: u64,
    #[serde(borrow, default)]
    objections: Vec<Objection<'a>>,
}

#[derive(Deserialize)]
struct Objection<'a> {
    #[serde(borrow)]
    rule: Cow<'a, str>,
}

/// All metrics of a server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    decisions: Family<ByVerdict, Counter>,
    objections: Family<ByRule, Counter>,
    problems: Family<ByProblem, Counter>,
    replayed: Counter,
    fuel: Counter,
    waiting: Gauge,
    commit: Histogram,
    log_decisions: Size,
    log_bytes: Size,
    unindexed: Size,
    disk_free: Size,
    scrub_verified: Size,
    scrub_passes: Size,
    scrub_findings: Size,
    scrub_failures: Size,
}

type Size = Gauge<u64, AtomicU64>;

/// Registers metrics under their names.
macro_rules! register {
    ($registry:ident, $($metric:ident $name:literal $help:literal;)+) => {
        $( $registry.register($name, $help, $metric.clone()); )+
    };
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("holdpoint");
        let (decisions, objections, problems) = (Family::default(), Family::default(), Family::default());
        let (replayed, fuel, waiting) = (Counter::default(), Counter::default(), Gauge::default());
        // From a tenth of a millisecond to some three seconds.
        let commit = Histogram::new(exponential_buckets(0.000_1, 2.0, 16));
        let (log_decisions, log_bytes, unindexed) = (Size::default(), Size::default(), Size::default());
        let (scrub_verified, scrub_passes) = (Size::default(), Size::default());
        let (scrub_findings, scrub_failures) = (Size::default(), Size::default());
        let disk_free = Size::default();
        register! { registry,
            decisions "decisions" "Decisions that were committed and answered";
            objections "objections" "Objections in them";
            problems "problems" "Answers that are no decision and no other success";
            replayed "decisions_replayed" "Answers from an earlier decision with the same idempotency key";
            fuel "fuel" "Fuel that decisions have used";
            waiting "commits_waiting" "Decisions that are waiting to be committed";
            commit "commit_seconds" "Time from a finished decision to its commit";
            log_decisions "log_records" "Decisions and events in the log";
            log_bytes "log_bytes" "Length of the log's file";
            unindexed "log_unindexed" "Decisions whose keys are not in the index trees yet";
            disk_free "disk_free_bytes" "Bytes that may still be written to the log's disk";
            scrub_verified "scrub_verified" "Decisions read again in this pass";
            scrub_passes "scrub_passes" "Passes over the log since the start";
            scrub_findings "scrub_findings" "What was found wrong by them";
            scrub_failures "scrub_failures" "Passes that failed because the log could not be read";
        }
        Self {
            registry,
            decisions,
            objections,
            problems,
            replayed,
            fuel,
            waiting,
            commit,
            log_decisions,
            log_bytes,
            unindexed,
            disk_free,
            scrub_verified,
            scrub_passes,
            scrub_findings,
            scrub_failures,
        }
    }
}

/// A commit that is being waited for.
pub(crate) struct Waiting<'a> {
    metrics: &'a Metrics,
    since: Instant,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.metrics.waiting.dec();
        self.metrics.commit.observe(self.since.elapsed().as_secs_f64());
    }
}

impl Metrics {
    /// Begins to wait for a commit, until what is returned is dropped.
    pub(crate) fn waiting(&self) -> Waiting<'_> {
        self.waiting.inc();
        Waiting { metrics: self, since: Instant::now() }
    }

    /// Counts a decision that is answered.
    pub(crate) fn decided(&self, stored: &Stored) {
        let Ok(record) = stored.record() else { return };
        let Ok(counted) = serde_json::from_slice::<Counted<'_>>(record.result) else { return };
        let verdict = counted.verdict.into_owned();
        self.decisions.get_or_create(&ByVerdict { verdict }).inc();
        self.fuel.inc_by(counted.fuel_used);
        for objection in counted.objections {
            self.objections.get_or_create(&ByRule { rule: objection.rule.into_owned() }).inc();
        }
    }

    /// Counts an answer from an earlier decision.
    pub(crate) fn replayed(&self) {
        self.replayed.inc();
    }

    /// Counts an answer if it is a problem.
    pub(crate) fn answered(&self, response: &Response) {
        if let Some(kind) = response.extensions().get::<ProblemKind>() {
            self.problems.get_or_create(&ByProblem { problem: kind.row().1.to_owned() }).inc();
        }
    }

    /// Everything, in the text format of OpenMetrics. What has to be read from the log is left as it was where it
    /// cannot be read: a scrape must not fail because the log has.
    pub(crate) fn text(&self, app: &App) -> String {
        if let Ok(stats) = app.log.stats() {
            self.log_decisions.set(stats.last_sequence);
            self.log_bytes.set(stats.file_bytes);
            self.unindexed.set(stats.unindexed);
        }
        let state = app.condition.state();
        if let Some(disk) = state.disk {
            self.disk_free.set(disk.free);
        }
        self.scrub_verified.set(state.scrub.verified);
        self.scrub_passes.set(state.scrub.passes);
        self.scrub_findings.set(state.scrub.findings);
        self.scrub_failures.set(state.scrub.failures);
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
