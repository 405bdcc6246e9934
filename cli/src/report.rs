//! What a command found, as the programs take it that gather such reports.

pub(crate) mod github;
pub(crate) mod gitlab;
pub(crate) mod junit;
pub(crate) mod sarif;
pub(crate) mod tap;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdpoint_isa::ModuleHash;
use holdpoint_lang::diag::{Diagnostic, render};
use holdpoint_lang::{Sources, Span};
use serde_json::Value;

use crate::package;

/// Diagnostics of a package, and where it lies.
pub(crate) struct Findings<'d> {
    pub(crate) path: &'d Path,
    pub(crate) under: &'d [PathBuf],
    pub(crate) sources: &'d Sources,
    pub(crate) diagnostics: &'d [Diagnostic],
}

/// A stretch of a file, as other programs count: lines and columns from 1, columns in UTF-16 code units, and the end
/// behind the last one.
pub(crate) struct Region {
    pub(crate) file: String,
    pub(crate) start: (u32, usize),
    pub(crate) end: (u32, usize),
}

impl Findings<'_> {
    pub(crate) fn region(&self, span: Span) -> Region {
        let Some(source) = self.sources.get(span.file) else {
            return Region { file: String::new(), start: (1, 1), end: (1, 1) };
        };
        let place = |at: u32| {
            let before = source.text.get(..at as usize).unwrap_or_default();
            let line = before.rsplit('\n').next().unwrap_or_default();
            (source.line_column(at).0, line.encode_utf16().count().saturating_add(1))
        };
        let file = package::lies_at(self.path, self.under, &source.path);
        Region { file, start: place(span.start), end: place(span.end) }
    }

    /// For each diagnostic what stays the same when other lines of its file change: a hash of its code, its file and the
    /// text that it is about, and its number among those alike.
    pub(crate) fn fingerprints(&self) -> Vec<String> {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        let fingerprint = |diagnostic: &Diagnostic| {
            let span = diagnostic.primary.span;
            let file = self.region(span).file;
            let alike =
                [diagnostic.code.id(), &file, &diagnostic.message, self.sources.text(span)].join("\0");
            let number = seen.entry(alike.clone()).or_default();
            *number = number.saturating_add(1);
            digest(&format!("{alike}\0{number}"))
        };
        self.diagnostics.iter().map(fingerprint).collect()
    }
}

/// A SHA-256 in hexadecimal digits.
fn digest(text: &str) -> String {
    let hash = ModuleHash::of(text.as_bytes()).to_string();
    hash.trim_start_matches("sha256:").to_owned()
}

/// A message with what is said at its place and how to mend it, in lines.
fn message(diagnostic: &Diagnostic) -> String {
    let label = Some(&diagnostic.primary.text).filter(|text| !text.is_empty());
    let label = label.map(|text| format!(" ({text})")).unwrap_or_default();
    let notes = diagnostic.notes.iter().map(|note| format!("\nnote: {note}"));
    let help = diagnostic.help.iter().map(|help| format!("\nhelp: {}", help.text));
    let message = format!("{}{label}", diagnostic.message);
    notes.chain(help).fold(message, |message, line| message + &line)
}

/// A JSON document, indented, harmless for a terminal, with a line end.
pub(crate) fn document(value: &Value) -> String {
    // Strings and numbers always serialize.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{}\n", render::visible_json(&text))
}

/// How a test went, and where it stands.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    /// What came out otherwise, in lines that are harmless for a terminal; empty where it passed.
    pub(crate) failures: Vec<String>,
}

/// The tests of one package.
pub(crate) struct Suite {
    pub(crate) path: String,
    /// Its cases, or why they could not be run.
    pub(crate) cases: Result<Vec<Case>, String>,
}

impl Suite {
    /// Its cases; none where they could not be run.
    pub(crate) fn cases(&self) -> &[Case] {
        self.cases.as_deref().unwrap_or_default()
    }

    fn failed(&self) -> usize {
        self.cases().iter().filter(|case| !case.failures.is_empty()).count()
    }
}
