//! Makes text of others harmless to show: one character for one character, so that columns stay true.
//!
//! A control character could move the cursor or ring the bell, a bidirectional or invisible one could make a policy
//! read as what it is not. Controls become their pictures, the others the replacement character.

/// What is shown in place of a character that must not reach a terminal.
pub(super) const fn harmless(c: char) -> char {
    match c {
        // The pictures of the control characters stand in the order of their codes from U+2400 on.
        '\u{0}'..='\u{1f}' => picture(c),
        '\u{7f}' => '\u{2421}',
        _ if is_hidden(c) => '\u{fffd}',
        _ => c,
    }
}

const fn picture(c: char) -> char {
    match char::from_u32(0x2400u32.saturating_add(c as u32)) {
        Some(picture) => picture,
        None => '\u{fffd}',
    }
}

/// Whether a character shows nothing or changes the order of its neighbours.
pub(super) const fn is_hidden(c: char) -> bool {
    matches!(c,
        // Controls of the second block; separators of lines and paragraphs.
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}'
        // Direction of writing.
        | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Without width: joiners, marks of order, fillers, interlinear marks, tags.
        | '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// A text of one line.
pub(super) fn line(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { harmless(c) }).collect()
}

/// JSON in which what could harm a terminal is escaped; it stands for the same values.
pub(super) fn json(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\u{7f}' || is_hidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}
