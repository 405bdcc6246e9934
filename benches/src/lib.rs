//! What the benches measure with: the reference load, the hand-written floor, the peers, the load over HTTP, and the
//! interleaving that lets figures of a noisy machine be compared.
//!
//! It must not be needed by anything that is shipped. A figure that counts is a ratio of two that were measured in
//! turns; absolute ones are printed beside it to be read, not to be compared between runs.
//!
//! Reading order: [`load`], [`hand`], [`turns`], [`peers`], [`decisions`], [`mod@http`],
//! [`storage`], [`growth`], [`scale`], [`count`], [`table`], [`machine`].

pub mod count;
pub mod decisions;
pub mod growth;
pub mod hand;
pub mod http;
pub mod load;
pub mod machine;
pub mod peers;
pub mod scale;
pub mod storage;
pub mod table;
pub mod turns;

/// What anything here may fail with.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
