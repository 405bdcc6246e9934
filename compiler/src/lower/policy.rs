//! Policies, rules, statements, waivers, and the texts and ends of delays that hang on them.

use holdpoint_isa::ops::{Label, Op, PolicyId, Reg, StatementId, WaiverId};
use holdpoint_isa::program::{
    Block, Const, Effect, Escalate, Obligation, Piece, Policy, Rule, Statement, Text, Until, Waiver,
};
use holdpoint_isa::types::{Kind, Scalar};
use holdpoint_lang::hir::{self, Expr, TextPart, Type};

use super::Lower;
use crate::layout::scalar;
use crate::reason;

impl Lower<'_> {
    /// The code that decides a request. Texts and ends of delays come behind it.
    pub(super) fn admission(&mut self) {
        let package = self.package;
        let block = self.block(|lower| {
            for (index, policy) in package.policies.iter().enumerate() {
                lower.policy(index, policy);
            }
            lower.scores();
            lower.plans();
        });
        self.program.admission = block;
        let mut statement = 0;
        for policy in &package.policies {
            for rule in &policy.rules {
                for found in &rule.statements {
                    self.attachments(statement, rule, found);
                    statement = usize::saturating_add(statement, 1);
                }
            }
        }
        self.score_reasons(statement);
        self.rollouts();
        let mut waiver = 0;
        for found in package.policies.iter().flat_map(|policy| &policy.waivers) {
            self.obligations(waiver, found);
            waiver = usize::saturating_add(waiver, 1);
        }
    }

    fn policy(&mut self, index: usize, policy: &hir::Policy) {
        let id = PolicyId(self.index("policies", index));
        self.program.policies.push(Policy {
            name: policy.name.clone(),
            title: policy.title.clone(),
            trial: policy.trial,
            governs: policy.governs(),
        });
        let mark = self.registers.mark();
        let cond = match &policy.head {
            Some(head) => self.strict(head),
            None => {
                let cond = self.take(Kind::Bool);
                self.load_const(&Const::Bool(true), cond);
                cond
            }
        };
        self.emit(Op::Head { policy: id, cond });
        let skip = self.jump(Op::JumpIfFalse { cond, to: Label(0) });
        self.registers.release(mark);
        let first_rule = self.program.rules.len();
        for rule in &policy.rules {
            self.rule(id, rule);
        }
        for waiver in &policy.waivers {
            self.waiver(id, first_rule, waiver);
        }
        self.land(skip);
    }

    pub(super) fn rule(&mut self, policy: PolicyId, rule: &hir::Rule) {
        let index = self.index("rules", self.program.rules.len());
        self.program.rules.push(Rule {
            policy: policy.0,
            name: rule.name.clone(),
            title: rule.title.clone(),
            control: rule.control.clone(),
            waivable: rule.waivable,
            trial: rule.trial,
        });
        let mark = self.registers.mark();
        let guard = rule.guard.as_ref().map(|guard| self.strict(guard));
        let skip = guard.map(|cond| self.jump(Op::JumpIfFalse { cond, to: Label(0) }));
        for statement in &rule.statements {
            let inner = self.registers.mark();
            self.statement(index, guard, rule, statement);
            self.registers.release(inner);
        }
        if let Some(skip) = skip {
            self.land(skip);
        }
        self.registers.release(mark);
    }

    /// A statement with the effects of its condition true and unknown; witness and texts are set where they are known.
    pub(super) fn push_statement(
        &mut self,
        rule: u16,
        (effect, on_unknown): (Effect, Effect),
        escalate: Option<hir::Escalate>,
        timed: bool,
    ) -> StatementId {
        let statement = StatementId(self.index("statements", self.program.statements.len()));
        let escalate =
            escalate.map(|e| Escalate { group: self.group(e.group), needs: e.needs, expires: e.expires });
        self.program.statements.push(Statement {
            rule,
            effect,
            on_unknown,
            witness: None,
            reason: 0,
            because: None,
            fix: None,
            until: None,
            escalate,
            timed,
        });
        statement
    }

    fn statement(&mut self, rule_index: u16, guard: Option<Reg>, rule: &hir::Rule, s: &hir::Statement) {
        let timed = reason::depends_on_now(self.package, rule, s);
        let statement = self.push_statement(rule_index, (s.effect, s.on_unknown), s.escalate, timed);
        match &s.for_each {
            None => {
                let cond = self.statement_condition(guard, None, s);
                self.emit(Op::Object { statement, cond });
            }
            Some(binder) => {
                let ended = guard.map(|guard| self.object_to_fault(statement, guard));
                let open = self.open_loop_of_witness(binder);
                self.set_witness(statement, open.elem);
                let cond = self.statement_condition(guard, binder.filter.as_ref(), s);
                self.emit(Op::Object { statement, cond });
                self.close_loop(open, |lower, list| {
                    let cond = lower.take(Kind::Bool);
                    lower.emit(Op::Poison { dst: cond, src: list });
                    let cond = lower.both(guard, cond);
                    lower.emit(Op::Object { statement, cond });
                });
                if let Some(ended) = ended {
                    self.land(ended);
                }
            }
        }
    }

    /// Objects where the guard of a rule is a fault, and jumps over the loop: an empty list must not hide the fault.
    fn object_to_fault(&mut self, statement: StatementId, guard: Reg) -> usize {
        let never = self.take(Kind::Bool);
        self.load_const(&Const::Bool(false), never);
        // False, but a fault where the guard is one.
        let cond = self.both(Some(guard), never);
        self.emit(Op::Object { statement, cond });
        self.jump(Op::JumpUnlessKnown { src: cond, to: Label(0) })
    }

    fn set_witness(&mut self, statement: StatementId, elem: Reg) {
        if let Some(statement) = self.program.statements.get_mut(statement.index()) {
            statement.witness = Some(elem);
        }
    }

    /// A statement objects where its guard, its filter and its `when` hold and its `unless` does not.
    fn statement_condition(&mut self, guard: Option<Reg>, filter: Option<&Expr>, s: &hir::Statement) -> Reg {
        let mut cond = guard;
        for e in [filter, s.when.as_ref()].into_iter().flatten() {
            let part = self.strict(e);
            cond = Some(self.both(cond, part));
        }
        if let Some(unless) = &s.unless {
            let src = self.strict(unless);
            let part = self.take(Kind::Bool);
            self.emit(Op::Not { dst: part, src });
            cond = Some(self.both(cond, part));
        }
        cond.unwrap_or_else(|| {
            let always = self.take(Kind::Bool);
            self.load_const(&Const::Bool(true), always);
            always
        })
    }

    /// Conjunction of what holds so far and another condition.
    pub(super) fn both(&mut self, before: Option<Reg>, cond: Reg) -> Reg {
        let Some(lhs) = before else { return cond };
        let dst = self.take(Kind::Bool);
        self.emit(Op::And { dst, lhs, rhs: cond });
        dst
    }

    fn waiver(&mut self, policy: PolicyId, first_rule: usize, waiver: &hir::Waiver) {
        let id = WaiverId(self.index("waivers", self.program.waivers.len()));
        let rules =
            waiver.rules.iter().map(|rule| self.index("rules", first_rule.saturating_add(*rule))).collect();
        let (name, title) = (waiver.name.clone(), waiver.title.clone());
        self.program.waivers.push(Waiver { policy: policy.0, name, title, rules, obligations: Vec::new() });
        let mark = self.registers.mark();
        let cond = self.strict(&waiver.when);
        self.emit(Op::Waive { waiver: id, cond });
        self.registers.release(mark);
    }

    // ---- texts and ends

    /// Reason, fix and end of a statement; their code sees the element that the statement objected to.
    pub(super) fn attachments(&mut self, index: usize, rule: &hir::Rule, s: &hir::Statement) {
        let mark = self.registers.mark();
        if let (Some(binder), Some(witness)) = (&s.for_each, self.witness(index)) {
            let (layout, _) = self.list_of(&binder.list);
            self.bindings.insert(binder.local, super::Binding::Element { reg: witness, layout });
        }
        let reason = self.reason(rule, s);
        let because = s.because.as_ref().map(|text| self.text(text));
        let fix = s.fix.as_ref().map(|text| self.text(text));
        let until = s.until.as_ref().map(|until| self.until(until));
        if let Some(statement) = self.program.statements.get_mut(index) {
            statement.reason = reason;
            statement.because = because;
            statement.fix = fix;
            statement.until = until;
        }
        self.registers.release(mark);
    }

    fn witness(&self, index: usize) -> Option<Reg> {
        self.program.statements.get(index)?.witness
    }

    fn obligations(&mut self, index: usize, waiver: &hir::Waiver) {
        let mut obligations = Vec::new();
        for o in &waiver.obligations {
            let text = self.text(&o.text);
            obligations.push(Obligation {
                name: o.name.clone(),
                text,
                within: o.within,
                of_finish: o.of_finish,
            });
        }
        if let Some(waiver) = self.program.waivers.get_mut(index) {
            waiver.obligations = obligations;
        }
    }

    /// A text that its author wrote.
    fn text(&mut self, text: &hir::Text) -> u16 {
        let mut pieces = Vec::new();
        let block = self.block(|lower| {
            for part in &text.parts {
                let piece = match part {
                    TextPart::Words(words) => Piece::Words(words.clone()),
                    TextPart::Value(e) => lower.value_piece(e),
                };
                pieces.push(piece);
            }
        });
        self.add_text(block, pieces)
    }

    /// The value of an expression as a piece of a text.
    pub(crate) fn value_piece(&mut self, e: &Expr) -> Piece {
        let shown = match e.ty.required() {
            Type::List(element, _) => scalar(element),
            _ => scalar(&e.ty),
        };
        let reg = self.expr(e);
        Piece::Value { reg, scalar: shown.unwrap_or(Scalar::Bool) }
    }

    /// The truth of a condition, for a part of a reason.
    pub(crate) fn truth(&mut self, e: &Expr) -> Reg {
        self.strict(e)
    }

    /// The reason made from a statement's conditions.
    fn reason(&mut self, rule: &hir::Rule, s: &hir::Statement) -> u16 {
        let package = self.package;
        let mut pieces = Vec::new();
        let block = self.block(|lower| {
            let filter = s.for_each.as_ref().and_then(|binder| binder.filter.as_ref());
            if let Some(guard) = &rule.guard {
                pieces.extend(reason::silent_parts(lower, guard));
            }
            let conditions = [filter, s.when.as_ref()].into_iter().flatten();
            if let Some(told) = &s.told {
                conditions.for_each(|e| pieces.extend(reason::silent_parts(lower, e)));
                pieces.extend(reason::parts(package, lower, told, true));
                return;
            }
            for e in conditions {
                pieces.extend(reason::parts(package, lower, e, true));
            }
            if let Some(e) = &s.unless {
                pieces.extend(reason::parts(package, lower, e, false));
            }
        });
        if reason::says_nothing(&pieces) {
            let title = if rule.title.is_empty() { rule.name.clone() } else { rule.title.clone() };
            pieces.push(Piece::Words(title));
        }
        self.add_text(block, pieces)
    }

    pub(super) fn add_text(&mut self, block: Block, pieces: Vec<Piece>) -> u16 {
        let index = self.index("texts", self.program.texts.len());
        self.program.texts.push(Text { block, pieces });
        index
    }

    fn until(&mut self, until: &hir::Until) -> Until {
        let reg = self.take(Kind::Int);
        let block = self.block(|lower| match until {
            hir::Until::For(length) => {
                let rhs = lower.strict(length);
                let lhs = lower.take(Kind::Int);
                lower.emit(Op::Now { dst: lhs });
                lower.emit(Op::AddInt { dst: reg, lhs, rhs });
            }
            hir::Until::At(instant) => {
                let src = lower.strict(instant);
                lower.emit(Op::Move { dst: reg, src });
            }
            hir::Until::Open(window) => {
                let at = lower.take(Kind::Int);
                lower.emit(Op::Now { dst: at });
                let window = lower.window(*window);
                lower.emit(Op::NextOpen { dst: reg, at, window });
            }
        });
        Until { block, reg, anchored: matches!(until, hir::Until::For(_)) }
    }
}
