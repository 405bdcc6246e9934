//! Words about types and expressions.

use crate::diag::{Code, Diagnostic};
use crate::span::Span;

/// A value of another type than asked for.
pub fn mismatch(span: Span, expected: &str, found: &str) -> Diagnostic {
    Diagnostic::new(Code::TypeMismatch, span, format!("expected {expected}, found {found}"))
        .label(format!("this is {found}"))
}

/// A value that may be none where one is needed.
pub fn may_be_none(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::new(Code::TypeMismatch, span, format!("expected {ty}, and this may be none"))
        .label("may be none")
        .help("say what stands in for none with `else`, as in `x else 0`")
}

/// Two operands that do not compare.
pub fn not_comparable(span: Span, lhs: (Span, &str), rhs: (Span, &str)) -> Diagnostic {
    Diagnostic::new(Code::TypeMismatch, span, format!("{} and {} do not compare", lhs.1, rhs.1))
        .label("cannot be compared")
        .also(lhs.0, format!("this is {}", lhs.1))
        .also(rhs.0, format!("this is {}", rhs.1))
}

/// A type whose values have no order.
pub fn no_order(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::new(Code::NoOperator, span, format!("values of type {ty} have no order"))
        .label("cannot be ordered")
        .help("compare them with `==`, or declare an enum `ordered`")
}

/// An operator without an overload for its operands.
pub fn no_operator(
    span: Span,
    op: &str,
    lhs: (Span, &str),
    rhs: (Span, &str),
    takes: &[String],
) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(Code::NoOperator, span, format!("`{op}` is not defined for {} and {}", lhs.1, rhs.1))
            .label(format!("no `{op}` for these"))
            .also(lhs.0, format!("this is {}", lhs.1))
            .also(rhs.0, format!("this is {}", rhs.1));
    match takes {
        [] => diagnostic,
        list => diagnostic.note(format!("behind {}, `{op}` takes {}", lhs.1, list.join(", "))),
    }
}

/// `2% + 0.5%`: two readings.
pub fn percent_sum(span: Span, lhs: &str, rhs: &str, op: &str) -> Diagnostic {
    let number = rhs.trim_end_matches('%');
    Diagnostic::new(Code::PercentSum, span, format!("`{lhs} {op} {rhs}` has two readings"))
        .label("two readings")
        .note(format!("`{lhs} {op} {number}pp` moves it by percentage points"))
        .note(format!("`{lhs} * {}` makes it that much larger or smaller", relative(number, op)))
        .help("write points with `pp`, or a product with `%`")
}

/// The factor that `+ n%` stands for, where `n` is a plain number.
fn relative(number: &str, op: &str) -> String {
    let sum = holdpoint_isa::literal::decimal(number).ok().and_then(|value| {
        let hundred = holdpoint_isa::Dec::HUNDRED;
        if op == "-" { hundred.checked_sub(value) } else { hundred.checked_add(value) }
    });
    sum.map_or_else(|| "(100% …)".to_owned(), |sum| format!("{sum}%"))
}

/// A name before a number that is no currency.
pub fn no_currency(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnknownType, span, format!("`{name}` is no currency"))
        .help("write its three capital letters before the amount, as in `EUR 499.90`")
}

/// A date that is moved by a part of a day.
pub fn not_whole_days(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::NotWholeDays,
        span,
        "a date moves by whole days, and this duration is not whole days",
    )
    .label("not whole days")
    .help("write it in days, such as `3d`, or compute with instants")
}

/// Something other than a list where one is needed.
pub fn not_a_list(span: Span, found: &str) -> Diagnostic {
    Diagnostic::new(Code::NotAList, span, format!("expected a list, found {found}")).label("no list")
}

/// A record's name where a value is needed.
pub fn type_as_value(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::UnknownName, span, format!("`{name}` is a type, and no value"))
        .label("a type")
        .help("name a value of this type, such as a member of the request")
}

/// A wrong number of arguments.
pub fn argument_count(span: Span, name: &str, expected: usize, found: usize) -> Diagnostic {
    let plural = if expected == 1 { "" } else { "s" };
    Diagnostic::new(
        Code::Arguments,
        span,
        format!("`{name}` takes {expected} argument{plural}, found {found}"),
    )
    .label(format!("{found} given"))
}

/// An argument with a name where none is taken.
pub fn named_argument(span: Span, name: &str) -> Diagnostic {
    Diagnostic::new(Code::Arguments, span, format!("`{name}` takes its arguments by position"))
        .label("has a name")
        .help("remove the name")
}

/// An argument of a signal that is neither a member of the request nor a constant.
pub fn signal_argument(span: Span) -> Diagnostic {
    Diagnostic::new(Code::Arguments, span, "a signal's argument is a member of the request or a constant")
        .label("is computed")
}

/// A `match` that leaves members out.
pub fn not_exhaustive(span: Span, missing: &[&str]) -> Diagnostic {
    let list: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
    Diagnostic::new(Code::NotExhaustive, span, format!("this `match` leaves out {}", list.join(", ")))
        .label("leaves members out")
        .help("add an arm for each, such as `member: value`")
}

