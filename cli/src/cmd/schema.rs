//! `holdpoint schema`

use std::path::{Path, PathBuf};

use holdpoint_lang::schema;

use crate::exit::{Exit, Failure};
use crate::{file, package, report};

pub(crate) fn run(path: &Path, under: &[PathBuf], facts: bool, to: Option<&Path>) -> Result<Exit, Failure> {
    let (checked, _) = package::compiled(path, &package::read_under(path, under)?)?;
    let of = if facts { schema::facts } else { schema::request };
    file::tell(to, &report::document(&of(&checked.package)))?;
    Ok(Exit::Success)
}
