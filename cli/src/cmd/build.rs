//! `holdpoint build`

use std::fs;
use std::io::Write;
use std::path::Path;

use holdpoint_isa::ModuleHash;
use holdpoint_isa::codec::encode_source_map;

use crate::exit::{Exit, Failure};
use crate::{output, package};

pub(crate) fn run(path: &Path, to: &Path) -> Result<Exit, Failure> {
    let (_, compiled) = package::compiled(path)?;
    let map = encode_source_map(&compiled.source_map).map_err(|error| Failure::new(Exit::Refused, error))?;
    write(to, &compiled.module)?;
    write(&package::map_path(to), &map)?;
    output::out(&ModuleHash::of(&compiled.module).to_string());
    Ok(Exit::Success)
}

/// Writes a file beside its place and moves it there, so that nobody meets half a module.
fn write(to: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut beside = to.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = Path::new(&beside);
    let written = fs::File::create(beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(beside, to));
    written.map_err(|error| {
        // What is left of a failed attempt is of no use to anyone.
        let _ = fs::remove_file(beside);
        Failure::new(Exit::Unavailable, format!("cannot write `{}`: {error}", to.display()))
    })
}
