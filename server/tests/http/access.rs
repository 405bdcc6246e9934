//! Who may do what: every route with every kind of token, and across tenants.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::policy::request;
use crate::support::{Answer, NOW, Server, parts};

const SCOPES: [&str; 6] = [
    "deployment:trigger",
    "deployment:manage",
    "deployment:rollback",
    "policy:propose",
    "policy:activate",
    "audit:read",
];
const READ: &[&str] = &["deployment:trigger", "deployment:manage", "deployment:rollback", "audit:read"];

/// Who may use a route, as this test says and not as the server does.
#[derive(Debug, Clone, Copy)]
enum May {
    Everybody,
    AnyToken,
    /// These scopes and administrators.
    Scopes(&'static [&'static str]),
    /// As before, with a token of the whole server.
    Whole(&'static [&'static str]),
}

const TABLE: [(&str, &str, May); 27] = [
    ("GET", "/", May::Everybody),
    ("POST", "/v1/decisions", May::Scopes(&["deployment:trigger"])),
    ("GET", "/v1/decisions", May::Scopes(READ)),
    ("GET", "/v1/decisions/{id}", May::Scopes(READ)),
    ("POST", "/v1/decisions/{id}/replay", May::Scopes(READ)),
    ("GET", "/v1/decisions/{id}/proof", May::Scopes(READ)),
    ("GET", "/v1/policies", May::AnyToken),
    ("GET", "/v1/policies/{hash}", May::AnyToken),
    ("POST", "/v1/policies", May::Whole(&["policy:propose"])),
    ("POST", "/v1/policies/{hash}/activate", May::Whole(&["policy:activate"])),
    ("POST", "/v1/policies/{hash}/shadow", May::Whole(&["policy:propose"])),
    ("DELETE", "/v1/policies/{hash}/shadow", May::Whole(&["policy:propose"])),
    ("GET", "/v1/policies/{hash}/differences", May::Scopes(&["audit:read"])),
    ("GET", "/v1/decisions/{id}/explanation", May::Scopes(READ)),
    ("POST", "/v1/decisions/{id}/what-if", May::Scopes(READ)),
    ("POST", "/v1/what-if", May::Scopes(READ)),
    ("GET", "/v1/tokens", May::Scopes(&["audit:read"])),
    ("POST", "/v1/tokens", May::Scopes(&[])),
    ("DELETE", "/v1/tokens/{id}", May::Scopes(&[])),
    ("GET", "/v1/events", May::Scopes(&["audit:read"])),
    ("GET", "/v1/export", May::Whole(&["audit:read"])),
    ("GET", "/metrics", May::Whole(&["audit:read"])),
    ("GET", "/log/checkpoint", May::Everybody),
    ("GET", "/log/vkey", May::Everybody),
    ("GET", "/log/tile/{*path}", May::Everybody),
    ("GET", "/health/ready", May::Everybody),
    ("GET", "/health/live", May::Everybody),
];

async fn ask(server: &Server, method: &str, route: &str, token: &str) -> Answer {
    let (id, hash) = (format!("d-{}-000000000001", server.log.id()), format!("sha256:{}", "0".repeat(64)));
    let path = route.replace("{id}", &id).replace("{hash}", &hash).replace("{*path}", "0/000");
    let body = if route == "/v1/decisions" { request("passed", "go", "shop") } else { "{}".to_owned() };
    server.ask(method, &path, token, body).await
}

#[tokio::test]
async fn the_table_has_every_route() {
    let server = Server::new();
    let index = server.get("/").await.json();
    let told: Vec<(String, String)> = index["routes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|route| {
            let path = route["path"].as_str().unwrap();
            let methods = route["methods"].as_str().unwrap().split(", ");
            methods.map(|method| (method.to_owned(), path.to_owned())).collect::<Vec<_>>()
        })
        .collect();
    for (method, path) in told {
        let known = TABLE.iter().any(|(m, p, _)| (*m, *p) == (method.as_str(), path.as_str()));
        assert!(known || path == "/health/startup", "{method} {path}");
    }
}

