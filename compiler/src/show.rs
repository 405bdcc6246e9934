//! Expressions as reasons name them: the source's own words in one canonical spelling.

use holdpoint_isa::literal::{
    format_date_of, format_duration, format_instant, format_money, format_percent, format_points, format_size,
};
use holdpoint_isa::program::Const;
use holdpoint_lang::ast::{Fold, Quantifier};
use holdpoint_lang::hir::{Binder, Expr, Kind, Package, Type};
use holdpoint_lang::ops::Arith;

/// An expression in words.
pub(crate) fn show(package: &Package, e: &Expr) -> String {
    match &*e.kind {
        Kind::Error => "?".to_owned(),
        Kind::Const(value) => constant(package, value, &e.ty),
        Kind::Param(name, _) => name.clone(),
        Kind::Now => "now".to_owned(),
        Kind::Request => "the request".to_owned(),
        Kind::Signal(id) => package.signals.get(*id).map(|signal| signal.name.clone()).unwrap_or_default(),
        Kind::Let(id) => package.lets.get(*id).map(|binding| binding.name.clone()).unwrap_or_default(),
        Kind::Local(id) => package.locals.get(id.0).map(|local| local.name.clone()).unwrap_or_default(),
        Kind::Member(base, index) => member(package, base, *index),
        Kind::Size(list) => format!("{}.size", show(package, list)),
        Kind::VersionPart(part, version) => format!("{}.{}", atom(package, version), part.word()),
        Kind::End(list, last) => {
            format!("{}.{}", atom(package, list), if *last { "last" } else { "first" })
        }
        Kind::List(list) => format!("[{}]", join(package, list)),
        Kind::Not(inner) => match &*inner.kind {
            Kind::IsNone(value) => format!("{} is not none", show(package, value)),
            _ => format!("not {}", atom(package, inner)),
        },
        Kind::Neg(inner) => format!("-{}", atom(package, inner)),
        Kind::And(a, b) => format!("{} and {}", atom(package, a), atom(package, b)),
        Kind::Or(a, b) => format!("{} or {}", atom(package, a), atom(package, b)),
        Kind::Compare(compare, a, b) => {
            format!("{} {} {}", atom(package, a), compare.word(), atom(package, b))
        }
        Kind::In(value, list) => format!("{} in {}", atom(package, value), show(package, list)),
        Kind::InWindow(at, window) => format!("{} in {}", atom(package, at), window_name(package, *window)),
        Kind::NextOpen(window, at) => {
            format!("next_open({}, {})", window_name(package, *window), show(package, at))
        }
        Kind::Lookup(map, key) => format!("{}[{}]", atom(package, map), show(package, key)),
        Kind::HasKey(key, map) => format!("{} in {}", atom(package, key), atom(package, map)),
        Kind::Matches(text, pattern) => format!("matches({}, {pattern:?})", show(package, text)),
        Kind::InZone(part, at, zone) => format!("{}({}, {zone:?})", part.word(), show(package, at)),
        Kind::IsNone(inner) => format!("{} is none", atom(package, inner)),
        Kind::Else(a, b) => format!("{} else {}", atom(package, a), atom(package, b)),
        Kind::If(c, a, b) => {
            format!("if {} then {} else {}", show(package, c), show(package, a), show(package, b))
        }
        Kind::Match(on, _) => format!("match {}", show(package, on)),
        Kind::Arith(arith, a, b) => format!("{} {} {}", atom(package, a), sign(*arith), atom(package, b)),
        Kind::Quantifier(quantifier, binder) => quantified(package, *quantifier, binder),
        Kind::Fold(fold, value, binder) => {
            format!("{} {} for {}", fold_word(*fold), show(package, value), binding(package, binder, "where"))
        }
        Kind::Call(id, args) => {
            let name = package.fns.get(*id).map(|function| function.name.as_str()).unwrap_or_default();
            format!("{name}({})", join(package, args))
        }
        Kind::Builtin(builtin, args) => format!("{}({})", builtin.info().word, join(package, args)),
    }
}

