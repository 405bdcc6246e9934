//! Diagnostics for a terminal, with the lines of the source that they are about. Ariadne draws the snippets; heading,
//! notes and help are written here, in the shape that rustc made known.

use std::collections::BTreeMap;
use std::ops::Range;

use ariadne::{CharSet, Color, Config, IndexType, Label, Report, ReportKind};

use super::{Shown, Style, clean, shown};
use crate::diag::{Diagnostic, Edit, Severity};
use crate::span::{FileId, Source, Sources, Span};

/// Longest line that is shown, in characters.
const LINE_CHARS_MAX: usize = 400;
/// Most lines that are shown of what an edit leads to.
const EDIT_LINES_MAX: usize = 8;

/// All diagnostics with the lines that they are about, each followed by an empty line.
pub fn text(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let mut pages = Pages { sources, style, pages: BTreeMap::new() };
    let mut out = String::new();
    for shown in shown(diagnostics) {
        match shown {
            Shown::One(diagnostic) => pages.one(diagnostic, &mut out),
            Shown::More(file, more) => {
                let path = sources.get(file).map_or("?", |source| source.path.as_str());
                out.push_str(&format!("{}: and {more} more\n", clean::line(path)));
            }
        }
        out.push('\n');
    }
    out
}

type CharSpan = (FileId, Range<usize>);

/// A file as it is drawn: harmless characters, one for one, and a blank behind each line, so that there is something
/// to point to where a line or the file ends.
struct Page {
    drawn: ariadne::Source<String>,
    path: String,
    /// Of each line, the first character on the page and how many characters the source has there.
    lines: Vec<(usize, usize)>,
}

impl Page {
    fn new(source: &Source) -> Self {
        let (mut drawn, mut lines, mut at) = (String::with_capacity(source.text.len()), Vec::new(), 0usize);
        for line in source.text.split('\n') {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let count = line.chars().count();
            lines.push((at, count));
            drawn.extend(line.chars().map(|c| if c == '\t' { c } else { clean::harmless(c) }));
            drawn.push_str(" \n");
            at = at.saturating_add(count).saturating_add(2);
        }
        Self { drawn: ariadne::Source::from(drawn), path: clean::line(&source.path), lines }
    }

    /// The characters to underline: what lies on the first line of a stretch, and never nothing. `None` where the
    /// line is too long to be shown.
    fn chars(&self, source: &Source, span: Span) -> Option<Range<usize>> {
        let start = boundary(&source.text, span.start);
        let (line, column) = source.line_column(start);
        let (first, count) = *self.lines.get((line as usize).saturating_sub(1))?;
        if count > LINE_CHARS_MAX {
            return None;
        }
        let column = (column as usize).saturating_sub(1).min(count);
        let end = boundary(&source.text, span.end);
        let wide = source.text.get(start as usize..end as usize).unwrap_or_default();
        let wide = wide.split('\n').next().unwrap_or_default().chars().count();
        let wide = wide.min(count.saturating_sub(column)).max(1);
        let start = first.saturating_add(column);
        Some(start..start.saturating_add(wide))
    }
}

/// The byte itself or the nearest one before it at which a character starts, within the text.
fn boundary(text: &str, at: u32) -> u32 {
    let at = text.floor_char_boundary(at as usize);
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Draws diagnostics and keeps the files it drew from.
struct Pages<'s> {
    sources: &'s Sources,
    style: Style,
    pages: BTreeMap<FileId, Page>,
}

