//! Events: what happens to a server other than decisions, kept in the log among them.
//!
//! An event is a record like a decision: it has a number, a leaf in the tree, and stands in every export. What a server
//! knows of its tokens and policies is what the events of its log say, from the first to the last; there is no second
//! place that could differ.

use std::sync::Arc;

use holdpoint_isa::literal::{format_instant, instant};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::Hex;
use crate::log::{
    Class, Cursor, DecisionLog, Entry, Filter, Key, Keys, Kind, ModuleFiles, Origin, ReadError, Record,
    Stored, Why,
};
use crate::publish::Writing;
use crate::token::{Grant, Secret, Token};

/// Events that are read at one time.
const PAGE: usize = 200;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum Event {
    /// A token was made.
    #[serde(rename = "token.created")]
    TokenCreated {
        /// Its id.
        token: String,
        /// For whom it is and what it allows.
        #[serde(flatten)]
        grant: Grant,
        /// When it stops counting.
        expires_at: String,
    },
    /// A policy was published.
    #[serde(rename = "policy.proposed")]
    PolicyProposed {
        /// Its module.
        policy: String,
        /// What people call it.
        name: String,
    },
    /// A policy decides from now on.
    #[serde(rename = "policy.activated")]
    PolicyActivated {
        /// Its module.
        policy: String,
        /// What people call it.
        name: String,
        /// The one that decided before.
        replaces: Option<String>,
    },
    /// A policy is asked beside the active one from now on, without a say; or none is any more.
    #[serde(rename = "policy.shadowed")]
    PolicyShadowed {
        /// Its module, if there is one.
        policy: Option<String>,
    },
    /// A token counts no more.
    #[serde(rename = "token.revoked")]
    TokenRevoked {
        /// Its id.
        token: String,
    },
}

/// What is kept with an event and not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    /// SHA-256 of a token's secret, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// How the rules of a policy are written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub writing: Option<Writing>,
}

impl Event {
    /// The making of a token.
    pub fn token_created(secret: &Secret, grant: Grant, expires_at: i64) -> (Self, Private) {
        let event = Self::TokenCreated {
            token: secret.id().to_owned(),
            grant,
            expires_at: format_instant(expires_at),
        };
        (event, Private { digest: Some(Hex(&secret.digest()).to_string()), ..Private::default() })
    }

    /// Its word, by which it is found.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::TokenCreated { .. } => "token.created",
            Self::PolicyProposed { .. } => "policy.proposed",
            Self::PolicyActivated { .. } => "policy.activated",
            Self::PolicyShadowed { .. } => "policy.shadowed",
            Self::TokenRevoked { .. } => "token.revoked",
        }
    }

    /// As it is committed.
    ///
    /// # Errors
    /// As [`Entry::new`].
    pub fn entry(
        &self,
        private: &Private,
        origin: Origin<'_>,
        now: i64,
        files: Arc<ModuleFiles>,
    ) -> Result<Entry, Why> {
        let bytes = |value: Result<Vec<u8>, serde_json::Error>| value.map_err(|_| Why::TooLong);
        let (result, request) = (bytes(serde_json::to_vec(self))?, bytes(serde_json::to_vec(private))?);
        let mut keys = Keys::of(&origin);
        [Key::event(""), Key::event(self.word())].into_iter().for_each(|key| keys.add(key));
        let record = Record {
            class: Class::Standard,
            kind: Kind::Event,
            decided_at: now,
            module: files.hash,
            source_map: files.source_map_hash,
            semantics: 0,
            tzdb: "",
            request: &request,
            signals: b"{}",
            body: [0; 32],
            origin,
            trace: None,
            key: None,
            result: &result,
            shadow: b"",
        };
        Entry::new(&record, keys, files)
    }

    /// The event of a record.
    ///
    /// # Errors
    /// Where the record is of none, or of one that this program does not know.
    pub fn read(stored: &Stored) -> Result<(Self, Private), ReadError> {
        let record = stored.record()?;
        let unknown = |_| ReadError::damaged(stored.sequence, "its event is unknown");
        let event = serde_json::from_slice(record.result).map_err(unknown)?;
        Ok((event, serde_json::from_slice(record.request).map_err(unknown)?))
    }
}

impl Token {
    /// The token that an event made.
    pub(crate) fn created(event: &Event, private: &Private, at: i64) -> Option<Self> {
        let Event::TokenCreated { token, grant, expires_at } = event else { return None };
        Some(Self {
            id: token.clone(),
            digest: crate::id::from_hex(private.digest.as_deref()?)?,
            grant: grant.clone(),
            created_at: at,
            expires_at: instant(expires_at).ok()?,
            revoked_at: None,
        })
    }
}

/// All events of a log from the first on.
///
/// # Errors
/// [`ReadError`]; with an event missing, nobody knows which tokens count.
pub fn all(
    log: &dyn DecisionLog,
    mut tell: impl FnMut(&Stored) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let filter = Filter { events: Some(String::new()), ..Filter::default() };
    let mut cursor = Some(Cursor::OLDEST);
    while let Some(at) = cursor {
        let page = log.list(&filter, at, PAGE)?;
        for (_, stored) in page.items {
            tell(&stored?)?;
        }
        cursor = page.next;
    }
    Ok(())
}

/// An event as it is shown: its number, when and by whom, and what happened.
///
/// # Errors
/// [`ReadError::Damaged`] where its record is of no event.
pub fn shown(stored: &Stored) -> Result<Value, ReadError> {
    let record = stored.record()?;
    let event: Map<String, Value> = serde_json::from_slice(record.result)
        .map_err(|_| ReadError::damaged(stored.sequence, "its result is not an event"))?;
    let mut shown = Map::new();
    let mut put = |name: &str, value: Value| shown.insert(name.to_owned(), value);
    put("sequence", stored.sequence.into());
    put("at", format_instant(record.decided_at).into());
    put("leaf", Hex(&stored.seal.leaf_hash).to_string().into());
    put("by", record.origin.caller.into());
    put("by_token", Some(record.origin.token).filter(|token| !token.is_empty()).into());
    // The outer names are not those of any event.
    shown.extend(event);
    Ok(Value::Object(shown))
}
