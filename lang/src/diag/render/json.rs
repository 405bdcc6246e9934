//! Diagnostics for programs: a versioned JSON document.
//!
//! Its shape is a promise to whoever reads it, so it has types of its own rather than being derived from
//! [`Diagnostic`]. Members are only ever added under this schema.

use serde::{Deserialize, Serialize};

use super::clean;
use crate::diag::{Diagnostic, Edit, Help, Label};
use crate::span::{Source, Sources, Span};

/// Name and version of the document's shape.
pub const SCHEMA: &str = "holdpoint/diagnostics/v1";

/// All diagnostics of one check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// [`SCHEMA`].
    pub schema: String,
    /// The diagnostics, in order of place; none is left out.
    pub diagnostics: Vec<Record>,
}

/// One diagnostic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its code, such as `E0301`.
    pub code: String,
    /// `error` or `warning`.
    pub severity: String,
    /// What its code means.
    pub title: String,
    /// What is wrong here.
    pub message: String,
    /// Path of the file; empty where it lies in none.
    pub file: String,
    /// Where it starts.
    pub start: Place,
    /// Where it ends: the place behind it.
    pub end: Place,
    /// What is said of places, the first of them of the diagnostic's own.
    pub labels: Vec<LabelJson>,
    /// More to know.
    pub notes: Vec<String>,
    /// How to mend it.
    pub help: Option<HelpJson>,
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
    /// Byte within the file, from 0.
    pub byte: u32,
}

/// A place and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelJson {
    /// Path of the file.
    pub file: String,
    /// Where it starts.
    pub start: Place,
    /// Where it ends.
    pub end: Place,
    /// What is said; may be empty.
    pub text: String,
}

/// How to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelpJson {
    /// In words.
    pub text: String,
    /// What to write, where that is all it takes.
    pub edit: Option<EditJson>,
}

/// A change of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditJson {
    /// Path of the file.
    pub file: String,
    /// Where what is replaced starts.
    pub start: Place,
    /// Where it ends; the same place to insert.
    pub end: Place,
    /// What takes its place.
    pub replacement: String,
}

/// The diagnostics as a JSON document, indented, with a line end. Characters that could harm a terminal are escaped.
pub fn json(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let document = Document::new(diagnostics, sources);
    // Strings and numbers always serialize.
    let text = serde_json::to_string_pretty(&document).unwrap_or_default();
    let mut text = clean::json(&text);
    text.push('\n');
    text
}

impl Document {
    /// The document for some diagnostics.
    pub fn new(diagnostics: &[Diagnostic], sources: &Sources) -> Self {
        let diagnostics = diagnostics.iter().map(|diagnostic| record(diagnostic, sources)).collect();
        Self { schema: SCHEMA.to_owned(), diagnostics }
    }
}

fn record(diagnostic: &Diagnostic, sources: &Sources) -> Record {
    let (file, start, end) = places(diagnostic.primary.span, sources);
    let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
    Record {
        code: diagnostic.code.id().to_owned(),
        severity: diagnostic.severity.word().to_owned(),
        title: diagnostic.code.title().to_owned(),
        message: diagnostic.message.clone(),
        file,
        start,
        end,
        labels: labels.map(|l| label(l, sources)).collect(),
        notes: diagnostic.notes.clone(),
        help: diagnostic.help.as_ref().map(|h| help(h, sources)),
    }
}

fn label(label: &Label, sources: &Sources) -> LabelJson {
    let (file, start, end) = places(label.span, sources);
    LabelJson { file, start, end, text: label.text.clone() }
}

fn help(help: &Help, sources: &Sources) -> HelpJson {
    HelpJson { text: help.text.clone(), edit: help.edit.as_ref().map(|e| edit(e, sources)) }
}

fn edit(edit: &Edit, sources: &Sources) -> EditJson {
    let (file, start, end) = places(edit.span, sources);
    EditJson { file, start, end, replacement: edit.replacement.clone() }
}

fn places(span: Span, sources: &Sources) -> (String, Place, Place) {
    let source = sources.get(span.file);
    let path = source.map_or_else(String::new, |source| source.path.clone());
    (path, place(span.start, source), place(span.end, source))
}

fn place(byte: u32, source: Option<&Source>) -> Place {
    let (line, column) = source.map_or((1, 1), |source| source.line_column(byte));
    Place { line, column, byte }
}
