//! The reference load: `examples/pol007-load` compiled, and the 96 requests with their expected answers.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use holdpoint_compiler::compile;
use holdpoint_isa::codec::encode_source_map;
use holdpoint_isa::literal;
use holdpoint_isa::program::SourceMap;
use holdpoint_isa::verdict::Verdict;
use holdpoint_lang::{PackageInput, check};
use holdpoint_server::Policy;
use holdpoint_vm::VerifiedProgram;
use serde::Deserialize;

use crate::Failure;

/// A request of the load and what every engine must answer.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name of its file, such as `r00`.
    pub name: String,
    /// The request, as it is sent.
    pub body: String,
    /// The instant of the decision, in nanoseconds since 1970.
    pub now: i64,
    /// The expected answer.
    pub expected: Answer,
}

/// A verdict and the rules that object, by their names in the policy's other spellings, such as `P07-01`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The verdict.
    pub verdict: Verdict,
    /// The rules.
    pub rules: BTreeSet<String>,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The folder of the load, which lies beside the repository and is no part of it; `None`, said aloud, where it is
/// absent.
pub fn folder() -> Option<PathBuf> {
    let beside = root().join("../shared/data");
    let folder = std::env::var_os("HOLDPOINT_SHARED_DATA").map_or(beside, PathBuf::from).join("pol007");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no shared data folder `pol007`");
    None
}

#[derive(Deserialize)]
struct Expected {
    verdict: String,
    objections: BTreeSet<String>,
}

/// The requests of the load.
///
/// # Errors
/// Where a file cannot be read or is not what it should be.
pub fn cases(folder: &Path) -> Result<Vec<Case>, Failure> {
    #[derive(Deserialize)]
    struct When {
        now: String,
    }
    let lines = fs::read_to_string(folder.join("expected.txt"))?;
    let case = |line: &str| {
        let (name, expected) = line.split_once(' ').ok_or("an expected answer without a name")?;
        let expected: Expected = serde_json::from_str(expected)?;
        let verdict = Verdict::from_word(&expected.verdict).ok_or("an unknown verdict")?;
        let body = fs::read_to_string(folder.join("requests").join(format!("{name}.json")))?;
        let when: When = serde_json::from_str(&body)?;
        let now = literal::instant(&when.now).map_err(|error| format!("{error:?}"))?;
        let expected = Answer { verdict, rules: expected.objections };
        Ok(Case { name: name.to_owned(), body, now, expected })
    };
    lines.lines().map(case).collect()
}

/// The policy of the load, from its source.
///
/// # Errors
/// Where it does not compile.
pub fn policy() -> Result<Policy, Failure> {
    compiled("pol007-load", fs::read_to_string(root().join("examples/pol007-load/policy.hold"))?)
}

/// A policy of one file.
///
/// # Errors
/// Where it does not compile.
pub fn compiled(name: &str, source: String) -> Result<Policy, Failure> {
    let (module, source_map) = module(name, source)?;
    let program = VerifiedProgram::load(&module).map_err(|error| error.to_string())?;
    let source_map_bytes = encode_source_map(&source_map).map_err(|error| error.to_string())?;
    Ok(Policy { name: name.to_owned(), program, source_map, source_map_bytes })
}

/// The bytes of a policy of one file, and where its rules stand: all passes of the compiler, verification included.
///
/// # Errors
/// Where it does not compile.
pub fn module(name: &str, source: String) -> Result<(Vec<u8>, SourceMap), Failure> {
    let files = vec![("policy.hold".to_owned(), source)];
    let input = PackageInput { name: name.to_owned(), files, ..PackageInput::default() };
    let checked = check(&input, &holdpoint_stdlib::module);
    if !checked.is_ok() {
        return Err(format!("{:?}", checked.diagnostics).into());
    }
    let compiled = compile(&checked.package, &checked.sources).map_err(|wrong| format!("{wrong:?}"))?;
    Ok((compiled.module, compiled.source_map))
}
