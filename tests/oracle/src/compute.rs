//! Arithmetic, builtins and parts of values: functions of values alone.

use std::cmp::Ordering;

use holdpoint_isa::literal::{self, Step};
use holdpoint_isa::program::Const;
use holdpoint_isa::{Builtin, Dec};
use holdpoint_lang::hir::{Type, VersionPart, ZonePart};
use holdpoint_lang::ops::Arith;
use holdpoint_vm::window::{PreparedZone, Zones};

use crate::value::Value;

pub(crate) fn constant(value: &Const) -> Value {
    match value {
        Const::None => Value::None,
        Const::Bool(value) => Value::Bool(*value),
        Const::Int(value) => Value::Int(*value),
        Const::Dec(value) => Value::Dec(*value),
        Const::Str(text) => Value::Text(text.clone()),
        Const::Version(text) => Value::Version(text.clone()),
    }
}

pub(crate) fn count(len: usize) -> Value {
    i64::try_from(len).map_or(Value::Fault, Value::Int)
}

pub(crate) fn int(value: Option<i64>) -> Value {
    value.map_or(Value::Fault, Value::Int)
}

pub(crate) fn dec(value: Option<Dec>) -> Value {
    value.map_or(Value::Fault, Value::Dec)
}

pub(crate) fn negative(value: &Value) -> Value {
    match value {
        Value::Int(value) => int(value.checked_neg()),
        Value::Dec(value) => dec(value.checked_neg()),
        absent => Value::worst([absent]),
    }
}

/// The sum of nothing.
pub(crate) fn nought(ty: &Type) -> Value {
    match ty.required() {
        Type::Int | Type::Duration | Type::Size => Value::Int(0),
        _ => Value::Dec(Dec::ZERO),
    }
}

pub(crate) fn sum(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => int(a.checked_add(*b)),
        (Value::Dec(a), Value::Dec(b)) => dec(a.checked_add(*b)),
        _ => Value::worst([a, b]),
    }
}

pub(crate) fn difference(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => int(a.checked_sub(*b)),
        (Value::Dec(a), Value::Dec(b)) => dec(a.checked_sub(*b)),
        _ => Value::worst([a, b]),
    }
}

/// The least or the greatest of known values.
pub(crate) fn extreme(values: Vec<Value>, wanted: Ordering) -> Value {
    let beats = |a: &Value, b: &Value| a.order(b) == Some(wanted);
    values
        .into_iter()
        .reduce(|best, next| if beats(&next, &best) { next } else { best })
        .unwrap_or(Value::Unknown)
}

/// Arithmetic by the algebra of the types.
pub(crate) fn arithmetic(arith: Arith, a: &Value, b: &Value) -> Value {
    let decimal = |value: &Value| match value {
        Value::Int(value) => Some(Dec::from_int(*value)),
        Value::Dec(value) => Some(*value),
        _ => None,
    };
    let (Some(x), Some(y)) = (decimal(a), decimal(b)) else { return Value::worst([a, b]) };
    match (arith, a, b) {
        (Arith::AddInt | Arith::AddDec, ..) => sum(a, b),
        (Arith::SubInt | Arith::SubDec, ..) => difference(a, b),
        (Arith::DateDays, Value::Int(date), Value::Int(by)) => moved(*date, Some(*by)),
        (Arith::DaysDate, Value::Int(by), Value::Int(date)) => moved(*date, Some(*by)),
        (Arith::DateLessDays, Value::Int(date), Value::Int(by)) => moved(*date, by.checked_neg()),
        (Arith::DaysBetween, Value::Int(a), Value::Int(b)) => {
            int(a.checked_sub(*b).and_then(|days| days.checked_mul(DAY)))
        }
        (Arith::MulInt, Value::Int(a), Value::Int(b)) => int(a.checked_mul(*b)),
        (Arith::CountPercent, Value::Int(a), _) => int(y.percent_of_int(*a)),
        (Arith::PercentCount, _, Value::Int(b)) => int(x.percent_of_int(*b)),
        (Arith::CountDec, Value::Int(a), _) => int(y.scale_int(*a)),
        (Arith::DecCount, _, Value::Int(b)) => int(x.scale_int(*b)),
        (Arith::MulDec | Arith::MulDecInt | Arith::MulIntDec, ..) => dec(x.checked_mul(y)),
        (Arith::PercentOf | Arith::IntPercentOf | Arith::PercentOfInt, ..) => dec(x.checked_percent_of(y)),
        // A division by what may be nought is not known where it is.
        (Arith::DivDec | Arith::DivInt | Arith::DivDecInt, ..) if y == Dec::ZERO => Value::Unknown,
        (Arith::DivDec | Arith::DivInt | Arith::DivDecInt, ..) => dec(x.checked_div(y)),
        _ => Value::Unknown,
    }
}

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

