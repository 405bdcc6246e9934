//! Metrics of a rollout: what makes a sample valid, and what a trigger asks of the newest ones.
//!
//! A metric becomes statements over its samples: one that holds a stage without a valid sample, where the metric is
//! critical, and one for each trigger. A trigger is asked of the newest valid samples, one by one, so that its reason
//! names the sample; where several have to confirm it, they are counted once, in a `let` of the compiler's own, and
//! samples that are still to come hold the stage.

use holdpoint_isa::limits::SAMPLES_MAX;
use holdpoint_isa::verdict::Judgement;

use super::expr::node;
use super::rollout::{compare, int, rule, truth, watch};
use super::samples::{progress, sample};
use super::scope::Meaning;
use super::{Checker, floor};
use crate::ast::{self, MetricPart, Quantifier};
use crate::diag::messages;
use crate::hir::{self, Binder, Compare, Expr, Kind, LocalId, Rule, Statement, Text, TextPart, Type};
use crate::ops::Arith;
use crate::span::Span;

impl<'a> Checker<'a> {
    pub(super) fn metric(&mut self, decl: &'a ast::MetricDecl) -> Option<Rule> {
        let metric = Metric::of(self, decl)?;
        let mut statements = Vec::new();
        if decl.critical {
            statements.push(metric.sampled(self));
        }
        let mut triggers = decl.parts.iter().filter_map(|part| match part {
            MetricPart::Trigger(trigger) => Some(trigger),
            _ => None,
        });
        let first = triggers.next();
        if first.is_none() && !decl.parts.iter().any(|part| matches!(part, MetricPart::Error)) {
            let why = "this metric has no trigger, so whatever is measured promotes";
            self.report(messages::rollout_plan(decl.name.span, why));
        }
        for trigger in first.into_iter().chain(triggers) {
            self.metric_trigger(&metric, trigger, &mut statements);
        }
        Some(rule(&decl.name.name, statements, decl.name.span))
    }

    /// A trigger on a metric: each of the newest valid samples that it holds of, where enough of them confirm it; and
    /// where enough of them may yet confirm it, that holds the stage.
    fn metric_trigger(
        &mut self,
        metric: &Metric,
        decl: &'a ast::TriggerDecl,
        statements: &mut Vec<Statement>,
    ) {
        let local = metric.local(self);
        let (holds, because, fix) = self.asked_of_sample(local, decl);
        let newest = metric.newest(self, local);
        let confirmed = holds.clone().filter(|_| metric.confirm > 1).map(|holds| {
            let filter = truth(Kind::And(newest.clone(), holds), decl.span);
            let count = metric.count(Binder { local, list: metric.list.clone(), filter: Some(filter) });
            self.own_let(format!("samples of {} that confirm it", metric.name), count)
        });
        let pending = confirmed.clone().map(|confirmed| metric.pending(self, confirmed));
        let enough = confirmed
            .map(|confirmed| compare(Compare::Ge, confirmed, int(metric.confirm, Type::Int, decl.span)));
        let told = holds.clone();
        let when = holds.into_iter().chain(enough).reduce(|a, b| truth(Kind::And(a, b), decl.span));
        let binder = Binder { local, list: metric.list.clone(), filter: Some(newest) };
        let mut statement = watch(decl.judgement, Some(binder), when, decl.span);
        (statement.told, statement.because, statement.fix) = (told, because, fix);
        statements.push(statement);
        statements.extend(pending);
    }

    /// When a trigger holds of a sample, its reason and how to mend it.
    fn asked_of_sample(
        &mut self,
        local: LocalId,
        decl: &'a ast::TriggerDecl,
    ) -> (Option<Expr>, Option<Text>, Option<Text>) {
        let clauses = self.trigger_clauses(decl);
        if let Some(binder) = clauses.for_each {
            let elsewhere = "a trigger outside of a metric";
            self.report(messages::misplaced_clause(binder.var.span, "for each", elsewhere));
        }
        let outer = self.scopes.sample.replace(local);
        let when = clauses.when.map(|e| self.condition(e));
        let unless = clauses.unless.map(|e| self.condition(e));
        let because = clauses.because.map(|text| self.text(text));
        let fix = clauses.fix.map(|text| self.text(text));
        self.scopes.sample = outer;
        let unless = unless.map(|e| truth(Kind::Not(e), decl.span));
        let holds = when.into_iter().chain(unless).reduce(|a, b| truth(Kind::And(a, b), decl.span));
        // What could not be read may have been about the sample.
        let about_sample = |e: &Expr| match &*e.kind {
            Kind::Local(id) => *id == local,
            kind => matches!(kind, Kind::Error),
        };
        if holds.as_ref().is_some_and(|holds| !floor::mentions(holds, &about_sample)) {
            let why = "this trigger looks at no sample: write it outside of the metric";
            self.report(messages::rollout_plan(decl.span, why));
        }
        holds.iter().for_each(|holds| self.check_floors(holds));
        (holds, because, fix)
    }

