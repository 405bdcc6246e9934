//! The oracle: a naive interpreter of the typed tree, and packages and requests made from a seed to compare it with
//! what compiler and machine make of them.
//!
//! The interpreter is written from the design of the language and must not know of bytecode, slots, registers or fuel.
//! It shares with the machine only what both take from tables: the spellings of literals, the exact decimal, and the
//! calendar of windows. Everything here is a function of its inputs; a case is told again by its seed.
//!
//! Reading order: [`value`], [`eval`] with `compute`, [`decide`], [`judge`], then [`rng`], [`make`], [`mutate`], [`engine`].

mod compute;
pub mod decide;
pub mod engine;
pub mod eval;
pub mod judge;
pub mod make;
pub mod mutate;
pub mod rng;
pub mod value;
