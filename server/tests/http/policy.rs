//! A policy assembled by hand, so that the server is tested without a compiler.
//!
//! In the language it would be: block unless `gates.unit == passed`; delay until [`OPENS`] when `mode == wait` and it
//! is earlier; escalate to `release_engineering` when `mode == ask`.

use holdpoint_isa::codec::encode_source_map;
use holdpoint_isa::ops::{Konst, PolicyId, Slot, StatementId};
use holdpoint_isa::program::{
    Block, CommonCause, Const, Effect, EnumDef, Escalate, Field, Group, Layout, Node, Piece,
    Policy as PolicyHead, Position, Rule, SourceMap, Statement, Text, Until,
};
use holdpoint_isa::types::{Kind, Reading, Scalar};
use holdpoint_isa::{Op, Program, Reg, Verdict, encode};
use holdpoint_server::Policy;
use holdpoint_vm::VerifiedProgram;
use holdpoint_vm::verify::admission_bounds;

/// When the policy's delay ends: 2026-11-20T15:31:30Z.
const OPENS: i64 = 1_795_188_690_000_000_000;

const SLOTS: [&str; 5] = ["gates.unit", "mode", "service.name", "environment", "actor.id"];

fn field(name: &str, node: Node) -> Field {
    Field { name: name.to_owned(), optional: false, node }
}

fn scalar(slot: u16, scalar: Scalar) -> Node {
    Node::Scalar { slot, scalar, reading: Reading::Unit }
}

fn record(name: &str, inner: Field) -> Field {
    field(name, Node::Record { presence: None, fields: vec![inner] })
}

fn names(name: &str, members: &[&str]) -> EnumDef {
    EnumDef { name: name.to_owned(), members: members.iter().map(|member| (*member).to_owned()).collect() }
}

fn rule(name: &str, control: Option<&str>) -> Rule {
    Rule {
        policy: 0,
        name: name.to_owned(),
        title: String::new(),
        control: control.map(str::to_owned),
        waivable: false,
        trial: false,
    }
}

fn statement(rule: u16, verdict: Verdict) -> Statement {
    Statement {
        rule,
        effect: Effect::Object(verdict),
        on_unknown: Effect::Object(verdict),
        witness: None,
        reason: rule,
        because: None,
        fix: None,
        until: (verdict == Verdict::Delay).then_some(Until {
            block: Block { start: UNTIL, len: 2 },
            reg: Reg(7),
            anchored: false,
        }),
        escalate: (verdict == Verdict::Escalate).then_some(Escalate { group: 0, needs: 1, expires: None }),
        timed: verdict == Verdict::Delay,
    }
}

fn reason(words: &str) -> Text {
    Text { block: Block { start: TEXT, len: 1 }, pieces: vec![Piece::Words(words.to_owned())] }
}

const UNTIL: u32 = 19;
const TEXT: u32 = 21;

fn code() -> Vec<Op> {
    let fact = |dst, slot| Op::Fact { dst: Reg(dst), slot: Slot(slot) };
    let konst = |dst, konst| Op::Const { dst: Reg(dst), konst: Konst(konst) };
    let equal = |dst, lhs, rhs| Op::EqInt { dst: Reg(dst), lhs: Reg(lhs), rhs: Reg(rhs) };
    let object = |statement, cond| Op::Object { statement: StatementId(statement), cond: Reg(cond) };
    vec![
        konst(9, 4),
        Op::Head { policy: PolicyId(0), cond: Reg(9) },
        fact(0, 0),
        konst(1, 0),
        equal(2, 0, 1),
        Op::Not { dst: Reg(2), src: Reg(2) },
        object(0, 2),
        fact(3, 1),
        konst(4, 1),
        equal(5, 3, 4),
        Op::Now { dst: Reg(6) },
        konst(7, 3),
        Op::LtInt { dst: Reg(8), lhs: Reg(6), rhs: Reg(7) },
        Op::And { dst: Reg(5), lhs: Reg(5), rhs: Reg(8) },
        object(1, 5),
        konst(4, 2),
        equal(5, 3, 4),
        // The third statement shares the register of the second.
        object(2, 5),
        Op::End {},
        konst(7, 3),
        Op::End {},
        Op::End {},
    ]
}

fn program(package: &str) -> Program {
    let root = vec![
        record("gates", field("unit", scalar(0, Scalar::Enum(0)))),
        field("mode", scalar(1, Scalar::Enum(1))),
        record("service", field("name", scalar(2, Scalar::Str { max: 64 }))),
        field("environment", scalar(3, Scalar::Enum(2))),
        record("actor", field("id", scalar(4, Scalar::Principal))),
    ];
    Program {
        semantics: 1,
        tzdb: "2026e".to_owned(),
        enums: vec![
            names("gate", &["passed", "failed"]),
            names("mode", &["go", "wait", "ask"]),
            names("environment", &["staging", "production"]),
        ],
        layouts: vec![Layout { slots: 5, first_cause: 0, fields: root }],
        causes: SLOTS.iter().chain(&CommonCause::PHRASES).map(|cause| (*cause).to_owned()).collect(),
        calendar_cause: 5,
        common_cause: 5,
        constants: vec![Const::Int(0), Const::Int(1), Const::Int(2), Const::Int(OPENS), Const::Bool(true)],
        registers: "iibiibiibb"
            .chars()
            .map(|kind| if kind == 'b' { Kind::Bool } else { Kind::Int })
            .collect(),
        code: code(),
        admission: Block { start: 0, len: UNTIL },
        groups: vec![Group {
            name: "release_engineering".to_owned(),
            source: "directory(\"release-engineering\")".to_owned(),
        }],
        policies: vec![PolicyHead {
            name: "gate".to_owned(),
            title: format!("The gate of {package}"),
            trial: false,
            governs: true,
        }],
        rules: vec![rule("tests", Some("CTRL-007.2")), rule("soak", None), rule("people", None)],
        statements: vec![
            statement(0, Verdict::Block),
            statement(1, Verdict::Delay),
            statement(2, Verdict::Escalate),
        ],
        texts: vec![
            reason("the unit tests have not passed"),
            reason("it has to soak"),
            reason("somebody has to look"),
        ],
        ..Program::default()
    }
}

/// The policy, of a package whose name is in a title of its module.
pub(crate) fn policy(package: &str) -> Policy {
    let at = |line| Position { file: 0, line, column: 3 };
    let source_map = SourceMap {
        package: package.to_owned(),
        files: vec!["gate.hold".to_owned()],
        statements: vec![at(3), at(4), at(5)],
        policies: vec![at(1)],
        waivers: Vec::new(),
    };
    let mut program = program(package);
    program.fuel_bound = admission_bounds(&program).unwrap().fuel;
    let bytes = encode(&program).unwrap();
    Policy {
        name: package.to_owned(),
        program: VerifiedProgram::load(&bytes).unwrap(),
        source_map_bytes: encode_source_map(&source_map).unwrap(),
        source_map,
    }
}

/// A request to it.
pub(crate) fn request(unit: &str, mode: &str, service: &str) -> String {
    format!(
        "{{\"gates\": {{\"unit\": \"{unit}\"}}, \"mode\": \"{mode}\", \"service\": {{\"name\": \"{service}\"}}, \
         \"environment\": \"production\", \"actor\": {{\"id\": \"ada\"}}}}"
    )
}
