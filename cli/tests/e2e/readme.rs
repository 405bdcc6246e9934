//! The README: its policy compiles, and the server answers what it says, to the byte.

use std::fs;

use crate::run::{Server, root};

/// The fenced block behind a marker.
fn block<'t>(text: &'t str, marker: &str) -> &'t str {
    let behind = text.split_once(marker).unwrap_or_else(|| panic!("no {marker}")).1;
    behind.split_once("```").unwrap().0.trim_start_matches('\n')
}

/// What differs between two servers: the log's id, the number and the instant.
fn without_place(answer: &str) -> &str {
    answer.split_once("\"verdict\"").unwrap().1
}

#[test]
fn the_server_answers_what_the_readme_says() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let place = tempfile::tempdir().unwrap();
    let package = place.path().join("release");
    fs::create_dir(&package).unwrap();
    fs::write(package.join("release.hold"), block(&readme, "```hold")).unwrap();
    let server = Server::start(package.to_str().unwrap(), &place.path().join("data"));
    let (status, answer) = server.ask("POST", "/v1/decisions", block(&readme, "```json request"));
    assert_eq!(status, 200);
    let shown = block(&readme, "```json answer");
    let number =
        |text: &str| text.split_once("\"sequence\":").unwrap().1.split_once(',').unwrap().0.to_owned();
    assert_eq!(number(shown), number(&answer));
    if std::env::var_os("HOLDPOINT_BLESS").is_some() {
        let place = shown.split_once("\"verdict\"").unwrap().0;
        let lines = without_place(&answer).replace("\"objections\":[", "\"objections\":[\n");
        let lines = lines.replace("},{", "},\n{").replace("],\"retry_at\"", "],\n\"retry_at\"");
        let answer = format!("{place}\"verdict\"{lines}\n");
        fs::write(root().join("README.md"), readme.replace(shown, &answer)).unwrap();
        return;
    }
    let expected = shown.replace('\n', "");
    assert_eq!(without_place(&answer), without_place(&expected), "the README should say:\n{answer}");
}

#[test]
fn the_two_commands_are_those_that_ci_runs() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
    for command in ["cargo run --release -- serve examples/acme", "cargo test --workspace"] {
        assert!(readme.contains(command), "{command}");
    }
    assert!(ci.lines().any(|line| line.trim().ends_with("cargo test --workspace")));
}
