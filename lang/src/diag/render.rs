//! The ways of showing a diagnostic: for a terminal, as one line, as JSON.
//!
//! Lines and columns exist only here; everything before counts bytes. Whatever comes from a source or a message is
//! made harmless first: diagnostics are shown in terminals and logs of people who did not write the policy. No type of
//! the library that draws the snippets leaves `text.rs`.

mod clean;
mod concise;
mod json;
mod text;

pub use concise::concise;
pub use json::{Document, EditJson, HelpJson, LabelJson, Place, Record, SCHEMA, json};
pub use text::text;

use std::collections::BTreeMap;

use super::Diagnostic;
use crate::span::FileId;

/// Most diagnostics of one file that are shown to people; how many more there are is said in one line.
pub const SHOWN_PER_FILE_MAX: usize = 20;

/// A text as one line in which nothing could harm a terminal.
pub fn visible(text: &str) -> String {
    clean::line(text)
}

/// A JSON text in which every character that could harm a terminal is escaped.
pub fn visible_json(text: &str) -> String {
    clean::json(text)
}

/// How diagnostics are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Whether colour is used, as ANSI escapes.
    pub color: bool,
    /// Whether lines are drawn with box characters rather than with ASCII.
    pub unicode: bool,
}

/// What is shown: a diagnostic, or how many of a file are left out.
enum Shown<'d> {
    One(&'d Diagnostic),
    More(FileId, usize),
}

/// The diagnostics to show, in order, with a remark behind the last one of a file that has too many.
fn shown(diagnostics: &[Diagnostic]) -> Vec<Shown<'_>> {
    let mut totals: BTreeMap<FileId, usize> = BTreeMap::new();
    for diagnostic in diagnostics {
        let total = totals.entry(diagnostic.primary.span.file).or_default();
        *total = total.saturating_add(1);
    }
    let mut seen: BTreeMap<FileId, usize> = BTreeMap::new();
    let mut list = Vec::new();
    for diagnostic in diagnostics {
        let file = diagnostic.primary.span.file;
        let count = seen.entry(file).or_default();
        *count = count.saturating_add(1);
        if *count > SHOWN_PER_FILE_MAX {
            continue;
        }
        list.push(Shown::One(diagnostic));
        let more = totals.get(&file).map_or(0, |total| total.saturating_sub(SHOWN_PER_FILE_MAX));
        if *count == SHOWN_PER_FILE_MAX && more > 0 {
            list.push(Shown::More(file, more));
        }
    }
    list
}

#[cfg(test)]
mod tests;
