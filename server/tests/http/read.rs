//! Reading decisions and policies back, health, and what is not there.

use serde_json::Value;

use crate::policy::{policy, request};
use crate::support::{Server, fill};

async fn decided(server: &Server, unit: &str, mode: &str, service: &str) -> Value {
    server.post("/v1/decisions", request(unit, mode, service)).await.json()
}

#[tokio::test]
async fn a_decision_is_read_back_byte_for_byte() {
    let server = Server::new();
    let answer = server.post("/v1/decisions", request("failed", "ask", "shop")).await;
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let read = server.get(&format!("/v1/decisions/{id}")).await;
    assert_eq!(read.status, 200);
    assert_eq!(read.bytes, answer.bytes);
}

#[tokio::test]
async fn an_id_that_is_not_there_says_why() {
    let server = Server::new();
    let id = decided(&server, "passed", "go", "shop").await["id"].as_str().unwrap().to_owned();
    let own = server.log.id().to_string();
    let detail = async |id: &str| {
        let body = server.get(&format!("/v1/decisions/{id}")).await.problem(404, "unknown-decision");
        body["detail"].as_str().unwrap().to_owned()
    };
    assert!(detail(&id.replace("0001", "0002")).await.ends_with("has not been made"));
    let foreign = detail(&id.replace(&own, "0123456789abcdef")).await;
    assert!(foreign.contains("is of the log `0123456789abcdef`"), "{foreign}");
    assert!(detail("42").await.contains("`42` is not an id"));
    server.post(&format!("/v1/decisions/{id}x/replay"), "").await.problem(404, "unknown-decision");
}

