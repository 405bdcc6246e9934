//! What an editor asks of a check: what each name stands for, and which type things have.

use std::collections::BTreeMap;

use crate::hir::Type;
use crate::span::Span;

/// Names and types by place. Where something is wrong, it holds what could be told all the same.
#[derive(Debug, Clone, Default)]
pub struct Index {
    uses: BTreeMap<Span, Span>,
    types: BTreeMap<Span, Type>,
    declared: BTreeMap<Span, Type>,
}

impl Index {
    /// The place of the declared name that a name at this place stands for.
    pub fn declaration(&self, at: Span) -> Option<Span> {
        self.uses.get(&at).copied()
    }

    /// Every place at which a declared name is used, with the place of its declaration, in order.
    pub fn uses(&self) -> impl Iterator<Item = (Span, Span)> {
        self.uses.iter().map(|(at, declared)| (*at, *declared))
    }

    /// The type of an expression.
    pub fn ty(&self, at: Span) -> Option<&Type> {
        self.types.get(&at)
    }

    /// Every expression whose type is known, in order of place.
    pub fn types(&self) -> impl Iterator<Item = (Span, &Type)> {
        self.types.iter().map(|(at, ty)| (*at, ty))
    }

    /// The type of what is declared with the name at this place: of its value, of its result, of an element.
    pub fn declared(&self, name: Span) -> Option<&Type> {
        self.declared.get(&name)
    }

    /// The places of the names whose types are known.
    pub fn declarations(&self) -> impl Iterator<Item = Span> {
        self.declared.keys().copied()
    }

    pub(crate) fn add_use(&mut self, at: Span, declared: Span) {
        self.uses.insert(at, declared);
    }

    pub(crate) fn add_type(&mut self, at: Span, ty: &Type) {
        self.types.insert(at, ty.clone());
    }

    pub(crate) fn add_declared(&mut self, name: Span, ty: &Type) {
        self.declared.insert(name, ty.clone());
    }
}
