//! What an expression is worth: one function, one arm for each form.
//!
//! An operand that is none where a value is needed is not known. A fault outweighs an unknown. Evaluation goes from
//! left to right and stops once decided; what is not evaluated cannot be a fault.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::BTreeMap;

use holdpoint_lang::ast::{Fold, Quantifier};
use holdpoint_lang::hir::{Binder, Compare, Expr, Kind, LocalId, Package};
use holdpoint_vm::window::{NextChange, Openness, PreparedWindow, Zones};

use crate::compute::{
    arithmetic, call, constant, count, extreme, in_zone, matches, negative, nought, number_of, sum,
};
use crate::value::Value;

/// What names of elements and arguments stand for.
pub type Env = BTreeMap<LocalId, Value>;

/// Everything that an evaluation may look at.
pub struct Facts<'p> {
    /// The package.
    pub package: &'p Package,
    /// The request.
    pub request: Value,
    /// The signals, in the order of their declaration.
    pub signals: Vec<Value>,
    /// The windows, ready to be asked.
    pub windows: Vec<Option<PreparedWindow>>,
    /// The instant of the decision.
    pub now: i64,
    /// The named values that were needed so far, each evaluated once.
    pub lets: RefCell<BTreeMap<usize, Value>>,
    /// Whether anything that was evaluated was a fault.
    pub faulted: Cell<bool>,
}

impl<'p> Facts<'p> {
    /// The facts at an instant.
    pub fn new(package: &'p Package, request: Value, signals: Vec<Value>, now: i64) -> Self {
        let zones = Zones::bundled();
        let prepared = package.windows.iter().map(|(window, _)| PreparedWindow::new(&zones, window).ok());
        Self {
            package,
            request,
            signals,
            windows: prepared.collect(),
            now,
            lets: RefCell::default(),
            faulted: Cell::default(),
        }
    }

    /// The same facts at another instant.
    pub fn at(&self, now: i64) -> Self {
        let (request, signals, windows) = (self.request.clone(), self.signals.clone(), self.windows.clone());
        Self {
            package: self.package,
            request,
            signals,
            windows,
            now,
            lets: RefCell::default(),
            faulted: Cell::default(),
        }
    }

    /// The value of an expression where one is needed.
    pub fn needed(&self, e: &Expr, env: &Env) -> Value {
        self.eval(e, env).needed()
    }

    /// The value of an expression.
    pub fn eval(&self, e: &Expr, env: &Env) -> Value {
        let value = self.value(e, env);
        if value == Value::Fault {
            self.faulted.set(true);
        }
        value
    }

    fn end(&self, list: &Expr, last: bool, env: &Env) -> Value {
        match self.needed(list, env) {
            Value::List(list) => {
                let end = if last { list.last() } else { list.first() };
                end.cloned().unwrap_or(Value::Unknown)
            }
            absent => absent,
        }
    }

    fn value(&self, e: &Expr, env: &Env) -> Value {
        match &*e.kind {
            Kind::Error => Value::Unknown,
            Kind::Const(value) | Kind::Param(_, value) => constant(value),
            Kind::Now => Value::Int(self.now),
            Kind::Request => self.request.clone(),
            Kind::Signal(id) => self.signals.get(*id).cloned().unwrap_or(Value::Unknown),
            Kind::Let(id) => self.named(*id),
            Kind::Local(id) => env.get(id).cloned().unwrap_or(Value::Unknown),
            Kind::Member(base, index) => match self.eval(base, env) {
                Value::Record(members) => members.get(*index).cloned().unwrap_or(Value::Unknown),
                absent => absent,
            },
            Kind::List(list) => self.list(list, env),
            Kind::Not(inner) => self.needed(inner, env).negated(),
            Kind::Neg(inner) => negative(&self.needed(inner, env)),
            Kind::And(a, b) => self.needed(a, env).and(|| self.needed(b, env)),
            Kind::Or(a, b) => self.needed(a, env).or(|| self.needed(b, env)),
            Kind::Compare(compare, a, b) => self.compare(*compare, a, b, env),
            Kind::In(value, list) => self.within(value, list, env),
            Kind::IsNone(inner) => match self.eval(inner, env) {
                absent @ (Value::Unknown | Value::Fault) => absent,
                value => Value::Bool(value == Value::None),
            },
            Kind::Else(a, b) => match self.eval(a, env) {
                Value::None => self.eval(b, env),
                value => value,
            },
            Kind::If(cond, yes, no) => match self.needed(cond, env) {
                Value::Bool(true) => self.eval(yes, env),
                Value::Bool(false) => self.eval(no, env),
                absent => absent,
            },
            Kind::Match(on, arms) => self.choose(on, arms, env),
            Kind::Arith(arith, a, b) => arithmetic(*arith, &self.needed(a, env), &self.needed(b, env)),
            Kind::Quantifier(quantifier, binder) => self.quantifier(*quantifier, binder, env),
            Kind::Fold(fold, value, binder) => self.fold(*fold, value, binder, env),
            Kind::Call(id, args) => {
                let Some(function) = self.package.fns.get(*id) else { return Value::Unknown };
                let args = args.iter().map(|arg| self.eval(arg, env));
                let bound: Env = function.params.iter().copied().zip(args).collect();
                self.eval(&function.body, &bound)
            }
            Kind::Builtin(builtin, args) => {
                let args: Vec<Value> = args.iter().map(|arg| self.needed(arg, env)).collect();
                call(*builtin, &args)
            }
            _ => self.property(e, env),
        }
    }

