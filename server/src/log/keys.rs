//! Index keys: what a decision can be found by.
//!
//! It must not know of tables. A key is a kind and the first half of the SHA-256 of a value: of fixed width whatever
//! was asked for, and without anybody's name in it. Two values that share a key would need 2^64 tries to find.

use holdpoint_isa::{ModuleHash, Verdict};
use sha2::{Digest, Sha256};

use super::record::Origin;
use super::wire::{Malformed, Reader};

/// Length of a key.
pub(super) const KEY_BYTES: usize = 17;

macro_rules! kinds {
    ($( $(#[doc = $doc:literal])+ $id:literal $name:ident; )+) => {
        /// What a key is about. Numbers are never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        enum Kind { $( $(#[doc = $doc])+ $name = $id, )+ }
    };
}

kinds! {
    /// The verdict's word.
    1 Verdict;
    /// A rule that objected, as `policy.rule`.
    2 Rule;
    /// The service to be deployed.
    3 Service;
    /// The environment to be deployed to.
    4 Environment;
    /// Who wants to deploy.
    5 Actor;
    /// The module that decided.
    6 Policy;
    /// The tenant of whoever asked, and the idempotency key.
    7 Once;
    /// The principal that asked.
    8 Caller;
    /// The organisation that it belongs to.
    9 Organisation;
    /// The team that it belongs to.
    10 Team;
    /// What happened, for a record that is no decision.
    11 Event;
    /// The policy in the shadow, where it would have answered with another verdict.
    12 Differs;
}

/// One index key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub(super) [u8; KEY_BYTES]);

impl Key {
    fn new(kind: Kind, value: &[u8]) -> Self {
        let mut key = [0; KEY_BYTES];
        let [first, rest @ ..] = &mut key;
        *first = kind as u8;
        for (to, from) in rest.iter_mut().zip(Sha256::digest(value)) {
            *to = from;
        }
        Self(key)
    }

    /// The key of all decisions with this verdict.
    pub fn verdict(verdict: Verdict) -> Self {
        Self::new(Kind::Verdict, verdict.word().as_bytes())
    }

    /// The key of all decisions to which this rule objected.
    pub fn rule(rule: &str) -> Self {
        Self::new(Kind::Rule, rule.as_bytes())
    }

    /// The key of all decisions about this service.
    pub fn service(name: &str) -> Self {
        Self::new(Kind::Service, name.as_bytes())
    }

    /// The key of all decisions about this environment.
    pub fn environment(name: &str) -> Self {
        Self::new(Kind::Environment, name.as_bytes())
    }

    /// The key of all decisions that this person or service asked for.
    pub fn actor(id: &str) -> Self {
        Self::new(Kind::Actor, id.as_bytes())
    }

    /// The key of the one decision that this tenant has for an idempotency key.
    pub(super) fn once(tenant: &str, key: &str) -> Self {
        // A tenant has no line end in it, so no two pairs are spelt alike.
        Self::new(Kind::Once, format!("{tenant}\n{key}").as_bytes())
    }

    /// The key of all decisions that this principal asked for.
    pub fn caller(principal: &str) -> Self {
        Self::new(Kind::Caller, principal.as_bytes())
    }

    /// The key of all records of this organisation.
    pub fn organisation(name: &str) -> Self {
        Self::new(Kind::Organisation, name.as_bytes())
    }

    /// The key of all records of this team.
    pub fn team(name: &str) -> Self {
        Self::new(Kind::Team, name.as_bytes())
    }

    /// The key of all decisions that this policy, in the shadow, would have answered with another verdict.
    pub fn differs(shadow: &ModuleHash) -> Self {
        Self::new(Kind::Differs, &shadow.0)
    }

    /// The key of all events of this name; of all events where it is empty.
    pub fn event(name: &str) -> Self {
        Self::new(Kind::Event, name.as_bytes())
    }

    /// Whether it has one decision at most.
    pub(super) fn is_once(&self) -> bool {
        self.0.first() == Some(&(Kind::Once as u8))
    }

    /// The key of all decisions that this module made.
    pub fn policy(hash: &ModuleHash) -> Self {
        Self::new(Kind::Policy, &hash.0)
    }
}

/// The keys of one decision, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

impl Keys {
    /// The keys of whom a record belongs to and who asked.
    pub fn of(origin: &Origin<'_>) -> Self {
        let some = |text: &'_ str| (!text.is_empty() && text != "*").then(|| text.to_owned());
        let organisation = some(origin.tenant.split('/').next().unwrap_or_default());
        let keys = [
            some(origin.caller).map(|caller| Key::caller(&caller)),
            organisation.map(|name| Key::organisation(&name)),
            some(origin.team).map(|name| Key::team(&name)),
        ];
        keys.into_iter().flatten().collect()
    }

    /// Adds a key unless it is there.
    pub fn add(&mut self, key: Key) {
        if !self.0.contains(&key) {
            self.0.push(key);
        }
    }

    /// Whether all these keys are there.
    pub(super) fn has_all(&self, wanted: &[Key]) -> bool {
        wanted.iter().all(|key| self.0.contains(key))
    }

    /// The keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }
}

impl FromIterator<Key> for Keys {
    fn from_iter<I: IntoIterator<Item = Key>>(keys: I) -> Self {
        let mut all = Self::default();
        keys.into_iter().for_each(|key| all.add(key));
        all
    }
}

/// The keys of the decisions of one commit, in the order of their numbers, as one stored value.
///
/// # Errors
/// Where a decision has more keys than can be counted.
pub(super) fn pack<'a>(all: impl Iterator<Item = &'a Keys>) -> Result<Vec<u8>, Malformed> {
    let mut out = Vec::with_capacity(1024);
    for keys in all {
        let count =
            u16::try_from(keys.0.len()).map_err(|_| Malformed("a decision has too many index keys"))?;
        out.extend_from_slice(&count.to_le_bytes());
        keys.0.iter().for_each(|key| out.extend_from_slice(&key.0));
    }
    Ok(out)
}

/// The keys that a stored value stands for.
pub(super) fn unpack(value: &[u8]) -> Result<Vec<Keys>, Malformed> {
    let mut all = Vec::new();
    let mut reader = Reader::new(value);
    while !reader.is_empty() {
        let count = reader.u16()?;
        let keys: Result<Vec<Key>, Malformed> = (0..count).map(|_| reader.array().map(Key)).collect();
        all.push(Keys(keys?));
    }
    Ok(all)
}

/// The keys of the next value of the pending tail, which begins where the one before ended; `end` is that place.
///
/// # Errors
/// Where a value is missing between them, or this one is none.
pub(super) fn pending(end: &mut Option<u64>, first: u64, value: &[u8]) -> Result<Vec<Keys>, Malformed> {
    if end.is_some_and(|end| end != first) {
        return Err(Malformed("the pending index has a gap"));
    }
    let all = unpack(value)?;
    *end = Some(first.saturating_add(u64::try_from(all.len()).unwrap_or(u64::MAX)));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::{Key, Keys, pack, unpack};
    use holdpoint_isa::Verdict;

    #[test]
    fn keys_are_packed_and_unpacked() {
        let one: Keys =
            [Key::verdict(Verdict::Block), Key::rule("a.b"), Key::rule("a.b")].into_iter().collect();
        assert_eq!(one.iter().count(), 2);
        let none = Keys::default();
        let value = pack([&one, &none].into_iter()).unwrap();
        assert_eq!(unpack(&value).unwrap(), [one, none]);
        assert!(unpack(&value[..value.len() - 3]).is_err());
    }

    #[test]
    fn equal_values_of_two_kinds_have_two_keys() {
        assert_ne!(Key::service("x"), Key::actor("x"));
        assert_eq!(Key::service("x"), Key::service("x"));
    }
}
