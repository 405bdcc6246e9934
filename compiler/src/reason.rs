//! Reasons made from conditions: which parts bear on the outcome, with names and values.
//!
//! `block when gates.coverage < 80%` says `gates.coverage 74% < 80%`. A condition of several parts shows those that
//! made it object. Where a part is unknown the machine names what is not known instead.

use std::collections::BTreeMap;

use holdpoint_isa::program::Piece;
use holdpoint_lang::hir::{self, Compare, Expr, Kind, Package, Type, Until};

use crate::lower::Lower;
use crate::show::{constant, show, window_name};

/// The parts of a condition under which a statement objects `when` it holds, or unless it does.
pub(crate) fn parts(package: &Package, lower: &mut Lower<'_>, e: &Expr, when: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (atom, when) in atoms(e, when) {
        let cond = lower.truth(atom);
        let (holds, fails) = say(package, lower, atom);
        // Not shown: where a statement objects to what is unknown, its reason names the causes of all of these.
        let unknown = facts(atom).into_iter().map(|fact| lower.value_piece(fact)).collect();
        pieces.push(Piece::Part { cond, when, holds, fails, unknown });
    }
    pieces
}

/// The facts and names whose values a part is made of, those within comprehensions apart.
fn facts(e: &Expr) -> Vec<&Expr> {
    match &*e.kind {
        Kind::Member(..) | Kind::Signal(_) | Kind::Let(_) | Kind::Local(_) if e.ty.is_scalar() => vec![e],
        Kind::Neg(e) | Kind::Not(e) | Kind::IsNone(e) | Kind::InWindow(e, _) | Kind::NextOpen(_, e) => {
            facts(e)
        }
        Kind::Compare(_, a, b) | Kind::Arith(_, a, b) | Kind::Else(a, b) | Kind::In(a, b) => {
            let mut list = facts(a);
            list.extend(facts(b));
            list
        }
        Kind::Call(_, args) | Kind::Builtin(_, args) => args.iter().flat_map(facts).collect(),
        _ => Vec::new(),
    }
}

/// Parts that say nothing and only tell what is not known: the guard of a rule, which holds where the rule objects.
pub(crate) fn silent_parts(lower: &mut Lower<'_>, e: &Expr) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (atom, when) in atoms(e, true) {
        let cond = lower.truth(atom);
        pieces.push(Piece::Part { cond, when, holds: Vec::new(), fails: Vec::new(), unknown: Vec::new() });
    }
    pieces
}

/// Whether a reason of these parts would be empty.
pub(crate) fn says_nothing(pieces: &[Piece]) -> bool {
    pieces.iter().all(
        |piece| matches!(piece, Piece::Part { holds, fails, .. } if holds.is_empty() && fails.is_empty()),
    )
}

/// The parts between which `and`, `or` and `not` stand, each with whether it speaks for the objection when it holds.
fn atoms(e: &Expr, when: bool) -> Vec<(&Expr, bool)> {
    match &*e.kind {
        Kind::And(a, b) | Kind::Or(a, b) => {
            let mut list = atoms(a, when);
            list.extend(atoms(b, when));
            list
        }
        Kind::Not(inner) => atoms(inner, !when),
        _ => vec![(e, when)],
    }
}

fn words(text: String) -> Piece {
    Piece::Words(text)
}

/// What a part says where it holds, and where it does not.
fn say(package: &Package, lower: &mut Lower<'_>, e: &Expr) -> (Vec<Piece>, Vec<Piece>) {
    match &*e.kind {
        Kind::Compare(compare, a, b) => compared(package, lower, *compare, a, b),
        Kind::In(value, list) => {
            let (name, list) = (operand(package, lower, value), show(package, list));
            let with = |text: String| name.iter().cloned().chain([words(text)]).collect();
            (with(format!(" is one of {list}")), with(format!(" is not one of {list}")))
        }
        Kind::InWindow(at, window) => {
            let (name, window) = (operand(package, lower, at), window_name(package, *window));
            let with = |text: String| name.iter().cloned().chain([words(text)]).collect();
            (with(format!(" is within {window}")), with(format!(" is outside {window}")))
        }
        Kind::IsNone(inner) => {
            let text = show(package, inner);
            (vec![words(format!("{text} is none"))], vec![words(format!("{text} is not none"))])
        }
        _ if is_named(e) => {
            let text = show(package, e);
            (vec![words(format!("{text} is true"))], vec![words(format!("{text} is false"))])
        }
        _ => {
            let text = show(package, e);
            (vec![words(text.clone())], vec![words(format!("not: {text}"))])
        }
    }
}

fn compared(
    package: &Package,
    lower: &mut Lower<'_>,
    compare: Compare,
    a: &Expr,
    b: &Expr,
) -> (Vec<Piece>, Vec<Piece>) {
    let (left, right) = (operand(package, lower, a), operand(package, lower, b));
    let with = |sign: &str| {
        let mut pieces = left.clone();
        pieces.push(words(format!(" {sign} ")));
        pieces.extend(right.iter().cloned());
        pieces
    };
    // Equality with a constant reads as a word: `gates.unit is failed, not passed`.
    if let (Compare::Eq | Compare::Ne, Some(value)) = (compare, fixed(package, b)) {
        let name = show(package, a);
        let is = vec![words(format!("{name} is {value}"))];
        let mut other = vec![words(format!("{name} is "))];
        other.push(lower.value_piece(a));
        other.push(words(format!(", not {value}")));
        return if compare == Compare::Eq { (is, other) } else { (other_than(package, lower, a), is) };
    }
    (with(compare.word()), with(opposite(compare).word()))
}

