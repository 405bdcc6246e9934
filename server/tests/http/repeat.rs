//! Asking again with the same idempotency key.

use axum::body::Body;
use axum::http::Request;
use holdpoint_server::log::{DecisionLog, Outcome, Pending, Why};

use crate::faults::FaultyLog;
use crate::policy::{policy, request};
use crate::support::{Answer, Server};

/// Waits for a commit on a thread that may block.
fn kept(pending: Pending) {
    let outcome = std::thread::spawn(|| pending.wait()).join().unwrap();
    assert!(matches!(outcome, Outcome::Committed(_)), "{outcome:?}");
}

async fn ask(server: &Server, uri: &str, key: &str, body: String) -> Answer {
    let request =
        Request::post(uri).header("Content-Type", "application/json").header("Idempotency-Key", key);
    server.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn the_same_key_and_body_get_the_same_decision() {
    let server = Server::new();
    let body = || request("failed", "go", "shop");
    let first = ask(&server, "/v1/decisions", "k1", body()).await;
    assert_eq!((first.status.as_u16(), first.header("idempotency-replayed")), (200, ""));
    for key in ["k1", "\"k1\""] {
        let again = ask(&server, "/v1/decisions", key, body()).await;
        assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (200, "true"));
        assert_eq!(again.bytes, first.bytes);
    }
    let outcome = ask(&server, "/v1/decisions?status=outcome", "k1", body()).await;
    assert_eq!((outcome.status.as_u16(), outcome.bytes), (403, first.bytes.clone()));
    assert_eq!(server.log.size(), Ok(1));
    // Another key, and none, are other questions.
    assert_ne!(ask(&server, "/v1/decisions", "k2", body()).await.bytes, first.bytes);
    assert_ne!(server.post("/v1/decisions", body()).await.bytes, first.bytes);
    let record = server.log.get(1).unwrap().unwrap();
    assert_eq!(record.record().unwrap().key, Some("k1"));
}

#[tokio::test]
async fn a_delay_that_is_answered_again_says_nothing_of_coming_back() {
    let server = Server::new();
    let body = || request("passed", "wait", "shop");
    let first = ask(&server, "/v1/decisions", "k1", body()).await;
    assert_eq!((first.status.as_u16(), first.header("retry-after")), (200, "90"));
    let again = ask(&server, "/v1/decisions", "k1", body()).await;
    assert_eq!((again.header("idempotency-replayed"), again.header("retry-after")), ("true", ""));
    assert_eq!(again.bytes, first.bytes);
}

#[tokio::test]
async fn a_key_with_another_body_is_refused() {
    let server = Server::new();
    ask(&server, "/v1/decisions", "k", request("failed", "go", "shop")).await;
    let other = ask(&server, "/v1/decisions", "k", request("passed", "go", "shop")).await;
    let problem = other.problem(422, "key-reused");
    assert!(problem["detail"].as_str().unwrap().contains("000000000001"), "{problem}");
    assert_eq!(server.log.size(), Ok(1));
    // A request that gets no decision leaves its key free.
    ask(&server, "/v1/decisions", "free", "{".to_owned()).await.problem(400, "malformed-body");
    assert_eq!(ask(&server, "/v1/decisions", "free", request("passed", "go", "shop")).await.status, 200);
}

