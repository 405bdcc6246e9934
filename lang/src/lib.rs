//! The front end of the Holdpoint language: from text to a typed tree, with diagnostics.
//!
//! It must not know of bytecode beyond the tables of `holdpoint-isa`, nor of files, time or the network: a package
//! comes in as texts.
//!
//! Reading order: [`span`], [`diag`], [`token`], [`lexer`], [`ast`], [`parse()`], [`format()`], [`ops`], [`hir`], [`check()`],
//! [`schema`].

pub mod ast;
mod check;
pub mod diag;
mod fmt;
pub mod hir;
mod index;
pub mod lexer;
pub mod ops;
mod parse;
pub mod schema;
pub mod span;
pub mod token;

pub use check::{Checked, Library, PackageInput, TYPE_NAMES, check};
pub use diag::{Diagnostic, Diagnostics};
pub use fmt::{WIDTH, format};
pub use index::Index;
pub use parse::parse;
pub use span::{FileId, Source, Sources, Span};
