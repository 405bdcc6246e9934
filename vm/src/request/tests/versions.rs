//! Versions against public data: which texts are versions, and which of two is greater.

use std::cmp::Ordering;

use holdpoint_isa::literal::version;
use holdpoint_isa::types::Scalar;

use super::{only, scalar, value};
use crate::shared_data;

#[test]
fn versions_are_those_of_the_standard() {
    let Some(lines) = shared_data::lines("semver.ndjson") else { return };
    let program = only(scalar(0, Scalar::Version));
    let (mut valid, mut greater, mut skipped) = (0, 0, 0);
    for line in lines {
        let row: serde_json::Value = serde_json::from_str(&line).unwrap();
        let note = row["note"].as_str().unwrap();
        let text = |key: &str| row[key].as_str().unwrap();
        // Rows of another reading than the standard's: a leading `v`, numbers that are too big for a double, and a
        // version that was an object of its language before it was written down.
        let reason = row["reason"].as_str().unwrap_or_default();
        let other = note.contains("loose") || reason == "too big" || reason.starts_with("obj");
        if row["kind"] == "valid" {
            if other || text("version").starts_with('v') {
                skipped += 1;
                continue;
            }
            let json = serde_json::to_string(text("version")).unwrap();
            assert_eq!(value(&program, &json).is_ok(), row["expect"].as_bool().unwrap(), "{line}");
            if let (Ok(found), Some(major)) = (version(text("version")), row["major"].as_i64()) {
                assert_eq!(found.major(), Some(major), "{line}");
                assert_eq!(found.minor(), row["minor"].as_i64(), "{line}");
                assert_eq!(found.patch(), row["patch"].as_i64(), "{line}");
            }
            valid += 1;
        } else {
            let (Ok(a), Ok(b)) = (version(text("a")), version(text("b"))) else {
                assert!(other || text("a").starts_with('v') || text("b").starts_with('v'), "{line}");
                skipped += 1;
                continue;
            };
            assert_eq!(a.precedence(&b) == Ordering::Greater, row["expect"].as_bool().unwrap(), "{line}");
            assert_eq!(b.precedence(&a), a.precedence(&b).reverse(), "{line}");
            greater += 1;
        }
    }
    assert!(valid > 90 && greater > 50 && skipped < 12, "{valid} {greater} {skipped}");
}
