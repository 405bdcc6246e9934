//! Packages and modules from files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use holdpoint_isa::codec::decode_source_map;
use holdpoint_isa::program::SourceMap;
use holdpoint_lang::ast::{Base, Item};
use holdpoint_lang::diag::{Diagnostic, Severity, render};
use holdpoint_lang::{Checked, FileId, PackageInput, Sources, check, parse};
use holdpoint_server::publish::Writing;
use holdpoint_vm::{Snapshot, VerifiedProgram};

use crate::exit::{Exit, Failure};
use crate::{output, publish};

/// Directories within a package deeper than this are not looked into.
const DEPTH_MAX: u32 = 8;
/// A longer file is not taken for a request to show.
const SAMPLE_BYTES_MAX: u64 = 256 * 1024;
/// How many files are tried as a request to show.
const SAMPLES_MAX: usize = 256;
/// What a policy from standard input is called, and its file.
const STDIN_NAME: &str = "stdin";
const STDIN_FILE: &str = "stdin.hold";

/// A policy that can decide.
pub(crate) struct Policy {
    pub(crate) name: String,
    pub(crate) program: VerifiedProgram,
    pub(crate) source_map: SourceMap,
    /// How its rules are written, where it came as a package.
    pub(crate) writing: Option<Writing>,
}

/// The files below a directory that a package can have, by their paths relative to it.
#[derive(Default)]
struct Found {
    hold: Vec<String>,
    json: Vec<String>,
}

/// Reads a package, and those of the layers above it, the top one first.
pub(crate) fn read_under(path: &Path, under: &[PathBuf]) -> Result<PackageInput, Failure> {
    let above = under.iter().map(|above| read(above)).collect::<Result<Vec<_>, _>>()?;
    Ok(PackageInput { above, ..read(path)? })
}

/// Reads a package: a directory's `.hold` files, one such file, or standard input for `-`, and of the JSON files there
/// only those that a fixture or a test names.
fn read(path: &Path) -> Result<PackageInput, Failure> {
    read_over(path, &BTreeMap::new())
}

/// Reads a package with other texts in place of some of its files, or beside them.
pub(crate) fn read_over(path: &Path, open: &BTreeMap<PathBuf, String>) -> Result<PackageInput, Failure> {
    let text = |file: &Path| open.get(file).map_or_else(|| read_text(file), |text| Ok(text.clone()));
    let mut input = PackageInput { name: name_of(path), ..PackageInput::default() };
    if is_stdin(path) {
        input.files.push((STDIN_FILE.to_owned(), read_text(path)?));
    } else if path.is_dir() || open.keys().any(|file| file != path && file.starts_with(path)) {
        let mut found = Found::default();
        if path.is_dir() {
            find(path, path, DEPTH_MAX, &mut found)?;
        }
        let beside = open.keys().filter_map(|file| file.strip_prefix(path).ok());
        let beside = beside.filter(|file| file.extension().is_some_and(|extension| extension == "hold"));
        let beside: BTreeSet<String> = beside.map(|file| file.to_string_lossy().into_owned()).collect();
        found.hold = beside.into_iter().chain(found.hold).collect::<BTreeSet<_>>().into_iter().collect();
        if found.hold.is_empty() {
            let failure = Failure::new(Exit::Usage, format!("`{}` has no `.hold` file", path.display()));
            return Err(failure.help("name a directory with a policy, or one `.hold` file"));
        }
        for name in found.hold {
            let text = text(&path.join(&name))?;
            input.files.push((name, text));
        }
        // The names of files that nobody reads are what a mistyped one is compared with.
        input.data.extend(found.json.into_iter().map(|name| (name, String::new())));
    } else {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        input.files.push((file, read_text(path)?));
    }
    let root = root_of(path);
    for name in fixture_files(&input) {
        let file = root.join(&name);
        if is_within(&name) && file.is_file() {
            input.data.insert(name, read_text(&file)?);
        }
    }
    Ok(input)
}

/// Whether a path stands for standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// The `.hold` files of a directory and those below it, or the file that is named.
pub(crate) fn hold_files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Found::default();
    find(path, path, DEPTH_MAX, &mut found)?;
    Ok(found
        .hold
        .iter()
        .map(|name| if path == Path::new(".") { name.into() } else { path.join(name) })
        .collect())
}

