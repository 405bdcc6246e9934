//! Metrics, and the export as a stream.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Request;
use holdpoint_server::export::{Format, Reader, export};
use holdpoint_server::log::{Outcome, Pending, Why};
use holdpoint_server::tlog::VerifierKey;
use holdpoint_server::verify::Audit;
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::faults::FaultyLog;
use crate::policy::request;
use crate::support::{Server, fill};

/// The samples of a scrape by name and labels.
async fn scrape(server: &Server) -> BTreeMap<String, f64> {
    let answer = server.get("/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = String::from_utf8(answer.bytes).unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn decisions_are_counted_by_verdict_and_rule() {
    let server = Server::new();
    for (unit, mode) in [("passed", "go"), ("failed", "go"), ("failed", "wait")] {
        server.post("/v1/decisions", request(unit, mode, "shop")).await;
    }
    server.post("/v1/decisions", "{").await.problem(400, "malformed-body");
    server.get("/nothing/here").await.problem(404, "unknown-route");
    let samples = scrape(&server).await;
    for (name, value) in [
        ("holdpoint_decisions_total{verdict=\"allow\"}", 1.0),
        ("holdpoint_decisions_total{verdict=\"block\"}", 2.0),
        ("holdpoint_objections_total{rule=\"gate.tests\"}", 2.0),
        ("holdpoint_objections_total{rule=\"gate.soak\"}", 1.0),
        ("holdpoint_problems_total{problem=\"malformed-body\"}", 1.0),
        ("holdpoint_problems_total{problem=\"unknown-route\"}", 1.0),
        ("holdpoint_commits_waiting", 0.0),
        ("holdpoint_commit_seconds_count", 3.0),
        ("holdpoint_log_records", 3.0),
        ("holdpoint_log_unindexed", 3.0),
        ("holdpoint_scrub_findings", 0.0),
    ] {
        assert_eq!(samples.get(name), Some(&value), "{name}: {samples:?}");
    }
    assert!(samples["holdpoint_fuel_total"] > 0.0 && samples["holdpoint_log_bytes"] > 0.0);
}

#[tokio::test]
async fn what_is_not_decided_and_what_is_repeated_is_counted_as_such() {
    let log = FaultyLog::new();
    let server = log.server();
    let ask = || {
        let request = Request::post("/v1/decisions").header("Content-Type", "application/json");
        request
            .header("Idempotency-Key", "k")
            .body(Body::from(crate::policy::request("passed", "go", "shop")))
    };
    server.send(ask().unwrap()).await;
    server.send(ask().unwrap()).await;
    log.on_commit(|_, _| Pending::ready(Outcome::NotCommitted(Why::Overloaded)));
    server.post("/v1/decisions", request("passed", "go", "shop")).await.problem(503, "undecided");
    let samples = scrape(&server).await;
    assert_eq!(samples["holdpoint_decisions_total{verdict=\"allow\"}"], 1.0);
    assert_eq!(samples["holdpoint_decisions_replayed_total"], 1.0);
    assert_eq!(samples["holdpoint_problems_total{problem=\"undecided\"}"], 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_streamed_and_verifies() {
    let server = Server::new();
    fill(&*server.log, 700, 2_000).await;
    let key = server.get("/log/vkey").await.bytes;
    let key = VerifierKey::parse(std::str::from_utf8(&key).unwrap().trim_end()).unwrap();
    let answer = server.get("/v1/export").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/x-ndjson"));
    let text = String::from_utf8(answer.bytes).unwrap();
    assert_eq!(text.lines().count(), 702);
    let mut told = Vec::new();
    let mut tell = |what: &str| told.push(what.to_owned());
    let mut reader = Reader::new(Audit::new(&[], &mut tell), Some(&key));
    text.split_inclusive('\n').for_each(|line| reader.line(line).unwrap());
    let report = reader.end();
    assert_eq!((report.records, report.wrong, told), (700, 0, Vec::new()));

    let csv = String::from_utf8(server.get("/v1/export?format=csv").await.bytes).unwrap();
    assert_eq!(csv.matches("\r\n").count(), 701);
    assert!(csv.contains(",\"'=cmd|' /C calc'!A0,\"\"x\"\"\","), "no formula: {:?}", csv.lines().nth(1));
    server.get("/v1/export?format=xml").await.problem(400, "invalid-parameter");
    server.get("/v1/export?from=1").await.problem(400, "invalid-parameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_few_exports_at_a_time_and_one_that_nobody_reads_ends() {
    let server = Server::new();
    fill(&*server.log, 700, 2_000).await;
    let begin = async || {
        let bearer = format!("Bearer {}", server.token);
        let request = Request::get("/v1/export").header("Authorization", bearer).body(Body::empty()).unwrap();
        server.router.clone().oneshot(request).await.unwrap()
    };
    let (mut one, two) = (begin().await, begin().await);
    server.get("/v1/export").await.problem(503, "unavailable");
    // Decisions are made and read meanwhile.
    assert_eq!(server.post("/v1/decisions", request("passed", "go", "shop")).await.status, 200);
    assert_eq!(server.get("/v1/decisions").await.status, 200);
    assert!(one.body_mut().frame().await.unwrap().is_ok());
    drop((one, two));
    for _ in 0..500 {
        if server.get("/v1/export").await.status == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("an export that was given up goes on");
}

#[tokio::test]
async fn a_damaged_decision_has_a_line_that_says_so() {
    let log = FaultyLog::new();
    let server = log.server();
    server.post("/v1/decisions", request("passed", "go", "shop")).await;
    log.damage_stretches();
    let mut text = Vec::new();
    let mut sink = |bytes: Vec<u8>| {
        text.extend(bytes);
        std::ops::ControlFlow::Continue(())
    };
    assert_eq!(export(&*log, 1, None, Format::Ndjson, &mut sink), Ok(Some(1)));
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("{\"damaged\":\"decision 1 is damaged: as told\",\"sequence\":1}"), "{text}");

    let mut table = Vec::new();
    let mut sink = |bytes: Vec<u8>| {
        table.extend(bytes);
        std::ops::ControlFlow::Continue(())
    };
    assert_eq!(export(&*log, 1, None, Format::Csv, &mut sink), Ok(Some(1)));
    assert!(String::from_utf8(table).unwrap().ends_with("\r\n1,,,damaged,,,,,,,\r\n"));

    let mut gone = |_: Vec<u8>| std::ops::ControlFlow::Break(());
    assert_eq!(export(&*log, 1, None, Format::Csv, &mut gone), Ok(None), "what broke off is not whole");
    let mut told = Vec::new();
    let mut tell = |what: &str| told.push(what.to_owned());
    let mut reader = Reader::new(Audit::new(&[], &mut tell), None);
    text.split_inclusive('\n').for_each(|line| reader.line(line).unwrap());
    assert_eq!(reader.end().wrong, 1);
    assert_eq!(told, ["decision 1: decision 1 is damaged: as told"]);
}
