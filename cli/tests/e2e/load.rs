//! The reference load: 28 rules decide 96 requests as every other engine does.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::run::{holdpoint, root};

/// The folder of the load beside the project, or `None`, said aloud, where it is absent.
fn load() -> Option<PathBuf> {
    let beside = root().join("../shared/data");
    let folder = std::env::var_os("HOLDPOINT_SHARED_DATA").map_or(beside, PathBuf::from).join("pol007");
    if !folder.is_dir() {
        // Written past the capture of tests, so that a skipped test is seen to be skipped.
        let _ = writeln!(std::io::stderr(), "skipped: there is no shared data folder `pol007`");
        return None;
    }
    Some(folder)
}

#[test]
fn the_tests_of_the_load_pass_and_it_has_no_warnings() {
    let ran = holdpoint(&["test", "examples/pol007-load"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let ran = holdpoint(&["check", "examples/pol007-load", "--deny-warnings"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn every_request_of_the_load_has_the_verdict_and_the_objections_that_all_engines_agree_on() {
    let Some(folder) = load() else { return };
    let mut count = 0;
    for line in fs::read_to_string(folder.join("expected.txt")).unwrap().lines() {
        let (name, expected) = line.split_once(' ').unwrap();
        let expected: Value = serde_json::from_str(expected).unwrap();
        let path = folder.join("requests").join(format!("{name}.json"));
        let request: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let (at, path) = (request["now"].as_str().unwrap(), path.to_str().unwrap());
        let args = ["eval", "examples/pol007-load", "--request", path, "--at", at, "--format", "json"];
        let ran = holdpoint(&args);
        let decision: Value =
            serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{name}: {}", ran.err));
        assert_eq!(decision["verdict"], expected["verdict"], "{name}");
        assert_eq!(controls(&decision), rules(&expected), "{name}");
        count += 1;
    }
    assert_eq!(count, 96);
}

/// The controls of the rules that object, sorted.
fn controls(decision: &Value) -> Vec<&str> {
    let objections = decision["objections"].as_array().unwrap();
    let mut found: Vec<&str> = objections.iter().map(|o| o["control"].as_str().unwrap()).collect();
    found.sort_unstable();
    found
}

fn rules(expected: &Value) -> Vec<&str> {
    let mut found: Vec<&str> =
        expected["objections"].as_array().unwrap().iter().map(|rule| rule.as_str().unwrap()).collect();
    found.sort_unstable();
    found
}