/// What a file is called in messages.
pub(crate) fn label(path: &Path) -> String {
    if is_stdin(path) { STDIN_FILE.to_owned() } else { path.display().to_string() }
}

/// The directory that the paths of a package's files are relative to.
fn root_of(path: &Path) -> &Path {
    if path.is_dir() {
        return path;
    }
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The files that are part of a package as it was read, where they lie.
pub(crate) fn source_files(path: &Path, input: &PackageInput) -> Vec<PathBuf> {
    let names = input.files.iter().map(|(name, _)| name).chain(input.data.keys());
    names.map(|name| root_of(path).join(name)).collect()
}

/// Where a source of a package lies, seen from the directory that the command runs in; what it is called where it lies in
/// no file.
pub(crate) fn lies_at(path: &Path, under: &[PathBuf], source: &str) -> String {
    let own = root_of(path).join(source);
    let above = under.iter().filter_map(|above| {
        let within = source.strip_prefix(&name_of(above))?.strip_prefix('/')?;
        Some(root_of(above).join(within))
    });
    let Some(file) = above.chain([own]).find(|file| !is_stdin(path) && file.is_file()) else {
        return source.to_owned();
    };
    let here = std::env::current_dir().unwrap_or_default();
    let file = file.strip_prefix(&here).unwrap_or(&file);
    let parts = file.components().filter(|part| *part != std::path::Component::CurDir);
    parts.collect::<PathBuf>().to_string_lossy().replace('\\', "/")
}

/// The JSON files that fixtures and tests start from.
fn fixture_files(input: &PackageInput) -> BTreeSet<String> {
    let items = input.files.iter().flat_map(|(_, text)| parse(FileId::default(), text).0.items);
    let file = |item| {
        let given = match item {
            Item::Fixture(fixture) => fixture.body,
            Item::Test(test) => test.given?,
            _ => return None,
        };
        if let Base::File(name) = given.base { Some(name.name) } else { None }
    };
    items.filter_map(file).collect()
}

/// Whether a path names a JSON file below the directory that it is relative to, in its one spelling, none of it hidden.
fn is_within(name: &str) -> bool {
    name.ends_with(".json") && name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
}

fn name_of(path: &Path) -> String {
    if is_stdin(path) {
        return STDIN_NAME.to_owned();
    }
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    resolved
        .file_stem()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_else(|| "policy".to_owned())
}

/// The packages with tests that paths name: a path itself where it is one file or has `.hold` files directly in it,
/// else the packages below it, in order of their paths.
pub(crate) fn with_tests(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut packages = Vec::new();
    for path in paths {
        if is_stdin(path) || !path.is_dir() || has_sources(path)? {
            packages.push(path.clone());
        } else {
            let before = packages.len();
            below(path, DEPTH_MAX, &mut packages)?;
            if packages.len() == before {
                let failure = Failure::new(
                    Exit::Usage,
                    format!("`{}` has no `.hold` file with a test", path.display()),
                );
                return Err(failure.help("name a directory with a policy and its tests, or one `.hold` file"));
            }
        }
    }
    Ok(packages)
}

fn below(directory: &Path, depth: u32, packages: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
    for directory in entries(directory)?.into_iter().filter(|path| path.is_dir()) {
        if !has_sources(&directory)? {
            below(&directory, depth, packages)?;
        } else if is_tested(&read(&directory)?) {
            packages.push(directory);
        }
    }
    Ok(())
}

fn has_sources(directory: &Path) -> Result<bool, Failure> {
    let is_source =
        |path: &PathBuf| path.extension().is_some_and(|ending| ending == "hold") && path.is_file();
    Ok(entries(directory)?.iter().any(is_source))
}

fn is_tested(input: &PackageInput) -> bool {
    let mut items = input.files.iter().flat_map(|(_, text)| parse(FileId::default(), text).0.items);
    items.any(|item| matches!(item, Item::Test(_)))
}

/// What lies in a directory, hidden entries apart, in order.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| unreadable(directory, &error))? {
        let path = entry.map_err(|error| unreadable(directory, &error))?.path();
        if path.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Finds the `.hold` and `.json` files of a directory and those below it, hidden ones apart.
fn find(root: &Path, directory: &Path, depth: u32, found: &mut Found) -> Result<(), Failure> {
    for path in entries(directory)? {
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => {
                if let Some(depth) = depth.checked_sub(1) {
                    find(root, &path, depth, found)?;
                }
            }
            Some("hold") => found.hold.push(relative),
            Some("json") => found.json.push(relative),
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
    if is_stdin(path) {
        let mut bytes = Vec::new();
        let read = std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes);
        return read.map(|_| bytes).map_err(|error| unreadable(path, &error));
    }
    fs::read(path).map_err(|error| unreadable(path, &error))
}

/// Checks a package against the library.
pub(crate) fn checked(path: &Path, under: &[PathBuf]) -> Result<Checked, Failure> {
    Ok(check(&read_under(path, under)?, &holdpoint_stdlib::module))
}

/// Shows diagnostics on standard error, with the source; tells whether there is an error among them.
pub(crate) fn show(sources: &Sources, diagnostics: &[Diagnostic]) -> bool {
    let style = render::Style { color: colour(), unicode: unicode() };
    output::err(&render::text(diagnostics, sources, style));
    has_errors(diagnostics)
}

/// Whether there is an error among diagnostics.
pub(crate) fn has_errors(diagnostics: &[Diagnostic]) -> bool {
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

/// Checks and compiles a package; what is wrong is shown. Warnings are left to `check`.
pub(crate) fn compiled(
    path: &Path,
    input: &PackageInput,
) -> Result<(Checked, holdpoint_compiler::Compiled), Failure> {
    let checked = check(input, &holdpoint_stdlib::module);
    let is_error = |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Error;
    let errors: Vec<Diagnostic> = checked.diagnostics.iter().filter(is_error).cloned().collect();
    if show(&checked.sources, &errors) {
        return Err(refused(path));
    }
    match holdpoint_compiler::compile(&checked.package, &checked.sources) {
        Ok(compiled) => Ok((checked, compiled)),
        Err(diagnostics) => {
            show(&checked.sources, &diagnostics);
            Err(refused(path))
        }
    }
}

fn refused(path: &Path) -> Failure {
    Failure::new(Exit::Refused, format!("`{}` does not compile", path.display()))
}

/// Whether a path names a package rather than a module.
fn is_package(path: &Path) -> bool {
    is_stdin(path) || path.is_dir() || path.extension().is_some_and(|extension| extension == "hold")
}

/// A policy from a package, with those of the layers above it, or from a module that was built.
pub(crate) fn policy(path: &Path, under: &[PathBuf]) -> Result<Policy, Failure> {
    if !under.is_empty() && !is_package(path) {
        return Err(Failure::new(
            Exit::Usage,
            format!("`{}` is a module, and linked already", path.display()),
        )
        .help("leave `--under` out, or name the package"));
    }
    let (bytes, source_map, writing) = if is_package(path) {
        let (checked, compiled) = compiled(path, &read_under(path, under)?)?;
        (compiled.module, compiled.source_map, Some(publish::writing(&checked)))
    } else {
        (read_bytes(path)?, beside(path)?, None)
    };
    let program = loaded(path, &bytes)?;
    let name = match source_map.package.as_str() {
        "" => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        package => package.to_owned(),
    };
    Ok(Policy { name, program, source_map, writing })
}

/// A module from its bytes.
pub(crate) fn loaded(path: &Path, bytes: &[u8]) -> Result<VerifiedProgram, Failure> {
    VerifiedProgram::load(bytes)
        .map_err(|error| Failure::new(Exit::Refused, format!("`{}`: {error}", path.display())))
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
    if is_stdin(path) || !is_package(path) {
        return None;
    }
    // Beside one file there may be anything, and much of it.
    let depth = if path.is_dir() { DEPTH_MAX } else { 1 };
    let (root, mut found) = (root_of(path), Found::default());
    // What could not be looked into holds no sample.
    let _ = find(root, root, depth, &mut found);
    found.json.sort_by_key(|name| (!name.ends_with("ready.json"), name.clone()));
    let mut snapshot = Snapshot::new();
    let mut fits = |file: &PathBuf| {
        let small = fs::metadata(file).is_ok_and(|found| found.is_file() && found.len() <= SAMPLE_BYTES_MAX);
        small && fs::read(file).is_ok_and(|text| snapshot.read(program.program(), &text, b"").is_ok())
    };
    found.json.iter().take(SAMPLES_MAX).map(|name| root.join(name)).find(|file| fits(file))
}
