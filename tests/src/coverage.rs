//! Whether clauses, codes, tables and tests hang together: every id that is named is declared, every clause is shown
//! by something that runs, every code has its page.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use holdpoint_isa::builtins::Builtin;
use holdpoint_isa::fault::FAULTS;
use holdpoint_isa::limits::LIMITS;
use holdpoint_isa::ops::OPS;
use holdpoint_lang::diag::Code;

use crate::block::{Kind, Policy, Word};
use crate::homes;
use crate::markdown::{Block, Page};
use crate::package::Files;

/// A clause named somewhere: where and its id.
type Citation = (String, String);

/// All that can be compared.
pub struct Survey {
    pages: Vec<Page>,
    /// Clauses that tests in Rust say they cover.
    citations: Vec<Citation>,
    /// Clauses that comments in Rust speak of.
    mentions: Vec<Citation>,
}

impl Survey {
    /// Reads the pages and the Rust code below a root.
    ///
    /// # Errors
    /// What hinders reading a file.
    pub fn of(root: &Path) -> io::Result<Self> {
        let pages = homes::pages(root)?;
        let (mut citations, mut mentions) = (Vec::new(), Vec::new());
        for path in homes::files(root, "", "rs")? {
            let text = fs::read_to_string(root.join(&path))?;
            let (cited, mentioned) = named(&path, &text);
            citations.extend(cited);
            mentions.extend(mentioned);
        }
        Ok(Self { pages, citations, mentions })
    }

    /// Clauses declared more than once.
    pub fn declared_twice(&self) -> Vec<String> {
        let mut seen: BTreeMap<&str, String> = BTreeMap::new();
        let mut complaints = Vec::new();
        for page in &self.pages {
            for clause in &page.clauses {
                let here = format!("{}:{}", page.path, clause.line);
                if let Some(first) = seen.insert(&clause.id, here.clone()) {
                    complaints.push(format!("{here}: clause `{}` is declared at {first} too", clause.id));
                }
            }
        }
        complaints
    }

    /// Clauses that tables, tests, comments or blocks name and that no page declares.
    pub fn undeclared(&self) -> Vec<String> {
        let declared: BTreeSet<&str> =
            self.pages.iter().flat_map(|page| &page.clauses).map(|clause| clause.id.as_str()).collect();
        let by_blocks = self.policies().flat_map(|(page, block, policy)| {
            policy.rules.iter().map(move |id| (format!("{}:{}", page.path, block.line), id.clone()))
        });
        let named = in_tables()
            .into_iter()
            .chain(self.citations.clone())
            .chain(self.mentions.clone())
            .chain(by_blocks);
        let unknown = named.filter(|(_, id)| !declared.contains(id.as_str()));
        unknown.map(|(at, id)| format!("{at}: no page declares the clause `{id}`")).collect()
    }

    /// Clauses that nothing shows: no block under them, none that names them, and no test in Rust.
    pub fn uncovered(&self) -> Vec<String> {
        let mut covered: BTreeSet<&str> = self.citations.iter().map(|(_, id)| id.as_str()).collect();
        for page in &self.pages {
            for block in page.sections.iter().flat_map(|section| &section.blocks) {
                match &block.kind {
                    Kind::Policy(policy) if policy.word != Word::Prelude => {
                        covered.extend(policy.rules.iter().map(String::as_str));
                        covered.extend(block.clause.as_deref());
                    }
                    Kind::Table(_) => covered.extend(block.clause.as_deref()),
                    Kind::Policy(_) | Kind::Golden(_) | Kind::Prose { .. } => {}
                }
            }
        }
        let clauses =
            self.pages.iter().flat_map(|page| page.clauses.iter().map(move |clause| (page, clause)));
        let bare = clauses.filter(|(_, clause)| !covered.contains(clause.id.as_str()));
        bare.map(|(page, clause)| {
            format!("{}:{}: nothing shows clause `{}`", page.path, clause.line, clause.id)
        })
        .collect()
    }

    /// Codes without a page, and pages that lack what they must have.
    pub fn code_pages(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        for code in Code::ALL {
            let path = format!("spec/errors/{}.md", code.id());
            match self.pages.iter().find(|page| page.path == path) {
                Some(page) => complaints.extend(code_page(*code, page)),
                None => complaints.push(format!("{path}: this page is missing")),
            }
        }
        for page in &self.pages {
            let Some(name) = page.path.strip_prefix("spec/errors/") else { continue };
            let id = name.trim_end_matches(".md");
            if Code::from_id(id).is_none_or(|code| code.id() != id) {
                complaints.push(format!("{}: there is no code of this name", page.path));
            }
        }
        complaints
    }

    fn policies(&self) -> impl Iterator<Item = (&Page, &Block, &Policy)> {
        self.pages.iter().flat_map(policies)
    }
}

fn policies(page: &Page) -> impl Iterator<Item = (&Page, &Block, &Policy)> {
    let blocks = page.sections.iter().flat_map(|section| &section.blocks);
    blocks.filter_map(move |block| match &block.kind {
        Kind::Policy(policy) => Some((page, block, policy)),
        _ => None,
    })
}

