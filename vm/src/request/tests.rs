//! Tests of the reader, on layouts written by hand and on random ones.

mod errors;
mod json;
mod random;
mod values;
mod versions;

use holdpoint_isa::Program;
use holdpoint_isa::program::{EnumDef, Fact, Field, Layout, Node};
use holdpoint_isa::types::{Reading, Scalar};

use super::{RequestError, RequestErrorKind};
use crate::{Snapshot, Value};

/// A module that has layouts and nothing to run.
fn program(layouts: Vec<Layout>, facts: Vec<Fact>) -> Program {
    let environment =
        ["development", "staging", "production"].map(str::to_owned).into_iter().collect::<Vec<_>>();
    Program {
        semantics: 1,
        enums: vec![EnumDef { name: "environment".to_owned(), members: environment }],
        layouts,
        facts,
        ..Program::default()
    }
}

fn field(name: &str, node: Node) -> Field {
    Field { name: name.to_owned(), optional: false, node }
}

fn optional(name: &str, node: Node) -> Field {
    Field { name: name.to_owned(), optional: true, node }
}

fn scalar(slot: u16, scalar: Scalar) -> Node {
    Node::Scalar { slot, scalar, reading: Reading::Unit }
}

fn reading(slot: u16, scalar: Scalar, reading: Reading) -> Node {
    Node::Scalar { slot, scalar, reading }
}

/// A module with one root member `x`, of one slot.
fn only(node: Node) -> Program {
    program(vec![Layout { slots: 1, first_cause: 0, fields: vec![field("x", node)] }], Vec::new())
}

fn read(program: &Program, body: &str) -> Result<Snapshot, RequestError> {
    let mut snapshot = Snapshot::new();
    snapshot.read(program, body.as_bytes(), b"").map(|()| snapshot)
}

/// The value that `x` gets from a JSON text, or the kind of mistake and its message.
fn value(program: &Program, json: &str) -> Result<Value, (RequestErrorKind, String)> {
    let read = read(program, &format!("{{\"x\":{json}}}"));
    read.map(|snapshot| snapshot.slot(0)).map_err(|error| (error.kind, error.message))
}

fn kind(program: &Program, json: &str) -> Option<RequestErrorKind> {
    value(program, json).err().map(|(kind, _)| kind)
}

fn canonical(program: &Program, snapshot: &Snapshot) -> String {
    let mut out = Vec::new();
    snapshot.canonical_request(program, &mut out);
    String::from_utf8(out).unwrap()
}
