//! Texts in canonical JSON, and the order of members.

use std::cmp::Ordering;
use std::fmt::Write as _;

/// The order of names in RFC 8785, section 3.2.3: by their UTF-16 code units, which in ASCII are the bytes.
pub(crate) fn order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

/// Appends a text in quotes with the escapes of RFC 8785, section 3.2.2.2.
pub(crate) fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    // Without a stop at the first, many bytes are looked at in one step; and few texts have any.
    if text.bytes().fold(false, |found, byte| found | is_escaped(byte)) {
        text.bytes().for_each(|byte| escaped(byte, out));
    } else {
        out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
}

/// Whether a byte does not stand as it is. Beyond ASCII the bytes of UTF-8 do.
fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn escaped(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        0x08 => out.extend_from_slice(b"\\b"),
        b'\t' => out.extend_from_slice(b"\\t"),
        b'\n' => out.extend_from_slice(b"\\n"),
        0x0c => out.extend_from_slice(b"\\f"),
        b'\r' => out.extend_from_slice(b"\\r"),
        0x00..0x20 => {
            let mut escape = String::new();
            // Writing to a string cannot fail.
            let _ = write!(escape, "\\u{byte:04x}");
            out.extend_from_slice(escape.as_bytes());
        }
        _ => out.push(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_escaped, order, string};
    use std::cmp::Ordering;

    #[test]
    fn what_is_written_is_read_again_whatever_it_holds() {
        for code in (0..0x80).chain([0xe9, 0xffff, 0x1f600]).filter_map(char::from_u32) {
            let text = format!("a{code}b");
            let mut out = Vec::new();
            string(&text, &mut out);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
            assert_eq!(out.len() > text.len() + 2, code.is_ascii() && is_escaped(code as u8), "{code:?}");
        }
    }

    #[test]
    fn names_are_in_the_order_of_utf_16() {
        assert_eq!(order("a", "b"), Ordering::Less);
        assert_eq!(order("a", "a"), Ordering::Equal);
        assert_eq!(order("z", "\u{e9}"), Ordering::Less);
        // A surrogate comes before the last characters of the first plane.
        assert_eq!(order("\u{1f600}", "\u{ff5e}"), Ordering::Less);
    }
}