    /// A `let` of the compiler's own.
    fn own_let(&mut self, name: String, value: Expr) -> Expr {
        let (index, ty, span) = (self.package.lets.len(), value.ty.clone(), value.span);
        self.package.lets.push(hir::Let { name, value });
        node(Kind::Let(index), ty, span)
    }
}

/// A metric of a rollout, with what makes a sample of it valid.
struct Metric {
    name: String,
    /// The samples.
    list: Expr,
    /// A sample.
    element: Type,
    min_samples: Option<i64>,
    max_age: Option<i64>,
    warmup: Option<i64>,
    /// How many of the newest valid samples have to confirm a trigger, and how many of them are looked at.
    confirm: i64,
    last: i64,
    /// Where that stands.
    confirmed: Span,
    /// Since when the stage's traffic has arrived.
    since: Expr,
    span: Span,
}

impl Metric {
    fn of<'a>(checker: &mut Checker<'a>, decl: &'a ast::MetricDecl) -> Option<Self> {
        let list = checker.samples_of(&decl.name)?;
        let Type::List(element, _) = list.ty.clone() else { return None };
        let progress = checker.progress(decl.name.span)?;
        let since = checker.record_member_of(progress, progress::SINCE);
        let mut metric = Self {
            name: decl.name.name.clone(),
            list,
            element: *element,
            min_samples: None,
            max_age: None,
            warmup: None,
            confirm: 1,
            last: 1,
            confirmed: decl.name.span,
            since,
            span: decl.name.span,
        };
        metric.parts(checker, decl);
        Some(metric)
    }

    fn parts<'a>(&mut self, checker: &mut Checker<'a>, decl: &'a ast::MetricDecl) {
        let mut seen: Vec<&'static str> = Vec::new();
        for part in &decl.parts {
            let (word, span) = match part {
                MetricPart::MinSamples(count, span) => {
                    self.min_samples = Some(checker.whole(count, "`min_samples`", i64::MAX.unsigned_abs()));
                    ("min_samples", *span)
                }
                MetricPart::MaxAge(age, span) => {
                    self.max_age = Some(checker.duration(age, "`max_age`"));
                    ("max_age", *span)
                }
                MetricPart::Warmup(length, span) => {
                    self.warmup = Some(checker.duration(length, "`warmup`"));
                    ("warmup", *span)
                }
                MetricPart::Confirm(needed, last, span) => {
                    self.confirmed = *span;
                    self.last = checker.whole(last, "`confirm`", SAMPLES_MAX.into());
                    self.confirm = checker.whole(needed, "`confirm`", self.last.unsigned_abs());
                    ("confirm", *span)
                }
                MetricPart::Trigger(_) | MetricPart::Error => continue,
            };
            if seen.contains(&word) {
                checker.report(messages::repeated_clause(span, word));
            }
            seen.push(word);
        }
    }

    /// A name for a sample, which reasons show as the metric's.
    fn local(&self, checker: &mut Checker<'_>) -> LocalId {
        let id = LocalId(checker.package.locals.len());
        checker.package.locals.push(hir::Local { name: self.name.clone(), ty: self.element.clone() });
        id
    }

    fn of_sample(&self, checker: &Checker<'_>, local: LocalId, member: usize) -> Expr {
        let sample = node(Kind::Local(local), self.element.clone(), self.span);
        checker.record_member_of(sample, member)
    }

    fn now(&self) -> Expr {
        node(Kind::Now, Type::Instant, self.span)
    }

    /// An instant so much earlier or later.
    fn moved(&self, from: Expr, by: Arith, length: i64) -> Expr {
        let length = int(length, Type::Duration, self.span);
        node(Kind::Arith(by, from, length), Type::Instant, self.span)
    }

    /// Whether a sample is valid: taken since the stage's traffic arrived and is warm, not after now, young enough, of
    /// enough measurements.
    fn valid(&self, checker: &Checker<'_>, local: LocalId) -> Expr {
        let at = || self.of_sample(checker, local, sample::AT);
        let since = match self.warmup {
            Some(length) => self.moved(self.since.clone(), Arith::AddInt, length),
            None => self.since.clone(),
        };
        let taken = compare(Compare::Le, at(), self.now());
        let young =
            self.max_age.map(|most| compare(Compare::Ge, at(), self.moved(self.now(), Arith::SubInt, most)));
        let enough = self.min_samples.map(|least| {
            let count = self.of_sample(checker, local, sample::COUNT);
            compare(Compare::Ge, count, int(least, Type::Int, self.span))
        });
        [Some(taken), young, enough]
            .into_iter()
            .flatten()
            .fold(compare(Compare::Ge, at(), since), |a, b| truth(Kind::And(a, b), self.span))
    }

    /// Whether a sample is one of the newest valid ones that are looked at: fewer than that many are newer.
    fn newest(&self, checker: &mut Checker<'_>, local: LocalId) -> Expr {
        let other = self.local(checker);
        let (at, own) =
            (self.of_sample(checker, other, sample::AT), self.of_sample(checker, local, sample::AT));
        let newer = truth(Kind::And(self.valid(checker, other), compare(Compare::Gt, at, own)), self.span);
        let newer = self.count(Binder { local: other, list: self.list.clone(), filter: Some(newer) });
        let few = compare(Compare::Lt, newer, int(self.last, Type::Int, self.span));
        truth(Kind::And(self.valid(checker, local), few), self.span)
    }

    fn count(&self, binder: Binder) -> Expr {
        node(Kind::Quantifier(Quantifier::Count, binder), Type::Int, self.span)
    }

    /// The valid samples.
    fn all_valid(&self, checker: &mut Checker<'_>) -> Binder {
        let local = self.local(checker);
        let filter = Some(self.valid(checker, local));
        Binder { local, list: self.list.clone(), filter }
    }

    /// A statement that holds a stage without a valid sample.
    fn sampled(&self, checker: &mut Checker<'_>) -> Statement {
        let binder = self.all_valid(checker);
        let none = truth(Kind::Quantifier(Quantifier::No, binder), self.span);
        let mut statement = watch(Judgement::Hold, None, Some(none), self.span);
        let words = format!("no valid sample of {} since the stage's traffic arrived", self.name);
        statement.because = Some(Text { parts: vec![TextPart::Words(words)] });
        statement
    }

    /// A statement that holds a stage where some samples confirm a trigger, and with those still to come enough may.
    fn pending(&self, checker: &mut Checker<'_>, confirmed: Expr) -> Statement {
        let span = self.confirmed;
        let valid = self.all_valid(checker);
        let valid = self.count(valid);
        let valid = checker.own_let(format!("valid samples of {}", self.name), valid);
        let number = |number| int(number, Type::Int, span);
        let arith = |arith, a, b| node(Kind::Arith(arith, a, b), Type::Int, span);
        let missing = arith(Arith::SubInt, number(self.last), valid.clone());
        let some = compare(Compare::Gt, confirmed.clone(), number(0));
        let few = compare(Compare::Lt, confirmed.clone(), number(self.confirm));
        let may =
            compare(Compare::Ge, arith(Arith::AddInt, confirmed.clone(), missing), number(self.confirm));
        let when = [few, may].into_iter().fold(some, |a, b| truth(Kind::And(a, b), span));
        let mut statement = watch(Judgement::Hold, None, Some(when), span);
        let words = |words: String| TextPart::Words(words);
        statement.because = Some(Text {
            parts: vec![
                TextPart::Value(confirmed),
                words(format!(" of {} samples confirm it so far, and ", self.confirm)),
                TextPart::Value(valid),
                words(format!(" of {} are there", self.last)),
            ],
        });
        statement
    }
}