#[tokio::test]
async fn without_a_token_that_counts_nothing_but_what_is_for_everybody_is_answered() {
    let server = Server::new();
    let revoked = server.token("*", &["admin"]).await;
    let id = parts(&revoked).0.to_owned();
    server.ask("DELETE", &format!("/v1/tokens/{id}"), &server.token, "").await;
    let other = if server.token.ends_with('0') { "1" } else { "0" };
    let mut wrong = server.token.clone();
    wrong.replace_range(wrong.len() - 1.., other);
    let unknown = format!("hp_{}_{}", "0".repeat(16), "0".repeat(64));
    let tokens = [
        ("", "no token"),
        ("x", "no such token"),
        (wrong.as_str(), "no such token"),
        (unknown.as_str(), "no such token"),
        (server.expired.as_str(), "expired"),
        (revoked.as_str(), "revoked"),
    ];
    let before = server.log.size().unwrap();
    for (method, route, may) in TABLE {
        for (token, why) in tokens {
            let answer = ask(&server, method, route, token).await;
            if matches!(may, May::Everybody) {
                assert_ne!(answer.status, 401, "{method} {route}");
                continue;
            }
            let problem = answer.problem(401, "unauthenticated");
            assert!(problem["detail"].as_str().unwrap().contains(why), "{method} {route}: {problem}");
            assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"holdpoint\"");
        }
    }
    assert_eq!(server.log.size().unwrap(), before, "nothing was done");
}

#[tokio::test]
async fn a_scope_opens_its_routes_and_no_other() {
    let server = Server::new();
    server.post("/v1/decisions", request("passed", "go", "shop")).await;
    for scope in SCOPES {
        let (whole, team) = (server.token("*", &[scope]).await, server.token("acme/t", &[scope]).await);
        for (method, route, may) in TABLE {
            let (by_whole, by_team) = match may {
                May::Everybody | May::AnyToken => (true, true),
                May::Scopes(scopes) => (scopes.contains(&scope), scopes.contains(&scope)),
                May::Whole(scopes) => (scopes.contains(&scope), false),
            };
            for (token, may) in [(&whole, by_whole), (&team, by_team)] {
                let answer = ask(&server, method, route, token).await;
                if may {
                    assert!(![401, 403].contains(&answer.status.as_u16()), "{scope}: {method} {route}");
                } else {
                    answer.problem(403, "forbidden");
                }
            }
        }
    }
    for (method, route, _) in TABLE {
        let answer = ask(&server, method, route, &server.token).await;
        assert!(![401, 403].contains(&answer.status.as_u16()), "admin: {method} {route}");
    }
}

#[tokio::test]
async fn a_header_that_is_not_one_bearer_token_is_refused() {
    let server = Server::new();
    let send = async |values: &[&str]| {
        let mut request = Request::get("/v1/policies");
        for value in values {
            request = request.header("Authorization", *value);
        }
        server.send(request.body(Body::empty()).unwrap()).await
    };
    let good = format!("bearer  {} ", server.token);
    assert_eq!(send(&[&good]).await.status, 200, "the scheme has no case");
    let basic = format!("Basic {}", server.token);
    for bad in [&[basic.as_str()][..], &[&server.token], &["Bearer"], &["Bearer "], &[&good, &good]] {
        send(bad).await.problem(401, "unauthenticated");
    }
    server.ask("PUT", "/v1/policies", &server.token, "").await.problem(405, "wrong-method");
    assert_eq!(server.ask("HEAD", "/v1/decisions", "", "").await.status, 401);
    assert_eq!(server.ask("HEAD", "/v1/decisions", &server.token, "").await.status, 200);
}

