//! The language server of Holdpoint: what editors show while a policy is written, from the same check that the command
//! runs, with open texts in place of files.
//!
//! One thread answers: it first takes in everything that has arrived, so that an answer is about the newest text, and a
//! request that was cancelled or overtaken is told so. What is known of a package is a `snapshot`; each feature is a
//! function of one. Nothing here reads a package from files: that is given by whoever starts the server.
//!
//! Reading order: `position`, `symbol`, `snapshot`, `workspace`, `features`, `server`.

mod features;
mod library;
mod position;
mod server;
mod snapshot;
mod symbol;
mod uri;
mod workspace;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use holdpoint_lang::PackageInput;

pub use server::{Ended, serve_stdio};

/// The texts of open documents by the paths of their files.
pub type Open = BTreeMap<PathBuf, String>;

/// Reads the package in a directory, with open texts in place of files; what hinders that comes back in words.
pub type Reader<'r> = &'r dyn Fn(&Path, &Open) -> Result<PackageInput, String>;
