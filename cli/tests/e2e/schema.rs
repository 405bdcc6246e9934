//! The JSON Schemas that are printed say of requests what the reader of requests says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use boon::{Compiler, Draft, SchemaIndex, Schemas};
use holdpoint_lang::{PackageInput, check};
use holdpoint_vm::{Snapshot, VerifiedProgram};
use serde_json::{Value, json};

use crate::run::{holdpoint, root, with_input};

/// A schema of a package, read by a validator.
struct Validator {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Validator {
    fn of(text: &str) -> Self {
        let schema: Value = serde_json::from_str(text).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.add_resource("holdpoint.json", schema).unwrap();
        let mut schemas = Schemas::new();
        let index =
            compiler.compile("holdpoint.json", &mut schemas).unwrap_or_else(|e| panic!("{e:#}\n{text}"));
        Self { schemas, index }
    }

    fn takes(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_ok()
    }
}

fn printed(path: &str, facts: bool) -> Validator {
    let mut args = vec!["schema", path];
    args.extend(facts.then_some("--facts"));
    let ran = holdpoint(&args);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{path}");
    Validator::of(&ran.out)
}

/// A document with one part of it changed or taken away.
fn broken(value: &Value) -> Vec<Value> {
    let mut all = vec![
        json!({ "nothing_of_the_kind": 1 }),
        json!([true]),
        json!(null),
        json!("§"),
        json!(""),
        json!(true),
        json!(-1.5),
    ];
    match value {
        Value::Object(members) => {
            let mut more = members.clone();
            more.insert("nothing_of_the_kind".to_owned(), json!(1));
            all.push(Value::Object(more));
            for (name, member) in members {
                let mut fewer = members.clone();
                fewer.remove(name);
                all.push(Value::Object(fewer));
                for other in broken(member) {
                    let mut changed = members.clone();
                    changed.insert(name.clone(), other);
                    all.push(Value::Object(changed));
                }
            }
        }
        Value::Array(elements) => {
            for (at, element) in elements.iter().enumerate().take(2) {
                for other in broken(element) {
                    let mut changed = elements.clone();
                    changed[at] = other;
                    all.push(Value::Array(changed));
                }
            }
            let long = elements.first().cloned().unwrap_or(json!(1));
            all.push(Value::Array(vec![long; 5000]));
        }
        _ => {}
    }
    all
}

fn input(path: &Path) -> PackageInput {
    let mut input = PackageInput { name: "package".to_owned(), ..PackageInput::default() };
    let mut left = vec![path.to_path_buf()];
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = || entry.strip_prefix(path).unwrap().to_str().unwrap().to_owned();
            match entry.extension().and_then(|ending| ending.to_str()) {
                _ if entry.is_dir() => left.push(entry),
                Some("hold") => input.files.push((name(), std::fs::read_to_string(&entry).unwrap())),
                Some("json") => {
                    input.data.insert(name(), std::fs::read_to_string(&entry).unwrap());
                }
                _ => {}
            }
        }
    }
    input
}

fn packages() -> Vec<PathBuf> {
    let examples = std::fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let mut examples: Vec<PathBuf> = examples.filter(|path| path.is_dir()).collect();
    examples.sort();
    examples
}

/// Reader and schema say the same of what the tests of a package send and of what is broken in it.
fn assert_agree(path: &Path) -> BTreeMap<bool, usize> {
    let checked = check(&input(path), &holdpoint_stdlib::module);
    let compiled = holdpoint_compiler::compile(&checked.package, &checked.sources).unwrap();
    let program = VerifiedProgram::load(&compiled.module).unwrap();
    let mut snapshot = Snapshot::new();
    let mut reads = |body: &Value, facts: &Value| {
        snapshot.read(program.program(), body.to_string().as_bytes(), facts.to_string().as_bytes()).is_ok()
    };
    let place = path.to_str().unwrap();
    let (request, facts) = (printed(place, false), printed(place, true));
    let mut seen = BTreeMap::new();
    for (at, test) in checked.package.tests.iter().enumerate() {
        assert!(request.takes(&test.request) && facts.takes(&test.signals), "{place} {}", test.name);
        if at % 24 != 0 {
            continue;
        }
        for body in broken(&test.request) {
            let read = reads(&body, &json!({}));
            assert_eq!(request.takes(&body), read, "{place}: {body}");
            *seen.entry(read).or_default() += 1;
        }
        for given in broken(&test.signals) {
            let read = reads(&test.request, &given);
            assert_eq!(facts.takes(&given), read, "{place}: {given}");
            *seen.entry(read).or_default() += 1;
        }
    }
    seen
}

#[test]
fn schema_and_reader_agree_on_the_examples_and_on_what_is_broken_in_them() {
    let mut seen: BTreeMap<bool, usize> = BTreeMap::new();
    for path in packages() {
        assert_agree(&path).into_iter().for_each(|(read, count)| *seen.entry(read).or_default() += count);
    }
    assert!(seen[&true] > 100 && seen[&false] > 1000, "{seen:?}");
}

