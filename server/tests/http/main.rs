//! The server's answers: the router in memory, and the whole server over sockets.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that panics fails; the helpers of these tests are no tests by themselves"
)]

mod decide;
mod faults;
mod kill;
mod policy;
mod read;
mod replay;
mod sockets;
mod support;
