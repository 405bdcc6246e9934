//! Comprehensions: loops with an accumulator (rule `eval.comprehensions`).

use holdpoint_isa::ops::{Cause, Label, Op, Reg};
use holdpoint_isa::program::Const;
use holdpoint_isa::types::Kind;
use holdpoint_lang::ast::{Fold, Quantifier};
use holdpoint_lang::hir::{Binder, Expr};

use super::{Binding, Lower};
use crate::layout::kind;
use crate::show::show;

/// A loop whose end is still to come.
pub(super) struct Loop {
    pub(super) list: Reg,
    pub(super) elem: Reg,
    /// The jump that is taken where the list is not known.
    unknown: usize,
    head: usize,
}

impl Lower<'_> {
    /// Opens a loop over a list and binds its element.
    pub(super) fn open_loop(&mut self, binder: &Binder) -> Loop {
        let (layout, max) = self.list_of(&binder.list);
        let elem = self.take(Kind::Elem { layout, max });
        self.open_loop_at(binder, elem, layout)
    }

    /// Opens a loop whose element outlives it: the texts of a statement look at it when all code has run.
    pub(super) fn open_loop_of_witness(&mut self, binder: &Binder) -> Loop {
        let (layout, max) = self.list_of(&binder.list);
        let elem = self.registers.keep(Kind::Elem { layout, max });
        self.open_loop_at(binder, elem, layout)
    }

    fn open_loop_at(&mut self, binder: &Binder, elem: Reg, layout: u16) -> Loop {
        let list = self.strict(&binder.list);
        let unknown = self.jump(Op::JumpUnlessKnown { src: list, to: Label(0) });
        let skip = holdpoint_isa::ops::Span(0);
        let head = self.jump(Op::Each { elem, list, skip });
        self.bindings.insert(binder.local, Binding::Element { reg: elem, layout });
        Loop { list, elem, unknown, head }
    }

    /// Closes a loop. Then comes what is done where the list is not known, which `unknown` makes.
    pub(super) fn close_loop(&mut self, open: Loop, unknown: impl FnOnce(&mut Self, Reg)) {
        let body = open.head.saturating_add(1);
        let back = self.program.code.len().saturating_sub(body);
        let back = self.span(back);
        self.emit(Op::Next { elem: open.elem, back });
        let len = self.program.code.len().saturating_sub(body);
        let len = self.span(len);
        if let Some(Op::Each { skip, .. }) = self.program.code.get_mut(open.head) {
            *skip = len;
        }
        let done = self.jump(Op::Jump { to: Label(0) });
        self.land(open.unknown);
        unknown(self, open.list);
        self.land(done);
    }

    pub(super) fn quantifier(&mut self, quantifier: Quantifier, binder: &Binder, dst: Reg) {
        match quantifier {
            Quantifier::Any => self.search(binder, dst, false),
            Quantifier::No => {
                self.search(binder, dst, false);
                self.emit(Op::Not { dst, src: dst });
            }
            Quantifier::Every { .. } => self.search(binder, dst, true),
            Quantifier::Count => self.count(binder, dst),
        }
    }

    /// Whether the condition holds for all elements or, where `all` is not set, for one of them.
    fn search(&mut self, binder: &Binder, dst: Reg, all: bool) {
        self.load_const(&Const::Bool(all), dst);
        let open = self.open_loop(binder);
        let cond = match &binder.filter {
            Some(filter) => self.strict(filter),
            None => {
                let cond = self.take(Kind::Bool);
                self.load_const(&Const::Bool(true), cond);
                cond
            }
        };
        let to = Label(0);
        let (lhs, rhs) = (dst, cond);
        self.emit(if all { Op::And { dst, lhs, rhs } } else { Op::Or { dst, lhs, rhs } });
        let found =
            self.jump(if all { Op::JumpIfFalse { cond: dst, to } } else { Op::JumpIfTrue { cond: dst, to } });
        self.close_loop(open, |lower, list| lower.emit(Op::Poison { dst, src: list }));
        self.land(found);
    }

    fn count(&mut self, binder: &Binder, dst: Reg) {
        let Some(filter) = &binder.filter else {
            let list = self.strict(&binder.list);
            return self.emit(Op::Len { dst, list });
        };
        self.load_const(&Const::Int(0), dst);
        let open = self.open_loop(binder);
        let cond = self.strict(filter);
        self.emit(Op::CountIf { dst, cond });
        self.close_loop(open, |lower, list| lower.emit(Op::Poison { dst, src: list }));
    }

    pub(super) fn fold(&mut self, fold: Fold, value: &Expr, binder: &Binder, dst: Reg) {
        match (fold, kind(&value.ty)) {
            (Fold::Distinct, _) => self.emit(Op::ListNew { dst }),
            (Fold::Sum, Kind::Dec) => self.load_const(&Const::Dec(holdpoint_isa::Dec::ZERO), dst),
            (Fold::Sum, _) => self.load_const(&Const::Int(0), dst),
            (Fold::Min | Fold::Max, _) => self.load_const(&Const::None, dst),
        }
        let open = self.open_loop(binder);
        let skipped = binder.filter.as_ref().map(|filter| {
            let cond = self.strict(filter);
            let skipped = self.jump(Op::JumpIfFalse { cond, to: Label(0) });
            self.emit(Op::PoisonIf { dst, cond });
            skipped
        });
        let rhs = self.strict(value);
        let lhs = dst;
        self.emit(match (fold, kind(&value.ty)) {
            (Fold::Distinct, _) => Op::Insert { list: dst, value: rhs },
            (Fold::Sum, Kind::Dec) => Op::AddDec { dst, lhs, rhs },
            (Fold::Sum, _) => Op::AddInt { dst, lhs, rhs },
            (Fold::Min, Kind::Dec) => Op::MinDec { dst, lhs, rhs },
            (Fold::Min, _) => Op::MinInt { dst, lhs, rhs },
            (Fold::Max, Kind::Dec) => Op::MaxDec { dst, lhs, rhs },
            (Fold::Max, _) => Op::MaxInt { dst, lhs, rhs },
        });
        if let Some(skipped) = skipped {
            self.land(skipped);
        }
        self.close_loop(open, |lower, list| lower.emit(Op::Poison { dst, src: list }));
        if matches!(fold, Fold::Min | Fold::Max) {
            let which = if fold == Fold::Min { "least" } else { "greatest" };
            let cause =
                self.cause(format!("the {which} of {} without elements", show(self.package, &binder.list)));
            self.emit(Op::Require { dst, src: dst, cause: Cause(cause) });
        }
    }
}
