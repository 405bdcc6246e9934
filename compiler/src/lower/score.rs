//! Scores: factors weighed and added, each band below the first that allows a statement of a rule of its own.
//!
//! All scores are rules of one policy that never governs, so that their objections have a place and a name.

use holdpoint_isa::Dec;
use holdpoint_isa::ops::{Label, Op, Reg};
use holdpoint_isa::program::{Block, Const, Effect, Factor, Piece, Policy, Rule, Score};
use holdpoint_isa::types::{Kind, Scalar};
use holdpoint_isa::verdict::Verdict;
use holdpoint_lang::hir;

use super::Lower;
use crate::show::{constant, show};

/// The policy that scores are rules of.
const POLICY: &str = "score";

impl Lower<'_> {
    pub(super) fn scores(&mut self) {
        let package = self.package;
        if package.scores.is_empty() {
            return;
        }
        let policy = self.index("policies", self.program.policies.len());
        let name = POLICY.to_owned();
        self.program.policies.push(Policy { name, title: String::new(), trial: false, governs: false });
        for score in &package.scores {
            let rule = self.index("rules", self.program.rules.len());
            let (name, title) = (score.name.clone(), score.title.clone());
            self.program.rules.push(Rule {
                policy,
                name,
                title,
                control: None,
                waivable: false,
                trial: false,
            });
            self.score(rule, score);
        }
    }

    fn score(&mut self, rule: u16, score: &hir::Score) {
        let mark = self.registers.mark();
        let total = self.registers.keep(Kind::Dec);
        let guard = score.guard.as_ref().map(|guard| self.strict(guard));
        let skip = guard.map(|cond| self.jump(Op::JumpIfFalse { cond, to: Label(0) }));
        self.load_const(&Const::Dec(Dec::ZERO), total);
        let mut factors = Vec::new();
        for (weight, value) in &score.factors {
            let factor = self.factor(total, *weight, value);
            factors.push(factor);
        }
        let (name, title) = (score.name.clone(), score.title.clone());
        self.program.scores.push(Score { name, title, total, factors });
        self.score_bands(rule, guard, total, score);
        if let Some(skip) = skip {
            self.land(skip);
        }
        self.registers.release(mark);
    }

    fn factor(&mut self, total: Reg, weight: i64, value: &hir::Expr) -> Factor {
        let found = self.strict(value);
        let (kept, contribution) = (self.registers.keep(Kind::Dec), self.registers.keep(Kind::Dec));
        self.emit(Op::Move { dst: kept, src: found });
        let within = self.take(Kind::Dec);
        self.emit(Op::Factor { dst: within, src: found });
        let share = self.take(Kind::Dec);
        self.load_const(&Const::Dec(Dec::from_int(weight)), share);
        self.emit(Op::PercentOf { dst: contribution, lhs: share, rhs: within });
        self.emit(Op::AddDec { dst: total, lhs: total, rhs: contribution });
        let weight = u8::try_from(weight).unwrap_or(u8::MAX);
        Factor { label: show(self.package, value), weight, value: kept, contribution }
    }

    /// A statement for each band that objects: from its own score on, and below that of the band above it.
    fn score_bands(&mut self, rule: u16, guard: Option<Reg>, total: Reg, score: &hir::Score) {
        let mut above: Option<Dec> = None;
        for band in &score.bands {
            if band.verdict > Verdict::Allow {
                let mut cond = guard;
                for (bound, below) in [(above, true), (Some(band.at), false)] {
                    let Some(bound) = bound else { continue };
                    let limit = self.take(Kind::Dec);
                    self.load_const(&Const::Dec(bound), limit);
                    let part = self.take(Kind::Bool);
                    self.emit(match below {
                        true => Op::LtDec { dst: part, lhs: total, rhs: limit },
                        false => Op::LeDec { dst: part, lhs: limit, rhs: total },
                    });
                    cond = Some(self.both(cond, part));
                }
                self.band_statement(rule, band, cond);
            }
            above = Some(band.at);
        }
    }

    fn band_statement(&mut self, rule: u16, band: &hir::Band, cond: Option<Reg>) {
        let effect = Effect::Object(band.verdict);
        let statement = self.push_statement(rule, (effect, effect), band.escalate, false);
        let Some(cond) = cond else { return };
        self.emit(Op::Object { statement, cond });
    }

    /// The reason of each band, behind the code of admission: the score, the bound that it misses, and its factors.
    pub(super) fn score_reasons(&mut self, first: usize) {
        let package = self.package;
        let mut statement = first;
        for (index, score) in package.scores.iter().enumerate() {
            let mut above: Option<Dec> = None;
            for band in &score.bands {
                if band.verdict > Verdict::Allow {
                    let reason = self.score_reason(index, above);
                    if let Some(found) = self.program.statements.get_mut(statement) {
                        found.reason = reason;
                    }
                    statement = statement.saturating_add(1);
                }
                above = Some(band.at);
            }
        }
    }

    fn score_reason(&mut self, index: usize, above: Option<Dec>) -> u16 {
        let block: Block = self.block(|_| {});
        let Some(score) = self.program.scores.get(index) else { return self.add_text(block, Vec::new()) };
        let percent = |reg| Piece::Value { reg, scalar: Scalar::Percent };
        let mut pieces = vec![Piece::Words(format!("{} ", score.name)), percent(score.total)];
        if let Some(above) = above {
            let bound = constant(self.package, &Const::Dec(above), &hir::Type::Percent);
            pieces.push(Piece::Words(format!(" < {bound}")));
        }
        for (at, factor) in score.factors.iter().enumerate() {
            pieces.push(Piece::Words(format!("{}{} adds ", if at == 0 { ": " } else { ", " }, factor.label)));
            pieces.push(percent(factor.contribution));
            pieces.push(Piece::Words(format!(" of {}%", factor.weight)));
        }
        self.add_text(block, pieces)
    }
}
