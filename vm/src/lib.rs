//! Holdpoint's virtual machine: it reads a request by a module's layout, runs the module's code within its proven
//! fuel, and tells the decision with its reasons.
//!
//! Pure by construction: no clock, no files, no network, no randomness, no hash map. `now` and every fact are inputs.
//! The machine must not know of source text; positions reach it as data beside the module.
//!
//! Reading order: [`value`], [`snapshot`], [`request`], [`window`], [`verify`], [`machine`], [`decision`].
#![deny(clippy::arithmetic_side_effects)]

mod decide;
pub mod decision;
mod exec;
mod glob;
mod jcs;
pub mod judgement;
pub mod machine;
pub mod request;
#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod shared_data;
pub mod snapshot;
mod text;
pub mod value;
pub mod verify;
pub mod window;

pub use decide::PlainDecision;
pub use decision::Decision;
pub use judgement::Judgement;
pub use machine::Machine;
pub use request::RequestError;
pub use snapshot::Snapshot;
pub use value::Value;
pub use verify::VerifiedProgram;
