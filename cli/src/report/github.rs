//! Annotations of GitHub's workflows: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>
//!
//! GitHub shows ten annotations of a step and drops further ones in silence, so the rest are told as plain lines and in
//! the summary of the job. Commands are switched off around plain lines: a policy may hold what looks like one.

use std::fs;
use std::io::Write;

use holdpoint_lang::diag::Diagnostic;

use super::{Findings, Suite, digest, message};
use crate::output;

/// Most annotations that GitHub shows of one step.
const ANNOTATIONS_MAX: usize = 10;
/// Most lines of a summary, which GitHub bounds at one mebibyte.
const SUMMARY_LINES_MAX: usize = 500;

/// One annotation.
struct Annotation {
    level: &'static str,
    file: String,
    line: u32,
    column: usize,
    /// Where it ends, if that is known.
    end: Option<(u32, usize)>,
    title: String,
    message: String,
}

/// Diagnostics as annotations, errors before warnings.
pub(crate) fn diagnostics(findings: &Findings<'_>) -> String {
    let mut worst: Vec<&Diagnostic> = findings.diagnostics.iter().collect();
    worst.sort_by_key(|diagnostic| diagnostic.severity);
    let annotation = |diagnostic: &&Diagnostic| {
        let place = findings.region(diagnostic.primary.span);
        Annotation {
            level: diagnostic.severity.word(),
            file: place.file,
            line: place.start.0,
            column: place.start.1,
            end: Some(place.end),
            title: format!("{}: {}", diagnostic.code.id(), diagnostic.code.title()),
            message: message(diagnostic),
        }
    };
    page("holdpoint check", &worst.iter().map(annotation).collect::<Vec<_>>())
}

/// Failed tests, and packages whose tests could not be run, as annotations.
pub(crate) fn tests(suites: &[Suite]) -> String {
    let failures = suites.iter().flat_map(|suite| {
        let broken = suite.cases.as_ref().err().map(|error| Annotation {
            level: "error",
            file: suite.path.clone(),
            line: 1,
            column: 1,
            end: None,
            title: "tests could not be run".to_owned(),
            message: error.clone(),
        });
        let failed = suite.cases().iter().filter(|case| !case.failures.is_empty()).map(|case| Annotation {
            level: "error",
            file: case.file.clone(),
            line: case.line,
            column: case.column as usize,
            end: None,
            title: format!("test {}", case.name),
            message: case.failures.join("\n"),
        });
        broken.into_iter().chain(failed)
    });
    page("holdpoint test", &failures.collect::<Vec<_>>())
}

/// The first annotations as commands, and the others as plain lines; all of them go to the summary of the job.
fn page(title: &str, annotations: &[Annotation]) -> String {
    summarise(title, annotations);
    let shown = annotations.iter().take(ANNOTATIONS_MAX).map(Annotation::command);
    let rest: Vec<String> = annotations.iter().skip(ANNOTATIONS_MAX).map(Annotation::line).collect();
    let plain = if rest.is_empty() { String::new() } else { without_commands(&rest) };
    shown.chain([plain]).collect()
}

/// Plain lines in which no command is looked for. What ends that is a hash of the lines, which they cannot hold.
fn without_commands(lines: &[String]) -> String {
    let text = lines.join("\n");
    let token = digest(&text);
    format!("and {} more:\n::stop-commands::{token}\n{text}\n::{token}::\n", lines.len())
}

/// Adds to the summary of the job, where the workflow names a file for it.
fn summarise(title: &str, annotations: &[Annotation]) {
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|_| !annotations.is_empty()) else {
        return;
    };
    let shown = annotations.iter().take(SUMMARY_LINES_MAX);
    let lines = shown.map(|annotation| format!("    {}\n", annotation.line())).collect::<String>();
    let more = annotations.len().saturating_sub(SUMMARY_LINES_MAX);
    let more = if more == 0 { String::new() } else { format!("\nand {more} more\n") };
    let text = format!("### {title}: {} found\n\n{lines}{more}\n", annotations.len());
    let opened = fs::OpenOptions::new().append(true).create(true).open(&file);
    if let Err(error) = opened.and_then(|mut file| file.write_all(text.as_bytes())) {
        output::err(&output::visible(&format!("warning: the summary of the job cannot be written: {error}")));
    }
}

impl Annotation {
    fn command(&self) -> String {
        let end = self.end.map(|(line, column)| format!(",endLine={line},endColumn={column}"));
        format!(
            "::{} file={},line={},col={}{},title={}::{}\n",
            self.level,
            property(&self.file),
            self.line,
            self.column,
            end.unwrap_or_default(),
            property(&self.title),
            data(&self.message),
        )
    }

    fn line(&self) -> String {
        let Self { level, file, line, column, title, message, .. } = self;
        let first = message.lines().next().unwrap_or_default();
        output::visible(&format!("{file}:{line}:{column}: {level}: {title}: {first}"))
    }
}

/// A message as the commands take it.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(output::visible).collect();
    lines.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value of a property as the commands take it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
