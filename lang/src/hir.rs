//! The typed tree: names resolved, types known, sugar gone. It is what the compiler lowers and what an independent
//! interpreter walks.

mod show;

use holdpoint_isa::Dec;
use std::collections::BTreeSet;

use holdpoint_isa::builtins::Builtin;
use holdpoint_isa::literal::Currency;
use holdpoint_isa::program::{Const, Effect, Provenance};
use holdpoint_isa::types::Reading;
use holdpoint_isa::verdict::Verdict;
use holdpoint_isa::window::{Calendar, Window};

use crate::ast::Outcome;
use crate::ops::Arith;
use crate::span::Span;

/// A package that was checked, with what it uses of the library.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its layer, counted from the top one; policies of the layers above are linked with its own.
    pub layer: usize,
    /// Enums.
    pub enums: Vec<Enum>,
    /// Records.
    pub records: Vec<Record>,
    /// The record that a request is.
    pub request: Option<usize>,
    /// Signals.
    pub signals: Vec<Signal>,
    /// Windows, with the place of each.
    pub windows: Vec<(Window, Span)>,
    /// Calendars.
    pub calendars: Vec<Calendar>,
    /// Groups: name and source.
    pub groups: Vec<(String, String)>,
    /// What the library declares of these and nothing uses; it is no part of the module.
    pub spare: Spare,
    /// Named values; each needs only those before it.
    pub lets: Vec<Let>,
    /// Functions; none needs itself.
    pub fns: Vec<Fn>,
    /// How many names for elements and arguments there are.
    pub locals: Vec<Local>,
    /// Policies.
    pub policies: Vec<Policy>,
    /// Scores.
    pub scores: Vec<Score>,
    /// Rollouts.
    pub rollouts: Vec<Rollout>,
    /// The signal that tells how far a rollout has come; nothing in a package without rollouts.
    pub progress: Option<usize>,
    /// Tests.
    pub tests: Vec<Test>,
}

/// Declarations of the library that nothing uses, by index.
#[derive(Debug, Clone, Default)]
pub struct Spare {
    /// Signals.
    pub signals: BTreeSet<usize>,
    /// Windows.
    pub windows: BTreeSet<usize>,
    /// Groups.
    pub groups: BTreeSet<usize>,
}

/// The index that something gets where those before it that are spare are left out.
pub fn index_without(spare: &BTreeSet<usize>, index: usize) -> usize {
    index.saturating_sub(spare.range(..index).count())
}

/// A score.
#[derive(Debug, Clone)]
pub struct Score {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its layer, counted from the top one.
    pub layer: usize,
    /// When it is counted.
    pub guard: Option<Expr>,
    /// Weight in percent and value of each factor.
    pub factors: Vec<(i64, Expr)>,
    /// From the highest down: from which score on it holds, and what it says; the last one holds from nought on.
    pub bands: Vec<Band>,
    /// Where its name stands.
    pub span: Span,
}

/// A band of a score.
#[derive(Debug, Clone)]
pub struct Band {
    /// From which score on.
    pub at: holdpoint_isa::Dec,
    /// What it says.
    pub verdict: Verdict,
    /// Whom an escalation asks.
    pub escalate: Option<Escalate>,
    /// All of it.
    pub span: Span,
}

/// A rollout.
#[derive(Debug, Clone)]
pub struct Rollout {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Which requests take it.
    pub head: Option<Expr>,
    /// What is watched in every stage.
    pub rules: Vec<Rule>,
    /// Its steps, then its verifications.
    pub stages: Vec<Stage>,
    /// How long a stage may be held for other reasons than its time, in nanoseconds.
    pub hold: i64,
    /// Who is asked about a stage that is held longer; nobody where it goes back.
    pub escalate: Option<Escalate>,
    /// Where its name stands.
    pub span: Span,
}

