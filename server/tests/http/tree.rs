//! Signed checkpoints, tiles and receipts over HTTP, checked with our own verifier and with Go's.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use holdpoint_server::Hex;
use holdpoint_server::log::{OpenError, RedbLog};
use holdpoint_server::notary::{Notary, NotaryError};
use holdpoint_server::proving::receipted;
use holdpoint_server::tlog::{Checkpoint, Proof, Tile, VerifierKey};
use serde_json::Value;

use crate::policy::request;
use crate::support::{NOW, Server};

async fn decide(server: &Server, count: usize) -> Vec<Value> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(server.post("/v1/decisions", request("passed", "go", "shop")).await.json());
    }
    all
}

async fn text(server: &Server, uri: &str) -> String {
    let answer = server.get(uri).await;
    assert_eq!(answer.status, 200, "{uri}");
    String::from_utf8(answer.bytes).unwrap()
}

async fn key(server: &Server) -> VerifierKey {
    VerifierKey::parse(text(server, "/log/vkey").await.trim_end()).unwrap()
}

#[tokio::test]
async fn a_receipt_proves_the_decision_that_was_answered() {
    let server = Server::new();
    let key = key(&server).await;
    assert_eq!(key.name(), format!("holdpoint/{}", server.log.id()));
    for decision in decide(&server, 7).await {
        let id = decision["id"].as_str().unwrap();
        let proof = Proof::parse(&text(&server, &format!("/v1/decisions/{id}/proof")).await).unwrap();
        let stored = receipted(&proof).unwrap();
        assert_eq!(decision["leaf"], Hex(&stored.seal.leaf_hash).to_string());
        assert_eq!(stored.sequence, decision["sequence"]);
        let checkpoint = proof.verify(&stored.seal.leaf_hash, &key).unwrap();
        assert!(checkpoint.size >= stored.sequence);
        let shown = holdpoint_server::decision(server.log.id(), &stored).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&shown).unwrap(), decision);
        // Another decision's record does not fit.
        let mut other = proof.clone();
        *other.extra.last_mut().unwrap() ^= 1;
        if let Ok(other_stored) = receipted(&other) {
            assert!(other.verify(&other_stored.seal.leaf_hash, &key).is_err());
        }
    }
}

#[tokio::test]
async fn what_the_tree_does_not_have_is_not_found() {
    let server = Server::new();
    decide(&server, 3).await;
    assert_eq!(server.get("/log/tile/0/000.p/3").await.bytes.len(), 96);
    assert_eq!(server.get("/log/tile/0/000.p/2").await.header("cache-control"), "no-cache");
    for path in
        ["0/000", "0/000.p/4", "0/001.p/1", "1/000.p/1", "0/0", "8/000.p/1", "0/000.p/0", "x", "0/000.p/3/"]
    {
        server.get(&format!("/log/tile/{path}")).await.problem(404, "unknown-tile");
    }
    server.get("/v1/decisions/42/proof").await.problem(404, "unknown-decision");
    let unsigned = Server::with(Arc::clone(&server.log), holdpoint_server::Clock::Fixed(NOW));
    for path in ["/log/checkpoint", "/log/vkey"] {
        unsigned.get(path).await.problem(503, "unavailable");
    }
    let empty = Server::new();
    let checkpoint = Checkpoint::open(&text(&empty, "/log/checkpoint").await, &key(&empty).await).unwrap();
    assert_eq!(checkpoint.size, 0);
}

/// What is below a directory, in another one.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Opens a log that a server had open a moment ago, whose last thread may not have ended yet.
fn reopened(directory: &Path) -> RedbLog {
    for _ in 0..1000 {
        match RedbLog::open(directory, NOW) {
            Err(OpenError::InUse(_)) => std::thread::sleep(std::time::Duration::from_millis(10)),
            opened => return opened.unwrap(),
        }
    }
    panic!("the log stays in use");
}

fn grow(directory: &Path, count: usize) -> Result<(), NotaryError> {
    let log = Arc::new(reopened(directory));
    let notary = Notary::open(directory, &*log, true)?;
    let server = Server::signing(log, Some(notary), holdpoint_server::Clock::Fixed(NOW));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let decided = decide(&server, count).await;
        let id = decided.last().unwrap()["id"].as_str().unwrap();
        text(&server, &format!("/v1/decisions/{id}/proof")).await;
    });
    Ok(())
}

