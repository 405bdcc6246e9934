//! What a package decides: policies, rules, statements and waivers, and when a delay ends.

use std::collections::BTreeSet;

use holdpoint_isa::Dec;
use holdpoint_isa::limits::{HORIZON_DAYS, REASON_BYTES_MAX, RETRY_ROUNDS_MAX};
use holdpoint_isa::program::Effect;
use holdpoint_isa::verdict::Verdict;
use holdpoint_lang::hir::{
    Band, Expr, Kind, Package, Policy, Rollout, Rule, Score, Statement, Text, TextPart, Until, Waiver,
};
use holdpoint_lang::{Sources, Span};
use serde_json::Value as Json;

use crate::eval::{Env, Facts};
use crate::value::{self, Value, from_json, show};

/// An objection, a warning, or what a trial would have said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Whose it is.
    pub rule: String,
    /// What it asks for; nothing for a warning.
    pub verdict: Option<Verdict>,
    /// Whether it comes of something unknown.
    pub unknown: bool,
    /// Whether it comes of a fault.
    pub fault: bool,
    /// The place of its statement.
    pub source: Option<String>,
    /// The reason that its author wrote, where the objection is certain and there is one.
    pub because: Option<String>,
    /// How to mend it, where the objection is certain.
    pub fix: Option<String>,
    /// When a delay ends, where that is known.
    pub until: Option<i64>,
    /// The group that an escalation asks.
    pub escalate: Option<String>,
}

/// A decision, its lists sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The most restrictive verdict, or allow.
    pub verdict: Verdict,
    /// What objects.
    pub objections: Vec<Finding>,
    /// What advises.
    pub warnings: Vec<Finding>,
    /// What a waiver removed, with its name.
    pub waived: Vec<(String, Finding)>,
    /// What a trial would have said.
    pub trial: Vec<Finding>,
    /// Waiver, name and text of each obligation.
    pub obligations: Vec<(String, String, String)>,
    /// Each score that was counted, with what each factor adds.
    pub scores: Vec<(String, Dec, Vec<Dec>)>,
    /// When a delay ends.
    pub retry_at: Option<i64>,
    /// The rollout to take, with its stages: name, traffic and length.
    pub plan: Option<Plan>,
}

/// A rollout's name, and name, traffic and length of each of its stages.
pub type Plan = (String, Vec<(Option<String>, Dec, i64)>);

/// A statement that is not silent: where it stands, its condition, and the element that it is about.
struct Fired<'p> {
    policy: &'p Policy,
    rule: &'p Rule,
    statement: &'p Statement,
    cond: Value,
    env: Env,
}

/// What a request comes to.
pub fn decide(package: &Package, sources: &Sources, request: &Json, signals: &Json, now: i64) -> Answer {
    decide_noting_faults(package, sources, request, signals, now).0
}

/// What a request comes to, and whether anything on the way was a fault.
pub fn decide_noting_faults(
    package: &Package,
    sources: &Sources,
    request: &Json,
    signals: &Json,
    now: i64,
) -> (Answer, bool) {
    let facts = facts(package, request, signals, now);
    let mut decision = Decision { facts: &facts, sources, answer: empty(), ends: Vec::new() };
    decision.heads();
    decision.plan();
    fired(&facts).iter().for_each(|fired| decision.take(fired));
    package.scores.iter().for_each(|score| decision.score(score));
    decision.obligations();
    let Decision { mut answer, ends, .. } = decision;
    answer.verdict = answer.objections.iter().filter_map(|o| o.verdict).max().unwrap_or(Verdict::Allow);
    if answer.verdict == Verdict::Delay {
        answer.retry_at = retry_at(&facts, &ends);
    }
    answer.objections.sort();
    answer.warnings.sort();
    answer.waived.sort();
    answer.trial.sort();
    answer.obligations.sort();
    answer.scores.sort();
    (answer, facts.faulted.get())
}

/// What a request and signals come to at an instant.
pub(crate) fn facts<'p>(package: &'p Package, request: &Json, signals: &Json, now: i64) -> Facts<'p> {
    Facts::new(
        package,
        value::request(package, request, signals),
        package.signals.iter().map(|s| from_json(package, &s.ty, s.reading, signals.get(&s.name))).collect(),
        now,
    )
}

const fn empty() -> Answer {
    Answer {
        verdict: Verdict::Allow,
        objections: Vec::new(),
        warnings: Vec::new(),
        waived: Vec::new(),
        trial: Vec::new(),
        obligations: Vec::new(),
        scores: Vec::new(),
        retry_at: None,
        plan: None,
    }
}

