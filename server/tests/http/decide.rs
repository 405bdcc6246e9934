//! `POST /v1/decisions`.

use axum::body::{Body, Bytes};
use axum::http::Request;
use holdpoint_server::Hex;
use http_body_util::{BodyExt, Full};
use serde_json::json;

use crate::policy::{policy, request};
use crate::support::{NOW, Server};

#[tokio::test]
async fn an_answer_is_the_record() {
    // rule: decision.front
    let server = Server::new();
    let answer = server.post("/v1/decisions", request("failed", "go", "shop")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "application/json");
    let body = answer.json();
    assert_eq!(body["verdict"], "block");
    assert_eq!(body["sequence"], 1);
    assert_eq!(body["decided_at"], "2026-11-20T15:30:00Z");
    assert_eq!(body["policy"], policy("acme").program.hash().to_string());
    assert_eq!(body["objections"][0]["rule"], "gate.tests");
    assert_eq!(body["objections"].as_array().unwrap().len(), 1);
    let id = body["id"].as_str().unwrap();
    assert_eq!(id, format!("d-{}-000000000001", server.log.id()));

    let stored = server.log.get(1).unwrap().unwrap();
    let record = stored.record().unwrap();
    assert_eq!(record.decided_at, NOW);
    assert_eq!((record.origin.tenant, record.origin.caller), ("*", "administrator"));
    assert_eq!(record.origin.service, "shop");
    assert_eq!(record.origin.token, crate::support::parts(&server.token).0);
    let members = std::str::from_utf8(record.result).unwrap().strip_prefix('{').unwrap();
    let leaf = Hex(&stored.seal.leaf_hash);
    let at = "2026-11-20T15:30:00Z";
    let front = format!("{{\"id\":\"{id}\",\"sequence\":1,\"decided_at\":\"{at}\",\"leaf\":\"{leaf}\",");
    assert_eq!(String::from_utf8(answer.bytes).unwrap(), format!("{front}{members}"));
}

#[tokio::test]
async fn every_verdict_is_a_success_unless_the_status_is_asked_for() {
    let server = Server::new();
    let cases = [
        ("passed", "go", "allow", 200, 0..=0),
        ("failed", "go", "block", 403, 0..=0),
        ("passed", "wait", "delay", 503, 90..=90),
        ("passed", "ask", "escalate", 503, 10..=15),
    ];
    for (unit, mode, verdict, status, wait) in cases {
        let plain = server.post("/v1/decisions", request(unit, mode, "shop")).await;
        assert_eq!(plain.status, 200, "{verdict}");
        assert_eq!(plain.json()["verdict"], verdict);
        let outcome = server.post("/v1/decisions?status=outcome", request(unit, mode, "shop")).await;
        assert_eq!(outcome.status, status, "{verdict}");
        assert_eq!(outcome.json()["verdict"], verdict);
        assert_eq!(outcome.header("content-type"), "application/json");
        for answer in [plain, outcome] {
            let seconds = answer.header("retry-after").parse::<u64>().unwrap_or(0);
            assert!(wait.contains(&seconds), "{verdict}: {seconds}");
        }
    }
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_not_recorded() {
    let server = Server::new();
    let good = request("passed", "go", "shop");
    let not_json = server.post("/v1/decisions", "{\"gates\": }").await.problem(400, "malformed-body");
    assert_eq!(
        (&not_json["kind"], &not_json["line"], &not_json["column"]),
        (&json!("bad-json"), &json!(1), &json!(11))
    );
    let twice = good.replacen('{', "{\"mode\": \"go\", ", 1);
    server.post("/v1/decisions", twice).await.problem(400, "malformed-body");
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    server.post("/v1/decisions", deep).await.problem(400, "malformed-body");
    server.post("/v1/decisions", "[]").await.problem(422, "invalid-request");

    let unknown = server.post("/v1/decisions", good.replace("\"unit\"", "\"unti\"")).await;
    let unknown = unknown.problem(422, "invalid-request");
    assert_eq!(unknown["pointer"], "/gates/unti");
    assert_eq!(unknown["kind"], "unknown-member");
    assert!(unknown["help"].as_str().unwrap().contains("`unit`"), "{unknown}");
    let wrong =
        server.post("/v1/decisions", request("skipped", "go", "shop")).await.problem(422, "invalid-request");
    assert_eq!(wrong["pointer"], "/gates/unit");
    assert_eq!(server.log.stats().unwrap().last_sequence, 0);
}

#[tokio::test]
async fn a_body_that_is_too_long_or_no_json_is_refused() {
    let server = Server::new();
    let long = " ".repeat(256 * 1024 + 1);
    server.post("/v1/decisions", long.clone()).await.problem(413, "large-body");
    // Without a declared length it is refused as soon as it is too long.
    let unsized_body = Full::new(Bytes::from(long)).map_frame(|frame| frame);
    server.post("/v1/decisions", Body::new(unsized_body)).await.problem(413, "large-body");

    for declared in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonx")]
    {
        let mut builder = Request::post("/v1/decisions");
        if let Some(declared) = declared {
            builder = builder.header("content-type", declared);
        }
        let request = builder.body(Body::from(request("passed", "go", "shop"))).unwrap();
        server.send(request).await.problem(415, "wrong-type");
    }
    for (encoding, status) in [("gzip", 415), ("Identity", 200)] {
        let builder = Request::post("/v1/decisions")
            .header("content-type", "application/json")
            .header("content-encoding", encoding);
        let answer = server.send(builder.body(Body::from(request("passed", "go", "shop"))).unwrap()).await;
        assert_eq!(answer.status, status, "{encoding}");
    }
    for declared in ["application/json", "Application/JSON; charset=utf-8"] {
        let builder = Request::post("/v1/decisions").header("content-type", declared);
        let answer = server.send(builder.body(Body::from(request("passed", "go", "shop"))).unwrap()).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn a_mistyped_parameter_is_refused_before_anything_is_decided() {
    let server = Server::new();
    let good = request("passed", "go", "shop");
    let name =
        server.post("/v1/decisions?statsu=outcome", good.clone()).await.problem(400, "invalid-parameter");
    assert_eq!(name["help"], "did you mean `status`?");
    server.post("/v1/decisions?status=outcom", good.clone()).await.problem(400, "invalid-parameter");
    server.post("/v1/decisions?status=outcome&status=outcome", good).await.problem(400, "invalid-parameter");
    assert_eq!(server.log.stats().unwrap().last_sequence, 0);
}

#[tokio::test]
async fn a_trace_is_kept_with_the_decision() {
    let server = Server::new();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let builder = Request::post("/v1/decisions")
        .header("content-type", "application/json")
        .header("traceparent", trace);
    server.send(builder.body(Body::from(request("passed", "go", "shop"))).unwrap()).await;
    server.post("/v1/decisions", request("passed", "go", "shop")).await;
    assert_eq!(server.log.get(1).unwrap().unwrap().record().unwrap().trace, Some(trace));
    assert_eq!(server.log.get(2).unwrap().unwrap().record().unwrap().trace, None);
}
