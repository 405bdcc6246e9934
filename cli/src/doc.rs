//! The reference of a package in Markdown: what it reads, what it demands and why, and what a decision can take.
//!
//! Conditions and reasons stand as their authors wrote them, on one line. Reading order: `facts`, `policies`, `rollouts`.

mod facts;
mod policies;
mod rollouts;

use std::collections::BTreeMap;

use holdpoint_compiler::Compiled;
use holdpoint_isa::Program;
use holdpoint_isa::literal::format_duration;
use holdpoint_lang::ast::Item;
use holdpoint_lang::hir::{Escalate, Package, Text, TextPart};
use holdpoint_lang::{Checked, Sources, Span};

use crate::output;

/// A package that was compiled, and what its authors say of its parts.
pub(crate) struct Reference<'c> {
    package: &'c Package,
    checked: &'c Checked,
    sources: &'c Sources,
    compiled: &'c Compiled,
    program: &'c Program,
    /// What the comments of documentation say, by the place of the name that they are of.
    docs: BTreeMap<Span, String>,
}

impl<'c> Reference<'c> {
    pub(crate) fn new(checked: &'c Checked, compiled: &'c Compiled, program: &'c Program) -> Self {
        let items = checked.trees.iter().flat_map(|tree| &tree.items);
        let docs = items.flat_map(documented).map(|(span, docs)| (span, prose(docs))).collect();
        let (package, sources) = (&checked.package, &checked.sources);
        Self { package, checked, sources, compiled, program, docs }
    }

    fn docs(&self, name: Span) -> Option<String> {
        self.docs.get(&name).filter(|docs| !docs.is_empty()).cloned()
    }

    /// A stretch of the source as code, on one line.
    fn source(&self, span: Span) -> String {
        code(&self.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn text(&self, text: &Text) -> String {
        let part = |part: &TextPart| match part {
            // Values are code anyway.
            TextPart::Words(words) => plain(&words.replace('`', "")),
            TextPart::Value(value) => self.source(value.span),
        };
        text.parts.iter().map(part).collect()
    }

    fn escalation(&self, escalate: &Escalate) -> String {
        let group = self.package.groups.get(escalate.group).map(|(name, _)| code(name)).unwrap_or_default();
        let needs =
            if escalate.needs == 1 { "one member".to_owned() } else { format!("{} members", escalate.needs) };
        let expires = escalate.expires.map(|within| format!(", for {}", format_duration(within)));
        format!("{needs} of {group}{}", expires.unwrap_or_default())
    }
}

fn documented(item: &Item) -> Vec<(Span, &[String])> {
    match item {
        Item::Policy(policy) => {
            let rules = policy.rules.iter().map(|rule| (rule.name.span, rule.docs.as_slice()));
            let params = policy.params.iter().map(|param| (param.name.span, param.docs.as_slice()));
            rules.chain(params).chain([(policy.name.span, policy.docs.as_slice())]).collect()
        }
        Item::Window(window) => vec![(window.name.span, &window.docs)],
        Item::Signal(signal) => vec![(signal.name.span, &signal.docs)],
        Item::Score(score) => vec![(score.name.span, &score.docs)],
        Item::Rollout(rollout) => vec![(rollout.name.span, &rollout.docs)],
        _ => Vec::new(),
    }
}

/// The whole reference.
pub(crate) fn markdown(reference: &Reference<'_>) -> String {
    let mut page = Page::default();
    page.title(1, &plain(&reference.package.name));
    page.paragraph(&format!(
        "A decision takes at most {} fuel, which the compiler proves.",
        reference.compiled.fuel_bound
    ));
    facts::write(reference, &mut page);
    policies::write(reference, &mut page);
    rollouts::write(reference, &mut page);
    page.text
}

/// Markdown that is being written: blocks with an empty line between them.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn title(&mut self, level: usize, title: &str) {
        self.paragraph(&format!("{} {title}", "#".repeat(level)));
    }

    fn paragraph(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn list(&mut self, items: &[String]) {
        let lines: Vec<String> = items.iter().map(|item| format!("- {item}")).collect();
        if !lines.is_empty() {
            self.paragraph(&lines.join("\n"));
        }
    }

    fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |", cells.join(" | "))
        };
        let names: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
        let rule = format!("|{}", "---|".repeat(head.len()));
        let lines = [line(&names), rule].into_iter().chain(rows.iter().map(|row| line(row)));
        self.paragraph(&lines.collect::<Vec<_>>().join("\n"));
    }
}

/// A name with its title.
fn titled(name: &str, title: &str) -> String {
    let title = if title.is_empty() || title == name { String::new() } else { format!(": {}", plain(title)) };
    format!("{}{title}", code(name))
}

/// Words of an author in which Markdown finds no sign.
fn plain(text: &str) -> String {
    let signs = ['\\', '`', '*', '_', '<', '>', '[', ']', '#', '&', '~'];
    let visible = output::visible(text);
    let escape = |c: char| if signs.contains(&c) { format!("\\{c}") } else { c.to_string() };
    visible.chars().map(escape).collect()
}

/// A comment of documentation, in which only code between back-quotes is Markdown.
fn prose(lines: &[String]) -> String {
    let text = lines.join(" ");
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return plain(&text);
    }
    let part = |(at, part): (usize, &&str)| if at.is_multiple_of(2) { plain(part) } else { code(part) };
    parts.iter().enumerate().map(part).collect()
}

/// Words as code, also where they hold the sign of it.
fn code(text: &str) -> String {
    let text = output::visible(text);
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
