//! Text compared with what a page holds: how the two differ, and how the page is rewritten.

use std::ops::Range;

use crate::markdown::Block;

/// Lines shown on either side of a difference.
const CONTEXT: usize = 2;

/// New text for a block of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The lines that it replaces, from 0.
    pub lines: Range<usize>,
    /// The lines that take their place.
    pub with: Vec<String>,
}

impl Edit {
    /// Text for the inside of a block.
    pub fn of(block: &Block, text: &str) -> Self {
        let with = text.lines().map(|line| format!("{}{line}", block.prefix).trim_end().to_owned()).collect();
        Self { lines: block.body.clone(), with }
    }
}

/// A page with edits; they do not overlap.
pub fn apply(lines: &[String], edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.lines.start);
    let mut out: Vec<&str> = Vec::new();
    let mut at = 0;
    for edit in edits {
        out.extend(lines.get(at..edit.lines.start).unwrap_or_default().iter().map(String::as_str));
        out.extend(edit.with.iter().map(String::as_str));
        at = edit.lines.end;
    }
    out.extend(lines.get(at..).unwrap_or_default().iter().map(String::as_str));
    let mut text = out.join("\n");
    text.push('\n');
    text
}

/// How two texts differ: what was expected with `-`, what came with `+`.
pub fn diff(expected: &str, found: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let room = old.len().min(new.len()).saturating_sub(before);
    let after = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).take(room).count();
    let old_end = old.len().saturating_sub(after);
    let new_end = new.len().saturating_sub(after);
    let lead = old.get(before.saturating_sub(CONTEXT)..before).unwrap_or_default();
    let gone = old.get(before..old_end).unwrap_or_default();
    let come = new.get(before..new_end).unwrap_or_default();
    let tail = old.get(old_end..old_end.saturating_add(CONTEXT).min(old.len())).unwrap_or_default();
    let parts = [(' ', lead), ('-', gone), ('+', come), (' ', tail)];
    let lines =
        parts.iter().flat_map(|(sign, lines)| lines.iter().map(move |line| format!("{sign} {line}\n")));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::{Edit, apply, diff};

    #[test]
    fn a_difference_is_shown_with_its_neighbours() {
        assert_eq!(diff("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nX\ne\nf\n"), "  b\n  c\n- d\n+ X\n  e\n  f\n");
        assert_eq!(diff("", "a\n"), "+ a\n");
        assert_eq!(diff("a\na\n", "a\n"), "  a\n- a\n");
    }

    #[test]
    fn edits_change_their_lines_only() {
        let lines: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        let edit = |start, end, with: &[&str]| Edit {
            lines: start..end,
            with: with.iter().map(|line| (*line).to_owned()).collect(),
        };
        let edits = [edit(3, 3, &["x", "y"]), edit(1, 2, &[])];
        assert_eq!(apply(&lines, &edits), "a\nc\nx\ny\nd\n");
    }
}
