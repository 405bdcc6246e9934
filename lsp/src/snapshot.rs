//! A package as it is in the editor, with everything that is known of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdpoint_compiler::Compiled;
use holdpoint_lang::lexer::{Raw, RawKind, raw};
use holdpoint_lang::token::Token;
use holdpoint_lang::{Checked, Diagnostic, FileId, PackageInput, Span, check};
use lsp_types::{Location, Position, Range, Uri};

use crate::position::{Encoding, Lines};
use crate::symbol::{Symbol, symbols};
use crate::uri;

/// A package at one moment.
pub(crate) struct Snapshot {
    /// The directory that the paths of its files are relative to.
    root: PathBuf,
    pub(crate) checked: Checked,
    /// What is wrong, of the check or else of the compiler.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What the compiler made of it, where nothing is wrong.
    pub(crate) compiled: Option<Compiled>,
    /// What its files and those of the library declare.
    pub(crate) symbols: Vec<Symbol>,
    /// The index of each by the place of its name.
    places: BTreeMap<Span, usize>,
    lines: Vec<Lines>,
    /// Its JSON files.
    data: BTreeMap<String, String>,
    /// How many of its files are its own; those behind them are the library's.
    own: usize,
}

/// A place in a file of a package.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'s> {
    pub(crate) snapshot: &'s Snapshot,
    pub(crate) file: FileId,
    pub(crate) text: &'s str,
    pub(crate) at: u32,
}

impl Snapshot {
    pub(crate) fn new(root: PathBuf, input: &PackageInput, encoding: Encoding) -> Self {
        let checked = check(input, &holdpoint_stdlib::module);
        let mut diagnostics = checked.diagnostics.clone();
        let mut compiled = None;
        if checked.is_ok() {
            match holdpoint_compiler::compile(&checked.package, &checked.sources) {
                Ok(made) => compiled = Some(made),
                Err(more) => diagnostics.extend(more),
            }
        }
        let (mut all, mut lines) = (Vec::new(), Vec::new());
        for ((id, source), tree) in checked.sources.iter().zip(&checked.trees) {
            let more = symbols(id, &source.text, tree, all.len());
            all.extend(more);
            lines.push(Lines::new(&source.text, encoding));
        }
        let own = input.files.len();
        let data = input.data.clone();
        let places =
            all.iter().enumerate().map(|(index, symbol): (usize, &Symbol)| (symbol.span, index)).collect();
        Self { root, checked, diagnostics, compiled, symbols: all, places, lines, data, own }
    }

    // ---- files

    pub(crate) fn file(&self, path: &Path) -> Option<FileId> {
        let own = self.checked.sources.iter().take(self.own);
        own.into_iter().find(|(_, source)| self.root.join(&source.path) == path).map(|(id, _)| id)
    }

    /// Its own files.
    pub(crate) fn files(&self) -> impl Iterator<Item = FileId> {
        self.checked.sources.iter().take(self.own).map(|(id, _)| id)
    }

    pub(crate) fn is_own(&self, file: FileId) -> bool {
        usize::from(file.0) < self.own
    }

    pub(crate) fn text(&self, file: FileId) -> &str {
        self.checked.sources.get(file).map_or("", |source| source.text.as_str())
    }

    /// The path of a file as it is shown.
    pub(crate) fn path(&self, file: FileId) -> &str {
        self.checked.sources.get(file).map_or("", |source| source.path.as_str())
    }

    /// Its JSON files by path.
    pub(crate) fn data(&self) -> &BTreeMap<String, String> {
        &self.data
    }

    pub(crate) fn slice(&self, span: Span) -> &str {
        self.checked.sources.text(span)
    }

    pub(crate) fn uri(&self, file: FileId) -> Option<Uri> {
        let source = self.checked.sources.get(file)?;
        if self.is_own(file) { uri::of(&self.root.join(&source.path)) } else { crate::library::uri(source) }
    }

    // ---- places

    pub(crate) fn cursor(&self, file: FileId, position: Position) -> Cursor<'_> {
        let text = self.text(file);
        let at = self.lines(file).map_or(0, |lines| lines.offset(text, position));
        Cursor { snapshot: self, file, text, at }
    }

    pub(crate) fn lines(&self, file: FileId) -> Option<&Lines> {
        self.lines.get(usize::from(file.0))
    }

    pub(crate) fn range(&self, span: Span) -> Range {
        let lines = self.lines(span.file);
        lines.map(|lines| lines.range(self.text(span.file), span)).unwrap_or_default()
    }

    pub(crate) fn location(&self, span: Span) -> Option<Location> {
        Some(Location { uri: self.uri(span.file)?, range: self.range(span) })
    }

    // ---- names

    /// The name at a place: where it stands, and where what it stands for is declared.
    pub(crate) fn name_at(&self, file: FileId, at: u32) -> Option<(Span, Span)> {
        let touches = |span: Span| span.file == file && span.start <= at && at <= span.end;
        let index = &self.checked.index;
        if let Some(found) = index.uses().find(|(at, _)| touches(*at)) {
            return Some(found);
        }
        let declared = self.symbols.iter().map(|symbol| symbol.span).chain(index.declarations());
        declared.into_iter().find(|span| touches(*span)).map(|span| (span, span))
    }

    /// What is declared with a name at a place.
    pub(crate) fn symbol(&self, declared: Span) -> Option<&Symbol> {
        self.places.get(&declared).and_then(|index| self.symbols.get(*index))
    }

    /// Every place at which a name stands for what is declared at a place, and that place itself, in order.
    pub(crate) fn occurrences(&self, declared: Span) -> Vec<Span> {
        let uses = self.checked.index.uses().filter(|(_, of)| *of == declared).map(|(at, _)| at);
        let mut all: Vec<Span> = uses.chain([declared]).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The type of something as it is shown, without backquotes.
    pub(crate) fn show(&self, ty: &holdpoint_lang::hir::Type) -> String {
        self.checked.package.show(ty).replace('`', "")
    }
}

impl<'s> Cursor<'s> {
    /// The tokens that end at this place or before it, comments left out.
    pub(crate) fn before(&self) -> Vec<Raw<'s>> {
        let mut raws = raw(self.text);
        raws.retain(|raw| raw.end <= self.at as usize && raw.kind != RawKind::Comment);
        raws.retain(|raw| !matches!(raw.kind, RawKind::Token(Token::Doc(_))));
        raws
    }

    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }
}
