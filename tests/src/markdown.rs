//! Pages: headings, clauses and fenced blocks of a Markdown file, or of the documentation in a `.hold` file.
//!
//! Only what the runner needs is read. A fence starts in the first column; what cannot be read is a mistake of the
//! page and fails the run, so that no block is passed over in silence.

use std::ops::Range;

use crate::block::{Kind, kind};

/// A page.
#[derive(Debug, Default)]
pub struct Page {
    /// Its path from the root of the repository.
    pub path: String,
    /// Its lines as they are.
    pub lines: Vec<String>,
    /// Its sections, each with at least one block.
    pub sections: Vec<Section>,
    /// Its clauses.
    pub clauses: Vec<Clause>,
    /// Its first heading.
    pub title: String,
    /// What is wrong with the page itself: line and words.
    pub mistakes: Vec<(usize, String)>,
}

/// A heading and the blocks under it: a test.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// Its name: its headings below the title as words with hyphens, with `/` between them.
    pub name: String,
    /// Its blocks.
    pub blocks: Vec<Block>,
}

/// A clause of the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Its id.
    pub id: String,
    /// Its line, from 1.
    pub line: usize,
}

/// A fenced block.
#[derive(Debug, Clone)]
pub struct Block {
    /// The line of its fence, from 1.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
    /// Its text, each line with its end.
    pub text: String,
    /// Which lines of the page it fills, from 0.
    pub body: Range<usize>,
    /// What stands in front of each of its lines in the file.
    pub prefix: &'static str,
    /// The clause that it stands under.
    pub clause: Option<String>,
}

impl Page {
    /// Reads a Markdown file.
    pub fn markdown(path: &str, text: &str) -> Self {
        let lines = text.lines().map(str::to_owned).collect();
        let mut reader = Reader::new(path, lines);
        for at in 0..reader.page.lines.len() {
            let line = reader.page.lines.get(at).cloned().unwrap_or_default();
            reader.line(at, &line, "");
        }
        reader.finish()
    }

    /// Reads the documentation in a file of the language: each documented declaration is a section.
    pub fn documentation(path: &str, text: &str) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut reader = Reader::new(path, lines.clone());
        let mut inside = false;
        for (at, line) in lines.iter().enumerate() {
            let Some(words) = line.trim_start().strip_prefix("///") else {
                inside = false;
                reader.end_fence(at, "documentation ends within a block");
                continue;
            };
            if !inside {
                inside = true;
                reader.heading(2, declared(lines.get(at..).unwrap_or_default()));
            }
            let prefix = if line.starts_with(' ') { "  /// " } else { "/// " };
            reader.line(at, words.strip_prefix(' ').unwrap_or(words), prefix);
        }
        reader.finish()
    }
}

/// The name of what the documentation at the start of these lines belongs to.
fn declared(lines: &[String]) -> &str {
    let code = lines.iter().map(|line| line.trim()).find(|line| !line.starts_with("///")).unwrap_or_default();
    let mut words = code.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("file");
    let declares = matches!(
        first,
        "record"
            | "enum"
            | "fn"
            | "let"
            | "param"
            | "window"
            | "calendar"
            | "signal"
            | "policy"
            | "score"
            | "rollout"
    );
    if declares { words.next().unwrap_or(first) } else { first }
}

struct Fence {
    ticks: usize,
    line: usize,
    info: String,
    body: Vec<String>,
    start: usize,
    prefix: &'static str,
}

struct Reader {
    page: Page,
    /// Headings above the current line: level and name.
    headings: Vec<(usize, String)>,
    section: Section,
    clause: Option<String>,
    fence: Option<Fence>,
}

impl Reader {
    fn new(path: &str, lines: Vec<String>) -> Self {
        let page = Page { path: path.to_owned(), lines, ..Page::default() };
        Self { page, headings: Vec::new(), section: Section::default(), clause: None, fence: None }
    }

    fn mistake(&mut self, at: usize, words: impl Into<String>) {
        self.page.mistakes.push((at.saturating_add(1), words.into()));
    }

