//! Holdpoint's decision server.

pub mod id;
pub mod log;
