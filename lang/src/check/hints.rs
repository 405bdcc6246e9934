//! What was probably meant: units that bare numbers lack, and sizes as other languages ask for them.

use holdpoint_isa::Dec;
use holdpoint_isa::program::Const;

use crate::ast;
use crate::diag::messages::Unit;
use crate::diag::{Diagnostic, messages};
use crate::hir::{Expr, Kind, Type};
use crate::span::Span;

/// Adds the unit that a bare number lacks to be of one of some types.
pub(super) fn unit(diagnostic: Diagnostic, e: &Expr, wanted: &[Type]) -> Diagnostic {
    let number = match (&*e.kind, &e.ty) {
        (Kind::Const(Const::Int(value)), Type::Int) => value.to_string(),
        (Kind::Const(Const::Dec(value)), Type::Decimal) => value.to_string(),
        _ => return diagnostic,
    };
    let units = [
        (Type::Points, Unit::Points),
        (Type::Percent, Unit::Percent),
        (Type::Duration, Unit::Duration),
        (Type::Size, Unit::Size),
    ];
    if let (Kind::Const(Const::Dec(value)), Type::Decimal) = (&*e.kind, &e.ty)
        && value.clamp(&Dec::ZERO, &Dec::from_int(1)) == value
        && wanted.iter().any(|wanted| matches!(wanted.required(), Type::Percent | Type::Points))
    {
        // `0.8` may be meant as a fraction, and as 0.8% it would ask for a hundredth of that.
        let hundredfold = value.checked_mul(Dec::HUNDRED).unwrap_or(*value);
        return messages::fraction(diagnostic, &number, &hundredfold.to_string());
    }
    let found = units.into_iter().find(|(ty, _)| wanted.iter().any(|wanted| wanted.required() == ty));
    match found {
        // A duration is written in whole units.
        Some((_, Unit::Duration)) if e.ty == Type::Decimal => diagnostic,
        Some((_, unit)) => messages::lacks_unit(diagnostic, e.span.after(), &number, unit),
        None => diagnostic,
    }
}

/// Whether a name is what other languages call the size of a list.
pub(super) fn is_size(name: &str) -> bool {
    matches!(name, "length" | "len" | "count" | "size")
}

/// `xs.size()`, where a call of something else may be meant otherwise.
pub(super) fn size(path: &ast::Path, args: &[ast::Arg], span: Span) -> Option<Diagnostic> {
    let last = path.parts.last()?;
    let replaced = Span { start: last.span.start, ..span };
    let called = format!("{}()", last.name);
    (args.is_empty() && is_size(&last.name)).then(|| messages::size_is_member(last.span, &called, replaced))
}
