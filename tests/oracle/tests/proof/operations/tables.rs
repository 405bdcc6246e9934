//! The cases: each operation with its operands and what comes of every state of them.

use holdpoint_isa::ops::{BuiltinId, Cause, WindowId};
use holdpoint_isa::program::Const;
use holdpoint_isa::types::Kind;
use holdpoint_isa::{Builtin, Dec, Op, Reg};

use super::{Bench, S};

/// An operation, made from the register of its result and those of its operands.
pub(super) type Make = Box<dyn Fn(Reg, &[Reg], &mut Bench) -> Op>;
/// What is shown, by how the operands stand.
pub(super) type Expected = Box<dyn Fn(&[S]) -> String>;

/// An operation: kinds and known values of its operands, kind of its result, how it is made from their registers, and
/// what comes of them.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) operands: Vec<(Kind, Const)>,
    pub(super) result: Kind,
    pub(super) make: Make,
    pub(super) expected: Expected,
}

pub(super) const UNKNOWN: &str = "unknown";
pub(super) const FAULT: &str = "‹fault›";

/// A fault before an unknown; none is unknown where a value is needed.
fn strict(states: &[S], known: &str) -> String {
    if states.contains(&S::Fault) {
        FAULT.to_owned()
    } else if states.iter().all(|state| *state == S::Known) {
        known.to_owned()
    } else {
        UNKNOWN.to_owned()
    }
}

/// None equals only none.
fn equality(states: &[S], known: &str) -> String {
    match states {
        [S::None, S::None] => "true".to_owned(),
        [S::Known, S::None] | [S::None, S::Known] => "false".to_owned(),
        _ => strict(states, known),
    }
}

/// The lesser or greater value, where nothing so far is none.
fn extreme(states: &[S], known: &str, right: &str) -> String {
    match states {
        [S::None, S::Known] => right.to_owned(),
        _ => strict(states, known),
    }
}

/// The value, the unknown or fault of another beside it.
fn poisoned(states: &[S], known: &str) -> String {
    match states {
        _ if states.contains(&S::Fault) => FAULT.to_owned(),
        _ if states.contains(&S::Unknown) => UNKNOWN.to_owned(),
        [S::None, _] => "none".to_owned(),
        _ => known.to_owned(),
    }
}

fn shown(state: S, known: &str) -> String {
    match state {
        S::Known => known.to_owned(),
        S::None => "none".to_owned(),
        S::Unknown => UNKNOWN.to_owned(),
        S::Fault => FAULT.to_owned(),
    }
}

fn int(value: i64) -> (Kind, Const) {
    (Kind::Int, Const::Int(value))
}

fn dec(value: i64) -> (Kind, Const) {
    (Kind::Dec, Const::Dec(Dec::from_int(value)))
}

fn boolean(value: bool) -> (Kind, Const) {
    (Kind::Bool, Const::Bool(value))
}

fn text(value: &str) -> (Kind, Const) {
    (Kind::Str, Const::Str(value.to_owned()))
}

macro_rules! case {
    ($name:ident [$($operand:expr),*] -> $result:expr, |$dst:ident, $regs:ident, $bench:ident| $op:expr, $expected:expr) => {
        Case {
            name: stringify!($name),
            operands: vec![$($operand),*],
            result: $result,
            make: Box::new(move |$dst, $regs, $bench| { let _ = (&$bench, $regs); $op }),
            expected: Box::new($expected),
        }
    };
}

/// Operations of two registers on two known values.
macro_rules! binary {
    ($name:ident, $a:expr, $b:expr, $result:expr, $rule:ident, $known:literal) => {
        case!($name [$a, $b] -> $result, |dst, regs, bench| Op::$name { dst, lhs: regs[0], rhs: regs[1] },
            |s| $rule(s, $known))
    };
}

