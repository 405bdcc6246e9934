//! Runs the blocks of one section, and says what failed and what `cargo bless` would write.

use std::collections::BTreeMap;

use holdpoint_lang::Diagnostic;

use crate::block::{Golden, Kind, Policy, Word};
use crate::engine::{self, Outcome};
use crate::golden::{Edit, diff};
use crate::markdown::{Block, Page, Section};
use crate::package::{Files, Mark};
use crate::tables;

/// What came of a section.
#[derive(Debug, Default)]
pub struct Report {
    /// What failed: the line in the page and what is wrong.
    pub failures: Vec<(usize, String)>,
    /// Golden blocks that differ: the line, and the text that they should have.
    pub stale: Vec<(usize, String, Edit)>,
}

impl Report {
    fn fail(&mut self, block: &Block, words: impl Into<String>) {
        self.failures.push((block.line, words.into()));
    }
}

/// The preludes of a page by name.
pub struct Preludes {
    named: BTreeMap<String, Files>,
}

impl Preludes {
    /// Collects the preludes of a page; what is wrong with them is added to the page's mistakes.
    pub fn of(page: &mut Page) -> Self {
        let mut named = BTreeMap::new();
        let mut mistakes = Vec::new();
        let mut used: Vec<String> = Vec::new();
        let blocks = page.sections.iter().flat_map(|section| &section.blocks);
        for (block, policy) in blocks.filter_map(policy_of) {
            used.extend(policy.with.iter().chain(&policy.under).cloned());
            let Some(name) = &policy.name else { continue };
            match Files::split(&block.text, policy) {
                Ok(files) => {
                    if named.insert(name.clone(), (files, block.line)).is_some() {
                        mistakes.push((block.line, format!("two preludes have the name `{name}`")));
                    }
                }
                Err(words) => mistakes.push((block.line, words)),
            }
        }
        for (name, (_, line)) in &named {
            if !used.contains(name) {
                mistakes.push((*line, format!("no block takes in the prelude `{name}`")));
            }
        }
        page.mistakes.extend(mistakes);
        Self { named: named.into_iter().map(|(name, (files, _))| (name, files)).collect() }
    }
}

fn policy_of(block: &Block) -> Option<(&Block, &Policy)> {
    match &block.kind {
        Kind::Policy(policy) => Some((block, policy)),
        _ => None,
    }
}

/// Runs a section.
pub fn section(section: &Section, preludes: &Preludes) -> Report {
    let mut report = Report::default();
    let mut last: Option<(&Block, Policy, Outcome)> = None;
    let mut shown = false;
    for block in &section.blocks {
        match &block.kind {
            Kind::Policy(policy) => {
                finish(&last, shown, &mut report);
                shown = false;
                last =
                    run(block, policy, preludes, &mut report).map(|outcome| (block, policy.clone(), outcome));
            }
            Kind::Golden(golden) => match &last {
                Some((_, _, outcome)) => {
                    shown = true;
                    compare_golden(block, *golden, outcome, &mut report);
                }
                None => report
                    .fail(block, "this block shows what a policy block above it leads to, and there is none"),
            },
            Kind::Table(name) => match tables::table(name) {
                Ok(text) => compare(block, &text, &mut report),
                Err(words) => report.fail(block, words),
            },
            Kind::Prose { json: true } => {
                if let Err(error) = serde_json::from_str::<serde_json::Value>(&block.text) {
                    report.fail(block, format!("no JSON: {error}"));
                }
            }
            Kind::Prose { json: false } => {}
        }
    }
    finish(&last, shown, &mut report);
    report
}

/// Some words need a golden block behind them.
fn finish(last: &Option<(&Block, Policy, Outcome)>, shown: bool, report: &mut Report) {
    if let Some((block, policy, _)) = last {
        let needs = match policy.word {
            Word::Bytecode => "disassembly",
            Word::Fuel => "fuel",
            Word::Fmt => "formatted",
            _ => return,
        };
        if !shown {
            report.fail(block, format!("a block ```{needs} must follow"));
        }
    }
}

