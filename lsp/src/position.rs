//! Places as editors count them: lines from 0, and columns in the units that were agreed on. Nothing else knows of
//! UTF-16.

use holdpoint_lang::Span;
use lsp_types::{Position, PositionEncodingKind, Range};

/// The units of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// What every editor knows.
    Utf16,
}

impl Encoding {
    /// Bytes where the editor offers them, since they need no counting.
    pub(crate) fn agreed(offered: Option<&[PositionEncodingKind]>) -> Self {
        let bytes = offered.is_some_and(|offered| offered.contains(&PositionEncodingKind::UTF8));
        if bytes { Self::Utf8 } else { Self::Utf16 }
    }

    pub(crate) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
        }
    }

    /// How long a text is.
    pub(crate) fn len(self, text: &str) -> u32 {
        count(text.chars().map(|c| self.width(c)).sum())
    }
}

/// Where the lines of a text begin.
#[derive(Debug, Clone)]
pub(crate) struct Lines {
    starts: Vec<usize>,
    /// Whether each column is a byte, so that none has to be counted.
    plain: bool,
    encoding: Encoding,
}

impl Lines {
    pub(crate) fn new(text: &str, encoding: Encoding) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at.saturating_add(1))).collect();
        Self { starts, plain: encoding == Encoding::Utf8 || text.is_ascii(), encoding }
    }

    /// The place of a byte; one within a character is that of the character.
    pub(crate) fn position(&self, text: &str, at: u32) -> Position {
        let mut at = (at as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at = at.saturating_sub(1);
        }
        let line = self.starts.partition_point(|start| *start <= at).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = text.get(start..at).unwrap_or_default();
        let character = if self.plain { count(before.len()) } else { self.encoding.len(before) };
        Position { line: count(line), character }
    }

    /// The byte at a place; one past the end of a line is that of the line's end.
    pub(crate) fn offset(&self, text: &str, position: Position) -> u32 {
        let Some(start) = self.starts.get(position.line as usize).copied() else { return count(text.len()) };
        let next = self.starts.get((position.line as usize).saturating_add(1)).copied().unwrap_or(text.len());
        let line = text.get(start..next).unwrap_or_default().trim_end_matches(['\n', '\r']);
        let mut left = position.character as usize;
        let mut at = start;
        for c in line.chars() {
            match left.checked_sub(self.encoding.width(c)) {
                Some(rest) if left > 0 => left = rest,
                _ => break,
            }
            at = at.saturating_add(c.len_utf8());
        }
        count(at)
    }

    pub(crate) fn range(&self, text: &str, span: Span) -> Range {
        Range { start: self.position(text, span.start), end: self.position(text, span.end) }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Lines};
    use lsp_types::Position;

    const TEXT: &str = "a\u{1f600}ä\r\nb\n";

    #[test]
    fn places_and_bytes_lead_back_to_each_other() {
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            let lines = Lines::new(TEXT, encoding);
            for (at, _) in TEXT.char_indices().filter(|(_, c)| *c != '\n' || encoding == Encoding::Utf8) {
                let at = u32::try_from(at).unwrap();
                if TEXT.as_bytes().get(at as usize) != Some(&b'\n') {
                    assert_eq!(lines.offset(TEXT, lines.position(TEXT, at)), at);
                }
            }
        }
    }

    #[test]
    fn columns_are_in_the_units_agreed_on() {
        let at = |encoding, at| Lines::new(TEXT, encoding).position(TEXT, at).character;
        assert_eq!((at(Encoding::Utf8, 5), at(Encoding::Utf16, 5)), (5, 3));
        assert_eq!((at(Encoding::Utf8, 7), at(Encoding::Utf16, 7)), (7, 4));
    }

    #[test]
    fn places_beyond_the_text_are_at_its_ends() {
        let lines = Lines::new(TEXT, Encoding::Utf16);
        let offset = |line, character| lines.offset(TEXT, Position { line, character });
        assert_eq!((offset(0, 99), offset(1, 99), offset(9, 0)), (7, 10, 11));
        // The middle of a character of two units is its beginning.
        assert_eq!(offset(0, 2), 1);
    }
}
