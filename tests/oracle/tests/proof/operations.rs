//! Every operation of the table, on operands that are known, none, unknown or a fault.
//!
//! Each case is a module made by hand around a compiled one: its code prepares operands, runs the operation and leaves
//! the result where the reason of the one statement shows it. An operation that the machine does not handle leaves its
//! register as it was, and every register is set to something else before.

use std::collections::BTreeSet;

use holdpoint_isa::ops::{BuiltinId, Cause, Konst, Label, OPS, Span, Thunk, WindowId};
use holdpoint_isa::program::{Block, Const, Piece, Program, SourceMap};
use holdpoint_isa::types::{Kind, Scalar};
use holdpoint_isa::{Builtin, Dec, Op, Reg, encode};
use holdpoint_oracle::engine::build;
use holdpoint_vm::{Machine, Snapshot, VerifiedProgram};

/// How an operand stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum S {
    Known,
    None,
    Unknown,
    Fault,
}

const ALL: [S; 4] = [S::Known, S::None, S::Unknown, S::Fault];

/// A module in the making.
struct Bench {
    program: Program,
    code: Vec<Op>,
}

impl Bench {
    fn new() -> Result<Self, String> {
        let source = "request { xs: list<int> a: int? }\nwindow w in \"UTC\" { open mon through sun }\n\
                      let l = now in w\n\
                      policy p { rule r { block because \"x\" } rule q { warn when l } }";
        let built = build("case", &[("case.hold".to_owned(), source.to_owned())], &|_| None)?;
        Ok(Self { program: built.module.program().clone(), code: Vec::new() })
    }

    fn reg(&mut self, kind: Kind) -> Reg {
        self.program.registers.push(kind);
        Reg(u16::try_from(self.program.registers.len() - 1).unwrap_or(u16::MAX))
    }

    fn constant(&mut self, value: Const) -> Konst {
        self.program.constants.push(value);
        Konst(u16::try_from(self.program.constants.len() - 1).unwrap_or(u16::MAX))
    }

    fn load(&mut self, dst: Reg, value: Const) {
        let konst = self.constant(value);
        self.code.push(Op::Const { dst, konst });
    }

    /// The layout of a list of integers: that of `xs`.
    fn list_kind(&self) -> Kind {
        Kind::List { layout: 1, max: 8 }
    }

    /// Puts a register into a state; where it is known, to a value.
    fn set(&mut self, reg: Reg, state: S, known: &Const) {
        match state {
            S::Known => match (self.program.registers[reg.index()], known) {
                (Kind::List { .. }, Const::Int(value)) => {
                    self.code.push(Op::ListNew { dst: reg });
                    let element = self.reg(Kind::Int);
                    self.load(element, Const::Int(*value));
                    self.code.push(Op::Push { list: reg, value: element });
                }
                _ => self.load(reg, known.clone()),
            },
            S::None => self.load(reg, Const::None),
            S::Unknown => {
                let known = self.reg(Kind::Bool);
                self.load(known, Const::Bool(true));
                self.code.push(Op::Poison { dst: reg, src: known });
            }
            S::Fault => {
                let most = self.reg(Kind::Int);
                self.load(most, Const::Int(i64::MAX));
                self.code.push(Op::MulInt { dst: most, lhs: most, rhs: most });
                self.code.push(Op::Poison { dst: reg, src: most });
            }
        }
    }