/// A stage of a rollout.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its name; a step has none.
    pub name: Option<String>,
    /// Its title.
    pub title: String,
    /// The part of the traffic, in percent.
    pub traffic: Dec,
    /// How long it lasts at least, in nanoseconds.
    pub lasts: i64,
    /// What is watched in it alone.
    pub rules: Vec<Rule>,
}

/// An enum.
#[derive(Debug, Clone)]
pub struct Enum {
    /// Its name.
    pub name: String,
    /// Its members.
    pub members: Vec<String>,
    /// Whether they compare.
    pub ordered: bool,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Where each member is declared; empty for an enum that every package has.
    pub places: Vec<Span>,
}

/// A record.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its name.
    pub name: String,
    /// Its members.
    pub fields: Vec<Field>,
    /// Its documentation.
    pub docs: Vec<String>,
}

/// A member of a record.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// What a bare number means.
    pub reading: Reading,
    /// On whose word it rests; only members of the request differ in it.
    pub provenance: Provenance,
    /// Its name in JSON.
    pub wire: String,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Where its name stands; nowhere for one that every package has.
    pub span: Option<Span>,
}

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Of something wrong, reported already; fits everything.
    Error,
    /// Of `none` alone.
    None,
    /// Truth values.
    Bool,
    /// 64-bit integers.
    Int,
    /// Exact decimals.
    Decimal,
    /// Percentages.
    Percent,
    /// Percentage points.
    Points,
    /// Lengths of time.
    Duration,
    /// Points in time.
    Instant,
    /// Calendar dates.
    Date,
    /// Numbers of bytes.
    Size,
    /// Semantic versions.
    Version,
    /// Amounts of one currency.
    Money(Currency),
    /// Text of at most so many bytes.
    Str(u32),
    /// Persons and services.
    Principal,
    /// An enum.
    Enum(usize),
    /// A record.
    Record(usize),
    /// A list of at most so many elements.
    List(Box<Type>, u32),
    /// A map with keys of at most so many bytes, to values of a type, with at most so many entries.
    Map(u32, Box<Type>, u32),
    /// A value or `none`.
    Optional(Box<Type>),
}

impl Type {
    /// The type without its `?`.
    pub fn required(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner,
            other => other,
        }
    }

    /// The type with a `?`.
    #[must_use]
    pub fn optional(self) -> Self {
        match self {
            Self::Optional(_) | Self::None | Self::Error => self,
            other => Self::Optional(Box::new(other)),
        }
    }

    /// Whether it is the type of something reported already.
    pub fn is_error(&self) -> bool {
        matches!(self.required(), Self::Error)
    }

    /// Whether both are the same kind of thing, sizes and `?` aside.
    pub fn same(&self, other: &Self) -> bool {
        match (self.required(), other.required()) {
            (Self::Error | Self::None, _) | (_, Self::Error | Self::None) | (Self::Str(_), Self::Str(_)) => {
                true
            }
            (Self::List(a, _), Self::List(b, _)) | (Self::Map(_, a, _), Self::Map(_, b, _)) => a.same(b),
            (a, b) => a == b,
        }
    }

    /// Whether a value of type `found` may stand where this type is asked for.
    pub fn accepts(&self, found: &Self) -> bool {
        let optional = matches!(self, Self::Optional(_) | Self::Error);
        let may_be_none = matches!(found, Self::Optional(_) | Self::None);
        self.same(found) && (optional || !may_be_none)
    }

    /// Whether its values are held as numbers and have an order.
    pub fn is_numeric(&self) -> bool {
        matches!(
            self.required(),
            Self::Int
                | Self::Decimal
                | Self::Percent
                | Self::Points
                | Self::Duration
                | Self::Instant
                | Self::Date
                | Self::Size
                | Self::Money(_)
        )
    }

    /// Whether it is a single value rather than a list or a record.
    pub fn is_scalar(&self) -> bool {
        !matches!(self.required(), Self::List(..) | Self::Record(_) | Self::Map(..))
    }
}

