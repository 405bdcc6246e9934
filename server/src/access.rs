//! Who may ask: the tokens of a server, as the events of its log say.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::event::{Event, Private};
use crate::log::{Origin, ReadError, Stored};
use crate::token::{Grant, OPERATOR, Secret, Token};

/// Somebody whose token has been checked.
#[derive(Debug, PartialEq, Eq)]
pub struct Caller {
    /// The id of the token; empty for the operator.
    pub token: String,
    /// For whom it is and what it allows.
    pub grant: Grant,
    /// Its tenant, spelt out.
    tenant: String,
}

impl Caller {
    fn new(token: String, grant: Grant) -> Self {
        Self { token, tenant: grant.tenant.to_string(), grant }
    }

    /// Whoever has the files of the server.
    pub fn operator() -> Self {
        let grant = Grant { principal: OPERATOR.to_owned(), ..Grant::administrator() };
        Self::new(String::new(), grant)
    }

    /// Its tenant as records have it.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// What a record says of it that is about no service.
    pub fn origin(&self) -> Origin<'_> {
        let team = self.grant.tenant.team().unwrap_or_default();
        Origin { tenant: &self.tenant, team, service: "", caller: &self.grant.principal, token: &self.token }
    }
}

/// Why a token does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotKnown {
    /// There is none like it.
    Wrong,
    /// It has expired.
    Expired,
    /// It was revoked.
    Revoked,
}

/// The tokens of a server.
#[derive(Debug, Default)]
pub struct Tokens(RwLock<BTreeMap<String, (Token, Arc<Caller>)>>);

impl Tokens {
    /// Whether none was ever made.
    pub fn is_empty(&self) -> bool {
        self.read().is_empty()
    }

    /// Takes note of an event, which has been committed.
    ///
    /// # Errors
    /// Where its record makes no sense.
    pub fn apply(&self, stored: &Stored, event: &Event, private: &Private) -> Result<(), ReadError> {
        let at = stored.record()?.decided_at;
        let strange = || ReadError::damaged(stored.sequence, "its event makes no sense");
        let mut tokens = self.0.write().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::TokenCreated { .. } => {
                let token = Token::created(event, private, at).ok_or_else(strange)?;
                let caller = Arc::new(Caller::new(token.id.clone(), token.grant.clone()));
                tokens.insert(token.id.clone(), (token, caller));
            }
            Event::TokenRevoked { token } => {
                let (token, _) = tokens.get_mut(token).ok_or_else(strange)?;
                token.revoked_at.get_or_insert(at);
            }
            Event::PolicyProposed { .. } | Event::PolicyActivated { .. } | Event::PolicyShadowed { .. } => {}
        }
        Ok(())
    }

    /// Whose token this is, if it counts at this instant. What is wrong with it learns only who has its secret.
    ///
    /// # Errors
    /// [`NotKnown`].
    pub fn check(&self, text: &str, now: i64) -> Result<Arc<Caller>, NotKnown> {
        let secret = Secret::parse(text).ok_or(NotKnown::Wrong)?;
        let tokens = self.read();
        let (token, caller) =
            tokens.get(secret.id()).filter(|(token, _)| token.is(&secret)).ok_or(NotKnown::Wrong)?;
        match token {
            Token { revoked_at: Some(_), .. } => Err(NotKnown::Revoked),
            Token { expires_at, .. } if now >= *expires_at => Err(NotKnown::Expired),
            _ => Ok(Arc::clone(caller)),
        }
    }

    /// A token by its id.
    pub fn get(&self, id: &str) -> Option<Token> {
        self.read().get(id).map(|(token, _)| token.clone())
    }

    /// All tokens, by their id.
    pub fn all(&self) -> Vec<Token> {
        self.read().values().map(|(token, _)| token.clone()).collect()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<String, (Token, Arc<Caller>)>> {
        // Every change is one insertion or one assignment, so the map makes sense whoever panicked.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
