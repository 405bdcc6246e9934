//! Holdpoint's decision server: it answers requests with decisions of a policy, each kept before it is told.
//!
//! This crate does the input and output that the language and the machine must not do: sockets, the clock, the file of
//! the decision log. It must not know of the language's text or syntax; it gets modules.
//!
//! Invariants: no verdict leaves the server unless its record is durable, and every answer is made from that record.
//! A failure of ours is a problem without a verdict, to be treated as a block. The clock is read in one place, redb is
//! known to one folder, paths to one table.
//!
//! Reading order: [`serve()`], [`mod@app`], `routes`, `worker`, [`log`], [`mod@event`], [`standing`], [`tenant`],
//! [`token`], [`access`], [`publish`], [`published`], [`tlog`], [`proving`],
//! [`notary`], [`verify`], [`export`], [`keeper`], [`replay`], [`error`].

pub mod access;
mod answer;
pub mod app;
mod body;
pub mod clock;
pub mod config;
mod considering;
pub mod error;
pub mod event;
pub mod explain;
pub mod export;
pub mod id;
mod idempotency;
pub mod keeper;
pub mod log;
mod metrics;
mod nearest;
pub mod notary;
mod policy;
pub mod proving;
pub mod publish;
pub mod published;
pub mod replay;
mod routes;
mod serve;
pub mod standing;
mod subject;
pub mod tenant;
pub mod tlog;
pub mod token;
mod trace;
mod verified;
pub mod verify;
mod worker;

pub use answer::{decision, write_decision};
pub use app::{App, app};
pub use clock::Clock;
pub use config::{Config, Limits};
pub use id::{DecisionId, Hex, LogId};
pub use policy::{Policy, Summary};
pub use serve::{Offer, ServeError, Started, serve, serve_from};
