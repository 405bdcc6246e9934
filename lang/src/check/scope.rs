//! Scopes: what each name stands for, and which names were used.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_isa::program::Const;

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
    pub(super) progress: Progress,
}

/// A `fn` that is declared.
pub(super) struct FnSlot<'a> {
    pub(super) decl: &'a ast::FnDecl,
    pub(super) params: Vec<Type>,
    pub(super) result: Type,
    pub(super) progress: Progress,
}

/// All scopes of a package.
#[derive(Default)]
pub(super) struct Scopes<'a> {
    pub(super) types: BTreeMap<String, (TypeDef, Span)>,
    pub(super) package: BTreeMap<String, Entry>,
    pub(super) policies: Vec<BTreeMap<String, Entry>>,
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

    /// The declared type with a name; it counts as used.
    pub(super) fn ty(&mut self, name: &ast::Ident) -> Option<TypeDef> {
        let (def, declared) = *self.types.get(&name.name)?;
        self.used.insert(declared);
        self.index.add_use(name.span, declared);
        Some(def)
    }

    /// The declared value with a name that stands at a place, that of the policy before that of the package; it counts
    /// as used.
    pub(super) fn value(&mut self, name: &str, at: Span) -> Option<Meaning> {
        let policy =
            self.policy.and_then(|policy| self.policies.get(policy)).and_then(|scope| scope.get(name));
        let entry = policy.or_else(|| self.package.get(name))?;
        self.used.insert(entry.span);
        if !matches!(entry.meaning, Meaning::Now) {
            self.index.add_use(at, entry.span);
        }
        Some(entry.meaning.clone())
    }

    /// Where a name is declared, in any scope that is open.
    pub(super) fn declared(&self, name: &str) -> Option<Span> {
        let local = self.locals.iter().find(|(local, _, _)| local == name).map(|(_, _, span)| *span);
        let policy =
            self.policy.and_then(|policy| self.policies.get(policy)).and_then(|scope| scope.get(name));
        local.or_else(|| policy.or_else(|| self.package.get(name)).map(|entry| entry.span))
    }

    /// The names of values that satisfy a condition.
    pub(super) fn names(&self, wanted: impl Fn(&Meaning) -> bool) -> Vec<&str> {
        let policy = self.policy.and_then(|policy| self.policies.get(policy));
        let entries = policy.into_iter().flatten().chain(&self.package);
        entries.filter(|(_, entry)| wanted(&entry.meaning)).map(|(name, _)| name.as_str()).collect()
    }

    /// All names that could stand where a value is asked for.
    pub(super) fn value_names(&self) -> Vec<&str> {
        let mut names = self.names(|meaning| !matches!(meaning, Meaning::Group(_) | Meaning::Window(_)));
        names.extend(self.locals.iter().map(|(name, _, _)| name.as_str()));
        names
    }
}