/// Everything that is not silent, policy by policy. Rules of a policy whose head is false do not run.
fn fired<'p>(facts: &Facts<'p>) -> Vec<Fired<'p>> {
    let mut found = Vec::new();
    for policy in facts.package.policies.iter().filter(|policy| head(facts, policy) != Value::Bool(false)) {
        for rule in &policy.rules {
            for statement in &rule.statements {
                let conditions = conditions(facts, rule, statement);
                let objecting = conditions.into_iter().filter(|(cond, _)| *cond != Value::Bool(false));
                found.extend(objecting.map(|(cond, env)| Fired { policy, rule, statement, cond, env }));
            }
        }
    }
    found
}

fn head(facts: &Facts<'_>, policy: &Policy) -> Value {
    policy.head.as_ref().map_or(Value::Bool(true), |head| facts.needed(head, &Env::new()))
}

/// What the head of each rollout comes to.
fn plans<'p>(facts: &Facts<'p>) -> Vec<(&'p Rollout, Value)> {
    let head = |rollout: &'p Rollout| {
        rollout.head.as_ref().map_or(Value::Bool(true), |head| facts.needed(head, &Env::new()))
    };
    facts.package.rollouts.iter().map(|rollout| (rollout, head(rollout))).collect()
}

/// Whether a request has a plan, in a package with rollouts: exactly one fits, and each other one does not.
fn planned(facts: &Facts<'_>) -> bool {
    let heads = plans(facts);
    let certain = heads.iter().all(|(_, head)| matches!(head, Value::Bool(_)));
    heads.is_empty() || (certain && heads.iter().filter(|(_, head)| *head == Value::Bool(true)).count() == 1)
}

/// The condition of a statement: one, or one for each element.
pub(crate) fn conditions(facts: &Facts<'_>, rule: &Rule, s: &Statement) -> Vec<(Value, Env)> {
    let none = Env::new();
    let guard = rule.guard.as_ref().map_or(Value::Bool(true), |guard| facts.needed(guard, &none));
    let own = |env: &Env| {
        let when = s.when.as_ref().map_or(Value::Bool(true), |when| facts.needed(when, env));
        when.and(|| s.unless.as_ref().map_or(Value::Bool(true), |unless| facts.needed(unless, env).negated()))
    };
    let Some(binder) = &s.for_each else { return vec![(guard.and(|| own(&none)), none)] };
    // A rule that is not asked looks at no list, and a fault ends the rule.
    if matches!(guard, Value::Bool(false) | Value::Fault) {
        return vec![(guard, none)];
    }
    match facts.elements(binder, &none) {
        Ok(elements) => elements
            .into_iter()
            .map(|(env, passes)| (guard.clone().and(|| passes.and(|| own(&env))), env))
            .collect(),
        Err(absent) => vec![(guard.and(|| absent), none)],
    }
}

/// What a statement says by its condition.
fn effect(fired: &Fired<'_>) -> Effect {
    match fired.cond {
        // Advice changes nothing, whatever becomes of it.
        Value::Fault if fired.statement.effect == Effect::Warn => Effect::Warn,
        Value::Fault => Effect::Object(Verdict::Block),
        Value::Bool(_) => fired.statement.effect,
        _ => fired.statement.on_unknown,
    }
}

/// The waivers of its policy that cover a statement.
fn covering<'p>(fired: &Fired<'p>) -> impl Iterator<Item = &'p Waiver> {
    let (policy, own) = (fired.policy, fired.rule);
    let rule = policy.rules.iter().position(|rule| std::ptr::eq(rule, own));
    policy.waivers.iter().filter(move |waiver| rule.is_some_and(|rule| waiver.rules.contains(&rule)))
}

/// The waivers that cover a statement and apply. A fault is never waived.
fn waivers<'p>(facts: &Facts<'_>, fired: &Fired<'p>) -> Vec<&'p str> {
    let applies =
        covering(fired).filter(|waiver| facts.needed(&waiver.when, &Env::new()) == Value::Bool(true));
    applies.filter(|_| fired.cond != Value::Fault).map(|waiver| waiver.name.as_str()).collect()
}

