//! From trees to a typed package: names, types, and everything that makes a policy mean nothing or something other
//! than it says.
//!
//! Declarations may stand in any order and in any file of the package; what a declaration needs is checked when it is
//! first needed, which also finds definitions that need themselves.

mod call;
mod claims;
mod data;
mod expr;
mod floor;
mod hints;
mod include;
mod member;
mod metric;
mod names;
mod over;
mod policy;
mod rollout;
mod samples;
mod scope;
mod score;
mod signals;
mod time;
mod types;

use std::collections::BTreeMap;

use crate::ast;
use crate::diag::{Diagnostic, Diagnostics, messages};
use crate::hir;
use crate::parse::parse;
use crate::span::{FileId, Source, Sources, Span};
use scope::Scopes;

/// A package as texts.
#[derive(Debug, Clone, Default)]
pub struct PackageInput {
    /// Its name.
    pub name: String,
    /// Its files, path and text; paths are relative to the package.
    pub files: Vec<(String, String)>,
    /// Its JSON files by path, for fixtures.
    pub data: BTreeMap<String, String>,
}

/// What a check finds.
#[derive(Debug)]
pub struct Checked {
    /// The files that were read: those of the package, then those of the library that it uses.
    pub sources: Sources,
    /// The typed package; complete only where there is no error.
    pub package: hir::Package,
    /// What is wrong, by place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether the package can be compiled.
    pub fn is_ok(&self) -> bool {
        self.diagnostics.iter().all(|d| d.severity != crate::diag::Severity::Error)
    }
}

/// Finds the text of a module of the library by its name, such as `std.deployment`.
pub type Library<'l> = &'l dyn Fn(&str) -> Option<&'static str>;

/// Checks a package.
pub fn check(input: &PackageInput, library: Library<'_>) -> Checked {
    let mut sink = Diagnostics::default();
    let mut sources = Sources::default();
    let files = read(input, library, &mut sources, &mut sink);
    let mut checker = Checker::new(&files, input, sink);
    checker.package.name.clone_from(&input.name);
    checker.run();
    Checked { sources, package: checker.package, diagnostics: checker.sink.sorted() }
}

/// Parses the files of the package, then the modules that they use, each once, then takes over what they include.
fn read(
    input: &PackageInput,
    library: Library<'_>,
    sources: &mut Sources,
    sink: &mut Diagnostics,
) -> Vec<FileTree> {
    let mut ordered: Vec<&(String, String)> = input.files.iter().collect();
    ordered.sort();
    let mut files: Vec<FileTree> = Vec::new();
    for (path, text) in ordered {
        files.push(read_file(path, text, None, sources, sink));
    }
    let mut known: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(file) = files.get(at) {
        let uses: Vec<ast::Path> = file.tree.items.iter().filter_map(as_use).cloned().collect();
        for module in uses {
            let name = module.text();
            if known.contains(&name) {
                continue;
            }
            match library(&name) {
                Some(text) => {
                    let path = format!("{}.hold", name.replace('.', "/"));
                    files.push(read_file(&path, text, Some(name.clone()), sources, sink));
                }
                None => sink.push(messages::unknown_module(module.span, &name, &library_names(library))),
            }
            known.push(name);
        }
        at = at.saturating_add(1);
    }
    include(&mut files, sink);
    files
}

/// Adds the policies that the package includes; those of the library that nobody includes are left out.
fn include(files: &mut Vec<FileTree>, sink: &mut Diagnostics) {
    let mut included = Vec::new();
    for file in files.iter().filter(|file| file.module.is_none()) {
        for item in &file.tree.items {
            let ast::Item::Include(include) = item else { continue };
            let module =
                files.iter().find(|file| file.module.as_deref() == Some(include.module.text().as_str()));
            if let Some(module) = module {
                let items = include::instances(include, &module.tree, sink);
                included.push(FileTree {
                    id: module.id,
                    tree: ast::File { items },
                    module: module.module.clone(),
                    unread: module.unread,
                });
            }
        }
    }
    for file in files.iter_mut().filter(|file| file.module.is_some()) {
        let active = |item: &ast::Item| {
            !matches!(
                item,
                ast::Item::Policy(_)
                    | ast::Item::Score(_)
                    | ast::Item::Rollout(_)
                    | ast::Item::Fixture(_)
                    | ast::Item::Test(_)
            )
        };
        file.tree.items.retain(active);
    }
    files.extend(included);
}

