//! Conditions that can never hold, or never fail: a rule that cannot fire is a mistake, and reads like a safeguard.
//!
//! Only what constants say is looked at: truth values, ranges of numbers, members of enums, texts. Every way through
//! `and`, `or` and `not` is tried, up to a limit; what is not understood could be anything. Parameters could be
//! anything as well, because an `include` sets them.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_isa::program::Const;

use super::Checker;
use crate::diag::messages;
use crate::hir::{Compare, Expr, Kind, Package, Type};
use crate::span::Span;

/// Ways through `or` that are tried; beyond them a condition is taken to be possible.
const WAYS_MAX: u32 = 256;

impl Checker<'_> {
    /// Warns of conditions of the author's own that never change.
    pub(super) fn check_conditions(&mut self) {
        if self.sink.has_errors() {
            return;
        }
        let package = &self.package;
        let mut found = Vec::new();
        for policy in package.policies.iter().filter(|policy| policy.layer == package.layer) {
            let head: Vec<Wanted<'_>> = policy.head.iter().map(holds).collect();
            found.extend(policy.head.as_ref().and_then(|head| fixed(package, head)));
            for rule in &policy.rules {
                found.extend(rule.guard.as_ref().and_then(|guard| fixed(package, guard)));
                let guarded: Vec<Wanted<'_>> =
                    head.iter().copied().chain(rule.guard.iter().map(holds)).collect();
                for s in &rule.statements {
                    let filter = s.for_each.iter().filter_map(|binder| binder.filter.as_ref());
                    let parts: Vec<&Expr> = filter.chain(&s.when).collect();
                    let alone = parts.iter().copied().chain(&s.unless).find_map(|e| fixed(package, e));
                    let all = parts.iter().copied().map(holds).chain(s.unless.iter().map(|e| (e, false)));
                    let never = || !possible(package, guarded.iter().copied().chain(all.clone()).collect());
                    let whole = |_: ()| never().then_some((s.span, Fixed::Together));
                    found.extend(alone.or_else(|| whole(())));
                }
            }
            let waivers = policy.waivers.iter().filter_map(|waiver| fixed(package, &waiver.when));
            found.extend(waivers);
        }
        let own = found.into_iter().filter(|(span, _)| !self.in_library(*span)).collect::<Vec<_>>();
        for (span, fixed) in own {
            self.report(match fixed {
                Fixed::Never => messages::never_holds(span),
                Fixed::Always => messages::always_holds(span),
                Fixed::Together => messages::never_fires(span),
            });
        }
    }
}

/// How a condition never changes.
#[derive(Debug, Clone, Copy)]
enum Fixed {
    /// It cannot hold.
    Never,
    /// It cannot fail.
    Always,
    /// The conditions of a statement cannot hold together.
    Together,
}

/// A condition, and whether it is to hold or to fail.
type Wanted<'e> = (&'e Expr, bool);

const fn holds(e: &Expr) -> Wanted<'_> {
    (e, true)
}

/// Whether a condition never changes. A constant that stands alone is meant.
fn fixed(package: &Package, e: &Expr) -> Option<(Span, Fixed)> {
    if matches!(&*e.kind, Kind::Const(_) | Kind::Param(..)) {
        return None;
    }
    if !possible(package, vec![(e, true)]) {
        return Some((e.span, Fixed::Never));
    }
    (!possible(package, vec![(e, false)])).then_some((e.span, Fixed::Always))
}

/// Whether conditions can come out as wanted, all of them.
fn possible(package: &Package, wanted: Vec<Wanted<'_>>) -> bool {
    Search { package, ways: 0 }.possible(wanted, BTreeMap::new())
}

struct Search<'p> {
    package: &'p Package,
    ways: u32,
}

