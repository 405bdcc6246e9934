//! API tokens: what they look like, what they allow, and what is kept of them.
//!
//! A token is `hp_ID_SECRET`: 16 and 64 hexadecimal digits. The id finds it, the secret proves it; of the secret only
//! its SHA-256 is kept. The secret is 256 random bits, so that nobody finds it from its hash: a slow hash, as for
//! passwords, would make each request dear and nothing safer.

use std::fmt;

use holdpoint_isa::literal::format_instant;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::id::{Hex, from_hex};
use crate::tenant::Tenant;

/// What every token begins with, so that tools that look for secrets find it.
const PREFIX: &str = "hp_";
/// Longest name of a principal, in bytes.
const PRINCIPAL_BYTES_MAX: usize = 128;
/// Who acts where the server is started or a token is made without a server: whoever has its files.
pub const OPERATOR: &str = "operator";
/// Days that a token counts unless told otherwise.
pub const DAYS_DEFAULT: u32 = 90;
/// Most days that a token counts.
pub const DAYS_MAX: u32 = 3660;

macro_rules! scopes {
    ($( $(#[doc = $doc:literal])+ $name:ident $word:literal; )+) => {
        /// What a token allows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Scope { $( $(#[doc = $doc])+ #[serde(rename = $word)] $name, )+ }

        impl Scope {
            /// All of them.
            pub const ALL: &[Self] = &[ $( Self::$name, )+ ];

            /// Its word.
            pub const fn word(self) -> &'static str {
                match self { $( Self::$name => $word, )+ }
            }

            /// What it allows, in words.
            pub const fn doc(self) -> &'static str {
                match self { $( Self::$name => concat!($($doc),+), )+ }
            }
        }
    };
}

scopes! {
    /// To ask for decisions, and to read and replay them.
    Trigger "deployment:trigger";
    /// To read and replay decisions.
    Manage "deployment:manage";
    /// To read and replay decisions; a policy sees by it who may go back.
    Rollback "deployment:rollback";
    /// To publish a policy without having it decide.
    Propose "policy:propose";
    /// To have a published policy decide.
    Activate "policy:activate";
    /// To read everything that is recorded, tokens and metrics among it.
    Audit "audit:read";
    /// Everything, and to make and revoke tokens.
    Admin "admin";
}

impl Scope {
    /// The scope of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.word() == word)
    }
}

/// A token as whoever has it sends it.
pub struct Secret {
    id: String,
    secret: [u8; 32],
}

// Neither a log nor a failing test may show it.
impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}_…", self.id)
    }
}

impl Secret {
    /// A new one.
    ///
    /// # Errors
    /// Where the operating system gives no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let (mut id, mut secret) = ([0; 8], [0; 32]);
        getrandom::fill(&mut id)?;
        getrandom::fill(&mut secret)?;
        Ok(Self { id: Hex(&id).to_string(), secret })
    }

    /// The token that a text spells.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        from_hex::<8>(id)?;
        Some(Self { id: id.to_owned(), secret: from_hex(secret)? })
    }

    /// What finds it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is kept of its secret.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }

    /// The whole of it, to be told once.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}_{}", self.id, Hex(&self.secret))
    }
}

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What finds it.
    pub id: String,
    /// SHA-256 of its secret.
    pub digest: [u8; 32],
    /// What it stands for.
    pub grant: Grant,
    /// When it was made, in nanoseconds since 1970 in UTC.
    pub created_at: i64,
    /// When it stops counting.
    pub expires_at: i64,
    /// When it was revoked, if it was.
    pub revoked_at: Option<i64>,
}

/// For whom a token is and what it allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The person or service that has it.
    pub principal: String,
    /// Whose records it reaches.
    pub tenant: Tenant,
    /// What it allows, each once and in order.
    pub scopes: Vec<Scope>,
}

impl Grant {
    /// Everything, for whoever set up the server.
    pub fn administrator() -> Self {
        Self { principal: "administrator".to_owned(), tenant: Tenant::default(), scopes: vec![Scope::Admin] }
    }

    /// A grant in its one form.
    ///
    /// # Errors
    /// What is wrong with it, and how to mend that.
    pub fn new(principal: String, tenant: Tenant, mut scopes: Vec<Scope>) -> Result<Self, String> {
        let plain = |c: u8| c.is_ascii_alphanumeric() || b"._-:/@+".contains(&c);
        let fits = (1..=PRINCIPAL_BYTES_MAX).contains(&principal.len()) && principal.bytes().all(plain);
        if !fits || principal == OPERATOR {
            return Err(format!(
                "a principal is a name of up to {PRINCIPAL_BYTES_MAX} letters, digits and `._-:/@+`, and not `{OPERATOR}`"
            ));
        }
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err("a token needs a scope".to_owned());
        }
        Ok(Self { principal, tenant, scopes })
    }

    /// Whether it has one of these scopes.
    pub fn has(&self, any: &[Scope]) -> bool {
        self.scopes.iter().any(|scope| *scope == Scope::Admin || any.contains(scope))
    }
}

impl Token {
    /// Whether this is its secret; takes as long whatever the answer is.
    pub fn is(&self, secret: &Secret) -> bool {
        self.digest.ct_eq(&secret.digest()).into()
    }

    /// What may be told of it.
    pub fn json(&self) -> Value {
        json!({
            "id": self.id,
            "principal": self.grant.principal,
            "tenant": self.grant.tenant,
            "scopes": self.grant.scopes,
            "created_at": format_instant(self.created_at),
            "expires_at": format_instant(self.expires_at),
            "revoked_at": self.revoked_at.map(format_instant),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Grant, Scope, Secret};
    use crate::tenant::Tenant;

    #[test]
    fn a_token_is_read_as_it_is_told() {
        let token = Secret::random().unwrap();
        let text = token.reveal();
        assert_eq!(text.len(), 3 + 16 + 1 + 64);
        let read = Secret::parse(&text).unwrap();
        assert_eq!((read.id(), read.digest()), (token.id(), token.digest()));
        assert!(!format!("{token:?}").contains(text.rsplit('_').next().unwrap()));
        for bad in ["", "hp_", &text.replace("hp_", "p_"), &format!("{text}0"), &text.to_uppercase()] {
            assert!(Secret::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_grant_has_one_form() {
        let new = |principal: &str, scopes: &[Scope]| {
            Grant::new(principal.to_owned(), Tenant::default(), scopes.to_vec())
        };
        let grant = new("ci:shop", &[Scope::Audit, Scope::Trigger, Scope::Audit]).unwrap();
        assert_eq!(grant.scopes, [Scope::Trigger, Scope::Audit]);
        assert!(grant.has(&[Scope::Trigger]) && !grant.has(&[Scope::Propose]));
        assert!(new("a", &[Scope::Admin]).unwrap().has(&[Scope::Propose]));
        for bad in ["", "a b", "operator", "a\n", "ä", &"x".repeat(129)] {
            assert!(new(bad, &[Scope::Audit]).is_err(), "{bad:?}");
        }
        assert!(new("a", &[]).is_err());
    }

    #[test]
    fn every_scope_has_one_word() {
        for scope in Scope::ALL {
            assert_eq!(Scope::from_word(scope.word()), Some(*scope));
        }
    }
}
