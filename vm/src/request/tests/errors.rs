//! What is refused, and how it is said.

use holdpoint_isa::Program;
use holdpoint_isa::program::{Layout, Node};
use holdpoint_isa::types::{Reading, Scalar};

use super::{field, kind, only, optional, program, read, reading, scalar, value};
use crate::request::RequestErrorKind as Kind;
use crate::{Snapshot, Value};

/// A request whose member `x` is a map of at most two entries.
fn labels() -> Program {
    let root = Layout {
        slots: 1,
        first_cause: 0,
        fields: vec![field("x", Node::Map { slot: 0, layout: 1, max: 2 })],
    };
    let text = |slot, max| scalar(slot, Scalar::Str { max });
    let entry = Layout {
        slots: 2,
        first_cause: 1,
        fields: vec![field("key", text(0, 4)), field("value", text(1, 3))],
    };
    program(vec![root, entry], Vec::new())
}

#[test]
fn a_map_is_an_object_without_twins() {
    for (body, said) in [
        (r#"{"x":{"a":"1","b":"2","c":"3"}}"#, "too-long request:1:6: /x: a map of more than 2 entries"),
        (r#"{"x":{"a":"1","\u0061":"2"}}"#, "duplicate-member request:1:15: /x/a: key `a` was sent twice"),
        (r#"{"x":{"a/b":5}}"#, "wrong-type request:1:13: /x/a~1b: expected a text, found a number"),
        (
            r#"{"x":{"a":"1234"}}"#,
            "too-long request:1:11: /x/a: a text of 4 bytes, but at most 3 are allowed",
        ),
        (r#"{"x":{"abcde":"1"}}"#, "too-long request:1:7: /x: a text of 5 bytes, but at most 4 are allowed"),
        (
            r#"{"x":{"a":null}}"#,
            "unexpected-null request:1:11: /x/a: expected a text, found null (the member is not optional)",
        ),
        (r#"{"x":[]}"#, "wrong-type request:1:6: /x: expected an object, found a list"),
        (
            r#"{"x":null}"#,
            "unexpected-null request:1:6: /x: expected an object, found null (the member is not optional)",
        ),
        (r#"{"x":{"a":"1",}}"#, "bad-json request:1:15: expected the name of a member in quotes, found `}`"),
    ] {
        let error = read(&labels(), body).expect_err(body);
        assert_eq!(format!("{} {error}", error.kind.word()), said, "{body}");
    }
    let snapshot = read(&labels(), r#"{"x":{"b\n":"2","":"1"}}"#).unwrap();
    assert_eq!(super::canonical(&labels(), &snapshot), r#"{"x":{"":"1","b\n":"2"}}"#);
}

fn deployment() -> Program {
    let root = Layout {
        slots: 6,
        first_cause: 0,
        fields: vec![
            field("environment", scalar(0, Scalar::Enum(0))),
            field("coverage", scalar(1, Scalar::Percent)),
            optional("soak", reading(2, Scalar::Duration, Reading::Minutes)),
            optional("approvals", Node::List { slot: 3, layout: 1, max: 2 }),
            field(
                "a/b~c",
                Node::Record { presence: None, fields: vec![optional("n", scalar(4, Scalar::Int))] },
            ),
            optional("commit", scalar(5, Scalar::Str { max: 4 })),
        ],
    };
    let approval =
        Layout { slots: 1, first_cause: 6, fields: vec![field("by", scalar(0, Scalar::Principal))] };
    program(vec![root, approval], Vec::new())
}

/// The whole message of the error that a body gives, with its kind.
fn error(body: &str) -> String {
    let error = read(&deployment(), body).expect_err(body);
    format!("{} {error}", error.kind.word())
}

/// Bodies, each with its kind of mistake and what is said of it.
const MISTAKES: &[(&str, &str)] = &[
    (
        r#"{"enviroment":"staging"}"#,
        "unknown-member request:1:2: /enviroment: unknown member `enviroment` (did you mean `environment`?)",
    ),
    (
        r#"{"environment":"staging","environmen":"staging"}"#,
        "unknown-member request:1:26: /environmen: unknown member `environmen` \
             (known here: `a/b~c`, `approvals`, `commit`, `coverage` and `soak`)",
    ),
    (
        r#"{"environment":"prodution"}"#,
        "unknown-value request:1:16: /environment: `prodution` is no `environment` (did you mean `production`?)",
    ),
    (r#"{"environment":"staging"}"#, "missing-member request:1:1: missing member `coverage`"),
    (
        "{\n \"environment\" : \"staging\",\n \"é\":1,\"coverage\":80}",
        "unknown-member request:3:2: /é: unknown member `é` \
             (known here: `a/b~c`, `approvals`, `commit`, `coverage` and `soak`)",
    ),
    (
        "{\"commit\":\"é\",\"coverage\":80}",
        "bad-unit request:1:26: /coverage: the number `80` has no unit \
             (write a percentage as a text with its unit, such as `\"80%\"`)",
    ),
    (
        r#"{"coverage":"80"}"#,
        "bad-unit request:1:13: /coverage: `80`: not a percentage \
             (write a number and a percent sign, such as `80%` or `0.5%`)",
    ),
    (
        r#"{"coverage":null}"#,
        "unexpected-null request:1:13: /coverage: expected a percentage such as `\"80%\"`, found null \
             (the member is not optional)",
    ),
    (r#"{"soak":-1}"#, "out-of-range request:1:9: /soak: the duration `-1m` is negative"),
    (
        r#"{"soak":"1.5h"}"#,
        "bad-unit request:1:9: /soak: `1.5h`: only milliseconds may have a fraction \
             (use the next smaller unit, such as `90m` for one hour and a half)",
    ),
    (
        r#"{"approvals":[{"by":"mia"},{"by":""}]}"#,
        "empty-principal request:1:34: /approvals/1/by: a principal must have a name",
    ),
    (r#"{"approvals":[{"by":"mia"},{}]}"#, "missing-member request:1:28: /approvals/1: missing member `by`"),
    (
        r#"{"approvals":[{"by":"a"},{"by":"b"},{"by":"c"}]}"#,
        "too-long request:1:14: /approvals: a list of more than 2 elements",
    ),
    (
        r#"{"a/b~c":{"n":1.0}}"#,
        "wrong-type request:1:15: /a~1b~0c/n: `1.0`: not an integer \
             (write a whole number without point or exponent, such as `3`)",
    ),
    (
        r#"{"coverage":"80%","coverage":"90%"}"#,
        "duplicate-member request:1:19: /coverage: member `coverage` was sent twice",
    ),
    (
        r#"{"commit":"ab\u0063de"}"#,
        "too-long request:1:11: /commit: a text of 5 bytes, but at most 4 are allowed",
    ),
    ("[]", "wrong-type request:1:1: expected an object, found a list"),
    ("", "bad-json request:1:1: expected a value, found the end"),
    (
        "\u{feff}{}",
        "bad-json request:1:1: the text begins with a byte order mark (send it as UTF-8 without a byte order mark)",
    ),
    ("{\"coverage\":tru}", "bad-json request:1:13: expected a value, found `t`"),
    ("{\"coverage\":\"80%\",}", "bad-json request:1:19: expected the name of a member in quotes, found `}`"),
    (
        "{\"commit\":\"a\u{1}\"}",
        "bad-json request:1:13: control character `\\u{1}` in a text (write it as an escape, such as `\\n`)",
    ),
    (
        r#"{"commit":"\ud800"}"#,
        "bad-utf8 request:1:12: an escape names half of a surrogate pair (write both halves, or the character itself)",
    ),
    (
        r#"{"\u001b[31m":1}"#,
        "unknown-member request:1:2: /\\u{1b}[31m: unknown member `\\u{1b}[31m` (known here: `a/b~c`, `approvals`, `commit`, `coverage`, `environment` and `soak`)",
    ),
];

#[test]
fn errors_say_where_and_what_and_how_to_mend_it() {
    for (body, expected) in MISTAKES {
        assert_eq!(error(body), *expected, "{body}");
    }
}

#[test]
fn a_text_that_is_no_json_is_said_to_be_so_first() {
    assert!(error(r#"{"nonsense":[1,2,{"a":}]}"#).starts_with("bad-json request:1:23: expected a value"));
    assert!(error(r#"{"nonsense":[1,2,{"a":1}]} x"#).starts_with("bad-json request:1:28: expected the end"));
    assert!(error("[\"\\u12\"]").starts_with("bad-json"));
}

#[test]
fn the_nearest_names_are_suggested_without_those_that_came() {
    let names = ["start", "stark", "stare", "finish"];
    let fields = names.iter().zip(0..).map(|(name, slot)| optional(name, scalar(slot, Scalar::Bool)));
    let program = program(vec![Layout { slots: 4, first_cause: 0, fields: fields.collect() }], Vec::new());
    let help = |body: &str| read(&program, body).unwrap_err().help.unwrap();
    assert_eq!(help(r#"{"starr":true}"#), "did you mean `stare`, `stark` or `start`?");
    assert_eq!(help(r#"{"stark":true,"starr":true}"#), "did you mean `stare` or `start`?");
    assert_eq!(help(r#"{"fnish":true}"#), "did you mean `finish`?");
    assert_eq!(help(r#"{"zzz":true}"#), "known here: `finish`, `stare`, `stark` and `start`");
    let long = "s".repeat(100_000);
    assert!(read(&program, &format!("{{\"{long}\":1}}")).unwrap_err().message.len() < 300);
}

#[test]
fn each_scalar_refuses_what_it_is_not() {
    let cases: &[(Scalar, &str, Kind)] = &[
        (Scalar::Bool, "1", Kind::WrongType),
        (Scalar::Bool, "\"true\"", Kind::WrongType),
        (Scalar::Bool, "null", Kind::UnexpectedNull),
        (Scalar::Int, "1.0", Kind::WrongType),
        (Scalar::Int, "1e2", Kind::WrongType),
        (Scalar::Int, "\"1\"", Kind::WrongType),
        (Scalar::Int, "9223372036854775808", Kind::OutOfRange),
        (Scalar::Int, "01", Kind::BadJson),
        (Scalar::Int, "-", Kind::BadJson),
        (Scalar::Int, "+1", Kind::BadJson),
        (Scalar::Decimal, "0.1234567891", Kind::TooPrecise),
        (Scalar::Decimal, "1e99", Kind::OutOfRange),
        (Scalar::Decimal, "NaN", Kind::BadJson),
        (Scalar::Decimal, "\"1\"", Kind::WrongType),
        (Scalar::Percent, "\"1e1%\"", Kind::BadUnit),
        (Scalar::Percent, "\"0.0000000001%\"", Kind::TooPrecise),
        (Scalar::Percent, "true", Kind::WrongType),
        (Scalar::Points, "\"1%\"", Kind::BadUnit),
        (Scalar::Duration, "\"-5m\"", Kind::OutOfRange),
        (Scalar::Duration, "\"200000w\"", Kind::OutOfRange),
        (Scalar::Duration, "\"5 minutes\"", Kind::BadUnit),
        (Scalar::Duration, "5", Kind::BadUnit),
        (Scalar::Instant, "\"2026-11-20T15:30:00\"", Kind::BadInstant),
        (Scalar::Instant, "\"2016-12-31T23:59:60Z\"", Kind::BadInstant),
        (Scalar::Instant, "\"2500-01-01T00:00:00Z\"", Kind::OutOfRange),
        (Scalar::Instant, "1763652600", Kind::WrongType),
        (Scalar::Date, "\"2026-02-29\"", Kind::BadInstant),
        (Scalar::Date, "\"2026-11-20T15:30:00Z\"", Kind::BadInstant),
        (Scalar::Date, "20261120", Kind::WrongType),
        (Scalar::Size, "\"512\"", Kind::BadUnit),
        (Scalar::Size, "\"512mb\"", Kind::BadUnit),
        (Scalar::Size, "\"1.5B\"", Kind::TooPrecise),
        (Scalar::Size, "\"-1MB\"", Kind::OutOfRange),
        (Scalar::Size, "\"9999PB\"", Kind::OutOfRange),
        (Scalar::Size, "512", Kind::BadUnit),
        (Scalar::Version, "\"v1.2.3\"", Kind::BadVersion),
        (Scalar::Version, "\"1.2\"", Kind::BadVersion),
        (Scalar::Version, "1.2", Kind::WrongType),
        (Scalar::Str { max: 2 }, "\"abc\"", Kind::TooLong),
        (Scalar::Str { max: 2 }, "\"ab\\n\"", Kind::TooLong),
        (Scalar::Str { max: 2 }, "7", Kind::WrongType),
        (Scalar::Str { max: 2 }, "\"\\x\"", Kind::BadJson),
        (Scalar::Str { max: 2 }, "\"\\u00g0\"", Kind::BadJson),
        (Scalar::Str { max: 2 }, "\"\\udc00\"", Kind::BadUtf8),
        (Scalar::Str { max: 2 }, "\"\\ud800\\u0041\"", Kind::BadUtf8),
        (Scalar::Str { max: 2 }, "\"a", Kind::BadJson),
        (Scalar::Str { max: 2 }, "\"a\\", Kind::BadJson),
        (Scalar::Principal, "\"\"", Kind::EmptyPrincipal),
        (Scalar::Enum(0), "\"Production\"", Kind::UnknownValue),
        (Scalar::Enum(9), "\"Production\"", Kind::UnknownValue),
    ];
    for (of, json, expected) in cases {
        assert_eq!(kind(&only(scalar(0, *of)), json), Some(*expected), "{of:?} {json}");
    }
    let days = reading(0, Scalar::Duration, Reading::Milliseconds);
    assert_eq!(kind(&only(days), "0.0000001"), Some(Kind::TooPrecise));
}

#[test]
fn limits_hold_before_anything_is_built() {
    let mut snapshot = Snapshot::new();
    let mut kind = |body: &[u8]| snapshot.read(&deployment(), body, b"").unwrap_err().kind;
    assert_eq!(kind(&vec![b' '; 256 * 1024 + 1]), Kind::TooLarge);
    assert_eq!(kind(&vec![b'['; 100_000]), Kind::TooDeep);
    assert_eq!(kind("{\"a\":".repeat(40_000).as_bytes()), Kind::TooDeep);
    assert_eq!(kind(b"{\"environment\":\"\xff\"}"), Kind::BadUtf8);
    // A layout that would need more values than a decision may hold is refused, whatever its list allows.
    let root = Layout {
        slots: 1,
        first_cause: 0,
        fields: vec![field("x", Node::List { slot: 0, layout: 1, max: u32::MAX })],
    };
    let wide = Layout { slots: u16::MAX, first_cause: 0, fields: Vec::new() };
    let body = format!("[{}{{}}]", "{},".repeat(100));
    assert_eq!(value(&program(vec![root, wide], Vec::new()), &body).unwrap_err().0, Kind::TooLarge);
}

#[test]
fn after_an_error_everything_is_unknown() {
    let program = only(scalar(0, Scalar::Int));
    let mut snapshot = Snapshot::new();
    snapshot.read(&program, b"{\"x\":1}", b"").unwrap();
    assert_eq!(snapshot.slot(0), Value::Int(1));
    snapshot.read(&program, b"{\"x\":1} 2", b"").unwrap_err();
    assert_eq!(snapshot.slot(0), Value::UNSET);
    let error = snapshot.read(&program, b"{\"x\":1}", b"{\"y\":1}").unwrap_err();
    assert_eq!(error.to_string(), "signals:1:2: /y: unknown fact `y`");
    assert_eq!(snapshot.slot(0), Value::UNSET);
}

#[test]
fn the_words_of_kinds_differ() {
    let mut words: Vec<_> = Kind::ALL.iter().map(|kind| kind.word()).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Kind::ALL.len());
}
