//! The bytes of modules, pinned: a change of the compiler that changes them shows in review.
//!
//! `HOLDPOINT_BLESS=1` writes the golden file anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use holdpoint_compiler::compile;
use holdpoint_isa::ModuleHash;
use holdpoint_lang::diag::Severity;
use holdpoint_lang::{PackageInput, check};

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proof")
}

/// The files of a folder and those below it.
pub(super) fn collect(root: &Path, folder: &Path, input: &mut PackageInput) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => collect(root, &path, input),
            Some("hold") => input.files.push((name, fs::read_to_string(&path).unwrap())),
            Some("json") => drop(input.data.insert(name, fs::read_to_string(&path).unwrap())),
            _ => {}
        }
    }
}

fn module(input: &PackageInput) -> Vec<u8> {
    let checked = check(input, &holdpoint_stdlib::module);
    let errors: Vec<_> = checked.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{}: {errors:?}", input.name);
    compile(&checked.package, &checked.sources).unwrap().module
}

#[test]
fn bytes_of_modules_are_as_pinned() {
    let small = fs::read_to_string(here().join("small.hold")).unwrap();
    let mut packages = vec![PackageInput {
        name: "small".to_owned(),
        files: vec![("small.hold".to_owned(), small)],
        ..PackageInput::default()
    }];
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let mut input = PackageInput { name, ..PackageInput::default() };
        collect(&folder, &folder, &mut input);
        packages.push(input);
    }
    let found: BTreeMap<String, String> =
        packages.iter().map(|p| (p.name.clone(), ModuleHash::of(&module(p)).to_string())).collect();
    let found: String = found.iter().map(|(name, hash)| format!("{name} {hash}\n")).collect();
    let golden = here().join("modules.txt");
    if std::env::var_os("HOLDPOINT_BLESS").is_some() {
        fs::write(&golden, &found).unwrap();
    }
    let pinned = fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(found, pinned, "the bytes of modules changed; HOLDPOINT_BLESS=1 pins them anew");
}
