//! Facts that a policy declares as verified, filled from the token of whoever asks.
//!
//! They are a record named `caller` or `actor`, or one of them as a bare principal. A member is filled by its name:
//! `id` and `principal`, `organisation`, `team`, `service`, `token`, `scopes`. Where the record has a member that a token
//! says nothing of and that may not be left out, the whole fact is unknown, and whatever needs it objects.

use holdpoint_isa::Program;
use holdpoint_isa::program::{Fact, Field, Layout, Node, Provenance};
use holdpoint_isa::types::Scalar;
use serde_json::{Map, Value};

use crate::access::Caller;
use crate::token::Scope;

/// Names of facts that are about whoever asks.
const NAMES: [&str; 2] = ["caller", "actor"];

/// Whether the server fills a fact of a module.
pub(crate) fn is_filled(fact: &Fact) -> bool {
    fact.provenance == Provenance::Verified && NAMES.contains(&fact.field.name.as_str())
}

/// The facts that a token verifies, as a JSON object; empty where the module declares none.
pub(crate) fn facts(program: &Program, caller: &Caller) -> Vec<u8> {
    let mut filled = Map::new();
    for fact in program.facts.iter().filter(|fact| is_filled(fact)) {
        let value = match &fact.field.node {
            Node::Record { fields, .. } => record(program, fields, caller),
            node => member("id", caller).filter(|value| fits(program, node, value)),
        };
        filled.extend(value.map(|value| (fact.field.name.clone(), value)));
    }
    if filled.is_empty() { Vec::new() } else { Value::Object(filled).to_string().into_bytes() }
}

fn record(program: &Program, fields: &[Field], caller: &Caller) -> Option<Value> {
    let mut members = Map::new();
    for field in fields {
        match member(&field.name, caller) {
            Some(Value::Null) if field.optional => drop(members.insert(field.name.clone(), Value::Null)),
            Some(value) if fits(program, &field.node, &value) => {
                drop(members.insert(field.name.clone(), value));
            }
            _ if field.optional => {}
            _ => return None,
        }
    }
    Some(Value::Object(members))
}

/// What a token says of a member: null where it says that there is none, nothing where it says nothing.
fn member(name: &str, caller: &Caller) -> Option<Value> {
    let (grant, tenant) = (&caller.grant, &caller.grant.tenant);
    match name {
        "id" | "principal" => Some(grant.principal.as_str().into()),
        "organisation" => Some(tenant.organisation().into()),
        "team" => Some(tenant.team().into()),
        "service" => Some(tenant.service().into()),
        "token" => Some(caller.token.as_str().into()),
        "scopes" => Some(grant.scopes.iter().copied().map(Scope::word).collect()),
        _ => None,
    }
}

/// Whether a member can hold a value.
fn fits(program: &Program, node: &Node, value: &Value) -> bool {
    match (node, value) {
        (Node::Scalar { scalar, .. }, Value::String(text)) => match scalar {
            Scalar::Str { max } => u32::try_from(text.len()).is_ok_and(|len| len <= *max),
            Scalar::Principal => true,
            _ => false,
        },
        (Node::List { layout, max, .. }, Value::Array(list)) => {
            let layout: Option<&Layout> = program.layouts.get(usize::from(*layout));
            let Some([Field { name, node, .. }]) = layout.map(|layout| layout.fields.as_slice()) else {
                return false;
            };
            name.is_empty()
                && u32::try_from(list.len()).is_ok_and(|len| len <= *max)
                && list.iter().all(|one| fits(program, node, one))
        }
        _ => false,
    }
}
