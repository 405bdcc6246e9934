//! The language as the runner uses it: check, compile, run the tests of a package.

use holdpoint_compiler::{Compiled, compile, disassemble, run_tests};
use holdpoint_lang::diag::Severity;
use holdpoint_lang::diag::render::{self, Style};
use holdpoint_lang::hir::Package;
use holdpoint_lang::{Checked, Diagnostic, PackageInput, Sources, check};

use crate::block::Golden;
use crate::package::Files;

/// What came of a package.
pub struct Outcome {
    /// The files.
    pub sources: Sources,
    /// What is wrong, of the check or else of the compiler.
    pub diagnostics: Vec<Diagnostic>,
    /// What the compiler made of it, where nothing is wrong.
    pub module: Option<Module>,
}

/// A compiled package.
pub struct Module {
    /// Its operations in words.
    pub disassembly: String,
    /// Its proven bounds in words.
    pub bounds: String,
    /// Its tests: the name of each and what failed.
    pub tests: Vec<(String, Vec<String>)>,
}

/// Only the syntax of a package.
pub fn parse(files: &Files) -> Outcome {
    let mut sources = Sources::default();
    let mut diagnostics = Vec::new();
    for (path, text) in &files.sources {
        let file = sources.add(holdpoint_lang::Source::new(path.as_str(), text.as_str()));
        let (_, found) = holdpoint_lang::parse(file, text);
        diagnostics.extend(found.sorted());
    }
    Outcome { sources, diagnostics, module: None }
}

/// A package through every pass.
pub fn build(files: &Files) -> Outcome {
    let input =
        PackageInput { name: "example".to_owned(), files: files.sources.clone(), data: files.data.clone() };
    let Checked { sources, package, diagnostics } = check(&input, &holdpoint_stdlib::module);
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Outcome { sources, diagnostics, module: None };
    }
    match compile(&package, &sources) {
        Ok(compiled) => Outcome { sources, diagnostics, module: Some(module(&package, &compiled)) },
        Err(found) => {
            Outcome { sources, diagnostics: diagnostics.into_iter().chain(found).collect(), module: None }
        }
    }
}

fn module(package: &Package, compiled: &Compiled) -> Module {
    let disassembly = match holdpoint_isa::decode(&compiled.module) {
        Ok(program) => disassemble(&program, Some(&compiled.source_map)),
        Err(error) => format!("the module does not decode: {error}\n"),
    };
    let tests = run_tests(package, compiled).into_iter().map(|test| (test.name, test.failures)).collect();
    Module { disassembly, bounds: format!("fuel {}\n", compiled.fuel_bound), tests }
}

impl Outcome {
    /// What a golden block shows of it; `None` where there is no module to show.
    pub fn show(&self, golden: Golden) -> Option<String> {
        let style = Style { color: false, unicode: true };
        let module = self.module.as_ref();
        match golden {
            Golden::Diagnostics => Some(render::text(&self.diagnostics, &self.sources, style)),
            Golden::Concise => Some(render::concise(&self.diagnostics, &self.sources)),
            Golden::Json => Some(render::json(&self.diagnostics, &self.sources)),
            Golden::Disassembly => module.map(|module| module.disassembly.clone()),
            Golden::Fuel => module.map(|module| module.bounds.clone()),
        }
    }
}