/// An operand: in parentheses where it would read wrongly without.
fn atom(package: &Package, e: &Expr) -> String {
    let text = show(package, e);
    let loose = matches!(
        &*e.kind,
        Kind::And(..)
            | Kind::Or(..)
            | Kind::If(..)
            | Kind::Quantifier(..)
            | Kind::Fold(..)
            | Kind::Arith(..)
            | Kind::Else(..)
    );
    if loose { format!("({text})") } else { text }
}

fn member(package: &Package, base: &Expr, index: usize) -> String {
    let Type::Record(record) = base.ty.required() else { return String::new() };
    let field = package.records.get(*record).and_then(|def| def.fields.get(index));
    let name = field.map(|field| field.name.as_str()).unwrap_or_default();
    match &*base.kind {
        Kind::Request => name.to_owned(),
        _ => format!("{}.{name}", show(package, base)),
    }
}

/// A constant in its canonical spelling.
pub(crate) fn constant(package: &Package, value: &Const, ty: &Type) -> String {
    match (value, ty.required()) {
        (Const::None, _) => "none".to_owned(),
        (Const::Bool(value), _) => value.to_string(),
        (Const::Version(text), _) => text.clone(),
        (Const::Str(text), _) => format!("{text:?}"),
        (Const::Int(value), Type::Duration) => format_duration(*value),
        (Const::Int(value), Type::Instant) => format_instant(*value),
        (Const::Int(value), Type::Size) => format_size(*value),
        (Const::Int(value), Type::Date) => format_date_of(*value),
        (Const::Int(index), Type::Enum(id)) => {
            let members = package.enums.get(*id).map(|def| def.members.as_slice()).unwrap_or_default();
            let member = usize::try_from(*index).ok().and_then(|index| members.get(index));
            member.cloned().unwrap_or_default()
        }
        (Const::Int(value), _) => value.to_string(),
        (Const::Dec(value), Type::Percent) => format_percent(*value),
        (Const::Dec(value), Type::Points) => format_points(*value),
        (Const::Dec(value), Type::Money(currency)) => format_money(*value, *currency),
        (Const::Dec(value), _) => value.to_string(),
    }
}

/// The name of a window.
pub(crate) fn window_name(package: &Package, window: usize) -> &str {
    package.windows.get(window).map(|(window, _)| window.name.as_str()).unwrap_or_default()
}

fn join(package: &Package, list: &[Expr]) -> String {
    list.iter().map(|e| show(package, e)).collect::<Vec<_>>().join(", ")
}

fn binding(package: &Package, binder: &Binder, word: &str) -> String {
    let name = package.locals.get(binder.local.0).map(|local| local.name.as_str()).unwrap_or_default();
    let list = show(package, &binder.list);
    match &binder.filter {
        Some(filter) => format!("{name} in {list} {word} {}", show(package, filter)),
        None => format!("{name} in {list}"),
    }
}

fn quantified(package: &Package, quantifier: Quantifier, binder: &Binder) -> String {
    match quantifier {
        Quantifier::Any => format!("any {}", binding(package, binder, "where")),
        Quantifier::No => format!("no {}", binding(package, binder, "where")),
        Quantifier::Every { .. } => format!("every {}", binding(package, binder, "satisfies")),
        Quantifier::Count => format!("count {}", binding(package, binder, "where")),
    }
}

const fn fold_word(fold: Fold) -> &'static str {
    match fold {
        Fold::Sum => "sum",
        Fold::Min => "min",
        Fold::Max => "max",
        Fold::Distinct => "distinct",
    }
}

const fn sign(arith: Arith) -> &'static str {
    match arith {
        Arith::AddInt | Arith::AddDec | Arith::DateDays | Arith::DaysDate => "+",
        Arith::SubInt | Arith::SubDec | Arith::DateLessDays | Arith::DaysBetween => "-",
        Arith::DivDec | Arith::DivInt | Arith::DivDecInt => "/",
        _ => "*",
    }
}
