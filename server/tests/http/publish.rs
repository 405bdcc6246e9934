//! Publishing policies, activating them, and what a server does when it starts again.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdpoint_server::log::{DecisionLog, RedbLog};
use holdpoint_server::publish::{Built, Compiler, FailedTest, Package, Rejected, Writing};
use holdpoint_server::standing::Standing;
use holdpoint_server::{Config, Offer, ServeError, Started, serve};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::policy::{policy, request};
use crate::support::{Answer, NOW, Server};

/// The policy of a name, as a module to be published.
fn module(name: &str) -> String {
    let policy = policy(name);
    let map = STANDARD.encode(&policy.source_map_bytes);
    json!({"name": name, "module": STANDARD.encode(policy.program.bytes()), "source_map": map}).to_string()
}

async fn published(server: &Server, name: &str) -> String {
    let answer = server.post("/v1/policies", module(name)).await;
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()["hash"].as_str().unwrap().to_owned()
}

async fn activate(server: &Server, hash: &str, token: &str) -> Answer {
    server.ask("POST", &format!("/v1/policies/{hash}/activate"), token, "").await
}

async fn decides(server: &Server) -> String {
    let answer = server.post("/v1/decisions", request("passed", "go", "shop")).await;
    assert_eq!(answer.status, 200);
    answer.json()["policy"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_policy_is_published_without_deciding_and_decides_once_it_is_activated() {
    let server = Server::new();
    let before = decides(&server).await;
    let hash = published(&server, "stricter").await;
    assert_eq!(hash, policy("stricter").program.hash().to_string());
    assert_eq!(decides(&server).await, before, "it is only published");
    let told = activate(&server, &hash, &server.token).await;
    assert_eq!(told.status, 200);
    assert_eq!((&told.json()["active"], &told.json()["replaced"]), (&json!(hash), &json!(before)));
    assert_eq!(decides(&server).await, hash);
    // The older one was not published here, but in the beginning; a second one was.
    let third = published(&server, "third").await;
    activate(&server, &third, &server.token).await;
    activate(&server, &hash, &server.token).await;
    assert_eq!(decides(&server).await, hash, "an older one is activated again");
    let events = server.log.size().unwrap();
    assert_eq!(activate(&server, &hash, &server.token).await.json()["sequence"], json!(null));
    assert_eq!(server.log.size().unwrap(), events, "what is active stays so without an event");

    let list = server.get("/v1/policies").await.json();
    assert_eq!((&list["active"]["hash"], &list["active"]["name"]), (&json!(hash), &json!("stricter")));
    assert_eq!(list["published"].as_array().unwrap().len(), 2);
    let history: Vec<&str> =
        list["history"].as_array().unwrap().iter().map(|one| one["policy"].as_str().unwrap()).collect();
    assert_eq!(history, [hash.as_str(), &third, &hash]);
    let events = server.get("/v1/events?event=policy.activated").await.json();
    let newest = &events["events"][0];
    assert_eq!((&newest["policy"], &newest["replaces"]), (&json!(hash), &json!(third)));
    assert_eq!(newest["by"], "administrator");
}

#[tokio::test]
async fn what_cannot_decide_is_not_published() {
    let server = Server::new();
    let good: Value = serde_json::from_str(&module("x")).unwrap();
    let with = |name: &str, value: Value| {
        let mut all = good.clone();
        all[name] = value;
        all
    };
    let mut without_a_map = good.clone();
    without_a_map.as_object_mut().unwrap().remove("source_map");
    let mut altered = policy("x").program.bytes().to_vec();
    *altered.last_mut().unwrap() ^= 0xff;
    for (offer, words) in [
        (with("name", json!("")), "`name`"),
        (with("module", json!("%")), "base64"),
        (with("module", json!(STANDARD.encode(&altered))), "the module: "),
        (with("source_map", json!(STANDARD.encode("x"))), "`source_map`"),
        (with("files", json!({})), "send `files`, or `module`"),
        (json!({"name": "x"}), "send `files`, or `module`"),
        (json!({"name": "x", "files": {"a.hold": ""}}), "modules only"),
    ] {
        let problem = server.post("/v1/policies", offer.to_string()).await.problem(422, "invalid-policy");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{words}: {problem}");
    }
    server.post("/v1/policies", "{\"nam\": 1}").await.problem(422, "invalid-request");
    server.post("/v1/policies", "{").await.problem(400, "malformed-body");
    server.post("/v1/policies", " ".repeat(5 << 20)).await.problem(413, "large-body");
    assert_eq!(server.post("/v1/policies", without_a_map.to_string()).await.status, 201);
    assert_eq!(server.log.size(), Ok(1));
    let none = format!("sha256:{}", "0".repeat(64));
    activate(&server, &none, &server.token).await.problem(404, "unknown-policy");
    activate(&server, "latest", &server.token).await.problem(404, "unknown-policy");
}

/// A compiler that knows two packages.
struct Two;

impl Compiler for Two {
    fn compile(&self, package: &Package) -> Result<Built, Rejected> {
        let Some(text) = package.files.get("good.hold") else {
            let failed =
                FailedTest { name: "t".into(), source: "a.hold:1:1".into(), failures: vec!["no".into()] };
            return Err(Rejected { diagnostics: json!({"diagnostics": []}), failed_tests: vec![failed] });
        };
        let policy = policy(&package.name);
        let rules = [("gate.tests".to_owned(), text.clone()), ("gate.soak".to_owned(), "same".to_owned())];
        let writing = Writing { rules: rules.into_iter().collect(), definitions: "d".to_owned() };
        let (module, source_map) = (policy.program.bytes().to_vec(), policy.source_map);
        Ok(Built { module, source_map, writing, tests: 3, diagnostics: json!({"diagnostics": ["w"]}) })
    }
}

#[tokio::test]
async fn a_package_is_compiled_and_its_effect_is_shown() {
    let server = Server::new().altered(|app| app.with_compiler(Some(Arc::new(Two))));
    let offer = |name: &str, text: &str| json!({"name": name, "files": {"good.hold": text}}).to_string();
    let first = server.post("/v1/policies", offer("one", "a")).await;
    assert_eq!(first.status, 201);
    let first = first.json();
    assert_eq!((&first["tests_passed"], &first["active"]), (&json!(3), &json!(false)));
    assert_eq!(first["diagnostics"]["diagnostics"][0], "w");
    let unknown = json!({"new": [], "gone": [], "changed": [], "definitions_changed": null});
    assert_eq!(first["effect"], unknown, "how the active one is written is not known");
    activate(&server, first["hash"].as_str().unwrap(), &server.token).await;
    let second = server.post("/v1/policies", offer("two", "b")).await.json();
    let changed = json!({"new": [], "gone": [], "changed": ["gate.tests"], "definitions_changed": false});
    assert_eq!(second["effect"], changed);
    let bad = json!({"name": "bad", "files": {"bad.hold": ""}}).to_string();
    let problem = server.post("/v1/policies", bad).await.problem(422, "invalid-policy");
    assert_eq!(
        (&problem["detail"], &problem["failed_tests"][0]["source"]),
        (&json!("a test of the package fails"), &json!("a.hold:1:1"))
    );
}

#[tokio::test]
async fn two_people_are_needed_where_that_is_asked_for() {
    let server = Server::new().altered(|app| app.with_two_people(true));
    let hash = published(&server, "stricter").await;
    activate(&server, &hash, &server.token).await.problem(403, "forbidden");
    // Another token of the same person is the same person.
    let make = async |principal: &str| {
        let wanted = json!({"principal": principal, "tenant": "*", "scopes": ["policy:activate"]});
        let made = server.post("/v1/tokens", wanted.to_string()).await.json();
        made["token"].as_str().unwrap().to_owned()
    };
    let (same, other) = (make("administrator").await, make("grace").await);
    let problem = activate(&server, &hash, &same).await.problem(403, "forbidden");
    assert!(problem["detail"].as_str().unwrap().contains("proposed by `administrator`"), "{problem}");
    assert_eq!(activate(&server, &hash, &other).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_request_is_dropped_while_policies_are_activated() {
    let server = Arc::new(Server::new());
    let hashes = [published(&server, "a").await, published(&server, "b").await];
    let asking: Vec<_> = (0..4)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move {
                let mut seen = std::collections::BTreeSet::new();
                for _ in 0..50 {
                    seen.insert(decides(&server).await);
                }
                seen
            })
        })
        .collect();
    for round in 0..20 {
        assert_eq!(activate(&server, &hashes[round % 2], &server.token).await.status, 200);
    }
    let mut seen = std::collections::BTreeSet::new();
    for asked in asking {
        seen.extend(asked.await.unwrap());
    }
    assert!(hashes.iter().any(|hash| seen.contains(hash)), "{seen:?}");
    let sequence = server.log.size().unwrap();
    let standing = Standing::load(&*server.log).unwrap();
    assert_eq!(
        (sequence, standing.policies.active().map(|hash| hash.to_string())),
        (2 + 200 + 20, Some(hashes[1].clone()))
    );
}

/// Starts a server with an offer, and stops it when it has said how it stands.
async fn started(directory: &std::path::Path, offer: Offer) -> Result<Started, ServeError> {
    let mut config = Config::new(directory.to_owned());
    config.listen.set_port(0);
    let (ready, told) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let ended = tokio::spawn(serve(config, offer, |started| drop(ready.send(started)), async {
        drop(stopped.await);
    }));
    let told = told.await;
    drop(stop);
    ended.await.unwrap()?;
    Ok(told.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_active_outlives_the_server_and_the_file_that_it_is_started_with() {
    let place = tempfile::tempdir().unwrap();
    let offer = |name: &str, activate| Offer { activate, ..policy(name).into() };
    let hash = |name: &str| policy(name).program.hash();
    assert!(matches!(started(place.path(), Offer::default()).await, Err(ServeError::NoPolicy)));
    let first = started(place.path(), offer("one", false)).await.unwrap();
    assert!(first.administrator.is_some() && !first.other_than_offered);
    for (offer, decides, other) in [
        (offer("one", false), "one", false),
        (offer("two", false), "one", true),
        (Offer::default(), "one", false),
        (offer("two", true), "two", false),
        (offer("one", false), "two", true),
        (offer("two", true), "two", false),
    ] {
        let told = started(place.path(), offer).await.unwrap();
        assert_eq!((told.active.hash, told.other_than_offered), (hash(decides), other));
        assert_eq!((told.active.name.as_str(), told.administrator.is_none()), (decides, true));
    }
    let log = RedbLog::inspect(place.path()).unwrap();
    // Two to begin with, the token, and two for the one change.
    assert_eq!(log.size(), Ok(5));
    let standing = Standing::load(&log).unwrap();
    assert_eq!(standing.policies.history()[0]["by"], "operator");
    assert_eq!(standing.policies.get(&hash("two")).unwrap().load(&log).unwrap().program.hash(), hash("two"));
    let mut wrong = Vec::new();
    let report = holdpoint_server::verify::walk(&log, &[], &mut |what| wrong.push(what.to_owned()), |_| {
        std::ops::ControlFlow::Continue(())
    });
    assert_eq!((report.unwrap().unwrap().records, wrong), (5, Vec::<String>::new()));
    assert!(standing.tokens.check("x", NOW).is_err());
}
