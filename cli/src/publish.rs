//! The compiler that a server publishes packages with.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_compiler::TestResult;
use holdpoint_isa::ModuleHash;
use holdpoint_lang::ast::Item;
use holdpoint_lang::diag::render::Document;
use holdpoint_lang::diag::{Diagnostic, Severity};
use holdpoint_lang::lexer::lex;
use holdpoint_lang::{Checked, Diagnostics, FileId, PackageInput, Source, check, parse};
use holdpoint_server::publish::{Built, Compiler, FailedTest, Package, Rejected, Writing};
use serde_json::Value;

/// The compiler of this program, with the library of the language.
pub(crate) struct Library;

impl Compiler for Library {
    fn compile(&self, package: &Package) -> Result<Built, Rejected> {
        let checked = check(&input(package), &holdpoint_stdlib::module);
        let all = document(&checked.diagnostics, &checked);
        if checked.diagnostics.iter().any(|one| one.severity == Severity::Error) {
            return Err(Rejected { diagnostics: all, failed_tests: Vec::new() });
        }
        let compiled = holdpoint_compiler::compile(&checked.package, &checked.sources).map_err(|found| {
            Rejected { diagnostics: document(&found, &checked), failed_tests: Vec::new() }
        })?;
        let results = holdpoint_compiler::run_tests(&checked.package, &compiled);
        let failed: Vec<FailedTest> = results
            .iter()
            .filter(|result| !result.failures.is_empty())
            .map(|one| failed(one, &checked))
            .collect();
        if !failed.is_empty() {
            return Err(Rejected { diagnostics: all, failed_tests: failed });
        }
        Ok(Built {
            module: compiled.module,
            source_map: compiled.source_map,
            writing: writing(&checked),
            tests: results.len(),
            diagnostics: all,
        })
    }
}

/// A package as the checker takes it.
fn input(package: &Package) -> PackageInput {
    let (files, data): (Vec<_>, Vec<_>) =
        package.files.clone().into_iter().partition(|(path, _)| path.ends_with(".hold"));
    let above = package.above.iter().map(input).collect();
    PackageInput { name: package.name.clone(), files, data: data.into_iter().collect(), above }
}

fn document(diagnostics: &[Diagnostic], checked: &Checked) -> Value {
    serde_json::to_value(Document::new(diagnostics, &checked.sources)).unwrap_or_default()
}

fn failed(result: &TestResult, checked: &Checked) -> FailedTest {
    let source = checked.sources.get(result.span.file).map(|source| {
        let (line, column) = source.line_column(result.span.start);
        format!("{}:{line}:{column}", source.path)
    });
    FailedTest {
        name: result.name.clone(),
        source: source.unwrap_or_default(),
        failures: result.failures.clone(),
    }
}

/// How the rules of a package are written.
pub(crate) fn writing(checked: &Checked) -> Writing {
    let mut starts: BTreeMap<FileId, Vec<(u32, String)>> = BTreeMap::new();
    for policy in &checked.package.policies {
        for rule in &policy.rules {
            let name = format!("{}.{}", policy.name, rule.name);
            starts.entry(rule.span.file).or_default().push((rule.span.start, name));
        }
    }
    let mut writing = Writing::default();
    let mut rest = String::new();
    for (file, source) in checked.sources.iter() {
        let named = starts.remove(&file).unwrap_or_default();
        let words = words(file, source);
        let mut skipped = tests(file, source, &words);
        for (start, name) in named {
            let own = braced(&words, start);
            skipped.extend(own.iter().map(|(at, _)| *at));
            let text: String = own.iter().flat_map(|(_, word)| [*word, " "]).collect();
            writing.rules.insert(name, ModuleHash::of(text.as_bytes()).to_string());
        }
        let others = words.iter().filter(|(at, _)| !skipped.contains(at));
        others.for_each(|(_, word)| rest.extend([*word, " "]));
    }
    writing.definitions = ModuleHash::of(rest.as_bytes()).to_string();
    writing
}

/// The tokens of a file, each with its first byte; neither spaces nor comments are among them.
fn words(file: FileId, source: &Source) -> Vec<(u32, &str)> {
    let tokens = lex(file, &source.text, 0, &mut Diagnostics::default()).tokens;
    let word = |(start, _, end)| Some((u32::try_from(start).ok()?, source.text.get(start..end)?));
    tokens.into_iter().filter_map(word).collect()
}

/// The tokens from one to the brace that closes the first one behind it.
fn braced<'w, 's>(words: &'w [(u32, &'s str)], start: u32) -> &'w [(u32, &'s str)] {
    let first = words.partition_point(|(at, _)| *at < start);
    let behind = words.get(first..).unwrap_or_default();
    let mut depth = 0u32;
    for (index, (_, word)) in behind.iter().enumerate() {
        match *word {
            "{" => depth = depth.saturating_add(1),
            "}" if depth <= 1 => return behind.get(..=index).unwrap_or(behind),
            "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    behind
}

/// The places of all tokens of tests.
fn tests(file: FileId, source: &Source, words: &[(u32, &str)]) -> BTreeSet<u32> {
    let items = parse(file, &source.text).0.items.into_iter();
    let starts =
        items.filter_map(|item| if let Item::Test(test) = item { Some(test.span.start) } else { None });
    let mut places = BTreeSet::new();
    for start in starts {
        places.extend(braced(words, start).iter().map(|(at, _)| *at));
        // The word `test` stands before the name.
        places.extend(words.iter().rev().find(|(at, _)| *at < start).map(|(at, _)| *at));
    }
    places
}
