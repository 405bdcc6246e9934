//! Operators: which types each takes and what it gives, as one table (rule `type.operators`).
//!
//! A row is one overload; the compiler lowers by its last column. Precedence stands in the grammar, and a test of the
//! grammar compares it with [`PRECEDENCE`].

use crate::ast::BinaryOp;
use crate::hir::Type;

/// What an overload computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arith {
    /// Sum of integers.
    AddInt,
    /// Difference of integers.
    SubInt,
    /// Product of integers.
    MulInt,
    /// Sum of decimals.
    AddDec,
    /// Difference of decimals.
    SubDec,
    /// Product of decimals.
    MulDec,
    /// Quotient of decimals.
    DivDec,
    /// Quotient of integers, as decimals.
    DivInt,
    /// Quotient of a decimal and an integer.
    DivDecInt,
    /// Product of a decimal and an integer.
    MulDecInt,
    /// Product of an integer and a decimal.
    MulIntDec,
    /// So many percent of a decimal.
    PercentOf,
    /// So many percent of an integer, as a decimal.
    IntPercentOf,
    /// An integer, so many percent of which as a decimal.
    PercentOfInt,
    /// A count of nanoseconds or bytes, of which so many percent.
    CountPercent,
    /// So many percent of such a count.
    PercentCount,
    /// Such a count times a decimal.
    CountDec,
    /// A decimal times such a count.
    DecCount,
    /// A date so many whole days later.
    DateDays,
    /// So many whole days after a date.
    DaysDate,
    /// A date so many whole days earlier.
    DateLessDays,
    /// From one date to another.
    DaysBetween,
}

/// A type in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// `int`
    Int,
    /// `decimal`
    Decimal,
    /// `percent`
    Percent,
    /// `points`
    Points,
    /// `duration`
    Duration,
    /// `instant`
    Instant,
    /// `date`
    Date,
    /// `size`
    Size,
    /// `money` of a currency, the same wherever it stands in a row
    Money,
}

impl Operand {
    /// Whether a type is the one meant.
    fn is(self, ty: &Type) -> bool {
        self.ty(ty) == *ty
    }

