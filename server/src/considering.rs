//! What would be decided: the same request at another instant, or by another policy. Nothing of it is recorded.

use std::collections::BTreeMap;

use holdpoint_isa::Program;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Facts by their names, each as its JSON stands.
type Facts<'a> = BTreeMap<String, &'a RawValue>;

/// Of recorded facts, those that a module knows, so that one policy can be asked with what was known to another.
pub(crate) fn known(program: &Program, signals: &[u8]) -> Vec<u8> {
    let Ok(facts) = serde_json::from_slice::<Facts<'_>>(signals) else { return Vec::new() };
    let named = |name: &String| program.facts.iter().any(|fact| fact.field.name == *name);
    let kept: Facts<'_> = facts.into_iter().filter(|(name, _)| named(name)).collect();
    if kept.is_empty() { Vec::new() } else { serde_json::to_vec(&kept).unwrap_or_default() }
}

/// What is asked beside a recorded decision.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Otherwise {
    /// Another instant.
    pub(crate) at: Option<String>,
    /// Another policy, by its hash.
    pub(crate) policy: Option<String>,
}

/// A request that was never made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Imagined {
    /// The request, as it stands.
    pub(crate) request: Box<RawValue>,
    /// Another instant than now.
    pub(crate) at: Option<String>,
    /// Another policy than the active one, by its hash.
    pub(crate) policy: Option<String>,
}
