//! Expressions, types and data.

use super::{Comma, Layout, Sep, Style};
use crate::ast::{
    Arg, Arm, BinaryOp, Binder, Data, DataValue, Expr, ExprKind, Given, TypeArg, TypeExpr, UnaryOp,
};
use crate::ops::PRECEDENCE;
use crate::token::Token;

impl Layout<'_, '_> {
    pub(super) fn expr(&mut self, e: &Expr) {
        match &*e.kind {
            ExprKind::Missing | ExprKind::Literal(_) | ExprKind::Name(_) => {}
            ExprKind::Field(inner, _) | ExprKind::IsNone(inner, _) => self.expr(inner),
            ExprKind::Index(inner, key) => {
                self.expr(inner);
                self.put(self.at(inner.span.end), Sep::None);
                self.expr(key);
            }
            ExprKind::Call(path, args) => self.args(self.at(path.span.end), args),
            ExprKind::List(list) => {
                let starts: Vec<u32> = list.iter().map(|e| e.span.start).collect();
                self.brackets(self.at(e.span.start), &starts, Style::LIST);
                list.iter().for_each(|e| self.expr(e));
            }
            ExprKind::Paren(inner) => {
                let style = Style { last: Comma::Never, ..Style::LIST };
                self.brackets(self.at(e.span.start), &[inner.span.start], style);
                self.expr(inner);
            }
            ExprKind::Unary(op, inner) => {
                if *op == UnaryOp::Neg {
                    self.put(self.at(e.span.start).saturating_add(1), Sep::None);
                }
                self.expr(inner);
            }
            ExprKind::Binary(op, _, right) => {
                // A list that is too long is broken itself.
                if !is_list(right) {
                    self.hang(e.span);
                }
                self.operands(e, level(*op));
            }
            ExprKind::Else(a, b) => {
                self.hang(e.span);
                self.parts([a, b]);
            }
            ExprKind::If(a, b, c) => {
                self.hang(e.span);
                self.parts([a, b, c]);
            }
            ExprKind::Match(inner, arms) => {
                self.expr(inner);
                self.arms(self.at(inner.span.end), arms);
            }
            ExprKind::Quantifier(_, binder) => {
                self.hang(e.span);
                self.binder(binder);
            }
            ExprKind::Fold(_, value, binder) => {
                self.hang(e.span);
                self.expr(value);
                self.binder(binder);
            }
        }
    }

    /// Parts of an expression, of which each but the first begins with a word that may begin a line.
    fn parts<const N: usize>(&mut self, parts: [&Expr; N]) {
        let mut before: Option<u32> = None;
        for part in parts {
            if let Some(end) = before.replace(part.span.end) {
                self.put(self.at(end), Sep::Soft(" "));
            }
            self.expr(part);
        }
    }

    /// Operands of operators of one level: their lines end together, before the operators.
    fn operands(&mut self, e: &Expr, of: Option<usize>) {
        match &*e.kind {
            ExprKind::Binary(op, a, b) if level(*op) == of => {
                self.operands(a, of);
                if !is_list(b) {
                    self.put(self.at(a.span.end), Sep::Soft(" "));
                }
                self.expr(b);
            }
            _ => self.expr(e),
        }
    }

    pub(super) fn binder(&mut self, binder: &Binder) {
        self.expr(&binder.list);
        if let Some(filter) = &binder.filter {
            self.put(self.at(binder.list.span.end), Sep::Soft(" "));
            self.expr(filter);
        }
    }

    pub(super) fn args(&mut self, open: usize, args: &[Arg]) {
        let start = |arg: &Arg| arg.name.as_ref().map_or(arg.value.span.start, |name| name.span.start);
        let starts: Vec<u32> = args.iter().map(start).collect();
        self.put(open, Sep::None);
        self.brackets(open, &starts, Style::LIST);
        args.iter().for_each(|arg| self.expr(&arg.value));
    }

    fn arms(&mut self, open: usize, arms: &[Arm]) {
        let starts: Vec<u32> =
            arms.iter().filter_map(|arm| arm.members.first()).map(|member| member.span.start).collect();
        self.brackets(open, &starts, Style::ARMS);
        arms.iter().for_each(|arm| self.expr(&arm.value));
    }

    pub(super) fn ty(&mut self, ty: &TypeExpr) {
        let (first, last) = self.range(ty.span);
        for at in first..=last {
            match self.token(at) {
                Some(Token::Lt) => {
                    self.put(at, Sep::None);
                    self.put(at.saturating_add(1), Sep::None);
                }
                Some(Token::Gt) => {
                    self.put(at, Sep::None);
                    self.put_comma(at.saturating_sub(1), Comma::Never);
                }
                _ => {}
            }
        }
        for arg in &ty.args {
            if let TypeArg::Type(inner) = arg {
                self.ty(inner);
            }
        }
    }

    // ---- data

    pub(super) fn given(&mut self, given: &Given) {
        if let Some(data) = &given.with {
            self.data(data);
        }
    }

    pub(super) fn data(&mut self, data: &Data) {
        let starts: Vec<u32> = data.members.iter().map(|(name, _)| name.span.start).collect();
        self.brackets(self.at(data.span.start), &starts, Style::DATA);
        data.members.iter().for_each(|(_, value)| self.value(value));
    }

    fn value(&mut self, value: &DataValue) {
        match value {
            DataValue::Expr(e) => self.expr(e),
            DataValue::Record(data) => self.data(data),
            DataValue::List(list, span) => {
                let open = self.at(span.start);
                match list.as_slice() {
                    // The brackets of a lone record stand with its braces.
                    [DataValue::Record(_)] => {
                        self.put_comma(self.partner(open).saturating_sub(1), Comma::Never);
                    }
                    _ => {
                        let starts: Vec<u32> = list.iter().map(start).collect();
                        self.brackets(open, &starts, Style::LIST);
                    }
                }
                list.iter().for_each(|value| self.value(value));
            }
            DataValue::Unknown(_) => {}
        }
    }
}

fn start(value: &DataValue) -> u32 {
    match value {
        DataValue::Expr(e) => e.span.start,
        DataValue::Record(data) => data.span.start,
        DataValue::List(_, span) | DataValue::Unknown(span) => span.start,
    }
}

fn is_list(e: &Expr) -> bool {
    matches!(&*e.kind, ExprKind::List(_))
}

fn level(op: BinaryOp) -> Option<usize> {
    PRECEDENCE.iter().position(|level| level.contains(&op))
}
