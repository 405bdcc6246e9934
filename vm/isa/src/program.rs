//! A module: what the compiler makes, the verifier checks and the machine runs (rule `module.format`).
//!
//! A module is complete: request layout, constants, code, texts, windows, calendars and the time zones that they name,
//! so that it means the same wherever and whenever it runs. It holds nothing of comments, layout or place of the source;
//! those travel beside it as a [`SourceMap`].

use serde::{Deserialize, Serialize};

use crate::dec::Dec;
use crate::ops::{Op, Reg};
use crate::types::{Kind, Reading, Scalar};
use crate::verdict::{Judgement, Verdict};
use crate::window::{Calendar, Window, Zone};

/// Version of the module format; a module of another version is refused.
pub const FORMAT_VERSION: u16 = 1;
/// Version of the language's semantics that a module is run under.
pub const SEMANTICS_VERSION: u16 = 1;

/// A whole module. The default has nothing in it, to be filled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Program {
    /// Version of the semantics.
    pub semantics: u16,
    /// Version of the time zone database that `zones` were taken from, such as `2026e`.
    pub tzdb: String,
    /// The time zones that windows and operations name, by name.
    pub zones: Vec<Zone>,
    /// Enums, for reading and writing their members.
    pub enums: Vec<EnumDef>,
    /// Layouts; the first is the root: the members that the caller sends, then the other facts.
    pub layouts: Vec<Layout>,
    /// Facts that the caller does not send, in slots of the root layout behind those that it does.
    pub facts: Vec<Fact>,
    /// Reasons for not knowing, as phrases that `is unknown` may follow: one for each slot of each layout, one for
    /// each calendar from `calendar_cause` on, the [`CommonCause`]s from `common_cause` on, then those that
    /// operations name.
    pub causes: Vec<String>,
    /// Index of the first calendar's cause.
    pub calendar_cause: u16,
    /// Index of the first common cause.
    pub common_cause: u16,
    /// Constants.
    pub constants: Vec<Const>,
    /// Kind of each register.
    pub registers: Vec<Kind>,
    /// All code; blocks are stretches of it.
    #[serde(with = "crate::codec::code")]
    pub code: Vec<Op>,
    /// The code that decides a request.
    pub admission: Block,
    /// The code of each `let`; one may force only those before it.
    pub thunks: Vec<Block>,
    /// Windows.
    pub windows: Vec<Window>,
    /// Calendars.
    pub calendars: Vec<Calendar>,
    /// Groups that escalations name.
    pub groups: Vec<Group>,
    /// Policies.
    pub policies: Vec<Policy>,
    /// Rules.
    pub rules: Vec<Rule>,
    /// Statements of rules.
    pub statements: Vec<Statement>,
    /// Scores.
    pub scores: Vec<Score>,
    /// Waivers.
    pub waivers: Vec<Waiver>,
    /// Rollouts.
    pub rollouts: Vec<Rollout>,
    /// Where a snapshot tells how far a rollout has come; nothing in a module without rollouts.
    pub progress: Option<Progress>,
    /// Texts of reasons and fixes.
    pub texts: Vec<Text>,
    /// Worst-case fuel of `admission`; the verifier recomputes it.
    pub fuel_bound: u64,
}

/// Reasons for not knowing that every module has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum CommonCause {
    /// A division by nought.
    DivisorNought = 0,
    /// The next opening of a window that does not open within the horizon.
    NeverOpens = 1,
    /// A value that nothing set; a verified module run by the machine never shows it.
    Unset = 2,
}

impl CommonCause {
    /// The phrases, in the order of their numbers.
    pub const PHRASES: [&str; 3] = [
        "a quotient with a divisor of nought",
        "the next opening of a window that stays closed",
        "a value never set",
    ];
}

/// A stretch of code that ends with [`Op::End`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Block {
    /// Index of the first operation.
    pub start: u32,
    /// How many operations, `End` among them.
    pub len: u32,
}

/// An enum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumDef {
    /// Its name.
    pub name: String,
    /// Its members; a value is an index into these.
    pub members: Vec<String>,
}

/// How a request or the elements of one list lie in slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// How many slots one instance takes.
    pub slots: u16,
    /// Index of the cause that stands for the first slot; the others follow.
    pub first_cause: u16,
    /// Its members. The layout of a list of scalars has one member, without a name.
    pub fields: Vec<Field>,
}

/// A member of a request, a record or a list's element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name in JSON.
    pub name: String,
    /// Whether it may be `null` or left out.
    pub optional: bool,
    /// What it holds.
    pub node: Node,
}