fn code_page(code: Code, page: &Page) -> Vec<String> {
    let mut complaints = Vec::new();
    let title = format!("{}: {}", code.id(), code.title());
    if page.title != title {
        complaints.push(format!("{}: its first heading is `# {title}`", page.path));
    }
    let wrong = |(_, block, policy): &(&Page, &Block, &Policy)| {
        let announced =
            Files::split(&block.text, policy).and_then(|files| files.announced()).unwrap_or_default();
        policy.word == Word::Reject
            && !announced.is_empty()
            && announced.iter().all(|(.., found)| *found == code)
    };
    if !policies(page).any(|block| wrong(&block)) {
        complaints.push(format!("{}: no `reject` block raises {} and nothing else", page.path, code.id()));
    }
    let right = |word: Word| matches!(word, Word::Accept | Word::Verdict);
    if !policies(page).any(|(_, _, policy)| right(policy.word)) {
        complaints.push(format!("{}: no `accept` or `verdict` block shows what is right", page.path));
    }
    complaints
}

/// The clauses that rows of tables name.
fn in_tables() -> Vec<Citation> {
    let row = |table: &str, name: &str, id: &str| (format!("{table}, row `{name}`"), id.to_owned());
    let ops = OPS.iter().map(|op| row("table of operations", op.name, op.rule));
    let builtins = Builtin::ALL.iter().map(|b| row("table of builtins", b.info().word, b.info().rule));
    let faults = FAULTS.iter().map(|(_, _, text, rule)| row("table of faults", text, rule));
    let limits = LIMITS.iter().map(|limit| row("table of limits", limit.name, limit.rule));
    let codes = Code::ALL.iter().map(|code| row("table of codes", code.id(), code.rule()));
    ops.chain(builtins).chain(faults).chain(limits).chain(codes).collect()
}

/// What a Rust file cites, in a comment of test code that begins as [`CITES`] does, and what its comments mention:
/// ids in backticks behind the word rule.
fn named(path: &str, text: &str) -> (Vec<Citation>, Vec<Citation>) {
    let (mut citations, mut mentions) = (Vec::new(), Vec::new());
    let is_test_file = path.split('/').any(|part| matches!(part, "tests" | "tests.rs"));
    let mut in_tests = is_test_file;
    for (line, number) in text.lines().zip(1usize..) {
        in_tests = in_tests || line.trim() == "#[cfg(test)]";
        let at = || format!("{path}:{number}");
        let line = line.trim_start();
        if let Some(ids) = line.strip_prefix(CITES).filter(|_| in_tests) {
            citations.extend(ids.split(',').map(|id| (at(), id.trim().to_owned())));
        } else if line.starts_with("//") {
            mentions.extend(mentioned(line).into_iter().map(|id| (at(), id)));
        }
    }
    (citations, mentions)
}

const CITES: &str = "// rule:";

fn mentioned(comment: &str) -> Vec<String> {
    let is_id = |id: &str| {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        id.contains('.') && !id.ends_with(".rs") && id.chars().all(legal)
    };
    let behind = comment.split("rule `").skip(1).filter_map(|rest| rest.split_once('`'));
    behind.map(|(id, _)| id.to_owned()).filter(|id| is_id(id)).collect()
}

#[cfg(test)]
mod tests {
    use holdpoint_lang::diag::Code;

    use super::{Survey, code_page, named};
    use crate::markdown::Page;

    fn survey(page: &str, rust: &str) -> Survey {
        let (citations, mentions) = named("lang/src/tests.rs", rust);
        Survey { pages: vec![Page::markdown("spec/a.md", page)], citations, mentions }
    }

    const PAGE: &str = "\
# A
r[a.one]
```policy accept rules=a.two
```
r[a.two]
r[a.three]
```json
{}
```
## B
```policy accept
```
r[a.four]
r[a.one]
";

    #[test]
    fn clauses_without_a_block_or_a_citation_are_found() {
        let found = survey(PAGE, "// rule: a.four\n").uncovered();
        assert_eq!(found, ["spec/a.md:6: nothing shows clause `a.three`"]);
    }

    #[test]
    fn clauses_declared_twice_or_not_at_all_are_found() {
        let survey = survey(PAGE, "// rule: a.five, a.one\n//! Text (rule `b.one`), file `x.rs`.\n");
        assert_eq!(survey.declared_twice(), ["spec/a.md:14: clause `a.one` is declared at spec/a.md:2 too"]);
        let unknown = survey.undeclared();
        let in_rust: Vec<&String> = unknown.iter().filter(|words| words.starts_with("lang/")).collect();
        assert_eq!(
            in_rust,
            [
                "lang/src/tests.rs:1: no page declares the clause `a.five`",
                "lang/src/tests.rs:2: no page declares the clause `b.one`"
            ]
        );
    }

    #[test]
    fn only_tests_cite() {
        assert_eq!(named("lang/src/a.rs", "// rule: a.b\n").0, []);
        assert_eq!(named("lang/src/a.rs", "#[cfg(test)]\nmod tests {\n    // rule: a.b\n").0.len(), 1);
    }

    #[test]
    fn the_page_of_a_code_has_a_wrong_and_a_right_example() {
        let page = |text: &str| Page::markdown("spec/errors/E0301.md", text);
        let whole =
            "# E0301: unknown name\n```policy reject\nx // error: E0301\n```\n```policy accept\n```\n";
        assert_eq!(code_page(Code::UnknownName, &page(whole)), [""; 0]);
        let lacks = "# E0301\n```policy reject\nx // error: E0301, E0201\n```\n";
        assert_eq!(code_page(Code::UnknownName, &page(lacks)).len(), 3);
    }
}
