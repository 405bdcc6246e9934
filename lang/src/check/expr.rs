//! Expressions: what each name means, which type each node has, which overload each operator is.

use holdpoint_isa::literal::Currency;
use holdpoint_isa::program::Const;
use holdpoint_isa::{Dec, limits};

use super::scope::Meaning;
use super::{Checker, hints};
use crate::ast::{self, BinaryOp, ExprKind, Literal, UnaryOp};
use crate::diag::messages;
use crate::hir::{Compare, Expr, Kind, Type};
use crate::ops::{self, Arith};
use crate::span::Span;

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

impl Checker<'_> {
    /// Types an expression; `expected` tells what bare names and numbers may mean and is not enforced here.
    pub(super) fn expr(&mut self, e: &ast::Expr, expected: Option<&Type>) -> Expr {
        let typed = self.typed(e, expected);
        self.scopes.index.add_type(e.span, &typed.ty);
        typed
    }

    fn typed(&mut self, e: &ast::Expr, expected: Option<&Type>) -> Expr {
        match &*e.kind {
            ExprKind::Missing => error(e.span),
            ExprKind::Literal(value) => self.literal(value, e.span, expected),
            ExprKind::Name(name) => self.name(name, e.span, expected),
            ExprKind::Field(base, name) => self.member(base, name, e.span),
            ExprKind::Index(map, key) => self.lookup(map, key, e.span),
            ExprKind::Call(path, args) => self.call(path, args, e.span),
            ExprKind::List(list) => self.list(list, e.span, expected),
            ExprKind::Paren(inner) => self.expr(inner, expected),
            ExprKind::Unary(UnaryOp::Not, inner) => {
                let inner = self.condition(inner);
                node(Kind::Not(inner), Type::Bool, e.span)
            }
            ExprKind::Unary(UnaryOp::Neg, inner) => self.negation(inner, e.span, expected),
            ExprKind::Binary(op, a, b) => self.binary(*op, a, b, e.span),
            ExprKind::IsNone(inner, negated) => self.is_none(inner, *negated, e.span),
            ExprKind::Else(a, b) => self.otherwise(a, b, e.span, expected),
            ExprKind::If(cond, yes, no) => self.choice(cond, yes, no, e.span, expected),
            ExprKind::Match(on, arms) => self.matching(on, arms, e.span, expected),
            ExprKind::Quantifier(quantifier, binder) => self.quantifier(*quantifier, binder, e.span),
            ExprKind::Fold(fold, value, binder) => self.fold(*fold, value, binder, e.span),
        }
    }

    /// Types a condition.
    pub(super) fn condition(&mut self, e: &ast::Expr) -> Expr {
        let typed = self.expr(e, Some(&Type::Bool));
        self.expect(&typed, &Type::Bool.optional());
        typed
    }

    /// Reports a value that does not fit.
    pub(super) fn expect(&mut self, e: &Expr, expected: &Type) {
        if expected.accepts(&e.ty) || e.ty.is_error() || expected.is_error() {
            return;
        }
        let diagnostic = if expected.same(&e.ty) {
            messages::may_be_none(e.span, &self.show(expected))
        } else {
            let diagnostic = messages::mismatch(e.span, &self.show(expected.required()), &self.show(&e.ty));
            hints::unit(diagnostic, e, std::slice::from_ref(expected.required()))
        };
        self.report(diagnostic);
    }

    fn literal(&mut self, value: &Literal, span: Span, expected: Option<&Type>) -> Expr {
        let decimal = matches!(expected.map(Type::required), Some(Type::Decimal));
        let (value, ty) = match value {
            Literal::None => (Const::None, Type::None),
            Literal::Bool(value) => (Const::Bool(*value), Type::Bool),
            Literal::Int(value) if decimal => (Const::Dec(Dec::from_int(*value)), Type::Decimal),
            Literal::Int(value) => (Const::Int(*value), Type::Int),
            Literal::Decimal(value) => (Const::Dec(*value), Type::Decimal),
            Literal::Percent(value) => (Const::Dec(*value), Type::Percent),
            Literal::Points(value) => (Const::Dec(*value), Type::Points),
            Literal::Duration(value) => (Const::Int(*value), Type::Duration),
            Literal::Instant(value) => (Const::Int(*value), Type::Instant),
            Literal::Text(text) => {
                let principal = matches!(expected.map(Type::required), Some(Type::Principal));
                let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
                if len > limits::STRING_BYTES_MAX {
                    let max = u64::from(limits::STRING_BYTES_MAX);
                    self.report(messages::limit(span, "the bytes of a text", max, len.into()));
                }
                (Const::Str(text.clone()), if principal { Type::Principal } else { Type::Str(len) })
            }
            Literal::Size(value) => (Const::Int(*value), Type::Size),
            Literal::Version(text) => (Const::Version(text.clone()), Type::Version),
            Literal::Money(code, value) => match Currency::from_code(&code.name) {
                Some(currency) => (Const::Dec(*value), Type::Money(currency)),
                None => {
                    self.report(messages::no_currency(code.span, &code.name));
                    return error(span);
                }
            },
            Literal::Date(value) => (Const::Int(i64::from(*value)), Type::Date),
            Literal::Time(_) => {
                let place = "a value; it stands in windows";
                self.report(messages::not_allowed_here(span, "a time of day", place));
                return error(span);
            }
        };
        node(Kind::Const(value), ty, span)
    }

    fn name(&mut self, name: &str, span: Span, expected: Option<&Type>) -> Expr {
        let member = self.enum_member(name, expected);
        if let Some(local) = self.scopes.local(name, span) {
            let ty = self.package.locals.get(local.0).map_or(Type::Error, |local| local.ty.clone());
            return node(Kind::Local(local), ty, span);
        }
        if let Some(member) = self.sample_member(name, span) {
            return member;
        }
        let value = self.scopes.value(name, span).map(|meaning| self.meaning(meaning, name, span));
        match (value, member) {
            // A value of another type cannot be meant, so the name is not ambiguous.
            (Some(value), Some((enum_name, _, ty))) if value.ty.same(&ty) => {
                self.report(messages::ambiguous(span, name, &format!("{enum_name}.{name}")));
                error(span)
            }
            (_, Some((_, value, ty))) => {
                self.use_member(&ty, name, span);
                node(Kind::Const(value), ty, span)
            }
            (Some(value), None) => value,
            // What the name should be was wrong already, so the name is not to blame.
            (None, None) if expected.is_some_and(Type::is_error) => error(span),
            (None, None) => {
                let diagnostic = self.unknown_name(name, span, expected);
                if !self.scopes.partial_request || diagnostic.help.is_some() {
                    self.report(diagnostic);
                }
                error(span)
            }
        }
    }

    pub(super) fn unknown_name(&self, name: &str, span: Span, expected: Option<&Type>) -> crate::Diagnostic {
        let Some(Type::Enum(id)) = expected.map(Type::required) else {
            return messages::unknown_name(span, name, &self.scopes.value_names());
        };
        let Some(def) = self.package.enums.get(*id) else {
            return messages::unknown_name(span, name, &[]);
        };
        let members: Vec<&str> = def.members.iter().map(String::as_str).collect();
        messages::unknown_member(span, &format!("`{}`", def.name), name, &members)
    }

    /// The member of the expected enum with a name: the enum's name, the value and its type.
    pub(super) fn enum_member(&self, name: &str, expected: Option<&Type>) -> Option<(String, Const, Type)> {
        let Type::Enum(id) = expected?.required() else { return None };
        let def = self.package.enums.get(*id)?;
        let index = def.members.iter().position(|member| member == name)?;
        Some((def.name.clone(), Const::Int(i64::try_from(index).ok()?), Type::Enum(*id)))
    }

    /// Keeps where the member of an enum is used.
    pub(super) fn use_member(&mut self, ty: &Type, name: &str, at: Span) {
        let Type::Enum(id) = ty.required() else { return };
        let def = self.package.enums.get(*id);
        let index = def.and_then(|def| def.members.iter().position(|member| member == name));
        if let Some(place) = def.zip(index).and_then(|(def, index)| def.places.get(index)) {
            self.scopes.index.add_use(at, *place);
        }
    }

    fn meaning(&mut self, meaning: Meaning, name: &str, span: Span) -> Expr {
        match meaning {
            Meaning::Now => node(Kind::Now, Type::Instant, span),
            Meaning::Request(index) => {
                let request = self.package.request.unwrap_or(usize::MAX);
                let base = node(Kind::Request, Type::Record(request), span);
                self.record_member(base, request, index, span)
            }
            Meaning::Signal(index) => {
                let ty = self.package.signals.get(index).map_or(Type::Error, |signal| signal.ty.clone());
                node(Kind::Signal(index), ty, span)
            }
            Meaning::Let(slot) => match self.let_index(slot) {
                Some(index) => {
                    let ty =
                        self.package.lets.get(index).map_or(Type::Error, |binding| binding.value.ty.clone());
                    node(Kind::Let(index), ty, span)
                }
                None => error(span),
            },
            Meaning::Param(value, ty) => node(Kind::Param(name.to_owned(), value), ty, span),
            Meaning::ParamList(values, ty) => {
                let element =
                    if let Type::List(element, _) = &ty { (**element).clone() } else { Type::Error };
                let list =
                    values.into_iter().map(|value| node(Kind::Const(value), element.clone(), span)).collect();
                node(Kind::List(list), ty, span)
            }
            Meaning::Broken => error(span),
            Meaning::Window(_) | Meaning::Group(_) | Meaning::Fn(_) => {
                let what = format!("the {} `{name}`", meaning.what());
                self.report(messages::not_allowed_here(span, &what, "a value"));
                error(span)
            }
        }
    }

    // ---- operators

    fn negation(&mut self, inner: &ast::Expr, span: Span, expected: Option<&Type>) -> Expr {
        let inner = self.expr(inner, expected);
        let ty = inner.ty.clone();
        let negated = match &*inner.kind {
            Kind::Const(Const::Int(value)) => value.checked_neg().map(Const::Int),
            Kind::Const(Const::Dec(value)) => value.checked_neg().map(Const::Dec),
            _ => None,
        };
        if let Some(value) = negated {
            return node(Kind::Const(value), ty, span);
        }
        let fits = matches!(
            ty.required(),
            Type::Int
                | Type::Decimal
                | Type::Points
                | Type::Duration
                | Type::Size
                | Type::Money(_)
                | Type::Error
        );
        if !fits {
            let diagnostic = messages::mismatch(inner.span, "a number", &self.show(&ty));
            self.report(diagnostic);
            return error(span);
        }
        // An operation on none is not known, so what comes of it is never none.
        node(Kind::Neg(inner), ty.required().clone(), span)
    }

    fn binary(&mut self, op: BinaryOp, a: &ast::Expr, b: &ast::Expr, span: Span) -> Expr {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                let (a, b) = (self.condition(a), self.condition(b));
                let kind = if op == BinaryOp::And { Kind::And(a, b) } else { Kind::Or(a, b) };
                node(kind, Type::Bool, span)
            }
            BinaryOp::Eq => self.comparison(Compare::Eq, a, b, span),
            BinaryOp::Ne => self.comparison(Compare::Ne, a, b, span),
            BinaryOp::Lt => self.comparison(Compare::Lt, a, b, span),
            BinaryOp::Le => self.comparison(Compare::Le, a, b, span),
            BinaryOp::Gt => self.comparison(Compare::Gt, a, b, span),
            BinaryOp::Ge => self.comparison(Compare::Ge, a, b, span),
            BinaryOp::In => self.within(a, b, span),
            BinaryOp::NotIn => {
                let inner = self.within(a, b, span);
                node(Kind::Not(inner), Type::Bool, span)
            }
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => self.arithmetic(op, a, b, span),
        }
    }

    /// Both operands, each helping to tell what the other's bare names mean.
    fn operands(&mut self, a: &ast::Expr, b: &ast::Expr) -> (Expr, Expr) {
        if self.leans_on_other(a) && !self.leans_on_other(b) {
            let b = self.expr(b, None);
            let a = self.expr(a, Some(&b.ty));
            return (a, b);
        }
        let a = self.expr(a, None);
        let b = self.expr(b, Some(&a.ty));
        (a, b)
    }

    /// Whether an operand says nothing of its own type: a name that nothing declares, or a bare number or text.
    fn leans_on_other(&self, e: &ast::Expr) -> bool {
        match &*e.kind {
            ExprKind::Name(name) => self.scopes.declared(name).is_none(),
            ExprKind::Literal(Literal::Int(_) | Literal::Text(_) | Literal::None) => true,
            ExprKind::Paren(inner) | ExprKind::Unary(UnaryOp::Neg, inner) => self.leans_on_other(inner),
            _ => false,
        }
    }

    fn comparison(&mut self, compare: Compare, a: &ast::Expr, b: &ast::Expr, span: Span) -> Expr {
        // Comparisons do not chain, which is reported where they are read.
        if matches!(&*a.kind, ExprKind::Binary(inner, ..) if inner.is_comparison()) {
            self.expr(a, None);
            return error_of(Type::Bool, span);
        }
        let (a, b) = self.operands(a, b);
        if a.ty.is_error() || b.ty.is_error() {
            return error_of(Type::Bool, span);
        }
        if let Some(diagnostic) = self.compared_with_none(&a, &b) {
            self.report(diagnostic);
            return error_of(Type::Bool, span);
        }
        let b = settled(b, &a.ty);
        let a = settled(a, &b.ty);
        if !a.ty.same(&b.ty) || !a.ty.is_scalar() || !b.ty.is_scalar() {
            let (left, right) = (self.show(&a.ty), self.show(&b.ty));
            let diagnostic = messages::not_comparable(span, (a.span, &left), (b.span, &right));
            let (of_a, of_b) = (a.ty.required().clone(), b.ty.required().clone());
            let diagnostic = hints::unit(diagnostic, &b, &[of_a]);
            self.report(hints::unit(diagnostic, &a, &[of_b]));
            return error_of(Type::Bool, span);
        }
        let equality = matches!(compare, Compare::Eq | Compare::Ne);
        if !equality && !self.has_order(&a.ty) {
            let diagnostic = messages::no_order(span, &self.show(a.ty.required()));
            self.report(diagnostic);
            return error_of(Type::Bool, span);
        }
        node(Kind::Compare(compare, a, b), Type::Bool, span)
    }

    /// What is wrong where one side is `none`: the other side is never none, or `none` as well.
    fn compared_with_none(&self, a: &Expr, b: &Expr) -> Option<crate::Diagnostic> {
        let other = match (&a.ty, &b.ty) {
            (Type::None, Type::None) => return Some(messages::needs_context(a.span, "`none`")),
            (Type::None, _) => b,
            (_, Type::None) => a,
            _ => return None,
        };
        let may_be = matches!(other.ty, Type::Optional(_));
        (!may_be).then(|| messages::never_none(other.span, &self.show(&other.ty)))
    }

    fn has_order(&self, ty: &Type) -> bool {
        match ty.required() {
            Type::Version => true,
            numeric if numeric.is_numeric() => true,
            Type::Enum(id) => self.package.enums.get(*id).is_some_and(|def| def.ordered),
            _ => false,
        }
    }

    fn within(&mut self, a: &ast::Expr, b: &ast::Expr, span: Span) -> Expr {
        if let ExprKind::Name(name) = &*b.kind
            && !self.scopes.has_local(name)
            && let Some(Meaning::Window(window)) = self.scopes.value(name, b.span)
        {
            let at = self.expr(a, Some(&Type::Instant));
            self.expect(&at, &Type::Instant.optional());
            let at = settled(at, &Type::Instant);
            return node(Kind::InWindow(at, window), Type::Bool, span);
        }
        let is_none = matches!(&*a.kind, ExprKind::Literal(Literal::None));
        let (value, list) = if matches!(&*b.kind, ExprKind::List(_)) && !is_none {
            let value = self.expr(a, None);
            let expected = Type::List(Box::new(value.ty.clone()), 0);
            (value, self.expr(b, Some(&expected)))
        } else {
            let list = self.expr(b, None);
            if let Type::Map(..) = list.ty.required() {
                return self.has_key(a, list, span);
            }
            let element = element_type(&list.ty);
            (self.expr(a, element.as_ref()), list)
        };
        let Some(element) = element_type(&list.ty) else {
            if !list.ty.is_error() {
                let diagnostic = messages::not_a_list(list.span, &self.show(&list.ty));
                self.report(diagnostic);
            }
            return error_of(Type::Bool, span);
        };
        let value = settled(value, &element);
        if !element.same(&value.ty) || !value.ty.is_scalar() {
            let diagnostic = messages::mismatch(value.span, &self.show(&element), &self.show(&value.ty));
            self.report(hints::unit(diagnostic, &value, &[element]));
            return error_of(Type::Bool, span);
        }
        node(Kind::In(value, list), Type::Bool, span)
    }

    fn arithmetic(&mut self, op: BinaryOp, a: &ast::Expr, b: &ast::Expr, span: Span) -> Expr {
        let left = self.expr(a, None);
        // A bare number beside a decimal is a decimal; beside anything else it keeps its own type.
        let hint = matches!(left.ty.required(), Type::Decimal).then_some(Type::Decimal);
        let right = self.expr(b, hint.as_ref());
        let left = match (&left.ty, right.ty.required()) {
            (Type::Int, Type::Decimal) if matches!(&*a.kind, ExprKind::Literal(_)) => {
                self.expr(a, Some(&Type::Decimal))
            }
            _ => left,
        };
        if left.ty.is_error() || right.ty.is_error() {
            return error(span);
        }
        let (lhs, rhs) = (left.ty.required(), right.ty.required());
        if let Some((row, ty)) = ops::overload(op, lhs, rhs) {
            if let Some(odd) = odd_days(row.arith, &left, &right) {
                self.report(messages::not_whole_days(odd.span));
            }
            return node(Kind::Arith(row.arith, left, right), ty, span);
        }
        let diagnostic = if *lhs == Type::Percent && *rhs == Type::Percent {
            let show = |e: &Expr| match &*e.kind {
                Kind::Const(Const::Dec(value)) => format!("{value}%"),
                Kind::Param(name, _) => name.clone(),
                _ => "a%".to_owned(),
            };
            messages::percent_sum(span, &show(&left), &show(&right), op.word())
        } else {
            let takes: Vec<String> = ops::right_operands(op, lhs).iter().map(|ty| self.show(ty)).collect();
            let (l, r) = (self.show(lhs), self.show(rhs));
            let diagnostic =
                messages::no_operator(span, op.word(), (left.span, &l), (right.span, &r), &takes);
            hints::unit(diagnostic, &right, &ops::right_operands(op, lhs))
        };
        self.report(diagnostic);
        error(span)
    }

    // ---- none

    fn is_none(&mut self, inner: &ast::Expr, negated: bool, span: Span) -> Expr {
        let inner = self.expr(inner, None);
        if matches!(inner.ty, Type::None) {
            self.report(messages::needs_context(inner.span, "`none`"));
        } else if !matches!(inner.ty, Type::Optional(_) | Type::Error) {
            let diagnostic = messages::never_none(inner.span, &self.show(&inner.ty));
            self.report(diagnostic);
        }
        let test = node(Kind::IsNone(inner), Type::Bool, span);
        if negated { node(Kind::Not(test), Type::Bool, span) } else { test }
    }

    fn otherwise(&mut self, a: &ast::Expr, b: &ast::Expr, span: Span, expected: Option<&Type>) -> Expr {
        let a = self.expr(a, expected);
        let b = self.expr(b, Some(a.ty.required()));
        if !matches!(a.ty, Type::Optional(_) | Type::Error) {
            let diagnostic = messages::never_none(a.span, &self.show(&a.ty));
            self.report(diagnostic);
            return error(span);
        }
        if !a.ty.same(&b.ty) || !a.ty.is_scalar() {
            self.expect(&b, &a.ty.required().clone());
            return error(span);
        }
        let b = settled(b, &a.ty);
        let ty = b.ty.clone();
        node(Kind::Else(a, b), ty, span)
    }

    // ---- choices

    fn choice(
        &mut self,
        cond: &ast::Expr,
        yes: &ast::Expr,
        no: &ast::Expr,
        span: Span,
        expected: Option<&Type>,
    ) -> Expr {
        let cond = self.condition(cond);
        let yes = self.expr(yes, expected);
        let no = self.expr(no, Some(expected.unwrap_or(&yes.ty)));
        let ty = self.join(&yes, &no);
        node(Kind::If(cond, yes, no), ty, span)
    }

    /// The type of two branches.
    fn join(&mut self, a: &Expr, b: &Expr) -> Type {
        self.join_with(&a.ty, a.span, b)
    }

    /// The type of branches that had one so far, and of another one.
    fn join_with(&mut self, a: &Type, a_span: Span, b: &Expr) -> Type {
        if !a.same(&b.ty) {
            self.expect(b, &a.required().clone());
            return Type::Error;
        }
        if !a.is_scalar() && !a.is_error() {
            let diagnostic = messages::not_allowed_here(a_span, &self.show(a), "a branch");
            self.report(diagnostic);
            return Type::Error;
        }
        let optional = [a, &b.ty].iter().any(|ty| matches!(ty, Type::Optional(_) | Type::None));
        let base = if matches!(a, Type::None) { b.ty.clone() } else { a.clone() };
        if optional { base.optional() } else { base }
    }

    fn matching(&mut self, on: &ast::Expr, arms: &[ast::Arm], span: Span, expected: Option<&Type>) -> Expr {
        let on = self.expr(on, None);
        let Type::Enum(id) = *on.ty.required() else {
            if !on.ty.is_error() {
                let diagnostic = messages::match_needs_enum(on.span, &self.show(&on.ty));
                self.report(diagnostic);
            }
            return error(span);
        };
        let members = self.package.enums.get(id).map(|def| def.members.clone()).unwrap_or_default();
        let mut named: Vec<(usize, Span)> = Vec::new();
        let mut typed: Vec<(Vec<usize>, Expr)> = Vec::new();
        for arm in arms {
            let indices =
                arm.members.iter().filter_map(|member| self.arm_member(id, &members, member, &mut named));
            let indices = indices.collect();
            let hint = expected.cloned().or_else(|| typed.first().map(|(_, value)| value.ty.clone()));
            let value = self.expr(&arm.value, hint.as_ref());
            typed.push((indices, value));
        }
        let missing: Vec<&str> = members
            .iter()
            .enumerate()
            .filter(|(index, _)| named.iter().all(|(other, _)| other != index))
            .map(|(_, name)| name.as_str())
            .collect();
        if !missing.is_empty() {
            self.report(messages::not_exhaustive(span, &missing));
        }
        let ty = self.join_arms(&typed);
        node(Kind::Match(on, typed), ty, span)
    }

    fn arm_member(
        &mut self,
        id: usize,
        members: &[String],
        member: &ast::Ident,
        named: &mut Vec<(usize, Span)>,
    ) -> Option<usize> {
        let Some(index) = members.iter().position(|name| *name == member.name) else {
            let diagnostic = self.unknown_name(&member.name, member.span, Some(&Type::Enum(id)));
            self.report(diagnostic);
            return None;
        };
        self.use_member(&Type::Enum(id), &member.name, member.span);
        if let Some((_, first)) = named.iter().find(|(other, _)| *other == index) {
            self.report(messages::repeated_member(member.span, &member.name, *first));
            return None;
        }
        named.push((index, member.span));
        Some(index)
    }

    fn join_arms(&mut self, arms: &[(Vec<usize>, Expr)]) -> Type {
        let Some(((_, first), rest)) = arms.split_first() else { return Type::Error };
        rest.iter().fold(first.ty.clone(), |ty, (_, value)| self.join_with(&ty, first.span, value))
    }

    fn list(&mut self, list: &[ast::Expr], span: Span, expected: Option<&Type>) -> Expr {
        let element = match expected.map(Type::required) {
            Some(Type::List(element, _)) => Some((**element).clone()),
            _ => None,
        };
        let mut typed: Vec<Expr> = Vec::new();
        for e in list {
            // A member that may be none makes a list that may be unknown; no element is ever none.
            let broken = element.as_ref().is_some_and(Type::is_error)
                || typed.first().is_some_and(|first| first.ty.is_error());
            if broken {
                typed.push(self.expr(e, Some(&Type::Error)));
                continue;
            }
            let first = || typed.first().map(|first| first.ty.clone().optional());
            let hint = element.clone().or_else(first);
            let value = self.expr(e, hint.as_ref());
            if let Some(hint) = hint.as_ref().filter(|hint| !hint.is_error()) {
                self.expect(&value, hint);
            }
            if !value.ty.is_scalar() && !value.ty.is_error() {
                let diagnostic =
                    messages::not_allowed_here(value.span, &self.show(&value.ty), "the element of a list");
                self.report(diagnostic);
                return error(span);
            }
            self.report_repeated(&typed, &value);
            typed.push(match hint {
                Some(hint) => settled(value, &hint),
                None => value,
            });
        }
        let ty = element.or_else(|| typed.first().map(|first| first.ty.required().clone()));
        let Some(ty) = ty.filter(|ty| *ty != Type::None) else {
            let what = if typed.is_empty() { "an empty list" } else { "a list that begins with `none`" };
            self.report(messages::needs_context(span, what));
            return error(span);
        };
        let max = u32::try_from(typed.len()).unwrap_or(u32::MAX).max(1);
        node(Kind::List(typed), Type::List(Box::new(ty), max), span)
    }

    fn report_repeated(&mut self, before: &[Expr], value: &Expr) {
        let Some(found) = constant(value) else { return };
        if let Some(first) = before.iter().find(|other| constant(other).as_ref() == Some(&found)) {
            self.report(messages::repeated_member(value.span, "this value", first.span));
        }
    }
}

