//! Compiler and machine against the interpreter, on the tests of the library and of the examples: each request that they
//! ask is decided by both.

use std::fs;
use std::path::{Path, PathBuf};

use holdpoint_compiler::compile;
use holdpoint_lang::{Checked, PackageInput, check};
use holdpoint_oracle::engine::{Built, tell};
use holdpoint_oracle::make::Facts;
use holdpoint_vm::{Machine, Snapshot, VerifiedProgram};

use super::golden::collect;

/// The folders in a folder of the repository.
fn folders(of: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(of);
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

fn built(folder: &Path) -> Built {
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let mut input = PackageInput { name, ..PackageInput::default() };
    collect(folder, folder, &mut input);
    let checked = check(&input, &holdpoint_stdlib::module);
    assert!(checked.is_ok(), "{}: {:?}", input.name, checked.diagnostics);
    let Checked { sources, package, .. } = checked;
    let compiled = compile(&package, &sources).unwrap();
    let module = VerifiedProgram::load(&compiled.module).unwrap();
    Built { package, sources, compiled, module }
}

#[test]
fn machine_and_interpreter_agree_on_the_library_and_the_examples() {
    let (mut machine, mut snapshot) = (Machine::new(), Snapshot::new());
    let (mut packages, mut decisions) = (0u32, 0u32);
    for folder in folders("stdlib/tests").into_iter().chain(folders("examples")) {
        let built = built(&folder);
        for test in &built.package.tests {
            let facts = Facts { request: test.request.clone(), signals: test.signals.clone(), now: test.now };
            if let Err(why) = built.compare(&mut machine, &mut snapshot, &facts) {
                panic!("{}, {:?}: {why}", folder.display(), test.name);
            }
            decisions += 1;
        }
        packages += 1;
    }
    tell(&format!("{packages} packages of the library and the examples, {decisions} decisions"));
    assert!(packages >= 20 && decisions >= 300, "{packages} packages, {decisions} decisions");
}
