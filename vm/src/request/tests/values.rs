//! What is accepted, and what it becomes.

use holdpoint_isa::Dec;
use holdpoint_isa::program::{Fact, Layout, Node, Provenance};
use holdpoint_isa::types::{Reading, Scalar};

use super::{canonical, field, only, optional, program, read, reading, scalar, value};
use crate::request::RequestErrorKind as Kind;
use crate::value::{ListRef, Space, StrRef};
use crate::{Snapshot, Value};

const SECOND: i64 = 1_000_000_000;

fn eur() -> Scalar {
    Scalar::Money(holdpoint_isa::literal::Currency::from_code("EUR").unwrap())
}

fn dec(mantissa: i128, places: i32) -> Value {
    Value::Dec(Dec::from_parts(mantissa, places).unwrap())
}

#[test]
fn each_scalar_has_its_spelling() {
    let str = Scalar::Str { max: 8 };
    let inline = |start, len| Value::Str(StrRef { space: Space::Body, start, len });
    for (of, json, expected) in [
        (Scalar::Bool, "true", Value::Bool(true)),
        (Scalar::Bool, "false", Value::Bool(false)),
        (Scalar::Int, "-7", Value::Int(-7)),
        (Scalar::Int, "9223372036854775807", Value::Int(i64::MAX)),
        (Scalar::Decimal, "1.5e1", dec(15, 0)),
        (Scalar::Percent, "\"80%\"", dec(80, 0)),
        (Scalar::Percent, "\"\\u0038\\u0030%\"", dec(80, 0)),
        (Scalar::Points, "\"0.1pp\"", dec(1, 1)),
        (Scalar::Duration, "\"1h30m\"", Value::Int(5400 * SECOND)),
        (Scalar::Duration, "\"2w\"", Value::Int(14 * 86400 * SECOND)),
        (Scalar::Instant, "\"1970-01-01T01:00:01+01:00\"", Value::Int(SECOND)),
        (Scalar::Size, "\"512MB\"", Value::Int(512_000_000)),
        (Scalar::Size, "\"1\\u004biB\"", Value::Int(1024)),
        (Scalar::Version, "\"1.2.3\"", Value::Version(StrRef { space: Space::Body, start: 6, len: 5 })),
        (eur(), "\"500.00 EUR\"", dec(500, 0)),
        (eur(), "\"-0.5 EUR\"", dec(-5, 1)),
        (Scalar::Date, "\"1970-01-02\"", Value::Int(1)),
        (Scalar::Date, "\"0000-01-01\"", Value::Int(-719_528)),
        (Scalar::Enum(0), "\"production\"", Value::Int(2)),
        (Scalar::Enum(0), "\"stag\\u0069ng\"", Value::Int(1)),
        (str, "\"12345678\"", inline(6, 8)),
        (str, "\"\"", inline(6, 0)),
        (Scalar::Principal, "\"mia\"", inline(6, 3)),
    ] {
        assert_eq!(value(&only(scalar(0, of)), json), Ok(expected), "{of:?} {json}");
    }
}

#[test]
fn a_bare_number_needs_a_declared_reading() {
    for (of, by, json, expected) in [
        (Scalar::Percent, Reading::Percent, "80", dec(80, 0)),
        (Scalar::Percent, Reading::Fraction, "0.8", dec(80, 0)),
        (Scalar::Percent, Reading::Fraction, "\"80%\"", dec(80, 0)),
        (Scalar::Points, Reading::Points, "0.1", dec(1, 1)),
        (Scalar::Duration, Reading::Milliseconds, "0.5", Value::Int(500_000)),
        (Scalar::Duration, Reading::Seconds, "90", Value::Int(90 * SECOND)),
        (Scalar::Duration, Reading::Minutes, "1.5", Value::Int(90 * SECOND)),
        (Scalar::Duration, Reading::Hours, "1e0", Value::Int(3600 * SECOND)),
        (Scalar::Duration, Reading::Days, "0.5", Value::Int(43_200 * SECOND)),
        (Scalar::Duration, Reading::Days, "\"500ms\"", Value::Int(SECOND / 2)),
        (eur(), Reading::Currency, "499.9", dec(4999, 1)),
        (Scalar::Size, Reading::Bytes, "512", Value::Int(512)),
        (Scalar::Size, Reading::Megabytes, "1.5", Value::Int(1_500_000)),
        (Scalar::Size, Reading::Gibibytes, "2", Value::Int(2 << 30)),
        (Scalar::Size, Reading::Gigabytes, "\"1KiB\"", Value::Int(1024)),
    ] {
        assert_eq!(value(&only(reading(0, of, by)), json), Ok(expected), "{of:?} {by:?} {json}");
    }
    for (of, by) in [
        (Scalar::Percent, Reading::Unit),
        (Scalar::Percent, Reading::Points),
        (Scalar::Points, Reading::Percent),
        (Scalar::Duration, Reading::Unit),
        (Scalar::Duration, Reading::Bytes),
        (Scalar::Size, Reading::Unit),
        (Scalar::Size, Reading::Seconds),
        (eur(), Reading::Unit),
    ] {
        assert_eq!(super::kind(&only(reading(0, of, by)), "80"), Some(Kind::BadUnit), "{of:?} {by:?}");
    }
}