impl<'p> Search<'p> {
    fn possible(&mut self, mut wanted: Vec<Wanted<'p>>, mut known: BTreeMap<String, Domain>) -> bool {
        while let Some((e, outcome)) = wanted.pop() {
            match (&*e.kind, outcome) {
                (Kind::Const(Const::Bool(value)), _) if *value == outcome => {}
                (Kind::Const(Const::Bool(_)), _) => return false,
                (Kind::Not(inner), _) => wanted.push((inner, !outcome)),
                (Kind::And(a, b), true) | (Kind::Or(a, b), false) => {
                    wanted.extend([(b, outcome), (a, outcome)])
                }
                (Kind::And(a, b), false) | (Kind::Or(a, b), true) => {
                    self.ways = self.ways.saturating_add(1);
                    if self.ways > WAYS_MAX {
                        return true;
                    }
                    return [a, b].into_iter().any(|way| {
                        let wanted = wanted.iter().copied().chain([(way, outcome)]).collect();
                        self.possible(wanted, known.clone())
                    });
                }
                (Kind::Let(id), _) if path(e).is_none() => {
                    if let Some(binding) = self.package.lets.get(*id) {
                        wanted.push((&binding.value, outcome));
                    }
                }
                _ => {
                    if !self.note(e, outcome, &mut known) {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// Notes what a condition says of a value; false where nothing is left that the value could be.
    fn note(&self, e: &Expr, outcome: bool, known: &mut BTreeMap<String, Domain>) -> bool {
        let Some((place, ty, said)) = said(e, outcome) else { return true };
        let domain = known.entry(place).or_insert_with(|| Domain::of(self.package, ty));
        domain.take(&said);
        !domain.is_empty()
    }
}

/// What a condition says of a value.
enum Said {
    /// It is one of these.
    OneOf(BTreeSet<Value>),
    /// It is none of these.
    NoneOf(BTreeSet<Value>),
    /// It is at least this; more than it where the flag is set.
    From(i128, bool),
    /// It is at most this; less than it where the flag is set.
    To(i128, bool),
}

/// A constant: a number, or a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Number(i128),
    Text(String),
}

fn value(e: &Expr) -> Option<Value> {
    match &*e.kind {
        Kind::Const(Const::Bool(value)) => Some(Value::Number(i128::from(*value))),
        Kind::Const(Const::Int(value)) => Some(Value::Number(i128::from(*value))),
        Kind::Const(Const::Dec(value)) => Some(Value::Number(value.billionths())),
        Kind::Const(Const::Str(text)) => Some(Value::Text(text.clone())),
        _ => None,
    }
}

/// What a condition says of the value of which place, where it says so by constants alone.
fn said(e: &Expr, outcome: bool) -> Option<(String, &Type, Said)> {
    match &*e.kind {
        Kind::Compare(op, a, b) => {
            let (place, constant, op) = match (path(a), path(b)) {
                (Some(place), None) => ((place, a), value(b)?, *op),
                (None, Some(place)) => ((place, b), value(a)?, mirrored(*op)),
                _ => return None,
            };
            Some((place.0, &place.1.ty, compared(op, constant, outcome)?))
        }
        Kind::In(item, list) => {
            let Kind::List(list) = &*list.kind else { return None };
            let values = list.iter().map(value).collect::<Option<BTreeSet<Value>>>()?;
            Some((path(item)?, &item.ty, if outcome { Said::OneOf(values) } else { Said::NoneOf(values) }))
        }
        _ => {
            let place = path(e).filter(|_| matches!(e.ty, Type::Bool))?;
            Some((place, &e.ty, Said::OneOf(BTreeSet::from([Value::Number(i128::from(outcome))]))))
        }
    }
}

fn compared(op: Compare, constant: Value, outcome: bool) -> Option<Said> {
    let only = |value: Value| BTreeSet::from([value]);
    Some(match (op, outcome, constant) {
        (Compare::Eq, true, value) | (Compare::Ne, false, value) => Said::OneOf(only(value)),
        (Compare::Eq, false, value) | (Compare::Ne, true, value) => Said::NoneOf(only(value)),
        (Compare::Lt, true, Value::Number(n)) | (Compare::Ge, false, Value::Number(n)) => Said::To(n, true),
        (Compare::Le, true, Value::Number(n)) | (Compare::Gt, false, Value::Number(n)) => Said::To(n, false),
        (Compare::Gt, true, Value::Number(n)) | (Compare::Le, false, Value::Number(n)) => Said::From(n, true),
        (Compare::Ge, true, Value::Number(n)) | (Compare::Lt, false, Value::Number(n)) => {
            Said::From(n, false)
        }
        (Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge, _, Value::Text(_)) => return None,
    })
}

const fn mirrored(op: Compare) -> Compare {
    match op {
        Compare::Lt => Compare::Gt,
        Compare::Le => Compare::Ge,
        Compare::Gt => Compare::Lt,
        Compare::Ge => Compare::Le,
        Compare::Eq | Compare::Ne => op,
    }
}

/// What a value can be.
#[derive(Debug, Clone)]
struct Domain {
    /// From and to, both within.
    from: i128,
    to: i128,
    one_of: Option<BTreeSet<Value>>,
    none_of: BTreeSet<Value>,
}

impl Domain {
    /// Everything that a type allows.
    fn of(package: &Package, ty: &Type) -> Self {
        let members =
            |count: usize| (0..count).filter_map(|at| Some(Value::Number(i128::try_from(at).ok()?)));
        // An optional value may be none, which no constant says.
        let one_of = match ty {
            Type::Bool => Some(members(2).collect()),
            Type::Enum(id) => package.enums.get(*id).map(|def| members(def.members.len()).collect()),
            _ => None,
        };
        Self { from: i128::MIN, to: i128::MAX, one_of, none_of: BTreeSet::new() }
    }

    fn take(&mut self, said: &Said) {
        match said {
            Said::OneOf(values) => {
                let left = match &self.one_of {
                    Some(before) => before.intersection(values).cloned().collect(),
                    None => values.clone(),
                };
                self.one_of = Some(left);
            }
            Said::NoneOf(values) => self.none_of.extend(values.iter().cloned()),
            Said::From(n, beyond) => self.from = self.from.max(n.saturating_add(i128::from(*beyond))),
            Said::To(n, beyond) => self.to = self.to.min(n.saturating_sub(i128::from(*beyond))),
        }
    }

    /// Whether nothing is left. Numbers are whole ones, or whole billionths.
    fn is_empty(&self) -> bool {
        let within = |value: &&Value| match value {
            Value::Number(n) => (self.from..=self.to).contains(n),
            Value::Text(_) => true,
        };
        match &self.one_of {
            Some(values) => values.iter().filter(within).all(|value| self.none_of.contains(value)),
            None => {
                let only = self.from == self.to && self.none_of.contains(&Value::Number(self.from));
                self.from > self.to || only
            }
        }
    }
}

/// A name for a place that holds one value throughout a decision; nothing for other expressions.
fn path(e: &Expr) -> Option<String> {
    match &*e.kind {
        Kind::Request => Some(String::new()),
        Kind::Member(base, index) => Some(format!("{}.{index}", path(base)?)),
        Kind::Signal(id) => Some(format!("signal {id}")),
        Kind::Local(id) => Some(format!("local {}", id.0)),
        Kind::Now => Some("now".to_owned()),
        // What a truth value stands for is looked into.
        Kind::Let(id) if !matches!(e.ty.required(), Type::Bool) => Some(format!("let {id}")),
        _ => None,
    }
}
