//! Receipts and verification of the log, from the real server to the command line.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{FIRST, Ran, Server, holdpoint, root};

fn ready() -> String {
    fs::read_to_string(root().join("examples/acme/requests/ready.json")).unwrap()
}

struct Told {
    ids: Vec<String>,
    key: String,
    checkpoint: String,
    receipt: String,
}

/// Runs a server for a few decisions.
fn serve(data: &Path, decisions: usize) -> Told {
    let server = Server::start("examples/acme", data);
    let key = server.greeting.iter().find_map(|line| line.strip_prefix("key ")).unwrap().trim().to_owned();
    let mut ids = Vec::new();
    for _ in 0..decisions {
        let (_, answer) = server.ask("POST", "/v1/decisions", &ready());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["leaf"].as_str().unwrap().len(), 64);
        ids.push(answer["id"].as_str().unwrap().to_owned());
    }
    let (_, receipt) = server.ask("GET", &format!("/v1/decisions/{}/proof", ids.last().unwrap()), "");
    let (_, checkpoint) = server.ask("GET", "/log/checkpoint", "");
    assert_eq!(server.ask("GET", "/log/vkey", "").1, format!("{key}\n"));
    server.kill();
    Told { ids, key, checkpoint, receipt }
}

fn verify(data: &Path, more: &[&str]) -> Ran {
    holdpoint(&[&["log", "verify", "--data", data.to_str().unwrap()], more].concat())
}

#[test]
fn a_receipt_is_checked_without_the_log() {
    let place = tempfile::tempdir().unwrap();
    let told = serve(&place.path().join("data"), 3);
    let file = place.path().join("receipt.tlog-proof");
    let path = file.to_str().unwrap();
    fs::write(&file, &told.receipt).unwrap();
    let check = |key: &str| holdpoint(&["log", "verify-receipt", path, "--vkey", key]);
    let ran = check(&told.key);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(
        ran.out.contains(&told.ids[2]) && ran.out.contains(&format!("of {} records", FIRST + 2)),
        "{}",
        ran.out
    );

    let data = place.path().join("data");
    let ran = holdpoint(&["log", "receipt", &told.ids[0], "--data", data.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    fs::write(&file, &ran.out).unwrap();
    assert!(check(&told.key).out.contains(&told.ids[0]));

    fs::write(&file, told.receipt.replace(&format!("index {}", FIRST + 1), "index 1")).unwrap();
    let ran = check(&told.key);
    assert_eq!(ran.code, 6);
    assert!(ran.err.contains("do not lead from the leaf to the signed root"), "{}", ran.err);
    let other = serve(&place.path().join("other"), 1);
    fs::write(&file, &told.receipt).unwrap();
    let ran = check(&other.key);
    assert_eq!((ran.code, ran.err.contains("is not signed with this key")), (6, true), "{}", ran.err);
    assert_eq!(check("nonsense").code, 2);
    fs::write(&file, [0xff; 9]).unwrap();
    assert_eq!(check(&told.key).code, 5);
    fs::write(&file, "").unwrap();
    assert_eq!(check(&told.key).code, 6);
    assert_eq!(holdpoint(&["log", "verify-receipt", "no/such/file", "--vkey", &told.key]).code, 5);
}

#[test]
fn a_log_is_verified_against_what_was_signed() {
    let place = tempfile::tempdir().unwrap();
    let (data, old) = (place.path().join("data"), place.path().join("checkpoint"));
    let told = serve(&data, 2);
    fs::write(&old, &told.checkpoint).unwrap();
    let old = old.to_str().unwrap();
    let before = fs::read(data.join("decisions.redb")).unwrap();
    let later = serve(&data, 2);
    assert_eq!(later.key, told.key);
    let ran = verify(&data, &["--vkey", &told.key, "--since", old]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with(&format!("{} records verified, root ", FIRST + 3)), "{}", ran.out);
    assert!(ran.out.contains("consistent with the checkpoint over"), "{}", ran.out);
    assert_eq!(verify(&data, &["--since", old]).code, 0);

    // Another log's checkpoint, key, and what is none.
    let other = place.path().join("other");
    let others = serve(&other, 5);
    assert_eq!(verify(&data, &["--vkey", &others.key]).code, 6);
    assert_eq!(verify(&other, &["--since", old]).code, 6);
    assert_eq!(verify(&data, &["--vkey", "nonsense"]).code, 2);
    assert_eq!(verify(&data, &["--since", "no/such/file"]).code, 5);

    // Yesterday's file: the server does not start, and verification says why.
    fs::write(data.join("decisions.redb"), before).unwrap();
    let ran =
        holdpoint(&["serve", "examples/acme", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]);
    assert_eq!(ran.code, 6);
    assert!(ran.err.contains("it is an older copy, or another log"), "{}", ran.err);
    let ran = verify(&data, &[]);
    assert_eq!(ran.code, 6);
    assert!(
        ran.err.contains(&format!("a checkpoint has {} decisions, the log {}", FIRST + 3, FIRST + 1)),
        "{}",
        ran.err
    );
}
