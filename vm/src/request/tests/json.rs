//! Conformance to RFC 8259, by the corpus of JSON texts in the folder of shared data.

use holdpoint_isa::program::{Layout, Node};
use holdpoint_isa::types::Scalar;

use super::{canonical, only, optional, program, read, scalar};
use crate::request::RequestErrorKind as Kind;
use crate::shared_data::{base64, lines};
use crate::{Snapshot, request::json};

#[test]
fn the_corpus_of_json_texts_is_judged_as_the_standard_says() {
    let Some(rows) = lines("json_parsing.ndjson") else { return };
    let programs = [only(scalar(0, Scalar::Int)), only(Node::List { slot: 0, layout: 0, max: 64 })];
    let mut judged = 0;
    for row in rows {
        let row: serde_json::Value = serde_json::from_str(&row).unwrap();
        let (id, expect) = (row["id"].as_str().unwrap(), row["expect"].as_str().unwrap());
        let bytes = base64(row["bytes_b64"].as_str().unwrap());
        // A text on its own, which the free check judges, and by two layouts, which may find other mistakes.
        let free = std::str::from_utf8(&bytes).map(|text| json::check(text).map_err(|fail| fail.kind));
        let is_json = matches!(free, Ok(Ok(())));
        match expect {
            "accept" => assert!(is_json, "{id}: {free:?}"),
            "reject" => assert!(!is_json, "{id}"),
            _ => {}
        }
        for program in &programs {
            let kind = Snapshot::new().read(program, &bytes, b"").err().map(|error| error.kind);
            let syntax = matches!(kind, Some(Kind::BadJson | Kind::BadUtf8 | Kind::TooDeep));
            match expect {
                "accept" => assert!(!syntax, "{id}: {kind:?}"),
                "reject" => assert!(syntax, "{id}: {kind:?}"),
                _ => assert!(kind.is_some(), "{id}"),
            }
        }
        judged += 1;
    }
    assert!(judged > 300);
}

#[test]
fn the_free_check_and_another_parser_agree() {
    let parts = ["{", "}", "[", "]", ",", ":", "\"a\"", "1", "-0.5e-3", "true", "null", " ", "\"\\n\"", "x"];
    let mut state = 1usize;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..state % 9 {
            // Any step that is odd walks through every state.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(parts[(state >> 33) % parts.len()]);
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        assert_eq!(json::check(&text).is_ok(), other, "{text}");
    }
}

#[test]
fn texts_and_names_are_written_as_in_the_corpus_of_canonical_json() {
    let Some(rows) = lines("jcs.ndjson") else { return };
    let mut judged = 0;
    for row in rows {
        let row: serde_json::Value = serde_json::from_str(&row).unwrap();
        let [input, output] = ["input_b64", "output_b64"]
            .map(|part| String::from_utf8(base64(row[part].as_str().unwrap())).unwrap());
        // The other rows need a layout that this language does not have, or a floating-point number.
        let parsed: serde_json::Value = serde_json::from_str(&input).unwrap();
        let Some(members) = parsed.as_object().filter(|all| all.values().all(|value| value.is_string()))
        else {
            continue;
        };
        let text = |slot| scalar(slot, Scalar::Str { max: 64 });
        let fields: Vec<_> = members.keys().zip(0..).map(|(name, slot)| optional(name, text(slot))).collect();
        let slots = u16::try_from(fields.len()).unwrap();
        let program = program(vec![Layout { slots, first_cause: 0, fields }], Vec::new());
        assert_eq!(canonical(&program, &read(&program, &input).unwrap()), output);
        judged += 1;
    }
    assert_eq!(judged, 3);
}