    /// What a register shows when all code has run.
    fn shown(mut self, reg: Reg) -> Result<String, String> {
        let scalar = match self.program.registers[reg.index()] {
            Kind::Bool => Scalar::Bool,
            Kind::Dec => Scalar::Decimal,
            Kind::Str => Scalar::Str { max: 9 },
            _ => Scalar::Int,
        };
        let start = u32::try_from(self.program.code.len()).unwrap_or(u32::MAX);
        self.code.push(Op::End {});
        let moved = self.code.iter().map(|op| match *op {
            Op::Jump { to } => Op::Jump { to: Label(to.0 + start) },
            Op::JumpIfFalse { cond, to } => Op::JumpIfFalse { cond, to: Label(to.0 + start) },
            Op::JumpIfTrue { cond, to } => Op::JumpIfTrue { cond, to: Label(to.0 + start) },
            Op::JumpUnlessKnown { src, to } => Op::JumpUnlessKnown { src, to: Label(to.0 + start) },
            op => op,
        });
        let len = u32::try_from(self.code.len()).unwrap_or(u32::MAX);
        self.program.code.extend(moved);
        let because = self.program.statements[0].because.ok_or("no reason")?;
        let text = &mut self.program.texts[usize::from(because)];
        text.block = Block { start, len };
        text.pieces = vec![Piece::Value { reg, scalar }];
        let bytes = encode(&self.program).map_err(|error| error.to_string())?;
        let module = VerifiedProgram::load(&bytes).map_err(|error| error.to_string())?;
        let mut snapshot = Snapshot::new();
        let request = b"{\"xs\": [4, 5]}";
        snapshot.read(module.program(), request, b"").map_err(|error| error.to_string())?;
        let decision = Machine::new().decide(&module, &SourceMap::default(), &snapshot, 6);
        Ok(decision.objections[0].reason.clone())
    }
}

/// An operation, made from the register of its result and those of its operands.
type Make = Box<dyn Fn(Reg, &[Reg], &mut Bench) -> Op>;
/// What is shown, by how the operands stand.
type Expected = Box<dyn Fn(&[S]) -> String>;

/// An operation: kinds and known values of its operands, kind of its result, how it is made from their registers, and
/// what comes of them.
struct Case {
    name: &'static str,
    operands: Vec<(Kind, Const)>,
    result: Kind,
    make: Make,
    expected: Expected,
}

const UNKNOWN: &str = "unknown";
const FAULT: &str = "‹fault›";

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