    /// Parts and properties of values.
    fn property(&self, e: &Expr, env: &Env) -> Value {
        match &*e.kind {
            Kind::End(list, last) => self.end(list, *last, env),
            Kind::VersionPart(part, version) => match self.needed(version, env) {
                Value::Version(text) => number_of(*part, &text),
                absent => absent,
            },
            Kind::InZone(part, at, zone) => match self.needed(at, env) {
                Value::Int(at) => in_zone(*part, at, zone),
                absent => absent,
            },
            Kind::Matches(text, pattern) => match self.needed(text, env) {
                Value::Text(text) => matches(&text, pattern),
                absent => absent,
            },
            Kind::Lookup(map, key) => self.entry(map, key, env).unwrap_or_else(|absent| absent),
            Kind::HasKey(key, map) => match self.entry(map, key, env) {
                Ok(value) => Value::Bool(value != Value::None),
                Err(absent) => absent,
            },
            Kind::Size(list) => match self.eval(list, env) {
                Value::List(list) => count(list.len()),
                Value::Map(entries) => count(entries.len()),
                absent => absent,
            },
            Kind::InWindow(at, window) => match self.needed(at, env) {
                Value::Int(at) => self.in_window(*window, at),
                absent => absent,
            },
            Kind::NextOpen(window, at) => match self.needed(at, env) {
                Value::Int(at) => self.next_open(*window, at),
                absent => absent,
            },
            // `value` has seen to everything else.
            _ => Value::Unknown,
        }
    }

    /// The value of an entry, none where the map has no such key; an error where map or key is not known.
    fn entry(&self, map: &Expr, key: &Expr, env: &Env) -> Result<Value, Value> {
        match (self.needed(map, env), self.needed(key, env)) {
            (Value::Map(entries), Value::Text(key)) => {
                let found = entries.into_iter().find(|(name, _)| *name == key);
                Ok(found.map_or(Value::None, |(_, value)| value))
            }
            (map, key) => Err(Value::worst([&map, &key])),
        }
    }

    /// A named value is a value of its own, whoever asks for it.
    fn named(&self, id: usize) -> Value {
        if let Some(value) = self.lets.borrow().get(&id) {
            return value.clone();
        }
        let Some(binding) = self.package.lets.get(id) else { return Value::Unknown };
        let value = self.eval(&binding.value, &Env::new());
        self.lets.borrow_mut().insert(id, value.clone());
        value
    }

    fn list(&self, list: &[Expr], env: &Env) -> Value {
        let values: Vec<Value> = list.iter().map(|e| self.needed(e, env)).collect();
        if values.iter().all(Value::is_known) { Value::List(values) } else { Value::worst(&values) }
    }

    fn compare(&self, compare: Compare, a: &Expr, b: &Expr, env: &Env) -> Value {
        match compare {
            Compare::Eq => return self.eval(a, env).equals(&self.eval(b, env)),
            Compare::Ne => return self.eval(a, env).equals(&self.eval(b, env)).negated(),
            _ => {}
        }
        let (a, b) = (self.needed(a, env), self.needed(b, env));
        let Some(order) = a.order(&b) else { return Value::worst([&a, &b]) };
        Value::Bool(match compare {
            Compare::Lt => order.is_lt(),
            Compare::Le => order.is_le(),
            Compare::Gt => order.is_gt(),
            _ => order.is_ge(),
        })
    }

