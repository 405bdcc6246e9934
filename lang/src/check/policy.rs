//! Policies, rules, statements and waivers.

use holdpoint_isa::program::Effect;
use holdpoint_isa::verdict::Verdict;

use super::Checker;
use super::expr::settled;
use super::scope::Meaning;
use crate::ast::{self, ClauseKind, VerdictWord};
use crate::diag::messages;
use crate::hir::{self, Escalate, Expr, Kind, Text, TextPart, Type, Until};
use crate::span::Span;

/// The clauses of a statement, each at most once.
#[derive(Default)]
pub(super) struct Clauses<'c> {
    pub(super) delay_for: Option<(&'c ast::Expr, Span)>,
    pub(super) until: Option<(&'c ast::Expr, Span)>,
    pub(super) to: Option<&'c ast::Ident>,
    pub(super) needs: Option<(i64, Span)>,
    pub(super) expires: Option<(i64, Span)>,
    pub(super) for_each: Option<&'c ast::Binder>,
    pub(super) when: Option<&'c ast::Expr>,
    pub(super) unless: Option<&'c ast::Expr>,
    pub(super) because: Option<&'c ast::Text>,
    pub(super) fix: Option<&'c ast::Text>,
}

/// The word of a clause and its place in the order of clauses.
const fn rank(kind: &ClauseKind) -> (u8, &'static str) {
    match kind {
        ClauseKind::For(_) => (0, "for"),
        ClauseKind::Until(_) => (0, "until"),
        ClauseKind::To(_) => (0, "to"),
        ClauseKind::Needs(_) => (1, "needs"),
        ClauseKind::Expires(_) => (2, "expires"),
        ClauseKind::ForEach(_) => (3, "for each"),
        ClauseKind::When(_) => (4, "when"),
        ClauseKind::Unless(_) => (5, "unless"),
        ClauseKind::Because(_) => (6, "because"),
        ClauseKind::Fix(_) => (7, "fix"),
    }
}

impl<'a> Checker<'a> {
    pub(super) fn check_policies(&mut self) {
        let decls = self.picked(|item| if let ast::Item::Policy(decl) = item { Some(decl) } else { None });
        for (index, (decl, layer)) in decls.into_iter().enumerate() {
            (self.scopes.policy, self.scopes.layer) = (Some(index), layer);
            if let Some(allow) = decl.allow.filter(|_| layer > 0) {
                self.report(messages::lower_layer(allow, "allow"));
            }
            let policy = self.policy(decl);
            self.package.policies.push(policy);
        }
        self.scopes.policy = None;
    }

    fn policy(&mut self, decl: &'a ast::PolicyDecl) -> hir::Policy {
        let head = decl.head.as_ref().map(|head| self.condition(head));
        let floor = self.on_unknown(decl.on_unknown);
        self.check_governing_claims(decl, head.as_ref());
        if decl.rules.is_empty() && decl.allow.is_none() {
            self.report(messages::empty_policy(decl.name.span, &decl.name.name));
        }
        let mut rules = Vec::new();
        for rule in &decl.rules {
            let first =
                decl.rules.iter().find(|o| o.name.name == rule.name.name && o.name.span < rule.name.span);
            if let Some(first) = first {
                self.report(messages::duplicate(rule.name.span, &rule.name.name, first.name.span));
            }
            rules.push(self.rule(rule, floor));
        }
        self.report_same_names(decl.waivers.iter().map(|waiver| &waiver.name));
        let waivers = decl.waivers.iter().filter_map(|waiver| self.waiver(waiver, decl)).collect();
        hir::Policy {
            name: decl.name.name.clone(),
            title: decl.title.clone(),
            trial: decl.trial,
            head,
            allow: decl.allow.is_some(),
            layer: self.scopes.layer,
            rules,
            waivers,
            span: decl.name.span,
        }
    }

    /// A policy that lets through by `allow` alone has no rule to object, so its head must be more than a claim.
    fn check_governing_claims(&mut self, decl: &ast::PolicyDecl, head: Option<&Expr>) {
        let (Some(allow), None, Some(head)) = (decl.allow, decl.on_word, head) else { return };
        if decl.rules.iter().all(|rule| rule.trial) && self.rests_on_claims(head) {
            self.report(messages::claims_alone(head.span, "policy", allow.after()));
        }
    }

    fn on_unknown(&mut self, word: Option<VerdictWord>) -> Option<Verdict> {
        let word = word?;
        match word.verdict {
            Some(verdict) if verdict > Verdict::Allow => Some(verdict),
            _ => {
                self.report(messages::on_unknown_allows(word.span));
                None
            }
        }
    }

    fn rule(&mut self, decl: &'a ast::RuleDecl, floor: Option<Verdict>) -> hir::Rule {
        let guard = decl.guard.as_ref().map(|guard| self.condition(guard));
        let replaced = self.on_unknown(decl.on_unknown);
        let statements =
            decl.statements.iter().map(|statement| self.statement(statement, replaced, floor)).collect();
        hir::Rule {
            name: decl.name.name.clone(),
            title: decl.title.clone(),
            control: decl.control.clone(),
            waivable: decl.waivable,
            trial: decl.trial,
            guard,
            statements,
            span: decl.name.span,
        }
    }

    fn statement(
        &mut self,
        s: &'a ast::Statement,
        replaced: Option<Verdict>,
        floor: Option<Verdict>,
    ) -> hir::Statement {
        let clauses = self.clauses(&s.clauses);
        self.check_details(s, &clauses);
        let for_each = clauses.for_each.map(|binder| self.binder(binder));
        let bound = for_each.is_some();
        let when = clauses.when.map(|e| self.condition(e));
        let unless = clauses.unless.map(|e| self.condition(e));
        let until = self.until(&clauses, s, when.as_ref(), unless.as_ref());
        let because = clauses.because.map(|text| self.text(text));
        let fix = clauses.fix.map(|text| self.text(text));
        if bound {
            self.unbind();
        }
        let effect = s.verdict.verdict.map_or(Effect::Warn, Effect::Object);
        let on_unknown = match effect {
            Effect::Warn | Effect::Judge(_) => effect,
            Effect::Object(own) => {
                let verdict = replaced.unwrap_or(own);
                Effect::Object(floor.map_or(verdict, |floor| verdict.max(floor)))
            }
        };
        let escalate = self.escalate(&clauses, s);
        if on_unknown == Effect::Object(Verdict::Escalate) && effect != on_unknown {
            self.report(messages::unknown_to_nobody(s.verdict.span));
        }
        hir::Statement {
            effect,
            on_unknown,
            for_each: for_each.flatten(),
            when,
            unless,
            told: None,
            until,
            escalate,
            because,
            fix,
            span: s.span,
        }
    }

    /// Sorts the clauses of a statement, and reports those given twice or out of order.
    pub(super) fn clauses(&mut self, written: &'a [ast::Clause]) -> Clauses<'a> {
        let mut found = Clauses::default();
        let mut last: Option<(u8, &'static str, Span)> = None;
        for clause in written {
            let (order, word) = rank(&clause.kind);
            match last {
                Some((before, other, span)) if before > order => {
                    self.report(messages::clause_order(clause.span, word, other, span));
                }
                _ => last = Some((order, word, clause.span)),
            }
            let twice = match &clause.kind {
                ClauseKind::For(e) => found.delay_for.replace((e, clause.span)).is_some(),
                ClauseKind::Until(e) => found.until.replace((e, clause.span)).is_some(),
                ClauseKind::To(name) => found.to.replace(name).is_some(),
                ClauseKind::Needs(n) => found.needs.replace((*n, clause.span)).is_some(),
                ClauseKind::Expires(d) => found.expires.replace((*d, clause.span)).is_some(),
                ClauseKind::ForEach(binder) => found.for_each.replace(binder).is_some(),
                ClauseKind::When(e) => found.when.replace(e).is_some(),
                ClauseKind::Unless(e) => found.unless.replace(e).is_some(),
                ClauseKind::Because(text) => found.because.replace(text).is_some(),
                ClauseKind::Fix(text) => found.fix.replace(text).is_some(),
            };
            if twice {
                self.report(messages::repeated_clause(clause.span, word));
            }
        }
        found
    }

    /// Reports details that belong to another verdict.
    fn check_details(&mut self, s: &ast::Statement, clauses: &Clauses<'_>) {
        let verdict = s.verdict.verdict;
        self.check_clause_details(verdict, verdict.map_or("warn", Verdict::word), clauses);
    }

    /// Reports details that what stands before them does not take.
    pub(super) fn check_clause_details(
        &mut self,
        verdict: Option<Verdict>,
        word: &str,
        clauses: &Clauses<'_>,
    ) {
        let mut wrong = |span: Option<Span>, clause: &str, takes: Verdict| {
            if let Some(span) = span.filter(|_| verdict != Some(takes)) {
                self.sink.push(messages::clause_for_verdict(span, clause, word, takes.word()));
            }
        };
        wrong(clauses.delay_for.map(|(_, span)| span), "for", Verdict::Delay);
        wrong(clauses.until.map(|(_, span)| span), "until", Verdict::Delay);
        wrong(clauses.to.map(|name| name.span), "to", Verdict::Escalate);
        wrong(clauses.needs.map(|(_, span)| span), "needs", Verdict::Escalate);
        wrong(clauses.expires.map(|(_, span)| span), "expires", Verdict::Escalate);
        if let (Some(_), Some((_, span))) = (clauses.delay_for, clauses.until) {
            self.report(messages::repeated_clause(span, "for` or `until"));
        }
    }

    fn until(
        &mut self,
        clauses: &Clauses<'_>,
        s: &ast::Statement,
        when: Option<&Expr>,
        unless: Option<&Expr>,
    ) -> Option<Until> {
        if let Some((e, _)) = clauses.delay_for {
            let typed = self.expr(e, Some(&Type::Duration));
            self.expect(&typed, &Type::Duration.optional());
            return Some(Until::For(settled(typed, &Type::Duration)));
        }
        if let Some((e, _)) = clauses.until {
            let typed = self.expr(e, Some(&Type::Instant));
            self.expect(&typed, &Type::Instant.optional());
            return Some(Until::At(settled(typed, &Type::Instant)));
        }
        if s.verdict.verdict != Some(Verdict::Delay) {
            return None;
        }
        // `delay unless now in W`, or `delay when now not in W`, ends when the window opens.
        let inside = unless.filter(|_| when.is_none());
        let outside = when.filter(|_| unless.is_none()).and_then(negated);
        inside.or(outside).and_then(now_in_window).map(Until::Open)
    }

    fn escalate(&mut self, clauses: &Clauses<'_>, s: &ast::Statement) -> Option<Escalate> {
        if s.verdict.verdict != Some(Verdict::Escalate) {
            return None;
        }
        self.asked(s.verdict.span, clauses)
    }

    /// Whom an escalation on its own asks.
    pub(super) fn escalation(&mut self, span: Span, written: &'a [ast::Clause]) -> Option<Escalate> {
        let clauses = self.clauses(written);
        self.asked(span, &clauses)
    }

    fn asked(&mut self, span: Span, clauses: &Clauses<'_>) -> Option<Escalate> {
        let Some(name) = clauses.to else {
            self.report(messages::escalate_to_nobody(span));
            return None;
        };
        let needs = match clauses.needs {
            None => 1,
            Some((count, span)) => {
                u32::try_from(count).ok().filter(|count| *count >= 1).unwrap_or_else(|| {
                    self.report(messages::out_of_range(span, "`needs`", 1, u64::from(u32::MAX)));
                    1
                })
            }
        };
        let group = self.group(name)?;
        Some(Escalate { group, needs, expires: clauses.expires.map(|(expires, _)| expires) })
    }

    /// Whom a band of a score asks; it takes the clauses of an escalation and no others.
    pub(super) fn band_escalation(&mut self, s: &'a ast::Statement) -> Option<Escalate> {
        let clauses = self.clauses(&s.clauses);
        self.check_details(s, &clauses);
        self.escalate(&clauses, s)
    }

    fn group(&mut self, name: &ast::Ident) -> Option<usize> {
        match self.scopes.value(&name.name, name.span) {
            Some(Meaning::Group(group)) => return Some(group),
            Some(Meaning::Broken) => return None,
            _ => {}
        }
        let known = self.scopes.names(|meaning| matches!(meaning, Meaning::Group(_)));
        let diagnostic = messages::unknown_thing(name.span, "group", &name.name, &known);
        self.report(diagnostic);
        None
    }

    pub(super) fn text(&mut self, text: &ast::Text) -> Text {
        let mut parts = Vec::new();
        for part in &text.parts {
            match part {
                ast::TextPart::Words(words) => parts.push(TextPart::Words(words.clone())),
                ast::TextPart::Hole(e) => {
                    let typed = self.expr(e, None);
                    let shown = match typed.ty.required() {
                        Type::List(element, _) => element.is_scalar(),
                        other => other.is_scalar(),
                    };
                    if !shown {
                        let diagnostic = messages::not_shown(typed.span, &self.show(&typed.ty));
                        self.report(diagnostic);
                    }
                    parts.push(TextPart::Value(typed));
                }
            }
        }
        Text { parts }
    }

    fn waiver(&mut self, decl: &'a ast::WaiverDecl, policy: &'a ast::PolicyDecl) -> Option<hir::Waiver> {
        let Some(when) = &decl.when else {
            self.report(messages::waiver_incomplete(decl.name.span, &decl.name.name, "when"));
            return None;
        };
        let when = self.condition(when);
        if decl.on_word.is_none() && self.rests_on_claims(&when) {
            self.report(messages::claims_alone(when.span, "waiver", when.span.after()));
        }
        if decl.waives.is_empty() {
            self.report(messages::waiver_incomplete(decl.name.span, &decl.name.name, "waives"));
        }
        self.report_same_names(decl.waives.iter());
        self.report_same_names(decl.obligations.iter().map(|obligation| &obligation.name));
        let rules = decl.waives.iter().filter_map(|name| self.waived_rule(name, policy)).collect();
        let obligations = decl.obligations.iter().map(|o| self.obligation(o)).collect();
        let (name, title) = (decl.name.name.clone(), decl.title.clone());
        Some(hir::Waiver { name, title, when, rules, obligations, span: decl.name.span })
    }

    /// Reports names that stand in a list a second time.
    pub(super) fn report_same_names<'n>(&mut self, names: impl Iterator<Item = &'n ast::Ident>) {
        let mut seen: Vec<&ast::Ident> = Vec::new();
        for name in names {
            match seen.iter().find(|before| before.name == name.name) {
                Some(first) => self.report(messages::repeated_name(name.span, &name.name, first.span)),
                None => seen.push(name),
            }
        }
    }

    fn waived_rule(&mut self, name: &ast::Ident, policy: &ast::PolicyDecl) -> Option<usize> {
        let found = policy.rules.iter().position(|rule| rule.name.name == name.name);
        let rule = found.and_then(|index| policy.rules.get(index));
        match rule {
            Some(rule) if rule.waivable => {
                self.scopes.index.add_use(name.span, rule.name.span);
                found
            }
            Some(rule) => {
                self.report(messages::not_waivable(name.span, &name.name, rule.name.span));
                None
            }
            None if self.scopes.broken.contains(name.name.as_str()) => None,
            None => {
                let known: Vec<&str> = policy.rules.iter().map(|rule| rule.name.name.as_str()).collect();
                self.report(messages::unknown_rule(name.span, &name.name, &known));
                None
            }
        }
    }

    fn obligation(&mut self, decl: &'a ast::ObligationDecl) -> hir::Obligation {
        let text = self.text(&decl.text);
        hir::Obligation { name: decl.name.name.clone(), text, within: decl.within, of_finish: decl.of_finish }
    }
}

fn negated(e: &Expr) -> Option<&Expr> {
    match &*e.kind {
        Kind::Not(inner) => Some(inner),
        _ => None,
    }
}

fn now_in_window(e: &Expr) -> Option<usize> {
    match &*e.kind {
        Kind::InWindow(at, window) if matches!(&*at.kind, Kind::Now) => Some(*window),
        _ => None,
    }
}
