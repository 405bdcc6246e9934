//! What the events of a log come to: the tokens that count, the policies that were published, and which one decides.
//!
//! It is read from the log when a server starts, and follows each event that is committed from then on.

use std::sync::Arc;

use holdpoint_isa::ModuleHash;

use crate::access::{Caller, Tokens};
use crate::event::{self, Event, Private};
use crate::log::{DecisionLog, Entry, ModuleFiles, Outcome, ReadError, Stored, Why};
use crate::policy::Active;
use crate::publish::Writing;
use crate::published::Policies;
use crate::token::{DAYS_DEFAULT, Grant, Secret};

/// Nanoseconds in a day.
const DAY: i64 = 86_400_000_000_000;

/// What the events of a log come to.
#[derive(Debug, Default)]
pub struct Standing {
    /// The tokens.
    pub tokens: Tokens,
    /// The policies.
    pub policies: Policies,
}

/// An event to be committed.
#[derive(Debug)]
pub struct Change {
    /// What happens.
    pub event: Event,
    /// What is kept with it and not shown.
    pub private: Private,
    /// The module that it is about.
    pub files: Arc<ModuleFiles>,
    /// The policy that decides once it is kept.
    pub(crate) activates: Option<Arc<Active>>,
    /// The policy in the shadow once it is kept, where that changes.
    pub(crate) shadows: Option<Option<Arc<Active>>>,
}

impl Change {
    /// One that is about no module.
    pub fn new((event, private): (Event, Private)) -> Self {
        Self { event, private, files: Arc::new(ModuleFiles::none()), activates: None, shadows: None }
    }

    /// The publishing of a policy.
    pub(crate) fn propose(policy: &Active, writing: Option<Writing>) -> Self {
        let event =
            Event::PolicyProposed { policy: policy.hash().to_string(), name: policy.policy.name.clone() };
        let private = Private { writing, ..Private::default() };
        Self { event, private, files: Arc::clone(&policy.files), activates: None, shadows: None }
    }

    /// The activation of a policy.
    pub(crate) fn activate(policy: Arc<Active>) -> Self {
        let event = Event::PolicyActivated {
            policy: policy.hash().to_string(),
            name: policy.policy.name.clone(),
            replaces: None,
        };
        Self {
            event,
            private: Private::default(),
            files: Arc::clone(&policy.files),
            activates: Some(policy),
            shadows: None,
        }
    }

    /// Another policy in the shadow, or none.
    pub(crate) fn shadow(policy: Option<Arc<Active>>) -> Self {
        let event = Event::PolicyShadowed { policy: policy.as_ref().map(|policy| policy.hash().to_string()) };
        let files = policy.as_ref().map_or_else(|| Arc::new(ModuleFiles::none()), |p| Arc::clone(&p.files));
        Self { event, private: Private::default(), files, activates: None, shadows: Some(policy) }
    }

    /// With the policy that decides before it, where it is an activation.
    pub(crate) fn replacing(mut self, hash: Option<ModuleHash>) -> Self {
        if let Event::PolicyActivated { replaces, .. } = &mut self.event {
            *replaces = hash.map(|hash| hash.to_string());
        }
        self
    }

    /// As it is committed.
    ///
    /// # Errors
    /// As [`Entry::new`].
    pub fn entry(&self, caller: &Caller, now: i64) -> Result<Entry, Why> {
        self.event.entry(&self.private, caller.origin(), now, Arc::clone(&self.files))
    }
}

/// Why an event was not kept, or may not have been.
#[derive(Debug)]
pub enum Unkept {
    /// It is not kept and never will be.
    Not(Why),
    /// Nobody knows until the log is opened again.
    InDoubt(Why),
    /// It is kept, and cannot be read.
    Unread(ReadError),
}

impl std::fmt::Display for Unkept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Not(why) => write!(f, "nothing was changed: {why}"),
            Self::InDoubt(why) => write!(f, "nobody knows whether it was changed: {why}"),
            Self::Unread(error) => error.fmt(f),
        }
    }
}

impl Standing {
    /// What the events of this log come to.
    ///
    /// # Errors
    /// [`ReadError`]; with an event missing, nobody knows which tokens count.
    pub fn load(log: &dyn DecisionLog) -> Result<Self, ReadError> {
        let standing = Self::default();
        event::all(log, |stored| standing.apply(stored))?;
        Ok(standing)
    }

    fn apply(&self, stored: &Stored) -> Result<(), ReadError> {
        let (event, private) = Event::read(stored)?;
        self.policies.apply(stored, &event, &private)?;
        self.tokens.apply(stored, &event, &private)
    }

    /// Follows an event whose commit has ended.
    ///
    /// # Errors
    /// [`Unkept`].
    pub fn follow(&self, outcome: Outcome) -> Result<Stored, Unkept> {
        match outcome {
            Outcome::Committed(stored) => match self.apply(&stored) {
                Ok(()) => Ok(stored),
                Err(error) => Err(Unkept::Unread(error)),
            },
            Outcome::NotCommitted(why) => Err(Unkept::Not(why)),
            Outcome::InDoubt(why) => Err(Unkept::InDoubt(why)),
        }
    }

    /// Has a policy decide on behalf of the operator, and publishes it before; blocks until both are kept.
    ///
    /// # Errors
    /// [`Unkept`].
    pub(crate) fn install(
        &self,
        log: &dyn DecisionLog,
        policy: &Arc<Active>,
        writing: Option<Writing>,
        now: i64,
    ) -> Result<(), Unkept> {
        let before = self.policies.active();
        self.change(log, &Change::propose(policy, writing), now)?;
        self.change(log, &Change::activate(Arc::clone(policy)).replacing(before), now).map(drop)
    }

    /// Makes a token for an administrator where no token was ever made; blocks until it is kept.
    ///
    /// # Errors
    /// [`Unkept`].
    pub fn first_token(&self, log: &dyn DecisionLog, now: i64) -> Result<Option<Secret>, Unkept> {
        if !self.tokens.is_empty() {
            return Ok(None);
        }
        self.make_token(log, Grant::administrator(), DAYS_DEFAULT, now).map(Some)
    }

    /// Makes a token on behalf of the operator; blocks until it is kept.
    ///
    /// # Errors
    /// [`Unkept`].
    pub fn make_token(
        &self,
        log: &dyn DecisionLog,
        grant: Grant,
        days: u32,
        now: i64,
    ) -> Result<Secret, Unkept> {
        let secret = Secret::random().map_err(|_| Unkept::Not(Why::NoEntropy))?;
        let change = Change::new(Event::token_created(&secret, grant, expiry(now, days)));
        self.change(log, &change, now).map(|_| secret)
    }

    /// Makes a change on behalf of the operator; blocks until it is kept.
    ///
    /// # Errors
    /// [`Unkept`].
    pub fn change(&self, log: &dyn DecisionLog, change: &Change, now: i64) -> Result<Stored, Unkept> {
        let entry = change.entry(&Caller::operator(), now).map_err(Unkept::Not)?;
        self.follow(log.commit(entry).wait())
    }
}

/// The instant so many days after another.
pub fn expiry(now: i64, days: u32) -> i64 {
    now.saturating_add(i64::from(days).saturating_mul(DAY))
}
