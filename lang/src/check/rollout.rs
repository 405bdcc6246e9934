//! Rollouts: the plan, and what is watched in its stages.
//!
//! A metric becomes statements over its samples: one that holds a stage without a valid sample, where the metric is
//! critical, and one for each trigger. A trigger is asked of the newest valid samples, one by one, so that its reason
//! names the sample; where several have to confirm it, they are counted once, in a `let` of the compiler's own.

use holdpoint_isa::Dec;
use holdpoint_isa::limits::{SAMPLES_MAX, STAGES_MAX};
use holdpoint_isa::program::{Const, Effect};
use holdpoint_isa::verdict::Judgement;

use super::Checker;
use super::expr::{constant, node};
use super::policy::Clauses;
use super::samples::{progress, sample};
use super::scope::Meaning;
use crate::ast::{self, MetricPart, Quantifier};
use crate::diag::messages;
use crate::hir::{
    self, Binder, Compare, Expr, Kind, LocalId, Rollout, Rule, Stage, Statement, Text, TextPart, Type,
};
use crate::ops::Arith;
use crate::span::Span;

/// The rule that triggers which belong to no metric are statements of.
const TRIGGERS: &str = "triggers";

impl<'a> Checker<'a> {
    pub(super) fn check_rollouts(&mut self) {
        let decls = self.picked(|item| if let ast::Item::Rollout(decl) = item { Some(decl) } else { None });
        self.report_same_names(decls.iter().map(|(decl, _)| &decl.name));
        for (decl, layer) in decls {
            self.scopes.layer = layer;
            if layer > 0 {
                self.report(messages::lower_layer(decl.name.span, "declare a rollout"));
            }
            let same = self.package.policies.iter().find(|policy| policy.name == decl.name.name);
            if let Some(first) = same.map(|policy| policy.span) {
                self.report(messages::duplicate(decl.name.span, &decl.name.name, first));
            }
            let rollout = self.rollout(decl);
            self.package.rollouts.push(rollout);
        }
    }

    fn rollout(&mut self, decl: &'a ast::RolloutDecl) -> Rollout {
        let head = decl.head.as_ref().map(|head| self.condition(head));
        let mut stages: Vec<Stage> = Vec::new();
        for step in &decl.steps {
            let traffic = self.traffic(&step.traffic, stages.last().map(|stage| stage.traffic));
            let lasts = self.duration(&step.lasts, "the length of a step");
            stages.push(Stage { name: None, title: String::new(), traffic, lasts, rules: Vec::new() });
        }
        self.check_steps(decl, &stages);
        let rules = self.watched(&decl.watched);
        self.report_same_names(decl.verifications.iter().map(|verification| &verification.name));
        for verification in &decl.verifications {
            let lasts = self.duration(&verification.lasts, "the length of a verification");
            let (name, title) = (verification.name.name.clone(), verification.title.clone());
            let rules = self.verification(verification);
            stages.push(Stage { name: Some(name), title, traffic: Dec::HUNDRED, lasts, rules });
        }
        if stages.len() > STAGES_MAX as usize {
            let (most, found) = (u64::from(STAGES_MAX), stages.len() as u64);
            self.report(messages::limit(decl.name.span, "the stages of a rollout", most, found));
        }
        if !decl.watched.metrics.iter().any(|metric| metric.critical) {
            let first = decl.watched.metrics.first().map_or(decl.name.span, |metric| metric.name.span);
            self.report(messages::no_critical_metric(first, &decl.name.name));
        }
        let (hold, escalate) = self.on_hold(decl);
        let (name, title, span) = (decl.name.name.clone(), decl.title.clone(), decl.name.span);
        Rollout { name, title, head, rules, stages, hold, escalate, span }
    }

    /// Steps rise, and the last one has all the traffic.
    fn check_steps(&mut self, decl: &ast::RolloutDecl, stages: &[Stage]) {
        match (decl.steps.last(), stages.last()) {
            (Some(step), Some(stage)) if stage.traffic != Dec::HUNDRED => {
                self.report(messages::rollout_plan(
                    step.span,
                    "the last step of a rollout has 100% of the traffic",
                ));
            }
            (None, _) => {
                self.report(messages::rollout_plan(
                    decl.name.span,
                    "a rollout has a step, such as `step 100% for 10m`",
                ));
            }
            _ => {}
        }
    }

