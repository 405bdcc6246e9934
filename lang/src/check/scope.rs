//! Scopes: what each name stands for, and which names were used.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_isa::program::Const;
use holdpoint_isa::types::Reading;

use super::samples::PROGRESS;
use crate::ast;
use crate::hir::{LocalId, Type};
use crate::index::Index;
use crate::span::Span;

/// What a name of a value stands for.
#[derive(Debug, Clone)]
pub(super) enum Meaning {
    /// The instant of the decision.
    Now,
    /// A member of the request, by index.
    Request(usize),
    /// A signal.
    Signal(usize),
    /// A named value, by its place among all of them.
    Let(usize),
    /// A parameter.
    Param(Const, Type),
    /// A list that is a parameter.
    ParamList(Vec<Const>, Type),
    /// A window.
    Window(usize),
    /// A group.
    Group(usize),
    /// A function, by its place among all of them.
    Fn(usize),
    /// Something whose declaration is wrong, which is reported already.
    Broken,
}

impl Meaning {
    /// What it is called in messages.
    pub(super) const fn what(&self) -> &'static str {
        match self {
            Self::Now | Self::Request(_) => "member of the request",
            Self::Signal(_) => "signal",
            Self::Let(_) => "name",
            Self::Param(..) | Self::ParamList(..) => "parameter",
            Self::Window(_) => "window",
            Self::Group(_) => "group",
            Self::Fn(_) => "function",
            Self::Broken => "declaration",
        }
    }
}

/// A declared value.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) meaning: Meaning,
    pub(super) span: Span,
    /// Whether it is reported when nothing uses it.
    pub(super) watched: bool,
    /// Whether every layer sees it: the request, the library.
    pub(super) shared: bool,
}

/// A declared type.
#[derive(Debug, Clone, Copy)]
pub(super) enum TypeDef {
    Enum(usize),
    Record(usize),
    /// A type whose declaration is wrong, which is reported already.
    Broken,
}

/// How far the check of a `let` or `fn` has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Pending,
    Active,
    /// Done; its index in the typed package.
    Done(usize),
}

/// A `let` that is declared.
pub(super) struct LetSlot<'a> {
    pub(super) decl: &'a ast::LetDecl,
    pub(super) policy: Option<usize>,
    pub(super) layer: usize,
    pub(super) progress: Progress,
}

/// A `fn` that is declared.
pub(super) struct FnSlot<'a> {
    pub(super) decl: &'a ast::FnDecl,
    pub(super) layer: usize,
    pub(super) params: Vec<Type>,
    pub(super) result: Type,
    pub(super) progress: Progress,
}

/// All scopes of a package.
#[derive(Default)]
pub(super) struct Scopes<'a> {
    /// Types of the top layer and of the library, which every layer sees.
    types: BTreeMap<String, (TypeDef, Span)>,
    /// Types of the layers below.
    lower_types: BTreeMap<usize, BTreeMap<String, (TypeDef, Span)>>,
    /// Values of the top layer and of the library, and members of the request.
    pub(super) package: BTreeMap<String, Entry>,
    /// Values of the layers below.
    pub(super) lower: BTreeMap<usize, BTreeMap<String, Entry>>,
    /// The layer that is checked, counted from the top.
    pub(super) layer: usize,
    /// What policies have of their own, and behind them what rollouts have.
    pub(super) policies: Vec<BTreeMap<String, Entry>>,
    /// The one of them that is checked.
    pub(super) policy: Option<usize>,
    pub(super) locals: Vec<(String, LocalId, Span)>,
    pub(super) lets: Vec<LetSlot<'a>>,
    pub(super) fns: Vec<FnSlot<'a>>,
    pub(super) used: BTreeSet<Span>,
    /// What each name stands for, and the types of things.
    pub(super) index: Index,
    /// Whether some members of the request could not be read, so that any name may be one of them.
    pub(super) partial_request: bool,
    /// Names of all declarations that could not be read.
    pub(super) broken: BTreeSet<&'a str>,
    /// The records of samples: type and reading of the value, and the record.
    pub(super) samples: Vec<(Type, Reading, usize)>,
    /// The sample that a trigger of a metric is about.
    pub(super) sample: Option<LocalId>,
    /// The enum of the days of the week, once something needs it.
    pub(super) weekday: Option<usize>,
}

