//! What would be decided otherwise: a policy in the shadow, what-if, and decisions in plain words.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::run::{Server, holdpoint, root};

const REQUEST: &str = "request { n: int?, service: string }\n";

fn source(most: u8) -> String {
    format!(
        "{REQUEST}window office in \"UTC\" {{ open mon through fri 09:00 to 17:00 }}\n\
         policy p {{\n  rule few \"Not too many\" control \"C-7\" {{ block when n > {most} fix \"send fewer\" }}\n\
         \x20 rule hours {{ delay unless now in office }}\n}}\n"
    )
}

fn start(place: &Path) -> Server {
    let package = place.join("policy.hold");
    fs::write(&package, source(9)).unwrap();
    Server::start(package.to_str().unwrap(), &place.join("data"))
}

fn post(server: &Server, path: &str, body: &Value) -> (u16, Value) {
    let (status, answer) = server.ask("POST", path, &body.to_string());
    (status, serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}")))
}

fn get(server: &Server, path: &str) -> Value {
    let (status, answer) = server.ask("GET", path, "");
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(&answer).unwrap()
}

fn publish(server: &Server, text: &str) -> String {
    let (status, told) = post(server, "/v1/policies", &json!({"name": "p", "files": {"policy.hold": text}}));
    assert_eq!(status, 201, "{told}");
    told["hash"].as_str().unwrap().to_owned()
}

fn decide(server: &Server, n: u8) -> Value {
    let (status, decision) = post(server, "/v1/decisions", &json!({"n": n, "service": "shop"}));
    assert_eq!(status, 200, "{decision}");
    decision
}

#[test]
fn a_policy_in_the_shadow_is_recorded_and_has_no_say() {
    let place = tempfile::tempdir().unwrap();
    let server = start(place.path());
    let strict = publish(&server, &source(5));
    let before = decide(&server, 7);
    let shadow = format!("/v1/policies/{strict}/shadow");
    let (status, told) = post(&server, &shadow, &json!({}));
    assert_eq!((status, &told["shadow"]), (200, &json!(strict)));
    let (few, seven, ten) = (decide(&server, 1), decide(&server, 7), decide(&server, 10));
    assert_eq!((&seven["verdict"], &seven["policy"]), (&before["verdict"], &before["policy"]));
    assert_eq!(
        seven.as_object().unwrap().len(),
        before.as_object().unwrap().len(),
        "the answer tells nothing of it"
    );
    assert_eq!(ten["verdict"], "block");

    let found = get(&server, &format!("/v1/policies/{strict}/differences"));
    let found = found["decisions"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["id"], &found[0]["verdict"]), (&seven["id"], &seven["verdict"]));
    assert_eq!((&found[0]["shadow_verdict"], &found[0]["service"]), (&json!("block"), &json!("shop")));
    assert!(found[0]["shadow_rules"].as_array().unwrap().contains(&json!("p.few")));
    assert!(!found[0]["rules"].as_array().unwrap().contains(&json!("p.few")));
    let (_, replayed) =
        post(&server, &format!("/v1/decisions/{}/replay", few["id"].as_str().unwrap()), &json!({}));
    assert_eq!(replayed["identical"], true);
    server.kill();

    // It stays in the shadow, and is in every export.
    let server = start(place.path());
    assert_eq!(get(&server, "/v1/policies")["shadow"], json!(strict));
    decide(&server, 8);
    assert_eq!(
        get(&server, &format!("/v1/policies/{strict}/differences"))["decisions"].as_array().unwrap().len(),
        2
    );
    let page = get(&server, &format!("/v1/policies/{strict}/differences?limit=1"));
    assert!(page["next"].is_string(), "{page}");
    let active = before["policy"].as_str().unwrap();
    let own = post(&server, &format!("/v1/policies/{active}/shadow"), &json!({}));
    assert_eq!(own.0, 422, "what decides is not beside itself: {}", own.1);
    // One that does not know such requests is recorded as refusing them.
    let other = publish(&server, "request { m: int }\npolicy q { rule r { block when m > 1 } }\n");
    assert_eq!(post(&server, &format!("/v1/policies/{other}/shadow"), &json!({})).0, 200);
    decide(&server, 1);
    let refused = get(&server, &format!("/v1/policies/{other}/differences"))["decisions"][0].clone();
    assert!(refused["shadow_refused"].is_string() && refused["shadow_verdict"].is_null(), "{refused}");
    // Activated, it leaves the shadow.
    assert_eq!(post(&server, &shadow, &json!({})).0, 200);
    assert_eq!(post(&server, &format!("/v1/policies/{strict}/activate"), &json!({})).0, 200);
    assert_eq!(get(&server, "/v1/policies")["shadow"], json!(null));
    assert_eq!(decide(&server, 7)["verdict"], "block");
    assert_eq!(server.ask("DELETE", &shadow, "").0, 200);
    server.kill();
    let data = place.path().join("data");
    let data = data.to_str().unwrap();
    let exported = holdpoint(&["log", "export", "--data", data]).out;
    assert_eq!(exported.lines().filter(|line| line.contains(",\"shadow\":{")).count(), 5);
    let file = place.path().join("export");
    fs::write(&file, exported).unwrap();
    assert_eq!(holdpoint(&["log", "verify", file.to_str().unwrap()]).code, 0);
    assert_eq!(holdpoint(&["log", "verify", "--data", data]).code, 0);
    let shown = holdpoint(&["log", "show", &few["sequence"].to_string(), "--data", data]).out;
    assert!(shown.contains("in the shadow {\"verdict\""), "{shown}");
}