/// The constant by which a date is moved, where it is not whole days.
fn odd_days<'e>(arith: Arith, left: &'e Expr, right: &'e Expr) -> Option<&'e Expr> {
    let by = match arith {
        Arith::DateDays | Arith::DateLessDays => right,
        Arith::DaysDate => left,
        _ => return None,
    };
    let Some(Const::Int(nanoseconds)) = constant(by) else { return None };
    (nanoseconds.checked_rem(DAY) != Some(0)).then_some(by)
}

/// The value of a constant expression.
pub(super) fn constant(e: &Expr) -> Option<Const> {
    match &*e.kind {
        Kind::Const(value) | Kind::Param(_, value) => Some(value.clone()),
        _ => None,
    }
}

/// The type of a list's elements.
pub(super) fn element_type(list: &Type) -> Option<Type> {
    match list.required() {
        Type::List(element, _) => Some((**element).clone()),
        _ => None,
    }
}

/// An expression where a type is asked for: what is always none is none of that type.
pub(super) fn settled(e: Expr, ty: &Type) -> Expr {
    if e.ty == Type::None { Expr { ty: ty.clone().optional(), ..e } } else { e }
}

/// A node of the tree.
pub(super) fn node(kind: Kind, ty: Type, span: Span) -> Expr {
    Expr { kind: Box::new(kind), ty, span }
}

/// Something wrong, reported already.
pub(super) fn error(span: Span) -> Expr {
    node(Kind::Error, Type::Error, span)
}

/// Something wrong whose type is known all the same.
pub(super) fn error_of(ty: Type, span: Span) -> Expr {
    node(Kind::Error, ty, span)
}
