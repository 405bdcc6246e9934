//! Publishing a policy: from what was sent to a module that may be activated, and what it would change.
//!
//! It must not know of the language: whoever has a compiler brings it as a [`Compiler`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use holdpoint_isa::Program;
use holdpoint_isa::codec::{decode_source_map, encode_source_map};
use holdpoint_isa::program::{Rule, SourceMap};
use holdpoint_vm::VerifiedProgram;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::policy::Policy;
use crate::tlog::from_base64;

/// Turns packages into modules.
pub trait Compiler: Send + Sync {
    /// Compiles a package, and runs its tests.
    ///
    /// # Errors
    /// What is wrong with it.
    fn compile(&self, package: &Package) -> Result<Built, Rejected>;
}

/// A package as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// What people call it.
    pub name: String,
    /// Its files by their paths: `.hold` files, and the JSON files that tests start from.
    pub files: BTreeMap<String, String>,
    /// The packages of the layers above it, the top one first.
    #[serde(default)]
    pub above: Vec<Self>,
}

/// What a compiler makes of a package.
#[derive(Debug)]
pub struct Built {
    /// The module's canonical bytes.
    pub module: Vec<u8>,
    /// Where its rules stand in the source.
    pub source_map: SourceMap,
    /// How each rule is written.
    pub writing: Writing,
    /// How many tests have passed.
    pub tests: usize,
    /// Warnings, as the compiler shows them to programs.
    pub diagnostics: Value,
}

/// How the rules of a package are written: a hash over the source of each by `policy.rule`, without comments and spaces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writing {
    /// The hash of each rule.
    pub rules: BTreeMap<String, String>,
    /// The hash of all that stands outside of rules and tests.
    pub definitions: String,
}

/// Why a package was not compiled.
#[derive(Debug, Clone, Serialize)]
pub struct Rejected {
    /// Diagnostics, as the compiler shows them to programs.
    pub diagnostics: Value,
    /// The tests that have failed.
    pub failed_tests: Vec<FailedTest>,
}

/// A test that has failed.
#[derive(Debug, Clone, Serialize)]
pub struct FailedTest {
    /// What it should show.
    pub name: String,
    /// Where it stands, as `file:line:column`.
    pub source: String,
    /// What came out otherwise.
    pub failures: Vec<String>,
}

/// What is sent to be published: the files of a package, or a module that was built.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Offered {
    name: String,
    files: Option<BTreeMap<String, String>>,
    #[serde(default)]
    above: Vec<Package>,
    module: Option<String>,
    source_map: Option<String>,
}

/// A policy that may be published.
#[derive(Debug)]
pub struct Candidate {
    /// The policy.
    pub policy: Policy,
    /// How its rules are written, where its source is known.
    pub writing: Option<Writing>,
    /// How many of its tests have passed.
    pub tests: usize,
    /// What the compiler said.
    pub diagnostics: Value,
}

/// Why something is not published.
#[derive(Debug)]
pub(crate) enum NotPublished {
    /// It is not what it should be.
    Malformed(String),
    /// It does not compile, or its tests fail.
    Rejected(Rejected),
}

/// Longest name of a policy, in bytes.
const NAME_BYTES_MAX: usize = 128;

impl Offered {
    /// Compiles and verifies what was sent.
    pub(crate) fn candidate(self, compiler: Option<&Arc<dyn Compiler>>) -> Result<Candidate, NotPublished> {
        let wrong = |why: String| NotPublished::Malformed(why);
        let Self { name, files, above, module, source_map } = self;
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(wrong(format!("`name` is a text of 1 to {NAME_BYTES_MAX} bytes")));
        }
        match (files, module, source_map) {
            (Some(files), None, None) => {
                let compiler = compiler.ok_or_else(|| wrong("this server takes modules only".to_owned()))?;
                built(
                    name.clone(),
                    compiler.compile(&Package { name, files, above }).map_err(NotPublished::Rejected)?,
                )
            }
            (None, Some(module), map) if above.is_empty() => loaded(name, &module, map.as_deref()),
            _ => Err(wrong("send `files`, or `module` and its `source_map`".to_owned())),
        }
    }
}