fn arithmetic() -> Vec<Case> {
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

fn logic() -> Vec<Case> {
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

fn lists() -> Vec<Case> {
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

/// Every way in which so many operands can stand.
fn ways(count: usize) -> Vec<Vec<S>> {
    let mut ways = vec![Vec::new()];
    for _ in 0..count {
        ways = ways.iter().flat_map(|way| ALL.map(|state| [way.as_slice(), &[state]].concat())).collect();
    }
    ways
}

fn outcome(case: &Case, states: &[S], before: &Const) -> Result<String, String> {
    let mut bench = Bench::new()?;
    // The arguments of a call lie side by side.
    let regs: Vec<Reg> = case.operands.iter().map(|(kind, _)| bench.reg(*kind)).collect();
    for ((reg, (_, known)), state) in regs.iter().zip(&case.operands).zip(states) {
        bench.set(*reg, *state, known);
    }
    let dst = bench.reg(case.result);
    if let Kind::List { .. } = case.result {
        assert_eq!(case.result, bench.list_kind());
        bench.load(dst, Const::None);
    } else {
        bench.load(dst, before.clone());
    }
    let op = (case.make)(dst, &regs, &mut bench);
    assert_eq!(op.info().name, case.name);
    bench.code.push(op);
    bench.shown(dst)
}

/// Operations that do not set a register; they have tests of their own below, or run in every decision.
const CONTROL: [&str; 12] = [
    "Jump",
    "JumpIfFalse",
    "JumpIfTrue",
    "JumpUnlessKnown",
    "Each",
    "Next",
    "Force",
    "End",
    "Field",
    "Head",
    "Object",
    "Waive",
];

#[test]
fn every_operation_does_what_its_row_says() -> Result<(), String> {
    let mut tried: BTreeSet<&str> = CONTROL.into_iter().collect();
    for case in arithmetic().into_iter().chain(logic()).chain(lists()) {
        tried.insert(case.name);
        let before = match case.result {
            Kind::Bool => [Const::Bool(true), Const::Bool(false)],
            Kind::Dec => [98, 99].map(|value| Const::Dec(Dec::from_int(value))),
            _ => [98, 99].map(Const::Int),
        };
        for states in ways(case.operands.len()) {
            for before in &before {
                let found = outcome(&case, &states, before)?;
                assert_eq!(found, (case.expected)(&states), "{} on {states:?}", case.name);
            }
        }
    }
    tried.extend(CASES);
    let missing: Vec<&str> = OPS.iter().map(|row| row.name).filter(|name| !tried.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?} are not tried");
    Ok(())
}

/// Operations of dates, versions, globs, maps and the ends of lists: `tests/cases/types.md` tries them, and the published
/// cases that the machine's own tests read.
const CASES: [&str; 16] = [
    "AddDays",
    "SubDays",
    "EqVersion",
    "LtVersion",
    "LeVersion",
    "Major",
    "Minor",
    "Patch",
    "Matches",
    "First",
    "Last",
    "Lookup",
    "HasKey",
    "DateIn",
    "WeekdayIn",
    "DaysBetween",
];

/// Whether a jump is taken, by the state of its condition.
fn taken(state: S, jump: impl Fn(Reg, Label) -> Op) -> Result<bool, String> {
    let mut bench = Bench::new()?;
    let (cond, dst) = (bench.reg(Kind::Bool), bench.reg(Kind::Int));
    bench.set(cond, state, &Const::Bool(true));
    bench.load(dst, Const::Int(1));
    let over = Label(u32::try_from(bench.code.len() + 2).map_err(|error| error.to_string())?);
    bench.code.push(jump(cond, over));
    bench.load(dst, Const::Int(2));
    Ok(bench.shown(dst)? == "1")
}

#[test]
fn jumps_go_by_what_is_known() -> Result<(), String> {
    for state in ALL {
        assert!(taken(state, |_, to| Op::Jump { to })?);
        assert_eq!(taken(state, |cond, to| Op::JumpIfTrue { cond, to })?, state == S::Known, "{state:?}");
        assert!(!taken(state, |cond, to| Op::JumpIfFalse { cond, to })?, "{state:?}");
        assert_eq!(taken(state, |src, to| Op::JumpUnlessKnown { src, to })?, state != S::Known, "{state:?}");
    }
    Ok(())
}

/// A loop over a list adds its elements; over anything else it does nothing.
#[test]
fn loops_walk_what_is_a_list() -> Result<(), String> {
    for (state, expected) in [(S::Known, "13"), (S::None, "0"), (S::Unknown, "0"), (S::Fault, "0")] {
        let mut bench = Bench::new()?;
        let kind = bench.list_kind();
        let (list, sum, value) = (bench.reg(kind), bench.reg(Kind::Int), bench.reg(Kind::Int));
        let elem = bench.reg(Kind::Elem { layout: 1, max: 8 });
        bench.set(list, state, &Const::Int(4));
        if state == S::Known {
            bench.load(value, Const::Int(9));
            bench.code.push(Op::Push { list, value });
        }
        bench.load(sum, Const::Int(0));
        bench.code.push(Op::Each { elem, list, skip: Span(3) });
        bench.code.push(Op::Field { dst: value, elem, slot: holdpoint_isa::ops::Slot(0) });
        bench.code.push(Op::AddInt { dst: sum, lhs: sum, rhs: value });
        bench.code.push(Op::Next { elem, back: Span(2) });
        assert_eq!(bench.shown(sum)?, expected, "{state:?}");
    }
    Ok(())
}

/// A list holds no more than its register says, whatever is pushed.
#[test]
fn a_list_that_is_full_takes_no_more() -> Result<(), String> {
    let mut bench = Bench::new()?;
    let (first, second) =
        (bench.reg(Kind::List { layout: 1, max: 2 }), bench.reg(Kind::List { layout: 1, max: 2 }));
    let value = bench.reg(Kind::Int);
    bench.code.extend([Op::ListNew { dst: first }, Op::ListNew { dst: second }]);
    for number in 0..4 {
        bench.load(value, Const::Int(number));
        bench.code.push(Op::Push { list: second, value });
        bench.code.push(Op::Push { list: first, value });
        bench.code.push(Op::Insert { list: first, value });
    }
    assert_eq!(bench.shown(first)?, "0, 1");
    Ok(())
}

/// A `let` runs once.
#[test]
fn a_let_that_was_run_is_not_run_again() -> Result<(), String> {
    let mut bench = Bench::new()?;
    let thunk = bench.program.thunks[0];
    let register = bench.program.code[thunk.start as usize..].iter().find_map(|op| match op {
        Op::InWindow { dst, .. } => Some(*dst),
        _ => None,
    });
    let register = register.ok_or("no window in the let")?;
    bench.code.push(Op::Force { thunk: Thunk(0) });
    bench.load(register, Const::Bool(false));
    bench.code.push(Op::Force { thunk: Thunk(0) });
    assert_eq!(bench.shown(register)?, "false");
    Ok(())
}
