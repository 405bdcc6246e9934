//! What a request is about: the service with its team, the environment and the actor that decisions are found by.
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
    team: Option<Place>,
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
            team: place("service", &["team"]).filter(|team| Some(*team) != place("service", &[])),
            environment: place("environment", &["name", "id"]),
            actor: place("actor", &["id", "name"]),
        }
    }

    /// What a request is about.
    pub(crate) fn about<'a>(&self, program: &'a Program, snapshot: &'a Snapshot) -> About<'a> {
        let text = |place: Option<Place>| place.and_then(|place| text(place, program, snapshot));
        About {
            service: text(self.service),
            team: text(self.team),
            environment: text(self.environment),
            actor: text(self.actor),
        }
    }
}

/// What one request is about, as far as it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) service: Option<&'a str>,
    pub(crate) team: Option<&'a str>,
    environment: Option<&'a str>,
    actor: Option<&'a str>,
}

impl About<'_> {
    /// Its index keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        let keys = [
            self.service.map(Key::service),
            self.environment.map(Key::environment),
            self.actor.map(Key::actor),
        ];
        keys.into_iter().flatten()
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