/// A fact that the server gathers.
#[derive(Debug, Clone)]
pub struct Signal {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// What a bare number means.
    pub reading: Reading,
    /// Its source.
    pub source: String,
    /// Arguments for the source: a member of the request or a constant.
    pub args: Vec<(Option<String>, Expr)>,
}

/// A named value.
#[derive(Debug, Clone)]
pub struct Let {
    /// Its name.
    pub name: String,
    /// What it is.
    pub value: Expr,
}

/// A function.
#[derive(Debug, Clone)]
pub struct Fn {
    /// Its name.
    pub name: String,
    /// Its parameters.
    pub params: Vec<LocalId>,
    /// Its body.
    pub body: Expr,
}

/// A name for an element or an argument.
#[derive(Debug, Clone)]
pub struct Local {
    /// The name.
    pub name: String,
    /// Its type.
    pub ty: Type,
}

/// Index of a local.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalId(pub usize);

/// A policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Whether it is only recorded.
    pub trial: bool,
    /// When it governs.
    pub head: Option<Expr>,
    /// Whether it says `allow`.
    pub allow: bool,
    /// Its layer, counted from the top one, whose policies alone govern.
    pub layer: usize,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// Its waivers.
    pub waivers: Vec<Waiver>,
    /// Where its name stands.
    pub span: Span,
}

impl Policy {
    /// Whether a request that only it governs is allowed.
    pub fn governs(&self) -> bool {
        self.layer == 0 && (self.allow || self.rules.iter().any(|rule| !rule.trial))
    }
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Its control.
    pub control: Option<String>,
    /// Whether a waiver may name it.
    pub waivable: bool,
    /// Whether it is only recorded.
    pub trial: bool,
    /// When it applies.
    pub guard: Option<Expr>,
    /// Its statements.
    pub statements: Vec<Statement>,
    /// Where its name stands.
    pub span: Span,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What it says.
    pub effect: Effect,
    /// What it says where its condition is unknown.
    pub on_unknown: Effect,
    /// The elements that it looks at one by one.
    pub for_each: Option<Binder>,
    /// It objects when this holds,
    pub when: Option<Expr>,
    /// unless this does.
    pub unless: Option<Expr>,
    /// What of these its reason tells; all of them where nothing is set.
    pub told: Option<Expr>,
    /// When a delay ends.
    pub until: Option<Until>,
    /// Whom an escalation asks.
    pub escalate: Option<Escalate>,
    /// Its reason.
    pub because: Option<Text>,
    /// How to mend it.
    pub fix: Option<Text>,
    /// All of it.
    pub span: Span,
}

/// When a delay ends.
#[derive(Debug, Clone)]
pub enum Until {
    /// So long after the decision.
    For(Expr),
    /// At an instant.
    At(Expr),
    /// When a window opens.
    Open(usize),
}

/// Whom an escalation asks.
#[derive(Debug, Clone, Copy)]
pub struct Escalate {
    /// The group.
    pub group: usize,
    /// How many of its members.
    pub needs: u32,
    /// How long it stands, in nanoseconds.
    pub expires: Option<i64>,
}

/// A text with values.
#[derive(Debug, Clone)]
pub struct Text {
    /// Its parts.
    pub parts: Vec<TextPart>,
}

/// A part of a text.
#[derive(Debug, Clone)]
pub enum TextPart {
    /// Words.
    Words(String),
    /// A value.
    Value(Expr),
}

/// A waiver.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// When it applies.
    pub when: Expr,
    /// Indices of the rules of its policy that it waives.
    pub rules: Vec<usize>,
    /// What it obliges to.
    pub obligations: Vec<Obligation>,
    /// Where its name stands.
    pub span: Span,
}

/// An obligation.
#[derive(Debug, Clone)]
pub struct Obligation {
    /// Its name.
    pub name: String,
    /// What is to be done.
    pub text: Text,
    /// Within how long, in nanoseconds.
    pub within: i64,
    /// Counted from the finish of the deployment rather than from the decision.
    pub of_finish: bool,
}

