//! The tree of the source as written: names unresolved, types unchecked, every node with its place.

mod expr;
mod rollout;

use holdpoint_isa::verdict::{Judgement, Verdict};

use crate::span::Span;
pub use expr::{Arm, BinaryOp, Expr, ExprKind, Fold, Literal, Quantifier, UnaryOp};
pub use rollout::{
    HoldDecl, MetricDecl, MetricPart, RolloutDecl, StepDecl, ThenDecl, TriggerDecl, VerificationDecl, Watched,
};

/// A name and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// Names with points between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// The names; never empty.
    pub parts: Vec<Ident>,
    /// From the first to the last.
    pub span: Span,
}

impl Path {
    /// As it is written.
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| part.name.as_str()).collect::<Vec<_>>().join(".")
    }
}

/// A file.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// Its declarations.
    pub items: Vec<Item>,
}

/// A declaration.
#[derive(Debug, Clone)]
pub enum Item {
    /// `use std.deployment`
    Use(Path),
    /// `include std.pol_007 { … }`
    Include(IncludeDecl),
    /// `record R { … }`
    Record(Record),
    /// `enum E { … }`
    Enum(EnumDecl),
    /// `request { … }`
    Request(Record),
    /// `window w in "Zone" { … }`
    Window(WindowDecl),
    /// `calendar c valid … { … }`
    Calendar(CalendarDecl),
    /// `group g = directory("…")`
    Group(GroupDecl),
    /// `signal s: T = source(…)`
    Signal(SignalDecl),
    /// `fn f(x: T) -> T = …`
    Fn(FnDecl),
    /// `let x = …`
    Let(LetDecl),
    /// `param p: T = …`
    Param(ParamDecl),
    /// `policy p { … }`
    Policy(PolicyDecl),
    /// `score s for deploy { … }`
    Score(ScoreDecl),
    /// `rollout r { … }`
    Rollout(RolloutDecl),
    /// `fixture f …`
    Fixture(FixtureDecl),
    /// `test "…" { … }`
    Test(TestDecl),
    /// What could not be read, with the name that it declares.
    Error(Option<Broken>),
}

/// A declaration that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its name.
    pub name: Ident,
    /// Whether it declares a type.
    pub is_type: bool,
}

/// `include`
#[derive(Debug, Clone)]
pub struct IncludeDecl {
    /// The module whose policies are taken over.
    pub module: Path,
    /// The name that its policy has here.
    pub alias: Option<Ident>,
    /// Values of parameters.
    pub params: Option<Data>,
}

/// `record` or `request`.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its name; `request` has the keyword's place.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Its members.
    pub fields: Vec<FieldDecl>,
    /// Whether some of them could not be read.
    pub partial: bool,
}

/// A member of a record.
#[derive(Debug, Clone)]
pub struct FieldDecl {
    /// Its name.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Its type.
    pub ty: TypeExpr,
    /// `as number of UNIT`.
    pub reading: Option<Ident>,
    /// `as claimed`, `as verified`, `as gathered` or `as attested`.
    pub provenance: Option<Ident>,
    /// `as "name-in-json"`.
    pub wire: Option<Ident>,
}

/// A type as written.
#[derive(Debug, Clone)]
pub struct TypeExpr {
    /// `bool`, `list`, `Approval`, …
    pub name: Ident,
    /// What stands between `<` and `>`.
    pub args: Vec<TypeArg>,
    /// Whether `?` follows.
    pub optional: bool,
    /// All of it.
    pub span: Span,
}

/// What may stand between the angle brackets of a type.
#[derive(Debug, Clone)]
pub enum TypeArg {
    /// A type.
    Type(TypeExpr),
    /// `max N`
    Max(i64, Span),
}

/// `enum`
#[derive(Debug, Clone)]
pub struct EnumDecl {
    /// Its name.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Whether its members compare.
    pub ordered: bool,
    /// Its members.
    pub members: Vec<Ident>,
}

/// `window`
#[derive(Debug, Clone)]
pub struct WindowDecl {
    /// Its name.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Its zone, without quotes.
    pub zone: Option<Ident>,
    /// Its ranges.
    pub ranges: Vec<WindowRange>,
    /// The whole declaration.
    pub span: Span,
}

/// A range of a window.
#[derive(Debug, Clone)]
pub struct WindowRange {
    /// `open` rather than `closed`.
    pub open: bool,
    /// On which days.
    pub days: DaySpec,
    /// From and to, in minutes after midnight; the whole day where absent.
    pub times: Option<(u16, u16)>,
    /// All of it.
    pub span: Span,
}