#[test]
fn escapes_are_taken_out() {
    let program = only(scalar(0, Scalar::Str { max: 64 }));
    let text = |json: &str| {
        let snapshot = read(&program, &format!("{{\"\\u0078\" : {json} }}")).unwrap();
        let Value::Str(text) = snapshot.slot(0) else { panic!("no text") };
        assert_eq!(text.space, Space::Scratch);
        snapshot.text(&[], text).to_owned()
    };
    assert_eq!(text(r#""\"\\\/\b\f\n\r\tz""#), "\"\\/\u{8}\u{c}\n\r\tz");
    assert_eq!(text(r#""a\u00E9b\ud83d\ude00\u0000""#), "aéb😀\0");
}

/// A request type with an optional record in a record, and lists in lists.
///
/// Slots: 0 `id`, 1 presence of `build`, 2 `build.number`, 3 `build.by`, 4 `meta.note`, 5 `rows`.
fn nested() -> holdpoint_isa::Program {
    let text = |slot| scalar(slot, Scalar::Str { max: 16 });
    let build = Node::Record {
        presence: Some(1),
        fields: vec![field("number", scalar(2, Scalar::Int)), optional("by", text(3))],
    };
    let meta = Node::Record { presence: None, fields: vec![optional("note", text(4))] };
    let root = Layout {
        slots: 6,
        first_cause: 10,
        fields: vec![
            field("id", scalar(0, Scalar::Int)),
            optional("build", build),
            field("meta", meta),
            optional("rows", Node::List { slot: 5, layout: 1, max: 3 }),
        ],
    };
    let row = Layout {
        slots: 2,
        first_cause: 20,
        fields: vec![optional("name", text(0)), optional("cells", Node::List { slot: 1, layout: 2, max: 2 })],
    };
    let cell = Layout { slots: 1, first_cause: 30, fields: vec![optional("", scalar(0, Scalar::Int))] };
    program(vec![root, row, cell], Vec::new())
}

fn slots(snapshot: &Snapshot) -> Vec<Value> {
    (0..6).map(|slot| snapshot.slot(slot)).collect()
}

#[test]
fn what_is_left_out_is_unknown_and_null_is_none() {
    let program = nested();
    let unknown = Value::Unknown;
    assert_eq!(
        slots(&read(&program, r#"{"id":1}"#).unwrap()),
        [Value::Int(1), unknown(11), unknown(12), unknown(13), unknown(14), unknown(15)]
    );
    assert_eq!(
        slots(&read(&program, r#"{"rows":null,"build":null,"meta":{"note":null},"id":1}"#).unwrap()),
        [Value::Int(1), Value::None, Value::None, Value::None, Value::None, Value::None]
    );
    assert_eq!(
        slots(&read(&program, r#"{"id":1,"build":{"number":7},"meta":{}}"#).unwrap()),
        [Value::Int(1), Value::Bool(true), Value::Int(7), unknown(13), unknown(14), unknown(15)]
    );
}

#[test]
fn the_elements_of_each_list_lie_together() {
    let program = nested();
    let body = r#"{"id":1,"rows":[{"cells":[1,2]},{"name":null},{"cells":[null],"name":"c"}]}"#;
    let snapshot = read(&program, body).unwrap();
    let Value::List(rows) = snapshot.slot(5) else { panic!("no list") };
    assert_eq!(rows.len, 3);
    let rows = snapshot.list_cells(rows, 2);
    let list = |start, len| Value::List(ListRef { start, len });
    assert_eq!(rows[..4], [Value::Unknown(20), list(6, 2), Value::None, Value::Unknown(21)]);
    assert_eq!(rows[5], list(8, 1));
    let cells = |start, len| snapshot.list_cells(ListRef { start, len }, 1);
    assert_eq!(cells(6, 2), [Value::Int(1), Value::Int(2)]);
    assert_eq!(cells(8, 1), [Value::None]);
    assert_eq!(
        canonical(&program, &snapshot),
        r#"{"id":1,"rows":[{"cells":[1,2]},{"name":null},{"cells":[null],"name":"c"}]}"#
    );
}

#[test]
fn signals_are_unknown_none_or_known() {
    let signal = |name: &str, slot, scalar, reading| Fact {
        field: super::optional(name, Node::Scalar { slot, scalar, reading }),
        provenance: Provenance::Gathered,
        source: None,
    };
    let root = Layout { slots: 3, first_cause: 0, fields: Vec::new() };
    let signals = vec![
        signal("rate", 0, Scalar::Percent, Reading::Fraction),
        signal("owner", 1, Scalar::Str { max: 8 }, Reading::Unit),
        signal("age", 2, Scalar::Duration, Reading::Unit),
    ];
    let program = program(vec![root], signals);
    let mut snapshot = Snapshot::new();
    let mut read = |signals: &str| {
        snapshot.read(&program, b"{}", signals.as_bytes()).unwrap();
        let mut out = Vec::new();
        snapshot.canonical_signals(&program, &mut out);
        let text = match snapshot.slot(1) {
            Value::Str(text) => Some(snapshot.text(&[], text).to_owned()),
            _ => None,
        };
        (snapshot.slot(0), snapshot.slot(1), text, String::from_utf8(out).unwrap())
    };
    let unknown = (Value::Unknown(0), Value::Unknown(1), None, "{}".to_owned());
    assert_eq!(read(""), unknown);
    assert_eq!(read(" {} "), unknown);
    let (rate, owner, text, canonical) = read(r#"{"owner":"mia","age":"90m", "rate":0.055}"#);
    assert_eq!((rate, text.as_deref()), (dec(55, 1), Some("mia")));
    assert!(matches!(owner, Value::Str(StrRef { space: Space::Scratch, .. })));
    assert_eq!(canonical, r#"{"age":"1h30m","owner":"mia","rate":0.055}"#);
    assert_eq!(read(r#"{"owner":null}"#).3, r#"{"owner":null}"#);
}

#[test]
fn canonical_json_is_one_spelling_for_the_same_facts() {
    let fields = [
        ("\u{20ac}", Scalar::Str { max: 64 }, Reading::Unit),
        ("\u{1f600}", Scalar::Instant, Reading::Unit),
        ("\u{fb33}", Scalar::Percent, Reading::Unit),
        ("1", Scalar::Duration, Reading::Days),
        ("\r", Scalar::Decimal, Reading::Unit),
    ];
    let members =
        fields.iter().zip(0..).map(|((name, of, by), slot)| optional(name, reading(slot, *of, *by)));
    let program = program(vec![Layout { slots: 5, first_cause: 0, fields: members.collect() }], Vec::new());
    let body = "{ \"€\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\", \
        \"\\ud83d\\ude00\": \"2026-11-20T15:30:00.500+01:00\", \"\u{fb33}\": \"80.0%\", \"1\": \"1s\", \"\\r\": 1.50E2 }";
    // The order of members and the escapes are those of RFC 8785, sections 3.2.2.2 and 3.2.3.
    let expected = "{\"\\r\":150,\"1\":\"1s\",\"€\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\",\
        \"\u{1f600}\":\"2026-11-20T14:30:00.5Z\",\"\u{fb33}\":\"80%\"}";
    let first = read(&program, body).unwrap();
    assert_eq!(canonical(&program, &first), expected);
    assert_eq!(canonical(&program, &read(&program, expected).unwrap()), expected);
}