pub(super) fn arithmetic() -> Vec<Case> {
    let (b, i, d) = (Kind::Bool, Kind::Int, Kind::Dec);
    vec![
        binary!(AddInt, int(7), int(2), i, strict, "9"),
        binary!(SubInt, int(7), int(2), i, strict, "5"),
        binary!(MulInt, int(7), int(2), i, strict, "14"),
        binary!(AddInt, int(i64::MAX), int(2), i, strict, "‹fault›"),
        binary!(SubInt, int(i64::MIN), int(2), i, strict, "‹fault›"),
        case!(NegInt [int(7)] -> i, |dst, r, bench| Op::NegInt { dst, src: r[0] }, |s| strict(s, "-7")),
        case!(NegInt [int(i64::MIN)] -> i, |dst, r, bench| Op::NegInt { dst, src: r[0] }, |s| strict(s, FAULT)),
        binary!(LtInt, int(7), int(2), b, strict, "false"),
        binary!(LeInt, int(2), int(2), b, strict, "true"),
        binary!(EqInt, int(7), int(2), b, equality, "false"),
        case!(MinInt [int(7), int(2)] -> i, |dst, r, bench| Op::MinInt { dst, lhs: r[0], rhs: r[1] },
            |s| extreme(s, "2", "2")),
        case!(MaxInt [int(7), int(2)] -> i, |dst, r, bench| Op::MaxInt { dst, lhs: r[0], rhs: r[1] },
            |s| extreme(s, "7", "2")),
        case!(IntToDec [int(7)] -> d, |dst, r, bench| Op::IntToDec { dst, src: r[0] }, |s| strict(s, "7")),
        case!(ScaleInt [int(7), dec(2)] -> i, |dst, r, bench| Op::ScaleInt { dst, count: r[0], factor: r[1] },
            |s| strict(s, "14")),
        case!(PercentInt [int(700), dec(2)] -> i, |dst, r, bench| Op::PercentInt { dst, count: r[0], percent: r[1] },
            |s| strict(s, "14")),
        binary!(AddDec, dec(7), dec(2), d, strict, "9"),
        binary!(SubDec, dec(7), dec(2), d, strict, "5"),
        binary!(MulDec, dec(7), dec(2), d, strict, "14"),
        binary!(DivDec, dec(7), dec(2), d, strict, "3.5"),
        binary!(DivDec, dec(7), dec(0), d, strict, "unknown"),
        binary!(PercentOf, dec(50), dec(2), d, strict, "1"),
        case!(NegDec [dec(7)] -> d, |dst, r, bench| Op::NegDec { dst, src: r[0] }, |s| strict(s, "-7")),
        binary!(LtDec, dec(7), dec(2), b, strict, "false"),
        binary!(LeDec, dec(2), dec(2), b, strict, "true"),
        binary!(EqDec, dec(7), dec(7), b, equality, "true"),
        case!(MinDec [dec(7), dec(2)] -> d, |dst, r, bench| Op::MinDec { dst, lhs: r[0], rhs: r[1] },
            |s| extreme(s, "2", "2")),
        case!(MaxDec [dec(7), dec(2)] -> d, |dst, r, bench| Op::MaxDec { dst, lhs: r[0], rhs: r[1] },
            |s| extreme(s, "7", "2")),
        case!(Factor [dec(700)] -> d, |dst, r, bench| Op::Factor { dst, src: r[0] }, |s| match s {
            [S::Known] => "100".to_owned(),
            [S::Fault] => FAULT.to_owned(),
            _ => "0".to_owned(),
        }),
    ]
}

/// Kleene's connectives: what decides, decides; but a fault on the left ends the evaluation.
fn connective(states: &[S], left: bool, right: bool, decided: bool) -> String {
    match states {
        [S::Known, _] if left == decided => decided.to_string(),
        [S::Fault, _] => FAULT.to_owned(),
        [_, S::Known] if right == decided => decided.to_string(),
        _ => strict(states, &(!decided).to_string()),
    }
}