/// What a member holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Node {
    /// One value in one slot.
    Scalar {
        /// The slot.
        slot: u16,
        /// How it is read.
        scalar: Scalar,
        /// What a bare number means.
        reading: Reading,
    },
    /// The members of a record, in slots of the same layout.
    Record {
        /// For an optional record, the slot that says whether it is there: true, none or unknown.
        presence: Option<u16>,
        /// Its members.
        #[serde(with = "crate::codec::nested")]
        fields: Vec<Field>,
    },
    /// A list, in one slot.
    List {
        /// The slot.
        slot: u16,
        /// Layout of the elements.
        layout: u16,
        /// Most elements.
        max: u32,
    },
    /// A map, in one slot: its entries lie as the elements of a list do.
    Map {
        /// The slot.
        slot: u16,
        /// Layout of the entries: the key in the first slot, the value in the second.
        layout: u16,
        /// Most entries.
        max: u32,
    },
}

/// A fact that the caller does not send: a member of the request that is not claimed, or a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its name and slots, in the root layout. It may always be left out, and is unknown then.
    pub field: Field,
    /// On whose word it rests.
    pub provenance: Provenance,
    /// For a signal, what answers it.
    pub source: Option<Source>,
}

/// On whose word a fact rests (rule `fact.provenance`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum Provenance {
    /// The caller's.
    #[default]
    Claimed,
    /// The identity provider's: the caller's identity and the claims of the token.
    Verified,
    /// The server's own: its history, and what it asked for.
    Gathered,
    /// That of a named source, about this very subject.
    Attested,
}

impl Provenance {
    /// Each with its word.
    pub const WORDS: [(&str, Self); 4] = [
        ("claimed", Self::Claimed),
        ("verified", Self::Verified),
        ("gathered", Self::Gathered),
        ("attested", Self::Attested),
    ];

    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Verified => "verified",
            Self::Gathered => "gathered",
            Self::Attested => "attested",
        }
    }
}

/// What answers a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name, such as `history.change_failure_rate`.
    pub name: String,
    /// Arguments for it.
    pub args: Vec<SignalArg>,
}

/// An argument of a signal's source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalArg {
    /// Its name, where it was given one.
    pub name: Option<String>,
    /// Its value.
    pub value: SignalValue,
}

/// The value of an argument of a signal's source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignalValue {
    /// A slot of the request.
    Slot(u16),
    /// A constant.
    Const(Const),
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Const {
    /// No value.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer, a duration, an instant or a member of an enum.
    Int(i64),
    /// A decimal.
    Dec(Dec),
    /// Text.
    Str(String),
    /// A version.
    Version(String),
}

/// Somebody who can release an escalation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name in the source.
    pub name: String,
    /// Where its members are found, such as `directory("release-engineering")`.
    pub source: String,
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its title, or empty.
    pub title: String,
    /// Whether it is only recorded.
    pub trial: bool,
    /// Whether a request that only it governs is allowed: it has an enforced rule or says `allow`.
    pub governs: bool,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its policy.
    pub policy: u16,
    /// Its name.
    pub name: String,
    /// Its title, or empty.
    pub title: String,
    /// The control that it enforces, such as `CTRL-007.2`.
    pub control: Option<String>,
    /// Whether a waiver may name it.
    pub waivable: bool,
    /// Whether it is only recorded.
    pub trial: bool,
}

/// What a statement says when it objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Advises and changes nothing.
    Warn,
    /// Objects.
    Object(Verdict),
    /// Judges a step of a rollout.
    Judge(Judgement),
}

/// A statement of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Its rule.
    pub rule: u16,
    /// What it says where its condition is true.
    pub effect: Effect,
    /// What it says where its condition is unknown.
    pub on_unknown: Effect,
    /// The register of its `for each`, which tells which element it objects to.
    pub witness: Option<Reg>,
    /// The reason made from its condition; it also tells what is unknown.
    pub reason: u16,
    /// The reason that its author wrote.
    pub because: Option<u16>,
    /// How to mend it.
    pub fix: Option<u16>,
    /// When a delay ends.
    pub until: Option<Until>,
    /// Whom an escalation asks.
    pub escalate: Option<Escalate>,
    /// Whether its condition, or when it ends, depends on the instant of the decision.
    pub timed: bool,
}

/// The end of a delay: code that leaves it in a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Until {
    /// The code.
    pub block: Block,
    /// The register with the result, an instant.
    pub reg: Reg,
    /// Whether it is counted from the decision, as `delay for` is, wherever in time it is asked.
    pub anchored: bool,
}