impl Pages<'_> {
    fn one(&mut self, diagnostic: &Diagnostic, out: &mut String) {
        let (severity, code) = (diagnostic.severity.word(), diagnostic.code.id());
        let heading = self.paint(color(diagnostic.severity), &format!("{severity}[{code}]"));
        let message = self.paint(BOLD, &format!(": {}", clean::line(&diagnostic.message)));
        out.push_str(&format!("{heading}{message}\n"));
        let more = !diagnostic.notes.is_empty() || diagnostic.help.is_some();
        let margin = self.snippet(diagnostic, more, out);
        for note in &diagnostic.notes {
            let word = self.paint(BOLD, "note");
            out.push_str(&format!("{:margin$}  = {word}: {}\n", "", clean::line(note)));
        }
        if let Some(help) = &diagnostic.help {
            let word = self.paint(BOLD, "help");
            out.push_str(&format!("{:margin$}  = {word}: {}\n", "", clean::line(&help.text)));
            if let Some(edit) = &help.edit {
                self.edit(edit, margin, out);
            }
        }
    }

    /// Writes the lines of the source; tells how wide the numbers of lines are. What follows takes the place of the
    /// line that closes the box.
    fn snippet(&mut self, diagnostic: &Diagnostic, more: bool, out: &mut String) -> usize {
        let primary = diagnostic.primary.span;
        let labels = self.labels(diagnostic);
        let here = labels.iter().find(|(is_primary, _)| *is_primary).map(|(_, label)| label.span.clone());
        let Some(here) = here else {
            if let Some(source) = self.sources.get(primary.file) {
                let (line, column) = source.line_column(boundary(&source.text, primary.start));
                out.push_str(&clean::line(&format!("  --> {}:{line}:{column}", source.path)));
                out.push('\n');
            }
            return 1;
        };
        let config = Config::default()
            .with_color(self.style.color)
            .with_char_set(if self.style.unicode { CharSet::Unicode } else { CharSet::Ascii })
            .with_index_type(IndexType::Char)
            .with_compact(false);
        let margin = labels.iter().map(|(_, label)| label.line.to_string().len()).max().unwrap_or(1);
        let drawn = labels.into_iter().map(|(is_primary, label)| {
            let hue = if is_primary { hue(diagnostic.severity) } else { Color::Cyan };
            // A label without words would be drawn without a mark.
            let text = if label.text.is_empty() { "here".to_owned() } else { label.text };
            Label::new(label.span).with_color(hue).with_priority(i32::from(is_primary)).with_message(text)
        });
        let report = Report::build(ReportKind::Error, here).with_config(config).with_labels(drawn).finish();
        let mut bytes = Vec::new();
        // Writing to memory does not fail.
        if report.write(&mut *self, &mut bytes).is_ok() {
            copy_snippet(&String::from_utf8_lossy(&bytes), more, out);
        }
        margin
    }

    /// The labels in the order in which their lines are shown: the file of the diagnostic first, then by place.
    fn labels(&mut self, diagnostic: &Diagnostic) -> Vec<(bool, Drawn)> {
        let secondary = diagnostic.secondary.iter().map(|label| (false, label));
        let mut all: Vec<_> = std::iter::once((true, &diagnostic.primary)).chain(secondary).collect();
        let home = diagnostic.primary.span.file;
        all.sort_by_key(|(_, label)| (label.span.file != home, label.span.file, label.span.start));
        let mut drawn = Vec::new();
        for (is_primary, label) in all {
            let Some(source) = self.sources.get(label.span.file) else { continue };
            let page = self.pages.entry(label.span.file).or_insert_with(|| Page::new(source));
            let Some(chars) = page.chars(source, label.span) else { continue };
            let (line, _) = source.line_column(boundary(&source.text, label.span.start));
            drawn.push((
                is_primary,
                Drawn { span: (label.span.file, chars), line, text: clean::line(&label.text) },
            ));
        }
        drawn
    }

    /// Writes the lines as they are with the edit.
    fn edit(&self, edit: &Edit, margin: usize, out: &mut String) {
        let Some((first, lines)) = self.edited(edit) else { return };
        if lines.iter().any(|line| line.chars().count() > LINE_CHARS_MAX) {
            return;
        }
        let left_out = lines.len() > EDIT_LINES_MAX;
        for (number, line) in (first..).zip(lines.iter().take(EDIT_LINES_MAX)) {
            let line: String = line.chars().map(clean::harmless).collect();
            let drawn = self.paint(GREEN, format!("+ {line}").trim_end());
            out.push_str(&format!(" {number:>margin$} {drawn}\n"));
        }
        if left_out {
            out.push_str(&format!(" {:margin$} …\n", ""));
        }
    }

    /// The number of the first line that an edit touches, and the lines that it leads to.
    fn edited(&self, edit: &Edit) -> Option<(u32, Vec<String>)> {
        let source = self.sources.get(edit.span.file)?;
        let (start, end) = (boundary(&source.text, edit.span.start), boundary(&source.text, edit.span.end));
        let before = source.text.get(..start as usize)?;
        let after = source.text.get(end as usize..)?;
        let (before, after) = (before.rsplit('\n').next()?, after.split('\n').next()?);
        let (first, _) = source.line_column(start);
        let whole = format!("{before}{}{after}", edit.replacement);
        let lines = whole.split('\n').map(|line| line.trim_end_matches('\r').replace('\t', "    "));
        Some((first, lines.collect()))
    }

    fn paint(&self, ansi: &str, text: &str) -> String {
        if self.style.color { format!("\u{1b}[{ansi}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// A label as it is drawn.
struct Drawn {
    span: CharSpan,
    line: u32,
    text: String,
}

/// Takes what ariadne drew without its heading, without blanks at the ends of lines, and without the line that closes
/// the box where more follows.
fn copy_snippet(drawn: &str, more: bool, out: &mut String) {
    let lines: Vec<&str> = drawn.lines().skip(1).collect();
    let kept = if more { lines.len().saturating_sub(1) } else { lines.len() };
    for line in lines.iter().take(kept) {
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

const BOLD: &str = "1";
const GREEN: &str = "32";

const fn color(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "1;31",
        Severity::Warning => "1;33",
    }
}

const fn hue(severity: Severity) -> Color {
    match severity {
        Severity::Error => Color::Red,
        Severity::Warning => Color::Yellow,
    }
}

impl ariadne::Cache<FileId> for &mut Pages<'_> {
    type Storage = String;

    fn fetch(&mut self, file: &FileId) -> Result<&ariadne::Source<String>, impl std::fmt::Debug> {
        self.pages.get(file).map(|page| &page.drawn).ok_or(file.0)
    }

    fn display<'a>(&self, file: &'a FileId) -> Option<impl std::fmt::Display + 'a> {
        self.pages.get(file).map(|page| page.path.clone())
    }
}