fn numbers(answer: &Answer, member: &str) -> Vec<u64> {
    let list = answer.json()[member].as_array().unwrap().clone();
    list.iter().map(|one| one["sequence"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn what_belongs_to_one_tenant_is_not_there_for_another() {
    let server = Server::new();
    let scopes = ["deployment:trigger", "audit:read"];
    let tenants = ["acme/payments", "acme/search", "globex/payments", "acme/payments/shop-*"];
    let mut decided = Vec::new();
    for (tenant, service) in tenants.iter().zip(["till", "find", "till", "shop-api"]) {
        let token = server.token(tenant, &scopes).await;
        let answer = server.ask("POST", "/v1/decisions", &token, request("passed", "go", service)).await;
        assert_eq!(answer.status, 200);
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        decided.push((token, id, answer.json()["sequence"].as_u64().unwrap()));
    }
    // Whose decisions each tenant sees: the team also those of its services.
    let sees = [vec![3, 0], vec![1], vec![2], vec![3]];
    for (index, (token, _, _)) in decided.iter().enumerate() {
        let list = server.ask("GET", "/v1/decisions", token, "").await;
        let expected: Vec<u64> = sees[index].iter().map(|other| decided[*other].2).collect();
        assert_eq!(numbers(&list, "decisions"), expected, "{}", tenants[index]);
        let searched = server.ask("GET", "/v1/decisions?service=till", token, "").await;
        let tills: Vec<u64> =
            expected.into_iter().filter(|n| [decided[0].2, decided[2].2].contains(n)).collect();
        assert_eq!(numbers(&searched, "decisions"), tills);
        for (other, (_, id, _)) in decided.iter().enumerate() {
            let ways = [
                ("GET", ""),
                ("POST", "/replay"),
                ("GET", "/proof"),
                ("GET", "/explanation"),
                ("POST", "/what-if"),
            ];
            for (method, path) in ways {
                let answer = server.ask(method, &format!("/v1/decisions/{id}{path}"), token, "{}").await;
                if sees[index].contains(&other) {
                    assert_eq!(answer.status, 200, "{} {method} {path}", tenants[index]);
                } else {
                    let problem = answer.problem(404, "unknown-decision");
                    assert!(problem["detail"].as_str().unwrap().ends_with("has not been made"));
                }
            }
        }
    }
    let (everything, organisation) =
        (server.get("/v1/decisions").await, server.token("acme", &["audit:read"]).await);
    assert_eq!(numbers(&everything, "decisions").len(), 4);
    assert_eq!(numbers(&server.ask("GET", "/v1/decisions", &organisation, "").await, "decisions").len(), 3);
    let by = server.get("/v1/decisions?caller=ci:acme/search").await;
    assert_eq!(numbers(&by, "decisions"), [decided[1].2]);
}

#[tokio::test]
async fn an_event_is_no_decision() {
    let server = Server::new();
    let token = server.token("acme/payments", &["admin"]).await;
    server.token("acme/search", &["admin"]).await;
    assert_eq!(server.log.size(), Ok(2));
    assert_eq!(numbers(&server.get("/v1/decisions").await, "decisions"), Vec::<u64>::new());
    let id = format!("d-{}-000000000001", server.log.id());
    server.get(&format!("/v1/decisions/{id}")).await.problem(404, "unknown-decision");
    server.post(&format!("/v1/decisions/{id}/replay"), "").await.problem(404, "unknown-decision");

    let events = server.get("/v1/events").await;
    assert_eq!(numbers(&events, "events"), [2, 1]);
    let first = &events.json()["events"][1];
    assert_eq!(
        (&first["event"], &first["by"], &first["principal"]),
        (&json!("token.created"), &json!("administrator"), &json!("ci:acme/payments"))
    );
    assert_eq!(
        (&first["tenant"], &first["by_token"]),
        (&json!("acme/payments"), &json!(parts(&server.token).0))
    );
    let text = events.json().to_string();
    assert!(!text.contains(parts(&token).1) && !text.contains("digest"), "{text}");
    assert_eq!(numbers(&server.get("/v1/events?limit=1").await, "events"), [2]);
    assert_eq!(numbers(&server.get("/v1/events?cursor=2").await, "events"), [1]);
    assert_eq!(numbers(&server.get("/v1/events?event=token.revoked").await, "events"), Vec::<u64>::new());
    // Those of the administrator of everything are not the team's.
    assert_eq!(numbers(&server.ask("GET", "/v1/events", &token, "").await, "events"), Vec::<u64>::new());
}

#[tokio::test]
async fn a_token_is_only_for_its_services() {
    let server = Server::new();
    let token = server.token("acme/payments/shop-*", &["deployment:trigger"]).await;
    let own = server.ask("POST", "/v1/decisions", &token, request("passed", "go", "shop-api")).await;
    assert_eq!(own.status, 200);
    let stored = server.log.get(own.json()["sequence"].as_u64().unwrap()).unwrap().unwrap();
    let origin = stored.record().unwrap().origin;
    assert_eq!(
        (origin.tenant, origin.team, origin.service, origin.caller),
        ("acme/payments/shop-*", "payments", "shop-api", "ci:acme/payments/shop-all")
    );
    let other = server.ask("POST", "/v1/decisions", &token, request("passed", "go", "till")).await;
    let problem = other.problem(403, "forbidden");
    assert!(problem["detail"].as_str().unwrap().contains("`till`"), "{problem}");
}

#[tokio::test]
async fn an_idempotency_key_is_one_per_tenant() {
    let server = Server::new();
    let send = async |token: &str, service: &str| {
        let request = Request::post("/v1/decisions")
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", "k")
            .header("Authorization", format!("Bearer {token}"))
            .body(Body::from(request("passed", "go", service)));
        server.send(request.unwrap()).await
    };
    let tokens = [
        server.token("acme/payments", &["deployment:trigger"]).await,
        server.token("acme/search", &["deployment:trigger"]).await,
    ];
    let (first, second) = (send(&tokens[0], "till").await, send(&tokens[1], "find").await);
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 200));
    assert_ne!(first.json()["id"], second.json()["id"]);
    // A new token of the same tenant gets the decision of the old one.
    let renewed = server.token("acme/payments", &["deployment:trigger"]).await;
    let again = send(&renewed, "till").await;
    assert_eq!((again.header("idempotency-replayed"), again.bytes.clone()), ("true", first.bytes.clone()));
    send(&renewed, "other").await.problem(422, "key-reused");
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked_within_ones_own_tenant() {
    let server = Server::new();
    let admin = server.token("acme/payments", &["admin"]).await;
    let make = async |tenant: &str, more: Value| {
        let mut wanted = json!({"principal": "ada", "tenant": tenant, "scopes": ["audit:read"]});
        wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.ask("POST", "/v1/tokens", &admin, wanted.to_string()).await
    };
    for foreign in ["*", "acme", "acme/search", "globex/payments", "*/payments"] {
        make(foreign, json!({})).await.problem(403, "forbidden");
    }
    let made = make("acme/payments/shop-*", json!({"expires_in_days": 2})).await;
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!((&made["expires_at"], &made["revoked_at"]), (&json!("2026-11-22T15:30:00Z"), &json!(null)));
    for bad in [
        json!({"scopes": []}),
        json!({"scopes": ["audit"]}),
        json!({"tenant": "a//b"}),
        json!({"principal": "a b"}),
        json!({"expires_in_days": 0}),
        json!({"expires_in_days": 4000}),
        json!({"more": 1}),
    ] {
        make("acme/payments", bad).await.problem(422, "invalid-request");
    }
    server.ask("POST", "/v1/tokens", &admin, "{").await.problem(400, "malformed-body");

    let other = server.token("acme/search", &["audit:read"]).await;
    let ids = |answer: Answer| -> Vec<String> {
        let tokens = answer.json()["tokens"].as_array().unwrap().clone();
        tokens.iter().map(|token| token["id"].as_str().unwrap().to_owned()).collect()
    };
    let listed = ids(server.ask("GET", "/v1/tokens", &admin, "").await);
    let id = made["id"].as_str().unwrap().to_owned();
    assert!(listed.len() == 2 && listed.contains(&id), "{listed:?}");
    assert_eq!(ids(server.get("/v1/tokens").await).len(), 5);
    let foreign = format!("/v1/tokens/{}", parts(&other).0);
    server.ask("DELETE", &foreign, &admin, "").await.problem(404, "unknown-token");

    let token = made["token"].as_str().unwrap();
    assert_eq!(server.ask("GET", "/v1/decisions", token, "").await.status, 200);
    let before = server.log.size().unwrap();
    for _ in 0..2 {
        let gone = server.ask("DELETE", &format!("/v1/tokens/{id}"), &admin, "").await;
        assert_eq!((gone.status.as_u16(), &gone.json()["revoked_at"]), (200, &json!("2026-11-20T15:30:00Z")));
    }
    assert_eq!(server.log.size().unwrap(), before + 1, "once revoked, it is revoked");
    server.ask("GET", "/v1/decisions", token, "").await.problem(401, "unauthenticated");
    // A server that starts on this log knows the same.
    let standing = holdpoint_server::standing::Standing::load(&*server.log).unwrap();
    assert_eq!(
        standing.tokens.check(&admin, NOW).map(|caller| caller.tenant().to_owned()),
        Ok("acme/payments".into())
    );
    assert!(standing.tokens.check(token, NOW).is_err() && standing.tokens.check(&other, NOW).is_ok());
}
