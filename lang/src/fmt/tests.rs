//! Layouts that are easier to see here than on a page of the specification.

use super::format;
use crate::span::FileId;

fn formatted(text: &str) -> String {
    let once = format(FileId(0), text).unwrap();
    assert_eq!(format(FileId(0), &once).unwrap(), once, "a second run changes something");
    once
}

#[test]
fn an_empty_file_stays_empty() {
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("\n\n"), "");
    assert_eq!(formatted("// a\n\n\n\n// b"), "// a\n\n// b\n");
}

#[test]
fn comments_stay_wherever_they_stand() {
    let text = "// top\nlet x = // one\n  a // two\n  // three\n  and b // four\n";
    assert_eq!(formatted(text), "// top\nlet x = // one\n  a // two\n  // three\n  and b // four\n");
    let text = "request { // r\n  n: int, // n\n  // end\n}\n// last";
    assert_eq!(formatted(text), "request { // r\n  n: int // n\n  // end\n}\n// last\n");
    let text = "let x = [ // open\n1, // one\n2 // two\n, // three\n3 ]";
    let wanted = "let x = [ // open\n  1, // one\n  2, // two\n  // three\n  3,\n]\n";
    assert_eq!(formatted(text), wanted);
}

#[test]
fn what_cannot_be_read_has_no_layout() {
    assert!(format(FileId(0), "policy p {").is_err());
}

#[test]
fn line_ends_and_blanks_of_other_systems_go() {
    assert_eq!(formatted("let x  =\t1  \r\n// a \r\nlet y = 2\r\n"), "let x = 1\n// a\nlet y = 2\n");
}