impl<'a> Checker<'a> {
    /// The signal that a metric's samples are.
    fn samples_of(&mut self, name: &ast::Ident) -> Option<Expr> {
        let meaning = self.scopes.value(&name.name, name.span);
        if matches!(meaning, Some(Meaning::Broken)) || self.scopes.broken.contains(name.name.as_str()) {
            return None;
        }
        if let Some(Meaning::Signal(index)) = meaning
            && let Some(signal) = self.package.signals.get(index)
        {
            let ty = signal.ty.clone();
            if let Type::List(element, _) = &ty
                && self.is_sample(element)
            {
                return Some(node(Kind::Signal(index), ty, name.span));
            }
            if ty.is_error() {
                return None;
            }
        }
        let is_samples = |meaning: &Meaning| {
            let Meaning::Signal(index) = meaning else { return false };
            self.package.signals.get(*index).is_some_and(|signal| matches!(signal.ty, Type::List(..)))
        };
        let known = self.scopes.names(is_samples);
        let diagnostic = messages::unknown_thing(name.span, "metric", &name.name, &known)
            .help("declare it: `signal NAME: samples<percent> = SOURCE(…)`");
        self.report(diagnostic);
        None
    }

    /// How far the rollout has come.
    fn progress(&self, span: Span) -> Option<Expr> {
        let index = self.package.progress?;
        let ty = self.package.signals.get(index)?.ty.clone();
        Some(node(Kind::Signal(index), ty, span))
    }

    /// A member of a record by its index.
    fn record_member_of(&self, base: Expr, member: usize) -> Expr {
        let ty = match base.ty {
            Type::Record(record) => self.package.records.get(record).and_then(|def| def.fields.get(member)),
            _ => None,
        };
        let (ty, span) = (ty.map_or(Type::Error, |field| field.ty.clone()), base.span);
        node(Kind::Member(base, member), ty, span)
    }

    /// What a name stands for within a trigger of a metric: a member of the sample.
    pub(super) fn sample_member(&self, name: &str, span: Span) -> Option<Expr> {
        let local = self.scopes.sample?;
        let member = match name {
            "value" => sample::VALUE,
            "baseline" => sample::BASELINE,
            _ => return None,
        };
        let ty = self.package.locals.get(local.0)?.ty.clone();
        Some(self.record_member_of(node(Kind::Local(local), ty, span), member))
    }
}
