//! The server from start to replay, through `kill -9`.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::run::{FIRST, Server, holdpoint, root};

fn ready() -> String {
    fs::read_to_string(root().join("examples/acme/requests/ready.json")).unwrap()
}

#[test]
fn a_decision_survives_a_kill_and_replays_to_the_same_bytes() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start("examples/acme", place.path());
    let (status, answer) = server.ask("POST", "/v1/decisions", &ready());
    server.kill();
    assert_eq!(status, 200, "{answer}");
    let decision: Value = serde_json::from_str(&answer).unwrap();
    let id = decision["id"].as_str().unwrap();
    assert_eq!(decision["sequence"], FIRST);
    assert!(decision["policy"].as_str().unwrap().starts_with("sha256:"));

    let server = Server::start("examples/acme", place.path());
    let (status, found) = server.ask("GET", &format!("/v1/decisions/{id}"), "");
    assert_eq!((status, found), (200, answer.clone()));
    let (status, replay) = server.ask("POST", &format!("/v1/decisions/{id}/replay"), "");
    assert_eq!(status, 200, "{replay}");
    assert_eq!(serde_json::from_str::<Value>(&replay).unwrap()["identical"], true);
    server.kill();

    let data = place.path().to_str().unwrap();
    let ran = holdpoint(&["log", "replay", id, "--data", data]);
    assert_eq!((ran.code, ran.out.as_str()), (0, format!("decision {FIRST}: identical\n").as_str()));
    let ran = holdpoint(&["log", "list", "--data", data, "--format", "json"]);
    assert_eq!(ran.out.trim_end(), answer);
    let ran = holdpoint(&["log", "show", id, "--data", data]);
    assert!(ran.out.contains("request {"), "{}", ran.out);
    assert_eq!(holdpoint(&["log", "replay", "--all", "--data", data]).out, "1 of 1 decisions identical\n");
}

#[test]
fn a_key_is_refused_where_another_policy_has_decided_since() {
    let (place, packages) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = packages.path().join("policy.hold");
    let package = path.to_str().unwrap();
    let publish = |most: u8| {
        let rule = format!("rule few {{ block when n > {most} }}");
        fs::write(&path, format!("request {{ n: int }}\npolicy p {{ {rule} }}\n")).unwrap();
    };
    let ask = |server: &Server, key: &str| {
        let (status, body) =
            server.ask_with("POST", "/v1/decisions", &format!("Idempotency-Key: {key}\r\n"), "{\"n\": 7}");
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    publish(9);
    let server = Server::start(package, place.path());
    let (status, first) = ask(&server, "k");
    assert_eq!((status, &first["verdict"]), (200, &"allow".into()), "{first}");
    assert_eq!(ask(&server, "k"), (200, first.clone()));
    server.kill();

    publish(5);
    // The file alone does not undo what is active.
    let server = Server::start(package, place.path());
    assert!(server.greeting[1].contains("--activate"), "{:?}", server.greeting);
    assert_eq!(ask(&server, "k"), (200, first.clone()));
    server.kill();
    let server = Server::start_with(package, place.path(), &["--listen", "127.0.0.1:0", "--activate"]);
    let (status, problem) = ask(&server, "k");
    assert_eq!(
        (status, &problem["type"]),
        (409, &"urn:holdpoint:problem:policy-changed".into()),
        "{problem}"
    );
    assert_eq!((&problem["decision"], &problem["recorded_policy"]), (&first["id"], &first["policy"]));
    let (status, second) = ask(&server, "k2");
    assert_eq!((status, &second["policy"]), (200, &problem["active_policy"]), "{second}");
    assert_eq!(second["verdict"], "block", "what the new policy was published for");
    let id = problem["decision"].as_str().unwrap();
    let (_, read) = server.ask("GET", &format!("/v1/decisions/{id}"), "");
    assert_eq!(serde_json::from_str::<Value>(&read).unwrap(), first);
}

#[test]
fn what_the_disk_has_to_have_left_is_an_option() {
    let place = tempfile::tempdir().unwrap();
    let most = u64::MAX.to_string();
    let all = ["--listen", "127.0.0.1:0", "--min-free-bytes", &most, "--min-free-percent", "100"];
    let server = Server::start_with("examples/acme", place.path(), &all);
    let (status, problem) = server.ask("POST", "/v1/decisions", &ready());
    assert_eq!(status, 503);
    assert!(problem.contains("bytes left") && problem.contains("\"treat_as\":\"block\""), "{problem}");
    assert_eq!(server.ask("GET", "/health/ready", "").0, 503);
    server.kill();
    let none = ["--listen", "127.0.0.1:0", "--min-free-percent", "0", "--scrub-rest", "1"];
    let server = Server::start_with("examples/acme", place.path(), &none);
    assert_eq!(server.ask("POST", "/v1/decisions", &ready()).0, 200);

    let help = holdpoint(&["serve", "--help"]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in ["--min-free-bytes <BYTES>", "[default: 1073741824]", "[default: 5]", "--scrub-rest <HOURS>"]
    {
        assert!(help.contains(part), "{part}: {help}");
    }
    for (option, value) in [
        ("--min-free-percent", "101"),
        ("--min-free-percent", "-1"),
        ("--min-free-bytes", "1GiB"),
        ("--scrub-rest", "0"),
        ("--scrub-rest", "8761"),
    ] {
        let ran = holdpoint(&["serve", "examples/acme", &format!("{option}={value}")]);
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains(value) && ran.err.contains(option), "{}", ran.err);
    }
}

#[test]
fn the_printed_curl_line_works() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start("examples/acme", place.path());
    let line = server.greeting.last().unwrap();
    let ran = Command::new("sh").args(["-c", line]).current_dir(root()).output();
    let output = ran.unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    let decision: Value = serde_json::from_slice(&output.stdout).unwrap();
    for member in [
        "id",
        "verdict",
        "objections",
        "retry_at",
        "policy",
        "sequence",
        "fuel_used",
        "fuel_bound",
        "decided_at",
    ] {
        assert!(decision.get(member).is_some(), "{member}: {decision}");
    }
}