    /// The type; where it is money, that of the currency of `other`.
    pub fn ty(self, other: &Type) -> Type {
        match self {
            Self::Money => match other {
                Type::Money(currency) => Type::Money(*currency),
                _ => Type::Error,
            },
            Self::Int => Type::Int,
            Self::Decimal => Type::Decimal,
            Self::Percent => Type::Percent,
            Self::Points => Type::Points,
            Self::Duration => Type::Duration,
            Self::Instant => Type::Instant,
            Self::Date => Type::Date,
            Self::Size => Type::Size,
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Overload {
    /// The operator.
    pub op: BinaryOp,
    /// Type of the left operand.
    pub lhs: Operand,
    /// Type of the right operand.
    pub rhs: Operand,
    /// Type of the result.
    pub result: Operand,
    /// What is computed.
    pub arith: Arith,
}

macro_rules! overloads {
    ($( $op:ident ($lhs:ident, $rhs:ident) -> $result:ident => $arith:ident; )+) => {
        /// All overloads of the arithmetic operators.
        pub const OVERLOADS: &[Overload] = &[ $( Overload {
            op: BinaryOp::$op, lhs: Operand::$lhs, rhs: Operand::$rhs, result: Operand::$result, arith: Arith::$arith,
        }, )+ ];
    };
}

overloads! {
    Add (Int, Int) -> Int => AddInt;
    Sub (Int, Int) -> Int => SubInt;
    Mul (Int, Int) -> Int => MulInt;
    Div (Int, Int) -> Decimal => DivInt;
    Add (Decimal, Decimal) -> Decimal => AddDec;
    Sub (Decimal, Decimal) -> Decimal => SubDec;
    Mul (Decimal, Decimal) -> Decimal => MulDec;
    Div (Decimal, Decimal) -> Decimal => DivDec;
    Add (Percent, Points) -> Percent => AddDec;
    Add (Points, Percent) -> Percent => AddDec;
    Sub (Percent, Points) -> Percent => SubDec;
    Sub (Percent, Percent) -> Points => SubDec;
    Add (Points, Points) -> Points => AddDec;
    Sub (Points, Points) -> Points => SubDec;
    Mul (Percent, Percent) -> Percent => PercentOf;
    Mul (Points, Percent) -> Points => PercentOf;
    Mul (Percent, Points) -> Points => PercentOf;
    Mul (Decimal, Percent) -> Decimal => PercentOf;
    Mul (Percent, Decimal) -> Decimal => PercentOf;
    Mul (Int, Percent) -> Decimal => IntPercentOf;
    Mul (Percent, Int) -> Decimal => PercentOfInt;
    Mul (Points, Int) -> Points => MulDecInt;
    Mul (Int, Points) -> Points => MulIntDec;
    Div (Percent, Percent) -> Decimal => DivDec;
    Div (Percent, Int) -> Percent => DivDecInt;
    Div (Points, Int) -> Points => DivDecInt;
    Add (Duration, Duration) -> Duration => AddInt;
    Sub (Duration, Duration) -> Duration => SubInt;
    Mul (Duration, Int) -> Duration => MulInt;
    Mul (Int, Duration) -> Duration => MulInt;
    Mul (Duration, Percent) -> Duration => CountPercent;
    Mul (Percent, Duration) -> Duration => PercentCount;
    Mul (Duration, Decimal) -> Duration => CountDec;
    Mul (Decimal, Duration) -> Duration => DecCount;
    Div (Duration, Duration) -> Decimal => DivInt;
    Add (Instant, Duration) -> Instant => AddInt;
    Add (Duration, Instant) -> Instant => AddInt;
    Sub (Instant, Duration) -> Instant => SubInt;
    Sub (Instant, Instant) -> Duration => SubInt;
    Add (Date, Duration) -> Date => DateDays;
    Add (Duration, Date) -> Date => DaysDate;
    Sub (Date, Duration) -> Date => DateLessDays;
    Sub (Date, Date) -> Duration => DaysBetween;
    Add (Size, Size) -> Size => AddInt;
    Sub (Size, Size) -> Size => SubInt;
    Mul (Size, Int) -> Size => MulInt;
    Mul (Int, Size) -> Size => MulInt;
    Mul (Size, Percent) -> Size => CountPercent;
    Mul (Percent, Size) -> Size => PercentCount;
    Mul (Size, Decimal) -> Size => CountDec;
    Mul (Decimal, Size) -> Size => DecCount;
    Div (Size, Size) -> Decimal => DivInt;
    Add (Money, Money) -> Money => AddDec;
    Sub (Money, Money) -> Money => SubDec;
    Mul (Money, Int) -> Money => MulDecInt;
    Mul (Int, Money) -> Money => MulIntDec;
    Mul (Money, Decimal) -> Money => MulDec;
    Mul (Decimal, Money) -> Money => MulDec;
    Mul (Money, Percent) -> Money => PercentOf;
    Mul (Percent, Money) -> Money => PercentOf;
    Div (Money, Int) -> Money => DivDecInt;
    Div (Money, Money) -> Decimal => DivDec;
}

/// How strongly operators bind, the weakest first.
pub const PRECEDENCE: &[&[BinaryOp]] = &[
    &[BinaryOp::Or],
    &[BinaryOp::And],
    &[
        BinaryOp::Eq,
        BinaryOp::Ne,
        BinaryOp::Lt,
        BinaryOp::Le,
        BinaryOp::Gt,
        BinaryOp::Ge,
        BinaryOp::In,
        BinaryOp::NotIn,
    ],
    &[BinaryOp::Add, BinaryOp::Sub],
    &[BinaryOp::Mul, BinaryOp::Div],
];

/// The overload for two types and the type of its result, if there is one.
pub fn overload(op: BinaryOp, lhs: &Type, rhs: &Type) -> Option<(&'static Overload, Type)> {
    let one_currency = match (lhs, rhs) {
        (Type::Money(a), Type::Money(b)) => a == b,
        _ => true,
    };
    let fits = |row: &&Overload| one_currency && row.op == op && row.lhs.is(lhs) && row.rhs.is(rhs);
    let money = if matches!(lhs, Type::Money(_)) { lhs } else { rhs };
    OVERLOADS.iter().find(fits).map(|row| (row, row.result.ty(money)))
}

/// The right operands that an operator takes behind a left one.
pub fn right_operands(op: BinaryOp, lhs: &Type) -> Vec<Type> {
    let rows = OVERLOADS.iter().filter(|row| row.op == op && row.lhs.is(lhs));
    rows.map(|row| row.rhs.ty(lhs)).filter(|ty| !ty.is_error()).collect()
}

#[cfg(test)]
mod tests {
    use super::{BinaryOp, OVERLOADS, PRECEDENCE};
    use crate::ast::{Expr, ExprKind, Item};
    use crate::span::FileId;

    #[test]
    fn no_two_rows_share_operator_and_operands() {
        for (index, row) in OVERLOADS.iter().enumerate() {
            let twin = OVERLOADS
                .iter()
                .skip(index + 1)
                .find(|o| o.op == row.op && o.lhs == row.lhs && o.rhs == row.rhs);
            assert!(twin.is_none(), "{row:?}");
        }
    }

    fn level(op: BinaryOp) -> usize {
        PRECEDENCE.iter().position(|level| level.contains(&op)).unwrap()
    }

    /// `a op1 b op2 c` groups as the table says, for every pair.
    #[test]
    fn the_grammar_binds_as_the_table_says() {
        let all: Vec<BinaryOp> = PRECEDENCE.iter().flat_map(|level| level.iter().copied()).collect();
        for first in &all {
            for second in &all {
                let text = format!("let x = a {} b {} c", first.word(), second.word());
                let (file, _) = crate::parse(FileId(0), &text);
                let Some(Item::Let(binding)) = file.items.first() else { panic!("{text}") };
                let Expr { kind, .. } = &binding.value;
                let ExprKind::Binary(top, left, _) = &**kind else { panic!("{text}: {kind:?}") };
                let left_first = matches!(&*left.kind, ExprKind::Binary(..));
                assert_eq!(left_first, level(*first) >= level(*second), "{text}");
                assert_eq!(*top, if left_first { *second } else { *first }, "{text}");
            }
        }
    }
}