impl Scopes<'_> {
    /// Whether a local has a name.
    pub(super) fn has_local(&self, name: &str) -> bool {
        self.locals.iter().any(|(local, _, _)| local == name)
    }

    /// The local with a name that stands at a place.
    pub(super) fn local(&mut self, name: &str, at: Span) -> Option<LocalId> {
        let (_, id, declared) = self.locals.iter().rev().find(|(local, _, _)| local == name)?;
        self.index.add_use(at, *declared);
        Some(*id)
    }

    /// The declared type with a name, the layer's own or one that every layer sees; it counts as used.
    pub(super) fn ty(&mut self, name: &ast::Ident) -> Option<TypeDef> {
        let (def, declared) = self.type_named(&name.name)?;
        self.used.insert(declared);
        self.index.add_use(name.span, declared);
        Some(def)
    }

    /// The scopes that are open, the innermost first.
    fn open(&self) -> impl Iterator<Item = &BTreeMap<String, Entry>> {
        let policy = self.policy.and_then(|policy| self.policies.get(policy));
        policy.into_iter().chain(self.lower.get(&self.layer)).chain([&self.package])
    }

    /// Whether the layer that is checked sees an entry of a scope that is open.
    fn sees(&self, entry: &Entry, scope: &BTreeMap<String, Entry>) -> bool {
        self.layer == 0 || entry.shared || !std::ptr::eq(scope, &raw const self.package)
    }

    /// What a name is declared as, in any scope that is open.
    fn entry(&self, name: &str) -> Option<&Entry> {
        self.open().find_map(|scope| scope.get(name).filter(|entry| self.sees(entry, scope)))
    }

    /// The declared value with a name that stands at a place, that of the policy before that of the package; it counts
    /// as used.
    pub(super) fn value(&mut self, name: &str, at: Span) -> Option<Meaning> {
        let (meaning, span) = self.entry(name).map(|entry| (entry.meaning.clone(), entry.span))?;
        self.used.insert(span);
        // What every package has is declared nowhere.
        if !matches!(meaning, Meaning::Now) && name != PROGRESS {
            self.index.add_use(at, span);
        }
        Some(meaning)
    }

    /// The scope that declarations go to.
    pub(super) fn own(&mut self) -> &mut BTreeMap<String, Entry> {
        match self.policy.and_then(|policy| self.policies.get_mut(policy)) {
            Some(scope) => scope,
            None if self.layer > 0 => self.lower.entry(self.layer).or_default(),
            None => &mut self.package,
        }
    }

    /// The type with a name: the layer's own, or one that every layer sees.
    pub(super) fn type_named(&self, name: &str) -> Option<(TypeDef, Span)> {
        let own = self.lower_types.get(&self.layer).and_then(|types| types.get(name));
        own.or_else(|| self.types.get(name)).copied()
    }

    /// Declares a type; gives the place of the one that the layer has under this name, if it has one.
    pub(super) fn declare_type(&mut self, name: &str, def: TypeDef, span: Span) -> Option<Span> {
        let own = match self.layer {
            0 => &mut self.types,
            layer => self.lower_types.entry(layer).or_default(),
        };
        let first = own.get(name).map(|(_, span)| *span);
        if first.is_none() {
            own.insert(name.to_owned(), (def, span));
        }
        first
    }

    /// The names of all types that the layer sees.
    pub(super) fn type_names(&self) -> impl Iterator<Item = &str> {
        let own = self.lower_types.get(&self.layer).into_iter().flatten();
        own.chain(&self.types).map(|(name, _)| name.as_str())
    }

    /// Where a name is declared, in any scope that is open.
    pub(super) fn declared(&self, name: &str) -> Option<Span> {
        let local = self.locals.iter().find(|(local, _, _)| local == name).map(|(_, _, span)| *span);
        local.or_else(|| self.entry(name).map(|entry| entry.span))
    }

    /// The names of values that satisfy a condition.
    pub(super) fn names(&self, wanted: impl Fn(&Meaning) -> bool) -> Vec<&str> {
        let entries =
            self.open().flat_map(|scope| scope.iter().map(move |(name, entry)| (scope, name, entry)));
        let seen = entries.filter(|(scope, _, entry)| self.sees(entry, scope) && wanted(&entry.meaning));
        seen.map(|(_, name, _)| name.as_str()).collect()
    }

    /// All names that could stand where a value is asked for.
    pub(super) fn value_names(&self) -> Vec<&str> {
        let mut names = self.names(|meaning| !matches!(meaning, Meaning::Group(_) | Meaning::Window(_)));
        names.extend(self.locals.iter().map(|(name, _, _)| name.as_str()));
        names
    }
}