/// Whether an enforced policy governs, and whether none leaves that open.
fn governed(facts: &Facts<'_>) -> (bool, bool) {
    let enforced = facts.package.policies.iter().filter(|policy| !policy.trial);
    let heads: Vec<(bool, Value)> = enforced
        .map(|policy| {
            let decides = policy.allow || policy.rules.iter().any(|rule| !rule.trial);
            (decides && policy.layer == 0, head(facts, policy))
        })
        .collect();
    let governs = heads.iter().any(|(governs, head)| *governs && *head == Value::Bool(true));
    (governs, heads.iter().all(|(_, head)| matches!(head, Value::Bool(_))))
}

pub(crate) fn text(facts: &Facts<'_>, text: &Text, env: &Env) -> String {
    let parts = text.parts.iter().map(|part| match part {
        TextPart::Words(words) => words.clone(),
        TextPart::Value(e) => show(facts.package, &e.ty, &facts.eval(e, env)),
    });
    let mut text: String = parts.collect();
    let max = REASON_BYTES_MAX as usize;
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max.saturating_sub("…".len())));
        text.push('…');
    }
    text
}

/// A decision in the making.
struct Decision<'d, 'p> {
    facts: &'d Facts<'p>,
    sources: &'d Sources,
    answer: Answer,
    /// When each delay that objects ends.
    ends: Vec<Option<i64>>,
}

impl Decision<'_, '_> {
    /// A request is allowed only where an enforced policy governs it.
    fn heads(&mut self) {
        for policy in &self.facts.package.policies {
            let head = head(self.facts, policy);
            if matches!(head, Value::Unknown | Value::Fault) {
                let mut finding = blocking(&policy.name, self.place(policy.span));
                finding.unknown = head == Value::Unknown;
                finding.fault = head == Value::Fault;
                if policy.trial { &mut self.answer.trial } else { &mut self.answer.objections }.push(finding);
            }
        }
        if governed(self.facts) == (false, true) {
            self.answer.objections.push(blocking("holdpoint", None));
        }
    }

    /// Exactly one rollout is the plan of a request.
    fn plan(&mut self) {
        let heads = plans(self.facts);
        let doubtful = heads.iter().filter(|(_, head)| !matches!(head, Value::Bool(_)));
        let doubtful = doubtful.map(|(_, head)| Finding {
            unknown: *head != Value::Fault,
            fault: *head == Value::Fault,
            ..blocking("holdpoint", None)
        });
        let doubtful: Vec<Finding> = doubtful.collect();
        let fits = heads.iter().filter(|(_, head)| *head == Value::Bool(true)).map(|(rollout, _)| *rollout);
        match fits.collect::<Vec<_>>().as_slice() {
            _ if heads.is_empty() => {}
            _ if !doubtful.is_empty() => self.answer.objections.extend(doubtful),
            [rollout] => {
                let stages = rollout.stages.iter().map(|s| (s.name.clone(), s.traffic, s.lasts));
                self.answer.plan = Some((rollout.name.clone(), stages.collect()));
            }
            _ => self.answer.objections.push(blocking("holdpoint", None)),
        }
    }

    fn place(&self, span: Span) -> Option<String> {
        place(self.sources, span)
    }

    fn take(&mut self, fired: &Fired<'_>) {
        let effect = effect(fired);
        let finding = self.finding(fired, effect);
        if fired.rule.trial || fired.policy.trial {
            self.answer.trial.push(finding);
        } else if effect == Effect::Warn {
            self.answer.warnings.push(finding);
        } else if let waivers @ [_, ..] = waivers(self.facts, fired).as_slice() {
            for waiver in waivers {
                self.answer.waived.push((format!("{}.{waiver}", fired.policy.name), finding.clone()));
            }
        } else {
            if finding.verdict == Some(Verdict::Delay) {
                self.ends.push(finding.until);
            }
            self.answer.objections.push(finding);
        }
    }

    fn finding(&self, fired: &Fired<'_>, effect: Effect) -> Finding {
        let (facts, statement, env) = (self.facts, fired.statement, &fired.env);
        let certain = fired.cond == Value::Bool(true);
        let verdict = if let Effect::Object(verdict) = effect { Some(verdict) } else { None };
        let written =
            |wanted: &Option<Text>| wanted.as_ref().filter(|_| certain).map(|t| text(facts, t, env));
        let delays = certain && verdict == Some(Verdict::Delay);
        let escalate = statement.escalate.filter(|_| verdict == Some(Verdict::Escalate));
        let group = |at: usize| facts.package.groups.get(at).map(|(name, _)| name.clone());
        Finding {
            rule: format!("{}.{}", fired.policy.name, fired.rule.name),
            verdict,
            unknown: matches!(fired.cond, Value::Unknown),
            fault: fired.cond == Value::Fault,
            source: self.place(statement.span),
            because: written(&statement.because),
            fix: written(&statement.fix),
            // An end that has passed is none.
            until: if delays { until(facts, statement, env).filter(|end| *end > facts.now) } else { None },
            escalate: escalate.and_then(|e| group(e.group)),
        }
    }