/// The modules of the library, as its own index lists them, one a line.
fn library_names(library: Library<'_>) -> Vec<&'static str> {
    library("").map(|index| index.lines().collect()).unwrap_or_default()
}

fn as_use(item: &ast::Item) -> Option<&ast::Path> {
    match item {
        ast::Item::Use(path) | ast::Item::Include(ast::IncludeDecl { module: path, .. }) => Some(path),
        _ => None,
    }
}

fn read_file(
    path: &str,
    text: &str,
    module: Option<String>,
    sources: &mut Sources,
    sink: &mut Diagnostics,
) -> FileTree {
    let id = sources.add(Source::new(path, text));
    let (tree, diagnostics) = parse(id, text);
    let unread = diagnostics.has_errors();
    sink.extend(diagnostics);
    FileTree { id, tree, module, unread }
}

/// A parsed file.
struct FileTree {
    id: FileId,
    tree: ast::File,
    /// The module's name, where the file is the library's.
    module: Option<String>,
    /// Whether a part of it could not be read.
    unread: bool,
}

/// The state of a check.
struct Checker<'a> {
    files: &'a [FileTree],
    input: &'a PackageInput,
    sink: Diagnostics,
    package: hir::Package,
    scopes: Scopes<'a>,
    fixtures: BTreeMap<&'a str, &'a ast::FixtureDecl>,
}

impl<'a> Checker<'a> {
    fn new(files: &'a [FileTree], input: &'a PackageInput, sink: Diagnostics) -> Self {
        let (package, scopes) = (hir::Package::default(), Scopes::default());
        Self { files, input, sink, package, scopes, fixtures: BTreeMap::new() }
    }

    fn run(&mut self) {
        self.declare_types();
        self.declare_values();
        self.check_signals();
        self.check_lets();
        self.check_policies();
        self.check_scores();
        self.check_rollouts();
        self.check_tests();
        self.report_unused();
    }

    /// Every declaration with whether it is the library's.
    fn items(&self) -> impl Iterator<Item = (&'a ast::Item, bool)> + use<'a> {
        self.files
            .iter()
            .flat_map(|file| file.tree.items.iter().map(move |item| (item, file.module.is_some())))
    }

    /// The start of the package's first file, for what is wrong with the package as a whole.
    fn package_span(&self) -> Span {
        let file = self.files.first().map(|file| file.id).unwrap_or_default();
        Span::new(file, 0, 0)
    }

    /// Whether a place is in the library.
    fn in_library(&self, span: Span) -> bool {
        self.files.iter().any(|file| file.id == span.file && file.module.is_some())
    }

    /// Whether a part of the file of a place could not be read.
    fn is_unread(&self, span: Span) -> bool {
        self.files.iter().any(|file| file.id == span.file && file.unread)
    }

    /// Whether the package uses a module that there is not.
    fn lacks_module(&self) -> bool {
        let has =
            |path: &ast::Path| self.files.iter().any(|file| file.module.as_deref() == Some(&path.text()));
        self.items().filter_map(|(item, _)| as_use(item)).any(|path| !has(path))
    }

    /// Reports a name declared twice, where the author can mend it: the library's declaration is always the first.
    fn report_duplicate(&mut self, name: &ast::Ident, first: Span) {
        let (second, first) = self.author_second(name.span, first);
        self.report(messages::duplicate(second, &name.name, first));
    }

    /// The second and the first of two declarations; what the library declares came first.
    fn author_second(&self, second: Span, first: Span) -> (Span, Span) {
        let swapped = self.in_library(second) && !self.in_library(first);
        if swapped { (first, second) } else { (second, first) }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }
}
