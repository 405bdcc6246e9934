//! `holdpoint build`

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use holdpoint_isa::ModuleHash;
use holdpoint_isa::codec::encode_source_map;
use holdpoint_lang::PackageInput;

use crate::exit::{Exit, Failure};
use crate::{output, package};

pub(crate) fn run(path: &Path, under: &[PathBuf], to: Option<&Path>) -> Result<Exit, Failure> {
    let input = package::read_under(path, under)?;
    if let Some(to) = to {
        refuse_source(path, &input, to)?;
    }
    let (_, compiled) = package::compiled(path, &input)?;
    let hash = ModuleHash::of(&compiled.module).to_string();
    let Some(to) = to else {
        output::out(&hash);
        return Ok(Exit::Success);
    };
    if is_stream(to) {
        // Whoever reads the stream wants the module and nothing else.
        stream(to, &compiled.module).map_err(|error| unwritable(to, &error))?;
        output::err(&hash);
        return Ok(Exit::Success);
    }
    let map = encode_source_map(&compiled.source_map).map_err(|error| Failure::new(Exit::Refused, error))?;
    write(to, &compiled.module)?;
    write(&package::map_path(to), &map)?;
    output::out(&hash);
    Ok(Exit::Success)
}

/// Refuses to write over what people have written.
fn refuse_source(path: &Path, input: &PackageInput, to: &Path) -> Result<(), Failure> {
    let hold = to.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("hold"));
    let place = to.canonicalize().ok();
    let same = |file: &Path| place.is_some() && file.canonicalize().ok() == place;
    let source =
        !package::is_stdin(to) && (hold || package::source_files(path, input).iter().any(|file| same(file)));
    if source {
        let failure = Failure::new(Exit::Usage, format!("`{}` is a source file", to.display()));
        return Err(failure.help("write the module to a file of its own, such as `policy.hpm`"));
    }
    Ok(())
}

/// Whether a place is standard output, a device or a pipe. A directory is none, and is refused when it is written.
fn is_stream(to: &Path) -> bool {
    package::is_stdin(to) || fs::metadata(to).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

fn stream(to: &Path, bytes: &[u8]) -> io::Result<()> {
    if package::is_stdin(to) {
        let mut out = io::stdout().lock();
        return out.write_all(bytes).and_then(|()| out.flush());
    }
    fs::OpenOptions::new().write(true).open(to)?.write_all(bytes)
}

/// Writes a file beside its place and moves it there, so that nobody meets half of it. Who may read it stays as it is.
pub(super) fn write(to: &Path, bytes: &[u8]) -> Result<(), Failure> {
    // A link stays, and what it leads to is replaced.
    let place = to.canonicalize().unwrap_or_else(|_| to.to_path_buf());
    let mut beside = place.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = Path::new(&beside);
    let permissions = fs::metadata(&place).map(|found| found.permissions());
    let written = fs::File::create(beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| permissions.map_or(Ok(()), |permissions| fs::set_permissions(beside, permissions)))
        .and_then(|()| fs::rename(beside, &place));
    written.map_err(|error| {
        // What is left of a failed attempt is of no use to anyone.
        let _ = fs::remove_file(beside);
        unwritable(to, &error)
    })
}

fn unwritable(to: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Unavailable, format!("cannot write `{}`: {error}", to.display()))
}