    /// A score is counted unless its guard is false. What is not known adds nothing; a fault leaves no score.
    fn score(&mut self, score: &Score) {
        let none = Env::new();
        let guard = score.guard.as_ref().map_or(Value::Bool(true), |guard| self.facts.needed(guard, &none));
        if guard == Value::Bool(false) {
            return;
        }
        let adds = score.factors.iter().map(|(weight, value)| match self.facts.needed(value, &none) {
            Value::Fault => None,
            Value::Dec(value) => {
                Dec::from_int(*weight).checked_percent_of(value.clamp(Dec::ZERO, Dec::HUNDRED))
            }
            _ => Some(Dec::ZERO),
        });
        let adds: Option<Vec<Dec>> = adds.collect();
        let total = adds
            .as_ref()
            .map(|adds| adds.iter().fold(Dec::ZERO, |sum, add| sum.checked_add(*add).unwrap_or(sum)));
        let band = |band: &Band, cond: Value| {
            let mut finding = blocking(&format!("score.{}", score.name), None);
            finding.fault = cond == Value::Fault;
            finding.unknown = cond == Value::Unknown;
            let group =
                band.escalate.filter(|_| !finding.fault).and_then(|e| self.facts.package.groups.get(e.group));
            finding.escalate = group.map(|(name, _)| name.clone());
            finding.verdict = Some(if finding.fault { Verdict::Block } else { band.verdict });
            finding.source = self.place(band.span);
            finding
        };
        let objecting = score.bands.iter().filter(|band| band.verdict > Verdict::Allow);
        let found: Vec<Finding> = match total {
            // Whichever band it would have been, nobody knows.
            _ if guard == Value::Fault => objecting.map(|b| band(b, Value::Fault)).collect(),
            None => objecting.map(|b| band(b, Value::Fault)).collect(),
            Some(total) => {
                let holds = score.bands.iter().find(|band| total >= band.at);
                holds
                    .into_iter()
                    .filter(|band| band.verdict > Verdict::Allow)
                    .map(|b| band(b, guard.clone()))
                    .collect()
            }
        };
        // Nobody knows when a score gets better.
        self.ends.extend(found.iter().filter(|found| found.verdict == Some(Verdict::Delay)).map(|_| None));
        self.answer.objections.extend(found);
        if let (Some(total), Some(adds)) = (total, adds) {
            self.answer.scores.push((score.name.clone(), total, adds));
        }
    }

    /// What the waivers that removed something oblige to.
    fn obligations(&mut self) {
        let effective: BTreeSet<String> = self.answer.waived.iter().map(|(name, _)| name.clone()).collect();
        for policy in &self.facts.package.policies {
            for waiver in &policy.waivers {
                let name = format!("{}.{}", policy.name, waiver.name);
                if effective.contains(&name) {
                    let imposed = waiver.obligations.iter().map(|o| {
                        (waiver.name.clone(), o.name.clone(), text(self.facts, &o.text, &Env::new()))
                    });
                    self.answer.obligations.extend(imposed);
                }
            }
        }
    }
}

/// Where something stands.
pub(crate) fn place(sources: &Sources, span: Span) -> Option<String> {
    let source = sources.get(span.file)?;
    let (line, column) = source.line_column(span.start);
    Some(format!("{}:{line}:{column}", source.path))
}

fn blocking(rule: &str, source: Option<String>) -> Finding {
    Finding {
        rule: rule.to_owned(),
        verdict: Some(Verdict::Block),
        unknown: false,
        fault: false,
        source,
        because: None,
        fix: None,
        until: None,
        escalate: None,
    }
}

/// When the delay of a statement ends, where that is known.
fn until(facts: &Facts<'_>, statement: &Statement, env: &Env) -> Option<i64> {
    let end = match statement.until.as_ref()? {
        Until::For(length) => match facts.needed(length, env) {
            Value::Int(length) => Value::Int(facts.now.checked_add(length)?),
            absent => absent,
        },
        Until::At(instant) => facts.needed(instant, env),
        Until::Open(window) => facts.next_open(*window, facts.now),
    };
    if let Value::Int(end) = end { Some(end) } else { None }
}