#[tokio::test]
async fn a_key_whose_decision_another_policy_made_is_a_conflict() {
    let old = Server::new();
    let body = || request("passed", "go", "shop");
    let first = ask(&old, "/v1/decisions", "k", body()).await;
    let (old_hash, new_hash) = (policy("acme").program.hash(), policy("other").program.hash());
    assert_eq!(first.json()["policy"], old_hash.to_string());

    let new = old.deciding_by("other");
    for uri in ["/v1/decisions", "/v1/decisions?status=outcome"] {
        let refused = ask(&new, uri, "k", body()).await;
        let problem = refused.problem(409, "policy-changed");
        assert_eq!(problem["decision"], first.json()["id"]);
        assert_eq!(problem["recorded_policy"], old_hash.to_string());
        assert_eq!(problem["active_policy"], new_hash.to_string());
        assert_eq!((refused.header("idempotency-replayed"), refused.header("retry-after")), ("", ""));
    }
    // What is wrong with the request itself comes first.
    ask(&new, "/v1/decisions", "k", request("failed", "go", "shop")).await.problem(422, "key-reused");
    assert_eq!(new.log.size(), Ok(1), "a key never has two decisions");

    // Both ways on that the problem names.
    let read = new.get(&format!("/v1/decisions/{}", first.json()["id"].as_str().unwrap())).await;
    assert_eq!((read.status.as_u16(), read.bytes), (200, first.bytes.clone()));
    let anew = ask(&new, "/v1/decisions", "k2", body()).await;
    assert_eq!((anew.status.as_u16(), &anew.json()["policy"]), (200, &new_hash.to_string().into()));
    // Under the first policy the key is what it was.
    let again = ask(&old, "/v1/decisions", "k", body()).await;
    assert_eq!((again.header("idempotency-replayed"), again.bytes.as_slice()), ("true", &first.bytes[..]));
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let server = Server::new();
    for key in ["", "a b", "\"a", &"x".repeat(256)] {
        ask(&server, "/v1/decisions", key, request("passed", "go", "shop")).await.problem(400, "invalid-key");
    }
    assert_eq!(server.log.size(), Ok(0));
}

#[tokio::test]
async fn a_key_under_way_is_a_conflict_and_never_a_second_decision() {
    let log = FaultyLog::new();
    let server = log.server();
    let body = || request("passed", "go", "shop");
    // Its commit never ends, until whoever asked gives up; the decision is kept.
    log.on_commit(|log, entry| {
        kept(log.commit(entry));
        let (answer, pending) = Pending::channel();
        std::mem::forget(answer);
        pending
    });
    let mut first = Box::pin(ask(&server, "/v1/decisions", "k", body()));
    let waited = tokio::time::timeout(std::time::Duration::from_millis(200), &mut first).await;
    assert!(waited.is_err());
    let second = ask(&server, "/v1/decisions", "k", body()).await;
    let problem = second.problem(409, "in-flight");
    assert_eq!((&problem["decided"], &problem["treat_as"]), (&false.into(), &"block".into()));
    assert!((1..=5).contains(&second.header("retry-after").parse::<u32>().unwrap()));
    drop(first);
    let third = ask(&server, "/v1/decisions", "k", body()).await;
    assert_eq!((third.status.as_u16(), third.header("idempotency-replayed")), (200, "true"));
    assert_eq!(log.size(), Ok(1));
}

#[tokio::test]
async fn a_key_taken_while_deciding_gets_the_decision_that_took_it() {
    let log = FaultyLog::new();
    let server = log.server();
    // Between the look and the commit somebody else commits the same.
    log.on_commit(|log, entry| {
        assert_eq!(log.size(), Ok(0));
        kept(log.commit(entry));
        Pending::ready(Outcome::NotCommitted(Why::Repeated))
    });
    let answer = ask(&server, "/v1/decisions", "k", request("passed", "go", "shop")).await;
    assert_eq!((answer.status.as_u16(), answer.header("idempotency-replayed")), (200, "true"));
    // And where the log claims so without having it, nothing is decided.
    log.on_commit(|_, _| Pending::ready(Outcome::NotCommitted(Why::Repeated)));
    let answer = ask(&server, "/v1/decisions", "other", request("passed", "go", "shop")).await;
    assert_eq!(answer.problem(503, "undecided")["treat_as"], "block");
}

#[tokio::test]
async fn a_commit_in_doubt_is_found_again_by_its_key() {
    let log = FaultyLog::new();
    let server = log.server();
    log.on_commit(|log, entry| {
        kept(log.commit(entry));
        Pending::ready(Outcome::InDoubt(Why::Poisoned("as told".into())))
    });
    let body = || request("passed", "go", "shop");
    let answer = ask(&server, "/v1/decisions", "k", body()).await;
    assert_eq!(answer.problem(503, "undecided")["in_doubt"], true);
    let again = ask(&server, "/v1/decisions", "k", body()).await;
    assert_eq!((again.status.as_u16(), again.header("idempotency-replayed")), (200, "true"));
    assert_eq!(log.size(), Ok(1));
}
