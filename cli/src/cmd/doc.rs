//! `holdpoint doc`

use std::path::{Path, PathBuf};

use crate::doc::{Reference, markdown};
use crate::exit::{Exit, Failure};
use crate::{file, package};

pub(crate) fn run(path: &Path, under: &[PathBuf], to: Option<&Path>) -> Result<Exit, Failure> {
    let (checked, compiled) = package::compiled(path, &package::read_under(path, under)?)?;
    let module = package::loaded(path, &compiled.module)?;
    let reference = Reference::new(&checked, &compiled, module.program());
    file::tell(to, &markdown(&reference))?;
    Ok(Exit::Success)
}
