//! Expressions as written.

use holdpoint_isa::Dec;

use super::{Arg, Binder, Ident, Path};
use crate::span::Span;

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: Box<ExprKind>,
    /// Where it stands.
    pub span: Span,
    /// How many expressions nest in it; bounded, so that every pass may recurse.
    pub depth: u32,
}

impl Expr {
    /// An expression with its depth.
    pub fn new(kind: ExprKind, span: Span) -> Self {
        let depth = kind.depth().saturating_add(1);
        Self { kind: Box::new(kind), span, depth }
    }
}

impl ExprKind {
    /// The depth of the deepest expression within.
    fn depth(&self) -> u32 {
        let binder = |b: &Binder| b.list.depth.max(b.filter.as_ref().map_or(0, |e| e.depth));
        let deepest = |depths: &mut dyn Iterator<Item = u32>| depths.max().unwrap_or(0);
        match self {
            Self::Missing | Self::Literal(_) | Self::Name(_) => 0,
            Self::Field(e, _) | Self::Paren(e) | Self::Unary(_, e) | Self::IsNone(e, _) => e.depth,
            Self::Call(_, args) => deepest(&mut args.iter().map(|arg| arg.value.depth)),
            Self::List(list) => deepest(&mut list.iter().map(|e| e.depth)),
            Self::Binary(_, a, b) | Self::Else(a, b) | Self::Index(a, b) => a.depth.max(b.depth),
            Self::If(a, b, c) => a.depth.max(b.depth).max(c.depth),
            Self::Match(e, arms) => e.depth.max(deepest(&mut arms.iter().map(|arm| arm.value.depth))),
            Self::Quantifier(_, b) => binder(b),
            Self::Fold(_, e, b) => e.depth.max(binder(b)),
        }
    }
}

/// What an expression is.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// What could not be read; reported already.
    Missing,
    /// A literal.
    Literal(Literal),
    /// A name.
    Name(String),
    /// `e.name`; the name is empty where it is missing.
    Field(Expr, Ident),
    /// `m[key]`
    Index(Expr, Expr),
    /// `f(…)`
    Call(Path, Vec<Arg>),
    /// `[…]`
    List(Vec<Expr>),
    /// `(e)`
    Paren(Expr),
    /// `not e`, `-e`
    Unary(UnaryOp, Expr),
    /// `a + b`
    Binary(BinaryOp, Expr, Expr),
    /// `e is none`, or `is not none` where the flag is set.
    IsNone(Expr, bool),
    /// `a else b`
    Else(Expr, Expr),
    /// `if a then b else c`
    If(Expr, Expr, Expr),
    /// `match e { … }`
    Match(Expr, Vec<Arm>),
    /// `any x in xs where P` and its like.
    Quantifier(Quantifier, Binder),
    /// `sum E for x in xs where P` and its like.
    Fold(Fold, Expr, Binder),
}

/// An arm of a `match`.
#[derive(Debug, Clone)]
pub struct Arm {
    /// The members.
    pub members: Vec<Ident>,
    /// The value.
    pub value: Expr,
}

/// A literal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Literal {
    /// `none`
    None,
    /// `true`, `false`
    Bool(bool),
    /// `42`
    Int(i64),
    /// `1.5`
    Decimal(Dec),
    /// `80%`
    Percent(Dec),
    /// `0.1pp`
    Points(Dec),
    /// `15m`
    Duration(i64),
    /// `512MB`
    Size(i64),
    /// `v1.2.3`, without its `v`
    Version(String),
    /// `EUR 500`: the currency as it is written, its place, and the amount
    Money(Ident, Dec),
    /// `2026-12-18`
    Date(i32),
    /// `09:00`
    Time(u16),
    /// `2026-11-20T15:30Z`
    Instant(i64),
    /// `"…"`
    Text(String),
}

/// An operator before its operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Neg,
}

/// An operator between operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `in`
    In,
    /// `not in`
    NotIn,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
}

impl BinaryOp {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
        }
    }

    /// Whether it compares.
    pub const fn is_comparison(self) -> bool {
        !matches!(self, Self::Or | Self::And | Self::Add | Self::Sub | Self::Mul | Self::Div)
    }
}

/// A quantifier over a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantifier {
    /// Whether the condition holds for at least one element.
    Any,
    /// Whether it holds for none.
    No,
    /// Whether it holds for each; the flag is set where an empty list is said to be fine.
    Every {
        /// `or empty`
        or_empty: bool,
    },
    /// For how many it holds.
    Count,
}

/// A fold over a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    /// The sum.
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// Each value once.
    Distinct,
}