/// Days of a range.
#[derive(Debug, Clone)]
pub enum DaySpec {
    /// Each day.
    Every,
    /// Days of the week, Monday 0, both ends within.
    Weekdays(Vec<(u8, u8)>),
    /// Dates, both within.
    Dates(i32, i32),
    /// Those of a calendar.
    Calendar(Path),
}

/// `calendar`
#[derive(Debug, Clone)]
pub struct CalendarDecl {
    /// Its name, such as `holidays.germany`.
    pub name: Path,
    /// First and last date of which it knows.
    pub valid: (i32, i32),
    /// Its days.
    pub days: Vec<(i32, Span)>,
}

/// `group`
#[derive(Debug, Clone)]
pub struct GroupDecl {
    /// Its name.
    pub name: Ident,
    /// `directory`
    pub source: Path,
    /// The name within the source.
    pub argument: String,
}

/// `signal`
#[derive(Debug, Clone)]
pub struct SignalDecl {
    /// Its name.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Its type.
    pub ty: TypeExpr,
    /// `as number of UNIT`.
    pub reading: Option<Ident>,
    /// Its source.
    pub source: Path,
    /// Arguments for the source.
    pub args: Vec<Arg>,
}

/// An argument.
#[derive(Debug, Clone)]
pub struct Arg {
    /// Its name, where given.
    pub name: Option<Ident>,
    /// Its value.
    pub value: Expr,
}

/// `fn`
#[derive(Debug, Clone)]
pub struct FnDecl {
    /// Its name.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Its parameters.
    pub params: Vec<(Ident, TypeExpr)>,
    /// Its result.
    pub result: TypeExpr,
    /// Its body.
    pub body: Expr,
}

/// `let`
#[derive(Debug, Clone)]
pub struct LetDecl {
    /// Its name.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Its value.
    pub value: Expr,
}

/// `param`
#[derive(Debug, Clone)]
pub struct ParamDecl {
    /// Its name.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Its type.
    pub ty: TypeExpr,
    /// Its value.
    pub value: Expr,
}

/// A verdict word with its place; `None` is `warn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerdictWord {
    /// The verdict.
    pub verdict: Option<Verdict>,
    /// Where it stands.
    pub span: Span,
}

/// `policy`
#[derive(Debug, Clone)]
pub struct PolicyDecl {
    /// Its name.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Its title.
    pub title: String,
    /// Whether it is only recorded.
    pub trial: bool,
    /// When it governs.
    pub head: Option<Expr>,
    /// `on unknown V`
    pub on_unknown: Option<VerdictWord>,
    /// `allow`, with its place.
    pub allow: Option<Span>,
    /// `on the caller's word`, with its place.
    pub on_word: Option<Span>,
    /// Parameters.
    pub params: Vec<ParamDecl>,
    /// Names for values.
    pub lets: Vec<LetDecl>,
    /// Rules.
    pub rules: Vec<RuleDecl>,
    /// Waivers.
    pub waivers: Vec<WaiverDecl>,
    /// What could not be read.
    pub broken: Vec<Broken>,
}

/// `rule`
#[derive(Debug, Clone)]
pub struct RuleDecl {
    /// Its name.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
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
    /// `on unknown V`
    pub on_unknown: Option<VerdictWord>,
    /// Its statements.
    pub statements: Vec<Statement>,
}

/// A statement of a rule.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What it says.
    pub verdict: VerdictWord,
    /// Its clauses as written.
    pub clauses: Vec<Clause>,
    /// All of it.
    pub span: Span,
}

/// A clause of a statement.
#[derive(Debug, Clone)]
pub struct Clause {
    /// What it says.
    pub kind: ClauseKind,
    /// From its keyword to its end.
    pub span: Span,
}

/// What a clause says.
#[derive(Debug, Clone)]
pub enum ClauseKind {
    /// `for D`
    For(Expr),
    /// `until I`
    Until(Expr),
    /// `to GROUP`
    To(Ident),
    /// `needs N`
    Needs(i64),
    /// `expires D`
    Expires(i64),
    /// `for each x in xs where P`
    ForEach(Binder),
    /// `when C`
    When(Expr),
    /// `unless C`
    Unless(Expr),
    /// `because "…"`
    Because(Text),
    /// `fix "…"`
    Fix(Text),
}