    /// Whether a value equals one of a list: the disjunction of the equalities.
    fn within(&self, value: &Expr, list: &Expr, env: &Env) -> Value {
        let value = self.eval(value, env);
        let members = match &*list.kind {
            // Members that are written out are compared one by one, and none is one of them where it is written.
            Kind::List(list) => list.iter().map(|e| self.eval(e, env)).collect(),
            _ => match self.needed(list, env) {
                Value::List(members) => members,
                absent => return Value::worst([&value, &absent]),
            },
        };
        if value == Value::Fault {
            return value;
        }
        members.iter().fold(Value::Bool(false), |found, member| found.or(|| value.equals(member)))
    }

    fn in_window(&self, window: usize, at: i64) -> Value {
        let Some(Some(window)) = self.windows.get(window) else { return Value::Unknown };
        match window.is_open(&self.package.calendars, at) {
            Openness::Open => Value::Bool(true),
            Openness::Closed => Value::Bool(false),
            Openness::Unknown(_) => Value::Unknown,
        }
    }

    /// The earliest instant at which a window is open.
    pub fn next_open(&self, window: usize, at: i64) -> Value {
        let Some(Some(window)) = self.windows.get(window) else { return Value::Unknown };
        match window.next_open(&self.package.calendars, at) {
            NextChange::At(at) => Value::Int(at),
            NextChange::Never | NextChange::Unknown(_) => Value::Unknown,
        }
    }

    fn choose(&self, on: &Expr, arms: &[(Vec<usize>, Expr)], env: &Env) -> Value {
        let member = match self.needed(on, env) {
            Value::Int(member) => usize::try_from(member).unwrap_or(usize::MAX),
            absent => return absent,
        };
        let arm = arms.iter().find(|(members, _)| members.contains(&member));
        arm.map_or(Value::Unknown, |(_, value)| self.eval(value, env))
    }

    /// The elements of a binder, each with whether it passes the filter.
    pub fn elements(&self, binder: &Binder, env: &Env) -> Result<Vec<(Env, Value)>, Value> {
        let list = match self.needed(&binder.list, env) {
            Value::List(list) => list,
            absent => return Err(absent),
        };
        let bind = |element: Value| {
            let mut inner = env.clone();
            inner.insert(binder.local, element);
            let passes = binder.filter.as_ref().map_or(Value::Bool(true), |f| self.needed(f, &inner));
            (inner, passes)
        };
        Ok(list.into_iter().map(bind).collect())
    }

    fn quantifier(&self, quantifier: Quantifier, binder: &Binder, env: &Env) -> Value {
        let holds = match self.elements(binder, env) {
            Ok(elements) => elements.into_iter().map(|(_, holds)| holds),
            Err(absent) => return absent,
        };
        match quantifier {
            Quantifier::Any => holds.fold(Value::Bool(false), |any, holds| any.or(|| holds)),
            Quantifier::No => holds.fold(Value::Bool(false), |any, holds| any.or(|| holds)).negated(),
            Quantifier::Every { .. } => holds.fold(Value::Bool(true), |all, holds| all.and(|| holds)),
            Quantifier::Count => {
                let holds: Vec<Value> = holds.collect();
                if !holds.iter().all(Value::is_known) {
                    return Value::worst(&holds);
                }
                count(holds.iter().filter(|holds| **holds == Value::Bool(true)).count())
            }
        }
    }

    fn fold(&self, fold: Fold, value: &Expr, binder: &Binder, env: &Env) -> Value {
        let elements = match self.elements(binder, env) {
            Ok(elements) => elements,
            Err(absent) => return absent,
        };
        // Whether an element counts must be known, and so must its value.
        let items = elements.into_iter().filter(|(_, passes)| *passes != Value::Bool(false));
        let items = items.map(|(inner, passes)| match (passes, self.needed(value, &inner)) {
            (Value::Bool(_), value) => value,
            (passes, value) => Value::worst([&passes, &value]),
        });
        let items: Vec<Value> = items.collect();
        if fold == Fold::Sum {
            return items.iter().fold(nought(&value.ty), |total, item| sum(&total, item));
        }
        if !items.iter().all(Value::is_known) {
            return Value::worst(&items);
        }
        let mut distinct: Vec<Value> = Vec::new();
        items.into_iter().for_each(|item| {
            if !distinct.contains(&item) {
                distinct.push(item);
            }
        });
        match fold {
            Fold::Min => extreme(distinct, Ordering::Less),
            Fold::Max => extreme(distinct, Ordering::Greater),
            _ => Value::List(distinct),
        }
    }
}
