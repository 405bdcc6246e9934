//! Relative thresholds of rollouts, and the floor that each needs (rule `rollout.floor`).
//!
//! `baseline * 150%` means nothing where the baseline is about nought: any noise is over it. Whatever is asked
//! together with such a threshold, and is not relative itself, is a floor.

use super::Checker;
use super::samples::sample;
use crate::diag::messages;
use crate::hir::{Compare, Expr, Kind, Type};
use crate::ops::Arith;
use crate::span::Span;

impl Checker<'_> {
    /// Whether something is a sample.
    pub(super) fn is_sample(&self, ty: &Type) -> bool {
        self.scopes.samples.iter().any(|(_, _, record)| *ty == Type::Record(*record))
    }

    /// Reports relative thresholds of a trigger's condition that have no floor.
    pub(super) fn check_floors(&mut self, condition: &Expr) {
        let mut found = Vec::new();
        self.without_floor(condition, true, false, &mut found);
        found.into_iter().for_each(|span| self.report(messages::no_floor(span)));
    }

    /// Collects what lacks a floor. `holds` tells whether the condition is asked for or its opposite; `floored`, whether
    /// something else is asked for with it.
    fn without_floor(&self, e: &Expr, holds: bool, floored: bool, found: &mut Vec<Span>) {
        match (&*e.kind, holds) {
            (Kind::Not(inner), _) => self.without_floor(inner, !holds, floored, found),
            // Both hold, or, of the opposite, both fail.
            (Kind::And(a, b), true) | (Kind::Or(a, b), false) => {
                self.without_floor(a, holds, floored || self.is_floor(b, holds), found);
                self.without_floor(b, holds, floored || self.is_floor(a, holds), found);
            }
            (Kind::And(a, b), false) | (Kind::Or(a, b), true) => {
                self.without_floor(a, holds, floored, found);
                self.without_floor(b, holds, floored, found);
            }
            _ if !floored && self.is_relative(e) => found.push(e.span),
            _ => {}
        }
    }

    /// Whether a condition keeps what is measured, or what it is compared with, from being about nought.
    fn is_floor(&self, e: &Expr, holds: bool) -> bool {
        match (&*e.kind, holds) {
            (Kind::Not(inner), _) => self.is_floor(inner, !holds),
            (Kind::And(a, b), true) | (Kind::Or(a, b), false) => {
                self.is_floor(a, holds) || self.is_floor(b, holds)
            }
            (Kind::And(a, b), false) | (Kind::Or(a, b), true) => {
                self.is_floor(a, holds) && self.is_floor(b, holds)
            }
            (Kind::Compare(op, a, b), _) => {
                let greater = match op {
                    Compare::Gt | Compare::Ge => holds.then_some(a).or(Some(b)),
                    Compare::Lt | Compare::Le => holds.then_some(b).or(Some(a)),
                    Compare::Eq | Compare::Ne => None,
                };
                greater.is_some_and(|greater| self.looks_at_sample(greater)) && !self.is_relative(e)
            }
            _ => false,
        }
    }

    /// Whether a baseline is multiplied or divides something.
    fn is_relative(&self, e: &Expr) -> bool {
        mentions(e, &|e| match &*e.kind {
            Kind::Arith(arith, a, b) if scales(*arith) => {
                [a, b].into_iter().any(|side| mentions(side, &|e| self.is_member(e, sample::BASELINE)))
            }
            _ => false,
        })
    }

    fn looks_at_sample(&self, e: &Expr) -> bool {
        mentions(e, &|e| [sample::VALUE, sample::BASELINE].iter().any(|member| self.is_member(e, *member)))
    }

    fn is_member(&self, e: &Expr, wanted: usize) -> bool {
        matches!(&*e.kind, Kind::Member(base, member) if *member == wanted && self.is_sample(&base.ty))
    }
}

/// Whether an operation is a product or a quotient.
const fn scales(arith: Arith) -> bool {
    !matches!(
        arith,
        Arith::AddInt
            | Arith::SubInt
            | Arith::AddDec
            | Arith::SubDec
            | Arith::DateDays
            | Arith::DaysDate
            | Arith::DateLessDays
            | Arith::DaysBetween
    )
}

/// Whether an expression is such a one or has one within it. Functions and named values are not looked into.
pub(super) fn mentions(e: &Expr, such: &dyn Fn(&Expr) -> bool) -> bool {
    if such(e) {
        return true;
    }
    let within = |e: &Expr| mentions(e, such);
    match &*e.kind {
        Kind::Error
        | Kind::Const(_)
        | Kind::Param(..)
        | Kind::Now
        | Kind::Request
        | Kind::Signal(_)
        | Kind::Let(_)
        | Kind::Local(_) => false,
        Kind::Member(a, _)
        | Kind::Size(a)
        | Kind::VersionPart(_, a)
        | Kind::End(a, _)
        | Kind::Not(a)
        | Kind::Neg(a)
        | Kind::InWindow(a, _)
        | Kind::NextOpen(_, a)
        | Kind::InZone(_, a, _)
        | Kind::Matches(a, _)
        | Kind::IsNone(a) => within(a),
        Kind::And(a, b)
        | Kind::Or(a, b)
        | Kind::Compare(_, a, b)
        | Kind::In(a, b)
        | Kind::Lookup(a, b)
        | Kind::HasKey(a, b)
        | Kind::Else(a, b)
        | Kind::Arith(_, a, b) => within(a) || within(b),
        Kind::If(a, b, c) => within(a) || within(b) || within(c),
        Kind::Match(on, arms) => within(on) || arms.iter().any(|(_, value)| within(value)),
        Kind::List(list) | Kind::Call(_, list) | Kind::Builtin(_, list) => list.iter().any(within),
        Kind::Quantifier(_, binder) => within(&binder.list) || binder.filter.iter().any(within),
        Kind::Fold(_, value, binder) => {
            within(value) || within(&binder.list) || binder.filter.iter().any(within)
        }
    }
}
