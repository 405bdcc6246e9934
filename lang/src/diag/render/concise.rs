//! A diagnostic in one line, which makes sense alone: in a list of an editor, in a log, beside many others.

use super::{Shown, clean, shown};
use crate::diag::{Diagnostic, Help};
use crate::span::Sources;

/// One line for each diagnostic: `path:line:column: error[E0301] message; help`.
pub fn concise(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for shown in shown(diagnostics) {
        match shown {
            Shown::One(diagnostic) => one(diagnostic, sources, &mut out),
            Shown::More(file, more) => {
                let path = sources.get(file).map_or("?", |source| source.path.as_str());
                out.push_str(&clean::line(&format!("{path}: and {more} more")));
            }
        }
        out.push('\n');
    }
    out
}

fn one(diagnostic: &Diagnostic, sources: &Sources, out: &mut String) {
    let span = diagnostic.primary.span;
    if let Some(source) = sources.get(span.file) {
        let (line, column) = source.line_column(span.start);
        out.push_str(&clean::line(&format!("{}:{line}:{column}: ", source.path)));
    }
    let (severity, code) = (diagnostic.severity.word(), diagnostic.code.id());
    out.push_str(&format!("{severity}[{code}] {}", clean::line(&diagnostic.message)));
    if !diagnostic.primary.text.is_empty() {
        out.push_str(&format!(" ({})", clean::line(&diagnostic.primary.text)));
    }
    if let Some(help) = &diagnostic.help {
        out.push_str("; ");
        out.push_str(&clean::line(&in_words(help)));
    }
}

/// The help with what to write, where its words do not say it.
fn in_words(help: &Help) -> String {
    match &help.edit {
        Some(edit) if !edit.replacement.is_empty() && !help.text.contains(&edit.replacement) => {
            format!("{}: `{}`", help.text, edit.replacement)
        }
        _ => help.text.clone(),
    }
}
