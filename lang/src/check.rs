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
mod never;
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
use crate::index::Index;
use crate::parse::parse;
use crate::span::{FileId, Source, Sources, Span};
use scope::Scopes;
pub use types::TYPE_NAMES;

/// A package as texts.
#[derive(Debug, Clone, Default)]
pub struct PackageInput {
    /// Its name.
    pub name: String,
    /// Its files, path and text; paths are relative to the package.
    pub files: Vec<(String, String)>,
    /// Its JSON files by path, for fixtures.
    pub data: BTreeMap<String, String>,
    /// The packages of the layers above it, the top one first; their tests do not run.
    pub above: Vec<Self>,
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
    /// What names stand for, and the types of things.
    pub index: Index,
    /// The files as they are written, in the order of the sources; of the library only what every package takes.
    pub trees: Vec<ast::File>,
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
    checker.package.layer = input.above.len();
    checker.run();
    let Checker { package, sink, scopes, .. } = checker;
    let index = scopes.index;
    // What is included stands behind the files that were read.
    let trees = files.into_iter().zip(sources.iter()).map(|(file, _)| file.tree).collect();
    Checked { sources, package, diagnostics: sink.sorted(), index, trees }
}

/// Parses the files of the package, then the modules that they use, each once, then takes over what they include.
fn read(
    input: &PackageInput,
    library: Library<'_>,
    sources: &mut Sources,
    sink: &mut Diagnostics,
) -> Vec<FileTree> {
    let mut files: Vec<FileTree> = Vec::new();
    for (layer, package) in input.above.iter().enumerate() {
        for (path, text) in ordered(package) {
            let path = format!("{}/{path}", package.name);
            let mut file = read_file(&path, text, Origin::Package(layer), sources, sink);
            file.tree.items.retain(|item| !matches!(item, ast::Item::Fixture(_) | ast::Item::Test(_)));
            files.push(file);
        }
    }
    for (path, text) in ordered(input) {
        files.push(read_file(path, text, Origin::Package(input.above.len()), sources, sink));
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
                    files.push(read_file(&path, text, Origin::Library(name.clone()), sources, sink));
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

/// The files of a package, by path.
fn ordered(input: &PackageInput) -> Vec<&(String, String)> {
    let mut files: Vec<_> = input.files.iter().collect();
    files.sort();
    files
}

/// Adds what the package includes of policies, scores and rollouts; those of the library that nobody includes are left out.
fn include(files: &mut Vec<FileTree>, sink: &mut Diagnostics) {
    let mut included = Vec::new();
    for file in files.iter() {
        let Origin::Package(layer) = file.origin else { continue };
        for item in &file.tree.items {
            let ast::Item::Include(include) = item else { continue };
            let module = files.iter().find(|file| file.is_module(&include.module.text()));
            if let Some(module) = module {
                let items = include::instances(include, &module.tree, sink);
                let (tree, origin) = (ast::File { items }, Origin::Included(layer));
                included.push(FileTree { id: module.id, tree, origin, unread: module.unread });
            }
        }
    }
    for file in files.iter_mut().filter(|file| matches!(file.origin, Origin::Library(_))) {
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
    origin: Origin,
    sources: &mut Sources,
    sink: &mut Diagnostics,
) -> FileTree {
    let id = sources.add(Source::new(path, text));
    let (tree, diagnostics) = parse(id, text);
    let unread = diagnostics.has_errors();
    sink.extend(diagnostics);
    FileTree { id, tree, origin, unread }
}

/// A parsed file.
struct FileTree {
    id: FileId,
    tree: ast::File,
    origin: Origin,
    /// Whether a part of it could not be read.
    unread: bool,
}

impl FileTree {
    /// Whether it is a module of the library.
    fn is_module(&self, name: &str) -> bool {
        matches!(&self.origin, Origin::Library(module) if module == name)
    }

    /// The layer that it belongs to; the library lies beside the top one.
    const fn layer(&self) -> usize {
        match self.origin {
            Origin::Package(layer) | Origin::Included(layer) => layer,
            Origin::Library(_) => 0,
        }
    }
}

/// Where a file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// The package of a layer, counted from the top.
    Package(usize),
    /// A module of the library, by its name.
    Library(String),
    /// The library, by an `include` of a layer.
    Included(usize),
}

/// A declaration and where it comes from.
#[derive(Clone, Copy)]
struct Declared<'a> {
    item: &'a ast::Item,
    /// The layer, counted from the top.
    layer: usize,
    /// Whether it is the library's, in every layer.
    library: bool,
    /// Whether it is the author's own: of the lowest layer, and not of the library.
    own: bool,
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
        self.check_conditions();
        self.check_tests();
        self.note_spare();
        self.drop_spare_calendars();
        self.report_unused();
    }

    /// Every declaration.
    fn declared(&self) -> impl Iterator<Item = Declared<'a>> + use<'a> {
        let lowest = self.input.above.len();
        self.files.iter().flat_map(move |file| {
            let (layer, library) = (file.layer(), matches!(file.origin, Origin::Library(_)));
            let own = file.origin == Origin::Package(lowest);
            file.tree.items.iter().map(move |item| Declared { item, layer, library, own })
        })
    }

    /// Every declaration that a function picks, with its layer.
    fn picked<T: 'a>(&self, pick: impl Fn(&'a ast::Item) -> Option<&'a T>) -> Vec<(&'a T, usize)> {
        self.declared().filter_map(|declared| Some((pick(declared.item)?, declared.layer))).collect()
    }

    /// The start of the package's first file, for what is wrong with the package as a whole.
    fn package_span(&self) -> Span {
        let file = self.files.first().map(|file| file.id).unwrap_or_default();
        Span::new(file, 0, 0)
    }

    /// Whether a place is in the library.
    fn in_library(&self, span: Span) -> bool {
        self.files.iter().any(|file| file.id == span.file && !matches!(file.origin, Origin::Package(_)))
    }

    /// Whether a part of the file of a place could not be read.
    fn is_unread(&self, span: Span) -> bool {
        self.files.iter().any(|file| file.id == span.file && file.unread)
    }

    /// Whether the package uses a module that there is not.
    fn lacks_module(&self) -> bool {
        let has = |path: &ast::Path| self.files.iter().any(|file| file.is_module(&path.text()));
        self.declared().filter_map(|declared| as_use(declared.item)).any(|path| !has(path))
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