/// The earliest instant at which no statement that depends on time objects, all else held still.
fn retry_at(facts: &Facts<'_>, ends: &[Option<i64>]) -> Option<i64> {
    let latest = |ends: &[Option<i64>]| ends.iter().copied().collect::<Option<Vec<i64>>>()?.into_iter().max();
    let horizon = facts.now.saturating_add(i64::from(HORIZON_DAYS).saturating_mul(86_400_000_000_000));
    let mut candidate = latest(ends)?.max(facts.now);
    for _ in 0..RETRY_ROUNDS_MAX {
        if candidate > horizon {
            return None;
        }
        let later = facts.at(candidate);
        if governed(&later) != (true, true) || !planned(&later) {
            return None;
        }
        let ends: Vec<Option<i64>> =
            fired(&later).iter().filter_map(|fired| still(facts, &later, fired)).collect();
        if ends.is_empty() {
            return Some(candidate);
        }
        candidate = latest(&ends).filter(|end| *end > candidate)?;
    }
    None
}

/// For a statement that depends on time and still objects at a later instant, when it ends.
fn still(facts: &Facts<'_>, later: &Facts<'_>, fired: &Fired<'_>) -> Option<Option<i64>> {
    let effect = effect(fired);
    let enforced = !fired.rule.trial && !fired.policy.trial && effect != Effect::Warn;
    if !enforced || !depends_on_now(facts.package, fired) || !waivers(later, fired).is_empty() {
        return None;
    }
    if effect != Effect::Object(Verdict::Delay) || fired.cond != Value::Bool(true) {
        return Some(None);
    }
    // `delay for` counts from the decision, everything else is asked anew.
    let anchored = matches!(fired.statement.until, Some(Until::For(_)));
    Some(until(if anchored { facts } else { later }, fired.statement, &fired.env))
}

fn depends_on_now(package: &Package, fired: &Fired<'_>) -> bool {
    let s = fired.statement;
    let end = match &s.until {
        Some(Until::Open(_)) => return true,
        Some(Until::At(e)) => Some(e),
        Some(Until::For(_)) | None => None,
    };
    let list = s.for_each.as_ref().map(|binder| &binder.list);
    let filter = s.for_each.as_ref().and_then(|binder| binder.filter.as_ref());
    let guards = [fired.policy.head.as_ref(), fired.rule.guard.as_ref()];
    let own = [list, filter, s.when.as_ref(), s.unless.as_ref(), end];
    let waivers = covering(fired).map(|waiver| Some(&waiver.when));
    guards.into_iter().chain(own).chain(waivers).flatten().any(|e| timed(package, e))
}

fn timed(package: &Package, e: &Expr) -> bool {
    let mut parts: Vec<&Expr> = Vec::new();
    match &*e.kind {
        Kind::Now => return true,
        Kind::Error | Kind::Const(_) | Kind::Param(..) | Kind::Request | Kind::Signal(_) | Kind::Local(_) => {
        }
        Kind::Let(id) => parts.extend(package.lets.get(*id).map(|binding| &binding.value)),
        Kind::Member(e, _) | Kind::Size(e) | Kind::Not(e) | Kind::Neg(e) | Kind::IsNone(e) => parts.push(e),
        Kind::InWindow(e, _) | Kind::NextOpen(_, e) | Kind::Matches(e, _) => parts.push(e),
        Kind::VersionPart(_, e) | Kind::End(e, _) | Kind::InZone(_, e, _) => parts.push(e),
        Kind::Lookup(a, b) | Kind::HasKey(a, b) => parts.extend([a, b]),
        Kind::List(list) | Kind::Builtin(_, list) => parts.extend(list),
        Kind::And(a, b) | Kind::Or(a, b) | Kind::Compare(_, a, b) => parts.extend([a, b]),
        Kind::In(a, b) | Kind::Else(a, b) | Kind::Arith(_, a, b) => parts.extend([a, b]),
        Kind::If(a, b, c) => parts.extend([a, b, c]),
        Kind::Match(on, arms) => {
            parts.push(on);
            parts.extend(arms.iter().map(|(_, value)| value));
        }
        Kind::Quantifier(_, binder) | Kind::Fold(_, _, binder) => {
            parts.push(&binder.list);
            parts.extend(&binder.filter);
            if let Kind::Fold(_, value, _) = &*e.kind {
                parts.push(value);
            }
        }
        Kind::Call(id, args) => {
            parts.extend(args);
            parts.extend(package.fns.get(*id).map(|function| &function.body));
        }
    }
    parts.into_iter().any(|part| timed(package, part))
}
