//! Publishing a package over HTTP to the real server, with the real compiler.

use serde_json::{Value, json};

use crate::run::{Server, holdpoint};

const REQUEST: &str = "request { n: int }\n";

fn package(rules: &str, tests: &str) -> String {
    let policy = format!("{REQUEST}let most = 9\npolicy p {{\n{rules}\n}}\n");
    json!({"name": "limits", "files": {"policy.hold": policy, "tests.hold": tests}}).to_string()
}

fn post(server: &Server, path: &str, body: &str) -> (u16, Value) {
    let (status, answer) = server.ask("POST", path, body);
    (status, serde_json::from_str(&answer).unwrap())
}

#[test]
fn a_package_is_published_activated_and_survives_a_kill() {
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("policy.hold");
    let rules = "  rule few { block when n > most }\n  rule old { warn when n > 3 }";
    std::fs::write(&source, format!("{REQUEST}let most = 9\npolicy p {{\n{rules}\n}}\n")).unwrap();
    let (data, source) = (place.path().join("data"), source.to_str().unwrap().to_owned());
    let server = Server::start(&source, &data);
    let ask = |server: &Server| post(server, "/v1/decisions", "{\"n\": 7}").1["verdict"].clone();
    assert_eq!(ask(&server), "allow");

    // Written otherwise in spaces and comments only, it is the same policy.
    let same = "  // few\n  rule few {\n    block when n > most }\n  rule old { warn when n > 3 }";
    let (status, told) = post(&server, "/v1/policies", &package(same, ""));
    assert_eq!((status, &told["active"]), (201, &json!(true)), "{told}");
    assert_eq!(told["effect"], json!({"new": [], "gone": [], "changed": [], "definitions_changed": false}));

    let rules = "  rule few { block when n > 5 }\n  rule new { warn when n > most }";
    let test =
        "test \"seven is too many\" { given { n: 7, now: 2026-11-20T15:30+01:00 } expect block by few }\n";
    let (status, told) = post(&server, "/v1/policies", &package(rules, test));
    assert_eq!((status, &told["tests_passed"]), (201, &json!(1)), "{told}");
    let effect = json!({
        "new": ["p.new"], "gone": ["p.old"], "changed": ["p.few"], "definitions_changed": false,
    });
    assert_eq!(told["effect"], effect);
    assert_eq!(ask(&server), "allow");
    let hash = told["hash"].as_str().unwrap();
    let (status, told) = post(&server, &format!("/v1/policies/{hash}/activate"), "");
    assert_eq!((status, &told["active"], &told["effect"]), (200, &json!(hash), &effect));
    assert_eq!(ask(&server), "block");
    server.kill();

    let server = Server::start(&source, &data);
    assert!(
        server.greeting[0].contains(hash) && server.greeting[1].contains("--activate"),
        "{:?}",
        server.greeting
    );
    assert_eq!(ask(&server), "block", "the file that the server was started with does not undo it");
    server.kill();
    let data = data.to_str().unwrap();
    let events = holdpoint(&["log", "events", "--event", "policy.activated", "--data", data]).out;
    assert!(events.lines().next().unwrap().contains(hash), "{events}");
    assert_eq!(holdpoint(&["log", "verify", "--data", data]).code, 0);
    assert_eq!(holdpoint(&["log", "replay", "--all", "--data", data]).code, 0);
    let ran = holdpoint(&["serve", "--activate", "--data", data]);
    assert_eq!(ran.code, 2, "{}", ran.err);
}

#[test]
fn what_is_wrong_with_a_package_is_told_with_its_places() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start("examples/acme", place.path());
    let (status, problem) = post(&server, "/v1/policies", &package("  rule r { block when m > 1 }", ""));
    assert_eq!((status, &problem["type"]), (422, &json!("urn:holdpoint:problem:invalid-policy")));
    let all = problem["diagnostics"]["diagnostics"].as_array().unwrap();
    let found = all.iter().find(|one| one["severity"] == "error").unwrap();
    assert_eq!(
        (&found["code"], &found["file"], &found["start"]["line"]),
        (&json!("E0301"), &json!("policy.hold"), &json!(4))
    );

    let test = "test \"one is too many\" { given { n: 1, now: 2026-11-20T15:30+01:00 } expect block by r }\n";
    let (status, problem) = post(&server, "/v1/policies", &package("  rule r { block when n > 1 }", test));
    assert_eq!(status, 422);
    let failed = &problem["failed_tests"][0];
    assert_eq!((&failed["name"], &failed["source"]), (&json!("one is too many"), &json!("tests.hold:1:6")));
    assert!(!failed["failures"].as_array().unwrap().is_empty(), "{problem}");
    assert_eq!(post(&server, "/v1/policies", "{\"name\": \"x\", \"files\": {}}").0, 422);
}

#[test]
fn two_people_and_layers_are_asked_for_when_the_server_starts() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let options = ["--listen", "127.0.0.1:0", "--two-people"];
    let server = Server::start_with("examples/acme", &data, &options);
    let (status, told) = post(&server, "/v1/policies", &package("  rule r { block when n > most }", ""));
    assert_eq!(status, 201, "{told}");
    let hash = told["hash"].as_str().unwrap();
    let (status, problem) = post(&server, &format!("/v1/policies/{hash}/activate"), "");
    assert_eq!((status, &problem["type"]), (403, &json!("urn:holdpoint:problem:forbidden")), "{problem}");
    // The request belongs to the layer above, and so does a rule.
    let above = format!("{REQUEST}policy org {{ rule most {{ block when n > 9 }} }}\n");
    let own = "policy team { rule few { block when n > 5 } }\n";
    let offer = json!({
        "name": "team", "files": {"team.hold": own}, "above": [{"name": "org", "files": {"org.hold": above}}],
    });
    let (status, told) = post(&server, "/v1/policies", &offer.to_string());
    assert_eq!(status, 201, "{told}");
    let new = told["effect"]["new"].to_string();
    assert!(new.contains("org.most") && new.contains("team.few"), "{told}");
    server.kill();
    let data = data.to_str().unwrap();
    for wrong in
        [&["examples/acme", "--activate", "--two-people"][..], &["--under", "examples/acme"], &["--activate"]]
    {
        let ran = holdpoint(&[&["serve", "--data", data, "--listen", "127.0.0.1:0"], wrong].concat());
        assert_eq!(ran.code, 2, "{wrong:?}: {}", ran.err);
    }
}
