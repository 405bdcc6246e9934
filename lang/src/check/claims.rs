//! What rests on the caller's word alone (rule `fact.claims`).
//!
//! A condition is grounded where it cannot hold unless a fact that is not the caller's has its say. Both sides of an
//! `or` have to be grounded, one side of an `and` is enough. The instant and constants ground nothing.

use std::collections::BTreeMap;

use holdpoint_isa::program::{Const, Provenance};

use super::Checker;
use crate::ast::Quantifier;
use crate::hir::{Binder, Expr, Kind, LocalId};

impl Checker<'_> {
    /// Whether a condition can hold by what the caller claims alone.
    pub(super) fn rests_on_claims(&self, e: &Expr) -> bool {
        !self.grounded(e, true, &Arguments::new())
    }

    /// Whether a condition needs a fact that is not the caller's to come out as `wanted`.
    fn grounded(&self, e: &Expr, wanted: bool, args: &Arguments<'_>) -> bool {
        let is = |e: &Expr, wanted| self.grounded(e, wanted, args);
        match &*e.kind {
            // What was wrong is reported already.
            Kind::Error => true,
            Kind::Const(Const::Bool(value)) | Kind::Param(_, Const::Bool(value)) => *value != wanted,
            Kind::And(a, b) if wanted => is(a, true) || is(b, true),
            Kind::And(a, b) => is(a, false) && is(b, false),
            Kind::Or(a, b) if wanted => is(a, true) && is(b, true),
            Kind::Or(a, b) => is(a, false) || is(b, false),
            Kind::Not(inner) => is(inner, !wanted),
            Kind::If(c, a, b) => (is(c, true) || is(a, wanted)) && (is(c, false) || is(b, wanted)),
            Kind::Match(on, arms) => self.decides(on, args) || arms.iter().all(|(_, arm)| is(arm, wanted)),
            Kind::Let(id) => self.package.lets.get(*id).is_some_and(|binding| is(&binding.value, wanted)),
            Kind::Local(id) => args.get(id).is_some_and(|(arg, outer)| self.grounded(arg, wanted, outer)),
            Kind::Call(id, values) => {
                self.within_call(*id, values, args, |body, inner| self.grounded(body, wanted, inner))
            }
            Kind::Quantifier(quantifier, b) => self.quantified(*quantifier, b, wanted, args),
            _ => self.decides(e, args),
        }
    }

    /// An empty list is the caller's to send, and settles every quantifier one way.
    fn quantified(&self, quantifier: Quantifier, b: &Binder, wanted: bool, args: &Arguments<'_>) -> bool {
        let found = match quantifier {
            Quantifier::Any => wanted,
            Quantifier::No | Quantifier::Every { .. } => !wanted,
            Quantifier::Count => return false,
        };
        // Over a list of the caller's, one element that the filter singles out is needed for the other way.
        let singled = !matches!(quantifier, Quantifier::Every { .. });
        let filter = |e: &Expr| self.grounded(e, singled, args);
        self.decides(&b.list, args) || (found && b.filter.as_ref().is_some_and(filter))
    }

    /// Whether a value cannot be told without a fact that is not the caller's.
    fn decides(&self, e: &Expr, args: &Arguments<'_>) -> bool {
        let is = |e: &Expr| self.decides(e, args);
        match &*e.kind {
            Kind::Error | Kind::Signal(_) => true,
            Kind::Const(_) | Kind::Param(..) | Kind::Now | Kind::Request => false,
            Kind::Local(id) => args.get(id).is_some_and(|(arg, outer)| self.decides(arg, outer)),
            Kind::Let(id) => self.package.lets.get(*id).is_some_and(|binding| is(&binding.value)),
            Kind::Member(base, index) => match &*base.kind {
                Kind::Request => self.is_other_fact(*index),
                _ => is(base),
            },
            Kind::Size(e) | Kind::Not(e) | Kind::Neg(e) | Kind::IsNone(e) | Kind::Else(e, _) => is(e),
            Kind::InWindow(e, _) | Kind::NextOpen(_, e) | Kind::Matches(e, _) => is(e),
            Kind::VersionPart(_, e) | Kind::End(e, _) | Kind::InZone(_, e, _) => is(e),
            Kind::List(list) | Kind::Builtin(_, list) => list.iter().any(is),
            Kind::Call(id, values) => {
                self.within_call(*id, values, args, |body, inner| self.decides(body, inner))
            }
            Kind::And(a, b) | Kind::Or(a, b) => is(a) && is(b),
            Kind::Compare(_, a, b) | Kind::In(a, b) | Kind::Arith(_, a, b) => is(a) || is(b),
            Kind::Lookup(a, b) | Kind::HasKey(a, b) => is(a) || is(b),
            Kind::If(c, a, b) => is(c) || (is(a) && is(b)),
            Kind::Match(on, arms) => is(on) || arms.iter().all(|(_, arm)| is(arm)),
            Kind::Quantifier(_, b) | Kind::Fold(_, _, b) => is(&b.list),
        }
    }

    /// Asks something of a function's body, with what its parameters stand for.
    fn within_call(
        &self,
        id: usize,
        values: &[Expr],
        args: &Arguments<'_>,
        ask: impl FnOnce(&Expr, &Arguments<'_>) -> bool,
    ) -> bool {
        let Some(function) = self.package.fns.get(id) else { return false };
        let inner = function.params.iter().copied().zip(values.iter().map(|value| (value, args))).collect();
        ask(&function.body, &Arguments(inner))
    }

    fn is_other_fact(&self, index: usize) -> bool {
        let request = self.package.request.and_then(|id| self.package.records.get(id));
        let field = request.and_then(|request| request.fields.get(index));
        field.is_some_and(|field| field.provenance != Provenance::Claimed)
    }
}

/// What the parameters of the function at hand stand for: an expression, and the arguments that it is to be read with.
struct Arguments<'e>(BTreeMap<LocalId, (&'e Expr, &'e Arguments<'e>)>);

impl<'e> Arguments<'e> {
    const fn new() -> Self {
        Self(BTreeMap::new())
    }

    fn get(&self, id: &LocalId) -> Option<&(&'e Expr, &'e Arguments<'e>)> {
        self.0.get(id)
    }
}