/// A test.
#[derive(Debug, Clone)]
pub struct Test {
    /// What it shows.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    /// The request as JSON.
    pub request: serde_json::Value,
    /// The signals as JSON.
    pub signals: serde_json::Value,
    /// The instant of the decision, in nanoseconds.
    pub now: i64,
    /// What is to come of it.
    pub expects: Vec<Expect>,
}

/// What a test expects.
#[derive(Debug, Clone)]
pub struct Expect {
    /// What.
    pub outcome: Outcome,
    /// When a delay, or a stage's time, ends.
    pub until: Option<i64>,
    /// Exactly the rules that object with this verdict, or warn; any where empty.
    pub by: Vec<String>,
    /// All of it.
    pub span: Span,
}

/// `x in xs where P`
#[derive(Debug, Clone)]
pub struct Binder {
    /// The element.
    pub local: LocalId,
    /// The list.
    pub list: Expr,
    /// Which elements.
    pub filter: Option<Expr>,
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: Box<Kind>,
    /// Its type.
    pub ty: Type,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Something wrong, reported already.
    Error,
    /// A constant; a duration, an instant and a member of an enum are integers.
    Const(Const),
    /// A parameter, by name, and its value.
    Param(String, Const),
    /// The instant of the decision.
    Now,
    /// The request.
    Request,
    /// A signal.
    Signal(usize),
    /// A named value.
    Let(usize),
    /// An element or an argument.
    Local(LocalId),
    /// A member of a record, by index; of an optional record, none where that is none.
    Member(Expr, usize),
    /// The number of elements.
    Size(Expr),
    /// A number of a version.
    VersionPart(VersionPart, Expr),
    /// The first element of a list, or its last one where the flag is set.
    End(Expr, bool),
    /// A list of values.
    List(Vec<Expr>),
    /// `not`
    Not(Expr),
    /// The opposite number.
    Neg(Expr),
    /// `and`
    And(Expr, Expr),
    /// `or`
    Or(Expr, Expr),
    /// A comparison.
    Compare(Compare, Expr, Expr),
    /// Whether a list has a value.
    In(Expr, Expr),
    /// Whether a window is open at an instant.
    InWindow(Expr, usize),
    /// The earliest instant from one on at which a window is open.
    NextOpen(usize, Expr),
    /// What the clocks of a time zone show at an instant.
    InZone(ZonePart, Expr, String),
    /// The value of a map's entry.
    Lookup(Expr, Expr),
    /// Whether a map, the second, has a key.
    HasKey(Expr, Expr),
    /// Whether a text matches a glob.
    Matches(Expr, String),
    /// `is none`
    IsNone(Expr),
    /// `a else b`
    Else(Expr, Expr),
    /// `if a then b else c`
    If(Expr, Expr, Expr),
    /// `match`: each arm has the indices of its members.
    Match(Expr, Vec<(Vec<usize>, Expr)>),
    /// Arithmetic.
    Arith(Arith, Expr, Expr),
    /// A quantifier.
    Quantifier(crate::ast::Quantifier, Binder),
    /// A fold.
    Fold(crate::ast::Fold, Expr, Binder),
    /// A function.
    Call(usize, Vec<Expr>),
    /// A builtin.
    Builtin(Builtin, Vec<Expr>),
}

/// A number of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionPart {
    /// The first.
    Major,
    /// The second.
    Minor,
    /// The third.
    Patch,
}

impl VersionPart {
    /// All of them, with the member that gives each.
    pub const WORDS: [(&'static str, Self); 3] =
        [("major", Self::Major), ("minor", Self::Minor), ("patch", Self::Patch)];

    /// The member that gives it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
        }
    }
}

/// What is read off the clocks of a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZonePart {
    /// The date.
    Date,
    /// The day of the week, a member of `Weekday`.
    Weekday,
}

impl ZonePart {
    /// The function that gives it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Date => "date_in",
            Self::Weekday => "weekday_in",
        }
    }
}

/// A comparison; greater is less with its operands swapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
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
}

impl Compare {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}