/// A date moved by whole days; anything else is a fault, and so is a date that no calendar has.
pub(crate) fn moved(date: i64, by: Option<i64>) -> Value {
    let days = by.filter(|by| by.checked_rem(DAY) == Some(0)).and_then(|by| by.checked_div(DAY));
    let moved = days.and_then(|days| date.checked_add(days)).and_then(literal::date_of_days);
    moved.map_or(Value::Fault, |date| Value::Int(date.0.into()))
}

/// A number of a version.
pub(crate) fn number_of(part: VersionPart, text: &str) -> Value {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let number = core.split('.').nth(match part {
        VersionPart::Major => 0,
        VersionPart::Minor => 1,
        VersionPart::Patch => 2,
    });
    int(number.and_then(|number| number.parse().ok()))
}

pub(crate) fn in_zone(part: ZonePart, at: i64, zone: &str) -> Value {
    let Ok(zone) = PreparedZone::new(&Zones::bundled(), zone) else { return Value::Unknown };
    Value::Int(match part {
        ZonePart::Date => zone.date(at),
        ZonePart::Weekday => zone.weekday(at),
    })
}

/// Whether a text matches a glob: every way through the steps is tried.
pub(crate) fn matches(text: &str, pattern: &str) -> Value {
    fn from(steps: &[Step], at: usize, rest: &str) -> bool {
        let mut chars = rest.chars();
        let taken = |fits: &dyn Fn(char) -> bool, mut chars: std::str::Chars<'_>| {
            chars.next().is_some_and(fits) && from(steps, at.saturating_add(1), chars.as_str())
        };
        match steps.get(at) {
            None => false,
            Some(Step::End) => chars.next().is_none(),
            Some(Step::Char(wanted)) => taken(&|c| c == *wanted, chars),
            Some(Step::Any) => taken(&|c| c != '/', chars),
            Some(Step::All) => taken(&|_| true, chars),
            Some(Step::Class { negated, ranges }) => {
                let within = |c: char| ranges.iter().any(|(first, last)| *first <= c && c <= *last);
                taken(&|c| c != '/' && within(c) != *negated, chars)
            }
            Some(Step::Split(one, other)) => {
                from(steps, usize::from(*one), rest) || from(steps, usize::from(*other), rest)
            }
            Some(Step::Jump(to)) => from(steps, usize::from(*to), rest),
        }
    }
    literal::glob(pattern).map_or(Value::Unknown, |glob| Value::Bool(from(&glob.steps, 0, text)))
}

/// Whether no element comes before the one in front of it, and none stands twice where that is asked for.
pub(crate) fn ascending(list: &[Value], strict: bool) -> Value {
    let mut pairs = list.iter().zip(list.iter().skip(1));
    Value::Bool(pairs.all(|(a, b)| match a.order(b) {
        Some(order) => order.is_lt() || (order.is_eq() && !strict),
        None => false,
    }))
}

pub(crate) fn call(builtin: Builtin, args: &[Value]) -> Value {
    if !args.iter().all(Value::is_known) {
        return Value::worst(args);
    }
    match (builtin, args) {
        (Builtin::StartsWith, [Value::Text(a), Value::Text(b)]) => Value::Bool(a.starts_with(b.as_str())),
        (Builtin::EndsWith, [Value::Text(a), Value::Text(b)]) => Value::Bool(a.ends_with(b.as_str())),
        (Builtin::Contains, [Value::Text(a), Value::Text(b)]) => Value::Bool(a.contains(b.as_str())),
        (Builtin::Complement, [Value::Dec(a)]) => dec(Dec::HUNDRED.checked_sub(*a)),
        (Builtin::Ratio, [Value::Int(_), Value::Int(0)]) => Value::Unknown,
        (Builtin::Ratio, [Value::Int(a), Value::Int(b)]) => {
            let part = Dec::from_int(*a).checked_mul(Dec::HUNDRED);
            dec(part.and_then(|part| part.checked_div(Dec::from_int(*b))))
        }
        (Builtin::Ascending, [Value::List(list)]) => ascending(list, false),
        (Builtin::StrictlyAscending, [Value::List(list)]) => ascending(list, true),
        (Builtin::AbsDuration, [Value::Int(a)]) => int(a.checked_abs()),
        _ => Value::Unknown,
    }
}
