//! What rests on the caller's word alone (rule `fact.claims`).
//!
//! A condition is grounded where it cannot hold unless a fact that is not the caller's has its say. Both sides of an
//! `or` have to be grounded, one side of an `and` is enough. The instant and constants ground nothing.

use holdpoint_isa::program::Provenance;

use super::Checker;
use crate::hir::{Binder, Expr, Kind};

impl Checker<'_> {
    /// Whether a condition can hold by what the caller claims alone.
    pub(super) fn rests_on_claims(&self, e: &Expr) -> bool {
        !self.grounded(e, true)
    }

    /// Whether a condition needs a fact that is not the caller's to come out as `wanted`.
    fn grounded(&self, e: &Expr, wanted: bool) -> bool {
        match &*e.kind {
            Kind::And(a, b) if wanted => self.grounded(a, true) || self.grounded(b, true),
            Kind::And(a, b) => self.grounded(a, false) && self.grounded(b, false),
            Kind::Or(a, b) if wanted => self.grounded(a, true) && self.grounded(b, true),
            Kind::Or(a, b) => self.grounded(a, false) || self.grounded(b, false),
            Kind::Not(inner) => self.grounded(inner, !wanted),
            Kind::Let(id) => {
                self.package.lets.get(*id).is_some_and(|binding| self.grounded(&binding.value, wanted))
            }
            // What was wrong is reported already.
            Kind::Error => true,
            _ => self.uses_other_facts(e),
        }
    }

    /// Whether a fact that is not the caller's is part of a value.
    fn uses_other_facts(&self, e: &Expr) -> bool {
        let within = |e: &Expr| self.uses_other_facts(e);
        let binder = |b: &Binder| within(&b.list) || b.filter.as_ref().is_some_and(within);
        match &*e.kind {
            Kind::Error | Kind::Signal(_) => true,
            Kind::Const(_) | Kind::Param(..) | Kind::Now | Kind::Request | Kind::Local(_) => false,
            Kind::Let(id) => self.package.lets.get(*id).is_some_and(|binding| within(&binding.value)),
            Kind::Member(base, index) => match &*base.kind {
                Kind::Request => self.is_other_fact(*index),
                _ => within(base),
            },
            Kind::Size(e) | Kind::Not(e) | Kind::Neg(e) | Kind::IsNone(e) => within(e),
            Kind::InWindow(e, _) | Kind::NextOpen(_, e) => within(e),
            Kind::List(list) | Kind::Call(_, list) | Kind::Builtin(_, list) => list.iter().any(within),
            Kind::And(a, b)
            | Kind::Or(a, b)
            | Kind::Compare(_, a, b)
            | Kind::In(a, b)
            | Kind::Else(a, b)
            | Kind::Arith(_, a, b) => within(a) || within(b),
            Kind::If(a, b, c) => within(a) || within(b) || within(c),
            Kind::Match(on, arms) => within(on) || arms.iter().any(|(_, e)| within(e)),
            Kind::Quantifier(_, b) => binder(b),
            Kind::Fold(_, e, b) => within(e) || binder(b),
        }
    }

    fn is_other_fact(&self, index: usize) -> bool {
        let request = self.package.request.and_then(|id| self.package.records.get(id));
        let field = request.and_then(|request| request.fields.get(index));
        field.is_some_and(|field| field.provenance != Provenance::Claimed)
    }
}
