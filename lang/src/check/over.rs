//! Comprehensions: quantifiers and folds over lists.

use super::Checker;
use super::expr::{element_type, error, node};
use crate::ast::{self, Fold, Quantifier};
use crate::diag::messages;
use crate::hir::{Binder, Expr, Kind, Type};
use crate::span::Span;

impl Checker<'_> {
    /// Types `x in xs where P` and leaves `x` bound; nothing where `xs` is no list.
    pub(super) fn binder(&mut self, binder: &ast::Binder) -> Option<Binder> {
        let list = self.expr(&binder.list, None);
        let element = element_type(&list.ty);
        if element.is_none() && !list.ty.is_error() {
            let diagnostic = messages::not_a_list(list.span, &self.show(&list.ty));
            self.report(diagnostic);
        }
        // The name is bound even where there is no list, so that its uses are not reported as well.
        let local = self.bind(&binder.var, element.clone().unwrap_or(Type::Error));
        let filter = binder.filter.as_ref().map(|filter| self.condition(filter));
        element.map(|_| Binder { local, list, filter })
    }

    pub(super) fn quantifier(&mut self, quantifier: Quantifier, binder: &ast::Binder, span: Span) -> Expr {
        let typed = self.binder(binder);
        self.unbind();
        if quantifier == (Quantifier::Every { or_empty: false }) {
            self.report(messages::empty_every(span));
        }
        let ty = if quantifier == Quantifier::Count { Type::Int } else { Type::Bool };
        match typed {
            Some(binder) => node(Kind::Quantifier(quantifier, binder), ty, span),
            None => error(span),
        }
    }

    pub(super) fn fold(&mut self, fold: Fold, value: &ast::Expr, binder: &ast::Binder, span: Span) -> Expr {
        let typed = self.binder(binder);
        let value = self.expr(value, None);
        self.unbind();
        let Some(binder) = typed else { return error(span) };
        if value.ty.is_error() {
            return error(span);
        }
        let base = value.ty.required().clone();
        let fits = match fold {
            Fold::Sum => {
                matches!(
                    base,
                    Type::Int | Type::Decimal | Type::Points | Type::Duration | Type::Size | Type::Money(_)
                )
            }
            Fold::Min | Fold::Max => base.is_numeric(),
            Fold::Distinct => base.is_scalar() && base != Type::None,
        };
        if !fits {
            let wanted = if fold == Fold::Distinct { "a single value" } else { "a number" };
            let diagnostic = messages::mismatch(value.span, wanted, &self.show(&base));
            self.report(diagnostic);
            return error(span);
        }
        let max = if let Type::List(_, max) = binder.list.ty.required() { *max } else { 0 };
        let ty = if fold == Fold::Distinct { Type::List(Box::new(base), max) } else { base };
        node(Kind::Fold(fold, value, binder), ty, span)
    }
}