pub(super) fn logic() -> Vec<Case> {
    let b = Kind::Bool;
    let mut cases = vec![
        case!(Not [boolean(true)] -> b, |dst, r, bench| Op::Not { dst, src: r[0] }, |s| strict(s, "false")),
        binary!(EqBool, boolean(true), boolean(false), b, equality, "false"),
        binary!(EqStr, text("a"), text("a"), b, equality, "true"),
        case!(IsNone [int(7)] -> b, |dst, r, bench| Op::IsNone { dst, src: r[0] }, |s| match s {
            [S::None] => "true".to_owned(),
            _ => strict(s, "false"),
        }),
        case!(Else [int(7), int(2)] -> Kind::Int, |dst, r, bench| Op::Else { dst, src: r[0], alt: r[1] },
            |s| if s[0] == S::None { shown(s[1], "2") } else { shown(s[0], "7") }),
        case!(Require [int(7)] -> Kind::Int, |dst, r, bench| Op::Require { dst, src: r[0], cause: Cause(0) },
            |s| strict(s, "7")),
        case!(Move [int(7)] -> Kind::Int, |dst, r, bench| Op::Move { dst, src: r[0] }, |s| shown(s[0], "7")),
        case!(Poison [int(7)] -> b, |dst, r, bench| Op::Poison { dst, src: r[0] }, |s| strict(s, UNKNOWN)),
        case!(PoisonIf [int(7), boolean(true)] -> Kind::Int,
            |dst, r, bench| { bench.code.push(Op::Move { dst, src: r[0] }); Op::PoisonIf { dst, cond: r[1] } },
            |s| poisoned(s, "7")),
        case!(CountIf [int(7), boolean(true)] -> Kind::Int,
            |dst, r, bench| { bench.code.push(Op::Move { dst, src: r[0] }); Op::CountIf { dst, cond: r[1] } },
            |s| if s == [S::None, S::None] || s == [S::None, S::Known] || s == [S::Known, S::None] {
                // Neither a count nor a condition is ever none.
                if s[0] == S::None { "none".to_owned() } else { "7".to_owned() }
            } else { poisoned(s, "8") }),
        case!(InMask [int(2)] -> b, |dst, r, bench| Op::InMask { dst, src: r[0], mask: bench.constant(Const::Int(0b100)) },
        |s| match s {
            [S::None] => "false".to_owned(),
            _ => strict(s, "true"),
        }),
    ];
    for (left, right) in [(true, true), (true, false), (false, true), (false, false)] {
        cases.push(case!(And [boolean(left), boolean(right)] -> b,
            |dst, r, bench| Op::And { dst, lhs: r[0], rhs: r[1] }, move |s| connective(s, left, right, false)));
        cases.push(case!(Or [boolean(left), boolean(right)] -> b,
            |dst, r, bench| Op::Or { dst, lhs: r[0], rhs: r[1] }, move |s| connective(s, left, right, true)));
    }
    cases
}