    fn traffic(&mut self, e: &'a ast::Expr, before: Option<Dec>) -> Dec {
        let typed = self.expr(e, Some(&Type::Percent));
        self.expect(&typed, &Type::Percent);
        let Some(Const::Dec(traffic)) = self.constant_of(&typed, "the traffic of a step") else {
            return Dec::HUNDRED;
        };
        if traffic < Dec::ZERO || traffic > Dec::HUNDRED {
            self.report(messages::rollout_plan(typed.span, "a step has from 0% to 100% of the traffic"));
        }
        if before.is_some_and(|before| traffic <= before) {
            self.report(messages::rollout_plan(
                typed.span,
                "this step has no more traffic than the one before it",
            ));
        }
        traffic
    }

    fn duration(&mut self, e: &'a ast::Expr, what: &str) -> i64 {
        let typed = self.expr(e, Some(&Type::Duration));
        self.expect(&typed, &Type::Duration);
        match self.constant_of(&typed, what) {
            Some(Const::Int(length)) if length >= 0 => length,
            Some(_) => {
                self.report(messages::rollout_plan(typed.span, "a length of time is not less than nought"));
                0
            }
            None => 0,
        }
    }

    /// A whole number from one on.
    fn whole(&mut self, e: &'a ast::Expr, what: &str, most: u64) -> i64 {
        let typed = self.expr(e, Some(&Type::Int));
        self.expect(&typed, &Type::Int);
        match self.constant_of(&typed, what) {
            Some(Const::Int(number)) if u64::try_from(number).is_ok_and(|n| (1..=most).contains(&n)) => {
                number
            }
            Some(_) => {
                self.report(messages::out_of_range(typed.span, what, 1, most));
                1
            }
            None => 1,
        }
    }

    fn constant_of(&mut self, e: &Expr, what: &str) -> Option<Const> {
        let found = constant(e);
        if found.is_none() && !e.ty.is_error() {
            self.report(messages::not_constant(e.span, what));
        }
        found
    }

    fn on_hold(&mut self, decl: &'a ast::RolloutDecl) -> (i64, Option<hir::Escalate>) {
        let Some(hold) = &decl.on_unknown else {
            self.report(messages::no_hold(decl.name.span, &decl.name.name));
            return (0, None);
        };
        let most = self.duration(&hold.most, "how long a stage is held");
        let escalate = match &hold.then {
            ast::ThenDecl::Rollback => None,
            ast::ThenDecl::Escalate(span, clauses) => self.escalation(*span, clauses),
        };
        (most, escalate)
    }

    // ---- what is watched

    /// The metrics of a stage, a rule each, and its other triggers, together one rule.
    fn watched(&mut self, watched: &'a ast::Watched) -> Vec<Rule> {
        self.report_same_names(watched.metrics.iter().map(|metric| &metric.name));
        let mut rules: Vec<Rule> = watched.metrics.iter().filter_map(|metric| self.metric(metric)).collect();
        if let Some(first) = watched.triggers.first() {
            let statements = self.triggers(&watched.triggers);
            rules.push(rule(TRIGGERS, statements, first.span));
        }
        rules
    }

    /// What is watched in a verification goes by its name.
    fn verification(&mut self, decl: &'a ast::VerificationDecl) -> Vec<Rule> {
        let rules = self.watched(&decl.watched);
        if rules.is_empty() {
            self.report(messages::rollout_plan(decl.name.span, "this verification watches nothing"));
        }
        let statements = rules.into_iter().flat_map(|rule| rule.statements).collect();
        vec![rule(&decl.name.name, statements, decl.name.span)]
    }

    fn triggers(&mut self, decls: &'a [ast::TriggerDecl]) -> Vec<Statement> {
        decls.iter().map(|decl| self.trigger(decl)).collect()
    }

