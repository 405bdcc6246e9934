//! Bad input of every kind gets a clear error and the right exit code.

use std::fs;

use serde_json::Value;

use crate::run::{holdpoint, with_input};

const FIVE_MISTAKES: &str = r#"use std.deployment

window late in "Europe/Berln" { open fri 09:00 to 17:00 }

policy release {
  param min_coverage: percent = 80% + 5%
  rule tests { block unless gates.unti == passed }
  rule kinds { block when change.kind == hotfx }
  rule soak { delay for 15m - staging.soak when staging.soak < 15 }
  rule hours { delay unless now in late }
  rule coverage { block when gates.coverage < min_coverage }
}
"#;

#[test]
fn five_mistakes_get_five_diagnostics_in_one_run() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("policy.hold"), FIVE_MISTAKES).unwrap();
    let path = place.path().to_str().unwrap();
    let ran = holdpoint(&["check", path, "--format", "json"]);
    assert_eq!(ran.code, 1);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let found: Vec<(u64, &str)> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| (d["start"]["line"].as_u64().unwrap(), d["code"].as_str().unwrap()))
        .collect();
    assert_eq!(found, [(3, "E0601"), (6, "E0403"), (7, "E0305"), (8, "E0305"), (9, "E0401")]);

    let text = holdpoint(&["check", path]).err;
    for words in [
        "did you mean `Europe/Berlin`?",
        "`80% + 5%` has two readings",
        "did you mean `unit`?",
        "did you mean `hotfix`?",
        "`duration?` and `int` do not compare",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let concise = holdpoint(&["check", path, "--format", "concise"]).err;
    assert!(concise.lines().next().unwrap().starts_with("policy.hold:3:16: error[E0601]"), "{concise}");
}

fn refused(request: &str) -> String {
    let ran = with_input(&["eval", "examples/acme", "--request", "-", "--at", "2026-11-17T10:00Z"], request);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert_eq!(ran.out, "");
    ran.err
}

#[test]
fn a_request_that_does_not_fit_is_refused_with_its_place() {
    let ready = fs::read_to_string(crate::run::root().join("examples/acme/requests/ready.json")).unwrap();
    let error = refused(&ready.replace("\"unit\"", "\"unti\""));
    assert!(
        error.contains("at `/gates/unti`: unknown member `unti`") && error.contains("did you mean `unit`?"),
        "{error}"
    );
    let error = refused(&ready.replace("\"production\"", "\"prodution\""));
    assert!(error.contains("/environment") && error.contains("production"), "{error}");
    let error = refused(&ready.replace("\"service\"", "\"service\": null, \"service\""));
    assert!(error.contains("service"), "{error}");
    assert!(refused("{").contains("-:1:2"), "{}", refused("{"));
    assert!(refused("").contains("error"));
}