/// A `match` over something that is no enum.
pub fn match_needs_enum(span: Span, found: &str) -> Diagnostic {
    Diagnostic::new(Code::TypeMismatch, span, format!("`match` takes a member of an enum, found {found}"))
        .label("no enum")
}

/// A member or value named twice.
pub fn repeated_member(span: Span, name: &str, first: Span) -> Diagnostic {
    Diagnostic::new(Code::RepeatedMember, span, format!("`{name}` is named twice"))
        .label("named again")
        .also(first, "named here first")
}

/// A value whose type cannot be told.
pub fn needs_context(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(Code::NeedsContext, span, format!("the type of {what} is not known here"))
        .label("of which type?")
}

/// `every` without `or empty`.
pub fn empty_every(span: Span) -> Diagnostic {
    Diagnostic::new(
        Code::EmptyEvery,
        span,
        "`every` holds for an empty list, and it is not said that this is meant",
    )
    .label("holds for an empty list")
    .fix("say so with `or empty`, or ask for an element with `any`", span.after(), " or empty")
}

/// A limit that is exceeded; `what` is in the plural.
pub fn limit(span: Span, what: &str, max: u64, found: u64) -> Diagnostic {
    Diagnostic::new(Code::LimitExceeded, span, format!("{what} are at most {max}, found {found}"))
        .label("too many")
}

/// A number that is too small or too large.
pub fn out_of_range(span: Span, what: &str, min: u64, max: u64) -> Diagnostic {
    Diagnostic::new(Code::LimitExceeded, span, format!("{what} is from {min} to {max}")).label("out of range")
}

/// A definition that needs itself.
pub fn recursive(span: Span, what: &str, name: &str) -> Diagnostic {
    Diagnostic::new(Code::Recursive, span, format!("the {what} `{name}` needs itself"))
        .label("needs itself")
        .help("nothing in a policy may need itself, so that each decision ends")
}

/// A type with arguments that it does not take.
pub fn type_arguments(span: Span, name: &str, takes: &str) -> Diagnostic {
    Diagnostic::new(Code::UnknownType, span, format!("`{name}` is written {takes}"))
        .label("not written like this")
}

/// A record or list where it cannot be.
pub fn not_allowed_here(span: Span, ty: &str, place: &str) -> Diagnostic {
    Diagnostic::new(Code::TypeMismatch, span, format!("{ty} cannot be {place}")).label(format!("not {place}"))
}

/// `as number of` a unit that does not fit.
pub fn bad_reading(span: Span, ty: &str, units: &[&str]) -> Diagnostic {
    let diagnostic =
        Diagnostic::new(Code::BadReading, span, format!("this unit does not fit {ty}")).label("does not fit");
    match units {
        [] => diagnostic.help(
            "remove it: only percentages, points, durations and sizes are read as numbers of something",
        ),
        list => diagnostic.help(format!("write one of {}", list.join(", "))),
    }
}

/// A value that is not constant.
pub fn not_constant(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(Code::NotConstant, span, format!("{what} is a constant, and this is computed"))
        .label("is computed")
        .help("write a literal; a computed value is a `let`")
}

/// A value that cannot stand in a text.
pub fn not_shown(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::new(Code::NotShown, span, format!("{ty} cannot be written in a text"))
        .label("cannot be shown")
        .help("name one of its members")
}

/// `is none` or `else` for a value that is never none.
pub fn never_none(span: Span, ty: &str) -> Diagnostic {
    Diagnostic::new(Code::NotOptional, span, format!("a value of type {ty} is never none"))
        .label("never none")
        .note("a value that was not sent or not answered is unknown, which nothing tests for")
}

/// Adds the unit that a bare number lacks: `insert` stands behind it.
pub fn lacks_unit(diagnostic: Diagnostic, insert: Span, number: &str, unit: Unit) -> Diagnostic {
    match unit {
        Unit::Percent => diagnostic.fix(format!("write `{number}%`"), insert, "%"),
        Unit::Points => diagnostic.fix(format!("write percentage points, `{number}pp`"), insert, "pp"),
        Unit::Duration => diagnostic.help(format!("write a unit, such as `{number}m`")),
        Unit::Size => diagnostic.help(format!("write a unit, such as `{number}MB`")),
    }
}

/// Adds how a fraction is written as a percentage; no edit, because either may be meant.
pub fn fraction(diagnostic: Diagnostic, number: &str, hundredfold: &str) -> Diagnostic {
    diagnostic
        .help(format!("write `{hundredfold}%` for a fraction of {number}, or `{number}%` if that is meant"))
}

/// What a bare number may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// `%`
    Percent,
    /// `pp`
    Points,
    /// A unit of time.
    Duration,
    /// A unit of size.
    Size,
}

/// A size as other languages ask for it, by a member or function of another name.
pub fn size_is_member(span: Span, name: &str, replaced: Span) -> Diagnostic {
    Diagnostic::new(Code::UnknownMember, span, format!("a list has no `{name}`")).label("no such member").fix(
        "write `size`, without parentheses",
        replaced,
        "size",
    )
}
