//! Every operation of the table, on operands that are known, none, unknown or a fault.
//!
//! Each case is a module made by hand around a compiled one: its code prepares operands, runs the operation and leaves
//! the result where the reason of the one statement shows it. An operation that the machine does not handle leaves its
//! register as it was, and every register is set to something else before.

mod tables;

use std::collections::BTreeSet;

use holdpoint_isa::ops::{Cause, Konst, Label, OPS, Span, Thunk};
use holdpoint_isa::program::{Block, Const, Node, Piece, Program, SourceMap};
use holdpoint_isa::types::{Kind, Scalar};
use holdpoint_isa::{Dec, Op, Reg, encode};
use holdpoint_oracle::engine::build;
use holdpoint_vm::verify::needed_zones;
use holdpoint_vm::window::bundled_zone;
use holdpoint_vm::{Machine, Snapshot, VerifiedProgram};

use tables::{Case, FAULT, UNKNOWN, arithmetic, further, lists, logic};

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
        let source = "request { xs: list<int> a: int? m: map<string, int> }\nwindow w in \"UTC\" { open mon through sun }\n\
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

    /// Slot and kind of the map that is sent.
    fn map(&self) -> Result<(holdpoint_isa::ops::Slot, Kind), String> {
        let fields = self.program.layouts.first().map(|layout| layout.fields.as_slice()).unwrap_or_default();
        let found = fields.iter().find_map(|field| match field.node {
            Node::Map { slot, layout, max } => {
                Some((holdpoint_isa::ops::Slot(slot), Kind::List { layout, max }))
            }
            _ => None,
        });
        found.ok_or_else(|| "no map".to_owned())
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
        let zones = needed_zones(&self.program).into_iter().filter_map(bundled_zone).collect();
        self.program.zones = zones;
        let bytes = encode(&self.program).map_err(|error| error.to_string())?;
        let module = VerifiedProgram::load(&bytes).map_err(|error| error.to_string())?;
        let mut snapshot = Snapshot::new();
        let request = b"{\"xs\": [4, 5], \"m\": {\"k\": 7}}";
        snapshot.read(module.program(), request, b"").map_err(|error| error.to_string())?;
        let decision = Machine::new().decide(&module, &SourceMap::default(), &snapshot, 6);
        Ok(decision.objections[0].reason.clone())
    }
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
const CONTROL: [&str; 17] = [
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
    "Plan",
    "First",
    "Last",
    "Lookup",
    "HasKey",
];

#[test]
fn every_operation_does_what_its_row_says() -> Result<(), String> {
    let mut tried: BTreeSet<&str> = CONTROL.into_iter().collect();
    for case in arithmetic().into_iter().chain(logic()).chain(lists()).chain(further()) {
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
    let missing: Vec<&str> = OPS.iter().map(|row| row.name).filter(|name| !tried.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?} are not tried");
    Ok(())
}

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

#[test]
fn ends_of_lists_are_elements_or_not_known() -> Result<(), String> {
    for (state, expected) in [(S::Known, "49"), (S::None, UNKNOWN), (S::Unknown, UNKNOWN), (S::Fault, FAULT)]
    {
        let mut bench = Bench::new()?;
        let kind = bench.list_kind();
        let (list, first, last) = (bench.reg(kind), bench.reg(Kind::Int), bench.reg(Kind::Int));
        let elem = bench.reg(Kind::Elem { layout: 1, max: 8 });
        bench.set(list, state, &Const::Int(4));
        if state == S::Known {
            bench.load(last, Const::Int(9));
            bench.code.push(Op::Push { list, value: last });
        }
        let slot = holdpoint_isa::ops::Slot(0);
        bench.code.extend([
            Op::First { elem, list, cause: Cause(0) },
            Op::Field { dst: first, elem, slot },
            Op::Last { elem, list, cause: Cause(0) },
            Op::Field { dst: last, elem, slot },
        ]);
        let ten = bench.reg(Kind::Int);
        bench.load(ten, Const::Int(10));
        bench.code.push(Op::MulInt { dst: first, lhs: first, rhs: ten });
        bench.code.push(Op::AddInt { dst: first, lhs: first, rhs: last });
        assert_eq!(bench.shown(first)?, expected, "{state:?}");
    }
    let mut bench = Bench::new()?;
    let (kind, value) = (bench.list_kind(), bench.reg(Kind::Int));
    let (list, elem) = (bench.reg(kind), bench.reg(Kind::Elem { layout: 1, max: 8 }));
    bench.code.push(Op::ListNew { dst: list });
    bench.code.push(Op::First { elem, list, cause: Cause(0) });
    bench.code.push(Op::Field { dst: value, elem, slot: holdpoint_isa::ops::Slot(0) });
    assert_eq!(bench.shown(value)?, UNKNOWN);
    Ok(())
}

/// The map that was sent has an entry `k`.
#[test]
fn entries_of_maps_are_values_or_none() -> Result<(), String> {
    let known = |key: &str| (S::Known, key.to_owned());
    let states = [
        known("k"),
        known("x"),
        (S::None, String::new()),
        (S::Unknown, String::new()),
        (S::Fault, String::new()),
    ];
    let values = ["7", "none", UNKNOWN, UNKNOWN, FAULT];
    let keys = ["true", "false", UNKNOWN, UNKNOWN, FAULT];
    for ((state, key), (value, has)) in states.into_iter().zip(values.into_iter().zip(keys)) {
        for lookup in [true, false] {
            let mut bench = Bench::new()?;
            let (map, kind) = bench.map()?;
            let map_reg = bench.reg(kind);
            let (name, dst) = (bench.reg(Kind::Str), bench.reg(if lookup { Kind::Int } else { Kind::Bool }));
            bench.code.push(Op::Fact { dst: map_reg, slot: map });
            bench.set(name, state, &Const::Str(key.clone()));
            bench.code.push(match lookup {
                true => Op::Lookup { dst, map: map_reg, key: name },
                false => Op::HasKey { dst, map: map_reg, key: name },
            });
            assert_eq!(bench.shown(dst)?, if lookup { value } else { has }, "{state:?} {key}");
        }
    }
    Ok(())
}
