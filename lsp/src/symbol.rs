//! What the files of a package declare: the name of each thing, what kind of thing it is, and how far it reaches.

use holdpoint_lang::ast::{self, File, Item, PolicyDecl};
use holdpoint_lang::lexer::{Raw, RawKind, raw};
use holdpoint_lang::token::Token;
use holdpoint_lang::{FileId, Span};

/// What kind of thing is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Module,
    Record,
    Request,
    Field,
    Enum,
    Member,
    Window,
    Calendar,
    Group,
    Signal,
    Function,
    Parameter,
    Let,
    Policy,
    Rule,
    Waiver,
    Obligation,
    Score,
    Rollout,
    Verification,
    Fixture,
    Test,
}

/// Something that is declared.
#[derive(Debug, Clone)]
pub(crate) struct Symbol {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Where its name stands.
    pub(crate) span: Span,
    /// All of it.
    pub(crate) extent: Span,
    /// The brace that opens its body, or its end.
    pub(crate) head: Span,
    pub(crate) docs: Vec<String>,
    pub(crate) title: String,
    /// What it is declared in, by index.
    pub(crate) within: Option<usize>,
}

/// Everything that a file declares, what holds something before it.
pub(crate) fn symbols(file: FileId, text: &str, tree: &File, first: usize) -> Vec<Symbol> {
    let mut reader = Reader { file, raws: raw(text), found: Vec::new(), first, within: None };
    tree.items.iter().for_each(|item| reader.item(item));
    reader.found
}

struct Reader<'s> {
    file: FileId,
    raws: Vec<Raw<'s>>,
    found: Vec<Symbol>,
    /// The index of this file's first symbol among those of all files.
    first: usize,
    within: Option<usize>,
}