fn built(name: String, built: Built) -> Result<Candidate, NotPublished> {
    let Built { module, source_map, writing, tests, diagnostics } = built;
    let policy = policy(name, &module, source_map)?;
    Ok(Candidate { policy, writing: Some(writing), tests, diagnostics })
}

fn loaded(name: String, module: &str, map: Option<&str>) -> Result<Candidate, NotPublished> {
    let bytes = |text: &str, what: &str| {
        from_base64(text).ok_or_else(|| NotPublished::Malformed(format!("`{what}` is not base64")))
    };
    let source_map = match map {
        None => SourceMap::default(),
        Some(text) => decode_source_map(&bytes(text, "source_map")?)
            .map_err(|error| NotPublished::Malformed(format!("`source_map`: {error}")))?,
    };
    let policy = policy(name, &bytes(module, "module")?, source_map)?;
    Ok(Candidate { policy, writing: None, tests: 0, diagnostics: Value::Null })
}

fn policy(name: String, module: &[u8], source_map: SourceMap) -> Result<Policy, NotPublished> {
    let wrong = |error: &dyn fmt::Display| NotPublished::Malformed(format!("the module: {error}"));
    let program = VerifiedProgram::load(module).map_err(|error| wrong(&error))?;
    if program.program().policies.is_empty() {
        return Err(wrong(&"it has no policy, so every request would be blocked"));
    }
    let source_map_bytes = encode_source_map(&source_map).map_err(|error| wrong(&error))?;
    Ok(Policy { name, program, source_map, source_map_bytes })
}

/// What activating a policy would change.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Effect {
    /// Rules, as `policy.rule`, that there are not now.
    new: Vec<String>,
    /// Rules that there would not be any more.
    gone: Vec<String>,
    /// Rules that are written otherwise, or have another title, control or effect.
    changed: Vec<String>,
    /// Whether anything outside of the rules is written otherwise, which rules may use; null where that is not known
    /// because one of the two was published as a module.
    definitions_changed: Option<bool>,
}

/// A policy and how it is written, if that is known.
pub(crate) type Written<'a> = (&'a Program, Option<&'a Writing>);

impl Effect {
    /// What changes from one policy to another.
    pub(crate) fn between((old, old_writing): Written<'_>, (new, new_writing): Written<'_>) -> Self {
        let (before, after) = (rules(old), rules(new));
        let names = |rules: &BTreeMap<String, &Rule>| rules.keys().cloned().collect::<BTreeSet<String>>();
        let (had, has) = (names(&before), names(&after));
        let differs = |name: &String| {
            let written =
                |writing: Option<&Writing>| writing.and_then(|writing| writing.rules.get(name).cloned());
            let known = old_writing.is_some() && new_writing.is_some();
            !before.get(name).zip(after.get(name)).is_some_and(|(a, b)| alike(a, b))
                || (known && written(old_writing) != written(new_writing))
        };
        let definitions = old_writing.zip(new_writing).map(|(old, new)| old.definitions != new.definitions);
        Self {
            new: has.difference(&had).cloned().collect(),
            gone: had.difference(&has).cloned().collect(),
            changed: has.intersection(&had).filter(|name| differs(name)).cloned().collect(),
            definitions_changed: definitions,
        }
    }
}

fn alike(a: &Rule, b: &Rule) -> bool {
    (&a.title, &a.control, a.waivable, a.trial) == (&b.title, &b.control, b.waivable, b.trial)
}

fn rules(program: &Program) -> BTreeMap<String, &Rule> {
    let named = |rule| {
        let rule: &Rule = rule;
        let policy = program.policies.get(usize::from(rule.policy)).map_or("", |policy| policy.name.as_str());
        (format!("{policy}.{}", rule.name), rule)
    };
    program.rules.iter().map(named).collect()
}