#[test]
fn every_objection_carries_rule_control_reason_and_source() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start("examples/acme", place.path());
    let request = fs::read_to_string(root().join("examples/acme/requests/findings.json")).unwrap();
    let (_, answer) = server.ask("POST", "/v1/decisions", &request);
    let decision: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(decision["verdict"], "block");
    let objections = decision["objections"].as_array().unwrap();
    let sast: Vec<&Value> = objections.iter().filter(|o| o["rule"] == "pol_007.sast").collect();
    assert_eq!(sast.len(), 2, "{answer}");
    assert_eq!(sast[0]["reason"], "rust/sql-injection in src/orders.rs:212 is critical");
    assert_eq!(sast[0]["control"], "CTRL-007.2");
    assert!(sast[0]["source"].as_str().unwrap().starts_with("policy.hold:"), "{}", sast[0]);
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_is_recorded() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start("examples/acme", place.path());
    let (status, problem) = server.ask("POST", "/v1/decisions", &ready().replace("\"unit\"", "\"unti\""));
    assert_eq!(status, 422);
    let problem: Value = serde_json::from_str(&problem).unwrap();
    assert_eq!(problem["pointer"], "/gates/unti");
    assert_eq!(problem["help"], "did you mean `unit`?");
    assert_eq!(server.ask("POST", "/v1/decisions", "{").0, 400);
    let (_, list) = server.ask("GET", "/v1/decisions", "");
    assert_eq!(serde_json::from_str::<Value>(&list).unwrap()["decisions"], serde_json::json!([]));
}

#[test]
fn verdicts_become_status_codes_where_asked() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start("examples/acme", place.path());
    let blocked = ready().replace("\"unit\": \"passed\"", "\"unit\": \"failed\"");
    assert_eq!(server.ask("POST", "/v1/decisions", &blocked).0, 200);
    assert_eq!(server.ask("POST", "/v1/decisions?status=outcome", &blocked).0, 403);
    let development = fs::read_to_string(root().join("examples/acme/requests/development.json")).unwrap();
    assert_eq!(server.ask("POST", "/v1/decisions?status=outcome", &development).0, 200);
    for path in ["/health/live", "/health/ready", "/health/startup", "/v1/policies"] {
        assert_eq!(server.ask("GET", path, "").0, 200, "{path}");
    }
}

#[test]
fn a_second_server_on_the_same_log_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let _server = Server::start("examples/acme", place.path());
    let data = place.path().to_str().unwrap();
    let ran = holdpoint(&["serve", "examples/acme", "--listen", "127.0.0.1:0", "--data", data]);
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("another process"), "{}", ran.err);
}

#[test]
fn the_greeting_is_fit_for_a_shell_and_for_a_package_without_requests() {
    let place = tempfile::tempdir().unwrap();
    let package = place.path().join("it's a package");
    fs::create_dir(&package).unwrap();
    let policy = "request { n: int }\npolicy p { rule r { block when n > 3 } }\n";
    fs::write(package.join("policy.hold"), policy).unwrap();
    fs::write(package.join("other.json"), "{\"m\": 1}").unwrap();
    let start = |listen: &str, data: &str| {
        Server::start_at(package.to_str().unwrap(), listen, &place.path().join(data))
    };
    let server = start(":0", "a");
    assert!(server.address.starts_with("127.0.0.1:"), "{}", server.address);
    let line = server.greeting.last().unwrap();
    assert!(line.starts_with("to ask for a decision, ") && line.ends_with("its members: `n`"), "{line}");

    fs::write(package.join("few.json"), "{\"n\": 1}").unwrap();
    fs::write(package.join("a-big.json"), format!("{{\"n\": 1{}}}", " ".repeat(300 * 1024))).unwrap();
    let server = start("0.0.0.0:0", "b");
    let line = server.greeting.last().unwrap();
    assert!(line.contains("'\\''s a package/few.json' http://127.0.0.1:"), "{line}");
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    let decision: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(decision["verdict"], "allow");
    assert!(start("localhost:0", "c").address.starts_with("127.0.0.1:"));
    assert!(start("0", "d").address.starts_with("127.0.0.1:"));
}

#[test]
fn a_verdict_that_shows_as_503_is_not_logged_as_a_failure() {
    let place = tempfile::tempdir().unwrap();
    let package = place.path().join("p");
    fs::create_dir(&package).unwrap();
    let policy =
        "request { n: int }\ngroup g = directory(\"g\")\npolicy p { rule r { escalate to g when n > 3 } }\n";
    fs::write(package.join("policy.hold"), policy).unwrap();
    let server = Server::start(package.to_str().unwrap(), &place.path().join("data"));
    let (status, answer) = server.ask("POST", "/v1/decisions?status=outcome", "{\"n\": 4}");
    assert_eq!(status, 503);
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap()["verdict"], "escalate");
    assert_eq!(server.logged(), "");
}

#[test]
fn a_server_that_cannot_listen_makes_no_token() {
    use std::os::unix::fs::PermissionsExt;
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let first =
        holdpoint(&["serve", "examples/acme", "--data", data.to_str().unwrap(), "--listen", &address]);
    assert!(first.code == 5 && first.err.contains("cannot listen"), "{}", first.err);
    let server = Server::start("examples/acme", &data);
    assert!(server.greeting.iter().any(|line| line.starts_with("token   hp_")), "{:?}", server.greeting);
    let mode = std::fs::metadata(data.join("decisions.redb")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