/// `x in xs where P`
#[derive(Debug, Clone)]
pub struct Binder {
    /// The name of the element.
    pub var: Ident,
    /// The list.
    pub list: Expr,
    /// Which elements.
    pub filter: Option<Expr>,
}

/// A text with values in it.
#[derive(Debug, Clone)]
pub struct Text {
    /// Words and values in order.
    pub parts: Vec<TextPart>,
    /// The text with its quotes.
    pub span: Span,
}

/// A part of a text.
#[derive(Debug, Clone)]
pub enum TextPart {
    /// Words.
    Words(String),
    /// A value.
    Hole(Expr),
}

/// `waiver`
#[derive(Debug, Clone)]
pub struct WaiverDecl {
    /// Its name.
    pub name: Ident,
    /// Its title.
    pub title: String,
    /// When it applies.
    pub when: Option<Expr>,
    /// The rules that it waives.
    pub waives: Vec<Ident>,
    /// What it obliges to.
    pub obligations: Vec<ObligationDecl>,
    /// `on the caller's word`, with its place.
    pub on_word: Option<Span>,
}

/// `oblige`
#[derive(Debug, Clone)]
pub struct ObligationDecl {
    /// Its name.
    pub name: Ident,
    /// What is to be done.
    pub text: Text,
    /// Within how long, in nanoseconds.
    pub within: i64,
    /// Counted from the finish of the deployment rather than from the decision.
    pub of_finish: bool,
}

/// `score`
#[derive(Debug, Clone)]
pub struct ScoreDecl {
    /// Its name.
    pub name: Ident,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Its title.
    pub title: String,
    /// When it is counted.
    pub guard: Option<Expr>,
    /// What it is made of.
    pub factors: Vec<FactorDecl>,
    /// What comes of it.
    pub bands: Vec<BandDecl>,
}

/// A factor of a score.
#[derive(Debug, Clone)]
pub struct FactorDecl {
    /// Its weight, in hundredths.
    pub weight: i64,
    /// Where the weight stands.
    pub span: Span,
    /// Its value, a percentage.
    pub value: Expr,
}

/// A band of a score.
#[derive(Debug, Clone)]
pub struct BandDecl {
    /// From which score on; nothing for `else`.
    pub at: Option<holdpoint_isa::Dec>,
    /// What it says.
    pub statement: Statement,
}

/// `fixture`
#[derive(Debug, Clone)]
pub struct FixtureDecl {
    /// Its name.
    pub name: Ident,
    /// What it is.
    pub body: Given,
}

/// A request for a test.
#[derive(Debug, Clone)]
pub struct Given {
    /// What it starts from.
    pub base: Base,
    /// What is set on top.
    pub with: Option<Data>,
    /// All of it.
    pub span: Span,
}

/// What a request for a test starts from.
#[derive(Debug, Clone)]
pub enum Base {
    /// Nothing.
    Empty,
    /// A fixture.
    Fixture(Ident),
    /// A JSON file of the package.
    File(Ident),
}

/// Data in braces.
#[derive(Debug, Clone)]
pub struct Data {
    /// Members as written.
    pub members: Vec<(Ident, DataValue)>,
    /// All of it.
    pub span: Span,
}

/// A value in data.
#[derive(Debug, Clone)]
pub enum DataValue {
    /// A literal or the name of an enum's member.
    Expr(Expr),
    /// Members of a record.
    Record(Data),
    /// Elements of a list.
    List(Vec<DataValue>, Span),
    /// `unknown`: as though it had not been sent.
    Unknown(Span),
}

/// `test`
#[derive(Debug, Clone)]
pub struct TestDecl {
    /// What it shows.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    /// The request.
    pub given: Option<Given>,
    /// What is to come of it.
    pub expects: Vec<Expect>,
}

/// `expect`
#[derive(Debug, Clone)]
pub struct Expect {
    /// What.
    pub outcome: Outcome,
    /// `until I`
    pub until: Option<i64>,
    /// `by RULE, …`
    pub by: Vec<Ident>,
    /// All of it.
    pub span: Span,
}

/// What a test can expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A verdict.
    Verdict(Verdict),
    /// A warning.
    Warning,
    /// A judgement of a stage of a rollout.
    Judgement(Judgement),
}

impl Outcome {
    /// As it is written.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Verdict(verdict) => verdict.word(),
            Self::Warning => "warn",
            Self::Judgement(judgement) => judgement.word(),
        }
    }
}