    fn trigger(&mut self, decl: &'a ast::TriggerDecl) -> Statement {
        let clauses = self.trigger_clauses(decl);
        let for_each = clauses.for_each.map(|binder| self.binder(binder));
        let bound = for_each.is_some();
        let when = clauses.when.map(|e| self.condition(e));
        let unless = clauses.unless.map(|e| self.condition(e));
        let mut statement = watch(decl.judgement, for_each.flatten(), when, decl.span);
        statement.unless = unless;
        statement.because = clauses.because.map(|text| self.text(text));
        statement.fix = clauses.fix.map(|text| self.text(text));
        if bound {
            self.unbind();
        }
        statement
    }

    /// The clauses of a trigger, which takes no detail of a verdict and needs a condition.
    fn trigger_clauses(&mut self, decl: &'a ast::TriggerDecl) -> Clauses<'a> {
        let clauses = self.clauses(&decl.clauses);
        self.check_clause_details(None, decl.judgement.word(), &clauses);
        if clauses.when.is_none() && clauses.unless.is_none() && clauses.for_each.is_none() {
            self.report(messages::rollout_plan(
                decl.span,
                "a trigger says when, such as `rollback when value > 5%`",
            ));
        }
        clauses
    }

    fn metric(&mut self, decl: &'a ast::MetricDecl) -> Option<Rule> {
        let metric = Metric::of(self, decl)?;
        let mut statements = Vec::new();
        if decl.critical {
            statements.push(metric.sampled(self));
        }
        for part in &decl.parts {
            if let MetricPart::Trigger(trigger) = part {
                statements.push(self.metric_trigger(&metric, trigger));
            }
        }
        Some(rule(&decl.name.name, statements, decl.name.span))
    }

    /// A trigger on a metric: each of the newest valid samples that it holds of, where enough of them confirm it.
    fn metric_trigger(&mut self, metric: &Metric, decl: &'a ast::TriggerDecl) -> Statement {
        let clauses = self.trigger_clauses(decl);
        if let Some(binder) = clauses.for_each {
            self.report(messages::misplaced_clause(
                binder.var.span,
                "for each",
                "a trigger outside of a metric",
            ));
        }
        let local = metric.local(self);
        let outer = self.scopes.sample.replace(local);
        let when = clauses.when.map(|e| self.condition(e));
        let unless = clauses.unless.map(|e| self.condition(e));
        let because = clauses.because.map(|text| self.text(text));
        let fix = clauses.fix.map(|text| self.text(text));
        self.scopes.sample = outer;
        let unless = unless.map(|e| truth(Kind::Not(e), decl.span));
        let holds = when.into_iter().chain(unless).reduce(|a, b| truth(Kind::And(a, b), decl.span));
        let newest = metric.newest(self, local);
        let confirmed = holds.clone().filter(|_| metric.confirm > 1).map(|holds| {
            let filter = truth(Kind::And(newest.clone(), holds), decl.span);
            let binder = Binder { local, list: metric.list.clone(), filter: Some(filter) };
            let count = node(Kind::Quantifier(Quantifier::Count, binder), Type::Int, decl.span);
            let enough = self.own_let(format!("samples of {} that confirm it", metric.name), count);
            compare(Compare::Ge, enough, int(metric.confirm, Type::Int, decl.span))
        });
        let told = holds.clone();
        let when = holds.into_iter().chain(confirmed).reduce(|a, b| truth(Kind::And(a, b), decl.span));
        let binder = Binder { local, list: metric.list.clone(), filter: Some(newest) };
        let mut statement = watch(decl.judgement, Some(binder), when, decl.span);
        (statement.told, statement.because, statement.fix) = (told, because, fix);
        statement
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
    /// How many of the newest valid samples have to confirm a trigger, and how many of them are looked at.
    confirm: i64,
    last: i64,
    /// Since when samples count.
    since: Expr,
    span: Span,
}

impl Metric {
    fn of<'a>(checker: &mut Checker<'a>, decl: &'a ast::MetricDecl) -> Option<Self> {
        let list = checker.samples_of(&decl.name)?;
        let Type::List(element, _) = list.ty.clone() else { return None };
        let progress = checker.progress(decl.name.span)?;
        let since = checker.record_member_of(progress, progress::SINCE);
        let (name, span) = (decl.name.name.clone(), decl.name.span);
        let (min_samples, max_age) = (None, None);
        let mut metric =
            Self { name, list, element: *element, min_samples, max_age, confirm: 1, last: 1, since, span };
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
                MetricPart::Confirm(needed, last, span) => {
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

    /// Whether a sample is valid: taken since the stage's traffic arrived, young enough, of enough measurements.
    fn valid(&self, checker: &Checker<'_>, local: LocalId) -> Expr {
        let at = || self.of_sample(checker, local, sample::AT);
        let mut valid = compare(Compare::Ge, at(), self.since.clone());
        if let Some(most) = self.max_age {
            let now = node(Kind::Now, Type::Instant, self.span);
            let age = node(Kind::Arith(Arith::SubInt, now, at()), Type::Duration, self.span);
            let young = compare(Compare::Le, age, int(most, Type::Duration, self.span));
            valid = truth(Kind::And(valid, young), self.span);
        }
        if let Some(least) = self.min_samples {
            let count = self.of_sample(checker, local, sample::COUNT);
            let enough = compare(Compare::Ge, count, int(least, Type::Int, self.span));
            valid = truth(Kind::And(valid, enough), self.span);
        }
        valid
    }

    /// Whether a sample is one of the newest valid ones that are looked at.
    fn newest(&self, checker: &mut Checker<'_>, local: LocalId) -> Expr {
        let other = self.local(checker);
        let (at, own) =
            (self.of_sample(checker, other, sample::AT), self.of_sample(checker, local, sample::AT));
        let newer = truth(Kind::And(self.valid(checker, other), compare(Compare::Gt, at, own)), self.span);
        let binder = Binder { local: other, list: self.list.clone(), filter: Some(newer) };
        let newer = node(Kind::Quantifier(Quantifier::Count, binder), Type::Int, self.span);
        let few = compare(Compare::Lt, newer, int(self.last, Type::Int, self.span));
        truth(Kind::And(self.valid(checker, local), few), self.span)
    }

    /// A statement that holds a stage without a valid sample.
    fn sampled(&self, checker: &mut Checker<'_>) -> Statement {
        let local = self.local(checker);
        let filter = Some(self.valid(checker, local));
        let binder = Binder { local, list: self.list.clone(), filter };
        let none = truth(Kind::Quantifier(Quantifier::No, binder), self.span);
        let mut statement = watch(Judgement::Hold, None, Some(none), self.span);
        let words = format!("no valid sample of {} since the stage's traffic arrived", self.name);
        statement.because = Some(Text { parts: vec![TextPart::Words(words)] });
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
                && self.scopes.samples.iter().any(|(_, _, record)| **element == Type::Record(*record))
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

/// A rule of a rollout.
fn rule(name: &str, statements: Vec<Statement>, span: Span) -> Rule {
    Rule {
        name: name.to_owned(),
        title: String::new(),
        control: None,
        waivable: false,
        trial: false,
        guard: None,
        statements,
        span,
    }
}

/// A statement that judges; what is not known holds.
const fn watch(judgement: Judgement, for_each: Option<Binder>, when: Option<Expr>, span: Span) -> Statement {
    Statement {
        effect: Effect::Judge(judgement),
        on_unknown: Effect::Judge(Judgement::Hold),
        for_each,
        when,
        unless: None,
        told: None,
        until: None,
        escalate: None,
        because: None,
        fix: None,
        span,
    }
}

fn truth(kind: Kind, span: Span) -> Expr {
    node(kind, Type::Bool, span)
}

fn compare(op: Compare, a: Expr, b: Expr) -> Expr {
    let span = a.span;
    truth(Kind::Compare(op, a, b), span)
}

fn int(value: i64, ty: Type, span: Span) -> Expr {
    node(Kind::Const(Const::Int(value)), ty, span)
}