fn run(block: &Block, policy: &Policy, preludes: &Preludes, report: &mut Report) -> Option<Outcome> {
    if policy.word == Word::Prelude {
        return None;
    }
    let files = match files(block, policy, preludes) {
        Ok(files) => files,
        Err(words) => {
            report.fail(block, words);
            return None;
        }
    };
    let outcome = match policy.word {
        Word::ParseOnly | Word::Fmt => engine::parse(&files),
        _ => engine::build(&files),
    };
    match files.announced() {
        Ok(announced) if announced.is_empty() && policy.word == Word::Reject => {
            report.fail(block, "nothing is announced: write `// error: CODE` behind the line at fault");
        }
        Ok(announced) if !announced.is_empty() && policy.word != Word::Reject => {
            report.fail(block, "only a `reject` block announces diagnostics");
        }
        Ok(announced) => check_marks(block, &announced, &files, &outcome, report),
        Err(words) => report.fail(block, words),
    }
    if policy.word == Word::Verdict {
        check_tests(block, &outcome, report);
    }
    if let Err(words) = engine::check_layout(&files, &outcome) {
        report.fail(block, words);
    }
    Some(outcome)
}

fn files(block: &Block, policy: &Policy, preludes: &Preludes) -> Result<Files, String> {
    let mut files = Files::split(&block.text, policy)?;
    let named = |name: &String| {
        preludes.named.get(name).ok_or_else(|| format!("no prelude of this page has the name `{name}`"))
    };
    if let Some(name) = &policy.with {
        files.take_in(name, named(name)?)?;
    }
    for name in &policy.under {
        files.above.push((name.clone(), named(name)?.clone()));
    }
    Ok(files)
}

/// Compares the diagnostics with those that comments announce.
fn check_marks(block: &Block, announced: &[Mark], files: &Files, outcome: &Outcome, report: &mut Report) {
    let mut found: Vec<Mark> =
        outcome.diagnostics.iter().map(|diagnostic| mark(diagnostic, files, outcome)).collect();
    found.sort();
    if found == announced {
        return;
    }
    let list = |marks: &[Mark]| marks.iter().map(show_mark).collect::<String>();
    let shown = outcome.show(Golden::Concise).unwrap_or_default();
    let differ = diff(&list(announced), &list(&found));
    report.fail(block, format!("the diagnostics are not those announced\n{differ}all of them:\n{shown}"));
}

fn mark(diagnostic: &Diagnostic, files: &Files, outcome: &Outcome) -> Mark {
    let source = outcome.sources.get(diagnostic.primary.span.file);
    let path = source.map_or_else(String::new, |source| source.path.clone());
    let line = source.map_or(1, |source| source.line_column(diagnostic.primary.span.start).0);
    let line = files.line(&path, line);
    (path, line, diagnostic.severity, diagnostic.code)
}

fn show_mark((path, line, severity, code): &Mark) -> String {
    format!("{path}:{line} {}: {}\n", severity.word(), code.id())
}

fn check_tests(block: &Block, outcome: &Outcome, report: &mut Report) {
    let Some(module) = &outcome.module else {
        return report.fail(block, "there is no module whose tests could run");
    };
    if module.tests.is_empty() {
        report.fail(block, "a `verdict` block has at least one `test`");
    }
    for test in &module.tests {
        for failure in &test.failures {
            report.fail(block, format!("test \"{}\": {failure}", test.name));
        }
    }
}

fn compare_golden(block: &Block, golden: Golden, outcome: &Outcome, report: &mut Report) {
    match outcome.show(golden) {
        Some(text) => compare(block, &text, report),
        None => report.fail(block, "there is no module to show"),
    }
}

/// Blanks at the ends of lines and empty lines at the end do not count.
fn compare(block: &Block, text: &str, report: &mut Report) {
    let trimmed = |text: &str| -> String {
        text.trim_end().lines().map(|line| format!("{}\n", line.trim_end())).collect()
    };
    let (held, text) = (trimmed(&block.text), trimmed(text));
    if held != text {
        report.stale.push((block.line, diff(&held, &text), Edit::of(block, &text)));
    }
}