impl Reader<'_> {
    fn item(&mut self, item: &Item) {
        match item {
            Item::Use(path) => self.line(Kind::Module, &named(path), path.span, &[]),
            Item::Include(include) => {
                let name = include.alias.clone().unwrap_or_else(|| named(&include.module));
                let end = include.params.as_ref().map_or(name.span, |data| data.span);
                self.line(Kind::Module, &name, end, &[]);
            }
            Item::Record(decl) => self.record(Kind::Record, decl),
            Item::Request(decl) => self.record(Kind::Request, decl),
            Item::Enum(decl) => {
                self.braced(Kind::Enum, &decl.name, "", &decl.docs);
                self.inside(|reader| {
                    decl.members
                        .iter()
                        .for_each(|member| reader.line(Kind::Member, member, member.span, &[]));
                });
            }
            Item::Window(decl) => self.braced(Kind::Window, &decl.name, "", &decl.docs),
            Item::Calendar(decl) => self.braced(Kind::Calendar, &named(&decl.name), "", &[]),
            Item::Group(decl) => {
                let end = self.closing(decl.source.span.end);
                self.line(Kind::Group, &decl.name, end, &[]);
            }
            Item::Signal(decl) => {
                let end = self.closing(decl.source.span.end);
                self.line(Kind::Signal, &decl.name, end, &decl.docs);
            }
            Item::Fn(decl) => self.line(Kind::Function, &decl.name, decl.body.span, &decl.docs),
            Item::Let(decl) => self.line(Kind::Let, &decl.name, decl.value.span, &decl.docs),
            Item::Param(decl) => self.line(Kind::Parameter, &decl.name, decl.value.span, &decl.docs),
            Item::Policy(decl) => self.policy(decl),
            Item::Score(decl) => {
                let name = &decl.name;
                self.guarded(Kind::Score, name, decl.guard.as_ref(), &decl.title, &decl.docs);
            }
            Item::Rollout(decl) => {
                let name = &decl.name;
                self.guarded(Kind::Rollout, name, decl.head.as_ref(), &decl.title, &decl.docs);
                self.inside(|reader| {
                    let verifications = decl.verifications.iter();
                    verifications.for_each(|v| reader.braced(Kind::Verification, &v.name, &v.title, &[]));
                });
            }
            Item::Fixture(decl) => self.line(Kind::Fixture, &decl.name, decl.body.span, &[]),
            Item::Test(decl) => {
                let name = ast::Ident { name: decl.name.clone(), span: decl.span };
                self.braced(Kind::Test, &name, "", &[]);
            }
            Item::Error(Some(broken)) => {
                let kind = if broken.is_type { Kind::Record } else { Kind::Let };
                self.line(kind, &broken.name, broken.name.span, &[]);
            }
            Item::Error(None) => {}
        }
    }

    fn record(&mut self, kind: Kind, decl: &ast::Record) {
        self.braced(kind, &decl.name, "", &decl.docs);
        self.inside(|reader| {
            for field in &decl.fields {
                let marks = [&field.reading, &field.provenance, &field.wire];
                let last = marks.into_iter().flatten().map(|mark| mark.span).max();
                let end = last.map_or(field.ty.span, |last| last.max(field.ty.span));
                reader.line(Kind::Field, &field.name, end, &field.docs);
            }
        });
    }

    fn policy(&mut self, decl: &PolicyDecl) {
        self.guarded(Kind::Policy, &decl.name, decl.head.as_ref(), &decl.title, &decl.docs);
        self.inside(|reader| {
            for param in &decl.params {
                reader.line(Kind::Parameter, &param.name, param.value.span, &param.docs);
            }
            for binding in &decl.lets {
                reader.line(Kind::Let, &binding.name, binding.value.span, &binding.docs);
            }
            for rule in &decl.rules {
                reader.guarded(Kind::Rule, &rule.name, rule.guard.as_ref(), &rule.title, &rule.docs);
            }
            for waiver in &decl.waivers {
                reader.braced(Kind::Waiver, &waiver.name, &waiver.title, &[]);
                reader.inside(|reader| {
                    for o in &waiver.obligations {
                        reader.line(Kind::Obligation, &o.name, o.text.span, &[]);
                    }
                });
            }
        });
    }

    // ---- how far things reach

    /// Declares what the last thing holds.
    fn inside(&mut self, declare: impl FnOnce(&mut Self)) {
        let index = self.first.saturating_add(self.found.len()).saturating_sub(1);
        let outer = self.within.replace(index);
        declare(self);
        self.within = outer;
    }

    /// Something that ends with a stretch.
    fn line(&mut self, kind: Kind, name: &ast::Ident, end: Span, docs: &[String]) {
        let extent = Span { start: self.start(name.span), ..name.span.to(end) };
        self.add(kind, name, extent, extent, "", docs);
    }

    /// Something with braces behind its name.
    fn braced(&mut self, kind: Kind, name: &ast::Ident, title: &str, docs: &[String]) {
        self.guarded(kind, name, None, title, docs);
    }

    /// Something with braces behind its name and a condition, which may hold braces of its own.
    fn guarded(
        &mut self,
        kind: Kind,
        name: &ast::Ident,
        guard: Option<&ast::Expr>,
        title: &str,
        docs: &[String],
    ) {
        let start = self.start(name.span);
        let from = self.raws.partition_point(|raw| raw.start < name.span.end as usize);
        let behind = self.raws.get(from..).unwrap_or_default().iter();
        let within =
            |at: usize| guard.is_some_and(|guard| (guard.span.start..guard.span.end).contains(&place(at)));
        let mut open = behind.filter(|raw| raw.kind == RawKind::Token(Token::LBrace) && !within(raw.start));
        let open = open.next().map_or(name.span.end, |raw| place(raw.start));
        let end = self.matching(open).unwrap_or(name.span.end.max(open));
        let head = Span { start, end: open.max(start), ..name.span };
        self.add(kind, name, Span { end, ..head }, head, title, docs);
    }

    fn add(&mut self, kind: Kind, name: &ast::Ident, extent: Span, head: Span, title: &str, docs: &[String]) {
        let extent = Span { end: extent.end.max(name.span.end), ..extent };
        self.found.push(Symbol {
            name: name.name.clone(),
            kind,
            span: name.span,
            extent,
            head,
            docs: docs.to_vec(),
            title: title.to_owned(),
            within: self.within,
        });
    }

    /// The first byte of the words in front of a name.
    fn start(&self, name: Span) -> u32 {
        let mut at = self.raws.partition_point(|raw| raw.start < name.start as usize);
        while let Some(before) = at.checked_sub(1) {
            let heads = |raw: &Raw<'_>| matches!(raw.kind, RawKind::Token(Token::Keyword(kw)) if kw.heads_declaration());
            let is_dot = |raw: &Raw<'_>| raw.kind == RawKind::Token(Token::Dot);
            let member = before.checked_sub(1).and_then(|dot| self.raws.get(dot)).is_some_and(is_dot);
            if member || !self.raws.get(before).is_some_and(heads) {
                break;
            }
            at = before;
        }
        self.raws.get(at).map_or(name.start, |raw| place(raw.start)).min(name.start)
    }

    /// The end of what the bracket at a byte opens; of the file where nothing closes it.
    fn matching(&self, open: u32) -> Option<u32> {
        let from = self.raws.partition_point(|raw| raw.start < open as usize);
        let mut depth = 0u32;
        let mut last = None;
        for raw in self.raws.get(from..)? {
            match raw.kind {
                RawKind::Token(Token::LBrace | Token::LParen | Token::LBracket) => {
                    depth = depth.saturating_add(1)
                }
                RawKind::Token(Token::RBrace | Token::RParen | Token::RBracket) => {
                    depth = depth.saturating_sub(1)
                }
                _ => {}
            }
            last = Some(place(raw.end));
            if depth == 0 {
                break;
            }
        }
        last
    }

    /// What ends with the parenthesis that is opened at a byte.
    fn closing(&self, open: u32) -> Span {
        let end = self.matching(open).unwrap_or(open);
        Span { file: self.file, start: open, end }
    }
}

fn named(path: &ast::Path) -> ast::Ident {
    ast::Ident { name: path.text(), span: path.span }
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
