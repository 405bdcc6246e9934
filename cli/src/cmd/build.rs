//! `holdpoint build`

use std::path::{Path, PathBuf};

use holdpoint_isa::ModuleHash;
use holdpoint_isa::codec::encode_source_map;
use holdpoint_lang::PackageInput;

use crate::exit::{Exit, Failure};
use crate::{file, output, package};

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
    if file::is_stream(to) {
        // Whoever reads the stream wants the module and nothing else.
        file::put(to, &compiled.module)?;
        output::err(&hash);
        return Ok(Exit::Success);
    }
    let map = encode_source_map(&compiled.source_map).map_err(|error| Failure::new(Exit::Refused, error))?;
    file::put(to, &compiled.module)?;
    file::put(&package::map_path(to), &map)?;
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
