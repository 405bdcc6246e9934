//! A package of the repository that decides: read, checked, compiled, verified.

use std::fs;

use holdpoint_compiler::compile;
use holdpoint_isa::literal;
use holdpoint_isa::program::Provenance;
use holdpoint_isa::program::SourceMap;
use holdpoint_lang::diag::render;
use holdpoint_lang::hir::{Field, Package};
use holdpoint_lang::{PackageInput, check};
use holdpoint_vm::{Decision, Judgement, Machine, Snapshot, VerifiedProgram};
use serde_json::Value;

use crate::foreign::Document;
use crate::homes;

/// A package that decides.
pub struct Example {
    package: Package,
    module: VerifiedProgram,
    places: SourceMap,
    snapshot: Snapshot,
    machine: Machine,
}

impl Example {
    /// The package in a folder, from the root of the repository.
    ///
    /// # Errors
    /// What hinders reading it, and what is wrong with it.
    pub fn load(folder: &str) -> Result<Self, String> {
        let root = homes::root();
        let mut input = PackageInput { name: folder.replace('/', "."), ..PackageInput::default() };
        for path in homes::files(&root, folder, "hold").map_err(said)? {
            let text = fs::read_to_string(root.join(&path)).map_err(said)?;
            // Tests are run by `holdpoint test`; their fixtures may need files.
            if !path.ends_with("tests.hold") {
                input.files.push((path, text));
            }
        }
        Self::of(&input)
    }

    /// The package of one text.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn written(text: String) -> Result<Self, String> {
        let files = vec![("policy.hold".to_owned(), text)];
        Self::of(&PackageInput { name: "example".to_owned(), files, ..PackageInput::default() })
    }

    fn of(input: &PackageInput) -> Result<Self, String> {
        let checked = check(input, &holdpoint_stdlib::module);
        if !checked.is_ok() {
            return Err(render::concise(&checked.diagnostics, &checked.sources));
        }
        let compiled = compile(&checked.package, &checked.sources)
            .map_err(|wrong| render::concise(&wrong, &checked.sources))?;
        let module = VerifiedProgram::load(&compiled.module).map_err(said)?;
        let (snapshot, machine) = (Snapshot::new(), Machine::new());
        Ok(Self { package: checked.package, module, places: compiled.source_map, snapshot, machine })
    }

    /// The request that a document of foreign shape is: what its caller sends of it.
    pub fn request(&self, document: &Value, kind: Document) -> Value {
        let fields = self.package.request.and_then(|index| self.package.records.get(index));
        let claimed =
            fields.iter().flat_map(|record| &record.fields).filter(|f| f.provenance == Provenance::Claimed);
        let member = |field: &Field| {
            Some((field.wire.clone(), kind.project(&self.package, &field.ty, document.get(&field.wire))?))
        };
        Value::Object(claimed.filter_map(member).collect())
    }

    /// Decides a request, with what a caller does not send apart, at an instant by RFC 3339.
    ///
    /// # Errors
    /// Why the request is refused.
    pub fn decide(&mut self, request: &Value, facts: &Value, now: &str) -> Result<Decision, String> {
        let now = self.read(request, facts, now)?;
        Ok(self.machine.decide(&self.module, &self.places, &self.snapshot, now))
    }

    /// Judges the stage of a rollout that the facts tell of, as [`Self::decide`] decides.
    ///
    /// # Errors
    /// Why the facts are refused.
    pub fn judge(&mut self, request: &Value, facts: &Value, now: &str) -> Result<Judgement, String> {
        let now = self.read(request, facts, now)?;
        Ok(self.machine.judge(&self.module, &self.places, &self.snapshot, now))
    }

    fn read(&mut self, request: &Value, facts: &Value, now: &str) -> Result<i64, String> {
        let now = literal::instant(now).map_err(|error| format!("{now}: {error:?}"))?;
        let (request, facts) = (request.to_string(), facts.to_string());
        self.snapshot
            .read(self.module.program(), request.as_bytes(), facts.as_bytes())
            .map_err(|error| error.to_string())?;
        Ok(now)
    }
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