pub(super) fn lists() -> Vec<Case> {
    let list = || (Kind::List { layout: 1, max: 8 }, Const::Int(4));
    let (b, i) = (Kind::Bool, Kind::Int);
    vec![
        case!(Len [list()] -> i, |dst, r, bench| Op::Len { dst, list: r[0] }, |s| match s {
            [S::None] => "none".to_owned(),
            _ => strict(s, "1"),
        }),
        case!(Push [list(), int(4)] -> list().0,
            |dst, r, bench| { bench.code.push(Op::Move { dst, src: r[0] }); Op::Push { list: dst, value: r[1] } },
            |s| strict(s, "4, 4")),
        case!(Insert [list(), int(4)] -> list().0,
            |dst, r, bench| { bench.code.push(Op::Move { dst, src: r[0] }); Op::Insert { list: dst, value: r[1] } },
            |s| strict(s, "4")),
        case!(Insert [list(), int(5)] -> list().0,
            |dst, r, bench| { bench.code.push(Op::Move { dst, src: r[0] }); Op::Insert { list: dst, value: r[1] } },
            |s| strict(s, "4, 5")),
        case!(ListNew [] -> list().0, |dst, r, bench| Op::ListNew { dst }, |_| String::new()),
        case!(InList [int(4), list()] -> b, |dst, r, bench| Op::InList { dst, value: r[0], list: r[1] },
        |s| match s {
            [S::None, S::Known] => "false".to_owned(),
            _ => strict(s, "true"),
        }),
        case!(InWindow [int(6)] -> b, |dst, r, bench| Op::InWindow { dst, at: r[0], window: WindowId(0) },
            |s| strict(s, "true")),
        case!(NextOpen [int(6)] -> i, |dst, r, bench| Op::NextOpen { dst, at: r[0], window: WindowId(0) },
            |s| strict(s, "6")),
        case!(Call [int(1), int(4)] -> Kind::Dec,
            |dst, r, bench| Op::Call { dst, builtin: BuiltinId(Builtin::Ratio as u16), args: r[0] },
            |s| strict(s, "25")),
        case!(Call [text("abc"), text("bc")] -> b,
            |dst, r, bench| Op::Call { dst, builtin: BuiltinId(Builtin::EndsWith as u16), args: r[0] },
            |s| strict(s, "true")),
        case!(Const [] -> i, |dst, r, bench| Op::Const { dst, konst: bench.constant(Const::Int(3)) },
            |_| "3".to_owned()),
        case!(Now [] -> i, |dst, r, bench| Op::Now { dst }, |_| "6".to_owned()),
        // Slot 0 has the list that was sent, slot 1 a member that was not.
        case!(Fact [] -> i, |dst, r, bench| Op::Fact { dst, slot: holdpoint_isa::ops::Slot(1) }, |_| UNKNOWN.to_owned()),
    ]
}

fn version(text: &str) -> (Kind, Const) {
    (Kind::Version, Const::Version(text.to_owned()))
}

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

pub(super) fn further() -> Vec<Case> {
    let (b, i) = (Kind::Bool, Kind::Int);
    vec![
        case!(AddDays [int(7), int(2 * DAY)] -> i,
            |dst, r, bench| Op::AddDays { dst, date: r[0], by: r[1] }, |s| strict(s, "9")),
        case!(SubDays [int(7), int(2 * DAY)] -> i,
            |dst, r, bench| Op::SubDays { dst, date: r[0], by: r[1] }, |s| strict(s, "5")),
        case!(AddDays [int(7), int(DAY + 1)] -> i,
            |dst, r, bench| Op::AddDays { dst, date: r[0], by: r[1] }, |s| strict(s, FAULT)),
        binary!(DaysBetween, int(7), int(6), i, strict, "86400000000000"),
        case!(DateIn [int(6)] -> i,
            |dst, r, bench| Op::DateIn { dst, at: r[0], zone: bench.constant(Const::Str("Asia/Tokyo".to_owned())) },
            |s| strict(s, "0")),
        case!(WeekdayIn [int(6)] -> i,
            |dst, r, bench| Op::WeekdayIn { dst, at: r[0], zone: bench.constant(Const::Str("UTC".to_owned())) },
            |s| strict(s, "3")),
        binary!(EqVersion, version("1.2.3"), version("1.2.3+b"), b, equality, "true"),
        binary!(LtVersion, version("1.2.3"), version("1.10.0"), b, strict, "true"),
        binary!(LeVersion, version("1.2.3"), version("1.2.3-rc"), b, strict, "false"),
        case!(Major [version("7.8.9")] -> i, |dst, r, bench| Op::Major { dst, src: r[0] }, |s| strict(s, "7")),
        case!(Minor [version("7.8.9")] -> i, |dst, r, bench| Op::Minor { dst, src: r[0] }, |s| strict(s, "8")),
        case!(Patch [version("7.8.9")] -> i, |dst, r, bench| Op::Patch { dst, src: r[0] }, |s| strict(s, "9")),
        case!(Matches [text("a/b")] -> b,
            |dst, r, bench| Op::Matches { dst, text: r[0], pattern: bench.constant(Const::Str("a/*".to_owned())) },
            |s| strict(s, "true")),
    ]
}
