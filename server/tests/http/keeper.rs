//! A disk that is nearly full, and damage that is found before anybody reads it.

use std::path::Path;
use std::time::Duration;

use holdpoint_server::config::Keeping;
use holdpoint_server::log::{DecisionLog, RedbLog};
use redb::{Database, ReadableTable, TableDefinition};
use serde_json::{Value, json};

use crate::faults::{FaultyLog, Kind};
use crate::policy::request;
use crate::sockets::Running;
use crate::support::{FIRST, NOW};

const DECISIONS: &str = "/v1/decisions";

/// Asks over a connection of its own.
async fn ask(server: &Running, head: &str, body: &str) -> (u16, String, Value) {
    let text = format!(
        "{head} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\nidempotency-key: \
         k\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = server.exchange(&text).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), serde_json::from_str(body).unwrap())
}

async fn ready(server: &Running) -> (u16, Value) {
    let (status, _, body) = ask(server, "GET /health/ready", "").await;
    (status, body)
}

/// Waits until a server says something of itself.
async fn until(server: &Running, holds: impl Fn(u16, &Value) -> bool) -> Value {
    for _ in 0..500 {
        let (status, body) = ready(server).await;
        if holds(status, &body) {
            return body;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never: {:?}", ready(server).await);
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_refuses_new_decisions_and_shows_old_ones() {
    let place = tempfile::tempdir().unwrap();
    let body = request("passed", "go", "shop");
    let server = Running::start(place.path(), |_| {}).await;
    let (status, _, decision) = ask(&server, &format!("POST {DECISIONS}"), &body).await;
    assert_eq!(status, 200);
    let (status, told) = ready(&server).await;
    assert_eq!((status, &told["status"]), (200, &json!("ready")));
    assert!(told["disk"]["free"].as_u64() <= told["disk"]["total"].as_u64(), "{told}");
    server.stop().await;

    // No disk has as much left as this one asks for.
    let full = Keeping { free_bytes: u64::MAX, free_percent: 200, ..Keeping::default() };
    let server = Running::start(place.path(), |config| config.keeping = full).await;
    let (status, head, problem) =
        ask(&server, &format!("POST {DECISIONS}"), &request("passed", "go", "till")).await;
    assert_eq!(status, 422, "the key is taken, which needs no room: {problem}");
    let plain = server
        .exchange(&crate::sockets::post(&body).replace("host: x", "host: x\r\nconnection: close"))
        .await;
    assert!(plain.starts_with("HTTP/1.1 503"), "{plain}");
    for part in ["\"decided\":false", "\"treat_as\":\"block\"", "\"in_doubt\":false", "bytes left"] {
        assert!(plain.contains(part), "{part}: {plain}");
    }
    assert!(plain.to_lowercase().contains("retry-after: ") && !head.contains("retry-after"));
    let (status, _, again) = ask(&server, &format!("POST {DECISIONS}"), &body).await;
    assert_eq!((status, again), (200, decision.clone()), "what was decided is still answered");
    let (status, problem) = ready(&server).await;
    assert_eq!((status, &problem["type"]), (503, &json!("urn:holdpoint:problem:unavailable")));
    server.stop().await;
    assert_eq!(RedbLog::open(place.path(), NOW).unwrap().size(), Ok(FIRST));
}

/// Changes one byte of the first decision behind the log's back.
fn damage(directory: &Path) {
    const GROUPS: TableDefinition<'_, &[u8; 40], &[u8]> = TableDefinition::new("groups");
    let file = Database::open(directory.join("decisions.redb")).unwrap();
    let transaction = file.begin_write().unwrap();
    {
        let mut groups = transaction.open_table(GROUPS).unwrap();
        let (key, mut value) = {
            let mut all = groups.iter().unwrap().map(|group| group.unwrap());
            let (key, value) = all.find(|(key, _)| key.value().ends_with(&FIRST.to_be_bytes())).unwrap();
            (*key.value(), value.value().to_vec())
        };
        *value.last_mut().unwrap() ^= 1;
        groups.insert(&key, value.as_slice()).unwrap();
    }
    transaction.commit().unwrap();
}

#[tokio::test]
async fn damage_is_found_without_being_read_and_stops_decisions() {
    let place = tempfile::tempdir().unwrap();
    let fast =
        Keeping { scrub_rest: Duration::from_millis(30), scrub_pause: Duration::ZERO, ..Keeping::default() };
    let server = Running::start(place.path(), |config| config.keeping = fast).await;
    ask(&server, &format!("POST {DECISIONS}"), &request("passed", "go", "shop")).await;
    let told = until(&server, |_, body| body["scrub"]["records"] == FIRST).await;
    assert!(told["scrub"]["passes"].as_u64() >= Some(1) && told["scrub"]["findings"] == 0, "{told}");
    server.stop().await;

    // More decisions than are verified at the start stand behind the damage.
    {
        let log = RedbLog::open(place.path(), NOW).unwrap();
        let record = log.get(FIRST).unwrap().unwrap();
        let record = record.record().unwrap();
        let module = std::sync::Arc::new(holdpoint_server::log::ModuleFiles {
            hash: record.module,
            bytes: log.module(&record.module).unwrap().unwrap(),
            source_map_hash: record.source_map,
            source_map: log.source_map(&record.source_map).unwrap().unwrap(),
        });
        let record = holdpoint_server::log::Record { key: None, ..record };
        let mut waiting = Vec::new();
        for _ in 0..10_300 {
            let entry =
                holdpoint_server::log::Entry::new(&record, Default::default(), module.clone()).unwrap();
            waiting.push(log.commit(entry));
            if waiting.len() == 500 {
                for pending in waiting.drain(..) {
                    pending.await;
                }
            }
        }
        for pending in waiting {
            pending.await;
        }
    }
    damage(place.path());
    let server = Running::start(place.path(), |config| config.keeping = fast).await;
    let told = until(&server, |status, _| status == 503).await;
    assert!(told["detail"].as_str().unwrap().contains("damaged: decision 4 is damaged"), "{told}");
    let plain = crate::sockets::post(&request("passed", "go", "shop"))
        .replace("host: x", "host: x\r\nconnection: close");
    let answer = server.exchange(&plain).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\"treat_as\":\"block\""), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn a_log_that_could_not_be_read_is_read_again_soon() {
    let log = FaultyLog::new();
    log.server().post(DECISIONS, request("passed", "go", "shop")).await;
    log.fail_reads(&[Kind::Stretches, Kind::Modules, Kind::Tiles]);
    let keeping = Keeping { scrub_retry: Duration::from_millis(10), ..Keeping::default() };
    let server = Running::on(log, |config| config.keeping = keeping).await;
    let told = until(&server, |status, body| status != 200 || body["scrub"]["passes"] == 1).await;
    assert_eq!((&told["scrub"]["failures"], &told["scrub"]["findings"]), (&json!(3), &json!(0)), "{told}");
    let metrics = server.exchange("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(metrics.contains("holdpoint_scrub_failures 3\n"), "{metrics}");
    server.stop().await;
}
