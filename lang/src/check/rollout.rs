//! Rollouts: the plan, and what is watched in its stages.

use holdpoint_isa::Dec;
use holdpoint_isa::limits::STAGES_MAX;
use holdpoint_isa::program::{Const, Effect};
use holdpoint_isa::verdict::Judgement;

use super::Checker;
use super::expr::{constant, node};
use super::policy::Clauses;
use crate::ast;
use crate::diag::messages;
use crate::hir::{self, Binder, Compare, Expr, Kind, Rollout, Rule, Stage, Statement, Type};
use crate::span::Span;

/// The rule that triggers which belong to no metric are statements of.
const TRIGGERS: &str = "triggers";

impl<'a> Checker<'a> {
    pub(super) fn check_rollouts(&mut self) {
        let decls = self.picked(|item| if let ast::Item::Rollout(decl) = item { Some(decl) } else { None });
        self.report_same_names(decls.iter().map(|(decl, _)| &decl.name));
        let policies = self.scopes.policies.len().saturating_sub(decls.len());
        for (index, (decl, layer)) in decls.into_iter().enumerate() {
            (self.scopes.policy, self.scopes.layer) = (Some(policies.saturating_add(index)), layer);
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
        self.scopes.policy = None;
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
        self.check_watched_names(decl);
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

    /// A finding goes by one name: a metric's, a verification's, or that of all triggers that belong to neither.
    fn check_watched_names(&mut self, decl: &'a ast::RolloutDecl) {
        let metrics = decl.watched.metrics.iter().map(|metric| &metric.name);
        let names = metrics.chain(decl.verifications.iter().map(|verification| &verification.name));
        let names: Vec<&'a ast::Ident> = names.collect();
        self.report_same_names(names.iter().copied());
        if let Some(name) = names.iter().find(|name| name.name == TRIGGERS) {
            let why = "what stands outside of metrics goes by the name `triggers`";
            self.report(messages::rollout_plan(name.span, why));
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

    pub(super) fn duration(&mut self, e: &'a ast::Expr, what: &str) -> i64 {
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
    pub(super) fn whole(&mut self, e: &'a ast::Expr, what: &str, most: u64) -> i64 {
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
        let mut rules: Vec<Rule> = watched.metrics.iter().filter_map(|metric| self.metric(metric)).collect();
        if let Some(first) = watched.triggers.first() {
            let statements = self.triggers(&watched.triggers);
            rules.push(rule(TRIGGERS, statements, first.span));
        }
        rules
    }

    /// What is watched in a verification goes by its name.
    fn verification(&mut self, decl: &'a ast::VerificationDecl) -> Vec<Rule> {
        self.report_same_names(decl.watched.metrics.iter().map(|metric| &metric.name));
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
        let asked = unless.clone().map(|e| truth(Kind::Not(e), decl.span));
        if let Some(asked) =
            when.iter().cloned().chain(asked).reduce(|a, b| truth(Kind::And(a, b), decl.span))
        {
            self.check_floors(&asked);
        }
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
    pub(super) fn trigger_clauses(&mut self, decl: &'a ast::TriggerDecl) -> Clauses<'a> {
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
}

/// A rule of a rollout.
pub(super) fn rule(name: &str, statements: Vec<Statement>, span: Span) -> Rule {
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
pub(super) const fn watch(
    judgement: Judgement,
    for_each: Option<Binder>,
    when: Option<Expr>,
    span: Span,
) -> Statement {
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

pub(super) fn truth(kind: Kind, span: Span) -> Expr {
    node(kind, Type::Bool, span)
}

pub(super) fn compare(op: Compare, a: Expr, b: Expr) -> Expr {
    let span = a.span;
    truth(Kind::Compare(op, a, b), span)
}

pub(super) fn int(value: i64, ty: Type, span: Span) -> Expr {
    node(Kind::Const(Const::Int(value)), ty, span)
}
