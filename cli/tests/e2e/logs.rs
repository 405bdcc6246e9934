//! The decision log on disk: new, in use, read only, damaged.

use std::fs;
use std::path::Path;

use crate::run::{FIRST, Ran, Server, holdpoint, root};

const FILE: &str = "decisions.redb";

fn with_one_decision() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start("examples/acme", place.path());
    let request = fs::read_to_string(root().join("examples/acme/requests/ready.json")).unwrap();
    assert_eq!(server.ask("POST", "/v1/decisions", &request).0, 200);
    server.kill();
    place
}

fn log(command: &[&str], data: &Path) -> Ran {
    holdpoint(&[&["log"], command, &["--data", data.to_str().unwrap()]].concat())
}

fn serve(data: &Path) -> Ran {
    holdpoint(&["serve", "examples/acme", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
}

#[test]
fn the_greeting_tells_how_much_the_log_keeps_and_which_facts_are_unknown() {
    let place = tempfile::tempdir().unwrap();
    let shown = place.path().display();
    let server = Server::start("examples/acme", place.path());
    assert!(server.greeting.contains(&format!("log     {shown} (new)")), "{:?}", server.greeting);
    let facts = "facts without a source here, so unknown: ";
    assert!(server.greeting.iter().any(|line| line.starts_with(facts)), "{:?}", server.greeting);
    let request = fs::read_to_string(root().join("examples/acme/requests/ready.json")).unwrap();
    for _ in 0..2 {
        assert_eq!(server.ask("POST", "/v1/decisions", &request).0, 200);
    }
    server.kill();
    let server = Server::start("examples/acme", place.path());
    assert!(
        server.greeting.contains(&format!("log     {shown}, {} records", FIRST + 1)),
        "{:?}",
        server.greeting
    );
}

#[test]
fn a_damaged_log_has_one_exit_code_and_is_left_as_it_is() {
    let whole = with_one_decision();
    let bytes = fs::read(whole.path().join(FILE)).unwrap();
    let noise: Vec<u8> = bytes.iter().enumerate().map(|(at, b)| if at < 4096 { 7 } else { *b }).collect();
    for (what, damaged) in [
        ("empty", Vec::new()),
        ("short", bytes[..100].to_vec()),
        // Half of a young file is room.
        ("cut", bytes[..bytes.len() / 8].to_vec()),
        ("noise", noise),
    ] {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join(FILE);
        fs::write(&file, &damaged).unwrap();
        for ran in [
            log(&["list"], place.path()),
            log(&["show", "1"], place.path()),
            log(&["replay", "--all"], place.path()),
            serve(place.path()),
        ] {
            assert_eq!(ran.code, 6, "{what}: {}", ran.err);
            assert!(ran.err.contains("restore the log from an export or a backup"), "{what}: {}", ran.err);
            assert!(!ran.err.contains("--data") && !ran.err.contains("stop"), "{what}: {}", ran.err);
            assert!(fs::read(&file).unwrap() == damaged, "{what}");
        }
    }
}

#[test]
fn a_log_in_use_is_read_from_its_server() {
    let place = tempfile::tempdir().unwrap();
    let _server = Server::start("examples/acme", place.path());
    let ran = log(&["list"], place.path());
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("`GET /v1/decisions`"), "{}", ran.err);
}

#[test]
fn reading_a_log_writes_nothing() {
    let place = with_one_decision();
    let file = place.path().join(FILE);
    let (bytes, changed) = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap());
    let allow = |allowed: bool| {
        use std::os::unix::fs::PermissionsExt;
        let (of_file, of_directory) = if allowed { (0o644, 0o755) } else { (0o444, 0o555) };
        fs::set_permissions(&file, fs::Permissions::from_mode(of_file)).unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(of_directory)).unwrap();
    };
    allow(false);
    let first = FIRST.to_string();
    for command in [
        &["list"][..],
        &["show", &first],
        &["replay", &first],
        &["replay", "--all"],
        &["events"],
        &["verify"],
    ] {
        let ran = log(command, place.path());
        assert_eq!(ran.code, 0, "{command:?}: {}", ran.err);
    }
    allow(true);
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), changed);
    assert!(fs::read(&file).unwrap() == bytes);
}

#[test]
fn what_is_shown_reads_like_what_was_decided() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start("examples/acme", place.path());
    let request = "examples/acme/requests/findings.json";
    let body = fs::read_to_string(root().join(request)).unwrap();
    assert_eq!(server.ask("POST", "/v1/decisions", &body).0, 200);
    server.kill();
    let shown = log(&["show", &FIRST.to_string()], place.path()).out;
    let listed = log(&["list"], place.path()).out;
    assert!(!listed.contains('.') || listed.split_whitespace().nth(1).unwrap().len() == 20, "{listed}");
    let at = shown.split_whitespace().nth(2).unwrap();
    assert_eq!(at.len(), "2026-11-20T15:30:00Z".len(), "{shown}");
    // Reasons keep the whole instant.
    let answer = log(&["list", "--format", "json"], place.path()).out;
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let exactly = answer["decided_at"].as_str().unwrap();
    let evaluated = holdpoint(&["eval", "examples/acme", "--request", request, "--at", exactly]).out;
    let (_, decided) = evaluated.split_once('\n').unwrap();
    assert!(shown.contains(decided.trim_end()), "{shown}\n{evaluated}");
}

#[test]
fn log_commands_say_what_they_need() {
    let ran = holdpoint(&["log", "replay"]);
    assert!(ran.code == 2 && ran.err.contains("--all"), "{}", ran.err);
    let ran = holdpoint(&["log", "list", "--limit", "0"]);
    assert!(ran.code == 2 && ran.err.contains("--limit"), "{}", ran.err);
}