/// `name is value`, where the value is another than some constant.
fn other_than(package: &Package, lower: &mut Lower<'_>, e: &Expr) -> Vec<Piece> {
    vec![words(format!("{} is ", show(package, e))), lower.value_piece(e)]
}

const fn opposite(compare: Compare) -> Compare {
    match compare {
        Compare::Eq => Compare::Ne,
        Compare::Ne => Compare::Eq,
        Compare::Lt => Compare::Ge,
        Compare::Le => Compare::Gt,
        Compare::Gt => Compare::Le,
        Compare::Ge => Compare::Lt,
    }
}

/// An operand: a constant by its value, anything else by its name and value.
fn operand(package: &Package, lower: &mut Lower<'_>, e: &Expr) -> Vec<Piece> {
    match fixed(package, e) {
        Some(value) => vec![words(value)],
        None => vec![words(format!("{} ", show(package, e))), lower.value_piece(e)],
    }
}

fn fixed(package: &Package, e: &Expr) -> Option<String> {
    match &*e.kind {
        Kind::Const(value) => Some(constant(package, value, &e.ty)),
        Kind::Param(name, value) => Some(format!("{} ({name})", constant(package, value, &e.ty))),
        _ => None,
    }
}

fn is_named(e: &Expr) -> bool {
    matches!(&*e.kind, Kind::Member(..) | Kind::Signal(_) | Kind::Let(_) | Kind::Local(_))
        && *e.ty.required() == Type::Bool
}

/// Whether when a statement objects, or until when, depends on the instant of the decision.
pub(crate) fn depends_on_now(package: &Package, rule: &hir::Rule, s: &hir::Statement) -> bool {
    let place = |policy: &hir::Policy| policy.rules.iter().position(|other| other.span == rule.span);
    let policy = package.policies.iter().find_map(|policy| place(policy).map(|at| (policy, at)));
    let head = policy.and_then(|(policy, _)| policy.head.as_ref());
    // What a waiver removes now may be back at another instant.
    let waivers = policy.into_iter().flat_map(|(policy, at)| {
        let covering = policy.waivers.iter().filter(move |waiver| waiver.rules.contains(&at));
        covering.map(|waiver| Some(&waiver.when))
    });
    let until = match &s.until {
        Some(Until::At(e)) => Some(e),
        Some(Until::Open(_)) => return true,
        Some(Until::For(_)) | None => None,
    };
    let binder = s.for_each.as_ref();
    let conditions = [head, rule.guard.as_ref(), s.when.as_ref(), s.unless.as_ref(), until];
    let lists = [binder.map(|b| &b.list), binder.and_then(|b| b.filter.as_ref())];
    let mut timed = Timed { package, lets: BTreeMap::new(), fns: BTreeMap::new() };
    timed.any(conditions.into_iter().chain(lists).chain(waivers).flatten())
}

/// Whether expressions depend on the instant. Each named value and function is looked into once, however often and
/// deeply they need each other.
struct Timed<'p> {
    package: &'p Package,
    lets: BTreeMap<usize, bool>,
    fns: BTreeMap<usize, bool>,
}

impl Timed<'_> {
    fn any<'e>(&mut self, parts: impl IntoIterator<Item = &'e Expr>) -> bool {
        parts.into_iter().any(|e| self.is(e))
    }

    fn binder(&mut self, b: &hir::Binder) -> bool {
        self.is(&b.list) || b.filter.as_ref().is_some_and(|e| self.is(e))
    }

    fn named(&mut self, id: usize) -> bool {
        if let Some(known) = self.lets.get(&id) {
            return *known;
        }
        let found = self.package.lets.get(id).is_some_and(|binding| self.is(&binding.value));
        self.lets.insert(id, found);
        found
    }

    fn function(&mut self, id: usize) -> bool {
        if let Some(known) = self.fns.get(&id) {
            return *known;
        }
        let found = self.package.fns.get(id).is_some_and(|function| self.is(&function.body));
        self.fns.insert(id, found);
        found
    }

    fn is(&mut self, e: &Expr) -> bool {
        match &*e.kind {
            Kind::Now => true,
            Kind::Error
            | Kind::Const(_)
            | Kind::Param(..)
            | Kind::Request
            | Kind::Signal(_)
            | Kind::Local(_) => false,
            Kind::Let(id) => self.named(*id),
            Kind::Member(e, _)
            | Kind::Size(e)
            | Kind::End(e, _)
            | Kind::Matches(e, _)
            | Kind::VersionPart(_, e)
            | Kind::Not(e)
            | Kind::Neg(e)
            | Kind::IsNone(e)
            | Kind::InWindow(e, _)
            | Kind::NextOpen(_, e)
            | Kind::InZone(_, e, _) => self.is(e),
            Kind::List(list) | Kind::Builtin(_, list) => self.any(list),
            Kind::And(a, b)
            | Kind::Or(a, b)
            | Kind::Compare(_, a, b)
            | Kind::In(a, b)
            | Kind::Lookup(a, b)
            | Kind::HasKey(a, b)
            | Kind::Else(a, b)
            | Kind::Arith(_, a, b) => self.any([a, b]),
            Kind::If(a, b, c) => self.any([a, b, c]),
            Kind::Match(on, arms) => self.is(on) || self.any(arms.iter().map(|(_, e)| e)),
            Kind::Quantifier(_, b) => self.binder(b),
            Kind::Fold(_, e, b) => self.is(e) || self.binder(b),
            Kind::Call(id, args) => self.function(*id) || self.any(args),
        }
    }
}