#[tokio::test]
async fn decisions_are_listed_by_what_they_are_about() {
    let server = Server::new();
    for (unit, mode, service) in [
        ("passed", "go", "shop"),
        ("failed", "go", "shop"),
        ("passed", "wait", "till"),
        ("failed", "wait", "till"),
    ] {
        decided(&server, unit, mode, service).await;
    }
    let hash = policy("acme").program.hash();
    let cases = [
        ("", vec![4, 3, 2, 1]),
        ("verdict=block", vec![4, 2]),
        ("rule=gate.soak", vec![4, 3]),
        ("service=shop", vec![2, 1]),
        ("service=shop&verdict=allow", vec![1]),
        ("environment=production&limit=2", vec![4, 3]),
        ("environment=staging", vec![]),
        ("actor=ada&cursor=3", vec![2, 1]),
        (&format!("policy={hash}"), vec![4, 3, 2, 1]),
        ("since=2026-11-20T15:30:00Z", vec![4, 3, 2, 1]),
        ("since=2026-11-20T15:30:01Z", vec![]),
        ("until=2026-11-20T16:30:00%2B01:00", vec![]),
        ("until=2026-11-20T15:30:01Z&verdict=delay", vec![3]),
    ];
    for (query, expected) in cases {
        let answer = server.get(&format!("/v1/decisions?{query}")).await;
        assert_eq!(answer.status, 200, "{query}");
        let body = answer.json();
        let found: Vec<u64> = body["decisions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["sequence"].as_u64().unwrap())
            .collect();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn pages_follow_one_another() {
    let server = Server::new();
    for _ in 0..5 {
        decided(&server, "passed", "go", "shop").await;
    }
    let (mut found, mut uri) = (Vec::new(), "/v1/decisions?limit=2".to_owned());
    loop {
        let body = server.get(&uri).await.json();
        found.extend(
            body["decisions"].as_array().unwrap().iter().map(|one| one["sequence"].as_u64().unwrap()),
        );
        let Some(next) = body["next"].as_str() else { break };
        uri = format!("/v1/decisions?limit=2&cursor={next}");
    }
    assert_eq!(found, [5, 4, 3, 2, 1]);
}

#[tokio::test]
async fn a_page_of_long_decisions_ends_early_and_says_where_the_next_begins() {
    let server = Server::new();
    fill(&*server.log, 7, 400_000).await;
    // Longer than a page is.
    fill(&*server.log, 1, 1_500_000).await;
    let (mut pages, mut uri) = (Vec::new(), "/v1/decisions?limit=200".to_owned());
    loop {
        let answer = server.get(&uri).await;
        assert!(answer.bytes.len() < 2_000_000, "{}", answer.bytes.len());
        let body = answer.json();
        let decisions = body["decisions"].as_array().unwrap();
        pages.push(decisions.iter().map(|one| one["sequence"].as_u64().unwrap()).collect::<Vec<_>>());
        let Some(next) = body["next"].as_str() else { break };
        uri = format!("/v1/decisions?limit=200&cursor={next}");
    }
    assert_eq!(pages, [vec![8], vec![7, 6, 5], vec![4, 3, 2], vec![1]]);
}

#[tokio::test]
async fn a_mistyped_filter_is_refused() {
    let server = Server::new();
    let name = server.get("/v1/decisions?verdit=block").await.problem(400, "invalid-parameter");
    assert_eq!(name["help"], "did you mean `verdict`?");
    for query in
        ["verdict=blocked", "limit=0", "limit=201", "limit=x", "cursor=-1", "since=yesterday", "policy=x"]
    {
        let body = server.get(&format!("/v1/decisions?{query}")).await.problem(400, "invalid-parameter");
        assert!(body["help"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn a_replay_gives_the_same_bytes() {
    let server = Server::new();
    for (unit, mode) in [("passed", "go"), ("failed", "wait"), ("passed", "ask")] {
        let id = decided(&server, unit, mode, "shop").await["id"].as_str().unwrap().to_owned();
        let answer = server.post(&format!("/v1/decisions/{id}/replay"), "").await;
        assert_eq!(answer.status, 200);
        let body = answer.json();
        assert_eq!(body["identical"], true, "{body}");
        assert_eq!(body["id"], id.as_str());
        assert_eq!(body["differences"], Value::Array(Vec::new()));
    }
}

#[tokio::test]
async fn policies_are_described() {
    let server = Server::new();
    let list = server.get("/v1/policies").await.json();
    let hash = policy("acme").program.hash().to_string();
    assert_eq!(list["active"]["hash"], hash);
    assert_eq!(list["active"]["policies"][0]["rules"][0]["control"], "CTRL-007.2");
    assert_eq!(list["recorded"], Value::Array(Vec::new()));
    decided(&server, "passed", "go", "shop").await;
    assert_eq!(server.get("/v1/policies").await.json()["recorded"][0], hash);
    let one = server.get(&format!("/v1/policies/{hash}")).await.json();
    assert_eq!(one, list["active"]);
    server.get(&format!("/v1/policies/sha256:{}", "0".repeat(64))).await.problem(404, "unknown-policy");
    server.get("/v1/policies/acme").await.problem(404, "unknown-policy");
}

#[tokio::test]
async fn health_says_what_can_be_done() {
    let server = Server::new();
    assert_eq!(server.get("/health/live").await.status, 200);
    assert_eq!(server.get("/health/startup").await.status, 200);
    assert_eq!(server.get("/health/ready").await.status, 200);
    server.state.drain();
    let body = server.get("/health/ready").await.problem(503, "unavailable");
    assert_eq!(body["detail"], "the server is ending");
    assert_eq!(server.get("/health/live").await.status, 200);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_problems() {
    let server = Server::new();
    let body = server.get("/v1/decision").await.problem(404, "unknown-route");
    assert_eq!(body["help"], "did you mean `/v1/decisions`?");
    let body = server.get("/health/raedy").await.problem(404, "unknown-route");
    assert_eq!(body["help"], "did you mean `/health/ready`?");
    let body = server.get("/healthz").await.problem(404, "unknown-route");
    assert_eq!(body["help"], "did you mean `/health/live`?");
    let body = server.get("/somewhere/else").await.problem(404, "unknown-route");
    assert_eq!(body["help"], "`GET /` lists the routes");
    let answer = server.post("/v1/export", "").await;
    answer.problem(405, "wrong-method");
    assert!(answer.header("allow").contains("GET"), "{:?}", answer.headers);
    let answer = server.get("/v1/decisions/d-1/replay").await;
    answer.problem(405, "wrong-method");
    assert_eq!(answer.header("allow"), "POST");
}

#[tokio::test]
async fn the_index_names_the_routes_and_their_methods() {
    let server = Server::new();
    let index = server.get("/").await;
    assert_eq!(index.status, 200);
    let index = index.json();
    let routes = index["routes"].as_array().unwrap();
    assert_eq!(routes.len(), 24);
    for route in routes {
        let path = route["path"].as_str().unwrap().replace("{id}", "d-1").replace("{hash}", "x");
        let request = axum::http::Request::patch(&path).body(axum::body::Body::empty()).unwrap();
        let answer = server.send(request).await;
        answer.problem(405, "wrong-method");
        let sorted = |list: &str| {
            let mut methods: Vec<String> = list.split(',').map(|one| one.trim().to_owned()).collect();
            methods.retain(|method| method != "HEAD");
            methods.sort();
            methods
        };
        assert_eq!(sorted(answer.header("allow")), sorted(route["methods"].as_str().unwrap()), "{path}");
    }
}

#[tokio::test]
async fn no_route_takes_a_parameter_that_it_does_not_know() {
    let server = Server::new();
    for path in [
        "/",
        "/v1/decisions",
        "/v1/decisions/d-1",
        "/v1/policies",
        "/v1/policies/x",
        "/health/live",
        "/health/ready",
        "/health/startup",
    ] {
        server.get(&format!("{path}?colour=blue")).await.problem(400, "invalid-parameter");
    }
    let body = server.post("/v1/decisions/d-1/replay?verbose=1", "").await.problem(400, "invalid-parameter");
    assert_eq!(body["help"], "leave it out; nothing here takes parameters");
}
