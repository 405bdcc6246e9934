//! The data of Holdpoint's bytecode, shared by the type checker, the compiler and the virtual machine.
//!
//! This crate holds tables and plain types only. It must not know of source text, of evaluation, of files or
//! of time: the checker needs the signatures of builtins, and the machine must never depend on a parser.
//!
//! Reading order: [`limits`], [`dec`], [`verdict`], [`types`], [`builtins`], [`fault`], [`ops`],
//! [`window`], [`literal`], [`program`], [`codec`].
#![deny(clippy::arithmetic_side_effects)]

pub mod builtins;
pub mod codec;
pub mod dec;
pub mod fault;
pub mod limits;
pub mod literal;
pub mod ops;
pub mod program;
pub mod types;
pub mod verdict;
pub mod window;

pub use builtins::Builtin;
pub use codec::{CodecError, Hex, ModuleHash, decode, encode};
pub use dec::Dec;
pub use fault::Fault;
pub use ops::{Op, Reg};
pub use program::Program;
pub use verdict::Verdict;