#[test]
fn what_if_tells_what_would_be_and_records_nothing() {
    let place = tempfile::tempdir().unwrap();
    let server = start(place.path());
    let strict = publish(&server, &source(5));
    let decision = decide(&server, 7);
    let path = format!("/v1/decisions/{}/what-if", decision["id"].as_str().unwrap());
    let same = post(&server, &path, &json!({})).1;
    assert_eq!((&same["recorded"], &same["differences"]), (&json!(false), &json!([])), "{same}");
    // A Monday morning, a Sunday, and another policy.
    let monday = post(&server, &path, &json!({"at": "2026-11-23T10:00:00Z"})).1;
    assert_eq!(
        (&monday["decision"]["verdict"], &monday["at"]),
        (&json!("allow"), &json!("2026-11-23T10:00:00Z"))
    );
    let sunday = post(&server, &path, &json!({"at": "2026-11-22T10:00:00Z"})).1;
    assert_eq!(sunday["decision"]["verdict"], "delay");
    let stricter = post(&server, &path, &json!({"at": "2026-11-23T10:00:00Z", "policy": strict})).1;
    assert_eq!(
        (&stricter["decision"]["verdict"], &stricter["decision"]["policy"]),
        (&json!("block"), &json!(strict))
    );
    let members: Vec<&str> = stricter["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["member"].as_str().unwrap())
        .collect();
    assert!(members.contains(&"policy") && members.contains(&"verdict"), "{members:?}");

    let imagined = |more: Value| {
        let mut body = json!({"request": {"n": 7, "service": "till"}, "at": "2026-11-23T10:00:00Z"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        post(&server, "/v1/what-if", &body)
    };
    assert_eq!(imagined(json!({})).1["decision"]["verdict"], "allow");
    assert_eq!(imagined(json!({"policy": strict})).1["decision"]["verdict"], "block");
    let (status, wrong) = imagined(json!({"request": {"m": 1}}));
    assert_eq!((status, &wrong["pointer"]), (422, &json!("/m")), "{wrong}");
    assert_eq!(imagined(json!({"at": "tomorrow"})).0, 422);
    assert_eq!(imagined(json!({"policy": format!("sha256:{}", "0".repeat(64))})).0, 404);
    assert_eq!(imagined(json!({"more": 1})).0, 422);
    assert_eq!(post(&server, &path.replace("000000", "000001"), &json!({})).0, 404);
    assert_eq!(get(&server, "/v1/decisions")["decisions"].as_array().unwrap().len(), 1);
    // A token for some services asks for those only, also in imagination.
    let wanted = json!({"principal": "ci", "tenant": "*/*/shop", "scopes": ["deployment:trigger"]});
    let token = post(&server, "/v1/tokens", &wanted).1["token"].as_str().unwrap().to_owned();
    let body = json!({"request": {"n": 7, "service": "till"}}).to_string();
    let lines = format!("Authorization: Bearer {token}\r\n");
    assert_eq!(server.ask_with("POST", "/v1/what-if", &lines, &body).0, 403);
}

#[test]
fn a_decision_is_explained_with_values_thresholds_and_places() {
    let place = tempfile::tempdir().unwrap();
    let server = start(place.path());
    let (_, answer) = server.ask("POST", "/v1/decisions", "{\"n\": 12, \"service\": \"<b>shop</b>\"}");
    let decision: Value = serde_json::from_str(&answer).unwrap();
    let path = format!("/v1/decisions/{}/explanation", decision["id"].as_str().unwrap());
    let (status, text) = server.ask("GET", &path, "");
    assert_eq!(status, 200);
    for part in [
        "The deployment of <b>shop</b> was blocked",
        "n 12 > 9",
        "To mend it: send fewer",
        "Rule p.few, for control C-7, at policy.hold:4:",
        "asked for by administrator of the tenant *",
        decision["policy"].as_str().unwrap(),
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (status, html) = server.ask("GET", &format!("{path}?format=html"), "");
    assert_eq!(status, 200);
    assert!(html.starts_with("<!doctype html>") && html.contains("n 12 &gt; 9"), "{html}");
    assert!(
        html.contains("&lt;b&gt;shop") && !html.contains("<b>shop") && !html.contains("<script"),
        "{html}"
    );
    assert_eq!(server.ask("GET", &format!("{path}?format=pdf"), "").0, 400);
    server.kill();
    let data = place.path().join("data");
    let data = data.to_str().unwrap();
    let number = decision["sequence"].to_string();
    assert_eq!(holdpoint(&["log", "explain", &number, "--data", data]).out, text);
    assert_eq!(holdpoint(&["log", "explain", &number, "--data", data, "--format", "html"]).out, html);
    assert_eq!(holdpoint(&["log", "explain", "1", "--data", data]).code, 2, "an event is no decision");
}

#[test]
fn what_is_not_known_and_whom_to_ask_are_explained() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::start("examples/acme", place.path());
    for (request, parts) in [
        ("missing-evidence", &["Nothing is known of: ", "Not known, and therefore not taken as good: "][..]),
        ("breaking-change", &["Ask ", " to release it."]),
        ("development", &["was allowed", "no rule objects"]),
    ] {
        let body = fs::read_to_string(root().join(format!("examples/acme/requests/{request}.json"))).unwrap();
        let (_, answer) = server.ask("POST", "/v1/decisions", &body);
        let decision: Value = serde_json::from_str(&answer).unwrap();
        let id = decision["id"].as_str().unwrap();
        let (_, text) = server.ask("GET", &format!("/v1/decisions/{id}/explanation"), "");
        for part in parts {
            assert!(text.contains(part), "{request}: {part}\n{text}");
        }
        for objection in decision["objections"].as_array().unwrap() {
            assert!(text.contains(objection["reason"].as_str().unwrap()), "{text}");
        }
    }
}