#[cfg(test)]
mod tests {
    use super::{Preludes, Report, section};
    use crate::markdown::Page;

    fn run(text: &str) -> Report {
        let mut page = Page::markdown("p.md", text);
        let preludes = Preludes::of(&mut page);
        let mut whole = Report { failures: page.mistakes.clone(), ..Report::default() };
        for tested in &page.sections {
            let report = section(tested, &preludes);
            whole.failures.extend(report.failures);
            whole.stale.extend(report.stale);
        }
        whole
    }

    fn failure(text: &str) -> String {
        let report = run(text);
        let [(_, words)] = report.failures.as_slice() else { panic!("{:?}", report.failures) };
        words.lines().next().unwrap_or_default().to_owned()
    }

    const GOOD: &str = "request { n: int }\npolicy p { rule r { block when n > 1 } }\n";

    #[test]
    fn what_is_as_announced_passes() {
        let text = format!(
            "```policy prelude name=base\n{GOOD}```\n```policy verdict with=base\n\
             test \"two\" {{ given {{ now: 2026-11-20T15:30Z n: 2 }} expect block by r }}\n```\n\
             ```policy reject with=base\nlet x = m // error: E0301 warning: W0309\n```\n\
             ```policy parse-only\nlet x = nothing.at.all\n```\n```json\n[1]\n```\n"
        );
        assert_eq!(run(&text).failures, []);
    }

    #[test]
    fn what_is_not_as_announced_fails() {
        let wrong = |word: &str, body: &str| failure(&format!("```policy {word}\n{body}```\n"));
        assert_eq!(wrong("accept", "request { n: it }\n"), "the diagnostics are not those announced");
        assert_eq!(
            wrong("accept", "request { n: it } // error: E0304\n"),
            "only a `reject` block announces diagnostics"
        );
        assert_eq!(wrong("parse-only", "request {\n"), "the diagnostics are not those announced");
        assert_eq!(
            wrong("reject", "request { n: it } // error: E0301\n"),
            "the diagnostics are not those announced"
        );
        assert!(wrong("reject", GOOD).starts_with("nothing is announced"));
        assert_eq!(wrong("verdict", GOOD), "a `verdict` block has at least one `test`");
        assert_eq!(wrong("bytecode", GOOD), "a block ```disassembly must follow");
        assert_eq!(wrong("fuel", GOOD), "a block ```fuel must follow");
        assert_eq!(wrong("fmt", GOOD), "a block ```formatted must follow");
        assert_eq!(wrong("accept with=base", GOOD), "no prelude of this page has the name `base`");
        assert_eq!(wrong("prelude name=base", GOOD), "no block takes in the prelude `base`");
        let test = "test \"two\" { given { now: 2026-11-20T15:30Z n: 2 } expect allow }\n";
        assert_eq!(wrong("verdict", &format!("{GOOD}{test}")), "test \"two\": expected allow, got block");
    }

    #[test]
    fn goldens_are_compared() {
        let stale = |text: String| run(&text).stale.len();
        assert_eq!(stale(format!("```policy fuel\n{GOOD}```\n```fuel\nfuel 0\n```\n")), 1);
        assert_eq!(stale(format!("```policy fmt\n{GOOD}```\n```formatted\n{GOOD}```\n")), 1);
        assert_eq!(stale("```table verdicts\n```\n".to_owned()), 1);
        assert!(failure("```diagnostics\n```\n").contains("there is none"));
        assert!(failure("```table nothing\n```\n").starts_with("unknown table"));
        assert!(failure("```table verdicts\n```\n```json\n{\n```\n").starts_with("no JSON"));
        let wrong = "```policy reject\nrequest { n: it } // error: E0304\n```\n```disassembly\n```\n";
        assert_eq!(failure(wrong), "there is no module to show");
    }
}