#[test]
fn wrong_usage_says_what_would_be_right() {
    let ran = holdpoint(&["chek", "examples/acme"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("check"), "{}", ran.err);
    let ran = holdpoint(&["check", "no/such/place"]);
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("cannot read `no/such/place`"), "{}", ran.err);
    let ran = holdpoint(&["check", "examples/acme/requests"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("no `.hold` file"), "{}", ran.err);
    let ran = holdpoint(&[
        "eval",
        "examples/acme",
        "--request",
        "examples/acme/requests/ready.json",
        "--at",
        "tomorrow",
    ]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--at `tomorrow`"), "{}", ran.err);
    let ran = holdpoint(&["explain", "E0599"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("did you mean"), "{}", ran.err);
    let ran = holdpoint(&["log", "list", "--data", "no/such/log"]);
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("there is no decision log"), "{}", ran.err);
}

#[test]
fn a_damaged_module_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let module = place.path().join("acme.hpm");
    let path = module.to_str().unwrap();
    holdpoint(&["build", "examples/acme", "-o", path]);
    let bytes = fs::read(&module).unwrap();
    let request = "examples/acme/requests/ready.json";
    for (what, damaged) in [
        ("not a Holdpoint module", b"nothing of the kind".to_vec()),
        ("module format", bytes.iter().enumerate().map(|(at, b)| if at == 8 { 99 } else { *b }).collect()),
        ("damaged", bytes.iter().chain(&[0]).copied().collect()),
        ("damaged", bytes[..bytes.len() - 7].to_vec()),
    ] {
        fs::write(&module, damaged).unwrap();
        let ran = holdpoint(&["eval", path, "--request", request]);
        assert_eq!(ran.code, 3);
        assert!(ran.err.contains(what), "{what}: {}", ran.err);
    }
}

#[test]
fn nothing_in_a_policy_reaches_the_terminal_as_a_command() {
    let place = tempfile::tempdir().unwrap();
    let text = "request { n: int }\npolicy p { rule r \"\u{1b}[31m\u{202e}\" { block when m > 3 } }\n";
    fs::write(place.path().join("policy.hold"), text).unwrap();
    let ran = holdpoint(&["check", place.path().to_str().unwrap()]);
    assert_eq!(ran.code, 1);
    assert!(!ran.err.contains('\u{1b}') && !ran.err.contains('\u{202e}'), "{:?}", ran.err);
}

#[test]
fn mistakes_in_signals_are_told_of_the_file_with_signals() {
    let place = tempfile::tempdir().unwrap();
    let signals = place.path().join("signals.json");
    let path = signals.to_str().unwrap();
    let eval = ["eval", "examples/acme", "--request", "examples/acme/requests/ready.json", "--signals", path];
    for text in ["{\"failure_rat\": 1}", "[", ""] {
        fs::write(&signals, text).unwrap();
        let ran = holdpoint(&eval);
        assert!(ran.code == 3 && ran.err.contains(&format!("{path}:1:")), "{text}: {}", ran.err);
        assert!(!ran.err.contains("ready.json"), "{text}: {}", ran.err);
    }
    fs::write(&signals, "{}").unwrap();
    assert_ne!(holdpoint(&eval).code, 3);
}

#[test]
fn what_does_not_compile_is_a_finding_of_check_and_refused_elsewhere() {
    let policy = "request { n: int }\npolicy p { rule r { block when m > 3 } }\n";
    assert_eq!(with_input(&["check", "-"], policy).code, 1);
    for command in ["test", "build", "disasm", "serve"] {
        let ran = with_input(&[command, "-"], policy);
        assert!(ran.code == 3 && ran.err.contains("E0301"), "{command} {}", ran.err);
    }
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("p.hold");
    fs::write(&file, b"\xff").unwrap();
    assert_eq!(holdpoint(&["check", file.to_str().unwrap()]).code, 1);
    assert_eq!(holdpoint(&["test", file.to_str().unwrap()]).code, 3);
}

#[test]
fn warnings_are_told_by_check_alone_and_can_be_denied() {
    let policy = "request { n: int }\nlet unused = 3\npolicy p { rule r { block when n > 3 } }\n";
    let ran = with_input(&["check", "-"], policy);
    assert!(ran.code == 0 && ran.err.contains("W0309"), "{}", ran.err);
    assert_eq!(with_input(&["check", "-", "--deny-warnings"], policy).code, 1);
    let ran = with_input(&["build", "-"], policy);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let ran = holdpoint(&["check", "examples/acme", "--deny-warnings"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn a_package_without_a_policy_is_warned_of_and_not_served() {
    let nothing = "request { n: int }\n";
    let ran = with_input(&["check", "-"], nothing);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("warning: this package has no policy: every request is blocked"), "{}", ran.err);
    assert_eq!(with_input(&["check", "-", "--deny-warnings"], nothing).code, 1);
    let ran = with_input(&["serve", "-", "--data", "no/such/place"], nothing);
    assert!(ran.code == 3 && ran.err.contains("no policy"), "{}", ran.err);
}

#[test]
fn an_address_that_makes_no_sense_is_refused_with_one_that_does() {
    for listen in ["nowhere", "99999", "localhost", ":", "1.2.3.4"] {
        let ran = holdpoint(&["serve", "examples/acme", "--listen", listen]);
        assert!(ran.code == 2 && ran.err.contains("such as 127.0.0.1:7117"), "{listen} {}", ran.err);
    }
}
