//! How a replay ends when the record is not what the module says now.

use std::sync::Arc;

use holdpoint_isa::ModuleHash;
use holdpoint_server::log::{DecisionLog, Entry, Keys, ModuleFiles, Outcome, Record, Stored};
use holdpoint_server::replay::{Replay, Replayer};
use serde_json::json;

use crate::policy::{policy, request};
use crate::support::{NOW, Server};

/// A real decision, taken out of its log.
async fn decided(server: &Server) -> Stored {
    server.post("/v1/decisions", request("failed", "go", "shop")).await;
    server.log.get(1).unwrap().unwrap()
}

fn files(bytes: &[u8], source_map: &[u8]) -> Arc<ModuleFiles> {
    Arc::new(ModuleFiles {
        hash: ModuleHash::of(bytes),
        bytes: bytes.to_vec(),
        source_map_hash: ModuleHash::of(source_map).0,
        source_map: source_map.to_vec(),
    })
}

fn own_files() -> Arc<ModuleFiles> {
    let policy = policy("acme");
    files(policy.program.bytes(), &policy.source_map_bytes)
}

/// Commits a record, as a server with other code would have, and replays it.
fn replayed(log: &dyn DecisionLog, record: &Record<'_>, files: Arc<ModuleFiles>) -> Replay {
    match log.commit(Entry::new(record, Keys::default(), files).unwrap()).wait() {
        Outcome::Committed(stored) => Replayer::new().replay(log, &stored),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_differs_is_named() {
    let server = Server::new();
    let stored = decided(&server).await;
    let record = stored.record().unwrap();
    assert_eq!(Replayer::new().replay(&*server.log, &stored), Replay::Identical);

    let text = std::str::from_utf8(record.result).unwrap();
    let result = text.replacen("\"verdict\":\"block\"", "\"verdict\":\"allow\"", 1);
    let record = Record { result: result.as_bytes(), ..record };
    let log = Arc::clone(&server.log);
    let sequence = tokio::task::spawn_blocking({
        let (record, own) = (record.encode().unwrap(), own_files());
        move || {
            let record = Record::decode(&record).unwrap();
            let Replay::Different(differences) = replayed(&*log, &record, own) else {
                panic!("it is the same")
            };
            assert_eq!(differences.len(), 1);
            assert_eq!(differences[0].member, "verdict");
            assert_eq!(
                (&differences[0].recorded, &differences[0].replayed),
                (&json!("allow"), &json!("block"))
            );
            log.stats().unwrap().last_sequence
        }
    });
    let id = format!("d-{}-{:012}", server.log.id(), sequence.await.unwrap());
    let body = server.post(&format!("/v1/decisions/{id}/replay"), "").await.json();
    assert_eq!(body["identical"], false);
    assert_eq!(
        body["differences"][0],
        json!({"member": "verdict", "recorded": "allow", "replayed": "block"})
    );
}

#[tokio::test]
async fn a_replay_that_is_not_possible_says_why() {
    let server = Server::new();
    let stored = decided(&server).await;
    let log = Arc::clone(&server.log);
    let check = move || {
        let record = stored.record().unwrap();
        let junk = files(b"no module", b"no map");
        assert!(
            matches!(replayed(&*log, &record, junk), Replay::Cannot(why) if why.contains("does not load"))
        );
        let map = files(policy("acme").program.bytes(), b"no map");
        assert!(matches!(replayed(&*log, &record, map), Replay::Cannot(why) if why.contains("source map")));
        let other = Record { request: b"{\"gates\":7}", ..record };
        assert!(
            matches!(replayed(&*log, &other, own_files()), Replay::Cannot(why) if why.contains("snapshot"))
        );
        let versions = Record { tzdb: "1999a", ..record };
        assert!(matches!(replayed(&*log, &versions, own_files()), Replay::Damaged(_)));
        // Another instant is another decision, and the record is believed about the instant.
        let later = Record { decided_at: NOW + 1, ..record };
        assert_eq!(replayed(&*log, &later, own_files()), Replay::Identical);
        let spaced = Record { request: b" {}", ..record };
        assert!(!matches!(replayed(&*log, &spaced, own_files()), Replay::Identical));
    };
    tokio::task::spawn_blocking(check).await.unwrap();
    let id = format!("d-{}-000000000002", server.log.id());
    server.post(&format!("/v1/decisions/{id}/replay"), "").await.problem(409, "cannot-replay");
}
