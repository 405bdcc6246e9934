//! Exports: written from a log and by a server, and verified without either.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{FIRST, Ran, Server, holdpoint, root};

struct Exported {
    _place: tempfile::TempDir,
    file: std::path::PathBuf,
    text: String,
    csv: String,
    key: String,
}

/// The export of a few decisions, over HTTP and from the log.
fn exported() -> Exported {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let server = Server::start("examples/acme", &data);
    let key = server.greeting.iter().find_map(|line| line.strip_prefix("key ")).unwrap().trim().to_owned();
    let ready = fs::read_to_string(root().join("examples/acme/requests/ready.json")).unwrap();
    for body in [&ready, &ready.replace("\"unit\": \"passed\"", "\"unit\": \"failed\""), &ready] {
        assert_eq!(server.ask("POST", "/v1/decisions", body).0, 200);
    }
    let (status, streamed) = server.ask("GET", "/v1/export", "");
    assert_eq!(status, 200);
    assert_eq!(server.ask("GET", "/v1/export?format=xml", "").0, 400);
    server.kill();
    let data = data.to_str().unwrap();
    let ran = holdpoint(&["log", "export", "--data", data]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for line in ran.out.lines() {
        assert!(streamed.contains(line), "{line}");
    }
    let csv = holdpoint(&["log", "export", "--data", data, "--format", "csv"]).out;
    Exported { file: place.path().join("export.ndjson"), _place: place, text: ran.out, csv, key }
}

fn verify(file: &Path, text: &str, more: &[&str]) -> Ran {
    fs::write(file, text).unwrap();
    holdpoint(&[&["log", "verify", file.to_str().unwrap()], more].concat())
}

#[test]
fn an_export_is_verified_without_its_log() {
    let exported = exported();
    let key = ["--vkey", exported.key.as_str()];
    let ran = verify(&exported.file, &exported.text, &key);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with(&format!("{} records verified, root ", FIRST + 2)), "{}", ran.out);
    let lines: Vec<&str> = exported.text.lines().collect();
    let events = FIRST as usize - 1;
    assert_eq!(lines.len(), events + 5);
    let first: Value = serde_json::from_str(lines[1]).unwrap();
    assert!(first["event"]["event"].is_string() && first.get("decision").is_none(), "{first}");
    let second: Value = serde_json::from_str(lines[events + 2]).unwrap();
    assert_eq!((&second["sequence"], &second["decision"]["verdict"]), (&(FIRST + 1).into(), &"block".into()));
    // Without a key its end is not evidence, and the command says so.
    let ran = verify(&exported.file, &exported.text, &[]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("signature"), "{}", ran.err);
}

#[test]
fn whatever_is_altered_in_an_export_is_found() {
    let exported = exported();
    let key = ["--vkey", exported.key.as_str()];
    let lines: Vec<&str> = exported.text.lines().collect();
    let [head, events @ .., one, two, three, end] = &lines[..] else { panic!("{lines:?}") };
    let joined = |lines: &[&str]| format!("{head}\n{}\n{}\n", events.join("\n"), lines.join("\n"));
    let (first, second, third) = (FIRST, FIRST + 1, FIRST + 2);
    let other = serde_json::from_str::<Value>(three).unwrap()["record"].as_str().unwrap().to_owned();
    let own = serde_json::from_str::<Value>(two).unwrap()["record"].as_str().unwrap().to_owned();
    for (altered, words) in [
        (exported.text.replace("\"verdict\":\"block\"", "\"verdict\":\"allow\""), "not what its record says"),
        (
            exported.text.replace(&format!("\"sequence\":{second}"), "\"sequence\":9"),
            &format!("decision {second}: the line is not what its record says"),
        ),
        (
            exported.text.replace(&own, &other),
            &format!("decision {second}: the line is not what its record says"),
        ),
        (joined(&[one, three, end]), &format!("decision {third} stands where {second} should")),
        (joined(&[one, two, end]), &format!("it ends with decision {second}, and says {third}")),
        (joined(&[one, two, three]), "its end is missing"),
        (joined(&[one, two, three, end, end]), "lines follow the end"),
        (joined(&[two, one, three, end]), &format!("stands where {first} should")),
        (exported.text.replace("\"request\":{", "\"request\":{ "), "not what its record says"),
        (exported.text.chars().take(exported.text.len() - 40).collect(), "makes no sense"),
        (joined(&[one, "nonsense", three, end]), &format!("decision {second}: the line makes no sense")),
        (joined(&[one, &format!("{{\"sequence\":{second}}}"), three, end]), "the line is not complete"),
        (exported.text.replace("\"checkpoint\":\"", "\"checkpoint\":\"x"), "the checkpoint: "),
    ] {
        let ran = verify(&exported.file, &altered, &key);
        assert_eq!(ran.code, 6, "{words}: {}", ran.out);
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    for none in ["", "nonsense\n", "{\"holdpoint_export\":9,\"log\":\"x\"}\n"] {
        assert_eq!(verify(&exported.file, none, &key).code, 6, "{none:?}");
    }
    assert_eq!(holdpoint(&["log", "verify", "no/such/file"]).code, 5);
}

#[test]
fn a_table_has_a_row_for_each_decision() {
    let exported = exported();
    let rows: Vec<&str> = exported.csv.split("\r\n").collect();
    assert_eq!(rows.len(), 5, "a head, three rows, an end of line");
    assert!(rows[0].starts_with("sequence,id,decided_at,verdict,rules,policy"));
    assert!(rows[2].starts_with(&format!("{},d-", FIRST + 1)) && rows[2].contains(",block,"), "{}", rows[2]);
}