#[test]
fn a_log_that_is_not_what_was_signed_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let (live, old, other) =
        (place.path().join("live"), place.path().join("old"), place.path().join("other"));
    grow(&live, 3).unwrap();
    let mode = fs::metadata(live.join("log.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    copy(&live, &old);
    grow(&live, 2).unwrap();
    grow(&live, 1).unwrap();

    // The file of yesterday.
    let file = "decisions.redb";
    let newest = fs::read(live.join(file)).unwrap();
    fs::copy(old.join(file), live.join(file)).unwrap();
    assert!(matches!(grow(&live, 1), Err(NotaryError::Rewound { signed: 6, found: 3 })));
    // And with other decisions since.
    let fork = place.path().join("fork");
    copy(&old, &fork);
    grow(&fork, 5).unwrap();
    fs::copy(fork.join(file), live.join(file)).unwrap();
    assert!(matches!(grow(&live, 1), Err(NotaryError::Swapped(6))));
    // Another log altogether.
    grow(&other, 9).unwrap();
    fs::copy(other.join(file), live.join(file)).unwrap();
    assert!(matches!(grow(&live, 1), Err(NotaryError::Foreign { .. })));
    // No file at all.
    fs::remove_file(live.join(file)).unwrap();
    assert!(grow(&live, 1).is_err());

    fs::write(live.join(file), newest).unwrap();
    grow(&live, 1).unwrap();
    // A key is not made anew where something was signed, and a broken one is not used.
    let secret = fs::read(live.join("log.key")).unwrap();
    fs::write(live.join("log.key"), "PRIVATE+KEY+x").unwrap();
    assert!(matches!(grow(&live, 1), Err(NotaryError::Malformed(..))));
    fs::remove_file(live.join("log.key")).unwrap();
    assert!(matches!(grow(&live, 1), Err(NotaryError::NoKey(_))));
    fs::write(live.join("log.key"), secret).unwrap();
    fs::write(live.join("log.checkpoint"), "nonsense").unwrap();
    assert!(matches!(grow(&live, 1), Err(NotaryError::Malformed(..))));
}

/// Writes what the server says about its log into a directory.
async fn publish(server: &Server, decisions: &[Value], old: &str, directory: &Path) {
    let checkpoint = text(server, "/log/checkpoint").await;
    let size = Checkpoint::open(&checkpoint, &key(server).await).unwrap().size;
    fs::write(directory.join("vkey"), text(server, "/log/vkey").await).unwrap();
    fs::write(directory.join("old"), old).unwrap();
    fs::write(directory.join("checkpoint"), checkpoint).unwrap();
    for level in 0..2 {
        let hashes = Tile::hashes(level, size);
        for index in 0..hashes.div_ceil(256) {
            let width = (hashes - index * 256).min(256) as u16;
            let path = format!("tile/{}", Tile { level, index, width });
            let tile = server.get(&format!("/log/{path}")).await;
            assert_eq!(tile.bytes.len(), usize::from(width) * 32, "{path}");
            let path = directory.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, tile.bytes).unwrap();
        }
    }
    fs::create_dir_all(directory.join("receipt")).unwrap();
    for decision in decisions {
        let id = decision["id"].as_str().unwrap();
        let receipt = text(server, &format!("/v1/decisions/{id}/proof")).await;
        fs::write(directory.join(format!("receipt/{id}")), receipt).unwrap();
    }
}

/// Says so past the test harness, which shows what tests print only where they fail.
fn skipped(why: &str) {
    std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes()).unwrap();
}

/// Go keeps the packages that guard its checksum database in its own source tree. Without modules, and with that tree
/// as the place of all packages, they are found there and nothing is fetched.
#[tokio::test]
async fn gos_own_verifier_accepts_checkpoints_tiles_and_receipts() {
    let place = tempfile::tempdir().unwrap();
    let Ok(go) = Command::new("go").args(["env", "GOROOT"]).output() else {
        skipped("there is no Go here, so its verifier has not been asked");
        return;
    };
    let root = String::from_utf8(go.stdout).unwrap();
    let vendored = Path::new(root.trim()).join("src/cmd/vendor/golang.org");
    if !vendored.join("x/mod/sumdb/note").is_dir() {
        skipped("this Go comes without the sources of its own tools");
        return;
    }
    fs::create_dir_all(place.path().join("go/src")).unwrap();
    symlink(&vendored, place.path().join("go/src/golang.org")).unwrap();

    let server = Server::new();
    let mut decisions = decide(&server, 300).await;
    let id = decisions[299]["id"].as_str().unwrap();
    // A receipt carries a checkpoint over its decision at least.
    let old = Proof::parse(&text(&server, &format!("/v1/decisions/{id}/proof")).await).unwrap().checkpoint;
    decisions.extend(decide(&server, 233).await);
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    publish(&server, &decisions, &old, place.path()).await;

    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/go/main.go");
    let ran = Command::new("go")
        .args(["run", main.to_str().unwrap(), place.path().to_str().unwrap()])
        .env("GO111MODULE", "off")
        .env("GOFLAGS", "")
        .env("GOPATH", place.path().join("go"))
        .env("GOCACHE", place.path().join("cache"))
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{err}");
    assert_eq!(out, "533 receipts, a tree of 533 that begins with one of 300\n");
}