#[test]
fn every_request_of_acme_is_valid() {
    let schema = printed("examples/acme", false);
    let mut count = 0;
    for entry in std::fs::read_dir(root().join("examples/acme/requests")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(schema.takes(&serde_json::from_str(&text).unwrap()), "{}", path.display());
        count += 1;
    }
    assert!(count >= 18);
}

const EACH: &str = "\
enum Level { low, high }
record Part { size: size as number of MB, cost: money<EUR> }
/// What is asked for.
request {
  /// How much of the code runs in tests.
  coverage: percent? as number of fraction
  drift: points
  soak: duration as number of minutes
  at: instant
  day: date
  release: version
  name: string<max 3> as \"app.name\"
  by: principal
  level: Level
  parts: list<Part, max 2>
  labels: map<string<max 2>, int, max 1>
  ok: bool
  ratio: decimal
  secret: string? as verified
}
signal rate: percent? as number of percent = history.rate(by)
policy p { rule r { block when not ok or rate > 1% or secret == \"x\" } }
";

fn each() -> Value {
    json!({
        "drift": "0.1pp", "soak": 1.5, "at": "2026-11-20T15:30:00+01:00", "day": "2026-11-20",
        "release": "1.2.3-rc.1+5", "app.name": "abc", "by": "ada", "level": "high",
        "parts": [{ "size": "1.5GiB", "cost": "499.90 EUR" }], "labels": { "ab": 1 }, "ok": true, "ratio": 0.5,
    })
}

#[test]
fn each_type_has_its_schema_with_docs_units_and_maxima() {
    let text = EACH.replace("number of MB", "number of megabytes");
    let ran = with_input(&["schema", "-"], &text);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let schema: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(schema["description"], "What is asked for.");
    let coverage = schema["properties"]["coverage"]["description"].as_str().unwrap();
    assert_eq!(
        coverage,
        "How much of the code runs in tests.\na percentage such as \"80%\"; a bare number is one of fraction"
    );
    assert!(schema["properties"].get("secret").is_none());
    let validator = Validator::of(&ran.out);
    assert!(validator.takes(&each()), "{:?}", validator.schemas.validate(&each(), validator.index));
    for (member, good, bad) in [
        (
            "coverage",
            vec![json!(null), json!("80%"), json!("-0.5%"), json!(0.8)],
            vec![json!("80"), json!("080%")],
        ),
        (
            "soak",
            vec![json!("1h30m"), json!("2s1.5ms"), json!("1w")],
            vec![json!(""), json!("1m1h"), json!(-1)],
        ),
        ("at", vec![json!("2026-11-20t15:30:00.5z")], vec![json!("2026-11-20T15:30Z"), json!("2026-11-20")]),
        (
            "release",
            vec![json!("0.0.0"), json!("1.0.0--")],
            vec![json!("1.2"), json!("01.2.3"), json!("1.2.3-01")],
        ),
        ("app.name", vec![json!("")], vec![json!("abcd"), json!(3)]),
        ("by", vec![], vec![json!("")]),
        ("level", vec![json!("low")], vec![json!("middle"), json!(null)]),
        ("parts", vec![json!([])], vec![json!([{}, {}, {}]), json!([{ "size": "1XB", "cost": 3 }])]),
        (
            "labels",
            vec![json!({})],
            vec![json!({ "abc": 1 }), json!({ "a": 1, "b": 2 }), json!({ "a": "1" })],
        ),
        ("ratio", vec![json!(-3)], vec![json!("3")]),
        ("drift", vec![json!("-1pp")], vec![json!(1)]),
        ("secret", vec![], vec![json!("x")]),
    ] {
        let with = |value: &Value| {
            let mut request = each();
            request[member] = value.clone();
            request
        };
        good.iter().for_each(|value| assert!(validator.takes(&with(value)), "{member} {value}"));
        bad.iter().for_each(|value| assert!(!validator.takes(&with(value)), "{member} {value}"));
    }
    let facts = with_input(&["schema", "-", "--facts"], &text);
    let validator = Validator::of(&facts.out);
    for good in [json!({}), json!({ "rate": 3 }), json!({ "rate": null, "secret": "x" })] {
        assert!(validator.takes(&good), "{good}");
    }
    for bad in [json!({ "rate": true }), json!({ "coverage": 0.5 }), json!({ "rat": 3 })] {
        assert!(!validator.takes(&bad), "{bad}");
    }
    assert!(facts.out.contains("gathered from history.rate\\na percentage"), "{}", facts.out);
}

#[test]
fn a_package_that_does_not_compile_has_no_schema() {
    let ran = with_input(&["schema", "-"], "request { n: nothing }\n");
    assert!(ran.code == 3 && ran.out.is_empty() && ran.err.contains("E0"), "{}", ran.err);
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("request.schema.json");
    let ran = holdpoint(&["schema", "examples/acme", "--output", file.to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
    assert_eq!(std::fs::read_to_string(file).unwrap(), holdpoint(&["schema", "examples/acme"]).out);
}
