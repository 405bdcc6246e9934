//! The policies that were published and which of them decides, as the events of a log say.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use holdpoint_isa::ModuleHash;
use holdpoint_isa::codec::decode_source_map;
use holdpoint_isa::literal::format_instant;
use holdpoint_vm::VerifiedProgram;
use serde_json::{Value, json};

use crate::access::Caller;
use crate::event::{Event, Private};
use crate::log::{DecisionLog, ReadError, Stored};
use crate::policy::Policy;
use crate::publish::Writing;

/// Activations that are told.
const HISTORY_MAX: usize = 100;

/// A policy that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its module.
    pub hash: ModuleHash,
    /// What people call it.
    pub name: String,
    /// Who proposed it last.
    pub proposed_by: String,
    /// With which token.
    pub proposed_with: String,
    /// When, in nanoseconds since 1970 in UTC.
    pub proposed_at: i64,
    /// How its rules are written, where that is known.
    pub writing: Option<Writing>,
    source_map: [u8; 32],
}

/// An activation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Activation {
    sequence: u64,
    at: i64,
    by: String,
    hash: ModuleHash,
}

#[derive(Debug, Default)]
struct State {
    published: BTreeMap<[u8; 32], Published>,
    activations: Vec<Activation>,
    shadow: Option<ModuleHash>,
}

/// The policies of a log.
#[derive(Debug, Default)]
pub struct Policies(RwLock<State>);

impl Published {
    /// Whether somebody is its proposer, by name or by token.
    pub fn is_by(&self, caller: &Caller) -> bool {
        let token = !caller.token.is_empty() && self.proposed_with == caller.token;
        token || self.proposed_by == caller.grant.principal
    }

    /// Its policy, from what the log keeps.
    ///
    /// # Errors
    /// Why it cannot decide here.
    pub fn load(&self, log: &dyn DecisionLog) -> Result<Policy, String> {
        let missing = |what: &str| format!("{what} of policy {} is not in the log", self.hash);
        let module = log.module(&self.hash).map_err(|error| error.to_string())?;
        let module = module.ok_or_else(|| missing("the module"))?;
        let map = log.source_map(&self.source_map).map_err(|error| error.to_string())?;
        let source_map_bytes = map.ok_or_else(|| missing("the source map"))?;
        let unfit =
            |error: &dyn std::fmt::Display| format!("policy {} does not load here: {error}", self.hash);
        let program = VerifiedProgram::load(&module).map_err(|error| unfit(&error))?;
        let source_map = decode_source_map(&source_map_bytes).map_err(|error| unfit(&error))?;
        Ok(Policy { name: self.name.clone(), program, source_map, source_map_bytes })
    }

    /// What is told of it.
    pub fn json(&self) -> Value {
        json!({
            "hash": self.hash.to_string(),
            "name": self.name,
            "proposed_by": self.proposed_by,
            "proposed_at": format_instant(self.proposed_at),
        })
    }
}

impl Policies {
    /// Takes note of an event, which has been committed.
    ///
    /// # Errors
    /// Where its record makes no sense.
    pub fn apply(&self, stored: &Stored, event: &Event, private: &Private) -> Result<(), ReadError> {
        let record = stored.record()?;
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::PolicyProposed { name, .. } => {
                let published = Published {
                    hash: record.module,
                    name: name.clone(),
                    proposed_by: record.origin.caller.to_owned(),
                    proposed_with: record.origin.token.to_owned(),
                    proposed_at: record.decided_at,
                    writing: private.writing.clone(),
                    source_map: record.source_map,
                };
                state.published.insert(record.module.0, published);
            }
            Event::PolicyActivated { .. } => {
                let by = record.origin.caller.to_owned();
                let (sequence, at, hash) = (stored.sequence, record.decided_at, record.module);
                state.activations.push(Activation { sequence, at, by, hash });
                // Beside itself it says nothing.
                state.shadow = state.shadow.filter(|shadow| *shadow != hash);
            }
            Event::PolicyShadowed { policy } => {
                state.shadow = policy.as_ref().map(|_| record.module);
            }
            Event::TokenCreated { .. } | Event::TokenRevoked { .. } => {}
        }
        Ok(())
    }

    /// The policy that decides, if one was ever activated.
    pub fn active(&self) -> Option<ModuleHash> {
        self.read().activations.last().map(|last| last.hash)
    }

    /// The policy in the shadow, if there is one.
    pub fn shadow(&self) -> Option<ModuleHash> {
        self.read().shadow
    }

    /// A policy that was published.
    pub fn get(&self, hash: &ModuleHash) -> Option<Published> {
        self.read().published.get(&hash.0).cloned()
    }

    /// All that were published, the newest first.
    pub fn all(&self) -> Vec<Published> {
        let mut all: Vec<Published> = self.read().published.values().cloned().collect();
        all.sort_by_key(|one| std::cmp::Reverse(one.proposed_at));
        all
    }

    /// The last activations, the newest first.
    pub fn history(&self) -> Vec<Value> {
        let told = |one: &Activation| {
            json!({
                "sequence": one.sequence, "at": format_instant(one.at), "by": one.by,
                "policy": one.hash.to_string(),
            })
        };
        self.read().activations.iter().rev().take(HISTORY_MAX).map(told).collect()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        // Every change is one insertion, so the state makes sense whoever panicked.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The policy that decides here, which can be replaced while requests are served: each takes the one of its beginning
/// and keeps it to its end.
#[derive(Debug)]
pub(crate) struct InForce<T>(RwLock<Arc<T>>);

impl<T> InForce<T> {
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self(RwLock::new(value))
    }

    /// The one of now.
    pub(crate) fn now(&self) -> Arc<T> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts another in its place.
    pub(crate) fn set(&self, value: Arc<T>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = value;
    }
}
