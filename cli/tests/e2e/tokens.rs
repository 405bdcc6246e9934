//! Tokens: the first one, those made without a server, and what a policy sees of them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::run::{Ran, Server, holdpoint, root};

fn token(command: &[&str], data: &Path) -> Ran {
    holdpoint(&[&["token"], command, &["--data", data.to_str().unwrap()]].concat())
}

fn header(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[test]
fn the_first_start_prints_a_token_and_later_ones_a_line_that_takes_it_from_the_environment() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start("examples/acme", place.path());
    let first = server.token.clone();
    assert_eq!(
        server.greeting.iter().filter(|line| line.contains("hp_")).count(),
        2,
        "{:?}",
        server.greeting
    );
    server.kill();
    let server = Server::start("examples/acme", place.path());
    assert!(server.greeting.iter().all(|line| !line.contains("hp_")), "{:?}", server.greeting);
    let line = server.greeting.last().unwrap();
    let ask = |token: &str| {
        let ran =
            Command::new("sh").args(["-c", line]).current_dir(root()).env("HOLDPOINT_TOKEN", token).output();
        serde_json::from_slice::<Value>(&ran.unwrap().stdout).unwrap()
    };
    assert!(ask(&first)["verdict"].is_string());
    assert_eq!(ask("hp_x")["type"], "urn:holdpoint:problem:unauthenticated");
    // No file has the secret.
    server.kill();
    for entry in fs::read_dir(place.path()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let secret = first.rsplit('_').next().unwrap().as_bytes();
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
}

#[test]
fn tokens_are_made_listed_and_revoked_without_a_server() {
    let place = tempfile::tempdir().unwrap();
    let scope = ["--scope", "deployment:trigger", "--scope", "audit:read"];
    let made =
        token(&[&["create", "--principal", "ci", "--tenant", "acme/pay"], &scope[..]].concat(), place.path());
    assert_eq!(made.code, 0, "{}", made.err);
    let secret = made.out.trim().to_owned();
    let (id, key) = secret.strip_prefix("hp_").unwrap().split_once('_').unwrap();
    assert!(made.err.contains("ci  acme/pay  deployment:trigger,audit:read  until "), "{}", made.err);
    assert!(!made.err.contains(&secret));

    let server = Server::start("examples/acme", place.path());
    assert_eq!(server.token, "", "a log that has a token gets none when it is served first");
    let list = || server.ask_with("GET", "/v1/decisions", &header(&secret), "").0;
    assert_eq!(list(), 200);
    assert_eq!(server.ask_with("GET", "/v1/export", &header(&secret), "").0, 403);
    let busy = token(&["revoke", &secret], place.path());
    assert_eq!(busy.code, 5);
    assert!(busy.err.contains("POST /v1/tokens"), "{}", busy.err);
    server.kill();

    let gone = token(&["revoke", &secret], place.path());
    assert_eq!((gone.code, gone.out.contains("  revoked 20")), (0, true), "{} {}", gone.out, gone.err);
    assert_eq!(token(&["revoke", id], place.path()).out, gone.out);
    assert_eq!(token(&["list"], place.path()).out, gone.out);
    let events = holdpoint(&["log", "events", "--data", place.path().to_str().unwrap()]).out;
    assert!(events.lines().next().unwrap().contains("\"event\":\"token.revoked\""), "{events}");
    assert!(events.contains("\"by\":\"operator\"") && !events.contains(key), "{events}");
    let server = Server::start("examples/acme", place.path());
    assert_eq!(server.ask_with("GET", "/v1/decisions", &header(&secret), "").0, 401);
}

#[test]
fn what_makes_no_token_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let scoped = |scope| token(&["create", "--principal", "ci", "--scope", scope], place.path());
    let ran = scoped("audit:raed");
    assert!(ran.code == 2 && ran.err.contains("did you mean `audit:read`?"), "{}", ran.err);
    for bad in [
        &["create", "--principal", "operator", "--scope", "admin"][..],
        &["create", "--principal", "a", "--scope", "admin", "--tenant", "a//b"],
        &["create", "--principal", "a", "--scope", "admin", "--days", "0"],
        &["create", "--principal", "a"],
    ] {
        assert_eq!(token(bad, place.path()).code, 2, "{bad:?}");
    }
    assert_eq!(token(&["list"], place.path()).code, 5, "there is no log yet");
    assert_eq!(scoped("admin").code, 0);
    assert_eq!(token(&["revoke", "0123"], place.path()).code, 2);
}

#[test]
fn a_policy_sees_who_asks_by_the_token_and_nothing_that_a_body_claims() {
    let place = tempfile::tempdir().unwrap();
    let (package, data) = (place.path().join("p"), place.path().join("data"));
    fs::create_dir(&package).unwrap();
    let policy = "record Caller { id: principal  team: string?  scopes: list<string, max 8> }
request { n: int, caller: Caller as verified }
policy p {
  rule team \"Only payments\" { block unless caller.team == \"payments\" }
  rule back \"Only who may go back\" { block unless \"deployment:rollback\" in caller.scopes }
}
";
    fs::write(package.join("policy.hold"), policy).unwrap();
    let server = Server::start(package.to_str().unwrap(), &data);
    assert!(server.greeting.iter().all(|line| !line.contains("unknown: caller")), "{:?}", server.greeting);
    let make = |tenant: &str, scopes: &str| {
        let wanted = format!("{{\"principal\":\"ci\",\"tenant\":\"{tenant}\",\"scopes\":[{scopes}]}}");
        let (status, answer) = server.ask("POST", "/v1/tokens", &wanted);
        assert_eq!(status, 201, "{answer}");
        serde_json::from_str::<Value>(&answer).unwrap()["token"].as_str().unwrap().to_owned()
    };
    let both = "\"deployment:trigger\",\"deployment:rollback\"";
    let (payments, search) = (make("acme/payments", both), make("acme/search", "\"deployment:trigger\""));
    let ask = |token: &str, body: &str| {
        let (_, answer) = server.ask_with("POST", "/v1/decisions", &header(token), body);
        serde_json::from_str::<Value>(&answer).unwrap()
    };
    let allowed = ask(&payments, "{\"n\":1}");
    assert_eq!(allowed["verdict"], "allow", "{allowed}");
    let blocked = ask(&search, "{\"n\":1}");
    assert_eq!((&blocked["verdict"], blocked["objections"].as_array().unwrap().len()), (&"block".into(), 2));
    let claimed = ask(&search, "{\"n\":1,\"caller\":{\"id\":\"x\",\"team\":\"payments\",\"scopes\":[]}}");
    assert_eq!(claimed["type"], "urn:holdpoint:problem:invalid-request");
    assert_eq!(claimed["pointer"], "/caller");
    // What the token said is in the record, and the decision is made again from there.
    let replay = format!("/v1/decisions/{}/replay", allowed["id"].as_str().unwrap());
    let (_, replayed) = server.ask("POST", &replay, "");
    assert!(replayed.contains("\"identical\":true"), "{replayed}");
    let data = data.to_str().unwrap().to_owned();
    server.kill();
    let shown = holdpoint(&["log", "show", &allowed["sequence"].to_string(), "--data", &data]).out;
    assert!(
        shown.contains("asked by ci of acme/payments") && shown.contains("\"team\":\"payments\""),
        "{shown}"
    );
}