/// Who releases an escalation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalate {
    /// The group.
    pub group: u16,
    /// How many of its members.
    pub needs: u32,
    /// How long the escalation stands, in nanoseconds.
    pub expires: Option<i64>,
}

/// A score, whose bands are statements of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Its name.
    pub name: String,
    /// Its title, or empty.
    pub title: String,
    /// The register with the score, in percent; unknown where the score is not counted.
    pub total: Reg,
    /// What it is made of.
    pub factors: Vec<Factor>,
}

/// A factor of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Factor {
    /// The expression, in its canonical spelling.
    pub label: String,
    /// Its weight in percent.
    pub weight: u8,
    /// The register with its value, as it was found.
    pub value: Reg,
    /// The register with what it adds to the score, in percent.
    pub contribution: Reg,
}

/// A rollout: a plan, and the code that judges each of its stages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// Its name.
    pub name: String,
    /// Its title, or empty.
    pub title: String,
    /// Its steps, then its verifications.
    pub stages: Vec<Stage>,
    /// The code that judges every stage.
    pub code: Block,
    /// How long a stage may be held for other reasons than its time, in nanoseconds.
    pub hold: i64,
    /// What comes of a stage that is held longer.
    pub then: Then,
}

/// A stage of a rollout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name; a step has none, a verification has one.
    pub name: Option<String>,
    /// Its title, or empty.
    pub title: String,
    /// The part of all traffic that the new version gets, in percent.
    pub traffic: Dec,
    /// How long it lasts at least, in nanoseconds.
    pub lasts: i64,
    /// The code that judges this stage alone.
    pub code: Block,
    /// Worst-case fuel of judging it; the verifier recomputes it.
    pub fuel_bound: u64,
}

/// What comes of a stage that is held too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Then {
    /// It goes back.
    Rollback,
    /// It stays, and somebody is asked.
    Escalate(Escalate),
}

/// The slots of the root layout that tell how far a rollout has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The rollout's name.
    pub rollout: u16,
    /// The stage, from nought.
    pub stage: u16,
    /// Since when the stage's traffic has arrived.
    pub since: u16,
    /// Since when the stage has been held for other reasons than its time; none where it is not.
    pub held_since: u16,
}

/// A waiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// Its policy.
    pub policy: u16,
    /// Its name.
    pub name: String,
    /// Its title, or empty.
    pub title: String,
    /// The rules that it waives.
    pub rules: Vec<u16>,
    /// What it obliges to where it removed an objection.
    pub obligations: Vec<Obligation>,
}

/// Something to be done after a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// Its name.
    pub name: String,
    /// What is to be done.
    pub text: u16,
    /// Within how long, in nanoseconds.
    pub within: i64,
    /// Counted from the finish of the deployment rather than from the decision.
    pub of_finish: bool,
}

/// A text with values in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Code that computes the values.
    pub block: Block,
    /// What is written.
    pub pieces: Vec<Piece>,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Piece {
    /// These words.
    Words(String),
    /// A value.
    Value {
        /// Where it is.
        reg: Reg,
        /// How it is written; for a list, how its elements are.
        scalar: Scalar,
    },
    /// A part of a condition, written only where it bears on the outcome. Parts are set apart by commas.
    Part {
        /// The part's truth.
        cond: Reg,
        /// Whether the statement objects when the part holds, or unless it does.
        when: bool,
        /// Written where it holds.
        #[serde(with = "crate::codec::nested")]
        holds: Vec<Piece>,
        /// Written where it does not hold.
        #[serde(with = "crate::codec::nested")]
        fails: Vec<Piece>,
        /// Written where that is unknown.
        #[serde(with = "crate::codec::nested")]
        unknown: Vec<Piece>,
    },
}

/// Positions in the source, beside a module and no part of its identity.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceMap {
    /// Name of the package: that of its directory.
    pub package: String,
    /// Paths of the files, relative to the package.
    pub files: Vec<String>,
    /// Position of each statement.
    pub statements: Vec<Position>,
    /// Position of each policy.
    pub policies: Vec<Position>,
    /// Position of each waiver.
    pub waivers: Vec<Position>,
}

/// A position in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Index of the file.
    pub file: u16,
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
}

impl SourceMap {
    /// `file:line:column` of a position.
    pub fn show(&self, position: Position) -> String {
        let file = self.files.get(usize::from(position.file)).map_or("?", String::as_str);
        format!("{file}:{}:{}", position.line, position.column)
    }
}
