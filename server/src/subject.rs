//! What a request is about: the service, the environment and the actor that decisions are found by.
//!
//! They are looked up in the slots that the request was decoded into. Where they lie is worked out once for each
//! module, from its layout; a policy whose requests have no such member has decisions that cannot be found by it.

use holdpoint_isa::Program;
use holdpoint_isa::program::{Field, Node};
use holdpoint_isa::types::Scalar;
use holdpoint_vm::{Snapshot, Value};

use crate::log::Key;

/// Where a member of the request lies, and how it is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    slot: u16,
    scalar: Scalar,
}

/// Where the members lie that decisions are found by.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    service: Option<Place>,
    environment: Option<Place>,
    actor: Option<Place>,
}

impl Subject {
    /// The places by a module's layout: `service`, `environment` and `actor`, or a record's `name` or `id`.
    pub(crate) fn of(program: &Program) -> Self {
        let fields = program.layouts.first().map_or(&[][..], |root| &root.fields);
        let place = |name: &str, inner: &[&str]| {
            let field = fields.iter().find(|field| field.name == name)?;
            scalar(field).or_else(|| match &field.node {
                Node::Record { fields, .. } => {
                    inner.iter().find_map(|inner| scalar(fields.iter().find(|field| field.name == **inner)?))
                }
                Node::Scalar { .. } | Node::List { .. } | Node::Map { .. } => None,
            })
        };
        Self {
            service: place("service", &["name", "id"]),
            environment: place("environment", &["name", "id"]),
            actor: place("actor", &["id", "name"]),
        }
    }

    /// The index keys of a request.
    pub(crate) fn keys(&self, program: &Program, snapshot: &Snapshot) -> impl Iterator<Item = Key> {
        let text = |place: Option<Place>| place.and_then(|place| text(place, program, snapshot));
        [
            text(self.service).map(Key::service),
            text(self.environment).map(Key::environment),
            text(self.actor).map(Key::actor),
        ]
        .into_iter()
        .flatten()
    }
}

fn scalar(field: &Field) -> Option<Place> {
    match field.node {
        Node::Scalar { slot, scalar, .. } => Some(Place { slot, scalar }),
        Node::Record { .. } | Node::List { .. } | Node::Map { .. } => None,
    }
}

fn text<'a>(place: Place, program: &'a Program, snapshot: &'a Snapshot) -> Option<&'a str> {
    match (place.scalar, snapshot.slot(place.slot)) {
        (Scalar::Enum(index), Value::Int(member)) => {
            let members = &program.enums.get(usize::from(index))?.members;
            members.get(usize::try_from(member).ok()?).map(String::as_str)
        }
        (_, Value::Str(text)) => Some(snapshot.text(&program.constants, text)),
        _ => None,
    }
}
