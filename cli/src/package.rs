//! Packages and modules from files.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use holdpoint_isa::codec::decode_source_map;
use holdpoint_isa::program::SourceMap;
use holdpoint_lang::diag::{Diagnostic, Severity, render};
use holdpoint_lang::{Checked, PackageInput, check};
use holdpoint_vm::{Snapshot, VerifiedProgram};

use crate::args::DiagnosticFormat;
use crate::exit::{Exit, Failure};
use crate::output;

/// Directories within a package deeper than this are not looked into.
const DEPTH_MAX: u32 = 8;

/// A policy that can decide.
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) program: VerifiedProgram,
    pub(crate) source_map: SourceMap,
}

/// Reads the files of a package.
pub(crate) fn read(path: &Path) -> Result<PackageInput, Failure> {
    let mut input = PackageInput { name: name_of(path), ..PackageInput::default() };
    if path.is_dir() {
        collect(path, path, 0, &mut input)?;
        if input.files.is_empty() {
            let failure = Failure::new(Exit::Usage, format!("`{}` has no `.hold` file", path.display()));
            return Err(failure.help("name a directory with a policy, or one `.hold` file"));
        }
        return Ok(input);
    }
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    input.files.push((file, read_text(path)?));
    if let Some(parent) = path.parent() {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        let mut beside = PackageInput::default();
        collect(parent, parent, 0, &mut beside)?;
        input.data = beside.data;
    }
    Ok(input)
}

fn name_of(path: &Path) -> String {
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    resolved
        .file_stem()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_else(|| "policy".to_owned())
}

/// Adds the `.hold` and `.json` files of a directory and those below it, hidden ones apart.
fn collect(root: &Path, directory: &Path, depth: u32, input: &mut PackageInput) -> Result<(), Failure> {
    if depth > DEPTH_MAX {
        return Ok(());
    }
    for entry in fs::read_dir(directory).map_err(|error| unreadable(directory, &error))? {
        let path = entry.map_err(|error| unreadable(directory, &error))?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension {
            _ if path.is_dir() => collect(root, &path, depth.saturating_add(1), input)?,
            Some("hold") => input.files.push((relative, read_text(&path)?)),
            Some("json") => {
                input.data.insert(relative, read_text(&path)?);
            }
            _ => {}
        }
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unavailable, format!("cannot read `{}`: {error}", path.display()))
}

/// The text of a file.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read_bytes(path)?)
        .map_err(|_| Failure::new(Exit::Refused, format!("`{}` is not UTF-8", path.display())))
}

/// The bytes of a file, or of standard input for `-`.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        let read = std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes);
        return read.map(|_| bytes).map_err(|error| unreadable(path, &error));
    }
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// Checks a package against the library.
pub(crate) fn checked(path: &Path) -> Result<Checked, Failure> {
    Ok(check(&read(path)?, &holdpoint_stdlib::module))
}

/// Shows diagnostics on standard error, or as JSON on standard output; tells whether there is an error among them.
pub(crate) fn show(checked: &Checked, diagnostics: &[Diagnostic], format: DiagnosticFormat) -> bool {
    let sources = &checked.sources;
    match format {
        DiagnosticFormat::Text => {
            let style = render::Style { color: colour(), unicode: unicode() };
            output::err(&render::text(diagnostics, sources, style));
        }
        DiagnosticFormat::Concise => output::err(&render::concise(diagnostics, sources)),
        DiagnosticFormat::Json => output::out(&render::json(diagnostics, sources)),
    }
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Whether standard error takes colour; `NO_COLOR` and `CLICOLOR_FORCE` are honoured by the stream itself.
fn colour() -> bool {
    let choice = anstream::AutoStream::choice(&std::io::stderr());
    choice != anstream::ColorChoice::Never
}

/// Whether the locale says that more than ASCII can be shown.
fn unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    locale.map_or_else(
        || !std::io::stderr().is_terminal(),
        |locale| locale.to_ascii_lowercase().contains("utf"),
    )
}

/// Checks and compiles a package; what is wrong is shown.
pub(crate) fn compiled(path: &Path) -> Result<(Checked, holdpoint_compiler::Compiled), Failure> {
    let checked = checked(path)?;
    if show(&checked, &checked.diagnostics, DiagnosticFormat::Text) {
        return Err(refused(path));
    }
    match holdpoint_compiler::compile(&checked.package, &checked.sources) {
        Ok(compiled) => Ok((checked, compiled)),
        Err(diagnostics) => {
            show(&checked, &diagnostics, DiagnosticFormat::Text);
            Err(refused(path))
        }
    }
}

fn refused(path: &Path) -> Failure {
    Failure::new(Exit::Refused, format!("`{}` does not compile", path.display()))
}

/// A policy from a package or from a module that was built.
pub(crate) fn policy(path: &Path) -> Result<Policy, Failure> {
    let package = path.is_dir() || path.extension().is_some_and(|extension| extension == "hold");
    let (bytes, source_map) = if package {
        let (_, compiled) = compiled(path)?;
        (compiled.module, compiled.source_map)
    } else {
        (read_bytes(path)?, beside(path)?)
    };
    let program = VerifiedProgram::load(&bytes)
        .map_err(|error| Failure::new(Exit::Refused, format!("`{}`: {error}", path.display())))?;
    let name = program.program().package.clone();
    Ok(Policy { name, program, source_map })
}

/// The source map beside a module, empty where there is none.
fn beside(path: &Path) -> Result<SourceMap, Failure> {
    let map = map_path(path);
    if !map.exists() {
        return Ok(SourceMap::default());
    }
    decode_source_map(&read_bytes(&map)?)
        .map_err(|error| Failure::new(Exit::Refused, format!("`{}`: {error}", map.display())))
}

/// Where the source map of a module lies.
pub(crate) fn map_path(module: &Path) -> PathBuf {
    let mut name = module.as_os_str().to_owned();
    name.push(".map");
    name.into()
}

/// A JSON file of the package that is a request, one named `ready` before others; it is shown to those who try the
/// server.
pub(crate) fn sample_request(path: &Path, program: &VerifiedProgram) -> Option<PathBuf> {
    let input = read(path).ok()?;
    let mut snapshot = Snapshot::new();
    let mut fits = |text: &String| snapshot.read(program.program(), text.as_bytes(), b"").is_ok();
    let mut names: Vec<&String> =
        input.data.iter().filter(|(_, text)| fits(text)).map(|(name, _)| name).collect();
    names.sort_by_key(|name| !name.ends_with("ready.json"));
    let root = if path.is_dir() { path } else { path.parent()? };
    names.first().map(|name| root.join(name))
}
