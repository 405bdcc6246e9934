//! Diagnostics: what is wrong with a package, where, and what would be right.
//!
//! One type serves lexer, parser, checker and compiler, and every way of showing it. Codes and their titles are one
//! table in [`codes`]; wording lives in [`messages`], with one constructor for each mistake; [`render`] shows them.

pub mod codes;
pub mod messages;
pub mod nearest;
pub mod render;

pub use codes::Code;

use crate::span::Span;

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The package does not compile.
    Error,
    /// The package compiles, and probably does not say what was meant.
    Warning,
}

impl Severity {
    /// The word shown.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A place and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is said; may be empty.
    pub text: String,
}

/// How to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// In words, imperative.
    pub text: String,
    /// What to write in place of a stretch, where that is all it takes.
    pub edit: Option<Edit>,
}

/// A change of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What takes its place.
    pub replacement: String,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its code.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in lower case, without a full stop, user text in backticks.
    pub message: String,
    /// Where.
    pub primary: Label,
    /// Other places that bear on it.
    pub secondary: Vec<Label>,
    /// More to know.
    pub notes: Vec<String>,
    /// How to mend it.
    pub help: Option<Help>,
}

impl Diagnostic {
    /// A diagnostic with nothing but its message and place.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            primary: Label { span, text: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// Says something at the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Points to another place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds something to know.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says in words how to mend it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(Help { text: text.into(), edit: None });
        self
    }

    /// Says how to mend it by replacing a stretch.
    #[must_use]
    pub fn fix(mut self, text: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        let edit = Edit { span, replacement: replacement.into() };
        self.help = Some(Help { text: text.into(), edit: Some(edit) });
        self
    }
}

/// Diagnostics of one check, in order of place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds many.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// Whether there is an error among them.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Sorted by place and code, each place and code once.
    #[must_use]
    pub fn sorted(mut self) -> Vec<Diagnostic> {
        let key = |d: &Diagnostic| (d.primary.span.file, d.primary.span.start, d.code, d.message.clone());
        self.list.sort_by_key(key);
        self.list.dedup_by_key(|d| (d.primary.span, d.code));
        self.list
    }
}