    fn line(&mut self, at: usize, line: &str, prefix: &'static str) {
        let ticks = line.chars().take_while(|c| *c == '`').count();
        if let Some(fence) = &mut self.fence {
            if ticks >= fence.ticks && line.trim_end_matches(['`', ' ']).is_empty() {
                self.close(at);
            } else {
                fence.body.push(line.to_owned());
            }
            return;
        }
        let trimmed = line.trim_start();
        if ticks >= 3 {
            let info = line.trim_start_matches('`').trim().to_owned();
            let (line, start) = (at.saturating_add(1), at.saturating_add(1));
            self.fence = Some(Fence { ticks, line, info, body: Vec::new(), start, prefix });
        } else if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            self.mistake(at, "a block starts with ``` in the first column");
        } else if let Some(title) = line.strip_prefix('#') {
            let more = title.chars().take_while(|c| *c == '#').count();
            self.heading(more.saturating_add(1), title.trim_start_matches('#').trim());
        } else if let Some(rest) = line.strip_prefix("r[") {
            self.clause(at, rest);
        }
    }

    fn clause(&mut self, at: usize, rest: &str) {
        let id = rest.strip_suffix(']').unwrap_or_default();
        let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        if id.is_empty() || !id.chars().all(is_id) {
            self.mistake(
                at,
                "a clause is `r[rule.id]` alone on its line, of small letters, digits, `.` and `-`",
            );
            return;
        }
        self.clause = Some(id.to_owned());
        self.page.clauses.push(Clause { id: id.to_owned(), line: at.saturating_add(1) });
    }

    fn heading(&mut self, level: usize, title: &str) {
        self.end_section();
        if self.page.title.is_empty() {
            self.page.title = title.to_owned();
        }
        self.clause = None;
        self.headings.retain(|(above, _)| *above < level);
        self.headings.push((level, slug(title)));
        let below_title: Vec<&str> =
            self.headings.iter().filter(|(level, _)| *level > 1).map(|(_, name)| name.as_str()).collect();
        self.section.name = if below_title.is_empty() { slug(title) } else { below_title.join("/") };
    }

    fn close(&mut self, at: usize) {
        let Some(fence) = self.fence.take() else { return };
        let text = fence.body.iter().map(|line| format!("{line}\n")).collect();
        match kind(&fence.info) {
            Ok(kind) => self.section.blocks.push(Block {
                line: fence.line,
                kind,
                text,
                body: fence.start..at,
                prefix: fence.prefix,
                clause: self.clause.clone(),
            }),
            Err(words) => self.page.mistakes.push((fence.line, words)),
        }
    }

    fn end_fence(&mut self, at: usize, words: &str) {
        if self.fence.take().is_some() {
            self.mistake(at, words);
        }
    }

    fn end_section(&mut self) {
        let done = std::mem::take(&mut self.section);
        if done.blocks.iter().all(|block| matches!(block.kind, Kind::Prose { .. })) {
            return;
        }
        let same = |name: &str| self.page.sections.iter().any(|section| section.name == name);
        let mut name = done.name.clone();
        for number in 2..100 {
            if !same(&name) {
                break;
            }
            name = format!("{}-{number}", done.name);
        }
        self.page.sections.push(Section { name, blocks: done.blocks });
    }

    fn finish(mut self) -> Page {
        let end = self.page.lines.len();
        self.end_fence(end, "the page ends within a block");
        self.end_section();
        self.page
    }
}

/// A heading as a name: small letters, digits and hyphens.
fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::{Clause, Page};

    const PAGE: &str = "\
# Types

Prose with r[not.a.clause] within.

## Percent & points

r[type.percent]
A percentage.

```policy reject
let a = 1% + 2%  // error: E0403
```

````text
```policy nothing
```
````

### Percent & points
```policy accept
let a = 1
```
";

    #[test]
    fn a_page_has_sections_clauses_and_blocks() {
        let page = Page::markdown("spec/types.md", PAGE);
        assert_eq!(page.mistakes, []);
        assert_eq!(page.title, "Types");
        assert_eq!(page.clauses, [Clause { id: "type.percent".to_owned(), line: 7 }]);
        let names: Vec<&str> = page.sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, ["percent-points", "percent-points/percent-points"]);
        let block = &page.sections[0].blocks[0];
        assert_eq!((block.line, block.body.clone()), (10, 10..11));
        assert_eq!(block.text, "let a = 1% + 2%  // error: E0403\n");
        assert_eq!(block.clause.as_deref(), Some("type.percent"));
        assert_eq!(page.sections[1].blocks[0].clause, None);
    }

    #[test]
    fn what_would_be_passed_over_is_a_mistake() {
        let wrong = |text: &str| Page::markdown("p.md", text).mistakes.len();
        assert_eq!(wrong("```polcy accept\n```\n"), 1);
        assert_eq!(wrong("```\nfree text\n```\n"), 1);
        assert_eq!(wrong("  ```text\n  ```\n"), 2);
        assert_eq!(wrong("~~~\n"), 1);
        assert_eq!(wrong("```text\n"), 1);
        assert_eq!(wrong("r[Not An Id]\n"), 1);
        assert_eq!(wrong("r[a.b] A clause has its own line.\n"), 1);
    }

    #[test]
    fn documentation_is_a_page_with_a_section_for_each_declaration() {
        let text = "\
/// One artifact.
///
/// ```policy accept
/// let a = 1
/// ```
record Artifact {
  /// ```policy parse-only
  /// let b = 2
  /// ```
  commit: string
}
";
        let page = Page::documentation("stdlib/std/deployment.hold", text);
        assert_eq!(page.mistakes, []);
        let names: Vec<&str> = page.sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, ["artifact", "commit"]);
        assert_eq!(page.sections[1].blocks[0].text, "let b = 2\n");
        assert_eq!(page.sections[1].blocks[0].prefix, "  /// ");
    }
}
